"""What happened (events), how it is kept (ledger), what follows from it (casebook), and the commands that add to it."""

from trialwright.record.amending import ApproveAmendment, ProposeAmendment, PutInForce
from trialwright.record.answers import Answer, MarkNotDone
from trialwright.record.attachments import Attach, Detach
from trialwright.record.casebook import Casebook, Subject
from trialwright.record.chart import SubjectChart
from trialwright.record.coding import Adopt, Code, Verbatim, uncoded, verbatims
from trialwright.record.commands import Act, Command, Events
from trialwright.record.conclusions import Conclusion, conclusions
from trialwright.record.events import Entry, Event
from trialwright.record.lock import BreakCode, Lock, Unlock, obstacles
from trialwright.record.pages import Attachment, Cell, Page, Query
from trialwright.record.queries import AnswerQuery, AskQuery, CloseQuery
from trialwright.record.questionnaires import HandIn, Questionnaire
from trialwright.record.redaction import AskRedaction, Erasure, Redact, erasures
from trialwright.record.refusals import Conflict, Refused, refusal
from trialwright.record.review import Freeze, TakeOver, Thaw, Verify
from trialwright.record.signatures import Sign, SignOff, signed_off
from trialwright.record.subjects import Complete, Consent, FailScreening, OpenStudy, Screen, Withdraw
from trialwright.record.upkeep import KEEPERS, AcceptState, NoteClock
from trialwright.record.visits import STATUS_NAMES, Status, Window, expected, status, visit_status, window

__all__ = [
    "KEEPERS", "STATUS_NAMES", "AcceptState", "Act", "Adopt",
    "Answer", "AnswerQuery", "ApproveAmendment", "AskQuery", "AskRedaction", "Attach", "Attachment", "BreakCode", "Casebook", "Cell",
    "CloseQuery",
    "Code", "Command", "Complete", "Conclusion", "Conflict", "Consent", "Detach", "Entry", "Erasure", "Event", "Events", "FailScreening",
    "Freeze", "HandIn",
    "Lock", "MarkNotDone", "NoteClock", "OpenStudy", "Page", "ProposeAmendment", "PutInForce", "Query", "Questionnaire",
    "Redact", "Refused", "Screen", "Sign", "SignOff", "Status", "Subject",
    "SubjectChart", "TakeOver", "Thaw", "Unlock", "Verbatim", "Verify", "Window", "Withdraw", "conclusions", "erasures", "expected",
    "obstacles", "refusal",
    "signed_off", "status", "uncoded", "verbatims", "visit_status", "window",
]  # fmt: skip
