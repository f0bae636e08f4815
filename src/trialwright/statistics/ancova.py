"""Compares groups on an outcome adjusted for its baseline value and for factors such as site (covariance analysis)."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Literal, get_args

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import (
    FloatArray,
    StatisticsError,
    complete_labels,
    complete_numbers,
    declared_levels,
)
from trialwright.statistics.least_squares import Covariance, Estimate, FTest, LeastSquares, least_squares

Margins = Literal["balanced", "observed"]
Columns = tuple[tuple[str, FloatArray], ...]


@frozen(kw_only=True)
class GroupMean:
    """One group: its size, raw mean and standard deviation (None if n = 1), and its adjusted (least-squares) mean."""

    group: str
    n: int
    mean: float
    standard_deviation: float | None
    adjusted: Estimate


@frozen(kw_only=True)
class Difference:
    """The adjusted difference ``group`` minus ``reference``."""

    group: str
    reference: str
    estimate: Estimate


@frozen(kw_only=True, eq=False)
class Ancova:
    """Group means, differences from the reference, F tests, and the fitted model behind them."""

    groups: tuple[GroupMean, ...]
    reference: str
    differences: tuple[Difference, ...]
    baseline_mean: float | None
    baseline_slope: Estimate | None
    tests: tuple[FTest, ...]
    n: int
    df: int
    sigma: float
    margins: Margins
    model: LeastSquares
    mean_weights: tuple[tuple[float, ...], ...]

    def contrast(self, weights: Mapping[str, float]) -> Estimate:
        """Estimate a contrast of adjusted means, e.g. ``{"low": 0.5, "high": 0.5, "placebo": -1}``.

        Raises StatisticsError for an unknown group or weights that do not sum to zero.
        """
        known = [group.group for group in self.groups]
        if unknown := [name for name in weights if name not in known]:
            raise StatisticsError(f"contrast: no group {', '.join(unknown)}; the groups are {', '.join(known)}.")
        total = sum(weights.values())
        if abs(total) > 1e-9:
            raise StatisticsError(f"contrast: the weights sum to {total:g}; a comparison of groups must sum to 0.")
        rows = np.array(self.mean_weights)
        return self.model.estimate(np.array([weights.get(name, 0.0) for name in known]) @ rows)

    def difference(self, group: str, reference: str) -> Difference:
        """Estimate the adjusted difference of any two groups."""
        if group == reference:
            raise StatisticsError(f"difference: {group} compared with itself.")
        return Difference(group=group, reference=reference, estimate=self.contrast({group: 1.0, reference: -1.0}))

    def pairwise(self) -> tuple[Difference, ...]:
        """Estimate every difference, later group minus earlier group, without adjustment for multiplicity."""
        names = [group.group for group in self.groups]
        return tuple(self.difference(later, earlier) for earlier, later in combinations(names, 2))


@frozen(kw_only=True)
class DoseResponse:
    """A linear trend of the adjusted outcome in dose: slope per unit of dose, its test, and the model's size."""

    slope: Estimate
    test: FTest
    n: int
    df: int
    sigma: float


def ancova(
    outcome: ArrayLike,
    group: Iterable[object],
    baseline: ArrayLike | None,
    *,
    levels: Sequence[object],
    reference: object,
    factors: Mapping[str, Iterable[object]] | None = None,
    margins: Margins = "balanced",
    covariance: Covariance = "model",
    confidence: float = 0.95,
) -> Ancova:
    """Fit outcome = group + baseline + factors, without interactions, and compare the groups.

    ``outcome`` and ``baseline`` are n complete numbers, ``group`` and each factor n labels. ``levels`` lists the
    groups in reporting order; ``reference`` is the one the others are compared with. ``baseline=None`` leaves
    baseline out. Adjusted means are taken at the mean baseline of all n subjects; factors are averaged with equal
    weights (``margins="balanced"``, the default of SAS LSMEANS) or with their frequencies (``"observed"``, SAS OM).
    Intervals use Student's t with n - p degrees of freedom.

    Raises StatisticsError (see ``complete_numbers``, ``declared_levels``, ``least_squares``).

    Source: Montgomery, Design and Analysis of Experiments, ch. 15; Searle, Speed and Milliken, American Statistician
    1980.

    >>> result = ancova([3, 4, 6, 1, 2, 2], ["A", "A", "A", "B", "B", "B"], [10, 12, 15, 10, 13, 14],
    ...                 levels=("A", "B"), reference="A")
    >>> round(result.differences[0].estimate.value, 4), result.df
    (-2.6667, 3)
    """
    if margins not in get_args(Margins):
        raise StatisticsError(f"margins: {margins!r} is not one of {', '.join(get_args(Margins))}.")
    y = complete_numbers(outcome, "outcome")
    labels = complete_labels(group, "group", length=y.size)
    order = declared_levels(labels, levels, "group")
    if str(reference) not in order:
        raise StatisticsError(f"reference: {reference} is not among the groups {', '.join(order)}.")
    center = None if baseline is None else float(complete_numbers(baseline, "baseline").mean())
    terms = _terms(y.size, baseline, factors or {})
    group_columns = _indicators("group", labels, order)
    columns = (("intercept", np.ones(y.size)), *group_columns, *(column for _, term in terms for column in term))
    model = least_squares(y, columns, covariance=covariance, confidence=confidence)
    weights = _mean_weights(model.names, order, terms, margins)
    return _report(y, labels, order, str(reference), center, terms, group_columns, margins, model, weights)


def _report(
    y: FloatArray,
    labels: tuple[str, ...],
    order: tuple[str, ...],
    reference: str,
    center: float | None,
    terms: tuple[tuple[str, Columns], ...],
    group_columns: Columns,
    margins: Margins,
    model: LeastSquares,
    weights: FloatArray,
) -> Ancova:
    named = (("group", group_columns), *terms)
    base = weights[order.index(reference)]
    return Ancova(
        groups=tuple(
            _group_mean(level, y[np.array(labels) == level], model.estimate(row))
            for level, row in zip(order, weights, strict=True)
        ),
        reference=reference,
        differences=tuple(
            Difference(group=level, reference=reference, estimate=model.estimate(row - base))
            for level, row in zip(order, weights, strict=True)
            if level != reference
        ),
        baseline_mean=center,
        baseline_slope=None if center is None else model.coefficient("baseline"),
        tests=tuple(model.f_test(term, [name for name, _ in columns]) for term, columns in named),
        n=y.size,
        df=model.df,
        sigma=model.sigma,
        margins=margins,
        model=model,
        mean_weights=tuple(tuple(float(w) for w in row) for row in weights),
    )


def dose_response(
    outcome: ArrayLike,
    dose: ArrayLike,
    baseline: ArrayLike | None,
    *,
    factors: Mapping[str, Iterable[object]] | None = None,
    covariance: Covariance = "model",
    confidence: float = 0.95,
) -> DoseResponse:
    """Fit outcome = dose + baseline + factors with ``dose`` as a number, and test its linear trend.

    Raises StatisticsError as ``ancova`` does; a dose that does not vary is refused as a singular design.

    >>> trend = dose_response([3, 4, 6, 1, 2, 2], [0, 0, 0, 5, 5, 5], [10, 12, 15, 10, 13, 14])
    >>> round(trend.slope.value, 4)
    -0.5333
    """
    y = complete_numbers(outcome, "outcome")
    terms = _terms(y.size, baseline, factors or {})
    doses = complete_numbers(dose, "dose")
    columns = (("intercept", np.ones(y.size)), ("dose", doses), *(column for _, term in terms for column in term))
    model = least_squares(y, columns, covariance=covariance, confidence=confidence)
    return DoseResponse(
        slope=model.coefficient("dose"),
        test=model.f_test("dose", ["dose"]),
        n=y.size,
        df=model.df,
        sigma=model.sigma,
    )


def _terms(
    n: int, baseline: ArrayLike | None, factors: Mapping[str, Iterable[object]]
) -> tuple[tuple[str, Columns], ...]:
    """The terms after the group: the centered baseline, then each factor as indicators of all levels but its first."""
    terms: list[tuple[str, Columns]] = []
    if baseline is not None:
        values = complete_numbers(baseline, "baseline")
        terms.append(("baseline", (("baseline", values - values.mean()),)))
    for name, column in factors.items():
        if name in ("intercept", "group", "dose", "baseline"):
            raise StatisticsError(f"factors: {name!r} is the name of another part of the model; rename the factor.")
        labels = complete_labels(column, name, length=n)
        terms.append((name, _indicators(name, labels, declared_levels(labels, sorted(set(labels)), name))))
    return tuple(terms)


def _indicators(name: str, labels: Sequence[str], order: Sequence[str]) -> Columns:
    present = np.array(labels)
    return tuple((f"{name}[{level}]", (present == level).astype(np.float64)) for level in order[1:])


def _mean_weights(
    names: tuple[str, ...], order: tuple[str, ...], terms: tuple[tuple[str, Columns], ...], margins: Margins
) -> FloatArray:
    """For each group, the weights on the coefficients that give its adjusted mean (groups x p)."""
    common = dict.fromkeys(names, 0.0) | {"intercept": 1.0}
    for term, columns in terms:
        if term != "baseline":  # the baseline column is centered: its mean is zero
            for name, indicator in columns:
                common[name] = float(indicator.mean()) if margins == "observed" else 1.0 / (len(columns) + 1)
    rows = [common | ({f"group[{level}]": 1.0} if level != order[0] else {}) for level in order]
    return np.array([[row[name] for name in names] for row in rows])


def _group_mean(level: str, values: FloatArray, adjusted: Estimate) -> GroupMean:
    return GroupMean(
        group=level,
        n=values.size,
        mean=float(values.mean()),
        standard_deviation=float(values.std(ddof=1)) if values.size > 1 else None,
        adjusted=adjusted,
    )
