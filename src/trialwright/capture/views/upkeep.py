"""The record itself: its backups, a state that is in doubt, jumps of the clock; for those who answer for it."""

from django.http import HttpResponse

from trialwright.capture.clock import synchronized
from trialwright.capture.desk import Call
from trialwright.capture.pages import go, render
from trialwright.capture.telling import told
from trialwright.capture.upkeep import upkeep
from trialwright.capture.views.steps import BECAUSE, Step, ask
from trialwright.record import AcceptState, refusal
from trialwright.record.events import Bridged, ClockStepped, StateAccepted
from trialwright.record.upkeep import acceptances
from trialwright.store import Doubt


def record(call: Call) -> HttpResponse:
    """How the record is kept. How much is in it is not told to the blind: what they may not see is counted in it."""
    watch = call.desk.watch
    doubt = watch.doubt if watch else None
    agreed = acceptances(call.book.entries(), doubt.name) if doubt else ()
    noted = [(entry, told(call, entry)) for entry in call.book.entries() if isinstance(entry.event, ClockStepped | StateAccepted | Bridged)]
    return render(call, "record.html", watch=watch, doubt=doubt, why=_why(call, doubt) if doubt else "", agreed=agreed, noted=noted, upkept=upkeep(call),
                  timed=synchronized(), counted=call.role not in call.study.blinded,
                  may_agree=not any(entry.role is call.role or entry.by == call.account for entry in agreed))


def accept(call: Call) -> HttpResponse:
    """Agree that the trial goes on from a state that is in doubt."""
    doubt = call.desk.watch.doubt if call.desk.watch else None
    if doubt is None:
        raise refusal("not-found")
    step = Step(title="accept-state", lead="accept-lead", button="accept-state", items=(BECAUSE,), stern=True, signed=True,
                commands=lambda values: (AcceptState(doubt=doubt.name, state=str(doubt), because=values["BECAUSE"]),))  # fmt: skip
    return ask(call, step, lambda _: go(call, "record", say=call.say("accepted-now")), about=_why(call, doubt))


def _why(call: Call, doubt: Doubt) -> str:
    told, put_back = [], doubt.restored
    if put_back:
        told.append(call.say("state-restored", when=call.clock_time(put_back.at), who=put_back.by, made=call.clock_time(put_back.made), file=put_back.file))
    if doubt.known:
        told.append(call.say("state-older"))
    return " ".join(told)
