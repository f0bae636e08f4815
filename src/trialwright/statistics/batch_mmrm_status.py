"""What became of each trial in a batch of mixed models: fitted, or why it has no number."""

from enum import IntEnum
from math import log, pi


class MmrmStatus(IntEnum):
    """Why a trial of a batch has, or has not, an estimate; whatever is not ``CONVERGED`` has NaN in all its numbers.

    >>> MmrmStatus(2).name, MmrmStatus(2).meaning
    ('ONE_ARM_VISIT', 'at a visit only one arm was observed')
    """

    CONVERGED = 0
    EMPTY_VISIT = 1
    ONE_ARM_VISIT = 2
    SINGULAR_DESIGN = 3
    NO_VARIATION = 4
    UNSEEN_PAIR = 5
    NOT_CONVERGED = 6
    SINGULAR_COVARIANCE = 7
    NO_DEGREES_OF_FREEDOM = 8

    @property
    def meaning(self) -> str:
        """What the status says, in words."""
        return {
            MmrmStatus.CONVERGED: "converged",
            MmrmStatus.EMPTY_VISIT: "at a visit nobody was observed",
            MmrmStatus.ONE_ARM_VISIT: "at a visit only one arm was observed",
            MmrmStatus.SINGULAR_DESIGN: "at a visit a covariate is a combination of the arm and the other covariates",
            MmrmStatus.NO_VARIATION: "at a visit the model fits perfectly; no variation is left to judge a difference by",
            MmrmStatus.UNSEEN_PAIR: "fewer than two patients were observed at both visits of a pair",
            MmrmStatus.NOT_CONVERGED: "no maximum was found well inside the positive definite matrices: too few patients remain",
            MmrmStatus.SINGULAR_COVARIANCE: "the covariance is singular: a visit is a combination of others",
            MmrmStatus.NO_DEGREES_OF_FREEDOM: "the variance or the degrees of freedom are not positive numbers",
        }[self]


ALIASED = 1e-8  # share of a column's square left by the columns before: less is a combination of them
PERFECT = 1e-12  # share of a visit's square left by the model: less is rounding
SINGULAR = 1e-8  # share of a visit's variance left by the visits before: less is a combination of them
CLOSE = 0.05  # Newton decrement of a step after which the observed information takes over
FINISHED = 1e-20  # decrement at which one last step is taken, too small to change the information in eight digits
ROUNDING = 1e-9  # decrement below which the likelihood may no longer show an improvement
EDGE = 1e-3  # share of a visit's variance left by all others: less, and rounding decides where the climb ends
HALVINGS = 30
ITERATIONS = 100
LOG_TWO_PI = log(2.0 * pi)
