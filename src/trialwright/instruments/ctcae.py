"""How severe a laboratory finding is: CTCAE grades 0 to 4 of blood counts, liver enzymes, bilirubin and creatinine."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.protocol import Audience, Instrument, Item, Kind, Score, Status, Text

Floats = NDArray[np.float64]

_LICENCE = "Public-domain text of the United States government; MedDRA codes need a licence of MedDRA and are not included."
_READ = "laboratory rows as transcribed in the grading tables of the open-source R package admiral"

INSTRUMENT = Instrument(
    code="CTCAE_5",
    name=Text("CTCAE 5.0, laboratory grades", "CTCAE 5.0 实验室检查分级"),
    version="ctcae/5.0/laboratory",
    licence=_LICENCE,
    references=("National Cancer Institute, CTCAE version 5.0, 27 November 2017", _READ, "no term for immunoglobulins exists"),
    verified=True,
    higher_is_worse=True,
)
VERSION_6 = Instrument(
    code="CTCAE_6",
    name=Text("CTCAE 6.0, laboratory grades", "CTCAE 6.0 实验室检查分级"),
    version="ctcae/6.0/laboratory",
    licence=_LICENCE,
    references=("National Cancer Institute, CTCAE version 6.0, 22 July 2025", _READ, "no row for a low lymphocyte count was found"),
    verified=True,
    higher_is_worse=True,
)
VERSIONS = {5: INSTRUMENT, 6: VERSION_6}
"""A protocol pins one version and never mixes them."""

FORMULA = "the highest grade whose limit is passed; a value exactly at a limit has the lower grade. Grade 5 (death) is not a laboratory grade"
MISSING_RULE = (
    "Without the value, or a limit of the local laboratory or a baseline that could change the grade, there is no grade. "
    "Baseline abnormal = above the upper limit. Reference ranges come from the laboratory, by sex and age; none is built in."
)


@frozen(kw_only=True)
class Falling:
    """Graded when low: below `limits` for grades 1, 2, ...; None stands for the lower limit of normal."""

    limits: tuple[float | None, ...]


@frozen(kw_only=True)
class Rising:
    """Graded when high: above `times` the upper limit of normal for grades 1, 2, ...

    With an abnormal baseline `abnormal` times the baseline count instead (the first limit already when reached, if
    `reached`); `also` are multiples of baseline that count besides, whatever the baseline (None: no such limit).
    """

    times: tuple[float, ...]
    abnormal: tuple[float, ...] | None = None
    reached: bool = False
    also: tuple[float | None, ...] = ()
    also_if_low: bool = False


@frozen(kw_only=True)
class Test:
    """One laboratory test, its unit here, factors from other units, and its rule in each version (None: no term)."""

    code: str
    name: Text
    unit: str
    factors: Mapping[str, float]
    rules: Mapping[int, Falling | Rising]
    hints_at_arm: bool = False


_COUNT = {"10^9/L": 1.0, "10^3/uL": 1.0, "/mm3": 0.001, "/uL": 0.001}
_ENZYME = {"U/L": 1.0, "ukat/L": 60.0}
_TRANSAMINASE: Mapping[int, Falling | Rising] = {
    5: Rising(times=(1, 3, 5, 20), abnormal=(1.5, 3, 5, 20), reached=True),
    6: Rising(times=(1, 3, 5, 20), abnormal=(1, 1.5, 2, 4), reached=True),
}
TESTS = (
    Test(code="WBC", name=Text("white blood cells", "白细胞"), unit="10^9/L", factors=_COUNT,
         rules=dict.fromkeys((5, 6), Falling(limits=(None, 3.0, 2.0, 1.0)))),
    Test(code="NEUT", name=Text("neutrophils", "中性粒细胞"), unit="10^9/L", factors=_COUNT,
         rules={5: Falling(limits=(None, 1.5, 1.0, 0.5)), 6: Falling(limits=(1.5, 1.0, 0.5, 0.1))}),
    Test(code="LYM", name=Text("lymphocytes", "淋巴细胞"), unit="10^9/L", factors=_COUNT,
         rules={5: Falling(limits=(None, 0.8, 0.5, 0.2))}, hints_at_arm=True),
    Test(code="PLAT", name=Text("platelets", "血小板"), unit="10^9/L", factors=_COUNT,
         rules={5: Falling(limits=(None, 75, 50, 25)), 6: Falling(limits=(None, 75, 50, 10))}),
    Test(code="HGB", name=Text("hemoglobin", "血红蛋白"), unit="g/L", factors={"g/L": 1.0, "g/dL": 10.0},
         rules=dict.fromkeys((5, 6), Falling(limits=(None, 100, 80)))),
    Test(code="ALT", name=Text("alanine aminotransferase", "丙氨酸氨基转移酶"), unit="U/L", factors=_ENZYME, rules=_TRANSAMINASE),
    Test(code="AST", name=Text("aspartate aminotransferase", "天门冬氨酸氨基转移酶"), unit="U/L", factors=_ENZYME, rules=_TRANSAMINASE),
    Test(code="ALP", name=Text("alkaline phosphatase", "碱性磷酸酶"), unit="U/L", factors=_ENZYME,
         rules={5: Rising(times=(1, 2.5, 5, 20), abnormal=(2, 2.5, 5, 20), reached=True), 6: Rising(times=(1,), abnormal=(1,))}),
    Test(code="GGT", name=Text("gamma-glutamyltransferase", "γ-谷氨酰转移酶"), unit="U/L", factors=_ENZYME,
         rules={5: Rising(times=(1, 2.5, 5, 20), abnormal=(2, 2.5, 5, 20), reached=True),
                6: Rising(times=(1, 2.5, 5, 20), abnormal=(1, 1.5, 3, 10), reached=True)}),
    Test(code="BILI", name=Text("total bilirubin", "总胆红素"), unit="umol/L", factors={"umol/L": 1.0, "mg/dL": 17.104},
         rules={5: Rising(times=(1, 1.5, 3, 10), abnormal=(1, 1.5, 3, 10)),
                6: Rising(times=(1, 1.5, 3, 10), abnormal=(1, 1.5, 2.5, 10), reached=True)}),
    Test(code="CREAT", name=Text("creatinine", "肌酐"), unit="umol/L", factors={"umol/L": 1.0, "mg/dL": 88.42},
         rules={5: Rising(times=(1, 1.5, 3, 6), also=(None, 1.5, 3, None)),
                6: Rising(times=(1, 1.5, 3, 6), also=(None, 1.5, 3, None), also_if_low=True)}),
)  # fmt: skip
CODES = tuple(test.code for test in TESTS)
_EDGE = 1e-9


@frozen(kw_only=True)
class Range:
    """A reference interval of the local laboratory for one test, in the unit of `TESTS`: for a sex (F, M, None = both)
    from an age (included) to an age (not included)."""

    test: str
    low: float
    high: float
    sex: str | None = None
    from_age: float = 0.0
    to_age: float = 200.0

    def fits(self, test: str, sex: str | None, age: float) -> bool:
        return self.test == test and self.sex in (None, sex) and self.from_age <= age < self.to_age


def items(audience: Audience) -> tuple[Item, ...]:
    """The laboratory tests that are graded, with the units used here; lymphocytes hint at a drug against B cells."""
    return tuple(
        Item(
            code=test.code,
            label=test.name,
            kind=Kind.DECIMAL,
            audience=audience,
            unit=test.unit,
            low=Decimal(0),
            hints_at_arm=test.hints_at_arm,
        )
        for test in TESTS
    )


def _test(code: str) -> Test:
    for test in TESTS:
        if test.code == code:
            return test
    raise ValueError(f"{code} is not a test that is graded here ({', '.join(CODES)})")


def range_of(ranges: Sequence[Range], test: str, sex: str | None, age: float) -> Range | None:
    """The one reference interval for a test in a person; None when the laboratory gives none.

    Raises `ValueError` when two fit: the table of ranges is contradictory.

    >>> table = (Range(test="HGB", low=115, high=150, sex="F"), Range(test="HGB", low=130, high=175, sex="M"))
    >>> range_of(table, "HGB", "M", 50).low
    130
    """
    found = [one for one in ranges if one.fits(test, sex, age)]
    if len(found) > 1:
        raise ValueError(f"{len(found)} reference ranges fit {test} for sex {sex} at age {age:g}; keep one")
    return found[0] if found else None


def converted(test: str, values: Floats, unit: str) -> Floats:
    """Values of a test in the unit used here: an array of any shape. Raises `ValueError` for a unit without a factor.

    >>> converted("NEUT", np.array([1200.0]), "/mm3"), converted("HGB", np.array([9.5]), "g/dL")
    (array([1.2]), array([95.]))
    """
    factors = _test(test).factors
    if unit not in factors:
        raise ValueError(f"{test} in {unit} cannot be converted; known units: {', '.join(factors)}")
    result: Floats = values * factors[unit]
    return result


def grades(test: str, values: Floats, low: Floats, high: Floats, baseline: Floats, version: int = 5) -> Floats:
    """Grades 0 to 4 of many results: value, both limits of normal and baseline, arrays (n,), all in the unit of the test.

    NaN where the value or what its rule needs is unknown (NaN). Raises `ValueError` for a version without this term.

    >>> nothing = np.array([np.nan])
    >>> grades("NEUT", np.array([1.2]), np.array([1.8]), nothing, nothing)
    array([2.])
    """
    rules = _test(test).rules
    if version not in VERSIONS:
        raise ValueError(f"CTCAE version {version} is not here ({', '.join(map(str, VERSIONS))})")
    if version not in rules:
        raise ValueError(f"CTCAE {version} has no term for {test}; pin the version of the protocol and grade by its own table")
    if (values < 0).any():
        raise ValueError(f"{test} cannot be below 0")
    rule = rules[version]
    return _falling(rule, values, low) if isinstance(rule, Falling) else _rising(rule, values, low, high, baseline)


def _falling(rule: Falling, values: Floats, low: Floats) -> Floats:
    grade = np.zeros(values.shape)
    for step, limit in enumerate(rule.limits, start=1):
        edge = low if limit is None else np.full(values.shape, limit)
        grade = np.where(values < edge * (1 - _EDGE), step, grade)
    unsure = (grade == 0) & np.isnan(low) if rule.limits[0] is None else np.zeros(values.shape, dtype=bool)
    result: Floats = np.where(np.isnan(values) | unsure, np.nan, grade)
    return result


def _steps(values: Floats, unit: Floats, times: tuple[float | None, ...], reached: bool = False) -> Floats:
    """The highest step whose multiple of `unit` the value passes."""
    grade = np.zeros(values.shape)
    for step, many in enumerate(times, start=1):
        if many is not None:
            at_limit = step == 1 and reached
            edge = unit * many * ((1 - _EDGE) if at_limit else (1 + _EDGE))
            grade = np.where(values > edge, step, grade)
    return grade


def _rising(rule: Rising, values: Floats, low: Floats, high: Floats, baseline: Floats) -> Floats:
    by_limit = _steps(values, high, rule.times)
    unknown = np.isnan(values) | np.isnan(high)
    if rule.abnormal is not None:
        was_high = baseline > high * (1 + _EDGE)
        grade = np.where(was_high, _steps(values, baseline, rule.abnormal, rule.reached), by_limit)
        unknown |= np.isnan(baseline) & (by_limit > 0)
    elif rule.also:
        counts = baseline < low if rule.also_if_low else np.ones(values.shape, dtype=bool)
        by_baseline = np.where(counts, _steps(values, baseline, rule.also), 0.0)
        grade = np.maximum(by_limit, by_baseline)
        most = max(step for step, many in enumerate(rule.also, start=1) if many is not None)
        needed = np.isnan(baseline) | (np.isnan(low) if rule.also_if_low else False)
        unknown |= needed & (by_limit < most)
    else:
        grade = by_limit
    result: Floats = np.where(unknown, np.nan, grade)
    return result


def score(
    test: str,
    value: Decimal | None,
    unit: str,
    normal: Range | None,
    baseline: Decimal | None = None,
    version: int = 5,
) -> Score:
    """The grade of one result in `unit`, against the laboratory's interval and, where the rule asks, the baseline
    (same unit as the value). What is missing is named.

    >>> score("ALT", Decimal(196), "U/L", Range(test="ALT", low=7, high=40), baseline=Decimal(30)).value
    Decimal('2')
    """
    if normal is not None and normal.test != test:
        raise ValueError(f"a reference range of {normal.test} cannot be used for {test}")
    low, high = (np.array([np.nan]), np.array([np.nan])) if normal is None else (np.array([float(normal.low)]), np.array([float(normal.high)]))
    here, before = (
        converted(test, np.array([np.nan if one is None else float(one)]), unit) for one in (value, baseline)
    )
    grade = float(grades(test, here, low, high, before, version)[0])
    parts = {"version": VERSIONS[version].version, "unit": _test(test).unit}
    if np.isnan(grade):
        wanted = {"value": value, "reference range": normal, "baseline": baseline}
        missing = tuple(f"{name} missing" for name, one in wanted.items() if one is None)
        return Score(value=None, status=Status.INCOMPLETE, reasons=missing, parts=parts)
    return Score(value=Decimal(int(grade)), status=Status.SCORED, parts=parts)
