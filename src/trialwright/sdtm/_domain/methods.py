"""How values come about that nobody wrote down: in words or as a formula, with the function that does it."""

from collections.abc import Mapping

from attrs import frozen

from trialwright.protocol import Instrument


@frozen
class Method:
    """How a value is derived; `by` names the function as module:function."""

    words: str
    by: str = ""


_DAY = "trialwright.sdtm._domain.days:study_day"
_FRAME = "trialwright.sdtm._domain.records:framed"
GENERAL: Mapping[str, Method] = {
    "USUBJID": Method("STUDYID and SUBJID, joined by a hyphen", "trialwright.sdtm._domain.people:people"),
    "--SEQ": Method("Numbered from 1 within each subject, in the order of the keys of the data set", _FRAME),
    "--DY": Method("Date part of --DTC minus date part of RFSTDTC, plus 1 day when --DTC is on or after RFSTDTC; null when a date is not complete", _DAY),
    "--STDY": Method("Date part of --STDTC minus date part of RFSTDTC, plus 1 day when --STDTC is on or after RFSTDTC; null when a date is not complete", _DAY),
    "--ENDY": Method("Date part of --ENDTC minus date part of RFSTDTC, plus 1 day when --ENDTC is on or after RFSTDTC; null when a date is not complete", _DAY),
    "EPOCH": Method("The epoch of the element (SE) in which the start date of the record lies; the first epoch before the start of the second element; "
                    "the epoch of the planned visit when the record has no date", "trialwright.sdtm._domain.people:Person.epoch"),
    "--STRESC": Method("--ORRES as collected; no conversion of units takes place", "trialwright.sdtm._domain.records:findings"),
    "--STRESN": Method("Number in --STRESC; null when --STRESC is no number", "trialwright.sdtm._domain.records:findings"),
    "--STRESU": Method("--ORRESU; no conversion of units takes place", "trialwright.sdtm._domain.records:findings"),
    "--LOBXFL": Method("Y for the last record of each test (within category, evaluator, method, specimen, binding agent) with a result and a complete "
                       "date on or before the date of RFXSTDTC; assessments of that day precede the dose",
                       "trialwright.sdtm._domain.records:with_last_before_exposure"),
    "VISITDY": Method("Planned day of the visit counted from the reference day, plus 1 day when on or after it", _FRAME),
}  # fmt: skip
"""What holds for every domain, by the variable (-- for the two letters of the domain)."""


def scored(words: str, instrument: Instrument, by: str) -> Method:
    """The method of a score: the exact rule of its instrument, with the first of its sources."""
    name = instrument.name.en
    return Method(f"{words}. {name}, rule {instrument.version}; {instrument.references[0]}", f"trialwright.instruments.{by}")
