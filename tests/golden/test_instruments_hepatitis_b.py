"""Hepatitis decisions against the rules of the registered trials: every combination of results by hand."""

from datetime import date
from itertools import product

import numpy as np
import pytest

from trialwright.instruments import hepatitis_b
from trialwright.protocol import ALL, Status

pytestmark = pytest.mark.golden


@pytest.mark.parametrize(
    ("results", "decision", "value"),
    [
        ({"HBSAG": True}, "EXCLUDE", 0),
        ({"HBSAG": False, "HBCAB": True, "HBVDNA": False, "HCVAB": False}, "MONITOR", 1),
        ({"HBSAG": False, "HBCAB": True, "HCVAB": False}, "PENDING", None),
        ({"HBSAG": False, "HBCAB": False, "HCVAB": False}, "INCLUDE", 1),
        ({"HBSAG": False, "HBCAB": True, "HBVDNA": True, "HCVAB": False}, "EXCLUDE", 0),
        ({"HCVAB": True}, "EXCLUDE", 0),
        ({"HBSAG": False, "HBCAB": False}, "PENDING", None),
    ],
)
def test_decisions(results: dict[str, bool | None], decision: str, value: int | None) -> None:
    score = hepatitis_b.score(results)
    assert (score.parts["decision"], score.value) == (decision, value)
    assert ("monitoring" in score.parts) == (decision == "MONITOR")
    assert (score.status is Status.INCOMPLETE) == (decision == "PENDING")


def test_what_is_awaited_is_named_and_nothing_else() -> None:
    assert hepatitis_b.score({"HBSAG": False, "HBCAB": True, "HCVAB": False}).reasons == ("HBVDNA unknown",)
    assert hepatitis_b.score({"HBSAG": False, "HBCAB": False}).reasons == ("HCVAB unknown",)
    assert hepatitis_b.score({}).reasons == ("HBSAG unknown", "HBCAB unknown", "HBVDNA unknown", "HCVAB unknown")
    assert hepatitis_b.score({"HBSAG": True}).reasons == ("HBSAG positive",)


def test_a_second_implementation_agrees_on_all_81_and_100000_random_people() -> None:
    def decide(surface: float, core: float, dna: float, other: float) -> str:
        if 1 in (surface, dna, other):
            return "EXCLUDE"
        if (surface, other) != (0, 0):
            return "PENDING"
        return {0.0: "INCLUDE", 1.0: "MONITOR" if dna == 0 else "PENDING"}.get(core, "PENDING")

    every = np.array(list(product((0.0, 1.0, np.nan), repeat=4)))
    some = np.random.default_rng(20259).choice([0.0, 1.0, np.nan], (100_000, 4))
    for rows in (every, some):
        assert hepatitis_b.decisions(rows).tolist() == [decide(*row) for row in rows.tolist()]


def test_a_decision_never_changes_when_an_unknown_result_arrives() -> None:
    """Unless it was PENDING: what was decided with a result unknown is decided the same with either result."""
    for row in product((0.0, 1.0, np.nan), repeat=4):
        before = hepatitis_b.decisions(np.array([row]))[0]
        for place in np.flatnonzero(np.isnan(row)):
            for result in (0.0, 1.0):
                later = np.array([row])
                later[0, place] = result
                after = hepatitis_b.decisions(later)[0]
                assert before == after or before == "PENDING" or (place == 2 and result == 1), "only a positive DNA, never ordered, overturns"


def test_monitoring_days() -> None:
    assert hepatitis_b.monitoring(date(2025, 1, 31), date(2025, 3, 31), 1) == (date(2025, 2, 28), date(2025, 3, 31))
    assert hepatitis_b.monitoring(date(2025, 1, 31), date(2025, 2, 1)) == ()
    with pytest.raises(ValueError, match="every 1 to 3"):
        hepatitis_b.monitoring(date(2025, 1, 31), date(2025, 2, 1), 4)


def test_the_impossible_is_refused() -> None:
    with pytest.raises(ValueError, match="not a result"):
        hepatitis_b.score({"HBEAG": True})
    with pytest.raises(ValueError, match="1 \\(positive\\)"):
        hepatitis_b.decisions(np.full((1, 4), 2.0))


def test_the_items() -> None:
    items = hepatitis_b.items(ALL)
    assert tuple(item.code for item in items) == hepatitis_b.CODES
    assert [item.code for item in items if not item.required] == ["HBVDNA"]
