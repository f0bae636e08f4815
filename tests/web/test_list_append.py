"""Many people append to the same lists through the application, at once: no append is lost, nobody reads backwards, and one order explains it all.

The checker is in the spirit of Elle (Kingsbury and Alvaro, 2020): since every element is appended once, each list tells in which order its appends took
effect, and what somebody read tells what had taken effect before. From that follows who must come before whom; a circle would be an anomaly.
"""

import http.client
import random
import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from graphlib import CycleError, TopologicalSorter
from html import unescape
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

import pytest
from attrs import evolve, field, frozen

from tests.durability.life import damage
from tests.release_gate import Shown, deep
from trialwright.capture import application
from trialwright.capture.testing import TOKEN, client_for, temporary_place
from trialwright.protocol import SITE, Audience, Form, Item, Kind, one_section, same
from trialwright.record import Answer, Consent, OpenStudy, Screen
from trialwright.store import create, open_trial
from trialwright.testing import START, actor, tiny_study

pytestmark = [pytest.mark.web, pytest.mark.req("DAT-05", "DAT-07")]
LISTS = ("A", "B", "C")
SUBJECT = "LIST22"
PEOPLE = 4
ROWS, LONGEST = 3, 60
"""So many rows are written on at a time; after so many elements a new row takes the place of one."""
STUDY = tiny_study()
STUDY = evolve(STUDY, logs=(*STUDY.logs, "LISTS"), forms=(*STUDY.forms, Form(
    code="LISTS", title=same("lists"), repeats=True, entered_by=Audience.COORDINATOR,
    sections=one_section(same("lists"), [Item(code=code, label=same(code), kind=Kind.TEXT, audience=SITE, longest=4000) for code in LISTS]))))  # fmt: skip
LOG = f"/subject/{SUBJECT}/log/LISTS"
Key = tuple[str, str]


@frozen(kw_only=True)
class Done:
    """What somebody did in one request: what he read of each list, and what he appended; from when to when it took."""

    who: int
    read: dict[Key, tuple[str, ...]]
    appended: dict[Key, str] = field(factory=dict)
    begin: float
    end: float


def anomalies(done: list[Done], final: dict[Key, tuple[str, ...]]) -> list[str]:
    """What no order of the requests can explain, in words; nothing if all is well."""
    writer: dict[tuple[Key, str], int] = {}
    for number, one in enumerate(done):
        for key, element in one.appended.items():
            writer[key, element] = number
    told = [f"{element} of {key} was acknowledged and is lost" for key, element in writer if element not in final.get(key, ())]
    told += [f"{key} holds an element twice" for key, elements in final.items() if len(set(elements)) != len(elements)]
    told += [f"{one.who} read {elements} of {key}, which never was" for one in done for key, elements in one.read.items()
             if elements != final.get(key, ())[: len(elements)]]  # fmt: skip
    if told:
        return told
    before: dict[int, set[int]] = {number: set() for number in range(len(done))}
    for key, elements in final.items():
        order = [writer.get((key, element)) for element in elements]
        for first, second in pairwise(order):
            if first is not None and second is not None:
                before[second].add(first)
        for number, one in enumerate(done):
            if key in one.read:
                seen = len(one.read[key])
                for other, after in ((order[seen - 1] if seen else None, False), (order[seen] if seen < len(order) else None, True)):
                    if other is not None and other != number:
                        (before[other] if after else before[number]).add(number if after else other)
    later = sorted(range(len(done)), key=lambda number: done[number].begin)
    ended = sorted(range(len(done)), key=lambda number: done[number].end)
    place = 0
    for number in later:  # who began after another one was answered comes after it: it is enough to name the last of them
        while place < len(ended) and done[ended[place]].end < done[number].begin:
            place += 1
        before[number] |= set(ended[max(0, place - PEOPLE) : place])
    try:
        TopologicalSorter(before).prepare()
    except CycleError as circle:
        return [f"a circle: {[(number, done[number].who, done[number].read, done[number].appended) for number in circle.args[1]][:4]}"]
    return []


class Appender(threading.Thread):
    """Somebody at a browser who reads a page and then appends to some of the lists on it."""

    def __init__(self, number: int, port: int, cookie: str, end: threading.Event, rows: list[str], fresh: Iterator[str], most: int) -> None:
        super().__init__(daemon=True)
        self.number, self.port, self.cookie, self.end, self.rows, self.fresh, self.most = number, port, cookie, end, rows, fresh, most
        self.dice, self.done, self.refused, self.strange = random.Random(number), [], 0, []

    def ask(self, way: http.client.HTTPConnection, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        way.request(method, path, urlencode(fields or {}), {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"})
        answer = way.getresponse()
        return answer.status, answer.read().decode()

    def run(self) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as way:
            while not self.end.is_set() and len(self.done) < self.most:
                self.turn(way, self.dice.randrange(len(self.rows)))

    def turn(self, way: http.client.HTTPConnection, place: int) -> None:
        """Reads a row and appends to it; a long one gives way to another."""
        row, begin = self.rows[place], time.monotonic()
        status, page = self.ask(way, "GET", f"{LOG}/{row}")
        lists, seen = read_off(page)
        if status != 200:
            self.wrong(status, page)
            return
        self.done.append(Done(who=self.number, read={(row, code): lists[code] for code in LISTS}, begin=begin, end=time.monotonic()))
        if max(map(len, lists.values())) >= LONGEST:
            self.rows[place] = next(self.fresh)
            return
        element, chosen = f"{self.number}.{len(self.done)}", self.dice.sample(LISTS, self.dice.randint(1, len(LISTS)))
        sent = {"csrfmiddlewaretoken": TOKEN, "then": "stay", "reason": "one more"}
        for code in chosen:
            sent |= {f"v.{code}": " ".join((*lists[code], element)), f"seen.{code}": seen[code]}
        begin = time.monotonic()
        status, page = self.ask(way, "POST", f"{LOG}/{row}", sent)
        if status == 303:
            self.done.append(Done(who=self.number, read={(row, code): lists[code] for code in chosen}, begin=begin, end=time.monotonic(),
                                  appended={(row, code): element for code in chosen}))  # fmt: skip
        elif "someone else changed this page" in page:
            self.refused += 1
        else:
            self.wrong(status, page)

    def wrong(self, status: int, page: str) -> None:
        self.strange.append((status, page[-1500:]))
        self.end.set()


def read_off(page: str) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """The lists on a page, and the revision of each."""
    lists, seen = {}, {}
    for code in LISTS:
        box = re.search(rf'<textarea[^>]*name="v\.{code}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
        number = re.search(rf'name="seen\.{code}" value="(\d+)"', page)
        lists[code] = tuple(unescape(box[1]).split()) if box else ()
        seen[code] = number[1] if number else "?"
    return lists, seen


@contextmanager
def served(file: Path, rows: Iterable[str]) -> Iterator[tuple[int, list[str], threading.Event]]:
    """A trial in a file, served; the cookies of those who append."""
    from waitress.server import create_server

    create(file, STUDY, virtual=True).close()
    with closing(open_trial(file, STUDY, writes=True)) as kept:
        kept.gate.do(actor(Audience.CUSTODIAN), OpenStudy(), START)
        kept.gate.do(actor(Audience.COORDINATOR), Screen(site="01", subject=SUBJECT), START)
        kept.gate.do(actor(Audience.COORDINATOR), Consent(subject=SUBJECT, on=START.date(), version="1"), START)
        for row in rows:
            kept.gate.do(actor(Audience.COORDINATOR), Answer(subject=SUBJECT, form="LISTS", row=row, entries=dict.fromkeys(LISTS, "0")), START)
        cookies = []
        for _ in range(PEOPLE):
            someone = client_for(kept.gate, Audience.COORDINATOR, lambda: START)
            cookies.append("; ".join(f"{name}={morsel.value}" for name, morsel in someone.cookies.items()))
        server = create_server(application(kept.gate, temporary_place(), clock=lambda: START), host="127.0.0.1", port=0, threads=2 * PEOPLE)
        thread, end = threading.Thread(target=server.run, daemon=True), threading.Event()
        thread.start()
        yield server.effective_port, cookies, end
        server.task_dispatcher.shutdown()
        server.close()
        thread.join(5)


def appended(file: Path, each: int) -> tuple[list[Done], int]:
    """A life of that many requests of each person; everything that was read and acknowledged, and how often somebody came too late."""
    names = [f"r{number}" for number in range(ROWS + PEOPLE + each * PEOPLE // LONGEST)]
    with served(file, names) as (port, cookies, end):
        rows, fresh = names[:ROWS], iter(names[ROWS:])
        people = [Appender(number, port, cookie, end, rows, fresh, each) for number, cookie in enumerate(cookies)]
        for person in people:
            person.start()
        for person in people:
            person.join(7200)
    assert [strange for person in people for strange in person.strange] == []
    return [one for person in people for one in person.done], sum(person.refused for person in people)


def kept_lists(file: Path) -> dict[Key, tuple[str, ...]]:
    """The lists as the file holds them, opened anew."""
    assert damage(file) == []
    with closing(open_trial(file, STUDY, writes=False)) as kept:
        pages = kept.gate.casebook(Audience.CUSTODIAN).subject(SUBJECT).rows("LISTS")
        return {(page.place[2], code): tuple(page.answers.get(code, "").split()) for page in pages for code in LISTS}


def test_no_update_is_lost_and_no_reader_goes_back(tmp_path: Path) -> None:
    done, refused = appended(tmp_path / "trial.db", 30)
    assert anomalies(done, kept_lists(tmp_path / "trial.db")) == []
    assert sum(len(one.appended) for one in done) > 20 and refused > 0, "they must get into each other's way"


@pytest.mark.nightly
def test_many_appends(tmp_path: Path, shown: Shown) -> None:
    done, refused = appended(tmp_path / "trial.db", deep(3000))
    assert anomalies(done, kept_lists(tmp_path / "trial.db")) == []
    told = sum(len(one.read) + len(one.appended) for one in done)
    shown("R18", "lists that grow through the pages", requests=len(done), reads_and_appends=told, refused_as_stale=refused, anomalies=0)


KEY, OTHER = ("r", "A"), ("r", "B")


def one(read: dict[Key, str], add: dict[Key, str] | None = None, begin: float = 0, end: float = 99) -> Done:
    return Done(who=1, read={key: tuple(word) for key, word in read.items()}, appended=add or {}, begin=begin, end=end)


@pytest.mark.parametrize(("done", "final", "told"), [
    ([one({KEY: ""}, {KEY: "a"}), one({KEY: "a"}, {KEY: "b"})], {KEY: "ab"}, ""),
    ([one({KEY: ""}, {KEY: "a"}), one({KEY: ""}, {KEY: "b"})], {KEY: "b"}, "lost"),
    ([one({KEY: ""}, {KEY: "a"}), one({KEY: ""}, {KEY: "b"})], {KEY: "ab"}, "circle"),
    ([one({KEY: "b"}), one({KEY: ""}, {KEY: "a"})], {KEY: "a"}, "never was"),
    ([one({KEY: ""}, {KEY: "a"})], {KEY: "aa"}, "twice"),
    ([one({KEY: ""}, {KEY: "a"}, 0, 1), one({KEY: ""}, None, 2, 3)], {KEY: "a"}, "circle"),
    ([one({}, {KEY: "a"}), one({}, {OTHER: "b"}), one({KEY: "a", OTHER: ""}), one({KEY: "", OTHER: "b"})], {KEY: "a", OTHER: "b"}, "circle"),
    ([one({}, {KEY: "a", OTHER: "a"}), one({KEY: "a", OTHER: ""})], {KEY: "a", OTHER: "a"}, "circle"),
    ([one({}, {KEY: "a", OTHER: "a"}), one({KEY: "a", OTHER: "a"})], {KEY: "a", OTHER: "a"}, ""),
])  # fmt: skip
def test_the_checker_knows_what_it_looks_for(done: list[Done], final: dict[Key, str], told: str) -> None:
    """A lost update, a read of what never was, a stale read, two who each miss the other, half of a save."""
    found = anomalies(done, {key: tuple(word) for key, word in final.items()})
    assert (found == []) if not told else any(told in line for line in found), found
