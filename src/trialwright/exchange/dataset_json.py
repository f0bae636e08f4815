"""Data sets as Dataset-JSON 1.1 (CDISC): the same records and columns as in the transport files, readable by any program."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from trialwright import __version__
from trialwright.exchange.metadata import Column, Standard, Table

CHUNK = 50_000
VERSION = "1.1.0"


def write_dataset_json(path: Path, table: Table, standard: Standard, at: datetime) -> None:
    """Writes `table` to `path`, created at `at`. Missing text is empty, as in a transport file; a missing number is null.

    Rows are taken in pieces, so that a million need no more room than 50,000.
    """
    head = orjson.dumps(_head(table, standard, at) | {"columns": [_column(one) for one in table.columns]})
    with path.open("wb") as out:
        out.write(head[:-1] + b',"rows":[')
        first = True
        for piece in _plain(table).iter_slices(CHUNK):
            out.write(b"" if first else b",")
            out.write(orjson.dumps(piece.rows())[1:-1])
            first = False
        out.write(b"]}\n")


def _head(table: Table, standard: Standard, at: datetime) -> dict[str, Any]:
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "datasetJSONCreationDateTime": moment,
        "datasetJSONVersion": VERSION,
        "fileOID": f"{standard.oid}.{table.name}",
        "dbLastModifiedDateTime": moment,
        "originator": standard.originator,
        "sourceSystem": {"name": "Trialwright", "version": __version__},
        "studyOID": standard.study_oid,
        "metaDataVersionOID": standard.oid,
        "metaDataRef": "define.xml",
        "itemGroupOID": table.oid,
        "records": table.frame.height,
        "name": table.name,
        "label": table.label,
    }


def _column(one: Column) -> dict[str, Any]:
    told: dict[str, Any] = {"itemOID": one.oid, "name": one.name, "label": one.label, "dataType": one.json_type}
    if one.is_day:
        told["targetDataType"] = "integer"
    if one.is_text and one.json_type == "string":
        told["length"] = one.length
    if one.format:
        told["displayFormat"] = one.format
    return told | ({"keySequence": one.key} if one.key else {})


def _plain(table: Table) -> pl.DataFrame:
    """The columns as JSON says them: whole numbers as integers, days in ISO 8601, missing text as empty."""
    told = []
    for one in table.columns:
        column = pl.col(one.name)
        if one.is_text:
            told.append(column.fill_null(""))
        elif one.is_day:
            told.append(column.dt.to_string("iso"))
        else:
            told.append(column.cast(pl.Int64 if one.kind == "integer" else pl.Float64))
    return table.frame.select(told)
