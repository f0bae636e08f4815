"""Which criteria kept a person out of the study."""

import polars as pl

from trialwright.sdtm._domain import Method, Row, Source, tabulated

_FAILED = Method("N for an inclusion criterion, Y for an exclusion criterion, for which the subject failed screening", "trialwright.sdtm.ie:rows")
SPEC = tabulated("IE", "STUDYID USUBJID IETESTCD", methods={"IEORRES": _FAILED})


def rows(source: Source) -> pl.DataFrame:
    """One record for each criterion that failed a person at screening."""
    criteria = {criterion.code: criterion for criterion in source.study.criteria}
    told: list[Row] = []
    for person in source.people:
        if person.failed is None or person.subject.failed is None:
            continue
        for code in filter(None, person.failed.criteria.split(",")):
            criterion = criteria[code]
            answer = "N" if criterion.inclusion else "Y"
            told.append({
                "_PERSON": person,
                "_REFS": [person.subject.failed.ref],
                "IETESTCD": code[:8],
                "IETEST": criterion.text.en[:200],
                "IECAT": "INCLUSION" if criterion.inclusion else "EXCLUSION",
                "IEORRES": answer,
                "IESTRESC": answer,
                "IEDTC": person.failed.on.isoformat(),
            })  # fmt: skip
    return source.framed(SPEC, told)
