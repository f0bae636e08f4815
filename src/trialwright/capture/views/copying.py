"""A copy of the study to take away: asked for with its purpose, made while one waits, and written down."""

from functools import partial

from django.http import FileResponse, HttpResponse

from trialwright.blinding import Actor, Gate
from trialwright.capture.accounts import note
from trialwright.capture.copies import Copies, Copy
from trialwright.capture.desk import Call
from trialwright.capture.fields import box_values, boxes
from trialwright.capture.pages import go, render
from trialwright.capture.views.steps import item
from trialwright.protocol import Kind, Text, Wrong, yes_no
from trialwright.record import Act, Casebook, Refused, refusal
from trialwright.record.events import Exported
from trialwright.record.exports import Export

ASKED = (
    item("PURPOSE", Text("What is it for?", "用途")),
    item("RECIPIENT", Text("Who gets it? Name the institution, and the country if it is abroad", "接收方（机构；如在境外请注明国家）"), longest=200),
    item("BASIS", Text("On which ground may they have it?", "提供依据"), longest=200,
         hint=Text("Consent, ethics approval, contract; for a recipient abroad also the filing for human genetic resources and the transfer of data.",
                   "知情同意、伦理批件、合同；境外接收方另需人类遗传资源备案及数据出境依据。")),
    item("CASEBOOKS", Text("With the casebook of every subject as PDF?", "是否包含每位受试者的病例簿（PDF）？"), Kind.CHOICE, codelist=yes_no()),
    item("FILES", Text("With the files beside pages, as far as you may know of them?", "是否包含您有权查看的附件？"), Kind.CHOICE, codelist=yes_no()),
)  # fmt: skip


def copy(call: Call) -> HttpResponse:
    """The page: what a copy holds, the questions, and the copies that were taken, as far as this person may know of them."""
    wrongs: list[Wrong] = []
    problem, copies = None, call.desk.copies
    if call.request.method == "POST":
        if copies is None:
            raise refusal("not-found")
        values, wrongs = box_values(ASKED, call.request.POST)
        try:
            if wrongs:
                raise refusal("wrong-entries", wrongs=tuple(wrongs), count=len(wrongs))
            return _begun(call, copies, {code: str(value) for code, value in values.items()})
        except Refused as refused:
            problem = refused
    taken = [entry for entry in call.book.entries() if isinstance(entry.event, Exported)]
    return render(call, "copy.html", status=422 if problem else 200, fields=boxes(ASKED, call.request.POST, wrongs), problem=problem, taken=taken,
                  labels={one.code: one.label for one in ASKED}, blind=call.role in call.study.blinded, can=copies is not None,
                  reveals=call.role not in call.study.blinded)  # fmt: skip


def _begun(call: Call, copies: Copies, asked: dict[str, str]) -> HttpResponse:
    """Begins the copy of what the person may see at this moment. The words are looked at first, so that nobody waits in vain."""
    act = Act(study=call.study, by=call.account, role=call.role, at=call.now, draw=call.desk.draw)
    told = {"purpose": asked["PURPOSE"], "recipient": asked["RECIPIENT"], "basis": asked["BASIS"]}
    Export(**told, digest="").decide(call.book, act)
    code = act.code(12)
    begun = copies.ask(code, call.account, call.now, partial(_make, call, call.book, told, asked))
    if begun is None:
        wrong = Wrong(item="PURPOSE", because=Text("Your last copy is still being made. Wait until it is ready.", "您上一份副本仍在生成，请等待完成。"))
        raise refusal("wrong-entries", wrongs=(wrong,), count=1)
    return go(call, "copy-made", job=code)


def _make(call: Call, book: Casebook, told: dict[str, str], asked: dict[str, str], copy: Copy) -> str:
    """Writes the copy; once it is there, the record says so, and only then is it handed out. Runs beside all requests."""
    from trialwright.exchange.xpt import Unwritable
    from trialwright.report.casebook_pdf import Reader
    from trialwright.report.study_copy import Letter, write_copy

    def step(done: int, steps: int, what: Text) -> None:
        copy.done, copy.steps, copy.step = done, steps, what

    files = call.desk.attachments if asked["FILES"] == "Y" else None
    reader = Reader(role=call.role, by=call.account, at=copy.at, language=call.language, virtual=call.desk.virtual)
    letter = Letter(reader=reader, casebooks=asked["CASEBOOKS"] == "Y", read=files.read if files else None, **told)
    try:
        digest = write_copy(call.study, book, letter, copy.path, step)
    except Unwritable as problem:
        raise refusal("copy-unwritable", what=problem) from None
    gate: Gate = call.desk.gate
    gate.do(Actor(name=call.account, role=call.role), Export(**told, digest=digest), call.desk.clock())
    return digest


def _his(call: Call, job: str) -> Copy:
    found = call.desk.copies.of(call.account, job, call.now) if call.desk.copies else None
    if found is None:
        raise KeyError(job)
    return found


def made(call: Call, job: str) -> HttpResponse:
    """How far a copy is; the file once it is there."""
    return render(call, "copy_made.html", copy=_his(call, job), reveals=call.role not in call.study.blinded)


def file(call: Call, job: str) -> HttpResponse:
    """The file of a copy, to its author alone."""
    copy = _his(call, job)
    if not copy.digest:
        return go(call, "copy-made", job=job)
    note(f"copy of the study {copy.digest[:16]} taken", call.account, call.role, call.now)
    name = f"{call.study.code}-{(call.role.name or '').lower()}-{copy.at:%Y%m%dT%H%M}.zip"
    return FileResponse(copy.path.open("rb"), as_attachment=True, filename=name)  # type: ignore[return-value]  # it streams, and is an answer all the same
