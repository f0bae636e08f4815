"""The mixed model for repeated measures against SAS PROC MIXED, R mmrm with emmeans, R nlme, and exact t-tests."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialwright.statistics import (
    Estimate,
    FactorialDesign,
    Mmrm,
    factorial_design,
    least_squares,
    least_squares_means,
    mean_differences,
    mmrm,
    mmrm_residuals,
    predicted_means,
    type_three_tests,
)

pytestmark = pytest.mark.golden

WITNESS = Path(__file__).parent / "witness" / "mmrm"
R_MMRM = [row for row in json.loads((WITNESS / "mmrm_fev_r_mmrm_0.3.18.json").read_text()) if "error" not in row]
EMMEANS = json.loads((WITNESS / "mmrm_fev_emmeans_ftests.json").read_text())
SAS = json.loads((WITNESS / "sas_proc_mixed_fev.json").read_text())
VISITS = ("VIS1", "VIS2", "VIS3", "VIS4")
RACES = ("Asian", "Black or African American", "White")
STRUCTURES = {
    "us": "unstructured",
    "ar1": "autoregressive",
    "ar1h": "heterogeneous autoregressive",
    "arh1": "heterogeneous autoregressive",
    "cs": "compound symmetry",
    "csh": "heterogeneous compound symmetry",
    "toep": "toeplitz",
    "toeph": "heterogeneous toeplitz",
    "ad": "ante-dependence",
    "adh": "heterogeneous ante-dependence",
    "spexp": "spatial exponential",
}
KR = ("Kenward-Roger", "default")
METHODS = {
    ("Satterthwaite", "default"): "satterthwaite",
    KR: "kenward-roger",
    ("Kenward-Roger", "Kenward-Roger-Linear"): "kenward-roger linear",
    ("Between-Within", "default"): "between-within",
    ("Residual", "default"): "CR0",  # R mmrm pairs residual degrees of freedom with the empirical covariance
    ("Satterthwaite", "Empirical"): "CR0",
    ("Satterthwaite", "Empirical-Jackknife"): "CR3",
    ("Satterthwaite", "Empirical-Bias-Reduced"): "CR2",
}


def read(file: str) -> list[dict[str, str]]:
    with (WITNESS / file).open() as lines:
        return list(csv.DictReader(lines))


FEV = read("fev_data.csv")
OUTCOME = [float(row["FEV1"]) if row["FEV1"] else float("nan") for row in FEV]


def column(name: str) -> list[str]:
    return [row[name] for row in FEV]


def fev_design(*terms: Any, visits: tuple[str, ...] = VISITS) -> FactorialDesign:
    """Columns with R's reference levels; other orders of visits move the reference."""
    return factorial_design(
        {name: column(name) for name in ("RACE", "SEX", "ARMCD", "AVISIT")},
        terms,
        levels={"RACE": RACES, "SEX": ("Male", "Female"), "ARMCD": ("PBO", "TRT"), "AVISIT": visits},
    )


FULL = fev_design("RACE", "SEX", "ARMCD", "AVISIT", ("ARMCD", "AVISIT"))
SIMPLE = fev_design("ARMCD")
INTERCEPT = (("intercept", np.ones(len(FEV))),)


def fit(columns: Any, structure: str, **options: Any) -> Mmrm:
    if structure == "spatial exponential":
        options["coordinates"] = [[float(row["VISITN"]), float(row["VISITN2"])] for row in FEV]
    return mmrm(OUTCOME, column("USUBJID"), column("AVISIT"), columns, visits=VISITS, covariance=structure, **options)


def agrees(found: Estimate, value: float, error: float, df: float) -> None:
    """The tolerances of the README of the witnesses."""
    assert found.value == pytest.approx(value, rel=1.5e-4, abs=2e-4 * error)
    assert found.standard_error == pytest.approx(error, rel=1.5e-4)
    assert found.df == pytest.approx(df, rel=4e-4)


def printed(value: float, shown: float, digits: int = 4) -> None:
    """Equal up to the digits that SAS prints (of five significant ones), beside its early stop."""
    assert value == pytest.approx(shown, rel=3e-4, abs=0.51 * 10.0**-digits)


# ---------------------------------------------------------------------------------------------------------------- SAS


@pytest.mark.parametrize("sas", read("sas_ddfm_kr_by_covtype.csv"), ids=lambda r: f"{r['cov']} {r['sas_ddfm']}")
def test_kenward_roger_is_that_of_sas(sas: dict[str, str]) -> None:
    method = "kenward-roger" if sas["sas_ddfm"] == "kr" else "kenward-roger linear"
    model = fit(SIMPLE.columns, STRUCTURES[sas["cov"]], inference=method)
    found = model.coefficient("ARMCD[TRT]")
    agrees(found, float(sas["Estimate"]), float(sas["StdErr"]), float(sas["DF"]))
    assert found.t == pytest.approx(float(sas["tValue"]), rel=3e-4)
    assert (found.lower, found.upper) == pytest.approx((float(sas["Lower"]), float(sas["Upper"])), rel=3e-4)
    listing = SAS[("kr_" if sas["sas_ddfm"] == "kr" else "kr1_") + sas["cov"]]
    ours = model.minus_two_log_likelihood
    assert ours <= listing["neg2ll_last_iteration"] + 1e-6
    assert ours == pytest.approx(listing["neg2ll_last_iteration"], abs=2e-5)


@pytest.mark.parametrize(
    "sas", read("sas_empirical_sandwich_by_covtype.csv"), ids=lambda r: f"{r['cov']} weighted {r['weighted']}"
)
def test_empirical_covariance_is_that_of_sas(sas: dict[str, str]) -> None:
    weights = [float(row["WEIGHT"]) for row in FEV] if sas["weighted"] == "1" else None
    options: dict[str, Any] = {"inference": "CR0", "degrees": "between-within", "weights": weights}
    model = fit(SIMPLE.columns, STRUCTURES[sas["cov"]], **options)
    found = model.coefficient("ARMCD[TRT]")
    agrees(found, float(sas["Estimate"]), float(sas["StdErr"]), float(sas["DF"]))
    covariance = model.inference.covariance
    assert (covariance[0, 0], covariance[0, 1], covariance[1, 1]) == pytest.approx(
        (float(sas["v11"]), float(sas["v12"]), float(sas["v22"])), rel=3e-4
    )


INTERCEPT_RUNS = {
    f"sas_{group}{name}_{criterion}": (structure, criterion, bool(group))
    for group in ("", "group_")
    for criterion in ("ml", "reml")
    for name, structure in {**STRUCTURES, "sp_exp2": "spatial exponential"}.items()
    if f"sas_{group}{name}_{criterion}" in SAS
}


@pytest.mark.parametrize("run", INTERCEPT_RUNS)
def test_reml_and_ml_and_grouped_covariances_are_those_of_sas(run: str) -> None:
    structure, criterion, grouped = INTERCEPT_RUNS[run]
    options: dict[str, Any] = {"group": column("ARMCD")} if grouped else {}
    model = fit(INTERCEPT, structure, criterion=criterion.upper(), inference="satterthwaite", **options)
    sas = SAS[run]
    ours = model.minus_two_log_likelihood
    assert ours <= sas["neg2ll_last_iteration"] + 1e-6
    assert ours == pytest.approx(sas["neg2ll_last_iteration"], abs=2e-5)
    found, (shown,) = model.coefficient("intercept"), sas["fixed_effects"]
    printed(found.value, shown["est"])
    printed(found.standard_error, shown["se"])
    assert found.df == pytest.approx(shown["df"], abs=0.5 + 4e-4 * shown["df"])
    theta = dict(model.parameters)
    for parameter in (p for p in sas["cov_parms"] if p["parm"].startswith(("Var(", "Rho(", "ARH", "CSH"))):
        suffix = f" ({parameter['group'].removeprefix('ARMCD ')})" if grouped else ""
        label = parameter["parm"].rstrip("0123456789()")
        place = parameter["parm"].partition("(")[2].rstrip(")")
        name = {"Var": f"variance VIS{place}", "Rho": f"correlation of neighbors {place}"}.get(label, "correlation")
        assert theta[name + suffix] == pytest.approx(parameter["estimate"], rel=2e-3, abs=6e-4)


def test_the_twelve_intercept_runs_per_kind_are_there() -> None:
    """A run that is not parsed would be a test that is silently not run."""
    assert len(INTERCEPT_RUNS) == 2 * (6 + 1 + 5 + 1)


@pytest.mark.parametrize("criterion", ["REML", "ML"])
def test_the_full_listing_of_sas(criterion: str) -> None:
    sas = SAS["sas_log_reml" if criterion == "REML" else "sas_log"]
    model = fit(FULL.columns, "unstructured", criterion=criterion, inference="satterthwaite")
    ours = model.minus_two_log_likelihood
    assert ours <= sas["neg2ll_last_iteration"] + 1e-6
    assert ours == pytest.approx(sas["neg2ll_last_iteration"], abs=2e-5)
    tests = {frozenset(test.term.split("*")): test for test in type_three_tests(model, FULL)}
    for shown in sas["type3"]:
        test = tests[frozenset(shown["effect"].split("*"))]
        assert test.df_numerator == shown["ndf"]
        assert test.df_denominator == pytest.approx(shown["ddf"], abs=0.5 + 4e-4 * shown["ddf"])
        assert test.f == pytest.approx(shown["F"], abs=0.0151)


def test_adjusted_means_and_differences_of_the_sas_listing() -> None:
    lines = [line.split() for line in (WITNESS / "sas_proc_mixed_fev_us_reml_listing.txt").read_text().splitlines()]
    shown = [line[1:] for line in lines if line and line[0] == "AVISIT*ARMCD" and len(line) in (11, 13)]
    model = fit(FULL.columns, "unstructured", inference="satterthwaite")
    means = {
        tuple(level for _, level in mean.at): mean for mean in least_squares_means(model, FULL, ("AVISIT", "ARMCD"))
    }
    rows = {key: FULL.combination(_shares(*key)) for key in means}
    checked = 0
    for line in shown:
        if len(line) == 10:
            found, numbers = means[line[0], line[1]].estimate, line[2:]
        else:
            found, numbers = model.estimate(rows[line[0], line[1]] - rows[line[2], line[3]]), line[4:]
        value, error, df, t, _, _, lower, upper = (float(entry.lstrip("<")) for entry in numbers)
        printed(found.value, value)
        printed(found.standard_error, error)
        assert found.df == pytest.approx(df, abs=0.5 + 4e-4 * df)
        assert found.t == pytest.approx(t, abs=0.0251)
        printed(found.lower, lower, digits=3)
        printed(found.upper, upper, digits=3)
        checked += 1
    assert checked == 8 + 28


def _shares(visit: str, arm: str) -> dict[str, Any]:
    held = {"AVISIT": FULL.level("AVISIT", visit), "ARMCD": FULL.level("ARMCD", arm)}
    return held | {name: FULL.average(name) for name in ("RACE", "SEX")}


def test_weights_are_those_of_sas() -> None:
    """Estimates, errors and F agree. SAS's degrees of freedom there (497) do not, and break the law tested below."""
    design = fev_design("RACE", "SEX", "ARMCD", "AVISIT", ("AVISIT", "ARMCD"), visits=("VIS4", "VIS1", "VIS2", "VIS3"))
    model = fit(design.columns, "unstructured", weights=[float(row["WEIGHT"]) for row in FEV])
    model = model.with_inference("satterthwaite")
    sas = SAS["sas_weighted"]
    assert model.minus_two_log_likelihood == pytest.approx(sas["neg2ll_last_iteration"], abs=2e-5)
    for shown in sas["fixed_effects"]:
        variables, *levels = shown["term"].split("|")
        parts = zip(variables.split("*"), levels, strict=False)
        name = ":".join(f"{variable}[{level}]" for variable, level in parts) if levels else "intercept"
        printed(model.coefficient(name).value, shown["est"])
        printed(model.coefficient(name).standard_error, shown["se"])
    for test, shown in zip(type_three_tests(model, design), sas["type3"], strict=True):
        assert test.f == pytest.approx(shown["F"], abs=0.0151)


def test_constant_weights_change_no_inference() -> None:
    plain, halved = (fit(FULL.columns, "unstructured", weights=w) for w in (None, [0.5] * len(FEV)))
    for name in FULL.columns:
        one, other = plain.coefficient(name[0]), halved.coefficient(name[0])
        assert (other.value, other.standard_error, other.df) == pytest.approx(
            (one.value, one.standard_error, one.df), rel=1e-8
        )


# ------------------------------------------------------------------------------------------------------------------ R


@pytest.mark.parametrize(
    "r", R_MMRM, ids=lambda r: f"{r['cov']} {r['method']} {r['vcov']} {r['reml']} {r['formula'][:12]}"
)
def test_every_structure_and_method_agrees_with_r(r: dict[str, Any]) -> None:
    method = METHODS[r["method"], r["vcov"]]
    design = {11: FULL.columns, 2: SIMPLE.columns, 1: INTERCEPT}[len(np.atleast_1d(r["coef"]))]
    options: dict[str, Any] = {"criterion": "REML" if r["reml"] else "ML", "inference": method}
    if "by_arm" in r["cov"]:
        options["group"] = column("ARMCD")
    if r["method"] == "Residual":
        options["degrees"] = "residual"
    model = fit(design, STRUCTURES[r["cov"].removesuffix("_by_arm").removesuffix("_intercept_only")], **options)
    assert model.minus_two_log_likelihood <= r["neg2ll"] + 1e-6
    assert model.minus_two_log_likelihood == pytest.approx(r["neg2ll"], abs=2e-5)
    assert (model.n_subjects, model.n_observations, len(model.parameters)) == (r["n_subj"], r["n_obs"], r["n_theta"])
    found = [model.coefficient(name) for name, _ in design]
    for ours, value, error, df in zip(found, *(np.atleast_1d(r[key]) for key in ("est", "se", "df")), strict=True):
        if method == "kenward-roger":  # R's default is in other parameters: only the degrees of freedom are equal
            assert ours.value == pytest.approx(value, rel=1.5e-4, abs=2e-4 * error)
            assert ours.df == pytest.approx(df, rel=4e-4)
        else:
            agrees(ours, value, error, df)
    if r["reml"]:
        assert (model.aic, model.bic) == pytest.approx((r["AIC"], r["BIC"]), abs=2e-5)
    if "by_arm" not in r["cov"]:  # on the scale of the standard deviations; SAS and R differ from each other as much
        theirs = np.array(r["Sigma"])
        scale = np.sqrt(np.outer(np.diag(theirs), np.diag(theirs)))
        assert np.abs((model.covariance_matrix() - theirs) / scale).max() < 3e-4


def test_the_default_of_r_mmrm_is_not_the_kenward_roger_of_sas() -> None:
    """The trap: log-Cholesky parameters give standard errors below the unadjusted ones; natural parameters do not."""
    (default,) = (r for r in R_MMRM if (r["cov"], r["method"], r["vcov"], len(r["coef"])) == ("us", *KR, 11))
    names = [name for name, _ in FULL.columns]
    kenward_roger = fit(FULL.columns, "unstructured")
    model_based = kenward_roger.with_inference("satterthwaite")
    ours = np.array([kenward_roger.coefficient(name).standard_error for name in names])
    plain = np.array([model_based.coefficient(name).standard_error for name in names])
    assert (ours > plain).all()
    assert (np.array(default["se"]) < plain - 1e-3).any()
    assert np.abs(np.array(default["se"]) / ours - 1).max() > 0.01


@pytest.mark.parametrize(
    ("key", "method"), [("Satterthwaite_d", "satterthwaite"), ("Kenward-Roger_lin", "kenward-roger")]
)
def test_adjusted_means_contrasts_and_f_tests_agree_with_emmeans(key: str, method: str) -> None:
    model, r = fit(FULL.columns, "unstructured", inference=method), EMMEANS[key]
    means = {mean.at: mean.estimate for mean in least_squares_means(model, FULL, ("ARMCD", "AVISIT"))}
    for row in r["emmeans"]:
        found = means[("ARMCD", row["ARMCD"]), ("AVISIT", row["AVISIT"])]
        agrees(found, row["emmean"], row["SE"], row["df"])
        assert (found.lower, found.upper) == pytest.approx((row["lower.CL"], row["upper.CL"]), abs=3e-4)
    differences = mean_differences(model, FULL, "ARMCD", reference="PBO", by=("AVISIT",))
    for difference, row in zip(differences, r["contrasts"], strict=True):
        assert difference.at == (("AVISIT", row["AVISIT"]),)
        agrees(difference.estimate, row["estimate"], row["SE"], row["df"])
        assert difference.estimate.p == pytest.approx(row["p.value"], rel=2e-3)
    tests = {test.term: test for test in type_three_tests(model, FULL)}
    for term, row in (("RACE", r["F_RACE"]), ("ARMCD*AVISIT", r["F_ARM_VISIT"])):
        assert tests[term].df_numerator == row["num_df"]
        assert tests[term].df_denominator == pytest.approx(row["denom_df"], rel=4e-4)
        assert (tests[term].f, tests[term].p) == pytest.approx((row["f_stat"], row["p_val"]), rel=2e-3)


def test_residuals_agree_with_nlme() -> None:
    r = json.loads((WITNESS / "residuals.json").read_text())
    model = fit(FULL.columns, "unstructured")
    rows = np.array(r["row"]) - 1
    design = np.column_stack([values for _, values in FULL.columns])
    fitted = [estimate.value for estimate in predicted_means(model, design[rows[:20]])]
    assert fitted == pytest.approx(r["fitted"][:20], abs=1e-3)
    for kind in ("raw", "pearson", "normalized"):
        found = mmrm_residuals(model, kind)  # type: ignore[arg-type]
        assert np.isnan(np.delete(found, rows)).all()
        assert found[rows] == pytest.approx(np.array(r[kind]), abs=2e-3 if kind == "raw" else 3e-4)


# -------------------------------------------------------------------------------------------------------------- exact


def test_the_paired_t_test_of_the_sleep_data() -> None:
    rows = read("sleep.csv")
    second = [float(row["group"] == "2") for row in rows]
    columns = [("intercept", [1.0] * 20), ("second", second)]
    extra = [float(row["extra"]) for row in rows]
    model = mmrm(extra, [row["ID"] for row in rows], [row["group"] for row in rows], columns, visits=("1", "2"))
    found = model.coefficient("second")
    assert found.value == pytest.approx(1.58, abs=1e-9)
    assert found.standard_error == pytest.approx(0.38895872, abs=1e-7)
    assert found.df == pytest.approx(9.0, abs=1e-7)
    assert found.p == pytest.approx(0.00283289, abs=1e-7)


def test_complete_data_with_all_covariates_by_visit_is_the_visit_by_visit_ancova() -> None:
    """Kenward-Roger then gives exactly the t-test of the analysis of covariance with n - q degrees of freedom."""
    generator = np.random.Generator(np.random.Philox(4))
    n, m = 20, 4
    arm, base = np.repeat([0.0, 1.0], n // 2), generator.normal(20, 5, n)
    outcome = generator.multivariate_normal(np.zeros(m), 0.6 + 0.4 * np.diag(np.arange(1, m + 1)), n) + base[:, None]
    columns = []
    for visit in range(m):
        here = np.tile(np.arange(m) == visit, n)
        columns += [
            (f"{name}{visit}", np.repeat(z, m) * here)
            for name, z in (("one", np.ones(n)), ("arm", arm), ("base", base))
        ]
    for structure in ("unstructured", "heterogeneous toeplitz"):
        model = mmrm(
            outcome.ravel(),
            np.repeat(np.arange(n), m),
            np.tile(np.arange(m), n),
            columns,
            visits=range(m),
            covariance=structure,
        )
        for visit in range(m):
            exact = least_squares(outcome[:, visit], [("one", np.ones(n)), ("arm", arm), ("base", base)]).coefficient(
                "arm"
            )
            found = model.coefficient(f"arm{visit}")
            assert found.value == pytest.approx(exact.value, rel=1e-7)
            if structure == "unstructured":
                assert (found.standard_error, found.df, found.p) == pytest.approx(
                    (exact.standard_error, exact.df, exact.p), rel=1e-7
                )


def test_the_trap_in_numbers_the_sleep_data_in_the_parameters_of_r_mmrm() -> None:
    """The same adjustment in log standard deviations and a unit triangular root gives 0.3386, not the exact 0.3890.

    Source of the figure: issue 510 of openpharma/mmrm.
    """
    rows = read("sleep.csv")
    columns = [
        ("first", [float(row["group"] == "1") for row in rows]),
        ("second", [float(row["group"] == "2") for row in rows]),
    ]
    extra = [float(row["extra"]) for row in rows]
    model = mmrm(extra, [row["ID"] for row in rows], [row["group"] for row in rows], columns, visits=("1", "2"))

    def natural(phi: np.ndarray) -> np.ndarray:
        """Variance, covariance, variance from log sd, log sd and the element of the root."""
        first, second = np.exp(phi[:2])
        return np.array([first**2, first * second * phi[2], second**2 * (1 + phi[2] ** 2)])

    theta = model.fit.point.theta
    element = theta[1] / np.sqrt(theta[0] * theta[2] - theta[1] ** 2)
    phi = np.array([0.5 * np.log(theta[0]), 0.5 * np.log(theta[2] / (1 + element**2)), element])
    assert natural(phi) == pytest.approx(theta, rel=1e-12)
    h, unit = 1e-4, np.eye(3)
    jacobian = np.column_stack([(natural(phi + h * e) - natural(phi - h * e)) / (2 * h) for e in unit])
    second = np.array(
        [
            [
                (
                    natural(phi + h * (a + b))
                    - natural(phi + h * (a - b))
                    - natural(phi - h * (a - b))
                    + natural(phi - h * (a + b))
                )
                / (4 * h * h)
                for b in unit
            ]
            for a in unit
        ]
    )
    inverse = np.linalg.inv(jacobian)
    variances = inverse @ model.fit.theta_covariance @ inverse.T
    extra_term = np.tensordot(np.einsum("hj,hja->a", variances, second), model.fit.slope.p_matrices, axes=1)
    fixed = model.fit.basis @ model.fit.point.phi
    shifted = model.inference.covariance - 0.5 * fixed @ extra_term @ fixed.T
    contrast = np.array([-1.0, 1.0])
    assert model.estimate(contrast).standard_error == pytest.approx(0.38895872, abs=1e-7)
    assert np.sqrt(contrast @ shifted @ contrast) == pytest.approx(0.3386, abs=1e-4)
