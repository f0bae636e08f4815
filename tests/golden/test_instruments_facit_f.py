"""FACIT-Fatigue against vectors worked by hand, and a second implementation."""

import numpy as np
import pytest

from trialwright.instruments import facit_f
from trialwright.protocol import ALL, Absence, Status

pytestmark = pytest.mark.golden


@pytest.mark.parametrize(("answer", "total"), [(0, 44), (4, 8), (2, 26)])
def test_all_answers_alike(answer: int, total: int) -> None:
    assert facit_f.score(dict.fromkeys(facit_f.CODES, answer)).value == total


def test_52_is_no_fatigue_and_0_the_worst() -> None:
    """A published calculator scores in the opposite direction; this one must not."""
    best = dict.fromkeys(facit_f.CODES, 0) | {"AN5": 4, "AN7": 4}
    assert facit_f.score(best).value == 52
    assert facit_f.score({code: 4 - answer for code, answer in best.items()}).value == 0
    assert facit_f.INSTRUMENT.higher_is_worse is False


def test_proration_from_seven_answers() -> None:
    """Seven answers whose scored sum is 18 give 18 x 13 / 7 = 33.43; six give nothing."""
    seven = dict(zip(("HI7", "HI12", "AN1", "AN2", "AN3", "AN4", "AN5"), (1, 1, 1, 2, 2, 2, 3), strict=True))
    score = facit_f.score(seven)
    assert float(score.value or -1) == pytest.approx(33.43, abs=5e-3)
    assert score.reasons[-1] == "prorated"
    six = facit_f.score(seven | {"HI7": Absence.REFUSED})
    assert (six.value, six.status, len(six.reasons)) == (None, Status.INCOMPLETE, 7)


@pytest.mark.parametrize("bad", [{"HI7": 5}, {"HI7": -1}, {"HI7": True}, {"AN6": 1}])
def test_the_impossible_is_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        facit_f.score(bad)


def test_a_second_implementation_agrees_on_100000_questionnaires() -> None:
    chance = np.random.default_rng(20247)
    answers = chance.integers(0, 5, (100_000, 13)).astype(float)
    answers[chance.random(answers.shape) < 0.4] = np.nan
    sign = np.array([-1.0, -1, -1, -1, -1, -1, 1, 1, -1, -1, -1, -1, -1])
    items = np.where(sign < 0, 4.0, 0.0) + sign * answers
    masked = np.ma.masked_invalid(items)
    expected = (13 * masked.mean(axis=1)).filled(np.nan)
    expected[masked.count(axis=1) < 7] = np.nan
    found = facit_f.totals(answers)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    known = found[~np.isnan(found)]
    assert 0 <= known.min() <= known.max() <= 52


def test_one_visit_and_a_column_agree_and_order_does_not_matter() -> None:
    chance = np.random.default_rng(9)
    for row in chance.integers(0, 5, (200, 13)):
        visit = {code: int(answer) for code, answer in zip(facit_f.CODES, row, strict=True)}
        shuffled = dict(sorted(visit.items()))
        assert facit_f.score(visit).value == facit_f.score(shuffled).value == facit_f.totals(row[None].astype(float))[0]


def test_the_items_carry_codes_only() -> None:
    items = facit_f.items(ALL)
    assert [item.code for item in items] == list(facit_f.CODES)
    assert all(item.label.en == item.code and (item.low, item.high) == (0, 4) for item in items)
