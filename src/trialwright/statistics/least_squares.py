"""Fits a linear model by least squares, with named columns, so that an unanswerable question is refused by name."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import FloatArray, StatisticsError, complete_numbers, confidence_level
from trialwright.statistics.distributions import f_upper, student_quantile, student_two_sided

Covariance = Literal["model", "HC0", "HC1", "HC2", "HC3"]

_DEPENDENT = 1e-9  # a unit column whose part outside the earlier columns is shorter is a combination of them
_PERFECT_FIT = 1e-24  # residual sum of squares over sum of squares: nothing is left but rounding


@frozen(kw_only=True)
class Estimate:
    """One estimated quantity with its Student t interval and two-sided p-value against zero."""

    value: float
    standard_error: float
    df: float
    t: float
    p: float
    lower: float
    upper: float


@frozen(kw_only=True)
class FTest:
    """An F test of one term: degrees of freedom, F and p."""

    term: str
    df_numerator: int
    df_denominator: float
    f: float
    p: float


@frozen(kw_only=True, eq=False)
class LeastSquares:
    """A fitted linear model: n rows, p named columns, ``df`` = n - p residual degrees of freedom."""

    names: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    covariance_method: Covariance
    residuals: FloatArray
    leverage: FloatArray
    df: int
    sigma: float
    confidence: float

    def estimate(self, weights: ArrayLike) -> Estimate:
        """Estimate the linear combination of coefficients given by ``weights`` (length p)."""
        row = np.asarray(weights, dtype=np.float64)
        value = float(row @ self.coefficients)
        error = float(np.sqrt(row @ self.covariance @ row))
        if error == 0.0:
            raise StatisticsError("the combination asked for has no variance: all its weights are zero.")
        return student_estimate(value, error, self.df, self.confidence)

    def coefficient(self, name: str) -> Estimate:
        """Estimate one coefficient by its column's name."""
        if name not in self.names:
            raise StatisticsError(f"no column {name!r}; the columns are {', '.join(self.names)}.")
        return self.estimate([float(column == name) for column in self.names])

    def f_test(self, term: str, columns: Sequence[str]) -> FTest:
        """Test that the coefficients of ``columns`` are all zero, given the others (type III without interactions)."""
        index = [self.names.index(column) for column in columns]
        beta = self.coefficients[index]
        f = float(beta @ np.linalg.solve(self.covariance[np.ix_(index, index)], beta)) / len(index)
        return FTest(term=term, df_numerator=len(index), df_denominator=self.df, f=f, p=f_upper(f, len(index), self.df))


def student_estimate(value: float, standard_error: float, df: float, confidence: float) -> Estimate:
    """Put a Student t interval with ``df`` degrees of freedom, and a p-value against zero, around ``value``.

    >>> found = student_estimate(2.0, 1.0, 10, 0.95)
    >>> round(found.lower, 4), round(found.upper, 4), round(found.p, 4)
    (-0.2281, 4.2281, 0.0734)
    """
    t = value / standard_error
    half = student_quantile(0.5 + confidence / 2, df) * standard_error
    return Estimate(
        value=value,
        standard_error=standard_error,
        df=df,
        t=t,
        p=student_two_sided(t, df),
        lower=value - half,
        upper=value + half,
    )


def least_squares(
    outcome: ArrayLike,
    columns: Sequence[tuple[str, ArrayLike]],
    *,
    covariance: Covariance = "model",
    confidence: float = 0.95,
) -> LeastSquares:
    """Fit ``outcome`` (n) on named ``columns`` (p columns of n) by QR decomposition.

    ``covariance`` is the classical one (``model``) or heteroscedasticity-consistent HC0 to HC3 (MacKinnon and White,
    J Econometrics 1985); intervals use Student's t with n - p degrees of freedom in every case.

    Raises StatisticsError for a constant outcome, a singular design (the aliased columns are named), no residual
    degree of freedom, or a perfect fit.

    >>> fit = least_squares([1.0, 3.0, 2.0, 5.0], [("intercept", [1, 1, 1, 1]), ("slope", [0, 1, 2, 3])])
    >>> round(fit.coefficient("slope").value, 6), fit.df
    (1.1, 2)
    """
    y = complete_numbers(outcome, "outcome")
    if np.ptp(y) == 0.0:
        raise StatisticsError(f"outcome: all {y.size} values are {y[0]:g}; nothing varies, so nothing can be compared.")
    if covariance not in get_args(Covariance):
        raise StatisticsError(f"covariance: {covariance!r} is not one of {', '.join(get_args(Covariance))}.")
    names = tuple(name for name, _ in columns)
    x = np.column_stack([_column(values, name, y.size) for name, values in columns])
    _refuse_aliased(x, names)
    df = y.size - x.shape[1]
    if df < 1:
        raise StatisticsError(f"outcome: {y.size} values for {x.shape[1]} coefficients leave no degree of freedom.")
    return _solve(y, x, names, df, covariance, confidence_level(confidence))


def _solve(
    y: FloatArray, x: FloatArray, names: tuple[str, ...], df: int, covariance: Covariance, confidence: float
) -> LeastSquares:
    q, r = np.linalg.qr(x)
    beta = np.linalg.solve(r, q.T @ y)
    residuals = y - x @ beta
    rss = float(residuals @ residuals)
    if rss <= _PERFECT_FIT * float(y @ y):
        raise StatisticsError("outcome: the model fits perfectly; no variation is left to judge a difference by.")
    inverse = np.linalg.solve(r, np.eye(x.shape[1]))
    leverage = np.einsum("ij,ij->i", q, q)
    return LeastSquares(
        names=names,
        coefficients=beta,
        covariance=_covariance(covariance, q, inverse, residuals, leverage, rss / df),
        covariance_method=covariance,
        residuals=residuals,
        leverage=leverage,
        df=df,
        sigma=float(np.sqrt(rss / df)),
        confidence=confidence,
    )


def _column(values: ArrayLike, name: str, length: int) -> FloatArray:
    column = complete_numbers(values, name)
    if column.size != length:
        raise StatisticsError(f"{name}: {column.size} values for {length} outcomes.")
    return column


def apart(r: FloatArray) -> bool:
    """Whether R of a decomposition QR shows every column well outside the span of those before it: none is aliased.

    >>> apart(np.eye(2)), apart(np.array([[1.0, 1.0], [0.0, 1e-9]]))
    (True, False)
    """
    lengths = np.sqrt((r * r).sum(axis=0))
    return r.shape[0] == r.shape[1] and bool((np.abs(np.diag(r)) > 100 * _DEPENDENT * lengths).all())


def aliased_columns(x: FloatArray, names: tuple[str, ...]) -> tuple[str, ...]:
    """Walk the columns of ``x`` in order; name those that add nothing to the columns before them.

    >>> aliased_columns(np.array([[1.0, 1.0, 2.0], [1.0, 0.0, 2.0]]), ("intercept", "arm", "twice"))
    ('twice',)
    """
    if apart(np.asarray(np.linalg.qr(x, mode="r"))):
        return ()
    basis: list[FloatArray] = []
    aliased = []
    for column, name in zip(x.T, names, strict=True):
        length = float(np.linalg.norm(column))
        rest = column / length if length else column
        for _ in range(2):
            for direction in basis:
                rest = rest - (direction @ rest) * direction
        size = float(np.linalg.norm(rest))
        if size < _DEPENDENT:
            aliased.append(name)
        else:
            basis.append(rest / size)
    return tuple(aliased)


def _refuse_aliased(x: FloatArray, names: tuple[str, ...]) -> None:
    if aliased := aliased_columns(x, names):
        raise StatisticsError(
            f"the design is singular: {', '.join(aliased)} is a combination of the columns before; remove or pool it."
        )


def _covariance(
    method: Covariance, q: FloatArray, inverse: FloatArray, residuals: FloatArray, leverage: FloatArray, variance: float
) -> FloatArray:
    """Covariance of the coefficients; ``inverse`` is R^-1 of the decomposition X = QR."""
    if method == "model":
        return variance * (inverse @ inverse.T)
    if method in ("HC2", "HC3") and float(leverage.max()) > 1.0 - 1e-10:
        raise StatisticsError(f"covariance: {method} is undefined because one subject alone determines a coefficient.")
    n, p = q.shape
    power = {"HC0": 0.0, "HC1": 0.0, "HC2": 0.5, "HC3": 1.0}[method]
    freedom = n / (n - p) if method == "HC1" else 1.0
    half = inverse @ (q.T * (residuals / (1.0 - leverage) ** power)) * np.sqrt(freedom)
    return np.asarray(half @ half.T)
