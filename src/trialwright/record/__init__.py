"""What happened (events), how it is kept (ledger), what follows from it (casebook), and the commands that add to it."""

from trialwright.record.answers import Answer, MarkNotDone
from trialwright.record.casebook import Casebook, Cell, Page, Query, Subject
from trialwright.record.chart import SubjectChart
from trialwright.record.commands import Act, Command, Events
from trialwright.record.events import Entry, Event
from trialwright.record.lock import BreakCode, Lock, obstacles
from trialwright.record.queries import AnswerQuery, AskQuery, CloseQuery
from trialwright.record.refusals import Conflict, Refused, refusal
from trialwright.record.signatures import Sign
from trialwright.record.subjects import Complete, Consent, FailScreening, OpenStudy, Screen, Withdraw
from trialwright.record.visits import STATUS_NAMES, Status, Window, status, visit_status, window

__all__ = [
    "STATUS_NAMES", "Act", "Answer", "AnswerQuery", "AskQuery", "BreakCode", "Casebook", "Cell", "CloseQuery", "Command",
    "Complete", "Conflict", "Consent", "Entry", "Event", "Events", "FailScreening", "Lock", "MarkNotDone", "OpenStudy",
    "Page", "Query", "Refused", "Screen", "Sign", "Status", "Subject", "SubjectChart", "Window", "Withdraw", "obstacles",
    "refusal", "status", "visit_status", "window",
]  # fmt: skip
