"""Compares two arms on a change from baseline: described, adjusted for baseline, by exact permutation, by median shift."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl
from attrs import evolve, frozen

from trialwright.protocol import Endpoint, Study, Text
from trialwright.report.results import POOLED, Analysis, Result
from trialwright.report.source import ARM, PLACE, patients, placed
from trialwright.report.table import DataRow
from trialwright.statistics import StatisticsError, ancova, describe, hodges_lehmann, permutation_test

CLOSED = Text(
    "not computed: the arms are not open to this reader",
    "未计算：尚未向本视图揭盲",
)


@frozen(kw_only=True)
class Observation:
    """One patient's value at the visit of the endpoint, with baseline and change, and the dataset rows that hold them."""

    subject: str
    arm: str | None
    baseline: float
    value: float
    change: float
    rows: tuple[DataRow, ...]


@frozen(kw_only=True)
class Question:
    """What is compared: the parameter and visit of an endpoint, in one population, with the two arms."""

    endpoint: Endpoint
    dataset: str
    parameter: str
    visit: float
    population: str
    treatment: str
    control: str
    observations: tuple[Observation, ...]
    baselines: tuple[Observation, ...]
    released: bool

    @property
    def contrast(self) -> str:
        return f"{self.treatment}-{self.control}"

    @property
    def condition(self) -> str:
        return f"{self.population} = Y, PARAMCD = {self.parameter}, AVISITN = {self.visit:g}, ANL01FL = Y"

    def arm(self, code: str, observed: Sequence[Observation] | None = None) -> tuple[Observation, ...]:
        """The patients of one arm, or of all."""
        return tuple(one for one in (self.observations if observed is None else observed) if code in (POOLED, one.arm))

    def changes(self, code: str) -> list[float]:
        return [one.change for one in self.arm(code)]

    @property
    def groups(self) -> tuple[str, ...]:
        return (self.treatment, self.control, POOLED) if self.released else (POOLED,)


def question(
    study: Study, adam: Mapping[str, pl.DataFrame], endpoint: Endpoint, *, parameter: str, dataset: str = "ADRS",
    population: str = "FASFL", released: bool,
) -> Question:  # fmt: skip
    """The question of `endpoint`, with the observations that answer it: analysis rows with a baseline and a change."""
    subjects = patients(study, adam, population, released=released).select("USUBJID", ARM)
    rows = placed(adam[dataset]).filter(pl.col("PARAMCD") == parameter).join(subjects, on="USUBJID", how="inner", maintain_order="left")
    visit = study.visit(endpoint.at or "").number
    at_baseline = rows.filter((pl.col("ABLFL") == "Y") & pl.col("AVAL").is_not_null())
    start = {row["USUBJID"]: row for row in at_baseline.to_dicts()}
    later = rows.filter((pl.col("AVISITN") == visit) & (pl.col("ANL01FL") == "Y") & pl.col("CHG").is_not_null() & (pl.col("ABLFL").fill_null("") != "Y"))
    treatment = next(arm.code for arm in study.arms if not arm.control)
    control = next(arm.code for arm in study.arms if arm.control)
    return Question(
        endpoint=endpoint, dataset=dataset, parameter=parameter, visit=visit, population=population, released=released,
        treatment=treatment, control=control,
        baselines=tuple(
            Observation(subject=row["USUBJID"], arm=row[ARM], baseline=row["AVAL"], value=row["AVAL"], change=0.0, rows=(DataRow(dataset, row[PLACE]),))
            for row in at_baseline.to_dicts()
        ),
        observations=tuple(_observation(dataset, row, start.get(row["USUBJID"])) for row in later.to_dicts()),
    )  # fmt: skip


def _observation(dataset: str, row: dict[str, object], start: dict[str, object] | None) -> Observation:
    behind = [DataRow(dataset, int(str(one[PLACE]))) for one in (start, row) if one is not None]
    return Observation(subject=str(row["USUBJID"]), arm=None if row[ARM] is None else str(row[ARM]), baseline=float(str(row["BASE"])),
                       value=float(str(row["AVAL"])), change=float(str(row["CHG"])), rows=tuple(behind))  # fmt: skip


def _blank(asked: Question, method: str, purpose: str, title: Text, words: Text) -> Analysis:
    return Analysis(
        id=f"{asked.endpoint.code}.{method}", title=title, purpose=purpose, method=words, dataset=asked.dataset, condition=asked.condition,
        inputs=tuple((code, tuple(sorted({row for one in asked.arm(code) for row in one.rows}))) for code in asked.groups),
    )  # fmt: skip


def _compared(blank: Analysis, asked: Question, compute: Callable[[], tuple[Result, ...]]) -> Analysis:
    """The analysis with its results, or with the reason in words why the data cannot carry it."""
    if not asked.released:
        return evolve(blank, refused=CLOSED)
    empty = [code for code in (asked.treatment, asked.control) if not asked.arm(code)]
    if empty:
        return evolve(blank, refused=Text(f"not computed: arm {', '.join(empty)} has no patient with a value at this visit",
                                          f"未计算：{'、'.join(empty)} 组在该访视没有可用数值"))  # fmt: skip
    try:
        return evolve(blank, results=compute())
    except StatisticsError as problem:
        return evolve(blank, refused=Text(f"not computed: {problem}", f"未计算（{problem}）"))


def described(asked: Question) -> Analysis:
    """Number, mean and standard deviation of baseline, value and change in each arm and in all patients."""
    blank = _blank(asked, "DESCRIBE", "descriptive", Text("Description", "描述"), Text("number, mean, standard deviation", "例数、均数、标准差"))
    found: list[Result] = []
    for code in asked.groups:
        start = [one.baseline for one in asked.arm(code, asked.baselines)]
        now = asked.arm(code)
        for name, values in (("BASELINE", start), ("VALUE", [one.value for one in now]), ("CHANGE", [one.change for one in now])):
            found.append(Result(operation=f"N_{name}", group=code, value=len(values)))
            if values:
                summary = describe(values)
                found.append(Result(operation=f"MEAN_{name}", group=code, value=summary.mean))
                found.append(Result(operation=f"MEDIAN_{name}", group=code, value=summary.median))
                found.append(Result(operation=f"MIN_{name}", group=code, value=summary.minimum))
                found.append(Result(operation=f"MAX_{name}", group=code, value=summary.maximum))
                if summary.standard_deviation is not None:
                    found.append(Result(operation=f"SD_{name}", group=code, value=summary.standard_deviation))
    return evolve(blank, results=tuple(found))


def adjusted(asked: Question, purpose: str) -> Analysis:
    """Covariance analysis of the change with the baseline value: adjusted means and their difference, Student t intervals."""
    blank = _blank(asked, "ANCOVA", purpose, Text("Analysis of covariance", "协方差分析"),
                   Text("change = arm + baseline; ordinary least squares, Student t intervals; trialwright.statistics.ancova",
                        "变化值 = 组别 + 基线值；最小二乘法，t 分布区间；trialwright.statistics.ancova"))  # fmt: skip

    def compute() -> tuple[Result, ...]:
        fit = ancova([one.change for one in asked.observations], [one.arm for one in asked.observations],
                     [one.baseline for one in asked.observations], levels=(asked.treatment, asked.control), reference=asked.control)  # fmt: skip
        named = [(mean.group, "LS_MEAN", mean.adjusted) for mean in fit.groups]
        named += [(asked.contrast, "DIFFERENCE", fit.differences[0].estimate)]
        if fit.baseline_slope is not None:
            named += [(POOLED, "BASELINE_SLOPE", fit.baseline_slope)]
        results = [
            Result(operation=f"{name}{part}", group=group, value=float(value))
            for group, name, estimate in named
            for part, value in (("", estimate.value), ("_SE", estimate.standard_error), ("_LOWER", estimate.lower),
                                ("_UPPER", estimate.upper), ("_P", estimate.p))
        ]  # fmt: skip
        return (*results, Result(operation="DF", group=POOLED, value=fit.df))

    return _compared(blank, asked, compute)


def permuted(asked: Question, purpose: str) -> Analysis:
    """Exact permutation test of the difference in mean change."""
    blank = _blank(asked, "PERMUTATION", purpose, Text("Exact permutation test", "精确置换检验"),
                   Text("difference of mean changes over all ways to choose the first arm; trialwright.statistics.permutation_test",
                        "在所有分组方式中比较平均变化之差；trialwright.statistics.permutation_test"))  # fmt: skip

    def compute() -> tuple[Result, ...]:
        test = permutation_test(asked.changes(asked.treatment), asked.changes(asked.control))
        return (Result(operation="DIFFERENCE", group=asked.contrast, value=test.difference),
                Result(operation="P", group=asked.contrast, value=test.p),
                Result(operation="ALLOCATIONS", group=POOLED, value=test.allocations))  # fmt: skip

    return _compared(blank, asked, compute)


def shifted(asked: Question, purpose: str) -> Analysis:
    """Hodges-Lehmann median shift of the change with its exact interval."""
    blank = _blank(asked, "HODGES_LEHMANN", purpose, Text("Hodges-Lehmann difference", "Hodges-Lehmann 差值"),
                   Text("median of all pairwise differences, exact interval; trialwright.statistics.hodges_lehmann",
                        "所有成对差值的中位数，精确区间；trialwright.statistics.hodges_lehmann"))  # fmt: skip

    def compute() -> tuple[Result, ...]:
        shift = hodges_lehmann(asked.changes(asked.treatment), asked.changes(asked.control))
        return (Result(operation="SHIFT", group=asked.contrast, value=shift.estimate),
                Result(operation="SHIFT_LOWER", group=asked.contrast, value=shift.lower),
                Result(operation="SHIFT_UPPER", group=asked.contrast, value=shift.upper))  # fmt: skip

    return _compared(blank, asked, compute)
