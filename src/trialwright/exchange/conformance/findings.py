"""What an examination of a package finds: a rule that is broken, where, and how to mend it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl
from attrs import field, frozen

from trialwright.exchange.conformance.define_reading import Group
from trialwright.exchange.conformance.xpt_reading import Field, InFile
from trialwright.protocol import Text

RECORD = "_N"
"""The number of a record in its file, counted from 1."""


@frozen
class Rule:
    """What must hold: `wrong` says what is wrong with a value that breaks it (with {places} for details), `mend` what to do."""

    id: str
    wrong: Text
    mend: Text


@frozen(kw_only=True)
class Finding:
    """One value that breaks a rule; `record` is counted from 1, None when the whole data set is meant."""

    rule: Rule
    dataset: str
    record: int | None = None
    variable: str = ""
    value: str = ""
    details: Mapping[str, str] = field(factory=dict)

    def wrong(self, language: str = "en") -> str:
        told = {"value": self.value, "variable": self.variable, **self.details}
        return self.rule.wrong.in_(language).format(**told)

    def mend(self, language: str = "en") -> str:
        return self.rule.mend.in_(language).format(**{"value": self.value, "variable": self.variable, **self.details})

    @property
    def place(self) -> str:
        """Data set, variable and record, as a person reads them: DM.SEX, record 3."""
        where = f"{self.dataset}.{self.variable}" if self.variable else self.dataset
        return where if self.record is None else f"{where}, record {self.record}"

    def told(self) -> dict[str, Any]:
        """All of it for a program."""
        return {"rule": self.rule.id, "dataset": self.dataset, "record": self.record, "variable": self.variable, "value": self.value,
                "wrong": self.wrong(), "mend": self.mend(), "wrong_zh": self.wrong("zh"), "mend_zh": self.mend("zh")}  # fmt: skip


@frozen(kw_only=True, eq=False)
class Dataset:
    """One data set as it stands in a file, with what define.xml says of it; its records carry their number (`RECORD`)."""

    name: str
    file: str
    label: str
    fields: tuple[Field, ...]
    frame: pl.DataFrame = field(repr=False)
    said: Group | None = None

    @classmethod
    def of(cls, file: str, read: InFile, said: Group | None) -> "Dataset":
        return cls(name=read.name, file=file, label=read.label, fields=read.fields, frame=read.frame.with_row_index(RECORD, offset=1), said=said)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.fields)

    def has(self, *names: str) -> bool:
        return set(names) <= set(self.frame.columns)

    def text(self, name: str) -> bool:
        return self.frame.schema.get(name) == pl.String


Datasets = Mapping[str, Dataset]


def broken(rule: Rule, data: Dataset, rows: pl.DataFrame, variable: str, **details: pl.Expr | str) -> Iterator[Finding]:
    """One finding for each of `rows` (records of `data`, perhaps with further columns) about `variable`."""
    if not rows.height:
        return
    exprs = [(pl.lit(one) if isinstance(one, str) else one).alias(f"_{name}") for name, one in details.items()]
    value = pl.col(variable) if variable in rows.columns else pl.lit(None)
    for row in rows.select(RECORD, value.alias("_VALUE"), *exprs).sort(RECORD).iter_rows(named=True):
        yield Finding(rule=rule, dataset=data.name, record=row[RECORD], variable=variable, value=plain(row["_VALUE"]),
                      details={name: plain(row[f"_{name}"]) for name in details})  # fmt: skip


@frozen(kw_only=True)
class Doubt:
    """A rule that the records break for which `wrong` holds; what is unknown breaks nothing."""

    rule: Rule
    variable: str
    wrong: pl.Expr
    details: Mapping[str, pl.Expr | str] = field(factory=dict)

    def found(self, data: Dataset, rows: pl.DataFrame) -> Iterator[Finding]:
        """One finding for each of `rows` that breaks it."""
        return broken(self.rule, data, rows.filter(self.wrong), self.variable, **self.details)


def justified(doubts: Sequence[Doubt], rows: pl.DataFrame) -> list[Doubt]:
    """The doubts that some of `rows` justify: all are judged together, for most hold of nothing.

    >>> empty = Rule("R", Text("empty", "空"), Text("fill it", "请填写"))
    >>> doubts = [Doubt(rule=empty, variable=name, wrong=pl.col(name).is_null()) for name in ("AGE", "SEX")]
    >>> [one.variable for one in justified(doubts, pl.DataFrame({"AGE": [51, 44], "SEX": ["F", None]}))]
    ['SEX']
    """
    told = rows.select(one.wrong.any().alias(str(place)) for place, one in enumerate(doubts))
    return [one for one, wrong in zip(doubts, told.row(0), strict=True) if wrong] if doubts else []


def plain(value: object) -> str:
    """A value as a person writes it: whole numbers without a point, nothing for what is missing.

    >>> plain(3.0), plain(0.125), plain(None)
    ('3', '0.125', '')
    """
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.12g}"
    return str(value)


def close(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """Equal as numbers that went through the same arithmetic in another order; missing equals missing."""
    near = (left - right).abs() <= 1e-9 * pl.max_horizontal(left.abs(), right.abs(), pl.lit(1.0))
    return (left.is_null() & right.is_null()) | near.fill_null(False)
