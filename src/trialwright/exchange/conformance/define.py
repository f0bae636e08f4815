"""Define-XML against the data: what is said of a data set, a variable, a value or a code is true of what stands in the file."""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce

import polars as pl

from trialwright.exchange.code_lists import PAIRS, written
from trialwright.exchange.conformance.define_reading import Condition, Defined, Described, List
from trialwright.exchange.conformance.findings import Dataset, Doubt, Finding, Rule, broken, justified
from trialwright.exchange.conformance.package import Package
from trialwright.protocol import Text
from trialwright.sdtm import CT, controlled

NOT_SAID = Rule("TW-X02", Text("define.xml does not describe the data set", "define.xml 未描述该数据集"),
                Text("describe it, or leave it out", "请描述或删除"))  # fmt: skip
NOT_THERE = Rule("TW-X03", Text("define.xml describes {value}, and there is no such file", "define.xml 描述了 {value}，但文件不存在"),
                 Text("write the file, or leave the description out", "请生成文件或删除描述"))  # fmt: skip
VARIABLES = Rule("TW-X04", Text("{value} stands in {where} alone", "{value} 仅见于 {where}"),
                 Text("let define.xml and the file have the same variables", "define.xml 与文件变量须一致"))  # fmt: skip
WORDED = Rule("TW-X05", Text("the label is “{value}”, in define.xml “{right}”", "标签为“{value}”，define.xml 为“{right}”"),
              Text("let both say the same", "两处须一致"))  # fmt: skip
TOO_LONG = Rule("TW-X06", Text("“{value}” is longer than the {length} that define.xml says", "“{value}”超过 define.xml 所述长度 {length}"),
                Text("correct Length in define.xml", "请更正 define.xml 的 Length"))  # fmt: skip
WIDTH = Rule("TW-X07", Text("the file gives {value} bytes to the variable, define.xml says {right}",
                            "文件给变量 {value} 字节，define.xml 为 {right}"),
             Text("let Length be the width in the file", "Length 须为文件中的宽度"))  # fmt: skip
KIND = Rule("TW-X08", Text("“{value}” is no {kind}, as define.xml says", "“{value}”不是 define.xml 所述的 {kind}"),
            Text("correct the value, or DataType in define.xml", "请更正数值或 DataType"))  # fmt: skip
CODED = Rule("TW-X09", Text("“{value}” is not in the code list {list} of define.xml", "“{value}”不在 define.xml 的代码表 {list} 中"),
             Text("correct the value, or add it to the list", "请更正数值或补入代码表"))  # fmt: skip
DECODED = Rule("TW-X10", Text("“{value}” means “{right}” in define.xml, and “{name}” in the record",
                              "“{value}”在 define.xml 中为“{right}”，记录中为“{name}”"),
               Text("let both say the same", "两处须一致"))  # fmt: skip
MANDATORY = Rule("TW-X11", Text("{variable} is mandatory in define.xml, and empty here", "{variable} 在 define.xml 中必填，而此处为空"),
                 Text("fill it", "请填写"))  # fmt: skip
UNCOVERED = Rule("TW-X12", Text("“{value}” is described by {many} of the conditions of its value list", "“{value}”符合值列表中 {many} 个条件"),
                 Text("let the conditions part the records: one for each", "条件须使每条记录恰有一项描述"))  # fmt: skip
CONCEPT = Rule("TW-X13", Text("{list}: “{value}” bears the code {code}; CDISC CT {version} says {right}",
                              "{list}：“{value}”的代码为 {code}；CDISC CT {version} 为 {right}"),
               Text("write the code of the terminology", "请写术语代码"))  # fmt: skip
EXTENDED = Rule("TW-X14", Text("{list}: “{value}” is marked as the sponsor's and is not, or is and may not be, or lacks the mark",
                               "{list}：“{value}”的申办方标注有误"),
                Text("mark the terms of the sponsor with def:ExtendedValue, in lists that may be extended, and no others",
                     "仅在可扩展代码表中以 def:ExtendedValue 标注申办方术语"))  # fmt: skip
ASTRAY = Rule("TW-X15", Text("{value} is named, and defined nowhere", "引用了 {value}，但无定义"),
              Text("define it, or remove the reference", "请补充定义或删除引用"))  # fmt: skip
DOCUMENT = Rule("TW-X16", Text("define.xml names the document {value}, and it is not there", "define.xml 引用文档 {value}，但不存在"),
                Text("add the document", "请补充文档"))  # fmt: skip
TERMINOLOGY = Rule("TW-X17", Text("define.xml names {name} {value}; the package was written from {right}",
                                  "define.xml 使用 {name} {value}；数据包使用 {right}"),
                   Text("name one version of the terminology everywhere", "术语版本须一致"))  # fmt: skip
_KINDS: Mapping[str, str] = {
    "integer": r"^-?\d+$",
    "float": r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$",
    "date": r"^\d{4}-\d\d-\d\d$",
    "datetime": r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$",
    "partialDate": r"^\d{4}(-\d\d(-\d\d)?)?$",
    "incompleteDatetime": r"^[\d-]{4,}(T[\d:.-]+)?.*$",
}


def described(package: Package) -> Iterator[Finding]:
    """Everything that define.xml says, held against the files."""
    for standard, datasets in (("sdtm", package.sdtm), ("adam", package.adam)):
        said = package.defined.get(standard)
        if said is not None:
            yield from _whole(package, standard, said)
            for data in datasets.values():
                yield from _variables(data) if data.said else iter([Finding(rule=NOT_SAID, dataset=data.name)])


def _whole(package: Package, standard: str, said: Defined) -> Iterator[Finding]:
    datasets = package.sdtm if standard == "sdtm" else package.adam
    place = package.place / standard if (package.place / standard).is_dir() else package.place
    for name in said.groups:
        if name not in datasets:
            yield Finding(rule=NOT_THERE, dataset=name, value=name)
    for oid in said.astray:
        yield Finding(rule=ASTRAY, dataset="define.xml", value=oid)
    for file in said.files:
        if not (place / file).is_file():
            yield Finding(rule=DOCUMENT, dataset="define.xml", value=file)
    for name, version in said.standards.values():
        if name == "CDISC/NCI SDTM" and version != CT:
            yield Finding(rule=TERMINOLOGY, dataset="define.xml", value=version, details={"name": name, "right": CT})
    for one in said.lists:
        yield from _as_published(one)


def _as_published(one: List) -> Iterator[Finding]:
    """A code list of the terminology: each term with its own concept, and what is no term marked where that is allowed."""
    try:
        listed = controlled(one.concept)
    except LookupError:
        return
    for value, said in one.values.items():
        right = listed.terms.get(value, "")
        if said.concept and right and said.concept != right:
            yield Finding(rule=CONCEPT, dataset="define.xml", value=value, details={"list": one.name, "code": said.concept, "right": right, "version": CT})
        if bool(right or said.concept) == said.extended or (said.extended and not listed.extensible):
            yield Finding(rule=EXTENDED, dataset="define.xml", value=value, details={"list": one.name})


def _variables(data: Dataset) -> Iterator[Finding]:
    said = data.said
    assert said is not None
    names = [one.name for one in said.columns]
    for name in dict.fromkeys((*data.columns, *names)):
        if name not in data.columns or name not in names:
            yield Finding(rule=VARIABLES, dataset=data.name, value=name, details={"where": "define.xml" if name in names else data.file})
    if data.label != said.label:
        yield Finding(rule=WORDED, dataset=data.name, value=data.label, details={"right": said.label})
    widths = {one.name: one for one in data.fields}
    judged = [one for one in said.columns if one.name in widths]
    doubts = justified([doubt for one in judged for doubt in (*_doubts(data.frame, one), *_decoded(data, one))], data.frame)
    for one in judged:
        field = widths[one.name]
        if field.label != one.label:
            yield Finding(rule=WORDED, dataset=data.name, variable=one.name, value=field.label, details={"right": one.label})
        if not field.number and field.length and one.length and field.length != one.length:
            yield Finding(rule=WIDTH, dataset=data.name, variable=one.name, value=str(field.length), details={"right": str(one.length)})
        yield from (finding for doubt in doubts if doubt.variable == one.name for finding in doubt.found(data, data.frame))
        yield from _value_level(data, one)


def _doubts(rows: pl.DataFrame, said: Described) -> Iterator[Doubt]:
    """How records may break one description that is about them."""
    name = said.name
    if said.mandatory and not said.where:
        yield Doubt(rule=MANDATORY, variable=name, wrong=pl.col(name).is_null())
    if rows[name].dtype == pl.Date:
        return
    text = written(rows, name)
    if said.kind in _KINDS:
        yield Doubt(rule=KIND, variable=name, wrong=~text.str.contains(_KINDS[said.kind]), details={"kind": said.kind})
    if said.length is not None and said.kind in ("text", "integer", "float"):
        size = text.str.len_bytes() if said.kind == "text" else text.str.len_chars()
        yield Doubt(rule=TOO_LONG, variable=name, wrong=size > said.length, details={"length": str(said.length)})
    if said.codes is not None and not said.codes.dictionary:
        yield Doubt(rule=CODED, variable=name, wrong=~text.is_in(list(said.codes.values)), details={"list": said.codes.name})


def _decoded(data: Dataset, said: Described) -> Iterator[Doubt]:
    """A code whose meaning stands beside it: as the code list says."""
    beside = next((said.name.removesuffix(code) + text for code, text in PAIRS.items() if said.name.endswith(code)), None)
    decodes = {value: one.decode for value, one in said.codes.values.items() if one.decode} if said.codes else {}
    if beside is not None and decodes and data.has(beside):
        right = written(data.frame, said.name).replace_strict(decodes, default=None, return_dtype=pl.String)
        yield Doubt(rule=DECODED, variable=said.name, wrong=right != pl.col(beside), details={"right": right, "name": pl.col(beside)})


def _value_level(data: Dataset, said: Described) -> Iterator[Finding]:
    """Each value falls under one condition, and is what is said under it. Conditions are judged once for each combination that occurs."""
    if not said.values:
        return
    told = data.frame.filter(pl.col(said.name).is_not_null())
    asked = sorted({condition.variable for one in said.values for condition in one.where if data.has(condition.variable)})
    kinds = told.select(asked).unique(maintain_order=True)
    fits = kinds.select(_holds(kinds, one.where).alias(str(place)) for place, one in enumerate(said.values))
    counts = fits.select(pl.sum_horizontal(pl.all().cast(pl.Int32))).to_series() if kinds.height else pl.Series([], dtype=pl.Int32)
    first = [next((place for place, held in enumerate(row) if held), -1) for row in fits.iter_rows()]
    placed = told.join(kinds.with_columns(_MANY=counts, _PLACE=pl.Series(first, dtype=pl.Int32)), on=asked, how="left", nulls_equal=True)
    yield from broken(UNCOVERED, data, placed.filter(pl.col("_MANY") != 1), said.name, many=pl.col("_MANY"))
    for (place,), rows in placed.filter(pl.col("_MANY") == 1).group_by("_PLACE", maintain_order=True):
        doubts = justified(list(_doubts(rows, said.values[int(str(place))])), rows)
        yield from (finding for doubt in doubts for finding in doubt.found(data, rows))


def _holds(kinds: pl.DataFrame, where: Sequence[Condition]) -> pl.Expr:
    return reduce(lambda left, right: left & right, (_one(kinds, condition) for condition in where), pl.lit(True))


def _one(kinds: pl.DataFrame, condition: Condition) -> pl.Expr:
    if condition.variable not in kinds.columns:
        return pl.lit(False)
    values = list(condition.values)
    text = written(kinds, condition.variable).fill_null("")
    match condition.comparator:
        case "EQ" | "IN":
            return text.is_in(values)
        case "NE" | "NOTIN":
            return ~text.is_in(values)
        case comparator:
            number, bound = text.cast(pl.Float64, strict=False), float(values[0])
            compared = {"LT": number < bound, "LE": number <= bound, "GT": number > bound, "GE": number >= bound}[comparator]
            return compared.fill_null(False)
