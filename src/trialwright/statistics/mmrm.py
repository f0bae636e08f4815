"""Compares repeated measurements by a mixed model: all visits of each patient, none imputed (MMRM)."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, get_args

import numpy as np
from attrs import evolve, frozen
from numpy.typing import ArrayLike

from trialwright.statistics.arguments import FloatArray, StatisticsError, confidence_level
from trialwright.statistics.batches import Engine
from trialwright.statistics.covariance_structures import CovarianceName
from trialwright.statistics.degrees_of_freedom import (
    Inference,
    between_within,
    residual,
    satterthwaite,
    wald_f,
)
from trialwright.statistics.distributions import f_upper
from trialwright.statistics.kenward_roger import kenward_roger
from trialwright.statistics.least_squares import Estimate, FTest, student_estimate
from trialwright.statistics.mmrm_likelihood import Criterion
from trialwright.statistics.mmrm_newton import MixedFit, fit_mixed
from trialwright.statistics.repeated_measures import RepeatedMeasures, repeated_measures
from trialwright.statistics.sandwich import empirical

InferenceName = Literal[
    "kenward-roger",
    "kenward-roger linear",
    "satterthwaite",
    "between-within",
    "residual",
    "CR0",
    "CR2",
    "CR3",
]

LADDER: tuple[CovarianceName, ...] = (
    "heterogeneous toeplitz",
    "heterogeneous autoregressive",
    "heterogeneous compound symmetry",
    "compound symmetry",
)
"""From the richest to the poorest: a ladder to declare in the analysis plan, in case unstructured does not converge."""

_METHODS: dict[str, Callable[[MixedFit], Inference]] = {
    "kenward-roger": kenward_roger,
    "kenward-roger linear": lambda fit: kenward_roger(fit, linear=True),
    "satterthwaite": satterthwaite,
    "between-within": between_within,
    "residual": residual,
    "CR0": lambda fit: empirical(fit, "CR0"),
    "CR2": lambda fit: empirical(fit, "CR2"),
    "CR3": lambda fit: empirical(fit, "CR3"),
}


@frozen(kw_only=True, eq=False)
class Mmrm:
    """A fitted mixed model for repeated measures.

    ``covariance`` is the structure fitted, which is not the one ``requested`` if a ladder was declared and used;
    ``notes`` says so, and names dropped columns. ``parameters`` are the covariance parameters by name (and group).
    """

    requested: CovarianceName
    covariance: CovarianceName
    criterion: Criterion
    parameters: tuple[tuple[str, float], ...]
    minus_two_log_likelihood: float
    aic: float
    bic: float
    n_subjects: int
    n_observations: int
    notes: tuple[str, ...]
    confidence: float
    inference: Inference
    fit: MixedFit

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the design, as asked for."""
        return self.fit.data.asked

    @property
    def coefficients(self) -> FloatArray:
        """One coefficient for each column that was kept."""
        return self.fit.coefficients

    def with_inference(self, inference: InferenceName, *, degrees: InferenceName | None = None) -> "Mmrm":
        """The same fit, judged by another method; ``degrees`` as in ``mmrm``."""
        return evolve(self, inference=_inference(self.fit, inference, degrees))

    def estimate(self, weights: ArrayLike) -> Estimate:
        """Estimate a linear combination of the coefficients (one weight for each column asked for)."""
        row = self._estimable(np.atleast_2d(np.asarray(weights, dtype=np.float64)))[0]
        variance = float(row @ self.inference.covariance @ row)
        if not variance > 0.0:
            raise StatisticsError("the combination asked for has no variance: all its weights are zero.")
        value = float(row @ self.fit.coefficients)
        return student_estimate(value, variance**0.5, self._left(self.inference.degrees(row)), self.confidence)

    def coefficient(self, name: str) -> Estimate:
        """Estimate one coefficient by its column's name."""
        if name not in self.names:
            raise StatisticsError(f"no column {name!r}; the columns are {', '.join(self.names)}.")
        return self.estimate([float(column == name) for column in self.names])

    def f_test(self, term: str, combinations: ArrayLike) -> FTest:
        """Test that q linear combinations of the coefficients (q x columns asked for) are all zero."""
        rows = self._estimable(np.atleast_2d(np.asarray(combinations, dtype=np.float64)))
        if np.linalg.matrix_rank(rows) < len(rows):
            raise StatisticsError(f"{term}: its {len(rows)} combinations are not independent; leave out the surplus.")
        f, df = self.inference.test(rows, self.fit.coefficients)
        return FTest(term=term, df_numerator=len(rows), df_denominator=self._left(df), f=f, p=f_upper(f, len(rows), df))

    def covariance_matrix(self, group: str | None = None) -> FloatArray:
        """The estimated covariance of the visits (m x m), of one group if the covariance was grouped."""
        data = self.fit.data
        if self.covariance == "spatial exponential":
            raise StatisticsError("a spatial covariance has no matrix of visits: it depends on each patient's dates.")
        if group is None and len(data.groups) > 1:
            raise StatisticsError(f"group: name one of {', '.join(data.groups)}.")
        if group is not None and group not in data.groups:
            raise StatisticsError(f"group: {group!r} is not one of {', '.join(data.groups)}.")
        place = 0 if group is None else data.groups.index(group)
        return np.array(self.fit.point.shapes[place].value[0])

    def _left(self, df: float) -> float:
        if not 0.0 < df < np.inf:
            raise StatisticsError(
                f"inference: {self.inference.name} leaves no degrees of freedom for this combination in so few patients."
            )
        return df

    def _estimable(self, rows: FloatArray) -> FloatArray:
        """Combinations of the kept columns that equal those asked for; refused if dropped columns leave them open."""
        data = self.fit.data
        if rows.shape[1] != len(data.asked):
            raise StatisticsError(f"weights: {rows.shape[1]} for {len(data.asked)} columns.")
        kept = rows[:, [data.asked.index(name) for name in data.names]]
        if data.dropped and not np.allclose(rows, kept @ data.lifted.T, rtol=1e-8, atol=1e-8 * np.abs(rows).max()):
            raise StatisticsError(
                f"the combination asked for cannot be estimated: {', '.join(data.dropped)} is a combination of other "
                "columns and was dropped."
            )
        return kept


def mmrm(
    outcome: ArrayLike,
    subject: Iterable[object],
    visit: Iterable[object],
    columns: Sequence[tuple[str, ArrayLike]],
    *,
    visits: Iterable[object],
    covariance: CovarianceName = "unstructured",
    criterion: Criterion = "REML",
    inference: InferenceName = "kenward-roger",
    degrees: InferenceName | None = None,
    group: Iterable[object] | None = None,
    weights: ArrayLike | None = None,
    coordinates: ArrayLike | None = None,
    ladder: Sequence[CovarianceName] = (),
    drop_aliased: bool = False,
    confidence: float = 0.95,
    engine: Engine = "numpy",
) -> Mmrm:
    """Fit a mixed model for repeated measures to R rows of one patient at one visit each.

    ``outcome`` (R) may be missing (NaN): under a likelihood the observed visits of such a patient still count, which
    is right if what is missing depends only on what was observed (missing at random). ``columns`` are the named
    design columns (R each), ``visits`` the declared visits in order of time. An empirical ``inference`` comes with its
    own degrees of freedom; ``degrees`` puts between-within (SAS's default there) or residual ones in their place. ``group`` gives each group of patients
    its own covariance; ``weights`` (R) divide variances; ``coordinates`` (R or R x d) place the measurements of
    "spatial exponential". If the structure does not converge, those of ``ladder`` are tried in order, and the result
    is labelled; without a ladder it is refused. ``engine`` is that of ``fit_mixed``: a single analysis needs no compiler.

    Source: Mallinckrodt and others, Drug Information Journal 2008; the mathematics is in the vignette.

    Raises StatisticsError as ``repeated_measures`` and ``fit_mixed`` do.

    >>> fit = mmrm([0.7, 1.9, -1.6, 0.8, -0.2, 1.1, -1.2, 0.1, -0.1, -0.1], "aabbccddee", ["A", "B"] * 5,
    ...     [("A", [1.0, 0.0] * 5), ("B", [0.0, 1.0] * 5)], visits=("A", "B"))
    >>> found = fit.estimate([-1.0, 1.0])
    >>> round(found.value, 4), round(found.standard_error, 4), round(found.df, 4)
    (1.24, 0.3803, 4.0)
    """
    level = confidence_level(confidence)
    if criterion not in get_args(Criterion):
        raise StatisticsError(f"criterion: {criterion!r} is not one of {', '.join(get_args(Criterion))}.")
    data = repeated_measures(
        outcome,
        subject,
        visit,
        columns,
        visits=visits,
        group=group,
        weights=weights,
        coordinates=coordinates,
        drop_aliased=drop_aliased,
    )
    fit, notes = _fit_down(data, (covariance, *ladder), criterion, engine)
    if data.dropped:
        notes = (*notes, f"dropped because combinations of the columns before: {', '.join(data.dropped)}.")
    return _labelled(fit, covariance, notes, _inference(fit, inference, degrees), level)


def _labelled(
    fit: MixedFit, requested: CovarianceName, notes: tuple[str, ...], inference: Inference, confidence: float
) -> Mmrm:
    """Name the parameters of ``fit`` and count them for the information criteria, as SAS does."""
    data, structure, criterion = fit.data, fit.likelihood.structure, fit.likelihood.criterion
    suffixes = [f" ({name})" if len(data.groups) > 1 else "" for name in data.groups]
    labels = [name + suffix for suffix in suffixes for name in structure.parameters]
    counted = fit.point.theta.size + (0 if criterion == "REML" else fit.coefficients.size)
    return Mmrm(
        requested=requested,
        covariance=structure.name,
        criterion=criterion,
        parameters=tuple(zip(labels, fit.point.theta.tolist(), strict=True)),
        minus_two_log_likelihood=fit.minus_two_log,
        aic=fit.minus_two_log + 2 * counted,
        bic=fit.minus_two_log + float(np.log(len(data.subjects))) * counted,
        n_subjects=len(data.subjects),
        n_observations=fit.n_observations,
        notes=notes,
        confidence=confidence,
        inference=inference,
        fit=fit,
    )


def _fit_down(
    data: RepeatedMeasures, structures: tuple[CovarianceName, ...], criterion: Criterion, engine: Engine
) -> tuple[MixedFit, tuple[str, ...]]:
    """The first structure that converges; each that did not leaves a note."""
    notes: list[str] = []
    for structure in structures:
        try:
            return fit_mixed(data, structure, criterion, engine), tuple(notes)
        except StatisticsError as error:
            notes.append(f"{structure} was given up: {error}")
    raise StatisticsError(" ".join(notes))


def _inference(fit: MixedFit, name: InferenceName, degrees: InferenceName | None) -> Inference:
    for wanted in (name, *([] if degrees is None else [degrees])):
        if wanted not in _METHODS:
            raise StatisticsError(f"inference: {wanted!r} is not one of {', '.join(_METHODS)}.")
    chosen = _METHODS[name](fit)
    if degrees is None or degrees == name:
        return chosen
    if name not in ("CR0", "CR2", "CR3") or degrees not in ("between-within", "residual"):
        raise StatisticsError("degrees: only an empirical covariance can take between-within or residual degrees.")
    other, covariance = _METHODS[degrees](fit), chosen.covariance
    return Inference(
        name=f"empirical {name}, {other.name} degrees of freedom",
        covariance=covariance,
        degrees=other.degrees,
        test=lambda rows, beta: (wald_f(rows, beta, covariance), other.test(rows, beta)[1]),
    )
