"""Trial summary: title, size, sponsor and outcomes of the trial, as far as the study says them."""

import polars as pl

from trialwright.protocol import Method, Study
from trialwright.sdtm._domain import designed, tabulated

SPEC = tabulated("TS", "TSPARMCD TSSEQ")


NAMES = {
    "TITLE": "Trial Title",
    "SPONSOR": "Clinical Study Sponsor",
    "REGID": "Registry Identifier",
    "PLANSUB": "Planned Number of Subjects",
    "NARMS": "Planned Number of Arms",
    "RANDOM": "Trial is Randomized",
    "OUTMSPRI": "Primary Outcome Measure",
    "OUTMSSEC": "Secondary Outcome Measure",
}


def rows(study: Study) -> pl.DataFrame:
    """One record for each value; what the study does not say is left out, not guessed."""
    values: dict[str, list[str]] = {
        "TITLE": [study.official_title.en],
        "SPONSOR": [study.sponsor],
        "REGID": [study.registry],
        "PLANSUB": [str(study.planned)],
        "NARMS": [str(len(study.arms))],
        "RANDOM": ["Y" if study.chosen.method is Method.RANDOMIZED else "N"],
        "OUTMSPRI": [one.title.en for one in study.endpoints if one.primary],
        "OUTMSSEC": [one.title.en for one in study.endpoints if not one.primary],
    }
    told = [
        {"TSSEQ": place, "TSPARMCD": code, "TSPARM": NAMES[code], "TSVAL": value[:200]}
        for code, found in values.items()
        for place, value in enumerate(found, start=1)
    ]
    return designed(SPEC, study, told)
