"""A long prior in a few numbers: the mixture of normal or beta distributions nearest to a density, found by weighted EM."""

from collections.abc import Callable
from functools import reduce
from math import inf
from typing import Literal

import numpy as np
from attrs import frozen
from scipy.special import betaln, polygamma, psi

from trialwright.statistics.arguments import FloatArray, StatisticsError
from trialwright.statistics.grid_density import GridDensity
from trialwright.statistics.mixture import BetaMixture, Mixture, NormalMixture

Shape = Literal["normal", "beta"]
Step = Callable[[FloatArray], tuple[FloatArray, float]]


@frozen(kw_only=True)
class MixtureFit:
    """The mixture, how far it is from the density, and what other numbers of components would have given.

    ``divergence`` is the Kullback-Leibler divergence from the density to the mixture, in nats: 0 is perfect.
    ``criteria`` holds (components, criterion); the smallest criterion is chosen.
    """

    mixture: Mixture
    divergence: float
    criteria: tuple[tuple[int, float], ...]


def fit_mixture(
    density: NormalMixture | BetaMixture | GridDensity,
    components: int | None = None,
    *,
    most: int = 4,
    draws: int = 4000,
    penalty: float = 6.0,
) -> MixtureFit:
    """Return the mixture nearest to ``density``: beta for a probability, normal for anything on the whole line.

    The mixture maximizes the expected log density by expectation-maximization over the density's own quadrature nodes,
    so nothing is drawn and nothing is random. Without ``components`` their number up to ``most`` is the one that
    minimizes Akaike's criterion with ``penalty`` for each parameter, as if the density were a sample of ``draws``:
    more draws ask for a closer fit.

    Source: Dempster, Laird and Rubin, JRSS B 1977; 39:1-38, with Varadhan and Roland's acceleration (Scandinavian
    Journal of Statistics 2008; 35:335-353); choice of penalty: Weber and others, J Statistical Software 2021; 100(19).

    Raises StatisticsError for a density of rates, and for fewer than one component.

    >>> target = NormalMixture(weights=(0.7, 0.3), means=(-4.0, -3.0), sds=(1.0, 4.0))
    >>> found = fit_mixture(target, 2)
    >>> [round(w, 4) for w in found.mixture.weights], [round(s, 4) for s in found.mixture.sds]
    ([0.7, 0.3], [1.0, 4.0])
    """
    if components is not None and components < 1:
        raise StatisticsError(f"components: {components}; a mixture has at least one.")
    shape = _shape(density)
    values, shares = density.quadrature()
    kept = shares > 1e-14 * shares.max()
    values, shares = values[kept], shares[kept] / shares[kept].sum()
    if shape == "beta":
        values = np.clip(values, 1e-300, 1 - 1e-16)
    known = float(shares @ np.log(np.maximum(density.pdf(values), 1e-300)))
    tried = range(1, most + 1) if components is None else (components,)
    fits = [(k, *_fit(shape, values, shares, k)) for k in tried]
    criteria = tuple((k, -2.0 * draws * level + penalty * (3 * k - 1)) for k, _, level in fits)
    best = min(range(len(fits)), key=lambda index: criteria[index][1])
    parameters, level = _climb(_step(shape, values, shares), fits[best][1], 2000)
    return MixtureFit(mixture=_mixture(shape, parameters), divergence=known - level, criteria=criteria)


def _shape(density: NormalMixture | BetaMixture | GridDensity) -> Shape:
    if isinstance(density, GridDensity):
        if density.link == "log":
            raise StatisticsError("density: a mixture for rates is not offered; use the quantiles of the predictive.")
        return "beta" if density.link == "logit" else "normal"
    return "beta" if isinstance(density, BetaMixture) else "normal"


def _fit(shape: Shape, values: FloatArray, shares: FloatArray, k: int) -> tuple[FloatArray, float]:
    """Parameters (3, k): log weights and two of the shape; and the expected log density."""
    step = _step(shape, values, shares)
    tried = [_climb(step, start, 40) for start in _starts(shape, values, shares, k)]
    return _climb(step, max(tried, key=lambda one: one[1])[0], 300)


def _step(shape: Shape, values: FloatArray, shares: FloatArray) -> Step:
    return _normal_step(values, shares) if shape == "normal" else _beta_step(values, shares)


def _climb(step: Step, parameters: FloatArray, cycles: int) -> tuple[FloatArray, float]:
    """Squared extrapolation of EM: two steps, a bold one along them, taken back whenever it does not climb."""
    level, earlier = -inf, -inf
    for cycle in range(cycles):
        first, before = step(parameters)
        second, _ = step(first)
        change, bend = first - parameters, second - 2 * first + parameters
        length = max(1.0, float(np.sqrt((change**2).sum() / max((bend**2).sum(), 1e-300))))
        bold = _normalized(parameters + 2 * length * change + length**2 * bend)
        with np.errstate(all="ignore"):
            settled, reached = step(bold)
        if not (np.isfinite(settled).all() and reached >= before):
            settled, reached = step(second)
        parameters, level = settled, reached
        if cycle % 10 == 9:
            if level - earlier < 1e-11:
                break
            earlier = level
    return parameters, level


def _normalized(parameters: FloatArray) -> FloatArray:
    parameters[0] -= np.logaddexp.reduce(parameters[0])
    return parameters


def _responsibilities(logs: FloatArray, shares: FloatArray) -> tuple[FloatArray, float]:
    """Each value's weight in each component (few: one is taken after the other), and the expected log density."""
    largest = reduce(np.maximum, logs.T)
    raised = np.exp(logs - largest[:, None])
    total = reduce(np.add, raised.T)
    return raised / total[:, None] * shares[:, None], float(shares @ (largest + np.log(total)))


def _normal_step(values: FloatArray, shares: FloatArray) -> Step:
    """One EM step for (log weight, mean, log sd), and the level it started from."""

    def step(parameters: FloatArray) -> tuple[FloatArray, float]:
        weight, mean, log_sd = parameters
        z = (values[:, None] - mean) / np.exp(log_sd)
        held, level = _responsibilities(weight - log_sd - 0.5 * z**2 - 0.5 * np.log(2 * np.pi), shares)
        mass = held.sum(axis=0)
        means = values @ held / mass
        variances = (held * (values[:, None] - means) ** 2).sum(axis=0) / mass
        return np.stack([np.log(mass), means, 0.5 * np.log(variances)]), level

    return step


def _beta_step(values: FloatArray, shares: FloatArray) -> Step:
    """One EM step for (log weight, log a, log b): Newton's method on the two digamma equations."""
    log_p, log_q = np.log(values), np.log1p(-values)

    def step(parameters: FloatArray) -> tuple[FloatArray, float]:
        weight, a, b = parameters[0], np.exp(parameters[1]), np.exp(parameters[2])
        logs = weight + np.outer(log_p, a - 1) + np.outer(log_q, b - 1) - betaln(a, b)
        held, level = _responsibilities(logs, shares)
        mass = held.sum(axis=0)
        log_a, log_b = _beta_shapes(log_p @ held / mass, log_q @ held / mass, parameters[1], parameters[2])
        return np.stack([np.log(mass), log_a, log_b]), level

    return step


def _beta_shapes(
    mean_log_p: FloatArray, mean_log_q: FloatArray, log_a: FloatArray, log_b: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Log shapes whose expected log p and log(1 - p) are those given, from a start nearby."""
    for _ in range(50):
        a, b = np.exp(log_a), np.exp(log_b)
        lack_a, lack_b = psi(a) - psi(a + b) - mean_log_p, psi(b) - psi(a + b) - mean_log_q
        both, own_a, own_b = polygamma(1, a + b), polygamma(1, a), polygamma(1, b)
        determinant = (own_a - both) * (own_b - both) - both**2
        step_a = ((own_b - both) * lack_a + both * lack_b) / determinant / a
        step_b = ((own_a - both) * lack_b + both * lack_a) / determinant / b
        log_a, log_b = log_a - np.clip(step_a, -1, 1), log_b - np.clip(step_b, -1, 1)
        if max(np.abs(step_a).max(), np.abs(step_b).max()) < 1e-12:
            break
    return log_a, log_b


def _starts(shape: Shape, values: FloatArray, shares: FloatArray, k: int) -> list[FloatArray]:
    """Two places to begin: one center with different spreads, and slices side by side."""
    order = np.argsort(values)
    slices = np.array_split(order, np.searchsorted(np.cumsum(shares[order]), np.arange(1, k) / k))
    mean = float(shares @ values)
    sd = float(np.sqrt(shares @ (values - mean) ** 2))
    nested = [(mean, spread) for spread in (sd * np.geomspace(0.5, 2.0, k) if k > 1 else [sd])]
    beside = []
    for part in slices:
        held = shares[part] / shares[part].sum() if part.size else np.array([])
        middle = float(held @ values[part]) if part.size else mean
        beside.append((middle, max(float(np.sqrt(held @ (values[part] - middle) ** 2)) if part.size else sd, 0.2 * sd)))
    return [np.array([_parameters(shape, m, s, k) for m, s in places]).T for places in (nested, beside)]


def _parameters(shape: Shape, mean: float, sd: float, k: int) -> tuple[float, float, float]:
    if shape == "normal":
        return -float(np.log(k)), mean, float(np.log(sd))
    total = max(mean * (1 - mean) / sd**2 - 1, 0.5)
    return -float(np.log(k)), float(np.log(mean * total)), float(np.log((1 - mean) * total))


def _mixture(shape: Shape, parameters: FloatArray) -> Mixture:
    """The mixture with its components in order of weight."""
    order = np.argsort(-parameters[0], kind="stable")
    weights = np.exp(_normalized(parameters.copy())[0])[order].tolist()
    first, second = parameters[1][order], parameters[2][order]
    if shape == "normal":
        return NormalMixture(weights=weights, means=first.tolist(), sds=np.exp(second).tolist())
    return BetaMixture(weights=weights, a=np.exp(first).tolist(), b=np.exp(second).tolist())
