"""The command that qualifies an installation: facts about the machine, the shipped tests run on it, and the pack for the hospital's file."""

import base64
import csv
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialwright.cli.components import ARCHIVE, all_inside, found_in, the_bill
from trialwright.cli.shell import Failed, now, progress

if TYPE_CHECKING:
    from trialwright.report.qualification import Finding, Tried

ROOT = Path(__file__).resolve().parents[3]
STALE = 90
NETWORK = frozenset(("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "fuse.gvfsd-fuse"))
LEAST_FREE = 2_000_000_000


def qualify(
    out: Annotated[Path, typer.Option(help="Folder for the pack; made when there is none")],
    everything: Annotated[bool, typer.Option("--all", help="Run every test, not only those that show a requirement")] = False,
    tests: Annotated[str, typer.Option(help="Only the tests whose names contain this; the rest counts as not shown")] = "",
    advisories: Annotated[Path | None, ARCHIVE] = None,
) -> None:
    """Qualify this installation: what is installed, requirement by requirement what was tried, as JSON and PDF. Example: trialwright qualify --out pack"""
    import trialwright
    from trialwright.report.qualification import Qualification, qualification_pdf

    if not (ROOT / "tests" / "spec_report.py").is_file():
        raise Failed("the tests are not here. Qualify from the folder in which Trialwright was unpacked, with `python3 start.py -- qualify --out DIR`.")
    out.mkdir(parents=True, exist_ok=True)
    at = now().replace(microsecond=0)
    inside = all_inside()
    findings = (*installation(at.date()), *found_in(inside, at.date(), advisories))
    with progress("Running the tests") as tell:
        results = run_tests(out, everything, tests, tell)
    found = Qualification(version=trialwright.__version__, at=at, findings=findings, tried=results, issues=known_issues())
    (out / "components.cdx.json").write_bytes(the_bill(inside))
    (out / "qualification.json").write_bytes(found.as_json())
    (out / "qualification.pdf").write_bytes(qualification_pdf(found))
    print(out / "qualification.pdf")
    for obstacle in found.obstacles:
        print(f"- {obstacle}")
    if found.obstacles:
        raise typer.Exit(1)


def run_tests(out: Path, everything: bool, named: str, tell: Callable[[int, int], None]) -> "tuple[Tried, ...]":
    """Runs the shipped suite in a process and an empty folder of its own; its whole output stays in the pack."""
    from trialwright.report.qualification import tried

    results, log = out / "tests.jsonl", out / "tests.log"
    results.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--spec-results={results.resolve()}",
               *([] if everything else ["--with-requirement"]), *(["-k", named] if named else [])]  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="trialwright-qualify-") as scratch, log.open("w", encoding="utf-8") as written:
        process = subprocess.Popen([*command, f"--basetemp={scratch}/tests"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert process.stdout is not None
        for line in process.stdout:
            written.write(line)
            share = re.search(r"\[ *(\d+)%\]$", line.rstrip())
            if share:
                tell(int(share[1]), 100)
        process.wait()
    if not results.is_file():
        raise Failed(f"the tests could not be run; {log} tells why. The test tools are installed by `python3 start.py setup --dev`.")
    return tried(json.loads(line) for line in results.read_text(encoding="utf-8").splitlines())


def known_issues() -> tuple[str, ...]:
    """The list of docs/known-issues.md, a sentence or two each."""
    return tuple(line[2:] for line in (ROOT / "docs" / "known-issues.md").read_text(encoding="utf-8").splitlines() if line.startswith("- "))


def installation(today: date) -> "Iterator[Finding]":
    """What is installed here and whether it is what it should be."""
    from trialwright.report.qualification import Finding

    yield Finding(name="Operating system", value=f"{platform.system()} {platform.release()} ({platform.machine()})")
    yield Finding(name="Processors", value=str(os.cpu_count()))
    yield Finding(name="Python", value=platform.python_version(), good=sys.version_info >= (3, 11), mend="Install Python 3.11 or later.")
    yield _engine()
    yield _disk(ROOT)
    yield _free(ROOT)
    yield _clock()
    yield _locked()
    yield _files()
    yield _sources()
    yield _reviewed(today)


def _engine() -> "Finding":
    from trialwright.report.qualification import Finding
    from trialwright.store.engine import sqlite, wal_is_safe

    mode = "write-ahead log, full synchronization" if wal_is_safe() else "persistent journal, extra synchronization (this version has the WAL-reset fault)"
    return Finding(name="SQLite", value=f"{sqlite.sqlite_version}: {mode}", good=True)


def _disk(where: Path) -> "Finding":
    """The kind of file system: a trial must not lie on a network folder."""
    from trialwright.report.qualification import Finding

    mounts = Path("/proc/self/mounts")
    if not mounts.is_file():
        return Finding(name="File system", value="cannot be told on this system; a trial must not lie on a network folder")
    lines = [line.split() for line in mounts.read_text(encoding="utf-8").splitlines()]
    kind = max(((point, kind) for _, point, kind, *_ in lines if where.is_relative_to(point)), key=lambda found: len(found[0]), default=("", "unknown"))[1]
    return Finding(name="File system", value=kind, good=kind not in NETWORK, mend="Keep trials on a disk of this machine.")


def _free(where: Path) -> "Finding":
    from trialwright.report.qualification import Finding

    free = shutil.disk_usage(where).free
    return Finding(name="Free space", value=f"{free / 1e9:.1f} GB", good=free > LEAST_FREE, mend="Free at least 2 GB.")


def _clock() -> "Finding":
    """Whether the system says that its clock is held by the network."""
    from trialwright.report.qualification import Finding

    asked = shutil.which("timedatectl")
    told = subprocess.run([asked, "show", "-p", "NTPSynchronized", "--value"], capture_output=True, text=True, check=False) if asked else None
    if told is None or told.returncode:
        return Finding(name="Clock", value="the system cannot tell whether it is held by the network; check it by hand")
    return Finding(name="Clock", value="held by the network" if told.stdout.strip() == "yes" else "not held by the network", good=told.stdout.strip() == "yes",
                   mend="Switch network time on, for example with chrony.")  # fmt: skip


def pins() -> dict[str, str]:
    """The locked packages that belong on this machine, with their versions."""
    from trialwright.report.components import pinned

    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return {name: pin.version for name, pin in pinned(lock).items() if pin.here}


def _locked() -> "Finding":
    from trialwright.report.qualification import Finding

    wanted = pins()
    installed = {one.name.lower().replace("_", "-").replace(".", "-"): one.version for one in metadata.distributions()}
    other = [f"{name} {installed.get(name, 'missing')} instead of {version}" for name, version in wanted.items() if installed.get(name) != version]
    return Finding(name="Packages", value="; ".join(other) if other else f"{len(wanted)}, each in its locked version", good=not other,
                   mend="Delete the folder .venv and run `python3 start.py setup`.")  # fmt: skip


def _files() -> "Finding":
    """Whether every installed file is the one that its package recorded when it was built."""
    from trialwright.report.qualification import Finding

    checked, changed = 0, []
    for name in pins():
        record = metadata.distribution(name).read_text("RECORD") or ""
        for path, digest, _ in csv.reader(record.splitlines()):
            if digest.startswith("sha256="):
                checked += 1
                file = Path(str(metadata.distribution(name).locate_file(path)))
                if not file.is_file() or _digest(file) != digest.removeprefix("sha256="):
                    changed.append(path)
    told = f"changed: {', '.join(changed[:5])} ({len(changed)})" if changed else f"{checked}, each as its package recorded it"
    return Finding(name="Installed files", value=told, good=not changed, mend="Delete the folder .venv and run `python3 start.py setup`.")  # fmt: skip


def _digest(file: Path) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(file.read_bytes()).digest()).rstrip(b"=").decode()


def _sources() -> "Finding":
    """One digest over Trialwright's own files, as they lie here."""
    from trialwright.report.qualification import Finding

    whole = hashlib.sha256()
    files = sorted(path for part in ("src", "studies") for path in (ROOT / part).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    for path in files:
        whole.update(f"{path.relative_to(ROOT).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return Finding(name="Trialwright", value=f"{len(files)} files, SHA-256 {whole.hexdigest()}")


def _reviewed(today: date) -> "Finding":
    from trialwright.report.qualification import Finding

    told = re.search(r"Reviewed (\d{4}-\d{2}-\d{2})", (ROOT / "docs" / "known-issues.md").read_text(encoding="utf-8"))
    day = date.fromisoformat(told[1]) if told else None
    old = day is None or (today - day).days > STALE
    return Finding(name="Known issues", value=f"reviewed {day}" if day else "never reviewed", good=not old, mend="Ask for the current list before going on.")
