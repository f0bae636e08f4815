"""The revised EUSTAR index, both variants, against vectors summed by hand and a second implementation."""

import numpy as np
import pytest

from trialwright.instruments import eustar
from trialwright.protocol import ALL, Status

pytestmark = pytest.mark.golden
NOTHING = {"DSKIN": False, "ULCERS": False, "MRSS": 0, "TFR": False, "CRP": 1, "DLCO": 90}


@pytest.mark.parametrize(
    ("visit", "continuous", "value", "active"),
    [
        ({"DSKIN": True, "MRSS": 22, "TFR": True, "CRP": 6, "DLCO": 62}, False, 6.25, "YES"),
        ({"MRSS": 12, "CRP": 14, "DLCO": 80}, False, 2.25, "NO"),
        ({"MRSS": 12, "CRP": 14, "DLCO": 80}, True, 3.258, "YES"),
        ({"MRSS": 18}, False, 0, "NO"),
        ({"MRSS": 18}, True, 1.512, "NO"),
        ({"MRSS": 19}, True, 1.5, "NO"),
        ({"CRP": 10, "DLCO": 70}, False, 0, "NO"),
        ({"DSKIN": True, "ULCERS": True, "MRSS": 51, "TFR": True, "CRP": 90, "DLCO": 20}, False, 10, "YES"),
    ],
)
def test_vectors(visit: dict[str, float], continuous: bool, value: float, active: str) -> None:
    score = eustar.score(NOTHING | visit, continuous)
    assert float(score.value if score.value is not None else -1) == pytest.approx(value, abs=1e-9)
    assert score.parts["active"] == active
    assert score.parts["version"] == ("eustar2017/continuous" if continuous else "eustar2017/abstract")


def test_active_from_exactly_two_and_a_half() -> None:
    assert eustar.score(NOTHING | {"DSKIN": True, "DLCO": 60}).parts["active"] == "YES"


def test_an_unknown_sign_gives_bounds_and_sometimes_an_answer() -> None:
    sure = eustar.score(NOTHING | {"TFR": True, "DLCO": 50, "CRP": None})
    assert (sure.value, sure.status, sure.reasons) == (None, Status.INCOMPLETE, ("CRP unknown",))
    assert (sure.parts["min"], sure.parts["max"], sure.parts["active"]) == ("3.25", "5.5", "YES")
    assert eustar.score(NOTHING | {"DLCO": None}).parts["active"] == "NO"
    assert eustar.score(NOTHING | {"CRP": None, "DLCO": 50}).parts["active"] == "OPEN"
    exactly = eustar.score(NOTHING | {"DSKIN": True, "DLCO": None})
    assert (exactly.parts["max"], exactly.parts["active"]) == ("2.5", "OPEN")


@pytest.mark.parametrize(
    ("code", "value", "told"),
    [("MRSS", 52, "0 and 51"), ("DLCO", 251, "0 and 250"), ("CRP", 1001, "0 and 1000"), ("TFR", 2, "present"), ("ESR", 1, "not a sign")],
)
def test_the_impossible_is_refused(code: str, value: float, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        eustar.score({code: value})


def columns(n: int) -> np.ndarray:
    chance = np.random.default_rng(20243)
    signs = np.column_stack([chance.integers(0, 2, (n, 2)), chance.integers(0, 52, n), chance.integers(0, 2, n),
                             chance.choice([0.5, 5, 10, 10.1, 40], n), chance.choice([40, 69.9, 70, 95], n)])  # fmt: skip
    return signs.astype(float)


@pytest.mark.parametrize("continuous", [False, True])
def test_a_second_implementation_agrees_on_100000_patients(continuous: bool) -> None:
    signs = columns(100_000)
    found = eustar.index(signs, continuous)
    for row, value in zip(signs.tolist(), found.tolist(), strict=True):
        skin, ulcers, mrss, rub, crp, dlco = row
        total = 1.5 * skin + 1.5 * ulcers + 2.25 * rub
        total += 1.5 if mrss > 18 else (0.084 * mrss if continuous else 0)
        total += 2.25 if crp / 10 > 1 else 0
        total += 1 if dlco < 70 else 0
        assert abs(value - total) < 1e-9
    assert found.min() >= 0
    assert found.max() <= (10.012 if continuous else 10)


def test_bounds_enclose_the_index_whatever_is_hidden() -> None:
    signs = columns(20_000)
    hidden = signs.copy()
    hidden[np.random.default_rng(1).random(signs.shape) < 0.3] = np.nan
    for continuous in (False, True):
        low, high = eustar.bounds(hidden, continuous)
        truth = eustar.index(signs, continuous)
        assert (low <= truth + 1e-9).all()
        assert (truth <= high + 1e-9).all()
        assert np.isnan(eustar.index(hidden, continuous)[np.isnan(hidden).any(axis=1)]).all()


def test_the_items_carry_units_and_ranges() -> None:
    items = {item.code: item for item in eustar.items(ALL)}
    assert tuple(items) == eustar.CODES
    assert items["CRP"].unit == "mg/L"
    assert items["MRSS"].high == 51
