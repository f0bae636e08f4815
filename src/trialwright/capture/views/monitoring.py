"""Central monitoring: what is unusual in all answers that a reviewer may read, how unusual, and the pages behind it."""

from datetime import date
from typing import TYPE_CHECKING

from django.http import HttpResponse

from trialwright.capture.desk import Call
from trialwright.capture.pages import render

if TYPE_CHECKING:
    from trialwright.report.monitoring import Finding

SHOWN = 12
RAREST = 10_000
CHECKS = {
    "digits": ("c-digits", "c-digits-how"), "drift": ("c-drift", "c-drift-how"), "evaluators": ("c-evaluators", "c-evaluators-how"),
    "spread": ("c-spread", "c-spread-how"), "corrections": ("c-corrections", "c-corrections-how"),
    "copies": ("c-copies", ""), "early": ("c-early", ""),
}  # fmt: skip


def monitoring(call: Call) -> HttpResponse:
    """The page. Holidays are named in the address: they change what is counted, and nothing is kept."""
    # Numerical libraries load slowly: only who looks here waits for them.
    from trialwright.report.monitoring import ALARM, monitored

    words = call.request.GET.get("holidays", "")[:2000].replace(",", " ").split()
    days, wrong = [], ""
    for word in words:
        try:
            days.append(date.fromisoformat(word))
        except ValueError:
            wrong = wrong or word
    found = monitored(call.study, call.book, call.role, days)
    joined = sum(one.index_date is not None for one in call.book.subjects)
    return render(call, "monitoring.html", found=found, checks=CHECKS, unusual=lambda one: unusual(call, one), shown=SHOWN, share=round(ALARM * 100),
                  holidays=" ".join(words), wrong=wrong[:40], few=joined < 50)  # fmt: skip


def unusual(call: Call, one: "Finding") -> str:
    """How often chance alone shows as much, in plain words."""
    if one.p is None:
        return call.say("look")
    if one.p < 1 / RAREST:
        return call.say("hardly-ever")
    return call.say("one-in", count=round(1 / one.p))
