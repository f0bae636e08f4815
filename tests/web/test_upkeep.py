"""Those who answer for the record see how it is kept; nobody else learns more than that nothing can be saved."""

import shutil
from contextlib import closing
from datetime import timedelta

import pytest

from tests.web.desk import Clock
from trialwright.blinding import Gate
from trialwright.capture.clock import MachineClock
from trialwright.capture.testing import PASSWORD, client_for
from trialwright.protocol import Audience
from trialwright.record import KEEPERS, Answer, OpenStudy
from trialwright.record.events import ClockStepped
from trialwright.store import Backed, Unsure, create, open_trial
from trialwright.testing import START, actor, enrolled, tiny_study

pytestmark = pytest.mark.web
A = Audience
STUDY = tiny_study()
NOW = START + timedelta(days=30)
EVERYBODY = [role for role in Audience if role is not A.PATIENT]


@pytest.fixture
def kept(tmp_path):
    with closing(create(tmp_path / "trial.db", STUDY)) as kept:
        kept.gate.do(actor(A.INVESTIGATOR), OpenStudy(), START)
        enrolled(kept.gate, "S0")
        yield kept


@pytest.fixture
def older(tmp_path):
    """A trial in whose place an older state was put."""
    with closing(create(tmp_path / "trial.db", STUDY)) as kept:
        kept.gate.do(actor(A.INVESTIGATOR), OpenStudy(), START)
        enrolled(kept.gate, "S0")
    shutil.copy(tmp_path / "trial.db", tmp_path / "earlier.db")
    with closing(open_trial(tmp_path / "trial.db", STUDY)) as kept:
        kept.gate.do(actor(A.EVALUATOR), Answer(subject="S0", visit="BASE", form="SCORE", entries={"SITE1": "1"}), START)
    shutil.copy(tmp_path / "earlier.db", tmp_path / "trial.db")
    with closing(open_trial(tmp_path / "trial.db", STUDY)) as kept:
        yield kept


def page(kept, role, path="/", at=NOW, language="en"):
    return client_for(kept.gate, role, Clock(at), watch=kept.watch, language=language).get(path).content.decode()


@pytest.mark.req("BCK-02")
@pytest.mark.parametrize(("hours", "alarmed"), [(None, True), (0, False), (26, False), (27, True)])
def test_an_old_backup_alarms_those_who_answer_for_the_record_on_every_page(kept, hours, alarmed):
    if hours is not None:
        kept.watch.known.note(Backed(at=NOW - timedelta(hours=hours), file="/copies/one.tar.gz", lines=5))
    for role in EVERYBODY:
        for path in ("/", "/password"):
            assert ('class="alarm"' in page(kept, role, path)) is (alarmed and role in KEEPERS), (role, path)
    assert ("more than 26 hours ago" in page(kept, A.CUSTODIAN)) is (hours == 27)
    assert ("尚无备份" in page(kept, A.CUSTODIAN, language="zh")) is (hours is None)
    assert ("Last good backup: 2026-02-0" in page(kept, A.DATA_MANAGER)) is (hours is not None)
    assert "Last good backup" not in page(kept, A.COORDINATOR)


@pytest.mark.req("BCK-02")
def test_a_backup_that_failed_alarms_until_a_good_one_comes(kept):
    kept.watch.known.note(Backed(at=NOW - timedelta(hours=2), file="one", lines=5))
    kept.watch.known.note(Backed(at=NOW - timedelta(hours=1), file="/copies", failed="the disk is full"))
    assert "failed" in page(kept, A.INVESTIGATOR)
    assert "the disk is full" in page(kept, A.CUSTODIAN, "/record")
    assert "the disk is full" not in page(kept, A.DATA_MANAGER, "/record"), "the reason may name what the blind must not know"
    kept.watch.known.note(Backed(at=NOW, file="two", lines=5))
    assert 'class="alarm"' not in page(kept, A.INVESTIGATOR)


@pytest.mark.req("BCK-04")
def test_an_older_state_is_told_on_every_page_and_nothing_is_saved(older):
    for role in EVERYBODY:
        assert "Nothing can be saved now." in page(older, role)
        assert ('href="/record"' in page(older, role, "/password").split('class="alarm"')[1]) is (role in KEEPERS)
    evaluator = client_for(older.gate, A.EVALUATOR, Clock(NOW), watch=older.watch)
    sent = evaluator.post("/subject/S0/visit/BASE/SCORE", {"v.SITE1": "2", "seen.SITE1": "0", "v.ASSESSED": "2026-01-05", "seen.ASSESSED": "0"})
    assert sent.status_code == 503
    told = sent.content.decode()
    assert "Nothing can be saved now." in told and "5" not in told.split("<main")[1].split("</main>")[0].replace("2026-02-04", "")


@pytest.mark.req("BCK-04", "SIG-03")
def test_two_people_accept_it_with_their_passwords_and_it_goes_on(older):
    custodian, manager = (client_for(older.gate, role, Clock(NOW), watch=older.watch) for role in (A.CUSTODIAN, A.DATA_MANAGER))
    assert "Entries here: 5. Known on this machine before: 6." in custodian.get("/record").content.decode()
    assert "Entries here" not in manager.get("/record").content.decode()
    assert custodian.post("/record/accept", {"v.BECAUSE": "disk lost", "password": "wrong"}).status_code == 422
    assert custodian.post("/record/accept", {"v.BECAUSE": "disk lost", "password": PASSWORD}).status_code == 303
    assert "Still needed: 1" in custodian.get("/record").content.decode()
    assert custodian.post("/record/accept", {"v.BECAUSE": "disk lost", "password": PASSWORD}).status_code == 422
    assert manager.post("/record/accept", {"v.BECAUSE": "disk lost", "password": PASSWORD}).status_code == 303
    told = manager.get("/record").content.decode()
    assert "goes on from where this machine last saw it" in told and told.count("Accepted that the record goes on") == 2
    assert manager.get("/record/accept").status_code == 404
    assert client_for(older.gate, A.MONITOR, Clock(NOW), watch=older.watch).get("/record").status_code == 404
    evaluator = client_for(older.gate, A.EVALUATOR, Clock(NOW), watch=older.watch)
    assert evaluator.post("/subject/S0/visit/BASE/SCORE", {"v.SITE1": "2", "seen.SITE1": "0"}).status_code != 503


@pytest.mark.req("BCK-06")
def test_a_disk_that_takes_nothing_is_told_in_words_and_without_its_path(tmp_path, caplog):
    with closing(create(tmp_path / "trial.db", STUDY)) as kept:
        kept.gate.do(actor(A.INVESTIGATOR), OpenStudy(), START)
        enrolled(kept.gate, "S0")
    evaluator = client_for(kept.gate, A.EVALUATOR, Clock(NOW), watch=kept.watch)
    sent = evaluator.post("/subject/S0/visit/BASE/SCORE", {"v.SITE1": "2", "seen.SITE1": "0", "v.ASSESSED": "2026-01-05", "seen.ASSESSED": "0"})
    assert (sent.status_code, "is kept in this tab" in sent.content.decode(), str(tmp_path) in sent.content.decode()) == (503, True, False)
    assert str(tmp_path) in caplog.text


@pytest.mark.req("BCK-06")
def test_a_save_that_nobody_can_see_is_told_as_that(kept):
    """Neither saved nor lost: whoever typed it must look before typing it again."""

    def fails(lines):
        raise Unsure("the disk failed during this save, and nobody can see whether it was kept")

    gate = Gate(STUDY, kept.gate._Gate__ledger, fails, bytes)
    evaluator = client_for(gate, A.EVALUATOR, Clock(NOW), watch=kept.watch)
    sent = evaluator.post("/subject/S0/visit/BASE/SCORE", {"v.SITE1": "2", "seen.SITE1": "0", "v.ASSESSED": "2026-01-05", "seen.ASSESSED": "0"})
    told = sent.content.decode()
    assert (sent.status_code, "Nobody can see yet whether this was saved" in told, "Nothing was saved" in told) == (503, True, False)


# ----------------------------------------------------------------------------------------------------------------- clock


class Hands:
    """A clock whose hands a test moves: what the wall says, and what only runs."""

    def __init__(self):
        self.wall, self.running = START.timestamp(), 1000.0

    def pass_(self, seconds, moved=0.0):
        self.wall += seconds + moved
        self.running += seconds


@pytest.mark.req("TIM-02")
def test_the_clock_tells_when_it_was_moved_and_only_once():
    hands = Hands()
    clock = MachineClock(lambda: hands.wall, lambda: hands.running)
    for moved, told in ((0, 0), (-1.5, 0), (-1, -2.5), (0, 0), (-3600, -3600), (59, 0), (86400, 86459), (0, 0)):
        hands.pass_(600, moved)
        assert clock.jump() == pytest.approx(told)
    assert clock() == START + timedelta(seconds=600 * 8 - 2.5 - 3600 + 86459)
    hands.pass_(1, -100)
    jump = clock.jump()
    clock.again(jump)
    assert clock.jump() == jump, "what could not be noted is told again"


@pytest.mark.req("TIM-02")
def test_a_jump_is_noted_in_the_record_whose_order_stays(kept, monkeypatch):
    from trialwright.capture.app import note_jump

    hands = Hands()
    clock = MachineClock(lambda: hands.wall, lambda: hands.running)
    order = []
    for moved, grade in ((0, 1), (-3600, 2), (86400, 3), (-7 * 86400, 0)):
        hands.pass_(60, moved)
        note_jump(kept.gate, clock, clock.jump())
        kept.gate.do(actor(A.EVALUATOR), Answer(subject="S0", visit="BASE", form="SCORE", entries={"SITE1": str(grade)}, reason="again"), clock())
        order.append(str(grade))
    book = kept.gate.casebook(A.CUSTODIAN)
    assert [entry.event.value for entry in book.subject("S0").page("BASE", "SCORE").cells["SITE1"]] == order
    noted = [entry.event for entry in book.entries() if isinstance(entry.event, ClockStepped)]
    assert [event.seconds for event in noted] == ["-3600.0", "+86400.0", "-604800.0"]
    assert all(event.label == A.CUSTODIAN | A.INVESTIGATOR for event in noted)
    with closing(open_trial(kept.at, STUDY, writes=False)) as again:
        assert again.gate.casebook(A.EVALUATOR).subject("S0").page("BASE", "SCORE").answers == {"SITE1": "0"}


def test_a_clock_that_stands_before_the_last_entry_is_noted_at_the_start(gate: Gate):
    from trialwright.capture.app import _behind

    last = gate.casebook(A.CUSTODIAN).everything[-1].at
    assert _behind(gate, last + timedelta(days=1)) == 0
    assert _behind(gate, last - timedelta(seconds=1)) == 0
    assert _behind(gate, last - timedelta(hours=1)) == -3600


@pytest.mark.req("TIM-02")
@pytest.mark.parametrize(("told", "said"), [(0, "A time server keeps it."), (5, "No time server keeps it"), (-1, "")])
def test_whether_a_time_server_keeps_the_clock_is_told(kept, monkeypatch, told, said):
    monkeypatch.setattr("trialwright.capture.clock.sys.platform", "linux")
    monkeypatch.setattr("trialwright.capture.clock.ctypes.CDLL", lambda name: type("C", (), {"adjtimex": staticmethod(lambda buffer: told)}))
    page_of_it = page(kept, A.CUSTODIAN, "/record")
    assert said in page_of_it and ("Clock of this machine" in page_of_it) is bool(said)
