"""Keys and references: no two records are the same, and whatever a record names exists."""

from collections.abc import Iterator, Sequence

import polars as pl

from trialwright.exchange.conformance.findings import Dataset, Finding, Rule, broken
from trialwright.exchange.conformance.package import Package
from trialwright.protocol import Text

SEQUENCE = Rule("TW-K01", Text("{variable} {value} occurs more than once for {who}", "{who} 的 {variable} {value} 重复"),
                Text("number the records of each subject anew", "请对每位受试者重新编号"))  # fmt: skip
KEYS = Rule("TW-K02", Text("another record has the same keys: {keys}", "另有记录键值相同：{keys}"),
            Text("remove the record that is there twice, or name the key that tells them apart", "请删除重复记录，或补充区分键"))  # fmt: skip
NOBODY = Rule("TW-K03", Text("DM knows no {value}", "DM 中没有 {value}"), Text("correct the subject, or add him to DM", "请更正受试者或补入 DM"))
NO_VISIT = Rule("TW-K04", Text("{who} has no visit {value} in SV", "SV 中 {who} 没有访视 {value}"),
                Text("correct the visit, or add it to SV", "请更正访视或补入 SV"))  # fmt: skip
UNKNOWN = Rule("TW-K05", Text("{other} has no “{value}”", "{other} 中没有“{value}”"),
               Text("correct it, or add it to {other}", "请更正，或补入 {other}"))  # fmt: skip
OTHERWISE = Rule("TW-K06", Text("{other} says “{right}” of the same", "{other} 中同一项为“{right}”"), Text("let both say the same", "两处须一致"))
POINTER = Rule("TW-K07", Text("it points to {domain} where {idvar} is {value}, and there is no such record",
                              "指向 {domain} 中 {idvar} 为 {value} 的记录，但不存在"),
               Text("correct RDOMAIN, IDVAR or IDVARVAL", "请更正 RDOMAIN、IDVAR 或 IDVARVAL"))  # fmt: skip
CONSTANT = Rule("TW-K08", Text("{variable} is “{value}”, not “{right}”", "{variable} 为“{value}”，应为“{right}”"),
                Text("every record bears the study and the data set that it is in", "每条记录须为本研究及所在数据集"))  # fmt: skip
LEFT = Rule("TW-K09", Text("the relation {value} has {sides} sides", "关联 {value} 只有 {sides} 侧"),
            Text("a relation needs records of two data sets or more", "关联至少需要两个数据集的记录"))  # fmt: skip
REFERENCES = (("SE", "ETCD", "TE", "ETCD"), ("TA", "ETCD", "TE", "ETCD"), ("DM", "ARMCD", "TA", "ARMCD"), ("DM", "ACTARMCD", "TA", "ARMCD"),
              ("IE", "IETESTCD", "TI", "IETESTCD"))  # fmt: skip
"""Data set and variable, and where its value must be found."""
SAYINGS = (("SE", "ETCD", "ELEMENT", "TE", "ETCD", "ELEMENT"), ("TA", "ETCD", "ELEMENT", "TE", "ETCD", "ELEMENT"), ("DM", "ARMCD", "ARM", "TA", "ARMCD", "ARM"),
           ("DM", "ACTARMCD", "ACTARM", "TA", "ARMCD", "ARM"), ("IE", "IETESTCD", "IETEST", "TI", "IETESTCD", "IETEST"),
           ("IE", "IETESTCD", "IECAT", "TI", "IETESTCD", "IECAT"))  # fmt: skip
"""Data set, key and word; and where the same key must have the same word."""


def keys(package: Package) -> Iterator[Finding]:
    """Everything about identity and references."""
    for data in package.all:
        yield from _numbered(data)
        yield from _apart(data)
        yield from _somebody(data, package)
    for data in package.sdtm.values():
        yield from _visited(data, package)
        yield from _constant(data, package)
    for name, column, other, wanted in REFERENCES:
        yield from _referred(package, name, column, other, wanted)
    for saying in SAYINGS:
        yield from _says(package, *saying)
    yield from _planned(package)
    for name in [name for name in package.sdtm if name.startswith("SUPP") or name in ("CO", "RELREC")]:
        yield from _pointed(package, package.sdtm[name])
    if "RELREC" in package.sdtm:
        yield from _related(package.sdtm["RELREC"])


def _numbered(data: Dataset) -> Iterator[Finding]:
    name = f"{data.name}SEQ" if data.has(f"{data.name}SEQ") else "ASEQ"
    who = "USUBJID" if data.has("USUBJID") else "TSPARMCD"
    if data.has(name, who):
        yield from broken(SEQUENCE, data, data.frame.filter(pl.struct(who, name).is_duplicated()), name, who=pl.col(who))


def _apart(data: Dataset) -> Iterator[Finding]:
    named = [name for name in (data.said.keys if data.said else ()) if data.has(name)]
    if not named:
        return
    seen = pl.concat_str([pl.col(name).cast(pl.String).fill_null("-") for name in named], separator=" / ")
    yield from broken(KEYS, data, data.frame.filter(pl.struct(named).is_duplicated()), named[-1], keys=seen)


def _somebody(data: Dataset, package: Package) -> Iterator[Finding]:
    if data.has("USUBJID") and "DM" in package.sdtm:
        rows = data.frame.filter(pl.col("USUBJID").is_not_null()).join(package.people, on="USUBJID", how="anti")
        yield from broken(NOBODY, data, rows, "USUBJID")


def _visited(data: Dataset, package: Package) -> Iterator[Finding]:
    visits = package.sdtm.get("SV")
    if visits is not None and data.name != "SV" and data.has("USUBJID", "VISITNUM"):
        rows = data.frame.filter(pl.col("VISITNUM").is_not_null()).join(visits.frame, on=["USUBJID", "VISITNUM"], how="anti")
        yield from broken(NO_VISIT, data, rows, "VISITNUM", who=pl.col("USUBJID"))


def _constant(data: Dataset, package: Package) -> Iterator[Finding]:
    study = package.people["STUDYID"].drop_nulls().mode().sort() if "STUDYID" in package.people.columns else pl.Series([], dtype=pl.String)
    if study.len() and data.has("STUDYID"):
        yield from broken(CONSTANT, data, data.frame.filter(pl.col("STUDYID").ne_missing(pl.lit(study[0]))), "STUDYID", right=str(study[0]))
    if data.has("DOMAIN"):  # a part of a domain that was split bears its code: LBCH is LB
        wrong = ~pl.lit(data.name).str.starts_with(pl.col("DOMAIN")).fill_null(False) | (pl.col("DOMAIN").str.len_chars() < 2)
        yield from broken(CONSTANT, data, data.frame.filter(wrong), "DOMAIN", right=data.name)


def _both(package: Package, name: str, columns: Sequence[str], other: str, wanted: Sequence[str]) -> tuple[Dataset, Dataset] | None:
    data, target = package.sdtm.get(name), package.sdtm.get(other)
    return (data, target) if data is not None and target is not None and data.has(*columns) and target.has(*wanted) else None


def _referred(package: Package, name: str, column: str, other: str, wanted: str) -> Iterator[Finding]:
    both = _both(package, name, (column,), other, (wanted,))
    if both is not None:
        known = both[1].frame.select(pl.col(wanted).alias(column))
        rows = both[0].frame.filter(pl.col(column).is_not_null()).join(known, on=column, how="anti")
        yield from broken(UNKNOWN, both[0], rows, column, other=other)


def _says(package: Package, name: str, key: str, word: str, other: str, its_key: str, its_word: str) -> Iterator[Finding]:
    both = _both(package, name, (key, word), other, (its_key, its_word))
    if both is not None:
        right = both[1].frame.select(pl.col(its_key).alias(key), pl.col(its_word).alias("_RIGHT")).unique(key)
        rows = both[0].frame.join(right, on=key, how="inner").filter(pl.col(word).ne_missing(pl.col("_RIGHT")))
        yield from broken(OTHERWISE, both[0], rows, word, other=other, right=pl.col("_RIGHT"))


def _planned(package: Package) -> Iterator[Finding]:
    """Planned visits are those of TV, and are called and placed as there; unplanned ones are marked so (SVPRESP, SVUPDES)."""
    plan, visits = package.sdtm.get("TV"), package.sdtm.get("SV")
    if plan is None or visits is None or not plan.has("VISITNUM", "VISIT"):
        return
    if visits.has("SVPRESP", "VISITNUM"):
        rows = visits.frame.filter(pl.col("SVPRESP") == "Y").join(plan.frame, on="VISITNUM", how="anti")
        yield from broken(UNKNOWN, visits, rows, "VISITNUM", other="TV")
    for data in package.sdtm.values():
        for word in ("VISIT", "VISITDY"):
            if data.name != "TV" and data.has("VISITNUM", word) and plan.has(word):
                right = plan.frame.select("VISITNUM", pl.col(word).alias("_RIGHT")).unique("VISITNUM")
                rows = data.frame.join(right, on="VISITNUM", how="inner").filter(pl.col(word).ne_missing(pl.col("_RIGHT")))
                yield from broken(OTHERWISE, data, rows, word, other="TV", right=pl.col("_RIGHT"))


def _pointed(package: Package, data: Dataset) -> Iterator[Finding]:
    """Each record about another one finds it: the subject in the domain, and the value in the variable that IDVAR names."""
    if not data.has("RDOMAIN", "IDVAR", "IDVARVAL"):
        return
    for (domain, idvar), rows in data.frame.filter(pl.col("RDOMAIN").is_not_null()).group_by("RDOMAIN", "IDVAR", maintain_order=True):
        target = _parts(package, str(domain))
        details = {"domain": str(domain), "idvar": str(idvar or "USUBJID")}
        if target is None or (idvar is not None and str(idvar) not in target.columns):
            yield from broken(POINTER, data, rows, "IDVARVAL", **details)
        elif data.name == "RELREC":
            yield from broken(POINTER, data, _lost(rows.filter(pl.col("USUBJID").is_not_null()), target, str(idvar)), "IDVARVAL", **details)
        elif idvar is None:
            yield from broken(POINTER, data, rows.filter(pl.col("USUBJID").is_not_null()).join(target, on="USUBJID", how="anti"), "IDVARVAL", **details)
        else:
            yield from broken(POINTER, data, _lost(rows, target, str(idvar)), "IDVARVAL", **details)


def _parts(package: Package, domain: str) -> pl.DataFrame | None:
    """All records of a domain, also where it was split into several data sets; None where there are none."""
    parts = [data.frame for name, data in package.sdtm.items() if name == domain or (data.has("DOMAIN") and len(name) == 4 and name.startswith(domain))]
    return pl.concat(parts, how="diagonal_relaxed") if parts else None


def _lost(rows: pl.DataFrame, target: pl.DataFrame, idvar: str) -> pl.DataFrame:
    own = target[idvar]
    text = own.cast(pl.Int64).cast(pl.String) if own.dtype == pl.Float64 and bool((own.drop_nulls() % 1 == 0).all()) else own.cast(pl.String)
    there = target.select("USUBJID").with_columns(text.alias("IDVARVAL"))
    return rows.join(there, on=["USUBJID", "IDVARVAL"], how="anti")


def _related(data: Dataset) -> Iterator[Finding]:
    if data.has("RELID", "RDOMAIN"):
        sides = data.frame.with_columns(_SIDES=pl.len().over("USUBJID", "RELID"))
        yield from broken(LEFT, data, sides.filter(pl.col("_SIDES") < 2), "RELID", sides=pl.col("_SIDES"))
