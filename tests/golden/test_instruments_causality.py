"""Causality: the Naranjo case printed in PMC6136411, limits and derived answers by hand, and a second implementation."""

import numpy as np
import pytest

from trialwright.instruments import causality
from trialwright.protocol import ALL, Status

pytestmark = pytest.mark.golden


def test_published_case() -> None:
    """A case report prints 0 2 1 0 2 0 0 0 0 1 for its ten answers and calls the reaction probable."""
    answers = ("UNKNOWN", "YES", "YES", "UNKNOWN", "NO", "UNKNOWN", "UNKNOWN", "NO", "NO", "YES")
    score = causality.score(dict(zip(causality.CODES, answers, strict=True)))
    assert (score.value, score.parts["category"]) == (6, "PROBABLE")


@pytest.mark.parametrize(
    ("total", "category"),
    [(13, "DEFINITE"), (9, "DEFINITE"), (8, "PROBABLE"), (5, "PROBABLE"), (4, "POSSIBLE"), (1, "POSSIBLE"), (0, "DOUBTFUL"), (-4, "DOUBTFUL"), (np.nan, "")],
)
def test_limits(total: float, category: str) -> None:
    assert causality.categories(np.array([float(total)]))[0] == category


def test_the_extremes_and_do_not_know() -> None:
    best = [float(one.yes > one.no) for one in causality.QUESTIONS]
    assert causality.totals(np.array([best]))[0] == 13
    assert causality.totals(1 - np.array([best]))[0] == -4
    assert causality.score(dict.fromkeys(causality.CODES, "UNKNOWN")).value == 0


def test_a_question_that_was_not_answered_leaves_no_score() -> None:
    score = causality.score({code: "NO" for code in causality.CODES[1:]})
    assert (score.value, score.status, score.reasons) == (None, Status.INCOMPLETE, ("NAR01 not answered",))


@pytest.mark.parametrize("bad", [{"NAR01": "MAYBE"}, {"NAR11": "YES"}])
def test_the_impossible_is_refused(bad: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="answered YES, NO, UNKNOWN"):
        causality.score(bad)


@pytest.mark.parametrize("category", [*causality.WHO_UMC, *causality.CHINA])
def test_what_cannot_be_excluded_is_related(category: str) -> None:
    assert causality.related(category) is (category not in ("UNLIKELY", "POSSIBLY_UNRELATED"))
    with pytest.raises(ValueError, match="not a category"):
        causality.related("RELATED")


def test_a_second_implementation_agrees_on_100000_events() -> None:
    """Per question: a point for yes and a point for no, as counts."""
    answers = np.random.default_rng(20260).choice([0.0, 0.5, 1.0], (100_000, 10))
    yes, no = answers == 1, answers == 0
    expected = yes[:, [0, 2, 6, 7, 8, 9]].sum(axis=1) + 2 * yes[:, [1, 3]].sum(axis=1) - yes[:, [4, 5]].sum(axis=1)
    expected = expected - no[:, [1, 3]].sum(axis=1) + 2 * no[:, 4] + no[:, 5]
    found = causality.totals(answers)
    np.testing.assert_array_equal(found, expected)
    for row, total in zip(answers[:200], found[:200], strict=True):
        words = {0.0: "NO", 0.5: "UNKNOWN", 1.0: "YES"}
        assert causality.score({code: words[x] for code, x in zip(causality.CODES, row.tolist(), strict=True)}).value == total


def test_the_items() -> None:
    assert [item.code for item in causality.items(ALL)] == [*causality.CODES, "WHOUMC"]
