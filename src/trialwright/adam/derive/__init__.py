"""The verbs of the analysis: `with_*` adds a column, `plus_*` adds rows, `only_*` keeps rows."""

from trialwright.adam.derive.baseline import with_baseline, with_change
from trialwright.adam.derive.carry import plus_carried_forward
from trialwright.adam.derive.days import with_day, with_imputed_start
from trialwright.adam.derive.flags import only_treatment_emergent, with_criterion, with_treatment_emergent
from trialwright.adam.derive.windows import Window, visit_windows, with_analysis_record, with_windows

__all__ = [
    "Window",
    "only_treatment_emergent",
    "plus_carried_forward",
    "visit_windows",
    "with_analysis_record",
    "with_baseline",
    "with_change",
    "with_criterion",
    "with_day",
    "with_imputed_start",
    "with_treatment_emergent",
    "with_windows",
]
