"""Compiles the loops for many trials once, so that nobody who simulates waits for it later."""

import numpy as np

from trialwright.statistics.batch_ancova import batch_ancova
from trialwright.statistics.batch_mmrm import batch_mmrm
from trialwright.statistics.batch_permutation import batch_permutation
from trialwright.statistics.batches import is_compiled
from trialwright.statistics.mmrm import mmrm

_VISIT_1 = (0.3, 1.1, 0.2, 1.4, 2.2, 2.1, 0.9, 1.8)
_VISIT_2 = (1.2, 0.4, 2.1, 1.9, 3.7, 0.3, 1.6, 2.9)


def warm_up() -> bool:
    """Compile all that the compiled engine needs; the next program finds it on the disk. False, at once, without numba.

    About half a minute of the processor the first time after an installation or a change, two seconds later.

    >>> is_compiled("auto") or warm_up()
    True
    """
    if not is_compiled("auto"):
        return False
    trial = np.array([_VISIT_1, _VISIT_2]).T
    gaps = trial.copy()
    gaps[0, 0] = gaps[7, 1] = np.nan
    arm = [0, 1] * 4
    batch_mmrm([trial, gaps], arm, engine="compiled")
    columns = [("mean", [1.0] * 16), ("visit", [0.0, 1.0] * 8)]
    mmrm(trial.ravel(), np.repeat(np.arange(8), 2), [1, 2] * 8, columns, visits=(1, 2), engine="compiled")
    batch_ancova([_VISIT_1], arm, [_VISIT_2], engine="compiled")
    batch_permutation(np.array([[3, 1, 2, 2, 3, 1, 0, 4]]), arm, engine="compiled")
    return True
