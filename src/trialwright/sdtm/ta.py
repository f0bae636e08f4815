"""Trial arms: the periods of each arm as planned."""

import polars as pl

from trialwright.protocol import Study
from trialwright.sdtm._domain import designed, planned, tabulated

SPEC = tabulated("TA", "ARMCD TAETORD")


def rows(study: Study) -> pl.DataFrame:
    """One record for each period of each arm; after the first period people come into their arm by the method of the reading."""
    told = [
        {
            "ARMCD": one.arm,
            "ARM": study.arm(one.arm).name.en,
            "TAETORD": one.order,
            "ETCD": one.code,
            "ELEMENT": one.name,
            "TABRANCH": f"Allocated to {study.arm(one.arm).name.en} ({study.chosen.method.value})"
            if one.order == 1
            else None,
            "EPOCH": one.epoch,
        }
        for one in planned(study)
    ]
    return designed(SPEC, study, told)
