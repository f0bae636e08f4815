"""The patient's own phone: a code opens what is due, one question stands on each screen, and what is handed in is kept once."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from attrs import frozen
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import rotate_token
from django.urls import reverse

from trialwright.capture.desk import CALL, Call, desk_of, patients_language, phrase
from trialwright.capture.links import KEPT, SHUT, Link, enter, link_at, links, who
from trialwright.capture.pages import environment, token
from trialwright.capture.settings import LONGEST_HOURS
from trialwright.protocol import Absence, Audience, Item, Kind, Text, Wrong
from trialwright.protocol.wording import answer_codes
from trialwright.record import HandIn, Questionnaire, Refused, refusal
from trialwright.record.answers import Entered
from trialwright.record.questionnaires import current, handed_in, next_day, of_visit

DECLINED = "~"
"""What is sent for a question that the patient does not want to answer."""
_CLOCK = re.compile(r"[0-2][0-9]:[0-5][0-9]")
Sent = Mapping[str, str]


# ------------------------------------------------------------------------------------------------ coming in


def let_in(request: HttpRequest) -> None:
    """Makes the call of a patient, where the code of this link was typed on this phone and the link still opens."""
    kept = request.session.get(KEPT)
    link = link_at(request.path.split("/")[2]) if kept else None
    if kept and link is not None and kept["link"] == link.name and _opens(request, link):
        request.META[CALL] = Call(request=request, desk=desk_of(request), role=Audience.PATIENT, account=link.name, patient=link.subject,
                                  language=patients_language(request))  # fmt: skip


def _opens(request: HttpRequest, link: Link) -> bool:
    """Whether a link opens today: it has not ended, and its subject still takes part (which only the staff's view can tell)."""
    desk = desk_of(request)
    book = desk.gate.casebook(Audience.COORDINATOR, subject=link.subject)
    return link.open(desk.today) and book.knows(link.subject) and book.subject(link.subject).failed is None


def _fresh(call: Call) -> bool:
    """Whether the code was typed today. A phone that has it from before may still send what it keeps, and read nothing."""
    return call.now - datetime.fromisoformat(call.request.session[KEPT]["at"]) < timedelta(hours=LONGEST_HOURS)


def entrance(request: HttpRequest, link: str) -> HttpResponse:
    """The page of a personal link: it asks for the code, alike for every link, and then shows what is due."""
    language, call = patients_language(request), request.META.get(CALL)
    if request.session.get("language") != language:
        request.session["language"] = language
    if request.method != "POST":
        return due(call, link) if call is not None and _fresh(call) else _ask(request, link)
    if request.POST.get("step") == "leave":
        return _leave(request, link)
    desk = desk_of(request)
    found = enter(link, request.POST.get("code", ""), desk.clock(), desk.today)
    if not isinstance(found, Link) or not _opens(request, found):
        return _ask(request, link, "phone-shut", 429) if found == SHUT else _ask(request, link, "phone-wrong", 422)
    request.session.cycle_key()
    request.session[KEPT] = {"link": found.name, "at": desk.clock().isoformat()}
    request.session.set_expiry((found.until - desk.today + timedelta(days=1)).days * 86400)
    rotate_token(request)
    return HttpResponseRedirect(_address(link, language), status=303)


def _leave(request: HttpRequest, link: str) -> HttpResponse:
    """Ends the session of this phone and has the browser forget pages and answers."""
    language = patients_language(request)
    request.session.flush()
    response = HttpResponseRedirect(_address(link, language), status=303)
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _address(link: str, language: str) -> str:
    return reverse("phone", kwargs={"link": link}) + f"?in={language}"


def _ask(request: HttpRequest, link: str, problem: str = "", status: int = 200) -> HttpResponse:
    return _show(request, "phone_code.html", link, status, problem=problem)


def again(request: HttpRequest) -> HttpResponse:
    """The answer to a form that is older than the session: the code once more."""
    link = request.path.split("/")[2]
    if request.path.endswith("/send"):
        return JsonResponse({"state": "code"}, status=403)
    return _ask(request, link, "phone-again", 403)


def _show(request: HttpRequest, template: str, link: str, status: int = 200, **context: Any) -> HttpResponse:
    """A page for a phone. What a patient may keep there for a time without a network says so in its head."""
    language, call = patients_language(request), request.META.get(CALL)

    def t(text: Text) -> str:
        return text.in_(language)

    say = partial(phrase, language)
    html = environment().get_template(template).render(
        t=t, say=say, language=language, link=link, token=token(request), here=request.path, who=who(call.patient) if call else "",
        virtual=desk_of(request).virtual, **context)  # fmt: skip
    response = HttpResponse(html, status=status)
    if call is not None and status == 200 and "kept" in context:
        response["Trialwright-Keep"] = "yes"
    return response


# ------------------------------------------------------------------------------------------------ what is due


@frozen(kw_only=True)
class Line:
    """A questionnaire in the list: `done` is when the patient sent it, if he did."""

    one: Questionnaire
    href: str
    done: datetime | None


def due(call: Call, link: str) -> HttpResponse:
    """What the schedule asks of this patient now, and when it asks again."""
    subject, sent = call.book.subject(call.patient), call.request.GET.get("sent", "")
    lines = [Line(one=one, done=_sent(one), href=reverse("phone-form", kwargs={"link": link, "visit": one.visit.code, "form": one.form.code}))
             for one in current(call.study, subject, call.today)]  # fmt: skip
    return _show(call.request, "phone_list.html", link, lines=lines, open=sum(line.one.open for line in lines), zone=call.zone,
                 next=next_day(call.study, subject, call.today), sent=sent if _CLOCK.fullmatch(sent) else "", kept=True)  # fmt: skip


def _sent(one: Questionnaire) -> datetime | None:
    return min((cell[0].at for cell in one.page.cells.values() if cell[0].role is Audience.PATIENT), default=None)


# ------------------------------------------------------------------------------------------------ one questionnaire


@frozen(kw_only=True)
class Asked:
    """One question on a screen, with what was answered to it before, if that was wrong."""

    item: Item
    value: str = ""
    wrong: Text | None = None

    @property
    def choices(self) -> tuple[tuple[str, Text], ...]:
        """The answers as large buttons: in the words of the licensed form, else of the code list, else their numbers."""
        words = dict(self.item.words) or (self.item.codelist.labels if self.item.codelist else {})
        return tuple((code, words.get(code, Text(code, code))) for code in answer_codes(self.item))

    @property
    def shape(self) -> str:
        """A few answers are buttons, a range is a line to touch with a box beside it, the rest is typed."""
        if self.choices:
            return "choice"
        if self.item.kind in (Kind.INTEGER, Kind.DECIMAL):
            return "scale" if self.item.low is not None and self.item.high is not None else "number"
        return "date" if self.item.kind is Kind.DATE else "text"

    @property
    def step(self) -> str:
        """How finely a finger can choose on the line; a number that is typed may be finer."""
        item = self.item
        wide = item.low is not None and item.high is not None and item.high - item.low > 20
        return "1" if item.kind is Kind.INTEGER or wide else "0.1"

    @property
    def declinable(self) -> bool:
        return declined(self.item) is not None


def declined(item: Item) -> Absence | None:
    """What is recorded when the patient does not want to answer; None where the question offers no such way out."""
    return next((one for one in (Absence.REFUSED, Absence.NOT_DONE) if one in item.absences), None)


def form(call: Call, link: str, visit: str, form: str) -> HttpResponse:
    """One questionnaire; without scripts it is one long page that is sent like any form."""
    one = _one(call, visit, form)
    if not _fresh(call):
        return HttpResponseRedirect(_address(link, call.language))
    if call.request.method != "POST":
        if not one.open or one not in current(call.study, call.book.subject(call.patient), call.today):
            return HttpResponseRedirect(_address(link, call.language))
        return _questions(call, link, one, [Asked(item=item) for item in one.asked])
    sent = call.request.POST.dict()
    try:
        at = hand_in(call, one, sent, call.now)
    except Refused as refused:
        if refused.code == "not-found":
            raise
        wrong = {said.item: said.because for said in reversed(refused.wrongs)}
        asked = [Asked(item=item, value=sent.get(f"v.{item.code}", "").strip(), wrong=wrong.get(item.code)) for item in one.asked]
        return _questions(call, link, one, asked, refused, sent.get("id", ""))
    return HttpResponseRedirect(f"{_address(link, call.language)}&sent={at.astimezone(call.zone):%H:%M}", status=303)


def _one(call: Call, visit: str, form: str) -> Questionnaire:
    """The questionnaire of this patient at a visit, or a `KeyError` for what is not his or not planned."""
    planned = of_visit(call.study, call.book.subject(call.patient), call.study.visit(visit))
    return {one.form.code: one for one in planned}[form]


def _questions(call: Call, link: str, one: Questionnaire, asked: Sequence[Asked], problem: Refused | None = None, id: str = "") -> HttpResponse:
    context = {"one": one, "asked": asked, "problem": problem, "id": id or str(uuid4()), "declined": DECLINED, **({} if problem else {"kept": True})}
    return _show(call.request, "phone_form.html", link, 422 if problem else 200, **context)


def hand_in(call: Call, one: Questionnaire, sent: Sent, answered: datetime) -> datetime:
    """Hands in what was sent; gives the moment at which it arrived, also when it is sent a second time. Raises `Refused`."""
    id = sent.get("id", "")
    entries = _entries(one, sent)
    call.do(HandIn(subject=call.patient, visit=one.visit.code, form=one.form.code, entries=entries, submission=id, answered=answered))
    arrived = handed_in(call.book.subject(call.patient).page(one.visit.code, one.form.code), id)
    assert arrived is not None, "what was handed in is there"
    return arrived


def _entries(one: Questionnaire, sent: Sent) -> dict[str, Entered]:
    entries: dict[str, Entered] = {}
    for item in one.asked:
        value, absence = sent.get(f"v.{item.code}", "").strip(), declined(item)
        if absence is not None and (value == DECLINED or sent.get(f"a.{item.code}") == DECLINED):
            entries[item.code] = absence
        elif value:
            entries[item.code] = value
    return entries


# ------------------------------------------------------------------------------------------------ what a phone sends by itself


_STATES = {"already-entered": "taken", "wrong-entries": "wrong", "not-open-yet": "early"}
"""What a phone is told about a refusal; for all others the study does not take these answers now."""


def send(request: HttpRequest, link: str) -> HttpResponse:
    """Takes what waited on a phone. Says whether this phone may send and gives the token for it; then what became of each sheet."""
    call: Call | None = request.META.get(CALL)
    if request.method != "POST":
        return JsonResponse({"open": call is not None, "token": token(request)})
    if call is None:
        return JsonResponse({"state": "code"}, status=403)
    sent = request.POST.dict()
    try:
        at = hand_in(call, _sheet(call, sent), sent, _answered(call, sent.get("ago", "")))
    except Refused as refused:
        return JsonResponse(_refused(refused), status=409 if refused.code == "already-entered" else 422)
    return JsonResponse({"state": "sent", "at": f"{at.astimezone(call.zone):%H:%M}"})


def _sheet(call: Call, sent: Sent) -> Questionnaire:
    try:
        return _one(call, sent.get("visit", ""), sent.get("form", ""))
    except KeyError:
        raise refusal("not-found") from None


def _answered(call: Call, ago: str) -> datetime:
    """When the button was pressed: so many seconds ago, as the phone counted them, for its clock may be wrong altogether. Nobody
    answered before he had his first link.
    """
    seconds = int(ago) if ago.isascii() and ago.isdigit() and len(ago) < 10 else 0
    return max(call.now - timedelta(seconds=seconds), links(call.patient)[0].issued)


def _refused(refused: Refused) -> dict[str, Any]:
    def both(text: Text) -> dict[str, str]:
        return {"en": text.en, "zh": text.zh}

    state = _STATES.get(refused.code, "closed")
    told: tuple[Wrong, ...] = refused.wrongs if state == "wrong" else ()
    return {"state": state, "said": both(refused.because) if state in ("taken", "early") else {}, "wrongs": {one.item: both(one.because) for one in told}}


def app(request: HttpRequest, link: str) -> HttpResponse:
    """What a phone needs to put the link on its home screen as an application."""
    return JsonResponse({
        "name": "Questionnaires 问卷", "short_name": "问卷", "lang": "zh-Hans", "display": "standalone", "scope": "/phone/",
        "start_url": reverse("phone", kwargs={"link": link}), "background_color": "#f4f6f8", "theme_color": "#005eb8",
        "icons": [{"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml"}],
    }, content_type="application/manifest+json")  # fmt: skip
