"""How fast the house is, beside a named peer in the same run. `python3 start.py bench [NAME ...] [--deep]`; it is no timed test."""

import gc
import hashlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from attrs import evolve

from trialwright.protocol import SITE, Audience, Form, Item, Kind, Study, one_section, same
from trialwright.record import Answer, OpenStudy
from trialwright.store import create, examine, open_trial
from trialwright.store.engine import sqlite
from trialwright.testing import START, actor, enrolled, in_memory, seeded, tiny_study


def wide_study(items: int = 40) -> Study:
    """The tiny study with one page of 40 items for the coordinator."""
    study = tiny_study()
    page = Form(code="WIDE", title=same("wide"), entered_by=Audience.COORDINATOR, sections=one_section(same("wide"), [
        Item(code=f"I{n}", label=same(f"item {n}"), kind=Kind.INTEGER, audience=SITE, low=Decimal(0), high=Decimal(9999)) for n in range(items)]))  # fmt: skip
    visits = tuple(evolve(visit, forms=(*visit.forms, "WIDE")) for visit in study.visits)
    return evolve(study, forms=(*study.forms, page), visits=visits)


def timed(work: Callable[[int], object], times: int) -> list[float]:
    """Milliseconds of each of `times` calls."""
    told = []
    for number in range(times):
        begun = time.perf_counter()
        work(number)
        told.append((time.perf_counter() - begun) * 1000)
    return told


def line(what: str, figure: str, beside: str = "") -> None:
    print(f"{what:<52} {figure:<30} {beside}", flush=True)


def save_page(folder: Path) -> None:
    """Median of a durable save of a 40-item page with its audit trail; the peer is the bare SQLite transaction of the same bytes."""
    kept = create(folder / "save.db", wide_study(), seeded(1))
    for number in range(50):
        enrolled(kept.gate, f"S{number}")
    who = actor(Audience.COORDINATOR)

    def save(number: int) -> None:
        entries = {f"I{n}": str(number + n) for n in range(40)}
        place = ("BASE", "W4", "W8", "W12")[number // 50]
        kept.gate.do(who, Answer(subject=f"S{number % 50}", visit=place, form="WIDE", entries=entries), START)

    ours = timed(save, 200)
    kept.close()
    peer = sqlite.connect(str(folder / "peer.db"), isolation_level=None)
    peer.execute("PRAGMA journal_mode=WAL")
    peer.execute("PRAGMA synchronous=FULL")
    peer.execute("CREATE TABLE audit (id INTEGER PRIMARY KEY, body TEXT)")

    def bare(number: int) -> None:
        peer.execute("BEGIN IMMEDIATE")
        peer.executemany("INSERT INTO audit (body) VALUES (?)", [(json.dumps({"item": n, "value": number + n, "at": str(START)}),) for n in range(40)])
        peer.execute("COMMIT")

    theirs = timed(bare, 200)
    line("save of a 40-item page, durable, median (p95)", f"{statistics.median(ours):.2f} ms ({sorted(ours)[189]:.2f})",
         f"{statistics.median(ours) / statistics.median(theirs):.1f} x bare SQLite audit insert ({statistics.median(theirs):.2f} ms)")  # fmt: skip


def fold(folder: Path) -> None:
    """The casebook of 20 and of 2,000 subjects from entries in memory; the peer is grouping the same entries into dicts."""
    gate = in_memory(tiny_study())
    scores = {"ASSESSED": "2026-01-05", "SITE1": "1", "SITE2": "2", "SITE3": "3"}
    for number in range(20):
        enrolled(gate, f"S{number:05}")
        for visit in ("BASE", "W4", "W8", "W12"):
            gate.do(actor(Audience.EVALUATOR), Answer(subject=f"S{number:05}", visit=visit, form="SCORE", entries=scores), START)
            gate.do(actor(Audience.PHYSICIAN), Answer(subject=f"S{number:05}", visit=visit, form="BLOOD", entries={"IGG": "9"}), START)
        for row in range(90):
            gate.do(actor(Audience.PHYSICIAN), Answer(subject=f"S{number:05}", form="DOSE", row=f"r{row}", entries={"MG": "160"}), START)
    entries = gate.casebook(Audience.CUSTODIAN).everything
    many = [evolve(entry, event=evolve(entry.event, subject=f"{entry.event.subject}.{copy}")) for copy in range(100) for entry in entries]
    from trialwright.record import Casebook

    gc.freeze()  # as the server does once the trial is open: the collector need not walk the ledger again and again

    def peer(told: object) -> Callable[[int], object]:
        def group(_: int) -> dict[tuple[str, str], object]:
            return {(entry.event.subject, getattr(entry.event, "item", "")): entry for entry in told}

        return group

    for subjects, told, times in ((20, entries, 20), (2000, many, 3)):
        ours = statistics.median(timed(lambda _, told=told: Casebook.of(told).subjects, times))
        theirs = statistics.median(timed(peer(told), times))
        line(f"fold of {subjects} subjects, {len(told):,} entries", f"{ours:.1f} ms", f"{ours / theirs:.1f} x one plain dict ({theirs:.1f} ms)")
    ours = statistics.median(timed(lambda _: Casebook.of(many).subject("S00007.42"), 3))
    line("one subject of 2,000 (grouping all, folding one)", f"{ours:.1f} ms")


def verify(folder: Path) -> None:
    """Lines verified a second; the peer is SHA-256 alone over the same bytes."""
    kept = create(folder / "verify.db", wide_study(), seeded(1))
    who = actor(Audience.COORDINATOR)
    kept.gate.do(who, OpenStudy(), START)
    for number in range(30):
        enrolled(kept.gate, f"S{number}")
        for visit in ("BASE", "W4", "W8", "W12"):
            kept.gate.do(who, Answer(subject=f"S{number}", visit=visit, form="WIDE", entries={f"I{n}": str(n) for n in range(40)}), START)
    events = len(kept.gate.casebook(Audience.CUSTODIAN).everything)
    kept.close()
    begun = time.perf_counter()
    assert examine(folder / "verify.db") == []
    took = time.perf_counter() - begun
    connection = sqlite.connect(str(folder / "verify.db"))
    bodies = [body for (body,) in connection.execute("SELECT body FROM line")]
    begun = time.perf_counter()
    for body in bodies:
        hashlib.sha256(body).digest()
    bare = time.perf_counter() - begun
    line(f"verify {events:,} events", f"{events / took:,.0f} events/s", f"{took / bare:.1f} x SHA-256 alone")
    begun = time.perf_counter()
    open_trial(folder / "verify.db", wide_study()).close()
    line(f"open {events:,} events (verified, decoded)", f"{(time.perf_counter() - begun) * 1000:.0f} ms")


def rehearse_and_report(folder: Path) -> None:
    """Twenty virtual patients to lock, and from lock to the data sets, the package and the report."""
    from trialwright import adam, sdtm
    from trialwright.exchange.package import write_csv
    from trialwright.exchange.study_folder import part_of, study_in
    from trialwright.rehearsal import dice, rehearse
    from trialwright.rehearsal.dress import START as BEGINNING
    from trialwright.rehearsal.dress import behavior_in
    from trialwright.report import write

    home = Path("studies/telitacicept_ssc")
    study = study_in(home)
    kept = create(folder / "trial.db", study, dice(1), virtual=True)
    begun = time.perf_counter()
    rehearse(study, behavior_in(home), kept.gate, seed=1, subjects=20, start=BEGINNING)
    line("rehearsal of 20 subjects to lock", f"{time.perf_counter() - begun:.1f} s", f"{len(kept.gate.casebook(Audience.CUSTODIAN).everything):,} events")
    begun = time.perf_counter()
    book = kept.gate.casebook(Audience.STATISTICIAN)
    tabulated = sdtm.build(study, book)
    frames = adam.build(study, tabulated)
    line("lock to SDTM and ADaM, 20 subjects", f"{time.perf_counter() - begun:.2f} s", f"{len(tabulated)} + {len(frames)} data sets")
    write_csv({"sdtm": tabulated, "adam": frames}, folder / "package")
    write(part_of(home, "report", "REPORT"), study, book, folder / "report.html", virtual=True)
    line("lock to package and report, 20 subjects", f"{time.perf_counter() - begun:.1f} s", "budget 10 s, the first time in a process")
    kept.close()


def score_instruments(folder: Path) -> None:
    """Visits scored a second by every instrument, beside plain pandas; a million of them with --deep."""
    from instruments import race_all

    race_all(1_000_000 if DEEP in sys.argv else 200_000)


def mixed_model(folder: Path) -> None:
    """One mixed model with Kenward-Roger, beside R's gls where R is installed."""
    from mixed_model import main as fit

    fit()


BENCHMARKS = {
    "save": save_page,
    "fold": fold,
    "verify": verify,
    "report": rehearse_and_report,
    "instruments": score_instruments,
    "mixed": mixed_model,
}
DEEP = "--deep"


def main() -> None:
    asked = [name for name in sys.argv[1:] if name != DEEP]
    unknown = [name for name in asked if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}, and --deep for the long ones.")
    print(f"# {datetime.now(UTC):%Y-%m-%d}, Python {sys.version.split()[0]}, SQLite {sqlite.sqlite_version}; ratios hold, single times do not")
    for name, work in BENCHMARKS.items():
        if not asked or name in asked:
            with tempfile.TemporaryDirectory() as folder:
                work(Path(folder))


if __name__ == "__main__":
    main()
