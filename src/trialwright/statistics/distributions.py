"""Tail probabilities and quantiles of the normal, Student t, F, chi-square and beta distributions."""

from scipy.special import (
    betaincinv,
    chdtrc,
    chdtri,
    fdtrc,
    fdtri,
    ndtr,
    ndtri,
    stdtr,
    stdtrit,
)


def normal_quantile(probability: float) -> float:
    """Quantile of the standard normal distribution.

    >>> round(normal_quantile(0.975), 6)
    1.959964
    """
    return float(ndtri(probability))


def normal_two_sided(z: float) -> float:
    """Two-sided p-value of a standard normal statistic.

    >>> round(normal_two_sided(1.959964), 6)
    0.05
    """
    return float(2.0 * ndtr(-abs(z)))


def student_quantile(probability: float, df: float) -> float:
    """Quantile of Student's t with ``df`` degrees of freedom.

    >>> round(student_quantile(0.975, 17), 6)
    2.109816
    """
    return float(stdtrit(df, probability))


def student_two_sided(t: float, df: float) -> float:
    """Two-sided p-value of a t statistic.

    >>> round(student_two_sided(2.109816, 17), 6)
    0.05
    """
    return float(2.0 * stdtr(df, -abs(t)))


def f_upper(f: float, df_numerator: float, df_denominator: float) -> float:
    """Probability that F exceeds ``f``.

    >>> round(f_upper(4.451322, 1, 17), 6)
    0.05
    """
    return float(fdtrc(df_numerator, df_denominator, f))


def f_quantile(probability: float, df_numerator: float, df_denominator: float) -> float:
    """Quantile of F; the degrees of freedom need not be whole.

    >>> round(f_quantile(0.95, 1, 17), 6)
    4.451322
    """
    return float(fdtri(df_numerator, df_denominator, probability))


def chi_square_upper(x: float, df: float) -> float:
    """Probability that a chi-square variable exceeds ``x``.

    >>> round(chi_square_upper(3.841459, 1), 6)
    0.05
    """
    return float(chdtrc(df, x))


def chi_square_quantile(probability: float, df: float) -> float:
    """Quantile of the chi-square distribution.

    >>> round(chi_square_quantile(0.95, 1), 6)
    3.841459
    """
    return float(chdtri(df, 1.0 - probability))


def beta_quantile(probability: float, a: float, b: float) -> float:
    """Quantile of the beta distribution with shapes ``a`` and ``b``.

    >>> round(beta_quantile(0.5, 2, 2), 6)
    0.5
    """
    return float(betaincinv(a, b, probability))
