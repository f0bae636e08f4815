"""Define-XML says of the data sets what is true of them, names where everything comes from, and follows the published schema."""

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property, reduce
from typing import Any

import polars as pl
import pytest
from lxml import etree

from tests.histories import STUDY, example
from tests.schemas import schema_folder
from trialwright import sdtm
from trialwright.exchange.code_lists import external
from trialwright.exchange.define import ACRF, Document, Published, define_xml
from trialwright.exchange.metadata import Standard, Table, Where
from trialwright.exchange.package import page
from trialwright.exchange.sdtm_metadata import sdtm_tables
from trialwright.protocol import Audience
from trialwright.record.events import DictionaryAdopted
from trialwright.report.acrf_pdf import acrf_pdf

pytestmark = pytest.mark.spec
AT = datetime(2026, 3, 30, tzinfo=UTC)
NS = {"o": "http://www.cdisc.org/ns/odm/v1.3", "d": "http://www.cdisc.org/ns/def/v2.1"}
XLINK = "{http://www.w3.org/1999/xlink}href"


@pytest.fixture(scope="module")
def tables() -> tuple[Table, ...]:
    told = example()
    told.fill("T1", "BASELINE", "PAH", {"PAHDAT": "2026-01-05", "WHOFC": "II", "SIXMWD": "400"})
    frames = sdtm.build(STUDY, told.seen_by())
    return sdtm_tables(STUDY, {**frames, **sdtm.design(STUDY, frames["DM"])})


@pytest.fixture(scope="module")
def written(tables: tuple[Table, ...]) -> bytes:
    form = acrf_pdf(STUDY, AT)
    document = Document(oid=ACRF, file="acrf.pdf", title="Annotated case report form", pages=form.pages)
    published = (
        Published(oid="STD.IG", name="SDTMIG", kind="IG", version="3.4"),
        Published(oid="STD.CT", name="CDISC/NCI", kind="CT", version=sdtm.CT, set_="SDTM"),
    )
    standard = Standard(name="SDTM", version="3.4", study=STUDY.code, originator=STUDY.sponsor)
    return define_xml(standard, tables, published, AT, title="Title", words="Words", documents=(document,))


@pytest.fixture(scope="module")
def define(written: bytes) -> Any:
    return etree.fromstring(written)


def described(define: Any, path: str) -> Iterator[Any]:
    return define.iterfind(f".//{path}", NS)


def test_it_follows_the_published_schema(define: Any) -> None:
    schema = etree.XMLSchema(etree.parse(str(schema_folder() / "cdisc-xml" / "cdisc-define-2.1" / "define2-1-0.xsd")))
    schema.assertValid(define)


def test_every_reference_leads_somewhere_and_everything_is_used(define: Any) -> None:
    """All OIDs that are named exist, and no definition stands there that nothing names."""
    pairs = {"ItemDef": "ItemOID", "CodeList": "CodeListOID", "MethodDef": "MethodOID"}
    for kind, name in pairs.items():
        there = [one.get("OID") for one in described(define, f"o:{kind}")]
        used = {one.get(name) for one in define.iter() if isinstance(one.tag, str) and one.get(name)}
        assert len(set(there)) == len(there)
        assert set(there) == used, kind
    for kind, path, name in (("ValueListDef", "d:ValueListRef", "ValueListOID"), ("WhereClauseDef", "d:WhereClauseRef", "WhereClauseOID")):
        assert {one.get("OID") for one in described(define, f"d:{kind}")} == {one.get(name) for one in described(define, path)}


def test_everything_says_where_it_comes_from_and_what_is_derived_says_how(define: Any) -> None:
    """Each variable has an origin, or its values have; what is derived has a method, and what is collected a page of the annotated form."""
    refs = {ref.get("ItemOID"): ref for ref in described(define, "o:ItemRef")}
    for item in described(define, "o:ItemDef"):
        origin, oid = item.find("d:Origin", NS), item.get("OID")
        assert origin is not None or item.find("d:ValueListRef", NS) is not None, oid
        if origin is not None and origin.get("Type") == "Derived":
            assert refs[oid].get("MethodOID"), oid
        if origin is not None and origin.get("Type") == "Collected":
            assert origin.find("d:DocumentRef/d:PDFPageRef", NS).get("PageRefs"), oid


def test_every_method_names_a_function_that_exists(define: Any) -> None:
    named = {one.text for one in described(define, "o:FormalExpression")}
    assert len(named) > 10
    for name in named:
        module, _, path = name.partition(":")
        found = reduce(getattr, path.split("."), importlib.import_module(module))
        assert callable(found) or isinstance(found, cached_property), name


def test_lengths_and_kinds_are_those_of_the_data(tables: tuple[Table, ...], define: Any) -> None:
    items = {item.get("OID"): item for item in described(define, "o:ItemDef")}
    for table in tables:
        for one in table.columns:
            values, item = table.frame[one.name].drop_nulls(), items[one.oid]
            if one.kind == "text":
                assert int(item.get("Length")) == max([1, *(len(value.encode()) for value in values)])
            if one.kind in ("date", "integer"):
                assert all(len(value) == 10 for value in values) if one.kind == "date" else all(value == int(value) for value in values)


def holds(where: tuple[Where, ...]) -> pl.Expr:
    whole = pl.lit(True)
    for one in where:
        whole &= pl.col(one.name).is_in(list(one.values)) if one.comparator == "EQ" else ~pl.col(one.name).fill_null("").is_in(list(one.values))
    return whole


def test_value_by_value_covers_each_record_once(tables: tuple[Table, ...]) -> None:
    """The conditions of a variable part its records: every result falls under one of them and none under two."""
    described = [(table, of) for table in tables for of in {one.of for one in table.values}]
    assert len(described) > 10
    for table, of in described:
        told = [one.where for one in table.values if one.of == of]
        frame = table.frame.filter(pl.col(of).is_not_null())
        counts = frame.select(pl.sum_horizontal(holds(where).cast(pl.Int64) for where in told))
        assert counts.to_series().to_list() == [1] * frame.height, (table.name, of)


def test_values_lie_in_their_code_lists_and_terms_of_the_sponsor_are_marked(tables: tuple[Table, ...]) -> None:
    for table in tables:
        for one in table.columns:
            if one.codes is not None:
                values = {str(value) for value in table.frame[one.name].drop_nulls()}
                assert values <= {term.value for term in one.codes.terms}, (table.name, one.name)
                if one.codes.concept and not sdtm.controlled(one.codes.concept).extensible:
                    assert not [term for term in one.codes.terms if term.extended], (table.name, one.name)


def test_known_concepts_stand_beside_their_terms(define: Any) -> None:
    """Witness: CDISC CT 2025-03-28 (NCI EVS): F is C16576 in the list C66731; Platelets is C51951."""
    sex = next(one for one in described(define, "o:CodeList") if one.find("o:Alias", NS) is not None and one.find("o:Alias", NS).get("Name") == "C66731")
    assert [(term.get("CodedValue"), term.find("o:Alias", NS).get("Name")) for term in sex.iterfind("*[@CodedValue]")] == [("F", "C16576"), ("M", "C20197")]


def test_it_is_read_by_another_library(written: bytes, tmp_path: Any) -> None:
    """odmlib loads the document and finds every data set and item."""
    from odmlib.define_loader import XMLDefineLoader
    from odmlib.loader import ODMLoader

    (tmp_path / "define.xml").write_bytes(written)
    loader = ODMLoader(XMLDefineLoader(model_package="define_2_1", ns_uri=NS["d"]))
    loader.open_odm_document(str(tmp_path / "define.xml"))
    version = loader.MetaDataVersion()
    mine = etree.fromstring(written)
    assert [one.Name for one in version.ItemGroupDef] == [one.get("Name") for one in described(mine, "o:ItemGroupDef")]
    assert len(version.ItemDef) == len(list(described(mine, "o:ItemDef")))


def test_the_page_links_what_it_names(written: bytes) -> None:
    """The page that is made of it has an anchor for each of its links."""
    shown = etree.HTML(page(written))
    anchors = {one.get("id") for one in shown.iter() if isinstance(one.tag, str) and one.get("id")}
    links = {one.get("href") for one in shown.iter("a")}
    assert {link[1:] for link in links if link.startswith("#")} <= anchors
    assert {link for link in links if not link.startswith("#")} >= {"dm.xpt", "acrf.pdf#page=3"}


def test_terms_of_a_dictionary_are_told_by_its_name_and_version() -> None:
    """Terms of MedDRA and WHODrug may not be handed on: their variables name the dictionary and the version with which the answers are coded."""
    told = example()
    frames = sdtm.build(STUDY, told.seen_by())
    coded = frames["AE"].with_columns(AEDECOD=pl.lit("Pneumonia"), AEBODSYS=pl.lit("Infections and infestations"))
    adopted = DictionaryAdopted(label=Audience.SAFETY, subject="", kind="MedDRA", dictionary="MedDRA", version="27.1", digest="")
    dictionaries = external(STUDY, {"MedDRA": adopted})
    assert coded.height and {"AELLT", "AEDECOD", "AEHLT", "AEHLGT", "AEBODSYS", "AESOC"} <= dictionaries.keys()
    assert not any(name.startswith("CM") for name in dictionaries)
    made = sdtm_tables(STUDY, {**frames, "AE": coded}, dictionaries)
    standard = Standard(name="SDTM", version="3.4", study=STUDY.code, originator=STUDY.sponsor)
    published = (Published(oid="STD.IG", name="SDTMIG", kind="IG", version="3.4"),
                 Published(oid="STD.CT", name="CDISC/NCI", kind="CT", version=sdtm.CT, set_="SDTM"))  # fmt: skip
    define = etree.fromstring(define_xml(standard, made, published, AT, title="Title", words="Words"))
    (listed,) = [one for one in described(define, "o:CodeList") if one.find("o:ExternalCodeList", NS) is not None]
    assert dict(listed.find("o:ExternalCodeList", NS).attrib) == {"Dictionary": "MedDRA", "Version": "27.1"}
    assert listed.find("o:CodeListItem", NS) is None and listed.find("o:EnumeratedItem", NS) is None
    using = {one.get("Name") for one in described(define, "o:ItemDef") if (ref := one.find("o:CodeListRef", NS)) is not None
             and ref.get("CodeListOID") == listed.get("OID")}  # fmt: skip
    assert using == {"AEDECOD", "AEBODSYS"}
