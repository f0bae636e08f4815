"""Whether a drug caused an event: the scales of WHO-UMC, of China and of Naranjo, and the yes or no derived from them."""

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.protocol import Audience, Codelist, Instrument, Item, Kind, Score, Status, Term, Text

Floats = NDArray[np.float64]
Words = NDArray[np.str_]

INSTRUMENT = Instrument(
    code="NARANJO",
    name=Text("Naranjo adverse drug reaction probability scale", "Naranjo 药物不良反应概率量表"),
    version="naranjo/1981/10-questions",
    licence="Published scale; own short labels, the wording of the questions is not copied.",
    references=("Naranjo CA et al. Clin Pharmacol Ther 1981;30:239, as reprinted in PMC5774610, table 2, and applied in PMC6136411, table 1",),
    verified=True,
    higher_is_worse=None,
)
RELATEDNESS = Instrument(
    code="RELATEDNESS",
    name=Text("relatedness, fine scale and derived yes or no", "相关性判断（分级与二分类）"),
    version="relatedness/who-umc+china-6/binary",
    licence="Categories of authorities; facts.",
    references=(
        "WHO-UMC categories; certain, probable and possible count as related, unassessable as related for reporting",
        "the six levels used in China, and that conditional counts as related until it is assessed: from memory, not verified",
        "ICH E2A: reasonable possibility",
    ),
    verified=False,
)

FORMULA = "Naranjo: sum of ten answers, -4 to 13; 9 or more definite, 5 to 8 probable, 1 to 4 possible, 0 or less doubtful"
MISSING_RULE = "A question answered with do not know counts 0, as published; one that was not answered at all leaves no score."


@frozen
class Question:
    """One question: its short label, and what yes and no are worth (do not know is 0)."""

    code: str
    name: Text
    yes: int
    no: int


QUESTIONS = (
    Question("NAR01", Text("earlier conclusive reports", "既往确证报告"), 1, 0),
    Question("NAR02", Text("event after the drug", "用药后出现"), 2, -1),
    Question("NAR03", Text("better after stopping or antagonist", "停药或拮抗后改善"), 1, 0),
    Question("NAR04", Text("again on rechallenge", "再次用药重现"), 2, -1),
    Question("NAR05", Text("other causes possible", "存在其他原因"), -1, 2),
    Question("NAR06", Text("again on placebo", "使用安慰剂后重现"), -1, 1),
    Question("NAR07", Text("toxic concentration measured", "药物浓度达毒性水平"), 1, 0),
    Question("NAR08", Text("follows the dose", "与剂量相关"), 1, 0),
    Question("NAR09", Text("similar reaction before", "既往类似反应"), 1, 0),
    Question("NAR10", Text("objective evidence", "客观证据"), 1, 0),
)
CODES = tuple(question.code for question in QUESTIONS)
ANSWERS = ("YES", "NO", "UNKNOWN")

WHO_UMC = {
    "CERTAIN": Text("certain", "肯定"),
    "PROBABLE": Text("probable", "很可能"),
    "POSSIBLE": Text("possible", "可能"),
    "UNLIKELY": Text("unlikely", "不太可能"),
    "CONDITIONAL": Text("conditional, unclassified", "待评价"),
    "UNASSESSABLE": Text("unassessable", "无法评价"),
}
CHINA = {
    "DEFINITELY": Text("definitely related", "肯定有关"),
    "PROBABLY": Text("probably related", "很可能有关"),
    "POSSIBLY": Text("possibly related", "可能有关"),
    "POSSIBLY_UNRELATED": Text("possibly unrelated", "可能无关"),
    "TO_BE_EVALUATED": Text("to be evaluated", "待评价"),
    "CANNOT_BE_EVALUATED": Text("cannot be evaluated", "无法评价"),
}
_RELATED = {
    "CERTAIN": True,
    "PROBABLE": True,
    "POSSIBLE": True,
    "UNLIKELY": False,
    "CONDITIONAL": True,
    "UNASSESSABLE": True,
    "DEFINITELY": True,
    "PROBABLY": True,
    "POSSIBLY": True,
    "POSSIBLY_UNRELATED": False,
    "TO_BE_EVALUATED": True,
    "CANNOT_BE_EVALUATED": True,
}


def items(audience: Audience) -> tuple[Item, ...]:
    """The ten questions (yes, no, do not know) and the category by WHO-UMC."""
    answers = Codelist(
        code="NARANJO",
        terms=(Term("YES", Text("yes", "是")), Term("NO", Text("no", "否")), Term("UNKNOWN", Text("do not know", "不知道"))),
    )
    umc = Codelist(code="WHOUMC", terms=tuple(Term(code, name) for code, name in WHO_UMC.items()))
    asked = tuple(
        Item(code=one.code, label=one.name, kind=Kind.CHOICE, audience=audience, codelist=answers) for one in QUESTIONS
    )
    whole = Item(code="WHOUMC", label=Text("causality by WHO-UMC", "WHO-UMC 因果关系"), kind=Kind.CHOICE, audience=audience, codelist=umc)
    return (*asked, whole)


def related(category: str | None) -> bool | None:
    """The yes or no that reporting needs, from a category of WHO-UMC or of China: what cannot be excluded is related.

    >>> related("POSSIBLE"), related("UNLIKELY"), related("UNASSESSABLE"), related(None)
    (True, False, True, None)
    """
    if category is None:
        return None
    if category not in _RELATED:
        raise ValueError(f"{category} is not a category ({', '.join(_RELATED)})")
    return _RELATED[category]


def totals(answers: Floats) -> Floats:
    """Naranjo totals of many events: answers (n, 10) with 1 yes, 0 no, 0.5 do not know, NaN not answered, give (n,).

    >>> totals(np.array([[0, 1, 1, 0.5, 0, 0.5, 0, 0, 0, 1]]))
    array([6.])
    """
    if answers.ndim != 2 or answers.shape[1] != len(CODES):
        raise ValueError(f"answers must have the shape (n, {len(CODES)}), not {answers.shape}")
    if not np.isin(answers[~np.isnan(answers)], (0.0, 0.5, 1.0)).all():
        raise ValueError("an answer is 1 (yes), 0 (no), 0.5 (do not know) or NaN (not answered)")
    yes, no = (np.array([float(getattr(one, side)) for one in QUESTIONS]) for side in ("yes", "no"))
    points = np.where(answers == 1, yes, np.where(answers == 0, no, 0.0))
    result: Floats = np.where(np.isnan(answers).any(axis=1), np.nan, points.sum(axis=1))
    return result


def categories(found: Floats) -> Words:
    """The category of Naranjo totals: DEFINITE, PROBABLE, POSSIBLE, DOUBTFUL, or an empty word for NaN.

    >>> categories(np.array([9.0, 5, 4, 0, np.nan])).tolist()
    ['DEFINITE', 'PROBABLE', 'POSSIBLE', 'DOUBTFUL', '']
    """
    cases = [np.isnan(found), found >= 9, found >= 5, found >= 1]
    return np.select(cases, ["", "DEFINITE", "PROBABLE", "POSSIBLE"], default="DOUBTFUL")


def score(answers: Mapping[str, str | None]) -> Score:
    """The Naranjo total (-4 to 13) with its category in `parts`; `answers` maps `CODES` to YES, NO or UNKNOWN.

    >>> case = dict(zip(CODES, ["NO", "YES", "YES", "UNKNOWN", "NO", "UNKNOWN", "NO", "NO", "NO", "YES"]))
    >>> score(case).value, score(case).parts["category"]
    (Decimal('6'), 'PROBABLE')
    """
    for code, answer in answers.items():
        if code not in CODES or answer not in (*ANSWERS, None):
            raise ValueError(f"{code} = {answer}: the questions are {CODES[0]} to {CODES[-1]}, answered {', '.join(ANSWERS)}")
    worth = {"YES": 1.0, "NO": 0.0, "UNKNOWN": 0.5}
    row = np.array([[worth.get(answers.get(code) or "", np.nan) for code in CODES]])
    total = float(totals(row)[0])
    if np.isnan(total):
        missing = tuple(f"{code} not answered" for code in CODES if answers.get(code) is None)
        return Score(value=None, status=Status.INCOMPLETE, reasons=missing)
    parts = {"category": str(categories(np.array([total]))[0])}
    return Score(value=Decimal(int(total)), status=Status.SCORED, parts=parts)
