"""DETECT against values computed from the published coefficients, and a second implementation of the splines and sums."""

import math

import numpy as np
import pytest

from trialwright.instruments import detect
from trialwright.protocol import ALL, Status

pytestmark = pytest.mark.golden


@pytest.mark.parametrize(
    ("values", "urate_spline", "lp1", "p1", "echo", "trv_spline", "lp2", "p2"),
    [
        ((1.4, 0, 0, 80, 4.0, 0), 0.02375, -4.1770, 0.0151, (12, 2.0), 0, -4.8557, 0.0077),
        ((1.8, 1, 0, 200, 5.5, 0), 0.68126, -1.0710, 0.2552, (16, 2.6), 0.10941, -1.3723, 0.2022),
        ((2.2, 1, 1, 600, 6.5, 1), 1.62978, 2.6014, 0.9310, (20, 3.2), 0.60941, 3.6532, 0.9747),
        ((1.2, 1, 1, 50, 3.0, 0), 0, -3.9046, 0.0198, (14, 2.3), 0.01378, -4.3637, 0.0126),
    ],
)
def test_predictors(
    values: tuple[float, ...], urate_spline: float, lp1: float, p1: float, echo: tuple[float, float], trv_spline: float, lp2: float, p2: float
) -> None:
    row = np.array([values], dtype=float)
    assert detect.spline(row[:, 4], detect.URATE_KNOTS)[0] == pytest.approx(urate_spline, abs=5e-6)
    assert detect.spline(np.array([echo[1]]), detect.TRV_KNOTS)[0] == pytest.approx(trv_spline, abs=5e-6)
    first = detect.step_one(row)
    second = detect.step_two(first, np.array([float(echo[0])]), np.array([echo[1]]))
    assert (first[0], second[0]) == pytest.approx((lp1, lp2), abs=5e-5)
    assert (detect.probability(first)[0], detect.probability(second)[0]) == pytest.approx((p1, p2), abs=5e-5)
    visit = dict(zip((*detect.STEP_1, *detect.STEP_2), (*values, *echo), strict=True))
    assert float(detect.score(visit, 2).value or 0) == pytest.approx(lp2, abs=5e-5)


def test_the_urate_curve_levels_off_beyond_the_last_knot() -> None:
    """This settles the scaling of the spline, which the paper does not print."""
    values = np.array([[1.5, 0, 0, 100, acid, 0] for acid in (8.0, 12.0)])
    first, last = detect.step_one(values)
    assert abs(last - first) / 4 < 0.01


def test_300_points_are_a_predictor_of_minus_2_94() -> None:
    values = np.array([[1.5, 1.0, 0.0, 200.0, 5.0, 0.0]])
    assert detect.points(values)[0] == pytest.approx(300 + 13.3 * (detect.step_one(values)[0] + 2.94), abs=0.5)


def test_one_missing_value_of_step_one_has_points_but_no_predictor() -> None:
    visit = {"RATIO": 1.8, "ACA": False, "NTPROBNP": 200, "URATE": 5.5, "RAD": False}
    score = detect.score(visit, 1)
    assert (score.value, score.status, score.reasons) == (None, Status.INCOMPLETE, ("TELANG missing",))
    whole = detect.score(visit | {"TELANG": True}, 1)
    one, other = (int(found.parts["points (reconstruction)"]) for found in (score, whole))
    assert abs(one - other) <= 1, "telangiectasia missing has the 65 points that it has when present"
    del visit["ACA"]
    assert detect.score(visit, 1).parts == {}
    assert "TRV missing" in detect.score(visit, 2).reasons
    assert detect.POINTS.verified is False


def test_the_official_points_decide() -> None:
    np.testing.assert_array_equal(detect.refer(np.array([300.0, 300.5, np.nan]), 1), [0, 1, np.nan])
    np.testing.assert_array_equal(detect.refer(np.array([35.0, 36.0]), 2), [0, 1])
    assert detect.applies(3.1, 59.9)
    assert not detect.applies(3, 59.9)
    assert not detect.applies(5, 60)


@pytest.mark.parametrize(("place", "given"), list(enumerate((50, 65, 50, 50, 50, 50))))
def test_what_a_missing_value_of_step_one_is_given(place: int, given: float) -> None:
    """The offsets and 13.3 points a unit for the others, by hand."""
    values = np.array([[1.5, 1, 0, 100, 3.0, 1]])
    single = [13.3 * 1.149 * 1.5 + 11, 13.3 * 1.156 + 50, 50, 13.3 * 0.915 * 2 + 27, 13.3 * 1.247 * 3 - 15, 13.3 * 1.850 + 50]
    assert detect.points(values)[0] == pytest.approx(sum(single))
    values[0, place] = np.nan
    assert detect.points(values)[0] == pytest.approx(sum(single) - single[place] + given)


@pytest.mark.parametrize(("visit", "step"), [({"NTPROBNP": 0}, 1), ({"RATIO": 0}, 1), ({"URATE": 0}, 1), ({"TELANG": 2}, 1), ({"BNP": 1}, 1), ({}, 3)])
def test_the_impossible_is_refused(visit: dict[str, float], step: int) -> None:
    with pytest.raises(ValueError):
        detect.score(visit, step)


def test_a_second_implementation_agrees_on_100000_patients() -> None:
    chance = np.random.default_rng(20253)
    n = 100_000
    values = np.column_stack([chance.uniform(0.8, 3, n), *chance.integers(0, 2, (2, n)), chance.uniform(20, 3000, n),
                              chance.uniform(2, 11, n), chance.integers(0, 2, n)])  # fmt: skip
    area, velocity = chance.uniform(8, 35, n), chance.uniform(1.5, 4.5, n)
    first = detect.step_one(values)
    second = detect.step_two(first, area, velocity)

    def curve(x: float, a: float, b: float, c: float) -> float:
        total = max(x - a, 0) ** 3
        total -= max(x - b, 0) ** 3 * (c - a) / (c - b)
        total += max(x - c, 0) ** 3 * (b - a) / (c - b)
        return total / (c - a) ** 2

    for place in range(n):
        ratio, telangiectasia, centromere, peptide, acid, axis = values[place].tolist()
        lp = -12.488 + 1.149 * ratio + 1.156 * telangiectasia + 0.753 * centromere + 0.915 * math.log10(peptide)
        lp += 1.247 * acid - 1.132 * curve(acid, 3.3, 4.7, 7.1) + 1.850 * axis
        assert abs(first[place] - lp) < 1e-9
        lp = -2.452 + 0.891 * lp + 0.075 * area[place] + 0.209 * velocity[place] + 2.656 * curve(velocity[place], 2, 2.5, 3.4)
        assert abs(second[place] - lp) < 1e-9
    for column in (0, 1, 2, 3, 5):
        higher = values.copy()
        higher[:, column] = np.where(values[:, column] == 0, 1, values[:, column] * (1 if column in (1, 2, 5) else 1.1))
        assert (detect.step_one(higher) >= first).all()


def test_units_and_items() -> None:
    assert detect.urate(np.array([594.8]))[0] == pytest.approx(10)
    assert tuple(item.code for item in detect.items(ALL)) == (*detect.STEP_1, *detect.STEP_2)
