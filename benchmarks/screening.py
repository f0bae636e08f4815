"""How many people a second a registry is screened, in how much memory, beside the screening of one person after another in the same run.

`.venv/bin/python benchmarks/screening.py [--people N ...] [--kind parquet|csv]`. Each size runs in a process of its own, so that its
peak memory is its own. The peer decides 300 of the same people one by one from their charts.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
TODAY = date(2024, 9, 30)
ALONE = 300


def screened(folder: Path, kind: str) -> dict[str, float]:
    """One registry, screened: seconds and the peak of memory of this process in MB."""
    from studies.telitacicept_ssc.protocol import STUDY
    from studies.telitacicept_ssc.registry import REGISTRY
    from trialwright.exchange.registry.screening import screen_registry
    from trialwright.exchange.registry.table import Table

    begun = time.perf_counter()
    done = screen_registry(STUDY, REGISTRY, Table(folder / f"people.{kind}"), Table(folder / f"log.{kind}"), folder / f"out.{kind}",
                           today=TODAY, start=None, told=lambda finished, total: None)  # fmt: skip
    seconds = time.perf_counter() - begun
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {"people": done.counts.people, "seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss / 1024}


def alone() -> float:
    """Seconds for one person, decided from a chart (the chart is there already)."""
    from studies.telitacicept_ssc.protocol import STUDY
    from tests.property.test_registry_people import charts
    from tests.registries import medications, persons
    from trialwright.eligibility.screening import screen

    read = charts(persons(ALONE), medications(ALONE))
    screen(STUDY, read[0])
    begun = time.perf_counter()
    for chart in read:
        screen(STUDY, chart)
    return (time.perf_counter() - begun) / ALONE


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--people", type=int, nargs="+", default=[100_000, 1_000_000])
    asked.add_argument("--kind", choices=("parquet", "csv"), default="parquet")
    asked.add_argument("--in", dest="folder", type=Path, help=argparse.SUPPRESS)
    words = asked.parse_args()
    if words.folder:
        print(json.dumps(screened(words.folder, words.kind)))
        return
    from tests.registries import medications, persons, written

    each = alone()
    print(f"one after another: {1 / each:,.0f} people a second")
    for many in words.people:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            written(persons(many), folder / f"people.{words.kind}")
            written(medications(many), folder / f"log.{words.kind}")
            command = [sys.executable, __file__, "--kind", words.kind, "--in", name]
            told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(f"{many:>10,} people ({words.kind}): {told['seconds']:6.1f} s ({told['cpu']:.1f} s of processor), {many / told['seconds']:,.0f} a second, "
              f"peak {told['peak']:,.0f} MB, {each * many / told['seconds']:,.0f} times as fast")  # fmt: skip


if __name__ == "__main__":
    main()
