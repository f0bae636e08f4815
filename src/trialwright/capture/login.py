"""Coming in, going out, and choosing the language."""

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from trialwright.capture.accounts import note, role_of
from trialwright.capture.desk import CALL, Call, desk_of, language_of
from trialwright.capture.pages import render_open


def log_in(request: HttpRequest) -> HttpResponse:
    """The login page. An unknown name, a wrong password and an account without a role get the same answer."""
    if CALL in request.META:
        return HttpResponseRedirect(_onward(request))
    if request.method != "POST":
        return render_open(request, "login.html", wrong=False, shut=False, name="", ended=request.session.pop("ended", None))
    name, now = request.POST.get("name", "").strip(), desk_of(request).clock()
    user = authenticate(request, username=name, password=request.POST.get("password", ""))
    role = role_of(user) if user is not None else None  # type: ignore[arg-type]  # our backend gives a User
    if user is None or role is None:
        if not getattr(request, "axes_locked_out", False):
            note("login failed", name, None, now)
        return render_open(request, "login.html", status=422, wrong=True, shut=False, name=name, ended=None)
    language = language_of(request)
    login(request, user)
    request.session.update({"language": language, "began": now.isoformat(), "seen": now.isoformat()})
    note("logged in", name, role, now)
    return HttpResponseRedirect(_onward(request), status=303)


def _onward(request: HttpRequest) -> str:
    """The page of this application that was asked for before signing in, else the home."""
    wanted = request.GET.get("next", "")
    return wanted if _ours(request, wanted) else reverse("home")


def _ours(request: HttpRequest, address: str) -> bool:
    return url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}, require_https=request.is_secure())


def locked_out(request: HttpRequest, response: HttpResponse | None = None, credentials: object = None, *_: object) -> HttpResponse:
    """The answer after too many failures, whether or not the account exists."""
    name = request.POST.get("name", "").strip()
    note("shut out", name, None, desk_of(request).clock())
    return render_open(request, "login.html", status=429, wrong=False, shut=True, name=name, ended=None)


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
    """Whether this password belongs to this account; a wrong one counts like a failed login."""
    return authenticate(call.request, username=name, password=password) is not None


