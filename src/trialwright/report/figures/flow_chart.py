"""The flow of the patients as a drawing: who was screened, enrolled, treated and analyzed, and who left where and why."""

from collections.abc import Iterable
from functools import partial
from itertools import pairwise

from attrs import frozen

from trialwright.protocol import Text
from trialwright.report.drawing import SOFT, WIDTH, Canvas
from trialwright.report.figure import Figure
from trialwright.report.flow import Flow, Step
from trialwright.report.letters import broken
from trialwright.report.source import Source

LINE, PAD, SIZE = 17.0, 10.0, 12.5
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
        draw=partial(_drawn, flow, arms) if ready else None, alternative=_told(flow, arms),
        footnotes=(Text("The same counts stand in the table of disposition.", "相同数字见受试者分布表。"),),
        source=Text("Datasets DM, DS, IE, ADSL and the dataset of the primary endpoint.", "数据集 DM、DS、IE、ADSL 及主要终点数据集。"),
        empty=None if ready else Text("Nobody has been screened yet.", "尚无人接受筛选。"),
    )  # fmt: skip


def _drawn(flow: Flow, arms: tuple[tuple[str, Text], ...], language: str) -> str:
    top = Box(x=150, y=0, width=220, lines=(_counted(flow.screened, None, language),))
    aside = Box(x=420, y=top.bottom + 14, width=300, lines=(_counted(flow.not_enrolled, None, language), *_listed(flow.reasons, None, language, 300)))
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
    return _placed(boxes, lines, arrows, depth).svg(_told(flow, arms).in_(language))


def _path(flow: Flow, arm: str | None, name: Text, x: float, y: float, width: float, language: str) -> list[Box]:
    """The boxes of one arm from top to bottom, spaced so that the boxes of all arms stand level."""
    count = flow.enrolled.count(arm)
    ended = (*_listed(flow.treatment_reasons, arm, language, width),) if flow.treatment_ended.count(arm) else ()
    texts = (
        (*_wrapped(name.in_(language), width), f"n = {count}"),
        (_counted(flow.treatment_completed, arm, language), _counted(flow.treatment_ended, arm, language), *ended),
        (_counted(flow.study_completed, arm, language), _counted(flow.study_ended, arm, language)),
        (_counted(flow.with_value, arm, language), _counted(flow.without_value, arm, language),
         *((_counted(flow.safety_set, arm, language),) if arm is not None else ())),
    )  # fmt: skip
    spare = max((len(_listed(flow.treatment_reasons, code, language, width)) for code in {one for _, one in flow.enrolled.taken} | {arm}), default=0)
    boxes = []
    for place, lines in enumerate(texts):
        boxes.append(Box(x=x, y=y, width=width, lines=lines))
        rest = LINE * (spare - len(ended)) if place == 1 and arm is not None else 0.0
        y = boxes[-1].bottom + 24 + rest
    return boxes


def _counted(step: Step, arm: str | None, language: str) -> str:
    return f"{step.label.in_(language)}: n = {step.count(arm)}" if language == "en" else f"{step.label.zh}：n = {step.count(arm)}"


def _listed(steps: Iterable[Step], arm: str | None, language: str, room: float) -> tuple[str, ...]:
    told = [_wrapped(f"– {_tally(step, arm, language)}", room) for step in steps if step.count(arm)]
    return tuple(line for lines in told for line in lines)


def _tally(step: Step, arm: str | None, language: str) -> str:
    return f"{step.label.zh}：{step.count(arm)}" if language == "zh" else f"{step.label.en}: {step.count(arm)}"


def _wrapped(words: str, room: float) -> tuple[str, ...]:
    """The words on lines that fit into a box with so much room; the later lines of a point are indented."""
    lines = broken(words, room - 2 * PAD - 9, SIZE)
    return (lines[0], *(INDENT + line for line in lines[1:])) if words.startswith("–") else lines


def _placed(boxes: list[Box], lines: list[tuple[float, float, float, float]], arrows: list[tuple[float, float, str]], depth: float) -> Canvas:
    canvas = Canvas(height=depth + 6)
    for x, y, x2, y2 in lines:
        canvas.line(x, y + 2, x2, y2 + 2, color=SOFT, thick=1.3)
    for x, y, where in arrows:
        canvas.mark(where, x - (5 if where == "right" else 0), y + 2 - (5 if where == "down" else 0), color=SOFT, size=4)
    for box in boxes:
        canvas.box(box.x + 1, box.y + 2, box.width - 2, box.height, fill="#f3f6f7", edge=SOFT, thick=1.3)
        for place, line in enumerate(box.lines):
            left = box.x + PAD + (9 if line.startswith(INDENT) else 0)
            canvas.words(left, box.y + 2 + PAD + LINE * (place + 0.5) + 4, line.strip(), size=SIZE)
    return canvas


def _told(flow: Flow, arms: tuple[tuple[str, Text], ...]) -> Text:
    en = [f"{flow.screened.count()} screened, {flow.not_enrolled.count()} not enrolled, {flow.enrolled.count()} enrolled"]
    zh = [f"筛选 {flow.screened.count()} 例，未入组 {flow.not_enrolled.count()} 例，入组 {flow.enrolled.count()} 例"]
    for code, name in arms:
        en.append(f"{name.en}: {flow.enrolled.count(code)} enrolled, {flow.treatment_ended.count(code)} ended treatment early, "
                  f"{flow.study_ended.count(code)} left the study early, {flow.with_value.count(code)} {flow.with_value.label.en}")  # fmt: skip
        zh.append(f"{name.zh}：入组 {flow.enrolled.count(code)} 例，提前结束治疗 {flow.treatment_ended.count(code)} 例，"
                  f"提前退出研究 {flow.study_ended.count(code)} 例，{flow.with_value.label.zh} {flow.with_value.count(code)} 例")  # fmt: skip
    return Text(f"Flow chart. {'. '.join(en)}.", f"流程图。{'。'.join(zh)}。")
