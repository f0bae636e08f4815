"""Leaks to be planted in the record: in labels, names, order and times of entries, in refusals, checks, the calendar, and in files."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from attrs import evolve

from trialwright.blinding import gate as gates
from trialwright.blinding.gate import Gate
from trialwright.capture import checking
from trialwright.capture.desk import Call
from trialwright.capture.planted_answers import Plant, hidden
from trialwright.capture.views import casereport, evaluator
from trialwright.protocol import Audience, Text, Wrong
from trialwright.record import Casebook, Entry, Refused, commands, queries, refusal, visits

A = Audience



def replaced(*targets: tuple[Any, str, Any]) -> Plant:
    """A leak by putting something else in the place of a part of the house."""

    @contextmanager
    def plant() -> Iterator[None]:
        with ExitStack() as stack:
            for where, name, other in targets:
                stack.enter_context(patch.object(where, name, other))
            yield

    return plant


UNHELD = (gates, "held", lambda study, event, book: None)


@contextmanager
def numbered() -> Iterator[None]:
    """Entries carry their place in the whole ledger."""
    with _accepting(lambda ledger, place, entry, lines: evolve(entry, seq=len(list(ledger)) + place)):
        yield


@contextmanager
def one_chain() -> Iterator[None]:
    """Names of entries come from a hash over all logs together."""
    with _accepting(lambda ledger, place, entry, lines: evolve(entry, ref=lines[-1].head.hex()[:16])):
        yield


@contextmanager
def _accepting(changed: Callable[[Any, int, Entry, Any], Entry]) -> Iterator[None]:
    ledger: Any = vars(gates)["Ledger"]
    real = ledger.accept

    def accept(self: Any, lines: Any, entries: Any) -> None:
        entries[:] = [changed(self, place, entry, lines) for place, entry in enumerate(entries)]
        real(self, lines, entries)

    with patch.object(ledger, "accept", accept):
        yield


def viewed(change: Callable[[Gate, Casebook], Casebook]) -> Plant:
    """A leak in what the gate hands to the evaluator."""

    @contextmanager
    def plant() -> Iterator[None]:
        real = Gate.casebook

        def casebook(self: Gate, role: Audience, *more: Any, **named: Any) -> Casebook:
            book = real(self, role, *more, **named)
            return change(self, book.plus(())) if role is A.EVALUATOR else book

        with patch.object(Gate, "casebook", casebook):
            yield

    return plant


def touched(gate: Gate, book: Casebook) -> Casebook:
    told = hidden(gate, A.EVALUATOR)
    book.__dict__["subjects"] = tuple(sorted(book.subjects, key=lambda one: -sum(entry.event.subject == one.id for entry in told)))
    return book


def told_of(gate: Gate, book: Casebook) -> Casebook:
    """Everybody who was screened is in the evaluator's book, without a fact about him."""
    entries = dict(book._entries)
    for entry in hidden(gate, A.EVALUATOR):
        if entry.event.subject:
            entries.setdefault(entry.event.subject, ())
    return Casebook(entries)


def timed(gate: Gate, book: Casebook) -> Casebook:
    """What is said of the last change counts every change."""
    count = len(hidden(gate, A.EVALUATOR))
    return Casebook({id: tuple(evolve(entry, at=entry.at + timedelta(microseconds=count)) for entry in told) for id, told in book._entries.items()})


@contextmanager
def known() -> Iterator[None]:
    """A code that exists where the evaluator cannot see it is refused otherwise than one that does not exist."""
    real = commands.known

    def known(book: Casebook, subject: str) -> Any:
        if not book.knows(subject) and last and last[-1].casebook(A.CUSTODIAN).knows(subject):
            raise Refused("forbidden", refusal("locked").because)
        return real(book, subject)

    with ExitStack() as stack:
        last = stack.enter_context(_watched())
        for module in ("answers", "signatures", "queries", "review"):
            stack.enter_context(patch(f"trialwright.record.{module}.known", known))
        yield


@contextmanager
def _watched() -> Iterator[list[Gate]]:
    """Remembers the gate that was asked last: how a leak deep in the record comes to what it must not know."""
    real, last = Gate.casebook, list[Gate]()

    def casebook(self: Gate, role: Audience, *more: Any, **named: Any) -> Casebook:
        last[:] = [self]
        return real(self, role, *more, **named)

    with patch.object(Gate, "casebook", casebook):
        yield last


@contextmanager
def checked() -> Iterator[None]:
    """A check on the evaluator's page looks at the doses."""
    real = checking.asked

    def asked(call: Any, subject: Any, form: Any, page: Any, reading: Any, sent: Any) -> Any:
        found = real(call, subject, form, page, reading, sent)
        doses = str(len(hidden(call.desk.gate, call.role)))
        if not reading.entries:
            return found
        return evolve(found, wrongs=(*found.wrongs, Wrong(item=next(iter(reading.entries)), because=Text(f"before dose {doses}", f"早于第 {doses} 次给药"))))

    with patch("trialwright.capture.views.casereport.asked", asked):
        yield


@contextmanager
def scored() -> Iterator[None]:
    """What follows from a page rests on what is hidden too."""
    real = casereport.concluded

    def concluded(here: Any) -> Any:
        doses = str(len(hidden(here.call.desk.gate, here.call.role)))
        return tuple(evolve(one, fact=evolve(one.fact, because=Text(doses, doses))) for one in real(here))

    with patch.object(casereport, "concluded", concluded):
        yield


@contextmanager
def due() -> Iterator[None]:
    """Today is counted from the last dose."""
    real = vars(Call)["today"].fget
    shift = property(lambda call: real(call) + timedelta(days=7 * (len(hidden(call.desk.gate, call.role)) % 4)))
    with patch.object(Call, "today", shift):
        yield


@contextmanager
def calendar() -> Iterator[None]:
    """The days of a visit depend on the arm."""

    real = visits.window

    def window(visit: Any, subject: Any) -> Any:
        span = real(visit, subject)
        arm = last[-1].casebook(A.CUSTODIAN).subject(subject.id).arm if last and subject.id else None
        return evolve(span, first=span.first + timedelta(days=1)) if span and arm else span

    with _watched() as last, patch.object(evaluator, "window", window):
        yield


@contextmanager
def progress() -> Iterator[None]:
    """How much is filled counts the pages of others."""

    real = evaluator._assessments

    def counted(call: Call) -> Iterator[Any]:
        done = len(hidden(call.desk.gate, call.role))
        return (evolve(one, progress=f"{done} %") for one in real(call))

    with patch.object(evaluator, "_assessments", counted):
        yield


@contextmanager
def ordered() -> Iterator[None]:
    """The worklist is in the order in which patients were last seen by anybody."""

    real = evaluator._assessments

    def touched(call: Call) -> Iterator[Any]:
        told = hidden(call.desk.gate, call.role)
        latest = {subject: -sum(entry.event.subject == subject for entry in told) for subject in {one.event.subject for one in told}}
        return iter(sorted(real(call), key=lambda one: (latest.get(one.subject, 0), one.subject)))

    with patch.object(evaluator, "_assessments", touched), patch.object(evaluator, "sorted", lambda found, key: list(found), create=True):
        yield


@contextmanager
def piped() -> Iterator[None]:
    """The text of a question takes in a number from elsewhere."""

    real: Callable[..., str] = vars(queries)["worded"]

    def worded(text: str, *more: int) -> str:
        return real(f"{text} ({len(hidden(last[-1], A.EVALUATOR)) if last else 0})", *more)

    with _watched() as last, patch.object(queries, "worded", worded):
        yield


@contextmanager
def mailed() -> Iterator[None]:
    """A mail goes out with every dose."""
    from django.core.mail import send_mail

    real = Gate.do_all

    def do_all(self: Gate, actor: Any, done: Any, at: Any) -> Any:
        entries = real(self, actor, done, at)
        if entries and not any(entry.event.label.admits(A.EVALUATOR) for entry in entries):
            send_mail("Something was saved", "", "trial@example.org", ["evaluator@example.org"])
        return entries

    with patch.object(Gate, "do_all", do_all):
        yield



@contextmanager
def printed() -> Iterator[None]:
    """The casebook on paper counts, in the properties of its file, everything that is known of the patient."""
    from trialwright.report import casebook_pdf

    real = casebook_pdf.casebook_pdf

    def printed(study: Any, book: Any, subject: Any, reader: Any) -> bytes:
        return real(study, book, subject, reader) + f"\n% {len(hidden(last[-1], reader.role)) if last else 0}\n".encode()

    with _watched() as last, patch.object(casebook_pdf, "casebook_pdf", printed):
        yield


@contextmanager
def column() -> Iterator[None]:
    """A data set has a column as soon as anybody has filled it."""
    from trialwright import sdtm

    real = sdtm.build

    def build(study: Any, book: Any, *more: Any, **named: Any) -> Any:
        built = dict(real(study, book, *more, **named))
        first = next(iter(built))
        if last and hidden(last[-1], A.STATISTICIAN):
            built[first] = built[first].with_columns(IGG=None)
        return built

    with _watched() as last, patch.object(sdtm, "build", build):
        yield
