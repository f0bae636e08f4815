"""The folder of a study: reads its modules, and refuses what is missing or incoherent with the way to mend it."""

import importlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any

from trialwright.exchange.wording_files import kept_wordings
from trialwright.protocol import Audience, Study, incoherences
from trialwright.protocol.amendment import definition, differences
from trialwright.protocol.wording import worded as with_wording
from trialwright.store import Address, Definitions, definitions_of


class Unusable(Exception):
    """A study folder that cannot be used; the message says what, where and how to mend it."""


def module_of(folder: Path, name: str) -> ModuleType | None:
    """The module `name` of a study folder, or None when the study has none. Raises `Unusable` with file and line."""
    folder = folder.resolve()
    file = folder / f"{name}.py"
    if not file.is_file():
        return None
    top = folder
    while (top / "__init__.py").is_file():
        top = top.parent
    dotted = ".".join((*folder.relative_to(top).parts, name))
    if str(top) not in sys.path:
        sys.path.insert(0, str(top))
    try:
        module = importlib.import_module(dotted)
    except SyntaxError as problem:
        raise Unusable(f"{problem.filename}, line {problem.lineno}: {problem.msg}. Mend the line and try again.") from problem
    except (ImportError, NameError, TypeError, ValueError, AttributeError, LookupError, ArithmeticError, AssertionError) as problem:
        raise Unusable(f"{file} cannot be read as part of a study: {_told(problem, folder)}. Mend it and try again.") from problem
    if Path(module.__file__ or "").resolve() != file:
        raise Unusable(f"the name of the folder {folder} is taken: Python finds {module.__file__} under it. Rename the folder.")
    return module


def _told(problem: Exception, folder: Path) -> str:
    """The error, and the last line of the study at which it arose."""
    own = [frame for frame in extract_tb(problem.__traceback__) if Path(frame.filename).is_relative_to(folder)]
    where = f" (line {own[-1].lineno} of {Path(own[-1].filename).name})" if own else ""
    return f"{type(problem).__name__}: {problem}{where}"


def study_in(folder: Path, reading: str = "", *, worded: bool = True) -> Study:
    """The study that a folder defines, with the licensed wording that was loaded into it (unless not `worded`).

    Refused when it is missing or incoherent, or when its wording no longer fits.
    """
    if not folder.is_dir():
        raise Unusable(f"there is no study folder {folder}. Name the folder of a study, for example studies/telitacicept_ssc.")
    module = module_of(folder, "protocol")
    found = getattr(module, "STUDY", None)
    if not isinstance(found, Study):
        raise Unusable(f"{folder / 'protocol.py'} must define STUDY, a trialwright.protocol.Study.")
    if reading:
        if reading not in {one.code for one in found.readings}:
            raise Unusable(f"the study has no reading {reading}. Choose one of {', '.join(one.code for one in found.readings)}.")
        found = found.read_as(reading)
    _coherent(folder, found)
    return with_wording(found, kept_wordings(folder, found)) if worded else found


def study_of(folder: Path, trial: Address, *, amending: bool = False) -> Study:
    """The study of a folder as the trial is kept under it now, with the reading of the allocation that it has.

    Refused with what differs when the folder is another version: a running trial is amended by two people, and until then its
    folder stays as it is. With `amending` an approved version is given too, so that it can be put in force. The evaluator's own
    store goes with every version that changes nothing he sees.
    """
    study, kept = study_in(folder), definitions_of(trial)
    if kept.in_force.encode() == study.canonical:
        return study
    try:
        now = definition(kept.in_force.encode())
    except ValueError:  # there is no trial yet, or it is damaged, which opening it will tell
        return study
    if now["code"] != study.code:
        return study
    for one in (study, *(study.read_as(reading.code) for reading in study.readings)):
        found = differences(now, json.loads(one.canonical))
        if not found or (kept.place and not any(change.touches(Audience[kept.place]) for change in found)):
            return one
        if amending and kept.approved and not differences(definition(kept.approved.encode()), json.loads(one.canonical)):
            return one
    raise Unusable(_differing(folder, trial, now, study, kept))


def _differing(folder: Path, trial: Address, now: Mapping[str, Any], study: Study, kept: Definitions) -> str:
    reading = study.read_as(str(now.get("reading")))
    if kept.approved and not all(differences(definition(kept.approved.encode()), json.loads(one.canonical)) for one in (study, reading)):
        return (f"version {study.version} of {study.code} is approved for {trial} and not yet in force. "
                f"Open it once with: trialwright serve {folder} --db {trial}")  # fmt: skip
    found = differences(now, json.loads(reading.canonical))
    told = "\n".join(f"  - {one.what} {one.name} {one.kind}" + (f": {one.part}" if one.part else "") for one in found[:8])
    more = f"\n  and {len(found) - 8} more" if len(found) > 8 else ""
    return (f"{trial} is kept under version {now.get('version')} of {study.code}, and {folder} differs from it:\n{told}{more}\n"
            f"Put the folder back as it was to go on. To change the study of a running trial, see what it would do: trialwright amend {folder} --db {trial}")


def _coherent(folder: Path, found: Study) -> None:
    reasons = incoherences(found)
    if reasons:
        raise Unusable(f"{folder} is not coherent; nothing was run:\n" + "\n".join(f"  - {reason.en}" for reason in reasons))


def part_of(folder: Path, module: str, name: str) -> Any:
    """The object `name` of a study's module; refused with the mend when it is not there."""
    found = getattr(module_of(folder, module), name, None)
    if found is None:
        raise Unusable(f"{folder} has no {name} in {module}.py, which this command needs. See docs/how-to/add-a-study.md.")
    return found
