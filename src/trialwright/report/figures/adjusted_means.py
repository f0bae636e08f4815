"""The adjusted mean change of each arm at every visit with its interval, as the mixed model gives it."""

from collections.abc import Sequence
from functools import partial

from attrs import frozen

from trialwright.protocol import Text
from trialwright.report.comparison import CLOSED
from trialwright.report.drawing import INK, WIDTH, Canvas, Frame, Scale, key, look_of, ticks
from trialwright.report.figure import Figure
from trialwright.report.numerals import decimal, interval
from trialwright.report.results import Analysis
from trialwright.report.source import Group, Source
from trialwright.report.table import NOTHING, Cell, Column, Row, Table


@frozen(kw_only=True)
class Point:
    """An adjusted mean with its limits, at a visit."""

    group: str
    visit: Text
    code: str
    week: float
    value: float
    lower: float
    upper: float


def figure(source: Source, analysis: Analysis, *, number: str, title: Text, measure: Text, population_name: Text) -> Figure:
    """The means of an analysis that gives one for each arm and visit, as results called LS_MEAN_W4 and so on."""
    groups = tuple(group for group in source.groups("FASFL") if group.code != "ALL" and not group.hidden)
    points = _points(source, analysis, groups)
    missing = analysis.refused or Text("No mean could be computed.", "无可用均数。")
    return Figure(
        number=number, title=title, population=population_name, draw=partial(_drawn, points, groups, measure) if points else None,
        alternative=_told(points, groups, measure), data=_table(points, groups, analysis, number, title) if points else None,
        footnotes=(_method(analysis),) if points else (),
        source=Text(f"Dataset {analysis.dataset}; {analysis.population} = Y.", f"数据集 {analysis.dataset}；{analysis.population} = Y。"),
        empty=None if points else (missing if source.released else CLOSED),
    )  # fmt: skip


def _method(analysis: Analysis) -> Text:
    return Text(f"{analysis.title.en}: {analysis.method.en}. Bars: 95 % intervals of each mean; that two of them overlap says little about the difference.",
                f"{analysis.title.zh}：{analysis.method.zh}。竖线：各均数的 95 % 区间；区间重叠与否并不能说明差值。")  # fmt: skip


def _points(source: Source, analysis: Analysis, groups: Sequence[Group]) -> tuple[Point, ...]:
    found = []
    for group in groups:
        for visit in source.study.visits:
            value, lower, upper = (analysis.get(f"LS_MEAN_{visit.code}{part}", group.code) for part in ("", "_LOWER", "_UPPER"))
            if value is not None and lower is not None and upper is not None:
                found.append(Point(group=group.code, visit=visit.name, code=visit.code, week=visit.day / 7, value=value, lower=lower, upper=upper))
    return tuple(found)


def _drawn(points: Sequence[Point], groups: Sequence[Group], measure: Text, language: str) -> str:
    weeks = sorted({one.week for one in points})
    reach = [0.0, *(limit for one in points for limit in (one.lower, one.upper))]
    room = (max(reach) - min(reach)) / 20 or 1.0
    canvas = Canvas(height=420)
    frame = Frame(x=Scale(0, max(weeks) * 1.03, 62, WIDTH - 16), y=Scale(min(reach) - room, max(reach) + room, 362, 38))
    frame.axes(canvas, across=(0, *weeks), up=ticks(frame.y.low, frame.y.high, 7), name_x=Text("weeks since the start", "自开始的周数").in_(language),
               name_y=Text(f"adjusted mean change of the {measure.en}", f"{measure.zh}的调整后平均变化").in_(language))  # fmt: skip
    canvas.line(62, frame.y(0), WIDTH - 16, frame.y(0), color=INK)
    looks = [(group, look_of(place)) for place, group in enumerate(groups)]
    for place, (group, look) in enumerate(looks):
        aside = 5 * (place - (len(looks) - 1) / 2)
        own = [one for one in points if one.group == group.code]
        canvas.way([(frame.x(0), frame.y(0)), *((frame.x(one.week) + aside, frame.y(one.value)) for one in own)], look, thick=2.4)
        for one in own:
            x = frame.x(one.week) + aside
            with canvas.told(f"{group.title.in_(language)}, {one.visit.in_(language)}: {decimal(one.value)} ({interval(one.lower, one.upper).in_(language)})"):
                canvas.line(x, frame.y(one.lower), x, frame.y(one.upper), color=look.color, thick=1.6)
                canvas.mark(look.mark, x, frame.y(one.value), color=look.color)
    key(canvas, 62, 18, [(look, group.title.in_(language)) for group, look in looks])
    return canvas.svg(_told(points, groups, measure).in_(language))


def _told(points: Sequence[Point], groups: Sequence[Group], measure: Text) -> Text:
    last = [(group.title, own[-1]) for group in groups if (own := [one for one in points if one.group == group.code])]
    if not last:
        return Text("No values to draw.", "无数据可绘制。")
    en = "; ".join(f"{name.en}: {decimal(one.value)} ({interval(one.lower, one.upper).en}) at {one.visit.en.lower()}" for name, one in last)
    zh = "；".join(f"{name.zh}：{one.visit.zh} {decimal(one.value)}（{interval(one.lower, one.upper).zh}）" for name, one in last)
    return Text(f"Adjusted mean change of the {measure.en} over time, with 95 % intervals. {en}.",
                f"{measure.zh}调整后平均变化随时间的曲线及 95 % 区间。{zh}。")  # fmt: skip


def _table(points: Sequence[Point], groups: Sequence[Group], analysis: Analysis, number: str, title: Text) -> Table:
    at = {(one.code, one.group): one for one in points}
    names = dict.fromkeys((one.code, one.visit) for one in points)
    rows = tuple(Row(label=name, cells=tuple(_cell(at.get((code, group.code)), analysis) for group in groups)) for code, name in names)
    columns = tuple(Column(title=Text(f"{group.title.en}: mean (95 % CI)", f"{group.title.zh}：均数（95 % 置信区间）")) for group in groups)
    return Table(number=f"{number} data", title=Text(f"Numbers drawn: {title.en}", f"图中数据：{title.zh}"), stub=Text("visit", "访视"), columns=columns,
                 rows=rows, source=Text(f"Dataset {analysis.dataset}.", f"数据集 {analysis.dataset}。"))  # fmt: skip


def _cell(point: Point | None, analysis: Analysis) -> Cell:
    if point is None:
        return NOTHING
    span, value = interval(point.lower, point.upper), decimal(point.value)
    return Cell(text=Text(f"{value} ({span.en})", f"{value}（{span.zh}）"), rows=analysis.rows("ALL"),
                result=analysis.name(f"LS_MEAN_{point.code}", point.group))  # fmt: skip
