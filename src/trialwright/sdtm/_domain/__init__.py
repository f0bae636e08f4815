"""What a tabulation domain is: its variables, the annotations that fill it, the people it is about, and its records."""

from trialwright.sdtm._domain import activity, lung, questionnaires
from trialwright.sdtm._domain.annotation import Target, targets
from trialwright.sdtm._domain.days import earliest, study_day
from trialwright.sdtm._domain.design import designed, element, planned
from trialwright.sdtm._domain.guide import SDTM, SDTMIG, guide, tabulated
from trialwright.sdtm._domain.methods import Method, scored
from trialwright.sdtm._domain.people import Element, Person, Visited
from trialwright.sdtm._domain.records import CODED, Given, Row, given, link, shortened, with_code
from trialwright.sdtm._domain.related import About, about
from trialwright.sdtm._domain.source import Source
from trialwright.sdtm._domain.specification import Domain, Variable, variables
from trialwright.sdtm._domain.terminology import (
    CT,
    Controlled,
    concept_of,
    controlled,
    name_in,
    name_of_test,
    published,
)

__all__ = [
    "About",
    "CODED",
    "CT",
    "Controlled",
    "Domain",
    "Element",
    "Given",
    "Method",
    "Person",
    "SDTM",
    "SDTMIG",
    "Row",
    "Source",
    "Target",
    "Variable",
    "Visited",
    "about",
    "activity",
    "concept_of",
    "controlled",
    "designed",
    "earliest",
    "element",
    "given",
    "guide",
    "link",
    "lung",
    "name_in",
    "name_of_test",
    "planned",
    "published",
    "questionnaires",
    "scored",
    "shortened",
    "study_day",
    "tabulated",
    "targets",
    "variables",
    "with_code",
]
