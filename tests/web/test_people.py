"""People: who may work today, passwords, second factors, and the end of a session in the middle of a page."""

import re
from datetime import date, datetime, timedelta

import pytest

from tests.web.desk import OLD
from trialwright.capture.accounts import (
    AccountError,
    close_account,
    delegate,
    digest_of,
    log,
    make_account,
    make_demo_accounts,
    require,
    set_password,
    standing_of,
    train,
    user_named,
)
from trialwright.capture.standing import acts
from trialwright.capture.testing import PASSWORD
from trialwright.protocol import ROLE_NAMES, Audience
from trialwright.testing import START

pytestmark = pytest.mark.web
TODAY = date(2026, 2, 4)
"""The day at which the clock of these tests stands."""
BEFORE = TODAY - timedelta(days=20)
COURSES = {"GCP": BEFORE, "PROTOCOL": BEFORE}
OTHER = "another long password"


@pytest.fixture
def made(client, clock):
    """Makes an account of a real person, who may work today unless told otherwise; returns its name."""
    client(None)

    def make(role: Audience = Audience.STATISTICIAN, password: str = PASSWORD, **more) -> str:
        name = f"member{len(log())}"
        given = {"begins": BEFORE, "ends": None, "training": COURSES, "person": f"staff {name}", **more}
        make_account(name, role, password, clock(), **given)
        return name

    return make


@pytest.fixture(autouse=True)
def _quick_passwords(client):
    """Hashing that costs nothing, for these tests alone; `test_accounts` shows which one is used."""
    client(None)
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]):
        yield
    User.objects.filter(password__startswith="md5$").delete()  # nobody else could check these passwords


def enter(someone, name: str, password: str = PASSWORD):
    return someone.post("/login", {"name": name, "password": password})


def digits(name: str, at: datetime) -> str:
    """What the phone of an account shows at a time."""
    from django_otp.oath import TOTP
    from django_otp.plugins.otp_totp.models import TOTPDevice

    device = TOTPDevice.objects.get(user__username=name)
    clock = TOTP(device.bin_key)
    clock.time = at.timestamp()
    return f"{clock.token():06d}"


def enrolled(client, clock, name: str):
    """Logs a person in for the first time, phone and all; gives the browser and the codes on paper."""
    someone = client(None)
    assert enter(someone, name).status_code == 303
    assert b"<svg" in someone.get("/login").content
    page = someone.post("/login", {"step": "code", "code": digits(name, clock.now)}).content.decode()
    codes = re.findall(r"<code>([0-9A-Z-]{29})</code>", page)
    assert someone.post("/login", {"step": "kept"})["Location"] == "/"
    return someone, codes


# ---------------------------------------------------------------------------------------------- delegation and training


@pytest.mark.req("ACC-10")
@pytest.mark.parametrize(("more", "told"), [
    ({"begins": None}, "Nobody has delegated"),
    ({"begins": TODAY + timedelta(days=1)}, "begins on 2026-02-05"),
    ({"ends": TODAY - timedelta(days=1)}, "ended on 2026-02-03"),
    ({"training": {"GCP": BEFORE}}, "No training in PROTOCOL"),
    ({"training": {}}, "No training in GCP"),
])  # fmt: skip
def test_outside_the_delegation_or_untrained_nobody_gets_in_and_is_told_why(client, made, more, told: str) -> None:
    someone, name = client(None), made(**more)
    refused = enter(someone, name)
    assert refused.status_code == 422 and told.encode() in refused.content
    assert someone.get("/")["Location"] == "/login"
    assert [what for _, what, who, _ in log() if who == name][-1] == "login refused"
    assert told.encode() not in enter(client(None), name, "wrong password").content, "only its holder is told"


@pytest.mark.req("ACC-10")
def test_the_first_and_the_last_day_count_and_the_session_ends_with_the_delegation(client, made, clock) -> None:
    name = made(begins=TODAY, ends=TODAY)
    someone = client(None)
    assert enter(someone, name).status_code == 303 and someone.get("/").status_code == 200
    delegate(name, BEFORE, TODAY - timedelta(days=1), "custodian", clock())
    assert someone.get("/")["Location"] == "/login"
    assert b"no longer covers today" in someone.get("/login").content


def test_the_trial_says_which_training_it_requires(client, made, clock) -> None:
    name = made(training={"GCP": BEFORE})
    try:
        require(["GCP"], "custodian", clock())
        assert enter(client(None), name).status_code == 303
        require(["GCP", "MRSS"], "custodian", clock())
        assert b"No training in MRSS" in enter(client(None), name).content
        train(name, "mrss", BEFORE, "custodian", clock())
        assert enter(client(None), name).status_code == 303
    finally:
        require(["GCP", "PROTOCOL"], "custodian", clock())
    with pytest.raises(AccountError, match="not happened yet"):
        train(name, "GCP", TODAY + timedelta(days=3), "custodian", clock())


@pytest.mark.req("ACC-04")
@pytest.mark.parametrize("close", [False, True], ids=["open", "closed"])
@pytest.mark.parametrize(("first", "second"), [(Audience.EVALUATOR, Audience.PHYSICIAN), (Audience.SAFETY, Audience.EVALUATOR),
                                               (Audience.EVALUATOR, Audience.CUSTODIAN)], ids=str)  # fmt: skip
def test_who_may_have_learned_an_arm_is_nobodys_blinded_evaluator(made, clock, first, second, close: bool) -> None:
    person = f"staff {len(log())}"
    name = made(first, person=person)
    if close:
        close_account(name, "left", "custodian", clock())
    before = len(log())
    with pytest.raises(AccountError, match=f"the account {name} \\({re.escape(ROLE_NAMES[first].en)}\\)"):
        made(second, person=f"  {person.upper()} ")
    assert "refused: same person" in log()[before][1]


def test_one_person_has_one_open_account_and_may_have_another_after_it_is_closed(made, clock) -> None:
    name = made(Audience.MONITOR, person="m-77")
    with pytest.raises(AccountError, match="Close it first"):
        made(Audience.DATA_MANAGER, person="M-77")
    close_account(name, "new task", "custodian", clock())
    made(Audience.DATA_MANAGER, person="m-77")
    assert not any("m-77" in str(one.detail).casefold() for one in acts()), "the identifier itself is kept nowhere"
    assert digest_of("m-77") == digest_of(" Ｍ-77") != digest_of("m-78")


@pytest.mark.req("ACC-01")
def test_a_closed_account_ends_its_sessions_keeps_its_name_and_never_opens_again(client, made, clock) -> None:
    name, someone = made(), client(None)
    enter(someone, name)
    close_account(name, "left the site", "custodian", clock())
    assert someone.get("/")["Location"] == "/login"
    assert enter(client(None), name).status_code == 422
    for act in (lambda: delegate(name, BEFORE, None, "custodian", clock()), lambda: set_password(name, OTHER, "custodian", clock(), once=False)):
        with pytest.raises(AccountError, match="closed for good"):
            act()
    with pytest.raises(AccountError, match="never used twice"):
        make_account(name.upper(), Audience.MONITOR, PASSWORD, clock())


def test_a_persons_account_is_never_turned_into_a_demonstration(client, made) -> None:
    name = made()
    with pytest.raises(AccountError, match=f"{name} belongs to a person"):
        make_demo_accounts(START, [name])
    assert enter(client(None), name).status_code == 303, "its password is still its own"


@pytest.mark.req("AUD-05")
def test_the_delegation_log_only_grows(made) -> None:
    from django.db import DatabaseError, connection

    made()
    for statement in ("UPDATE account_act SET actor = 'x'", "DELETE FROM account_act"):
        with connection.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"):
            cursor.execute(statement)


# ---------------------------------------------------------------------------------------------- passwords


@pytest.mark.req("ACC-07")
@pytest.mark.parametrize(("password", "told"), [("short", "at least 12"), ("1234567890123", "most common|resembles"), ("x" * 129, "at most 128"),
                                                ("qwertyuiop123", "most common"), ("member-of-the", "resembles")])  # fmt: skip
def test_weak_passwords_are_refused_with_the_reason(client, clock, password: str, told: str) -> None:
    client(None)
    common = "1q2w3e4r5t6y" if told == "most common" else password
    with pytest.raises(AccountError, match=told):
        make_account("member-of-the-trial" if told == "resembles" else f"weak{len(log())}", Audience.MONITOR, common, clock())


def test_a_password_from_somebody_else_must_be_changed_before_anything_opens(client, made) -> None:
    someone, name = client(None), made(once=True)
    assert enter(someone, name)["Location"] == "/login"
    assert someone.get("/")["Location"] == "/login", "not in yet"
    assert b"Choose your own password" in someone.get("/login").content
    for new, repeat, told in ((PASSWORD, PASSWORD, b"the password you have now"), (OTHER, OTHER + "!", b"differ"), ("short", "short", b"at least 12")):
        refused = someone.post("/login", {"step": "change", "new": new, "repeat": repeat})
        assert refused.status_code == 422 and told in refused.content
    assert someone.post("/login", {"step": "change", "new": OTHER, "repeat": OTHER})["Location"] == "/"
    assert someone.get("/").status_code == 200
    assert enter(client(None), name).status_code == 422 and enter(client(None), name, OTHER)["Location"] == "/"


def test_a_step_of_signing_in_is_void_after_ten_minutes(client, made, clock) -> None:
    someone, name = client(None), made(once=True)
    enter(someone, name)
    clock.now += timedelta(minutes=11)
    someone.post("/login", {"step": "change", "new": OTHER, "repeat": OTHER})
    assert b"longer than ten minutes" in someone.get("/login").content
    assert enter(client(None), name, OTHER).status_code == 422


@pytest.mark.req("ACC-06", "ACC-07")
def test_changing_the_password_asks_for_the_present_one_and_ends_the_other_sessions(client, made) -> None:
    name, here, there = made(), client(None), client(None)
    enter(here, name), enter(there, name)
    for sent, told in (({"password": "wrong", "new": OTHER, "repeat": OTHER}, b"not your present password"),
                       ({"password": PASSWORD, "new": PASSWORD, "repeat": PASSWORD}, b"the password you have now"),
                       ({"password": "wrong", "new": PASSWORD, "repeat": PASSWORD}, b"not your present password"),
                       ({"password": PASSWORD, "new": OTHER, "repeat": ""}, b"differ")):  # fmt: skip
        refused = here.post("/password", sent)
        assert refused.status_code == 422 and told in refused.content
    assert here.post("/password", {"password": PASSWORD, "new": OTHER, "repeat": OTHER})["Location"] == "/"
    assert here.get("/").status_code == 200
    assert there.get("/")["Location"] == "/login"


def test_a_reset_lifts_a_lockout(client, made, clock) -> None:
    name = made()
    for _ in range(5):
        enter(client(None), name, "wrong")
    assert enter(client(None), name).status_code == 429
    set_password(name, OTHER, "custodian", clock(), once=False)
    assert enter(client(None), name, OTHER)["Location"] == "/"


# ---------------------------------------------------------------------------------------------- the second factor


@pytest.mark.req("ACC-08")
@pytest.mark.parametrize(("role", "needs"), [(Audience.PHYSICIAN, True), (Audience.COORDINATOR, True), (Audience.CUSTODIAN, True), (Audience.MONITOR, True),
                                             (Audience.EVALUATOR, False), (Audience.DATA_MANAGER, False), (Audience.STATISTICIAN, False)], ids=str)  # fmt: skip
def test_who_can_see_unblinded_data_enrolls_a_phone_before_anything_opens(client, made, role, needs: bool) -> None:
    someone, name = client(None), made(role)
    assert enter(someone, name)["Location"] == ("/login" if needs else "/")
    assert (someone.get("/").status_code == 302) == needs
    assert (b"second factor" in someone.get("/login").content) == needs


@pytest.mark.req("ACC-08")
def test_each_login_wants_a_code_that_fits_once_within_half_a_minute_either_way(client, made, clock) -> None:
    name = made(Audience.PHYSICIAN)
    someone, codes = enrolled(client, clock, name)
    assert someone.get("/").status_code == 200 and len(set(codes)) == 8
    first = digits(name, clock.now)
    clock.now += timedelta(seconds=60)
    for code, told in ((first, b"not right, or was used"), (digits(name, clock.now - timedelta(seconds=60)), b"not right"),
                       (digits(name, clock.now + timedelta(seconds=60)), b"not right"), ("", b"not right")):  # fmt: skip
        other = client(None)
        enter(other, name)
        refused = other.post("/login", {"step": "code", "code": code})
        assert refused.status_code == 422 and told in refused.content and other.get("/").status_code == 302
    late = client(None)
    enter(late, name)
    assert late.post("/login", {"step": "code", "code": f" {digits(name, clock.now + timedelta(seconds=30))} "})["Location"] == "/"


@pytest.mark.req("ACC-05")
def test_wrong_codes_shut_the_account_like_wrong_passwords(client, made, clock) -> None:
    name = made(Audience.PHYSICIAN)
    enrolled(client, clock, name)
    clock.now += timedelta(seconds=90)
    someone = client(None)
    enter(someone, name)
    assert [someone.post("/login", {"step": "code", "code": "000000"}).status_code for _ in range(5)] == [422, 422, 422, 422, 429]
    assert enter(client(None), name).status_code == 429, "the right password does not open it either"


def test_a_code_from_paper_opens_once(client, made, clock) -> None:
    name = made(Audience.PHYSICIAN)
    _, codes = enrolled(client, clock, name)
    for expected in (303, 422):
        someone = client(None)
        enter(someone, name)
        assert someone.post("/login", {"step": "code", "code": codes[0].lower()}).status_code == expected
    assert not any(code in str(one.detail) for one in acts(name) for code in codes)
    assert len(standing_of(user_named(name)).recovery) == 7


def test_a_session_without_the_factor_that_its_role_needs_ends(client, made, gate, clock) -> None:
    name = made(Audience.PHYSICIAN)
    someone, _ = enrolled(client, clock, name)
    session = someone.session
    session["factor"] = False
    session.save()
    assert someone.get("/")["Location"] == "/login"


# ---------------------------------------------------------------------------------------------- the page of people


@pytest.mark.req("AUD-05")
def test_the_custodian_makes_manages_and_closes_an_account(client, gate, clock) -> None:
    custodian, name = client(Audience.CUSTODIAN), f"newcomer{len(log())}"
    sent = {"name": name, "role": "COORDINATOR", "person": name, "begins": str(BEFORE), "ends": "", "on-GCP": str(BEFORE), "on-PROTOCOL": ""}
    page = custodian.post("/people/new", sent).content.decode()
    password = re.search(r'<code class="secret">([0-9a-f-]{19})</code>', page)[1]
    assert "No training in PROTOCOL" in page and password not in custodian.get(f"/people/account/{name}").content.decode()
    address = f"/people/account/{name}"
    assert custodian.post(address, {"act": "train", "course": "protocol", "on": str(BEFORE)})["Location"] == address
    assert b"Set up your second factor" in (lambda one: (enter(one, name, password), one.get("/login"))[1])(client(None)).content
    assert custodian.post(address, {"act": "delegate", "begins": "2026-03-01", "ends": "2026-02-01"}).status_code == 422
    assert custodian.post(address, {"act": "close", "because": ""}).status_code == 422
    assert custodian.post(address, {"act": "close", "because": "made by mistake"}).status_code == 303
    listed = custodian.get("/people").content.decode()
    assert name in listed and "This account is closed" in listed
    assert {one.actor for one in acts(name) if one.account == name} == {"custodian"}
    assert custodian.post("/people/new", sent).status_code == 422


@pytest.mark.parametrize("day", ["datamanager", "{text}", "2026-02-30"])
def test_a_day_that_is_none_is_told_as_that(client, day: str) -> None:
    custodian = client(Audience.CUSTODIAN)
    refused = custodian.post("/people/new", {"name": f"newcomer{len(log())}", "role": "MONITOR", "person": "x", "begins": day})
    assert refused.status_code == 422 and f"“{day}” is no date" in refused.content.decode()


def test_nobody_manages_his_own_account_and_the_investigator_only_reads(client) -> None:
    custodian, investigator = client(Audience.CUSTODIAN), client(Audience.INVESTIGATOR)
    own = custodian.post("/people/account/custodian", {"act": "delegate", "begins": "2026-01-01"})
    assert own.status_code == 422 and b"Ask another custodian" in own.content
    assert investigator.get("/people").status_code == 200 and b"<form method=\"post\" class=\"card\"" not in investigator.get("/people/account/monitor").content
    assert investigator.post("/people/account/monitor", {"act": "close", "because": "x"}).status_code == 404
    assert custodian.get("/people/account/nobody-of-that-name").status_code == 404


def test_the_list_is_in_both_languages(client) -> None:
    page = client(Audience.CUSTODIAN, language="zh").get("/people").content.decode()
    assert "人员" in page and "演示账号" in page


# ---------------------------------------------------------------------------------------------- the session begun anew in place


def test_the_session_is_begun_anew_with_password_and_code(client, made, clock) -> None:
    name = made(Audience.PHYSICIAN)
    someone, _ = enrolled(client, clock, name)
    assert someone.get("/session").json()["account"] == name
    clock.now += timedelta(minutes=16)
    assert someone.get("/session").json()["account"] == ""
    for sent in ({"password": "wrong"}, {"password": PASSWORD}, {"password": PASSWORD, "code": "000000"}):
        assert someone.post("/session", {"name": name, **sent}).status_code == 422
    begun = someone.post("/session", {"name": name, "password": PASSWORD, "code": digits(name, clock.now)})
    assert begun.json()["account"] == name and begun.json()["token"]
    assert someone.get("/").status_code == 200
    close_account(name, "left", "custodian", clock())
    assert someone.post("/session", {"name": name, "password": PASSWORD}).status_code == 422


def sign_in(page, name: str) -> None:
    page.goto("/login")
    page.locator("input[name=name]").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form.card button").click()
    page.get_by_role("button", name="Sign out").wait_for()


@pytest.mark.req("ACC-06")
def test_a_page_sent_after_the_session_ended_is_saved_after_the_password_in_place(browser, site) -> None:
    with_person = browser.new_context(base_url=site.url, locale="en")
    page = with_person.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" and "422" not in message.text else None)
    page.clock.install()
    sign_in(page, "coordinator")
    page.goto(f"/subject/{OLD}/visit/SCREENING/LUNG")
    page.locator("#v-LUNGDAT").fill("2026-01-03")
    page.locator("#v-FVC").fill("2.91")
    page.clock.run_for("14:10")
    page.locator("dialog#idle").wait_for()
    page.clock.run_for("02:00")
    site.clock.now += timedelta(minutes=17)
    page.locator("dialog#idle").wait_for(state="hidden")
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.locator("dialog#again")
    dialog.wait_for()
    assert page.evaluate("document.activeElement.id") == "again-password"
    dialog.locator("input[type=password]").fill("wrong password")
    page.keyboard.press("Enter")
    dialog.locator(".problem").get_by_text("do not go together").wait_for()
    dialog.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator(".said").wait_for()
    saved = site.gate.casebook(Audience.COORDINATOR).subject(OLD).page("SCREENING", "LUNG").answers
    assert (saved["LUNGDAT"], saved["FVC"]) == ("2026-01-03", "2.91")
    with_person.close()
    assert complaints == []


@pytest.mark.req("ACC-06")
def test_another_account_cannot_send_the_page(browser, site) -> None:
    context = browser.new_context(base_url=site.url, locale="en")
    page = context.new_page()
    page.clock.install()
    sign_in(page, "coordinator")
    page.goto(f"/subject/{OLD}/visit/SCREENING/LUNG")
    page.locator("#v-FVC").fill("2.91")
    other = context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Sign out").click()
    sign_in(other, "physician")
    page.clock.run_for("00:30")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("dialog#again .problem").get_by_text("only by coordinator").wait_for()
    assert page.locator("#v-FVC").input_value() == "2.91"
    assert not site.gate.casebook(Audience.COORDINATOR).subject(OLD).page("SCREENING", "LUNG").cells
    context.close()


