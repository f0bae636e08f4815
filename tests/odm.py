"""A trial in which everything happens that an ODM file must tell, and a reader that finds the entries of the ledger again in such a file."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from lxml import etree

from tests.histories import STUDY, History, day, example
from trialwright.exchange.odm import Odm
from trialwright.exchange.odm_layout import Layout
from trialwright.exchange.odm_record import NOTES
from trialwright.exchange.trail import told
from trialwright.protocol import Absence, Audience, Study
from trialwright.record import AnswerQuery, AskQuery, Casebook, Freeze, Sign, SignOff, Thaw, Verify
from trialwright.report.delivery import NOTHING_YET

NS = {"o": "http://www.cdisc.org/ns/odm/v1.3"}
NASTY = "]]> <b>&amp;\"'\n\ttab \u0661\u05d0 \U0001f9e0 é 硬皮病"
LOST = ("log", "seq", "page")
"""What an ODM file does not tell of an entry: its place in the chain."""


def eventful() -> History:
    """The example, and beside it corrections, a value taken back and given again, signatures, queries, nasty words, pages closed and opened."""
    told = example()
    told.fill("T1", "BASELINE", "LUNG", {"FVC": Absence.NOT_ASSESSABLE}, reason="mouthpiece leaked")
    told.fill("T1", "BASELINE", "LUNG", {"FVC": "2.30"}, reason=NASTY)
    told.do(Audience.EVALUATOR, Sign(subject="T1", visit="W4", form="MRSS"))
    told.fill("T1", "W4", "MRSS", {"FACE": "3"}, reason="read the sheet again", role=Audience.EVALUATOR)
    told.do(Audience.EVALUATOR, Sign(subject="T1", visit="W4", form="MRSS"))
    told.fill("C1", "", "ADVERSE_EVENTS", {"AETERM": NASTY}, row="a1", reason="words of the patient")
    told.do(Audience.MONITOR, AskQuery(subject="T1", visit="BASELINE", form="LUNG", item="FVC", question=NASTY))
    query = next(iter(told.seen_by().subject("T1").queries))
    told.do(Audience.PHYSICIAN, AnswerQuery(subject="T1", query=query, answer="yes"))
    told.do(Audience.MONITOR, Verify(subject="T1", visit="BASELINE", form="LUNG"))
    told.do(Audience.DATA_MANAGER, Freeze(subject="T1", visit="BASELINE", form="LUNG"))
    told.do(Audience.DATA_MANAGER, Thaw(subject="T1", visit="BASELINE", form="LUNG", because="one more value"))
    told.do(Audience.INVESTIGATOR, SignOff(subject="T1", meaning="casebook approved"))
    told.fill("T1", "W12", "MRSS", {"MRSSDAT": day(85).isoformat()}, role=Audience.EVALUATOR)
    return told


def odm(book: Casebook, *, history: bool, reader: Audience = Audience.CUSTODIAN, study: Study = STUDY, folder: Path) -> bytes:
    path = folder / "odm.xml"
    Odm(layout=Layout(study), book=book, reader=reader, at=book.as_of or NOTHING_YET, history=history).write(path)
    return path.read_bytes()


def told_of(book: Casebook) -> list[dict[str, str]]:
    """The trail of a view as an ODM file can tell it: by the names of the entries."""
    lines = ({name: value for name, value in told(entry).items() if value and name not in LOST} for entry in book.everything)
    return sorted(lines, key=lambda line: line["ref"])


def entries_in(content: bytes) -> list[dict[str, str]]:
    """Every entry that a history tells, with all that it says, by its name."""
    return sorted(_entries(etree.parse(BytesIO(content))), key=lambda line: line["ref"])


def _entries(tree: Any) -> Iterator[dict[str, str]]:
    for group in tree.iterfind("o:ReferenceData/o:ItemGroupData", NS):
        yield _deed(group, "")
    for subject in tree.iterfind("o:ClinicalData/o:SubjectData", NS):
        key = subject.get("SubjectKey")
        for form in subject.iterfind("o:StudyEventData/o:FormData", NS):
            if form.get("FormOID").startswith("F.LEDGER."):
                yield _deed(form.find("o:ItemGroupData", NS), key)
            else:
                for item in form.iterfind("o:ItemGroupData/o:ItemData", NS):
                    yield _answer(item, form, key)


def _stamp(one: Any) -> dict[str, str]:
    record = one.find("o:AuditRecord", NS)
    user = record.find("o:UserRef", NS).get("UserOID").removeprefix("USER.")
    by, _, role = user.rpartition(".")
    return {"ref": record.findtext("o:SourceID", namespaces=NS), "at": record.findtext("o:DateTimeStamp", namespaces=NS), "by": by, "role": role}


def _deed(group: Any, subject: str) -> dict[str, str]:
    items = {item.get("ItemOID").removeprefix("I.LEDGER."): item.get("Value") for item in group.iterfind("o:ItemData", NS)}
    return _stamp(group) | {"event": group.get("ItemGroupOID").rpartition(".")[2]} | items | ({"subject": subject} if subject else {})


def _answer(item: Any, form: Any, subject: str) -> dict[str, str]:
    changed = item.get("TransactionType") == "Update"
    reason = item.findtext("o:AuditRecord/o:ReasonForChange", namespaces=NS)
    visit = form.getparent().get("StudyEventOID")
    line = _stamp(item) | {"event": "Corrected" if changed else "Answered", "subject": subject, "form": form.get("FormOID").removeprefix("F."),
                           "item": item.get("ItemOID").rpartition(".")[2], "reason": reason, "value": item.get("Value"),
                           "visit": visit.removeprefix("SE.") if visit.startswith("SE.") else "", "row": form.get("FormRepeatKey")}  # fmt: skip
    for note in item.iterfind("o:Annotation[o:Flag]", NS):
        about = NOTES[int(note.get("SeqNum")) - 1].lower()
        line[about] = note.findtext("o:Comment", namespaces=NS) or note.findtext("o:Flag/o:FlagValue", namespaces=NS)
    return {name: value for name, value in line.items() if value}
