"""What stands beside a page while it is filled: scores with their reasons, under the same rules by which the data sets are derived."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from attrs import frozen

from studies.telitacicept_ssc.wording import answer, reason
from trialwright.eligibility.exposure import DOSES_A_DAY, MILLIGRAMS, amount
from trialwright.forms import laboratory
from trialwright.instruments import (
    acr_eular_2013,
    ctcae,
    eq5d5l,
    eustar,
    git2,
    haq_di,
    mrss,
    prednisone,
    rand36,
    shaq,
    spirometry,
    tlco,
)
from trialwright.protocol import SITE, Fact, Item, Score, Status, Text, Value, Watch, same, unknown

Answers = Mapping[str, Value]
_BODY = (("DEMOGRAPHICS", "BRTHDAT"), ("DEMOGRAPHICS", "SEX"))
_GROUP = ("DEMOGRAPHICS", "ETHNIC")
_HEMOGLOBIN = ("LABORATORY", "HGB")


def _number(answers: Answers, name: str) -> Decimal | None:
    value = answers.get(name)
    return Decimal(value) if isinstance(value, int | Decimal) else None


def _age(answers: Answers, day: str) -> float | None:
    """Years on the day of the page; None without two dates in their order."""
    born, on = answers.get("DEMOGRAPHICS.BRTHDAT"), answers.get(day)
    return spirometry.age_years(born, on) if isinstance(born, date) and isinstance(on, date) and born <= on else None


def _sex(answers: Answers) -> str | None:
    return str(answers["DEMOGRAPHICS.SEX"]) if "DEMOGRAPHICS.SEX" in answers else None


def _blown(name: str, score: Score, told: Text, needed: tuple[str, ...], answers: Answers, method: Text) -> Fact:
    """Percent predicted with what it rests on, or what is missing."""
    missing = tuple(one for one in needed if one not in answers)
    if score.value is None and not missing:
        words = "the day of the test lies before the birth" if "age" in score.reasons else "; ".join(score.reasons)
        return unknown(name, Text(words, "检查日期早于出生日期" if "age" in score.reasons else "；".join(reason(one).zh for one in score.reasons)), ())
    if score.value is None:
        return unknown(name, method, missing)
    z, person = Decimal(score.parts["z"]), answer("DEMOGRAPHICS", "SEX", str(_sex(answers)))
    because = Text(f"{told.en}, {person.en}; z {z:.2f}; {method.en}", f"{told.zh}，{person.zh}；z 值 {z:.2f}；{method.zh}")
    return Fact(name=name, low=score.value, high=score.value, because=because)


@frozen
class Blown:
    """FVC or FEV1 as percent predicted, with age and height on the day of the test."""

    quantity: str
    equation: str

    def __call__(self, answers: Answers) -> Fact:
        value, height, age = _number(answers, self.quantity), _number(answers, "HEIGHT"), _age(answers, "LUNGDAT")
        group = str(answers["DEMOGRAPHICS.ETHNIC"]) if "DEMOGRAPHICS.ETHNIC" in answers else None
        score = spirometry.score(value, _sex(answers), age, height, self.equation, group, self.quantity)
        needed = (self.quantity, "HEIGHT", "LUNGDAT", *(".".join(one) for one in self.elsewhere))
        blown = f"{self.quantity} {value} L, {height} cm"
        told = Text(f"{blown}, {age or 0:.2f} years", f"{blown}，{age or 0:.2f} 岁")
        return _blown(f"{self.quantity}_percent", score, told, needed, answers, spirometry.EQUATIONS[self.equation])

    @property
    def elsewhere(self) -> tuple[tuple[str, str], ...]:
        return (*_BODY, _GROUP) if self.equation == "gli_2012" else _BODY


def _transfer(answers: Answers, page: str = "") -> Score:
    """DLCO as percent predicted, corrected for the hemoglobin of the same visit."""
    value, height, age = _number(answers, f"{page}DLCO"), _number(answers, f"{page}HEIGHT"), _age(answers, f"{page}LUNGDAT")
    return tlco.score(value, _sex(answers), age, height, _number(answers, "LABORATORY.HGB"))


def transfer(answers: Answers) -> Fact:
    """The same beside the page of lung function."""
    needed = ("DLCO", "HEIGHT", "LUNGDAT", *(".".join(one) for one in (*_BODY, _HEMOGLOBIN)))
    told = same(f"DLCO {answers['DLCO']} mmol/min/kPa, Hb {answers.get('LABORATORY.HGB')} g/L" if "DLCO" in answers else "")
    method = Text("GLI 2017, corrected for hemoglobin", "GLI 2017，经血红蛋白校正")
    return _blown("dlco_percent", _transfer(answers), told, needed, answers, method)


_SIGNS = ("DSKIN", "ULCERS", "TFR")
_OF_LUNG = tuple(("LUNG", code) for code in ("DLCO", "HEIGHT", "LUNGDAT"))


def activity(answers: Answers) -> Fact:
    """The revised EUSTAR index from the signs of this page and the skin score, CRP and DLCO of the same visit."""
    grades = [grade for code in mrss.CODES if isinstance(grade := answers.get(f"MRSS.{code}"), int)]
    skin = sum(grades) if len(grades) == len(mrss.CODES) else None
    dlco, crp = _transfer(answers, "LUNG.").value, _number(answers, "LABORATORY.CRP")
    signs = {code: answers[code] == "Y" for code in _SIGNS if code in answers}
    measured = {"MRSS": skin, "CRP": crp, "DLCO": dlco}
    score = eustar.score({**signs, **{code: float(value) for code, value in measured.items() if value is not None}})
    names = {"MRSS": "MRSS", "CRP": "LABORATORY.CRP", "DLCO": "LUNG"}
    missing = tuple(names.get(code, code) for code in (one.split()[0] for one in score.reasons))
    low, high = Decimal(score.parts["min"]), Decimal(score.parts["max"])
    active = {"YES": Text("active (2.5 or more)", "活动（≥2.5）"), "NO": Text("not active (below 2.5)", "不活动（<2.5）"),
              "OPEN": Text("open whether active", "是否活动待定")}[score.parts["active"]]  # fmt: skip
    told = ", ".join(f"{code} {value:.4g}" for code, value in measured.items() if value is not None)
    because = Text("; ".join(filter(None, (active.en, told))), "；".join(filter(None, (active.zh, told))))
    return Fact(name="eustar", low=low, high=high, because=because, missing=missing)


@frozen
class Graded:
    """The highest grade of the results on one laboratory page, and each grade above 0."""

    codes: tuple[str, ...]

    def __call__(self, answers: Answers) -> Fact:
        found = {code: self._grade(answers, laboratory.FORM.item(code)) for code in self.codes if code in answers}
        grades = {code: int(score.value) for code, score in found.items() if score.value is not None}
        raised = {laboratory.FORM.item(code).label: grade for code, grade in sorted(grades.items(), key=lambda one: -one[1]) if grade}
        still = [laboratory.FORM.item(code).label for code in found if code not in grades]
        en, zh = [f"{label.en} {grade}" for label, grade in raised.items()], [f"{label.zh} {grade} 级" for label, grade in raised.items()]
        en += [f"{len(grades) - len(raised)} of grade 0"] if len(grades) > len(raised) else []
        zh += [f"{len(grades) - len(raised)} 项为 0 级"] if len(grades) > len(raised) else []
        en += [f"no grade without range or baseline: {', '.join(one.en for one in still)}"] if still else []
        zh += [f"缺参考区间或基线，无法分级：{'、'.join(one.zh for one in still)}"] if still else []
        highest = Decimal(max(grades.values())) if grades else None
        return Fact(name="ctcae", low=highest, high=highest, because=Text("; ".join(en), "；".join(zh)))

    def _grade(self, answers: Answers, item: Item) -> Score:
        age, sex = _age(answers, "LBDAT"), _sex(answers)
        normal = next((one for one in item.normal if age is not None and one.fits(sex, age)), None)
        low, high = (float("nan") if bound is None else float(bound) for bound in (normal.low, normal.high)) if normal else (0.0, 0.0)
        within = ctcae.Range(test=item.code, low=low, high=high) if normal else None
        return ctcae.score(item.code, _number(answers, item.code), item.unit or "", within, _number(answers, f"LABORATORY.{item.code}"))


_TESTS = tuple(item for item in laboratory.FORM.items if item.code in ctcae.CODES)


def _graded(code: str, label: Text, tests: tuple[Item, ...]) -> Watch:
    asked = tuple(item.code for item in tests)
    return Watch(code=code, form="LABORATORY", reads=("LBDAT", *asked), about=asked, elsewhere=(*_BODY, *(("LABORATORY", one) for one in asked)), label=label,
                 by=Graded(asked), version=ctcae.INSTRUMENT.version)  # fmt: skip


def steroid(answers: Answers) -> Fact:
    """Milligrams of prednisone a day (or a dose, for what is given more rarely) that equal a steroid dose of the log."""
    drug, dose, unit, rhythm, route = (answers.get(code) for code in ("CMTRT", "CMDOSE", "CMDOSU", "CMDOSFRQ", "CMROUTE"))
    if drug is not None and drug not in prednisone.EQUAL_TO_5_MG:
        return unknown("prednisone", Text("not a steroid of the table", "不属于换算表中的激素"), ())
    missing = tuple(code for code in ("CMTRT", "CMDOSE", "CMDOSU", "CMDOSFRQ", "CMROUTE") if code not in answers)
    if missing or not isinstance(dose, int | Decimal):
        return unknown("prednisone", Text("needs the drug, its dose, unit, rhythm and route", "需填写药物、剂量、单位、频次和途径"), missing)
    single = prednisone.score(str(drug), amount(MILLIGRAMS[str(unit)]) * Decimal(dose), str(route))
    if single.value is None:
        local = single.status is Status.NOT_APPLICABLE
        return unknown("prednisone", Text("local: counts as nothing", "局部用药：不计入") if local
                       else Text("no rule for this route", "该途径无换算规则"), ())  # fmt: skip
    often, equal = DOSES_A_DAY.get(str(rhythm)), prednisone.EQUAL_TO_5_MG[str(drug)]
    name = answer("MEDICATIONS", "CMTRT", str(drug))
    value = amount(often * Fraction(single.value)) if often else single.value
    each = Text("a day", "每日") if often else Text("a dose, not daily", "每次，非每日")
    because = Text(f"{each.en}; 5 mg prednisone = {equal} mg {name.en}", f"{each.zh}；5 mg 泼尼松 = {equal} mg {name.zh}")
    return Fact(name="prednisone", low=value, high=value, because=because)


_PRESENT = {"Y": True, "N": False, "POSITIVE": True, "NEGATIVE": False}
_ANTIBODIES = tuple(("ANTIBODIES", code) for code in acr_eular_2013.CODES if code in ("ACA", "SCL70", "RNAP3"))


def classified(answers: Answers) -> Fact:
    """Points of the 2013 criteria, or the bounds in which they must lie."""
    names = {code: f"ANTIBODIES.{code}" if ("ANTIBODIES", code) in _ANTIBODIES else code for code in (*acr_eular_2013.CODES, *acr_eular_2013.GATES)}
    known = {code: _PRESENT.get(str(answers.get(name))) for code, name in names.items()}
    score = acr_eular_2013.score({code: known[code] for code in acr_eular_2013.CODES}, {gate: known[gate] for gate in acr_eular_2013.GATES})
    if score.status is Status.NOT_APPLICABLE:
        return unknown("acr_eular", Text("the 2013 criteria do not apply", "2013 年标准不适用"), ())
    low, high = Decimal(score.parts["min"]), Decimal(score.parts["max"])
    missing = tuple(names[code] for code in score.reasons if code in names and known[code] is None)
    reached = Text("9 points classify as systemic sclerosis", "≥9 分可分类为系统性硬化症")
    return Fact(name="acr_eular", low=low, high=high, because=reached, missing=missing)


def _lung(code: str, label: Text, by: Callable[[Answers], Fact], version: str, reads: str, elsewhere: tuple[tuple[str, str], ...]) -> Watch:
    return Watch(code=code, form="LUNG", reads=(reads, "HEIGHT", "LUNGDAT"), about=(reads,), elsewhere=elsewhere, label=label, by=by, version=version,
                 unit="%", decimals=1)  # fmt: skip


def scores(reference: str) -> tuple[Watch, ...]:
    """All of them, lung volumes under the reference equation of that name."""
    fvc, fev1 = Blown("FVC", reference), Blown("FEV1", reference)
    signs = tuple(code for code in (*acr_eular_2013.CODES, *acr_eular_2013.GATES) if ("ANTIBODIES", code) not in _ANTIBODIES)
    return (
        mrss.watch(), git2.watch(), haq_di.watch(), *shaq.watches(), *rand36.watches(), eq5d5l.watch(),
        _lung("FVC_PERCENT", Text("FVC, percent predicted", "FVC 占预计值"), fvc, f"spirometry/{reference}", "FVC", fvc.elsewhere),
        _lung("FEV1_PERCENT", Text("FEV1, percent predicted", "FEV1 占预计值"), fev1, f"spirometry/{reference}", "FEV1", fev1.elsewhere),
        _lung("DLCO_PERCENT", Text("DLCO, percent predicted", "DLCO 占预计值"), transfer, tlco.INSTRUMENT.version, "DLCO", (*_BODY, _HEMOGLOBIN)),
        Watch(code="EUSTAR_INDEX", form="ACTIVITY", reads=_SIGNS, label=Text("EUSTAR activity index", "EUSTAR 活动指数"), by=activity, decimals=2,
              elsewhere=(*(("MRSS", code) for code in mrss.CODES), ("LABORATORY", "CRP"), _HEMOGLOBIN, *_OF_LUNG, *_BODY),
              version=eustar.INSTRUMENT.version),
        _graded("CTCAE_GRADES", Text("Laboratory grade (CTCAE), highest", "实验室最高分级（CTCAE）"),
                tuple(item for item in _TESTS if item.audience == SITE)),
        _graded("CTCAE_COUNTS", Text("Grade of white cells (CTCAE), highest", "白细胞最高分级（CTCAE）"),
                tuple(item for item in _TESTS if item.audience != SITE)),
        Watch(code="PREDNISONE_EQUIVALENT", form="MEDICATIONS", reads=("CMTRT", "CMDOSE", "CMDOSU", "CMDOSFRQ", "CMROUTE"), by=steroid, unit="mg", decimals=2,
              label=Text("Equal to prednisone", "相当于泼尼松"), version=prednisone.INSTRUMENT.version),
        Watch(code="ACR_EULAR_POINTS", form="CLASSIFICATION", reads=signs, elsewhere=_ANTIBODIES, by=classified, version=acr_eular_2013.INSTRUMENT.version,
              label=Text("Points of the 2013 criteria", "2013 年分类标准得分")),
    )  # fmt: skip
