"""Adjusted means of a mixed model by arm and visit, their differences, and the type III tests of its terms."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from attrs import frozen

from trialwright.statistics.arguments import StatisticsError
from trialwright.statistics.factorial_design import FactorialDesign, Part
from trialwright.statistics.least_squares import Estimate, FTest
from trialwright.statistics.mmrm import Mmrm


@frozen(kw_only=True)
class LeastSquaresMean:
    """The adjusted mean at some levels, for example arm TEL at week 24."""

    at: tuple[tuple[str, str], ...]
    estimate: Estimate


@frozen(kw_only=True)
class MeanDifference:
    """The adjusted mean of ``level`` minus that of ``reference``, at some levels of other factors."""

    factor: str
    level: str
    reference: str
    at: tuple[tuple[str, str], ...]
    estimate: Estimate


def least_squares_means(
    model: Mmrm, design: FactorialDesign, by: Sequence[str], *, covariates: Mapping[str, float] | None = None
) -> tuple[LeastSquaresMean, ...]:
    """Adjusted means at every combination of the levels of the factors in ``by``.

    Other factors are averaged with equal weights; numbers are at the value in ``covariates``, otherwise at their mean
    over the rows with an observed outcome (as SAS LSMEANS and emmeans do).

    Raises StatisticsError if ``by`` names no factor of the design.

    >>> from trialwright.statistics.factorial_design import factorial_design
    >>> from trialwright.statistics.mmrm import mmrm
    >>> design = factorial_design({"arm": ["C"] * 6 + ["T"] * 6, "visit": [1, 2] * 6},
    ...     ["arm", "visit", ("arm", "visit")], levels={"arm": ("C", "T"), "visit": (1, 2)})
    >>> model = mmrm([1, 2, 4, 3, 3, 5, 5, 4, 2, 6, 4, 7], "aabbccddeeff", [1, 2] * 6, design.columns, visits=(1, 2))
    >>> [round(mean.estimate.value, 4) for mean in least_squares_means(model, design, ("arm", "visit"))]
    [2.6667, 3.3333, 3.6667, 5.6667]
    """
    base = _base(model, design, covariates or {})
    found = []
    for levels in product(*(_levels(design, factor) for factor in by)):
        at = tuple(zip(by, levels, strict=True))
        weights = design.combination(base | {factor: design.level(factor, level) for factor, level in at})
        found.append(LeastSquaresMean(at=at, estimate=model.estimate(weights)))
    return tuple(found)


def mean_differences(
    model: Mmrm,
    design: FactorialDesign,
    factor: str,
    *,
    reference: object,
    by: Sequence[str] = (),
    covariates: Mapping[str, float] | None = None,
) -> tuple[MeanDifference, ...]:
    """Each level of ``factor`` minus ``reference``, at every combination of the levels of the factors in ``by``.

    >>> from trialwright.statistics.factorial_design import factorial_design
    >>> from trialwright.statistics.mmrm import mmrm
    >>> design = factorial_design({"arm": ["C"] * 6 + ["T"] * 6, "visit": [1, 2] * 6},
    ...     ["arm", "visit", ("arm", "visit")], levels={"arm": ("C", "T"), "visit": (1, 2)})
    >>> model = mmrm([1, 2, 4, 3, 3, 5, 5, 4, 2, 6, 4, 7], "aabbccddeeff", [1, 2] * 6, design.columns, visits=(1, 2))
    >>> week_two = mean_differences(model, design, "arm", reference="C", by=("visit",))[1]
    >>> week_two.at, round(week_two.estimate.value, 4), round(week_two.estimate.df, 4)
    ((('visit', '2'),), 2.3333, 4.0)
    """
    base = _base(model, design, covariates or {})
    if factor in by:
        raise StatisticsError(f"by: {factor} is compared, so it cannot also be held.")
    found = []
    for levels in product(*(_levels(design, other) for other in by)):
        at = tuple(zip(by, levels, strict=True))
        held = base | {other: design.level(other, level) for other, level in at}
        low = design.combination(held | {factor: design.level(factor, reference)})
        for level in _levels(design, factor):
            if level != str(reference):
                high = design.combination(held | {factor: design.level(factor, level)})
                found.append(
                    MeanDifference(
                        factor=factor, level=level, reference=str(reference), at=at, estimate=model.estimate(high - low)
                    )
                )
    return tuple(found)


def type_three_tests(model: Mmrm, design: FactorialDesign) -> tuple[FTest, ...]:
    """The type III test of every term of ``design``, in its order.

    >>> from trialwright.statistics.factorial_design import factorial_design
    >>> from trialwright.statistics.mmrm import mmrm
    >>> design = factorial_design({"arm": ["C"] * 6 + ["T"] * 6, "visit": [1, 2] * 6},
    ...     ["arm", "visit", ("arm", "visit")], levels={"arm": ("C", "T"), "visit": (1, 2)})
    >>> model = mmrm([1, 2, 4, 3, 3, 5, 5, 4, 2, 6, 4, 7], "aabbccddeeff", [1, 2] * 6, design.columns, visits=(1, 2))
    >>> [(test.term, round(test.f, 4)) for test in type_three_tests(model, design)]
    [('arm', 3.5714), ('visit', 2.2857), ('arm*visit', 0.5714)]
    """
    return tuple(model.f_test("*".join(term), design.type_three(term)) for term in design.terms)


def _base(model: Mmrm, design: FactorialDesign, covariates: Mapping[str, float]) -> dict[str, Part]:
    """Every factor averaged, every number at its mean over the observed rows unless given."""
    if unknown := [name for name in covariates if name not in design.numbers]:
        raise StatisticsError(f"covariates: {', '.join(unknown)} is no number in the design.")
    if tuple(name for name, _ in design.columns) != model.names:
        raise StatisticsError("design: its columns are not those the model was fitted with.")
    parts = {name: design.average(name) for name in design.levels}
    for name, values in design.numbers.items():
        value = covariates.get(name, float(values[model.fit.data.used].mean()))
        parts[name] = (1.0, np.array([value]))
    return parts


def _levels(design: FactorialDesign, factor: str) -> tuple[str, ...]:
    if factor not in design.levels:
        raise StatisticsError(f"by: no factor {factor!r}; the factors are {', '.join(design.levels)}.")
    return design.levels[factor]
