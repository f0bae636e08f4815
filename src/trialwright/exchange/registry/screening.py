"""Screens a whole registry: one row for each person with every criterion, its reason in short codes, and what would decide it."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from attrs import define, field, frozen
from numpy.typing import NDArray

from trialwright.eligibility.people import RegistryPlan, facts_of_people
from trialwright.eligibility.screening_columns import (
    NOT_MET,
    Bits,
    ColumnDecision,
    ColumnFact,
    ColumnScreening,
    Facts,
    Named,
    Verdicts,
    leaves,
    screen_columns,
    verdicts,
)
from trialwright.exchange.registry.people import Registry, Told
from trialwright.exchange.registry.table import Table, refused
from trialwright.protocol import AtLeast, Is, Study

WORDS = ("not met", "unknown", "met")
ANSWERS = ("no", "unknown", "yes")


@define(slots=False)
class Counts:
    """What came of the people: how many per criterion and verdict, step by step, and by the fact that would decide them."""

    criteria: tuple[str, ...]
    people: int = 0
    eligible: dict[str, int] = field(factory=lambda: dict.fromkeys(ANSWERS, 0))
    verdicts: dict[str, dict[str, int]] = field(factory=dict)
    remaining: dict[str, int] = field(factory=dict)
    """How many fail none of the criteria up to this one."""
    failed_alone: dict[str, int] = field(factory=dict)
    """How many fail this criterion and no other."""
    settled_by: dict[str, int] = field(factory=dict)
    may_settle: dict[str, int] = field(factory=dict)

    def add(self, found: ColumnScreening) -> None:
        """Counts one piece of people."""
        self.people += found.size
        _count(self.eligible, ANSWERS, found.eligible)
        standing = np.ones(found.size, bool)
        failed = np.array([one.fulfilled == NOT_MET for one in found.decisions])
        for place, (code, one) in enumerate(zip(self.criteria, found.decisions, strict=True)):
            _count(self.verdicts.setdefault(code, dict.fromkeys(WORDS, 0)), WORDS, one.verdict)
            standing &= ~failed[place]
            alone = failed[place] & (failed.sum(axis=0) == 1)
            self.remaining[code] = self.remaining.get(code, 0) + int(standing.sum())
            self.failed_alone[code] = self.failed_alone.get(code, 0) + int(alone.sum())
        for counts, named in ((self.settled_by, found.settled_by), (self.may_settle, found.may_settle)):
            for name in named.names:
                counts[name] = counts.get(name, 0) + int(named.has(name).sum())


def _count(counts: dict[str, int], words: Sequence[str], found: Verdicts) -> None:
    for word, number in zip(words, np.bincount(found + 1, minlength=3).tolist(), strict=True):
        counts[word] += number


@frozen(kw_only=True)
class Screened:
    """What `screen_registry` did: the counts, what could not be read, and under which rules."""

    registry: Registry
    counts: Counts
    versions: Mapping[str, str]

    @cached_property
    def rules(self) -> str:
        """One short name for all rule versions together."""
        return _short(self.versions)

    @property
    def told(self) -> dict[str, Any]:
        """All of it as plain data, for a program to read."""
        registry, counts = self.registry, self.counts
        return {
            "study": registry.study.code, "study_digest": registry.study.digest, "rules": _short(self.versions), "versions": dict(self.versions),
            "persons": registry.persons.name, "log": registry.log.name if registry.log else None, "people": counts.people,
            "eligible": counts.eligible, "criteria": counts.verdicts, "remaining": counts.remaining, "failed_alone": counts.failed_alone,
            "settled_by": counts.settled_by, "may_settle": counts.may_settle,
            "absent": list(registry.matched.absent), "left_out": list(registry.matched.left_out),
            "unreadable": [{"file": file, "column": column, "entries": count} for (file, column), count in registry.findings.unreadable.items() if count],
            "first_unreadable": [str(fault) for fault in registry.findings.shown], "strangers_in_log": registry.strangers,
        }  # fmt: skip


def screen_registry(
    study: Study, plan: RegistryPlan, persons: Table, log: Table | None, out: Path, *, today: date, start: date | None,
    told: Told, force: bool = False,
) -> Screened:  # fmt: skip
    """Writes the decisions about everybody in `persons` to `out` (.parquet or .csv) and the counts to `out`.json.

    All or nothing: a file appears under its name only when it is whole. `start` is the index day of whoever has none of
    his own. Raises `Unscreenable` with file, record, column and mend.
    """
    must_be_free(out, force)
    read = {table.path.resolve() for table in (persons, log) if table is not None}
    if {out.resolve(), summary_of(out).resolve()} & read:
        raise refused(out, "it is the registry itself. Name another file.", "该文件即登记数据本身，请换名。")
    versions = {one.code: one.version for one in study.criteria} | {one.name: one.version for one in plan.derivations}
    with tempfile.TemporaryDirectory(prefix=".screening-", dir=out.parent) as folder:
        scratch, parts = Path(folder) / "log", Path(folder) / "parts"
        scratch.mkdir()
        parts.mkdir()
        registry = Registry(study=study, plan=plan, persons=persons, log=log, scratch=scratch, today=today, start=start)
        counts = Counts(tuple(one.code for one in study.criteria))
        writer = _Writer(Path(folder) / f"whole{out.suffix.lower()}", parts)
        for names, people in registry.pieces(told):
            facts = facts_of_people(plan, people)
            found = screen_columns(study.criteria, facts)
            counts.add(found)
            writer.add(_rows(names, plan, found, facts, _short(versions)))
        done = Screened(registry=registry, counts=counts, versions=versions)
        summary = Path(folder) / "summary.json"
        summary.write_text(json.dumps(done.told, ensure_ascii=False, indent=1), encoding="utf-8")
        whole = writer.finish()
        os.replace(whole, out)
        os.replace(summary, summary_of(out))
    return done


def summary_of(out: Path) -> Path:
    """The file of counts beside the file of people."""
    return out.with_name(out.name + ".json")


def must_be_free(out: Path, force: bool) -> None:
    """Raises `Unscreenable` when `out` cannot be written, or would replace something without `force`."""
    if out.suffix.lower() not in (".parquet", ".csv"):
        raise refused(out, "the answer is written as .parquet or .csv. Name such a file.", "结果只写为 .parquet 或 .csv，请使用这样的文件名。")
    if not out.parent.is_dir():
        raise refused(out, "there is no such folder. Make it first.", "文件夹不存在，请先创建。")
    for one in (out, summary_of(out)):
        if one.is_dir() or (one.exists() and not force):
            raise refused(one, "it is there already. Name another file, or say --force to replace it.", "文件已存在，请换名，或加 --force 覆盖。")


def _short(versions: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(versions), sort_keys=True).encode()).hexdigest()[:12]


@define
class _Writer:
    """Writes piece after piece; the parquet file is put together at the end, so that memory stays flat."""

    whole: Path
    parts: Path
    many: int = 0

    def add(self, rows: pl.DataFrame) -> None:
        if self.whole.suffix == ".csv":
            with self.whole.open("ab") as file:
                rows.write_csv(file, include_header=self.many == 0, include_bom=False)
        else:
            rows.write_parquet(self.parts / f"{self.many:08}.parquet")
        self.many += 1

    def finish(self) -> Path:
        if self.whole.suffix == ".parquet":
            pl.scan_parquet(self.parts / "*.parquet").sink_parquet(self.whole)
            shutil.rmtree(self.parts)
        return self.whole


def _rows(names: pl.Series, plan: RegistryPlan, found: ColumnScreening, facts: Facts, rules: str) -> pl.DataFrame:
    """One row for each person."""
    columns = {"person": names, "eligible": _words(ANSWERS, found.eligible + 1), "decided_by": _listed(found.settled_by),
               "may_be_decided_by": _listed(found.may_settle)}  # fmt: skip
    coded = {leaf.fact for one in found.decisions for leaf in leaves(one.criterion.rule) if isinstance(leaf, Is)}
    for one in found.decisions:
        code = one.criterion.code
        columns |= {code: _words(WORDS, one.verdict + 1), f"{code}_because": _because(one, facts),
                    f"{code}_settled_by": _listed(one.settled_by), f"{code}_may_settle": _listed(one.may_settle)}  # fmt: skip
    for derivation in plan.derivations:
        columns |= _shown(derivation.name, facts[derivation.name], derivation.name in coded, derivation.bounds)
    return pl.DataFrame(columns).with_columns(pl.lit(rules).alias("rules"))


def _words(words: Sequence[str | None], place: NDArray[Any]) -> pl.Series:
    return pl.Series(words, dtype=pl.String).gather(pl.Series(place.astype(np.uint32)))


def _listed(named: Named) -> pl.Series:
    """The names of each person in one cell, null where there is none."""
    different, place = _different(named.bits)
    some = Named(bits=different, names=named.names)
    return _words([" ".join(some.of(at)) or None for at in range(len(different))], place)


def _different(numbers: Bits) -> tuple[Bits, NDArray[np.intp]]:
    """The different numbers in order, and for each entry its place among them; without sorting where they are small."""
    most = int(numbers.max()) if len(numbers) else 0
    if most > 2**20:
        found, place = np.unique(numbers, return_inverse=True)
        return found, place
    there = np.zeros(most + 1, bool)
    there[numbers] = True
    return np.flatnonzero(there).astype(np.uint64), (np.cumsum(there) - 1)[numbers]


def _because(decision: ColumnDecision, facts: Facts) -> pl.Series:
    """The reason in short codes: every limit on which the verdict rests, as it came out ("age<18", "ana?", "consent=N")."""
    rules = tuple(dict.fromkeys(leaves(decision.criterion.rule)))
    pattern = np.zeros(len(decision.verdict), np.int64)
    told: list[list[str]] = []
    for leaf in rules:
        fact = facts[leaf.fact]
        words, state = _outcomes(leaf, fact)
        matters = decision.grounds.has(leaf.fact) & _same_way(verdicts(leaf, facts), decision.verdict)
        pattern = pattern * (len(words) + 1) + np.where(matters, state + 1, 0)
        told.append(["", *words])
    different, place = _different(pattern.astype(np.uint64))
    sizes = [len(words) for words in told]
    digits = np.stack(np.unravel_index(different.astype(np.int64), sizes), axis=1)
    return _words([" ".join(filter(None, (words[at] for words, at in zip(told, row, strict=True)))) or None for row in digits.tolist()], place)


def _same_way(leaf: Verdicts, whole: Verdicts) -> NDArray[np.bool_]:
    """A limit explains the verdict when it came out the same way: what is met explains what is met."""
    same: NDArray[np.bool_] = leaf == whole
    return same


def _outcomes(leaf: AtLeast | Is, fact: ColumnFact) -> tuple[list[str], NDArray[np.int64]]:
    """The words for every way in which a limit can come out, and which of them holds for each person."""
    if isinstance(leaf, Is):
        return [f"{leaf.fact}?", *(f"{leaf.fact}={word}" for word in fact.words)], fact.code.astype(np.int64) + 1
    above, below = (">", "<=") if leaf.strict else (">=", "<")
    found = verdicts(leaf, {leaf.fact: fact}).astype(np.int64)
    return [f"{leaf.fact}{below}{leaf.limit}", f"{leaf.fact}?", f"{leaf.fact}{above}{leaf.limit}"], found + 1


def _shown(name: str, fact: ColumnFact, coded: bool, bounds: bool) -> dict[str, pl.Series]:
    """The fact itself, as far as it is known."""
    if coded:
        return {name: _words([*fact.words, None], np.where(fact.code < 0, len(fact.words), fact.code))}
    known = pl.Series(np.where(fact.known, fact.low, np.nan)).fill_nan(None)
    if not bounds:
        return {name: known}
    return {name: known, f"{name}_low": pl.Series(fact.low).fill_nan(None), f"{name}_high": pl.Series(fact.high).fill_nan(None)}
