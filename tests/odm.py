"""A trial in which everything happens that an ODM file must tell, and a reader that finds the entries of the ledger again in such a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from tests.histories import STUDY, History, day, example
from trialwright.exchange.odm.document import Odm
from trialwright.exchange.odm.layout import Layout
from trialwright.exchange.odm.record import NOTES
from trialwright.exchange.odm.xml import ODM
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


def odm(book: Casebook, *, history: bool, reader: Audience = Audience.CUSTODIAN, study: Study = STUDY, folder: Path, form: type[Odm] = Odm) -> bytes:
    path = folder / "odm.xml"
    form(layout=Layout(study), book=book, reader=reader, at=book.as_of or NOTHING_YET, history=history).write(path)
    return path.read_bytes()


def told_of(book: Casebook) -> list[dict[str, str]]:
    """The trail of a view as an ODM file can tell it: by the names of the entries."""
    lines = ({name: value for name, value in told(entry).items() if value and name not in LOST} for entry in book.everything)
    return sorted(lines, key=lambda line: line["ref"])


def entries_in(content: bytes) -> list[dict[str, str]]:
    """Every entry that a history tells, in either version of ODM, with all that it says, by its name."""
    root = etree.fromstring(content)
    form = "FormData" if root.tag.startswith(f"{{{ODM}}}") else "ItemGroupData"
    return sorted(_entries(root, form), key=lambda line: line["ref"])


def _entries(root: Any, form: str) -> Iterator[dict[str, str]]:
    for group in root.iterfind("{*}ReferenceData/{*}ItemGroupData"):
        yield _deed(group, "")
    for subject in root.iterfind("{*}ClinicalData/{*}SubjectData"):
        key = subject.get("SubjectKey")
        for page in subject.iterfind(f"{{*}}StudyEventData/{{*}}{form}"):
            if (page.get("FormOID") or page.get("ItemGroupOID")).startswith("F.LEDGER."):
                yield _deed(page.find("{*}ItemGroupData"), key)
            else:
                for item in page.iterfind("{*}ItemGroupData/{*}ItemData"):
                    yield _answer(item, page, key)


def value(item: Any) -> str | None:
    """What an item holds: an attribute in ODM 1.3.2, an element in ODM 2.0."""
    inner = item.find("{*}Value")
    return item.get("Value") if inner is None else inner.text or ""


def _stamp(one: Any) -> dict[str, str]:
    record = one.find("{*}AuditRecord")
    by, _, role = record.find("{*}UserRef").get("UserOID").removeprefix("USER.").rpartition(".")
    return {"ref": record.findtext("{*}SourceID"), "at": record.findtext("{*}DateTimeStamp"), "by": by, "role": role}


def _deed(group: Any, subject: str) -> dict[str, str]:
    items = {item.get("ItemOID").removeprefix("I.LEDGER."): value(item) or "" for item in group.iterfind("{*}ItemData")}
    return _stamp(group) | {"event": group.get("ItemGroupOID").rpartition(".")[2]} | items | ({"subject": subject} if subject else {})


def _answer(item: Any, page: Any, subject: str) -> dict[str, str]:
    changed = item.get("TransactionType") == "Update"
    visit = page.getparent().get("StudyEventOID")
    line = _stamp(item) | {"event": "Corrected" if changed else "Answered", "subject": subject,
                           "form": (page.get("FormOID") or page.get("ItemGroupOID")).removeprefix("F."), "item": item.get("ItemOID").rpartition(".")[2],
                           "reason": item.findtext("{*}AuditRecord/{*}ReasonForChange"), "value": value(item),
                           "visit": visit.removeprefix("SE.") if visit.startswith("SE.") else "",
                           "row": page.get("FormRepeatKey") or page.get("ItemGroupRepeatKey")}  # fmt: skip
    for note in item.iterfind("{*}Annotation[{*}Flag]"):
        words = note.find("{*}Comment")
        line[NOTES[int(note.get("SeqNum")) - 1].lower()] = note.findtext("{*}Flag/{*}FlagValue") if words is None else "".join(words.itertext())
    return {name: said for name, said in line.items() if said}
