"""What is checked across the answers of this study: the checks of its forms, and that every day lies in its window."""

from trialwright.forms import adverse_events, circulation, demographics, dosing, laboratory, lung_function, medications
from trialwright.protocol import Check
from trialwright.protocol.checks import windowed

_DAYS = {
    "MRSS": "MRSSDAT",
    "ACTIVITY": "ACTDAT",
    "GIT2": "GITDAT",
    "HAQ": "HAQDAT",
    "SHAQ": "SHAQDAT",
    "RAND36": "RANDDAT",
    "EQ5D": "EQDAT",
    "GUESS": "GUESSDAT",
}

CHECKS: tuple[Check, ...] = (
    *demographics.CHECKS,
    *lung_function.CHECKS,
    *laboratory.CHECKS,
    *circulation.CHECKS,
    *medications.CHECKS,
    *dosing.CHECKS,
    *adverse_events.CHECKS,
    *(windowed(form, day) for form, day in _DAYS.items()),
)
