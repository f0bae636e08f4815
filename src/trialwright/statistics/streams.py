"""Gives every simulated trial its own random numbers, the same whoever computes it, on however many machines.

A simulation is cut into chunks of trials. The numbers of a chunk follow from three things alone: the seed, the scenario
and the number of the chunk. Which process computes it, in which order, with which engine, changes nothing.
"""

from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
from attrs import frozen

from trialwright.statistics.arguments import StatisticsError

CHUNK = 4_096
_WORD = 2**64
_NAMED = 2**63  # the upper half of the scenario numbers belongs to scenarios that have a name


@frozen(kw_only=True)
class Chunk:
    """Trials ``first``, ``first + 1``, ... of a simulation, ``trials`` of them; ``number`` is the key of its stream."""

    number: int
    first: int
    trials: int


def stream(seed: int, scenario: str | int, chunk: int) -> np.random.Generator:
    """The random numbers of one chunk of one scenario: a numpy Generator over the counter-based Philox 4x64-10.

    ``seed`` and ``scenario`` are Philox's key, ``chunk`` is the highest word of its counter. So two different triples
    never share a block: their numbers are different parts of 2^128 different sequences, 2^192 blocks of four words
    long each. A scenario is a number from 0 to 2^63 - 1, or a name, of which the 63-bit BLAKE2 digest is taken (two
    given names clash with probability 2^-63; a name never clashes with a number).

    Philox's words are fixed by its definition. How numpy makes normal or other variates of them may change with a
    release of numpy, never within one: report the version beside the seed.

    Raises StatisticsError if a number is negative or too large, or the name is empty.

    Source: Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011.

    >>> round(float(stream(1, "null", 0).random()), 6), round(float(stream(1, "null", 1).random()), 6)
    (0.569981, 0.588319)
    """
    key = np.array([_word(seed, "seed", _WORD), _scenario(scenario)], dtype=np.uint64)
    counter = np.array([0, 0, 0, _word(chunk, "chunk", _WORD)], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def chunks(trials: int, size: int = CHUNK) -> Iterator[Chunk]:
    """The chunks of ``size`` trials, the last one shorter, that make up ``trials`` trials, in order.

    ``size`` is part of the definition of a simulation, as its seed is: another size gives other numbers.

    Raises StatisticsError if ``trials`` is negative or ``size`` is not at least 1.

    >>> [(chunk.number, chunk.first, chunk.trials) for chunk in chunks(10, size=4)]
    [(0, 0, 4), (1, 4, 4), (2, 8, 2)]
    """
    total, width = _word(trials, "trials", _WORD), _word(size, "size", _WORD)
    if width == 0:
        raise StatisticsError("size: 0 trials a chunk; at least 1 is needed.")
    return (
        Chunk(number=number, first=first, trials=min(width, total - first))
        for number, first in enumerate(range(0, total, width))
    )


def _word(value: int, name: str, limit: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 0 <= value < limit:
        raise StatisticsError(f"{name}: {value!r} is not a whole number from 0 to {limit - 1}.")
    return int(value)


def _scenario(scenario: str | int) -> int:
    if not isinstance(scenario, str):
        return _word(scenario, "scenario", _NAMED)
    if not scenario:
        raise StatisticsError("scenario: the name is empty.")
    return _NAMED | int.from_bytes(blake2b(scenario.encode(), digest_size=8).digest(), "little") % _NAMED
