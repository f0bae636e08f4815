"""Which planned visits took place, on which days, and which were missed and why."""

import polars as pl

from trialwright.sdtm._domain import Method, Row, Source, study_day, tabulated

_PEOPLE = "trialwright.sdtm._domain.people:people"
METHODS = {
    "SVOCCUR": Method("Y when a page of the visit has an answer, otherwise N", _PEOPLE),
    "SVSTDTC": Method("Date of the visit if it was asked, otherwise earliest date of an assessment at the visit, on or after consent", _PEOPLE),
    "SVENDTC": Method("Date of the visit if it was asked, otherwise latest date of an assessment at the visit", _PEOPLE),
}
SPEC = tabulated("SV", "STUDYID USUBJID VISITNUM", methods=METHODS)


def rows(source: Source) -> pl.DataFrame:
    """One record for each visit that took place or should have by now."""
    told: list[Row] = []
    for person in source.people:
        for one in person.visits.values():
            first = one.first.isoformat() if one.first else None
            last = one.last.isoformat() if one.last else None
            told.append({
                "_PERSON": person,
                "_VISIT": one.visit,
                "_REFS": list(one.refs),
                "SVPRESP": "Y",
                "SVOCCUR": "Y" if one.occurred else "N",
                "SVREASOC": one.reason[:200] or None,
                "SVSTDTC": first,
                "SVENDTC": last,
                "SVSTDY": study_day(first, person.start),
                "SVENDY": study_day(last, person.start),
            })  # fmt: skip
    return source.framed(SPEC, told)
