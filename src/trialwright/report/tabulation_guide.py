"""The reviewers' guide to the tabulation (cSDRG): what is there, what the sponsor defined, what is missing and why, and what was found."""

import re
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from trialwright import sdtm
from trialwright.exchange.metadata import Table
from trialwright.protocol import Text
from trialwright.report.guide import (
    Block,
    Facts,
    Section,
    conformity,
    grid,
    guide_pdf,
    introduction,
    points,
    prose,
    protocol,
)

TITLE = Text("Clinical study data reviewers' guide (cSDRG)", "临床研究数据审阅者指南（cSDRG）")
PURPOSE = Text("This guide says of the tabulation (SDTM) what a reviewer should know beyond define.xml: what it holds, what is of the sponsor's making, what "
               "is derived, what is missing and why, and what its examination found. All of it is read from the study definition and the package; "
               "nothing is typed.",
               "本指南说明除 define.xml 之外审阅 SDTM 数据所需信息：内容、申办者自定义项、派生项、缺失及原因、检查结果。"
               "全部由研究定义与数据包生成，无手工填写。")  # fmt: skip
MARK = "[not submitted]"
_NUMBERED = re.compile(r"\d+$")


def tabulation_guide(facts: Facts, tables: Sequence[Table], analyzed: Mapping[str, pl.DataFrame]) -> bytes:
    """The guide as PDF, from the data sets that go out and the analysis data sets that they feed."""
    standards = (("SDTM, SDTMIG", f"{sdtm.SDTM}, {sdtm.SDTMIG}"), ("Define-XML", "2.1"), ("CDISC CT, SDTM (NCI EVS)", sdtm.CT))
    return guide_pdf(facts, TITLE, (*introduction(facts, PURPOSE, standards), *protocol(facts), *_data(facts, tables, analyzed), *_sponsors(facts, tables),
                                    *_absent(facts, tables), *conformity(facts), _criteria(facts)))  # fmt: skip


def _data(facts: Facts, tables: Sequence[Table], analyzed: Mapping[str, pl.DataFrame]) -> Iterator[Section]:
    say = facts.say
    yield Section(title=say("The data", "数据"))
    yield facts.part("Overview", "概况", *_overview(facts, tables))
    fed: dict[str, list[str]] = {}
    for name, frame in analyzed.items():
        for domain in frame["SRCDOM"].drop_nulls().unique().sort() if "SRCDOM" in frame.columns else ():
            fed.setdefault(domain, []).append(name)
    rows = ((one.name, one.label, one.domain.klass, one.frame.height, _people(one), ", ".join(fed.get(one.name, ()))) for one in tables)
    head = (say("Set", "数据集"), say("Label", "标签"), say("Class", "类别"), say("Records", "记录"), say("Subjects", "受试者"), say("Feeds", "用于分析集"))
    yield facts.part("Data sets", "数据集", grid(head, (1.4, 4, 2.2, 1.2, 1.4, 3), rows))
    derived = grid((say("Set", "数据集"), say("Test", "检测"), say("Records", "记录"), say("Rule", "规则")), (1, 4, 1.2, 7),
                   ((*one[:3], facts.told(str(one[3]))) for one in _derived(tables)))  # fmt: skip
    lead = say("These results were computed while the tabulation was built and bear the flag --DRVFL; each names the record from which it comes in trace/.",
               "以下结果在生成 SDTM 时计算，带 --DRVFL 标志；trace/ 中可追溯来源记录。")  # fmt: skip
    yield facts.part("Results that are derived", "派生结果", prose(lead) if derived else prose(say("There are none.", "无。")), derived)


def _people(one: Table) -> int | str:
    return one.frame["USUBJID"].n_unique() if "USUBJID" in one.frame.columns and one.domain.code != "RELREC" else "-"


def _overview(facts: Facts, tables: Sequence[Table]) -> Iterator[Block]:
    say, by = facts.say, {one.name: one.frame for one in tables}
    people = by.get("DM", pl.DataFrame(schema={"RFSTDTC": pl.String, "ARMNRS": pl.String}))
    enrolled = people.height - people["RFSTDTC"].null_count()
    failed = people.filter(pl.col("ARMNRS") == "SCREEN FAILURE").height if "ARMNRS" in people.columns else 0
    locked = facts.book.locked is not None
    largest = max(tables, key=lambda one: one.frame.height, default=None)
    yield points((
        say(f"{people.height} subjects signed consent and are in DM; {enrolled} were enrolled, {failed} failed at screening.",
            f"{people.height} 人签署知情同意并列入 DM；入组 {enrolled} 人，筛选失败 {failed} 人。"),
        say("The data are locked.", "数据已锁定。") if locked else say("The data are not locked: the trial goes on, and this is its state on the day above.",
                                                                      "数据尚未锁定：试验仍在进行，此为上述日期的状态。"),
        say("The analysis data sets of this package were derived from this tabulation and from nothing else.", "本数据包的分析数据集仅由本 SDTM 派生。"),
        *([say(f"No data set is split; the largest is {largest.name} with {largest.frame.height:,} records.",
               f"数据集均未拆分；最大者为 {largest.name}，{largest.frame.height:,} 条记录。")] if largest else []),
        say("No unit is converted: standard results are in the unit in which they were collected.", "未作单位换算：标准结果单位即采集单位。"),
        say("Every record can be followed to the entries of the audit trail behind it: trace/sdtm/ gives their names in the column _REFS.",
            "每条记录均可追溯至稽查轨迹：trace/sdtm/ 的 _REFS 列给出条目名称。"),
    ))  # fmt: skip


def _derived(tables: Sequence[Table]) -> Iterator[tuple[object, ...]]:
    """Tests of one instrument stand together: what its rule says after the name of the test is the same."""
    for one in tables:
        flag, code, name = f"{one.name}DRVFL", f"{one.name}TESTCD", f"{one.name}TEST"
        alike: dict[str, list[tuple[str, int]]] = {}
        if flag in one.frame.columns and code in one.frame.columns:
            for (test, words), rows in one.frame.filter(pl.col(flag) == "Y").group_by(code, name, maintain_order=True):
                method = one.domain.tests.get(str(test)) or one.domain.methods.get(f"{one.name}ORRES")
                rule = (method.words if method else "").removeprefix(f"{words}, ")
                alike.setdefault(rule, []).append((f"{test} {words}", rows.height))
        for rule, tests in alike.items():
            yield one.name, "; ".join(test for test, _ in tests), sum(many for _, many in tests), rule[:1].upper() + rule[1:]


def _sponsors(facts: Facts, tables: Sequence[Table]) -> Iterator[Section]:
    """What no standard gave: tests, terms, supplements, variables of the model, scores not read in their source."""
    say = facts.say
    records = say("Records", "记录")
    yield Section(title=say("What is of the sponsor's making", "申办者自定义内容"))
    tests = grid((say("Set", "数据集"), "--TESTCD", "--TEST", records), (1, 3.4, 6, 1), _tests(tables))
    yield facts.part("Tests", "检测", prose(say("The terminology has no code for these tests.", "术语中无以下检测的代码。")), tests)
    terms = grid((say("Variable", "变量"), say("Code list", "代码表"), say("Terms added", "新增术语")), (2, 4, 7), _terms(tables))
    lead = say("Terms added to lists that may be extended; define.xml marks them with def:ExtendedValue.",
               "在可扩展代码表中新增的术语；define.xml 以 def:ExtendedValue 标注。")  # fmt: skip
    yield facts.part("Terms", "术语", prose(lead), terms)
    supplements = grid((say("Set", "数据集"), "QNAM", "QLABEL", records), (1.5, 2, 6, 1), _supplements(tables))
    yield facts.part("Supplemental qualifiers", "补充限定词", supplements or prose(say("There are none.", "无。")))
    more = [f"{one.name}.{name}" for one in tables for name in _of_the_model(one)]
    said = say("Variables of the model that the guide does not list for their data set: ", "以下变量属于模型但实施指南未列于该数据集：")
    yield facts.part("Variables beyond the guide", "指南以外的变量", prose(said + ", ".join(more)) if more else prose(say("There are none.", "无。")))
    unread = [f"{one.name.in_(facts.language)} ({one.version})" for one in facts.study.instruments if not one.verified]
    if unread:
        told = say("The scoring of these instruments has constants that were not read in their source:", "以下量表的评分常数尚未在原文核实：")
        yield facts.part("Scores not verified", "未核实的评分", prose(told), points(unread))


def _tests(tables: Sequence[Table]) -> Iterator[tuple[object, ...]]:
    """Numbered items of one questionnaire stand in one line; the criteria of a study are always its own."""
    for one in tables:
        code, name = f"{one.name}TESTCD", f"{one.name}TEST"
        if code not in one.frame.columns or one.name == "IE":
            continue
        found: dict[str, list[tuple[str, str, int]]] = {}
        for (test, words), rows in one.frame.group_by(code, name, maintain_order=True):
            if sdtm.name_of_test(one.name, str(test)) is None:
                found.setdefault(_NUMBERED.sub("", str(test)), []).append((str(test), str(words), rows.height))
        for alike in found.values():
            first, last = min(alike), max(alike)
            several = len(alike) > 2
            shown = ((f"{first[0]} – {last[0]} ({len(alike)})", f"{first[1]} – {last[1]}", sum(many for *_, many in alike)),) if several else alike
            yield from ((one.name, *row) for row in shown)


def _terms(tables: Sequence[Table]) -> Iterator[tuple[object, ...]]:
    for one in tables:
        for column in one.columns:
            added = [term.value for term in column.codes.terms if term.extended] if column.codes and column.codes.concept else []
            if added and column.codes and not column.name.endswith(("TESTCD", "TEST")):
                yield f"{one.name}.{column.name}", column.codes.name, ", ".join(added)


def _supplements(tables: Sequence[Table]) -> Iterator[tuple[object, ...]]:
    for one in tables:
        if one.name.startswith("SUPP"):
            for (name, label), rows in one.frame.group_by("QNAM", "QLABEL", maintain_order=True):
                yield one.name, str(name), str(label), rows.height


def _of_the_model(one: Table) -> list[str]:
    known = {variable.name for variable in sdtm.listed(one.name)}
    return [column.name for column in one.columns if known and column.name not in known]


def _absent(facts: Facts, tables: Sequence[Table]) -> Iterator[Section]:
    """What a reviewer may look for and not find."""
    say = facts.say
    yield Section(title=say("What is missing, and why", "缺失内容及原因"))
    empty = [f"{one.name}.{column.name}" for one in tables for column in one.columns if one.domain.variable(column.name).core in ("Req", "Exp")
             and one.frame[column.name].null_count() == one.frame.height]  # fmt: skip
    without = sorted({code for code in (*sdtm.SPECS, *sdtm.DESIGN_SPECS)} - {one.name for one in tables})
    yield facts.part("Data sets and variables", "数据集与变量", points((
        *([say("Without a record, and so not written: ", "无记录故未生成：") + ", ".join(without)] if without else []),
        *([say("Expected by the guide and empty, because the study does not ask for them or nobody had a value: ",
               "指南预期而为空（研究未收集或均无值）：") + ", ".join(empty)] if empty else []),
        say("Permissible variables without a value are left out.", "无值的可选变量不列出。"),
    )))  # fmt: skip
    undone = grid((say("Set", "数据集"), say("Reason", "原因"), say("Records", "记录")), (1, 8, 1),
                  ((name, facts.told(why), many) for name, why, many in _undone(tables)))  # fmt: skip
    yield facts.part("Not done", "未完成", undone or prose(say("Everything that was planned was done.", "计划内容均已完成。")))
    partly = grid((say("Variable", "变量"), say("Partly known dates", "部分已知日期")), (2, 6), _partial(tables))
    yield facts.part("Dates known in part", "部分已知日期", partly or prose(say("There are none.", "无。")))
    kept = grid((say("Form", "表单"), say("Items", "条目"), say("Why", "原因")), (2, 4, 6), _unsubmitted(facts))
    yield facts.part("Asked and not submitted", "已收集而不提交", kept or prose(say("There is nothing.", "无。")))
    deviations = grid((say("Deviation", "方案偏离"), say("Records", "记录"), say("Subjects", "受试者")), (7, 1, 1),
                      ((facts.told(code), many, people) for code, many, people in _deviations(tables)))  # fmt: skip
    yield facts.part("Protocol deviations", "方案偏离", deviations or prose(say("None is recorded.", "无记录。")))


def _undone(tables: Sequence[Table]) -> Iterator[tuple[str, str, int]]:
    for one in tables:
        status, reason = f"{one.name}STAT", f"{one.name}REASND"
        if {status, reason} <= set(one.frame.columns):
            for (why,), rows in one.frame.filter(pl.col(status) == "NOT DONE").group_by(reason, maintain_order=True):
                yield one.name, str(why or ""), rows.height
        if one.name == "SV" and "SVOCCUR" in one.frame.columns:
            own = pl.col("SVREASOC") if "SVREASOC" in one.frame.columns else pl.lit("")
            for (why,), rows in one.frame.filter(pl.col("SVOCCUR") == "N").group_by(own, maintain_order=True):
                yield one.name, str(why or ""), rows.height


def _partial(tables: Sequence[Table]) -> Iterator[tuple[object, ...]]:
    for one in tables:
        for name in one.frame.columns:
            if name.endswith("DTC") and name not in ("RFICDTC",):
                short = one.frame[name].str.len_chars() < 10
                if short.any():
                    yield f"{one.name}.{name}", int(short.sum())


def _unsubmitted(facts: Facts) -> Iterator[tuple[object, ...]]:
    for form in facts.study.forms:
        why: dict[str, list[str]] = {}
        for item in form.items:
            if item.sdtm is None or item.sdtm.startswith(MARK):
                why.setdefault((item.sdtm or "").removeprefix(MARK).strip(), []).append(item.code)
        for reason, codes in why.items():
            yield form.code, ", ".join(codes), facts.told(reason) or facts.say("not annotated", "未注释")


def _deviations(tables: Sequence[Table]) -> Iterator[tuple[str, int, int]]:
    for one in tables:
        if one.name == "DV":
            for (code,), rows in one.frame.group_by("DVDECOD", maintain_order=True):
                yield str(code or ""), rows.height, rows["USUBJID"].n_unique()


def _criteria(facts: Facts) -> Section:
    say, language = facts.say, facts.language
    told = ((one.code, say("inclusion", "入选") if one.inclusion else say("exclusion", "排除"), one.text.in_(language), one.version,
             one.note.in_(language) if one.note else "") for one in facts.study.criteria)  # fmt: skip
    head = (say("Code", "代码"), say("Kind", "类别"), say("Criterion", "标准"), say("Rule", "规则版本"), say("Note", "说明"))
    return facts.part("Appendix: inclusion and exclusion criteria", "附录：入选与排除标准", grid(head, (1, 1.4, 5, 2.4, 5), told), level=1)
