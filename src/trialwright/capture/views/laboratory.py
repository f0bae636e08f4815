"""Taking in laboratory results: choose a file, see what would happen to every result, then save all of it or nothing."""

import binascii
from base64 import b64decode, b64encode

from django.http import HttpResponse

from trialwright.blinding import Actor
from trialwright.capture.app import LABORATORY
from trialwright.capture.desk import Call
from trialwright.capture.pages import go, render
from trialwright.exchange.datasets import Fault
from trialwright.exchange.laboratory import FATES, LEFT_OUT, Fate, LaboratoryPlan, foresee, take_in
from trialwright.exchange.laboratory_file import (
    LONGEST,
    NEEDED,
    LaboratoryMapping,
    UnusableResults,
    plain_mapping,
    refused,
)
from trialwright.protocol import Text
from trialwright.record import Refused

ORDER = (Fate.FAULTY, Fate.CHANGED, Fate.NEW, *LEFT_OUT, Fate.SAME)


def laboratory(call: Call) -> HttpResponse:
    """The page. What was sent with the preview comes back with the consent to it, so that nothing lies about in between."""
    if call.request.method == "GET":
        return _choose(call)
    try:
        file, content = _sent(call)
        plan = foresee(call.study, call.book, call.role, mapping_of(call), content, file, call.today)
    except UnusableResults as problem:
        return _choose(call, problem.faults)
    agreed = call.request.POST.get("agreed", "")
    if agreed != plan.digest or plan.faults or plan.changes_nothing:
        return _preview(call, plan, content, moved=bool(agreed) and agreed != plan.digest)
    try:
        entries = take_in(call.desk.gate, Actor(name=call.account, role=call.role), plan, call.request.POST.get("reason", ""), call.now)
    except Refused as problem:
        return _preview(call, plan, content, problem=problem)
    return go(call, "laboratory", say=call.say("laboratory-saved", count=len(entries)))


def mapping_of(call: Call) -> LaboratoryMapping:
    """The mapping of the hospital's laboratory, or the study's own words."""
    found: LaboratoryMapping | None = call.request.META.get(LABORATORY)
    return found or plain_mapping(call.study)


def _sent(call: Call) -> tuple[str, bytes]:
    """The name and the bytes of the file: as chosen, or as they came back from the preview."""
    chosen = call.request.FILES.get("file")
    if chosen is not None:
        name = str(chosen.name)
        if (chosen.size or 0) > LONGEST:
            raise refused(name, Text(f"the file is too long: at most {LONGEST:,} bytes are taken. Export a shorter period.",
                                     f"文件过大，最多 {LONGEST:,} 字节，请缩短导出时段。"))  # fmt: skip
        return name, chosen.read()
    kept = call.request.POST.get("content", "")
    if not kept:
        raise refused("—", Text("choose a file first.", "请先选择文件。"))
    try:
        return call.request.POST.get("name", "")[:100], b64decode(kept, validate=True)
    except (binascii.Error, ValueError):
        raise refused("—", Text("what came back from the preview cannot be read. Choose the file again.", "预览内容无法读取，请重新选择文件。")) from None


def _choose(call: Call, faults: tuple[Fault, ...] = ()) -> HttpResponse:
    columns = ", ".join(mapping_of(call).column(ours) for ours in NEEDED)
    return render(call, "laboratory.html", status=422 if faults else 200, plan=None, faults=faults, columns=columns)


def _preview(call: Call, plan: LaboratoryPlan, content: bytes, *, moved: bool = False, problem: Refused | None = None) -> HttpResponse:
    groups = [(fate, [one for one in plan.results if one.fate is fate]) for fate in ORDER]
    reveals = any(call.study.item(one.form, one.item).hints_at_arm for one in plan.results if one.form and one.item)
    return render(call, "laboratory.html", status=422 if problem or plan.faults else 200, plan=plan, groups=[group for group in groups if group[1]],
                  fates=FATES, problem=problem, moved=moved, content=b64encode(content).decode(), faults=(), reveals=reveals,
                  open_ones=(Fate.FAULTY, Fate.CHANGED, Fate.NEW))  # fmt: skip
