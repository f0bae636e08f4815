"""Measures from guesses of the treatment whether an assessor stayed blind: the indices of James and of Bang."""

from collections.abc import Iterable, Sequence
from math import sqrt

import numpy as np
from attrs import frozen

from trialwright.statistics.arguments import StatisticsError, complete_labels, confidence_level, count
from trialwright.statistics.distributions import normal_quantile

Row = tuple[int, int]


@frozen(kw_only=True)
class BlindingIndex:
    """A blinding index with its standard error, two-sided interval and both one-sided limits.

    All numbers are None when the index is undefined, with ``undefined_because`` saying why. Limits are estimate plus
    or minus a normal quantile times the standard error and may pass the ends of the scale; ``shown`` gives the
    interval cut to the scale.
    """

    estimate: float | None
    standard_error: float | None
    lower: float | None
    upper: float | None
    lower_one_sided: float | None
    upper_one_sided: float | None
    confidence: float
    n: int
    scale: tuple[float, float]
    undefined_because: str | None = None

    @property
    def shown(self) -> tuple[float, float] | None:
        """The two-sided interval cut to the scale of the index."""
        if self.lower is None or self.upper is None:
            return None
        return max(self.lower, self.scale[0]), min(self.upper, self.scale[1])


@frozen(kw_only=True)
class GuessTable:
    """Counts of guesses: each row is (subjects truly on treatment, subjects truly on control).

    >>> GuessTable(treatment=(7, 3), control=(2, 6), unknown=(1, 1)).n
    20
    """

    treatment: Row
    control: Row
    unknown: Row

    def __attrs_post_init__(self) -> None:
        """Refuse anything but pairs of counts."""
        for name, row in (("treatment", self.treatment), ("control", self.control), ("unknown", self.unknown)):
            if len(row) != 2:
                raise StatisticsError(f"guess {name}: two counts expected (one for each true arm), got {len(row)}.")
            for value in row:
                count(value, f"guess {name}")

    @property
    def n(self) -> int:
        """All guesses, "do not know" included."""
        return sum(self.treatment) + sum(self.control) + sum(self.unknown)


def guess_table(
    guesses: Iterable[object], truths: Iterable[object], *, treatment: str, control: str, unknown: str
) -> GuessTable:
    """Count guesses against the true arms; each guess is one of the three words given, each truth one of the first two.

    Raises StatisticsError for any other word, a missing one, or unequal numbers.

    >>> guess_table(["T", "?", "C"], ["T", "T", "C"], treatment="T", control="C", unknown="?")
    GuessTable(treatment=(1, 0), control=(0, 1), unknown=(1, 0))
    """
    arms = tuple(truths)
    guessed = complete_labels(guesses, "guesses", length=len(arms))
    true = complete_labels(arms, "truths", length=len(arms))
    _only(guessed, (treatment, control, unknown), "guesses")
    _only(true, (treatment, control), "truths")
    pairs = list(zip(guessed, true, strict=True))
    rows = [(pairs.count((word, treatment)), pairs.count((word, control))) for word in (treatment, control, unknown)]
    return GuessTable(treatment=rows[0], control=rows[1], unknown=rows[2])


def bang_index(correct: int, wrong: int, unknown: int, *, confidence: float = 0.95) -> BlindingIndex:
    """Bang's index for one arm: (correct - wrong) / n; -1 all guess the other arm, 0 chance, 1 all guess right.

    "Do not know" counts in n. Everyone answering "do not know" gives 0 with standard error 0 by the formula; an arm
    without a guess is undefined.

    Source: Bang, Ni and Davis, Controlled Clinical Trials 2004; 25:143-156.

    >>> index = bang_index(82, 25, 170)
    >>> round(index.estimate, 4), round(index.lower, 4), round(index.upper, 4)
    (0.2058, 0.1367, 0.2748)
    """
    numbers = [count(value, name) for value, name in ((correct, "correct"), (wrong, "wrong"), (unknown, "unknown"))]
    n = sum(numbers)
    if n == 0:
        return _undefined(n, confidence, (-1.0, 1.0), "no guess was recorded in this arm")
    right, false = correct / n, wrong / n
    variance = (right * (1 - right) + false * (1 - false) + 2 * right * false) / n
    return _index((numbers[0] - numbers[1]) / n, variance, n, confidence, (-1.0, 1.0))


def bang_indices(table: GuessTable, *, confidence: float = 0.95) -> tuple[BlindingIndex, BlindingIndex]:
    """Bang's index of the treatment arm and of the control arm.

    >>> treated, control = bang_indices(GuessTable(treatment=(7, 3), control=(2, 6), unknown=(1, 1)))
    >>> treated.estimate, round(control.estimate, 4)
    (0.5, 0.3)
    """
    treated = bang_index(table.treatment[0], table.control[0], table.unknown[0], confidence=confidence)
    control = bang_index(table.control[1], table.treatment[1], table.unknown[1], confidence=confidence)
    return treated, control


def james_index(table: GuessTable, *, confidence: float = 0.95) -> BlindingIndex:
    """James's index of both arms: 0 all guess right, 0.5 chance, 1 all answer "do not know".

    Unblinding is claimed when the upper limit is below 0.5. Everyone answering "do not know" gives 1 with standard
    error 0. The index is undefined with no guess at all, or when the agreement expected by chance is zero.

    Source: James, Bloch, Lee, Kraemer and Fuller, Statistics in Medicine 1996; 15:1421-1434.

    >>> index = james_index(GuessTable(treatment=(82, 27), control=(25, 29), unknown=(170, 83)))
    >>> round(index.estimate, 4), round(index.lower, 4), round(index.upper, 4)
    (0.7479, 0.7053, 0.7905)
    """
    n, scale = table.n, (0.0, 1.0)
    if n == 0:
        return _undefined(n, confidence, scale, "no guess was recorded")
    p = np.array([table.treatment, table.control], dtype=np.float64) / n
    unknown = sum(table.unknown) / n
    known = sum(table.treatment + table.control) / n
    if known == 0.0:
        return _index(1.0, 0.0, n, confidence, scale)
    weights = np.array([[0.0, 0.5], [0.5, 0.0]])
    guessed, true = p.sum(axis=1), p.sum(axis=0)
    expected = float((weights * np.outer(guessed, true)).sum())
    if expected == 0.0:
        return _undefined(n, confidence, scale, "everyone who ventured a guess belongs to one arm and guessed that arm")
    kappa = float((weights * p).sum()) * known / expected - 1.0
    marginal = (weights.T @ guessed)[None, :] + (weights @ true)[:, None]
    first = float((p * known**2 * (known * weights - (1 + kappa) * marginal) ** 2).sum()) / (4 * expected**2)
    second = unknown * known - known * (1 + kappa) * (unknown + known * (1 + kappa) / 4)
    return _index((1 + unknown + known * kappa) / 2, max(first + second, 0.0) / n, n, confidence, scale)


def _index(value: float, variance: float, n: int, confidence: float, scale: tuple[float, float]) -> BlindingIndex:
    confidence_level(confidence)
    error = sqrt(variance)
    two, one = normal_quantile(0.5 + confidence / 2) * error, normal_quantile(confidence) * error
    return BlindingIndex(
        estimate=value,
        standard_error=error,
        lower=value - two,
        upper=value + two,
        lower_one_sided=value - one,
        upper_one_sided=value + one,
        confidence=confidence,
        n=n,
        scale=scale,
    )


def _undefined(n: int, confidence: float, scale: tuple[float, float], because: str) -> BlindingIndex:
    return BlindingIndex(
        estimate=None,
        standard_error=None,
        lower=None,
        upper=None,
        lower_one_sided=None,
        upper_one_sided=None,
        confidence=confidence_level(confidence),
        n=n,
        scale=scale,
        undefined_because=because,
    )


def _only(labels: Sequence[str], known: tuple[str, ...], name: str) -> None:
    if strange := sorted(set(labels) - set(known)):
        raise StatisticsError(f"{name}: {', '.join(strange)} is not one of {', '.join(known)}.")
