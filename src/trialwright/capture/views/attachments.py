"""Files beside a page: laid there, taken as they are, withdrawn with a reason. They never open in the browser."""

from django.http import HttpResponse

from trialwright.capture.accounts import note
from trialwright.capture.desk import Call
from trialwright.capture.pages import go, render
from trialwright.capture.views.casereport import Place, place
from trialwright.capture.views.steps import BECAUSE, Step, ask
from trialwright.protocol import Audience
from trialwright.record import Attach, Attachment, Detach, Refused, Subject, refusal
from trialwright.record.attachments import ENDINGS, LARGEST, MEDIA, media_of
from trialwright.store import Attachments


def attach(call: Call, subject: str, form: str, visit: str = "", row: str = "") -> HttpResponse:
    """Lay a file beside a page: the content is kept first, then the event says so."""
    here, kept, problem = place(call, subject, visit, form, row), call.desk.attachments, None
    if kept is None or here.closed is not None or not here.attachable:
        raise KeyError(form)
    if call.request.method == "POST":
        try:
            call.do(_taken(here, kept))
            return go(call, "row" if row else "form", say=call.say("attached"), subject=subject, form=form, **({"row": row} if row else {"visit": visit}))
        except Refused as refused:
            if refused.code == "not-found":
                raise
            problem = refused
    return render(call, "attach.html", status=422 if problem else 200, place=here, subject=here.subject, form=here.form, problem=problem,
                  visit_name=call.study.visit(visit).name if visit else None, accept=",".join(MEDIA), media=MEDIA.values(), most=LARGEST // 1024 // 1024,
                  reveals=any(item.hints_at_arm for item in here.form.items))  # fmt: skip


def _taken(here: Place, kept: Attachments) -> Attach:
    """The command for the file that was chosen, once its content is kept."""
    chosen = here.call.request.FILES.get("file")
    if chosen is None:
        raise refusal("no-file")
    size = chosen.size or 0
    content = chosen.read() if 0 < size <= LARGEST else b""
    media = media_of(content) or ""
    sha256 = kept.keep(content) if media else ""
    return Attach(subject=here.subject.id, visit=here.visit, form=here.form.code, row=here.row, name=str(chosen.name), media=media, size=size, sha256=sha256)


def _found(subject: Subject, attachment: str) -> Attachment:
    """The file, if this person may know of it; a `KeyError` for hidden and absent alike."""
    found = next((one for page in subject.pages.values() for one in page.attachments if one.event.attachment == attachment), None)
    if found is None:
        raise KeyError(attachment)
    return found


def attachment(call: Call, subject: str, attachment: str) -> HttpResponse:
    """The file as it was laid there, to be saved under a name that tells no person. That it was taken is written down."""
    event, kept = _found(call.subject(subject), attachment).event, call.desk.attachments
    if kept is None:
        raise KeyError(attachment)
    wrong = kept.fault(event.sha256, event.size)
    if wrong is not None:
        raise refusal("file-lost", name=event.name)
    note(f"file {attachment} of {subject} taken", call.account, call.role, call.now)
    response = HttpResponse(kept.read(event.sha256, event.size), content_type=event.media)
    response["Content-Disposition"] = f'attachment; filename="{subject}-{event.form}-{attachment}.{ENDINGS[event.media]}"'
    return response


def detach(call: Call, subject: str, attachment: str) -> HttpResponse:
    """Say that a file no longer counts as part of its page, and why."""
    event = _found(call.subject(subject), attachment).event
    if call.role not in call.study.form(event.form).entered_by or call.role is Audience.EVALUATOR:
        raise KeyError(attachment)
    step = Step(title="detach-file", lead="detach-lead", button="detach", items=(BECAUSE,),
                commands=lambda values: (Detach(subject=subject, attachment=attachment, because=values["BECAUSE"]),))  # fmt: skip
    where = {"subject": subject, "form": event.form, **({"row": event.row} if event.row else {"visit": event.visit})}
    return ask(call, step, lambda _: go(call, "row" if event.row else "form", say=call.say("detached"), **where), subject=subject, about=event.name)
