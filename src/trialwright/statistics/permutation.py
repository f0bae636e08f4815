"""Tests whether two groups differ by asking how often a chance division of the same patients would differ as much."""

from collections.abc import Callable
from math import comb, floor, gcd, inf, sqrt
from typing import Literal, get_args

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import FloatArray, StatisticsError, complete_numbers, confidence_level

Alternative = Literal["two-sided", "greater", "less"]
Method = Literal["auto", "counting", "enumeration", "monte carlo"]

_TIE = 1e-11  # sums of scores (scaled to largest deviation 1) closer than this are the same sum
_COUNTING_WORK = 4_000_000_000  # bytes of whole-number arithmetic: some seconds
_SHORT_SUM = 100_000  # above it, joining half sums is faster than counting
_INTERVAL_ALLOCATIONS = 2_000_000
_BATCH = 4_096


@frozen(kw_only=True)
class PermutationTest:
    """The difference of means, its p-value, and how the p-value was reached.

    ``p_standard_error`` is the Monte Carlo error of ``p``: zero when the p-value is exact. ``allocations`` is the
    number of possible divisions; ``draws`` how many of them were drawn (None when all were counted).
    """

    difference: float
    p: float
    p_standard_error: float
    method: Method
    alternative: Alternative
    allocations: int
    draws: int | None
    n_first: int
    n_second: int


@frozen(kw_only=True)
class ShiftInterval:
    """Shifts of the first group against the second that the exact permutation test does not reject."""

    lower: float
    upper: float
    confidence: float
    attained: float


def permutation_test(
    first: ArrayLike,
    second: ArrayLike,
    *,
    alternative: Alternative = "two-sided",
    method: Method = "auto",
    generator: np.random.Generator | None = None,
    draws: int = 99_999,
    half_sums: int = 4_000_000,
) -> PermutationTest:
    """Permutation test of the difference in means, ``first`` minus ``second``, over all ways to choose the first group.

    Two-sided p: the share of allocations whose difference is at least as far from zero as the observed one, in either
    direction. Any linear score test is this test on scores (midranks give Wilcoxon's test). ``auto`` counts exactly
    when the values are multiples of one decimal unit (up to six decimals; a total score is), or enumerates by joining
    the partial sums of two halves (at most ``half_sums`` of them); only when both would take too long it draws
    ``draws`` allocations with ``generator`` and gives p = (b + 1) / (draws + 1). No generator, no draw:
    StatisticsError. Values that are all equal are refused.

    Source: Pagano and Tritchler, JASA 1983 (counting); Phipson and Smyth, SAGMB 2010 (Monte Carlo p).

    >>> test = permutation_test([1, 2, 3], [4, 5, 6])
    >>> test.difference, test.p, test.allocations, test.method
    (-3.0, 0.1, 20, 'counting')
    """
    a, b = two_groups(first, second)
    _known(alternative, get_args(Alternative), "alternative")
    _known(method, get_args(Method), "method")
    pooled = np.concatenate([a, b])
    whole = decimal_units(pooled)
    n, k = pooled.size, a.size
    chosen = _choose(method, whole, n, k, half_sums)
    if chosen == "counting" and whole is not None:
        p = count_p(whole, k, alternative)
    elif chosen == "enumeration":
        p = _enumeration_p(pooled, k, alternative)
    else:
        p = _monte_carlo_p(pooled, k, alternative, generator, draws)
    drawn = draws if chosen == "monte carlo" else None
    return PermutationTest(
        difference=float(a.mean() - b.mean()),
        p=p,
        p_standard_error=sqrt(p * (1 - p) / (draws + 1)) if drawn else 0.0,
        method=chosen,
        alternative=alternative,
        allocations=comb(n, k),
        draws=drawn,
        n_first=k,
        n_second=n - k,
    )


def shift_interval(first: ArrayLike, second: ArrayLike, *, confidence: float = 0.95) -> ShiftInterval:
    """Exact interval for a shift between two groups: two one-sided permutation tests inverted, half the error each.

    Its ends are order statistics of the mean differences of every pair of equally large subsets of the two groups; an
    end is infinite when so few subjects cannot exclude any shift. ``attained`` is the exact coverage for untied data.
    Raises StatisticsError above two million allocations.

    Source: Tukey, unpublished; Maritz, Distribution-free Statistical Methods, 1981, ch. 3 (typical values).

    >>> interval = shift_interval([1.1, 2.3, 3.2, 3.9], [4.2, 5.7, 6.1, 7.9])
    >>> round(interval.lower, 4), round(interval.upper, 4)
    (-6.8, -0.3)
    """
    a, b = two_groups(first, second)
    confidence_level(confidence)
    allocations = comb(a.size + b.size, a.size)
    if allocations > _INTERVAL_ALLOCATIONS:
        raise StatisticsError(
            f"shift interval: {allocations:,} allocations are more than {_INTERVAL_ALLOCATIONS:,}; use hodges_lehmann."
        )
    values = np.sort(_typical_values(a, b))
    rank = floor(allocations * (1 - confidence) / 2 + 1e-9)
    return ShiftInterval(
        lower=float(values[rank - 1]) if rank else -inf,
        upper=float(values[allocations - 1 - rank]) if rank else inf,
        confidence=confidence,
        attained=1.0 - 2 * rank / allocations,
    )


def two_groups(first: ArrayLike, second: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Check two groups of outcomes; refuse an empty group and outcomes that are all equal.

    >>> two_groups([1, 2], [3])
    (array([1., 2.]), array([3.]))
    """
    a, b = complete_numbers(first, "first group"), complete_numbers(second, "second group")
    if np.ptp(np.concatenate([a, b])) == 0.0:
        raise StatisticsError(f"both groups: every value is {a[0]:g}; nothing varies, so nothing can be compared.")
    return a, b


def decimal_units(values: FloatArray) -> tuple[int, ...] | None:
    """Values as whole multiples of one decimal unit (at most six decimals) less their minimum, or None.

    >>> decimal_units(np.array([0.1, 0.3, 0.7]))
    (0, 1, 3)
    >>> decimal_units(np.array([0.1, 1 / 3])) is None
    True
    """
    for decimals in range(7):
        scaled = values * 10.0**decimals
        nearest = np.rint(scaled)
        if np.abs(nearest).max() < 2**52 and (np.abs(scaled - nearest) <= 4 * np.spacing(np.abs(scaled))).all():
            units = [int(value) for value in nearest]
            low = min(units)
            step = gcd(*(unit - low for unit in units)) or 1
            return tuple((unit - low) // step for unit in units)
    return None


def count_p(scores: tuple[int, ...], k: int, alternative: Alternative) -> float:
    """Exact p-value of the sum of the first ``k`` whole-number scores over all choices of ``k`` subjects.

    >>> count_p((0, 1, 2, 3, 4, 5), 3, "less")
    0.05
    """
    n, observed, total = len(scores), sum(scores[:k]), sum(scores)
    counts = subset_sum_counts(scores, k)
    far = abs(n * observed - k * total)
    inside: dict[Alternative, Callable[[int], bool]] = {
        "greater": lambda s: s >= observed,
        "less": lambda s: s <= observed,
        "two-sided": lambda s: abs(n * s - k * total) >= far,
    }
    return sum(number for s, number in enumerate(counts) if number and inside[alternative](s)) / comb(n, k)


def subset_sum_counts(scores: tuple[int, ...], k: int) -> list[int]:
    """How many subsets of ``k`` scores have sum 0, 1, 2, ...: exact whole numbers of any size.

    The counts of one subset size are kept side by side in one long integer, so that adding a subject is a shift and
    an addition.

    >>> subset_sum_counts((0, 1, 2), 2)
    [0, 1, 1, 1]
    """
    n = len(scores)
    if k > n - k:
        rest, total = subset_sum_counts(scores, n - k), sum(scores)
        return [rest[total - s] if 0 <= total - s < len(rest) else 0 for s in range(total + 1)]
    width = comb(n, k).bit_length() // 8 + 1
    packed = [1] + [0] * k
    for score in scores:
        for size in range(k, 0, -1):
            packed[size] += packed[size - 1] << (8 * width * score)
    largest = sum(sorted(scores)[n - k :])
    digits = packed[k].to_bytes((largest + 1) * width, "little")
    return [int.from_bytes(digits[at : at + width], "little") for at in range(0, len(digits), width)]


def counting_is_feasible(scores: tuple[int, ...], k: int) -> bool:
    """Whether exact counting takes seconds rather than hours.

    >>> counting_is_feasible((0, 1, 2, 3), 2)
    True
    """
    n, size = len(scores), min(k, len(scores) - k)
    return n * size * max(1, sum(sorted(scores)[n - size :])) * comb(n, size).bit_length() // 8 <= _COUNTING_WORK


def _choose(method: Method, whole: tuple[int, ...] | None, n: int, k: int, half_sums: int) -> Method:
    countable = whole is not None and counting_is_feasible(whole, k)
    enumerable = sum(comb(n // 2, i) + comb(n - n // 2, i) for i in range(min(k, n // 2 + 1) + 1)) <= half_sums
    if method == "counting" and not countable:
        raise StatisticsError("counting: the values are no multiples of one decimal unit, or too many; use 'auto'.")
    if method == "enumeration" and not enumerable:
        raise StatisticsError(f"enumeration: more than {half_sums:,} partial sums for {n} subjects; use 'auto'.")
    if method != "auto":
        return method
    if enumerable and whole is not None and sum(whole) > _SHORT_SUM:
        return "enumeration"
    return "counting" if countable else "enumeration" if enumerable else "monte carlo"


def _standardized(pooled: FloatArray) -> FloatArray:
    """Deviations from the mean, scaled to a largest size of 1: their sums have expectation zero under the null."""
    deviations = pooled - pooled.mean()
    return np.asarray(deviations / np.abs(deviations).max())


def _enumeration_p(pooled: FloatArray, k: int, alternative: Alternative) -> float:
    z = _standardized(pooled)
    observed, n = float(z[:k].sum()), z.size
    left, right = _sums_by_size(z[: n // 2], k), _sums_by_size(z[n // 2 :], k)
    at_least = at_most = 0
    bound = abs(observed) if alternative == "two-sided" else observed
    for size in range(k + 1):
        if size < len(left) and k - size < len(right):
            other = np.sort(right[k - size])
            at_least += int((other.size - np.searchsorted(other, bound - _TIE - left[size], side="left")).sum())
            low = -bound if alternative == "two-sided" else bound
            at_most += int(np.searchsorted(other, low + _TIE - left[size], side="right").sum())
    if alternative == "two-sided":
        hits = comb(n, k) if bound <= _TIE else at_least + at_most
    else:
        hits = at_least if alternative == "greater" else at_most
    return hits / comb(n, k)


def _sums_by_size(values: FloatArray, k: int) -> list[FloatArray]:
    """Sums of all subsets of ``values``, listed by subset size from 0 to ``k``."""
    sums = [np.zeros(1)]
    for value in values:
        grown = [np.concatenate([sums[i], sums[i - 1] + value]) for i in range(1, len(sums))]
        last = [sums[-1] + value] if len(sums) <= k else []
        sums = [sums[0], *grown, *last]
    return sums


def _monte_carlo_p(
    pooled: FloatArray, k: int, alternative: Alternative, generator: np.random.Generator | None, draws: int
) -> float:
    if generator is None:
        raise StatisticsError("monte carlo: too many allocations to count; pass a numpy Generator (record its seed).")
    if draws < 1:
        raise StatisticsError(f"draws: {draws}; at least 1 needed.")
    z = _standardized(pooled)
    observed, hits = float(z[:k].sum()), 0
    for start in range(0, draws, _BATCH):
        size = min(_BATCH, draws - start)
        sums = generator.permuted(np.broadcast_to(z, (size, z.size)), axis=1)[:, :k].sum(axis=1)
        extreme = {
            "greater": sums >= observed - _TIE,
            "less": sums <= observed + _TIE,
            "two-sided": np.abs(sums) >= abs(observed) - _TIE,
        }[alternative]
        hits += int(extreme.sum())
    return (hits + 1) / (draws + 1)


def _typical_values(a: FloatArray, b: FloatArray) -> FloatArray:
    """Mean differences of all pairs of non-empty, equally large subsets of the two groups."""
    size = min(a.size, b.size)
    left, right = _sums_by_size(a, size), _sums_by_size(b, size)
    return np.concatenate([np.subtract.outer(left[k], right[k]).ravel() / k for k in range(1, size + 1)])


def _known(value: str, known: tuple[str, ...], name: str) -> None:
    if value not in known:
        raise StatisticsError(f"{name}: {value!r} is not one of {', '.join(known)}.")
