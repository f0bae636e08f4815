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
from trialwright.protocol import Study, incoherences
from trialwright.protocol.wording import worded as with_wording
from trialwright.store import Address, begun_with


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


def study_of(folder: Path, trial: Address) -> Study:
    """The study of a folder, under the reading of the allocation with which the trial began.

    Refused when the folder no longer has what the trial was begun with: its entries could not be read. A study that was
    only added to is given; its digest then differs from that of the trial.
    """
    study, begun = study_in(folder), begun_with(trial)
    for one in (study, *(study.read_as(reading.code) for reading in study.readings)):
        if one.canonical.decode() == begun:
            return one
    lost = sorted(_parts(json.loads(begun)) - _parts(json.loads(study.canonical))) if begun else []
    if lost and json.loads(begun)["code"] == study.code:
        raise Unusable(f"{trial} began with {', '.join(lost[:10])}, which {folder} no longer has. Put it back; a running trial may only be added to.")
    return study


def _parts(plain: Mapping[str, Any]) -> set[str]:
    """What entries of a ledger name of a study: its arms, visits, forms and items."""
    named = {f"{what} {one['code']}" for what, many in (("arm", "arms"), ("visit", "visits"), ("form", "forms")) for one in plain[many]}
    items = {f"item {form['code']}.{item['code']}" for form in plain["forms"] for section in form["sections"] for item in section["items"]}
    return named | items


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
