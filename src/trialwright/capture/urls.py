"""The addresses of the application: exactly the routes of the policy, each with the view that answers it."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from trialwright.capture import login
from trialwright.capture.addresses import VIEWS
from trialwright.capture.desk import Call, call_of
from trialwright.capture.pages import render
from trialwright.capture.policy import BY_NAME
from trialwright.capture.views import phone
from trialwright.record import Refused

View = Callable[..., HttpResponse]


def called(view: Callable[..., HttpResponse]) -> View:
    """A view of a `Call` as Django calls it: what the reader's casebook does not know does not exist."""

    def answer(request: HttpRequest, **places: Any) -> HttpResponse:
        call: Call = call_of(request)
        try:
            return view(call, **places)
        except KeyError as missing:
            if missing.args and missing.args[0] in places.values():
                raise Http404 from None
            raise
        except Refused as refused:
            if refused.code == "not-found":
                raise Http404 from None
            return render(call, "refused.html", status=422, problem=refused)

    return answer


_OPEN: dict[str, View] = {"login": login.log_in, "language": login.choose_language, "session": login.session,
                          "phone": phone.entrance, "phone-app": phone.app, "phone-send": phone.send}  # fmt: skip
ANSWERS: dict[str, View] = _OPEN | {name: called(view) for name, view in VIEWS.items()}

urlpatterns = [path(route.pattern, ANSWERS[name], name=name) for name, route in BY_NAME.items()]

handler400 = "trialwright.capture.door.bad_request"
handler404 = "trialwright.capture.door.not_found"
handler500 = "trialwright.capture.door.broken"
