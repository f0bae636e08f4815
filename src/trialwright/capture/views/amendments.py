"""Amendments: the version in force, what a proposal would change and touch, two people who propose and approve it, and the versions before."""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator

from attrs import frozen
from django.http import HttpResponse
from django.urls import reverse

from trialwright.capture.accounts import note
from trialwright.capture.desk import Call
from trialwright.capture.login import is_them
from trialwright.capture.pages import go, render
from trialwright.capture.policy import CLOSERS
from trialwright.capture.views.matrix import Task
from trialwright.protocol import Text, Unreadable, Wrong
from trialwright.protocol.amendment import KIND_NAMES, PART_NAMES, WHAT_NAMES, Plain, definition, differences
from trialwright.record import ApproveAmendment, ProposeAmendment, Refused, Status, refusal
from trialwright.record.amending import Pending, Touched, impact, pending, versions

LONGEST = 10_000_000
_FIRST = Text("Choose the file that trialwright amend wrote.", "请选择 trialwright amend 生成的文件。")
_WRONG_PASSWORD = Text("This is not your password. Type it again.", "密码不正确，请重新输入。")


@frozen(kw_only=True)
class Draft:
    """A definition that somebody looks at before he proposes it."""

    content: bytes
    plain: Plain
    touched: tuple[Touched, ...]

    @property
    def sent(self) -> str:
        return b64encode(self.content).decode()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def amendments(call: Call) -> HttpResponse:
    """The page, and what is done on it: look at a definition, propose it, approve what the other proposed."""
    act, draft, problem = call.request.POST.get("act", ""), None, None
    if call.request.method == "POST":
        try:
            if act == "approve":
                return _approved(call)
            draft = _draft(call)
            if act == "propose":
                return _proposed(call, draft)
        except Refused as refused:
            if refused.code == "not-found":
                raise
            problem = refused
    waits = pending(call.book)
    return render(call, "amendments.html", status=422 if problem else 200, problem=problem, draft=draft, waits=waits, history=versions(call.book)[::-1],
                  touched=impact(waits.changes, call.book) if waits else (), approves=_approves(call, waits),
                  proposes=call.role in CLOSERS and not call.book.locked, because=call.request.POST.get("because", ""),
                  label=lambda name: _label(call, name), kinds=KIND_NAMES, whats=WHAT_NAMES, parts=PART_NAMES)  # fmt: skip


def _approves(call: Call, waits: Pending | None) -> bool:
    """Whether the proposal waits for this person: for the one of the two who did not make it."""
    return bool(waits and not waits.approved and call.role in CLOSERS and waits.entry.role is not call.role and not call.book.locked)


def _draft(call: Call) -> Draft:
    """What was chosen, or came back from the preview."""
    chosen = call.request.FILES.get("file")
    if chosen is not None and (chosen.size or 0) > LONGEST:
        raise _wrong("FILE", Text(f"The file is too long: at most {LONGEST:,} bytes.", f"文件过大，最多 {LONGEST:,} 字节。"))
    try:
        content = chosen.read() if chosen is not None else b64decode(call.request.POST.get("content", ""), validate=True)
        if not content:
            raise _wrong("FILE", _FIRST)
        plain = definition(content)
    except Unreadable as problem:
        raise _wrong("FILE", problem.because) from None
    except ValueError:
        raise _wrong("FILE", _FIRST) from None
    changes = differences(json.loads(call.study.canonical), plain)
    return Draft(content=content, plain=plain, touched=impact(changes, call.book))


def _wrong(item: str, because: Text) -> Refused:
    return refusal("wrong-entries", wrongs=(Wrong(item=item, because=because),), count=1)


def _proposed(call: Call, draft: Draft) -> HttpResponse:
    _signed(call)
    call.do(ProposeAmendment(definition=draft.content.decode(), because=call.request.POST.get("because", "")))
    note("amendment proposed", call.account, call.role, call.now)
    return go(call, "amendments", say=call.say("amendment-proposed"))


def _approved(call: Call) -> HttpResponse:
    _signed(call)
    call.do(ApproveAmendment(digest=call.request.POST.get("digest", "")))
    note("amendment approved", call.account, call.role, call.now)
    return go(call, "amendments", say=call.say("amendment-approved"))


def _signed(call: Call) -> None:
    """The password again: both put their names under the amendment."""
    if not is_them(call, call.account, call.request.POST.get("password", "")):
        note("signature refused", call.account, call.role, call.now)
        raise _wrong("PASSWORD", _WRONG_PASSWORD)


def _label(call: Call, name: str) -> str:
    """What a changed thing is called on screen, where the running study knows it."""
    first, _, second = name.partition(".")
    if call.study.has_form(first) and call.study.form(first).asks(second):
        return call.t(call.study.item(first, second).label)
    if call.study.has_form(first):
        return call.t(call.study.form(first).title)
    if call.study.has_visit(first):
        return call.t(call.study.visit(first).name) + (f" · {call.t(call.study.form(second).title)}" if call.study.has_form(second) else "")
    return ""


def tasks(call: Call) -> Iterator[Task]:
    """For the one of the two whose approval a proposal waits for."""
    waits = pending(call.book)
    if waits and _approves(call, waits):
        day = waits.entry.at.astimezone(call.zone).date()
        yield Task(rank=1, day=day, subject="", status=Status.DUE, when=call.age(day), verb=call.say("open"), href=reverse("amendments"),
                   what=call.say("amendment-waits", version=waits.event.version))  # fmt: skip
