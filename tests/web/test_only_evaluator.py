"""The evaluator's own application: his routes and no others, for his accounts and no others, over a store that holds his compartment alone."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from django.test import override_settings

from studies.telitacicept_ssc.protocol import STUDY
from tests.web.desk import Clock, sent, skin
from tests.web.test_filling import text
from tests.web.test_policy import address
from trialwright.capture.desk import DESK
from trialwright.capture.policy import EVALUATOR_ROUTES, ROUTES
from trialwright.capture.settings import configure
from trialwright.capture.testing import PASSWORD, client_for, temporary_place
from trialwright.protocol import Audience
from trialwright.record import Answer, OpenStudy
from trialwright.store import Kept, begin_part, create, letter, open_trial, take
from trialwright.testing import START, actor, enrolled, later, seeded

pytestmark = [pytest.mark.web, pytest.mark.req("ACC-02", "BLD-02")]
EVALUATOR = Audience.EVALUATOR
WEEK4 = "/subject/KHTR42/visit/W4/MRSS"


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[Kept, Kept]]:
    """A trial with two patients, and the evaluator's own store of it, both open."""
    with closing(create(tmp_path / "trial.db", STUDY, seeded(1), virtual=True)) as kept:
        kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), START)
        enrolled(kept.gate, "KHTR42", arm="T")
        enrolled(kept.gate, "MWQX73", arm="C", at=later(28))
        kept.gate.do(actor(Audience.COORDINATOR), Answer(subject="KHTR42", visit="BASELINE", form="LUNG", entries={"LUNGDAT": "2026-01-05"}), START)
        begin_part(kept, tmp_path / "evaluator" / "part.db", later(29), seeded(2))
        with closing(open_trial(tmp_path / "evaluator" / "part.db", STUDY, seeded(3))) as part:
            yield kept, part


@pytest.fixture
def apart(stores: tuple[Kept, Kept]) -> Iterator[Callable[..., Any]]:
    """A client of the evaluator's own application: apart(role)."""
    configure(temporary_place())
    with override_settings(ROOT_URLCONF="trialwright.capture.urls_evaluator"):

        def client(role: Audience | None, **more: Any) -> Any:
            found = client_for(stores[1].gate, role, Clock(later(30)), **more)
            found.defaults[DESK] = evolve(found.defaults[DESK], only=EVALUATOR)
            return found

        yield client


def test_he_scores_guesses_and_signs_there_and_it_is_seen_in_the_trial(stores: tuple[Kept, Kept], apart: Callable[..., Any]) -> None:
    trial, part = stores
    evaluator = apart(EVALUATOR)
    worklist = text(evaluator.get("/"))
    assert "KHTR42" in worklist and "MWQX73" in worklist and "Assessments are entered in" not in worklist
    assert evaluator.post(WEEK4, sent(skin(1) | {"FACE": "3"}) | {"then": "sign"})["Location"] == f"{WEEK4}/sign"
    assert evaluator.post(f"{WEEK4}/sign", {"meaning": "authored", "password": PASSWORD})["Location"] == "/"
    guess = {"GUESSDAT": "2026-02-04", "MOMENT": "EARLY", "GUESS": "T", "CERTAIN": "2", "REASON": "HUNCH"}
    assert evaluator.post("/subject/KHTR42/visit/W4/GUESS", sent(guess)).status_code == 303
    assert take(trial, letter(part.at), later(30)).count == 18 + 1 + 5
    with override_settings(ROOT_URLCONF="trialwright.capture.urls"):
        for role, done in ((Audience.DATA_MANAGER, True), (Audience.INVESTIGATOR, True), (Audience.COORDINATOR, False)):
            found = text(client_for(trial.gate, role, Clock(later(30))).get("/subject/KHTR42/visit/W4"))
            assert ('<span>Modified Rodnan skin score</span><span class="when">signed</span>' in found) is done, "those who treat never learn of it"
    page = trial.gate.casebook(Audience.DATA_MANAGER).subject("KHTR42").page("W4", "MRSS")
    assert page.fully_signed and page.answers["FACE"] == "3"


def test_who_locks_is_told_to_bridge_first(stores: tuple[Kept, Kept]) -> None:
    for role, language, said in ((Audience.DATA_MANAGER, "en", "Bridge again before you lock"), (Audience.INVESTIGATOR, "zh", "锁定前请再次交换")):
        assert said in text(client_for(stores[0].gate, role, Clock(later(30)), language=language).get("/lock"))
    record = text(client_for(stores[0].gate, Audience.INVESTIGATOR, Clock(later(30))).get("/record"))
    assert "Exchanged entries with the evaluator's own store" in record or "Exchanged entries with the evaluator&#39;s own store" in record


def test_on_the_trial_itself_he_is_told_where_to_go(stores: tuple[Kept, Kept]) -> None:
    evaluator = client_for(stores[0].gate, EVALUATOR, Clock(later(30)))
    assert "Assessments are entered in the evaluator" in text(evaluator.get("/"))
    answer = evaluator.post(WEEK4, sent(skin(1)))
    assert answer.status_code == 422 and "Assessments are entered in the evaluator" in text(answer)
    chinese = client_for(stores[0].gate, EVALUATOR, Clock(later(30)), language="zh").post(WEEK4, sent(skin(1)))
    assert "评估在评估者的独立系统" in text(chinese)


def test_what_others_have_does_not_exist_there(apart: Callable[..., Any]) -> None:
    """Every route of the house by every method: of those that are not the evaluator's each answers like an address that nobody ever had."""
    evaluator, nobody = apart(EVALUATOR, checked=True), apart(None)
    his = {route.name for route in EVALUATOR_ROUTES}
    assert "learned" in his and not his & {"phone", "people", "person-new", "subject", "break", "allocate", "lock", "copy", "entry", "study", "trail", "record"}
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
        absent, closed = evaluator.generic(method, "/no/such/page"), nobody.generic(method, "/no/such/page")
        assert absent.status_code == 404 and closed.status_code == 302 and closed["Location"].startswith("/login")
        for route in ROUTES:
            if route.name not in his:
                path = "/" + address(route.pattern)
                found, asked = evaluator.generic(method, path), nobody.generic(method, path)
                assert (found.status_code, found.content, dict(found.headers)) == (404, absent.content, dict(absent.headers)), (route.name, method)
                assert asked.status_code == 302 and asked["Location"].startswith("/login"), (route.name, method)
    for route in EVALUATOR_ROUTES:
        assert evaluator.get("/" + address(route.pattern, subject="KHTR42", visit="W4", form="MRSS")).status_code in (200, 302, 404), route.name


@pytest.mark.parametrize("role", [Audience.COORDINATOR, Audience.CUSTODIAN], ids=lambda role: role.name)
def test_nobody_else_comes_in(stores: tuple[Kept, Kept], apart: Callable[..., Any], role: Audience) -> None:
    """Not by a session and not by a password, even if an account of another role found its way into the file."""
    someone = apart(role)
    assert someone.get("/")["Location"] == "/login" and someone.post("/learned", {})["Location"].startswith("/login")
    words = {"name": (role.name or "").lower().replace("_", ""), "password": PASSWORD}
    fresh = apart(None)
    assert fresh.post("/login", words).status_code == 422 and fresh.get("/").status_code == 302
    with override_settings(ROOT_URLCONF="trialwright.capture.urls"):
        assert client_for(stores[0].gate, None, Clock(later(30))).post("/login", words).status_code != 422, "on the trial the same words open"


def test_patients_have_no_door_there(apart: Callable[..., Any]) -> None:
    for path in ("/phone/" + "x" * 24, "/phone/", "/phone/x/send", "/phone/" + "x" * 24 + "/app.webmanifest"):
        assert apart(None).get(path)["Location"].startswith("/login") and apart(EVALUATOR).get(path).status_code == 404
