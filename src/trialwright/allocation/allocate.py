"""Bringing an enrolled subject into an arm, by the method of the reading under which the study runs."""

from typing import ClassVar

from attrs import frozen

from trialwright.allocation.blocks import sequence
from trialwright.allocation.minimization import minimized
from trialwright.protocol import TREATING, Audience, Method, Rule, Study, Text, Verdict, facts_of
from trialwright.record import Act, Casebook, Events, Subject, SubjectChart, refusal
from trialwright.record.commands import known, only, unlocked, worded
from trialwright.record.events import Allocated, SequenceSealed

METHOD_NAMES = {
    Method.BY_CLINICIAN: Text("clinician's choice", "医师选择"),
    Method.BY_RESPONSE: Text("earlier response", "既往反应"),
    Method.RANDOMIZED: Text("sealed random list", "封存的随机序列"),
}


@frozen(kw_only=True)
class Allocate:
    """Allocate a subject. The clinician names the arm and says why; by response and at random nobody names it.

    Decided on the custodian's view, for the list is his; what follows is told to those who treat, never to the blind.
    """

    acts_as: ClassVar[Audience | None] = Audience.CUSTODIAN
    subject: str
    arm: str | None = None
    because: str = ""

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, Audience.PHYSICIAN | Audience.INVESTIGATOR)
        subject = known(book, self.subject)
        if subject.index_date is None:
            raise refusal("not-enrolled", subject=self.subject)
        if subject.allocated:
            raise refusal("already", when=act.day_of(subject.allocated.at))
        method = act.study.chosen.method
        if self.arm is not None and method is not Method.BY_CLINICIAN:
            raise refusal("wrong-method", reading=act.study.reading, method=METHOD_NAMES[method])
        arm, because = _decided(self, subject, book, act)
        stratum = stratum_of(subject, act) if method is Method.RANDOMIZED else ""
        return (Allocated(label=told_to(act.study), subject=self.subject, arm=arm, method=method.value, because=because, stratum=stratum),)


def told_to(study: Study) -> Audience:
    """Who may read an arm: those who treat, as far as the study does not blind them too."""
    return TREATING & ~study.blinded


def _decided(command: Allocate, subject: Subject, book: Casebook, act: Act) -> tuple[str, str]:
    """The arm and the evidence for it."""
    match act.study.chosen.method:
        case Method.BY_CLINICIAN:
            codes = [arm.code for arm in act.study.arms]
            if command.arm not in codes:
                raise refusal("no-arm", arm=command.arm or "—", arms=", ".join(codes))
            return command.arm, worded(command.because)
        case Method.BY_RESPONSE:
            return _by_response(subject, act)
        case Method.RANDOMIZED:
            return _at_random(subject, book, act)


def _by_response(subject: Subject, act: Act) -> tuple[str, str]:
    reading = act.study.chosen
    assert reading.rule is not None, "the coherence check demands a rule for allocation by response"
    verdict, because = _verdict(reading.rule, subject, act)
    return reading.if_met if verdict is Verdict.MET else reading.if_not, because.en[:500]


def _verdict(rule: Rule, subject: Subject, act: Act) -> tuple[Verdict, Text]:
    """What a rule says of a subject, and why; refused while it is unknown."""
    chart, wanted = SubjectChart(act.study, subject), facts_of(rule)
    facts = {one.name: one.of(chart) for one in act.study.derivations if one.name in wanted}
    because = Text("; ".join(facts[name].because.en for name in wanted), "；".join(facts[name].because.zh for name in wanted))
    verdict = rule.verdict(facts)
    if verdict is Verdict.UNKNOWN:
        raise refusal("unknown-evidence", because=because)
    return verdict, because


def stratum_of(subject: Subject, act: Act) -> str:
    """One letter for each factor of the reading: Y where its rule is met. Refused while one is unknown."""
    return "".join("Y" if _verdict(rule, subject, act)[0] is Verdict.MET else "N" for rule in act.study.chosen.factors)


def _at_random(subject: Subject, book: Casebook, act: Act) -> tuple[str, str]:
    """The next place of the list of the subject's stratum; or, where the reading has a coin, the minimized arm."""
    sealed = next((entry.event for entry in book.entries() if isinstance(entry.event, SequenceSealed) and entry.event.seed), None)
    if sealed is None:
        raise refusal("no-list")
    study, reading, stratum = act.study, act.study.chosen, stratum_of(subject, act)
    earlier = [(event.arm, event.stratum) for one in book.subjects if one.allocated and isinstance(event := one.allocated.event, Allocated)]
    if reading.coin is not None:
        arm = minimized([one.code for one in study.arms], earlier, stratum, reading.coin, sealed.seed)
        return arm, f"minimization, step {len(earlier) + 1} after the seed {sealed.commitment[:16]}, stratum {stratum}"
    place = sum(told == stratum for _, told in earlier)
    list_of = f", stratum {stratum}" if stratum else ""
    return sequence(study, reading, sealed.seed, place + 1, stratum)[place], f"place {place + 1} of the list {sealed.commitment[:16]}{list_of}"
