"""The study NCT06546540 as one object: arms, visits, forms, criteria, endpoints; `STUDY` is what every command reads."""

from decimal import Decimal

from studies.telitacicept_ssc import checks, criteria, endpoints, facts, plan, safety, scores
from studies.telitacicept_ssc.assumptions import ASSUMPTIONS, REGISTERED
from studies.telitacicept_ssc.summary import SUMMARY
from trialwright.forms import (
    accountability,
    activity,
    adverse_events,
    antibodies,
    circulation,
    consent,
    demographics,
    disposition,
    dosing,
    evaluator_guess,
    infection_screening,
    laboratory,
    lung_function,
    medications,
    skin_history,
    ssc_classification,
    unmasking,
)
from trialwright.instruments import (
    acr_eular_2013,
    causality,
    criss,
    ctcae,
    dose_stability,
    eq5d5l,
    eustar,
    git2,
    haq_di,
    hepatitis_b,
    immunoglobulin_watch,
    mrss,
    pah,
    prednisone,
    rand36,
    reporting_clocks,
    shaq,
    spirometry,
    tlco,
    tuberculosis,
)
from trialwright.protocol import (
    BLINDED,
    SELF,
    Arm,
    Audience,
    Epoch,
    Item,
    Kind,
    Method,
    Reading,
    Regimen,
    Study,
    Text,
    Visit,
)

ARMS = (
    Arm(
        code="T",
        name=Text("telitacicept", "泰它西普组"),
        treatment=Text(
            "telitacicept 160 mg under the skin every week, added to conventional treatment (dose assumed)",
            "泰它西普 160 mg 皮下注射每周一次，联合常规治疗（剂量为假定）",
        ),
        regimen=Regimen(
            form="DOSING",
            day="EXDAT",
            given="EXGIVEN",
            amount="EXDOSE",
            dose=Decimal(160),
            unit="mg",
            every=7,
            within=3,
        ),
    ),
    Arm(
        code="C",
        name=Text("conventional treatment", "常规治疗组"),
        treatment=Text("conventional treatment, continued", "继续常规治疗"),
        control=True,
    ),
)

EPOCHS = (
    Epoch(code="SCREENING", name=Text("screening", "筛选期")),
    Epoch(code="TREATMENT", name=Text("treatment", "治疗期")),
)

_PATIENT_GLOBAL = Item(
    code="PTGA",
    label=Text(
        "Patient's global assessment of the disease, 0 (none) to 10 (worst)", "患者对疾病总体评估，0（无）至 10（最重）"
    ),
    kind=Kind.DECIMAL,
    audience=SELF,
    decimals=1,
    low=Decimal(0),
    high=Decimal(10),
    absences=shaq.BLANK,
    sdtm="QS.QSORRES where QSTESTCD = PTGA and QSCAT = PATIENT GLOBAL ASSESSMENT",
)

_SCREENING_FORMS = ("CONSENT", "DEMOGRAPHICS", "CLASSIFICATION", "ANTIBODIES", "SKIN_HISTORY", "LUNG", "INFECTION")
QUESTIONNAIRES = ("GIT2", "HAQ", "SHAQ", "RAND36", "EQ5D")
"""What the patient answers at baseline and at weeks 12, 24 and 48."""
_FILLERS = Audience.PATIENT | Audience.COORDINATOR
"""Who fills them: the patient on his phone, or the coordinator from paper."""


def _week(week: int, number: float, *forms: str, around: int = 7) -> Visit:
    return Visit(
        code=f"W{week}",
        name=Text(f"Week {week}", f"第 {week} 周"),
        number=number,
        day=7 * week,
        early=around,
        late=around,
        forms=forms,
    )


VISITS = (
    Visit(
        code="SCREENING",
        name=Text("Screening", "筛选"),
        number=1.0,
        day=-14,
        early=14,
        late=13,
        epoch="SCREENING",
        forms=_SCREENING_FORMS,
    ),
    Visit(
        code="BASELINE",
        name=Text("Baseline", "基线"),
        number=2.0,
        day=0,
        forms=("MRSS", "LUNG", "LABORATORY", "ACTIVITY", "PAH", *QUESTIONNAIRES),
        is_baseline=True,
    ),
    _week(4, 3.0, "MRSS", "LABORATORY", "GUESS"),
    _week(8, 4.0, "MRSS", "LABORATORY"),
    _week(12, 5.0, "MRSS", "LUNG", "LABORATORY", "ACTIVITY", *QUESTIONNAIRES),
    _week(16, 6.0, "MRSS", "LABORATORY"),
    _week(20, 7.0, "MRSS", "LABORATORY"),
    _week(24, 8.0, "MRSS", "LUNG", "LABORATORY", "ACTIVITY", "PAH", *QUESTIONNAIRES, "GUESS"),
    _week(36, 9.0, "MRSS", "LABORATORY", around=14),
    _week(48, 10.0, "MRSS", "LUNG", "LABORATORY", "ACTIVITY", "PAH", *QUESTIONNAIRES, around=14),
)
"""One grid for both arms: a grid of its own would tell the arm. Windows do not overlap."""

MRSS_FORM = mrss.form(
    technique=Text(
        "Grade the thickness of a representative area of each site by palpation, not tethering. "
        "Do not ask the patient about treatment.",
        "触诊各部位具代表性的区域，评定皮肤厚度，不评定皮肤固着。请勿询问受试者治疗情况。",
    )
)

FORMS = (
    consent.FORM,
    demographics.FORM,
    ssc_classification.FORM,
    antibodies.FORM,
    skin_history.FORM,
    MRSS_FORM,
    lung_function.FORM,
    laboratory.FORM,
    infection_screening.FORM,
    activity.FORM,
    circulation.FORM,
    git2.form(SELF, _FILLERS),
    haq_di.form(SELF, _FILLERS),
    shaq.form(SELF, _FILLERS, also=(_PATIENT_GLOBAL,)),
    rand36.form(SELF, _FILLERS),
    eq5d5l.form(SELF, _FILLERS),
    evaluator_guess.FORM,
    unmasking.FORM,
    medications.FORM,
    dosing.FORM,
    accountability.FORM,
    adverse_events.FORM,
    disposition.FORM,
)

INSTRUMENTS = (
    mrss.INSTRUMENT,
    acr_eular_2013.INSTRUMENT,
    spirometry.INSTRUMENT,
    tlco.INSTRUMENT,
    git2.INSTRUMENT,
    haq_di.INSTRUMENT,
    shaq.INSTRUMENT,
    rand36.INSTRUMENT,
    eq5d5l.INSTRUMENT,
    eustar.INSTRUMENT,
    eustar.CONTINUOUS,
    criss.INSTRUMENT,
    criss.REVISED,
    pah.INSTRUMENT,
    pah.ECHO,
    pah.RISK_3,
    pah.RISK_4,
    pah.WALK,
    ctcae.INSTRUMENT,
    immunoglobulin_watch.INSTRUMENT,
    hepatitis_b.INSTRUMENT,
    tuberculosis.INSTRUMENT,
    causality.RELATEDNESS,
    reporting_clocks.INSTRUMENT,
    prednisone.INSTRUMENT,
    dose_stability.INSTRUMENT,
)
"""Every scale, rule and version under which something is derived."""

LOGS = ("MEDICATIONS", "DOSING", "ACCOUNTABILITY", "ADVERSE_EVENTS", "DISPOSITION", "UNMASKING")

READINGS = (
    Reading(
        code="R1",
        title=Text("all progress and the clinician chooses", "所有受试者均进展，由临床医师选择"),
        method=Method.BY_CLINICIAN,
        consequence=Text(
            "a non-randomized comparison of two treatments in patients whose skin progresses",
            "在皮肤进展患者中对两种治疗进行非随机比较",
        ),
        bias=Text("confounding by indication", "适应证混杂"),
        estimand="SKIN24_R1",
    ),
    Reading(
        code="R2",
        title=Text("non-responders get telitacicept, the others continue", "未应答者加用泰它西普，其余继续常规治疗"),
        method=Method.BY_RESPONSE,
        consequence=Text(
            "two groups that differ by their earlier course; a contrast between them is descriptive",
            "两组既往病程不同，组间对比仅为描述性",
        ),
        bias=Text("regression to the mean in one arm only", "仅一组受均值回归影响"),
        rule=criteria.WORSENED,
        if_met="T",
        if_not="C",
        estimand="SKIN24_R2",
    ),
    Reading(
        code="R3",
        title=Text("randomized", "随机分组"),
        method=Method.RANDOMIZED,
        consequence=Text("a randomized comparison", "随机对照比较"),
        bias=Text("chance imbalance, with 20 patients", "20 例样本下的偶然不均衡"),
        estimand="SKIN24_R3",
    ),
)


def study(
    reading: str = "R1",
    diffuse_only: bool = True,
    reference: str = "gli_global_2022",
    delta_mrss_min: Decimal = criteria.DELTA_MRSS_MIN,
) -> Study:
    """NCT06546540 under one reading of its allocation, with or without the check of the diffuse subset, with the
    equation that gives FVC percent predicted (one of `facts.FVC_DERIVATIONS`) and the least change that counts in I5."""
    inclusion = criteria.inclusion(delta_mrss_min)
    return Study(
        code="NCT06546540",
        version="0.1",
        title=Text(
            "Telitacicept against conventional treatment in progressive diffuse systemic sclerosis",
            "泰它西普对比常规治疗用于进展性弥漫型系统性硬化症",
        ),
        official_title=Text(
            "Evaluator Blind, Controlled, Preliminary Clinical Study of Telitacicept in the Treatment of Diffuse "
            "Systemic Sclerosis With Progressive Skin Progression",
            "泰它西普治疗皮肤持续进展的弥漫型系统性硬化症的评估者盲、对照、初步临床研究",
        ),
        registry="NCT06546540",
        sponsor="Peking University Third Hospital",
        phase="PHASE4",
        registered=REGISTERED,
        summary=SUMMARY,
        planned=20,
        sites=("01",),
        country="CHN",
        time_zone="Asia/Shanghai",
        arms=ARMS,
        epochs=EPOCHS,
        visits=VISITS,
        forms=FORMS,
        logs=LOGS,
        instruments=INSTRUMENTS,
        derivations=facts.derivations(reference),
        watches=safety.WATCHES,
        scores=scores.scores(reference),
        checks=checks.CHECKS,
        criteria=(*inclusion, criteria.DIFFUSE) if diffuse_only else inclusion,
        estimands=endpoints.ESTIMANDS,
        endpoints=endpoints.endpoints(reading),
        methods=plan.METHODS,
        readings=READINGS,
        reading=reading,
        assumptions=ASSUMPTIONS,
        roles=~Audience(0),
        blinded=BLINDED,
    )


STUDY = study()
