"""EQ-5D-5L with the value set of China against the tests of the R package eq5d, and a second implementation."""

from itertools import product

import numpy as np
import pytest

from trialwright.instruments import eq5d5l
from trialwright.protocol import ALL, Absence, Status

pytestmark = pytest.mark.golden


def profile(digits: str) -> dict[str, int]:
    return dict(zip(eq5d5l.CODES, map(int, digits), strict=True))


@pytest.mark.parametrize(
    ("digits", "index"),
    [("11111", "1"), ("11211", "0.955"), ("21111", "0.934"), ("55555", "-0.391"), ("21232", "0.702"), ("33333", "0.363")],
)
def test_index(digits: str, index: str) -> None:
    """The first four are unit tests of the R package eq5d, the last two sums by hand."""
    score = eq5d5l.score(profile(digits))
    assert score.value == pytest.approx(type(score.value)(index))
    assert score.parts["profile"] == digits


def test_a_missing_dimension_leaves_the_index_missing() -> None:
    score = eq5d5l.score(profile("11111") | {"PD": Absence.REFUSED})
    assert (score.value, score.status, score.reasons, score.parts["profile"]) == (None, Status.INCOMPLETE, ("PD missing",), "111-1")


@pytest.mark.parametrize("bad", [{"MO": 0}, {"MO": 6}, {"MO": True}, {"VAS": 50}])
def test_the_impossible_is_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        eq5d5l.score(bad)


def test_a_second_implementation_agrees_on_100000_profiles_and_all_3125() -> None:
    """Counts of thousandths, straight from the table of the paper."""
    lost = [[0, 66, 158, 287, 345], [0, 48, 116, 210, 253], [0, 45, 107, 194, 233], [0, 58, 138, 252, 302], [0, 49, 118, 215, 258]]
    every = np.array(list(product(range(1, 6), repeat=5)))
    some = np.random.default_rng(20248).integers(1, 6, (100_000, 5))
    for levels in (every, some):
        expected = 1000 - sum(np.array(lost[d])[levels[:, d] - 1] for d in range(5))
        np.testing.assert_allclose(eq5d5l.index(levels.astype(float)), expected / 1000, atol=1e-12)
    assert eq5d5l.index(every.astype(float)).max() == 1


def test_a_worse_level_always_lowers_the_index() -> None:
    every = np.array(list(product(range(1, 5), repeat=5)), dtype=float)
    for dimension in range(5):
        worse = every.copy()
        worse[:, dimension] += 1
        assert (eq5d5l.index(worse) < eq5d5l.index(every)).all()


def test_neither_text_nor_form_is_shipped() -> None:
    assert [item.code for item in eq5d5l.items(ALL)] == [*eq5d5l.CODES, "EQVAS"]
    assert [item.label.en for item in eq5d5l.items(ALL)[:5]] == [f"EQ-5D-5L item {number}" for number in range(1, 6)], "no licensed wording"
