"""The change of the skin at each of the 17 sites, written on the outline of a person: one for each arm."""

from collections.abc import Mapping, Sequence
from functools import partial
from statistics import fmean

import polars as pl
from attrs import frozen

from trialwright.instruments import mrss
from trialwright.protocol import Text
from trialwright.report.bodymap import FIGURE, HEIGHT, REGIONS
from trialwright.report.bodymap import WIDTH as BODY
from trialwright.report.drawing import INK, SOFT, WIDTH, Canvas
from trialwright.report.figure import Figure
from trialwright.report.letters import span
from trialwright.report.numerals import decimal
from trialwright.report.source import Group, Source, placed
from trialwright.report.table import NOTHING, Cell, Column, DataRow, Row, Table, shown

ASIDE = {"UARM": 28, "FARM": 26, "HAND": 18, "FING": 20}
"""Sites too narrow for their number, and how far from their middle it stands beside them."""
BETTER, WORSE, SAME = ("#d6e8f2", "#9cc8e0", "#5aa3cb"), ("#fbe3d0", "#f2b98d", "#e08a4d"), "#f6f8f9"
"""The tints of a fall and of a rise by up to a third, two thirds, or more of a grade; what is worse is underlined besides."""


LARGEST = 0.72
"""Of the size of the outline on the tablet: so that another figure has room on the same page."""


@frozen(kw_only=True)
class Change:
    """The change of one patient at one site, with the records of both visits."""

    group: str
    value: float
    rows: tuple[DataRow, ...]


def figure(source: Source, *, number: str, title: Text, parameter: str, visit: str, population: str = "FASFL", population_name: Text) -> Figure:
    """The mean change of each site from the baseline of the total `parameter` to its value at `visit`."""
    at = source.study.visit(visit)
    groups = tuple(group for group in source.groups(population) if not group.hidden and (group.code != "ALL" or not source.released))
    changes = _changes(source, parameter, at.number, population)
    ready = any(changes.values())
    return Figure(
        number=number, title=title, population=population_name, draw=partial(_drawn, groups, changes) if ready else None,
        alternative=_told(groups, changes), data=_table(groups, changes, number, title) if ready else None,
        footnotes=(Text("Seen from the front: the right side of the patient is on the left. In each site the mean change of its grade (0 to 3). Blue, plain: "
                        "lower; orange, underlined: higher. Each site of few patients moves by chance; no site was tested.",
                        "正面观：受试者右侧在图左。各部位数字为其分级（0–3）的平均变化。蓝色：下降；橙色加下划线：升高。样本少，单个部位变化多属偶然；未作检验。"),),
        source=Text(f"Datasets RS (MRSS01 to MRSS17) and ADRS; {population} = Y, AVISITN = {at.number:g}.",
                    f"数据集 RS（MRSS01–MRSS17）与 ADRS；{population} = Y，AVISITN = {at.number:g}。"),
        empty=None if ready else Text(f"No patient has a change at {at.name.en.lower()} yet.", f"尚无受试者有{at.name.zh}的变化值。"),
    )  # fmt: skip


def _changes(source: Source, parameter: str, visit: float, population: str) -> Mapping[str, list[Change]]:
    """Changes by site: the grades behind the baseline total and behind the total of the visit."""
    totals = source.rows("ADRS", population).filter((pl.col("PARAMCD") == parameter) & pl.col("AVAL").is_not_null())
    start = dict(totals.filter(pl.col("ABLFL") == "Y").select("USUBJID", "VISITNUM").iter_rows())
    later = totals.filter((pl.col("AVISITN") == visit) & (pl.col("ANL01FL") == "Y") & pl.col("CHG").is_not_null())
    grades = _grades(source)
    found: dict[str, list[Change]] = {site.code: [] for site in mrss.SITES}
    for subject, arm, seen in later.select("USUBJID", "_ARM", "VISITNUM").iter_rows():
        for site in mrss.SITES:
            before, after = grades.get((subject, site.testcd, start.get(subject))), grades.get((subject, site.testcd, seen))
            if before and after:
                rows = (DataRow("RS", before[1]), DataRow("RS", after[1]))
                found[site.code].append(Change(group=arm or "ALL", value=after[0] - before[0], rows=rows))
    return found


def _grades(source: Source) -> Mapping[tuple[str, str, float | None], tuple[float, int]]:
    rs = placed(source.sdtm["RS"]).filter(pl.col("RSTESTCD").is_in([site.testcd for site in mrss.SITES]) & pl.col("RSSTRESN").is_not_null())
    rows = rs.select("USUBJID", "RSTESTCD", "VISITNUM", "RSSTRESN", "_PLACE").iter_rows()
    return {(subject, test, visit): (float(grade), place) for subject, test, visit, grade, place in rows}


def _own(group: Group, changes: Sequence[Change]) -> list[Change]:
    return [one for one in changes if group.code in ("ALL", one.group)]


def _tint(change: float) -> str:
    depth = 0 if abs(change) <= 1 / 3 else 1 if abs(change) <= 2 / 3 else 2
    return SAME if abs(change) < 0.05 else (BETTER if change < 0 else WORSE)[depth]


def _drawn(groups: Sequence[Group], changes: Mapping[str, list[Change]], language: str) -> str:
    scale = min(LARGEST, WIDTH / len(groups) / (BODY + 16))
    canvas = Canvas(height=HEIGHT * scale + 48)
    for place, group in enumerate(groups):
        middle = WIDTH * (place + 0.5) / len(groups)
        counted = max((len(_own(group, some)) for some in changes.values()), default=0)
        canvas.words(middle, 18, f"{group.title.in_(language)} (n = {counted})", size=13.5, anchor="middle", bold=True)
        _body(canvas, group, changes, middle - BODY * scale / 2, 34, scale, language)
        for side, words in ((-1, Text("right", "右")), (1, Text("left", "左"))):
            canvas.words(middle + side * BODY * scale / 3, 60, words.in_(language), size=11, anchor="middle", color=SOFT)
    return canvas.svg(_told(groups, changes).in_(language))


def _body(canvas: Canvas, group: Group, changes: Mapping[str, list[Change]], left: float, top: float, scale: float, language: str) -> None:
    moved = f"translate({left:.1f} {top:.1f}) scale({scale:.3f})"
    canvas.path(str(FIGURE["neck"]), color=SOFT, fill=SAME, moved=moved)
    names = {site.code: site.name for site in mrss.SITES}
    for code, region in REGIONS.items():
        own = [one.value for one in _own(group, changes[code])]
        mean = fmean(own) if own else 0.0
        turned = f"{moved} translate({BODY} 0) scale(-1 1)" if region.mirrored else moved
        with canvas.told(f"{names[code].in_(language)}: {decimal(mean, 2) if own else '–'} (n = {len(own)})"):
            canvas.path(region.outline, color=INK, thick=1.2, fill=_tint(mean), moved=turned)
            aside = ASIDE.get(code.partition("_")[0], 0) * (1 if region.mirrored else -1)
            anchor = "middle" if not aside else "start" if aside > 0 else "end"
            _number(canvas, left + (region.x + aside) * scale, top + (region.y + 5) * scale, mean if own else None, anchor)


def _number(canvas: Canvas, x: float, y: float, mean: float | None, anchor: str) -> None:
    """The mean change of a site; a rise is underlined."""
    words = "–" if mean is None else decimal(mean)
    canvas.words(x, y, words, size=11.5, anchor=anchor)
    if mean is not None and mean >= 0.05:
        wide = span(words, 11.5)
        start = x - wide * {"start": 0, "middle": 0.5, "end": 1}[anchor]
        canvas.line(start, y + 3, start + wide, y + 3, thick=1.6)


def _told(groups: Sequence[Group], changes: Mapping[str, list[Change]]) -> Text:
    parts = []
    for group in groups:
        means = {code: fmean(one.value for one in own) for code, some in changes.items() if (own := _own(group, some))}
        if means:
            better, worse = sum(mean < -0.05 for mean in means.values()), sum(mean > 0.05 for mean in means.values())
            low = min(means, key=lambda code: means[code])
            name = next(site.name for site in mrss.SITES if site.code == low)
            least = decimal(means[low])
            parts.append(Text(f"{group.title.en}: {better} of {len(means)} sites lower, {worse} higher; lowest at {name.en} ({least})",
                              f"{group.title.zh}：{len(means)} 个部位中 {better} 个下降，{worse} 个升高；最低为{name.zh}（{least}）"))  # fmt: skip
    if not parts:
        return Text("No values to draw.", "无数据可绘制。")
    return Text(f"Outline of a person with the mean change of the skin grade at each site. {'. '.join(one.en for one in parts)}.",
                f"人体轮廓图，标出各部位皮肤分级的平均变化。{'。'.join(one.zh for one in parts)}。")  # fmt: skip


def _table(groups: Sequence[Group], changes: Mapping[str, list[Change]], number: str, title: Text) -> Table:
    rows = tuple(Row(label=site.name, cells=tuple(_cell(_own(group, changes[site.code])) for group in groups)) for site in mrss.SITES)
    columns = tuple(Column(title=Text(f"{group.title.en}: mean (n)", f"{group.title.zh}：均数（例数）")) for group in groups)
    return Table(number=f"{number} data", title=Text(f"Numbers drawn: {title.en}", f"图中数据：{title.zh}"), stub=Text("site", "部位"), columns=columns,
                 rows=rows, source=Text("Dataset RS.", "数据集 RS。"))  # fmt: skip


def _cell(own: Sequence[Change]) -> Cell:
    if not own:
        return NOTHING
    return shown(f"{decimal(fmean(one.value for one in own), 2)} ({len(own)})", tuple(row for one in own for row in one.rows))
