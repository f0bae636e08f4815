"""What an observer may not know cannot change a byte of what he sees: two worlds, one observer, no difference; and planted leaks that must show."""

import gc
import logging
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from statistics import mean, variance
from time import perf_counter_ns

import pytest
from attrs import evolve

import trialwright
from studies.telitacicept_ssc.protocol import STUDY
from tests.release_gate import Shown, deep
from trialwright.capture import policy, probes
from trialwright.capture.handed import files
from trialwright.capture.prober import at, still
from trialwright.capture.probes import METHODS, Unprobed, addresses, body, knowledge
from trialwright.capture.proof import Tale, prove
from trialwright.protocol import ROLE_NAMES, Audience, Study
from trialwright.rehearsal.worlds import Betrayed, Mode, World, pair
from trialwright.testing import tiny_study

for talker in ("django.request", "django.security"):  # a crawl meets thousands of pages that do not exist, under names that are not ours
    logging.getLogger(talker).setLevel(logging.CRITICAL)
pytestmark = [pytest.mark.property, pytest.mark.web]
TINY = tiny_study()
EVALUATOR, DATA_MANAGER, STATISTICIAN = Audience.EVALUATOR, Audience.DATA_MANAGER, Audience.STATISTICIAN
BLIND = (EVALUATOR, DATA_MANAGER, STATISTICIAN)


@pytest.fixture(autouse=True)
def _still() -> Iterator[None]:
    with still(EVALUATOR | DATA_MANAGER | STATISTICIAN | Audience.MONITOR):
        yield


def told(study: Study, observer: Audience, pairs: int, *, seed: str = "t", **more: object) -> Tale:
    """The tale of so many pairs; it ends at the first difference."""
    for tale in prove(study, observer, (f"{seed}{number}" for number in range(pairs)), **more):  # type: ignore[arg-type]  # options of prove
        if tale.differences:
            break
    return tale


@pytest.mark.req("BLD-02", "BLD-07", "BLD-10")
@pytest.mark.parametrize("observer", BLIND, ids=lambda role: role.name)
def test_what_an_observer_may_not_know_changes_nothing_that_he_sees(observer: Audience) -> None:
    """Record, calendar, compartment, pages, refusals, mails, statements and rows, in worlds of swapped arms, purged and other hidden events."""
    tale = told(TINY, observer, 4)
    assert tale.differences == [] and tale.mails == 0 and not [one for one in tale.requests if one[2] == 500]
    assert sum(tale.requests.values()) > 200


@pytest.mark.req("BLD-02")
@pytest.mark.parametrize("observer", BLIND, ids=lambda role: role.name)
def test_nor_in_the_study_that_is_run(observer: Audience) -> None:
    assert told(STUDY, observer, 2, seed="ssc").differences == []


@pytest.mark.req("BLD-05")
def test_nor_in_the_files_that_a_blinded_analyst_has_before_the_lock() -> None:
    """Data sets, analysis data sets and the casebook on paper, as statistician and as data manager."""
    for observer in (DATA_MANAGER, STATISTICIAN):
        assert told(TINY, observer, 2, share=0.02, files=files).differences == []


@pytest.mark.req("BLD-02")
def test_a_monitor_whom_the_study_blinds_is_an_observer_like_the_others() -> None:
    blinder = evolve(TINY, blinded=TINY.blinded | Audience.MONITOR)
    masked = evolve(blinder, forms=tuple(_masked(form, Audience.MONITOR) for form in blinder.forms))
    assert told(masked, Audience.MONITOR, 2).differences == []


def _masked(form, role):
    """The form with `role` taken out of whatever hints at the arm."""
    sections = tuple(evolve(one, items=tuple(evolve(item, audience=item.audience & ~role) if item.hints_at_arm else item for item in one.items))
                     for one in form.sections)  # fmt: skip
    return evolve(form, sections=sections)


# ------------------------------------------------------------------------------------------------ what is asked


@pytest.mark.req("BLD-02", "ACC-02")
def test_every_route_is_asked_by_every_method_and_what_is_closed_looks_like_what_is_not_there() -> None:
    world = World(TINY, EVALUATOR)
    list(world.live(pair(TINY, EVALUATOR, "w").first, lambda now: None))
    asked = probes.probes(TINY, EVALUATOR, [world], Random(1))
    assert {(one.route, one.method) for one in asked} == {(route.name, method) for route in policy.ROUTES for method in METHODS}
    with at(world) as browser:
        gone = browser.ask(probes.Probe(route="none", method="GET", path="/no/such/page"))
        closed = [browser.ask(evolve(one, path=one.path.partition("?")[0], headers={})) for one in asked
                  if one.method == "GET" and EVALUATOR not in policy.BY_NAME[one.route].get]  # fmt: skip
    assert len(closed) > 20 and {(one.status, one.body) for one in closed} == {(404, gone.body)}


def test_the_worlds_differ_and_hidden_names_are_guessed() -> None:
    """Hidden people, entries and questions exist, are tried by name, and are not what both worlds share."""
    found = [pair(TINY, EVALUATOR, f"g{number}") for number in range(30)]
    assert {one.mode for one in found} == set(Mode)
    worlds = [World(TINY, EVALUATOR) for _ in range(2)]
    other = next(one for one in found if one.mode is Mode.INDEPENDENT and any(deed.name == "screens" for deed in one.first))
    for world, history in zip(worlds, (other.first, other.second), strict=True):
        list(world.live(history, lambda now: None))
    assert worlds[0].lines != worlds[1].lines and worlds[0].compartment() == worlds[1].compartment() != []
    known = knowledge(TINY, EVALUATOR, worlds)
    hidden = {entry.ref for world in worlds for entry in world.gate.casebook(Audience.CUSTODIAN).everything if EVALUATOR not in entry.event.label}
    assert hidden and hidden <= set(known["ref"])
    assert {subject.id for subject in worlds[0].gate.casebook(Audience.CUSTODIAN).subjects} <= set(known["subject"])


def test_a_new_route_without_a_recipe_is_found() -> None:
    """Whoever adds a place or a page for the blinded says how to ask it, or this proof fails."""
    world = World(TINY, EVALUATOR)
    known = knowledge(TINY, EVALUATOR, [world])
    new = policy.Route(name="brand-new", pattern="new/<str:thing>", get=EVALUATOR, post=EVALUATOR)
    with pytest.raises(Unprobed, match=r"the route brand-new has a place <thing> for which the prober has no words"):
        next(addresses(new, known))
    with pytest.raises(Unprobed, match=r"EVALUATOR may send something to the route brand-new, and the prober has no recipe"):
        body(TINY, EVALUATOR, new, known, Random(1))
    for route in policy.ROUTES:
        next(addresses(route, known))
        for observer in (*BLIND, Audience.MONITOR):
            body(TINY, observer, route, known, Random(1))


@pytest.mark.req("BLD-10")
def test_nothing_in_the_house_can_send_a_mail() -> None:
    """No notification exists: no module can write one."""
    house = Path(trialwright.__file__).parent
    sends = re.compile(r"^\s*(from|import) (smtplib|email\.mime|django\.core\.mail|django\.core import mail|requests|httpx|urllib\.request)", re.MULTILINE)
    able = {file.relative_to(house).as_posix() for file in house.rglob("*.py") if sends.search(file.read_text(encoding="utf-8"))}
    assert able == {"capture/prober.py", "capture/planted_record.py"}, "the proof alone, which catches mails and plants one"


# ------------------------------------------------------------------------------------------------ planted leaks, all must die


def killed(name: str, observer: Audience | None = None, *, seed: str = "m", most: int = 40, study: Study = TINY) -> int:
    """After how many pairs the planted leak `name` was found; 0 when it was not."""
    from trialwright.capture.planted import PLANTED

    leak = next(one for one in PLANTED if one.name == name)
    role = observer or next(iter(leak.roles))
    made = files if name == "column" else None
    with leak.plant():
        tales = prove(study, role, (f"{seed}{number}" for number in range(most)), files=made)
        number = 0
        try:
            for number, tale in enumerate(tales, 1):
                if tale.differences:
                    return number
        except Betrayed:
            return number + 1
    return 0


def names() -> list[str]:
    """The planted leaks, read from the source: the module itself needs a configured Django."""
    return re.findall(r'_leak\("([a-z-]+)"', (Path(policy.__file__).parent / "planted.py").read_text(encoding="utf-8"))


QUICK = ("no-label", "chain", "allocation", "header", "length", "statements", "due", "mail", "time", "refusal")


@pytest.mark.req("BLD-02")
@pytest.mark.parametrize("name", QUICK)
def test_a_planted_leak_is_found(name: str) -> None:
    """The test of the test, a quick slice: a house with this leak must fail the proof."""
    assert 1 <= killed(name) <= 10


def test_twenty_kinds_of_leak_and_more_are_known() -> None:
    from trialwright.capture.planted import PLANTED

    assert [one.name for one in PLANTED] == names() and len(names()) == len(set(names())) >= 20
    assert set(QUICK) <= set(names()) and all(one.what.en and one.what.zh for one in PLANTED)


@pytest.mark.req("BLD-02")
def test_answers_that_somebody_may_not_see_do_not_keep_a_mark_from_him() -> None:
    """Found by pair 241 of a certificate: a page was not marked as not done because of answers that the data manager may not see."""
    assert next(iter(prove(STUDY, DATA_MANAGER, ["1/DATA_MANAGER/241"]))).differences == []


@pytest.mark.nightly
@pytest.mark.req("BLD-02")
@pytest.mark.parametrize("seed", range(5))
def test_every_planted_leak_is_found_with_every_seed(shown: Shown, seed: int) -> None:
    """Each within 500 pairs at the most; by every role that would learn from it."""
    from trialwright.capture.planted import PLANTED

    found = {(leak.name, role): killed(leak.name, role, seed=f"night{seed}/", most=500) for leak in PLANTED for role in islice(leak.roles, 3)}
    shown("R11", f"planted leaks, seed {seed}", leaks=len(PLANTED), leaks_by_role=len(found), not_found=sum(not pairs for pairs in found.values()),
          most_pairs_needed=max(found.values()))  # fmt: skip
    assert [one for one, pairs in found.items() if not pairs] == []


@pytest.mark.nightly
@pytest.mark.req("BLD-02", "BLD-05")
@pytest.mark.parametrize("study", [TINY, STUDY], ids=lambda study: study.code)
@pytest.mark.parametrize("observer", BLIND, ids=lambda role: role.name)
def test_no_difference_in_many_worlds(shown: Shown, study: Study, observer: Audience) -> None:
    """Few requests in each pair, so that there can be 20,000 pairs; half of them in the smallest study that has something of everything."""
    gc.freeze()  # what is imported by now need not be looked through again and again
    tale = told(study, observer, deep(8_000 if observer is EVALUATOR else 1_000), seed="night", share=0.02)
    shown("R11", f"{ROLE_NAMES[observer].en}, {study.code}", pairs_of_worlds=tale.pairs.total(), views=tale.looks, answers=tale.requests.total(),
          megabytes=tale.bytes // 10**6, differences=len(tale.differences), seeds="night0 on")  # fmt: skip
    assert tale.differences == [] and tale.mails == 0 and not [one for one in tale.requests if one[2] == 500]


# ------------------------------------------------------------------------------------------------ how long an answer takes


def welch(first: list[int], second: list[int]) -> float:
    """Welch's t of two samples of times, each cut at its upper tenth: a machine that was busy is no leak."""
    cut = [sorted(times)[: len(times) * 9 // 10] for times in (first, second)]
    spread = sum(variance(times) / len(times) for times in cut)
    return (mean(cut[0]) - mean(cut[1])) / spread**0.5


def timed(rounds: int, slow: int = 0) -> float:
    """The t of the times that the evaluator's home takes in a world with many hidden events and in one without, asked in turn.

    `slow`: so many nanoseconds more for each hidden entry, for the test of the test.
    """
    full, empty = World(TINY, EVALUATOR), World(TINY, EVALUATOR)
    hidden = [deed for number in range(12) for deed in pair(TINY, EVALUATOR, f"time{number}").first if EVALUATOR not in deed.told]
    list(full.live(hidden, lambda now: None))
    count = sum(EVALUATOR not in entry.event.label for entry in full.gate.casebook(Audience.CUSTODIAN).everything)
    assert count > 40
    times: dict[bool, list[int]] = {True: [], False: []}
    home = probes.Probe(route="home", method="GET", path="/")
    with at(full) as one, at(empty) as other:
        for turn in range(2 * rounds):
            many = turn % 2 == 0
            began = perf_counter_ns()
            (one if many else other).ask(home)
            while many and perf_counter_ns() - began < slow * count:
                pass
            times[many].append(perf_counter_ns() - began)
    return welch(times[True][20:], times[False][20:])


@pytest.mark.nightly
@pytest.mark.req("BLD-10")
def test_the_time_of_an_answer_does_not_tell_how_much_is_hidden() -> None:
    """After dudect: interleaved requests, Welch's t below 4.5; and a page that waits for what is hidden is found out."""
    assert abs(timed(2_000)) < 4.5
    assert abs(timed(400, slow=2_000_000)) > 4.5
