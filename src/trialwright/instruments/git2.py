"""Gut symptoms of systemic sclerosis, UCLA SCTC GIT 2.0: 34 items in seven scales, the total is the mean of six of them."""

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
)

Floats = NDArray[np.float64]

INSTRUMENT = Instrument(
    code="GIT2",
    name=Text("UCLA SCTC GIT 2.0", "UCLA SCTC GIT 2.0 胃肠道问卷"),
    version="git2/34-items/7-scales/half-of-scale",
    licence="Copyright of the authors and UCLA; wording on request. Codes only: the wording is not included.",
    references=(
        "Khanna D et al. Arthritis Rheum 2009;61:1257 (PMC2767193): scales, ranges, total without constipation",
        "Khanna D et al. J Rheumatol 2011;38:1920: important differences",
        "which numbers belong to which scale, which two items are yes/no, and the bands: from memory, not verified",
        "half of a scale must be answered: our rule, none was found",
    ),
    verified=False,
    higher_is_worse=True,
    minimal_important_difference=(
        "improvement 0.07 (social) to 0.36 (emotional), worsening 0.06 (soilage) to 0.21 (social); total about 0.12 from memory"
    ),
)

FORMULA = "scale = mean of its items (0..3, yes/no items 0..1); total = mean of the six scales without constipation (0 to 2.83)"
MISSING_RULE = "A scale needs at least half of its items, the total all six scales (our rule; the share can be set)."


@frozen
class Scale:
    """One of the seven scales with its item numbers and the limits of its bands (moderate from, severe above)."""

    code: str
    name: Text
    numbers: tuple[int, ...]
    moderate: float
    severe: float

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(f"GIT{number:02d}" for number in self.numbers)


SCALES = (
    Scale("REFLUX", Text("reflux", "反流"), tuple(range(1, 9)), 0.50, 1.00),
    Scale("DISTENTION", Text("distention and bloating", "腹胀"), tuple(range(9, 13)), 1.01, 1.60),
    Scale("SOILAGE", Text("fecal soilage", "大便失禁"), (13,), 0.50, 1.00),
    Scale("DIARRHEA", Text("diarrhea", "腹泻"), (14, 15), 0.50, 1.00),
    Scale("SOCIAL", Text("social functioning", "社会功能"), tuple(range(16, 22)), 0.50, 1.00),
    Scale("EMOTIONAL", Text("emotional well-being", "情绪健康"), tuple(range(22, 31)), 0.50, 1.00),
    Scale("CONSTIPATION", Text("constipation", "便秘"), tuple(range(31, 35)), 0.50, 1.00),
)
CODES = tuple(code for scale in SCALES for code in scale.items)
SCALE_CODES = tuple(scale.code for scale in SCALES)
IN_TOTAL = tuple(place for place, scale in enumerate(SCALES) if scale.code != "CONSTIPATION")
YES_NO = ("GIT15", "GIT34")
"""The items answered yes (1) or no (0), one in diarrhea and one in constipation: read the numbers from the licensed form
and pass them; these two are a guess that only fixes the ranges."""
LEAST_SHARE = 0.5
BLOCK = 4096
"""Long columns are scored in blocks of rows that fit the processor's cache: ten times as fast, and memory stays flat."""
_RUNS = tuple(slice(scale.numbers[0] - 1, scale.numbers[-1]) for scale in SCALES)
"""Where the items of each scale stand: they follow one another."""


BLANK = (Absence.NOT_DONE, Absence.REFUSED)
"""Why a question of the questionnaire has no answer: left blank, or refused."""
NOTE = Text(
    "Items are shown by their numbers: the wording belongs to its owners. The hospital can load the wording that it is licensed to use.",
    "条目仅显示编号：问卷文字版权归其所有者。医院可载入其获授权使用的文字。",
)


def items(audience: Audience, yes_no: tuple[str, ...] = YES_NO) -> tuple[Item, ...]:
    """The 34 items, 0 to 3, or 0 to 1 for those in `yes_no`."""
    return tuple(
        Item(
            code=code,
            label=Text(f"GIT 2.0 item {number}", f"GIT 2.0 第 {number} 题"),
            kind=Kind.INTEGER,
            audience=audience,
            low=Decimal(0),
            high=Decimal(1 if code in yes_no else 3),
            absences=BLANK,
            sdtm=f"QS.QSORRES where QSTESTCD = GIT01{number:02d} and QSCAT = UCLA SCTC GIT 2.0",
        )
        for number, code in enumerate(CODES, start=1)
    )


def form(
    audience: Audience = SITE, entered_by: Audience = Audience.COORDINATOR, yes_no: tuple[str, ...] = YES_NO
) -> Form:
    """The page on which the 34 answers of the patient are entered, by scale."""
    day = Item(
        code="GITDAT",
        label=Text("Date of the questionnaire", "问卷填写日期"),
        kind=Kind.DATE,
        audience=audience,
        absences=(),
        sdtm="QS.QSDTC",
    )
    asked = items(audience, yes_no)
    parts = tuple(
        Section(
            title=Text(scale.name.en.capitalize(), scale.name.zh),
            items=tuple(asked[number - 1] for number in scale.numbers),
        )
        for scale in SCALES
    )
    return Form(
        code="GIT2",
        title=Text("Gut symptoms (UCLA SCTC GIT 2.0)", "胃肠道症状（UCLA SCTC GIT 2.0）"),
        entered_by=entered_by,
        instrument=INSTRUMENT.code,
        sections=(Section(title=Text("Questionnaire", "问卷"), items=(day,)), *parts),
        note=NOTE,
    )


def scales(answers: Floats, least_share: float = LEAST_SHARE, yes_no: tuple[str, ...] = YES_NO) -> Floats:
    """The seven scales of many questionnaires: an array (n, 34), NaN where unanswered, gives (n, 7).

    >>> scales(np.ones((1, 34)))
    array([[1., 1., 1., 1., 1., 1., 1.]])
    """
    if answers.ndim != 2 or answers.shape[1] != len(CODES):
        raise ValueError(f"answers must have the shape (n, {len(CODES)}), not {answers.shape}")
    if len(answers) > BLOCK:
        return np.concatenate(
            [scales(answers[at : at + BLOCK], least_share, yes_no) for at in range(0, len(answers), BLOCK)]
        )
    highest = np.array([1.0 if code in yes_no else 3.0 for code in CODES])
    known = ~np.isnan(answers)
    filled = np.where(known, answers, 0.0)
    if not ((filled >= 0) & (filled <= highest) & (filled == np.floor(filled))).all():
        raise ValueError(f"an item is answered 0, 1, 2 or 3, and {', '.join(yes_no)} 0 or 1")
    told = known.astype(float)
    total, count = (np.stack([np.einsum("ij->i", cells[:, run]) for run in _RUNS], axis=1) for cells in (filled, told))
    enough = (count >= least_share * np.array([len(scale.numbers) for scale in SCALES])) & (count > 0)
    result: Floats = np.where(enough, total / np.maximum(count, 1), np.nan)
    return result


def totals(found: Floats) -> Floats:
    """The total of many questionnaires from their scales (n, 7): the mean of six, NaN when one of these is unknown.

    >>> totals(np.array([[3.0, 3, 3, 2, 3, 3, np.nan]])).round(4)
    array([2.8333])
    """
    result: Floats = np.einsum("ij->i", found[:, list(IN_TOTAL)]) / len(IN_TOTAL)
    return result


def score(
    answers: Mapping[str, int | Absence | None],
    least_share: float = LEAST_SHARE,
    yes_no: tuple[str, ...] = YES_NO,
) -> Score:
    """The total (0 to 2.8333) with the seven scales in `parts`; items that were not answered are named.

    Raises `ValueError` for an unknown code or an answer out of range.

    >>> score(dict.fromkeys(CODES, 1)).value
    Decimal('1.0')
    """
    for code in answers:
        if code not in CODES:
            raise ValueError(f"{code} is not an item of GIT 2.0 ({CODES[0]} to {CODES[-1]})")
    row = np.array([[_answer(code, answers.get(code)) for code in CODES]])
    found = scales(row, least_share, yes_no)
    value = float(totals(found)[0])
    reasons = tuple(f"{code} missing" for code, answer in zip(CODES, row[0], strict=True) if np.isnan(answer))
    parts = {
        name: "" if np.isnan(one) else repr(round(float(one), 6))
        for name, one in zip(SCALE_CODES, found[0], strict=True)
    }
    if np.isnan(value):
        return Score(value=None, status=Status.INCOMPLETE, reasons=reasons, parts=parts)
    return Score(value=Decimal(repr(round(value, 10))), status=Status.SCORED, reasons=reasons, parts=parts)


def watch(form: str = "GIT2") -> Watch:
    """The total beside its page, with the scales behind it."""
    return Watch(code="GIT_TOTAL", form=form, reads=CODES, label=Text("GIT 2.0, total", "GIT 2.0 总分"), by=_concluded, version=INSTRUMENT.version, decimals=2)


def _concluded(answers: Mapping[str, Value]) -> Fact:
    found = score({code: answer for code in CODES if isinstance(answer := answers.get(code), int)})
    told = [(scale.name, Decimal(found.parts[scale.code])) for scale in SCALES if found.parts[scale.code]]
    return Fact(name="git_total", low=found.value, high=found.value, missing=tuple(reason.split()[0] for reason in found.reasons), because=Text(
        "mean of six scales, constipation left out: " + ", ".join(f"{name.en} {value:.2f}" for name, value in told),
        "六个量表的均值（不含便秘）：" + "，".join(f"{name.zh} {value:.2f}" for name, value in told)))  # fmt: skip


def _answer(code: str, answer: int | Absence | None) -> float:
    if answer is None or isinstance(answer, Absence):
        return float("nan")
    if isinstance(answer, bool) or not isinstance(answer, int):
        raise ValueError(f"{code} is answered {answer!r}; an item is answered with a whole number")
    return float(answer)


def band(scale: str, value: float) -> str:
    """NONE_MILD, MODERATE or SEVERE for the value of a scale or of the TOTAL (limits from memory, not verified).

    >>> band("DISTENTION", 1.0), band("REFLUX", 1.0), band("TOTAL", 1.2)
    ('NONE_MILD', 'MODERATE', 'SEVERE')
    """
    if scale != "TOTAL" and scale not in SCALE_CODES:
        raise ValueError(f"{scale} is not a scale of GIT 2.0 ({', '.join(SCALE_CODES)}, TOTAL)")
    moderate, severe = next(((one.moderate, one.severe) for one in SCALES if one.code == scale), (0.50, 1.00))
    rounded = round(value + 1e-9, 2)
    return "SEVERE" if rounded > severe else "MODERATE" if rounded >= moderate else "NONE_MILD"
