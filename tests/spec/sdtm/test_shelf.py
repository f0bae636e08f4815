"""What the study of scleroderma does not ask: a small study whose pages fill the other domains of the shelf, told by hand."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from attrs import evolve

from trialwright import sdtm
from trialwright.protocol import SITE, Audience, Form, Item, Kind, Study, Term, Text, same, yes_no
from trialwright.protocol.forms import Codelist, one_section
from trialwright.record import Answer
from trialwright.testing import START, actor, enrolled, in_memory, later, tiny_study

pytestmark = pytest.mark.spec
NEVER_CURRENT = Codelist(code="SMOKE", terms=(Term("NEVER", same("never")), Term("CURRENT", same("current"))))
LONG = "He could not come because the road was closed. " * 6


def item(code: str, kind: Kind, annotation: str, codelist: Codelist | None = None) -> Item:
    return Item(code=code, label=Text(f"{code.lower()} of the patient", code), kind=kind, audience=SITE, codelist=codelist, longest=4000, sdtm=annotation)


EXAM = Form(code="EXAM", title=Text("Examination", "体检"), entered_by=Audience.PHYSICIAN, sections=one_section(same("exam"), [
    item("DAY", Kind.DATE, "PE.PEDTC; EG.EGDTC; VS.VSDTC; PR.PRSTDTC where PRTRT = BIOPSY OF SKIN"),
    item("SKIN", Kind.TEXT, "PE.PEORRES where PETESTCD = SKIN and PETEST = Skin"),
    item("QT", Kind.INTEGER, "EG.EGORRES where EGTESTCD = QTCFAG"),
    item("SYSTOLIC", Kind.INTEGER, "VS.VSORRES where VSTESTCD = SYSBP"),
    item("ARM", Kind.TEXT, "SUPPVS.QVAL where QNAM = VSARM and QLABEL = Arm of the Measurement and VSTESTCD = SYSBP"),
    item("SMOKES", Kind.CHOICE, "SU.SUOCCUR where SUTRT = CIGARETTES and SUPRESP = Y", yes_no()),
    item("NOTE", Kind.TEXT, "CO.COVAL"),
]))  # fmt: skip
EVENTS = Form(code="EVENTS", title=same("events"), entered_by=Audience.PHYSICIAN, repeats=True, sections=one_section(same("events"), [
    item("TERM", Kind.TEXT, "AE.AETERM"), item("SINCE", Kind.DATE, "AE.AESTDTC"),
    item("EXPECTED", Kind.CHOICE, "SUPPAE.QVAL where QNAM = AEEXP", yes_no()), item("WORDS", Kind.TEXT, "CO.COVAL where RDOMAIN = AE"),
]))  # fmt: skip


def small() -> Study:
    plan = tiny_study()
    visits = tuple(evolve(one, forms=("EXAM", *one.forms)) for one in plan.visits)
    return evolve(plan, forms=(*plan.forms, EXAM, EVENTS), visits=visits, logs=(*plan.logs, "EVENTS"))


@pytest.fixture(scope="module")
def frames() -> dict[str, pl.DataFrame]:
    study = small()
    gate = in_memory(study)
    physician = actor(Audience.PHYSICIAN)
    for place, person in enumerate(("P1", "P2")):
        enrolled(gate, person, "T", at=START - timedelta(days=9), index=date(2026, 1, 5))
        for week, systolic in (("BASE", 120), ("W4", 130 + place)):
            day = date(2026, 1, 5) + timedelta(days=28 if week == "W4" else 0)
            entries = {"DAY": day.isoformat(), "SKIN": "thick", "QT": "410", "SYSTOLIC": str(systolic), "ARM": "left"}
            entries |= {"SMOKES": "Y" if place else "N", "NOTE": LONG}
            gate.do(physician, Answer(subject=person, visit=week, form="EXAM", entries=entries), later(40, place))
        for row, term in (("r1", "Zoster"), ("r2", "Cough")):
            event = {"TERM": term, "SINCE": "2026-01-20", "EXPECTED": "N" if term == "Zoster" else "Y", "WORDS": f"{term} again"}
            gate.do(physician, Answer(subject=person, visit="", form="EVENTS", row=row, entries=event), later(41, place))
    return sdtm.build(study, gate.casebook(Audience.CUSTODIAN))


def one(frame: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return frame.filter(pl.col("USUBJID") == "TINY-P1").select(columns).rows()


def test_examination_and_electrocardiogram(frames: dict[str, pl.DataFrame]) -> None:
    """A test that CDISC knows has its name; one of the sponsor has the name of its annotation."""
    assert one(frames["PE"], "PETESTCD", "PETEST", "PEORRES", "VISIT", "PEDY")[1:] == [("SKIN", "Skin", "thick", "WEEK 4", 29)]
    assert one(frames["EG"], "EGTESTCD", "EGTEST", "EGSTRESN")[0] == ("QTCFAG", "QTcF Interval, Aggregate", 410.0)


def test_substances_and_procedures(frames: dict[str, pl.DataFrame]) -> None:
    assert one(frames["SU"], "SUTRT", "SUPRESP", "SUOCCUR")[:1] == [("CIGARETTES", "Y", "N")]
    assert one(frames["PR"], "PRTRT", "PRSTDTC", "PRSTDY") == [("BIOPSY OF SKIN", "2026-01-05", 1), ("BIOPSY OF SKIN", "2026-02-02", 29)]


def test_a_supplement_belongs_to_the_record_that_its_constants_name(frames: dict[str, pl.DataFrame]) -> None:
    """Of the measurements of a page only the blood pressure has an arm; in a log each row has its own."""
    vs, supp = frames["VS"], frames["SUPPVS"]
    assert one(supp, "RDOMAIN", "IDVAR", "IDVARVAL", "QNAM", "QLABEL", "QVAL") == [
        ("VS", "VSSEQ", str(number), "VSARM", "Arm of the Measurement", "left") for number in one(vs, "VSSEQ") for number in number]  # fmt: skip
    named = {str(number): term for number, term in one(frames["AE"], "AESEQ", "AETERM")}
    assert [(named[number], value) for number, value in one(frames["SUPPAE"], "IDVARVAL", "QVAL")] == [("Cough", "Y"), ("Zoster", "N")]


def test_comments_of_any_length(frames: dict[str, pl.DataFrame]) -> None:
    """What is longer than 200 characters goes on in COVAL1; a comment on an event names its record."""
    notes = frames["CO"].filter(pl.col("RDOMAIN").is_null())
    assert [first + rest for first, rest in one(notes, "COVAL", "COVAL1")] == [LONG.strip()] * 2
    events = one(frames["CO"].filter(pl.col("RDOMAIN") == "AE"), "IDVAR", "IDVARVAL", "COVAL")
    assert events == [("AESEQ", "1", "Cough again"), ("AESEQ", "2", "Zoster again")]


def test_what_a_study_does_not_ask_gives_no_record(frames: dict[str, pl.DataFrame]) -> None:
    assert {code for code, frame in frames.items() if not frame.height} >= {"LB", "QS", "RS", "DA", "FT", "RELREC"}
    assert "SUPPLB" not in frames
