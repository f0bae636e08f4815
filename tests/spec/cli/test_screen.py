"""Screening a registry: whatever file a hospital hands over, it is decided whole or refused with file, record, column and mend."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tests.registries import medications, persons, written
from tests.spec.cli.conftest import SSC, Say
from trialwright.instruments import spirometry

pytestmark = pytest.mark.spec
TINY = persons(6, seed=1, unknown=0.0)


def test_everybody_has_one_row_and_the_picture_tells_the_counts(say: Say, tmp_path: Path) -> None:
    people = written(persons(60, seed=3), tmp_path / "registry.parquet")
    written(medications(60, seed=3), tmp_path / "registry_medications.parquet")
    out = tmp_path / "screened.parquet"
    said = say("screen", SSC, people, "--out", out)
    assert (said.code, said.err) == (0, "")
    found = pl.read_parquet(out)
    assert found["person"].to_list() == [f"P{number:07d}" for number in range(60)]
    counts = json.loads((tmp_path / "screened.parquet.json").read_text(encoding="utf-8"))
    assert counts["people"] == 60
    assert counts["eligible"] == {
        word: found.filter(pl.col("eligible") == word).height for word in ("no", "unknown", "yes")
    }
    for code, words in counts["criteria"].items():
        assert words == {word: found.filter(pl.col(code) == word).height for word in ("not met", "unknown", "met")}
    assert f"May join: {counts['eligible']['yes']} yes" in said.out
    assert counts["versions"]["I5"] == "I5/1/delta_mrss_min=0"
    assert set(found["rules"]) == {counts["rules"]}
    assert {path.name for path in tmp_path.iterdir()} == {
        "registry.parquet",
        "registry_medications.parquet",
        "screened.parquet",
        "screened.parquet.json",
    }


def test_csv_and_parquet_say_the_same_and_json_is_for_programs(say: Say, tmp_path: Path) -> None:
    kinds = (".parquet", ".csv")
    people, log = persons(40, seed=6), medications(40, seed=6)
    told = []
    for kind in kinds:
        written(people, tmp_path / f"r{kind}")
        written(log, tmp_path / f"r_medications{kind}")
        said = say("screen", SSC, tmp_path / f"r{kind}", "--out", tmp_path / f"out{kind}", "--json")
        assert said.code == 0
        told.append(json.loads(said.out))
    assert told[0]["criteria"] == told[1]["criteria"]
    frames = [pl.read_parquet(tmp_path / "out.parquet"), pl.read_csv(tmp_path / "out.csv", infer_schema=False)]
    for column in ("person", "eligible", "decided_by", "I1_because", "I6"):
        assert frames[0][column].to_list() == frames[1][column].to_list()


def test_a_file_that_is_there_is_replaced_only_by_force(say: Say, tmp_path: Path) -> None:
    people, out = written(TINY, tmp_path / "r.csv"), tmp_path / "out.csv"
    out.write_text("kept", encoding="utf-8")
    said = say("screen", SSC, people, "--out", out)
    assert (said.code, "--force" in said.err, out.read_text(encoding="utf-8")) == (1, True, "kept")
    assert say("screen", SSC, people, "--out", out, "--force").code == 0
    assert out.read_text(encoding="utf-8").startswith("person,eligible,")


def test_a_registry_is_never_written_over(say: Say, tmp_path: Path) -> None:
    people = written(TINY, tmp_path / "r.csv")
    content = people.read_bytes()
    said = say("screen", SSC, people, "--out", tmp_path / "." / "r.csv", "--force")
    assert (said.code, "the registry itself" in said.err, people.read_bytes() == content) == (1, True, True)


def test_the_planned_start_is_an_option_where_the_registry_has_none(say: Say, tmp_path: Path) -> None:
    people = written(TINY.drop("index_date"), tmp_path / "r.csv")
    written(medications(6, seed=2), tmp_path / "r_medications.csv")
    verdicts = []
    for number, words in enumerate(((), ("--start", "2024-08-31"))):
        assert say("screen", SSC, people, "--out", tmp_path / f"{number}.parquet", *words).code == 0
        verdicts.append(set(pl.read_parquet(tmp_path / f"{number}.parquet")["I6"]))
    assert verdicts[0] == {"unknown"}
    assert verdicts[1] != {"unknown"}


def test_entries_that_cannot_be_read_are_unknown_and_told(say: Say, tmp_path: Path) -> None:
    text = TINY.with_columns(pl.all().cast(pl.String))
    rows = text.rows()
    place = TINY.columns.index
    spoiled = [list(row) for row in rows]
    spoiled[0][place("LUNG.FVC")] = "NaN"
    spoiled[1][place("LUNG.FVC")] = "-2.1"
    spoiled[2][place("DEMOGRAPHICS.BRTHDAT")] = "2222-01-01"
    spoiled[3][place("SKIN_HISTORY.CURRMRSS")] = "inf"
    spoiled[4][place("DEMOGRAPHICS.SEX")] = "女"
    spoiled[5][place("LUNG.HEIGHT")] = "not done"
    people = written(pl.DataFrame(spoiled, schema=TINY.columns, orient="row"), tmp_path / "r.csv")
    said = say("screen", SSC, people, "--out", tmp_path / "out.parquet")
    assert said.code == 0
    assert "5 entries could not be read" in said.out
    for told in ("record 1, column LUNG.FVC", "record 2, column LUNG.FVC: -2.1 L is outside", "record 3, column DEMOGRAPHICS.BRTHDAT: 2222-01-01 lies outside",
                 "record 4, column SKIN_HISTORY.CURRMRSS", "record 5, column DEMOGRAPHICS.SEX: “女”"):  # fmt: skip
        assert told in said.out
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert found["I3"].to_list()[:2] == ["unknown", "unknown"]
    assert found["I3"][5] == "unknown"
    assert found["I2"][2] == "unknown"


def test_a_date_that_has_not_come_yet_is_unknown(say: Say, tmp_path: Path) -> None:
    people = written(TINY.with_columns(pl.Series("LUNG.LUNGDAT", [date(2150, 1, 1)] * 6)), tmp_path / "r.parquet")
    said = say("screen", SSC, people, "--out", tmp_path / "out.parquet")
    assert "record 1, column LUNG.LUNGDAT: 2150-01-01 lies in the future" in said.out
    assert set(pl.read_parquet(tmp_path / "out.parquet")["I3"]) == {"unknown"}


def test_what_the_files_lack_and_what_nobody_reads_is_told(say: Say, tmp_path: Path) -> None:
    people = written(TINY.drop("LUNG.FVC").with_columns(ward=pl.lit("7")), tmp_path / "r.csv")
    said = say("screen", SSC, people, "--out", tmp_path / "out.csv")
    assert "unknown for everybody: LUNG.FVC, MEDICATIONS" in said.out
    assert "Columns that no criterion reads: ward" in said.out
    said = say("screen", SSC, people, "--out", tmp_path / "zh.csv", "--language", "zh")
    assert "未使用的列：ward" in said.out


def csv(text: str) -> Callable[[Path], Path]:
    return raw("r.csv", text.encode())


def raw(name: str, content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def changed(change: Callable[[pl.DataFrame], pl.DataFrame], name: str = "r.parquet") -> Callable[[Path], Path]:
    return lambda folder: written(change(TINY), folder / name)


def folder_of(folder: Path) -> Path:
    (folder / "tables").mkdir()
    return folder / "tables"


BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "no file": (lambda folder: folder / "nowhere.csv", "there is no such file"),
    "empty file": (csv(""), "the file is empty"),
    "parquet of no bytes": (raw("r.parquet", b""), "the file is empty"),
    "parquet that is none": (raw("r.parquet", b"PAR1" + bytes(200)), "cannot be read as a table"),
    "only a header": (csv("person,LUNG.FVC\n"), "no person"),
    "another ending": (raw("r.xlsx", b"PK"), "no table that is read here"),
    "folder without tables": (folder_of, "there is no table person"),
    "UTF-16": (raw("r.csv", "person,LUNG.FVC\na,2".encode("utf-16")), "UTF-16"),
    "GB18030": (raw("r.csv", "person,LUNG.FVC\n张,2.1\n李,2.2\n".encode("gb18030")), "GB18030"),
    "semicolons": (csv("person;LUNG.FVC\na;2.1\n"), "not separated by commas"),
    "nobody named": (csv("LUNG.FVC,LUNG.HEIGHT\n2.1,160\n"), "it tells who each record is about"),
    "no item": (csv("person,ward\na,7\n"), "no column is an item of the study"),
    "misspelt": (csv("person,LUNG.FCV\na,2.1\n"), "is this LUNG.FVC?"),
    "other case": (csv("person,lung.fvc\na,2.1\n"), "is this LUNG.FVC?"),
    "Chinese header": (csv("person,出生日期,LUNG.FVC\na,1970-01-01,2.1\n"), "is this DEMOGRAPHICS.BRTHDAT?"),
    "question as header": (csv("person,Date of birth,LUNG.FVC\na,1970-01-01,2.1\n"), "is this DEMOGRAPHICS.BRTHDAT?"),
    "several forms ask it": (csv("person,HEIGHT\na,160\n"), "LUNG.HEIGHT"),
    "same column twice": (csv("person,LUNG.FVC,LUNG.FVC\na,2,2\n"), "two columns have this name"),
    "item twice": (csv("person,LUNG.FVC,LUNG.FVC [L]\na,2,2\n"), "holds LUNG.FVC too"),
    "unit in the header": (csv("person,LUNG.FVC [mL]\na,2100\n"), "the unit is mL, but LUNG.FVC is read in L"),
    "milliliters": (changed(lambda frame: pl.concat([frame] * 4).with_columns(
        person=pl.int_range(24).cast(pl.String), **{"LUNG.FVC": pl.col("LUNG.FVC") * 1000})), "Is it another unit"),
    "person twice": (changed(lambda frame: pl.concat([frame, frame.head(1)])), "record 7, column person: the person is in record 1 already"),
    "person without a name": (csv("person,LUNG.FVC\na,2.1\n,2.2\n"), "record 2, column person: the record names no person"),
    "ragged": (csv("person,LUNG.FVC\na,2.1\nb\nc,2.2\n"), "record 2: a record does not have the 2 columns"),
    "too long a record": (csv("person,LUNG.FVC\na,2.1\nb,2,3\n"), "record 2: a record does not have the 2 columns"),
    "open quotation": (csv('person,LUNG.FVC\n"a,2.1\nb,2.2\n'), "does not have the 2 columns"),
    "lists": (changed(lambda frame: frame.with_columns(pl.concat_list("LUNG.FVC").alias("LUNG.FVC"))), "holds lists"),
    "bytes": (raw("r.csv", b"person,LUNG.FVC\n" + bytes(100)), "holds no text"),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_a_registry_that_cannot_be_used_is_refused_and_nothing_is_written(say: Say, tmp_path: Path, bad: str) -> None:
    make, told = BAD[bad]
    registry = make(tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    said = say("screen", SSC, registry, "--out", tmp_path / "out.parquet")
    assert (said.code, said.out) == (1, "")
    assert told in said.err
    assert str(registry) in said.err
    assert {path.name for path in tmp_path.iterdir()} == before


LOGS: dict[str, tuple[str, str]] = {
    "no drug column": ("person,CMDOSE\nP0000001,5\n", "column MEDICATIONS.CMTRT: the column is missing"),
    "no people": ("CMTRT\nPREDNISONE\n", "it tells who each record is about"),
    "about others": (
        "person,CMTRT,CMDOSE,CMDOSU,CMDOSFRQ,CMROUTE,CMSTDAT,CMONGO,CMENDAT\nX,PREDNISONE,5,mg,QD,ORAL,2024,Y,\n", "no row is about a person of"
    ),
    "empty": ("", "the file is empty"),
}  # fmt: skip


@pytest.mark.parametrize("bad", LOGS)
def test_a_drug_log_that_cannot_be_used_is_refused(say: Say, tmp_path: Path, bad: str) -> None:
    text, told = LOGS[bad]
    people, log = written(TINY, tmp_path / "r.parquet"), tmp_path / "log.csv"
    log.write_text(text, encoding="utf-8")
    said = say("screen", SSC, people, "--medications", log, "--out", tmp_path / "out.parquet")
    assert (said.code, told in said.err) == (1, True), said.err
    assert {path.name for path in tmp_path.iterdir()} == {"r.parquet", "log.csv"}


def test_a_byte_order_mark_line_ends_of_windows_and_quoted_line_breaks_are_read(say: Say, tmp_path: Path) -> None:
    people = tmp_path / "r.csv"
    people.write_bytes('\ufeffperson,note,LUNG.FVC\r\na,"two\r\nlines, one comma",2.1\r\nb,,2.2\r\n'.encode())
    said = say("screen", SSC, people, "--out", tmp_path / "out.csv")
    assert (said.code, said.err) == (0, "")
    assert pl.read_csv(tmp_path / "out.csv")["person"].to_list() == ["a", "b"]


@pytest.mark.parametrize(("words", "told"), [
    (("--out", "out.xlsx"), "written as .parquet or .csv"), (("--out", "no/out.csv"), "there is no such folder"),
    (("--out", "o.csv", "--start", "31.8.2024"), "is no day"), (("--out", "o.csv", "--language", "fr"), "no language fr"),
    (("--out", "o.csv", "--medications", "none.csv"), "there is no such file"),
])  # fmt: skip
def test_options_that_cannot_be_are_refused(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], told: str
) -> None:
    written(TINY, tmp_path / "r.csv")
    monkeypatch.chdir(tmp_path)
    said = say("screen", SSC, "r.csv", *words)
    assert (said.code, told in said.err) == (1, True), said.err
    assert [path.name for path in tmp_path.iterdir()] == ["r.csv"]


def test_a_study_without_column_facts_says_so(say: Say, study: Path, tmp_path: Path) -> None:
    said = say("screen", study, written(TINY, tmp_path / "r.csv"), "--out", tmp_path / "out.csv")
    assert (said.code, "no REGISTRY in registry.py" in said.err) == (1, True)


# ---- OMOP

MAPPING = """item,date_item,table,concept_id,code,value_concept_id,unit_concept_id,factor,days_before_last,otherwise
DEMOGRAPHICS.BRTHDAT,,person,,,,,,,
DEMOGRAPHICS.SEX,,person,8532,F,,,,,
DEMOGRAPHICS.SEX,,person,8507,M,,,,,
LUNG.FVC,LUNG.LUNGDAT,measurement,101,,,201,,,
LUNG.FVC,LUNG.LUNGDAT,measurement,101,,,202,0.001,,
LUNG.HEIGHT,,measurement,102,,,203,,,
SKIN_HISTORY.CURRMRSS,SKIN_HISTORY.CURRDAT,measurement,103,,,,,0,
SKIN_HISTORY.PREVMRSS,SKIN_HISTORY.PREVDAT,measurement,103,,,,,150,
SKIN_HISTORY.MEDCOMPL,,,,,,,,,Y
ANTIBODIES.ANA,,measurement,104,POSITIVE,301,,,,
ANTIBODIES.ANA,,measurement,104,NEGATIVE,302,,,,
CLASSIFICATION.PAH,,condition_occurrence,105,Y,,,,,N
MEDICATIONS.CMTRT,,drug_exposure,401,PREDNISONE,,,5,,
MEDICATIONS.CMTRT,,drug_exposure,402,MYCOPHENOLATE MOFETIL,,,500,,
MEDICATIONS.CMROUTE,,drug_exposure,501,ORAL,,,,,
"""


FVC = spirometry.spirogram(2.1, "F", spirometry.age_years(date(1972, 1, 5), date(2024, 8, 12)), 160, "gli_global_2022")


def omop(folder: Path, kind: str) -> Path:
    """Three invented people: one with everything, one in milliliters with two results on one day, one of whom little is known."""
    person = pl.DataFrame({"person_id": [1, 2, 3], "gender_concept_id": [8532, 8507, 0], "year_of_birth": [1972, 1980, 1990],
                           "month_of_birth": [1, 5, None], "day_of_birth": [5, 6, None]})  # fmt: skip
    rows = [(1, 101, "2024-08-01", 2.0, 201, None), (1, 101, "2024-08-12", 2.1, 201, None), (1, 102, "2024-08-12", 160.0, 203, None),
            (1, 103, "2024-02-12", 18.0, None, None), (1, 103, "2024-08-12", 21.0, None, None), (1, 104, "2024-01-01", None, None, 301),
            (2, 101, "2024-08-12", 3000.0, 202, None), (2, 101, "2024-08-11", 1.0, 999, None), (2, 104, "2024-01-01", None, None, 301),
            (2, 104, "2024-01-01", None, None, 302), (2, 103, "2024-08-12", 20.0, None, None)]  # fmt: skip
    names = (
        "person_id",
        "measurement_concept_id",
        "measurement_date",
        "value_as_number",
        "unit_concept_id",
        "value_as_concept_id",
    )
    measurement = pl.DataFrame(rows, schema=list(names), orient="row").with_columns(
        pl.col("measurement_date").str.to_date()
    )
    condition = pl.DataFrame(
        {"person_id": [2], "condition_concept_id": [105], "condition_start_date": [date(2020, 1, 1)]}
    )
    drug = pl.DataFrame({"person_id": [1, 2], "drug_concept_id": [401, 402], "quantity": [400.0, None], "days_supply": [200, 90],
                         "route_concept_id": [501, 501], "drug_exposure_start_date": [date(2024, 3, 1)] * 2,
                         "drug_exposure_end_date": [date(2024, 9, 16)] * 2})  # fmt: skip
    tables = {"person": person, "measurement": measurement, "condition_occurrence": condition, "drug_exposure": drug}
    (folder / "mapping.csv").write_text(MAPPING, encoding="utf-8")
    if kind == "duckdb":
        duckdb = pytest.importorskip("duckdb")
        with duckdb.connect(str(folder / "cdm.duckdb")) as store:
            store.execute("CREATE SCHEMA hospital")
            for name, frame in tables.items():
                frame.write_parquet(folder / "one.parquet")
                store.execute(f"CREATE TABLE hospital.{name} AS SELECT * FROM read_parquet('{folder / 'one.parquet'}')")
        (folder / "one.parquet").unlink()
        return folder / "cdm.duckdb"
    place = folder / "cdm"
    place.mkdir()
    for name, frame in tables.items():
        written(frame, place / f"{name}.{kind}")
    return place


@pytest.mark.parametrize("kind", ["parquet", "csv", "duckdb"])
def test_omop_tables_are_screened_by_the_mapping_of_the_hospital(say: Say, tmp_path: Path, kind: str) -> None:
    pytest.importorskip("duckdb")
    source, out = omop(tmp_path, kind), tmp_path / "out.parquet"
    said = say("screen", SSC, source, "--mapping", tmp_path / "mapping.csv", "--start", "2024-08-31", "--out", out)
    assert (said.code, said.err) == (0, "")
    first, second, third = pl.read_parquet(out).to_dicts()
    assert FVC is not None
    assert first["fvc_percent"] == pytest.approx(FVC.percent)
    assert (first["person"], first["ana"], first["delta_mrss"]) == ("1", "POSITIVE", 3.0)
    assert (first["mmf_stable"], first["steroid_low"], first["I3"]) == ("Y", "Y", "met")
    assert (second["ana"], second["delta_mrss"], second["mmf_stable"], second["acr_eular_low"]) == (
        None,
        None,
        None,
        2.0,
    )
    assert (third["age"], third["fvc_percent"], third["mmf_stable"], third["acr_eular_high"]) == (None, None, "Y", 24.0)
    assert {path.name for path in tmp_path.iterdir()} == {"mapping.csv", source.name, "out.parquet", "out.parquet.json"}


@pytest.mark.parametrize(("old", "new", "told"), [
    ("LUNG.FVC,LUNG", "LUNG.FCV,LUNG", "record 4, column item: LUNG.FCV is no item"), (",measurement,102", ",measures,102", "measures is no table"),
    ("101,,,201", "abc,,,201", "abc is no whole number"), ("0.001", "x", "x is no number"), ("8532,F", "8532,W", "W is no answer of DEMOGRAPHICS.SEX"),
    ("8532,F", "8532,", "say which answer"), ("101,,,201", "101,,,", "say in which unit"), ("item,date_item", "item,day", "the mapping needs the columns"),
])  # fmt: skip
def test_a_mapping_that_cannot_be_is_refused(say: Say, tmp_path: Path, old: str, new: str, told: str) -> None:
    source = omop(tmp_path, "parquet")
    (tmp_path / "mapping.csv").write_text(MAPPING.replace(old, new, 1), encoding="utf-8")
    said = say("screen", SSC, source, "--mapping", tmp_path / "mapping.csv", "--out", tmp_path / "out.csv")
    assert (said.code, told in said.err) == (1, True), said.err
    assert not (tmp_path / "out.csv").exists()


def test_omop_tables_with_other_columns_are_refused(say: Say, tmp_path: Path) -> None:
    source = omop(tmp_path, "parquet")
    written(pl.DataFrame({"person": [1]}), source / "person.parquet")
    said = say("screen", SSC, source, "--mapping", tmp_path / "mapping.csv", "--out", tmp_path / "out.csv")
    assert (said.code, "cannot be read as OMOP CDM" in said.err) == (1, True)


def test_without_duckdb_the_message_says_what_to_install(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    said = say(
        "screen", SSC, omop(tmp_path, "parquet"), "--mapping", tmp_path / "mapping.csv", "--out", tmp_path / "out.csv"
    )
    assert (said.code, "trialwright[registry]" in said.err) == (1, True)


def test_the_mapping_that_the_study_ships_is_a_template_with_the_concepts_of_sex_alone(
    say: Say, tmp_path: Path
) -> None:
    pytest.importorskip("duckdb")
    said = say("screen", SSC, omop(tmp_path, "parquet"), "--out", tmp_path / "out.csv", "--json")
    assert said.code == 0
    assert {"LUNG.FVC", "ANTIBODIES.ANA"} <= set(json.loads(said.out)["absent"])
