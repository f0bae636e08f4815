"""Two worlds that differ only in what tells the arm give the blinded data manager and statistician the same study pages, byte by byte."""

import logging
import sys
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from worlds import World, allocations, blood, doses, low_steps, merged, openings, swapped

from trialwright.capture.testing import client_for
from trialwright.protocol import Audience

logging.getLogger("django.request").setLevel(logging.ERROR)
pytestmark = [pytest.mark.property, pytest.mark.web]
BLIND = (Audience.DATA_MANAGER, Audience.STATISTICIAN)
PAGES = ("/study", "/monitoring", "/balance", "/subject/S1", "/")
hidden_steps = st.lists(st.one_of(allocations, blood, doses, openings), max_size=8)
"""What those who analyze may not know: arms, doses, what hints at the arm, and codes that were broken."""


@st.composite
def pairs(draw):
    """Two histories with equal visible steps and other hidden ones: swapped, left out, or independent."""
    low, high = draw(low_steps), draw(hidden_steps)
    second = {"swap": swapped(high), "purge": [], "independent": draw(hidden_steps)}[draw(st.sampled_from(("swap", "purge", "independent")))]
    places = [draw(st.lists(st.integers(0, len(low)), min_size=len(one), max_size=len(one))) for one in (high, second)]
    return merged(low, high, places[0]), merged(low, second, places[1])


def seen(history):
    world = World()
    world.live(history, lambda now: None)
    found = []
    for role in BLIND:
        client = client_for(world.gate, role, lambda: world.moment)
        found += [(role, page, answer.status_code, sorted(answer.headers.items()), answer.content) for page in PAGES for answer in [client.get(page)]]
    return found


@pytest.mark.req("BLD-02")
@settings(max_examples=10, deadline=None)
@given(pair=pairs())
def test_what_tells_the_arm_changes_no_byte_of_the_blinded_study_pages(pair):
    first, second = (seen(history) for history in pair)
    for before, after in zip(first, second, strict=True):
        assert before == after


def test_the_pages_open_and_the_arms_do_not():
    """The test of the test."""
    found = {(role, page): status for role, page, status, _, _ in seen([])}
    assert all(found[role, page] == (404 if page == "/balance" else 200) for role in BLIND for page in PAGES)


def test_a_planted_leak_shows(monkeypatch):
    """Deviations counted on the custodian's view: the doses and codes that he knows change the page."""
    from trialwright.report import progress

    real = progress.recruitment
    told = {}

    def leaking(study, book, today):
        known = real(study, book, today)
        return evolve(known, planned=known.planned + len(told["gate"].casebook(Audience.CUSTODIAN).subject("S1").rows("DOSE")))

    monkeypatch.setattr(progress, "recruitment", leaking)
    monkeypatch.setattr(World, "live", lambda self, history, observe, live=World.live: (told.update(gate=self.gate), live(self, history, observe))[1])

    @settings(max_examples=60, database=None, derandomize=True, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(pair=pairs())
    def leaks(pair):
        first, second = (seen(history) for history in pair)
        assert first == second

    with pytest.raises((AssertionError, ExceptionGroup)):
        leaks()
