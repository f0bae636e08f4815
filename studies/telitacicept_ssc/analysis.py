"""Carries out what is planned for every endpoint; each number is found by the name of its endpoint and its analysis."""

from collections.abc import Mapping

import polars as pl
from attrs import evolve

from studies.telitacicept_ssc import prior_data
from trialwright.adam import adrs, located
from trialwright.protocol import Study
from trialwright.report.estimation import Methods, carried_out
from trialwright.report.methods import (
    ancova,
    borrowing,
    classes,
    describe,
    e_value,
    hodges_lehmann,
    mmrm,
    multiple_imputation,
    overlap_weights,
    permutation,
    posterior,
    rank_sum,
    reference_based,
    regression_to_mean,
    rerandomization,
    responder,
    tipping_point,
    van_elteren,
)
from trialwright.report.results import Analysis, Result, Results
from trialwright.report.sample import Sample
from trialwright.statistics import normal_prior

PARAMETER = adrs.PARAMETER.code

IMPORTANT = 3.0
"""A benefit that would matter, in units of the skin score: asked for in the analysis with earlier control arms."""


def with_history(sample: Sample) -> tuple[Result, ...]:
    """The comparison with the prior of this study; who has no control arm yet needs no history."""
    sample.need_both_arms(sample.analyzed)
    return borrowing.results(sample, prior_data.control_prior(), normal_prior(*prior_data.MU), IMPORTANT)


METHODS: Methods = {
    "DESCRIBE": describe.results,
    "CLASSES": classes.results,
    "ANCOVA": ancova.results,
    "MMRM": mmrm.results,
    "PERMUTATION": permutation.results,
    "HODGES_LEHMANN": hodges_lehmann.results,
    "RANK_SUM": rank_sum.results,
    "VAN_ELTEREN": van_elteren.results,
    "REFERENCE_BASED": reference_based.results,
    "TIPPING_POINT": tipping_point.results,
    "OVERLAP_WEIGHTS": overlap_weights.results,
    "RERANDOMIZATION": rerandomization.results,
    "MULTIPLE_IMPUTATION": multiple_imputation.results,
    "BORROWING": with_history,
    "POSTERIOR": posterior.results,
    "E_VALUE": e_value.results,
    "REGRESSION_TO_MEAN": regression_to_mean.results,
    "RESPONDER": responder.results,
}
"""The methods that the plan names, and who carries them out."""


def analyze(adam: Mapping[str, pl.DataFrame], study: Study, released: bool) -> Results:
    """All analyses of all endpoints measured at a visit, by name: MRSS24.ANCOVA, FVCPP24.DESCRIBE and so on.

    While the arms are closed (`released` is false) only descriptions of all patients together are computed.
    """
    found: list[Analysis] = []
    for endpoint in study.endpoints:
        if endpoint.at is not None and endpoint.analyses:
            place = located(study, endpoint)
            if place is None:
                raise LookupError(f"{endpoint.code}: no analysis data set holds {endpoint.measure}. Name its data set in trialwright.adam.")
            dataset, parameter = place
            found += carried_out(study, adam, endpoint, METHODS, dataset=dataset, parameter=parameter, released=released)
    return Results(tuple(found))


def side_by_side(adam: Mapping[str, pl.DataFrame], study: Study, released: bool) -> Mapping[str, Results]:
    """What the primary endpoint shows under each reading of the allocation: its description, its primary analysis, and those of this reading alone."""
    endpoint = next(one for one in study.endpoints if one.primary and one.at is not None)
    found = {}
    for reading in study.readings:
        plans = tuple(one for one in endpoint.analyses if one.purpose == "primary" or one.method == "DESCRIBE" or one.readings == (reading.code,))
        read = study.read_as(reading.code)
        chosen = evolve(endpoint, analyses=plans)
        found[reading.code] = Results(carried_out(read, adam, chosen, METHODS, dataset="ADRS", parameter=PARAMETER, released=released))
    return found
