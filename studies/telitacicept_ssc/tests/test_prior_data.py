"""The prior data of the study give the priors that were written down for them, with and without RESOLVE-1."""

import numpy as np
import pytest

from studies.telitacicept_ssc.prior_data import (
    ARMS,
    MU,
    PATIENT_SD,
    PLANNED_CONTROLS,
    TIGHT,
    WIDE,
    HistoricalArm,
    arms,
    control_prior,
    predicted,
    spread_of_late_arms,
)
from trialwright.statistics import (
    Decision,
    HeterogeneityPrior,
    NormalDesign,
    NormalMixture,
    ess_elir,
    ess_moment,
    fit_mixture,
    normal_prior,
    normal_success,
    robustify_normal,
    update_normal,
)

LATE, NO_RESOLVE = arms(late=True), arms(late=True, without_resolve1=True)
WITH_RISE, EARLY = arms(late=True, unverified=("RISE-SSc",)), arms(late=False)
WITH_DESIRES = arms(late=False, unverified=("DESIRES",))


@pytest.mark.parametrize(
    ("chosen", "tau", "spread", "mu", "mu_sd", "sd", "limits", "moment", "elir"),
    [
        (LATE, TIGHT, (2.00, 1.07, 1.90, 3.47), -4.15, 0.88, 2.27, (-8.7, 0.5), 10.9, 12.0),
        (LATE, WIDE, (2.28, 1.12, 2.10, 4.39), -4.13, 1.00, 2.63, (-9.4, 1.2), 8.2, 9.6),
        (NO_RESOLVE, TIGHT, (0.65, 0.02, 0.54, 1.92), -3.29, 0.50, 0.96, (-5.4, -1.3), 60.7, 112),
        (NO_RESOLVE, WIDE, (0.72, 0.02, 0.57, 2.27), -3.30, 0.54, 1.09, (-5.6, -1.1), 47.7, 102),
        (WITH_RISE, TIGHT, (2.13, 1.19, 2.04, 3.56), -3.72, 0.86, 2.38, (-8.5, 1.1), 10.0, 10.7),
        (EARLY, WIDE, (1.53, 0.04, 1.12, 5.25), -2.25, 1.36, 2.48, (-7.5, 2.9), 9.1, 25.2),
        (WITH_DESIRES, WIDE, (2.80, 0.88, 2.51, 6.25), -1.10, 1.65, 3.53, (-8.5, 6.1), 4.5, 6.4),
    ],
    ids=["late", "late wide", "no RESOLVE-1", "no RESOLVE-1 wide", "with RISE-SSc", "early", "with DESIRES"],
)
def test_priors_that_were_written_down(
    chosen: tuple[HistoricalArm, ...],
    tau: HeterogeneityPrior,
    spread: tuple[float, ...],
    mu: float,
    mu_sd: float,
    sd: float,
    limits: tuple[float, float],
    moment: float,
    elir: float,
) -> None:
    """Half a unit of the last printed digit; quantiles of tau 0.015: they were printed from an evenly spaced grid."""
    found = predicted(chosen, tau)
    assert found.tau.mean == pytest.approx(spread[0], abs=0.0051)
    assert found.tau.quantile([0.025, 0.5, 0.975]) == pytest.approx(spread[1:], abs=0.015)
    assert (found.mu.mean, found.mu.sd) == pytest.approx((mu, mu_sd), abs=0.0055)
    assert (found.predictive.mean, found.predictive.sd) == pytest.approx((mu, sd), abs=0.0055)
    assert found.predictive.quantile([0.025, 0.975]) == pytest.approx(limits, abs=0.051)
    assert ess_moment(found.predictive, unit_sd=PATIENT_SD) == pytest.approx(moment, abs=0.051)
    assert ess_elir(found.predictive, unit_sd=PATIENT_SD) == pytest.approx(elir, abs=0.051 if elir < 100 else 0.51)


@pytest.mark.parametrize(
    ("chosen", "tau", "weights", "means", "sds", "robust"),
    [
        (LATE, TIGHT, (0.714, 0.286), (-4.17, -4.08), (1.77, 3.19), 4.2),
        (LATE, WIDE, (0.787, 0.213), (-4.16, -4.04), (2.03, 4.13), 3.5),
        (EARLY, WIDE, (0.718, 0.282), (-2.22, -2.36), (1.14, 4.29), 8.6),
    ],
    ids=["late", "late wide", "early"],
)
def test_two_components_are_at_least_as_near_as_those_written_down(
    chosen: tuple[HistoricalArm, ...],
    tau: HeterogeneityPrior,
    weights: tuple[float, float],
    means: tuple[float, float],
    sds: tuple[float, float],
    robust: float,
) -> None:
    density = predicted(chosen, tau).predictive
    found, theirs = fit_mixture(density, 2), NormalMixture(weights=weights, means=means, sds=sds)
    values, shares = density.quadrature()
    kept = shares > 1e-14
    assert found.divergence <= shares[kept] @ np.log(density.pdf(values[kept]) / theirs.pdf(values[kept]))
    assert found.mixture.weights == pytest.approx(weights, abs=0.03)
    written = robustify_normal(theirs, 0.5, unit_sd=PATIENT_SD)
    assert ess_elir(written, unit_sd=PATIENT_SD) == pytest.approx(robust, abs=0.051)


@pytest.mark.parametrize(
    ("seen", "shown"), [(-4, (-4.08, 1.63, 0.092)), (0, (-1.95, 1.94, 0.173)), (4, (1.94, 2.65, 0.562))]
)
def test_ten_controls_move_the_prior_as_written_down(seen: float, shown: tuple[float, float, float]) -> None:
    """The weight to 0.001, because the prior behind it is known to three digits only."""
    prior = robustify_normal(fit_mixture(predicted(LATE, TIGHT).predictive, 2).mixture, 0.2, unit_sd=PATIENT_SD)
    found = update_normal(prior, seen, PATIENT_SD / 10**0.5)
    assert (found.mean, found.sd) == pytest.approx(shown[:2], abs=0.0055)
    assert found.weights[-1] == pytest.approx(shown[2], abs=0.001)


def test_rows_from_memory_stay_out_of_the_prior() -> None:
    assert {arm.study for arm in ARMS if not arm.verified} == {"RISE-SSc", "DESIRES"}
    assert all(arm.primary for arm in (*LATE, *EARLY))
    assert all(arm.source and arm.basis for arm in ARMS)


def test_standard_errors_follow_from_their_basis() -> None:
    shown = {("ASSET", 52): 7.6 / 38**0.5, ("Pomalidomide", 52): 7.0 / 11**0.5, ("Pomalidomide", 24): 5.7 / 10**0.5}
    shown |= {
        ("faSScinate", 48): (0.12 + 7.23) / 3.92 / 2**0.5,
        ("faSScinate", 24): (0.45 + 5.85) / 3.92 / 2**0.5,
        ("focuSSced", 48): (0.32 + 3.78) / 3.92 / 2**0.5,
        ("LIBERIUS", 48): (-1.7 + 4.5) / 3.92 / 2**0.5,
        ("EUSTAR-GC", 52): (-1.9 + 4.4) / 3.92,
        ("RISE-SSc", 52): 8.24 / 60**0.5,
        ("DESIRES", 24): (-5.88 + 11.0) / 3.92 / 2**0.5,
    }
    table = {(arm.study, arm.week): arm.standard_error for arm in ARMS}
    for key, error in shown.items():
        assert table[key] == pytest.approx(error, abs=0.0011)


@pytest.mark.parametrize("without_resolve1", [False, True])
@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.0, 2.0), (-4.0, 2.0)])
def test_the_control_prior_is_never_worth_more_than_our_controls(
    without_resolve1: bool, shift: tuple[float, float]
) -> None:
    prior = control_prior(without_resolve1, shift=shift)
    assert ess_elir(prior, unit_sd=PATIENT_SD) <= PLANNED_CONTROLS
    assert sum(prior.weights) == pytest.approx(1.0, abs=1e-12)
    assert prior.weights[-1] >= 0.5 and prior.sds[-1] == PATIENT_SD
    center = predicted(EARLY, spread_of_late_arms(without_resolve1=without_resolve1)).predictive.mean
    assert prior.mean == pytest.approx(center + shift[0], abs=1e-6)


@pytest.mark.parametrize(
    ("without_resolve1", "false", "power"),
    [
        (False, [4.8, 3.8, 2.7, 1.8, 1.3, 1.0], [69.2, 68.1, 65.2, 60.1, 53.8, 47.5]),
        (True, [5.8, 4.6, 2.9, 1.7, 1.0, 0.9], [69.3, 70.2, 68.6, 62.7, 53.7, 44.9]),
    ],
    ids=["with", "without"],
)
def test_error_rates_are_those_of_the_explanation(
    without_resolve1: bool, false: list[float], power: list[float]
) -> None:
    """The table in docs/explanation/statistics-bayes.md; what it claims about control of the error is asserted too."""
    truth, error = np.array([-8.0, -6.0, -4.0, -2.0, 0.0, 2.0]), PATIENT_SD / 10**0.5
    rule, flat = Decision(clauses=((0.975, 0.0),), lower=True), normal_prior(0, 10 * PATIENT_SD)
    design = NormalDesign(
        treated=flat, control=control_prior(without_resolve1), treated_error=error, control_error=error
    )
    assert 100 * normal_success(design, rule, truth, truth) == pytest.approx(false, abs=0.051)
    assert 100 * normal_success(design, rule, truth - 7, truth) == pytest.approx(power, abs=0.051)
    own = NormalDesign(treated=flat, control=flat, treated_error=error, control_error=error)
    assert 100 * normal_success(own, rule, truth, truth) == pytest.approx(np.full(6, 2.5), abs=0.051)
    assert 100 * normal_success(own, rule, truth - 7, truth) == pytest.approx(np.full(6, 55.0), abs=0.051)


def test_resolve_1_decides_how_much_history_is_worth() -> None:
    with_it, without_it = (
        ess_elir(predicted(EARLY, spread_of_late_arms(without_resolve1=drop)).predictive, unit_sd=PATIENT_SD)
        for drop in (False, True)
    )
    assert without_it > 4 * with_it
    assert MU == (0.0, 15.0)
