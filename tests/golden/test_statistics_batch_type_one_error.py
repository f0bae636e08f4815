"""The level of Kenward-Roger in twenty patients, over hundreds of thousands of trials (nightly)."""

import pytest

from trialwright.statistics import BaselineEffect, DropOut, MmrmStatus, NormalTrial, simulate_mmrm
from trialwright.statistics.batch_mmrm import BatchInference

SIGMA = [[36.0, 25, 22, 20], [25, 42, 28, 26], [22, 28, 49, 34], [20, 26, 34, 56]]
LEAVING = {
    "complete": None,
    "10 % leave": DropOut(hazards=[0, 0.1, 0.1, 0.1]),
    "10 % leave, the worse the sooner": DropOut(hazards=[0, 0.1, 0.1, 0.1], log_odds=0.7),
    "5 % of visits missed": DropOut(hazards=[0, 0, 0, 0], missed=0.05),
}


def null_trial(kind: str) -> NormalTrial:
    """Ten patients an arm, an unstructured truth, a baseline covariate, no difference."""
    return NormalTrial(
        means=[[12.5] * 4] * 2,
        covariance=SIGMA,
        sizes=(10, 10),
        baseline=BaselineEffect(mean=25, standard_deviation=6, slopes=[0.5] * 4),
        drop_out=LEAVING[kind],
    )


@pytest.mark.nightly
@pytest.mark.parametrize("inference", ["kenward-roger", "satterthwaite"])
@pytest.mark.parametrize("kind", list(LEAVING))
def test_level_of_kenward_roger_in_twenty_patients(kind: str, inference: BatchInference) -> None:
    """Run with ``-m nightly -s`` for the table; Satterthwaite without the adjustment is printed beside it."""
    found = simulate_mmrm(null_trial(kind), 100_000, seed=2026, scenario=f"null, {kind}", inference=inference)
    rate = found.rejections()
    ends = ", ".join(f"{count} {status.meaning}" for status, count in found.counts().items() if status)
    print(f"\n{kind:34s} {inference:14s} {100 * rate.share:.2f} % (+-{100 * rate.monte_carlo_error:.2f}) {ends}")
    assert rate.fitted > 98_000
    if inference == "kenward-roger":
        assert rate.share == pytest.approx(0.05, abs=0.003)
    if kind == "complete":
        assert rate.not_fitted == 0


def test_the_simulation_itself_runs() -> None:
    found = simulate_mmrm(null_trial("10 % leave"), 256, seed=1, scenario="null", engine="numpy")
    assert found.rejections().share == pytest.approx(0.05, abs=0.05)
    assert found.counts()[MmrmStatus.CONVERGED] > 250
