"""Standard errors that stay right when the assumed covariance is wrong: the sandwich, corrected for few patients."""

from typing import Literal

import numpy as np

from trialwright.statistics.arguments import FloatArray, StatisticsError
from trialwright.statistics.degrees_of_freedom import Inference, directional_degrees, wald_f
from trialwright.statistics.mmrm_newton import MixedFit

Sandwich = Literal["CR0", "CR2", "CR3"]

_LEVERAGE = 1.0 - 1e-9  # a patient who alone determines a coefficient has leverage one


def empirical(fit: MixedFit, kind: Sandwich) -> Inference:
    """Empirical covariance of the coefficients, with the degrees of freedom of Bell and McCaffrey (2002).

    CR0 is SAS's EMPIRICAL and too small in few patients; CR2 removes its bias under the assumed covariance
    (Pustejovsky and Tipton 2018); CR3 is close to leaving each patient out in turn.

    Raises StatisticsError if one patient alone determines a coefficient (CR2, CR3).

    >>> from trialwright.statistics.mmrm import mmrm
    >>> fit = mmrm([1.0, 2.0, 4.0, 3.0, 3.0, 6.0], "aabbcc", [1, 2] * 3, [("mean", [1.0] * 6)], visits=(1, 2),
    ...     covariance="compound symmetry", inference="CR2")
    >>> found = fit.coefficient("mean")
    >>> round(found.standard_error, 4), round(found.df, 4)
    (0.8819, 2.0)
    """
    point, k = fit.point, fit.likelihood.kernels
    p = fit.coefficients.size
    x, y = k.padded[:, :, :p], k.padded[:, :, p]
    residuals = y - x @ point.beta
    weighted = point.inverse[k.kernel_of] @ x
    if kind != "CR0":
        weighted = _adjustment(fit, x, -0.5 if kind == "CR2" else -1.0).transpose(0, 2, 1) @ weighted
    scores = np.einsum("nap,na->np", weighted, residuals)
    sigma = point.sigma[k.kernel_of]
    covariance = fit.basis @ point.phi @ (scores.T @ scores) @ point.phi @ fit.basis.T

    def degrees(row: FloatArray) -> float:
        a = weighted @ (point.phi @ (fit.basis.T @ row))
        b = np.einsum("na,nap->np", a, x)
        gram = np.diag(np.einsum("na,nab,nb->n", a, sigma, a)) - b @ point.phi @ b.T
        return float(np.trace(gram) ** 2 / (gram**2).sum())

    return Inference(
        name=f"empirical {kind} (Bell-McCaffrey)",
        covariance=np.asarray(covariance),
        degrees=degrees,
        test=lambda rows, beta: (wald_f(rows, beta, covariance), directional_degrees(rows, covariance, degrees)),
    )


def _adjustment(fit: MixedFit, x: FloatArray, power: float) -> FloatArray:
    """L (I - L^-1 X Phi X' L^-T)^power L^-1 of each patient, where L L' is the patient's covariance: n x m x m."""
    point, k = fit.point, fit.likelihood.kernels
    inside = k.observed[k.kernel_of]
    both = inside[:, :, None] & inside[:, None, :]
    root = np.linalg.cholesky(np.where(both, point.sigma[k.kernel_of], np.eye(x.shape[1])))
    inverse = np.linalg.inv(root)
    standard = inverse @ x
    values, vectors = np.linalg.eigh(np.eye(x.shape[1]) - standard @ point.phi @ standard.transpose(0, 2, 1))
    if values.min() < 1.0 - _LEVERAGE:
        raise StatisticsError(
            "inference: CR2 and CR3 are undefined because one patient alone determines a coefficient; use CR0 or a "
            "model-based method."
        )
    power_of = (vectors * values[:, None, :] ** power) @ vectors.transpose(0, 2, 1)
    return np.asarray(root @ power_of @ inverse)
