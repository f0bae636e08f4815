"""Takes results of the hospital laboratory into the record: first what would happen to each of them, then all of it or nothing."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum

from attrs import define, evolve, field, frozen

from trialwright.blinding import Actor, Gate
from trialwright.exchange.datasets import Fault
from trialwright.exchange.laboratory_file import (
    LaboratoryMapping,
    Line,
    Target,
    UnusableResults,
    day_in,
    decoded,
    lines_of,
    number_in,
    target_of,
    targets,
)
from trialwright.protocol import Audience, Form, Item, Kind, Study, Text, Unreadable
from trialwright.record import Answer, Casebook, Entry, Page, Subject, window

IMPORTERS = Audience.COORDINATOR | Audience.PHYSICIAN | Audience.SAFETY
"""Who may take results in: those who treat, and only on forms that they may fill."""


class Fate(Enum):
    """What becomes of one result."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    FAULTY = "faulty"
    NO_PATIENT = "no patient"
    NO_TEST = "no test"
    NO_VISIT = "no visit"
    OTHER_SAMPLE = "other sample"
    LIMIT = "limit"
    NO_RESULT = "no result"


FATES = {
    Fate.NEW: Text("new", "新增"),
    Fate.CHANGED: Text("changed", "更改"),
    Fate.SAME: Text("identical", "相同"),
    Fate.FAULTY: Text("must be mended", "须更正"),
    Fate.NO_PATIENT: Text("left out: unknown patient", "未导入：受试者未知"),
    Fate.NO_TEST: Text("left out: not asked by the study", "未导入：本研究不收集"),
    Fate.NO_VISIT: Text("left out: outside every visit window", "未导入：不在任何访视窗口内"),
    Fate.OTHER_SAMPLE: Text("left out: the visit has another sample", "未导入：该访视已有其他样本"),
    Fate.LIMIT: Text("left out: only a limit (< or >)", "未导入：仅为检测限（< 或 >）"),
    Fate.NO_RESULT: Text("left out: no result yet", "未导入：尚无结果"),
}
KEPT = (Fate.NEW, Fate.CHANGED, Fate.SAME)
LEFT_OUT = (Fate.NO_PATIENT, Fate.NO_TEST, Fate.NO_VISIT, Fate.OTHER_SAMPLE, Fate.LIMIT, Fate.NO_RESULT)


@frozen(kw_only=True)
class Result:
    """One line of the file and what would become of it: where it goes, what stands there now, and the value in the item's unit."""

    line: Line
    fate: Fate
    subject: str = ""
    visit: str = ""
    form: str = ""
    item: str = ""
    day: date | None = None
    before: str = ""
    value: str = ""
    because: Text | None = None
    notes: tuple[Text, ...] = ()


@frozen(kw_only=True)
class LaboratoryPlan:
    """What a file would do to the trial as it is now. `digest` changes with anything that a person would want to see again."""

    file: str
    encoding: str
    results: tuple[Result, ...]
    answers: tuple[Answer, ...]

    @property
    def counts(self) -> Mapping[Fate, int]:
        """How many results have each fate, in the order of `Fate`."""
        found = Counter(one.fate for one in self.results)
        return {fate: found[fate] for fate in Fate if found[fate]}

    @property
    def faults(self) -> tuple[Fault, ...]:
        return tuple(Fault(file=self.file, record=one.line.number, because=one.because) for one in self.results
                     if one.fate is Fate.FAULTY and one.because)  # fmt: skip

    @property
    def needs_reason(self) -> bool:
        return any(one.fate is Fate.CHANGED for one in self.results)

    @property
    def changes_nothing(self) -> bool:
        return not self.answers

    @property
    def digest(self) -> str:
        told = "\n".join(f"{one.line.number}|{one.fate.value}|{one.subject}|{one.visit}|{one.item}|{one.before}|{one.value}" for one in self.results)
        return hashlib.sha256(told.encode()).hexdigest()


def foresee(study: Study, book: Casebook, role: Audience, mapping: LaboratoryMapping, content: bytes, file: str, today: date) -> LaboratoryPlan:
    """What the file would do, told from the view of `role` (`book`); nothing is written.

    A result goes to the visit that already holds a sample of its day, else to the visit in whose window the day lies (the one
    planned nearest to it where there are several). Raises `UnusableResults` when the file cannot be read at all.
    """
    text, encoding = decoded(content, file)
    reading = _Reading(study, book, role, mapping, today)
    results = reading.settled([reading.result(line) for line in lines_of(text, mapping, file)])
    return LaboratoryPlan(file=file, encoding=encoding, results=tuple(results), answers=tuple(reading.answers(results)))


def take_in(gate: Gate, actor: Actor, plan: LaboratoryPlan, reason: str, at: datetime) -> tuple[Entry, ...]:
    """Saves what a plan says, as one save in the person's name: all or nothing. `reason` is needed where saved values change.

    Raises `UnusableResults` when a result must be mended first, and `Refused` when the person may not do this or the
    record has changed since the plan was made.
    """
    if plan.faults:
        raise UnusableResults(plan.faults)
    return gate.do_all(actor, [evolve(one, reason=reason) for one in plan.answers], at) if plan.answers else ()


@define
class _Reading:
    """Reads the lines of a file against the view of one role."""

    study: Study
    book: Casebook
    role: Audience
    mapping: LaboratoryMapping
    today: date
    _samples: dict[tuple[str, str, str], date] = field(factory=dict)

    def result(self, line: Line) -> Result:
        """What becomes of a line by itself, before it is set against the others."""
        meant = targets(self.mapping, line)
        if not meant or not self._fills(self.study.form(meant[0].form), meant[0].item):
            return Result(line=line, fate=Fate.NO_TEST)
        if not self.book.knows(line.patient):
            return Result(line=line, fate=Fate.NO_PATIENT, form=meant[0].form, item=meant[0].item)
        subject, day = self.book.subject(line.patient), day_in(line.sampled)
        here = Result(line=line, fate=Fate.FAULTY, subject=subject.id, form=meant[0].form, item=meant[0].item, day=day)
        if day is None or day > self.today:
            return evolve(here, because=Text(f"“{line.sampled[:40]}” is no day on which a sample was taken. Write year-month-day, not in the future.",
                                             f"“{line.sampled[:40]}”不是有效采样日期，请按 年-月-日 填写，且不得晚于今日。"))  # fmt: skip
        if not line.result or (line.result[0] in "<>≤≥＜＞" and number_in(line.result.lstrip("<>≤≥＜＞=")) is not None):
            return evolve(here, fate=Fate.LIMIT if line.result else Fate.NO_RESULT, value=line.result)
        target = target_of(self.mapping, line)
        if target is None:
            known = ", ".join(one.unit or "—" for one in meant)
            return evolve(here, because=Text(f"the unit “{line.unit[:20]}” of {line.test[:40]} is not known (known: {known}). Add it to laboratory.csv.",
                                             f"{line.test[:40]} 的单位“{line.unit[:20]}”未定义（已定义：{known}），请在 laboratory.csv 中补充。"))  # fmt: skip
        return self._placed(evolve(here, form=target.form, item=target.item), subject, day, target)

    def _fills(self, form: Form, item: str) -> bool:
        return self.role in form.writers(item) & IMPORTERS and form.item(item).audience.admits(self.role)

    def _placed(self, here: Result, subject: Subject, day: date, target: Target) -> Result:
        """The value in the unit of the item, and the visit to which the day belongs."""
        item = self.study.item(target.form, target.item)
        number = number_in(here.line.result)
        try:
            value = item.canonical(here.line.result if number is None else f"{_rounded(number * target.factor, item):f}")
        except Unreadable as problem:
            return evolve(here, because=problem.because)
        visit = self._visit(subject, target.form, day)
        if visit is None:
            return evolve(here, fate=Fate.NO_VISIT, value=value)
        cell = subject.page(visit, target.form).cells.get(target.item)
        before = "" if cell is None else cell.value or cell.last.absence or ""
        fate = Fate.NEW if cell is None else Fate.SAME if cell.value is not None and item.recall(cell.value) == item.recall(value) else Fate.CHANGED
        return evolve(here, fate=fate, visit=visit, before=before, value=value, notes=tuple(_notes(here.line, target, item, value)))

    def _visit(self, subject: Subject, form: str, day: date) -> str | None:
        """The visit that holds a sample of this day, else the one whose window holds the day and that is planned nearest to it."""
        when = date_item(self.study.form(form))
        asked = [visit for visit in self.study.visits if form in visit.forms]
        saved = [visit.code for visit in asked if _day(subject.page(visit.code, form), when) == day]
        spans = [(abs((span.planned - day).days), visit.code) for visit in asked if (span := window(visit, subject)) and span.holds(day)]
        return saved[0] if saved else min(spans)[1] if spans else None

    def settled(self, results: list[Result]) -> list[Result]:
        """The results set against each other: one sample for each visit, one value for each item."""
        for place, days in _by_place(results).items():
            subject, visit, form = place
            saved = _day(self.book.subject(subject).page(visit, form), date_item(self.study.form(form)))
            span = window(self.study.visit(visit), self.book.subject(subject))
            self._samples[place] = saved or min(days, key=lambda day: (abs((span.planned - day).days) if span else 0, day))
        first: dict[tuple[str, str, str, str], Result] = {}
        return [self._settled(one, first) for one in results]

    def _settled(self, one: Result, first: dict[tuple[str, str, str, str], Result]) -> Result:
        if one.fate not in KEPT:
            return one
        if one.day != self._samples[(one.subject, one.visit, one.form)]:
            return evolve(one, fate=Fate.OTHER_SAMPLE, because=Text(f"the sample of this visit is that of {self._samples[(one.subject, one.visit, one.form)]}",
                                                                    f"该访视的样本采于 {self._samples[(one.subject, one.visit, one.form)]}"))  # fmt: skip
        earlier = first.setdefault((one.subject, one.visit, one.form, one.item), one)
        if earlier is not one and Decimal(earlier.value) != Decimal(one.value):
            return evolve(one, fate=Fate.FAULTY, because=Text(f"line {earlier.line.number} gives another result for the same test and sample. Keep one.",
                                                              f"第 {earlier.line.number} 行对同一样本同一项目给出了不同结果，请保留一个。"))  # fmt: skip
        return one if earlier is one else evolve(one, fate=Fate.SAME)

    def answers(self, results: Sequence[Result]) -> Iterator[Answer]:
        """One save for each page that gains or changes something; the date of the sample with it where none is saved."""
        for (subject, visit, form), here in _pages(results).items():
            page = self.book.subject(subject).page(visit, form)
            when = date_item(self.study.form(form))
            entries: dict[str, str] = {one.item: one.value for one in here}
            sources = {one.item: _source(one) for one in here}
            if when is not None and _day(page, when) is None and here[0].day is not None:
                entries, sources = {when.code: here[0].day.isoformat(), **entries}, {when.code: f"laboratory {here[0].day}", **sources}
            seen = {item: page.cells[item].revision if item in page.cells else 0 for item in entries}
            yield Answer(subject=subject, visit=visit, form=form, entries=entries, sources=sources, seen=seen)


def date_item(form: Form) -> Item | None:
    """The item that holds the day of the sample: the first whole date that the form asks."""
    return next((item for item in form.items if item.kind is Kind.DATE), None)


def _day(page: Page, when: Item | None) -> date | None:
    cell = page.cells.get(when.code) if when else None
    return date.fromisoformat(cell.value) if cell is not None and cell.value is not None else None


def _rounded(number: Decimal, item: Item) -> Decimal:
    """The number with as many decimals as the item keeps: half is rounded up."""
    places = 0 if item.kind is Kind.INTEGER else item.decimals
    if places is None or -int(number.as_tuple().exponent) <= places:
        return number
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _notes(line: Line, target: Target, item: Item, value: str) -> Iterator[Text]:
    """What a person should look at although nothing forbids it."""
    number = Decimal(value)
    if item.unusual(number):
        yield Text(f"unusual: outside {item.usual_low} to {item.usual_high}", f"异常值：超出 {item.usual_low}–{item.usual_high}")
    low, high = (None if one is None else one * target.factor for one in (line.low, line.high))
    if (low is not None and number < low) or (high is not None and number > high):
        yield Text("outside the reference interval of the laboratory", "超出检验科参考区间")
    if (low, high) != (None, None) and item.normal and not any((one.low, one.high) == (low, high) for one in item.normal):
        span = "–".join("" if one is None else f"{one.normalize():f}" for one in (low, high))
        yield Text(f"the laboratory gives the interval {span}, the study another: the study's is used in the tables",
                   f"检验科参考区间为 {span}，与研究定义不同：统计表采用研究定义的区间")  # fmt: skip


def _source(one: Result) -> str:
    """The record behind an answer: nothing in it follows from any other line, for that might be hidden from who reads this one."""
    return " ".join(part for part in ("laboratory", str(one.day), one.line.sample, one.line.test[:40]) if part)


def _by_place(results: Sequence[Result]) -> dict[tuple[str, str, str], set[date]]:
    found: dict[tuple[str, str, str], set[date]] = {}
    for one in results:
        if one.fate in KEPT and one.day is not None:
            found.setdefault((one.subject, one.visit, one.form), set()).add(one.day)
    return found


def _pages(results: Sequence[Result]) -> dict[tuple[str, str, str], list[Result]]:
    found: dict[tuple[str, str, str], list[Result]] = {}
    for one in results:
        if one.fate in (Fate.NEW, Fate.CHANGED):
            found.setdefault((one.subject, one.visit, one.form), []).append(one)
    return found
