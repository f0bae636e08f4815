"""Which drugs of the medication log the criteria of NCT06546540 are about; how they are counted is the house's rule."""

from trialwright.eligibility import exposure
from trialwright.eligibility.exposure import Family, History
from trialwright.protocol import Chart

MYCOPHENOLATE = exposure.MYCOPHENOLATE
CYCLOPHOSPHAMIDE = exposure.CYCLOPHOSPHAMIDE
STEROIDS = exposure.STEROIDS


def taken(chart: Chart, family: Family) -> History:
    """The history of the drugs of `family`; the log is complete when somebody says so at screening."""
    complete = chart.value("SKIN_HISTORY", "MEDCOMPL", "SCREENING") == "Y"
    return exposure.from_form(chart.rows("MEDICATIONS"), family, complete)
