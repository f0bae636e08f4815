"""Small histories, told by hand through the real gate, for the tests of the data sets."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from studies.telitacicept_ssc.protocol import STUDY
from trialwright.blinding import Gate
from trialwright.instruments import mrss
from trialwright.protocol import Absence, Audience
from trialwright.record import (
    Answer,
    Command,
    Complete,
    Consent,
    FailScreening,
    MarkNotDone,
    Screen,
    Withdraw,
)
from trialwright.record.casebook import Casebook
from trialwright.testing import START, actor, enrolled, in_memory

INDEX = date(2026, 1, 5)
CONSENTED = date(2025, 12, 20)
NOW = START + timedelta(days=400)
Entries = Mapping[str, str | Absence]


class History:
    """A trial in memory and the shortest words for what people do in it."""

    def __init__(self) -> None:
        self.gate: Gate = in_memory(STUDY)
        self.at: datetime = NOW

    def do(self, role: Audience, command: Command) -> None:
        self.at += timedelta(minutes=1)
        self.gate.do(actor(role), command, self.at)

    def treated(self, subject: str, arm: str = "T") -> None:
        """Screened and consented 16 days before the reference day, 5 January 2026."""
        enrolled(self.gate, subject, arm, at=START - timedelta(days=16), index=INDEX)

    def screened(self, subject: str, consented: date = CONSENTED) -> None:
        self.do(Audience.PHYSICIAN, Screen(site="01", subject=subject))
        self.do(Audience.PHYSICIAN, Consent(subject=subject, on=consented, version="1"))

    def failed(self, subject: str, *criteria: str, on: date = CONSENTED) -> None:
        self.do(Audience.PHYSICIAN, FailScreening(subject=subject, on=on, criteria=criteria, because="skin did not progress"))

    def skin(self, subject: str, visit: str, day: date, grade: int, **sites: str | Absence) -> None:
        """A skin score with the same grade everywhere but at `sites`."""
        grades: dict[str, str | Absence] = {code: str(grade) for code in mrss.CODES}
        self.fill(subject, visit, "MRSS", {"MRSSDAT": day.isoformat()} | grades | sites, role=Audience.EVALUATOR)

    def fill(self, subject: str, visit: str, form: str, entries: Entries, row: str = "", reason: str = "", role: Audience = Audience.PHYSICIAN) -> None:
        self.do(role, Answer(subject=subject, visit=visit, form=form, row=row, entries=entries, reason=reason))

    def not_done(self, subject: str, visit: str, form: str, reason: str, role: Audience = Audience.EVALUATOR) -> None:
        self.do(role, MarkNotDone(subject=subject, visit=visit, form=form, reason=reason))

    def withdrew(self, subject: str, on: date, because: str) -> None:
        self.do(Audience.PHYSICIAN, Withdraw(subject=subject, on=on, because=because))

    def completed(self, subject: str, on: date) -> None:
        self.do(Audience.PHYSICIAN, Complete(subject=subject, on=on))

    def seen_by(self, role: Audience = Audience.CUSTODIAN, until: datetime | None = None) -> Casebook:
        return self.gate.casebook(role, until)


def day(number: int) -> date:
    """The calendar day of a study day (1 is the reference day)."""
    return INDEX + timedelta(days=number - 1 if number > 0 else number)


PERSON = {"BRTHDAT": "1981-01-05", "SEX": "F", "HEIGHT": "160.0", "WEIGHT": "55.5", "ETHNIC": "NORTHEAST_ASIAN"}


def example(arms: tuple[str, str, str] = ("T", "T", "C")) -> History:
    """Four people: T1 and C1 followed, T2 withdrawn, F1 failed at screening."""
    told = History()
    for subject, arm in zip(("T1", "T2", "C1"), arms, strict=True):
        told.treated(subject, arm)
        told.fill(subject, "SCREENING", "DEMOGRAPHICS", PERSON)
        told.skin(subject, "BASELINE", day(1), 1, FACE="2")
    told.screened("F1")
    told.failed("F1", "I5")
    told.skin("T1", "W4", day(29), 1)
    told.skin("T1", "W8", day(58), 1, HAND_L=Absence.NOT_ASSESSABLE)
    told.not_done("T1", "W12", "MRSS", "patient on holiday")
    told.skin("T1", "W24", day(171), 0, CHEST="3", ABD="2")
    told.skin("C1", "W4", day(30), 1, FACE="3", CHEST="3")
    told.skin("C1", "W24", day(169), 2)
    told.fill("T1", "BASELINE", "LUNG", {"LUNGDAT": day(1).isoformat(), "FVC": "2.10", "HEIGHT": "160.0"})
    told.fill("T1", "BASELINE", "LABORATORY", {"LBDAT": day(1).isoformat(), "IGG": "12.00", "IGA": "2.10", "IGM": Absence.NOT_DONE})
    for row, (when, given) in enumerate([(1, "Y"), (8, "Y"), (15, "N")], start=1):
        dose = {"EXDOSE": "160", "EXLOC": "ABDOMEN_R"} if given == "Y" else {"EXREASND": "INFECTION"}
        told.fill("T1", "", "DOSING", {"EXDAT": day(when).isoformat(), "EXGIVEN": given} | dose, row=f"d{row}")
    told.fill("T2", "", "DOSING", {"EXDAT": day(1).isoformat(), "EXGIVEN": "Y", "EXDOSE": "160", "EXLOC": "THIGH_L"}, row="d1")
    drug = {"CMDOSE": "1", "CMDOSU": "g", "CMDOSFRQ": "BID", "CMROUTE": "ORAL", "CMONGO": "Y"}
    told.fill("C1", "", "MEDICATIONS", {"CMTRT": "MYCOPHENOLATE MOFETIL", "CMSTDAT": "2025-06"} | drug, row="m1")
    event = {"AESER": "N", "AEREL": "POSSIBLE", "AEACN": "DOSE NOT CHANGED"}
    told.fill("T1", "", "ADVERSE_EVENTS", {"AETERM": "Injection site redness", "AESTDAT": day(8).isoformat(), "AEENDAT": day(10).isoformat(),
              "AETOXGR": "1", "AEOUT": "RECOVERED/RESOLVED"} | event, row="a1")  # fmt: skip
    told.fill("C1", "", "ADVERSE_EVENTS", {"AETERM": "Cough", "AESTDAT": "2025-UK-UK", "AETOXGR": "2", "AEOUT": "NOT RECOVERED/NOT RESOLVED"} | event, row="a1")
    told.withdrew("T2", day(40), "withdrawal by subject")
    told.completed("T1", day(337))
    return told
