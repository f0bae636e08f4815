"""How far evaluators agree: intraclass correlations, measurement error, the smallest change that exceeds it, limits of agreement."""

from math import inf, sqrt
from typing import Literal, get_args

import numpy as np
from attrs import evolve, frozen
from numpy.typing import ArrayLike
from scipy.special import nctdtrit

from trialwright.statistics.arguments import FloatArray, StatisticsError, complete_numbers, confidence_level
from trialwright.statistics.distributions import (
    chi_square_quantile,
    f_quantile,
    f_upper,
    normal_quantile,
    student_quantile,
)

Form = Literal["ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)"]
Differences = Literal["count", "ignore"]
MEAN_OF: dict[Form, Form] = {"ICC(1,1)": "ICC(1,k)", "ICC(2,1)": "ICC(2,k)", "ICC(3,1)": "ICC(3,k)"}
Values = tuple[float | None, float | None, float | None]

NO_SPREAD = "the subjects' means vary too little for this form: its denominator is zero or negative"


@frozen(kw_only=True)
class IntraclassCorrelation:
    """One form of the coefficient with its interval and the F test that it is zero.

    ``lower`` or ``upper`` is None where the formula gives no usable limit, ``estimate`` where it gives no value; then
    ``undefined_because`` says why. An estimate may be negative; it is not cut at zero.
    """

    form: Form
    estimate: float | None
    lower: float | None
    upper: float | None
    f: float
    df_subjects: int
    df_error: int
    p: float
    undefined_because: str | None = None


@frozen(kw_only=True)
class IntraclassCorrelations:
    """The six forms and the mean squares that they come from."""

    forms: tuple[IntraclassCorrelation, ...]
    subjects: int
    raters: int
    confidence: float
    mean_square_subjects: float
    mean_square_within: float
    mean_square_raters: float
    mean_square_error: float

    def form(self, name: Form) -> IntraclassCorrelation:
        """The coefficient called ``name``, e.g. ``ICC(2,1)``."""
        for one in self.forms:
            if one.form == name:
                return one
        raise StatisticsError(f"form: {name!r} is not one of {', '.join(get_args(Form))}.")


@frozen(kw_only=True)
class MeasurementError:
    """The standard error of measurement with its interval, and the smallest detectable change; units of the score."""

    standard_error: float
    lower: float
    upper: float
    df: int
    smallest_detectable_change: float
    confidence: float


@frozen(kw_only=True)
class Limit:
    """A number with its confidence interval."""

    value: float
    lower: float
    upper: float


@frozen(kw_only=True)
class BlandAltman:
    """Mean difference ``first`` minus ``second``, and the limits between which ``coverage`` of differences lie."""

    n: int
    bias: Limit
    standard_deviation: float
    lower_limit: Limit
    upper_limit: Limit
    coverage: float
    confidence: float


@frozen(kw_only=True)
class _Squares:
    """Mean squares of n subjects rated by k raters: between subjects, within, between raters, and what is left."""

    n: int
    k: int
    subjects: float
    within: float
    raters: float
    error: float


def intraclass_correlations(ratings: ArrayLike, *, confidence: float = 0.95) -> IntraclassCorrelations:
    """The six intraclass correlations of ``ratings``, shape (n subjects, k raters), each subject rated once by each rater.

    ICC(1,.): each subject may have raters of his own. ICC(2,.): the raters are a sample of all who might rate, and
    their differences count. ICC(3,.): only these raters matter, and a constant difference between them does not
    count. (.,1) is one rating, (.,k) the mean of k. Limits are from F; those of ICC(2,.) are approximate
    (Satterthwaite).

    Raises StatisticsError for missing values, fewer than two subjects or raters, or raters who each gave all subjects
    the same value.

    Source: Shrout and Fleiss, Psychological Bulletin 1979; 86:420-428; McGraw and Wong, Psychological Methods 1996;
    1:30-46 (there ICC(2,.) is ICC(A,.) and ICC(3,.) is ICC(C,.)).

    >>> table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> [round(one.estimate, 2) for one in intraclass_correlations(table).forms]
    [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
    """
    confidence_level(confidence)
    s = _mean_squares(_rating_table(ratings))
    df_within, df_error = s.n * (s.k - 1), (s.n - 1) * (s.k - 1)
    single = (
        _coefficient("ICC(1,1)", _without_raters(s, s.within, df_within, confidence), s, s.within, df_within),
        _coefficient("ICC(2,1)", _with_raters(s, confidence), s, s.error, df_error),
        _coefficient("ICC(3,1)", _without_raters(s, s.error, df_error, confidence), s, s.error, df_error),
    )
    return IntraclassCorrelations(
        forms=(*single, *(_mean_of_raters(one, s.k) for one in single)),
        subjects=s.n,
        raters=s.k,
        confidence=confidence,
        mean_square_subjects=s.subjects,
        mean_square_within=s.within,
        mean_square_raters=s.raters,
        mean_square_error=s.error,
    )


def measurement_error(
    ratings: ArrayLike, *, rater_differences: Differences = "count", confidence: float = 0.95
) -> MeasurementError:
    """The standard error of measurement of one rating, from ``ratings`` of shape (n subjects, k raters or occasions).

    It is the root of the mean square within subjects when differences between raters ``count`` (n (k - 1) degrees of
    freedom), and of the error mean square when they are to be ``ignore``d (one rater, always the same: (n - 1)(k - 1)).
    Limits are from chi-square. Raises StatisticsError as ``intraclass_correlations`` does.

    Source: Bland and Altman, BMJ 1996; 312:1654; de Vet, Terwee, Mokkink and Knol, Measurement in Medicine, 2011, ch. 5.

    >>> error = measurement_error([[20, 22], [14, 13], [30, 33], [8, 8]])
    >>> round(error.standard_error, 4), round(error.smallest_detectable_change, 4), error.df
    (1.3229, 3.6668, 4)
    """
    if rater_differences not in get_args(Differences):
        raise StatisticsError(
            f"rater_differences: {rater_differences!r} is not one of {', '.join(get_args(Differences))}."
        )
    confidence_level(confidence)
    s = _mean_squares(_rating_table(ratings))
    square, subjects = (s.within, s.n) if rater_differences == "count" else (s.error, s.n - 1)
    df, tail = subjects * (s.k - 1), (1 - confidence) / 2
    error = sqrt(square)
    return MeasurementError(
        standard_error=error,
        lower=error * sqrt(df / chi_square_quantile(1 - tail, df)),
        upper=error * sqrt(df / chi_square_quantile(tail, df)),
        df=df,
        smallest_detectable_change=smallest_detectable_change(error, confidence=confidence),
        confidence=confidence,
    )


def smallest_detectable_change(standard_error: float, *, confidence: float = 0.95) -> float:
    """The change of one subject that measurement error alone exceeds in 5 % (1 - ``confidence``): 1.96 * sqrt(2) * SEM.

    Raises StatisticsError for a negative or infinite standard error.

    The skin score felt by different raters (4.6) and by the same rater (2.45), Clements and others 1995:

    >>> round(smallest_detectable_change(4.6), 1), round(smallest_detectable_change(2.45), 1)
    (12.8, 6.8)
    """
    if not 0.0 <= standard_error < inf:
        raise StatisticsError(f"standard_error: {standard_error} is not a finite number of zero or more.")
    return normal_quantile(0.5 + confidence_level(confidence) / 2) * sqrt(2.0) * standard_error


def bland_altman(
    first: ArrayLike, second: ArrayLike, *, coverage: float = 0.95, confidence: float = 0.95
) -> BlandAltman:
    """Compare two measurements of the same n subjects: bias (mean of first minus second) and limits of agreement.

    Limits are bias -/+ z * sd of the differences. The interval of the bias is Student's; those of the limits are
    exact for normal differences: bias + sd / sqrt(n) * t', where t' is the quantile of the noncentral t with n - 1
    degrees of freedom and noncentrality z * sqrt(n), mirrored for the lower limit.

    Raises StatisticsError for missing values, unequal numbers, fewer than two subjects, or two constant columns.

    Source: Bland and Altman, Lancet 1986; 327:307-310; intervals: Carkeet, Optometry and Vision Science 2015; 92:e71.

    >>> result = bland_altman([20, 14, 30, 8], [22, 13, 33, 8])
    >>> result.bias.value, round(result.lower_limit.value, 4), round(result.upper_limit.value, 4)
    (-1.0, -4.5784, 2.5784)
    """
    confidence_level(confidence)
    if not 0.0 < coverage < 1.0:
        raise StatisticsError(f"coverage: {coverage} is not between 0 and 1 (write 0.95 for 95 %).")
    one, other = complete_numbers(first, "first"), complete_numbers(second, "second")
    if one.size != other.size:
        raise StatisticsError(f"second: {other.size} values for {one.size} of first; both measure the same subjects.")
    differences = np.subtract(*_rating_table(np.column_stack([one, other]), "first, second").T)
    n, bias, sd = differences.size, float(differences.mean()), float(differences.std(ddof=1))
    tail, z = (1 - confidence) / 2, normal_quantile(0.5 + coverage / 2)
    half = student_quantile(1 - tail, n - 1) * sd / sqrt(n)
    near, far = (float(nctdtrit(n - 1, z * sqrt(n), p)) * sd / sqrt(n) for p in (tail, 1 - tail))
    return BlandAltman(
        n=n,
        bias=Limit(value=bias, lower=bias - half, upper=bias + half),
        standard_deviation=sd,
        lower_limit=Limit(value=bias - z * sd, lower=bias - far, upper=bias - near),
        upper_limit=Limit(value=bias + z * sd, lower=bias + near, upper=bias + far),
        coverage=coverage,
        confidence=confidence,
    )


def _rating_table(ratings: ArrayLike, name: str = "ratings") -> FloatArray:
    """The ratings as a complete (subjects, raters) array in which something varies between subjects."""
    try:
        table = np.asarray(ratings, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatisticsError(f"{name}: not a table of numbers with one row for each subject ({error}).") from error
    if table.ndim != 2:
        raise StatisticsError(
            f"{name}: expected one row for each subject and one column for each rater, got shape {table.shape}."
        )
    complete_numbers(table.ravel(), name)
    subjects, raters = table.shape
    if subjects < 2:
        raise StatisticsError(f"{name}: {subjects} subject; agreement needs at least two.")
    if raters < 2:
        raise StatisticsError(f"{name}: {raters} rater; agreement needs at least two, or one rater on two occasions.")
    if (table == table[0]).all():
        raise StatisticsError(
            f"{name}: each rater gave every subject the same value; where nothing varies, agreement is undefined."
        )
    return table


def _mean_squares(table: FloatArray) -> _Squares:
    n, k = table.shape
    centered = table - table.mean()
    subjects, raters = centered.mean(axis=1), centered.mean(axis=0)
    within = centered - subjects[:, None]
    rounding = n * k * float(4 * np.finfo(np.float64).eps * np.abs(table).max()) ** 2

    def mean_square(total: float, df: int) -> float:
        return total / df if total > rounding else 0.0

    return _Squares(
        n=n,
        k=k,
        subjects=mean_square(k * float(subjects @ subjects), n - 1),
        within=mean_square(float((within**2).sum()), n * (k - 1)),
        raters=mean_square(n * float(raters @ raters), k - 1),
        error=mean_square(float(((within - raters) ** 2).sum()), (n - 1) * (k - 1)),
    )


def _without_raters(s: _Squares, error: float, df: int, confidence: float) -> Values:
    """ICC(1,1) or ICC(3,1) with exact limits, by which mean square is the error; each is (B - q E) / (B + (k - 1) q E)."""
    level = 0.5 + confidence / 2
    quantiles = (1.0, f_quantile(level, s.n - 1, df), 1 / f_quantile(level, df, s.n - 1))
    estimate, lower, upper = (_ratio(s.subjects - q * error, s.subjects + (s.k - 1) * q * error) for q in quantiles)
    return estimate, lower, upper


def _with_raters(s: _Squares, confidence: float) -> Values:
    """ICC(2,1) with Satterthwaite's approximate limits, in which the raters' variance is part of the error."""
    n, k, level = s.n, s.k, 0.5 + confidence / 2
    raters = k * s.raters + (k * n - k - n) * s.error
    estimate = _ratio(n * (s.subjects - s.error), raters + n * s.subjects)
    if estimate is None:
        return None, None, None
    a, b = k * estimate * s.raters, (n * (1 - estimate) + k * estimate * (n - 1)) * s.error
    spread = a**2 / (k - 1) + b**2 / ((n - 1) * (k - 1))
    if spread == 0.0:  # perfect agreement: nothing is left to be uncertain about
        return estimate, estimate, estimate
    df = (a + b) ** 2 / spread
    if df < 1 - 1e-9:  # only where a negative estimate weighs the raters negatively: the approximation has broken down
        return estimate, None, None
    below, above = f_quantile(level, n - 1, df), f_quantile(level, df, n - 1)
    lower = _ratio(n * (s.subjects - below * s.error), below * raters + n * s.subjects)
    upper = _ratio(n * (above * s.subjects - s.error), raters + n * above * s.subjects)
    return estimate, lower, upper


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if 0.0 < denominator < inf else None


def _coefficient(form: Form, values: Values, s: _Squares, error: float, df: int) -> IntraclassCorrelation:
    f = s.subjects / error if error > 0.0 else inf
    return IntraclassCorrelation(
        form=form,
        estimate=values[0],
        lower=values[1],
        upper=values[2],
        f=f,
        df_subjects=s.n - 1,
        df_error=df,
        p=f_upper(f, s.n - 1, df),
        undefined_because=NO_SPREAD if values[0] is None else None,
    )


def _mean_of_raters(single: IntraclassCorrelation, k: int) -> IntraclassCorrelation:
    """The coefficient of the mean of k ratings, by the Spearman-Brown formula, which also carries the limits over."""
    estimate, lower, upper = (_stepped_up(one, k) for one in (single.estimate, single.lower, single.upper))
    return evolve(
        single,
        form=MEAN_OF[single.form],
        estimate=estimate,
        lower=lower,
        upper=upper,
        undefined_because=NO_SPREAD if estimate is None else None,
    )


def _stepped_up(single: float | None, k: int) -> float | None:
    if single is None or 1 + (k - 1) * single < 1e-12:
        return None
    return k * single / (1 + (k - 1) * single)
