"""The story of every serious adverse event, written from the record: who, when, how it went, what else was found, and the physician's own words."""

from datetime import date
from decimal import Decimal

import polars as pl

from trialwright.exchange.serious_events import CRITERIA, Case, Exposure, cases, exposure, findings, other_drugs
from trialwright.instruments import reporting_clocks
from trialwright.protocol import Text, same
from trialwright.report.source import PLACE, Source
from trialwright.report.table import Cell, Column, DataRow, Row, Table

CLOSED = Text("Serious adverse events tell the arm. They are hidden from this blinded reader and are shown once the arms are open.",
              "严重不良事件会透露分组，对盲态视图隐藏，揭盲后显示。")  # fmt: skip
UNKNOWN = Text("not recorded", "未记录")


def table(source: Source, *, number: str, title: Text, population_name: Text) -> Table:
    """One line for each serious event, in the order of patients and days; each rests on its rows of ADAE and ADSL."""
    rows: tuple[Row, ...] = ()
    if source.opened:
        found = sorted(
            cases(source.study, source.casebook), key=lambda case: (case.subject.id, case.said.get("AESTDTC", ""))
        )
        rows = tuple(_row(source, case) for case in found)
    nobody = Text("No serious adverse event was recorded.", "未记录严重不良事件。")
    return Table(
        number=number, title=title, population=population_name, stub=Text("patient", "受试者"), columns=(Column(title=Text("narrative", "叙述"), words=True),),
        rows=rows, footnotes=(Text("Written from the record by fixed rules; the words in quotation marks are those of the physician, as they were entered.",
                                   "按固定规则由记录生成；引号内为医师原文。"),) if rows else (),
        source=Text("Datasets ADAE, ADSL; the logs of adverse events, doses and drugs.", "数据集 ADAE、ADSL；不良事件、给药与用药记录。"),
        empty=None if rows else nobody if source.opened else CLOSED,
    )  # fmt: skip


def _row(source: Source, case: Case) -> Row:
    subject = f"{source.study.code}-{case.subject.id}"
    adae = source.rows("ADAE", "ITTFL").filter(
        (pl.col("USUBJID") == subject) & (pl.col("AETERM") == case.said.get("AETERM", "")) & (pl.col("AESER") == "Y")
    )
    adsl = source.patients("ITTFL").filter(pl.col("USUBJID") == subject)
    behind = tuple(
        DataRow(name, place) for name, frame in (("ADAE", adae), ("ADSL", adsl)) for place in frame[PLACE].to_list()
    )
    person = adsl.to_dicts()[0] if adsl.height else {}
    parts = [
        _who(case, person),
        *_what(case),
        _drug(case, exposure(case)),
        *_course(case),
        *_around(case),
        *_own_words(case),
    ]
    text = Text(" ".join(part.en for part in parts), "".join(part.zh for part in parts))
    return Row(label=same(case.subject.id), cells=(Cell(text=text, rows=behind),))


def _who(case: Case, person: dict[str, object]) -> Text:
    sex = {"F": Text("woman", "女性"), "M": Text("man", "男性")}.get(str(person.get("SEX")), Text("person", "患者"))
    age = person.get("AGE")
    years = (
        Text(f"A {age}-year-old {sex.en}", f"{age} 岁{sex.zh}")
        if age is not None
        else Text(f"A {sex.en} of unknown age", f"年龄未知的{sex.zh}")
    )
    arm = case.arm.name if case.arm else UNKNOWN
    return Text(f"{years.en}, arm: {arm.en}.", f"{years.zh}，{arm.zh}。")


def _what(case: Case) -> list[Text]:
    term, day = case.said.get("AETERM", ""), case.said.get("AESTDTC", "")
    index = case.subject.index_date
    since = f" (day {_day(day, index)} of the study)" if index and len(day) == 10 else ""
    since_zh = f"（研究第 {_day(day, index)} 天）" if index and len(day) == 10 else ""
    grade = case.said.get("AETOXGR")
    graded = Text(f", grade {grade}", f"，{grade} 级") if grade else Text(", grade not recorded", "，级别未记录")
    why = [reporting_clocks.SERIOUS[name] for code, name in CRITERIA.items() if case.said.get(code) == "Y"] or [UNKNOWN]
    return [
        Text(
            f"On {day or 'an unknown day'}{since}: {term or 'event not named'}{graded.en}.",
            f"{day or '日期不详'}{since_zh}：{term or '事件未命名'}{graded.zh}。",
        ),
        Text(
            f"Serious because of: {', '.join(one.en for one in why)}.",
            f"严重性依据：{'、'.join(one.zh for one in why)}。",
        ),
    ]


def _day(day: str, index: date) -> int:
    days = (date.fromisoformat(day) - index).days
    return days + 1 if days >= 0 else days


def _drug(case: Case, had: Exposure | None) -> Text:
    if case.arm is None or case.arm.regimen is None:
        return Text("No study drug is given in this arm.", "该组不使用试验药物。")
    if had is None:
        return Text("No dose of the study drug was given before it.", "事件前未使用试验药物。")
    total = f"{had.total.normalize():f}" if had.total != Decimal(0) else "0"
    return Text(f"Study drug before it: {had.doses} doses, {total} {had.unit} in all, the first on {had.first}, the last on {had.last}.",
                f"事件前试验药物：{had.doses} 剂，合计 {total} {had.unit}，首次 {had.first}，末次 {had.last}。")  # fmt: skip


def _course(case: Case) -> list[Text]:
    facts = (("AEACN", Text("action taken with the drug", "对试验药物采取的措施")),
    ("AEREL", Text("suspicion of the treating physician", "治疗医师判断的相关性")),
             ("AEEXP", Text("expected", "是否预期")), ("AEOUT", Text("outcome", "转归")))  # fmt: skip
    told = [
        (name, Text(case.told(code, "en") or UNKNOWN.en, case.told(code, "zh") or UNKNOWN.zh)) for code, name in facts
    ]
    ended = case.said.get("AEENDTC") or case.said.get("AEDTHDAT")
    end = [Text(f"Last day: {ended}.", f"结束日期：{ended}。")] if ended else []
    said = "; ".join(f"{name.en}: {value.en}" for name, value in told)
    return [
        Text(f"{said[0].upper()}{said[1:]}.", "；".join(f"{name.zh}：{value.zh}" for name, value in told) + "。"),
        *end,
    ]


def _around(case: Case) -> list[Text]:
    """What was found in the blood around the event, and what else was taken when it began."""
    tests = [(one.item.label, f"{one.value} {one.item.unit or ''}".strip(), one.day) for one in findings(case)]
    drugs = [_named(case, row["CMTRT"]) for row in other_drugs(case)]
    found = []
    if tests:
        found.append(Text("Findings within 30 days: " + "; ".join(f"{name.en} {value} ({day})" for name, value, day in tests) + ".",
                          "30 天内检查异常：" + "；".join(f"{name.zh} {value}（{day}）" for name, value, day in tests) + "。"))  # fmt: skip
    en, zh = "; ".join(one.en for one in drugs), "；".join(one.zh for one in drugs)
    return [
        *found,
        Text(f"Other drugs when it began: {en or 'none recorded'}.", f"事件发生时的合并用药：{zh or '无记录'}。"),
    ]


def _named(case: Case, drug: str) -> Text:
    """A drug in both languages, when a list of the study has it."""
    listed = (
        term
        for form in case.study.forms
        for item in form.items
        if item.codelist
        for term in item.codelist.labels.values()
    )
    return next((term for term in listed if term.en == drug), same(drug))


def _own_words(case: Case) -> list[Text]:
    words = case.said.get("AENARR", "")
    return (
        [Text(f"“{words}”", f"“{words}”")]
        if words
        else [Text("The physician wrote no account of it.", "医师未书写经过。")]
    )
