"""Which analyses are planned for each endpoint, by which methods: fixed before the arms are open, the same for every reading."""

from attrs import evolve

from trialwright.protocol import Endpoint, PlannedAnalysis, StatisticalMethod, Text

METHODS = (
    StatisticalMethod(
        code="DESCRIBE",
        title=Text("Description", "描述"),
        words=Text("number, mean, standard deviation, median, range of the values as observed", "例数、均数、标准差、中位数、范围（按观察值）"),
    ),
    StatisticalMethod(
        code="ANCOVA",
        title=Text("Analysis of covariance", "协方差分析"),
        words=Text(
            "change = arm + baseline; ordinary least squares, Student t intervals; trialwright.statistics.ancova",
            "变化值 = 组别 + 基线值；最小二乘法，t 分布区间；trialwright.statistics.ancova",
        ),
    ),
    StatisticalMethod(
        code="MMRM",
        title=Text("Mixed model for repeated measures", "重复测量混合模型"),
        words=Text(
            "change = arm, baseline and both by visit; restricted maximum likelihood, unstructured covariance or the first of a "
            "declared list that converges, Kenward-Roger inference; trialwright.statistics.mmrm",
            "变化值 = 组别、基线及其与访视的交互；限制性最大似然，非结构协方差（不收敛则按声明次序替换），Kenward-Roger 推断；trialwright.statistics.mmrm",
        ),
    ),
    StatisticalMethod(
        code="PERMUTATION",
        title=Text("Exact permutation test", "精确置换检验"),
        words=Text(
            "difference of mean changes over all ways to choose the first arm; trialwright.statistics.permutation_test",
            "在所有分组方式中比较平均变化之差；trialwright.statistics.permutation_test",
        ),
    ),
    StatisticalMethod(
        code="HODGES_LEHMANN",
        title=Text("Hodges-Lehmann difference", "Hodges-Lehmann 差值"),
        words=Text(
            "median of all pairwise differences, exact interval; trialwright.statistics.hodges_lehmann",
            "所有成对差值的中位数，精确区间；trialwright.statistics.hodges_lehmann",
        ),
    ),
    StatisticalMethod(
        code="RANK_SUM",
        title=Text("Worst-rank test", "最差秩检验"),
        words=Text(
            "exact Wilcoxon test; deaths rank worst, then other failures, then the changes in their order; "
            "trialwright.statistics.rank_sum_test",
            "精确 Wilcoxon 检验；死亡排最差，其次为其他失败，其余按变化值排序；trialwright.statistics.rank_sum_test",
        ),
    ),
    StatisticalMethod(
        code="VAN_ELTEREN",
        title=Text("Worst-rank test within halves of the baseline", "按基线高低分层的最差秩检验"),
        words=Text(
            "van Elteren's exact test, ranks as in the worst-rank test, within patients below and above the median baseline; "
            "trialwright.statistics.van_elteren",
            "van Elteren 精确检验，秩次同最差秩检验，在基线低于和高于中位数者内分别比较；trialwright.statistics.van_elteren",
        ),
    ),
    StatisticalMethod(
        code="REFERENCE_BASED",
        title=Text("Missing values as in the control arm", "缺失值按对照组设定"),
        words=Text(
            "what is missing takes its expected value from the control arm (jump to reference, or copy increments), then analysis of "
            "covariance; jackknife standard error; trialwright.statistics.reference_based",
            "缺失值取对照组的期望值（跳转至参照组，或复制参照组增量）后作协方差分析；刀切法标准误；trialwright.statistics.reference_based",
        ),
    ),
    StatisticalMethod(
        code="TIPPING_POINT",
        title=Text("Tipping point", "临界点分析"),
        words=Text(
            "how much worse the missing scores of the treated would have to be for the difference to vanish; "
            "trialwright.statistics.tipping_point",
            "治疗组缺失评分须差多少才使差值消失；trialwright.statistics.tipping_point",
        ),
    ),
    StatisticalMethod(
        code="OVERLAP_WEIGHTS",
        title=Text("Comparison weighted toward patients who might have got either", "重叠加权比较"),
        words=Text(
            "penalized propensity on baseline score and disease duration, overlap weights, weighted covariance analysis; "
            "trialwright.statistics.propensity, weighted_difference",
            "以基线评分与病程作惩罚倾向评分，重叠加权协方差分析；trialwright.statistics.propensity、weighted_difference",
        ),
    ),
    StatisticalMethod(
        code="RERANDOMIZATION",
        title=Text("Re-randomization test", "再随机化检验"),
        words=Text(
            "residuals of the change on the baseline over the allocations that permuted blocks can give, drawn with a fixed seed; "
            "trialwright.statistics.rerandomization_test",
            "以区组随机可能产生的分组重新比较变化值对基线的残差，随机种子固定；trialwright.statistics.rerandomization_test",
        ),
    ),
    StatisticalMethod(
        code="MULTIPLE_IMPUTATION",
        title=Text("Multiple imputation", "多重填补"),
        words=Text(
            "missing scores drawn 100 times from what is known of each patient, analysis of covariance, Rubin's rules; "
            "trialwright.statistics.multiple_imputation",
            "依各受试者已知信息抽取缺失评分 100 次，协方差分析，Rubin 规则合并；trialwright.statistics.multiple_imputation",
        ),
    ),
    StatisticalMethod(
        code="BORROWING",
        title=Text("With earlier control arms", "借用历史对照"),
        words=Text(
            "robust prior for the control arm from published trials, half of its weight vague; vague prior for the treated; "
            "credible interval; trialwright.statistics.map_normal, update_normal",
            "以已发表试验构建对照组稳健先验（一半权重为无信息），治疗组为无信息先验；可信区间；trialwright.statistics.map_normal、update_normal",
        ),
    ),
    StatisticalMethod(
        code="POSTERIOR",
        title=Text("Chance of benefit, vague prior", "获益概率（无信息先验）"),
        words=Text(
            "posterior of the adjusted difference under the vague prior of Jeffreys: a shifted and scaled t; trialwright.report.methods.posterior",
            "Jeffreys 无信息先验下调整后差值的后验分布（移位缩放 t 分布）；trialwright.report.methods.posterior",
        ),
    ),
    StatisticalMethod(
        code="E_VALUE",
        title=Text("What something unmeasured would have to do", "未测混杂需达到的强度"),
        words=Text(
            "E-value of the adjusted difference; trialwright.statistics.e_value_of_difference",
            "调整后差值的 E 值；trialwright.statistics.e_value_of_difference",
        ),
    ),
    StatisticalMethod(
        code="REGRESSION_TO_MEAN",
        title=Text("Gap made by selection alone", "仅由选择产生的差值"),
        words=Text(
            "expected change after selection by the earlier change, over a grid of reading errors and of persistence; "
            "trialwright.statistics.selection_effect",
            "按既往变化选择后的期望变化，遍历读数误差与持续性取值；trialwright.statistics.selection_effect",
        ),
    ),
    StatisticalMethod(
        code="CLASSES",
        title=Text("Classes", "分级"),
        words=Text("number of patients in each class, as observed", "各级例数（按观察值）"),
    ),
    StatisticalMethod(
        code="RESPONDER",
        title=Text("Responders", "应答者"),
        words=Text(
            "shares of patients who improved; a failure or a missing value is no response; Boschloo's exact test, Miettinen-Nurminen, "
            "Newcombe and exact intervals; trialwright.statistics.boschloo, miettinen_nurminen, newcombe, exact_difference",
            "改善者比例；失败或缺失计为未应答；Boschloo 精确检验，Miettinen-Nurminen、Newcombe 与精确区间；"
            "trialwright.statistics.boschloo、miettinen_nurminen、newcombe、exact_difference",
        ),
    ),
)

_OBSERVED = (("RESCUE", "treatment policy"), ("DEATH", "treatment policy"))
_SET_ASIDE = (("RESCUE", "hypothetical"),)
_BLIND_ONLY = (("UNBLINDED", "left out"),)


def _plan(
    code: str,
    method: str,
    purpose: str,
    title: Text | None = None,
    instead: tuple[tuple[str, str], ...] = (),
    readings: tuple[str, ...] = (),
    **settings: str,
) -> PlannedAnalysis:
    return PlannedAnalysis(
        code=code,
        method=method,
        purpose=purpose,
        title=title,
        instead=instead,
        readings=readings,
        settings=tuple(settings.items()),
    )


PRIMARY = (
    _plan("DESCRIBE", "DESCRIBE", "descriptive"),
    _plan("ANCOVA", "ANCOVA", "primary"),
    _plan("PERMUTATION", "PERMUTATION", "sensitivity"),
    _plan("HODGES_LEHMANN", "HODGES_LEHMANN", "sensitivity"),
    _plan(
        "ANCOVA_OBSERVED",
        "ANCOVA",
        "sensitivity",
        Text("Analysis of covariance, rescued patients as observed", "协方差分析，补救治疗者按观察值"),
        instead=_OBSERVED,
    ),
    _plan(
        "ANCOVA_WORSE",
        "ANCOVA",
        "sensitivity",
        Text("Analysis of covariance, a failure worth 10 units", "协方差分析，失败计 10 分"),
        failure="10",
    ),
    _plan(
        "ANCOVA_BLIND",
        "ANCOVA",
        "sensitivity",
        Text(
            "Analysis of covariance where the evaluator stayed blind", "协方差分析，仅评估者保持盲态者"
        ),
        instead=_BLIND_ONLY,
    ),
    _plan("MMRM", "MMRM", "sensitivity"),
    _plan(
        "MMRM_SET_ASIDE",
        "MMRM",
        "supplementary",
        Text("Mixed model, scores after rescue set aside", "混合模型，补救治疗后评分不采用"),
        instead=_SET_ASIDE,
    ),
    _plan("RANK_SUM", "RANK_SUM", "sensitivity"),
    _plan("VAN_ELTEREN", "VAN_ELTEREN", "sensitivity"),
    _plan(
        "JUMP",
        "REFERENCE_BASED",
        "sensitivity",
        Text("Missing scores jump to those of the control arm", "缺失评分跳转至对照组"),
        strategy="J2R",
    ),
    _plan(
        "COPY_INCREMENTS",
        "REFERENCE_BASED",
        "sensitivity",
        Text("Missing scores go on as in the control arm", "缺失评分按对照组增量延续"),
        strategy="CIR",
    ),
    _plan("TIPPING_POINT", "TIPPING_POINT", "sensitivity"),
    _plan("IMPUTED", "MULTIPLE_IMPUTATION", "sensitivity", strategy="MAR", seed="6546540"),
    _plan("POSTERIOR", "POSTERIOR", "supplementary"),
    _plan("BORROWING", "BORROWING", "supplementary"),
    _plan("E_VALUE", "E_VALUE", "sensitivity", readings=("R1",)),
    _plan(
        "SELECTION",
        "REGRESSION_TO_MEAN",
        "sensitivity",
        readings=("R2",),
        mean_change="-2",
        sd_change="7.5",
        errors="2.5 4",
        persistence="0 0.3 0.6",
        cut="0",
    ),
    _plan("OVERLAP", "OVERLAP_WEIGHTS", "sensitivity", readings=("R1",), covariates="DISDUR"),
    PlannedAnalysis(
        code="RERANDOMIZATION",
        method="RERANDOMIZATION",
        purpose="sensitivity",
        population="ITTFL",
        readings=("R3",),
        settings=(("sizes", "2 4"), ("seed", "6546540")),
    ),
    _plan(
        "IMPROVED",
        "RESPONDER",
        "supplementary",
        Text("Improved by more than 5 units and 25 % of the baseline", "改善超过 5 分且达基线 25 %"),
        more_than="5",
        percent="25",
    ),
    _plan(
        "IMPORTANT",
        "RESPONDER",
        "supplementary",
        Text("Improved by the important difference of 5 units", "改善达到重要差值 5 分"),
        at_least="5",
    ),
)
"""Skin score at week 24. What the registry calls primary is estimated once; everything else asks whether it depends on a choice."""

SECONDARY = (
    _plan("DESCRIBE", "DESCRIBE", "descriptive"),
    _plan("ANCOVA", "ANCOVA", "descriptive"),
    _plan("HODGES_LEHMANN", "HODGES_LEHMANN", "descriptive"),
    _plan("PERMUTATION", "PERMUTATION", "descriptive"),
    _plan("POSTERIOR", "POSTERIOR", "descriptive"),
)
"""Every secondary measurement: described, and compared in three ways without any claim."""

SHARES = (_plan("RESPONDER", "RESPONDER", "descriptive"),)
"""Outcomes that are yes or no."""

BETTER = (
    _plan("CLASSES", "CLASSES", "descriptive"),
    _plan("RESPONDER", "RESPONDER", "descriptive", Text("Functional class: better by one class or more", "WHO 心功能分级：改善一级或以上"), at_least="1"),
    _plan("WORSE", "RESPONDER", "descriptive", Text("Functional class: worse by one class or more", "WHO 心功能分级：恶化一级或以上"), at_least="1",
          worse="yes"),
)
"""Outcomes in a few ordered classes: who moved, and which way."""
CLASSES = ("WHOFC24",)


def planned(endpoint: Endpoint) -> Endpoint:
    """The endpoint with its analyses, and (a secondary one) with the estimand that all secondary ones share."""
    if endpoint.at is None:
        return endpoint
    if endpoint.primary:
        return evolve(endpoint, analyses=PRIMARY)
    plans = BETTER if endpoint.code in CLASSES else SECONDARY if endpoint.change else SHARES
    return evolve(endpoint, estimand="SECONDARY", analyses=plans)
