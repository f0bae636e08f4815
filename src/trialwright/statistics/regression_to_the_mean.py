"""Patients chosen because their last change was bad will do better anyway: by how much, if no drug did anything?"""

from collections.abc import Sequence
from math import exp, hypot, isfinite, log, pi, sqrt

import numpy as np
from attrs import frozen
from scipy.special import log_ndtr, ndtr

from trialwright.statistics.arguments import StatisticsError


@frozen(kw_only=True)
class ChangeModel:
    """How a score changes over the interval before selection and over the one after it, if nothing is done.

    ``mean_before`` and ``mean_after`` are the true mean changes; ``true_before`` and ``true_after`` the standard
    deviations of patients' true changes; ``persistence`` the correlation of the two; ``measurement_error`` the standard
    deviation of one reading around the truth; ``readings`` how many were averaged at the visit that both changes share.
    """

    mean_before: float
    mean_after: float
    true_before: float
    true_after: float
    persistence: float
    measurement_error: float
    readings: int = 1

    @property
    def sd_before(self) -> float:
        """Standard deviation of the observed change before selection."""
        return sqrt(self.true_before**2 + self.measurement_error**2 * (1.0 + 1.0 / self.readings))

    @property
    def sd_after(self) -> float:
        """Standard deviation of the observed change after selection."""
        return sqrt(self.true_after**2 + self.measurement_error**2 * (1.0 + 1.0 / self.readings))

    @property
    def covariance(self) -> float:
        """Covariance of the two observed changes: persistence of the truth less the error of the reading they share."""
        return self.persistence * self.true_before * self.true_after - self.measurement_error**2 / self.readings

    @property
    def neutral_persistence(self) -> float | None:
        """The persistence at which selection makes no difference; None if none between -1 and 1 does."""
        truth, error = self.true_before * self.true_after, self.measurement_error**2 / self.readings
        return error / truth if truth >= error and truth > 0.0 else None


@frozen(kw_only=True)
class SelectionEffect:
    """Expected observed change after selection, without any drug.

    ``selected`` changed by at least the cut before, ``others`` by less; ``gap`` is selected minus others, the difference
    that a comparison would show if nothing worked. ``share`` is that of the selected; ``correlation`` that of the changes.
    """

    selected: float
    others: float
    gap: float
    share: float
    correlation: float


@frozen(kw_only=True)
class SimulatedSelection:
    """The same by simulation of ``patients``, with the Monte Carlo standard errors of the means and of the gap."""

    effect: SelectionEffect
    selected_error: float
    others_error: float
    gap_error: float
    patients: int


def level_selection(
    mean: float, between: float, within: float, cut: float, *, readings: int = 1, above: bool = True
) -> float:
    """Expected fall towards the mean of those whose level was at least ``cut`` (or at most, ``above=False``: a rise).

    ``between`` is the standard deviation of patients' true levels, ``within`` that of one reading; ``readings`` are averaged
    for the decision.

    Source: Barnett, van der Pols and Dobson, International Journal of Epidemiology 2005.

    >>> round(level_selection(60, 12, 9, 40, above=False), 4), round(level_selection(20, 8, 4.6, 15), 2)
    (9.7099, 1.12)
    """
    _refuse_unusable({"mean": mean, "cut": cut}, {"between": between, "within": within}, readings)
    error = within**2 / readings
    total = sqrt(between**2 + error)
    if not total > 0.0:
        raise StatisticsError("between, within: both are zero; nobody differs, so nobody can be selected.")
    z = (cut - mean) / total
    return error / total * _hazard(z if above else -z)


def change_model(
    mean_change: float, sd_change: float, measurement_error: float, persistence: float, *, readings: int = 1
) -> ChangeModel:
    """The model from what is known of one interval: observed changes before and after alike in mean and spread.

    ``sd_change`` is the standard deviation of the observed change; what the measurement error does not explain of it
    is the true one. Raises StatisticsError if the error alone exceeds it.

    >>> round(change_model(-2, 7.5, 4.0, 0.3).true_after, 3)
    4.924
    """
    _refuse_unusable({"mean_change": mean_change}, {"sd_change": sd_change, "error": measurement_error}, readings)
    noise = measurement_error**2 * (1.0 + 1.0 / readings)
    if noise > sd_change**2:
        raise StatisticsError(
            f"measurement_error: {measurement_error:g} in both readings alone makes changes scatter by {sqrt(noise):.3g}, "
            f"more than the {sd_change:g} observed; one of the two is wrong."
        )
    truth = sqrt(sd_change**2 - noise)
    return _checked(
        ChangeModel(
            mean_before=mean_change,
            mean_after=mean_change,
            true_before=truth,
            true_after=truth,
            persistence=persistence,
            measurement_error=measurement_error,
            readings=readings,
        )
    )


def persistence_from(correlation: float, sd_change: float, measurement_error: float, *, readings: int = 1) -> float:
    """Correlation of true changes that makes observed changes correlate by ``correlation``, e.g. in untreated patients.

    >>> round(persistence_from(-0.1591, 7.5, 4.0), 2)
    0.29
    """
    model = change_model(0.0, sd_change, measurement_error, 0.0, readings=readings)
    if not -1.0 <= correlation <= 1.0 or model.true_before == 0.0:
        raise StatisticsError("correlation: between -1 and 1 is needed, and true changes that vary.")
    return float((correlation * model.sd_before**2 + measurement_error**2 / readings) / model.true_before**2)


def selection_effect(model: ChangeModel, cut: float) -> SelectionEffect:
    """Expected observed change after selecting those whose observed change before was at least ``cut``.

    E[D2 | D1 >= c] = mean_after + Cov/sd phi(z) / (1 - Phi(z)), z = (c - mean_before) / sd; the others mirror it. The sign
    turns on whether true progression persists more than the shared reading errs.

    >>> found = selection_effect(change_model(-2, 7.5, 4.0, 0.0), 0.0)
    >>> round(found.selected, 2), round(found.others, 2), round(found.gap, 2), round(found.share, 2)
    (-4.08, -0.64, -3.44, 0.39)
    """
    _checked(model)
    _refuse_unusable({"cut": cut}, {}, model.readings)
    z = (cut - model.mean_before) / model.sd_before
    slope = model.covariance / model.sd_before
    selected, others = model.mean_after + slope * _hazard(z), model.mean_after - slope * _hazard(-z)
    return SelectionEffect(
        selected=selected,
        others=others,
        gap=selected - others,
        share=float(ndtr(-z)),
        correlation=slope / model.sd_after,
    )


def simulate_selection(
    model: ChangeModel, cut: float, generator: np.random.Generator, patients: int = 100_000
) -> SimulatedSelection:
    """The same by drawing true changes and reading errors of ``patients``, and selecting: no formula inside.

    Raises StatisticsError if fewer than two are selected, or left.

    >>> found = simulate_selection(change_model(-2, 7.5, 4.0, 0.0), 0.0, np.random.Generator(np.random.Philox(1)))
    >>> abs(found.effect.gap - -3.44) < 4 * found.gap_error
    True
    """
    _checked(model)
    _refuse_unusable({"cut": cut}, {}, model.readings)
    truth = generator.standard_normal((2, patients))
    rho = model.persistence
    before = model.mean_before + model.true_before * truth[0]
    after = model.mean_after + model.true_after * (rho * truth[0] + sqrt(1.0 - rho**2) * truth[1])
    noise = model.measurement_error * generator.standard_normal((3, patients))
    noise[1] /= sqrt(model.readings)
    first, second = before + noise[1] - noise[0], after + noise[2] - noise[1]
    chosen = first >= cut
    if min(chosen.sum(), (~chosen).sum()) < 2:
        raise StatisticsError(f"cut: {cut:g} leaves fewer than two of {patients} on one side.")
    means = [float(second[side].mean()) for side in (chosen, ~chosen)]
    errors = [float(second[side].std(ddof=1) / sqrt(side.sum())) for side in (chosen, ~chosen)]
    effect = SelectionEffect(
        selected=means[0],
        others=means[1],
        gap=means[0] - means[1],
        share=float(chosen.mean()),
        correlation=float(np.corrcoef(first, second)[0, 1]),
    )
    return SimulatedSelection(
        effect=effect,
        selected_error=errors[0],
        others_error=errors[1],
        gap_error=hypot(*errors),
        patients=patients,
    )


def selection_grid(
    mean_change: float,
    sd_change: float,
    cut: float,
    *,
    measurement_errors: Sequence[float],
    persistences: Sequence[float],
    readings: int = 1,
) -> tuple[tuple[float, float, SelectionEffect | None], ...]:
    """The effect for each measurement error and persistence; None where the error alone exceeds the observed variation.

    >>> for error, persistence, found in selection_grid(-2, 7.5, 0, measurement_errors=(2.5, 4), persistences=(0, 0.6)):
    ...     print(error, persistence, round(found.gap, 2))
    2.5 0 -1.34
    2.5 0.6 4.3
    4 0 -3.44
    4 0.6 -0.31
    """
    found: list[tuple[float, float, SelectionEffect | None]] = []
    for error in measurement_errors:
        fits = error**2 * (1.0 + 1.0 / readings) <= sd_change**2
        for persistence in persistences:
            model = change_model(mean_change, sd_change, error, persistence, readings=readings) if fits else None
            found.append((error, persistence, None if model is None else selection_effect(model, cut)))
    return tuple(found)


def _hazard(z: float) -> float:
    """phi(z) / (1 - Phi(z)), also far out."""
    return exp(-(z**2) / 2.0 - 0.5 * log(2.0 * pi) - float(log_ndtr(-z)))


def _checked(model: ChangeModel) -> ChangeModel:
    _refuse_unusable(
        {"mean_before": model.mean_before, "mean_after": model.mean_after},
        {"true_before": model.true_before, "true_after": model.true_after, "error": model.measurement_error},
        model.readings,
    )
    if not -1.0 <= model.persistence <= 1.0:
        raise StatisticsError(f"persistence: {model.persistence:g} is a correlation, between -1 and 1.")
    if not (model.sd_before > 0.0 and model.sd_after > 0.0):
        raise StatisticsError("true_before, true_after, measurement_error: all zero; nothing varies.")
    return model


def _refuse_unusable(numbers: dict[str, float], spreads: dict[str, float], readings: int) -> None:
    for name, value in (numbers | spreads).items():
        if not isfinite(value):
            raise StatisticsError(f"{name}: {value} is not a finite number.")
    for name, value in spreads.items():
        if value < 0.0:
            raise StatisticsError(f"{name}: {value:g} is a spread; zero or above is needed.")
    if readings < 1:
        raise StatisticsError(f"readings: {readings}; at least one.")
