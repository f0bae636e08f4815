"""Health today by EQ-5D-5L: five dimensions with five levels, valued for China, and the scale 0 to 100."""

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from trialwright.protocol import (
    SITE,
    Absence,
    Audience,
    Fact,
    Form,
    Instrument,
    Item,
    Kind,
    Score,
    Section,
    Status,
    Text,
    Value,
    Watch,
)

Floats = NDArray[np.float64]

INSTRUMENT = Instrument(
    code="EQ5D5L_CN",
    name=Text("EQ-5D-5L, value set of China", "EQ-5D-5L（中国效用值）"),
    version="eq5d5l/china-luo-2017",
    licence="EuroQol: wording, layout and electronic forms need written consent. The published coefficients only; neither text nor form.",
    references=("Luo N et al. Value Health 2017;20:662, doi 10.1016/j.jval.2016.11.016",),
    verified=True,
    higher_is_worse=False,
)

FORMULA = (
    "index = 1 - sum over the five dimensions of the decrement of its level (level 1: 0); no constant, no interaction"
)
MISSING_RULE = "One missing dimension leaves the index missing. The scale 0 to 100 is a measure of its own."

DECREMENTS = {
    "MO": ("0", "0.066", "0.158", "0.287", "0.345"),
    "SC": ("0", "0.048", "0.116", "0.210", "0.253"),
    "UA": ("0", "0.045", "0.107", "0.194", "0.233"),
    "PD": ("0", "0.058", "0.138", "0.252", "0.302"),
    "AD": ("0", "0.049", "0.118", "0.215", "0.258"),
}
"""What levels 1 to 5 take away in mobility, self-care, usual activities, pain or discomfort, anxiety or depression."""
CODES = tuple(DECREMENTS)
VAS = "EQVAS"
BLOCK = 4096
"""Long columns are scored in blocks of rows that fit the processor's cache: ten times as fast, and memory stays flat."""
_TABLE = np.array([[float(step) for step in steps] for steps in DECREMENTS.values()])


TESTCDS = {code: f"EQ5D02{number:02d}" for number, code in enumerate((*CODES, VAS), start=1)}
"""The CDISC test code of each dimension and of the scale; the index has none."""
BLANK = (Absence.NOT_DONE, Absence.REFUSED)
"""Why a question of the questionnaire has no answer: left blank, or refused."""
NOTE = Text(
    "Items are shown by their numbers: the wording belongs to its owners. The hospital can load the wording that it is licensed to use.",
    "条目仅显示编号：问卷文字版权归其所有者。医院可载入其获授权使用的文字。",
)


def items(audience: Audience) -> tuple[Item, ...]:
    """The five dimensions (levels 1 to 5) and the scale 0 to 100."""
    rows = [(code, f"EQ-5D-5L item {n}", f"EQ-5D-5L 第 {n} 项", 1, 5) for n, code in enumerate(CODES, start=1)]
    rows.append((VAS, "EQ-5D-5L scale 0 to 100", "EQ-5D-5L 0–100 评分", 0, 100))
    return tuple(
        Item(
            code=code,
            label=Text(en, zh),
            kind=Kind.INTEGER,
            audience=audience,
            low=Decimal(low),
            high=Decimal(high),
            absences=BLANK,
            sdtm=f"QS.QSORRES where QSTESTCD = {TESTCDS[code]} and QSCAT = EQ-5D-5L",
        )
        for code, en, zh, low, high in rows
    )


def form(audience: Audience = SITE, entered_by: Audience = Audience.COORDINATOR) -> Form:
    """The page on which the five levels and the scale are entered."""
    day = Item(
        code="EQDAT",
        label=Text("Date of the questionnaire", "问卷填写日期"),
        kind=Kind.DATE,
        audience=audience,
        absences=(),
        sdtm="QS.QSDTC",
    )
    return Form(
        code="EQ5D",
        title=Text("Health today (EQ-5D-5L)", "今日健康（EQ-5D-5L）"),
        entered_by=entered_by,
        instrument=INSTRUMENT.code,
        sections=(
            Section(title=Text("Questionnaire", "问卷"), items=(day,)),
            Section(title=Text("Levels 1 to 5 and scale", "水平 1–5 与评分"), items=items(audience)),
        ),
        note=NOTE,
    )


def index(levels: Floats) -> Floats:
    """The index of many profiles: an array (n, 5) of levels 1 to 5 in the order of `CODES`, NaN unknown, gives (n,).

    >>> index(np.array([[5.0, 5, 5, 5, 5], [1, 1, 2, 1, np.nan]]))
    array([-0.391,    nan])
    """
    if levels.ndim != 2 or levels.shape[1] != len(CODES):
        raise ValueError(f"levels must have the shape (n, {len(CODES)}), not {levels.shape}")
    if len(levels) > BLOCK:
        return np.concatenate([index(levels[at : at + BLOCK]) for at in range(0, len(levels), BLOCK)])
    known = ~np.isnan(levels)
    if not np.isin(levels[known], (1.0, 2.0, 3.0, 4.0, 5.0)).all():
        raise ValueError("a dimension has level 1, 2, 3, 4 or 5")
    level = np.where(known, levels, 1).astype(int) - 1
    lost = np.take_along_axis(_TABLE[None], level[:, :, None], axis=2)[:, :, 0].sum(axis=1)
    result: Floats = np.where(known.all(axis=1), np.round(1 - lost, 3), np.nan)
    return result


def score(levels: Mapping[str, int | Absence | None]) -> Score:
    """The index (1 full health, below 0 worse than dead) and the profile in `parts`, or the dimensions that are missing.

    Raises `ValueError` for an unknown dimension or a level that is not 1 to 5.

    >>> score({"MO": 2, "SC": 1, "UA": 1, "PD": 1, "AD": 1}).value
    Decimal('0.934')
    """
    for code in levels:
        if code not in CODES:
            raise ValueError(f"{code} is not a dimension of EQ-5D-5L ({', '.join(CODES)})")
    row = np.array([[_level(code, levels.get(code)) for code in CODES]])
    profile = "".join("-" if np.isnan(level) else f"{level:.0f}" for level in row[0])
    value = float(index(row)[0])
    if np.isnan(value):
        missing = tuple(f"{code} missing" for code, level in zip(CODES, row[0], strict=True) if np.isnan(level))
        return Score(value=None, status=Status.INCOMPLETE, reasons=missing, parts={"profile": profile})
    return Score(value=Decimal(repr(value)), status=Status.SCORED, parts={"profile": profile})


def watch(form: str = "EQ5D") -> Watch:
    """The index beside its page."""
    return Watch(code="EQ5D_INDEX", form=form, reads=CODES, label=Text("EQ-5D-5L, index", "EQ-5D-5L 指数"), by=_concluded,
                 version=INSTRUMENT.version, decimals=3)  # fmt: skip


def _concluded(answers: Mapping[str, Value]) -> Fact:
    found = score({code: level for code in CODES if isinstance(level := answers.get(code), int)})
    profile = found.parts["profile"]
    return Fact(name="eq5d_index", low=found.value, high=found.value, missing=tuple(reason.split()[0] for reason in found.reasons), because=Text(
        f"profile {profile}: 1 is full health, below 0 worse than dead", f"健康状态 {profile}：1 为完全健康，低于 0 劣于死亡"))  # fmt: skip


def _level(code: str, level: int | Absence | None) -> float:
    if level is None or isinstance(level, Absence):
        return float("nan")
    if isinstance(level, bool) or not isinstance(level, int):
        raise ValueError(f"{code} has level {level!r}; a dimension has level 1, 2, 3, 4 or 5")
    return float(level)
