"""Trial disease assessments: how often the plan looks at the disease, by the form of the primary endpoint."""

from collections.abc import Iterator
from itertools import groupby, pairwise

import polars as pl

from trialwright.protocol import Study, Visit
from trialwright.sdtm._domain import designed, tabulated

SPEC = tabulated("TD", "STUDYID TDORDER")
ANCHOR = "RFSTDTC"


def rows(study: Study) -> pl.DataFrame:
    """One record for each stretch of visits that lie equally far apart with equal windows; days count from the reference day."""
    form = next((one.form for one in study.endpoints if one.primary), None)
    visits = sorted((one for one in study.visits if form in one.forms and one.day >= 0), key=lambda one: one.day)
    return designed(SPEC, study, list(_stretches(visits)))


def _stretches(visits: list[Visit]) -> Iterator[dict[str, object]]:
    steps = [(after.day - before.day, after.early, after.late, before.day) for before, after in pairwise(visits)]
    for order, (kind, group) in enumerate(groupby(steps, key=lambda step: step[:3]), start=1):
        apart, early, late = kind
        stretch = list(group)
        yield {
            "TDORDER": order,
            "TDANCVAR": ANCHOR,
            "TDSTOFF": f"P{stretch[0][3]}D",
            "TDTGTPAI": f"P{apart}D",
            "TDMINPAI": f"P{apart - early}D",
            "TDMAXPAI": f"P{apart + late}D",
            "TDNUMRPT": len(stretch),
        }
