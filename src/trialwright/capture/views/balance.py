"""The arms side by side and the evidence for each allocation, for those who may know the arms and nobody else."""

from attrs import frozen
from django.http import Http404, HttpResponse

from trialwright.allocation.allocate import METHOD_NAMES
from trialwright.allocation.balance import balance as balance_of
from trialwright.allocation.balance import commitment, factor_label
from trialwright.capture.desk import Call
from trialwright.capture.pages import render
from trialwright.protocol import Method, Text
from trialwright.record import Entry, Subject
from trialwright.record.events import Allocated


@frozen(kw_only=True)
class Told:
    """One allocation as it is shown: by which method, on which evidence, in which stratum, under which sealed list."""

    subject: Subject
    entry: Entry
    arm: Text
    method: Text
    because: str
    stratum: str
    commitment: str


def sees_arms(call: Call) -> bool:
    """Whether this study lets this role know the arms while it runs."""
    return call.role not in call.study.blinded


def allocation_of(call: Call, subject: Subject) -> Told | None:
    """How a subject came into its arm; None when it did not, or the reader may not know."""
    entry = subject.allocated
    if entry is None or not isinstance(entry.event, Allocated):
        return None
    event = entry.event
    letters = zip(range(len(call.study.chosen.factors)), event.stratum, strict=False)
    stratum = "; ".join(f"{call.t(factor_label(call.study, number))}: {call.say('level-Y' if letter == 'Y' else 'level-N')}" for number, letter in letters)
    random = event.method == Method.RANDOMIZED.value
    return Told(subject=subject, entry=entry, arm=call.study.arm(event.arm).name, method=METHOD_NAMES[Method(event.method)], because=event.because,
                stratum=stratum, commitment=commitment(call.book) if random else "")  # fmt: skip


def balance(call: Call) -> HttpResponse:
    """The page. For a role that the study blinds it does not exist."""
    if not sees_arms(call):
        raise Http404
    told = [one for subject in call.book.subjects if (one := allocation_of(call, subject)) is not None]
    told.sort(key=lambda one: one.entry.at)
    return render(call, "balance.html", found=balance_of(call.study, call.book), told=told, reading=call.study.chosen, reveals=True,
                  method=METHOD_NAMES[call.study.chosen.method], arms=[arm.name for arm in call.study.arms])  # fmt: skip
