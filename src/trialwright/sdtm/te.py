"""Trial elements: each period, and the rule by which it begins."""

import polars as pl

from trialwright.protocol import Study
from trialwright.sdtm._domain import Domain, designed, planned, variables

SPEC = Domain(
    code="TE",
    label="Trial Elements",
    klass="Trial Design",
    structure="One record per planned Element",
    keys=("ETCD",),
    variables=variables("""
STUDYID | Study Identifier          | text | 20  | Req  | Identifier        | Assigned
DOMAIN  | Domain Abbreviation       | text | 2   | Req  | Identifier        | Assigned
ETCD    | Element Code              | text | 8   | Req  | Topic             | Protocol
ELEMENT | Description of Element    | text | 40  | Req  | Synonym Qualifier | Protocol
TESTRL  | Rule for Start of Element | text | 200 | Req  | Rule              | Protocol
TEENRL  | Rule for End of Element   | text | 200 | Perm | Rule              | Protocol
"""),
)


def rows(study: Study) -> pl.DataFrame:
    """One record for each period; a period ends where the next begins, the last with the end of follow-up."""
    found = {one.code: one for one in planned(study)}
    last = len(study.epochs)
    told = [
        {
            "ETCD": one.code,
            "ELEMENT": one.name,
            "TESTRL": _begins(one.order),
            "TEENRL": "End of follow-up" if one.order == last else _begins(one.order + 1),
        }
        for one in found.values()
    ]
    return designed(SPEC, study, told)


def _begins(order: int) -> str:
    return {1: "Informed consent", 2: "Reference day: enrollment and allocation"}.get(
        order, "First visit of the period"
    )
