"""What an import promises: all of it or nothing, twice is once, and every fault is named with file, record, column and mend."""

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from studies.cdisc_pilot.protocol import STUDY
from studies.cdisc_pilot.sdtm_mapping import MAPPING
from trialwright.exchange.datasets import Unimportable, read_datasets
from trialwright.exchange.sdtm_import import Imported, describe, import_sdtm, preview
from trialwright.protocol import Absence, Audience
from trialwright.store import Kept, create, examine

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
FIRST, SECOND = "01-701-0001", "01-716-0002"
Rows = list[dict[str, str]]


def _rows() -> dict[str, Rows]:
    """A made-up trial of two patients: one treated, one who failed screening."""
    adas = [
        {"USUBJID": FIRST, "QSSEQ": str(number), "QSTESTCD": code, "QSORRES": result, "QSSTAT": status,
         "VISITNUM": "3", "QSDTC": "2014-01-02"}
        for number, (code, result, status) in enumerate(
            [("ACITM01", "4", ""), ("ACITM02", "1", ""), ("ACITM08", "", "NOT DONE"), ("ACTOT", "", "")], start=1
        )
    ]  # fmt: skip
    return {
        "dm": [
            {"USUBJID": FIRST, "SUBJID": "0001", "SITEID": "701", "ARMCD": "Xan_Hi", "RFSTDTC": "2014-01-02",
             "AGE": "71", "SEX": "F", "RACE": "WHITE", "ETHNIC": "NOT HISPANIC OR LATINO"},
            {"USUBJID": SECOND, "SUBJID": "0002", "SITEID": "716", "ARMCD": "Scrnfail", "RFSTDTC": "",
             "AGE": "66", "SEX": "M", "RACE": "ASIAN", "ETHNIC": "NOT HISPANIC OR LATINO"},
        ],
        "sv": [
            {"USUBJID": FIRST, "VISITNUM": "1", "VISIT": "SCREENING 1", "SVSTDTC": "2013-12-26"},
            {"USUBJID": FIRST, "VISITNUM": "3", "VISIT": "BASELINE", "SVSTDTC": "2014-01-02"},
            {"USUBJID": FIRST, "VISITNUM": "1.1", "VISIT": "UNSCHEDULED 1.1", "SVSTDTC": "2013-12-28"},
            {"USUBJID": SECOND, "VISITNUM": "1", "VISIT": "SCREENING 1", "SVSTDTC": "2014-02-03"},
        ],
        "ds": [
            {"USUBJID": FIRST, "DSSEQ": "1", "DSCAT": "DISPOSITION EVENT", "DSTERM": "ADVERSE EVENT",
             "DSDECOD": "ADVERSE EVENT", "DSSTDTC": "2014-02-01"},
            {"USUBJID": SECOND, "DSSEQ": "1", "DSCAT": "DISPOSITION EVENT", "DSTERM": "SCREEN FAILURE",
             "DSDECOD": "SCREEN FAILURE", "DSSTDTC": "2014-02-04"},
        ],
        "qsco": adas,
        "qsgi": [{"USUBJID": FIRST, "QSSEQ": "9", "QSTESTCD": "CIBIC", "QSORRES": "NO CHANGE", "VISITNUM": "5", "QSDTC": "2014-01-30"}],
        "qsmm": [{"USUBJID": FIRST, "QSSEQ": "20", "QSTESTCD": "MMITM01", "QSORRES": "3", "QSSTAT": "", "VISITNUM": "1", "QSDTC": "2013-12-26"}],
        "sc": [{"USUBJID": FIRST, "SCSEQ": "1", "SCTESTCD": "EDULEVEL", "SCORRES": "12"}],
        "mh": [{"USUBJID": FIRST, "MHSEQ": "1", "MHCAT": "PRIMARY DIAGNOSIS", "MHSTDTC": "2010-04", "VISITNUM": "1"}],
        "vs": [
            {"USUBJID": FIRST, "VSSEQ": "1", "VSTESTCD": "HEIGHT", "VSSTRESC": "147.32", "VISITNUM": "1"},
            {"USUBJID": FIRST, "VSSEQ": "2", "VSTESTCD": "PULSE", "VSSTRESC": "70", "VISITNUM": "1"},
        ],
        "ex": [{"USUBJID": FIRST, "EXSEQ": "1", "EXTRT": "XANOMELINE", "EXDOSE": "54", "EXSTDTC": "2014-01-02", "EXENDTC": ""}],
        "ae": [{"USUBJID": FIRST, "AESEQ": "1", "AETERM": "ITCHING", "AEDECOD": "PRURITUS", "AEBODSYS": "SKIN DISORDERS", "AESEV": "MILD",
                "AESER": "N", "AEREL": "POSSIBLE", "AEOUT": "RECOVERED/RESOLVED", "AESTDTC": "2014-01", "AEENDTC": "2014-01-20"}],
    }  # fmt: skip


def _write(directory: Path, tables: Mapping[str, Rows]) -> Path:
    directory.mkdir(exist_ok=True)
    for name, rows in tables.items():
        with (directory / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return directory


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Kept]:
    kept = create(tmp_path / "trial.db", STUDY)
    yield kept
    kept.close()


def _import(trial: Kept, source: Path, reason: str = "") -> Imported:
    datasets = read_datasets(str(source), MAPPING.datasets)
    return import_sdtm(trial.gate, MAPPING, datasets, by="custodian", at=NOON, reason=reason)


def _size(trial: Kept) -> int:
    return len(trial.gate.casebook(Audience.CUSTODIAN).everything)


def _refused(trial: Kept, source: Path) -> str:
    """The message of a refused import, which must have left the trial as it was."""
    before = _size(trial)
    with pytest.raises(Unimportable) as refusal:
        _import(trial, source)
    assert _size(trial) == before
    assert examine(trial.at) == []
    return str(refusal.value)


@pytest.mark.req("AUD-06")
def test_records_become_events_that_name_their_source(trial: Kept, tmp_path: Path) -> None:
    done = _import(trial, _write(tmp_path / "sdtm", _rows()))
    subject = trial.gate.casebook(Audience.CUSTODIAN).subject(FIRST)
    assert done.subjects == 2
    assert (subject.site, str(subject.consented), str(subject.index_date), subject.arm) == ("701", "2013-12-26", "2014-01-02", "HIGH")
    page = subject.page("BASELINE", "ADAS")
    assert (page.cells["ACITM01"].value, page.cells["ACITM01"].last.source) == ("4", "QS 01-701-0001 #1")
    assert page.cells["ACITM08"].absence is Absence.REFUSED
    assert page.cells["QSDAT"].value == "2014-01-02"
    assert subject.page("WEEK4", "CIBIC").cells["CIBIC"].value == "4"
    assert subject.page("", "ADVERSE_EVENTS", "AE-1").cells["AESTDAT"].value == "2014-01"
    assert subject.status == "withdrawn"
    assert trial.gate.casebook(Audience.CUSTODIAN).subject(SECOND).status == "screen failure"
    assert examine(trial.at) == []


def test_double_blind_import_hides_the_arm_from_everybody_at_the_site(trial: Kept, tmp_path: Path) -> None:
    _import(trial, _write(tmp_path / "sdtm", _rows()))
    for role in STUDY.blinded:
        subject = trial.gate.casebook(role).subject(FIRST)
        assert subject.arm is None
        assert subject.page("", "EXPOSURE", "EX-1").cells == {}
    assert trial.gate.casebook(Audience.SAFETY).subject(FIRST).arm == "HIGH"


def test_preview_counts_by_form_and_writes_nothing(trial: Kept, tmp_path: Path) -> None:
    datasets = read_datasets(str(_write(tmp_path / "sdtm", _rows())), MAPPING.datasets)
    before = preview(trial.gate, MAPPING, datasets)
    assert _size(trial) == 0
    assert before.answers["ADAS"] == 4
    assert {(left.dataset, left.records) for left in before.left_out} >= {("sv", 1), ("qsco", 1), ("vs", 1)}
    assert "Would import" in describe(before).en
    after = import_sdtm(trial.gate, MAPPING, datasets, by="custodian", at=NOON)
    assert after.events == before.events == _size(trial) - 1, "and the line that says under which study the trial began"


def test_the_same_files_twice_change_nothing(trial: Kept, tmp_path: Path) -> None:
    source = _write(tmp_path / "sdtm", _rows())
    _import(trial, source)
    head = [entry.ref for entry in trial.gate.casebook(Audience.CUSTODIAN).everything]
    again = _import(trial, source)
    assert again.changes_nothing
    assert [entry.ref for entry in trial.gate.casebook(Audience.CUSTODIAN).everything] == head


def test_parquet_and_csv_of_the_same_records_are_the_same_import(trial: Kept, tmp_path: Path) -> None:
    rows = _rows()
    _import(trial, _write(tmp_path / "csv", rows))
    (tmp_path / "parquet").mkdir()
    for name, table in rows.items():
        frame = pl.DataFrame(table).with_columns(pl.col("^VISITNUM|..SEQ|AGE$").cast(pl.Float64))
        frame.write_parquet(tmp_path / "parquet" / f"{name}.parquet")
    assert _import(trial, tmp_path / "parquet").changes_nothing


def test_a_changed_answer_needs_a_reason_and_keeps_the_old_one(trial: Kept, tmp_path: Path) -> None:
    rows = _rows()
    _import(trial, _write(tmp_path / "sdtm", rows))
    rows["qsco"][0]["QSORRES"] = "5"
    source = _write(tmp_path / "sdtm", rows)
    message = _refused(trial, source)
    assert "qsco.csv, record 1, column QSORRES" in message
    assert "Say why" in message
    _import(trial, source, reason="resent by the data provider")
    cell = trial.gate.casebook(Audience.CUSTODIAN).subject(FIRST).page("BASELINE", "ADAS").cells["ACITM01"]
    assert (cell.value, cell.revision) == ("5", 2)


def test_a_contradiction_about_a_known_subject_is_refused(trial: Kept, tmp_path: Path) -> None:
    rows = _rows()
    _import(trial, _write(tmp_path / "sdtm", rows))
    rows["dm"][0]["ARMCD"] = "Pbo"
    message = _refused(trial, _write(tmp_path / "sdtm", rows))
    assert "the trial says HIGH of 01-701-0001, the file says PLACEBO" in message


@pytest.mark.parametrize(
    ("dataset", "record", "column", "entry", "expected"),
    [
        ("qsco", 1, "QSORRES", "11", "outside the possible range 0 to 10"),
        ("qsco", 1, "QSORRES", "four", "cannot be read. Expected a number"),
        ("qsco", 1, "QSDTC", "2014-02-30", "is not a date. Write year-month-day"),
        ("qsco", 1, "VISITNUM", "99", "the study has no visit 99"),
        ("qsco", 1, "VISITNUM", "1", "form ADAS is not planned at visit SCREEN1"),
        ("qsco", 1, "USUBJID", "01-701-9999", "there is no subject 01-701-9999"),
        ("qsco", 1, "QSORRES", "", "the result is empty and nothing says why"),
        ("qsco", 2, "QSTESTCD", "ACITM01", "second result of ACITM01"),
        ("qsco", 1, "QSTESTCD", "ACITM99", "neither where this record goes"),
        ("qsgi", 1, "QSORRES", "MUCH BETTER", "cannot be read. Expected a whole number"),
        ("ae", 1, "AESEV", "VERY BAD", "is not one of the answers offered"),
        ("dm", 1, "RFSTDTC", "02JAN2014", "is not a full date"),
        ("dm", 1, "SITEID", "999", "is not known to the study"),
        ("dm", 1, "ARMCD", "Xan_Mid", "is not known to the study"),
        ("ae", 1, "AESTDTC", "2014-13", "has no month 13"),
        ("sv", 1, "VISITNUM", "2", "there is no record of this subject"),
    ],
)
def test_a_wrong_value_is_named_with_file_record_and_column(
    trial: Kept, tmp_path: Path, dataset: str, record: int, column: str, entry: str, expected: str
) -> None:
    rows = _rows()
    rows[dataset][record - 1][column] = entry
    message = _refused(trial, _write(tmp_path / "sdtm", rows))
    if expected != "there is no record of this subject":
        assert f"{dataset}.csv, record {record}" in message
        assert expected in message
    else:
        assert "sv has no record for this subject where VISITNUM = 1" in message
    assert _size(trial) == 0


def test_every_fault_is_reported_at_once(trial: Kept, tmp_path: Path) -> None:
    rows = _rows()
    rows["qsco"][0]["QSORRES"] = "99"
    rows["ae"][0]["AESEV"] = "BAD"
    with pytest.raises(Unimportable) as refusal:
        _import(trial, _write(tmp_path / "sdtm", rows))
    assert {(Path(fault.file).name, fault.record, fault.column) for fault in refusal.value.faults} == {
        ("ae.csv", 1, "AESEV"),
        ("qsco.csv", 1, "QSORRES"),
    }
    assert all(fault.because.zh for fault in refusal.value.faults)


def test_a_refusal_in_the_middle_leaves_nothing_behind(trial: Kept, tmp_path: Path) -> None:
    rows = _rows()
    rows["dm"][0]["RFSTDTC"] = "2013-12-01"  # before the consent: the plan is sound, the command Enroll refuses
    message = _refused(trial, _write(tmp_path / "sdtm", rows))
    assert "dm.csv, record 1" in message
    assert "comes before the consent" in message
    assert _size(trial) == 0


def test_two_records_of_one_person_are_refused(trial: Kept, tmp_path: Path) -> None:
    rows = _rows()
    rows["dm"].append(rows["dm"][0])
    assert "dm.csv, record 3, column USUBJID: this is the second record of 01-701-0001" in _refused(trial, _write(tmp_path / "sdtm", rows))


def test_missing_columns_are_named(trial: Kept, tmp_path: Path) -> None:
    rows = _rows()
    for row in rows["qsco"]:
        del row["QSTESTCD"], row["QSDTC"]
    message = _refused(trial, _write(tmp_path / "sdtm", rows))
    assert "qsco.csv, column QSDTC: the column is missing" in message
    assert "column QSTESTCD" in message


@pytest.mark.parametrize("name", ["qsco.parquet", "qsco.csv"])
@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\x00\x01\xff\xfe", b"", b"PAR1 but not for long"])
def test_a_file_that_is_no_table_is_refused(trial: Kept, tmp_path: Path, name: str, content: bytes) -> None:
    source = _write(tmp_path / "sdtm", _rows())
    (source / "qsco.csv").unlink()
    (source / name).write_bytes(content)
    message = _refused(trial, source)
    assert name in message
    assert "Export it" in message


def test_a_damaged_parquet_file_is_refused(trial: Kept, tmp_path: Path) -> None:
    source = _write(tmp_path / "sdtm", _rows())
    (source / "qsco.csv").unlink()
    pl.DataFrame(_rows()["qsco"]).write_parquet(source / "qsco.parquet")
    whole = (source / "qsco.parquet").read_bytes()
    (source / "qsco.parquet").write_bytes(whole[: len(whole) // 2])
    assert "qsco.parquet: the file cannot be read as a table" in _refused(trial, source)


def test_a_source_that_is_not_there_is_refused(trial: Kept, tmp_path: Path) -> None:
    assert "there is no such file or directory" in _refused(trial, tmp_path / "nowhere")
    source = _write(tmp_path / "sdtm", _rows())
    (source / "ae.csv").unlink()
    assert "there is no data set ae" in _refused(trial, source)
    (tmp_path / "lab.csv").write_text("A,B\n1,2\n", encoding="utf-8")
    assert "the study takes no data set called lab" in _refused(trial, tmp_path / "lab.csv")


def test_one_file_alone_is_added_to_subjects_that_are_known(trial: Kept, tmp_path: Path) -> None:
    rows = _rows()
    source = _write(tmp_path / "sdtm", rows)
    _import(trial, source)
    rows["ae"].append(rows["ae"][0] | {"AESEQ": "2", "AETERM": "DIZZINESS", "AEDECOD": "DIZZINESS"})
    done = _import(trial, _write(tmp_path / "more", {"ae": rows["ae"]}) / "ae.csv")
    assert (done.events, dict(done.pages)) == (9, {"ADVERSE_EVENTS": 1})
