"""How severe systemic sclerosis is in nine organ systems, each 0 to 4, by the revised scale of Medsger (not verified)."""

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.protocol import Audience, Instrument, Item, Kind, Score, Status, Text

Floats = NDArray[np.float64]

INSTRUMENT = Instrument(
    code="MEDSGER",
    name=Text("Medsger disease severity scale, revised", "Medsger 疾病严重程度量表（修订）"),
    version="medsger/2003/nine-systems/unverified",
    licence="Published scale; limits are facts, labels are our own.",
    references=(
        "Medsger TA et al. J Rheumatol 1999;26:2159 (PMID 10529133): nine systems, 0 to 4",
        "Medsger TA et al. Clin Exp Rheumatol 2003;21(S29):42: the limits in the cells are from memory, not verified",
    ),
    verified=False,
    higher_is_worse=True,
)

FORMULA = "in each system the worst grade of its findings, 0 to 4; cohorts sum the nine systems to 0 to 36"
MISSING_RULE = "A system is graded on the findings that are known (at least that grade); unknown ones are named. The sum needs all nine systems."


@frozen(kw_only=True)
class Finding:
    """One finding: its system, and either limits of grades 1 to 4 of a measurement, or the highest grade entered by a person.

    `rising`: at or above the limit; else below it. A limit of None cannot be reached by this finding.
    """

    code: str
    system: str
    name: Text
    limits: tuple[float | None, ...] = ()
    rising: bool = True
    unit: str | None = None
    highest: int = 1000

    def grades(self, values: Floats) -> Floats:
        """Grades of an array (n,), NaN where unknown."""
        most = self.highest if self.limits else 4
        right = (values >= 0) & (values <= most) & (values == np.floor(values) if not self.limits else True)
        if not (right | np.isnan(values)).all():
            raise ValueError(f"{self.code} must lie between 0 and {most}" + ("" if self.limits else ", a whole number"))
        if not self.limits:
            return values
        grade = np.zeros(values.shape)
        for step, limit in enumerate(self.limits, start=1):
            if limit is not None:
                grade = np.where(values >= limit if self.rising else values < limit, step, grade)
        result: Floats = np.where(np.isnan(values), np.nan, grade)
        return result


def _measured(
    code: str, system: str, name: Text, limits: tuple[float | None, ...], unit: str | None, highest: int, rising: bool = True
) -> Finding:
    return Finding(code=code, system=system, name=name, limits=limits, unit=unit, highest=highest, rising=rising)


FINDINGS = (
    _measured("WTLOSS", "GENERAL", Text("weight loss", "体重下降"), (5, 10, 15, 20), "%", 100),
    _measured("HCT", "GENERAL", Text("hematocrit", "红细胞压积"), (37, 33, 29, 25), "%", 80, rising=False),
    _measured("HGB", "GENERAL", Text("hemoglobin", "血红蛋白"), (12.3, 11.0, 9.7, 8.3), "g/dL", 25, rising=False),
    Finding(code="VASCULAR", system="VASCULAR",
            name=Text("vessels: 1 Raynaud on drugs, 2 pits, 3 ulcers, 4 gangrene", "血管：1 需用药的雷诺现象，2 凹陷性瘢痕，3 溃疡，4 坏疽")),
    _measured("MRSS", "SKIN", Text("modified Rodnan skin score", "改良 Rodnan 皮肤评分"), (1, 15, 30, 40), None, 51),
    _measured("FTP", "JOINT", Text("fingertip to palm", "指尖到掌心距离"), (1.0, 2.0, 4.0, 5.0), "cm", 30),
    Finding(code="MUSCLE", system="MUSCLE",
            name=Text("proximal weakness: 1 mild, 2 moderate, 3 severe, 4 walking aid", "近端肌无力：1 轻，2 中，3 重，4 需助行")),
    Finding(code="GUT", system="GUT",
            name=Text("gut: 1 motility, 2 antibiotics, 3 malabsorption, 4 hyperalimentation", "胃肠：1 动力异常，2 需抗生素，3 吸收不良，4 肠外营养")),
    _measured("DLCO", "LUNG", Text("DLCO, percent predicted", "DLCO 占预计值百分比"), (80, 70, 50, None), "%", 250, rising=False),
    _measured("FVC", "LUNG", Text("FVC, percent predicted", "FVC 占预计值百分比"), (80, 70, 50, None), "%", 250, rising=False),
    _measured("SPAP", "LUNG", Text("systolic pulmonary pressure", "肺动脉收缩压"), (35, 50, 65, None), "mmHg", 200),
    Finding(code="LUNG", system="LUNG",
            name=Text("lung: 1 rales or fibrosis, 4 oxygen", "肺：1 啰音或纤维化，4 需吸氧")),
    _measured("LVEF", "HEART", Text("ejection fraction", "左室射血分数"), (50, 45, 40, 30), "%", 100, rising=False),
    Finding(code="HEART", system="HEART",
            name=Text("heart: 1 conduction, 2 arrhythmia, 3 on therapy, 4 failure", "心脏：1 传导异常，2 心律失常，3 需治疗，4 心衰")),
    Finding(code="KIDNEY", system="KIDNEY",
            name=Text("renal crisis by creatinine: 1 < 1.5, 2 to 2.4, 3 to 5.0, 4 above or dialysis", "肾危象按肌酐：1 <1.5，2 ≤2.4，3 ≤5.0，4 更高或透析")),
)  # fmt: skip
CODES = tuple(finding.code for finding in FINDINGS)
SYSTEMS = tuple(dict.fromkeys(finding.system for finding in FINDINGS))
BLOCK = 4096
"""Long columns are scored in blocks of rows that fit the processor's cache, and memory stays flat."""


def items(audience: Audience) -> tuple[Item, ...]:
    """The findings: measurements with units, and grades 0 to 4 where a person judges."""
    return tuple(
        Item(
            code=one.code,
            label=one.name,
            kind=Kind.DECIMAL if one.limits else Kind.INTEGER,
            audience=audience,
            unit=one.unit,
            low=Decimal(0),
            high=Decimal(one.highest if one.limits else 4),
        )
        for one in FINDINGS
    )


def kidney(crisis: Floats, creatinine: Floats, dialysis: Floats) -> Floats:
    """The kidney grade of many patients from renal crisis (1, 0), creatinine (mg/dL) and dialysis (1, 0): arrays (n,).

    Without a crisis the grade is 0 whatever the creatinine, as the table is written.

    >>> kidney(np.array([0.0, 1, 1, 1]), np.array([1.0, 1.4, 2.5, 9.0]), np.zeros(4))
    array([0., 1., 3., 4.])
    """
    steps = 1.0 + (creatinine >= 1.5) + (creatinine >= 2.5) + (creatinine > 5.0)
    in_crisis = np.where(dialysis == 1, 4.0, np.where(np.isnan(creatinine) | np.isnan(dialysis), np.nan, steps))
    result: Floats = np.where(crisis == 0, 0.0, np.where(np.isnan(crisis), np.nan, in_crisis))
    return result


def systems(findings: Floats) -> Floats:
    """Grades of the nine systems: findings (n, 15) in the order of `CODES`, NaN unknown, give (n, 9); the worst known one.

    >>> row = np.full((1, len(CODES)), np.nan)
    >>> row[0, [CODES.index(code) for code in ("FVC", "DLCO", "SPAP")]] = (68, 72, 40)
    >>> systems(row)[0, SYSTEMS.index("LUNG")]
    np.float64(2.0)
    """
    if findings.ndim != 2 or findings.shape[1] != len(FINDINGS):
        raise ValueError(f"findings must have the shape (n, {len(FINDINGS)}), not {findings.shape}")
    if len(findings) > BLOCK:
        return np.concatenate([systems(findings[at : at + BLOCK]) for at in range(0, len(findings), BLOCK)])
    columns = np.ascontiguousarray(findings.T)
    grade = np.stack([one.grades(column) for one, column in zip(FINDINGS, columns, strict=True)])
    found = [np.fmax.reduce(grade[[place for place, one in enumerate(FINDINGS) if one.system == system]]) for system in SYSTEMS]
    return np.stack(found, axis=1)


def totals(found: Floats) -> Floats:
    """The sum of nine systems (n, 9), 0 to 36; NaN when a system is unknown.

    >>> totals(np.full((1, 9), 4.0))
    array([36.])
    """
    result: Floats = np.einsum("ij->i", found)
    return result


def score(findings: Mapping[str, float | None]) -> Score:
    """The sum of the nine systems, each of which is in `parts`; every unknown finding is named.

    >>> score({code: 0 for code in CODES} | {"HCT": 40, "HGB": 13, "DLCO": 90, "FVC": 90, "LVEF": 60, "MRSS": 22}).value
    Decimal('2')
    """
    for code in findings:
        if code not in CODES:
            raise ValueError(f"{code} is not a finding of this scale ({', '.join(CODES)})")
    row = np.array([[np.nan if (one := findings.get(code)) is None else float(one) for code in CODES]])
    found = systems(row)
    parts = {"version": INSTRUMENT.version} | {
        system: "" if np.isnan(grade) else f"{grade:.0f}" for system, grade in zip(SYSTEMS, found[0], strict=True)
    }
    missing = tuple(f"{code} unknown" for code, value in zip(CODES, row[0], strict=True) if np.isnan(value))
    total = float(totals(found)[0])
    if np.isnan(total):
        return Score(value=None, status=Status.INCOMPLETE, reasons=missing, parts=parts)
    return Score(value=Decimal(int(total)), status=Status.SCORED, reasons=missing, parts=parts)
