"""The whole life of one patient in Chromium, from the first visit to the opened arms: every kind of person does his own part, in both languages."""

import re
import threading
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from attrs import define, field
from playwright.sync_api import expect

from studies.telitacicept_ssc.protocol import STUDY
from studies.telitacicept_ssc.rehearsal import BEHAVIOR
from tests.web.desk import Clock
from tests.web.test_browser import EXPECTED
from tests.web.walk import entered
from trialwright.blinding import Gate
from trialwright.capture import application
from trialwright.capture.accounts import DEMO
from trialwright.capture.testing import PASSWORD, client_for, temporary_place
from trialwright.instruments.mrss import CODES
from trialwright.protocol import Absence, Audience, Form
from trialwright.record.events import CodeBroken
from trialwright.rehearsal import Occasion, Person
from trialwright.rehearsal.clinic import Clinic
from trialwright.rehearsal.filling import completed
from trialwright.rehearsal.story import morning
from trialwright.testing import in_memory

pytestmark = pytest.mark.web
A = Audience
PATIENT = Person(number=3, seed=11)
BEGINS = date(2026, 3, 2)
INDEX = BEGINS + timedelta(days=10)
ENGLISH, CHINESE = "en", "zh"
ARM_WORDS = re.compile("telitacicept|泰它西普|conventional treatment arm|injection site|注射部位|immunoglobulin g", re.IGNORECASE)
"""What no page of the evaluator may say of a patient (the note that asks him not to look for injections is everybody's)."""


@define
class Hospital:
    """One trial that is served, its clock, and everybody's browser; whatever a browser complains about is kept."""

    browser: Any
    url: str
    gate: Gate
    clock: Clock
    languages: Mapping[Audience, str]
    subject: str = ""
    tabs: dict[Audience, Any] = field(factory=dict)
    met: set[Audience] = field(factory=set)
    complaints: list[str] = field(factory=list)
    read_by_evaluator: list[str] = field(factory=list)

    def tab(self, role: Audience) -> Any:
        """The browser of this kind of person, logged in for today."""
        if role not in self.tabs:
            context = entered(self.browser, self.url, self.gate, self.clock, role, self.languages[role])
            self.tabs[role] = self.watched(context.new_page(), role)
        return self.tabs[role]

    def watched(self, page: Any, role: Audience) -> Any:
        """Keeps whatever the browser of this person complains about, and what it asks of anybody else."""
        name = role.name
        page.on("console", lambda said: self.complaints.append(f"{name}: {said.text}") if said.type == "error" and not EXPECTED.search(said.text) else None)
        page.on("pageerror", lambda error: self.complaints.append(f"{name}: {error}"))
        page.on("request", lambda one: None if one.url.startswith(self.url) else self.complaints.append(f"{name} asked {one.url}"))
        self.met.add(role)
        return page

    def open(self, role: Audience, path: str) -> Any:
        page = self.tab(role)
        answer = page.goto(path)
        assert answer.status == 200, f"{role.name} {path} {answer.status}: {page.locator('main').inner_text()[:300]}"
        assert page.locator("html").get_attribute("lang").startswith(self.languages[role])
        self.note(page)
        return page

    def note(self, page: Any) -> None:
        """Keeps what the evaluator has before him."""
        if page is self.tabs.get(A.EVALUATOR):
            self.read_by_evaluator.append(page.content())

    def at(self, day: date, hour: int = 9) -> None:
        """Another day: the clock never runs back, and everybody logs in again."""
        self.clock.now = max(self.clock.now, morning(STUDY, day, hour))
        self.leave()

    def leave(self) -> None:
        for tab in self.tabs.values():
            tab.context.close()
        self.tabs.clear()

    def place(self, *parts: str) -> str:
        return "/".join(("/subject", self.subject, *parts))

    # What everybody does

    def press(self, page: Any, button: str) -> None:
        """Presses a button that sends the page; it must be taken without a complaint of the server."""
        with page.expect_navigation() as sent:
            page.locator(button).first.click()
        assert sent.value.status == 200, f"{page.url} {sent.value.status}: {page.locator('#problem, main').first.inner_text()[:400]}"
        self.note(page)
        self.clock.now += timedelta(seconds=20)

    def step(self, role: Audience, where: str, boxes: Mapping[str, str], *, password: bool = False, second: str = "") -> Any:
        """A question page: its boxes, a password where it is asked, a second person where one is needed."""
        page = self.open(role, where)
        for code, value in boxes.items():
            self.put(page, code, value)
        if password:
            page.locator("#password").fill(PASSWORD)
        if second:
            page.locator("#second").fill(second)
            page.locator("#second-password").fill(PASSWORD)
        self.press(page, "form .acts button")
        return page

    def write(self, role: Audience, path: str, entries: Mapping[str, str | Absence]) -> None:
        """Fills what this person may fill of a page, and saves it."""
        page = self.open(role, path)
        for code, entry in entries.items():
            if isinstance(entry, Absence):
                page.locator(f"select[name='a.{code}']").select_option(entry.value)
            else:
                self.put(page, code, entry)
        self.save(page)

    @staticmethod
    def put(page: Any, code: str, value: str) -> None:
        box = page.locator(f"[name='v.{code}']").first
        assert box.count(), f"{page.url} does not ask {code}: {page.locator('main').inner_text()[:600]}"
        if box.get_attribute("type") == "radio":
            page.locator(f"[name='v.{code}'][value='{value}']").check(force=True)
        elif box.evaluate("one => one.tagName") == "SELECT":
            box.select_option(value)
        else:
            box.fill(value)

    def save(self, page: Any) -> None:
        """Saves; what is unusual is said to be right, with a reason."""
        with page.expect_navigation() as sent:
            page.locator("button[name=then][value=stay]").click()
        self.note(page)
        if sent.value.status == 422:
            doubts = page.locator("input[name^='because.']")
            assert doubts.count(), page.locator("#problem").inner_text()
            for place in range(doubts.count()):
                doubts.nth(place).fill("confirmed against the source")
            self.press(page, "button[name=then][value=stay]")

    def sign(self, role: Audience, path: str) -> None:
        """Puts the password under a page."""
        page = self.open(role, f"{path}/sign")
        page.locator("#password").fill(PASSWORD)
        self.press(page, "form.sign button.go")

    # The pages of one visit, each by those who fill it

    def occasion(self, day: date, visit: str) -> Occasion:
        arm = self.gate.casebook(A.PHYSICIAN).subject(self.subject).arm
        index = INDEX if day >= INDEX else None
        return Occasion(study=self.gate.study, person=PATIENT, day=day, since=day, visit=visit, index=index, arm=arm)

    def fill(self, form: Form, entries: Mapping[str, str | Absence], path: str) -> None:
        """A page or a row of a log: everybody writes what is his to write, in turns, and then signs."""
        wrote: dict[Audience, None] = {}
        for role, share in Clinic(gate=self.gate, behavior=BEHAVIOR, now=self.clock.now).turns(form, entries):
            self.write(role, path, share)
            wrote[role] = None
            if path.endswith("/new"):
                path = path.removesuffix("new") + self.gate.casebook(A.PHYSICIAN).subject(self.subject).rows(form.code)[-1].place[2]
        for role in wrote:
            self.sign(role, path)

    def visit(self, visit: str, day: date, but: tuple[str, ...] = ()) -> None:
        occasion = self.occasion(day, visit)
        for code in self.gate.study.visit(visit).forms:
            form = self.gate.study.form(code)
            if code not in but:
                self.fill(form, completed(form, BEHAVIOR.page(occasion, form), occasion), self.place("visit", visit, code))

    def rows(self, code: str, occasion: Occasion, most: int) -> None:
        """Rows of a log, as the patient's story has them."""
        form = self.gate.study.form(code)
        for row in list(BEHAVIOR.rows(occasion, form) or ())[:most]:
            self.fill(form, completed(form, row.entries, occasion), self.place("log", code, "new"))


def own_passwords(gate: Gate, clock: Clock) -> None:
    """Every demonstration account has the password of the tests, whatever another test made of it."""
    for role in DEMO.values():
        client_for(gate, role, clock)
    from django.contrib.auth.models import User

    for user in User.objects.filter(username__in=DEMO):
        user.set_password(PASSWORD)
        user.save()


def hospital(browser: Any, languages: Mapping[Audience, str]) -> Iterator[Hospital]:
    from waitress.server import create_server

    gate, clock = in_memory(STUDY.read_as("R3")), Clock(morning(STUDY, BEGINS, 8))
    own_passwords(gate, clock)
    server = create_server(application(gate, temporary_place(), clock=clock), host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    one = Hospital(browser=browser, url=f"http://127.0.0.1:{server.effective_port}", gate=gate, clock=clock, languages=languages)
    yield one
    one.leave()
    server.close()
    thread.join(timeout=5)


MIXED = {role: CHINESE if place % 2 else ENGLISH for place, role in enumerate(A)}
SPOKEN = [pytest.param(MIXED, id="each in one of the two"),
          pytest.param(dict.fromkeys(A, ENGLISH), id="English", marks=pytest.mark.nightly),
          pytest.param(dict.fromkeys(A, CHINESE), id="Chinese", marks=pytest.mark.nightly)]  # fmt: skip


@pytest.fixture(params=SPOKEN)
def ward(browser: Any, request: pytest.FixtureRequest) -> Iterator[Hospital]:
    yield from hospital(browser, request.param)


def begin(ward: Hospital) -> None:
    """The custodian seals the random list; the coordinator screens and records the consent; everybody fills the screening."""
    ward.step(A.CUSTODIAN, "/seal", {})
    page = ward.step(A.COORDINATOR, "/screen", {"SITE": "01"})
    ward.subject = urlsplit(page.url).path.rpartition("/")[2]
    ward.step(A.COORDINATOR, ward.place("consent"), {"ON": BEGINS.isoformat(), "VERSION": "1.0"})
    ward.sign(A.COORDINATOR, ward.place("visit", "SCREENING", "CONSENT"))
    ward.visit("SCREENING", BEGINS, but=("CONSENT",))
    ward.rows("MEDICATIONS", ward.occasion(BEGINS, "SCREENING"), most=9)


def enroll(ward: Hospital) -> None:
    """The baseline; the physician reads the criteria, enrolls, and the sealed list names the arm after the skin was scored."""
    ward.at(INDEX)
    ward.visit("BASELINE", INDEX, but=("MRSS", "GUESS", "EQ5D"))
    at_home(ward)
    page = ward.open(A.PHYSICIAN, ward.place("screening"))
    assert page.locator("main").inner_text().count("\n") > 10
    ward.step(A.PHYSICIAN, ward.place("enroll"), {"ON": INDEX.isoformat()})
    score(ward, "BASELINE", INDEX)
    ward.step(A.PHYSICIAN, ward.place("allocate"), {})
    assert ward.gate.casebook(A.PHYSICIAN).subject(ward.subject).arm in ("T", "C")


def at_home(ward: Hospital) -> None:
    """The coordinator gives the patient a link and a code; he answers on his own phone, one question on a screen, and hands in."""
    page = ward.open(A.COORDINATOR, ward.place("phone"))
    page.locator("[name=until]").fill((INDEX + timedelta(days=300)).isoformat())
    ward.press(page, "button[name=act][value=issue]")
    given = page.locator("main").inner_text()
    link, code = re.search(r"/phone/[\w-]{24}", given), re.search(r"\b\d{3} \d{3}\b", given)
    assert link and code
    context = ward.browser.new_context(base_url=ward.url, viewport={"width": 390, "height": 844}, has_touch=True, service_workers="block",
                                       locale={CHINESE: "zh-CN"}.get(ward.languages[A.PATIENT], "en-US"))  # fmt: skip
    phone = ward.watched(context.new_page(), A.PATIENT)
    phone.goto(f"{link[0]}?in={ward.languages[A.PATIENT]}")
    phone.locator("#code").fill(code[0])
    phone.locator("button.go").tap()
    phone.locator("a[href*='/BASELINE/EQ5D']").tap()
    phone.wait_for_load_state("networkidle")
    phone.locator(".screen.on [data-on]").tap()
    phone.locator(".screen.question.on").wait_for()
    while phone.locator(".screen.question.on").count():
        asked = phone.locator(f"#{phone.locator('.screen.question.on').get_attribute('id')}")
        if asked.get_attribute("data-shape") == "choice":
            asked.locator("label.choice").nth(1).tap()  # a finger on an answer goes on by itself
        else:
            asked.locator("input.box").fill("70")
            asked.locator("[data-on]").tap()
        expect(asked).to_be_hidden()
    phone.locator("[data-send]").tap()
    phone.locator("[data-end] .done").wait_for()
    assert ward.gate.casebook(A.COORDINATOR).subject(ward.subject).page("BASELINE", "EQ5D").answers
    context.close()
    ward.sign(A.COORDINATOR, ward.place("visit", "BASELINE", "EQ5D"))


def score(ward: Hospital, visit: str, day: date) -> None:
    """The evaluator comes from his worklist and gives 17 grades with the keyboard alone."""
    path = ward.place("visit", visit, "MRSS")
    page = ward.open(A.EVALUATOR, "/")
    page.locator(f"a[href='{path}']").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{path}")
    page.locator("#v-MRSSDAT").focus()
    page.keyboard.type(day.isoformat())
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    for place in range(len(CODES)):
        page.keyboard.press(str(1 + place % 2))
    page.locator("button[name=then][value=sign]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign")
    page.locator("#password").focus()
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    ward.note(page)
    ward.clock.now += timedelta(seconds=20)
    assert ward.gate.casebook(A.EVALUATOR).subject(ward.subject).page(visit, "MRSS").fully_signed


def week_four(ward: Hospital) -> None:
    """A visit of the follow-up: a dose if there is one, the skin, the guess, the laboratory."""
    day = INDEX + timedelta(days=28)
    ward.at(day)
    score(ward, "W4", day)
    ward.visit("W4", day, but=("MRSS",))
    ward.rows("DOSING", ward.occasion(day, "W4"), most=1)


def serious_event(ward: Hospital) -> None:
    """The coordinator describes what happened; the physician judges it; the safety officer finds its clock and takes the report."""
    day = INDEX + timedelta(days=33)
    ward.at(day)
    story: dict[str, str] = {
        "AETERM": "Pneumonia", "AESTDAT": (day - timedelta(days=1)).isoformat(), "AETOXGR": "3", "AESER": "Y", "AESDTH": "N", "AESLIFE": "N",
        "AESHOSP": "Y", "AESDISAB": "N", "AESCONG": "N", "AESMIE": "N", "AEREL": "POSSIBLE", "AEEXP": "N", "AEACN": "NOT APPLICABLE",
        "AEKNOWN": day.isoformat(), "AEREPQ": "PHYSICIAN", "AEOUT": "RECOVERING/RESOLVING",
        "AENARR": "Cough and fever for a day; admitted and given antibiotics.", "AEAWARE": day.isoformat(),
    }  # fmt: skip
    form = ward.gate.study.form("ADVERSE_EVENTS")
    ward.fill(form, completed(form, story, ward.occasion(day, "")), ward.place("log", "ADVERSE_EVENTS", "new"))
    page = ward.open(A.SAFETY, "/safety")
    event = page.locator(f"a[href^='{ward.place('safety')}/']").first
    event.click()
    page.wait_for_url(f"**{ward.place('safety')}/*")
    for name in ("cioms-zh.pdf", "e2b.xml"):
        found = page.context.request.get(f"{urlsplit(page.url).path}/{name}")
        assert found.status == 200 and found.body()[:5] in (b"%PDF-", b"<?xml")


def review(ward: Hospital) -> None:
    """The monitor asks and verifies, the coordinator answers; the data manager asks the evaluator, who answers without knowing more."""
    lung = ward.place("visit", "BASELINE", "LUNG")
    ward.step(A.MONITOR, f"{lung}/ask/FVC", {"QUESTION": "Is this the best of three blows?"})
    ward.step(A.DATA_MANAGER, ward.place("visit", "W4", "MRSS", "ask", "FACE"), {"QUESTION": "Is this the grade of the whole face?"})
    for asked, answers in ((A.MONITOR, A.COORDINATOR), (A.DATA_MANAGER, A.EVALUATOR)):
        page = ward.open(answers, "/queries" if answers is A.COORDINATOR else "/")
        page.locator("a[href$='/answer']").first.click()
        page.wait_for_url("**/answer")
        page.locator("[name='v.ANSWER']").fill("Confirmed against the source.")
        ward.press(page, "form .acts button")
        ward.press(ward.open(asked, "/queries"), "form[action$='/close'] button")
    ward.press(ward.open(A.MONITOR, f"{lung}/verify"), "form.card .acts button")
    assert ward.gate.casebook(A.MONITOR).subject(ward.subject).page("BASELINE", "LUNG").verified


def leave(ward: Hospital) -> None:
    """The patient withdraws; what did not take place is marked so; the logs are closed."""
    day = INDEX + timedelta(days=40)
    ward.at(day)
    ward.step(A.PHYSICIAN, ward.place("withdraw"), {"ON": day.isoformat(), "BECAUSE": "Wish of the patient"})
    ward.rows("DISPOSITION", Occasion(study=ward.gate.study, person=PATIENT, day=day, since=day, index=INDEX, closing=True), most=2)


def close(ward: Hospital) -> None:
    """The investigator approves the casebook and agrees; the data manager locks and, with him, opens the arms to the statistician."""
    ward.at(INDEX + timedelta(days=60))
    ward.step(A.INVESTIGATOR, ward.place("sign-off"), {}, password=True)
    ward.step(A.MONITOR, ward.place("sign-off"), {}, password=True)
    for path in ("/study", "/monitoring", "/review", "/balance"):
        ward.open(A.INVESTIGATOR, path)
    blind = ward.open(A.STATISTICIAN, ward.place()).locator("main").inner_text()
    assert not ARM_WORDS.search(blind.partition(ward.subject)[2]), "before the lock the statistician is blind"
    ward.step(A.INVESTIGATOR, "/lock/agree", {}, password=True)
    ward.step(A.DATA_MANAGER, "/lock/agree", {}, password=True)
    page = ward.open(A.DATA_MANAGER, "/lock")
    page.locator("#password").fill(PASSWORD)
    ward.press(page, "form button.stern")
    assert ward.gate.casebook(A.EVALUATOR).locked
    ward.step(A.DATA_MANAGER, "/release", {"BECAUSE": "The data are locked; the analysis begins"}, second="investigator")
    opened = ward.gate.casebook(A.STATISTICIAN)
    assert opened.subject(ward.subject).arm in ("T", "C") and any(isinstance(one.event, CodeBroken) for one in opened.entries())
    ward.open(A.STATISTICIAN, ward.place())


def test_nine_kinds_of_people_bring_one_patient_from_screening_to_the_opened_arms(ward: Hospital) -> None:
    for part in (begin, enroll, week_four, serious_event, review, leave, close):
        part(ward)
    assert set(A) - ward.met == set(), "each kind of person had a part"
    assert ward.complaints == [], "no error, no breach of the content policy, no request to anywhere else"
    told = [match for page in ward.read_by_evaluator for match in ARM_WORDS.findall(page)]
    assert len(ward.read_by_evaluator) > 8 and told == []
