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
          "ref": "0" * 16, "account": "nobody", "file": "e2b.xml", "link": "x" * 24}  # fmt: skip


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
        if "POST" in methods and verdict(name, "POST", role) and name not in ("logout", "screen", "seal"):
            places = {"form": "ADVERSE_EVENTS"} if "<str:row>" in pattern else {}
            before = len(gate.casebook(Audience.CUSTODIAN).everything)
            found = someone.post(address(pattern, **places))
            assert found.status_code in (200, 302, 303, 400, 404, 422), name
            if found.status_code not in (302, 303):
                assert len(gate.casebook(Audience.CUSTODIAN).everything) == before, name


@pytest.mark.req("BLI-04")
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
