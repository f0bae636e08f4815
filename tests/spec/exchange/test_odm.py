"""ODM 1.3.2 and 2.0: files that follow the schema and the rules of the standard, hold what their reader may know and nothing else, and lose no entry of it."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from studies.cdisc_pilot.protocol import STUDY as PILOT
from studies.telitacicept_ssc.rehearsal import BEHAVIOR
from tests.histories import STUDY, History, example
from tests.odm import NASTY, NS, entries_in, eventful, odm, told_of, value
from tests.schemas import schema_folder
from trialwright.blinding import Gate
from trialwright.exchange.odm.document import Odm
from trialwright.exchange.odm.document2 import Odm2
from trialwright.exchange.odm.layout import Layout
from trialwright.exchange.odm.xml import fit
from trialwright.protocol import Audience
from trialwright.record import Casebook, Unlock
from trialwright.record.ledger import Ledger
from trialwright.record.wire import moment
from trialwright.rehearsal.trial import dice, rehearse
from trialwright.testing import actor, in_memory, tiny_study

pytestmark = pytest.mark.spec
READERS = [role for role in Audience if role is not Audience.PATIENT]


@pytest.fixture(scope="module")
def told() -> History:
    return eventful()


@pytest.fixture(scope="module")
def schema() -> Any:
    return etree.XMLSchema(etree.parse(str(schema_folder() / "cdisc-xml" / "cdisc-odm-1.3.2" / "ODM1-3-2.xsd")))


@pytest.fixture(scope="module")
def schema2() -> Any:
    return etree.XMLSchema(etree.parse(str(schema_folder() / "cdisc-xml" / "cdisc-odm-2.0" / "ODM.xsd")))


@pytest.fixture(scope="module")
def newer(told: History, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return odm(told.seen_by(), history=True, folder=tmp_path_factory.mktemp("odm"), form=Odm2)


@pytest.fixture(scope="module")
def history(told: History, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return odm(told.seen_by(), history=True, folder=tmp_path_factory.mktemp("odm"))


@pytest.fixture(scope="module")
def snapshot(told: History, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return odm(told.seen_by(), history=False, folder=tmp_path_factory.mktemp("odm"))


@pytest.fixture(scope="module")
def lived() -> Casebook:
    """A rehearsed trial of four people, locked, its arms opened, and unlocked again."""
    gate = Gate(STUDY, Ledger("lived"), lambda lines: None, dice(1))
    rehearse(STUDY, BEHAVIOR, gate, seed=1, subjects=4, start=date(2024, 6, 10))
    last = gate.casebook(Audience.CUSTODIAN).as_of
    assert last is not None
    gate.do(actor(Audience.INVESTIGATOR), Unlock(second="datamanager", because="one page more"), last + timedelta(days=1))
    return gate.casebook(Audience.CUSTODIAN)


@pytest.mark.req("DAT-10")
def test_both_types_follow_the_published_schema(snapshot: bytes, history: bytes, schema: Any, tmp_path: Path) -> None:
    empty = odm(Casebook.of([]), history=True, folder=tmp_path)
    for content in (snapshot, history, empty):
        schema.assertValid(etree.fromstring(content))


@pytest.mark.req("DAT-10")
def test_odm_2_follows_its_schema_for_every_study_of_the_house(newer: bytes, told: History, schema2: Any, tmp_path: Path) -> None:
    """Both types, without an entry too, and a study of another kind."""
    short = odm(told.seen_by(), history=False, folder=tmp_path, form=Odm2)
    others = [odm(Casebook.of([]), history=True, study=study, folder=tmp_path, form=Odm2) for study in (STUDY, PILOT, tiny_study())]
    for content in (newer, short, *others):
        schema2.assertValid(etree.fromstring(content))


@pytest.mark.req("DAT-10", "AUD-02", "AUD-08")
@pytest.mark.parametrize("form", [Odm, Odm2])
@pytest.mark.parametrize("reader", READERS, ids=lambda role: role.code)
def test_the_history_tells_every_entry_of_the_view_to_the_letter_and_no_other(told: History, reader: Audience, form: type[Odm], tmp_path: Path) -> None:
    book = told.seen_by(reader)
    assert entries_in(odm(book, history=True, reader=reader, folder=tmp_path, form=form)) == told_of(book)


@pytest.mark.req("DAT-03", "DAT-10")
def test_the_snapshot_tells_each_answer_once_as_it_stands(told: History, snapshot: bytes) -> None:
    found = {}
    for item in etree.fromstring(snapshot).iterfind(".//o:FormData/o:ItemGroupData/o:ItemData", NS):
        form = item.getparent().getparent()
        if form.getparent().get("StudyEventOID") != "LEDGER":
            key = (form.getparent().getparent().get("SubjectKey"), form.getparent().get("StudyEventOID"), form.get("FormRepeatKey", ""), item.get("ItemOID"))
            assert key not in found and item.get("TransactionType") is None
            found[key] = (item.get("Value"), item.findtext("o:Annotation/o:Flag/o:FlagValue[@CodeListOID='CL.ABSENCE']", namespaces=NS))
            assert (item.get("IsNull") == "Yes") == (item.get("Value") is None)
    expected = {(subject.id, f"SE.{visit}" if visit else "LOGS", row, f"I.{form}.{item}"): (cell.value, cell.last.absence)
                for subject in told.seen_by().subjects for (visit, form, row), page in subject.pages.items() for item, cell in page.cells.items()}  # fmt: skip
    assert found == expected and ("T1", "SE.W8", "", "I.MRSS.HAND_L") in found


def test_steps_follow_the_rules_of_the_standard(history: bytes) -> None:
    """An item is inserted once and updated afterwards, in the order of time; nothing is newer than the file; only a whole record is archival."""
    root = etree.fromstring(history)
    deeds: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for item in root.iterfind(".//o:ItemData", NS):
        form = item.getparent().getparent()
        if form.tag.endswith("FormData") and item.find("o:AuditRecord", NS) is not None:
            key = (form.getparent().getparent().get("SubjectKey"), form.getparent().get("StudyEventOID"), form.get("FormRepeatKey", ""), item.get("ItemOID"))
            deeds.setdefault(key, []).append((item.findtext("o:AuditRecord/o:DateTimeStamp", namespaces=NS), item.get("TransactionType")))
    assert all(one == sorted(one) and [deed for _, deed in one] == ["Insert"] + ["Update"] * (len(one) - 1) for one in deeds.values())
    assert max(len(one) for one in deeds.values()) == 3
    assert max(stamp.text for stamp in root.iter("{*}DateTimeStamp")) < root.get("CreationDateTime")
    assert (root.get("Archival"), root.get("FileType")) == ("Yes", "Transactional") and b"Upsert" not in history


def test_only_the_whole_record_is_archival(told: History, snapshot: bytes, tmp_path: Path) -> None:
    view = odm(told.seen_by(Audience.EVALUATOR), history=True, reader=Audience.EVALUATOR, folder=tmp_path)
    assert b"Archival" not in view and b"Archival" not in snapshot


@pytest.mark.req("SIG-01", "SIG-02")
def test_a_signature_stands_after_what_it_covers(history: bytes, snapshot: bytes) -> None:
    steps = [form for form in etree.fromstring(history).iterfind(".//o:StudyEventData[@StudyEventOID='SE.W4']/o:FormData[@FormOID='F.MRSS']", NS)
             if form.getparent().getparent().get("SubjectKey") == "T1"]  # fmt: skip
    signed = [[group.find("o:Signature", NS) is not None for group in step] for step in steps]
    assert [(step.get("TransactionType"), any(one)) for step, one in zip(steps, signed, strict=True)] == [
        ("Insert", False), ("Context", True), ("Update", False), ("Context", True)]  # fmt: skip
    stands = [signature for signature in etree.fromstring(snapshot).iter("{*}Signature")]
    meanings = {one.get("OID"): one.findtext("o:Meaning", namespaces=NS) for one in etree.fromstring(snapshot).iterfind(".//o:SignatureDef", NS)}
    assert {meanings[one.find("o:SignatureRef", NS).get("SignatureOID")].partition(":")[0] for one in stands} == {"authored"}
    assert [one.getparent().get("ItemGroupOID") for one in stands] == ["IG.MRSS.1", "IG.MRSS.2"]


def test_a_signature_that_fell_stands_in_no_snapshot(told: History, tmp_path: Path) -> None:
    before = told.seen_by(until=told.at)
    again = eventful()
    again.fill("T1", "W4", "MRSS", {"FACE": "2"}, reason="once more", role=Audience.EVALUATOR)
    assert b"<Signature " in odm(before, history=False, folder=tmp_path)
    assert b"<Signature " not in odm(again.seen_by(), history=False, folder=tmp_path)


def test_a_page_that_was_not_done_says_so_until_it_is_filled(history: bytes) -> None:
    page = [form for form in etree.fromstring(history).iterfind(".//o:StudyEventData[@StudyEventOID='SE.W12']/o:FormData", NS)]
    assert [one.get("TransactionType") for one in page] == ["Insert", "Update"]
    assert page[0].findtext("o:Annotation/o:Comment", namespaces=NS) == "patient on holiday"
    assert page[1].find("o:Annotation", NS).get("TransactionType") == "Remove" and page[1].find("o:ItemGroupData", NS) is not None


def test_an_absence_is_taken_back_when_a_value_comes(history: bytes) -> None:
    values = [item for item in etree.fromstring(history).iterfind(".//o:ItemData[@ItemOID='I.LUNG.FVC']", NS)]
    assert [(item.get("Value"), item.get("IsNull")) for item in values] == [("2.10", None), (None, "Yes"), ("2.30", None)]
    assert [[note.get("TransactionType") for note in item.iterfind("o:Annotation", NS)] for item in values] == [[], ["Insert"], ["Remove"]]
    assert [item.find("o:MeasurementUnitRef", NS) is not None for item in values] == [True, False, True]


@pytest.mark.parametrize("content", ["snapshot", "history", "newer"])
def test_every_name_leads_somewhere_and_codes_lie_in_their_lists(content: str, request: pytest.FixtureRequest) -> None:
    root = etree.fromstring(request.getfixturevalue(content))
    there = [one.get("OID") for one in root.iter() if one.get("OID") and not one.tag.endswith("}Query")]
    named = {value for one in root.iter() for name, value in one.attrib.items() if name.endswith("OID") and name not in ("OID", "FileOID")}
    assert named <= set(there) and max(Counter(there).values()) == 1
    lists = {one.get("OID"): {term.get("CodedValue") for term in one.iterfind("{*}CodeListItem")} for one in root.iter("{*}CodeList")}
    items = {ref.getparent().get("OID"): lists[ref.get("CodeListOID")] for ref in root.iter("{*}CodeListRef")}
    values = [(one.get("ItemOID"), value(one)) for one in root.iter("{*}ItemData") if value(one) is not None]
    assert all(value in items[oid] for oid, value in values if oid in items)
    assert all(one.text in lists[one.get("CodeListOID")] for one in root.iter("{*}FlagValue", "{*}FlagType"))


def test_the_definition_says_what_the_study_says(snapshot: bytes) -> None:
    root = etree.fromstring(snapshot)
    items = {one.get("OID"): one for one in root.iter("{*}ItemDef")}
    for form in STUDY.forms:
        for item in form.items:
            told = items[f"I.{form.code}.{item.code}"]
            assert [text.text for text in told.iterfind("o:Question/o:TranslatedText", NS)] == [item.label.en, item.label.zh]
            limits = [one.findtext("o:CheckValue", namespaces=NS) for one in told.iterfind("o:RangeCheck", NS)]
            assert limits == [f"{one:f}" for one in (item.low, item.high, item.usual_low, item.usual_high) if one is not None]
    groups = {one.get("ItemOID"): one for one in root.iterfind(".//o:ItemGroupDef[@IsReferenceData='No']/o:ItemRef", NS)}
    assert all((groups[f"I.{form.code}.{item.code}"].get("CollectionExceptionConditionOID") is not None) == (item.shown is not None)
               for form in STUDY.forms for item in form.items)  # fmt: skip


def test_odm_2_tells_a_query_with_each_step_of_its_life(newer: bytes) -> None:
    query = etree.fromstring(newer).find(".//{*}Query")
    assert (query.get("State"), query.get("Source"), query.get("Target")) == ("Answered", "Site Monitor", "I.LUNG.FVC")
    assert query.findtext("{*}Value") == NASTY and [one.findtext("{*}ReasonForChange") for one in query.iterfind("{*}AuditRecord")] == [None, "yes"]


def test_odm_2_tells_the_design_as_the_study_says_it(newer: bytes) -> None:
    root = etree.fromstring(newer)
    assert [one.get("Name") for one in root.iter("{*}Arm")] == [arm.code for arm in STUDY.arms]
    timings = {one.get("Name"): (one.get("TimepointRelativeTarget"), one.get("TimepointPreWindow")) for one in root.iter("{*}RelativeTimingConstraint")}
    assert timings["W4"] == ("P28D", f"P{STUDY.visit('W4').early}D") and set(timings) == {visit.code for visit in STUDY.visits} - {"BASELINE"}
    assert [(one.get("Name"), one.get("Level")) for one in root.iter("{*}StudyEndPoint")] == [
        (one.code, "Primary" if one.primary else "Secondary") for one in STUDY.endpoints]  # fmt: skip
    assert {one.get("Name") for one in root.iter("{*}StudyEstimand")} == {one.estimand for one in STUDY.endpoints if one.estimand}
    assert [one.get("Name") for one in root.iter("{*}Criterion")] == [one.code for one in sorted(STUDY.criteria, key=lambda one: not one.inclusion)]
    units = {ref.get("ItemOID"): ref.get("UnitsItemOID") for ref in root.iter("{*}ItemRef") if ref.get("UnitsItemOID")}
    assert units == {f"I.{form.code}.{item.code}": f"I.UNIT.{item.unit}" for form in STUDY.forms for item in form.items if item.unit}


@pytest.mark.req("BLD-02")
@pytest.mark.parametrize("form", [Odm, Odm2])
@pytest.mark.parametrize("history", [False, True])
def test_the_evaluators_file_does_not_depend_on_the_arm(history: bool, form: type[Odm], tmp_path: Path) -> None:
    one, other = (odm(example(arms).seen_by(Audience.EVALUATOR), history=history, reader=Audience.EVALUATOR, folder=tmp_path, form=form)
                  for arms in (("T", "T", "C"), ("C", "C", "T")))  # fmt: skip
    assert one == other and b"Allocated<" not in one and b"I.DOSING.EXDOSE\" Value" not in one


@pytest.mark.parametrize("content", ["snapshot", "history"])
def test_odmlib_reads_it_and_writes_it_again_without_loss(content: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    from odmlib.loader import ODMLoader
    from odmlib.odm_loader import XMLODMLoader

    written = request.getfixturevalue(content)
    (tmp_path / "odm.xml").write_bytes(written)
    loader = ODMLoader(XMLODMLoader(model_package="odm_1_3_2", ns_uri=NS["o"]))
    loader.open_odm_document(str(tmp_path / "odm.xml"))
    again = loader.load_odm().to_xml()

    def local(name: str) -> str:
        return name.rpartition("}")[2].rpartition(":")[2]

    def plain(one: Any) -> tuple[str, list[tuple[str, str]], str]:
        return local(one.tag), sorted((local(name), value) for name, value in one.attrib.items()), (one.text or "").strip()

    assert [plain(one) for one in again.iter()] == [plain(one) for one in etree.fromstring(written).iter()]


def test_the_same_view_gives_the_same_bytes_and_another_view_another_name(told: History, tmp_path: Path) -> None:
    first, second = (odm(told.seen_by(), history=True, folder=tmp_path) for _ in range(2))
    other = odm(told.seen_by(Audience.MONITOR), history=True, reader=Audience.MONITOR, folder=tmp_path)
    assert first == second and etree.fromstring(first).get("FileOID") != etree.fromstring(other).get("FileOID")


@given(st.text(st.characters(codec="utf-8"), max_size=60).filter(lambda text: "\\" not in text))
def test_any_text_comes_back(text: str) -> None:
    """What XML can hold comes back to the letter; what it cannot stands there by its number."""
    place = etree.Element("a", v=fit(text))
    place.text = fit(text)
    back = etree.fromstring(etree.tostring(place, encoding="UTF-8"))
    wanted = "".join(mark if mark in "\t\n\r" or (ord(mark) >= 32 and mark not in "\ufffe\uffff") else f"\\u{ord(mark):04X}" for mark in text)
    assert back.get("v") == wanted and (back.text or "") == wanted


def test_a_trial_that_was_never_opened_and_one_with_ten_thousand_letters(tmp_path: Path) -> None:
    study = tiny_study()
    gate = in_memory(study)
    book = gate.casebook(Audience.CUSTODIAN)
    content = odm(book, history=True, study=study, folder=tmp_path)
    assert entries_in(content) == told_of(book) and moment(book.as_of).encode() in content  # type: ignore[arg-type]  # it was opened
    empty = odm(Casebook.of([]), history=False, study=study, folder=tmp_path)
    assert etree.fromstring(empty).find(".//o:Location", NS) is None and entries_in(empty) == []
    assert fit("长" * 10_000) == "长" * 10_000


def test_the_writer_takes_no_more_than_a_view() -> None:
    """A file is made of the study and of what the gate hands out; nothing else can flow into it."""
    assert {field.name for field in Odm.__attrs_attrs__} == {"layout", "book", "reader", "at", "history"}
    assert {field.name for field in Layout.__attrs_attrs__} == {"study"}


@pytest.mark.req("DAT-10", "AUD-08")
@pytest.mark.parametrize("form", [Odm, Odm2])
def test_a_trial_that_was_lived_to_its_lock_and_opened_again_loses_nothing(lived: Casebook, form: type[Odm], schema: Any, schema2: Any, tmp_path: Path) -> None:
    content = odm(lived, history=True, folder=tmp_path, form=form)
    (schema if form is Odm else schema2).assertValid(etree.fromstring(content))
    assert entries_in(content) == told_of(lived) and {"Locked", "Unlocked", "Failed", "CodeBroken"} <= {one["event"] for one in told_of(lived)}
