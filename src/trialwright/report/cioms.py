"""The case report of a serious event on paper, in the order of the CIOMS I form, with what it still lacks."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from trialwright.exchange.e2b.case import completed_years
from trialwright.exchange.e2b.document import report
from trialwright.exchange.serious_events import Case, exposure, findings, latest, other_drugs
from trialwright.protocol import Text
from trialwright.report.render.pdf import pdf

TEMPLATE = Path(__file__).parent / "render" / "cioms.typ"

WORDS = {
    "title": Text("Suspect adverse reaction report", "可疑不良反应报告表"),
    "style": Text("in the order of the CIOMS I form", "按 CIOMS I 表顺序"),
    "reaction": Text("I. Reaction", "一、不良反应信息"),
    "drug": Text("II. Suspect drug", "二、可疑药品信息"),
    "others": Text("III. Other drugs and history", "三、合并用药及病史"),
    "sender": Text("IV. Sender", "四、报告单位信息"),
    "lacks": Text("Still lacking", "尚缺内容"),
    "lacks-none": Text("Nothing is lacking.", "内容齐全。"),
    "unblinds": Text("This report tells the treatment. Not for anybody who is blind.", "本报告会透露治疗分组，盲态人员不得阅读。"),
    "page": Text("page", "页"),
    "not-known": Text("not known", "未知"),
    "masked": Text("masked; subject {code}", "隐去；受试者编号 {code}"),
    "serious": Text("8–12 Serious because", "8–12 严重性标准"),
    "described": Text("7 + 13 Reaction with relevant tests", "7 + 13 事件经过及相关检查"),
    "tests": Text("Findings outside the laboratory's interval", "超出参考区间的检查结果"),
    "drugs": Text("22 Other drugs taken when it began", "22 事件发生时的合并用药"),
    "doses": Text("{count} doses, {total} {unit} in all until the event", "事件前共 {count} 剂，合计 {total} {unit}"),
    "years": Text("{count} years", "{count} 岁"),
    "none": Text("none recorded", "无记录"),
}

LABELS = {
    "1": Text("1 Patient", "1 患者"),
    "1a": Text("1a Country", "1a 国家"),
    "2a": Text("2a Age at onset", "2a 发病年龄"),
    "3": Text("3 Sex", "3 性别"),
    "4": Text("4–6 First day", "4–6 开始日期"),
    "6": Text("Last day", "结束日期"),
    "7": Text("7 Reaction", "7 不良反应"),
    "7a": Text("Dictionary code", "词典编码"),
    "7b": Text("Grade (CTCAE 5.0)", "分级（CTCAE 5.0）"),
    "12a": Text("Hospital", "住院"),
    "12b": Text("Outcome", "转归"),
    "12c": Text("Died on", "死亡日期"),
    "14": Text("14 Suspect drug", "14 可疑药品"),
    "15": Text("15 Dose and total", "15 剂量与总量"),
    "16": Text("Related to the drug", "与药品关系"),
    "17": Text("17 Study", "17 研究"),
    "18": Text("18 First and last dose before it", "18 首次及末次给药"),
    "19": Text("Action taken", "采取措施"),
    "20": Text("20 After stopping or reducing", "20 停药或减量后"),
    "21": Text("21 After giving again", "21 再次用药后"),
    "24a": Text("24a Sponsor", "24a 申办者"),
    "24b": Text("24b Report number", "24b 报告编号"),
    "24c": Text("24c Sponsor first aware", "24c 申办者获知日期"),
    "24d": Text("24d Source", "24d 来源"),
    "25a": Text("25a Expected", "25a 是否预期"),
    "26": Text("Date of this report", "报告日期"),
}
STUDY_SOURCE = Text("study; told by: {who}", "研究；报告人：{who}")


def cioms(case: Case, at: datetime, language: str) -> bytes:
    """The report as PDF in "en" or "zh"; the same case at the same moment gives the same bytes."""
    words = {name: text.in_(language) for name, text in WORDS.items()}
    return pdf(TEMPLATE.read_text(encoding="utf-8"), facts(case, at, language) | {"w": words}, f"{case.code} {words['title']}", language, at=at)


def facts(case: Case, at: datetime, language: str) -> dict[str, Any]:
    """What stands on the form, box by box; a box without an answer says that it is not known."""
    unknown = WORDS["not-known"].in_(language)

    def boxes(found: dict[str, str]) -> list[list[str]]:
        return [[LABELS[number].in_(language), value or unknown] for number, value in found.items()]

    serious = [_label(case, name, language) for name in ("AESDTH", "AESLIFE", "AESHOSP", "AESDISAB", "AESCONG", "AESMIE") if case.said.get(name) == "Y"]
    tested = [f"{one.day}  {one.item.label.in_(language)}  {one.value} {one.item.unit or ''}" for one in findings(case)]
    taken = [_drug(row) for row in other_drugs(case)]
    return {
        "code": case.code, "study": f"{case.study.code} · {case.study.title.in_(language)}", "patient": boxes(_patient(case, language)),
        "drug": boxes(_suspect(case, language)), "sender": boxes(_sender(case, at, language)), "serious": serious or [unknown],
        "narrative": case.said.get("AENARR", "") or unknown, "tests": tested, "drugs": taken or [WORDS["none"].in_(language)],
        "lacks": [f"{one.number} {one.what.in_(language)}" for one in report(case, at).lacks],
    }  # fmt: skip


def _label(case: Case, variable: str, language: str) -> str:
    item = case.item(variable)
    return item.label.in_(language) if item else variable


def _patient(case: Case, language: str) -> dict[str, str]:
    age = completed_years(latest(case, "DM", "BRTHDTC"), case.said.get("AESTDTC", ""))
    sex = latest(case, "DM", "SEX")
    shown = {"F": Text("female", "女"), "M": Text("male", "男")}
    coded = f"{case.coded.dictionary} {case.coded.version}: {case.coded.code} {case.coded.term}" if case.coded else ""
    found = {
        "1": WORDS["masked"].in_(language).format(code=case.subject.id), "1a": "", "2a": WORDS["years"].in_(language).format(count=age) if age else "",
        "3": shown[sex].in_(language) if sex in shown else "", "4": case.said.get("AESTDTC", ""), "6": case.said.get("AEENDTC", ""),
        "7": case.said.get("AETERM", ""), "7a": coded, "7b": case.said.get("AETOXGR", ""), "12b": case.told("AEOUT", language),
    }  # fmt: skip
    if case.said.get("AESHOSP") == "Y":
        found["12a"] = " – ".join(case.said.get(name, "…") for name in ("AEHOSPI", "AEHOSPO"))
    return found | ({"12c": case.said.get("AEDTHDAT", "")} if case.said.get("AESDTH") == "Y" else {})


def _suspect(case: Case, language: str) -> dict[str, str]:
    had, arm = exposure(case), case.arm
    drug = arm.name.in_(language) if arm and arm.regimen else ""
    dosed = WORDS["doses"].in_(language).format(count=had.doses, total=had.total, unit=had.unit) if had else ""
    return {
        "14": drug, "15": dosed, "18": f"{had.first} – {had.last}" if had else "", "17": f"{case.study.registry} ({case.study.phase})",
        "16": case.told("AEREL", language), "19": case.told("AEACN", language), "20": case.told("AEDECHAL", language), "21": case.told("AERECHAL", language),
    }  # fmt: skip


def _sender(case: Case, at: datetime, language: str) -> dict[str, str]:
    day = at.astimezone(ZoneInfo(case.study.time_zone)).date().isoformat()
    who = case.told("AEREPQ", language) or WORDS["not-known"].in_(language)
    return {
        "24a": case.study.sponsor, "24b": case.code, "24c": case.said.get("AEAWARE", ""), "24d": STUDY_SOURCE.in_(language).format(who=who),
        "25a": case.told("AEEXP", language), "26": day,
    }  # fmt: skip


def _drug(row: Any) -> str:
    dosed = " ".join(row[name] for name in ("CMDOSE", "CMDOSU", "CMDOSFRQ", "CMROUTE") if row.get(name))
    return f"{row['CMTRT']}  {dosed}  {row.get('CMSTDTC', '…')} – {row.get('CMENDTC', '…')}"
