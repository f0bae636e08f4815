"""Chance that follows from a sealed seed, so that every allocation can be recomputed once the seed is opened."""

import hashlib
import hmac
from fractions import Fraction


class Chance:
    """A stream of numbers from HMAC-SHA256 of the seed (hexadecimal) over a purpose and a counter.

    >>> Chance("00" * 32).below(6) == Chance("00" * 32).below(6)
    True
    """

    def __init__(self, seed: str, purpose: str = "") -> None:
        key = bytes.fromhex(seed)
        self._key = hmac.digest(key, purpose.encode(), hashlib.sha256) if purpose else key
        self._drawn = 0

    def _number(self) -> int:
        number = int.from_bytes(hmac.digest(self._key, self._drawn.to_bytes(8, "big"), hashlib.sha256)[:8], "big")
        self._drawn += 1
        return number

    def below(self, limit: int) -> int:
        """A number from 0 to limit - 1, each equally likely (numbers that would favor some are drawn again)."""
        while True:
            number = self._number()
            if number < 2**64 - 2**64 % limit:
                return number % limit

    def happens(self, probability: Fraction) -> bool:
        """Whether something of this probability happens."""
        return Fraction(self._number(), 2**64) < probability
