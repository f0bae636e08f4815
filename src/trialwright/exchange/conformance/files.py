"""Files as agencies can read them: short names and labels, plain letters, nothing cut, and the labels that the standard gives."""

import re
from collections.abc import Iterator

import polars as pl

from trialwright import adam
from trialwright.exchange.conformance.findings import Dataset, Doubt, Finding, Rule, broken, justified
from trialwright.exchange.conformance.package import Package
from trialwright.exchange.conformance.terms import specified
from trialwright.protocol import Text
from trialwright.sdtm import Domain

NAME = Rule("TW-P01", Text("the name {value} is not at most 8 capital letters and digits", "名称 {value} 不是最多 8 个大写字母与数字"),
            Text("rename it", "请改名"))  # fmt: skip
LONG_LABEL = Rule("TW-P02", Text("the label “{value}” is longer than 40 bytes, or not plain English", "标签“{value}”超过 40 字节或非纯英文"),
                  Text("shorten it", "请缩短"))  # fmt: skip
LONG_TEXT = Rule("TW-P03", Text("the text has {bytes} bytes; a transport file keeps 200", "文本 {bytes} 字节；传输文件最多 200"),
                 Text("shorten it at its source, or continue it in a supplement", "请在源数据中缩短，或续于补充数据集"))  # fmt: skip
LETTERS = Rule("TW-P04", Text("“{value}” holds a character that is not plain English (ASCII)", "“{value}”含非 ASCII 字符"),
               Text("translate or code it; a package in UTF-8 must be agreed with the reader", "请翻译或编码；UTF-8 数据包须与接收方商定"))  # fmt: skip
BLANKS = Rule("TW-P05", Text("“{value}” begins or ends with a blank", "“{value}”首尾有空格"), Text("remove the blank at its source", "请删除空格"))
LABEL = Rule("TW-P06", Text("the label is “{value}”; the standard says “{right}”", "标签为“{value}”；标准为“{right}”"),
             Text("write the label of the standard", "请写标准标签"))  # fmt: skip
SAME = Rule("TW-P07", Text("the label is “{value}”, in {other} it is “{right}”", "标签为“{value}”，{other} 中为“{right}”"),
            Text("let a variable have one label everywhere", "同名变量标签须一致"))  # fmt: skip
STRANGER = Rule("TW-P08", Text("the standard has no variable {value} here", "标准中此处无变量 {value}"),
                Text("move it to the supplement", "请移至补充数据集"))  # fmt: skip
LACKING = Rule("TW-P09", Text("the variable {value} is {core} and not there", "变量 {value}（{core}）缺失"), Text("add the variable", "请补充变量"))
MISSING = Rule("TW-P10", Text("{variable} is required and empty", "{variable} 为必填而为空"), Text("fill it", "请填写"))
ORDER = Rule("TW-P11", Text("{value} stands before {right}; the standard has it the other way", "{value} 位于 {right} 之前，与标准顺序不符"),
             Text("order the variables as the standard does", "请按标准排列变量"))  # fmt: skip
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,7}")


def files(package: Package) -> Iterator[Finding]:
    """Everything about names, labels, letters and lengths."""
    for data in package.all:
        yield from _named(data)
        yield from _lettered(data)
    for data in package.sdtm.values():
        domain = specified(data.name)
        if domain is not None:
            yield from _as_specified(data, domain, whole=True)
    for data in package.adam.values():
        if data.name in adam.SPECS:
            yield from _as_specified(data, adam.SPECS[data.name], whole=False)
    yield from _same_everywhere(package)


def _named(data: Dataset) -> Iterator[Finding]:
    for name in (data.name, *data.columns):
        if not _NAME.fullmatch(name):
            yield Finding(rule=NAME, dataset=data.name, value=name)
    for name, label in (("", data.label), *((one.name, one.label) for one in data.fields)):
        if len(label.encode()) > 40 or not label.isascii() or not label:
            yield Finding(rule=LONG_LABEL, dataset=data.name, variable=name, value=label)


def _lettered(data: Dataset) -> Iterator[Finding]:
    doubts: list[Doubt] = []
    for name in (one.name for one in data.fields if data.text(one.name)):
        text = pl.col(name)
        bytes_ = text.str.len_bytes()
        doubts += [Doubt(rule=LONG_TEXT, variable=name, wrong=bytes_ > 200, details={"bytes": bytes_}),
                   Doubt(rule=LETTERS, variable=name, wrong=text.str.contains(r"[^\x20-\x7e]")),
                   Doubt(rule=BLANKS, variable=name, wrong=text.str.contains(r"^\s|\s$"))]  # fmt: skip
    for doubt in justified(doubts, data.frame):
        yield from doubt.found(data, data.frame)


def _as_specified(data: Dataset, domain: Domain, *, whole: bool) -> Iterator[Finding]:
    """Labels, variables and their order as the standard has them (`whole`: all variables that may stand here are known)."""
    known = {one.name: one for one in domain.variables}
    if data.label != domain.label:
        yield Finding(rule=LABEL, dataset=data.name, value=data.label, details={"right": domain.label})
    for one in data.fields:
        if one.name in known and one.label != known[one.name].label:
            yield Finding(rule=LABEL, dataset=data.name, variable=one.name, value=one.label, details={"right": known[one.name].label})
        if whole and one.name not in known:
            yield Finding(rule=STRANGER, dataset=data.name, value=one.name)
    for name, wanted in known.items():
        if name not in data.columns and (wanted.core == "Req" or (whole and wanted.core == "Exp")):
            yield Finding(rule=LACKING, dataset=data.name, value=name, details={"core": {"Req": "required", "Exp": "expected"}[wanted.core]})
        elif name in data.columns and wanted.core == "Req" and (whole or wanted.role == "Identifier") and data.frame[name].null_count():
            yield from broken(MISSING, data, data.frame.filter(pl.col(name).is_null()), name)
    yield from _in_order(data, [name for name in known if name in data.columns])


def _in_order(data: Dataset, wanted: list[str]) -> Iterator[Finding]:
    stands = [name for name in data.columns if name in wanted]
    for mine, right in zip(stands, wanted, strict=True):
        if mine != right:
            yield Finding(rule=ORDER, dataset=data.name, value=mine, details={"right": right})
            return


def _same_everywhere(package: Package) -> Iterator[Finding]:
    first: dict[str, tuple[str, str]] = {}
    for data in package.adam.values():
        for one in data.fields:
            other, label = first.setdefault(one.name, (data.name, one.label))
            if label != one.label:
                yield Finding(rule=SAME, dataset=data.name, variable=one.name, value=one.label, details={"other": other, "right": label})
