"""Trial criteria: what a person must meet to take part."""

import polars as pl

from trialwright.protocol import Study
from trialwright.sdtm._domain import Domain, designed, variables

SPEC = Domain(
    code="TI",
    label="Trial Inclusion/Exclusion Criteria",
    klass="Trial Design",
    structure="One record per I/E criterion",
    keys=("IETESTCD",),
    variables=variables("""
STUDYID  | Study Identifier               | text | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation            | text | 2   | Req  | Identifier         | Assigned
IETESTCD | Incl/Excl Criterion Short Name | text | 8   | Req  | Topic              | Protocol
IETEST   | Inclusion/Exclusion Criterion  | text | 200 | Req  | Synonym Qualifier  | Protocol
IECAT    | Inclusion/Exclusion Category   | text | 20  | Req  | Grouping Qualifier | Protocol
TIVERS   | Protocol Criteria Versions     | text | 40  | Perm | Record Qualifier   | Protocol
"""),
)


def rows(study: Study) -> pl.DataFrame:
    """One record for each criterion, in its registered words, with the version of its rule."""
    told = [
        {
            "IETESTCD": criterion.code[:8],
            "IETEST": criterion.text.en[:200],
            "IECAT": "INCLUSION" if criterion.inclusion else "EXCLUSION",
            "TIVERS": criterion.version,
        }
        for criterion in study.criteria
    ]
    return designed(SPEC, study, told)
