"""Whatever any role sends to any route that is open to it: never a breakdown, and no event without a change that this role may make.

The fields come from the forms of the pages themselves and from the items of the study, the values from their ranges and from beyond them.
"""

import re
from collections import Counter
from datetime import date, timedelta
from functools import cache
from html import unescape
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from studies.telitacicept_ssc.protocol import STUDY
from tests.release_gate import Shown, deep
from tests.web.test_bad_input import BAD
from tests.web.walk import DICTIONARIES, SCAN, STAFF, busy_trial
from trialwright.blinding import Gate
from trialwright.capture.accounts import DEMO, log, make_account
from trialwright.capture.policy import ROUTES, Route
from trialwright.capture.testing import PASSWORD, client_for
from trialwright.protocol import Audience, Item, Kind
from trialwright.record.events import Answered
from trialwright.testing import START, seeded

pytestmark = [pytest.mark.web, pytest.mark.req("DAT-02", "DAT-07")]
OPERATIONS = [(route, method, role) for route in ROUTES for method in ("GET", "POST") for role in STAFF if route.admits(method, role)]
ITEMS = {item.code: item for form in STUDY.forms for item in form.items}
ACCOUNT = {role: name for name, role in DEMO.items()}
NOW = START + timedelta(days=30)
TOLD = {200, 302, 303, 400, 403, 404, 405, 422, 429, 503}
"""What may come back; 503 where there is no place for a copy."""
TURNS = {"login", "session", "logout", "password"}
OFTEN = ("reason", "password", "because", "then", "seen", "act", "meaning", "second", "second-password", "until", "key", "content", "digest", "also",
         "falls", "name", "role", "begins", "ends", "course", "on", "version", "dictionary", "code", "term", "agreed", "language", "back", "step", "id",
         "except")  # fmt: skip
"""Names under which pages send something; each request has a few more than its page has."""
WORDS = ("1", "0", "2", "Y", "stay", "sign", "", PASSWORD, "wrong", "monitor", "datamanager", "authored", "reviewed", "2026-02-01", "look", "propose", "save",
         "close", "reset", "NOT_DONE", "UNKNOWN", "FVC", "KHTR42")  # fmt: skip
tried: Counter[tuple[str, str, str]] = Counter()
answered: Counter[int] = Counter()
LETTERS = "aZ09 .,-_=<>&'\"%\x00\n\u00e9\u4e2d\U0001f600\u202e"


@cache
def beginning() -> Gate:
    return busy_trial()


@cache
def places() -> dict[str, list[str]]:
    """Words for each place of an address: what is there, and a little that is not."""
    book = beginning().casebook(Audience.CUSTODIAN)
    pages = [page for subject in book.subjects for page in subject.pages.values()]
    return {
        "subject": [subject.id for subject in book.subjects], "visit": [visit.code for visit in STUDY.visits], "form": [form.code for form in STUDY.forms],
        "row": ["new", "r1", *sorted({page.place[2] for page in pages if page.place[2]})], "item": sorted({code for page in pages for code in page.cells}),
        "query": [query for subject in book.subjects for query in subject.queries], "ref": [entry.ref for entry in book.everything[::4]],
        "attachment": sorted({code for page in pages for code in page.attached}), "job": ["BCDFGHJKLMNP"],
        "file": ["e2b.xml", "cioms.pdf", "case.csv", "e2b.csv"], "link": ["x" * 24],
    }  # fmt: skip


@cache
def planned() -> list[dict[str, str]]:
    """The pages that are there or are planned: half of all addresses lead to one of them."""
    subjects = beginning().casebook(Audience.CUSTODIAN).subjects
    filled = [dict(zip(("visit", "form", "row"), page.place, strict=True)) | {"subject": one.id} for one in subjects for page in one.pages.values()]
    due = [{"subject": one.id, "visit": visit.code, "form": form} for one in subjects[:2] for visit in STUDY.visits[:4] for form in visit.forms]
    return filled + due + [{"subject": one.id, "form": form, "row": "new"} for one in subjects[:2] for form in STUDY.logs]


def odd(dice: Random) -> str:
    return dice.choice(BAD) if dice.random() < 0.5 else "".join(dice.choices(LETTERS, k=dice.randrange(20)))


def entered(dice: Random, item: Item) -> str:
    """An answer to an item: within its range, at its borders, or beyond them."""
    if item.kind is Kind.CHOICE:
        return dice.choice([term.code for term in item.codelist.terms] if item.codelist else ["Y"])
    if item.kind in (Kind.INTEGER, Kind.DECIMAL):
        low, high = (int(end) if end is not None else other for end, other in ((item.low, -5), (item.high, 500)))
        whole = dice.choice((low - 1, low, high, high + 1, dice.randint(low, high)))
        return str(whole) if dice.random() < 0.5 else f"{whole + dice.random():.{dice.randint(0, 3)}f}"
    if item.kind is Kind.TEXT:
        return odd(dice)
    return (date(2025, 6, 1) + timedelta(days=dice.randrange(270))).isoformat()[: 10 if item.kind is Kind.DATE else dice.choice((4, 7, 10))]


def one_value(dice: Random, name: str, there: list[str]) -> str:
    """What is sent in a field: what stands there, what its item allows, a word that pages know, or anything."""
    kind, _, code = name.partition(".")
    way = dice.randrange(10)
    if way == 0:
        return odd(dice)
    if kind in ("v", "ok") and code in ITEMS and way < 8:
        return entered(dice, ITEMS[code])
    return dice.choice(there) if there and (way < 7 or kind == "seen") else dice.choice(WORDS)


def fields_of(page: str) -> dict[str, list[str]]:
    """The fields of the forms of a page with the values that they offer."""
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<(?:input|select|textarea|button)\b[^>]*>", page):
        name, value = (re.search(rf'\b{word}="([^"]*)"', tag) for word in ("name", "value"))
        if name and name[1] != "csrfmiddlewaretoken":
            found.setdefault(unescape(name[1]), []).append(unescape(value[1]) if value else "")
    for name, inside in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        found[unescape(name)] = [unescape(value) for value in re.findall(r'<option[^>]*value="([^"]*)"', inside)]
    return found


def body(dice: Random, route: Route, page: str) -> dict[str, Any]:
    """The fields of a page, some of them left out, and some that it has not."""
    offered = fields_of(page)
    names = [name for name in offered if dice.random() < 0.9] + dice.sample(OFTEN, dice.randrange(4))
    names += [f"{kind}.{code}" for code in dice.sample(sorted(ITEMS), dice.randrange(3)) for kind in ("v", "seen")]
    sent: dict[str, Any] = {name: one_value(dice, name, offered.get(name, [])) for name in names}
    if route.name in ("login", "session"):
        sent["name"] = f"nobody{sent.get('name', '')}"
    if route.name == "password":
        sent["old"] = "wrong"
    if route.name in ("attach", "row-attach", "laboratory", "amendments"):
        begun = dice.choice([SCAN, b"", b"\x89PNG\r\n\x1a\n", STUDY.canonical, "科室,编号\n1,2\n".encode("gb18030"), b"subject,date,test,value\n"])
        wanted = next((name for name in offered if name.isupper() or "file" in name.lower()), "file")
        sent[wanted] = SimpleUploadedFile(dice.choice(("a.pdf", "../b.csv", "c.json", "名.png")), begun + dice.randbytes(dice.randrange(30)))
    return sent


class Visitors:
    """People at their browsers over one trial; who was signed out comes in anew."""

    def __init__(self, seed: int) -> None:
        self.gate, self.dice, self.clients = beginning()._copy(), Random(seed), {}
        self.gate._Gate__draw = seeded(seed)
        self.spare = f"spare{len(log())}" if self["custodian"] else ""
        make_account(self.spare, Audience.COORDINATOR, PASSWORD, NOW, demo=True)

    def __getitem__(self, account: str) -> Any:
        if account not in self.clients:
            self.clients[account] = client_for(self.gate, DEMO[account], lambda: NOW, dictionaries=DICTIONARIES)
        return self.clients[account]

    def address(self, route: Route) -> str:
        page = self.dice.choice(planned()) if self.dice.random() < 0.5 else {}
        known = places() | {"account": [self.spare, "nobody"]}  # closing a demonstration account would end the other tests
        path = "/" + route.pattern
        for name in re.findall(r"<str:(\w+)>", route.pattern):
            word = page.get(name) or (odd(self.dice) if self.dice.randrange(16) == 0 else self.dice.choice(known[name]))
            path = path.replace(f"<str:{name}>", quote(word.encode("utf-8", "replace"), safe=""))
        return path

    def ask(self, route: Route, method: str, role: Audience) -> None:
        """One request, and what must hold after it."""
        account, path = ACCOUNT[role], self.address(route)
        before, sent = {entry.ref for entry in self.everything()}, {}
        if method == "GET":
            answer = self[account].get(path + self.dice.choice(("", "", "", "?q=1&until=x&%ff")))
        else:
            page = self[account].get(path).content.decode(errors="replace") if route.admits("GET", role) else ""
            sent = body(self.dice, route, page)
            answer = self[account].post(path, sent)
        tried[route.name, method, str(role.name)] += 1
        answered[answer.status_code] += 1
        assert answer.status_code in TOLD, (account, method, path, sent, answer.status_code)
        added = [entry for entry in self.everything() if entry.ref not in before]
        assert not added or (method == "POST" and answer.status_code in (200, 302, 303)), (account, method, path, sent, answer.status_code, added)
        for entry in added:
            assert (entry.by, entry.role) == (account, role), (path, entry)
            if isinstance(entry.event, Answered):
                self.rightful(entry.event, role, sent)
        if route.name in TURNS:
            del self.clients[account]

    def everything(self) -> Any:
        return self.gate.casebook(Audience.CUSTODIAN).everything

    def rightful(self, event: Answered, role: Audience, sent: dict[str, Any]) -> None:
        """An answer is one that its item allows, of somebody who may give it, and the one that was sent."""
        item = STUDY.form(event.form).item(event.item)
        assert item.audience.admits(role) and role in STUDY.form(event.form).writers(event.item)
        if event.value is None:
            assert event.absence
            return
        assert item.canonical(event.value) == event.value
        assert f"v.{item.code}" not in sent or item.canonical(sent[f"v.{item.code}"].strip()) == event.value


def burst(seed: int, many: int) -> None:
    """Some requests, one after the other, on a trial of its own; the seed tells all of them."""
    visitors, asked = Visitors(seed), []
    from axes.utils import reset  # failed signatures count like failed logins

    reset()
    for _ in range(many):
        asked.append(visitors.dice.choice(OPERATIONS))
        try:
            visitors.ask(*asked[-1])
        except Exception as problem:
            told = [(route.name, method, role.name) for route, method, role in asked]
            raise AssertionError(f"seed {seed}, request {len(asked)} of {told}") from problem


def test_whatever_is_sent_is_taken_whole_or_refused_in_words() -> None:
    for seed in range(6):
        burst(seed, 8)


@pytest.mark.nightly
def test_whatever_is_sent_at_length(shown: Shown) -> None:
    """So many bursts; every operation is tried, and it is told how often."""
    for seed in range(1000, 1000 + deep(1500)):
        burst(seed, 20)
    each = sorted(tried[route.name, method, str(role.name)] for route, method, role in OPERATIONS)
    shown("R13", "bursts of 20", requests=sum(each), operations=len(OPERATIONS), fewest_of_one=each[0], median=each[len(each) // 2],
          answers=dict(sorted(answered.items())), seeds_from=1000)  # fmt: skip
    assert each[0] > 0


def test_the_fields_of_a_page_are_found() -> None:
    """The fuzzer sees what a person sees: the boxes of a form with their choices."""
    page = client_for(beginning()._copy(), Audience.COORDINATOR, lambda: NOW).get("/subject/KHTR42/visit/BASELINE/LUNG").content.decode()
    found = fields_of(page)
    assert {"v.FVC", "seen.FVC", "a.FVC", "reason", "then"} <= found.keys() and "1" in found["seen.FVC"]
    assert len(OPERATIONS) > 400
