"""Questionnaires: one row for each question answered at a visit."""

from collections.abc import Iterator
from decimal import Decimal

import polars as pl

from trialwright.instruments import adas_cog
from trialwright.sdtm._domain import Domain, Row, Source, questionnaires, variables

SPEC = Domain(
    code="QS",
    label="Questionnaires",
    klass="Findings",
    structure="One record per questionnaire per question per time point per visit per subject",
    keys=("STUDYID", "USUBJID", "QSCAT", "QSTESTCD", "VISITNUM"),
    variables=variables("""
STUDYID  | Study Identifier                       | text     | 20  | Req  | Identifier         | Assigned
DOMAIN   | Domain Abbreviation                    | text     | 2   | Req  | Identifier         | Assigned
USUBJID  | Unique Subject Identifier              | text     | 40  | Req  | Identifier         | Assigned
QSSEQ    | Sequence Number                        | integer  | 8   | Req  | Identifier         | Derived
QSTESTCD | Question Short Name                    | text     | 8   | Req  | Topic              | Assigned
QSTEST   | Question Name                          | text     | 40  | Req  | Synonym Qualifier  | Assigned
QSCAT    | Category of Question                   | text     | 60  | Req  | Grouping Qualifier | Assigned
QSSCAT   | Subcategory for Question               | text     | 60  | Perm | Grouping Qualifier | Assigned
QSORRES  | Finding in Original Units              | text     | 200 | Exp  | Result Qualifier   | Collected
QSORRESU | Original Units                         | text     | 40  | Perm | Variable Qualifier | Collected
QSSTRESC | Character Result/Finding in Std Format | text     | 200 | Exp  | Result Qualifier   | Derived
QSSTRESN | Numeric Finding in Standard Units      | float    | 8   | Perm | Result Qualifier   | Derived
QSSTRESU | Standard Units                         | text     | 40  | Perm | Variable Qualifier | Derived
QSSTAT   | Completion Status                      | text     | 8   | Perm | Record Qualifier   | Collected
QSREASND | Reason Not Performed                   | text     | 200 | Perm | Record Qualifier   | Collected
QSMETHOD | Method of Test or Examination          | text     | 200 | Perm | Record Qualifier   | Derived
QSLOBXFL | Last Observation Before Exposure Flag  | text     | 2   | Exp  | Record Qualifier   | Derived
QSDRVFL  | Derived Flag                           | text     | 1   | Perm | Record Qualifier   | Derived
VISITNUM | Visit Number                           | float    | 8   | Exp  | Timing             | Protocol
VISIT    | Visit Name                             | text     | 200 | Perm | Timing             | Protocol
VISITDY  | Planned Study Day of Visit             | integer  | 8   | Perm | Timing             | Derived
EPOCH    | Epoch                                  | text     | 40  | Perm | Timing             | Assigned
QSDTC    | Date/Time of Finding                   | datetime | 20  | Exp  | Timing             | Collected
QSDY     | Study Day of Finding                   | integer  | 8   | Perm | Timing             | Derived
"""),
)

TOTALS = {adas_cog.INSTRUMENT.code: (adas_cog.TOTAL_TESTCD, "ADAS-Cog (11) Total Score", adas_cog.score)}
"""By the instrument of a form: test code, name and rule of the total that is derived from its items, exactly (decimals)."""


def rows(source: Source) -> pl.DataFrame:
    """One record for each question and visit, and the totals of instruments that have one."""
    told = [_named(row) for row in source.findings("QS")]
    return source.framed(SPEC, [*told, *_totals(source, told), *_scores(source, told)])


def _named(row: Row) -> Row:
    row.setdefault("QSCAT", row["QSTESTCD"])
    row["QSTEST"] = questionnaires.NAMES.get(row["QSTESTCD"], row["QSTEST"])
    return row


def _scores(source: Source, told: list[Row]) -> Iterator[Row]:
    """The scores of all questionnaires of which the rule is known; none where its own rule for missing answers says so."""
    pages: dict[str, dict[tuple[str, tuple[str, str, str]], list[Row]]] = {}
    for row in told:
        instrument = source.study.form(row["_PLACE"][1]).instrument or ""
        if instrument in questionnaires.SCORINGS and "QSORRES" in row:
            here = pages.setdefault(instrument, {})
            here.setdefault((row["_PERSON"].usubjid, row["_PLACE"]), []).append(row)
    for instrument, own in pages.items():
        yield from questionnaires.scored(own.values(), questionnaires.SCORINGS[instrument])


def _totals(source: Source, told: list[Row]) -> Iterator[Row]:
    """The total of each page, derived from its items; none when too many are missing."""
    pages: dict[tuple[str, tuple[str, str, str]], list[Row]] = {}
    for row in told:
        if source.study.form(row["_PLACE"][1]).instrument in TOTALS:
            pages.setdefault((row["_PERSON"].usubjid, row["_PLACE"]), []).append(row)
    for items in pages.values():
        code, name, score = TOTALS[source.study.form(items[0]["_PLACE"][1]).instrument or ""]
        total = score(
            {row["QSTESTCD"]: Decimal(row["QSSTRESN"]) for row in items if row.get("QSSTRESN") is not None}
        ).value
        if total is not None:
            shared = {name: items[0].get(name) for name in ("_PERSON", "_VISIT", "_PLACE", "QSCAT", "QSDTC")}
            written = (
                format(total.normalize(), "f") if total == total.to_integral_value() else f"{total:.10f}".rstrip("0")
            )
            yield {
                **shared,
                "QSTESTCD": code,
                "QSTEST": name,
                "QSORRES": written,
                "QSSTRESC": written,
                "QSSTRESN": written,
                "QSDRVFL": "Y",
                "_REFS": [ref for row in items for ref in row["_REFS"]],
            }
