"""Everything that can happen in a trial: one class per kind of event, named by what a person did."""

from datetime import date, datetime
from typing import Any

from attrs import field, frozen

from trialwright.protocol import Audience


def sealed(**arguments: Any) -> Any:
    """A field whose content enters the chain only as a salted commitment, so that it can be erased and the chain still holds."""
    return field(metadata={"sealed": True}, **arguments)


@frozen(kw_only=True)
class Happened:
    """An event: the roles that may know of it (its label, and so its compartment) and the subject ("" for the whole study)."""

    label: Audience
    subject: str = ""


@frozen(kw_only=True)
class StudyOpened(Happened):
    """The ledger begins: which study, in which version, under which reading of its allocation."""

    code: str
    version: str
    reading: str
    digest: str


@frozen(kw_only=True)
class Screened(Happened):
    """A person entered screening under a random code."""

    site: str


@frozen(kw_only=True)
class Consented(Happened):
    """A person agreed to take part, on a day, to a version of the consent."""

    on: date = sealed()
    version: str


@frozen(kw_only=True)
class Failed(Happened):
    """Screening ended without enrollment, for these criteria or reasons."""

    on: date = sealed()
    criteria: str
    because: str = sealed()


@frozen(kw_only=True)
class Enrolled(Happened):
    """A subject was taken into the study; `on` is the index date from which visits count."""

    on: date


@frozen(kw_only=True)
class Allocated(Happened):
    """A subject came into an arm, by a method and with the evidence for it; `stratum` is what each factor was then ("Y" or "N")."""

    arm: str = sealed()
    method: str
    stratum: str = ""
    because: str = sealed()


@frozen(kw_only=True)
class SequenceSealed(Happened):
    """A random allocation list was fixed: custodians keep its seed, and publish its commitment."""

    commitment: str
    seed: str = sealed()


@frozen(kw_only=True)
class Answered(Happened):
    """One item of one page got its first value, or the reason why there is none. `source` names an imported record, or the
    submission of a phone; `confirmed` holds, a line for each doubt, why an unusual value is right ("RANGE: ...", or the code of a
    check); `observed` is the moment of the answer where it was given before it arrived here.
    """

    visit: str
    form: str
    row: str = ""
    item: str
    value: str | None = sealed(default=None)
    absence: str | None = None
    source: str = ""
    confirmed: str = sealed(default="")
    observed: str = sealed(default="")


@frozen(kw_only=True)
class Corrected(Answered):
    """A saved answer was changed, and why; the earlier value stays."""

    reason: str = sealed()


@frozen(kw_only=True)
class MarkedNotDone(Happened):
    """A whole page was not done at this visit, and why."""

    visit: str
    form: str
    reason: str = sealed()


@frozen(kw_only=True)
class Queried(Happened):
    """A question was put about one item."""

    query: str
    visit: str
    form: str
    row: str = ""
    item: str
    question: str = sealed()


@frozen(kw_only=True)
class QueryAnswered(Happened):
    """The site answered a query."""

    query: str
    answer: str = sealed()


@frozen(kw_only=True)
class QueryClosed(Happened):
    """The one who may close it was satisfied."""

    query: str


@frozen(kw_only=True)
class Signed(Happened):
    """A person put a name under the answers of one page that carry one label, or (form "") under a whole casebook as he sees it;
    `digest` binds the exact content, and is empty where only the bare fact is told.
    """

    visit: str
    form: str
    row: str = ""
    meaning: str
    digest: str


@frozen(kw_only=True)
class Verified(Happened):
    """A monitor compared the answers of a page that carry one label with their source; `excepted` names the items left out."""

    visit: str
    form: str
    row: str = ""
    excepted: str = ""
    digest: str


@frozen(kw_only=True)
class Coded(Happened):
    """An answer in words was found in a dictionary; `revision` is the answer that was coded, so that the code falls with it. `path` is
    what lies above the term, as JSON; `reason` says why a code that still held was changed.
    """

    visit: str
    form: str
    row: str = ""
    item: str
    revision: int
    dictionary: str
    version: str
    code: str = sealed()
    term: str = sealed()
    path: str = sealed(default="")
    reason: str = sealed(default="")


@frozen(kw_only=True)
class DictionaryAdopted(Happened):
    """From now on answers of this kind are coded with this version of this dictionary; `digest` is that of the files it was read from."""

    kind: str
    dictionary: str
    version: str
    digest: str


@frozen(kw_only=True)
class Attached(Happened):
    """A file was laid beside a page: what it is called, of which kind and how long it is, and the SHA-256 by which it is kept."""

    visit: str
    form: str
    row: str = ""
    attachment: str
    name: str = sealed()
    media: str
    size: int
    sha256: str


@frozen(kw_only=True)
class Detached(Happened):
    """A file no longer counts as part of its page, and why; it is kept all the same."""

    visit: str
    form: str
    row: str = ""
    attachment: str
    because: str = sealed()


@frozen(kw_only=True)
class AmendmentProposed(Happened):
    """Another definition of the study was proposed: the whole of it (`definition`, whose hash is `digest`), what it changes, and why."""

    version: str
    digest: str
    definition: str
    changes: str
    because: str = sealed()


@frozen(kw_only=True)
class Exported(Happened):
    """Somebody took a copy of the study as his role may see it: for what, for whom, on which ground, and which digest it has."""

    view: Audience
    digest: str
    purpose: str = sealed()
    recipient: str = sealed()
    basis: str = sealed()


@frozen(kw_only=True)
class AmendmentApproved(Happened):
    """The second of the two who amend a study together approved a proposal."""

    digest: str


@frozen(kw_only=True)
class Amended(Happened):
    """From now on the study is this version. Who learns only the bare fact gets no digest: it follows from hidden parts too."""

    version: str
    digest: str = ""


@frozen(kw_only=True)
class Frozen(Happened):
    """A page, or (form "") everything of a subject, is closed to changes until it is thawed."""

    visit: str = ""
    form: str = ""
    row: str = ""


@frozen(kw_only=True)
class Thawed(Happened):
    """What was frozen is open again, and why."""

    visit: str = ""
    form: str = ""
    row: str = ""
    because: str = sealed()


@frozen(kw_only=True)
class EvaluatorChanged(Happened):
    """Another evaluator took over the assessments of a subject: who told it is the new one."""

    because: str = sealed()


@frozen(kw_only=True)
class Withdrew(Happened):
    """A subject left the study, with the reason that the evaluator must not read."""

    on: date
    because: str = sealed()


@frozen(kw_only=True)
class FollowUpEnded(Happened):
    """No more assessments of this subject: the bare fact, without its reason."""

    on: date


@frozen(kw_only=True)
class CodeBroken(Happened):
    """Arms were opened to roles that had been blind: for one subject, or ("") for the whole study after lock."""

    to: Audience
    second: str
    because: str = sealed()


@frozen(kw_only=True)
class Locked(Happened):
    """The data were closed for good. The bare fact is for everybody; `digest`, the state of the whole record, follows from
    hidden entries too and is told only to those who may see them.
    """

    digest: str = ""


@frozen(kw_only=True)
class Unlocked(Happened):
    """Locked data were opened again for changes; the reason is told to those who are not the evaluator."""

    second: str = ""
    because: str = sealed(default="")


@frozen(kw_only=True)
class StateAccepted(Happened):
    """One of two people agreed that the record goes on from a state that may lack later entries: restored, or older than was known.
    `doubt` names what was accepted, `state` says it in plain words.
    """

    doubt: str
    state: str
    because: str = sealed()


@frozen(kw_only=True)
class RedactionAsked(Happened):
    """Somebody asked that parts of an entry (`erases` is its name, `what` the parts) be erased, and why. For those who may read that entry."""

    erases: str
    what: str
    because: str = sealed()


@frozen(kw_only=True)
class Redacted(Happened):
    """A second person erased in an entry what the first had asked (`request`); `kept` is what else that entry said, as JSON."""

    erases: str
    request: str
    what: str
    kept: str = sealed()


@frozen(kw_only=True)
class ClockStepped(Happened):
    """The clock of the machine jumped, or stood before the last entry: by so many seconds. What holds is the order of the entries."""

    seconds: str


@frozen(kw_only=True)
class Bridged(Happened):
    """The trial and the `place` where the evaluator works apart were bridged: with which `key` it signs ("": given up), and its signed checkpoint."""

    place: str
    key: str
    checkpoint: str


Event = (
    Answered | StudyOpened | Screened | Consented | Failed | Enrolled | Allocated | SequenceSealed | MarkedNotDone | Queried | QueryAnswered | QueryClosed
    | Signed | Withdrew | FollowUpEnded | CodeBroken | Locked | Verified | Coded | DictionaryAdopted | AmendmentProposed | AmendmentApproved | Amended
    | Attached | Detached | Exported | Frozen | Thawed | EvaluatorChanged | Unlocked | StateAccepted | ClockStepped | RedactionAsked | Redacted | Bridged
)  # fmt: skip
"""Every kind of event (`Corrected` is an `Answered`): a fold that forgets one does not type-check."""

KINDS: tuple[type[Happened], ...] = (
    StudyOpened, Screened, Consented, Failed, Enrolled, Allocated, SequenceSealed, Answered, Corrected, MarkedNotDone, Queried, QueryAnswered, QueryClosed,
    Signed, Withdrew, FollowUpEnded, CodeBroken, Locked, Verified, Coded, DictionaryAdopted, AmendmentProposed, AmendmentApproved, Amended, Attached,
    Detached, Exported, Frozen, Thawed, EvaluatorChanged, Unlocked, StateAccepted, ClockStepped, RedactionAsked, Redacted, Bridged,
)  # fmt: skip


@frozen(kw_only=True)
class Entry:
    """An event as it stands in its log: who told it, in which role, when, and in which save (`page`).

    `ref` is the beginning of the entry's hash: a name that tells nothing about how much happened elsewhere.
    """

    log: str
    seq: int
    ref: str
    page: str
    at: datetime
    by: str
    role: Audience
    event: Event
