"""The evaluator's compartment in a store of its own: what goes there, what comes back, what is refused, and that nothing is lost."""

import random
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from attrs import evolve

from tests.postgres import Server
from trialwright.blinding import SYSTEM, Actor
from trialwright.blinding.bridge import BROUGHT, TOLD, crosses, shared_forms
from trialwright.cli.application import begin
from trialwright.cli.shell import Failed
from trialwright.exchange.study_folder import Unusable, study_of
from trialwright.protocol import ALL, BARE, SITE, TREATING, Audience, Study, same
from trialwright.record import (
    Answer,
    AnswerQuery,
    AskQuery,
    AskRedaction,
    BreakCode,
    CloseQuery,
    Command,
    Freeze,
    Lock,
    NoteClock,
    OpenStudy,
    Redact,
    Refused,
    Screen,
    Sign,
    SignOff,
    Thaw,
    Unlock,
    erasures,
)
from trialwright.record.events import KINDS, Allocated, Amended, ClockStepped, Corrected, Locked
from trialwright.store import (
    Address,
    Kept,
    StoreError,
    Taken,
    address,
    begin_part,
    create,
    end_part,
    examine,
    letter,
    open_trial,
    place_at,
    prepare,
    take,
)
from trialwright.store.opening import opened
from trialwright.testing import START, Told, actor, enrolled, later, seeded, tiny_study

pytestmark = [pytest.mark.spec, pytest.mark.req("BLD-02")]
STUDY = tiny_study()
A = Audience
EVALUATOR, MANAGER, COORDINATOR = actor(A.EVALUATOR), actor(A.DATA_MANAGER), actor(A.COORDINATOR)
SITES = ("SITE1", "SITE2", "SITE3")


@pytest.fixture(autouse=True)
def _of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials of one seed bear one name: what this machine remembers of one must not meet the next."""
    monkeypatch.setenv("TRIALWRIGHT_HOME", str(tmp_path / "home"))


def score(subject: str = "S0", visit: str = "BASE", grade: int = 1, **more: str) -> Answer:
    return Answer(subject=subject, visit=visit, form="SCORE", entries={"ASSESSED": "2026-01-05", **dict.fromkeys(SITES, str(grade))}, **more)


class Pair:
    """A trial and the evaluator's own store, both closed; each act opens what it needs."""

    def __init__(self, main: Address, part: Address, study: Study = STUDY) -> None:
        self.main, self.part, self.study = main, part, study

    @contextmanager
    def trial(self) -> Iterator[Kept]:
        with closing(open_trial(self.main, self.study, seeded(3))) as kept:
            yield kept

    @contextmanager
    def apart(self) -> Iterator[Kept]:
        with closing(open_trial(self.part, self.study, seeded(4))) as kept:
            yield kept

    def do(self, who: Actor, *commands: Command, day: int = 1, minutes: int = 0) -> None:
        with self.apart() if who.role is A.EVALUATOR else self.trial() as kept:
            kept.gate.do_all(who, commands, later(day, minutes))

    def there(self, day: int = 2) -> Taken:
        """A letter from the trial to the evaluator's store."""
        content = letter(self.main)
        with self.apart() as kept:
            return take(kept, content, later(day))

    def back(self, day: int = 2) -> Taken:
        content = letter(self.part)
        with self.trial() as kept:
            return take(kept, content, later(day))


def lines_of(at: Address) -> list[tuple[str, int, bytes]]:
    with closing(opened(at, writes=False)) as keeper:
        return [(log, seq, head) for log, seq, _, head in keeper.read(examined=False)[0].lines]


def begun(main: Address, part: Address, study: Study = STUDY, seed: int = 1) -> Pair:
    """A trial with two people, one of them scored before the evaluator's store was made."""
    with closing(create(main, study, seeded(seed))) as kept:
        kept.gate.do(actor(A.INVESTIGATOR), OpenStudy(), START)
        enrolled(kept.gate, "S0")
        kept.gate.do(EVALUATOR, score(), START)
        enrolled(kept.gate, "S1", arm="C", at=later(0, 5))
        begin_part(kept, part, later(0, 10), seeded(2))
    return Pair(main, part, study)


@pytest.fixture
def beside(place: Callable[[], Address]) -> Callable[[], tuple[Address, Address]]:
    """A place for a trial and one, with accounts of its own, for the evaluator's store."""

    def two() -> tuple[Address, Address]:
        main, part = place(), place()
        return main, part.parent / "evaluator" / part.name if isinstance(part, Path) else part

    return two


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return begun(tmp_path / "trial.db", tmp_path / "evaluator" / "part.db")


def test_a_whole_trial_in_two_stores(beside: Callable[[], tuple[Address, Address]]) -> None:
    """Scored, asked, answered and signed apart; seen, verified and locked in the trial; the evaluator is told of the lock and of nothing else."""
    pair = begun(*beside())
    assert place_at(pair.part) == "EVALUATOR" and place_at(pair.main) == ""
    pair.do(EVALUATOR, score("S1", grade=2), Sign(subject="S1", visit="BASE", form="SCORE"), Sign(subject="S0", visit="BASE", form="SCORE"))
    pair.do(EVALUATOR, Answer(subject="S1", form="LEARNED", row="R1", entries={"LEARNDAT": "2026-01-06"}))
    pair.do(EVALUATOR, Sign(subject="S1", form="LEARNED", row="R1"))
    assert pair.back() == Taken(count=8) and pair.back() == Taken(count=0)
    pair.do(MANAGER, AskQuery(subject="S1", visit="BASE", form="SCORE", item="SITE2", question="Really 2?"), day=3)
    assert pair.there(3) == Taken(count=1) and pair.there(3) == Taken(count=0)
    with pair.apart() as kept:
        (query,) = kept.gate.casebook(A.EVALUATOR).subject("S1").queries
    pair.do(EVALUATOR, AnswerQuery(subject="S1", query=query, answer="No, 3."), score("S1", grade=3, reason="looked again"), day=4)
    pair.do(EVALUATOR, Sign(subject="S1", visit="BASE", form="SCORE"), day=4)
    assert pair.back(5).count > 0
    with pair.trial() as kept:
        page = kept.gate.casebook(A.DATA_MANAGER).subject("S1").page("BASE", "SCORE")
        assert page.fully_signed and page.answers["SITE2"] == "3" and len(page.cells["SITE2"].entries) == 2
        told = kept.gate.casebook(A.DATA_MANAGER).subject("S1").queries[query]
        assert [entry.event.answer for entry in told.answers] == ["No, 3."]
    finish(pair)
    assert pair.there(9).count == 4  # the question closed, the two casebooks frozen, the lock
    with pair.apart() as kept:
        book = kept.gate.casebook(A.EVALUATOR)
        assert book.locked is not None and book.locked.event.digest == ""
        with pytest.raises(Refused, match="locked"):
            kept.gate.do(EVALUATOR, score("S0", grade=2, reason="late"), later(9))
    assert examine(pair.main) == [] and examine(pair.part) == []


def test_the_account_of_the_evaluators_schema_reads_nothing_else(postgres: Server, schema: Callable[[], Address]) -> None:
    """In one database server: the role with which the evaluator's application connects has no grant on the trial."""
    psycopg = pytest.importorskip("psycopg", reason="the driver psycopg is not installed (extra `postgresql`)")
    apart = f"e{secrets.token_hex(6)}"
    with psycopg.connect(postgres.url("chief").partition("?")[0], autocommit=True) as chief:
        chief.execute(psycopg.sql.SQL("CREATE ROLE {} LOGIN").format(psycopg.sql.Identifier(apart)))
    prepare(address(postgres.url("owner", apart)), apart)
    pair = begun(schema(), address(postgres.url(apart, apart)))
    pair.do(EVALUATOR, score("S1"))
    pair.do(COORDINATOR, Answer(subject="S1", form="DOSE", row="R1", entries={"MG": "160"}))
    assert pair.there() == Taken(count=0) and pair.back() == Taken(count=4)
    assert examine(pair.main) == [] == examine(pair.part)
    trial = pair.main.schema  # type: ignore[union-attr]  # a Database
    with psycopg.connect(postgres.url(apart).partition("?")[0], autocommit=True) as connection:
        for table in ("line", "secret", "about"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT count(*) FROM {trial}.{table}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"DELETE FROM {apart}.{table}")
            assert connection.execute(f"SELECT count(*) FROM {apart}.{table}").fetchone()[0] > 0


def finish(pair: Pair) -> None:
    """Everything that a lock needs, and the lock."""
    with pair.trial() as kept:
        gate = kept.gate
        (query,) = gate.casebook(A.DATA_MANAGER).subject("S1").queries
        gate.do(MANAGER, CloseQuery(subject="S1", query=query), later(6))
        gate.do_all(MANAGER, [Freeze(subject="S0"), Freeze(subject="S1")], later(6))
        gate.do(actor(A.INVESTIGATOR), SignOff(meaning="ready to lock"), later(7))
        gate.do(MANAGER, Lock(), later(7))


def test_the_evaluator_sees_the_same_in_both_stores(pair: Pair) -> None:
    """Whatever the order in which letters came: one cell has one writer, so both folds say the same."""
    dice = random.Random(7)
    for day in range(1, 12):
        for turn in range(3):
            visit, subject = dice.choice(("BASE", "W4")), dice.choice(("S0", "S1"))
            pair.do(EVALUATOR, score(subject, visit, dice.randint(0, 3), reason="again"), day=day, minutes=turn)
        with pair.trial() as kept:
            enrolled(kept.gate, f"N{day}", at=later(day, 4))
            if day == 5:
                kept.gate.do(MANAGER, AskQuery(subject="S0", visit="BASE", form="SCORE", item="SITE1", question="Really?"), later(day, 5))
        for bridge in dice.sample((pair.there, pair.back), k=dice.randint(0, 2)):
            bridge(day)
    pair.there(20), pair.back(20)
    with pair.trial() as kept, pair.apart() as other:
        here, there = kept.gate.casebook(A.EVALUATOR), other.gate.casebook(A.EVALUATOR)
        assert [subject.id for subject in here.subjects] == [subject.id for subject in there.subjects]
        for one, two in zip(here.subjects, there.subjects, strict=True):
            assert {place: page.answers for place, page in one.pages.items()} == {place: page.answers for place, page in two.pages.items()}
            assert one.queries.keys() == two.queries.keys() and one.evaluator == two.evaluator
        assert sorted(entry.ref for entry in here.everything) == sorted(entry.ref for entry in there.everything)


def test_each_side_has_its_writers(pair: Pair) -> None:
    with pair.trial() as kept, pytest.raises(Refused, match="assessed-elsewhere"):
        kept.gate.do(EVALUATOR, score(grade=2, reason="twice"), later(1))
    with pair.apart() as kept:
        for role in A:
            if role not in (A.EVALUATOR, A.PATIENT):
                with pytest.raises(Refused, match="evaluators-only"):
                    kept.gate.do(actor(role), Screen(site="01"), later(1))
        with pytest.raises(Refused, match="evaluators-only"):
            kept.gate.do(Actor(name="custodian", role=A.CUSTODIAN), OpenStudy(), later(1))


def test_what_was_written_before_a_page_was_frozen_but_came_after_waits_in_words(pair: Pair) -> None:
    pair.do(EVALUATOR, score("S1"), day=1)
    pair.do(EVALUATOR, score("S0", "W4"), day=1, minutes=5)
    pair.do(MANAGER, Freeze(subject="S1"), day=1, minutes=1)
    before = lines_of(pair.part)
    waits = pair.back()
    assert waits.count == 0 and "evaluator wrote on the page S1 BASE SCORE on 2026-01-06 01:00 UTC, and datamanager had frozen it" in waits.trouble
    assert lines_of(pair.part) == before and examine(pair.main) == [], "nothing is lost, nothing is half taken in"
    pair.do(MANAGER, Thaw(subject="S1", because="an assessment is on its way"), day=3)
    assert pair.back(4) == Taken(count=8)
    with pair.trial() as kept:
        assert kept.gate.casebook(A.DATA_MANAGER).subject("S1").page("BASE", "SCORE").answers["SITE1"] == "1"


def test_what_comes_after_the_lock_waits_until_two_people_open_it(pair: Pair) -> None:
    pair.do(EVALUATOR, Sign(subject="S0", visit="BASE", form="SCORE"), day=1)
    assert pair.back(1) == Taken(count=1)
    pair.do(actor(A.INVESTIGATOR), SignOff(meaning="ready to lock"), day=2)
    pair.do(EVALUATOR, score("S1"), day=2)
    pair.do(MANAGER, Lock(), day=2, minutes=5)
    waits = pair.back(3)
    assert waits.count == 0 and "evaluator wrote this about S1" in waits.trouble and "Unlock the data (two people, with a reason)" in waits.trouble
    pair.do(MANAGER, Unlock(second="investigator", because="an assessment came late"), day=4)
    assert pair.back(5) == Taken(count=4) and examine(pair.main) == []


def test_of_a_letter_that_must_wait_what_came_before_is_taken(pair: Pair) -> None:
    pair.do(EVALUATOR, score("S0", "W4"), day=1)
    pair.do(EVALUATOR, score("S1"), day=1, minutes=5)
    pair.do(MANAGER, Freeze(subject="S1"), day=1, minutes=9)
    first = pair.back()
    assert first.count == 4 and "S1 BASE SCORE" in first.trouble
    assert pair.back().count == 0
    pair.do(MANAGER, Thaw(subject="S1", because="late"), day=3)
    assert pair.back(4) == Taken(count=4)


def test_a_clock_that_goes_ahead_is_told(pair: Pair) -> None:
    pair.do(EVALUATOR, score("S1"), day=9)
    waits = pair.back(2)
    assert waits.count == 0 and "goes ahead of this one" in waits.trouble
    assert pair.back(9) == Taken(count=4)


@pytest.mark.req("AUD-02")
def test_a_letter_that_was_touched_is_refused_whole(pair: Pair) -> None:
    """Of 300 letters with one changed byte none is taken in, either way; of their whole originals each is."""
    pair.do(EVALUATOR, score("S1"))
    pair.do(COORDINATOR, Screen(site="01"))
    dice = random.Random(5)
    with pair.trial() as trial, pair.apart() as apart:
        enrolled(trial.gate, "S2", at=later(1))
        for at, kept in ((pair.main, apart), (pair.part, trial)):
            whole, before = letter(at), lines_of(kept.at)
            for _ in range(150):
                place = dice.randrange(len(whole))
                with pytest.raises(StoreError):
                    take(kept, whole[:place] + bytes([whole[place] ^ 1 << dice.randrange(8)]) + whole[place + 1 :], later(2))
            for nonsense in (b"", b"{}", b"\n\n", whole[: len(whole) // 2], whole.split(b"\n", 1)[1], whole + b"x", b"\xff" * 99):
                with pytest.raises(StoreError):
                    take(kept, nonsense, later(2))
            assert lines_of(kept.at) == before
            assert take(kept, whole, later(2)).count > 0


def test_letters_of_strangers_are_refused(pair: Pair, tmp_path: Path) -> None:
    """A letter for the other side, of another trial, of a store that was given up, or signed by another key."""
    other = begun(tmp_path / "two" / "trial.db", tmp_path / "two" / "evaluator" / "part.db", seed=6)
    with pair.trial() as trial, pair.apart() as apart:
        for content, kept, said in ((letter(pair.main), trial, "for the other side"), (letter(pair.part), apart, "for the other side"),
                                    (letter(other.main), apart, "belongs to"), (letter(other.part), trial, "belongs to")):  # fmt: skip
            with pytest.raises(StoreError, match=said):
                take(kept, content, later(2))
        old = letter(pair.part)
        begin_part(trial, tmp_path / "third" / "part.db", later(3), seeded(9), anew=True)
        with pytest.raises(StoreError, match="given up, or replaced"):
            take(trial, old, later(3))


@pytest.mark.parametrize("event", [Locked(label=BARE), Allocated(label=TREATING & ~STUDY.blinded, subject="S0", arm="C", method="x", because="x")])
def test_what_is_not_on_the_list_does_not_pass_whoever_signed_it(pair: Pair, event: object) -> None:
    """A store that was taken over could sign anything; the trial takes in what an evaluator does, and nothing else."""
    pair.do(EVALUATOR, Told((event,)))
    before = lines_of(pair.main)
    with pytest.raises(StoreError, match="does not pass the bridge"):
        pair.back()
    assert lines_of(pair.main) == before


def test_the_list_names_kinds_that_the_evaluator_can_do() -> None:
    """Every kind of event has its place: told there, brought back, or neither, and nothing new slips in by itself."""
    neither = {kind.__name__ for kind in KINDS if kind not in TOLD | BROUGHT}
    assert neither == {"Screened", "Consented", "Failed", "Allocated", "DictionaryAdopted", "AmendmentProposed", "AmendmentApproved", "Attached",
                       "Detached", "Exported", "Withdrew", "StateAccepted", "Bridged"}  # fmt: skip
    assert not crosses("CUSTODIAN") and not crosses(f"{BARE.code}/PHARMACY") and crosses(ALL.code)


def test_a_store_that_was_put_back_is_found_and_made_anew(pair: Pair, tmp_path: Path) -> None:
    pair.do(EVALUATOR, score("S1"))
    shutil.copy(pair.part, tmp_path / "copy")
    pair.do(EVALUATOR, score("S1", "W4"))
    assert pair.back().count == 8
    shutil.copy(tmp_path / "copy", pair.part)
    with pair.apart() as kept:
        with pytest.raises(StoreError, match=r"it goes on from an older state\. Make this store anew"):
            take(kept, letter(pair.main), later(3))
        with pytest.raises(StoreError, match="only read"):
            kept.gate.do(EVALUATOR, score("S1", "W8"), later(3))
        with pytest.raises(Failed, match="is not the newest state of the evaluator's store"):
            begin(kept, apart=True)
    renewed = tmp_path / "anew" / "part.db"
    with pair.trial() as kept:
        with pytest.raises(StoreError, match="has an evaluator's store already"):
            begin_part(kept, renewed, later(4), seeded(5))
        begin_part(kept, renewed, later(4), seeded(5), anew=True)
    again = Pair(pair.main, renewed)
    with again.apart() as kept:
        assert kept.gate.casebook(A.EVALUATOR).subject("S1").page("W4", "SCORE").answers["SITE1"] == "1", "what had come home is there again"
    again.do(EVALUATOR, score("S1", "W8"), day=5)
    assert again.back(6) == Taken(count=4) and examine(pair.main) == [] == examine(renewed)


@pytest.mark.req("AUD-10")
def test_what_two_people_erase_is_gone_in_both_stores(beside: Callable[[], tuple[Address, Address]]) -> None:
    """A name that the evaluator wrote and that came home; and one in a question that was erased before the bridge next went."""
    pair = begun(*beside())
    pair.do(EVALUATOR, score("S1"), score("S1", grade=2, reason="Mr Canary said so"))
    assert pair.back() == Taken(count=7)
    investigator = actor(A.INVESTIGATOR)
    with pair.trial() as kept:
        gate = kept.gate
        for entry in [one for one in gate.casebook(A.DATA_MANAGER).entries("S1") if isinstance(one.event, Corrected)]:
            gate.do(MANAGER, AskRedaction(ref=entry.ref, what=("reason",), because="a name"), later(2))
        (asked,) = gate.do(MANAGER, AskQuery(subject="S1", visit="BASE", form="SCORE", item="SITE1", question="Was it Mr Canary?"), later(2))
        gate.do(MANAGER, AskRedaction(ref=asked.ref, what=("question",), because="a name"), later(2))
        for erasure in erasures(gate.casebook(A.INVESTIGATOR)):
            gate.do(investigator, Redact(request=erasure.wish.ref), later(2))
    assert examine(pair.main) == []
    assert pair.there(3) == Taken(count=9) and pair.there(3) == Taken(count=0) and pair.back(3) == Taken(count=0)
    assert examine(pair.main) == [] == examine(pair.part)
    for at in (pair.main, pair.part):
        with closing(opened(at, writes=False)) as keeper:
            assert not any(b"Canary" in (value or b"") for *_, value in keeper.read(examined=False)[0].secrets)
        if isinstance(at, Path):
            assert b"Canary" not in at.read_bytes()
    pair.do(EVALUATOR, score("S1", "W4"), day=4)
    assert pair.back(4) == Taken(count=4)
    with pair.apart() as kept:
        (query,) = kept.gate.casebook(A.EVALUATOR).subject("S1").queries.values()
        assert query.asked.event.question.startswith("[erased on 2026-01-07 by datamanager and investigator")


def test_that_the_clock_of_his_machine_jumped_comes_home_too(pair: Pair) -> None:
    """It is for those who answer for the record, and not for him who works there."""
    with pair.apart() as kept:
        kept.gate.do(SYSTEM, NoteClock(seconds=-90), later(1))
        assert not any(isinstance(entry.event, ClockStepped) for entry in kept.gate.casebook(A.EVALUATOR).everything)
    assert pair.back() == Taken(count=1)
    with pair.trial() as kept:
        assert any(isinstance(entry.event, ClockStepped) for entry in kept.gate.casebook(A.CUSTODIAN).entries())


def test_an_amendment_of_his_pages_ends_his_store_in_words(pair: Pair) -> None:
    pair.do(EVALUATOR, score("S1"))
    pair.do(actor(A.INVESTIGATOR), Told((Amended(label=SITE, version="2", digest="d"),)))
    assert pair.there() == Taken(count=0), "what changes nothing that he sees is not told"
    pair.do(actor(A.INVESTIGATOR), Told((Amended(label=BARE, version="2"),)))
    with pytest.raises(StoreError, match="was amended in what the evaluator sees"):
        pair.there()
    assert pair.back() == Taken(count=4), "the way home stays open"


def test_his_store_goes_with_every_version_that_changes_nothing_he_sees(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(form: str) -> Study:
        forms = tuple(evolve(one, title=same("anew")) if one.code == form else one for one in STUDY.forms)
        return evolve(STUDY, version="2", forms=forms)

    monkeypatch.setattr("trialwright.exchange.study_folder.study_in", lambda folder: version("BLOOD"))
    assert study_of(tmp_path, pair.part).version == "2"
    with pytest.raises(Unusable, match="is kept under version 1"):
        study_of(tmp_path, pair.main)
    monkeypatch.setattr("trialwright.exchange.study_folder.study_in", lambda folder: version("SCORE"))
    with pytest.raises(Unusable, match="is kept under version 1"):
        study_of(tmp_path, pair.part)


def test_two_stores_that_both_go_on_are_found(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the evaluator's store, with its key, on a machine that does not know how far it had come: its first letter shows the fork."""
    twin = Pair(pair.main, tmp_path / "twin" / "part.db")
    shutil.copytree(pair.part.parent, twin.part.parent)
    pair.do(EVALUATOR, score("S1", grade=1))
    assert pair.back().count == 4
    monkeypatch.setenv("TRIALWRIGHT_HOME", str(tmp_path / "elsewhere"))
    twin.do(EVALUATOR, score("S1", grade=3))
    with pytest.raises(StoreError, match="is not the same on both sides"):
        twin.back()


def test_a_trial_that_was_put_back_does_not_lose_what_he_wrote(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Yesterday's backup of the trial, today's assessments in his store: they come home, in words that say what is wrong, and his store is made anew."""
    shutil.copy(pair.main, tmp_path / "yesterday")
    pair.do(EVALUATOR, score("S1"))
    assert pair.back().count == 4
    with pair.trial() as kept:
        enrolled(kept.gate, "LOST", at=later(1))
    assert pair.there().count == 1
    shutil.copy(tmp_path / "yesterday", pair.main)
    monkeypatch.setenv("TRIALWRIGHT_HOME", str(tmp_path / "elsewhere"))  # as if two people had accepted the older state
    home = pair.back(3)
    assert home.count == 4 and "it goes on from an older state. If the trial was put back from a backup" in home.trouble
    with pair.trial() as kept:
        enrolled(kept.gate, "S9", at=later(3))
        assert kept.gate.casebook(A.EVALUATOR).subject("S1").page("BASE", "SCORE").answers["SITE1"] == "1"
    pair.do(EVALUATOR, score("S1", "W4"), day=4)
    assert pair.back(4).count == 4, "also when the trial has gone on"
    with pytest.raises(StoreError, match=r"is not the same on both sides\. Make this store anew"):
        pair.there(4)
    renewed = Pair(pair.main, tmp_path / "renewed" / "part.db")
    with pair.trial() as kept:
        begin_part(kept, renewed.part, later(5), seeded(7), anew=True)
    assert renewed.there(5) == Taken(count=0) and renewed.back(5) == Taken(count=0)
    with renewed.apart() as kept:
        book = kept.gate.casebook(A.EVALUATOR)
        assert [one.id for one in book.subjects] == ["S0", "S1", "S9"] and book.subject("S1").page("W4", "SCORE").answers["SITE1"] == "1"
    assert examine(pair.main) == [] == examine(renewed.part)


def test_the_evaluator_may_come_back_into_the_trial(pair: Pair) -> None:
    pair.do(EVALUATOR, score("S1"))
    assert pair.back().count == 4
    with pair.trial() as kept:
        end_part(kept, later(3))
        kept.gate.do(EVALUATOR, score("S1", grade=2, reason="here again"), later(3))
        assert kept.gate.casebook(A.EVALUATOR).subject("S1").page("BASE", "SCORE").answers["SITE1"] == "2"
        with pytest.raises(StoreError, match="given up"):
            take(kept, letter(pair.part), later(3))
        with pytest.raises(StoreError, match="one that was given up"):
            begin_part(kept, pair.part, later(4), seeded(5))
        with pytest.raises(StoreError, match="nothing to end"):
            end_part(kept, later(4))
    assert examine(pair.main) == []


def test_a_store_that_cannot_be_is_refused(pair: Pair, tmp_path: Path) -> None:
    mixed = evolve(STUDY, forms=tuple(evolve(form, entered_by=A.EVALUATOR | A.COORDINATOR) if form.code == "SCORE" else form for form in STUDY.forms))
    assert shared_forms(mixed) == ("SCORE",) and shared_forms(STUDY) == ()
    with closing(create(tmp_path / "m" / "trial.db", mixed, seeded(1))) as kept:
        kept.gate.do(actor(A.INVESTIGATOR), OpenStudy(), START)
        with pytest.raises(StoreError, match=r"others fill the evaluator's forms too \(SCORE\)"):
            begin_part(kept, tmp_path / "m" / "e" / "part.db", later(1))
    (tmp_path / "spoiled").mkdir()
    (tmp_path / "spoiled" / "part.key").write_text("no key")
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "spoiled" / "part.db", tmp_path / "file" / "part.db"):
        with pair.trial() as kept, pytest.raises(StoreError, match="cannot be the key of the evaluator's store"):
            begin_part(kept, place, later(1), anew=True)
    with pair.trial() as kept, pytest.raises(StoreError, match="share the accounts"):
        begin_part(kept, tmp_path / "part.db", later(1), anew=True)
    with pair.apart() as kept, pytest.raises(StoreError, match="an evaluator's store itself"):
        begin_part(kept, tmp_path / "x" / "part.db", later(1))
    with pair.trial() as kept:
        (tmp_path / "y").mkdir()
        shutil.copy(pair.main, tmp_path / "y" / "part.db")
        with pytest.raises(StoreError, match="holds something else already"):
            begin_part(kept, tmp_path / "y" / "part.db", later(1), anew=True)


def test_an_emergency_is_not_told_and_the_arms_do_not_follow_the_lock(pair: Pair) -> None:
    pair.do(actor(A.PHYSICIAN), BreakCode(subject="S0", to=A.PHYSICIAN, second="", because="bleeding", emergency=True))
    assert pair.there() == Taken(count=0)
    pair.do(EVALUATOR, Sign(subject="S0", visit="BASE", form="SCORE"))
    pair.back()
    pair.do(actor(A.INVESTIGATOR), SignOff(meaning="ready to lock"), day=3)
    pair.do(MANAGER, Lock(), day=3, minutes=1)
    pair.do(actor(A.INVESTIGATOR), BreakCode(to=A.EVALUATOR | A.STATISTICIAN, second="datamanager", because="the end"), day=4)
    assert pair.there(5).count == 2
    with pair.apart() as kept:
        assert kept.gate.casebook(A.EVALUATOR).subject("S0").arm is None, "what does not lie there cannot be opened there"
