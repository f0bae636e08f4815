"""Did the evaluator stay blind? What he guessed early and late, against the true arm, with the indices of James and Bang."""

from datetime import UTC, datetime

import polars as pl
from attrs import frozen

from trialwright.protocol import Text, same
from trialwright.report.document import Listing, Part, Prose
from trialwright.report.letters import shortened
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


HOW = {"arms exchanged": Text("arms exchanged", "交换分组"), "hidden deeds left out": Text("hidden events left out", "去除隐藏事件"),
       "other hidden deeds": Text("other hidden events", "替换隐藏事件")}  # fmt: skip
"""In what the two trials of a pair differ."""


def certified(source: Source) -> tuple[Part, ...]:
    """What the blinding certificate says, when one was given with the report; one that does not fit this trial is told as such."""
    given = source.certificate
    if given is None:
        return (Prose(text=Text("No blinding certificate was given with this report: whether the program kept the evaluator blind is not told "
                                "here. The command that writes the report takes one in (--certificate).",
                                "本报告未附盲法证明：此处不说明程序是否使评估者保持盲态。生成报告的命令可附入（--certificate）。")),)  # fmt: skip
    told = [(one.what, Text(f"{'met' if one.held else 'NOT MET'}: {shortened(one.told.en)}", f"{'满足' if one.held else '未满足'}：{shortened(one.told.zh)}"))
            for one in given.obligations]  # fmt: skip
    worlds = Text("; ".join(f"{HOW.get(name, same(name)).en}: {count}" for name, count in given.worlds.items()) or "–",
                  "；".join(f"{HOW.get(name, same(name)).zh}：{count}" for name, count in given.worlds.items()) or "–")  # fmt: skip
    facts = (
        (Text("Issued", "签发"), same(f"{datetime.fromisoformat(given.issued).astimezone(UTC):%Y-%m-%d %H:%M} UTC")),
        (Text("Pairs of virtual trials compared for each observer", "每位观察者比较的虚拟试验对数"), same(str(given.pairs))),
        (Text("How the two trials of a pair differ", "两个虚拟试验的差异"), worlds),
        (Text("Requests to pages of the program", "对程序页面的请求数"), same(str(sum(one.requests for one in given.routes)))),
        (Text("Planted leaks found", "植入泄露的检出"), same(f"{sum(one.pairs > 0 for one in given.caught)} / {len(given.caught)}")),
        (Text("Digest", "摘要"), same(given.digest or "–")),
    )  # fmt: skip
    limits = [Listing(entries=tuple((Text(f"Not covered {place}", f"未涵盖 {place}"), words) for place, words in enumerate(given.limits, start=1)))]
    return (Prose(text=_fits(source), warning=not _good(source)), Listing(entries=(*facts, *told)), *(limits if given.limits else []))


def _good(source: Source) -> bool:
    given = source.certificate
    return given is not None and given.whole and given.holds and given.bound.study == source.study.digest


def _fits(source: Source) -> Text:
    """Whether the certificate is whole, holds, and belongs to this definition of the study."""
    given = source.certificate
    if given is None or not given.whole:
        return Text("The blinding certificate was changed after it was issued: it proves nothing.", "盲法证明签发后被改动：不构成证明。")
    if given.bound.study != source.study.digest:
        return Text("The blinding certificate was issued for another definition of the study: it proves nothing about this trial.",
                    "盲法证明是为另一研究定义签发的：不能说明本试验。")  # fmt: skip
    if not given.holds:
        return Text("The blinding certificate says that the proof FAILED.", "盲法证明显示：证明未通过。")
    return Text("The blinding certificate belongs to this definition of the study, and every obligation was met. It speaks of the program, not "
                "of what people told each other.",
                "盲法证明对应本研究定义，全部要求均已满足。它针对程序，不涉及人员之间的言语。")  # fmt: skip


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
