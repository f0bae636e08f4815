"""Who the patients are at the start: age, sex and the other traits that the study names, by arm."""

import polars as pl
from attrs import frozen

from trialwright.protocol import Text
from trialwright.report.numerals import count_percent, decimal, interval, mean_sd
from trialwright.report.source import Group, Source, members, need, rows_of
from trialwright.report.table import HIDDEN, NOTHING, Cell, Row, Table, sentence, shown
from trialwright.statistics import describe


@frozen(kw_only=True)
class Trait:
    """A column of ADSL to be described: a measure with `places` decimals, or (with `terms`) a category with its words."""

    column: str
    label: Text
    places: int = 0
    terms: tuple[tuple[str, Text], ...] = ()


def table(source: Source, traits: tuple[Trait, ...], *, number: str, title: Text, population: str = "FASFL", population_name: Text) -> Table:
    """The table over the patients of a population; counts carry percentages of the patients whose trait is known."""
    subjects = source.patients(population)
    need(subjects, "ADSL", [trait.column for trait in traits])
    groups = source.groups(population)
    rows = [row for trait in traits for row in (_category if trait.terms else _measure)(trait, subjects, groups)]
    return Table(
        number=number, title=title, population=population_name, columns=tuple(group.column for group in groups), rows=tuple(rows),
        footnotes=(Text("SD: standard deviation. Percentages are of the patients whose value is known. No tests: differences at the "
                        "start are described, not tested.",
                        "SD：标准差。百分比以数值已知的受试者为分母。基线差异仅作描述，不作检验。"),),
        source=Text(f"Dataset ADSL; {population} = Y.", f"数据集 ADSL；{population} = Y。"),
        empty=None if subjects.height else Text("No patient is in this population yet.", "该人群中尚无受试者。"),
    )  # fmt: skip


def _measure(trait: Trait, subjects: pl.DataFrame, groups: tuple[Group, ...]) -> list[Row]:
    def cells(write: str) -> tuple[Cell, ...]:
        return tuple(HIDDEN if group.hidden else _number(trait, members(group, subjects), write) for group in groups)

    return [
        Row(label=sentence(trait.label)),
        Row(label=Text("n", "例数"), level=1, cells=cells("n")),
        Row(label=Text("mean (SD)", "均数（标准差）"), level=1, cells=cells("mean")),
        Row(label=Text("median (smallest to largest)", "中位数（最小至最大）"), level=1, cells=cells("median")),
    ]


def _number(trait: Trait, subjects: pl.DataFrame, write: str) -> Cell:
    known = subjects.filter(pl.col(trait.column).is_not_null())
    rows = rows_of("ADSL", known)
    if write == "n":
        return shown(str(known.height), rows)
    if not known.height:
        return NOTHING
    summary = describe(known[trait.column].cast(pl.Float64).to_list())
    if write == "mean":
        return shown(mean_sd(summary.mean, summary.standard_deviation, max(1, trait.places)), rows)
    span = interval(summary.minimum, summary.maximum, trait.places)
    middle = decimal(summary.median, max(1, trait.places))
    return Cell(text=Text(f"{middle} ({span.en})", f"{middle}（{span.zh}）"), rows=rows)


def _category(trait: Trait, subjects: pl.DataFrame, groups: tuple[Group, ...]) -> list[Row]:
    rows = [Row(label=Text(f"{trait.label.en}, n (%)", f"{trait.label.zh}，例数（%）"))]
    for code, words in trait.terms:
        cells = tuple(HIDDEN if group.hidden else _share(trait, code, members(group, subjects)) for group in groups)
        rows.append(Row(label=words, level=1, cells=cells))
    unknown = subjects.filter(~pl.col(trait.column).is_in([code for code, _ in trait.terms]).fill_null(False))
    if unknown.height:
        cells = tuple(HIDDEN if group.hidden else shown(str(members(group, unknown).height), rows_of("ADSL", members(group, unknown))) for group in groups)
        rows.append(Row(label=Text("unknown or other", "未知或其他"), level=1, cells=cells))
    return rows


def _share(trait: Trait, code: str, subjects: pl.DataFrame) -> Cell:
    having = subjects.filter(pl.col(trait.column) == code)
    known = subjects.filter(pl.col(trait.column).is_not_null()).height
    return shown(count_percent(having.height, known), rows_of("ADSL", having))
