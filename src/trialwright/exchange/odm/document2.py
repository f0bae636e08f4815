"""A trial as ODM 2.0: the history of ODM 1.3.2 in the newer form, with design, criteria, endpoints and queries, which it has a place for."""

from typing import Any, ClassVar

from attrs import evolve

from trialwright.exchange.odm.definition2 import study_element
from trialwright.exchange.odm.document import Admin, Data, Odm, Shared
from trialwright.exchange.odm.layout import LOGS
from trialwright.exchange.odm.record import CONTEXT, INSERT, Node, Note, user_oid
from trialwright.exchange.odm.xml import ODM2, element, fit, tag, told
from trialwright.protocol import Audience
from trialwright.record import Entry, Query
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

    def before(self) -> tuple[Any, Any]:
        return study_element(self.layout), Admin2(self).made

    def told(self, shared: Shared) -> Data:
        return Data2(self, shared)

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
    """The data of one subject as text of ODM 2.0: what stands below comes first, then who did it, notes and queries."""

    def parts(self, node: Node, site: str) -> str:
        return site + self.events(node) + self.audit(node)

    def events(self, node: Node) -> str:
        assert self.shared.about is not None
        asked = evolve(node, below=[evolve(event, below=list(event.below)) for event in node.below])
        for query in self.shared.about.queries.values():
            visit, form, row = query.place
            asked.under(f"SE.{visit}" if visit else LOGS, INSERT).below.append(Node(oid=f"F.{form}", key=row, deed=CONTEXT, query=query))
        return super().events(asked)

    def form(self, node: Node) -> str:
        inner = "".join(map(self.group, node.below)) + self.after(node) + (self.query(node.query) if node.query else "")
        return tag("ItemGroupData", inner, ItemGroupOID=node.oid, ItemGroupRepeatKey=node.key or None, TransactionType=self.deed(node)) + "\n"

    def after(self, node: Node) -> str:
        """Who did it, who signed it, and notes."""
        return self.audit(node) + self.signature(node) + self.notes(node.notes)

    def fill(self, group: Node) -> str:
        return "".join(map(self.item, group.below)) + self.after(group)

    def item(self, node: Node) -> str:
        value = "" if node.value is None else tag("Value", told(node.value))
        return tag("ItemData", value + self.after(node), ItemOID=node.oid, TransactionType=self.deed(node),
                   IsNull="Yes" if node.value is None else None) + "\n"  # fmt: skip

    def query(self, query: Query) -> str:
        """A question about one item with each step of its life: who asked, who answered what, who closed it."""
        assert isinstance(query.asked.event, Queried)
        steps = [query.asked, *query.answers, *([query.closed] if query.closed else [])]
        inner = tag("Value", told(query.asked.event.question)) + "".join(map(self.record, steps))
        return tag("Query", inner, OID=f"QUERY.{query.id}", Name=query.id, Source=ASKERS.get(query.asked.role, "Data Management"),
                   Target=f"I.{query.place[1]}.{query.item}", Type="Manual", State=query.status.capitalize(),
                   LastUpdateDatetime=moment(steps[-1].at))  # fmt: skip

    def reason(self, entry: Entry) -> str:
        return entry.event.answer if isinstance(entry.event, QueryAnswered) else super().reason(entry)

    def comment(self, note: Note) -> str:
        return tag("Comment", tag("TranslatedText", told(note.words), Type="text/plain"))
