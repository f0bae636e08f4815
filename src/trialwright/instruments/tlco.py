"""Gas transfer of the lung (TLCO, KCO, VA) against GLI-2017 as corrected in 2020, with hemoglobin, and decline of lung function."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from importlib.metadata import distribution

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.protocol import Audience, Instrument, Item, Kind, Score, Status, Text

Floats = NDArray[np.float64]
Words = NDArray[np.str_]

INSTRUMENT = Instrument(
    code="TLCO",
    name=Text("TLCO against reference values (GLI-2017, corrected 2020)", "一氧化碳弥散量与参考值比较（GLI-2017，2020 更正）"),
    version="gli_2017/corrected-2020/hb-cotes",
    licence="Tables used through the package pyspiro (MIT); no explicit licence of the GLI tables was found: cite GLI and ERS.",
    references=(
        "Stanojevic S et al. Eur Respir J 2017;50:1700010, correction 2020;56:1750010 (derived in Caucasians only)",
        "hemoglobin: Cotes, as in Graham BL et al. Eur Respir J 2017;49:1600016; which constant is whose sex is from memory",
        "severity: Stanojevic S et al. Eur Respir J 2022;60:2101499",
    ),
    verified=True,
    higher_is_worse=False,
)
DECLINE = Instrument(
    code="ILD_DECLINE",
    name=Text("decline of lung function (FVC 10 %, or 5 % with DLCO 15 %)", "肺功能下降（FVC 10%，或 5% 且 DLCO 15%）"),
    version="ild_decline/relative/omeract",
    licence="Published definition; free to use.",
    references=(
        "OMERACT definition of progression, from memory, not verified",
        "Kafaja S et al. Am J Respir Crit Care Med 2018;197:644: important difference of FVC",
    ),
    verified=False,
    minimal_important_difference="FVC %: +3.0 to +5.3, -3.0 to -3.3 points (Kafaja 2018)",
)

FORMULA = (
    "M = exp(a0 + a1 ln height + a2 ln age + spline), S = exp(p0 + p1 ln age + spline), z = ((x/M)^L - 1)/(L S); predicted TLCO and KCO "
    "x 1.7 Hb/(k + Hb), k = 10.22 (men from 15 years) or 9.38, Hb in g/dL"
)
MISSING_RULE = "Without hemoglobin there is no corrected value; the uncorrected one must be asked for and is labeled so."

SEXES = ("F", "M")
AGES = (5.0, 90.0)
STATED_AGES = (5.0, 80.0)
"""The tables reach 90 years, the range stated for them ends at 80: a value beyond is given with a remark."""
Z_LOWER = 1.645
SI_TO_TRADITIONAL = 2.987
"""1 mmol/min/kPa is 2.987 mL/min/mmHg."""
HEMOGLOBIN = (30.0, 250.0)
"""Possible hemoglobin in g/L; 13.4 is a value in g/dL and refused."""


@frozen
class Curve:
    """The closed part of one equation: median by a0, a1 (height), a2 (age), variation by p0, p1, and the skewness L."""

    a0: float
    a1: float
    a2: float
    p0: float
    p1: float
    skewness: float


CURVES = {
    ("TLCO", "M"): Curve(-8.129189, 2.018368, -0.012425, -1.98996, 0.03536, 0.39482),
    ("TLCO", "F"): Curve(-6.253720, 1.618697, -0.015390, -1.82905, -0.01815, 0.24160),
    ("KCO", "M"): Curve(2.994137, -0.415334, -0.113166, -1.98186, 0.0146, 0.6733),
    ("KCO", "F"): Curve(4.037222, -0.645656, -0.097395, -1.63787, -0.07757, 0.48963),
    ("VA", "M"): Curve(-11.086573, 2.430021, 0.097047, -2.20953, 0.01937, 0.62559),
    ("VA", "F"): Curve(-9.87397, 2.182316, 0.082868, -2.08839, -0.01334, 0.51919),
}
QUANTITIES = {"TLCO": "mmol/min/kPa", "KCO": "mmol/min/kPa/L", "VA": "L"}


def items(audience: Audience) -> tuple[Item, ...]:
    """What the laboratory reports: TLCO, alveolar volume, and the hemoglobin of the day in g/L."""
    rows = (
        ("TLCO", Text("TLCO, as measured", "TLCO 实测值"), "mmol/min/kPa", "0.1", "30"),
        ("VA", Text("alveolar volume", "肺泡容积"), "L", "0.5", "15"),
        ("HGB", Text("hemoglobin", "血红蛋白"), "g/L", "30", "250"),
    )
    return tuple(
        Item(code=code, label=name, kind=Kind.DECIMAL, audience=audience, unit=unit, low=Decimal(low), high=Decimal(high))
        for code, name, unit, low, high in rows
    )


@cache
def _splines(quantity: str, sex: str) -> tuple[Floats, Floats, Floats]:
    """Ages in steps of a quarter year, and what is added at each to ln M and to ln S, arrays (n,), as pyspiro keeps them.

    Only its file is read: the package itself would load pandas, which takes most of a second.
    """
    text = str(distribution("pyspiro").locate_file("pyspiro/data/gli_2017_splines.csv").read_text())
    head, *rows = (line.split(";") for line in text.splitlines())
    column = f"{'KCO_SI' if quantity == 'KCO' else quantity}_{'males' if sex == 'M' else 'females'}"
    places = [head.index(name) for name in ("age", f"{column}_Mspline", f"{column}_Sspline")]
    ages, median, variation = np.array([[row[place] for place in places] for row in rows], np.float64).T
    return ages, median, variation


def reference(quantity: str, sex: Sequence[str] | Words, age: Floats, height: Floats) -> tuple[Floats, Floats, Floats]:
    """Skewness, median (SI) and variation of `quantity` for many people: sex F or M, decimal years, cm; arrays (n,).

    NaN outside the ages of the tables. Raises `ValueError` for an unknown quantity or sex.

    >>> reference("TLCO", ["M"], np.array([40.0]), np.array([175.0]))[1].round(5)
    array([10.10515])
    """
    if quantity not in QUANTITIES:
        raise ValueError(f"{quantity} has no reference here ({', '.join(QUANTITIES)})")
    who = np.asarray(sex)
    if not np.isin(who, SEXES).all() or not (who.shape == age.shape == height.shape):
        raise ValueError("sex is F or M, and sex, age and height have the same length")
    inside = np.where((age >= AGES[0]) & (age <= AGES[1]) & (height > 0), age, np.nan)
    out = tuple(np.full(age.shape, np.nan) for _ in range(3))
    for one in SEXES:
        here = who == one
        if not here.any():
            continue
        curve, (knots, m_spline, s_spline) = CURVES[quantity, one], _splines(quantity, one)
        years, log = inside[here], np.log(inside[here])
        out[0][here] = curve.skewness
        median = curve.a0 + curve.a1 * np.log(height[here]) + curve.a2 * log + np.interp(years, knots, m_spline)
        out[1][here] = np.exp(median)
        out[2][here] = np.exp(curve.p0 + curve.p1 * log + np.interp(years, knots, s_spline))
    return out[0], out[1], out[2]


def hemoglobin_factor(hemoglobin: Floats, sex: Sequence[str] | Words, age: Floats) -> Floats:
    """By how much anemia or polycythemia moves the predicted TLCO and KCO: hemoglobin in g/L, arrays (n,).

    Raises `ValueError` for a hemoglobin that cannot be in g/L.

    >>> hemoglobin_factor(np.array([120.0, 110.0]), ["M", "F"], np.array([50.0, 50.0])).round(5)
    array([0.91809, 0.91757])
    """
    if ((hemoglobin < HEMOGLOBIN[0]) | (hemoglobin > HEMOGLOBIN[1])).any():
        raise ValueError("hemoglobin is given in g/L, between 30 and 250 (a value in g/dL is multiplied by 10 first)")
    grams = hemoglobin / 10
    constant = np.where((np.asarray(sex) == "M") & (age >= 15), 10.22, 9.38)
    result: Floats = 1.7 * grams / (constant + grams)
    return result


def columns(
    measured: Floats,
    sex: Sequence[str] | Words,
    age: Floats,
    height: Floats,
    hemoglobin: Floats | None = None,
    quantity: str = "TLCO",
) -> dict[str, Floats]:
    """Percent predicted, z, lower limit and predicted (SI) of many tests: arrays (n,) in, arrays (n,) out, NaN where
    unknown. With `hemoglobin` (g/L) the prediction is corrected, never the measurement as well; VA is not corrected.

    >>> columns(np.array([5.0]), ["F"], np.array([45.0]), np.array([160.0]))["z"].round(4)
    array([-2.1576])
    """
    if (measured <= 0).any():
        raise ValueError(f"{quantity} must be above 0")
    skewness, median, variation = reference(quantity, sex, age, height)
    if hemoglobin is not None and quantity != "VA":
        median = median * hemoglobin_factor(hemoglobin, sex, age)
    return {
        "percent": 100 * measured / median,
        "z": ((measured / median) ** skewness - 1) / (skewness * variation),
        "lower limit": median * (1 - Z_LOWER * skewness * variation) ** (1 / skewness),
        "predicted": median,
    }


def score(
    measured: Decimal | None,
    sex: str | None,
    age: float | None,
    height: Decimal | None,
    hemoglobin: Decimal | None = None,
    *,
    corrected: bool = True,
    quantity: str = "TLCO",
    traditional: bool = False,
) -> Score:
    """Percent predicted, with z, lower limit and prediction (SI) in `parts`; corrected for hemoglobin (g/L) unless told.

    `traditional` says that the measurement is in mL/min/mmHg (TLCO) or mL/min/mmHg/L (KCO).

    >>> score(Decimal("5.0"), "F", 45.0, Decimal(160), corrected=False).value.quantize(Decimal("0.001"))
    Decimal('72.758')
    """
    corrected = corrected and quantity != "VA"
    wanted = {quantity: measured, "sex": sex, "age": age, "height": height} | ({"hemoglobin": hemoglobin} if corrected else {})
    missing = tuple(name for name, value in wanted.items() if value is None)
    if measured is None or sex is None or age is None or height is None or missing:
        return Score(value=None, status=Status.INCOMPLETE, reasons=missing)
    si = float(measured) / (SI_TO_TRADITIONAL if traditional and quantity != "VA" else 1)
    blood = np.array([float(hemoglobin)]) if corrected and hemoglobin is not None else None
    found = columns(np.array([si]), [sex], np.array([float(age)]), np.array([float(height)]), blood, quantity)
    numbers = {name: float(value[0]) for name, value in found.items()}
    if np.isnan(numbers["percent"]):
        return Score(value=None, status=Status.NOT_APPLICABLE, reasons=(f"no reference at age {age:.1f}",))
    parts = {name: repr(round(value, 6)) for name, value in numbers.items() if name != "percent"}
    parts |= {
        "quantity": quantity,
        "hemoglobin": "corrected" if corrected else "not corrected",
        "severity": str(severity(found["z"])[0]),
    }
    remark = (f"age {age:.1f} is beyond the stated range of the reference",) if age > STATED_AGES[1] else ()
    return Score(value=Decimal(repr(numbers["percent"])), status=Status.SCORED, reasons=remark, parts=parts)


def severity(z: Floats) -> Words:
    """Grades of z-scores (ERS/ATS 2022): NORMAL from -1.645, MILD from -2.5, MODERATE from -4.0, else SEVERE.

    >>> severity(np.array([-1.6, -2.1576, -3.0, -4.05])).tolist()
    ['NORMAL', 'MILD', 'MODERATE', 'SEVERE']
    """
    return np.select([np.isnan(z), z >= -Z_LOWER, z >= -2.5, z >= -4.0], ["", "NORMAL", "MILD", "MODERATE"], default="SEVERE")


def relative_decline(baseline: Floats, later: Floats) -> Floats:
    """The fall in percent of baseline (a rise is negative): arrays (n,) of the same measure.

    >>> relative_decline(np.array([80.0]), np.array([72.0]))
    array([10.])
    """
    if (baseline <= 0).any():
        raise ValueError("a baseline value must be above 0")
    result: Floats = 100 * (baseline - later) / baseline
    return result


def progressed(fvc_before: Floats, fvc_after: Floats, tlco_before: Floats, tlco_after: Floats) -> Floats:
    """Decline of lung function: FVC by 10 % of baseline or more, or by 5 % with TLCO by 15 %; 1, 0 or NaN, arrays (n,).

    The definition is from memory, not verified. TLCO matters, and may be unknown, only between 5 and 10 %.

    >>> progressed(np.array([80.0, 80]), np.array([72.0, 75]), np.array([np.nan, 60]), np.array([np.nan, 50]))
    array([1., 1.])
    """
    volume = relative_decline(fvc_before, fvc_after)
    transfer = relative_decline(tlco_before, tlco_after)
    edge = 1e-9
    cases = [np.isnan(volume), volume >= 10 - edge, volume < 5 - edge, np.isnan(transfer), transfer >= 15 - edge]
    result: Floats = np.select(cases, [np.nan, 1.0, 0.0, np.nan, 1.0], default=0.0)
    return result
