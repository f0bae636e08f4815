"""Departures from the plan: how many patients had each kind, and the list of all of them."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from trialwright.eligibility.deviations import KINDS, Deviation, deviations, merged
from trialwright.protocol import Audience, Text, same
from trialwright.report.source import Group, Source
from trialwright.report.table import HIDDEN, Cell, Column, Row, Table, shown

RULE = Text(
    "Found by comparing the record with the study definition; below, the entries that show it.", "由记录与研究定义比对得出；以下为相应的台账记录。"
)
NONE_FOUND = Text("No departure from the plan was found in what this reader may see.", "在本视图可见范围内未发现方案偏离。")


def found_in(source: Source) -> tuple[Deviation, ...]:
    """All deviations that follow from the reader's view on the day of its last entry."""
    as_of = source.casebook.as_of
    if as_of is None:
        return ()
    today: date = as_of.astimezone(ZoneInfo(source.study.time_zone)).date()
    return merged(deviations(source.study, source.casebook, Audience.STATISTICIAN, today))


def summary(source: Source, found: Sequence[Deviation], *, number: str, title: Text, population_name: Text) -> Table:
    """Patients with each kind of deviation, by arm."""
    groups = source.groups("ITTFL")
    rows = tuple(Row(label=KINDS[kind], cells=tuple(_patients(kind, found, group, source) for group in groups)) for kind in KINDS
                 if any(one.kind == kind for one in found))  # fmt: skip
    return Table(
        number=number, title=title, population=population_name, columns=tuple(group.column for group in groups), rows=rows,
        footnotes=(
            Text("Number of patients, and in brackets the number of departures. A patient may have several.",
                 "为受试者例数，括号内为偏离次数。同一受试者可有多次。"),
        ),
        source=Text("Computed from the record itself against the study definition.", "由记录与研究定义比对计算得出。"),
        empty=None if found else NONE_FOUND,
    )  # fmt: skip


def _patients(kind: str, found: Sequence[Deviation], group: Group, source: Source) -> Cell:
    if group.hidden:
        return HIDDEN
    arms = {subject.rsplit("-", 1)[-1]: arm for subject, arm in source.arms.items()}
    mine = [one for one in found if one.kind == kind and (group.code in ("ALL", arms.get(one.subject)))]
    people = len({one.subject for one in mine})
    evidence = tuple(dict.fromkeys(ref for one in mine for ref in one.evidence))
    return Cell(text=Text(f"{people} ({len(mine)})", f"{people}（{len(mine)}）"), entries=evidence, because=RULE) if mine else shown("0")


def listing(source: Source, found: Sequence[Deviation], *, number: str, title: Text) -> Table:
    """Every deviation: patient, kind, visit, day and what happened."""
    study = source.study
    visits = {visit.code: visit.name for visit in study.visits}
    ordered = sorted(found, key=lambda one: (one.subject, one.on or date.min, one.kind))
    rows = tuple(
        Row(label=same(one.subject), cells=tuple(
            Cell(text=words, entries=one.evidence, because=RULE)
            for words in (KINDS[one.kind], visits.get(one.visit, same("–")), same(one.on.isoformat() if one.on else "–"), one.what)))
        for one in ordered
    )  # fmt: skip
    headings = (Text("kind", "类型"), Text("visit", "访视"), Text("day", "日期"), Text("what happened", "说明"))
    return Table(
        number=number, title=title, stub=Text("patient", "受试者"), rows=rows,
        columns=tuple(Column(title=one, words=True, short=place in (1, 2)) for place, one in enumerate(headings)),
        source=Text("Computed from the record itself against the study definition.", "由记录与研究定义比对计算得出。"),
        empty=None if rows else NONE_FOUND,
    )  # fmt: skip
