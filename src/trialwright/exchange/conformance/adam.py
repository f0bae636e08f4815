"""Analysis data sets: the people and treatments of ADSL everywhere, parameters that mean one thing, and values that can be found again."""

from collections.abc import Iterator

import polars as pl

from trialwright.exchange.conformance.days import study_day
from trialwright.exchange.conformance.findings import Dataset, Finding, Rule, broken, close
from trialwright.exchange.conformance.package import Package
from trialwright.exchange.conformance.source import sources
from trialwright.protocol import Text

ONCE = Rule("TW-A01", Text("ADSL has {many} records of {value}", "ADSL 中 {value} 有 {many} 条记录"),
            Text("one record for each subject", "每位受试者一条记录"))  # fmt: skip
ABSENT = Rule("TW-A02", Text("{value} is in {where} alone", "{value} 仅见于 {where}"),
              Text("DM and ADSL hold the same subjects", "DM 与 ADSL 受试者须一致"))  # fmt: skip
COPIED = Rule("TW-A03", Text("{variable} is “{value}”, in {other} “{right}”", "{variable} 为“{value}”，{other} 中为“{right}”"),
              Text("copy it again from {other}", "请由 {other} 重新复制"))  # fmt: skip
FLAG = Rule("TW-A04", Text("the flag is “{value}”; it may be {allowed}", "标志为“{value}”；只能为 {allowed}"), Text("correct the flag", "请更正标志"))
PAIR = Rule("TW-A05", Text("the number of the flag is {value}, the flag “{right}”", "标志数值为 {value}，标志为“{right}”"),
            Text("1 stands for Y, 0 for N; a number needs its flag", "1 为 Y，0 为 N；数值须有标志"))  # fmt: skip
CHANGE = Rule("TW-A06", Text("{variable} is {value}; from AVAL {aval} and BASE {base} it is {right}",
                             "{variable} 为 {value}；由 AVAL {aval} 与 BASE {base} 得 {right}"),
              Text("derive it again", "请重新派生"))  # fmt: skip
BASELINES = Rule("TW-A07", Text("the subject has {many} baseline records of {parameter}", "该受试者 {parameter} 有 {many} 条基线记录"),
                 Text("flag one baseline for each subject and parameter", "每位受试者每个参数仅一条基线"))  # fmt: skip
BASE = Rule("TW-A08", Text("BASE is {value}; the record with ABLFL = Y has {right}", "BASE 为 {value}；ABLFL = Y 的记录为 {right}"),
            Text("take BASE from the flagged record", "请取标志记录的值为 BASE"))  # fmt: skip
DAY = Rule("TW-A09", Text("the study day is {value}; from {date} and {start} it is {right}", "研究日为 {value}；由 {date} 与 {start} 应为 {right}"),
           Text("count again from the reference day", "请由参考日重新计算"))  # fmt: skip
WINDOW = Rule("TW-A10", Text("day {value} is outside the window {low} to {high} of {visit}", "第 {value} 日不在 {visit} 的窗口 {low}–{high} 内"),
              Text("choose the visit by the window", "请按窗口确定分析访视"))  # fmt: skip
DISTANCE = Rule("TW-A11", Text("the distance from the target is {value}; from day {day} to {target} it is {right}",
                               "距目标 {value} 日；由第 {day} 日至 {target} 为 {right}"),
                Text("derive AWTDIFF again", "请重新派生 AWTDIFF"))  # fmt: skip
WINDOWS = Rule("TW-A12", Text("{visit} has more than one window or target for this parameter", "该参数的 {visit} 有多个窗口或目标"),
               Text("one window for each parameter and analysis visit", "每个参数每次分析访视仅一个窗口"))  # fmt: skip
CHOSEN = Rule("TW-A13", Text("{many} records of {parameter} stand for {visit}", "{visit} 有 {many} 条 {parameter} 记录被选用"),
              Text("flag one analysis record for each visit", "每次访视仅标记一条分析记录"))  # fmt: skip
CRITERION = Rule("TW-A14", Text("{variable} is “{value}”, and {other} is “{right}”", "{variable} 为“{value}”，{other} 为“{right}”"),
                 Text("a criterion and its flag stand together", "标准与其标志须同时存在"))  # fmt: skip
EMERGENT = Rule("TW-A15", Text("TRTEMFL is “{value}”; the event began on {start}, treatment lasted from {first} to {last}: it is “{right}”",
                               "TRTEMFL 为“{value}”；事件始于 {start}，治疗自 {first} 至 {last}，应为“{right}”"),
                Text("derive the flag again", "请重新派生标志"))  # fmt: skip
TIME = Rule("TW-A16", Text("the time is {value}; from {start} to {date} it is {right}", "时间为 {value}；自 {start} 至 {date} 为 {right}"),
            Text("count the days again", "请重新计算天数"))  # fmt: skip
CENSORED = Rule("TW-A17", Text("CNSR is {value}, and the day of the cut is “{right}”", "CNSR 为 {value}，删失日说明为“{right}”"),
                Text("0 for an event; otherwise say which day the cut is", "事件为 0；否则说明删失日"))  # fmt: skip
LATE = Rule("TW-A18", Text("the day {value} is after the end of participation ({end})", "日期 {value} 晚于参与结束（{end}）"),
            Text("correct the date at its source", "请在源数据中更正日期"))  # fmt: skip
IMPOSSIBLE = Rule("TW-A19", Text("{variable} is {value}, and {other} is {right}", "{variable} 为 {value}，而 {other} 为 {right}"),
                  Text("derive the population or duration again", "请重新派生人群或时长"))  # fmt: skip
TYPE = Rule("TW-A20", Text("“{value}” is no derivation type or imputation flag of ADaM", "“{value}”不是 ADaM 的派生类型或填补标志"),
            Text("choose a published term", "请选用已发布术语"))  # fmt: skip
YES_ONLY = r"^(ABLFL|ANL\d\dFL|AOCC.*FL|TRTEMFL|PREFL|ONTRTFL|FUPFL|LVOTFL)$"
POPULATIONS = ("ENRLFL", "ITTFL", "SAFFL", "FASFL", "RANDFL", "COMPLFL", "PPROTFL")
ALIASES = {"TRTP": "TRT01P", "TRTPN": "TRT01PN", "TRTA": "TRT01A", "TRTAN": "TRT01AN"}
SHARED = ("SUBJID", "SITEID", "AGE", "SEX", "RACE", "TRT01P", "TRT01PN", "TRT01A", "TRT01AN", "TRTSDT", "TRTEDT", *POPULATIONS)
TERMS = ["AVERAGE", "BC", "BLOCF", "BOC", "BOCF", "COPY", "EXTRAP", "HALFLLOQ", "INTERP", "LLOD", "LLOQ", "LOCF", "LOV", "LVPD", "MAXIMUM",
         "MINIMUM", "ML", "MOTH", "MOV", "NOCB", "PHANTOM", "POCF", "SOCF", "ULOD", "ULOQ", "WC", "WOC", "WOCF", "WOV"]  # fmt: skip
"""Derivation types of CDISC ADaM CT 2026-03-27 (C81224, NCI EVS)."""


def analysis(package: Package) -> Iterator[Finding]:
    """Everything about the analysis data sets."""
    people = package.adam.get("ADSL")
    if people is None:
        return
    yield from _one_each(people, package)
    yield from _populations(people)
    for data in package.adam.values():
        if data.name != "ADSL":
            yield from _as_in(data, people)
        yield from _flags(data)
        yield from _changes(data)
        yield from _baselines(data)
        yield from _days(data, package)
        yield from _windows(data)
        yield from _criteria(data)
        yield from _times(data)
    if "ADAE" in package.adam:
        yield from _emergent(package.adam["ADAE"])
    yield from sources(package)


def _one_each(people: Dataset, package: Package) -> Iterator[Finding]:
    many = people.frame.with_columns(_MANY=pl.len().over("USUBJID"))
    yield from broken(ONCE, people, many.filter(pl.col("_MANY") > 1), "USUBJID", many=pl.col("_MANY"))
    if "DM" not in package.sdtm:
        return
    dm = package.sdtm["DM"]
    yield from broken(ABSENT, people, people.frame.join(dm.frame, on="USUBJID", how="anti"), "USUBJID", where="ADSL")
    yield from broken(ABSENT, dm, dm.frame.join(people.frame, on="USUBJID", how="anti"), "USUBJID", where="DM")
    for name in people.columns:
        if dm.has(name) and name != "USUBJID":
            yield from _copied(people, name, dm, name)
    yield from _copied(people, "TRT01P", dm, "ARM")
    yield from _copied(people, "TRT01A", dm, "ACTARM")


def _copied(data: Dataset, name: str, other: Dataset, its: str) -> Iterator[Finding]:
    if data.has(name) and other.has(its):
        right = other.frame.select("USUBJID", pl.col(its).alias("_RIGHT")).unique("USUBJID")
        rows = data.frame.join(right, on="USUBJID", how="inner").filter(pl.col(name).ne_missing(pl.col("_RIGHT")))
        yield from broken(COPIED, data, rows, name, other=f"{other.name}.{its}", right=pl.col("_RIGHT"))


def _populations(people: Dataset) -> Iterator[Finding]:
    frame = people.frame
    if people.has("FASFL", "ITTFL"):
        yield from broken(IMPOSSIBLE, people, frame.filter((pl.col("FASFL") == "Y") & (pl.col("ITTFL") != "Y")), "FASFL", other="ITTFL", right=pl.col("ITTFL"))
    if people.has("SAFFL", "TRTSDT"):
        unlike = (pl.col("SAFFL") == "Y") != pl.col("TRTSDT").is_not_null()
        yield from broken(IMPOSSIBLE, people, frame.filter(unlike), "SAFFL", other="TRTSDT", right=pl.col("TRTSDT"))
    if people.has("TRTDURD", "TRTSDT", "TRTEDT"):
        rows = frame.with_columns(_RIGHT=(pl.col("TRTEDT") - pl.col("TRTSDT")).dt.total_days() + 1)
        wrong = rows.filter(pl.col("TRTDURD").ne_missing(pl.col("_RIGHT")))
        yield from broken(IMPOSSIBLE, people, wrong, "TRTDURD", other="TRTEDT - TRTSDT + 1", right=pl.col("_RIGHT"))


def _as_in(data: Dataset, people: Dataset) -> Iterator[Finding]:
    for name in data.columns:
        its = ALIASES.get(name, name)
        if name in ALIASES or name in SHARED:
            yield from _copied(data, name, people, its)
    if data.has("USUBJID"):
        yield from broken(ABSENT, data, data.frame.join(people.frame, on="USUBJID", how="anti"), "USUBJID", where=data.name)


def _flags(data: Dataset) -> Iterator[Finding]:
    for name in data.columns:
        if name.endswith("FL") and data.text(name):
            only = bool(pl.Series([name]).str.contains(YES_ONLY)[0])
            allowed = ["Y"] if only else ["Y", "N"]
            yield from broken(FLAG, data, data.frame.filter(~pl.col(name).is_in(allowed)), name, allowed="Y" if only else "Y, N")
            if name in POPULATIONS and data.name == "ADSL" and name != "SAFFL":
                yield from broken(FLAG, data, data.frame.filter(pl.col(name).is_null()), name, allowed="Y, N")
        if name.endswith("FN"):
            flag = name.removesuffix("N") + "L"
            right = pl.col(flag).replace_strict({"Y": 1.0, "N": 0.0}, default=None, return_dtype=pl.Float64) if data.has(flag) else pl.lit(None, pl.Float64)
            shown = pl.col(flag) if data.has(flag) else ""
            yield from broken(PAIR, data, data.frame.filter(pl.col(name).ne_missing(right)), name, right=shown)
        if name == "DTYPE" and data.text(name):
            yield from broken(TYPE, data, data.frame.filter(~pl.col(name).is_in(TERMS)), name)
        if name.endswith("DTF"):
            yield from broken(TYPE, data, data.frame.filter(~pl.col(name).is_in(["D", "M", "Y"])), name)


def _changes(data: Dataset) -> Iterator[Finding]:
    """What says that it changed has changed by AVAL - BASE; a record after the baseline with both says so."""
    if not data.has("AVAL", "BASE"):
        return
    change = pl.col("AVAL") - pl.col("BASE")
    rights = {"CHG": change, "PCHG": pl.when(pl.col("BASE") != 0).then(100 * change / pl.col("BASE"))}
    for name, right in rights.items():
        if data.has(name):
            rows = data.frame.with_columns(_RIGHT=right)
            due = pl.col(name).is_not_null() | (pl.col("ADY") > 1).fill_null(False) if data.has("ADY") else pl.col(name).is_not_null()
            yield from broken(CHANGE, data, rows.filter(due & ~close(pl.col(name), pl.col("_RIGHT"))), name,
                              aval=pl.col("AVAL"), base=pl.col("BASE"), right=pl.col("_RIGHT"))  # fmt: skip


def _baselines(data: Dataset) -> Iterator[Finding]:
    if not data.has("USUBJID", "PARAMCD", "ABLFL", "AVAL", "BASE"):
        return
    by = ["USUBJID", "PARAMCD", *(["BASETYPE"] if data.has("BASETYPE") else [])]
    flagged = pl.col("ABLFL") == "Y"
    frame = data.frame.with_columns(_MANY=flagged.sum().over(by), _RIGHT=pl.col("AVAL").filter(flagged).first().over(by))
    yield from broken(BASELINES, data, frame.filter(flagged & (pl.col("_MANY") > 1)), "ABLFL", many=pl.col("_MANY"), parameter=pl.col("PARAMCD"))
    yield from broken(BASE, data, frame.filter(~close(pl.col("BASE"), pl.col("_RIGHT"))), "BASE", right=pl.col("_RIGHT"))


def _days(data: Dataset, package: Package) -> Iterator[Finding]:
    dm = package.people
    if "RFSTDTC" not in dm.columns or not data.has("USUBJID"):
        return
    ends = pl.col("RFPENDTC") if "RFPENDTC" in dm.columns else pl.lit(None, pl.String)
    told = dm.select("USUBJID", _START=_day(pl.col("RFSTDTC")), _END=_day(ends)).unique("USUBJID")
    frame = data.frame.join(told, on="USUBJID", how="left")
    for day, date in (("ADY", "ADT"), ("ASTDY", "ASTDT"), ("AENDY", "AENDT")):
        if data.has(day, date):
            rows = frame.with_columns(_RIGHT=study_day(pl.col(date), pl.col("_START")))
            wrong = rows.filter(pl.col(day).ne_missing(pl.col("_RIGHT")))
            yield from broken(DAY, data, wrong, day, date=pl.col(date), start=pl.col("_START"), right=pl.col("_RIGHT"))
    if data.has("ADT"):
        yield from broken(LATE, data, frame.filter(pl.col("ADT") > pl.col("_END")), "ADT", end=pl.col("_END"))


def _day(text: pl.Expr) -> pl.Expr:
    return text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)


def _windows(data: Dataset) -> Iterator[Finding]:
    """A day lies in the window of its visit, unless the row carries another day forward; one record stands for each visit."""
    if not data.has("USUBJID", "PARAMCD", "AVISIT"):
        return
    frame = data.frame.with_columns(pl.col("DTYPE") if data.has("DTYPE") else pl.lit(None, pl.String).alias("DTYPE"))
    if data.has("ADY", "AWLO", "AWHI"):
        outside = (pl.col("ADY") < pl.col("AWLO")).fill_null(False) | (pl.col("ADY") > pl.col("AWHI")).fill_null(False)
        wrong = frame.filter(pl.col("DTYPE").is_null() & outside)
        yield from broken(WINDOW, data, wrong, "ADY", low=pl.col("AWLO"), high=pl.col("AWHI"), visit=pl.col("AVISIT"))
        kinds = frame.filter(pl.col("AVISIT").is_not_null()).with_columns(_MANY=pl.struct("AWLO", "AWHI", "AWTARGET").n_unique().over("PARAMCD", "AVISIT"))
        several = kinds.with_columns(_SAME=pl.len().over("PARAMCD", "AVISIT", "AWLO", "AWHI", "AWTARGET"))
        rare = (pl.col("_MANY") > 1) & (pl.col("_SAME") == pl.col("_SAME").min().over("PARAMCD", "AVISIT"))
        yield from broken(WINDOWS, data, several.filter(rare), "AWTARGET", visit=pl.col("AVISIT"))
    if data.has("ADY", "AWTARGET", "AWTDIFF"):
        rows = frame.with_columns(_RIGHT=(pl.col("ADY") - pl.col("AWTARGET")).abs())
        yield from broken(DISTANCE, data, rows.filter(pl.col("AWTDIFF").ne_missing(pl.col("_RIGHT"))), "AWTDIFF",
                          day=pl.col("ADY"), target=pl.col("AWTARGET"), right=pl.col("_RIGHT"))  # fmt: skip
    if data.has("ANL01FL"):
        chosen = frame.filter((pl.col("ANL01FL") == "Y") & pl.col("AVISIT").is_not_null()).with_columns(_MANY=pl.len().over("USUBJID", "PARAMCD", "AVISIT"))
        several = chosen.filter(pl.col("_MANY") > 1)
        yield from broken(CHOSEN, data, several, "ANL01FL", many=pl.col("_MANY"), parameter=pl.col("PARAMCD"), visit=pl.col("AVISIT"))


def _criteria(data: Dataset) -> Iterator[Finding]:
    for name in data.columns:
        flag = f"{name}FL"
        if name.startswith("CRIT") and data.has(flag):
            yield from broken(CRITERION, data, data.frame.filter(pl.col(name).is_null() != pl.col(flag).is_null()), flag, other=name, right=pl.col(name))


def _times(data: Dataset) -> Iterator[Finding]:
    if data.has("STARTDT", "ADT", "AVAL", "CNSR"):
        rows = data.frame.with_columns(_RIGHT=(pl.col("ADT") - pl.col("STARTDT")).dt.total_days() + 1)
        unlike = rows.filter(pl.col("AVAL").ne_missing(pl.col("_RIGHT")))
        yield from broken(TIME, data, unlike, "AVAL", start=pl.col("STARTDT"), date=pl.col("ADT"), right=pl.col("_RIGHT"))
        told = pl.col("CNSDTDSC") if data.has("CNSDTDSC") else pl.lit(None, pl.String)
        wrong = pl.col("CNSR").is_null() | (pl.col("CNSR") < 0) | ((pl.col("CNSR") == 0) != told.is_null())
        yield from broken(CENSORED, data, data.frame.filter(wrong), "CNSR", right=told)


def _emergent(data: Dataset, within: int = 30) -> Iterator[Finding]:
    """From the first day of treatment to `within` days after the last; an event of unknown day counts."""
    if not data.has("TRTEMFL", "ASTDT", "TRTSDT"):
        return
    last = pl.col("TRTEDT") if data.has("TRTEDT") else pl.lit(None, pl.Date)
    begun = (pl.col("ASTDT") >= pl.col("TRTSDT")).fill_null(True) & pl.col("TRTSDT").is_not_null()
    late = ((pl.col("ASTDT") - last).dt.total_days() > within).fill_null(False)
    frame = data.frame.with_columns(_RIGHT=pl.when(begun & ~late).then(pl.lit("Y")))
    yield from broken(EMERGENT, data, frame.filter(pl.col("TRTEMFL").ne_missing(pl.col("_RIGHT"))), "TRTEMFL",
                      start=pl.col("ASTDT"), first=pl.col("TRTSDT"), last=last, right=pl.col("_RIGHT"))  # fmt: skip
