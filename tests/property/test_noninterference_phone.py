"""What patients answer on their phones reaches no page of the evaluator, and nothing but his own schedule and answers reaches the phone of a patient."""

import logging
import re
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from worlds import STUDY, Step, World, hidden_steps, low_steps, merged, subjects, visits

from trialwright.capture import links
from trialwright.capture.testing import client_for
from trialwright.protocol import SELF, SITE, Audience, Form, Item, Kind, incoherences, one_section, same
from trialwright.record import Answer, Freeze, HandIn, MarkNotDone

logging.getLogger("django.request").setLevel(logging.ERROR)
pytestmark = [pytest.mark.property, pytest.mark.web]
DIARY = Form(
    code="DIARY", title=same("diary"), entered_by=Audience.COORDINATOR | Audience.PATIENT,
    sections=one_section(same("diary"), [Item(code="DAY", label=same("day"), kind=Kind.DATE, audience=SELF, absences=()),
                                         Item(code="WELL", label=same("well"), kind=Kind.INTEGER, audience=SELF, low=0, high=3),
                                         Item(code="NOTE", label=same("note"), kind=Kind.TEXT, audience=SITE, required=False)]))  # fmt: skip
WITH_DIARY = evolve(STUDY, forms=(*STUDY.forms, DIARY),
                    visits=tuple(evolve(visit, forms=(*visit.forms, "DIARY")) if visit.day >= 0 else visit for visit in STUDY.visits))  # fmt: skip
ME = "S1"
hand_ins = st.builds(
    lambda s, v, well, id, ago: Step(Audience.PATIENT, HandIn(subject=s, visit=v, form="DIARY", entries={"WELL": str(well)}, submission=f"{id:032x}",
                                                              answered=World(WITH_DIARY).moment + timedelta(hours=ago)), True),
    subjects, visits, st.integers(0, 4), st.integers(0, 3), st.integers(0, 200))  # fmt: skip
papers = st.builds(lambda s, v, well: Step(Audience.COORDINATOR, Answer(subject=s, visit=v, form="DIARY", entries={"WELL": str(well)}, reason="x"), True),
                   subjects, visits, st.integers(0, 3))  # fmt: skip
missed = st.builds(lambda s, v: Step(Audience.COORDINATOR, MarkNotDone(subject=s, visit=v, form="DIARY", reason="x"), True), subjects, visits)
diaries = st.lists(st.one_of(hand_ins, papers, missed), max_size=8)


def placed(draw, low, high):
    return merged(low, high, draw(st.lists(st.integers(0, len(low)), min_size=len(high), max_size=len(high))))


@st.composite
def evaluators_pairs(draw):
    """Two histories with the same work of the evaluator, and other answers of patients."""
    low = draw(low_steps)
    return placed(draw, low, draw(diaries)), placed(draw, low, draw(diaries))


@st.composite
def patients_pairs(draw):
    """Two histories with the same answers of one patient, entered or handed in, and anything else that may happen in a trial, but for
    freezing all that is his: then his phone is told that nothing is taken."""
    mine = [step for step in draw(diaries) if step.command.subject == ME]
    others = st.lists(st.one_of(hand_ins, papers).filter(lambda step: step.command.subject != ME), max_size=5)
    anything = st.tuples(others, hidden_steps, low_steps).map(lambda parts: [evolve(step, hidden=True) for part in parts for step in part
                                                                            if not (isinstance(step.command, Freeze) and step.command.subject == ME)])
    return placed(draw, mine, draw(anything)), placed(draw, mine, draw(anything))


def seen_by_evaluator(history, link=None):
    world = World(WITH_DIARY)
    world.live(history, lambda now: None)
    client = client_for(world.gate, Audience.EVALUATOR, lambda: world.moment)
    pages = ("/", "/subject/S1/visit/BASE/SCORE", "/subject/S1/visit/BASE/DIARY", "/subject/S1/phone", "/subject/S1", "/phone/x")
    return [(page, answer.status_code, sorted(answer.headers.items()), answer.content) for page in pages for answer in [client.get(page)]]


def seen_by_patient(history, days=0):
    """His list, his sheet and what a phone is told, as they stand at the end, without the tokens of the session."""
    world = World(WITH_DIARY)
    world.live(history, lambda now: None)
    now = world.moment.replace(year=2026, month=1, day=5) + timedelta(days=days)
    client = client_for(world.gate, None, lambda: now)
    fresh = opened(now)
    client.post(f"/phone/{fresh.secret}", {"code": fresh.code})
    answers = [client.get(f"/phone/{fresh.secret}{path}?in=en") for path in ("", "/BASE/DIARY", "/W4/DIARY", "/W4/SCORE", "/send")]
    bare = [re.sub(r'[0-9a-f-]{36}|[A-Za-z0-9]{32}|"token": "[^"]+"', "", answer.content.decode().replace(fresh.secret, "LINK")) for answer in answers]
    return [(answer.status_code, answer.get("Location", "").replace(fresh.secret, "LINK"), text) for answer, text in zip(answers, bare, strict=True)]


_links = {}


def opened(now):
    """One link for all worlds: it lies with the accounts, not in the trial."""
    if ME not in _links:
        _links[ME] = links.issue(ME, now.date() + timedelta(days=300), "coordinator", now, now.date())
    return _links[ME]


def test_the_study_with_a_diary_hangs_together_and_patients_fill_it():
    """The test of the test: hand-ins are kept, stand on the patient's page and nowhere on the evaluator's."""
    assert incoherences(WITH_DIARY) == ()
    step = Step(Audience.PATIENT, HandIn(subject=ME, visit="BASE", form="DIARY", entries={"WELL": "2"}, submission="0" * 32, answered=World().moment), True)
    (status, _, before), *_ = seen_by_patient([])
    assert status == 200 and "1 question<" in before and "Sent 2026" not in before
    (_, _, after), *_ = seen_by_patient([step])
    assert "Sent 2026-01-05" in after
    assert [status for _, status, _, _ in seen_by_evaluator([step])] == [200, 200, 404, 404, 404, 404]


@pytest.mark.req("BLD-02", "BLD-10")
@settings(max_examples=15, deadline=None)
@given(pair=evaluators_pairs())
def test_what_patients_answer_changes_no_byte_for_the_evaluator(pair):
    first, second = map(seen_by_evaluator, pair)
    assert first == second


@pytest.mark.req("ACC-03")
@settings(max_examples=15, deadline=None)
@given(pair=patients_pairs(), days=st.sampled_from((0, 1, 25, 28, 200)))
def test_nothing_but_his_own_changes_a_patients_phone(pair, days):
    first, second = (seen_by_patient(history, days) for history in pair)
    assert first == second


@pytest.mark.nightly
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(pair=evaluators_pairs(), other=patients_pairs(), days=st.integers(0, 120))
def test_the_same_at_length(pair, other, days):
    first, second = map(seen_by_evaluator, pair)
    assert first == second
    first, second = (seen_by_patient(history, days) for history in other)
    assert first == second


@pytest.mark.parametrize("leak", ["the staff's view", "everybody's casebook"])
def test_a_planted_leak_shows(monkeypatch, leak):
    """The phone drawn from what staff know, or told how many people the trial has."""
    from trialwright.capture.views import phone

    real = phone._show

    def leaking(request, template, link, status=200, **context):
        answer = real(request, template, link, status, **context)
        gate = phone.desk_of(request).gate
        book = gate.casebook(Audience.COORDINATOR)
        told = len(book.subject(ME).pages) if leak == "the staff's view" else len(book.everything)
        answer.content = answer.content + str(told).encode()
        return answer

    monkeypatch.setattr(phone, "_show", leaking)

    @settings(max_examples=60, database=None, derandomize=True, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(pair=patients_pairs())
    def leaks(pair):
        first, second = map(seen_by_patient, pair)
        assert first == second

    with pytest.raises((AssertionError, ExceptionGroup)):
        leaks()
