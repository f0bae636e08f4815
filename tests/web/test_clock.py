"""The clock goes wrong, summer time begins and ends, years leap, the study lies elsewhere: work goes on, in the order in which it was done."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from tests.web.desk import Clock, sent
from trialwright.blinding import Gate
from trialwright.capture.testing import client_for
from trialwright.protocol import Audience
from trialwright.record import Casebook, Consent, OpenStudy, Screen
from trialwright.record.ledger import Ledger, Line, beginning, chained
from trialwright.testing import START, actor, seeded, tiny_study

pytestmark = [pytest.mark.web, pytest.mark.req("TIM-01", "TIM-02")]
PAGE = "/subject/S1/visit/SCR/PERSON"
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC")
MOMENTS = (
    "2026-03-29T00:59:59+00:00", "2026-03-29T01:00:00+00:00", "2026-10-25T00:30:00+00:00", "2026-10-25T01:00:00+00:00",  # Berlin
    "2026-03-08T06:59:59+00:00", "2026-11-01T05:30:00+00:00", "2026-11-01T06:30:00+00:00",  # New York
    "2026-04-04T14:59:59+00:00", "2026-10-03T15:30:00+00:00",  # Lord Howe, half an hour
    "2028-02-28T23:59:59.999999+00:00", "2028-02-29T12:00:00+00:00", "2026-12-31T23:59:59.999999+00:00", "2027-01-01T00:00:00+00:00",
    "2027-06-30T23:59:59.999999+00:00", "2038-01-19T03:14:08+00:00", "2099-12-31T15:59:59+00:00",
)  # fmt: skip
"""Before and after summer time, the last moments of days, months and years (a leap second is 59 twice to a computer), the end of 32 bits."""
JUMPS = (timedelta(0), timedelta(seconds=-1), timedelta(hours=-1), timedelta(days=-3), timedelta(hours=1), timedelta(days=1), timedelta(days=400))


class Place:
    """A study in some zone, its clock, and every line that was kept."""

    def __init__(self, zone: str, at: datetime) -> None:
        self.zone, self.clock, self.lines = ZoneInfo(zone), Clock(at), list[Line]()
        self.gate = Gate(evolve(tiny_study(), time_zone=zone), Ledger("clock"), self.lines.extend, seeded(1))
        self.gate.do(actor(Audience.CUSTODIAN), OpenStudy(), START)
        self.gate.do(actor(Audience.COORDINATOR), Screen(site="01", subject="S1"), START)
        self.gate.do(actor(Audience.COORDINATOR), Consent(subject="S1", on=date(2026, 1, 1), version="1"), START)
        self.saved: list[tuple[str, datetime]] = []

    @property
    def today(self) -> datetime:
        return self.clock.now.astimezone(self.zone)

    def work(self, age: int) -> None:
        """Somebody comes, whatever the clock says: saves a value, sees when it was, is refused tomorrow and not today."""
        someone = client_for(self.gate, Audience.COORDINATOR, self.clock)
        revision = str(len(self.saved))
        tomorrow = (self.today.date() + timedelta(days=1)).isoformat()
        refused = someone.post(PAGE, sent({"SEEN": tomorrow}, reason="again"))
        assert refused.status_code == 422 and b"lies in the future" in refused.content, self.clock.now
        entries = {"AGE": str(age), "SEEN": self.today.date().isoformat()}
        saved = someone.post(PAGE, {**sent(entries, reason="again"), "seen.AGE": revision, "seen.SEEN": str(self.revision("SEEN"))})
        assert saved.status_code == 303, (self.clock.now, saved.content[-3000:])
        self.saved.append((str(age), self.clock.now))
        last = self.gate.casebook(Audience.COORDINATOR).subject("S1").page("SCR", "PERSON").cells["AGE"][-1]
        page = someone.get(f"/entry/{last.ref}").content.decode()
        offset = self.today.strftime("%z")
        assert self.today.strftime("%Y-%m-%d %H:%M") in page and f"(UTC{offset[:3]}:{offset[3:]})" in page, self.clock.now

    def revision(self, item: str) -> int:
        cell = self.gate.casebook(Audience.COORDINATOR).subject("S1").page("SCR", "PERSON").cells.get(item)
        return cell.revision if cell else 0

    def holds(self) -> None:
        """The entries stand in the order of the saves with the times of the saves, whatever these are, and the chain with them."""
        book = self.gate.casebook(Audience.CUSTODIAN)
        cell = book.subject("S1").page("SCR", "PERSON").cells["AGE"]
        assert [(entry.event.value, entry.at) for entry in cell] == self.saved and all(entry.at.utcoffset() == timedelta(0) for entry in cell)
        assert [entry.seq for entry in cell] == sorted(entry.seq for entry in cell)
        assert Casebook.of(book.everything).subjects == book.subjects
        heads: dict[str, bytes] = {}
        for line in self.lines:
            heads[line.log] = chained(heads.get(line.log) or beginning("clock", line.log), line.body)
            assert line.head == heads[line.log]


def weather(dice: Random) -> Iterator[datetime]:
    """Three times of the clock, one after the other: somewhere, and from there by jumps."""
    at = datetime.fromisoformat(dice.choice(MOMENTS))
    yield at
    for _ in range(2):
        at += dice.choice(JUMPS)
        yield at


def in_weather(number: int) -> None:
    dice = Random(number)
    times = list(weather(dice))
    place = Place(ZONES[number % len(ZONES)], times[0])
    for age, at in enumerate(times, start=20):
        place.clock.now = at
        place.work(age)
    place.holds()


@pytest.mark.parametrize("number", range(10))
def test_work_goes_on_in_its_order(number: int) -> None:
    in_weather(number)


@pytest.mark.nightly
@pytest.mark.parametrize("number", range(10, 60))
def test_work_goes_on_in_any_weather(number: int) -> None:
    in_weather(number)


@pytest.mark.nightly
@pytest.mark.parametrize("zone", ZONES)
def test_every_moment_everywhere(zone: str) -> None:
    place = Place(zone, datetime.fromisoformat(MOMENTS[0]))
    for age, (moment, jump) in enumerate(product(MOMENTS, JUMPS[::3])):
        place.clock.now = datetime.fromisoformat(moment) + jump
        place.work(age)
    place.holds()


@pytest.mark.req("ACC-06")
@pytest.mark.parametrize(("by", "open"), [(-16, False), (-14, True), (14, True), (16, False), (-24 * 60, False)])
def test_a_session_does_not_outlive_a_clock_that_is_set_back(by: int, open: bool) -> None:
    """Else whoever sets the clock back would keep every session open for as long."""
    place = Place("UTC", datetime(2026, 6, 1, 12, tzinfo=UTC))
    someone = client_for(place.gate, Audience.COORDINATOR, place.clock)
    assert someone.get("/").status_code == 200
    place.clock.now += timedelta(minutes=by)
    assert (someone.get("/").status_code == 200) == open
