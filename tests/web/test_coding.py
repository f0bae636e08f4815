"""The coding page: what waits, suggestions and search, one decision for equal words, another version; nothing for those who may not read it."""

import re

import pytest

from studies.telitacicept_ssc.invented_terms import DRUGS, EVENTS
from tests.web.desk import OLD, YOUNG, trial
from trialwright.capture.testing import client_for
from trialwright.protocol import Audience
from trialwright.record import Adopt, Answer
from trialwright.rehearsal.invented import invented_events
from trialwright.testing import START, actor, later

pytestmark = pytest.mark.web
SAFETY, PHYSICIAN = Audience.SAFETY, Audience.PHYSICIAN
LOG = "ADVERSE_EVENTS"
NEWER = invented_events({"moved infections": ("herpes zoster", "pneumonia"), "reactions at the site": ("injection site reaction",)}, "2")
ALL = (EVENTS, DRUGS, NEWER)


@pytest.fixture
def gate():
    gate = trial()
    gate.do(actor(SAFETY), Adopt(kind="MedDRA", dictionary=EVENTS.name, version=EVENTS.version, digest=EVENTS.digest), START)
    for subject, row, words in ((OLD, "A", "Herpes  zoster"), (YOUNG, "B", "herpes zoster"), (OLD, "C", "zoster herpas"), (OLD, "D", "pneumonia")):
        serious = {"AESER": "Y"} if row == "D" else {}
        gate.do(actor(PHYSICIAN), Answer(subject=subject, form=LOG, row=row, entries={"AETERM": words, **serious}), later(20))
    return gate


def person(gate, role: Audience = SAFETY, dictionaries=ALL, **more):
    return client_for(gate, role, lambda: later(30), dictionaries=dictionaries, **more)


def text(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def at(row: str, subject: str = OLD) -> str:
    return f"/subject/{subject}/log/{LOG}/{row}/code/AETERM"


def coded(gate, row: str, subject: str = OLD):
    return gate.casebook(SAFETY).subject(subject).page("", LOG, row).code_of("AETERM")


def key(words: str, dictionary=EVENTS) -> str:
    return dictionary.suggest(words)[0].entry.key


def test_serious_words_stand_first_and_equal_words_once(gate) -> None:
    page = text(person(gate).get("/coding"))
    assert "INVENTED-EVENTS 1 is in use. 0 of 4 answers are coded." in page
    rows = re.findall(r"(pneumonia serious event|Herpes zoster|zoster herpas) (\w+) · Adverse events (\d)", page)
    assert rows == [("pneumonia serious event", OLD, "1"), ("Herpes zoster", OLD, "2"), ("zoster herpas", OLD, "1")]
    assert "Coding: 3 terms wait" in text(person(gate).get("/"))
    assert "herpes" not in text(person(gate).get("/")), "the home page says how many, never which"


def test_the_same_words_are_offered_first_and_close_ones_after(gate) -> None:
    page = text(person(gate).get(at("A")))
    assert re.search(r"Herpes zoster \d{8} the same but for case and signs PT Herpes zoster \d{8} ‹ HLT Invented group: infections", page)
    assert re.search(r"Herpes zoster \d{8} similar", text(person(gate).get(at("C"))))
    assert re.search(r"Pneumonia \d{8} found", text(person(gate).get(at("C") + "?q=pneu")))
    assert "No term looks like these words" in text(person(gate).get(at("C") + "?q=qqqq"))


def test_one_decision_is_applied_to_equal_words(gate) -> None:
    someone = person(gate)
    page = someone.get(at("A")).content.decode()
    (also,) = re.findall(r'name="also" value="([^"]+)" checked', page)
    answer = someone.post(at("A"), {"key": key("herpes zoster"), "also": also})
    assert answer.status_code == 303
    assert "“Herpes zoster” is coded as Herpes zoster: 2 answers." in text(someone.get("/coding"))
    assert coded(gate, "A").term == coded(gate, "B", YOUNG).term == "Herpes zoster" and coded(gate, "C") is None
    someone.post(at("C"), {"key": key("herpes zoster")})
    assert coded(gate, "C").code == coded(gate, "A").code


def test_a_term_must_be_chosen_and_must_be_one_of_the_dictionary(gate) -> None:
    for sent in ({}, {"key": "99"}, {"key": key("pneumonia"), "also": "no|such|place"}):
        answer = person(gate).post(at("A"), sent)
        assert answer.status_code == (303 if "also" in sent else 422)
    assert coded(gate, "B", YOUNG) is None


@pytest.mark.req("AUD-03")
def test_another_term_needs_a_reason_and_the_trail_tells_it(gate) -> None:
    someone = person(gate)
    someone.post(at("C"), {"key": key("pneumonia")})
    refused = someone.post(at("C"), {"key": key("herpes zoster")})
    assert refused.status_code == 422 and "Write something here" in text(refused) and coded(gate, "C").term == "Pneumonia"
    assert someone.post(at("C"), {"key": key("herpes zoster"), "reason": "read again"}).status_code == 303
    assert "coded as Herpes zoster" in text(someone.get(f"/subject/{OLD}/trail")) and "Because: read again" in text(someone.get(f"/subject/{OLD}/trail"))
    panel = text(person(gate, PHYSICIAN).get(f"/subject/{OLD}/log/{LOG}/C/item/AETERM"))
    assert "SOC Invented class: infections" in panel


@pytest.mark.req("DAT-01")
def test_another_version_is_previewed_put_into_use_and_what_stays_is_carried_over(gate) -> None:
    someone = person(gate)
    gate.do(actor(PHYSICIAN), Answer(subject=OLD, form=LOG, row="E", entries={"AETERM": "injection site reaction"}), later(20))
    for row, words in (("A", "herpes zoster"), ("E", "injection site reaction")):
        someone.post(at(row), {"key": key(words)})
    page = text(someone.get("/coding"))
    assert "Of the present codes 1 stay as they are, 1 have another term or path there, 0 are no longer current, 0 are missing." in page
    assert "Invented class: moved infections" in page
    assert someone.post("/coding", {"act": "adopt", "which": "MedDRA/INVENTED-EVENTS/2"}).status_code == 303
    assert someone.post("/coding", {"act": "adopt", "which": "MedDRA/INVENTED-EVENTS/9"}).status_code == 404
    page = text(someone.get("/coding"))
    assert "Take over the one code that stands unchanged in 2" in page and "coded with another version" in page
    someone.post("/coding", {"act": "carry"})
    assert (coded(gate, "E").version, coded(gate, "A").version) == ("2", "1")
    assert "Take over" not in text(someone.get("/coding"))


def test_files_that_are_not_those_put_into_use_are_not_used(gate) -> None:
    other = invented_events({"infections": ("herpes zoster",)}, "1")
    page = text(person(gate, dictionaries=(other,)).get("/coding"))
    assert "Its files are not loaded here, or are not those that were put into use" in page
    answer = person(gate, dictionaries=(other,)).post(at("A"), {"key": key("herpes zoster")})
    assert answer.status_code == 422 and coded(gate, "A") is None


@pytest.mark.req("LCK-01")
def test_the_checklist_of_the_lock_counts_what_is_not_coded(gate) -> None:
    assert "Answers without a code of the dictionary in use: 4" in text(person(gate, Audience.INVESTIGATOR).get("/lock"))
    assert "Answers without a code of the dictionary in use: 0" in text(person(gate, Audience.DATA_MANAGER).get("/lock"))


@pytest.mark.req("BLD-05")
def test_a_blinded_data_manager_learns_of_no_event_here(gate) -> None:
    page = text(person(gate, Audience.DATA_MANAGER).get("/coding"))
    assert "Nothing that your role can read is coded in this study" in page and "herpes" not in page
    manager = person(gate, Audience.DATA_MANAGER)
    assert "/coding" not in manager.get("/").content.decode()
    assert manager.get(at("A")).content == manager.get(at("Z")).content and manager.get(at("A")).status_code == 404


def test_it_speaks_chinese_and_says_when_no_dictionary_is_there(gate) -> None:
    assert "严重事件" in text(person(gate, language="zh").get("/coding"))
    bare = trial()
    page = text(person(bare, dictionaries=()).get("/coding"))
    assert "No dictionary is in use" in page and "trialwright dictionary add" in page
    bare.do(actor(PHYSICIAN), Answer(subject=OLD, form=LOG, row="A", entries={"AETERM": "cough"}), later(20))
    assert "No dictionary is in use" in text(person(bare, dictionaries=()).get(at("A")))
