"""Licensed dictionaries from the command line: loaded, listed, compared with what is coded, and refused in words."""

import json
from itertools import count
from pathlib import Path

import pytest

from studies.telitacicept_ssc.protocol import STUDY
from tests.dictionaries import DRUGS, meddra
from tests.spec.cli.conftest import Say
from trialwright.exchange.dictionary_files import FOLDER, kept_dictionaries
from trialwright.protocol import Audience
from trialwright.protocol.dictionary import gathered
from trialwright.record import Adopt, Answer, Code, OpenStudy
from trialwright.store import create
from trialwright.testing import START, actor, enrolled

pytestmark = pytest.mark.spec
NUMBERS = count()
"""Every study is a module of Python, and needs a name of its own."""
SAID = ("--version", "1.0", "--credit", "Invented for a test", "--name", "INVENTED")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / f"coded_{next(NUMBERS)}"
    place.mkdir()
    (place / "__init__.py").write_text('"""A study."""\n', encoding="utf-8")
    (place / "protocol.py").write_text('"""The protocol."""\n\nfrom studies.telitacicept_ssc.protocol import STUDY as STUDY\n', encoding="utf-8")
    return place


def test_a_dictionary_is_loaded_and_listed(say: Say, folder: Path, tmp_path: Path) -> None:
    said = say("dictionary", "add", folder, meddra(tmp_path / "MedAscii"), *SAID)
    assert (said.code, said.err) == (0, "")
    assert "INVENTED 1.0 (en): 5 terms, 1 of them no longer current. Invented for a test" in said.out
    table = tmp_path / "drugs.csv"
    table.write_text(DRUGS, encoding="utf-8")
    said = say("dictionary", "add", folder, table, "--kind", "WHODrug", "--name", "DRUGS", "--version", "2", "--credit", "Invented")
    assert said.code == 0
    assert [one["name"] for one in json.loads(say("dictionary", "list", folder, "--json").out)] == ["DRUGS", "INVENTED"]
    assert "INVENTED 1.0 (en), MedDRA: Invented for a test" in say("dictionary", "list", folder).out
    assert (folder / FOLDER / "INVENTED-1.0-en" / "llt.asc").is_file()


def test_what_cannot_be_used_is_refused_with_its_mend(say: Say, folder: Path, tmp_path: Path) -> None:
    source = meddra(tmp_path / "MedAscii")
    for words, told in (((source, *SAID, "--kind", "ICD"), "there is no kind ICD. Choose MedDRA or WHODrug"),
                        ((source, "--version", "9", "--credit", "x"), "the files are of version 1.0, not 9. Say --version 1.0"),
                        ((tmp_path / "none", *SAID), "there is no such folder")):  # fmt: skip
        said = say("dictionary", "add", folder, *words)
        assert said.code == 1 and told in said.err, said.err
    assert not (folder / FOLDER).exists()
    assert "No dictionary is loaded" in say("dictionary", "list", folder).out
    said = say("dictionary", "compare", folder, "--db", tmp_path / "t.db", "--version", "2.0")
    assert said.code == 1 and "MedDRA 2.0 is not loaded (loaded: none)" in said.err


@pytest.mark.req("DAT-01")
def test_another_version_is_compared_with_what_is_coded(say: Say, folder: Path, tmp_path: Path) -> None:
    say("dictionary", "add", folder, meddra(tmp_path / "MedAscii"), *SAID)
    (first,) = gathered(kept_dictionaries(folder))
    db = tmp_path / "trial.db"
    kept = create(db, STUDY)
    kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), START)
    enrolled(kept.gate, "S1")
    kept.gate.do(actor(Audience.SAFETY), Adopt(kind="MedDRA", dictionary=first.name, version="1.0", digest=first.digest), START)
    for row, words in (("A", "dry cough"), ("B", "rash")):
        kept.gate.do(actor(Audience.PHYSICIAN), Answer(subject="S1", form="ADVERSE_EVENTS", row=row, entries={"AETERM": words}), START)
        entry = first.suggest(words)[0].entry
        kept.gate.do(actor(Audience.SAFETY), Code(subject="S1", form="ADVERSE_EVENTS", row=row, item="AETERM", dictionary=first.name, version="1.0",
                                                  code=entry.code, term=entry.term, path=entry.path), START)  # fmt: skip
    kept.close()
    newer = [("99000001", "Cough", "99000001", "Y"), ("99000002", "Dry cough", "99000001", "N"), ("99000004", "Rash", "99000004", "Y")]
    said = say("dictionary", "add", folder, meddra(tmp_path / "newer", newer, release="2.0"), "--version", "2.0", "--credit", "x", "--name", "INVENTED")
    assert said.code == 0
    told = say("dictionary", "compare", folder, "--db", db, "--version", "2.0", "--name", "INVENTED")
    assert told.code == 0, told.err
    assert "INVENTED 2.0: 1 codes stay as they are, 1 change." in told.out
    assert "S1  ADVERSE_EVENTS A  AETERM  dry cough  99000002  Dry cough  retired" in told.out
    found = json.loads(say("dictionary", "compare", folder, "--db", db, "--version", "2.0", "--name", "INVENTED", "--json").out)
    assert (found["same"], [one["fate"] for one in found["changed"]]) == (1, ["retired"])
