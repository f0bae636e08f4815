"""Takes SDTM data sets into a trial; a new trial comes into its place only when all of it was taken in."""

import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from datetime import datetime
from pathlib import Path

from trialwright.blinding import Actor
from trialwright.exchange.datasets import Dataset
from trialwright.exchange.sdtm_import import Imported, import_sdtm, preview
from trialwright.exchange.sdtm_mapping import SdtmMapping
from trialwright.protocol import Audience, Study
from trialwright.record import BreakCode, Lock, SignOff
from trialwright.store import Address, Kept, create, exists, move, open_trial

Telling = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]
"""Shows a person how far a step with this name has come."""
Datasets = Mapping[str, Dataset]
ACCOUNT = "import"


def take_in(at: Address, study: Study, mapping: SdtmMapping, datasets: Datasets, *, now: datetime, reason: str, telling: Telling) -> Imported:
    """Imports into the trial at `at`, made when there is none. Raises `Unimportable` or `StoreError`; then nothing is left behind."""
    if exists(at):
        with closing(open_trial(at, study)) as kept:
            return _import(kept, mapping, datasets, now, reason, telling)
    with tempfile.TemporaryDirectory() as folder:
        with closing(create(Path(folder) / "trial.db", study)) as kept:
            done = _import(kept, mapping, datasets, now, reason, telling)
        move(kept.at, at)
        return done


def _import(kept: Kept, mapping: SdtmMapping, datasets: Datasets, now: datetime, reason: str, telling: Telling) -> Imported:
    with telling("importing") as told:
        return import_sdtm(kept.gate, mapping, datasets, by=ACCOUNT, at=now, reason=reason, progress=told)


def foresee(at: Address, study: Study, mapping: SdtmMapping, datasets: Datasets) -> Imported:
    """What `take_in` would do; the trial is only read, and need not exist. Raises as `take_in` would."""
    with tempfile.TemporaryDirectory() as folder:
        there = open_trial(at, study, writes=False) if exists(at) else create(Path(folder) / "preview.db", study)
        with closing(there) as kept:
            return preview(kept.gate, mapping, datasets)


def finish(at: Address, study: Study, now: datetime) -> bool:
    """Locks a trial that ended elsewhere and opens its arms to the statistician; False when it was locked already."""
    who = Actor(name=ACCOUNT, role=Audience.DATA_MANAGER)
    with closing(open_trial(at, study)) as kept:
        if kept.gate.casebook(who.role).locked:
            return False
        opening = BreakCode(to=Audience.STATISTICIAN, second="custodian", because="the trial ended before it was imported")
        kept.gate.do(Actor(name=ACCOUNT, role=Audience.INVESTIGATOR), SignOff(meaning="ready to lock"), now)
        kept.gate.do_all(who, (Lock(), opening), now)
        return True
