"""The facts about one patient on which the six inclusion criteria of NCT06546540 rest."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from studies.telitacicept_ssc.doses import CYCLOPHOSPHAMIDE, MYCOPHENOLATE, STEROIDS, taken
from studies.telitacicept_ssc.wording import answer, gap, listed, question, reason, window
from trialwright.eligibility import exposure, exposure_windows
from trialwright.eligibility.exposure import Gap
from trialwright.instruments import acr_eular_2013, dose_stability, spirometry
from trialwright.protocol import (
    Chart,
    Derivation,
    Fact,
    Score,
    Status,
    Text,
    Value,
    between,
    coded,
    number,
    unknown,
)

SCREENING = "SCREENING"
MONTHS = 6
MONTHS_TOLERANCE_DAYS = 28
_DAY = timedelta(days=1)
_DOSES = f"{dose_stability.INSTRUMENT.version}+{exposure.VERSION}"


def _before_birth(name: str, day: date, born: date, item: str) -> Fact:
    """Open, because one of two dates must be wrong."""
    return unknown(name, Text(f"{day} lies before the birth on {born}: correct one of them", f"{day} 早于出生日期 {born}，请更正其一"),
                   (item, "DEMOGRAPHICS.BRTHDAT"))  # fmt: skip


def _day(chart: Chart, form: str, item: str, visit: str | None = SCREENING) -> date | None:
    value = chart.value(form, item, visit)
    return value if isinstance(value, date) else None


def _amount(chart: Chart, form: str, item: str, visit: str | None = SCREENING) -> Decimal | None:
    value = chart.value(form, item, visit)
    return Decimal(value) if isinstance(value, int | Decimal) else None


def _code(chart: Chart, form: str, item: str, visit: str | None = SCREENING) -> str | None:
    value = chart.value(form, item, visit)
    return value if isinstance(value, str) else None


def _missing(name: str, parts: Mapping[str, Value | None]) -> Fact:
    lacking = tuple(item for item, value in parts.items() if value is None)
    asked = listed(tuple(question(item) for item in lacking), ", ", "、")
    return unknown(name, Text(f"not known yet: {asked.en}", f"尚缺：{asked.zh}"), lacking)


def _answer(name: str, chart: Chart, form: str, item: str, en: str, zh: str) -> Fact:
    code = _code(chart, form, item)
    if code is None:
        return _missing(name, {f"{form}.{item}": None})
    said = answer(form, item, code)
    return coded(name, code, Text(f"{en}: {said.en}", f"{zh}：{said.zh}"))


def consent(chart: Chart) -> Fact:
    """Y when the consent form was signed on or before the first study procedure (the skin score at screening)."""
    agreed, signed = _code(chart, "CONSENT", "AGREED"), _day(chart, "CONSENT", "CONSDAT")
    if agreed == "N":
        return coded("consent", "N", Text("the patient did not sign", "受试者未签署"))
    first = _day(chart, "SKIN_HISTORY", "CURRDAT")
    if agreed is None or signed is None or first is None:
        return _missing("consent", {"CONSENT.AGREED": agreed, "CONSENT.CONSDAT": signed, "SKIN_HISTORY.CURRDAT": first})
    if signed > first:
        return coded("consent", "N", Text(f"signed on {signed}, after the first study procedure on {first}",
                                          f"签署日期 {signed} 晚于首次研究操作 {first}"))  # fmt: skip
    return coded("consent", "Y", Text(f"signed on {signed}, first study procedure on {first}",
                                      f"签署日期 {signed}，首次研究操作 {first}"))  # fmt: skip


def age(chart: Chart) -> Fact:
    """Age in decimal years on the day of consent."""
    born, signed = _day(chart, "DEMOGRAPHICS", "BRTHDAT"), _day(chart, "CONSENT", "CONSDAT")
    if born is None or signed is None:
        return _missing("age", {"DEMOGRAPHICS.BRTHDAT": born, "CONSENT.CONSDAT": signed})
    if signed < born:
        return _before_birth("age", signed, born, "CONSENT.CONSDAT")
    years = Decimal(repr(spirometry.age_years(born, signed)))
    return number(
        "age", years, Text(f"born {born}, {years:.2f} years on {signed}", f"出生 {born}，{signed} 时 {years:.2f} 岁")
    )


_FORM_OF = {
    code: ("ANTIBODIES" if code in ("ACA", "SCL70", "RNAP3") else "CLASSIFICATION")
    for code in (*acr_eular_2013.CODES, *acr_eular_2013.GATES)
}
_PRESENT = {"Y": True, "N": False, "POSITIVE": True, "NEGATIVE": False}


def _classified(chart: Chart) -> Score:
    known = {code: _PRESENT.get(_code(chart, form, code) or "") for code, form in _FORM_OF.items()}
    gates = acr_eular_2013.GATES
    return acr_eular_2013.score(
        {code: known[code] for code in acr_eular_2013.CODES}, {gate: known[gate] for gate in gates}
    )


def classification(chart: Chart) -> Fact:
    """Points of the 2013 ACR/EULAR criteria, or the bounds in which they must lie; 0 where they do not apply."""
    score = _classified(chart)
    if score.status is Status.NOT_APPLICABLE:
        why = listed(tuple(question(f"CLASSIFICATION.{gate}") for gate in score.reasons))
        return number("acr_eular", 0, Text(f"the 2013 criteria do not apply: {why.en}", f"2013 年标准不适用：{why.zh}"))
    low, high = int(score.parts["min"]), int(score.parts["max"])
    signs = tuple(f"{_FORM_OF[code]}.{code}" for code in score.reasons if code not in acr_eular_2013.GATES)
    if low == high:
        return number("acr_eular", low, Text(f"{low} points", f"{low} 分"))
    return between("acr_eular", low, high, Text(f"between {low} and {high} points", f"{low}–{high} 分"), signs)


def applicable(chart: Chart) -> Fact:
    """Y when neither reason holds for which the 2013 criteria do not apply."""
    gates = {gate: _code(chart, "CLASSIFICATION", gate) for gate in acr_eular_2013.GATES}
    if "Y" in gates.values():
        return coded("acr_eular_applies", "N", Text("another disorder explains the picture, or the fingers are spared",
                                                    "其他疾病可解释，或手指未受累"))  # fmt: skip
    if None in gates.values():
        return _missing("acr_eular_applies", {f"CLASSIFICATION.{gate}": code for gate, code in gates.items()})
    return coded("acr_eular_applies", "Y", Text("the criteria apply", "标准适用"))


def _fvc(chart: Chart, equation: str) -> Fact:
    """FVC percent predicted at screening under `equation`, with age on the day of the test."""
    volume, height = _amount(chart, "LUNG", "FVC"), _amount(chart, "LUNG", "HEIGHT")
    tested, born = _day(chart, "LUNG", "LUNGDAT"), _day(chart, "DEMOGRAPHICS", "BRTHDAT")
    sex, group = _code(chart, "DEMOGRAPHICS", "SEX"), _code(chart, "DEMOGRAPHICS", "ETHNIC")
    needed: dict[str, Value | None] = {"LUNG.FVC": volume, "LUNG.HEIGHT": height, "LUNG.LUNGDAT": tested}
    needed |= {"DEMOGRAPHICS.BRTHDAT": born, "DEMOGRAPHICS.SEX": sex}
    needed |= {"DEMOGRAPHICS.ETHNIC": group} if equation == "gli_2012" else {}
    if tested is None or born is None or None in needed.values():
        return _missing("fvc_percent", needed)
    if tested < born:
        return _before_birth("fvc_percent", tested, born, "LUNG.LUNGDAT")
    years = spirometry.age_years(born, tested)
    score = spirometry.score(volume, sex, years, height, equation, group)
    if score.value is None:
        return unknown("fvc_percent", listed(tuple(map(reason, score.reasons))), ())
    name = spirometry.EQUATIONS[equation].en + (f" ({group})" if equation == "gli_2012" else "")
    shown = f"{score.value:.2f} %"
    z, person = Decimal(score.parts["z"]), answer("DEMOGRAPHICS", "SEX", str(sex))
    return number(
        "fvc_percent",
        score.value,
        Text(
            f"FVC {volume} L, {person.en}, {years:.2f} years, {height} cm on {tested}: {shown} of predicted, z {z:.2f}, under {name}",
            f"{tested} FVC {volume} L，{person.zh}，{years:.2f} 岁，{height} cm：按 {name} 为预计值的 {shown}，z 值 {z:.2f}",
        ),
    )


def fvc_global_2022(chart: Chart) -> Fact:
    """FVC percent predicted under GLI Global 2022."""
    return _fvc(chart, "gli_global_2022")


def fvc_gli_2012(chart: Chart) -> Fact:
    """FVC percent predicted under GLI-2012, with the patient's group."""
    return _fvc(chart, "gli_2012")


FVC_DERIVATIONS = {"gli_global_2022": fvc_global_2022, "gli_2012": fvc_gli_2012}
_SPECIFIC = ("ACA", "SCL70", "RNAP3", "U3RNP", "THTO", "PMSCL", "U1RNP")


def ana(chart: Chart) -> Fact:
    """Result of the antinuclear antibody."""
    return _answer("ana", chart, "ANTIBODIES", "ANA", "ANA", "ANA")


def antibody(chart: Chart) -> Fact:
    """POSITIVE when any scleroderma-related antibody is; NEGATIVE when all that were asked for are; else unknown."""
    found = {code: _code(chart, "ANTIBODIES", code) for code in _SPECIFIC}
    positive = [code for code, result in found.items() if result == "POSITIVE"]
    if positive:
        told = listed(tuple(question(f"ANTIBODIES.{code}") for code in positive), ", ", "、")
        return coded("ssc_antibody", "POSITIVE", Text(f"positive: {told.en}", f"阳性：{told.zh}"))
    open_ones = {f"ANTIBODIES.{code}": None for code, result in found.items() if result != "NEGATIVE"}
    if open_ones:
        return _missing("ssc_antibody", open_ones)
    return coded("ssc_antibody", "NEGATIVE", Text("all specific antibodies negative", "特异性抗体均阴性"))


def new_skin(chart: Chart) -> Fact:
    """Whether a new skin area became involved."""
    return _answer("new_skin", chart, "SKIN_HISTORY", "NEWSKIN", "new skin area involved", "新的皮肤受累")


def areas_worse(chart: Chart) -> Fact:
    """How many areas became worse."""
    areas = _amount(chart, "SKIN_HISTORY", "AREASWOR")
    if areas is None:
        return _missing("areas_worse", {"SKIN_HISTORY.AREASWOR": None})
    return number("areas_worse", areas, Text(f"{areas} areas became worse", f"{areas} 个部位加重"))


def delta_mrss(chart: Chart) -> Fact:
    """Treating physician's skin score at screening minus the one about six months earlier."""
    before, now = _amount(chart, "SKIN_HISTORY", "PREVMRSS"), _amount(chart, "SKIN_HISTORY", "CURRMRSS")
    if before is None or now is None:
        return _missing("delta_mrss", {"SKIN_HISTORY.PREVMRSS": before, "SKIN_HISTORY.CURRMRSS": now})
    change = now - before
    return number(
        "delta_mrss",
        change,
        Text(f"mRSS {before} to {now}: change {change:+}", f"mRSS 由 {before} 到 {now}：变化 {change:+}"),
    )


def six_months(chart: Chart) -> Fact:
    """Y when the two scores lie six calendar months (less 28 days) or more apart, on conventional treatment throughout."""
    before, now = _day(chart, "SKIN_HISTORY", "PREVDAT"), _day(chart, "SKIN_HISTORY", "CURRDAT")
    treated = _code(chart, "SKIN_HISTORY", "CONVTRT")
    if treated == "N":
        return coded("six_months", "N", Text("not on conventional treatment throughout", "期间未持续常规治疗"))
    if before is None or now is None or treated is None:
        names = ("SKIN_HISTORY.PREVDAT", "SKIN_HISTORY.CURRDAT", "SKIN_HISTORY.CONVTRT")
        return _missing("six_months", dict(zip(names, (before, now, treated), strict=True)))
    latest = dose_stability.window_start(now, MONTHS) + timedelta(days=MONTHS_TOLERANCE_DAYS)
    days = (now - before).days
    return coded(
        "six_months",
        "Y" if before <= latest else "N",
        Text(f"scores on {before} and {now}, {days} days apart", f"评分日期 {before} 与 {now}，相隔 {days} 天"),
    )


_LOG = ("MEDICATIONS", "SKIN_HISTORY.MEDCOMPL")


def _stable(name: str, score: Score, gaps: tuple[Gap, ...]) -> Fact:
    """Y, N or open; an open one says which rows cannot be counted (`gaps`), or why it is open without them."""
    reasons, days = listed(tuple(map(reason, score.reasons))), window(score.parts["window"])
    because = Text(f"{reasons.en} ({days.en})", f"{reasons.zh}（{days.zh}）")
    if score.value is None and gaps:
        told = listed(tuple(gap(one.row, one.drug, one.field) for one in gaps))
        return unknown(name, Text(f"cannot be counted: {told.en}", f"无法计算：{told.zh}"), ("MEDICATIONS",))
    if score.value is None:
        return unknown(name, because, _LOG)
    return coded(name, "Y" if score.value == 1 else "N", because)


def _index(name: str, chart: Chart) -> date | Fact:
    if chart.index_date is None:
        return unknown(name, Text("the index date is not set", "尚无基准日期"), ("index date",))
    return chart.index_date


def mmf_stable(chart: Chart) -> Fact:
    """Y when mycophenolate was taken at one dose for six calendar months before the index date, or not at all."""
    index = _index("mmf_stable", chart)
    if isinstance(index, Fact):
        return index
    history = taken(chart, MYCOPHENOLATE)
    first = dose_stability.window_start(index, MONTHS)
    return _stable("mmf_stable", exposure_windows.steady(history, index, MONTHS), history.open_rows(first, index - _DAY))


def cyc_stable(chart: Chart) -> Fact:
    """Y when cyclophosphamide (by mouth and as pulses) was stable for six calendar months, or not taken."""
    index = _index("cyc_stable", chart)
    if isinstance(index, Fact):
        return index
    history = taken(chart, CYCLOPHOSPHAMIDE)
    first = dose_stability.window_start(index, MONTHS)
    return _stable("cyc_stable", exposure_windows.stable(history, index, MONTHS), history.open_rows(first, index - _DAY))


def steroid_low(chart: Chart) -> Fact:
    """Y when the steroid dose was at most 10 mg of prednisone a day on each of the 30 days before the index date."""
    index = _index("steroid_low", chart)
    if isinstance(index, Fact):
        return index
    history = taken(chart, STEROIDS)
    first = index - timedelta(days=dose_stability.STEROID_DAYS)
    return _stable("steroid_low", exposure_windows.at_most(history, index), history.open_rows(first, index - _DAY))


def subset(chart: Chart) -> Fact:
    """The skin subset ever reached."""
    return _answer("subset", chart, "CLASSIFICATION", "SUBSET", "subset", "亚型")


_BORN, _AGREED, _TESTED = "DEMOGRAPHICS.BRTHDAT", "CONSENT.CONSDAT", "SKIN_HISTORY.CURRDAT"
_TAKEN = ("MEDICATIONS", "SKIN_HISTORY.MEDCOMPL")
READS: Mapping[str, tuple[str, ...]] = {
    "consent": ("CONSENT.AGREED", _AGREED, _TESTED),
    "age": (_BORN, _AGREED),
    "acr_eular": tuple(f"{form}.{code}" for code, form in _FORM_OF.items()),
    "acr_eular_applies": tuple(f"CLASSIFICATION.{gate}" for gate in acr_eular_2013.GATES),
    "fvc_percent": ("LUNG.FVC", "LUNG.HEIGHT", "LUNG.LUNGDAT", _BORN, "DEMOGRAPHICS.SEX", "DEMOGRAPHICS.ETHNIC"),
    "ana": ("ANTIBODIES.ANA",),
    "ssc_antibody": tuple(f"ANTIBODIES.{code}" for code in _SPECIFIC),
    "new_skin": ("SKIN_HISTORY.NEWSKIN",),
    "areas_worse": ("SKIN_HISTORY.AREASWOR",),
    "delta_mrss": ("SKIN_HISTORY.PREVMRSS", "SKIN_HISTORY.CURRMRSS"),
    "six_months": ("SKIN_HISTORY.PREVDAT", _TESTED, "SKIN_HISTORY.CONVTRT"),
    "mmf_stable": _TAKEN,
    "cyc_stable": _TAKEN,
    "steroid_low": _TAKEN,
    "subset": ("CLASSIFICATION.SUBSET",),
}
"""What each fact may look at, and so who may know it."""


def derivations(reference: str) -> tuple[Derivation, ...]:
    """All facts, with FVC percent predicted under the reference equation of that name."""
    rows = (
        (consent, Text("consent before the first study procedure", "首次研究操作前已签署同意书"), "consent/1"),
        (age, Text("age at consent", "签署时年龄"), "age/decimal-years"),
        (
            classification,
            Text("points of the 2013 ACR/EULAR criteria", "2013 ACR/EULAR 评分"),
            acr_eular_2013.INSTRUMENT.version,
        ),
        (applicable, Text("the 2013 criteria apply", "2013 年标准适用"), acr_eular_2013.INSTRUMENT.version),
        (FVC_DERIVATIONS[reference], Text("FVC percent predicted", "FVC 占预计值百分比"), f"spirometry/{reference}"),
        (ana, Text("antinuclear antibody", "抗核抗体"), "as reported"),
        (antibody, Text("any scleroderma-related antibody", "任一硬皮病相关抗体"), "any-of-7"),
        (new_skin, Text("new skin involvement", "新的皮肤受累"), "as reported"),
        (areas_worse, Text("areas that became worse", "加重部位数"), "as reported"),
        (
            delta_mrss,
            Text("change of the skin score before the study", "入组前皮肤评分变化"),
            "delta_mrss/later-minus-earlier",
        ),
        (six_months, Text("six months of conventional treatment", "常规治疗六个月"), "six_months/28-days-tolerance"),
        (mmf_stable, Text("mycophenolate stable", "霉酚酸酯稳定"), _DOSES),
        (cyc_stable, Text("cyclophosphamide stable", "环磷酰胺稳定"), _DOSES),
        (steroid_low, Text("steroid at most 10 mg a day", "激素不超过 10 mg/日"), _DOSES),
        (subset, Text("skin subset", "皮肤亚型"), "as reported"),
    )
    names = ("consent", "age", "acr_eular", "acr_eular_applies", "fvc_percent", "ana", "ssc_antibody", "new_skin", "areas_worse",
             "delta_mrss", "six_months", "mmf_stable", "cyc_stable", "steroid_low", "subset")  # fmt: skip
    return tuple(
        Derivation(name=name, label=label, by=by, version=version, reads=READS[name])
        for name, (by, label, version) in zip(names, rows, strict=True)
    )
