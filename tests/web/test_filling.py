"""Filling pages: what is saved, what is refused and how it says so, and that nothing is ever half-written or silently overwritten."""

import re
from datetime import timedelta

import pytest

from tests.web.desk import NEW, OLD, sent
from trialwright.capture.testing import PASSWORD
from trialwright.protocol import Absence, Audience
from trialwright.record import Answer
from trialwright.record.events import Corrected
from trialwright.testing import START, actor

pytestmark = pytest.mark.web
LUNG = f"/subject/{OLD}/visit/BASELINE/LUNG"
LABS = f"/subject/{OLD}/visit/W4/LABORATORY"
SCREENING_LUNG = f"/subject/{NEW}/visit/SCREENING/LUNG"
AE = f"/subject/{OLD}/log/ADVERSE_EVENTS"
COORDINATOR = Audience.COORDINATOR


def saved(gate, subject: str, visit: str, form: str, row: str = "") -> dict[str, str]:
    return gate.casebook(Audience.CUSTODIAN).subject(subject).page(visit, form, row).answers


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_a_page_is_saved_in_canonical_form_and_says_so_after_the_commit(client, gate) -> None:
    someone = client(COORDINATOR)
    answer = someone.post(SCREENING_LUNG, sent({"LUNGDAT": "２０２６-０２-０３", "FVC": " 2,90 ", "HEIGHT": "170"}))
    assert (answer.status_code, answer["Location"]) == (303, SCREENING_LUNG)
    assert saved(gate, NEW, "SCREENING", "LUNG") == {"LUNGDAT": "2026-02-03", "FVC": "2.90", "HEIGHT": "170"}
    page = text(someone.get(SCREENING_LUNG))
    assert "Saved at 09:00:00: 3 answers." in page and "Saved at" not in text(someone.get(SCREENING_LUNG))


@pytest.mark.req("DAT-02")
@pytest.mark.parametrize("item, value, why", [
    ("FVC", "12", "outside the possible range"), ("FVC", "three", "cannot be read"), ("LUNGDAT", "2026-02-30", "is not a date"),
    ("LUNGDAT", "2026-03-01", "lies in the future"), ("HEIGHT", "170.55", "too many decimals"),
])  # fmt: skip
def test_an_impossible_answer_is_refused_with_the_whole_page(client, gate, item: str, value: str, why: str) -> None:
    before = len(gate.casebook(Audience.CUSTODIAN).everything)
    entries = {"LUNGDAT": "2026-02-03", "FVC": "2.90", "HEIGHT": "170", item: value}
    answer = client(COORDINATOR).post(SCREENING_LUNG, sent(entries))
    page = text(answer)
    assert answer.status_code == 422 and len(gate.casebook(Audience.CUSTODIAN).everything) == before
    assert page.count(why) == 2, "once in the summary and once at the field"
    assert f'href="#f-{item}"' in page and f'value="{value}"' in page and "<title> Error:" not in page and "Error: Lung" in page
    assert all(f'value="{entry}"' in page for entry in entries.values()), "nothing that was typed is lost"


def test_mistakes_are_told_in_chinese(client) -> None:
    page = text(client(COORDINATOR, language="zh").post(SCREENING_LUNG, sent({"FVC": "12"})))
    assert "超出可能范围" in page and 'lang="zh-Hans"' in page


def test_an_unusual_answer_asks_for_a_confirmation(client, gate) -> None:
    someone = client(COORDINATOR)
    asked = someone.post(SCREENING_LUNG, sent({"FVC": "0.90"}))
    assert asked.status_code == 422 and "is unusual" in text(asked) and 'name="ok.FVC"' in text(asked)
    assert saved(gate, NEW, "SCREENING", "LUNG") == {}
    stale = sent({"FVC": "0.80"}, **{"ok.FVC": "0.90", "because.FVC": "repeated"})
    assert someone.post(SCREENING_LUNG, stale).status_code == 422, "another value, another question"
    assert someone.post(SCREENING_LUNG, sent({"FVC": "0.90"}, **{"ok.FVC": "0.90", "because.FVC": "  "})).status_code == 422, "a reason is needed"
    right = {"ok.FVC": "0.90", "because.FVC": "repeated: the same result"}
    assert someone.post(SCREENING_LUNG, sent({"FVC": "0.90"}, **right)).status_code == 303
    assert saved(gate, NEW, "SCREENING", "LUNG") == {"FVC": "0.90"}
    assert someone.post(SCREENING_LUNG, sent({"FVC": "0.90", "HEIGHT": "170"}, {"FVC": 1})).status_code == 303, "what was confirmed is not asked again"
    assert "Confirmed: repeated: the same result" in text(someone.get(f"{SCREENING_LUNG}/history"))
    assert "Confirmed: repeated: the same result" in text(client(Audience.MONITOR).get(SCREENING_LUNG)), "reviewers see it"
    assert "Held to be right: repeated: the same result" in text(client(Audience.MONITOR).get(f"/subject/{NEW}/trail"))


@pytest.mark.req("DAT-03")
def test_an_absence_has_a_reason_and_is_not_a_value(client, gate) -> None:
    someone = client(COORDINATOR)
    assert someone.post(SCREENING_LUNG, sent({"FVC": ""}, **{"a.FVC": "not assessable"})).status_code == 303
    cell = gate.casebook(COORDINATOR).subject(NEW).page("SCREENING", "LUNG").cells["FVC"]
    assert (cell.value, cell.absence) == (None, Absence.NOT_ASSESSABLE)
    both = someone.post(SCREENING_LUNG, sent({"HEIGHT": "170"}, **{"a.HEIGHT": "unknown"}))
    assert both.status_code == 422 and "Keep one of them" in text(both)
    invented = someone.post(SCREENING_LUNG, sent({"HEIGHT": ""}, **{"a.HEIGHT": "dog ate it"}))
    assert invented.status_code == 422 and "not a reason offered here" in text(invented)


@pytest.mark.req("AUD-03")
def test_a_change_needs_a_reason_and_keeps_the_old_value(client, gate) -> None:
    someone = client(COORDINATOR)
    refused = someone.post(LUNG, sent({"FVC": "3.01"}, {"FVC": 1}))
    assert refused.status_code == 422 and "Say why" in text(refused) and saved(gate, OLD, "BASELINE", "LUNG")["FVC"] == "3.10"
    assert someone.post(LUNG, sent({"FVC": "3.01"}, {"FVC": 1}, reason="typing error")).status_code == 303
    last = gate.casebook(COORDINATOR).subject(OLD).page("BASELINE", "LUNG").cells["FVC"].entries
    assert [entry.event.value for entry in last] == ["3.10", "3.01"]
    assert isinstance(last[1].event, Corrected) and last[1].event.reason == "typing error"
    history = text(someone.get(f"{LUNG}/history"))
    assert "3.10 L → <b>3.01 L</b>" in history and "typing error" in history and "coordinator" in history


def test_a_saved_answer_cannot_be_emptied(client, gate) -> None:
    refused = client(COORDINATOR).post(LUNG, sent({"FVC": ""}, {"FVC": 1}, reason="none"))
    assert refused.status_code == 422 and "is not emptied" in text(refused)
    assert saved(gate, OLD, "BASELINE", "LUNG")["FVC"] == "3.10"


def test_saving_without_a_change_writes_nothing(client, gate) -> None:
    before = len(gate.casebook(Audience.CUSTODIAN).everything)
    someone = client(COORDINATOR)
    assert someone.post(LUNG, sent({"FVC": "3.1０", "HEIGHT": "168"}, {"FVC": 1, "HEIGHT": 1})).status_code == 303
    assert len(gate.casebook(Audience.CUSTODIAN).everything) == before and "Nothing was changed" in text(someone.get(LUNG))


@pytest.mark.req("DAT-05")
def test_two_people_on_one_page_never_overwrite_each_other(client, gate) -> None:
    """The second sees both values, and only what he then chooses is written; what he did not touch is no conflict."""
    first, second = client(COORDINATOR), client(Audience.PHYSICIAN)
    assert first.post(LUNG, sent({"FVC": "3.01"}, {"FVC": 1}, reason="typing error")).status_code == 303
    clash = second.post(LUNG, sent({"FVC": "3.20"}, {"FVC": 1}, reason="the source document says otherwise"))
    page = text(clash)
    assert clash.status_code == 409 and "3.20" in page and "3.01" in page and "coordinator saved another answer at 2026-02-04 09:00" in page
    assert saved(gate, OLD, "BASELINE", "LUNG")["FVC"] == "3.01"
    assert 'name="seen.FVC" value="2"' in page
    kept = second.post(LUNG, sent({"FVC": "3.20"}, {"FVC": 2}, reason="x", **{"pick.FVC": "saved"}))
    assert kept.status_code == 303 and saved(gate, OLD, "BASELINE", "LUNG")["FVC"] == "3.01"
    mine = second.post(LUNG, sent({"FVC": "3.20"}, {"FVC": 2}, reason="the source document says otherwise", **{"pick.FVC": "mine"}))
    assert mine.status_code == 303 and saved(gate, OLD, "BASELINE", "LUNG")["FVC"] == "3.20"
    untouched = first.post(LUNG, sent({"FVC": "3.01", "HEIGHT": "169"}, {"FVC": 2, "HEIGHT": 1}, reason="typing error"))
    assert untouched.status_code == 303 and saved(gate, OLD, "BASELINE", "LUNG") | {"LUNGDAT": ""} == {"LUNGDAT": "", "FVC": "3.20", "HEIGHT": "169"}


def test_nobody_fills_what_is_another_roles_or_nobodys(client, gate) -> None:
    before = len(gate.casebook(Audience.CUSTODIAN).everything)
    entries = sent({"FVC": "2.90"})
    for role, path in ((COORDINATOR, f"/subject/{OLD}/visit/W4/MRSS"), (Audience.EVALUATOR, LUNG), (Audience.MONITOR, LUNG), (Audience.SAFETY, LUNG),
                       (COORDINATOR, "/subject/NOBODY/visit/BASELINE/LUNG"), (COORDINATOR, f"/subject/{OLD}/visit/W8/LUNG"),
                       (COORDINATOR, f"/subject/{OLD}/visit/W99/LUNG"), (COORDINATOR, f"/subject/{OLD}/log/LUNG/new"),
                       (COORDINATOR, f"/subject/{OLD}/log/ADVERSE_EVENTS/NOROWS")):  # fmt: skip
        assert client(role).post(path, entries).status_code == 404, path
    early = client(COORDINATOR).post(f"/subject/{NEW}/visit/W4/LABORATORY", sent({"LBDAT": "2026-02-03"}))
    assert early.status_code in (404, 422)
    assert len(gate.casebook(Audience.CUSTODIAN).everything) == before


def test_an_item_of_another_form_or_a_wild_revision_changes_nothing(client, gate) -> None:
    before = len(gate.casebook(Audience.CUSTODIAN).everything)
    someone = client(COORDINATOR)
    assert someone.post(LUNG, sent({"FACE": "3", "AETERM": "x"})).status_code == 303
    assert someone.post(LUNG, sent({"FVC": "3.10"}) | {"seen.FVC": "-7e9"}).status_code == 303
    assert len(gate.casebook(Audience.CUSTODIAN).everything) == before


def test_a_log_grows_row_by_row_and_each_row_keeps_its_history(client, gate) -> None:
    someone = client(Audience.PHYSICIAN)
    event = {"AETERM": "cough", "AESTDAT": "2026-01-UK", "AETOXGR": "1", "AESER": "N", "AEREL": "UNLIKELY", "AEACN": "DOSE NOT CHANGED",
             "AEOUT": "RECOVERING/RESOLVING"}  # fmt: skip
    assert someone.post(f"{AE}/new", sent(event))["Location"] == AE
    (row,) = gate.casebook(COORDINATOR).subject(OLD).rows("ADVERSE_EVENTS")
    where = f"{AE}/{row.place[2]}"
    assert "cough" in text(someone.get(AE)) and "unlikely" in text(someone.get(AE))
    assert someone.post(where, sent({"AETOXGR": "2"}, {"AETOXGR": 1}, reason="a query showed the mistake")).status_code == 303
    assert "1 → <b>2</b>" in text(someone.get(f"{where}/history"))
    assert "UNBLINDED" in text(someone.get(where))


def test_an_answer_that_is_not_asked_is_refused(client, gate) -> None:
    """The browser hides it; the server decides."""
    answer = client(Audience.PHYSICIAN).post(f"{AE}/new", sent({"AETERM": "cough", "AESER": "N", "AESDTH": "Y"}))
    assert answer.status_code == 422 and "asked only for certain answers" in text(answer)
    assert gate.casebook(COORDINATOR).subject(OLD).rows("ADVERSE_EVENTS") == ()


def test_a_page_that_was_not_done_says_why(client, gate) -> None:
    someone = client(COORDINATOR)
    assert someone.post(f"{LABS}/not-done", {"v.BECAUSE": ""}).status_code == 422
    assert someone.post(f"{LABS}/not-done", {"v.BECAUSE": "the sample clotted"}).status_code == 303
    assert "the sample clotted" in text(someone.get(LABS))
    assert gate.casebook(COORDINATOR).subject(OLD).page("W4", "LABORATORY").not_done is not None


@pytest.mark.req("SIG-03")
def test_a_signature_needs_the_password_and_falls_with_a_change(client, gate) -> None:
    someone = client(COORDINATOR)
    wrong = someone.post(f"{LUNG}/sign", {"meaning": "authored", "password": "wrong password"})
    assert wrong.status_code == 422 and "not your password" in text(wrong)
    assert not gate.casebook(COORDINATOR).subject(OLD).page("BASELINE", "LUNG").signatures
    assert someone.post(f"{LUNG}/sign", {"meaning": "authored", "password": PASSWORD})["Location"] == LUNG
    page = gate.casebook(COORDINATOR).subject(OLD).page("BASELINE", "LUNG")
    assert page.fully_signed and "signed" in text(someone.get(LUNG))
    someone.post(LUNG, sent({"FVC": "3.01"}, {"FVC": 1}, reason="typing error"))
    assert not gate.casebook(COORDINATOR).subject(OLD).page("BASELINE", "LUNG").fully_signed
    assert "fell: the page was changed afterwards" in text(someone.get(LUNG))


def test_an_incomplete_page_cannot_be_signed(client, gate) -> None:
    gate.do(actor(COORDINATOR), Answer(subject=NEW, visit="SCREENING", form="LUNG", entries={"FVC": "2.90"}), START)
    refused = client(COORDINATOR).post(f"{SCREENING_LUNG}/sign", {"meaning": "authored", "password": PASSWORD})
    assert refused.status_code == 422 and "are missing" in text(refused)


def test_what_people_write_is_text_and_never_markup(client) -> None:
    someone = client(COORDINATOR)
    someone.post(f"{AE}/new", sent({"AETERM": "<script>alert(1)</script>"}))
    assert "<script>alert" not in text(someone.get(AE)) and "&lt;script&gt;" in text(someone.get(AE))


def test_one_is_not_many(client, clock) -> None:
    clock.now = START + timedelta(days=4)
    assert "1 day old" in text(client(Audience.COORDINATOR).get("/")) and "1 days" not in text(client(Audience.COORDINATOR).get("/"))


def test_a_text_that_is_too_long_is_returned_whole_and_never_cut(client) -> None:
    long = "word " * 300
    answer = client(Audience.MONITOR).post(f"/subject/{OLD}/visit/BASELINE/LUNG/ask/HEIGHT", {"v.QUESTION": long})
    assert answer.status_code == 422 and long.strip() in text(answer) and "maxlength" not in text(answer)
