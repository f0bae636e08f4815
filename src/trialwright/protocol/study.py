"""The study itself: one typed object from which forms, schedule, checks, datasets and report are all derived."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum, Flag
from functools import cached_property
from typing import Any

from attrs import define, evolve, field, fields, frozen, has
from attrs.validators import matches_re

from trialwright.protocol.audience import Audience
from trialwright.protocol.checks import Check
from trialwright.protocol.declassification import Declassification
from trialwright.protocol.endpoints import Endpoint, Estimand, StatisticalMethod
from trialwright.protocol.facts import Criterion, Derivation, Rule, Watch
from trialwright.protocol.forms import Form, Item
from trialwright.protocol.instrument import Instrument
from trialwright.protocol.schedule import Arm, Epoch, Visit
from trialwright.protocol.text import Text


class Method(Enum):
    """How subjects come into their arms."""

    BY_CLINICIAN = "by clinician"
    BY_RESPONSE = "by response"
    RANDOMIZED = "randomized"


@frozen(kw_only=True)
class Reading:
    """One way to read what the registry leaves open about the allocation; it decides estimand, wording and bias.

    By response: subjects for whom `rule` is met come into arm `if_met`, the others into `if_not`. Randomized:
    permuted blocks of the sizes in `blocks`, the same share for each arm; `factors` are rules whose verdicts make the
    strata, each with blocks of its own. With a `coin` there are no blocks: the arm that leaves the factors least
    unbalanced is given with that probability (minimization after Pocock and Simon 1975). `estimand` is what the primary endpoint
    estimates under this reading ("" where the study names one for all).
    """

    code: str
    title: Text
    method: Method
    consequence: Text
    bias: Text
    rule: Rule | None = None
    if_met: str = ""
    if_not: str = ""
    blocks: tuple[int, ...] = (2, 4)
    factors: tuple[Rule, ...] = ()
    coin: Decimal | None = None
    estimand: str = ""


@frozen(kw_only=True)
class Assumption:
    """Something the study needs and the registry does not say: what was assumed, from which source, and who confirms."""

    code: str
    about: Text
    assumed: Text
    source: Text
    verified: bool = False


@frozen(kw_only=True)
class Summary:
    """One thing that is said of the trial as a whole and follows from nothing else, under the short name that CDISC has for it
    (INDIC, TTYPE, ...): its value; or, when there is none, why (`absent`: NA not applicable, UNK unknown, ...).

    `code` is the value in another terminology than that of CDISC (`terminology`, `version`), such as UNII for a drug.
    """

    name: str = field(validator=matches_re(r"[A-Z][A-Z0-9]{0,7}"))
    value: str = ""
    absent: str = ""
    code: str = ""
    terminology: str = ""
    version: str = ""


@define(frozen=True, kw_only=True, slots=False)
class Study:
    """A whole trial as data. `logs` are the forms kept outside visits (drugs, doses, adverse events); `watches` conclude for safety,
    `scores` are shown beside the page alone (data sets derive theirs from the record)."""

    code: str = field(validator=matches_re(r"[A-Z][A-Z0-9-]*"))
    version: str
    title: Text
    official_title: Text
    registry: str
    sponsor: str
    phase: str
    registered: Mapping[str, Text]
    planned: int
    sites: tuple[str, ...]
    country: str = ""
    """Where the sites are, as ISO 3166-1 writes it with three letters."""
    time_zone: str
    arms: tuple[Arm, ...]
    epochs: tuple[Epoch, ...]
    visits: tuple[Visit, ...]
    forms: tuple[Form, ...]
    logs: tuple[str, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    derivations: tuple[Derivation, ...] = ()
    watches: tuple[Watch, ...] = ()
    scores: tuple[Watch, ...] = ()
    checks: tuple[Check, ...] = ()
    declassifications: tuple[Declassification, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    estimands: tuple[Estimand, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    methods: tuple[StatisticalMethod, ...] = ()
    summary: tuple[Summary, ...] = ()
    readings: tuple[Reading, ...]
    reading: str
    assumptions: tuple[Assumption, ...] = ()
    roles: Audience
    blinded: Audience

    @cached_property
    def _forms(self) -> dict[str, Form]:
        return {form.code: form for form in self.forms}

    @cached_property
    def _visits(self) -> dict[str, Visit]:
        return {visit.code: visit for visit in self.visits}

    def form(self, code: str) -> Form:
        return self._forms[code]

    def visit(self, code: str) -> Visit:
        return self._visits[code]

    def has_form(self, code: str) -> bool:
        return code in self._forms

    def has_visit(self, code: str) -> bool:
        return code in self._visits

    def arm(self, code: str) -> Arm:
        return next(arm for arm in self.arms if arm.code == code)

    def item(self, form: str, item: str) -> Item:
        return self._forms[form].item(item)

    @cached_property
    def chosen(self) -> Reading:
        """The reading of the allocation under which the trial runs."""
        return next(reading for reading in self.readings if reading.code == self.reading)

    @cached_property
    def baseline(self) -> Visit:
        return next(visit for visit in self.visits if visit.is_baseline)

    def read_as(self, reading: str) -> "Study":
        """The same study under another reading of its allocation (R1, R2, R3), with the estimand that this reading allows."""
        chosen = next((one for one in self.readings if one.code == reading), None)
        if chosen is None or not chosen.estimand:
            return evolve(self, reading=reading)
        told = tuple(evolve(one, estimand=chosen.estimand) if one.primary and one.estimand else one for one in self.endpoints)
        return evolve(self, reading=reading, endpoints=told)

    @cached_property
    def canonical(self) -> bytes:
        """The study as canonical JSON: sorted keys, UTF-8, decimals as strings, functions by their qualified name."""
        return json.dumps(_plain(self), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal: the first thing that the ledger holds."""
        return hashlib.sha256(self.canonical).hexdigest()


def _plain(thing: Any) -> Any:
    """Plain JSON data for any object of this vocabulary."""
    if has(type(thing)):
        named = {f.name: _plain(getattr(thing, f.name)) for f in fields(type(thing))
                 if not f.name.startswith("_") and f.metadata.get("defined", True)}  # fmt: skip
        return {"": type(thing).__name__} | named
    if isinstance(thing, Audience):
        return thing.code
    if isinstance(thing, Enum) and not isinstance(thing, Flag):
        return thing.value
    if isinstance(thing, tuple):
        return [_plain(part) for part in thing]
    if isinstance(thing, Mapping):
        return {str(key): _plain(value) for key, value in thing.items()}
    if isinstance(thing, Decimal | date):
        return str(thing)
    if thing is None or isinstance(thing, str | int | float | bool):
        return thing
    if isinstance(thing, Callable):  # type: ignore[arg-type]  # mypy holds Callable to be no runtime class; it is one
        return f"{thing.__module__}:{thing.__qualname__}"
    raise TypeError(f"a study may not hold a {type(thing).__name__}")
