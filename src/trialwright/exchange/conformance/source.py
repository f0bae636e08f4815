"""The way back: every row of the analysis names a record of the tabulation that exists, and holds what stands there."""

from collections.abc import Iterator

import polars as pl

from trialwright.exchange.conformance.findings import Dataset, Finding, Rule, broken, close
from trialwright.exchange.conformance.package import Package
from trialwright.protocol import Text

NOWHERE = Rule("TW-A21", Text("the source {value} is no data set of the package", "来源 {value} 不是数据包中的数据集"),
               Text("correct SRCDOM", "请更正 SRCDOM"))  # fmt: skip
NO_COLUMN = Rule("TW-A22", Text("the source {domain} has no variable {value}", "来源 {domain} 没有变量 {value}"),
                 Text("correct SRCVAR", "请更正 SRCVAR"))  # fmt: skip
NO_RECORD = Rule("TW-A23", Text("{domain} has no record {value} of {who}", "{domain} 中 {who} 没有第 {value} 号记录"),
                 Text("correct SRCSEQ", "请更正 SRCSEQ"))  # fmt: skip
UNLIKE = Rule("TW-A24", Text("the value is {value}, in the source record {source} it is {right}", "值为 {value}，来源记录 {source} 为 {right}"),
              Text("take the value from the record that SRCSEQ names", "请取 SRCSEQ 所指记录的值"))  # fmt: skip
DATED = Rule("TW-A25", Text("the day is {value}, in the source record {source} it is {right}", "日期为 {value}，来源记录 {source} 为 {right}"),
             Text("take the date from the record that SRCSEQ names", "请取 SRCSEQ 所指记录的日期"))  # fmt: skip


def sources(package: Package) -> Iterator[Finding]:
    """SRCDOM, SRCVAR and SRCSEQ of every analysis data set."""
    if not package.sdtm:
        return
    for data in package.adam.values():
        if data.has("SRCDOM", "SRCVAR", "USUBJID"):
            for (domain, variable), rows in data.frame.filter(pl.col("SRCDOM").is_not_null()).group_by("SRCDOM", "SRCVAR", maintain_order=True):
                yield from _from(package, data, str(domain), None if variable is None else str(variable), rows)


def _from(package: Package, data: Dataset, domain: str, variable: str | None, rows: pl.DataFrame) -> Iterator[Finding]:
    target = package.sdtm.get(domain) or package.adam.get(domain)
    if target is None:
        yield from broken(NOWHERE, data, rows, "SRCDOM")
        return
    if variable is not None and not target.has(variable):
        yield from broken(NO_COLUMN, data, rows, "SRCVAR", domain=domain)
        return
    number = next((name for name in (f"{domain}SEQ", "ASEQ") if target.has(name)), None)
    if number is None or not data.has("SRCSEQ"):
        yield from broken(NO_RECORD, data, rows.join(target.frame, on="USUBJID", how="anti"), "USUBJID", domain=domain, who=pl.col("USUBJID"))
        return
    named = rows.filter(pl.col("SRCSEQ").is_not_null())
    date = next((name for name in (f"{domain}STDTC", f"{domain}DTC") if target.has(name)), None)
    day = pl.lit(None, pl.Date) if date is None else pl.col(date).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    there = target.frame.select("USUBJID", pl.col(number).alias("SRCSEQ"), _IT=pl.col(variable) if variable else pl.lit(None), _ON=day, _IS=pl.lit(True))
    found = named.join(there.unique(["USUBJID", "SRCSEQ"]), on=["USUBJID", "SRCSEQ"], how="left")
    yield from broken(NO_RECORD, data, found.filter(pl.col("_IS").is_null()), "SRCSEQ", domain=domain, who=pl.col("USUBJID"))
    yield from _as_there(data, domain, variable, found.filter(pl.col("_IS").is_not_null()))


def _as_there(data: Dataset, domain: str, variable: str | None, found: pl.DataFrame) -> Iterator[Finding]:
    """Copies equal what they are copied from: values of parameters that define.xml says are copied, and days of results."""
    source = pl.format("{} {}", pl.lit(domain), pl.col("SRCSEQ").cast(pl.Int64))
    copied = _copied(data)
    if data.has("PARAMCD", "AVAL") and found["_IT"].dtype == pl.Float64 and copied:
        rows = found.filter(pl.col("PARAMCD").is_in(copied) & ~close(pl.col("AVAL"), pl.col("_IT")))
        yield from broken(UNLIKE, data, rows, "AVAL", source=source, right=pl.col("_IT"))
    elif variable is not None and data.has(variable) and not data.has("PARAMCD") and found["_IT"].dtype == data.frame[variable].dtype:
        yield from broken(UNLIKE, data, found.filter(pl.col(variable).ne_missing(pl.col("_IT"))), variable, source=source, right=pl.col("_IT"))
    if data.has("PARAMCD", "ADT", "ADY"):
        rows = found.filter(pl.col("ADT").ne_missing(pl.col("_ON")))
        yield from broken(DATED, data, rows, "ADT", source=source, right=pl.col("_ON"))


def _copied(data: Dataset) -> list[str]:
    """The parameters whose value is copied, as their value-level origin says."""
    aval = next((one for one in data.said.columns if one.name == "AVAL"), None) if data.said else None
    return [where.values[0] for one in (aval.values if aval else ()) if one.origin == "Predecessor" for where in one.where if where.variable == "PARAMCD"]
