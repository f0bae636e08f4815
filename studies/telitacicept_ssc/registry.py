"""The facts of the six criteria for a whole registry at once: the same rules as in `facts`, over columns."""

import numpy as np

from studies.telitacicept_ssc import facts
from trialwright.eligibility import exposure_columns
from trialwright.eligibility.exposure import CYCLOPHOSPHAMIDE, MYCOPHENOLATE, STEROIDS, Family
from trialwright.eligibility.exposure_columns import DoseRows, dose_rows, factors
from trialwright.eligibility.people import ColumnDerivation, Log, People, Places, RegistryPlan
from trialwright.eligibility.screening_columns import ColumnFact, Floats, Truths, answers, bounded, numbers, yes_or_no
from trialwright.forms import antibodies
from trialwright.instruments import acr_eular_2013, spirometry
from trialwright.instruments.dose_stability import window_starts

_YES, _NO = ("Y", "POSITIVE"), ("N", "NEGATIVE")
_FORM_OF = {
    code: "ANTIBODIES" if code in antibodies.POINTS_IN_CLASSIFICATION else "CLASSIFICATION"
    for code in acr_eular_2013.CODES
}
ITEMS = (
    "CONSENT.AGREED",
    "CONSENT.CONSDAT",
    "DEMOGRAPHICS.BRTHDAT",
    "DEMOGRAPHICS.SEX",
    "DEMOGRAPHICS.ETHNIC",
    *(f"CLASSIFICATION.{code}" for code in acr_eular_2013.GATES),
    *(f"{form}.{code}" for code, form in _FORM_OF.items() if form == "CLASSIFICATION"),
    "CLASSIFICATION.SUBSET",
    "ANTIBODIES.ANA",
    *(f"ANTIBODIES.{code}" for code in antibodies.SPECIFIC),
    "SKIN_HISTORY.PREVMRSS",
    "SKIN_HISTORY.PREVDAT",
    "SKIN_HISTORY.CURRMRSS",
    "SKIN_HISTORY.CURRDAT",
    "SKIN_HISTORY.CONVTRT",
    "SKIN_HISTORY.NEWSKIN",
    "SKIN_HISTORY.AREASWOR",
    "SKIN_HISTORY.MEDCOMPL",
    "LUNG.LUNGDAT",
    "LUNG.FVC",
    "LUNG.HEIGHT",
)
LOG = "MEDICATIONS"
LOG_ITEMS = tuple(
    f"{LOG}.{code}" for code in ("CMTRT", "CMDOSE", "CMDOSU", "CMDOSFRQ", "CMROUTE", "CMSTDAT", "CMONGO", "CMENDAT")
)


def consent(people: People) -> ColumnFact:
    """Y when the form was signed on or before the day of the first study procedure."""
    agreed, signed, first = (
        people.truth("CONSENT.AGREED"),
        people.day("CONSENT.CONSDAT"),
        people.day("SKIN_HISTORY.CURRDAT"),
    )
    known = (agreed == 1) & ~np.isnat(signed) & ~np.isnat(first)
    return yes_or_no(np.where(agreed == 0, 0.0, np.where(known, np.where(signed > first, 0.0, 1.0), np.nan)))


def age(people: People) -> ColumnFact:
    """Age in decimal years on the day of consent."""
    return numbers(spirometry.ages_years(people.day("DEMOGRAPHICS.BRTHDAT"), people.day("CONSENT.CONSDAT")))


def classification(people: People) -> ColumnFact:
    """Bounds of the points of the 2013 criteria; 0 where they do not apply."""
    signs = np.column_stack([people.truth(f"{_FORM_OF[code]}.{code}", _YES, _NO) for code in acr_eular_2013.CODES])
    excluded = (_gates(people) == 1).any(axis=1)
    low, high = acr_eular_2013.bounds(signs)
    return bounded(np.where(excluded, 0.0, low), np.where(excluded, 0.0, high))


def applicable(people: People) -> ColumnFact:
    """Y when neither reason holds for which the 2013 criteria do not apply."""
    gates = _gates(people)
    return yes_or_no(np.where((gates == 1).any(axis=1), 0.0, np.where(np.isnan(gates).any(axis=1), np.nan, 1.0)))


def _gates(people: People) -> Floats:
    return np.column_stack([people.truth(f"CLASSIFICATION.{gate}") for gate in acr_eular_2013.GATES])


def fvc_percent(people: People, equation: str) -> ColumnFact:
    """FVC percent predicted under `equation`, with age on the day of the test."""
    age = spirometry.ages_years(people.day("DEMOGRAPHICS.BRTHDAT"), people.day("LUNG.LUNGDAT"))
    sex, group = people.answer("DEMOGRAPHICS.SEX"), people.answer("DEMOGRAPHICS.ETHNIC")
    known = sex.code >= 0
    if equation == "gli_2012":
        known &= group.code >= 0
    rows = np.flatnonzero(known & ~np.isnan(age))
    percent = np.full(people.size, np.nan)
    words = [sex.words[code] for code in sex.code[rows].tolist()]
    groups = [group.words[code] for code in group.code[rows].tolist()] if equation == "gli_2012" else None
    found = spirometry.columns(
        people.amount("LUNG.FVC")[rows], words, age[rows], people.amount("LUNG.HEIGHT")[rows], equation, groups
    )
    percent[rows] = found["percent"]
    return numbers(percent)


def fvc_global_2022(people: People) -> ColumnFact:
    """FVC percent predicted under GLI Global 2022."""
    return fvc_percent(people, "gli_global_2022")


def fvc_gli_2012(people: People) -> ColumnFact:
    """FVC percent predicted under GLI-2012, with the group of each person."""
    return fvc_percent(people, "gli_2012")


FVC_DERIVATIONS = {"gli_global_2022": fvc_global_2022, "gli_2012": fvc_gli_2012}


def ana(people: People) -> ColumnFact:
    """Result of the antinuclear antibody."""
    return people.answer("ANTIBODIES.ANA")


def antibody(people: People) -> ColumnFact:
    """POSITIVE when any scleroderma-related antibody is, NEGATIVE when all are."""
    found = np.column_stack([people.truth(f"ANTIBODIES.{code}", _YES, _NO) for code in antibodies.SPECIFIC])
    code = np.where((found == 1).any(axis=1), 1, np.where((found == 0).all(axis=1), 0, -1))
    return answers(code.astype(np.int16), ("NEGATIVE", "POSITIVE"))


def new_skin(people: People) -> ColumnFact:
    """Whether a new skin area became involved."""
    return people.answer("SKIN_HISTORY.NEWSKIN")


def areas_worse(people: People) -> ColumnFact:
    """How many areas became worse."""
    return numbers(people.amount("SKIN_HISTORY.AREASWOR"))


def delta_mrss(people: People) -> ColumnFact:
    """Skin score at screening minus the one about six months earlier."""
    return numbers(people.amount("SKIN_HISTORY.CURRMRSS") - people.amount("SKIN_HISTORY.PREVMRSS"))


def six_months(people: People) -> ColumnFact:
    """Y when the two scores lie six calendar months (less the tolerance) or more apart, on treatment throughout."""
    before, now = people.day("SKIN_HISTORY.PREVDAT"), people.day("SKIN_HISTORY.CURRDAT")
    treated = people.truth("SKIN_HISTORY.CONVTRT")
    latest = window_starts(now, facts.MONTHS) + np.timedelta64(facts.MONTHS_TOLERANCE_DAYS, "D")
    known = ~np.isnat(before) & ~np.isnat(now) & (treated == 1)
    return yes_or_no(np.where(treated == 0, 0.0, np.where(known, (before <= latest).astype(float), np.nan)))


def mmf_stable(people: People) -> ColumnFact:
    """Y when mycophenolate was taken at one dose for six calendar months, or not at all."""
    return _decided(exposure_columns.mmf_stable(_doses(people, MYCOPHENOLATE), people.index, _complete(people)))


def cyc_stable(people: People) -> ColumnFact:
    """Y when cyclophosphamide was stable for six calendar months, or not taken."""
    return _decided(exposure_columns.cyc_stable(_doses(people, CYCLOPHOSPHAMIDE), people.index, _complete(people)))


def steroid_low(people: People) -> ColumnFact:
    """Y when steroids were at most 10 mg of prednisone a day on each of the 30 days."""
    return _decided(exposure_columns.steroid_low(_doses(people, STEROIDS), people.index, _complete(people)))


def _decided(found: exposure_columns.Verdicts) -> ColumnFact:
    return answers(found.astype(np.int16), ("N", "Y"))


def _complete(people: People) -> Truths:
    """Who is known to have every dose in the log: nobody when no log was handed over."""
    said: Truths = people.truth("SKIN_HISTORY.MEDCOMPL") == 1
    return said if LOG in people.logs else np.zeros(people.size, bool)


_NO_LOG = Log(size=0, columns={}, person=np.zeros(0, np.int64))


def _doses(people: People, family: Family) -> DoseRows:
    """The rows of one family of drugs. A row whose drug cannot be read may be one of them, so it stays as not countable."""
    log = people.logs.get(LOG, _NO_LOG)
    drug, route = log.answer(f"{LOG}.CMTRT"), log.answer(f"{LOG}.CMROUTE")
    mine = _among(drug, tuple(family.agents)) | (drug.code < 0)
    rows = np.flatnonzero(mine & ~_among(route, family.local))
    factor, every, agent = _scale(log, family, rows)
    start, end = log.span(f"{LOG}.CMSTDAT"), log.span(f"{LOG}.CMENDAT")
    return dose_rows(
        log.person[rows], start.low[rows], end.low[rows], log.amount(f"{LOG}.CMDOSE")[rows] * factor,
        start_latest=start.high[rows], end_latest=end.high[rows], ongoing=log.truth(f"{LOG}.CMONGO")[rows] == 1,
        every=every, agent=agent,
    )  # fmt: skip


def _among(fact: ColumnFact, words: tuple[str, ...]) -> Truths:
    result: Truths = np.array([*(word in words for word in fact.words), False])[fact.code]
    return result


def _scale(log: Log, family: Family, rows: Places) -> tuple[Floats, exposure_columns.Ints, exposure_columns.Ints]:
    """For each row: milligrams (a day or a pulse) of a single dose of 1, the rhythm and the agent; NaN where none is known."""
    asked = [log.answer(f"{LOG}.{code}") for code in ("CMTRT", "CMDOSU", "CMDOSFRQ", "CMROUTE")]
    shape = tuple(len(one.words) + 1 for one in asked)
    scale, every, agent = np.full(shape, np.nan), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for one in factors(family):
        told = (one.drug, one.unit, one.frequency)
        if all(word in fact.words for word, fact in zip(told, asked, strict=False)) and (
            one.route is None or one.route in asked[3].words
        ):
            place = tuple(fact.words.index(word) for word, fact in zip(told, asked, strict=False))
            route = slice(None) if one.route is None else asked[3].words.index(one.route)
            scale[(*place, route)], every[(*place, route)], agent[(*place, route)] = one.mg, one.every, one.agent
    place_of = tuple(fact.code[rows].astype(np.intp) for fact in asked)
    return scale[place_of], every[place_of], agent[place_of]


def subset(people: People) -> ColumnFact:
    """The skin subset ever reached."""
    return people.answer("CLASSIFICATION.SUBSET")


_BY = {
    "consent": consent, "age": age, "acr_eular": classification, "acr_eular_applies": applicable, "ana": ana,
    "ssc_antibody": antibody, "new_skin": new_skin, "areas_worse": areas_worse, "delta_mrss": delta_mrss,
    "six_months": six_months, "mmf_stable": mmf_stable, "cyc_stable": cyc_stable, "steroid_low": steroid_low,
    "subset": subset,
}  # fmt: skip


def plan(reference: str = "gli_global_2022") -> RegistryPlan:
    """All facts in columns, with FVC percent predicted under the reference equation of that name."""
    by = _BY | {"fvc_percent": FVC_DERIVATIONS[reference]}
    return RegistryPlan(
        items=ITEMS,
        log=LOG,
        log_items=LOG_ITEMS,
        derivations=tuple(
            ColumnDerivation(name=one.name, by=by[one.name], version=one.version, bounds=one.name == "acr_eular")
            for one in facts.derivations(reference)
        ),
    )


REGISTRY = plan()
