"""A registry as people: the table of persons and the log of their drugs, brought together piece by piece in flat memory."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from attrs import define, field
from numpy.typing import NDArray

from trialwright.eligibility.people import Column, Log, People, RegistryPlan
from trialwright.exchange.datasets import Fault
from trialwright.exchange.registry.columns import INDEX, PERSON, Matched, matched
from trialwright.exchange.registry.entries import Findings, ItemReader
from trialwright.exchange.registry.table import Table, Unscreenable, refused
from trialwright.protocol import Audience, Item, Kind, Study, Text

RECORD = "record"
TOGETHER = 4
"""Pieces of a log that are sorted to their people at once."""
_INDEX = Item(code="INDEX", label=Text("planned first day of the study drug", "计划首次用药日期"), kind=Kind.DATE, audience=Audience.COORDINATOR)

Told = Callable[[int, int], None]


@define(slots=False)
class Registry:
    """A table of persons and, if handed over, a log; `start` is the index day of whoever has none of his own.

    `scratch` is an empty folder for the sorted log. Dates after `today` cannot have happened.
    """

    study: Study
    plan: RegistryPlan
    persons: Table
    log: Table | None
    scratch: Path
    today: date
    start: date | None = None
    findings: Findings = field(factory=Findings)
    strangers: int = 0
    """Rows of the log about nobody in the table of persons."""
    seed: int = 0
    """With which the names are turned into numbers: another one when two different names get the same."""

    @cached_property
    def matched(self) -> Matched:
        """The columns of the persons."""
        found = matched(self.persons, self.study, self.plan.items, own=(PERSON, INDEX))
        if not set(found.columns) - {PERSON, INDEX}:
            raise refused(self.persons.name, f"no column is an item of the study. Name the columns like {', '.join(self.plan.items[:3])}.",
                          f"没有任何列对应研究项目，请按 {'、'.join(self.plan.items[:3])} 等命名。")  # fmt: skip
        return found

    @cached_property
    def log_matched(self) -> Matched | None:
        """The columns of the log, all of which must be there: a row without them could not be counted."""
        if self.log is None:
            return None
        found = matched(self.log, self.study, self.plan.log_items, own=(PERSON,), form=self.plan.log)
        if found.absent:
            raise Unscreenable(
                Fault(file=self.log.name, column=name, because=Text(
                    "the column is missing. Export it, empty where nothing is known.", "缺少该列，请导出（未知处留空）。"))
                for name in found.absent
            )  # fmt: skip
        return found

    @cached_property
    def size(self) -> int:
        """How many people there are. Raises `Unscreenable` when somebody is there twice, or has no name."""
        return len(self._hashes)

    @cached_property
    def _ends(self) -> list[int]:
        """Where each piece of the table of persons ends; known once `_hashes` is."""
        return []

    @cached_property
    def _hashes(self) -> NDArray[np.uint64]:
        """A number for each person, in the order of the table."""
        while True:
            hashes = self._numbered()
            ordered = np.sort(hashes)
            twins = ordered[1:][ordered[1:] == ordered[:-1]]
            if not len(twins):
                return hashes
            self._refuse_twins(twins)
            self.seed += 1  # two names got one number by chance

    def _numbered(self) -> NDArray[np.uint64]:
        self._ends.clear()
        found = []
        for piece in self.persons.pieces([PERSON]):
            done = self._ends[-1] if self._ends else 0
            nameless = np.flatnonzero(piece[PERSON].is_null().to_numpy())
            if len(nameless):
                raise refused(self.persons.name, "the record names no person. Give each person a code.", "该记录未标明人员，请填写编号。",
                              record=done + int(nameless[0]) + 1, column=PERSON)  # fmt: skip
            found.append(self._hash(piece[PERSON]))
            self._ends.append(done + piece.height)
        if not found:
            raise refused(self.persons.name, "the file holds no person, only names of columns. Export it again.", "文件中只有表头，没有人员，请重新导出。")
        return np.concatenate(found)

    def _hash(self, names: pl.Series) -> NDArray[np.uint64]:
        found: NDArray[np.uint64] = names.hash(self.seed).to_numpy()
        return found

    def _refuse_twins(self, twins: NDArray[np.uint64]) -> None:
        seen: dict[str, int] = {}
        faults, done = [], 0
        for piece in self.persons.pieces([PERSON]):
            for place in np.flatnonzero(np.isin(self._hash(piece[PERSON]), twins)).tolist():
                record, name = done + place + 1, piece[PERSON][place]
                if name in seen:
                    faults.append(Fault(file=self.persons.name, record=record, column=PERSON, because=Text(
                        f"the person is in record {seen[name]} already. Keep one record for each person.",
                        f"该人员已见于第 {seen[name]} 条记录，每人请只保留一条。")))  # fmt: skip
                seen.setdefault(name, record)
            done += piece.height
        if faults:
            raise Unscreenable(faults)

    @cached_property
    def _order(self) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
        order = np.argsort(self._hashes)
        return self._hashes[order], order

    def pieces(self, told: Told) -> Iterator[tuple[pl.Series, People]]:
        """The names of some people and their answers, in the order of the table, as many at a time as a piece holds."""
        readers = self._readers(self.matched)
        log_readers = self._readers(self.log_matched) if self.log_matched else {}
        total = self.size
        sorted_log = self._sorted_log(told, total)
        done = 0
        for number, piece in enumerate(self.persons.pieces(list(self.matched.columns.values()))):
            columns = self._typed(self.persons, piece, self.matched, readers, np.arange(done, done + piece.height) + 1)
            index = columns.pop(INDEX, None)
            unset = np.full(piece.height, np.datetime64(self.start or "NaT"), "datetime64[D]")
            day = np.where(np.isnat(index), unset, index) if isinstance(index, np.ndarray) else unset
            logs = {} if sorted_log is None else {self.plan.log: self._log_of(sorted_log / str(number), piece[PERSON], done, log_readers)}
            yield piece[PERSON], People(size=piece.height, columns=columns, index=day, logs=logs)
            done += piece.height
            told(total + done, 2 * total)

    def _readers(self, found: Matched) -> dict[str, ItemReader]:
        items = {name: self.study.item(*name.split(".", 1)) for name in found.columns if name not in (PERSON, INDEX)}
        planned = {INDEX: ItemReader(_INDEX, None)} if INDEX in found.columns else {}
        return {name: ItemReader(item, self.today) for name, item in items.items()} | planned

    def _typed(self, table: Table, piece: pl.DataFrame, found: Matched, readers: dict[str, ItemReader],
               records: NDArray[np.int64]) -> dict[str, Column]:  # fmt: skip
        columns = {}
        for name, reader in readers.items():
            column = found.columns[name]
            columns[name], unreadable, first = reader.read(piece[column])
            entries = piece.height - piece[column].null_count()
            self.findings.note(table.name, column, entries, unreadable, [(int(records[at]), why) for at, why in first])
        return columns

    # ---- the log

    def _sorted_log(self, told: Told, total: int) -> Path | None:
        """A folder with one folder for each piece of people, which holds the rows about them; None without a log."""
        if self.log is None or self.log_matched is None:
            return None
        wanted, record, known = list(self.log_matched.columns.values()), 1, 0
        for number, piece in enumerate(_together(self.log.pieces(wanted))):
            numbered = piece.with_columns(pl.int_range(record, record + piece.height).alias(RECORD))
            record += piece.height
            known += self._put(numbered, number)
            told(total // 2, 2 * total)
        if record > 1 and not known:
            raise refused(self.log.name, f"no row is about a person of {self.persons.name}. Write the codes of the persons alike in both.",
                          f"没有任何记录对应 {self.persons.name} 中的人员，请统一编号写法。", column=PERSON)  # fmt: skip
        return self.scratch

    def _put(self, rows: pl.DataFrame, number: int) -> int:
        """Writes rows of the log to the pieces of their people; how many are about somebody of the table."""
        ordered, order = self._order
        hashes = self._hash(rows[PERSON].fill_null(""))
        at = np.minimum(np.searchsorted(ordered, hashes), len(ordered) - 1)
        known = ordered[at] == hashes
        self.strangers += int((~known).sum())
        place = order[at]
        piece_of = np.searchsorted(np.array(self._ends), place, side="right")
        rows = rows.with_columns(pl.Series("place", place), pl.Series("piece", piece_of)).filter(pl.Series(known))
        for (piece,), part in rows.partition_by("piece", as_dict=True, include_key=False).items():
            folder = self.scratch / str(piece)
            folder.mkdir(exist_ok=True)
            part.write_ipc(folder / f"{number}.arrow")
        return rows.height

    def _log_of(self, folder: Path, names: pl.Series, first: int, readers: dict[str, ItemReader]) -> Log:
        if self.log is None or self.log_matched is None or not folder.is_dir():
            return Log(size=0, columns={}, person=np.zeros(0, np.int64))
        files = sorted(folder.iterdir(), key=lambda one: int(one.stem))
        rows = pl.concat([pl.read_ipc(one) for one in files])
        known = rows.filter(rows[PERSON] == names.gather(rows["place"] - first))
        self.strangers += rows.height - known.height
        return self._typed_log(known, first, readers)

    def _typed_log(self, rows: pl.DataFrame, first: int, readers: dict[str, ItemReader]) -> Log:
        if self.log is None or self.log_matched is None:
            return Log(size=0, columns={}, person=np.zeros(0, np.int64))
        columns = self._typed(self.log, rows, self.log_matched, readers, rows[RECORD].to_numpy())
        return Log(size=rows.height, columns=columns, person=rows["place"].to_numpy() - first)


def _together(pieces: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    kept: Sequence[pl.DataFrame] = ()
    for piece in pieces:
        kept = (*kept, piece)
        if len(kept) == TOGETHER:
            yield pl.concat(kept)
            kept = ()
    if kept:
        yield pl.concat(kept)
