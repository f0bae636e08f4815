"""Pulmonary hypertension against vectors worked by hand from the ESC/ERS 2022 limits, and a second implementation."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest

from trialwright.instruments import pah
from trialwright.protocol import ALL, Absence, Status

pytestmark = pytest.mark.golden


@pytest.mark.parametrize(
    ("mpap", "pawp", "output", "pvr", "kind"),
    [
        (24, 10, 4.5, 3.111, "PRECAPILLARY"),
        (22, 10, 6.5, 1.846, "UNCLASSIFIED"),
        (30, 12, 4.0, 4.5, "PRECAPILLARY"),
        (19, 8, 5, 2.2, "NO_PH"),
        (20, 8, 4, 3.0, "NO_PH"),
        (30, 20, 8, 1.25, "IPCPH"),
        (40, 20, 4, 5.0, "CPCPH"),
        (25, 15, 5, 2.0, "UNCLASSIFIED"),
    ],
)
def test_hemodynamics(mpap: float, pawp: float, output: float, pvr: float, kind: str) -> None:
    found = pah.hemodynamics({"MPAP": mpap, "PAWP": pawp, "CO": output})
    assert float(found.value or -1) == pytest.approx(pvr, abs=5e-4)
    assert found.parts["type"] == kind


def test_a_type_without_resistance_only_where_nothing_can_change_it() -> None:
    assert pah.hemodynamics({"MPAP": 18}).parts["type"] == "NO_PH"
    found = pah.hemodynamics({"MPAP": 30, "PAWP": 10})
    assert (found.value, found.status, found.reasons, found.parts["type"]) == (None, Status.INCOMPLETE, ("CO missing",), "OPEN")
    with pytest.raises(ValueError, match="below 0"):
        pah.hemodynamics({"MPAP": -1})
    with pytest.raises(ValueError, match="above 0"):
        pah.hemodynamics({"MPAP": 30, "PAWP": 10, "CO": 0})


@pytest.mark.parametrize(
    ("velocity", "categories", "word"),
    [
        (2.6, 0, "LOW"),
        (2.6, 2, "INTERMEDIATE"),
        (3.0, 1, "INTERMEDIATE"),
        (3.0, 2, "HIGH"),
        (3.6, 0, "HIGH"),
        (2.8, 1, "LOW"),
        (2.9, 0, "INTERMEDIATE"),
        (3.4, 1, "INTERMEDIATE"),
        (np.nan, 3, "INTERMEDIATE"),
        (np.nan, 0, "LOW"),
        (3.6, np.nan, "HIGH"),
        (3.0, np.nan, ""),
    ],
)
def test_echo_probability(velocity: float, categories: float, word: str) -> None:
    assert pah.echo_probability(np.array([velocity]), np.array([categories], dtype=float))[0] == word


@pytest.mark.parametrize(
    ("functional", "walk", "peptide", "mean", "stratum", "risk"),
    [
        ("II", 450, 180, 1.0, 1, "LOW"),
        ("II", 400, 400, 1.67, 2, "INTERMEDIATE_LOW"),
        ("III", 350, 700, 2.67, 3, "INTERMEDIATE_HIGH"),
        ("III", 330, 500, 2.33, 2, "INTERMEDIATE_LOW"),
        ("IV", 150, 2000, 4.0, 4, "HIGH"),
    ],
)
def test_four_strata(functional: str, walk: float, peptide: float, mean: float, stratum: int, risk: str) -> None:
    found = pah.risk({"WHOFC": functional, "SIXMWD": walk, "NTPROBNP": peptide}, 4)
    assert (found.value, found.parts["risk"], found.parts["mean"]) == (stratum, risk, f"{mean:.2f}")


def test_a_half_is_rounded_up() -> None:
    """Python rounds 2.5 to 2; the strata round to 3."""
    assert pah.strata_of(np.array([0.5, 1.5, 2.5, 3.5])).tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("code", "values", "grades"),
    [
        ("SIXMWD", (441, 440, 165, 164), (1, 2, 2, 3)),
        ("NTPROBNP", (299, 300, 1100, 1101), (1, 2, 2, 3)),
        ("RAAREA", (17.9, 18, 26, 26.1), (1, 2, 2, 3)),
        ("TAPSE_SPAP", (0.33, 0.32, 0.19, 0.18), (1, 2, 2, 3)),
        ("RAP", (7.9, 8, 14, 14.1), (1, 2, 2, 3)),
        ("CI", (2.5, 2.4, 2.0, 1.9), (1, 2, 2, 3)),
        ("SVI", (38.1, 38, 31, 30.9), (1, 2, 2, 3)),
        ("SVO2", (65.1, 65, 60, 59.9), (1, 2, 2, 3)),
    ],
)
def test_the_limits_of_three_strata(code: str, values: tuple[float, ...], grades: tuple[int, ...]) -> None:
    for value, grade in zip(values, grades, strict=True):
        assert pah.risk({code: value}, 3).value == grade


def test_three_strata_take_what_was_measured_and_name_the_rest() -> None:
    found = pah.risk({"WHOFC": "III", "SIXMWD": 500, "RAP": Absence.NOT_DONE}, 3)
    assert (found.value, found.parts["mean"]) == (2, "1.50")
    assert "RAP missing" in found.reasons
    assert pah.risk({}, 3).status is Status.INCOMPLETE
    assert pah.risk({"WHOFC": "I", "SIXMWD": 500}, 4).reasons == ("NTPROBNP missing",)


@pytest.mark.parametrize(("values", "strata"), [({"WHOFC": "V"}, 4), ({"WHOFC": 5}, 4), ({"WHOFC": 2.5}, 4), ({"SIXMWD": "far"}, 3), ({}, 5)])
def test_the_impossible_is_refused(values: dict[str, float | str], strata: int) -> None:
    with pytest.raises(ValueError):
        pah.risk(values, strata)


def test_a_functional_class_may_be_a_number() -> None:
    for number, word in enumerate(pah.CLASSES, start=1):
        rest = {"SIXMWD": 400, "NTPROBNP": 400}
        assert pah.risk(rest | {"WHOFC": number}, 4).parts == pah.risk(rest | {"WHOFC": word}, 4).parts


def test_exercise_and_systolic_pressure() -> None:
    assert pah.systolic_pressure(np.array([2.8]), np.array([5.0]))[0] == pytest.approx(4 * 2.8 * 2.8 + 5)
    np.testing.assert_array_equal(pah.exercise_hypertension(np.array([2.9, 3.2, np.nan])), [0, 1, np.nan])


def test_a_second_implementation_agrees_on_100000_patients() -> None:
    chance = np.random.default_rng(20244)
    n = 100_000
    functional, walk, peptide = chance.integers(1, 5, n), chance.integers(50, 600, n), chance.integers(50, 2500, n)
    means = pah.mean_grades(np.column_stack([functional, walk, peptide]).astype(float), 4)
    found = pah.strata_of(means)
    for place, (f, w, p) in enumerate(zip(functional.tolist(), walk.tolist(), peptide.tolist(), strict=True)):
        marks = {1: 1, 2: 1, 3: 3, 4: 4}[f]
        marks += 4 if w < 165 else 3 if w < 320 else 2 if w <= 440 else 1
        marks += 1 if p < 300 else 2 if p < 650 else 3 if p <= 1100 else 4
        assert abs(means[place] - marks / 3) < 1e-12
        assert found[place] == int((Decimal(marks) / 3).quantize(Decimal(1), ROUND_HALF_UP))


def test_types_follow_a_second_implementation_on_100000_catheterizations() -> None:
    chance = np.random.default_rng(20245)
    mpap, pawp, output = chance.integers(10, 60, 100_000), chance.integers(3, 30, 100_000), chance.uniform(2, 8, 100_000)
    pvr = (mpap - pawp) / output
    table = {(False, False): "UNCLASSIFIED", (False, True): "PRECAPILLARY", (True, False): "IPCPH", (True, True): "CPCPH"}
    expected = [
        table[wedge > 15, resistance > 2] if mean > 20 else "NO_PH"
        for mean, wedge, resistance in zip(mpap.tolist(), pawp.tolist(), pvr.tolist(), strict=True)
    ]
    assert pah.types(mpap.astype(float), pawp.astype(float), pvr).tolist() == expected


def test_a_worse_measurement_never_lowers_the_grade() -> None:
    values = np.linspace(0, 1500, 4000)
    for limits in (*pah.THREE_STRATA, *pah.FOUR_STRATA):
        steps = np.diff(limits.grades(values))
        assert (steps >= 0).all() if limits.rising else (steps <= 0).all()


def test_the_items_have_units_and_a_functional_class() -> None:
    items = {item.code: item for item in pah.items(ALL)}
    ranges = {code: (items[code].unit, items[code].low, items[code].high) for code in items if code != "WHOFC"}
    assert ranges == {code: (unit, low, high) for code, _, unit, low, high in pah.ITEMS}
    assert ranges["MPAP"] == ("mmHg", 1, 120)
    assert ranges["CO"] == ("L/min", 0, 20)
    assert [term.code for term in items["WHOFC"].codelist.terms] == ["I", "II", "III", "IV"]
