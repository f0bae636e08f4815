"""What follows for the safety of a patient from one page: immunoglobulins, infections before treatment, reporting of serious events."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from trialwright.forms import adverse_events, laboratory
from trialwright.instruments import causality, hepatitis_b, immunoglobulin_watch, reporting_clocks, tuberculosis
from trialwright.protocol import Fact, Score, Status, Text, Value, Watch, coded, unknown

IMMUNOGLOBULIN_RULES = immunoglobulin_watch.PROPOSED
"""When to alert, hold or stop: the proposal of the shelf, for the protocol to confirm or replace here (assumption A25)."""
IGG_LOWER_LIMIT = laboratory.NORMALS["IGG"][0].low
"""The laboratory's lower limit of IgG (g/L), below which grade 1 begins."""

_ACTIONS = {
    "NONE": Text("no action", "无需处理"),
    "ALERT": Text("alert the safety officer", "提醒安全性负责人"),
    "HOLD": Text("hold the drug and repeat", "暂停用药并复查"),
    "STOP": Text("stop the drug", "停药"),
}
_DECISIONS = {
    "INCLUDE": Text("treatment may begin", "可以开始治疗"),
    "MONITOR": Text("treatment may begin with monitoring of HBV-DNA and ALT", "可以开始治疗，须监测 HBV-DNA 和 ALT"),
    "REFER": Text("a physician decides on preventive treatment first", "须先由医师决定是否预防性治疗"),
    "EXCLUDE": Text("treatment must not begin", "不得开始治疗"),
}
Answers = Mapping[str, Value]


def _yes(answers: Answers, code: str) -> bool | None:
    return {"Y": True, "N": False}.get(str(answers.get(code)))


def immunoglobulins(answers: Answers) -> Fact:
    """NONE, ALERT, HOLD or STOP from IgG, IgA and IgM of one sample; open while a value is missing and nothing is due."""
    values = {code: value for code in immunoglobulin_watch.TESTS if isinstance(value := answers.get(code), Decimal)}
    score = immunoglobulin_watch.score(values, IGG_LOWER_LIMIT, IMMUNOGLOBULIN_RULES)
    action = score.parts["action"]
    missing = tuple(f"LABORATORY.{code}" for code in immunoglobulin_watch.TESTS if code not in values)
    if action == "NONE" and missing:
        return unknown("IGACTION", Text(f"not measured: {', '.join(missing)}", f"未测：{'、'.join(missing)}"), missing)
    told = _ACTIONS[action]
    again = score.parts.get("repeat within days")
    en, zh = (f"; repeat within {again} days", f"；{again} 天内复查") if again else ("", "")
    grade = "" if score.value is None else f" ({score.value})"
    return coded(
        "IGACTION",
        action,
        Text(f"{told.en}{en}; grade of low IgG{grade or ' open'}", f"{told.zh}{zh}；低 IgG 分级{grade or '待定'}"),
    )


def hepatitis(answers: Answers) -> Fact:
    """INCLUDE, MONITOR or EXCLUDE from the four results, or what is still needed."""
    results = {code: str(answers[code]) == "POSITIVE" for code in hepatitis_b.CODES if code in answers}
    return _decision("HEPATITIS", hepatitis_b.score(results))


def tuberculosis_screened(answers: Answers) -> Fact:
    """INCLUDE, REFER or EXCLUDE from assay, imaging and preventive treatment, or what is still needed."""
    assay = answers.get("IGRA")
    boxes = {code: _yes(answers, code) for code in ("IMAGING", "PREVENTED")}
    return _decision("TUBERCULOSIS", tuberculosis.score(None if assay is None else str(assay), boxes))


def _decision(name: str, score: Score) -> Fact:
    decision = score.parts["decision"]
    because = "; ".join(score.reasons)
    if decision == "PENDING":
        return unknown(
            name,
            Text(f"open: {because}", f"待定：{because}"),
            tuple(f"INFECTION.{one.split()[0]}" for one in score.reasons),
        )
    told = _DECISIONS[decision]
    return coded(
        name,
        decision,
        Text(f"{told.en} ({because})" if because else told.en, f"{told.zh}（{because}）" if because else told.zh),
    )


_CRITERIA = dict(zip(adverse_events.SERIOUSNESS, reporting_clocks.SERIOUS, strict=True))
"""The six boxes of the page and the criteria of ICH E2A, in the same order."""


def reporting(answers: Answers) -> Fact:
    """DUE n, NOT_EXPEDITED or what is still open, for the report of one event to the authority."""
    if answers.get("AESER") == "N":
        return coded("REPORT", "NOT_EXPEDITED", Text("not serious: no expedited report", "非严重事件：无需快速报告"))
    criteria = {told: _yes(answers, code) for code, told in _CRITERIA.items()}
    relation, aware = answers.get("AEREL"), answers.get("AEAWARE")
    related = causality.related(None if relation is None else str(relation))
    score = reporting_clocks.score(
        criteria, _yes(answers, "AEEXP"), related, aware if isinstance(aware, date) else None
    )
    if score.value is not None:
        follow_up = score.parts.get("follow-up")
        more = (f", follow-up by {follow_up}", f"，随访报告于 {follow_up} 前") if follow_up else ("", "")
        due = Text(f"report to the authority by {score.parts['due']} ({score.value} calendar days){more[0]}",
                   f"须于 {score.parts['due']} 前报告监管部门（{score.value} 个日历日）{more[1]}")  # fmt: skip
        return coded("REPORT", f"DUE_{score.value}_DAYS", due)
    because = "; ".join(score.reasons)
    if score.status is Status.NOT_APPLICABLE:
        return coded("REPORT", "NOT_EXPEDITED", Text(f"no expedited report: {because}", f"无需快速报告：{because}"))
    return unknown("REPORT", Text(f"still open: {because}", f"尚待明确：{because}"), ())


WATCHES = (
    Watch(
        code="IMMUNOGLOBULINS",
        form="LABORATORY",
        reads=immunoglobulin_watch.TESTS,
        label=Text("Immunoglobulin watch", "免疫球蛋白监测处理"),
        by=immunoglobulins,
        version=immunoglobulin_watch.INSTRUMENT.version,
        sdtm="LB.LBORRES where LBTESTCD = IGACTION and LBCAT = IMMUNOLOGY and LBSPEC = SERUM",
    ),
    Watch(
        code="HEPATITIS",
        form="INFECTION",
        reads=hepatitis_b.CODES,
        label=Text("Hepatitis screening", "肝炎筛查结论"),
        by=hepatitis,
        version=hepatitis_b.INSTRUMENT.version,
    ),
    Watch(
        code="TUBERCULOSIS",
        form="INFECTION",
        reads=tuberculosis.CODES,
        label=Text("Tuberculosis screening", "结核筛查结论"),
        by=tuberculosis_screened,
        version=tuberculosis.INSTRUMENT.version,
    ),
    Watch(
        code="REPORTING",
        form="ADVERSE_EVENTS",
        reads=("AESER", *adverse_events.SERIOUSNESS, "AEREL", "AEEXP", "AEAWARE"),
        label=Text("Expedited report", "快速报告"),
        by=reporting,
        version=reporting_clocks.INSTRUMENT.version,
    ),
)
