"""Trial elements: each period, and the rule by which it begins."""

import polars as pl

from trialwright.protocol import Study
from trialwright.sdtm._domain import designed, planned, tabulated

SPEC = tabulated("TE", "ETCD")


def rows(study: Study) -> pl.DataFrame:
    """One record for each period; a period ends where the next begins, the last with the end of follow-up."""
    found = {one.code: one for one in planned(study)}
    last = len(study.epochs)
    told = [
        {
            "ETCD": one.code,
            "ELEMENT": one.name,
            "TESTRL": _begins(one.order),
            "TEENRL": "End of follow-up" if one.order == last else _begins(one.order + 1),
        }
        for one in found.values()
    ]
    return designed(SPEC, study, told)


def _begins(order: int) -> str:
    return {1: "Informed consent", 2: "Reference day: enrollment and allocation"}.get(
        order, "First visit of the period"
    )
