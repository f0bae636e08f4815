"""Whole tables of exact p-values: R's published ones, the single tests' ones, and sizes and powers by their definition."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.statistics import StatisticsError, barnard, boschloo, fisher_exact
from trialwright.statistics.exact_tables import binomial_points, exact_table

PUBLISHED = json.loads((Path(__file__).parent / "witness" / "unconditional" / "exact_2x2_published.json").read_text())
BOSCHLOO = [(side, *row) for side in ("less", "greater") for row in PUBLISHED[f"boschloo_{side}"]]
SINGLE = {"boschloo": boschloo, "barnard": barnard}
SIDES = ["two-sided", "greater", "less"]


def groups(columns: list[list[int]]) -> tuple[int, int, int, int]:
    """Events and sizes of the two groups, which are the columns of a published table."""
    (a, b), (c, d) = columns
    return a, a + c, b, b + d


def outcomes(columns: list[list[int]]) -> int:
    """How many p-values its table has: one of the published trials, of over a thousand patients, has too many for a test."""
    _, n_1, _, n_2 = groups(columns)
    return (n_1 + 1) * (n_2 + 1)


@pytest.mark.parametrize(
    ("columns", "statistic", "p"), [row for row in PUBLISHED["barnard_pooled_two_sided"] if outcomes(row[0]) <= 5_000]
)
def test_barnard_agrees_with_the_published_values(columns, statistic, p) -> None:
    x, n_1, y, n_2 = groups(columns)
    assert exact_table("barnard", n_1, n_2).p[x, y] == pytest.approx(p, abs=1e-7)


@pytest.mark.parametrize(("side", "columns", "statistic", "p"), [row for row in BOSCHLOO if outcomes(row[1]) <= 5_000])
def test_boschloo_agrees_with_the_published_values(side, columns, statistic, p) -> None:
    x, n_1, y, n_2 = groups(columns)
    assert exact_table("boschloo", n_1, n_2, alternative=side).p[x, y] == pytest.approx(p, abs=1e-7)


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 7), st.integers(1, 7), st.sampled_from(SIDES), st.sampled_from(sorted(SINGLE)))
def test_every_entry_is_the_p_of_the_single_test(n_1, n_2, side, test) -> None:
    table = exact_table(test, n_1, n_2, alternative=side)
    for x, y in product(range(n_1 + 1), range(n_2 + 1)):
        assert table.p[x, y] == pytest.approx(SINGLE[test]([[x, n_1 - x], [y, n_2 - y]], alternative=side).p, rel=1e-9)


def test_fisher_is_that_of_whole_numbers() -> None:
    table = exact_table("fisher", 10, 8)
    for x, y in product(range(11), range(9)):
        assert table.p[x, y] == pytest.approx(fisher_exact([[x, 10 - x], [y, 8 - y]]), rel=1e-12)


@pytest.mark.parametrize("test", ["boschloo", "barnard", "fisher"])
@pytest.mark.parametrize("side", SIDES)
def test_the_level_is_kept_for_every_common_proportion(test, side) -> None:
    table = exact_table(test, 10, 10, alternative=side)
    size = table.size()
    rates = [table.rejection_probability(float(p), float(p)) for p in np.linspace(0, 1, 501)]
    assert max(rates) <= size.probability + 1e-12
    assert size.probability <= 0.05
    assert size.probability == pytest.approx(max(rates), abs=1e-5)
    assert table.rejection_probability(size.nuisance, size.nuisance) == pytest.approx(size.probability, rel=1e-12)


def test_one_sided_boschloo_never_has_less_power_than_fisher() -> None:
    ours, theirs = (exact_table(test, 10, 10, alternative="greater") for test in ("boschloo", "fisher"))
    assert (ours.p <= theirs.p * (1 + 1e-9)).all()
    assert ours.rejection_probability(0.7, 0.2) > theirs.rejection_probability(0.7, 0.2) + 0.05


def test_power_is_the_sum_of_the_probabilities_of_the_tables_that_reject() -> None:
    table = exact_table("barnard", 4, 5)
    brute = sum(
        binomial_points(4, 0.9)[x] * binomial_points(5, 0.2)[y]
        for x, y in product(range(5), range(6))
        if barnard([[x, 4 - x], [y, 5 - y]]).p <= 0.1
    )
    assert table.rejection_probability(0.9, 0.2, level=0.1) == pytest.approx(brute, rel=1e-12)


def test_exchanging_the_groups_exchanges_the_table() -> None:
    one, other = exact_table("boschloo", 6, 9, alternative="greater"), exact_table("boschloo", 9, 6, alternative="less")
    np.testing.assert_allclose(one.p, other.p.T, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: exact_table("boschloo", 0, 5), "n: 0 and 5 patients"),
        (lambda: exact_table("boschloo", 1000, 1000), "n: 1000 and 1000 patients"),
        (lambda: exact_table("z", 5, 5), "test: 'z'"),
        (lambda: exact_table("fisher", 5, 5, alternative="up"), "alternative: 'up'"),
        (lambda: exact_table("fisher", 5, 5).size(level=5), "level: 5"),
        (lambda: exact_table("fisher", 5, 5).rejection_probability(1.2, 0.5), "probability: 1.2"),
    ],
)
def test_what_cannot_be_is_refused(call, words) -> None:
    with pytest.raises(StatisticsError, match=f"^{words}"):
        call()
