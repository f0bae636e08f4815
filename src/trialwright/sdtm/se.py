"""Through which periods each person really went: they tile his time in the study without a gap."""

import polars as pl

from trialwright.sdtm._domain import Method, Row, Source, element, tabulated

_PEOPLE = "trialwright.sdtm._domain.people:people"
METHODS = {
    "ETCD": Method("Element of the arm (TA) that the subject entered", _PEOPLE),
    "ELEMENT": Method("Description of ETCD in TE", _PEOPLE),
    "TAETORD": Method("Order of the element in TA", _PEOPLE),
    "SESTDTC": Method("First element: consent; second: reference day; later ones: first visit of the epoch", _PEOPLE),
    "SEENDTC": Method("Start of the next element; of the last: screening failure or end of follow-up", _PEOPLE),
}
SPEC = tabulated("SE", "STUDYID USUBJID TAETORD", methods=METHODS)


def rows(source: Source) -> pl.DataFrame:
    """One record for each period; that of treatment bears the arm only for a reader who may know it."""
    told: list[Row] = []
    for person in source.people:
        subject = person.subject
        entries = [entry.ref for entry in (subject.screened, subject.enrolled, subject.failed) if entry is not None]
        for period in person.elements:
            code, name = element(source.study, period.order, subject.arm)
            told.append({
                "_PERSON": person,
                "_REFS": entries or [entry.ref for entry in source.casebook.entries(subject.id)[:1]],
                "ETCD": code,
                "ELEMENT": name,
                "TAETORD": period.order,
                "EPOCH": period.epoch,
                "SESTDTC": period.begins.isoformat() if period.begins else None,
                "SEENDTC": period.ends.isoformat() if period.ends else None,
            })  # fmt: skip
    return source.framed(SPEC, told)
