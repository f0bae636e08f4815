"""Days: written as ISO 8601 says, in their order, counted from the reference day, and in the epoch of their element."""

import re
from calendar import monthrange
from collections.abc import Iterator

import polars as pl

from trialwright.exchange.conformance.findings import Dataset, Finding, Rule, broken
from trialwright.exchange.conformance.package import Package
from trialwright.protocol import Text

UNWRITTEN = Rule("TW-D01", Text("“{value}” is no date, time or interval of ISO 8601", "“{value}”不是 ISO 8601 日期、时间或区间"),
                 Text("write it like 2026-05-03, 2026-05 or 2026-05-03T14:30", "请写成 2026-05-03、2026-05 或 2026-05-03T14:30"))  # fmt: skip
LENGTH = Rule("TW-D02", Text("“{value}” is no duration of ISO 8601", "“{value}”不是 ISO 8601 时长"),
              Text("write it like P84D or PT30M", "请写成 P84D 或 PT30M"))  # fmt: skip
BACKWARD = Rule("TW-D03", Text("it ends on {value}, before it begins ({start})", "结束于 {value}，早于开始（{start}）"),
                Text("correct one of the dates at its source", "请在源数据中更正"))  # fmt: skip
MISCOUNTED = Rule("TW-D04", Text("the study day is {value}; from {date} and the reference day {start} it is {right}",
                                 "研究日为 {value}；由 {date} 与参考日 {start} 应为 {right}"),
                  Text("count again: there is no day 0, and none for a date that is not complete", "请重新计算：无第 0 日，日期不完整则无研究日"))  # fmt: skip
EPOCH = Rule("TW-D05", Text("the epoch is {value}; on {date} the subject is in {right} (SE)", "阶段为 {value}；{date} 时受试者处于 {right}（SE）"),
             Text("take the epoch of the element in which the record begins", "请取记录开始时所在要素的阶段"))  # fmt: skip
GAP = Rule("TW-D06", Text("the element ends on {value}, the next begins on {next}", "该要素止于 {value}，下一要素始于 {next}"),
           Text("let each element end when the next begins", "每个要素须止于下一要素开始之时"))  # fmt: skip
BEFORE = Rule("TW-D07", Text("this record is flagged; of its series the last result on or before the first dose ({dose}) is of {right}",
                             "该记录已标志；该系列首次给药（{dose}）当日或之前的最后结果为 {right}"),
              Text("flag the last result that is not missing on or before RFXSTDTC, and no other", "仅标记 RFXSTDTC 当日或之前最后一个非缺失结果"))  # fmt: skip
NEVER = Rule("TW-D08", Text("no record of this series is flagged, although this result precedes the first dose ({dose})",
                            "该系列无标志，但此结果早于首次给药（{dose}）"),
             Text("flag the last result that is not missing on or before RFXSTDTC", "请标记 RFXSTDTC 当日或之前最后一个非缺失结果"))  # fmt: skip

_DAY = r"(?:\d{4})(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?"
_TIME = r"T(?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:\.\d+)?)?)?(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?"
_PARTLY = r"(?:\d{4}|-)(?:-(?:0[1-9]|1[0-2]|-)(?:-(?:0[1-9]|[12]\d|3[01]|-)(?:T(?:[01]\d|2[0-3]|-)(?::(?:[0-5]\d|-)(?::[0-5]\d)?)?)?)?)?"
_LENGTH = r"P(?:\d+W|(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?)"
MOMENT = re.compile(rf"(?:{_DAY}|\d{{4}}-\d\d-\d\d{_TIME}|{_PARTLY})")
"""A date or time, complete or with parts unknown (from the right, or as -)."""
DURATION = re.compile(rf"[+-]?{_LENGTH}")
DURATIONS = re.compile(r"..(DUR|ELTM|EVLINT|STINT|ENINT)|TD(STOFF|TGTPAI|MINPAI|MAXPAI)|TEDUR")
SERIES = ("TESTCD", "CAT", "SCAT", "EVAL", "EVALID", "BDAGNT", "TSTDTL", "OBJ", "SPEC", "METHOD", "LOC", "LAT", "POS", "TPT")
"""What tells two series of results of the same person apart."""


def days(package: Package) -> Iterator[Finding]:
    """Everything about time in the tabulation."""
    for data in package.sdtm.values():
        yield from _written(data)
        yield from _ordered(data)
        yield from _counted(data, package.people)
        yield from _in_epoch(data, package)
        yield from _last_before_dose(data, package.people)
    if "SE" in package.sdtm:
        yield from _tiled(package.sdtm["SE"])


def is_moment(text: str) -> bool:
    """Whether this is a date, a time or an interval of ISO 8601, complete or not.

    >>> [one for one in ("2026-02-29", "2026-13", "2026-05-03T14:30", "2026---03", "--05", "2026-01/2026-02", "3 May") if not is_moment(one)]
    ['2026-02-29', '2026-13', '3 May']
    """
    first, slash, last = text.partition("/")
    return _is_one(first) and (not slash or _is_one(last) or DURATION.fullmatch(last) is not None)


def _is_one(text: str) -> bool:
    if MOMENT.fullmatch(text) is None or not any(mark.isdigit() for mark in text):
        return False
    year, month, day = (int(part) if part.isdigit() else None for part in (text[:4], text[5:7], text[8:10]))
    if month is None or day is None:
        return True
    return day <= monthrange(2000 if year is None else year, month)[1]


def _written(data: Dataset) -> Iterator[Finding]:
    for name in data.columns:
        if name.endswith("DTC") and data.text(name):
            rule, right = UNWRITTEN, is_moment
        elif DURATIONS.fullmatch(name) and data.text(name):
            rule, right = LENGTH, _is_length
        else:
            continue
        wrong = [value for value in data.frame[name].drop_nulls().unique().to_list() if not right(value)]
        if wrong:
            yield from broken(rule, data, data.frame.filter(pl.col(name).is_in(wrong)), name)


def _is_length(text: str) -> bool:
    return DURATION.fullmatch(text) is not None


def _ordered(data: Dataset) -> Iterator[Finding]:
    for name in data.columns:
        start = name.removesuffix("ENDTC") + "STDTC"
        if name.endswith("ENDTC") and data.has(start):
            known = pl.min_horizontal(pl.col(name).str.len_chars(), pl.col(start).str.len_chars())
            both = data.frame.with_columns(_K=pl.when(known >= 16).then(16).otherwise(pl.min_horizontal(known, 10)))
            rows = both.filter(pl.col(name).str.slice(0, pl.col("_K")) < pl.col(start).str.slice(0, pl.col("_K")))
            yield from broken(BACKWARD, data, rows, name, start=pl.col(start))


def _day(name: str) -> pl.Expr:
    return pl.col(name).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)


def study_day(date: pl.Expr, start: pl.Expr) -> pl.Expr:
    """The study day: 1 is the reference day, -1 the day before."""
    between = (date - start).dt.total_days()
    return pl.when(between >= 0).then(between + 1).otherwise(between)


def _counted(data: Dataset, people: pl.DataFrame) -> Iterator[Finding]:
    if not data.has("USUBJID") or "RFSTDTC" not in people.columns:
        return
    starts = people.select("USUBJID", _START=pl.col("RFSTDTC")).unique("USUBJID")
    for name in data.columns:
        date = name.removesuffix("DY") + "DTC"
        if name.endswith("DY") and name != "VISITDY" and data.has(date):
            frame = data.frame.join(starts, on="USUBJID", how="left").with_columns(_RIGHT=study_day(_day(date), _day("_START")))
            rows = frame.filter(pl.col(name).cast(pl.Int64, strict=False).ne_missing(pl.col("_RIGHT")) | (pl.col(name) % 1 != 0))
            yield from broken(MISCOUNTED, data, rows, name, date=pl.col(date), start=pl.col("_START"), right=pl.col("_RIGHT"))


def _in_epoch(data: Dataset, package: Package) -> Iterator[Finding]:
    """Against the elements: on the day on which one ends and the next begins, either will do."""
    elements = package.sdtm.get("SE")
    date = next((one for one in (f"{data.name}STDTC", f"{data.name}DTC") if data.has(one)), None)
    if elements is None or data.name == "SE" or date is None or not data.has("EPOCH", "USUBJID") or not elements.has("EPOCH", "SESTDTC", "SEENDTC"):
        return
    spans = elements.frame.select("USUBJID", _IN=pl.col("EPOCH"), _FROM=_day("SESTDTC"), _TO=_day("SEENDTC"))
    spans = spans.with_columns(_FIRST=pl.col("_FROM").min().over("USUBJID"), _LAST=pl.col("_FROM").max().over("USUBJID"))
    dated = data.frame.with_columns(_ON=_day(date)).filter(pl.col("_ON").is_not_null() & pl.col("EPOCH").is_not_null())
    within = (pl.col("_ON") >= pl.col("_FROM")) & (pl.col("_TO").is_null() | (pl.col("_ON") <= pl.col("_TO")))
    early = (pl.col("_ON") < pl.col("_FIRST")) & (pl.col("_FROM") == pl.col("_FIRST"))
    late = (pl.col("_ON") >= pl.col("_LAST")) & (pl.col("_FROM") == pl.col("_LAST"))
    fits = dated.select("_N", "USUBJID", "_ON").join(spans, on="USUBJID", how="inner").filter(within | early | late)
    right = fits.group_by("_N").agg(_RIGHT=pl.col("_IN").unique(maintain_order=True))
    rows = dated.join(right, on="_N", how="inner").filter(~pl.col("_RIGHT").list.contains(pl.col("EPOCH")))
    yield from broken(EPOCH, data, rows, "EPOCH", date=pl.col(date), right=pl.col("_RIGHT").list.join(" / "))


def _tiled(data: Dataset) -> Iterator[Finding]:
    if not data.has("USUBJID", "SESTDTC", "SEENDTC"):
        return
    frame = data.frame.sort("USUBJID", "SESTDTC", "SESEQ").with_columns(_NEXT=pl.col("SESTDTC").shift(-1).over("USUBJID"))
    rows = frame.filter(pl.col("_NEXT").is_not_null() & pl.col("SEENDTC").ne_missing(pl.col("_NEXT")))
    yield from broken(GAP, data, rows, "SEENDTC", next=pl.col("_NEXT"))


def _last_before_dose(data: Dataset, people: pl.DataFrame) -> Iterator[Finding]:
    """The flag of the last result before exposure, found again from dates alone; of two results of one day either may bear it."""
    code = data.name
    flag, date, result = f"{code}LOBXFL", f"{code}DTC", f"{code}STRESC"
    if not data.has("USUBJID", flag, date, result) or "RFXSTDTC" not in people.columns:
        return
    frame = data.frame.join(people.select("USUBJID", _DOSE=pl.col("RFXSTDTC")).unique("USUBJID"), on="USUBJID", how="left")
    series = ["USUBJID", *(f"{code}{part}" for part in SERIES if data.has(f"{code}{part}"))]
    on = _day(date)
    fits = pl.col(result).is_not_null() & on.is_not_null() & (on <= _day("_DOSE"))
    frame = frame.with_columns(_FITS=fits.fill_null(False)).with_columns(_LAST=on.filter(pl.col("_FITS")).max().over(series))
    bears = pl.col(flag).fill_null("") == "Y"
    wrong = bears & (~pl.col("_FITS") | (on != pl.col("_LAST")) | (bears.sum().over(series) > 1))
    yield from broken(BEFORE, data, frame.filter(wrong), flag, dose=pl.col("_DOSE"), right=pl.col("_LAST"))
    none = pl.col("_FITS") & (on == pl.col("_LAST")) & (bears.sum().over(series) == 0)
    yield from broken(NEVER, data, frame.filter(none), flag, dose=pl.col("_DOSE"))
