"""Coming in, going out, and choosing the language. Coming in may take steps: password, second factor, a password of one's own."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from attrs import frozen
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from trialwright.capture import factor
from trialwright.capture.accounts import note, role_of, set_password, standing_of
from trialwright.capture.desk import CALL, Call, desk_of, language_of
from trialwright.capture.links import KEPT
from trialwright.capture.pages import render_open, token
from trialwright.capture.passwords import wrong_with
from trialwright.capture.standing import Standing
from trialwright.capture.words import WORDS
from trialwright.protocol import Text

if TYPE_CHECKING:
    from django.contrib.auth.models import User

HALFWAY = "halfway"
HALFWAY_MINUTES = 10
_BACKEND = "django.contrib.auth.backends.ModelBackend"


@frozen(kw_only=True)
class Half:
    """Somebody whose password was right and who is not in yet; `proved`: his second factor was right too."""

    user: "User"
    standing: Standing
    proved: bool


def log_in(request: HttpRequest) -> HttpResponse:
    """The login page and its steps. An unknown name, a wrong password and an account without a role get the same answer."""
    if CALL in request.META:
        return HttpResponseRedirect(_onward(request))
    step = request.POST.get("step", "") if request.method == "POST" else None
    if step == "again":
        request.session.pop(HALFWAY, None)
        return HttpResponseRedirect(request.get_full_path(), status=303)
    half = _halfway(request)
    if step is None:
        return _ask(request, half) if half else _first(request)
    if step == "":
        return _password(request)
    if half is None:
        request.session["ended"] = "step"
        return HttpResponseRedirect(request.get_full_path(), status=303)
    return _code(request, half) if step == "code" else _change(request, half) if step == "change" else _on(request, half)


def _first(request: HttpRequest, status: int = 200, **told: object) -> HttpResponse:
    page = {"wrong": False, "shut": False, "barred": None, "name": "", "ended": None, **told}
    if status == 200:
        page["ended"] = request.session.pop("ended", None)
    return render_open(request, "login.html", status=status, **page)


def _password(request: HttpRequest) -> HttpResponse:
    """Name and password; then whether this account may work today, which only its holder is told."""
    name, desk = request.POST.get("name", "").strip(), desk_of(request)
    user = _known(request, name)
    if user is None:
        return _first(request, 422, wrong=True, name=name)
    found = standing_of(user)
    hindrance = found.hindrance(desk.today)
    if hindrance is not None:
        note("login refused", name, found.role, desk.clock())
        return _first(request, 422, barred=hindrance, name=name)
    half = Half(user=user, standing=found, proved=False)
    if not _wants(request, half):
        return _enter(request, half)
    _keep(request, half)
    return HttpResponseRedirect(request.get_full_path(), status=303)


def _known(request: HttpRequest, name: str) -> "User | None":
    """The account that name and password open, if it holds one role; a failure is written down."""
    user = authenticate(request, username=name, password=request.POST.get("password", ""))
    role = role_of(user) if user is not None else None  # type: ignore[arg-type]  # our backend gives a User
    if role is not None and desk_of(request).only in (None, role):
        return user  # type: ignore[return-value]  # our backend gives a User
    if not getattr(request, "axes_locked_out", False):
        note("login failed", name, None, desk_of(request).clock())
    return None


def _keep(request: HttpRequest, half: Half) -> None:
    """Remembers for ten minutes how far somebody came; a new password in between makes it void."""
    request.session.cycle_key()
    request.session[HALFWAY] = {"user": half.user.pk, "hash": half.user.get_session_auth_hash(), "at": desk_of(request).clock().isoformat(),
                                "proved": half.proved}  # fmt: skip


def _halfway(request: HttpRequest) -> Half | None:
    from django.contrib.auth.models import User

    kept = request.session.get(HALFWAY)
    user = User.objects.filter(pk=kept["user"], is_active=True).first() if kept else None
    if kept is None or user is None or kept["hash"] != user.get_session_auth_hash():
        return None
    if desk_of(request).clock() - datetime.fromisoformat(kept["at"]) > timedelta(minutes=HALFWAY_MINUTES):
        return None
    found = standing_of(user)
    return Half(user=user, standing=found, proved=kept["proved"]) if found.hindrance(desk_of(request).today) is None else None


def _wants(request: HttpRequest, half: Half) -> str:
    """The step that is still missing: "enroll", "code", "change"; "" when there is none."""
    if factor.needed(desk_of(request).gate.study, half.standing) and not half.proved:
        return "code" if factor.device_of(half.user) else "enroll"
    return "change" if half.standing.once else ""


def _ask(request: HttpRequest, half: Half, problem: Text | None = None) -> HttpResponse:
    """The page of the step that is missing."""
    step, drawn, secret = _wants(request, half), "", ""
    if step == "enroll":
        device = factor.device_to_enroll(half.user)
        drawn, secret = factor.picture(device, desk_of(request).gate.study.code), factor.secret_of(device)
    return render_open(request, "login_step.html", status=422 if problem else 200, step=step, name=half.standing.account, problem=problem,
                       picture=drawn, secret=" ".join(secret[place : place + 4] for place in range(0, len(secret), 4)))  # fmt: skip


def _on(request: HttpRequest, half: Half) -> HttpResponse:
    """To the next step, or in."""
    if not _wants(request, half):
        return _enter(request, half)
    return HttpResponseRedirect(request.get_full_path(), status=303)


def _code(request: HttpRequest, half: Half) -> HttpResponse:
    """The code of the phone, or one from paper. The first right code of a phone enrolls it and brings the codes for paper."""
    first = _wants(request, half) == "enroll"
    if not _proves(request, half, request.POST.get("code", "")):
        note("second factor failed", half.standing.account, half.standing.role, desk_of(request).clock())
        return _ask(request, half, WORDS["code-wrong"])
    proved = Half(user=half.user, standing=half.standing, proved=True)
    _keep(request, proved)
    if not first:
        return _on(request, proved)
    note("second factor enrolled", half.standing.account, half.standing.role, desk_of(request).clock())
    codes = factor.paper_codes(half.standing.account, desk_of(request).clock())
    return render_open(request, "login_step.html", step="paper", name=half.standing.account, problem=None, picture="", secret="", codes=codes)


def _proves(request: HttpRequest, half: Half, code: str) -> bool:
    """Whether this code is right; a wrong one counts like a wrong password, and none is looked at while the account is shut."""
    from axes.handlers.proxy import AxesProxyHandler

    known, now = {"username": half.standing.account}, desk_of(request).clock()
    shut = AxesProxyHandler.is_locked(request, known)
    device = factor.device_of(half.user)
    if not shut and factor.fits(device or factor.device_to_enroll(half.user), code, now):
        return True
    if not shut and device and factor.paper_fits(half.standing, code, now):
        note("recovery code used", half.standing.account, half.standing.role, now)
        return True
    user_login_failed.send(sender=__name__, credentials=known, request=request)
    return False


def _change(request: HttpRequest, half: Half) -> HttpResponse:
    """A password of one's own in the place of one that somebody else handed over."""
    if _wants(request, half) != "change":
        return _on(request, half)
    new = request.POST.get("new", "")
    problem = wrong_with(new, half.user) or (None if new == request.POST.get("repeat", "") else WORDS["repeat-wrong"])
    if problem:
        return _ask(request, half, problem)
    user = set_password(half.standing.account, new, half.standing.account, desk_of(request).clock(), once=False)
    return _enter(request, Half(user=user, standing=standing_of(user), proved=half.proved))


def _enter(request: HttpRequest, half: Half) -> HttpResponse:
    """In: a fresh session that knows when it began and what proved it."""
    _begin(request, half)
    return HttpResponseRedirect(_onward(request), status=303)


def _begin(request: HttpRequest, half: Half) -> None:
    language, now = language_of(request), desk_of(request).clock()
    request.session.pop(HALFWAY, None)
    request.session.pop(KEPT, None)  # whoever works here is no patient, and his session is as short as everybody's
    request.session.set_expiry(None)
    login(request, half.user, backend=_BACKEND)
    request.session.update({"language": language, "began": now.isoformat(), "seen": now.isoformat(), "factor": half.proved})
    note("logged in", half.standing.account, half.standing.role, now)


def session(request: HttpRequest) -> HttpResponse:
    """Who is signed in here, and the token for forms; sending name, password and code begins the session anew for the page that is open."""
    call: Call | None = request.META.get(CALL)
    if call is None and request.method == "POST":
        refused = _again(request)
        if refused is not None:
            return JsonResponse({"account": "", "why": refused.in_(language_of(request)), "token": token(request)}, status=422)
        return JsonResponse({"account": request.user.get_username(), "token": token(request)})
    return JsonResponse({"account": call.account if call else "", "token": token(request)})


def _again(request: HttpRequest) -> Text | None:
    """Signs in without leaving the page; tells why not."""
    name = request.POST.get("name", "").strip()
    user = _known(request, name)
    if user is None:
        return WORDS["login-wrong"]
    found = standing_of(user)
    hindrance = found.hindrance(desk_of(request).today)
    if hindrance is not None:
        note("login refused", name, found.role, desk_of(request).clock())
        return hindrance
    half = Half(user=user, standing=found, proved=False)
    if _wants(request, half) == "code":
        if not _proves(request, half, request.POST.get("code", "")):
            note("second factor failed", name, found.role, desk_of(request).clock())
            return WORDS["code-wrong"]
        half = Half(user=user, standing=found, proved=True)
    if _wants(request, half):
        return WORDS["sign-in-elsewhere"]
    _begin(request, half)
    return None


def _onward(request: HttpRequest) -> str:
    """The page of this application that was asked for before signing in, else the home."""
    wanted = request.GET.get("next", "")
    return wanted if _ours(request, wanted) else reverse("home")


def _ours(request: HttpRequest, address: str) -> bool:
    return url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}, require_https=request.is_secure())


def locked_out(request: HttpRequest, response: HttpResponse | None = None, credentials: object = None, *_: object) -> HttpResponse:
    """The answer after too many failures, whether or not the account exists."""
    half = _halfway(request)
    name = half.standing.account if half else request.POST.get("name", "").strip()
    request.session.pop(HALFWAY, None)
    note("shut out", name, None, desk_of(request).clock())
    return _first(request, 429, shut=True, name=name)


def log_out(call: Call) -> HttpResponse:
    """Ends the session and has the browser forget what it kept."""
    note("logged out", call.account, call.role, call.now)
    logout(call.request)
    call.request.session["language"] = call.language
    response = HttpResponseRedirect(reverse("login"), status=303)
    response["Clear-Site-Data"] = '"storage"'
    return response


def choose_language(request: HttpRequest) -> HttpResponse:
    """Changes the language and goes back to the page where the person was."""
    wanted = request.POST.get("language", "")
    if wanted in ("en", "zh"):
        request.session["language"] = wanted
    back = request.POST.get("back", "")
    return HttpResponseRedirect(back if _ours(request, back) else reverse("home"), status=303)


def is_them(call: Call, name: str, password: str) -> bool:
    """Whether this password belongs to this account and its holder may work today; a wrong one counts like a failed login."""
    user = authenticate(call.request, username=name, password=password)
    return user is not None and standing_of(user).hindrance(call.today) is None  # type: ignore[arg-type]  # our backend gives a User
