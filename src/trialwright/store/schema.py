"""The tables of a trial file and the guards that let them only grow."""

from collections.abc import Iterator

from trialwright.store.engine import sqlite

FORMAT = 1
"""How a trial file is laid out, as its header says (PRAGMA user_version); 0 where it was made before headers said it, and is the same."""

SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE line (
  log TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL, head BLOB NOT NULL, PRIMARY KEY (log, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE secret (
  log TEXT NOT NULL, seq INTEGER NOT NULL, salt BLOB NOT NULL, value BLOB, PRIMARY KEY (log, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER line_update BEFORE UPDATE ON line BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER line_delete BEFORE DELETE ON line BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER line_insert BEFORE INSERT ON line
  WHEN NEW.seq <> 1 + COALESCE((SELECT MAX(seq) FROM line WHERE log = NEW.log), 0)
  BEGIN SELECT RAISE(ABORT, 'sequence'); END;
CREATE TRIGGER secret_update BEFORE UPDATE ON secret BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER secret_delete BEFORE DELETE ON secret BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER secret_insert BEFORE INSERT ON secret
  WHEN EXISTS (SELECT 1 FROM secret WHERE log = NEW.log AND seq = NEW.seq)
    OR NOT EXISTS (SELECT 1 FROM line WHERE log = NEW.log AND seq = NEW.seq)
  BEGIN SELECT RAISE(ABORT, 'sequence'); END;
CREATE TRIGGER about_update BEFORE UPDATE ON about BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER about_delete BEFORE DELETE ON about BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER about_insert BEFORE INSERT ON about WHEN EXISTS (SELECT 1 FROM about WHERE name = NEW.name)
  BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""

SETTINGS = """
PRAGMA mmap_size=0; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;
PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA busy_timeout=20000; PRAGMA secure_delete=ON;
"""
JOURNAL = {
    True: "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    False: "PRAGMA journal_mode=PERSIST; PRAGMA synchronous=EXTRA;",
}
"""How a save becomes durable, by whether the write-ahead log of this SQLite is safe. Said by each writer: only WAL is remembered in the file."""


def statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one, triggers whole."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if sqlite.complete_statement(statement):
            if statement.strip(" ;\n"):
                yield statement.strip()
            statement = ""
