"""When a two-arm trial with priors would be called a success, where the line runs, and how often it would be crossed."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from attrs import field, frozen
from numpy.polynomial.legendre import leggauss
from numpy.typing import ArrayLike
from scipy.special import gammaln, ndtr, xlog1py, xlogy

from trialwright.statistics.arguments import FloatArray, StatisticsError, count
from trialwright.statistics.conjugate import (
    component_shares,
    normal_components,
    predict_binomial,
    update_binomial,
)
from trialwright.statistics.mixture import BetaMixture, NormalMixture
from trialwright.statistics.posterior_probability import beta_nodes, difference_below, normal_difference_below


def _pairs(clauses: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    return tuple((float(probability), float(margin)) for probability, margin in clauses)


@frozen(kw_only=True)
class Decision:
    """Success if, for every clause (probability, margin), the difference treated minus control lies on the right side
    of the margin with more than that probability; below it if ``lower`` (less skin thickening), above it otherwise.

    >>> Decision(clauses=((0.95, 0.0), (0.5, -3.0)), lower=True).margins
    (0.0, -3.0)
    """

    clauses: tuple[tuple[float, float], ...] = field(converter=_pairs)
    lower: bool

    def __attrs_post_init__(self) -> None:
        if not self.clauses or not all(0.0 < probability < 1.0 for probability, _ in self.clauses):
            raise StatisticsError("clauses: each is (probability, margin), the probability strictly between 0 and 1.")

    @property
    def margins(self) -> tuple[float, ...]:
        """The margins of the clauses."""
        return tuple(margin for _, margin in self.clauses)

    def met(self, treated: NormalMixture | BetaMixture, control: NormalMixture | BetaMixture) -> bool:
        """Whether the two posteriors meet every clause."""
        below = np.array([difference_below(treated, control, margin) for margin in self.margins])
        return bool(self.surplus(below[:, None])[0] > 0)

    def surplus(self, below: FloatArray) -> FloatArray:
        """By how much the worst clause is met, from P(difference < margin), shape (clauses, ...)."""
        wanted = np.array([probability for probability, _ in self.clauses]).reshape(-1, *([1] * (below.ndim - 1)))
        least: FloatArray = ((below if self.lower else 1.0 - below) - wanted).min(axis=0)
        return least


@frozen(kw_only=True)
class NormalDesign:
    """Two arms with normal outcomes: a prior and a standard error of the mean for each."""

    treated: NormalMixture
    control: NormalMixture
    treated_error: float
    control_error: float

    def __attrs_post_init__(self) -> None:
        if not (self.treated_error > 0 and self.control_error > 0):
            raise StatisticsError("design: both standard errors must be positive.")


@frozen(kw_only=True)
class BinomialDesign:
    """Two arms with events: a prior and a number of patients for each."""

    treated: BetaMixture
    control: BetaMixture
    treated_n: int
    control_n: int


def normal_boundary(design: NormalDesign, decision: Decision, control_mean: ArrayLike) -> FloatArray:
    """The treated arm's mean at which the decision turns, for each observed ``control_mean``, shape (k,).

    Means below it are a success if the decision asks for a lower value, means above it otherwise. The posterior
    probability rises steadily with the treated mean, so there is one such value; it is found by bisection.

    >>> vague = NormalMixture(weights=(1.0,), means=(0.0,), sds=(1000.0,))
    >>> design = NormalDesign(treated=vague, control=vague, treated_error=3.0, control_error=4.0)
    >>> normal_boundary(design, Decision(clauses=((0.975, 0.0),), lower=True), [0.0, -2.0]).round(2)
    array([ -9.8, -11.8])
    """
    at = np.atleast_1d(np.asarray(control_mean, dtype=np.float64))
    logs, means, sds = normal_components(design.control, at, design.control_error)
    control = (component_shares(logs), means, sds)
    widest = max(*design.treated.sds, *design.control.sds, design.treated_error, design.control_error)
    offset = max(abs(margin) for margin in decision.margins)
    # A tight prior is moved only by means very far out: the ratio of variances says how far.
    stubborn = 1.0 + (design.treated_error / min(design.treated.sds)) ** 2
    reach = 60.0 * widest + offset + np.abs(at) + max(np.abs(design.treated.means)) + max(np.abs(design.control.means))
    low, high = -reach * stubborn, reach * stubborn
    for _ in range(100):
        middle = 0.5 * (low + high)
        met = _normal_surplus(design, decision, middle, control) > 0
        up = met if decision.lower else ~met
        low, high = np.where(up, middle, low), np.where(up, high, middle)
    boundary: FloatArray = 0.5 * (low + high)
    return boundary


def _normal_surplus(
    design: NormalDesign, decision: Decision, treated: FloatArray, control: tuple[FloatArray, FloatArray, FloatArray]
) -> FloatArray:
    logs, means, sds = normal_components(design.treated, treated, design.treated_error)
    arm = (component_shares(logs), means, sds)
    return decision.surplus(np.stack([normal_difference_below(arm, control, margin) for margin in decision.margins]))


def normal_success(
    design: NormalDesign, decision: Decision, treated: ArrayLike, control: ArrayLike, nodes: int = 48
) -> FloatArray:
    """Probability of success when the true means are ``treated`` and ``control`` (arrays of one shape, (k,)).

    With equal true means this is the type I error; otherwise the power. Integrates over the control arm's mean by
    Gauss-Legendre quadrature; the treated arm's share is a normal tail beyond the boundary.

    >>> vague = NormalMixture(weights=(1.0,), means=(0.0,), sds=(1e4,))
    >>> design = NormalDesign(treated=vague, control=vague, treated_error=3.0, control_error=4.0)
    >>> normal_success(design, Decision(clauses=((0.975, 0.0),), lower=True), [0.0, -14.0], [0.0, 0.0]).round(3)
    array([0.025, 0.8  ])
    """
    here, there = np.broadcast_arrays(np.atleast_1d(np.asarray(treated, float)), np.asarray(control, float))
    x, weights = leggauss(nodes)
    at = there[:, None] + 8.5 * design.control_error * x
    density = np.exp(-0.5 * (8.5 * x) ** 2) * weights
    boundary = normal_boundary(design, decision, at.ravel()).reshape(at.shape)
    tail = ndtr((boundary - here[:, None]) / design.treated_error * (1.0 if decision.lower else -1.0))
    success: FloatArray = tail @ density / density.sum()
    return success


def binomial_decisions(design: BinomialDesign, decision: Decision) -> FloatArray:
    """1 where the decision is success, for every possible trial: rows are events treated, columns events control.

    >>> flat = BetaMixture(weights=(1.0,), a=(1.0,), b=(1.0,))
    >>> design = BinomialDesign(treated=flat, control=flat, treated_n=4, control_n=4)
    >>> binomial_decisions(design, Decision(clauses=((0.95, 0.0),), lower=False)).sum(axis=0)
    array([2., 1., 0., 0., 0.])
    """
    arms = [
        tuple(update_binomial(prior, y, n) for y in range(count(n, "n") + 1))
        for prior, n in ((design.treated, design.treated_n), (design.control, design.control_n))
    ]
    below = []
    for margin in decision.margins:
        p, shares = beta_nodes(arms[1], margin, arms[0])
        below.append(np.stack([posterior.cdf(p + margin) for posterior in arms[0]]) @ shares.T)
    return (decision.surplus(np.stack(below)) > 0).astype(np.float64)


def binomial_success(design: BinomialDesign, decision: Decision, treated: ArrayLike, control: ArrayLike) -> FloatArray:
    """Probability of success when the true probabilities are ``treated`` and ``control``, over all possible trials.

    >>> flat = BetaMixture(weights=(1.0,), a=(1.0,), b=(1.0,))
    >>> design = BinomialDesign(treated=flat, control=flat, treated_n=20, control_n=20)
    >>> binomial_success(design, Decision(clauses=((0.975, 0.0),), lower=False), [0.2, 0.7], [0.2, 0.2]).round(3)
    array([0.025, 0.901])
    """
    here, there = np.broadcast_arrays(np.atleast_1d(np.asarray(treated, float)), np.asarray(control, float))
    chances = [
        _binomial_table(n, p, name)
        for n, p, name in ((design.treated_n, here, "treated"), (design.control_n, there, "control"))
    ]
    success: FloatArray = np.einsum("ki,ij,kj->k", chances[0], binomial_decisions(design, decision), chances[1])
    return success


def _binomial_table(n: int, p: FloatArray, name: str) -> FloatArray:
    if not ((p >= 0) & (p <= 1)).all():
        raise StatisticsError(f"{name}: a true probability must lie between 0 and 1.")
    y = np.arange(n + 1)
    ways = gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)
    table: FloatArray = np.exp(ways + xlogy(y, p[:, None]) + xlog1py(n - y, -p[:, None]))
    return table


def normal_assurance(
    design: NormalDesign, decision: Decision, treated: NormalMixture, control: NormalMixture, nodes: int = 96
) -> float:
    """Predictive probability of success: the power averaged over what is believed of the two true means.

    ``treated`` and ``control`` are beliefs (such as posteriors at an interim analysis, with the design's priors equal to
    them), not the priors that will be used in the analysis.

    >>> sure = NormalMixture(weights=(1.0,), means=(0.0,), sds=(1e-6,))
    >>> vague = NormalMixture(weights=(1.0,), means=(0.0,), sds=(1e4,))
    >>> design = NormalDesign(treated=vague, control=vague, treated_error=3.0, control_error=4.0)
    >>> round(normal_assurance(design, Decision(clauses=((0.975, 0.0),), lower=True), sure, sure), 4)
    0.025
    """
    x, weights = leggauss(nodes)
    density = np.exp(-0.5 * (8.5 * x) ** 2) * weights
    density /= density.sum()
    total = 0.0
    for weight, mean, sd in zip(control.weights, control.means, control.sds, strict=True):
        at = mean + 8.5 * sqrt(sd**2 + design.control_error**2) * x
        boundary = normal_boundary(design, decision, at)
        foreseen = NormalMixture(
            weights=treated.weights, means=treated.means, sds=np.hypot(treated.sds, design.treated_error).tolist()
        )
        below = foreseen.cdf(boundary)
        total += weight * float(density @ (below if decision.lower else 1.0 - below))
    return total


def binomial_assurance(design: BinomialDesign, decision: Decision, treated: BetaMixture, control: BetaMixture) -> float:
    """Predictive probability of success: the power averaged over what is believed of the two true probabilities.

    >>> flat = BetaMixture(weights=(1.0,), a=(1.0,), b=(1.0,))
    >>> design = BinomialDesign(treated=flat, control=flat, treated_n=20, control_n=20)
    >>> round(binomial_assurance(design, Decision(clauses=((0.975, 0.0),), lower=False), flat, flat), 3)
    0.27
    """
    here, there = predict_binomial(treated, design.treated_n), predict_binomial(control, design.control_n)
    return float(here @ binomial_decisions(design, decision) @ there)
