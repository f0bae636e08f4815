"""What comes from outside as a file is read or refused in words, soon; nothing else happens, whatever is in it."""

import os
import time
from random import Random

import pytest

from tests.doors.parsers import PARSERS, Trouble, mutant, read, seeds

pytestmark = [pytest.mark.spec, pytest.mark.req("DAT-08")]
SEEDS = seeds()


@pytest.mark.parametrize("name", PARSERS)
def test_a_file_is_read_or_refused_in_words(name: str) -> None:
    """Good files, and mutants of them."""
    dice = Random(name)
    for seed in SEEDS[name]:
        read(name, seed)
    for _ in range(15):
        read(name, mutant(dice, dice.choice(SEEDS[name])))


@pytest.mark.nightly
@pytest.mark.parametrize("name", PARSERS)
def test_many_mutants(name: str) -> None:
    dice, begin, tried, seconds = Random(name + "!"), time.monotonic(), 0, int(os.environ.get("PARSER_SECONDS", "15"))
    pool = list(SEEDS[name])
    while time.monotonic() - begin < seconds:
        content = mutant(dice, dice.choice(pool))
        read(name, content)
        tried += 1
        if len(pool) < 300 and dice.random() < 0.02 and len(content) < 20_000:
            pool.append(content)
    print(f"\nparser {name}: {tried} files, all read or refused")
    assert tried > 20


def test_what_is_neither_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PARSERS, "broken", lambda content: 1 / 0)
    with pytest.raises(Trouble, match="ZeroDivisionError"):
        read("broken", b"")
