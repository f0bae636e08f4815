"""How the virtual people of NCT06546540 answer: which item gets which simulated quantity."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from random import Random

from attrs import frozen

from studies.telitacicept_ssc import rehearsal_measures
from studies.telitacicept_ssc.invented_terms import DRUGS, EVENTS
from trialwright.instruments import mrss, spirometry
from trialwright.protocol import Absence, Audience, Form
from trialwright.rehearsal import Behavior, Occasion, Person, Row, Update
from trialwright.rehearsal.behavior import Entries
from trialwright.rehearsal.burden import Burden
from trialwright.rehearsal.mechanism import Course, Happening, Mechanism

MECHANISM = Mechanism()
FAILING = ("I2", "I3", "I4", "I6")
"""Extra people, each of whom misses one criterion: too young, FVC too low, no antibody, too much steroid."""

DOSE_MG = 160
DOSES = 48
PAUSED_AFTER_SERIOUS = 2


@frozen(kw_only=True)
class Patient:
    """What does not change: body, antibodies, earlier course, background drugs, and the course of the disease."""

    female: bool
    age_years: float
    height: float
    weight: float
    fvc_fixed: float | None
    specific: str
    disease_days: int
    worsened: bool
    mmf_mg: int
    prednisone_mg: int
    course: Course
    burden: Burden


@lru_cache(maxsize=4096)
def patient(person: Person) -> Patient:
    """The patient behind a virtual person."""
    dice = person.dice("patient")
    female = dice.random() < 0.8
    course = Course(MECHANISM, person.dice)
    height = dice.gauss(159, 6) if female else dice.gauss(171, 6)
    return Patient(
        female=female,
        age_years=17.4 if person.fails == "I2" else min(72.0, max(20.0, dice.gauss(47, 11))),
        height=round(min(190.0, max(145.0, height)), 1),
        weight=round(min(100.0, max(42.0, dice.gauss(21.5, 2.5) * (height / 100) ** 2)), 1),
        fvc_fixed=45.0 if person.fails == "I3" else None,
        specific="" if person.fails == "I4" else dice.choices(("SCL70", "RNAP3", "ACA", "U3RNP"), (60, 20, 5, 15))[0],
        disease_days=dice.randint(240, 1500),
        worsened=dice.random() >= MECHANISM.unchanged_share.value,
        mmf_mg=dice.choice((0, 500, 750, 1000, 1000)),
        prednisone_mg=15 if person.fails == "I6" else dice.choice((0, 5, 5, 7, 10)),
        course=course,
        burden=Burden(course),
    )


def page(occasion: Occasion, form: Form) -> Entries | None:
    """The answers of a page; None for a form that this study's rehearsal does not know."""
    who, fill = patient(occasion.person), PAGES.get(form.code)
    if fill is not None:
        return fill(occasion, who)
    measured = rehearsal_measures.PAGES.get(form.code)
    return None if measured is None else measured(occasion, who.burden)


def _yes(answer: bool) -> str:
    return "Y" if answer else "N"


def _consent(on: Occasion, who: Patient) -> Entries:
    return {"AGREED": "Y", "CONSDAT": on.day.isoformat(), "CONSVER": "1.0"}


def _demographics(on: Occasion, who: Patient) -> Entries:
    born = on.day - timedelta(days=round(who.age_years * 365.25))
    return {"BRTHDAT": born.isoformat(), "SEX": "F" if who.female else "M", "HEIGHT": f"{who.height:.1f}",
            "WEIGHT": f"{who.weight:.1f}", "ETHNIC": "NORTHEAST_ASIAN"}  # fmt: skip


_SHARES = {"PUFFY": 0.7, "SCLERODACT": 0.95, "ULCERS": 0.35, "SCARS": 0.45, "TELANG": 0.5, "NAILFOLD": 0.8, "PAH": 0.06,
           "ILD": 0.55, "RAYNAUD": 0.97}  # fmt: skip
"""Share of people with each sign: our choice for diffuse disease; skin thick beyond the knuckles is always present."""


def _classification(on: Occasion, who: Patient) -> Entries:
    dice = on.person.dice("signs")
    signs = {sign: _yes(dice.random() < share) for sign, share in _SHARES.items()} | {"PAH": _yes(who.burden.hypertension)}
    onset = on.day - timedelta(days=who.disease_days)
    return {"SPARED": "N", "MIMIC": "N", "PROXIMAL": "Y", "SUBSET": "DIFFUSE", "ONSETDAT": f"{onset:%Y-%m}"} | signs


def _antibodies(on: Occasion, who: Patient) -> Entries:
    dice, day = on.person.dice("antibodies"), on.day - timedelta(days=on.person.dice("sample").randint(0, 300))
    ana = who.specific != "" and dice.random() < 0.95
    found = {
        code: "POSITIVE" if code == who.specific else "NEGATIVE"
        for code in ("ACA", "SCL70", "RNAP3", "U3RNP", "THTO", "PMSCL", "U1RNP")
    }
    titer = {"ANATITER": str(dice.choice((160, 320, 640, 1280)))} if ana else {}
    return {"ANTDAT": day.isoformat(), "METHOD": "IMMUNOBLOT", "ANA": "POSITIVE" if ana else "NEGATIVE"} | titer | found


def _skin_history(on: Occasion, who: Patient) -> Entries:
    """The physician's two scores: he errs in both; whoever is called unchanged has the same score twice."""
    dice = on.dice("history")
    now = max(10, who.course.skin_seen(-2, False, "physician", dice))
    rise = max(1, round(abs(dice.gauss(3.5, 2.5)))) if who.worsened else 0
    areas = dice.randint(1, 4) if who.worsened else 0
    before = on.day - timedelta(days=dice.randint(186, 215))
    return {"PREVMRSS": str(max(0, now - rise)), "PREVDAT": before.isoformat(), "CURRMRSS": str(now), "CURRDAT": on.day.isoformat(),
            "CONVTRT": "Y", "NEWSKIN": _yes(who.worsened and dice.random() < 0.4), "AREASWOR": str(areas), "MEDCOMPL": "Y"}  # fmt: skip


def _lung(on: Occasion, who: Patient) -> Entries:
    dice = on.dice("lung")
    born = on.day - timedelta(days=round(who.age_years * 365.25 + on.study_day))
    normal = spirometry.spirogram(
        1.0, "F" if who.female else "M", spirometry.age_years(born, on.day), who.height, "gli_global_2022"
    )
    median = normal.median if normal else 3.0
    share = min(120.0, max(56.0, who.course.fvc(on.week, on.treated, dice)))
    percent = share if who.fvc_fixed is None else who.fvc_fixed
    dlco = min(14.0, max(2.0, who.course.dlco(on.week, dice)))
    return {
        "LUNGDAT": on.day.isoformat(),
        "FVC": f"{percent / 100 * median:.2f}",
        "FEV1": f"{percent / 100 * median * min(0.92, max(0.7, dice.gauss(0.82, 0.03))):.2f}",
        "HEIGHT": f"{who.height:.1f}",
        "DLCO": f"{dlco:.2f}",
    }


def _laboratory(on: Occasion, who: Patient) -> Entries:
    dice = on.dice("laboratory")
    found = {code: who.course.immunoglobulin(code, on.week, on.treated, dice) for code in ("IGG", "IGA", "IGM")}
    return rehearsal_measures.blood(on, who.burden, found)


def _skin(on: Occasion, who: Patient) -> Entries:
    """The evaluator's 17 sites. Now and then a site at an ordinary visit lies under a dressing."""
    dice = on.dice("skin")
    grades = who.course.skin_sites(who.course.skin_seen(on.week, on.treated, "evaluator", dice), dice)
    entries: dict[str, str | Absence] = {code: str(grade) for code, grade in grades.items()}
    if on.visit in ("W8", "W16", "W20") and dice.random() < 0.06:
        entries[dice.choice(mrss.CODES)] = Absence.NOT_ASSESSABLE
    return {"MRSSDAT": on.day.isoformat()} | entries


def _guess(on: Occasion, who: Patient) -> Entries:
    """The evaluator's guess: mostly chance, a little drawn by a skin that gets better."""
    dice = on.dice("guess")
    entries = {"GUESSDAT": on.day.isoformat(), "MOMENT": "EARLY" if on.week < 12 else "LATE"}
    if dice.random() < 0.4:
        return entries | {"GUESS": "DK"}
    better = who.course.skin(0, False) - who.course.skin(on.week, on.treated)
    drug = dice.random() < 1 / (1 + math.exp(-(better - 2) / 6))
    reason = dice.choice(("EFFICACY", "HUNCH", "HUNCH"))
    return entries | {"GUESS": "T" if drug else "C", "CERTAIN": str(dice.randint(1, 3)), "REASON": reason}


PAGES: Mapping[str, Callable[[Occasion, Patient], Entries]] = {
    "CONSENT": _consent,
    "DEMOGRAPHICS": _demographics,
    "CLASSIFICATION": _classification,
    "ANTIBODIES": _antibodies,
    "SKIN_HISTORY": _skin_history,
    "LUNG": _lung,
    "LABORATORY": _laboratory,
    "MRSS": _skin,
    "GUESS": _guess,
}


def rows(occasion: Occasion, form: Form) -> Sequence[Row] | None:
    """The rows of a log that are written at this contact; None for a log that this rehearsal does not know."""
    write = ROWS.get(form.code)
    return None if write is None else write(occasion, patient(occasion.person))


def _unmasked(on: Occasion, who: Patient) -> list[Row]:
    """Now and then a patient lets something slip at a visit, whatever his arm."""
    dice = on.dice("unmasked")
    if not on.week or dice.random() >= 0.01:
        return []
    how = dice.choice(("PATIENT_REMARK", "PATIENT_REMARK", "RECORD_SEEN"))
    return [Row(entries={"LEARNDAT": on.day.isoformat(), "LEARNHOW": how, "LEARNCER": str(dice.randint(2, 5))})]


def _drug(
    name: str, dose: float, often: str, start: date, unit: str = "mg", other: str = ""
) -> dict[str, str | Absence]:
    row: dict[str, str | Absence] = {"CMTRT": name, "CMDOSE": f"{dose:g}", "CMDOSU": unit, "CMDOSFRQ": often, "CMROUTE": "ORAL",
                                     "CMSTDAT": start.isoformat(), "CMONGO": "Y", "CMINDC": "systemic sclerosis"}  # fmt: skip
    return row | ({"CMOTHER": other} if other else {})


def _medications(on: Occasion, who: Patient) -> list[Row]:
    """Background drugs at screening; one person in eight has the steroid raised for a while in the middle of the study."""
    dice = on.person.dice("drugs")
    start = on.day - timedelta(days=dice.randint(240, 700))
    raised = dice.random() < 0.125 and who.prednisone_mg in (5, 7)
    if on.index is None:
        found = []
        if who.mmf_mg:
            found.append(Row(entries=_drug("MYCOPHENOLATE MOFETIL", who.mmf_mg, "BID", start)))
        if who.prednisone_mg:
            found.append(Row(entries=_drug("PREDNISONE", who.prednisone_mg, "QD", start)))
        if dice.random() < 0.5:
            found.append(
                Row(entries=_drug("OTHER", 30, "QD", start, other="nifedipine") | {"CMINDC": "Raynaud phenomenon"})
            )
        return found
    if raised and on.visit == "W16":
        ends = on.day + timedelta(days=28)
        change = Update(on=ends, entries={"CMONGO": "N", "CMENDAT": ends.isoformat()}, reason="The course has ended")
        return [
            Row(
                entries=_drug("PREDNISONE", 5, "QD", on.day) | {"CMINDC": "arthritis, added to the standing dose"},
                updates=(change,),
            )
        ]
    return []


_PLACES = ("ABDOMEN_R", "ABDOMEN_L", "THIGH_R", "THIGH_L")


def _dosing(on: Occasion, who: Patient) -> list[Row]:
    """The weekly injections since the last contact: given, or why not."""
    if not on.treated or on.index is None:
        return []
    dice = on.dice("doses")
    found = []
    for week in range(DOSES):
        day = on.index + timedelta(days=7 * week)
        if not (on.since < day <= on.day or (week == 0 and on.day == on.index)):
            continue
        hurt = on.person.serious is not None and 0 <= 7 * week - on.person.serious < 7 * PAUSED_AFTER_SERIOUS
        if hurt or dice.random() < 0.04:
            why = "INFECTION" if hurt else dice.choice(("MISSED_VISIT", "REFUSED", "NO_DRUG"))
            found.append(Row(entries={"EXDAT": day.isoformat(), "EXGIVEN": "N", "EXREASND": why}))
        else:
            found.append(
                Row(
                    entries={
                        "EXDAT": day.isoformat(),
                        "EXGIVEN": "Y",
                        "EXDOSE": str(DOSE_MG),
                        "EXLOC": _PLACES[week % 4],
                    }
                )
            )
    return found


_VIAL_MG = 80
"""Of the strength on the pack; a dose takes two."""


def _accountability(on: Occasion, who: Patient) -> list[Row]:
    """Two vials are dispensed for each planned dose, and those of a dose not given come back on the same day."""
    doses = _dosing(on, who)
    kept = sum(row.entries["EXGIVEN"] == "N" for row in doses)
    moved = (("DISPAMT", len(doses)), ("RETAMT", kept))
    lot = {"DASTREN": str(_VIAL_MG), "DALOT": f"V{on.day:%y%m}", "DAEXP": f"{on.day.year + 2}-{on.day.month:02}"}
    return [
        Row(entries={"DADAT": on.day.isoformat(), "DATESTCD": what, "DAORRES": str(many * (DOSE_MG // _VIAL_MG))} | lot)
        for what, many in moved
        if many
    ]


_SERIOUS = ("AESDTH", "AESLIFE", "AESHOSP", "AESDISAB", "AESCONG", "AESMIE")


_NARRATIVE = "A virtual patient of the rehearsal was admitted with fever and cough; imaging showed pneumonia; antibiotics were given."


def _events(on: Occasion, who: Patient) -> list[Row]:
    """Adverse events that began since the last contact, followed until they end; the serious one is a pneumonia."""
    if on.index is None:
        return []
    found = list(who.course.events(on.treated, 49))
    if on.person.serious is not None:
        related = "POSSIBLE" if on.treated else "UNLIKELY"
        found.append(Happening(term="pneumonia", day=on.person.serious, days=16, grade=3, related=related))
    first = (on.since - on.index).days if on.visit != "BASELINE" else -1
    return [_event(one, on, on.index) for one in found if first < one.day <= on.study_day]


def _event(one: Happening, on: Occasion, index: date) -> Row:
    begins, ends = index + timedelta(days=one.day), index + timedelta(days=one.day + one.days)
    serious = one.term == "pneumonia"
    relation = one.related if on.treated else "UNLIKELY"
    action = ("DRUG INTERRUPTED" if serious else "DOSE NOT CHANGED") if on.treated else "NOT APPLICABLE"
    row: dict[str, str | Absence] = {"AETERM": one.term, "AESTDAT": begins.isoformat(), "AETOXGR": str(one.grade), "AESER": _yes(serious),
                                     "AEREL": relation, "AEACN": action}  # fmt: skip
    if serious:
        row |= {code: _yes(code == "AESHOSP") for code in _SERIOUS} | {"AEEXP": "Y", "AEAWARE": on.day.isoformat()}
        row |= {"AEKNOWN": on.day.isoformat(), "AEHOSPI": begins.isoformat(), "AEREPQ": "PHYSICIAN", "AENARR": _NARRATIVE}
    over: dict[str, str | Absence] = {"AEENDAT": ends.isoformat(), "AEOUT": "RECOVERED/RESOLVED"}
    if ends <= on.day and not serious:
        return Row(entries=row | over)
    role = Audience.SAFETY if serious else None
    return Row(
        entries=row | {"AEOUT": "NOT RECOVERED/NOT RESOLVED"},
        updates=(Update(on=ends, entries=over, reason="The event has ended", role=role),),
    )


def _disposition(on: Occasion, who: Patient) -> list[Row]:
    """One row for the treatment period and one for the study, on the last contact."""
    if not on.closing:
        return []
    left = on.person.withdraws is not None
    ending: dict[str, str | Absence] = {
        "DSSTDAT": on.day.isoformat(),
        "DSSTATUS": "DISCONTINUED" if left else "COMPLETED",
    }
    if left:
        ending["DSREASON"] = "WITHDRAWAL BY SUBJECT"
    return [Row(entries=ending | {"DSEPOCH": period}) for period in ("TREATMENT", "STUDY")]


ROWS: Mapping[str, Callable[[Occasion, Patient], list[Row]]] = {
    "UNMASKING": _unmasked,
    "MEDICATIONS": _medications,
    "DOSING": _dosing,
    "ACCOUNTABILITY": _accountability,
    "ADVERSE_EVENTS": _events,
    "DISPOSITION": _disposition,
}


def chooses(occasion: Occasion, taken: Mapping[str, int], planned: int) -> tuple[str, str]:
    """The clinician (R1) gives the drug more readily to worse skin: confounding by indication, up to half of the patients."""
    who, dice = patient(occasion.person), occasion.dice("arm")
    seen = who.course.skin_seen(
        -2, False, "physician", Random(f"{occasion.person.seed}/{occasion.person.number}/choice")
    )
    drug = dice.random() < 1 / (1 + math.exp(-MECHANISM.clinician_slope.value * (seen - MECHANISM.skin_start.value)))
    half = (planned + 1) // 2
    if taken.get("T" if drug else "C", 0) >= half:
        drug = not drug
    why = (
        "Skin worsens in spite of conventional treatment"
        if drug
        else "Conventional treatment still seems worth continuing"
    )
    return ("T" if drug else "C"), why


BEHAVIOR = Behavior(page=page, rows=rows, chooses=chooses, failing=FAILING, dictionaries=(EVENTS, DRUGS))
