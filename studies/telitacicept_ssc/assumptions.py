"""What the registry says about NCT06546540, and what it leaves open and this study therefore assumes, each with its source."""

from trialwright.protocol import Assumption, Text, same

REGISTERED = {
    "registry id": Text("NCT06546540", "NCT06546540"),
    "brief title": Text(
        "The Safety and Efficacy of Telitacicept in the Treatment of Systemic Sclerosis",
        "泰它西普治疗系统性硬化症的安全性和有效性",
    ),
    "phase": Text("Phase 4, interventional", "IV 期，干预性研究"),
    "enrollment": Text("20 patients", "20 例"),
    "design": Text("evaluator-blind, parallel, controlled, preliminary", "评估者盲、平行、对照、初步研究"),
    "arms": Text(
        "two: patients whose skin did not improve on conventional treatment, and patients on conventional treatment",
        "两组：常规治疗后皮肤未改善的患者；接受常规治疗的患者",
    ),
    "interventions": Text("telitacicept; conventional treatment", "泰它西普；常规治疗"),
    "primary outcome": Text("efficacy (progression of skin lesions) and safety", "有效性（皮肤病变进展）和安全性"),
    "secondary outcomes": Text(
        "lung function, gastrointestinal symptoms, pulmonary arterial hypertension, disease activity, quality of life",
        "肺功能、胃肠道症状、肺动脉高压、疾病活动度、生活质量",
    ),
    "sponsor": Text("Peking University Third Hospital", "北京大学第三医院"),
    "start": Text(
        "8 June 2024 (before registration: registered retrospectively)", "2024 年 6 月 8 日（早于注册：补注册）"
    ),
    "completion": Text("30 March 2026, as registered", "2026 年 3 月 30 日（注册信息）"),
    "first posted": Text("6 August 2024", "2024 年 8 月 6 日"),
    "results": Text("none posted", "未公布"),
}

_SIBLING = "NCT06375005 (telitacicept with mycophenolate in early diffuse disease), registry entry"
_SIBLING_ZH = "NCT06375005（泰它西普联合吗替麦考酚酯治疗早期弥漫型）注册信息"


def _assume(code: str, about: Text, assumed: Text, source: Text, verified: bool = False) -> Assumption:
    return Assumption(code=code, about=about, assumed=assumed, source=source, verified=verified)


ASSUMPTIONS = (
    _assume(
        "A01-DOSE",
        Text("Dose and route of telitacicept", "泰它西普剂量与途径"),
        Text(
            "160 mg under the skin once a week, give or take 3 days; 48 weeks",
            "160 mg，皮下注射，每周一次（±3 天），共 48 周",
        ),
        Text(
            f"{_SIBLING}; phase 3 trial in lupus. One consumer page describes 160 mg weekly for 4 weeks, then every 2 weeks",
            f"{_SIBLING_ZH}；狼疮 III 期试验。另有一消费者网页称每周 160 mg 共 4 周，之后每 2 周一次",
        ),
    ),
    _assume(
        "A02-DURATION",
        Text("Duration of treatment", "治疗时间"),
        Text("48 weeks, primary time point week 24", "48 周，主要时间点为第 24 周"),
        Text(
            f"48 weeks: {_SIBLING}; week 24: DESIRES (NCT04274257) measured its primary skin endpoint then",
            f"48 周：{_SIBLING_ZH}；第 24 周：DESIRES（NCT04274257）于该时点测主要皮肤终点",
        ),
    ),
    _assume(
        "A03-ALLOCATION",
        Text("How patients come into an arm", "分组方式"),
        Text(
            "R1: every patient has progressed and the clinician chooses. The title does not say randomized, and all six "
            "criteria apply to every patient, so that non-response cannot tell the arms apart (which speaks against R2).",
            "R1：所有受试者均为进展型，由临床医师选择治疗。标题未提及随机；六条入选标准适用于全部受试者，因此无法以“是否应答”区分两组（不支持 R2）。",
        ),
        Text(
            "registry title, summary and inclusion list; the field for allocation was not obtained",
            "注册信息的标题、摘要与入选标准；未能获取“分组方式”字段",
        ),
    ),
    _assume(
        "A04-VISITS",
        Text("Visit weeks and windows", "访视周次与窗口"),
        Text(
            "Screening day -28 to -1, baseline day 0, weeks 4, 8, 12, 16, 20, 24 (each 7 days either side), 36 and 48 "
            "(14 days either side); the same grid in both arms, or the visits would tell the arm",
            "筛选第 -28 至 -1 天，基线第 0 天，第 4、8、12、16、20、24 周（±7 天），第 36、48 周（±14 天）；两组访视安排一致，以免透露分组",
        ),
        Text(
            "customary grid of sibling trials (DESIRES, NCT06375005, divozilimab NCT05726630); windows are our choice",
            "同类试验的惯用访视安排（DESIRES、NCT06375005、divozilimab NCT05726630）；窗口为我们选定",
        ),
    ),
    _assume(
        "A05-SKIN",
        Text("Instrument of the primary outcome", "主要终点的评估工具"),
        Text("mRSS, 17 sites, total 0 to 51, change from baseline", "mRSS，17 个部位，总分 0–51，较基线变化"),
        Text(
            "inferred: the inclusion text uses MRSS; NCT06375005 and DESIRES use it as primary outcome",
            "推断：入选标准使用 MRSS；NCT06375005 与 DESIRES 以其为主要结局",
        ),
    ),
    _assume(
        "A06-TECHNIQUE",
        Text("Technique of palpation", "触诊方法"),
        Text(
            "representative area of each site, the same evaluator for all visits of a patient",
            "取各部位具代表性的区域；同一受试者所有访视由同一评估者评定",
        ),
        Text(
            "Khanna 2017 (technique varies, title page read only); reliability: Clements 1995",
            "Khanna 2017（方法不一，仅阅读题名页）；信度：Clements 1995",
        ),
    ),
    _assume(
        "A07-INDEX",
        Text("Index date in the control arm", "对照组的基准日期"),
        Text(
            "the day of allocation in both arms; “before the first study drug” counts back from it",
            "两组均以分组日为基准日；“首次用药前”自该日向前推算",
        ),
        Text(
            "necessary: a control patient has no first dose",
            "必需：对照组受试者无首次用药",
        ),
    ),
    _assume(
        "A08-FVC",
        Text("Reference equation of FVC percent predicted", "FVC 占预计值百分比的参考方程"),
        Text(
            "GLI Global 2022; GLI-2012 (North East Asian) as sensitivity. The same spirogram can pass under one and fail under another",
            "GLI Global 2022；GLI-2012（东北亚人群）作敏感性分析。同一肺功能结果在不同方程下可能入选或不入选",
        ),
        same("Bowerman 2023, doi 10.1164/rccm.202205-0963OC; Quanjer 2012, doi 10.1183/09031936.00080312"),
    ),
    _assume(
        "A09-ACTIVITY",
        Text("Meaning of delta mRSS of 0 or more", "δMRSS ≥ 0 的含义"),
        Text(
            "read literally, no change counts as progression; the lowest change is configurable (delta_mrss_min = 0). "
            "The two scores lie at least six calendar months, less 28 days, apart, on conventional treatment throughout",
            "按字面理解，无变化也算进展；最小变化值可配置（delta_mrss_min = 0）。两次评分至少相隔六个日历月（允许少 28 天），期间持续常规治疗",
        ),
        Text(
            "registry inclusion text, which contradicts itself; the 28 days are our choice",
            "注册的入选标准原文，其自身有矛盾；28 天为我们选定",
        ),
    ),
    _assume(
        "A10-STABLE",
        Text("Stable dose of MMF and CYC for six months", "MMF、CYC 剂量稳定六个月"),
        Text(
            "from the same day six calendar months before the index date; oral: equal daily dose; pulses: same dose (10 %) and "
            "interval (7 days); never taken counts as stable; a gap of at most 14 days is a query",
            "自基准日前六个日历月同日起；口服：日剂量相同；冲击：剂量相差≤10%、间隔相差≤7 天；从未使用视为稳定；中断≤14 天则发出质疑",
        ),
        Text(
            "the registry does not define it; rule proposed here",
            "注册信息未定义；此规则由本研究提出",
        ),
    ),
    _assume(
        "A11-STEROID",
        Text("Steroid equivalents and alternate-day doses", "激素等效剂量与隔日给药"),
        Text(
            "equivalents of the version pinned in the instrument; an alternate-day dose counts as its daily average",
            "采用量表固定版本的等效剂量；隔日给药按日平均剂量计算",
        ),
        Text(
            "secondary pages; betamethasone 0.6 and deflazacort 6 differ between sources",
            "二手资料；倍他米松 0.6 与地夫可特 6 在各来源间不一致",
        ),
    ),
    _assume(
        "A12-DIFFUSE",
        Text("Diffuse subset", "弥漫型"),
        Text(
            "in the title but not in the inclusion list: a separate check that can be switched off",
            "仅见于标题而未列入入选标准：作为可关闭的单独核查",
        ),
        Text(
            "registry title against inclusion list",
            "注册标题与入选标准对照",
        ),
    ),
    _assume(
        "A13-EXCLUSION",
        Text("Exclusion criteria", "排除标准"),
        Text("none is executed: they could not be read", "未执行：未能获取"),
        Text(
            "not obtained from any copy of the registry entry",
            "各注册信息副本中均未能获取",
        ),
    ),
    _assume(
        "A14-CTCAE",
        Text("Grading of adverse events", "不良事件分级"),
        Text("CTCAE 5.0", "CTCAE 5.0"),
        Text(
            "our choice; version 6.0 (July 2025) must not be mixed in",
            "我们选定；不得与 6.0 版（2025 年 7 月）混用",
        ),
    ),
    _assume(
        "A15-SITES",
        Text("Number of sites", "研究中心数"),
        Text("one, the sponsor's hospital", "一个（申办医院）"),
        Text(
            "registry: sponsor; further sites were not visible",
            "注册信息：申办者；未见其他研究中心",
        ),
    ),
    _assume(
        "A16-CONTROL",
        Text("Treatment of the control arm", "对照组治疗"),
        Text("the conventional treatment goes on unchanged; no placebo injection", "继续原常规治疗；不注射安慰剂"),
        Text(
            "registry: no placebo named; evaluator-blind only",
            "注册信息：未提及安慰剂；仅评估者设盲",
        ),
    ),
    _assume(
        "A17-LUNG",
        Text("Instruments and weeks of the lung", "肺功能工具与时间点"),
        Text(
            "FVC, FEV1 and DLCO at screening, baseline, weeks 12, 24 and 48; DLCO against GLI-2017 (corrected 2020), the prediction "
            "corrected with the hemoglobin of the same visit",
            "筛选、基线及第 12、24、48 周测 FVC、FEV1、DLCO；DLCO 采用 GLI-2017（2020 更正）并以同次访视血红蛋白校正",
        ),
        Text(
            "registered: lung function; weeks as in DESIRES (24) and BLISSc-ILD (52); Stanojevic 2017 and 2020 (GLI), derived in Caucasians only",
            "已注册：肺功能；时间点参照 DESIRES（24 周）与 BLISSc-ILD（52 周）；Stanojevic 2017、2020（GLI），仅源自白种人群",
        ),
    ),
    _assume(
        "A18-GUT",
        Text("Instrument and weeks of the gut", "胃肠道工具与时间点"),
        Text("UCLA SCTC GIT 2.0 at baseline, weeks 12, 24 and 48", "UCLA SCTC GIT 2.0，基线及第 12、24、48 周"),
        Text(
            "registered: gastrointestinal symptoms; the instrument is the usual one (Khanna 2009), the weeks are our choice",
            "已注册：胃肠道症状；采用惯用工具（Khanna 2009），时间点为我们选定",
        ),
    ),
    _assume(
        "A19-PAH",
        Text("Measures and weeks of pulmonary arterial hypertension", "肺动脉高压指标与时间点"),
        Text(
            "WHO class, six-minute walk, NT-proBNP and echocardiography (ESC/ERS 2022) at baseline, weeks 24 and 48; catheter where "
            "clinically indicated; strata of risk only in diagnosed patients",
            "基线及第 24、48 周：WHO 心功能分级、六分钟步行、NT-proBNP、超声（ESC/ERS 2022）；有临床指征时行右心导管；仅确诊者计算危险分层",
        ),
        Text(
            "registered: pulmonary arterial hypertension; Humbert 2022 (doi 10.1093/eurheartj/ehac237); DESIRES referred from 35 mmHg by echo",
            "已注册：肺动脉高压；Humbert 2022（doi 10.1093/eurheartj/ehac237）；DESIRES 超声 35 mmHg 起转诊",
        ),
    ),
    _assume(
        "A20-ACTIVITY",
        Text("Index of disease activity", "疾病活动指数"),
        Text(
            "revised EUSTAR index 2017, from the blinded skin score; gas transfer as corrected for hemoglobin; continuous skin item as sensitivity; "
            "baseline, weeks 12, 24 and 48. The physician's global assessment is given by staff who may know the treatment",
            "2017 年修订 EUSTAR 指数，采用盲态皮肤评分；弥散量经血红蛋白校正；皮肤连续计分作敏感性分析；"
            "基线及第 12、24、48 周。医生总体评估由可能知晓治疗者作出",
        ),
        Text(
            "registered: disease activity; Valentini 2017 (doi 10.1136/annrheumdis-2016-209768)",
            "已注册：疾病活动度；Valentini 2017（doi 10.1136/annrheumdis-2016-209768）",
        ),
    ),
    _assume(
        "A21-QUALITY",
        Text("Instruments of quality of life and function", "生活质量与功能量表"),
        Text(
            "HAQ-DI with aids, scleroderma lines, RAND-36 (eight scales, at least half of a scale answered), EQ-5D-5L (value set of China) at "
            "baseline, weeks 12, 24 and 48; answered by patients who know their treatment",
            "HAQ-DI（计入辅助器具）、硬皮病视觉模拟评分、RAND-36（八个维度，至少答一半）、EQ-5D-5L（中国效用值）；基线及第 12、24、48 周；患者知晓治疗",
        ),
        Text(
            "registered: quality of life; HAQ-DI in BLISSc-ILD and divozilimab NCT05726630; RAND-36 instead of SF-36v2 because of the licence",
            "已注册：生活质量；BLISSc-ILD 与 divozilimab NCT05726630 采用 HAQ-DI；因许可原因以 RAND-36 代替 SF-36v2",
        ),
    ),
    _assume(
        "A22-CRISS",
        Text("Composite response", "复合应答"),
        Text(
            "revised CRISS at 20 % of baseline at week 24; ACR-CRISS 2016 beside it",
            "第 24 周修订版 CRISS（20%）；并报告 ACR-CRISS 2016",
        ),
        Text(
            "not registered; Khanna 2021 (doi 10.1136/annrheumdis-2020-219100), made for 12 months: an extrapolation at 24 weeks",
            "未注册；Khanna 2021（doi 10.1136/annrheumdis-2020-219100）为 12 个月而制定：用于 24 周属外推",
        ),
    ),
    _assume(
        "A23-LABORATORY",
        Text("Laboratory tests, weeks and ranges", "实验室项目、时间点与参考区间"),
        Text(
            "blood count, liver, kidney, CRP, immunoglobulins at baseline and every later visit; B cells where available; ranges of Chinese "
            "adults until the laboratory gives its own",
            "基线及其后每次访视：血常规、肝肾功能、CRP、免疫球蛋白；有条件者测 B 细胞；在实验室提供前采用中国成人参考区间",
        ),
        Text(
            "sibling trials measure immunoglobulins every 4 weeks at first; ranges from memory (Chinese adult standards), not verified",
            "同类试验初期每 4 周测免疫球蛋白；参考区间凭记忆（中国成人标准），未核实",
        ),
    ),
    _assume(
        "A24-INFECTION",
        Text("Hepatitis and tuberculosis before treatment", "治疗前肝炎与结核筛查"),
        Text(
            "HBsAg, anti-HBc, HBV-DNA where anti-HBc is positive, anti-HCV, interferon-gamma release assay and chest imaging at screening, as "
            "safety information: not a criterion of this study",
            "筛选时查 HBsAg、抗-HBc（阳性者加查 HBV-DNA）、抗-HCV、γ-干扰素释放试验及胸部影像，作为安全性信息，不作为入选标准",
        ),
        Text(
            "hepatitis: registrations of telitacicept trials (NCT05247203); tuberculosis: customary, from memory",
            "肝炎：泰它西普各试验的注册信息（NCT05247203）；结核：惯例，凭记忆",
        ),
    ),
    _assume(
        "A25-IMMUNOGLOBULINS",
        Text("When low immunoglobulins hold or stop the drug", "免疫球蛋白降低时的停药规则"),
        Text(
            "IgG below 4 g/L holds, below 3 g/L stops; IgA below 0.07 or IgM below 0.4 g/L alerts; configurable",
            "IgG < 4 g/L 暂停，< 3 g/L 停药；IgA < 0.07 或 IgM < 0.4 g/L 提醒；可配置",
        ),
        Text(
            "proposal of the shelf: Ginzler 2012 (IgG 3 g/L), immunodeficiency bounds (PMC8478771); CTCAE has no term for it",
            "系统建议：Ginzler 2012（IgG 3 g/L）、免疫缺陷界值（PMC8478771）；CTCAE 无相应术语",
        ),
    ),
    _assume(
        "A26-REPORTING",
        Text("Expedited reporting of serious events", "严重不良事件快速报告"),
        Text(
            "7 calendar days (fatal or life-threatening) or 15 for serious, unexpected and suspected events, day 0 = sponsor aware",
            "严重、非预期且可疑相关者：致死或危及生命 7 个日历日，其他 15 个日历日；第 0 天为申办者获知日",
        ),
        Text(
            "ICH E2A; which route an investigator's own trial takes is for the hospital to say",
            "ICH E2A；研究者发起的试验按何途径报告由医院决定",
        ),
    ),
)
