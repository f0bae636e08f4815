"""Every number of every table by its address: row 3, column 2 of Table 14.2.1 is the result of analysis 14.2.1.r3 for group 14.2.1.c2."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from math import isinf
from typing import Any

from attrs import define, frozen

from trialwright.report.numerals import MINUS
from trialwright.report.results import Analysis, Result, Results
from trialwright.report.table import Cell, Table

Part = dict[str, Any]
METHOD, TERM = "M.TABLE", "ST.SHOWN"
_NUMBER = re.compile(rf"[{MINUS}-]?(?:\d+(?:\.\d+)?|∞)")
_STARTS = re.compile(rf"[<>]?\s?[{MINUS}-]?(?:\d|∞)")
_ALONE = re.compile(rf"(?:[\d{MINUS}.;()%+<>∞ –-]|to)+")
_DAY = re.compile(r"\d{4}-\d{2}(-\d{2})?")
_COUNT, _SHARE = re.compile(r"\d+"), re.compile(r"\d+ \([\d.]+ %\)")
_SPREAD, _SPAN = re.compile(r"\S+ \(([^ ]+)\)"), re.compile(r"(\S+) to (\S+)")
_MIDDLE = re.compile(r"\S+ \(\S+ to \S+\)")
_MANY = re.compile(r"\d+; \S+ \(\S+\)(; \S+)?")


@frozen(kw_only=True)
class Number:
    """One number of a cell: as it is printed, what it is, and its value with all digits where those are known."""

    printed: str
    operation: str
    raw: str


def is_numeric(cell: Cell, *, words: bool) -> bool:
    """Whether a cell shows a number: one that begins with it (and is no day; in a column of words, nothing but it), or that shows a result."""
    text = cell.text.en.strip()
    if not _NUMBER.search(text):
        return False
    begins = _ALONE.fullmatch(text) if words else _STARTS.match(text)
    return bool(cell.result) or bool(begins and not _DAY.fullmatch(text))


def numbers(cell: Cell, label: str, results: Results) -> list[Number]:
    """The numbers of a cell in their order. Where the cell shows a result, each is found among the numbers of that analysis."""
    text = cell.text.en
    printed = _NUMBER.findall(text)
    shapes = _shape(text, label, len(printed))
    candidates = _candidates(cell.result, results)
    told = []
    for place, one in enumerate(printed):
        found = next((result for way in _WAYS for result in candidates if _shows(one, way(result.value))), None)
        if found is not None:
            candidates.remove(found)
        told.append(Number(printed=one, operation=found.operation if found else shapes[place], raw=raw(found.value) if found else _plain(one)))
    return told


def _shape(text: str, label: str, count: int) -> list[str]:
    """What the numbers of a cell are, by the way in which tables write them."""
    middle = label.startswith("median") or "smallest" in label
    if text.startswith(("<", ">")):
        return ["BOUND"] * count
    limits = ["MIN", "MAX"] if middle else ["LOWER", "UPPER"]
    for pattern, names in ((_SHARE, ["COUNT", "PERCENT"]), (_MIDDLE, ["MEDIAN" if middle else "ESTIMATE", *limits]), (_MANY, ["N", "MEAN", "SD", "MIN"]),
                           (_SPREAD, ["MEAN", "SD"] if label.startswith("mean") else ["VALUE", "SECOND"]), (_SPAN, limits)):  # fmt: skip
        if pattern.fullmatch(text):
            return names
    if count == 1:
        return ["COUNT" if _COUNT.fullmatch(text) else "VALUE"]
    return [f"VALUE_{place}" for place in range(1, count + 1)]


def _candidates(name: str, results: Results) -> list[Result]:
    """The numbers among which those of a cell must be: of the analysis and group that it names, the named one first."""
    parts = name.split(" / ")
    analysis = next((one for one in results.analyses if one.id == parts[0]), None) if name else None
    if analysis is None:
        return []
    if len(parts) < 3:
        return _entered(analysis)
    operation, group = parts[1], parts[2]
    stem = re.sub(r"_(LOWER|UPPER|P|SE)$", "", operation)
    ending = operation.partition("_")[2]
    mine = [one for one in analysis.results if one.group == group]
    return sorted(mine, key=lambda one: (one.operation != operation, one.operation.endswith("_SE"), not one.operation.startswith(stem),
                                         not ending or not one.operation.endswith(ending)))  # fmt: skip


def _entered(analysis: Analysis) -> list[Result]:
    return [Result(operation=f"N_{group}", group=group, value=n) for group, n in analysis.entered if group != "ALL"]


_WAYS: tuple[Callable[[float], float], ...] = (lambda value: value, lambda value: 100 * value, abs)
"""How a table may print a number: as it is, in percent, without its sign (told in words)."""


def _shows(printed: str, value: float) -> bool:
    """Whether a number is printed so, half a unit of its last digit either way."""
    if isinf(value) or "∞" in printed:
        return isinf(value) and "∞" in printed and (value < 0) is (printed[0] in f"{MINUS}-")
    half = 0.5 * 10.0 ** -len(printed.partition(".")[2]) + 1e-9
    return abs(value - float(_plain(printed))) <= half


def _plain(printed: str) -> str:
    return printed.replace(MINUS, "-").replace("∞", "INF")


def raw(value: float) -> str:
    """A number with all its digits; a whole one without a point.

    >>> raw(10.0), raw(-1.25), raw(float("-inf"))
    ('10', '-1.25', '-INF')
    """
    if isinf(value):
        return "INF" if value > 0 else "-INF"
    return str(int(value)) if float(value).is_integer() else repr(float(value))


@define(slots=False)
class Cells:
    """All tables of a report as analyses: a row is an analysis, a column a group, a number an operation."""

    tables: Sequence[Table]
    results: Results

    @cached_property
    def _rows(self) -> list[tuple[Table, int, str, str, list[tuple[int, Cell, list[Number]]]]]:
        """Table, row, its label, the label with the heading above, and the cells with numbers."""
        return [found for table in self.tables for found in self._of(table)]

    def _of(self, table: Table) -> Iterator[tuple[Table, int, str, str, list[tuple[int, Cell, list[Number]]]]]:
        above = ""
        for place, row in enumerate(table.rows, start=1):
            label = row.label.en.strip()
            if not row.cells:
                above = label
                continue
            path = f"{above}: {label}" if above and row.level else label
            told = [(column, cell, numbers(cell, label, self.results)) for column, cell in enumerate(row.cells, start=1)
                    if is_numeric(cell, words=table.columns[column - 1].words)]  # fmt: skip
            if told:
                yield table, place, label, path, told

    def analyses(self) -> list[Part]:
        """One for each row that holds a number."""
        return [_row(table, place, path, cells) for table, place, _, path, cells in self._rows]

    def groupings(self) -> list[Part]:
        """One for each table: its columns."""
        return [{"id": f"GF.{table.number}", "name": f"Columns of {table.number}", "dataDriven": False, "groups": [
            {"id": f"{table.number}.c{place}", "name": column.heading.en.strip() or f"column {place}", "level": 1, "order": place}
            for place, column in enumerate(table.columns, start=1)]} for table in self._told]  # fmt: skip

    @cached_property
    def _told(self) -> list[Table]:
        """The tables that hold a number."""
        holding = {table.number for table, *_ in self._rows}
        return [table for table in self.tables if table.number in holding]

    def methods(self) -> list[Part]:
        names = dict.fromkeys(number.operation for *_, cells in self._rows for _, _, many in cells for number in many)
        operations = [{"id": f"{METHOD}.{name}", "name": name, "order": place} for place, name in enumerate(names, start=1)]
        words = "What the cells of a row show, number by number. Where a cell shows the result of a planned analysis, the value has all its digits."
        return [{"id": METHOD, "name": "Shown in a table", "description": words, "operations": operations}] if operations else []

    def outputs(self) -> list[Part]:
        return [{"id": f"OUT.{table.number}", "name": f"Table {table.number}", "displays": [{"order": 1, "display": _display(table)}]} for table in self._told]

    def contents(self) -> list[Part]:
        """The tables with their rows, as a list of contents."""
        listed = []
        for order, table in enumerate(self._told, start=1):
            rows = [(place, path) for one, place, _, path, _ in self._rows if one is table]
            below = [{"name": path or f"row {place}", "level": 2, "order": at, "analysisId": f"{table.number}.r{place}"}
                     for at, (place, path) in enumerate(rows, start=1)]  # fmt: skip
            listed.append({"name": f"{table.number} {table.title.en}", "level": 1, "order": order, "outputId": f"OUT.{table.number}",
                           "sublist": {"listItems": below}})  # fmt: skip
        return listed

    def terms(self) -> list[Part]:
        term = {"id": TERM, "submissionValue": "SHOWN IN THE REPORT", "description": "A row of a table, as it is printed"}
        return [{"id": "TE.PURPOSE", "enumeration": "AnalysisPurposeEnum", "sponsorTerms": [term]}]


def _row(table: Table, place: int, path: str, cells: list[tuple[int, Cell, list[Number]]]) -> Part:
    grouping = f"GF.{table.number}"
    shown = [f"c{column} shows {cell.result}" for column, cell, _ in cells if cell.result]
    datasets = {row.dataset for _, cell, _ in cells for row in cell.rows}
    made: Part = {
        "id": f"{table.number}.r{place}", "name": path or f"row {place}", "reason": {"controlledTerm": "SPECIFIED IN SAP"}, "purpose": {"sponsorTermId": TERM},
        "methodId": METHOD, "orderedGroupings": [{"order": 1, "groupingId": grouping, "resultsByGroup": True}],
        "results": [{"operationId": f"{METHOD}.{number.operation}", "rawValue": number.raw, "formattedValue": number.printed,
                     "resultGroups": [{"groupingId": grouping, "groupId": f"{table.number}.c{column}"}]} for column, _, many in cells for number in many],
    }  # fmt: skip
    return made | ({"description": "; ".join(shown)} if shown else {}) | ({"dataset": datasets.pop()} if len(datasets) == 1 else {})


def _display(table: Table) -> Part:
    titles, notes = (table.title, table.population), (*table.footnotes, table.source)
    parts = [("Title", [text.en for text in titles if text]), ("Footnote", [text.en for text in notes])]
    sections = [{"sectionType": kind, "orderedSubSections": [
        {"order": order, "subSection": {"id": f"{table.number}.{kind.lower()}{order}", "text": text}} for order, text in enumerate(texts, start=1)]}
        for kind, texts in parts]  # fmt: skip
    return {"id": f"D.{table.number}", "name": f"Table {table.number}", "displayTitle": table.title.en, "displaySections": sections}
