"""Reads what a hospital laboratory exports: a table of results in whatever encoding, and the small file that says what its words mean."""

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from io import StringIO
from pathlib import Path

from attrs import field, frozen

from trialwright.exchange.datasets import Fault, Unimportable
from trialwright.protocol import Item, Kind, Study, Text

NAME = "laboratory.csv"
HEAD = ("kind", "local", "unit", "factor", "target")
COLUMNS = ("patient", "sampled", "test", "result", "unit", "low", "high", "range", "sample")
NEEDED = COLUMNS[:5]
LONGEST = 1_000_000
"""The largest file that is taken, in bytes: some ten thousand results."""

_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:[ T].*)?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_RANGE = re.compile(r"\s*(\d+\.?\d*)\s*(?:-{1,2}|–|—|~|～|－)\s*(\d+\.?\d*)\s*")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．－，＜＞：／", "0123456789.-,<>:/")


class UnusableResults(Unimportable):
    """A laboratory file, or its mapping, that cannot be used; nothing was saved. Carries every fault that was found."""

    heading = "Nothing was saved."


@frozen(kw_only=True)
class Target:
    """What one local test in one local unit means: the item it answers, and the factor that turns it into the item's unit."""

    form: str
    item: str
    unit: str
    factor: Decimal = Decimal(1)


@frozen(kw_only=True)
class LaboratoryMapping:
    """The words of one laboratory: its names of columns by ours, and its tests (each perhaps in several units)."""

    columns: Mapping[str, str] = field(factory=dict)
    tests: Mapping[str, tuple[Target, ...]]

    def column(self, ours: str) -> str:
        return self.columns.get(ours, ours)


@frozen(kw_only=True)
class Line:
    """One result as the laboratory wrote it; `number` is its line in the file, counted from 1, the names of the columns being the first."""

    number: int
    patient: str
    sampled: str
    test: str
    result: str
    unit: str
    low: Decimal | None = None
    high: Decimal | None = None
    sample: str = ""


def plain_unit(unit: str) -> str:
    """A unit in one way of writing, so that the same unit is known again.

    >>> plain_unit("10*9/L") == plain_unit("x10^9/l") == plain_unit("10⁹/L"), plain_unit("μmol/L")
    (True, 'umol/l')
    """
    text = unit.translate(_FULL_WIDTH).replace(" ", "").replace("µ", "u").replace("μ", "u").replace("⁹", "^9").replace("⁶", "^6").replace("¹²", "^12")
    return re.sub(r"^[x×X*]?10[*^eE]?(?=\d)", "10^", text.replace("**", "*")).lower()


def plain_mapping(study: Study) -> LaboratoryMapping:
    """The mapping of a study that has no file of its own: its own codes, names and units, and the names of columns as we say them."""
    tests: dict[str, tuple[Target, ...]] = {}
    for form in study.forms:
        for item in form.items:
            if is_result(item) and not form.repeats:
                target = (Target(form=form.code, item=item.code, unit=item.unit or ""),)
                for name in (item.code, item.label.en, item.label.zh):
                    tests.setdefault(_named(name), target)
    return LaboratoryMapping(tests=tests)


def is_result(item: Item) -> bool:
    """Whether the item is a laboratory result: a number that goes to the SDTM domain LB."""
    return item.kind in (Kind.DECIMAL, Kind.INTEGER) and bool(item.sdtm and item.sdtm.startswith("LB."))


def _named(test: str) -> str:
    return test.strip().casefold()


def mapping_of(folder: Path, study: Study) -> LaboratoryMapping:
    """The mapping in the folder of a study (`laboratory.csv`), added to the study's own words. Raises `UnusableResults` with every fault."""
    file = folder / NAME
    return mapping_from(decoded(file.read_bytes(), NAME)[0], study) if file.is_file() else plain_mapping(study)


def mapping_from(text: str, study: Study) -> LaboratoryMapping:
    """The mapping that a text says. Raises `UnusableResults` with every fault."""
    own = plain_mapping(study)
    columns: dict[str, str] = {}
    tests = dict(own.tests)
    told: dict[str, list[Target]] = {}
    faults = []
    for number, row in _rows(text, NAME, HEAD):
        problem = _map(row, study, columns, told)
        if problem:
            faults.append(Fault(file=NAME, record=number, because=problem))
    if faults:
        raise UnusableResults(faults)
    tests |= {name: tuple(targets) for name, targets in told.items()}
    return LaboratoryMapping(columns=columns, tests=tests)


def _map(row: Mapping[str, str], study: Study, columns: dict[str, str], told: dict[str, list[Target]]) -> Text | None:
    """Takes one line of the mapping; what is wrong with it, or None."""
    kind, local, target = row["kind"], row["local"], row["target"]
    if kind == "column" and local and target in COLUMNS:
        columns[target] = local
        return None
    if kind == "column":
        return Text(f"“{target}” is no column of ours. Write one of {', '.join(COLUMNS)}.", f"“{target}”不是系统列名，请填写 {'、'.join(COLUMNS)} 之一。")
    if kind != "test" or not local:
        return Text(f"“{kind}” is neither column nor test, or the local name is missing. Write column or test, and the name.",
                    f"“{kind}”既不是 column 也不是 test，或缺少本院名称，请填写。")  # fmt: skip
    form, _, item = target.partition(".")
    if not study.has_form(form) or not study.form(form).asks(item) or not is_result(study.item(form, item)):
        return Text(f"“{target}” is no laboratory result of this study. Write form and item, for example LABORATORY.ALT.",
                    f"“{target}”不是本研究的检验项目，请填写表单与项目，例如 LABORATORY.ALT。")  # fmt: skip
    factor = row["factor"] or "1"
    if not _NUMBER.fullmatch(factor) or Decimal(factor) <= 0:
        return Text(f"“{factor}” is no factor. Write the number by which a local result is multiplied, for example 88.4.",
                    f"“{factor}”不是换算系数，请填写本院结果应乘的数，例如 88.4。")  # fmt: skip
    told.setdefault(_named(local), []).append(Target(form=form, item=item, unit=row["unit"], factor=Decimal(factor)))
    return None


def decoded(content: bytes, file: str) -> tuple[str, str]:
    """The text of a file and the encoding in which it was read: UTF-8, UTF-16 with its mark, else GB18030. Raises `UnusableResults`."""
    if len(content) > LONGEST:
        raise refused(file, Text(f"the file has {len(content):,} bytes; at most {LONGEST:,} are taken. Export a shorter period.",
                                 f"文件有 {len(content):,} 字节，最多 {LONGEST:,} 字节，请缩短导出时段。"))  # fmt: skip
    marked = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    for name, codec in (("UTF-16", "utf-16"),) if marked else (("UTF-8", "utf-8-sig"), ("GB18030", "gb18030")):
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text, name
    raise refused(file, Text("this is no text in UTF-8, UTF-16 or GB18030. Export it as CSV.", "不是 UTF-8、UTF-16 或 GB18030 文本，请导出为 CSV。"))


def refused(file: str, because: Text) -> UnusableResults:
    return UnusableResults([Fault(file=file, because=because)])


def _rows(text: str, file: str, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines of a table by the names of its columns, with their numbers; columns are parted by comma, semicolon or tab."""
    text = text.lstrip("\ufeff")
    if not text.strip():
        raise refused(file, Text("the file is empty. Export it again.", "文件为空，请重新导出。"))
    first = text.splitlines()[0]
    mark = max(",;\t，", key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        names = [name.strip() for name in next(reader)]
        missing = [name for name in needed if name not in names]
        if missing:
            has, lacks = ", ".join(names)[:160], ", ".join(missing)
            raise refused(file, Text(f"there is no column {lacks} (the file has: {has}). Name its columns in {NAME}, or check the encoding of the file.",
                                     f"缺少列 {lacks}（现有：{has}）。请在 {NAME} 中说明列名，或检查文件编码。"))  # fmt: skip
        for row in reader:
            if any(cell.strip() for cell in row):
                if len(row) != len(names):
                    raise refused(file, Text(f"line {reader.line_num} has {len(row)} columns, not {len(names)}. Put texts with “{mark}” into quotation marks.",
                                             f"第 {reader.line_num} 行有 {len(row)} 列，应为 {len(names)} 列，含“{mark}”的文字请加引号。"))  # fmt: skip
                yield reader.line_num, dict(zip(names, (cell.strip() for cell in row), strict=True))
    except csv.Error as problem:
        raise refused(file, Text(f"this is no CSV ({problem}). Export it again.", f"不是有效的 CSV（{problem}），请重新导出。")) from problem


def lines_of(text: str, mapping: LaboratoryMapping, file: str) -> tuple[Line, ...]:
    """The results in a text, by the names that the mapping gives its columns. Columns that nobody named are never looked at."""
    names = {ours: mapping.column(ours) for ours in COLUMNS}
    found = []
    for number, row in _rows(text, file, tuple(names[ours] for ours in NEEDED)):
        told = {ours: row.get(name, "") for ours, name in names.items()}
        low, high = _span(told["low"], told["high"], told["range"])
        found.append(Line(number=number, patient=told["patient"], sampled=told["sampled"], test=told["test"], result=told["result"],
                          unit=told["unit"], low=low, high=high, sample=re.sub(r"[^A-Za-z0-9._-]", "", told["sample"])[:40]))  # fmt: skip
    return tuple(found)


def _span(low: str, high: str, both: str) -> tuple[Decimal | None, Decimal | None]:
    """The reference interval that the laboratory printed beside the result, as far as it can be read."""
    parted = _RANGE.fullmatch(both.translate(_FULL_WIDTH)) if both and not (low or high) else None
    low, high = parted.groups() if parted else (low, high)
    return number_in(low), number_in(high)


def number_in(text: str) -> Decimal | None:
    """The number that a text is, or None.

    >>> number_in("１２.5"), number_in("<0.1")
    (Decimal('12.5'), None)
    """
    plain = text.strip().translate(_FULL_WIDTH)
    try:
        return Decimal(plain) if _NUMBER.fullmatch(plain) and len(plain) <= 20 else None
    except InvalidOperation:
        return None


def day_in(text: str) -> date | None:
    """The day on which a sample was taken, from the ways in which laboratories write it; None where it cannot be read.

    >>> day_in("2026/1/5 08:30"), day_in("20260105"), day_in("2026年1月5日"), day_in("2026111")
    (datetime.date(2026, 1, 5), datetime.date(2026, 1, 5), datetime.date(2026, 1, 5), None)
    """
    parted = _DAY.fullmatch(text.strip().translate(_FULL_WIDTH))
    try:
        return date(*(int(part) for part in parted.groups() if part)) if parted else None
    except ValueError:
        return None


def targets(mapping: LaboratoryMapping, line: Line) -> tuple[Target, ...]:
    """What the test of a line can mean, in any unit."""
    return mapping.tests.get(_named(line.test), ())


def target_of(mapping: LaboratoryMapping, line: Line) -> Target | None:
    """What a line means: the test, in a unit that the mapping knows."""
    unit = plain_unit(line.unit)
    return next((one for one in targets(mapping, line) if plain_unit(one.unit) == unit), None)
