"""The study page: counts that follow from the reader's own view, drawings with their numbers, and no arm for anybody."""

import math
import re
from datetime import date, timedelta

import pytest
from scipy import stats

from tests.web.desk import NEW, OLD
from tests.web.test_filling import text
from trialwright.capture.drawing import Bar, Series, bars, lines, ticks
from trialwright.protocol import Audience
from trialwright.record import Answer, FailScreening, Screen
from trialwright.report import progress
from trialwright.statistics.recruitment import days_until_full
from trialwright.testing import START, actor, enrolled, in_memory, tiny_study

pytestmark = pytest.mark.web
A = Audience
READERS = (A.INVESTIGATOR, A.DATA_MANAGER, A.STATISTICIAN, A.MONITOR, A.COORDINATOR, A.PHYSICIAN, A.SAFETY)


@pytest.mark.parametrize("role", READERS, ids=lambda role: role.name)
def test_everybody_but_the_evaluator_reads_it_and_no_arm_is_on_it(client, role) -> None:
    page = text(client(role).get("/study"))
    assert "2 of 20 enrolled, 3 screened since 2026-01-05" in page
    assert "telitacicept" not in page.lower() and "conventional" not in page.lower()
    assert not re.search(r"style=|<script>|onclick", page)
    zh = text(client(role, language="zh").get("/study"))
    assert "入组进度" in zh and "Recruitment" not in zh


def test_it_does_not_exist_for_the_evaluator(client) -> None:
    evaluator = client(A.EVALUATOR)
    assert evaluator.get("/study").content == evaluator.get("/nothing").content


def test_each_reads_only_what_his_role_may(client, gate) -> None:
    gate.do(actor(A.PHYSICIAN), Answer(subject=OLD, form="ADVERSE_EVENTS", row="a1", entries={"AETERM": "cough", "AESER": "Y"}), START + timedelta(days=9))
    assert "Adverse events, all patients" in text(client(A.SAFETY).get("/study"))
    for blind in (A.DATA_MANAGER, A.STATISTICIAN):
        assert "Adverse events, all patients" not in text(client(blind).get("/study"))
    assert "every patient&#39;s course" in text(client(A.INVESTIGATOR).get("/study"))
    assert "every patient&#39;s course" not in text(client(A.COORDINATOR).get("/study")), "who treats does not read the skin score"


def test_failures_visits_questions_and_courses_are_counted(gate) -> None:
    on, now, physician = (START + timedelta(days=29)).date(), START + timedelta(days=29, hours=1), actor(A.PHYSICIAN)
    gate.do(physician, FailScreening(subject=NEW, on=on, criteria=("I3", "I5"), because="x"), now)
    gate.do(physician, Screen(site="01", subject="QQQQQ2"), now)
    gate.do(physician, FailScreening(subject="QQQQQ2", on=on, criteria=(), because="moved away"), now)
    role, today = A.MONITOR, (START + timedelta(days=40)).date()
    book, study = gate.casebook(role), gate.study
    assert progress.screening_failures(study, book) == (("I3", 1), ("I5", 1), ("", 1))
    visits = {one.visit.code: one for one in progress.visits_done(study, book, role, today)}
    assert (visits["BASELINE"].inside, visits["BASELINE"].missed) == (1, 1), "scored on the day; the young one never"
    assert (visits["W4"].missed, visits["W4"].later) == (1, 1)
    assert progress.question_ages(book, START + timedelta(days=3, hours=1)) == (1, 0, 0, 0)
    assert progress.question_ages(book, START + timedelta(days=40)) == (0, 0, 0, 1)
    assert [(one.subject.id, one.total, one.study_day) for one in progress.assessments(study, book, role)] == [(OLD, 34, 0)]
    assert not list(progress.assessments(study, gate.casebook(A.COORDINATOR), A.COORDINATOR))


def test_the_forecast_is_a_range_and_says_nothing_from_nothing() -> None:
    gate, day = in_memory(tiny_study()), START.date()
    assert progress.forecast(gate.study, gate.casebook(A.MONITOR), day + timedelta(days=50)) is None
    for number in range(3):
        enrolled(gate, f"S{number}", at=START + timedelta(days=10 * number))
    told = progress.forecast(gate.study, gate.casebook(A.MONITOR), day + timedelta(days=30))
    assert told is not None and told.full is not None
    assert told.full[0] > day + timedelta(days=30) and told.full[1] > told.full[0]
    assert told.last_visit[0] == max(told.full[0] + timedelta(days=91), day + timedelta(days=20 + 91))
    enrolled(gate, "S4", at=START + timedelta(days=31))
    full = progress.forecast(gate.study, gate.casebook(A.MONITOR), day + timedelta(days=32))
    assert full is not None and full.full is None and full.last_visit == (day + timedelta(days=31 + 91),) * 2


@pytest.mark.parametrize(("joined", "wanted"), [(3, 20), (10, 20), (19, 20)])
def test_the_waiting_time_is_that_of_the_beta_prime_distribution(joined, wanted) -> None:
    """The witness is scipy's own beta prime distribution, whose quantile is found another way."""
    for chance in (0.1, 0.5, 0.9):
        expected = 100 * stats.betaprime(wanted - joined, joined).ppf(chance)
        assert days_until_full(joined, 100, wanted, chance) == pytest.approx(expected, rel=1e-9)
    assert math.isinf(days_until_full(0, 5, 20))
    with pytest.raises(ValueError, match="between 0 and 1"):
        days_until_full(1, 5, 20, 1.0)


def test_drawings_escape_words_and_stay_within_their_frame() -> None:
    made = lines("a < b", [Series(name="<x>", points=((0, 1), (10, 51)))], across="d&d", up="y", head=("x",), whole=(("1",),))
    assert "<x>" not in made.svg and "&lt;x&gt;" in made.svg and 'aria-label="a &lt; b"' in made.svg
    heights = [float(y) for y in re.findall(r'cy="([\d.]+)"', made.svg)]
    assert all(0 < y < 300 for y in heights) and heights[0] > heights[1]
    assert ticks(0, 51)[-1] >= 51 and ticks(date(2026, 1, 1).toordinal(), date(2026, 1, 1).toordinal())
    stacked = bars("t", [Bar(label="W4", counts=(3, 0, 1))], ("a", "b", "c"), first="v")
    assert stacked.rows == (("W4", "3", "0", "1"),) and stacked.svg.count("<rect") == 2
