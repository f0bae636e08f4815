"""Rehearsing, verifying, tabulating, reporting and tracing a trial file."""

import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.spec.cli.conftest import SSC, Say
from trialwright import store
from trialwright.blinding import Actor
from trialwright.exchange.study_folder import study_in, study_of
from trialwright.protocol import Audience
from trialwright.record import ApproveAmendment, OpenStudy, ProposeAmendment, PutInForce
from trialwright.store import key_path
from trialwright.store.engine import sqlite
from trialwright.testing import START, actor

pytestmark = pytest.mark.spec
ARMS = ("new treatment", "usual treatment", "NEW", "OLD")


def snapshot(folder: Path) -> dict[str, bytes]:
    """All files of a folder, byte for byte."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_rehearsal_leaves_trial_checkpoint_package_and_report(rehearsed: Path) -> None:
    assert {path.name for path in rehearsed.iterdir()} == {"trial.db", "trial.key", "checkpoint.txt", "package", "report.html"}
    assert "Rehearsal: every patient in this report is virtual" in (rehearsed / "report.html").read_text(encoding="utf-8")


@pytest.mark.req("LCK-05")
def test_the_same_seed_is_the_same_trial_byte_for_byte(say: Say, study: Path, rehearsed: Path, tmp_path: Path) -> None:
    said = say("rehearse", study, "--out", tmp_path / "again", "--subjects", 4, "--json")
    told = json.loads(said.out)
    assert set(told) == {"trial", "checkpoint", "package", "report", "counts"}
    assert told["counts"]["enrolled"] == 4
    assert (tmp_path / "again" / "checkpoint.txt").read_bytes() == (rehearsed / "checkpoint.txt").read_bytes()
    assert snapshot(tmp_path / "again" / "package") == snapshot(rehearsed / "package")
    other = say("rehearse", study, "--out", tmp_path / "other", "--subjects", 4, "--seed", 2)
    assert other.code == 0
    assert snapshot(tmp_path / "other" / "package") != snapshot(rehearsed / "package")


def test_a_package_with_its_report_is_what_both_commands_write(say: Say, study: Path, rehearsed: Path, tmp_path: Path) -> None:
    """One command for the whole delivery reads the trial once; what it writes is byte for byte what the commands write one by one."""
    db = rehearsed / "trial.db"
    said = say("package", db, "--study", study, "--out", tmp_path / "whole", "--report")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[-2:] == ["report.html", "report.pdf"]
    alone = tmp_path / "alone"
    said = say("report", db, "--study", study, "--out", alone / "report.html", "--out", alone / "report.pdf")
    assert said.out.splitlines() == [str(alone / "report.html"), str(alone / "report.pdf")]
    assert snapshot(tmp_path / "whole") == snapshot(rehearsed / "package") | snapshot(alone)


def test_a_report_beside_another_view_is_refused_before_anything_is_written(say: Say, study: Path, rehearsed: Path, tmp_path: Path) -> None:
    said = say("package", rehearsed / "trial.db", "--study", study, "--out", tmp_path / "p", "--report", "--view", "MONITOR")
    assert said.code == 1
    assert "Leave out --view or --report." in said.err
    said = say("report", rehearsed / "trial.db", "--study", study, "--out", tmp_path / "r.html", "--out", tmp_path / "r.docx")
    assert said.code == 1
    assert ".docx" in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_rehearsal_overwrites_no_trial(say: Say, study: Path, rehearsed: Path) -> None:
    before = snapshot(rehearsed)
    said = say("rehearse", study, "--out", rehearsed, "--subjects", 4)
    assert said.code == 1
    assert "exists already" in said.err
    assert snapshot(rehearsed) == before


def test_a_trial_takes_no_key_of_another(say: Say, study: Path, copied: Path) -> None:
    """The key that signed earlier checkpoints is never overwritten, even when its trial file is gone."""
    copied.unlink()
    key = key_path(copied).read_bytes()
    said = say("rehearse", study, "--out", copied.parent, "--subjects", 4)
    assert said.code == 1
    assert "move that key away" in said.err
    assert (key_path(copied).read_bytes(), copied.exists()) == (key, False)


def test_a_rehearsal_that_cannot_be_finished_leaves_nothing(say: Say, study: Path, tmp_path: Path) -> None:
    """When nobody can meet the criteria the rehearsal says so, and no half trial is left to be taken for a whole one."""
    strict = tmp_path / "nobody_fits"
    shutil.copytree(study, strict)
    text = (strict / "protocol.py").read_text(encoding="utf-8")
    (strict / "protocol.py").write_text(text.replace('AtLeast("age", Decimal(18))', 'AtLeast("age", Decimal(180))'), encoding="utf-8")
    said = say("rehearse", strict, "--out", tmp_path / "out", "--subjects", 2)
    assert said.code == 1
    assert "failed the criteria" in said.err
    assert list((tmp_path / "out").iterdir()) == []


# ---------------------------------------------------------------------------------------------------------------- verify


def test_an_untouched_trial_verifies(say: Say, rehearsed: Path) -> None:
    alone = say("verify", rehearsed / "trial.db")
    assert (alone.code, "only a checkpoint kept elsewhere shows a lost tail" in alone.out) == (0, True)
    against = say("verify", rehearsed / "trial.db", "--against", rehearsed / "checkpoint.txt", "--json")
    assert (against.code, json.loads(against.out)) == (0, [])


def lines_in(path: Path) -> list[tuple[object, ...]]:
    """All that the file says, as the database gives it."""
    connection = sqlite.connect(str(path))
    told = connection.execute("SELECT log, seq, body FROM line ORDER BY log, seq").fetchall()
    connection.close()
    return told


def test_one_changed_byte_is_found_and_named(say: Say, copied: Path) -> None:
    """A byte changed with a hex editor is found, with log and line, wherever it changes what the file says."""
    data, before, word = copied.read_bytes(), lines_in(copied), b'"evaluator"'
    places = [place for place in range(len(data)) if data.startswith(word, place)]
    changed = 0
    for place in places[:: max(1, len(places) // 12)]:
        copied.write_bytes(data[: place + 9] + b"R" + data[place + 10 :])
        if lines_in(copied) == before:  # a leaf that the database no longer uses
            continue
        changed += 1
        said = say("verify", copied)
        assert said.code == 1
        assert "does NOT verify" in said.out
        assert "its hash does not follow from its content" in said.out
        faults = json.loads(say("verify", copied, "--json").out)
        assert all(set(fault) == {"where", "what"} for fault in faults)
        assert any("EVALUATOR" in fault["where"] and "line" in fault["where"] for fault in faults)
    assert changed >= 5


def test_a_checkpoint_shows_an_older_state_put_in_place(say: Say, study: Path, rehearsed: Path, tmp_path: Path) -> None:
    """The file of another, longer life of the trial does not pass for it."""
    assert say("rehearse", study, "--out", tmp_path / "other", "--subjects", 2, "--seed", 5).code == 0
    said = say("verify", tmp_path / "other" / "trial.db", "--against", rehearsed / "checkpoint.txt")
    assert said.code == 1
    assert "checkpoint" in said.out
    assert "belongs to another trial file" in said.out or "the database was replaced" in said.out


def test_a_new_checkpoint_can_be_held_against_the_trial(say: Say, rehearsed: Path, tmp_path: Path) -> None:
    said = say("checkpoint", rehearsed / "trial.db", "--out", tmp_path / "now.txt")
    assert said.code == 0
    assert say("verify", rehearsed / "trial.db", "--against", tmp_path / "now.txt").code == 0


def test_a_changed_checkpoint_is_no_checkpoint(say: Say, rehearsed: Path, tmp_path: Path) -> None:
    text = (rehearsed / "checkpoint.txt").read_text(encoding="utf-8").splitlines()
    text[1] = str(int(text[1]) - 1)
    (tmp_path / "changed.txt").write_text("\n".join(text) + "\n", encoding="utf-8")
    said = say("verify", rehearsed / "trial.db", "--against", tmp_path / "changed.txt")
    assert said.code == 1
    assert "the signature of the checkpoint does not hold" in said.out


@pytest.mark.parametrize("content", [b"", b"nonsense", bytes(range(256)), b"a\n1\nb\n\n- a ????\n"])
def test_whatever_is_no_checkpoint_is_called_so(say: Say, rehearsed: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "note.txt").write_bytes(content)
    said = say("verify", rehearsed / "trial.db", "--against", tmp_path / "note.txt")
    assert said.code == 1
    assert "checkpoint" in said.out


def test_a_file_name_may_hold_any_character(say: Say, copied: Path) -> None:
    odd = copied.with_name("trial #1 100% ?é.db")
    copied.rename(odd)
    assert say("verify", odd).code == 0


# ------------------------------------------------------------------------------------------------- package, report, trace


def the_plan(name: str) -> bool:
    """Whether a file is about the plan alone, which names its arms to everybody: trial design, annotated form, definitions."""
    return name.rpartition("/")[2].rpartition(".")[0] in (
        "ta", "te", "ti", "ts", "acrf", "define", "define2-1", "ResearchStudy", "usdm", "protocol", "to-fill-in")  # fmt: skip


def names_an_arm(files: dict[str, bytes]) -> bool:
    """Whether the record names an arm in any file; what the same file says of the plan is left out."""
    told = [_without_the_plan(name, content) for name, content in files.items() if not the_plan(name)]
    return any(arm.encode() in content for content in told for arm in ARMS)


def _without_the_plan(name: str, content: bytes) -> bytes:
    if name.startswith("odm/"):
        return content.partition(b"</Study>")[2]
    if name == "fhir/bundle.json":
        entries = json.loads(content)["entry"]
        return json.dumps([one for one in entries if one["resource"]["resourceType"] != "ResearchStudy"]).encode()
    if name.startswith("ars/"):
        told = json.loads(content)
        return json.dumps([told["analyses"], told["outputs"]]).encode()
    return content


def test_the_package_of_the_evaluator_holds_no_arm(say: Say, study: Path, rehearsed: Path, tmp_path: Path) -> None:
    """No file of the evaluator's package names an arm, while the statistician's does once the arms are open."""
    for view in ("EVALUATOR", "statistician"):
        assert say("package", rehearsed / "trial.db", "--study", study, "--out", tmp_path / view, "--view", view).code == 0
    blind, opened = snapshot(tmp_path / "EVALUATOR"), snapshot(tmp_path / "statistician")
    assert {name for name in blind if name.startswith("trace")} == {name for name in opened if name.startswith("trace")}
    assert names_an_arm(opened) and not names_an_arm(blind)
    assert all(arm.encode() in opened["trace/sdtm/dm.csv"] for arm in ARMS)
    assert opened == snapshot(rehearsed / "package")


def test_the_package_as_of_a_day_holds_what_was_known_then(say: Say, study: Path, rehearsed: Path, tmp_path: Path) -> None:
    """Before anybody came there is nothing; before the lock there is no arm; a day and a time with zone are both understood."""
    rows = {}
    for moment in ("2024-01-01", "2024-07-05", "2024-07-05T00:00:00+00:00", "2100-01-01T00:00:00Z"):
        said = say("package", rehearsed / "trial.db", "--study", study, "--out", tmp_path / moment, "--as-of", moment)
        assert said.code == 0
        rows[moment] = next(line for line in said.out.splitlines() if line.startswith("trace/sdtm/dm.csv"))
    assert rows["2024-01-01"] == "trace/sdtm/dm.csv: 0 rows"
    counts = {moment: int(row.split()[1]) for moment, row in rows.items()}
    assert 0 < counts["2024-07-05"] < counts["2100-01-01T00:00:00Z"] == 5
    assert snapshot(tmp_path / "2024-07-05") == snapshot(tmp_path / "2024-07-05T00:00:00+00:00")
    assert not names_an_arm(snapshot(tmp_path / "2024-07-05"))
    assert snapshot(tmp_path / "2100-01-01T00:00:00Z") == snapshot(rehearsed / "package")


@pytest.mark.parametrize("moment", ["yesterday", "2024-13-01", "2024-02-30", "24:00", "２０２４", "12"])
def test_a_time_that_is_none_is_refused_with_an_example(say: Say, study: Path, rehearsed: Path, tmp_path: Path, moment: str) -> None:
    for command, out in (("package", tmp_path / "p"), ("report", tmp_path / "r.html")):
        said = say(command, rehearsed / "trial.db", "--study", study, "--out", out, "--as-of", moment)
        assert said.code == 1
        assert "is no time. Write it like 2026-05-03T12:00:00Z" in said.err
        assert not out.exists()


def test_an_unknown_role_names_those_there_are(say: Say, study: Path, rehearsed: Path, tmp_path: Path) -> None:
    said = say("package", rehearsed / "trial.db", "--study", study, "--out", tmp_path / "p", "--view", "KING")
    assert said.code == 1
    assert "Choose one of COORDINATOR, EVALUATOR" in said.err
    assert not (tmp_path / "p").exists()


def test_the_report_is_the_one_of_the_rehearsal_and_blinded_shows_no_arm(say: Say, study: Path, rehearsed: Path, tmp_path: Path) -> None:
    assert say("report", rehearsed / "trial.db", "--study", study, "--out", tmp_path / "again.html").code == 0
    assert (tmp_path / "again.html").read_bytes() == (rehearsed / "report.html").read_bytes()
    assert say("report", rehearsed / "trial.db", "--study", study, "--out", tmp_path / "blind.html", "--blinded").code == 0
    assert "Blinded view. The arms are not open" in (tmp_path / "blind.html").read_text(encoding="utf-8")


def test_the_scrambled_report_draws_its_arms(say: Say, study: Path, rehearsed: Path, tmp_path: Path) -> None:
    """The same seed draws the same arms, and `trace` follows a number of the same draw."""
    for name, seed in (("a.html", "3"), ("b.html", "3"), ("c.html", "4")):
        assert say("report", rehearsed / "trial.db", "--study", study, "--out", tmp_path / name, "--scrambled", "--seed", seed).code == 0
    first, again, other = ((tmp_path / name).read_text(encoding="utf-8") for name in ("a.html", "b.html", "c.html"))
    assert first == again != other and "SCRAMBLED ARMS (seed 3)" in first and "SCRAMBLED ARMS (seed 4)" in other
    said = say("trace", "14.2.1", "r2c1", "--db", rehearsed / "trial.db", "--study", study, "--scrambled", "--seed", "3")
    assert said.code == 0 and "Table 14.2.1, r2c1" in said.out


@pytest.mark.parametrize("name", ["report.docx", "report", "report.HTML5", ".pdf"])
def test_a_kind_of_report_that_is_not_built_is_refused(say: Say, study: Path, rehearsed: Path, tmp_path: Path, name: str) -> None:
    said = say("report", rehearsed / "trial.db", "--study", study, "--out", tmp_path / name)
    assert said.code == 1
    assert "Name a file that ends in .html" in said.err


def test_the_report_on_paper_and_as_tables(say: Say, study: Path, rehearsed: Path, tmp_path: Path) -> None:
    """The ending names the form, --language the language; an unknown language is refused and nothing is written."""
    for name, begins in (("report.pdf", b"%PDF-"), ("report.rtf", rb"{\rtf1"), ("report.txt", b"")):
        assert say("report", rehearsed / "trial.db", "--study", study, "--out", tmp_path / name, "--language", "zh").code == 0
        assert (tmp_path / name).read_bytes().startswith(begins)
    assert "受试者" in (tmp_path / "report.txt").read_text(encoding="utf-8")
    said = say("report", rehearsed / "trial.db", "--study", study, "--out", tmp_path / "fr.pdf", "--language", "fr")
    assert (said.code, (tmp_path / "fr.pdf").exists()) == (1, False) and "there is no language fr" in said.err


def test_a_number_leads_to_its_entries(say: Say, study: Path, rehearsed: Path) -> None:
    said = say("trace", "14.2.1", "r2c1", "--db", rehearsed / "trial.db", "--study", study)
    assert said.code == 0
    assert "QS QSSEQ=1" in said.out
    assert "evaluator (blinded evaluator)  Baseline, Blinded assessment: Severity" in said.out


@pytest.mark.parametrize(("table", "cell", "because"), [
    ("14.9", "r1c1", "This report has 14.1.1, 14.2.1, 16.1"), ("14.2.1", "r99c1", "has the lines r1 to"),
    ("14.2.1", "r2c9", "has the columns c1 to c4"), ("14.2.1", "total", "for example r1c1"), ("", "", "This report has"),
])  # fmt: skip
def test_a_number_that_does_not_exist_names_what_does(say: Say, study: Path, rehearsed: Path, table: str, cell: str, because: str) -> None:
    said = say("trace", table, cell, "--db", rehearsed / "trial.db", "--study", study)
    assert said.code == 1
    assert because in said.err


# ----------------------------------------------------------------------------------------------------- the study of a file


def test_a_trial_keeps_the_reading_with_which_it_began(say: Say, study: Path, tmp_path: Path) -> None:
    """Whoever rehearses under another reading of the allocation need not name it again: the trial file knows."""
    two = tmp_path / "two_ways"
    shutil.copytree(study, two)
    text = (two / "protocol.py").read_text(encoding="utf-8").replace("KNEE-PAIN", "TWO-WAYS")
    text = text.replace("READINGS = (", "READINGS = (\n    Reading(code='R2', title=Text('chosen', '选择'), method=Method.BY_CLINICIAN, "
                        "consequence=Text('a comparison', '比较'), bias=Text('indication', '适应证'), estimand='MEAN12'),")  # fmt: skip
    (two / "protocol.py").write_text(text, encoding="utf-8")
    assert say("rehearse", two, "--out", tmp_path / "out", "--subjects", 2, "--reading", "R2").code == 0
    said = say("report", tmp_path / "out" / "trial.db", "--study", two, "--out", tmp_path / "again.html")
    assert (said.code, said.err) == (0, "")
    assert (tmp_path / "again.html").read_bytes() == (tmp_path / "out" / "report.html").read_bytes()
    refused = say("rehearse", two, "--out", tmp_path / "none", "--reading", "R9")
    assert (refused.code, "Choose one of R2, R1" in refused.err) == (1, True)


@pytest.mark.req("DAT-01")
def test_a_running_trial_is_kept_under_its_own_version_of_the_study(say: Say, study: Path, rehearsed: Path, tmp_path: Path) -> None:
    """A changed folder is refused with what differs, before anything is read; `amend` says what it would do, and writes no file for what would harm."""
    db = rehearsed / "trial.db"
    less = tmp_path / "less_asked"
    shutil.copytree(study, less)
    text = (less / "protocol.py").read_text(encoding="utf-8")
    shorter = text.replace("forms=(PERSON, ASSESSMENT)", "forms=(ASSESSMENT,)").replace('forms=("PERSON",)', "forms=()")
    (less / "protocol.py").write_text(shorter.replace('version="I1/1"),)', 'version="I1/1"),)[:0]'), encoding="utf-8")
    assert say("check", less).code == 0
    said = say("package", db, "--study", less, "--out", tmp_path / "p")
    assert said.code == 1 and not (tmp_path / "p").exists()
    for words in ("is kept under version 0.1 of KNEE-PAIN", "- form PERSON removed", "Put the folder back as it was", f"trialwright amend {less} --db {db}"):
        assert words in said.err
    told = say("amend", less, "--db", db, "--out", tmp_path / "amendment.json")
    assert told.code == 1 and not (tmp_path / "amendment.json").exists()
    assert "It cannot be" in told.out and "PERSON has" in told.out and "Nothing was changed." in told.out
    more = tmp_path / "more_planned"
    shutil.copytree(study, more)
    (more / "protocol.py").write_text(text.replace("planned=20", "planned=24").replace('version="0.1"', 'version="0.2"'), encoding="utf-8")
    assert "study KNEE-PAIN changed: planned" in say("package", db, "--study", more, "--out", tmp_path / "p").err
    told = say("amend", more, "--db", db, "--out", tmp_path / "amendment.json")
    assert told.code == 0 and "KNEE-PAIN version 0.1 to 0.2: 1 changes." in told.out and "planned: 20 -> 24" in told.out
    assert hashlib.sha256((tmp_path / "amendment.json").read_bytes()).hexdigest() == study_in(more).digest
    again = say("amend", more, "--db", db, "--out", tmp_path / "amendment.json")
    assert again.code == 1 and "is there already" in again.err
    (found,) = json.loads(say("amend", more, "--db", db, "--json").out)["changes"]
    assert (found["what"], found["part"], found["before"], found["after"], found["harm"]) == ("study", "planned", "20", "24", "")
    assert "nothing differs" in say("amend", study, "--db", db).out


@pytest.mark.req("DAT-01")
def test_an_approved_version_comes_into_force_when_the_application_is_opened_with_it(say: Say, study: Path, tmp_path: Path) -> None:
    """Until then every other command says so, and the old folder goes on; afterwards the old folder is the one that differs."""
    newer = tmp_path / "newer_version"
    shutil.copytree(study, newer)
    text = (newer / "protocol.py").read_text(encoding="utf-8")
    (newer / "protocol.py").write_text(text.replace("planned=20", "planned=24").replace('version="0.1"', 'version="0.2"'), encoding="utf-8")
    old, new, db = study_in(study), study_in(newer), tmp_path / "trial.db"
    kept = store.create(db, old)
    kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), START)
    kept.gate.do(actor(Audience.INVESTIGATOR), ProposeAmendment(definition=new.canonical.decode(), because="more patients"), START)
    assert "differs from it" in say("package", db, "--study", newer, "--out", tmp_path / "p").err
    kept.gate.do(actor(Audience.DATA_MANAGER), ApproveAmendment(digest=new.digest), START)
    kept.close()
    said = say("package", db, "--study", newer, "--out", tmp_path / "p")
    assert said.code == 1 and f"approved for {db} and not yet in force. Open it once with: trialwright serve {newer} --db {db}" in said.err
    uncertified = subprocess.run([sys.executable, "-m", "trialwright.cli", "serve", newer, "--db", db], capture_output=True, text=True, check=False)
    assert uncertified.returncode == 1 and "nobody may be blinded here" in uncertified.stderr
    assert say("package", db, "--study", study, "--out", tmp_path / "before").code == 0, "and the old version still holds"
    opened = store.open_trial(db, study_of(newer, db, amending=True))
    opened.gate.do(Actor(name="system", role=Audience.CUSTODIAN), PutInForce(), START)
    opened.close()
    assert say("package", db, "--study", newer, "--out", tmp_path / "after").code == 0
    assert "is kept under version 0.2" in say("package", db, "--study", study, "--out", tmp_path / "p").err
    assert say("verify", db).code == 0


def test_the_trial_of_another_study_is_refused(say: Say, wrong_study: Path, rehearsed: Path, tmp_path: Path) -> None:
    db = rehearsed / "trial.db"
    for words in (("package", db, "--out", tmp_path / "p"), ("report", db, "--out", tmp_path / "r.html"), ("trace", "14.2.1", "r1c1", "--db", db)):
        said = say(*words, "--study", wrong_study)
        assert said.code == 1
        assert "holds the study KNEE-PAIN, not ANOTHER-TRIAL" in said.err
    said = say("serve", wrong_study, "--db", db)
    assert (said.code, "holds the study KNEE-PAIN" in said.err) == (1, True)


@pytest.mark.parametrize("name", ["cdisc_pilot", "telitacicept_ssc"])
def test_a_study_of_the_repository_is_rehearsed_with_very_few_people(say: Say, tmp_path: Path, name: str) -> None:
    """Two people are too few for most comparisons; the report says so instead of failing, and a full address opens the file."""
    folder = SSC.parent / name
    assert say("rehearse", folder, "--out", tmp_path / "few", "--subjects", 2).code == 0
    assert (tmp_path / "few" / "report.html").stat().st_size > 20_000
    said = say("package", f"sqlite:///{tmp_path / 'few' / 'trial.db'}", "--study", folder, "--out", tmp_path / "p")
    assert (said.code, said.err) == (0, "")


# ----------------------------------------------------------------------------------------------------------------- backups


@pytest.mark.req("BCK-01", "BCK-03")
def test_a_backup_from_the_command_line_and_back(say: Say, copied: Path, rehearsed: Path, tmp_path: Path) -> None:
    made = say("backup-key", "--out", tmp_path / "custodian.key")
    public = made.out.splitlines()[-1]
    assert (made.code, public.startswith("age1")) == (0, True)
    told = json.loads(say("backup", copied, "--out", tmp_path / "copies", "--to", public, "--json").out)
    assert (told["locked"], Path(told["file"]).is_file()) == (True, True)
    clear = say("backup", copied, "--out", tmp_path / "copies")
    assert "not locked and holds no key" in clear.out
    said = say("restore", told["file"], "--out", tmp_path / "back" / "trial.db", "--identity", tmp_path / "custodian.key")
    assert (said.code, "all of them verify" in said.out) == (0, True)
    assert say("verify", tmp_path / "back" / "trial.db", "--against", rehearsed / "checkpoint.txt").code == 0
    again = say("restore", told["file"], "--out", tmp_path / "back" / "trial.db", "--identity", tmp_path / "custodian.key")
    assert (again.code, "already" in again.err) == (1, True)


@pytest.mark.req("BCK-01")
def test_the_application_has_a_copy_made_every_hour(copied: Path, tmp_path: Path) -> None:
    """By a program of its own; the hour is cut short here."""
    from trialwright.cli.application import hourly

    with hourly(str(copied), tmp_path / "copies", (), every=0.1):
        end = time.monotonic() + 60
        while len(list((tmp_path / "copies").glob("*.tar.gz"))) < 2 and time.monotonic() < end:
            time.sleep(0.1)
    assert len(list((tmp_path / "copies").glob("*.tar.gz"))) >= 2
    with hourly(str(copied), None, ()):
        pass
