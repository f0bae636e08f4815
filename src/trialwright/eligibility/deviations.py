"""Where the conduct departed from the plan: visits late or missed, doses off plan, someone enrolled who should not have been."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise, takewhile

from attrs import evolve, frozen

from trialwright.eligibility.screening import screen
from trialwright.protocol import Audience, Form, Kind, Regimen, Study, Text, Visit
from trialwright.record import Casebook, Page, Subject, SubjectChart, expected, window

KINDS = {
    "NOT_ELIGIBLE": Text("enrolled although a criterion is not fulfilled", "未满足标准而入组"),
    "ELIGIBILITY_OPEN": Text("enrolled although a criterion is undecided", "标准未确定而入组"),
    "SCREENING_TOO_LONG": Text("screening took too long", "筛选期过长"),
    "VISIT_OUT_OF_WINDOW": Text("visit outside its window", "访视超窗"),
    "VISIT_MISSED": Text("visit missed", "访视缺失"),
    "PAGE_MISSED": Text("assessment missed at a visit", "访视中缺失评估"),
    "DOSE_OFF_PLAN": Text("dose other than planned", "剂量与方案不符"),
    "DOSE_INTERVAL": Text("doses too close or too far apart", "给药间隔不符"),
    "DOSE_NOT_GIVEN": Text("planned dose not given", "未按计划给药"),
    "DOSE_IN_CONTROL": Text("study drug given in an arm without it", "对照组使用试验药物"),
    "DOSE_BEFORE_INDEX": Text("study drug given before the index date", "基准日前使用试验药物"),
    "EVALUATOR_CHANGED": Text("another evaluator than before", "更换评估者"),
    "UNBLINDED": Text("arm opened before the data were locked", "数据锁定前揭盲"),
}


@frozen(kw_only=True)
class Deviation:
    """One departure from the plan: what, who, where, when, and the ledger entries that show it."""

    kind: str
    subject: str
    visit: str = ""
    on: date | None = None
    what: Text
    evidence: tuple[str, ...] = ()


def deviations(study: Study, book: Casebook, role: Audience, today: date) -> tuple[Deviation, ...]:
    """All deviations that follow from `book`, the view of `role`, on the day `today`.

    Only what the reader may see enters, so the list is as blind as its reader: doses appear for those who may know
    the arm, and a page counts as missed only for those who may read it.
    """
    found: list[Deviation] = []
    for subject in book.subjects:
        found += _eligibility(study, subject, role)
        found += _visits(study, subject, role, today)
        found += _doses(study, subject)
        found += _conduct(study, book, subject)
    return tuple(found)


def merged(found: Sequence[Deviation]) -> tuple[Deviation, ...]:
    """One departure for each visit: the pages of one late visit are told in one line."""
    groups: dict[tuple[str, str, str, date | None], list[Deviation]] = {}
    for place, one in enumerate(found):
        groups.setdefault((one.subject, one.kind, one.visit or f"#{place}", one.on), []).append(one)
    return tuple(
        evolve(pages[0], what=Text(joined([one.what.en for one in pages], ", "), joined([one.what.zh for one in pages], "、")),
               evidence=tuple(dict.fromkeys(ref for one in pages for ref in one.evidence)))
        for pages in groups.values()
    )  # fmt: skip


def joined(sentences: Sequence[str], mark: str) -> str:
    """Several sentences in one: what they all end with is said once.

    >>> joined(["Skin score on 5 May, late", "Lung function on 5 May, late"], ", ")
    'Skin score, Lung function on 5 May, late'
    """
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*(sentence[::-1] for sentence in sentences), strict=False))
    ending = "".join(letters[0] for letters in alike)[::-1]
    ending = ending[ending.find(" ") :] if " " in ending and len(sentences) > 1 else ""
    return mark.join(sentence[: len(sentence) - len(ending)] for sentence in sentences) + ending


def _eligibility(study: Study, subject: Subject, role: Audience) -> Iterator[Deviation]:
    if subject.enrolled is None:
        return
    for decision in screen(study, SubjectChart(study, subject)).decisions:
        code, kind = decision.criterion.code, "NOT_ELIGIBLE"
        if decision.fulfilled is None and all(_readable(study, item, role) for item in decision.missing):
            kind = "ELIGIBILITY_OPEN"
        elif decision.fulfilled is not False:
            continue
        what = Text(f"{code}: {decision.because.en}", f"{code}：{decision.because.zh}")
        yield Deviation(
            kind=kind, subject=subject.id, on=subject.index_date, what=what, evidence=(subject.enrolled.ref,)
        )
    first = min(study.visits, key=lambda visit: visit.day)
    span = window(first, subject)
    if span is not None and subject.consented is not None and subject.consented < span.first:
        days = (span.first - subject.consented).days
        what = Text(f"consent {days} days before the screening window", f"知情同意早于筛选窗口 {days} 天")
        yield Deviation(
            kind="SCREENING_TOO_LONG", subject=subject.id, visit=first.code, on=subject.consented, what=what
        )


def _readable(study: Study, place: str, role: Audience) -> bool:
    """Whether `role` may read the item (or every item of the form) that `place` names, so that its absence is a fact."""
    form, _, item = place.partition(".")
    if not study.has_form(form):
        return True
    items = (study.item(form, item),) if item else study.form(form).items
    return all(one.audience.admits(role) for one in items)


def _visits(study: Study, subject: Subject, role: Audience, today: date) -> Iterator[Deviation]:
    for visit in study.visits:
        span = window(visit, subject)
        if span is None or visit.day < study.baseline.day:
            continue
        forms = [study.form(code) for code in visit.forms if study.form(code).seen_by(role)]
        pages = [(form, subject.page(visit.code, form.code)) for form in forms]
        yield from _out_of_window(study, subject, visit, pages)
        due = span.last < today and (subject.ended is None or span.last <= subject.ended)
        wanted = [(form, page) for form, page in pages if page.cells or expected(study, subject, visit, form)]
        if due and wanted:
            yield from _missed(subject, visit, wanted)


def _out_of_window(study: Study, subject: Subject, visit: Visit, pages: list[tuple[Form, Page]]) -> Iterator[Deviation]:
    span = window(visit, subject)
    for form, page in pages:
        day = _day(study, subject, form, page)
        if day is None or span is None or span.holds(day):
            continue
        days = (day - span.last).days if day > span.last else (span.first - day).days
        side = Text("late", "晚") if day > span.last else Text("early", "早")
        what = Text(
            f"{form.title.en} on {day}, {days} days too {side.en} (window {span.first} to {span.last})",
            f"{form.title.zh} {day}，{side.zh} {days} 天（窗口 {span.first} 至 {span.last}）",
        )
        refs = tuple(cell.entries[-1].ref for cell in list(page.cells.values())[:1])
        yield Deviation(
            kind="VISIT_OUT_OF_WINDOW", subject=subject.id, visit=visit.code, on=day, what=what, evidence=refs
        )


def _day(study: Study, subject: Subject, form: Form, page: Page) -> date | None:
    """The day on which a page was done: the answer to the first question of the form that asks for a day."""
    item = next((item for item in form.items if item.kind is Kind.DATE), None)
    if item is None:
        return None
    value = SubjectChart(study, subject).values(page).get(item.code)
    return value if isinstance(value, date) else None


def _missed(subject: Subject, visit: Visit, pages: list[tuple[Form, Page]]) -> Iterator[Deviation]:
    empty = [(form, page) for form, page in pages if not page.cells]
    marked = tuple(page.not_done.ref for _, page in empty if page.not_done is not None)
    if len(empty) == len(pages):
        what = Text(f"{visit.name.en}: nothing was recorded", f"{visit.name.zh}：无任何记录")
        yield Deviation(kind="VISIT_MISSED", subject=subject.id, visit=visit.code, what=what, evidence=marked)
        return
    for form, page in empty:
        what = Text(f"{visit.name.en}: {form.title.en} is missing", f"{visit.name.zh}：缺少{form.title.zh}")
        refs = (page.not_done.ref,) if page.not_done is not None else ()
        yield Deviation(kind="PAGE_MISSED", subject=subject.id, visit=visit.code, what=what, evidence=refs)


def _doses(study: Study, subject: Subject) -> Iterator[Deviation]:
    """Doses against the regimen of the subject's arm; nothing for a reader who does not know the arm."""
    if subject.arm is None:
        return
    regimen = study.arm(subject.arm).regimen
    if regimen is not None:
        yield from _against(regimen, study, subject)
        return
    for other in {arm.regimen for arm in study.arms if arm.regimen is not None}:
        for day, page in _given(other, study, subject):
            what = Text(f"dose on {day} in arm {subject.arm}", f"{subject.arm} 组于 {day} 用药")
            yield Deviation(kind="DOSE_IN_CONTROL", subject=subject.id, on=day, what=what, evidence=_refs(page))


def _given(regimen: Regimen, study: Study, subject: Subject) -> list[tuple[date, Page]]:
    """The doses that were given, by day."""
    chart = SubjectChart(study, subject)
    found = []
    for page in subject.rows(regimen.form):
        values = chart.values(page)
        day = values.get(regimen.day)
        if isinstance(day, date) and values.get(regimen.given) == "Y":
            found.append((day, page))
    return sorted(found, key=lambda dose: dose[0])


def _refs(page: Page) -> tuple[str, ...]:
    return tuple(cell.entries[-1].ref for cell in page.cells.values())


def _against(regimen: Regimen, study: Study, subject: Subject) -> Iterator[Deviation]:
    chart = SubjectChart(study, subject)
    given = _given(regimen, study, subject)
    for day, page in given:
        amount = chart.values(page).get(regimen.amount)
        if amount is not None and amount != regimen.dose:
            what = Text(f"{amount} {regimen.unit} on {day} instead of {regimen.dose} {regimen.unit}",
                        f"{day} 给药 {amount} {regimen.unit}，方案为 {regimen.dose} {regimen.unit}")  # fmt: skip
            yield Deviation(kind="DOSE_OFF_PLAN", subject=subject.id, on=day, what=what, evidence=_refs(page))
        if subject.index_date is not None and day < subject.index_date:
            what = Text(f"dose on {day}, index date {subject.index_date}", f"{day} 给药，基准日 {subject.index_date}")
            yield Deviation(kind="DOSE_BEFORE_INDEX", subject=subject.id, on=day, what=what, evidence=_refs(page))
    for page in subject.rows(regimen.form):
        values = chart.values(page)
        if values.get(regimen.given) == "N":
            day_ = values.get(regimen.day)
            what = Text(f"dose planned for {day_} was not given", f"计划于 {day_} 的给药未执行")
            on = day_ if isinstance(day_, date) else None
            yield Deviation(kind="DOSE_NOT_GIVEN", subject=subject.id, on=on, what=what, evidence=_refs(page))
    yield from _intervals(regimen, study, subject, given)


def _intervals(regimen: Regimen, study: Study, subject: Subject, given: list[tuple[date, Page]]) -> Iterator[Deviation]:
    """Gaps between given doses that are off plan and not explained by a dose recorded as not given in between."""
    chart = SubjectChart(study, subject)
    skipped = [
        values.get(regimen.day)
        for values in map(chart.values, subject.rows(regimen.form))
        if values.get(regimen.given) == "N"
    ]
    for (before, _), (after, page) in pairwise(given):
        gap = timedelta(days=(after - before).days)
        explained = any(isinstance(day, date) and before < day < after for day in skipped)
        if abs(gap.days - regimen.every) > regimen.within and not explained:
            what = Text(f"{gap.days} days between {before} and {after}, planned {regimen.every} (give or take {regimen.within})",
                        f"{before} 与 {after} 间隔 {gap.days} 天，方案为 {regimen.every}±{regimen.within} 天")  # fmt: skip
            yield Deviation(kind="DOSE_INTERVAL", subject=subject.id, on=after, what=what, evidence=_refs(page))


def _conduct(study: Study, book: Casebook, subject: Subject) -> Iterator[Deviation]:
    before: str | None = None
    for visit in study.visits:
        for code in visit.forms:
            form = study.form(code)
            page = subject.page(visit.code, code)
            if form.instrument is None or form.entered_by & ~study.blinded or not page.cells:
                continue
            first = next(iter(page.cells.values())).entries[0]
            if before is not None and first.by != before:
                what = Text(
                    f"{visit.name.en}: {first.by} instead of {before}", f"{visit.name.zh}：{first.by}，此前为 {before}"
                )
                yield Deviation(kind="EVALUATOR_CHANGED", subject=subject.id, visit=visit.code, on=first.at.date(),
                                what=what, evidence=(first.ref,))  # fmt: skip
            before = first.by
    for entry in subject.broken:
        if book.locked is None or entry.at < book.locked.at:
            what = Text(f"arm opened on {entry.at.date()}", f"{entry.at.date()} 揭盲")
            yield Deviation(kind="UNBLINDED", subject=subject.id, on=entry.at.date(), what=what, evidence=(entry.ref,))
