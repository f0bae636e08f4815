"""How fast many analyses and exact tests are, beside named peers in the same run. `python benchmarks/batch_exact.py`."""

import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy.stats

from trialwright.statistics import (
    batch_ancova,
    batch_permutation,
    chunks,
    exact_table,
    minimization,
    rerandomization_test,
    simulate_trials,
    stream,
)
from trialwright.statistics.batches import Engine, is_compiled
from trialwright.statistics.streams import Chunk

ENGINES: tuple[Engine, ...] = ("compiled", "numpy") if is_compiled("auto") else ("numpy",)
FIRST = np.arange(20) < 10


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """The shortest of some runs: what the machine can do when it is left alone."""
    told = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        told.append(time.perf_counter() - begun)
    return min(told)


def line(what: str, rate: float, unit: str, peer: str = "", peer_rate: float = 0.0) -> None:
    beside = f"{rate / peer_rate:>12,.0f} x {peer} ({peer_rate:,.{0 if peer_rate >= 10 else 2}f})" if peer_rate else ""
    print(f"{what:<64} {rate:>14,.0f} {unit:<12} {beside}", flush=True)


def rejected(chunk: Chunk, engine: Engine) -> int:
    """Simulate the trials of one chunk (ten patients an arm, no effect) and count those with p < 0.05."""
    outcome, baseline, first = simulate_trials(
        stream(1, "benchmark", chunk.number), chunk.trials, n_first=10, n_second=10
    )
    return int((batch_ancova(outcome, first, baseline, engine=engine).p < 0.05).sum())


def covariance_analysis() -> None:
    outcome, baseline, first = simulate_trials(stream(1, "peer", 0), 2_000, n_first=10, n_second=10)
    design = [np.column_stack([np.ones(20), first, row]) for row in baseline]

    def with_lstsq() -> list[float]:
        told = []
        for y, x in zip(outcome, design, strict=True):
            effects, (squares,), _, _ = np.linalg.lstsq(x, y, rcond=None)
            error = np.sqrt(squares / 17 * np.linalg.inv(x.T @ x)[1, 1])
            told.append(2 * scipy.stats.t.sf(abs(effects[1] / error), 17))
        return told

    one_by_one = 2_000 / seconds(with_lstsq)
    assert np.allclose(batch_ancova(outcome, first, baseline).p, with_lstsq(), rtol=1e-8)
    total = 400_000
    for engine in ENGINES:
        rejected(Chunk(number=0, first=0, trials=10), engine)
        one = seconds(lambda engine=engine: [rejected(chunk, engine) for chunk in chunks(total)])  # type: ignore[misc]
        line(
            f"simulate + ANCOVA, n = 20, one thread, {engine}",
            total / one,
            "trials/s",
            "numpy lstsq and scipy's t in a loop, analysis alone",
            one_by_one,
        )
        with ThreadPoolExecutor(2) as pool:
            two = seconds(
                lambda engine=engine, pool=pool: list(pool.map(lambda chunk: rejected(chunk, engine), chunks(total)))
            )  # type: ignore[misc]
        line(f"simulate + ANCOVA, n = 20, two threads, {engine}", 60 * total / two, "trials/min")


def permutation() -> None:
    y = np.rint(stream(2, "scores", 0).normal(25, 6, (20_000, 20)))

    def with_scipy() -> float:
        found = scipy.stats.permutation_test(
            (y[0, :10], y[0, 10:]),
            lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
            n_resamples=np.inf,
            vectorized=True,
        )
        return float(found.pvalue)

    peer = 1 / seconds(with_scipy, 1)
    assert abs(with_scipy() - batch_permutation(y[:1], FIRST).p[0]) < 1e-12
    for engine in ENGINES:
        some = y if engine == "compiled" else y[:2_000]
        batch_permutation(some[:5], FIRST, engine=engine)
        rate = len(some) / seconds(lambda engine=engine, some=some: batch_permutation(some, FIRST, engine=engine))  # type: ignore[misc]
        line(
            f"exact permutation test, n = 20, whole scores, {engine}",
            rate,
            "tests/s",
            "scipy.stats.permutation_test",
            peer,
        )
    rate = 400 / seconds(lambda: batch_permutation(y[:400] * np.pi, FIRST))
    line("exact permutation test, n = 20, real scores (listing)", rate, "tests/s", "scipy.stats.permutation_test", peer)


def two_proportions() -> None:
    tables = [[[x, 7], [10 - x, 3]] for x in range(2, 8)]  # scipy reads the columns as the groups

    def with_scipy() -> list[float]:
        return [scipy.stats.boschloo_exact(table).pvalue for table in tables]

    peer = len(tables) / seconds(with_scipy)
    whole = exact_table("boschloo", 10, 10)
    assert np.allclose([whole.p[x, 7] for x in range(2, 8)], with_scipy(), rtol=1e-3)  # scipy's maximum is approximate
    rate = 121 / seconds(lambda: exact_table("boschloo", 10, 10))
    line("Boschloo, 10 and 10 patients, all 121 p-values", rate, "p-values/s", "scipy.stats.boschloo_exact", peer)


def rerandomization() -> None:
    y = stream(3, "values", 0).normal(size=20)
    again = minimization([["f", "m"] * 10, ["old", "old", "young", "young"] * 5])
    first = again(stream(3, "first", 0), 1)[0]
    took = seconds(lambda: rerandomization_test(y, first, again, generator=stream(3, "draws", 0), draws=99_999))
    line("minimization re-run, n = 20, two factors", 99_999 / took, "histories/s")


def main() -> None:
    warnings.simplefilter("ignore")
    for part in (covariance_analysis, permutation, two_proportions, rerandomization):
        part()


if __name__ == "__main__":
    main()
