"""TLCO against GLI-2017 (corrected 2020): values of pyspiro and rspiro, hemoglobin by hand, decline rules."""

from decimal import Decimal

import numpy as np
import pytest
from pyspiro import GLI_2017

from trialwright.instruments import tlco
from trialwright.protocol import ALL, Status

pytestmark = pytest.mark.golden


@pytest.mark.parametrize(
    ("sex", "age", "height", "value", "median", "z", "percent"),
    [
        ("F", 45.0, 160, 5.0, 6.87209, -2.1576, 72.758),
        ("M", 60.5, 168, 4.0, 8.21439, -3.7762, 48.695),
        ("M", 40.0, 175, 8.0, 10.10515, -1.5408, 79.168),
    ],
)
def test_vectors(sex: str, age: float, height: int, value: float, median: float, z: float, percent: float) -> None:
    """Computed from the authors' tables."""
    score = tlco.score(Decimal(str(value)), sex, age, Decimal(height), corrected=False)
    assert float(score.value or 0) == pytest.approx(percent, abs=5e-4)
    assert float(score.parts["z"]) == pytest.approx(z, abs=5e-5)
    assert float(score.parts["predicted"]) == pytest.approx(median, abs=5e-6)


def test_the_lower_limit_and_variation_of_the_first_vector() -> None:
    assert float(tlco.columns(np.array([5.0]), ["F"], np.array([45.0]), np.array([160.0]))["lower limit"][0]) == pytest.approx(5.4045, abs=5e-5)
    assert tlco.reference("TLCO", ["F"], np.array([45.0]), np.array([160.0]))[2][0] == pytest.approx(0.141879, abs=5e-7)


@pytest.mark.parametrize(
    ("sex", "age", "height", "median"),
    [("M", 40, 175, 10.10515), ("F", 40, 165, 7.364951), ("M", 30, 175, 10.68479), ("M", 70, 175, 8.396627)],
)
def test_medians_that_pyspiro_tests_against_rspiro(sex: str, age: float, height: float, median: float) -> None:
    assert tlco.reference("TLCO", [sex], np.array([float(age)]), np.array([float(height)]))[1][0] == pytest.approx(median, rel=1e-6)


def test_traditional_units() -> None:
    """14.935 mL/min/mmHg are the 5.0 mmol/min/kPa of the first vector."""
    score = tlco.score(Decimal("14.935"), "F", 45.0, Decimal(160), corrected=False, traditional=True)
    assert float(score.value or 0) == pytest.approx(72.758, abs=2e-3)
    assert pytest.approx(np.exp(1.094269), abs=5e-4) == tlco.SI_TO_TRADITIONAL


@pytest.mark.parametrize(
    ("sex", "hemoglobin", "factor"),
    [("M", 146, 1.0), ("F", 134, 1.0), ("M", 120, 0.91809), ("F", 110, 0.91757), ("F", 100, 0.87719)],
)
def test_hemoglobin(sex: str, hemoglobin: float, factor: float) -> None:
    found = tlco.hemoglobin_factor(np.array([float(hemoglobin)]), [sex], np.array([50.0]))[0]
    assert found == pytest.approx(factor, abs=5e-6)
    plain, corrected = (
        tlco.score(Decimal(5), sex, 50.0, Decimal(165), Decimal(hemoglobin), corrected=way).value for way in (False, True)
    )
    assert float(corrected or 0) == pytest.approx(float(plain or 0) / factor, rel=1e-5), "the prediction is corrected, once"


@pytest.mark.parametrize(
    ("quantity", "sex", "median", "variation"),
    [
        ("TLCO", "M", -0.116094101621069, 0.383098670318418),
        ("TLCO", "F", -0.180901244145523, 0.315475530280308),
        ("KCO", "M", -0.120840225859462, 0.396519924064473),
        ("KCO", "F", -0.0504789288710512, 0.233858887945173),
        ("VA", "M", 0.0091019486557755, 0.17528109628421),
        ("VA", "F", -0.125301533339741, 0.25543369726604),
    ],
)
def test_the_first_row_of_the_tables_of_splines(quantity: str, sex: str, median: float, variation: float) -> None:
    """Age 5.0, as printed in the authors' look-up tables."""
    ages, medians, variations = tlco._splines(quantity, sex)
    assert ages[0] == 5
    assert medians[0] == pytest.approx(median, abs=1e-12)
    assert variations[0] == pytest.approx(variation, abs=1e-12)


def test_boys_take_the_constant_of_women() -> None:
    assert tlco.hemoglobin_factor(np.array([146.0]), ["M"], np.array([15.0]))[0] == pytest.approx(1)
    assert tlco.hemoglobin_factor(np.array([134.0]), ["M"], np.array([14.0]))[0] == pytest.approx(1)


def test_what_is_missing_is_named_and_nothing_is_corrected_silently() -> None:
    assert tlco.score(Decimal(5), "F", 45.0, Decimal(160)).reasons == ("hemoglobin",)
    assert tlco.score(None, "F", None, Decimal(160), corrected=False).reasons == ("TLCO", "age")
    assert tlco.score(Decimal(5), "F", 45.0, Decimal(160), corrected=False).parts["hemoglobin"] == "not corrected"
    outside = tlco.score(Decimal(5), "F", 95.0, Decimal(160), corrected=False)
    assert (outside.value, outside.status) == (None, Status.NOT_APPLICABLE)
    assert tlco.score(Decimal(5), "F", 85.0, Decimal(160), corrected=False).reasons[0].startswith("age 85.0")
    assert tlco.score(Decimal("4.2"), "F", 45.0, Decimal(160), quantity="VA").value is not None


def test_the_edges_of_what_is_possible() -> None:
    assert np.isfinite(tlco.hemoglobin_factor(np.array([30.0, 250.0]), ["F", "F"], np.array([50.0, 50.0]))).all()
    assert tlco.score(Decimal(5), "F", 80.0, Decimal(160), corrected=False).reasons == ()
    assert tlco.score(Decimal(5), "F", 90.0, Decimal(160), corrected=False).value is not None


@pytest.mark.parametrize("hemoglobin", [13.4, 29.9, 250.1, 1340])
def test_a_hemoglobin_in_other_units_is_refused(hemoglobin: float) -> None:
    with pytest.raises(ValueError, match="g/L"):
        tlco.hemoglobin_factor(np.array([hemoglobin]), ["F"], np.array([50.0]))


def test_the_impossible_is_refused() -> None:
    for arguments in ((0.0, "F", "TLCO"), (5.0, "X", "TLCO"), (5.0, "F", "DLNO")):
        with pytest.raises(ValueError):
            tlco.columns(np.array([arguments[0]]), [arguments[1]], np.array([45.0]), np.array([160.0]), quantity=arguments[2])
    with pytest.raises(ValueError, match="above 0"):
        tlco.relative_decline(np.array([0.0]), np.array([1.0]))


@pytest.mark.parametrize("quantity", tlco.QUANTITIES)
def test_pyspiro_agrees_at_ages_between_the_rows(quantity: str) -> None:
    chance = np.random.default_rng(20254)
    oracle = GLI_2017()
    parameter = oracle.Parameters[{"KCO": "KCO_SI"}.get(quantity, quantity)].value
    for age, height, sex in zip(chance.uniform(5, 90, 120), chance.uniform(110, 200, 120), chance.integers(0, 2, 120), strict=True):
        expected = [float(x) for x in oracle.lms(int(sex), float(age), float(height), parameter, 0.0)]
        found = tlco.reference(quantity, [tlco.SEXES[sex]], np.array([age]), np.array([height]))
        assert [float(x[0]) for x in found] == pytest.approx(expected, rel=1e-10)


def test_100000_tests_at_once_agree_with_the_closed_form_of_the_z_score() -> None:
    """z, percent and lower limit again: at the lower limit z is -1.645, and the percent follows from z."""
    chance = np.random.default_rng(20255)
    n = 100_000
    sex = np.where(chance.random(n) < 0.8, "F", "M").tolist()
    age, height, measured = chance.uniform(18, 80, n), chance.uniform(145, 190, n), chance.uniform(2, 12, n)
    found = tlco.columns(measured, sex, age, height, chance.uniform(70, 170, n))
    skew, _, spread = tlco.reference("TLCO", sex, age, height)
    percent = 100 * np.exp(np.log1p(skew * spread * found["z"]) / skew)
    np.testing.assert_allclose(found["percent"], percent, rtol=1e-9)
    np.testing.assert_allclose(((found["lower limit"] / found["predicted"]) ** skew - 1) / (skew * spread), -1.645, rtol=1e-9)
    assert ((found["z"] < -1.645) == (measured < found["lower limit"])).all()


@pytest.mark.parametrize(
    ("fvc", "transfer", "met"),
    [((80, 72), (60, 60), 1), ((80, 72), (np.nan, 1), 1), ((80, 75), (60, 51), 1), ((80, 75), (60, 52), 0), ((80, 75), (60, np.nan), np.nan),
     ((80, 77), (60, 20), 0), ((80, 76), (60, 51), 1), ((100, 90.005), (60, 60), 0), ((100, 95.005), (60, 20), 0), ((np.nan, 70), (60, 20), np.nan)],
)  # fmt: skip
def test_decline(fvc: tuple[float, float], transfer: tuple[float, float], met: float) -> None:
    found = tlco.progressed(*(np.array([float(x)]) for x in (*fvc, *transfer)))
    np.testing.assert_array_equal(found, [met])


@pytest.mark.parametrize(("z", "word"), [(-1.645, "NORMAL"), (-2.5, "MILD"), (-4.0, "MODERATE"), (-4.05, "SEVERE"), (np.nan, "")])
def test_severity(z: float, word: str) -> None:
    assert tlco.severity(np.array([z]))[0] == word


def test_the_items() -> None:
    assert [(item.code, item.unit) for item in tlco.items(ALL)] == [("TLCO", "mmol/min/kPa"), ("VA", "L"), ("HGB", "g/L")]
