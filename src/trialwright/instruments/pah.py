"""Pulmonary hypertension: hemodynamic type, probability by echocardiography, and risk in three or four strata (ESC/ERS 2022)."""

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.protocol import Absence, Audience, Codelist, Instrument, Item, Kind, Score, Status, Term, Text, same

Floats = NDArray[np.float64]
Words = NDArray[np.str_]

_GUIDELINE = "Humbert M et al. Eur Heart J 2022;43:3618, doi 10.1093/eurheartj/ehac237"
_LICENCE = "Limits published in guidelines; facts."

INSTRUMENT = Instrument(
    code="PH_HEMODYNAMICS",
    name=Text("pulmonary hypertension, hemodynamic type (ESC/ERS 2022)", "肺动脉高压血流动力学分型（ESC/ERS 2022）"),
    version="pah/esc-ers-2022/hemodynamics",
    licence=_LICENCE,
    references=(_GUIDELINE, "PAH also needs lung disease (group 3) and chronic thromboembolism (group 4) to be excluded"),
    verified=True,
)
ECHO = Instrument(
    code="PH_ECHO",
    name=Text("probability of pulmonary hypertension by echocardiography (ESC/ERS 2022)", "超声心动图肺动脉高压可能性（ESC/ERS 2022）"),
    version="pah/esc-ers-2022/echo-probability",
    licence=_LICENCE,
    references=(_GUIDELINE, "limits of velocity and the list of other signs: from memory, not verified"),
    verified=False,
)
RISK_3 = Instrument(
    code="PAH_RISK_3",
    name=Text("PAH risk, three strata (ESC/ERS 2022)", "肺动脉高压三层危险分层（ESC/ERS 2022）"),
    version="pah/esc-ers-2022/3-strata/mean-half-up",
    licence=_LICENCE,
    references=(_GUIDELINE, "limits as coded by an open calculator and as printed for 2015 (there NT-proBNP 1400)"),
    verified=True,
    higher_is_worse=True,
)
RISK_4 = Instrument(
    code="PAH_RISK_4",
    name=Text("PAH risk, four strata at follow-up (ESC/ERS 2022)", "肺动脉高压随访四层危险分层（ESC/ERS 2022）"),
    version="pah/esc-ers-2022/4-strata/mean-half-up",
    licence=_LICENCE,
    references=(_GUIDELINE, "limits as coded by an open calculator; not read in the guideline itself"),
    verified=False,
    higher_is_worse=True,
)
WALK = Instrument(
    code="SIX_MWD",
    name=Text("six-minute walk distance", "六分钟步行距离"),
    version="six_mwd/meters",
    licence="A measurement; free.",
    references=("Mathai SC et al. 2012: important difference, from memory, not verified",),
    verified=False,
    higher_is_worse=False,
    minimal_important_difference="about 33 m in PAH (from memory); in systemic sclerosis joints and skin limit it too",
)

FORMULA = (
    "PVR = (mPAP - PAWP) / CO in Wood units; sPAP = 4 TRV^2 + RAP; risk = mean of the grades of what was measured, rounded half up"
)
MISSING_RULE = (
    "Hemodynamics: a class is given when the missing pressures cannot change it. Echo: unknown signs leave the probability open. "
    "Risk: the mean is over what was measured, and what was not is named; four strata need all three."
)

CLASSES = ("I", "II", "III", "IV")
NO_PH, PRE, ISOLATED_POST, COMBINED, UNCLASSIFIED = "NO_PH", "PRECAPILLARY", "IPCPH", "CPCPH", "UNCLASSIFIED"

ITEMS = (
    ("MPAP", Text("mean pulmonary artery pressure", "平均肺动脉压"), "mmHg", 1, 120),
    ("PAWP", Text("pulmonary artery wedge pressure", "肺动脉楔压"), "mmHg", 0, 60),
    ("CO", Text("cardiac output", "心输出量"), "L/min", 0, 20),
    ("RAP", Text("right atrial pressure", "右房压"), "mmHg", 0, 60),
    ("TRV", Text("peak tricuspid regurgitation velocity", "三尖瓣反流峰速"), "m/s", 0, 8),
    ("SIXMWD", Text("six-minute walk distance", "六分钟步行距离"), "m", 0, 1200),
    ("NTPROBNP", Text("NT-proBNP", "NT-proBNP"), "ng/L", 0, 100000),
    ("RAAREA", Text("right atrial area", "右房面积"), "cm2", 0, 100),
    ("TAPSE_SPAP", Text("TAPSE over systolic pulmonary pressure", "TAPSE/肺动脉收缩压比值"), "mm/mmHg", 0, 5),
    ("CI", Text("cardiac index", "心指数"), "L/min/m2", 0, 12),
    ("SVI", Text("stroke volume index", "每搏量指数"), "mL/m2", 0, 150),
    ("SVO2", Text("mixed venous oxygen saturation", "混合静脉血氧饱和度"), "%", 0, 100),
)


def items(audience: Audience) -> tuple[Item, ...]:
    """What is measured, with units, and the WHO functional class (I to IV)."""
    measured = tuple(
        Item(code=code, label=name, kind=Kind.DECIMAL, audience=audience, unit=unit, low=Decimal(low), high=Decimal(high))
        for code, name, unit, low, high in ITEMS
    )
    terms = tuple(Term(one, same(one)) for one in CLASSES)
    functional = Item(
        code="WHOFC",
        label=Text("WHO functional class", "WHO 心功能分级"),
        kind=Kind.CHOICE,
        audience=audience,
        codelist=Codelist(code="WHOFC", terms=terms),
    )
    return (*measured, functional)


def resistance(mpap: Floats, pawp: Floats, output: Floats) -> Floats:
    """Pulmonary vascular resistance in Wood units from pressures (mmHg) and cardiac output (L/min): arrays (n,).

    >>> resistance(np.array([24.0]), np.array([10.0]), np.array([4.5])).round(3)
    array([3.111])
    """
    if (output <= 0).any():
        raise ValueError("cardiac output must be above 0 L/min")
    result: Floats = (mpap - pawp) / output
    return result


def systolic_pressure(velocity: Floats, right_atrial: Floats) -> Floats:
    """Systolic pulmonary pressure (mmHg) from the regurgitation velocity (m/s) and right atrial pressure: arrays (n,).

    >>> systolic_pressure(np.array([3.0]), np.array([5.0]))
    array([41.])
    """
    result: Floats = 4 * velocity**2 + right_atrial
    return result


def types(mpap: Floats, pawp: Floats, pvr: Floats) -> Words:
    """Hemodynamic type of many catheterizations: arrays (n,) of mPAP, PAWP (mmHg) and PVR (WU) give words (n,).

    NO_PH (mPAP up to 20), PRECAPILLARY (PAWP up to 15, PVR above 2), IPCPH (PAWP above 15, PVR up to 2), CPCPH (both
    above), UNCLASSIFIED (neither), or an empty word when it is not known.

    >>> types(np.array([24.0, 22, 19]), np.array([10.0, 10, np.nan]), np.array([3.11, 1.85, np.nan])).tolist()
    ['PRECAPILLARY', 'UNCLASSIFIED', 'NO_PH']
    """
    unknown = np.isnan(mpap) | np.isnan(pawp) | np.isnan(pvr)
    post, high = pawp > 15, pvr > 2
    cases = [mpap <= 20, unknown, post & high, post, high]
    return np.select(cases, [NO_PH, "", COMBINED, ISOLATED_POST, PRE], default=UNCLASSIFIED)


def hemodynamics(values: Mapping[str, float | None]) -> Score:
    """PVR (Wood units) as value and the type in `parts`, from MPAP, PAWP and CO.

    >>> found = hemodynamics({"MPAP": 30, "PAWP": 12, "CO": 4})
    >>> found.value, found.parts["type"]
    (Decimal('4.5'), 'PRECAPILLARY')
    """
    row = {code: np.array([_number(code, values.get(code))]) for code in ("MPAP", "PAWP", "CO")}
    pvr = resistance(row["MPAP"], row["PAWP"], row["CO"])
    kind = str(types(row["MPAP"], row["PAWP"], pvr)[0])
    parts = {"version": INSTRUMENT.version, "type": kind or "OPEN"}
    missing = tuple(f"{code} missing" for code, value in row.items() if np.isnan(value[0]))
    if missing:
        return Score(value=None, status=Status.INCOMPLETE, reasons=missing, parts=parts)
    return Score(value=Decimal(repr(round(float(pvr[0]), 10))), status=Status.SCORED, parts=parts)


def exercise_hypertension(slope: Floats) -> Floats:
    """Exercise pulmonary hypertension: a slope of mPAP over cardiac output above 3 mmHg/(L/min); 1, 0 or NaN.

    >>> exercise_hypertension(np.array([3.0, 3.1]))
    array([0., 1.])
    """
    result: Floats = np.where(np.isnan(slope), np.nan, (slope > 3).astype(float))
    return result


ECHO_SIGNS = {
    "VENTRICLES": Text(
        "RV/LV basal ratio > 1.0, flattened septum (LVEI > 1.1) or TAPSE/sPAP < 0.55", "右/左室基底径比>1.0、室间隔变平(LVEI>1.1)或TAPSE/sPAP<0.55"
    ),
    "ARTERY": Text(
        "RVOT acceleration < 105 ms or mid-systolic notch, early diastolic PR > 2.2 m/s, or pulmonary artery > aortic root or > 25 mm",
        "右室流出道加速时间<105 ms或收缩中期切迹、肺动脉瓣舒张早期反流>2.2 m/s，或肺动脉内径>主动脉根部或>25 mm",
    ),
    "CAVA_ATRIUM": Text("IVC > 21 mm with reduced collapse, or right atrium > 18 cm2", "下腔静脉>21 mm且塌陷减弱，或右房面积>18 cm²"),
}
"""The three categories of other signs; signs from at least two categories count (from memory, not verified)."""


def echo_probability(velocity: Floats, categories: Floats) -> Words:
    """LOW, INTERMEDIATE or HIGH from the peak velocity (m/s; NaN = not measurable, which counts as low) and the number
    of categories of other signs that are present (0 to 3; NaN unknown, then the word may be empty): arrays (n,).

    >>> echo_probability(np.array([2.6, 3.0, np.nan, 3.6]), np.array([2.0, 2, 0, np.nan])).tolist()
    ['INTERMEDIATE', 'HIGH', 'LOW', 'HIGH']
    """
    signs = categories >= 2
    middle = velocity > 2.8
    cases = [velocity > 3.4, np.isnan(categories), middle & signs, middle | signs]
    return np.select(cases, ["HIGH", "", "HIGH", "INTERMEDIATE"], default="LOW")


@frozen
class Limits:
    """How one measurement is graded: `steps` are the limits between grades; values at a limit go as `worse_at` says."""

    code: str
    steps: tuple[float, ...]
    rising: bool
    worse_at: tuple[bool, ...]

    def grades(self, values: Floats) -> Floats:
        """Grades 1 (best) to len(steps) + 1 of an array (n,), NaN where unknown."""
        grade = np.ones(values.shape)
        for step, at in zip(self.steps, self.worse_at, strict=True):
            if self.rising:
                grade += (values >= step) if at else (values > step)
            else:
                grade += (values <= step) if at else (values < step)
        result: Floats = np.where(np.isnan(values), np.nan, grade)
        return result


THREE_STRATA = (
    Limits("WHOFC", (2, 3), True, (False, False)),
    Limits("SIXMWD", (440, 165), False, (True, False)),
    Limits("NTPROBNP", (300, 1100), True, (True, False)),
    Limits("RAAREA", (18, 26), True, (True, False)),
    Limits("TAPSE_SPAP", (0.32, 0.19), False, (True, False)),
    Limits("RAP", (8, 14), True, (True, False)),
    Limits("CI", (2.5, 2.0), False, (False, False)),
    Limits("SVI", (38, 31), False, (True, False)),
    Limits("SVO2", (65, 60), False, (True, False)),
)
FOUR_STRATA = (
    Limits("WHOFC", (2, 3), True, (False, False)),
    Limits("SIXMWD", (440, 320, 165), False, (True, False, False)),
    Limits("NTPROBNP", (300, 650, 1100), True, (True, True, False)),
)
STRATA = {3: ("LOW", "INTERMEDIATE", "HIGH"), 4: ("LOW", "INTERMEDIATE_LOW", "INTERMEDIATE_HIGH", "HIGH")}


def _graded(strata: int, values: Floats) -> Floats:
    limits = _limits(strata)
    if values.ndim != 2 or values.shape[1] != len(limits):
        raise ValueError(f"values must have the shape (n, {len(limits)}): {', '.join(one.code for one in limits)}")
    grades = np.stack([one.grades(values[:, place]) for place, one in enumerate(limits)], axis=1)
    if strata == 4:  # functional class III counts 3 and IV counts 4: there is no class with 2 points
        grades[:, 0] = np.where(grades[:, 0] > 1, grades[:, 0] + 1, grades[:, 0])
    return grades


def _limits(strata: int) -> tuple[Limits, ...]:
    if strata not in STRATA:
        raise ValueError(f"risk has 3 or 4 strata, not {strata}")
    return THREE_STRATA if strata == 3 else FOUR_STRATA


def mean_grades(values: Floats, strata: int) -> Floats:
    """The mean grade of many patients: an array (n, 9) for 3 strata or (n, 3) for 4, columns in the order of
    `THREE_STRATA` or `FOUR_STRATA` (functional class as 1 to 4), gives (n,). NaN without any measurement (3 strata) or
    when one of the three is missing (4 strata). Round half up for the stratum: `strata_of`.

    >>> mean_grades(np.array([[2.0, 400, 400]]), 4).round(2)
    array([1.67])
    """
    grades = _graded(strata, values)
    known = ~np.isnan(grades)
    count = known.sum(axis=1)
    mean = np.where(known, grades, 0.0).sum(axis=1) / np.maximum(count, 1)
    result: Floats = np.where(count >= (1 if strata == 3 else 3), mean, np.nan)
    return result


def strata_of(means: Floats) -> Floats:
    """The stratum of mean grades, rounded half up (2.5 is 3).

    >>> strata_of(np.array([1.67, 2.5, 2.33]))
    array([2., 3., 2.])
    """
    result: Floats = np.floor(means + 0.5)
    return result


def risk(values: Mapping[str, float | str | Absence | None], strata: int) -> Score:
    """The stratum (1 to 3 or 1 to 4) of a patient with diagnosed PAH; each grade is in `parts`. Not for screening.

    `values` maps the codes of `THREE_STRATA` or `FOUR_STRATA` to measurements; WHOFC is I, II, III or IV.

    >>> found = risk({"WHOFC": "III", "SIXMWD": 350, "NTPROBNP": 700}, 4)
    >>> found.value, found.parts["risk"]
    (Decimal('3'), 'INTERMEDIATE_HIGH')
    """
    limits = _limits(strata)
    row = np.array([[_measure(one.code, values.get(one.code)) for one in limits]])
    mean = float(mean_grades(row, strata)[0])
    missing = tuple(f"{one.code} missing" for one, value in zip(limits, row[0], strict=True) if np.isnan(value))
    grades = {one.code: "" if np.isnan(g) else f"{g:.0f}" for one, g in zip(limits, _graded(strata, row)[0], strict=True)}
    parts = {"version": (RISK_3 if strata == 3 else RISK_4).version} | grades
    if np.isnan(mean):
        return Score(value=None, status=Status.INCOMPLETE, reasons=missing, parts=parts)
    stratum = int(strata_of(np.array([mean]))[0])
    parts |= {"mean": f"{mean:.2f}", "risk": STRATA[strata][stratum - 1]}
    return Score(value=Decimal(stratum), status=Status.SCORED, reasons=missing, parts=parts)


def _measure(code: str, value: float | str | Absence | None) -> float:
    if isinstance(value, Absence):
        return float("nan")
    if isinstance(value, str):
        if code != "WHOFC" or value not in CLASSES:
            raise ValueError(f"{code} is {value!r}; the functional class is {', '.join(CLASSES)}, all else is a number")
        return CLASSES.index(value) + 1.0
    if code == "WHOFC" and value is not None and value not in (1, 2, 3, 4):
        raise ValueError(f"{value} is not a functional class ({', '.join(CLASSES)})")
    return _number(code, value)


def _number(code: str, value: float | None) -> float:
    if value is not None and value < 0:
        raise ValueError(f"{code} is {value}; it cannot be below 0")
    return float("nan") if value is None else float(value)
