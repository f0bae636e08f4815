"""Printing one casebook from the command line."""

import io
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.spec.cli.conftest import Say
from trialwright.exchange.study_folder import study_of
from trialwright.protocol import Audience
from trialwright.store import open_trial

pytestmark = [pytest.mark.spec, pytest.mark.req("REC-01")]


def somebody(study: Path, trial: Path) -> str:
    kept = open_trial(trial, study_of(study, trial))
    try:
        return kept.gate.casebook(Audience.MONITOR).subjects[0].id
    finally:
        kept.close()


def test_a_casebook_is_printed(say: Say, study: Path, rehearsed: Path, tmp_path: Path) -> None:
    who, out = somebody(study, rehearsed / "trial.db"), tmp_path / "one.pdf"
    said = say("casebook", rehearsed / "trial.db", "--study", study, "--subject", who, "--out", out, "--view", "MONITOR", "--language", "zh")
    assert (said.code, said.out.strip(), said.err) == (0, str(out), "")
    told = "".join(page.extract_text() for page in PdfReader(io.BytesIO(out.read_bytes())).pages)
    assert who in told and "虚拟受试者" in told and "稽查轨迹" in told


@pytest.mark.parametrize(("words", "mend"), [(("--subject", "NOBODY"), "no subject NOBODY"), (("--language", "fr"), "Choose en or zh"),
                                            (("--view", "KING"), "Choose one of"), (("--out", "casebook.txt"), "ends in .pdf")])  # fmt: skip
def test_a_mistake_is_told_and_nothing_is_written(say: Say, study: Path, rehearsed: Path, tmp_path: Path, words: tuple[str, str], mend: str) -> None:
    chosen = {"--subject": somebody(study, rehearsed / "trial.db"), "--out": str(tmp_path / "one.pdf")} | dict([words])
    said = say("casebook", rehearsed / "trial.db", "--study", study, *(part for pair in chosen.items() for part in pair))
    assert said.code == 1 and mend in said.err
    assert list(tmp_path.iterdir()) == []
