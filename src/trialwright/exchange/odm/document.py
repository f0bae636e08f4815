"""A trial as ODM 1.3.2, the file that other systems and inspectors read: its definition, its people by role, and every answer with who, when and why.

The standard (section 2.8) has two types of file, and each says what the other may not: a `Snapshot` holds one value of each item, as it
stands; a `Transactional` file holds the steps by which it came to stand so, which is what an electronic record (`Archival`) must be. Both are
written from a view of the record, so that they hold what its reader may know and nothing else.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from attrs import define
from lxml import etree

from trialwright import __version__
from trialwright.exchange.odm.definition import study_element
from trialwright.exchange.odm.layout import Layout
from trialwright.exchange.odm.record import (
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
from trialwright.exchange.odm.xml import ODM, element, fit, quoted, root, tag, told
from trialwright.protocol import ROLE_NAMES, Absence, Audience
from trialwright.record import Casebook, Entry, Subject
from trialwright.record.events import Amended, Signed, StudyOpened
from trialwright.record.signatures import MEANINGS, OFF
from trialwright.record.wire import moment

SNAPSHOT, TRANSACTIONAL = "Snapshot", "Transactional"
LEGAL = "The signer answers for the content that the signature binds (21 CFR part 11, subpart C)."


def write(files: Mapping[Path, "Odm"]) -> None:
    """Writes files of one view, one subject after the other: what they tell alike of a subject is found once. The same view gives the same bytes."""
    with ExitStack() as opened:
        places = [(odm, opened.enter_context(path.open("w", encoding="utf-8", newline="\n"))) for path, odm in files.items()]
        for odm, file in places:
            file.writelines(odm.opening())
        odm = next(iter(files.values()))
        for shared in (Shared(odm.layout, odm.book, subject) for subject in odm.book.subjects):
            for odm, file in places:
                file.write(odm.told(shared).subject())
        for _, file in places:
            file.write("</ClinicalData>\n</ODM>\n")


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
        """Writes this file alone."""
        write({path: self})

    def opening(self) -> Iterator[str]:
        """All that stands before the first subject."""
        about = "".join(f' {name}="{quoted(value)}"' for name, value in self.head().items())
        where = "".join(f' {name}="{quoted(value)}"' for name, value in self.where.items())
        yield f'<?xml version="1.0" encoding="UTF-8"?>\n<ODM xmlns="{self.space}"{about}>\n'
        yield from (etree.tostring(part, encoding="unicode", pretty_print=True) for part in self.before())
        yield f"<ReferenceData{where}>\n"
        told = self.told(Shared(self.layout, self.book, None))
        yield from map(told.reference, study_nodes(self.book))
        yield f"</ReferenceData>\n<ClinicalData{where}>\n"

    def before(self) -> tuple[Any, Any]:
        """Definition and people."""
        return study_element(self.layout), Admin(self).made

    def told(self, shared: "Shared") -> "Data":
        """The data of a subject, or of the study."""
        return Data(self, shared)

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


class Shared:
    """What the files of one view tell alike of one subject (or None: of the study): the nodes of its record, and who did what where and when."""

    def __init__(self, layout: Layout, book: Casebook, about: Subject | None) -> None:
        self.layout, self.book, self.about, self.place = layout, book, about, site_oid(about)
        self.stamps: dict[str, tuple[str, str]] = {}

    @cached_property
    def standing(self) -> Node:
        assert self.about is not None
        return subject_node(self.layout, self.book, self.about, history=False)

    @cached_property
    def grown(self) -> Node:
        assert self.about is not None
        return subject_node(self.layout, self.book, self.about, history=True)

    def stamp(self, entry: Entry) -> tuple[str, str]:
        """Who did it and where, and when, as text."""
        found = self.stamps.get(entry.ref)
        if found is None:
            by = tag("UserRef", UserOID=user_oid(entry.by, entry.role)) + tag("LocationRef", LocationOID=self.place)
            found = self.stamps[entry.ref] = by, f"<DateTimeStamp>{moment(entry.at)}</DateTimeStamp>"
        return found


class Data:
    """The data of one subject, or of the study, as text of ODM 1.3.2."""

    def __init__(self, odm: Odm, shared: Shared) -> None:
        self.odm, self.shared = odm, shared
        self.noted: dict[tuple[Note, ...], str] = {(): ""}

    def subject(self) -> str:
        about, node = self.shared.about, self.shared.grown if self.odm.history else self.shared.standing
        site = tag("SiteRef", LocationOID=self.shared.place) if about and about.site else ""
        return tag("SubjectData", self.parts(node, site), SubjectKey=node.key, TransactionType=self.deed(node)) + "\n"

    def parts(self, node: Node, site: str) -> str:
        """What stands in a subject, in the order that the schema wants."""
        return self.audit(node) + site + self.events(node)

    def events(self, node: Node) -> str:
        """The events of a subject with all that stands below."""
        return "".join(tag("StudyEventData", "\n" + "".join(map(self.form, event.below)), StudyEventOID=event.oid, TransactionType=self.deed(event))
                       for event in node.below)  # fmt: skip

    def reference(self, node: Node) -> str:
        """A group of reference data."""
        return tag("ItemGroupData", self.fill(node), ItemGroupOID=node.oid, ItemGroupRepeatKey=node.key, TransactionType=self.deed(node)) + "\n"

    def deed(self, node: Node | Note) -> str | None:
        return node.deed if self.odm.history else None

    def form(self, node: Node) -> str:
        inner = self.audit(node) + self.notes(node.notes) + "".join(map(self.group, node.below))
        return tag("FormData", inner, FormOID=node.oid, FormRepeatKey=node.key or None, TransactionType=self.deed(node)) + "\n"

    def group(self, node: Node) -> str:
        return tag("ItemGroupData", self.fill(node), ItemGroupOID=node.oid, TransactionType=self.deed(node))

    def fill(self, group: Node) -> str:
        return self.audit(group) + self.signature(group) + "".join(map(self.item, group.below))

    def item(self, node: Node) -> str:
        unit = tag("MeasurementUnitRef", MeasurementUnitOID=f"MU.{node.unit}") if node.unit else ""
        return tag("ItemData", self.audit(node) + unit + self.notes(node.notes), ItemOID=node.oid, TransactionType=self.deed(node),
                   IsNull="Yes" if node.value is None else None, Value=node.value) + "\n"  # fmt: skip

    def audit(self, node: Node) -> str:
        return "" if node.entry is None else self.record(node.entry)

    def record(self, entry: Entry) -> str:
        """Who did it, in which role, where, when and why, and the name of the entry."""
        reason = self.reason(entry)
        why = tag("ReasonForChange", told(reason)) if reason else ""
        by, when = self.shared.stamp(entry)
        return f"<AuditRecord>{by}{when}{why}<SourceID>{entry.ref}</SourceID></AuditRecord>"

    def reason(self, entry: Entry) -> str:
        """Why something was changed; "" where nothing was."""
        return getattr(entry.event, "reason", "")

    def signature(self, node: Node) -> str:
        if node.signed is None:
            return ""
        assert isinstance(node.signed.event, Signed)
        by, when = self.shared.stamp(node.signed)
        meaning = tag("SignatureRef", SignatureOID=f"SD.{node.signed.event.meaning}")
        return tag("Signature", by + meaning + when, ID=f"SIG.{node.signed.ref}.{node.oid}")

    def notes(self, notes: tuple[Note, ...]) -> str:
        """All notes of one place; many places say the same."""
        found = self.noted.get(notes)
        if found is None:
            found = self.noted[notes] = "".join(map(self.annotation, notes))
        return found

    def annotation(self, note: Note) -> str:
        said = "" if note.deed == REMOVE else self.note(note)
        return tag("Annotation", said, SeqNum=str(note.number), TransactionType=self.deed(note))

    def note(self, note: Note) -> str:
        """What is said, and a flag that tells what it is about; of an absence, which. An erased answer says who, when and why."""
        if note.about != ABSENCE:
            return self.comment(note) + tag("Flag", tag("FlagValue", note.about, CodeListOID="CL.NOTE"))
        reason = Absence(note.words).value
        flag = tag("Flag", tag("FlagValue", reason, CodeListOID="CL.ABSENCE") + tag("FlagType", note.about, CodeListOID="CL.NOTE"))
        return (self.comment(note) if reason != note.words else "") + flag

    def comment(self, note: Note) -> str:
        return tag("Comment", told(note.words))
