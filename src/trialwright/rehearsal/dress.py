"""The dress rehearsal of a study folder: virtual people to lock, then the package, the report and a checkpoint, as files."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import frozen

from trialwright.exchange.study_folder import module_of, study_in
from trialwright.protocol import Audience
from trialwright.rehearsal.behavior import Behavior
from trialwright.rehearsal.trial import dice, rehearse
from trialwright.report import write
from trialwright.report.delivery import Delivery
from trialwright.store import Kept, create, current_checkpoint, discard, open_trial

START = date(2024, 6, 10)
"""Where virtual time begins, so that the same seed gives the same bytes on any day."""

Telling = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]
"""Shows a person how far a step with this name has come."""


@frozen(kw_only=True)
class Dressed:
    """What a dress rehearsal left behind; `report` is None when the study has no report.py yet."""

    trial: Path
    checkpoint: Path
    package: Path
    report: Path | None
    counts: Mapping[str, int]


def behavior_in(folder: Path) -> Behavior:
    """How the study's virtual people answer; without a rehearsal.py, plausibly from its definition alone."""
    found = getattr(module_of(folder, "rehearsal"), "BEHAVIOR", None)
    return found if isinstance(found, Behavior) else Behavior()


def dress(folder: Path, out: Path, telling: Telling, *, seed: int = 1, subjects: int = 0, reading: str = "") -> Dressed:
    """Rehearses the study of `folder` into `out` (`subjects` 0: as many as planned). Raises `StoreError` if `out` holds a trial."""
    study = study_in(folder, reading)
    with _whole_or_none(create(out / "trial.db", study, dice(seed), virtual=True)) as kept, telling("rehearsing") as told:
        done = rehearse(study, behavior_in(folder), kept.gate, seed=seed, subjects=subjects or study.planned, start=START, progress=told)
    report: Any = getattr(module_of(folder, "report"), "REPORT", None)
    kept = open_trial(out / "trial.db", study)
    try:
        with telling("writing package and report"):
            book = kept.gate.casebook(Audience.STATISTICIAN)
            made = None if report is None else write(report, study, book, out / "report.html", virtual=True)
            delivery = Delivery.behind(made, virtual=True) if made else Delivery.of(study, book, virtual=True)
            delivery.write(out / "package")
    finally:
        kept.close()
    (out / "checkpoint.txt").write_text(current_checkpoint(out / "trial.db"), encoding="utf-8")
    return Dressed(trial=out / "trial.db", checkpoint=out / "checkpoint.txt", package=out / "package",
                   report=None if report is None else out / "report.html", counts=done.counts)  # fmt: skip


def begin(folder: Path, db: Path, telling: Telling, now: datetime) -> None:
    """A trial in the middle of its life, with virtual people, to try the application on: the rehearsal, stopped at `now`."""
    study = study_in(folder)
    with _whole_or_none(create(db, study, virtual=True)) as kept, telling("preparing a trial in progress") as told:
        rehearse(study, behavior_in(folder), kept.gate, seed=2, subjects=study.planned, start=now.date() - timedelta(weeks=26), until=now, progress=told)


@contextmanager
def _whole_or_none(kept: Kept) -> Iterator[Kept]:
    """A trial that is being made: closed afterwards, and taken away again, key and all, when it could not be finished."""
    try:
        yield kept
    except BaseException:
        kept.close()
        discard(kept.at)
        raise
    kept.close()
