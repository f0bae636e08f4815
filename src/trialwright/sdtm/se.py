"""Through which periods each person really went: they tile his time in the study without a gap."""

import polars as pl

from trialwright.sdtm._domain import Domain, Row, Source, element, variables

SPEC = Domain(
    code="SE",
    label="Subject Elements",
    klass="Special-Purpose",
    structure="One record per actual Element per subject",
    keys=("STUDYID", "USUBJID", "TAETORD"),
    variables=variables("""
STUDYID | Study Identifier                    | text     | 20 | Req  | Identifier        | Assigned
DOMAIN  | Domain Abbreviation                 | text     | 2  | Req  | Identifier        | Assigned
USUBJID | Unique Subject Identifier           | text     | 40 | Req  | Identifier        | Assigned
SESEQ   | Sequence Number                     | integer  | 8  | Req  | Identifier        | Derived
ETCD    | Element Code                        | text     | 8  | Req  | Topic             | Derived
ELEMENT | Description of Element              | text     | 40 | Perm | Synonym Qualifier | Derived
TAETORD | Planned Order of Element within Arm | integer  | 8  | Perm | Timing            | Derived
EPOCH   | Epoch                               | text     | 40 | Perm | Timing            | Assigned
SESTDTC | Start Date/Time of Element          | datetime | 20 | Req  | Timing            | Derived
SEENDTC | End Date/Time of Element            | datetime | 20 | Exp  | Timing            | Derived
SESTDY  | Study Day of Start of Element       | integer  | 8  | Perm | Timing            | Derived
SEENDY  | Study Day of End of Element         | integer  | 8  | Perm | Timing            | Derived
"""),
)


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
