"""How the pilot trial was analyzed: its populations, baseline traits and pooled sites, and the primary analysis of ADAS-Cog."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from studies.cdisc_pilot.protocol import DOSES
from trialwright.adam.derive import with_day
from trialwright.protocol import Study, Text
from trialwright.report.comparison import CLOSED, Question, question
from trialwright.report.results import POOLED, Analysis, Result, Results
from trialwright.statistics import Estimate, StatisticsError, ancova, describe, dose_response

ADAS, CIBIC = "ACTOT", "CIBIC"
POPULATION = "EFFFL"
SMALL_SITE = 3
"""A site with fewer randomized patients than this in any arm is pooled with the others like it (analysis plan, section 7.1)."""
POOLED_SITE = "900"
DAYS_A_MONTH = 30.4375

Frames = Mapping[str, pl.DataFrame]


def with_plan(study: Study, sdtm: Frames, adam: Frames) -> dict[str, pl.DataFrame]:
    """The analysis data sets, ADSL with what this trial's own plan adds: EFFFL, SITEGR1, groups, and traits at baseline."""
    people = adam["ADSL"]
    people = with_efficacy_flag(people, adam["ADQS"])
    people = with_site_group(people, [arm.name.en for arm in study.arms])
    people = with_body(people, sdtm["VS"], study.baseline.number)
    people = with_duration(people, sdtm["MH"], sdtm["SV"], min(visit.number for visit in study.visits))
    people = with_scores(people, sdtm)
    return {**adam, "ADSL": with_groups(people)}


def half_up(value: pl.Expr, places: int = 1) -> pl.Expr:
    """Rounds exact halves away from zero, as the programs of this trial did, not to the even digit.

    >>> pl.DataFrame({"cm": [146.05, 54.43]}).select(half_up(pl.col("cm")))["cm"].to_list()
    [146.1, 54.4]
    """
    scale = float(10**places)
    whole: pl.Expr = (value.abs() * scale + 0.5 + 1e-9).floor()
    return (whole / scale * value.sign()).round(places)


def with_efficacy_flag(people: pl.DataFrame, adqs: pl.DataFrame) -> pl.DataFrame:
    """EFFFL: treated, with a baseline and a later ADAS-Cog and a CIBIC+ after baseline.

    A reader from whom the doses are hidden cannot know who was treated; for him everybody randomized counts as treated.
    """
    told = adqs.filter((pl.col("ADY") > 1) & pl.col("AVAL").is_not_null() & pl.col("DTYPE").is_null())
    changed = told.filter((pl.col("PARAMCD") == ADAS) & pl.col("CHG").is_not_null())["USUBJID"].unique()
    rated = told.filter(pl.col("PARAMCD") == CIBIC)["USUBJID"].unique()
    who = pl.col("USUBJID")
    rule = (pl.col("SAFFL").fill_null("Y") == "Y") & who.is_in(changed.implode()) & who.is_in(rated.implode())
    return people.with_columns(pl.when(rule).then(pl.lit("Y")).otherwise(pl.lit("N")).alias(POPULATION))


def with_site_group(people: pl.DataFrame, arms: Sequence[str]) -> pl.DataFrame:
    """SITEGR1: the site, or 900 for a site with fewer than three randomized patients in any arm."""
    randomized = people.filter(pl.col("ITTFL") == "Y")
    sizes = [(pl.col("TRT01P") == arm).sum() for arm in arms]
    fewest = randomized.group_by("SITEID").agg(pl.min_horizontal(sizes).alias("_FEWEST"))
    joined = people.join(fewest, on="SITEID", how="left", maintain_order="left")
    small = pl.col("_FEWEST") < SMALL_SITE
    return joined.with_columns(pl.when(small).then(pl.lit(POOLED_SITE)).otherwise("SITEID").alias("SITEGR1")).drop("_FEWEST")


def _one_each(rows: pl.DataFrame) -> pl.DataFrame:
    """The first row of each person, so that nobody is counted twice where a record was written twice."""
    return rows.unique("USUBJID", keep="first", maintain_order=True)


def with_body(people: pl.DataFrame, vs: pl.DataFrame, baseline: float) -> pl.DataFrame:
    """HEIGHTBL (screening), WEIGHTBL (baseline visit alone) and BMIBL from both, each rounded to one decimal; of several, the first."""
    heights = vs.filter(pl.col("VSTESTCD") == "HEIGHT").select("USUBJID", half_up(pl.col("VSSTRESN")).alias("HEIGHTBL"))
    weights = vs.filter((pl.col("VSTESTCD") == "WEIGHT") & (pl.col("VISITNUM") == baseline))
    weights = weights.select("USUBJID", half_up(pl.col("VSSTRESN")).alias("WEIGHTBL"))
    people = people.drop("HEIGHTBL", "WEIGHTBL", "BMIBL")
    for part in (heights, weights):
        people = people.join(_one_each(part), on="USUBJID", how="left", maintain_order="left")
    return people.with_columns(half_up(pl.col("WEIGHTBL") / (pl.col("HEIGHTBL") / 100) ** 2).alias("BMIBL"))


def with_duration(people: pl.DataFrame, mh: pl.DataFrame, sv: pl.DataFrame, first: float) -> pl.DataFrame:
    """DURDIS: months from the first definite symptoms to the first visit, both days counted, to one decimal; of several onsets the earliest."""
    onset = with_day(mh.filter(pl.col("MHCAT") == "PRIMARY DIAGNOSIS"), "ONSET", "MHSTDTC", "MHDTC").select("USUBJID", "ONSETDT")
    entry = with_day(sv.filter(pl.col("VISITNUM") == first), "ENTRY", "SVSTDTC", "SVSTDTC").select("USUBJID", "ENTRYDT")
    for part in (onset, entry):
        people = people.drop([name for name in part.columns if name != "USUBJID"], strict=False)
        earliest = _one_each(part.sort(pl.exclude("USUBJID"), nulls_last=True))
        people = people.join(earliest, on="USUBJID", how="left", maintain_order="left")
    days = (pl.col("ENTRYDT") - pl.col("ONSETDT")).dt.total_days() + 1
    return people.with_columns(half_up(days / DAYS_A_MONTH).alias("DURDIS")).drop("ENTRYDT")


def with_scores(people: pl.DataFrame, sdtm: Frames) -> pl.DataFrame:
    """MMSETOT (sum of the six parts of the MMSE) and EDUCLVL (years of education)."""
    part = pl.col("QSSTRESN")
    whole = pl.when(part.is_not_null().all()).then(part.sum()).alias("MMSETOT")
    mmse = sdtm["QS"].filter(pl.col("QSCAT") == "MMSE").group_by("USUBJID").agg(whole)
    years = sdtm["SC"].filter(pl.col("SCTESTCD") == "EDULEVEL").select("USUBJID", pl.col("SCSTRESN").alias("EDUCLVL"))
    for found in (mmse, years):
        people = people.join(_one_each(found), on="USUBJID", how="left", maintain_order="left")
    return people


def with_groups(people: pl.DataFrame) -> pl.DataFrame:
    """AGEGR1, RACEGR1 (Hispanic origin before race), DURDSGR1 and BMIBLGR1; unknown stays unknown."""
    age, months, index = pl.col("AGE"), pl.col("DURDIS"), pl.col("BMIBL")
    race = pl.col("RACE").replace_strict({"WHITE": "CAUCASIAN", "BLACK OR AFRICAN AMERICAN": "AFRICAN DESCENT"}, default="OTHER")
    return people.with_columns(
        pl.when(age < 65).then(pl.lit("<65")).when(age <= 80).then(pl.lit("65-80")).when(age > 80).then(pl.lit(">80")).alias("AGEGR1"),
        pl.when(pl.col("ETHNIC") == "HISPANIC OR LATINO").then(pl.lit("HISPANIC")).otherwise(race).alias("RACEGR1"),
        pl.when(months < 12).then(pl.lit("<12")).when(months >= 12).then(pl.lit(">=12")).alias("DURDSGR1"),
        pl.when(index < 25).then(pl.lit("<25")).when(index < 30).then(pl.lit("25-<30")).when(index >= 30).then(pl.lit(">=30")).alias("BMIBLGR1"),
    )


def analyze(adam: Frames, study: Study, released: bool) -> Results:
    """The analyses of the primary endpoint: ADAS24.DESCRIBE, .ANCOVA (arms as categories) and .DOSE (dose as a number).

    Patients of the efficacy population enter with their value at week 24, observed or carried forward. `adam` is what
    `with_plan` gives. While the arms are closed (`released` is false) nothing but the pooled description is computed.
    """
    endpoint = next(one for one in study.endpoints if one.primary)
    asked = question(study, adam, endpoint, parameter=ADAS, dataset="ADQS", population=POPULATION, released=released)
    sites = dict(adam["ADSL"].select("USUBJID", "SITEGR1").iter_rows())
    return Results((_described(asked, study), _adjusted(asked, study, sites), _trend(asked, study, sites)))


def _arms(study: Study, asked: Question) -> tuple[str, ...]:
    return tuple(arm.code for arm in study.arms) if asked.released else (POOLED,)


def _analysis(asked: Question, study: Study, method: str, title: Text, words: Text, results: tuple[Result, ...], few: Text | None = None) -> Analysis:
    return Analysis(
        id=f"{asked.endpoint.code}.{method}",
        title=title,
        purpose="descriptive" if method == "DESCRIBE" else "primary",
        method=words,
        dataset=asked.dataset,
        condition=asked.condition,
        inputs=tuple((code, tuple(sorted({row for one in asked.arm(code) for row in one.rows}))) for code in _arms(study, asked)),
        results=results,
        refused=CLOSED if not asked.released and method != "DESCRIBE" else few,
    )


def _described(asked: Question, study: Study) -> Analysis:
    found: list[Result] = []
    for code in _arms(study, asked):
        now = asked.arm(code)
        told = {"BASELINE": [one.baseline for one in now], "VALUE": [one.value for one in now], "CHANGE": [one.change for one in now]}
        for name, values in told.items():
            if not values:
                continue
            summary = describe(values)
            numbers = {"N": summary.n, "MEAN": summary.mean, "SD": summary.standard_deviation, "MEDIAN": summary.median,
                       "MIN": summary.minimum, "MAX": summary.maximum}  # fmt: skip
            found += [Result(operation=f"{what}_{name}", group=code, value=value) for what, value in numbers.items() if value is not None]
    words = Text("number, mean, standard deviation, median, range", "例数、均数、标准差、中位数、范围")
    return _analysis(asked, study, "DESCRIBE", Text("Description", "描述"), words, tuple(found))


def _adjusted(asked: Question, study: Study, sites: Mapping[str, str]) -> Analysis:
    def fitted() -> tuple[Result, ...]:
        fit = ancova(
            [one.change for one in asked.observations],
            [one.arm for one in asked.observations],
            [one.baseline for one in asked.observations],
            levels=[arm.code for arm in study.arms],
            reference=asked.control,
            factors={"site group": [sites[one.subject] for one in asked.observations]},
        )
        named = [(mean.group, "LS_MEAN", mean.adjusted) for mean in fit.groups]
        named += [(f"{pair.group}-{pair.reference}", "DIFFERENCE", pair.estimate) for pair in fit.pairwise()]
        return (*(one for name in named for one in _told(*name)), Result(operation="DF", group=POOLED, value=fit.df))

    words = Text("change = arm + site group + baseline; trialwright.statistics.ancova", "变化值 = 组别 + 中心组 + 基线；trialwright.statistics.ancova")
    return _analysis(asked, study, "ANCOVA", Text("Analysis of covariance", "协方差分析"), words, *_enough(asked, fitted))


def _enough(asked: Question, fitted: Callable[[], tuple[Result, ...]]) -> tuple[tuple[Result, ...], Text | None]:
    """The results of a model, or why there are none: arms closed, or too few patients for it."""
    if not asked.released:
        return (), None
    try:
        return fitted(), None
    except StatisticsError as problem:
        return (), Text(f"not computed: {problem}", f"未计算：{problem}")


def _told(group: str, name: str, estimate: Estimate) -> tuple[Result, ...]:
    parts = {"": estimate.value, "_SE": estimate.standard_error, "_LOWER": estimate.lower, "_UPPER": estimate.upper, "_P": estimate.p}
    return tuple(Result(operation=name + part, group=group, value=value) for part, value in parts.items())


def _trend(asked: Question, study: Study, sites: Mapping[str, str]) -> Analysis:
    def fitted() -> tuple[Result, ...]:
        fit = dose_response(
            [one.change for one in asked.observations],
            [DOSES[one.arm or ""] for one in asked.observations],
            [one.baseline for one in asked.observations],
            factors={"site group": [sites[one.subject] for one in asked.observations]},
        )
        return (*_told(POOLED, "SLOPE", fit.slope), Result(operation="DF", group=POOLED, value=fit.df))

    words = Text("change = dose in mg + site group + baseline; trialwright.statistics.dose_response",
                 "变化值 = 剂量（mg）+ 中心组 + 基线；trialwright.statistics.dose_response")  # fmt: skip
    return _analysis(asked, study, "DOSE", Text("Dose response", "剂量反应"), words, *_enough(asked, fitted))
