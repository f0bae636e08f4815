"""What an observer could ask of the application: every route, every method, addresses that he guesses, and words that nobody should send."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from random import Random

from attrs import evolve, field, frozen

from trialwright.capture.policy import ROUTES, Route
from trialwright.capture.testing import PASSWORD
from trialwright.protocol import Audience, Form, Study
from trialwright.rehearsal.deeds import PEOPLE, shares, value
from trialwright.rehearsal.worlds import World

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
Body = Mapping[str, str] | bytes


class Unprobed(AssertionError):
    """A route that the prober does not know how to ask: whoever adds one says how."""


@frozen(kw_only=True)
class Probe:
    """One request: what is asked, how, and with which words."""

    route: str
    method: str
    path: str
    body: Body = field(factory=dict)
    kind: str = "application/x-www-form-urlencoded"
    headers: Mapping[str, str] = field(factory=dict)


Knowledge = Mapping[str, Sequence[str]]
"""What somebody who pries would write into a place of an address: what is his, what is hidden, and what does not exist."""


def knowledge(study: Study, observer: Audience, worlds: Sequence[World]) -> Knowledge:
    """The names that occur in any of the worlds, hidden ones too: whoever guesses may guess right."""
    books = [world.gate.casebook(Audience.CUSTODIAN) for world in worlds]
    subjects = [subject for book in books for subject in book.subjects]
    forms = sorted({form.code for form in study.forms}, key=lambda code: observer not in study.form(code).audience)
    mine, hidden = [code for code in forms if observer in study.form(code).audience], [code for code in forms if observer not in study.form(code).audience]
    items = {code: [item.code for item in study.form(code).items] for code in (*mine, *hidden)}
    return {
        "subject": _some([subject.id for subject in subjects], "nobody", "S1%20", "..", "%00"),
        "visit": _some([visit.code for visit in study.visits], "NEVER"),
        "form": _some([*mine, *hidden], "NONE"),
        "row": _some([place[2] for subject in subjects for place in subject.pages if place[2]], "a", "new"),
        "item": _some([item for code in items for item in items[code][:3]], "NONE"),
        "query": _some([query for subject in subjects for query in subject.queries], "BCDFGHJK"),
        "ref": _some([entry.ref for book in books for entry in book.everything], "0" * 16),
        "attachment": _some([code for subject in subjects for page in subject.pages.values() for code in page.attached], "BCDFGHJK"),
        "job": ("BCDFGHJKLMNP",),
        "account": ("monitor", "evaluator", "nobody"),
        "link": ("x" * 24, "evaluator"),
        "file": ("e2b.xml", "cioms.pdf", "case.csv", "nothing.txt"),
    }


def _some(found: Sequence[str], *more: str) -> tuple[str, ...]:
    return (*dict.fromkeys(found), *more)


def addresses(route: Route, known: Knowledge) -> Iterator[str]:
    """Every address of a route. Raises `Unprobed` for a place for which nobody said what to write into it."""
    places = re.findall(r"<(?:\w+:)?(\w+)>", route.pattern)
    for place in places:
        if place not in known:
            raise Unprobed(f"the route {route.name} has a place <{place}> for which the prober has no words; give it some in capture/probes.py")
    for words in product(*(known[place] for place in places)):
        path = "/" + route.pattern
        for word in words:
            path = re.sub(r"<[^>]*>", lambda _, word=word: word, path, count=1)  # type: ignore[misc]  # binds the word of this turn
        yield path


def address(study: Study, observer: Audience, route: Route, known: Knowledge, dice: Random) -> str:
    """One address of a route, drawn at random; every other time one of a page that is planned and that the observer may read."""
    places = {place: dice.choice(words) for place, words in known.items()}
    visits = [(visit.code, form) for visit in study.visits for form in visit.forms if observer in study.form(form).audience]
    if visits and dice.random() < 0.5:
        visit, form = dice.choice(visits)
        items = [item.code for item in study.form(form).items if observer in item.audience]
        places |= {"subject": dice.choice(PEOPLE), "visit": visit, "form": form, "item": dice.choice(items)}
    return next(addresses(route, {place: (word,) for place, word in places.items()}))


LAST = ("login", "session", "password", "logout")
"""What may end a session is asked last, or nothing would be seen after it."""
QUERIES = ("", "", "", "?q=IGG", "?subject=S1", "?next=/subject/S1", "?sort=arm", "?page=2", "?language=xx", "?form=DOSING", "?%ff", "?as-of=2020-01-01")
"""What is hung on an address: the application asks for none of it."""
HEADERS: tuple[Mapping[str, str], ...] = (
    {}, {}, {}, {"HTTP_IF_NONE_MATCH": "*"}, {"HTTP_IF_MODIFIED_SINCE": "Mon, 05 Jan 2026 00:00:00 GMT"}, {"HTTP_RANGE": "bytes=0-10"},
    {"HTTP_ACCEPT_LANGUAGE": "zh-CN"}, {"HTTP_ACCEPT_LANGUAGE": "xx;q=??"}, {"HTTP_ACCEPT": "application/json"}, {"HTTP_ACCEPT_ENCODING": "gzip"},
    {"HTTP_X_FORWARDED_FOR": "10.0.0.1"}, {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}, {"HTTP_HOST": "elsewhere.example"},
)  # fmt: skip


def probes(study: Study, observer: Audience, worlds: Sequence[World], dice: Random, share: float = 1.0) -> list[Probe]:
    """Requests drawn at random: every route by every method, or a `share` of them; what the observer may use is asked more often."""
    known = knowledge(study, observer, worlds)
    asked: list[Probe] = []
    for route in ROUTES:
        for method in METHODS:
            rare = 1.0 if method in ("GET", "POST") or share == 1.0 else 0.25
            for _ in range(4 if route.admits(method, observer) else 1):
                if dice.random() < share * rare:
                    asked.append(_probe(study, observer, route, method, known, dice))
    dice.shuffle(asked)
    return sorted(asked, key=lambda one: one.route in LAST)


def followed(study: Study, page: bytes, dice: Random, most: int = 4) -> list[Probe]:
    """What somebody does who follows the links of a page: opens them, and fills and sends what he finds there."""
    links = sorted({link for link in re.findall(r'href="(/[^"#?]*)', page.decode(errors="replace")) if not link.startswith("/static/")})
    asked: list[Probe] = []
    for link in dice.sample(links, min(most, len(links))):
        asked.append(Probe(route="followed", method="GET", path=link))
        form = link.rpartition("/")[2]
        if study.has_form(form):
            told = _filled(study, study.form(form), dice)
            asked += [Probe(route="followed", method="POST", path=link + more, body=told) for more in ("/follows", "")]
    return asked


def _probe(study: Study, observer: Audience, route: Route, method: str, known: Knowledge, dice: Random) -> Probe:
    path, headers = address(study, observer, route, known, dice) + dice.choice(QUERIES), dice.choice(HEADERS)
    if method not in ("POST", "PUT", "PATCH"):
        return Probe(route=route.name, method=method, path=path, headers=headers)
    chance = dice.random()
    if chance < 0.08:
        return Probe(route=route.name, method=method, path=path, headers=headers, body=dice.choice(MALFORMED), kind=dice.choice(KINDS))
    return Probe(route=route.name, method=method, path=path, headers=headers, body=body(study, observer, route, known, dice))


MALFORMED = (b"\xff\xfe\x00", b"a=1&b=%ff", b"{\"v.FACE\": 1}", b"--x\r\nbroken", b"&".join(b"f%d=1" % n for n in range(1200)), b"v.FACE=" + b"9" * 5000)
KINDS = ("application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x", "multipart/form-data", "text/plain; charset=nonsense")


def body(study: Study, observer: Audience, route: Route, known: Knowledge, dice: Random) -> Mapping[str, str]:
    """What is sent to a route that the observer may use: its recipe. To one that is closed to him: anything."""
    recipe = RECIPES.get(route.name)
    if recipe is None and observer in route.post:
        raise Unprobed(f"{observer.name} may send something to the route {route.name}, and the prober has no recipe for it; give it one in capture/probes.py")
    return (recipe or _anything)(study, observer, known, dice)


def _anything(study: Study, observer: Audience, known: Knowledge, dice: Random) -> dict[str, str]:
    """Whatever a person who pries would try."""
    return _fields(study, observer, known, dice) | _answers(study, observer, known, dice)


def _fields(study: Study, observer: Audience, known: Knowledge, dice: Random) -> dict[str, str]:
    """The boxes of the question pages."""
    boxes = {
        "v.WHAT": dice.choice(("value", "reason", "because", "all")),
        "v.BECAUSE": "prying", "v.ON": "2026-01-05", "v.QUESTION": "Is this right?", "v.ANSWER": "It is.", "v.ARM": study.arms[0].code, "v.ROLE": "EVALUATOR",
        "v.SUBJECT": dice.choice(known["subject"]), "v.LEARNDAT": "2026-01-05", "v.LEARNHOW": "PATIENT_REMARK", "v.LEARNCER": "3",
        "password": dice.choice((PASSWORD, "wrong")), "second": dice.choice(("monitor", "datamanager", "nobody")), "second-password": "wrong",
        "meaning": "authored", "reason": "prying", "because": "prying", "except": dice.choice(known["item"]), "to": "EVALUATOR", "seen": "1",
        "v.PURPOSE": "prying", "v.RECIPIENT": "a friend", "v.BASIS": "none", "v.CASEBOOKS": "N", "v.FILES": "N",
        "dictionary": "D", "version": "1", "code": "1", "term": "a term", "path": "",
    }  # fmt: skip
    return {name: text for name, text in boxes.items() if dice.random() < 0.7}


def _answers(study: Study, observer: Audience, known: Knowledge, dice: Random) -> dict[str, str]:
    """Answers to a page: his own items, somebody else's, wrong revisions."""
    mine = [form for form, role, _ in shares(study) if role is observer] or list(study.forms)
    return _filled(study, dice.choice(mine), dice)


def _filled(study: Study, form: Form, dice: Random) -> dict[str, str]:
    sent = {"then": dice.choice(("stay", "sign")), "reason": dice.choice(("", "seen again"))}
    for item in form.items:
        if dice.random() < 0.8:
            entered = value(item, dice)
            sent |= {f"v.{item.code}": entered if isinstance(entered, str) else "", f"seen.{item.code}": str(dice.randint(0, 2))}
            sent |= {} if isinstance(entered, str) else {f"a.{item.code}": entered.value}
    other = dice.choice(dice.choice(study.forms).items)
    return sent | {f"v.{other.code}": "1", f"seen.{other.code}": "0"}


def _login(study: Study, observer: Audience, known: Knowledge, dice: Random) -> dict[str, str]:
    return {"name": dice.choice(("evaluator", "monitor", "nobody", "")), "password": "wrong", "code": "000000"}


def _language(study: Study, observer: Audience, known: Knowledge, dice: Random) -> dict[str, str]:
    return {"language": dice.choice(("en", "zh", "xx", "")), "back": dice.choice(("/", "/subject/S1", "//elsewhere.example/", "javascript:1"))}


def _password(study: Study, observer: Audience, known: Knowledge, dice: Random) -> dict[str, str]:
    return {"old": dice.choice((PASSWORD, "wrong")), "new": "another fine battery", "repeat": dice.choice(("another fine battery", "other"))}


def _amendment(study: Study, observer: Audience, known: Knowledge, dice: Random) -> dict[str, str]:
    """Another version of the study, looked at, proposed, or approved: with fewer visits, fewer answers, another number."""
    visits, forms = study.visits[: -dice.randint(0, 1) or None], study.forms[: -dice.randint(0, 1) or None]
    other = evolve(study, version=dice.choice(("2", "3", study.version)), planned=study.planned + dice.randint(0, 1), visits=visits, forms=forms)
    return _fields(study, observer, known, dice) | {"act": dice.choice(("look", "propose", "approve")), "content": b64encode(other.canonical).decode(),
                                                    "digest": other.digest, "password": dice.choice((PASSWORD, "wrong"))}  # fmt: skip


Recipe = Callable[[Study, Audience, Knowledge, Random], dict[str, str]]
RECIPES: Mapping[str, Recipe] = {
    "login": _login, "session": _login, "language": _language, "logout": lambda *_: {}, "password": _password,
    "amendments": _amendment, "form": _answers, "row": _answers, "follows": _answers, "row-follows": _answers,
    **dict.fromkeys(
        ("learned", "take-over", "not-done", "sign", "row-sign", "answer", "close", "ask", "row-ask", "verify", "row-verify", "freeze", "row-freeze",
         "thaw", "row-thaw", "freeze-all", "thaw-all", "code", "row-code", "coding", "sign-off", "agree", "unlock", "lock", "release", "seal",
         "accept-state", "copy", "erase", "erase-now"), _fields),
}  # fmt: skip
"""What is sent to each route that somebody who is blind may use. A new one needs a line here, or the proof fails and says so."""
