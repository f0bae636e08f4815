"""How strong would something unmeasured have to be to explain the whole result away? E-values and bounds on bias."""

from math import exp, isfinite, sqrt
from typing import Literal, get_args

from attrs import frozen

from trialwright.statistics.arguments import StatisticsError, confidence_level
from trialwright.statistics.distributions import normal_quantile

RatioMeasure = Literal["risk ratio", "rate ratio", "odds ratio", "hazard ratio"]

_SMD_TO_LOG_RATIO = 0.91  # Chinn, Statistics in Medicine 2000, as used by VanderWeele and Ding


@frozen(kw_only=True)
class EValue:
    """E-values of an estimate and of the limit of its interval nearer to ``null``, on the scale of risk ratios.

    ``ratio``, ``lower`` and ``upper`` are the estimate and its interval as (approximate) risk ratios. ``of_limit`` is 1
    where the interval covers ``null``; None if no interval was given.
    """

    ratio: float
    lower: float | None
    upper: float | None
    null: float
    of_estimate: float
    of_limit: float | None


@frozen(kw_only=True)
class BiasBound:
    """What is left of a risk ratio if a confounder has at most the given strength, in the worst case.

    ``factor`` is the most by which such a confounder can distort a risk ratio; estimate and limits are moved by it
    towards, and if need be past, no effect. ``explained`` tells whether the estimate reaches no effect.
    """

    factor: float
    ratio: float
    lower: float | None
    upper: float | None
    explained: bool


def e_value(
    ratio: float,
    lower: float | None = None,
    upper: float | None = None,
    *,
    measure: RatioMeasure = "risk ratio",
    common: bool | None = None,
    null: float = 1.0,
) -> EValue:
    """E-value: the least association, with treatment and with outcome, of a confounder that moves ``ratio`` to ``null``.

    For an odds or hazard ratio say whether the outcome is ``common`` (above 15 % at the end): then the risk ratio is
    approximated by the root of the odds ratio, or by (1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1/HR)). E-values say nothing
    about chance, measurement error or regression to the mean.

    Source: VanderWeele and Ding, Annals of Internal Medicine 2017.

    Raises StatisticsError for ratios that are not above zero, limits that do not enclose the estimate, or a missing ``common``.

    >>> found = e_value(3.9, 1.8, 8.7)
    >>> round(found.of_estimate, 2), round(found.of_limit, 2)
    (7.26, 3.0)
    """
    if measure not in get_args(RatioMeasure):
        raise StatisticsError(f"measure: {measure!r} is not one of {', '.join(get_args(RatioMeasure))}.")
    if measure in ("odds ratio", "hazard ratio") and common is None:
        raise StatisticsError(f"common: is the outcome common (above 15 %)? An {measure} is no risk ratio then.")
    _refuse_disorder(ratio, lower, upper)
    _refuse_not_positive(null, "null")
    convert = {"odds ratio": _odds, "hazard ratio": _hazard}.get(measure, float) if common else float
    rr = convert(ratio)
    low, high = None if lower is None else convert(lower), None if upper is None else convert(upper)
    limit = low if rr > null else high
    reached = limit is not None and (limit - null) * (rr - null) <= 0.0
    return EValue(
        ratio=rr,
        lower=low,
        upper=high,
        null=null,
        of_estimate=_least_association(rr / null),
        of_limit=1.0 if reached else None if limit is None else _least_association(limit / null),
    )


def e_value_of_difference(
    difference: float,
    standard_deviation: float,
    standard_error: float | None = None,
    *,
    null: float = 0.0,
    confidence: float = 0.95,
) -> EValue:
    """E-value of a difference in means: the standardized difference d as the risk ratio exp(0.91 d).

    ``standard_deviation`` is that of the outcome (pooled), ``standard_error`` that of d = difference over standard
    deviation; ``null`` is a difference too. At 95 % the limits are exp(0.91 d -+ 1.78 se), 1.78 being 0.91 times the
    normal quantile; the approximation takes d as what a cut of the outcome near its median would show.

    Source: VanderWeele and Ding, Annals of Internal Medicine 2017; Chinn, Statistics in Medicine 2000.

    >>> found = e_value_of_difference(-7, 7.5, (4 / 20 + (7 / 7.5) ** 2 / 40) ** 0.5)
    >>> round(found.ratio, 3), round(found.of_estimate, 2), round(found.of_limit, 2)
    (0.428, 4.11, 1.12)
    """
    level = confidence_level(confidence)
    if not standard_deviation > 0.0:
        raise StatisticsError(f"standard_deviation: {standard_deviation} is not above zero.")
    if standard_error is not None and not standard_error > 0.0:
        raise StatisticsError(f"standard_error: {standard_error} is not above zero.")
    d, at_null = difference / standard_deviation, exp(_SMD_TO_LOG_RATIO * null / standard_deviation)
    center = _SMD_TO_LOG_RATIO * d
    if standard_error is None:
        return e_value(exp(center), null=at_null)
    half = round(_SMD_TO_LOG_RATIO * normal_quantile(0.5 + level / 2), 2) * standard_error
    return e_value(exp(center), exp(center - half), exp(center + half), null=at_null)


def bias_bound(
    ratio: float,
    lower: float | None = None,
    upper: float | None = None,
    *,
    with_treatment: float,
    with_outcome: float,
) -> BiasBound:
    """Move a risk ratio by the most that a confounder of given strength can distort it: B = ab / (a + b - 1).

    ``with_treatment`` (a) is the largest ratio of the confounder's prevalence between the arms, ``with_outcome`` (b) the
    largest risk ratio of the outcome between its levels; both 1 or above.

    Source: Ding and VanderWeele, Epidemiology 2016.

    >>> found = bias_bound(3.9, 1.8, 8.7, with_treatment=2.0, with_outcome=4.0)
    >>> round(found.factor, 2), round(found.ratio, 4), round(found.lower, 4), found.explained
    (1.6, 2.4375, 1.125, False)
    """
    for name, value in (("with_treatment", with_treatment), ("with_outcome", with_outcome)):
        if not value >= 1.0:
            raise StatisticsError(f"{name}: {value}; a ratio of 1 or above is needed (write 2 for both 2 and 1/2).")
    _refuse_disorder(ratio, lower, upper)
    factor = with_treatment * with_outcome / (with_treatment + with_outcome - 1.0)
    move = 1.0 / factor if ratio >= 1.0 else factor
    return BiasBound(
        factor=factor,
        ratio=ratio * move,
        lower=None if lower is None else lower * move,
        upper=None if upper is None else upper * move,
        explained=(ratio * move - 1.0) * (ratio - 1.0) <= 0.0,
    )


def difference_bias(effect_on_outcome: float, imbalance: float) -> float:
    """Bias of a difference in means by an unmeasured confounder: its effect on the outcome times its imbalance.

    ``effect_on_outcome`` is the change of the mean outcome per unit of the confounder, alike in both arms; ``imbalance``
    its mean in the treated minus that in the others (a difference in prevalence for a yes-or-no trait), given what was
    adjusted for. Subtract the bias from the estimate and from both limits.

    Source: VanderWeele and Arah, Epidemiology 2011 (theorem 1, constant effect).

    >>> difference_bias(-4.0, 0.3)
    -1.2
    """
    if not (isfinite(effect_on_outcome) and isfinite(imbalance)):
        raise StatisticsError(f"bias: {effect_on_outcome} times {imbalance} is no number; both must be finite.")
    return effect_on_outcome * imbalance


def _least_association(ratio: float) -> float:
    up = max(ratio, 1.0 / ratio)
    return up + sqrt(up * (up - 1.0))


def _odds(ratio: float) -> float:
    return sqrt(ratio)


def _hazard(ratio: float) -> float:
    return float((1.0 - 0.5 ** sqrt(ratio)) / (1.0 - 0.5 ** sqrt(1.0 / ratio)))


def _refuse_not_positive(value: float, name: str) -> None:
    if not 0.0 < value < float("inf"):
        raise StatisticsError(f"{name}: {value}; a ratio is above zero and finite.")


def _refuse_disorder(ratio: float, lower: float | None, upper: float | None) -> None:
    for name, value in (("ratio", ratio), ("lower", lower), ("upper", upper)):
        if value is not None:
            _refuse_not_positive(value, name)
    if (lower is not None and lower > ratio) or (upper is not None and upper < ratio):
        raise StatisticsError(f"lower, upper: {lower} and {upper} do not enclose the estimate {ratio}.")
    if (lower is None) != (upper is None):
        raise StatisticsError("lower, upper: give both limits or none.")
