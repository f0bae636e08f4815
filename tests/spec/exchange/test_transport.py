"""Transport files and Dataset-JSON: the same records in both, the same for every reader, the same bytes for the same data."""

import json
import math
import random
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import nbase_converter
import numpy as np
import pandas as pd
import polars as pl
import pyreadstat
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.histories import STUDY, example
from tests.schemas import schema_folder
from trialwright import sdtm
from trialwright.exchange.dataset_json import write_dataset_json
from trialwright.exchange.metadata import Standard, Table, table
from trialwright.exchange.sdtm_metadata import sdtm_tables
from trialwright.exchange.xpt import Unwritable, ibm, write_xpt
from trialwright.sdtm import Domain, variables

pytestmark = pytest.mark.spec
AT = datetime(2026, 3, 30, 12, 0, tzinfo=UTC)
STANDARD = Standard(name="SDTM", version="3.4", study="X1", originator="Sponsor")
SPEC = Domain(code="XX", label="Example", klass="Findings", structure="One record per value", keys=("USUBJID", "XXSEQ"), variables=variables("""
USUBJID  | Unique Subject Identifier | text     | 40  | Req  | Identifier | Derived
XXSEQ    | Sequence Number           | integer  | 8   | Req  | Identifier | Derived
XXVAL    | Value                     | float    | 8   | Perm | Result     | Collected
XXWORD   | Word                      | text     | 200 | Perm | Result     | Collected
XXDT     | Day                       | date     | 8   | Perm | Timing     | Derived
"""))  # fmt: skip
VALUES = [0.1, -118.625, None, 1e-70, 123456789012345.0, 0.0]


def made(**columns: Any) -> Table:
    data = {"USUBJID": ["A", "A", "B", "B", "C", "C"], "XXSEQ": [1, 2, 1, 2, 1, 2], "XXVAL": VALUES, "XXWORD": ["short", None, "x" * 200, "a b", "", "~!"],
            "XXDT": [date(1960, 1, 1), date(2026, 3, 30), None, date(1959, 12, 31), date(2000, 2, 29), date(1900, 3, 1)]} | columns  # fmt: skip
    return table(SPEC, pl.DataFrame(data, schema=SPEC.types))


@pytest.fixture(scope="module")
def tables() -> tuple[Table, ...]:
    frames = sdtm.build(STUDY, example().seen_by())
    return sdtm_tables(STUDY, {**frames, **sdtm.design(STUDY, frames["DM"])})


def rows(found: Table) -> list[list[Any]]:
    """The records as a reader of the transport file should see them: text without null, days counted from 1960."""
    told = []
    for one in found.columns:
        values = found.frame[one.name].to_list()
        told.append([value or "" if one.is_text else value if not isinstance(value, date) else (value - date(1960, 1, 1)).days for value in values])
    return [list(row) for row in zip(*told, strict=True)]


def same(left: Any, right: Any) -> bool:
    return left == right or (left is None and isinstance(right, float) and math.isnan(right))


def by_pyreadstat(path: Path) -> tuple[list[list[Any]], list[str]]:
    frame, about = pyreadstat.read_xport(path, disable_datetime_conversion=True)
    return frame.to_numpy().tolist(), about.column_labels


def by_pandas(path: Path) -> tuple[list[list[Any]], None]:
    """It reads zero as a number next to it (5e-79) and blank text as missing: its own ways, mended here."""
    frame = pd.read_sas(path, format="xport", encoding="ascii")
    text = [isinstance(one, str) for one in frame.iloc[0]] if len(frame) else []
    return [[_mended(one, words) for one, words in zip(row, text, strict=True)] for row in frame.astype(object).to_numpy().tolist()], None


def _mended(value: Any, text: bool) -> Any:
    if text:
        return value if isinstance(value, str) else ""
    return 0.0 if isinstance(value, float) and abs(value) < 1e-78 else value


def by_nbase(path: Path) -> tuple[list[list[Any]], list[str]]:
    found = nbase_converter.read_dataset(str(path), output="arrow")
    labels = [field.metadata[b"nbase_converter:column_label"].decode() for field in found.data.schema]
    return [[_days(one) for one in row.values()] for row in found.data.to_pylist()], labels


def _days(value: Any) -> Any:
    """A day as SAS counts it."""
    return (value - date(1960, 1, 1)).days if isinstance(value, date) else value


@pytest.mark.parametrize("reader", [by_pyreadstat, by_pandas, by_nbase])
def test_three_readers_see_the_same(reader: Any, tables: tuple[Table, ...], tmp_path: Path) -> None:
    """pyreadstat, pandas and nbase-converter read every record and label of every data set as it was."""
    for one in (made(), *tables):
        write_xpt(tmp_path / "x.xpt", one, AT)
        found, labels = reader(tmp_path / "x.xpt")
        assert len(found) == one.frame.height
        assert labels in (None, [column.label for column in one.columns])
        for expected, row in zip(rows(one), found, strict=True):
            assert all(map(same, expected, row)), (one.name, expected, row)


def test_dataset_json_holds_what_the_transport_file_holds(tables: tuple[Table, ...], tmp_path: Path) -> None:
    for one in tables:
        write_xpt(tmp_path / "x.xpt", one, AT)
        write_dataset_json(tmp_path / "x.json", one, STANDARD, AT)
        told = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
        found, labels = by_pyreadstat(tmp_path / "x.xpt")
        assert (told["records"], told["name"], [column["label"] for column in told["columns"]]) == (one.frame.height, one.name, labels)
        assert all(same(left, right) for mine, theirs in zip(told["rows"], found, strict=True) for left, right in zip(mine, theirs, strict=True))


def test_days_are_iso_in_dataset_json_and_whole_numbers_are_integers(tmp_path: Path) -> None:
    write_dataset_json(tmp_path / "x.json", made(), STANDARD, AT)
    told = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert told["rows"][0] == ["A", 1, 0.1, "short", "1960-01-01"]
    assert told["rows"][1][3:] == ["", "2026-03-30"]
    assert [column.get("keySequence") for column in told["columns"]] == [1, 2, None, None, None]
    assert told["columns"][4] == {"itemOID": "IT.XX.XXDT", "name": "XXDT", "label": "Day", "dataType": "date", "targetDataType": "integer",
                                  "displayFormat": "DATE9."}  # fmt: skip


def test_dataset_json_follows_its_published_schema(tables: tuple[Table, ...], tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((schema_folder() / "dataset-json-1.1" / "dataset.schema.json").read_text(encoding="utf-8"))
    for one in tables:
        write_dataset_json(tmp_path / "x.json", one, STANDARD, AT)
        told = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
        told["rows"] = told["rows"][:3]
        jsonschema.Draft201909Validator(schema).validate(told)


def test_the_same_data_give_the_same_bytes_and_the_time_is_an_argument(tmp_path: Path) -> None:
    for name, at in (("a", AT), ("b", AT), ("c", AT.replace(year=2027))):
        write_xpt(tmp_path / f"{name}.xpt", made(), at)
        write_dataset_json(tmp_path / f"{name}.json", made(), STANDARD, at)
    for kind in ("xpt", "json"):
        first, second, third = ((tmp_path / f"{name}.{kind}").read_bytes() for name in "abc")
        assert first == second != third
    assert b"30MAR26:12:00:00" in (tmp_path / "a.xpt").read_bytes()


def test_pieces_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file written two records at a time is that written at once."""
    for name in ("whole", "pieces"):
        write_xpt(tmp_path / f"{name}.xpt", made(), AT)
        write_dataset_json(tmp_path / f"{name}.json", made(), STANDARD, AT)
        monkeypatch.setattr("trialwright.exchange.xpt.CHUNK", 2)
        monkeypatch.setattr("trialwright.exchange.dataset_json.CHUNK", 2)
    for kind in ("xpt", "json"):
        assert (tmp_path / f"whole.{kind}").read_bytes() == (tmp_path / f"pieces.{kind}").read_bytes()


@pytest.mark.property
@given(st.lists(st.floats(min_value=1e-77, max_value=7e75) | st.floats(min_value=-7e75, max_value=-1e-77) | st.just(0.0), min_size=1))
def test_every_double_in_range_comes_back_to_the_last_bit(values: list[float]) -> None:
    assert from_ibm(ibm(np.array(values))) == values


def test_many_random_doubles_come_back() -> None:
    dice = random.Random(1)
    values = [math.ldexp(dice.uniform(-1, 1), dice.randrange(-250, 250)) for _ in range(20_000)]
    assert from_ibm(ibm(np.array(values))) == values


def from_ibm(numbers: Any) -> list[float]:
    """Read by the definition: sign, exponent of 16 less 64, and 56 bits of fraction."""
    found = []
    for word in numbers.tolist():
        fraction = math.ldexp(word & (1 << 56) - 1, -56)
        found.append((-1 if word >> 63 else 1) * fraction * 16.0 ** ((word >> 56 & 0x7F) - 64))
    return found


@pytest.mark.parametrize(("wrong", "says"), [
    (made(XXWORD=["é", "", "", "", "", ""]), "XXWORD, record 1: “é” is not in plain English letters: translate or code it"),
    (made(XXWORD=["", "y" * 201, "", "", "", ""]), "has 201 bytes, at most 200 are kept: shorten it"),
    (made(XXVAL=[1e76, 0.0, 0.0, 0.0, 0.0, 0.0]), "XXVAL: a number beyond 1e75"),
    (made(XXVAL=[1e-80, 0.0, 0.0, 0.0, 0.0, 0.0]), "nearer to zero than 1e-78"),
    (made(XXVAL=[math.inf, 0.0, 0.0, 0.0, 0.0, 0.0]), "XXVAL: a number beyond 1e75"),
    (evolve(made(), domain=evolve(SPEC, code="ABCDEFGHI")), "The name ABCDEFGHI has more than 8 letters"),
    (evolve(made(), domain=evolve(SPEC, label="é" * 25)), "longer than 40 bytes"),
    (evolve(made(), columns=(evolve(made().columns[0], name="usubjid"),), frame=made().frame.rename({"USUBJID": "usubjid"})), "or small ones"),
    (evolve(made(), columns=(evolve(made().columns[0], label="L" * 41), *made().columns[1:])), "USUBJID: the label"),
    (evolve(made(), columns=made().columns[3:4], frame=made(XXWORD=["a"] * 5 + [""]).frame.select("XXWORD")), "The last row is blank"),
], ids=["language", "long", "huge", "tiny", "infinite", "name", "label", "small", "long label", "blank row"])  # fmt: skip
def test_what_the_form_cannot_hold_is_refused_before_anything_is_written(wrong: Table, says: str, tmp_path: Path) -> None:
    with pytest.raises(Unwritable, match="cannot be written as a transport file") as problem:
        write_xpt(tmp_path / "x.xpt", wrong, AT)
    assert says in str(problem.value)
    assert not (tmp_path / "x.xpt").exists()


def test_chinese_goes_out_in_utf8_when_asked(tmp_path: Path) -> None:
    """Lengths are bytes, so that no character is cut."""
    found = made(XXWORD=["注射部位红斑", "short", "", "é", "", "z"])
    write_xpt(tmp_path / "x.xpt", found, AT, encoding="utf-8")
    assert found.by_name["XXWORD"].length == 18
    frame, _ = pyreadstat.read_xport(tmp_path / "x.xpt", encoding="utf-8", disable_datetime_conversion=True)
    assert frame["XXWORD"].tolist() == ["注射部位红斑", "short", "", "é", "", "z"]
