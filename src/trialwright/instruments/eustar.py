"""The revised EUSTAR activity index of systemic sclerosis (2017): six weighted signs, 0 to 10, active from 2.5."""

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.protocol import Audience, Instrument, Item, Kind, Score, Status, Text, yes_no

Floats = NDArray[np.float64]

_REFERENCES = (
    "Valentini G et al. Ann Rheum Dis 2017;76:270, doi 10.1136/annrheumdis-2016-209768 (abstract), weights as printed by a clinical site",
    "the continuous skin item (0.084 points for each unit up to 18) is printed by that clinical site only",
)
INSTRUMENT = Instrument(
    code="EUSTAR_2017",
    name=Text("revised EUSTAR activity index 2017", "2017 年修订 EUSTAR 疾病活动指数"),
    version="eustar2017/abstract",
    licence="Published index; the weights are facts.",
    references=_REFERENCES,
    verified=True,
    higher_is_worse=True,
)
CONTINUOUS = Instrument(
    code="EUSTAR_2017_CONTINUOUS",
    name=Text("revised EUSTAR activity index 2017, continuous skin item", "2017 年修订 EUSTAR 疾病活动指数（皮肤连续计分）"),
    version="eustar2017/continuous",
    licence="Published index; the weights are facts.",
    references=_REFERENCES,
    verified=True,
    higher_is_worse=True,
)

FORMULA = (
    "1.5 skin worse by the patient's account + 1.5 digital ulcers + 1.5 if mRSS > 18 + 2.25 tendon friction rub + 2.25 if "
    "CRP > 10 mg/L + 1.0 if DLCO < 70 % predicted; continuous variant: 0.084 mRSS up to 18. Active from 2.5"
)
MISSING_RULE = "No imputation is published: an unknown sign that could add points gives no value, but lowest and highest possible."

ACTIVE = 2.5
SKIN_LIMIT = 18.0
SKIN_SLOPE = 0.084

BLOCK = 4096
"""Long columns are scored in blocks of rows that fit the processor's cache: ten times as fast, and memory stays flat."""


@frozen
class Sign:
    """One sign with its weight; `limit` when it is a measurement: more than the limit counts, or less if `below`."""

    code: str
    name: Text
    weight: float
    limit: float | None = None
    below: bool = False
    unit: str | None = None
    highest: float = 1.0


SIGNS = (
    Sign("DSKIN", Text("skin worse in the last month (patient)", "近一个月皮肤加重（患者自述）"), 1.5),
    Sign("ULCERS", Text("digital ulcers", "指端溃疡"), 1.5),
    Sign("MRSS", Text("modified Rodnan skin score", "改良 Rodnan 皮肤评分"), 1.5, SKIN_LIMIT, highest=51.0),
    Sign("TFR", Text("tendon friction rub, at least one", "肌腱摩擦感（至少一处）"), 2.25),
    Sign("CRP", Text("C-reactive protein", "C 反应蛋白"), 2.25, 10.0, unit="mg/L", highest=1000.0),
    Sign(
        "DLCO", Text("DLCO, percent predicted", "DLCO 占预计值百分比"), 1.0, 70.0, below=True, unit="%", highest=250.0
    ),
)
CODES = tuple(sign.code for sign in SIGNS)
_SKIN = CODES.index("MRSS")


def items(audience: Audience) -> tuple[Item, ...]:
    """The six signs. The skin score and its change are measured on forms of their own and copied, never asked again:
    staff who know the arm would otherwise re-score what the blinded evaluator measured."""
    return tuple(
        Item(code=sign.code, label=sign.name, kind=Kind.CHOICE, audience=audience, codelist=yes_no())
        if sign.limit is None
        else Item(
            code=sign.code,
            label=sign.name,
            kind=Kind.INTEGER if sign.code == "MRSS" else Kind.DECIMAL,
            audience=audience,
            unit=sign.unit,
            low=Decimal(0),
            high=Decimal(int(sign.highest)),
        )
        for sign in SIGNS
    )


def points(signs: Floats, continuous: bool = False) -> Floats:
    """The points of each sign: an array (n, 6) in the order of `CODES` (1 or 0, or a measurement, NaN unknown) gives
    one of the same shape.

    >>> points(np.array([[1.0, 0, 18, 1, 6, 62]]), continuous=True)
    array([[1.5  , 0.   , 1.512, 2.25 , 0.   , 1.   ]])
    """
    if signs.ndim != 2 or signs.shape[1] != len(SIGNS):
        raise ValueError(f"signs must have the shape (n, {len(SIGNS)}), not {signs.shape}")
    columns = []
    for place, sign in enumerate(SIGNS):
        value = signs[:, place]
        _check(sign, value)
        if sign.limit is None:
            met = value == 1
        else:
            met = value < sign.limit if sign.below else value > sign.limit
        columns.append(np.where(np.isnan(value), np.nan, np.where(met, sign.weight, 0.0)))
    result: Floats = np.stack(columns, axis=1)
    if continuous:
        skin = signs[:, _SKIN]
        result[:, _SKIN] = np.where(skin <= SKIN_LIMIT, SKIN_SLOPE * skin, result[:, _SKIN])
    return result


def _check(sign: Sign, value: Floats) -> None:
    known = value[~np.isnan(value)]
    right = np.isin(known, (0.0, 1.0)) if sign.limit is None else (known >= 0) & (known <= sign.highest)
    if not right.all():
        expected = "1 (present) or 0 (absent)" if sign.limit is None else f"between 0 and {sign.highest:g}"
        raise ValueError(f"{sign.code} must be {expected}, not {known[~right][0]:g}")


def bounds(signs: Floats, continuous: bool = False) -> tuple[Floats, Floats]:
    """Lowest and highest possible index of many patients: (n, 6) gives two arrays (n,), equal where all is known.

    >>> bounds(np.full((1, 6), np.nan))
    (array([0.]), array([10.]))
    """
    per = points(signs, continuous)
    most = np.array([sign.weight for sign in SIGNS])
    if continuous:
        most[_SKIN] = max(most[_SKIN], SKIN_SLOPE * SKIN_LIMIT)
    low = np.where(np.isnan(per), 0.0, per).sum(axis=1)
    high = np.where(np.isnan(per), most, per).sum(axis=1)
    return low, high


def index(signs: Floats, continuous: bool = False) -> Floats:
    """The index of many patients: an array (n, 6) gives one of shape (n,), NaN where a sign is unknown.

    >>> index(np.array([[1.0, 0, 22, 1, 6, 62]]))
    array([6.25])
    """
    if len(signs) > BLOCK:
        return np.concatenate([index(signs[at : at + BLOCK], continuous) for at in range(0, len(signs), BLOCK)])
    result: Floats = points(signs, continuous).sum(axis=1)
    return result


def score(signs: Mapping[str, float | bool | None], continuous: bool = False) -> Score:
    """The index and whether the disease is active (`parts`: min, max, active YES, NO or OPEN).

    `signs` maps `CODES` to present or absent, or to the measurement (CRP in mg/L); left out or None is unknown.
    Raises `ValueError` for an unknown code or an impossible value.

    >>> visit = {"DSKIN": False, "ULCERS": False, "MRSS": 12, "TFR": False, "CRP": 14, "DLCO": 80}
    >>> score(visit).value, score(visit, continuous=True).value
    (Decimal('2.25'), Decimal('3.258'))
    """
    for code in signs:
        if code not in CODES:
            raise ValueError(f"{code} is not a sign of the EUSTAR index ({', '.join(CODES)})")
    row = np.array([[_number(signs.get(code)) for code in CODES]])
    low, high = (round(float(bound[0]), 3) for bound in bounds(row, continuous))
    version = (CONTINUOUS if continuous else INSTRUMENT).version
    active = "YES" if low >= ACTIVE else "NO" if high < ACTIVE else "OPEN"
    parts = {"version": version, "min": str(low), "max": str(high), "active": active}
    missing = tuple(f"{code} unknown" for code, value in zip(CODES, row[0], strict=True) if np.isnan(value))
    if missing:
        return Score(value=None, status=Status.INCOMPLETE, reasons=missing, parts=parts)
    return Score(value=Decimal(str(low)), status=Status.SCORED, parts=parts)


def _number(value: float | bool | None) -> float:
    return float("nan") if value is None else float(value)
