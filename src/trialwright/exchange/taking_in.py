"""Takes SDTM data sets into a trial file; a file that was made for an import that fails is taken away again."""

import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from trialwright.blinding import Actor
from trialwright.exchange.datasets import Dataset
from trialwright.exchange.sdtm_import import Imported, import_sdtm, preview
from trialwright.exchange.sdtm_mapping import SdtmMapping
from trialwright.protocol import Audience, Study
from trialwright.record import BreakCode, Lock, SignOff
from trialwright.store import create, key_path, open_trial

Telling = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]
"""Shows a person how far a step with this name has come."""
Datasets = Mapping[str, Dataset]
ACCOUNT = "import"


def take_in(path: Path, study: Study, mapping: SdtmMapping, datasets: Datasets, *, at: datetime, reason: str, telling: Telling) -> Imported:
    """Imports into the trial file `path`, made when there is none. Raises `Unimportable` or `StoreError`; then nothing is left behind."""
    fresh = not path.exists()
    kept = create(path, study) if fresh else open_trial(path, study)
    try:
        with telling("importing") as told:
            done = import_sdtm(kept.gate, mapping, datasets, by=ACCOUNT, at=at, reason=reason, progress=told)
    except BaseException:
        kept.close()
        for leftover in (path, key_path(path)) if fresh else ():
            leftover.unlink(missing_ok=True)
        raise
    kept.close()
    return done


def foresee(path: Path, study: Study, mapping: SdtmMapping, datasets: Datasets) -> Imported:
    """What `take_in` would do; `path` is only read, and need not exist. Raises as `take_in` would."""
    with tempfile.TemporaryDirectory() as folder:
        kept = open_trial(path, study) if path.exists() else create(Path(folder) / "preview.db", study)
        try:
            return preview(kept.gate, mapping, datasets)
        finally:
            kept.close()


def finish(path: Path, study: Study, at: datetime) -> bool:
    """Locks a trial that ended elsewhere and opens its arms to the statistician; False when it was locked already."""
    who = Actor(name=ACCOUNT, role=Audience.DATA_MANAGER)
    kept = open_trial(path, study)
    try:
        if kept.gate.casebook(who.role).locked:
            return False
        opening = BreakCode(to=Audience.STATISTICIAN, second="custodian", because="the trial ended before it was imported")
        kept.gate.do(Actor(name=ACCOUNT, role=Audience.INVESTIGATOR), SignOff(meaning="ready to lock"), at)
        kept.gate.do_all(who, (Lock(), opening), at)
        return True
    finally:
        kept.close()
