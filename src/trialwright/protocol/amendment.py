"""What an amendment changes in a study, part by part: two definitions as plain data in, the list of changes out."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from trialwright.protocol.audience import Audience, audience
from trialwright.protocol.forms import Unreadable
from trialwright.protocol.text import Text

Plain = Mapping[str, Any]
"""A definition as `Study.canonical` writes it."""

KEYED = {"arms": "arm", "epochs": "epoch", "derivations": "derivation", "watches": "watch", "checks": "check", "criteria": "criterion",
         "estimands": "estimand", "endpoints": "endpoint", "methods": "method", "readings": "reading", "assumptions": "assumption",
         "instruments": "instrument"}  # fmt: skip
"""The lists of a study whose parts have a name, and what one of them is."""
WORDED = ("hint", "question", "words")
"""What licensed wording brings to an item: loading it is no amendment."""

_FUNCTION = re.compile(r"(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*):([A-Za-z_][\w.<>]*)")

KIND_NAMES = {"added": Text("added", "新增"), "removed": Text("removed", "删除"), "changed": Text("changed", "变更")}
WHAT_NAMES = {
    "study": Text("study", "研究"), "form": Text("form", "表单"), "item": Text("item", "项目"), "visit": Text("visit", "访视"),
    "page": Text("form at a visit", "访视表单"), "log": Text("log", "日志表单"), "arm": Text("arm", "治疗组"), "epoch": Text("epoch", "阶段"),
    "derivation": Text("derivation", "推导"), "watch": Text("watch", "监测"), "check": Text("check", "核查"), "criterion": Text("criterion", "入排标准"),
    "estimand": Text("estimand", "估计目标"), "endpoint": Text("endpoint", "终点"), "method": Text("method", "方法"), "reading": Text("reading", "分组解读"),
    "assumption": Text("assumption", "假设"), "instrument": Text("instrument", "量表"),
}  # fmt: skip
PART_NAMES = {
    "label": Text("wording", "文字"), "title": Text("title", "标题"), "name": Text("name", "名称"), "audience": Text("who may read it", "可见人员"),
    "entered_by": Text("who fills it", "填写人"), "writers": Text("who alone answers it", "专属填写人"), "kind": Text("kind of answer", "答案类型"),
    "unit": Text("unit", "单位"), "low": Text("lowest possible", "最小允许值"), "high": Text("highest possible", "最大允许值"),
    "usual_low": Text("lowest usual", "常见下限"), "usual_high": Text("highest usual", "常见上限"), "decimals": Text("decimals", "小数位数"),
    "answers offered": Text("answers offered", "可选答案"), "words of the answers": Text("words of the answers", "答案文字"),
    "required": Text("required", "必填"), "absences": Text("reasons for no value", "缺失原因"), "shown": Text("asked if", "显示条件"),
    "retired": Text("no longer asked", "不再填写"), "section": Text("section", "分区"), "sdtm": Text("annotation", "注释"), "hint": Text("hint", "提示"),
    "normal": Text("reference intervals", "参考范围"), "day": Text("day", "天数"),
    "early": Text("days early", "提前天数"), "late": Text("days late", "延后天数"),
    "version": Text("version of the rule", "规则版本"), "rule": Text("rule", "规则"), "text": Text("wording", "文字"), "hard": Text("hard", "强制"),
    "reads": Text("reads", "读取"), "note": Text("note", "说明"), "repeats": Text("log", "日志"),
}  # fmt: skip
"""What is changed, in words; a part without a name here is called as the definition calls it."""


@frozen(kw_only=True)
class Change:
    """One difference: of which part of what, and what it was and is. `seen_by` are the roles to whom the changed thing is or becomes readable."""

    kind: str
    what: str
    name: str
    part: str = ""
    before: str = ""
    after: str = ""
    seen_by: str = ""

    def touches(self, role: Audience) -> bool:
        """Whether `role` sees a difference."""
        return bool(self.seen_by) and role in audience(self.seen_by)


def definition(content: bytes) -> Plain:
    """The definition of a study in a file that `trialwright amend` wrote. Raises `ValueError` with a `Text` when it is none."""
    try:
        plain = json.loads(content)
        if plain[""] != "Study" or not isinstance(plain["code"], str) or not isinstance(plain["version"], str):
            raise ValueError("no study")
        tuple(differences(plain, plain))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Unreadable(Text("This is no definition of a study. Write it with: trialwright amend STUDY --db TRIAL --out FILE",
                              "这不是研究定义文件，请用 trialwright amend STUDY --db TRIAL --out FILE 生成。")) from None  # fmt: skip
    return dict(plain)


def differences(old: Plain, new: Plain) -> tuple[Change, ...]:
    """Everything that is not alike, forms and visits first. A part that is missing is alike to one that is empty.

    >>> one = {"": "Study", "arms": [{"code": "T", "control": False}], "visits": [], "forms": []}
    >>> [(change.kind, change.what, change.name, change.part) for change in differences(one, {**one, "arms": [{"code": "T", "control": True}]})]
    [('changed', 'arm', 'T', 'control')]
    """
    return (*_forms(old, new), *_visits(old, new), *_logs(old, new), *_keyed(old, new), *_study(old, new))


def _forms(old: Plain, new: Plain) -> Iterator[Change]:
    before, after = _by_code(old["forms"]), _by_code(new["forms"])
    for code in {**before, **after}:
        seen = _seen(old, code) | _seen(new, code)
        if code not in before or code not in after:
            yield _whole("form", code, before.get(code), after.get(code), "title", seen)
            continue
        was, now = _items(before[code]), _items(after[code])
        skipped = {"code", "sections"} | ({"note"} if any(item.get("question") for item in (*was.values(), *now.values())) else set())
        yield from _parts("form", code, before[code], after[code], skipped, seen)
        for item in {**was, **now}:
            yield from _item(f"{code}.{item}", was.get(item), now.get(item))


def _item(name: str, was: Plain | None, now: Plain | None) -> Iterator[Change]:
    seen = _audience(was) | _audience(now)
    if was is None or now is None:
        yield _whole("item", name, was, now, "label", seen)
        return
    skipped = {"code", "codelist"} | (set(WORDED) if was.get("question") or now.get("question") else set())
    yield from _parts("item", name, was, now, skipped, seen)
    offered, offers = _terms(was), _terms(now)
    if offered.keys() != offers.keys():
        yield Change(kind="changed", what="item", name=name, part="answers offered", before=",".join(offered), after=",".join(offers), seen_by=seen.code)
    if any(offered[code] != offers[code] for code in offered.keys() & offers.keys()):
        yield Change(kind="changed", what="item", name=name, part="words of the answers", before=", ".join(map(told, offered.values())),
                     after=", ".join(map(told, offers.values())), seen_by=seen.code)  # fmt: skip


def _visits(old: Plain, new: Plain) -> Iterator[Change]:
    before, after = _by_code(old["visits"]), _by_code(new["visits"])
    for code in {**before, **after}:
        was, now = before.get(code, {}), after.get(code, {})
        forms = {form: _seen(old, form) | _seen(new, form) for form in (*was.get("forms", ()), *now.get("forms", ()))}
        seen = Audience(0)
        for label in forms.values():
            seen |= label
        if was and now:
            yield from _parts("visit", code, was, now, {"code", "forms"}, seen)
        else:
            yield _whole("visit", code, was or None, now or None, "name", seen)
        for form, label in forms.items():
            if (form in was.get("forms", ())) != (form in now.get("forms", ())):
                kind = "added" if form in now.get("forms", ()) else "removed"
                yield Change(kind=kind, what="page", name=f"{code}.{form}", seen_by=label.code)


def _logs(old: Plain, new: Plain) -> Iterator[Change]:
    before, after = old.get("logs") or (), new.get("logs") or ()
    for code in {*before} ^ {*after}:
        yield Change(kind="removed" if code in before else "added", what="log", name=code, seen_by=(_seen(old, code) | _seen(new, code)).code)


def _keyed(old: Plain, new: Plain) -> Iterator[Change]:
    for many, what in KEYED.items():
        before, after = _by_code(old.get(many) or ()), _by_code(new.get(many) or ())
        for code in {**before, **after}:
            if code in before and code in after:
                yield from _parts(what, code, before[code], after[code], {"code", "name"} if what == "derivation" else {"code"}, Audience(0))
            else:
                yield Change(kind="removed" if code in before else "added", what=what, name=code)


def _study(old: Plain, new: Plain) -> Iterator[Change]:
    yield from _parts("study", str(new.get("code", "")), old, new, {"code", "version", "forms", "visits", "logs", *KEYED}, Audience(0))


def _whole(what: str, name: str, was: Plain | None, now: Plain | None, called: str, seen: Audience) -> Change:
    """Something that came or went as a whole, with what it is called."""
    before, after = (told((one or {}).get(called)) for one in (was, now))
    return Change(kind="added" if was is None else "removed", what=what, name=name, before=before, after=after, seen_by=seen.code)


def _parts(what: str, name: str, was: Plain, now: Plain, skipped: set[str], seen: Audience) -> Iterator[Change]:
    for part in {**was, **now}:
        if part and part not in skipped and _lean(was.get(part)) != _lean(now.get(part)):
            yield Change(kind="changed", what=what, name=name, part=part, before=told(was.get(part)), after=told(now.get(part)), seen_by=seen.code)


def _lean(part: Any) -> Any:
    """A part without what says nothing, so that a word which the house learns later changes no study that does not use it."""
    if isinstance(part, Mapping):
        return {name: lean for name, one in part.items() if (lean := _lean(one)) is not None} or None
    if isinstance(part, list | tuple):
        return [_lean(one) for one in part] or None
    if isinstance(part, str) and (named := _FUNCTION.fullmatch(part)) and not part.startswith("trialwright."):
        return f"{named[1]}:{named[2]}"  # a study's own function: its folder may have another name
    return None if part is False or part == "" else part


def told(part: Any) -> str:
    """A part of a definition in one line."""
    if isinstance(part, Mapping):
        if part.get("") == "Text":
            return f"{part['en']} / {part['zh']}" if part["en"] != part["zh"] else str(part["en"])
        return "; ".join(f"{name} {told(one)}" for name, one in part.items() if name and _lean(one) is not None)
    if isinstance(part, list | tuple):
        return ", ".join(told(one) for one in part)
    return "" if part is None or part is False else "✓" if part is True else str(part)


def _by_code(many: Any) -> dict[str, Plain]:
    return {str(one.get("code") or one["name"]): one for one in many}


def _items(form: Plain) -> dict[str, Plain]:
    return {item["code"]: {**item, "section": section["title"]} for section in form["sections"] for item in section["items"]}


def _terms(item: Plain) -> dict[str, Any]:
    return {term["code"]: term["label"] for term in (item.get("codelist") or {"terms": ()})["terms"]}


def _audience(item: Plain | None) -> Audience:
    return audience(item["audience"]) if item and item["audience"] else Audience(0)


def _seen(plain: Plain, form: str) -> Audience:
    """Everybody who may read something of a form."""
    found = Audience(0)
    for one in plain["forms"]:
        for item in _items(one).values() if one["code"] == form else ():
            found |= _audience(item)
    return found
