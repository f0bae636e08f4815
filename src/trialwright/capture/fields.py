"""Forms as people meet them: each item of the study as a field on screen, and what was sent back as entries for the record."""

from collections.abc import Mapping, Sequence
from datetime import date

from attrs import Factory, define, frozen

from trialwright.protocol import Absence, Item, Kind, Text, Unreadable, Wrong
from trialwright.record import Cell, Conflict, Page, Query
from trialwright.record.answers import Entered, Told, future, lacking

Sent = Mapping[str, str]
"""What a browser sent: v.ITEM the value, a.ITEM the reason why there is none, seen.ITEM the revision that was on screen; because.ITEM
why an unusual value is right, and ok.ITEM the value about which that was said.
"""

_BOTH = Text("There is a value and also a reason for having none. Keep one of them.", "既填写了数值又选择了缺失原因，请只保留其一。")
_EMPTIED = Text("A saved answer is not emptied. Enter a value, or say why there is none.", "已保存的答案不能清空，请填写数值或选择缺失原因。")
_NEEDED = Text("This is needed. Fill it in.", "此项必填，请填写。")
_CHOOSE = Text("Choose one of the answers.", "请选择一项。")
_NO_REASON = Text("This is not a reason offered here. Choose one from the list.", "不是可选的缺失原因，请从列表中选择。")
FEW = 7
RANGE = "RANGE"
"""How the confirmation of a value outside its usual range is marked."""


@frozen(kw_only=True)
class Field:
    """One item as it stands on screen."""

    item: Item
    value: str = ""
    absence: str = ""
    seen: int = 0
    wrong: Text | None = None
    unusual: bool = False
    because: str = ""
    conflict: Conflict | None = None
    saved: str = ""
    queries: tuple[Query, ...] = ()

    @property
    def shape(self) -> str:
        """How it is asked: buttons for a few answers, a list for many, a box for the rest."""
        item = self.item
        if item.kind is Kind.CHOICE and item.codelist:
            return "radio" if len(item.codelist.terms) <= FEW else "select"
        if digits(item):
            return "digits"
        if item.kind is Kind.TEXT:
            return "long" if item.longest > 250 else "text"
        return "date" if item.kind is Kind.DATE else "partial" if item.kind is Kind.PARTIAL_DATE else "number"


def digits(item: Item) -> tuple[int, ...]:
    """The few whole numbers that an item allows, to be offered as buttons; empty when there are too many."""
    if item.kind is not Kind.INTEGER or item.low is None or item.high is None or item.high - item.low >= FEW:
        return ()
    return tuple(range(int(item.low), int(item.high) + 1))


@define
class Reading:
    """What was sent, read against what is saved: entries to record, what is wrong, what is unusual, and why some of that is right."""

    entries: dict[str, Entered] = Factory(dict)
    seen: dict[str, int] = Factory(dict)
    wrongs: list[Wrong] = Factory(list)
    unusual: list[str] = Factory(list)
    confirmed: dict[str, str] = Factory(dict)


def saved(page: Page, items: Sequence[Item], queries: Sequence[Query] = ()) -> list[Field]:
    """The fields as they are saved."""
    return [_field(item, page.cells.get(item.code), tuple(one for one in queries if one.item == item.code)) for item in items]


def _field(item: Item, cell: Cell | None, queries: tuple[Query, ...]) -> Field:
    if cell is None:
        return Field(item=item, queries=queries)
    absence = cell.absence.value if cell.absence else ""
    return Field(item=item, value=cell.value or "", absence=absence, seen=cell.revision, saved=cell.value or absence, queries=queries)


def returned(
    page: Page, items: Sequence[Item], sent: Sent, problem_wrongs: Sequence[Wrong], unusual: Sequence[str],
    conflicts: Sequence[Conflict] = (), queries: Sequence[Query] = (),
) -> list[Field]:  # fmt: skip
    """The fields as the person sent them, with what is wrong with each: nothing typed is lost by a mistake.

    After a conflict the fields carry the present revision, for the person has now seen what the other one wrote.
    """
    wrong = {one.item: one.because for one in reversed(problem_wrongs)}
    clash = {one.item: one for one in conflicts}
    fields = []
    for field in saved(page, items, queries):
        code = field.item.code
        if f"seen.{code}" not in sent:
            fields.append(field)
            continue
        value = sent.get(f"v.{code}", "")
        seen = field.seen if code in clash else _number(sent.get(f"seen.{code}", "0"))
        fields.append(Field(item=field.item, value=value, absence=sent.get(f"a.{code}", ""), seen=seen, wrong=wrong.get(code),
                            unusual=code in unusual, because=reason_for(sent, code, value), conflict=clash.get(code),
                            saved=field.saved, queries=field.queries))  # fmt: skip
    return fields


def reason_for(sent: Sent, name: str, about: str) -> str:
    """Why a person holds something to be right, if he said so about just this ("another value, another question")."""
    return " ".join(sent.get(f"because.{name}", "").split()) if sent.get(f"ok.{name}", "").strip() == about.strip() != "" else ""


def agreed(sent: Sent, name: str, about: str) -> bool:
    return reason_for(sent, name, about) != ""


def read(page: Page, items: Sequence[Item], sent: Sent, today: date) -> Reading:
    """Reads what was sent. What the person did not touch is left out, so that nobody overwrites what he did not mean to."""
    reading = Reading()
    for item in items:
        if f"seen.{item.code}" not in sent or sent.get(f"pick.{item.code}") == "saved":
            continue
        seen = _number(sent[f"seen.{item.code}"])
        value, absence = sent.get(f"v.{item.code}", "").strip(), sent.get(f"a.{item.code}", "")
        cell = page.cells.get(item.code)
        before = _revision(cell, seen)
        if value and absence:
            reading.wrongs.append(Wrong(item=item.code, because=_BOTH))
        elif value:
            _read_value(reading, item, value, before, sent, today)
        elif absence:
            _read_absence(reading, item, absence, seen, before)
        elif before != (None, None) and (cell is None or not (lacking(page, item) or cell.absence is Absence.ERASED)):
            reading.wrongs.append(Wrong(item=item.code, because=_EMPTIED))
    return reading


def typed(page: Page, items: Sequence[Item], sent: Sent) -> dict[str, str]:
    """The answers as they stand on the screen: what is typed where there is a box for it, else what is saved.

    What cannot be read yet is left out, and so is what is not asked after the answers that stand there.
    """
    told = {item.code: sent.get(f"v.{item.code}", "").strip() if f"seen.{item.code}" in sent else page.answers.get(item.code, "") for item in items}
    found = {item.code: written for item in items
             if (written := told[item.code] if told[item.code] == page.answers.get(item.code) else _written(item, told[item.code])) is not None}  # fmt: skip
    for item in (*items, *items):  # twice: what hangs on an item may stand before it
        if item.shown is not None and not item.shown.holds(found):
            found.pop(item.code, None)
    return found


def _written(item: Item, text: str) -> str | None:
    """An answer as it would be written; None for nothing, and for what cannot be read."""
    try:
        return item.canonical(text) if text else None
    except Unreadable:
        return None


def _read_value(reading: Reading, item: Item, value: str, before: Told, sent: Sent, today: date) -> None:
    if (value, None) == before:  # it stands as it was saved, valid under the ranges of its own time
        return
    try:
        typed, written = item.read(value), item.canonical(value)
    except Unreadable as problem:
        reading.wrongs.append(Wrong(item=item.code, because=problem.because))
        return
    if (written, None) == before:
        return
    not_yet = future(item, typed, today)
    if not_yet:
        reading.wrongs.append(Wrong(item=item.code, because=not_yet))
        return
    if item.unusual(typed):
        reading.unusual.append(item.code)
        if agreed(sent, item.code, value):
            reading.confirmed[item.code] = reason_for(sent, item.code, value)
        else:
            reading.wrongs.append(Wrong(item=item.code, because=_unusual(item, value)))
    reading.entries[item.code], reading.seen[item.code] = value, _number(sent[f"seen.{item.code}"])


def _read_absence(reading: Reading, item: Item, absence: str, seen: int, before: Told) -> None:
    if absence not in [one.value for one in item.absences]:
        reading.wrongs.append(Wrong(item=item.code, because=_NO_REASON))
    elif (None, absence) != before:
        reading.entries[item.code], reading.seen[item.code] = Absence(absence), seen


def _unusual(item: Item, value: str) -> Text:
    unit = f" {item.unit}" if item.unit else ""
    low = "…" if item.usual_low is None else str(item.usual_low)
    high = "…" if item.usual_high is None else str(item.usual_high)
    return Text(f"{value}{unit} is unusual (usually {low} to {high}{unit}). Check the source: correct it, or say why it is right.",
                f"{value}{unit} 不在常见范围（{low}–{high}{unit}）。请核对原始记录：更正，或说明为何无误。")  # fmt: skip


def _revision(cell: Cell | None, seen: int) -> Told:
    """The answer that stood on the screen when it showed revision `seen`."""
    if cell is None or not 1 <= seen <= cell.revision:
        return None, None
    event = cell.entries[seen - 1].event
    return getattr(event, "value", None), getattr(event, "absence", None)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def boxes(items: Sequence[Item], sent: Sent, wrongs: Sequence[Wrong]) -> list[Field]:
    """Items of a question that is no page of the record (a date, a reason) as fields."""
    wrong = {one.item: one.because for one in wrongs}
    return [Field(item=item, value=sent.get(f"v.{item.code}", _only(item)), wrong=wrong.get(item.code)) for item in items]


def _only(item: Item) -> str:
    """The answer that is chosen beforehand because there is no other."""
    terms = item.codelist.terms if item.codelist else ()
    return terms[0].code if len(terms) == 1 else ""


def box_values(items: Sequence[Item], sent: Sent) -> tuple[dict[str, str | date], list[Wrong]]:
    """The typed answers to such a question, and what is wrong with the others."""
    values: dict[str, str | date] = {}
    wrongs = []
    for item in items:
        text = sent.get(f"v.{item.code}", "").strip()
        if not text and not item.required:
            values[item.code] = ""
            continue
        if not text:
            wrongs.append(Wrong(item=item.code, because=_CHOOSE if item.kind is Kind.CHOICE else _NEEDED))
            continue
        try:
            value = item.read(text)
            values[item.code] = value if isinstance(value, date) else str(value)
        except Unreadable as problem:
            wrongs.append(Wrong(item=item.code, because=problem.because))
    return values, wrongs
