"""The reviewers' guide to the analysis data sets (ADRG): how they come about, which records count, and from where each parameter is."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from trialwright import adam, sdtm
from trialwright.adam import adsl, bds
from trialwright.exchange.adam_metadata import ADAMIG, CT, OCCDS
from trialwright.exchange.metadata import Table
from trialwright.exchange.results_metadata import Display
from trialwright.protocol import STRATEGIES, Text
from trialwright.report.guide import Facts, Section, conformity, grid, guide_pdf, introduction, points, prose, protocol

TITLE = Text("Analysis data reviewers' guide (ADRG)", "分析数据审阅者指南（ADRG）")
PURPOSE = Text("This guide says of the analysis data sets (ADaM) what a reviewer should know beyond define.xml: who is in which population, which record "
               "stands for which visit, what is imputed, how the data sets depend on each other, and what their examination found. All of it is "
               "read from the study definition and the package; nothing is typed.",
               "本指南说明除 define.xml 之外审阅 ADaM 数据所需信息：各分析人群、各访视所用记录、填补方法、数据集间依赖以及检查结果。"
               "全部由研究定义与数据包生成，无手工填写。")  # fmt: skip
POPULATIONS = ("ENRLFL", "ITTFL", "SAFFL", "FASFL", "RANDFL", "COMPLFL")
RULES = ("ADT", "ADY", "ABLFL", "BASE", "CHG", "PCHG", "AVISIT", "AWLO", "AWHI", "ANL01FL", "DTYPE")


def analysis_guide(facts: Facts, tables: Sequence[Table], displays: Sequence[Display]) -> bytes:
    """The guide as PDF, from the data sets that go out and the analyses that define.xml names."""
    standards = (("ADaM, ADaMIG", f"2.1, {ADAMIG}"), ("ADaM-OCCDS", OCCDS), ("Define-XML", "2.1"), ("CDISC CT, ADaM (NCI EVS)", CT),
                 ("CDISC CT, SDTM (NCI EVS)", sdtm.CT), ("SDTM, SDTMIG", f"{sdtm.SDTM}, {sdtm.SDTMIG}"))  # fmt: skip
    parts = (*introduction(facts, PURPOSE, standards), *protocol(facts), *_endpoints(facts, displays), *_considerations(facts, tables), *_making(facts, tables),
             *_sets(facts, tables), *conformity(facts), *_programs(facts, tables, displays))  # fmt: skip
    return guide_pdf(facts, TITLE, parts)


def _endpoints(facts: Facts, displays: Sequence[Display]) -> Iterator[Section]:
    say, language = facts.say, facts.language
    rows = []
    for one in facts.study.endpoints:
        place = adam.located(facts.study, one)
        kind = say("primary", "主要") if one.primary else say("secondary", "次要")
        rows.append((one.title.in_(language), kind, one.estimand or "", ".".join(place) if place else say("events, not a parameter", "事件，非参数")))
    head = [say("Endpoint", "终点"), say("Kind", "类别"), say("Estimand", "估计目标"), say("Data set and parameter", "数据集与参数")]
    yield facts.part("Endpoints", "终点", grid(head, (5, 1.2, 1.2, 3), rows))
    titles = _titles(facts)
    told: dict[str, list[str]] = {}
    for display in displays:
        named = [(titles.get(one.title, one.title), one.by.removeprefix("trialwright.")) for one in display.analyses]
        words = "; ".join(f"{title} ({by})" if by else title for title, by in named)
        told.setdefault(words, []).append(f"{display.name} ({display.analyses[0].dataset})")
    head = [say("Endpoints", "终点"), say("Analyses, with the function that does each", "分析及其函数")]
    lead = say("What define.xml names as results metadata, under the reading of the allocation that the trial runs under.",
               "define.xml 结果元数据所列的分析（按本试验采用的分组解读）。")  # fmt: skip
    table = grid(head, (3, 8), ((", ".join(names), words) for words, names in told.items()))
    yield facts.part("Planned analyses", "计划分析", prose(lead) if table else prose(say("None yet: no endpoint has a value.", "尚无：终点均无值。")), table)


def _titles(facts: Facts) -> Mapping[str, str]:
    """The titles of methods and analyses in the language of the guide, by the English ones that the metadata hold."""
    some = [one.title for one in facts.study.methods]
    some += [plan.title for one in facts.study.endpoints for plan in one.analyses if plan.title is not None]
    return {one.en: one.in_(facts.language) for one in some}


def _considerations(facts: Facts, tables: Sequence[Table]) -> Iterator[Section]:
    say = facts.say
    by = {one.name: one for one in tables}
    yield Section(title=say("Considerations of the analysis", "分析要点"))
    core = say("These variables of ADSL stand in every data set of measurements: ", "以下 ADSL 变量见于各测量类数据集：") + ", ".join(bds.FROM_ADSL)
    yield facts.part("Core variables", "核心变量", prose(core))
    arms = points(f"TRT01PN {number}: {arm.name.in_(facts.language)}" for number, arm in enumerate(facts.study.arms, start=1))
    treated = points(f"{name}: {facts.told(str(adsl.METHODS[name]))}" for name in ("TRTSDT", "TRTEDT", "TRTDURD"))
    yield facts.part("Treatment", "治疗", arms, treated)
    head = [say("Flag", "标志"), say("Rule", "规则"), say("Subjects with Y", "Y 的人数")]
    yield facts.part("Populations", "分析人群", grid(head, (1.2, 7, 1.6), _populations(facts, by)))
    rules = points(f"{name}: {facts.told(bds.METHODS[name].words)}" for name in RULES if name in bds.METHODS)
    yield facts.part("Days, baseline, visits and choice of records", "日期、基线、访视与记录选择", rules)
    head = [say("Sets", "数据集"), say("Parameters", "参数"), say("Visit: target (first to last day)", "访视：目标日（首末日）")]
    yield facts.part("Windows", "分析窗口", grid(head, (1.4, 4, 7), _windows(facts, tables)))
    yield facts.part("Imputation", "填补", points(_imputed(facts, tables)))
    head = [say("Event", "伴发事件"), say("Strategy", "策略"), say("Occurrences", "次数"), say("Subjects", "受试者")]
    events = grid(head, (6, 3, 1.4, 1.4), _events(facts, by))
    yield facts.part("Intercurrent events", "伴发事件", events or prose(say("None has occurred that this reader may see.", "未见本视图可见的伴发事件。")))


def _populations(facts: Facts, by: Mapping[str, Table]) -> Iterator[tuple[object, ...]]:
    frame = by["ADSL"].frame if "ADSL" in by else pl.DataFrame()
    for name in POPULATIONS:
        if name in frame.columns:
            yield name, facts.told(str(adsl.METHODS[name])), frame.filter(pl.col(name) == "Y").height


def _windows(facts: Facts, tables: Sequence[Table]) -> Iterator[tuple[object, ...]]:
    """Parameters that share their windows stand together."""
    names = {visit.name.en: visit.name.in_(facts.language) for visit in facts.study.visits}
    found: dict[str, dict[str, list[str]]] = {}
    for one in tables:
        if {"PARAMCD", "AVISIT", "AVISITN", "AWTARGET"} <= set(one.frame.columns):
            for (code,), rows in one.frame.filter(pl.col("AVISIT").is_not_null()).group_by("PARAMCD", maintain_order=True):
                shown = [name for name in ("AVISITN", "AVISIT", "AWTARGET", "AWLO", "AWHI") if name in rows.columns]
                kinds = rows.select(shown).unique().sort("AVISITN").iter_rows(named=True)
                words = "; ".join(f"{names.get(row['AVISIT'], row['AVISIT'])}: {row['AWTARGET']} ({_span(row.get('AWLO'), row.get('AWHI'))})" for row in kinds)
                found.setdefault(words, {}).setdefault(one.name, []).append(str(code))
    for words, sets in found.items():
        yield ", ".join(sets), ", ".join(code for codes in sets.values() for code in codes), words


def _span(low: int | None, high: int | None) -> str:
    return f"≤ {high}" if low is None else f"≥ {low}" if high is None else f"{low}–{high}"


def _imputed(facts: Facts, tables: Sequence[Table]) -> Iterator[str]:
    say, some = facts.say, False
    for one in tables:
        for name in one.frame.columns:
            count = one.frame.height - one.frame[name].null_count()
            if count and (name == "DTYPE" or name.endswith("DTF")):
                some = True
                yield say(f"{one.name}.{name}: {count} of {one.frame.height} records.", f"{one.name}.{name}：{one.frame.height} 条中 {count} 条。")
    if not some:
        yield say("No date and no value of these data sets is imputed.", "各数据集中无填补的日期或数值。")
    yield say("Multiple imputation, where an analysis asks for it, is done by the analysis and leaves no records here.",
              "多重填补由分析函数完成，不在此留下记录。")  # fmt: skip
    yield say("Unscheduled assessments are analyzed by their study day, as all others are.", "计划外评估与其他记录一样按研究日分析。")


def _events(facts: Facts, by: Mapping[str, Table]) -> Iterator[tuple[object, ...]]:
    chinese = facts.language.startswith("zh")
    names = {event.code: event.event.in_(facts.language) for estimand in facts.study.estimands for event in estimand.events}
    if "ADICE" in by:
        for (code, strategy), rows in by["ADICE"].frame.group_by("ICEDECOD", "ICESTRAT", maintain_order=True):
            done = STRATEGIES[str(strategy)].zh if chinese else str(strategy)
            yield f"{code}: {names.get(str(code), '')}", done, rows.height, rows["USUBJID"].n_unique()


def _making(facts: Facts, tables: Sequence[Table]) -> Iterator[Section]:
    say = facts.say
    yield Section(title=say("How the data sets are made", "数据集的生成"))
    lead = say("One program derives all of them from the tabulation in one run, ADSL with the populations first, then measurements, then what rests on these. "
               "There are no intermediate files, and none is split. SRCDOM, SRCVAR and SRCSEQ name the record behind each row; trace/adam/ repeats every row.",
               "所有数据集由同一程序一次性从 SDTM 派生：先 ADSL 与人群，再测量类，再依赖它们者。无中间文件，未拆分。"
               "SRCDOM、SRCVAR、SRCSEQ 指明来源记录；trace/adam/ 重复每一行。")  # fmt: skip
    rows = [(one.name, ", ".join(_from(one))) for one in tables]
    yield facts.part("Where they come from", "来源", prose(lead), grid((say("Set", "数据集"), say("Records of", "来源数据集")), (1, 6), rows))


def _from(one: Table) -> list[str]:
    """The data sets from which records or variables come."""
    named = set(one.frame["SRCDOM"].drop_nulls()) if "SRCDOM" in one.frame.columns else set()
    copied = {column.origin.from_.partition(".")[0] for column in one.columns if column.origin and column.origin.from_}
    return sorted(named | {name for name in copied if name in adam.SPECS or name in sdtm.SPECS})


def _sets(facts: Facts, tables: Sequence[Table]) -> Iterator[Section]:
    say = facts.say
    yield Section(title=say("The data sets", "数据集"))
    head = [say("Set", "数据集"), say("Label", "标签"), say("Class", "类别"), say("One record for each", "记录单位"), say("Records", "记录"),
            say("Subjects", "受试者")]  # fmt: skip
    told = ((one.name, one.label, facts.told(one.domain.klass.capitalize()),
             facts.told(one.domain.structure.removeprefix("One record per ").replace(" per ", ", ")), one.frame.height,
             one.frame["USUBJID"].n_unique()) for one in tables)  # fmt: skip
    yield facts.part("Overview", "概况", grid(head, (1.3, 3.4, 2.6, 4, 1.2, 1.4), told))
    head = [say("Set", "数据集"), "PARAMCD", "PARAM", say("Records", "记录"), say("Copied from, or derived by", "复制自或派生规则")]
    yield facts.part("Parameters", "参数", grid(head, (1.3, 1.6, 3.6, 1.1, 6), ((*one[:4], facts.told(str(one[4]))) for one in _parameters(tables))))


def _parameters(tables: Sequence[Table]) -> Iterator[tuple[object, ...]]:
    for one in tables:
        if "PARAMCD" not in one.frame.columns:
            continue
        told = {value.where[0].values[0]: value.column for value in reversed(one.values) if value.where}
        for (code, words), rows in one.frame.group_by("PARAMCD", "PARAM", maintain_order=True):
            column = told.get(str(code))
            source = "" if column is None else column.method.words if column.method else column.origin.from_ if column.origin else ""
            yield one.name, str(code), str(words), rows.height, source


def _programs(facts: Facts, tables: Sequence[Table], displays: Sequence[Display]) -> Iterator[Section]:
    say = facts.say
    used = {column.method.by for one in tables for column in (*one.columns, *(value.column for value in one.values)) if column.method and column.method.by}
    used |= {one.by for display in displays for one in display.analyses if one.by}
    lead = say("The functions below derived these data sets or analyze them; the source of the program is open. “trialwright archive” keeps the record, the "
               "study definition and the versions of all libraries; “trialwright rebuild” makes this package again from it, byte for byte.",
               "以下函数派生或分析这些数据集；程序源代码公开。“trialwright archive”保存记录、研究定义与所有库版本；"
               "“trialwright rebuild”可据此逐字节重建本数据包。")  # fmt: skip
    yield facts.part("Programs", "程序", prose(lead), points(sorted(used)), level=1)
