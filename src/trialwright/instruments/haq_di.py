"""The disability index of the Health Assessment Questionnaire: 20 activities in eight categories, the mean of the worst in each."""

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
    yes_no,
)

Floats = NDArray[np.float64]

INSTRUMENT = Instrument(
    code="HAQ_DI",
    name=Text("Health Assessment Questionnaire, disability index", "健康评估问卷残疾指数"),
    version="haq_di/1/8-categories/at-least-6",
    licence="Copyright Stanford University; free for research with attribution, unchanged. Codes only: the wording is not included.",
    references=(
        "Fries JF et al. Arthritis Rheum 1980;23:137 (the questionnaire)",
        "CLINHAQ scoring text: worst item of a category, aids and help raise 0 or 1 to 2, mean of the answered categories",
        "at least 6 of 8 categories, and the bath seat as an aid for hygiene: from memory, not verified",
        "Khanna D et al. Ann Rheum Dis 2006 (PMID 16540546): important difference in systemic sclerosis",
    ),
    verified=False,
    higher_is_worse=True,
    minimal_important_difference="improvement 0.10 to 0.14 (Khanna 2006); -0.125 and +0.14 in an Australian cohort",
)

FORMULA = "category = max(items 0..3); with aids: max(category, 2) where an aid or help was used; index = mean of the known categories"
MISSING_RULE = (
    "A category is unknown when all its items are. At least 6 of 8 categories must be known; the mean is over those. "
    "An unknown aid matters only where the category is 0 or 1: then there is no index with aids."
)

LEAST = 6
"""How many of the eight categories must be known (from memory, not verified)."""
BLOCK = 4096
"""Long columns are scored in blocks of rows that fit the processor's cache: ten times as fast, and memory stays flat."""


@frozen
class Category:
    """One of the eight categories: its items (numbers 1 to 20) and whether it is known to have aids of its own."""

    code: str
    name: Text
    numbers: tuple[int, ...]

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(f"HAQ{number:02d}" for number in self.numbers)

    @property
    def aid(self) -> str:
        """The question whether an aid, a device or another person's help is used."""
        return f"AID_{self.code}"


CATEGORIES = (
    Category("DRESSING", Text("dressing and grooming", "穿衣与梳洗"), (1, 2)),
    Category("ARISING", Text("arising", "起身"), (3, 4)),
    Category("EATING", Text("eating", "进食"), (5, 6, 7)),
    Category("WALKING", Text("walking", "行走"), (8, 9)),
    Category("HYGIENE", Text("hygiene", "个人卫生"), (10, 11, 12)),
    Category("REACH", Text("reach", "伸手取物"), (13, 14)),
    Category("GRIP", Text("grip", "抓握"), (15, 16, 17)),
    Category("ACTIVITIES", Text("activities", "活动"), (18, 19, 20)),
)
CODES = tuple(code for category in CATEGORIES for code in category.items)
AIDS = tuple(category.aid for category in CATEGORIES)

AID_OF_DEVICE = {
    "dressing device": "DRESSING",
    "special or built-up chair": "ARISING",
    "special utensils": "EATING",
    "cane": "WALKING",
    "walker": "WALKING",
    "crutches": "WALKING",
    "wheelchair": "WALKING",
    "bath bar": "HYGIENE",
    "bath seat": "HYGIENE",
    "raised toilet seat": "HYGIENE",
    "long-handled appliance in bathroom": "HYGIENE",
    "long-handled appliance for reach": "REACH",
    "jar opener": "GRIP",
}
"""To which category a device belongs; in activities only another person's help counts."""


_TERMS = (*range(1, 10), 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33)
TESTCDS = {code: f"HAQ01{number:02d}" for code, number in zip(CODES, _TERMS, strict=True)}
"""The CDISC test code of each activity (HAQ-DI WITH VAS); the questions on aids are asked by category and have none."""
BLANK = (Absence.NOT_DONE, Absence.REFUSED)
"""Why a question of the questionnaire has no answer: left blank, or refused."""
NOTE = Text(
    "Items are shown by their numbers: the wording belongs to its owners. The hospital can load the wording that it is licensed to use.",
    "条目仅显示编号：问卷文字版权归其所有者。医院可载入其获授权使用的文字。",
)


def items(audience: Audience) -> tuple[Item, ...]:
    """The 20 items (0 without difficulty to 3 unable) and, for each category, whether an aid or help is used."""
    asked = tuple(
        Item(
            code=code,
            label=Text(f"HAQ item {number}", f"HAQ 第 {number} 题"),
            kind=Kind.INTEGER,
            audience=audience,
            low=Decimal(0),
            high=Decimal(3),
            absences=BLANK,
            sdtm=f"QS.QSORRES where QSTESTCD = {TESTCDS[code]} and QSCAT = HAQ-DI WITH VAS",
        )
        for number, code in enumerate(CODES, start=1)
    )
    aids = tuple(
        Item(
            code=category.aid,
            label=Text(f"aid or help: {category.name.en}", f"辅助器具或他人帮助：{category.name.zh}"),
            kind=Kind.CHOICE,
            audience=audience,
            codelist=yes_no(),
            absences=BLANK,
            sdtm=f"QS.QSORRES where QSTESTCD = HAQAID{number} and QSCAT = HAQ-DI WITH VAS",
        )
        for number, category in enumerate(CATEGORIES, start=1)
    )
    return asked + aids


def form(audience: Audience = SITE, entered_by: Audience = Audience.COORDINATOR) -> Form:
    """The page on which the 20 answers of the patient and the use of aids are entered, by category."""
    day = Item(
        code="HAQDAT",
        label=Text("Date of the questionnaire", "问卷填写日期"),
        kind=Kind.DATE,
        audience=audience,
        absences=(),
        sdtm="QS.QSDTC",
    )
    asked = {item.code: item for item in items(audience)}
    parts = tuple(
        Section(
            title=Text(category.name.en.capitalize(), category.name.zh),
            items=tuple(asked[code] for code in (*category.items, category.aid)),
        )
        for category in CATEGORIES
    )
    return Form(
        code="HAQ",
        title=Text("Function in daily life (HAQ-DI)", "日常生活功能（HAQ-DI）"),
        entered_by=entered_by,
        instrument=INSTRUMENT.code,
        sections=(Section(title=Text("Questionnaire", "问卷"), items=(day,)), *parts),
        note=NOTE,
    )


def score(
    answers: Mapping[str, int | Absence | None],
    aids: Mapping[str, bool | None] | None = None,
    least: int = LEAST,
) -> Score:
    """The index (0 to 3): with `aids` the standard one, without (None) the alternative one, which ignores aids and help.

    `answers` maps `CODES` to 0..3, `aids` maps `AIDS` to used (True) or not (False); what is left out is unknown.
    `parts` hold the categories. Which index is used must be fixed before the trial and kept.
    Raises `ValueError` for an unknown code or an answer that is not 0, 1, 2 or 3.

    >>> without = dict.fromkeys(CODES, 0)
    >>> score(without).value, score(without, dict.fromkeys(AIDS, False) | {"AID_WALKING": True}).value
    (Decimal('0.0'), Decimal('0.25'))
    """
    strange = [code for code in answers if code not in CODES] + [code for code in aids or () if code not in AIDS]
    if strange:
        raise ValueError(
            f"{strange[0]} is not a code of the HAQ-DI here ({CODES[0]} to {CODES[-1]}; aids: {', '.join(AIDS)})"
        )
    row = np.array([[_answer(code, answers.get(code)) for code in CODES]])
    used = None if aids is None else np.array([[_used(aids.get(code)) for code in AIDS]])
    per = categories(row, used)[0]
    value = float(index(row, used, least)[0])
    reasons = [f"{code} missing" for code, answer in zip(CODES, row[0], strict=True) if np.isnan(answer)]
    if used is not None:
        plain = categories(row)[0]
        reasons += [f"{AIDS[place]} unknown" for place in np.flatnonzero(np.isnan(per) & ~np.isnan(plain))]
    parts = {
        "kind": "alternative (aids ignored)" if aids is None else "standard (with aids and help)",
        **{one.code: "" if np.isnan(found) else f"{found:.0f}" for one, found in zip(CATEGORIES, per, strict=True)},
    }
    if np.isnan(value):
        return Score(value=None, status=Status.INCOMPLETE, reasons=tuple(reasons), parts=parts)
    return Score(value=Decimal(repr(value)), status=Status.SCORED, reasons=tuple(reasons), parts=parts)


def watch(form: str = "HAQ") -> Watch:
    """The index, aids and help counted, beside its page."""
    return Watch(code="HAQ_DI", form=form, reads=(*CODES, *AIDS), label=Text("Disability index (HAQ-DI)", "残疾指数（HAQ-DI）"), by=_concluded,
                 version=INSTRUMENT.version, decimals=3)  # fmt: skip


def _concluded(answers: Mapping[str, Value]) -> Fact:
    rated = {code: rating for code in CODES if isinstance(rating := answers.get(code), int)}
    found = score(rated, {aid: answers[aid] == "Y" for aid in AIDS if aid in answers})
    told = [(one.name, found.parts[one.code]) for one in CATEGORIES if found.parts[one.code]]
    return Fact(name="haq_di", low=found.value, high=found.value, missing=tuple(reason.split()[0] for reason in found.reasons), because=Text(
        f"mean of {len(told)} of 8 categories, at least {LEAST}: " + ", ".join(f"{name.en} {grade}" for name, grade in told),
        f"{len(told)}/8 个类别的均值（至少 {LEAST} 个）：" + "，".join(f"{name.zh} {grade}" for name, grade in told)))  # fmt: skip


def _answer(code: str, answer: int | Absence | None) -> float:
    if answer is None or isinstance(answer, Absence):
        return float("nan")
    if isinstance(answer, bool) or not isinstance(answer, int) or not 0 <= answer <= 3:
        raise ValueError(f"{code} is answered {answer!r}; an activity is rated 0, 1, 2 or 3")
    return float(answer)


def _used(aid: bool | None) -> float:
    return float("nan") if aid is None else float(aid)


def categories(answers: Floats, aids: Floats | None = None) -> Floats:
    """The eight categories of many questionnaires: answers (n, 20) and aids (n, 8; 1, 0 or NaN) give (n, 8).

    NaN where a category has no answer, or where an unknown aid could raise it.

    >>> categories(np.zeros((1, 20)), np.array([[0, 0, 0, 1, 0, 0, 0, np.nan]]))
    array([[ 0.,  0.,  0.,  2.,  0.,  0.,  0., nan]])
    """
    if answers.ndim != 2 or answers.shape[1] != len(CODES):
        raise ValueError(f"answers must have the shape (n, {len(CODES)}), not {answers.shape}")
    if not (((answers >= 0) & (answers <= 3) & (answers == np.floor(answers))) | np.isnan(answers)).all():
        raise ValueError("an activity is rated 0, 1, 2 or 3")
    columns = np.ascontiguousarray(answers.T)
    worst = [np.fmax.reduce(columns[category.numbers[0] - 1 : category.numbers[-1]], axis=0) for category in CATEGORIES]
    per: Floats = np.stack(worst, axis=1)
    if aids is None:
        return per
    if aids.shape != per.shape or not np.isin(aids[~np.isnan(aids)], (0.0, 1.0)).all():
        raise ValueError(f"aids must have the shape {per.shape} and be 1, 0 or NaN")
    raised = np.where(aids == 1, np.maximum(per, 2), per)
    result: Floats = np.where(np.isnan(aids) & (per < 2), np.nan, raised)
    return result


def index(answers: Floats, aids: Floats | None = None, least: int = LEAST) -> Floats:
    """The index of many questionnaires: shapes as in `categories`, result (n,); NaN where it cannot be formed.

    >>> index(np.ones((2, 20)))
    array([1., 1.])
    """
    if not 1 <= least <= len(CATEGORIES):
        raise ValueError(f"between 1 and {len(CATEGORIES)} categories can be demanded, not {least}")
    if len(answers) > BLOCK:
        blocks = [slice(at, at + BLOCK) for at in range(0, len(answers), BLOCK)]
        return np.concatenate([index(answers[one], None if aids is None else aids[one], least) for one in blocks])
    plain = categories(answers)
    per = plain if aids is None else categories(answers, aids)
    known = ~np.isnan(plain)
    count = known.sum(axis=1)
    doubtful = (np.isnan(per) & known).any(axis=1)
    mean = np.where(known, per, 0.0).sum(axis=1) / np.maximum(count, 1)
    result: Floats = np.where((count >= least) & ~doubtful, mean, np.nan)
    return result
