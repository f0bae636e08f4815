"""Carries out the analyses that the study has planned for an endpoint, and says in words why one could not be."""

from collections.abc import Callable, Mapping

import polars as pl
from attrs import evolve

from trialwright.protocol import Endpoint, Method, Study, Text
from trialwright.report.comparison import CLOSED
from trialwright.report.results import Analysis, Result
from trialwright.report.sample import Course, Sample, sample
from trialwright.report.table import DataRow
from trialwright.statistics import StatisticsError

Methods = Mapping[str, Callable[[Sample], tuple[Result, ...]]]
"""How each method of the study is carried out, by its code."""

WITHOUT_ARMS = ("DESCRIBE", "CLASSES", "RESPONDER")
"""Methods that also say something about all patients together, while the arms are closed."""
ALL_VISITS = ("MMRM", "REFERENCE_BASED", "TIPPING_POINT", "MULTIPLE_IMPUTATION")
"""Methods that read every visit, not only the last."""


def carried_out(
    study: Study, adam: Mapping[str, pl.DataFrame], endpoint: Endpoint, methods: Methods, *, dataset: str, parameter: str, released: bool,
) -> tuple[Analysis, ...]:  # fmt: skip
    """All analyses planned for `endpoint` under the reading of the study, in the order of the plan.

    Under the reading in which response decides the arm, and for every secondary endpoint, none is called anything but descriptive.
    """
    plans = [one for one in endpoint.analyses if not one.readings or study.reading in one.readings]
    made: dict[tuple[object, ...], Sample] = {}
    found = []
    for plan in plans:
        key = (plan.population, plan.instead, plan.setting("failure"))
        if key not in made:
            made[key] = sample(study, adam, endpoint, plan, dataset=dataset, parameter=parameter, released=released)
        found.append(_one(study, evolve(made[key], plan=plan), methods))
    return tuple(found)


def _one(study: Study, patients: Sample, methods: Methods) -> Analysis:
    plan, endpoint = patients.plan, patients.endpoint
    blank = _blank(study, patients)
    if not patients.released and plan.method not in WITHOUT_ARMS:
        return evolve(blank, refused=CLOSED)
    try:
        return evolve(blank, results=methods[plan.method](patients), notes=_notes(patients))
    except StatisticsError as problem:
        because = str(problem).rstrip(".")
        return evolve(blank, refused=Text(f"not computed: {because}", f"未计算（{because}）"))
    except KeyError as missing:
        raise LookupError(f"analysis {endpoint.code}.{plan.code} asks for method {missing}, which nobody carries out") from None


def _blank(study: Study, patients: Sample) -> Analysis:
    plan, endpoint = patients.plan, patients.endpoint
    method = next(one for one in study.methods if one.code == plan.method)
    descriptive = study.chosen.method is Method.BY_RESPONSE or not endpoint.primary
    whole = plan.method in ALL_VISITS
    analyzed = patients.courses if plan.method in WITHOUT_ARMS else patients.seen() if whole else patients.analyzed
    return Analysis(
        id=f"{endpoint.code}.{plan.code}", title=plan.title or method.title, purpose="descriptive" if descriptive else plan.purpose, method=method.words,
        method_id=method.code, dataset=patients.dataset, condition=patients.condition, endpoint=endpoint.code, variable="CHG" if endpoint.change else "AVAL",
        population=plan.population, outcome="PRIMARY OUTCOME MEASURE" if endpoint.primary else "SECONDARY OUTCOME MEASURE",
        entered=tuple((code, len(patients.of(code, analyzed))) for code in patients.groups),
        inputs=tuple((code, _rows(patients, code, analyzed, whole=whole)) for code in patients.groups),
    )  # fmt: skip


def _rows(patients: Sample, code: str, analyzed: tuple[Course, ...], *, whole: bool) -> tuple[DataRow, ...]:
    return tuple(sorted({row for one in patients.of(code, analyzed) for row in (one.all_rows if whole else one.rows)}))


def _notes(patients: Sample) -> tuple[Text, ...]:
    """What must be known to read the result: how many failed, and how many were left out."""
    failed = sum(bool(one.failed[-1]) for one in patients.courses)
    gone = len(patients.left_out)
    notes = []
    if failed:
        notes.append(Text(f"{failed} counted as failed", f"{failed} 例计为失败"))
    if any(strategy == "left out" for _, strategy in patients.plan.instead):
        notes.append(Text(f"{gone} left out" if gone else "nobody had to be left out", f"剔除 {gone} 例" if gone else "无需剔除任何人"))
    return tuple(notes)
