"""The Medsger scale against the cells of its table as it is remembered (not verified), and a second implementation."""

import numpy as np
import pytest

from trialwright.instruments import medsger
from trialwright.protocol import ALL, Status

pytestmark = pytest.mark.golden
HEALTHY: dict[str, float | None] = {code: 0 for code in medsger.CODES} | {"HCT": 42, "HGB": 13.5, "DLCO": 95, "FVC": 95, "LVEF": 62}


@pytest.mark.parametrize(
    ("findings", "system", "grade"),
    [
        ({"MRSS": 22}, "SKIN", 2),
        ({"FVC": 68, "DLCO": 72, "SPAP": 40}, "LUNG", 2),
        ({"FTP": 1.4}, "JOINT", 1),
        ({"MRSS": 14}, "SKIN", 1),
        ({"MRSS": 40}, "SKIN", 4),
        ({"WTLOSS": 4.9, "HCT": 37, "HGB": 12.3}, "GENERAL", 0),
        ({"HGB": 12.2}, "GENERAL", 1),
        ({"HCT": 24.9}, "GENERAL", 4),
        ({"WTLOSS": 15}, "GENERAL", 3),
        ({"FTP": 5.0}, "JOINT", 4),
        ({"DLCO": 49}, "LUNG", 3),
        ({"SPAP": 65}, "LUNG", 3),
        ({"LUNG": 4}, "LUNG", 4),
        ({"LVEF": 44}, "HEART", 2),
        ({"LVEF": 29, "HEART": 1}, "HEART", 4),
        ({"VASCULAR": 3}, "VASCULAR", 3),
    ],
)
def test_cells(findings: dict[str, float], system: str, grade: int) -> None:
    score = medsger.score(HEALTHY | findings)
    assert score.parts[system] == str(grade)
    assert score.value == grade, "all other systems are 0"


@pytest.mark.parametrize(
    ("crisis", "creatinine", "dialysis", "grade"),
    [(0, 9, 0, 0), (1, 1.4, 0, 1), (1, 1.5, 0, 2), (1, 2.5, 0, 3), (1, 5.0, 0, 3), (1, 5.1, 0, 4), (1, 1.0, 1, 4),
     (np.nan, 1.0, 0, np.nan), (1, np.nan, 0, np.nan), (1, np.nan, 1, 4)],
)  # fmt: skip
def test_kidney(crisis: float, creatinine: float, dialysis: float, grade: float) -> None:
    np.testing.assert_array_equal(medsger.kidney(*(np.array([float(x)]) for x in (crisis, creatinine, dialysis))), [grade])


def test_the_sum_needs_nine_systems_and_what_is_unknown_is_named() -> None:
    partly = medsger.score(HEALTHY | {"DLCO": None})
    assert (partly.value, partly.status, partly.reasons) == (0, Status.SCORED, ("DLCO unknown",))
    without = medsger.score(HEALTHY | {"MUSCLE": None})
    assert (without.value, without.status, without.parts["MUSCLE"]) == (None, Status.INCOMPLETE, "")
    assert medsger.INSTRUMENT.verified is False


@pytest.mark.parametrize("bad", [{"MRSS": 52}, {"VASCULAR": 5}, {"VASCULAR": 1.5}, {"LVEF": -1}, {"BRAIN": 1}])
def test_the_impossible_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        medsger.score(bad)


def test_a_second_implementation_agrees_on_100000_patients() -> None:
    chance = np.random.default_rng(20262)
    n = 100_000
    numbers = {"WTLOSS": chance.uniform(0, 30, n), "HCT": chance.uniform(20, 45, n), "HGB": chance.uniform(6, 15, n), "MRSS": chance.integers(0, 52, n),
               "FTP": chance.uniform(0, 7, n), "DLCO": chance.uniform(20, 110, n), "FVC": chance.uniform(20, 110, n), "SPAP": chance.uniform(15, 90, n),
               "LVEF": chance.uniform(20, 70, n)}  # fmt: skip
    judged = {code: chance.integers(0, 5, n) for code in medsger.CODES if code not in numbers}
    rows = np.column_stack([(numbers | judged)[code] for code in medsger.CODES]).astype(float)

    def up(code: str, *limits: float) -> np.ndarray:
        return np.digitize(numbers[code], limits)

    def down(code: str, *limits: float) -> np.ndarray:
        return len(limits) - np.digitize(numbers[code], limits)

    expected = np.column_stack([
        np.maximum.reduce([up("WTLOSS", 5, 10, 15, 20), down("HCT", 25, 29, 33, 37), down("HGB", 8.3, 9.7, 11, 12.3)]),
        judged["VASCULAR"], up("MRSS", 1, 15, 30, 40), up("FTP", 1, 2, 4, 5), judged["MUSCLE"], judged["GUT"],
        np.maximum.reduce([down("DLCO", 50, 70, 80), down("FVC", 50, 70, 80), up("SPAP", 35, 50, 65), judged["LUNG"]]),
        np.maximum(down("LVEF", 30, 40, 45, 50), judged["HEART"]), judged["KIDNEY"],
    ])  # fmt: skip
    found = medsger.systems(rows)
    np.testing.assert_array_equal(found, expected)
    totals = medsger.totals(found)
    assert 0 <= totals.min() <= totals.max() <= 36


def test_the_items() -> None:
    items = {item.code: item for item in medsger.items(ALL)}
    assert tuple(items) == medsger.CODES
    assert (items["VASCULAR"].high, items["MRSS"].high, items["HGB"].unit) == (4, 51, "g/dL")
