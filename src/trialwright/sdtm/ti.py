"""Trial criteria: what a person must meet to take part."""

import polars as pl

from trialwright.protocol import Study
from trialwright.sdtm._domain import designed, tabulated

SPEC = tabulated("TI", "IETESTCD")


def rows(study: Study) -> pl.DataFrame:
    """One record for each criterion, in its registered words, with the version of its rule."""
    told = [
        {
            "IETESTCD": criterion.code[:8],
            "IETEST": criterion.text.en[:200],
            "IECAT": "INCLUSION" if criterion.inclusion else "EXCLUSION",
            "TIVERS": criterion.version,
        }
        for criterion in study.criteria
    ]
    return designed(SPEC, study, told)
