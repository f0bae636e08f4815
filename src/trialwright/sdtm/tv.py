"""Trial visits: the planned visits with their days and windows."""

import polars as pl

from trialwright.protocol import Study
from trialwright.sdtm._domain import designed, tabulated

SPEC = tabulated("TV", "VISITNUM")


def rows(study: Study) -> pl.DataFrame:
    """One record for each visit; the grid is the same for every arm, so ARMCD is empty."""
    told = [
        {
            "VISITNUM": visit.number,
            "VISIT": visit.name.en.upper(),
            "VISITDY": visit.day + 1 if visit.day >= 0 else visit.day,
            "TVSTRL": f"Day {visit.first_day} to {visit.last_day} from the reference day (day 0)",
        }
        for visit in study.visits
    ]
    return designed(SPEC, study, told)
