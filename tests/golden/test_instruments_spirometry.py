"""Lung reference values: GLI Global 2022 and GLI-2012 against vectors computed from the official tables.

Witness: the vectors were computed from the workbooks of the authors of each equation (GLI-2012 from a table rounded to
four decimals, hence 3e-4 relative there) and agree with the R package rspiro's tables; two are printed as unit tests by
the maintainers of pyspiro 1.0.0.
"""

import ast
import subprocess
import sys
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from trialwright.instruments import spirometry
from trialwright.protocol import Status

pytestmark = pytest.mark.golden

# sex, age, height, FVC, then median, z, percent under Global; median, z, percent under GLI-2012 NE Asian; percent, z Caucasian
VECTORS = [
    ("F", 45.0, 160, 2.10, 3.20681, -2.3300, 65.486, 3.36126, -3.6172, 62.477, 60.861, -3.1548),
    ("F", 45.3, 160, 2.10, 3.20067, -2.3164, 65.611, 3.35453, -3.5964, 62.602, 60.983, -3.1374),
    ("F", 52.6, 158, 1.55, 2.93818, -3.0459, 52.754, 3.09107, -4.5495, 50.144, 48.848, -3.9025),
    ("M", 38.0, 172, 3.20, 4.51970, -2.1099, 70.801, 4.69280, -4.1225, 68.190, 65.483, -2.8265),
    ("M", 60.5, 168, 2.00, 3.71573, -3.0888, 53.825, 3.87237, -5.3361, 51.648, 49.598, -3.5143),
]


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: f"{row[0]}{row[1]}")
def test_gli_global_2022(row: tuple[str, float, float, float, *tuple[float, ...]]) -> None:
    sex, age, height, fvc, median, z, percent = row[:7]
    found = spirometry.spirogram(fvc, sex, age, height, "gli_global_2022")
    assert found is not None
    assert found.median == pytest.approx(median, abs=5e-6)
    assert found.z == pytest.approx(z, abs=5e-5)
    assert found.percent == pytest.approx(percent, abs=5e-4)


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: f"{row[0]}{row[1]}")
def test_gli_2012(row: tuple[str, float, float, float, *tuple[float, ...]]) -> None:
    sex, age, height, fvc = row[:4]
    median, z, percent, caucasian, caucasian_z = row[7:]
    asian = spirometry.spirogram(fvc, sex, age, height, "gli_2012", "NORTHEAST_ASIAN")
    white = spirometry.spirogram(fvc, sex, age, height, "gli_2012", "CAUCASIAN")
    assert asian is not None
    assert white is not None
    assert [asian.median, asian.z, asian.percent] == pytest.approx([median, z, percent], rel=3e-4)
    assert [white.percent, white.z] == pytest.approx([caucasian, caucasian_z], rel=3e-4)


def test_variation_and_lower_limit_of_the_first_vectors() -> None:
    first = spirometry.spirogram(2.10, "F", 45.0, 160, "gli_global_2022")
    second = spirometry.spirogram(2.10, "F", 45.3, 160, "gli_global_2022")
    assert first is not None
    assert second is not None
    assert first.variation == pytest.approx(0.151118, abs=5e-7)
    assert [first.lower_limit, second.lower_limit] == pytest.approx([2.4204, 2.4141], abs=5e-5)


def test_the_same_spirogram_passes_under_one_equation_and_fails_under_another() -> None:
    def percent(equation: str, group: str | None = None) -> Decimal:
        value = spirometry.score(Decimal("1.55"), "F", 52.6, Decimal(158), equation, group).value
        assert value is not None
        return value

    assert percent("gli_global_2022") > 50
    assert percent("gli_2012", "NORTHEAST_ASIAN") > 50
    assert percent("gli_2012", "CAUCASIAN") < 50


def test_published_example_of_pyspiro() -> None:
    """Printed by the maintainers: a man of 40 years and 175 cm with 4.5 L has 95.77 % under GLI Global."""
    value = spirometry.score(Decimal("4.5"), "M", 40.0, Decimal(175), "gli_global_2022").value
    assert value is not None
    assert round(value, 2) == Decimal("95.77")


def test_spline_rows_of_the_official_table() -> None:
    """M = exp(a0 + a1 ln H + a2 ln age + spline) and S = exp(p0 + p1 ln age + spline), constants and rows as printed."""
    rows = [
        ("M", 45.00, -12.629131, 2.727421, 0.009174, 0.0310867135452959, -2.195595, 0.068466, -0.00423222928772549),
        ("M", 60.50, -12.629131, 2.727421, 0.009174, -0.0711371385254722, -2.195595, 0.068466, 0.0324404022360381),
        ("F", 45.00, -12.055901, 2.621579, -0.035975, 0.053154032020073, -2.310148, 0.120428, -0.0379724286917908),
        ("F", 45.25, -12.055901, 2.621579, -0.035975, 0.0517572813301062, -2.310148, 0.120428, -0.0369077884669422),
        ("F", 45.50, -12.055901, 2.621579, -0.035975, 0.0503432235286407, -2.310148, 0.120428, -0.0358309849643426),
        ("F", 52.50, -12.055901, 2.621579, -0.035975, 0.00496723496332763, -2.310148, 0.120428, -0.00212787077705445),
        ("F", 52.75, -12.055901, 2.621579, -0.035975, 0.00319233244099415, -2.310148, 0.120428, -0.000846350876321456),
    ]
    for sex, age, a0, a1, a2, m_spline, p0, p1, s_spline in rows:
        found = spirometry.spirogram(2.0, sex, age, 160, "gli_global_2022")
        assert found is not None
        assert found.median == pytest.approx(np.exp(a0 + a1 * np.log(160) + a2 * np.log(age) + m_spline), rel=1e-12)
        assert found.variation == pytest.approx(np.exp(p0 + p1 * np.log(age) + s_spline), rel=1e-12)
        assert found.skewness == {"M": 0.9346, "F": 0.899}[sex]


def test_columns_are_the_same_formula() -> None:
    found = spirometry.columns(
        np.array([row[3] for row in VECTORS] + [np.nan]),
        [row[0] for row in VECTORS] + ["F"],
        np.array([row[1] for row in VECTORS] + [40.0]),
        np.array([float(row[2]) for row in VECTORS] + [160.0]),
        "gli_global_2022",
    )
    for place, row in enumerate(VECTORS):
        single = spirometry.spirogram(row[3], row[0], row[1], row[2], "gli_global_2022")
        assert single is not None
        assert found["z"][place] == single.z
        assert found["percent"][place] == pytest.approx(single.percent, rel=1e-15)  # another order of the same divisions
    assert np.isnan(found["percent"][-1])


@pytest.mark.parametrize(("z", "grade"), [(-1.645, "NORMAL"), (-1.6451, "MILD"), (-2.5, "MILD"), (-2.51, "MODERATE"),
                                          (-4.0, "MODERATE"), (-4.01, "SEVERE"), (0.0, "NORMAL")])  # fmt: skip
def test_severity(z: float, grade: str) -> None:
    """ERS/ATS 2022 as pyspiro has it; the paper prints -4.1, from memory, and the rule here closes the gap."""
    assert spirometry.severity(z) == grade


def test_what_is_missing_is_named_and_what_has_no_reference_is_not_applicable() -> None:
    missing = spirometry.score(None, "F", None, Decimal(160), "gli_2012")
    assert (missing.status, missing.reasons) == (Status.INCOMPLETE, ("FVC", "age", "group"))
    old = spirometry.score(Decimal(2), "F", 96.0, Decimal(160), "gli_global_2022")
    assert (old.value, old.status) == (None, Status.NOT_APPLICABLE)


@pytest.mark.parametrize(("arguments", "told"), [
    ((2.0, "F", 45.0, 160, "gli_1999"), "not a reference equation"),
    ((2.0, "X", 45.0, 160, "gli_global_2022"), "sex X"),
    ((2.0, "F", 45.0, 160, "gli_2012", "MARTIAN"), "MARTIAN"),
    ((-2.0, "F", 45.0, 160, "gli_2012"), "must be positive"),
])  # fmt: skip
def test_what_cannot_be_is_refused(arguments: tuple[float, str, float, float, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        spirometry.spirogram(*arguments)


@pytest.mark.parametrize(("born", "on", "years"), [
    (date(1980, 3, 5), date(1998, 3, 5), 18.0),
    (date(1980, 3, 5), date(1998, 3, 4), 17 + 364 / 365),
    (date(2004, 2, 29), date(2022, 2, 28), 17 + 364 / 365),
    (date(2004, 2, 29), date(2022, 3, 1), 18.0),
    (date(2004, 2, 29), date(2024, 2, 29), 20.0),
])  # fmt: skip
def test_age_is_exact_on_birthdays(born: date, on: date, years: float) -> None:
    assert spirometry.age_years(born, on) == pytest.approx(years, abs=1e-12)


def test_fev1_agrees_with_the_published_example_of_the_tables() -> None:
    """pyspiro's own test: a man of 40 years and 175 cm with an FEV1 of 3.0 L has 73.57 % by GLI-2012 (Caucasian)."""
    found = spirometry.spirogram(3.0, "M", 40.0, 175, "gli_2012", "CAUCASIAN", quantity="FEV1")
    assert found is not None
    assert found.percent == pytest.approx(73.57, abs=0.01)
    with pytest.raises(ValueError, match="FEF75 has no reference"):
        spirometry.spirogram(3.0, "M", 40.0, 175, "gli_2012", "CAUCASIAN", quantity="FEF75")


def test_fev1_of_gli_global_follows_its_equation() -> None:
    """Male, 45 years, 175 cm, by the constants of the authors' workbook; the spline of the age is cancelled in the ratio of two heights."""
    tall, short = (spirometry.spirogram(3.0, "M", 45.0, height, "gli_global_2022", quantity="FEV1") for height in (180, 165))
    assert tall is not None
    assert short is not None
    assert tall.median / short.median == pytest.approx((180 / 165) ** 2.462664, rel=1e-9)
    assert tall.skewness == pytest.approx(1.22703, abs=1e-6)


def test_pandas_is_not_loaded_before_the_first_spirogram() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, trialwright.instruments.spirometry; print('pandas' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ast.literal_eval(told.stdout) is False


@pytest.mark.parametrize("quantity", spirometry.QUANTITIES)
@pytest.mark.parametrize("equation", list(spirometry.EQUATIONS))
def test_a_column_of_spirograms_agrees_with_each_of_them_alone(equation: str, quantity: str) -> None:
    """Second witness of the column path: the scalar path, on 300 random people, some outside the tables or without an answer."""
    chance = np.random.default_rng(20_241)
    age, height, fvc = chance.uniform(1, 99, 300), chance.uniform(140, 195, 300).round(1), chance.uniform(0.5, 6, 300).round(2)
    age[::17], fvc[::23] = np.nan, np.nan
    sex, group = chance.choice(["F", "M"], 300).tolist(), chance.choice(list(spirometry.GROUPS), 300).tolist()
    found = spirometry.columns(fvc, sex, age, height, equation, group, quantity)
    for place in range(300):
        alone = None
        if not np.isnan(age[place] + fvc[place]):
            alone = spirometry.spirogram(fvc[place], sex[place], age[place], height[place], equation, group[place], quantity)
        told = [found[name][place] for name in ("percent", "z", "lower limit")]
        wanted = [np.nan] * 3 if alone is None else [alone.percent, alone.z, alone.lower_limit]
        assert told == pytest.approx(wanted, rel=1e-12, abs=1e-12, nan_ok=True)


def test_a_column_of_ages_agrees_with_each_of_them_alone() -> None:
    chance = np.random.default_rng(7)
    birth = np.datetime64("1930-01-01") + chance.integers(0, 33_000, 2_000).astype("timedelta64[D]")
    birth[:50] = np.datetime64("1976-02-29")
    on = birth + chance.integers(-400, 30_000, 2_000).astype("timedelta64[D]")
    on[::31] = np.datetime64("NaT")
    found = spirometry.ages_years(birth, on)
    for born, day, years in zip(birth.tolist(), on.tolist(), found.tolist(), strict=True):
        if day is None or day < born:
            assert np.isnan(years)
        else:
            assert years == spirometry.age_years(born, day)


def test_a_column_with_an_unknown_word_or_an_impossible_volume_is_refused() -> None:
    one = np.array([2.0])
    for sex, fvc, equation, group in (("X", one, "gli_2012", ["OTHER"]), ("F", -one, "gli_2012", ["OTHER"]), ("F", one, "gli", None),
                                      ("F", one, "gli_2012", ["MARTIAN"])):  # fmt: skip
        with pytest.raises(ValueError, match=r"unknown|positive|reference"):
            spirometry.columns(fvc, [sex], np.array([40.0]), np.array([160.0]), equation, group)


def test_the_ratio_follows_its_equation_and_its_skewness_falls_with_age() -> None:
    """Constants of the authors' workbook: heights act as H^-0.218592 (men), L = 3.8243 - 0.3328 ln age (women 6.6490 - 0.9920 ln age)."""
    sex, age = ["M", "M", "F"], np.array([45.0, 45.0, 52.6])
    skewness, median, _ = spirometry.reference(sex, age, np.array([165.0, 180.0, 158.0]), "gli_global_2022", quantity=spirometry.RATIO)
    assert median[1] / median[0] == pytest.approx((180 / 165) ** -0.218592, rel=1e-9)
    assert skewness == pytest.approx([3.8243 - 0.3328 * np.log(45), 3.8243 - 0.3328 * np.log(45), 6.6490 - 0.9920 * np.log(52.6)], rel=1e-9)


def test_the_ratio_and_fev1_are_scored_with_their_own_parts() -> None:
    ratio = spirometry.score(Decimal("0.61"), "M", 60.5, Decimal(168), "gli_global_2022", quantity=spirometry.RATIO)
    assert ratio.value is not None
    assert ratio.parts["severity"] == "MILD"
    assert "lower limit" in ratio.parts
    assert spirometry.score(None, "M", 60.5, Decimal(168), "gli_global_2022", quantity="FEV1").reasons == ("FEV1",)


def second_opinion(seed: int, many: int) -> None:
    """The package pyspiro itself, one person at a time, for every equation and quantity."""
    import pyspiro

    chance = np.random.default_rng(seed)
    sex, group = chance.choice(["F", "M"], many).tolist(), chance.choice(list(spirometry.GROUPS), many).tolist()
    age, height, value = chance.uniform(3, 95, many), chance.uniform(90, 200, many), chance.uniform(0.4, 6, many)
    tables = {"gli_2012": pyspiro.GLI_2012(), "gli_global_2022": pyspiro.BOWERMAN_2022()}
    turns = [(equation, quantity) for equation in tables for quantity in (*spirometry.QUANTITIES, spirometry.RATIO)]
    for turn, (equation, quantity) in enumerate(turns):
        mine = np.arange(turn, many, len(turns))
        asked = [sex[place] for place in mine], age[mine], height[mine], equation, [group[place] for place in mine]
        found = spirometry.columns(value[mine], *asked, quantity=quantity)
        table = tables[equation]
        measure = table.Parameters[quantity].value
        for row, place in enumerate(mine):
            race = (spirometry.GROUPS.index(group[place]) + 1,) if equation == "gli_2012" else ()
            skewness, median, variation = table.lms("FM".index(sex[place]), age[place], height[place], *race, measure, 0.0)
            z = ((value[place] / median) ** skewness - 1) / (skewness * variation)
            assert found["predicted"][row] == pytest.approx(median, rel=1e-12)
            assert found["percent"][row] == pytest.approx(100 * value[place] / median, rel=1e-12)
            assert found["z"][row] == pytest.approx(z, rel=1e-9, abs=1e-9)


def test_a_second_implementation_agrees_on_random_people() -> None:
    second_opinion(20, 600)


@pytest.mark.nightly
def test_a_second_implementation_agrees_on_100_000_random_people() -> None:
    second_opinion(21, 100_000)
