"""Reads Define-XML 2.1: what is said about data sets, so that it can be held against what stands in them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen
from lxml import etree

from trialwright.exchange.conformance.xpt_reading import Unreadable

NS = {"o": "http://www.cdisc.org/ns/odm/v1.3", "d": "http://www.cdisc.org/ns/def/v2.1", "x": "http://www.w3.org/1999/xlink"}
DEF, HREF = "{http://www.cdisc.org/ns/def/v2.1}", "{http://www.w3.org/1999/xlink}href"
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


@frozen(kw_only=True)
class Said:
    """One value of a code list: its meaning, its concept, and whether it is marked as the sponsor's."""

    decode: str
    concept: str
    extended: bool


@frozen(kw_only=True)
class List:
    """A code list: its name, its concept in the terminology ("" for the sponsor's), its values; a dictionary lists none."""

    name: str
    concept: str
    published: str
    values: Mapping[str, Said]
    dictionary: bool


@frozen(kw_only=True)
class Condition:
    """What a value-level description asks of another variable of the record."""

    variable: str
    comparator: str
    values: tuple[str, ...]


@frozen(kw_only=True)
class Described:
    """A variable, or (with conditions) a variable in some of the records."""

    name: str
    label: str
    kind: str
    length: int | None
    digits: int | None
    mandatory: bool
    codes: List | None
    origin: str
    key: int | None = None
    where: tuple[Condition, ...] = ()
    values: tuple["Described", ...] = ()


@frozen(kw_only=True)
class Group:
    """A data set: its label, the file that it names, and its variables in their order."""

    name: str
    label: str
    file: str
    columns: tuple[Described, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        keyed = sorted((one.key, one.name) for one in self.columns if one.key is not None)
        return tuple(name for _, name in keyed)


@frozen(kw_only=True)
class Defined:
    """The whole document: data sets by name, all code lists, published standards, documents named, and references that lead nowhere."""

    groups: Mapping[str, Group]
    lists: tuple[List, ...]
    standards: Mapping[str, tuple[str, str]]
    files: tuple[str, ...]
    astray: tuple[str, ...] = field(default=())


def read_define(path: Path) -> Defined:
    """What define.xml says. Raises `Unreadable` when it is no Define-XML 2.1."""
    try:
        root = etree.fromstring(path.read_bytes(), PARSER)
    except etree.XMLSyntaxError as problem:
        raise Unreadable(path, f"it is no XML ({problem}). Write it again.") from problem
    version = root.find("o:Study/o:MetaDataVersion", NS)
    if version is None or not str(version.get(f"{DEF}DefineVersion", "")).startswith("2.1"):
        raise Unreadable(path, "it is no Define-XML 2.1. Write it again.")
    return _Reading(version).defined()


class _Reading:
    """One document being read: its definitions by their names, and the names that lead nowhere."""

    def __init__(self, version: Any) -> None:
        self.version = version
        self.items, self.clauses = self._by_oid("o:ItemDef"), self._by_oid("d:WhereClauseDef")
        self.valued, self.methods = self._by_oid("d:ValueListDef"), self._by_oid("o:MethodDef")
        self.lists = {oid: _list(one) for oid, one in self._by_oid("o:CodeList").items()}
        self.astray: list[str] = []

    def defined(self) -> Defined:
        groups = {str(one.get("Name")): self._group(one) for one in self.version.iterfind("o:ItemGroupDef", NS)}
        standards = {str(one.get("OID")): (f"{one.get('Name')} {one.get('PublishingSet') or ''}".strip(), str(one.get("Version")))
                     for one in self.version.iterfind("d:Standards/d:Standard", NS)}  # fmt: skip
        files = tuple(str(one.get(HREF)) for one in self.version.iterfind("d:leaf", NS))
        return Defined(groups=groups, lists=tuple(self.lists.values()), standards=standards, files=files, astray=tuple(dict.fromkeys(self.astray)))

    def _by_oid(self, kind: str) -> dict[str, Any]:
        return {str(one.get("OID")): one for one in self.version.iterfind(kind, NS)}

    def _group(self, one: Any) -> Group:
        leaf = one.find("d:leaf", NS)
        refs = sorted(one.iterfind("o:ItemRef", NS), key=lambda ref: int(ref.get("OrderNumber") or 0))
        columns = tuple(found for ref in refs if (found := self._described(ref)) is not None)
        return Group(name=str(one.get("Name")), label=_words(one), file="" if leaf is None else str(leaf.get(HREF)), columns=columns)

    def _described(self, ref: Any) -> Described | None:
        item = self.items.get(ref.get("ItemOID"))
        if item is None or (ref.get("MethodOID") or "") not in {"", *self.methods}:
            self.astray.append(str(ref.get("ItemOID") if item is None else ref.get("MethodOID")))
        if item is None:
            return None
        origin, coded = item.find("d:Origin", NS), item.find("o:CodeListRef", NS)
        if coded is not None and coded.get("CodeListOID") not in self.lists:
            self.astray.append(str(coded.get("CodeListOID")))
        key = ref.get("KeySequence")
        return Described(
            name=str(item.get("Name")), label=_words(item), kind=str(item.get("DataType")), length=_whole(item.get("Length")),
            digits=_whole(item.get("SignificantDigits")), mandatory=ref.get("Mandatory") == "Yes", key=_whole(key),
            codes=None if coded is None else self.lists.get(str(coded.get("CodeListOID"))),
            origin="" if origin is None else str(origin.get("Type")), where=tuple(self._where(ref)), values=tuple(self._values(item)),
        )  # fmt: skip

    def _values(self, item: Any) -> Iterator[Described]:
        named = item.find("d:ValueListRef", NS)
        if named is None:
            return
        told = self.valued.get(named.get("ValueListOID"))
        if told is None:
            self.astray.append(str(named.get("ValueListOID")))
            return
        yield from (found for ref in told.iterfind("o:ItemRef", NS) if (found := self._described(ref)) is not None)

    def _where(self, ref: Any) -> Iterator[Condition]:
        for named in ref.iterfind("d:WhereClauseRef", NS):
            clause = self.clauses.get(named.get("WhereClauseOID"))
            if clause is None:
                self.astray.append(str(named.get("WhereClauseOID")))
                continue
            for check in clause.iterfind("o:RangeCheck", NS):
                item = self.items.get(check.get(f"{DEF}ItemOID"))
                if item is None:
                    self.astray.append(str(check.get(f"{DEF}ItemOID")))
                    continue
                values = tuple(one.text or "" for one in check.iterfind("o:CheckValue", NS))
                yield Condition(variable=str(item.get("Name")), comparator=str(check.get("Comparator")), values=values)


def _list(one: Any) -> List:
    values = {}
    for term in (*one.iterfind("o:CodeListItem", NS), *one.iterfind("o:EnumeratedItem", NS)):
        decode, alias = term.find("o:Decode/o:TranslatedText", NS), term.find("o:Alias", NS)
        values[str(term.get("CodedValue"))] = Said(
            decode="" if decode is None else decode.text or "", concept="" if alias is None else str(alias.get("Name")),
            extended=term.get(f"{DEF}ExtendedValue") == "Yes",
        )  # fmt: skip
    alias = one.find("o:Alias", NS)
    return List(name=str(one.get("Name")), concept="" if alias is None else str(alias.get("Name")), values=values,
                published=str(one.get(f"{DEF}StandardOID") or ""), dictionary=one.find("o:ExternalCodeList", NS) is not None)  # fmt: skip


def _words(one: Any) -> str:
    found = one.find("o:Description/o:TranslatedText", NS)
    return "" if found is None else found.text or ""


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None
