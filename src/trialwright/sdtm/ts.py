"""Trial summary: title, size, sponsor and outcomes of the trial, as far as the study says them."""

import polars as pl

from trialwright.protocol import Method, Study
from trialwright.sdtm._domain import Domain, designed, variables

SPEC = Domain(
    code="TS",
    label="Trial Summary",
    klass="Trial Design",
    structure="One record per trial summary parameter value",
    keys=("TSPARMCD", "TSSEQ"),
    variables=variables("""
STUDYID  | Study Identifier                     | text    | 20  | Req  | Identifier        | Assigned
DOMAIN   | Domain Abbreviation                  | text    | 2   | Req  | Identifier        | Assigned
TSSEQ    | Sequence Number                      | integer | 8   | Req  | Identifier        | Derived
TSPARMCD | Trial Summary Parameter Short Name   | text    | 8   | Req  | Topic             | Assigned
TSPARM   | Trial Summary Parameter              | text    | 40  | Req  | Synonym Qualifier | Assigned
TSVAL    | Parameter Value                      | text    | 200 | Exp  | Result Qualifier  | Protocol
TSVALNF  | Parameter Value Null Flavor          | text    | 20  | Perm | Result Qualifier  | Protocol
TSVALCD  | Parameter Value Code                 | text    | 40  | Exp  | Result Qualifier  | Protocol
TSVCDREF | Name of the Reference Terminology    | text    | 40  | Exp  | Result Qualifier  | Protocol
TSVCDVER | Version of the Reference Terminology | text    | 40  | Exp  | Result Qualifier  | Protocol
"""),
)


NAMES = {
    "TITLE": "Trial Title",
    "SPONSOR": "Clinical Study Sponsor",
    "REGID": "Registry Identifier",
    "PLANSUB": "Planned Number of Subjects",
    "NARMS": "Planned Number of Arms",
    "RANDOM": "Trial is Randomized",
    "OUTMSPRI": "Primary Outcome Measure",
    "OUTMSSEC": "Secondary Outcome Measure",
}


def rows(study: Study) -> pl.DataFrame:
    """One record for each value; what the study does not say is left out, not guessed."""
    values: dict[str, list[str]] = {
        "TITLE": [study.official_title.en],
        "SPONSOR": [study.sponsor],
        "REGID": [study.registry],
        "PLANSUB": [str(study.planned)],
        "NARMS": [str(len(study.arms))],
        "RANDOM": ["Y" if study.chosen.method is Method.RANDOMIZED else "N"],
        "OUTMSPRI": [one.title.en for one in study.endpoints if one.primary],
        "OUTMSSEC": [one.title.en for one in study.endpoints if not one.primary],
    }
    told = [
        {"TSSEQ": place, "TSPARMCD": code, "TSPARM": NAMES[code], "TSVAL": value[:200]}
        for code, found in values.items()
        for place, value in enumerate(found, start=1)
    ]
    return designed(SPEC, study, told)
