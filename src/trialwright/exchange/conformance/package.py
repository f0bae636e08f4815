"""A package as it lies in a folder: its data sets in one of the two forms, with define.xml, ready to be examined."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import polars as pl
from attrs import field, frozen

from trialwright.exchange.conformance.define_reading import Defined, read_define
from trialwright.exchange.conformance.findings import Dataset, Datasets, Finding, Rule
from trialwright.exchange.conformance.json_reading import read_json
from trialwright.exchange.conformance.xpt_reading import Field, InFile, Unreadable, read_xpt
from trialwright.protocol import Text

FORMS: Mapping[str, Callable[[Path], InFile]] = {"xpt": read_xpt, "json": read_json}
STANDARDS = ("sdtm", "adam")
UNREADABLE = Rule("TW-F01", Text("the file cannot be read: {why}", "文件无法读取：{why}"), Text("write the package again", "请重新生成数据包"))
MISNAMED = Rule("TW-F02", Text("the file {file} holds a data set called {value}", "文件 {file} 中的数据集名为 {value}"),
                Text("give file and data set the same name", "文件名须与数据集名一致"))  # fmt: skip
UNDESCRIBED = Rule("TW-X01", Text("the folder {file} has no define.xml that can be read: {why}", "文件夹 {file} 中没有可读的 define.xml：{why}"),
                   Text("write the package again", "请重新生成数据包"))  # fmt: skip
TWICE = Rule("TW-F03", Text("two columns are called {variable}", "有两列同名：{variable}"), Text("rename one of them", "请改名"))


class NoPackage(Exception):  # what a person names is no error of the program
    """The folder holds no package; says what was looked for."""


@frozen(kw_only=True, eq=False)
class Package:
    """What was read from `place` in the form `form` (xpt, json): both standards, and what could not be read."""

    place: Path
    form: str
    sdtm: Datasets = field(factory=dict)
    adam: Datasets = field(factory=dict)
    defined: Mapping[str, Defined] = field(factory=dict)
    unread: tuple[Finding, ...] = ()

    @property
    def all(self) -> Iterator[Dataset]:
        yield from self.sdtm.values()
        yield from self.adam.values()

    @property
    def people(self) -> pl.DataFrame:
        """DM, or nobody where it was not read."""
        return self.sdtm["DM"].frame if "DM" in self.sdtm else pl.DataFrame(schema={"USUBJID": pl.String})


def folders(place: Path) -> dict[str, Path]:
    """Where each standard lies: in `place`/sdtm and `place`/adam, or in `place` itself, as its files tell.

    Raises `NoPackage` when there is no data set.
    """
    found = {name: place / name for name in STANDARDS if _holds(place / name)}
    if not found and _holds(place):
        found = {"adam" if any((place / f"adsl.{form}").is_file() for form in FORMS) else "sdtm": place}
    if not found:
        raise NoPackage(f"{place} holds no data sets. Name the folder that “trialwright package” wrote: it has sdtm/ and adam/ with .xpt and .json files.")
    return found


def _holds(place: Path) -> bool:
    return place.is_dir() and any(any(place.glob(f"*.{form}")) for form in FORMS)


def read_package(place: Path, form: str) -> Package:
    """Everything that lies there in this form. What cannot be read becomes a finding; raises `NoPackage` when there is nothing."""
    read: dict[str, dict[str, Dataset]] = {name: {} for name in STANDARDS}
    defined: dict[str, Defined] = {}
    unread: list[Finding] = []
    for name, folder in folders(place).items():
        said = _defined(folder, unread)
        if said is not None:
            defined[name] = said
        for path in sorted(folder.glob(f"*.{form}")):
            one = _dataset(path, form, said, unread)
            if one is not None:
                read[name][one.name] = one
    return Package(place=place, form=form, sdtm=read["sdtm"], adam=read["adam"], defined=defined, unread=tuple(unread))


def _defined(folder: Path, unread: list[Finding]) -> Defined | None:
    path = folder / "define.xml"
    try:
        if path.is_file():
            return read_define(path)
        why = "it is not there."
    except Unreadable as problem:
        why = problem.why
    unread.append(Finding(rule=UNDESCRIBED, dataset="define.xml", details={"file": folder.name, "why": why}))
    return None


def _dataset(path: Path, form: str, said: Defined | None, unread: list[Finding]) -> Dataset | None:
    try:
        read = FORMS[form](path)
    except Unreadable as problem:
        unread.append(Finding(rule=UNREADABLE, dataset=path.name, details={"why": problem.why}))
        return None
    except pl.exceptions.DuplicateError:
        unread.append(Finding(rule=TWICE, dataset=path.name))
        return None
    if read.name.lower() != path.stem.lower():
        unread.append(Finding(rule=MISNAMED, dataset=path.name, value=read.name, details={"file": path.name}))
    return Dataset.of(path.name, read, said.groups.get(read.name) if said else None)


def differences(place: Path) -> Iterator[Finding]:
    """Where the two forms of one data set do not hold the same: records, columns, labels."""
    for folder in folders(place).values():
        pairs = {path.stem: path for path in sorted(folder.glob("*.xpt"))}
        others = {path.stem: path for path in sorted(folder.glob("*.json"))}
        for stem in sorted({*pairs} | {*others}) if pairs and others else ():
            yield from _different(stem, pairs.get(stem), others.get(stem))


ALONE = Rule("TW-F04", Text("the data set lies there in one form only: {value}", "该数据集仅有一种格式：{value}"),
             Text("write it as .xpt and .json", "请同时生成 .xpt 与 .json"))  # fmt: skip
UNEQUAL = Rule("TW-F05", Text("the transport file says “{value}”, Dataset-JSON “{other}”", "传输文件为“{value}”，Dataset-JSON 为“{other}”"),
               Text("write both forms from the same records", "两种格式须由相同记录生成"))  # fmt: skip


def _different(stem: str, xpt: Path | None, json: Path | None) -> Iterator[Finding]:
    name = stem.upper()
    if xpt is None or json is None:
        yield Finding(rule=ALONE, dataset=name, value=str((xpt or json or Path()).name))
        return
    try:
        left, right = read_xpt(xpt), read_json(json)
    except Unreadable:  # each form has been told for itself
        return
    told = [(field.name, field.label) for field in left.fields], [(field.name, field.label[:40]) for field in right.fields]
    if left.label != right.label or told[0] != told[1] or left.frame.height != right.frame.height:
        pair = (_heads(left), _heads(right))
        first = next((one for one in zip(*pair, strict=False) if one[0] != one[1]), (str(len(pair[0])), str(len(pair[1]))))
        yield Finding(rule=UNEQUAL, dataset=name, value=first[0], details={"other": first[1]})
        return
    for field_ in left.fields:
        yield from _unequal(name, field_, left.frame[field_.name], right.frame[field_.name])


def _heads(read: InFile) -> list[str]:
    return [f"{read.label}, {read.frame.height} records", *(f"{one.name}: {one.label[:40]}" for one in read.fields)]


def _unequal(name: str, field_: Field, left: pl.Series, right: pl.Series) -> Iterator[Finding]:
    wrong = pl.DataFrame({"L": left, "R": right}).with_row_index("N", offset=1) if left.dtype == right.dtype else None
    if wrong is None:
        yield Finding(rule=UNEQUAL, dataset=name, variable=field_.name, value=str(left.dtype), details={"other": str(right.dtype)})
        return
    for row in wrong.filter(pl.col("L").ne_missing(pl.col("R"))).iter_rows(named=True):
        yield Finding(rule=UNEQUAL, dataset=name, record=row["N"], variable=field_.name, value=str(row["L"]), details={"other": str(row["R"])})
