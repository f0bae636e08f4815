"""Reports of serious events from the command line: files for each case, what they lack, and a schema that somebody has."""

import json

import pytest

from tests.serious import EVENT, LOG, ROW, WHO, at
from trialwright.cli import app
from trialwright.protocol import Audience
from trialwright.record import Answer
from trialwright.store import create
from trialwright.testing import START, actor, enrolled

FOLDER = "studies/telitacicept_ssc"


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    from studies.telitacicept_ssc.protocol import STUDY
    from trialwright.record import OpenStudy

    path = tmp_path_factory.mktemp("sae") / "trial.db"
    kept = create(path, STUDY)
    kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), START)
    enrolled(kept.gate, WHO, arm="T", at=START, index=START.date())
    kept.gate.do(actor(Audience.PHYSICIAN), Answer(subject=WHO, form=LOG, row=ROW, entries=EVENT), at(29))
    kept.close()
    return path


def run(*words: object) -> None:
    app([str(word) for word in words], standalone_mode=False)


def test_each_case_gives_its_files_and_what_it_lacks(db, tmp_path, capsys) -> None:
    run("sae", db, "--study", FOLDER, "--out", tmp_path / "sae", "--country", "CN", "--json")
    (told,) = json.loads(capsys.readouterr().out)
    assert sorted(path.name for path in (tmp_path / "sae").iterdir()) == [
        f"NCT06546540-KHTR42-R1-{name}" for name in ("cioms-en.pdf", "cioms-zh.pdf", "e2b.csv", "e2b.xml")]  # fmt: skip
    assert told["due"] == ["2026-02-05"]
    assert "E.i.2.1b the MedDRA code: code the event with your own licensed dictionary" in told["lacks"]
    assert not any(one.startswith("C.2.r.3") for one in told["lacks"])


def test_without_json_it_speaks(db, tmp_path, capsys) -> None:
    run("sae", db, "--study", FOLDER, "--out", tmp_path)
    said = capsys.readouterr().out
    assert "Serious events: 1;" in said
    assert "open until 2026-02-05; lacks" in said


@pytest.mark.parametrize("words", [("--country", "China"), ("--sender-type", "9"), ("--subject", "NOBODY")])
def test_what_cannot_be_is_refused(db, tmp_path, words) -> None:
    from trialwright.cli.shell import Failed

    with pytest.raises(Failed):
        run("sae", db, "--study", FOLDER, "--out", tmp_path, *words)


def test_a_schema_that_disagrees_makes_it_fail(db, tmp_path) -> None:
    head = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:hl7-org:v3"><xs:element name="'
    (tmp_path / "MCCI_IN200100UV01.xsd").write_text(head + 'OTHER"/></xs:schema>')
    words = ["sae", str(db), "--study", FOLDER, "--out", str(tmp_path / "out"), "--schema-dir", str(tmp_path)]
    assert app(words, standalone_mode=False) == 1
