"""Laws of the mixed model: derivatives, invariances, and what is refused in words rather than turned into a number."""

from typing import Any, get_args

import numpy as np
import pytest

import trialwright.statistics.repeated_measures as repeated_measures_module
from trialwright.statistics import (
    LADDER,
    Mmrm,
    StatisticsError,
    factorial_design,
    least_squares_means,
    mean_differences,
    mmrm,
    mmrm_residuals,
    predict_missing,
    simulate_outcomes,
    type_three_tests,
)
from trialwright.statistics.covariance_structures import CovarianceName, covariance_structure
from trialwright.statistics.log_cholesky import approach
from trialwright.statistics.mmrm import _METHODS
from trialwright.statistics.mmrm_likelihood import Likelihood
from trialwright.statistics.mmrm_newton import _climb, _starts
from trialwright.statistics.repeated_measures import kernels, repeated_measures

pytestmark = pytest.mark.property

N, M = 30, 4
SUBJECT, VISIT = np.repeat(np.arange(N), M), np.tile(np.arange(M), N)
ARM = np.repeat(np.repeat([0.0, 1.0], N // 2), M)
TIME = np.array([0.0, 1.0, 3.0, 4.5])[VISIT]
STRUCTURES = get_args(CovarianceName)
COLUMNS = [("one", np.ones(N * M)), ("arm", ARM), ("last", VISIT == M - 1), ("arm last", ARM * (VISIT == M - 1))]


def trial(seed: int, missing: float = 0.15) -> np.ndarray:
    generator = np.random.Generator(np.random.Philox(seed))
    sigma = (
        9
        * 0.7 ** np.abs(np.subtract.outer(np.arange(M), np.arange(M)))
        * np.outer([1, 1.2, 1.4, 1.6], [1, 1.2, 1.4, 1.6])
    )
    outcome = generator.multivariate_normal([20, 19, 18, 17], sigma, N)
    outcome[generator.random((N, M)) < missing] = np.nan
    return np.asarray(outcome.ravel())


def fit(outcome: Any, structure: str = "unstructured", columns: Any = COLUMNS, **options: Any) -> Mmrm:
    if structure == "spatial exponential":
        options.setdefault("coordinates", TIME)
    return mmrm(outcome, SUBJECT, VISIT, columns, visits=range(M), covariance=structure, **options)


def same(one: Mmrm, other: Mmrm, *, rel: float = 1e-6) -> None:
    for name in one.names:
        a, b = one.coefficient(name), other.coefficient(name)
        assert (a.value, a.standard_error, a.df) == pytest.approx((b.value, b.standard_error, b.df), rel=rel)


def likelihood_of(structure: str, criterion: str, **options: Any) -> Likelihood:
    if structure == "spatial exponential":
        options["coordinates"] = TIME
    data = repeated_measures(trial(1), SUBJECT, VISIT, COLUMNS, visits=range(M), **options)
    found = kernels(data, np.column_stack([data.design, np.where(data.observed, data.outcome - 18, 0.0)]))
    shape = covariance_structure(structure, data.visits, found.distances)  # type: ignore[arg-type]
    return Likelihood(
        kernels=found,
        structure=shape,
        groups=len(data.groups),
        criterion=criterion,  # type: ignore[arg-type]
        n_observations=int(data.observed.sum()),
    )


# -------------------------------------------------------------------------------------------------------- derivatives


@pytest.mark.parametrize("criterion", ["REML", "ML"])
@pytest.mark.parametrize(
    "options", [{}, {"group": ARM}, {"weights": 1 + VISIT / 3}], ids=["plain", "grouped", "weighted"]
)
@pytest.mark.parametrize("structure", STRUCTURES)
def test_gradient_and_curvature_are_those_of_the_likelihood(structure: str, options: Any, criterion: str) -> None:
    likelihood = likelihood_of(structure, criterion, **options)
    theta = _starts(likelihood)[0].theta * (1 + 0.02 * np.cos(np.arange(likelihood.size)))
    slope = likelihood.at(theta).slope()  # type: ignore[union-attr]
    values, gradients = [], []
    for place in range(theta.size):
        step = np.zeros(theta.size)
        step[place] = 1e-5 * max(abs(theta[place]), 0.1)
        ahead, behind = likelihood.at(theta + step), likelihood.at(theta - step)
        assert ahead is not None and behind is not None
        values.append((ahead.minus_two_log - behind.minus_two_log) / (4 * step[place]))
        gradients.append((ahead.slope().gradient - behind.slope().gradient) / (2 * step[place]))
    assert slope.gradient == pytest.approx(np.array(values), abs=2e-5 * np.abs(values).max())
    observed = slope.information("observed")
    assert observed == pytest.approx(np.array(gradients), abs=2e-6 * np.abs(gradients).max())


def test_the_average_information_lies_between_observed_and_expected_for_a_linear_structure() -> None:
    slope = _starts(likelihood_of("unstructured", "REML"))[0].slope()
    mean = 0.5 * (slope.information("observed") + slope.information("expected"))
    assert slope.information("average") == pytest.approx(mean, rel=1e-9)


# --------------------------------------------------------------------------------------------------------- invariances


def test_the_order_of_rows_does_not_matter() -> None:
    outcome, order = trial(2), np.random.Generator(np.random.Philox(3)).permutation(N * M)
    shuffled = mmrm(
        outcome[order], SUBJECT[order], VISIT[order], [(n, np.asarray(c)[order]) for n, c in COLUMNS], visits=range(M)
    )
    same(fit(outcome), shuffled)
    found = np.empty(N * M)
    found[order] = mmrm_residuals(shuffled, "normalized")
    assert found == pytest.approx(mmrm_residuals(fit(outcome), "normalized"), rel=1e-6, nan_ok=True)


def test_a_missing_outcome_and_a_missing_row_are_the_same() -> None:
    outcome = trial(4)
    seen = np.isfinite(outcome)
    fewer = mmrm(
        outcome[seen], SUBJECT[seen], VISIT[seen], [(n, np.asarray(c)[seen]) for n, c in COLUMNS], visits=range(M)
    )
    same(fit(outcome), fewer, rel=1e-9)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_units_of_the_outcome_do_not_matter(structure: str) -> None:
    plain, scaled = fit(trial(5), structure), fit(1e4 - 1e-3 * trial(5), structure)
    for name in ("arm", "last", "arm last"):
        one, other = plain.coefficient(name), scaled.coefficient(name)
        assert (other.value, other.standard_error) == pytest.approx(
            (-1e-3 * one.value, 1e-3 * one.standard_error), rel=1e-5
        )
        assert (other.df, other.p) == pytest.approx((one.df, one.p), rel=1e-5)


def test_another_coding_of_the_same_model_gives_the_same_answers() -> None:
    cells = [(f"{a}{v}", (a == ARM) & ((VISIT == M - 1) == v)) for a in (0, 1) for v in (False, True)]
    coded, means = fit(trial(6)), fit(trial(6), columns=cells)
    one, other = coded.coefficient("arm last"), means.estimate([1, -1, -1, 1])
    assert (one.value, one.standard_error, one.df) == pytest.approx(
        (other.value, other.standard_error, other.df), rel=1e-8
    )
    joint = coded.f_test("arm", [[0, 1, 0, 0], [0, 0, 0, 1]])
    again = means.f_test("arm", [[-1, 0, 1, 0], [1, -1, -1, 1]])
    assert (joint.f, joint.df_denominator) == pytest.approx((again.f, again.df_denominator), rel=1e-7)


def test_a_design_of_huge_numbers_changes_nothing() -> None:
    huge = [
        (name, np.asarray(values) * scale) for (name, values), scale in zip(COLUMNS, (1, 1e7, 1, 1e-7), strict=True)
    ]
    plain, scaled = fit(trial(7)).coefficient("arm last"), fit(trial(7), columns=huge).coefficient("arm last")
    assert (scaled.value * 1e-7, scaled.df, scaled.p) == pytest.approx((plain.value, plain.df, plain.p), rel=1e-7)


@pytest.mark.parametrize("structure", ["unstructured", "heterogeneous autoregressive", "toeplitz"])
def test_grouped_covariances_with_separate_means_are_two_separate_fits(structure: str) -> None:
    separate = [(f"{a}{v}", (a == ARM) & (v == VISIT)) for a in (0, 1) for v in range(M)]
    both = fit(trial(8), structure, separate, group=ARM, inference="kenward-roger")
    alone = []
    for a in (0.0, 1.0):
        here = a == ARM
        columns = [(name, np.asarray(values)[here]) for name, values in separate if name.startswith(str(int(a)))]
        alone.append(mmrm(trial(8)[here], SUBJECT[here], VISIT[here], columns, visits=range(M), covariance=structure))  # type: ignore[arg-type]
    assert both.minus_two_log_likelihood == pytest.approx(sum(a.minus_two_log_likelihood for a in alone), rel=1e-9)
    for model in alone:
        for name in model.names:
            one, other = both.coefficient(name), model.coefficient(name)
            assert (one.value, one.standard_error, one.df) == pytest.approx(
                (other.value, other.standard_error, other.df), rel=1e-6
            )


def test_the_spatial_structure_on_whole_weeks_is_autoregressive() -> None:
    spatial, chain = fit(trial(9), "spatial exponential", coordinates=VISIT), fit(trial(9), "autoregressive")
    assert spatial.minus_two_log_likelihood == pytest.approx(chain.minus_two_log_likelihood, abs=1e-7)
    reach, rho = dict(spatial.parameters)["range"], dict(chain.parameters)["correlation"]
    assert np.exp(-1 / reach) == pytest.approx(rho, rel=1e-6)


@pytest.mark.parametrize("structure", ["unstructured", "spatial exponential"])
def test_sums_by_pattern_and_patient_by_patient_agree(structure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = fit(trial(10), structure)
    monkeypatch.setattr(repeated_measures_module, "_LARGEST_TABLE", 0)
    slow = fit(trial(10), structure)
    assert slow.fit.likelihood.kernels.table is None
    assert quick.fit.likelihood.kernels.table is not None
    same(quick, slow, rel=1e-8)


@pytest.mark.parametrize("place", range(3))
def test_the_log_cholesky_road_ends_at_the_same_maximum(place: int) -> None:
    likelihood = likelihood_of("unstructured", "REML")
    near = approach(likelihood, _starts(likelihood)[place])
    assert near is not None
    best, _ = _climb(likelihood, _starts(likelihood)[0], "average")
    again, _ = _climb(likelihood, near, "expected")
    assert best is not None and again is not None
    assert near.minus_two_log == pytest.approx(best.point.minus_two_log, abs=1e-6)
    assert again.point.theta == pytest.approx(best.point.theta, rel=1e-8)


# ------------------------------------------------------------------------------------------- dropped columns and terms


def test_a_dropped_column_leaves_what_can_be_estimated() -> None:
    columns = [*COLUMNS, ("control", 1 - ARM)]
    with pytest.raises(StatisticsError, match=r"singular: control is a combination .*drop_aliased=True"):
        fit(trial(11), columns=columns)
    reduced, plain = fit(trial(11), columns=columns, drop_aliased=True), fit(trial(11))
    assert reduced.notes == ("dropped because combinations of the columns before: control.",)
    assert reduced.estimate([0, 0, 0, 1, 0]) == plain.coefficient("arm last")
    # one + arm + ... is estimable in either coding: one*1 + control*1 is the mean of the control arm.
    control = reduced.estimate([1, 0, 0, 0, 1])
    assert control.value == pytest.approx(plain.coefficient("one").value)
    with pytest.raises(StatisticsError, match="cannot be estimated: control"):
        reduced.estimate([0, 1, 0, 0, 0])


def test_type_three_tests_do_not_depend_on_the_reference_level() -> None:
    values = {"arm": ARM, "visit": VISIT, "base": np.repeat(np.random.Generator(np.random.Philox(1)).normal(size=N), M)}
    terms = ["arm", "visit", "base", ("arm", "visit"), ("base", "visit")]
    found = []
    for levels in ({"arm": (0.0, 1.0), "visit": (0, 1, 2, 3)}, {"arm": (1.0, 0.0), "visit": (2, 3, 1, 0)}):
        design = factorial_design(values, terms, levels=levels)
        model = fit(trial(12), columns=design.columns)
        found.append(
            [
                (t.df_numerator, t.df_denominator, t.f)
                for t in type_three_tests(model, design)[:2] + type_three_tests(model, design)[3:]
            ]
        )
        low, high = least_squares_means(model, design, ("arm",), covariates={"base": 0.3})
        (difference,) = mean_differences(model, design, "arm", reference=low.at[0][1])
        assert difference.estimate.value == pytest.approx(high.estimate.value - low.estimate.value)
    assert np.array(found[0]) == pytest.approx(np.array(found[1]), rel=1e-5)


# ------------------------------------------------------------------------------------------------- patients and trials


def test_the_expected_missing_outcome_of_two_visits_is_the_regression_on_the_first() -> None:
    generator = np.random.Generator(np.random.Philox(14))
    first = generator.normal(10, 2, 12)
    second = first + generator.normal(0, 1, 12)
    second[9:] = np.nan
    outcome = np.column_stack([first, second]).ravel()
    columns = [("one", np.ones(24)), ("later", np.tile([0.0, 1.0], 12))]
    model = mmrm(
        outcome,
        np.repeat(np.arange(12), 2),
        np.tile([1, 2], 12),
        columns,
        visits=(1, 2),
        criterion="ML",
        inference="satterthwaite",
    )
    slope, intercept = np.polyfit(first[:9], second[:9], 1)
    found = predict_missing(model)
    assert [(one.subject, one.visit) for one in found] == [("9", "2"), ("10", "2"), ("11", "2")]
    assert [one.mean for one in found] == pytest.approx(intercept + slope * first[9:], rel=1e-7)
    spread = np.sqrt(((second[:9] - intercept - slope * first[:9]) ** 2).mean())
    assert [one.standard_deviation for one in found] == pytest.approx([spread] * 3, rel=1e-6)


def test_simulated_outcomes_have_the_fitted_means_and_covariance_and_come_again() -> None:
    model = fit(trial(15, missing=0.1))
    draws = simulate_outcomes(model, np.random.Generator(np.random.Philox(5)), 4000)
    again = simulate_outcomes(model, np.random.Generator(np.random.Philox(5)), 4000)
    assert np.array_equal(draws, again, equal_nan=True)
    assert np.array_equal(np.isnan(draws[0]), np.isnan(trial(15, missing=0.1)))
    means = np.column_stack([np.asarray(c, dtype=float) for _, c in COLUMNS]) @ model.coefficients
    rows = draws.reshape(4000, N, M)
    complete = ~np.isnan(rows[0]).any(axis=1)
    deviations = (rows - means.reshape(N, M))[:, complete].reshape(-1, M)
    sigma = model.covariance_matrix()
    scale = np.sqrt(np.outer(np.diag(sigma), np.diag(sigma)))
    assert np.abs(np.cov(deviations.T) - sigma).max() < 0.03 * scale.max()
    assert np.abs(deviations.mean(axis=0)).max() < 0.05


def test_normalized_residuals_have_the_sum_of_squares_of_the_likelihood() -> None:
    model = fit(trial(16), criterion="ML", inference="satterthwaite")
    normalized = mmrm_residuals(model, "normalized")
    k = model.fit.likelihood.kernels
    log_determinant = sum(
        np.linalg.slogdet(s[np.ix_(o, o)])[1] * n
        for s, o, n in zip(model.fit.point.sigma, k.observed, k.size, strict=True)
    )
    total = model.n_observations * np.log(2 * np.pi) + log_determinant + np.nansum(normalized**2)
    assert model.minus_two_log_likelihood == pytest.approx(total, rel=1e-9)


# ------------------------------------------------------------------------------------------------------------ refusals


def test_a_ladder_is_used_and_said() -> None:
    """Two patients an arm cannot carry an unstructured covariance of four visits."""
    few = SUBJECT < 3
    few |= (SUBJECT >= N // 2) & (SUBJECT < N // 2 + 2)
    columns = [(name, np.asarray(values)[few]) for name, values in COLUMNS]
    outcome = trial(17, missing=0.0)[few]
    arguments = (outcome, SUBJECT[few], VISIT[few], columns)
    with pytest.raises(StatisticsError, match=r"unstructured was given up: .*ladder of structures"):
        mmrm(*arguments, visits=range(M))
    model = mmrm(*arguments, visits=range(M), ladder=LADDER)
    assert model.requested == "unstructured"
    assert model.covariance in LADDER
    assert len(model.notes) == LADDER.index(model.covariance) + 1
    assert model.notes[0].startswith("unstructured was given up")


def broken(change: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "outcome": trial(18),
        "subject": SUBJECT,
        "visit": VISIT,
        "columns": COLUMNS,
        "visits": range(M),
    }
    return arguments | change


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "all missing": ({"outcome": np.full(N * M, np.nan)}, "all 120 values are missing"),
    "empty": ({"outcome": [], "subject": [], "visit": [], "columns": []}, "at least one row"),
    "constant": ({"outcome": np.full(N * M, 7.0)}, "all observed values are 7; nothing varies"),
    "infinite": ({"outcome": np.where(SUBJECT == 1, np.inf, trial(18))}, "4 of 120 values are infinite"),
    "text": ({"outcome": ["high"] * (N * M)}, "not a column of numbers"),
    "one arm": ({"columns": [("one", np.ones(N * M)), ("arm", np.zeros(N * M))]}, "singular: arm is a combination"),
    "an arm never observed": ({"outcome": np.where(ARM == 1, np.nan, trial(18))}, "singular: arm, arm last is"),
    "a visit never observed": ({"outcome": np.where(VISIT == 2, np.nan, trial(18))}, "no outcome was observed at 2"),
    "undeclared visit": ({"visits": (0, 1, 2)}, "3 is not among the declared levels"),
    "two rows": ({"visit": np.where(VISIT == 1, 0, VISIT), "visits": (0, 2, 3)}, "subject 0 has 2 rows at visit 0"),
    "perfect fit": ({"outcome": np.where(VISIT == 3, 5.0 + 2 * ARM, trial(18))}, "fits visit 3 perfectly"),
    "missing covariate": ({"columns": [("one", np.full(N * M, np.nan))]}, "one: all 120 values are missing"),
    "no columns": ({"columns": []}, "columns: none"),
    "weights": ({"weights": np.zeros(N * M)}, "weights: 120 of 120 are not above zero"),
    "group": ({"group": VISIT}, "a patient is in two covariance groups"),
    "small group": ({"group": SUBJECT == 0}, "fewer than two patients with an outcome in True"),
    "structure": ({"covariance": "banded"}, "'banded' is not one of unstructured"),
    "no coordinates": ({"covariance": "spatial exponential"}, "coordinates: needed"),
    "surplus coordinates": ({"coordinates": TIME}, "coordinates: not used for unstructured"),
    "criterion": ({"criterion": "GLS"}, "'GLS' is not one of REML, ML"),
    "inference": ({"inference": "kenward roger"}, "'kenward roger' is not one of"),
    "Kenward-Roger by ML": ({"criterion": "ML"}, "Kenward-Roger is defined for REML"),
    "degrees": ({"degrees": "residual"}, "only an empirical covariance"),
    "confidence": ({"confidence": 95}, "write 0.95 for 95 %"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_analyzed_is_refused_in_words(case: str) -> None:
    change, message = REFUSED[case]
    with pytest.raises(StatisticsError, match=message):
        mmrm(**broken(change))


def test_visits_never_seen_together_are_named() -> None:
    outcome = trial(19, missing=0.0)
    outcome[(SUBJECT % 2 == 0) & (VISIT == 1)] = np.nan
    outcome[(SUBJECT % 2 == 1) & (VISIT == 3)] = np.nan
    with pytest.raises(StatisticsError, match="seen at both 1 and 3, found 0"):
        fit(outcome)
    assert fit(outcome, "heterogeneous toeplitz").covariance == "heterogeneous toeplitz"


def test_more_coefficients_than_outcomes_are_refused() -> None:
    columns = [(f"patient {i} visit {v}", (i == SUBJECT) & (v == VISIT)) for i in range(N) for v in range(M)]
    with pytest.raises(StatisticsError, match="leave no degree of freedom"):
        fit(trial(20, missing=0.0), columns=columns)


def test_a_coefficient_that_one_patient_decides_has_no_cr2() -> None:
    columns = [*COLUMNS, ("patient 0", SUBJECT == 0)]
    with pytest.raises(StatisticsError, match="one patient alone determines a coefficient"):
        fit(trial(21), columns=columns, inference="CR2")
    assert np.isfinite(fit(trial(21), columns=columns, inference="CR0").coefficient("arm").p)


def test_three_patients_are_too_few_for_what_is_refused() -> None:
    few = SUBJECT < 3
    visit, outcome = VISIT[few], trial(26, missing=0.0)[few]
    columns = [("one", np.ones(12)), *((f"patient {i}", SUBJECT[few] == i) for i in (1, 2))]
    columns += [(f"visit {v}", visit == v) for v in (1, 2, 3)]
    arguments = (outcome, SUBJECT[few], visit, columns)
    by_patient = mmrm(*arguments, visits=range(M), covariance="autoregressive", inference="between-within")
    with pytest.raises(StatisticsError, match="between-within leaves no degrees of freedom"):
        by_patient.coefficient("patient 1")
    plain = [columns[0], *columns[3:]]
    empirical = mmrm(*arguments[:3], plain, visits=range(M), covariance="autoregressive", inference="CR0")
    with pytest.raises(StatisticsError, match="so few patients cannot judge 3 combinations at once"):
        empirical.f_test("visit", np.eye(4)[1:])


def test_patients_without_any_outcome_are_left_out() -> None:
    outcome = trial(22)
    outcome[SUBJECT == 3] = np.nan
    assert fit(outcome).n_subjects == N - 1
    assert np.isnan(mmrm_residuals(fit(outcome))[SUBJECT == 3]).all()


def test_questions_about_what_is_not_there_are_refused() -> None:
    model = fit(trial(23))
    for question, message in (
        (lambda: model.coefficient("sex"), "no column 'sex'"),
        (lambda: model.estimate([0, 0, 0, 0]), "no variance"),
        (lambda: model.estimate([1, 0]), "2 for 4 columns"),
        (lambda: model.f_test("arm", [[0, 1, 0, 0], [0, 2, 0, 0]]), "not independent"),
        (lambda: model.covariance_matrix("treated"), "'treated' is not one of all"),
        (lambda: fit(trial(23), "autoregressive", group=ARM).covariance_matrix(), "name one of 0.0, 1.0"),
        (lambda: fit(trial(23), "spatial exponential").covariance_matrix(), "no matrix of visits"),
        (lambda: predict_missing(fit(trial(23), "spatial exponential")), "says nothing about a missing visit"),
        (lambda: simulate_outcomes(model, np.random.Generator(np.random.Philox(1)), 0), "at least 1"),
        (lambda: mmrm_residuals(model, "studentized"), "'studentized' is not one of"),  # type: ignore[arg-type]
    ):
        with pytest.raises(StatisticsError, match=message):
            question()


@pytest.mark.parametrize(
    ("terms", "levels", "message"),
    [
        ([("arm", "visit")], {"arm": (0.0, 1.0), "visit": range(M)}, r"arm\*visit needs arm beside it"),
        (["arm", "sex"], {"arm": (0.0, 1.0)}, "no variable sex"),
        (["arm", "arm"], {"arm": (0.0, 1.0)}, "named twice"),
        ([], {}, "terms: none"),
        (["arm"], {"arm": (0.0, 1.0, 2.0)}, "no subject in 2.0"),
    ],
)
def test_incomplete_designs_are_refused(terms: Any, levels: Any, message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        factorial_design({"arm": ARM, "visit": VISIT}, terms, levels=levels)


@pytest.mark.parametrize("method", _METHODS)
def test_every_method_gives_a_finite_answer_and_the_same_estimate(method: str) -> None:
    model = fit(trial(24), inference=method)
    one, test = model.coefficient("arm last"), model.f_test("arm", [[0, 1, 0, 0], [0, 0, 0, 1]])
    assert one.value == pytest.approx(fit(trial(24)).coefficient("arm last").value)
    assert all(np.isfinite([one.standard_error, one.df, one.p, test.f, test.df_denominator, test.p]))
    single = model.f_test("arm last", [[0, 0, 0, 1]])
    assert (single.f, single.p) == pytest.approx((one.t**2, one.p), rel=1e-8)
