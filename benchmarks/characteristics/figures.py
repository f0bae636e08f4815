"""One operating characteristic of one method in one situation, and what is to be said of it."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

Quantity = Literal["type I error", "size", "coverage", "lowest coverage", "mean coverage"]
Part = Callable[[float, int], list["Figure"]]


@frozen(kw_only=True)
class Figure:
    """``value`` against a nominal 5 % (type I error, size) or 95 % (coverage).

    ``trials`` is 0 where all outcomes were enumerated; ``without`` is the share of trials without a result, which
    ``value`` leaves out.
    """

    method: str
    situation: str
    quantity: Quantity
    value: float
    trials: int = 0
    without: float = 0.0

    @property
    def error(self) -> float:
        """The Monte Carlo standard error of ``value``; zero for an enumeration."""
        defined = self.trials * (1 - self.without)
        if defined < 1:
            return 0.0
        share = min(max(self.value, 1 / defined), 1 - 1 / defined)
        return float(np.sqrt(share * (1 - share) / defined))

    @property
    def key(self) -> tuple[str, str, str]:
        """What the figure is about."""
        return self.method, self.situation, self.quantity

    def verdict(self) -> str:
        """In words, with two Monte Carlo errors of doubt: half a point beyond 5 % or a point below 95 % fails."""
        low, high = self.value - 2 * self.error, self.value + 2 * self.error
        if self.quantity in ("type I error", "size"):
            if low > 0.055:
                return "**fails**: rejects too often"
            if self.value > 0.055:
                return "undecided, 5 % or above"
            return "slightly above" if low > 0.05 + 1e-9 else "conservative" if high < 0.04 else "keeps 5 %"
        if high < 0.94:
            return "**fails**: covers too seldom"
        if self.value < 0.94:
            return "undecided, 95 % or below"
        return "slightly below" if high < 0.95 - 1e-9 else "conservative" if low > 0.97 else "keeps 95 %"


def rate(method: str, situation: str, quantity: Quantity, hits: ArrayLike, defined: ArrayLike | None = None) -> Figure:
    """The share of trials with a hit among those with a result."""
    hit = np.asarray(hits, dtype=np.bool_)
    known = np.ones(hit.shape, dtype=np.bool_) if defined is None else np.asarray(defined, dtype=np.bool_)
    return Figure(
        method=method,
        situation=situation,
        quantity=quantity,
        value=float(hit[known].mean()),
        trials=hit.size,
        without=float(1 - known.mean()),
    )


def extremes(method: str, situation: str, coverage: Sequence[float] | np.ndarray) -> list[Figure]:
    """The lowest and the mean coverage over a grid of true values."""
    values = np.asarray(coverage)
    return [
        Figure(method=method, situation=situation, quantity="lowest coverage", value=float(values.min())),
        Figure(method=method, situation=situation, quantity="mean coverage", value=float(values.mean())),
    ]


def scaled(trials: int, scale: float) -> int:
    """How many trials a run at this scale takes; never fewer than fifty."""
    return max(50, round(trials * scale))
