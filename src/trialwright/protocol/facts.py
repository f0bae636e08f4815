"""What is known about one person, and whether a rule over it is met, not met or cannot be decided yet."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Protocol

from attrs import frozen

from trialwright.protocol.forms import Value
from trialwright.protocol.text import Text


class Verdict(Enum):
    """Three values: what is unknown is never read as met."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class Fact:
    """One thing known about a person: a number or a code, or the bounds it must lie in, or nothing yet.

    `low` and `high` bound a number that is only partly known (a score with unanswered items); a known number has
    `low == high`. `code` holds an answer that is not a number. `because` says where it comes from.
    """

    name: str
    low: Decimal | None = None
    high: Decimal | None = None
    code: str | None = None
    because: Text
    missing: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        return self.code is not None or (self.low is not None and self.low == self.high)


def number(name: str, value: Decimal | int, because: Text) -> Fact:
    """A number that is fully known."""
    value = Decimal(value)
    return Fact(name=name, low=value, high=value, because=because)


def between(name: str, low: Decimal | int | None, high: Decimal | int | None, because: Text, missing: tuple[str, ...]) -> Fact:
    """A number of which only bounds are known, and the items that would settle it."""
    return Fact(name=name, low=None if low is None else Decimal(low), high=None if high is None else Decimal(high),
                because=because, missing=missing)  # fmt: skip


def coded(name: str, code: str, because: Text) -> Fact:
    """An answer that is a code, such as Y or N."""
    return Fact(name=name, code=code, because=because)


def unknown(name: str, because: Text, missing: tuple[str, ...]) -> Fact:
    """Nothing is known yet; `missing` names the items whose answers would settle it."""
    return Fact(name=name, because=because, missing=missing)


Facts = Mapping[str, Fact]


@frozen
class AtLeast:
    """Met when the fact is at least (or, if `strict`, above) the limit, whatever its unknown parts turn out to be."""

    fact: str
    limit: Decimal
    strict: bool = False

    def verdict(self, facts: Facts) -> Verdict:
        fact = facts[self.fact]
        if fact.low is not None and (fact.low > self.limit or (fact.low == self.limit and not self.strict)):
            return Verdict.MET
        if fact.high is not None and (fact.high < self.limit or (fact.high == self.limit and self.strict)):
            return Verdict.NOT_MET
        return Verdict.UNKNOWN


@frozen
class Is:
    """Met when the fact is one of these codes."""

    fact: str
    codes: tuple[str, ...]

    def verdict(self, facts: Facts) -> Verdict:
        code = facts[self.fact].code
        if code is None:
            return Verdict.UNKNOWN
        return Verdict.MET if code in self.codes else Verdict.NOT_MET


@frozen
class Every:
    """Met when all its rules are met; not met as soon as one is not."""

    rules: tuple["Rule", ...]

    def verdict(self, facts: Facts) -> Verdict:
        found = {rule.verdict(facts) for rule in self.rules}
        if Verdict.NOT_MET in found:
            return Verdict.NOT_MET
        return Verdict.UNKNOWN if Verdict.UNKNOWN in found else Verdict.MET


@frozen
class Some:
    """Met as soon as one of its rules is met; not met when all are not."""

    rules: tuple["Rule", ...]

    def verdict(self, facts: Facts) -> Verdict:
        found = {rule.verdict(facts) for rule in self.rules}
        if Verdict.MET in found:
            return Verdict.MET
        return Verdict.UNKNOWN if Verdict.UNKNOWN in found else Verdict.NOT_MET


Rule = AtLeast | Is | Every | Some


def facts_of(rule: Rule) -> tuple[str, ...]:
    """The names of the facts that `rule` reads, in the order in which it reads them."""
    if isinstance(rule, AtLeast | Is):
        return (rule.fact,)
    return tuple(dict.fromkeys(name for part in rule.rules for name in facts_of(part)))


class Chart(Protocol):
    """What a rule may read of one person: the answers on his forms, as typed values."""

    @property
    def index_date(self) -> date | None:
        """The day from which windows count: allocation if done, else the planned start, else None."""

    def value(self, form: str, item: str, visit: str | None = None) -> Value | None:
        """The answer, at `visit` or at the last visit that has one; None when absent or not yet entered."""

    def rows(self, form: str) -> tuple[Mapping[str, Value], ...]:
        """The rows of a log (drugs, doses), absent answers left out."""


class Undeclared(LookupError):
    """A derivation that looks at an answer which it does not declare: who may know its fact could not be told."""


@frozen
class _Declared:
    """A chart that shows a derivation what it declares, and nothing else."""

    derivation: "Derivation"
    chart: Chart

    @property
    def index_date(self) -> date | None:
        return self.chart.index_date

    def value(self, form: str, item: str, visit: str | None = None) -> Value | None:
        self._declared(form, f"{form}.{item}")
        return self.chart.value(form, item, visit)

    def rows(self, form: str) -> tuple[Mapping[str, Value], ...]:
        self._declared(form, form)
        return self.chart.rows(form)

    def _declared(self, form: str, place: str) -> None:
        if not {form, place} & set(self.derivation.reads or ()):
            raise Undeclared(f"the derivation {self.derivation.name} reads {place}, which it does not declare; add it to its reads")


@frozen(kw_only=True)
class Derivation:
    """How one fact comes out of a person's chart: a named function of the study or of a shelf, with its version.

    `reads` names all that the function may look at ("FORM.ITEM", or "FORM" for a whole log); `of` shows it nothing else. Where nothing
    is declared (None), the fact counts as hidden from everybody but the custodian.
    """

    name: str
    label: Text
    by: Callable[[Chart], Fact]
    version: str
    reads: tuple[str, ...] | None = None

    def of(self, chart: Chart) -> Fact:
        """The fact. Raises `Undeclared` when the function looks at what it does not declare."""
        return self.by(chart if self.reads is None else _Declared(self, chart))


@frozen(kw_only=True)
class Criterion:
    """An inclusion (or exclusion) criterion: its registered words, its executable rule and the version of the rule."""

    code: str
    text: Text
    rule: Rule
    version: str
    inclusion: bool = True
    note: Text | None = None


@frozen(kw_only=True)
class Watch:
    """What follows from the answers of one page (or one row of a log): a score, or a conclusion for the safety of the person.

    It is shown beside the page, also while it is typed, to those who may read every item on which it rests, so nobody learns from
    it more than he knows. `by` is given the answers that are present: those of the page by their items (`reads`), others
    (`elsewhere`, form and item) as "FORM.ITEM". Those others are the answers of the same visit; of baseline where it is the
    page's own form; of the one visit that asks a form which is asked once. `about` are the items without which there is
    nothing to say yet (any of `reads` when empty). `unit` and `decimals` are how a number is shown; `sdtm` is its annotation in
    the tabulation.
    """

    code: str
    form: str
    reads: tuple[str, ...]
    label: Text
    by: Callable[[Mapping[str, Value]], Fact]
    version: str
    elsewhere: tuple[tuple[str, str], ...] = ()
    about: tuple[str, ...] = ()
    unit: str = ""
    decimals: int = 0
    sdtm: str | None = None

    @property
    def items(self) -> tuple[tuple[str, str], ...]:
        """Form and item of every answer on which it rests."""
        return (*((self.form, item) for item in self.reads), *self.elsewhere)
