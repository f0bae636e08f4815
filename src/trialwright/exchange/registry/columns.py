"""The columns of a registry, matched to the items of a study: nothing is guessed, and what is nearly right is refused."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from attrs import frozen

from trialwright.exchange.datasets import Fault
from trialwright.exchange.registry.table import Table, Unscreenable
from trialwright.protocol import Study, Text

PERSON, INDEX = "person", "index_date"
"""The columns that are no items: who the record is about, and the planned first day of the study drug."""

@frozen(kw_only=True)
class Matched:
    """Which column of a file holds which item; the items it lacks, and the columns that are left out."""

    columns: Mapping[str, str]
    absent: tuple[str, ...]
    left_out: tuple[str, ...]


def matched(table: Table, study: Study, wanted: Sequence[str], own: Sequence[str] = (), form: str = "") -> Matched:
    """The column of each item in `wanted` ("FORM.ITEM"); `own` are further columns by name, the first of them must be there.

    A column is called FORM.ITEM, or ITEM where only one form (or `form`) asks it, with the unit in brackets if at all.
    Raises `Unscreenable` with every fault: a name that nearly is one of those, is the question in words, means several items,
    or carries another unit.
    """
    found: dict[str, str] = {}
    faults, left_out = [], []
    for column in table.columns:
        fault: Text | None = None
        name, unit = _unit(column)
        meant = name if column in own else _meant(study, name, form)
        if column in own:
            found[column] = column
        elif isinstance(meant, Text):
            fault = meant
        elif meant is None or meant not in wanted:
            fault = _nearly(study, column, [one for one in (*own, *wanted) if one not in found], form) if meant is None else None
            left_out.append(column)
        elif meant in found:
            fault = Text(f"the column {found[meant]} holds {meant} too. Keep one.", f"与 {found[meant]} 列重复（{meant}），请保留一列。")
        else:
            fault = _other_unit(study, meant, unit)
            found[meant] = column
        if fault is not None:
            faults.append(Fault(file=table.name, column=column, because=fault))
    if own and own[0] not in found:
        has = ", ".join(table.columns[:10])
        faults.append(Fault(file=table.name, column=own[0], because=Text(
            f"the column is missing: it tells who each record is about. Export it with this name (the file has {has}).",
            f"缺少该列（标明每条记录属于谁），请以此列名重新导出（现有列：{has}）。")))  # fmt: skip
    if faults:
        raise Unscreenable(faults)
    return Matched(columns=found, absent=tuple(one for one in wanted if one not in found), left_out=tuple(left_out))


def _unit(column: str) -> tuple[str, str | None]:
    """ "LUNG.FVC [L]" is the name LUNG.FVC and the unit L."""
    name, bracket, rest = column.partition("[")
    return (name.strip(), rest.rstrip("] ").strip()) if bracket and rest.endswith("]") else (column, None)


def _meant(study: Study, name: str, form: str) -> str | Text | None:
    """The item that a name stands for; a sentence when there are several, None when there is none."""
    if form and study.form(form).asks(name):
        return f"{form}.{name}"
    head, dot, item = name.partition(".")
    if dot and study.has_form(head):
        return name if study.form(head).asks(item) else None
    asking = [one.code for one in study.forms if one.asks(name)]
    if len(asking) > 1:
        names = ", ".join(f"{one}.{name}" for one in asking)
        return Text(f"several forms ask {name}. Call the column one of {names}.", f"多个表单含 {name}，请将列名改为 {names} 之一。")
    return f"{asking[0]}.{name}" if asking else None


def _nearly(study: Study, column: str, open_names: Sequence[str], form: str) -> Text | None:
    """A sentence when a column that is no item looks like one that is missing."""
    labels: dict[str, str] = {}
    for one in open_names:
        head, _, item = one.partition(".")
        if item:
            label = study.item(head, item).label
            labels |= {label.en.upper(): one, label.zh: one, one.upper(): one, **({item.upper(): one} if len(item) > 2 else {})}
        else:
            labels[one.upper()] = one
    close = get_close_matches(_unit(column)[0].strip().upper(), list(labels), n=1, cutoff=0.86)
    if not close:
        return None
    name = labels[close[0]]
    return Text(f"is this {name}? Rename the column so, or leave it out.", f"是否为 {name}？请改为此列名，或删除该列。")


def _other_unit(study: Study, name: str, unit: str | None) -> Text | None:
    head, _, item = name.partition(".")
    own = study.item(head, item).unit or "no unit"
    if unit is None or unit == own:
        return None
    return Text(f"the unit is {unit}, but {name} is read in {own}. Convert the column.", f"单位为 {unit}，而 {name} 以 {own} 读取，请换算后重新导出。")
