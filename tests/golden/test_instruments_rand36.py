"""RAND-36 against vectors worked by hand from the published recoding, and a second implementation."""

import numpy as np
import pytest

from trialwright.instruments import rand36
from trialwright.protocol import ALL, Status

pytestmark = pytest.mark.golden

ANSWERS = {1: 4, 2: 4, 3: 1, 4: 1, 5: 2, 6: 2, 7: 2, 8: 2, 9: 2, 10: 2, 11: 2, 12: 3, 13: 1, 14: 1, 15: 1, 16: 2, 17: 2, 18: 2, 19: 1,
           20: 3, 21: 4, 22: 3, 23: 4, 24: 4, 25: 5, 26: 3, 27: 4, 28: 4, 29: 3, 30: 3, 31: 2, 32: 3, 33: 3, 34: 4, 35: 2, 36: 4}  # fmt: skip
MIXED = {f"RAND{number:02d}": answer for number, answer in ANSWERS.items()}


@pytest.mark.parametrize(
    ("scale", "ones", "mixed"),
    [("PF", 0, 45.0), ("RP", 0, 25.0), ("RE", 0, 66.67), ("EF", 50, 35.0), ("EWB", 40, 64.0), ("SF", 50, 50.0), ("BP", 100, 45.0), ("GH", 60, 30.0)],
)
def test_scales(scale: str, ones: float, mixed: float) -> None:
    for answers, value in ((dict.fromkeys(rand36.CODES, 1), ones), (MIXED, mixed)):
        assert float(rand36.score(answers, scale).value or 0) == pytest.approx(value, abs=5e-3)


def test_the_item_on_the_past_year_is_recoded_and_belongs_to_no_scale() -> None:
    row = np.array([[float(MIXED[code]) for code in rand36.CODES]])
    assert rand36.recoded(row)[0, rand36.TRANSITION - 1] == 25
    assert sorted(n for scale in rand36.SCALES for n in scale.numbers) == [n for n in range(1, 37) if n != rand36.TRANSITION]


def test_a_missing_item_is_left_out_and_named() -> None:
    score = rand36.score({code: value for code, value in MIXED.items() if code != "RAND03"}, "PF")
    assert float(score.value or 0) == 50
    assert score.reasons == ("RAND03 missing",)
    assert rand36.score({"RAND21": 1}, "BP").value == 100
    strict = rand36.score({"RAND13": 1}, "RP", least_share=0.5)
    assert (strict.value, strict.status, len(strict.reasons)) == (None, Status.INCOMPLETE, 3)
    assert rand36.score({}, "GH").value is None


@pytest.mark.parametrize(("answers", "scale"), [({"RAND03": 4}, "PF"), ({"RAND13": 0}, "RP"), ({"RAND37": 1}, "PF"), ({}, "PCS"), ({"RAND01": True}, "GH")])
def test_the_impossible_is_refused(answers: dict[str, int], scale: str) -> None:
    with pytest.raises(ValueError):
        rand36.score(answers, scale)


def test_a_second_implementation_agrees_on_100000_questionnaires() -> None:
    """Each recoding is a straight line in the answer: start + step x (answer - 1)."""
    lines = {**dict.fromkeys((1, 2, 20, 22, 34, 36), (100, -25, 5)), **dict.fromkeys(range(3, 13), (0, 50, 3)),
             **dict.fromkeys(range(13, 20), (0, 100, 2)), **dict.fromkeys((21, 23, 26, 27, 30), (100, -20, 6)),
             **dict.fromkeys((24, 25, 28, 29, 31), (0, 20, 6)), **dict.fromkeys((32, 33, 35), (0, 25, 5))}  # fmt: skip
    start, step, most = (np.array([lines[n][part] for n in range(1, 37)], dtype=float) for part in range(3))
    chance = np.random.default_rng(20249)
    answers = 1 + np.floor(chance.random((100_000, 36)) * most)
    answers[chance.random(answers.shape) < 0.2] = np.nan
    points = np.ma.masked_invalid(start + step * (answers - 1))
    members = [range(3, 13), range(13, 17), range(17, 20), (23, 27, 29, 31), (24, 25, 26, 28, 30), (20, 32), (21, 22), (1, 33, 34, 35, 36)]
    found = rand36.scales(answers)
    for place, numbers in enumerate(members):
        expected = points[:, [n - 1 for n in numbers]].mean(axis=1).filled(np.nan)
        np.testing.assert_allclose(found[:, place], expected, atol=1e-9)
    known = found[~np.isnan(found)]
    assert 0 <= known.min() <= known.max() <= 100


def test_the_items_carry_their_own_ranges() -> None:
    items = rand36.items(ALL)
    assert len(items) == 36
    assert (items[0].high, items[2].high, items[12].high, items[20].high) == (5, 3, 2, 6)
