"""How often each method of the mixed model finds a difference that is not there, in twenty patients (nightly)."""

from collections import Counter

import numpy as np
import pytest

from trialwright.statistics import StatisticsError, mmrm

N, VISITS = 20, 4
METHODS = ("kenward-roger", "kenward-roger linear", "satterthwaite", "between-within", "residual", "CR0", "CR2", "CR3")
SIGMA = np.array([[36.0, 25, 22, 20], [25, 42, 28, 26], [22, 28, 49, 34], [20, 26, 34, 56]])


def rejections(trials: int, missing: float, structure: str) -> tuple[Counter[str], Counter[str], int]:
    """Trials in which each method rejects at 5 %, trials in which it is defined, and trials that could be fitted.

    Ten patients an arm, an unstructured truth, a baseline covariate, arm by visit; the difference at the last visit.
    Patients leave after the first visit or later, independently of everything, a share ``missing`` at each visit.
    """
    generator = np.random.Generator(np.random.Philox(2026))
    arm, visit = np.repeat([0.0, 1.0], N // 2 * VISITS), np.tile(np.arange(VISITS), N)
    subject, found, defined, fitted = np.repeat(np.arange(N), VISITS), Counter[str](), Counter[str](), 0
    for _ in range(trials):
        base = generator.normal(25, 6, N)
        outcome = generator.multivariate_normal(np.zeros(VISITS), SIGMA, N) + 0.5 * base[:, None]
        left = np.cumsum(generator.random((N, VISITS)) < missing, axis=1) > 0
        left[:, 0] = False
        outcome[left] = np.nan
        here = [(f"visit {v}", (visit == v).astype(float)) for v in range(VISITS)]
        columns = [*here, *((f"arm {name}", arm * at) for name, at in here), ("base", np.repeat(base, VISITS))]
        try:
            model = mmrm(outcome.ravel(), subject, visit, columns, visits=range(VISITS), covariance=structure)  # type: ignore[arg-type]
        except StatisticsError:
            continue
        fitted += 1
        for method in METHODS:
            try:
                p = model.with_inference(method).coefficient("arm visit 3").p  # type: ignore[arg-type]
            except StatisticsError:  # CR2 and CR3, where one patient alone is left in an arm
                continue
            defined[method] += 1
            found[method] += p < 0.05
    return found, defined, fitted


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("missing", "structure"), [(0.0, "unstructured"), (0.1, "unstructured"), (0.1, "compound symmetry")]
)
def test_type_one_error_in_twenty_patients(missing: float, structure: str) -> None:
    """Kenward-Roger keeps 5 % where the structure is right, and CR0 does not. Run with ``-m nightly -s`` for the table."""
    trials = 10_000
    found, defined, fitted = rejections(trials, missing, structure)
    print(f"\n{structure}, {missing:.0%} leave at each visit; {trials - fitted} of {trials} not fitted")
    for method in METHODS:
        print(f"{method:22s} {100 * found[method] / defined[method]:6.2f} % of {defined[method]}")
    assert fitted > 0.95 * trials
    if structure == "unstructured":
        margin = 4 * (0.05 * 0.95 / fitted) ** 0.5
        assert found["kenward-roger"] / fitted == pytest.approx(0.05, abs=margin)
    assert found["CR0"] / fitted > 0.06


def test_the_simulation_itself_runs() -> None:
    found, defined, fitted = rejections(40, 0.1, "unstructured")
    assert fitted >= 38
    assert defined["kenward-roger"] == fitted
    assert set(defined) == set(METHODS)
    assert found["kenward-roger"] <= found["satterthwaite"] <= found["residual"]


@pytest.mark.nightly
def test_how_often_thin_data_have_no_unstructured_maximum() -> None:
    """With 30 % of all outcomes missing at random, about a third of trials of twenty patients has none (``-s`` prints)."""
    generator, trials, refused = np.random.Generator(np.random.Philox(7)), 150, 0
    arm, visit = np.repeat([0.0, 1.0], N // 2 * VISITS), np.tile(np.arange(VISITS), N)
    here = [(f"visit {v}", (visit == v).astype(float)) for v in range(VISITS)]
    columns = [*here, *((f"arm {name}", arm * at) for name, at in here)]
    for _ in range(trials):
        outcome = generator.multivariate_normal(np.zeros(VISITS), SIGMA, N)
        outcome[generator.random((N, VISITS)) < 0.3] = np.nan
        try:
            mmrm(outcome.ravel(), np.repeat(np.arange(N), VISITS), visit, columns, visits=range(VISITS))
        except StatisticsError as error:
            assert "no maximum inside" in str(error) or "at least two patients seen at both" in str(error)
            refused += 1
    print(f"\n{refused} of {trials} trials without an unstructured maximum")
    assert 0.15 < refused / trials < 0.5
