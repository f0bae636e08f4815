"""When the last patient will probably have joined, from how fast patients joined so far."""

import math

from scipy.special import betaincinv


def days_until_full(joined: int, days: float, wanted: int, chance: float = 0.5) -> float:
    """Days from now until `wanted` patients have joined, exceeded with probability 1 - `chance`.

    `joined` patients came in `days` days at a rate that is taken to be steady (a Poisson process with the prior 1/rate), so
    that the waiting time over `days` follows a beta prime distribution with `wanted` - `joined` and `joined` degrees.
    0 when nobody is missing; infinity before the first patient.

    Source: Anisimov and Fedorov, Statistics in Medicine 2007;26:4958 (Poisson-gamma model of recruitment, one site).

    Raises ValueError for a chance outside (0, 1), negative counts or no time.

    >>> round(days_until_full(10, 100, 20), 1)
    100.0
    >>> days_until_full(20, 100, 20), days_until_full(0, 100, 20)
    (0.0, inf)
    """
    if not 0 < chance < 1 or joined < 0 or wanted < 0 or days < 0 or (joined and not days):
        raise ValueError(f"days_until_full({joined=}, {days=}, {wanted=}, {chance=}): counts and days must not be negative, the chance between 0 and 1")
    missing = wanted - joined
    if missing <= 0:
        return 0.0
    if not joined:
        return math.inf
    share = float(betaincinv(missing, joined, chance))
    return days * share / (1 - share) if share < 1 else math.inf
