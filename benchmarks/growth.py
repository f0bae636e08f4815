"""How the way from the trial file to the package grows with the number of people. `python benchmarks/growth.py [STUDY] [--people 20,200,2000,10000]`.

A rehearsal of 20 people is written to a trial file as many times over as it takes, each copy under names of its own, by the ledger's own hand: every
line hangs on the one before. Each size is opened, verified, folded, tabulated, analyzed and written in a process of its own. Seconds are those of the
processor. The last column says how much longer one person takes than at the size before: 1.0 is linear.
"""

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

from attrs import evolve

from trialwright import adam, sdtm
from trialwright.blinding import Gate
from trialwright.exchange.study_folder import study_in
from trialwright.protocol import Audience, Study
from trialwright.record.events import Happened
from trialwright.record.ledger import Ledger
from trialwright.record.wire import Stamp
from trialwright.rehearsal.dress import behavior_in
from trialwright.rehearsal.trial import dice, rehearse
from trialwright.report.delivery import Delivery
from trialwright.store import create, open_trial
from trialwright.store.opening import opened

REHEARSED = 20
STEPS = ("open", "SDTM", "ADaM", "files")
Told = tuple[Happened, Stamp]


def rehearsed(study: Study, folder: Path) -> list[Told]:
    """Everything that happened in a rehearsal of 20 people, kept nowhere."""
    ledger = Ledger("growth")
    rehearse(study, behavior_in(folder), Gate(study, ledger, lambda lines: None, dice(1)), seed=1, subjects=REHEARSED, start=date(2024, 6, 10))
    return [(one.event, Stamp(page=one.page, at=one.at, by=one.by, role=one.role)) for one in ledger]


def multiplied(happened: list[Told], times: int) -> Iterator[Told]:
    """Each event once for every copy of its subject, the copies of one after the other; what concerns the study once."""
    for event, stamp in happened:
        yield event, stamp
        for copy in range(2, times + 1) if event.subject else ():
            yield evolve(event, subject=f"{event.subject}x{copy}"), evolve(stamp, page=f"{stamp.page}x{copy}")


def filled(study: Study, folder: Path, at: Path, people: int) -> int:
    """Writes a trial file with that many people; gives the number of entries."""
    kept = create(at, study, dice(1), virtual=True)
    kept.close()
    keeper = opened(at, writes=True)
    ledger, draw, count, batch = Ledger(keeper.about()["origin"]), random.Random(1).randbytes, 0, list[Told]()

    def save() -> None:
        lines = ledger.prepare(batch, draw)
        keeper.append(lines)
        ledger.accept(lines, ())
        batch.clear()

    for told in multiplied(rehearsed(study, folder), people // REHEARSED):
        batch.append(told)
        count += 1
        if len(batch) == 20_000:
            save()
    save()
    keeper.close()
    return count


def measured(folder: Path, at: Path, out: Path, answers: "multiprocessing.Queue[tuple[list[float], float]]") -> None:
    """Processor seconds of each step from the file to the package, and the peak of memory (MiB)."""
    study, marks = study_in(folder), [time.process_time()]
    kept = open_trial(at, study, writes=False)
    book = kept.gate.casebook(Audience.STATISTICIAN)
    marks.append(time.process_time())
    tabulated = sdtm.build(study, book)
    marks.append(time.process_time())
    analyzed = adam.build(study, tabulated)
    marks.append(time.process_time())
    Delivery(study=study, book=book, tabulated=tabulated, analyzed=analyzed).write(out)
    marks.append(time.process_time())
    kept.close()
    answers.put(([after - before for before, after in pairwise(marks)], peak()))


def peak() -> float:
    """MiB that this process held at most. Linux alone; elsewhere nan."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return float("nan")
    return int(next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:"))) / 1024


def main(folder: Path, sizes: list[int]) -> None:
    context, study, before = multiprocessing.get_context("spawn"), study_in(folder), 0.0
    print(f"{study.code}, {os.cpu_count()} cores; processor seconds")
    steps_named = " ".join(f"{step:>8}" for step in STEPS)
    print(f"{'people':>7} {'entries':>10} {steps_named} {'together':>9} {'a person':>10} {'MiB':>7} {'ratio':>6}", flush=True)
    for people in sizes:
        with tempfile.TemporaryDirectory() as place:
            entries = filled(study, folder, Path(place) / "trial.db", people)
            answers: multiprocessing.Queue[tuple[list[float], float]] = context.Queue()
            process = context.Process(target=measured, args=(folder, Path(place) / "trial.db", Path(place) / "package", answers))
            process.start()
            steps, memory = answers.get()
            process.join()
        each = sum(steps) / people
        ratio = f"{each / before:.2f}" if before else ""
        print(f"{people:>7,} {entries:>10,} " + " ".join(f"{one:>8.2f}" for one in steps)
              + f" {sum(steps):>9.2f} {each * 1000:>7.1f} ms {memory:>7,.0f} {ratio:>6}", flush=True)  # fmt: skip
        before = each


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("study", nargs="?", type=Path, default=Path("studies/telitacicept_ssc"))
    asked.add_argument("--people", default="20,200,2000,10000", help=f"sizes, multiples of {REHEARSED}")
    given = asked.parse_args()
    numbers = [int(one) for one in given.people.split(",")]
    if any(number < REHEARSED or number % REHEARSED for number in numbers):
        sys.exit(f"The people come in copies of a rehearsal of {REHEARSED}: name multiples of {REHEARSED}.")
    main(given.study, numbers)
