"""How far two evaluators agree on an ordered scale beyond chance, near misses counting in part: weighted kappa."""

from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Literal, get_args

import numpy as np
from attrs import frozen

from trialwright.statistics.arguments import FloatArray, StatisticsError, complete_labels, confidence_level
from trialwright.statistics.distributions import normal_quantile

Weights = Literal["quadratic", "linear", "none"]


@frozen(kw_only=True)
class WeightedKappa:
    """Kappa with its large-sample standard error and interval, and the weighted agreement seen and expected by chance."""

    estimate: float
    standard_error: float
    lower: float
    upper: float
    observed_agreement: float
    expected_agreement: float
    n: int
    weights: Weights
    confidence: float


def weighted_kappa(
    first: Iterable[object],
    second: Iterable[object],
    *,
    levels: Sequence[object],
    weights: Weights = "quadratic",
    confidence: float = 0.95,
) -> WeightedKappa:
    """Weighted kappa of two ratings of the same n subjects on the ordered scale ``levels``.

    A miss by d of m - 1 steps counts as agreement 1 - (d / (m - 1))^2 (``quadratic``), 1 - d / (m - 1) (``linear``) or
    not at all (``none``, Cohen's unweighted kappa). Limits are normal and may pass 1. A level that nobody used may be
    declared: the weights depend on the whole scale.

    Raises StatisticsError for a missing rating, unequal numbers, fewer than two subjects, a rating that is not
    declared, or two raters who gave all subjects one and the same value.

    Source: Cohen, Psychological Bulletin 1968; 70:213-220; Fleiss, Cohen and Everitt, idem 1969; 72:323-327 (variance).

    >>> kappa = weighted_kappa([0, 1, 2, 3, 3, 1], [0, 1, 1, 3, 2, 1], levels=(0, 1, 2, 3))
    >>> round(kappa.estimate, 4)
    0.85
    """
    if weights not in get_args(Weights):
        raise StatisticsError(f"weights: {weights!r} is not one of {', '.join(get_args(Weights))}.")
    confidence_level(confidence)
    p, n = _proportions(tuple(first), tuple(second), levels)
    w = _agreement_weights(len(p), weights)
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float((w * p).sum()), float(rows @ w @ columns)
    if np.count_nonzero(rows + columns) < 2:
        raise StatisticsError("first, second: both raters gave every subject the same value; kappa is undefined.")
    kappa = (observed - expected) / (1 - expected)
    marginal = (w @ columns)[:, None] + (rows @ w)[None, :]
    parts = w - marginal * (1 - kappa)  # their mean over p is kappa - expected * (1 - kappa)
    variance = float((p * (parts - float((p * parts).sum())) ** 2).sum()) / (n * (1 - expected) ** 2)
    half = normal_quantile(0.5 + confidence / 2) * sqrt(variance)
    return WeightedKappa(
        estimate=kappa,
        standard_error=sqrt(variance),
        lower=kappa - half,
        upper=kappa + half,
        observed_agreement=observed,
        expected_agreement=expected,
        n=n,
        weights=weights,
        confidence=confidence,
    )


def _proportions(
    first: tuple[object, ...], second: tuple[object, ...], levels: Sequence[object]
) -> tuple[FloatArray, int]:
    """The share of subjects in each cell of the table of the first rating against the second."""
    order = [str(level) for level in levels]
    if len(order) < 2 or len(set(order)) != len(order):
        raise StatisticsError(f"levels: {', '.join(order) or 'none'}; at least two different ones are needed.")
    n = len(first)
    if n < 2:
        raise StatisticsError(f"first: {n} subjects; agreement needs at least two.")
    ratings = [complete_labels(values, name, length=n) for values, name in ((first, "first"), (second, "second"))]
    if strange := sorted({label for column in ratings for label in column} - set(order)):
        raise StatisticsError(f"ratings: {', '.join(strange)} is not one of {', '.join(order)}.")
    one, other = ([order.index(label) for label in column] for column in ratings)
    table = np.zeros((len(order), len(order)))
    np.add.at(table, (one, other), 1.0 / n)
    return table, n


def _agreement_weights(m: int, weights: Weights) -> FloatArray:
    steps = np.abs(np.subtract.outer(np.arange(m), np.arange(m))) / (m - 1)
    if weights == "none":
        exact: FloatArray = (steps == 0).astype(np.float64)
        return exact
    agreement: FloatArray = 1.0 - (steps**2 if weights == "quadratic" else steps)
    return agreement
