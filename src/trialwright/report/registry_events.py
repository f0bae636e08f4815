"""Adverse events for ClinicalTrials.gov: deaths, serious events, and other events above the threshold of the registry, by arm."""

from collections.abc import Iterator

import polars as pl
from lxml import etree
from lxml.builder import E

from trialwright.exchange.ctgov_protocol import Missing
from trialwright.protocol import Text
from trialwright.report.results import POOLED
from trialwright.report.source import ARM, Group, Source

THRESHOLD = 5
"""Other events go out that more than so many percent of the patients of one arm had (at most 5 may be chosen)."""
TERM = "_TERM"


def reported_events(source: Source) -> tuple[etree._Element, tuple[Missing, ...]]:
    """The events that began or worsened after the start of treatment in the safety set: those of Table 14.3.1 of a report."""
    groups = tuple(group for group in source.groups("SAFFL") if group.code != POOLED)
    events = _named(source.rows("ADAE", "SAFFL").filter(pl.col("TRTEMFL") == "Y"))
    serious, other = events.filter(pl.col("AESER") == "Y"), events.filter((pl.col("AESER") != "Y").fill_null(True))
    often = [term for term in sorted(set(other[TERM])) if any(_share(other.filter(pl.col(TERM) == term), group) > THRESHOLD for group in groups)]
    coded = events.height == 0 or ("AEBODSYS" in events.columns and events["AEBODSYS"].null_count() == 0)
    vocabulary = _vocabulary(source)
    made = E.reportedEvents(
        E.allCauseMortComment(_deaths_elsewhere(source)), E.frequencyReportingThreshold(str(THRESHOLD)),
        E.frequentAdverseEvents(*(_event("frequentEvent", term, other, groups) for term in often)),
        E.interventionGroups(*(_group(source, group, serious, other.filter(pl.col(TERM).is_in(often))) for group in groups)),
        E.notes("A patient counts once for each kind of event. An event whose seriousness is not on record counts as other."),
        E.seriousAdverseEvents(*(_event("seriousEvent", term, serious, groups) for term in sorted(set(serious[TERM])))),
        *([E.sourceVocabulary(vocabulary)] if vocabulary else []), E.timeFrame(_time_frame(source)),
    )  # fmt: skip
    return made, tuple(_missing(coded=coded, vocabulary=bool(vocabulary)))


def _named(events: pl.DataFrame) -> pl.DataFrame:
    """Events by the term of the dictionary, or by the reporter's words where none was found."""
    coded = pl.col("AEDECOD") if "AEDECOD" in events.columns else pl.lit(None, dtype=pl.String)
    return events.with_columns(pl.coalesce(coded, pl.col("AETERM"), pl.lit("not named")).alias(TERM))


def _vocabulary(source: Source) -> str:
    adopted = source.casebook.dictionaries.get("MedDRA")
    return f"{getattr(adopted, 'name', 'MedDRA')} {adopted.version}" if adopted else ""


def _missing(*, coded: bool, vocabulary: bool) -> Iterator[Missing]:
    yield Missing("reportedEvents/assessmentType", Text("whether events were asked for systematically or not", "不良事件为系统收集还是非系统收集"))
    if not coded:
        yield Missing("reportedEvents/…/organSystemName", Text("the organ system of events that are not coded", "未编码事件的系统器官分类"))
    if not vocabulary:
        yield Missing("reportedEvents/sourceVocabulary", Text("the dictionary of the terms and its version", "术语所用词典及版本"))


def _time_frame(source: Source) -> str:
    last = max(source.study.visits, key=lambda visit: visit.day).name.en
    return f"From the start of treatment to the end of follow-up ({last.lower()})"


def _share(events: pl.DataFrame, group: Group) -> float:
    return 100 * _people(events, group) / group.n if group.n else 0.0


def _people(events: pl.DataFrame, group: Group) -> int:
    return events.filter(pl.col(ARM) == group.code)["USUBJID"].n_unique()


def _event(tag: str, term: str, events: pl.DataFrame, groups: tuple[Group, ...]) -> etree._Element:
    found = events.filter(pl.col(TERM) == term)
    organ = found["AEBODSYS"].drop_nulls().to_list() if "AEBODSYS" in found.columns else []
    stats = (E.eventStats(E.reportingGroupId(f"ae.{group.code}"), E.numEvents(str(found.filter(pl.col(ARM) == group.code).height)),
                          E.numSubjectsAffected(str(_people(found, group))), E.numSubjects(str(group.n))) for group in groups)  # fmt: skip
    return E(tag, E.adverseEventStats(*stats), *([E.organSystemName(organ[0])] if organ else []), E.term(term))


def _group(source: Source, group: Group, serious: pl.DataFrame, often: pl.DataFrame) -> etree._Element:
    arm, n = source.study.arm(group.code), str(group.n)
    dead = source.patients("SAFFL").filter((pl.col(ARM) == group.code) & _died(source)).height
    return E.interventionGroup(
        E.description(arm.treatment.en), E.numDeaths(str(dead)), E.numSubjectsFrequentEvents(str(_people(often, group))),
        E.numSubjectsSeriousEvents(str(_people(serious, group))), E.partAtRiskAllCauseMort(n), E.partAtRiskFrequentEvents(n), E.partAtRiskSeriousEvents(n),
        E.title(group.title.en), id=f"ae.{group.code}",
    )  # fmt: skip


def _died(source: Source) -> pl.Expr:
    return pl.col("DTHFL").fill_null("N") == "Y" if "DTHFL" in source.adam["ADSL"].columns else pl.lit(False)


def _deaths_elsewhere(source: Source) -> str:
    """Deaths of patients who were enrolled and did not start the treatment of their arm: no column counts them."""
    safe = source.patients("SAFFL")["USUBJID"].implode()
    dead = source.patients("ITTFL").filter(_died(source) & ~pl.col("USUBJID").is_in(safe)).height
    return f"Deaths among enrolled patients who did not start the treatment of their arm, not counted above: {dead}."
