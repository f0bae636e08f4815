"""The damage index with a made-up table of weights: the real one is transcribed from the paper and never built in."""

import numpy as np
import pytest

from trialwright.instruments import damage_index
from trialwright.protocol import ALL, Status

pytestmark = pytest.mark.golden

MADE_UP = "code,organ,weight\n" + "\n".join(f"D{n:02d},ORGAN{n % 6},{3 if n > 14 else 2}" for n in range(1, 24))
TABLE = damage_index.table(MADE_UP, MADE_UP)
NOTHING: dict[str, bool | None] = {one.code: False for one in TABLE}


def test_the_table_is_kept_as_transcribed() -> None:
    assert (TABLE[4].code, TABLE[4].organ, TABLE[4].weight) == ("D05", "ORGAN5", 2)


def test_the_sum_of_the_weights() -> None:
    score = damage_index.score(TABLE, NOTHING | {"D01": True, "D23": True})
    assert (score.value, score.parts["band"]) == (5, "LOW")
    assert damage_index.score(TABLE, dict.fromkeys(NOTHING, True)).value == 55
    assert damage_index.score(TABLE, NOTHING).value == 0


def test_an_unknown_item_gives_bounds() -> None:
    score = damage_index.score(TABLE, NOTHING | {"D20": True, "D01": None})
    assert (score.value, score.status, score.reasons) == (None, Status.INCOMPLETE, ("D01 unknown",))
    assert (score.parts["min"], score.parts["max"], score.parts["band"]) == ("3", "5", "LOW")
    assert damage_index.score(TABLE, NOTHING | {"D20": True, "D01": None, "D02": None}).parts["band"] == "OPEN"


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (MADE_UP.replace("D05,ORGAN5,2", "D05,ORGAN5,3"), "differ in D05"),
        (MADE_UP.replace("D05", "D99"), "differ in D05, D99"),
        (MADE_UP.replace("code,", "item,"), "must begin with"),
        (MADE_UP.replace("D05,ORGAN5,2", "D05,ORGAN5,two"), "line 6 of the second"),
        (MADE_UP.replace("D05,ORGAN5,2", "D05,ORGAN5,0"), "line 6 of the second"),
        (MADE_UP.replace("D05,ORGAN5,2", "D05,ORGAN4,2"), "differ in D05"),
        (MADE_UP.replace("D05,", "D04,"), "repeats D04"),
    ],
)
def test_two_transcriptions_must_agree(second: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        damage_index.table(MADE_UP, second)


def test_a_table_that_does_not_add_up_is_refused() -> None:
    wrong = MADE_UP.replace("D05,ORGAN5,2", "D05,ORGAN5,1")
    with pytest.raises(ValueError, match="23 items that sum to 54"):
        damage_index.table(wrong, wrong)
    short = MADE_UP.replace("\nD05,ORGAN5,2", "")
    with pytest.raises(ValueError, match="22 items"):
        damage_index.table(short, short)


def test_no_weight_is_built_in() -> None:
    """Nothing in the module holds weights: the only numbers are the count, the sum and the bands."""
    assert not [name for name in vars(damage_index) if "WEIGHT" in name.upper() and isinstance(vars(damage_index)[name], dict | tuple | list)]
    with pytest.raises(ValueError, match="not an item"):
        damage_index.score(TABLE, {"SKIN": True})


def test_damage_is_cumulative() -> None:
    visits = np.array([[0, 1, np.nan], [1, 0, np.nan], [0, np.nan, 1], [np.nan, 0, 0]], dtype=float)
    np.testing.assert_array_equal(damage_index.cumulative(visits), [[0, 1, np.nan], [1, 1, np.nan], [1, 1, 1], [1, 1, 1]])


def test_a_second_implementation_agrees_on_100000_patients() -> None:
    chance = np.random.default_rng(20261)
    damage = chance.integers(0, 2, (100_000, 23)).astype(float)
    expected = 2 * damage[:, :14].sum(axis=1) + 3 * damage[:, 14:].sum(axis=1)
    low, high = damage_index.bounds(TABLE, damage)
    np.testing.assert_array_equal(low, expected)
    np.testing.assert_array_equal(high, expected)
    damage[chance.random(damage.shape) < 0.2] = np.nan
    unknown = 2 * np.isnan(damage[:, :14]).sum(axis=1) + 3 * np.isnan(damage[:, 14:]).sum(axis=1)
    low, high = damage_index.bounds(TABLE, damage)
    assert ((low <= expected) & (expected <= high)).all()
    np.testing.assert_array_equal(high - low, unknown)
    history = damage_index.cumulative(chance.integers(0, 2, (6, 23)).astype(float))
    assert (np.diff(damage_index.bounds(TABLE, history)[0]) >= 0).all(), "the index never falls"


def test_the_items_come_from_the_table() -> None:
    assert [item.code for item in damage_index.items(TABLE, ALL)] == [one.code for one in TABLE]
