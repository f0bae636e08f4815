"""A table that may be too large for memory (csv, parquet), read piece by piece, every value as the text it was."""

from collections.abc import Iterator
from functools import cached_property
from io import BytesIO
from pathlib import Path

import polars as pl
from attrs import define

from trialwright.exchange.datasets import Fault, Unimportable, is_pattern
from trialwright.protocol import Text

PIECE = 50_000
"""People (or rows of a log) at a time."""
BLOCK = 16 * 2**20
"""Bytes of a csv at a time."""


class Unscreenable(Unimportable):
    """A registry that cannot be screened; nothing was written. Carries every fault that was found."""

    heading = "Nothing was screened, nothing was written."


def refused(file: Path | str, en: str, zh: str, record: int | None = None, column: str | None = None) -> Unscreenable:
    """One fault of a file, ready to be raised."""
    return Unscreenable([Fault(file=str(file), record=record, column=column, because=Text(en, zh))])


@define(frozen=True, slots=False)
class Table:
    """A file with one header line (csv) or with named columns (parquet); `called` is its name in messages, if not its path."""

    path: Path
    called: str = ""

    @property
    def name(self) -> str:
        return self.called or str(self.path)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns. Raises `Unscreenable` when the file is no table."""
        if not self.path.exists():
            raise refused(self.name, "there is no such file. Check the path.", "文件不存在，请检查路径。")
        if self.path.suffix.lower() not in (".csv", ".parquet") or not self.path.is_file():
            raise refused(self.name, "this is no table that is read here. Name a .csv or .parquet file.",
                          "无法读取此类文件，请提供 .csv 或 .parquet 文件。")  # fmt: skip
        if self.path.stat().st_size == 0:
            raise refused(self.name, "the file is empty. Export it again.", "文件为空，请重新导出。")
        names = self._parquet_names() if self._is_parquet else self._header[0]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise refused(self.name, "two columns have this name. Rename one.", "列名重复，请修改其一。", column=twice[0])
        odd = next(filter(is_pattern, names), None)
        if odd is not None:
            raise refused(self.name, "this cannot be the name of a column. Rename it.", "此列名不可用，请改名。", column=odd)
        return tuple(names)

    @property
    def _is_parquet(self) -> bool:
        return self.path.suffix.lower() == ".parquet"

    def pieces(self, columns: list[str]) -> Iterator[pl.DataFrame]:
        """The named columns as text, at most `PIECE` records at a time, in the order of the file; empty text is null."""
        found = self._parquet_pieces(columns) if self._is_parquet else self._csv_pieces(columns)
        return (piece.select(_as_text(name, kind) for name, kind in piece.schema.items()) for piece in found)

    # ---- parquet

    def _parquet_names(self) -> list[str]:
        try:
            kinds = pl.read_parquet_schema(self.path)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as problem:
            raise self._unreadable(problem) from problem
        nested = [name for name, kind in kinds.items() if kind.is_nested() or kind in (pl.Binary, pl.Object)]
        if nested:
            raise refused(self.name, "the column holds lists or records, not single values. Export one value in each cell.",
                          "该列包含列表或结构，请导出为单值。", column=nested[0])  # fmt: skip
        return list(kinds)

    def _parquet_pieces(self, columns: list[str]) -> Iterator[pl.DataFrame]:
        frame, done = pl.scan_parquet(self.path).select(columns), 0
        while True:
            try:
                piece = frame.slice(done, PIECE).collect()
            except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as problem:
                raise self._unreadable(problem) from problem
            if not piece.height:
                return
            done += piece.height
            yield piece

    def _unreadable(self, problem: BaseException) -> Unscreenable:
        told = (str(problem).strip().splitlines() or [type(problem).__name__])[0][:120]
        return refused(self.name, f"the file cannot be read as a table ({told}). Export it again as parquet, or as csv in UTF-8 with one header line.",
                       f"无法将文件读作表格（{told}），请重新导出为 parquet，或带一行表头的 UTF-8 csv。")  # fmt: skip

    # ---- csv

    @cached_property
    def _header(self) -> tuple[list[str], int]:
        """The names in the first line, and the byte at which the records begin."""
        with self.path.open("rb") as file:
            start = file.read(BLOCK)
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise refused(self.name, "the file is in UTF-16. Save it as CSV UTF-8.", "文件编码为 UTF-16，请另存为 CSV UTF-8。")
        line, beyond = _first_line(start)
        text = self._decoded(line.removeprefix(b"\xef\xbb\xbf"), 1)
        try:
            names = pl.read_csv(BytesIO((text + "\n").encode()), has_header=False, infer_schema=False).row(0)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as problem:
            raise self._unreadable(problem) from problem
        if len(names) == 1 and any(mark in text for mark in ";\t|"):
            raise refused(self.name, "the columns are not separated by commas. Export it with commas, or as parquet.",
                          "列之间不是用逗号分隔，请以逗号分隔重新导出，或导出为 parquet。", record=None)  # fmt: skip
        return [(name or "").strip() for name in names], beyond

    def _csv_pieces(self, columns: list[str]) -> Iterator[pl.DataFrame]:
        names, beyond = self._header
        done = 0
        with self.path.open("rb") as file:
            file.seek(beyond)
            for block in _whole_records(iter(lambda: file.read(BLOCK), b"")):
                frame = self._parsed(block, names, done).select(columns)
                for start in range(0, frame.height, PIECE):
                    yield frame.slice(start, PIECE)
                done += frame.height

    def _parsed(self, block: bytes, names: list[str], done: int) -> pl.DataFrame:
        self._decoded(block, done + 1)
        try:
            frame = pl.read_csv(BytesIO(block), has_header=False, infer_schema=False, schema=dict.fromkeys(names, pl.String))
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as problem:
            raise self._ragged(block, names, done) from problem
        if b'"' not in block and block.count(b",") != frame.height * (len(names) - 1):
            raise self._ragged(block, names, done)
        return frame

    def _ragged(self, block: bytes, names: list[str], done: int) -> Unscreenable:
        return refused(self.name, f"a record does not have the {len(names)} columns of the header. Count its commas and quotation marks.",
                       f"记录的列数与表头（{len(names)} 列）不符，请检查逗号和引号。", record=_odd_record(block, len(names), done))  # fmt: skip

    def _decoded(self, text: bytes, record: int) -> str:
        try:
            found = text.decode()
        except UnicodeDecodeError as problem:
            record += text.count(b"\n", 0, problem.start) if record > 1 else 0
            raise refused(self.name, f"the file is not in UTF-8{_guess(text)}. Save it as CSV UTF-8.",
                          f"文件编码不是 UTF-8{_guess(text, chinese=True)}，请另存为 CSV UTF-8。", record=record) from problem  # fmt: skip
        if "\x00" in found:
            raise refused(self.name, "the file holds no text. Export it again as csv or parquet.", "文件不是文本，请重新导出为 csv 或 parquet。")
        return found


def _guess(text: bytes, chinese: bool = False) -> str:
    try:
        text[: 2**16].rsplit(b"\n", 1)[0].decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return "，可能为 GB18030（中文 Windows 默认编码）" if chinese else " but may be in GB18030, the encoding of Chinese Windows"


def _first_line(start: bytes) -> tuple[bytes, int]:
    """The header without its line end, and where the next line begins."""
    end = start.find(b"\n")
    while end >= 0 and start.count(b'"', 0, end) % 2:
        end = start.find(b"\n", end + 1)
    return (start, len(start)) if end < 0 else (start[:end].removesuffix(b"\r"), end + 1)


def _whole_records(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks cut where a record ends: at a line end outside quotation marks."""
    rest = b""
    for block in blocks:
        block = rest + block
        end = block.rfind(b"\n")
        while end >= 0 and block.count(b'"', 0, end) % 2:
            end = block.rfind(b"\n", 0, end)
        rest = block[end + 1 :]
        if end >= 0 and block[: end + 1].strip():
            yield block[: end + 1]
    if rest.strip():
        yield rest


def _odd_record(block: bytes, columns: int, done: int) -> int | None:
    """The first record with another number of commas than the header, where no quotation marks make that a guess."""
    for place, line in enumerate(block.split(b"\n"), start=done + 1):
        if b'"' in line:
            return None
        if line.strip() and line.count(b",") != columns - 1:
            return place
    return None


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    """A column as text: whole numbers without a decimal point, midnights as days, empty text as null."""
    column = pl.col(name)
    if kind.is_float():
        whole = column.is_finite() & (column == column.round()) & (column.abs() < 2**53)
        column = pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(column.cast(pl.String))
    elif isinstance(kind, pl.Datetime):
        column = pl.when(column.dt.time() == pl.time(0)).then(column.dt.date().cast(pl.String)).otherwise(column.cast(pl.String))
    else:
        column = column.cast(pl.String)
    column = column.str.strip_chars()
    return pl.when(column != "").then(column).alias(name)
