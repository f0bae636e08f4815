"""From prior to posterior in closed form, and how much room a prior leaves for being wrong (robust priors)."""

from math import isfinite, pi

import numpy as np
from scipy.special import betaln, gammaln

from trialwright.statistics.arguments import FloatArray, StatisticsError, count
from trialwright.statistics.mixture import BetaMixture, NormalMixture


def robustify_normal(
    prior: NormalMixture, weight: float, *, unit_sd: float, location: float | None = None
) -> NormalMixture:
    """Give ``weight`` to a vague normal component that carries the information of one patient, as the last component.

    ``unit_sd`` is the standard deviation of one patient's outcome; the component sits at ``location``, by default the
    prior's mean. Weight 1 leaves the vague component alone, weight 0 the prior as it is.

    Source: Schmidli and others, Biometrics 2014; 70:1023-1032.

    Raises StatisticsError for a weight outside 0 to 1 or a standard deviation that is not positive.

    >>> prior = NormalMixture(weights=(1.0,), means=(-4.0,), sds=(2.0,))
    >>> robustify_normal(prior, 0.2, unit_sd=7.5)
    NormalMixture(weights=(0.8, 0.2), means=(-4.0, -4.0), sds=(2.0, 7.5))
    """
    center = prior.mean if location is None else location
    weights, kept = _with_vague(prior.weights, weight)
    means, sds = (*prior.means, center), (*prior.sds, unit_sd)
    return NormalMixture(weights=weights, means=[means[k] for k in kept], sds=[sds[k] for k in kept])


def robustify_beta(prior: BetaMixture, weight: float, *, location: float = 0.5) -> BetaMixture:
    """Give ``weight`` to a vague beta component that counts two patients, by default Beta(1, 1), as the last component.

    Raises StatisticsError for a weight outside 0 to 1 or a location that is not a probability.

    >>> robustify_beta(BetaMixture(weights=(1.0,), a=(4.0,), b=(16.0,)), 0.1)
    BetaMixture(weights=(0.9, 0.1), a=(4.0, 1.0), b=(16.0, 1.0))
    """
    if not 0.0 < location < 1.0:
        raise StatisticsError(f"location: {location} is not a probability strictly between 0 and 1.")
    weights, kept = _with_vague(prior.weights, weight)
    a, b = (*prior.a, 2 * location), (*prior.b, 2 * (1 - location))
    return BetaMixture(weights=weights, a=[a[k] for k in kept], b=[b[k] for k in kept])


def _with_vague(prior: tuple[float, ...], weight: float) -> tuple[list[float], list[int]]:
    """Weights of the prior's components and the vague one, and which of them have any."""
    if not 0.0 <= weight <= 1.0:
        raise StatisticsError(f"weight: {weight} is not between 0 and 1.")
    weights = [*((1 - weight) * w for w in prior), weight]
    kept = [index for index, w in enumerate(weights) if w > 0]
    return [weights[index] for index in kept], kept


def shifted(prior: NormalMixture, mean: float, sd: float = 0.0) -> NormalMixture:
    """Move every component by a shift believed to be N(``mean``, ``sd``^2): the new trial is not quite exchangeable.

    >>> shifted(NormalMixture(weights=(1.0,), means=(-4.0,), sds=(1.5,)), 1.0, 2.0)
    NormalMixture(weights=(1.0,), means=(-3.0,), sds=(2.5,))
    """
    if not (isfinite(mean) and isfinite(sd) and sd >= 0):
        raise StatisticsError("shift: its mean must be a number and its standard deviation zero or more.")
    return NormalMixture(
        weights=prior.weights, means=np.add(prior.means, mean).tolist(), sds=np.hypot(prior.sds, sd).tolist()
    )


def update_normal(prior: NormalMixture, mean: float, standard_error: float) -> NormalMixture:
    """Posterior after a mean with a known standard error; every component is updated, its weight by how well it foresaw.

    Raises StatisticsError for a standard error that is not positive.

    >>> prior = NormalMixture(weights=(0.8, 0.2), means=(-4.0, -4.0), sds=(2.0, 7.5))
    >>> posterior = update_normal(prior, 4.0, 7.5 / 10**0.5)
    >>> round(posterior.mean, 3), round(posterior.weights[1], 3)
    (1.774, 0.62)
    """
    logs, means, sds = normal_components(prior, np.array([mean]), _standard_error(standard_error))
    return NormalMixture(weights=_weights(logs[0]), means=means[0].tolist(), sds=sds.tolist())


def update_binomial(prior: BetaMixture, events: int, n: int) -> BetaMixture:
    """Posterior after ``events`` events in ``n`` patients; every component is updated, its weight by how well it foresaw.

    Raises StatisticsError if the events are not a count between 0 and ``n``.

    >>> posterior = update_binomial(BetaMixture(weights=(0.5, 0.5), a=(4.0, 1.0), b=(16.0, 1.0)), 8, 10)
    >>> posterior.a, posterior.b, round(posterior.weights[1], 3)
    ((12.0, 9.0), (18.0, 3.0), 0.988)
    """
    _binomial(events, n)
    logs = binomial_evidence(prior, n)[int(events)]
    return BetaMixture(
        weights=_weights(logs),
        a=(np.asarray(prior.a) + events).tolist(),
        b=(np.asarray(prior.b) + n - events).tolist(),
    )


def predict_normal(prior: NormalMixture, standard_error: float) -> NormalMixture:
    """What a future mean with this standard error would look like, before it is seen.

    >>> predict_normal(NormalMixture(weights=(1.0,), means=(0.0,), sds=(3.0,)), 4.0).sd
    5.0
    """
    return shifted(prior, 0.0, _standard_error(standard_error))


def predict_binomial(prior: BetaMixture, n: int) -> FloatArray:
    """Probabilities of 0, 1, ... ``n`` events among ``n`` future patients, shape (n + 1,).

    >>> predict_binomial(BetaMixture(weights=(1.0,), a=(1.0,), b=(1.0,)), 4).round(3)
    array([0.2, 0.2, 0.2, 0.2, 0.2])
    """
    probability: FloatArray = np.exp(binomial_evidence(prior, count(n, "n"))).sum(axis=-1)
    return probability


def normal_components(
    prior: NormalMixture, means: FloatArray, standard_error: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log weights (not normalized) and means of the updated components, shape (outcomes, components), and their sds.

    >>> logs, means, sds = normal_components(NormalMixture(weights=(1,), means=(0,), sds=(1,)), np.array([1.0, 3.0]), 1.0)
    >>> means.tolist(), sds.round(4).tolist()
    ([[0.5], [1.5]], [0.7071])
    """
    if not np.isfinite(means).all():
        raise StatisticsError("mean: it is missing or infinite; nothing was observed to learn from.")
    m, s = np.asarray(prior.means), np.asarray(prior.sds)
    total = s**2 + standard_error**2
    distance = means[:, None] - m
    logs = np.log(np.maximum(prior.weights, 1e-300)) - 0.5 * np.log(2 * pi * total) - 0.5 * distance**2 / total
    return logs, m + distance * (s**2 / total), s * standard_error / np.sqrt(total)


def binomial_evidence(prior: BetaMixture, n: int) -> FloatArray:
    """Log of weight times beta-binomial probability of 0 to ``n`` events, shape (n + 1, components).

    >>> np.exp(binomial_evidence(BetaMixture(weights=(1.0,), a=(1.0,), b=(1.0,)), 1)).round(3).tolist()
    [[0.5], [0.5]]
    """
    a, b, y = np.asarray(prior.a), np.asarray(prior.b), np.arange(n + 1)[:, None]
    ways = gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)
    logs: FloatArray = np.log(np.maximum(prior.weights, 1e-300)) + ways + betaln(a + y, b + n - y) - betaln(a, b)
    return logs


def component_shares(logs: FloatArray) -> FloatArray:
    """Weights that sum to 1 along the last axis, from logarithms.

    >>> component_shares(np.log([[1.0, 3.0]])).tolist()
    [[0.25, 0.75]]
    """
    raised = np.exp(logs - logs.max(axis=-1, keepdims=True))
    shares: FloatArray = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def _weights(logs: FloatArray) -> list[float]:
    found: list[float] = component_shares(logs).tolist()
    return found


def _standard_error(value: float) -> float:
    if not (isfinite(value) and value > 0):
        raise StatisticsError(f"standard error: {value} is not a positive number; a mean known exactly needs no prior.")
    return float(value)


def _binomial(events: int, n: int) -> None:
    if count(events, "events") > count(n, "n"):
        raise StatisticsError(f"events: {events} of only {n} patients.")
