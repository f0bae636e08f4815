"""What every kind of event may tell at most, and the list of all labels that a clinical lead reads and signs."""

from attrs import frozen

from trialwright.blinding.matrix import LETTERS, exceptions
from trialwright.protocol import ALL, BARE, CUSTODY, EVALUATION, SELF, SITE, TREATING, Audience, Study, Text
from trialwright.protocol.flow import SORT_NAMES, Artifact, Sort, artifacts, label
from trialwright.record.attachments import readers
from trialwright.record.casebook import Casebook
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
    Detached,
    DictionaryAdopted,
    Enrolled,
    EvaluatorChanged,
    Exported,
    Failed,
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
from trialwright.record.exports import informed
from trialwright.record.upkeep import KEEPERS


class Leak(RuntimeError):
    """An event that would tell more people than its kind may: a mistake in the program, and nothing was saved."""


def ceiling(study: Study, event: Happened, book: Casebook) -> Audience:
    """Who may know of an event at most. `book` is the view on which it was decided. What has no rule here is the custodian's alone."""
    match event:
        case Answered():
            return study.item(event.form, event.item).audience
        case Queried() | Coded():
            return study.item(event.form, event.item).audience & ~Audience.PATIENT
        case QueryAnswered() | QueryClosed():
            return book.subject(event.subject).queries[event.query].asked.event.label
        case Signed() | Verified() | MarkedNotDone():
            return study.form(event.form).audience if event.form else SITE
        case Attached() | Detached():
            return readers(study, study.form(event.form))
        case Exported():
            return informed(study, event.view)
        case Frozen() | Thawed():
            return study.form(event.form).audience if event.form else BARE
        case Allocated():
            return TREATING & ~study.blinded
        case SequenceSealed():
            return CUSTODY if event.seed else BARE
        case CodeBroken():
            return TREATING if event.subject else BARE
        case Locked():
            return TREATING if event.digest else BARE
        case Unlocked():
            return SITE if event.because or event.second else BARE
        case Enrolled() | FollowUpEnded():
            return ALL
        case StudyOpened():
            return BARE
        case Amended():
            return SITE if event.digest else BARE
        case Consented():
            return SELF
        case Screened() | Failed() | DictionaryAdopted() | AmendmentProposed() | AmendmentApproved():
            return SITE
        case EvaluatorChanged():
            return EVALUATION
        case Withdrew():
            return TREATING
        case StateAccepted() | Bridged():
            return KEEPERS
        case ClockStepped():
            return KEEPERS & ~study.blinded
        case RedactionAsked() | Redacted():
            return next((entry.event.label for entry in book.everything if entry.ref == event.erases), CUSTODY)
        case _:
            return CUSTODY


def held(study: Study, event: Happened, book: Casebook) -> None:
    """Raises `Leak` when an event is labeled for more people than may know of it."""
    beyond = event.label & ~ceiling(study, event, book)
    if beyond:
        raise Leak(f"a {type(event).__name__} would be told to {beyond.code}, who may not know of it; nothing was saved")


@frozen(kw_only=True)
class HouseRule:
    """A fact that the house tells the blinded although hidden things lie behind it: which kind of event, to whom, and why it must."""

    kind: type[Happened]
    what: Text
    because: Text


HOUSE_RULES = (
    HouseRule(kind=Enrolled, what=Text("that a patient is enrolled, and the index date", "受试者已入组及起始日期"),
              because=Text("visits count from it; it is the same for both arms", "访视由此计算，两组相同")),
    HouseRule(kind=FollowUpEnded, what=Text("that there are no further assessments of a patient", "该受试者不再评估"),
              because=Text("nobody may be called in vain; the reason is not told", "避免无谓约访；不告知原因")),
    HouseRule(kind=Locked, what=Text("that the data are locked, or open again", "数据已锁定或重新开放"),
              because=Text("nothing can be saved then; the state is not told", "此时无法保存；不告知具体状态")),
    HouseRule(kind=CodeBroken, what=Text("that the arms of the whole study were opened, after lock", "锁定后全部揭盲"),
              because=Text("the planned end of the blind; an emergency is not told", "计划内的揭盲；紧急揭盲不告知")),
    HouseRule(kind=Amended, what=Text("that something on his own pages was amended, and the new version", "其表单已修订及新版本号"),
              because=Text("he must read them anew; why it was amended is not told", "须重新阅读；不告知修订原因")),
    HouseRule(kind=Queried, what=Text("a question about his own answers, in words of a blinded reviewer", "盲态审核者就其答案提出的质疑"),
              because=Text("the words are his who is blind himself, and no word for an arm is let through", "提问者本人亦处盲态，且含分组用语的文字不予通过")),
    HouseRule(kind=Frozen, what=Text("that a blinded data manager closed a page or a casebook, or opened it again", "盲态数据管理员冻结或解冻"),
              because=Text("nothing can be saved there then; only who is blind himself may do it", "此时无法保存；仅限盲态人员操作")),
    HouseRule(kind=Redacted, what=Text("that words he could read were erased", "其可见的文字已被抹除"),
              because=Text("the law does not wait; the reason is in words of one who is blind himself", "法律要求及时处理；原因由盲态人员书写")),
)
"""The declassifications of the house. Beside them a study may declare its own, for an item, with an approval."""


_TITLE = Text("What everything rests on, and who may know it", "各项内容的依据与可知人员")
_KINDS = Text("Events: who may know of them at most", "事件：最多告知的人员")
_RULES = Text("Told to the blinded by rule of the house", "按系统规则告知盲态人员的内容")
_VARIES = Text("as the item or page to which it belongs", "与所属项目或页面一致")
_NAMED = Text("as the entry that they name", "与所指条目一致")
_FILES = Text("as the whole page to which the file belongs, and nobody who is blind", "同附件所属整页，且不告知任何盲态人员")
_AS_ITEMS = Text("An item, a question about it and its column in the data sets carry the label of the item: see the matrix.",
                 "项目、相关质疑及数据集列的标签与项目一致，见可见性矩阵。")  # fmt: skip
_LISTED = tuple(sort for sort in Sort if sort not in (Sort.ITEM, Sort.FORM, Sort.VISIT, Sort.QUERY, Sort.COLUMN))
_FIXED: dict[type[Happened], Audience] = {
    StudyOpened: BARE, Screened: SITE, Consented: SITE, Failed: SITE, Enrolled: BARE, SequenceSealed: CUSTODY, Withdrew: TREATING,
    FollowUpEnded: BARE, EvaluatorChanged: EVALUATION, Exported: SITE, StateAccepted: KEEPERS, Bridged: KEEPERS,
}  # fmt: skip


def _unblinded(study: Study) -> dict[type[Happened], Audience]:
    return {Allocated: TREATING & ~study.blinded, ClockStepped: KEEPERS & ~study.blinded}


def labels(study: Study, language: str = "en") -> str:
    """The list of labels as plain text: events, everything that the study shows with what it rests on, and the exceptions."""
    lines = [f"{_TITLE.in_(language)}: {study.code} ({study.version}), {study.digest[:12]}", "", _KINDS.in_(language)]
    lines += [f"  {kind.__name__:<16} {_letters(study, told)}" for kind, told in (_FIXED | _unblinded(study)).items()]
    lines += [f"  DictionaryAdopted, AmendmentProposed, AmendmentApproved: {_letters(study, SITE)}"]
    lines += [f"  Locked, Unlocked, CodeBroken, Amended: {_letters(study, BARE)} / {_letters(study, TREATING)}"]
    lines += [f"  Attached, Detached: {_FILES.in_(language)}", f"  RedactionAsked, Redacted: {_NAMED.in_(language)}"]
    lines += [f"  Answered, Corrected, Coded, Queried, Signed, Verified, MarkedNotDone, Frozen, Thawed: {_VARIES.in_(language)}"]
    for sort in _LISTED:
        found = [one for one in artifacts(study) if one.sort is sort]
        if found:
            lines += ["", SORT_NAMES[sort].in_(language), *(_line(study, one, language) for one in found)]
    lines += ["", _AS_ITEMS.in_(language), "", _RULES.in_(language)]
    lines += [f"  {rule.kind.__name__:<16} {rule.what.in_(language)}: {rule.because.in_(language)}" for rule in HOUSE_RULES]
    return "\n".join([*lines, "", *exceptions(study, language), ""])


def _line(study: Study, one: Artifact, language: str) -> str:
    rests = ", ".join(one.reads) if len(one.reads) <= 6 else f"{', '.join(one.reads[:6])} … ({len(one.reads)})"
    return f"  {one.name:<34} {_letters(study, label(study, one))}  <- {rests}  [{one.expression.in_(language)}]"


def _letters(study: Study, told: Audience) -> str:
    return " ".join(LETTERS[role] for role in Audience if role in study.roles and role in told) or "-"
