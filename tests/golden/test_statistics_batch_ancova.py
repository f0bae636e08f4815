"""Many covariance analyses at once: R's numbers, the single analysis's numbers, both engines, and a status for what cannot be."""

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.statistics import StatisticsError, ancova, batch_permutation, chunks, stream
from trialwright.statistics.batch_ancova import batch_ancova, simulate_trials
from trialwright.statistics.batches import TrialStatus, is_compiled, status_counts
from trialwright.statistics.streams import Chunk

WITNESS = Path(__file__).parent / "witness" / "ancova"
NO_NUMBA = pytest.mark.skipif(find_spec("numba") is None, reason="the extra 'sim' is not installed")
ENGINES = ["numpy", pytest.param("compiled", marks=NO_NUMBA)]
NUMBERS = ("estimate", "standard_error", "t", "p", "lower", "upper")


def toy(file: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    with (WITNESS / file).open() as lines:
        rows = list(csv.DictReader(lines))
    y, x = (np.array([float(row[name]) for row in rows]) for name in ("CHG", "BASE"))
    return y, np.array([row["ARM"] == "TEL" for row in rows]), x


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("r", json.loads((WITNESS / "two_arm.json").read_text())["results"], ids=lambda r: r["file"])
def test_two_arms_agree_with_r(r, engine) -> None:
    y, first, x = toy(r["file"])
    found = batch_ancova([y, y], first, [x, x], engine=engine)
    for place in (0, 1):
        told = [found.estimate[place], found.standard_error[place], found.t[place], found.p[place]]
        assert told == pytest.approx(r["difference"], rel=1e-9)
        assert [found.lower[place], found.upper[place]] == pytest.approx(r["ci"], rel=1e-9)
    assert found.df == r["df"]
    ninety = batch_ancova(y, first, x, confidence=0.9, engine=engine)
    assert [ninety.lower[0], ninety.upper[0]] == pytest.approx(r["ci90"], rel=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("adjusted", [True, False])
def test_every_trial_equals_the_single_analysis(engine, adjusted) -> None:
    """Forty trials, another division of the patients in each, means far from zero."""
    generator = stream(1, "batch", 0)
    n = 11
    y, x = generator.normal(100, 5, (40, n)), generator.normal(40, 9, (40, n))
    first = np.array([generator.permutation(n) < 2 + place % 8 for place in range(40)])
    found = batch_ancova(y, first, x if adjusted else None, engine=engine)
    for place in range(40):
        single = ancova(y[place], first[place], x[place] if adjusted else None, levels=(False, True), reference=False)
        one = single.differences[0].estimate
        told = [getattr(found, name)[place] for name in NUMBERS]
        assert told == pytest.approx([one.value, one.standard_error, one.t, one.p, one.lower, one.upper], rel=1e-9)
        assert found.df == single.df
    assert found.analyzed.all()


@NO_NUMBA
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_both_engines_give_the_same_numbers(seed, n_first, n_second, whole) -> None:
    """To 1e-8, and the same status; with whole numbers, where ties make many a degenerate trial."""
    y, x, first = simulate_trials(stream(seed, "engines", 0), 300, n_first=n_first, n_second=n_second, effect=0.4)
    if whole:
        y, x = np.rint(y), np.rint(x)
    one, other = (batch_ancova(y, first, x, engine=engine) for engine in ("numpy", "compiled"))
    assert (one.status == other.status).all()
    for name in NUMBERS:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-8, atol=1e-12)
        assert (np.isnan(getattr(one, name)) == ~one.analyzed).all()


DEGENERATE = {
    TrialStatus.ANALYZED: ([1, 3, 2, 5, 4, 9], [1, 1, 1, 0, 0, 0], [3, 1, 4, 1, 5, 9]),
    TrialStatus.MISSING: ([1, 3, np.nan, 5, 4, 9], [1, 1, 1, 0, 0, 0], [3, 1, 4, 1, 5, 9]),
    TrialStatus.ONE_ARM: ([1, 3, 2, 5, 4, 9], [1, 1, 1, 1, 1, 1], [3, 1, 4, 1, 5, 9]),
    TrialStatus.CONSTANT: ([0.1] * 6, [1, 1, 1, 0, 0, 0], [3, 1, 4, 1, 5, 9]),
    TrialStatus.SINGULAR: ([1, 3, 2, 5, 4, 9], [1, 1, 1, 0, 0, 0], [0.1, 0.1, 0.1, 7.3, 7.3, 7.3]),
    TrialStatus.PERFECT_FIT: ([0.1, 0.2, 0.3, 1.4, 1.1, 1.9], [1, 1, 1, 0, 0, 0], [1, 2, 3, 4, 1, 9]),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_trial_that_cannot_be_analyzed_says_why_and_has_no_numbers(engine) -> None:
    """Also beside healthy trials: each stands for itself."""
    y, first, x = (np.array(part, dtype=float) for part in zip(*DEGENERATE.values(), strict=True))
    found = batch_ancova(y, first, x, engine=engine)
    assert [TrialStatus(code) for code in found.status] == list(DEGENERATE)
    for name in NUMBERS:
        assert np.isfinite(getattr(found, name)).tolist() == [status == TrialStatus.ANALYZED for status in DEGENERATE]
    assert status_counts(found.status) == {status.meaning: 1 for status in DEGENERATE}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("status", "y", "x"),
    [
        (TrialStatus.MISSING, [np.inf, 1, 2, 3], [1, 2, 5, 3]),
        (TrialStatus.MISSING, [1e200, 1, 2, 3], [1, 2, 5, 3]),
        (TrialStatus.MISSING, [0, 1, 2, 3], [1, 2, np.nan, 3]),
        (TrialStatus.SINGULAR, [0, 1, 2, 7], [0.1, 0.1, 0.1, 0.1]),
        (TrialStatus.CONSTANT, [0, 0, 0, 0], [1, 2, 5, 3]),
        (TrialStatus.TOO_FEW, [0, 1, 4], [1, 2, 5]),
    ],
)
def test_what_the_single_analysis_refuses_has_a_status(engine, status, y, x) -> None:
    first = [True, True, *[False] * (len(y) - 2)]
    assert batch_ancova(y, first, x, engine=engine).status.tolist() == [status]
    if status != TrialStatus.MISSING or not np.isfinite(y + x).all():
        with pytest.raises(StatisticsError):
            ancova(y, first, x, levels=(True, False), reference=False)


def test_no_trial_is_no_error_and_shapes_are_checked() -> None:
    assert batch_ancova(np.empty((0, 4)), [1, 1, 0, 0], np.empty((0, 4))).status.size == 0
    with pytest.raises(StatisticsError, match="baseline: shape"):
        batch_ancova([[1, 2, 3]], [1, 0, 0], [[1, 2]])
    with pytest.raises(StatisticsError, match="first: shape"):
        batch_ancova([[1, 2, 3]], [1, 0], None)
    with pytest.raises(StatisticsError, match="first: each entry"):
        batch_ancova([[1, 2, 3]], [1, 0, 2], None)
    with pytest.raises(StatisticsError, match="outcome: not a table"):
        batch_ancova([["a", "b", "c"]], [1, 0, 0], None)
    with pytest.raises(StatisticsError, match="engine: 'gpu'"):
        batch_ancova([[1, 2, 3]], [1, 0, 0], None, engine="gpu")  # type: ignore[arg-type]
    with pytest.raises(StatisticsError, match="correlation: 2"):
        simulate_trials(stream(1, 1, 1), 1, n_first=1, n_second=1, correlation=2)


def test_the_level_is_kept_and_the_interval_covers() -> None:
    """60,000 trials of twenty patients: four Monte Carlo errors around 5 %; with an effect the interval covers 95 %."""
    trials = 60_000
    margin = 4 * (0.05 * 0.95 / trials) ** 0.5
    y, x, first = simulate_trials(stream(3, "level", 0), trials, n_first=10, n_second=10)
    assert (batch_ancova(y, first, x).p < 0.05).mean() == pytest.approx(0.05, abs=margin)
    y, x, first = simulate_trials(stream(3, "cover", 0), trials, n_first=13, n_second=7, effect=1.0, correlation=-0.3)
    found = batch_ancova(y, first, x)
    assert ((found.lower < 1) & (found.upper > 1)).mean() == pytest.approx(0.95, abs=margin)
    assert np.corrcoef(y[:, 13:].ravel(), x[:, 13:].ravel())[0, 1] == pytest.approx(-0.3, abs=0.01)


@pytest.mark.parametrize("engine", ENGINES)
def test_who_computes_the_chunks_in_which_order_does_not_matter(engine) -> None:
    """One after the other, backward, and by three threads at once: the same bytes."""

    def work(chunk: Chunk) -> bytes:
        y, x, first = simulate_trials(stream(8, "workers", chunk.number), chunk.trials, n_first=6, n_second=5)
        found = batch_ancova(y, first, x, engine=engine)
        exact = batch_permutation(np.rint(4 * y), first, engine=engine)
        return found.p.tobytes() + found.lower.tobytes() + exact.p.tobytes()

    parts = list(chunks(900, size=200))
    forward = [work(chunk) for chunk in parts]
    assert [work(chunk) for chunk in reversed(parts)] == forward[::-1]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(work, parts)) == forward
    assert len(set(forward)) == len(parts)


def test_without_numba_the_numbers_are_numpys_and_its_engine_is_refused(monkeypatch) -> None:
    y, x, first = simulate_trials(stream(8, "absent", 0), 50, n_first=6, n_second=5)
    expected = batch_ancova(y, first, x, engine="numpy").p
    monkeypatch.setattr("trialwright.statistics.batches.find_spec", lambda name: None)
    assert not is_compiled("auto")
    assert batch_ancova(y, first, x).p.tobytes() == expected.tobytes()
    with pytest.raises(StatisticsError, match="numba is not installed"):
        batch_ancova(y, first, x, engine="compiled")
