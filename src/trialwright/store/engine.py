"""The SQLite that writes trials: a current one from its own package, else the one that came with Python."""

try:
    import pysqlite3 as sqlite
except ImportError:  # no wheel for this platform
    import sqlite3 as sqlite

_SAFE_WAL = ((3, 51, 3), (3, 50, 7), (3, 44, 6))


def wal_is_safe() -> bool:
    """Whether this SQLite is free of the WAL-reset corruption (3.7.0 to 3.51.2, mended in 3.50.7 and 3.44.6 too)."""
    version = sqlite.sqlite_version_info
    return bool(version >= _SAFE_WAL[0] or any(version[:2] == safe[:2] and version >= safe for safe in _SAFE_WAL[1:]))


__all__ = ["sqlite", "wal_is_safe"]
