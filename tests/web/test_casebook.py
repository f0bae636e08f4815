"""The casebook of a subject to take away, from his page."""

import pytest

from tests.web.desk import OLD
from trialwright.capture import accounts
from trialwright.protocol import Audience

pytestmark = [pytest.mark.web, pytest.mark.req("REC-01")]


@pytest.mark.req("AUD-05")
def test_it_is_downloaded_from_the_page_of_the_subject_and_noted(client) -> None:
    monitor = client(Audience.MONITOR)
    assert f'href="/subject/{OLD}/casebook.pdf"' in monitor.get(f"/subject/{OLD}").content.decode()
    found = monitor.get(f"/subject/{OLD}/casebook.pdf")
    assert (found.status_code, found["Content-Type"]) == (200, "application/pdf")
    assert found["Content-Disposition"] == f'attachment; filename="NCT06546540-{OLD}.pdf"'
    assert found["Cache-Control"] == "no-store"
    assert found.content.startswith(b"%PDF-")
    assert accounts.log()[-1][1:] == (f"casebook of {OLD} printed", "monitor", "MONITOR")


@pytest.mark.parametrize(("role", "subject"), [(Audience.EVALUATOR, OLD), (Audience.DATA_MANAGER, "ZZZZZZ")])
def test_there_is_none_for_the_evaluator_nor_of_a_stranger(client, role: Audience, subject: str) -> None:
    someone = client(role)
    absent, found = someone.get("/nothing"), someone.get(f"/subject/{subject}/casebook.pdf")
    assert (found.status_code, found.content) == (404, absent.content)
