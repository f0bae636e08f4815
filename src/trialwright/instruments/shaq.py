"""The scleroderma HAQ: six lines that the patient marks, each brought to 0 to 3 and reported by itself beside the HAQ-DI."""

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
from attrs import frozen
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
    same,
)

Floats = NDArray[np.float64]

INSTRUMENT = Instrument(
    code="SHAQ",
    name=Text("Scleroderma HAQ, visual analog scales", "硬皮病 HAQ 视觉模拟评分"),
    version="shaq/6-lines/0-3/not-pooled",
    licence="Copyright Stanford University with the HAQ; codes and short names of the six scales only.",
    references=(
        "outcome measures in systemic sclerosis, textbook chapter: 15 cm line, cm divided by 5, each scale by itself",
        "other users keep 0 to 100 or 0 to 10: the length of the line is an argument and is stored",
    ),
    verified=True,
    higher_is_worse=True,
)

FORMULA = "3 x mark / length of the line, for each of six scales; the HAQ-DI is the seventh number; nothing is pooled"
MISSING_RULE = "Each scale stands by itself: one that was not marked is missing, the others are not touched."

NAMES = {
    "PAIN": Text("pain", "疼痛"),
    "GUT": Text("intestinal problems", "肠道问题"),
    "BREATH": Text("breathing problems", "呼吸问题"),
    "RAYNAUD": Text("Raynaud phenomenon", "雷诺现象"),
    "ULCERS": Text("finger ulcers", "手指溃疡"),
    "OVERALL": Text("overall severity", "总体严重程度"),
}
CODES = tuple(NAMES)
LINES = {"15 cm": 15.0, "100 mm": 100.0, "0 to 10": 10.0}
"""The lines in use and the mark at their far end."""
HIGHEST = 3.0


TESTCDS = {
    "PAIN": "SHAQPAIN",
    "GUT": "SHAQGUT",
    "BREATH": "SHAQBRTH",
    "RAYNAUD": "SHAQRAYN",
    "ULCERS": "SHAQULC",
    "OVERALL": "SHAQOVER",
}
"""The sponsor's test code of each scale (0 to 3); the marks are SHAQ0101 to SHAQ0106. CDISC has none."""
BLANK = (Absence.NOT_DONE, Absence.REFUSED)
"""Why a question of the questionnaire has no answer: left blank, or refused."""


def items(audience: Audience, line: str = "100 mm") -> tuple[Item, ...]:
    """The six marks on a line named in `LINES`."""
    return tuple(
        Item(
            code=f"SHAQ_{code}",
            label=name,
            kind=Kind.DECIMAL,
            audience=audience,
            unit=line.split()[-1] if line[-1] == "m" else None,
            low=Decimal(0),
            high=Decimal(int(_length(line))),
            decimals=1,
            absences=BLANK,
            sdtm=f"QS.QSORRES where QSTESTCD = SHAQ01{number:02d} and QSCAT = SHAQ",
        )
        for number, (code, name) in enumerate(NAMES.items(), start=1)
    )


NOTE = Text(
    "The lines are shown by short names: the wording belongs to its owners. The hospital can load the wording that it is licensed to use.",
    "各线仅显示简称：问卷文字版权归其所有者。医院可载入其获授权使用的文字。",
)


def form(
    audience: Audience = SITE,
    entered_by: Audience = Audience.COORDINATOR,
    line: str = "100 mm",
    also: tuple[Item, ...] = (),
) -> Form:
    """The page on which the six marks of the patient are measured; `also` are further questions to him, such as his global."""
    day = Item(
        code="SHAQDAT",
        label=Text("Date of the questionnaire", "问卷填写日期"),
        kind=Kind.DATE,
        audience=audience,
        absences=(),
        sdtm="QS.QSDTC",
    )
    further = (Section(title=Text("Global assessment", "总体评估"), items=also),) if also else ()
    return Form(
        code="SHAQ",
        title=Text("Symptoms on lines (scleroderma HAQ)", "症状视觉模拟评分（硬皮病 HAQ）"),
        entered_by=entered_by,
        instrument=INSTRUMENT.code,
        sections=(
            Section(title=Text("Questionnaire", "问卷"), items=(day,)),
            Section(title=Text(f"Marks on a line of {line}", f"{line} 线段上的标记"), items=items(audience, line)),
            *further,
        ),
        note=NOTE,
    )


def _length(line: str) -> float:
    if line not in LINES:
        raise ValueError(f"{line} is not a line in use ({', '.join(LINES)})")
    return LINES[line]


def scaled(marks: Floats, line: str) -> Floats:
    """Marks on `line` as 0 to 3: an array of any shape gives one of the same shape, NaN where there is no mark.

    Raises `ValueError` for a mark beyond the line.

    >>> scaled(np.array([7.5, 3.0, np.nan]), "15 cm")
    array([1.5, 0.6, nan])
    """
    length = _length(line)
    known = marks[~np.isnan(marks)]
    if ((known < 0) | (known > length)).any():
        raise ValueError(f"a mark lies between 0 and {length:g} on a line of {line}")
    result: Floats = marks * HIGHEST / length
    return result


def score(mark: Decimal | Absence | None, scale: str, line: str) -> Score:
    """One scale (a code of `NAMES`) as 0 to 3; raw mark and line stay in `parts`.

    >>> score(Decimal(40), "BREATH", "100 mm").value
    Decimal('1.2')
    """
    if scale not in NAMES:
        raise ValueError(f"{scale} is not a scale of the SHAQ ({', '.join(CODES)})")
    if mark is None or isinstance(mark, Absence):
        return Score(value=None, status=Status.INCOMPLETE, reasons=(f"{scale} missing",))
    value = float(scaled(np.array([float(mark)]), line)[0])
    return Score(value=Decimal(repr(round(value, 10))), status=Status.SCORED, parts={"raw": str(mark), "line": line})


def watches(form: str = "SHAQ", line: str = "100 mm") -> tuple[Watch, ...]:
    """The six scales beside their page."""
    return tuple(
        Watch(code=f"SHAQ_{code}_SCALE", form=form, reads=(f"SHAQ_{code}",), decimals=2, version=INSTRUMENT.version,
              label=Text(f"SHAQ, {name.en}", f"SHAQ {name.zh}"), by=_Concluded(code, line))
        for code, name in NAMES.items()
    )  # fmt: skip


@frozen
class _Concluded:
    """One scale from the answers of its page."""

    scale: str
    line: str

    def __call__(self, answers: Mapping[str, Value]) -> Fact:
        mark = answers[f"SHAQ_{self.scale}"]
        value = score(Decimal(str(mark)), self.scale, self.line).value
        return Fact(name=f"shaq_{self.scale}", low=value, high=value, because=same(f"3 × {mark} / {LINES[self.line]:g}"))


def scores(marks: Mapping[str, Decimal | Absence | None], line: str) -> dict[str, Score]:
    """All six scales of one visit, each with its own score: they are never pooled.

    >>> scores({"PAIN": Decimal("7.5")}, "15 cm")["PAIN"].value
    Decimal('1.5')
    """
    for code in marks:
        if code not in NAMES:
            raise ValueError(f"{code} is not a scale of the SHAQ ({', '.join(CODES)})")
    return {code: score(marks.get(code), code, line) for code in CODES}
