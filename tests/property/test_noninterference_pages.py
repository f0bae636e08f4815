"""The evaluator's pages in two worlds: every route, every method, prying requests included, answer byte for byte alike."""

import logging
import re
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from worlds import SUBJECTS, World, pairs

from trialwright.capture import policy
from trialwright.capture.testing import client_for
from trialwright.protocol import Audience

logging.getLogger("django.request").setLevel(logging.ERROR)  # a crawl meets hundreds of pages that do not exist
pytestmark = [pytest.mark.property, pytest.mark.web]

PLACES = {  # what a prying person would write into an address: what is his, what is hidden, what does not exist
    "subject": ("S1", "P1", "nobody"), "visit": ("BASE", "W4"), "form": ("SCORE", "BLOOD", "DOSE"), "row": ("a",), "item": ("SITE1", "IGG"),
    "query": ("BCDFGHJK",), "ref": ("0123456789abcdef",), "account": ("monitor",), "file": ("e2b.xml",), "link": ("x" * 24,),
}  # fmt: skip
TYPED = {f"{what}.SITE{n}": value for n in (1, 2, 3) for what, value in (("v", str(n)), ("seen", "0"))}
BODIES = ({}, TYPED, {"SITE1": "1", "IGG": "9", "arm": "T", "reason": "prying", "because": "prying", "to": "EVALUATOR", "second": "safety", "password": "x"})


def addresses():
    """Every address that the router knows, its places filled in every way."""
    for name, pattern, methods in policy.routes():
        filled = [pattern]
        for place, values in PLACES.items():
            filled = [re.sub(rf"<str:{place}>", value, one) for one in filled for value in (values if f"<str:{place}>" in one else ("",))]
        assert not any("<" in one for one in filled), f"the route {name} has a place this test does not know: teach it"
        for address in filled:
            yield name, address, methods


ADDRESSES = tuple(addresses())
PRYING = tuple((name, address, body) for name, address, methods in ADDRESSES if "POST" in methods and name not in ("login", "logout", "language")
               for body in BODIES)  # fmt: skip


@contextmanager
def counted():
    """How many statements were sent to a database, and how many rows came back is bounded by them."""
    from django.db import connection

    told = []

    def count(execute, sql, params, many, context):
        told.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield told


def asked(client, method, address, body=None):
    with counted() as statements:
        answer = client.get(address) if method == "GET" else client.post(address, body)
    headers = sorted((name, value) for name, value in answer.headers.items())
    return method, address, answer.status_code, headers, b"".join(answer) if answer.streaming else answer.content, len(statements)


class Browser:
    """The evaluator at his desk in one world; what he does is done in both."""

    def __init__(self, world):
        self.client = client_for(world.gate, Audience.EVALUATOR, lambda: world.moment, draw=lambda n: bytes(n))

    def crawl(self, chosen=None):
        return [asked(self.client, "GET", address) for name, address, _ in ADDRESSES if name != "logout" and (chosen is None or address in chosen)]

    def pry(self, places):
        return [asked(self.client, "POST", address, body) for address, body in (PRYING[place % len(PRYING)][1:] for place in places)]

    def type(self):
        """What follows from what he types, on each page that may be his."""
        pages = [f"/subject/{subject}/visit/{visit}/SCORE" for subject in (*SUBJECTS, "P1") for visit in ("BASE", "W4")]
        return [asked(self.client, "POST", f"{page}/follows", TYPED) for page in pages]


SOME = frozenset(["/", "/subject/S1/visit/BASE/SCORE", "/subject/S1/visit/BASE/SCORE/history", "/subject/P1", "/subject/S1/visit/BASE/BLOOD"])


def lived(history, places, whole):
    """All that is seen: some pages after each visible step, then (if `whole`) every address, then prying, then some again."""
    world = World()
    seen = world.live(history, lambda now: Browser(now).crawl(SOME))
    browser = Browser(world)
    return [*seen, browser.crawl(None if whole else SOME), browser.type(), browser.pry(places), browser.crawl(SOME)]


def check(pair, places, whole=True):
    first, second = (lived(history, places, whole) for history in pair)
    for before, after in zip(first, second, strict=True):
        assert before == after


prying = st.lists(st.integers(0, len(PRYING) - 1), min_size=3, max_size=6)


@pytest.mark.req("BLD-02", "BLD-10", "ACC-03")
@settings(max_examples=5, deadline=None)
@given(pair=pairs(), places=prying)
def test_hidden_events_change_no_byte_of_any_page(pair, places):
    check(pair, places)


@pytest.mark.nightly
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(pair=pairs(), places=prying)
def test_hidden_events_change_no_byte_of_any_page_at_length(pair, places):
    check(pair, places)


def test_the_crawl_sees_something_and_meets_every_route():
    """The test of the test: the evaluator's own pages open, everything else is one and the same page."""
    world = World()
    browser = Browser(world)
    answers = {address: (status, body) for _, address, status, _, body, _ in browser.crawl()}
    assert answers["/"][0] == 200 and all(subject.encode() in answers["/"][1] for subject in SUBJECTS)
    assert answers["/subject/S1/visit/BASE/SCORE"][0] == 200
    told = {status: body for _, _, status, _, body, _ in browser.type()}
    assert b"<b class=\"number\">6</b>" in told[200] and b"IgG" not in told[200], "his own total, and nothing that rests on the blood"
    closed = {body for address, (status, body) in answers.items() if status == 404}
    assert len(closed) == 1, "absent, hidden and forbidden look alike"
    assert {name for name, _, _ in ADDRESSES} == {route.name for route in policy.ROUTES}
    for word in (b"BLOOD", b"IGG", b"DOSE", b"Examplumab", b"Treated"):
        assert not any(word in body for _, body in answers.values()), word


# ------------------------------------------------------------------------------------------------ planted leaks, all must die


def _hidden(call):
    return call.desk.gate.casebook(Audience.CUSTODIAN)


def a_count_of_everything_in_a_header(monkeypatch):
    from trialwright.capture import door, pages

    real = pages.render

    def render(call, *arguments, **more):
        answer = real(call, *arguments, **more)
        answer["X-Entries"] = str(len(_hidden(call).everything))
        return answer

    for module in (door, pages, *(sys.modules[name] for name in list(sys.modules) if name.startswith("trialwright.capture.views."))):
        if hasattr(module, "render"):
            monkeypatch.setattr(module, "render", render)


def forbidden_instead_of_not_found(monkeypatch):
    from django.http import HttpResponse

    from trialwright.capture import door

    real = door.render

    def render(call, template, status=200, **more):
        path = call.request.path
        if status == 404 and any(f"/{subject.id}" in path for subject in _hidden(call).subjects if not call.book.knows(subject.id)):
            return HttpResponse("forbidden", status=403)
        return real(call, template, status=status, **more)

    monkeypatch.setattr(door, "render", render)


def a_worklist_in_order_of_last_touch(monkeypatch):
    from trialwright.capture.views import evaluator

    def touched(call):
        return sorted(evaluator_assessments(call), key=lambda one: -len(_hidden(call).entries(one.subject)))

    evaluator_assessments = evaluator._assessments
    monkeypatch.setattr(evaluator, "sorted", lambda found, key: list(found), raising=False)
    monkeypatch.setattr(evaluator, "_assessments", touched)


def a_due_date_from_the_last_dose(monkeypatch):
    from datetime import timedelta

    from trialwright.capture import desk

    real = desk.Call.today.fget
    monkeypatch.setattr(desk.Call, "today", property(lambda call: real(call) + timedelta(days=7 * len(_hidden(call).subject("S1").rows("DOSE")))))


def one_more_statement_where_something_is_hidden(monkeypatch):
    from trialwright.capture.views import evaluator

    real = evaluator.worklist

    def worklist(call):
        from django.db import connection

        for _ in range(len(_hidden(call).everything) % 5):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        return real(call)

    monkeypatch.setattr(evaluator, "worklist", worklist)
    from trialwright.capture import addresses as addressed
    from trialwright.capture.views import matrix

    for module in (addressed, matrix):
        if hasattr(module, "worklist"):
            monkeypatch.setattr(module, "worklist", worklist)


def a_page_that_grows_with_the_trial(monkeypatch):
    from trialwright.capture import pages

    real = pages.environment

    class Padded:
        def __init__(self, template):
            self.template = template

        def render(self, **context):
            call = context.get("call")
            return self.template.render(**context) + (" " * len(_hidden(call).everything) if call else "")

    class Environment:
        def get_template(self, name):
            return Padded(real().get_template(name))

    monkeypatch.setattr(pages, "environment", lambda: Environment())


def a_score_that_rests_on_the_blood(monkeypatch):
    from trialwright.capture.views import casereport

    def concluded(here):
        place = (here.visit, here.form.code, here.row)
        answers = casereport.typed(here.page, here.items, here.call.request.POST)
        return casereport.conclusions(here.call.study, _hidden(here.call).subject(here.subject.id), Audience.CUSTODIAN, place, answers)

    monkeypatch.setattr(casereport, "concluded", concluded)


MUTANTS = (a_score_that_rests_on_the_blood,
           a_count_of_everything_in_a_header, forbidden_instead_of_not_found, a_worklist_in_order_of_last_touch,
           a_due_date_from_the_last_dose, one_more_statement_where_something_is_hidden, a_page_that_grows_with_the_trial)  # fmt: skip


@pytest.mark.req("BLD-02")
@pytest.mark.parametrize("plant", MUTANTS, ids=lambda plant: plant.__name__)
def test_every_planted_leak_shows_on_some_page(monkeypatch, plant):
    plant(monkeypatch)

    @settings(max_examples=60, database=None, derandomize=True, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(pair=pairs(), places=prying)
    def leaks(pair, places):
        check(pair, places, whole=False)

    with pytest.raises((AssertionError, ExceptionGroup)):
        leaks()
