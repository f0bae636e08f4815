"""Did the evaluator stay blind? What he guessed early and late, against the true arm, with the indices of James and Bang."""

import json
from collections.abc import Iterator, Mapping

import polars as pl
from attrs import frozen

from trialwright.protocol import Text, same
from trialwright.report.document import Listing, Part, Prose
from trialwright.report.numerals import decimal, interval
from trialwright.report.source import ARM, Group, Source, members, rows_of
from trialwright.report.table import HIDDEN, NOTHING, Cell, Row, Table, shown
from trialwright.statistics import BlindingIndex, GuessTable, bang_indices, james_index

GUESSES = (
    ("T", Text("guessed the study drug", "猜为试验药物组")),
    ("C", Text("guessed the control", "猜为对照组")),
    ("DK", Text("does not know", "不知道")),
)


@frozen(kw_only=True)
class Moment:
    """A time at which the evaluator was asked: its code in the data and its name."""

    code: str
    name: Text


MOMENTS = (
    Moment(code="EARLY", name=Text("Early guess (about week 4)", "早期猜测（约第 4 周）")),
    Moment(code="LATE", name=Text("Late guess (primary time point)", "晚期猜测（主要终点时间点）")),
)


def table(source: Source, *, number: str, title: Text, moments: tuple[Moment, ...] = MOMENTS, population: str = "FASFL", population_name: Text) -> Table:
    """Counts of guesses by true arm and, when the arms are open, the indices; descriptive, without a test."""
    groups = source.groups(population)
    guesses = _guesses(source, population)
    rows: list[Row] = []
    for moment in moments:
        rows += _block(moment, guesses.filter(pl.col("_MOMENT") == moment.code), groups, source)
    return Table(
        number=number, title=title, population=population_name, columns=tuple(group.column for group in groups), rows=tuple(rows) if guesses.height else (),
        footnotes=(
            Text("Bang's index, by arm: 0 guesses at random, 1 all guess right, −1 all guess the other arm. James's index, both arms: 0 all "
                 "guess right, 0.5 chance, 1 all answer “do not know”. 95 % intervals by the normal approximation, which is rough with so "
                 "few guesses. A late guess may follow the effect on the skin rather than a leak: the early one is the better witness.",
                 "Bang 指数（按组）：0 为随机猜测，1 为全部猜对，−1 为全部猜为另一组。James 指数（两组合并）：0 为全部猜对，0.5 为随机，1 为全部回答“不知道”。"
                 "95 % 区间采用正态近似，样本少时较粗略。晚期猜测可能源于皮肤疗效而非泄密，早期猜测更具参考价值。"),
        ),
        source=Text("Dataset QS, QSCAT = BLINDING GUESS; arms from ADSL.", "数据集 QS，QSCAT = BLINDING GUESS；组别来自 ADSL。"),
        empty=None if guesses.height else Text("The evaluator has not been asked yet.", "尚未询问评估者。"),
    )  # fmt: skip


def certified(source: Source) -> tuple[Part, ...]:
    """What the blinding certificate says, when one was given with the report; a certificate of another study definition is told as such."""
    given = source.certificate
    if given is None:
        return (Prose(text=Text("No blinding certificate was given with this report. “trialwright report --certificate FILE” takes one in.",
                                "本报告未附盲法证明。可用 “trialwright report --certificate 文件” 附入。")),)  # fmt: skip
    mine = source.study.digest in json.dumps(given)
    whose = Text("The certificate names the definition of this study.", "该证明对应本研究定义。") if mine else Text(
        "The certificate does NOT name the definition of this study: it proves nothing about this trial.", "该证明不对应本研究定义：不能说明本试验。")
    return (Prose(text=whose, warning=not mine), Listing(entries=tuple(_told(given))))


def _told(given: object, name: str = "") -> Iterator[tuple[Text, Text]]:
    """The facts of a certificate by name, one below the other; of a long list only how many there are."""
    if isinstance(given, Mapping):
        for key, value in given.items():
            yield from _told(value, f"{name}.{key}" if name else str(key))
    elif isinstance(given, list | tuple) and (len(given) > 12 or any(isinstance(one, Mapping | list) for one in given)):
        yield same(name), Text(f"{len(given)} entries", f"{len(given)} 项")
    else:
        yield same(name), same(", ".join(map(str, given)) if isinstance(given, list | tuple) else str(given) or "–")


def _guesses(source: Source, population: str) -> pl.DataFrame:
    rows = source.rows("QS", population)
    if "QSTESTCD" not in rows.columns:
        return rows.with_columns(pl.lit(None, dtype=pl.String).alias("_MOMENT"), pl.lit(None, dtype=pl.String).alias("_GUESS")).clear()
    answered = rows.filter((pl.col("QSTESTCD") == "GUESS") & pl.col("QSORRES").is_not_null())
    return answered.with_columns(pl.col("QSSCAT").alias("_MOMENT"), pl.col("QSORRES").alias("_GUESS"))


def _block(moment: Moment, guesses: pl.DataFrame, groups: tuple[Group, ...], source: Source) -> list[Row]:
    rows = [Row(label=moment.name)]
    rows.append(Row(label=Text("asked, n", "已询问，例数"), level=1, cells=tuple(_count(group, guesses) for group in groups)))
    for code, words in GUESSES:
        rows.append(Row(label=words, level=1, cells=tuple(_count(group, guesses.filter(pl.col("_GUESS") == code)) for group in groups)))
    bang, james = _indices(guesses, source)
    arms = [bang.get(group.code) for group in groups]
    rows.append(Row(label=Text("Bang's index (95 % CI)", "Bang 指数（95 % 置信区间）"), level=1,
                    cells=tuple(HIDDEN if group.hidden else _index(index, guesses) for group, index in zip(groups, arms, strict=True))))  # fmt: skip
    hidden = any(group.hidden for group in groups)
    pooled = HIDDEN if hidden else _index(james, guesses)
    rows.append(Row(label=Text("James's index (95 % CI)", "James 指数（95 % 置信区间）"), level=1,
                    cells=tuple(HIDDEN if group.hidden else pooled if group.code == "ALL" else NOTHING for group in groups)))  # fmt: skip
    return rows


def _count(group: Group, guesses: pl.DataFrame) -> Cell:
    if group.hidden:
        return HIDDEN
    mine = members(group, guesses)
    return shown(str(mine.height), rows_of("QS", mine))


def _indices(guesses: pl.DataFrame, source: Source) -> tuple[dict[str, BlindingIndex], BlindingIndex | None]:
    treatment, control = (next(arm.code for arm in source.study.arms if arm.control is of) for of in (False, True))
    known = guesses.filter(pl.col(ARM).is_not_null())
    if not known.height:
        return {}, None

    def row(guess: str) -> tuple[int, int]:
        told = known.filter(pl.col("_GUESS") == guess)
        return told.filter(pl.col(ARM) == treatment).height, told.filter(pl.col(ARM) == control).height

    counts = GuessTable(treatment=row("T"), control=row("C"), unknown=row("DK"))
    treated, untreated = bang_indices(counts)
    return {treatment: treated, control: untreated}, james_index(counts)


def _index(index: BlindingIndex | None, guesses: pl.DataFrame) -> Cell:
    if index is None:
        return NOTHING
    if index.estimate is None or index.shown is None:
        return Cell(text=Text("undefined", "无法定义"), rows=rows_of("QS", guesses))
    span = interval(*index.shown, 2)
    return Cell(text=Text(f"{decimal(index.estimate, 2)} ({span.en})", f"{decimal(index.estimate, 2)}（{span.zh}）"), rows=rows_of("QS", guesses))
