"""Traits at baseline as the pilot trial's report compared them: analysis of variance for measures, chi-square for groups."""

from collections.abc import Callable, Mapping

import polars as pl
from attrs import frozen

from trialwright.protocol import Study, Text
from trialwright.report.results import POOLED, Analysis, Result, Results
from trialwright.report.source import ARM, PLACE, patients
from trialwright.report.table import DataRow
from trialwright.statistics import StatisticsError, chi_square_test, describe, one_way_anova

POPULATION = "ITTFL"


@frozen(kw_only=True)
class Measure:
    """A column of numbers."""

    column: str
    label: Text


@frozen(kw_only=True)
class Grouping:
    """A column of groups, in the order of the report."""

    column: str
    label: Text
    terms: tuple[tuple[str, Text], ...]


TRAITS: tuple[Measure | Grouping, ...] = (
    Measure(column="AGE", label=Text("Age (years)", "年龄（岁）")),
    Grouping(column="AGEGR1", label=Text("Age group", "年龄组"), terms=tuple((one, Text(f"{one} years", f"{one} 岁")) for one in ("<65", "65-80", ">80"))),
    Grouping(column="SEX", label=Text("Sex", "性别"), terms=(("M", Text("male", "男")), ("F", Text("female", "女")))),
    Grouping(column="RACEGR1", label=Text("Race (origin)", "种族（来源）"), terms=(
        ("CAUCASIAN", Text("Caucasian", "高加索人")), ("AFRICAN DESCENT", Text("African descent", "非洲裔")),
        ("HISPANIC", Text("Hispanic", "西班牙裔")), ("OTHER", Text("other", "其他")))),
    Measure(column="MMSETOT", label=Text("MMSE", "MMSE")),
    Measure(column="DURDIS", label=Text("Duration of disease (months)", "病程（月）")),
    Grouping(column="DURDSGR1", label=Text("Duration group", "病程组"), terms=(
        ("<12", Text("<12 months", "<12 个月")), (">=12", Text("12 months or more", "≥12 个月")))),
    Measure(column="EDUCLVL", label=Text("Years of education", "受教育年数")),
    Measure(column="WEIGHTBL", label=Text("Weight at baseline (kg)", "基线体重（kg）")),
    Measure(column="HEIGHTBL", label=Text("Height (cm)", "身高（cm）")),
    Measure(column="BMIBL", label=Text("Body mass index (kg/m²)", "体质指数（kg/m²）")),
    Grouping(column="BMIBLGR1", label=Text("Body mass index group", "体质指数分组"), terms=(
        ("<25", Text("below 25", "<25")), ("25-<30", Text("25 to below 30", "25–<30")), (">=30", Text("30 or more", "≥30")))),
)  # fmt: skip


def compare(adam: Mapping[str, pl.DataFrame], study: Study, released: bool) -> Results:
    """One analysis per trait ("TRAIT.AGE"): numbers or counts per arm and for all, and (arms open) the p-value of the comparison.

    All randomized patients enter whose trait is known; nobody is counted in a group to which nothing is known to put him.
    """
    people = patients(study, adam, POPULATION, released=released)
    arms = [arm.code for arm in study.arms] if released else []
    return Results(tuple(_measure(one, people, arms) if isinstance(one, Measure) else _grouping(one, people, arms) for one in TRAITS))


def _analysis(trait: Measure | Grouping, people: pl.DataFrame, arms: list[str], method: Text, results: list[Result]) -> Analysis:
    known = people.filter(pl.col(trait.column).is_not_null())
    inputs = tuple((arm, _rows(known.filter(pl.col(ARM) == arm))) for arm in arms)
    return Analysis(
        id=f"TRAIT.{trait.column}",
        title=trait.label,
        purpose="descriptive",
        method=method,
        dataset="ADSL",
        condition=f"{POPULATION} = Y",
        inputs=(*inputs, (POOLED, _rows(known))),
        results=tuple(results),
    )


def _rows(frame: pl.DataFrame) -> tuple[DataRow, ...]:
    return tuple(DataRow("ADSL", place) for place in frame[PLACE].to_list())


def _values(people: pl.DataFrame, column: str, group: str) -> list[float]:
    of_group = people if group == POOLED else people.filter(pl.col(ARM) == group)
    return of_group[column].drop_nulls().cast(pl.Float64).to_list()


def _measure(trait: Measure, people: pl.DataFrame, arms: list[str]) -> Analysis:
    found: list[Result] = []
    for group in (*arms, POOLED):
        values = _values(people, trait.column, group)
        if not values:
            continue
        told = describe(values)
        numbers = {"N": told.n, "MEAN": told.mean, "SD": told.standard_deviation, "MEDIAN": told.median, "MIN": told.minimum, "MAX": told.maximum}
        found += [Result(operation=name, group=group, value=value) for name, value in numbers.items() if value is not None]
    if arms:
        found += _tested(lambda: one_way_anova([_values(people, trait.column, arm) for arm in arms]).p)
    return _analysis(trait, people, arms, Text("analysis of variance", "方差分析"), found)


def _tested(test: Callable[[], float]) -> list[Result]:
    """The p-value of a comparison; none while there are too few patients for it."""
    try:
        return [Result(operation="P", group=POOLED, value=test())]
    except StatisticsError:
        return []


def _grouping(trait: Grouping, people: pl.DataFrame, arms: list[str]) -> Analysis:
    counts = {(code, group): _count(people, trait.column, code, group) for code, _ in trait.terms for group in (*arms, POOLED)}
    found = [Result(operation=f"N {code}", group=group, value=count) for (code, group), count in counts.items()]
    if arms:
        found += _tested(lambda: chi_square_test([[counts[code, arm] for arm in arms] for code, _ in trait.terms]).p)
    return _analysis(trait, people, arms, Text("Pearson's chi-square test", "皮尔逊卡方检验"), found)


def _count(people: pl.DataFrame, column: str, code: str, group: str) -> int:
    of_group = people if group == POOLED else people.filter(pl.col(ARM) == group)
    return of_group.filter(pl.col(column) == code).height
