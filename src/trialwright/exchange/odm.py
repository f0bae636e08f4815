"""A trial as ODM 1.3.2, the file that other systems and inspectors read: its definition, its people by role, and every answer with who, when and why.

The standard (section 2.8) has two types of file, and each says what the other may not: a `Snapshot` holds one value of each item, as it
stands; a `Transactional` file holds the steps by which it came to stand so, which is what an electronic record (`Archival`) must be. Both are
written from a view of the record, so that they hold what its reader may know and nothing else.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from attrs import define
from lxml import etree

from trialwright import __version__
from trialwright.exchange.odm_definition import study_element
from trialwright.exchange.odm_layout import Layout
from trialwright.exchange.odm_record import (
    ABSENCE,
    REMOVE,
    Node,
    Note,
    people,
    site_oid,
    study_nodes,
    subject_node,
    user_oid,
)
from trialwright.exchange.odm_xml import ODM, element, fit, root
from trialwright.protocol import ROLE_NAMES, Absence, Audience, Study
from trialwright.record import Casebook, Entry, Subject
from trialwright.record.events import Amended, Signed, StudyOpened
from trialwright.record.signatures import MEANINGS, OFF
from trialwright.record.wire import moment

SNAPSHOT, TRANSACTIONAL = "Snapshot", "Transactional"
LEGAL = "The signer answers for the content that the signature binds (21 CFR part 11, subpart C)."


def write_odm(study: Study, book: Casebook, reader: Audience, at: datetime, out: Path) -> list[str]:
    """Writes both types of file into the folder `out` from the view `book` of `reader`, and gives their names."""
    out.mkdir(parents=True, exist_ok=True)
    for name, history in (("snapshot", False), ("history", True)):
        Odm(layout=Layout(study), book=book, reader=reader, at=at, history=history).write(out / f"{name}-1.3.2.xml")
    return [f"{out.name}/snapshot-1.3.2.xml, history-1.3.2.xml: {len(book.everything)} entries"]


@define(frozen=True, kw_only=True)
class Odm:
    """What an ODM file is made of: the names of the study, a view of its record, whose view it is, and whether it tells the history."""

    layout: Layout
    book: Casebook
    reader: Audience
    at: datetime
    history: bool
    space: ClassVar[str] = ODM

    def write(self, path: Path) -> None:
        """Writes the file, one subject after the other. The same view gives the same bytes."""
        with path.open("wb") as file, etree.xmlfile(file, encoding="UTF-8") as out:
            out.write_declaration()
            with out.element(f"{{{self.space}}}ODM", self.head(), nsmap={None: self.space}):
                self.before(out)
                with out.element(f"{{{self.space}}}ReferenceData", self.where):
                    for node in study_nodes(self.book):
                        out.write(self.told(None).reference(node))
                with out.element(f"{{{self.space}}}ClinicalData", self.where):
                    for subject in self.book.subjects:
                        out.write(self.told(subject).subject())

    def before(self, out: Any) -> None:
        """Definition and people."""
        out.write(study_element(self.layout), pretty_print=True)
        out.write(Admin(self).made, pretty_print=True)

    def told(self, subject: Subject | None) -> "Data":
        """The data of a subject (or None: of the study)."""
        return Data(self, subject)

    @property
    def where(self) -> dict[str, str]:
        return {"StudyOID": self.layout.study_oid, "MetaDataVersionOID": self.layout.version_oid}

    def head(self) -> dict[str, str]:
        """What the file says of itself. It counts as created in the second after the last entry, for all stamps must precede it."""
        kind = TRANSACTIONAL if self.history else SNAPSHOT
        content = hashlib.sha256("\n".join((self.layout.study.digest, self.reader.code, *(entry.ref for entry in self.book.everything))).encode())
        whole = {"Archival": "Yes"} if self.history and self.reader is Audience.CUSTODIAN else {}
        return {"ODMVersion": "1.3.2", "FileType": kind, "Granularity": "All", "FileOID": f"{self.layout.study.code}/{kind}/{content.hexdigest()[:32]}",
                "CreationDateTime": stamp(self.at.replace(microsecond=0) + timedelta(seconds=1)), "AsOfDateTime": moment(self.at),
                "Originator": self.layout.study.sponsor, "SourceSystem": "Trialwright", "SourceSystemVersion": __version__,
                "Description": f"The record as the role {self.reader.code} may know it"} | whole  # fmt: skip


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Admin:
    """Who did something, by account and role, where, and what signatures mean; no name of a person stands here, only of accounts."""

    def __init__(self, odm: Odm) -> None:
        self.odm = odm
        self.made = root(odm.space, "AdminData", StudyOID=odm.layout.study_oid)
        for by, role in people(odm.book):
            self.user(by, role)
        since = began(odm.book)
        for oid, name, kind in places(odm) if since else ():
            place = self.place(oid, name, kind)
            element(place, "MetaDataVersionRef", EffectiveDate=since, **odm.where)
        for meaning, words in (MEANINGS | OFF).items():
            made = element(self.made, "SignatureDef", OID=f"SD.{meaning}", Methodology="Electronic")
            element(made, "Meaning", f"{meaning}: {words.en} / {words.zh}")
            element(made, "LegalReason", LEGAL)

    def place(self, oid: str, name: str, kind: str) -> Any:
        return element(self.made, "Location", OID=oid, Name=name, LocationType=kind)

    def user(self, by: str, role: Audience) -> None:
        made = element(self.made, "User", OID=user_oid(by, role), UserType="Investigator" if role is Audience.INVESTIGATOR else "Other")
        element(made, "LoginName", fit(by))
        element(made, "DisplayName", fit(f"{by}, {ROLE_NAMES[role].en}"))


def began(book: Casebook) -> str:
    """The day since when the version of the study holds; "" before it was opened."""
    days = [entry.at for entry in book.entries() if isinstance(entry.event, StudyOpened | Amended)]
    return days[-1].astimezone(UTC).date().isoformat() if days else ""


def places(odm: Odm) -> Iterator[tuple[str, str, str]]:
    """The sites, and a place for what names no site."""
    yield "LOC.STUDY", "the study as a whole (no site is named)", "Other"
    for site in odm.layout.study.sites:
        yield f"LOC.{site}", site, "Site"


class Data:
    """The data of one subject (or None: of the study) as elements of ODM 1.3.2."""

    def __init__(self, odm: Odm, subject: Subject | None) -> None:
        self.odm, self.about = odm, subject

    def subject(self) -> Any:
        assert self.about is not None
        node = subject_node(self.odm.layout, self.odm.book, self.about, history=self.odm.history)
        made = root(self.odm.space, "SubjectData", SubjectKey=node.key, **self.deed(node))
        if node.entry is not None:
            self.audit(made, node.entry)
        if self.about.site:
            element(made, "SiteRef", LocationOID=site_oid(self.about))
        made.tail = "\n"
        self.events(made, node)
        return made

    def events(self, made: Any, node: Node) -> None:
        """The events of a subject with all that stands below."""
        for event in node.below:
            place = element(made, "StudyEventData", StudyEventOID=event.oid, **self.deed(event))
            place.text = "\n"
            for form in event.below:
                self.form(place, form)

    def reference(self, node: Node) -> Any:
        """A group of reference data."""
        made = root(self.odm.space, "ItemGroupData", ItemGroupOID=node.oid, ItemGroupRepeatKey=node.key, **self.deed(node))
        self.fill(made, node)
        made.tail = "\n"
        return made

    def deed(self, node: Node) -> dict[str, str]:
        return {"TransactionType": node.deed} if self.odm.history else {}

    def form(self, parent: Any, node: Node) -> None:
        made = element(parent, "FormData", FormOID=node.oid, FormRepeatKey=node.key, **self.deed(node))
        if node.entry is not None:
            self.audit(made, node.entry)
        self.notes(made, node.notes)
        for group in node.below:
            self.fill(element(made, "ItemGroupData", ItemGroupOID=group.oid, **self.deed(group)), group)
        made.tail = "\n"

    def fill(self, made: Any, group: Node) -> None:
        if group.entry is not None:
            self.audit(made, group.entry)
        if group.signed is not None:
            self.signature(made, group.signed, group.oid)
        for item in group.below:
            self.item(made, item)

    def item(self, parent: Any, node: Node) -> None:
        made = element(parent, "ItemData", ItemOID=node.oid, **self.deed(node))
        if node.value is None:
            made.set("IsNull", "Yes")
        else:
            made.set("Value", fit(node.value))
        if node.entry is not None:
            self.audit(made, node.entry)
        if node.unit:
            element(made, "MeasurementUnitRef", MeasurementUnitOID=f"MU.{node.unit}")
        self.notes(made, node.notes)
        made.tail = "\n"

    def audit(self, parent: Any, entry: Entry) -> None:
        made = element(parent, "AuditRecord")
        self.by(made, entry)
        element(made, "DateTimeStamp", moment(entry.at))
        reason = self.reason(entry)
        if reason:
            element(made, "ReasonForChange", fit(reason))
        element(made, "SourceID", entry.ref)

    def reason(self, entry: Entry) -> str:
        """Why something was changed; "" where nothing was."""
        return getattr(entry.event, "reason", "")

    def by(self, parent: Any, entry: Entry) -> None:
        element(parent, "UserRef", UserOID=user_oid(entry.by, entry.role))
        element(parent, "LocationRef", LocationOID=site_oid(self.about))

    def signature(self, parent: Any, entry: Entry, group: str) -> None:
        assert isinstance(entry.event, Signed)
        made = element(parent, "Signature", ID=f"SIG.{entry.ref}.{group}")
        self.by(made, entry)
        element(made, "SignatureRef", SignatureOID=f"SD.{entry.event.meaning}")
        element(made, "DateTimeStamp", moment(entry.at))

    def notes(self, parent: Any, notes: tuple[Note, ...]) -> None:
        for note in notes:
            made = element(parent, "Annotation", SeqNum=str(note.number), TransactionType=note.deed if self.odm.history else None)
            if note.deed != REMOVE:
                if note.about != ABSENCE or Absence(note.words).value != note.words:  # an erased answer says who, when and why
                    self.comment(made, note)
                self.flag(made, note)

    def comment(self, parent: Any, note: Note) -> None:
        element(parent, "Comment", fit(note.words))

    def flag(self, parent: Any, note: Note) -> None:
        """What a note is about; of an absence, which."""
        made = element(parent, "Flag")
        if note.about == ABSENCE:
            element(made, "FlagValue", Absence(note.words).value, CodeListOID="CL.ABSENCE")
            element(made, "FlagType", note.about, CodeListOID="CL.NOTE")
        else:
            element(made, "FlagValue", note.about, CodeListOID="CL.NOTE")
