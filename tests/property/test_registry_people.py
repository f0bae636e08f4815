"""A registry decides about everybody as the chart of each person alone does: the same facts, verdicts and missing answers."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from attrs import frozen

from studies.telitacicept_ssc import registry
from studies.telitacicept_ssc.protocol import STUDY, study
from tests.registries import medications, persons, written
from trialwright.eligibility.screening import Screening, screen
from trialwright.exchange.registry import people as registry_people
from trialwright.exchange.registry.screening import screen_registry
from trialwright.exchange.registry.table import Table
from trialwright.protocol import Fact, Study, Value, Verdict

pytestmark = pytest.mark.property
TODAY = date(2024, 9, 30)
WORDS = {Verdict.MET: "met", Verdict.NOT_MET: "not met", Verdict.UNKNOWN: "unknown"}
ANSWERS = {True: "yes", False: "no", None: "unknown"}


@frozen(kw_only=True)
class Row:
    """One record of a registry, read as the chart of that person: the second witness of the columns."""

    answers: Mapping[str, Any]
    log: tuple[Mapping[str, Any], ...]
    index_date: date | None

    def value(self, form: str, item: str, visit: str | None = None) -> Value | None:
        return _read(form, item, self.answers.get(f"{form}.{item}"))

    def rows(self, form: str) -> tuple[Mapping[str, Value], ...]:
        read = ({item: _read(form, item, told) for item, told in row.items() if item != "person"} for row in self.log)
        return tuple({item: value for item, value in row.items() if value is not None} for row in read)


def _read(form: str, item: str, told: Any) -> Value | None:
    if told is None:
        return None
    return STUDY.item(form, item).read(f"{told:g}" if isinstance(told, float) else str(told))


def charts(people: pl.DataFrame, log: pl.DataFrame) -> list[Row]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in log.iter_rows(named=True):
        rows.setdefault(row["person"], []).append(row)
    return [
        Row(answers=one, log=tuple(rows.get(one["person"], ())), index_date=one["index_date"])
        for one in people.iter_rows(named=True)
    ]


def screened(folder: Path, people: pl.DataFrame, log: pl.DataFrame | None, kind: str = ".parquet", of: Study = STUDY,
             plan: registry.RegistryPlan = registry.REGISTRY) -> list[dict[str, Any]]:  # fmt: skip
    out = folder / "out.parquet"
    file = Table(written(log, folder / f"log{kind}")) if log is not None else None
    screen_registry(
        of,
        plan,
        Table(written(people, folder / f"people{kind}")),
        file,
        out,
        today=TODAY,
        start=None,
        told=lambda done, total: None,
        force=True,
    )
    return pl.read_parquet(out).to_dicts()


def same(alone: Screening, many: dict[str, Any]) -> None:
    assert many["eligible"] == ANSWERS[alone.eligible]
    assert _names(many["decided_by"]) == set(alone.settled_by)
    assert _names(many["may_be_decided_by"]) == set(alone.may_settle)
    for one in alone.decisions:
        code = one.criterion.code
        assert many[code] == WORDS[one.verdict], code
        assert _names(many[f"{code}_settled_by"]) == set(one.settled_by)
        assert _names(many[f"{code}_may_settle"]) == set(one.may_settle)
        told = {name for fact in one.facts for name in [fact.name] if name in many[f"{code}_because"]}
        assert told == {fact.name for fact in one.facts}, many[f"{code}_because"]
        for fact in one.facts:
            _same_fact(fact, many)


def _same_fact(fact: Fact, many: dict[str, Any]) -> None:
    if fact.code is not None:
        assert many[fact.name] == fact.code
    elif fact.known and fact.low is not None:
        assert many[fact.name] == pytest.approx(float(fact.low), rel=1e-14)
    else:
        assert many[fact.name] is None
    if fact.name == "acr_eular":
        assert (many["acr_eular_low"], many["acr_eular_high"]) == (float(fact.low or 0), float(fact.high or 0))


def _names(cell: str | None) -> set[str]:
    return set(cell.split()) if cell else set()


@pytest.mark.parametrize("kind", [".parquet", ".csv"])
def test_everybody_is_decided_as_by_his_own_chart(tmp_path: Path, kind: str) -> None:
    people, log = persons(120, seed=5, unknown=0.06), medications(120, seed=5)
    found = screened(tmp_path, people, log, kind)
    assert len({row["eligible"] for row in found}) == 3
    for chart, row in zip(charts(people, log), found, strict=True):
        same(screen(STUDY, chart), row)


def test_the_other_reference_equation_and_no_index_date(tmp_path: Path) -> None:
    people, log = persons(60, seed=8).drop("index_date"), medications(60, seed=8)
    of, plan = study(reference="gli_2012"), registry.plan("gli_2012")
    for chart, row in zip(
        charts(people.with_columns(index_date=pl.lit(None)), log),
        screened(tmp_path, people, log, of=of, plan=plan),
        strict=True,
    ):
        same(screen(of, chart), row)


def test_people_of_whom_nothing_is_known_are_open(tmp_path: Path) -> None:
    people = persons(40, seed=2, unknown=1.0)
    found = screened(tmp_path, people, None)
    assert {row["eligible"] for row in found} == {"unknown"}
    assert {row["decided_by"] for row in found} == {None}
    for chart, row in zip(charts(people, medications(0)), found, strict=True):
        same(screen(STUDY, chart), row)


def test_without_a_log_nobody_counts_as_taking_nothing(tmp_path: Path) -> None:
    """The record is declared complete, yet no log was handed over: open, where an empty log means that nothing was taken."""
    people = persons(40, seed=3, unknown=0.0)
    for log, words in ((None, {"unknown"}), (medications(0), {"met", "unknown"})):
        assert {row["I6"] for row in screened(tmp_path, people, log)} == words


def test_a_drug_that_cannot_be_read_leaves_the_drugs_open(tmp_path: Path) -> None:
    people = persons(3, seed=4, unknown=0.0).with_columns(pl.lit("Y").alias("SKIN_HISTORY.MEDCOMPL"))
    others = medications(400, seed=4).filter(pl.col("CMTRT") == "OTHER").head(2)
    told = {"CMSTDAT": "2024-01", "CMONGO": "Y", "CMENDAT": None}
    names = pl.Series("CMTRT", ["OTHER", "Mycofenolate"]), pl.Series("person", ["P0000000", "P0000001"])
    rows = others.with_columns(*(pl.lit(value).alias(name) for name, value in told.items()), *names)
    found = screened(tmp_path, people, rows)
    assert [row["I6"] for row in found] == ["met", "unknown", "met"]


def test_the_study_derives_the_same_facts_from_charts_and_from_registries() -> None:
    for reference in registry.FVC_DERIVATIONS:
        of, plan = study(reference=reference), registry.plan(reference)
        assert {(one.name, one.version) for one in of.derivations} == {
            (one.name, one.version) for one in plan.derivations
        }


def test_two_names_that_get_one_number_are_still_two_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are matched by 64-bit numbers; here the first numbering is so poor that all collide, and the log still finds its people."""
    people, log = persons(30, seed=9), medications(30, seed=9)
    wanted = screened(tmp_path, people, log)
    number = registry_people.Registry._hash
    poor: list[bool] = []

    def collide(self: registry_people.Registry, names: pl.Series) -> Any:
        poor.append(self.seed == 0)
        return number(self, names) % 3 if self.seed == 0 else number(self, names)

    monkeypatch.setattr(registry_people.Registry, "_hash", collide)
    assert screened(tmp_path, people, log) == wanted
    assert True in poor
    assert False in poor
