"""The words that the virtual people of NCT06546540 bring, in invented dictionaries: no term or code of a real one."""

from trialwright.forms.medications import DRUG
from trialwright.rehearsal.invented import invented_drugs, invented_events

EVENTS = invented_events({
    "infections": ("upper respiratory tract infection", "urinary tract infection", "herpes zoster", "pneumonia"),
    "reactions at the site": ("injection site reaction",),
    "laboratory findings": ("low immunoglobulin G",),
    "skin": ("digital ulcer",),
})  # fmt: skip
_STEROIDS = ("prednisone", "prednisolone", "methylprednisolone", "triamcinolone", "hydrocortisone", "cortisone", "dexamethasone", "betamethasone",
             "deflazacort")  # fmt: skip
DRUGS = invented_drugs({
    "steroids": _STEROIDS,
    "immunosuppressants": [term.label.en for term in DRUG.terms if term.code != "OTHER" and term.label.en not in _STEROIDS],
    "other drugs": ("nifedipine",),
})  # fmt: skip
