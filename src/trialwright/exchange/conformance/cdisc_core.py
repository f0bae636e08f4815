"""CDISC CORE as an examiner of the package: it lives in an environment of its own (Python 3.12), is made on demand, and is asked through its rules."""

import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

ENGINE = ("cdisc-rules-engine==0.17.1", "jsonpath-ng==1.8.0")
"""The engine, and the reader of paths that it was written for: a later one gives it every object of a USDM file twice."""
GATE = Path(__file__).with_name("cdisc_core_gate.py")
SCHEMAS = "arelle-release==2.47.3"
"""Carries the W3C's schemas of XHTML, which the engine's rule about the texts of USDM needs and its package leaves out. Nothing of it is run."""
PYTHON, CACHE, RESOURCES = "TRIALWRIGHT_CORE_PYTHON", "TRIALWRIGHT_CORE_CACHE", "TRIALWRIGHT_CORE_RESOURCES"
"""Environment variables: a Python 3.12 that has the engine already, the archive (.tar.xz) of rules and terminology, and the folder `resources` of the engine's
repository, whose functions (jsonata/) and schemas (schema/xml/) are then used instead of those of the house."""


class NoCore(Exception):  # that an examiner is not installed is no error of the program
    """Why CORE cannot run here, and how to mend it."""


@frozen(kw_only=True)
class Ruling:
    """What one rule found: `pass`, `skipped`, `issue` or `error`, and the first of what it found."""

    rule: str
    status: str
    found: tuple[Mapping[str, Any], ...] = ()


def python_312(environment: Mapping[str, str] = os.environ) -> Path:
    """A Python 3.12 of this machine. Raises `NoCore` when there is none."""
    versions = Path(environment.get("PYENV_ROOT", str(Path.home() / ".pyenv"))) / "versions"
    found = [shutil.which("python3.12"), *sorted(map(str, versions.glob("3.12*/bin/python")))]
    for candidate in filter(None, found):
        told = subprocess.run([candidate, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=False)
        if told.stdout.split() == ["3", "12"]:
            return Path(candidate)
    raise NoCore("CDISC CORE needs Python 3.12, and none was found. Install python3.12 beside the Python of Trialwright.")


def core_python(home: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """The Python that has the engine: the one that `TRIALWRIGHT_CORE_PYTHON` names, or one made in `home` (about a minute, 460 MB).

    Raises `NoCore` when it cannot be made.
    """
    named = environment.get(PYTHON)
    python = Path(named) if named else home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.is_file():
        if named:
            raise NoCore(f"{PYTHON} names {named}, and there is no such file.")
        _run([str(python_312(environment)), "-m", "venv", str(home)], "no environment could be made")
    if not _has(python, "cdisc_rules_engine"):
        _run([str(python), "-m", "pip", "install", "--quiet", *ENGINE], f"{ENGINE[0]} could not be installed")
    if not environment.get(RESOURCES) and not _has(python, "arelle"):
        _run([str(python), "-m", "pip", "install", "--quiet", "--no-deps", SCHEMAS], f"{SCHEMAS} could not be installed")
    return python


def _has(python: Path, module: str) -> bool:
    asked = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([str(python), "-c", asked], capture_output=True, check=False).returncode == 0


def _run(command: list[str], what: str) -> None:
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode:
        raise NoCore(f"{what}: {(told.stderr.strip().splitlines() or ['no reason given'])[-1]}")


def core_archive(environment: Mapping[str, str] = os.environ) -> Path:
    """The archive of rules and terminology. Raises `NoCore` when nobody has named it."""
    named = environment.get(CACHE, "")
    if not named or not Path(named).is_file():
        raise NoCore(f"CDISC CORE needs its rules and terminology: name their archive (.tar.xz) in {CACHE}.")
    return Path(named)


def examine(python: Path, archive: Path, folder: Path, suffix: str = "xpt", *, ct: str, processes: int = 2) -> tuple[Ruling, ...]:
    """What the published rules of SDTMIG 3.4 find in `folder` (data sets and define.xml), all rules, in their order.

    `suffix` says which files are read: xpt or json. The rules are shared among `processes`. Raises `NoCore` when the engine breaks down.
    """
    with tempfile.TemporaryDirectory() as place:
        _unpacked(archive, Path(place))
        return _examined(python, [place, str(folder), suffix, "sdtmig", "3-4", f"sdtmct-{ct}"], processes)


def examine_usdm(python: Path, archive: Path, folder: Path, *, ct: str, processes: int = 2, environment: Mapping[str, str] = os.environ) -> tuple[Ruling, ...]:
    """What the published rules of USDM 4.0 find in the one JSON file of `folder`, all rules, in their order.

    The terms of the tabulation are looked up in the release `ct`; where the archive does not hold it, in the newest that it holds.
    Raises `NoCore` when the engine breaks down.
    """
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        _unpacked(archive, place)
        wanted, held = place / f"sdtmct-{ct}.pkl", sorted(place.glob("sdtmct-*.pkl"))
        if held and not wanted.is_file():
            shutil.copy(held[-1], wanted)
        if environment.get(RESOURCES):
            shutil.copytree(environment[RESOURCES], place / "resources", dirs_exist_ok=True)
        return _examined(python, [name, str(folder), "json", "usdm", "4-0", f"ddfct-{ct},sdtmct-{ct},protocolct-{ct}"], processes)


def _unpacked(archive: Path, place: Path) -> None:
    with tarfile.open(archive) as packed:
        packed.extractall(place, filter="data")


def _examined(python: Path, words: list[str], processes: int) -> tuple[Ruling, ...]:
    running = [subprocess.Popen([str(python), str(GATE), *words, str(part), str(processes)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
               for part in range(processes)]  # fmt: skip
    answers = [process.communicate() for process in running]
    told = [_rulings(out, error) for out, error in answers]
    return tuple(sorted((one for part in told for one in part), key=lambda one: one.rule))


def _rulings(out: str, error: str) -> Iterator[Ruling]:
    start = out.find('{"files"')
    if start < 0:
        raise NoCore(f"CDISC CORE broke down: {(error.strip().splitlines() or ['it said nothing'])[-1]}")
    for one in json.loads(out[start:])["rules"]:
        yield Ruling(rule=one["rule"], status=one["status"], found=tuple(one["found"]))


def told(rulings: Sequence[Ruling]) -> str:
    """How many rules passed, and what the others found, for a person to read."""
    counts = {status: sum(one.status == status for one in rulings) for status in ("pass", "skipped", "issue", "error")}
    lines = [", ".join(f"{count} {status}" for status, count in counts.items())]
    for one in rulings:
        lines += [f"{one.rule} {one.status}: {found['dataset']} {found['message']} {found['first'][:1]}" for found in one.found]
    return "\n".join(lines)
