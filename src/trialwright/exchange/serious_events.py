"""Serious adverse events as one case each: the event, the patient, the drug, the clocks of reporting, and what is still open."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from attrs import frozen

from trialwright.instruments import causality, reporting_clocks
from trialwright.protocol import Arm, Form, Item, Study, Text
from trialwright.record import Page, Subject
from trialwright.record.casebook import Casebook
from trialwright.record.events import Coded
from trialwright.sdtm import targets

CRITERIA = dict(zip(("AESDTH", "AESLIFE", "AESHOSP", "AESDISAB", "AESCONG", "AESMIE"), reporting_clocks.SERIOUS, strict=True))
"""The variables of seriousness and the criteria of ICH E2A, in the same order."""
AROUND = timedelta(days=30)
"""Laboratory findings of this many days before and after the first day belong to the case."""

KINDS = {
    "SPONSOR": Text("tell the sponsor (24 hours)", "报告申办者（24 小时）"),
    "REPORT": Text("report to the authority", "向监管部门报告"),
    "FOLLOW_UP": Text("follow-up report to the authority", "向监管部门提交随访报告"),
}
NEEDED = {
    "seriousness": Text("which criteria of seriousness are met", "符合哪些严重性标准"),
    "expectedness": Text("whether it is expected", "是否预期"),
    "causality": Text("whether the drug may have caused it", "与试验药物的关系"),
    "day of awareness": Text("when the sponsor first knew", "申办者首次获知日期"),
    "day the investigator knew": Text("when the investigator first knew", "研究者首次获知日期"),
}


@frozen(kw_only=True)
class Due:
    """One clock: of which kind, since when, until when, and the day on which it was met."""

    kind: str
    start: date
    day: date
    met: date | None = None

    def left(self, today: date) -> int | None:
        """Calendar days until it is due, negative when it is over; None when it was met."""
        return None if self.met else (self.day - today).days


@frozen(kw_only=True)
class Finding:
    """One laboratory result near the event: outside the laboratory's interval, or graded."""

    item: Item
    value: str
    day: str


@frozen(kw_only=True)
class Case:
    """One serious event with all that its report needs, as one reader may know it. `said` are the answers by SDTM variable."""

    study: Study
    subject: Subject
    page: Page
    form: Form
    said: Mapping[str, str]
    clocks: tuple[Due, ...]
    open: tuple[str, ...]
    coded: Coded | None

    @property
    def code(self) -> str:
        """The name of the report: study, subject, row; all of them random or public."""
        return f"{self.study.code}-{self.subject.id}-{self.page.place[2]}"

    @property
    def arm(self) -> Arm | None:
        return None if self.subject.arm is None else self.study.arm(self.subject.arm)

    @property
    def susar(self) -> bool | None:
        """Whether it is a serious, unexpected, suspected reaction; None while that is open."""
        return _susar(self.said)

    def item(self, variable: str) -> Item | None:
        """The question behind a variable."""
        return next((item for item in self.form.items if variable in variables(item)), None)

    def told(self, variable: str, language: str) -> str:
        """The answer in words, "" where there is none."""
        value, item = self.said.get(variable, ""), self.item(variable)
        term = item.codelist.labels.get(value) if item and item.codelist else None
        return term.in_(language) if term else value

    def pressure(self, today: date) -> tuple[int, int, str]:
        """Its place in a list: the least time left first, then what is open, then what is settled."""
        left = [days for one in self.clocks if (days := one.left(today)) is not None]
        return (0, min(left), self.code) if left else (1 if self.open else 2, 0, self.code)


def variables(item: Item) -> tuple[str, ...]:
    """The variables of AE (and names of SUPPAE) to which an answer goes; its own code where it is not submitted."""
    found = tuple(dict(target.where).get("QNAM", target.variable) for target in targets(item.sdtm) if target.domain in ("AE", "SUPPAE"))
    return found or (item.code,)


def event_log(study: Study) -> Form | None:
    """The log on which a study writes adverse events: the one whose answers go to AE."""
    for code in study.logs:
        form = study.form(code)
        if any(target.domain == "AE" and target.variable == "AETERM" for item in form.items for target in targets(item.sdtm)):
            return form
    return None


def said(form: Form, answers: Mapping[str, str]) -> dict[str, str]:
    """Answers by variable."""
    return {name: answers[item.code] for item in form.items if item.code in answers for name in variables(item)}


def case_of(study: Study, subject: Subject, row: str) -> Case:
    """The case behind one row of the log; raises `KeyError` where there is none, or where it is not serious."""
    form = event_log(study)
    if form is None or ("", form.code, row) not in subject.pages:
        raise KeyError(row)
    page = subject.page("", form.code, row)
    told = said(form, page.answers)
    if told.get("AESER") != "Y":
        raise KeyError(row)
    term = next((item.code for item in form.items if "AETERM" in variables(item)), "")
    clocks, missing = running(study, form, page)
    return Case(study=study, subject=subject, page=page, form=form, said=told, clocks=clocks, open=missing, coded=page.code_of(term))


def cases(study: Study, casebook: Casebook) -> Iterator[Case]:
    """Every serious event of a reader's casebook."""
    form = event_log(study)
    for subject in casebook.subjects if form else ():
        for page in subject.rows(form.code) if form else ():
            if form and said(form, page.answers).get("AESER") == "Y":
                yield case_of(study, subject, page.place[2])


def _yes(told: Mapping[str, str], name: str) -> bool | None:
    return {"Y": True, "N": False}.get(told.get(name, ""))


def _day(told: Mapping[str, str], name: str) -> date | None:
    text = told.get(name, "")
    return date.fromisoformat(text) if len(text) == 10 else None


def _susar(told: Mapping[str, str]) -> bool | None:
    grave = reporting_clocks.serious({name: _yes(told, code) for code, name in CRITERIA.items()})
    expected, related = _yes(told, "AEEXP"), causality.related(told.get("AEREL"))
    if grave is False or expected is True or related is False:
        return False
    return None if None in (grave, expected, related) else True


def _fastest(told: Mapping[str, str]) -> bool:
    return any(_yes(told, code) for code, name in CRITERIA.items() if name in reporting_clocks.FASTEST)


def running(study: Study, form: Form, page: Page) -> tuple[tuple[Due, ...], tuple[str, ...]]:
    """The clocks that one event has started, and what is unknown that could start one.

    Day 0 is the sponsor's first awareness; an upgrade to fatal or life-threatening starts 7 days on the day that it was written down;
    a later downgrade stops no clock that was due by then.
    """
    told = said(form, page.answers)
    known, aware = _day(told, "AEKNOWN"), _day(told, "AEAWARE")
    found = [] if known is None else [Due(kind="SPONSOR", start=known, day=known + timedelta(days=1), met=aware)]
    past = list(_assessments(study, form, page, aware))
    susar = _susar(told)
    ended = past[-1].known if past and not past[-1].susar else None
    for clock in reporting_clocks.clocks(past):
        if ended is None or clock.due <= ended:
            found.append(Due(kind="REPORT", start=clock.start, day=clock.due, met=_since(told, "AEREPDAT", clock.start)))
            if clock.follow_up:
                found.append(Due(kind="FOLLOW_UP", start=clock.start, day=clock.follow_up, met=_since(told, "AEFOLDAT", clock.start)))
    return tuple(found), _open(told, susar, known, aware)


def _open(told: Mapping[str, str], susar: bool | None, known: date | None, aware: date | None) -> tuple[str, ...]:
    missing = ["day the investigator knew"] if known is None else []
    if susar is False:
        return tuple(missing)
    if reporting_clocks.serious({name: _yes(told, code) for code, name in CRITERIA.items()}) is None:
        missing.append("seriousness")
    wanted = {"expectedness": _yes(told, "AEEXP"), "causality": causality.related(told.get("AEREL")), "day of awareness": aware}
    return (*missing, *(name for name, value in wanted.items() if value is None))


def _since(told: Mapping[str, str], name: str, start: date) -> date | None:
    day = _day(told, name)
    return day if day is not None and day >= start else None


def _assessments(study: Study, form: Form, page: Page, aware: date | None) -> Iterator[reporting_clocks.Assessment]:
    """What was known of the event after each save, from the day on which it first was a suspected unexpected reaction."""
    if aware is None:
        return
    zone, answers, last = ZoneInfo(study.time_zone), dict[str, str](), None
    for at, saved in _saves(page):
        answers |= saved
        told = said(form, {code: value for code, value in answers.items() if value})
        now = (_susar(told) is True, _fastest(told))
        if now != last and (last is not None or now[0]):
            day = aware if last is None else max(aware, at.astimezone(zone).date())
            yield reporting_clocks.Assessment(known=day, susar=now[0], fastest=now[1])
            last = now


def _saves(page: Page) -> list[tuple[datetime, dict[str, str]]]:
    """The answers of a page save by save, oldest first; "" for one that was taken back."""
    found: dict[datetime, dict[str, str]] = {}
    for item, cell in page.cells.items():
        for entry in cell:
            found.setdefault(entry.at, {})[item] = getattr(entry.event, "value", None) or ""
    return sorted(found.items())


@frozen(kw_only=True)
class Exposure:
    """The doses of the study drug that were given until the event began; days may be partly known."""

    first: str
    last: str
    doses: int
    total: Decimal
    unit: str


def exposure(case: Case) -> Exposure | None:
    """What the patient had of the study drug on or before the first day of the event; None without a dose."""
    regimen = case.arm.regimen if case.arm else None
    if regimen is None:
        return None
    start = case.said.get("AESTDTC", "9999")
    rows = [page.answers for page in case.subject.rows(regimen.form)]
    given = [row for row in rows if row.get(regimen.given) == "Y" and regimen.day in row and row[regimen.day][: len(start)] <= start]
    if not given:
        return None
    days = sorted(row[regimen.day] for row in given)
    total = sum((Decimal(row.get(regimen.amount, "0")) for row in given), Decimal(0))
    return Exposure(first=days[0], last=days[-1], doses=len(given), total=total, unit=regimen.unit)


def other_drugs(case: Case) -> tuple[Mapping[str, str], ...]:
    """The rows of other drugs that were taken when the event began, by variable of CM."""
    start, found = case.said.get("AESTDTC", ""), []
    for code in case.study.logs:
        form = case.study.form(code)
        wanted = [(item.code, target.variable) for item in form.items for target in targets(item.sdtm) if target.domain == "CM"]
        for page in case.subject.rows(code):
            row = {variable: _label(form, item, page.answers[item]) for item, variable in wanted if item in page.answers}
            begun, ended = row.get("CMSTDTC", ""), row.get("CMENDTC", "")
            if row.get("CMTRT") and begun[: len(start)] <= start and (not ended or ended >= start[: len(ended)]):
                found.append(row)
    return tuple(found)


def _label(form: Form, code: str, value: str) -> str:
    terms = form.item(code).codelist
    return terms.labels[value].en if terms and value in terms.labels else value


def latest(case: Case, domain: str, name: str) -> str:
    """The answer of this patient that was given last to one test or variable of a domain."""
    return latest_of(case.study, case.subject, domain, name)


def latest_of(study: Study, subject: Subject, domain: str, name: str) -> str:
    """The answer that was entered last to one test or variable of a domain, "" where there is none."""
    found = ""
    for place, page in subject.pages.items():
        answers = page.answers
        for item in study.form(place[1]).items:
            for target in targets(item.sdtm) if item.code in answers else ():
                if target.domain == domain and name in (target.variable, dict(target.where).get(f"{domain}TESTCD")):
                    found = answers[item.code]
    return found


def findings(case: Case) -> tuple[Finding, ...]:
    """Laboratory results within `AROUND` of the first day that lie outside the interval of the laboratory for this patient."""
    start, found = _day(case.said, "AESTDTC"), []
    sex, born = latest(case, "DM", "SEX"), latest(case, "DM", "BRTHDTC")
    for place, page in case.subject.pages.items():
        items = [(item, target) for item in case.study.form(place[1]).items for target in targets(item.sdtm) if target.domain == "LB"]
        day = next((page.answers[item.code] for item, target in items if target.variable == "LBDTC" and item.code in page.answers), "")
        if start is None or len(day) != 10 or abs(date.fromisoformat(day) - start) > AROUND:
            continue
        age = (date.fromisoformat(day) - date.fromisoformat(born)).days / 365.25 if len(born) == 10 else None
        for item, target in items:
            value = page.answers.get(item.code)
            if target.variable == "LBORRES" and value is not None and _abnormal(item, value, sex or None, age):
                found.append(Finding(item=item, value=value, day=day))
    return tuple(sorted(found, key=lambda one: (one.day, one.item.code)))


def _abnormal(item: Item, value: str, sex: str | None, age: float | None) -> bool:
    """Whether a result lies outside its interval; never when age or sex decide which interval it is and are not known."""
    read = item.recall(value)
    at_any_age = [one for one in item.normal if (one.from_age, one.to_age) == (0, 200) and one.sex in (None, sex)]
    normal = next(iter(at_any_age) if age is None else (one for one in item.normal if one.fits(sex, age)), None)
    if normal is None or not isinstance(read, int | Decimal):
        return False
    return (normal.low is not None and read < normal.low) or (normal.high is not None and read > normal.high)
