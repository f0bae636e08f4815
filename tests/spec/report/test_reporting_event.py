"""Analysis Results Standard 1.0: every number of every table has an address, and the file alone says how to compute it again from the data sets."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import orjson
import polars as pl
import pytest
from attrs import frozen

from studies.cdisc_pilot.protocol import STUDY as PILOT
from studies.cdisc_pilot.report import REPORT as PILOT_REPORT
from studies.telitacicept_ssc.protocol import STUDY
from studies.telitacicept_ssc.report import REPORT, TRAITS
from tests.schemas import schema_folder
from tests.spec.cli.test_manual import example
from tests.spec.report.conftest import SIX, told
from tests.spec.report.test_blinded import other_world
from trialwright.protocol import Text, same
from trialwright.record import Casebook
from trialwright.report.reporting_cells import numbers
from trialwright.report.reporting_event import reporting_event, write_results
from trialwright.report.results import POOLED, Analysis, Result, Results
from trialwright.report.table import Cell
from trialwright.report.writing import Composed, View, compose

pytestmark = pytest.mark.spec
NUMERIC = re.compile(r"[<>]?[−\d][−\d.;()%+< >∞–]*(?:to [−\d.;()%+< >∞–]*)*")
DAY = re.compile(r"\d{4}-\d{2}(-\d{2})?")


@frozen
class Event:
    """A reporting event as another program reads it: nothing but the file."""

    read: Mapping[str, Any]

    def named(self, kind: str) -> dict[str, Any]:
        return {one["id"]: one for one in self.read[kind]}

    @property
    def arms(self) -> dict[str, str]:
        """The group of each arm, and the planned treatment that it stands for."""
        (arms,) = [one for one in self.read["analysisGroupings"] if one["id"] == "GF.ARM"]
        return {group["id"]: group["condition"]["value"][0] for group in arms["groups"]}

    def value(self, analysis: str, operation: str, group: str = "") -> float | None:
        """The number that an analysis gave for a group ("" for all patients)."""
        one = self.named("analyses")[analysis]
        for result in one["results"]:
            groups = [told["groupId"] for told in result.get("resultGroups", [])]
            if result["operationId"].endswith(f".{operation}") and groups == ([group] if group else []):
                return float(result["rawValue"])
        return None

    def records(self, adam: Mapping[str, pl.DataFrame], analysis: str) -> pl.DataFrame:
        """The records of an analysis, with the planned treatment: analysis set and subset as the file describes them."""
        one = self.named("analyses")[analysis]
        condition = self.named("analysisSets")[one["analysisSetId"]]["condition"]
        people = adam[condition["dataset"]].filter(_holds(condition)).select("USUBJID", pl.col("TRT01P").alias("_ARM"))
        clauses = self.named("dataSubsets")[one["dataSubsetId"]]["compoundExpression"]["whereClauses"]
        records = adam[one["dataset"]].join(people, on="USUBJID", how="inner", maintain_order="left")
        return records.filter(*(_holds(clause["condition"]) for clause in clauses if clause["condition"]["dataset"] == one["dataset"]))


def _holds(condition: Mapping[str, Any]) -> pl.Expr:
    assert condition["comparator"] == "EQ"
    (value,) = condition["value"]
    return pl.col(condition["variable"]) == (float(value) if condition["variable"] == "AVISITN" else value)


def read(composed: Composed) -> Event:
    return Event(json.loads(orjson.dumps(reporting_event(composed))))


@pytest.fixture(scope="module")
def event(opened: Composed) -> Event:
    return read(opened)


@cache
def _schema() -> Any:
    return json.loads((schema_folder() / "ars-1.0" / "ars_ldm.schema.json").read_text(encoding="utf-8"))


def complaints(event: Event) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema", reason="the JSON schemas need jsonschema (extra `conform`)")
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in jsonschema.Draft7Validator(_schema()).iter_errors(event.read)]


# ----------------------------------------------------------------------------------------------------------- the form


def test_the_file_follows_the_schema(event: Event, blinded: Composed) -> None:
    assert complaints(event) == []
    assert complaints(read(blinded)) == []


@pytest.mark.parametrize(("study", "report"), [(STUDY, REPORT), (PILOT, PILOT_REPORT)], ids=["NCT06546540", "pilot"])
def test_a_trial_in_which_nothing_happened_has_a_file_too(study: Any, report: Any) -> None:
    assert complaints(read(compose(report, study, Casebook.of([])))) == []


@pytest.mark.nightly
@pytest.mark.parametrize("reading", ["R2", "R3"])
def test_under_every_reading_of_the_allocation(reading: str, rehearsed: Casebook) -> None:
    event = read(compose(REPORT, STUDY.read_as(reading), rehearsed))
    assert complaints(event) == []
    test_everything_that_is_named_exists(event)
    assert event.value("MRSS24.ANCOVA", "DIFFERENCE", "GF.CONTRAST.T-C") is not None
    assert ("MRSS24.RERANDOMIZATION" in event.named("analyses")) is (reading == "R3")


def test_everything_that_is_named_exists(event: Event) -> None:
    """Sets, subsets, groups, methods, operations, analyses and outputs: each reference finds what it names, each id is given once."""
    kinds = ("analysisSets", "dataSubsets", "analysisGroupings", "methods", "analyses", "outputs")
    for kind in kinds:
        assert len(event.named(kind)) == len(event.read[kind]) > 0, kind
    operations = {operation["id"] for method in event.read["methods"] for operation in method["operations"]}
    groups = {one["id"]: {group["id"] for group in one["groups"]} for one in event.read["analysisGroupings"]}
    for one in event.read["analyses"]:
        assert one["methodId"] in event.named("methods")
        assert one.get("analysisSetId", next(iter(event.named("analysisSets")))) in event.named("analysisSets")
        assert one.get("dataSubsetId", next(iter(event.named("dataSubsets")))) in event.named("dataSubsets")
        ordered = {told["groupingId"] for told in one.get("orderedGroupings", [])}
        for result in one["results"]:
            assert result["operationId"] in operations
            assert all(told["groupingId"] in ordered and told["groupId"] in groups[told["groupingId"]] for told in result.get("resultGroups", []))
    for item in _items(event.read["mainListOfContents"]):
        assert item.get("outputId") in event.named("outputs") or item.get("analysisId") in event.named("analyses")


def _items(listed: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for item in listed.get("contentsList", listed)["listItems"]:
        yield item
        yield from _items(item["sublist"]) if "sublist" in item else ()


# ---------------------------------------------------------------------------------------------------- every cell has a name


def test_every_number_of_every_table_appears_under_its_row_and_column(event: Event, opened: Composed) -> None:
    """A cell that is nothing but numbers, or shows a result: its numbers stand in the file as they are printed, in order."""
    analyses, compared = event.named("analyses"), 0
    for table in opened.document.grids:
        for name, cell in table.names:
            text = cell.text.en.strip()
            if not re.search(r"\d|∞", text) or DAY.fullmatch(text) or not (NUMERIC.fullmatch(text) or cell.result):
                continue
            row, column = re.fullmatch(r"r(\d+)c(\d+)", name).groups()  # type: ignore[union-attr]
            results = analyses[f"{table.number}.r{row}"]["results"]
            mine = [result["formattedValue"] for result in results if result["resultGroups"][0]["groupId"] == f"{table.number}.c{column}"]
            assert mine == re.findall(r"[−-]?(?:\d+(?:\.\d+)?|∞)", text), (table.number, name, text)
            compared += len(mine)
    assert compared > 5000


def test_a_number_of_an_analysis_has_all_its_digits(event: Event, opened: Composed) -> None:
    """Where a cell shows a result, what stands behind it is the result itself, and rounds to what is printed."""
    exact = 0
    for one in (one for one in event.read["analyses"] if one["methodId"] == "M.TABLE"):
        for result in one["results"]:
            printed, raw = result["formattedValue"].replace("−", "-"), result["rawValue"]
            if raw not in ("INF", "-INF") and printed != raw:
                half = 0.5 * 10.0 ** -len(printed.partition(".")[2]) + 1e-9
                assert min(abs(way - float(printed)) for way in (float(raw), 100 * float(raw), abs(float(raw)))) <= half, (one["id"], result)
                exact += 1
    assert exact > 700
    fit = opened.results.find("MRSS24.ANCOVA")
    row = next(one for one in event.read["analyses"] if "MRSS24.ANCOVA / DIFFERENCE / T-C" in one.get("description", "") and one["id"].startswith("14.2.1.r"))
    assert [float(result["rawValue"]) for result in row["results"]] == [fit.get(f"DIFFERENCE{part}", "T-C") for part in ("", "_LOWER", "_UPPER")]


def test_numbers_of_a_cell_by_hand() -> None:
    entered = (("T", 9), ("C", 10), ("ALL", 19))
    one = Analysis(id="X.M", title=same("x"), purpose="primary", method=same("m"), dataset="ADRS", condition="", entered=entered, results=(
        Result(operation="DIFFERENCE", group="T-C", value=-2.71), Result(operation="DIFFERENCE_SE", group="T-C", value=2.71),
        Result(operation="DIFFERENCE_LOWER", group="T-C", value=float("-inf")), Result(operation="DIFFERENCE_UPPER", group="T-C", value=2.7),
        Result(operation="BETTER", group="T-C", value=0.634)))  # fmt: skip
    results = Results((one,))

    def of(text: str, name: str, label: str = "") -> list[tuple[str, str]]:
        return [(number.operation, number.raw) for number in numbers(Cell(text=Text(text, text), result=name), label, results)]

    assert of("−2.7 (−∞ to 2.7)", "X.M / DIFFERENCE / T-C") == [("DIFFERENCE", "-2.71"), ("DIFFERENCE_LOWER", "-INF"), ("DIFFERENCE_UPPER", "2.7")]
    assert of("treated better in 63 % of pairs", "X.M / BETTER / T-C") == [("BETTER", "0.634")]
    assert of("9 + 10", "X.M / N") == [("N_T", "9"), ("N_C", "10")]
    assert of("3 (25.0 %)", "") == [("COUNT", "3"), ("PERCENT", "25.0")]
    assert of("10; 13.77 (2.729); 9.03", "") == [("N", "10"), ("MEAN", "13.77"), ("SD", "2.729"), ("MIN", "9.03")]
    assert of("4.0 (1 to 7)", "", "median (smallest to largest)") == [("MEDIAN", "4.0"), ("MIN", "1"), ("MAX", "7")]
    assert of("<0.001", "") == [("BOUND", "0.001")]
    assert of("5.0", "X.M / DIFFERENCE / T-C") == [("VALUE", "5.0")], "what the analysis does not give is not taken from it"


# ------------------------------------------------------------------------------------------------------ computed once more


DESCRIBED = [one.code for one in STUDY.endpoints if any(plan.method == "DESCRIBE" for plan in one.analyses)]


@pytest.mark.parametrize("code", DESCRIBED)
def test_numbers_means_and_spreads_come_out_again(code: str, event: Event, opened: Composed) -> None:
    """From the data sets and the file alone, by polars: number, mean, standard deviation, median, smallest and largest of the change in each arm and in all."""
    adam = opened.trail.source.adam
    records = event.records(adam, f"{code}.DESCRIBE").filter(pl.col("CHG").is_not_null())
    for group, arm in {"": None, **event.arms}.items():
        mine = records if arm is None else records.filter(pl.col("_ARM") == arm)
        for name, column in (("CHANGE", "CHG"), ("VALUE", "AVAL")):
            values = mine[column].cast(pl.Float64)
            assert event.value(f"{code}.DESCRIBE", f"N_{name}", group) == values.len()
            told = {"MEAN": values.mean(), "SD": values.std(), "MEDIAN": values.median(), "MIN": values.min(), "MAX": values.max()}
            for operation, expected in told.items():
                stored = event.value(f"{code}.DESCRIBE", f"{operation}_{name}", group)
                assert stored == (None if expected is None else pytest.approx(expected, abs=1e-9)), (operation, name, group)


def test_the_example_of_the_manual_computes_a_mean_again(event: Event, opened: Composed) -> None:
    again = example("compute-a-result-again.md")["again"]
    found = dict(again(event.read, opened.trail.source.adam, "FVCPP24.DESCRIBE", "CHG").rows())
    assert found == {arm: pytest.approx(event.value("FVCPP24.DESCRIBE", "MEAN_CHANGE", group)) for group, arm in event.arms.items()}


def _arrays(event: Event, opened: Composed, analysis: str) -> tuple[list[float], list[str], list[float]]:
    """Change, planned treatment and baseline of the patients of an analysis."""
    records = event.records(opened.trail.source.adam, analysis).filter(pl.col("CHG").is_not_null() & pl.col("BASE").is_not_null())
    return records["CHG"].to_list(), records["_ARM"].to_list(), records["BASE"].to_list()


def _function(event: Event, analysis: str) -> Any:
    method = event.named("methods")[event.named("analyses")[analysis]["methodId"]]
    name = method["codeTemplate"]["code"]
    found = resolve_name(name)
    return found if callable(found) else getattr(found, name.rpartition(".")[2])  # a module of the same name


SECONDARY = [code for code in DESCRIBED if code != "MRSS24"]
"""Endpoints whose estimand takes every value as it was observed; in the primary one, rescue and death count as failures."""


@pytest.mark.parametrize("code", [*SECONDARY, "MRSS24"])
def test_the_model_comes_out_again_by_the_function_that_the_file_names(code: str, event: Event, opened: Composed) -> None:
    """Adjusted difference with error, limits and p; of the primary endpoint that analysis which takes rescued patients as observed."""
    name = f"{code}.ANCOVA" if code in SECONDARY else f"{code}.ANCOVA_OBSERVED"
    change, arm, base = _arrays(event, opened, name)
    treated, control = event.arms["GF.ARM.T"], event.arms["GF.ARM.C"]
    found = _function(event, name)(change, arm, base, levels=(treated, control), reference=control).differences[0].estimate
    numbers = {"": found.value, "_SE": found.standard_error, "_LOWER": found.lower, "_UPPER": found.upper, "_P": found.p}
    for part, expected in numbers.items():
        assert event.value(name, f"DIFFERENCE{part}", "GF.CONTRAST.T-C") == pytest.approx(expected, rel=1e-9, abs=1e-12), part


@pytest.mark.parametrize("code", SECONDARY)
def test_exact_methods_come_out_again(code: str, event: Event, opened: Composed) -> None:
    change, arm, _ = _arrays(event, opened, f"{code}.PERMUTATION")
    treated, control = ([value for value, one in zip(change, arm, strict=True) if one == event.arms[f"GF.ARM.{of}"]] for of in ("T", "C"))
    test, shift = (_function(event, f"{code}.{name}")(treated, control) for name in ("PERMUTATION", "HODGES_LEHMANN"))
    assert event.value(f"{code}.PERMUTATION", "P", "GF.CONTRAST.T-C") == pytest.approx(test.p, rel=1e-9)
    assert event.value(f"{code}.HODGES_LEHMANN", "SHIFT", "GF.CONTRAST.T-C") == pytest.approx(shift.estimate, rel=1e-9)


def test_shares_of_responders_come_out_again(event: Event, opened: Composed) -> None:
    """Who responded, counted from the data set; the exact p by the first function that the method names."""
    name = "CRISS24.RESPONDER"
    records = event.records(opened.trail.source.adam, name)
    counts = []
    for group, arm in event.arms.items():
        count, n = event.value(name, "COUNT", group), event.value(name, "N", group)
        assert count == records.filter((pl.col("_ARM") == arm) & (pl.col("AVAL") == 1)).height
        assert n is not None and n >= count > -1
        counts.append([int(count), int(n - count)])
    assert event.value(name, "P", "GF.CONTRAST.T-C") == pytest.approx(_function(event, name)(counts).p, rel=1e-9)


def test_the_mixed_model_reads_every_visit(event: Event) -> None:
    """Its subset of the data is not held to one visit."""
    subset = event.named("dataSubsets")[event.named("analyses")["MRSS24.MMRM"]["dataSubsetId"]]
    assert [clause["condition"]["variable"] for clause in subset["compoundExpression"]["whereClauses"]] == ["PARAMCD", "ANL01FL"]


def test_traits_at_the_start_come_out_again(event: Event, opened: Composed) -> None:
    """Table 14.1.2 from ADSL: numbers, means and medians of each measure, counts of each category, column by column."""
    adsl = opened.trail.source.adam["ADSL"].filter(pl.col("ITTFL") == "Y")
    columns = [adsl.filter(pl.col("TRT01P") == arm) for arm in event.arms.values()] + [adsl]
    rows = {one["name"]: one for one in event.read["analyses"] if one["id"].startswith("14.1.2.r")}
    compared = 0
    for trait in TRAITS:
        label = trait.label.en[0].upper() + trait.label.en[1:]
        for place, frame in enumerate(columns, start=1):
            if not trait.terms:
                values = frame[trait.column].drop_nulls().cast(pl.Float64)
                expected = {"n": ("COUNT", float(values.len())), "mean (SD)": ("MEAN", values.mean()),
                            "median (smallest to largest)": ("MEDIAN", values.median())}  # fmt: skip
                for line, (operation, value) in expected.items():
                    assert _shown(rows[f"{label}: {line}"], place, operation) == pytest.approx(value, abs=0.0501)
                    compared += 1
            for code, words in trait.terms:
                assert _shown(rows[f"{trait.label.en}, n (%): {words.en}"], place, "COUNT") == frame.filter(pl.col(trait.column) == code).height
                compared += 1
    assert compared == 75 - sum("unknown" in name for name in rows) * 3


def _shown(one: Mapping[str, Any], column: int, operation: str) -> float:
    table = one["id"].rpartition(".r")[0]
    return next(float(result["rawValue"]) for result in one["results"]
                if result["operationId"] == f"M.TABLE.{operation}" and result["resultGroups"][0]["groupId"] == f"{table}.c{column}")  # fmt: skip


def test_patients_with_events_come_out_again(event: Event, opened: Composed) -> None:
    """Table 14.3.1.1 from ADAE: patients with any, a serious and each kind of event."""
    adam = opened.trail.source.adam
    arms = adam["ADSL"].filter(pl.col("SAFFL") == "Y").select("USUBJID", pl.col("TRT01A").alias("_ARM"))
    events = adam["ADAE"].filter(pl.col("TRTEMFL") == "Y").join(arms, on="USUBJID")
    rows = {one["name"].partition(": ")[2]: one for one in event.read["analyses"] if one["id"].startswith("14.3.1.1.r")}
    wanted = {"any adverse event": pl.lit(True), "serious": pl.col("AESER") == "Y"}
    wanted |= {term: pl.col("AEDECOD") == term for term in events["AEDECOD"].drop_nulls().unique()}
    for name, condition in wanted.items():
        for place, arm in enumerate((*event.arms.values(), None), start=1):
            mine = events.filter(condition & (pl.lit(True) if arm is None else pl.col("_ARM") == arm))
            assert _shown(rows[name], place, "COUNT") == mine["USUBJID"].n_unique(), (name, arm)


# ------------------------------------------------------------------------------------------------------------- the blind


@pytest.mark.req("BLD-02")
def test_before_the_arms_are_open_no_result_is_told_by_arm(blinded: Composed, rehearsed: Casebook) -> None:
    event = read(blinded)
    assert event.read["analyses"]
    named = {one["id"] for one in event.read["analyses"]}
    assert "MRSS24.DESCRIBE" in named
    for one in event.read["analyses"]:
        for result in one["results"]:
            groups = [told["groupId"] for told in result.get("resultGroups", [])]
            assert not any(group.startswith(("GF.ARM", "GF.CONTRAST")) for group in groups)
            titles = {group["id"]: group["name"] for told in event.read["analysisGroupings"] for group in told["groups"]}
            assert not any(titles[group] in event.arms.values() for group in groups)
    assert orjson.dumps(reporting_event(compose(REPORT, STUDY, other_world(rehearsed), View(blinded=True)))) == orjson.dumps(reporting_event(blinded))


def test_what_could_not_be_computed_says_why() -> None:
    """One arm alone: the comparison is there, without a result, with its reason."""
    source = told(SIX[:3])
    refused = REPORT.results(source).find("MRSS24.ANCOVA")
    assert refused.refused is not None and refused.get("DIFFERENCE", POOLED) is None


def test_the_same_view_gives_the_same_bytes(opened: Composed, tmp_path: Path) -> None:
    for place in ("one", "other"):
        write_results(opened, tmp_path / place)
    one, other = ((tmp_path / place / "ars" / "reporting-event.json").read_bytes() for place in ("one", "other"))
    assert one == other
    assert write_results(None, tmp_path / "none") == [] and not (tmp_path / "none").exists()
