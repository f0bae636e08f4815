"""Informed consent: whether the patient agreed, when, and to which version of the sheet."""

from trialwright.protocol import SITE, Absence, Audience, Form, Item, Kind, Text, one_section, yes_no

FORM = Form(
    code="CONSENT",
    title=Text("Informed consent", "知情同意"),
    entered_by=Audience.COORDINATOR | Audience.PHYSICIAN,
    sections=one_section(
        Text("Consent", "知情同意"),
        [
            Item(
                code="AGREED",
                label=Text("Has the patient signed the consent form?", "受试者是否已签署知情同意书？"),
                kind=Kind.CHOICE,
                audience=SITE,
                codelist=yes_no(),
                absences=(),
                sdtm="DS.DSTERM where DSDECOD = INFORMED CONSENT OBTAINED",
            ),
            Item(
                code="CONSDAT",
                label=Text("Date of signature", "签署日期"),
                kind=Kind.DATE,
                audience=SITE,
                sdtm="DS.DSSTDTC where DSDECOD = INFORMED CONSENT OBTAINED; DM.RFICDTC",
            ),
            Item(
                code="CONSVER",
                label=Text("Version of the consent form", "知情同意书版本号"),
                kind=Kind.TEXT,
                audience=SITE,
                longest=40,
                required=False,
                absences=(Absence.UNKNOWN,),
                sdtm="[not submitted] kept as essential document",
            ),
        ],
    ),
)
