"""Which criteria kept a person out of the study."""

import polars as pl

from trialwright.sdtm._domain import Domain, Row, Source, variables

SPEC = Domain(
    code="IE",
    label="Inclusion/Exclusion Criteria Not Met",
    klass="Findings",
    structure="One record per inclusion/exclusion criterion not met per subject",
    keys=("STUDYID", "USUBJID", "IETESTCD"),
    variables=variables("""
STUDYID  | Study Identifier                         | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation                      | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier                | text     | 40  | Req  | Identifier         | Assigned
IESEQ    | Sequence Number                          | integer  | 8   | Req  | Identifier         | Derived
IETESTCD | Inclusion/Exclusion Criterion Short Name | text     | 8   | Req  | Topic              | Assigned
IETEST   | Inclusion/Exclusion Criterion            | text     | 200 | Req  | Synonym Qualifier  | Assigned
IECAT    | Inclusion/Exclusion Category             | text     | 60  | Req  | Grouping Qualifier | Assigned
IEORRES  | I/E Criterion Original Result            | text     | 200 | Req  | Result Qualifier   | Derived
IESTRESC | I/E Criterion Result in Std Format       | text     | 200 | Req  | Result Qualifier   | Derived
VISITNUM | Visit Number                             | float    | 8   | Perm | Timing             | Protocol
VISIT    | Visit Name                               | text     | 200 | Perm | Timing             | Protocol
VISITDY  | Planned Study Day of Visit               | integer  | 8   | Perm | Timing             | Derived
EPOCH    | Epoch                                    | text     | 40  | Perm | Timing             | Assigned
IEDTC    | Date/Time of Collection                  | datetime | 20  | Perm | Timing             | Derived
IEDY     | Study Day of Collection                  | integer  | 8   | Perm | Timing             | Derived
"""),
)


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
