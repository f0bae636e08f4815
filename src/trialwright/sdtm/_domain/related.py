"""Records about records: which record of another domain an answer on the same page speaks of."""

from collections.abc import Iterator, Mapping

import polars as pl
from attrs import frozen

from trialwright.record.pages import Page
from trialwright.sdtm._domain.people import Person
from trialwright.sdtm._domain.records import Given, given
from trialwright.sdtm._domain.source import Source

Records = Mapping[tuple[str, str], list[Mapping[str, object]]]
NOT_OF_THE_RECORD = ("QNAM", "QLABEL", "RDOMAIN")
"""Constants of an annotation that do not say which record is meant."""


@frozen(kw_only=True)
class About:
    """An answer about one record of `domain`, by its sequence number ("" when it is about the person)."""

    person: Person
    page: Page
    given: Given
    domain: str
    number: str = ""


def about(source: Source, code: str, domain: str, frame: pl.DataFrame | None) -> Iterator[About]:
    """The answers annotated with `code` that speak of `domain`, once for each record of the same page that has their constants."""
    known = {} if frame is None else _by_entry(frame)
    asked = source.plan(code)
    for person in source.people:
        for page in person.subject.pages.values():
            for one in given(page, asked.get(page.place[1], ())):
                if one.value is not None and (code != "CO" or dict(one.target.where).get("RDOMAIN", "") == domain):
                    numbers = _numbers(person, page, one, f"{domain}SEQ", known) if known else ("",)
                    yield from (About(person=person, page=page, given=one, domain=domain, number=number) for number in numbers)


def _by_entry(frame: pl.DataFrame) -> Records:
    """The records of a domain, by person and by each ledger entry behind them."""
    found: dict[tuple[str, str], list[Mapping[str, object]]] = {}
    for row in frame.iter_rows(named=True):
        for ref in row["_REFS"]:
            found.setdefault((row["USUBJID"], ref), []).append(row)
    return found


def _numbers(person: Person, page: Page, one: Given, sequence: str, known: Records) -> Iterator[str]:
    wanted = {name: value for name, value in one.target.where if name not in NOT_OF_THE_RECORD}
    here = [row for cell in page.cells.values() for row in known.get((person.usubjid, cell.entries[-1].ref), ())]
    for number in sorted({row[sequence] for row in here if all(row.get(name) == value for name, value in wanted.items())}):  # type: ignore[type-var]
        yield str(number)
