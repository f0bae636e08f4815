"""The plan of the trial in the words of the tabulation: the periods of each arm, and how a data set about the plan is framed."""

from collections.abc import Iterable, Iterator, Mapping

import polars as pl
from attrs import frozen

from trialwright.protocol import Study
from trialwright.sdtm._domain.specification import Domain


@frozen(kw_only=True)
class Planned:
    """One period as planned for one arm."""

    arm: str
    order: int
    code: str
    name: str
    epoch: str


def element(study: Study, order: int, arm: str | None) -> tuple[str, str]:
    """Code and name of the period `order` (from 1); the one of treatment bears the arm, if it is known."""
    epoch = study.epochs[order - 1]
    if order != 2 or arm is None:
        return epoch.code[:4], epoch.name.en.capitalize()
    return f"TRT{arm}"[:8], f"{epoch.name.en.capitalize()}: {study.arm(arm).name.en}"[:40]


def planned(study: Study) -> Iterator[Planned]:
    """The periods of every arm, in their order."""
    for arm in study.arms:
        for order, epoch in enumerate(study.epochs, start=1):
            code, name = element(study, order, arm.code)
            yield Planned(arm=arm.code, order=order, code=code, name=name, epoch=epoch.code)


def designed(domain: Domain, study: Study, rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """The data set of these rows about the plan, sorted by its keys; it is about nobody, so nothing in the ledger stands behind it."""
    told = [{"STUDYID": study.code, "DOMAIN": domain.code, **row} for row in rows]
    columns = {name: [row.get(name) for row in told] for name in domain.names}
    return pl.DataFrame(columns, schema=domain.types).sort(domain.keys, maintain_order=True)
