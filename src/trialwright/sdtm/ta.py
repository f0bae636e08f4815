"""Trial arms: the periods of each arm as planned."""

import polars as pl

from trialwright.protocol import Study
from trialwright.sdtm._domain import Domain, designed, planned, variables

SPEC = Domain(
    code="TA",
    label="Trial Arms",
    klass="Trial Design",
    structure="One record per planned Element per Arm",
    keys=("ARMCD", "TAETORD"),
    variables=variables("""
STUDYID  | Study Identifier                    | text    | 20  | Req  | Identifier        | Assigned
DOMAIN   | Domain Abbreviation                 | text    | 2   | Req  | Identifier        | Assigned
ARMCD    | Planned Arm Code                    | text    | 20  | Req  | Topic             | Protocol
ARM      | Description of Planned Arm          | text    | 200 | Req  | Synonym Qualifier | Protocol
TAETORD  | Planned Order of Element within Arm | integer | 8   | Req  | Timing            | Protocol
ETCD     | Element Code                        | text    | 8   | Req  | Record Qualifier  | Protocol
ELEMENT  | Description of Element              | text    | 40  | Perm | Synonym Qualifier | Protocol
TABRANCH | Branch                              | text    | 200 | Exp  | Rule              | Protocol
TATRANS  | Transition Rule                     | text    | 200 | Exp  | Rule              | Protocol
EPOCH    | Epoch                               | text    | 40  | Req  | Timing            | Protocol
"""),
)


def rows(study: Study) -> pl.DataFrame:
    """One record for each period of each arm; after the first period people come into their arm by the method of the reading."""
    told = [
        {
            "ARMCD": one.arm,
            "ARM": study.arm(one.arm).name.en,
            "TAETORD": one.order,
            "ETCD": one.code,
            "ELEMENT": one.name,
            "TABRANCH": f"Allocated to {study.arm(one.arm).name.en} ({study.chosen.method.value})"
            if one.order == 1
            else None,
            "EPOCH": one.epoch,
        }
        for one in planned(study)
    ]
    return designed(SPEC, study, told)
