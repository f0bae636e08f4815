"""The casebook of one subject to take away on paper: a copy of what this person may see, and nothing else."""

from django.http import HttpResponse

from trialwright.capture.accounts import note
from trialwright.capture.desk import Call


def casebook(call: Call, subject: str) -> HttpResponse:
    """The PDF, in the language of the person (the report is loaded only when somebody prints). That it was printed is noted in the log of accounts."""
    from trialwright.report.casebook_pdf import Reader, casebook_pdf
    from trialwright.report.render.pdf import forget

    known = call.subject(subject)
    reader = Reader(role=call.role, by=call.account, at=call.now, language=call.language, virtual=call.desk.virtual)
    made = casebook_pdf(call.study, call.book, known.id, reader)
    forget()
    note(f"casebook of {known.id} printed", call.account, call.role, call.now)
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{call.study.code}-{known.id}.pdf"'
    return response
