"""A study that changes while its trial runs: what a change would do to what is recorded, who proposed and who approved it, and since when it holds."""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import ClassVar

from attrs import asdict, define, evolve, frozen

from trialwright.protocol import (
    ABSENCE_NAMES,
    BARE,
    ROLE_NAMES,
    SITE,
    Absence,
    Audience,
    Study,
    Text,
    Unreadable,
    Visit,
    audience,
    role_names,
)
from trialwright.protocol.amendment import Change, definition, differences
from trialwright.record.casebook import Casebook, Subject
from trialwright.record.commands import Act, Events, only, unlocked, worded
from trialwright.record.events import (
    Amended,
    AmendmentApproved,
    AmendmentProposed,
    Entry,
    Failed,
    StudyOpened,
    Verified,
)
from trialwright.record.pages import Cell, Page
from trialwright.record.queries import arm_word
from trialwright.record.refusals import refusal

AMENDERS = Audience.INVESTIGATOR | Audience.DATA_MANAGER
"""The two who amend a study together."""
READABLE = {("integer", "decimal"), ("date", "partial date"), ("choice", "text"), ("integer", "text"), ("decimal", "text"), ("date", "text"),
            ("partial date", "text")}  # fmt: skip
"""Kinds of which the saved answers of the first can be read as the second."""


@frozen(kw_only=True)
class Touched:
    """One change and what of the record it touches, as one reader may know it; `harm` says why it must not be."""

    change: Change
    subjects: int = 0
    pages: int = 0
    answers: int = 0
    signatures: int = 0
    harm: Text | None = None


@define(slots=False)
class Recorded:
    """What a casebook holds, counted so that changes can be held against it."""

    book: Casebook

    @cached_property
    def pages(self) -> list[tuple[Subject, Page]]:
        return [(subject, page) for subject in self.book.subjects for page in subject.pages.values()
                if page.cells or page.not_done or page.attached]  # fmt: skip

    @cached_property
    def cells(self) -> dict[str, list[Cell]]:
        """Every answer, by "FORM.ITEM"."""
        found: dict[str, list[Cell]] = {}
        for _, page in self.pages:
            for item, cell in page.cells.items():
                found.setdefault(f"{page.place[1]}.{item}", []).append(cell)
        return found

    def asked(self, name: str) -> int:
        """How often reviewers named an item: questions about it, and verifications that left it out."""
        form, _, item = name.partition(".")
        asked = sum((query.place[1], query.item) == (form, item) for subject in self.book.subjects for query in subject.queries.values())
        left = (entry.event for _, page in self.pages for entry in page.verified if page.place[1] == form)
        return asked + sum(isinstance(event, Verified) and item in event.excepted.split(",") for event in left)

    def at(self, change: Change) -> list[tuple[Subject, Page]]:
        """The filled pages that a change concerns."""
        form, _, item = change.name.partition(".")
        match change.what:
            case "item":
                return [(subject, page) for subject, page in self.pages if page.place[1] == form and (item in page.cells or change.kind == "added")]
            case "form" | "log":
                return [(subject, page) for subject, page in self.pages if page.place[1] == change.name]
            case "page":
                return [(subject, page) for subject, page in self.pages if page.place[:2] == (form, item)]
            case "visit":
                return [(subject, page) for subject, page in self.pages if page.place[0] == change.name]
            case _:
                return []


def impact(changes: Iterable[Change], book: Casebook) -> tuple[Touched, ...]:
    """What each change touches in `book`, and which of them would harm it."""
    recorded = Recorded(book)
    return tuple(_touched(change, recorded) for change in changes)


def _touched(change: Change, recorded: Recorded) -> Touched:
    found = recorded.at(change)
    answers = len(recorded.cells.get(change.name, ())) if change.what == "item" else sum(len(page.cells) for _, page in found)
    people = {subject.id for subject, _ in found}
    if change.what in ("criterion", "arm"):
        people = {subject.id for subject in recorded.book.subjects
                  if (subject.arm == change.name if change.what == "arm" else subject.failed or subject.enrolled)}  # fmt: skip
    return Touched(change=change, subjects=len(people), pages=len(found), answers=answers, harm=next(_harms(change, recorded), None),
                   signatures=sum(signature.valid for _, page in found for signature in page.signatures))  # fmt: skip


def _harms(change: Change, recorded: Recorded) -> Iterator[Text]:
    """Why a change must not be, in view of what is recorded."""
    if change.what == "item":
        yield from _item_harms(change, recorded)
    used = len(recorded.at(change))
    if used and change.kind == "removed" and change.what in ("form", "log", "page", "visit"):
        yield Text(f"{change.name} has {used} filled pages; keep it (and mark its items retired=True if nobody is to fill it any more)",
                   f"{change.name} 已有 {used} 页，请保留（如不再填写，请将其项目标记为 retired=True）")  # fmt: skip
    if used and (change.what, change.part) in (("form", "repeats"), ("visit", "is_baseline")):
        yield Text(f"{change.name} has {used} filled pages; what they are cannot change", f"{change.name} 已有 {used} 页，其性质不能更改")
    yield from _study_harms(change, recorded.book)


def _item_harms(change: Change, recorded: Recorded) -> Iterator[Text]:
    cells, name = recorded.cells.get(change.name, []), change.name
    asked = recorded.asked(name) if change.kind == "removed" else 0
    if change.kind == "removed" and (cells or asked):
        yield Text(f"{name} has {len(cells)} answers, and reviewers named it {asked} times; keep it and mark it retired=True",
                   f"{name} 已有 {len(cells)} 项答案，审核中提及 {asked} 次，请保留并标记 retired=True")  # fmt: skip
    if not cells:
        return
    if change.part == "kind" and (change.before, change.after) not in READABLE:
        yield Text(f"the {len(cells)} answers of {name} could not be read as {change.after}; retire it and add another item",
                   f"{name} 的 {len(cells)} 项答案无法作为 {change.after} 读取，请停用并新增项目")  # fmt: skip
    if change.part == "unit":
        yield Text(f"the {len(cells)} answers of {name} are in {change.before or '—'}; another unit would change what they mean: retire it and add an item",
                   f"{name} 的 {len(cells)} 项答案单位为 {change.before or '—'}，更改单位将改变其含义，请停用并新增项目")  # fmt: skip
    if change.part == "answers offered":
        lost = sorted({cell.value for cell in cells if cell.value is not None} - set(change.after.split(",")))
        if lost:
            yield Text(f"{name} was answered with {', '.join(lost)}, which would no longer be offered; keep it among the answers",
                       f"{name} 已有答案 {'、'.join(lost)}，不能删除该选项")  # fmt: skip
    if change.part == "absences":
        kept = (*change.after.split(", "), Absence.ERASED.value)
        gone = sorted({cell.absence for cell in cells if cell.absence and cell.absence.value not in kept}, key=lambda one: one.value)
        if gone:
            yield Text(f"{name} has no value because “{ABSENCE_NAMES[gone[0]].en}” on filled pages; keep that reason",
                       f"{name} 已有缺失原因“{ABSENCE_NAMES[gone[0]].zh}”，请保留该原因")  # fmt: skip
    if change.part == "audience":
        wider = Audience(0)
        for cell in cells:
            wider |= audience(change.after) & ~cell.last.label if change.after else wider
        if wider:
            who = role_names(wider)
            yield Text(f"{name} has {len(cells)} answers that {who.en} could not read when they were given; answers become readable to nobody else",
                       f"{name} 已有 {len(cells)} 项答案，填写时{who.zh}不可见，已有答案不得扩大可见范围")  # fmt: skip


def _study_harms(change: Change, book: Casebook) -> Iterator[Text]:
    """Why a change of the study beyond its forms must not be."""
    if change.what == "arm" and change.kind == "removed" and any(subject.arm == change.name for subject in book.subjects):
        yield Text(f"patients are in arm {change.name}; keep it", f"已有受试者在 {change.name} 组，请保留")
    named = {code for subject in book.subjects if subject.failed and isinstance(event := subject.failed.event, Failed) for code in event.criteria.split(",")}
    if change.what == "criterion" and change.kind == "removed" and change.name in named:
        yield Text(f"people were screened out by {change.name}; keep it", f"已有受试者因 {change.name} 筛选失败，请保留")
    if change.what != "study":
        return
    if change.part == "sites" and (gone := {subject.site for subject in book.subjects} - {"", *change.after.split(", ")}):
        yield Text(f"patients belong to site {', '.join(sorted(gone))}; keep it", f"已有受试者属于中心 {'、'.join(sorted(gone))}，请保留")
    if change.part == "time_zone" and book.subjects:
        yield Text("the time zone decides on which day things happened; it cannot change once somebody is screened", "时区决定事件日期，已有受试者后不能更改")
    if change.part == "reading" and any(subject.allocated for subject in book.subjects):
        yield Text("patients are allocated already; how the allocation is read cannot change any more", "已有受试者分组，分组解读不能更改")
    if change.part == "blinded" and book.subjects and (open_ := audience(change.before) & ~(audience(change.after) if change.after else Audience(0))):
        yield Text(f"{role_names(open_).en} would no longer be blinded; nobody loses the blind while the trial runs",
                   f"{role_names(open_).zh}将不再盲态，试验期间不得解除")  # fmt: skip


@frozen(kw_only=True)
class Version:
    """One version of the study: since when it holds, and (after the first) what it changed, who proposed and who approved it."""

    version: str
    digest: str
    since: datetime
    changes: tuple[Change, ...] = ()
    proposed: Entry | None = None
    approved: Entry | None = None


@frozen(kw_only=True)
class Pending:
    """A proposal that is not in force: what it changes, and who approved it, if somebody has."""

    entry: Entry
    event: AmendmentProposed
    changes: tuple[Change, ...]
    approved: Entry | None


def versions(book: Casebook) -> tuple[Version, ...]:
    """The versions of the study as this reader may know them, oldest first."""
    found: list[Version] = []
    for entry in book.entries():
        event = entry.event
        if isinstance(event, StudyOpened):
            found.append(Version(version=event.version, digest=event.digest, since=entry.at))
        elif isinstance(event, Amended) and not (found and found[-1].version == event.version):
            proposed, approved = _papers(book, event.digest)
            changes = _changes(proposed.event) if proposed and isinstance(proposed.event, AmendmentProposed) else ()
            found.append(Version(version=event.version, digest=event.digest, since=entry.at, changes=changes, proposed=proposed, approved=approved))
    return tuple(found)


def version_at(book: Casebook, at: datetime) -> str:
    """The version of the study that held at a moment, as this reader may know it."""
    return next((one.version for one in reversed(versions(book)) if one.since <= at), "")


def pending(book: Casebook) -> Pending | None:
    """The last proposal, if it is not in force."""
    entry = next((one for one in reversed(book.entries()) if isinstance(one.event, AmendmentProposed | Amended)), None)
    if entry is None or not isinstance(entry.event, AmendmentProposed):
        return None
    return Pending(entry=entry, event=entry.event, changes=_changes(entry.event), approved=_papers(book, entry.event.digest)[1])


def _papers(book: Casebook, digest: str) -> tuple[Entry | None, Entry | None]:
    """The last proposal of this definition, and its approval."""
    proposed = approved = None
    for entry in book.entries():
        if isinstance(entry.event, AmendmentProposed) and entry.event.digest == digest:
            proposed, approved = entry, None
        elif isinstance(entry.event, AmendmentApproved) and entry.event.digest == digest:
            approved = entry
    return proposed, approved


def _changes(event: AmendmentProposed) -> tuple[Change, ...]:
    return tuple(Change(**one) for one in json.loads(event.changes))


@frozen(kw_only=True)
class ProposeAmendment:
    """Propose another definition of the study, and say why. What it would harm is held against the proposer's own view, for a refusal must
    not tell a blinded data manager what there is to harm: the investigator, always one of the two, and the system check the rest.
    """

    acts_as: ClassVar[Audience | None] = None
    definition: str
    because: str

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, AMENDERS)
        because = worded(self.because)
        if word := arm_word(act.study, because):
            raise refusal("arm-words", word=word)
        new = _definition(self.definition)
        if new["code"] != act.study.code:
            raise refusal("other-study", other=str(new["code"])[:40], own=act.study.code)
        if new["version"] in {one.version for one in versions(book)}:
            raise refusal("same-version", version=str(new["version"])[:40])
        changes = differences(json.loads(act.study.canonical), new)
        if not changes:
            raise refusal("nothing-amended")
        _harmless(changes, book)
        told = json.dumps([asdict(one) for one in changes], ensure_ascii=False, separators=(",", ":"))
        return (AmendmentProposed(label=SITE, version=worded(str(new["version"]), 40), digest=hashlib.sha256(self.definition.encode()).hexdigest(),
                                  definition=self.definition, changes=told, because=because),)  # fmt: skip


def _definition(text: str) -> Mapping[str, object]:
    """The definition, if its bytes are kept as they are."""
    if unicodedata.normalize("NFC", text) != text:
        raise refusal("illegible")
    try:
        return definition(text.encode())
    except Unreadable as problem:
        raise refusal("no-definition", because=problem.because) from None


def _harmless(changes: Iterable[Change], book: Casebook) -> None:
    """Refuses changes that would harm what is recorded, as far as `book` tells."""
    harms = [one.harm for one in impact(changes, book) if one.harm]
    if harms:
        raise refusal("amendment-harms", count=len(harms), first=harms[0])


@frozen(kw_only=True)
class ApproveAmendment:
    """Approve the proposal of the other of the two. It comes into force when the trial is next opened with the new definition."""

    acts_as: ClassVar[Audience | None] = None
    digest: str

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, AMENDERS)
        waits = pending(book)
        if waits is None or waits.event.digest != self.digest:
            raise refusal("not-found")
        if waits.approved:
            raise refusal("already", when=act.day_of(waits.approved.at))
        if waits.entry.role is act.role or waits.entry.by.casefold() == act.by.casefold():
            raise refusal("other-amender", who=ROLE_NAMES[next(role for role in AMENDERS if role is not waits.entry.role)])
        _harmless(waits.changes, book)
        return (AmendmentApproved(label=SITE, digest=self.digest),)


@frozen(kw_only=True)
class PutInForce:
    """The approved definition, with which the trial was opened, holds from now on. The evaluator is told only of what he sees himself."""

    acts_as: ClassVar[Audience | None] = None

    def decide(self, book: Casebook, act: Act) -> Events:
        waits = pending(book)
        if waits is None or differences(definition(waits.event.definition.encode()), json.loads(act.study.canonical)):
            return ()
        unlocked(book)
        only(act, Audience.CUSTODIAN)
        if waits.approved is None:
            raise refusal("not-approved")
        _harmless(waits.changes, book)
        told = Amended(label=SITE, version=waits.event.version, digest=waits.event.digest)
        if any(change.touches(Audience.EVALUATOR) for change in waits.changes):
            return told, Amended(label=BARE, version=waits.event.version)
        return (told,)


def in_force(study: Study, entries: Iterable[Entry]) -> Study:
    """`study` with the moments at which amendments brought its items and its pages, so that nobody is asked for what came too late."""
    proposals: dict[str, AmendmentProposed] = {}
    items: dict[str, datetime] = {}
    pages: dict[str, datetime] = {}
    for entry in entries:
        event = entry.event
        if isinstance(event, AmendmentProposed):
            proposals[event.digest] = event
        elif isinstance(event, Amended) and event.digest in proposals:
            for change in _changes(proposals[event.digest]):
                if change.kind == "added" and change.what in ("item", "page"):
                    (items if change.what == "item" else pages)[change.name] = entry.at
    return _since(study, items, pages) if items or pages else study


def _since(study: Study, items: Mapping[str, datetime], pages: Mapping[str, datetime]) -> Study:
    forms = tuple(
        evolve(form, sections=tuple(evolve(section, items=tuple(evolve(item, since=items.get(f"{form.code}.{item.code}")) for item in section.items))
                                    for section in form.sections))
        if any(name.startswith(f"{form.code}.") for name in items) else form for form in study.forms
    )  # fmt: skip
    return evolve(study, forms=forms, visits=tuple(_visit(visit, pages) for visit in study.visits))


def _visit(visit: Visit, pages: Mapping[str, datetime]) -> Visit:
    return evolve(visit, since=tuple((form, pages[f"{visit.code}.{form}"]) for form in visit.forms if f"{visit.code}.{form}" in pages))


