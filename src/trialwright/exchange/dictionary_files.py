"""Licensed dictionaries in the folder of a study: read as the hospital received them (MedDRA's ASCII files, a table of drugs), kept whole or not at all."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from csv import DictReader, Error
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from attrs import frozen

from trialwright.exchange.datasets import Fault, Unimportable
from trialwright.protocol import Text
from trialwright.protocol.dictionary import Edition, Entry, Level
from trialwright.protocol.dictionary import Path as Above
from trialwright.protocol.text import legible
from trialwright.protocol.wording import LANGUAGE

FOLDER = "licensed_dictionaries"
ABOUT = "about.json"
MEDDRA = ("llt.asc", "pt.asc", "hlt.asc", "hlgt.asc", "soc.asc", "mdhier.asc")
"""The files of MedDRA's folder MedAscii that are read and kept; fields end with a dollar sign."""
RELEASE = "meddra_release.asc"
DRUGS = ("drug_code", "drug_name", "preferred_name", "atc_code", "atc_text")
"""The columns of a table of drugs: one record for each drug and class. Without a class the last two are empty."""
FIELDS = {"llt.asc": 10, "pt.asc": 2, "hlt.asc": 2, "hlgt.asc": 2, "soc.asc": 2, "mdhier.asc": 12}
"""How many fields of each record are needed, counted to the last one that is read."""
MOST = 200


class UnusableDictionary(Unimportable):
    """A dictionary that cannot be used; nothing was kept. Carries the faults that were found."""

    heading = "No dictionary was loaded."


@frozen(kw_only=True)
class About:
    """What the person who loads a dictionary says about it."""

    kind: str
    name: str
    version: str
    language: str
    credit: str
    encoding: str = "utf-8"


def _refused(file: Path, en: str, zh: str, record: int | None = None, column: str | None = None) -> UnusableDictionary:
    return UnusableDictionary([Fault(file=str(file), record=record, column=column, because=Text(en, zh))])


def read_dictionary(source: Path, about: About) -> Edition:
    """The dictionary in `source`: a folder of MedDRA's ASCII files, or a table of drugs. Raises `UnusableDictionary` with what is wrong."""
    _said(source, about)
    files = _files(source, about.kind)
    contents = {name: file.read_bytes() for name, file in files.items()}
    texts = {name: _text(files[name], content, about.encoding) for name, content in contents.items()}
    reader: Callable[[Mapping[str, Path], Mapping[str, str], About], tuple[Entry, ...]] = _meddra if about.kind == "MedDRA" else _drugs
    digest = hashlib.sha256()
    for name in sorted(contents):
        digest.update(name.encode() + b"\n" + hashlib.sha256(contents[name]).digest())
    entries = reader(files, texts, about)
    if not entries:
        raise _refused(source, "it holds no term. Is it the right file?", "没有任何术语，请核对文件。")
    return Edition(kind=about.kind, name=about.name, version=about.version, language=about.language, credit=about.credit,
                   digest=digest.hexdigest(), entries=entries)  # fmt: skip


def _said(source: Path, about: About) -> None:
    for part, text, longest in (("name", about.name, 40), ("version", about.version, 40), ("credit", about.credit, 500)):
        try:
            usable = 1 <= len(legible(text)) <= longest and (part == "credit" or not set(text) & set("/\\:*?\"<>| \n\t"))
        except ValueError:
            usable = False
        if not usable:
            raise _refused(source, f"the {part} “{text[:40]}” cannot be used. Write 1 to {longest} plain characters.",
                           f"{part}“{text[:40]}”不可用，请填写 1 至 {longest} 个普通字符。", column=part)  # fmt: skip
    if not LANGUAGE.fullmatch(about.language):
        raise _refused(source, f"“{about.language}” is no language tag. Write for example en or zh-CN.",
                       f"“{about.language}”不是语言标签，请填写如 en 或 zh-CN。")  # fmt: skip


def _files(source: Path, kind: str) -> dict[str, Path]:
    """The files that make up a dictionary, by the names under which they are kept."""
    if kind != "MedDRA":
        if not source.is_file():
            raise _refused(source, "there is no such file. Name a table of drugs (.csv).", "文件不存在，请指定药物表（.csv）。")
        return {"drugs.csv": source}
    if not source.is_dir():
        raise _refused(source, "there is no such folder. Name the folder MedAscii of the distribution.", "文件夹不存在，请指定发行包中的 MedAscii 文件夹。")
    there = {file.name.lower(): file for file in sorted(source.iterdir()) if file.is_file()}
    missing = [name for name in MEDDRA if name not in there]
    if missing:
        raise UnusableDictionary(Fault(file=str(source / name), because=Text(
            "the file is missing. Name the folder MedAscii of the distribution, unpacked and whole.", "缺少该文件，请指定完整解压的 MedAscii 文件夹。"))
            for name in missing)  # fmt: skip
    return {name: there[name] for name in (*MEDDRA, RELEASE) if name in there}


def _text(file: Path, content: bytes, encoding: str) -> str:
    try:
        text = content.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except (UnicodeDecodeError, LookupError):
        raise _refused(file, f"the file is not in {encoding}. Say its encoding, for example --encoding gb18030 or --encoding latin-1.",
                       f"文件编码不是 {encoding}，请用 --encoding 指定，例如 gb18030 或 latin-1。") from None  # fmt: skip
    if "\x00" in text:
        raise _refused(file, "the file holds no text. Unpack or export it again.", "文件不是文本，请重新解压或导出。")
    return text


class Record(NamedTuple):
    """One record of a file and its number, counted from 1."""

    number: int
    fields: list[str]


def _meddra(files: Mapping[str, Path], texts: Mapping[str, str], about: About) -> tuple[Entry, ...]:
    """The lowest level terms with the primary path above each."""
    faults: list[Fault] = []

    def wrong(name: str, number: int, en: str, zh: str) -> None:
        if len(faults) < MOST:
            faults.append(Fault(file=str(files[name]), record=number, because=Text(en, zh)))

    _same_release(files, texts, about)
    tables = {name: list(_records(name, texts[name], wrong)) for name in MEDDRA}
    names = {name: _terms(name, tables[name], wrong) for name in MEDDRA if name != "mdhier.asc"}
    above = _primary(tables["mdhier.asc"], names, wrong)
    entries = []
    for number, fields in tables["llt.asc"]:
        code, term, pt, current = fields[0], fields[1], fields[2], fields[9]
        if pt not in above:
            wrong("llt.asc", number, f"the term belongs to {pt or 'no preferred term'}, which has no primary path in mdhier.asc. Unpack the files again.",
                  f"该术语所属首选术语 {pt or '（空）'} 在 mdhier.asc 中没有主层级，请重新解压文件。")  # fmt: skip
        elif current not in ("Y", "N"):
            wrong("llt.asc", number, f"field 10 says whether the term is current and holds “{current[:10]}”. Expected Y or N.",
                  f"第 10 项（是否现行）为“{current[:10]}”，应为 Y 或 N。")  # fmt: skip
        else:
            entries.append(Entry(code=code, term=term, path=above[pt], current=current == "Y"))
    if faults:
        raise UnusableDictionary(faults)
    return tuple(entries)


def _same_release(files: Mapping[str, Path], texts: Mapping[str, str], about: About) -> None:
    told = texts.get(RELEASE, "").split("$")[0].strip()
    if told and told != about.version:
        raise _refused(files[RELEASE], f"the files are of version {told}, not {about.version}. Say --version {told}.",
                       f"文件版本为 {told}，而非 {about.version}，请填写 --version {told}。")  # fmt: skip


Wrong = Callable[[str, int, str, str], None]


def _records(name: str, text: str, wrong: Wrong) -> Iterator[Record]:
    """The records of one file that have enough fields and a code."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        fields = [field.strip() for field in line.split("$")]
        if len(fields) < FIELDS[name]:
            wrong(name, number, f"the record has {len(fields)} fields, at least {FIELDS[name]} are needed. Fields end with $.",
                  f"该记录有 {len(fields)} 项，至少应有 {FIELDS[name]} 项，各项以 $ 结尾。")  # fmt: skip
        elif not (fields[0].isascii() and fields[0].isdigit() and len(fields[0]) == 8):
            wrong(name, number, f"“{fields[0][:20]}” is no code. A code has eight digits.", f"“{fields[0][:20]}”不是编码，编码为八位数字。")
        else:
            yield Record(number, fields)


def _terms(name: str, records: list[Record], wrong: Wrong) -> dict[str, str]:
    """Code and term of a level."""
    found: dict[str, str] = {}
    for number, fields in records:
        try:
            term = legible(fields[1])
        except ValueError:
            term = ""
        if not term:
            wrong(name, number, "the term is empty or cannot be read. Unpack the files again, or say their encoding.",
                  "术语为空或无法读取，请重新解压，或指定编码。")  # fmt: skip
        elif fields[0] in found:
            wrong(name, number, f"the code {fields[0]} is there twice. Unpack the files again.", f"编码 {fields[0]} 重复，请重新解压文件。")
        found.setdefault(fields[0], term)
        fields[1] = term
    return found


def _primary(records: list[Record], names: Mapping[str, Mapping[str, str]], wrong: Wrong) -> dict[str, Above]:
    """The primary path of each preferred term."""
    found: dict[str, Above] = {}
    for number, fields in records:
        if fields[11] != "Y":
            continue
        levels = []
        for level, name, code in (("PT", "pt.asc", fields[0]), ("HLT", "hlt.asc", fields[1]), ("HLGT", "hlgt.asc", fields[2]), ("SOC", "soc.asc", fields[3])):
            if code not in names[name]:
                wrong("mdhier.asc", number, f"{level} {code or '-'} is not in {name}. Unpack the files again.",
                      f"{level} {code or '-'} 不在 {name} 中，请重新解压文件。")  # fmt: skip
            levels.append(Level(level, code, names[name].get(code, "")))
        if fields[0] in found:
            wrong("mdhier.asc", number, f"the preferred term {fields[0]} has two primary paths. Unpack the files again.",
                  f"首选术语 {fields[0]} 有两条主层级，请重新解压文件。")  # fmt: skip
        found[fields[0]] = tuple(levels)
    return found


def _drugs(files: Mapping[str, Path], texts: Mapping[str, str], about: About) -> tuple[Entry, ...]:
    """The drugs of a table with their preferred name and class."""
    (name,) = files
    rows = DictReader(StringIO(texts[name], newline=""))
    missing = [column for column in DRUGS if column not in (rows.fieldnames or ())]
    if missing:
        has = ", ".join(rows.fieldnames or ())[:120]
        raise UnusableDictionary(Fault(file=str(files[name]), column=column, because=Text(
            f"the column is missing (the file has {has}). Separate columns by commas and name them {', '.join(DRUGS)}.",
            f"缺少该列（现有：{has}）。请以逗号分列，列名为 {'、'.join(DRUGS)}。")) for column in missing)  # fmt: skip
    faults: list[Fault] = []
    entries: dict[str, Entry] = {}
    try:
        for number, row in enumerate(rows, start=1):
            told = _drug(row)
            if isinstance(told, Entry) and told.key not in entries:
                entries[told.key] = told
            elif len(faults) < MOST:
                because = told if isinstance(told, Text) else Text("this drug with this class is there twice. Keep one.", "该药物及分类重复，请保留一条。")
                faults.append(Fault(file=str(files[name]), record=number, because=because))
    except Error as problem:
        raise _refused(files[name], f"this is no CSV ({problem}). Export it again with commas and quotation marks.",
                       f"不是有效的 CSV（{problem}），请重新导出。") from problem  # fmt: skip
    if faults:
        raise UnusableDictionary(faults)
    return tuple(entries.values())


def _drug(row: Mapping[Any, Any]) -> Entry | Text:
    """One record as an entry, or what is wrong with it."""
    if None in row or None in row.values():
        return Text("the record has too many or too few columns. Put texts with commas into quotation marks.", "列数不符，含逗号的文字请加引号。")
    try:
        code, drug, preferred, atc, text = (legible(row[column]) for column in DRUGS)
    except ValueError as problem:
        return Text(f"{problem}. Export it again, or say its encoding.", "含有无法保存的字符，请重新导出，或指定编码。")
    if not code or not drug or not preferred or bool(atc) != bool(text) or "/" in code:
        return Text("code, name or preferred name is empty, or a class has only one of code and text. Fill it in.",
                    "编码、名称或首选名称为空，或 ATC 编码与名称只填了一项，请补全。")  # fmt: skip
    above = (Level("PREFERRED", "", preferred), *((Level("ATC", atc, text),) if atc else ()))
    return Entry(code=code, term=drug, path=above)


def add_dictionary(folder: Path, source: Path, about: About, *, force: bool = False) -> Edition:
    """Keeps the files of a dictionary in the folder of the study, as they are, with what was said about them. All or nothing."""
    found = read_dictionary(source, about)
    kept = folder / FOLDER / f"{found.name}-{found.version}-{found.language}"
    if kept.exists() and not force:
        raise _refused(kept, "this dictionary is loaded already. Say --force to replace it.", "该词典已载入，请加 --force 替换。")
    others = [one for one in kept_abouts(folder) if (one.name, one.version) == (about.name, about.version) and one.kind != about.kind]
    if others:
        raise _refused(source, f"{about.name} {about.version} is loaded already as {others[0].kind}. Give it another name.",
                       f"{about.name} {about.version} 已作为 {others[0].kind} 载入，请改名。")  # fmt: skip
    kept.parent.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix=".dictionary-", dir=folder) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        for name, file in _files(source, about.kind).items():
            shutil.copyfile(file, made / name)
        plain = {name: getattr(about, name) for name in ("kind", "name", "version", "language", "credit", "encoding")}
        (made / ABOUT).write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        if kept.exists():
            os.replace(kept, Path(scratch) / "old")
        os.replace(made, kept)
    return found


def kept_abouts(folder: Path) -> tuple[About, ...]:
    """What was said about each dictionary that is loaded, without reading the dictionaries."""
    return tuple(_about(file) for file in sorted((folder / FOLDER).glob(f"*/{ABOUT}")))


def _about(file: Path) -> About:
    try:
        return About(**{name: str(text) for name, text in json.loads(file.read_text(encoding="utf-8")).items()})
    except (ValueError, TypeError, AttributeError) as problem:
        raise _refused(file, f"it cannot be read ({problem}). Load the dictionary again with --force.",
                       f"无法读取（{problem}），请加 --force 重新载入。") from problem  # fmt: skip


def kept_dictionaries(folder: Path) -> tuple[Edition, ...]:
    """The dictionaries that were loaded into the folder of a study. Raises `UnusableDictionary` when one can no longer be read."""
    found = []
    for file in sorted((folder / FOLDER).glob(f"*/{ABOUT}")):
        about = _about(file)
        found.append(read_dictionary(file.parent if about.kind == "MedDRA" else file.parent / "drugs.csv", about))
    return tuple(found)
