"""How many patients a prior is worth: its effective sample size, by three definitions that need not agree."""

from math import inf

import numpy as np

from trialwright.statistics.arguments import StatisticsError
from trialwright.statistics.mixture import BetaMixture, Mixture, NormalMixture


def ess_moment(prior: Mixture, *, unit_sd: float | None = None) -> float:
    """Patients that a single normal or beta prior with the same mean and variance would be worth.

    Simple, and pessimistic for heavy tails. ``unit_sd`` is the standard deviation of one patient's outcome; a normal
    prior needs it, a beta prior has its own.

    >>> round(ess_moment(BetaMixture(weights=(1.0,), a=(4.0,), b=(16.0,))), 6)
    20.0
    >>> ess_moment(NormalMixture(weights=(1.0,), means=(0.0,), sds=(2.5,)), unit_sd=7.5)
    9.0
    """
    if isinstance(prior, NormalMixture):
        return _unit_variance(unit_sd) / prior.sd**2
    return prior.mean * (1 - prior.mean) / prior.sd**2 - 1.0


def ess_elir(prior: Mixture, *, unit_sd: float | None = None) -> float:
    """Expected local information ratio: the prior's information over one patient's, averaged over the prior.

    The one definition that is predictively consistent: n patients later it is larger by n on average.

    Source: Neuenschwander, Weber, Schmidli and O'Hagan, Biometrics 2020; 76:578-587.

    Raises StatisticsError for a beta component with a parameter below 1, for which the average diverges.

    >>> round(ess_elir(BetaMixture(weights=(1.0,), a=(4.0,), b=(16.0,))), 6)
    20.0
    >>> round(ess_elir(NormalMixture(weights=(0.5, 0.5), means=(0.0, 0.0), sds=(2.5, 7.5)), unit_sd=7.5), 3)
    3.11
    """
    if isinstance(prior, BetaMixture) and min(*prior.a, *prior.b) < 1:
        raise StatisticsError(
            "prior: the expected local information ratio is infinite when a beta component has a parameter below 1; "
            "use ess_moment, or components of at least Beta(1, 1)."
        )
    if isinstance(prior, BetaMixture):
        return prior.a[0] + prior.b[0] if len(prior.weights) == 1 else prior.information_ratio()
    points, shares = prior.quadrature()
    return float(shares @ prior.curvature(points)) * _unit_variance(unit_sd)


def ess_morita(prior: Mixture, *, unit_sd: float | None = None) -> float:
    """Patients after whom a nearly flat prior would be as curved as this one, at its mode.

    Optimistic for heavy tails, because it looks at the mode alone.

    Source: Morita, Thall and Mueller, Biometrics 2008; 64:595-602.

    >>> round(ess_morita(NormalMixture(weights=(1.0,), means=(0.0,), sds=(2.5,)), unit_sd=7.5), 2)
    8.91
    """
    mode = prior_mode(prior)
    here = float(prior.curvature(np.array([mode]))[0])
    if isinstance(prior, NormalMixture):
        return max(0.0, here - 1.0 / (_FLAT * prior.sd**2)) * _unit_variance(unit_sd)
    p = prior.mean
    flat = (mode / _FLAT - 1) / mode**2 + ((1 - mode) / _FLAT - 1) / (1 - mode) ** 2
    return max(0.0, (here - flat) / (p / mode**2 + (1 - p) / (1 - mode) ** 2))


_FLAT = 100.0
"""How many times flatter the reference prior of Morita's definition is."""


def prior_mode(prior: Mixture) -> float:
    """The most probable value.

    Raises StatisticsError if the density has no maximum strictly inside its range.

    >>> round(prior_mode(BetaMixture(weights=(1.0,), a=(4.0,), b=(16.0,))), 6)
    0.166667
    """
    points, _ = prior.quadrature()
    order = np.sort(points)
    for _ in range(6):
        at = int(np.argmax(prior.pdf(order)))
        low, high = order[max(at - 1, 0)], order[min(at + 1, order.size - 1)]
        order = np.linspace(low, high, 41)
    if isinstance(prior, BetaMixture) and not 1e-9 < order[20] < 1 - 1e-9:
        raise StatisticsError("prior: its density is highest at 0 or 1, so it has no mode to measure at.")
    return float(order[20])


def _unit_variance(unit_sd: float | None) -> float:
    if unit_sd is None or not 0 < unit_sd < inf:
        raise StatisticsError("unit_sd: a normal prior needs the standard deviation of one patient's outcome.")
    return unit_sd**2
