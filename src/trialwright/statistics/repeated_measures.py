"""Lays out the visits of each patient, with what is missing left missing, and sums what a mixed model needs of them."""

from collections.abc import Iterable, Sequence
from itertools import compress

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike, NDArray

from trialwright.statistics.arguments import (
    FloatArray,
    StatisticsError,
    complete_labels,
    complete_numbers,
    declared_levels,
)
from trialwright.statistics.least_squares import aliased_columns, apart

IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

_PERFECT_FIT = 1e-20  # residual over total sum of squares: nothing is left but rounding
_LARGEST_TABLE = 8_000_000  # numbers in the table of cross-products; above it they are summed patient by patient


@frozen(kw_only=True, eq=False)
class RepeatedMeasures:
    """One row per patient and visit, checked: R rows, p columns, n patients with at least one observed outcome.

    ``position`` is each row's patient and visit; ``group_of`` each patient's covariance group; ``lifted`` writes
    each column asked for (rows) as a combination of the columns kept (p). Of the rows handed in, ``kept_rows`` says
    which are here (those of patients observed at least once), ``used`` which had an outcome. ``factors`` are Q and R of
    the observed rows of the design.
    """

    asked: tuple[str, ...]
    names: tuple[str, ...]
    lifted: FloatArray
    outcome: FloatArray
    observed: BoolArray
    used: BoolArray
    kept_rows: BoolArray
    design: FloatArray
    factors: tuple[FloatArray, FloatArray]
    position: tuple[IntArray, IntArray]
    subjects: tuple[str, ...]
    visits: tuple[str, ...]
    groups: tuple[str, ...]
    group_of: IntArray
    weights: FloatArray | None
    coordinates: FloatArray | None

    @property
    def dropped(self) -> tuple[str, ...]:
        """The columns that added nothing to the columns before them."""
        return tuple(name for name in self.asked if name not in self.names)


@frozen(kw_only=True, eq=False)
class Kernels:
    """Patients who share group, observed visits, weights and coordinates share one covariance: a kernel.

    K kernels over m visits: ``observed`` K x m, ``scale`` K x m (one over the root of the weight), ``distances``
    K x m x m or None, ``group`` and ``size`` K; ``kernel_of`` each patient's kernel; ``padded`` n x m x q holds the
    q columns of each patient, zero where not observed. ``pairs`` R x 3 are a kernel and two of its observed visits (the
    first not the earlier); ``table`` R x qq for each the sum over patients of z_a z_b' + z_b z_a', or z_a z_a' if a is b.
    """

    observed: BoolArray
    scale: FloatArray | None
    distances: FloatArray | None
    group: IntArray
    size: FloatArray
    kernel_of: IntArray
    padded: FloatArray
    pairs: IntArray
    table: FloatArray | None

    def summed(self, kernels: FloatArray) -> FloatArray:
        """Sum over patients of Z' B Z for symmetric B of each kernel, zero off its visits (... x K x m x m): ... x q x q."""
        _, m, q = self.padded.shape
        lead = kernels.shape[:-3]
        if self.table is not None:
            kind, later, earlier = self.pairs.T
            flat = kernels.reshape(-1, self.size.size * m * m)[:, (kind * m + later) * m + earlier] @ self.table
            return np.asarray(flat.reshape(*lead, q, q))
        rows = self.padded.reshape(-1, q)
        parts = [
            rows.T @ (part[self.kernel_of] @ self.padded).reshape(-1, q)
            for part in kernels.reshape(-1, self.size.size, m, m)
        ]
        return np.array(parts).reshape(*lead, q, q)

    def by_visit(self, middle: FloatArray) -> FloatArray:
        """Sum over the patients of each kernel of Z B Z' for one symmetric q x q matrix B: K x m x m."""
        m = self.padded.shape[1]
        sums = np.zeros((self.size.size, m, m))
        if self.table is not None:
            kind, later, earlier = self.pairs.T
            found = self.table @ middle.ravel() * np.where(later == earlier, 1.0, 0.5)
            sums[kind, later, earlier] = sums[kind, earlier, later] = found
            return sums
        np.add.at(sums, self.kernel_of, self.padded @ middle @ self.padded.transpose(0, 2, 1))
        return sums


def repeated_measures(
    outcome: ArrayLike,
    subject: Iterable[object],
    visit: Iterable[object],
    columns: Sequence[tuple[str, ArrayLike]],
    *,
    visits: Iterable[object],
    group: Iterable[object] | None = None,
    weights: ArrayLike | None = None,
    coordinates: ArrayLike | None = None,
    drop_aliased: bool = False,
) -> RepeatedMeasures:
    """Check rows of (outcome, subject, visit, design columns); an outcome may be missing (NaN), nothing else may.

    ``visits`` declares the visits in order of time. Patients without any observed outcome are left out.

    Raises StatisticsError for two rows of one patient and visit, a visit or group that nobody was observed in, a
    constant or perfectly fitted outcome, and a singular design unless ``drop_aliased``.

    >>> data = repeated_measures([1.0, 2.0, 4.0, float("nan"), 3.0, 5.0], "aabbcc", [1, 2] * 3,
    ...     [("intercept", [1.0] * 6)], visits=(1, 2))
    >>> data.subjects, data.observed.tolist()
    (('a', 'b', 'c'), [True, True, True, False, True, True])
    """
    y = _outcome(outcome)
    who = complete_labels(subject, "subject", length=y.size)
    when = complete_labels(visit, "visit", length=y.size)
    order = declared_levels(when, visits, "visit")
    asked = tuple(name for name, _ in columns)
    if not asked:
        raise StatisticsError("columns: none; at least an intercept is needed.")
    x = np.column_stack([_column(values, name, y.size) for name, values in columns])
    weight = None if weights is None else _weights(weights, y.size)
    points = None if coordinates is None else _coordinates(coordinates, y.size)
    cohort = None if group is None else complete_labels(group, "group", length=y.size)
    used = np.isfinite(y)
    keep, subjects, position = _positions(who, when, order, used)
    y, x, seen = y[keep], x[keep], used[keep]
    _refuse_empty_visits(position[1][seen], order)
    groups, group_of = _groups(cohort, keep, position[0], len(subjects))
    names, lifted, factors = _independent(x[seen], asked, drop_aliased)
    kept = x if names == asked else x[:, [asked.index(name) for name in names]]
    _refuse_nothing_left(y[seen], factors[0], position[1][seen], order)
    return RepeatedMeasures(
        asked=asked,
        names=names,
        lifted=lifted,
        outcome=y,
        observed=seen,
        used=used,
        kept_rows=keep,
        design=kept,
        factors=factors,
        position=position,
        subjects=subjects,
        visits=order,
        groups=groups,
        group_of=group_of,
        weights=None if weight is None else weight[keep],
        coordinates=None if points is None else points[keep],
    )


def kernels(data: RepeatedMeasures, columns: FloatArray) -> Kernels:
    """Group the patients by what their covariance depends on, and sum the cross-products of ``columns`` (R x q).

    >>> data = repeated_measures([1.0, 2.0, 4.0, float("nan"), 3.0, 5.0], "aabbcc", [1, 2] * 3,
    ...     [("intercept", [1.0] * 6)], visits=(1, 2))
    >>> found = kernels(data, data.design)
    >>> found.observed.tolist(), found.size.tolist()
    ([[True, True], [True, False]], [2.0, 1.0])
    >>> found.summed(np.ones((2, 2, 2))).tolist()
    [[9.0]]
    """
    n, m, q = len(data.subjects), len(data.visits), columns.shape[1]
    at = (data.position[0][data.observed], data.position[1][data.observed])
    padded, seen, scale = np.zeros((n, m, q)), np.zeros((n, m), dtype=np.bool_), np.ones((n, m))
    padded[at], seen[at] = columns[data.observed], True
    key: list[FloatArray] = [data.group_of[:, None].astype(np.float64), seen.astype(np.float64)]
    if data.weights is not None:
        scale[at] = data.weights[data.observed] ** -0.5
        key.append(scale)
    if data.coordinates is not None:
        points = np.zeros((n, m, data.coordinates.shape[1]))
        points[at] = data.coordinates[data.observed]
        key.append(points.reshape(n, -1))
    if len(key) == 2 and m < 40:  # group and visits fit in one number, which is sorted faster
        numbers = data.group_of * 2**m + seen @ 2 ** np.arange(m)
        _, first, kernel_of = np.unique(numbers, return_index=True, return_inverse=True)
    else:
        _, first, kernel_of = np.unique(np.column_stack(key), axis=0, return_index=True, return_inverse=True)
    appearance = np.argsort(first)
    kernel_of = np.argsort(appearance)[kernel_of.ravel()]
    first = first[appearance]
    inside = seen[first]
    pairs = np.argwhere(inside[:, :, None] & inside[:, None, :] & np.tri(m, dtype=np.bool_))
    return Kernels(
        observed=inside,
        scale=None if data.weights is None else scale[first],
        distances=None if data.coordinates is None else _distances(points[first], inside),
        group=data.group_of[first],
        size=np.bincount(kernel_of).astype(np.float64),
        kernel_of=kernel_of,
        padded=padded,
        pairs=pairs,
        table=_table(padded, kernel_of, pairs) if first.size * (m * q) ** 2 <= _LARGEST_TABLE else None,
    )


def _positions(
    who: tuple[str, ...], when: tuple[str, ...], order: tuple[str, ...], used: BoolArray
) -> tuple[BoolArray, tuple[str, ...], tuple[IntArray, IntArray]]:
    """Rows of patients observed at least once, those patients, and each row's patient and visit."""
    patient, time = {name: i for i, name in enumerate(dict.fromkeys(who))}, {name: i for i, name in enumerate(order)}
    codes, visits = (np.array([place[name] for name in names]) for place, names in ((patient, who), (time, when)))
    present = np.bincount(codes[used], minlength=len(patient)) > 0
    keep = present[codes]
    subjects = tuple(compress(patient, present.tolist()))
    position = ((np.cumsum(present) - 1)[codes[keep]], visits[keep])
    _refuse_repeats(position, subjects, order)
    return keep, subjects, position


def _independent(
    x: FloatArray, asked: tuple[str, ...], drop_aliased: bool
) -> tuple[tuple[str, ...], FloatArray, tuple[FloatArray, FloatArray]]:
    """The columns that are not combinations of those before, every column as a combination of these, their Q and R."""
    q, r = np.linalg.qr(x)
    if apart(r):
        return asked, np.eye(len(asked)), (q, r)
    aliased = aliased_columns(x, asked)
    if aliased and not drop_aliased:
        raise StatisticsError(
            f"the design is singular: {', '.join(aliased)} is a combination of the columns before; remove or pool it, "
            "or ask for it to be dropped (drop_aliased=True)."
        )
    names = tuple(name for name in asked if name not in aliased)
    kept = x[:, [asked.index(name) for name in names]]
    lifted = np.asarray(np.linalg.lstsq(kept, x, rcond=None)[0].T, dtype=np.float64) if aliased else np.eye(len(names))
    q, r = np.linalg.qr(kept)
    return names, lifted, (q, r)


def _table(padded: FloatArray, kernel_of: IntArray, pairs: IntArray) -> FloatArray:
    """Sums of products for each of the ``pairs`` of a kernel and two visits: see ``Kernels``."""
    n, m, q = padded.shape
    rows = padded.reshape(n, m * q)[np.argsort(kernel_of, kind="stable")]
    ends = np.cumsum(np.bincount(kernel_of)).tolist()
    products = np.empty((len(ends), m * q, m * q))
    for found, first, end in zip(products, [0, *ends], ends, strict=False):
        np.matmul(rows[first:end].T, rows[first:end], out=found)
    kind, later, earlier = pairs.T
    table = products.reshape(-1, m, q, m, q)[kind, later, :, earlier]
    crossed = later != earlier
    table[crossed] += table[crossed].transpose(0, 2, 1)
    return np.asarray(table.reshape(len(pairs), q * q))


def _distances(points: FloatArray, observed: BoolArray) -> FloatArray:
    gaps = points[:, :, None, :] - points[:, None, :, :]
    return np.asarray(np.sqrt((gaps**2).sum(axis=-1)) * (observed[:, :, None] & observed[:, None, :]))


def _outcome(values: ArrayLike) -> FloatArray:
    try:
        y = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatisticsError(f"outcome: not a column of numbers ({error}).") from error
    if y.ndim != 1 or y.size == 0:
        raise StatisticsError(f"outcome: expected one column with at least one row, got shape {y.shape}.")
    if np.isinf(y).any():
        raise StatisticsError(f"outcome: {int(np.isinf(y).sum())} of {y.size} values are infinite.")
    if np.isnan(y).all():
        raise StatisticsError(f"outcome: all {y.size} values are missing; there is nothing to analyze.")
    seen = y[np.isfinite(y)]
    if np.ptp(seen) == 0.0:
        raise StatisticsError(f"outcome: all observed values are {seen[0]:g}; nothing varies, so nothing is compared.")
    return y


def _column(values: ArrayLike, name: str, length: int) -> FloatArray:
    column = complete_numbers(values, name)
    if column.size != length:
        raise StatisticsError(f"{name}: {column.size} values for {length} outcomes.")
    return column


def _weights(values: ArrayLike, length: int) -> FloatArray:
    weights = _column(values, "weights", length)
    if (weights <= 0).any():
        raise StatisticsError(f"weights: {int((weights <= 0).sum())} of {length} are not above zero.")
    return weights


def _coordinates(values: ArrayLike, length: int) -> FloatArray:
    points = np.asarray(values, dtype=np.float64)
    points = points[:, None] if points.ndim == 1 else points
    if points.ndim != 2 or len(points) != length or not np.isfinite(points).all():
        raise StatisticsError(f"coordinates: {length} rows of complete numbers are needed.")
    return points


def _groups(cohort: tuple[str, ...] | None, keep: BoolArray, who: IntArray, n: int) -> tuple[tuple[str, ...], IntArray]:
    names: tuple[str, ...] = ("all",)
    codes = np.zeros(who.size, dtype=np.intp)
    if cohort is not None:
        kept = list(compress(cohort, keep.tolist()))
        names = tuple(dict.fromkeys(kept))
        codes = np.array(list(map({name: i for i, name in enumerate(names)}.__getitem__, kept)), dtype=np.intp)
    group_of = np.full(n, -1, dtype=np.intp)
    group_of[who] = codes
    if (group_of[who] != codes).any():
        raise StatisticsError("group: a patient is in two covariance groups.")
    few = [name for g, name in enumerate(names) if int((group_of == g).sum()) < 2]
    if few:
        raise StatisticsError(f"group: fewer than two patients with an outcome in {', '.join(few)}.")
    return names, group_of


def _refuse_repeats(position: tuple[IntArray, IntArray], subjects: tuple[str, ...], visits: tuple[str, ...]) -> None:
    counts = np.bincount(position[0] * len(visits) + position[1])
    for cell in np.flatnonzero(counts > 1):
        who, when = divmod(int(cell), len(visits))
        raise StatisticsError(f"subject {subjects[who]} has {counts[cell]} rows at visit {visits[when]}; keep one.")


def _refuse_empty_visits(seen: IntArray, visits: tuple[str, ...]) -> None:
    counts = np.bincount(seen, minlength=len(visits))
    if empty := [visit for visit, count in zip(visits, counts.tolist(), strict=True) if not count]:
        raise StatisticsError(f"visit: no outcome was observed at {', '.join(empty)}; leave the visit out.")


def _refuse_nothing_left(y: FloatArray, q: FloatArray, when: IntArray, visits: tuple[str, ...]) -> None:
    """Refuse a fit that leaves no residual to judge the variation by, overall or at one visit; ``q`` orthonormal."""
    if y.size - q.shape[1] < 1:
        raise StatisticsError(f"outcome: {y.size} values for {q.shape[1]} coefficients leave no degree of freedom.")
    residual = y - q @ (q.T @ y)
    total = float(((y - y.mean()) ** 2).sum())
    left = np.bincount(when, weights=residual**2, minlength=len(visits))
    for place in np.flatnonzero(left <= _PERFECT_FIT * total):
        raise StatisticsError(
            f"outcome: the model fits visit {visits[place]} perfectly ({int((when == place).sum())} values); no variation "
            "is left to judge a difference by."
        )
