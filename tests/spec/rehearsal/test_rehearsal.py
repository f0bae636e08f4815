"""The rehearsal: twenty virtual people walk through the real commands of NCT06546540, from screening to lock."""

import sqlite3
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from statistics import mean, stdev

import pytest

from studies.telitacicept_ssc.protocol import study
from studies.telitacicept_ssc.rehearsal import BEHAVIOR, FAILING
from trialwright import store
from trialwright.blinding import Gate
from trialwright.eligibility.screening import screen
from trialwright.instruments import mrss
from trialwright.protocol import Absence, Audience
from trialwright.record import SubjectChart, obstacles, window
from trialwright.record.events import Answered, CodeBroken, Corrected
from trialwright.record.ledger import Ledger
from trialwright.rehearsal import PEOPLE, dice, rehearse
from trialwright.rehearsal.mechanism import Course, Mechanism
from trialwright.rehearsal.patients import Person

START = date(2024, 6, 10)
READINGS = ("R1", "R2", "R3")
pytestmark = pytest.mark.spec


@pytest.fixture(scope="module", params=READINGS)
def trial(request, tmp_path_factory):
    """One rehearsal on a real file for each reading of the allocation."""
    path = tmp_path_factory.mktemp(request.param) / "trial.db"
    kept = store.create(path, study(request.param), dice(1))
    done = rehearse(kept.gate.study, BEHAVIOR, kept.gate, seed=1, start=START)
    yield kept, done
    kept.close()


def book_of(trial, role=Audience.CUSTODIAN):
    return trial[0].gate.casebook(role)


def test_it_reaches_lock(trial):
    """Under each reading of the allocation twenty people are enrolled in two arms, and the data are locked."""
    book = book_of(trial)
    assert book.locked
    assert book.locked.by == "datamanager"
    assert trial[1].counts["enrolled"] == 20
    arms = Counter(subject.arm for subject in book.subjects if subject.arm)
    assert set(arms) == {"T", "C"}
    assert min(arms.values()) >= 5


def test_nothing_is_left_open(trial):
    """At lock no query is open and no page of an enrolled subject lacks a signature that holds; screen failures' neither."""
    book = book_of(trial)
    assert not any(obstacles(trial[0].gate.study, book).values())
    pages = [page for subject in book.subjects for page in subject.pages.values() if page.cells]
    assert [page.place for page in pages if not page.fully_signed] == []
    for page in pages:
        valid = {signature.event.meaning: signature.entry.by for signature in page.signatures if signature.valid}
        assert valid["approved"] == "investigator"
        assert valid["reviewed" if page.by_patient else "authored"] != "investigator"
    assert {page.place[1] for page in pages if page.by_patient} == {form.code for form in trial[0].gate.study.forms if form.by_patient}


def test_the_file_verifies(trial):
    """The trial file that a rehearsal leaves has nothing wrong with it."""
    assert store.examine(trial[0].at) == []


def test_screening_decides_as_the_criteria_do(trial):
    """Who was enrolled is eligible by the criteria, who failed is not, and the criteria recorded are the ones not met."""
    this = trial[0].gate.study
    failed = []
    for subject in book_of(trial, Audience.PHYSICIAN).subjects:
        on = subject.index_date or subject.failed.event.on
        record = screen(this, SubjectChart(this, subject, start=on))
        assert record.eligible == (subject.enrolled is not None)
        if subject.failed:
            missed = ",".join(one.criterion.code for one in record.decisions if not one.fulfilled)
            assert subject.failed.event.criteria == missed
            failed.append(missed)
    assert sorted(failed) == sorted(FAILING)


def test_people_behave_as_people_do(trial):
    """Visits in and out of windows, missed visits, corrections with reasons, one withdrawal: each is there."""
    this, book = trial[0].gate.study, book_of(trial)
    states = Counter(subject.status for subject in book.subjects)
    assert states == {"completed": 19, "withdrawn": 1, "screen failure": 4}
    inside, outside = 0, 0
    for subject in book.subjects:
        for visit in this.visits:
            day = SubjectChart(this, subject).value("MRSS", "MRSSDAT", visit.code)
            if day is not None and visit.day > 0:
                within = window(visit, subject).holds(day)
                inside, outside = inside + within, outside + (not within)
    assert inside > 100
    assert 2 <= outside <= 10
    missed = {(s.id, p.place[0]) for s in book.subjects for p in s.pages.values() if p.not_done}
    assert len(missed) >= 3
    assert len(book.corrections) >= 10
    assert all(entry.event.reason for entry in book.corrections)


def test_adverse_events_doses_and_drugs_are_logged(trial):
    """Background drugs, weekly doses given and not given in one arm only, adverse events with one serious one that ended."""
    book = book_of(trial)
    drugs = [page for subject in book.subjects for page in subject.rows("MEDICATIONS")]
    assert len(drugs) > 20
    given = Counter((subject.arm, page.answers["EXGIVEN"]) for subject in book.subjects for page in subject.rows("DOSING"))
    assert set(given) == {("T", "Y"), ("T", "N")}
    events = [page.answers for subject in book.subjects for page in subject.rows("ADVERSE_EVENTS")]
    serious = [event for event in events if event["AESER"] == "Y"]
    assert len(events) > 15
    assert len(serious) == 1
    assert serious[0]["AESHOSP"] == "Y"
    assert serious[0]["AEOUT"] == "RECOVERED/RESOLVED"


def test_queries_are_asked_answered_and_closed(trial):
    """The data manager asks the evaluator and the site, the monitor asks about what hints at the arm; all are settled."""
    queries = [query for subject in book_of(trial).subjects for query in subject.queries.values()]
    assert len(queries) >= 10
    assert {query.status for query in queries} == {"closed"}
    assert all(query.answers for query in queries)
    assert {query.asked.by for query in queries} == {"datamanager", "monitor"}
    assert {query.answers[0].by for query in queries} == {"coordinator", "evaluator", "physician"}


def test_the_evaluator_scores_and_guesses(trial):
    """The evaluator alone scores 17 sites at each visit and guesses early and late; a site may defy assessment."""
    book = book_of(trial, Audience.EVALUATOR)
    cells = [(page, cell) for s in book.subjects for page in s.pages.values() for cell in page.cells.values()]
    assert {entry.by for _, cell in cells for entry in cell.entries} == {"evaluator"}
    scored = [page for s in book.subjects for page in s.pages.values() if page.place[1] == "MRSS" and page.cells]
    assert len(scored) > 150
    assert all(set(mrss.CODES) <= set(page.cells) for page in scored)
    assert any(cell.absence is Absence.NOT_ASSESSABLE for _, cell in cells)
    guesses = Counter(page.answers["MOMENT"] for page, cell in cells if cell.last.item == "GUESS")
    assert guesses["EARLY"] >= 17
    assert guesses["LATE"] >= 16


@pytest.mark.req("BLD-01")
def test_the_blind_stay_blind_until_lock(trial):
    """Before the lock the statistician knows no arm; afterwards the code is broken to him by two people; the evaluator never."""
    gate = trial[0].gate
    locked = book_of(trial).locked.at
    assert {subject.arm for subject in gate.casebook(Audience.STATISTICIAN, until=locked).subjects} == {None}
    broken = book_of(trial).released
    assert isinstance(broken.event, CodeBroken)
    assert broken.at > locked
    assert (broken.by, broken.event.second, broken.event.to) == ("datamanager", "investigator", Audience.STATISTICIAN)
    assert {s.arm for s in gate.casebook(Audience.STATISTICIAN).subjects if s.enrolled} == {"T", "C"}
    assert {subject.arm for subject in gate.casebook(Audience.EVALUATOR).subjects} == {None}


def test_all_goes_through_the_commands_that_people_use(trial):
    """One page is one save; every entry was made by a demo account in its role, in an order in which time never runs back."""
    entries = list(book_of(trial).everything)
    people = {(actor.name, role) for role, actor in PEOPLE.items()} | {("patient", Audience.PATIENT)}
    assert {(entry.by, entry.role) for entry in entries} <= people
    saves = {}
    for entry in entries:
        if isinstance(entry.event, Answered) and not isinstance(entry.event, Corrected):
            saves.setdefault(entry.page, set()).add((entry.event.subject, entry.event.visit, entry.event.form, entry.event.row))
    assert all(len(places) == 1 for places in saves.values())
    times = [step.at for step in trial[1].log]
    assert times == sorted(times)
    assert {step.by for step in trial[1].log} >= {actor.name for role, actor in PEOPLE.items() if role not in (Audience.STATISTICIAN, Audience.CUSTODIAN)}


def lines_of(path):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        return [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in ("about", "line", "secret")]


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    """The same seed writes the same bytes into the file, salts and all; another seed writes others."""
    found = []
    for name, seed in (("a", 4), ("b", 4), ("c", 5)):
        kept = store.create(tmp_path / f"{name}.db", study("R3"), dice(seed))
        rehearse(kept.gate.study, BEHAVIOR, kept.gate, seed=seed, subjects=3, start=START)
        kept.close()
        found.append(lines_of(tmp_path / f"{name}.db"))
    assert found[0] == found[1]
    assert found[0] != found[2]


@pytest.mark.parametrize("subjects", [1, 2, 5])
def test_a_few_people_are_enough(subjects):
    """A rehearsal with one, two or five people reaches lock as well, and tells how far it is."""
    heard = []
    gate = Gate(study("R1"), Ledger("few"), lambda lines: None, dice(2))
    done = rehearse(gate.study, BEHAVIOR, gate, seed=2, subjects=subjects, start=START, progress=lambda n, of: heard.append((n, of)))
    assert done.counts["enrolled"] == subjects
    assert gate.casebook(Audience.CUSTODIAN).locked
    assert heard[-1] == (subjects + len(FAILING), subjects + len(FAILING))


def test_it_can_stop_in_the_middle():
    """A rehearsal that stops at a time leaves a trial in progress: not locked, people under way, questions open, no later entry."""
    until = datetime(2024, 12, 2, 4, 0, tzinfo=UTC)
    gate = Gate(study("R1"), Ledger("half"), lambda lines: None, dice(2))
    rehearse(gate.study, BEHAVIOR, gate, seed=2, subjects=8, start=START, until=until)
    book = gate.casebook(Audience.CUSTODIAN)
    assert not book.locked
    assert {"enrolled"} <= {subject.status for subject in book.subjects}
    assert max(entry.at for entry in book.everything) < until
    assert max(entry.at for entry in book.everything) > until - timedelta(days=14)
    whole = Gate(study("R1"), Ledger("half"), lambda lines: None, dice(2))
    rehearse(whole.study, BEHAVIOR, whole, seed=2, subjects=8, start=START)
    refs = {entry.ref for entry in whole.casebook(Audience.CUSTODIAN).everything}
    asked = {query.asked.ref for subject in book.subjects for query in subject.queries.values() if query.open}
    assert len(asked) >= 2
    assert {entry.ref for entry in book.everything} - asked < refs


@pytest.mark.parametrize("seed", range(2, 8))
def test_other_seeds_reach_lock_too(seed):
    """Whatever the seed, the trial reaches lock with the number of people that was asked for."""
    gate = Gate(study("R2"), Ledger("seeds"), lambda lines: None, dice(seed))
    done = rehearse(gate.study, BEHAVIOR, gate, seed=seed, subjects=6, start=START)
    assert done.counts["enrolled"] == 6
    assert not any(obstacles(gate.study, gate.casebook(Audience.CUSTODIAN)).values())


def test_the_course_of_the_skin_is_the_one_assumed():
    """Over many virtual people the change of the score has the mean, the spread and the effect that the mechanism states.

    Targets: week-48 change -4.15 and SD 7.5 in conventional arms (evidence named in the mechanism), effect -3 at week 24.
    The limits are four standard errors of 1,500 people.
    """
    rules = Mechanism()
    late, effect, twice, raters = [], [], [], []
    for one in range(1500):
        course, noise = Course(rules, Person(number=one, seed=9).dice), Person(number=one, seed=9).dice("noise")
        start = course.skin_seen(0, False, "evaluator", noise)
        late.append(course.skin_seen(48, False, "evaluator", noise) - start)
        effect.append(course.skin(24, True) - course.skin(24, False))
        twice.append(course.skin_seen(0, False, "evaluator", noise) - start)
        raters.append(course.skin_seen(0, False, "physician", noise) - start)
    assert mean(late) == pytest.approx(rules.skin_change_48.value, abs=0.78 + 0.2)  # 4 SE, and a little for the ends of the scale
    assert stdev(late) == pytest.approx(7.5, abs=0.55)
    assert mean(effect) == pytest.approx(rules.skin_effect.value, abs=0.15)
    assert stdev(twice) == pytest.approx(2**0.5 * rules.rater_within_sd.value, abs=0.26)
    assert stdev(raters) == pytest.approx(2**0.5 * rules.rater_between_sd.value, abs=0.48)
