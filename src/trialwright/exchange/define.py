"""Define-XML 2.1: what a reviewer needs to read the data sets, written from the same table as their files."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import field, frozen
from lxml import etree
from lxml.builder import ElementMaker

from trialwright import __version__
from trialwright.exchange.metadata import Codes, Column, Origin, Standard, Table, Value, Where
from trialwright.exchange.results_metadata import Analyzed, Display
from trialwright.sdtm import Method

ODM, DEF, XLINK, ARM = "http://www.cdisc.org/ns/odm/v1.3", "http://www.cdisc.org/ns/def/v2.1", "http://www.w3.org/1999/xlink", "http://www.cdisc.org/ns/arm/v1.0"
SPACES = {None: ODM, "def": DEF, "xlink": XLINK, "arm": ARM}
STYLESHEET = "define2-1.xsl"
E = ElementMaker(namespace=ODM, nsmap=SPACES)
D = ElementMaker(namespace=DEF, nsmap=SPACES)
A = ElementMaker(namespace=ARM, nsmap=SPACES)
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
ACRF = "LF.acrf"
SUBCLASSES = {"ADAE": "ADVERSE EVENT", "ADTTE": "TIME-TO-EVENT"}


@frozen(kw_only=True, eq=False)
class Document:
    """A file that goes with the data sets; `pages` are the pages on which items stand in it (FORM.ITEM)."""

    oid: str
    file: str
    title: str
    pages: Mapping[str, int] = field(factory=dict)


@frozen(kw_only=True)
class Published:
    """A standard that the delivery follows, as Define-XML lists it; with a `klass` it is that of the data sets of this class alone."""

    oid: str
    name: str
    kind: str
    version: str
    set_: str = ""
    klass: str = ""


def define_xml(standard: Standard, tables: Sequence[Table], published: Sequence[Published], at: datetime, *, title: str, words: str,
               documents: Sequence[Document] = (), displays: Sequence[Display] = ()) -> bytes:
    """The whole document, created at `at`. `documents` are the annotated form and the guides, `displays` the results metadata."""
    return _Define(standard, tables, published, documents).written(at, title, words, displays)


class _Define:
    """One document in the making; every definition is written once, whoever refers to it."""

    def __init__(self, standard: Standard, tables: Sequence[Table], published: Sequence[Published], documents: Sequence[Document]) -> None:
        self.standard, self.tables, self.published, self.documents = standard, tables, published, documents
        self.pages: Mapping[str, int] = next((one.pages for one in documents if one.oid == ACRF), {})
        self.lists: dict[Codes, str] = {}
        self.methods: dict[Method, str] = {}
        self.comments: dict[str, str] = {}
        self.wheres: dict[tuple[str, tuple[Where, ...]], str] = {}

    def written(self, at: datetime, title: str, words: str, displays: Sequence[Display]) -> bytes:
        moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
        study = E.Study(
            E.GlobalVariables(E.StudyName(self.standard.study), E.StudyDescription(title), E.ProtocolName(self.standard.study)),
            self._version(words, displays),
            OID=self.standard.study_oid,
        )
        root = E.ODM(study, FileType="Snapshot", FileOID=f"DEFINE.{self.standard.study}.{self.standard.name}", ODMVersion="1.3.2", CreationDateTime=moment,
                     AsOfDateTime=moment, Originator=self.standard.originator, SourceSystem="Trialwright", SourceSystemVersion=__version__)  # fmt: skip
        root.set(f"{{{DEF}}}Context", "Submission")
        style = etree.ProcessingInstruction("xml-stylesheet", f'type="text/xsl" href="{STYLESHEET}"')
        root.addprevious(style)
        tree = root.getroottree()
        return bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8", pretty_print=True))

    def _version(self, words: str, displays: Sequence[Display]) -> Any:
        results = [self._displays(displays)] if displays else []
        groups = [self._group(table) for table in self.tables]
        items = [self._item(table, column) for table in self.tables for column in table.columns]
        valued = [self._item(table, value.column) for table in self.tables for value in table.values]
        lists = [self._value_list(table, of, values) for table in self.tables for of, values in _by_variable(table).items()]
        version = E.MetaDataVersion(OID=self.standard.oid, Name=f"{self.standard.study}, {self.standard.name}", Description=words)
        version.set(f"{{{DEF}}}DefineVersion", "2.1.0")
        version.extend([self._standards(), *self._references(), *lists, *self._where_clauses(), *groups, *items, *valued])
        leaves = [_leaf(one.oid, one.file, one.title) for one in self.documents]
        version.extend([*self._code_lists(), *self._method_defs(), *self._comment_defs(), *leaves, *results])
        return version

    def _standards(self) -> Any:
        found = D.Standards()
        for one in self.published:
            made = D.Standard(OID=one.oid, Name=one.name, Type=one.kind, Version=one.version, Status="Final")
            if one.set_:
                made.set("PublishingSet", one.set_)
            found.append(made)
        return found

    def _references(self) -> Iterator[Any]:
        for make, own in ((D.AnnotatedCRF, True), (D.SupplementalDoc, False)):
            refs = [D.DocumentRef(leafID=one.oid) for one in self.documents if (one.oid == ACRF) is own]
            if refs:
                yield make(*refs)

    def _group(self, table: Table) -> Any:
        domain = table.domain
        tabulation, once = self.standard.name == "SDTM", domain.keys == ("STUDYID", "USUBJID")
        group = E.ItemGroupDef(OID=table.oid, Name=table.name, Repeating="No" if once else "Yes", SASDatasetName=table.name,
                               IsReferenceData="Yes" if domain.klass == "Trial Design" else "No",
                               Purpose="Tabulation" if tabulation else "Analysis")  # fmt: skip
        if tabulation:
            group.set("Domain", table.name.removeprefix("SUPP"))
        group.set(f"{{{DEF}}}Structure", domain.structure)
        group.set(f"{{{DEF}}}StandardOID", next((one.oid for one in self.published if one.klass == domain.klass), self.published[0].oid))
        group.set(f"{{{DEF}}}ArchiveLocationID", f"LF.{table.name}")
        group.append(_described(table.label))
        for order, one in enumerate(table.columns, start=1):
            group.append(self._ref(one, order))
        made = D.Class(Name=domain.klass.upper().replace("-", " "))
        if table.name in SUBCLASSES:
            made.append(D.SubClass(Name=SUBCLASSES[table.name]))
        group.append(made)
        group.append(_leaf(f"LF.{table.name}", f"{table.name.lower()}.xpt", f"{table.name.lower()}.xpt"))
        return group

    def _ref(self, one: Column, order: int) -> Any:
        ref = E.ItemRef(ItemOID=one.oid, OrderNumber=str(order), Mandatory="Yes" if one.mandatory else "No")
        if one.key:
            ref.set("KeySequence", str(one.key))
        if one.method is not None:
            ref.set("MethodOID", self.methods.setdefault(one.method, f"MT.{len(self.methods) + 1}"))
        if one.role and self.standard.name == "SDTM":
            ref.set("Role", one.role)
        return ref

    def _item(self, table: Table, one: Column) -> Any:
        item = E.ItemDef(OID=one.oid, Name=one.name, DataType=one.kind, SASFieldName=one.name)
        if one.kind in ("text", "integer", "float"):
            item.set("Length", str(one.length))
        if one.digits is not None:
            item.set("SignificantDigits", str(one.digits))
        if one.format:
            item.set(f"{{{DEF}}}DisplayFormat", one.format)
        if one.comment:
            item.set(f"{{{DEF}}}CommentOID", self.comments.setdefault(one.comment, f"COM.{len(self.comments) + 1}"))
        item.append(_described(one.label))
        if one.codes is not None:
            item.append(E.CodeListRef(CodeListOID=self.lists.setdefault(one.codes, f"CL.{len(self.lists) + 1}")))
        if one.origin is not None:
            item.append(self._origin(one.origin))
        if one.oid == f"IT.{table.name}.{one.name}" and one.name in table.described:
            item.append(D.ValueListRef(ValueListOID=f"VL.{table.name}.{one.name}"))
        return item

    def _origin(self, origin: Origin) -> Any:
        made = D.Origin(Type=origin.kind)
        if origin.source:
            made.set("Source", origin.source)
        if origin.from_:
            made.append(_described(origin.from_))
        numbers = [str(page) for page in sorted({self.pages[item] for item in origin.asked if item in self.pages})]
        if numbers:
            made.append(D.DocumentRef(D.PDFPageRef(PageRefs=" ".join(numbers), Type="PhysicalRef"), leafID=ACRF))
        return made

    def _value_list(self, table: Table, of: str, values: Sequence[Value]) -> Any:
        made = D.ValueListDef(OID=f"VL.{table.name}.{of}")
        for order, value in enumerate(values, start=1):
            ref = self._ref(value.column, order)
            ref.append(self._where(table.name, value.where))
            made.append(ref)
        return made

    def _where(self, table: str, where: tuple[Where, ...]) -> Any:
        return D.WhereClauseRef(WhereClauseOID=self.wheres.setdefault((table, where), f"WC.{table}.{len(self.wheres) + 1}"))

    def _displays(self, displays: Sequence[Display]) -> Any:
        """The results metadata: each planned analysis with its records, variables, method and function."""
        whole = A.AnalysisResultDisplays()
        for display in displays:
            made = A.ResultDisplay(_described(display.title), OID=display.oid, Name=display.name)
            made.extend([self._result(one) for one in display.analyses])
            whole.append(made)
        return whole

    def _result(self, one: Analyzed) -> Any:
        used = A.AnalysisDataset(self._where(one.dataset, one.where), ItemGroupOID=f"IG.{one.dataset}")
        used.extend([A.AnalysisVariable(ItemOID=f"IT.{one.dataset}.{name}") for name in one.variables])
        result = A.AnalysisResult(_described(one.title), A.AnalysisDatasets(used), A.Documentation(_described(one.words)), OID=one.oid,
                                  ParameterOID=f"IT.{one.dataset}.PARAMCD", AnalysisReason="SPECIFIED IN SAP", AnalysisPurpose=one.purpose)  # fmt: skip
        if one.by:
            result.append(A.ProgrammingCode(A.Code(one.by), Context=f"Python, Trialwright {__version__}"))
        return result

    def _where_clauses(self) -> Iterator[Any]:
        for (table, where), oid in self.wheres.items():
            made = D.WhereClauseDef(OID=oid)
            for one in where:
                check = E.RangeCheck(*(E.CheckValue(value) for value in one.values), Comparator=one.comparator, SoftHard="Soft")
                check.set(f"{{{DEF}}}ItemOID", f"IT.{table}.{one.name}")
                made.append(check)
            yield made

    def _code_lists(self) -> Iterator[Any]:
        for codes, oid in self.lists.items():
            made = E.CodeList(OID=oid, Name=codes.name, DataType="text")
            if codes.concept:
                made.set(f"{{{DEF}}}StandardOID", codes.standard)
            for term in codes.terms:
                part = E.CodeListItem(E.Decode(_text(term.decode)), CodedValue=term.value) if term.decode else E.EnumeratedItem(CodedValue=term.value)
                if term.extended and codes.concept:
                    part.set(f"{{{DEF}}}ExtendedValue", "Yes")
                if term.concept:
                    part.append(E.Alias(Context="nci:ExtCodeID", Name=term.concept))
                made.append(part)
            if codes.dictionary:
                made.append(E.ExternalCodeList(Dictionary=codes.dictionary, Version=codes.version))
            if codes.concept:
                made.append(E.Alias(Context="nci:ExtCodeID", Name=codes.concept))
            yield made

    def _method_defs(self) -> Iterator[Any]:
        for method, oid in self.methods.items():
            made = E.MethodDef(_described(method.words), OID=oid, Name=f"Method {oid.removeprefix('MT.')}", Type="Computation")
            if method.by:
                made.append(E.FormalExpression(method.by, Context=f"Python, Trialwright {__version__}"))
            yield made

    def _comment_defs(self) -> Iterator[Any]:
        for words, oid in self.comments.items():
            yield D.CommentDef(_described(words), OID=oid)


def _by_variable(table: Table) -> dict[str, list[Value]]:
    found: dict[str, list[Value]] = {}
    for value in table.values:
        found.setdefault(value.of, []).append(value)
    return found


def _text(words: str) -> Any:
    return E.TranslatedText(words, **{LANGUAGE: "en"})


def _described(words: str) -> Any:
    return E.Description(_text(words))


def _leaf(oid: str, file: str, title: str) -> Any:
    made = D.leaf(D.title(title), ID=oid)
    made.set(f"{{{XLINK}}}href", file)
    return made
