"""Every number of the primary table, computed again from what the evaluator wrote, with nothing of the product but the record."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations, pairwise

import numpy as np
import pytest
from scipy import stats

from trialwright.protocol import Text
from trialwright.record import Casebook, Subject
from trialwright.report.table import Table
from trialwright.report.writing import Composed

PAIRED = [f"{place}_{side}" for place in ("UARM", "FARM", "HAND", "FING", "THI", "LEG", "FOOT") for side in "RL"]
SITES = ["FACE", "CHEST", "ABD", *PAIRED]
HEADINGS = {
    "Skin score (mRSS, 0 to 51), baseline": "baseline",
    "Skin score (mRSS, 0 to 51), week 24": "week 24",
    "Change from baseline to week 24": "change",
    "Analysis of covariance (primary analysis)": "ancova",
    "Exact permutation test (sensitivity analysis)": "permutation",
    "Hodges-Lehmann difference (sensitivity analysis)": "shift",
}


def total(subject: Subject, visit: str) -> float | None:
    """The sum of the 17 sites as they stand; None when one is missing."""
    cells = subject.page(visit, "MRSS").cells
    values = [cells[site].value if site in cells else None for site in SITES]
    return None if None in values else float(sum(int(str(value)) for value in values))


Numbers = dict[str, list[tuple[float, float | None]]]


def observed(rehearsed: Casebook) -> list[tuple[Subject, float, float | None]]:
    """(patient, baseline, week 24) of everybody enrolled with a baseline and at least one later score."""
    found = []
    for subject in rehearsed.subjects:
        baseline = total(subject, "BASELINE")
        later = [total(subject, f"W{week}") for week in (4, 8, 12, 16, 20, 24, 36, 48)]
        if subject.arm and baseline is not None and any(value is not None for value in later):
            found.append((subject, baseline, total(subject, "W24")))
    return found


@pytest.fixture(scope="module")
def raw(rehearsed: Casebook) -> Numbers:
    """(baseline, week 24) as observed, by arm."""
    arms: Numbers = {"T": [], "C": []}
    for subject, baseline, later in observed(rehearsed):
        arms[str(subject.arm)].append((baseline, later))
    return arms


def rescued(subject: Subject) -> bool:
    """Whether steroids rose above 10 mg of prednisone a day between the index date and the visit of week 24.

    The virtual physicians know no other rescue than prednisone, taken once a day, on top of what was taken before.
    """
    cells = subject.page("W24", "MRSS").cells
    last = cells["MRSSDAT"].value if "MRSSDAT" in cells else None
    start, end = str(subject.index_date), str(last or "9999")
    doses = [page.cells for place, page in subject.pages.items() if place[1] == "MEDICATIONS" and page.cells["CMTRT"].value == "PREDNISONE"]
    told = [(str(one["CMSTDAT"].value), float(str(one["CMDOSE"].value))) for one in doses]
    return any(start < day <= end and dose + sum(other for before, other in told if before < day) > 10 for day, dose in told)


@pytest.fixture(scope="module")
def counted(rehearsed: Casebook) -> Numbers:
    """The same as the primary analysis counts it: a rescued patient worsened by 5, or as much as he did if that is more."""
    arms: Numbers = {"T": [], "C": []}
    for subject, baseline, later in observed(rehearsed):
        failed = baseline + max(5.0, -99.0 if later is None else later - baseline)
        arms[str(subject.arm)].append((baseline, failed if rescued(subject) else later))
    return arms


def test_somebody_was_rescued(raw: Numbers, counted: Numbers) -> None:
    """The rehearsed trial has a rescued patient, so that the tests below tell the two apart."""
    assert counted != raw


def written(value: float, places: int = 1) -> str:
    text = str(Decimal(repr(float(value))).quantize(Decimal(10) ** -places, ROUND_HALF_UP))
    return text.lstrip("-") if not float(text) else text.replace("-", "−")


def lines(table: Table) -> dict[tuple[str, str], list[str]]:
    """The cells of a table by heading and line."""
    found, heading = {}, ""
    for row in table.rows:
        if row.cells:
            found[(HEADINGS[heading], row.label.en)] = [cell.text.en for cell in row.cells]
        else:
            heading = row.label.en
    return found


@pytest.fixture(scope="module")
def shown(opened: Composed) -> dict[tuple[str, str], list[str]]:
    return lines(opened.document.table("14.2.1"))


def groups(raw: Numbers) -> Iterable[list[tuple[float, float | None]]]:
    return (raw["T"], raw["C"], [*raw["T"], *raw["C"]])


def changes(pairs: list[tuple[float, float | None]]) -> np.ndarray:
    return np.array([later - base for base, later in pairs if later is not None])


@pytest.mark.golden
def test_descriptions(raw: Numbers, shown: dict[tuple[str, str], list[str]]) -> None:
    """Number, mean, standard deviation, median and range of baseline, week 24 and change are those of the evaluator's grades."""
    for place, pairs in enumerate(groups(raw)):
        parts = {"baseline": np.array([base for base, _ in pairs]), "week 24": np.array([later for _, later in pairs if later is not None]),
                 "change": changes(pairs)}  # fmt: skip
        for name, values in parts.items():
            assert shown[(name, "n")][place] == str(values.size)
            assert shown[(name, "mean (SD)")][place] == f"{written(values.mean())} ({written(values.std(ddof=1), 2)})"
        change = parts["change"]
        middle = f"{written(float(np.median(change)))} ({written(change.min(), 0)} to {written(change.max(), 0)})"
        assert shown[("change", "median (smallest to largest)")][place] == middle


@pytest.mark.req("LCK-06")
@pytest.mark.golden
def test_covariance_analysis(counted: Numbers, shown: dict[tuple[str, str], list[str]]) -> None:
    """Adjusted means, difference, interval and p follow from the normal equations and Student's t."""
    complete = {arm: [(base, later) for base, later in pairs if later is not None] for arm, pairs in counted.items()}
    base = np.array([b for arm in "TC" for b, _ in complete[arm]])
    change = np.array([later - b for arm in "TC" for b, later in complete[arm]])
    treated = np.array([float(arm == "T") for arm in "TC" for _ in complete[arm]])
    design = np.column_stack([np.ones(base.size), treated, base])
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ change
    df = base.size - 3
    variance = ((change - design @ beta) ** 2).sum() / df

    def estimate(weights: list[float]) -> tuple[str, float]:
        row = np.array(weights)
        value, error = float(row @ beta), float(np.sqrt(variance * row @ inverse @ row))
        half = stats.t.ppf(0.975, df) * error
        return f"{written(value)} ({written(value - half)} to {written(value + half)})", float(2 * stats.t.sf(abs(value / error), df))

    mean = base.mean()
    cells = shown[("ancova", "adjusted mean change (95 % CI)")]
    assert cells[:2] == [estimate([1, 1, mean])[0], estimate([1, 0, mean])[0]]
    difference, p = estimate([0, 1, 0])
    assert shown[("ancova", "adjusted difference (95 % CI)")][-1] == difference
    assert shown[("ancova", "p, two-sided")][-1] == (f"{p:.3f}" if p >= 0.001 else "<0.001")


def splits(values: np.ndarray, k: int) -> np.ndarray:
    """The sum of the first group in every way to choose it."""
    chosen = np.array(list(combinations(range(values.size), k)))
    return values[chosen].sum(axis=1)


@pytest.mark.req("LCK-06")
@pytest.mark.golden
def test_exact_permutation(counted: Numbers, shown: dict[tuple[str, str], list[str]]) -> None:
    """The exact p-value is the share of all divisions of these patients that differ at least as much."""
    first, second = changes(counted["T"]), changes(counted["C"])
    pooled = np.concatenate([first, second])
    away = np.abs(splits(pooled, first.size) - first.size * pooled.mean())
    p = float((away >= abs(first.sum() - first.size * pooled.mean()) - 1e-9).mean())
    assert shown[("permutation", "difference of mean changes")][-1] == written(first.mean() - second.mean())
    assert shown[("permutation", "exact p, two-sided")][-1] == (f"{p:.3f}" if p >= 0.001 else "<0.001")


@pytest.mark.golden
def test_median_shift(counted: Numbers, shown: dict[tuple[str, str], list[str]]) -> None:
    """The Hodges-Lehmann interval holds every shift that neither one-sided exact rank test rejects at 2.5 %."""
    first, second = changes(counted["T"]), changes(counted["C"])
    pairs = np.subtract.outer(first, second).ravel()
    distinct = np.unique(pairs)
    between = (distinct[:-1] + distinct[1:]) / 2
    kept: list[tuple[float, float]] = []
    spans = list(pairwise(distinct))
    for shift, span in [*((value, (value, value)) for value in distinct), *zip(between, spans, strict=True)]:
        ranks = stats.rankdata(np.concatenate([first - shift, second]))
        sums, observed = splits(ranks, first.size), ranks[: first.size].sum()
        if min((sums >= observed - 1e-9).mean(), (sums <= observed + 1e-9).mean()) > 0.025:
            kept.append(span)
    low, high = min(span[0] for span in kept), max(span[1] for span in kept)
    expected = f"{written(float(np.median(pairs)))} ({written(low)} to {written(high)})"
    assert shown[("shift", "median difference (exact 95 % CI)")][-1] == expected


def test_every_number_is_checked(opened: Composed) -> None:
    """The tests above leave out no line of the table that has a number."""
    table = opened.document.table("14.2.1")
    checked = {"n", "mean (SD)", "median (smallest to largest)", "adjusted mean change (95 % CI)", "adjusted difference (95 % CI)", "p, two-sided",
               "difference of mean changes", "exact p, two-sided", "median difference (exact 95 % CI)"}  # fmt: skip
    assert {row.label.en for row in table.rows if row.cells} == checked
    assert {row.label.en for row in table.rows if not row.cells} == set(HEADINGS)
    assert table.columns[-1].title == Text("difference: telitacicept minus conventional treatment", "差值：泰它西普组减常规治疗组")
