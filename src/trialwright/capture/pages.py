"""From what a view knows to a page: templates that escape everything, in the reader's language."""

import hashlib
from functools import cache, partial
from importlib.resources import files
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import reverse
from jinja2 import Environment, PackageLoader, StrictUndefined

from trialwright.capture.desk import Call, desk_of, language_of, phrase
from trialwright.capture.drawing import key
from trialwright.capture.fields import digits
from trialwright.capture.policy import verdict
from trialwright.capture.settings import IDLE_MINUTES
from trialwright.capture.upkeep import upkeep
from trialwright.protocol import ABSENCE_NAMES, ROLE_NAMES, Method, Text, Verdict, absence_name, role_names
from trialwright.record import STATUS_NAMES
from trialwright.record.attachments import MEDIA


@cache
def environment() -> Environment:
    """The templates: everything escaped, and a name that is not there is an error."""
    made = Environment(loader=PackageLoader("trialwright.capture"), autoescape=True, undefined=StrictUndefined, auto_reload=False,
                       trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    made.globals["url"] = lambda name, **places: reverse(name, kwargs=places)
    made.globals["asset"] = asset
    made.globals["absence_names"], made.globals["absence_name"] = ABSENCE_NAMES, absence_name
    made.globals["digits"] = digits
    made.globals["idle_minutes"] = IDLE_MINUTES
    made.globals["key"] = key
    made.globals["status_names"] = STATUS_NAMES
    made.globals["role_names"] = ROLE_NAMES
    made.globals["media_names"] = MEDIA
    made.globals["sized"] = sized
    made.globals["role_names_of"] = role_names
    made.globals["verdicts"] = Verdict
    return made


def sized(size: int) -> str:
    """How long a file is, as people say it.

    >>> sized(900), sized(52_000), sized(7_340_032)
    ('1 KB', '51 KB', '7.0 MB')
    """
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(1, round(size / 1024))} KB"


@cache
def asset(name: str) -> str:
    """The address of a style sheet or script, with its digest, so that a browser never mixes two versions."""
    content = (files("trialwright.capture") / "static" / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


def token(request: HttpRequest) -> str:
    """The session's token against forged forms. It is not masked: pages are never compressed and the cookie never crosses sites."""
    get_token(request)
    return str(request.META["CSRF_COOKIE"])


MENU = (
    ("home", "subjects"), ("queries", "queries"), ("laboratory", "laboratory"), ("safety", "safety"), ("coding", "coding"),
    ("review", "review"), ("study", "study-page"),
    ("monitoring", "monitoring"), ("balance", "balance"), ("amendments", "amendments"), ("copy", "copy"),
    ("lock", "lock"), ("release", "release"), ("seal", "seal"), ("people", "people-page"),
    ("record", "record-page"),
)  # fmt: skip
"""The places that stand in the bar of a page, the daily ones first, each with its phrase."""
IN_SIGHT = 4


def menu(call: Call) -> tuple[tuple[str, str], ...]:
    """The places that this person may go to, in this study."""
    never = {"seal"} if call.study.chosen.method is not Method.RANDOMIZED else set()
    never |= {"balance"} if call.role in call.study.blinded else set()
    never |= set() if any(item.dictionary for form in call.study.forms for item in form.seen_by(call.role)) else {"coding"}
    return tuple((name, label) for name, label in MENU if name not in never and verdict(name, "GET", call.role))


def render(call: Call, template: str, status: int = 200, **context: Any) -> HttpResponse:
    """A page for somebody who is logged in."""
    said = call.desk.said.pop(call.request.session.session_key, None) if status == 200 and call.request.method == "GET" else None
    may = lambda name, method="GET": verdict(name, method, call.role)  # noqa: E731  # a template needs it as a value
    places = menu(call)
    first = len(places) if len(places) == IN_SIGHT + 1 else IN_SIGHT  # nobody opens a list for a single place
    html = environment().get_template(template).render(
        places=places[:first], more_places=places[first:],
        call=call, virtual=call.desk.virtual, upkeep=upkeep(call), study=call.study, t=call.t, say=call.say, language=call.language,
        token=token(call.request), may=may, said=said,
        here="" if status == 404 else call.request.get_full_path(), **context)  # fmt: skip
    return HttpResponse(html, status=status)


def render_open(request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    """A page for somebody who is not logged in: it knows the title of the study and nothing of the trial."""
    language = language_of(request)

    def t(text: Text) -> str:
        return text.in_(language)

    say = partial(phrase, language)
    html = environment().get_template(template).render(
        call=None, upkeep=None, virtual=desk_of(request).virtual, study=desk_of(request).gate.study, t=t, say=say, language=language,
        token=token(request), said=None,
        may=lambda name, method="GET": False, here=request.get_full_path() if request.path == reverse("login") else reverse("login"), **context)  # fmt: skip
    return HttpResponse(html, status=status)


def go(call: Call, name: str, say: str = "", **places: str) -> HttpResponse:
    """Sends the person on after a save that is durable, and has the next page say so."""
    if say:
        call.desk.said[call.request.session.session_key] = say
    return HttpResponseRedirect(reverse(name, kwargs=places), status=303)
