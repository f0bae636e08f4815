"""Reads Dataset-JSON 1.1: the same data sets as transport files hold, and what is said about them."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from trialwright.exchange.conformance.xpt_reading import Field, InFile, Unreadable

NUMBERS = ("integer", "float", "double", "decimal")
DAY = ("date", "integer")
"""The types of a day that is a number in SAS."""


def read_json(path: Path) -> InFile:
    """The data set of a Dataset-JSON file. Raises `Unreadable` for anything else, naming the first record that does not fit."""
    told = _told(path)
    columns: list[dict[str, Any]] = told["columns"]
    rows: list[list[Any]] = told["rows"]
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != len(columns):
            raise Unreadable(path, f"record {number} does not have {len(columns)} values, one for each column. Write the file again.")
    if told.get("records") != len(rows):
        raise Unreadable(path, f"it says that it holds {told.get('records')} records, and holds {len(rows)}. Write it again.")
    values: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [[] for _ in columns]
    fields = tuple(_field(one) for one in columns)
    frame = pl.DataFrame([_column(path, one, cells) for one, cells in zip(fields, values, strict=True)])
    return InFile(name=str(told["name"]), label=str(told.get("label", "")), fields=fields, frame=frame)


def _told(path: Path) -> dict[str, Any]:
    try:
        told = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as problem:
        raise Unreadable(path, f"it is no JSON ({problem}). Write it again.") from problem
    lists = isinstance(told, dict) and all(isinstance(told.get(name), list) for name in ("columns", "rows"))
    if not lists or not isinstance(told.get("name"), str) or not all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in told["columns"]):
        raise Unreadable(path, "it is no Dataset-JSON: it lacks name, columns or rows. Write it again.")
    whole: dict[str, Any] = told
    return whole


def _field(one: dict[str, Any]) -> Field:
    kind = (one.get("dataType", ""), one.get("targetDataType", ""))
    shown = str(one.get("displayFormat", "")) or ("DATE9." if kind == DAY else "")
    return Field(name=one["name"], label=str(one.get("label", "")), number=kind[0] in NUMBERS or kind == DAY, length=int(one.get("length") or 0),
                 format=shown.rstrip("0123456789."), key=one.get("keySequence"))  # fmt: skip


def _column(path: Path, one: Field, cells: Sequence[Any]) -> pl.Series:
    kind: type[pl.DataType] = pl.Float64 if one.number and not one.day else pl.String
    try:
        if bool in set(map(type, cells)):
            raise TypeError
        column = pl.Series(one.name, cells, dtype=kind, strict=True)
    except (TypeError, OverflowError):
        number, value = next((number, value) for number, value in enumerate(cells, start=1) if not _fits(value, kind))
        raise Unreadable(path, f"record {number}, {one.name}: “{value}” is not {'text' if kind is pl.String else 'a number'}, as the column says. "
                               "Correct it at its source.") from None  # fmt: skip
    if one.day:
        return pl.Series(one.name, list(_days(path, one, cells)), dtype=pl.Date)
    return column.replace("", None) if kind is pl.String else column


def _fits(value: object, kind: type[pl.DataType]) -> bool:
    return value is None or (isinstance(value, str) if kind is pl.String else isinstance(value, (int, float)) and not isinstance(value, bool))


def _days(path: Path, one: Field, cells: Sequence[str | None]) -> Iterator[date | None]:
    for number, value in enumerate(cells, start=1):
        try:
            yield date.fromisoformat(value) if value else None
        except ValueError:
            raise Unreadable(path, f"record {number}, {one.name}: “{value}” is no day. Write it like 2026-05-03.") from None
