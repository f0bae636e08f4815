"""The report of the pilot trial: its demographics table and its primary efficacy table; `REPORT` is what the commands read."""

from collections.abc import Callable

from attrs import evolve, frozen

from studies.cdisc_pilot.analysis import POPULATION, analyze, with_plan
from studies.cdisc_pilot.demographics import POPULATION as RANDOMIZED
from studies.cdisc_pilot.demographics import TRAITS, Grouping, Measure, compare
from trialwright.protocol import Text, same
from trialwright.report.document import Prose, Section
from trialwright.report.numerals import count_percent, decimal, interval, mean_sd
from trialwright.report.results import POOLED, Analysis, Results
from trialwright.report.source import Group, Source
from trialwright.report.table import HIDDEN, NOTHING, Cell, Column, Row, Table, shown
from trialwright.report.tables import assumptions

EFFICACY = Text(
    "Efficacy population: randomized, treated, with an ADAS-Cog and a CIBIC+ after baseline", "疗效人群：已随机、已用药，且基线后有 ADAS-Cog 和 CIBIC+ 评估"
)
ALL_RANDOMIZED = Text("All randomized patients", "全部随机受试者")


@frozen
class Contents:
    """The chapters of the report, from one reader's view."""

    def planned(self, source: Source) -> Source:
        """The source with what the plan of this trial adds to the analysis data sets."""
        return source.once("planned", lambda: evolve(source, adam=with_plan(source.study, source.sdtm, source.adam)))

    def results(self, source: Source) -> Results:
        """The traits compared, and the primary analysis."""
        planned = self.planned(source)
        traits = compare(planned.adam, planned.study, planned.released)
        return Results((*traits.analyses, *analyze(planned.adam, planned.study, planned.released).analyses))

    def sections(self, source: Source) -> tuple[Section, ...]:
        """All chapters in order."""
        planned = self.planned(source)
        return (
            Section(code="data", title=Text("What these data are", "数据说明"), parts=(Prose(text=WHAT),)),
            Section(code="patients", title=Text("Patients", "受试者"), parts=(demographics_table(planned),)),
            Section(code="efficacy", title=Text("Efficacy", "有效性"), parts=(efficacy_table(planned),)),
            Section(code="assumptions", title=Text("Assumptions", "假定"), parts=(
                assumptions.table(source.study, number="14-0", title=OPEN),)),
        )  # fmt: skip


WHAT = Text(
    "The data of the CDISC pilot trial were published as an example and altered by their owner before; the tables show that they pass "
    "through this program unharmed, and nothing about a drug.",
    "CDISC 试点试验数据为公开示例，发布前已由其所有者改动；下列表格仅说明数据在本程序中处理无误，不构成对任何药物的结论。",
)

OPEN = Text("What the data leave open and this study assumes", "数据未说明而本研究所作的假定")
REPORT = Contents()


def demographics_table(source: Source) -> Table:
    """Table 14-2.01: traits at baseline by arm, with the p-value that the trial's report gave them."""
    groups = source.groups(RANDOMIZED)
    results = compare(source.adam, source.study, source.released)
    rows: list[Row] = []
    for trait in TRAITS:
        found = results.find(f"TRAIT.{trait.column}")
        rows += _measure(trait, found, groups) if isinstance(trait, Measure) else _grouping(trait, found, groups)
    return Table(
        number="14-2.01",
        title=Text("Demographic and baseline characteristics", "人口学与基线特征"),
        population=ALL_RANDOMIZED,
        columns=(*(group.column for group in groups), Column(title=same("p"))),
        rows=tuple(rows),
        footnotes=(
            Text("p: analysis of variance for measures, Pearson's chi-square for groups. Percentages are of the patients whose trait is known.",
                 "p：连续变量为方差分析，分组为皮尔逊卡方检验。百分比以特征已知的受试者为分母。"),
            Text("Months from the first definite symptoms to the first visit.", "病程为首次明确症状至首次访视的月数。"),
        ),
        source=Text(f"Dataset ADSL; {RANDOMIZED} = Y.", f"数据集 ADSL；{RANDOMIZED} = Y。"),
        empty=None if source.patients(RANDOMIZED).height else Text("Nobody was randomized yet.", "尚无随机受试者。"),
    )  # fmt: skip


def _line(label: Text, groups: tuple[Group, ...], cell: Callable[[str], Cell], last: Cell = NOTHING) -> Row:
    return Row(label=label, level=1, cells=(*(HIDDEN if group.hidden else cell(group.code) for group in groups), last))


def _p(analysis: Analysis, name: str = "P", group: str = POOLED, places: int = 4) -> Cell:
    value = analysis.get(name, group)
    return NOTHING if value is None else shown(decimal(value, places), analysis.rows(POOLED), analysis.name(name, group))


def _measure(trait: Measure, analysis: Analysis, groups: tuple[Group, ...]) -> list[Row]:
    return [
        Row(label=trait.label),
        _line(Text("n", "例数"), groups, lambda code: _number(analysis, "N", code, 0), _p(analysis)),
        _line(Text("mean (SD)", "均数（标准差）"), groups, lambda code: _mean(analysis, "MEAN", "SD", code)),
        _line(Text("median", "中位数"), groups, lambda code: _number(analysis, "MEDIAN", code, 1)),
        _line(Text("smallest to largest", "最小至最大"), groups, lambda code: _range(analysis, code)),
    ]


def _grouping(trait: Grouping, analysis: Analysis, groups: tuple[Group, ...]) -> list[Row]:
    known = {group.code: sum(int(analysis.get(f"N {code}", group.code) or 0) for code, _ in trait.terms) for group in groups}
    rows = [Row(label=trait.label)]
    for place, (code, words) in enumerate(trait.terms):
        rows.append(_line(words, groups, _share(analysis, code, known), NOTHING if place else _p(analysis)))
    return rows


def _share(analysis: Analysis, code: str, known: dict[str, int]) -> Callable[[str], Cell]:
    def cell(group: str) -> Cell:
        count = int(analysis.get(f"N {code}", group) or 0)
        return shown(count_percent(count, known[group]), analysis.rows(group), analysis.name(f"N {code}", group))

    return cell


def _number(analysis: Analysis, name: str, group: str, places: int) -> Cell:
    value = analysis.get(name, group)
    return NOTHING if value is None else shown(decimal(value, places), analysis.rows(group), analysis.name(name, group))


def _mean(analysis: Analysis, mean: str, deviation: str, group: str) -> Cell:
    value = analysis.get(mean, group)
    return NOTHING if value is None else shown(mean_sd(value, analysis.get(deviation, group)), analysis.rows(group), analysis.name(mean, group))


def _range(analysis: Analysis, group: str) -> Cell:
    low, high = analysis.get("MIN", group), analysis.get("MAX", group)
    if low is None or high is None:
        return NOTHING
    return Cell(text=interval(low, high), rows=analysis.rows(group), result=analysis.name("MIN", group))


def _median(analysis: Analysis, part: str, group: str) -> Cell:
    median, low, high = (analysis.get(f"{name}{part}", group) for name in ("MEDIAN", "MIN", "MAX"))
    if median is None or low is None or high is None:
        return NOTHING
    span, middle = interval(low, high, 0), decimal(median, 1)
    return Cell(text=Text(f"{middle} ({span.en})", f"{middle}（{span.zh}）"), rows=analysis.rows(group), result=analysis.name(f"MEDIAN{part}", group))


def efficacy_table(source: Source) -> Table:
    """Table 14-3.01: ADAS-Cog (11) at baseline and week 24, its change, and the arms compared as the trial's plan says."""
    arms = tuple(group for group in source.groups(POPULATION) if group.code != POOLED or not source.released)
    results = analyze(source.adam, source.study, source.released)
    described = results.find("ADAS24.DESCRIBE")
    rows = [
        *_block(Text("Baseline", "基线"), described, "_BASELINE", arms),
        *_block(Text("Week 24", "第 24 周"), described, "_VALUE", arms),
        *_block(Text("Change from baseline", "较基线变化"), described, "_CHANGE", arms),
    ]
    return Table(
        number="14-3.01",
        title=Text("ADAS-Cog (11), change from baseline to week 24, last observation carried forward", "ADAS-Cog (11) 从基线到第 24 周的变化（末次观察结转）"),
        population=EFFICACY,
        columns=tuple(group.column for group in arms),
        rows=(*rows, *_comparisons(results, arms, source)),
        footnotes=_notes(results),
        source=Text(f"Dataset {described.dataset}; {described.condition}.", f"数据集 {described.dataset}；{described.condition}。"),
        empty=None if described.results else Text("No patient has a value at week 24 yet.", "第 24 周尚无数值。"),
    )


def _block(label: Text, described: Analysis, part: str, arms: tuple[Group, ...]) -> list[Row]:
    return [
        Row(label=label),
        _row(Text("n", "例数"), arms, lambda code: _number(described, f"N{part}", code, 0)),
        _row(Text("mean (SD)", "均数（标准差）"), arms, lambda code: _mean(described, f"MEAN{part}", f"SD{part}", code)),
        _row(Text("median (smallest to largest)", "中位数（最小至最大）"), arms, lambda code: _median(described, part, code)),
    ]


def _row(label: Text, arms: tuple[Group, ...], cell: Callable[[str], Cell]) -> Row:
    return Row(label=label, level=1, cells=tuple(HIDDEN if group.hidden else cell(group.code) for group in arms))


def _comparisons(results: Results, arms: tuple[Group, ...], source: Source) -> list[Row]:
    if not source.released:
        return []
    fit, trend = results.find("ADAS24.ANCOVA"), results.find("ADAS24.DOSE")
    control = next(arm.code for arm in source.study.arms if arm.control)
    highest = arms[-1].code
    rows = [Row(label=Text("Dose response", "剂量反应")), _row(same("p"), arms, lambda code: _p(trend, "SLOPE_P", POOLED, 3) if code == highest else NOTHING)]
    for reference in [arm.code for arm in source.study.arms if arm.code != highest]:
        name = source.study.arm(reference).name
        against = [group.code for group in arms if group.code not in (reference, control)]
        rows += [
            Row(label=Text(f"Difference from {name.en}", f"与{name.zh}之差")),
            _row(Text("adjusted difference (SE)", "调整后差值（标准误）"), arms, _contrast(fit, reference, against, "value")),
            _row(Text("95 % CI", "95 % 置信区间"), arms, _contrast(fit, reference, against, "interval")),
            _row(same("p"), arms, _contrast(fit, reference, against, "p")),
        ]
    return rows


def _contrast(fit: Analysis, reference: str, against: list[str], what: str) -> Callable[[str], Cell]:
    def cell(code: str) -> Cell:
        group = f"{code}-{reference}"
        numbers = [fit.get(f"DIFFERENCE{part}", group) for part in ("", "_SE", "_LOWER", "_UPPER", "_P")]
        if code not in against or any(number is None for number in numbers):
            return NOTHING
        value, error, lower, upper, p = (float(number or 0) for number in numbers)
        words = {"value": same(f"{decimal(value)} ({decimal(error, 2)})"), "interval": interval(lower, upper), "p": same(decimal(p, 3))}
        return Cell(text=words[what], rows=fit.rows(group), result=fit.name("DIFFERENCE", group))

    return cell


def _notes(results: Results) -> tuple[Text, ...]:
    methods = [f"{one.title.en}: {one.method.en}" for one in results.analyses if one.id != "ADAS24.DESCRIBE"]
    zh = [f"{one.title.zh}：{one.method.zh}" for one in results.analyses if one.id != "ADAS24.DESCRIBE"]
    return (
        Text("SD: standard deviation; SE: standard error; CI: confidence interval. A higher score is worse. p-values are not adjusted for multiplicity.",
             "SD：标准差；SE：标准误；CI：置信区间。分数越高越差。p 值未作多重性调整。"),
        Text(f"Methods. {'; '.join(methods)}.", f"方法。{'；'.join(zh)}。"),
    )  # fmt: skip
