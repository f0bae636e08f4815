"""Tuberculosis decisions against the proposed rules: every combination of results by a second implementation."""

from itertools import product

import numpy as np
import pytest

from trialwright.instruments import tuberculosis
from trialwright.protocol import ALL, Status

pytestmark = pytest.mark.golden


@pytest.mark.parametrize(
    ("assay", "boxes", "decision", "value", "reasons"),
    [
        ("NEGATIVE", {"IMAGING": False}, "INCLUDE", 1, ()),
        ("POSITIVE", {"IMAGING": False, "PREVENTED": True}, "INCLUDE", 1, ()),
        ("POSITIVE", {"IMAGING": True, "PREVENTED": True}, "EXCLUDE", 0, ()),
        (None, {"IMAGING": True}, "EXCLUDE", 0, ()),
        ("POSITIVE", {"IMAGING": False}, "PENDING", None, ("PREVENTED unknown",)),
        ("NEGATIVE", {}, "PENDING", None, ("IMAGING unknown",)),
        ("INDETERMINATE", {"IMAGING": False}, "PENDING", None, ("IGRA indeterminate: repeat it",)),
        (None, {}, "PENDING", None, ("IGRA unknown", "IMAGING unknown")),
    ],
)
def test_decisions(assay: str | None, boxes: dict[str, bool | None], decision: str, value: int | None, reasons: tuple[str, ...]) -> None:
    score = tuberculosis.score(assay, boxes)
    assert (score.parts["decision"], score.value, score.reasons) == (decision, value, reasons)
    assert (score.status is Status.SCORED) == (value is not None)


def test_a_positive_assay_alone_goes_to_a_physician() -> None:
    score = tuberculosis.score("POSITIVE", {"IMAGING": False, "PREVENTED": False})
    assert (score.parts["decision"], score.value, score.status) == ("REFER", None, Status.INCOMPLETE)


def test_a_second_implementation_agrees_on_every_combination_and_100000_people() -> None:
    def decide(assay: float, imaging: float, prevented: float) -> str:
        if imaging == 1:
            return "EXCLUDE"
        if imaging == 0 and assay == 0:
            return "INCLUDE"
        if imaging == 0 and assay == 1:
            return {1.0: "INCLUDE", 0.0: "REFER"}.get(prevented, "PENDING")
        return "PENDING"

    chance = np.random.default_rng(20263)
    some = np.column_stack([chance.choice([0, 0.5, 1, np.nan], 100_000), chance.choice([0, 1, np.nan], (100_000, 2))])
    every = np.array(list(product((0, 0.5, 1, np.nan), (0, 1, np.nan), (0, 1, np.nan))))
    for rows in (every, some):
        assert tuberculosis.decisions(rows).tolist() == [decide(*row) for row in rows.tolist()]


def test_the_impossible_is_refused() -> None:
    with pytest.raises(ValueError, match="not a result"):
        tuberculosis.score("WEAK", {})
    with pytest.raises(ValueError, match="not asked"):
        tuberculosis.score(None, {"COUGH": True})
    with pytest.raises(ValueError, match="indeterminate assay"):
        tuberculosis.decisions(np.array([[0, 0.5, 0]]))


def test_the_items() -> None:
    assert tuple(item.code for item in tuberculosis.items(ALL)) == tuberculosis.CODES
