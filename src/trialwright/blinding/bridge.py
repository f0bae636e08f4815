"""What may pass between the trial and the place where the evaluator works apart: two short lists, and nothing that is not on them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from trialwright.blinding.labels import Leak, held
from trialwright.protocol import Audience, Study, audience
from trialwright.record.casebook import Casebook
from trialwright.record.events import (
    Amended,
    Answered,
    ClockStepped,
    CodeBroken,
    Coded,
    Corrected,
    Enrolled,
    Entry,
    EvaluatorChanged,
    FollowUpEnded,
    Frozen,
    Happened,
    Locked,
    MarkedNotDone,
    Queried,
    QueryAnswered,
    QueryClosed,
    Redacted,
    RedactionAsked,
    SequenceSealed,
    Signed,
    StudyOpened,
    Thawed,
    Unlocked,
    Verified,
)
from trialwright.record.refusals import Refused, refusal

PLACE = "EVALUATOR"
"""The place where the evaluator works apart, as it stands in the name of its ledger and of the logs that are written there."""

TOLD: frozenset[type[Happened]] = frozenset((
    StudyOpened, Enrolled, FollowUpEnded, Answered, Corrected, MarkedNotDone, Queried, QueryAnswered, QueryClosed, Signed, Verified, Coded,
    Frozen, Thawed, EvaluatorChanged, Locked, Unlocked, CodeBroken, SequenceSealed, Amended, RedactionAsked, Redacted,
))  # fmt: skip
"""What the trial tells that place, where the label admits the evaluator."""

BROUGHT: frozenset[type[Happened]] = frozenset((Answered, Corrected, MarkedNotDone, QueryAnswered, Signed, EvaluatorChanged, ClockStepped))
"""What comes back from there: what the evaluator does, and that the clock of his machine jumped."""

AHEAD = timedelta(minutes=10)
"""So far the clocks of two machines may be apart."""


class Stranger(ValueError):
    """Something on the bridge that has no business there; says what."""


def crosses(log: str) -> bool:
    """Whether a log of the trial (not its root) may lie where the evaluator works: by its label, or because it was written there.

    >>> crosses("EVALUATOR+MONITOR"), crosses("PHYSICIAN+CUSTODIAN"), crosses("PHYSICIAN+CUSTODIAN/EVALUATOR"), crosses("NOBODY")
    (True, False, True, False)
    """
    label, _, place = log.partition("/")
    try:
        return audience(label).admits(Audience.EVALUATOR) if not place else place == PLACE
    except KeyError:  # no role that there is
        return False


def written_there(log: str) -> bool:
    """Whether a log is written where the evaluator works, and nowhere else."""
    return log.endswith(f"/{PLACE}")


def shared_forms(study: Study) -> tuple[str, ...]:
    """Forms that the evaluator and somebody else fill: with two writers in two places nobody could say which answer is the last."""
    return tuple(form.code for form in study.forms if Audience.EVALUATOR in form.entered_by and form.entered_by is not Audience.EVALUATOR)


def admitted(study: Study, book: Casebook, entries: Sequence[Entry], now: datetime) -> tuple[int, Refused | None]:
    """How many of these entries, which come over the bridge in this order, may be taken in, and why the next save must wait.

    `book` is the evaluator's view of this side. What waits stays where it was written, and so does all that came after it. Raises
    `Stranger` for an entry that may not pass at all, whatever its label says.
    """
    taken = 0
    for save in _saves(entries):
        why = next(filter(None, (_waits(book, entry, now) for entry in save)), None)
        if why is not None:
            return taken, why
        for entry in save:
            _known(study, book, entry)
            book = book.plus((entry,))
        taken += len(save)
    return taken, None


def _saves(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    return (list(save) for _, save in groupby(entries, key=lambda entry: (entry.at, entry.by)))


def _waits(book: Casebook, entry: Entry, now: datetime) -> Refused | None:
    """Why something written by the evaluator cannot come in now: the data were locked, or the page was frozen, before it arrived."""
    event, written = entry.event, _clock(entry.at)
    if not written_there(entry.log) or isinstance(event, ClockStepped):
        return None
    if entry.at > now + AHEAD:
        return refusal("late-ahead", who=entry.by, when=written)
    if book.locked:
        return refusal("late-locked", who=entry.by, written=written, subject=event.subject, when=_clock(book.locked.at))
    if isinstance(event, Answered | MarkedNotDone | Signed) and book.knows(event.subject):
        closed = book.subject(event.subject).closed_by(event.visit, event.form, getattr(event, "row", ""))
        if closed:
            page = " ".join(filter(None, (event.subject, event.visit, event.form)))
            return refusal("late-frozen", who=entry.by, written=written, page=page, closer=closed.by, when=_clock(closed.at))
    return None


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _known(study: Study, book: Casebook, entry: Entry) -> None:
    """Raises `Stranger` unless the entry is of a kind that may pass, written by whom it may be, and told to no more people than may know of it."""
    event, kind = entry.event, type(entry.event)
    if written_there(entry.log):
        ours = kind in BROUGHT and (entry.role is Audience.EVALUATOR) != (kind is ClockStepped)
    else:
        ours = kind in TOLD and event.label.admits(Audience.EVALUATOR)
    if not ours:
        raise Stranger(f"{entry.log} line {entry.seq} is a {kind.__name__} by a {entry.role.code}, which does not pass the bridge")
    try:
        held(study, event, book)
    except Leak as leak:
        raise Stranger(f"{entry.log} line {entry.seq}: {leak}") from leak
    except KeyError as missing:
        raise Stranger(f"{entry.log} line {entry.seq} is about {missing}, which this study or this side does not know") from missing
