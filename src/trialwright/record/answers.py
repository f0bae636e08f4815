"""Filling a page: first answers, corrections with their reason, and pages that were not done."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar

from attrs import Factory, field, frozen

from trialwright.protocol import (
    ABSENCE_NAMES,
    Absence,
    Audience,
    Form,
    Item,
    Kind,
    Study,
    Text,
    Unreadable,
    Value,
    Wrong,
    role_names,
)
from trialwright.record.casebook import Casebook, Subject
from trialwright.record.commands import (
    Act,
    Events,
    blind_only,
    known,
    named,
    only,
    same_evaluator,
    thawed,
    unlocked,
    worded,
)
from trialwright.record.events import Answered, Corrected, MarkedNotDone
from trialwright.record.pages import Cell, Page
from trialwright.record.refusals import Conflict, refusal
from trialwright.record.wire import moment

Entered = str | Absence
"""What a person put into a box: text, or the reason why there is none."""

Told = tuple[str | None, str | None]
"""An answer as it is kept: the value, or the reason why there is none."""


@frozen(kw_only=True)
class Answer:
    """Save one page. `seen` is the revision of each answer that the person had on screen (0 for an empty box);
    `reason` is needed as soon as a saved answer changes; `sources` names the imported record behind an item; `confirmed` says
    of an unusual answer why it is right; `observed` is when the answers were given, if not now. Saved answers that are no
    longer asked, because the answer on which they depend changes, become "not applicable" in the same save, for the same reason.
    """

    acts_as: ClassVar[Audience | None] = None
    subject: str
    visit: str = ""
    form: str
    row: str = ""
    entries: Mapping[str, Entered]
    reason: str = ""
    seen: Mapping[str, int] | None = None
    sources: Mapping[str, str] = field(default=Factory(dict))
    confirmed: Mapping[str, str] = field(default=Factory(dict))
    observed: datetime | None = None

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        subject = known(book, self.subject)
        form = fillable(act, subject, self.visit, self.form, self.row)
        thawed(act, subject, self.visit, self.form, self.row)
        if self.visit and not self.sources:
            same_evaluator(act, subject)
        page = subject.page(self.visit, self.form, self.row)
        told, wrongs = self._read(form, page, act)
        if wrongs:
            raise refusal("wrong-entries", wrongs=tuple(wrongs), count=len(wrongs))
        self._refuse_stale(page, told)
        told |= self._fallen(form, page, told, act)
        changed = {code: one for code, one in told.items() if code in page.cells and one != _saved(page.cells[code])}
        if changed and not self.reason.strip():
            wanted = tuple(Wrong(item=code, because=Text("Say why this saved answer changes.", "请说明修改已保存答案的原因。")) for code in changed)
            raise refusal("reason-needed", wrongs=wanted)
        return tuple(
            self._event(form.item(code), value, absence, changed=code in changed)
            for code, (value, absence) in told.items()
            if code in changed or code not in page.cells
        )

    def _event(self, item: Item, value: str | None, absence: str | None, *, changed: bool) -> Answered:
        source, confirmed = self.sources.get(item.code, ""), self.confirmed.get(item.code, "")
        confirmed = worded(confirmed, 2000) if confirmed and value is not None else ""
        observed = moment(self.observed) if self.observed else ""
        if changed:
            return Corrected(label=item.audience, subject=self.subject, visit=self.visit, form=self.form, row=self.row, item=item.code, value=value,
                             absence=absence, source=source, confirmed=confirmed, observed=observed, reason=worded(self.reason))  # fmt: skip
        return Answered(label=item.audience, subject=self.subject, visit=self.visit, form=self.form, row=self.row, item=item.code,
                        value=value, absence=absence, source=source, confirmed=confirmed, observed=observed)  # fmt: skip

    def _fallen(self, form: Form, page: Page, told: Mapping[str, Told], act: Act) -> dict[str, Told]:
        """The saved answers that are no longer asked after this save: each becomes "not applicable"."""
        codes = fallen(form, page, told)
        for code in codes:
            blind_only(act, form.item(code).audience)
        return dict.fromkeys(codes, (None, Absence.NOT_APPLICABLE.value))

    def _read(self, form: Form, page: Page, act: Act) -> tuple[dict[str, Told], list[Wrong]]:
        """Canonical answers by item, and what is wrong with the others."""
        told: dict[str, Told] = {}
        wrongs: list[Wrong] = []
        for code, entered in self.entries.items():
            if not form.asks(code) or not form.item(code).audience.admits(act.role):
                raise refusal("not-found")
            item = form.item(code)
            blind_only(act, item.audience)
            if item.retired and code not in page.cells:
                wrongs.append(Wrong(item=code, because=Text("This is no longer asked. Leave it out.", "此项已不再填写，请勿填写。")))
                continue
            if act.role not in form.writers(code):
                wrongs.append(Wrong(item=code, because=reserved(form.writers(code))))
                continue
            try:
                told[code] = _canonical(item, entered, act)
            except Unreadable as problem:
                wrongs.append(Wrong(item=code, because=problem.because))
        present = {code: value for code, value in (page.answers | {code: value for code, (value, _) in told.items()}).items() if value is not None}
        for code, (value, _) in told.items():
            shown, clears = form.item(code).shown, value is None and code in page.cells
            if shown is not None and not shown.holds(present) and not clears:
                label = form.item(shown.item).label
                wrongs.append(Wrong(item=code, because=Text(f"This is asked only for certain answers to “{label.en}”. Clear it, or correct that answer.",
                                                            f"仅当“{label.zh}”为特定答案时填写，请清除本项或更正该答案。")))  # fmt: skip
        return told, wrongs

    def _refuse_stale(self, page: Page, told: Mapping[str, Told]) -> None:
        if self.seen is None:
            return
        conflicts = tuple(
            Conflict(item=code, saved=cell.value or cell.last.absence or "", by=cell.entries[-1].by, at=moment(cell.entries[-1].at))
            for code, one in told.items()
            if (cell := page.cells.get(code)) is not None and cell.revision != self.seen.get(code, 0) and _saved(cell) != one
        )
        if conflicts:
            raise refusal("stale", conflicts=conflicts)


def reserved(writers: Audience) -> Text:
    """Why an item is not answered by everybody who fills its form."""
    who = role_names(writers)
    return Text(f"Only the {who.en} answers this. Leave it open; your other answers can be saved without it.",
                f"此项仅由{who.zh}填写，请留空，其他答案可单独保存。")  # fmt: skip


def fallen(form: Form, page: Page, told: Mapping[str, Told]) -> tuple[str, ...]:
    """The items whose saved answers would no longer be asked once `told` is saved, those that hang on them included."""
    present = {code: value for code, value in (page.answers | {code: value for code, (value, _) in told.items()}).items() if value is not None}
    gone: list[str] = []
    for item in (*form.items, *form.items):  # twice: what hangs on an item may stand before it
        if item.shown is not None and item.code in present and item.code not in told and not item.shown.holds(present):
            gone.append(item.code)
            del present[item.code]
    return tuple(gone)


def lacking(page: Page, item: Item) -> bool:
    """Whether the page has no answer to `item`; one that fell, and is asked again, lacks too."""
    cell = page.cells.get(item.code)
    return cell is None or (cell.absence is Absence.NOT_APPLICABLE and Absence.NOT_APPLICABLE not in item.absences)


def future(item: Item, value: Value, today: date) -> Text | None:
    """What is wrong with a day that has not come yet."""
    if isinstance(value, date) and value > today:
        return Text(f"{value} lies in the future. Enter the day on which it happened.", f"{value} 在未来，请填写实际发生日期。")
    if item.kind is Kind.PARTIAL_DATE and str(value) > today.isoformat()[: len(str(value))]:
        return Text(f"{value} lies in the future. Enter when it happened.", f"{value} 在未来，请填写实际发生日期。")
    return None


def _canonical(item: Item, entered: Entered, act: Act) -> Told:
    if isinstance(entered, Absence):
        if entered not in item.absences:
            offered = [ABSENCE_NAMES[one] for one in item.absences]
            raise Unreadable(Text(f"“{ABSENCE_NAMES[entered].en}” is not a reason offered here. Choose one of: {', '.join(one.en for one in offered)}.",
                                  f"“{ABSENCE_NAMES[entered].zh}”不是可选原因，请选择：{'、'.join(one.zh for one in offered)}。"))  # fmt: skip
        return None, entered.value
    value = item.read(entered)
    wrong = future(item, value, act.today)
    if wrong:
        raise Unreadable(wrong)
    return item.canonical(entered), None


def _saved(cell: Cell) -> Told:
    return cell.value, cell.last.absence


def fillable(act: Act, subject: Subject, visit: str, code: str, row: str = "") -> Form:
    """The form at this place if it is planned there and this person may fill it; a refusal otherwise."""
    study = act.study
    if not study.has_form(code) or not study.form(code).seen_by(act.role):
        raise refusal("not-found")
    form = study.form(code)
    only(act, form.entered_by)
    planned(study, visit, form, row)
    _timely(study, subject, visit)
    return form


def planned(study: Study, visit: str, form: Form, row: str) -> None:
    """Refuses unless the study asks this form at this visit, or keeps it as a log in which `row` can be the name of a row."""
    if form.repeats:
        asked = visit == "" and row != "" and form.code in study.logs
    else:
        asked = row == "" and study.has_visit(visit) and form.code in study.visit(visit).forms
    if not asked:
        raise refusal("not-planned", form=form.title, visit=visit if study.has_visit(visit) else "—")
    if row:
        named(row)


def _timely(study: Study, subject: Subject, visit: str) -> None:
    if visit and not study.visit(visit).is_baseline and study.visit(visit).day >= 0 and subject.index_date is None:
        raise refusal("not-enrolled", subject=subject.id)
    if visit and subject.ended and subject.index_date and (subject.ended - subject.index_date).days < study.visit(visit).first_day:
        raise refusal("ended", subject=subject.id, when=subject.ended)


@frozen(kw_only=True)
class MarkNotDone:
    """Say that a page was not done at this visit, and why."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    visit: str
    form: str
    reason: str

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        subject = known(book, self.subject)
        form = fillable(act, subject, self.visit, self.form)
        thawed(act, subject, self.visit, self.form)
        page = subject.page(self.visit, self.form)
        label = form.audience if act.role in act.study.blinded else form.audience & ~Audience.EVALUATOR
        # Only what every reader of the mark sees may stand in its way: else that it is missing would tell him of hidden answers.
        there = [entry for entry in (*(cell[-1] for cell in page.cells.values()), page.marked) if entry and label in entry.event.label]
        if there:
            raise refusal("already", when=act.day_of(there[0].at))
        return (MarkedNotDone(label=label, subject=self.subject, visit=self.visit, form=self.form, reason=worded(self.reason)),)
