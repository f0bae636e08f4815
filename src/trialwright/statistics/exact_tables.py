"""All p-values that an exact test of two proportions can give, at once: so its size and power need no simulation."""

from typing import Literal, get_args

import numpy as np
from attrs import frozen
from scipy.special import gammaln, xlog1py, xlogy

from trialwright.statistics.arguments import FloatArray, StatisticsError, count
from trialwright.statistics.permutation import Alternative
from trialwright.statistics.repeated_measures import BoolArray
from trialwright.statistics.unconditional import fisher_tails, pooled_scores

ExactTest = Literal["boschloo", "barnard", "fisher"]

_GRID = 2001
_SAME = 1e-9  # tables whose statistics differ by less are equally extreme
_EQUALLY_PROBABLE = 1e-7
_LARGEST = 40_000  # tables of two groups, each with its own p-value
_NEAR = 1e-3  # a hill of the grid this much lower than the highest is climbed as well
_ROWS = 512


@frozen(kw_only=True)
class Size:
    """The largest probability of a false rejection over all common proportions, and the proportion where it is reached."""

    probability: float
    nuisance: float
    level: float


@frozen(kw_only=True, eq=False)
class ExactTable:
    """``p[x, y]`` is the p-value of ``x`` events among ``n_first`` patients and ``y`` among ``n_second``."""

    test: ExactTest
    alternative: Alternative
    n_first: int
    n_second: int
    p: FloatArray

    def rejection_probability(self, first: float, second: float, *, level: float = 0.05) -> float:
        """The probability that p <= ``level`` when the events have probabilities ``first`` and ``second``: exact power."""
        chance = np.outer(binomial_points(self.n_first, first), binomial_points(self.n_second, second))
        return float(chance[self.p <= _at(level)].sum())

    def size(self, *, level: float = 0.05) -> Size:
        """The largest ``rejection_probability`` over equal proportions."""
        shares = _shares(self.n_first, self.n_second, (self.p <= _at(level))[None])
        largest, nuisance = _largest(shares)
        return Size(probability=float(largest[0]), nuisance=float(nuisance[0]), level=level)


def exact_table(test: ExactTest, n_first: int, n_second: int, *, alternative: Alternative = "two-sided") -> ExactTable:
    """The p-values of all (n_first + 1) x (n_second + 1) outcomes, as ``boschloo``, ``barnard``, ``fisher_exact`` give them.

    The caller keeps what he needs again: nothing is remembered here. "greater": the first group has the larger
    proportion. Fisher's two-sided p sums the tables that are no more probable.

    Outcomes are put in the order of the statistic; the probability of an outcome and all more extreme ones, given the
    number of events in both groups, is summed once, and its largest mixture over the common proportion is sought on
    2,001 points and then between them.

    Raises StatisticsError for an empty group or more than 40,000 outcomes.

    Source: Boschloo, Statistica Neerlandica 1970; Barnard, Nature 1945; Suissa and Shuster, JRSS A 1985.

    >>> table = exact_table("boschloo", 10, 10)
    >>> round(float(table.p[7, 2]), 6), round(table.size().probability, 4)
    (0.041389, 0.0422)
    >>> round(table.rejection_probability(0.7, 0.2), 4)
    0.6216
    """
    n_1, n_2 = count(n_first, "n_first"), count(n_second, "n_second")
    if min(n_1, n_2) == 0 or (n_1 + 1) * (n_2 + 1) > _LARGEST:
        raise StatisticsError(f"n: {n_1} and {n_2} patients; two groups with at most {_LARGEST:,} outcomes are needed.")
    if test not in get_args(ExactTest):
        raise StatisticsError(f"test: {test!r} is not one of {', '.join(get_args(ExactTest))}.")
    if alternative not in get_args(Alternative):
        raise StatisticsError(f"alternative: {alternative!r} is not one of {', '.join(get_args(Alternative))}.")
    found = {"boschloo": _boschloo, "barnard": _barnard, "fisher": _fisher}[test](n_1, n_2, alternative)
    return ExactTable(test=test, alternative=alternative, n_first=n_1, n_second=n_2, p=found)


def binomial_points(n: int, probability: float) -> FloatArray:
    """The probabilities of 0 to ``n`` events.

    >>> binomial_points(2, 0.5).round(6).tolist()
    [0.25, 0.5, 0.25]
    """
    if not 0.0 <= probability <= 1.0:
        raise StatisticsError(f"probability: {probability} is not between 0 and 1.")
    return _binomial(n, np.array([probability])).ravel()


def _binomial(n: int, probabilities: FloatArray) -> FloatArray:
    """The same for many probabilities: one row each."""
    k, p = np.arange(n + 1), probabilities[:, None]
    return np.asarray(np.exp(_log_choose(n) + xlogy(k, p) + xlog1py(n - k, -p)))


def _at(level: float) -> float:
    """A p-value that equals the level but for rounding is at the level."""
    if not 0.0 < level < 1.0:
        raise StatisticsError(f"level: {level} is not between 0 and 1 (write 0.05 for 5 %).")
    return level * (1 + 1e-12)


def _boschloo(n_1: int, n_2: int, alternative: Alternative) -> FloatArray:
    if alternative == "two-sided":
        less, greater = (_boschloo(n_1, n_2, side) for side in ("less", "greater"))
        return np.minimum(1.0, 2.0 * np.minimum(less, greater))
    with np.errstate(divide="ignore"):  # a probability too small for the machine is more extreme than any other
        return _ordered_p(np.log(fisher_tails(n_1, n_2, alternative)), 1e-7)


def _barnard(n_1: int, n_2: int, alternative: Alternative) -> FloatArray:
    z = pooled_scores(n_1, n_2)
    return _ordered_p({"two-sided": -np.abs(z), "greater": -z, "less": z}[alternative], _SAME)


def _fisher(n_1: int, n_2: int, alternative: Alternative) -> FloatArray:
    if alternative != "two-sided":
        return fisher_tails(n_1, n_2, alternative)
    x, y = np.meshgrid(np.arange(n_1 + 1), np.arange(n_2 + 1), indexing="ij")
    point, p = _given_total(n_1, n_2), np.empty((n_1 + 1, n_2 + 1))
    for total in range(n_1 + n_2 + 1):
        here = x + y == total
        chances = point[here]
        p[here] = [chances[chances <= chance * (1 + _EQUALLY_PROBABLE)].sum() for chance in chances]
    return np.minimum(p, 1.0)


def _ordered_p(statistic: FloatArray, tie: float) -> FloatArray:
    """p of every table: the largest probability of the tables whose statistic is no larger."""
    n_1, n_2 = statistic.shape[0] - 1, statistic.shape[1] - 1
    flat = statistic.ravel()
    order = np.argsort(flat, kind="stable")
    rank_of = np.searchsorted(flat[order], flat + tie, side="right")  # tables at least as extreme as each
    ranks, where = np.unique(rank_of, return_inverse=True)
    point, totals = _given_total(n_1, n_2).ravel()[order], _totals(n_1, n_2).ravel()[order]
    steps = np.zeros((ranks.size, n_1 + n_2 + 1))
    np.add.at(steps, (np.searchsorted(ranks, np.arange(flat.size), side="right"), totals), point)
    shares = np.cumsum(steps, axis=0)
    largest = np.concatenate([_largest(shares[at : at + _ROWS])[0] for at in range(0, len(shares), _ROWS)])
    return np.asarray(np.minimum(1.0, largest)[where].reshape(statistic.shape))


def _totals(n_1: int, n_2: int) -> np.ndarray[tuple[int, int], np.dtype[np.intp]]:
    return np.add.outer(np.arange(n_1 + 1), np.arange(n_2 + 1))


def _given_total(n_1: int, n_2: int) -> FloatArray:
    """The probability of each table given its number of events (hypergeometric)."""
    ways = _log_choose(n_1)[:, None] + _log_choose(n_2)[None, :]
    return np.asarray(np.exp(ways - _log_choose(n_1 + n_2)[_totals(n_1, n_2)]))


def _log_choose(n: int) -> FloatArray:
    k = np.arange(n + 1)
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def _shares(n_1: int, n_2: int, regions: BoolArray) -> FloatArray:
    """For each region, the probability of being inside it given each number of events."""
    totals, point = _totals(n_1, n_2), _given_total(n_1, n_2)
    return np.array([np.bincount(totals[r], weights=point[r], minlength=n_1 + n_2 + 1) for r in regions])


def _largest(shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The largest mixture of each row of ``shares`` over binomial numbers of events, and the proportion of it."""
    grid = np.linspace(0.0, 1.0, _GRID)
    on_grid = shares @ _binomial(shares.shape[1] - 1, grid).T
    best, at = on_grid.max(axis=1), grid[on_grid.argmax(axis=1)]
    padded = np.pad(on_grid, ((0, 0), (1, 1)), constant_values=-1.0)
    hills = (on_grid >= padded[:, :-2]) & (on_grid >= padded[:, 2:]) & (on_grid >= best[:, None] * (1 - _NEAR))
    hills &= (on_grid > 0) & (best[:, None] < 1 - 1e-12)
    rows, places = np.nonzero(hills)
    value, nuisance = _climbed(shares[rows], grid[places])
    for row, top, where in zip(rows.tolist(), value.tolist(), nuisance.tolist(), strict=True):
        if top > best[row]:
            best[row], at[row] = top, where
    return best, at


def _climbed(shares: FloatArray, start: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The top near ``start`` of each row, by golden sections within one step of the grid to either side."""
    n, golden = shares.shape[1] - 1, (5**0.5 - 1) / 2

    def height(nuisance: FloatArray) -> FloatArray:
        return np.asarray(np.einsum("rk,rk->r", shares, _binomial(n, nuisance)))

    low, high = np.maximum(0.0, start - 1 / (_GRID - 1)), np.minimum(1.0, start + 1 / (_GRID - 1))
    for _ in range(24):
        inner_low, inner_high = high - golden * (high - low), low + golden * (high - low)
        left = height(inner_low) > height(inner_high)
        low, high = np.where(left, low, inner_low), np.where(left, inner_high, high)
    middle = (low + high) / 2
    return height(middle), middle
