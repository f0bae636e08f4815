"""What this study may conclude, in words that follow the reading of the allocation under which it runs."""

from trialwright.protocol import Method, Text
from trialwright.report.chapters import front
from trialwright.report.document import Part, Prose, Section
from trialwright.report.numerals import decimal, interval
from trialwright.report.results import Analysis, Results
from trialwright.report.source import Source

CALLED = {
    Method.BY_CLINICIAN: Text("an association; not an effect of the drug", "关联；并非药物效应"),
    Method.BY_RESPONSE: Text("two courses described side by side; the difference is not an effect of the drug", "两组病程的并列描述；差值并非药物效应"),
    Method.RANDOMIZED: Text("an effect of being assigned to the drug, with the chance of so few patients", "分配至该药的效应，受样本量小的偶然性影响"),
}
"""What a difference between the arms may be called under each way of allocation."""


OTHERS = ((Text("Other outcomes", "其他结局"), Text(
    "described in Table 11.4.1: none of these comparisons was planned to prove anything, and among so many some differ by chance alone.",
    "见表 11.4.1，仅作描述：这些比较均非用于证明结论，比较次数多，仅凭机遇也会有若干差异。")),)  # fmt: skip


def synopsis(source: Source, results: Results, safety: Prose) -> Section:
    """Section 2: what the report can and cannot say, and the study on one page."""
    told = _told(source, results) or _nothing(source)
    return front.synopsis(source, conclusions=(Prose(text=_small(source), warning=True),), found=told, safety=safety.text, also=OTHERS)


def limits(source: Source, results: Results) -> tuple[Part, ...]:
    """What the allocation allows one to conclude, what was found, and what was done with whatever happened in between."""
    reading = source.study.chosen
    small = _small(source)
    how = Text(
        f"Reading of the allocation: {reading.code}, {reading.title.en}. This gives {reading.consequence.en}. The bias to keep in mind: {reading.bias.en}. "
        f"A difference between the arms is here called: {CALLED[reading.method].en}. Table 14.2.3 sets the three readings side by side.",
        f"分组方式的解读：{reading.code}，{reading.title.zh}。因此本研究为{reading.consequence.zh}。需注意的偏倚：{reading.bias.zh}。"
        f"组间差异在此表述为：{CALLED[reading.method].zh}。表 14.2.3 并列三种解读。",
    )
    exact = Text(
        "The exact permutation p-value rests on chance having divided the patients. Without randomization it asks only how unusual the "
        "observed difference is among all ways to divide these patients; it says nothing about the cause.",
        "精确置换 p 值以随机分组为前提。未随机时，它仅说明在所有可能的分组方式中所见差异有多罕见，不能说明因果。",
    )  # fmt: skip
    randomized = reading.method is Method.RANDOMIZED
    told = _told(source, results)
    return (Prose(text=small, warning=True), Prose(text=how), Prose(text=told or _nothing(source)), Prose(text=_biases(reading.method)),
            *(() if randomized else (Prose(text=exact),)), Prose(text=_handled(source)))  # fmt: skip


def _told(source: Source, results: Results) -> Text | None:
    """What was found, as far as the reading allows to say it; None without a result, or when the arms mean nothing."""
    if source.scrambled is not None:
        return None
    if source.study.chosen.method is Method.BY_RESPONSE:
        return courses(source, results.find("MRSS24.DESCRIBE"))
    return found(source, results.find("MRSS24.ANCOVA"))


def _small(source: Source) -> Text:
    """What so few patients can and cannot show."""
    study, n = source.study, source.patients("ITTFL").height
    return Text(
        f"This is a preliminary study with {n} patients ({study.planned} planned). It can suggest, and its intervals show which "
        "differences in the skin go badly with the data; it proves neither that the drug works nor that it is safe. A harm that strikes one patient in ten "
        "shows in none of ten patients in every third such trial. Intervals matter more than p-values here, and an interval that holds "
        "both improvement and worsening means: not known.",
        f"这是一项仅 {n} 例（计划 {study.planned} 例）的初步研究，只能提示线索，其区间可说明皮肤的哪些差值与数据不符；既不能证明药物有效，也不能证明其安全。"
        "发生率为十分之一的危害，在十例受试者中约有三分之一的可能一例也不出现。"
        "此处置信区间比 p 值更重要；若区间同时包含改善与恶化，则意味着尚不清楚。",
    )


def found(source: Source, primary: Analysis) -> Text | None:
    """The result of the primary analysis in a sentence that claims no more than the reading allows; None without one."""
    study = source.study
    treatment, control = (next(arm for arm in study.arms if arm.control is of) for of in (False, True))
    value, lower, upper = (primary.get(f"DIFFERENCE{part}", f"{treatment.code}-{control.code}") for part in ("", "_LOWER", "_UPPER"))
    if value is None or lower is None or upper is None:
        return None
    span = interval(lower, upper)
    both = lower < 0 < upper
    meaning = (
        Text("The interval holds both improvement and worsening: whether there is a difference is not known.", "区间同时包含改善与恶化：是否存在差异尚不清楚。")
        if both
        else _unexplained(study.chosen.bias)
        if study.chosen.method is not Method.RANDOMIZED
        else Text("The interval does not hold zero; it is wide, and one small trial is no proof.", "区间不含零；但区间较宽，一项小试验不能作为证明。")
    )
    return Text(
        f"What was found: up to week 24 the mean change of the skin score differs by {decimal(value)} units, {treatment.name.en} minus "
        f"{control.name.en} (95 % interval {span.en}; below zero: the skin of the {treatment.name.en} arm got better by more; adjusted for the score "
        f"at the start). {meaning.en}",
        f"结果：至第 24 周，皮肤评分平均变化之差（{treatment.name.zh}减{control.name.zh}）为 {decimal(value)} 分"
        f"（95 % 区间 {span.zh}；负值表示{treatment.name.zh}皮肤改善更多；已校正基线评分）。{meaning.zh}",
    )


def _unexplained(bias: Text) -> Text:
    """What may be said of a difference where chance did not divide the patients."""
    return Text(f"The interval does not hold zero; how far {bias.en} explains it is not known (section 13).",
                f"区间不含零；{bias.zh}能解释多少尚不清楚（第 13 节）。")  # fmt: skip


def _nothing(source: Source) -> Text:
    """Why no result stands where it would."""
    if source.scrambled is not None:
        return Text(
            "What was found: not said. The arms were drawn by lot for this report; what differs between its columns is chance.",
            "结果：不予说明。本报告中的组别为随机抽取，各列差异均为偶然。",
        )
    if not source.released:
        return Text(
            "What was found: not shown. The arms are closed, and only all patients together are described.",
            "结果：不予显示。分组尚未揭盲，仅描述全部受试者。",
        )
    return Text(
        "What was found: nothing that could be compared. Too few patients have a skin score at week 24 for the primary analysis; what is missing stands "
        "in Table 14.2.2.",
        "结果：无可比较者。具有第 24 周皮肤评分的受试者过少，无法作主要分析；详见表 14.2.2。",
    )


def courses(source: Source, described: Analysis) -> Text | None:
    """The mean change of each arm, side by side and without a comparison; None while the arms are closed or empty."""
    told = [(arm.name, described.get("MEAN_CHANGE", arm.code), described.patients.get(arm.code, 0)) for arm in source.study.arms]
    if not source.released or any(value is None for _, value, _ in told):
        return None
    en = ", ".join(f"{name.en}: {decimal(value or 0.0)} units" for name, value, _ in told)
    zh = "，".join(f"{name.zh}：{decimal(value or 0.0)} 分" for name, value, _ in told)
    return Text(f"What was found: mean change of the skin score up to week 24, as observed, {en}. The arms are two groups with two histories: this is no "
                "comparison of treatments; a group picked for a bad course gets better by itself (regression to the mean, Table 14.2.3).",
                f"结果：至第 24 周皮肤评分平均变化（观察值），{zh}。两组既往病程不同，此处并非治疗比较；"
                "因病程差而被选入的一组会自行好转（均值回归，表 14.2.3）。")  # fmt: skip


def _biases(method: Method) -> Text:
    if method is Method.RANDOMIZED:
        return Text(
            "Patients were divided at random, so a difference between the arms can be an effect of the drug; but with so few patients the arms can "
            "differ by chance in whatever matters for the skin, and only the evaluator was blind, not the patients or their physicians.",
            "受试者随机分组，组间差异可能为药物效应；但样本很小，各组在影响皮肤的因素上可能偶然不均衡；且仅评估者设盲，受试者与医师均未设盲。",
        )
    if method is Method.BY_RESPONSE:
        return Text(
            "The arms were not formed at random: patients whose skin had not answered to conventional treatment got the drug, the others went on. Two "
            "things can look like an effect of the drug. Regression to the mean: a group picked for a bad course tends to look better at the next "
            "measurements, and this happens in one arm only; Table 14.2.3 says how much of it to expect without any drug effect. "
            "Confounding by indication: what made the skin resist treatment also decides how it goes on. The arms are therefore described side by "
            "side, and the difference between them is not an effect of the drug.",
            "本研究未随机分组：常规治疗未应答者加用该药，其余继续原治疗。两种现象可能被误认为药效。均值回归：因病程差而被选入的一组在后续测量中倾向于好转，"
            "且仅发生在一组；表 14.2.3 给出无药效时预期的幅度。适应证混杂：导致皮肤治疗抵抗的因素同样影响其后病程。因此两组仅并列描述，组间差异并非药物效应。",
        )
    return Text(
        "The arms were not formed at random. Two things can look like an effect of the drug. Confounding by indication: the physician chose the "
        "drug for patients who differ in ways that also decide how the skin goes on, and adjusting or weighting for the baseline removes only a part of it. "
        "Regression to the mean: patients are taken in when their skin has just worsened, so that the next scores tend to be better in any arm, the "
        "more so in an arm that was chosen for a bad course. A difference between the arms is therefore an association, not an effect of the drug.",
        "本研究未随机分组，两种现象可能被误认为药效。适应证混杂：医师为某些患者选择该药，而这些患者本身的差异也影响皮肤病程，校正或加权基线只能部分消除。"
        "均值回归：受试者在皮肤刚刚恶化时入组，此后评分在任何一组都倾向于好转，在因病程差而被选入的一组更明显。因此组间差异仅为关联，并非药物效应。",
    )


def _handled(source: Source) -> Text:
    deaths = source.patients("ITTFL").filter(source.patients("ITTFL")["DTHFL"].fill_null("N") == "Y").height
    return Text(
        "What happens after the start: scores count as they were observed, also after missed doses or a change of background drugs. Rescue "
        "(a new immunosuppressant, a transplantation, or steroids above 10 mg of prednisone a day) and death count as failure: where means are "
        "compared as worsening by 5 units, or the patient's own change if that is worse, and where ranks are compared as worse than anybody "
        "without failure. A patient without a score and without failure is left out of the primary comparison; the analyses in Table 14.2.2 fill "
        f"the gap in several ways, use other values for a failure, and leave out patients whose arm the evaluator learned. Deaths recorded: {deaths}.",
        "开始治疗后的事件：漏用药物或调整背景治疗后的评分仍按观察值计入。补救治疗（新增免疫抑制剂、移植或泼尼松当量超过 10 mg/日的激素）与死亡计为失败："
        "比较均数时按恶化 5 分计（若本人变化更差则按本人变化），比较秩次时排在所有未失败者之后。无评分且未失败者不纳入主要比较；"
        f"表 14.2.2 的分析以多种方式填补缺失、改变失败取值，并剔除评估者得知分组者。已记录死亡：{deaths} 例。",
    )  # fmt: skip
