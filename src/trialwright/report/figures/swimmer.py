"""Every patient as a lane from the first day to the last: how long in the study, how long on treatment, and what happened when."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

import polars as pl
from attrs import frozen

from trialwright.protocol import Text, same
from trialwright.report.drawing import INK, SOFT, WIDTH, Canvas, Frame, Look, Scale, key, look_of, ticks
from trialwright.report.figure import Figure
from trialwright.report.letters import span
from trialwright.report.source import ARM, PLACE, Source
from trialwright.report.table import NOTHING, Cell, Column, DataRow, Row, Table, shown

LANE, TOP = 19, 64


@frozen(kw_only=True)
class Sign:
    """A kind of event with its mark: rows of ADICE with this code, or (`serious`) serious adverse events."""

    words: Text
    mark: str
    code: str = ""
    serious: bool = False
    hollow: bool = False


@frozen(kw_only=True)
class Lane:
    """One patient: lengths in days since the start, the events as (sign, day), and the dataset rows that say so."""

    patient: str
    arm: str | None
    stayed: int
    treated: tuple[int, int] | None
    finished: bool
    events: tuple[tuple[int, int], ...]
    rows: tuple[DataRow, ...]


def figure(source: Source, signs: tuple[Sign, ...], *, number: str, title: Text, population: str = "ITTFL", population_name: Text) -> Figure:
    """The lanes, those of one arm together and the longest first; a blinded reader sees neither arms nor treatment."""
    told = tuple(sign for sign in signs if source.opened or not sign.serious)
    lanes = _lanes(source, told, population)
    arms = tuple((arm.code, arm.name) for arm in source.study.arms) if source.released else ((None, Text("all patients", "全部受试者")),)
    treated = Text("Broad: from the first to the last dose, or the treatment period of the control arm. ", "宽条：首末次给药之间，或对照组治疗期。")
    return Figure(
        number=number, title=title, population=population_name, draw=partial(_drawn, lanes, arms, told) if lanes else None,
        alternative=_told(lanes, arms, told), data=_table(lanes, arms, told, number, title) if lanes else None,
        footnotes=(Text(f"{treated.en if source.opened else ''}Narrow: in the study. An arrow at the end: still in the study.",
                        f"{treated.zh if source.opened else ''}窄条：在研究中。末端箭头：仍在研究中。"),),
        source=Text(f"Datasets ADSL, ADICE{', ADAE' if source.opened else ''}; {population} = Y.",
                    f"数据集 ADSL、ADICE{'、ADAE' if source.opened else ''}；{population} = Y。"),
        empty=None if lanes else Text("No patient is in this population yet.", "该人群中尚无受试者。"),
    )  # fmt: skip


def _lanes(source: Source, signs: Sequence[Sign], population: str) -> tuple[Lane, ...]:
    today = source.casebook.as_of.date() if source.casebook.as_of else None
    happened = _happened(source, signs, population)
    lanes = [lane for row in source.patients(population).to_dicts() if (lane := _lane(row, today, happened.get(row["USUBJID"], []), source.opened))]
    order = {arm.code: place for place, arm in enumerate(source.study.arms)}
    return tuple(sorted(lanes, key=lambda one: (order.get(one.arm or "", 0), -one.stayed, one.patient)))


def _happened(source: Source, signs: Sequence[Sign], population: str) -> dict[str, list[tuple[int, int, DataRow]]]:
    """The events of each patient: (place of the sign, study day, dataset row)."""
    found: dict[str, list[tuple[int, int, DataRow]]] = {}
    for place, sign in enumerate(signs):
        dataset, held = ("ADAE", pl.col("AESER") == "Y") if sign.serious else ("ADICE", pl.col("ICEDECOD") == sign.code)
        for row in source.rows(dataset, population).filter(held & pl.col("ASTDY").is_not_null()).to_dicts():
            found.setdefault(row["USUBJID"], []).append((place, int(row["ASTDY"]) - 1, DataRow(dataset, row[PLACE])))
    return found


def _lane(row: dict[str, Any], today: date | None, events: Sequence[tuple[int, int, DataRow]], released: bool) -> Lane | None:
    start = row.get("ENRLDT")
    end = row.get("EOSDT") or row.get("DTHDT") or today
    if start is None or end is None:
        return None
    first, last = row.get("TRTSDT"), row.get("TRTEDT") or end
    treated = ((first - start).days, (last - start).days) if released and first else None
    return Lane(
        patient=str(row["USUBJID"]).rsplit("-", 1)[-1], arm=row[ARM], stayed=max((end - start).days, 0), treated=treated, finished=bool(row.get("EOSDT")),
        events=tuple((place, day) for place, day, _ in events), rows=(DataRow("ADSL", row[PLACE]), *(behind for _, _, behind in events)),
    )  # fmt: skip


def _drawn(lanes: Sequence[Lane], arms: Sequence[tuple[str | None, Text]], signs: Sequence[Sign], language: str) -> str:
    weeks = max([1.0, *(lane.stayed / 7 for lane in lanes), *(day / 7 for lane in lanes for _, day in lane.events)])
    canvas = Canvas(height=TOP + LANE * len(lanes) + 52)
    frame = Frame(x=Scale(0, weeks * 1.02, 74, WIDTH - 14), y=Scale(0, 1, TOP + LANE * len(lanes) + 4, TOP - 8))
    frame.axes(canvas, across=ticks(0, weeks, 9), name_x=Text("weeks since the start", "自开始的周数").in_(language))
    looks = {code: look_of(place) for place, (code, _) in enumerate(arms)}
    for place, lane in enumerate(lanes):
        _lane_drawn(canvas, frame, lane, TOP + LANE * place + LANE / 2, looks.get(lane.arm, look_of(0)), signs, language)
    key(canvas, 74, 16, [(looks[code], name.in_(language)) for code, name in arms], areas=True)
    _legend(canvas, signs, language)
    return canvas.svg(_told(lanes, arms, signs).in_(language))


def _lane_drawn(canvas: Canvas, frame: Frame, lane: Lane, y: float, look: Look, signs: Sequence[Sign], language: str) -> None:
    canvas.words(66, y + 4, lane.patient, size=10.5, anchor="end")
    end = frame.x(lane.stayed / 7)
    with canvas.told(_sentence(lane, signs).in_(language)):
        canvas.area(frame.x(0), y - 2, max(end - frame.x(0), 1), 4, look)
        if lane.treated:
            canvas.area(frame.x(lane.treated[0] / 7), y - 5, max(frame.x(lane.treated[1] / 7) - frame.x(lane.treated[0] / 7), 1), 10, look)
        if not lane.finished:
            canvas.mark("right", end + 4, y, color=look.color, size=4)
        for place, day in lane.events:
            canvas.mark(signs[place].mark, frame.x(day / 7), y, color=INK, size=4.6, hollow=signs[place].hollow)


def _legend(canvas: Canvas, signs: Sequence[Sign], language: str) -> None:
    left = 78.0
    for sign in signs:
        canvas.mark(sign.mark, left, 38, color=INK, size=4.6, hollow=sign.hollow)
        canvas.words(left + 10, 42, sign.words.in_(language), size=11, color=SOFT)
        left += 34 + span(sign.words.in_(language), 11)


def _sentence(lane: Lane, signs: Sequence[Sign]) -> Text:
    en = [f"{lane.patient}: {lane.stayed / 7:.0f} weeks in the study", *(f"{signs[place].words.en} on day {day + 1}" for place, day in lane.events)]
    zh = [f"{lane.patient}：在研究 {lane.stayed / 7:.0f} 周", *(f"第 {day + 1} 天{signs[place].words.zh}" for place, day in lane.events)]
    return Text("; ".join(en), "；".join(zh))


def _told(lanes: Sequence[Lane], arms: Sequence[tuple[str | None, Text]], signs: Sequence[Sign]) -> Text:
    if not lanes:
        return Text("No values to draw.", "无数据可绘制。")
    en, zh = [], []
    for code, name in arms:
        own = [lane for lane in lanes if code in (None, lane.arm)]
        counts = [(sign.words, len({lane.patient for lane in own if any(at == place for at, _ in lane.events)})) for place, sign in enumerate(signs)]
        here = sum(not lane.finished for lane in own)
        en.append(f"{name.en}: {len(own)} patients, {here} of them still in the study; " + ", ".join(f"{words.en} in {n}" for words, n in counts))
        zh.append(f"{name.zh}：{len(own)} 例，其中 {here} 例仍在研究中；" + "，".join(f"{words.zh} {n} 例" for words, n in counts))
    return Text(f"One lane for each patient. {'. '.join(en)}.", f"每名受试者一行。{'。'.join(zh)}。")


def _events(lane: Lane, signs: Sequence[Sign]) -> Cell:
    told = [(signs[place].words, day + 1) for place, day in lane.events]
    if not told:
        return NOTHING
    en, zh = "; ".join(f"{words.en}, day {day}" for words, day in told), "；".join(f"{words.zh}，第 {day} 天" for words, day in told)
    return Cell(text=Text(en, zh), rows=lane.rows[1:])


def _table(lanes: Sequence[Lane], arms: Sequence[tuple[str | None, Text]], signs: Sequence[Sign], number: str, title: Text) -> Table:
    names = dict(arms)
    rows = []
    for lane in lanes:
        arm = names.get(lane.arm) if lane.arm else None
        label = Text(f"{lane.patient}, {arm.en}", f"{lane.patient}，{arm.zh}") if arm else same(lane.patient)
        treated = shown(f"{(lane.treated[1] - lane.treated[0]) / 7:.1f}", lane.rows[:1]) if lane.treated else NOTHING
        rows.append(Row(label=label, cells=(shown(f"{lane.stayed / 7:.1f}", lane.rows[:1]), treated, _events(lane, signs))))
    columns = (Column(title=Text("weeks in the study", "在研究周数")), Column(title=Text("weeks on treatment", "治疗周数")),
               Column(title=Text("events", "事件"), words=True))  # fmt: skip
    return Table(number=f"{number} data", title=Text(f"Numbers drawn: {title.en}", f"图中数据：{title.zh}"), stub=Text("patient", "受试者"), columns=columns,
                 rows=tuple(rows), source=Text("Datasets ADSL, ADICE, ADAE.", "数据集 ADSL、ADICE、ADAE。"))  # fmt: skip
