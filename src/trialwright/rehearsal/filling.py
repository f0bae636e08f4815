"""A plausible answer for any item, from its definition alone, so that a study can be rehearsed before anything is known of it."""

from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from trialwright.protocol import Absence, Form, Item, Kind
from trialwright.rehearsal.behavior import Entries
from trialwright.rehearsal.patients import Occasion

ABSENT = 0.02
"""Share of required items of a later visit for which the reason of their absence is given instead of a value."""


def completed(form: Form, given: Entries | None, occasion: Occasion) -> dict[str, str | Absence]:
    """All entries of a page: those `given`, then plausible ones for what is required and missing (all, if none given)."""
    entries: dict[str, str | Absence] = dict(given or {})
    waiting = [item for item in form.items if not item.retired]
    while waiting:
        ready = [item for item in waiting if item.shown is None or item.shown.item not in {one.code for one in waiting}]
        if not ready:
            return entries
        for item in ready:
            waiting.remove(item)
            if item.code not in entries and _asked(item, entries) and (item.required or given is None):
                entries[item.code] = _answer(item, form, occasion)
    return entries


def _asked(item: Item, entries: Entries) -> bool:
    present = {code: text for code, text in entries.items() if isinstance(text, str)}
    return item.shown is None or item.shown.holds(present)


def _answer(item: Item, form: Form, occasion: Occasion) -> str | Absence:
    dice = occasion.dice(form.code, item.code)
    if item.absences and occasion.study_day > 0 and dice.random() < ABSENT:
        return dice.choice(item.absences)
    return plausible(item, form, occasion)


def plausible(item: Item, form: Form, occasion: Occasion) -> str:
    """A value inside the usual range; each person keeps to a level of his own, with some noise from visit to visit."""
    dice = occasion.dice(form.code, item.code, "value")
    match item.kind:
        case Kind.INTEGER | Kind.DECIMAL:
            level = occasion.person.dice(form.code, item.code).uniform(0.15, 0.85)
            return number(item, min(1.0, max(0.0, level + dice.gauss(0, 0.05))))
        case Kind.CHOICE:
            return dice.choice(item.codelist.terms).code if item.codelist else ""
        case Kind.DATE if "BRTHDTC" in (item.sdtm or ""):
            return (occasion.day - timedelta(days=dice.randint(7000, 27000))).isoformat()
        case Kind.DATE | Kind.PARTIAL_DATE:
            return occasion.day.isoformat()
        case Kind.TEXT:
            return item.label.en[: item.longest]


def number(item: Item, share: float) -> str:
    """The number that lies at `share` (0 to 1) of the usual range of the item, with its decimals, and never outside it."""
    low = next((bound for bound in (item.usual_low, item.low) if bound is not None), Decimal(0))
    high = next((bound for bound in (item.usual_high, item.high) if bound is not None), low + 100)
    places = 0 if item.kind is Kind.INTEGER else 1 if item.decimals is None else item.decimals
    step = Decimal(1).scaleb(-places)
    low, high = low.quantize(step, ROUND_CEILING), high.quantize(step, ROUND_FLOOR)
    return str((low + (high - low) * Decimal(repr(share))).quantize(step))


def slip(item: Item, right: str) -> str | None:
    """A possible but wrong number, as a slip of the pen would leave it; None when there is no room for one."""
    if item.kind not in (Kind.INTEGER, Kind.DECIMAL):
        return None
    step = 1 if item.kind is Kind.INTEGER else max(Decimal(1).scaleb(-(item.decimals or 0)), abs(Decimal(right)) / 10)
    for wrong in (Decimal(right) + step, Decimal(right) - step):
        within = (item.low is None or wrong >= item.low) and (item.high is None or wrong <= item.high)
        if within:
            return str(wrong.quantize(Decimal(1).scaleb(-(item.decimals or 0) if item.kind is Kind.DECIMAL else 0)))
    return None
