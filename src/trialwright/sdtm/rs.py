"""Judgments of clinicians and what follows from them: skin score, functional class, activity, strata of risk."""

from collections.abc import Iterator

import polars as pl

from trialwright.instruments import mrss, pah
from trialwright.protocol import Audience
from trialwright.sdtm._domain import Row, Source, activity, scored, tabulated

_TESTS = {
    mrss.TOTAL_TESTCD: scored("Sum of the grades (0 to 3) of the 17 sites; none when a site is unknown", mrss.INSTRUMENT, "mrss:score"),
    **{code: scored("Points of the signs of the visit, added up", one, "eustar:index") for code, _, one, _ in activity.INDICES},
    "PAHRISK3": scored("Mean of the grades of the measures of the visit, rounded half up", pah.RISK_3, "pah:risk"),
    "PAHRISK4": scored("Mean of the grades of the measures of the visit, rounded half up", pah.RISK_4, "pah:risk"),
}
SPEC = tabulated("RS", "STUDYID USUBJID RSCAT RSTESTCD RSEVAL RSSPID VISITNUM", tests=_TESTS)

TESTS = {site.testcd: site.test for site in mrss.SITES} | {mrss.TOTAL_TESTCD: "MRSS01-Total Score"}
CODES = {site.testcd: site.code for site in mrss.SITES}
SKIN = "MODIFIED RODNAN SKIN SCORE"
OTHERS = {"WHOFC": "WHO Functional Class", "MDGA": "Physician Global Assessment"}
RISK = {3: ("PAHRISK3", "PAH Risk, Three Strata", pah.RISK_3), 4: ("PAHRISK4", "PAH Risk, Four Strata", pah.RISK_4)}
"""By the number of strata: test code, name and version."""


def rows(source: Source) -> pl.DataFrame:
    """One record for each judgment and visit, and what is derived: the skin total, the index of activity, strata of risk."""
    told = [_named(source, row) for row in source.findings("RS")]
    totals = list(_totals(told))
    return source.framed(SPEC, [*told, *totals, *activity.indices(source, totals, told), *_strata(source, told)])


def _named(source: Source, row: Row) -> Row:
    """An item filled by the blinded evaluator alone is his; others say who judged in their annotation."""
    if source.study.form(row["_PLACE"][1]).entered_by == Audience.EVALUATOR:
        row.setdefault("RSEVAL", "INDEPENDENT ASSESSOR")
    if row["RSTESTCD"] in TESTS:
        row |= {"RSTEST": TESTS[row["RSTESTCD"]], "RSCAT": SKIN}
    row["RSTEST"] = OTHERS.get(row["RSTESTCD"], row["RSTEST"])
    if row["RSTESTCD"] == "WHOFC" and row.get("RSORRES") in pah.CLASSES:
        number = str(pah.CLASSES.index(row["RSORRES"]) + 1)
        row |= {"RSSTRESC": number, "RSSTRESN": number}
    return row


def _strata(source: Source, told: list[Row]) -> Iterator[Row]:
    """The stratum of risk at each visit with a functional class, for people in whom a catheter has diagnosed PAH."""
    diagnosed = source.answers("CV", "PAHTNIND")
    for strata, (testcd, name, instrument) in RISK.items():
        if instrument not in source.study.instruments:
            continue
        more = (
            ("SIXMWD", "FT", "SIXMW106"),
            ("NTPROBNP", "LB", "BNPPRONT"),
            ("RAAREA", "CV", "RAAREA"),
            ("RAP", "CV", "RAP"),
        )
        measured = {code: source.answers(domain, test) for code, domain, test in (more if strata == 3 else more[:2])}
        for row in told:
            place = (row["_PERSON"].usubjid, row["_PLACE"][0])
            if row["RSTESTCD"] != "WHOFC" or row.get("RSSTRESN") is None or diagnosed.get(place, ("", ""))[0] != "Y":
                continue
            here = {code: found[place] for code, found in measured.items() if place in found}
            score = pah.risk({"WHOFC": row["RSORRES"]} | {code: float(one[0]) for code, one in here.items()}, strata)
            if score.value is not None:
                refs = [*row["_REFS"], diagnosed[place][1], *(ref for _, ref in here.values())]
                yield _risk(row, testcd, name, str(score.value), instrument.version, refs)


def _risk(row: Row, testcd: str, name: str, told: str, version: str, refs: list[str]) -> Row:
    shared = {key: row.get(key) for key in ("_PERSON", "_VISIT", "_PLACE", "RSDTC")}
    result = {"RSORRES": told, "RSSTRESC": told, "RSSTRESN": told, "RSDRVFL": "Y", "RSMETHOD": version.upper()}
    return {**shared, **result, "RSTESTCD": testcd, "RSTEST": name, "RSCAT": "PAH RISK", "_REFS": refs}


def _totals(told: list[Row]) -> Iterator[Row]:
    """The total of each page, derived from its sites; none when a site is unknown."""
    pages: dict[tuple[str, tuple[str, str, str]], list[Row]] = {}
    for row in told:
        if row["RSTESTCD"] in CODES:
            pages.setdefault((row["_PERSON"].usubjid, row["_PLACE"]), []).append(row)
    for sites in pages.values():
        grades = {CODES[row["RSTESTCD"]]: int(row["RSSTRESN"]) for row in sites if row.get("RSSTRESN") is not None}
        total = mrss.score(grades).value
        if total is not None:
            shared = {name: sites[0].get(name) for name in ("_PERSON", "_VISIT", "_PLACE", "RSCAT", "RSEVAL", "RSDTC")}
            code = mrss.TOTAL_TESTCD
            yield {
                **shared,
                "RSTESTCD": code,
                "RSTEST": TESTS[code],
                "RSORRES": str(total),
                "RSSTRESC": str(total),
                "RSSTRESN": total,
                "RSDRVFL": "Y",
                "_REFS": [ref for row in sites for ref in row["_REFS"]],
            }
