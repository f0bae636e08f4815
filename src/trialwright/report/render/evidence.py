"""What stands behind every number of a page, packed small: each word, entry, record and row is written once and then named by its place."""

import json
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from attrs import define, field

from trialwright.protocol import Text
from trialwright.report.document import Document
from trialwright.report.provenance import Origin, Record, Trail, Written, reasons
from trialwright.report.table import Cell, DataRow

Place = int


@define
class Packed:
    """Lists in which everything stands once: words, entries, SDTM records, dataset rows, sets of rows."""

    words: list[str | list[str]] = field(factory=list)
    entries: list[list[Any]] = field(factory=list)
    records: list[list[Any]] = field(factory=list)
    rows: list[list[Any]] = field(factory=list)
    sets: list[list[Place]] = field(factory=list)
    cells: dict[str, dict[str, list[Any]]] = field(factory=dict)
    _known: dict[Hashable, Place] = field(factory=dict)
    _places: dict[Text | str, Place] = field(factory=dict)

    def _once(self, where: list[Any], name: Hashable, made: Callable[[], Any]) -> Place:
        """The place of a thing in one of the lists; it is made and put there when it is asked for the first time."""
        place = self._known.get(name)
        if place is None:
            thing = made()
            place = self._known[name] = len(where)
            where.append(thing)
        return place

    def word(self, text: Text | str) -> Place:
        """The place of some words; of those that differ between the languages both are kept."""
        place = self._places.get(text)
        if place is None:
            place = self._places[text] = len(self.words)
            self.words.append(text if isinstance(text, str) else text.en if text.en == text.zh else [text.en, text.zh])
        return place

    def entry(self, one: Written) -> Place:
        """The place of a ledger entry."""
        return self._once(self.entries, ("entry", one.ref, one.replaced), lambda: [
            one.ref, *(self.word(part) for part in (one.at, one.by, one.role, one.place, one.value, one.reason)), int(one.replaced)])  # fmt: skip

    def record(self, one: Record) -> Place:
        """The place of an SDTM record."""
        return self._once(self.records, ("record", one.domain, one.seq, one.about), lambda: [
            one.domain, one.seq, self.pairs(one.about), [self.entry(entry) for entry in one.written]])  # fmt: skip

    def pairs(self, about: tuple[tuple[str, str], ...]) -> list[Place]:
        """Names and values in turn."""
        return [self.word(part) for pair in about for part in pair]

    def row(self, row: DataRow, trail: Trail) -> Place:
        """The place of a dataset row, whose origin is looked up once."""
        def made() -> list[Any]:
            origin = trail.origin(row)
            records = [self.record(one) for one in origin.records]
            return [str(row), short(origin), [] if row.dataset in trail.source.sdtm else self.pairs(origin.about), self.word(origin.rule), records]

        return self._once(self.rows, row, made)

    def set(self, rows: tuple[DataRow, ...], trail: Trail) -> Place:
        """The place of a set of rows."""
        return self._once(self.sets, rows, lambda: [self.row(row, trail) for row in rows])


def packed(document: Document, trail: Trail) -> Packed:
    """The evidence behind every cell of every table, and of the numbers that figures were drawn from."""
    pack = Packed()
    for table in document.grids:
        pack.cells[table.number] = {name: _cell(pack, cell, trail) for name, cell in table.names if cell.opens}
    return pack


def _cell(pack: Packed, cell: Cell, trail: Trail) -> list[Any]:
    written = [pack.entry(one) for one in trail.written(cell.entries)]
    told: list[Any] = [pack.set(cell.rows, trail), pack.word(cell.result), written, [pack.word(one) for one in reasons(cell)]]
    while told and told[-1] == []:
        told.pop()
    return told


def short(origin: Origin) -> str:
    """What tells a row from its neighbors: whose it is, of which visit, and its value."""
    known: Mapping[str, str] = dict(origin.about)
    parts = [known.get("USUBJID", "").rsplit("-", 1)[-1], known.get("AVISIT", ""), known.get("AVAL", "") or known.get("AETERM", "")]
    return ", ".join(part for part in parts if part)


def as_json(pack: Packed) -> str:
    """The lists as JSON that may stand inside a page: no character of it can end the element that holds it.

    >>> as_json(Packed(words=["</script>"]))[:24]
    '{"words":["\\\\u003c/script'
    """
    lists = {"words": pack.words, "entries": pack.entries, "records": pack.records, "rows": pack.rows, "sets": pack.sets, "cells": pack.cells}
    return json.dumps(lists, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
