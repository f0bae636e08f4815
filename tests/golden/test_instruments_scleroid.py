"""ScleroID against the example printed by its authors, and a second implementation."""

from decimal import Decimal

import numpy as np
import pytest

from trialwright.instruments import scleroid
from trialwright.protocol import ALL, Absence, Status

pytestmark = pytest.mark.golden


def test_published_example() -> None:
    """The paper prints 3.9 for these ten answers."""
    score = scleroid.score(dict(zip(scleroid.CODES, (9, 3, 4, 0, 7, 2, 6, 4, 0, 3), strict=True)))
    assert score.value == Decimal("3.900")


def test_the_weights_add_up_to_one() -> None:
    assert sum(scleroid.WEIGHTS.values()) == 1
    assert scleroid.score(dict.fromkeys(scleroid.CODES, 10)).value == 10
    assert scleroid.score(dict.fromkeys(scleroid.CODES, 0)).value == 0


def test_one_missing_answer_leaves_no_score() -> None:
    score = scleroid.score(dict.fromkeys(scleroid.CODES, 1) | {"PAIN": Absence.REFUSED})
    assert (score.value, score.status, score.reasons) == (None, Status.INCOMPLETE, ("PAIN missing",))
    assert np.isnan(scleroid.totals(np.array([[np.nan] + [1.0] * 9]))[0])


@pytest.mark.parametrize("bad", [{"PAIN": 11}, {"PAIN": -1}, {"PAIN": True}, {"SKIN": 1}])
def test_the_impossible_is_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        scleroid.score(bad)


@pytest.mark.parametrize("bad", [11.0, -1.0, 0.5])
def test_a_column_with_an_impossible_answer_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="0 to 10"):
        scleroid.totals(np.array([[bad] + [1.0] * 9]))


def test_a_second_implementation_agrees_on_100000_patients() -> None:
    """Sums of whole thousandths."""
    answers = np.random.default_rng(20250).integers(0, 11, (100_000, 10))
    expected = answers @ np.array([117, 114, 109, 104, 98, 96, 95, 93, 91, 83])
    found = scleroid.totals(answers.astype(float))
    np.testing.assert_allclose(found, expected / 1000, atol=1e-12)
    for row, value in zip(answers[:200], expected[:200], strict=True):
        visit = dict(zip(scleroid.CODES, row.tolist(), strict=True))
        assert scleroid.score(visit).value == Decimal(int(value)) / 1000
    worse = np.minimum(answers + 1, 10).astype(float)
    assert (scleroid.totals(worse) >= found).all()


def test_the_ten_domains() -> None:
    assert tuple(item.code for item in scleroid.items(ALL)) == scleroid.CODES == tuple(scleroid.NAMES)
