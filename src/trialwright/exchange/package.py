"""The data sets of a package as files that any program reads."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl


def write_csv(standards: Mapping[str, Mapping[str, pl.DataFrame]], out: Path) -> list[str]:
    """Writes each data set as `out/<standard>/<name>.csv` (UTF-8, missing as empty) and gives the names, in order.

    The house's own column `_REFS` (ledger entries behind a row) goes out too, its names joined by blanks, so that a
    reader without this software can follow a row to the ledger.
    """
    written = []
    for standard, frames in sorted(standards.items()):
        folder = out / standard
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in sorted(frames.items()):
            path = folder / f"{name.lower()}.csv"
            lists = [column for column, kind in frame.schema.items() if isinstance(kind, pl.List)]
            frame.with_columns(pl.col(column).list.join(" ") for column in lists).write_csv(path)
            written.append(f"{standard}/{path.name}: {frame.height} rows")
    return written
