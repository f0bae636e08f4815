"""Lines that several tables have in common: how a share, a mean or a difference is written and what stands behind it."""

from trialwright.protocol import PlannedAnalysis, Study, Text, same
from trialwright.report.numerals import count_percent, decimal, interval, mean_sd, p_value
from trialwright.report.results import Analysis
from trialwright.report.source import Group, Source
from trialwright.report.table import HIDDEN, NOTHING, Cell, Row, shown

METHODS = Text("Shares: the first interval of the difference is that of Miettinen and Nurminen, then those of Newcombe and of Chan and Zhang; the exact p "
               "is that of Boschloo's test.",
               "比例：差值的第一个区间为 Miettinen-Nurminen 法，其后为 Newcombe 法与 Chan-Zhang 法；精确 p 值为 Boschloo 检验。")  # fmt: skip
"""By which methods the lines of `shares` were computed."""


def shares(analysis: Analysis, groups: tuple[Group, ...], label: Text) -> list[Row]:
    """The lines of one analysis: counts, difference with three intervals, exact p."""
    counts = tuple(HIDDEN if group.hidden else _count(analysis, group.code) for group in groups)
    hidden = any(group.hidden for group in groups)
    spans = (("RISK_DIFFERENCE_LOWER", "RISK_DIFFERENCE_UPPER", Text("difference, percentage points (95 % CI)", "差值，百分点（95 % 置信区间）")),
             ("NEWCOMBE_LOWER", "NEWCOMBE_UPPER", Text("the same by Newcombe", "同上，Newcombe 法")),
             ("EXACT_LOWER", "EXACT_UPPER", Text("the same, exact (Chan and Zhang)", "同上，精确法（Chan-Zhang）")))  # fmt: skip
    rows = [Row(label=label), Row(label=Text("patients, n (%)", "例数（%）"), level=1, cells=(*counts, NOTHING))]
    rows += [Row(label=words, level=1, cells=(*(NOTHING for _ in groups), HIDDEN if hidden else _span(analysis, low, high))) for low, high, words in spans]
    return [*rows, Row(label=Text("exact p, two-sided", "精确双侧 p 值"), level=1, cells=(*(NOTHING for _ in groups), HIDDEN if hidden else _p(analysis)))]


def _count(analysis: Analysis, code: str) -> Cell:
    count, total = analysis.get("COUNT", code), analysis.get("N", code)
    if count is None or total is None:
        return NOTHING
    return shown(count_percent(int(count), int(total)), analysis.rows(code), analysis.name("COUNT", code))


def _contrast(analysis: Analysis) -> str:
    return next((one.group for one in analysis.results if one.operation == "RISK_DIFFERENCE"), "")


def _span(analysis: Analysis, low: str, high: str) -> Cell:
    group = _contrast(analysis)
    value, lower, upper = (analysis.get(name, group) for name in ("RISK_DIFFERENCE", low, high))
    if value is None or lower is None or upper is None:
        return NOTHING
    middle, span = decimal(100 * value, 0), interval(100 * lower, 100 * upper, 0)
    return Cell(text=Text(f"{middle} ({span.en})", f"{middle}（{span.zh}）"), rows=analysis.rows("ALL"), result=analysis.name(low, group))


def _p(analysis: Analysis) -> Cell:
    p = analysis.get("P", _contrast(analysis))
    return NOTHING if p is None else Cell(text=same(p_value(p)), rows=analysis.rows("ALL"), result=analysis.name("P", _contrast(analysis)))


def coded(source: Source) -> Text:
    """With which dictionary adverse events were coded; the terms stand in the report as they stand in the data set."""
    used = source.casebook.dictionaries.get("MedDRA")
    if used is None:
        return Text("Terms as they were recorded; no dictionary is in use.", "术语为记录原文，未使用编码词典。")
    name = f"{used.dictionary} {used.version}"
    return Text(f"Terms coded with {name}.", f"术语以 {name} 编码，按数据集中的词典原文列出，未经翻译。")


def draws(study: Study, *plans: PlannedAnalysis) -> tuple[Text, ...]:
    """A note for each analysis that draws random numbers: with what these begin, so that another program can draw the same."""
    titles = {method.code: method.title for method in study.methods}
    drawn = [(plan.title or titles[plan.method], seed) for plan in plans if (seed := plan.setting("seed"))]
    return tuple(Text(f"{title.en}: random numbers (Philox) begin with {seed}.", f"{title.zh}：随机数（Philox）种子为 {seed}。") for title, seed in drawn)


def administered(sites: tuple[str, ...]) -> Text:
    """How many sites there are, and under which numbers they stand in the data."""
    numbers = ", ".join(sites)
    return Text(f"{len(sites)} (number {numbers})", f"{len(sites)} 个（编号 {numbers}）")


def contrast_title(study: Study) -> Text:
    """The heading of the column that holds differences between the arms."""
    treatment, control = (next(arm for arm in study.arms if arm.control is of) for of in (False, True))
    return Text(f"difference: {treatment.name.en} minus {control.name.en}", f"差值：{treatment.name.zh}减{control.name.zh}")


def means(described: Analysis, groups: tuple[Group, ...], visit: Text, places: int) -> list[Row]:
    """Mean and standard deviation of baseline, value and change, each with the number of patients."""
    blocks = ((Text("baseline: n, mean (SD)", "基线：例数，均数（标准差）"), "BASELINE"),
              (Text(f"{visit.en.lower()}: n, mean (SD)", f"{visit.zh}：例数，均数（标准差）"), "VALUE"),
              (Text("change: n, mean (SD)", "变化：例数，均数（标准差）"), "CHANGE"))  # fmt: skip
    return [Row(label=label, level=1, cells=(*(HIDDEN if group.hidden else _mean(described, name, group.code, places) for group in groups), NOTHING))
            for label, name in blocks]  # fmt: skip


def _mean(analysis: Analysis, name: str, code: str, places: int) -> Cell:
    n, mean = analysis.get(f"N_{name}", code), analysis.get(f"MEAN_{name}", code)
    if n is None or mean is None:
        return NOTHING if not n else shown(f"{n:.0f}", analysis.rows(code), analysis.name(f"N_{name}", code))
    words = mean_sd(mean, analysis.get(f"SD_{name}", code), places)
    return Cell(text=Text(f"{n:.0f}; {words}", f"{n:.0f}；{words}"), rows=analysis.rows(code), result=analysis.name(f"MEAN_{name}", code))


def classes(counted: Analysis, groups: tuple[Group, ...], visit: Text) -> list[Row]:
    """Patients in each class at the baseline and at the visit."""
    kinds = sorted({one.operation.rpartition("_")[2] for one in counted.results if one.operation.count("_") == 2})
    moments = (("BASELINE", Text("baseline", "基线")), ("VALUE", Text(visit.en.lower(), visit.zh)))
    return [
        Row(label=Text(f"{when.en}: class {kind}, n (%)", f"{when.zh}：{kind} 级，例数（%）"), level=1,
            cells=(*(HIDDEN if group.hidden else _class(counted, name, kind, group.code) for group in groups), NOTHING))
        for name, when in moments for kind in kinds
    ]  # fmt: skip


def _class(counted: Analysis, name: str, kind: str, code: str) -> Cell:
    count, total = counted.get(f"N_{name}_{kind}", code), counted.get(f"N_{name}", code)
    if count is None or total is None:
        return NOTHING
    return shown(count_percent(int(count), int(total)), counted.rows(code), counted.name(f"N_{name}_{kind}", code))


def test_name(study: Study, domain: str, testcd: str, usual: str) -> Text:
    """A laboratory test or measurement as the study's form asks for it, with the unit that `usual` (its name in the data) carries."""
    neat = usual.replace("10^9", "10⁹").replace("umol", "µmol")
    unit = f"（{neat.partition(' (')[2].rstrip(')')}）" if " (" in neat else ""
    for form in study.forms:
        for item in form.items:
            if item.sdtm and _asks(item.sdtm, domain, testcd):
                return Text(neat, f"{item.label.zh}{unit}")
    return Text(neat, neat)


def _asks(annotation: str, domain: str, testcd: str) -> bool:
    return any(part.strip().endswith(f"{domain}TESTCD = {testcd}") for target in annotation.split(";") for part in target.split(" and "))


def difference(compared: Analysis, groups: tuple[Group, ...], places: int) -> list[Row]:
    """The adjusted difference with its interval, and its p-value."""
    group = next((one.group for one in compared.results if one.operation == "DIFFERENCE"), "")
    value, lower, upper, p = (compared.get(f"DIFFERENCE{part}", group) for part in ("", "_LOWER", "_UPPER", "_P"))
    told, tested = NOTHING, NOTHING
    if value is not None and lower is not None and upper is not None and p is not None:
        span, middle = interval(lower, upper, places), decimal(value, places)
        told = Cell(text=Text(f"{middle} ({span.en})", f"{middle}（{span.zh}）"), rows=compared.rows("ALL"), result=compared.name("DIFFERENCE", group))
        tested = Cell(text=same(p_value(p)), rows=compared.rows("ALL"), result=compared.name("DIFFERENCE_P", group))
    hidden = any(one.hidden for one in groups)
    blank = tuple(NOTHING for _ in groups)
    return [Row(label=Text("adjusted difference (95 % CI)", "调整后差值（95 % 置信区间）"), level=1, cells=(*blank, HIDDEN if hidden else told)),
            Row(label=Text("p, two-sided (descriptive)", "双侧 p 值（描述性）"), level=1, cells=(*blank, HIDDEN if hidden else tested))]  # fmt: skip
