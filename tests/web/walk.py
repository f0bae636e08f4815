"""A walk through the application as each kind of person: from link to link, and one address of every kind of page on the way."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from attrs import evolve, frozen
from django.urls import Resolver404, resolve

from studies.telitacicept_ssc.invented_terms import DRUGS, EVENTS
from tests.serious import EVENT, LOG, ROW
from tests.web.desk import NEW, OLD, YOUNG, trial
from trialwright.blinding import Gate
from trialwright.capture.testing import client_for, temporary_attachments
from trialwright.protocol import Audience
from trialwright.record import Adopt, Answer, AskQuery, AskRedaction, Attach, Freeze, ProposeAmendment, Screen
from trialwright.testing import START, actor

RAW = "QXWT27"
"""A person of whom only the screening has begun."""
DICTIONARIES = (EVENTS, DRUGS)
SCAN = b"%PDF-1.7\n% what a laboratory hands out\n"
STAFF = [role for role in Audience if role is not Audience.PATIENT]
STARTS = ("/", "/password", "/people/new", "/unlock", "/lock/agree", "/release", "/seal", "/learned", "/study",
          f"/subject/{OLD}", f"/subject/{NEW}", f"/subject/{RAW}", f"/subject/{YOUNG}", f"/subject/{YOUNG}/visit/BASELINE/LUNG/thaw",
          f"/subject/{OLD}/visit/W4/LABORATORY/not-done",
          f"/subject/{OLD}/visit/BASELINE/MRSS", f"/subject/{OLD}/visit/BASELINE/LUNG")  # fmt: skip
"""Where a walk begins: what everybody knows without a link."""


def busy_trial() -> Gate:
    """The trial of the web tests and, in it, a serious event, a person without consent, a frozen page, a question to the evaluator, and a file to be erased."""
    gate = trial()
    gate.do(actor(Audience.COORDINATOR), Screen(site="01", subject=RAW), START + timedelta(days=29))
    gate.do(actor(Audience.DATA_MANAGER), Freeze(subject=YOUNG, visit="BASELINE", form="LUNG"), START + timedelta(days=29))
    question = AskQuery(subject=OLD, visit="BASELINE", form="MRSS", item="FACE", question="Is this the grade of the whole face?")
    gate.do(actor(Audience.DATA_MANAGER), question, START + timedelta(days=29))
    gate.do(actor(Audience.PHYSICIAN), Answer(subject=OLD, form=LOG, row=ROW, entries=EVENT), START + timedelta(days=29))
    amended = evolve(gate.study, version="0.2", planned=24)
    gate.do(actor(Audience.INVESTIGATOR), ProposeAmendment(definition=amended.canonical.decode(), because="More patients"), START + timedelta(days=29))
    gate.do(actor(Audience.SAFETY), Adopt(kind=EVENTS.kind, dictionary=EVENTS.name, version=EVENTS.version, digest=EVENTS.digest), START + timedelta(days=29))
    scan = Attach(subject=OLD, visit="BASELINE", form="LUNG", name="report.pdf", media="application/pdf", size=len(SCAN),
                  sha256=temporary_attachments().keep(SCAN))  # fmt: skip
    (laid,) = gate.do(actor(Audience.COORDINATOR), scan, START + timedelta(days=29))
    gate.do(actor(Audience.COORDINATOR), AskRedaction(ref=laid.ref, what=("name",), because="a name on the scan"), START + timedelta(days=29))
    return gate


@frozen(kw_only=True)
class Stop:
    """A page on the way: its route, the form that it shows (if any), and its address."""

    route: str
    form: str
    path: str


def stop_at(path: str) -> Stop | None:
    """Which page an address is; nothing if it is no page of ours."""
    try:
        found = resolve(path)
    except Resolver404:
        return None
    return Stop(route=str(found.url_name), form=str(found.kwargs.get("form", "")), path=path)


def stops(someone: Any, every_form: bool = True) -> Iterator[Stop]:
    """One address for each kind of page that this person can reach; if `every_form`, one for each form where a page shows a form."""
    waiting, met, known = list(STARTS), set(STARTS), set()
    while waiting:
        path = waiting.pop(0)
        stop = stop_at(path)
        kind = stop and (stop.route, stop.form if every_form else "", path if stop.route in ("subject", "visit", "screening", "entry") else "")
        if stop is None or kind in known or (stop.route == "entry" and sum(route == "entry" for route, _, _ in known) >= 6):  # each tells another thing
            continue
        found = someone.get(path)
        if found.status_code != 200 or not found["Content-Type"].startswith("text/html"):
            continue
        known.add(kind)
        yield stop
        for link in re.findall(r'href="(/[^"#]*)', found.content.decode()):
            clean = urlsplit(link).path
            if clean not in met and not clean.startswith("/static/"):
                met.add(clean)
                waiting.append(clean)


def entered(browser: Any, url: str, gate: Gate, clock: Any, role: Audience, language: str = "en", **options: Any) -> Any:
    """A browser in which somebody of this role is logged in already."""
    cookies = client_for(gate, role, clock, language=language).cookies
    context = browser.new_context(base_url=url, locale={"zh": "zh-CN"}.get(language, "en-US"), **options)
    context.set_default_timeout(8000)
    context.add_cookies([{"name": name, "value": cookie.value, "url": url} for name, cookie in cookies.items()])
    return context
