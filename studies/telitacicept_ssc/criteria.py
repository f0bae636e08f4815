"""The six inclusion criteria of NCT06546540 as rules that can be executed, and the separate check of the diffuse subset."""

from decimal import Decimal

from trialwright.protocol import AtLeast, Criterion, Every, Is, Some, Text

DELTA_MRSS_MIN = Decimal(0)
"""Registry literal: no change counts as progression. The investigator may raise it."""

_DISEASE = Criterion(
    code="I1",
    text=Text(
        "Systemic sclerosis by the 2013 ACR/EULAR criteria, and agreement to join",
        "符合 2013 年 ACR/EULAR 系统性硬化症分类标准，并同意参加",
    ),
    rule=Every((AtLeast("acr_eular", Decimal(9)), Is("acr_eular_applies", ("Y",)), Is("consent", ("Y",)))),
    version="I1/1",
)
_AGE = Criterion(
    code="I2",
    text=Text("Age of 18 years or more", "年龄 ≥ 18 岁"),
    rule=AtLeast("age", Decimal(18)),
    version="I2/1",
)
_LUNG = Criterion(
    code="I3",
    text=Text("FVC above 50 % of predicted", "FVC 占预计值百分比 > 50 %"),
    rule=AtLeast("fvc_percent", Decimal(50), strict=True),
    version="I3/1",
    note=Text(
        "The registry names no reference equation; the one used is stated with the value.",
        "注册信息未说明参考方程；所用方程随数值注明。",
    ),
)
_ANTIBODY = Criterion(
    code="I4",
    text=Text(
        "ANA positive, or any scleroderma-related autoantibody positive",
        "ANA 阳性，或任一硬皮病相关自身抗体阳性",
    ),
    rule=Some((Is("ana", ("POSITIVE",)), Is("ssc_antibody", ("POSITIVE",)))),
    version="I4/1",
)
_DRUGS = Criterion(
    code="I6",
    text=Text(
        "MMF and CYC dose stable for six months before the first study drug; steroid at most 10 mg of prednisone a "
        "day for 30 days before it",
        "首次用药前 MMF、CYC 剂量稳定 ≥ 6 个月；首次用药前 ≥ 30 天激素 ≤ 10 mg/日（泼尼松等效）",
    ),
    rule=Every((Is("mmf_stable", ("Y",)), Is("cyc_stable", ("Y",)), Is("steroid_low", ("Y",)))),
    version="I6/1",
)


def activity(delta_mrss_min: Decimal) -> Criterion:
    """I5; `delta_mrss_min` is the least change of the skin score that counts."""
    return Criterion(
        code="I5",
        text=Text(
            "Activity after conventional treatment: new skin involvement, or two areas worse, or skin thickening after "
            "six months of it (delta mRSS of 0 or more)",
            "常规治疗后疾病活动：新的皮肤受累，或两个部位加重，或常规治疗 6 个月后皮肤增厚（δMRSS ≥ 0 分）",
        ),
        rule=Some(
            (
                Is("new_skin", ("Y",)),
                AtLeast("areas_worse", Decimal(2)),
                Every((AtLeast("delta_mrss", delta_mrss_min), Is("six_months", ("Y",)))),
            )
        ),
        version=f"I5/1/delta_mrss_min={delta_mrss_min}",
        note=Text(
            "Read literally, no change counts as worsening.",
            "按字面理解，无变化也视为加重。",
        ),
    )


def inclusion(delta_mrss_min: Decimal = DELTA_MRSS_MIN) -> tuple[Criterion, ...]:
    """The registered criteria I1 to I6; `delta_mrss_min` is the least change of the skin score that counts in I5."""
    return (_DISEASE, _AGE, _LUNG, _ANTIBODY, activity(delta_mrss_min), _DRUGS)


WORSENED = Some(
    (
        Is("new_skin", ("Y",)),
        AtLeast("areas_worse", Decimal(2)),
        AtLeast("delta_mrss", Decimal(0), strict=True),
    )
)
"""Who did not respond, for reading R2 alone: the skin became worse. Whoever is unchanged meets I5 and stays in control."""

DIFFUSE = Criterion(
    code="D1",
    text=Text("Diffuse subset (in the title, not in the inclusion list)", "弥漫型（见于标题，未列入入选标准）"),
    rule=Is("subset", ("DIFFUSE",)),
    version="D1/1",
    note=Text("A check of this study that can be switched off.", "本研究的附加核查，可关闭。"),
)
