"""What the tabulation of one reader is made from: the study, his casebook, and what both say of every person."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property

import polars as pl
from attrs import define

from trialwright.protocol import Audience, Study
from trialwright.record.casebook import Casebook
from trialwright.sdtm._domain import records
from trialwright.sdtm._domain.annotation import targets
from trialwright.sdtm._domain.bodies import Body, Told, body, heights
from trialwright.sdtm._domain.days import earliest
from trialwright.sdtm._domain.people import Person, Plan, people, plan, today
from trialwright.sdtm._domain.records import Row
from trialwright.sdtm._domain.specification import Domain


@define(slots=False)
class Source:
    """A study and one reader's casebook; whatever he may not see is not in it, so it cannot come into his data sets."""

    study: Study
    casebook: Casebook
    reader: Audience = Audience.STATISTICIAN
    """Whose casebook it is: a page that he may not read is not missing to him."""

    @property
    def today(self) -> date | None:
        """The last day of which this reader knows anything."""
        return today(self.study, self.casebook)

    @cached_property
    def people(self) -> tuple[Person, ...]:
        return people(self.study, self.casebook)

    def plan(self, domain: str) -> Plan:
        """The items of each form that go into `domain`."""
        if domain not in self._plans:
            self._plans[domain] = plan(self.study, domain)
        return self._plans[domain]

    @cached_property
    def _plans(self) -> dict[str, Plan]:
        """What `plan` found out."""
        return {}

    def findings(self, domain: str) -> Iterator[Row]:
        """One record for each result that goes into `domain`."""
        asked = self.plan(domain)
        for person in self.people:
            yield from records.findings(self.study, person, asked, domain)

    def gathered(self, domain: str) -> Iterator[Row]:
        """One record for all answers of a page that go into `domain` with the same constants."""
        asked = self.plan(domain)
        for person in self.people:
            yield from records.gathered(person, asked)

    def watched(self, domain: str) -> Iterator[Row]:
        """One record for each page from which something follows for safety that goes into `domain`."""
        for watch in self.study.watches:
            for target in targets(watch.sdtm):
                if target.domain == domain:
                    for person in self.people:
                        yield from records.watched(self.study, person, watch, target, self.plan(domain))

    def answers(self, domain: str, testcd: str) -> dict[tuple[str, str], Told]:
        """What was answered to one test, by person and visit, with the entry that told it."""
        asked = {
            form: tuple(one for one in items if (f"{domain}TESTCD", testcd) in one[1].where)
            for form, items in self.plan(domain).items()
        }
        found = {}
        for person in self.people:
            for page in person.subject.pages.values():
                for one in records.given(page, asked.get(page.place[1], ())):
                    if one.value is not None:
                        found[person.usubjid, page.place[0]] = (one.value, one.ref)
        return found

    @cached_property
    def bodies(self) -> dict[str, Body]:
        """Birth date, sex and group of each person."""
        dm, supplement = self.plan("DM"), self.plan("SUPPDM")
        return {person.usubjid: body(person, dm, supplement) for person in self.people}

    @cached_property
    def heights(self) -> dict[str, Mapping[str, Told]]:
        """Heights of each person by visit."""
        plan, lung = self.plan("VS"), self.plan("RE")
        return {person.usubjid: heights(person, plan, lung) for person in self.people}

    def log(self, domain: str) -> Iterator[Row]:
        """One record for each row of a log that goes into `domain`."""
        asked = self.plan(domain)
        for person in self.people:
            yield from records.log_rows(person, asked, control=self.is_control(person))

    def framed(self, domain: Domain, rows: list[Row]) -> pl.DataFrame:
        """The data set of these records (see `records.framed`)."""
        return records.framed(domain, self.study, rows, {who: days[0] for who, days in self.exposed.items()})

    def is_control(self, person: Person) -> bool:
        """Whether the person is known to be in a control arm."""
        arm = person.subject.arm
        return arm is not None and self.study.arm(arm).control

    @cached_property
    def treatment(self) -> tuple[Row, ...]:
        """Doses of the study drug that were given; for a control arm, what was taken from the reference day on."""
        asked = {row["_PLACE"]: row.get("ECOCCUR") for row in self.log("EC")}
        forms = self.plan("EC")
        taken = []
        for row in self.log("EX"):
            if row["_CONTROL"]:
                taken += _from_start(row)
            elif row["_PLACE"][1] not in forms or asked.get(row["_PLACE"]) == "Y":
                taken.append(row)
        return tuple(taken)

    @cached_property
    def exposed(self) -> dict[str, tuple[str, str | None]]:
        """First and last known day of treatment by person."""
        found: dict[str, tuple[str, str | None]] = {}
        for row in self.treatment:
            first, last = row.get("EXSTDTC"), row.get("EXENDTC")
            days = [day for day in (first, last) if day is not None and len(day) >= 10]
            if days:
                who = row["_PERSON"].usubjid
                known = [*days, *(day for day in found.get(who, ()) if day)]
                found[who] = (min(known), max(known))
        return found


def _from_start(row: Row) -> list[Row]:
    """The part of a control patient's treatment that lies after the reference day, if there is any."""
    person: Person = row["_PERSON"]
    start, end = person.start, row.get("EXENDTC")
    begins = earliest(row.get("EXSTDTC"))
    if start is None or row.get("EXTRT") in (None, "OTHER") or (end is not None and _latest(end) < start):
        return []
    stop = person.subject.ended
    if begins is not None and stop is not None and begins > stop:
        return []
    first = start.isoformat() if begins is None or begins < start else row["EXSTDTC"]
    if end is None and stop is not None:
        end = stop.isoformat()
    return [row | {"EXSTDTC": first, "EXENDTC": end}]


def _latest(text: str) -> date:
    """The last day that a partly known date can mean, or later."""
    parts = [int(part) for part in text[:10].split("-")]
    return (
        date(*parts)
        if len(parts) == 3
        else date(parts[0] + 1, 1, 1)
        if len(parts) == 1 or parts[1] == 12
        else date(parts[0], parts[1] + 1, 1)
    )
