"""Who worked on the record: accounts with their role, from when to when, and what they signed."""

from collections.abc import Iterable

from trialwright.protocol import ROLE_NAMES, Audience, Text, same
from trialwright.record import Entry
from trialwright.record.events import Signed
from trialwright.record.signatures import MEANINGS, OFF
from trialwright.report.source import Source
from trialwright.report.table import Cell, Column, Row, Table

HEADINGS = (
    Text("role", "角色"),
    Text("first entry", "首次记录"),
    Text("last entry", "末次记录"),
    Text("entries", "记录数"),
    Text("signatures", "签名数"),
)


def table(source: Source, *, number: str, title: Text) -> Table:
    """One line for each account and role whose entries this reader may see."""
    groups: dict[tuple[str, Audience], list[Entry]] = {}
    for entry in source.casebook.everything:
        groups.setdefault((entry.by, entry.role), []).append(entry)
    order = {role: place for place, role in enumerate(Audience)}
    rows = tuple(
        _row(by, role, groups[(by, role)])
        for by, role in sorted(groups, key=lambda one: (order.get(one[1], 99), one[0]))
    )
    return Table(
        number=number, title=title, stub=Text("account", "账号"),
        columns=tuple(Column(title=one, words=place < 3, short=True) for place, one in enumerate(HEADINGS)), rows=rows,
        footnotes=(Text("Names, qualifications and delegated duties stand in the delegation log of the site, which is not part of the trial's ledger.",
                        "姓名、资质与授权职责见研究中心授权表，不属于试验台账。"),
                   *(() if source.opened else (Text("Entries that this blinded reader may not see are not counted.", "盲态视图不可见的记录未计入。"),))),
        source=Text("The trial's ledger.", "试验台账。"), empty=None if rows else Text("Nobody has entered anything yet.", "尚无任何记录。"),
    )  # fmt: skip


def _row(by: str, role: Audience, entries: list[Entry]) -> Row:
    days = sorted(entry.at.date().isoformat() for entry in entries)
    signed = sum(isinstance(entry.event, Signed) for entry in entries)
    said = Text("Counted over the entries of this account in this role.", "统计该账号以该角色所作的记录。")
    told = (ROLE_NAMES[role], same(days[0]), same(days[-1]), same(str(len(entries))), same(str(signed)))
    return Row(label=same(by), cells=tuple(Cell(text=one, because=said) for one in told))


def signatures(source: Source, *, number: str, title: Text) -> Table:
    """How many pages and casebooks each account signed, with which meaning."""
    groups: dict[tuple[str, Audience, str, bool], list[Entry]] = {}
    for entry in source.casebook.everything:
        if isinstance(entry.event, Signed):
            groups.setdefault((entry.by, entry.role, entry.event.meaning, bool(entry.event.form)), []).append(entry)
    rows = tuple(
        _signed(*group, entries)
        for group, entries in sorted(groups.items(), key=lambda one: (one[0][0], one[0][2], one[0][3]))
    )
    headings = (
        Text("role", "角色"),
        Text("meaning", "含义"),
        Text("of", "对象"),
        Text("signatures", "签名数"),
        Text("last on", "末次日期"),
    )
    return Table(
        number=number, title=title, stub=Text("account", "账号"),
        columns=tuple(Column(title=one, words=place != 3, short=place != 1) for place, one in enumerate(headings)), rows=rows,
        source=Text("The trial's ledger.", "试验台账。"), empty=None if rows else Text("Nothing has been signed yet.", "尚无签名。"),
    )  # fmt: skip


def _signed(by: str, role: Audience, meaning: str, page: bool, entries: Iterable[Entry]) -> Row:
    told = sorted(entry.at.date().isoformat() for entry in entries)
    of = Text("page", "表单") if page else Text("whole casebook", "整份病例")
    said = Text("Counted over the signatures in the ledger.", "统计台账中的签名。")
    cells = (ROLE_NAMES[role], MEANINGS.get(meaning) or OFF.get(meaning) or same(meaning or "–"), of, same(str(len(told))), same(told[-1]))
    return Row(label=same(by), cells=tuple(Cell(text=one, because=said) for one in cells))
