"""Lung function against reference values: FVC, FEV1 and their ratio as percent predicted, z-score and lower limit of normal."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.metadata import distribution
from typing import TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.protocol import Instrument, Score, Status, Text

Floats = NDArray[np.float64]
Dates = NDArray[np.datetime64]
Words = NDArray[np.str_]

INSTRUMENT = Instrument(
    code="SPIROMETRY",
    name=Text("FVC, FEV1 and FEV1/FVC against reference values (GLI)", "FVC、FEV1 及 FEV1/FVC 与参考值比较（GLI）"),
    version="gli_global_2022+gli_2012/pyspiro",
    licence="Tables used through the package pyspiro (MIT); no explicit licence of the GLI tables was found: cite GLI and ERS.",
    references=(
        "GLI Global 2022: Bowerman C et al. Am J Respir Crit Care Med 2023;207:768, doi 10.1164/rccm.202205-0963OC",
        "GLI-2012: Quanjer PH et al. Eur Respir J 2012;40:1324, doi 10.1183/09031936.00080312",
        "severity: Stanojevic S et al. Eur Respir J 2022;60:2101499 (limits as in pyspiro; the paper's gap from -4.0 to -4.1 is closed)",
        "low FVC with a normal ratio is possible restriction, and the other patterns: from memory, not verified",
    ),
    verified=True,
    higher_is_worse=False,
    minimal_important_difference="FVC %: +3.0 to +5.3, -3.0 to -3.3 points (Kafaja 2018)",
)

EQUATIONS = {
    "gli_global_2022": Text("GLI Global 2022", "GLI Global 2022"),
    "gli_2012": Text("GLI-2012", "GLI-2012"),
}
GROUPS = ("CAUCASIAN", "AFRICAN_AMERICAN", "NORTHEAST_ASIAN", "SOUTHEAST_ASIAN", "OTHER")
"""The groups of GLI-2012 in the order of its coefficients; GLI Global 2022 has none. Patients in Beijing are North East Asian."""

SEXES = {"F": "females", "M": "males"}
"""The word for each sex in the tables of pyspiro."""
Z_LOWER = 1.645


FORMULA = (
    "M = exp(a0 + a1 ln height + a2 ln age + group + spline), S = exp(p0 + p1 ln age + group + spline), L = q0 + q1 ln age + spline; "
    "percent = 100 x/M; z = ((x/M)^L - 1)/(L S); lower limit = M (1 - 1.645 L S)^(1/L); splines at quarter years, straight in between"
)
MISSING_RULE = "Without the measurement, sex, age, height, or (GLI-2012) group there is no score; ages below 3 or above 95 years have no reference."


@frozen(kw_only=True)
class Spirogram:
    """FVC, FEV1 (liters) or their ratio in one test, with the reference distribution of that person: L, M, S of the LMS method."""

    volume: float
    skewness: float
    median: float
    variation: float

    @property
    def percent(self) -> float:
        return float(_percent(self.volume, self.median))

    @property
    def z(self) -> float:
        return float(_z(np.array(self.volume), self.skewness, self.median, self.variation))

    @property
    def lower_limit(self) -> float:
        """The lower limit of normal (5th percentile), in liters unless it is of the ratio."""
        return float(_lower_limit(self.skewness, self.median, self.variation))


Number = TypeVar("Number", float, Floats)


def _percent(measured: Number, median: Number) -> Number:
    return 100 * measured / median


def _z(measured: Floats, skewness: Floats | float, median: Floats | float, variation: Floats | float) -> Floats:
    result: Floats = ((measured / median) ** skewness - 1) / (skewness * variation)
    return result


def _lower_limit(skewness: Number, median: Number, variation: Number) -> Number:
    result: Number = median * (1 - Z_LOWER * skewness * variation) ** (1 / skewness)
    return result


def age_years(birth: date, on: date) -> float:
    """Age in decimal years, exact on birthdays: whole years plus the share of the running year that has passed.

    Someone born on 29 February has his birthday on 1 March in common years. Raises `ValueError` before birth.

    >>> age_years(date(1980, 3, 5), date(2025, 3, 5))
    45.0
    """
    if on < birth:
        raise ValueError(f"{on} lies before the birth on {birth}")
    years = on.year - birth.year - (1 if on < _birthday(birth, on.year) else 0)
    last, following = _birthday(birth, birth.year + years), _birthday(birth, birth.year + years + 1)
    return years + (on - last).days / (following - last).days


def ages_years(birth: Dates, on: Dates) -> Floats:
    """`age_years` of many people: two arrays (n,) of days give one of years, NaN where a day is unknown (NaT) or lies
    before the birth.

    >>> ages_years(np.array(["1980-03-05"], "datetime64[D]"), np.array(["2025-03-05"], "datetime64[D]"))
    array([45.])
    """
    found = np.full(len(birth), np.nan)
    known = ~(np.isnat(birth) | np.isnat(on))
    known[known] = on[known] >= birth[known]
    born, day = birth[known].astype("datetime64[D]"), on[known].astype("datetime64[D]")
    month = born.astype("datetime64[M]")
    beyond = born - month.astype("datetime64[D]")

    def birthday(years: NDArray[np.int64]) -> Dates:
        later: Dates = (month + (12 * years).astype("timedelta64[M]")).astype("datetime64[D]") + beyond
        return later  # 29 February runs over into 1 March

    years = (day.astype("datetime64[Y]") - born.astype("datetime64[Y]")).astype(np.int64)
    years -= birthday(years) > day
    last, following = birthday(years), birthday(years + 1)
    found[known] = years + (day - last).astype(np.int64) / (following - last).astype(np.int64)
    return found


def _birthday(birth: date, year: int) -> date:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return date(year, 3, 1) if (birth.month, birth.day) == (2, 29) and not leap else birth.replace(year=year)


AGES = (3.0, 95.0)
QUANTITIES = ("FVC", "FEV1")
RATIO = "FEV1FVC"
"""The ratio FEV1/FVC (a fraction, such as 0.78) as a quantity."""
_TABLES = {"gli_global_2022": "bowerman_2022", "gli_2012": "gli_2012"}
"""The files of pyspiro (its data folder) in which each equation stands."""


@frozen
class Curve:
    """One equation for one sex. `height` is the factor of ln height in ln M; `age` the factors of ln age in L, ln M and ln S, arrays (3,).

    `splines` (n, 3) are what is added to the three at the ages `knots` (n,); `groups` what each group of GLI-2012 adds to ln M and ln S.
    """

    height: float
    age: Floats
    knots: Floats
    splines: Floats
    groups: Mapping[str, tuple[float, float]]


@cache
def _columns_of(file: str) -> dict[str, tuple[str, ...]]:
    """A table of pyspiro, by column. Only the file is read: the package itself would load pandas, which takes most of a second."""
    text = str(distribution("pyspiro").locate_file(f"pyspiro/data/{file}.csv").read_text())
    head, *rows = (line.split(";") for line in text.splitlines())
    return dict(zip(head, zip(*rows, strict=True), strict=True))


@cache
def _curve(equation: str, sex: str, quantity: str) -> Curve:
    table, splines = _columns_of(f"{_TABLES[equation]}_coefficients"), _columns_of(f"{_TABLES[equation]}_splines")
    column = f"{quantity}_{SEXES[sex]}"
    at = {name: float(value or 0) for name, value in zip(table["var"], table[column], strict=True)}
    added = np.array([splines[f"{column}_{part}spline"] for part in "LMS"], np.float64).T
    groups = {name: (at[f"a{place + 2}"], at[f"p{place + 1}"]) if place else (0.0, 0.0) for place, name in enumerate(GROUPS)} if "a3" in at else {}
    return Curve(height=at["a1"], age=np.array([at["q1"], at["a2"], at["p1"]]), knots=np.array(splines["age"], np.float64),
                 splines=added + np.array([at["q0"], at["a0"], at["p0"]]), groups=groups)  # fmt: skip


def _lms(equation: str, sex: str, quantity: str, age: Floats, height: Floats) -> tuple[Floats, Floats, Floats]:
    """L, ln M and ln S of people of one sex (and the first group), straight between the quarter years around each age."""
    curve, logs = _curve(equation, sex, quantity), np.log(age)
    skewness, median, variation = (
        slope * logs + np.interp(age, curve.knots, spline) for slope, spline in zip(curve.age, curve.splines.T, strict=True)
    )
    return skewness, median + curve.height * np.log(height), variation


def reference(
    sex: Sequence[str] | Words,
    age: Floats,
    height: Floats,
    equation: str,
    group: Sequence[str] | Words | None = None,
    quantity: str = "FVC",
) -> tuple[Floats, Floats, Floats]:
    """L, M (liters, or the ratio) and S of many people, arrays (n,); NaN outside the ages of the tables, where a number is
    unknown, and by gli_2012 without groups. Raises `ValueError` for an unknown equation, quantity, or word of a known row.

    >>> reference(["M"], np.array([45.0]), np.array([175.0]), "gli_global_2022", quantity="FEV1FVC")[1].round(4)
    array([0.8056])
    """
    if equation not in EQUATIONS:
        raise ValueError(f"{equation} is not a reference equation here ({', '.join(EQUATIONS)})")
    if quantity not in (*QUANTITIES, RATIO):
        raise ValueError(f"{quantity} has no reference here ({', '.join((*QUANTITIES, RATIO))})")
    grouped = equation == "gli_2012"
    who, race = np.asarray(sex), np.asarray([] if group is None else group)
    found = tuple(np.full(age.shape, np.nan) for _ in range(3))
    known = ~np.isnan(age + height)
    _words("sex", who[known], SEXES)
    _words("group", race[known] if grouped and group is not None else race[:0], GROUPS)
    inside = known & (age >= AGES[0]) & (age <= AGES[1]) & (height > 0)
    for one in SEXES if group is not None or not grouped else ():
        here = np.flatnonzero(inside & (who == one))
        if not len(here):
            continue
        skewness, median, variation = _lms(equation, one, quantity, age[here], height[here])
        if grouped:
            groups = _curve(equation, one, quantity).groups
            names = np.array(sorted(groups))
            changes = np.array([groups[name] for name in names])[np.searchsorted(names, race[here].astype(str))]
            median, variation = median + changes[:, 0], variation + changes[:, 1]
        found[0][here], found[1][here], found[2][here] = skewness, np.exp(median), np.exp(variation)
    return found[0], found[1], found[2]


def _words(what: str, told: Words, allowed: Iterable[str]) -> None:
    right = np.zeros(told.shape, bool)
    for word in allowed:
        right |= told == word
    if not right.all():
        raise ValueError(f"{what} {told[~right][0]} is unknown; use {', '.join(allowed)}")


def spirogram(
    volume: float,
    sex: str,
    age: float,
    height: float,
    equation: str,
    group: str | None = None,
    quantity: str = "FVC",
) -> Spirogram | None:
    """FVC (or the `quantity` FEV1, liters; or FEV1FVC) of a person of `sex` (F or M), `age` (decimal years) and `height` (cm).

    `group` (one of `GROUPS`) is needed by gli_2012 and ignored by gli_global_2022. None where no reference exists.
    Raises `ValueError` for unknown words and for a volume or height that is not positive.

    >>> round(spirogram(2.10, "F", 45.0, 160, "gli_global_2022").percent, 3)
    65.486
    """
    if not (volume > 0 and height > 0):
        raise ValueError(f"{quantity} {volume} L and height {height} cm must be positive")
    people = np.array([float(age)]), np.array([float(height)])
    found = reference([sex], *people, equation, None if group is None else [group], quantity)
    skewness, median, variation = (float(one[0]) for one in found)
    if np.isnan(median):
        return None
    return Spirogram(volume=float(volume), skewness=skewness, median=median, variation=variation)


def score(
    measured: Decimal | None,
    sex: str | None,
    age: float | None,
    height: Decimal | None,
    equation: str,
    group: str | None = None,
    quantity: str = "FVC",
) -> Score:
    """Percent predicted of FVC (or FEV1, or FEV1FVC), with z, lower limit and median as `parts`, or what is missing.

    Words as in `spirogram`.

    >>> score(Decimal("1.55"), "F", 52.6, Decimal(158), "gli_2012", "CAUCASIAN").value.quantize(Decimal("0.01"))
    Decimal('48.85')
    """
    wanted = {quantity: measured, "sex": sex, "age": age, "height": height}
    missing = [name for name, value in wanted.items() if value is None]
    if equation == "gli_2012" and group is None:
        missing.append("group")
    if measured is None or sex is None or age is None or height is None or missing:
        return Score(value=None, status=Status.INCOMPLETE, reasons=tuple(missing))
    found = spirogram(float(measured), sex, age, float(height), equation, group, quantity)
    if found is None:
        return Score(value=None, status=Status.NOT_APPLICABLE, reasons=(f"no reference at age {age:.1f}",))
    unit = "" if quantity == RATIO else " (L)"
    parts = {
        "equation": equation,
        "z": repr(round(found.z, 6)),
        f"lower limit{unit}": repr(round(found.lower_limit, 6)),
        f"predicted{unit}": repr(round(found.median, 6)),
        "severity": severity(found.z),
    }
    return Score(value=Decimal(repr(found.percent)), status=Status.SCORED, parts=parts)


def columns(
    volume: Floats,
    sex: Sequence[str] | Words,
    age: Floats,
    height: Floats,
    equation: str,
    group: Sequence[str] | Words | None = None,
    quantity: str = "FVC",
) -> dict[str, Floats]:
    """Percent predicted, z, lower limit and predicted of many spirograms: arrays (n,) in and out, NaN where unknown.

    >>> columns(np.array([2.1]), ["F"], np.array([45.0]), np.array([160.0]), "gli_global_2022")["z"].round(4)
    array([-2.33])
    """
    known = ~np.isnan(volume + age + height)
    if not ((volume[known] > 0) & (height[known] > 0)).all():
        raise ValueError("volume (L) and height (cm) must be positive")
    skewness, median, variation = reference(sex, np.where(known, age, np.nan), height, equation, group, quantity)
    return {
        "percent": _percent(volume, median),
        "z": _z(volume, skewness, median, variation),
        "lower limit": _lower_limit(skewness, median, variation),
        "predicted": median,
    }


def severities(z: Floats) -> Words:
    """Grades of z-scores (ERS/ATS 2022): NORMAL from -1.645, MILD from -2.5, MODERATE from -4.0, else SEVERE; "" if unknown.

    >>> severities(np.array([-1.6, -2.33, -3.0, -4.05, np.nan])).tolist()
    ['NORMAL', 'MILD', 'MODERATE', 'SEVERE', '']
    """
    cases = [np.isnan(z), z >= -Z_LOWER, z >= -2.5, z >= -4.0]
    return np.select(cases, ["", "NORMAL", "MILD", "MODERATE"], default="SEVERE")


def severity(z: float) -> str:
    """The grade of one z-score, as `severities`.

    >>> severity(-2.33)
    'MILD'
    """
    return str(severities(np.array([z]))[0])


def patterns(fvc_z: Floats, ratio_z: Floats) -> Words:
    """What FVC and FEV1/FVC say together, by the lower limits of normal: arrays (n,) of z-scores, "" if one is unknown.

    A low FVC with a normal ratio is only *possible* restriction: without total lung capacity it cannot be told.

    >>> patterns(np.array([0.0, -2.0, 0.0, -2.0]), np.array([0.0, 0.0, -2.0, -2.0])).tolist()
    ['NORMAL', 'POSSIBLE RESTRICTION', 'OBSTRUCTION', 'OBSTRUCTION WITH LOW FVC']
    """
    low, narrow = fvc_z < -Z_LOWER, ratio_z < -Z_LOWER
    cases = [np.isnan(fvc_z + ratio_z), low & narrow, narrow, low]
    return np.select(cases, ["", "OBSTRUCTION WITH LOW FVC", "OBSTRUCTION", "POSSIBLE RESTRICTION"], default="NORMAL")
