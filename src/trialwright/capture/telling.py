"""What an entry of the ledger says, in a sentence for the person who reads the trail."""

from datetime import datetime, timedelta

from trialwright.capture.desk import Call
from trialwright.protocol import ROLE_NAMES, Audience, absence_name
from trialwright.record import Entry
from trialwright.record.events import (
    Allocated,
    Amended,
    AmendmentApproved,
    AmendmentProposed,
    Answered,
    Attached,
    Bridged,
    ClockStepped,
    CodeBroken,
    Coded,
    Consented,
    Corrected,
    Detached,
    DictionaryAdopted,
    Enrolled,
    EvaluatorChanged,
    Exported,
    Failed,
    FollowUpEnded,
    Frozen,
    Locked,
    MarkedNotDone,
    Queried,
    QueryAnswered,
    QueryClosed,
    Redacted,
    RedactionAsked,
    Screened,
    SequenceSealed,
    Signed,
    StateAccepted,
    StudyOpened,
    Thawed,
    Unlocked,
    Verified,
    Withdrew,
)
from trialwright.record.redaction import parts_in_words
from trialwright.record.signatures import MEANINGS, OFF

LATE = timedelta(hours=24)
"""An answer that came here later than that after it was given is marked as late."""


def value_of(call: Call, form: str, item: str, value: str | None, absence: str | None) -> str:
    """An answer as people read it: the label of a choice, the unit of a number, the reason of an absence."""
    if value is None:
        return call.t(absence_name(absence)) if absence else "—"
    asked = call.study.item(form, item)
    if asked.codelist:
        return call.t(asked.codelist.labels[value])
    return f"{value} {asked.unit}" if asked.unit else value


def by_phone(call: Call, entry: Entry) -> str:
    """When an answer was given on the patient's phone, and how much later it came here; "" for an answer that was typed here."""
    event = entry.event
    if not isinstance(event, Answered) or not event.observed:
        return ""
    at = datetime.fromisoformat(event.observed)
    late = "t-phone-late" if entry.at - at > LATE else "t-phone"
    return call.say(late, at=call.clock_time(at), arrived=call.clock_time(entry.at), count=(entry.at - at) // timedelta(hours=1))


def place_of(call: Call, visit: str, form: str) -> str:
    """Visit and form in words."""
    title = call.t(call.study.form(form).title)
    return f"{call.t(call.study.visit(visit).name)} · {title}" if visit else title


def roles(call: Call, some: Audience) -> str:
    """Roles in words."""
    return ", ".join(call.t(ROLE_NAMES[role]) for role in some)


def told(call: Call, entry: Entry) -> str:
    """One sentence: what happened."""
    event = entry.event
    match event:
        case Corrected() | Answered():
            item = call.t(call.study.item(event.form, event.item).label)
            value = value_of(call, event.form, event.item, event.value, event.absence)
            where = place_of(call, event.visit, event.form)
            held = " " + call.say("t-held", why=event.confirmed.replace("RANGE: ", "").replace("\n", "; ")) if event.confirmed else ""
            if isinstance(event, Corrected):
                return call.say("t-corrected", where=where, item=item, value=value, reason=event.reason) + held
            return " ".join(filter(None, (call.say("t-answered", where=where, item=item, value=value) + held, by_phone(call, entry))))
        case MarkedNotDone():
            return call.say("t-not-done", where=place_of(call, event.visit, event.form), reason=event.reason)
        case Signed():
            if not event.form:
                return call.say("t-signed-off", meaning=OFF[event.meaning])
            return call.say("t-signed", where=place_of(call, event.visit, event.form), meaning=MEANINGS[event.meaning], digest=event.digest[:8])
        case Queried():
            item = call.t(call.study.item(event.form, event.item).label)
            return call.say("t-queried", where=place_of(call, event.visit, event.form), item=item, question=event.question)
        case QueryAnswered():
            return call.say("t-query-answered", answer=event.answer)
        case Allocated():
            return call.say("t-allocated", arm=call.study.arm(event.arm).name, reason=event.because)
        case CodeBroken():
            return call.say("t-broken", to=roles(call, event.to), second=event.second, reason=event.because)
        case _:
            return _short(call, entry)


def _short(call: Call, entry: Entry) -> str:
    event = entry.event
    match event:
        case StudyOpened():
            return call.say("t-opened", code=event.code, version=event.version, reading=event.reading)
        case Screened():
            return call.say("t-screened", site=event.site)
        case Consented():
            return call.say("t-consented", on=event.on, version=event.version)
        case Failed():
            return call.say("t-failed", on=event.on, criteria=event.criteria or "—", reason=event.because)
        case Enrolled():
            return call.say("t-enrolled", on=event.on)
        case Withdrew():
            return call.say("t-withdrew", on=event.on, reason=event.because)
        case FollowUpEnded():
            return call.say("t-ended", on=event.on)
        case QueryClosed():
            return call.say("t-query-closed")
        case Locked() | Unlocked() | Verified() | Coded() | DictionaryAdopted() | Frozen() | Thawed() | EvaluatorChanged():
            return _reviewed(call, entry)
        case AmendmentProposed():
            return call.say("t-amendment", version=event.version, reason=event.because)
        case AmendmentApproved():
            return call.say("t-amendment-approved", digest=event.digest[:16])
        case Amended():
            return call.say("t-amended", version=event.version)
        case Attached() | Detached() | Exported():
            return _of_files(call, entry)
        case SequenceSealed():
            return call.say("t-sealed", commitment=event.commitment[:16])
        case StateAccepted():
            return call.say("t-state-accepted", state=event.state, reason=event.because)
        case Bridged():
            size = event.checkpoint.split("\n")[1:2]
            return call.say("t-bridged", size=size[0] if size else "0") if event.key else call.say("t-bridged-end")
        case ClockStepped():
            return call.say("t-clock", seconds=event.seconds)
        case RedactionAsked():
            return call.say("t-redaction-asked", what=parts_in_words(event.what), ref=event.erases, reason=event.because)
        case Redacted():
            return call.say("t-redacted", what=parts_in_words(event.what), ref=event.erases, request=event.request)
        case _:
            raise AssertionError(f"no sentence for {type(event).__name__}")


def _of_files(call: Call, entry: Entry) -> str:
    """What happened to files beside pages, and who took copies of the study."""
    event = entry.event
    match event:
        case Attached():
            return call.say("t-attached", where=place_of(call, event.visit, event.form), name=event.name, size=event.size, digest=event.sha256[:12])
        case Detached():
            return call.say("t-detached", where=place_of(call, event.visit, event.form), file=event.attachment, reason=event.because)
        case Exported():
            return call.say("t-exported", view=roles(call, event.view), purpose=event.purpose, recipient=event.recipient, basis=event.basis)
        case _:
            raise AssertionError(f"no sentence for {type(event).__name__}")


def _reviewed(call: Call, entry: Entry) -> str:
    """What reviewers did."""
    event = entry.event
    match event:
        case Verified():
            left = ", ".join(call.t(call.study.item(event.form, item).label) for item in event.excepted.split(",") if item)
            return call.say("t-verified", where=place_of(call, event.visit, event.form), excepted=left or "—")
        case Coded():
            item = call.t(call.study.item(event.form, event.item).label)
            told = call.say("t-coded", where=place_of(call, event.visit, event.form), item=item, term=event.term, code=event.code,
                            dictionary=event.dictionary, version=event.version)  # fmt: skip
            return told + (" " + call.say("t-because", reason=event.reason) if event.reason else "")
        case DictionaryAdopted():
            return call.say("t-adopted", dictionary=event.dictionary, version=event.version)
        case Frozen():
            return call.say("t-frozen", where=place_of(call, event.visit, event.form) if event.form else call.say("t-whole"))
        case Thawed():
            where = place_of(call, event.visit, event.form) if event.form else call.say("t-whole")
            return call.say("t-thawed", where=where, reason=event.because)
        case EvaluatorChanged():
            return call.say("t-takeover", reason=event.because)
        case Unlocked():
            return call.say("t-unlocked", second=event.second or "—", reason=event.because or "—")
        case Locked():
            return call.say("t-locked", digest=event.digest[:16] or "—")
        case _:
            raise AssertionError(f"no sentence for {type(event).__name__}")
