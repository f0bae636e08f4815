"""The statistics of central monitoring against R 4.2.2 (tests/golden/witness/monitoring), and how often they raise a false alarm."""

from pathlib import Path

import numpy as np
import pytest

from trialwright.statistics.central_monitoring import bonferroni, difference_between, digit_preference, drift, too_even

WITNESS = [line.split() for line in (Path(__file__).parent / "witness/monitoring/monitoring.txt").read_text().splitlines()]
TOLD = {line[0]: line[1:] for line in WITNESS}
DIGITS = [0] * 14 + [5] * 11 + [1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 6, 6, 6, 7, 7, 7, 7, 8, 8, 8, 8, 9, 9, 9, 9, 1, 2, 6, 7]


def test_last_digits_by_chi_square() -> None:
    assert digit_preference(DIGITS) == pytest.approx(float(TOLD["chisq"][1]), rel=1e-12)
    assert len(DIGITS) == int(TOLD["chisq"][0])


@pytest.mark.parametrize(("squares", "digits"), [(5, "01234"), (7, "00123"), (9, "00112"), (11, "00012"), (13, "00011"), (17, "00001"), (25, "00000")])
def test_few_last_digits_exactly(squares, digits) -> None:
    expected = next(float(line[2]) for line in WITNESS if line[:2] == ["exact5", str(squares)])
    assert digit_preference([int(one) for one in digits]) == pytest.approx(expected, rel=1e-12)


def test_drift_and_differences() -> None:
    slope, p = drift([0, 14, 33, 41, 60, 77, 90, 118], [1.2, -0.4, 2.2, 0.9, 3.1, 1.8, 4.4, 3.2])
    assert (slope, p) == pytest.approx([float(one) for one in TOLD["drift"]], rel=1e-12)
    anova = difference_between([[-3.1, -1.2, 0.4, -5.0], [1.1, 2.9, 0.2], [-2.2, 4.1, 3.3, 0.7, 1.5]])
    assert anova == pytest.approx(float(TOLD["anova"][0]), rel=1e-12)


def test_courses_that_are_too_even() -> None:
    found = too_even([[0.5, -0.4, 0.3], [3, -3, 2], [2, -4, 3, 1], [-3, 3]])
    assert found == pytest.approx([float(one) for one in TOLD["even"]], rel=1e-12)


def test_the_degrees_of_freedom_are_those_of_successive_differences() -> None:
    """R's simulation of measurement error at seven visits: the mean square of six differences varies as the formula says."""
    assert float(TOLD["freedom"][0]) == pytest.approx(float(TOLD["freedom"][2]), rel=0.02)


def test_false_alarms_are_no_more_frequent_than_stated() -> None:
    """Honest trials of twenty patients and seven visits, 400 of them: at 5 of 100 each, 3 standard errors are allowed."""
    dice, trials = np.random.default_rng(7), 400
    alarms = dict.fromkeys(("digits", "few", "drift", "even"), 0)
    for _ in range(trials):
        alarms["digits"] += digit_preference(dice.integers(0, 10, 100)) < 0.05
        alarms["few"] += digit_preference(dice.integers(0, 10, 20)) < 0.05
        alarms["drift"] += drift(dice.uniform(0, 400, 20), dice.normal(size=20))[1] < 0.05
        alarms["even"] += bonferroni(too_even(list(np.diff(dice.normal(size=(20, 7)))))).min() < 0.05
    most = trials * 0.05 + 3 * (trials * 0.05 * 0.95) ** 0.5
    assert {name: count for name, count in alarms.items() if count > most} == {}
    assert min(alarms.values()) > 0, "a check that never alarms would not be one"


def test_what_cannot_be_compared_is_refused() -> None:
    for wrong in (lambda: digit_preference([]), lambda: digit_preference([10]), lambda: drift([1, 1, 1], [1, 2, 3]),
                  lambda: difference_between([[1, 2]]), lambda: too_even([[1.0], []])):  # fmt: skip
        with pytest.raises(ValueError, match="needed"):
            wrong()
    assert drift([0, 1, 2], [1, 1, 1]) == (0.0, 1.0)
    assert difference_between([[1, 1], [1, 1]]) == 1.0 and difference_between([[1, 1], [2, 2]]) == 0.0
