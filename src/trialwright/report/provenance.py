"""Follows a number back: from the cell of a table to its result, the dataset rows, the SDTM records, and who entered what when and why."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from trialwright.adam import adcriss
from trialwright.protocol import ROLE_NAMES, Text, absence_name, same
from trialwright.record import Entry
from trialwright.record.events import Answered, Coded, Corrected
from trialwright.report.document import Document
from trialwright.report.source import Source
from trialwright.report.table import Cell, DataRow, Table

REFS = "_REFS"
_MEASURED = ("USUBJID", "PARAM", "AVISIT", "ADT", "AVAL", "BASE", "CHG", "ANRIND", "ATOXGR", "BTOXGR", "ANL01FL", "ABLFL", "DTYPE")
_SHOWN = {
    "ADAE": ("USUBJID", "AESEQ", "AETERM", "AEDECOD", "ASTDT", "AESER", "AEREL", "AETOXGR", "TRTEMFL"),
    "ADICE": ("USUBJID", "ICEDECOD", "ICETERM", "ASTDT", "ASTDY", "ICESTRAT"),
    "ADSL": ("USUBJID", "AGE", "SEX", "TRT01P", "TRT01A", "ITTFL", "SAFFL", "FASFL"),
}
_NEVER = (REFS, "STUDYID", "DOMAIN")
NO_RECORD = Text("No dataset row stands behind this cell: none fits what it counts.", "该单元格无对应的数据集记录：没有符合其计数条件的记录。")


@frozen(kw_only=True)
class Written:
    """One ledger entry behind a number: who entered what, where, when and why; `replaced` when a later entry corrects it."""

    ref: str
    at: str
    by: str
    role: Text
    place: Text
    value: Text
    reason: str
    replaced: bool


@frozen(kw_only=True)
class Record:
    """One SDTM record behind a dataset row, and the entries behind it."""

    domain: str
    seq: str
    about: tuple[tuple[str, str], ...]
    written: tuple[Written, ...]


@frozen(kw_only=True)
class Origin:
    """Where one dataset row comes from."""

    row: DataRow
    about: tuple[tuple[str, str], ...]
    rule: str
    records: tuple[Record, ...]


@define(kw_only=True, eq=False, slots=False)
class Trail:
    """Finds the origin of dataset rows within one reader's view."""

    source: Source
    _origins: dict[DataRow, Origin] = field(factory=dict)
    _rows: dict[str, list[dict[str, Any]]] = field(factory=dict)
    _places: dict[str, dict[tuple[str, str], dict[str, Any]]] = field(factory=dict)
    _known: dict[tuple[str, bool], Written] = field(factory=dict)

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        return {entry.ref: entry for entry in self.source.casebook.everything}

    def _found(self, domain: str, subject: str, seq: str) -> dict[str, Any] | None:
        """The SDTM record of a subject with a sequence number ("" for a domain with one record a subject)."""
        if domain not in self._places:
            rows = self.rows(domain) if domain in self.source.sdtm else []
            self._places[domain] = {(row["USUBJID"], _text(row.get(f"{domain}SEQ"))): row for row in rows if "USUBJID" in row}
        return self._places[domain].get((subject, seq))

    def rows(self, dataset: str) -> list[dict[str, Any]]:
        """The rows of a dataset, read when they are asked for the first time; none of a dataset that is not there."""
        if dataset not in self._rows:
            frame = self.source.adam[dataset] if dataset in self.source.adam else self.source.sdtm.get(dataset)
            self._rows[dataset] = [] if frame is None else frame.to_dicts()
        return self._rows[dataset]

    def origin(self, row: DataRow) -> Origin:
        """The origin of one row. Raises `LookupError` when there is no such row."""
        if row not in self._origins:
            rows = self.rows(row.dataset)
            if not 1 <= row.place <= len(rows):
                raise LookupError(f"dataset {row.dataset} has no row {row.place}")
            values = rows[row.place - 1]
            self._origins[row] = Origin(row=row, about=_about(values, _SHOWN.get(row.dataset, _MEASURED if "PARAMCD" in values else None)), rule=_rule(values),
                                        records=tuple(self._sdtm(row.dataset, values)))  # fmt: skip
        return self._origins[row]

    def _sdtm(self, dataset: str, values: Mapping[str, Any]) -> Iterable[Record]:
        if dataset in self.source.sdtm:
            yield self._record(dataset, values)
            return
        if dataset == adcriss.SPEC.code:
            yield from self._composed(values)
            return
        domain, seq = _text(values.get("SRCDOM")), _text(values.get("SRCSEQ"))
        if not domain:
            domain = {"ADSL": "DM"}.get(dataset, dataset.removeprefix("AD"))
            seq = _text(values.get(f"{domain}SEQ"))
        found = self._found(domain, values["USUBJID"], seq)
        if found is not None:
            yield self._record(domain, found)

    @cached_property
    def _core(self) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
        """The rows of the core measures of the composite response by data set, parameter and subject."""
        found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        for dataset, code in adcriss.COMPONENTS:
            for row in self.rows(dataset):
                if row["PARAMCD"] == code and "Y" in (row["ABLFL"], row["ANL01FL"]):
                    found.setdefault((dataset, code, row["USUBJID"]), []).append(row)
        return found

    def _composed(self, values: Mapping[str, Any]) -> Iterable[Record]:
        """The records behind a composite response: each core measure at baseline and at the visit, and the organ events up to it."""
        for dataset, code in adcriss.COMPONENTS:
            for row in self._core.get((dataset, code, values["USUBJID"]), []):
                if row["ABLFL"] == "Y" or row["AVISITN"] == values["AVISITN"]:
                    yield from self._sdtm(dataset, row)
        for row in self.rows("FA"):
            if row["USUBJID"] == values["USUBJID"] and row["FACAT"] == adcriss.ORGAN_EVENT and (row["VISITNUM"] or 0) <= (values["VISITNUM"] or 0):
                yield self._record("FA", row)

    def _record(self, domain: str, values: Mapping[str, Any]) -> Record:
        refs = values.get(REFS) or ()
        return Record(domain=domain, seq=_text(values.get(f"{domain}SEQ")), about=_about(values, None), written=tuple(self.written(refs)))

    def written(self, refs: Iterable[str]) -> Iterable[Written]:
        """The entries of these names, and what each of them replaced or was replaced by, in order of time."""
        told: dict[str, tuple[Entry, bool]] = {}
        for ref in refs:
            entry = self._entries.get(ref)
            if entry is None:
                continue
            event = entry.event
            history = [entry]
            if isinstance(event, Answered):
                page = self.source.casebook.subject(event.subject).page(event.visit, event.form, event.row)
                history = page.cells[event.item].entries
            for one in history:
                told[one.ref] = (one, one is not history[-1])
        return [self._told(entry, replaced) for entry, replaced in told.values()]

    def _told(self, entry: Entry, replaced: bool) -> Written:
        if (entry.ref, replaced) not in self._known:
            self._known[(entry.ref, replaced)] = self._words(entry, replaced)
        return self._known[(entry.ref, replaced)]

    def _words(self, entry: Entry, replaced: bool) -> Written:
        study, event = self.source.study, entry.event
        zone = ZoneInfo(study.time_zone)
        return Written(
            ref=entry.ref, at=entry.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"), by=entry.by, role=ROLE_NAMES[entry.role],
            place=self._place(event), value=self._value(event), reason=event.reason if isinstance(event, Corrected) else "", replaced=replaced,
        )  # fmt: skip

    def _place(self, event: object) -> Text:
        if not isinstance(event, Answered):
            return _KINDS.get(type(event).__name__, same(type(event).__name__))
        study = self.source.study
        form, item = study.form(event.form), study.item(event.form, event.item)
        visit = study.visit(event.visit).name if event.visit else None
        before = Text(f"{visit.en}, ", f"{visit.zh}，") if visit else None
        return Text(f"{before.en if before else ''}{form.title.en}: {item.label.en}", f"{before.zh if before else ''}{form.title.zh}：{item.label.zh}")

    def _value(self, event: object) -> Text:
        if isinstance(event, Coded):
            return same(f"{event.term} ({event.code}; {event.dictionary} {event.version})")
        if not isinstance(event, Answered):
            told = getattr(event, "on", None) or getattr(event, "arm", None) or getattr(event, "site", None)
            return same(str(told or "–"))
        if event.absence:
            return absence_name(event.absence)
        item = self.source.study.item(event.form, event.item)
        if item.codelist and event.value in item.codelist.labels:
            return item.codelist.labels[event.value]
        unit = f" {item.unit}" if item.unit else ""
        return same(f"{event.value}{unit}")


_KINDS = {
    "Coded": Text("coded with a dictionary", "词典编码"),
    "Screened": Text("screening begun", "开始筛选"),
    "Consented": Text("consent given", "签署知情同意"),
    "Failed": Text("screening ended without enrollment", "筛选失败"),
    "Enrolled": Text("enrolled; the index date", "入组（基准日）"),
    "Allocated": Text("allocated to an arm", "分组"),
    "Withdrew": Text("withdrew", "退出"),
    "FollowUpEnded": Text("follow-up ended", "随访结束"),
    "MarkedNotDone": Text("page not done", "页面未做"),
}


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _about(values: Mapping[str, Any], chosen: tuple[str, ...] | None) -> tuple[tuple[str, str], ...]:
    pairs = ((name, values.get(name)) for name in chosen) if chosen else ((name, value) for name, value in values.items() if name not in _NEVER)
    return tuple((name, value if isinstance(value, str) else _text(value)) for name, value in pairs if value is not None and value != "")


def _rule(values: Mapping[str, Any]) -> str:
    """Which SDTM variable a row was made from, as its traceability variables say."""
    parts = [_text(values.get(name)) for name in ("SRCDOM", "SRCVAR", "SRCSEQ")]
    return f"{parts[0]}.{parts[1]} (SEQ {parts[2]})" if parts[0] and parts[1] else ""


def trace(document: Document, trail: Trail, number: str, cell: str, language: str = "en") -> str:
    """What stands behind one cell, as text. Raises `LookupError` with the cells that exist."""
    table = document.table(number)
    found = table.cell(cell)
    lines = [_headline(table, cell, found, language)]
    lines += [f"  {told.in_(language)}" for told in reasons(found)]
    for row in found.rows:
        lines += _origin_lines(trail.origin(row), language)
    lines += [_written_line(one, language) for one in trail.written(found.entries)]
    return "\n".join(lines)


def reasons(cell: Cell) -> tuple[Text, ...]:
    """Where a cell comes from in words: what it says of itself, or that no row stands behind it."""
    if cell.because is not None:
        return (cell.because,)
    return () if cell.rows or cell.entries else (NO_RECORD,)


def _headline(table: Table, name: str, cell: Cell, language: str) -> str:
    row, column = (int(part) for part in name.strip().lower()[1:].split("c"))
    above = next((one.label for one in reversed(table.rows[: row - 1]) if not one.cells), None)
    path = " / ".join(label.in_(language) for label in (above, table.rows[row - 1].label, table.columns[column - 1].heading) if label)
    result = f"\n  result: {cell.result}" if cell.result else ""
    return f"Table {table.number}, {name}: {path}\n  = {cell.text.in_(language)}{result}"


def _origin_lines(origin: Origin, language: str) -> list[str]:
    lines = [f"  {origin.row}: " + "  ".join(f"{name}={value}" for name, value in origin.about)]
    for record in origin.records:
        seq = f" {record.domain}SEQ={record.seq}" if record.seq else ""
        lines.append(f"    {record.domain}{seq}" + (f"  from {origin.rule}" if origin.rule else ""))
        lines += [_written_line(one, language) for one in record.written]
    return lines


def _written_line(one: Written, language: str) -> str:
    gone = Text(" (replaced)", "（已更正）").in_(language) if one.replaced else ""
    reason = f"  “{one.reason}”" if one.reason else ""
    return f"      {one.ref}  {one.at}  {one.by} ({one.role.in_(language)})  {one.place.in_(language)} = {one.value.in_(language)}{gone}{reason}"


__all__ = ["Origin", "Record", "Trail", "Written", "trace"]
