"""Risk differences, unconditional exact tests, incidence rates and survival against R, ratesci and published examples."""

import csv
import json
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialwright.statistics import (
    StatisticsError,
    barnard,
    boschloo,
    exact_difference,
    exact_log_rank_test,
    fisher_exact,
    incidence_rate,
    kaplan_meier,
    log_rank_test,
    miettinen_nurminen,
    newcombe,
    rate_ratio,
)
from trialwright.statistics.exact_difference import larger_tail, score_table
from trialwright.statistics.risk_difference import constrained_proportion, score
from trialwright.statistics.survival import log_rank_scores

pytestmark = pytest.mark.golden

WITNESS = Path(__file__).parent / "witness"
DIFFERENCES = json.loads((WITNESS / "risk_difference" / "proportion_difference.json").read_text())
PUBLISHED = json.loads((WITNESS / "risk_difference" / "proportion_published.json").read_text())
BRUTE = json.loads((WITNESS / "risk_difference" / "exact.json").read_text())
UNCONDITIONAL = json.loads((WITNESS / "unconditional" / "exact_2x2_published.json").read_text())
RATES = json.loads((WITNESS / "incidence" / "incidence_rates.json").read_text())
SURVIVAL = json.loads((WITNESS / "survival" / "survival.json").read_text())
THREE = json.loads((WITNESS / "survival" / "three_groups.json").read_text())

# ---------------------------------------------------------------------------------------------------- risk differences


@pytest.mark.parametrize("r", DIFFERENCES, ids=lambda r: f"{r['x1']}/{r['n1']} {r['x2']}/{r['n2']}")
def test_intervals_of_risk_differences_agree_with_ratesci(r: dict[str, Any]) -> None:
    table = (r["x1"], r["n1"], r["x2"], r["n2"])
    for found, key in (
        (miettinen_nurminen(*table), "MN_RD"),
        (miettinen_nurminen(*table, corrected=False), "Mee_RD"),
        (newcombe(*table), "Newcombe_RD"),
    ):
        assert found.estimate == pytest.approx(r["x1"] / r["n1"] - r["x2"] / r["n2"])
        assert (found.lower, found.upper) == pytest.approx(tuple(r[key]), abs=1e-8)


def test_published_intervals_of_risk_differences() -> None:
    (shown,) = PUBLISHED["newcombe1998_RD"]
    found = {
        "MN": miettinen_nurminen(*shown["x"]),
        "Mee": miettinen_nurminen(*shown["x"], corrected=False),
        "Newcombe_Wilson": newcombe(*shown["x"]),
    }
    for key, interval in found.items():
        assert (interval.lower, interval.upper) == pytest.approx(tuple(shown[key]), abs=5.1e-5)
    (gart,) = PUBLISHED["gart_nam1990_RD"]
    interval = miettinen_nurminen(*gart["x"], corrected=False)
    assert (interval.lower, interval.upper) == pytest.approx(tuple(gart["score"]), abs=5.1e-4)
    estimate, lower, upper = PUBLISHED["tern_snapshots"]["newcombe_90_3of4_vs_1of2"]
    tern = newcombe(3, 4, 1, 2, confidence=0.9)
    assert (tern.estimate, tern.lower, tern.upper) == pytest.approx((estimate, lower, upper), abs=1e-7)


def test_the_trap_of_the_wrong_cubic() -> None:
    """A much used program prints 0.0526 to 0.3440 here; published are 0.0528 to 0.3382."""
    found = miettinen_nurminen(56, 70, 48, 80)
    assert (round(found.lower, 4), round(found.upper, 4)) == (0.0528, 0.3382)


def test_the_constrained_proportion_is_that_of_tern_and_maximizes_the_likelihood() -> None:
    shown = PUBLISHED["tern_snapshots"]["mn_constrained_mle"]
    second = constrained_proportion(shown["x2"], shown["n2"], shown["x1"], shown["n1"], delta=shown["diff_par"])
    assert (second, second + 0.1) == pytest.approx((shown["p1"], shown["p2"]), abs=1e-9)
    for x_1, x_2, delta in ((3, 9, -0.4), (0, 4, -0.2), (10, 1, 0.7), (5, 5, 0.0)):
        grid = np.linspace(max(0.0, -delta), min(1.0, 1 - delta), 200_001)[1:-1]
        first = grid + delta
        log = x_1 * np.log(first) + (10 - x_1) * np.log(1 - first) + x_2 * np.log(grid) + (12 - x_2) * np.log(1 - grid)
        assert constrained_proportion(x_1, 10, x_2, 12, delta=delta) == pytest.approx(grid[log.argmax()], abs=1e-5)


@pytest.mark.parametrize("table", [(3, 10, 1, 10), (0, 7, 5, 9), (10, 10, 4, 11), (0, 5, 0, 6)])
def test_exchanging_the_groups_turns_the_interval(table: tuple[int, int, int, int]) -> None:
    x_1, n_1, x_2, n_2 = table
    for method in (miettinen_nurminen, newcombe, exact_difference):
        one, other = method(x_1, n_1, x_2, n_2), method(x_2, n_2, x_1, n_1)
        assert (one.lower, one.upper) == pytest.approx((-other.upper, -other.lower), abs=1e-8)


@pytest.mark.parametrize(
    ("table", "lower", "upper"), [((9, 11, 4, 12), 0.0616, 0.7968), ((24, 61, 10, 35), -0.0992, 0.2949)]
)
def test_exact_intervals_are_those_of_sas(table: tuple[int, int, int, int], lower: float, upper: float) -> None:
    found = exact_difference(*table)
    assert (found.lower, found.upper) == pytest.approx((lower, upper), abs=5.1e-5)


@pytest.mark.parametrize("shown", BRUTE["intervals"], ids=lambda shown: str(shown["table"]))
def test_exact_intervals_are_those_of_brute_force_in_r(shown: dict[str, Any]) -> None:
    found = exact_difference(*shown["table"], confidence=shown["confidence"])
    assert (found.lower, found.upper) == pytest.approx((shown["lower"], shown["upper"]), abs=1e-7)


def test_the_exact_interval_is_whole_where_everything_is_possible_and_agrees_with_the_exact_test() -> None:
    assert (exact_difference(0, 1, 1, 1).lower, exact_difference(1, 1, 0, 1).upper) == (-1.0, 1.0)
    for x, y in ((7, 2), (8, 2), (6, 3)):
        found = exact_difference(x, 10, y, 10)
        assert (found.lower > 0.0) == (larger_tail(x, 10, y, 10, delta=0.0) <= 0.025)
    table = score_table(6, 9, delta=0.15)
    for x in range(7):
        for y in range(10):
            assert table[x, y] == pytest.approx(score(x, 6, y, 9, delta=0.15), rel=1e-10)


def test_the_limits_are_where_the_score_test_just_rejects() -> None:
    found = miettinen_nurminen(8, 10, 2, 10, corrected=False)
    for limit in (found.lower, found.upper):
        assert abs(score(8, 10, 2, 10, delta=limit)) == pytest.approx(1.959963985, abs=1e-6)


# ------------------------------------------------------------------------------------------------- unconditional tests


def turned(table: list[list[int]]) -> list[list[int]]:
    """The witness has the groups in the columns."""
    return [list(row) for row in zip(*table, strict=True)]


@pytest.mark.parametrize(("table", "statistic", "p"), UNCONDITIONAL["barnard_pooled_two_sided"])
def test_barnard_agrees_with_r(table: list[list[int]], statistic: float, p: float) -> None:
    found = barnard(turned(table))
    assert found.statistic == pytest.approx(statistic, abs=1e-9)
    assert found.p == pytest.approx(p, abs=1e-7)


@pytest.mark.parametrize("side", ["less", "greater"])
def test_boschloo_agrees_with_r(side: str) -> None:
    for table, statistic, p in UNCONDITIONAL[f"boschloo_{side}"]:
        found = boschloo(turned(table), alternative=side)  # type: ignore[arg-type]
        assert found.statistic == pytest.approx(statistic, abs=1e-7)
        assert found.p == pytest.approx(p, abs=1e-7)


def test_rows_are_the_groups() -> None:
    """The trap: read by columns this table has other group sizes and another p."""
    shown = UNCONDITIONAL["fixed_rows_10v10_7_vs_2"]
    table = [[7, 3], [2, 8]]
    assert boschloo(table, alternative="greater").p == pytest.approx(shown["boschloo_greater"], abs=1e-7)
    assert boschloo(table).p == pytest.approx(shown["boschloo_two_sided"], abs=1e-7)
    assert barnard(table).p == pytest.approx(shown["barnard_two_sided"], abs=1e-7)
    assert boschloo(table, alternative="greater").statistic == pytest.approx(shown["fisher_greater"], abs=1e-12)
    assert boschloo(turned(table), alternative="greater").p != pytest.approx(shown["boschloo_greater"], abs=1e-4)


def test_the_size_of_boschloo_is_kept_for_every_common_proportion_and_its_power_is_fishers_or_more() -> None:
    n = 8
    tables = [[[x, n - x], [y, n - y]] for x in range(n + 1) for y in range(n + 1)]
    p = {(table[0][0], table[1][0]): boschloo(table).p for table in tables}
    for (x, y), value in p.items():
        assert value <= min(1.0, fisher_exact([[x, n - x], [y, n - y]])) + 1e-9
    choose = np.array(
        [float(np.prod(np.arange(n - k + 1, n + 1)) / np.prod(np.arange(1, k + 1))) for k in range(n + 1)]
    )
    for common in np.linspace(0.02, 0.98, 25):
        point = choose * common ** np.arange(n + 1) * (1 - common) ** (n - np.arange(n + 1))
        assert sum(point[x] * point[y] for (x, y), value in p.items() if value <= 0.05) <= 0.05 + 1e-9


# --------------------------------------------------------------------------------------------------------------- rates


@pytest.mark.parametrize("r", RATES["single"], ids=lambda r: f"{r['events']} in {r['time']}")
def test_incidence_rates_agree_with_r(r: dict[str, Any]) -> None:
    found = incidence_rate(r["events"], r["time"])
    assert found.estimate == pytest.approx(r["rate"])
    assert (found.lower, found.upper) == pytest.approx(tuple(r["exact"]), rel=1e-9)


@pytest.mark.parametrize("r", RATES["ratio"], ids=lambda r: f"{r['x1']} {r['x2']}")
def test_rate_ratios_agree_with_r(r: dict[str, Any]) -> None:
    found = rate_ratio(r["x1"], r["t1"], r["x2"], r["t2"])
    assert found.estimate == pytest.approx(r["ratio"])
    assert (found.lower, found.upper) == pytest.approx(tuple(r["ci"]), rel=1e-9)
    assert found.p == pytest.approx(r["p"], rel=1e-9)


def test_no_events_give_no_ratio_and_one_sided_events_an_open_one() -> None:
    none = rate_ratio(0, 5.0, 0, 7.0)
    assert (none.estimate, none.lower, none.upper, none.p) == (None, 0.0, inf, 1.0)
    one_sided = rate_ratio(4, 5.0, 0, 7.0)
    assert (one_sided.estimate, one_sided.upper) == (inf, inf)
    assert one_sided.lower > 0


# ------------------------------------------------------------------------------------------------------------ survival


def read(file: str, group: str) -> tuple[list[float], list[float], list[str]]:
    with (WITNESS / "survival" / file).open() as lines:
        rows = list(csv.DictReader(lines))
    coded = [float(row["status"]) for row in rows]
    return (
        [float(row["time"]) for row in rows],
        [c - 1 for c in coded] if max(coded) == 2 else coded,
        [row[group] for row in rows],
    )


AML, LUNG = read("aml.csv", "x"), read("lung_time_status_sex.csv", "sex")


def curve_of(data: tuple[list[float], list[float], list[str]], group: str, scale: str) -> Any:
    chosen = [i for i, label in enumerate(data[2]) if label == group]
    return kaplan_meier([data[0][i] for i in chosen], [data[1][i] for i in chosen], scale=scale)  # type: ignore[arg-type]


@pytest.mark.parametrize("scale", ["log", "log-log", "plain"])
@pytest.mark.parametrize("group", ["Maintained", "Nonmaintained"])
def test_kaplan_meier_agrees_with_r(group: str, scale: str) -> None:
    r = SURVIVAL[f"aml_{scale.replace('-', '')}"]
    curve = curve_of(AML, group, scale)
    rows = [i for i, stratum in enumerate(r["strata"]) if stratum == f"x={group}"]
    assert len(curve.steps) == len(rows)
    for step, i in zip(curve.steps, rows, strict=True):
        assert (step.time, step.at_risk, step.events) == (r["time"][i], r["n.risk"][i], r["n.event"][i])
        assert step.survival == pytest.approx(r["surv"][i], abs=1e-12)
        if r["se"][i] == "NaN":
            assert (step.survival, step.lower, step.upper) == (0.0, None, None)
        else:
            assert step.standard_error == pytest.approx(r["se"][i], rel=1e-10)
            assert (step.lower, step.upper) == pytest.approx((r["lower"][i], r["upper"][i]), rel=1e-9)
    (table,) = (row for row in r["table"] if row["_row"] == f"x={group}")
    assert (curve.n, curve.events, curve.median) == (table["records"], table["events"], table["median"])
    assert curve.median_lower == table["0.95LCL"]
    assert curve.median_upper == table.get("0.95UCL")


def test_medians_of_the_lung_data_agree_with_r() -> None:
    for row in SURVIVAL["lung_median"]:
        curve = curve_of(LUNG, row["_row"].removeprefix("sex="), "log-log")
        assert (curve.n, curve.events, curve.median) == (row["records"], row["events"], row["median"])
        assert (curve.median_lower, curve.median_upper) == (row["0.95LCL"], row["0.95UCL"])


def test_log_rank_tests_agree_with_r() -> None:
    aml = log_rank_test(*AML, levels=("Maintained", "Nonmaintained"))
    assert aml.chi_square == pytest.approx(SURVIVAL["logrank_aml"]["chisq"], rel=1e-9)
    assert aml.observed == tuple(SURVIVAL["logrank_aml"]["obs"])
    assert aml.expected == pytest.approx(SURVIVAL["logrank_aml"]["exp"], rel=1e-9)
    early = log_rank_test(*AML, levels=("Maintained", "Nonmaintained"), early=True)
    assert early.chi_square == pytest.approx(SURVIVAL["peto_aml"], rel=1e-9)
    lung = log_rank_test(*LUNG, levels=("1", "2"))
    assert lung.chi_square == pytest.approx(SURVIVAL["logrank_lung"], rel=1e-9)


def test_three_groups_with_ties_agree_with_r() -> None:
    data = (THREE["time"], THREE["event"], THREE["group"])
    test = log_rank_test(*data, levels="ABC")
    assert (test.df, test.chi_square) == (2, pytest.approx(THREE["chisq"], rel=1e-9))
    assert test.expected == pytest.approx(THREE["expected"], rel=1e-9)
    assert log_rank_test(*data, levels="CAB", early=True).chi_square == pytest.approx(THREE["chisq_early"], rel=1e-9)
    curve = kaplan_meier(*data[:2], confidence=0.9)
    assert [step.time for step in curve.steps] == THREE["curve_time"]
    assert [step.standard_error for step in curve.steps] == pytest.approx(THREE["se"], rel=1e-9)
    assert [step.lower for step in curve.steps] == pytest.approx(THREE["lower"], rel=1e-9)
    assert [step.upper for step in curve.steps] == pytest.approx(THREE["upper"], rel=1e-9)
    assert [curve.median, curve.median_lower, curve.median_upper] == [THREE["median"], *THREE["median_limits"]]


def test_the_exact_log_rank_test_agrees_with_coin() -> None:
    first = [label == "Maintained" for label in AML[2]]
    scores = log_rank_scores(AML[0], AML[1])
    assert scores.sum() == pytest.approx(0.0, abs=1e-12)
    aml = log_rank_test(*AML, levels=("Maintained", "Nonmaintained"))
    assert scores[first].sum() == pytest.approx(aml.observed[0] - aml.expected[0], rel=1e-9)
    assert exact_log_rank_test(AML[0], AML[1], first).p == pytest.approx(SURVIVAL["logrank_exact_coin_aml"], rel=1e-9)


# ------------------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (lambda: newcombe(3, 2, 0, 5), "3 of 2"),
        (lambda: miettinen_nurminen(0, 0, 1, 5), "0 of 0 patients in the first group"),
        (lambda: miettinen_nurminen(1, 5, 1, 5, confidence=95), "write 0.95"),
        (lambda: boschloo([[0, 0], [1, 2]]), "a group without a patient"),
        (lambda: barnard([[1, 2, 3], [1, 2, 3]]), "2 x 2 needed"),
        (lambda: barnard([[1, 2], [1, 2]], alternative="both"), "'both' is not one of"),  # type: ignore[arg-type]
        (lambda: boschloo([[1, 2], [1, 2]], alternative="both"), "'both' is not one of"),  # type: ignore[arg-type]
        (lambda: boschloo([[5000, 2], [5000, 2]]), "too many tables"),
        (lambda: incidence_rate(1, 0.0), "no time at risk"),
        (lambda: kaplan_meier([], []), "time: no values"),
        (lambda: kaplan_meier([1, -2], [1, 1]), "below zero"),
        (lambda: kaplan_meier([1, 2], [1, 2]), "other than 0"),
        (lambda: kaplan_meier([1, 2], [1, 1], scale="logit"), "'logit' is not one of"),  # type: ignore[arg-type]
        (lambda: log_rank_test([1, 2], [0, 0], "AB", levels="AB"), "nobody had the event"),
        (lambda: log_rank_test([1, 2], [1, 1], "AA", levels="AB"), "no subject in B"),
        (lambda: log_rank_test([1, 2], [0, 1], "AB", levels="AB"), "at risk in more than one group"),
        (lambda: exact_log_rank_test([1, 2], [1, 1], [True]), "1 values for 2 times"),
    ],
)
def test_what_cannot_be_answered_is_refused(question: Any, message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        question()


def test_a_curve_without_events_is_flat() -> None:
    curve = kaplan_meier([1, 2, 3], [0, 0, 0])
    assert (curve.steps, curve.median, curve.events) == ((), None, 0)
