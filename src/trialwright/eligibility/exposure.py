"""What was taken, from the messy rows of a medication log: each row counted in milligrams a day, or named as not countable.

Unknown is never zero: a row that lacks its dose, unit, rhythm, route or a day is kept as a gap that says which row and which
field, and every answer about days that it touches stays open.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from attrs import evolve, field, frozen

from trialwright.instruments import prednisone
from trialwright.protocol import Value

VERSION = "exposure/all-readings/1"
"""Names how rows are counted and read, so that a stored verdict can be computed again."""

MILLIGRAMS = {"g": Fraction(1000), "mg": Fraction(1), "mcg": Fraction(1, 1000), "ug": Fraction(1, 1000)}
GRAIN = Decimal("0.000001")
"""Amounts are rounded to a nanogram, so that sums and comparisons are exact."""

DOSES_A_DAY = {"QD": Fraction(1), "BID": Fraction(2), "TID": Fraction(3), "QID": Fraction(4), "QOD": Fraction(1, 2)}
"""Doses a day, on average, of what is taken steadily. "As needed" is not countable."""

ONCE, MONTHLY = 0, -1
PULSES = {"EVERY WEEK": 7, "EVERY 2 WEEKS": 14, "EVERY 4 WEEKS": 28, "QM": MONTHLY, "ONCE": ONCE}
"""What is given more rarely is a pulse: every so many days, every calendar month, or once."""

SHORT = 31
"""Days in the longest month: partial dates no wider than that may hand over from one row to the next."""


@frozen
class Agent:
    """A drug: the name under which its rows belong together, and how many milligrams of the scale one milligram is."""

    name: str
    scale: Fraction = Fraction(1)


@frozen(kw_only=True)
class Family:
    """Drugs that are counted together on one scale; `systemic` None means that every route counts."""

    agents: Mapping[str, Agent]
    pulses: bool
    systemic: tuple[str, ...] | None = None
    local: tuple[str, ...] = ()


MYCOPHENOLATE = Family(
    agents={
        "MYCOPHENOLATE MOFETIL": Agent("MYCOPHENOLATE"),
        "MYCOPHENOLATE SODIUM": Agent("MYCOPHENOLATE", Fraction(1000, 720)),
    },
    pulses=False,
)
"""In milligrams of mofetil; enteric-coated sodium 720 mg is taken as 1 g of mofetil: from memory, not verified."""

CYCLOPHOSPHAMIDE = Family(agents={"CYCLOPHOSPHAMIDE": Agent("CYCLOPHOSPHAMIDE")}, pulses=True)

STEROIDS = Family(
    agents={drug: Agent(drug, 5 / Fraction(equal)) for drug, equal in prednisone.EQUAL_TO_5_MG.items()},
    pulses=True,
    systemic=prednisone.SYSTEMIC,
    local=prednisone.LOCAL,
)
"""In milligrams of prednisone; local steroids count as nothing, a route without a rule is a gap."""


@frozen
class Span:
    """The days that a partial date can mean, from `low` to `high`."""

    low: date
    high: date

    @property
    def exact(self) -> bool:
        return self.low == self.high

    @property
    def short(self) -> bool:
        return (self.high - self.low).days < SHORT

    def near(self, day: date) -> date:
        """The possible day nearest to `day`."""
        return min(max(self.low, day), self.high)

    def meets(self, other: "Span") -> bool:
        return self.low <= other.high and other.low <= self.high


ANY_DAY = Span(date.min, date.max)
STILL = Span(date.max, date.max)
"""The last day of what is still taken."""


def span(partial: Value | None) -> Span | None:
    """The days that a partial date can mean; None when there is none or it is no date.

    >>> span("2024-02")
    Span(low=datetime.date(2024, 2, 1), high=datetime.date(2024, 2, 29))
    >>> span("2024-13") is None
    True
    """
    if isinstance(partial, date):
        return Span(partial, partial)
    if not isinstance(partial, str):
        return None
    parts = partial.split("-")
    if len(parts) > 3 or not all(part.isdecimal() for part in parts):
        return None
    year, month, day = (int(parts[place]) if len(parts) > place else None for place in range(3))
    if year is None or not (1 <= year <= 9999 and (month is None or 1 <= month <= 12)):
        return None
    last = monthrange(year, month or 12)[1]
    if day is not None and not 1 <= day <= last:
        return None
    return Span(date(year, month or 1, day or 1), date(year, month or 12, day or last))


@frozen(kw_only=True)
class LogRow:
    """One row of a medication log as it was written; None where nothing was. `start` and `end` may be partial dates."""

    name: str
    drug: str
    dose: Decimal | None
    unit: str | None
    frequency: str | None
    route: str | None
    start: Value | None
    end: Value | None
    ongoing: bool | None


def log_row(cells: Mapping[str, Value], name: str) -> LogRow:
    """A row of the form of background drugs (`forms.medications`), called `name` when something must be said of it."""
    dose = cells.get("CMDOSE")
    word = {code: str(cells[code]) if code in cells else None for code in ("CMDOSU", "CMDOSFRQ", "CMROUTE")}
    return LogRow(
        name=name,
        drug=str(cells.get("CMTRT")),
        dose=Decimal(dose) if isinstance(dose, int | Decimal) else None,
        unit=word["CMDOSU"],
        frequency=word["CMDOSFRQ"],
        route=word["CMROUTE"],
        start=cells.get("CMSTDAT"),
        end=cells.get("CMENDAT"),
        ongoing={"Y": True, "N": False}.get(str(cells.get("CMONGO"))),
    )


@frozen(kw_only=True)
class Dosing:
    """A row that can be counted, on the scale of its family.

    `daily` is the mean of a day in mg, `peak` the dose of a day on which the drug is taken (twice the mean for alternate
    days); for pulses both are zero and `pulse` mg are given every `every` days (or ONCE, MONTHLY).
    """

    rows: tuple[str, ...] = field(eq=False)
    drug: str = field(eq=False)
    agent: str
    start: Span
    end: Span
    daily: Decimal = Decimal(0)
    peak: Decimal = Decimal(0)
    pulse: Decimal | None = None
    every: int | None = None

    @property
    def order(self) -> tuple[object, ...]:
        amount = self.pulse if self.pulse is not None else self.daily
        days = (self.start.low, self.start.high, self.end.low, self.end.high)
        return (self.agent, *days, amount, self.peak, -9 if self.every is None else self.every)

    @property
    def monthly(self) -> Decimal | None:
        """Pulse dose as milligrams a month of 365.25 / 12 days; None for a single pulse and for what is not one."""
        if self.pulse is None or self.every == ONCE or self.every is None:
            return None
        return self.pulse if self.every == MONTHLY else amount(Fraction(self.pulse) * Fraction("30.4375") / self.every)


@frozen(kw_only=True)
class Gap:
    """A row that cannot be counted: which row, which drug, which field lacks, and on which days it may have been taken."""

    row: str
    drug: str
    field: str
    first: date
    last: date

    def touches(self, first: date, last: date) -> bool:
        return self.first <= last and self.last >= first


@frozen(kw_only=True)
class History:
    """What a log tells about one family of drugs; `complete` says that every dose is in it, so that no row means none."""

    dosings: tuple[Dosing, ...]
    gaps: tuple[Gap, ...]
    complete: bool
    notes: tuple[str, ...] = ()

    def open_rows(self, first: date, last: date) -> tuple[Gap, ...]:
        """The gaps that may touch the days from `first` to `last`."""
        return tuple(gap for gap in self.gaps if gap.touches(first, last))


def history(rows: Iterable[LogRow], family: Family, complete: bool) -> History:
    """The rows of `family`, counted; the order of the rows does not matter, and a row written twice counts once.

    >>> taken = LogRow(name="row 1", drug="PREDNISONE", dose=Decimal(20), unit="mg", frequency="QOD", route="ORAL",
    ...                start="2024-01-05", end=None, ongoing=True)
    >>> found = history([taken, evolve(taken, name="row 2", dose=None)], STEROIDS, complete=True)
    >>> [(one.daily, one.peak) for one in found.dosings], [(gap.row, gap.field) for gap in found.gaps]
    ([(Decimal('10'), Decimal('20'))], [('row 2', 'dose')])
    """
    mine = [row for row in rows if row.drug in family.agents and row.route not in family.local]
    lacks = [(row, _lacking(row, family)) for row in mine]
    gaps = tuple(_gap(row, name) for row, lacking in lacks for name in lacking)
    kept: dict[Dosing, Dosing] = {}
    notes = []
    for row in (row for row, lacking in lacks if not lacking):
        one = _counted(row, family)
        if one in kept:
            notes.append(f"{row.name} says the same as {kept[one].rows[0]}: counted once")
            one = evolve(kept[one], rows=(*kept[one].rows, row.name))
        kept[one] = one
    dosings = tuple(sorted(kept.values(), key=lambda dosing: dosing.order))
    return History(dosings=dosings, gaps=gaps, complete=complete, notes=tuple(notes))


def from_form(rows: Sequence[Mapping[str, Value]], family: Family, complete: bool) -> History:
    """`history` of the rows of the form of background drugs, called "row 1", "row 2" ... in their order."""
    named = (log_row(cells, f"row {place}") for place, cells in enumerate(rows, start=1))
    return history(named, family, complete)


def amount(exact: Fraction) -> Decimal:
    """Milligrams rounded to `GRAIN`, written without an exponent.

    >>> amount(Fraction(720) * Fraction(1000, 720)), amount(Fraction(5, 6) * 7)
    (Decimal('1000'), Decimal('5.833333'))
    """
    rounded = (Decimal(exact.numerator) / exact.denominator).quantize(GRAIN)
    return Decimal(f"{rounded.normalize():f}")


def _lacking(row: LogRow, family: Family) -> list[str]:
    """The fields for want of which a row cannot be counted, or that contradict each other."""
    start, end = span(row.start), _end(row)
    steady = row.frequency in DOSES_A_DAY or (family.pulses and row.frequency in PULSES)
    lacking = [] if row.dose is not None and row.dose >= 0 else ["dose"]
    lacking += [] if row.unit in MILLIGRAMS else ["unit"]
    lacking += [] if start else ["first day"]
    lacking += ["still taken"] if row.ongoing and row.end is not None else [] if end else ["last day"]
    lacking += ["last day"] if start and end and end.high < start.low else []
    lacking += [] if steady else ["how often"]
    lacking += [] if family.systemic is None or row.route in family.systemic else ["route"]
    return lacking


def _end(row: LogRow) -> Span | None:
    """The last day; a single dose without one ended on the day it was given."""
    if row.ongoing and row.end is None:
        return STILL
    return span(row.end) or (span(row.start) if row.frequency == "ONCE" and row.end is None else None)


def _gap(row: LogRow, name: str) -> Gap:
    start, end = span(row.start) or ANY_DAY, ANY_DAY if name == "still taken" else _end(row) or STILL
    return Gap(row=row.name, drug=row.drug, field=name, first=min(start.low, end.low), last=max(start.high, end.high))


def _counted(row: LogRow, family: Family) -> Dosing:
    """A row from which nothing lacks."""
    agent, start, end = family.agents[row.drug], span(row.start), _end(row)
    if row.dose is None or row.unit is None or row.frequency is None or start is None or end is None:
        raise ValueError(f"{row.name} lacks something and cannot be counted")
    single = Fraction(row.dose) * MILLIGRAMS[row.unit] * agent.scale
    named = Dosing(rows=(row.name,), drug=row.drug, agent=agent.name, start=start, end=end)
    if row.frequency in PULSES:
        return evolve(named, pulse=amount(single), every=PULSES[row.frequency])
    often = DOSES_A_DAY[row.frequency]
    return evolve(named, daily=amount(single * often), peak=amount(single * max(often, Fraction(1))))
