"""The blinded evaluator's application: only what is due, never an earlier score, and not a byte that depends on what is hidden."""

import re

import pytest

from studies.telitacicept_ssc.protocol import STUDY
from tests.web.desk import NEW, OLD, YOUNG, sent, skin
from tests.web.test_filling import text
from trialwright.capture import routes
from trialwright.capture.testing import PASSWORD, client_for
from trialwright.instruments.mrss import CODES
from trialwright.protocol import Audience
from trialwright.record import AnswerQuery, AskQuery, Sign
from trialwright.report.bodymap import REGIONS
from trialwright.testing import actor, enrolled, in_memory, later

pytestmark = pytest.mark.web
EVALUATOR = Audience.EVALUATOR
WEEK4 = f"/subject/{OLD}/visit/W4/MRSS"


def test_the_worklist_is_what_is_due_and_nothing_else(client) -> None:
    page = text(client(EVALUATOR).get("/"))
    assert "Blinded evaluator" in page and "To assess" in page and OLD in page and YOUNG in page
    assert NEW not in page, "who is only in screening does not exist here"
    for hidden in ("Lung function", "Laboratory", "Adverse", "telitacicept<", "Queries", "Subjects"):
        assert hidden not in page


def test_the_form_works_as_a_plain_form_with_17_groups_of_buttons(client) -> None:
    page = text(client(EVALUATOR).get(WEEK4))
    assert [code for code in re.findall(r'name="v\.(\w+)" value="0"', page)] == list(CODES)
    assert set(REGIONS) == set(CODES) and page.count('class="region"') == 17
    assert re.search(r"data-map[^>]* hidden", page), "without its script the picture stays away"
    assert "0 of 17 sites · total not computable yet" in page


def test_seventeen_scores_are_saved_shown_with_their_total_and_signed(client, gate) -> None:
    evaluator = client(EVALUATOR)
    answer = evaluator.post(WEEK4, sent(skin(1) | {"FACE": "3"}) | {"then": "sign"})
    assert answer["Location"] == f"{WEEK4}/sign"
    assert "total 19 of 51" in text(evaluator.get(f"{WEEK4}/sign"))
    assert evaluator.post(f"{WEEK4}/sign", {"meaning": "authored", "password": PASSWORD})["Location"] == "/"
    assert gate.casebook(EVALUATOR).subject(OLD).page("W4", "MRSS").fully_signed


@pytest.mark.parametrize("grade", ["4", "-1", "1.5", "x"])
def test_a_score_out_of_range_is_refused(client, gate, grade: str) -> None:
    answer = client(EVALUATOR).post(WEEK4, sent(skin(1) | {"FACE": grade}))
    assert answer.status_code == 422 and 'href="#f-FACE"' in text(answer)
    assert gate.casebook(EVALUATOR).subject(OLD).page("W4", "MRSS").cells == {}


def test_a_site_that_cannot_be_assessed_leaves_no_total(client) -> None:
    evaluator = client(EVALUATOR)
    entries = skin(1) | {"FACE": ""}
    assert evaluator.post(WEEK4, sent(entries, **{"a.FACE": "not assessable"})).status_code == 303
    assert "total not computable; sites without a score: 1" in text(evaluator.get(f"{WEEK4}/sign"))


def test_a_signed_assessment_is_out_of_sight_until_it_is_asked_about(client, gate) -> None:
    evaluator, baseline = client(EVALUATOR), f"/subject/{OLD}/visit/BASELINE/MRSS"
    assert evaluator.get(baseline).status_code == 200
    gate.do(actor(EVALUATOR), Sign(subject=OLD, visit="BASELINE", form="MRSS"), later(30))
    for path in (baseline, f"{baseline}/history", f"{baseline}/sign"):
        assert evaluator.get(path).status_code == 404, path
    manager = actor(Audience.DATA_MANAGER)
    gate.do(manager, AskQuery(subject=OLD, visit="BASELINE", form="MRSS", item="FACE", question="Is it 2?"), later(30))
    assert evaluator.get(baseline).status_code == 200 and "Is it 2?" in text(evaluator.get("/"))
    (query,) = gate.casebook(EVALUATOR).subject(OLD).queries
    assert evaluator.post(f"/subject/{OLD}/query/{query}/answer", {"v.ANSWER": "It is."})["Location"] == "/"
    assert "Is it 2?" not in text(evaluator.get("/"))


def test_the_guess_is_saved_with_certainty_and_reason(client, gate) -> None:
    entries = {"GUESSDAT": "2026-02-04", "MOMENT": "EARLY", "GUESS": "T", "CERTAIN": "2", "REASON": "HUNCH"}
    assert client(EVALUATOR).post(f"/subject/{OLD}/visit/W4/GUESS", sent(entries)).status_code == 303
    assert gate.casebook(EVALUATOR).subject(OLD).page("W4", "GUESS").answers == entries


def test_chinese(client) -> None:
    page = text(client(EVALUATOR, language="zh").get(WEEK4))
    assert "盲态评估者" in page and "改良 Rodnan 皮肤评分" in page and "右上臂" in page and 'lang="zh-Hans"' in page


@pytest.mark.req("BLD-06")
def test_two_worlds_that_differ_in_what_is_hidden_are_one_to_him(clock) -> None:
    """Arms, doses, events, laboratory, a withdrawn candidate, treating staff's questions: no header and no byte changes on any route."""
    quiet, loud = in_memory(STUDY), in_memory(STUDY)
    for gate, arm in ((quiet, "C"), (loud, "T")):
        enrolled(gate, OLD, arm=arm)
        enrolled(gate, YOUNG, arm=None if gate is quiet else "T")
    staff = client_for(loud, Audience.COORDINATOR, clock)
    staff.post("/screen", {"v.SITE": "01"})
    staff.post(f"/subject/{OLD}/log/ADVERSE_EVENTS/new", sent({"AETERM": "injection site redness"}))
    staff.post(f"/subject/{OLD}/visit/BASELINE/LUNG", sent({"FVC": "2.90"}))
    loud.do(actor(Audience.MONITOR), AskQuery(subject=OLD, visit="BASELINE", form="LUNG", item="FVC", question="Best of three?"), later(29))
    query = next(iter(loud.casebook(Audience.COORDINATOR).subject(OLD).queries))
    loud.do(actor(Audience.COORDINATOR), AnswerQuery(subject=OLD, query=query, answer="Yes."), later(29))
    worlds = [client_for(gate, EVALUATOR, clock) for gate in (quiet, loud)]
    places = [{"subject": subject, "visit": visit, "form": form, "row": "new", "item": "FVC", "query": query, "ref": "0" * 16}
              for subject in (OLD, YOUNG) for visit, form in (("BASELINE", "MRSS"), ("W4", "GUESS"), ("BASELINE", "LUNG"), ("", "ADVERSE_EVENTS"))]  # fmt: skip
    compared = 0
    for _, pattern, _ in routes():
        for place in places:
            path = pattern
            for name, value in place.items():
                path = path.replace(f"<str:{name}>", value or "none")
            for method in ("GET", "POST"):
                seen = [(r.status_code, dict(r.headers), r.content, str(r.cookies)) for r in (world.generic(method, path) for world in worlds)]
                assert seen[0] == seen[1], (method, path)
                compared += 1
                if path == "/logout":
                    worlds = [client_for(gate, EVALUATOR, clock) for gate in (quiet, loud)]
    assert compared > 200
    saves = [(world.post(WEEK4, sent(skin(2))).content, world.get("/").content) for world in worlds]
    assert saves[0] == saves[1]


def test_another_evaluator_takes_a_patient_over_only_with_a_reason(client, gate) -> None:
    other = client(EVALUATOR, name="evaluator-2")
    assert "assessed by evaluator so far" in text(other.get("/")) and "assessed by" not in text(client(EVALUATOR).get("/"))
    page = text(other.get(WEEK4))
    assert "One evaluator stays with one patient" in page and 'name="v.FACE"' not in page and f"/subject/{OLD}/take-over" in page
    assert other.post(WEEK4, sent(skin(1))).status_code == 422
    assert other.post(f"/subject/{OLD}/take-over", {"v.BECAUSE": ""}).status_code == 422
    assert other.post(f"/subject/{OLD}/take-over", {"v.BECAUSE": "the first evaluator is ill"})["Location"] == "/"
    assert other.post(WEEK4, sent(skin(1))).status_code == 303
    assert client(EVALUATOR).get(f"/subject/{YOUNG}/take-over").status_code == 404, "nobody began with this patient"
    assert client(Audience.COORDINATOR).get(f"/subject/{OLD}/take-over").status_code == 404
    assert "Another evaluator took over" in text(client(Audience.DATA_MANAGER).get(f"/subject/{OLD}/trail"))


@pytest.mark.req("BLD-09")
def test_that_the_treatment_may_be_known_is_reported_from_any_page_in_choices_alone(client, gate) -> None:
    evaluator = client(EVALUATOR)
    for path in ("/", WEEK4, f"{WEEK4}/history", "/nothing"):
        assert 'href="/learned"' in text(evaluator.get(path)), path
    page = text(evaluator.get("/learned"))
    assert OLD in page and NEW not in page and "<textarea" not in page and 'type="text"' not in page
    assert evaluator.post("/learned", {"v.SUBJECT": OLD}).status_code == 422
    told = {"v.SUBJECT": OLD, "v.LEARNDAT": "2026-02-03", "v.LEARNHOW": "COLLEAGUE", "v.LEARNCER": "4"}
    assert evaluator.post("/learned", told | {"v.LEARNDAT": "2027-01-01"}).status_code == 422
    assert evaluator.post("/learned", told | {"v.SUBJECT": NEW}).status_code == 422
    assert evaluator.post("/learned", told)["Location"] == "/" and "Reported." in text(evaluator.get("/"))
    for role, count in ((EVALUATOR, 1), (Audience.INVESTIGATOR, 1), (Audience.MONITOR, 1), (Audience.COORDINATOR, 0), (Audience.PHYSICIAN, 0)):
        assert len(gate.casebook(role).subject(OLD).rows("UNMASKING")) == count, role
    (row,) = gate.casebook(EVALUATOR).subject(OLD).rows("UNMASKING")
    assert row.answers == {"LEARNDAT": "2026-02-03", "LEARNHOW": "COLLEAGUE", "LEARNCER": "4"}
    assert evaluator.get(f"/subject/{OLD}/log/UNMASKING").status_code == 404, "a report is no task, and is not read back"


def test_a_report_does_not_make_a_patient_somebodys(client, gate) -> None:
    told = {"v.SUBJECT": YOUNG, "v.LEARNDAT": "2026-02-03", "v.LEARNHOW": "OTHER", "v.LEARNCER": "1"}
    assert client(EVALUATOR, name="evaluator-2").post("/learned", told).status_code == 303
    assert gate.casebook(EVALUATOR).subject(YOUNG).evaluator == ""
    assert client(EVALUATOR, name="evaluator-2").post("/learned", told | {"v.SUBJECT": OLD}).status_code == 303, "also of another's patient"
