"""What reference values ask of each person: birth date, sex, group and height, with the entries that told them."""

from collections.abc import Mapping
from datetime import date

from attrs import frozen

from trialwright.sdtm._domain.people import Person, Plan
from trialwright.sdtm._domain.records import given

Told = tuple[str, str]
"""An answer and the name of the entry that gave it."""


@frozen(kw_only=True)
class Body:
    """Birth date, sex (F or M) and the group of older equations, as far as they are known."""

    born: date | None = None
    sex: str | None = None
    group: str | None = None
    refs: tuple[str, ...] = ()


def body(person: Person, dm: Plan, supplement: Plan) -> Body:
    """What is known of one person; `dm` and `supplement` are the plans of DM and SUPPDM."""
    told: dict[str, Told] = {}
    for plan, wanted in ((dm, ("BRTHDTC", "SEX")), (supplement, ("GLIGROUP",))):
        for page in person.subject.pages.values():
            for one in given(page, plan.get(page.place[1], ())):
                name = dict(one.target.where).get("QNAM", one.target.variable)
                if name in wanted and one.value is not None:
                    told[name] = (one.value, one.ref)
    born, sex, group = (told.get(name, ("", ""))[0] for name in ("BRTHDTC", "SEX", "GLIGROUP"))
    whole = date.fromisoformat(born) if len(born) >= 10 else None
    refs = tuple(ref for _, ref in told.values())
    return Body(born=whole, sex=sex if sex in ("F", "M") else None, group=group or None, refs=refs)


def heights(person: Person, plan: Plan, lung: Plan) -> Mapping[str, Told]:
    """Height in cm by visit, that of a lung page first, and ("") the last known one; `plan` is that of VS, `lung` that of RE."""
    found: dict[str, Told] = {}
    for page in person.subject.pages.values():
        for one in given(page, plan.get(page.place[1], ())):
            if ("VSTESTCD", "HEIGHT") in one.target.where and one.value is not None:
                if page.place[1] in lung or page.place[0] not in found:
                    found[page.place[0]] = (one.value, one.ref)
                found[""] = (one.value, one.ref)
    return found
