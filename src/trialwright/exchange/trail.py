"""The audit trail as files that other programs read: one line for each entry, and a dictionary of their columns."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import Any

import orjson
from attrs import fields

from trialwright.protocol import Audience, Text
from trialwright.record import Entry
from trialwright.record.events import KINDS
from trialwright.record.wire import moment

FORMULA = tuple("=+-@\t\r")
"""A text that begins so would be run by a spreadsheet: in the CSV an apostrophe stands before it."""

STAMP = {
    "ref": Text("name of the entry: the beginning of its hash", "条目标识（哈希值开头）"),
    "log": Text("the log in which it stands: who may read it and, after /, where it was written", "所在日志：可查看的角色，及（/ 之后）写入地点"),
    "seq": Text("its number in that log", "在该日志中的序号"),
    "page": Text("the save to which it belongs", "所属的一次保存"),
    "at": Text("when it was recorded, UTC", "记录时间（UTC）"),
    "by": Text("the account that recorded it", "记录的账号"),
    "role": Text("the role in which that account acted", "该账号当时的角色"),
    "event": Text("what happened: the kind of event", "事件类型"),
    "subject": Text("code of the subject; empty for the whole study", "受试者编号；整个研究则为空"),
}
MEANING = {
    "kind": Text("kind of dictionary", "词典种类"),
    "code": Text("code of the study, or the code that was found", "研究代码，或所编的代码"),
    "version": Text("version of the study, the consent form or the dictionary", "研究、知情同意书或词典的版本"),
    "reading": Text("reading of the allocation", "分组方式的解读"),
    "digest": Text("SHA-256 that binds a content", "绑定内容的 SHA-256"),
    "site": Text("site", "研究中心"),
    "on": Text("the day on which it was so", "发生日期"),
    "criteria": Text("criteria that were not met", "未满足的标准"),
    "because": Text("why", "原因"),
    "arm": Text("arm", "治疗组"),
    "method": Text("method of the allocation", "分组方法"),
    "stratum": Text("levels of the factors of the allocation", "分层因素水平"),
    "commitment": Text("commitment to the sealed list", "密封名单的承诺值"),
    "seed": Text("seed of the sealed list", "密封名单的种子"),
    "visit": Text("visit", "访视"),
    "form": Text("form", "表单"),
    "row": Text("row of a log", "记录行"),
    "item": Text("item", "项目"),
    "value": Text("the answer", "回答"),
    "absence": Text("why there is no answer", "无回答的原因"),
    "source": Text("the record or device it came from", "来源"),
    "confirmed": Text("why an unusual value is right", "异常值确认说明"),
    "observed": Text("when it was answered, where that is not when it was recorded", "回答时间（不同于记录时间时）"),
    "reason": Text("why it was changed", "更改原因"),
    "query": Text("name of the query", "质疑标识"),
    "question": Text("the question", "问题"),
    "answer": Text("the answer to the question", "答复"),
    "meaning": Text("what the signature means", "签名含义"),
    "excepted": Text("items left out of the verification", "未核查的项目"),
    "revision": Text("which revision of the answer was coded", "被编码的回答版次"),
    "dictionary": Text("dictionary", "词典"),
    "term": Text("term of the dictionary", "词典术语"),
    "path": Text("levels above the term", "术语的上级"),
    "definition": Text("the whole definition of a proposed version of the study, as JSON", "拟议研究版本的完整定义（JSON）"),
    "changes": Text("what that version changes", "该版本的变更内容"),
    "attachment": Text("name of the attachment in the record", "附件标识"),
    "name": Text("name of the file", "文件名"),
    "media": Text("kind of file", "文件类型"),
    "size": Text("length of the file in bytes", "文件字节数"),
    "sha256": Text("SHA-256 of the file", "文件的 SHA-256"),
    "view": Text("role whose view was exported", "导出视图的角色"),
    "purpose": Text("what the export is for", "导出用途"),
    "recipient": Text("who receives the export", "接收方"),
    "basis": Text("ground on which the export may be handed over", "提供依据"),
    "doubt": Text("name of what was accepted", "被接受事项的标识"),
    "state": Text("the state that was accepted, in words", "被接受状态的说明"),
    "place": Text("the place apart from the trial where the evaluator works", "与试验库分离的评估地点"),
    "key": Text("public key with which that place signs; empty when it was given up", "该地点的签名公钥；停用后为空"),
    "checkpoint": Text("signed checkpoint of that place", "该地点已签名的校验点"),
    "seconds": Text("by how many seconds the clock moved", "时钟变动的秒数"),
    "erases": Text("name of the entry in which something is erased", "被抹除内容所在的条目标识"),
    "what": Text("parts of that entry that are erased", "被抹除的部分"),
    "request": Text("name of the entry that asked for it", "申请抹除的条目标识"),
    "kept": Text("what else that entry said, as JSON", "该条目的其余内容（JSON）"),
    "to": Text("roles to which the arm was opened", "得知分组的角色"),
    "second": Text("the second person", "第二人"),
}


@cache
def columns() -> tuple[str, ...]:
    """The columns of the trail: the stamp, then every field that any kind of event has."""
    return (*STAMP, *dict.fromkeys(field.name for kind in KINDS for field in fields(kind) if field.name not in ("label", "subject")))


def told(entry: Entry) -> dict[str, str]:
    """One entry as it goes out: the stamp and the fields that its event has; what is not there is left out."""
    event = {field.name: _text(getattr(entry.event, field.name)) for field in fields(type(entry.event)) if field.name != "label"}
    stamp = {"ref": entry.ref, "log": entry.log, "seq": str(entry.seq), "page": entry.page, "at": moment(entry.at), "by": entry.by,
             "role": entry.role.code, "event": type(entry.event).__name__}  # fmt: skip
    return stamp | {name: value for name, value in event.items() if value is not None}


def _text(value: Any) -> str | None:
    if isinstance(value, Audience):
        return value.code
    return value.isoformat() if isinstance(value, date) else None if value is None else str(value)


def trail_jsonl(entries: Iterable[Entry]) -> bytes:
    """The trail as JSON lines, each text to the letter."""
    return b"".join(orjson.dumps(told(entry), option=orjson.OPT_APPEND_NEWLINE) for entry in entries)


def trail_csv(entries: Iterable[Entry]) -> bytes:
    """The trail as CSV (UTF-8 with a mark at its beginning, so that spreadsheets read Chinese); no cell begins a formula."""
    return _table(columns(), ([_safe(one.get(name, "")) for name in columns()] for one in map(told, entries)))


def dictionary_csv() -> bytes:
    """What each column of the trail means, in English and Chinese."""
    meaning = STAMP | MEANING
    return _table(("column", "meaning", "含义"), ([name, meaning[name].en, meaning[name].zh] for name in columns()))


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _table(head: Iterable[str], rows: Iterator[list[str]]) -> bytes:
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + sheet.getvalue().encode()
