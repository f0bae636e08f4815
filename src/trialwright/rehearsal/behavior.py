"""How the virtual people of one study answer: what a study tells the rehearsal, and what the house does without being told."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from attrs import frozen

from trialwright.protocol import Absence, Audience, Form
from trialwright.protocol.dictionary import Dictionary
from trialwright.rehearsal.patients import Occasion

Entries = Mapping[str, str | Absence]


@frozen(kw_only=True)
class Update:
    """What becomes of a row later: at the first contact on or after `on`, `role` (or whoever filled the row) changes it."""

    on: date
    entries: Entries
    reason: str
    role: Audience | None = None


@frozen(kw_only=True)
class Row:
    """One row of a log, and what becomes of it."""

    entries: Entries
    updates: tuple[Update, ...] = ()


def _unknown_page(occasion: Occasion, form: Form) -> Entries | None:
    return None


def _unknown_rows(occasion: Occasion, form: Form) -> Sequence[Row] | None:
    return None


def _any_arm(occasion: Occasion, taken: Mapping[str, int], planned: int) -> tuple[str, str]:
    open_arms = [arm.code for arm in occasion.study.arms if taken.get(arm.code, 0) * len(occasion.study.arms) < planned]
    arms = open_arms or [arm.code for arm in occasion.study.arms]
    return occasion.dice("arm").choice(arms), "Decision of the treating physician with the patient"


@frozen(kw_only=True)
class Behavior:
    """How people answer. `Behavior()` knows nothing: then every page is filled from its definition.

    `page` gives the answers of a page at a visit (None: the house fills it; a required item that it leaves out is
    filled by the house, an optional one stays empty). `rows` gives the rows of a log that are written at this contact.
    `chooses` is the clinician who names the arm when the reading leaves it to him: (arm, why), with the number already
    in each arm and the number planned. `failing` are criteria, each of which one extra person is made to fail.
    `dictionaries` are invented ones with which the safety officer codes what these people report.
    """

    page: Callable[[Occasion, Form], Entries | None] = _unknown_page
    rows: Callable[[Occasion, Form], Sequence[Row] | None] = _unknown_rows
    chooses: Callable[[Occasion, Mapping[str, int], int], tuple[str, str]] = _any_arm
    failing: tuple[str, ...] = ()
    dictionaries: tuple[Dictionary, ...] = ()
