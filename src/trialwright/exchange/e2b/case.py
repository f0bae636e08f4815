"""The clinical part of a case safety report: patient, study, reaction, tests, drugs, and whether they are related."""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import NAMESPACE_URL, uuid5

from lxml import etree

from trialwright.exchange.e2b.message import (
    COUNTRIES,
    LISTS,
    MEDDRA,
    OBSERVATIONS,
    Report,
    flag,
    identify,
    put,
    stamp,
    write,
)
from trialwright.exchange.serious_events import exposure, findings, latest, other_drugs

OUTCOMES = {"RECOVERED/RESOLVED": "1", "RECOVERING/RESOLVING": "2", "NOT RECOVERED/NOT RESOLVED": "3", "RECOVERED/RESOLVED WITH SEQUELAE": "4",
            "FATAL": "5", "UNKNOWN": "0"}  # fmt: skip
ACTIONS = {"DRUG WITHDRAWN": "1", "DOSE REDUCED": "2", "DOSE INCREASED": "3", "DOSE NOT CHANGED": "4", "UNKNOWN": "0", "NOT APPLICABLE": "9"}
RECHALLENGES = {"RECURRED": "1", "NOT_RECURRED": "2", "GIVEN_UNKNOWN": "3", "NOT_GIVEN": "4"}
SERIOUS = (("AESDTH", "34", "E.i.3.2a"), ("AESLIFE", "21", "E.i.3.2b"), ("AESHOSP", "33", "E.i.3.2c"), ("AESDISAB", "35", "E.i.3.2d"),
           ("AESCONG", "12", "E.i.3.2e"), ("AESMIE", "26", "E.i.3.2f"))  # fmt: skip
SEXES = {"M": "1", "F": "2"}


def assess(made: Report, assessment: etree._Element) -> None:
    """Everything clinical, below the assessment of the event."""
    reaction, drug = (str(uuid5(NAMESPACE_URL, f"{made.case.code}/{what}")) for what in ("reaction", "drug"))
    role = put(assessment, "subject1.SBJ/primaryRole")
    _patient(made, role)
    _reaction(made, put(role, "subjectOf2.SBJ/observation"), reaction)
    _tests(made, role)
    roles = _drugs(made, role, drug, reaction)
    for id, kind in roles:
        cause = put(assessment, "component.COMP/causalityAssessment")
        put(cause, "code", code="20", codeSystem=OBSERVATIONS)
        put(cause, "value", xsi_type="CE", code=made.note("G.k.1", "Characterisation of Drug Role", kind), codeSystem=f"{LISTS}13")
        put(cause, "subject2.SUBJ/productUseReference/id", root=id)
    if made.case.arm and made.case.arm.regimen:
        _relatedness(made, assessment, drug, reaction)


def _patient(made: Report, role: etree._Element) -> None:
    case, person = made.case, put(role, "player1")
    made.note("D.1", "Patient (name or initials)", "", "MSK")
    put(person, "name", nullFlavor="MSK")
    sex = made.note("D.5", "Sex", SEXES.get(latest(case, "DM", "SEX"), ""), "UNK")
    put(person, "administrativeGenderCode", code=sex, codeSystem="1.0.5218" if sex else "", nullFlavor="" if sex else "UNK")
    if case.said.get("AEDTHDAT"):
        put(person, "deceasedTime", value=made.note("D.9.1", "Date of Death", stamp(case.said["AEDTHDAT"])))
    known = put(person, "asIdentifiedEntity")
    identify(known, "10", made.note("D.1.1.4", "Patient Medical Record Number (Investigation Number)", case.subject.id))
    put(known, "code", code="4", codeSystem=f"{LISTS}4")
    _study(made, role)
    age = completed_years(latest(case, "DM", "BRTHDTC"), case.said.get("AESTDTC", ""))
    if not age:
        made.lack("D.2.2a", "the age at onset: date of birth and first day of the event", "发病时年龄（出生日期及事件开始日期）")
    values = (("3", age, "a", "D.2.2a", "Age at Time of Onset (years)"), ("7", latest(case, "VS", "WEIGHT"), "kg", "D.3", "Body Weight (kg)"),
              ("17", _whole(latest(case, "VS", "HEIGHT")), "cm", "D.4", "Height (cm)"))  # fmt: skip
    for code, value, unit, number, name in values:
        if value:
            trait = put(role, "subjectOf2.SBJ/observation")
            put(trait, "code", code=code, codeSystem=OBSERVATIONS)
            put(trait, "value", xsi_type="PQ", value=made.note(number, name, value), unit=unit)


def _whole(number: str) -> str:
    """A number without its decimals: a height has three places in the message."""
    return f"{Decimal(number).to_integral_value(ROUND_HALF_UP):f}" if number else ""


def completed_years(born: str, day: str) -> str:
    """Completed years between two whole days, "" where one is not known.

    >>> completed_years("1974-03-05", "2026-03-04"), completed_years("1974-03-05", "2026-03-05"), completed_years("1974-03-05", "2026")
    ('51', '52', '')
    """
    if len(born) != 10 or len(day) != 10:
        return ""
    first, last = date.fromisoformat(born), date.fromisoformat(day)
    return str(last.year - first.year - ((last.month, last.day) < (first.month, first.day)))


def _study(made: Report, role: etree._Element) -> None:
    study = put(role, "subjectOf1.SBJ/researchStudy")
    identify(study, "5", made.note("C.5.3", "Sponsor Study Number", made.case.study.code))
    put(study, "code", code=made.note("C.5.4", "Study Type", "1"), codeSystem=f"{LISTS}8")
    write(study, "title", made.note("C.5.2", "Study Name", made.case.study.official_title.en))
    registration = put(study, "authorization.AUTH/studyRegistration")
    identify(registration, "6", made.note("C.5.1.r.1", "Study Registration Number", made.case.study.registry))


def language(words: str) -> str:
    """The language of a text by its script, as ISO 639-2: Chinese as soon as it holds a Chinese character.

    >>> language("肺炎"), language("pneumonia")
    ('chi', 'eng')
    """
    return "chi" if re.search(r"[\u3400-\u9fff]", words) else "eng"


def _reaction(made: Report, node: etree._Element, id: str) -> None:
    said, coded = made.case.said, made.case.coded
    put(node, "id", root=id)
    put(node, "code", code="29", codeSystem=OBSERVATIONS)
    if "AESTDTC" in said:
        time = put(node, "effectiveTime", xsi_type="IVL_TS")
        put(time, "low", value=made.note("E.i.4", "Date of Start of Reaction / Event", stamp(said["AESTDTC"])))
        if said.get("AEENDTC"):
            put(time, "high", value=made.note("E.i.5", "Date of End of Reaction / Event", stamp(said["AEENDTC"])))
    by_meddra = coded is not None and coded.dictionary.lower().startswith("meddra")
    code, version = (coded.code, coded.version) if coded is not None and by_meddra else ("", "")
    if not by_meddra:
        made.lack("E.i.2.1b", "the MedDRA code: code the event with your own licensed dictionary", "MedDRA 编码：请使用本单位授权词典编码")
    value = put(node, "value", xsi_type="CE", code=code, codeSystem=MEDDRA, codeSystemVersion=version)
    made.note("E.i.2.1a", "MedDRA Version for Reaction / Event", version)
    made.note("E.i.2.1b", "Reaction / Event (MedDRA code)", code)
    term = made.note("E.i.1.1a", "Reaction / Event as Reported by the Primary Source in Native Language", said.get("AETERM", ""))
    write(value, "originalText", term, language=made.note("E.i.1.1b", "Reaction / Event as Reported (language)", language(term)))
    if made.envelope.country:
        place = put(node, "location.LOC/locatedEntity/locatedPlace")
        country = made.note("E.i.9", "Identification of the Country Where the Reaction / Event Occurred", made.envelope.country)
        put(place, "code", code=country, codeSystem=COUNTRIES)
    for name, observed, number in SERIOUS:
        yes = made.note(number, f"Seriousness: {name}", "true" if said.get(name) == "Y" else "", "NI")
        flag(node, "outboundRelationship2.PERT/observation", observed, yes)
    if not any(said.get(name) == "Y" for name, *_ in SERIOUS):
        made.lack("E.i.3.2", "why it is serious: at least one criterion", "严重性标准（至少一项）")
    ended = put(node, "outboundRelationship2.PERT/observation")
    put(ended, "code", code="27", codeSystem=OBSERVATIONS)
    outcome = made.note("E.i.7", "Outcome of Reaction / Event at the Time of Last Observation", OUTCOMES.get(said.get("AEOUT", ""), "0"))
    put(ended, "value", xsi_type="CE", code=outcome, codeSystem=f"{LISTS}11")


def _tests(made: Report, role: etree._Element) -> None:
    found = findings(made.case)
    if not found:
        return
    group = put(role, "subjectOf2.SBJ/organizer")
    put(group, "code", code="3", codeSystem=f"{LISTS}20")
    for one in found:
        test = put(group, "component.COMP/observation")
        write(test, "code/originalText", made.note("F.r.2.1", "Test Name (free text)", one.item.label.en))
        test[0].set("codeSystem", MEDDRA)
        put(test, "effectiveTime", value=made.note("F.r.1", "Test Date", stamp(one.day)))
        unit = (one.item.unit or "").replace("10^", "10*")  # as UCUM writes powers of ten
        made.note("F.r.3.3", "Test Result (unit)", unit)
        put(put(test, "value", xsi_type="IVL_PQ"), "center", value=made.note("F.r.3.2", "Test Result (value / qualifier)", one.value), unit=unit)


def _drugs(made: Report, role: etree._Element, drug: str, reaction: str) -> list[tuple[str, str]]:
    """The suspect drug and those taken beside it; their ids and roles (1 suspect, 2 concomitant)."""
    case, roles = made.case, []
    group = put(role, "subjectOf2.SBJ/organizer")
    put(group, "code", code="4", codeSystem=f"{LISTS}20")
    if case.arm and case.arm.regimen:
        _suspect(made, put(group, "component.COMP/substanceAdministration"), drug, reaction)
        roles.append((drug, "1"))
    else:
        made.lack("G.k.2.2", "a suspect product: this patient has had none of the study drug", "可疑药品：该受试者未使用试验药物")
    for number, row in enumerate(other_drugs(case), start=1):
        id = str(uuid5(NAMESPACE_URL, f"{case.code}/other/{number}"))
        other = put(group, "component.COMP/substanceAdministration")
        put(other, "id", root=id)
        write(other, "consumable.CSM/instanceOfKind/kindOfProduct/name", made.note("G.k.2.2", "Medicinal Product Name as Reported", row["CMTRT"]))
        dosed = " ".join(row[name] for name in ("CMDOSE", "CMDOSU", "CMDOSFRQ", "CMROUTE") if row.get(name))
        if dosed:
            write(other, "outboundRelationship2.COMP/substanceAdministration/text", made.note("G.k.4.r.8", "Dosage Text", dosed))
        roles.append((id, "2"))
    if not roles:
        group.getparent().getparent().remove(group.getparent())
    return roles


def _suspect(made: Report, node: etree._Element, drug: str, reaction: str) -> None:
    case, had = made.case, exposure(made.case)
    assert case.arm is not None and case.arm.regimen is not None
    put(node, "id", root=drug)
    write(node, "consumable.CSM/instanceOfKind/kindOfProduct/name", made.note("G.k.2.2", "Medicinal Product Name as Reported", case.arm.name.en))
    if had is None:
        made.lack("G.k.4.r", "a dose on or before the first day of the event", "事件开始前的给药记录")
    else:
        dosed = put(node, "outboundRelationship2.COMP/substanceAdministration")
        words = f"{had.doses} doses, {had.total:f} {had.unit} in all until the event"
        write(dosed, "text", made.note("G.k.4.r.8", "Dosage Text", words))
        time = put(dosed, "effectiveTime", xsi_type="IVL_TS")
        put(time, "low", value=made.note("G.k.4.r.4", "Date and Time of Start of Drug", stamp(had.first)))
        put(time, "high", value=made.note("G.k.4.r.5", "Date and Time of Last Administration", stamp(had.last)))
        dose = made.note("G.k.4.r.1a", "Dose (number)", f"{case.arm.regimen.dose:f}")
        put(dosed, "doseQuantity", value=dose, unit=made.note("G.k.4.r.1b", "Dose (unit)", case.arm.regimen.unit))
    again = RECHALLENGES.get(case.said.get("AERECHAL", ""), "")
    if again:
        seen = put(node, "outboundRelationship2.PERT/observation")
        put(seen, "code", code="31", codeSystem=OBSERVATIONS)
        code = made.note("G.k.9.i.4", "Did Reaction Recur on Re-administration?", again)
        put(seen, "value", xsi_type="CE", code=code, codeSystem=f"{LISTS}16")
        put(seen, "outboundRelationship1.REFR/actReference/id", root=reaction)
    action = ACTIONS.get(case.said.get("AEACN", ""), "")
    if action:
        put(node, "inboundRelationship.CAUS/act/code", code=made.note("G.k.8", "Action(s) Taken with Drug", action), codeSystem=f"{LISTS}15")
    else:
        made.lack("G.k.8", "the action taken, in a term that E2B has (an interruption has none: choose)", "采取的措施（E2B 无“暂停用药”选项，请选择）")


def _relatedness(made: Report, assessment: etree._Element, drug: str, reaction: str) -> None:
    result = made.case.told("AEREL", "en")
    if not result:
        made.lack("G.k.9.i.2.r.3", "the judgment whether the drug may have caused it", "与试验药物关系的判断")
        return
    cause = put(assessment, "component.COMP/causalityAssessment")
    put(cause, "code", code="39", codeSystem=OBSERVATIONS)
    write(cause, "value", made.note("G.k.9.i.2.r.3", "Result of Assessment", result), xsi_type="ST")
    write(cause, "methodCode/originalText", made.note("G.k.9.i.2.r.2", "Method of Assessment", "WHO-UMC"))
    write(cause, "author.AUT/assignedEntity/code/originalText", made.note("G.k.9.i.2.r.1", "Source of Assessment", "Investigator"))
    put(cause, "subject1.SUBJ/adverseEffectReference/id", root=reaction)
    put(cause, "subject2.SUBJ/productUseReference/id", root=drug)
