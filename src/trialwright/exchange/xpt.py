"""Data sets as SAS transport files, version 5: the form that agencies read, the same bytes for the same data and time."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from struct import pack
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trialwright.exchange.metadata import Column, Table

CHUNK = 50_000
"""Rows that are in memory at a time."""
LONGEST = 200
"""Bytes of text that one value may have."""
LEAST, GREATEST = 16.0**-65, 16.0**63 * (1 - 2.0**-53)
"""Numbers of the old IBM form lie between these."""
_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,7}")
_HEADER = "HEADER RECORD*******{:8s}HEADER RECORD!!!!!!!{:30s}  "


class Unwritable(Exception):  # what a person wants to send is no error of the program
    """A data set that the transport form cannot hold; nothing was written. Carries every fault that was found."""

    def __init__(self, name: str, faults: list[str]) -> None:
        self.faults = tuple(faults)
        more = f"\n... and {len(faults) - 20} more" if len(faults) > 20 else ""
        super().__init__(f"{name} cannot be written as a transport file.\n" + "\n".join(faults[:20]) + more)


def write_xpt(path: Path, table: Table, at: datetime, *, encoding: str = "ascii") -> None:
    """Writes `table` to `path`, stamped with the time `at`. Rows are taken in pieces, so that a million need no more room than 50,000.

    A missing number is the SAS missing value, a missing text is blank. Text is ASCII unless `encoding` is "utf-8". Raises `Unwritable`
    with all faults (a name, a label or a text too long, a character that the encoding has not, a number out of range, a last row that
    a reader would lose) before anything is written. SAS Technical Support TS-140.
    """
    check_xpt(table, encoding)
    write_checked(path, table, at, encoding=encoding)


def write_checked(path: Path, table: Table, at: datetime, *, encoding: str = "ascii") -> None:
    """`write_xpt` for a table in which `check_xpt` found nothing."""
    with path.open("wb") as out:
        out.write(header(table, at))
        size = sum(one.width for one in table.columns) * table.frame.height
        for piece in table.frame.iter_slices(CHUNK):
            out.write(_records(table, piece, encoding))
        out.write(b" " * (-size % 80))


def check_xpt(table: Table, encoding: str = "ascii") -> None:
    """Raises `Unwritable` with everything that a transport file cannot hold."""
    faults = list(_faults(table, encoding))
    if faults:
        raise Unwritable(table.name, faults)


def header(table: Table, at: datetime) -> bytes:
    """Everything before the first record: the library, the data set and its variables."""
    stamp = at.strftime("%d%b%y:%H:%M:%S").upper()
    word = f"{'SAS':8s}{{:8s}}{{:8s}}{'9.4':8s}{'':8s}{{:24s}}{stamp:16s}"
    described = b"".join(_namestr(number, one, place) for number, (one, place) in enumerate(_places(table), start=1))
    return b"".join((
        _HEADER.format("LIBRARY", "0" * 30).encode(),
        word.format("SAS", "SASLIB", "").encode(), f"{stamp:80s}".encode(),
        _HEADER.format("MEMBER", "000000000000000001600000000140").encode(),
        _HEADER.format("DSCRPTR", "0" * 30).encode(),
        word.format(table.name, "SASDATA", "").encode(), f"{stamp:32s}{table.label:40s}{'':8s}".encode(),
        _HEADER.format("NAMESTR", f"{'':6s}".replace(" ", "0") + f"{len(table.columns):04d}" + "0" * 20).encode(),
        described, b" " * (-len(described) % 80),
        _HEADER.format("OBS", "0" * 30).encode(),
    ))  # fmt: skip


def _places(table: Table) -> Iterator[tuple[Column, int]]:
    place = 0
    for one in table.columns:
        yield one, place
        place += one.width


def _namestr(number: int, one: Column, place: int) -> bytes:
    """The 140 bytes about one variable."""
    kind = 2 if one.is_text else 1
    form, width = (one.format.rstrip("0123456789.")[:8], int(re.sub(r"\D", "", one.format) or 0)) if one.format else ("", 0)
    head = pack(">hhhh", kind, 0, one.width, number) + f"{one.name:8s}{one.label:40s}{form:8s}".encode()
    return head + pack(">hhh2s8shhl52s", width, 0, 0, b"", b" " * 8, 0, 0, place, b"")


def _records(table: Table, piece: pl.DataFrame, encoding: str) -> bytes:
    """The rows of one piece, each of fixed width."""
    records = np.empty((piece.height, sum(one.width for one in table.columns)), dtype=np.uint8)
    texts = _texts(piece, [one for one in table.columns if one.is_text], encoding)
    for one, place in _places(table):
        written = np.frombuffer(texts[one.name], dtype=np.uint8) if one.is_text else ibm(_numbers(piece[one.name])).view(np.uint8)
        records[:, place : place + one.width] = written.reshape(piece.height, one.width)
    return records.tobytes()


def _texts(piece: pl.DataFrame, columns: Sequence[Column], encoding: str) -> dict[str, bytes]:
    """Each text variable padded with blanks to its width in bytes, all its values one after the other."""
    filled = piece.select(pl.col(one.name).fill_null("") for one in columns)
    padded = filled.select(pl.col(one.name).str.pad_end(one.width).str.join("") for one in columns)
    plain = filled.select(pl.all().str.len_bytes().sum() == pl.all().str.len_chars().sum()) if columns else filled
    return {one.name: padded[one.name][0].encode() if plain[one.name][0] else b"".join(value.encode(encoding).ljust(one.width) for value in filled[one.name])
            for one in columns}  # fmt: skip


def _numbers(values: pl.Series) -> NDArray[np.float64]:
    """Numbers with NaN for what is missing; a day is counted from 1960-01-01, as SAS does."""
    if values.dtype == pl.Date:
        values = values.to_physical() + 3653
    return values.to_numpy().astype(np.float64)


def ibm(values: NDArray[np.float64]) -> NDArray[Any]:
    """Numbers (n,) in the old IBM form, big-endian, (n,) of 8 bytes; NaN becomes the SAS missing value.

    Each double between 16^-65 and 16^63 is kept to the last bit.

    >>> ibm(np.array([1.0, -118.625, 0.0, np.nan])).view(np.uint8).tobytes().hex(" ", 8)
    '4110000000000000 c276a00000000000 0000000000000000 2e00000000000000'
    """
    missing, zero = np.isnan(values), values == 0
    fraction, exponent = np.frexp(np.abs(np.where(zero | missing, 1.0, values)))
    hexadecimal = -((-exponent.astype(np.int64)) // 4)
    mantissa = np.round(fraction * 2.0**56).astype(np.uint64) >> (4 * hexadecimal - exponent).astype(np.uint64)
    sign = np.signbit(values).astype(np.uint64) << np.uint64(63)
    whole = sign | ((hexadecimal + 64).astype(np.uint64) << np.uint64(56)) | mantissa
    whole[zero] = 0
    whole[missing] = np.uint64(0x2E) << np.uint64(56)
    big: NDArray[Any] = whole.astype(">u8")
    return big


def _faults(table: Table, encoding: str) -> Iterator[str]:
    """What the form cannot hold, each with where it stands and how to mend it."""
    if not _NAME.fullmatch(table.name):
        yield f"The name {table.name} has more than 8 letters and digits: give the data set a shorter one."
    if len(table.label.encode()) > 40:
        yield f"The label “{table.label}” is longer than 40 bytes: shorten it."
    texts = [one.name for one in table.columns if one.is_text]
    faulty = table.frame.select(_faulty(name, encoding).any() for name in texts)
    for one in table.columns:
        if not _NAME.fullmatch(one.name):
            yield f"The name {one.name} has more than 8 letters and digits, or small ones: rename the variable."
        if len(one.label.encode()) > 40 or not one.label.isascii():
            yield f"{one.name}: the label “{one.label}” is longer than 40 letters, or not English: shorten it."
        if not one.is_text:
            yield from _beyond(table, one)
        elif faulty[one.name][0]:
            yield from _unholdable(table, one, encoding)
    if table.frame.height and all(one.is_text and not table.frame[one.name][-1] for one in table.columns):
        yield "The last row is blank in every column, and a reader would lose it: leave it out."


def _beyond(table: Table, one: Column) -> Iterator[str]:
    numbers = np.abs(_numbers(table.frame[one.name]))
    if np.any((numbers > GREATEST) | ((numbers < LEAST) & (numbers > 0))):
        yield f"{one.name}: a number beyond 1e75, or nearer to zero than 1e-78. Correct it at its source."


def _faulty(name: str, encoding: str) -> pl.Expr:
    """Where a text is too long, or holds a letter that the encoding has not."""
    return (pl.col(name).str.len_bytes() > LONGEST) | pl.col(name).str.contains(r"[^\x20-\x7e]" if encoding == "ascii" else r"[\x00-\x1f]")


def _unholdable(table: Table, one: Column, encoding: str) -> Iterator[str]:
    for record in table.frame.with_row_index("_N").filter(_faulty(one.name, encoding)).head(5).iter_rows(named=True):
        text = record[one.name]
        what = f"has {len(text.encode())} bytes, at most {LONGEST} are kept" if len(text.encode()) > LONGEST else "is not in plain English letters"
        mend = "shorten it at its source" if len(text.encode()) > LONGEST else "translate or code it, or write the files in UTF-8"
        yield f"{one.name}, record {record['_N'] + 1}: “{text[:60]}” {what}: {mend}."
