"""How the facts of the criteria are worded: the answers and questions as the forms call them, in both languages."""

import re

from trialwright.forms import (
    antibodies,
    consent,
    demographics,
    lung_function,
    medications,
    skin_history,
    ssc_classification,
)
from trialwright.protocol import Text

_FORMS = {
    form.code: form
    for form in (
        antibodies.FORM,
        consent.FORM,
        demographics.FORM,
        lung_function.FORM,
        medications.FORM,
        skin_history.FORM,
        ssc_classification.FORM,
    )
}

_REASONS = (
    (r"dose changed: (.+)", r"剂量有变化：\1"),
    (r"(\d+) days without a record", r"\1 天无记录"),
    (r"not taken in the window", r"期间未使用"),
    (r"held for (\d+) days: query", r"停用 \1 天，需质疑"),
    (r"begun, stopped or interrupted within the window", r"期间开始、停用或中断"),
    (r"(\S+) mg/d throughout", r"全程 \1 mg/d"),
    (r"pulse dose between (\S+) and (\S+) mg", r"冲击剂量 \1 至 \2 mg"),
    (r"pulse interval between (\S+) and (\S+) days", r"冲击间隔 \1 至 \2 天"),
    (r"(\d+) pulses recorded", r"仅记录 \1 次冲击"),
    (r"(\d+) pulses", r"\1 次冲击"),
    (r"none in the window", r"期间无冲击"),
    (r"up to (\S+) mg/d of prednisone", r"最高相当于泼尼松 \1 mg/d"),
    (r"at most (\S+) mg/d of prednisone", r"不超过泼尼松 \1 mg/d"),
    (r"a partial date decides", r"不完整日期影响判定"),
    (r"overlapping rows of one drug: do they add up or replace\?", r"同一药物的记录重叠：是相加还是替换？"),
    (r"no reference at age (\S+)", r"\1 岁无参考值"),
)
_GAPS = {
    "dose": Text("dose", "剂量"),
    "unit": Text("unit", "单位"),
    "still taken": Text("still taken, yet with a last day", "仍在使用却填有末次日期"),
    "first day": Text("first day", "首次日期"),
    "last day": Text("last day", "末次日期"),
    "how often": Text("how often", "频次"),
    "route": Text("route", "途径"),
}


def question(name: str) -> Text:
    """The question behind "FORM.ITEM" as its form asks it; any other name as it stands.

    >>> question("LUNG.FVC").en
    'Forced vital capacity, best acceptable blow'
    """
    form, _, item = name.partition(".")
    if form in _FORMS and _FORMS[form].asks(item):
        return _FORMS[form].item(item).label
    return Text(name, {"index date": "基准日期"}.get(name, name))


def answer(form: str, item: str, code: str) -> Text:
    """An answer as its form shows it.

    >>> answer("ANTIBODIES", "ANA", "POSITIVE").zh
    '阳性'
    """
    asked = _FORMS[form].item(item)
    return asked.codelist.labels.get(code, Text(code, code)) if asked.codelist else Text(code, code)


def reason(words: str) -> Text:
    """A reason of an instrument in both languages.

    >>> reason("2000 mg/d throughout").zh
    '全程 2000 mg/d'
    """
    for pattern, chinese in _REASONS:
        if re.fullmatch(pattern, words):
            return Text(words, re.sub(pattern, chinese, words))
    return Text(words, words)


def window(words: str) -> Text:
    """The days of a window ("2026-05-23 to 2026-11-22") in both languages."""
    return Text(words, words.replace(" to ", " 至 "))


def gap(row: str, drug: str, lacking: str) -> Text:
    """What lacks in a row of the drug log, in both languages.

    >>> gap("row 2", "PREDNISONE", "route").zh
    '第 2 行，泼尼松：途径'
    """
    name = answer("MEDICATIONS", "CMTRT", drug)
    lack = _GAPS.get(lacking, Text(lacking, lacking))
    return Text(f"{row}, {name.en}: {lack.en}", f"第 {row.removeprefix('row ')} 行，{name.zh}：{lack.zh}")


def listed(some: tuple[Text, ...], en: str = "; ", zh: str = "；") -> Text:
    """Several texts as one."""
    return Text(en.join(text.en for text in some), zh.join(text.zh for text in some))
