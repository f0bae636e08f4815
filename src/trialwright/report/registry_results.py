"""The results of a study for ClinicalTrials.gov (PRS upload): flow, baseline, outcomes with their analyses, adverse events, from the numbers of the report."""

from collections.abc import Iterator
from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from lxml import etree
from lxml.builder import E, ElementMaker

from trialwright.adam import located
from trialwright.exchange.ctgov_protocol import PRS, Missing, document, id_info, protocol_record, time_frame, to_fill_in
from trialwright.protocol import Endpoint, Method, Study, Text
from trialwright.record import Casebook
from trialwright.report.numerals import MINUS, decimal, p_value
from trialwright.report.registry_events import reported_events
from trialwright.report.results import POOLED, Analysis, Results
from trialwright.report.source import Group, Source, members

if TYPE_CHECKING:
    from trialwright.report.writing import Composed
from trialwright.statistics import describe

RRS = "http://clinicaltrials.gov/rrs"
R = ElementMaker(namespace=RRS, nsmap={"rrs": RRS})
P = ElementMaker(namespace=PRS, nsmap={"prs": PRS})
REASONS = {"ADVERSE EVENT": "Adverse Event", "DEATH": "Death", "LACK OF EFFICACY": "Lack of Efficacy", "LOST TO FOLLOW-UP": "Lost to Follow-up",
           "PHYSICIAN DECISION": "Physician Decision", "PREGNANCY": "Pregnancy", "PROTOCOL DEVIATION": "Protocol Violation",
           "WITHDRAWAL BY SUBJECT": "Withdrawal by Subject"}  # fmt: skip
METHODS = (("ANCOVA", "ANCOVA"), ("RESPONDER", "Other"))
"""The analyses that go out beside an outcome, and the words of PRS for their methods."""
ALWAYS = (
    Missing("result/pointOfContact", Text("who answers questions about the results: title, organization, phone, e-mail", "结果联系人：职务、单位、电话、邮箱")),
    Missing("result/certainAgreement", Text("whether an agreement restricts what investigators may publish", "是否有协议限制研究者发表结果")),
    Missing("result/baseline", Text("region of enrollment; race and ethnicity, or that they were not collected", "入组地区；种族与民族，或说明未收集")),
    Missing("result/participantFlow/recruitmentDetails", Text("where and when patients were recruited, if you wish", "招募地点与时间（如需）")),
    Missing("pick lists", Text("the words of PRS for types of measures, methods and reasons stand here as its data entry shows them; PRS may have changed them",
                               "测量类型、方法与原因采用 PRS 录入界面用语，PRS 可能已更改")),
)  # fmt: skip


def results_record(source: Source, results: Results) -> tuple[bytes, tuple[Missing, ...]] | None:
    """The results as a partial upload, and what is missing in it. None until the true arms are open to this reader: results are told by arm."""
    if not source.opened:
        return None
    study = source.study
    events, missing = reported_events(source)
    measures = E.outcomeMeasures(*(_outcome(source, results, one, place) for place, one in enumerate(study.endpoints, start=1) if _measured(results, one)))
    told = R.result(_baseline(source, results), E.limitationsAndCaveats(E.description(_limits(source))), measures, _flow(source), events)
    record = E.clinical_study(id_info(study), told, partial_upload="true")
    return document(P.study_collection(record)), (*ALWAYS, *missing)


def _limits(source: Source) -> str:
    study, told = source.study, source.study.chosen
    rehearsal = "REHEARSAL: every patient is virtual. Never upload this. " if source.virtual else ""
    return f"{rehearsal}{study.planned} patients planned: preliminary, no proof. The groups allow {told.consequence.en}; to be kept in mind: {told.bias.en}."


def plain(value: float, places: int) -> str:
    """A number as the report writes it, with the hyphen that a form takes for a minus sign."""
    return decimal(value, places).replace(MINUS, "-")


# ---------------------------------------------------------------------------------------------------------------- people


def _flow(source: Source) -> etree._Element:
    """How many of each arm started and completed the study, and why others did not."""
    people, arms = source.patients("ITTFL"), _arms(source, "ITTFL")
    counts = {arm.code: members(arm, people) for arm in arms}
    done = {code: frame.filter(pl.col("EOSSTT") == "COMPLETED").height for code, frame in counts.items()}
    why = people.filter((pl.col("EOSSTT") != "COMPLETED").fill_null(True)).with_columns(pl.col("DCSREAS").fill_null("NOT TOLD"))
    reasons = [_reason(code, {arm.code: members(arm, why).filter(pl.col("DCSREAS") == code).height for arm in arms}) for code in sorted(set(why["DCSREAS"]))]
    period = E.period(
        E.completedMilestone(_achieved(done)), E.dropWithdrawReasons(*reasons), E.milestones(),
        E.startedMilestone(_achieved({code: frame.height for code, frame in counts.items()})), E.title("Overall Study"),
    )  # fmt: skip
    screened, enrolled = source.sdtm["DM"].height, people.height
    groups = (E.flowGroup(E.description(source.study.arm(arm.code).treatment.en), E.title(arm.title.en), id=f"flow.{arm.code}") for arm in arms)
    return E.participantFlow(
        E.participantFlowGroups(*groups), E.periods(period),
        E.preAssignmentDescription(f"{screened} people were screened; {screened - enrolled} of them were not enrolled."),
    )  # fmt: skip


def _arms(source: Source, flag: str) -> tuple[Group, ...]:
    return tuple(group for group in source.groups(flag) if group.code != POOLED)


def _achieved(counts: dict[str, int]) -> etree._Element:
    return E.milestoneAchievements(*(E.milestoneAchievement(E.reportingGroupId(f"flow.{code}"), E.subjectsAchieve(str(n))) for code, n in counts.items()))


def _reason(code: str, counts: dict[str, int]) -> etree._Element:
    """A reason in the words of PRS; one that it does not know in the study's own."""
    details = [E.reasonDetail(E.reportingGroupId(f"flow.{arm}"), E.subjectsAffected(str(n))) for arm, n in counts.items()]
    known = REASONS.get(code)
    own = [] if known else [E.otherReasonName("no end of the study on record" if code == "NOT TOLD" else code.capitalize())]
    return E.dropWithdrawReason(E.dropWithdrawReasonDetails(*details), *own, E.reasonType(known or "Other"))


def _baseline(source: Source, results: Results) -> etree._Element:
    """Age, sex, and the primary outcome at the start."""
    people, groups = source.patients("ITTFL"), source.groups("ITTFL")
    titles = [E.baselineReportingGroup(E.subjectsAnalyzed(str(group.n)), E.title(group.title.en), id=f"base.{group.code}") for group in groups[:-1]]
    total = E.totalBaselineReportingGroup(E.subjectsAnalyzed(str(groups[-1].n)), E.title("Total"), id=f"base.{POOLED}")
    ages = {group.code: members(group, people)["AGE"].drop_nulls().cast(pl.Float64).to_list() for group in groups}
    sexes = {group.code: [(words, members(group, people).filter(pl.col("SEX") == sex).height) for words, sex in (("Female", "F"), ("Male", "M"))]
             for group in groups}  # fmt: skip
    measures = [
        _measure("Age, Continuous", "years", {code: _mean_sd(values) for code, values in ages.items()}, {code: len(known) for code, known in ages.items()}),
        _counts("Sex: Female, Male", sexes),
    ]  # fmt: skip
    measures += list(_at_start(source, results))
    return E.baseline(E.baselineMeasures(*measures), E.baselineReportingGroups(*titles),
                      E.populationAnalysisDescription("Every patient who was enrolled."), total)  # fmt: skip


def _at_start(source: Source, results: Results) -> Iterator[etree._Element]:
    for endpoint in source.study.endpoints:
        described = next((one for one in _of(results, endpoint) if _gives(one, "MEAN_BASELINE")), None)
        if endpoint.primary and described is not None:
            groups = [code for code in (*(arm.code for arm in source.study.arms), POOLED) if described.get("N_BASELINE", code) is not None]
            told = {code: _told(described, "BASELINE", code) for code in groups}
            counts = {code: int(described.get("N_BASELINE", code) or 0) for code in groups}
            name = f"{endpoint.title.en}: value at the start"
            yield _measure("Study Specific Characteristic", _unit(source.study, endpoint), told, counts, other=name)


def _mean_sd(values: list[float]) -> tuple[str, str] | None:
    if not values:
        return None
    summary = describe(values)
    return plain(summary.mean, 1), "" if summary.standard_deviation is None else plain(summary.standard_deviation, 2)


def _told(one: Analysis, what: str, code: str) -> tuple[str, str] | None:
    mean, spread = one.get(f"MEAN_{what}", code), one.get(f"SD_{what}", code)
    return None if mean is None else (plain(mean, 1), "" if spread is None else plain(spread, 2))


def _measure(title: str, unit: str, values: dict[str, tuple[str, str] | None], counts: dict[str, int], *, other: str = "") -> etree._Element:
    """A baseline measure told by mean and standard deviation."""
    row = E.measureRow(_means("base", values, counts))
    made = E.baselineMeasure(E.dispersionType("Standard Deviation"), E.measureRows(row), E.parameterType("Mean"), E.title(title), E.unitOfMeasure(unit))
    if other:
        made.append(E.otherTitle(other))
    return made


def _means(prefix: str, values: dict[str, tuple[str, str] | None], counts: dict[str, int]) -> etree._Element:
    return E.reportedValues(*(E.reportedValue(E.reportingGroupId(f"{prefix}.{code}"), E.reportedEntries(E.reportedEntry(*_entry(told))),
                                              E.subjectsAnalyzed(str(counts[code]))) for code, told in values.items()))  # fmt: skip


def _entry(told: tuple[str, str] | None) -> list[etree._Element]:
    if told is None:
        return [E.naComment("no patient has a value"), E.parameterValue("NA")]
    mean, spread = told
    return [*([E.dispersionSpread(spread)] if spread else [E.dispersionSpread("NA"), E.naComment("one patient alone has a value")]), E.parameterValue(mean)]


def _counts(title: str, values: dict[str, list[tuple[str, int]]]) -> etree._Element:
    """A baseline measure that counts patients in categories."""
    told = [E.reportedValue(E.reportingGroupId(f"base.{code}"), E.reportedEntries(*(_category(*part) for part in parts))) for code, parts in values.items()]
    return E.baselineMeasure(E.measureRows(E.measureRow(E.reportedValues(*told))), E.parameterType("Count of Participants"), E.title(title),
                             E.unitOfMeasure("Participants"))  # fmt: skip


def _category(name: str, count: int) -> etree._Element:
    return E.reportedEntry(E.catName(name), E.parameterValue(str(count)))


# -------------------------------------------------------------------------------------------------------------- outcomes


def _of(results: Results, endpoint: Endpoint) -> tuple[Analysis, ...]:
    return tuple(one for one in results.analyses if one.id.startswith(f"{endpoint.code}."))


def _describing(results: Results, endpoint: Endpoint) -> Analysis | None:
    """The analysis that gives the value of each group: means of the change (or value), else the number who responded."""
    what = "MEAN_CHANGE" if endpoint.change else "MEAN_VALUE"
    means = [one for one in _of(results, endpoint) if _gives(one, what)]
    return next(iter(means or [one for one in _of(results, endpoint) if _gives(one, "COUNT")]), None)


def _gives(one: Analysis, operation: str) -> bool:
    return any(told.operation == operation for told in one.results)


def _measured(results: Results, endpoint: Endpoint) -> bool:
    return _describing(results, endpoint) is not None


def _unit(study: Study, endpoint: Endpoint) -> str:
    """The unit of what an endpoint measures: of the question, of the score, else that of a scale."""
    form = study.form(endpoint.form)
    item = form.item(endpoint.measure).unit if form.asks(endpoint.measure) else None
    score = next((one.unit for one in study.scores if (one.form, one.code) == (endpoint.form, endpoint.measure)), "")
    return item or score or "score on a scale"


def _outcome(source: Source, results: Results, endpoint: Endpoint, place: int) -> etree._Element:
    study, one, prefix = source.study, _describing(results, endpoint), f"om{place}"
    assert one is not None
    codes = [arm.code for arm in study.arms]
    what = "CHANGE" if endpoint.change else "VALUE"
    shares = not _gives(one, f"MEAN_{what}")
    counts = {code: int(one.get("N" if shares else f"N_{what}", code) or 0) for code in codes}
    kind = "Count of Participants" if shares else "Mean"
    spread = [] if shares else [E.dispersionType("Standard Deviation")]
    sort, unit = "Primary" if endpoint.primary else "Secondary", "Participants" if shares else _unit(study, endpoint)
    values = _numbers(prefix, one, codes) if shares else _means(prefix, {code: _told(one, what, code) for code in codes}, counts)
    where = located(study, endpoint)
    return E.outcomeMeasure(
        *spread, E.measureRows(E.measureRow(values)), E.measureDescription(f"{one.title.en}. {one.method.en}. Data set {where[0] if where else one.dataset}."),
        E.parameterType(kind), E.populationAnalysisDescription(one.condition), E.timeFrame(time_frame(study, endpoint)),
        E.title(endpoint.title.en), E.unitOfMeasure(unit), E.measureType(sort),
        E.outcomeMeasureAnalyses(*_analyses(study, results, endpoint, prefix)),
        E.outcomeReportingGroups(*(E.outcomeReportingGroup(E.description(study.arm(code).treatment.en), E.subjectsAnalyzed(str(counts[code])),
                                                           E.title(study.arm(code).name.en), id=f"{prefix}.{code}") for code in codes)),
    )  # fmt: skip


def _numbers(prefix: str, one: Analysis, codes: list[str]) -> etree._Element:
    told = ((code, f"{one.get('COUNT', code) or 0:.0f}", f"{one.get('N', code) or 0:.0f}") for code in codes)
    return E.reportedValues(*(E.reportedValue(E.reportingGroupId(f"{prefix}.{code}"), E.reportedEntries(E.reportedEntry(E.parameterValue(count))),
                                              E.subjectsAnalyzed(n)) for code, count, n in told))  # fmt: skip


def _analyses(study: Study, results: Results, endpoint: Endpoint, prefix: str) -> Iterator[etree._Element]:
    """Each comparison of two arms by the planned method, with what it is for."""
    for one in _of(results, endpoint):
        method = next((words for name, words in METHODS if name in (one.method_id, one.id.rpartition(".")[2])), None)
        for name in ("DIFFERENCE", "RISK_DIFFERENCE"):
            for group in dict.fromkeys(told.group for told in one.results if told.operation == name and "-" in told.group):
                if method:
                    yield _comparison(study, one, name, group, method, prefix)


def _comparison(study: Study, one: Analysis, name: str, group: str, method: str, prefix: str) -> etree._Element:
    value, lower, upper = (one.get(f"{name}{part}", group) for part in ("", "_LOWER", "_UPPER"))
    p = one.get(f"{name}_P", group) if one.get(f"{name}_P", group) is not None else one.get("P", group)
    tested = study.chosen.method is Method.RANDOMIZED and one.purpose == "primary"
    made = E.measureAnalysis(E.outcomeReportingGroups(*(E.outcomeReportingGroupId(f"{prefix}.{code}") for code in group.split("-"))))
    if lower is not None and upper is not None:
        made.extend([] if isinf(lower) else [E.ciLowerLimit(_limit(lower))])
        made.extend([E.ciNumSides("2-Sided"), E.ciPctValue("95")])
        made.append(E.ciUpperLimitNaComment("so few patients exclude no difference on this side") if isinf(upper) else E.ciUpperLimit(_limit(upper)))
    made.append(E.groupDescription(f"{one.purpose.capitalize()} analysis. It allows {study.chosen.consequence.en}."))
    made.extend([E.otherMethodName(one.title.en)] if method == "Other" else [])
    made.extend([E.parameterType("Risk Difference (RD)" if name == "RISK_DIFFERENCE" else "Mean Difference (Net)")])
    made.extend([] if value is None else [E.parameterValue(_limit(value))])
    made.extend([] if p is None else [E.pValue(p_value(p)), E.pValueComment("Not adjusted for multiplicity.")])
    made.extend([E.statisticalMethod(method), E.statisticalTestComment(one.method.en), E.statisticalTestType("Superiority" if tested else "Other")])
    return made


def _limit(value: float) -> str:
    """An estimate or limit, to one decimal more than means have."""
    return plain(value, 2)


def write_registry(study: Study, book: Casebook, out: Path, composed: "Composed | None") -> list[str]:
    """Writes `out/ctgov/`: the record of the study, its results where the arms are open, and a list of what a person must fill in. Gives the names."""
    place = out / "ctgov"
    place.mkdir(parents=True, exist_ok=True)
    record, missing = protocol_record(study, book)
    contents = {"protocol.xml": record, "to-fill-in.txt": to_fill_in(missing, "protocol.xml").encode()}
    told = results_record(composed.trail.source, composed.results) if composed else None
    if told:
        contents |= {"results.xml": told[0], "to-fill-in.txt": contents["to-fill-in.txt"] + b"\n" + to_fill_in(told[1], "results.xml").encode()}
    for name, content in contents.items():
        (place / name).write_bytes(content)
    return [f"ctgov/{name}" for name in contents]
