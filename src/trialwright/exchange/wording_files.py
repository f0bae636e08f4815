"""Licensed wording in the folder of a study: read from what the hospital hands over (CSV, TOML, JSON), kept whole or not at all."""

import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from csv import DictReader, Error, writer
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from attrs import asdict

from trialwright.exchange.datasets import Fault, Unimportable
from trialwright.protocol import Study, Text
from trialwright.protocol.wording import Flaw, Question, Wording, answer_codes, flaws, own_items, worded_forms

FOLDER = "licensed_wording"
META = ("instrument", "version", "language", "credit", "holder", "licence")
COLUMNS = ("instrument", "version", "language", "item", "question", "answers", "credit", "holder", "licence")


class UnusableWording(Unimportable):
    """A wording that cannot be used; nothing was kept. Carries every fault that was found."""

    heading = "No wording was loaded."


def _refused(file: Path, en: str, zh: str, record: int | None = None, column: str | None = None) -> UnusableWording:
    return UnusableWording([Fault(file=str(file), record=record, column=column, because=Text(en, zh))])


def read_wording(file: Path) -> tuple[Wording, ...]:
    """The wordings in a file; one for each instrument and language. Raises `UnusableWording` when it cannot be read."""
    reading = {".csv": _csv, ".json": _from_json, ".toml": _from_toml}.get(file.suffix.lower())
    if not file.is_file() or reading is None:
        raise _refused(file, "there is no such file, or it is no .csv, .toml or .json. Check the path.", "文件不存在，或不是 .csv、.toml、.json，请检查路径。")
    text = _text(file)
    if not text.strip():
        raise _refused(file, "the file is empty. Export it again.", "文件为空，请重新导出。")
    return reading(file, text)


def _text(file: Path) -> str:
    content = file.read_bytes()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _refused(file, "the file is in UTF-16. Save it as UTF-8.", "文件编码为 UTF-16，请另存为 UTF-8。")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            content.decode("gb18030")
            guess = Text(" but may be in GB18030, the encoding of Chinese Windows", "，可能为 GB18030（中文 Windows 默认编码）")
        except UnicodeDecodeError:
            guess = Text(" ", " ")
        en, zh = f"the file is not in UTF-8{guess.en.rstrip()}", f"文件编码不是 UTF-8{guess.zh.rstrip()}"
        raise _refused(file, f"{en}. Save it as UTF-8.", f"{zh}，请另存为 UTF-8。") from None
    if "\x00" in text:
        raise _refused(file, "the file holds no text. Export it again.", "文件不是文本，请重新导出。")
    return text


def _csv(file: Path, text: str) -> tuple[Wording, ...]:
    try:
        return _from_csv(file, text)
    except Error as problem:
        raise _refused(file, f"this is no CSV ({problem}). Export it again with commas and quotation marks.",
                       f"不是有效的 CSV（{problem}），请重新导出。") from problem  # fmt: skip


def _from_csv(file: Path, text: str) -> tuple[Wording, ...]:
    rows = DictReader(StringIO(text, newline=""))
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        has = ", ".join(rows.fieldnames or ())[:120]
        raise UnusableWording(Fault(file=str(file), column=name, because=Text(
            f"the column is missing (the file has {has}). Separate columns by commas; see `trialwright wording template`.",
            f"缺少该列（现有：{has}）。请以逗号分列，见 `trialwright wording template`。")) for name in missing)  # fmt: skip
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for place, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise _refused(file, "the record has too many or too few columns. Put texts with commas into quotation marks.",
                           "列数不符，含逗号的文字请加引号。", record=place)  # fmt: skip
        meta = {name: row[name].strip() for name in META}
        key = tuple(meta[name] for name in ("instrument", "language"))
        one = found.setdefault(key, meta | {"questions": []})
        differs = [name for name in META if meta[name] != one[name]]
        if differs:
            raise _refused(file, f"it differs from the first record of {key[0]} in {key[1]}. Write it alike in all of them.",
                           f"与 {key[0]}（{key[1]}）第一条记录不一致，请统一填写。", record=place, column=differs[0])  # fmt: skip
        answers = tuple(_pair(file, place, part) for part in row["answers"].split("|") if part.strip())
        one["questions"].append(Question(item=row["item"].strip(), text=row["question"].strip(), answers=answers))
    if not found:
        raise _refused(file, "the file holds no item, only names of columns. Fill it in.", "文件中只有表头，请填写。")
    return tuple(Wording(**{**one, "questions": tuple(one["questions"])}) for one in found.values())


def _pair(file: Path, record: int, part: str) -> tuple[str, str]:
    code, equals, text = part.partition("=")
    if not equals:
        raise _refused(file, f"“{part[:40]}” is no answer with its words. Write 0=none|1=some.", f"“{part[:40]}”格式不符，请写为 0=无|1=有。",
                       record=record, column="answers")  # fmt: skip
    return code.strip(), text.strip()


def _from_json(file: Path, text: str) -> tuple[Wording, ...]:
    try:
        return _plain(file, json.loads(text))
    except (json.JSONDecodeError, RecursionError) as problem:
        raise _refused(file, f"this is no JSON ({problem}). Mend the line.", f"不是有效的 JSON（{problem}），请修改。") from problem


def _from_toml(file: Path, text: str) -> tuple[Wording, ...]:
    try:
        return _plain(file, tomllib.loads(text))
    except tomllib.TOMLDecodeError as problem:
        raise _refused(file, f"this is no TOML ({problem}). Mend the line.", f"不是有效的 TOML（{problem}），请修改。") from problem


def _plain(file: Path, told: Any) -> tuple[Wording, ...]:
    """One wording, or several under "wording": the parts of `META`, and under "questions" a list of item, text and answers."""
    many = told.get("wording", [told]) if isinstance(told, Mapping) else told
    try:
        found = []
        for one in many:
            questions = tuple(
                Question(item=_word(each["item"]), text=_word(each["text"]), answers=tuple((_word(code), _word(text)) for code, text in _pairs(each)))
                for each in one["questions"]
            )
            found.append(Wording(**{name: _word(one[name]) for name in META}, questions=questions))
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        raise _refused(file, f"a part is missing or of another kind ({problem}). Each wording has {', '.join(META)} and questions with item, text and answers.",
                       f"缺少内容或类型不符（{problem}）。每份文字须有 {'、'.join(META)} 及 questions（item、text、answers）。") from problem  # fmt: skip
    return tuple(found)


def _pairs(question: Mapping[str, Any]) -> Iterable[tuple[Any, Any]]:
    answers = question.get("answers", {})
    return answers.items() if isinstance(answers, Mapping) else ((code, text) for code, text in answers)


def _word(told: Any) -> str:
    if not isinstance(told, str):
        raise TypeError(f"{told!r} is no text")
    return told.strip()


def add_wording(folder: Path, study: Study, file: Path, *, force: bool = False) -> tuple[Wording, ...]:
    """Keeps the wordings of `file` in the folder of the study, all or none. `study` is the study without any words.

    Raises `UnusableWording` with every fault, or when a wording is there already and `force` does not say that it is replaced.
    """
    found = read_wording(file)
    _fitting(study, ((file, one) for one in found))
    names = [one.name for one in found]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise _refused(file, f"{twice} is in it twice. Keep one.", f"{twice} 重复，请保留一个。")
    kept = folder / FOLDER
    there = [one.name for one in found if (kept / f"{one.name}.json").exists()]
    if there and not force:
        raise _refused(kept / f"{there[0]}.json", "this wording is loaded already. Say --force to replace it.", "该文字已载入，请加 --force 替换。")
    with TemporaryDirectory(prefix=".wording-", dir=folder) as scratch:
        for one in found:
            (Path(scratch) / f"{one.name}.json").write_text(json.dumps(asdict(one), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        kept.mkdir(exist_ok=True)
        for one in found:
            os.replace(Path(scratch) / f"{one.name}.json", kept / f"{one.name}.json")
    return found


def kept_wordings(folder: Path, study: Study) -> tuple[Wording, ...]:
    """The wordings that were loaded into the folder of a study. Raises `UnusableWording` when one of them no longer fits."""
    kept = folder / FOLDER
    files = sorted(kept.glob("*.json")) if kept.is_dir() else []
    found = [(file, one) for file in files for one in read_wording(file)]
    _fitting(study, found)
    return tuple(one for _, one in found)


def _fitting(study: Study, found: Iterable[tuple[Path, Wording]]) -> None:
    faults = [_fault(file, one, flaw) for file, one in found for flaw in flaws(study, one)]
    if faults:
        raise UnusableWording(faults)


def _fault(file: Path, wording: Wording, flaw: Flaw) -> Fault:
    where = " ".join(filter(None, (wording.name, flaw.item)))
    return Fault(file=f"{file}, {where}", column=flaw.part, because=flaw.because)


def template(study: Study, instrument: str) -> str:
    """A CSV with every item of a questionnaire, to be filled in. Raises `UnusableWording` for an instrument without one."""
    form = next((one for one in worded_forms(study) if one.instrument == instrument), None)
    if form is None:
        names = ", ".join(str(one.instrument) for one in worded_forms(study)) or "none"
        raise _refused(Path(instrument), f"this is no questionnaire of the study. Choose one of {names}.", f"不是本研究的问卷，请选择 {names} 之一。")
    version = next(one.version for one in study.instruments if one.code == instrument)
    out = StringIO()
    lines = writer(out, lineterminator="\n")
    lines.writerow(COLUMNS)
    for item in own_items(form):
        lines.writerow([instrument, version, "", item.code, "", "|".join(f"{code}=" for code in answer_codes(item)), "", "", ""])
    return out.getvalue()
