"""Patterns that a monitor looks at centrally, found in one reader's view of the trial: what, where, and how unusual."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from statistics import fmean
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from trialwright.protocol import Audience, Form, Item, Kind, Study, Text, Value
from trialwright.record import Casebook, Page, SubjectChart
from trialwright.record.events import Corrected
from trialwright.report.numerals import counted
from trialwright.report.progress import Assessment, assessments
from trialwright.statistics import central_monitoring as numbers
from trialwright.statistics.proportions import fisher_exact

ALARM = 0.05
"""Each kind of check raises a false alarm in at most this share of honest trials: its p values are multiplied by their number."""
FEWEST_DIGITS, FEWEST_PATIENTS, FEWEST_STEPS, FEWEST_PAGES = 20, 6, 3, 10
SPREAD = 10
"""Last digits are looked at where the middle half of the values spans this many units of the last place: there they are even by nature."""
BEFORE = timedelta(days=7)
"""A day longer before screening is history (a birth, an earlier test), not the day on which a page was done."""
COARSE = 0.9
COPIED = 5
"""Pages with at least so many numbers, not all alike, that agree in every one are called the same."""


@frozen(kw_only=True, order=True)
class Place:
    """A page behind a finding."""

    subject: str
    visit: str
    form: str
    row: str = ""


@frozen(kw_only=True)
class Finding:
    """Something to look at: the kind of check, what was found and where. `p` is how often chance alone shows as much in an honest
    trial, over all checks of this kind; None for a plain observation. `few` warns that it rests on few values."""

    check: str
    what: Text
    p: float | None = None
    few: bool = False
    places: tuple[Place, ...] = ()


@frozen(kw_only=True)
class FormLine:
    """How one form is filled: pages, entered on the day of the visit, median days to entry, weekend and holiday pages, corrected pages,
    and answers that were given, absent with a reason, or left open."""

    form: Form
    pages: int
    same_day: int
    delay: float | None
    off_days: int
    corrected: int
    given: int
    absent: int
    left: int


@frozen(kw_only=True)
class EvaluatorLine:
    """One evaluator: patients, scores, mean first score, mean change to the last, and the noise between successive visits."""

    name: str
    patients: int
    scores: int
    first: float
    change: float | None
    noise: float | None


@frozen(kw_only=True)
class Monitored:
    """All that was found, most unusual first; how many comparisons each kind of check made; and the tables behind."""

    findings: tuple[Finding, ...]
    compared: tuple[tuple[str, int], ...]
    forms: tuple[FormLine, ...]
    evaluators: tuple[EvaluatorLine, ...]


@frozen
class _Filled:
    """One page of one subject with its typed answers for this reader."""

    place: Place
    form: Form
    page: Page
    values: Mapping[str, Value] = field(factory=dict)
    day: date | None = None
    entered: date | None = None
    by: str = ""


def monitored(study: Study, book: Casebook, role: Audience, holidays: Iterable[date] = ()) -> Monitored:
    """Everything that `role` can find in `book`, his own view: what he may not read is neither compared nor counted."""
    pages = list(_pages(study, book, role))
    scores = list(assessments(study, book, role))
    checks = {
        "digits": list(_digits(study, pages, role)),
        "drift": list(_drift(scores)),
        "evaluators": list(_between(scores)),
        "spread": list(_spread(study, scores)),
        "corrections": list(_corrections(pages)),
    }
    found = [one for check in checks.values() for one in _alarms(check)]
    found.sort(key=lambda one: one.p if one.p is not None else 1.0)
    observed = [*_copies(pages), *_early(pages)]
    return Monitored(findings=(*found, *observed), compared=tuple((name, len(check)) for name, check in checks.items()),
                     forms=tuple(_lines(study, role, pages, frozenset(holidays))), evaluators=tuple(_evaluators(scores)))  # fmt: skip


def _alarms(check: Sequence[Finding]) -> list[Finding]:
    told = numbers.bonferroni([one.p if one.p is not None else 1.0 for one in check])
    return [evolve(one, p=float(p)) for one, p in zip(check, told, strict=True) if p < ALARM]


def _pages(study: Study, book: Casebook, role: Audience) -> Iterator[_Filled]:
    zone = ZoneInfo(study.time_zone)
    for subject in book.subjects:
        chart = SubjectChart(study, subject)
        began = subject.screened.at.astimezone(zone).date() - BEFORE if subject.screened else date.min
        for (visit, code, row), page in subject.pages.items():
            if not page.cells or not study.has_form(code):
                continue
            form, values = study.form(code), dict(chart.values(page))
            first = next(iter(page.cells.values())).entries[0]
            day = next((values[item.code] for item in form.seen_by(role) if item.kind is Kind.DATE and item.code in values), None)
            place = Place(subject=subject.id, visit=visit, form=code, row=row)
            yield _Filled(place, form, page, values, day if isinstance(day, date) and day >= began else None,
                          first.at.astimezone(zone).date(), first.by)  # fmt: skip


def _digits(study: Study, pages: list[_Filled], role: Audience) -> Iterator[Finding]:
    """Last digits of each number that is measured finely enough; a value that a person has twice counts once. Logs hold what was
    ordered, not measured, and are left out."""
    for form in study.forms:
        mine = [one for one in pages if one.form is form]
        for item in form.seen_by(role):
            if item.kind not in (Kind.INTEGER, Kind.DECIMAL) or form.repeats:
                continue
            told = {(one.place.subject, text): one.place for one in mine if (text := one.page.answers.get(item.code)) is not None}
            units = _units(item, [text for _, text in told])
            places = [place for place, unit in zip(told.values(), units, strict=True) if unit is not None]
            kept = [unit for unit in units if unit is not None]
            if len(kept) < FEWEST_DIGITS or len(set(kept)) < SPREAD or _middle_half(kept) < SPREAD:
                continue
            digits = [unit % 10 for unit in kept]
            often = max(range(10), key=digits.count)
            what = Text(f"{form.title.en}, {item.label.en}: the last digit is {often} in {digits.count(often)} of {len(digits)} values",
                        f"{form.title.zh}，{item.label.zh}：{len(digits)} 个数值中有 {digits.count(often)} 个末位为 {often}")  # fmt: skip
            behind = tuple(place for place, digit in zip(places, digits, strict=True) if digit == often)
            yield Finding(check="digits", what=what, p=numbers.digit_preference(digits), few=len(digits) < 50, places=behind)


def _units(item: Item, texts: list[str]) -> list[int | None]:
    """Values in steps of the finest place that people use: a place that is zero in nine of ten values is not one, and whoever does use
    it is left out. So are values at a bound of the item: there people stop.
    """
    places = item.decimals if item.decimals is not None else max((len(text.partition(".")[2]) for text in texts), default=0)
    bounds = {float(one) for one in (item.low, item.high) if one is not None}
    units = [None if float(text) in bounds else round(abs(float(text)) * 10**places) for text in texts]
    while any(units) and _whole(units) >= COARSE:
        units = [None if unit is None or unit % 10 else unit // 10 for unit in units]
    return units


def _whole(units: list[int | None]) -> float:
    """The share of values that end in zero."""
    return fmean(unit % 10 == 0 for unit in units if unit is not None)


def _middle_half(units: list[int]) -> int:
    told = sorted(units)
    return told[3 * len(told) // 4] - told[len(told) // 4]


def _residuals(scores: list[Assessment]) -> list[tuple[Assessment, float, float]]:
    """Each score and its day less the means of its visit."""
    found = []
    for visit in {one.visit.code: None for one in scores}:
        same = [one for one in scores if one.visit.code == visit]
        total, day = fmean(one.total for one in same), fmean(one.day.toordinal() for one in same)
        found += [(one, one.total - total, one.day.toordinal() - day) for one in same]
    return found


def _drift(scores: list[Assessment]) -> Iterator[Finding]:
    """For each evaluator: do patients seen later score otherwise than patients seen earlier, at the same visits? One point for a patient."""
    told = _residuals(scores)
    for evaluator in sorted({one.by for one in scores}):
        mine = [row for row in told if row[0].by == evaluator]
        points = []
        for subject in sorted({one.subject.id for one, _, _ in mine}):
            his = [(score, day) for one, score, day in mine if one.subject.id == subject]
            points.append((fmean(day for _, day in his), fmean(score for score, _ in his)))
        if len(points) < FEWEST_PATIENTS or len({day for day, _ in points}) < 2:
            continue
        slope, p = numbers.drift([day for day, _ in points], [score for _, score in points])
        what = Text(f"{evaluator}: scores at the same visit change by {slope * 91.3:+.1f} points for each quarter of the calendar",
                    f"{evaluator}：同一访视的评分随日历时间每季度变化 {slope * 91.3:+.1f} 分")  # fmt: skip
        yield Finding(check="drift", what=what, p=p, few=len(points) < 2 * FEWEST_PATIENTS, places=tuple(_place(one) for one, _, _ in mine))


def _place(one: Assessment) -> Place:
    return Place(subject=one.subject.id, visit=one.visit.code, form=one.form)


def _between(scores: list[Assessment]) -> Iterator[Finding]:
    """Do the patients of one evaluator change otherwise than those of the others? One mean change for a patient, less that of the visit."""
    firsts = {one.subject.id: one for one in reversed(scores)}
    later = [one for one in scores if one is not firsts[one.subject.id]]
    changes = [(one, one.total - firsts[one.subject.id].total) for one in later]
    visits = {visit: fmean(change for one, change in changes if one.visit.code == visit) for visit in {one.visit.code for one in later}}
    groups: dict[str, list[float]] = {}
    for id, first in firsts.items():
        his = [change - visits[one.visit.code] for one, change in changes if one.subject.id == id]
        if his:
            groups.setdefault(first.by, []).append(fmean(his))
    told = {name: group for name, group in groups.items() if len(group) > 1}
    if len(told) < 2:
        return
    means = "; ".join(f"{name} {fmean(group):+.1f} ({len(group)})" for name, group in sorted(told.items()))
    what = Text(f"Mean change, less that of all at the same visits, by evaluator (patients): {means}",
                f"各评估者的平均变化（扣除同访视总体均值；例数）：{means}")  # fmt: skip
    yield Finding(check="evaluators", what=what, p=numbers.difference_between(list(told.values())), few=min(map(len, told.values())) < FEWEST_PATIENTS)


def _spread(study: Study, scores: list[Assessment]) -> Iterator[Finding]:
    """Patients whose scores vary less from visit to visit than those of the others, more than chance explains."""
    order = [visit.code for visit in study.visits]
    steps = [(a, b, b.total - a.total) for a, b in pairwise(scores) if a.subject.id == b.subject.id
             and order.index(b.visit.code) == order.index(a.visit.code) + 1]  # fmt: skip
    told: dict[str, list[float]] = {}
    for _, after, step in steps:
        told.setdefault(after.subject.id, []).append(float(step))
    kept = {id: rest for id, rest in told.items() if len(rest) >= FEWEST_STEPS}
    if len(kept) < FEWEST_PATIENTS:
        return
    for (id, rest), p in zip(kept.items(), numbers.too_even(list(kept.values())), strict=True):
        noise = (sum(one * one for one in rest) / len(rest) / 2) ** 0.5
        what = Text(f"{id}: scores vary by {noise:.1f} points from visit to visit, less than those of the others",
                    f"{id}：各次评分间波动仅 {noise:.1f} 分，低于其他受试者")  # fmt: skip
        places = tuple(_place(one) for one in scores if one.subject.id == id)
        yield Finding(check="spread", what=what, p=float(p), few=len(rest) < 2 * FEWEST_STEPS, places=places)


def _corrections(pages: list[_Filled]) -> Iterator[Finding]:
    """For each form with several authors: does one of them have more or fewer pages corrected than the others? (Fisher)"""
    for form in {one.form.code: one.form for one in pages}.values():
        mine = [one for one in pages if one.form is form]
        for author in sorted({one.by for one in mine}):
            his, others = [one for one in mine if one.by == author], [one for one in mine if one.by != author]
            if min(len(his), len(others)) < FEWEST_PAGES:
                continue
            a, b = sum(map(_corrected, his)), sum(map(_corrected, others))
            what = Text(f"{form.title.en}: {a} of {len(his)} pages by {author} were corrected, {b} of {len(others)} by others",
                        f"{form.title.zh}：{author} 填写的 {len(his)} 页中有 {a} 页被更正，其他人 {len(others)} 页中有 {b} 页")  # fmt: skip
            yield Finding(check="corrections", what=what, p=fisher_exact([[a, len(his) - a], [b, len(others) - b]]), few=a + b < FEWEST_PAGES,
                          places=tuple(one.place for one in his if _corrected(one)))  # fmt: skip


def _corrected(one: _Filled) -> bool:
    return any(isinstance(entry.event, Corrected) for cell in one.page.cells.values() for entry in cell.entries)


def _copies(pages: list[_Filled]) -> Iterator[Finding]:
    """Pages that agree in every number, of two people or of one person at two visits."""
    told: dict[tuple[str, tuple[tuple[str, Value], ...]], list[Place]] = {}
    for one in pages:
        figures = tuple(sorted((code, value) for code, value in one.values.items() if one.form.item(code).kind in (Kind.INTEGER, Kind.DECIMAL)))
        if len(figures) >= COPIED and len({value for _, value in figures}) > 1:
            told.setdefault((one.form.code, figures), []).append(one.place)
    for (code, figures), places in told.items():
        if len(places) > 1:
            form, people = next(one.form for one in pages if one.form.code == code), len({place.subject for place in places})
            what = Text(f"{form.title.en}: {len(places)} pages of {counted(people, 'patient')} agree in all {len(figures)} numbers",
                        f"{form.title.zh}：{people} 名受试者的 {len(places)} 页中全部 {len(figures)} 个数值相同")  # fmt: skip
            yield Finding(check="copies", what=what, places=tuple(places))


def _early(pages: list[_Filled]) -> Iterator[Finding]:
    """Pages that were entered before the day on which they say they were done."""
    early = [one for one in pages if one.day is not None and one.entered is not None and one.entered < one.day]
    if early:
        what = Text(f"{counted(len(early), 'page was', 'pages were')} entered before the day on which it was done", f"{len(early)} 页的录入时间早于所填日期")
        yield Finding(check="early", what=what, places=tuple(one.place for one in early))


def _lines(study: Study, role: Audience, pages: list[_Filled], holidays: frozenset[date]) -> Iterator[FormLine]:
    for form in study.forms:
        mine = [one for one in pages if one.form is form]
        if not mine or not form.seen_by(role):
            continue
        delays = sorted((one.entered - one.day).days for one in mine if one.day is not None and one.entered is not None)
        cells = [cell for one in mine for cell in one.page.cells.values()]
        asked = sum(item.shown is None or item.shown.holds(one.page.answers) for one in mine for item in form.seen_by(role) if item.required)
        known = sum(item.code in one.page.cells for one in mine for item in form.seen_by(role) if item.required
                    and (item.shown is None or item.shown.holds(one.page.answers)))  # fmt: skip
        yield FormLine(form=form, pages=len(mine), same_day=sum(delay == 0 for delay in delays), delay=float(delays[len(delays) // 2]) if delays else None,
                       off_days=sum(one.day is not None and (one.day.weekday() > 4 or one.day in holidays) for one in mine),
                       corrected=sum(map(_corrected, mine)), given=sum(cell.value is not None for cell in cells),
                       absent=sum(cell.value is None for cell in cells), left=asked - known)  # fmt: skip


def _evaluators(scores: list[Assessment]) -> Iterator[EvaluatorLine]:
    for name in sorted({one.by for one in scores}):
        mine = [one for one in scores if one.by == name]
        courses: dict[str, list[Assessment]] = {}
        for one in mine:
            courses.setdefault(one.subject.id, []).append(one)
        changes = [course[-1].total - course[0].total for course in courses.values() if len(course) > 1]
        steps = [b.total - a.total for course in courses.values() for a, b in pairwise(course)]
        noise = (sum((step - fmean(steps)) ** 2 for step in steps) / (len(steps) - 1) / 2) ** 0.5 if len(steps) > 1 else None
        yield EvaluatorLine(name=name, patients=len(courses), scores=len(mine), first=fmean(course[0].total for course in courses.values()),
                            change=fmean(changes) if changes else None, noise=noise)  # fmt: skip
