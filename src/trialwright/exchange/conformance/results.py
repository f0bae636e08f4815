"""Results that agree with themselves: text and number, unit, ranges, scores with their items, events that are serious for a reason."""

from collections.abc import Iterator

import polars as pl

from trialwright.exchange.conformance.findings import Dataset, Finding, Rule, broken, close
from trialwright.exchange.conformance.package import Package
from trialwright.instruments import haq_di, mrss
from trialwright.protocol import Text

NUMBER = Rule("TW-R01", Text("the number is {value}, the text of the result “{text}”", "数值为 {value}，结果文本为“{text}”"),
              Text("let --STRESN be the number in --STRESC", "--STRESN 须为 --STRESC 中的数值"))  # fmt: skip
UNITS = Rule("TW-R02", Text("{test} is given in more than one unit: {list}", "{test} 使用了多个单位：{list}"),
             Text("convert to one standard unit", "请换算为同一标准单位"))  # fmt: skip
UNIT_ALONE = Rule("TW-R03", Text("there is the unit {value} and no result", "有单位 {value} 而无结果"),
                  Text("remove the unit, or add the result", "请删除单位或补充结果"))  # fmt: skip
DONE = Rule("TW-R04", Text("it is marked {value} and has the result “{result}”", "标为 {value} 却有结果“{result}”"),
            Text("remove one of the two", "请删除其一"))  # fmt: skip
EMPTY = Rule("TW-R05", Text("there is no result, and it is not said to be NOT DONE", "无结果，亦未标为 NOT DONE"),
             Text("add the result, or --STAT and --REASND", "请补充结果，或 --STAT 与 --REASND"))  # fmt: skip
STANDARD = Rule("TW-R06", Text("the result “{result}” was collected and has no standardized form", "已收集结果“{result}”，但无标准化结果"),
                Text("fill --STRESC", "请填写 --STRESC"))  # fmt: skip
RANGE = Rule("TW-R07", Text("the indicator is {value}; {number} with the range {low} to {high} is {right}",
                            "指示为 {value}；{number} 与范围 {low}–{high} 对应 {right}"),
             Text("judge the result again by its range", "请按参考范围重新判定"))  # fmt: skip
SITE = Rule("TW-R08", Text("the grade of {test} is {value}; a skin site is graded 0, 1, 2 or 3",
                           "{test} 评分为 {value}；皮肤部位评分只能为 0、1、2、3"),
            Text("correct the grade at its source", "请在源数据中更正"))  # fmt: skip
TOTAL = Rule("TW-R09", Text("the total of the skin score is {value}; its 17 sites add up to {right}",
                            "皮肤评分总分为 {value}；17 个部位之和为 {right}"),
             Text("add the sites up again, or correct the site", "请重新求和或更正部位评分"))  # fmt: skip
TASK = Rule("TW-R10", Text("{test} is {value}; a task of the HAQ is rated 0, 1, 2 or 3", "{test} 为 {value}；HAQ 条目只能为 0、1、2、3"),
            Text("correct the answer at its source", "请在源数据中更正"))  # fmt: skip
DISABILITY = Rule("TW-R20", Text("{test} is {value}; its tasks and aids give {right}", "{test} 为 {value}；由条目与辅具得 {right}"),
                  Text("score the questionnaire again", "请重新计分"))  # fmt: skip
SERIOUS = Rule("TW-R11", Text("the event is serious (AESER {value}), and no criterion says why", "事件为严重（AESER {value}），但无任一标准"),
               Text("mark the criterion that makes it serious", "请标出严重性标准"))  # fmt: skip
NOT_SERIOUS = Rule("TW-R12", Text("the event is not serious (AESER {value}), and {criteria} says that it is",
                                  "事件非严重（AESER {value}），但 {criteria} 为是"),
                   Text("correct AESER or the criterion", "请更正 AESER 或标准"))  # fmt: skip
FATAL = Rule("TW-R13", Text("the outcome is {outcome}, results in death is “{value}”", "转归为 {outcome}，导致死亡为“{value}”"),
             Text("let AEOUT and AESDTH say the same", "AEOUT 与 AESDTH 须一致"))  # fmt: skip
AGE = Rule("TW-R14", Text("the age is {value}; from birth ({born}) to consent ({day}) it is {right}",
                          "年龄为 {value}；由出生（{born}）至知情同意（{day}）为 {right}"),
           Text("count the full years again", "请重新计算周岁"))  # fmt: skip
AGELESS = Rule("TW-R15", Text("the age is {value}", "年龄为 {value}"), Text("correct the birth date or the age", "请更正出生日期或年龄"))
DOSED = Rule("TW-R16", Text("{variable} is {value}; by EX it is {right}", "{variable} 为 {value}；按 EX 应为 {right}"),
             Text("take the first and last date of EX", "请取 EX 的首末日期"))  # fmt: skip
NEGATIVE = Rule("TW-R17", Text("the dose is {value}", "剂量为 {value}"), Text("correct the dose at its source", "请在源数据中更正剂量"))
DEAD = Rule("TW-R18", Text("the flag of death is “{value}”, the date of death “{date}”", "死亡标志为“{value}”，死亡日期为“{date}”"),
            Text("let DTHFL and DTHDTC say the same", "DTHFL 与 DTHDTC 须一致"))  # fmt: skip
ARMLESS = Rule("TW-R19", Text("there is no arm and no reason why (ARMNRS)", "无分组，亦无原因（ARMNRS）"),
               Text("add the arm, or the reason", "请补充分组或原因"))  # fmt: skip
CRITERIA = ("AESCAN", "AESCONG", "AESDISAB", "AESDTH", "AESHOSP", "AESLIFE", "AESMIE", "AESOD")
_NUMERIC = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def results(package: Package) -> Iterator[Finding]:
    """Everything about results, scores and events of the tabulation."""
    for data in package.sdtm.values():
        if data.has(f"{data.name}TESTCD"):
            yield from _numbers(data)
            yield from _units(data)
            yield from _done(data)
            yield from _in_range(data)
    for name, check in (("RS", _skin), ("QS", _disability), ("AE", _serious), ("DM", _people)):
        if name in package.sdtm:
            yield from check(package.sdtm[name])
    yield from _exposed(package)
    for name, dose in (("EX", "EXDOSE"), ("EC", "ECDOSE"), ("CM", "CMDOSE")):
        if name in package.sdtm and package.sdtm[name].has(dose):
            yield from broken(NEGATIVE, package.sdtm[name], package.sdtm[name].frame.filter(pl.col(dose) < 0), dose)


def _numbers(data: Dataset) -> Iterator[Finding]:
    text, number = f"{data.name}STRESC", f"{data.name}STRESN"
    if data.has(text, number):
        read = pl.when(pl.col(text).str.contains(_NUMERIC)).then(pl.col(text)).cast(pl.Float64, strict=False)
        yield from broken(NUMBER, data, data.frame.filter(~close(pl.col(number), read)), number, text=pl.col(text))


def _units(data: Dataset) -> Iterator[Finding]:
    """One standard unit for each test (within specimen and method), and no unit without a result."""
    code = data.name
    for unit, result in ((f"{code}STRESU", f"{code}STRESC"), (f"{code}ORRESU", f"{code}ORRES")):
        if data.has(unit, result):
            yield from broken(UNIT_ALONE, data, data.frame.filter(pl.col(unit).is_not_null() & pl.col(result).is_null()), unit)
    if data.has(f"{code}STRESU", f"{code}STRESN"):
        of = [name for part in ("TESTCD", "SPEC", "METHOD", "CAT", "SCAT", "BDAGNT", "TSTDTL") if data.has(name := f"{code}{part}")]
        told = data.frame.filter(pl.col(f"{code}STRESN").is_not_null()).with_columns(_U=pl.col(f"{code}STRESU").fill_null("no unit"))
        told = told.with_columns(_LIST=pl.col("_U").unique().sort().str.join(", ").over(of), _MANY=pl.col("_U").n_unique().over(of),
                                 _SAME=pl.len().over(*of, "_U"))  # fmt: skip
        rare = told.filter((pl.col("_MANY") > 1) & (pl.col("_SAME") == pl.col("_SAME").min().over(of)))
        yield from broken(UNITS, data, rare, f"{code}STRESU", test=pl.col(f"{code}TESTCD"), list=pl.col("_LIST"))


def _done(data: Dataset) -> Iterator[Finding]:
    code = data.name
    asked, result, status = f"{code}ORRES", f"{code}STRESC", f"{code}STAT"
    if not data.has(asked, result):
        return
    any_ = pl.coalesce(asked, result)
    derived = pl.col(f"{code}DRVFL").is_not_null() if data.has(f"{code}DRVFL") else pl.lit(False)
    if data.has(status):
        yield from broken(DONE, data, data.frame.filter(pl.col(status).is_not_null() & any_.is_not_null()), status, result=any_)
    told = pl.col(status).is_not_null() if data.has(status) else pl.lit(False)
    yield from broken(EMPTY, data, data.frame.filter(any_.is_null() & ~told & ~derived), result)
    yield from broken(STANDARD, data, data.frame.filter(pl.col(asked).is_not_null() & pl.col(result).is_null()), result, result=pl.col(asked))


def _in_range(data: Dataset) -> Iterator[Finding]:
    code = data.name
    number, low, high, mark = f"{code}STRESN", f"{code}STNRLO", f"{code}STNRHI", f"{code}NRIND"
    if not data.has(number, low, high, mark):
        return
    right = (
        pl.when(pl.col(number) < pl.col(low)).then(pl.lit("LOW")).when(pl.col(number) > pl.col(high)).then(pl.lit("HIGH"))
        .when(pl.col(number).is_not_null() & pl.any_horizontal(pl.col(low, high).is_not_null())).then(pl.lit("NORMAL"))
    )  # fmt: skip
    judged = data.frame.with_columns(_RIGHT=right).filter(pl.col(mark).is_in(["LOW", "NORMAL", "HIGH"]) & pl.col("_RIGHT").is_not_null())
    rows = judged.filter(pl.col(mark) != pl.col("_RIGHT"))
    yield from broken(RANGE, data, rows, mark, number=pl.col(number), low=pl.col(low), high=pl.col(high), right=pl.col("_RIGHT"))


def _skin(data: Dataset) -> Iterator[Finding]:
    """Each site 0 to 3; each total the sum of the 17 sites of its visit, by the same evaluator."""
    if not data.has("RSTESTCD", "RSSTRESN", "VISITNUM"):
        return
    codes = [site.testcd for site in mrss.SITES]
    frame = data.frame.with_columns(pl.col("RSEVAL").fill_null("") if data.has("RSEVAL") else pl.lit("").alias("RSEVAL"))
    sites = frame.filter(pl.col("RSTESTCD").is_in(codes) & pl.col("RSSTRESN").is_not_null())
    yield from broken(SITE, data, sites.filter(~pl.col("RSSTRESN").is_in([0.0, 1.0, 2.0, 3.0])), "RSSTRESN", test=pl.col("RSTESTCD"))
    place = ["USUBJID", "VISITNUM", "RSEVAL", *(["RSSPID"] if data.has("RSSPID") else [])]
    keyed = sites.with_columns(pl.col("RSSPID").fill_null("")) if data.has("RSSPID") else sites
    sums = keyed.group_by(place).agg(_SUM=pl.col("RSSTRESN").sum(), _MANY=pl.col("RSTESTCD").n_unique())
    totals = frame.filter((pl.col("RSTESTCD") == mrss.TOTAL_TESTCD) & pl.col("RSSTRESN").is_not_null())
    totals = totals.with_columns(pl.col("RSSPID").fill_null("")) if data.has("RSSPID") else totals
    beside = totals.join(sums.filter(pl.col("_MANY") == len(codes)), on=place, how="inner")
    yield from broken(TOTAL, data, beside.filter(pl.col("RSSTRESN") != pl.col("_SUM")), "RSSTRESN", right=pl.col("_SUM"))
    alone = totals.filter((pl.col("RSSTRESN") > mrss.HIGHEST) | (pl.col("RSSTRESN") < 0))
    yield from broken(TOTAL, data, alone.join(beside, on="_N", how="anti"), "RSSTRESN", right=f"0 - {mrss.HIGHEST}")


def _disability(data: Dataset) -> Iterator[Finding]:
    """HAQ: each task 0, 1, 2 or 3; the indices those that the tasks and aids of the visit give."""
    if not data.has("QSTESTCD", "QSSTRESN", "QSSTRESC", "VISITNUM"):
        return
    value = pl.col("QSSTRESN")
    tasks = data.frame.filter(pl.col("QSTESTCD").is_in(list(haq_di.TESTCDS.values())) & value.is_not_null())
    wrong = tasks.filter(~value.is_in([0.0, 1.0, 2.0, 3.0]))
    yield from broken(TASK, data, wrong, "QSSTRESN", test=pl.col("QSTESTCD"))
    told = data.frame.filter(pl.col("QSTESTCD").is_in(["HAQDI", "HAQDIALT"]) & value.is_not_null())
    if told.height and not wrong.height:
        rows = told.join(_scored(data.frame), on=["USUBJID", "VISITNUM"], how="left")
        rows = rows.with_columns(_RIGHT=pl.when(pl.col("QSTESTCD") == "HAQDI").then(pl.col("_WITH")).otherwise(pl.col("_PLAIN")).fill_nan(None))
        unlike = (value - pl.col("_RIGHT")).abs() > 0.0005
        yield from broken(DISABILITY, data, rows.filter(unlike.fill_null(True)), "QSSTRESN", test=pl.col("QSTESTCD"), right=pl.col("_RIGHT").round(4))


def _scored(frame: pl.DataFrame) -> pl.DataFrame:
    """The indices of each questionnaire, scored again from its tasks and aids."""
    aids = [f"HAQAID{number}" for number in range(1, len(haq_di.CATEGORIES) + 1)]
    codes = [*haq_di.TESTCDS.values(), *aids]
    yes = pl.col("QSSTRESC").replace_strict({"Y": 1.0, "N": 0.0}, default=None, return_dtype=pl.Float64)
    answered = frame.filter(pl.col("QSTESTCD").is_in(codes)).with_columns(_V=pl.coalesce("QSSTRESN", yes))
    wide = answered.pivot("QSTESTCD", index=["USUBJID", "VISITNUM"], values="_V", aggregate_function="first")
    wide = wide.with_columns(pl.lit(None, pl.Float64).alias(code) for code in codes if code not in wide.columns)
    tasks, used = (wide.select(pl.col(code).fill_null(float("nan")) for code in part).to_numpy() for part in (codes[:-len(aids)], aids))
    return wide.select("USUBJID", "VISITNUM").with_columns(pl.Series("_WITH", haq_di.index(tasks, used)), pl.Series("_PLAIN", haq_di.index(tasks)))


def _serious(data: Dataset) -> Iterator[Finding]:
    named = [name for name in CRITERIA if data.has(name)]
    if data.has("AESER") and named:
        yes = pl.any_horizontal((pl.col(name) == "Y").fill_null(False) for name in named)
        told = pl.concat_str([pl.when(pl.col(name) == "Y").then(pl.lit(f"{name} ")).otherwise(pl.lit("")) for name in named]).str.strip_chars()
        yield from broken(SERIOUS, data, data.frame.filter((pl.col("AESER") == "Y") & ~yes), "AESER")
        yield from broken(NOT_SERIOUS, data, data.frame.filter((pl.col("AESER").fill_null("") != "Y") & yes), "AESER", criteria=told)
    if data.has("AEOUT", "AESDTH"):
        unlike = (pl.col("AEOUT") == "FATAL").fill_null(False) != (pl.col("AESDTH") == "Y").fill_null(False)
        yield from broken(FATAL, data, data.frame.filter(unlike), "AESDTH", outcome=pl.col("AEOUT"))


def _people(data: Dataset) -> Iterator[Finding]:
    if data.has("AGE"):
        yield from broken(AGELESS, data, data.frame.filter((pl.col("AGE") < 0) | (pl.col("AGE") > 120)), "AGE")
    if data.has("AGE", "BRTHDTC", "RFICDTC"):
        whole = (pl.col("BRTHDTC").str.len_chars() == 10) & (pl.col("RFICDTC").str.len_chars() >= 10)
        born, day = (pl.col(name).str.slice(0, 10).str.replace_all("-", "").cast(pl.Int64, strict=False) for name in ("BRTHDTC", "RFICDTC"))
        rows = data.frame.filter(whole & pl.col("AGE").is_not_null()).with_columns(_RIGHT=(day - born) // 10_000)
        yield from broken(AGE, data, rows.filter((pl.col("AGE") != pl.col("_RIGHT")) & (pl.col("AGE") >= 0)), "AGE",
                          born=pl.col("BRTHDTC"), day=pl.col("RFICDTC"), right=pl.col("_RIGHT"))  # fmt: skip
    if data.has("ARMCD", "ARMNRS"):
        yield from broken(ARMLESS, data, data.frame.filter(pl.col("ARMCD").is_null() & pl.col("ARMNRS").is_null()), "ARMCD")
    if data.has("DTHFL", "DTHDTC"):
        rows = data.frame.filter(pl.col("DTHDTC").is_not_null() & (pl.col("DTHFL").fill_null("") != "Y"))
        yield from broken(DEAD, data, rows, "DTHFL", date=pl.col("DTHDTC"))


def _exposed(package: Package) -> Iterator[Finding]:
    people, doses = package.sdtm.get("DM"), package.sdtm.get("EX")
    if people is None or doses is None or not doses.has("USUBJID", "EXSTDTC", "EXENDTC"):
        return
    day = [pl.col(name).str.slice(0, 10) for name in ("EXSTDTC", "EXENDTC")]
    taken = doses.frame.with_columns(_A=day[0], _B=day[1]).filter(pl.col("_A").str.len_chars() == 10)
    last = pl.max_horizontal(pl.col("_A").max(), pl.col("_B").max())
    by = taken.group_by("USUBJID").agg(RFXSTDTC_=pl.col("_A").min(), RFXENDTC_=last)
    for name in ("RFXSTDTC", "RFXENDTC"):
        if people.has(name):
            rows = people.frame.join(by, on="USUBJID", how="left").filter(pl.col(name).str.slice(0, 10).ne_missing(pl.col(f"{name}_")))
            yield from broken(DOSED, people, rows, name, right=pl.col(f"{name}_"))
