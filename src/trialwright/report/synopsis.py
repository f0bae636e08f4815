"""The protocol on a few pages: synopsis, schedule of activities, and the assumptions that the investigator signs."""

from collections.abc import Iterable, Sequence

from trialwright.protocol import Endpoint, Estimand, Study, Text, Visit

_WORDS = {
    "synopsis": Text("Protocol synopsis", "方案摘要"),
    "registered": Text("Registered", "注册信息"),
    "arms": Text("Arms", "组别"),
    "allocation": Text("Allocation", "分组"),
    "runs": Text("the study runs under this reading", "本研究采用此解读"),
    "bias": Text("bias to be shown", "须说明的偏倚"),
    "criteria": Text("Criteria", "入排标准"),
    "inclusion": Text("inclusion", "入选"),
    "exclusion": Text("exclusion", "排除"),
    "endpoints": Text("Endpoints", "终点"),
    "primary": Text("primary", "主要"),
    "estimands": Text("Estimand of the primary endpoint", "主要终点的估计目标"),
    "treatment": Text("Treatment", "治疗"),
    "population": Text("Population", "人群"),
    "variable": Text("Variable", "变量"),
    "summary": Text("Summary", "汇总指标"),
    "instruments": Text("Instruments", "评估工具"),
    "verified": Text("verified in its source", "已在原文核实"),
    "unverified": Text("NOT verified in its source", "尚未在原文核实"),
    "schedule": Text("Schedule of activities", "研究流程表"),
    "form": Text("Form", "表单"),
    "day": Text("Day", "天"),
    "window": Text("Window", "窗口"),
    "throughout": Text("throughout", "全程"),
    "assumptions": Text("Assumptions to be confirmed by the investigator", "待研究者确认的假定"),
    "assumed": Text("Assumed", "假定内容"),
    "about": Text("About", "事项"),
    "source": Text("Source", "来源"),
    "signed": Text(
        "Confirmed (name, date, signature): ____________________", "确认（姓名、日期、签名）：____________________"
    ),
    "at": Text("at", "于"),
    "from": Text("from", "自"),
}


def _word(name: str, language: str) -> str:
    return _WORDS[name].in_(language)


def synopsis(study: Study, language: str = "en") -> str:
    """The protocol synopsis as Markdown."""

    def word(name: str) -> str:
        return _word(name, language)

    lines = [
        f"# {word('synopsis')}: {study.code}",
        "",
        f"**{study.title.in_(language)}**",
        "",
        study.official_title.in_(language),
    ]
    lines += ["", f"{study.sponsor} · {study.phase} · n = {study.planned} · {study.version} · {study.digest[:12]}"]
    lines += _bullets(word("registered"), (f"{name}: {text.in_(language)}" for name, text in study.registered.items()))
    lines += _bullets(
        word("arms"), (f"{arm.code} {arm.name.in_(language)}: {arm.treatment.in_(language)}" for arm in study.arms)
    )
    lines += _bullets(word("allocation"), _readings(study, language))
    lines += _bullets(
        word("criteria"),
        (
            f"{one.code} ({word('inclusion' if one.inclusion else 'exclusion')}, {one.version}): {one.text.in_(language)}"
            + (f" *{one.note.in_(language)}*" if one.note else "")
            for one in study.criteria
        ),
    )
    lines += _bullets(word("endpoints"), (_endpoint(endpoint, language) for endpoint in study.endpoints))
    chosen = {endpoint.estimand for endpoint in study.endpoints if endpoint.primary}
    for estimand in study.estimands:
        if estimand.code in chosen:
            lines += _bullets(f"{word('estimands')} ({estimand.code})", _estimand(estimand, language))
    lines += _bullets(
        word("instruments"),
        (
            f"{one.name.in_(language)} ({one.version}; {word('verified' if one.verified else 'unverified')}): {one.licence}"
            for one in study.instruments
        ),
    )
    return "\n".join([*lines, ""])


def _bullets(title: str, lines: Iterable[str]) -> list[str]:
    return ["", f"## {title}", "", *(f"- {line}" for line in lines)]


def _readings(study: Study, language: str) -> list[str]:
    return [
        f"{one.code}{' (' + _word('runs', language) + ')' if one.code == study.reading else ''}: {one.title.in_(language)}; "
        f"{one.consequence.in_(language)}; {_word('bias', language)}: {one.bias.in_(language)}"
        for one in study.readings
    ]


def _endpoint(endpoint: Endpoint, language: str) -> str:
    told = f"{endpoint.code}: {endpoint.title.in_(language)} ({endpoint.form}.{endpoint.measure}"
    told += f", {_word('at', language)} {endpoint.at}" if endpoint.at else f", {_word('throughout', language)}"
    told += f", {_word('from', language)} {endpoint.baseline})" if endpoint.baseline else ")"
    return f"**{_word('primary', language)}** {told}" if endpoint.primary else told


def _estimand(estimand: Estimand, language: str) -> list[str]:
    parts = [
        (name, getattr(estimand, name).in_(language)) for name in ("treatment", "population", "variable", "summary")
    ]
    events = [f"{one.event.in_(language)}: {one.strategy} ({one.because.in_(language)})" for one in estimand.events]
    return [f"{_word(name, language)}: {text}" for name, text in parts] + events


def schedule(study: Study, language: str = "en") -> str:
    """The schedule of activities as a Markdown table: forms against visits, with days and windows."""
    head = [
        _word("form", language),
        *(visit.name.in_(language) for visit in study.visits),
        _word("throughout", language),
    ]
    rows: list[Sequence[str]] = [head, ["---"] * len(head)]
    rows.append([_word("day", language), *(str(visit.day) for visit in study.visits), ""])
    rows.append([_word("window", language), *(_window(visit) for visit in study.visits), ""])
    for form in study.forms:
        marks = ["X" if form.code in visit.forms else "" for visit in study.visits]
        rows.append([form.title.in_(language), *marks, "X" if form.code in study.logs else ""])
    title = f"# {_word('schedule', language)}: {study.code} ({study.version})"
    return "\n".join([title, "", *("| " + " | ".join(row) + " |" for row in rows), ""])


def _window(visit: Visit) -> str:
    return str(visit.day) if visit.first_day == visit.last_day else f"{visit.first_day} … {visit.last_day}"


def assumptions(study: Study, language: str = "en") -> str:
    """What is assumed because the registry does not say it, with sources, as Markdown for the investigator to sign."""
    rows = [f"# {_word('assumptions', language)}: {study.code} ({study.version})"]
    for one in study.assumptions:
        state = _word("verified" if one.verified else "unverified", language)
        rows += ["", f"## {one.code} {one.about.in_(language)}", ""]
        rows += [f"- {_word('assumed', language)}: {one.assumed.in_(language)}"]
        rows += [f"- {_word('source', language)}: {one.source.in_(language)} ({state})"]
        rows += [f"- {_word('signed', language)}"]
    return "\n".join([*rows, ""])
