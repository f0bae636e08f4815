"""From answers to records: one record for each result of a finding, one for each row of a log."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import polars as pl

from trialwright.protocol import Item, Kind, Study, Visit, Watch
from trialwright.protocol.dictionary import Level
from trialwright.record.answers import lacking
from trialwright.record.coding import read_path
from trialwright.record.pages import Cell, Page
from trialwright.sdtm._domain.annotation import Target, targets
from trialwright.sdtm._domain.days import study_day
from trialwright.sdtm._domain.people import Person, Plan
from trialwright.sdtm._domain.specification import Domain
from trialwright.sdtm._domain.terminology import name_of_test

Row = dict[str, Any]
"""One record: values by variable; `_REFS` names the ledger entries behind it, `_PERSON`, `_VISIT` and `_PLACE` where it is from."""

RESULTS = ("ORRES", "STRESC")

CODED = {
    "LLT": (("LLT", "LLTCD"),),
    "PT": (("DECOD", "PTCD"),),
    "HLT": (("HLT", "HLTCD"),),
    "HLGT": (("HLGT", "HLGTCD"),),
    "SOC": (("BODSYS", "BDSYCD"), ("SOC", "SOCCD")),
    "PREFERRED": (("DECOD", ""),),
    "ATC": (("CLAS", "CLASCD"),),
}
"""The variables (term and code) to which each level of a dictionary goes. The body system is the primary one."""


def link(place: tuple[str, str, str], what: str = "") -> str:
    """What ties the records of one page or row together, or of one thing (`what`) on it.

    >>> link(("", "DOSING", "k7")), link(("W24", "PAH", ""), "ECHOCARDIOGRAPHY")
    ('DOSING k7', 'W24 ECHOCARDIOGRAPHY')
    """
    return " ".join(part for part in ((place[1], place[2]) if place[2] else (place[0], what or place[1])) if part)


class Given(NamedTuple):
    """One answer on its way to a variable."""

    item: Item
    target: Target
    cell: Cell
    value: str | None
    ref: str


def shortened(label: str, longest: int = 40) -> str:
    """A label in at most 40 characters, cut between two words.

    >>> shortened("Sponsor first aware on (day 0 of reporting)")
    'Sponsor first aware on'
    """
    words = label.partition(" (")[0] if len(label) > longest else label
    while len(words) > longest:
        words = words.rpartition(" ")[0] or words[:longest]
    return words


def given(page: Page, asked: Iterable[tuple[Item, Target]]) -> Iterator[Given]:
    """The answers of a page (present, or absent with a reason) that go to these targets."""
    for item, target in asked:
        cell = page.cells.get(item.code)
        if cell is not None and not (item.shown is not None and lacking(page, item)):
            yield Given(item, target, cell, cell.value, cell.entries[-1].ref)


def log_rows(person: Person, plan: Plan, *, control: bool | None = None) -> Iterator[Row]:
    """One record for each row of the logs that go into a domain.

    A target with the constant ARM = control counts only for a person known to be in a control arm.
    """
    open_ = {
        form: tuple(one for one in asked if control or ("ARM", "control") not in one[1].where)
        for form, asked in plan.items()
    }
    for page in person.subject.pages.values():
        asked = open_.get(page.place[1], ())
        told = list(given(page, asked))
        if not page.place[2] or not told:
            continue
        row: Row = {name: value for _, target in asked for name, value in target.where if name != "ARM"}
        row |= {one.target.variable: one.value for one in told if one.value is not None}
        row |= {"_PERSON": person, "_PLACE": page.place, "_REFS": [one.ref for one in told]}
        for one in told:
            with_code(row, page, one)
        row["_CONTROL"] = any(("ARM", "control") in one.target.where for one in told)
        yield row


def gathered(person: Person, plan: Plan) -> Iterator[Row]:
    """From each page of a visit, one record for all answers with the same constants, on the day of the visit."""
    for page in person.subject.pages.values():
        asked = plan.get(page.place[1], ())
        if not asked or not page.place[0]:
            continue
        found: dict[tuple[tuple[str, str], ...], Row] = {}
        for one in given(page, asked):
            row = found.setdefault(one.target.where, {**dict(one.target.where), "_PERSON": person, "_PLACE": page.place, "_REFS": []})
            row["_REFS"].append(one.ref)
            code = one.target.domain
            if one.value is not None:
                row[one.target.variable] = one.value
                with_code(row, page, one)
            elif one.target.variable == f"{code}OCCUR":
                row |= {f"{code}STAT": "NOT DONE", f"{code}REASND": one.cell.last.absence.upper() if one.cell.last.absence else None}
        yield from found.values()


def with_code(row: Row, page: Page, one: Given) -> None:
    """Adds to a record the term of the dictionary for one of its answers and what lies above it, where it is coded as it now stands."""
    coded = page.code_of(one.item.code)
    if coded is None:
        return
    levels = read_path(coded.path)
    if any(level.name == "PT" for level in levels):
        levels = (Level("LLT", coded.code, coded.term), *levels)
    for level in levels:
        for term, code in CODED.get(level.name, ()):
            row[f"{one.target.domain}{term}"] = level.term
            if code:
                row[f"{one.target.domain}{code}"] = level.code
    row["_REFS"].append(page.coded[one.item.code].ref)


def findings(study: Study, person: Person, plan: Plan, domain: str) -> Iterator[Row]:
    """One record for each result, with what the page says once for all of them (date, method), and one for a page not done."""
    for page in person.subject.pages.values():
        asked = plan.get(page.place[1], ())
        if asked and page.place[0]:
            visit = study.visit(page.place[0])
            if page.not_done is not None:
                yield from _not_done(study, person, page, visit, asked, domain)
            else:
                yield from _results(study, person, page, visit, asked, domain)


def watched(study: Study, person: Person, watch: Watch, target: Target, plan: Plan) -> Iterator[Row]:
    """One record for each page of visits from which `watch` draws a conclusion, with the entries on which it rests."""
    form, domain = study.form(watch.form), target.domain
    dated = [item.code for item, to in plan.get(watch.form, ()) if to.variable == f"{domain}DTC"]
    for page in person.subject.pages.values():
        cells = {code: page.cells[code] for code in watch.reads if code in page.cells}
        if page.place[1] != watch.form or not page.place[0] or not cells:
            continue
        fact = watch.by({code: form.item(code).recall(cell.value) for code, cell in cells.items() if cell.value is not None})
        if not fact.known:
            continue
        told = fact.code if fact.code is not None else str(fact.low)
        row: Row = {**dict(target.where), f"{domain}TEST": shortened(watch.label.en), f"{domain}ORRES": told, f"{domain}STRESC": told}
        row |= {f"{domain}STRESN": told} if fact.code is None else {}
        row |= {f"{domain}DTC": page.cells[code].value for code in dated if code in page.cells}
        row |= {f"{domain}METHOD": watch.version.upper(), f"{domain}DRVFL": "Y", "_REFS": [cell.entries[-1].ref for cell in cells.values()]}
        yield row | {"_PERSON": person, "_VISIT": study.visit(page.place[0]), "_PLACE": page.place}


def _is_result(target: Target) -> bool:
    return target.variable[2:] in RESULTS


def _results(
    study: Study, person: Person, page: Page, visit: Visit, asked: tuple[tuple[Item, Target], ...], domain: str
) -> Iterator[Row]:
    told = list(given(page, asked))
    once = [one for one in told if not _is_result(one.target)]
    undated = not any(target.variable == f"{domain}DTC" for _, target in asked)
    for one in told:
        if _is_result(one.target):
            row = _result(study, page, one, domain) | {"_PERSON": person, "_VISIT": visit}
            for other in once:
                _add(row, other, one.target)
            if undated:
                _date_of_visit(row, person, visit, domain)
            yield row


def _add(row: Row, other: Given, result: Target) -> None:
    """Adds what the page says once, unless it is said of another record of the page."""
    constants = dict(result.where)
    if all(constants.get(name, value) == value for name, value in other.target.where):
        for name, value in other.target.where:
            row.setdefault(name, value)
        row[other.target.variable] = other.value
        row["_REFS"].append(other.ref)


def _date_of_visit(row: Row, person: Person, visit: Visit, domain: str) -> None:
    visited = person.visits.get(visit.code)
    if visited is not None and visited.first is not None:
        row[f"{domain}DTC"] = visited.first.isoformat()
        row["_REFS"] += [ref for ref in visited.refs if ref not in row["_REFS"]]


def _result(study: Study, page: Page, one: Given, domain: str) -> Row:
    row: Row = {**dict(one.target.where), "_REFS": [one.ref], "_PLACE": page.place}
    row.setdefault(f"{domain}TEST", name_of_test(domain, row.get(f"{domain}TESTCD", "")) or shortened(one.item.label.en))
    if one.value is None:
        row |= {
            f"{domain}STAT": "NOT DONE",
            f"{domain}REASND": one.cell.last.absence.upper() if one.cell.last.absence else None,
        }
        return row
    row |= {f"{domain}ORRES": one.value, f"{domain}STRESC": one.value}
    if one.item.kind in (Kind.INTEGER, Kind.DECIMAL):
        row |= {f"{domain}STRESN": one.value, f"{domain}ORRESU": one.item.unit, f"{domain}STRESU": one.item.unit}
    return row


def _not_done(
    study: Study, person: Person, page: Page, visit: Visit, asked: tuple[tuple[Item, Target], ...], domain: str
) -> Iterator[Row]:
    """A page not done gives one record for all of its tests, in the domain to which its first result goes."""
    form = study.form(page.place[1])
    first = next((target.domain for item in form.items for target in targets(item.sdtm) if _is_result(target)), None)
    if first != domain or page.not_done is None:
        return
    shared = [dict(target.where) for _, target in asked]
    row: Row = {
        name: value
        for one in shared
        for name, value in one.items()
        if all(other.get(name, value) == value for other in shared)
    }
    row |= {f"{domain}TESTCD": f"{domain}ALL", f"{domain}TEST": "All Tests of the Category", f"{domain}STAT": "NOT DONE"}
    row.setdefault(f"{domain}CAT", form.title.en.upper())
    row |= {
        f"{domain}REASND": getattr(page.not_done.event, "reason", None),
        "_REFS": [page.not_done.ref],
        "_PLACE": page.place,
    }
    yield row | {"_PERSON": person, "_VISIT": visit}


def framed(domain: Domain, study: Study, rows: Iterable[Row], exposed: Mapping[str, str] | None = None) -> pl.DataFrame:
    """The data set: identifiers, visit, period, study days and sequence numbers added, sorted by its keys.

    Columns are always those of the domain, and `_REFS` (the ledger entries behind each record). `exposed` gives the
    first day of treatment by person, for the flag of the last observation before it.
    """
    told = [_completed(domain, study, row) for row in rows]
    set_ = set().union(*(row.keys() for row in told)) if told else set()
    columns = [_column(name, kind, told) for name, kind in domain.types.items() if name in set_]
    empty = [pl.lit(None, kind).alias(name) for name, kind in domain.types.items() if name not in set_]
    frame = pl.DataFrame([*columns, _references(told)]).with_columns(empty).select(*domain.types, "_REFS")
    keys = [key for key in domain.keys if key != domain.sequence]
    frame = frame.sort(keys, nulls_last=True, maintain_order=True)
    if domain.sequence:
        frame = frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("USUBJID").alias(domain.sequence))
    if exposed is not None and f"{domain.code}LOBXFL" in domain.names:
        frame = with_last_before_exposure(frame, domain, exposed)
    return frame


def _column(name: str, kind: type[pl.DataType], told: list[Row]) -> pl.Series:
    read = float if kind is pl.Float64 else int if kind is pl.Int64 else str
    return pl.Series(name, [None if (value := row.get(name)) is None or value == "" else read(value) for row in told], dtype=kind)


def _references(told: list[Row]) -> pl.Series:
    """The entries behind each row, each once; put together flat, which is many times faster than list by list."""
    refs = [list(dict.fromkeys(row["_REFS"])) for row in told]
    flat = pl.DataFrame(
        {"_ROW": [place for place, own in enumerate(refs) for _ in own], "_REFS": [ref for own in refs for ref in own]},
        schema={"_ROW": pl.Int64, "_REFS": pl.String},
    )
    gathered = flat.group_by("_ROW", maintain_order=True).agg("_REFS")
    whole = pl.DataFrame({"_ROW": range(len(told))}, schema={"_ROW": pl.Int64}).join(
        gathered, on="_ROW", how="left", maintain_order="left"
    )
    return whole["_REFS"].fill_null([])


def _completed(domain: Domain, study: Study, row: Row) -> Row:
    person: Person = row["_PERSON"]
    visit: Visit | None = row.get("_VISIT")
    code = domain.code
    row |= {"STUDYID": study.code, "DOMAIN": code, "USUBJID": person.usubjid}
    if visit is not None:
        row |= {
            "VISITNUM": visit.number,
            "VISIT": visit.name.en.upper(),
            "VISITDY": visit.day + 1 if visit.day >= 0 else visit.day,
        }
    place = row.get("_PLACE")
    if place is not None and place[2]:
        row.setdefault(f"{code}SPID", place[2])
    for part in ("", "ST", "EN"):
        row[f"{code}{part}DY"] = study_day(row.get(f"{code}{part}DTC"), person.start)
    if row.get("EPOCH") is None:
        row["EPOCH"] = person.epoch(row.get(f"{code}STDTC") or row.get(f"{code}DTC"), visit)
    return row


_APART = ("TESTCD", "CAT", "SCAT", "EVAL", "BDAGNT", "TSTDTL", "OBJ", "SPEC", "METHOD")
"""What tells two series of the same person apart."""


def with_last_before_exposure(frame: pl.DataFrame, domain: Domain, exposed: Mapping[str, str]) -> pl.DataFrame:
    """Flags the last result of each series on or before the first day of treatment (assessments of that day precede the dose)."""
    code, sequence = domain.code, f"{domain.code}SEQ"
    first = pl.col("USUBJID").replace_strict(
        list(exposed), list(exposed.values()), default=None, return_dtype=pl.String
    )
    fits = (
        pl.col(f"{code}STRESC").is_not_null()
        & (pl.col(f"{code}DTC").str.len_chars() >= 10)
        & (pl.col(f"{code}DTC") <= first)
    )
    series = ["USUBJID", *(f"{code}{part}" for part in _APART if f"{code}{part}" in domain.names)]
    last = frame.filter(fits).sort(f"{code}DTC", sequence).group_by(series, maintain_order=True).last()
    flags = last.select("USUBJID", sequence, pl.lit("Y").alias(f"{code}LOBXFL"))
    flagged = frame.drop(f"{code}LOBXFL").join(flags, on=["USUBJID", sequence], how="left", maintain_order="left")
    return flagged.select(frame.columns)
