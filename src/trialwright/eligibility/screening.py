"""Whether a person may join: each criterion decided, explained with its values, and what would settle an open one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property

from attrs import define, evolve, frozen

from trialwright.protocol import AtLeast, Chart, Criterion, Every, Fact, Is, Rule, Some, Study, Text, Verdict


@frozen(kw_only=True)
class Decision:
    """One criterion for one person.

    `fulfilled` is what counts for joining: an inclusion criterion met, or an exclusion criterion not met; None while
    unknown. `missing` are the items still to be answered; `settled_by` the facts of which one alone, whatever its
    answer, decides the criterion, and `may_settle` those of which one alone can.
    """

    criterion: Criterion
    verdict: Verdict
    because: Text
    facts: tuple[Fact, ...]
    versions: tuple[str, ...]
    missing: tuple[str, ...]
    settled_by: tuple[str, ...]
    may_settle: tuple[str, ...]

    @property
    def fulfilled(self) -> bool | None:
        if self.verdict is Verdict.UNKNOWN:
            return None
        return (self.verdict is Verdict.MET) == self.criterion.inclusion


@define(frozen=True, kw_only=True, slots=False)
class Screening:
    """All criteria for one person.

    `settled_by` are the facts of which one alone, whatever its answer, would decide whether the person may join, and
    `may_settle` those of which one alone can; both are empty once that is decided.
    """

    decisions: tuple[Decision, ...]
    settled_by: tuple[str, ...] = ()
    may_settle: tuple[str, ...] = ()

    @cached_property
    def eligible(self) -> bool | None:
        """True when every criterion is fulfilled, False as soon as one is not, None while one is unknown."""
        return _joins(decision.fulfilled for decision in self.decisions)

    @property
    def missing(self) -> tuple[str, ...]:
        """The items that are still to be answered, each once."""
        return tuple(dict.fromkeys(item for decision in self.decisions for item in decision.missing))


def screen(study: Study, chart: Chart) -> Screening:
    """Every criterion of `study` for the person of `chart`; pure, so the same chart always gives the same answer."""
    facts = {derivation.name: derivation.of(chart) for derivation in study.derivations}
    versions = {derivation.name: derivation.version for derivation in study.derivations}
    decisions = tuple(_decide(criterion, facts, versions) for criterion in study.criteria)
    outcomes = _whole_outcomes(decisions, facts)
    return Screening(
        decisions=decisions,
        settled_by=tuple(name for name, found in outcomes.items() if None not in found),
        may_settle=tuple(name for name, found in outcomes.items() if found != {None}),
    )


def _joins(fulfilled: Iterable[bool | None]) -> bool | None:
    """True when all is fulfilled, False as soon as one is not, None while one is unknown."""
    found = set(fulfilled)
    return False if False in found else None if None in found else True


def _whole_outcomes(decisions: Sequence[Decision], facts: Mapping[str, Fact]) -> dict[str, set[bool | None]]:
    """For each fact on which an open criterion rests: whether the person may join, by every answer to it."""
    if _joins(one.fulfilled for one in decisions) is not None:
        return {}
    names = dict.fromkeys(fact.name for one in decisions if one.fulfilled is None for fact in one.facts)
    return {
        name: {
            _joins(_fulfills(one.criterion, {**facts, name: answer}) for one in decisions)
            for decision in decisions
            for answer in _answers(decision.criterion.rule, facts[name])
        }
        for name in names
    }


def _fulfills(criterion: Criterion, facts: Mapping[str, Fact]) -> bool | None:
    verdict = criterion.rule.verdict(facts)
    return None if verdict is Verdict.UNKNOWN else (verdict is Verdict.MET) == criterion.inclusion


def _decide(criterion: Criterion, facts: Mapping[str, Fact], versions: Mapping[str, str]) -> Decision:
    verdict = criterion.rule.verdict(facts)
    names = tuple(dict.fromkeys(_grounds(criterion.rule, facts)))
    grounds = tuple(facts[name] for name in names)
    open_ = verdict is Verdict.UNKNOWN
    outcomes = {name: _outcomes(criterion.rule, name, facts) for name in names} if open_ else {}
    return Decision(
        criterion=criterion,
        verdict=verdict,
        because=Text("; ".join(fact.because.en for fact in grounds), "；".join(fact.because.zh for fact in grounds)),
        facts=grounds,
        versions=(criterion.version, *(f"{name}={versions[name]}" for name in names)),
        missing=tuple(dict.fromkeys(item for fact in grounds for item in fact.missing)) if open_ else (),
        settled_by=tuple(name for name, found in outcomes.items() if Verdict.UNKNOWN not in found),
        may_settle=tuple(name for name, found in outcomes.items() if found != {Verdict.UNKNOWN}),
    )


def _grounds(rule: Rule, facts: Mapping[str, Fact]) -> Iterator[str]:
    """The facts on which the verdict rests: of an "any of" that is met only what met it, and so on."""
    if isinstance(rule, AtLeast | Is):
        yield rule.fact
        return
    verdict = rule.verdict(facts)
    all_matter = Verdict.MET if isinstance(rule, Every) else Verdict.NOT_MET
    for part in rule.rules:
        if verdict is all_matter or part.verdict(facts) is verdict:
            yield from _grounds(part, facts)


def _outcomes(rule: Rule, name: str, facts: Mapping[str, Fact]) -> set[Verdict]:
    """The verdicts that are possible once the fact called `name` is known and everything else stays as it is."""
    return {rule.verdict({**facts, name: answer}) for answer in _answers(rule, facts[name])}


def _answers(rule: Rule, fact: Fact) -> Iterator[Fact]:
    """Answers on every side of every limit that `rule` sets for `fact`, within the bounds already known."""
    if isinstance(rule, Every | Some):
        for part in rule.rules:
            yield from _answers(part, fact)
    elif isinstance(rule, Is) and rule.fact == fact.name:
        yield from (evolve(fact, code=code) for code in (*rule.codes, "another answer"))
    elif isinstance(rule, AtLeast) and rule.fact == fact.name:
        for value in (rule.limit - 1, rule.limit, rule.limit + 1):
            within = max(value, fact.low if fact.low is not None else Decimal("-Infinity"))
            within = min(within, fact.high if fact.high is not None else Decimal("Infinity"))
            yield evolve(fact, low=within, high=within)
