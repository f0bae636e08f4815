"""Terminology: published words where a list is closed, declared words where it is open, and codes that mean what stands beside them."""

from collections.abc import Iterator, Mapping

import polars as pl

from trialwright import sdtm
from trialwright.exchange.code_lists import FREE
from trialwright.exchange.conformance.findings import Dataset, Finding, Rule, broken
from trialwright.exchange.conformance.package import Package
from trialwright.exchange.metadata import occurring
from trialwright.protocol import Text
from trialwright.sdtm import Controlled, Domain, controlled

CLOSED = Rule("TW-T01", Text("“{value}” is not in the code list {list}, which may not be extended", "“{value}”不在不可扩展的代码表 {list} 中"),
              Text("choose a term of CDISC CT {version}", "请选用 CDISC CT {version} 的术语"))  # fmt: skip
UNDECLARED = Rule("TW-T02", Text("“{value}” is in no published term of {list}, and define.xml does not mark it as the sponsor's",
                                 "“{value}”不属于 {list} 的已发布术语，define.xml 亦未标为申办方术语"),
                  Text("use a published term, or mark the term with def:ExtendedValue", "请用已发布术语，或以 def:ExtendedValue 标注"))  # fmt: skip
SPELLED = Rule("TW-T03", Text("“{value}” is the published term “{term}” written otherwise", "“{value}”与已发布术语“{term}”仅写法不同"),
               Text("write it as published: {term}", "请按已发布写法：{term}"))  # fmt: skip
UNPAIRED = Rule("TW-T04", Text("“{value}” is named “{name}”; the terminology calls it “{published}”",
                               "“{value}”的名称为“{name}”，术语中为“{published}”"),
                Text("write the published name beside the code", "请在代码旁写已发布名称"))  # fmt: skip
AMBIGUOUS = Rule("TW-T05", Text("“{value}” has more than one counterpart in {other}: {list}", "“{value}”在 {other} 中对应多个值：{list}"),
                 Text("give each code one name and each name one code", "代码与名称须一一对应"))  # fmt: skip
MISCODED = Rule("TW-T06", Text("the terminology has no “{value}” under the code {code}", "术语中代码 {code} 下没有“{value}”"),
                Text("write the concept id of the term in CDISC CT {version}", "请写 CDISC CT {version} 中该术语的概念编号"))  # fmt: skip
UNFLAGGED = Rule("TW-T07", Text("the flag is “{value}”; a flag of the tabulation is Y or empty", "标志为“{value}”；SDTM 标志只能为 Y 或空"),
                 Text("write Y, or leave it empty", "请写 Y 或留空"))  # fmt: skip
PAIRS = (("TESTCD", "TEST"), ("ARMCD", "ARM"), ("ETCD", "ELEMENT"), ("QNAM", "QLABEL"), ("TSPARMCD", "TSPARM"), ("VISITNUM", "VISIT"), ("PARAMCD", "PARAM"),
         ("PARAMN", "PARAM"), ("AVISITN", "AVISIT"), ("TRTPN", "TRTP"), ("TRTAN", "TRTA"), ("TRT01PN", "TRT01P"), ("TRT01AN", "TRT01A"))  # fmt: skip
"""Codes (by the end of the name) and the names that stand beside them."""
_FLAG = r"^(DTHFL|..(LOBXFL|BLFL|DRVFL))$"


def terminology(package: Package) -> Iterator[Finding]:
    """Everything about words: lists, pairs, and flags of the tabulation."""
    for data in package.sdtm.values():
        domain = specified(data.name)
        if domain is not None:
            for name in data.columns:
                yield from _listed(data, domain, name)
            yield from _named_as_published(data)
        for name in data.frame.select(f"^{_FLAG[1:-1]}$").columns:
            yield from broken(UNFLAGGED, data, data.frame.filter(pl.col(name) != "Y"), name)
    for data in package.all:
        yield from _one_to_one(data)
    if "TS" in package.sdtm:
        yield from _summary(package.sdtm["TS"])


def specified(code: str) -> Domain | None:
    """What the standard says of a data set; None for one that the house does not know."""
    known = code in sdtm.SPECS or code in sdtm.DESIGN_SPECS or code in ("CO", "RELREC") or (code.startswith("SUPP") and len(code) == 6)
    return sdtm.spec(code) if known else None


def _listed(data: Dataset, domain: Domain, name: str) -> Iterator[Finding]:
    """The values of one variable against its published lists; those that hold for some values only are left to value level."""
    if name not in domain.names or name.endswith(FREE) or not data.text(name):
        return
    lists = [controlled(one) for one in domain.variable(name).codelists]
    if not lists:
        return
    known = {term for one in lists for term in one.terms}
    strange = occurring(data.frame[name]) - known
    if not strange:
        return
    spelled = {term.casefold(): term for term in known}
    declared = _declared(data, name) if any(one.extensible for one in lists) else None
    yield from _strange(data, name, strange, spelled, declared, lists)


def _strange(data: Dataset, name: str, strange: set[str], spelled: Mapping[str, str], declared: set[str] | None, lists: list[Controlled]) -> Iterator[Finding]:
    title = ", ".join(one.submission for one in lists)
    for value in sorted(strange):
        here, term = pl.col(name) == value, spelled.get(value.casefold())
        if term is not None:
            yield from broken(SPELLED, data, data.frame.filter(here), name, term=term)
        elif declared is None:
            yield from broken(CLOSED, data, data.frame.filter(here), name, list=title, version=sdtm.CT)
        elif value not in declared:
            yield from broken(UNDECLARED, data, data.frame.filter(here), name, list=title)


def _declared(data: Dataset, name: str) -> set[str]:
    """The terms that define.xml marks as the sponsor's."""
    told = next((one.codes for one in data.said.columns if one.name == name), None) if data.said else None
    return {value for value, said in told.values.items() if said.extended} if told else set()


def _named_as_published(data: Dataset) -> Iterator[Finding]:
    code, name = f"{data.name}TESTCD", f"{data.name}TEST"
    if not data.has(code, name):
        return
    pairs = data.frame.select(code, name).drop_nulls().unique()
    for short, long in pairs.iter_rows():
        published = sdtm.name_of_test(data.name, short)
        if published is not None and published != long:
            rows = data.frame.filter((pl.col(code) == short) & (pl.col(name) == long))
            yield from broken(UNPAIRED, data, rows, code, name=pl.col(name), published=published)


def _one_to_one(data: Dataset) -> Iterator[Finding]:
    for code, name in PAIRS:
        for column in data.columns:
            other = column.removesuffix(code) + name
            if column.endswith(code) and data.has(other) and (column == code or column == f"{data.name}{code}" or code in ("ARMCD",)):
                pairs = data.frame.select(column, other).drop_nulls().unique()
                yield from _ambiguous(data, pairs, column, other)
                yield from _ambiguous(data, pairs, other, column)


def _ambiguous(data: Dataset, pairs: pl.DataFrame, one: str, other: str) -> Iterator[Finding]:
    """Values of `one` that occur with more than one of `other`; `pairs` are those that occur, each once."""
    if pairs[one].n_unique() == pairs.height:
        return
    several = pairs.group_by(one).agg(pl.col(other).cast(pl.String).sort().str.join(", ").alias("_LIST"), pl.len().alias("_MANY")).filter(pl.col("_MANY") > 1)
    rare = data.frame.drop_nulls([one, other]).with_columns(_SAME=pl.len().over(one, other), _MOST=pl.len().over(one)).join(several, on=one, how="inner")
    rows = rare.filter(pl.col("_SAME") == pl.col("_SAME").min().over(one))
    yield from broken(AMBIGUOUS, data, rows, one, other=other, list=pl.col("_LIST"))


def _summary(data: Dataset) -> Iterator[Finding]:
    """Trial summary: the names of parameters, and the code of each value that is a published term."""
    if not data.has("TSPARMCD", "TSPARM", "TSVAL", "TSVALCD", "TSVCDREF"):
        return
    for row in data.frame.iter_rows(named=True):
        here = data.frame.filter(pl.col("_N") == row["_N"])
        published = sdtm.name_in("C66738", "C67152", row["TSPARMCD"] or "")
        if published is not None and published != row["TSPARM"]:
            yield from broken(UNPAIRED, data, here, "TSPARMCD", name=pl.col("TSPARM"), published=published)
        if (row["TSVCDREF"] or "").startswith("CDISC") and row["TSVALCD"] and not sdtm.published(row["TSVALCD"], row["TSVAL"] or ""):
            yield from broken(MISCODED, data, here, "TSVAL", code=pl.col("TSVALCD"), version=sdtm.CT)
