"""Questionnaires: one row for each question answered at a visit."""

from collections.abc import Iterator
from decimal import Decimal

import polars as pl

from trialwright.instruments import adas_cog
from trialwright.sdtm._domain import Row, Source, questionnaires, scored, tabulated

_TESTS = {**questionnaires.METHODS, adas_cog.TOTAL_TESTCD: scored("Sum of the 11 items", adas_cog.INSTRUMENT, "adas_cog:score")}
SPEC = tabulated("QS", "STUDYID USUBJID QSCAT QSTESTCD VISITNUM", tests=_TESTS)

TOTALS = {adas_cog.INSTRUMENT.code: (adas_cog.TOTAL_TESTCD, "ADAS-Cog (11) Total Score", adas_cog.score)}
"""By the instrument of a form: test code, name and rule of the total that is derived from its items, exactly (decimals)."""


def rows(source: Source) -> pl.DataFrame:
    """One record for each question and visit, and the totals of instruments that have one."""
    told = [_named(source, row) for row in source.findings("QS")]
    return source.framed(SPEC, [*told, *_totals(source, told), *_scores(source, told)])


def _named(source: Source, row: Row) -> Row:
    row.setdefault("QSCAT", source.study.form(row["_PLACE"][1]).title.en.upper()[:200])
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
        yield from questionnaires.scores_of(own.values(), questionnaires.SCORINGS[instrument])


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
