"""Section 16.1 of ICH E3 as far as it can be made from the record: people, signatures, allocation, methods, programs, and the reporting checklist."""

import platform
from importlib.metadata import version

import trialwright
from trialwright.protocol import Method, Text, same
from trialwright.report.checklists import CONSORT, TREND
from trialwright.report.document import Listing, Prose, Section
from trialwright.report.source import Source
from trialwright.report.tables import assumptions, checklist, people

PROGRAMS = ("numpy", "scipy", "polars", "typst", "rtflite")
"""Packages that compute or print something of the report."""


def appendices(source: Source) -> tuple[Section, ...]:
    """Section 16.1 with its parts; E3's numbers where they exist."""
    study = source.study
    randomized = study.chosen.method is Method.RANDOMIZED
    kind, items = ("CONSORT 2025", CONSORT) if randomized else ("TREND (2004)", TREND)
    definition = Text("The study definition is kept with the trial; its digest stands on the first page. Assumptions that the registration leaves open:",
                      "研究定义随试验保存，其摘要见首页。注册信息未说明而作的假定：")  # fmt: skip
    unchecked = Text(f"Numbers and items of {kind} are from memory and were not checked against the published list: unverified.",
                     f"{kind} 的编号与条目凭记忆列出，未与发表的清单核对：未核实。")  # fmt: skip
    parts = (
        ("16.1.1", Text("Protocol and assumptions", "方案与假定"),
         (Prose(text=definition), assumptions.table(study, number="16.1.1", title=Text("Assumptions to be confirmed by the "
                                                                                       "investigator", "待研究者确认的假定")))),
        ("16.1.4", Text("People in the record", "记录中的人员"), (people.table(source, number="16.1.4", title=Text("Accounts and roles", "账号与角色")),)),
        ("16.1.5", Text("Signatures", "签名"), (people.signatures(source, number="16.1.5", title=Text("Signatures in the record", "记录中的签名")),)),
        ("16.1.7", Text("Allocation", "分组"), (Prose(text=_allocation(source)),)),
        ("16.1.9", Text("Statistical methods and programs", "统计方法与程序"), (_methods(source), _programs())),
        ("16.1.13", Text("Reporting checklist", "报告清单"),
         (Prose(text=unchecked, warning=True), checklist.table(items, number="16.1.13", title=Text(f"Where {kind} is answered", f"{kind} 条目所在位置")))),
    )  # fmt: skip
    head = Section(code="s16-1", number="16.1", title=Text("Study information", "研究信息"))
    named = (Section(code=f"s{number.replace('.', '-')}", number=number, title=title, parts=told) for number, title, told in parts)
    return (head, *named)


def _allocation(source: Source) -> Text:
    if source.study.chosen.method is not Method.RANDOMIZED:
        return Text(
            "There is no randomization scheme: the arms were not formed at random.", "无随机化方案：本试验未随机分组。"
        )
    return Text(
        "The list was sealed before the first patient; its commitment stands in the ledger and is opened with the arms.",
        "随机序列于首例前封存，其承诺值见台账，揭盲时公开。",
    )


def _methods(source: Source) -> Listing:
    return Listing(entries=tuple((one.title, one.words) for one in source.study.methods))


def _programs() -> Listing:
    told = "; ".join([f"Trialwright {trialwright.__version__}", *(f"{name} {version(name)}" for name in PROGRAMS)])
    where = "docs/explanation, tests/golden"
    return Listing(entries=(
        (Text("Programs", "程序"), same(f"Python {platform.python_version()}; {told}")),
        (Text("Formulas, sources and witnesses of each method", "各方法的公式、来源与佐证"), Text(f"{where} of the program's source", f"程序源码 {where}")),
    ))  # fmt: skip
