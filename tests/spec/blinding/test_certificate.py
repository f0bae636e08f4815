"""The certificate of the blind: what it says, when it is current, and that nobody is blinded without one."""

import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from unittest.mock import patch

import pytest
from attrs import evolve
from pypdf import PdfReader

from tests.spec.cli.conftest import say
from trialwright.blinding.certificate import (
    LEAST,
    LIMITS,
    NAME,
    Asked,
    Bound,
    Caught,
    Certificate,
    Obligation,
    exemptions,
    hindrance,
)
from trialwright.cli.certificate import must_be_certified
from trialwright.cli.shell import Failed
from trialwright.protocol import Audience, Text, same
from trialwright.report.certificate_pdf import certificate_pdf
from trialwright.testing import tiny_study

pytestmark = [pytest.mark.spec, pytest.mark.req("BLD-02")]
ROOT = Path(__file__).resolve().parents[3]
BOUND = Bound(study="a" * 64, files="b" * 64, program="c" * 64, roles="d" * 64)


def certificate(**changes: object) -> Certificate:
    """A certificate as the proof would issue it."""
    told = Certificate(
        code="TINY", version="1", reading="R1", bound=BOUND, issued="2026-03-05T08:00:00+00:00", seed="1", pairs=LEAST, worlds={"arms exchanged": 900},
        seconds=12, observers=("EVALUATOR",), obligations=(Obligation(code="labels", what=Text("shown", "所示"), held=True, told=Text("all", "全部")),),
        routes=(Asked(observer="EVALUATOR", route="home", requests=3, answers="200: 3"),), exempt=exemptions(tiny_study()), limits=LIMITS,
        caught=(Caught(name="etag", what=Text("an ETag", "一个标签"), observer="EVALUATOR", pairs=2),),
    )  # fmt: skip
    return evolve(told, **changes).sealed()


def test_a_certificate_survives_its_file_and_shows_when_somebody_touched_it() -> None:
    told = certificate()
    assert Certificate.of(told.as_json()) == told and told.whole and told.holds
    touched = Certificate.of(told.as_json().replace('"pairs": 300', '"pairs": 900'))
    assert not touched.whole and "was changed after it was issued" in str(hindrance(touched, BOUND))
    for nonsense in ("", "[]", "{}", "null", '{"holds": true}', told.as_json()[:-20], told.as_json().replace('"bound"', '"band"')):
        with pytest.raises(ValueError, match="this is no certificate"):
            Certificate.of(nonsense)


@pytest.mark.parametrize("kept, said", [
    (None, "there is no certificate"), (certificate(pairs=LEAST - 1), "299 pairs of worlds"),
    (certificate(obligations=(evolve(certificate().obligations[0], held=False),)), "the proof failed: labels"),
    (certificate(obligations=()), "the proof failed"),
    *((certificate(bound=evolve(BOUND, **{part: "0" * 64})), said) for part, said in (
        ("study", "another version of the study"), ("files", "other files of the study"), ("program", "another build"), ("roles", "another table of roles"))),
], ids=lambda one: one if isinstance(one, str) else "")  # fmt: skip
def test_it_is_current_for_this_study_these_files_this_program_and_these_roles_alone(kept: Certificate | None, said: str) -> None:
    why = hindrance(kept, BOUND)
    assert why is not None and said in why.en and any("\u4e00" <= sign <= "\u9fff" for sign in why.zh)
    assert hindrance(certificate(), BOUND) is None


@pytest.mark.parametrize("language, words", [
    ("en", ("Certificate of the blind", "Every obligation was met", "that a patient is enrolled", "an ETag", "A wrong label", "300 pairs for each")),
    ("zh", ("盲法证明", "全部要求均已满足", "受试者已入组", "一个标签", "标签错误")),
])  # fmt: skip
def test_the_paper_says_what_the_file_says(language: str, words: tuple[str, ...]) -> None:
    made = certificate_pdf(certificate(), same("Tiny"), language)
    text = "".join("".join(page.extract_text() for page in PdfReader(BytesIO(made)).pages).split())
    assert all("".join(word.split()) in text for word in (*words, certificate().digest, BOUND.program))
    assert made == certificate_pdf(certificate(), same("Tiny"), language)
    failed = certificate(obligations=(evolve(certificate().obligations[0], held=False),), caught=(evolve(certificate().caught[0], pairs=0),))
    text = "".join("".join(page.extract_text() for page in PdfReader(BytesIO(certificate_pdf(failed, same("Tiny"), "en"))).pages).split())
    assert "NOTMET" in text and "NOTFOUND" in text


@pytest.mark.web
def test_the_proof_issues_it_and_one_leak_in_the_program_spoils_it() -> None:
    """A small run of the whole proof: over the evaluator, with two planted leaks; then over a program with a leak of its own."""
    from trialwright.capture import certifying

    study = evolve(tiny_study(), blinded=Audience.EVALUATOR)
    study = evolve(study, roles=study.roles & ~Audience.PATIENT)

    def issued(**more: int) -> Certificate:
        told: list[tuple[int, int]] = []
        made = certifying.certify(study, ROOT / "tests" / "spec" / "blinding", None, datetime(2026, 3, 5, tzinfo=UTC), seed="s",
                                  tell=lambda done, all: told.append((done, all)), **more)  # type: ignore[arg-type]  # a number of pairs
        assert told[-1][0] == told[-1][1]
        return made

    with certifying.still(Audience.EVALUATOR):
        from trialwright.capture import planted, planted_answers  # needs an application that is set up
    with patch.object(planted, "PLANTED", tuple(one for one in planted.PLANTED if one.name in ("header", "chain"))):
        good = issued(pairs=2)
        assert good.holds and good.whole and good.observers == ("EVALUATOR",), [str(one.told) for one in good.obligations if not one.held]
        assert [one.name for one in good.caught] == ["chain", "header"] and all(one.pairs for one in good.caught)
        assert {one.code for one in good.obligations} == {"labels", "worlds EVALUATOR", "whole EVALUATOR", "routes", "canaries", "silence", "planted"}
        with planted_answers.answered(planted_answers.header)():
            bad = issued(pairs=2)
    assert not bad.holds and "X-Entries" in next(str(one.told) for one in bad.obligations if one.code == "worlds EVALUATOR")
    assert hindrance(evolve(bad, pairs=LEAST).sealed(), bad.bound) is not None


# ------------------------------------------------------------------------------------------------ going live


def served(*words: object) -> subprocess.CompletedProcess[str]:
    """`trialwright serve` in a process of its own; the host is none, so it never stays open."""
    command = [sys.executable, "-m", "trialwright.cli", "serve", *map(str, words), "--host", "256.0.0.1"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "PYTHONUNBUFFERED": "1"})


def test_a_trial_with_real_people_does_not_open_without_a_current_certificate(tmp_path: Path) -> None:
    """Refused in words that name the command; nothing is made. With the certificate it opens; one word more in the study, and it is void."""
    from trialwright.capture.certifying import bound
    from trialwright.exchange.study_folder import study_in

    study, place = tmp_path / "sore_elbow", tmp_path / "trial"
    assert say("new", study).code == 0
    place.mkdir()
    refused = say("serve", study, "--db", place / "t.db")
    assert refused.code == 1 and not (place / "t.db").exists()
    assert "nobody may be blinded here: there is no certificate" in refused.err and f"trialwright certify {study} --out {place}" in refused.err
    current = certificate(bound=bound(study_in(study), study))
    (place / NAME).write_text(current.as_json(), encoding="utf-8")
    opened = served(study, "--db", place / "t.db")
    assert "cannot listen on 256.0.0.1" in opened.stderr and (place / "t.db").exists()
    with (study / "protocol.py").open("a", encoding="utf-8") as file:
        file.write("\n# a new thought\n")
    with pytest.raises(Failed, match="was issued for other files of the study"):
        must_be_certified(study, study_in(study), place)


@pytest.mark.req("ACC-01")
def test_demonstration_accounts_and_real_people_never_meet(tmp_path: Path) -> None:
    """`--demo` is no way around the certificate: what it makes is a rehearsal for good, and a trial with real people refuses it, and such accounts."""
    from trialwright.capture.certifying import bound
    from trialwright.exchange.study_folder import study_in
    from trialwright.store import create, open_trial

    study, db = tmp_path / "lame_ankle", tmp_path / "real" / "t.db"
    assert say("new", study).code == 0
    made = served(study, "--db", tmp_path / "demo" / "t.db", "--demo")
    assert "cannot listen on 256.0.0.1" in made.stderr and "Password for all of them" in made.stdout
    with closing(open_trial(tmp_path / "demo" / "t.db", study_in(study), writes=False)) as kept:
        assert kept.virtual
    create(db, study_in(study)).close()
    (db.parent / NAME).write_text(certificate(bound=bound(study_in(study), study)).as_json(), encoding="utf-8")
    refused = served(study, "--db", db, "--demo")
    assert refused.returncode == 1 and "is a trial with real people, where nobody works under a demonstration account" in refused.stderr
    (tmp_path / "demo" / "accounts.db").rename(db.parent / "accounts.db")
    (tmp_path / "demo" / "accounts.key").rename(db.parent / "accounts.key")
    refused = served(study, "--db", db)
    assert refused.returncode == 1 and "there are demonstration accounts: coordinator, custodian" in refused.stderr


def test_a_spoiled_certificate_is_named(tmp_path: Path) -> None:
    study = tmp_path / "stiff_knee"
    assert say("new", study).code == 0
    (tmp_path / NAME).write_text("{", encoding="utf-8")
    refused = say("serve", study, "--db", tmp_path / "t.db")
    assert refused.code == 1 and f"{tmp_path / NAME} cannot be read" in refused.err


@pytest.mark.nightly
def test_the_command_proves_a_new_study_whole(tmp_path: Path) -> None:
    assert say("new", tmp_path / "tired_hand").code == 0
    done = subprocess.run([sys.executable, "-m", "trialwright.cli", "certify", str(tmp_path / "tired_hand"), "--out", str(tmp_path), "--worlds", "20"],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every planted leak is found (36 of 36 found)" in done.stdout and (tmp_path / "blinding-certificate.zh.pdf").stat().st_size > 50_000
