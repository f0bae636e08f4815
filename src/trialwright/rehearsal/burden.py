"""How gut, daily life, quality of life, circulation and blood run beside skin and lungs in a virtual person."""

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from random import Random

from attrs import define

from trialwright.rehearsal.mechanism import Assumed, Course, rising

_OURS = "our choice: nothing published"


LEVELS: Mapping[str, Assumed] = {
    "skin_share": Assumed(0.5, "how much of the burden the skin carries: our choice"),
    "lung_share": Assumed(0.3, "how much of the burden the lungs carry: our choice"),
    "own_share": Assumed(0.7, "what is the person's own: our choice"),
    "gut_mean": Assumed(0.6, "GIT 2.0 items around 0.5 to 0.7 in systemic sclerosis: from memory, not verified"),
    "haq_mean": Assumed(0.6, "HAQ-DI about 1 in early diffuse disease, worst item of a category counts: from memory"),
    "health_mean": Assumed(58.0, "RAND-36 scales around 45 to 65: our choice"),
    "walk_m": Assumed(455.0, _OURS),
    "ntprobnp_ng_l": Assumed(110.0, "median; " + _OURS),
    "velocity_m_s": Assumed(2.4, _OURS),
    "hypertension_share": Assumed(0.06, "share with diagnosed pulmonary arterial hypertension: our choice"),
    "lymphocyte_fall": Assumed(0.15, "fall of lymphocytes under the drug: our choice"),
    "b_cell_fall": Assumed(0.5, "fall of B cells under the drug: our choice; depletion is not expected"),
    "spike_share": Assumed(0.15, "samples with one clearly abnormal result: our choice"),
}
"""Every number behind these measures and where it comes from. A burden of 1 is one standard deviation worse than the average patient."""

BLOOD: Mapping[str, tuple[float, float, float]] = {
    "WBC": (6.2, 0.20, 0.12),
    "PLAT": (235.0, 0.20, 0.08),
    "HGB": (129.0, 0.08, 0.03),
    "ALT": (20.0, 0.35, 0.20),
    "AST": (21.0, 0.25, 0.15),
    "ALP": (68.0, 0.20, 0.08),
    "GGT": (22.0, 0.40, 0.15),
    "BILI": (11.0, 0.30, 0.15),
    "CREAT": (60.0, 0.15, 0.07),
    "CRP": (4.0, 0.60, 0.50),
    "BCELL": (190.0, 0.35, 0.15),
}
"""Median, spread among people and from sample to sample (SD of the logarithm): our choice near the usual range of adults."""
SPIKES = {
    "ALT": (2.0, 6.0),
    "AST": (2.0, 5.0),
    "GGT": (2.0, 4.0),
    "NEUT": (0.25, 0.7),
    "PLAT": (0.3, 0.6),
    "HGB": (0.6, 0.8),
}
"""By which factors a result leaves its usual level now and then."""


@define(slots=False)
class Burden:
    """The burden of disease of one virtual person over time, seen only through answers and measurements."""

    course: Course

    @cached_property
    def _own(self) -> dict[str, float]:
        dice = self.course.chance("burden")
        return {name: dice.gauss(0, 1) for name in ("life", "gut", "walk", "heart", "peptide")}

    @cached_property
    def hypertension(self) -> bool:
        """Whether pulmonary arterial hypertension has been diagnosed."""
        return self.course.chance("hypertension").random() < LEVELS["hypertension_share"].value

    def at(self, week: float, treated: bool) -> float:
        """How many standard deviations the person is worse off than the average patient at the start."""
        rules = self.course.mechanism
        skin = (self.course.skin(week, treated) - rules.skin_start.value) / rules.skin_start_sd.value
        lung = (rules.fvc_start.value - self.course.fvc(week, treated, _Still())) / rules.fvc_start_sd.value
        return (
            LEVELS["skin_share"].value * skin
            + LEVELS["lung_share"].value * lung
            + LEVELS["own_share"].value * self._own["life"]
        )

    def gut(self, week: float, treated: bool) -> float:
        """The mean level of gut symptoms on 0 to 3."""
        own = 0.35 * self._own["gut"] + 0.08 * self.at(week, treated)
        return max(0.05, LEVELS["gut_mean"].value + own)

    def grades(self, level: float, highest: Sequence[int], dice: Random) -> list[int]:
        """Answers 0 to `highest` of a list of questions around a common level."""
        return [min(most, max(0, round(level + dice.gauss(0, 0.6)))) for most in highest]

    def health(self, week: float, treated: bool, dice: Random) -> float:
        """How healthy one question finds the person, 0 to 100."""
        return LEVELS["health_mean"].value - 11 * self.at(week, treated) + dice.gauss(0, 16)

    def mark(self, week: float, treated: bool, dice: Random, mean: float = 32.0) -> float:
        """A mark on a line of 100 mm."""
        return min(100.0, max(0.0, mean + 14 * self.at(week, treated) + dice.gauss(0, 8)))

    def walk(self, week: float, treated: bool, dice: Random) -> int:
        """Meters walked in six minutes."""
        lost = 100 if self.hypertension else 0
        meters = (
            LEVELS["walk_m"].value - 22 * self.at(week, treated) + 45 * self._own["walk"] - lost + dice.gauss(0, 15)
        )
        return round(min(720.0, max(140.0, meters)))

    def peptide(self, week: float, treated: bool, dice: Random) -> int:
        """NT-proBNP in ng/L."""
        raised = math.log(6) if self.hypertension else 0.0
        logarithm = (
            math.log(LEVELS["ntprobnp_ng_l"].value)
            + 0.5 * self._own["peptide"]
            + 0.15 * self.at(week, treated)
            + raised
        )
        return max(8, round(math.exp(logarithm + dice.gauss(0, 0.15))))

    def velocity(self, dice: Random) -> float:
        """Peak regurgitation velocity in m/s."""
        raised = 0.9 if self.hypertension else 0.0
        return min(
            4.4, max(1.6, LEVELS["velocity_m_s"].value + 0.2 * self._own["heart"] + raised + dice.gauss(0, 0.08))
        )

    def blood(self, week: float, treated: bool, dice: Random) -> dict[str, float]:
        """The results of one sample; neutrophils and lymphocytes are parts of the white cells."""
        habit = self.course.chance("blood")
        found = {
            code: median * math.exp(habit.gauss(0, own) + dice.gauss(0, again))
            for code, (median, own, again) in BLOOD.items()
        }
        reached = rising(week, 6) if treated else 0.0
        lymphocytes = (
            found["WBC"] * min(0.5, max(0.1, habit.gauss(0.29, 0.05))) * (1 - LEVELS["lymphocyte_fall"].value * reached)
        )
        found["NEUT"] = found["WBC"] * min(0.8, max(0.35, habit.gauss(0.61, 0.05)))
        found["LYM"] = lymphocytes
        found["BCELL"] *= 1 - LEVELS["b_cell_fall"].value * reached
        found["CRP"] *= math.exp(0.35 * self.at(week, treated))
        if dice.random() < LEVELS["spike_share"].value:
            code = dice.choice(sorted(SPIKES))
            found[code] *= dice.uniform(*SPIKES[code])
        return found


class _Still(Random):
    """Chance that never strikes: the true course without the error of a measurement."""

    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        return mu
