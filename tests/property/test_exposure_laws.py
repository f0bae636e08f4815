"""Drug histories: laws, a second implementation day by day in a dictionary, and columns against single people."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from attrs import evolve

from trialwright.eligibility import exposure_columns as columns
from trialwright.eligibility import exposure_windows as windows
from trialwright.eligibility.exposure import CYCLOPHOSPHAMIDE, MYCOPHENOLATE, STEROIDS, Family, History, LogRow, history
from trialwright.eligibility.exposure_days import STEADY
from trialwright.protocol import Score

pytestmark = pytest.mark.property

INDEX = date(2024, 8, 31)
FIRST, LAST = date(2024, 2, 29), date(2024, 8, 30)
DRUGS = {
    "mmf": (MYCOPHENOLATE, ["MYCOPHENOLATE MOFETIL"] * 3 + ["MYCOPHENOLATE SODIUM"], [500, 720, 1000, 1000]),
    "cyc": (CYCLOPHOSPHAMIDE, ["CYCLOPHOSPHAMIDE"], [50, 500, 800, 850]),
    "steroid": (STEROIDS, ["PREDNISONE", "PREDNISONE", "METHYLPREDNISOLONE", "DEFLAZACORT"], [2, 5, 8, 10, 15]),
}
DAILY = {"QD": Fraction(1), "BID": Fraction(2), "TID": Fraction(3), "QID": Fraction(4), "QOD": Fraction(1, 2)}
EVERY = {"EVERY WEEK": 7, "EVERY 2 WEEKS": 14, "EVERY 4 WEEKS": 28}


def histories(seed: int, many: int) -> Iterator[tuple[str, list[LogRow], bool]]:
    """Random logs: overlaps, gaps, partial dates, single days, pulses, double rows, rows with something lacking."""
    dice = random.Random(seed)
    for _ in range(many):
        kind = dice.choice(list(DRUGS))
        rows = [_row(dice, kind, f"row {place}") for place in range(dice.choice([0, 1, 1, 2, 2, 3, 4]))]
        if dice.random() < 0.4:
            rows = [_ended_near(dice, row, following) for row, following in pairwise(rows)] + rows[-1:]
        if rows and dice.random() < 0.1:
            rows.append(evolve(rows[0], name="again"))
        yield kind, rows, dice.random() < 0.7


def _ended_near(dice: random.Random, row: LogRow, following: LogRow) -> LogRow:
    """The row ended around the day on which another begins, when both have days."""
    if len(str(following.start)) < 10:
        return row
    end = (date.fromisoformat(str(following.start)) + timedelta(days=dice.choice([-1, 0, 0, 1, 5, 14, 20]))).isoformat()
    return evolve(row, end=end, ongoing=False) if end >= str(row.start) else row


def _row(dice: random.Random, kind: str, name: str) -> LogRow:
    _, drugs, doses = DRUGS[kind]
    begin = dice.choice([date(2022, 5, 17), date(2024, 2, 28), FIRST, date(2024, 3, 1)] + [FIRST + timedelta(days=dice.randrange(-60, 200))] * 4)
    end = begin + timedelta(days=dice.choice([0, 1, 10, 14, 15, 40, 100, 200, 400]))
    often = dice.choice(["QD", "QD", "BID", "QOD"] + ([*EVERY, "QM", "ONCE"] if kind != "mmf" else ["TID"]))
    ongoing = dice.random() < 0.4
    whole = LogRow(
        name=name, drug=dice.choice(drugs), dose=Decimal(dice.choice(doses)), unit="mg", frequency=often, route="ORAL",
        start=_partly(dice, begin), end=None if ongoing else _partly(dice, end), ongoing=ongoing,
    )  # fmt: skip
    if dice.random() < 0.9:
        return whole
    lacks: list[dict[str, Any]] = [
        {"dose": None}, {"unit": None}, {"frequency": "PRN"}, {"start": None}, {"end": None, "ongoing": None}, {"route": "TOPICAL"},
        {"route": "INTRA-ARTICULAR"}, {"end": "2024-05", "ongoing": True}, {"end": "2021"}, {"unit": "g", "dose": Decimal("0.005")}, {"dose": Decimal(0)},
    ]  # fmt: skip
    return evolve(whole, **dice.choice(lacks))


def _partly(dice: random.Random, day: date) -> str:
    return day.isoformat()[: dice.choice([10] * 8 + [7, 4])]


class Second:
    """The same questions answered once more, straight from the rules: every day of the window in a dictionary."""

    def __init__(self, kind: str, rows: list[LogRow], complete: bool) -> None:
        self.kind, self.complete = kind, complete
        kept, self.open = {}, []
        for row in rows:
            if kind == "steroid" and row.route in ("TOPICAL", "RESPIRATORY (INHALATION)"):
                continue
            read = self._read(row)
            if isinstance(read, dict):
                kept[tuple(read.values())] = read
            else:
                self.open.append(read)
        self.rows = sorted(kept.values(), key=lambda r: tuple(r[key] for key in ("agent", "s0", "s1", "e0", "e1", "mg")))

    def _read(self, row: LogRow) -> dict[str, Any] | tuple[int, int]:
        start, end = self._days(row.start), self._days(row.end)
        if row.ongoing and row.end is None:
            end = (date.max.toordinal(),) * 2
        if row.frequency == "ONCE" and row.end is None and not row.ongoing:
            end = start
        impossible = row.ongoing and row.end is not None
        pulse = row.frequency in (*EVERY, "QM", "ONCE")
        rhythmic = row.frequency in DAILY or (pulse and self.kind != "mmf")
        routed = self.kind != "steroid" or row.route in ("ORAL", "INTRAVENOUS", "INTRAMUSCULAR")
        if row.dose is None or row.unit is None or start is None or end is None or impossible or end[1] < start[0] or not rhythmic or not routed:
            if start is None or impossible:
                return date.min.toordinal(), date.max.toordinal()
            return (start[0], date.max.toordinal()) if end is None else (min(start[0], end[0]), max(start[1], end[1]))
        equal = {"MYCOPHENOLATE SODIUM": Fraction(1000, 720), "METHYLPREDNISOLONE": Fraction(5, 4), "DEFLAZACORT": Fraction(5, 6)}
        often = Fraction(1) if pulse else DAILY[str(row.frequency)]
        mg = Fraction(row.dose) * (1000 if row.unit == "g" else 1) * equal.get(row.drug, Fraction(1)) * often
        agent = row.drug.split()[0]
        rhythm = str(row.frequency) if pulse else ""
        return {"agent": agent, "s0": start[0], "s1": start[1], "e0": end[0], "e1": end[1], "mg": round(mg * 10**6), "every": rhythm,
                "peak": round(mg * 10**6 * (2 if row.frequency == "QOD" else 1))}  # fmt: skip

    @staticmethod
    def _days(text: Any) -> tuple[int, int] | None:
        if text is None:
            return None
        words = str(text)
        low = date.fromisoformat(words + "-01-01"[len(words) - 10 or 10 :] if len(words) < 10 else words)
        if len(words) == 10:
            return low.toordinal(), low.toordinal()
        beyond = date(low.year + 1, 1, 1) if len(words) == 4 else date(low.year + low.month // 12, low.month % 12 + 1, 1)
        return low.toordinal(), beyond.toordinal() - 1

    def worlds(self, first: date, last: date) -> Iterator[tuple[dict[int, list[Any]], list[tuple[int, int]]]]:
        """For each reading: day -> list of (agent, start, mg, peak, row) that cover it; and the pulses of the window."""
        a, z = first.toordinal(), last.toordinal()
        ends = {1: date.min.toordinal(), 2: date.max.toordinal(), 3: min(a + 1, z), 4: max(z - 1, a)}
        partial = any(row["s0"] < row["s1"] or row["e0"] < row["e1"] for row in self.rows)
        for low, high in product((1, 3, 2), (2, 4, 1)) if partial else [(1, 2)]:
            cover: dict[int, list[Any]] = {day: [] for day in range(a, z + 1)}
            pulses = []
            for row in self.rows:
                start = sorted((row["s0"], ends[low], row["s1"]))[1]
                end = max(start, sorted((row["e0"], ends[high], row["e1"]))[1])
                if row["every"]:
                    pulses += [(day, row["mg"]) for day in self._pulse_days(row["every"], start, end, a, z) if row["mg"]]
                    continue
                later = [other for other in self.rows if not other["every"] and other["agent"] == row["agent"] and other["s0"] > row["s0"]]
                if later:
                    heir = later[0]
                    narrow = row["e1"] - row["e0"] < 31 and heir["s1"] - heir["s0"] < 31
                    if narrow and heir["s0"] <= row["e1"] and row["e0"] <= heir["s1"]:
                        end = sorted((heir["s0"], ends[low], heir["s1"]))[1] - 1
                for day in range(max(start, a), min(end, z) + 1):
                    cover[day].append((row["agent"], start, -row["mg"], -end, row["peak"]))
            yield cover, sorted(pulses)

    @staticmethod
    def _pulse_days(often: str, start: int, end: int, a: int, z: int) -> list[int]:
        if often == "ONCE":
            return [start] if a <= start <= z else []
        if often == "QM":
            begun, found = date.fromordinal(start), []
            for day in range(max(a, start), min(z, end) + 1):
                today = date.fromordinal(day)
                month_ends = (today + timedelta(days=1)).day == 1
                if today.day == begun.day or (month_ends and begun.day > today.day):
                    found.append(day)
            return found
        return [day for day in range(max(a, start), min(z, end) + 1) if (day - start) % EVERY[often] == 0]

    def dose(self, covering: list[Any], replace: bool) -> tuple[int, int] | None:
        """Mean and peak of a day; None when no row tells and the log is not complete."""
        if not covering:
            return (0, 0) if self.complete else None
        chosen = covering
        if replace:
            chosen = [max(one for one in covering if one[0] == agent) for agent in {one[0] for one in covering}]
        return sum((-one[2] for one in chosen), 0), sum((one[4] for one in chosen), 0)

    def days(self, first: date, last: date) -> Iterator[list[tuple[int, int] | None]]:
        for cover, pulses in self.worlds(first, last):
            for replace in (False, True):
                told = [self.dose(cover[day], replace) for day in sorted(cover)]
                for day, mg in pulses:
                    mean, peak = told[day - first.toordinal()] or (0, 0)
                    told[day - first.toordinal()] = (mean + mg, peak + mg)
                yield told

    def touched(self, first: date, last: date) -> bool:
        return any(low <= last.toordinal() and high >= first.toordinal() for low, high in self.open)

    def steady(self) -> int | None:
        found = set()
        for cover, _ in self.worlds(FIRST, LAST):
            for replace in (False, True):
                told = [self.dose(cover[day], replace) for day in sorted(cover)]
                found.add(self._steady([None if one is None else one[0] for one in told]))
        return found.pop() if len(found) == 1 and not self.touched(FIRST, LAST) else None

    @staticmethod
    def _steady(told: list[int | None]) -> int | None:
        levels = {one for one in told if one}
        if len(levels) > 1:
            return 0
        if None in told:
            return None
        if not levels:
            return 1
        empty = told.count(0)
        if empty and empty <= 14 and told[0] and told[-1]:
            return None
        return 0 if empty else 1

    def pulsed(self) -> int | None:
        found = set()
        for _, pulses in self.worlds(FIRST, LAST):
            doses = [mg for _, mg in pulses]
            gaps = [b - a for (a, _), (b, _) in pairwise(pulses)]
            uneven = (doses and max(doses) - min(doses) > max(doses) / 10) or (gaps and max(gaps) - min(gaps) > 7)
            found.add(0 if uneven else None if not self.complete or len(doses) in (1, 2) else 1)
        return found.pop() if len(found) == 1 and not self.touched(FIRST, LAST) else None

    def stable(self) -> int | None:
        both = (self.steady(), self.pulsed())
        return 0 if 0 in both else None if None in both else 1

    def constant(self) -> int | None:
        first = INDEX - timedelta(days=30)
        found = set()
        for told in self.days(first, LAST):
            levels = {one[0] for one in told if one is not None}
            found.add(0 if len(levels) > 1 else None if None in told else 1)
        same = found.pop() if len(found) == 1 and not self.touched(first, LAST) else None
        low = self.at_most()
        return 0 if 0 in (same, low) else None if None in (same, low) else 1

    def at_most(self) -> int | None:
        first = INDEX - timedelta(days=30)
        found = set()
        for told in self.days(first, LAST):
            over = any(one is not None and one[0] > 10 * 10**6 for one in told)
            found.add(0 if over else None if None in told else 1)
        verdict = found.pop() if len(found) == 1 else None
        return verdict if verdict == 0 or not self.touched(first, LAST) else None

    def measured(self, first: date, last: date, peak: bool) -> Fraction | None:
        found = set()
        for told in self.days(first, last):
            known = [one for one in told if one is not None]
            found.add(None if len(known) < len(told) else max(one[1] for one in known) if peak else sum((one[0] for one in known), 0))
        value = found.pop() if len(found) == 1 and not self.touched(first, last) else None
        return None if value is None else Fraction(value, 10**6)


def verdict(score: Score) -> int | None:
    return None if score.value is None else int(score.value)


def judged(kind: str, found: History) -> int | None:
    if kind == "steroid":
        return verdict(windows.at_most(found, INDEX))
    return verdict(windows.steady(found, INDEX) if kind == "mmf" else windows.stable(found, INDEX))


def agree(seed: int, many: int) -> dict[tuple[str, int | None], int]:
    """How often each verdict came; stops at the first history about which the two implementations differ."""
    tally: dict[tuple[str, int | None], int] = {}
    for kind, rows, complete in histories(seed, many):
        found, second = history(rows, DRUGS[kind][0], complete), Second(kind, rows, complete)
        own = judged(kind, found)
        other = {"mmf": second.steady, "cyc": second.stable, "steroid": second.at_most}[kind]()
        assert own == other, (rows, complete)
        if kind == "steroid":
            assert verdict(windows.at_most(found, INDEX, constant=True)) == second.constant(), (rows, complete)
        assert windows.total(found, FIRST, LAST).value == second.measured(FIRST, LAST, peak=False), (rows, complete)
        assert windows.highest(found, FIRST, LAST).value == second.measured(FIRST, LAST, peak=True), (rows, complete)
        tally[kind, own] = tally.get((kind, own), 0) + 1
    return tally


def test_a_second_implementation_agrees_on_random_histories() -> None:
    tally = agree(1, 250)
    assert min(tally.get((kind, answer), 0) for kind, answer in product(DRUGS, (0, 1, None))) > 5


@pytest.mark.nightly
def test_a_second_implementation_agrees_on_100_000_random_histories() -> None:
    agree(2, 100_000)


def in_columns(kind: str, logs: list[tuple[list[LogRow], bool]]) -> tuple[columns.DoseRows, np.ndarray, np.ndarray]:
    """The rows of many people as columns, joined with the table of factors as the docstring tells."""
    family: Family = DRUGS[kind][0]
    table = {(one.drug, one.unit, one.frequency, one.route): one for one in columns.factors(family)}
    told = []
    for person, (rows, _) in enumerate(logs):
        for row in rows:
            if row.route in family.local:
                continue
            factor = table.get((row.drug, str(row.unit), str(row.frequency), row.route if family.systemic else None))
            mg = float("nan") if factor is None or row.dose is None else float(row.dose) * factor.mg
            spans = [Second._days(row.start) or (None, None), Second._days(row.end) or (None, None)]
            days = [np.datetime64("NaT", "D") if day is None else np.datetime64(date.fromordinal(day)) for pair in spans for day in pair]
            told.append((person, *days, mg, bool(row.ongoing), factor.every if factor else STEADY, factor.agent if factor else 0))
    whole = list(zip(*told, strict=True))
    low, high, least, most = (np.array(column, "datetime64[D]") for column in whole[1:5])
    who, ongoing, every, agent = (np.array(whole[place]) for place in (0, 6, 7, 8))
    amounts = np.array(whole[5], float)
    found = columns.dose_rows(
        who, low, least, amounts, start_latest=high, end_latest=most, ongoing=ongoing, every=every, agent=agent
    )
    return found, np.full(len(logs), np.datetime64(INDEX)), np.array([complete for _, complete in logs])


def compare(seed: int, many: int) -> None:
    logs: dict[str, list[tuple[list[LogRow], bool]]] = {kind: [] for kind in DRUGS}
    for kind, rows, complete in histories(seed, many):
        logs[kind].append((rows, complete))
    for kind, people in logs.items():
        told = in_columns(kind, people)
        rule = {"mmf": columns.mmf_stable, "cyc": columns.cyc_stable}.get(kind)
        found = (rule(*told) if rule else columns.steroid_low(*told)).tolist()
        for (rows, complete), own in zip(people, found, strict=True):
            single = judged(kind, history(rows, DRUGS[kind][0], complete))
            assert own == (columns.UNKNOWN if single is None else single), (rows, complete)
    same = columns.steroid_low(*in_columns("steroid", logs["steroid"]), constant=True).tolist()
    for (rows, complete), own in zip(logs["steroid"], same, strict=True):
        single = verdict(windows.at_most(history(rows, STEROIDS, complete), INDEX, constant=True))
        assert own == (columns.UNKNOWN if single is None else single), (rows, complete)


def test_columns_give_what_single_people_give() -> None:
    compare(3, 800)


@pytest.mark.nightly
def test_columns_give_what_100_000_single_people_give() -> None:
    compare(4, 100_000)


def answers(kind: str, rows: list[LogRow], complete: bool) -> tuple[object, ...]:
    """All that is asked of a history, but for the names of rows in reasons."""
    found = history(rows, DRUGS[kind][0], complete)
    numbers = [windows.total(found, FIRST, LAST).value, windows.highest(found, FIRST, LAST).value, windows.cumulative(found, LAST).value]
    return judged(kind, found), numbers, windows.breaks(found, FIRST, LAST)


def test_the_order_of_the_rows_does_not_matter() -> None:
    dice = random.Random(5)
    for kind, rows, complete in histories(6, 80):
        assert answers(kind, rows, complete) == answers(kind, dice.sample(rows, len(rows)), complete)


def test_splitting_a_row_in_two_changes_nothing() -> None:
    """A row of exact days, cut on any day: two rows of the same dose are the same history."""
    dice, split = random.Random(7), 0
    for kind, rows, complete in histories(8, 300):
        for row in rows:
            lone = history([row], DRUGS[kind][0], complete)
            exact = len(str(row.start)) == 10 and (row.ongoing or len(str(row.end)) == 10)
            if not exact or lone.gaps or not lone.dosings or lone.dosings[0].pulse is not None:
                continue
            begin = date.fromisoformat(str(row.start))
            end = INDEX if row.ongoing else date.fromisoformat(str(row.end))
            if end <= begin:
                continue
            cut = begin + timedelta(days=dice.randrange((end - begin).days))
            halves = [evolve(row, end=cut.isoformat(), ongoing=False), evolve(row, name="second half", start=(cut + timedelta(days=1)).isoformat())]
            assert answers(kind, [row], complete) == answers(kind, halves, complete), (row, cut)
            split += 1
    assert split > 50


def test_a_row_that_cannot_be_counted_never_decides() -> None:
    """Adding one leaves a verdict as it was or opens it; it never turns open into met or not met, nor one into the other."""
    dice = random.Random(9)
    for kind, rows, complete in histories(10, 150):
        before = judged(kind, history(rows, DRUGS[kind][0], complete))
        lacking = evolve(_row(dice, kind, "lacking"), dose=None)
        after = judged(kind, history([*rows, lacking], DRUGS[kind][0], complete))
        assert after in (None, before)


def test_a_complete_log_never_contradicts_the_same_log_left_incomplete() -> None:
    for kind, rows, _ in histories(11, 150):
        family = DRUGS[kind][0]
        assert judged(kind, history(rows, family, complete=False)) in (None, judged(kind, history(rows, family, complete=True)))


def test_an_open_row_is_named_with_what_lacks() -> None:
    row = LogRow(name="row 3", drug="PREDNISONE", dose=Decimal(5), unit=None, frequency="PRN", route="ORAL", start="2024-08", end=None, ongoing=True)
    score = windows.at_most(history([row], STEROIDS, complete=True), INDEX)
    assert (score.value, score.reasons) == (None, ("row 3, PREDNISONE: unit unknown", "row 3, PREDNISONE: how often unknown"))
    assert windows.at_most(history([evolve(row, ongoing=False, end="2024-08-01", start="2024-05")], STEROIDS, complete=True), INDEX).value is None
    assert windows.at_most(history([evolve(row, ongoing=False, end="2024-07-31", start="2024-05")], STEROIDS, complete=True), INDEX).value == 1


def steroid(dose: str, often: str, start: str, end: str | None = None, **changes: Any) -> LogRow:
    row = LogRow(name="row", drug="PREDNISONE", dose=Decimal(dose), unit="mg", frequency=often, route="ORAL", start=start, end=end, ongoing=end is None)
    return evolve(row, **changes)


def test_alternate_days_count_by_their_mean_or_by_the_day_of_intake() -> None:
    found = history([steroid("20", "QOD", "2024-01-05")], STEROIDS, complete=True)
    assert windows.at_most(found, INDEX).value == 1
    assert windows.at_most(found, INDEX, at_peak=True).value == 0
    assert windows.highest(found, FIRST, LAST).value == 20
    assert windows.total(found, date(2024, 3, 1), date(2024, 3, 10)).value == 100


@pytest.mark.parametrize(("rows", "answer"), [
    ([steroid("20", "QD", "2024-01-05", "2024-08-01"), steroid("10", "QD", "2024-08-01")], 1),
    ([steroid("8", "QD", "2024-01-05"), steroid("5", "QD", "2024-08-10")], None),
    ([steroid("4", "QD", "2024-01-05"), steroid("5", "QD", "2024-08-10")], 1),
    ([steroid("8", "QD", "2024-01-05"), steroid("12", "QD", "2024-08-10")], 0),
    ([steroid("8", "QD", "2024-01-05"), steroid("8", "QD", "2024-01-05", name="again")], 1),
    ([steroid("8", "QD", "2024-01-05"), steroid("2", "QD", "2024-08-10", drug="METHYLPREDNISOLONE")], 0),
    ([steroid("5000", "QD", "2024-01-05", unit="mcg")], 1),
    ([steroid("20", "QD", "2024-01", "2024-03"), steroid("5", "QD", "2024-03")], 1),
], ids=["hands over on the day", "adds up or replaces", "low either way", "high either way", "written twice", "another drug adds", "micrograms",
        "months that meet"])  # fmt: skip
def test_overlapping_rows(rows: list[LogRow], answer: int | None) -> None:
    assert verdict(windows.at_most(history(rows, STEROIDS, complete=True), INDEX)) == answer


def test_a_row_of_which_both_days_are_partial_may_cover_the_window() -> None:
    """Begun in March, ended in September, window from 15 March to 14 September: both edges may lie on either side."""
    row = steroid("1", "BID", "2024-03", "2024-09", drug="MYCOPHENOLATE MOFETIL", unit="g")
    assert windows.steady(history([row], MYCOPHENOLATE, complete=True), date(2024, 9, 15)).value is None


def test_pulses_by_infusion_and_by_month() -> None:
    row = LogRow(name="row", drug="CYCLOPHOSPHAMIDE", dose=Decimal(800), unit="mg", frequency="EVERY 4 WEEKS", route="INTRAVENOUS",
                 start="2024-01-10", end=None, ongoing=True)  # fmt: skip
    found = history([row, evolve(row, name="monthly", frequency="QM", dose=Decimal("0.6"), unit="g")], CYCLOPHOSPHAMIDE, complete=True)
    assert sorted(one.monthly or 0 for one in found.dosings) == [600, Decimal("869.642857")]
    alone = history([row], CYCLOPHOSPHAMIDE, complete=True)
    assert windows.total(alone, date(2024, 1, 1), date(2024, 3, 31)).value == 3 * 800
    assert windows.cumulative(alone, date(2024, 2, 6)).value == 800
    assert windows.highest(alone, FIRST, LAST).value == 800


def test_days_without_a_row_are_certain_or_hang_on_a_partial_date() -> None:
    rows = [steroid("5", "QD", "2024-03", "2024-05-31"), steroid("5", "QD", "2024-06-11")]
    found = windows.breaks(history(rows, STEROIDS, complete=True), date(2024, 3, 1), date(2024, 7, 1))
    assert [(one.first, one.last, one.certain) for one in found] == [
        (date(2024, 3, 1), date(2024, 3, 30), False), (date(2024, 6, 1), date(2024, 6, 10), True),
    ]  # fmt: skip


@pytest.mark.parametrize(("rows", "answer"), [
    ([steroid("10", "QD", "2024-01-05")], 1),
    ([steroid("10", "QD", "2024-01-05", "2024-08-10"), steroid("7.5", "QD", "2024-08-11")], 0),
    ([steroid("10", "QD", "2024-01-05", "2024-07-31"), steroid("7.5", "QD", "2024-08-01")], 1),
    ([steroid("12", "QD", "2024-01-05")], 0),
    ([], 1),
    ([steroid("10", "QD", "2024-01-05", "2024-08-10"), steroid("7.5", "QD", "2024-08-11", frequency="PRN")], None),
], ids=["one dose", "lowered within", "lowered before", "too high", "none", "then as needed"])  # fmt: skip
def test_the_stricter_steroid_rule_also_wants_one_dose(rows: list[LogRow], answer: int | None) -> None:
    assert verdict(windows.at_most(history(rows, STEROIDS, complete=True), INDEX, constant=True)) == answer


def mmf(start: str, end: str | None = None, dose: str = "1", **changes: Any) -> LogRow:
    return steroid(dose, "BID", start, end, **({"drug": "MYCOPHENOLATE MOFETIL", "unit": "g"} | changes))


def cyc(dose: str, often: str, start: str, end: str | None = None) -> LogRow:
    return steroid(dose, often, start, end, drug="CYCLOPHOSPHAMIDE", route="INTRAVENOUS")


EDGES: dict[str, tuple[str, list[LogRow], bool, int | None]] = {
    "held for 14 days": ("mmf", [mmf("2023-01-01", "2024-05-09"), mmf("2024-05-24")], True, None),
    "held for 15 days": ("mmf", [mmf("2023-01-01", "2024-05-09"), mmf("2024-05-25")], True, 0),
    "not a day held": ("mmf", [mmf("2023-01-01", "2024-05-09"), mmf("2024-05-10")], False, 1),
    "until May, from May": ("mmf", [mmf("2023", "2024-05"), mmf("2024-05")], True, 1),
    "until some day of the year, from May": ("mmf", [mmf("2023", "2024"), mmf("2024-05")], True, None),
    "from the first day of the window": ("mmf", [mmf("2024-02-29")], False, 1),
    "from the second day": ("mmf", [mmf("2024-03-01")], True, 0),
    "from the second day, log not complete": ("mmf", [mmf("2024-03-01")], False, None),
    "until the day before the window": ("mmf", [mmf("2023-01-01", "2024-02-28")], True, 1),
    "until the last day": ("mmf", [mmf("2023-01-01", "2024-08-30")], True, 1),
    "until the last day but one": ("mmf", [mmf("2023-01-01", "2024-08-29")], True, 0),
    "the other salt overlaps": ("mmf", [mmf("2023-01-01"), mmf("2024-05-10", drug="MYCOPHENOLATE SODIUM", dose="0.72")], True, None),
    "monthly on the 31st": ("cyc", [cyc("800", "QM", "2023-12-31")], True, 1),
    "two pulses": ("cyc", [cyc("800", "QM", "2024-07-05")], True, None),
    "pulses of 10 % less": ("cyc", [cyc("800", "EVERY 4 WEEKS", "2024-01-10", "2024-05-30"), cyc("720", "EVERY 4 WEEKS", "2024-06-26")], True, 1),
    "pulses of 11 % less": ("cyc", [cyc("800", "EVERY 4 WEEKS", "2024-01-10", "2024-05-30"), cyc("712", "EVERY 4 WEEKS", "2024-06-26")], True, 0),
    "a pulse 7 days late": ("cyc", [cyc("800", "EVERY 4 WEEKS", "2024-01-10", "2024-05-29"), cyc("800", "EVERY 4 WEEKS", "2024-07-03")], True, 1),
    "a pulse 8 days late": ("cyc", [cyc("800", "EVERY 4 WEEKS", "2024-01-10", "2024-05-29"), cyc("800", "EVERY 4 WEEKS", "2024-07-04")], True, 0),
    "10 mg": ("steroid", [steroid("10", "QD", "2024-08-01")], False, 1),
    "a microgram more": ("steroid", [steroid("10.001", "QD", "2024-08-01")], False, 0),
    "from the second of 30 days": ("steroid", [steroid("10", "QD", "2024-08-02")], False, None),
    "high until 31 days before": ("steroid", [steroid("20", "QD", "2024-01-05", "2024-07-31")], True, 1),
    "high until 30 days before": ("steroid", [steroid("20", "QD", "2024-01-05", "2024-08-01")], True, 0),
    "high some time in August": ("steroid", [steroid("20", "QD", "2024-08", "2024-08")], True, None),
    "an infusion on the index day": ("steroid", [steroid("500", "ONCE", "2024-08-31", "2024-08-31", route="INTRAVENOUS")], True, 1),
    "an infusion the day before": ("steroid", [steroid("500", "ONCE", "2024-08-30", "2024-08-30", route="INTRAVENOUS")], True, 0),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "rows", "complete", "answer"), EDGES.values(), ids=EDGES)
def test_at_the_edges_all_three_ways_agree(kind: str, rows: list[LogRow], complete: bool, answer: int | None) -> None:
    """By hand from the rules, for one person, day by day, and in columns."""
    second = Second(kind, rows, complete)
    told = in_columns(kind, [(rows, complete)])
    rule = {"mmf": columns.mmf_stable, "cyc": columns.cyc_stable}.get(kind)
    found = int((rule(*told) if rule else columns.steroid_low(*told))[0])
    assert judged(kind, history(rows, DRUGS[kind][0], complete)) == answer
    assert {"mmf": second.steady, "cyc": second.stable, "steroid": second.at_most}[kind]() == answer
    assert found == (columns.UNKNOWN if answer is None else answer)
