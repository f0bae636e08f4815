"""What two people erased is absent from everything that goes out, which says who, when and why in its place, and guesses nothing."""

import json
from pathlib import Path

import orjson
import polars as pl
import pytest

from tests.histories import STUDY, History, example
from tests.odm import odm
from trialwright import sdtm
from trialwright.exchange.fhir.document import resources
from trialwright.exchange.trail import trail_csv, trail_jsonl
from trialwright.protocol import Audience
from trialwright.record import AskRedaction, Redact, erasures
from trialwright.report.casebook_pdf import Reader, _Copy

pytestmark = [pytest.mark.spec, pytest.mark.req("AUD-10")]
A = Audience
SAID = "erased on 2027-02-09 by datamanager and custodian, because a number of another patient"
NAME = "Injection site redness"


def erased(told: History, ref: str, *what: str, role: Audience = A.DATA_MANAGER, because: str = "a number of another patient") -> None:
    told.do(role, AskRedaction(ref=ref, what=what, because=because))
    told.do(A.CUSTODIAN, Redact(request=erasures(told.seen_by())[-1].wish.ref))


@pytest.fixture(scope="module")
def told() -> History:
    """The example, after a lung volume, a grade of the skin and the words of an adverse event were erased."""
    told = example()
    book = told.seen_by()
    lung, skin, event = (book.subject("T1").page(*place).cells[item][-1].ref for place, item in (
        (("BASELINE", "LUNG", ""), "FVC"), (("W24", "MRSS", ""), "CHEST"), (("", "ADVERSE_EVENTS", "a1"), "AETERM")))  # fmt: skip
    erased(told, lung, "value")
    erased(told, skin, "value")
    erased(told, event, "value", role=A.PHYSICIAN)
    return told


def test_sdtm_says_not_done_and_why_and_adds_nothing_up(told: History) -> None:
    frames = sdtm.build(STUDY, told.seen_by())
    (lung,) = frames["RE"].filter((pl.col("USUBJID") == f"{STUDY.code}-T1") & (pl.col("RETESTCD") == "FVC")).select(
        "REORRES", "RESTRESN", "RESTAT", "REREASND").rows()  # fmt: skip
    assert lung == (None, None, "NOT DONE", SAID.upper())
    skin = frames["RS"].filter((pl.col("USUBJID") == f"{STUDY.code}-T1") & (pl.col("VISITNUM") == pl.col("VISITNUM").max()))
    assert SAID.upper() in skin["RSREASND"].to_list()
    assert NAME not in json.dumps([frame.to_dicts() for frame in frames.values()], default=str)


def test_the_trail_the_casebook_odm_and_fhir_say_it_too(told: History, tmp_path: Path) -> None:
    book = told.seen_by()
    facts = _Copy(STUDY, book, book.subject("T1"), Reader(role=A.CUSTODIAN, by="custodian", at=told.at)).facts()
    files = {"trail.jsonl": trail_jsonl(book.everything), "trail.csv": trail_csv(book.everything), "casebook": json.dumps(facts, default=str).encode(),
             "history.xml": odm(book, history=True, folder=tmp_path), "snapshot.xml": odm(book, history=False, folder=tmp_path),
             "fhir": b"".join(orjson.dumps(one) for one in resources(STUDY, book))}  # fmt: skip
    for name, content in files.items():
        assert SAID.encode() in content and NAME.encode() not in content, name


def test_no_reader_before_or_after_finds_it_and_the_evaluator_reads_only_of_his_own(told: History) -> None:
    for role in A:
        if role is not A.PATIENT:
            for until in (None, told.at.replace(year=2027, month=2, day=8)):
                assert NAME not in repr(told.seen_by(role, until).everything), role
    seen = repr(told.seen_by(A.EVALUATOR).everything)
    assert seen.count("Redacted(") == 1 and "physician and custodian" not in seen
