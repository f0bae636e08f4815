"""The casebook on paper: complete for the one who may see it, silent about the rest, and the same bytes for the same view."""

import io
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from pypdf import PdfReader

from studies.telitacicept_ssc.protocol import STUDY
from trialwright.blinding import Gate
from trialwright.protocol import Absence, Audience
from trialwright.record import Answer, AnswerQuery, AskQuery, Attach, CloseQuery, Detach, MarkNotDone, Sign, Verify
from trialwright.record.events import KINDS as EVENTS
from trialwright.report.casebook_pdf import Reader, casebook_pdf
from trialwright.report.casebook_words import KINDS, PARTS
from trialwright.testing import START, actor, enrolled, in_memory

pytestmark = [pytest.mark.spec, pytest.mark.req("REC-01")]
WHO = "KHTR42"
REASON = "misread #the [paper] *twice* $x$"


def lived() -> Gate:
    """A trial in which one page was filled, corrected, questioned, answered, verified and signed."""
    gate = in_memory(STUDY)
    enrolled(gate, WHO, arm="T", at=START, index=START.date())
    coordinator, monitor, at = actor(Audience.COORDINATOR), actor(Audience.MONITOR), START + timedelta(hours=1)
    page: dict[str, Any] = {"subject": WHO, "visit": "BASELINE", "form": "LUNG"}
    gate.do(coordinator, Answer(**page, entries={"LUNGDAT": "2026-01-05", "FVC": "3.10", "FEV1": Absence.NOT_DONE, "HEIGHT": "168"}), at)
    gate.do(coordinator, Sign(**page), at)
    gate.do(monitor, AskQuery(**page, item="FVC", question="Best of three blows?"), at)
    query = next(iter(gate.casebook(Audience.MONITOR).subject(WHO).queries))
    gate.do(coordinator, Answer(**page, entries={"FVC": "3.20"}, reason=REASON), at + timedelta(hours=1))
    gate.do(coordinator, AnswerQuery(subject=WHO, query=query, answer="No, the best was 3.20 𠮷"), at + timedelta(hours=1))
    gate.do(monitor, CloseQuery(subject=WHO, query=query), at + timedelta(hours=2))
    gate.do(monitor, Verify(**page), at + timedelta(hours=2))
    gate.do(coordinator, MarkNotDone(subject=WHO, visit="BASELINE", form="HAQ", reason="the patient was tired"), at)
    blood = Answer(subject=WHO, visit="BASELINE", form="LABORATORY", entries={"IGG": "12.77", "PLAT": "20"}, confirmed={"PLAT": "counted again by hand"})
    gate.do(coordinator, blood, at)
    return gate


@cache
def life() -> Gate:
    """The same trial for all who only look at it."""
    return lived()


@cache
def told(role: Audience, language: str = "en") -> str:
    """What stands in the copy, read by another program."""
    return words(printed(life(), role, language))


def printed(gate: Gate, role: Audience, language: str = "en") -> bytes:
    reader = Reader(role=role, by="printer", at=START + timedelta(days=30), language=language)
    return casebook_pdf(STUDY, gate.casebook(role), WHO, reader)


def words(made: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages).split())


@pytest.mark.req("SIG-01")
def test_it_tells_every_page_correction_signature_query_and_entry() -> None:
    text = told(Audience.INVESTIGATOR)
    for part in ("3.20 L", "3.10 L", REASON, "not done", "Best of three blows?", "No, the best was 3.20 [U+20BB7]", "Not done: the patient was tired",
                 "fell: the content changed afterwards", "compared with the source", "printed by printer", "copy, not the record",
                 "20 10^9/L unusual, confirmed: counted again by hand"):  # fmt: skip
        assert part in text, part
    for entry in life().casebook(Audience.INVESTIGATOR).entries(WHO):
        assert entry.ref in text


def test_every_answer_that_the_role_may_read_is_on_it() -> None:
    """Independently of the page: the canonical values of the casebook, found in the text of the PDF."""
    text = told(Audience.MONITOR)
    for page in life().casebook(Audience.MONITOR).subject(WHO).pages.values():
        form = STUDY.form(page.place[1])
        for item, value in page.answers.items():
            assert form.item(item).label.en in text
            assert value in text


def test_a_blind_role_gets_neither_the_arm_nor_anything_that_hints_at_it() -> None:
    open_, blind = told(Audience.INVESTIGATOR), told(Audience.DATA_MANAGER)
    assert "12.77" in open_ and "UNBLINDED" in open_ and STUDY.arm("T").name.en in open_
    title = STUDY.title.en
    assert "12.77" not in blind and "UNBLINDED" not in blind and STUDY.arm("T").name.en not in blind.replace(title, "").replace(title.split()[0], "", 1)


def test_what_a_blind_role_may_not_read_changes_no_byte() -> None:
    one, other = lived(), lived()
    hidden = Answer(subject=WHO, visit="BASELINE", form="LABORATORY", entries={"IGG": "5.5"}, reason="misread")
    other.do(actor(Audience.COORDINATOR), hidden, START + timedelta(hours=2))
    for role in (Audience.DATA_MANAGER, Audience.STATISTICIAN):
        assert printed(one, role) == printed(other, role)
    assert printed(one, Audience.MONITOR) != printed(other, Audience.MONITOR)


def test_it_has_bookmarks_and_is_told_in_chinese() -> None:
    reader = PdfReader(io.BytesIO(printed(life(), Audience.MONITOR, "zh")))
    titles = [one.title for one in reader.outline if not isinstance(one, list)]
    assert titles[0] == "概要" and titles[-1] == "附录：稽查轨迹"
    assert STUDY.visit("BASELINE").name.zh in titles
    first = " ".join(" ".join(reader.pages[page].extract_text() for page in range(5)).split())
    assert "副本，非正式记录" in first and "更正" in first and STUDY.item("LUNG", "FVC").label.zh in first


def test_every_kind_of_event_and_every_part_of_one_has_words() -> None:
    from attrs import fields

    places = {"label", "subject", "visit", "form", "row", "item", "value", "absence"}
    assert {kind.__name__ for kind in EVENTS} - set(KINDS) == set()
    assert {part.name for kind in EVENTS for part in fields(kind)} - places - set(PARTS) == set()


def test_it_lists_the_files_beside_a_page_for_those_who_may_know_of_them() -> None:
    gate, name = lived(), "HRCT-7.pdf"
    laid = Attach(subject=WHO, visit="BASELINE", form="LABORATORY", name=name, media="application/pdf", size=1234, sha256="5e" * 32)
    (entry,) = gate.do(actor(Audience.COORDINATOR), laid, START + timedelta(hours=3))
    text = words(printed(gate, Audience.MONITOR))
    assert "Files beside this page" in text and name in text and "PDF, 1234 bytes" in text and "5e" * 16 in text and "Withdrawn" not in text
    gate.do(actor(Audience.COORDINATOR), Detach(subject=WHO, attachment=entry.event.attachment, because="of another patient"), START + timedelta(hours=4))
    assert "Withdrawn by coordinator" in words(printed(gate, Audience.MONITOR)) and "of another patient" in words(printed(gate, Audience.MONITOR))
    for role in (Audience.DATA_MANAGER, Audience.STATISTICIAN):
        assert printed(gate, role) == printed(lived(), role)
