"""Whether the trial contradicts what was believed before it, and how much the conclusion leans on that belief."""

from typing import Literal

import numpy as np
from attrs import frozen

from trialwright.statistics.arguments import StatisticsError
from trialwright.statistics.conjugate import (
    binomial_evidence,
    normal_components,
    predict_binomial,
    predict_normal,
    update_binomial,
    update_normal,
)
from trialwright.statistics.mixture import BetaMixture, NormalMixture
from trialwright.statistics.posterior_probability import difference_below

Verdict = Literal["at every weight", "at no weight", "above the tipping weight", "below the tipping weight"]


@frozen(kw_only=True)
class PriorConflict:
    """How surprising the observed result was under the prior.

    ``lower`` and ``upper`` are the prior predictive probabilities of a result as low, and as high, as the one observed;
    ``two_sided`` is twice the smaller one, at most 1. ``last_before`` and ``last_after`` are the weight of the last
    component, which is the vague one in a robust prior, before and after: if it rises, the trial contradicts the rest.
    """

    lower: float
    upper: float
    two_sided: float
    last_before: float
    last_after: float


@frozen(kw_only=True)
class PriorWeightTipping:
    """How the conclusion depends on the weight given to the informative prior.

    ``vague`` and ``informative`` are the posterior probabilities under each prior alone, ``tipping`` the weight of the
    informative one at which the probability equals the threshold: None if it lies on one side at every weight.
    ``success`` says at which weights the probability exceeds the threshold.
    """

    vague: float
    informative: float
    threshold: float
    tipping: float | None
    success: Verdict


def normal_conflict(prior: NormalMixture, mean: float, standard_error: float) -> PriorConflict:
    """Compare an observed mean with the prior.

    Source: Box, JRSS A 1980; 143:383-430.

    >>> robust = NormalMixture(weights=(0.8, 0.2), means=(-4.0, -4.0), sds=(2.0, 7.5))
    >>> found = normal_conflict(robust, 4.0, 2.37)
    >>> round(found.two_sided, 3), round(found.last_after, 3)
    (0.07, 0.621)
    """
    lower = float(predict_normal(prior, standard_error).cdf(mean))
    return _conflict(lower, 1.0 - lower, prior.weights, update_normal(prior, mean, standard_error).weights)


def binomial_conflict(prior: BetaMixture, events: int, n: int) -> PriorConflict:
    """Compare observed events with the prior; both tails include the observed count.

    >>> prior = BetaMixture(weights=(0.9, 0.1), a=(4.0, 1.0), b=(16.0, 1.0))
    >>> found = binomial_conflict(prior, 8, 10)
    >>> round(found.two_sided, 3), round(found.last_after, 3)
    (0.057, 0.9)
    """
    posterior = update_binomial(prior, events, n)
    chances = predict_binomial(prior, n)
    lower, upper = float(chances[: events + 1].sum()), float(chances[events:].sum())
    return _conflict(lower, upper, prior.weights, posterior.weights)


def _conflict(lower: float, upper: float, before: tuple[float, ...], after: tuple[float, ...]) -> PriorConflict:
    return PriorConflict(
        lower=min(lower, 1.0),
        upper=min(upper, 1.0),
        two_sided=min(1.0, 2.0 * min(lower, upper)),
        last_before=before[-1],
        last_after=after[-1],
    )


def tipping_weight_normal(
    informative: NormalMixture,
    vague: NormalMixture,
    treated: NormalMixture,
    *,
    mean: float,
    standard_error: float,
    threshold: float,
    margin: float = 0.0,
    lower: bool = True,
) -> PriorWeightTipping:
    """Which weight on the ``informative`` prior of the control arm would change the conclusion?

    ``treated`` is the treated arm's posterior; ``mean`` and ``standard_error`` are the control arm's. Success is a
    probability above ``threshold`` that treated minus control is below ``margin`` (above it unless ``lower``).
    The probability at weight w is (w m1 P1 + (1 - w) m0 P0) / (w m1 + (1 - w) m0), where m1, m0 are the marginal
    likelihoods and P1, P0 the probabilities under each prior alone, so the tipping weight needs no search.

    >>> informative = NormalMixture(weights=(1.0,), means=(-4.0,), sds=(1.0,))
    >>> vague = NormalMixture(weights=(1.0,), means=(-4.0,), sds=(7.5,))
    >>> treated = NormalMixture(weights=(1.0,), means=(-5.0,), sds=(2.4,))
    >>> found = tipping_weight_normal(informative, vague, treated, mean=0.0, standard_error=2.4, threshold=0.9)
    >>> round(found.vague, 3), round(found.informative, 3), round(found.tipping, 3), found.success
    (0.919, 0.732, 0.096, 'below the tipping weight')
    """
    sides = []
    for prior in (informative, vague):
        logs = normal_components(prior, np.array([mean]), standard_error)[0][0]
        posterior = update_normal(prior, mean, standard_error)
        sides.append((float(np.logaddexp.reduce(logs)), difference_below(treated, posterior, margin)))
    return _tipping(sides, threshold, lower)


def tipping_weight_binomial(
    informative: BetaMixture,
    vague: BetaMixture,
    treated: BetaMixture,
    *,
    events: int,
    n: int,
    threshold: float,
    margin: float = 0.0,
    lower: bool = True,
) -> PriorWeightTipping:
    """As ``tipping_weight_normal``, for ``events`` among ``n`` patients of the control arm.

    >>> flat = BetaMixture(weights=(1.0,), a=(1.0,), b=(1.0,))
    >>> found = tipping_weight_binomial(BetaMixture(weights=(1.0,), a=(4.0,), b=(16.0,)), flat,
    ...     BetaMixture(weights=(1.0,), a=(11.0,), b=(11.0,)), events=3, n=10, threshold=0.95, lower=False)
    >>> round(found.vague, 3), round(found.informative, 3), round(found.tipping, 3), found.success
    (0.837, 0.979, 0.676, 'above the tipping weight')
    """
    sides = []
    for prior in (informative, vague):
        posterior = update_binomial(prior, events, n)
        logs = binomial_evidence(prior, n)[int(events)]
        sides.append((float(np.logaddexp.reduce(logs)), difference_below(treated, posterior, margin)))
    return _tipping(sides, threshold, lower)


def _tipping(sides: list[tuple[float, float]], threshold: float, lower: bool) -> PriorWeightTipping:
    if not 0.0 < threshold < 1.0:
        raise StatisticsError(f"threshold: {threshold} is not strictly between 0 and 1.")
    (log_one, one), (log_two, two) = sides
    if not lower:
        one, two = 1.0 - one, 1.0 - two
    tipping: float | None = None
    success: Verdict = "at every weight" if one > threshold else "at no weight"
    if (one > threshold) != (two > threshold):
        pull = float(np.exp(min(log_two - log_one, 700.0))) * (two - threshold)
        tipping = pull / (pull - (one - threshold))
        success = "above the tipping weight" if one > threshold else "below the tipping weight"
    return PriorWeightTipping(vague=two, informative=one, threshold=threshold, tipping=tipping, success=success)
