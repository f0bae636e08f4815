"""What questionnaires are called in the tabulation, and which scores follow from their answers, all pages at once."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.instruments import eq5d5l, git2, haq_di, rand36, shaq
from trialwright.sdtm._domain.methods import Method, scored
from trialwright.sdtm._domain.records import Row

Floats = NDArray[np.float64]

NAMES: Mapping[str, str] = {
    **{f"GIT01{number:02d}": f"GIT01-Item {number}" for number in range(1, 35)},
    **{
        f"HAQAID{number}": f"HAQ Aid or Help: {one.name.en.title()}"
        for number, one in enumerate(haq_di.CATEGORIES, start=1)
    },
    **{
        f"SHAQ01{number:02d}": f"SHAQ01-Mark: {name.en.capitalize()}"
        for number, name in enumerate(shaq.NAMES.values(), start=1)
    },
    "PTGA": "Patient Global Assessment",
}
"""Names of the tests that CDISC does not name."""

YES, NO = "Y", "N"


@frozen(kw_only=True)
class Scoring:
    """One instrument: the test codes of its items in their order, and the scores that all its pages give at once.

    `by` takes an array (n, items), NaN where there is no answer (yes is 1, no is 0), and gives (n,) for each of `scores`.
    """

    items: tuple[str, ...]
    by: Callable[[Floats], dict[str, Floats]]
    scores: Mapping[str, str]
    version: str


def _git(answers: Floats) -> dict[str, Floats]:
    found = git2.scales(answers)
    return dict(zip(_GIT, (*found.T, git2.totals(found)), strict=True))


def _haq(answers: Floats) -> dict[str, Floats]:
    asked = len(haq_di.CODES)
    plain, aids = answers[:, :asked], answers[:, asked:]
    return {"HAQDI": haq_di.index(plain, aids), "HAQDIALT": haq_di.index(plain)}


def _shaq(marks: Floats) -> dict[str, Floats]:
    return dict(zip(shaq.TESTCDS.values(), shaq.scaled(marks, "100 mm").T, strict=True))


def _rand(answers: Floats) -> dict[str, Floats]:
    return dict(zip(_RAND_SCALES, rand36.scales(answers, least_share=0.5).T, strict=True))


def _eq5d(levels: Floats) -> dict[str, Floats]:
    return {"EQ5DIDX": eq5d5l.index(levels)}


_GIT = {
    "GITREFL": "GIT 2.0 Reflux",
    "GITDIST": "GIT 2.0 Distention and Bloating",
    "GITSOIL": "GIT 2.0 Fecal Soilage",
    "GITDIAR": "GIT 2.0 Diarrhea",
    "GITSOC": "GIT 2.0 Social Functioning",
    "GITEMOT": "GIT 2.0 Emotional Well-Being",
    "GITCONS": "GIT 2.0 Constipation",
    "GITTOT": "GIT 2.0 Total",
}
_RAND_SCALES = {f"R36{one.code}": f"RAND-36 {one.name.en.title()}" for one in rand36.SCALES}
SCORINGS: Mapping[str, Scoring] = {
    git2.INSTRUMENT.code: Scoring(
        items=tuple(f"GIT01{number:02d}" for number in range(1, 35)),
        by=_git,
        scores=_GIT,
        version=git2.INSTRUMENT.version,
    ),
    haq_di.INSTRUMENT.code: Scoring(
        items=(*haq_di.TESTCDS.values(), *(f"HAQAID{number}" for number in range(1, 9))),
        by=_haq,
        scores={"HAQDI": "HAQ Disability Index", "HAQDIALT": "HAQ Disability Index, Aids Ignored"},
        version=haq_di.INSTRUMENT.version,
    ),
    shaq.INSTRUMENT.code: Scoring(
        items=tuple(f"SHAQ01{number:02d}" for number in range(1, 7)),
        by=_shaq,
        scores={code: f"SHAQ {shaq.NAMES[scale].en.capitalize()}" for scale, code in shaq.TESTCDS.items()},
        version=shaq.INSTRUMENT.version,
    ),
    rand36.INSTRUMENT.code: Scoring(
        items=tuple(f"R3601{number:02d}" for number in range(1, 37)),
        by=_rand,
        scores=_RAND_SCALES,
        version=f"{rand36.INSTRUMENT.version}/half-of-scale",
    ),
    eq5d5l.INSTRUMENT.code: Scoring(
        items=tuple(eq5d5l.TESTCDS[code] for code in eq5d5l.CODES),
        by=_eq5d,
        scores={"EQ5DIDX": "EQ-5D-5L Index (China)"},
        version=eq5d5l.INSTRUMENT.version,
    ),
}
"""By the code of the instrument that a form names."""


METHODS: Mapping[str, Method] = {
    code: scored(f"{name}, from the answers of one page", one, by)
    for one, by in (
        (git2.INSTRUMENT, "git2:scales"), (haq_di.INSTRUMENT, "haq_di:index"), (shaq.INSTRUMENT, "shaq:scaled"),
        (rand36.INSTRUMENT, "rand36:scales"), (eq5d5l.INSTRUMENT, "eq5d5l:index"))
    for code, name in SCORINGS[one.code].scores.items()
}  # fmt: skip
"""How the scores are derived, by their test codes."""


def scores_of(pages: Iterable[list[Row]], scoring: Scoring) -> Iterator[Row]:
    """The derived records of many pages of one instrument; each rests on all answers of its page."""
    told = list(pages)
    if not told:
        return
    column = {code: place for place, code in enumerate(scoring.items)}
    answers = np.full((len(told), len(column)), np.nan)
    for line, rows in enumerate(told):
        for row in rows:
            if row["QSTESTCD"] in column:
                answers[line, column[row["QSTESTCD"]]] = _number(row)
    for code, values in scoring.by(answers).items():
        for rows, value in zip(told, values.tolist(), strict=True):
            if not math.isnan(value):
                yield _score(rows, code, value, scoring)


def _number(row: Row) -> float:
    told = row.get("QSSTRESN")
    if told is not None:
        return float(told)
    return {YES: 1.0, NO: 0.0}.get(row.get("QSSTRESC") or "", np.nan)


def _score(rows: list[Row], code: str, value: float, scoring: Scoring) -> Row:
    written = f"{value:.6f}".rstrip("0").rstrip(".")
    shared = {name: rows[0].get(name) for name in ("_PERSON", "_VISIT", "_PLACE", "QSCAT", "QSDTC")}
    return {
        **shared,
        "QSTESTCD": code,
        "QSTEST": scoring.scores[code],
        "QSORRES": written,
        "QSSTRESC": written,
        "QSSTRESN": written,
        "QSMETHOD": scoring.version.upper(),
        "QSDRVFL": "Y",
        "_REFS": [ref for row in rows if row["QSTESTCD"] in scoring.items for ref in row["_REFS"]],
    }
