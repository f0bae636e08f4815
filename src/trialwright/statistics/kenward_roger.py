"""Tests that keep their level in twenty patients: Kenward and Roger's adjustment, in the parameters that SAS uses."""

import numpy as np

from trialwright.statistics.arguments import FloatArray, StatisticsError
from trialwright.statistics.degrees_of_freedom import Inference, satterthwaite_degrees, wald_f
from trialwright.statistics.mmrm_newton import MixedFit


def kenward_roger(fit: MixedFit, *, linear: bool = False) -> Inference:
    """Covariance widened for the estimated covariance parameters, with matching degrees of freedom and scaled F.

    Source: Kenward and Roger, Biometrics 1997; 53:983-997. The adjustment depends on how the covariance is
    parametrized: here it is in variances, covariances and correlations, as in SAS (DDFM=KR). ``linear`` leaves out
    the second derivatives (DDFM=KR(LINEAR)); for unstructured, compound symmetry and Toeplitz they are zero.

    Raises StatisticsError for a maximum likelihood fit.

    >>> from trialwright.statistics.mmrm import mmrm
    >>> fit = mmrm([1.0, 2.0, 4.0, 3.0, 3.0, 6.0], "aabbcc", [1, 2] * 3,
    ...     [("mean", [1.0] * 6), ("visit 2", [0.0, 1.0] * 3)], visits=(1, 2))
    >>> found = fit.coefficient("visit 2")
    >>> round(found.standard_error, 4), round(found.df, 4)
    (1.1547, 2.0)
    """
    if fit.likelihood.criterion != "REML":
        raise StatisticsError("inference: Kenward-Roger is defined for REML; use it, or Satterthwaite with ML.")
    adjusted = adjusted_covariance(fit, linear=linear)
    return Inference(
        name="Kenward-Roger (linear)" if linear else "Kenward-Roger",
        covariance=adjusted,
        degrees=lambda row: satterthwaite_degrees(fit, row),
        test=lambda rows, beta: _scaled_f(fit, adjusted, rows, beta),
    )


def adjusted_covariance(fit: MixedFit, *, linear: bool) -> FloatArray:
    """Phi + 2 Phi {sum of V_hj (Q_hj - P_h Phi P_j - R_hj / 4)} Phi, in the columns asked for (p x p).

    >>> from trialwright.statistics.mmrm_newton import fit_mixed
    >>> from trialwright.statistics.repeated_measures import repeated_measures
    >>> data = repeated_measures([1.0, 2.0, 4.0, 3.0, 3.0, 6.0], "aabbcc", [1, 2] * 3,
    ...     [("mean", [1.0] * 6)], visits=(1, 2))
    >>> adjusted_covariance(fit_mixed(data, "compound symmetry", "REML"), linear=False).round(4).tolist()
    [[0.7778]]
    """
    point, p = fit.point, fit.coefficients.size
    w, d, v = point.inverse, fit.slope.first, fit.theta_covariance
    weighted = np.tensordot(v, d, axes=(1, 1)).transpose(1, 0, 2, 3)
    middle = (fit.slope.times_inverse @ weighted).sum(axis=1)
    second = None if linear else fit.likelihood.second(point.shapes)
    if second is not None:
        middle = middle - 0.25 * np.tensordot(second, v, axes=([1, 2], [0, 1]))
    within = fit.likelihood.kernels.summed(w @ middle @ w)[:p, :p]
    values, vectors = np.linalg.eigh(v)
    turned = np.tensordot((vectors * np.sqrt(np.maximum(values, 0.0))).T, fit.slope.p_matrices, axes=1)
    between = (turned @ point.phi @ turned).sum(axis=0)
    adjusted = point.phi + 2.0 * point.phi @ (within - between) @ point.phi
    return np.asarray(fit.basis @ (0.5 * (adjusted + adjusted.T)) @ fit.basis.T)


def _scaled_f(fit: MixedFit, adjusted: FloatArray, rows: FloatArray, beta: FloatArray) -> tuple[float, float]:
    """lambda F and its denominator degrees of freedom for q combinations; moments matched as in the 1997 paper."""
    q, phi, v = len(rows), fit.point.phi, fit.theta_covariance
    f = wald_f(rows, beta, adjusted)
    if q == 1:
        return f, satterthwaite_degrees(fit, rows[0])
    directions = rows @ fit.basis
    middle = directions.T @ np.linalg.solve(directions @ phi @ directions.T, directions)
    products = middle @ phi @ fit.slope.p_matrices @ phi
    traces = np.einsum("haa->h", products)
    a1 = float(traces @ v @ traces)
    flat = products.reshape(len(products), -1)
    a2 = float((v * (flat @ products.transpose(0, 2, 1).reshape(len(products), -1).T)).sum())
    b = (a1 + 6 * a2) / (2 * q)
    g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2)
    scale = 3 * q + 2 * (1 - g)
    c1, c2, c3 = g / scale, (q - g) / scale, (q + 2 - g) / scale
    expected = 1 / (1 - a2 / q)
    variance = (2 / q) * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
    rho = variance / (2 * expected**2)
    df = 4 + (q + 2) / (q * rho - 1)
    if not (np.isfinite(df) and df > 2 and a2 < q):
        raise StatisticsError(
            f"inference: Kenward-Roger finds no degrees of freedom for a test of {q} combinations in so few patients; "
            "test fewer combinations at once, or choose a simpler covariance."
        )
    return f * df / (expected * (df - 2)), df
