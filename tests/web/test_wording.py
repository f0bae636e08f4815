"""Licensed wording on the pages: the question under the number of its item, and the credit line above, in both languages."""

import pytest

from studies.telitacicept_ssc.protocol import STUDY
from tests.web.desk import OLD, Clock, trial
from tests.web.test_filling import text
from trialwright.capture.testing import client_for
from trialwright.protocol import Audience
from trialwright.protocol.wording import Question, Wording, own_items, worded, worded_forms
from trialwright.testing import later

pytestmark = pytest.mark.web
PAGE = f"/subject/{OLD}/visit/BASELINE/HAQ"


def _wording(language: str, question: str) -> Wording:
    form = next(form for form in worded_forms(STUDY) if form.code == "HAQ")
    instrument = next(one for one in STUDY.instruments if one.code == form.instrument)
    asked = tuple(Question(item=item.code, text=f"{question} {item.code}") for item in own_items(form))
    return Wording(instrument=instrument.code, version=instrument.version, language=language, questions=asked,
                   credit="Shown by permission.", holder="The Owner", licence="LIC-7")  # fmt: skip


def test_a_page_shows_the_words_and_the_credit_line_or_says_that_there_are_none() -> None:
    bare = text(client_for(trial(), Audience.COORDINATOR, Clock(later(30))).get(PAGE))
    assert "the wording belongs to its owners" in bare
    assert "Invented question" not in bare
    study = worded(STUDY, [_wording("en", "Invented question"), _wording("zh-CN", "虚构的问题")])
    client = client_for(trial(study), Audience.COORDINATOR, Clock(later(30)))
    english = text(client.get(PAGE))
    assert "Invented question HAQ01" in english
    assert "Shown by permission. (The Owner; LIC-7)" in english
    assert "the wording belongs to its owners" not in english
    client.post("/language", {"language": "zh", "next": PAGE})
    assert "虚构的问题 HAQ01" in text(client.get(PAGE))
