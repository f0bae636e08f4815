"""The letter box beside a trial that is open in another program: what is put into it is taken in there, and answered."""

import hashlib
import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import orjson

from trialwright.store.address import Address, accounts_path
from trialwright.store.bridge import Taken, take
from trialwright.store.keeping import StoreError
from trialwright.store.trial import Kept

PATIENCE = 60.0
"""Seconds for which an answer is waited for."""
LOOK = 1.0
"""Seconds between two looks into the box."""


def _box(at: Address) -> tuple[Path, Path]:
    """Where a letter and its answer lie."""
    folder = accounts_path(at).with_name("bridge")
    return folder / "letter", folder / "answer"


def post(at: Address, content: bytes, patience: float = PATIENCE) -> Taken:
    """Puts a letter into the box of an open trial and waits for the answer of the program that has it open. Raises `StoreError` with what that one said."""
    letter, answer = _box(at)
    digest, end = hashlib.sha256(content).hexdigest(), time.monotonic() + patience
    letter.parent.mkdir(mode=0o700, exist_ok=True)
    answer.unlink(missing_ok=True)
    _put(letter, content)
    while time.monotonic() < end:
        if answer.is_file():
            told = orjson.loads(answer.read_bytes())
            if told["of"] == digest:
                if told["failed"]:
                    raise StoreError(told["failed"])
                return Taken(count=told["count"], trouble=told["trouble"])
        time.sleep(LOOK / 10)
    letter.unlink(missing_ok=True)
    raise StoreError(f"{at} is open in another program, and that one took no letter within {patience:.0f} seconds. Run this where `trialwright serve` runs.")


def collect(kept: Kept, clock: Callable[[], datetime]) -> bool:
    """Takes in the letter that lies in the box of an open trial, if there is one, and answers it."""
    letter, answer = _box(kept.at)
    try:
        content = letter.read_bytes()
    except FileNotFoundError:
        return False
    told = {"of": hashlib.sha256(content).hexdigest(), "count": 0, "trouble": "", "failed": ""}
    try:
        taken = take(kept, content, clock())
        told |= {"count": taken.count, "trouble": taken.trouble}
    except StoreError as problem:
        told |= {"failed": str(problem)}
    letter.unlink(missing_ok=True)
    _put(answer, orjson.dumps(told))
    return True


def _put(path: Path, content: bytes) -> None:
    """A file that is there whole or not at all, for its owner alone."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    os.replace(part, path)
