"""The case safety report, read back by the paths that the regulator publishes and by a program that somebody else wrote.

Witnesses: `elements.csv` holds number, name, greatest length, conformance and XPath of the data elements as the table of core data elements
that the U.S. Food and Drug Administration publishes for ICH E2B(R3) (public domain) gives them; `parsed.json` what the parser of the
package e2br3 0.1.0 reads in the message (`parse.py` beside it made it).
"""

import csv
import json
import re
from pathlib import Path

import pytest
from lxml import etree

from tests.serious import EVENT, ROW, WHO, at, trial
from trialwright.exchange.e2b.document import faults, report
from trialwright.exchange.e2b.message import Envelope
from trialwright.exchange.serious_events import case_of
from trialwright.protocol import Audience

WITNESS = Path(__file__).parent / "witness" / "e2b"
NAMES = {"h": "urn:hl7-org:v3", "xsi": "http://www.w3.org/2001/XMLSchema-instance"}
FULL = Envelope(sender="SITE-01", receiver="AUTHORITY", sender_type="3", country="CN")
EXPECTED = {
    "N.1.1": "1", "N.1.2": "NCT06546540-KHTR42-R1", "N.1.3": "SITE-01", "N.1.4": "AUTHORITY", "N.1.5": "20260203110000+0800",
    "N.2.r.1": "NCT06546540-KHTR42-R1", "N.2.r.2": "SITE-01", "N.2.r.3": "AUTHORITY", "N.2.r.4": "20260203110000+0800",
    "C.1.1": "NCT06546540-KHTR42-R1", "C.1.2": "20260203110000+0800", "C.1.3": "2", "C.1.4": "20260121", "C.1.5": "20260203", "C.1.6.1": "false",
    "C.1.7": "true", "C.1.8.1": "NCT06546540-KHTR42-R1", "C.1.8.2": "2", "C.2.r.3": "CN", "C.2.r.4": "1", "C.2.r.5": "1", "C.3.1": "3",
    "C.3.2": "Peking University Third Hospital", "C.5.1.r.1": "NCT06546540", "C.5.3": "NCT06546540", "C.5.4": "1",
    "D.1.1.4": "KHTR42", "D.2.2a": "51", "D.3": "58.5", "D.4": "162", "D.5": "2", "D.9.1": "",
    "E.i.1.1a": "pneumonia", "E.i.1.1b": "eng", "E.i.2.1a": "28.0", "E.i.2.1b": "99000001", "E.i.3.2a": "", "E.i.3.2b": "", "E.i.3.2c": "true",
    "E.i.3.2d": "", "E.i.3.2e": "", "E.i.3.2f": "", "E.i.4": "20260120", "E.i.7": "4", "E.i.9": "CN",
    "F.r.1": "20260202", "F.r.2.1": "Immunoglobulin G", "G.k.1": "1", "G.k.2.2": "telitacicept", "G.k.4.r.8": "2 doses, 320 mg in all until the event",
    "G.k.8": "1", "G.k.9.i.2.r.1": "Investigator", "G.k.9.i.2.r.2": "WHO-UMC", "G.k.9.i.2.r.3": "possible", "G.k.9.i.4": "4",
    "H.1": "Fever & cough <39 °C; 肺部感染.",
}  # fmt: skip


def made(event=None, envelope=FULL, coded=True, arm="T"):
    gate = trial(event, arm, coded)
    return report(case_of(gate.study, gate.casebook(Audience.SAFETY).subject(WHO), ROW), at(29), envelope)


def elements() -> list[dict[str, str]]:
    with (WITNESS / "elements.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def prepared(path: str, drug: str, reaction: str) -> str:
    """A published path as XPath 1.0 understands it: first of each repetition, names in their namespace, identifiers filled in."""
    path = re.sub(r"\[[rik]\]", "[1]", path).replace("UUID of i-th reaction", reaction)
    path = re.sub(r"UUID of k-th dr[au]g", drug, path).replace("[@ITSVersion='XML_1.0' ]", "")
    path = re.sub(r"\[@xsi:schemaLocation='[^']*'\]", "", path)
    parts = re.split(r"('[^']*')", path)
    named = [part if part.startswith("'") else re.sub(r"(?<![@:\w.])([A-Za-z]\w*)(?![\w(:]*[(:])", r"h:\1", part) for part in parts]
    return "".join(named)


def value_at(root, path: str) -> str:
    found = root.xpath(path, namespaces=NAMES)
    return str(found[0]) if found else ""


@pytest.mark.parametrize("element", elements(), ids=lambda one: one["number"])
def test_each_element_stands_where_the_regulator_looks_for_it(element: dict[str, str]) -> None:
    root = etree.fromstring(WHOLE.xml)
    ids = [str(uid) for uid in root.xpath("//h:causalityAssessment[h:code/@code='39']/*/*/h:id/@root", namespaces=NAMES)]
    found = value_at(root, prepared(element["xpath"], drug=ids[1], reaction=ids[0]))
    expected = EXPECTED[element["number"]] if element["number"] != "C.5.2" else WHOLE.case.study.official_title.en
    assert found == expected
    assert not element["longest"].isdigit() or len(found) <= int(element["longest"])


WHOLE = made()


def test_nothing_is_lacking_when_everything_is_told() -> None:
    assert WHOLE.lacks == []
    assert b"not ready" not in WHOLE.xml


def test_the_same_case_gives_the_same_bytes() -> None:
    assert made().xml == WHOLE.xml


def test_the_reader_of_somebody_else_understands_it() -> None:
    """The fixture was read by e2br3 0.1.0; a change of the message has to be read anew."""
    known = json.loads((WITNESS / "parsed.json").read_text(encoding="utf-8"))
    assert known["message"] == WHOLE.xml.decode()
    case = known["parsed"]["messages"][0]["icsr"]
    assert case["safety_report_id"] == WHOLE.case.code
    assert [drug["product_name"] for drug in case["drugs"]] == ["telitacicept", "prednisone"]
    assert [drug["role"]["code"] for drug in case["drugs"]] == ["1", "2"]
    assert case["drugs"][0]["relatedness"][0]["reaction_index"] == 0
    assert case["reactions"][0]["meddra"]["code"] == "99000001"
    assert case["reactions"][0]["hospitalisation"] is True


def test_what_is_not_known_is_named_and_never_made_up() -> None:
    bare = {"AETERM": "肺炎", "AESTDAT": "2026-01", "AESER": "Y", "AEACN": "DRUG INTERRUPTED"}
    found = made(bare, Envelope(), coded=False)
    lacking = {one.number for one in found.lacks}
    assert lacking == {"N.1.3", "N.1.4", "N.2.r.2", "N.2.r.3", "H.1", "C.1.4", "C.2.r.3", "C.2.r.4", "C.3.1", "D.2.2a", "E.i.2.1b", "E.i.3.2", "G.k.8",
                       "G.k.9.i.2.r.3"}  # fmt: skip
    root = etree.fromstring(found.xml)
    assert root[0].text is not None
    assert "not ready to send" in root[0].text
    reaction = root.xpath("//h:observation[h:code/@code='29']/h:value", namespaces=NAMES)[0]
    assert "code" not in reaction.attrib
    assert reaction[0].get("language") == "chi"


def test_a_patient_without_the_drug_has_no_suspect_product() -> None:
    found = made(arm="C")
    assert "G.k.2.2" in {one.number for one in found.lacks}
    assert b"telitacicept" not in found.xml.split(b"</title>")[1]


def test_the_table_lists_every_element_with_its_null_flavor() -> None:
    rows = list(csv.DictReader(WHOLE.table.splitlines()[:-1]))
    told = {row["number"]: row for row in rows}
    assert told["D.1"]["null flavor"] == "MSK"
    assert told["E.i.3.2a"]["null flavor"] == "NI"
    assert told["E.i.3.2c"] == {"number": "E.i.3.2c", "name": "Seriousness: AESHOSP", "value": "true", "null flavor": ""}


def test_a_schema_that_somebody_has_is_asked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="MCCI_IN200100UV01"):
        faults(WHOLE.xml, tmp_path)
    schema = tmp_path / "multicacheschemas" / "MCCI_IN200100UV01.xsd"
    schema.parent.mkdir()
    head = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:hl7-org:v3"><xs:element name="'
    schema.write_text(head + 'MCCI_IN200100UV01"/></xs:schema>')
    assert faults(b'<MCCI_IN200100UV01 xmlns="urn:hl7-org:v3"/>', tmp_path) == ()
    assert "line 66" in faults(WHOLE.xml, tmp_path)[0]  # this schema has no types


def test_the_seriousness_of_the_event_is_what_was_ticked() -> None:
    root = etree.fromstring(made({code: value for code, value in EVENT.items() if code != "AEHOSPI"} | {"AESLIFE": "Y", "AESHOSP": "N"}).xml)
    ticked = root.xpath("//h:outboundRelationship2/h:observation[h:value/@value='true']/h:code/@code", namespaces=NAMES)
    assert ticked == ["21"]
