"""Many mixed models at once are each that of SAS and R, by either engine; what cannot be fitted says so."""

import csv
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialwright.statistics import StatisticsError, ancova, mmrm
from trialwright.statistics.batch_mmrm import BatchMmrm, batch_mmrm
from trialwright.statistics.batch_mmrm_status import MmrmStatus
from trialwright.statistics.compiled_matrices import _digest

pytestmark = pytest.mark.golden

WITNESS = Path(__file__).parent / "witness"
ENGINES = ["numpy", pytest.param("compiled", marks=pytest.mark.skipif(find_spec("numba") is None, reason="no numba"))]
SIGMA = np.array([[36.0, 25, 22, 20], [25, 42, 28, 26], [22, 28, 49, 34], [20, 26, 34, 56]])
ARM = np.repeat([0, 1], 10)


def trials(count: int, kind: str, seed: int = 1) -> tuple[Any, Any]:
    """Outcomes (count x 20 x 4) with a baseline effect, and the baseline (count x 20 x 1)."""
    generator = np.random.Generator(np.random.Philox(seed))
    base = generator.normal(25, 6, (count, 20, 1))
    y = generator.multivariate_normal(np.zeros(4), SIGMA, (count, 20)) + 0.5 * base
    lost = generator.random(y.shape) < 0.1
    if kind == "drop-out":
        lost[:, :, 0] = False
        y[np.cumsum(lost, axis=2) > 0] = np.nan
    elif kind == "gaps":
        y[lost] = np.nan
    return y, base


def single(y: Any, base: Any, visit: int, inference: Any = "kenward-roger") -> tuple[float, ...]:
    """The same model by ``mmrm``: estimate, standard error, degrees of freedom, p, -2 log-likelihood."""
    n, m = y.shape
    when = np.tile(np.arange(m), n)
    here = [(f"visit {v}", (when == v).astype(float)) for v in range(m)]
    columns = [
        *here,
        *((f"arm {name}", np.repeat(ARM, m) * at) for name, at in here),
        *((f"base {name}", np.repeat(base[:, 0], m) * at) for name, at in here),
    ]
    model = mmrm(y.ravel(), np.repeat(np.arange(n), m), when, columns, visits=range(m), inference=inference)
    found = model.coefficient(f"arm visit {visit}")
    return found.value, found.standard_error, found.df, found.p, model.minus_two_log_likelihood


def numbers(found: BatchMmrm, trial: int) -> tuple[float, ...]:
    parts = (found.estimate, found.standard_error, found.df, found.p, found.minus_two_log_likelihood)
    return tuple(float(part[trial]) for part in parts)


def antidepressant() -> tuple[Any, Any, Any]:
    """172 patients, changes at four visits (NaN where missing), arm (1 is the drug), baseline."""
    with (WITNESS / "reference_based" / "antidepressant_data.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    patients = list(dict.fromkeys(row["PATIENT"] for row in rows))
    y, arm, base = np.full((1, len(patients), 4), np.nan), np.zeros(len(patients)), np.zeros((len(patients), 1))
    for row in rows:
        i = patients.index(row["PATIENT"])
        y[0, i, int(row["VISIT"]) - 4] = float(row["CHANGE"])
        arm[i], base[i] = row["THERAPY"] == "DRUG", float(row["BASVAL"])
    return y, arm, base


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("visit", range(4))
def test_one_trial_is_that_of_sas_and_of_r(visit: int, engine: Any) -> None:
    """SAS PROC MIXED (UN, DDFM=KR) to its printed digits, R mmrm (Kenward-Roger-Linear) to the tolerance of its optimizer."""
    found = batch_mmrm(*antidepressant(), visit=visit, engine=engine)
    sas = json.loads((WITNESS / "reference_based" / "antidepressant_sas.json").read_text())["mmrm"]
    r = json.loads((WITNESS / "reference_based" / "antidepressant_mmrm_Kenward-Roger-Linear.json").read_text())
    ours = [float(part[0]) for part in (found.estimate, found.standard_error, found.df, found.t, found.p)]
    printed = sas["diff_drug_minus_placebo"][str(visit + 4)]
    assert ours[:2] == pytest.approx(printed[:2], abs=1.5e-4)
    assert ours[2:4] == pytest.approx(printed[2:4], abs=0.51)
    assert ours[4] == pytest.approx(printed[4], abs=1e-4)
    theirs = r["diff_DRUG_minus_PLACEBO"][visit]
    assert ours[:3] == pytest.approx([theirs["estimate"], theirs["SE"], theirs["df"]], rel=1.5e-4)
    assert found.minus_two_log_likelihood[0] == pytest.approx(sas["neg2reml"], abs=1e-6)
    assert found.iterations[0] > 0


@pytest.mark.skipif(find_spec("numba") is None, reason="no numba")
def test_the_compiled_single_fit_is_that_of_sas_and_of_numpy() -> None:
    with (WITNESS / "mmrm" / "fev_data.csv").open() as lines:
        fev = list(csv.DictReader(lines))
    with (WITNESS / "mmrm" / "sas_ddfm_kr_by_covtype.csv").open() as lines:
        sas = next(row for row in csv.DictReader(lines) if (row["cov"], row["sas_ddfm"]) == ("us", "kr"))
    columns = [("mean", [1.0] * len(fev)), ("treated", [float(row["ARMCD"] == "TRT") for row in fev])]
    outcome = [float(row["FEV1"] or "nan") for row in fev]
    one, other = (
        mmrm(
            outcome,
            [row["USUBJID"] for row in fev],
            [row["AVISIT"] for row in fev],
            columns,
            visits=("VIS1", "VIS2", "VIS3", "VIS4"),
            engine=engine,
        )
        for engine in ("numpy", "compiled")
    )
    found = other.coefficient("treated")
    assert found.value == pytest.approx(float(sas["Estimate"]), rel=1.5e-4)
    assert found.standard_error == pytest.approx(float(sas["StdErr"]), rel=1.5e-4)
    assert found.df == pytest.approx(float(sas["DF"]), rel=4e-4)
    assert found.p == pytest.approx(one.coefficient("treated").p, rel=1e-9)
    assert other.minus_two_log_likelihood == pytest.approx(one.minus_two_log_likelihood, abs=1e-9)
    np.testing.assert_allclose(other.fit.point.theta, one.fit.point.theta, rtol=1e-8)


@pytest.mark.skipif(find_spec("numba") is None, reason="no numba")
@pytest.mark.parametrize(("missed", "visits"), [(0.05, 4), (0.2, 3)])
def test_both_engines_end_alike_and_give_the_same_numbers(missed: float, visits: int) -> None:
    generator = np.random.Generator(np.random.Philox(visits))
    y = generator.normal(size=(300, 20, visits)).cumsum(axis=2) + generator.normal(size=(300, 20, 1))
    y[generator.random(y.shape) < missed] = np.nan
    one, other = (batch_mmrm(y, ARM, engine=engine) for engine in ("numpy", "compiled"))
    np.testing.assert_array_equal(one.status, other.status)
    assert one.converged.sum() > 150
    for name in ("estimate", "standard_error", "df", "p", "minus_two_log_likelihood"):
        apart = np.abs(getattr(one, name) / getattr(other, name) - 1.0)[one.converged]
        assert np.quantile(apart, 0.99) < 1e-8
        assert apart.max() < 1e-6  # near the edge rounding takes two digits


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("inference", ["kenward-roger", "kenward-roger linear", "satterthwaite"])
@pytest.mark.parametrize("kind", ["complete", "drop-out", "gaps"])
def test_each_trial_is_the_single_fit(kind: str, inference: Any, engine: Any) -> None:
    """``mmrm`` in turn agrees with SAS PROC MIXED."""
    y, base = trials(8, kind)
    visit = 3 if inference == "kenward-roger" else 1
    found = batch_mmrm(y, ARM, base, visit=visit, inference=inference, engine=engine)
    assert found.converged.sum() >= 6
    for trial in range(len(y)):
        if found.converged[trial]:
            assert numbers(found, trial) == pytest.approx(single(y[trial], base[trial], visit, inference), rel=1e-8)
            assert (found.iterations[trial] == 0) == (kind != "gaps")
        else:
            with pytest.raises(StatisticsError, match="did not converge"):
                single(y[trial], base[trial], visit)
            assert np.isnan(numbers(found, trial)).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_complete_trials_are_the_analysis_of_covariance_of_the_visit(engine: Any) -> None:
    y, base = trials(5, "complete")
    found = batch_mmrm(y, ARM, base, visit=2, engine=engine)
    for trial in range(5):
        told = ancova(y[trial, :, 2], ARM, base[trial, :, 0], levels=(0, 1), reference=0).differences[0].estimate
        assert (found.estimate[trial], found.standard_error[trial]) == pytest.approx(
            (told.value, told.standard_error), rel=1e-10
        )
        assert found.df[trial] == pytest.approx(17.0, rel=1e-10)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_cannot_be_fitted_has_no_number_and_a_reason(engine: Any) -> None:
    y, base = trials(10, "complete")
    y, base = y.copy(), base.copy()
    y[1, :, 2] = np.nan
    y[2, ARM == 1, 3] = np.nan
    base[3] = 4.0
    y[4, :, 1] = 7.0
    y[5, ::2, 0] = y[5, 1::2, 1] = np.nan
    y[6, [i for i in range(20) if i not in (0, 1, 10)], 3] = np.nan
    y[7, :, 3] = y[7, :, 0] + 2 * y[7, :, 1]
    y[8] = np.nan
    y[9, [i for i in range(20) if i not in (0, 1, 2, 10, 11)], 3] = np.nan
    found = batch_mmrm(y, ARM, base, engine=engine)
    told = [MmrmStatus(int(status)).name for status in found.status]
    assert told == [
        "CONVERGED",
        "EMPTY_VISIT",
        "ONE_ARM_VISIT",
        "SINGULAR_DESIGN",
        "NO_VARIATION",
        "UNSEEN_PAIR",
        "NO_VARIATION",
        "SINGULAR_COVARIANCE",
        "EMPTY_VISIT",
        "NOT_CONVERGED",
    ]
    assert np.isfinite(numbers(found, 0)).all()
    assert np.isnan([numbers(found, trial) for trial in range(1, 10)]).all()
    assert found.counts()[MmrmStatus.EMPTY_VISIT] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([[1.0]], [0]), "trials x patients x visits"),
        (([[[1.0], [float("inf")]]], [0, 1]), "infinite"),
        (([[[1.0], [2.0]]], [0, 2]), "zeros and ones"),
        (([[[1.0], [2.0]]], [0, 1], [[1.0], [float("nan")]]), "complete numbers"),
        (([[["a"], ["b"]]], [0, 1]), "not an array of numbers"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arguments: Any, words: str) -> None:
    with pytest.raises(StatisticsError, match=words):
        batch_mmrm(*arguments, engine="numpy")
    with pytest.raises(StatisticsError, match="one of 2 visits"):
        batch_mmrm(np.zeros((1, 4, 2)), [0, 0, 1, 1], visit=2, engine="numpy")


def test_machine_code_on_disk_is_not_found_again_once_anything_it_was_made_of_has_changed() -> None:
    def name(body: str, **used: Any) -> str:
        exec(f"def f(x):\n    return {body}", used)
        return _digest(used["f"])

    called = type("Compiled", (), {"py_func": type("Function", (), {"__qualname__": "g_1"})})
    changed = type("Compiled", (), {"py_func": type("Function", (), {"__qualname__": "g_2"})})
    names = [
        name("g(x) + K", K=1.0, g=called),
        name("g(x) - K", K=1.0, g=called),
        name("g(x) + K", K=2.0, g=called),
        name("g(x) + K", K=1.0, g=changed),
    ]
    assert len(set(names)) == 4
    assert names[0] == name("g(x) + K", K=1.0, g=called)
