"""The record of a study for ClinicalTrials.gov (PRS upload): what the study says, marked where it is assumed, and a list of what a person must add."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from attrs import frozen
from lxml import etree
from lxml.builder import E, ElementMaker

from trialwright.protocol import AtLeast, Audience, Endpoint, Every, Method, Rule, Study, Text, role_names
from trialwright.record import Casebook

PRS = "http://clinicaltrials.gov/prs"
P = ElementMaker(namespace=PRS, nsmap={"prs": PRS})
PHASES = {"0": "Early Phase 1", "1": "Phase 1", "1/2": "Phase 1/Phase 2", "2": "Phase 2", "2/3": "Phase 2/Phase 3", "3": "Phase 3", "4": "Phase 4"}
PURPOSES = ("TREATMENT", "PREVENTION", "DIAGNOSTIC", "BASIC SCIENCE", "SUPPORTIVE CARE", "SCREENING", "HEALTH SERVICES RESEARCH", "DEVICE FEASIBILITY")
MODELS = {"PARALLEL": "Parallel Assignment", "CROSS-OVER": "Crossover Assignment", "FACTORIAL": "Factorial Assignment",
          "SINGLE GROUP": "Single Group Assignment", "SEQUENTIAL": "Sequential Assignment"}  # fmt: skip
CONTROLS = {"ACTIVE": "Active Comparator", "PLACEBO": "Placebo Comparator", "SHAM": "Sham Comparator", "NONE": "No Intervention"}
KINDS = {"BIOLOGIC": "Biological/Vaccine", "VACCINE": "Biological/Vaccine", "DRUG": "Drug", "DEVICE": "Device", "PROCEDURE": "Procedure/Surgery",
         "RADIATION": "Radiation", "BEHAVIORAL THERAPY": "Behavioral", "DIETARY SUPPLEMENT": "Dietary Supplement", "GENETIC": "Genetic"}  # fmt: skip
SEXES = {"BOTH": "All", "F": "Female", "M": "Male"}
MASKED = (("masked_subject", Audience.PATIENT), ("masked_caregiver", Audience.PHYSICIAN), ("masked_investigator", Audience.INVESTIGATOR),
          ("masked_assessor", Audience.EVALUATOR))  # fmt: skip


@frozen
class Missing:
    """Something that the record needs and the study does not say: where it goes, and what it is."""

    place: str
    what: Text


ALWAYS = (
    Missing("id_info/org_name", Text("the name under which your organization logs in to PRS", "贵机构登录 PRS 的简称")),
    Missing("sponsors/resp_party", Text("the responsible party: sponsor, or investigator with user name, title and affiliation",
                                        "责任方：申办方，或研究者的用户名、职务与单位")),
    Missing("overall_official", Text("study officials with role and affiliation", "研究负责人、角色与单位")),
    Missing("overall_contact", Text("central contact: name, phone, e-mail (while the study recruits)", "中心联系人：姓名、电话、邮箱（招募期间）")),
    Missing("location", Text("each site with name, city, country, status and contact", "各研究中心的名称、城市、国家、状态与联系人")),
    Missing("oversight_info/irb_info", Text("ethics committee: approval, number, name, contact", "伦理委员会：批准状态、编号、名称、联系方式")),
    Missing("oversight_info", Text("data monitoring committee; whether a drug or device regulated by the US FDA is studied",
                                    "数据监查委员会；是否涉及美国 FDA 监管的药物或器械")),
    Missing("is_ind_study", Text("whether the study runs under a US IND or IDE", "是否在美国 IND/IDE 下进行")),
    Missing("overall_status, verification_date", Text("status of recruitment, and the month in which you checked the record", "招募状态，以及核对记录的年月")),
    Missing("keyword, link, reference, ipd_sharing_statement", Text("key words, references and the plan for sharing data, if you wish",
                                                                     "关键词、参考文献与数据共享计划（如需）")),
)  # fmt: skip
"""What no study file says. Nothing of it is invented."""


def protocol_record(study: Study, book: Casebook) -> tuple[bytes, tuple[Missing, ...]]:
    """The record as XML, and what is missing in it. Dates and numbers that `book` tells are given as actual once the data are locked."""
    record = _Record(study, book)
    tree = P.study_collection(record.made())
    return document(tree), (*ALWAYS, *record.missing)


def document(tree: Any) -> bytes:
    """An upload as it is written to a file."""
    return bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def id_info(study: Study) -> Any:
    """By which name the record is found: the short name of the organization is left for a person."""
    own = "" if study.code == study.registry else study.code
    return E.id_info(E.org_name(), E.org_study_id(own))


def block(tag: str, words: str) -> Any:
    """An element with a block of text."""
    return E(tag, E.textblock(words))


def time_frame(study: Study, endpoint: Endpoint) -> str:
    """From when to when an endpoint is measured."""
    if endpoint.at is None:
        return f"From the start to {max(study.visits, key=lambda visit: visit.day).name.en.lower()}"
    at = study.visit(endpoint.at).name.en
    return f"{study.visit(endpoint.baseline).name.en} and {at.lower()}" if endpoint.baseline else at


class _Record:
    """One record in the making; what is missing is noted on the way."""

    def __init__(self, study: Study, book: Casebook) -> None:
        self.study, self.book = study, book
        self.said = {one.name: one.value for one in study.summary if one.value}
        self.missing: list[Missing] = [] if study.code != study.registry else [
            Missing("id_info/org_study_id", Text("the unique protocol number of your organization", "贵机构的唯一方案编号"))]  # fmt: skip

    def made(self) -> Any:
        study = self.study
        record = E.clinical_study(
            id_info(study), E.brief_title(study.registered["brief title"].en if "brief title" in study.registered else study.title.en),
            E.official_title(study.official_title.en), E.sponsors(E.lead_sponsor(E.agency(study.sponsor))), block("brief_summary", self._summary()),
            block("detailed_description", self._description()),
        )  # fmt: skip
        record.extend([*self._dates(), E.study_design(E.study_type("Interventional"), self._design()), *self._outcomes(), *self._enrollment(),
                       *self._conditions(), *(self._arm(arm.code) for arm in study.arms), *self._interventions(), self._eligibility()])  # fmt: skip
        return record

    def _or_missing(self, value: str, place: str, en: str, zh: str) -> str:
        if not value:
            self.missing.append(Missing(place, Text(en, zh)))
        return value

    def _summary(self) -> str:
        design = self.study.registered.get("design")
        told = (self.said.get("OBJPRIM") or self.study.title.en, f"Design: {design.en}" if design else "", f"Groups: {self.study.chosen.title.en}")
        return "\n\n".join(f"{one}." for one in told if one)

    def _description(self) -> str:
        """What is registered and what is assumed, each under its own heading."""
        study = self.study
        registered = [f"- {name}: {words.en}" for name, words in study.registered.items()]
        assumed = [f"- {one.code}. {one.about.en}: {one.assumed.en}" for one in study.assumptions]
        parts = (("As registered:", registered), ("ASSUMED by the study file and not in the registration; confirm or replace before release:", assumed))
        return "\n\n".join("\n".join((heading, *lines)) for heading, lines in parts if lines) or study.official_title.en

    def _dates(self) -> Iterator[Any]:
        """The first enrollment, and after the lock the last days of follow-up and of the primary outcome."""
        begun = [subject.index_date for subject in self.book.subjects if subject.index_date]
        ended = [subject.ended or getattr(subject.withdrew and subject.withdrew.event, "on", None) for subject in self.book.subjects]
        closed = self.book.locked is not None
        yield from self._date("start_date", min(begun, default=None), "first enrollment", "首例入组")
        last = max((day for day in ended if day), default=None) if closed else None
        yield from self._date("last_follow_up_date", last, "last follow-up of the last patient", "末例末次随访")
        primary = max(self._assessed(), default=None) if closed else None
        yield from self._date("primary_compl_date", primary, "last measurement of the primary outcome", "主要结局末次测量")

    def _date(self, name: str, day: date | None, en: str, zh: str) -> Iterator[Any]:
        if day is None:
            self.missing.append(Missing(name, Text(f"month of the {en}, anticipated or actual", f"{zh}年月（预计或实际）")))
            return
        yield E(name, f"{day:%Y-%m}")
        yield E(f"{name}_type", "Actual")

    def _assessed(self) -> Iterator[date]:
        """The days on which the primary outcome was measured at its visit."""
        for endpoint in self.study.endpoints:
            item = self.study.form(endpoint.form).day
            if endpoint.primary and endpoint.at and item is not None:
                pages = (subject.page(endpoint.at, endpoint.form) for subject in self.book.subjects)
                yield from (date.fromisoformat(page.answers[item.code]) for page in pages if item.code in page.answers)

    def _design(self) -> Any:
        study, roles = self.study, self.study.roles
        number = study.phase.upper().removeprefix("PHASE").strip()
        purpose = self.said.get("TINDTP", "").capitalize() if self.said.get("TINDTP") in PURPOSES else ""
        masked = [(name, role in study.blinded) for name, role in MASKED if role in roles]
        self.missing += [Missing(f"interventional_design/{name}", Text("whether this person is masked", "该人员是否设盲"))
                         for name, role in MASKED if role not in roles]  # fmt: skip
        nobody = [] if any(blind for _, blind in masked) or len(masked) < len(MASKED) else [E.no_masking("yes")]
        return E.interventional_design(
            E.interventional_subtype(self._or_missing(purpose, "interventional_design/interventional_subtype", "primary purpose", "主要目的")),
            E.phase(self._or_missing(PHASES.get(number, ""), "interventional_design/phase", "phase, or N/A", "分期，或 N/A")),
            E.assignment(self._or_missing(MODELS.get(self.said.get("INTMODEL", ""), ""), "interventional_design/assignment", "intervention model", "干预模式")),
            E.allocation(self._allocation()), *nobody, *(E(name, "yes" if blind else "no") for name, blind in masked),
            *self._masking(), E.number_of_arms(str(len(study.arms))),
        )  # fmt: skip

    def _masking(self) -> Iterator[Any]:
        if self.study.blinded:
            yield block("masking_description", f"Blinded until the data are locked: {role_names(self.study.blinded).en}.")

    def _allocation(self) -> str:
        """Randomized only where the chosen reading of the protocol says so."""
        if len(self.study.readings) > 1:
            told = self.study.chosen
            self.missing.append(Missing("interventional_design/allocation", Text(
                f"the registration leaves it open; this record was made under reading {told.code} ({told.title.en}): confirm it",
                f"注册信息未说明；本记录按解读 {told.code}（{told.title.zh}）生成，请确认")))  # fmt: skip
        if len(self.study.arms) < 2:
            return "N/A"
        return "Randomized" if self.study.chosen.method is Method.RANDOMIZED else "Non-randomized"

    def _outcomes(self) -> Iterator[Any]:
        estimands = {one.code: one for one in self.study.estimands}
        for tag, primary in (("primary_outcome", True), ("secondary_outcome", False)):
            for one in (one for one in self.study.endpoints if one.primary is primary):
                estimand = estimands.get(one.estimand or "")
                words = f"{estimand.variable.en}. Summary: {estimand.summary.en}." if estimand and one.primary else ""
                made = E(tag, E.outcome_measure(one.title.en), E.outcome_time_frame(time_frame(self.study, one)))
                made.extend([block("outcome_description", words)] if words else [])
                if one.at is None:
                    self.missing.append(Missing(f"{tag} “{one.title.en}”", Text("the study names no visit for it: check the time frame",
                                                                                "研究未指定访视，请核对时间范围")))  # fmt: skip
                yield made
        for name in ("primary outcome", "secondary outcomes"):
            if name in self.study.registered:
                told = self.study.registered[name]
                self.missing.append(Missing(name.replace(" ", "_").rstrip("s"), Text(f"the registration reads “{told.en}”: make the outcomes agree with it",
                                                                                    f"注册内容为“{told.zh}”：请使结局与之一致")))  # fmt: skip

    def _enrollment(self) -> Iterator[Any]:
        enrolled = sum(subject.index_date is not None for subject in self.book.subjects)
        closed = self.book.locked is not None
        yield E.enrollment(str(enrolled if closed else self.study.planned))
        yield E.enrollment_type("Actual" if closed else "Anticipated")

    def _conditions(self) -> Iterator[Any]:
        words = self._or_missing(self.said.get("INDIC", ""), "condition", "the disease that is studied", "所研究的疾病")
        if words:
            yield E.condition(words)

    def _arm(self, code: str) -> Any:
        arm = self.study.arm(code)
        kind = CONTROLS.get(self.said.get("TCNTRL", ""), "") if arm.control else "Experimental"
        told = self._or_missing(kind, f"arm_group “{arm.name.en}”/arm_type", "which sort of comparator it is", "对照类型")
        return E.arm_group(E.arm_group_label(arm.name.en), *([E.arm_type(told)] if told else []), block("arm_group_description", arm.treatment.en))

    def _interventions(self) -> Iterator[Any]:
        """One for each arm; where treatment is added on, that of the control arm belongs to all."""
        names, added = [arm.name.en for arm in self.study.arms], self.said.get("ADDON") == "Y"
        for arm in self.study.arms:
            kind = KINDS.get(self.said.get("INTTYPE", ""), "") if not arm.control else ""
            told = self._or_missing(kind, f"intervention “{arm.name.en}”/intervention_type", "what sort of intervention it is", "干预类型")
            labels = names if arm.control and added else [arm.name.en]
            yield E.intervention(*([E.intervention_type(told)] if told else []), E.intervention_name(arm.name.en),
                                 block("intervention_description", arm.treatment.en), *(E.arm_group_label(label) for label in labels))  # fmt: skip

    def _eligibility(self) -> Any:
        study = self.study
        parts = []
        for heading, inclusion in (("Inclusion Criteria:", True), ("Exclusion Criteria:", False)):
            lines = [f"- {one.text.en}" for one in study.criteria if one.inclusion is inclusion]
            parts += ["\n".join((heading, "", *lines))] if lines else []
        words = self._or_missing("\n\n".join(parts), "eligibility/criteria", "inclusion and exclusion criteria", "入选与排除标准")
        if words and all(one.inclusion for one in study.criteria):
            self.missing.append(Missing("eligibility/criteria", Text("exclusion criteria: the study names none", "排除标准：研究未列出")))
        oldest = "N/A" if study.criteria else self._or_missing("", "eligibility/maximum_age", "oldest age, or N/A", "最大年龄，或 N/A")
        volunteers = {"N": "no", "Y": "yes"}.get(self.said.get("HLTSUBJI", ""))
        return E.eligibility(
            block("criteria", words), *([E.healthy_volunteers(volunteers)] if volunteers else []),
            E.gender(self._or_missing(SEXES.get(self.said.get("SEXPOP", ""), ""), "eligibility/gender", "sex of those who may join", "可入组者性别")),
            E.minimum_age(self._or_missing(self._youngest(), "eligibility/minimum_age", "youngest age, or N/A", "最小年龄，或 N/A")), E.maximum_age(oldest),
        )  # fmt: skip

    def _youngest(self) -> str:
        limits = [rule.limit for one in self.study.criteria if one.inclusion for rule in _all_of(one.rule) if isinstance(rule, AtLeast) and rule.fact == "age"]
        return f"{max(limits):f} Years" if limits else ""


def _all_of(rule: Rule) -> Iterable[Rule]:
    """The rules that must all be met for this one to be."""
    return [part for one in rule.rules for part in _all_of(one)] if isinstance(rule, Every) else [rule]


def to_fill_in(missing: Iterable[Missing], about: str) -> str:
    """What is missing, as a list for a person."""
    lines = [f"[ ] {one.place}\n      {one.what.en}\n      {one.what.zh}" for one in missing]
    return "\n".join((f"{about}: to be filled in by a person before it is sent. Nothing of this was invented.",
                      "以下内容须由人工填写后方可提交，程序未作任何编造。", "", *lines, ""))  # fmt: skip
