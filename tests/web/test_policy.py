"""Every route has a verdict for every role, and what is forbidden looks exactly like what does not exist."""

from urllib.parse import quote

import pytest
from django.urls import get_resolver

from tests.web.desk import NEW, OLD
from trialwright.capture import routes, verdict
from trialwright.capture.policy import ROUTES
from trialwright.protocol import Audience

pytestmark = pytest.mark.web
STAFF = [role for role in Audience if role is not Audience.PATIENT]
PLACES = {"subject": OLD, "visit": "BASELINE", "form": "LUNG", "row": "new", "item": "FVC", "query": "NOQUERY",
          "ref": "0" * 16, "account": "nobody", "attachment": "NOFILE22", "job": "NOCOPY222222", "file": "e2b.xml", "link": "x" * 24}  # fmt: skip


def address(pattern: str, **other: str) -> str:
    for name, value in {**PLACES, **other}.items():
        pattern = pattern.replace(f"<str:{name}>", value)
    return pattern


@pytest.mark.req("ACC-02")
def test_every_address_is_declared_and_every_declared_route_has_an_address(client) -> None:
    client(Audience.MONITOR).get("/")
    assert {one.name for one in get_resolver().url_patterns} == {route.name for route in ROUTES} == {name for name, _, _ in routes()}


@pytest.mark.req("ACC-02")
def test_an_undeclared_route_is_closed_to_all() -> None:
    assert not any(verdict("export-everything", method, role) for method in ("GET", "POST") for role in [None, *STAFF])


@pytest.mark.req("ACC-02")
@pytest.mark.parametrize("role", STAFF, ids=lambda role: role.name)
def test_what_a_role_may_not_open_is_not_there(client, role: Audience) -> None:
    """Each route by each method: a forbidden one gives the bytes of a page that does not exist, even before any token is looked at."""
    someone = client(role, checked=True)
    absent = {method: someone.generic(method, "/no/such/page") for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")}
    for name, pattern, _ in routes():
        for method, nothing in absent.items():
            if not verdict(name, method, role):
                found = someone.generic(method, address(pattern))
                assert (found.status_code, found.content, dict(found.headers)) == (404, nothing.content, dict(nothing.headers)), (name, method)


@pytest.mark.parametrize("role", STAFF, ids=lambda role: role.name)
def test_what_a_role_may_open_opens(client, role: Audience) -> None:
    someone = client(role)
    opened = set()
    for name, pattern, methods in routes():
        if "GET" in methods and verdict(name, "GET", role):
            places = {"form": "ADVERSE_EVENTS"} if "<str:row>" in pattern or pattern.endswith("log/<str:form>") else {}
            found = someone.get(address(pattern, **places))
            assert found.status_code in (200, 302, 404), name
            opened |= {name} if found.status_code == 200 else set()
    assert opened >= ({"home"} if role is Audience.EVALUATOR else {"home", "subject", "screening", "trail", "form", "history", "queries", "visit"})


@pytest.mark.req("ACC-02")
@pytest.mark.parametrize("role", STAFF, ids=lambda role: role.name)
def test_what_a_role_may_send_is_taken_or_refused_in_words(client, gate, role: Audience) -> None:
    """Every route that this role may send to, with nothing in the form: never a breakdown, and a refusal leaves the record as it was."""
    someone = client(role)
    for name, pattern, methods in routes():
        if "POST" in methods and verdict(name, "POST", role) and name not in ("login", "logout", "screen", "seal"):
            places = {"form": "ADVERSE_EVENTS"} if "<str:row>" in pattern else {}
            before = len(gate.casebook(Audience.CUSTODIAN).everything)
            found = someone.post(address(pattern, **places))
            assert found.status_code in (200, 302, 303, 400, 404, 422), name
            if found.status_code not in (302, 303):
                assert len(gate.casebook(Audience.CUSTODIAN).everything) == before, name


REVIEWING = {"copy", "login", "language", "session", "logout", "password", "ask", "row-ask", "verify", "row-verify", "freeze", "row-freeze", "thaw", "row-thaw",
             "close", "sign-off", "erase"}  # fmt: skip
"""All that a monitor sends: his own account, questions, marks beside the data, and that something be erased."""


@pytest.mark.req("ACC-11", "INV-03")
def test_who_monitors_or_manages_data_writes_no_answer(client, gate) -> None:
    sends = {name for name, _, methods in routes() if "POST" in methods and verdict(name, "POST", Audience.MONITOR)}
    assert sends <= REVIEWING
    for role in (Audience.MONITOR, Audience.DATA_MANAGER, Audience.STATISTICIAN, Audience.CUSTODIAN):
        before = gate.casebook(Audience.CUSTODIAN).subject(OLD).page("BASELINE", "LUNG").answers
        found = client(role).post(f"/subject/{OLD}/visit/BASELINE/LUNG", {"v.FVC": "1.00", "seen.FVC": "1", "reason": "because", "then": "stay"})
        assert found.status_code == 404, role
        assert gate.casebook(Audience.CUSTODIAN).subject(OLD).page("BASELINE", "LUNG").answers == before


@pytest.mark.req("TIM-01")
def test_nobody_sets_the_time(client, gate, clock) -> None:
    """Whatever the browser says of the time, an entry bears the server's, in UTC; the page shows it at the place of the study with its zone."""
    someone = client(Audience.COORDINATOR)
    odd = {"HTTP_DATE": "Mon, 01 Jan 2001 00:00:00 GMT", "HTTP_X_TIME": "2001-01-01T00:00:00Z"}
    sent = {"v.FVC": "3.05", "seen.FVC": "1", "reason": "read again", "then": "stay", "at": "2001-01-01T00:00:00Z", "now": "2001-01-01"}
    assert someone.post(f"/subject/{OLD}/visit/BASELINE/LUNG", sent, **odd).status_code == 303
    last = gate.casebook(Audience.COORDINATOR).entries(OLD)[-1]
    assert last.at == clock() and str(last.at.tzinfo) == "UTC"
    assert "Times are those of Asia/Shanghai (UTC+08:00)" in someone.get(f"/entry/{last.ref}").content.decode()


@pytest.mark.req("ACC-03", "BLD-02")
def test_hidden_absent_and_forbidden_are_one_answer_to_the_evaluator(client) -> None:
    evaluator = client(Audience.EVALUATOR)
    absent = evaluator.get("/nothing")
    for path in (f"/subject/{OLD}", f"/subject/{NEW}/visit/BASELINE/MRSS", f"/subject/{OLD}/visit/BASELINE/LUNG", f"/subject/{OLD}/log/DOSING",
                 f"/subject/{OLD}/visit/W24/MRSS", f"/subject/{OLD}/visit/NEVER/MRSS", "/subject/ZZZZZZ/visit/BASELINE/MRSS", "/queries",
                 f"/subject/{OLD}/visit/BASELINE/LUNG/history", "/entry/0000000000000000", "/lock", "/release"):  # fmt: skip
        found = evaluator.get(path)
        assert (found.status_code, found.content, dict(found.headers)) == (404, absent.content, dict(absent.headers)), path


def test_without_an_account_every_address_leads_to_the_login(client) -> None:
    nobody = client(None)
    for path in ("/", "/nothing", f"/subject/{OLD}", "/lock"):
        found, back = nobody.get(path), "" if path == "/" else "?next=" + quote(path, safe="")
        assert (found.status_code, found["Location"], found.content) == (302, f"/login{back}", b""), path
