"""The folder of a study: reads its modules, and refuses what is missing or incoherent with the way to mend it."""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from trialwright.protocol import Study, incoherences


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
        return importlib.import_module(dotted)
    except SyntaxError as problem:
        raise Unusable(f"{problem.filename}, line {problem.lineno}: {problem.msg}. Mend the line and try again.") from problem
    except (ImportError, NameError, TypeError, ValueError, AttributeError) as problem:
        raise Unusable(f"{file} cannot be read as part of a study: {problem}. Mend it and try again.") from problem


def study_in(folder: Path, reading: str = "") -> Study:
    """The study that a folder defines; refused when it is missing or incoherent."""
    if not folder.is_dir():
        raise Unusable(f"there is no folder {folder}. Name the folder of a study, for example studies/telitacicept_ssc.")
    module = module_of(folder, "protocol")
    found = getattr(module, "STUDY", None)
    if not isinstance(found, Study):
        raise Unusable(f"{folder / 'protocol.py'} must define STUDY, a trialwright.protocol.Study.")
    if reading:
        if reading not in {one.code for one in found.readings}:
            raise Unusable(f"the study has no reading {reading}. Choose one of {', '.join(one.code for one in found.readings)}.")
        found = found.read_as(reading)
    reasons = incoherences(found)
    if reasons:
        raise Unusable(f"{folder} is not coherent; nothing was run:\n" + "\n".join(f"  - {reason.en}" for reason in reasons))
    return found


def part_of(folder: Path, module: str, name: str) -> Any:
    """The object `name` of a study's module; refused with the mend when it is not there."""
    found = getattr(module_of(folder, module), name, None)
    if found is None:
        raise Unusable(f"{folder} has no {name} in {module}.py, which this command needs. See docs/how-to/add-a-study.md.")
    return found
