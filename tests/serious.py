"""A trial with one serious event, for the tests of its report."""

from datetime import timedelta

from studies.telitacicept_ssc.protocol import STUDY
from trialwright.blinding import Gate
from trialwright.protocol import Audience
from trialwright.record import Answer, Code
from trialwright.testing import START, actor, enrolled, in_memory

WHO, ROW = "KHTR42", "R1"
LOG = "ADVERSE_EVENTS"
EVENT = {
    "AETERM": "pneumonia", "AESTDAT": "2026-01-20", "AETOXGR": "3", "AESER": "Y", "AESDTH": "N", "AESLIFE": "N", "AESHOSP": "Y",
    "AESDISAB": "N", "AESCONG": "N", "AESMIE": "N", "AEREL": "POSSIBLE", "AEEXP": "N", "AEACN": "DRUG WITHDRAWN",
    "AEOUT": "RECOVERED/RESOLVED WITH SEQUELAE", "AEENDAT": "2026-02-01", "AENARR": "Fever & cough <39 °C; 肺部感染.", "AEHOSPI": "2026-01-20",
    "AERECHAL": "NOT_GIVEN", "AEREPQ": "PHYSICIAN", "AEKNOWN": "2026-01-21", "AEAWARE": "2026-01-21",
}  # fmt: skip
"""A serious, unexpected, suspected event: everything that its page asks."""


def at(day: int, hour: int = 2):
    """The moment some days after the trial began (2026-01-05), in the morning at the site."""
    return START + timedelta(days=day, hours=hour)


def trial(event: dict[str, str] | None = None, arm: str = "T", coded: bool = True) -> Gate:
    """One enrolled patient with demographics, two doses, a drug taken beside it, a blood sample, and one event."""
    gate = in_memory(STUDY)
    enrolled(gate, WHO, arm=arm, at=START, index=START.date())
    coordinator, physician = actor(Audience.COORDINATOR), actor(Audience.PHYSICIAN)
    person = {"BRTHDAT": "1974-03-05", "SEX": "F", "HEIGHT": "162.0", "WEIGHT": "58.5"}
    gate.do(coordinator, Answer(subject=WHO, visit="SCREENING", form="DEMOGRAPHICS", entries=person), at(0))
    for number, day in enumerate(("2026-01-05", "2026-01-12", "2026-01-26"), 1) if arm == "T" else ():
        dose = {"EXDAT": day, "EXGIVEN": "Y", "EXDOSE": "160", "EXLOC": "THIGH_L"}
        gate.do(coordinator, Answer(subject=WHO, form="DOSING", row=f"D{number}", entries=dose), at(25))
    drug = {"CMTRT": "PREDNISONE", "CMDOSE": "5", "CMDOSU": "mg", "CMDOSFRQ": "QD", "CMROUTE": "ORAL", "CMSTDAT": "2025-03", "CMONGO": "Y"}
    gate.do(coordinator, Answer(subject=WHO, form="MEDICATIONS", row="M1", entries=drug), at(1))
    blood = {"LBDAT": "2026-02-02", "WBC": "2.10", "ALT": "30", "IGG": "3.40", "IGA": "1.20", "IGM": "0.90"}
    gate.do(coordinator, Answer(subject=WHO, visit="W4", form="LABORATORY", entries=blood), at(28))
    gate.do(physician, Answer(subject=WHO, form=LOG, row=ROW, entries=EVENT if event is None else event), at(29))
    if coded:
        code = Code(subject=WHO, form=LOG, row=ROW, item="AETERM", dictionary="MedDRA", version="28.0", code="99000001", term="Pneumonia")
        gate.do(actor(Audience.SAFETY), code, at(29))
    return gate
