"""How the virtual people of NCT06546540 answer what the secondary outcomes and the safety pages ask."""

from collections.abc import Callable, Mapping
from random import Random

from trialwright.instruments import eq5d5l, git2, haq_di, rand36, shaq
from trialwright.protocol import Absence
from trialwright.rehearsal import Occasion
from trialwright.rehearsal.behavior import Entries
from trialwright.rehearsal.burden import LEVELS, Burden

BLANK = 0.012
"""Share of single questions that a patient leaves blank, on top of pages not filled: our choice."""
Answers = dict[str, str | Absence]


def _left_blank(answers: Mapping[str, str], dice: Random) -> Answers:
    return {code: Absence.NOT_DONE if dice.random() < BLANK else text for code, text in answers.items()}


def gut(on: Occasion, burden: Burden) -> Entries:
    """The 34 answers of the gut questionnaire: each scale around a level of the person's own."""
    dice, habit = on.dice("gut"), on.person.dice("gut scales")
    answers: dict[str, str] = {}
    for scale in git2.SCALES:
        level = max(0.0, burden.gut(on.week, on.treated) + habit.gauss(0, 0.3))
        highest = [1 if code in git2.YES_NO else 3 for code in scale.items]
        answers |= dict(zip(scale.items, map(str, burden.grades(level, highest, dice)), strict=True))
    return {"GITDAT": on.day.isoformat()} | _left_blank(answers, dice)


def function(on: Occasion, burden: Burden) -> Entries:
    """The 20 activities, and aids where an activity is hard."""
    dice = on.dice("function")
    level = max(0.0, LEVELS["haq_mean"].value + 0.4 * burden.at(on.week, on.treated))
    grades = burden.grades(level, [3] * len(haq_di.CODES), dice)
    answers = dict(zip(haq_di.CODES, map(str, grades), strict=True))
    for category in haq_di.CATEGORIES:
        worst = max(int(answers[code]) for code in category.items)
        answers[category.aid] = "Y" if dice.random() < 0.08 * worst else "N"
    return {"HAQDAT": on.day.isoformat()} | _left_blank(answers, dice)


_MEANS = {"PAIN": 34.0, "GUT": 22.0, "BREATH": 26.0, "RAYNAUD": 38.0, "ULCERS": 16.0, "OVERALL": 42.0}
"""Where the marks on the six lines lie on average: our choice."""


def symptoms(on: Occasion, burden: Burden) -> Entries:
    """Marks on six lines, and the patient's global assessment."""
    dice = on.dice("symptoms")
    marks = {f"SHAQ_{code}": f"{burden.mark(on.week, on.treated, dice, _MEANS[code]):.0f}" for code in shaq.CODES}
    whole = f"{burden.mark(on.week, on.treated, dice, 46.0) / 10:.1f}"
    return {"SHAQDAT": on.day.isoformat()} | _left_blank(marks | {"PTGA": whole}, dice)


def quality(on: Occasion, burden: Burden) -> Entries:
    """The 36 answers that lie nearest to how healthy each question finds the person."""
    dice = on.dice("quality")
    answers: dict[str, str] = {}
    for number, code in enumerate(rand36.CODES, start=1):
        wanted = burden.health(on.week, on.treated, dice)
        worth = rand36.RECODE[number]
        answers[code] = str(min(range(len(worth)), key=lambda place: abs(worth[place] - wanted)) + 1)
    return {"RANDDAT": on.day.isoformat()} | _left_blank(answers, dice)


def health_today(on: Occasion, burden: Burden) -> Entries:
    """Five levels and the scale."""
    dice = on.dice("today")
    level = 0.9 + 0.45 * burden.at(on.week, on.treated)
    answers = {
        code: str(1 + grade) for code, grade in zip(eq5d5l.CODES, burden.grades(level, [4] * 5, dice), strict=True)
    }
    scale = round(min(100.0, max(0.0, burden.health(on.week, on.treated, dice) + 8)))
    return {"EQDAT": on.day.isoformat()} | _left_blank(answers | {eq5d5l.VAS: str(scale)}, dice)


def activity(on: Occasion, burden: Burden) -> Entries:
    """What the physician finds; organ events are rare."""
    dice, at = on.dice("activity"), burden.at(on.week, on.treated)
    events = {
        code: _yes(on.study_day > 0 and dice.random() < 0.01)
        for code in ("RENAL_CRISIS", "LUNG_DECLINE", "LV_FAILURE", "PAH")
    }
    return {
        "ACTDAT": on.day.isoformat(),
        "MDGA": f"{min(10.0, max(0.0, 4.2 + 1.3 * at + dice.gauss(0, 0.7))):.1f}",
        "DSKIN": _yes(dice.random() < 0.3 + 0.1 * at),
        "ULCERS": _yes(dice.random() < 0.18),
        "TFR": _yes(dice.random() < 0.2 + 0.05 * at),
    } | events


def circulation(on: Occasion, burden: Burden) -> Entries:
    """Walk, peptide and echocardiography; a catheter at the start where hypertension is known. Regurgitation is not always measurable."""
    dice = on.dice("circulation")
    walked = burden.walk(on.week, on.treated, dice)
    limited = (walked < 440) + (walked < 330) + (walked < 170)
    found: Answers = {
        "PAHDAT": on.day.isoformat(),
        "WHOFC": ("I", "II", "III", "IV")[max(limited, int(dice.random() < 0.5))],
        "SIXMWD": Absence.NOT_ASSESSABLE if dice.random() < 0.03 else str(walked),
        "NTPROBNP": str(burden.peptide(on.week, on.treated, dice)),
        "ECHODAT": on.day.isoformat(),
        "TRV": Absence.NOT_ASSESSABLE
        if dice.random() < 0.15 and not burden.hypertension
        else f"{burden.velocity(dice):.2f}",
        "RAAREA": f"{max(8.0, dice.gauss(20 if burden.hypertension else 14, 2)):.1f}",
        "PAHDX": _yes(burden.hypertension),
    }
    share = 0.6 if burden.hypertension else 0.06
    found |= {sign: _yes(dice.random() < share) for sign in ("VENTRICLES", "ARTERY", "CAVA_ATRIUM")}
    catheter = burden.hypertension and on.visit == "BASELINE"
    found["RHCDONE"] = _yes(catheter)
    if catheter:
        pressures = {"MPAP": dice.randint(26, 42), "PAWP": dice.randint(7, 14), "RAP": dice.randint(4, 9)}
        found |= {code: str(value) for code, value in pressures.items()}
        found |= {"CO": f"{dice.uniform(3.6, 5.2):.1f}", "RHCDAT": on.day.isoformat()}
    return found


def blood(on: Occasion, burden: Burden, immunoglobulins: Mapping[str, float]) -> Entries:
    """One sample; B cells are counted at the visits at which most is measured, and now and then a tube is lost."""
    dice = on.dice("blood")
    results = {code: f"{value:.2f}" for code, value in burden.blood(on.week, on.treated, dice).items()}
    if on.visit not in ("BASELINE", "W12", "W24", "W48"):
        del results["BCELL"]
    lost = dice.random() < 0.02
    known: Answers = {
        code: Absence.NOT_DONE if lost and code in ("ALT", "AST", "ALP", "GGT", "BILI") else text
        for code, text in results.items()
    }
    return {"LBDAT": on.day.isoformat()} | known | {code: f"{value:.2f}" for code, value in immunoglobulins.items()}


def infections(on: Occasion, burden: Burden) -> Entries:
    """Screening results: nobody carries active hepatitis, one in eight has met the virus, one in six has a positive assay."""
    dice = on.person.dice("infections")
    core, assay = dice.random() < 0.125, dice.random()
    found: Answers = {
        "INFDAT": on.day.isoformat(),
        "HBSAG": "NEGATIVE",
        "HBCAB": "POSITIVE" if core else "NEGATIVE",
        "HCVAB": "NEGATIVE",
        "IGRA": "POSITIVE" if assay < 0.16 else "INDETERMINATE" if assay < 0.18 else "NEGATIVE",
        "IMAGING": "N",
    }
    return found | ({"HBVDNA": "NEGATIVE"} if core else {}) | ({"PREVENTED": "Y"} if assay < 0.16 else {})


def _yes(answer: bool) -> str:
    return "Y" if answer else "N"


PAGES: Mapping[str, Callable[[Occasion, Burden], Entries]] = {
    "GIT2": gut,
    "HAQ": function,
    "SHAQ": symptoms,
    "RAND36": quality,
    "EQ5D": health_today,
    "ACTIVITY": activity,
    "PAH": circulation,
    "INFECTION": infections,
}
