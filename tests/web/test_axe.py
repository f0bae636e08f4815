"""Every page of every kind of person, looked at by axe-core in a real browser: nothing serious, nothing wide, nothing refused, nothing from elsewhere."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.web.walk import DICTIONARIES, STAFF, Stop, busy_trial, entered, stops
from trialwright.blinding import Gate
from trialwright.capture import application
from trialwright.capture.policy import ROUTES
from trialwright.capture.testing import client_for, temporary_attachments, temporary_place
from trialwright.protocol import Audience
from trialwright.testing import START

pytestmark = pytest.mark.web
GRAVE = ("serious", "critical")
FIRST = (Audience.EVALUATOR, Audience.INVESTIGATOR, Audience.CUSTODIAN, Audience.MONITOR, Audience.DATA_MANAGER, Audience.COORDINATOR,
         Audience.PHYSICIAN, Audience.SAFETY, Audience.STATISTICIAN)  # fmt: skip
"""Who looks first when one look at each page is enough: those with the most pages that nobody else has."""
ZOOMED = {"width": 640, "height": 480}
"""What a window of 1280 pixels shows at 200 %."""


def today() -> datetime:
    return START + timedelta(days=30)


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[str, Gate]]:
    """One trial, served for all the tests of this file; they only read."""
    from waitress.server import create_server

    gate = busy_trial()
    for role in STAFF:
        client_for(gate, role, today)
    app = application(gate, temporary_place(), clock=today, attachments=temporary_attachments(), dictionaries=DICTIONARIES)
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}", gate
    server.close()
    thread.join(timeout=5)


def grave(page: Any) -> list[str]:
    """What axe-core finds serious or critical on the page as it stands."""
    found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found if one["impact"] in GRAVE for node in one["nodes"]]


def faults(page: Any, stop: Stop) -> list[str]:
    """All that is wrong with one page: its answer, its width at 100 and 200 %, and what axe-core says."""
    answer = page.goto(stop.path)
    wrong = [] if answer.status == 200 else [f"answered {answer.status}"]
    wrong += grave(page)
    for size in (ZOOMED, {"width": 1280, "height": 720}):
        page.set_viewport_size(size)
        width = page.evaluate("document.documentElement.scrollWidth")
        wrong += [f"{width} pixels wide in a window of {size['width']}"] if width > size["width"] else []
    return [f"{stop.path}: {one}" for one in wrong]


def look(browser: Any, world: tuple[str, Gate], role: Audience, language: str, chosen: list[Stop]) -> list[str]:
    """Opens pages one after the other; gives their faults, what the browser complained about, and requests to anywhere else."""
    url, gate = world
    context = entered(browser, url, gate, today, role, language)
    page, said = context.new_page(), list[str]()
    page.on("console", lambda one: said.append(f"{page.url}: {one.text}") if one.type == "error" else None)
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    page.on("request", lambda request: None if request.url.startswith(url) else said.append(f"{page.url} asked {request.url}"))
    found = [fault for stop in chosen for fault in faults(page, stop)]
    context.close()
    return [f"{role.name} {language} {one}" for one in found + said]


def each_route_once(gate: Gate) -> dict[Audience, list[Stop]]:
    """One page for every route, each with the first person who can open it."""
    seen: set[str] = set()
    chosen: dict[Audience, list[Stop]] = {}
    for role in FIRST:
        for stop in stops(client_for(gate, role, today), every_form=False):
            if stop.route not in seen:
                seen.add(stop.route)
                chosen.setdefault(role, []).append(stop)
    return chosen


ELSEWHERE = {"login", "session", "casebook", "code", "changes", "event-file", "break", "unlock", "allocate", "seal", "take-over", "row-thaw", "thaw-all",
             "phone", "phone-app", "phone-send", "phone-form", "accept-state", "attachment", "copy-made", "copy-file"}
"""Routes that are no page for somebody logged in, or none in this trial: it is not locked, draws no lots, has one evaluator, hides no arm from
those who treat, nobody doubts its record, and only one page of it is frozen. What lies on a patient's phone is looked at with the tests of the
phone, the copy of the study with its own."""


def test_no_page_has_a_grave_fault_for_those_who_cannot_see_or_use_a_mouse(browser, world) -> None:
    chosen = each_route_once(world[1])
    assert {stop.route for some in chosen.values() for stop in some} >= {route.name for route in ROUTES if route.get} - ELSEWHERE
    assert [fault for role, some in chosen.items() for fault in look(browser, world, role, "en", some)] == []


@pytest.mark.nightly
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("role", STAFF, ids=lambda role: role.name)
def test_no_page_of_any_kind_of_person_has_a_grave_fault(browser, world, role: Audience, language: str) -> None:
    chosen = list(stops(client_for(world[1], role, today, language=language)))
    assert len({stop.route for stop in chosen}) >= (6 if role is Audience.EVALUATOR else 15)
    assert look(browser, world, role, language, chosen) == []


def test_planted_faults_are_found(browser, world) -> None:
    """A field without a name, a picture without words, and gray on gray: the look would have seen them."""
    context = entered(browser, *world, today, Audience.COORDINATOR)
    page = context.new_page()
    page.goto("/password")
    assert grave(page) == []
    page.evaluate("""() => {
        const main = document.querySelector("main"), image = document.createElement("img"), field = document.createElement("input");
        const pale = document.createElement("p");
        image.src = "/static/icon.svg";
        pale.textContent = "nobody can read this";
        pale.style.color = "#999";
        pale.style.backgroundColor = "#aaa";
        main.append(image, field, pale);
        main.append(Object.assign(document.createElement("p"), { textContent: "x".repeat(400) }));
    }""")
    assert {one.partition(":")[0] for one in grave(page)} >= {"image-alt", "label", "color-contrast"}
    assert page.evaluate("document.documentElement.scrollWidth > innerWidth"), "and what is too wide is seen as too wide"
    context.close()


@pytest.mark.parametrize(("role", "path"), [(Audience.COORDINATOR, "/"), (Audience.MONITOR, "/queries"), (Audience.EVALUATOR, "/")],
                         ids=lambda one: getattr(one, "name", one))  # fmt: skip
def test_the_tabulator_goes_through_the_page_in_its_order_and_out_again(browser, world, role: Audience, path: str) -> None:
    context = entered(browser, *world, today, role)
    page = context.new_page()
    page.goto(path)
    page.evaluate("""() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
        .forEach((one, place) => { one.dataset.place = place; })""")
    places, shown = [], []
    for _ in range(page.locator("[data-place]").count() + 2):
        page.keyboard.press("Tab")
        place = page.evaluate("document.activeElement.dataset.place ?? ''")
        if place in ("", *places):
            break
        places.append(place)
        shown.append(page.evaluate("""() => { const style = getComputedStyle(document.activeElement);
            return style.outlineStyle !== "none" || style.boxShadow !== "none"; }"""))  # fmt: skip
    assert len(places) > 4 and places == sorted(places, key=int), "the order of reading"
    assert all(shown), "where one is must be visible"
    reachable = """all => all.filter(one => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true })
        && one.type !== "radio" && one.type !== "hidden").map(one => one.dataset.place)"""
    assert set(page.eval_on_selector_all("[data-place]", reachable)) <= set(places), "everything is reached"
    context.close()
