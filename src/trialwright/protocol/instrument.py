"""What every measure on the shelf declares: its items, how it is scored, where it comes from, and who owns its words."""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum

from attrs import frozen

from trialwright.protocol.text import Text


class Status(Enum):
    """Whether a score could be computed."""

    SCORED = "scored"
    INCOMPLETE = "incomplete"
    NOT_APPLICABLE = "not applicable"


@frozen(kw_only=True)
class Score:
    """A score or the reasons why there is none: nothing is ever imputed silently."""

    value: Decimal | None
    status: Status
    reasons: tuple[str, ...] = ()
    parts: Mapping[str, str] = {}


@frozen(kw_only=True)
class Instrument:
    """A measure: `version` names the exact scoring, `licence` says what may be shipped, `verified` whether its
    constants were read in the named source."""

    code: str
    name: Text
    version: str
    licence: str
    references: tuple[str, ...]
    verified: bool
    higher_is_worse: bool | None = None
    minimal_important_difference: str | None = None
