"""Sections 5 and 6 of ICH E3: ethics, consent, and who worked on the study, as far as the record knows; what it does not know it says."""

from trialwright.protocol import Text, same
from trialwright.report.document import Listing, Prose, Section
from trialwright.report.lines import administered
from trialwright.report.source import Source

NOT_RECORDED = Text("not recorded in the ledger; to be added by the sponsor", "台账未记录；须由申办者补充")


def ethics(source: Source) -> tuple[Section, ...]:
    """Section 5 with its three parts."""
    committee = Listing(entries=tuple((name, NOT_RECORDED) for name in (
        Text("Ethics committee", "伦理委员会"), Text("Approved on, and under which number", "批准日期与批件号"),
        Text("Documents approved", "批准的文件"))))  # fmt: skip
    conduct = Text(
        "Whether the study was conducted under the Declaration of Helsinki and good clinical practice is for the sponsor and the investigator to "
        "declare and to sign; "
        "the ledger shows who entered what and when, and what was changed and why (section 9.6).",
        "研究是否遵循《赫尔辛基宣言》与药物临床试验质量管理规范，须由申办者与研究者声明并签署；台账显示何人何时录入何值，以及修改及其原因（见第 9.6 节）。",
    )
    return (
        Section(code="s5", number="5", title=Text("Ethics", "伦理学")),
        Section(code="s5-1", number="5.1", title=Text("Ethics committee", "伦理委员会"), parts=(committee,)),
        Section(code="s5-2", number="5.2", title=Text("Ethical conduct of the study", "研究的伦理实施"), parts=(Prose(text=conduct),)),
        Section(code="s5-3", number="5.3", title=Text("Information and consent of the patients", "受试者知情与同意"), parts=(_consent(source),)),
    )  # fmt: skip


def _consent(source: Source) -> Prose | Listing:
    people = source.casebook.subjects
    given = [one for one in people if one.consented is not None]
    if not given:
        return Prose(text=Text("No consent is on record yet.", "尚无知情同意记录。"))
    days = sorted(one.consented.isoformat() for one in given if one.consented)
    versions = "; ".join(dict.fromkeys(sorted(one.consent_version or "–" for one in given)))
    without = [one.id for one in people if one.consented is None]
    lacking = Text(", ".join(without), "、".join(without)) if without else Text("nobody", "无")
    return Listing(entries=(
        (Text("People screened", "筛选人数"), same(str(len(people)))),
        (Text("Consent on record", "有同意记录者"), same(str(len(given)))),
        (Text("Versions of the form", "同意书版本"), same(versions)),
        (Text("First and last", "首次与末次"), Text(f"{days[0]} to {days[-1]}", f"{days[0]} 至 {days[-1]}")),
        (Text("Screened without consent on record", "无同意记录的筛选者"), lacking),
    ))  # fmt: skip


def structure(source: Source) -> Section:
    """Section 6: sponsor, sites, and where the people stand."""
    study = source.study
    words = Text(
        "The accounts that worked on the record, with their roles, stand in Table 16.1.4. Laboratories, committees and contract organizations "
        "are not recorded.",
        "在记录中工作的账号及其角色见表 16.1.4。实验室、委员会与合同研究组织未记录。",
    )
    return Section(code="s6", number="6", title=Text("Investigators and administrative structure", "研究者与管理结构"), parts=(
        Listing(entries=((Text("Sponsor", "申办者"), study.registered.get("sponsor", same(study.sponsor))),
        (Text("Sites", "研究中心"), administered(study.sites)),
                         (Text("Principal investigator", "主要研究者"), NOT_RECORDED))),
        Prose(text=words),
    ))  # fmt: skip
