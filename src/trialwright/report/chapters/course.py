"""Sections 10 to 12 of ICH E3 in words: what became of the patients, how far they kept to the plan, what they had and what happened to them."""

from collections.abc import Sequence

import polars as pl

from trialwright.eligibility.deviations import KINDS, Deviation
from trialwright.protocol import Text
from trialwright.report.document import Prose
from trialwright.report.flow import Flow
from trialwright.report.numerals import counted
from trialwright.report.source import ARM, Source

CLOSED = Text("Doses, adverse events and immunoglobulins tell the arm. Nothing is said of them until the arms are open to this reader.",
              "给药、不良事件与免疫球蛋白会透露分组，揭盲前不予说明。")  # fmt: skip


def disposition(source: Source, flow: Flow) -> Prose:
    """Section 10.1: the way of the patients in a few sentences."""
    if not flow.screened.count():
        return Prose(text=Text("Nobody has been screened yet.", "尚无人接受筛选。"))
    arms = [(arm.name, flow.enrolled.count(arm.code)) for arm in source.study.arms] if source.released else []
    split = (
        Text("; ".join(f"{name.en} {n}" for name, n in arms), "；".join(f"{name.zh} {n} 例" for name, n in arms))
        if arms
        else None
    )
    return Prose(text=Text(
        f"{flow.screened.count()} people were screened, {flow.not_enrolled.count()} of them were not enrolled, {flow.enrolled.count()} "
        f"were{f' ({split.en})' if split else ''}. "
        f"{flow.treatment_completed.count()} completed the treatment period and {flow.treatment_ended.count()} ended it early; "
        f"{flow.study_completed.count()} completed the study and "
        f"{flow.study_ended.count()} left it early. {flow.with_value.count()} have a value at the visit of the primary endpoint (Figure 14.1.1, "
        f"Table 14.1.1, Listing 16.2.1).",
        f"筛选 {flow.screened.count()} 例，未入组 {flow.not_enrolled.count()} 例，入组 {flow.enrolled.count()} 例{f'（{split.zh}）' if split else ''}。"
        f"{flow.treatment_completed.count()} 例完成治疗期，{flow.treatment_ended.count()} 例提前结束；{flow.study_completed.count()} 例完成研究，"
        f"{flow.study_ended.count()} 例提前退出。"
        f"{flow.with_value.count()} 例在主要终点访视有数值（图 14.1.1、表 14.1.1、列表 16.2.1）。",
    ))  # fmt: skip


def departures(found: Sequence[Deviation]) -> Prose:
    """Section 10.2: how many departures of which kind."""
    kinds = {
        kind: len({one.subject for one in found if one.kind == kind})
        for kind in KINDS
        if any(one.kind == kind for one in found)
    }
    if not kinds:
        return Prose(
            text=Text(
                "No departure from the plan was found in what this reader may see.",
                "在本视图可见范围内未发现方案偏离。",
            )
        )
    en = ", ".join(f"{KINDS[kind].en} in {counted(people, 'patient')}" for kind, people in kinds.items())
    zh = "，".join(f"{KINDS[kind].zh} {people} 例" for kind, people in kinds.items())
    return Prose(text=Text(f"Departures from the plan were found by comparing the record with the study definition: {en} (Table 14.1.4, Listing 16.2.2).",
                           f"通过比对记录与研究定义发现以下方案偏离：{zh}（表 14.1.4、列表 16.2.2）。"))  # fmt: skip


def exposure(source: Source) -> Prose:
    """Section 12.1: who had how much of the study drug."""
    if not source.opened:
        return Prose(text=CLOSED)
    given = source.rows("EC", "SAFFL").filter(pl.col("ECOCCUR") == "Y")
    people = given["USUBJID"].n_unique()
    return Prose(text=Text(
        f"{counted(people, 'patient')} had {counted(given.height, 'dose')} of the study drug (Table 14.3.5, Listing 16.2.5).",
        f"{people} 例共用试验药物 {given.height} 剂（表 14.3.5、列表 16.2.5）。",
    ))  # fmt: skip


def events(source: Source) -> Prose:
    """Section 12.2: how many patients had adverse events, serious ones and deaths."""
    if not source.opened:
        return Prose(text=CLOSED)
    found = source.rows("ADAE", "SAFFL").filter(pl.col("TRTEMFL") == "Y")
    serious = source.rows("ADAE", "ITTFL").filter(pl.col("AESER") == "Y")
    dead = source.patients("ITTFL").filter(pl.col("DTHFL").fill_null("N") == "Y").height
    parts = [(arm.name, found.filter(pl.col(ARM) == arm.code)["USUBJID"].n_unique()) for arm in source.study.arms]
    split = Text(", ".join(f"{name.en} {n}" for name, n in parts), "，".join(f"{name.zh} {n} 例" for name, n in parts))
    people, grave = found["USUBJID"].n_unique(), serious["USUBJID"].n_unique()
    return Prose(text=Text(
        f"{counted(people, 'patient')} had {counted(found.height, 'adverse event')} that began or worsened after the start of treatment ({split.en}). "
        f"{counted(grave, 'patient')} had {counted(serious.height, 'serious event')}; {counted(dead, 'patient')} died. So few patients cannot exclude a harm "
        "that is not rare (Tables 14.3.1.1 and 14.3.1.2, 14.3.2, narratives in Table 14.3.3, Listing 16.2.7).",
        f"{people} 例发生治疗后出现或加重的不良事件 {found.height} 件（{split.zh}）。{grave} 例发生严重不良事件 {serious.height} 件；死亡 {dead} 例。"
        "样本过少，不能排除并不罕见的危害（表 14.3.1.1、表 14.3.1.2、表 14.3.2，叙述见表 14.3.3，列表 16.2.7）。",
    ))  # fmt: skip


def compliance(source: Source) -> Prose:
    """Section 11.3: where the doses and drugs stand."""
    if not source.opened:
        return Prose(text=CLOSED)
    missed = source.rows("EC", "SAFFL").filter(pl.col("ECOCCUR") == "N").height
    return Prose(text=Text(f"{counted(missed, 'planned dose')} recorded as missed; what was given of what was planned stands in Table 14.3.5.",
                           f"记录漏用 {missed} 剂；已给与计划剂次见表 14.3.5。"))  # fmt: skip
