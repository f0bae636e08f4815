"""Accounts by the command line: one program of its own, as a process serves one accounts file alone."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.spec.cli.conftest import Said
from trialwright.store import create
from trialwright.testing import seeded, tiny_study

pytestmark = pytest.mark.spec
TALK = """
import io, json, sys
from unittest.mock import patch
from tests.spec.cli.conftest import say
for line in sys.stdin:
    words, typed = json.loads(line)
    with patch.object(sys, "stdin", io.StringIO(typed)):
        said = say(*words)
    print(json.dumps([said.code, said.out, said.err]), flush=True)
"""
WHO = ("--person", "48213", "--from", "2026-01-05", "--trained", "GCP=2026-01-02", "--trained", "protocol=2026-01-03")
Talk = Callable[..., Said]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trial in which nothing has happened yet: the commands about accounts look at what lies beside it, and whether it is the evaluator's part."""
    path = tmp_path_factory.mktemp("accounts") / "trial.db"
    create(path, tiny_study(), seeded(1)).close()
    return path


@pytest.fixture(scope="module")
def talk(db: Path) -> Talk:
    """Runs `trialwright account VERB db ...` in one process after the other's manner, with what is typed."""
    process = subprocess.Popen([sys.executable, "-c", TALK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def one(verb: str, *words: str, typed: str = "", trial: object = db) -> Said:
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps([["account", verb, str(trial), *words], typed]) + "\n")
        process.stdin.flush()
        return Said(*json.loads(process.stdout.readline()))

    yield one
    process.stdin.close()
    process.wait(timeout=20)


def listed(talk: Talk) -> dict[str, dict[str, object]]:
    return {one["account"]: one for one in json.loads(talk("list", "--json").out)}


@pytest.mark.req("ACC-01", "ACC-10")
def test_an_account_from_its_making_to_its_closing(talk: Talk, db: Path) -> None:
    made = talk("add", "nurse1", "--role", "coordinator", *WHO, "--generate")
    assert (made.code, made.err) == (0, "") and "must" not in made.err
    password = made.out.strip().rpartition(" ")[2]
    assert len(password) == 19
    assert password.encode() not in db.with_name("accounts.db").read_bytes()
    assert listed(talk)["nurse1"] == {"account": "nurse1", "role": "COORDINATOR", "open": True, "demo": False, "from": "2026-01-05", "until": None,
                                      "training": {"GCP": "2026-01-02", "PROTOCOL": "2026-01-03"}, "hindrance": None}  # fmt: skip
    assert talk("delegate", "nurse1", "--from", "2026-01-05", "--until", "2026-01-31").code == 0
    assert "ended on 2026-01-31" in talk("list").out
    again = talk("reset", "nurse1", typed="a quite long password\n")
    assert (again.code, again.out) == (0, "The account nurse1 has a new password, to be changed at the next login.\n")
    assert talk("close", "nurse1", "--because", "left the site").code == 0
    assert "nurse1  COORDINATOR  2026-01-05 to 2026-01-31  This account is closed" in talk("list").out
    with sqlite3.connect(db.with_name("accounts.db")) as accounts:
        told = [what for (what,) in accounts.execute("SELECT what FROM account_log WHERE account = 'nurse1' ORDER BY rowid")]
        actors = {actor for (actor,) in accounts.execute("SELECT actor FROM account_act WHERE account = 'nurse1'")}
    assert told == ["account made", "delegated 2026-01-05 to open", "trained in GCP on 2026-01-02", "trained in PROTOCOL on 2026-01-03",
                    "delegated 2026-01-05 to 2026-01-31", "password replaced", "account closed"]  # fmt: skip
    assert len(actors) == 1 and actors.pop().endswith(" at the command line")


@pytest.mark.req("ACC-04")
def test_the_same_person_is_not_evaluator_and_physician(talk: Talk) -> None:
    who = ("--person", "e-mail@hospital.example", "--from", "2026-01-05")
    assert talk("add", "examiner", "--role", "EVALUATOR", *who, "--generate").code == 0
    talk("close", "examiner", "--because", "changes to the ward")
    refused = talk("add", "ward", "--role", "PHYSICIAN", *who, "--generate")
    assert refused.code == 1 and "cannot be the blinded evaluator" in refused.err and refused.err.count("\n") == 1
    assert "ward" not in listed(talk)


@pytest.mark.parametrize(("words", "typed", "told"), [
    (("add", "x1", "--role", "KING", *WHO), "", "there is no role KING"),
    (("add", "x1", "--role", "PATIENT", *WHO), "", "there is no role PATIENT at work"),
    (("add", "x1", "--role", "MONITOR", *WHO), "short\n", "at least 12 characters"),
    (("add", "x 1", "--role", "MONITOR", *WHO), "a quite long password\n", "without spaces"),
    (("add", "x1", "--role", "MONITOR", "--person", " "), "", "say who holds the account"),
    (("add", "x1", "--role", "MONITOR", "--person", "7", "--from", "soon"), "", "“soon” is no date"),
    (("add", "x1", "--role", "MONITOR", "--person", "7", "--trained", "GCP"), "", "Write it like GCP=2026-01-10"),
    (("reset", "nobody", "--generate"), "", "There is no account called nobody"),
    (("delegate", "nobody", "--until", "2026-03-01"), "", "say from which day"),
    (("require", "not a course!"), "", "A course is named by"),
])  # fmt: skip
def test_a_mistake_is_one_sentence_that_says_how_to_mend_it(talk: Talk, words: tuple[str, ...], typed: str, told: str) -> None:
    verb, *rest = words
    said = talk(verb, *rest, typed=typed)
    assert said.code == 1 and told in said.err and said.err.startswith("trialwright: ") and said.err.count("\n") == 1
    assert not {"x1", "x 1"} & set(listed(talk))


def test_there_are_no_accounts_without_a_trial(talk: Talk, db: Path) -> None:
    said = talk("list", trial=db.with_name("elsewhere.db"))
    assert said.code == 1 and "there is no trial " in said.err


def test_the_required_training_belongs_to_the_trial(talk: Talk) -> None:
    assert talk("add", "m1", "--role", "MONITOR", "--person", "m-1", "--from", "2026-01-05", "--generate").code == 0
    assert "No training in GCP" in str(listed(talk)["m1"]["hindrance"])
    assert talk("require").out == "Required: no training.\n"
    assert listed(talk)["m1"]["hindrance"] is None
