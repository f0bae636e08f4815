"""Drug accountability of one patient: what was dispensed, returned, destroyed, lost and given, what must be left, and how much of the plan was given."""

from datetime import date, timedelta
from decimal import Decimal

from attrs import frozen

from trialwright.protocol import Regimen, Study
from trialwright.record import Subject
from trialwright.sdtm import targets

MOVEMENTS = ("DISPAMT", "RETAMT", "DESTAMT", "LOSTAMT")


@frozen(kw_only=True)
class Account:
    """The drug account of one patient, in the unit of the dose (mg). `planned` and `taken` count doses until today."""

    subject: Subject
    unit: str
    moved: dict[str, Decimal]
    given: Decimal
    planned: int
    taken: int
    dose: Decimal
    open: int

    @property
    def balance(self) -> Decimal:
        """What must still be there: dispensed, less all that came back, was destroyed, got lost or was given."""
        return self.moved["DISPAMT"] - sum((self.moved[name] for name in MOVEMENTS[1:]), Decimal(0)) - self.given

    @property
    def compliance(self) -> Decimal | None:
        """The amount given as percent of the amount planned until today; None before the first planned dose."""
        return (100 * self.given / (self.planned * self.dose)).quantize(Decimal("0.1")) if self.planned and self.dose else None


def account(study: Study, subject: Subject, today: date) -> Account | None:
    """The account of a patient whose arm has a regimen and is known to the reader; None for everybody else."""
    regimen = study.arm(subject.arm).regimen if subject.arm else None
    if regimen is None or subject.index_date is None:
        return None
    moved, unclear = _moved(study, subject)
    given = [page.answers for page in subject.rows(regimen.form) if page.answers.get(regimen.given) == "Y"]
    amounts = [Decimal(row[regimen.amount]) for row in given if regimen.amount in row]
    last = min(today, subject.ended or today)
    return Account(subject=subject, unit=regimen.unit, moved=moved, given=sum(amounts, Decimal(0)), planned=planned(regimen, subject.index_date, last),
                   taken=len(given), dose=Decimal(regimen.dose), open=unclear + len(given) - len(amounts))  # fmt: skip


def planned(regimen: Regimen, first: date, last: date) -> int:
    """How many doses the plan asks for from the first day to the last, both included.

    >>> from trialwright.protocol import Regimen
    >>> weekly = Regimen(form="F", day="D", given="G", amount="A", dose=Decimal(160), unit="mg", every=7, within=3)
    >>> planned(weekly, date(2026, 1, 5), date(2026, 1, 11)), planned(weekly, date(2026, 1, 5), date(2026, 1, 12))
    (1, 2)
    """
    return 0 if last < first else (last - first) // timedelta(days=regimen.every) + 1


def _moved(study: Study, subject: Subject) -> tuple[dict[str, Decimal], int]:
    """The amounts that moved, by kind, and how many rows of the log are too incomplete to be counted."""
    moved, unclear = dict.fromkeys(MOVEMENTS, Decimal(0)), 0
    for code in study.logs:
        names = {_name(target.variable, dict(target.where)): item.code for item in study.form(code).items for target in targets(item.sdtm)
                 if target.domain in ("DA", "SUPPDA")}  # fmt: skip
        for page in subject.rows(code) if "DATESTCD" in names else ():
            row = {name: page.answers.get(item, "") for name, item in names.items()}
            if row["DATESTCD"] in moved and row.get("DAORRES") and row.get("DASTREN"):
                moved[row["DATESTCD"]] += Decimal(row["DAORRES"]) * Decimal(row["DASTREN"])
            else:
                unclear += 1
    return moved, unclear


def _name(variable: str, where: dict[str, str]) -> str:
    return where.get("QNAM", variable)
