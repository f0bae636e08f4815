"""A random allocation list in permuted blocks, one for each stratum, fixed and committed to before the first patient."""

import hashlib
from typing import ClassVar

from attrs import frozen

from trialwright.allocation.chance import Chance
from trialwright.protocol import BARE, CUSTODY, Audience, Reading, Study
from trialwright.record import Act, Casebook, Events, refusal
from trialwright.record.commands import only, unlocked
from trialwright.record.events import SequenceSealed


def sequence(study: Study, reading: Reading, seed: str, length: int, stratum: str = "") -> tuple[str, ...]:
    """The first `length` arms of the list that `seed` (hexadecimal) fixes for a stratum: permuted blocks of random size.

    Chance comes from HMAC-SHA256 of the seed over the stratum and a counter, so any language can recompute the list.

    >>> from types import SimpleNamespace as S
    >>> study, reading = S(arms=(S(code="C"), S(code="T"))), S(blocks=(2,))
    >>> sorted(sequence(study, reading, "00" * 32, 4))
    ['C', 'C', 'T', 'T']
    """
    arms = [arm.code for arm in study.arms]
    chance = Chance(seed, stratum)
    told: list[str] = []
    while len(told) < length:
        block = arms * (reading.blocks[chance.below(len(reading.blocks))] // len(arms))
        for last in range(len(block) - 1, 0, -1):
            other = chance.below(last + 1)
            block[last], block[other] = block[other], block[last]
        told += block
    return tuple(told[:length])


@frozen(kw_only=True)
class SealSequence:
    """Draw and seal the seed of the allocation. Only custodians read it; its commitment is told to everybody before the first patient."""

    acts_as: ClassVar[Audience | None] = Audience.CUSTODIAN

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, Audience.CUSTODIAN)
        done = next((entry for entry in book.entries() if isinstance(entry.event, SequenceSealed)), None)
        if done:
            raise refusal("already", when=act.day_of(done.at))
        seed = act.draw(32).hex()
        commitment = hashlib.sha256(bytes.fromhex(seed)).hexdigest()
        return (SequenceSealed(label=CUSTODY, commitment=commitment, seed=seed), SequenceSealed(label=BARE, commitment=commitment, seed=""))
