"""A serious event as an individual case safety report, ICH E2B(R3): the message, its data elements, and what it still lacks."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from lxml import etree

from trialwright.exchange.e2b.case import assess
from trialwright.exchange.e2b.message import (
    COUNTRIES,
    HL7,
    LISTS,
    XSI,
    Envelope,
    Report,
    flag,
    identify,
    put,
    stamp,
    write,
)
from trialwright.exchange.serious_events import Case

QUALIFICATIONS = {"PHYSICIAN": "1", "PHARMACIST": "2", "OTHER_HEALTH": "3", "CONSUMER": "5"}


def report(case: Case, at: datetime, envelope: Envelope | None = None) -> Report:
    """The report of one case as it is known now; `at` is the moment of writing. The same input gives the same bytes.

    Everything comes from the record. What the record does not hold is either left out, or marked absent as the guide allows, and named
    in `lacks`; MedDRA codes come from the coding that people did with their own dictionary.
    """
    made = Report(case=case, envelope=envelope or Envelope(), at=at)
    root = etree.Element(f"{{{HL7}}}MCCI_IN200100UV01", nsmap={None: HL7, "xsi": XSI})
    root.set("ITSVersion", "XML_1.0")
    root.set(f"{{{XSI}}}schemaLocation", f"{HL7} MCCI_IN200100UV01.xsd")
    _batch(made, root)
    message = put(root, "PORR_IN049016UV")
    event = _message(made, message)
    _device(made, root, "receiver", "14", "N.1.4", "Batch Receiver Identifier", made.envelope.receiver)
    _device(made, root, "sender", "13", "N.1.3", "Batch Sender Identifier", made.envelope.sender)
    _investigation(made, event)
    if made.lacks:
        told = "; ".join(f"{one.number} {one.what.en}" for one in made.lacks).replace("--", "- -")
        root.insert(0, etree.Comment(f" not ready to send, still lacks: {told} "))
    made.xml = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return made


def _stamp(made: Report) -> str:
    """A moment with its offset, as the guide writes it: 20260203100000+0800."""
    return made.at.astimezone(ZoneInfo(made.case.study.time_zone)).strftime("%Y%m%d%H%M%S%z")


def _batch(made: Report, root: etree._Element) -> None:
    identify(root, "22", made.note("N.1.2", "Batch Number", made.case.code))
    put(root, "creationTime", value=made.note("N.1.5", "Date of Batch Transmission", _stamp(made)))
    put(root, "responseModeCode", code="D")
    put(root, "interactionId", extension="MCCI_IN200100UV01", root="2.16.840.1.113883.1.6")
    put(root, "name", code=made.note("N.1.1", "Types of Message in Batch", "1"), codeSystem=f"{LISTS}1")


def _device(made: Report, parent: etree._Element, who: str, root: str, number: str, name: str, value: str) -> None:
    if not value:
        made.lack(number, f"{name}: agreed between sender and receiver", f"{name}：由收发双方约定")
        return
    kind = "RCV" if who == "receiver" else "SND"
    identify(put(parent, f"{who}.{kind}/device"), root, made.note(number, name, value))


def _message(made: Report, message: etree._Element) -> etree._Element:
    identify(message, "1", made.note("N.2.r.1", "Message Identifier", made.case.code))
    put(message, "creationTime", value=made.note("N.2.r.4", "Date of Message Creation", _stamp(made)))
    put(message, "interactionId", extension="PORR_IN049016UV", root="2.16.840.1.113883.1.6")
    put(message, "processingCode", code="P")
    put(message, "processingModeCode", code="T")
    put(message, "acceptAckCode", code="AL")
    _device(made, message, "receiver", "12", "N.2.r.3", "Message Receiver Identifier", made.envelope.receiver)
    _device(made, message, "sender", "11", "N.2.r.2", "Message Sender Identifier", made.envelope.sender)
    act = put(message, "controlActProcess")
    put(act, "code", code="PORR_TE049016UV", codeSystem="2.16.840.1.113883.1.18")
    put(act, "effectiveTime", value=made.note("C.1.2", "Date of Creation", _stamp(made)))
    return put(act, "subject.SUBJ/investigationEvent")


def _investigation(made: Report, event: etree._Element) -> None:
    said = made.case.said
    identify(event, "1", made.note("C.1.1", "Sender's (case) Safety Report Unique Identifier", made.case.code))
    identify(event, "2", made.note("C.1.8.1", "Worldwide Unique Case Identification", made.case.code))
    put(event, "code", code="PAT_ADV_EVNT", codeSystem="2.16.840.1.113883.5.4")
    if said.get("AENARR"):
        write(event, "text", made.note("H.1", "Case Narrative", said["AENARR"]))
    else:
        made.lack("H.1", "the narrative", "事件经过描述")
    put(event, "statusCode", code="active")
    if said.get("AEAWARE"):
        put(event, "effectiveTime/low", value=made.note("C.1.4", "Date Report Was First Received from Source", stamp(said["AEAWARE"])))
    else:
        made.lack("C.1.4", "the day on which the sponsor first knew", "申办者首次获知日期")
    zone = ZoneInfo(made.case.study.time_zone)
    last = max(entry.at for cell in made.case.page.cells.values() for entry in cell).astimezone(zone).date()
    put(event, "availabilityTime", value=made.note("C.1.5", "Date of Most Recent Information for This Report", stamp(last)))
    assess(made, put(event, "component.COMP/adverseEventAssessment"))
    flag(event, "component.COMP/observationEvent", "1", made.note("C.1.6.1", "Are Additional Documents Available?", "false"))
    susar = {True: "true", False: "false", None: ""}[made.case.susar]
    expedited = made.note("C.1.7", "Does This Case Fulfil the Local Criteria for an Expedited Report?", susar, "NI")
    flag(event, "component.COMP/observationEvent", "23", expedited)
    _sources(made, event)
    for number, code, value, system in (("C.1.3", "1", "2", f"{LISTS}2"), ("C.1.9.1", "2", "", "")):
        trait = put(event, "subjectOf2.SUBJ/investigationCharacteristic")
        put(trait, "code", code=code, codeSystem=f"{LISTS}23")
        name = "Type of Report" if value else "Other Case Identifiers in Previous Transmissions"
        made.note(number, name, value, "NI")
        put(trait, "value", xsi_type="CE" if value else "BL", code=value, codeSystem=system, nullFlavor="" if value else "NI")


def _sources(made: Report, event: etree._Element) -> None:
    """Who was first to send the case, who told of it, and who sends it now."""
    first = put(event, "outboundRelationship.SPRT/relatedInvestigation")
    put(first, "code", code="1", codeSystem=f"{LISTS}22")
    person = put(first, "subjectOf2.SUBJ/controlActEvent/author.AUT/assignedEntity")
    put(person, "code", code=made.note("C.1.8.2", "First Sender of This Case", "2"), codeSystem=f"{LISTS}3")
    told = put(event, "outboundRelationship.SPRT")
    put(told, "priorityNumber", value=made.note("C.2.r.5", "Primary Source for Regulatory Purposes", "1"))
    source = put(told, "relatedInvestigation")
    put(source, "code", code="2", codeSystem=f"{LISTS}22")
    reporter = put(source, "subjectOf2.SUBJ/controlActEvent/author.AUT/assignedEntity/assignedPerson")
    qualified = QUALIFICATIONS.get(made.case.said.get("AEREPQ", ""), "")
    if not qualified:
        made.lack("C.2.r.4", "who told of it (qualification)", "报告人身份")
    code = made.note("C.2.r.4", "Qualification", qualified, "UNK")
    put(reporter, "asQualifiedEntity/code", code=code, codeSystem=f"{LISTS}6" if code else "", nullFlavor="" if code else "UNK")
    country = made.note("C.2.r.3", "Reporter's Country Code", made.envelope.country, "UNK")
    if not country:
        made.lack("C.2.r.3", "the country of the site", "研究中心所在国家代码")
    put(reporter, "asLocatedEntity/location/code", code=country, codeSystem=COUNTRIES if country else "", nullFlavor="" if country else "UNK")
    sender = put(event, "subjectOf1.SUBJ/controlActEvent/author.AUT/assignedEntity")
    if not made.envelope.sender_type:
        made.lack("C.3.1", "the type of the sender", "发送者类型")
    kind = made.note("C.3.1", "Sender Type", made.envelope.sender_type)
    put(sender, "code", code=kind, codeSystem=f"{LISTS}7", nullFlavor="" if kind else "NI")
    inner = put(sender, "representedOrganization/assignedEntity/representedOrganization")
    write(inner, "name", made.note("C.3.2", "Sender's Organisation", made.case.study.sponsor))


def faults(xml: bytes, schemas: Path) -> tuple[str, ...]:
    """What the schema of the message says is wrong with it; `schemas` is the folder of the ICH set, which everybody fetches for himself.

    Raises `FileNotFoundError` when the folder does not hold MCCI_IN200100UV01.xsd.
    """
    found = sorted(schemas.rglob("MCCI_IN200100UV01.xsd"))
    if not found:
        raise FileNotFoundError(f"there is no MCCI_IN200100UV01.xsd under {schemas}. Unpack the schema set of ICH E2B(R3) there.")
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    schema = etree.XMLSchema(etree.parse(found[0], parser))
    schema.validate(etree.fromstring(xml, parser))
    return tuple(f"line {one.line}: {one.message}" for one in schema.error_log)
