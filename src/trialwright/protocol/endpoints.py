"""What the study wants to know (endpoints) and what exactly it estimates (estimands, ICH E9(R1))."""

from attrs import frozen

from trialwright.protocol.text import Text


@frozen(kw_only=True)
class IntercurrentEvent:
    """Something that happens after the start and changes what a measurement means, and the strategy chosen for it."""

    code: str
    event: Text
    strategy: str
    because: Text


@frozen(kw_only=True)
class Estimand:
    """Treatment, population, variable, intercurrent events and summary: the five attributes of ICH E9(R1)."""

    code: str
    treatment: Text
    population: Text
    variable: Text
    events: tuple[IntercurrentEvent, ...]
    summary: Text


@frozen(kw_only=True)
class Endpoint:
    """A measured outcome: which item or score of which form, at which visit, against which baseline visit.

    `at` is None for what a log collects throughout, such as adverse events. `windows` are the visits among whose
    analysis windows all assessments are shared out; none means every visit that asks the form.
    """

    code: str
    title: Text
    form: str
    measure: str
    at: str | None
    baseline: str | None
    change: bool = True
    primary: bool = False
    estimand: str | None = None
    higher_is_worse: bool | None = None
    windows: tuple[str, ...] = ()
