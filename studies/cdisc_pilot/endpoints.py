"""What the pilot trial measured and what exactly its primary analysis estimated."""

from trialwright.protocol import Endpoint, Estimand, IntercurrentEvent, Text

EVENTS = (
    IntercurrentEvent(
        code="STOP",
        event=Text("treatment stopped early", "提前停药"),
        strategy="treatment policy",
        because=Text("assessments after the stop count: a retrieval visit near week 24 lies in its window", "停药后的评估计入：第 24 周前后的召回访视在窗口内"),
    ),
    IntercurrentEvent(
        code="NO_WEEK_24",
        event=Text("no assessment after day 140", "第 140 天之后无评估"),
        strategy="last observation carried forward",
        because=Text("as the trial's analysis plan prescribed in 2006; kept to reproduce it, not recommended", "按 2006 年统计分析计划规定；仅为复现，不推荐"),
    ),
)

ESTIMANDS = (
    Estimand(
        code="ADAS24",
        treatment=Text("xanomeline 54 mg or 81 mg a day by patch, against placebo, as randomized", "占诺美林贴剂 54 mg 或 81 mg/日对比安慰剂（按随机分组）"),
        population=Text(
            "efficacy population: randomized, treated, with an ADAS-Cog and a CIBIC+ after baseline",
            "疗效人群：已随机、已用药，且基线后有 ADAS-Cog 和 CIBIC+ 评估"
        ),
        variable=Text("change of ADAS-Cog (11) from baseline to week 24", "ADAS-Cog (11) 从基线到第 24 周的变化"),
        events=EVENTS,
        summary=Text(
            "differences of least-squares means, adjusted for baseline and site group; linear trend in dose", "调整基线和中心组的最小二乘均值之差；剂量线性趋势"
        ),
    ),
    Estimand(
        code="CIBIC24",
        treatment=Text("xanomeline 54 mg or 81 mg a day by patch, against placebo, as randomized", "占诺美林贴剂 54 mg 或 81 mg/日对比安慰剂（按随机分组）"),
        population=Text(
            "efficacy population: randomized, treated, with an ADAS-Cog and a CIBIC+ after baseline",
            "疗效人群：已随机、已用药，且基线后有 ADAS-Cog 和 CIBIC+ 评估"
        ),
        variable=Text("CIBIC+ at week 24", "第 24 周 CIBIC+"),
        events=EVENTS,
        summary=Text("differences of least-squares means, adjusted for site group; linear trend in dose", "调整中心组的最小二乘均值之差；剂量线性趋势"),
    ),
)

WINDOWS = ("WEEK8", "WEEK16", "WEEK24")
"""Every assessment after baseline counts for one of these: days 2 to 84, 85 to 140, and 141 onwards."""

ENDPOINTS = (
    Endpoint(
        code="ADAS24",
        title=Text("ADAS-Cog (11), change from baseline to week 24", "ADAS-Cog (11) 从基线到第 24 周的变化"),
        form="ADAS",
        measure="ACTOT",
        at="WEEK24",
        baseline="BASELINE",
        primary=True,
        estimand="ADAS24",
        higher_is_worse=True,
        windows=WINDOWS,
    ),
    Endpoint(
        code="CIBIC24",
        title=Text("CIBIC+ at week 24", "第 24 周 CIBIC+"),
        form="CIBIC",
        measure="CIBIC",
        at="WEEK24",
        baseline=None,
        change=False,
        estimand="CIBIC24",
        higher_is_worse=True,
        windows=WINDOWS,
    ),
)
