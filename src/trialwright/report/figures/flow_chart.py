"""The flow of the patients as a drawing: who was screened, enrolled, treated and analyzed, and who left where and why."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any
from unicodedata import east_asian_width

import altair as alt
from attrs import frozen

from trialwright.protocol import Text
from trialwright.report.figure import Figure, chart_of, themed
from trialwright.report.flow import Flow, Step
from trialwright.report.source import Source

WIDTH, LINE, PAD = 720, 17, 10
INDENT = "\u00a0"
"""Begins a line that goes on with the point above it."""


@frozen(kw_only=True)
class Box:
    """A box of the drawing: its left edge, top, width and lines of text."""

    x: float
    y: float
    width: float
    lines: tuple[str, ...]

    @property
    def height(self) -> float:
        return LINE * len(self.lines) + 2 * PAD

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


def figure(source: Source, flow: Flow, *, number: str, title: Text) -> Figure:
    """The drawing of a flow; one path for each arm once the arms are open, one for all before that."""
    arms = tuple((arm.code, arm.name) for arm in source.study.arms) if source.released else ()
    ready = bool(flow.screened.count())
    return Figure(
        number=number, title=title,
        specs={language: themed(_spec(flow, arms, language)) for language in ("en", "zh")} if ready else {},
        alternative=_told(flow, arms),
        footnotes=(Text("The same counts stand in the table of disposition.", "相同数字见受试者分布表。"),),
        source=Text("Datasets DM, DS, IE, ADSL and the dataset of the primary endpoint.", "数据集 DM、DS、IE、ADSL 及主要终点数据集。"),
        empty=None if ready else Text("Nobody has been screened yet.", "尚无人接受筛选。"),
    )  # fmt: skip


def _spec(flow: Flow, arms: tuple[tuple[str, Text], ...], language: str) -> dict[str, Any]:
    top = Box(x=150, y=0, width=220, lines=(_counted(flow.screened, None, language),))
    aside = Box(x=420, y=top.bottom + 14, width=300, lines=(_counted(flow.not_enrolled, None, language), *_listed(flow.reasons, None, language, 42)))
    enrolled = Box(x=150, y=aside.bottom + 14, width=220, lines=(_counted(flow.enrolled, None, language),))
    boxes, lines = [top, aside, enrolled], [(top.middle, top.bottom, top.middle, enrolled.y), (top.middle, aside.y + 18, aside.x, aside.y + 18)]
    arrows = [(top.middle, enrolled.y, "down"), (aside.x, aside.y + 18, "right")]
    paths = arms or ((None, Text("arms not open to this reader", "未向本视图揭盲")),)
    width = (WIDTH - 40) / 2
    split = enrolled.bottom + 22
    if len(paths) > 2:
        width = WIDTH / len(paths) - 14
    places = [enrolled.middle - width / 2] if len(paths) == 1 else [i * (WIDTH - width) / (len(paths) - 1) for i in range(len(paths))]
    tops = []
    depth = 0.0
    for (code, name), x in zip(paths, places, strict=True):
        path = _path(flow, code, name, x, split + 16, width, language)
        boxes += path
        tops.append(path[0].middle)
        depth = max(depth, path[-1].bottom)
        lines.append((path[0].middle, split, path[0].middle, path[0].y))
        arrows.append((path[0].middle, path[0].y, "down"))
        for before, after in pairwise(path):
            lines.append((before.middle, before.bottom, after.middle, after.y))
            arrows.append((after.middle, after.y, "down"))
    lines += [(enrolled.middle, enrolled.bottom, enrolled.middle, split), (min(*tops, enrolled.middle), split, max(*tops, enrolled.middle), split)]
    return _drawn(boxes, lines, arrows, depth)


def _path(flow: Flow, arm: str | None, name: Text, x: float, y: float, width: float, language: str) -> list[Box]:
    """The boxes of one arm from top to bottom, spaced so that the boxes of all arms stand level."""
    count = flow.enrolled.count(arm)
    ended = (*_listed(flow.treatment_reasons, arm, language, 46),) if flow.treatment_ended.count(arm) else ()
    texts = (
        (*_wrapped(name.in_(language), 44), f"n = {count}"),
        (_counted(flow.treatment_completed, arm, language), _counted(flow.treatment_ended, arm, language), *ended),
        (_counted(flow.study_completed, arm, language), _counted(flow.study_ended, arm, language)),
        (_counted(flow.with_value, arm, language), _counted(flow.without_value, arm, language),
         *((_counted(flow.safety_set, arm, language),) if arm is not None else ())),
    )  # fmt: skip
    spare = max((len(_listed(flow.treatment_reasons, code, language, 46)) for code in {one for _, one in flow.enrolled.taken} | {arm}), default=0)
    boxes = []
    for place, lines in enumerate(texts):
        boxes.append(Box(x=x, y=y, width=width, lines=lines))
        rest = LINE * (spare - len(ended)) if place == 1 and arm is not None else 0.0
        y = boxes[-1].bottom + 24 + rest
    return boxes


def _counted(step: Step, arm: str | None, language: str) -> str:
    return f"{step.label.in_(language)}: n = {step.count(arm)}" if language == "en" else f"{step.label.zh}：n = {step.count(arm)}"


def _listed(steps: Iterable[Step], arm: str | None, language: str, columns: int) -> tuple[str, ...]:
    told = [_wrapped(f"– {_tally(step, arm, language)}", columns) for step in steps if step.count(arm)]
    return tuple(line for lines in told for line in lines)


def _tally(step: Step, arm: str | None, language: str) -> str:
    return f"{step.label.zh}：{step.count(arm)}" if language == "zh" else f"{step.label.en}: {step.count(arm)}"


def _wrapped(words: str, columns: int) -> tuple[str, ...]:
    """The words on lines of at most `columns` half-width letters; Chinese breaks anywhere, English between words."""
    lines, line = [], ""
    for piece in _pieces(words):
        if line and sum(2 if east_asian_width(letter) in "WF" else 1 for letter in line + piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = INDENT if words.startswith("–") else ""
        line += piece
    return (*lines, line.rstrip())


def _pieces(words: str) -> list[str]:
    pieces: list[str] = []
    for word in words.split(" "):
        wide = any(east_asian_width(letter) in "WF" for letter in word)
        pieces += [*word[:-1], word[-1] + " "] if wide else [word + " "]
    return [before + piece if before == "（" else piece for before, piece in pairwise(["", *pieces]) if piece != "（"]


def _drawn(boxes: list[Box], lines: list[tuple[float, float, float, float]], arrows: list[tuple[float, float, str]], depth: float) -> dict[str, Any]:
    height = depth + 4
    x = alt.X("x:Q", scale=alt.Scale(domain=[-2, WIDTH + 2], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[height, -4], nice=False), axis=None)
    rules = chart_of([dict(zip(("x", "y", "x2", "y2"), line, strict=True)) for line in lines])
    drawn: list[alt.Chart] = [rules.mark_rule(color="#445", strokeWidth=1.3).encode(x=x, y=y, x2="x2:Q", y2="y2:Q")]
    for direction, shape, dx, dy in (("down", "triangle-down", 0, -5), ("right", "triangle-right", -5, 0)):
        points = [{"x": left + dx, "y": top + dy} for left, top, where in arrows if where == direction]
        drawn.append(chart_of(points).mark_point(shape=shape, filled=True, color="#445", opacity=1, size=70)
                     .encode(x=x, y=y))  # fmt: skip
    edges = [{"x": box.x, "x2": box.x + box.width, "y": box.y, "y2": box.bottom} for box in boxes]
    drawn.append(chart_of(edges).mark_rect(fill="#f3f6f7", stroke="#445", strokeWidth=1.3)
                 .encode(x=x, x2="x2:Q", y=y, y2="y2:Q"))  # fmt: skip
    words = [
        {"x": box.x + PAD + (9 if line.startswith(INDENT) else 0), "y": box.y + PAD + LINE * (place + 0.5), "words": line.strip()}
        for box in boxes for place, line in enumerate(box.lines)
    ]  # fmt: skip
    drawn.append(chart_of(words).mark_text(align="left", baseline="middle", fontSize=12.5, color="#1d2529", limit=WIDTH)
                 .encode(x=x, y=y, text="words:N"))  # fmt: skip
    spec: dict[str, Any] = alt.layer(*drawn).properties(width=WIDTH, height=height).to_dict(validate=False)
    return spec


def _told(flow: Flow, arms: tuple[tuple[str, Text], ...]) -> Text:
    en = [f"{flow.screened.count()} screened, {flow.not_enrolled.count()} not enrolled, {flow.enrolled.count()} enrolled"]
    zh = [f"筛选 {flow.screened.count()} 例，未入组 {flow.not_enrolled.count()} 例，入组 {flow.enrolled.count()} 例"]
    for code, name in arms:
        en.append(f"{name.en}: {flow.enrolled.count(code)} enrolled, {flow.treatment_ended.count(code)} ended treatment early, "
                  f"{flow.study_ended.count(code)} left the study early, {flow.with_value.count(code)} {flow.with_value.label.en}")  # fmt: skip
        zh.append(f"{name.zh}：入组 {flow.enrolled.count(code)} 例，提前结束治疗 {flow.treatment_ended.count(code)} 例，"
                  f"提前退出研究 {flow.study_ended.count(code)} 例，{flow.with_value.label.zh} {flow.with_value.count(code)} 例")  # fmt: skip
    return Text(f"Flow chart. {'. '.join(en)}.", f"流程图。{'。'.join(zh)}。")
