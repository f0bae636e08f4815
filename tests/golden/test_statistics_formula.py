"""Models written as formulas: the fev data against SAS and R, and the same numbers as the array interface."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from trialwright import statistics
from trialwright.statistics import StatisticsError, formula, least_squares_means

pytestmark = pytest.mark.golden

WITNESS = Path(__file__).parent / "witness" / "mmrm"
FULL = "FEV1 ~ RACE + SEX + ARMCD * AVISIT"
LEVELS = {"SEX": ("Male", "Female")}
R = [row for row in json.loads((WITNESS / "mmrm_fev_r_mmrm_0.3.18.json").read_text()) if "error" not in row]


def fev() -> dict[str, list[Any]]:
    with (WITNESS / "fev_data.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    table: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in rows[0]}
    table["FEV1"] = [float(value) if value else None for value in table["FEV1"]]
    for name in ("FEV1_BL", "WEIGHT"):
        table[name] = [float(value) for value in table[name]]
    return table


FEV = fev()


def fitted(text: str = FULL, data: Any = FEV, **options: Any) -> Any:
    return formula.mmrm(text, data, subject="USUBJID", visit="AVISIT", **({"levels": LEVELS} | options))


@pytest.mark.parametrize("data", [FEV, pl.DataFrame(FEV)], ids=["mapping", "polars"])
def test_the_fev_model_of_sas_and_r(data: Any) -> None:
    """R mmrm with SAS's Kenward-Roger (linear is the same for unstructured): every coefficient under R's own name."""
    model = fitted(data=data)
    (shown,) = (r for r in R if (r["cov"], r["vcov"], len(r["coef"])) == ("us", "Kenward-Roger-Linear", 11))
    assert model.minus_two_log_likelihood == pytest.approx(3386.44987, abs=2e-5)
    assert (model.n_subjects, model.n_observations) == (shown["n_subj"], shown["n_obs"])
    names = [name.replace("[", "").replace("]", "").replace("intercept", "(Intercept)") for name in model.names]
    assert names == shown["coef"]
    for place, name in enumerate(model.names):
        found = model.coefficient(name)
        assert found.value == pytest.approx(shown["est"][place], rel=1.5e-4, abs=2e-4 * shown["se"][place])
        assert found.standard_error == pytest.approx(shown["se"][place], rel=1.5e-4)
        assert found.df == pytest.approx(shown["df"][place], rel=4e-4)


def test_a_formula_gives_what_the_arrays_give() -> None:
    design = formula.design(FULL, FEV, levels=LEVELS)
    by_hand = statistics.factorial_design(
        {name: FEV[name] for name in ("RACE", "SEX", "ARMCD", "AVISIT")},
        ["RACE", "SEX", "ARMCD", "AVISIT", ("ARMCD", "AVISIT")],
        levels={
            "RACE": sorted(set(FEV["RACE"])),
            "SEX": ("Male", "Female"),
            "ARMCD": ("PBO", "TRT"),
            "AVISIT": ("VIS1", "VIS2", "VIS3", "VIS4"),
        },
    )
    assert [name for name, _ in design.columns] == [name for name, _ in by_hand.columns]
    outcome = np.array([np.nan if value is None else value for value in FEV["FEV1"]])
    visits = ("VIS1", "VIS2", "VIS3", "VIS4")
    arrays = statistics.mmrm(outcome, FEV["USUBJID"], FEV["AVISIT"], by_hand.columns, visits=visits)
    model = fitted()
    assert model.coefficients.tolist() == arrays.coefficients.tolist()
    pair = [least_squares_means(m, d, ("ARMCD", "AVISIT")) for m, d in ((model, design), (arrays, by_hand))]
    assert pair[0] == pair[1]


def test_formulaic_makes_the_same_columns_as_the_factorial_design() -> None:
    """A transform sends the formula through formulaic; without it our own design is used. Alike up to the extra column."""
    data = FEV | {"half": [0.5 * value for value in FEV["FEV1_BL"]]}
    own = formula.design("FEV1 ~ RACE * AVISIT + SEX + half", data, levels=LEVELS).columns
    other = fitted("FEV1 ~ RACE * AVISIT + SEX + {FEV1_BL / 2}", data).fit.data
    assert len(own) == len(other.asked)
    ours = {tuple(np.round(column[np.flatnonzero(other.kept_rows)], 9)) for _, column in own}
    assert ours == {tuple(np.round(column, 9)) for column in other.design.T}


def test_a_formula_without_an_intercept_fits_the_same_means() -> None:
    ml: dict[str, Any] = {"criterion": "ML", "inference": "satterthwaite"}
    cells, full = fitted("FEV1 ~ 0 + RACE + SEX + ARMCD:AVISIT", **ml), fitted(**ml)
    assert cells.minus_two_log_likelihood == pytest.approx(full.minus_two_log_likelihood, abs=1e-6)
    assert predicted(cells) == pytest.approx(predicted(full), rel=1e-6)
    only = formula.least_squares("FEV1_BL ~ 1", FEV)
    assert only.coefficients == pytest.approx([np.mean(FEV["FEV1_BL"])])


def predicted(model: Any) -> np.ndarray:
    return np.asarray(model.fit.data.design @ model.fit.coefficients)


@pytest.mark.parametrize(
    ("options", "arrays"),
    [
        ({"covariance": "heterogeneous toeplitz"}, {"covariance": "heterogeneous toeplitz"}),
        ({"group": "ARMCD"}, {"group": FEV["ARMCD"]}),
        ({"weights": "WEIGHT"}, {"weights": FEV["WEIGHT"]}),
        ({"criterion": "ML", "inference": "satterthwaite"}, {"criterion": "ML", "inference": "satterthwaite"}),
        ({"inference": "CR0", "degrees": "residual"}, {"inference": "CR0", "degrees": "residual"}),
    ],
    ids=["structure", "group", "weights", "maximum likelihood", "empirical"],
)
def test_options_are_passed_on(options: dict[str, Any], arrays: dict[str, Any]) -> None:
    model = fitted(**options)
    outcome = np.array([np.nan if value is None else value for value in FEV["FEV1"]])
    columns = formula.design(FULL, FEV, levels=LEVELS).columns
    visits = ("VIS1", "VIS2", "VIS3", "VIS4")
    shown = statistics.mmrm(outcome, FEV["USUBJID"], FEV["AVISIT"], columns, visits=visits, **arrays)
    assert model.coefficient("ARMCD[TRT]") == shown.coefficient("ARMCD[TRT]")


def test_covariance_analysis_by_formula() -> None:
    generator = np.random.Generator(np.random.Philox(1))
    data = {
        "CHG": generator.normal(0, 3, 18),
        "BASE": generator.normal(20, 5, 18),
        "ARM": list("ABC") * 6,
        "SITE": ["x", "y"] * 9,
    }
    found = formula.ancova("CHG ~ BASE + ARM + SITE", data, group="ARM", reference="C", levels={"ARM": "CBA"})
    shown = statistics.ancova(
        data["CHG"], data["ARM"], data["BASE"], levels="CBA", reference="C", factors={"SITE": data["SITE"]}
    )
    assert (found.differences, found.groups, found.tests) == (shown.differences, shown.groups, shown.tests)
    general = formula.least_squares("CHG ~ ARM + BASE + SITE", data, levels={"ARM": "CBA"})
    assert general.coefficient("ARM[B]").p == pytest.approx(found.differences[0].estimate.p)


def test_levels_come_from_an_enum_of_polars() -> None:
    frame = pl.DataFrame({"y": [1.0, 3.0, 2.0, 5.0], "arm": ["low", "high"] * 2}).with_columns(
        pl.col("arm").cast(pl.Enum(["low", "high"]))
    )
    assert formula.least_squares("y ~ arm", frame).names == ("intercept", "arm[high]")
    assert formula.least_squares("y ~ arm", frame, levels={"arm": ("high", "low")}).names == ("intercept", "arm[low]")


def test_an_aliased_design_is_refused_by_name_or_reduced_with_a_note() -> None:
    data = FEV | {"TWICE": [2 * value for value in FEV["FEV1_BL"]]}
    with pytest.raises(StatisticsError, match="the design is singular: TWICE"):
        fitted("FEV1 ~ FEV1_BL + TWICE + AVISIT", data)
    reduced = fitted("FEV1 ~ FEV1_BL + TWICE + AVISIT", data, drop_aliased=True)
    assert "TWICE" in reduced.notes[-1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FEV1", "write outcome ~ terms"),
        ("~ ARMCD", "write outcome ~ terms"),
        ("FEV1 ~ ARMCD ~ SEX", "write outcome ~ terms"),
        ("FEV1 ~ ARMCD SEX", "cannot be read"),
        ("FEV1 ~ (1 | USUBJID)", "cannot be read"),
        ("FEV1 ~ TREATMENT", "no column 'TREATMENT' among"),
        ("CHANGE ~ ARMCD", "no column 'CHANGE' among"),
        ("ARMCD ~ SEX", "ARMCD is not a column of numbers"),
        ("FEV1 ~ log(AGE)", "no column 'AGE'"),
        ("FEV1 ~ sqrt(FEV1_BL)", "no transform 'sqrt'"),
        ("FEV1 ~ __import__('os')", "no transform '__import__'"),
        ("FEV1 ~ np.log(FEV1_BL)", "may hold columns"),
        ("FEV1 ~ {[x for x in FEV1_BL]}", "no column 'x'|may hold columns"),
        ("FEV1 ~ log(ARMCD)", "cannot be evaluated"),
    ],
)
def test_what_is_no_formula_is_refused(text: str, message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        fitted(text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"SEX": [None, *FEV["SEX"][1:]]}, "SEX: 1 of 800 labels are missing"),
        ({"FEV1_BL": [None, *FEV["FEV1_BL"][1:]]}, "FEV1_BL: 1 of 800 values are missing"),
        ({"SEX": ["Male"] * 800}, "no subject in Female"),
        ({"FEV1": [None] * 800}, "all 800 values are missing"),
        ({"SEX": ["Male"] * 3}, "columns of different lengths"),
    ],
)
@pytest.mark.parametrize("text", [FULL + " + FEV1_BL", FULL + " + log(FEV1_BL)"], ids=["plain", "transformed"])
def test_a_table_that_does_not_fit_is_refused(text: str, change: dict[str, Any], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        fitted(text, FEV | change)


def test_what_is_no_covariance_analysis_or_no_table_is_refused() -> None:
    data = {"y": [1.0, 2.0, 4.0, 3.0], "a": list("xyxy"), "n": [1, 2, 3, 5], "k": [3, 1, 4, 1]}
    for text in ("y ~ a * n", "y ~ n", "y ~ a + n + k", "y ~ a + log(n)", "y ~ 0 + a"):
        with pytest.raises(StatisticsError, match="is no covariance analysis of a"):
            formula.ancova(text, data, group="a", reference="x")
    with pytest.raises(StatisticsError, match="declare its levels"):
        formula.ancova("y ~ n + a", data, group="n", reference=1)
    with pytest.raises(StatisticsError, match="not list"):
        formula.least_squares("y ~ a", [1, 2])  # type: ignore[arg-type]
    with pytest.raises(StatisticsError, match="levels: no column b"):
        formula.least_squares("y ~ a", data, levels={"b": "xy"})
    with pytest.raises(StatisticsError, match="has a transform"):
        formula.design("y ~ log(n)", data)


def test_without_formulaic_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "formulaic", None)
    with pytest.raises(StatisticsError, match=r"trialwright\[formula\].*array interface"):
        fitted()


def test_formulaic_is_loaded_by_a_formula_alone() -> None:
    program = "import sys, trialwright.statistics.formula; print([m for m in ('formulaic', 'pandas', 'polars') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_example_of_the_manual_runs() -> None:
    manual = Path(__file__).parents[2] / "docs" / "explanation" / "statistics-formula.md"
    generator = np.random.Generator(np.random.Philox(9))
    table = {"USUBJID": [f"s{i}" for i in range(12) for _ in "12"], "AVISIT": ["W12", "W24"] * 12}
    table["ARM"] = [arm for arm in ["CON", "TEL"] * 6 for _ in "12"]
    numbers = {"BASE": np.repeat(generator.normal(20, 5, 12), 2), "CHG": generator.normal(0, 3, 24)}
    names: dict[str, Any] = {"table": table | numbers}
    exec(manual.read_text().split("```python")[1].split("```")[0] + "    \n", names)
    assert (
        len(statistics.mean_differences(names["model"], names["columns"], "ARM", reference="CON", by=("AVISIT",))) == 2
    )
