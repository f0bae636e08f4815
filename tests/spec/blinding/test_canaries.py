"""Words that stand nowhere else, planted in every field that takes words: who may not read them finds them in no page, no copy, no log and no backup."""

import gzip
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
from attrs import field, frozen

from tests.web.desk import Clock
from trialwright.blinding import Gate
from trialwright.blinding import gate as gates
from trialwright.capture.certifying import _overheard
from trialwright.capture.policy import ROUTES
from trialwright.capture.prober import at, still
from trialwright.capture.probes import Probe, address, knowledge
from trialwright.capture.testing import client_for
from trialwright.protocol import Audience
from trialwright.record import OpenStudy
from trialwright.rehearsal.canaries import heard, infested, plant
from trialwright.rehearsal.deeds import PEOPLE, Joins
from trialwright.report.casebook_pdf import Reader, casebook_pdf
from trialwright.report.delivery import Delivery
from trialwright.report.study_copy import Letter, write_copy
from trialwright.store import Kept, backup, backup_key, create, restore
from trialwright.testing import START, actor, tiny_study

pytestmark = [pytest.mark.spec, pytest.mark.web]
A = Audience
STUDY = tiny_study()
STAFF = ~A.PATIENT
NOW = START + timedelta(days=30)


def searched(role: Audience, share: float) -> tuple[int, int, dict[str, str]]:
    """Words planted for this role, answers searched, and the words that were found: on the routes that are his, and on a share of the others."""
    world, words = infested(STUDY, role, f"pages/{role.code}")
    known, dice, told = knowledge(STUDY, role, [world]), Random(role.code), []
    with _overheard() as log, at(world) as browser:
        for route in sorted(ROUTES, key=lambda one: one.name in ("logout", "password", "login")):
            for method, sent in (("GET", {}), ("POST", {"v.BECAUSE": "prying", "password": "wrong", "reason": "prying"})):
                if route.admits(method, role) or dice.random() < share:
                    answer = browser.ask(Probe(route=route.name, method=method, path=address(STUDY, role, route, known, dice), body=sent))
                    told.append(answer.body + repr((answer.headers, answer.mails)).encode())
    return len(words), len(told), heard(b"\n".join([*told, log.getvalue().encode()]), words)


def everybody(share: float) -> None:
    planted = asked = 0
    with still(STAFF):
        for role in (role for role in STUDY.roles if role is not A.PATIENT):
            words, answers, found = searched(role, share)
            planted, asked = planted + words, asked + answers
            assert found == {}, role
    assert planted > 100 and asked > 200, (planted, asked)


@pytest.mark.req("BLD-09", "BLD-10", "ACC-03")
def test_no_page_of_any_role_holds_a_word_that_it_may_not_read() -> None:
    """Routes of every role: their answers, those that refuse, those that find nothing, mails, and the log of the program."""
    everybody(0.02)


@pytest.mark.nightly
def test_no_page_that_anybody_may_ask_for_holds_one() -> None:
    everybody(1.0)


def test_a_gate_that_lets_everything_through_is_heard() -> None:
    with still(STAFF), patch.object(Gate, "_admits", staticmethod(lambda entry, role, releases: True)):
        assert searched(A.DATA_MANAGER, 0.0)[2]


@frozen
class Passing:
    """Files that lay in the folder for temporary files and were taken away again: their content, and whether only their owner could read them."""

    folder: Path
    seen: list[tuple[str, bytes, bool]] = field(factory=list)

    def look(self, path: Path) -> None:
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file() and self.folder in file.parents:
                top = self.folder / file.relative_to(self.folder).parts[0]
                self.seen.append((file.name, file.read_bytes(), not (top.stat().st_mode & 0o077)))


@pytest.fixture
def passing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Passing]:
    """The folder for temporary files, watched: whatever is removed from it is looked at before."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    watched, rmtree, unlink = Passing(folder), shutil.rmtree, os.unlink

    def tree_gone(path, *more, **named):
        watched.look(Path(path))
        return rmtree(path, *more, **named)

    def file_gone(path, *more, **named):
        if not named:
            watched.look(Path(path))
        return unlink(path, *more, **named)

    monkeypatch.setattr(shutil, "rmtree", tree_gone)
    monkeypatch.setattr(os, "unlink", file_gone)
    yield watched


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with closing(create(tmp_path / "place" / "trial.db", STUDY)) as kept:
        kept.gate.do(actor(A.INVESTIGATOR), OpenStudy(), START)
        for subject in PEOPLE:
            kept.gate.do(actor(A.PHYSICIAN), Joins(subject=subject), START)
        yield kept


def hidden_from(kept: Kept, role: Audience, words: dict[str, str]) -> dict[str, str]:
    seen, everything = (repr(kept.gate.casebook(one).everything) for one in (role, A.CUSTODIAN))
    return {word: place for word, place in words.items() if word in everything and word not in seen}


@pytest.mark.req("BLD-10", "SEC-02", "BCK-01")
def test_backups_copies_temporary_files_and_logs_hold_no_word_for_those_who_may_not_read_it(
        kept: Kept, passing: Passing, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:  # fmt: skip
    words = dict(plant(STUDY, kept.gate, NOW, "disk"))
    public = backup_key(tmp_path / "custodian.key", NOW)
    locked = Path(backup(kept.at, tmp_path / "elsewhere", NOW, [public]).file)
    clear = Path(backup(kept.at, tmp_path / "here", NOW).file)
    assert heard(locked.read_bytes(), words) == {}, "nobody reads a locked backup without its key"
    known = heard(gzip.decompress(clear.read_bytes()), words)
    assert len(known) > 20, "and what stays in the building holds them: the search can find"
    assert clear.stat().st_mode & 0o077 == 0 and locked.stat().st_mode & 0o077 == 0
    for role in (A.DATA_MANAGER, A.STATISTICIAN, A.INVESTIGATOR):
        book, hidden, before = kept.gate.casebook(role), hidden_from(kept, role, words), len(passing.seen)
        reader = Reader(role=role, by="somebody", at=NOW)
        out = tmp_path / f"copy-{role.code}.zip"
        write_copy(STUDY, book, Letter(reader=reader, casebooks=True, read=None, purpose="review", recipient="here", basis="ethics"), out, lambda *_: None)
        Delivery.of(STUDY, book, role).write(tmp_path / f"package-{role.code}")
        with zipfile.ZipFile(out) as copy:
            told = [copy.read(name) for name in copy.namelist()] + [name.encode() for name in copy.namelist()]
        told += [file.read_bytes() for file in (tmp_path / f"package-{role.code}").rglob("*") if file.is_file()]
        told += [casebook_pdf(STUDY, book, PEOPLE[0], reader)]
        assert heard(b"\n".join(told), hidden) == {}, role
        assert heard(b"\n".join(told), words), "what he may read is in it"
        assert heard(b"\n".join(content for _, content, _ in passing.seen[before:]), hidden) == {}, role
        assert role is A.INVESTIGATOR or hidden
    restore(locked, tmp_path / "again" / "trial.db", NOW, "test", tmp_path / "custodian.key")
    assert [name for name, content, alone in passing.seen if not alone and heard(content, words)] == [], "only its owner reads what passes"
    assert len(passing.seen) > 10 and list(passing.folder.rglob("*")) == [], "nothing is left"
    assert heard(caplog.text.encode(), words) == {}


@pytest.mark.req("BLD-10")
def test_when_the_program_itself_fails_neither_the_answer_nor_the_log_repeats_what_was_typed(
        kept: Kept, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:  # fmt: skip
    words = {"QCANARYWORDBBBBBBBBB": "a reason", "ZCANARYWORDCCCCCCCCC": "an address"}
    first, second = words
    client = client_for(kept.gate, A.EVALUATOR, Clock(START), watch=kept.watch)
    client.raise_request_exception = False
    page, sent = f"/subject/{PEOPLE[0]}/visit/BASE/SCORE", {"v.ASSESSED": "2026-01-05", "seen.ASSESSED": "0", "then": "stay", "reason": first}
    assert client.post(page, {**sent, "v.SITE1": first, "seen.SITE1": "0"}).status_code == 422
    monkeypatch.setattr(gates, "held", _broken)
    answer = client.post(f"{page}?q={second}", {**sent, "v.SITE1": "1", "seen.SITE1": "0"})
    assert answer.status_code == 500 and heard(answer.content + repr(answer.headers).encode(), words) == {}
    assert "a bug" in caplog.text and heard(caplog.text.encode(), {first: "a reason"}) == {}
    assert client.get(f"/subject/{second}").status_code == 404


def _broken(study: object, event: object, book: object) -> None:
    raise RuntimeError("a bug")
