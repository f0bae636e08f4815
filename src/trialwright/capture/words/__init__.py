"""Every phrase of the application in English and in Chinese, one module per part of it; the words of the study itself come from the study."""

from trialwright.capture.words import (
    balance,
    casebook,
    closing,
    coding,
    evaluator,
    frame,
    home,
    laboratory,
    monitoring,
    page,
    people,
    phone,
    queries,
    review,
    safety,
    screening,
    steps,
    study_page,
    trail,
    upkeep,
)
from trialwright.protocol import Text

PARTS: tuple[dict[str, Text], ...] = (
    frame.WORDS,
    home.WORDS,
    steps.WORDS,
    screening.WORDS,
    page.WORDS,
    people.WORDS,
    phone.WORDS,
    queries.WORDS,
    closing.WORDS,
    coding.WORDS,
    evaluator.WORDS,
    trail.WORDS,
    review.WORDS,
    safety.WORDS,
    casebook.WORDS,
    laboratory.WORDS,
    study_page.WORDS,
    balance.WORDS,
    monitoring.WORDS,
    upkeep.WORDS,
)
WORDS: dict[str, Text] = {word: text for part in PARTS for word, text in part.items()}
