"""The watch on immunoglobulins against the vectors of its proposed table, and a second implementation."""

from decimal import Decimal

import numpy as np
import pytest

from trialwright.instruments import immunoglobulin_watch as watch
from trialwright.instruments.immunoglobulin_watch import Rule
from trialwright.protocol import Audience, Status

pytestmark = pytest.mark.golden
LIMIT = Decimal("8.6")


def sample(igg: str, iga: str = "1.5", igm: str = "0.9") -> dict[str, Decimal | None]:
    return {"IGG": Decimal(igg), "IGA": Decimal(iga), "IGM": Decimal(igm)}


@pytest.mark.parametrize(
    ("igg", "grade", "action"),
    [("9.0", 0, "NONE"), ("8.6", 0, "NONE"), ("6.1", 1, "NONE"), ("5.0", 1, "NONE"), ("4.6", 2, "NONE"), ("4.0", 2, "NONE"),
     ("3.4", 3, "HOLD"), ("3.0", 3, "HOLD"), ("2.9", 4, "STOP")],
)  # fmt: skip
def test_igg(igg: str, grade: int, action: str) -> None:
    score = watch.score(sample(igg), LIMIT)
    assert (score.value, score.parts["action"]) == (grade, action)
    assert ("repeat within days" in score.parts) == (action == "HOLD")


def test_low_iga_or_igm_alerts() -> None:
    assert watch.score(sample("9", iga="0.06"), LIMIT).parts["action"] == "ALERT"
    assert watch.score(sample("9", igm="0.39"), LIMIT).parts["action"] == "ALERT"
    assert watch.score(sample("9", iga="0.07", igm="0.4"), LIMIT).parts["action"] == "NONE"
    assert watch.score(sample("2.5", iga="0.01"), LIMIT).parts["action"] == "STOP", "the most severe action is taken"


def test_an_unknown_value_is_named_and_an_action_that_is_due_is_given_all_the_same() -> None:
    score = watch.score({"IGG": Decimal("3.4"), "IGA": Decimal(1)}, LIMIT)
    assert (score.value, score.reasons, score.parts["action"]) == (3, ("IGM missing",), "HOLD")
    assert watch.score({"IGG": Decimal("3.4"), "IGM": Decimal(1)}, LIMIT).value == 3
    none = watch.score({"IGM": Decimal("0.2")}, LIMIT)
    assert (none.value, none.status, none.reasons, none.parts["action"]) == (None, Status.INCOMPLETE, ("IGG missing", "IGA missing"), "ALERT")
    unsure = watch.score(sample("6.1"), None)
    assert (unsure.value, unsure.reasons) == (None, ("lower limit of the laboratory missing",))
    assert watch.score(sample("4.6"), None).value == 2, "below 5 the grade does not depend on the laboratory"


def test_a_protocol_may_set_its_own_rules() -> None:
    own = (Rule(test="IGG", below=6.0, grade=1, action="HOLD", repeat_days=7), Rule(test="IGG", below=2.0, grade=4, action="STOP"))
    score = watch.score(sample("5.5"), LIMIT, own)
    assert (score.value, score.parts) == (1, {"version": "rules of the protocol", "action": "HOLD", "repeat within days": "7"})
    with pytest.raises(ValueError, match="a rule is about"):
        Rule(test="IGE", below=1.0)
    with pytest.raises(ValueError, match="a rule is about"):
        Rule(test="IGG", below=1.0, action="WAIT")


@pytest.mark.parametrize("bad", [{"IGG": Decimal(860)}, {"IGG": Decimal(-1)}, {"IGE": Decimal(1)}])
def test_the_impossible_is_refused(bad: dict[str, Decimal]) -> None:
    with pytest.raises(ValueError):
        watch.score(bad, LIMIT)


def test_the_edges_of_what_is_possible_and_the_days_of_sampling() -> None:
    assert watch.score(sample("0"), LIMIT).value == 4
    assert watch.score(sample("100"), LIMIT).value == 0
    with pytest.raises(ValueError, match="g/L"):
        watch.score(sample("100.5"), LIMIT)
    assert (watch.SAMPLING_WEEKS, watch.WEEKS_AFTER_LAST_DOSE) == ((0, 4, 8, 12), 12)


def test_a_second_implementation_agrees_on_100000_samples() -> None:
    chance = np.random.default_rng(20257)
    n = 100_000
    values = np.column_stack([chance.uniform(1, 18, n), chance.uniform(0, 4, n), chance.uniform(0, 3, n)])
    limits = chance.uniform(6, 9, n)
    grades, actions = watch.grades(values, limits), watch.actions(values, limits)
    for (g, a, m), limit, grade, action in zip(values.tolist(), limits.tolist(), grades.tolist(), actions.tolist(), strict=True):
        expected = 4 if g < 3 else 3 if g < 4 else 2 if g < 5 else 1 if g < limit else 0
        word = "STOP" if expected == 4 else "HOLD" if expected == 3 else "ALERT" if a < 0.07 or m < 0.4 else "NONE"
        assert grade == expected
        assert watch.ACTIONS[int(action)] == word
    order = np.argsort(values[:, 0])
    assert (np.diff(watch.grades(values[order], np.full(n, 7.0))) <= 0).all(), "lower IgG, never a lower grade"


def test_the_evaluator_never_sees_them() -> None:
    for item in watch.items():
        assert item.hints_at_arm
        assert not item.audience.admits(Audience.EVALUATOR)
