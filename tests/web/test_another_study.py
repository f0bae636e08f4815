"""The application knows no study: another one, never seen before, is walked from screening to the first signed score."""

import pytest
from attrs import evolve

from tests.web.desk import Clock, sent
from tests.web.test_filling import text
from trialwright.capture.testing import PASSWORD, client_for
from trialwright.protocol import BLINDED, Audience
from trialwright.testing import enrolled, in_memory, later, tiny_study

pytestmark = pytest.mark.web


def test_from_screening_to_a_signed_score_by_three_people() -> None:
    gate, clock = in_memory(tiny_study()), Clock(later(1))
    coordinator, physician, evaluator = (client_for(gate, role, clock) for role in (Audience.COORDINATOR, Audience.PHYSICIAN, Audience.EVALUATOR))
    where = coordinator.post("/screen", {"v.SITE": "01"})["Location"]
    code = where.rpartition("/")[2]
    assert coordinator.post(f"{where}/consent", {"v.ON": "2026-01-06", "v.VERSION": "1"}).status_code == 303
    assert "Cannot be decided yet" in text(coordinator.get(f"{where}/screening"))
    assert coordinator.post(f"{where}/visit/SCR/PERSON", sent({"AGE": "44", "SEEN": "2026-01-06"})).status_code == 303
    page = text(physician.get(f"{where}/screening"))
    assert "Every criterion is met" in page and "age 44" in page and f'href="{where}/enroll"' in page
    assert text(evaluator.get("/")).count(code) == 0
    assert physician.post(f"{where}/enroll", {"v.ON": "2026-01-06"})["Location"] == f"{where}/allocate"
    assert physician.post(f"{where}/allocate", {"v.ARM": "C", "v.BECAUSE": "wishes to stay on his drugs"}).status_code == 303
    assert code in text(evaluator.get("/"))
    score = f"{where}/visit/BASE/SCORE"
    entries = {"ASSESSED": "2026-01-06", "SITE1": "1", "SITE2": "2", "SITE3": "3"}
    assert evaluator.post(score, sent(entries) | {"then": "sign"})["Location"] == f"{score}/sign"
    assert evaluator.post(f"{score}/sign", {"meaning": "authored", "password": PASSWORD})["Location"] == "/"
    subject = gate.casebook(Audience.CUSTODIAN).subject(code)
    assert (subject.status, subject.arm, subject.page("BASE", "SCORE").fully_signed) == ("enrolled", "C", True)
    assert physician.get(score).status_code == 404, "who treats does not read the score"


def test_the_code_of_one_subject_is_broken_by_two_people_for_one_who_treats() -> None:
    """In a study that blinds the safety officer too."""
    gate, clock = in_memory(evolve(tiny_study(), blinded=BLINDED | Audience.SAFETY)), Clock(later(1))
    enrolled(gate, "S1", "T")
    enrolled(gate, "S2", "C")
    physician, evaluator, _ = (client_for(gate, role, clock) for role in (Audience.PHYSICIAN, Audience.EVALUATOR, Audience.INVESTIGATOR))
    before = evaluator.get("/").content
    assert "/subject/S1/break" in text(physician.get("/subject/S1"))
    told = {"v.ROLE": "SAFETY", "v.BECAUSE": "anaphylaxis", "second": "investigator", "second-password": PASSWORD}
    for wrong in ({"v.ROLE": "EVALUATOR"}, {"v.ROLE": "DATA_MANAGER"}, {"second-password": "guess"}):
        assert physician.post("/subject/S1/break", told | wrong).status_code == 422
    assert physician.post("/subject/S1/break", told).status_code == 303
    book = gate.casebook(Audience.SAFETY)
    assert (book.subject("S1").arm, book.subject("S2").arm) == ("T", None)
    assert evaluator.get("/").content == before


def test_its_own_mistakes_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug is no page that does not exist: it is told as a failure, with nothing of the trial in it."""
    from trialwright.capture.views import matrix

    def broken(*_: object) -> None:
        raise KeyError("a bug that names MG 160")

    gate, clock = in_memory(tiny_study()), Clock(later(1))
    someone = client_for(gate, Audience.MONITOR, clock)
    someone.raise_request_exception = False
    monkeypatch.setattr(matrix, "visible_columns", broken)
    answer = someone.get("/")
    assert answer.status_code == 500 and b"saved nothing" in answer.content and b"160" not in answer.content
