"""The door of the web application: nobody is let in without an account, and what is not his does not exist."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user, logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from trialwright.capture import factor
from trialwright.capture.accounts import note, standing_of
from trialwright.capture.desk import CALL, Call, desk_of, language_of
from trialwright.capture.pages import render, render_open
from trialwright.capture.policy import verdict
from trialwright.capture.remembering import remembered
from trialwright.capture.settings import IDLE_MINUTES, LONGEST_HOURS
from trialwright.capture.standing import Standing
from trialwright.capture.views import phone
from trialwright.protocol import Audience
from trialwright.store import StoreError, Unsure

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Handler = Callable[[HttpRequest], HttpResponse]
TOUCH = timedelta(minutes=1)
PHONE = "/phone/"
"""Under this lie the personal links of patients: who comes here without an account is asked for a code, never for a password."""


def never_stored(answer: Handler) -> Handler:
    """No page is kept by a browser or a proxy: the next person at this tablet finds nothing."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        response["Cache-Control"] = "no-store"
        if not response.streaming:  # a file tells its length itself
            response["Content-Length"] = str(len(response.content))
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        return response

    return middleware


class Door:
    """Decides before anything else looks at a request: account, role, idle time, and whether the route exists for this role."""

    def __init__(self, answer: Handler) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.get_host()  # raises, and is answered as what cannot be read, for a name that is not ours
        only = desk_of(request).only
        request.user, found = remembered(("holder", request.session.session_key), lambda: holder(request)) or (AnonymousUser(), None)
        over = found and ("session ended" if expired(request) else "barred" if barred(request, found) else "")
        if over:
            _out(request, over)
        elif found and found.role is not None and only in (None, found.role):
            request.META[CALL] = Call(request=request, desk=desk_of(request), role=found.role, account=found.account,
                                      language=language_of(request))  # fmt: skip
        if CALL not in request.META:
            if request.path.startswith(PHONE) and only is None:
                phone.let_in(request)
            elif request.path not in (reverse("login"), reverse("language"), reverse("session")):
                return HttpResponseRedirect(to_login(request))
        return self.answer(request)

    def process_view(self, request: HttpRequest, view: object, args: Any, kwargs: Any) -> HttpResponse | None:
        """Runs before the view and before the check for forged requests: forbidden and absent look alike."""
        match = request.resolver_match
        call: Call | None = request.META.get(CALL)
        if match is None or match.url_name is None or not verdict(match.url_name, request.method or "", call.role if call else None):
            if call is not None and match is not None:
                note(f"refused: {(request.method or '')[:10]} {match.url_name}", call.account, call.role, call.now)
            return not_found(request)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """What the disk or the database of the trial did not take is told as that; where and why stands in the log of the program alone."""
        if not isinstance(exception, StoreError):
            return None
        logging.getLogger("trialwright").error("%s", exception)
        call: Call | None = request.META.get(CALL)
        if call is None or call.role is Audience.PATIENT:
            return HttpResponse("503 Nothing was saved. Try again in a few minutes.\n503 未保存，请几分钟后重试。\n", status=503,
                                content_type="text/plain; charset=utf-8")  # fmt: skip
        held = call.desk.watch is not None and call.desk.watch.doubt is not None
        return render(call, "unsaved.html", status=503, why="unsure" if isinstance(exception, Unsure) else "record-held" if held else "unsaved")


def to_login(request: HttpRequest) -> str:
    """The login page, which then leads back to the page that was asked for; under a personal link, that link."""
    if request.path.startswith(PHONE) and desk_of(request).only is None:
        return reverse("phone", kwargs={"link": request.path.removeprefix(PHONE).partition("/")[0] or "-"})
    home = request.path == reverse("home")
    return reverse("login") + ("" if home else "?" + urlencode({"next": request.path}))


def holder(request: HttpRequest) -> "tuple[User, Standing] | None":
    """The account that is signed in here, and how it stands."""
    user = get_user(request)
    return (user, standing_of(user)) if user.is_authenticated else None  # type: ignore[arg-type,return-value]  # authenticated: a User


def expired(request: HttpRequest) -> bool:
    """Whether a session was idle too long or open too long, or was last seen at a time that is yet to come, for the clock was set back;
    a live one is touched at most once a minute.
    """
    now, session = desk_of(request).clock(), request.session
    began, seen = (datetime.fromisoformat(session.get(name) or now.isoformat()) for name in ("began", "seen"))
    if abs(now - seen) > timedelta(minutes=IDLE_MINUTES) or now - began > timedelta(hours=LONGEST_HOURS):
        return True
    if "seen" not in session or now - seen >= TOUCH:
        session["began"], session["seen"] = began.isoformat(), now.isoformat()
    return False


def barred(request: HttpRequest, found: Standing) -> bool:
    """Whether the delegation or training of this account no longer covers today, or its session lacks a second factor that it needs."""
    desk = desk_of(request)
    return found.hindrance(desk.today) is not None or (factor.needed(desk.gate.study, found) and not request.session.get("factor"))


def _out(request: HttpRequest, what: str) -> None:
    """Ends the session; the login page then tells why."""
    note(what, request.user.get_username(), None, desk_of(request).clock())
    language = language_of(request)
    logout(request)
    request.session.update({"language": language, "ended": "barred" if what == "barred" else request.method or ""})


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The one answer for what is absent, hidden or forbidden."""
    call: Call | None = request.META.get(CALL)
    if call is None or call.role is Audience.PATIENT:
        return HttpResponseRedirect(to_login(request))
    return render(call, "not_found.html", status=404)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The answer to a form that was not sent from a page of this application, or from one that is too old."""
    if request.path.startswith(PHONE) and desk_of(request).only is None:
        return phone.again(request)
    call: Call | None = request.META.get(CALL)
    note("refused: forged or old form", call.account if call else "", call.role if call else None, desk_of(request).clock())
    return _plain(request, "forged.html", 403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to a request that cannot be read at all; it looks at nothing, not even at the session."""
    return HttpResponse("400 Bad request: this address or form cannot be read. Go back and try again.\n", status=400,
                        content_type="text/plain; charset=utf-8")  # fmt: skip


def broken(request: HttpRequest) -> HttpResponse:
    """The answer when the program itself failed: nothing was saved, and nothing is told about why."""
    return HttpResponse("500 The program failed and saved nothing. Tell the person who runs it the time of day.\n"
                        "500 程序出错，未保存任何内容。请将时间告知系统管理员。\n", status=500, content_type="text/plain; charset=utf-8")  # fmt: skip


def _plain(request: HttpRequest, template: str, status: int) -> HttpResponse:
    call: Call | None = request.META.get(CALL)
    return render(call, template, status=status) if call else render_open(request, template, status=status)


