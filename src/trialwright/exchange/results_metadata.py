"""What is analyzed, from which records and how (Analysis Results Metadata 1.0): every planned analysis of every endpoint measured at a visit."""

import re
from collections.abc import Iterator, Mapping

import polars as pl
from attrs import evolve, frozen

from trialwright import adam
from trialwright.exchange.metadata import Where
from trialwright.protocol import Endpoint, PlannedAnalysis, Study

_FUNCTION = re.compile(r"trialwright(?:\.\w+)+")


@frozen(kw_only=True)
class Analyzed:
    """One analysis: the records (`where`) and variables of a data set, the method in words and the function that does it."""

    oid: str
    title: str
    purpose: str
    dataset: str
    where: tuple[Where, ...]
    variables: tuple[str, ...]
    words: str
    by: str


@frozen(kw_only=True)
class Display:
    """The results of one endpoint."""

    oid: str
    name: str
    title: str
    analyses: tuple[Analyzed, ...]


def displays(study: Study, analyzed: Mapping[str, pl.DataFrame]) -> tuple[Display, ...]:
    """What is planned under the chosen reading, for the endpoints that have a value; only variables that hold one are named."""
    found = []
    for endpoint in study.endpoints:
        place = adam.located(study, endpoint)
        if place is not None and _measured(analyzed[place[0]], place[1], endpoint):
            held = _held(analyzed[place[0]])
            plans = tuple(evolve(one, variables=tuple(name for name in one.variables if name in held))
                          for one in _analyses(study, endpoint, *place) if held >= {where.name for where in one.where})  # fmt: skip
            if plans:
                found.append(Display(oid=f"RD.{endpoint.code}", name=endpoint.code, title=endpoint.title.en, analyses=plans))
    return tuple(found)


def _measured(frame: pl.DataFrame, parameter: str, endpoint: Endpoint) -> bool:
    values = frame.filter(pl.col("PARAMCD") == parameter)["CHG" if endpoint.change else "AVAL"]
    return values.null_count() < values.len()


def _held(frame: pl.DataFrame) -> set[str]:
    """The variables that hold a value, and so go out."""
    return {one.name for one in frame.iter_columns() if one.null_count() < frame.height}


def _analyses(study: Study, endpoint: Endpoint, dataset: str, parameter: str) -> Iterator[Analyzed]:
    methods = {one.code: one for one in study.methods}
    for plan in endpoint.analyses:
        if plan.method in methods and (not plan.readings or study.reading in plan.readings):
            method = methods[plan.method]
            function = _FUNCTION.search(method.words.en)
            yield Analyzed(
                oid=f"AR.{endpoint.code}.{plan.code}",
                title=(plan.title or method.title).en,
                purpose="PRIMARY OUTCOME MEASURE" if endpoint.primary else "SECONDARY OUTCOME MEASURE",
                dataset=dataset,
                where=tuple(_where(study, endpoint, plan, parameter)),
                variables=("TRTP", *(("CHG", "BASE") if endpoint.change else ("AVAL",))),
                words=f"{plan.purpose}: {method.words.en}",
                by=function.group() if function else "",
            )


def _where(study: Study, endpoint: Endpoint, plan: PlannedAnalysis, parameter: str) -> Iterator[Where]:
    yield Where(name="PARAMCD", values=(parameter,))
    if endpoint.at is not None and plan.method != "MMRM":  # the mixed model takes all visits
        yield Where(name="AVISITN", values=(f"{study.visit(endpoint.at).number:g}",))
    yield Where(name=plan.population, values=("Y",))
    yield Where(name="ANL01FL", values=("Y",))

