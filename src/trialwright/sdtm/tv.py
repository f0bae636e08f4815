"""Trial visits: the planned visits with their days and windows."""

import polars as pl

from trialwright.protocol import Study
from trialwright.sdtm._domain import Domain, designed, variables

SPEC = Domain(
    code="TV",
    label="Trial Visits",
    klass="Trial Design",
    structure="One record per planned Visit",
    keys=("VISITNUM",),
    variables=variables("""
STUDYID  | Study Identifier           | text    | 20  | Req  | Identifier        | Assigned
DOMAIN   | Domain Abbreviation        | text    | 2   | Req  | Identifier        | Assigned
VISITNUM | Visit Number               | float   | 8   | Req  | Topic             | Protocol
VISIT    | Visit Name                 | text    | 200 | Req  | Synonym Qualifier | Protocol
VISITDY  | Planned Study Day of Visit | integer | 8   | Perm | Timing            | Protocol
ARMCD    | Planned Arm Code           | text    | 20  | Exp  | Record Qualifier  | Protocol
TVSTRL   | Visit Start Rule           | text    | 200 | Req  | Rule              | Protocol
"""),
)


def rows(study: Study) -> pl.DataFrame:
    """One record for each visit; the grid is the same for every arm, so ARMCD is empty."""
    told = [
        {
            "VISITNUM": visit.number,
            "VISIT": visit.name.en.upper(),
            "VISITDY": visit.day + 1 if visit.day >= 0 else visit.day,
            "TVSTRL": f"Day {visit.first_day} to {visit.last_day} from the reference day (day 0)",
        }
        for visit in study.visits
    ]
    return designed(SPEC, study, told)
