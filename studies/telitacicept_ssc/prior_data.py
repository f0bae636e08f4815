"""What earlier control arms say about the skin score of ours: the data with their sources and doubts, and the prior they give."""

from typing import Literal

from attrs import frozen

from trialwright.statistics import (
    HeterogeneityPrior,
    MetaAnalyticPrior,
    NormalMixture,
    ess_elir,
    fit_mixture,
    half_normal,
    learned_heterogeneity,
    map_normal,
    robustify_normal,
    shifted,
)

Confidence = Literal["read", "derived", "from memory", "derived from memory"]

PATIENT_SD = 7.5
"""Standard deviation of one patient's change in mRSS: about the middle of the larger trials below."""

MU = (0.0, 15.0)
"""Mean and standard deviation of the prior for the average change of all control arms: wide for a score of 0 to 51."""

TIGHT, WIDE = half_normal(PATIENT_SD / 4), half_normal(PATIENT_SD / 2)
"""Two beliefs on how much control arms differ: moderately, and substantially."""

VAGUE_WEIGHT = 0.5
"""How far the history is doubted from the start: none of these arms was chosen because conventional treatment had failed."""

SHIFT = (0.0, 2.0)
"""Mean and standard deviation of the shift between earlier control arms and ours: regression to the mean would push it
down, true resistance to treatment up. A proposal, to be varied from -4 to +4."""

PLANNED_CONTROLS = 10
"""Patients of our own control arm; the history must not be worth more than they are."""


@frozen(kw_only=True)
class HistoricalArm:
    """Change of mRSS in one conventional or placebo arm: mean, its standard error, and how sure we are of either.

    ``read`` figures stood in a copy of the source; ``derived`` ones follow from such by arithmetic, as ``basis`` says;
    what is ``from memory`` must be checked against the paper before it enters a locked prior.
    """

    study: str
    arm: str
    week: int
    n: int
    mean: float
    standard_error: float
    mean_confidence: Confidence
    error_confidence: Confidence
    basis: str
    source: str
    remark: str = ""
    different_patients: bool = False

    @property
    def verified(self) -> bool:
        """Whether both figures were read in the source or follow from figures that were."""
        return "from memory" not in self.mean_confidence and "from memory" not in self.error_confidence

    @property
    def primary(self) -> bool:
        """Whether the arm belongs in the main prior: verified, and patients like ours."""
        return self.verified and not self.different_patients


CONFIDENCE_INTERVAL = (
    "half the confidence interval of the difference between arms, shared equally: (U - L) / 3.92 / sqrt 2"
)

ARMS = (
    HistoricalArm(
        study="ASSET",
        arm="placebo",
        week=52,
        n=38,
        mean=-3.70,
        standard_error=1.233,
        mean_confidence="read",
        error_confidence="derived",
        basis="reported standard deviation 7.6 / sqrt 38",
        source="Chung and others, Lancet Rheumatology 2020; 2:e743 (PMC8713509, table 2)",
        remark="38 observed of 44",
    ),
    HistoricalArm(
        study="faSScinate",
        arm="placebo",
        week=48,
        n=44,
        mean=-2.77,
        standard_error=1.326,
        mean_confidence="read",
        error_confidence="derived",
        basis=CONFIDENCE_INTERVAL,
        source="Khanna and others, Lancet 2016 (PMID 27156934)",
    ),
    HistoricalArm(
        study="focuSSced",
        arm="placebo",
        week=48,
        n=106,
        mean=-4.41,
        standard_error=0.740,
        mean_confidence="read",
        error_confidence="derived",
        basis=CONFIDENCE_INTERVAL,
        source="doi 10.1016/S2213-2600(20)30318-0; NCT02453256",
    ),
    HistoricalArm(
        study="RESOLVE-1",
        arm="placebo, most on immunosuppressants",
        week=52,
        n=123,
        mean=-8.10,
        standard_error=0.634,
        mean_confidence="read",
        error_confidence="derived",
        basis="difference between arms over the normal quantile of its p-value, shared equally by two arms",
        source="Spiera and others, Arthritis & Rheumatology 2023",
        remark="the largest fall on placebo, on modern background treatment as in our control arm: analyze with and "
        "without it; sources differ on the number of patients",
    ),
    HistoricalArm(
        study="LIBERIUS",
        arm="placebo",
        week=48,
        n=75,
        mean=-2.70,
        standard_error=0.505,
        mean_confidence="read",
        error_confidence="derived",
        basis=CONFIDENCE_INTERVAL,
        source="doi 10.47360/1995-4484-2025-158-167; NCT05726630",
    ),
    HistoricalArm(
        study="Pomalidomide",
        arm="placebo",
        week=52,
        n=11,
        mean=-3.70,
        standard_error=2.111,
        mean_confidence="read",
        error_confidence="derived",
        basis="reported standard deviation 7.0 / sqrt 11",
        source="Hsu and others, Journal of Rheumatology 2018; 45:405, table 2 (volume and page from memory)",
    ),
    HistoricalArm(
        study="EUSTAR-GC",
        arm="immunosuppressants alone",
        week=52,
        n=104,
        mean=-3.10,
        standard_error=0.638,
        mean_confidence="read",
        error_confidence="derived",
        basis="reported 95 % confidence interval of the arm / 3.92",
        source="EUSTAR cohort, emulated trial of glucocorticoids in early diffuse disease",
        remark="a matched cohort, not a trial; 12 months, give or take 3",
    ),
    HistoricalArm(
        study="RISE-SSc",
        arm="placebo",
        week=52,
        n=60,
        mean=-0.77,
        standard_error=1.064,
        mean_confidence="from memory",
        error_confidence="from memory",
        basis="standard deviation 8.24 / sqrt 60",
        source="Khanna and others, Annals of the Rheumatic Diseases 2020; 79:618; arm means not read: EudraCT 2014-001353-16",
    ),
    HistoricalArm(
        study="SENSCIS",
        arm="placebo",
        week=52,
        n=288,
        mean=-1.97,
        standard_error=0.240,
        mean_confidence="derived",
        error_confidence="derived",
        basis="two subgroups pooled by their number of patients",
        source="PMC9306495, table 1",
        remark="lung trial: half of the patients have limited disease, low skin scores",
        different_patients=True,
    ),
    HistoricalArm(
        study="faSScinate",
        arm="placebo",
        week=24,
        n=44,
        mean=-1.22,
        standard_error=1.136,
        mean_confidence="read",
        error_confidence="derived",
        basis=CONFIDENCE_INTERVAL,
        source="Khanna and others, Lancet 2016 (PMID 27156934)",
    ),
    HistoricalArm(
        study="Romilkimab",
        arm="placebo",
        week=24,
        n=49,
        mean=-2.45,
        standard_error=0.850,
        mean_confidence="read",
        error_confidence="read",
        basis="reported standard error",
        source="doi 10.1136/annrheumdis-2020-218447",
    ),
    HistoricalArm(
        study="Pomalidomide",
        arm="placebo",
        week=24,
        n=10,
        mean=-3.60,
        standard_error=1.803,
        mean_confidence="read",
        error_confidence="derived",
        basis="reported standard deviation 5.7 / sqrt 10",
        source="Hsu and others, Journal of Rheumatology 2018; 45:405, table 2 (volume and page from memory)",
    ),
    HistoricalArm(
        study="DESIRES",
        arm="placebo",
        week=24,
        n=27,
        mean=2.14,
        standard_error=0.924,
        mean_confidence="read",
        error_confidence="derived from memory",
        basis="a confidence interval of the difference quoted from memory; its middle is the difference that was read",
        source="Ebata and others, Lancet Rheumatology 2021, doi 10.1016/S2665-9913(21)00107-7",
        remark="the only control arm that became worse; 26 to 28 patients",
    ),
)


def arms(*, late: bool, without_resolve1: bool = False, unverified: tuple[str, ...] = ()) -> tuple[HistoricalArm, ...]:
    """The primary arms at about a year (``late``) or at week 24, and of the others those named in ``unverified``.

    >>> [arm.study for arm in arms(late=False)]
    ['faSScinate', 'Romilkimab', 'Pomalidomide']
    """
    chosen = (arm for arm in ARMS if (arm.week > 24) == late and (arm.primary or arm.study in unverified))
    return tuple(arm for arm in chosen if not (without_resolve1 and arm.study == "RESOLVE-1"))


def predicted(chosen: tuple[HistoricalArm, ...], tau: HeterogeneityPrior) -> MetaAnalyticPrior:
    """The meta-analytic-predictive prior that these arms give for the mean change of a new control arm.

    >>> round(predicted(arms(late=True), TIGHT).predictive.mean, 2)
    -4.14
    """
    return map_normal([arm.mean for arm in chosen], [arm.standard_error for arm in chosen], tau=tau, mu=MU)


def spread_of_late_arms(*, without_resolve1: bool) -> HeterogeneityPrior:
    """What the arms at about a year say about the spread between control arms, as a prior for week 24.

    Three arms at week 24 cannot tell how much arms differ. RESOLVE-1 and four others reported at about a year only: they
    say nothing on the mean at week 24, but on that spread, if it is alike at both times, which is an assumption.
    Trials that also reported at week 24 are left out here, so that no patient counts twice.

    >>> with_it, without = (spread_of_late_arms(without_resolve1=drop).scale for drop in (False, True))
    >>> with_it > 2 * without
    True
    """
    early = {arm.study for arm in arms(late=False)}
    late = tuple(arm for arm in arms(late=True, without_resolve1=without_resolve1) if arm.study not in early)
    return learned_heterogeneity(predicted(late, WIDE).tau)


def control_prior(without_resolve1: bool = False, *, shift: tuple[float, float] = SHIFT) -> NormalMixture:
    """Prior for the mean change of mRSS at week 24 in our control arm: robust, its last component the vague one.

    The three verified arms at week 24 give the mean, they and the later arms the spread between arms
    (``spread_of_late_arms``, where RESOLVE-1 counts or not). The result is moved by a ``shift`` of that mean and standard
    deviation, and half of the weight goes to a vague component worth one patient: more, if the prior would still be worth
    more than the ``PLANNED_CONTROLS`` of our own arm (expected local information ratio).

    Units: points of mRSS, negative is improvement.

    >>> prior = control_prior()
    >>> round(prior.mean, 2), prior.weights[-1], prior.sds[-1]
    (-2.29, 0.5, 7.5)
    """
    spread = spread_of_late_arms(without_resolve1=without_resolve1)
    found = fit_mixture(predicted(arms(late=False), spread).predictive).mixture
    if not isinstance(found, NormalMixture):
        raise TypeError("a mean has a normal mixture")
    return _capped(shifted(found, *shift))


def _capped(prior: NormalMixture) -> NormalMixture:
    """The prior with enough weight on its vague component."""

    def robust(weight: float) -> NormalMixture:
        return robustify_normal(prior, weight, unit_sd=PATIENT_SD)

    low, high = VAGUE_WEIGHT, 1.0
    if ess_elir(robust(low), unit_sd=PATIENT_SD) <= PLANNED_CONTROLS:
        return robust(low)
    for _ in range(30):
        middle = 0.5 * (low + high)
        if ess_elir(robust(middle), unit_sd=PATIENT_SD) > PLANNED_CONTROLS:
            low = middle
        else:
            high = middle
    return robust(high)
