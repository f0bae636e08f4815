"""How skin, lungs, immunoglobulins and adverse events of systemic sclerosis run in a virtual person under each treatment."""

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from random import Random

from attrs import define, fields, frozen

from trialwright.instruments import mrss


@frozen
class Assumed:
    """A number that the simulation needs and where it comes from; `verified` only if it was read in that source."""

    value: float
    source: str
    verified: bool = False


_ATACICEPT = "atacicept 150 mg, AUGUST III (Arthritis Rheumatol 2015;67:2828), corrected for placebo; class surrogate, not telitacicept"
_OURS = "our choice: nothing published"


@frozen(kw_only=True)
class Mechanism:
    """Every number behind the virtual course of the disease. None is a result of telitacicept in systemic sclerosis: there is none.

    Skin in points of the mRSS, lungs in percent of predicted, immunoglobulins in g/L, times in weeks.
    """

    skin_start: Assumed = Assumed(22.0, "early diffuse disease: PRESS mean 21.1, RESOLVE-1 about 22, faSScinate 25.6")
    skin_start_sd: Assumed = Assumed(6.0, "faSScinate baseline SD 5.9 to 7.2 (PMID 27156934)", True)
    skin_change_48: Assumed = Assumed(-4.15, "mean of seven conventional arms at week 48, random-effects prediction")
    skin_change_sd_48: Assumed = Assumed(
        6.6, "SD of change about 7.5 in placebo arms, less the error of two readings (2.45 each)"
    )
    skin_effect: Assumed = Assumed(
        -3.0, "planning value, plausible 0 to -8; B-cell trials -3.1 (LIBERIUS) to -8.44 (DESIRES)"
    )
    skin_onset: Assumed = Assumed(10.0, _OURS)
    rater_between_sd: Assumed = Assumed(4.6, "between raters, within patient: Clements 1995 (PMID 7562759)", True)
    rater_within_sd: Assumed = Assumed(2.45, "same rater twice, within patient: Clements 1995 (PMID 7562759)", True)
    fvc_start: Assumed = Assumed(80.0, "faSScinate 80 to 82 % (SD 13 to 14)", True)
    fvc_start_sd: Assumed = Assumed(12.0, "faSScinate 13 to 14; narrower, as below 50 % nobody is included")
    fvc_change_52: Assumed = Assumed(-2.7, "placebo arm of ASSET at 12 months (PMC8713509)", True)
    fvc_change_sd_52: Assumed = Assumed(4.0, "ASSET SD 5.5, less the error of two tests")
    fvc_effect: Assumed = Assumed(1.5, "planning value: half of rituximab in DESIRES (2.96 points)")
    fvc_error_sd: Assumed = Assumed(2.6, "from ICC 0.93 and SD 10 (doi 10.1164/rccm.201709-1845OC)")
    dlco_start: Assumed = Assumed(5.2, _OURS)
    igg_fall: Assumed = Assumed(0.28, _ATACICEPT)
    iga_fall: Assumed = Assumed(0.525, _ATACICEPT)
    igm_fall: Assumed = Assumed(0.535, _ATACICEPT)
    igg_half_life: Assumed = Assumed(3.0, "IgG 21 days (secondary sources)")
    iga_half_life: Assumed = Assumed(0.84, "IgA1 5.9 days (PMID 4717094)", True)
    igm_half_life: Assumed = Assumed(0.71, "IgM about 5 days (secondary sources)")
    assay_cv: Assumed = Assumed(0.05, _OURS)
    unchanged_share: Assumed = Assumed(
        0.45, "our choice: persons whose score before the trial did not move, so that R2 fills both arms"
    )
    clinician_slope: Assumed = Assumed(
        0.15, "our choice: how much each point of skin score draws the clinician to the drug (R1)"
    )


IMMUNOGLOBULINS = {"IGG": (13.0, 0.18), "IGA": (2.3, 0.25), "IGM": (1.2, 0.30)}
"""Median at the start in g/L and spread (SD of the logarithm): our choice inside the usual range of adults."""


@frozen
class EventKind:
    """An adverse event that happens by chance: share of people with it in 48 weeks, on the drug and in control."""

    term: str
    drug: float
    control: float
    source: str
    grade: int = 1
    days: tuple[int, int] = (4, 14)
    related: str = "UNLIKELY"


_SLE = "share of patients with the event in 48 weeks: lupus phase 2b, 160 mg (n = 63) and placebo (n = 62), Wu 2023 table 3"
_PHASE3 = "lupus phase 3: 15.6 against 1.2 % in 52 weeks"
EVENTS = (
    EventKind("upper respiratory tract infection", 34 / 63, 32 / 62, source=_SLE, related="POSSIBLE"),
    EventKind("urinary tract infection", 11 / 63, 4 / 62, source=_SLE, grade=2, related="POSSIBLE"),
    EventKind("herpes zoster", 3 / 63, 4 / 62, source=_SLE, grade=2, days=(10, 24), related="POSSIBLE"),
    EventKind(
        "injection site reaction",
        12 / 63,
        0.0,
        source=_SLE + "; control gets no injection",
        days=(2, 6),
        related="CERTAIN",
    ),
    EventKind("low immunoglobulin G", 0.156, 0.012, source=_PHASE3, days=(28, 90), related="PROBABLE"),
    EventKind("digital ulcer", 0.15, 0.15, source=_OURS, grade=2, days=(14, 60)),
)


def assumptions(mechanism: Mechanism) -> Mapping[str, Assumed]:
    """Every number by its name, for the list that the investigator reads; shares of people for adverse events.

    >>> found = assumptions(Mechanism())
    >>> found["rater_between_sd"].value, round(found["herpes zoster, drug"].value, 3)
    (4.6, 0.048)
    """
    told = {one.name: getattr(mechanism, one.name) for one in fields(Mechanism)}
    told |= {f"{code.lower()}_start": Assumed(median, _OURS) for code, (median, _) in IMMUNOGLOBULINS.items()}
    told |= {f"{kind.term}, drug": Assumed(kind.drug, kind.source) for kind in EVENTS}
    return told | {f"{kind.term}, control": Assumed(kind.control, kind.source) for kind in EVENTS}


@frozen(kw_only=True)
class Happening:
    """One adverse event: when it begins (days from the index date), how long it lasts, how severe, how related."""

    term: str
    day: int
    days: int
    grade: int
    related: str


@define(slots=False)
class Course:
    """The true course of one virtual person, seen only through measurements. `chance` gives a stream for each purpose."""

    mechanism: Mechanism
    chance: Callable[..., Random]

    @cached_property
    def _skin(self) -> tuple[float, float]:
        """Start and personal deviation of the change (in SD)."""
        dice = self.chance("skin")
        start = dice.gauss(self.mechanism.skin_start.value, self.mechanism.skin_start_sd.value)
        return min(40.0, max(12.0, start)), dice.gauss(0, 1)

    def skin(self, week: float, treated: bool) -> float:
        """The true skin score `week` weeks after the index date (negative: before it)."""
        rules, (start, deviation) = self.mechanism, self._skin
        share = week / 48
        drift = rules.skin_change_48.value * share if week > 0 else 0.0
        spread = (
            math.copysign(math.sqrt(abs(share)), share) * rules.skin_change_sd_48.value * deviation if week > 0 else 0.0
        )
        effect = (
            rules.skin_effect.value * rising(week, rules.skin_onset.value) / rising(24, rules.skin_onset.value)
            if treated
            else 0.0
        )
        return min(51.0, max(0.0, start + drift + spread + effect))

    def skin_seen(self, week: float, treated: bool, rater: str, dice: Random) -> int:
        """The total that `rater` finds: he keeps his own bias for this person and errs anew each time."""
        rules = self.mechanism
        own = math.sqrt(rules.rater_between_sd.value**2 - rules.rater_within_sd.value**2)
        bias = self.chance("rater", rater).gauss(0, own)
        seen = self.skin(week, treated) + bias + dice.gauss(0, rules.rater_within_sd.value)
        return min(mrss.HIGHEST, max(2, round(seen)))

    def skin_sites(self, total: int, dice: Random) -> dict[str, int]:
        """The total spread over the 17 sites, fingers and hands first, each at most 3; their sum is the total."""
        habit = self.chance("sites")
        pull = {
            code: _PULL[code.split("_")[0]] * math.exp(habit.gauss(0, 0.25) + dice.gauss(0, 0.1)) for code in mrss.CODES
        }
        grades = dict.fromkeys(mrss.CODES, 0)
        for _ in range(total):
            free = (code for code in mrss.CODES if grades[code] < 3)
            grades[max(free, key=lambda code: pull[code] / (grades[code] + 0.7))] += 1
        return grades

    def fvc(self, week: float, treated: bool, dice: Random) -> float:
        """FVC in percent of predicted as one test finds it."""
        rules, own = self.mechanism, self.chance("lung")
        start = min(115.0, max(60.0, own.gauss(rules.fvc_start.value, rules.fvc_start_sd.value)))
        share = max(0.0, week) / 52
        true = (
            start
            + rules.fvc_change_52.value * share
            + rules.fvc_change_sd_52.value * own.gauss(0, 1) * math.sqrt(share)
        )
        effect = rules.fvc_effect.value * rising(week, 12) / rising(24, 12) if treated else 0.0
        return true + effect + dice.gauss(0, rules.fvc_error_sd.value)

    def dlco(self, week: float, dice: Random) -> float:
        """Diffusing capacity in mmol/min/kPa as one test finds it."""
        start = min(9.0, max(3.0, self.chance("dlco").gauss(self.mechanism.dlco_start.value, 1.0)))
        return start - 0.15 * max(0.0, week) / 52 + dice.gauss(0, 0.25)

    def immunoglobulin(self, code: str, week: float, treated: bool, dice: Random) -> float:
        """IGG, IGA or IGM in g/L as the laboratory finds it."""
        rules, own = self.mechanism, self.chance("ig", code)
        median, spread = IMMUNOGLOBULINS[code]
        start = median * math.exp(own.gauss(0, spread))
        fall, half_life = (
            getattr(rules, f"{code.lower()}_fall").value,
            getattr(rules, f"{code.lower()}_half_life").value,
        )
        left = (
            1 - min(0.9, fall * math.exp(own.gauss(0, 0.2))) * rising(week, half_life / math.log(2)) if treated else 1.0
        )
        return float(start * left * math.exp(dice.gauss(0, rules.assay_cv.value)))

    def events(self, treated: bool, weeks: float) -> tuple[Happening, ...]:
        """The adverse events of `weeks` weeks, in the order in which they begin."""
        found = []
        for kind in EVENTS:
            dice = self.chance("event", kind.term)
            rate = -math.log(1 - (kind.drug if treated else kind.control)) / (48 * 7)
            day = dice.expovariate(1.0) / rate if rate else math.inf
            while day < weeks * 7:
                grade = min(3, kind.grade + (dice.random() < 0.2))
                found.append(
                    Happening(
                        term=kind.term, day=int(day), days=dice.randint(*kind.days), grade=grade, related=kind.related
                    )
                )
                day += dice.expovariate(1.0) / rate
        return tuple(sorted(found, key=lambda one: (one.day, one.term)))


_PULL = {
    "FING": 3.0,
    "HAND": 2.2,
    "FARM": 1.7,
    "FACE": 1.5,
    "UARM": 1.1,
    "CHEST": 1.2,
    "ABD": 0.8,
    "THI": 0.8,
    "LEG": 1.0,
    "FOOT": 1.2,
}
"""How readily a site is affected: hands before trunk; our choice, no published frequencies were used."""


def rising(week: float, scale: float) -> float:
    """The share of a full effect reached after `week` weeks: 0 at the start, 1 - 1/e after `scale` weeks.

    >>> round(rising(10, 10), 3)
    0.632
    """
    return 1 - math.exp(-max(0.0, week) / scale)
