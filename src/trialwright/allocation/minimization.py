"""Minimization: each subject comes, most probably, into the arm that leaves the arms most alike in what matters."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from trialwright.allocation.chance import Chance


def imbalance(arms: Sequence[str], earlier: Sequence[tuple[str, str]], stratum: str, arm: str) -> int:
    """How uneven the arms would be if a subject of `stratum` came into `arm`: over all factors, the range of the counts of those who are
    alike in that factor (Pocock and Simon, Biometrics 1975;31:103, with the range and equal weights).

    `earlier` are the arms and strata of all subjects so far; a stratum has one letter for each factor.

    >>> imbalance("TC", [("T", "YN"), ("C", "NN")], "YN", "T"), imbalance("TC", [("T", "YN"), ("C", "NN")], "YN", "C")
    (3, 1)
    """
    total = 0
    for factor, level in enumerate(stratum):
        counts = {code: sum(given == code and told[factor] == level for given, told in earlier) for code in arms}
        counts[arm] += 1
        total += max(counts.values()) - min(counts.values())
    return total


def minimized(arms: Sequence[str], earlier: Sequence[tuple[str, str]], stratum: str, coin: Decimal, seed: str) -> str:
    """The arm of the next subject: the one with the least imbalance with probability `coin`, else one of the others; ties by chance.

    Chance follows from the seed and the number of subjects before, so that every step can be recomputed.

    >>> minimized("TC", [("T", "Y")] * 3, "Y", Decimal(1), "00" * 32)
    'C'
    """
    chance = Chance(seed, f"minimization {len(earlier)}")
    told = {arm: imbalance(arms, earlier, stratum, arm) for arm in arms}
    best = [arm for arm in arms if told[arm] == min(told.values())]
    others = [arm for arm in arms if arm not in best]
    if others and not chance.happens(Fraction(coin)):
        return others[chance.below(len(others))]
    return best[chance.below(len(best))]
