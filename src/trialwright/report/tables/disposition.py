"""What became of everybody who was screened: enrolled or not and why, treatment and study completed or not, analyzed or not."""

from trialwright.protocol import Text
from trialwright.report.flow import Flow, Step
from trialwright.report.numerals import count_percent
from trialwright.report.source import Group, Source
from trialwright.report.table import HIDDEN, NOTHING, Cell, Row, Table, shown


def table(source: Source, flow: Flow, *, number: str, title: Text) -> Table:
    """The counts of a flow by arm; before enrollment there are no arms."""
    groups = source.groups("FASFL")
    screening = (flow.screened, flow.not_enrolled, *flow.reasons, flow.enrolled)
    treatment = (flow.treatment_completed, flow.treatment_ended, *flow.treatment_reasons)
    study = (flow.study_completed, flow.study_ended, *flow.study_reasons)
    # Who took the study drug is closed to the blinded, so that they cannot count the safety set.
    analysis = (flow.analysis_set, *((flow.safety_set,) if source.opened else ()), flow.with_value, flow.without_value)
    rows = (
        Row(label=Text("Screening", "筛选")),
        *(_line(step, groups, flow, arms=step is flow.enrolled) for step in screening),
        Row(label=Text("Treatment period", "治疗期")), *(_line(step, groups, flow) for step in treatment),
        Row(label=Text("Study", "研究")), *(_line(step, groups, flow) for step in study),
        Row(label=Text("Analysis", "分析")), *(_line(step, groups, flow) for step in analysis),
    )  # fmt: skip
    return Table(
        number=number, title=title, population=Text("Everybody who was screened", "所有筛选者"), columns=tuple(group.column for group in groups),
        rows=rows if flow.screened.count() else (),
        footnotes=(Text("A person may fail several criteria. Percentages are of the patients enrolled.",
                        "同一人可能有多项标准不符合。百分比以入组受试者为分母。"),
                   *(() if source.opened else (Text("Reasons for an early end can tell the arm: this blinded reader does not see them.",
                                                      "提前结束的原因可能透露分组，盲态视图不显示。"),))),
        source=Text("Datasets DM, DS, IE; ADSL and the dataset of the primary endpoint.", "数据集 DM、DS、IE，ADSL 及主要终点数据集。"),
        empty=None if flow.screened.count() else Text("Nobody has been screened yet.", "尚无人接受筛选。"),
    )  # fmt: skip


def _line(step: Step, groups: tuple[Group, ...], flow: Flow, *, arms: bool = True) -> Row:
    before = step in (flow.screened, flow.not_enrolled, *flow.reasons)
    return Row(label=step.label, level=step.level, cells=tuple(_cell(step, group, flow, before=before, arms=arms and not before) for group in groups))


def _cell(step: Step, group: Group, flow: Flow, *, before: bool, arms: bool) -> Cell:
    if group.code != "ALL" and not arms:
        return NOTHING
    if group.hidden:
        return HIDDEN
    arm = None if group.code == "ALL" else group.code
    count = step.count(arm)
    if before or step is flow.enrolled:
        return shown(str(count), step.rows)
    return shown(count_percent(count, flow.enrolled.count(arm)), step.rows)
