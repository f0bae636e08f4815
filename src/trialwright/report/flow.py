"""The way of the patients through the trial, step by step, each step with the records that show who took it."""

import polars as pl
from attrs import frozen

from trialwright.protocol import Study, Text
from trialwright.report.source import ARM, PLACE, Source, placed, rows_of
from trialwright.report.table import DataRow


@frozen(kw_only=True)
class Step:
    """A step and the patients who took it: (subject, arm code or None), with the dataset rows that say so."""

    label: Text
    taken: tuple[tuple[str, str | None], ...]
    rows: tuple[DataRow, ...]
    level: int = 1

    def count(self, arm: str | None = None) -> int:
        """How many patients, of one arm or of all."""
        return len({subject for subject, where in self.taken if arm in (None, where)})


@frozen(kw_only=True)
class Flow:
    """All steps of a trial, in order."""

    screened: Step
    not_enrolled: Step
    reasons: tuple[Step, ...]
    enrolled: Step
    treatment_completed: Step
    treatment_ended: Step
    treatment_reasons: tuple[Step, ...]
    study_completed: Step
    study_ended: Step
    study_reasons: tuple[Step, ...]
    analysis_set: Step
    safety_set: Step
    with_value: Step
    without_value: Step


def flow(source: Source, *, parameter: str, visit: str, dataset: str = "ADRS", population: str = "FASFL") -> Flow:
    """The flow of all who were screened, to the analysis of `parameter` at `visit`."""
    dm, ds = _armed(source, "DM"), _armed(source, "DS")
    enrolled = ds.filter(pl.col("DSDECOD") == "ELIGIBILITY CRITERIA MET")
    ended = ds.filter((pl.col("DSCAT") == "DISPOSITION EVENT") & (pl.col("DSDECOD") != "SCREEN FAILURE"))
    treatment = ended.filter(pl.col("DSSCAT") == "STUDY TREATMENT")
    study = ended.filter(pl.col("DSSCAT") != "STUDY TREATMENT")
    done = pl.col("DSDECOD") == "COMPLETED"
    rows = source.rows(dataset, population).filter(pl.col("PARAMCD") == parameter)
    at = rows.filter((pl.col("AVISITN") == source.study.visit(visit).number) & (pl.col("ANL01FL") == "Y") & pl.col("CHG").is_not_null())
    full, safe = _named(source, population), _named(source, "SAFFL")
    name = source.study.visit(visit).name
    return Flow(
        screened=_step(Text("screened", "筛选"), "DM", dm),
        not_enrolled=_step(Text("not enrolled", "未入组"), "DM", dm.filter(~pl.col("USUBJID").is_in(enrolled["USUBJID"].to_list()))),
        reasons=_criteria(source, dm.filter(~pl.col("USUBJID").is_in(enrolled["USUBJID"].to_list()))),
        enrolled=_step(Text("enrolled", "入组"), "DS", enrolled),
        treatment_completed=_step(Text("completed the treatment period", "完成治疗期"), "DS", treatment.filter(done)),
        treatment_ended=_step(Text("ended treatment early", "提前结束治疗"), "DS", treatment.filter(~done)),
        treatment_reasons=_reasons(source.study, treatment.filter(~done)),
        study_completed=_step(Text("completed the study", "完成研究"), "DS", study.filter(done)),
        study_ended=_step(Text("left the study early", "提前退出研究"), "DS", study.filter(~done)),
        study_reasons=_reasons(source.study, study.filter(~done)),
        analysis_set=_step(Text("full analysis set", "全分析集"), "ADSL", full),
        safety_set=_step(Text("safety set", "安全集"), "ADSL", safe),
        with_value=_step(Text(f"analyzed at {name.en.lower()}", f"纳入{name.zh}分析"), dataset, at),
        without_value=_step(Text(f"no value at {name.en.lower()}", f"无{name.zh}数值"), "ADSL", full.filter(~pl.col("USUBJID").is_in(at["USUBJID"].to_list()))),
    )  # fmt: skip


def worded(study: Study, code: str) -> Text:
    """A submission value in the words of the study's code lists; as it is written when no list has it."""
    for form in study.forms:
        for item in form.items:
            if item.codelist and code in item.codelist.labels:
                return item.codelist.labels[code]
    return _WORDS.get(code) or Text(code.lower(), code)


_WORDS = {"DISCONTINUED": Text("ended early", "提前结束"), "SCREEN FAILURE": Text("screen failure", "筛选失败")}


def _named(source: Source, flag: str) -> pl.DataFrame:
    return source.patients(flag)


def _armed(source: Source, domain: str) -> pl.DataFrame:
    """A domain with the arm of each patient, those without an arm included."""
    arms = source.arms
    frame = placed(source.sdtm[domain])
    return frame.with_columns(pl.Series(ARM, [arms.get(one) for one in frame["USUBJID"].to_list()], dtype=pl.String))


def _step(label: Text, dataset: str, frame: pl.DataFrame, level: int = 1) -> Step:
    taken = tuple(zip(frame["USUBJID"].to_list(), frame[ARM].to_list(), strict=True))
    return Step(label=label, taken=taken, rows=rows_of(dataset, frame.select(PLACE)), level=level)


def _criteria(source: Source, left: pl.DataFrame) -> tuple[Step, ...]:
    """Why people were not enrolled: the criteria that were not met, then those without a named criterion."""
    ie = _armed(source, "IE").filter(pl.col("USUBJID").is_in(left["USUBJID"].to_list()))
    words = {criterion.code: criterion.text for criterion in source.study.criteria}
    steps = [
        _step(_unmet(words.get(code) or Text(code, code)), "IE", ie.filter(pl.col("IETESTCD") == code), level=2)
        for code in sorted(ie["IETESTCD"].unique().to_list())
    ]  # fmt: skip
    other = left.filter(~pl.col("USUBJID").is_in(ie["USUBJID"].to_list()))
    return (*steps, *([_step(Text("still in screening, or another reason", "仍在筛选或其他原因"), "DM", other, level=2)] if other.height else []))


def _unmet(criterion: Text) -> Text:
    return Text(f"not met: {criterion.en}", f"不符合：{criterion.zh}")


def _reasons(study: Study, ended: pl.DataFrame) -> tuple[Step, ...]:
    """Why a period ended early; a reader who may not know the reason has none to count."""
    known = ended.filter(pl.col("DSDECOD") != "DISCONTINUED")
    return tuple(
        _step(worded(study, code), "DS", known.filter(pl.col("DSDECOD") == code), level=2) for code in sorted(known["DSDECOD"].drop_nulls().unique().to_list())
    )
