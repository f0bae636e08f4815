"""When things happen: arms, epochs, and visits with the window in which each may take place."""

from datetime import datetime
from decimal import Decimal

from attrs import field, frozen
from attrs.validators import matches_re

from trialwright.protocol.forms import NOT_DEFINED
from trialwright.protocol.text import Text


@frozen(kw_only=True)
class Regimen:
    """How a study drug is to be given: `dose` every so many days, give or take `within`.

    `form` is the log of doses; `day`, `given` and `amount` are its items for the day, whether it was given (Y or N), and
    the dose.
    """

    form: str
    day: str
    given: str
    amount: str
    dose: Decimal
    unit: str
    every: int
    within: int


@frozen(kw_only=True)
class Arm:
    """A group of subjects and the treatment planned for it; `regimen` is None where the study gives no drug of its own."""

    code: str = field(validator=matches_re(r"[A-Z][A-Z0-9_]{0,19}"))
    name: Text
    treatment: Text
    control: bool = False
    regimen: Regimen | None = None


@frozen(kw_only=True)
class Epoch:
    """A period of the study (screening, treatment, follow-up)."""

    code: str
    name: Text


@frozen(kw_only=True)
class Visit:
    """A planned visit: `day` counts from the index date (day 0); `early`..`late` days around it are in the window.
    `since` says of each form that an amendment brought here when that was; the trial says so, not the study.
    """

    code: str = field(validator=matches_re(r"[A-Z][A-Z0-9_]*"))
    name: Text
    number: float
    day: int
    early: int = 0
    late: int = 0
    epoch: str = "TREATMENT"
    forms: tuple[str, ...]
    is_baseline: bool = False
    since: tuple[tuple[str, datetime], ...] = field(default=(), metadata=NOT_DEFINED)

    @property
    def first_day(self) -> int:
        return self.day - self.early

    @property
    def last_day(self) -> int:
        return self.day + self.late
