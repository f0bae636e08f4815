"""Lung function: what was blown, and FVC as percent of predicted under the equation that the protocol names."""

from collections.abc import Iterator, Mapping
from datetime import date

import polars as pl

from trialwright.instruments import spirometry
from trialwright.sdtm._domain import Domain, Row, Source, given, variables

SPEC = Domain(
    code="RE",
    label="Respiratory System Findings",
    klass="Findings",
    structure="One record per finding or result per time point per visit per subject",
    keys=("STUDYID", "USUBJID", "RETESTCD", "RECAT", "VISITNUM"),
    variables=variables("""
STUDYID  | Study Identifier                         | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation                      | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier                | text     | 40  | Req  | Identifier         | Assigned
RESEQ    | Sequence Number                          | integer  | 8   | Req  | Identifier         | Derived
RESPID   | Sponsor-Defined Identifier               | text     | 40  | Perm | Identifier         | Assigned
RETESTCD | Short Name of Respiratory Test           | text     | 8   | Req  | Topic              | Assigned
RETEST   | Name of Respiratory Test                 | text     | 40  | Req  | Synonym Qualifier  | Assigned
RECAT    | Category for Respiratory Test            | text     | 60  | Perm | Grouping Qualifier | Assigned
REORRES  | Result or Finding in Original Units      | text     | 200 | Exp  | Result Qualifier   | Collected
REORRESU | Original Units                           | text     | 40  | Perm | Variable Qualifier | Collected
RESTRESC | Character Result/Finding in Std Format   | text     | 200 | Exp  | Result Qualifier   | Derived
RESTRESN | Numeric Result/Finding in Standard Units | float    | 8   | Perm | Result Qualifier   | Derived
RESTRESU | Standard Units                           | text     | 40  | Perm | Variable Qualifier | Derived
RESTAT   | Completion Status                        | text     | 8   | Perm | Record Qualifier   | Collected
REREASND | Reason Not Done                          | text     | 200 | Perm | Record Qualifier   | Collected
REMETHOD | Method of Test or Examination            | text     | 200 | Perm | Record Qualifier   | Collected
RELOBXFL | Last Observation Before Exposure Flag    | text     | 2   | Exp  | Record Qualifier   | Derived
REDRVFL  | Derived Flag                             | text     | 1   | Perm | Record Qualifier   | Derived
VISITNUM | Visit Number                             | float    | 8   | Exp  | Timing             | Protocol
VISIT    | Visit Name                               | text     | 200 | Perm | Timing             | Protocol
VISITDY  | Planned Study Day of Visit               | integer  | 8   | Perm | Timing             | Derived
EPOCH    | Epoch                                    | text     | 40  | Perm | Timing             | Assigned
REDTC    | Date/Time of Collection                  | datetime | 20  | Exp  | Timing             | Collected
REDY     | Study Day of Visit/Collection/Exam       | integer  | 8   | Perm | Timing             | Derived
"""),
)

TESTS = {
    "FVC": "Forced Vital Capacity",
    "FVCPP": "Percent Predicted Forced Vital Capacity",
    "DLCO": "Diffusion Capacity of Lung for CO",
}
AS_REPORTED = "AS REPORTED BY THE LABORATORY"


def rows(source: Source) -> pl.DataFrame:
    """One record for each test and visit; FVCPP is derived anew with `equation` and named by it in REMETHOD."""
    told = [row | {"RETEST": TESTS.get(row["RETESTCD"], row["RETEST"])} for row in source.findings("RE")]
    return source.framed(SPEC, [*told, *_predicted(source, told)])


def equation(source: Source) -> str | None:
    """The reference equation under which the study derives FVC percent predicted (gli_global_2022, gli_2012), if it names one."""
    versions = (one.version for one in source.study.derivations if one.version.startswith("spirometry/"))
    return next((version.partition("/")[2] for version in versions), None)


def _predicted(source: Source, told: list[Row]) -> Iterator[Row]:
    named = equation(source)
    if named is None:
        return
    body = _people(source)
    height = _heights(source)
    for row in told:
        who, place = row["_PERSON"].usubjid, row["_PLACE"]
        person, tall = body[who], height.get((who, place[0])) or height.get((who, ""))
        if row["RETESTCD"] != "FVC" or row.get("RESTRESN") is None or row.get("REDTC") is None or tall is None:
            continue
        born, sex = person.get("BRTHDTC", ("", ""))[0], person.get("SEX", ("", ""))[0]
        tested = date.fromisoformat(row["REDTC"])
        if len(born) < 10 or not sex or date.fromisoformat(born) > tested:
            continue
        group = person["GLIGROUP"][0] if "GLIGROUP" in person else None
        if named == "gli_2012" and group is None:
            continue
        age = spirometry.age_years(date.fromisoformat(born), tested)
        found = spirometry.spirogram(float(row["RESTRESN"]), sex, age, float(tall[0]), named, group)
        if found is not None:
            refs = [*row["_REFS"], tall[1], *(ref for _, ref in person.values() if ref)]
            yield _percent(row, found.percent, named, refs)


def _percent(row: Row, percent: float, named: str, refs: list[str]) -> Row:
    shared = {name: row.get(name) for name in ("_PERSON", "_VISIT", "_PLACE", "REDTC")}
    return {
        **shared,
        "RETESTCD": "FVCPP",
        "RETEST": TESTS["FVCPP"],
        "REORRES": f"{percent:.4f}",
        "RESTRESC": f"{percent:.4f}",
        "RESTRESN": f"{percent:.4f}",
        "REORRESU": "%",
        "RESTRESU": "%",
        "REMETHOD": spirometry.EQUATIONS[named].en.upper(),
        "REDRVFL": "Y",
        "_REFS": refs,
    }


Answers = Mapping[str, tuple[str, str]]


def _people(source: Source) -> dict[str, Answers]:
    """What the equations ask of each person: birth date, sex and (GLI-2012) group, with the entry that told it."""
    plans = (("DM", source.plan("DM"), ("BRTHDTC", "SEX")), ("SUPPDM", source.plan("SUPPDM"), ("QVAL",)))
    found: dict[str, Answers] = {}
    for person in source.people:
        told: dict[str, tuple[str, str]] = {}
        for _, plan, wanted in plans:
            for page in person.subject.pages.values():
                for one in given(page, plan.get(page.place[1], ())):
                    name = dict(one.target.where).get("QNAM", one.target.variable)
                    if (
                        one.target.variable in wanted
                        and one.value is not None
                        and name in ("BRTHDTC", "SEX", "GLIGROUP")
                    ):
                        told[name] = (one.value, one.ref)
        found[person.usubjid] = told
    return found


def _heights(source: Source) -> dict[tuple[str, str], tuple[str, str]]:
    """Height in cm by person and visit, and ("") the last known one."""
    plan, lung = source.plan("VS"), source.plan("RE")
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for person in source.people:
        for page in person.subject.pages.values():
            for one in given(page, plan.get(page.place[1], ())):
                if ("VSTESTCD", "HEIGHT") in one.target.where and one.value is not None:
                    if page.place[1] in lung or (person.usubjid, page.place[0]) not in found:
                        found[person.usubjid, page.place[0]] = (one.value, one.ref)
                    found[person.usubjid, ""] = (one.value, one.ref)
    return found
