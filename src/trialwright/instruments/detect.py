"""Who with systemic sclerosis should have an echocardiogram, and then a right heart catheter: the DETECT algorithm."""

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from trialwright.protocol import Audience, Instrument, Item, Kind, Score, Status, Text, yes_no

Floats = NDArray[np.float64]

INSTRUMENT = Instrument(
    code="DETECT",
    name=Text("DETECT, linear predictors and probabilities", "DETECT 线性预测值与概率"),
    version="detect/2014/linear-predictors/harrell-spline",
    licence="Published regression; facts. The official calculator describes itself as an aid for physicians.",
    references=(
        "Coghlan JG et al. Ann Rheum Dis 2014;73:1340, table of regression coefficients",
        "the scaling of the splines is not printed; Harrell's is the one with which the urate curve levels off above 7.1 mg/dL",
    ),
    verified=True,
    higher_is_worse=True,
)
POINTS = Instrument(
    code="DETECT_POINTS",
    name=Text("DETECT step 1 points (reconstruction)", "DETECT 第一步得分（重建）"),
    version="detect/2014/points-step-1/reconstruction",
    licence="Reconstruction of a graphical nomogram.",
    references=(
        "detect-pah.com: limits 300 and 35, points for one missing value (50, telangiectasia 65), 10 points without regurgitation",
        "13.3 points for each unit of the linear predictor and the offsets: third-party code, not validated",
    ),
    verified=False,
    higher_is_worse=True,
)

FORMULA = (
    "LP1 = -12.488 + 1.149 FVC%/DLCO% + 1.156 telangiectasia + 0.753 ACA + 0.915 log10 NT-proBNP + 1.247 urate - 1.132 rcs(urate) "
    "+ 1.850 right axis; LP2 = -2.452 + 0.891 LP1 + 0.075 RA area + 0.209 TRV + 2.656 rcs(TRV); p = 1/(1 + e^-LP)"
)
MISSING_RULE = (
    "A linear predictor needs all its values. Points (reconstruction): one value of step 1 may be missing and gets 50 points, "
    "telangiectasia 65. Step 2 allows none missing; without detectable regurgitation the official nomogram gives 10 points."
)

STEP_1 = ("RATIO", "TELANG", "ACA", "NTPROBNP", "URATE", "RAD")
STEP_2 = ("RAAREA", "TRV")
LIMITS = {1: 300, 2: 35}
"""More points than this: on to echocardiography (step 1) or to catheterization (step 2)."""
URATE_UMOL_PER_MG_DL = 59.48
BLOCK = 4096
"""Long columns are scored in blocks of rows that fit the processor's cache: ten times as fast, and memory stays flat."""
POINTS_PER_UNIT = 13.3
OFFSETS = (11.0, 50.0, 50.0, 27.0, -15.0, 50.0)
MISSING_POINTS = (50.0, 65.0, 50.0, 50.0, 50.0, 50.0)
URATE_KNOTS = (3.3, 4.7, 7.1)
TRV_KNOTS = (2.0, 2.5, 3.4)


def items(audience: Audience) -> tuple[Item, ...]:
    """What both steps ask. The ratio is formed from FVC and DLCO in percent predicted."""
    boxes = {
        "TELANG": Text("telangiectasia, ever", "毛细血管扩张（曾有）"),
        "ACA": Text("anticentromere antibody", "抗着丝点抗体"),
        "RAD": Text("right axis deviation", "电轴右偏"),
    }
    measured = (
        ("RATIO", Text("FVC % over DLCO %", "FVC% 与 DLCO% 比值"), None, "0.1", "10"),
        ("NTPROBNP", Text("NT-proBNP", "NT-proBNP"), "pg/mL", "1", "100000"),
        ("URATE", Text("serum urate", "血尿酸"), "mg/dL", "0.5", "30"),
        ("RAAREA", Text("right atrial area", "右房面积"), "cm2", "1", "100"),
        ("TRV", Text("peak tricuspid regurgitation velocity", "三尖瓣反流峰速"), "m/s", "0.5", "8"),
    )
    found = {
        code: Item(code=code, label=name, kind=Kind.DECIMAL, audience=audience, unit=unit, low=Decimal(low), high=Decimal(high))
        for code, name, unit, low, high in measured
    } | {
        code: Item(code=code, label=name, kind=Kind.CHOICE, audience=audience, codelist=yes_no())
        for code, name in boxes.items()
    }
    return tuple(found[code] for code in (*STEP_1, *STEP_2))


def applies(years: float, dlco: float) -> bool:
    """Whether the algorithm was made for this patient: systemic sclerosis for more than 3 years and DLCO below 60 %.

    >>> applies(4, 55), applies(2, 55)
    (True, False)
    """
    return years > 3 and dlco < 60


def urate(umol: Floats) -> Floats:
    """Urate in mg/dL from umol/L.

    >>> urate(np.array([237.92]))
    array([4.])
    """
    result: Floats = umol / URATE_UMOL_PER_MG_DL
    return result


def spline(x: Floats, knots: tuple[float, float, float]) -> Floats:
    """The restricted cubic spline with three knots in Harrell's scaling, an array of the shape of `x`.

    >>> spline(np.array([4.0, 5.5]), URATE_KNOTS).round(5)
    array([0.02375, 0.68126])
    """
    first, middle, last = knots
    reached = (np.maximum(x - knot, 0.0) for knot in knots)
    above = [high * high * high for high in reached]
    result: Floats = (
        above[0] - above[1] * (last - first) / (last - middle) + above[2] * (middle - first) / (last - middle)
    ) / (last - first) ** 2
    return result


def _terms(values: Floats) -> Floats:
    """The six terms of step 1, (n, 6)."""
    if values.ndim != 2 or values.shape[1] != len(STEP_1):
        raise ValueError(f"step 1 needs the shape (n, {len(STEP_1)}): {', '.join(STEP_1)}; not {values.shape}")
    boxes = values[:, [1, 2, 5]]
    if not ((boxes == 0) | (boxes == 1) | np.isnan(boxes)).all():
        raise ValueError("telangiectasia, ACA and right axis deviation are 1 (present) or 0 (absent)")
    ratio, telangiectasia, centromere, peptide, acid, axis = values.T
    if (peptide <= 0).any() or (ratio <= 0).any() or (acid <= 0).any():
        raise ValueError("the ratio, NT-proBNP (pg/mL) and urate (mg/dL) must be above 0")
    curve = 1.247 * acid - 1.132 * spline(acid, URATE_KNOTS)
    parts = (1.149 * ratio, 1.156 * telangiectasia, 0.753 * centromere, 0.915 * np.log10(peptide), curve, 1.850 * axis)
    return np.stack(parts, axis=1)


def step_one(values: Floats) -> Floats:
    """The linear predictor of step 1 for many patients: an array (n, 6) in the order of `STEP_1` gives (n,).

    >>> step_one(np.array([[1.8, 1, 0, 200, 5.5, 0]])).round(4)
    array([-1.071])
    """
    if len(values) > BLOCK:
        return np.concatenate([step_one(values[at : at + BLOCK]) for at in range(0, len(values), BLOCK)])
    result: Floats = -12.488 + _terms(values).sum(axis=1)
    return result


def step_two(first: Floats, area: Floats, velocity: Floats) -> Floats:
    """The linear predictor of step 2 from that of step 1, right atrial area (cm2) and velocity (m/s): arrays (n,).

    >>> step_two(np.array([-1.071]), np.array([16.0]), np.array([2.6])).round(4)
    array([-1.3723])
    """
    result: Floats = -2.452 + 0.891 * first + 0.075 * area + 0.209 * velocity + 2.656 * spline(velocity, TRV_KNOTS)
    return result


def probability(predictor: Floats) -> Floats:
    """The probability that belongs to a linear predictor.

    >>> probability(np.array([0.0]))
    array([0.5])
    """
    result: Floats = 1 / (1 + np.exp(-predictor))
    return result


def points(values: Floats) -> Floats:
    """Points of step 1 (n,) from (n, 6), a reconstruction that is not validated: one missing value is allowed.

    >>> points(np.array([[1.8, np.nan, 0, 200, 5.5, 0]])).round(1)
    array([324.5])
    """
    single = POINTS_PER_UNIT * _terms(values) + np.array(OFFSETS)
    missing = np.isnan(single)
    total = np.where(missing, np.array(MISSING_POINTS), single).sum(axis=1)
    result: Floats = np.where(missing.sum(axis=1) <= 1, total, np.nan)
    return result


def refer(official: Floats, step: int) -> Floats:
    """Whether the points of the official calculator call for the next examination: 1, 0 or NaN, an array (n,).

    >>> refer(np.array([300.0, 301.0]), 1)
    array([0., 1.])
    """
    if step not in LIMITS:
        raise ValueError(f"DETECT has the steps 1 and 2, not {step}")
    result: Floats = np.where(np.isnan(official), np.nan, (official > LIMITS[step]).astype(float))
    return result


def score(values: Mapping[str, float | bool | None], step: int) -> Score:
    """The linear predictor of step 1 or 2 with its probability in `parts` (and the reconstructed points in step 1).

    `values` maps `STEP_1` (and `STEP_2`) to measurements (NT-proBNP pg/mL, urate mg/dL) or present or absent.
    Whether to examine further is decided by the official calculator's points: `refer`.

    >>> patient = {"RATIO": 1.4, "TELANG": False, "ACA": False, "NTPROBNP": 80, "URATE": 4.0, "RAD": False}
    >>> found = score(patient, 1)
    >>> found.value.quantize(Decimal("0.0001")), found.parts["p"]
    (Decimal('-4.1770'), '0.0151')
    """
    if step not in LIMITS:
        raise ValueError(f"DETECT has the steps 1 and 2, not {step}")
    for code in values:
        if code not in STEP_1 and code not in STEP_2:
            raise ValueError(f"{code} is not asked by DETECT ({', '.join((*STEP_1, *STEP_2))})")
    row = np.array([[_number(values.get(code)) for code in STEP_1]])
    predictor = step_one(row)
    asked = STEP_1 if step == 1 else (*STEP_1, *STEP_2)
    if step == 2:
        area, velocity = (np.array([_number(values.get(code))]) for code in STEP_2)
        predictor = step_two(predictor, area, velocity)
    value = float(predictor[0])
    total = float(points(row)[0])
    parts = {} if step == 2 or np.isnan(total) else {"points (reconstruction)": f"{total:.0f}"}
    if np.isnan(value):
        missing = tuple(f"{code} missing" for code in asked if values.get(code) is None)
        return Score(value=None, status=Status.INCOMPLETE, reasons=missing, parts=parts)
    parts |= {"version": INSTRUMENT.version, "p": f"{float(probability(predictor)[0]):.4f}"}
    return Score(value=Decimal(repr(value)), status=Status.SCORED, parts=parts)


def _number(value: float | bool | None) -> float:
    return float("nan") if value is None else float(value)
