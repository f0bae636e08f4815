"""Trial summary: title, size, design, treatment, outcomes and dates of the trial, as far as the study says them."""

from collections.abc import Iterator

import polars as pl

from trialwright.protocol import Method, Study, Summary
from trialwright.sdtm._domain import CT, SDTM, SDTMIG, concept_of, designed, name_in, tabulated

SPEC = tabulated("TS", "STUDYID TSPARMCD TSSEQ")
PHASES = {"1": "PHASE I TRIAL", "2": "PHASE II TRIAL", "3": "PHASE III TRIAL", "4": "PHASE IV TRIAL"}
LISTS = {"DOSFRQ": "FREQ", "DOSU": "UNIT", "DOSFRM": "FRM", "ROUTE": "ROUTE"}
"""Code lists that have another name than the parameter."""
CODES, NAMES, YES_NO = "C66738", "C67152", "NY"


def rows(study: Study, dm: pl.DataFrame | None = None) -> pl.DataFrame:
    """One record for each value; what the study does not say is left out, not guessed. `dm` adds how the trial went."""
    told = [*_from_the_study(study), *study.summary, *(() if dm is None else _from_the_conduct(dm))]
    count: dict[str, int] = {}
    rows = []
    for one in sorted(told, key=lambda one: one.name):
        count[one.name] = count.get(one.name, 0) + 1
        rows.append(_row(one, count[one.name]))
    return designed(SPEC, study, rows)


def _row(one: Summary, place: int) -> dict[str, object]:
    """A value that CDISC has a term for carries its concept."""
    concept = concept_of(LISTS.get(one.name, one.name), one.value) or (concept_of(YES_NO, one.value) if one.value in ("Y", "N") else None)
    code, terminology, version = (concept, "CDISC CT", CT) if concept else (one.code, one.terminology, one.version)
    name = name_in(CODES, NAMES, one.name) or one.name
    return {
        "TSSEQ": place,
        "TSPARMCD": one.name,
        "TSPARM": name,
        "TSVAL": one.value[:200] or None,
        "TSVALNF": one.absent or None,
        "TSVALCD": code or None,
        "TSVCDREF": terminology or None,
        "TSVCDVER": version or None,
    }


def _from_the_study(study: Study) -> Iterator[Summary]:
    last = max(study.visits, key=lambda visit: visit.day)
    values = {
        "TITLE": [study.official_title.en],
        "SPONSOR": [study.sponsor],
        "PLANSUB": [str(study.planned)],
        "NARMS": [str(len(study.arms))],
        "RANDOM": ["Y" if study.chosen.method is Method.RANDOMIZED else "N"],
        "LENGTH": [f"P{last.day - min(visit.day for visit in study.visits)}D"],
        "OUTMSPRI": [one.title.en for one in study.endpoints if one.primary],
        "OUTMSSEC": [one.title.en for one in study.endpoints if not one.primary],
        "SDTIGVER": [SDTMIG],
        "SDTMVER": [SDTM],
        "TPHASE": [word for number, word in PHASES.items() if study.phase == f"PHASE{number}"],
        "DOSE": [str(arm.regimen.dose) for arm in study.arms if arm.regimen],
        "DOSU": [arm.regimen.unit for arm in study.arms if arm.regimen],
    }
    yield from (Summary(name=name, value=value) for name, found in values.items() for value in found)
    registered = study.registry.startswith("NCT")
    yield Summary(name="REGID", value=study.registry, code=study.registry if registered else "", terminology="ClinicalTrials.gov" if registered else "")
    if study.country:
        yield Summary(name="FCNTRY", value=study.country, code=study.country, terminology="ISO 3166")


def _from_the_conduct(dm: pl.DataFrame) -> Iterator[Summary]:
    """How many took part, from when to when, as far as the records go."""
    yield Summary(name="ACTSUB", value=str(dm["RFSTDTC"].is_not_null().sum()))
    for name, day in (("SSTDTC", dm["RFICDTC"].min()), ("SENDTC", dm["RFPENDTC"].max())):
        if day is not None:
            yield Summary(name=name, value=str(day))
