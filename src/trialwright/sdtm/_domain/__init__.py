"""What a tabulation domain is: its variables, the annotations that fill it, the people it is about, and its records."""

from trialwright.sdtm._domain import activity, lung, questionnaires
from trialwright.sdtm._domain.annotation import Target, targets
from trialwright.sdtm._domain.days import earliest, study_day
from trialwright.sdtm._domain.design import designed, element, planned
from trialwright.sdtm._domain.people import Element, Person, Visited
from trialwright.sdtm._domain.records import Given, Row, given
from trialwright.sdtm._domain.source import Source
from trialwright.sdtm._domain.specification import Domain, Variable, variables

__all__ = [
    "Domain",
    "Element",
    "Given",
    "Person",
    "Row",
    "Source",
    "Target",
    "Variable",
    "Visited",
    "activity",
    "designed",
    "earliest",
    "element",
    "given",
    "lung",
    "planned",
    "questionnaires",
    "study_day",
    "targets",
    "variables",
]
