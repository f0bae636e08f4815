"""Laboratory results from the command line: previewed, saved once, refused in words."""

import json
from pathlib import Path

import pytest

from tests.spec.cli.conftest import SSC, Say
from trialwright.exchange.study_folder import study_in
from trialwright.protocol import Audience
from trialwright.record import OpenStudy
from trialwright.store import create
from trialwright.testing import START, actor, enrolled

pytestmark = [pytest.mark.spec, pytest.mark.req("DAT-08")]
WHO = "KHTR42"
HEAD = "受试者编号,采样时间,项目,结果,单位\n"


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    kept = create(tmp_path / "trial.db", study_in(SSC))
    kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), START)
    enrolled(kept.gate, WHO, arm="T", at=START, index=START.date())
    kept.close()
    return tmp_path / "trial.db"


def results(folder: Path, *rows: str) -> Path:
    file = folder / "results.csv"
    file.write_bytes((HEAD + "".join(f"{WHO},{row}\n" for row in rows)).encode("gb18030"))
    return file


def test_a_file_is_previewed_then_saved_then_nothing(say: Say, trial: Path, tmp_path: Path) -> None:
    words = ("laboratory", SSC, results(tmp_path, "2026-01-05,血红蛋白,130,g/L", "2026-01-05,血糖,5,mmol/L"), "--db", trial, "--by", "coordinator")
    seen = say(*words, "--preview")
    assert seen.code == 0 and "read as GB18030" in seen.out and "not asked by the study" in seen.out and "Nothing was written." in seen.out
    assert "Saved 2 answers." in say(*words).out
    told = json.loads(say(*words, "--json").out)
    assert (told["saved"], told["counts"]) == (0, {"same": 1, "no test": 1})
    assert say("verify", trial).code == 0


def test_what_must_be_mended_is_told_with_its_line_and_nothing_is_saved(say: Say, trial: Path, tmp_path: Path) -> None:
    file = results(tmp_path, "2026-01-05,血红蛋白,130,g/L", "2026-01-05,血红蛋白,8,mmol/L")
    words = ("laboratory", SSC, file, "--db", trial, "--by", "coordinator")
    seen, said = say(*words, "--preview"), say(*words)
    assert seen.code == 1 and "line 3" in seen.out and "must be mended" in seen.out
    assert said.code == 1 and "record 3" in said.err and "laboratory.csv" in said.err
    file = results(tmp_path, "2026-01-05,血红蛋白,130,g/L")
    assert json.loads(say(*words, "--json", "--preview").out)["counts"] == {"new": 1}


@pytest.mark.parametrize(("more", "mend"), [(("--role", "EVALUATOR"), "COORDINATOR, PHYSICIAN, SAFETY"), (("--role", "KING"), "Choose one of")])
def test_a_role_that_does_not_do_this_is_refused(say: Say, trial: Path, tmp_path: Path, more: tuple[str, str], mend: str) -> None:
    said = say("laboratory", SSC, results(tmp_path, "2026-01-05,血红蛋白,130,g/L"), "--db", trial, "--by", "somebody", *more)
    assert said.code == 1 and mend in said.err
