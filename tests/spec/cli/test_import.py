"""Importing from the command line: a whole trial or nothing, with the file, the record and the column of what is wrong."""

import json
import shutil
from pathlib import Path

import pytest

from tests.spec.cli.conftest import Say
from trialwright.exchange.datasets import Unimportable, read_datasets
from trialwright.exchange.registry.table import Table

pytestmark = [pytest.mark.spec, pytest.mark.req("DAT-08")]
MAPPING = '''"""Where the records of a small trial go."""

from trialwright.exchange.sdtm_mapping import Lookup, Pages, SdtmMapping, Subjects

MAPPING = SdtmMapping(
    subjects=Subjects(
        dataset="dm", subject="USUBJID", site="SITEID", arm="ARMCD", arms={"N": "NEW", "O": "OLD"}, failures=("F",), start="RFSTDTC",
        consented=Lookup(dataset="dm", column="RFICDTC"), consent_version="1", completed=("COMPLETED",),
        failed=Lookup(dataset="ds", where={"DSDECOD": ("SCREEN FAILURE",)}, column="DSSTDTC", reason="DSDECOD"),
        ended=Lookup(dataset="ds", where={"DSDECOD": ("COMPLETED",)}, column="DSSTDTC", reason="DSDECOD"),
    ),
    pages=(
        Pages(dataset="dm", domain="DM", form="PERSON", fixed_visit="SCREENING", sequence="SUBJID", items={"BRTHDTC": "BIRTH", "SEX": "SEX"}),
        Pages(dataset="qs", domain="QS", form="ASSESSMENT", visit="VISITNUM", sequence="QSSEQ", test="QSTESTCD", result="QSORRES",
              items={"SEVERITY": "SEVERITY"}, once={"QSDTC": "DAY"}),
    ),
)
'''
TABLES = {
    "dm": "USUBJID,SUBJID,SITEID,ARMCD,RFSTDTC,RFICDTC,BRTHDTC,SEX\n"
    "P1,P1,01,N,2025-01-10,2025-01-02,1980-04-01,F\nP2,P2,01,O,2025-01-12,2025-01-03,1975-06-02,M\n",
    "ds": "USUBJID,DSSEQ,DSDECOD,DSSTDTC\nP1,1,COMPLETED,2025-04-05\nP2,1,COMPLETED,2025-04-06\n",
    "qs": "USUBJID,QSSEQ,QSTESTCD,QSORRES,VISITNUM,QSDTC\n"
    "P1,1,SEVERITY,6,2,2025-01-10\nP1,2,SEVERITY,4,5,2025-04-04\nP2,1,SEVERITY,7,2,2025-01-12\nP2,2,SEVERITY,6,5,2025-04-06\n",
}


@pytest.fixture
def importing(study: Path, tmp_path: Path) -> Path:
    """The new study with a mapping added."""
    folder = tmp_path / f"{tmp_path.name}_study"
    shutil.copytree(study, folder)
    (folder / "sdtm_mapping.py").write_text(MAPPING, encoding="utf-8")
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Data sets of two people."""
    folder = tmp_path / "sdtm"
    folder.mkdir()
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def left(tmp_path: Path) -> set[str]:
    """What lies in the folder of the trial."""
    return {path.name for path in tmp_path.iterdir() if path.is_file()}


def test_a_preview_writes_nothing_and_an_import_makes_a_trial_that_verifies(say: Say, importing: Path, source: Path, tmp_path: Path) -> None:
    db = tmp_path / "trial.db"
    assert say("import", importing, source, "--db", db, "--preview").code == 0
    assert left(tmp_path) == set()
    assert say("import", importing, source, "--db", db).code == 0
    assert left(tmp_path) == {"trial.db", "trial.key"}
    assert say("verify", db).code == 0
    before = db.read_bytes()
    again = say("import", importing, source, "--db", db)
    assert (again.code, db.read_bytes() == before) == (0, True)
    assert say("package", db, "--study", importing, "--out", tmp_path / "p").code == 0
    assert len((tmp_path / "p" / "trace" / "sdtm" / "qs.csv").read_text(encoding="utf-8").splitlines()) == 1 + 4


@pytest.mark.parametrize(("table", "old", "new", "words"), [
    ("qs", "P1,2,SEVERITY,4", "P1,2,SEVERITY,44", ("qs.csv", "record 2", "column QSORRES", "outside the possible range 0 to 10")),
    ("dm", "1975-06-02", "2.6.1975", ("dm.csv", "record 2", "column BRTHDTC", "is not a date")),
    ("qs", "QSORRES", "RESULT", ("qs.csv", "column QSORRES", "the column is missing")),
    ("dm", "P2,P2,01,O", "P2,P2,01,X", ("dm.csv", "record 2", "column ARMCD")),
    ("qs", TABLES["qs"], "\x00\x01\x02", ("qs.csv",)), ("qs", TABLES["qs"], "", ("qs.csv", "cannot be read as a table")),
])  # fmt: skip
def test_a_source_that_cannot_be_read_is_named_and_nothing_is_left(
    say: Say, importing: Path, source: Path, tmp_path: Path, table: str, old: str, new: str, words: tuple[str, ...]
) -> None:
    """The message names the file, the record and the column; no half trial and no key stay behind."""
    (source / f"{table}.csv").write_text(TABLES[table].replace(old, new), encoding="utf-8")
    for preview in ((), ("--preview",)):
        said = say("import", importing, source, "--db", tmp_path / "trial.db", *preview)
        assert said.code == 1
        assert said.err.startswith("trialwright: Nothing was imported.")
        assert all(word in said.err for word in words), said.err
        assert left(tmp_path) == set()


def test_an_import_into_a_trial_that_is_there_leaves_it_alone_when_it_fails(
    say: Say, importing: Path, source: Path, wrong_study: Path, tmp_path: Path
) -> None:
    db = tmp_path / "trial.db"
    assert say("import", importing, source, "--db", db).code == 0
    before = db.read_bytes()
    (source / "qs.csv").write_text(TABLES["qs"].replace("SEVERITY,6,2", "SEVERITY,5,2"), encoding="utf-8")
    said = say("import", importing, source, "--db", db)
    assert (said.code, "qs.csv, record 1" in said.err, "--reason" in said.err) == (1, True, True), said.err
    assert db.read_bytes() == before
    shutil.copy(importing / "sdtm_mapping.py", wrong_study / "sdtm_mapping.py")
    foreign = say("import", wrong_study, source, "--db", db)
    assert (foreign.code, "holds the study KNEE-PAIN" in foreign.err) == (1, True)
    assert db.read_bytes() == before
    assert say("import", importing, source, "--db", db, "--reason", "source corrected").code == 0


def test_a_finished_trial_is_locked_once(say: Say, importing: Path, source: Path, tmp_path: Path) -> None:
    """`--finished` locks and opens the arms; a second time changes nothing."""
    db = tmp_path / "trial.db"
    first = say("import", importing, source, "--db", db, "--finished")
    assert (first.code, "Locked; the arms are open to the statistician." in first.out) == (0, True)
    before = db.read_bytes()
    second = say("import", importing, source, "--db", db, "--finished")
    assert (second.code, "Locked" in second.out, db.read_bytes() == before) == (0, False, True)
    assert json.loads(say("verify", db, "--json").out) == []


def test_a_study_without_a_mapping_and_a_source_that_is_not_there_are_named(say: Say, study: Path, importing: Path, tmp_path: Path) -> None:
    without = say("import", study, tmp_path, "--db", tmp_path / "trial.db")
    assert (without.code, "has no MAPPING in sdtm_mapping.py" in without.err) == (1, True)
    nowhere = say("import", importing, tmp_path / "nowhere", "--db", tmp_path / "trial.db")
    assert (nowhere.code, str(tmp_path / "nowhere") in nowhere.err) == (1, True)
    assert left(tmp_path) == set()


@pytest.mark.parametrize("column", ["*", "^A.*$"])
def test_a_column_whose_name_stands_for_many_is_refused(tmp_path: Path, column: str) -> None:
    file = tmp_path / "dm.csv"
    file.write_text(f"USUBJID,{column}\nS1,x\n", encoding="utf-8")
    with pytest.raises(Unimportable, match="cannot be the name of a column"):
        read_datasets(str(file), ["dm"])
    with pytest.raises(Unimportable, match="cannot be the name of a column"):
        Table(path=file).columns  # noqa: B018  # reading is what is tried
