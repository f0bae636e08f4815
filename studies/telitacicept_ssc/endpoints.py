"""What the study measures (endpoints) and what exactly it estimates under each reading of the allocation (estimands)."""

from decimal import Decimal

from attrs import evolve

from studies.telitacicept_ssc.plan import planned
from trialwright.protocol import Endpoint, Estimand, IntercurrentEvent, Sign, SignKind, Text

BACKGROUND = (
    "MYCOPHENOLATE",
    "CYCLOPHOSPHAMIDE",
    "PREDNISO",
    "CORTISO",
    "TRIAMCINOLONE",
    "METASONE",
    "METHASONE",
    "DEFLAZACORT",
)
"""Parts of the names of the drugs of conventional treatment."""
RESCUE = (
    "MYCOPHENOLATE", "CYCLOPHOSPHAMIDE", "METHOTREXATE", "AZATHIOPRINE", "LEFLUNOMIDE", "TACROLIMUS", "CICLOSPORIN", "CYCLOSPORIN",
    "TRIPTERYGIUM", "IGURATIMOD", "RITUXIMAB", "TOCILIZUMAB", "BELIMUMAB", "ABATACEPT", "INEBILIZUMAB", "DIVOZILIMAB", "TOFACITINIB",
    "BARICITINIB", "UPADACITINIB", "IMMUNOGLOBULIN", "IVIG", "STEM CELL", "TRANSPLANT", "CAR-T",
)  # fmt: skip
"""Parts of the names of what counts as rescue when it was not taken at the start: our list, to be confirmed."""
LEAKS = ("INJECTION_MARK", "PATIENT_REMARK", "LAB_RESULT", "RECORD_SEEN", "COLLEAGUE", "OTHER")
"""Reasons of a guess, and ways in which the evaluator reports to have learned it, that say that something told him the arm."""
FAILURE = Decimal(5)
"""What a failure is worth where means are compared: worsening by the important difference (Khanna 2019)."""

EVENTS = (
    IntercurrentEvent(
        code="STOP",
        event=Text("telitacicept stopped or doses missed", "停用或漏用泰它西普"),
        strategy="treatment policy",
        because=Text(
            "the question is what adding the drug does in practice, doses missed included",
            "关注实际加用该药的效果，包括漏用",
        ),
        signs=(Sign(kind=SignKind.TREATMENT_ENDED), Sign(kind=SignKind.DOSE_MISSED)),
    ),
    IntercurrentEvent(
        code="DOSE_CHANGE",
        event=Text("dose of background drugs changed", "背景治疗剂量改变"),
        strategy="treatment policy",
        because=Text("changes are part of conventional treatment in both arms", "剂量调整是两组常规治疗的一部分"),
        signs=(Sign(kind=SignKind.DRUG_CHANGED, terms=BACKGROUND),),
    ),
    IntercurrentEvent(
        code="RESCUE",
        event=Text(
            "rescue: new immunosuppressant, transplantation, or steroid above 10 mg a day",
            "补救治疗：新增免疫抑制剂、移植或激素超过 10 mg/日",
        ),
        strategy="composite",
        because=Text("rescue means that the treatment failed", "补救治疗意味着治疗失败"),
        signs=(Sign(kind=SignKind.DRUG_BEGUN, terms=RESCUE), Sign(kind=SignKind.STEROID_ABOVE, above=Decimal(10))),
    ),
    IntercurrentEvent(
        code="DEATH",
        event=Text("death", "死亡"),
        strategy="composite",
        because=Text(
            "a skin score after death does not exist; death is the worst outcome", "死亡后无皮肤评分；死亡为最差结局"
        ),
        signs=(Sign(kind=SignKind.DEATH),),
    ),
    IntercurrentEvent(
        code="UNBLINDED",
        event=Text("the evaluator learns the arm", "评估者得知分组"),
        strategy="treatment policy",
        because=Text(
            "the score is kept and flagged; a sensitivity analysis leaves it out",
            "保留并标记该评分；敏感性分析中剔除",
        ),
        signs=(Sign(kind=SignKind.ARM_LEARNED, terms=LEAKS),),
    ),
)

_POPULATION = Text(
    "adults with systemic sclerosis whose skin progresses after six months of conventional treatment, as included",
    "常规治疗六个月后皮肤仍进展的成年系统性硬化症患者（符合入选标准）",
)
_VARIABLE = Text(
    "change of the mRSS total from baseline to week 24, by the blinded evaluator",
    "盲态评估者评定的 mRSS 总分从基线到第 24 周的变化",
)

ESTIMANDS = (
    Estimand(
        code="SKIN24_R1",
        treatment=Text(
            "telitacicept added to conventional treatment, against conventional treatment alone, as chosen by the clinician",
            "临床医师选择的泰它西普联合常规治疗对比单纯常规治疗",
        ),
        population=_POPULATION,
        variable=_VARIABLE,
        events=EVENTS,
        summary=Text(
            "difference of mean changes, adjusted for the baseline score; an association, biased by indication",
            "调整基线评分后的平均变化之差；为关联性结果，存在适应证混杂",
        ),
        failure=FAILURE,
    ),
    Estimand(
        code="SKIN24_R2",
        treatment=Text(
            "telitacicept added in those who did not respond, next to continued conventional treatment in the others",
            "未应答者加用泰它西普，并列其余患者继续常规治疗",
        ),
        population=Text(
            "two populations: patients who did not respond to conventional treatment, and patients who did",
            "两个人群：常规治疗未应答者与其余患者",
        ),
        variable=_VARIABLE,
        events=EVENTS,
        summary=Text(
            "mean change in each arm; the contrast is descriptive and shown beside the regression to the mean expected "
            "without any drug effect",
            "各组平均变化；组间对比仅为描述性，并同时给出无药效时预期的均值回归",
        ),
        failure=FAILURE,
    ),
    Estimand(
        code="SKIN24_R3",
        treatment=Text(
            "telitacicept added to conventional treatment, against conventional treatment alone, as randomized",
            "随机分配的泰它西普联合常规治疗对比单纯常规治疗",
        ),
        population=_POPULATION,
        variable=_VARIABLE,
        events=EVENTS,
        summary=Text(
            "difference of mean changes, adjusted for the baseline score: the effect of assignment",
            "调整基线评分后的平均变化之差：分配治疗的效应",
        ),
        failure=FAILURE,
    ),
    Estimand(
        code="SECONDARY",
        treatment=Text(
            "telitacicept added to conventional treatment, next to conventional treatment alone, however the arms were formed",
            "泰它西普联合常规治疗，并列单纯常规治疗（不论分组方式）",
        ),
        population=_POPULATION,
        variable=Text("the outcome of the endpoint at its visit", "各终点在其访视时的结局"),
        events=tuple(
            evolve(event, strategy="while alive" if event.code == "DEATH" else "treatment policy") for event in EVENTS
        ),
        summary=Text(
            "difference of mean changes, adjusted for the baseline value, or of shares: descriptive, no claim is made",
            "调整基线值后的平均变化之差，或比例之差：仅为描述，不作任何结论",
        ),
    ),
)
"""One for each reading, of which the primary endpoint names that under which the study runs, and one for all other endpoints."""


_RAND = {
    "PF": Text("physical functioning", "生理功能"),
    "RP": Text("physical role", "生理职能"),
    "RE": Text("emotional role", "情感职能"),
    "EF": Text("energy", "精力"),
    "EWB": Text("emotional well-being", "情绪健康"),
    "SF": Text("social functioning", "社会功能"),
    "BP": Text("pain", "疼痛"),
    "GH": Text("general health", "总体健康"),
}
_AT_24 = (
    ("FVCPP24", "LUNG", "FVCPP", False, "FVC percent predicted", " FVC 占预计值百分比"),
    ("FVC24", "LUNG", "FVC", False, "FVC", " FVC "),
    (
        "DLCO24",
        "LUNG",
        "DLCOHCPP",
        False,
        "DLCO percent predicted, hemoglobin corrected",
        "DLCO 占预计值百分比（血红蛋白校正）",
    ),
    ("GIT24", "GIT2", "GITTOT", True, "total of the gut questionnaire", "胃肠道问卷总分"),
    ("WALK24", "PAH", "SIXMWD", False, "six-minute walk distance", "六分钟步行距离"),
    ("NTPROBNP24", "PAH", "NTPROBNP", True, "NT-proBNP", "NT-proBNP"),
    ("WHOFC24", "PAH", "WHOFC", True, "WHO functional class", "WHO 心功能分级"),
    ("EUSTAR24", "ACTIVITY", "EUSTAR17", True, "revised EUSTAR activity index", "修订 EUSTAR 疾病活动指数"),
    ("HAQDI24", "HAQ", "HAQDI", True, "HAQ disability index", "HAQ 残疾指数"),
    *(
        (f"R36{code}24", "RAND36", f"R36{code}", False, f"RAND-36 {name.en}", f"RAND-36 {name.zh}")
        for code, name in _RAND.items()
    ),
    ("EQ5D24", "EQ5D", "EQ5DIDX", False, "EQ-5D-5L index", "EQ-5D-5L 效用指数"),
)
"""The registered secondary domains at week 24; which instrument measures them is assumed (A17 to A22)."""


def _secondary(code: str, form: str, measure: str, worse: bool, en: str, zh: str) -> Endpoint:
    return Endpoint(
        code=code,
        title=Text(f"Change of {en} at week 24", f"第 24 周{' ' if zh[0].isascii() else ''}{zh}{' ' if zh[-1].isascii() else ''}变化"),
        form=form,
        measure=measure,
        at="W24",
        baseline="BASELINE",
        higher_is_worse=worse,
    )


def endpoints(reading: str) -> tuple[Endpoint, ...]:
    """The endpoints with their analyses; the primary one carries the estimand that `reading` (R1, R2, R3) allows."""
    return tuple(planned(one) for one in measured(reading))


def measured(reading: str) -> tuple[Endpoint, ...]:
    """What is measured, when, and which estimand the primary endpoint names."""
    return (
        Endpoint(
            code="MRSS24",
            title=Text("Change of the skin score at week 24", "第 24 周皮肤评分变化"),
            form="MRSS",
            measure="TOTAL",
            at="W24",
            baseline="BASELINE",
            primary=True,
            estimand=f"SKIN24_{reading}",
            higher_is_worse=True,
        ),
        Endpoint(
            code="SAFETY",
            title=Text(
                "Safety: adverse events from the start of treatment to the last visit (described, not tested)",
                "安全性：自治疗开始至末次访视的不良事件（仅描述，不作检验）",
            ),
            form="ADVERSE_EVENTS",
            measure="AETERM",
            at=None,
            baseline=None,
            change=False,
            primary=True,
            higher_is_worse=True,
        ),
        *(_secondary(*told) for told in _AT_24),
        Endpoint(
            code="CRISS24",
            title=Text("Response by the revised CRISS (20 %) at week 24", "第 24 周修订版 CRISS（20%）应答"),
            form="ACTIVITY",
            measure="RCRISS20",
            at="W24",
            baseline="BASELINE",
            change=False,
            higher_is_worse=False,
        ),
        Endpoint(
            code="MRSS48",
            title=Text("Change of the skin score at week 48", "第 48 周皮肤评分变化"),
            form="MRSS",
            measure="TOTAL",
            at="W48",
            baseline="BASELINE",
            higher_is_worse=True,
        ),
    )
