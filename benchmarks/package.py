"""How fast a million laboratory records become files, beside pyreadstat in the same run, and in how much memory. `python benchmarks/package.py [ROWS]`.

Each writer runs in a process of its own, so that its peak memory is its own. Seconds are those of the processor.
"""

import gc
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from trialwright import sdtm
from trialwright.exchange.dataset_json import write_dataset_json
from trialwright.exchange.metadata import Standard, Table, table
from trialwright.exchange.xpt import write_xpt

ROWS = 1_000_000
AT = datetime(2026, 3, 30, tzinfo=UTC)
TESTS = ("WBC", "NEUT", "LYM", "PLAT", "HGB", "ALT", "AST", "ALP", "BILI", "CREAT")
STANDARD = Standard(name="SDTM", version="3.4", study="BENCH", originator="Benchmark")


def laboratory(rows: int) -> Table:
    """LB with 22 filled variables: ten tests at visits of as many people as it takes."""
    place = np.arange(rows)
    dice = np.random.Generator(np.random.Philox(1))
    value = np.round(dice.lognormal(1.5, 0.6, rows), 2)
    test, visit, person = place % 10, place // 10 % 20, place // 200
    days = [(date(2024, 1, 1) + timedelta(days=int(day))).isoformat() for day in range(700)]
    code, low = np.array(TESTS)[test], np.array([1.0, 2.0, 0.8, 100.0, 115.0, 5.0, 8.0, 30.0, 3.0, 40.0])[test]
    text = pl.Series(value).cast(pl.String)
    told = {
        "STUDYID": pl.repeat("BENCH", rows, eager=True), "DOMAIN": pl.repeat("LB", rows, eager=True),
        "USUBJID": pl.Series(person).cast(pl.String).str.zfill(6), "LBSEQ": place % 200 + 1, "LBTESTCD": code, "LBTEST": code,
        "LBCAT": pl.repeat("CHEMISTRY", rows, eager=True), "LBORRES": text, "LBORRESU": pl.repeat("10^9/L", rows, eager=True),
        "LBORNRLO": pl.Series(low).cast(pl.String), "LBSTRESC": text, "LBSTRESN": value, "LBSTRESU": pl.repeat("10^9/L", rows, eager=True),
        "LBSTNRLO": low, "LBSTNRHI": low * 3, "LBNRIND": np.where(value < low, "LOW", "NORMAL"), "LBSPEC": pl.repeat("SERUM", rows, eager=True),
        "VISITNUM": visit + 1.0, "VISIT": np.array([f"VISIT {one}" for one in range(1, 21)])[visit], "EPOCH": pl.repeat("TREATMENT", rows, eager=True),
        "LBDTC": np.array(days)[visit * 28], "LBDY": visit * 28 + 1,
    }  # fmt: skip
    spec = sdtm.SPECS["LB"]
    frame = pl.DataFrame(told).with_columns(pl.lit(None, kind).alias(name) for name, kind in spec.types.items() if name not in told)
    return table(spec, frame.select(pl.col(name).cast(kind) for name, kind in spec.types.items()))


def ours(rows: int, out: Path) -> Callable[[], None]:
    found = laboratory(rows)
    return lambda: write_xpt(out / "ours.xpt", found, AT)


def json(rows: int, out: Path) -> Callable[[], None]:
    found = laboratory(rows)
    return lambda: write_dataset_json(out / "ours.json", found, STANDARD, AT)


def peer(rows: int, out: Path) -> Callable[[], None]:
    import pyreadstat

    found = laboratory(rows)
    frame = found.frame.with_columns(pl.col(pl.String).fill_null("")).to_pandas()
    labels = [one.label for one in found.columns]
    return lambda: pyreadstat.write_xport(frame, str(out / "peer.xpt"), file_label="LB", column_labels=labels, table_name="LB", file_format_version=5)


WRITERS = {"XPT, Trialwright": ours, "XPT, pyreadstat": peer, "Dataset-JSON, Trialwright": json}


def measured(name: str, rows: int, out: str, answers: "multiprocessing.Queue[tuple[float, float]]") -> None:
    """Processor seconds of the writing alone, and the memory that it needed beyond the data (MiB)."""
    work = WRITERS[name](rows, Path(out))
    gc.collect()
    before, begun = memory(), time.process_time()
    work()
    answers.put((time.process_time() - begun, memory(peak=True) - before))


def memory(peak: bool = False) -> float:
    """MiB that this process holds (and forgets its peak), or the peak since then. Linux alone; elsewhere nan."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return float("nan")
    if not peak:
        Path("/proc/self/clear_refs").write_text("5")
    wanted = "VmHWM:" if peak else "VmRSS:"
    return int(next(line.split()[1] for line in status.read_text().splitlines() if line.startswith(wanted))) / 1024


def main(rows: int) -> None:
    context = multiprocessing.get_context("spawn")
    print(f"{rows:,} records of LB, {len(laboratory(1000).columns)} variables, {os.cpu_count()} cores", flush=True)
    seconds = {}
    with tempfile.TemporaryDirectory() as out:
        for name in WRITERS:
            answers: multiprocessing.Queue[tuple[float, float]] = context.Queue()
            process = context.Process(target=measured, args=(name, rows, out, answers))
            process.start()
            seconds[name], memory = answers.get()
            process.join()
            print(f"{name:<28} {seconds[name]:>8.2f} s   {memory:>8.0f} MiB more than the data", flush=True)
    print(f"{seconds['XPT, pyreadstat'] / seconds['XPT, Trialwright']:.1f} times faster than pyreadstat")


if __name__ == "__main__":
    main(int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else ROWS)
