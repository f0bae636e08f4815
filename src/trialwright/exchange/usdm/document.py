"""The definition of a study as USDM 4.0, the digital protocol: design, schedule, criteria, objectives, estimands, from the study and nothing else."""

from pathlib import Path

import orjson

from trialwright import __version__
from trialwright.exchange.odm.document import began
from trialwright.exchange.usdm.design import Design
from trialwright.exchange.usdm.words import Thing, Things, Unsaid, said
from trialwright.protocol import Audience, Study
from trialwright.record import Casebook

ROLES = {
    Audience.EVALUATOR: "Outcomes Assessor", Audience.STATISTICIAN: "Statistician", Audience.INVESTIGATOR: "Principal investigator",
    Audience.PHYSICIAN: "Clinical Trial Physician", Audience.PATIENT: "Study Subject",
}  # fmt: skip
"""The roles for which USDM has a word."""


def usdm(study: Study, since: str = "") -> bytes:
    """The whole definition as JSON; `since` is the day from which it holds, "" while no trial runs under it. The same study gives the same bytes.

    Raises `Unsaid` where the study leaves open what USDM must be told.
    """
    make = Things(study)
    design = Design(make)
    told = {"study": _study(make, design, since), "usdmVersion": "4.0.0", "systemName": "Trialwright", "systemVersion": __version__}
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write_usdm(study: Study, book: Casebook, out: Path) -> list[str]:
    """Writes `out/usdm.json` and gives its name; where the study leaves something open nothing is written, and the line says what."""
    try:
        content = usdm(study, began(book))
    except Unsaid as problem:
        return [f"{out.name}/usdm.json: not written. {problem}"]
    out.mkdir(parents=True, exist_ok=True)
    (out / "usdm.json").write_bytes(content)
    return [f"{out.name}/usdm.json: study definition {study.version}"]


def _study(make: Things, design: Design, since: str) -> Thing:
    study = make.study
    return make.make("Study", study.code, study.title, description=study.official_title.en, versions=[_version(make, design, since)], documentedBy=[])


def _version(make: Things, design: Design, since: str) -> Thing:
    study = make.study
    sponsor = make.make("Organization", "SPONSOR", study.sponsor, type=make.term("Sponsor"), identifierScheme="name", identifier=study.sponsor, managedSites=[])
    organizations, identifiers = [sponsor], [make.make("StudyIdentifier", text=study.code, scopeId=sponsor["id"])]
    if study.registry.startswith("NCT"):
        registry = make.make("Organization", "CLINICALTRIALS.GOV", "ClinicalTrials.gov", type=make.term("Clinical Study Registry"), identifierScheme="name",
                             identifier="ClinicalTrials.gov", managedSites=[])  # fmt: skip
        organizations.append(registry)
        identifiers.append(make.make("StudyIdentifier", text=study.registry, scopeId=registry["id"]))
    made = design.made()
    version = make.make(
        "StudyVersion", versionIdentifier=study.version, rationale=f"Study definition {study.version}, SHA-256 {study.digest}", documentVersionIds=[],
        dateValues=_dates(make, since), amendments=[], businessTherapeuticAreas=[], studyIdentifiers=identifiers, referenceIdentifiers=[], studyDesigns=[made],
        titles=[make.make("StudyTitle", text=study.official_title.en, type=make.term("Official Study Title")),
                make.make("StudyTitle", text=study.title.en, type=make.term("Brief Study Title"))],
        eligibilityCriterionItems=design.texts, narrativeContentItems=[], abbreviations=[], organizations=organizations,
        studyInterventions=design.interventions, administrableProducts=[], medicalDevices=[], productOrganizationRoles=[],
        biomedicalConcepts=design.schedule.concepts, bcCategories=[], bcSurrogates=design.schedule.surrogates, dictionaries=[], conditions=[],
    )  # fmt: skip
    version["roles"] = [make.make("StudyRole", "Sponsor", code=make.term("Sponsor"), appliesToIds=[version["id"]], assignedPersons=[],
                                  organizationIds=[sponsor["id"]]), *_roles(make, made)]  # fmt: skip
    return version


def _dates(make: Things, since: str) -> list[Thing]:
    """Since when this version holds, at every site alike."""
    if not since:
        return []
    everywhere = make.make("GeographicScope", type=make.term("Global"))
    return [make.make("GovernanceDate", "EFFECTIVE", "In force since", type=make.term("Effective Date"), dateValue=since, geographicScopes=[everywhere])]


def _roles(make: Things, design: Thing) -> list[Thing]:
    """Who works in the study, and who of them is blind."""
    study, found = make.study, []
    for role, name in ROLES.items():
        if role in study.roles:
            masked = role in study.blinded and said(study, "TBLIND") != "OPEN LABEL"
            masking = make.make("Masking", text="Does not learn the arm of a subject before the arms are opened", isMasked=True) if masked else None
            found.append(make.make("StudyRole", name, code=make.term(name), appliesToIds=[design["id"]], assignedPersons=[], organizationIds=[],
                                   masking=masking))  # fmt: skip
    return found
