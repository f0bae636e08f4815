"""What the study wants to know (endpoints), what exactly it estimates (estimands, ICH E9(R1)), and by which analyses."""

from decimal import Decimal
from enum import Enum

from attrs import frozen

from trialwright.protocol.text import Text

STRATEGIES = {
    "treatment policy": Text("the value counts as it was observed, whatever happened", "无论发生何事，均按观察值计入"),
    "composite": Text("the event itself counts as failure", "该事件本身计为失败"),
    "hypothetical": Text("values after the event are set aside, as if it had not happened", "事件后的数值不采用，视同事件未发生"),
    "while alive": Text("values until the event count", "事件之前的数值计入"),
    "left out": Text("patients with the event are left out", "剔除发生该事件的受试者"),
    "last observation carried forward": Text("the last value before stands in", "以之前最后一次数值代替"),
}
"""What can be done about an intercurrent event, and what it means; "left out" is for sensitivity analyses alone."""

PURPOSES = ("primary", "sensitivity", "supplementary", "descriptive")


class SignKind(Enum):
    """In what a record shows that an intercurrent event has happened."""

    DEATH = "death"
    TREATMENT_ENDED = "the treatment period ended early"
    DOSE_MISSED = "a planned dose was not given"
    DRUG_BEGUN = "one of the drugs named was begun that was not taken at the start"
    DRUG_CHANGED = "the dose of one of the drugs named was changed, or it was stopped"
    STEROID_ABOVE = "systemic steroids rose above the limit, in mg of prednisone a day"
    ARM_LEARNED = "the evaluator names one of these reasons for a guess, or reports that he may have learned the arm in one of these ways"


@frozen(kw_only=True)
class Sign:
    """How an intercurrent event is found in the record: by what kind of entry, among which terms, above which limit.

    A term fits when it stands within the name of the drug as recorded, whatever the case of its letters.
    """

    kind: SignKind
    terms: tuple[str, ...] = ()
    above: Decimal | None = None


@frozen(kw_only=True)
class IntercurrentEvent:
    """Something that happens after the start and changes what a measurement means, and the strategy chosen for it."""

    code: str
    event: Text
    strategy: str
    because: Text
    signs: tuple[Sign, ...] = ()


@frozen(kw_only=True)
class Estimand:
    """Treatment, population, variable, intercurrent events and summary: the five attributes of ICH E9(R1).

    `failure` is the change that a failed patient (composite strategy) has where means are compared, in the direction
    that is worse; his own change counts where it is worse still.
    """

    code: str
    treatment: Text
    population: Text
    variable: Text
    events: tuple[IntercurrentEvent, ...]
    summary: Text
    failure: Decimal | None = None


@frozen(kw_only=True)
class StatisticalMethod:
    """A method of analysis: its code, its name, and in a sentence what it does and rests on."""

    code: str
    title: Text
    words: Text


@frozen(kw_only=True)
class PlannedAnalysis:
    """One analysis of an endpoint, planned before the arms are open: which method, to what purpose, on whom.

    `purpose` is one of `PURPOSES`; `population` the flag of the analysis set. `instead` names the events that this
    analysis treats otherwise than the estimand does, with the strategy. `settings` are what the method asks for by
    name. `readings` are those of the allocation under which it is done; none means all.
    """

    code: str
    method: str
    purpose: str
    title: Text | None = None
    population: str = "FASFL"
    instead: tuple[tuple[str, str], ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    readings: tuple[str, ...] = ()

    def setting(self, name: str, usual: str = "") -> str:
        """What was set under this name, or `usual`."""
        return dict(self.settings).get(name, usual)


@frozen(kw_only=True)
class Endpoint:
    """A measured outcome: which item or score of which form, at which visit, against which baseline visit.

    `at` is None for what a log collects throughout, such as adverse events. `windows` are the visits among whose
    analysis windows all assessments are shared out; none means every visit that asks the form. `analyses` are all
    that will be done with it. A primary endpoint names its estimand, but for one that is collected throughout and
    only described, as safety is.
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
    analyses: tuple[PlannedAnalysis, ...] = ()
