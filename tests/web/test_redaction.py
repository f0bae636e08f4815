"""Two people erase on screen what must not stay: each signs, the page says what will go, and where it still lies afterwards."""

import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.web.desk import OLD, Clock, trial
from trialwright.capture.copies import Copies
from trialwright.capture.desk import DESK
from trialwright.capture.policy import ROUTES
from trialwright.capture.prober import at, record_of, still
from trialwright.capture.probes import Probe, address, knowledge
from trialwright.capture.testing import PASSWORD, client_for
from trialwright.protocol import Audience
from trialwright.record import Answer, AskQuery, AskRedaction, OpenStudy, Redact, Withdraw
from trialwright.record.exports import Export
from trialwright.rehearsal.worlds import World
from trialwright.store import backup, create, open_trial, restore
from trialwright.testing import START, actor, enrolled, tiny_study

pytestmark = [pytest.mark.web, pytest.mark.req("AUD-10")]
A = Audience
NOW = START + timedelta(days=30)
NAME = "Zhang San 13800138000"


@pytest.fixture
def gate():
    gate = trial()
    again = Answer(subject=OLD, visit="BASELINE", form="LUNG", entries={"FVC": "3.20"}, reason=NAME)
    gate.do(actor(A.COORDINATOR), again, START + timedelta(days=1))
    return gate


def entry_with(gate, words=NAME):
    return next(entry for entry in gate.casebook(A.CUSTODIAN).everything if words in repr(entry.event))


def told(client, path):
    answer = client.get(path)
    return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)


def test_one_asks_on_the_page_of_the_entry_another_erases_and_every_page_says_so(gate):
    ref = entry_with(gate).ref
    asks, does = client_for(gate, A.COORDINATOR, Clock(NOW)), client_for(gate, A.DATA_MANAGER, Clock(NOW))
    assert f'href="/entry/{ref}/erase"' in told(asks, f"/entry/{ref}")
    sent = {"v.WHAT": "reason", "v.BECAUSE": "name and number of the patient", "password": PASSWORD}
    for wrong in ({"password": "wrong"}, {"v.BECAUSE": ""}, {"v.WHAT": "label"}, {"v.WHAT": ""}):
        assert asks.post(f"/entry/{ref}/erase", sent | wrong).status_code == 422
    assert asks.post(f"/entry/{ref}/erase", sent).status_code == 303
    assert "Waits for a second person" in told(does, "/record/erasures") and NAME in told(does, "/record/erasures")
    assert "coordinator asks to erase something" in told(does, "/")
    wish = entry_with(gate, "name and number").ref
    assert told(asks, f"/record/erasures/{wish}") == "404"
    assert does.post(f"/record/erasures/{wish}", {"password": "wrong"}).status_code == 422
    assert does.post(f"/record/erasures/{wish}", {"password": PASSWORD}).status_code == 303
    assert "2026-02-04" in told(does, "/record/erasures") and NAME not in told(does, "/record/erasures")
    note = "[erased on 2026-02-04 by coordinator and datamanager, because name and number of the patient"
    for path in (f"/subject/{OLD}/trail", f"/subject/{OLD}/visit/BASELINE/LUNG/history", f"/subject/{OLD}/visit/BASELINE/LUNG/item/FVC", f"/entry/{ref}"):
        assert note in told(asks, path) and NAME not in told(asks, path), path
    assert does.post(f"/record/erasures/{wish}", {"password": PASSWORD}).status_code == 422
    assert f'href="/entry/{ref}/erase"' in told(asks, f"/entry/{ref}"), "the value it kept could still be erased"


def test_an_erased_answer_can_be_filled_again_and_the_page_is_not_held_up_by_it(gate):
    ref = entry_with(gate).ref
    wish = gate.do(actor(A.COORDINATOR), AskRedaction(ref=ref, what=("value",), because="of another patient"), NOW)[0].ref
    gate.do(actor(A.CUSTODIAN), Redact(request=wish), NOW)
    client = client_for(gate, A.COORDINATOR, Clock(NOW), language="zh")
    page = f"/subject/{OLD}/visit/BASELINE/LUNG"
    assert "已抹除（2026-02-04，coordinator and custodian：of another patient）" in told(client, f"{page}/history")
    seen = {"seen.FVC": "2", "seen.HEIGHT": "1", "v.HEIGHT": "168", "then": "stay"}
    assert client.post(page, seen | {"v.FVC": ""}).status_code == 303, "untouched, it stays erased"
    assert client.post(page, seen | {"v.FVC": "3.15", "reason": "read again"}).status_code == 303
    assert gate.casebook(A.COORDINATOR).subject(OLD).page("BASELINE", "LUNG").cells["FVC"].value == "3.15"


@pytest.mark.req("BLD-02", "ACC-02")
def test_the_evaluator_has_no_such_page_and_the_data_manager_none_about_what_he_may_not_see(gate):
    gate.do(actor(A.DATA_MANAGER), AskQuery(subject=OLD, visit="BASELINE", form="MRSS", item="FACE", question=NAME), NOW)
    evaluator, manager = client_for(gate, A.EVALUATOR, Clock(NOW)), client_for(gate, A.DATA_MANAGER, Clock(NOW))
    query = next(entry for entry in gate.casebook(A.EVALUATOR).everything if NAME in repr(entry.event))
    assert told(evaluator, f"/entry/{query.ref}/erase") == told(evaluator, "/record/erasures") == "404"
    hidden = next(entry for entry in gate.casebook(A.CUSTODIAN).everything if not entry.event.label.admits(A.DATA_MANAGER) and "because" in repr(entry.event))
    wish = gate.do(actor(A.COORDINATOR), AskRedaction(ref=hidden.ref, what=("because",), because="a name"), NOW)[0].ref
    assert told(manager, f"/entry/{hidden.ref}/erase") == told(manager, f"/record/erasures/{wish}") == "404"
    before = told(manager, "/record/erasures")
    gate.do(actor(A.CUSTODIAN), Redact(request=wish), NOW)
    assert told(manager, "/record/erasures") == before


def test_copies_that_still_hold_it_are_named_and_those_that_wait_here_are_thrown_away(tmp_path):
    study = tiny_study()
    with closing(create(tmp_path / "trial.db", study)) as kept:
        kept.gate.do(actor(A.INVESTIGATOR), OpenStudy(), START)
        enrolled(kept.gate, "S0")
        for reason in ("", NAME):
            kept.gate.do(actor(A.EVALUATOR), Answer(subject="S0", visit="BASE", form="SCORE", entries={"SITE1": "1" if reason else "2"}, reason=reason), START)
        early = backup(tmp_path / "trial.db", tmp_path / "copies", START + timedelta(days=1))
        kept.gate.do(actor(A.DATA_MANAGER), Export(purpose="registry", recipient="Hospital B", basis="ethics", digest="0" * 64), START + timedelta(days=2))
        ref = entry_with(kept.gate).ref
        wish = kept.gate.do(actor(A.DATA_MANAGER), AskRedaction(ref=ref, what=("reason",), because="a number"), NOW)[0].ref
        client = client_for(kept.gate, A.CUSTODIAN, Clock(NOW), watch=kept.watch)
        copies = client.defaults[DESK].copies or Copies(begin=lambda work: work())
        object.__setattr__(client.defaults[DESK], "copies", copies)
        copy = copies.ask("C", "custodian", NOW, lambda copy: copy.path.write_text(NAME) and "0" * 64)
        assert client.post(f"/record/erasures/{wish}", {"password": PASSWORD}).status_code == 303
        assert not copy.path.exists() and copies.of("custodian", "C", NOW) is None
        page = told(client, "/record/erasures")
        assert "One backup still holds it." in page and early.file in page and "Hospital B" in page
    for name in ("trial.db", "trial.key"):
        (tmp_path / name).unlink()
    restore(Path(early.file), tmp_path / "trial.db", NOW, "test")
    with closing(open_trial(tmp_path / "trial.db", study)) as kept:
        for role, seen in ((A.CUSTODIAN, True), (A.DATA_MANAGER, True)):
            page = told(client_for(kept.gate, role, Clock(NOW), watch=kept.watch), "/record/erasures")
            assert ("To be erased again" in page and ref in page) is seen
    shutil.rmtree(tmp_path / "copies")


@pytest.mark.req("BLD-02")
@pytest.mark.parametrize("observer", [A.EVALUATOR, A.DATA_MANAGER])
def test_an_erasure_that_the_blind_may_not_know_of_changes_no_byte_that_they_see(observer):
    study, seen = tiny_study(), []
    with still(observer):
        for erased in (False, True):
            world = World(study, observer)
            world.gate.do(actor(A.PHYSICIAN), Withdraw(subject="S1", on=world.moment.date(), because=NAME), world.moment)
            if erased:
                (hidden,) = (entry for entry in world.gate.casebook(A.CUSTODIAN).everything if NAME in repr(entry.event))
                wish = world.gate.do(actor(A.PHYSICIAN), AskRedaction(ref=hidden.ref, what=("because",), because="a name"), world.moment)[0].ref
                world.gate.do(actor(A.CUSTODIAN), Redact(request=wish), world.moment)
            known, dice, told = knowledge(study, observer, [world]), Random("the same"), []
            known |= {"ref": tuple(entry.ref for entry in world.gate.casebook(observer).everything)}
            with at(world) as browser:
                for route in ROUTES:
                    world.turn(route.name)
                    told.append((route.name, browser.ask(Probe(route=route.name, method="GET", path=address(study, observer, route, known, dice)))))
            seen.append((record_of(world), told))
    assert seen[0] == seen[1]
