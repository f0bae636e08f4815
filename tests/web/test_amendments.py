"""The page of amendments: looked at before it is proposed, proposed by one of two and approved by the other, told to those who see a difference."""

import re
from decimal import Decimal
from io import BytesIO

import pytest
from attrs import evolve

from studies.telitacicept_ssc.protocol import STUDY
from tests.web.desk import OLD, trial
from trialwright.blinding import Actor, Gate
from trialwright.capture.testing import PASSWORD, client_for
from trialwright.protocol import Audience, Item, Kind, Study, Text
from trialwright.record import ApproveAmendment, ProposeAmendment, PutInForce
from trialwright.record.amending import pending
from trialwright.testing import actor, later

pytestmark = pytest.mark.web
INVESTIGATOR, MANAGER, EVALUATOR = Audience.INVESTIGATOR, Audience.DATA_MANAGER, Audience.EVALUATOR
SYSTEM = Actor(name="system", role=Audience.CUSTODIAN)
LUNG = f"/subject/{OLD}/visit/BASELINE/LUNG"


def changed(form: str, code: str, **parts: object) -> Study:
    """The study with one item changed, as version 0.2."""
    return _with(form, lambda items: tuple(evolve(item, **parts) if item.code == code else item for item in items))


def _with(form: str, change) -> Study:
    forms = tuple(evolve(one, sections=tuple(evolve(part, items=change(part.items)) for part in one.sections)) if one.code == form else one
                  for one in STUDY.forms)  # fmt: skip
    return evolve(STUDY, version="0.2", forms=forms)


WIDER = changed("LUNG", "FVC", high=Decimal(12))
SMOKED = Item(code="SMOKED", label=Text("Smoked today", "当日吸烟"), kind=Kind.TEXT, audience=STUDY.item("LUNG", "FVC").audience, required=False)
HIDDEN = _with("LUNG", lambda items: (*items, SMOKED) if items[0].code == "LUNGDAT" else items)
HARMFUL = changed("LUNG", "FVC", unit="mL")
SEEN = changed("MRSS", "FACE", label=Text("Face and ears", "面部及耳"))


def text(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def file(study: Study) -> BytesIO:
    made = BytesIO(study.canonical)
    made.name = "amendment.json"
    return made


def looked(someone, study: Study):
    return someone.post("/amendments", {"act": "look", "file": file(study)})


def in_force(study: Study) -> Gate:
    """The trial of the web tests, amended: what opening the file with the new definition does, in memory."""
    gate = trial()
    gate.do(actor(INVESTIGATOR), ProposeAmendment(definition=study.canonical.decode(), because="Steering committee of 4 May"), later(29))
    gate.do(actor(MANAGER), ApproveAmendment(digest=study.digest), later(29))
    gate.study = study
    gate.do(SYSTEM, PutInForce(), later(29))
    return gate


@pytest.mark.req("DAT-01")
def test_a_definition_is_looked_at_before_anything_is_proposed(client, gate) -> None:
    page = text(looked(client(INVESTIGATOR), WIDER))
    assert "Version 0.2: what it would do" in page
    assert re.search(r"changed item LUNG.FVC Forced vital capacity.{0,60}highest possible: \S+ → 12 patients 1, pages 1, answers 1, signatures 0", page)
    assert "Propose it" in page and pending(gate.casebook(MANAGER)) is None
    assert "最大允许值" in text(looked(client(INVESTIGATOR, language="zh"), WIDER))


def test_what_would_harm_is_shown_and_cannot_be_proposed(client, gate) -> None:
    page = text(looked(client(INVESTIGATOR), HARMFUL))
    assert "It cannot be proposed: one change would harm what is recorded." in page and "another unit would change what they mean" in page
    assert "Propose it" not in page


@pytest.mark.parametrize("content", [b"", b"{}", b"not json", b"\x00\xff", b"[" * 3000])
def test_what_is_no_definition_is_refused_in_words(client, content: bytes) -> None:
    made = BytesIO(content)
    made.name = "x.json"
    answer = client(INVESTIGATOR).post("/amendments", {"act": "look", "file": made})
    assert answer.status_code == 422 and re.search(r"no definition of a study|Choose the file", text(answer))
    assert client(INVESTIGATOR).post("/amendments", {"act": "propose", "content": "%%%"}).status_code == 422


@pytest.mark.req("DAT-01", "SIG-01", "SIG-03")
def test_one_proposes_with_his_password_and_the_other_approves_with_his(client, gate) -> None:
    pi, manager = client(INVESTIGATOR, name="proposer"), client(MANAGER, name="approver")  # wrong passwords are counted by account
    sent = re.search(r'name="content" value="([^"]+)"', looked(pi, WIDER).content.decode())
    assert sent
    draft = {"act": "propose", "content": sent[1], "because": "Steering committee of 4 May"}
    wrong = pi.post("/amendments", draft | {"password": "wrong"})
    assert wrong.status_code == 422 and "not your password" in text(wrong) and "Steering committee" in wrong.content.decode()
    assert pi.post("/amendments", draft | {"password": PASSWORD}).status_code == 303
    waits = pending(gate.casebook(MANAGER))
    assert waits and waits.entry.by == "proposer"
    assert "Approve the amendment" not in text(pi.get("/amendments")) and "Approve the amendment" in text(manager.get("/amendments"))
    assert "Proposed: version 0.2" in text(manager.get("/")), "it waits in the inbox of the other"
    assert "Proposed: version 0.2" not in text(pi.get("/"))
    approval = {"act": "approve", "digest": WIDER.digest}
    assert pi.post("/amendments", approval | {"password": PASSWORD}).status_code == 422
    assert manager.post("/amendments", approval | {"password": "x"}).status_code == 422
    assert manager.post("/amendments", approval | {"password": PASSWORD, "digest": "0" * 64}).status_code == 404
    assert manager.post("/amendments", approval | {"password": PASSWORD}).status_code == 303
    page = text(client(Audience.COORDINATOR).get("/amendments"))
    assert "Approved by approver" in page and "started with the folder of the new version" in page


@pytest.mark.req("DAT-01")
def test_the_history_of_versions_says_what_each_changed(clock) -> None:
    gate = in_force(WIDER)
    someone = client_for(gate, Audience.COORDINATOR, clock)
    page = text(someone.get("/amendments"))
    assert "Version 0.2 is in force since" in page and "The version with which the trial began." in page
    assert "Steering committee of 4 May" in page and "LUNG.FVC" in page
    assert "Version 0.2 of the study is in force since" in text(someone.get("/"))
    assert "Version of the study 0.1" in text(someone.get(f"{LUNG}/item/FVC"))
    assert "Version of the study 0.1" in text(someone.get(f"{LUNG}/history"))
    trail = text(client_for(trial(), Audience.COORDINATOR, clock).get(f"{LUNG}/item/FVC"))
    assert "Version of the study" not in trail, "where there was only one, nothing is said of it"


@pytest.mark.req("BLD-02")
def test_two_worlds_that_differ_in_an_amendment_he_cannot_see_are_one_to_the_evaluator(clock) -> None:
    quiet, loud = trial(), in_force(HIDDEN)
    worlds = [client_for(gate, EVALUATOR, clock) for gate in (quiet, loud)]
    for path in ("/", f"/subject/{OLD}/visit/BASELINE/MRSS", f"/subject/{OLD}/visit/W4/MRSS", f"/subject/{OLD}/visit/BASELINE/MRSS/history", "/amendments",
                 "/learned", "/nothing"):  # fmt: skip
        first, second = (someone.get(path) for someone in worlds)
        assert (first.status_code, first.content, dict(first.headers)) == (second.status_code, second.content, dict(second.headers)), path


def test_an_amendment_of_his_own_pages_is_told_to_the_evaluator(clock) -> None:
    page = text(client_for(in_force(SEEN), EVALUATOR, clock).get("/"))
    assert "Something on your pages changed on" in page and "Steering" not in page


def test_a_retired_answer_stays_on_its_page_and_is_asked_on_no_other(clock) -> None:
    gate = in_force(changed("LUNG", "FVC", retired=True))
    someone = client_for(gate, Audience.COORDINATOR, clock)
    filled, empty = someone.get(LUNG).content.decode(), someone.get(f"/subject/{OLD}/visit/W24/LUNG").content.decode()
    assert 'name="v.FVC" value="3.10"' in filled and "no longer asked" in filled
    assert 'name="v.FVC"' not in empty and 'name="v.HEIGHT"' in empty


def test_a_page_with_an_answer_beyond_the_new_range_can_still_be_saved(clock) -> None:
    gate = in_force(changed("LUNG", "FVC", high=Decimal(3)))
    someone = client_for(gate, Audience.COORDINATOR, clock)
    sent = {"v.FVC": "3.10", "seen.FVC": "1", "v.HEIGHT": "169", "seen.HEIGHT": "1", "reason": "measured again", "then": "stay"}
    assert someone.post(LUNG, sent).status_code == 303
    page = gate.casebook(Audience.COORDINATOR).subject(OLD).page("BASELINE", "LUNG")
    assert (page.answers["FVC"], page.answers["HEIGHT"], page.cells["FVC"].revision) == ("3.10", "169", 1)
