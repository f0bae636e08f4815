"""A reviewers' guide on paper: its parts as plain data, what both guides say alike, and the PDF that is made of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any

from attrs import frozen

from trialwright import __version__
from trialwright.exchange.conformance.examiners import STATES, Verdict, said
from trialwright.protocol import Study, Text, role_names, same
from trialwright.record import Casebook
from trialwright.report.guide_words import in_chinese
from trialwright.report.render.pdf import pdf

TEMPLATE = "guide.typ"
VIRTUAL = Text("REHEARSAL: nobody was treated for these data; people, values and dictionary terms are invented.",
               "预演：本数据无真实受试者；人员、数值与词典术语均为虚构。")  # fmt: skip
PART_OF_A_VIEW = Text("This is the view of a reader from whom the arms are hidden: what he may not see is not in it.",
                      "本数据包为对分组设盲者的视图：其无权查看的内容不在其中。")  # fmt: skip
EXPLAINED: Mapping[str, Text] = {
    "TW-P04": Text("Written in UTF-8 at the sponsor's choice: the text is in the language in which it was recorded.",
                   "申办者选择 UTF-8：文本保留记录时的语言。"),
    "TW-P10": Text("The record holds no value, and none was invented.", "记录中无此值，未作虚构。"),
    "TW-X11": Text("The record holds no value, and none was invented.", "记录中无此值，未作虚构。"),
    "TW-R05": Text("The page is not yet complete in the record.", "该页在记录中尚未完成。"),
}
"""Why a finding may stand. Any other must be mended before the package is handed over, and the guide says so."""
UNEXPLAINED = Text("Not explained: to be mended before submission. {mend}", "未作说明：提交前须更正。{mend}")
Block = dict[str, Any]


@frozen(kw_only=True)
class Section:
    """A heading and what stands under it."""

    title: str
    level: int = 1
    blocks: tuple[Block, ...] = ()


@frozen(kw_only=True)
class Facts:
    """What both guides are made of: the study, one reader's view (`hidden`: without the arms), what the examiners said, the language."""

    study: Study
    book: Casebook
    at: datetime
    verdicts: Sequence[Verdict] = ()
    hidden: bool = False
    virtual: bool = False
    language: str = "en"

    def say(self, en: str, zh: str) -> str:
        return Text(en, zh).in_(self.language)

    def told(self, words: str) -> str:
        """A sentence of the metadata, in Chinese where the guide is."""
        return in_chinese(words, self.study.instruments) if self.language.startswith("zh") else words

    def part(self, en: str, zh: str, *blocks: Block, level: int = 2) -> Section:
        return Section(title=self.say(en, zh), level=level, blocks=tuple(one for one in blocks if one))


def prose(text: str) -> Block:
    return {"kind": "prose", "text": text}


def points(many: Iterable[str]) -> Block:
    """A list; nothing where it is empty."""
    told = list(many)
    return {"kind": "points", "many": told} if told else {}


def grid(head: Sequence[str], widths: Sequence[float], rows: Iterable[Sequence[object]]) -> Block:
    """A table; columns with whole numbers stand at the right. Nothing where it has no row."""
    told = [["" if cell is None else cell for cell in row] for row in rows]
    numbers = [place for place in range(len(head)) if any(isinstance(row[place], int) for row in told)]
    return {"kind": "grid", "head": list(head), "widths": list(widths), "numbers": numbers,
            "rows": [[str(cell) for cell in row] for row in told]} if told else {}  # fmt: skip


def guide_pdf(facts: Facts, title: Text, sections: Iterable[Section]) -> bytes:
    """The guide as PDF/A; the same facts give the same bytes."""
    study, language = facts.study, facts.language
    day = f"{facts.at:%Y-%m-%d}"
    made = facts.say(f"Data as of {day}. Written by Trialwright {__version__} from the study definition, the package and its examination.",
                     f"数据截至 {day}。由 Trialwright {__version__} 根据研究定义、数据包及其检查结果生成。")  # fmt: skip
    data = {
        "title": title.in_(language), "study": f"{study.code}: {study.title.in_(language)}", "made": made, "running": f"{study.code} · {title.in_(language)}",
        "dated": day, "warning": VIRTUAL.in_(language) if facts.virtual else "",
        "sections": [{"title": one.title, "level": one.level, "blocks": list(one.blocks)} for one in sections],
    }  # fmt: skip
    template = (files("trialwright.report.render") / TEMPLATE).read_text(encoding="utf-8")
    return pdf(template, data, f"{study.code}: {title.in_(language)}", language, at=facts.at)


def introduction(facts: Facts, purpose: Text, standards: Iterable[tuple[str, str]]) -> tuple[Section, ...]:
    """Purpose, standards and dictionaries."""
    say = facts.say
    dictionaries = [(one.dictionary, one.version) for one in facts.book.dictionaries.values()]
    names = "数据集、变量、检测与参数的名称以及参考文献按数据集原文（英文）列出。"
    none = prose(say("No dictionary is in use: terms stand in the words in which they were recorded.", "未使用编码词典：术语保留记录原文。"))
    return (
        Section(title=say("Introduction", "引言")),
        facts.part("Purpose", "目的", prose(purpose.in_(facts.language)), prose(PART_OF_A_VIEW.in_(facts.language)) if facts.hidden else {},
                   prose(names) if facts.language.startswith("zh") else {}),
        facts.part("Standards and dictionaries", "标准与词典",
                   grid((say("Standard", "标准"), say("Version", "版本")), (2, 3), (*standards, *dictionaries)), {} if dictionaries else none),
    )  # fmt: skip


def protocol(facts: Facts) -> tuple[Section, ...]:
    """What the trial is, as far as a reviewer of data needs it."""
    study, say, language = facts.study, facts.say, facts.language
    about = (
        (say("Official title", "正式题目"), study.official_title.in_(language)), (say("Registry", "注册"), study.registry),
        (say("Sponsor", "申办者"), study.registered.get("sponsor", same(study.sponsor)).in_(language)),
        (say("Phase", "分期"), study.registered.get("phase", same(study.phase)).in_(language)), (say("Planned subjects", "计划例数"), str(study.planned)),
        (say("Study definition", "研究定义"), f"{study.version}, SHA-256 {study.digest}"),
        (say("Not to know the arm", "不知分组者"), role_names(study.blinded).in_(language)),
    )  # fmt: skip
    arms = grid((say("Code", "代码"), say("Arm", "组别"), say("Treatment", "治疗")), (1, 2, 4),
                ((arm.code, arm.name.in_(language), arm.treatment.in_(language)) for arm in study.arms))  # fmt: skip
    return (
        Section(title=say("Protocol", "方案")),
        facts.part("The trial", "试验", grid((say("What", "项目"), say("As the study definition says", "研究定义所述")), (2, 6), about)),
        facts.part("Design", "设计", arms, prose(_allocation(facts)),
                   prose(say(f"Besides what is registered, the definition rests on {len(study.assumptions)} assumptions; the study report lists them.",
                             f"除注册内容外，研究定义另有 {len(study.assumptions)} 项假定，见研究报告。")) if study.assumptions else {}),
    )  # fmt: skip


def _allocation(facts: Facts) -> str:
    """How people come into their arms under the reading that was chosen, and the bias that it brings."""
    title, follows, bias = (one.in_(facts.language) for one in (facts.study.chosen.title, facts.study.chosen.consequence, facts.study.chosen.bias))
    return facts.say(f"How people come into their arms: {title}. What follows: {follows}. Bias to be kept in mind: {bias}.",
                     f"分组方式：{title}。结果：{follows}。须注意的偏倚：{bias}。")  # fmt: skip


def conformity(facts: Facts) -> tuple[Section, ...]:
    """Who examined the package, what was found, and why what remains may stand."""
    say, language = facts.say, facts.language
    table = grid((say("Examiner", "检查者"), say("Of", "对象"), say("Verdict", "结论"), say("Looked at, or why not", "范围或未运行原因")), (3, 2, 2, 5),
                 ((one.examiner, one.part, STATES[one.state].in_(language), facts.told(one.told)) for one in facts.verdicts))  # fmt: skip
    found = grid((say("Rule", "规则"), say("Where", "位置"), say("Times", "次数"), say("What", "问题"), say("Explanation", "说明")), (2, 2.6, 1, 5, 5),
                 _explained(facts))  # fmt: skip
    none = say("Those who ran found nothing. Who is not in the table, or did not run, has said nothing.", "已运行者均无发现。未列出或未运行者不代表通过。")
    lead = say("The house's own rules (docs/reference/conformance.md of the program) cover terminology, days, keys, references, results, scores, "
               "analysis data sets, and Define-XML against the data. CDISC CORE and the published schemas are asked by “trialwright conform”, "
               "or while the package is written where they are named.",
               "本系统规则（程序文档 docs/reference/conformance.md）涵盖术语、日期、键、引用、结果、评分、分析数据集以及 Define-XML 与数据的一致性。"
               "CDISC CORE 与已发布模式由“trialwright conform”调用，或在生成数据包时指定。")  # fmt: skip
    return (
        Section(title=say("Conformance", "一致性")),
        facts.part("Examiners", "检查者", prose(lead), table),
        facts.part("Findings", "发现", found or prose(none)),
    )


def _explained(facts: Facts) -> list[tuple[object, ...]]:
    kinds: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in (one for verdict in facts.verdicts for one in verdict.findings):
        kinds.setdefault((one["rule"], f"{one['dataset']}.{one['variable']}".rstrip(".")), []).append(one)
    rows: list[tuple[object, ...]] = []
    for (rule, where), found in kinds.items():
        known = EXPLAINED.get(rule)
        why = known.in_(facts.language) if known else UNEXPLAINED.in_(facts.language).format(mend=said(found[0], "mend", facts.language))
        rows.append((rule, where, len(found), said(found[0], "wrong", facts.language), why))
    return rows
