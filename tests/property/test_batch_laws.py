"""What must hold of many mixed models at once, whatever the trials: who computes it and how it is written changes nothing."""

from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.statistics.batch_mmrm import BatchMmrm, batch_mmrm
from trialwright.statistics.batch_mmrm_status import MmrmStatus
from trialwright.statistics.simulated_mmrm import BaselineEffect, DropOut, NormalTrial, draw_trials, simulate_mmrm
from trialwright.statistics.streams import stream

pytestmark = pytest.mark.property

FIELDS = ("estimate", "standard_error", "df", "t", "p", "minus_two_log_likelihood")
COMPILED = find_spec("numba") is not None
SCENARIO = NormalTrial(
    means=[[0, -1, -2], [0, -2, -5]],
    covariance=[[16, 9, 7], [9, 18, 11], [7, 11, 20]],
    sizes=(11, 9),
    baseline=BaselineEffect(mean=20, standard_deviation=5, slopes=[0.8, 0.6, 0.5]),
    drop_out=DropOut(hazards=[0, 0.05, 0.1], log_odds=0.7, missed=0.03),
)
ARM = np.repeat([0, 1], SCENARIO.sizes)
seeds = st.integers(0, 2**32)


def drawn(seed: int) -> tuple[Any, Any]:
    """Twelve trials with drop-out and gaps; the first four complete, the next four without gaps."""
    y, base = draw_trials(SCENARIO, 12, stream(seed, "laws", 0))
    gone = np.isnan(y)
    y[4:8][np.logical_or.accumulate(gone[4:8], axis=2)] = np.nan
    y[:4] = draw_trials(
        NormalTrial(means=SCENARIO.means, covariance=SCENARIO.covariance, sizes=SCENARIO.sizes),
        4,
        stream(seed, "whole", 0),
    )[0]
    return y, base


def same(one: BatchMmrm, other: BatchMmrm, flip: float = 1.0, scale: float = 1.0) -> None:
    assert one.status.tolist() == other.status.tolist()
    for name in FIELDS[:5]:
        factor = {"estimate": flip * scale, "standard_error": scale, "t": flip}.get(name, 1.0)
        np.testing.assert_allclose(getattr(one, name) * factor, getattr(other, name), rtol=1e-8, atol=1e-9 * scale)


@settings(max_examples=8, deadline=None)
@given(seed=seeds, visit=st.integers(0, 2))
@pytest.mark.skipif(not COMPILED, reason="numba is not installed")
def test_engines_give_the_same_numbers(seed: int, visit: int) -> None:
    y, base = drawn(seed)
    one, other = (batch_mmrm(y, ARM, base, visit=visit, engine=engine) for engine in ("numpy", "compiled"))
    same(one, other)
    np.testing.assert_allclose(one.minus_two_log_likelihood, other.minus_two_log_likelihood, rtol=1e-8)


@pytest.mark.skipif(not COMPILED, reason="numba is not installed")
def test_engines_agree_on_thin_data_and_on_who_cannot_be_fitted() -> None:
    """A quarter of the outcomes gone: in some trials the likelihood runs to the edge, where rounding must not decide."""
    generator = np.random.Generator(np.random.Philox(11))
    y = generator.multivariate_normal(np.zeros(3), 0.4 * np.eye(3) + 0.6, (400, 14))
    y[generator.random(y.shape) < 0.25] = np.nan
    one, other = (batch_mmrm(y, [0, 1] * 7, engine=engine) for engine in ("numpy", "compiled"))
    same(one, other)
    assert one.counts()[MmrmStatus.NOT_CONVERGED] > 20


@settings(max_examples=8, deadline=None)
@given(seed=seeds, shift=st.floats(-1e3, 1e3), scale=st.floats(1e-3, 1e3))
def test_patients_in_any_order_arms_by_any_name_outcomes_on_any_scale(seed: int, shift: float, scale: float) -> None:
    y, base = drawn(seed)
    plain = batch_mmrm(y, ARM, base)
    order = np.random.Generator(np.random.Philox(seed)).permutation(20)
    same(plain, batch_mmrm(y[:, order], ARM[order], base[:, order]))
    same(plain, batch_mmrm(y, 1 - ARM, base), flip=-1.0)
    same(plain, batch_mmrm(scale * y + shift, ARM, base), scale=scale)
    same(plain, batch_mmrm(y, ARM, scale * base + shift))


@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_trials_in_any_order_and_visits_in_any_order(seed: int) -> None:
    y, base = drawn(seed)
    plain, back = batch_mmrm(y, ARM, base), batch_mmrm(y[::-1], ARM, base[::-1])
    np.testing.assert_array_equal(plain.status, back.status[::-1])
    np.testing.assert_allclose(plain.p, back.p[::-1], rtol=1e-8)
    same(plain, batch_mmrm(y[:, :, [2, 0, 1]], ARM, base, visit=0))


@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_a_number_exactly_where_converged(seed: int) -> None:
    generator = np.random.Generator(np.random.Philox(seed))
    y = generator.normal(size=(30, 10, 3))
    y[generator.random(y.shape) < generator.uniform(0.0, 0.7, (30, 1, 1))] = np.nan
    found = batch_mmrm(y, [0, 1] * 5)
    for name in FIELDS:
        np.testing.assert_array_equal(np.isfinite(getattr(found, name)), found.converged)
    assert set(found.counts()) <= set(MmrmStatus)
    assert ((found.p[found.converged] >= 0) & (found.p[found.converged] <= 1)).all()


def test_workers_and_engines_change_nothing() -> None:
    told: list[tuple[int, int]] = []
    options: dict[str, Any] = {"seed": 7, "scenario": "workers", "size": 64, "engine": "numpy"}
    alone = simulate_mmrm(SCENARIO, 300, **options, progress=lambda done, total: told.append((done, total)))
    assert told == [(64, 300), (128, 300), (192, 300), (256, 300), (300, 300)]
    with ThreadPoolExecutor(2) as pool:
        together = simulate_mmrm(SCENARIO, 300, **options, map=pool.map)
    for name in (*FIELDS, "status"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(together, name))
    if COMPILED:
        same(alone, simulate_mmrm(SCENARIO, 300, **{**options, "engine": "compiled"}))
    more = simulate_mmrm(SCENARIO, 400, **options)
    np.testing.assert_allclose(more.p[:256], alone.p[:256], rtol=1e-12)
    assert not np.isclose(simulate_mmrm(SCENARIO, 64, **{**options, "seed": 8}).p, alone.p[:64]).any()


def test_trials_are_drawn_as_described() -> None:
    """Means, covariance, baseline effect and the shares missing of 4,000 trials of 20 patients."""
    rule = DropOut(hazards=[0.1, 0.2, 0.0], missed=0.0)
    trial = NormalTrial(
        means=SCENARIO.means, covariance=SCENARIO.covariance, sizes=(11, 9), baseline=SCENARIO.baseline, drop_out=rule
    )
    y, base = draw_trials(trial, 4_000, stream(3, "drawn", 0))
    gone = np.isnan(y).mean(axis=(0, 1))
    assert gone == pytest.approx([0.1, 0.28, 0.28], abs=0.01)
    assert (np.diff(np.isnan(y).astype(int), axis=2) >= 0).all()
    assert (base.mean(), base.std()) == pytest.approx((20.0, 5.0), abs=0.1)
    rest = y - (base - 20.0) * np.array([0.8, 0.6, 0.5]) - np.repeat(np.array(SCENARIO.means), (11, 9), axis=0)
    whole = rest[~np.isnan(rest).any(axis=2)]
    assert whole.mean(axis=0) == pytest.approx([0.0] * 3, abs=0.1)
    np.testing.assert_allclose(np.cov(whole.T), SCENARIO.covariance, atol=0.6)


def test_missing_at_random_depends_on_what_was_observed() -> None:
    """With odds that rise with the last outcome those who leave were worse before, and the hazard holds at the mean."""
    flat = {"means": [[0, 0], [0, 0]], "covariance": np.eye(2), "sizes": (10, 10)}
    y, _ = draw_trials(
        NormalTrial(**flat, drop_out=DropOut(hazards=[0, 0.3], log_odds=1.5)), 2_000, stream(4, "random", 0)
    )
    gone = np.isnan(y[:, :, 1])
    before = y[:, :, 0]
    assert before[gone].mean() - before[~gone].mean() > 0.8
    near = np.abs(before) < 0.1
    assert gone[near].mean() == pytest.approx(0.3, abs=0.02)
