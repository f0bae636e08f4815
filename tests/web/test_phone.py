"""A patient's own phone: a link and a code let him in, nothing but what is due is there, and what he hands in is kept once and never over anything."""

import html
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from attrs import define, evolve

from studies.telitacicept_ssc.protocol import STUDY
from tests.web.desk import NEW, OLD, YOUNG, Clock, trial
from trialwright.capture import links, routes
from trialwright.capture.testing import client_for
from trialwright.instruments.eq5d5l import CODES
from trialwright.protocol import BARE, Audience
from trialwright.protocol.wording import Question, Wording, own_items, worded
from trialwright.record import Answer, FailScreening, Freeze, MarkNotDone
from trialwright.record.events import Locked
from trialwright.record.wire import moment
from trialwright.testing import START, Told, actor, enrolled

pytestmark = pytest.mark.web
HEALTH = {f"v.{code}": "2" for code in CODES} | {"v.EQVAS": "70"}
ID, OTHER_ID = "0" * 32, "1" * 32
COORDINATOR = actor(Audience.COORDINATOR)


@define
class Phone:
    """A patient's phone with the link and the code that he was given."""

    client: Any
    secret: str
    code: str

    @property
    def address(self) -> str:
        return f"/phone/{self.secret}"

    def token(self) -> str:
        return str(json.loads(self.client.get(f"{self.address}/send").content)["token"])

    def post(self, path: str = "", **fields: str) -> Any:
        """Sends a form with the token of its session, as a browser does."""
        return self.client.post(self.address + path, {"csrfmiddlewaretoken": self.token(), **fields})

    def enter(self, code: str = "") -> Any:
        return self.post(code=code or self.code)

    def send(self, entries: dict[str, str] = HEALTH, form: str = "EQ5D", visit: str = "W12", id: str = ID, ago: str = "0") -> tuple[int, Any]:
        found = self.post("/send", id=id, visit=visit, form=form, ago=ago, **entries)
        return found.status_code, json.loads(found.content)

    def read(self, path: str = "", language: str = "en") -> str:
        return html.unescape(self.client.get(f"{self.address}{path}?in={language}").content.decode())


@pytest.fixture
def clock() -> Clock:
    return Clock(START + timedelta(days=84))


@pytest.fixture
def given(gate, clock):
    """Gives a subject a link and hands over the phone."""

    def give(subject: str = OLD, days: int = 200) -> Phone:
        client = client_for(gate, None, clock, checked=True)
        today = clock().date()
        fresh = links.issue(subject, today + timedelta(days=days), "coordinator", clock() - timedelta(days=5), today)
        return Phone(client=client, secret=fresh.secret, code=fresh.code)

    return give


@pytest.fixture
def phone(given) -> Phone:
    """The phone of a patient who is in."""
    one = given()
    assert one.enter().status_code == 303
    return one


def page(gate, form: str = "EQ5D", subject: str = OLD, visit: str = "W12"):
    return gate.casebook(Audience.COORDINATOR).subject(subject).page(visit, form)


# ------------------------------------------------------------------------------------------------ the link and the code


@pytest.mark.req("ACC-01", "PRV-01")
def test_of_link_and_code_only_digests_are_kept_and_neither_they_nor_the_page_name_anybody(given, gate, clock) -> None:
    from django.db import connection

    one = given()
    one.enter("999999" if one.code != "999999" else "000000")
    one.enter()
    connection.ensure_connection()
    dumped = "\n".join(connection.connection.iterdump())
    assert links.name_of(one.secret) in dumped and one.secret not in dumped and one.code not in dumped.replace(links.name_of(one.secret), "")
    pages = one.read() + one.read("/W12/EQ5D") + one.read("/app.webmanifest")
    assert not re.search(f"{OLD}|{STUDY.code}|telitacicept|泰它西普|Peking|score|总分", pages, re.IGNORECASE)
    assert len(one.secret) == 24 and re.fullmatch("[0-9]{6}", one.code)


@pytest.mark.req("ACC-05")
def test_links_that_are_wrong_revoked_replaced_or_over_and_wrong_codes_get_one_answer(given, gate, clock) -> None:
    live, gone, old, over = given(), given(YOUNG), given(NEW), given("ZZZZZZ", days=0)
    links.revoke(links.name_of(gone.secret), "lost phone", "coordinator", clock())
    new = given(NEW)
    clock.now += timedelta(days=1)
    never = evolve(live, secret="x" * 24)

    def alike(one: Phone, code: str) -> tuple[int, str]:
        found = one.enter(code)
        body = found.content.decode().replace(one.secret, "LINK")
        return found.status_code, re.sub('value="[^"]{20,}"', "", body)

    wrong = f"{(int(live.code) + 1) % 10**6:06}"
    answers = [alike(one, code) for one, code in ((live, wrong), (gone, gone.code), (old, old.code), (over, over.code), (never, "123456"))]
    assert len(set(answers)) == 1 and answers[0][0] == 422
    assert {re.sub("[^<]*csrf[^>]*>", "", one.read().replace(one.secret, "")) for one in (live, gone, never)}.__len__() == 1, "nor before a code is typed"
    assert new.enter(f" {new.code[:3]} {new.code[3:]} ").status_code == 303, "blanks do not matter"
    assert live.enter(live.code.translate(str.maketrans("0123456789", "０１２３４５６７８９"))).status_code == 303, "nor full-width digits"


@pytest.mark.req("ACC-05")
def test_five_wrong_codes_shut_a_link_for_a_quarter_of_an_hour_whether_or_not_it_exists(given, clock) -> None:
    live = given()
    never = evolve(live, secret="y" * 24)
    wrong = f"{(int(live.code) + 1) % 10**6:06}"
    seen = [[one.enter(wrong).status_code for _ in range(6)] for one in (live, never)]
    assert seen == [[422] * 5 + [429]] * 2
    assert live.enter().status_code == 429, "not even the right code"
    clock.now += timedelta(minutes=15)
    assert live.enter().status_code == 303
    assert [live.enter(wrong).status_code for _ in range(2)] == [422, 422], "a right code forgives"


@pytest.mark.req("ACC-05")
def test_twenty_wrong_codes_without_a_right_one_end_a_link_for_good(given, clock) -> None:
    one = given()
    wrong = f"{(int(one.code) + 1) % 10**6:06}"
    for _ in range(4):
        assert [one.enter(wrong).status_code for _ in range(5)] == [422] * 5
        clock.now += timedelta(minutes=16)
    assert one.enter().status_code == 422
    (link,) = [link for link in links.links(OLD) if link.name == links.name_of(one.secret)]
    assert link.revoked is not None and (link.revoked.actor, link.revoked.detail["because"]) == ("", "20 wrong codes")


def test_no_form_of_a_phone_is_taken_without_the_token_of_its_session(given, phone, gate) -> None:
    other = given(YOUNG)
    assert other.client.post(other.address, {"code": other.code}).status_code == 403
    assert phone.client.post(f"{phone.address}/send", {"id": ID, "visit": "W12", "form": "EQ5D", **HEALTH}).status_code == 403
    assert phone.client.post(f"{phone.address}/W12/EQ5D", {"id": ID, **HEALTH}).status_code == 403
    assert not page(gate).cells


@pytest.mark.req("ACC-03")
def test_a_session_opens_its_own_link_and_no_other(phone, given, gate) -> None:
    other = given(YOUNG)
    stranger = evolve(phone, secret=other.secret, code=other.code)
    assert "code" in stranger.read() and "EQ-5D" not in stranger.read()
    assert stranger.client.get(f"{stranger.address}/W12/EQ5D")["Location"] == stranger.address
    assert stranger.send() == (403, {"state": "code"})
    for path in ("/W12/MRSS", "/W12/NOTHING", "/NEVER/EQ5D", "/W8/EQ5D", "/W24/EQ5D"):
        assert phone.client.get(phone.address + path)["Location"].startswith(phone.address), path


@pytest.mark.req("ACC-06")
def test_after_twelve_hours_the_code_is_asked_again_and_what_waited_may_still_be_sent(phone, gate, clock) -> None:
    clock.now += timedelta(hours=12)
    assert "EQ-5D" not in phone.read() and phone.client.get(f"{phone.address}/W12/EQ5D").status_code == 302
    assert phone.send()[0] == 200
    links.revoke(links.name_of(phone.secret), "lost phone", "coordinator", clock())
    assert phone.send(id=OTHER_ID, form="SHAQ") == (403, {"state": "code"}) and page(gate).answers["MO"] == "2"


def test_whoever_leaves_takes_everything_away_from_the_phone(phone) -> None:
    left = phone.post(step="leave")
    assert (left.status_code, left["Clear-Site-Data"]) == (303, '"cache", "storage"')
    assert "EQ-5D" not in phone.read() and phone.send()[0] == 403


@pytest.mark.req("ACC-02")
def test_a_patient_is_nobody_outside_his_link_and_staff_are_nobody_under_it(phone, gate, clock) -> None:
    nobody = client_for(gate, None, clock)
    for _, pattern, _ in routes():
        path = re.sub("<str:(\\w+)>", lambda place: {"subject": OLD, "link": phone.secret}.get(place[1], "x"), pattern)
        if not path.startswith("/phone"):
            found, wanted = phone.client.get(path), nobody.get(path)
            assert (found.status_code, found.get("Location")) == (wanted.status_code, wanted.get("Location")), path
    for role in (Audience.COORDINATOR, Audience.EVALUATOR):
        someone = client_for(gate, role, clock)
        absent = someone.get("/nothing").content
        for path in ("", "/send", "/app.webmanifest", "/W12/EQ5D"):
            assert (found := someone.get(phone.address + path)).status_code == 404 and found.content == absent


def test_whoever_signs_in_to_work_on_a_phone_ends_the_patients_session(phone, gate, clock) -> None:
    from trialwright.capture.testing import PASSWORD

    client_for(gate, Audience.MONITOR, clock, name="monitor.at.the.bedside")
    token = re.search('csrfmiddlewaretoken" value="([^"]+)', phone.client.get("/login").content.decode())[1]
    entered = phone.client.post("/login", {"csrfmiddlewaretoken": token, "name": "monitor.at.the.bedside", "password": PASSWORD})
    assert entered.status_code == 303 and phone.client.get("/").status_code == 200 and phone.client.get(phone.address).status_code == 404
    assert phone.client.session.get_expire_at_browser_close() and links.KEPT not in phone.client.session


def test_a_link_of_somebody_whose_screening_failed_opens_nothing(given, gate, clock) -> None:
    one = given(NEW)
    assert one.enter().status_code == 303 and "EQ-5D" in one.read(), "before enrollment the baseline is asked"
    gate.do(actor(Audience.PHYSICIAN), FailScreening(subject=NEW, on=date(2026, 2, 4), criteria=(), because="moved away"), clock())
    assert "EQ-5D" not in one.read() and one.enter().status_code == 422


# ------------------------------------------------------------------------------------------------ what is there


def test_what_is_due_stands_there_in_chinese_first_and_in_english(phone, clock) -> None:
    chinese = html.unescape(phone.client.get(phone.address).content.decode())
    assert 'lang="zh-Hans"' in chinese and "今日健康" in chinese and "请不要向皮肤评估医生透露您的治疗情况" in chinese
    english = phone.read()
    assert [english.count(f'data-form="{form}"') for form in ("GIT2", "HAQ", "SHAQ", "RAND36", "EQ5D")] == [1] * 5
    assert "The next questionnaires come on 2026-06-15." in english and "Please do not tell the skin examiner" in english
    assert 'lang="en"' in html.unescape(phone.client.get(phone.address).content.decode()), "the choice is remembered"
    clock.now += timedelta(days=30)
    assert phone.enter().status_code == 303 and "nothing to answer now" in phone.read()


def test_neutral_numbers_say_so_and_licensed_words_stand_on_the_buttons_with_their_credit_line(clock) -> None:
    form, instrument = STUDY.form("HAQ"), next(one for one in STUDY.instruments if one.code == "HAQ_DI")
    four = tuple((str(number), f"word {number}") for number in range(4))
    asked = tuple(Question(item=item.code, text=f"Invented {item.code}?", answers=() if item.codelist else four) for item in own_items(form))
    words = Wording(instrument="HAQ_DI", version=instrument.version, language="en", questions=asked, credit="By permission.", holder="Owner", licence="L-7")

    def opened(study) -> str:
        gate = trial(study)
        client = client_for(gate, None, clock, checked=True)
        fresh = links.issue(OLD, date(2026, 12, 1), "coordinator", clock(), clock().date())
        one = Phone(client=client, secret=fresh.secret, code=fresh.code)
        one.enter()
        return one.read("/W12/HAQ")

    bare, full = opened(STUDY), opened(worded(STUDY, [words]))
    assert "shown by their numbers" in bare and "HAQ item 7" in bare
    assert "Invented HAQ07?" in full and "<span>word 3</span>" in full and "By permission. (Owner; L-7)" in full and "shown by their numbers" not in full


def test_a_page_that_may_be_kept_on_the_phone_says_so_and_the_code_page_does_not(phone, given) -> None:
    kept = [phone.client.get(phone.address + path).headers.get("Trialwright-Keep") for path in ("", "/W12/EQ5D")]
    assert kept == ["yes", "yes"]
    assert "Trialwright-Keep" not in given(YOUNG).client.get(phone.address).headers
    app = json.loads(phone.client.get(f"{phone.address}/app.webmanifest").content)
    assert (app["start_url"], app["scope"], app["display"]) == (phone.address, "/phone/", "standalone")


# ------------------------------------------------------------------------------------------------ handing in


@pytest.mark.req("DAT-07")
def test_without_scripts_a_plain_form_is_handed_in_whole_and_once(phone, gate) -> None:
    half = phone.post("/W12/EQ5D?in=en", **{**HEALTH, "id": ID, "v.EQVAS": "170", "v.MO": ""})
    told = html.unescape(half.content.decode())
    assert half.status_code == 422 and not page(gate).cells
    assert "Choose an answer, or say that you do not want to answer." in told and 'value="170"' in told and f'value="{ID}"' in told
    sent = phone.post("/W12/EQ5D?in=en", **HEALTH, id=ID)
    assert sent.status_code == 303 and sent["Location"] == f"{phone.address}?in=en&sent=09:00"
    assert phone.post("/W12/EQ5D", **HEALTH, id=ID).status_code == 303
    assert len(page(gate).cells) == 7 and {cell.revision for cell in page(gate).cells.values()} == {1}
    assert "Sent 2026-03-30 09:00" in phone.read() and phone.client.get(f"{phone.address}/W12/EQ5D").status_code == 302
    assert "Sent 09:00" in html.unescape(phone.client.get(f"{phone.address}?in=en&sent=09:00").content.decode())
    assert "You won" not in phone.client.get(f"{phone.address}?in=en&sent=You%20won").content.decode()


@pytest.mark.req("TIM-01", "TIM-03", "DAT-07")
def test_what_a_phone_kept_is_taken_once_with_the_time_of_the_answer_whatever_its_clock_says(phone, gate, clock) -> None:
    assert phone.send(ago=str(30 * 3600)) == (200, {"state": "sent", "at": "09:00"})
    first = page(gate).cells["MO"]
    assert (first.last.observed, first[0].at, first.last.source) == ("2026-03-28T19:00:00.000000Z", clock(), f"phone/{ID}")
    assert (first[0].by, first[0].role) == (links.name_of(phone.secret), Audience.PATIENT)
    clock.now += timedelta(hours=3)
    assert phone.send(ago="0") == (200, {"state": "sent", "at": "09:00"}), "sent twice, kept once, and told the first time"
    assert page(gate).cells["MO"].revision == 1
    began = links.links(OLD)[0].issued
    assert phone.send(id=OTHER_ID, form="SHAQ", ago="9" * 9, entries={f"v.{item.code}": "~" for item in STUDY.form("SHAQ").items})[0] == 200
    assert {cell.last.observed for cell in page(gate, "SHAQ").cells.values()} == {moment(began)}, "not before he had a link"
    for nonsense in ("", "x", "-5", "1e9", "9" * 30, "½"):
        assert phone.send(id=OTHER_ID, form="HAQ", ago=nonsense, entries={})[0] == 422


@pytest.mark.req("DAT-05")
def test_what_staff_entered_from_paper_is_told_plainly_and_not_touched(phone, gate, clock) -> None:
    gate.do(COORDINATOR, Answer(subject=OLD, visit="W12", form="EQ5D", entries={"MO": "5"}), clock())
    status, told = phone.send()
    assert status == 409 and told["state"] == "taken" and "nothing that is there was changed" in told["said"]["en"] and "未作任何更改" in told["said"]["zh"]
    plain = phone.post("/W12/EQ5D?in=en", **HEALTH, id=ID)
    assert plain.status_code == 422 and "nothing that is there was changed" in html.unescape(plain.content.decode())
    assert page(gate).answers == {"MO": "5"} and "The study staff have entered this for you." in phone.read()


def test_what_cannot_be_taken_is_told_and_leaves_no_trace(phone, gate, clock) -> None:
    before = len(gate.casebook(Audience.CUSTODIAN).everything)
    status, told = phone.send(HEALTH | {"v.MO": "9"})
    assert status == 422 and told["state"] == "wrong" and set(told["wrongs"]) == {"MO"} and "9" in told["wrongs"]["MO"]["zh"]
    assert phone.send(visit="W24")[1]["state"] == "early"
    for strange in ({"form": "MRSS"}, {"form": "LABORATORY"}, {"form": ""}, {"visit": "NEVER"}, {"id": "1"}, {"id": ""}):
        assert phone.send(**strange)[1]["state"] == "closed", strange
    gate.do(actor(Audience.DATA_MANAGER), Freeze(subject=OLD), clock())
    assert phone.send()[1] == {"state": "closed", "said": {}, "wrongs": {}}
    gate.do(COORDINATOR, MarkNotDone(subject=YOUNG, visit="W8", form="LABORATORY", reason="no tube"), clock())
    assert len(gate.casebook(Audience.CUSTODIAN).everything) == before + 2


def test_locked_data_take_nothing_more(phone, gate, clock) -> None:
    assert phone.send()[0] == 200
    gate.do(actor(Audience.INVESTIGATOR), Told((Locked(label=BARE),)), clock())
    assert phone.send()[1]["state"] == "sent", "what had arrived had arrived"
    assert phone.send(form="SHAQ", id=OTHER_ID)[1]["state"] == "closed" and not page(gate, "SHAQ").cells


@pytest.mark.req("DAT-03")
def test_not_wanting_to_answer_is_an_answer(phone, gate) -> None:
    assert phone.send({**HEALTH, "v.MO": "~", "v.EQVAS": "", "a.EQVAS": "~"})[0] == 200
    cells = page(gate).cells
    assert {code: cells[code].absence.value for code in ("MO", "EQVAS")} == {"MO": "refused", "EQVAS": "refused"}


NONSENSE = ["", " ", "~~", "1; DROP TABLE", "<script>", "\x00", "\u202e1", "1" * 5000, "１", "NaN", "１.５", "-0", "𝟚"]


def test_nonsense_is_refused_or_kept_as_the_answer_it_is(phone, gate) -> None:
    for number, value in enumerate(NONSENSE):
        status, told = phone.send(HEALTH | {"v.MO": value}, id=f"{number:032x}")
        if status == 200:
            assert value == "１" and page(gate).answers["MO"] == "1"
        elif page(gate).cells:
            assert told["state"] == "taken"
        else:
            assert told["state"] == "wrong" and set(told["wrongs"]) == {"MO"}, value
    for code in NONSENSE:
        assert phone.post(code=code).status_code in (422, 429)


# ------------------------------------------------------------------------------------------------ staff


def manage(gate, clock, role=Audience.COORDINATOR, subject=OLD, **fields: str) -> Any:
    client = client_for(gate, role, clock)
    return client.post(f"/subject/{subject}/phone", fields) if fields else client.get(f"/subject/{subject}/phone")


def words(answer: Any) -> str:
    return html.unescape(answer.content.decode())


@pytest.mark.req("AUD-01")
def test_a_coordinator_gives_a_link_sees_it_once_replaces_it_and_revokes_it_and_every_act_is_kept(gate, clock) -> None:
    first = words(manage(gate, clock, act="issue", until="2026-12-31"))
    secret, code = re.search(r"/phone/([\w-]{24})<", first)[1], re.search(r"secret\">(\d{3} \d{3})<", first)[1]
    assert "<svg" in first and "This patient has a link until 2026-12-31." in first and "Not opened yet." in first
    one = Phone(client=client_for(gate, None, clock, checked=True), secret=secret, code=code)
    assert one.enter().status_code == 303
    later = words(manage(gate, clock))
    assert secret not in later and code not in later and "Last opened 2026-03-30 09:00." in later
    assert "The link before ends at once" in later
    second = re.search(r"/phone/([\w-]{24})<", words(manage(gate, clock, act="issue", until="2026-12-31")))[1]
    assert second != secret and one.send()[0] == 403
    assert manage(gate, clock, act="revoke", because="").status_code == 422
    assert manage(gate, clock, act="revoke", because="lost phone").status_code == 303
    told = words(manage(gate, clock, role=Audience.MONITOR))
    assert told.count("issued 2026-03-30 09:00 by coordinator") >= 2 and "replaced by a new link" in told and "lost phone" in told
    assert "This patient has no link." in told and 'value="issue"' not in told


@pytest.mark.parametrize(("fields", "why"), [
    ({"act": "issue", "until": "2020-01-01"}, "must end between today and"), ({"act": "issue", "until": "2099-01-01"}, "must end between today and"),
    ({"act": "issue", "until": "soon"}, "Say until when"), ({"act": "issue"}, "Say until when"),
    ({"act": "revoke", "because": "x"}, "no link that could be revoked"),
])  # fmt: skip
def test_what_a_link_cannot_be_is_refused_with_a_reason(clock, fields: dict[str, str], why: str) -> None:
    gate = trial()
    enrolled(gate, "FRESH2", at=START, index=START.date())
    refused = manage(gate, clock, subject="FRESH2", **fields)
    assert refused.status_code == 422 and why in words(refused)


def test_nobody_gets_a_link_before_he_consented(gate, clock) -> None:
    from trialwright.record import Screen

    gate.do(COORDINATOR, Screen(site="01", subject="RAW234"), clock())
    refused = manage(gate, clock, subject="RAW234", act="issue", until="2026-12-31")
    assert refused.status_code == 422 and "Record the consent first" in words(refused)


@pytest.mark.req("TIM-03")
def test_staff_see_when_it_was_answered_and_when_it_arrived_and_what_came_late(phone, gate, clock) -> None:
    phone.send(ago=str(30 * 3600))
    late = "Answered 2026-03-29 03:00 on the patient's phone, arrived 2026-03-30 09:00: LATE by 30 hours."
    coordinator = client_for(gate, Audience.COORDINATOR, clock)
    for path in (f"/subject/{OLD}/phone", f"/subject/{OLD}/visit/W12/EQ5D/history", f"/subject/{OLD}/visit/W12/EQ5D/item/MO", f"/subject/{OLD}/trail"):
        assert late in words(coordinator.get(path)), path
    assert "the patient, on his own phone" in words(coordinator.get(f"/subject/{OLD}/visit/W12/EQ5D/item/MO"))
    sign = words(coordinator.get(f"/subject/{OLD}/visit/W12/EQ5D/sign"))
    assert 'value="reviewed" checked' in sign and 'value="authored"' not in sign
    edited = coordinator.post(f"/subject/{OLD}/visit/W12/EQ5D", {"v.MO": "3", "seen.MO": "1", "reason": "he rang", "then": "stay"})
    assert edited.status_code == 303 and page(gate).answers["MO"] == "3" and phone.send()[1]["state"] == "sent" and page(gate).answers["MO"] == "3"


def test_who_has_not_answered_stands_in_the_inbox_and_on_the_matrix(given, gate, clock) -> None:
    enrolled(gate, "FRESH3", at=START, index=START.date())
    clock.now += timedelta(days=1)

    def row(role: Audience) -> str:
        home = words(client_for(gate, role, clock).get("/"))
        return "".join(re.findall(r"<tr>.*?FRESH3.*?</tr>|<li><a[^>]*>(?:(?!</li>).)*FRESH3.*?</li>", home, re.DOTALL))

    assert "Week 12: due" in row(Audience.COORDINATOR) and "silent" not in row(Audience.COORDINATOR), "without a link it is the coordinator's page"
    one = given("FRESH3")
    told = row(Audience.COORDINATOR)
    assert "Week 12: questionnaires not answered on the phone: 5" in told and "Baseline: questionnaires" not in told, "he had no link in January"
    assert told.count('class="badge silent"') == 1 and 'href="/subject/FRESH3/phone"' in told
    assert "not answered" not in row(Audience.EVALUATOR) + row(Audience.STATISTICIAN)
    one.enter()
    for form in ("GIT2", "HAQ", "SHAQ", "RAND36", "EQ5D"):
        declined = {f"{name}.{item.code}": "~" for item in STUDY.form(form).items for name in "va"}
        assert one.send(declined, form=form, id=f"{form.encode().hex():0>32}") == (200, {"state": "sent", "at": "09:00"})
    assert "not answered" not in row(Audience.COORDINATOR)
