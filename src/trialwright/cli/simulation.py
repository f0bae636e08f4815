"""Commands about many trials at once: how often a design like this one would find what is there, or what is not."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import typer

from trialwright.cli.shell import AsJson, Failed, StudyFolder, progress


def warm_up() -> None:
    """Compile once what simulations need, so that nobody waits later. Example: trialwright warm-up"""
    from trialwright.statistics import warm_up as compile_all

    if compile_all():
        print("Compiled and kept for later.")
    else:
        print("numba is not installed, so there is nothing to compile; simulations run in numpy, with the same numbers.")
        print("To install it: pip install 'trialwright[sim]'")


def simulate(
    study: StudyFolder,
    trials: Annotated[int, typer.Option(min=100, max=10_000_000, help="Trials to simulate, with and without an effect")] = 100_000,
    effect: Annotated[float, typer.Option(help="True difference of the arms at the primary visit, in units of the outcome")] = -5.0,
    sd: Annotated[float, typer.Option(min=1e-6, help="Standard deviation of the outcome around the mean of its arm at every visit")] = 7.5,
    correlation: Annotated[float, typer.Option(min=0.0, max=0.99, help="Correlation of two visits of a patient")] = 0.6,
    leaving: Annotated[float, typer.Option(min=0.0, max=0.5, help="Share that leaves before each visit")] = 0.03,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same numbers, on any number of workers")] = 1,
    as_json: AsJson = False,
) -> None:
    """Type I error and power of the mixed model in trials like this one. Example: trialwright simulate studies/telitacicept_ssc --trials 100000"""
    from trialwright.exchange.study_folder import study_in
    from trialwright.statistics import DropOut, NormalTrial, simulate_mmrm

    found = study_in(study)
    endpoint = next((one for one in found.endpoints if one.primary and one.at), None)
    if endpoint is None or len(found.arms) != 2:
        raise Failed(f"{found.code} has no primary endpoint at a visit, or not two arms. Simulate it with trialwright.statistics.simulate_mmrm.")
    last = found.visit(endpoint.at or "").day
    visits = [visit.code for visit in found.visits if endpoint.form in visit.forms and 0 < visit.day <= last]
    m, control = len(visits), found.planned // 2
    spread = [[sd**2 * (1.0 if i == j else correlation) for j in range(m)] for i in range(m)]
    told = {}
    for name, size in (("no effect", 0.0), ("effect", effect)):
        slopes = [size * (place + 1) / m for place in range(m)]
        trial = NormalTrial(means=([0.0] * m, slopes), covariance=spread, sizes=(control, found.planned - control),
                            drop_out=DropOut(hazards=[leaving] * m))  # fmt: skip
        with progress(f"simulating: {name}") as bar, ThreadPoolExecutor(2) as pool:
            result = simulate_mmrm(trial, trials, seed=seed, scenario=f"{found.code} {name}", map=pool.map, progress=bar)
        rate = result.rejections(0.05)
        told[name] = {"true difference": size, "significant at 5 %": rate.share, "Monte Carlo error": rate.monte_carlo_error,
                      "fitted": rate.fitted, "not fitted": rate.not_fitted}  # fmt: skip
    if as_json:
        print(json.dumps({"study": found.code, "visits": visits, "patients": found.planned, "seed": seed} | told))
        return
    print(f"{found.code}: {endpoint.title.en}; {found.planned} patients, visits {', '.join(visits)}; mixed model with Kenward-Roger, two-sided 5 %")
    for name, one in told.items():
        print(f"  {name} (true difference {one['true difference']:g}): significant in {100 * one['significant at 5 %']:.2f} % "
              f"(Monte Carlo error {100 * one['Monte Carlo error']:.2f}), {one['not fitted']} of {trials} not fitted")  # fmt: skip
