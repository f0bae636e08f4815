"""Laboratory results on screen: chosen, looked at, saved; nothing is saved that was not seen."""

import html
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.web.desk import OLD
from trialwright.protocol import Audience
from trialwright.record import Answer
from trialwright.testing import START, actor

pytestmark = [pytest.mark.web, pytest.mark.req("DAT-08")]
HEAD = "patient,sampled,test,result,unit\n"


def chosen(*rows: str, name: str = "results.csv") -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, (HEAD + "\n".join(rows)).encode())}


def hidden(response: Any) -> dict[str, str]:
    """What the preview sends back when somebody agrees to it."""
    found = re.findall(r'name="(content|name|agreed)" value="([^"]*)"', response.content.decode())
    return {name: html.unescape(value) for name, value in found}


def page(gate) -> dict[str, str]:
    return gate.casebook(Audience.COORDINATOR).subject(OLD).page("BASELINE", "LABORATORY").answers


def test_results_are_shown_first_and_saved_when_somebody_agrees(client, gate) -> None:
    coordinator = client(Audience.COORDINATOR)
    assert 'type="file"' in coordinator.get("/laboratory").content.decode()
    shown = coordinator.post("/laboratory", chosen(f"{OLD},2026-01-05,HGB,130,g/L", f"{OLD},2026-01-05,ALT,12,U/L", "NOBODY,2026-01-05,ALT,9,U/L"))
    assert shown.status_code == 200 and page(gate) == {}
    text = shown.content.decode()
    assert "left out: unknown patient" in text and "Hemoglobin" in text
    agreed = hidden(shown)
    assert set(agreed) == {"content", "name", "agreed"}
    saved = coordinator.post("/laboratory", agreed)
    assert (saved.status_code, saved["Location"]) == (303, "/laboratory")
    assert page(gate) == {"LBDAT": "2026-01-05", "HGB": "130", "ALT": "12"}
    again = coordinator.post("/laboratory", agreed)
    assert "Nothing would change" in again.content.decode()
    history = coordinator.get(f"/subject/{OLD}/visit/BASELINE/LABORATORY/history").content.decode()
    assert "coordinator" in history


def test_what_was_not_seen_is_not_saved(client, gate) -> None:
    """Between looking and agreeing, somebody else saved a value: the preview comes again."""
    coordinator = client(Audience.COORDINATOR)
    agreed = hidden(coordinator.post("/laboratory", chosen(f"{OLD},2026-01-05,HGB,130,g/L")))
    gate.do(actor(Audience.PHYSICIAN), Answer(subject=OLD, visit="BASELINE", form="LABORATORY", entries={"HGB": "120"}), START)
    moved = coordinator.post("/laboratory", agreed)
    assert "The record has changed since you looked" in moved.content.decode() and page(gate) == {"HGB": "120"}
    without = coordinator.post("/laboratory", hidden(moved))
    assert without.status_code == 422 and page(gate) == {"HGB": "120"}
    coordinator.post("/laboratory", {**hidden(moved), "reason": "the laboratory corrected it"})
    assert page(gate)["HGB"] == "130"


@pytest.mark.parametrize(("sent", "told"), [
    (chosen(f"{OLD},2026-01-05,HGB,13,g/dL"), "g/dL"),
    (chosen(f"{OLD},2026-01-05,HGB,<script>alert(1)</script>,g/L"), "&lt;script&gt;"),
    (chosen("a,b"), "columns"),
    ({"file": SimpleUploadedFile("r.csv", b"x" * 1_000_001)}, "1,000,000"),
    ({}, "choose a file first"),
    ({"content": "%%%", "name": "x", "agreed": "y"}, "cannot be read"),
])  # fmt: skip
def test_what_cannot_be_used_is_refused_in_words_and_nothing_is_saved(client, gate, sent, told: str) -> None:
    found = client(Audience.COORDINATOR).post("/laboratory", sent)
    text = found.content.decode()
    assert found.status_code == 422 and told in text and "<script>alert" not in text
    assert page(gate) == {}


def test_the_page_is_told_in_chinese_and_says_when_it_shows_what_hints_at_the_arm(client) -> None:
    doctor = client(Audience.PHYSICIAN, language="zh")
    assert "导入检验结果" in doctor.get("/laboratory").content.decode()
    rows = (f"{OLD},2026-01-05,IGG,12.5,g/L", f"{OLD},2026-01-05,HGB,130,g/L")
    assert 'class="unblinded"' in doctor.post("/laboratory", chosen(*rows)).content.decode()
    assert 'class="unblinded"' not in doctor.post("/laboratory", chosen(rows[1])).content.decode()
