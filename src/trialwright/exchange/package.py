"""The package: the data sets as agencies read them, each standard in a folder of its own with what a reviewer needs to read it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import polars as pl
from attrs import frozen
from lxml import etree

from trialwright.exchange.dataset_json import write_dataset_json
from trialwright.exchange.define import STYLESHEET, Document, Published, define_xml
from trialwright.exchange.metadata import Standard, Table
from trialwright.exchange.results_metadata import Display
from trialwright.exchange.xpt import check_xpt, write_checked


@frozen(kw_only=True)
class Folder:
    """One standard of the package: its data sets, the standards that it follows, the documents beside it and results metadata.

    `announced` are documents that define.xml names and that are written when the rest is there, because they tell about it.
    """

    standard: Standard
    tables: Sequence[Table]
    published: Sequence[Published]
    title: str
    words: str
    documents: Mapping[Document, bytes] = {}
    displays: Sequence[Display] = ()
    announced: Sequence[Document] = ()


def write_folder(folder: Folder, out: Path, at: datetime, *, encoding: str = "ascii") -> list[str]:
    """Writes `out/<standard>/`: each data set as .xpt and .json, define.xml with its stylesheet and as a page, the documents.

    Everything is stamped with `at`, so that the same records give the same bytes. Raises `Unwritable` before anything is written.
    Gives the names of the files, in order.
    """
    for table in folder.tables:
        check_xpt(table, encoding)
    name = folder.standard.name.lower()
    place = out / name
    place.mkdir(parents=True, exist_ok=True)
    written = []
    for table in folder.tables:
        write_checked(place / f"{table.name.lower()}.xpt", table, at, encoding=encoding)
        write_dataset_json(place / f"{table.name.lower()}.json", table, folder.standard, at)
        written.append(f"{name}/{table.name.lower()}.xpt, .json: {table.frame.height} rows")
    define = define_xml(folder.standard, folder.tables, folder.published, at, title=folder.title, words=folder.words,
                        documents=(*folder.documents, *folder.announced), displays=folder.displays)  # fmt: skip
    contents = {"define.xml": define, STYLESHEET: stylesheet(), "define.html": page(define)}
    contents |= {document.file: content for document, content in folder.documents.items()}
    for file, content in contents.items():
        (place / file).write_bytes(content)
        written.append(f"{name}/{file}")
    return written


def stylesheet() -> bytes:
    """What shows define.xml in a browser."""
    return (files("trialwright.exchange") / STYLESHEET).read_bytes()


def page(define: bytes) -> bytes:
    """define.xml as a page of its own, for browsers that no longer apply stylesheets."""
    shown = etree.XSLT(etree.fromstring(stylesheet()))(etree.fromstring(define))
    return bytes(shown)


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
            written.append(f"{out.name}/{standard}/{path.name}: {frame.height} rows")
    return written
