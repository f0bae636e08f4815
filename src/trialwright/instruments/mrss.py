"""The modified Rodnan skin score: 17 skin sites, each felt and graded 0 to 3, summed to 0 to 51."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.protocol import (
    EVALUATION,
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
Words = NDArray[np.str_]

INSTRUMENT = Instrument(
    code="MRSS",
    name=Text("modified Rodnan skin score", "改良 Rodnan 皮肤评分"),
    version="mrss/17-sites-0-3/sum",
    licence="Method published in papers; the site list and the 0 to 3 scale may be used freely. No training images are included.",
    references=(
        "Clements P et al. J Rheumatol 1995;22:1281 (PMID 7562759): reliability",
        "Khanna D et al. J Scleroderma Relat Disord 2017;2:11, doi 10.5301/jsrd.5000231: technique (title page read only)",
        "LeRoy subset: the rule for limbs was read; that the trunk counts and the face does not is from memory, not verified",
        "Khanna D et al. Arthritis Res Ther 2019;21, doi 10.1186/s13075-019-1809-y: important difference",
    ),
    verified=True,
    higher_is_worse=True,
    minimal_important_difference="5 units (24 %) in diffuse disease (Khanna 2019); 3.2 to 5.3 units (Khanna 2006)",
)


@frozen(kw_only=True)
class Site:
    """One of the 17 places where the skin is felt; `proximal` ones make the disease diffuse when thick."""

    code: str
    name: Text
    number: int
    proximal: bool = False

    @property
    def testcd(self) -> str:
        """The sponsor's SDTM test code (CDISC has none for this score)."""
        return f"MRSS01{self.number:02d}"

    @property
    def test(self) -> str:
        return f"MRSS01-{self.name.en[0].upper()}{self.name.en[1:]}"


def _sites() -> tuple[Site, ...]:
    single = [
        ("FACE", "face", "面部", False),
        ("CHEST", "anterior chest", "前胸", True),
        ("ABD", "abdomen", "腹部", True),
    ]
    paired = [
        ("UARM", "upper arm", "上臂", True),
        ("FARM", "forearm", "前臂", False),
        ("HAND", "back of hand", "手背", False),
        ("FING", "fingers", "手指", False),
        ("THI", "thigh", "大腿", True),
        ("LEG", "lower leg", "小腿", False),
        ("FOOT", "back of foot", "足背", False),
    ]
    sides = [("R", "right", "右"), ("L", "left", "左")]
    rows = [(code, en, zh, near) for code, en, zh, near in single]
    rows += [
        (f"{code}_{side}", f"{en}, {which}", f"{where}{zh}", near)
        for code, en, zh, near in paired
        for side, which, where in sides
    ]
    return tuple(
        Site(code=code, name=Text(en, zh), number=place, proximal=near)
        for place, (code, en, zh, near) in enumerate(rows, start=1)
    )


SITES = _sites()
CODES = tuple(site.code for site in SITES)
_PROXIMAL = np.array([site.proximal for site in SITES])
BLOCK = 4096
"""Long columns are summed in blocks of rows that fit the processor's cache; the totals are the same."""
TOTAL_TESTCD = "MRSS0118"
HIGHEST = 3 * len(SITES)
GRADES = {0: Text("normal", "正常"), 1: Text("mild", "轻度"), 2: Text("moderate", "中度"), 3: Text("severe", "重度")}


def items(audience: Audience = EVALUATION) -> tuple[Item, ...]:
    """The 17 items of the score; a site under a dressing or an ulcer is "cannot be assessed", which is not "not done"."""
    return tuple(
        Item(
            code=site.code,
            label=site.name,
            kind=Kind.INTEGER,
            audience=audience,
            low=Decimal(0),
            high=Decimal(3),
            absences=(Absence.NOT_ASSESSABLE, Absence.NOT_DONE),
            sdtm=f"RS.RSORRES where RSTESTCD = {site.testcd}",
        )
        for site in SITES
    )


def form(
    audience: Audience = EVALUATION, entered_by: Audience = Audience.EVALUATOR, technique: Text | None = None
) -> Form:
    """The page on which the evaluator records the 17 sites and the day; `technique` is printed on it."""
    day = Item(
        code="MRSSDAT",
        label=Text("Date of the assessment", "评估日期"),
        kind=Kind.DATE,
        audience=audience,
        absences=(),
        sdtm="RS.RSDTC where RSCAT = MODIFIED RODNAN SKIN SCORE",
    )
    return Form(
        code="MRSS",
        title=Text("Modified Rodnan skin score", "改良 Rodnan 皮肤评分"),
        entered_by=entered_by,
        instrument=INSTRUMENT.code,
        body_map=True,
        sections=(
            Section(title=Text("Assessment", "评估"), items=(day,)),
            Section(
                title=Text(
                    "Skin thickness: 0 normal, 1 mild, 2 moderate, 3 severe", "皮肤厚度：0 正常，1 轻度，2 中度，3 重度"
                ),
                items=items(audience),
            ),
        ),
        note=technique,
    )


def score(sites: Mapping[str, int | Absence | None], prorate_if_missing: int = 0) -> Score:
    """The total (0 to 51), or the reasons why there is none.

    `sites` gives a grade 0 to 3 for each of `CODES`, `None` (or nothing) when it was not entered, or an `Absence`.
    A total is formed only when all 17 sites are known: no rule for missing sites is published. A protocol may allow
    proration of up to `prorate_if_missing` sites (default 0), by the mean of the sites that are known.
    Raises `ValueError` for an unknown site or a grade that is not an integer 0 to 3.

    >>> score({code: 1 for code in CODES}).value
    Decimal('17')
    >>> score({code: 1 for code in CODES if code != "FACE"}).reasons
    ('FACE missing',)
    """
    for code in sites:
        if code not in CODES:
            raise ValueError(f"{code} is not one of the 17 sites of the skin score ({', '.join(CODES)})")
    grades = [_grade(code, sites.get(code)) for code in CODES]
    value = float(totals(np.array([grades]), prorate_if_missing)[0])
    reasons = tuple(
        f"{code} {'not assessable' if sites.get(code) is Absence.NOT_ASSESSABLE else 'missing'}"
        for code, grade in zip(CODES, grades, strict=True)
        if np.isnan(grade)
    )
    if np.isnan(value):
        return Score(value=None, status=Status.INCOMPLETE, reasons=reasons)
    total = Decimal(repr(value)).quantize(Decimal("0.0001")) if reasons else Decimal(int(value))
    parts = {"subset": subset(sites)}
    return Score(value=total, status=Status.SCORED, reasons=(*reasons, "prorated") if reasons else (), parts=parts)


def _grade(code: str, grade: int | Absence | None) -> float:
    if grade is None or isinstance(grade, Absence):
        return float("nan")
    if isinstance(grade, bool) or not isinstance(grade, int) or not 0 <= grade <= 3:
        raise ValueError(f"{code} is graded {grade!r}; a site is graded 0, 1, 2 or 3")
    return float(grade)


def totals(grades: Floats, prorate_if_missing: int = 0) -> Floats:
    """The totals of many assessments: an array of shape (n, 17), NaN where a site is unknown, gives one of shape (n,).

    >>> totals(np.full((2, 17), 3.0))
    array([51., 51.])
    """
    if grades.ndim != 2 or grades.shape[1] != len(SITES):
        raise ValueError(f"skin grades must have the shape (n, {len(SITES)}), not {grades.shape}")
    if len(grades) > BLOCK:
        return np.concatenate([totals(grades[at : at + BLOCK], prorate_if_missing) for at in range(0, len(grades), BLOCK)])
    known = ~np.isnan(grades)
    filled = np.where(known, grades, 0.0)
    if not ((filled >= 0) & (filled <= 3) & (filled == np.floor(filled))).all():
        raise ValueError("a site is graded 0, 1, 2 or 3")
    count, total = (np.einsum("ij->i", column) for column in (known.astype(float), filled))
    allowed = (count >= len(SITES) - prorate_if_missing) & (count > 0)
    result: Floats = np.where(allowed, total * len(SITES) / np.maximum(count, 1), np.nan)
    return result


def watch(form: str = "MRSS") -> Watch:
    """The total beside its page."""
    return Watch(code="MRSS_TOTAL", form=form, reads=CODES, label=Text("Total of the skin score", "皮肤评分总分"), by=_total, version=INSTRUMENT.version)


def _total(answers: Mapping[str, Value]) -> Fact:
    grades = {code: grade for code in CODES if isinstance(grade := answers.get(code), int)}
    value, told, missing = score(grades).value, len(grades), tuple(code for code in CODES if code not in grades)
    because = Text(f"{told} of 17 sites graded: the total is their sum and needs all", f"已评 {told}/17 个部位：总分为其总和，须全部评定")
    return Fact(name="mrss", low=value, high=value, missing=missing, because=because)


def subset(sites: Mapping[str, int | Absence | None]) -> str:
    """DIFFUSE, LIMITED or SINE (LeRoy) from one assessment; UNKNOWN when the unknown sites could change it.

    Thick skin on an upper arm, a thigh or the trunk makes it diffuse; the face never does. The rule for limbs was
    read in its source; that the trunk counts and the face does not is from memory and unverified.

    >>> subset({**{code: 0 for code in CODES}, "FACE": 2})
    'LIMITED'
    """
    return str(subsets(np.array([[_grade(code, sites.get(code)) for code in CODES]]))[0])


def subsets(grades: Floats) -> Words:
    """`subset` of many assessments: grades (n, 17), NaN unknown, give n words.

    >>> subsets(np.zeros((1, 17))).tolist()
    ['SINE']
    """
    near, far = grades[:, _PROXIMAL], grades[:, ~_PROXIMAL]
    open_near, open_far = (np.isnan(part).any(axis=1) for part in (near, far))
    cases = [(near > 0).any(axis=1), open_near, (far > 0).any(axis=1), open_far]
    return np.select(cases, ["DIFFUSE", "UNKNOWN", "LIMITED", "UNKNOWN"], default="SINE")


def ever_subset(seen: Sequence[str]) -> str:
    """The widest subset of all assessments of a person, as skin can regress: once diffuse, always diffuse.

    >>> ever_subset(["DIFFUSE", "LIMITED"]), ever_subset(["LIMITED", "UNKNOWN"])
    ('DIFFUSE', 'UNKNOWN')
    """
    order = ("DIFFUSE", "UNKNOWN", "LIMITED", "SINE")
    return min(seen, key=order.index, default="UNKNOWN")


@frozen(kw_only=True)
class Definition:
    """A definition of skin progression or response: `by` points (strictly more if `above`) and `share` of baseline.

    `months` is the time after baseline for which it was published; None where none is.
    """

    code: str
    worse: bool
    by: float
    above: bool
    share: float
    least_baseline: float
    source: str
    verified: bool
    months: tuple[float, float] | None = None

    def holds(self, baseline: Floats, later: Floats, months: Floats | None = None) -> Floats:
        """1.0, 0.0 or NaN (unknown, or baseline below the entry score) for arrays of totals of equal shape.

        With the time between them in `months`, also NaN outside the time for which the definition was published.

        >>> DEFINITIONS[0].holds(np.array([20.0, 20.0]), np.array([26.0, 26.0]), np.array([12.0, 6.0]))
        array([ 1., nan])
        """
        change = (later - baseline) if self.worse else (baseline - later)
        enough = change > self.by if self.above else change >= self.by
        met = enough & (change >= self.share * baseline)
        unknown = np.isnan(change) | (baseline < self.least_baseline)
        if months is not None and self.months is not None:
            unknown |= ~((months >= self.months[0]) & (months <= self.months[1]))
        result: Floats = np.where(unknown, np.nan, met.astype(float))
        return result


DEFINITIONS = (
    Definition(code="eustar_prog", worse=True, by=5, above=True, share=0.25, least_baseline=7, verified=True, months=(9, 15),
               source="Wu 2019 Ann Rheum Dis: more than 5 points and at least 25 % of baseline at 12 (SD 3) months, entry score 7 or more"),
    Definition(code="eustar_regress", worse=False, by=5, above=True, share=0.25, least_baseline=0, verified=True, months=(10, 14),
               source="Dobrota 2016, doi 10.1136/annrheumdis-2015-208024: a fall of more than 5 points and at least 25 % at 12 (SD 2) months"),
    Definition(code="ge5_25", worse=True, by=5, above=False, share=0.25, least_baseline=0, verified=False,
               source="at least 5 points and 25 %; differs from the published more than 5 and is no published definition"),
    Definition(code="bliss_20", worse=True, by=0, above=True, share=0.20, least_baseline=0, verified=True,
               source="BLISSc-ILD (NCT05878717) registry entry: an increase of at least 20 %"),
    Definition(code="important_better", worse=False, by=5, above=False, share=0.0, least_baseline=0, verified=True,
               source="Khanna 2019, doi 10.1186/s13075-019-1809-y: important improvement in diffuse disease, 5 units (24 %)"),
    Definition(code="important_worse", worse=True, by=5, above=False, share=0.0, least_baseline=0, verified=False,
               source="the important difference of Khanna 2019 applied to worsening, for which it was not derived"),
    Definition(code="reg_I5", worse=True, by=0, above=False, share=0.0, least_baseline=0, verified=True,
               source="NCT06546540 inclusion text: delta mRSS of 0 or more after six months of conventional treatment"),
)  # fmt: skip
"""All are reported; the protocol chooses one. The tocilizumab activity list is a function of its own."""


def tocilizumab_active(earlier: Mapping[str, int], later: Mapping[str, int], friction_rub: bool = False) -> bool:
    """Active skin disease as listed by a tocilizumab trial, from two full assessments 1 to 6 months apart.

    True when the total rose by 3 or more, or one new area has 2 or more, or two new areas have 1 or more each, or
    there is a tendon friction rub. A new area is one that was 0 before. ("Other documented worsening" is left to a
    person.)

    >>> base = {code: 0 for code in CODES}
    >>> tocilizumab_active(base, base | {"FACE": 2})
    True
    """
    before, after = (np.array([[float(one[code]) for code in CODES]]) for one in (earlier, later))
    return bool(tocilizumab_activity(before, after, np.array([float(friction_rub)]))[0] == 1)


def tocilizumab_activity(earlier: Floats, later: Floats, friction_rub: Floats) -> Floats:
    """`tocilizumab_active` of many people: grades (n, 17) twice and the rub (n,), NaN unknown, give 1, 0 or NaN (n,).

    One reason is enough, so unknown grades matter only when no known one decides.

    >>> base = np.zeros((2, 17))
    >>> tocilizumab_activity(base, base + np.array([[0.5], [np.nan]]) * 2, np.array([0.0, np.nan]))
    array([ 1., nan])
    """
    rise = totals(later) - totals(earlier)
    new = np.where(earlier == 0, later, 0.0)
    known_new = np.where(np.isnan(new) | np.isnan(earlier), 0.0, new)
    active = (rise >= 3) | (known_new >= 2).any(axis=1) | ((known_new >= 1).sum(axis=1) >= 2) | (friction_rub == 1)
    unknown = np.isnan(rise) | np.isnan(friction_rub)
    result: Floats = np.where(active, 1.0, np.where(unknown, np.nan, 0.0))
    return result


@frozen(kw_only=True)
class Repeatability:
    """How far two assessments of unchanged skin differ: the spread within a patient, and the smallest change beyond it."""

    raters: str
    mean: float
    within_patient_sd: float
    source: str
    confidence: str

    @property
    def smallest_detectable(self) -> float:
        """1.96 * sqrt(2) * within-patient SD, to one decimal: smaller changes may be measurement error alone.

        >>> REPEATABILITY[0].smallest_detectable
        6.8
        """
        return round(1.96 * float(np.sqrt(2)) * self.within_patient_sd, 1)


_CLEMENTS = "Clements P et al. J Rheumatol 1995;22:1281 (PMID 7562759)"
REPEATABILITY = (
    Repeatability(raters="same rater", mean=20.7, within_patient_sd=2.45, source=_CLEMENTS,
                  confidence="SD read in the abstract; the smallest detectable change is computed from it"),
    Repeatability(raters="different raters", mean=17.7, within_patient_sd=4.6, source=_CLEMENTS,
                  confidence="SD read in the abstract; the smallest detectable change is computed from it"),
)  # fmt: skip
SMALLEST_DETECTABLE = {one.raters: one.smallest_detectable for one in REPEATABILITY}
"""The reason for one evaluator at all visits of a person: between two evaluators nearly twice the change is needed."""


def beyond_error(change: Floats, same_rater: Floats) -> Floats:
    """1 where a change of the total exceeds measurement error, else 0: arrays (n,), NaN where the change is unknown.

    `same_rater` is 1 when both totals are of one evaluator, 0 when not; where that is unknown, only what both limits say
    is said.

    >>> beyond_error(np.array([-7.0, -7, -7, -13]), np.array([1.0, 0, np.nan, np.nan]))
    array([ 1.,  0., nan,  1.])
    """
    size = np.abs(change)
    same, different = (size >= SMALLEST_DETECTABLE[raters] for raters in ("same rater", "different raters"))
    either = np.where(same == different, same, np.nan)
    told = np.where(same_rater == 1, same, np.where(same_rater == 0, different, either))
    result: Floats = np.where(np.isnan(change), np.nan, told)
    return result


def other_evaluators(evaluators: Sequence[str | None]) -> tuple[int, ...]:
    """The places of the assessments of one person, in order of time, that were not by the evaluator of the first known one.

    The rule is one trained evaluator for all visits of a person; an exception is not forbidden, it is flagged.

    >>> other_evaluators(["evaluator 1", "evaluator 1", None, "evaluator 2"])
    (3,)
    """
    known = [(place, name) for place, name in enumerate(evaluators) if name is not None]
    return tuple(place for place, name in known if name != known[0][1])
