"""Lung function against reference values: FVC and FEV1 as percent predicted, z-score and lower limit of normal, equation named."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.protocol import Instrument, Score, Status, Text

Floats = NDArray[np.float64]
Dates = NDArray[np.datetime64]

INSTRUMENT = Instrument(
    code="SPIROMETRY",
    name=Text("FVC and FEV1 against reference values (GLI)", "FVC、FEV1 与参考值比较（GLI）"),
    version="gli_global_2022+gli_2012/pyspiro",
    licence="Tables used through the package pyspiro (MIT); no explicit licence of the GLI tables was found: cite GLI and ERS.",
    references=(
        "GLI Global 2022: Bowerman C et al. Am J Respir Crit Care Med 2023;207:768, doi 10.1164/rccm.202205-0963OC",
        "GLI-2012: Quanjer PH et al. Eur Respir J 2012;40:1324, doi 10.1183/09031936.00080312",
        "severity: Stanojevic S et al. Eur Respir J 2022;60:2101499",
    ),
    verified=True,
    higher_is_worse=False,
    minimal_important_difference="FVC %: +3.0 to +5.3, -3.0 to -3.3 points (Kafaja 2018)",
)

EQUATIONS = {
    "gli_global_2022": Text("GLI Global 2022", "GLI Global 2022"),
    "gli_2012": Text("GLI-2012", "GLI-2012"),
}
GROUPS = {"CAUCASIAN": 1, "AFRICAN_AMERICAN": 2, "NORTHEAST_ASIAN": 3, "SOUTHEAST_ASIAN": 4, "OTHER": 5}
"""The groups of GLI-2012; GLI Global 2022 has none. Patients in Beijing are North East Asian."""

SEXES = {"F": 0, "M": 1}
Z_LOWER = 1.645


@frozen(kw_only=True)
class Spirogram:
    """FVC (or FEV1) of one test with the reference distribution of that person: L, M, S of the LMS method, and what follows."""

    volume: float
    skewness: float
    median: float
    variation: float

    @property
    def percent(self) -> float:
        return 100 * self.volume / self.median

    @property
    def z(self) -> float:
        return float(((self.volume / self.median) ** self.skewness - 1) / (self.skewness * self.variation))

    @property
    def lower_limit(self) -> float:
        """The lower limit of normal (5th percentile) in liters."""
        return float(self.median * (1 - Z_LOWER * self.skewness * self.variation) ** (1 / self.skewness))


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


@cache
def _reference(equation: str) -> Any:
    """The equation in pyspiro, which imports pandas (0.7 s): loaded at the first spirogram, not when a program starts."""
    pyspiro = import_module("pyspiro")
    return pyspiro.GLI_2012() if equation == "gli_2012" else pyspiro.BOWERMAN_2022()


@lru_cache(maxsize=65536)
def _lms(
    equation: str, sex: str, age: float, height: float, group: str | None, quantity: str
) -> tuple[float, float, float] | None:
    """L, M and S of FVC or FEV1; None outside the ages of the tables or, for GLI-2012, without a group."""
    if equation not in EQUATIONS:
        raise ValueError(f"{equation} is not a reference equation here ({', '.join(EQUATIONS)})")
    if sex not in SEXES or (group is not None and group not in GROUPS):
        raise ValueError(f"sex {sex} or group {group} is unknown; use {', '.join(SEXES)} and {', '.join(GROUPS)}")
    if quantity not in QUANTITIES:
        raise ValueError(f"{quantity} has no reference here ({', '.join(QUANTITIES)})")
    if not AGES[0] <= age <= AGES[1]:
        return None
    reference = _reference(equation)
    measure = reference.Parameters[quantity].value
    if equation == "gli_2012":
        if group is None:
            return None
        skewness, median, variation = reference.lms(SEXES[sex], age, height, GROUPS[group], measure, 0.0)
    else:
        skewness, median, variation = reference.lms(SEXES[sex], age, height, measure, 0.0)
    return float(skewness), float(median), float(variation)


def spirogram(
    volume: float,
    sex: str,
    age: float,
    height: float,
    equation: str,
    group: str | None = None,
    quantity: str = "FVC",
) -> Spirogram | None:
    """FVC (or the `quantity` FEV1; liters) of a person of `sex` (F or M), `age` (decimal years) and `height` (cm) against `equation`.

    `group` (one of `GROUPS`) is needed by gli_2012 and ignored by gli_global_2022. None where no reference exists.
    Raises `ValueError` for unknown words and for a volume or height that is not positive.

    >>> round(spirogram(2.10, "F", 45.0, 160, "gli_global_2022").percent, 3)
    65.486
    """
    if not (volume > 0 and height > 0):
        raise ValueError(f"{quantity} {volume} L and height {height} cm must be positive")
    lms = _lms(equation, sex, float(age), float(height), group if equation == "gli_2012" else None, quantity)
    return None if lms is None else Spirogram(volume=float(volume), skewness=lms[0], median=lms[1], variation=lms[2])


def score(
    fvc: Decimal | None,
    sex: str | None,
    age: float | None,
    height: Decimal | None,
    equation: str,
    group: str | None = None,
) -> Score:
    """FVC percent predicted, with z, lower limit and median as `parts`, or what is missing. Words as in `spirogram`.

    >>> score(Decimal("1.55"), "F", 52.6, Decimal(158), "gli_2012", "CAUCASIAN").value.quantize(Decimal("0.01"))
    Decimal('48.85')
    """
    wanted = {"FVC": fvc, "sex": sex, "age": age, "height": height}
    missing = [name for name, value in wanted.items() if value is None]
    if equation == "gli_2012" and group is None:
        missing.append("group")
    if fvc is None or sex is None or age is None or height is None or missing:
        return Score(value=None, status=Status.INCOMPLETE, reasons=tuple(missing))
    found = spirogram(float(fvc), sex, age, float(height), equation, group)
    if found is None:
        return Score(value=None, status=Status.NOT_APPLICABLE, reasons=(f"no reference at age {age:.1f}",))
    parts = {
        "equation": equation,
        "z": repr(round(found.z, 6)),
        "lower limit (L)": repr(round(found.lower_limit, 6)),
        "predicted (L)": repr(round(found.median, 6)),
        "severity": severity(found.z),
    }
    return Score(value=Decimal(repr(found.percent)), status=Status.SCORED, parts=parts)


def columns(
    volume: Floats,
    sex: Sequence[str],
    age: Floats,
    height: Floats,
    equation: str,
    group: Sequence[str] | None = None,
    quantity: str = "FVC",
) -> dict[str, Floats]:
    """Percent predicted, z and lower limit (L) of FVC or FEV1 of many spirograms: arrays (n,) in and out, NaN where unknown.

    >>> columns(np.array([2.1]), ["F"], np.array([45.0]), np.array([160.0]), "gli_global_2022")["z"].round(4)
    array([-2.33])
    """
    found = {name: np.full(len(volume), np.nan) for name in ("percent", "z", "lower limit")}
    if equation not in EQUATIONS or quantity not in QUANTITIES:
        raise ValueError(
            f"{equation} {quantity} has no reference here ({', '.join(EQUATIONS)}; {', '.join(QUANTITIES)})"
        )
    rows, frame = _countable(volume, sex, age, height, group if equation == "gli_2012" else ["OTHER"] * len(volume))
    if not len(rows):
        return found
    reference = _reference(equation)
    told = {"ethnicity_col": "group" if equation == "gli_2012" else None, "value_col": "volume"}
    measure = reference.Parameters[quantity].value
    # The package rounds percentages to two decimals: of a huge volume that leaves the median with all its digits.
    huge = reference.compute(frame.assign(volume=1e12), measure, metrics=("percent",), **told)["percent"]
    rest = reference.compute(frame, measure, metrics=("zscore", "lln"), **told)
    found["percent"][rows] = volume[rows] * huge.to_numpy(dtype=float) / 1e12
    found["z"][rows] = rest["zscore"].to_numpy(dtype=float)
    found["lower limit"][rows] = rest["lln"].to_numpy(dtype=float)
    return found


def _countable(
    volume: Floats, sex: Sequence[str], age: Floats, height: Floats, group: Sequence[str] | None
) -> tuple[list[int], Any]:
    """The places of the spirograms that have a reference, and a data frame of them as pyspiro reads it."""
    known = np.flatnonzero(~np.isnan(volume + age + height)).tolist()
    words = {sex[place] for place in known} | (set() if group is None else {group[place] for place in known})
    if not words <= {*SEXES, *GROUPS}:
        raise ValueError(f"a sex or group is unknown; use {', '.join(SEXES)} and {', '.join(GROUPS)}")
    if not ((volume[known] > 0) & (height[known] > 0)).all():
        raise ValueError("volume (L) and height (cm) must be positive")
    rows = [] if group is None else [place for place in known if AGES[0] <= age[place] <= AGES[1]]
    columns = {
        "sex": [SEXES[sex[place]] for place in rows],
        "group": [] if group is None else [GROUPS[group[place]] for place in rows],
    }
    numbers = {"age": age[rows], "height": height[rows], "volume": volume[rows]}
    return rows, import_module("pandas").DataFrame(columns | numbers)


def severity(z: float) -> str:
    """Grade of a z-score (ERS/ATS 2022): NORMAL from -1.645, MILD from -2.5, MODERATE from -4.0, else SEVERE.

    >>> severity(-2.33)
    'MILD'
    """
    if z >= -Z_LOWER:
        return "NORMAL"
    return "MILD" if z >= -2.5 else "MODERATE" if z >= -4.0 else "SEVERE"
