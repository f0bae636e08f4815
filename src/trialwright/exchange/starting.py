"""Starts a study: a folder of small commented files that can be checked, rehearsed and served at once."""

import re
import sys
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from shlex import quote

from trialwright.exchange.study_folder import Unusable

TEMPLATES = "new_study"
MARK = ".txt"
"""The templates carry this at the end of their names, so that no tool takes them for modules of the house."""


def start_study(folder: Path) -> tuple[str, ...]:
    """Writes the files of a new study into `folder` and gives their names. Raises `Unusable`; nothing is ever overwritten."""
    _refuse(folder)
    folder.mkdir(parents=True, exist_ok=True)
    words = {"{{code}}": code_of(folder.resolve().name), "{{folder}}": quote(folder.as_posix()), "{{name}}": folder.resolve().name}
    written = []
    for template in sorted(files(__package__).joinpath(TEMPLATES).iterdir(), key=lambda one: one.name):
        if template.name.endswith(MARK):
            text = template.read_text(encoding="utf-8")
            for mark, word in words.items():
                text = text.replace(mark, word)
            (folder / template.name.removesuffix(MARK)).write_text(text, encoding="utf-8")
            written.append(template.name.removesuffix(MARK))
    return tuple(written)


def code_of(name: str) -> str:
    """The code of a study in a folder of this name: at most the 20 characters that STUDYID holds.

    >>> code_of("knee_pain_2")
    'KNEE-PAIN-2'
    """
    return name.upper().replace("_", "-")[:20].rstrip("-")


def _refuse(folder: Path) -> None:
    name = folder.resolve().name
    if folder.exists() and not folder.is_dir():
        raise Unusable(f"{folder} is a file. Name a folder that does not exist yet, for example studies/my_study.")
    if folder.is_dir() and any(folder.iterdir()):
        raise Unusable(f"{folder} is not empty; nothing was written. Name a folder that does not exist yet, for example studies/my_study.")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise Unusable(f"“{name}” cannot be the name of a study's folder. Use letters, digits and underscores, beginning with a letter: my_study.")
    if not (folder.resolve().parent / "__init__.py").is_file() and (name in sys.modules or find_spec(name) is not None):
        raise Unusable(f"“{name}” is the name of a Python package already. Choose another name for the folder, for example {name}_study.")
