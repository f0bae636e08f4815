"""A trial as ODM 2.0: the history of ODM 1.3.2 in the newer form, with design, criteria, endpoints and queries, which it has a place for."""

from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from trialwright.exchange.odm import Admin, Data, Odm
from trialwright.exchange.odm2_definition import study_element
from trialwright.exchange.odm_layout import LOGS, Layout
from trialwright.exchange.odm_record import CONTEXT, INSERT, Node, Note, user_oid
from trialwright.exchange.odm_xml import ODM2, element, fit
from trialwright.protocol import Audience, Study
from trialwright.record import Casebook, Entry, Query, Subject
from trialwright.record.events import Queried, QueryAnswered
from trialwright.record.wire import moment

USERS = {
    Audience.INVESTIGATOR: "Investigator", Audience.PATIENT: "Subject", Audience.MONITOR: "Monitor", Audience.STATISTICIAN: "Data analyst",
    Audience.PHYSICIAN: "Care provider", Audience.EVALUATOR: "Assessor",
}  # fmt: skip
ASKERS = {Audience.MONITOR: "Site Monitor", Audience.SAFETY: "Safety Reviewer"}
"""Where a query comes from, as ODM 2.0 calls it; everybody else asks for the management of the data."""


class Odm2(Odm):
    """What an ODM 2.0 file is made of."""

    space: ClassVar[str] = ODM2

    def before(self, out: Any) -> None:
        out.write(study_element(self.layout), pretty_print=True)
        out.write(Admin2(self).made, pretty_print=True)

    def told(self, subject: Subject | None) -> Data:
        return Data2(self, subject)

    def head(self) -> dict[str, str]:
        said = super().head()
        whole = said.pop("Archival", "")
        del said["Description"]
        return said | {"ODMVersion": "2.0", "Context": "Archive" if whole else "Exchange"}


class Admin2(Admin):
    """People and places; the kind of a place is a word of its own here."""

    def place(self, oid: str, name: str, kind: str) -> Any:
        return element(self.made, "Location", OID=oid, Name=name, Role=kind)

    def user(self, by: str, role: Audience) -> None:
        made = element(self.made, "User", OID=user_oid(by, role), UserType=USERS.get(role, "Other"))
        element(made, "UserName", fit(by))


class Data2(Data):
    """The data of one subject as elements of ODM 2.0: what stands below comes first, then who did it, notes and queries."""

    def subject(self) -> Any:
        made = super().subject()
        for record in made.findall(f"{{{ODM2}}}AuditRecord"):  # it comes last here
            made.append(record)
        return made

    def events(self, made: Any, node: Node) -> None:
        assert self.about is not None
        for query in self.about.queries.values():
            visit, form, row = query.place
            node.under(f"SE.{visit}" if visit else LOGS, INSERT).below.append(Node(oid=f"F.{form}", key=row, deed=CONTEXT, query=query))
        super().events(made, node)

    def form(self, parent: Any, node: Node) -> None:
        made = element(parent, "ItemGroupData", ItemGroupOID=node.oid, ItemGroupRepeatKey=node.key, **self.deed(node))
        for group in node.below:
            self.fill(element(made, "ItemGroupData", ItemGroupOID=group.oid, **self.deed(group)), group)
        self.after(made, node)
        if node.query is not None:
            self.query(made, node.query)
        made.tail = "\n"

    def after(self, made: Any, node: Node) -> None:
        """Who did it, who signed it, and notes."""
        if node.entry is not None:
            self.audit(made, node.entry)
        if node.signed is not None:
            self.signature(made, node.signed, node.oid)
        self.notes(made, node.notes)

    def fill(self, made: Any, group: Node) -> None:
        for item in group.below:
            self.item(made, item)
        self.after(made, group)

    def item(self, parent: Any, node: Node) -> None:
        made = element(parent, "ItemData", ItemOID=node.oid, **self.deed(node))
        if node.value is None:
            made.set("IsNull", "Yes")
        else:
            element(made, "Value", fit(node.value))
        self.after(made, node)
        made.tail = "\n"

    def query(self, parent: Any, query: Query) -> None:
        """A question about one item with each step of its life: who asked, who answered what, who closed it."""
        assert isinstance(query.asked.event, Queried)
        steps = [query.asked, *query.answers, *([query.closed] if query.closed else [])]
        made = element(parent, "Query", OID=f"QUERY.{query.id}", Name=query.id, Source=ASKERS.get(query.asked.role, "Data Management"),
                       Target=f"I.{query.place[1]}.{query.item}", Type="Manual", State=query.status.capitalize(),
                       LastUpdateDatetime=moment(steps[-1].at))  # fmt: skip
        element(made, "Value", fit(query.asked.event.question))
        for step in steps:
            self.audit(made, step)

    def reason(self, entry: Entry) -> str:
        return entry.event.answer if isinstance(entry.event, QueryAnswered) else super().reason(entry)

    def comment(self, parent: Any, note: Note) -> None:
        element(element(parent, "Comment"), "TranslatedText", fit(note.words), Type="text/plain")


def write_odm2(study: Study, book: Casebook, reader: Audience, at: datetime, out: Path) -> list[str]:
    """Writes the history as ODM 2.0 into the folder `out` from the view `book` of `reader`, and gives its name."""
    out.mkdir(parents=True, exist_ok=True)
    Odm2(layout=Layout(study), book=book, reader=reader, at=at, history=True).write(out / "history-2.0.xml")
    return [f"{out.name}/history-2.0.xml: {len(book.everything)} entries"]
