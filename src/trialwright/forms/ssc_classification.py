"""The items of the 2013 ACR/EULAR classification of systemic sclerosis, and the skin subset."""

from trialwright.protocol import SITE, Absence, Audience, Codelist, Form, Item, Kind, Section, Term, Text, yes_no

SUBSET = Codelist(
    code="LEROY",
    terms=(
        Term(
            "DIFFUSE",
            Text("diffuse (skin thick above elbow or knee, or on the trunk)", "弥漫型（肘、膝近端或躯干皮肤增厚）"),
        ),
        Term("LIMITED", Text("limited (only below elbow or knee, or face)", "局限型（仅肘、膝远端或面部）")),
        Term("SINE", Text("no skin thickening", "无皮肤增厚")),
    ),
)

_UNKNOWN = (Absence.NOT_DONE, Absence.UNKNOWN)


def _asked(code: str, en: str, zh: str, hint: Text | None = None) -> Item:
    return Item(
        code=code,
        label=Text(en, zh),
        kind=Kind.CHOICE,
        audience=SITE,
        codelist=yes_no(),
        absences=_UNKNOWN,
        hint=hint,
        sdtm=f"MH.MHOCCUR where MHTERM = {en.upper()} and MHPRESP = Y and MHCAT = SIGNS ASKED FOR",
    )


FORM = Form(
    code="CLASSIFICATION",
    title=Text("Classification of systemic sclerosis (2013 ACR/EULAR)", "系统性硬化症分类（2013 年 ACR/EULAR）"),
    entered_by=Audience.COORDINATOR | Audience.PHYSICIAN,
    instrument="ACR_EULAR_2013",
    sections=(
        Section(
            title=Text("Does the classification apply?", "分类标准是否适用？"),
            items=(
                _asked("SPARED", "Skin thickening that spares the fingers", "皮肤增厚但手指不受累"),
                _asked(
                    "MIMIC",
                    "A scleroderma-like disorder explains the picture better",
                    "更符合硬皮病样疾病",
                    Text(
                        "For example nephrogenic fibrosis, generalized morphea, eosinophilic fasciitis, scleredema, "
                        "scleromyxedema, porphyria, lichen sclerosus, graft versus host disease, diabetic hand.",
                        "例如肾源性纤维化、泛发性硬斑病、嗜酸性筋膜炎、硬肿病、硬化性黏液水肿、卟啉病、硬化性苔藓、移植物抗宿主病、糖尿病手关节病变。",
                    ),
                ),
            ),
        ),
        Section(
            title=Text("Ever present (now or in the history)", "现在或既往曾出现"),
            items=(
                _asked(
                    "PROXIMAL",
                    "Skin thickening of the fingers of both hands extending beyond the knuckles",
                    "双手手指皮肤增厚并超过掌指关节近端",
                ),
                _asked("PUFFY", "Puffy fingers", "手指肿胀"),
                _asked(
                    "SCLERODACT",
                    "Sclerodactyly (beyond the middle joints, not past the knuckles)",
                    "指端硬化（近端指间关节近端至掌指关节远端）",
                ),
                _asked("ULCERS", "Digital tip ulcers", "指尖溃疡"),
                _asked("SCARS", "Fingertip pitting scars", "指尖凹陷性瘢痕"),
                _asked("TELANG", "Telangiectasia", "毛细血管扩张"),
                _asked("NAILFOLD", "Abnormal nailfold capillaries", "甲襞毛细血管异常"),
                _asked("PAH", "Pulmonary arterial hypertension by right heart catheter", "右心导管证实的肺动脉高压"),
                _asked(
                    "ILD",
                    "Interstitial lung disease by imaging, or basal crackles",
                    "影像学证实的间质性肺病或双肺底爆裂音",
                ),
                _asked("RAYNAUD", "Raynaud phenomenon", "雷诺现象"),
            ),
        ),
        Section(
            title=Text("Subset", "亚型"),
            items=(
                Item(
                    code="SUBSET",
                    label=Text("Skin subset ever reached (LeRoy)", "曾达到的皮肤亚型（LeRoy）"),
                    kind=Kind.CHOICE,
                    audience=SITE,
                    codelist=SUBSET,
                    absences=_UNKNOWN,
                    sdtm="MH.MHSCAT where MHTERM = SYSTEMIC SCLEROSIS and MHCAT = DISEASE UNDER STUDY",
                ),
                Item(
                    code="ONSETDAT",
                    label=Text("First sign other than Raynaud", "首个非雷诺症状出现时间"),
                    kind=Kind.PARTIAL_DATE,
                    audience=SITE,
                    required=False,
                    absences=(Absence.UNKNOWN,),
                    sdtm="MH.MHSTDTC where MHTERM = SYSTEMIC SCLEROSIS and MHEVDTYP = SYMPTOM ONSET and MHCAT = DISEASE UNDER STUDY",
                ),
            ),
        ),
    ),
    note=Text("Antibodies are read from the autoantibody form.", "抗体结果取自自身抗体表单。"),
)
