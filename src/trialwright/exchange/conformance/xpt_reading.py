"""Reads transport files (XPT version 5): what stands in them, byte for byte, and what they say about it."""

import re
from collections.abc import Iterator
from pathlib import Path
from struct import unpack_from
from typing import Any

import numpy as np
import polars as pl
from attrs import field, frozen
from numpy.typing import NDArray

CARD, DESCRIBED = 80, 140
"""Bytes of a record, and of what is said about one variable."""
_LIBRARY = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"
_MEMBER = b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!"
_NAMESTR = b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!"
_OBS = b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!"


class Unreadable(Exception):  # what a person hands over is no error of the program
    """A file that is no data set; says which, why, and how to mend it."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{path}: {why}")


@frozen(kw_only=True)
class Field:
    """One variable as a file describes it; `number` says that it holds numbers, `length` is in bytes (0: not said)."""

    name: str
    label: str
    number: bool
    length: int
    format: str = ""
    key: int | None = None

    @property
    def day(self) -> bool:
        return self.number and self.format.startswith(("DATE", "YYMMDD", "E8601DA"))


@frozen(kw_only=True, eq=False)
class InFile:
    """A data set as one file holds it: text, numbers (Float64) and days; what is missing or blank is null."""

    name: str
    label: str
    fields: tuple[Field, ...]
    frame: pl.DataFrame = field(repr=False)


def read_xpt(path: Path) -> InFile:
    """The one data set of a transport file. Raises `Unreadable` for anything else. SAS Technical Support TS-140."""
    raw = path.read_bytes()
    if not raw.startswith(_LIBRARY):
        raise Unreadable(path, "it is no transport file of version 5 (XPT). Write it again.")
    if raw.count(_MEMBER) != 1:
        raise Unreadable(path, "it does not hold exactly one data set. Write each data set to a file of its own.")
    names, rows = raw.find(_NAMESTR), raw.find(_OBS)
    if names < 0 or rows < 0 or len(raw) % CARD:
        raise Unreadable(path, "it is cut short. Write or copy it again.")
    about = raw[names - 2 * CARD : names]
    fields = tuple(_fields(raw, names, path))
    body = raw[rows + CARD :]
    return InFile(name=_text(about[8:16]), label=_text(about[CARD + 32 : CARD + 72]), fields=fields, frame=_frame(body, fields))


def _fields(raw: bytes, names: int, path: Path) -> Iterator[Field]:
    count = raw[names + 54 : names + 58]
    if not count.isdigit() or names + CARD + int(count) * DESCRIBED > len(raw):
        raise Unreadable(path, "it is cut short. Write or copy it again.")
    for place in range(int(count)):
        start = names + CARD + place * DESCRIBED
        kind, _, length = unpack_from(">hhh", raw, start)
        yield Field(name=_text(raw[start + 8 : start + 16]), label=_text(raw[start + 16 : start + 56]), number=kind == 1,
                    length=length, format=_text(raw[start + 56 : start + 64]))  # fmt: skip


def _frame(body: bytes, fields: tuple[Field, ...]) -> pl.DataFrame:
    width = sum(one.length for one in fields)
    count = len(body) // width if width else 0
    table = np.frombuffer(body, dtype=np.uint8, count=count * width).reshape(count, width)
    while count and bool((table[count - 1] == 0x20).all()):  # the blanks that fill the last record of 80 bytes
        count -= 1
    columns, place = [], 0
    for one in fields:
        cells = np.ascontiguousarray(table[:count, place : place + one.length])
        columns.append(_numbers(one, cells) if one.number else _texts(one, cells))
        place += one.length
    text = pl.col(pl.Binary).cast(pl.String, strict=False).str.strip_chars_end(" ")
    return pl.DataFrame(columns).with_columns(text.replace("", None), pl.col(pl.Float64).fill_nan(None))


def _texts(one: Field, cells: NDArray[np.uint8]) -> pl.Series:
    return pl.Series(one.name, cells.reshape(-1).view(f"S{one.length}").tolist(), dtype=pl.Binary)


def _numbers(one: Field, cells: NDArray[np.uint8]) -> pl.Series:
    padded = np.zeros((len(cells), 8), dtype=np.uint8)
    padded[:, : one.length] = cells
    values = pl.Series(one.name, double(padded.view(">u8").reshape(-1)))
    return (values.fill_nan(None) - 3653).cast(pl.Int32).cast(pl.Date) if one.day else values


def double(words: NDArray[Any]) -> NDArray[np.float64]:
    """Numbers (n,) of the old IBM form as doubles (n,); a missing value of SAS (., ._, .A to .Z) becomes NaN.

    >>> double(np.array([0x4110000000000000, 0xC276A00000000000, 0, 0x2E00000000000000], dtype=">u8")).tolist()
    [1.0, -118.625, 0.0, nan]
    """
    whole = words.astype(np.uint64)
    fraction = (whole & np.uint64(2**56 - 1)).astype(np.float64)
    exponent = ((whole >> np.uint64(56)) & np.uint64(0x7F)).astype(np.int64)
    found = np.ldexp(fraction, 4 * (exponent - 64) - 56) * np.where(whole >> np.uint64(63), -1.0, 1.0)
    return np.where((fraction == 0) & (whole != 0), np.nan, found)


def _text(raw: bytes) -> str:
    return re.sub(r"[\x00 ]+$", "", raw.decode("utf-8", errors="replace"))
