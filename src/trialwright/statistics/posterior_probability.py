"""How probable it is that one arm is better than the other by more than a margin, after the data, whatever the prior."""

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.special import expit, logit, ndtr, polygamma, psi

from trialwright.statistics.arguments import FloatArray, StatisticsError
from trialwright.statistics.mixture import BetaMixture, Mixture, NormalMixture


def difference_below(treated: Mixture, control: Mixture, margin: float = 0.0) -> float:
    """Probability that the treated arm's value minus the control arm's is below ``margin``.

    Exact for normal mixtures; for beta mixtures by quadrature over the control arm, to about ten digits.

    Raises StatisticsError if one arm is normal and the other beta.

    >>> treated = NormalMixture(weights=(1.0,), means=(-6.0,), sds=(3.0,))
    >>> control = NormalMixture(weights=(1.0,), means=(-2.0,), sds=(4.0,))
    >>> round(difference_below(treated, control), 6)
    0.788145
    """
    if not np.isfinite(margin):
        raise StatisticsError(f"margin: {margin} is not a finite number.")
    if isinstance(treated, NormalMixture) and isinstance(control, NormalMixture):
        return float(difference(treated, control).cdf(margin))
    if isinstance(treated, BetaMixture) and isinstance(control, BetaMixture):
        p, shares = beta_nodes((control,), margin, (treated,))
        return float(shares[0] @ treated.cdf(p + margin))
    raise StatisticsError("treated and control: both must be normal mixtures, or both beta mixtures.")


def difference(treated: NormalMixture, control: NormalMixture) -> NormalMixture:
    """The distribution of the treated arm's mean minus the control arm's, when the two are independent.

    >>> one = NormalMixture(weights=(1.0,), means=(-6.0,), sds=(3.0,))
    >>> difference(one, NormalMixture(weights=(1.0,), means=(-2.0,), sds=(4.0,)))
    NormalMixture(weights=(1.0,), means=(-4.0,), sds=(5.0,))
    """
    return NormalMixture(
        weights=np.outer(treated.weights, control.weights).ravel().tolist(),
        means=np.subtract.outer(treated.means, control.means).ravel().tolist(),
        sds=np.hypot.outer(treated.sds, control.sds).ravel().tolist(),
    )


def beta_nodes(
    controls: tuple[BetaMixture, ...], margin: float, treated: tuple[BetaMixture, ...] = ()
) -> tuple[FloatArray, FloatArray]:
    """Probabilities p that serve as nodes for several beta mixtures at once, and the share of each mixture at each node.

    Shapes (k,) and (mixtures, k). Panels end where p + margin leaves the range from 0 to 1, because an integrand has a
    corner there; they are small wherever a control is narrow, or ``treated``, whose distribution function at p + margin is
    to be integrated.

    >>> p, shares = beta_nodes((BetaMixture(weights=(1.0,), a=(4.0,), b=(16.0,)),), 0.1)
    >>> round(float(shares[0] @ p), 9)
    0.2
    """
    ends = np.concatenate([np.linspace(-36.0, -12.0, 9), np.linspace(-11.0, 11.0, 67), np.linspace(12.0, 36.0, 9)])
    corners = [float(logit(bound - margin)) for bound in (0.0, 1.0) if 0.0 < bound - margin < 1.0]
    graded = np.add.outer(corners, np.concatenate([[0.0], 0.33 * 0.25 ** np.arange(12), -0.33 * 0.25 ** np.arange(12)]))
    narrow = np.concatenate(
        [_narrow(mixture, 0.0) for mixture in controls] + [_narrow(other, margin) for other in treated]
    )
    ends = np.unique(np.concatenate([ends, graded.ravel(), narrow]))
    nodes, weights = leggauss(10)
    half = 0.5 * np.diff(ends)[:, None]
    x = (0.5 * (ends[1:] + ends[:-1])[:, None] + half * nodes).ravel()
    p = expit(x)
    widths = (half * weights).ravel() * p * expit(-x)
    shares = np.stack([control.pdf(p) * widths for control in controls])
    return p, shares / shares.sum(axis=1, keepdims=True)


def _narrow(mixture: BetaMixture, margin: float) -> FloatArray:
    """Panel ends, as log odds of p, across those components of p + margin that the coarse panels would miss."""
    a, b = np.asarray(mixture.a), np.asarray(mixture.b)
    center, spread = psi(a) - psi(b), np.sqrt(polygamma(1, a) + polygamma(1, b))
    thin = spread < 0.4
    if not thin.any():
        return np.array([])
    p = expit(center[thin, None] + spread[thin, None] * np.linspace(-8.0, 8.0, 17)).ravel() - margin
    ends: FloatArray = logit(p[(p > 0) & (p < 1)])
    # Ends closer than a quarter of the narrowest spread add nothing.
    step = 0.25 * float(spread.min())
    rounded: FloatArray = np.unique(np.round(ends / step)) * step
    return rounded


def normal_difference_below(
    treated: tuple[FloatArray, FloatArray, FloatArray],
    control: tuple[FloatArray, FloatArray, FloatArray],
    margin: float,
) -> FloatArray:
    """``difference_below`` for many outcomes at once, each arm as shares (k, components), means (k, components), sds.

    >>> one = (np.array([[1.0]]), np.array([[-6.0]]), np.array([3.0]))
    >>> normal_difference_below(one, (np.array([[1.0]]), np.array([[-2.0]]), np.array([4.0])), 0.0).round(6)
    array([0.788145])
    """
    gap = margin - (treated[1][:, :, None] - control[1][:, None, :])
    spread = np.sqrt(treated[2][:, None] ** 2 + control[2] ** 2)
    shares = treated[0][:, :, None] * control[0][:, None, :]
    below: FloatArray = (shares * ndtr(gap / spread)).sum(axis=(1, 2))
    return below
