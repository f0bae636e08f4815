"""The tables and figures on efficacy: the skin first, then the other domains that the registry names."""

from collections.abc import Mapping

from studies.telitacicept_ssc.analysis import PARAMETER
from studies.telitacicept_ssc.conclusions import CALLED
from trialwright.instruments import mrss
from trialwright.protocol import Method, Reading, Study, Text
from trialwright.report.document import Part
from trialwright.report.figures import adjusted_means, cumulative, forest, skin_map, trajectories, waterfall
from trialwright.report.figures.forest import Mark
from trialwright.report.lines import contrast_title
from trialwright.report.numerals import decimal, interval, p_value
from trialwright.report.results import Analysis, Results
from trialwright.report.source import Source
from trialwright.report.table import NOTHING, Cell, sentence
from trialwright.report.tables import all_analyses, change_from_baseline, domain, readings, responders
from trialwright.report.tables.domain import Outcome
from trialwright.report.tables.readings import Line
from trialwright.report.tables.side_by_side import Outcome as Compared

MEASURE = Text("skin score (mRSS, 0 to 51)", "皮肤评分（mRSS，0–51）")
FULL = Text("Full analysis set: enrolled, with a baseline and at least one later skin score", "全分析集：已入组，有基线及至少一次基线后皮肤评分")
IMPORTANT = 5.0
"""The important difference of the skin score in diffuse disease (Khanna 2019), drawn as a line; not a rule of response."""
UNIT = Text("units", "分")
TREATMENT_CONTROL = ("T", "C")


def _quality(code: str, en: str, zh: str) -> Outcome:
    return Outcome(endpoint=code, label=Text(f"{en} (RAND-36, 0 to 100; higher is better)", f"{zh}（RAND-36，0–100，越高越好）"))


LUNG = (
    Outcome(endpoint="FVCPP24", label=Text("FVC, % of predicted (higher is better)", "FVC 占预计值 %（越高越好）")),
    Outcome(endpoint="FVC24", label=Text("FVC, liters", "FVC（升）"), places=2),
    Outcome(endpoint="DLCO24", label=Text("Gas transfer (DLCO) corrected for hemoglobin, % of predicted", "弥散量（DLCO，血红蛋白校正）占预计值 %")),
)
GUT = (Outcome(endpoint="GIT24", label=Text("Gut score (UCLA GIT 2.0, 0 to 2.83; lower is better)", "胃肠道评分（UCLA GIT 2.0，0–2.83，越低越好）"), places=2),)
CIRCULATION = (
    Outcome(endpoint="WHOFC24", label=Text("Functional class (WHO 1 to 4; lower is better)", "WHO 心功能分级（1–4，越低越好）")),
    Outcome(endpoint="WALK24", label=Text("Six-minute walk, meters (higher is better)", "六分钟步行距离（米，越高越好）"), places=0),
    Outcome(endpoint="NTPROBNP24", label=Text("NT-proBNP, ng/L (lower is better)", "NT-proBNP（ng/L，越低越好）"), places=0),
)
ACTIVITY = (
    Outcome(
        endpoint="EUSTAR24",
        label=Text("Activity index (revised EUSTAR, 0 to 10; lower is better)", "疾病活动度（修订 EUSTAR，0–10，越低越好）"),
        places=2,
    ),
    Outcome(endpoint="MRSS48", label=Text("Skin score at week 48 (mRSS; lower is better)", "第 48 周皮肤评分（mRSS，越低越好）")),
)
QUALITY = (
    Outcome(endpoint="HAQDI24", label=Text("Disability (HAQ-DI, 0 to 3; lower is better)", "功能障碍（HAQ-DI，0–3，越低越好）"), places=2),
    Outcome(endpoint="EQ5D24", label=Text("Health index (EQ-5D-5L, China; higher is better)", "健康指数（EQ-5D-5L 中国，越高越好）"), places=3),
    _quality("R36PF24", "Physical functioning", "生理功能"),
    _quality("R36RP24", "Role, physical", "生理职能"),
    _quality("R36RE24", "Role, emotional", "情感职能"),
    _quality("R36EF24", "Energy", "精力"),
    _quality("R36EWB24", "Emotional well-being", "情绪健康"),
    _quality("R36SF24", "Social functioning", "社会功能"),
    _quality("R36BP24", "Pain", "疼痛"),
    _quality("R36GH24", "General health", "总体健康"),
)
COMPOSITE = (
    Outcome(endpoint="CRISS24", label=Text("Improved by 20 % in three of five core measures (revised CRISS)", "五项核心指标中三项改善 20 %（修订 CRISS）")),
)
OPEN_LABEL = Text(
    "Not wholly blind: ulcers, friction rubs, the global assessment and the organ events are told by a physician who may know the treatment; the skin score "
    "in it is the blinded evaluator's.",
    "并非完全盲态：溃疡、肌腱摩擦音、总体评估与器官事件由可能知晓治疗的医师评定；其中皮肤评分由盲态评估者评定。",
)
PATIENTS_TOLD = Text(
    "Not blind: the patients, who know their treatment, answered these questions themselves.",
    "非盲态：由知晓自身治疗的受试者自行回答。",
)
STAFF_TOLD = Text(
    "Not wholly blind: the functional class is judged, and the walk led, by staff who may know the treatment. A patient who failed (rescue, death) or has "
    "no value is counted neither as better nor as worse.",
    "并非完全盲态：功能分级与步行试验由可能知晓治疗的人员完成。失败（补救、死亡）或无数值者既不计为好转，也不计为恶化。",
)
NOTES = ((GUT, PATIENTS_TOLD), (CIRCULATION, STAFF_TOLD), (ACTIVITY, OPEN_LABEL), (QUALITY, PATIENTS_TOLD), (COMPOSITE, OPEN_LABEL))
"""What in a domain is not blind; lung function is measured by machine and the skin by the blinded evaluator."""
DOMAINS = (
    ("14.2.5", Text("Lung function at week 24", "第 24 周肺功能"), LUNG),
    ("14.2.6", Text("Gut at week 24", "第 24 周胃肠道"), GUT),
    ("14.2.7", Text("Signs of pulmonary hypertension at week 24", "第 24 周肺动脉高压相关指标"), CIRCULATION),
    ("14.2.8", Text("Disease activity at week 24, skin at week 48", "第 24 周疾病活动度、第 48 周皮肤"), ACTIVITY),
    ("14.2.9", Text("Function and quality of life at week 24", "第 24 周功能与生活质量"), QUALITY),
    ("14.2.10", Text("Composite response at week 24", "第 24 周复合应答"), COMPOSITE),
)


def efficacy(source: Source, results: Results, by_reading: Mapping[str, Results]) -> tuple[Part, ...]:
    """The chapter on efficacy."""
    endpoint = next(one for one in source.study.endpoints if one.primary)
    important = Text(f"An important difference of the skin score in diffuse disease is about {IMPORTANT:g} units (Khanna 2019).",
                     f"弥漫型患者皮肤评分的重要差值约为 {IMPORTANT:g} 分（Khanna 2019）。")  # fmt: skip
    what = CALLED[source.study.chosen.method]
    called = Text(f"A difference between the arms may here be called: {what.en} (section 13).", f"组间差异在此仅可表述为：{what.zh}（第 13 节）。")
    limit = Text(f"{IMPORTANT:g} units either way, the important difference (Khanna 2019)", f"±{IMPORTANT:g} 分，重要差值（Khanna 2019）")
    drawn = tuple(table for number, title, outcomes in DOMAINS if (table := domain_table(source, results, number, title, outcomes)) is not None)
    return (
        change_from_baseline.table(source, results, number="14.2.1", title=Text("Skin score at week 24 (primary outcome)", "第 24 周皮肤评分（主要结局）"),
                                   endpoint=endpoint.code, measure=MEASURE, population_name=FULL, footnotes=(important, called)),
        all_analyses.table(source, results, number="14.2.2", title=Text("All analyses of the skin score at week 24", "第 24 周皮肤评分的全部分析"),
                           endpoint=endpoint.code, population_name=FULL, unit=UNIT, footnotes=(called,)),
        trajectories.figure(source, number="14.2.1", title=Text("Skin score of every patient over time", "各受试者皮肤评分随时间变化"), parameter=PARAMETER,
                            measure=MEASURE, highest=mrss.HIGHEST, population_name=FULL),
        adjusted_means.figure(source, results.find(f"{endpoint.code}.MMRM"), number="14.2.2", measure=MEASURE, population_name=FULL,
                              title=Text("Adjusted mean change of the skin score over time", "皮肤评分调整后平均变化随时间的曲线")),
        waterfall.figure(source, number="14.2.3", title=Text("Change of the skin score at week 24, patient by patient", "各受试者第 24 周皮肤评分变化"),
                         parameter=PARAMETER, measure=MEASURE, visit=endpoint.at or "", population_name=FULL, threshold=IMPORTANT, threshold_name=limit),
        cumulative.figure(source, number="14.2.4", parameter=PARAMETER,
                          title=Text("Cumulative distribution of the change of the skin score at week 24", "第 24 周皮肤评分变化的累积分布"),
                          measure=MEASURE, visit=endpoint.at or "", population_name=FULL, threshold=IMPORTANT, threshold_name=limit),
        skin_map.figure(source, number="14.2.5", title=Text("Change of the skin at each site at week 24", "第 24 周各部位皮肤变化"), parameter=PARAMETER,
                        visit=endpoint.at or "", population_name=FULL),
        methods_figure(source, results.of(endpoint.code)),
        readings.table(source, tuple(_line(source, one, by_reading[one.code]) for one in source.study.readings), number="14.2.3",
                       title=Text("The three readings of the allocation side by side", "三种分组解读并列比较"), population_name=FULL),
        responders.table(source, results, number="14.2.4", title=Text("Patients whose skin improved by week 24", "第 24 周皮肤改善的受试者"),
                         analyses=tuple(one.id for one in results.of(endpoint.code) if one.method_id == "RESPONDER"), population_name=FULL),
        *drawn,
        endpoints_figure(source, results),
    )  # fmt: skip


def domain_table(source: Source, results: Results, number: str, title: Text, outcomes: tuple[Outcome, ...]) -> Part | None:
    """The table of one domain; None when the study measures nothing of it."""
    known = {one.endpoint for one in results.analyses}
    if not known & {one.endpoint for one in outcomes}:
        return None
    notes = tuple(note for of, note in NOTES if of is outcomes)
    return domain.table(source, results, outcomes, number=number, title=title, population_name=FULL, footnotes=notes)


def outcomes(study: Study) -> tuple[Compared, ...]:
    """The outcomes that are compared by their change, the primary one first."""
    told = {one.endpoint: one for _, _, some in DOMAINS for one in some}
    primary = next(one for one in study.endpoints if one.primary)
    named = [(one, told[one.code]) for one in study.endpoints if one.code in told and any(plan.method == "ANCOVA" for plan in one.analyses)]
    return (Compared(endpoint=primary, label=sentence(MEASURE)), *(Compared(endpoint=endpoint, label=one.label, places=one.places) for endpoint, one in named))


def methods_figure(source: Source, analyses: tuple[Analysis, ...]) -> Part:
    """The difference in the skin score by every method that gives one."""
    marks = tuple(mark for one in analyses if (mark := _mark(one)) is not None)
    axis = Text(f"{contrast_title(source.study).en} (units of the skin score; below zero: better)", f"{contrast_title(source.study).zh}（皮肤评分，负值为优）")
    return forest.figure(
        source, marks, number="14.2.6", title=Text("The difference in the skin score by every method", "各方法估计的皮肤评分差值"), axis=axis,
        population_name=FULL, footnotes=(Text("Diamond: primary analysis. Lines: 95 % intervals. The methods use the same patients: that they agree "
                                              "is no further evidence.", "菱形：主要分析。横线：95 % 区间。各方法使用同一批受试者：结果一致并非额外证据。"),),
        data_source=Text("Analyses of Table 14.2.2.", "表 14.2.2 的分析。"),
    )  # fmt: skip


def _mark(analysis: Analysis) -> Mark | None:
    for name in ("DIFFERENCE", "SHIFT"):
        found = [next((one.value for one in analysis.results if one.operation == f"{name}{part}"), None) for part in ("", "_LOWER", "_UPPER")]
        value, lower, upper = found
        if value is not None and lower is not None and upper is not None:
            group = next(one.group for one in analysis.results if one.operation == name)
            return Mark(label=analysis.title, value=value, lower=lower, upper=upper, rows=analysis.rows("ALL"), result=analysis.name(name, group),
                        main=analysis.id.endswith(".ANCOVA"))  # fmt: skip
    return None


def endpoints_figure(source: Source, results: Results) -> Part:
    """The adjusted difference of every outcome in residual standard deviations, turned so that to the left is better."""
    labels = {one.endpoint: one.label for _, _, outcomes in DOMAINS for one in outcomes}
    primary = next(one for one in source.study.endpoints if one.primary)
    marks = []
    for endpoint in source.study.endpoints:
        analysis = next((one for one in results.of(endpoint.code) if one.id == f"{endpoint.code}.ANCOVA"), None)
        spread = analysis.get("RESIDUAL_SD", "ALL") if analysis else None
        mark = _mark(analysis) if analysis else None
        if mark is None or not spread:
            continue
        turn = -1.0 if endpoint.higher_is_worse is False else 1.0
        low, high = sorted((turn * mark.lower / spread, turn * mark.upper / spread))
        label = _short(labels.get(endpoint.code, endpoint.title))
        marks.append(Mark(label=label, value=turn * mark.value / spread, lower=low, upper=high, rows=mark.rows, result=mark.result,
                          main=endpoint.code == primary.code))  # fmt: skip
    return forest.figure(
        source, tuple(marks), number="14.2.7", title=Text("All outcomes on one scale", "全部结局置于同一尺度"),
        axis=Text("adjusted difference in standard deviations (left: better under telitacicept)", "调整后差值（标准差单位，左侧：泰它西普组更好）"),
        population_name=FULL, footnotes=(Text("Divided by the residual standard deviation of each covariance analysis. Diamond: primary outcome; the "
                                              "others are descriptive. Outcomes of one patient go together, so that several on one side are not "
                                              "several proofs.",
                                              "各差值除以其协方差分析的残差标准差。菱形：主要结局，其余为描述性。同一受试者的各项结局相互关联，多项同侧并非多重证明。"),),
        data_source=Text("Analyses of Tables 14.2.1 and 14.2.5 to 14.2.9.", "表 14.2.1 及 14.2.5 至 14.2.9 的分析。"),
    )  # fmt: skip


def _short(label: Text) -> Text:
    return Text(label.en.split(" (")[0], label.zh.split("（")[0])


def _line(source: Source, reading: Reading, results: Results) -> Line:
    """One reading: its result, and what is known about its bias."""
    primary = results.find("MRSS24.ANCOVA")
    if reading.method is Method.BY_RESPONSE:
        return Line(reading=reading, compared=Text("the mean change in each arm, as observed", "各组平均变化（观察值）"), result=_courses(source, results),
                    bias=_regression(results), called=CALLED[reading.method])  # fmt: skip
    adjusted = Text("the difference of mean changes, adjusted for the baseline score", "调整基线评分后的平均变化之差")
    bias = _weighted(results) if reading.method is Method.BY_CLINICIAN else _allocation(results)
    return Line(reading=reading, compared=adjusted, result=_estimate(primary), bias=bias, called=CALLED[reading.method])


def _estimate(analysis: Analysis) -> Cell:
    mark = _mark(analysis)
    if mark is None:
        return NOTHING
    span = interval(mark.lower, mark.upper)
    return Cell(text=Text(f"{decimal(mark.value)} (95 % interval {span.en})", f"{decimal(mark.value)}（95 % 区间 {span.zh}）"), rows=mark.rows,
                result=mark.result)  # fmt: skip


def _courses(source: Source, results: Results) -> Cell:
    described = results.find("MRSS24.DESCRIBE")
    parts = [(arm.name, described.get("MEAN_CHANGE", arm.code)) for arm in source.study.arms]
    known = [(name, value) for name, value in parts if value is not None]
    if not known:
        return NOTHING
    words = Text("; ".join(f"{name.en}: {decimal(value)}" for name, value in known), "；".join(f"{name.zh}：{decimal(value)}" for name, value in known))
    return Cell(text=words, rows=described.rows("ALL"), result=described.name("MEAN_CHANGE", "ALL"))


def _weighted(results: Results) -> Cell:
    found = next((one for one in results.analyses if one.method_id == "OVERLAP_WEIGHTS"), None)
    mark = _mark(found) if found else None
    if found is None or mark is None:
        return NOTHING
    span = interval(mark.lower, mark.upper)
    counts = [decimal(found.get("EFFECTIVE_N", code) or 0.0) for code in TREATMENT_CONTROL]
    apart = (" The arms do not overlap: this is extrapolation.", "两组无重叠：属外推。") if found.get("SEPARATED", "ALL") else ("", "")
    unmeasured = _unmeasured(results)
    return Cell(
        text=Text(f"Confounding by indication. Weighted toward patients who might have got either: {decimal(mark.value)} ({span.en}), resting on "
                  f"{counts[0]} and {counts[1]} effective patients.{apart[0]}{unmeasured[0]}",
                  f"适应证混杂。加权至两种治疗均可能者：{decimal(mark.value)}（{span.zh}），有效例数 {counts[0]} 与 {counts[1]}。{apart[1]}{unmeasured[1]}"),
        rows=mark.rows, result=mark.result,
    )  # fmt: skip


def _unmeasured(results: Results) -> tuple[str, str]:
    found = next((one for one in results.analyses if one.method_id == "E_VALUE"), None)
    numbers = {one.operation: one.value for one in found.results} if found else {}
    if not numbers:
        return "", ""
    estimate, limit = decimal(numbers["E_VALUE"]), decimal(numbers["E_VALUE_LIMIT"])
    return (f" Something unmeasured would explain it if it raised both the chance of the drug and that of a better skin {estimate} times; "
            f"{limit} times would do for the end of the interval (E-value).",
            f"若某未测因素使用药机会与皮肤好转机会均升至 {estimate} 倍，即可解释该差值；区间端点仅需 {limit} 倍（E 值）。")  # fmt: skip


def _regression(results: Results) -> Cell:
    found = next((one for one in results.analyses if one.method_id == "REGRESSION_TO_MEAN"), None)
    numbers = {one.operation: one.value for one in found.results} if found else {}
    if found is None or not numbers:
        return NOTHING
    span = interval(numbers["GAP_LOWER"], numbers["GAP_UPPER"])
    return Cell(
        text=Text(f"Regression to the mean. Selection by the earlier course alone makes a gap between the arms of {span.en} units without any drug; "
                  f"{decimal(numbers['GAP'])} if one trained evaluator reads and worsening does not persist.",
                  f"均值回归。无任何药效时，仅按既往病程选择即可产生 {span.zh} 分的组间差值；"
                  f"若由同一受训评估者读数且恶化不持续，则为 {decimal(numbers['GAP'])} 分。"),
        rows=found.rows("ALL"), result=found.name("GAP", next(one.group for one in found.results)),
    )  # fmt: skip


def _allocation(results: Results) -> Cell:
    found = next((one for one in results.analyses if one.method_id == "RERANDOMIZATION"), None)
    p = next((one for one in found.results if one.operation == "P"), None) if found else None
    if found is None or p is None:
        return NOTHING
    return Cell(text=Text(f"Chance. Running the allocation again by permuted blocks gives a difference as large in a share "
                          f"of {p_value(p.value)} of the drawn lists (p).",
                          f"偶然性。按区组随机重新分组，出现同样大差值的比例（p 值）为 {p_value(p.value)}。"),
                rows=found.rows("ALL"), result=found.name("P", p.group))  # fmt: skip
