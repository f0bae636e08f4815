"""What two people erased is gone: from the place of the trial, its logs and free pages, its files, and everything that is written later."""

import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from trialwright.protocol import BARE, Audience
from trialwright.record import Answer, Attach, OpenStudy, Redact
from trialwright.record.events import QueryClosed, Redacted, RedactionAsked
from trialwright.record.ledger import Ledger, entries_of
from trialwright.record.redaction import AskRedaction
from trialwright.record.wire import Stamp
from trialwright.store import (
    Attachments,
    Database,
    Known,
    StoreError,
    address,
    attachments_path,
    backup,
    create,
    examine,
    holding,
    lacking,
    ledger_lines,
    open_trial,
    restore,
    scrubbed,
)
from trialwright.store.engine import sqlite
from trialwright.store.keeping import Rows
from trialwright.store.opening import opened
from trialwright.store.standalone import record
from trialwright.store.stream import written
from trialwright.store.verify import faults_in
from trialwright.testing import START, actor, enrolled, seeded, tiny_study

pytestmark = [pytest.mark.spec, pytest.mark.req("AUD-10")]
A = Audience
STUDY = tiny_study()
NAME = "ZHANGSAN13800138000"
SCAN = b"%PDF-1.7 a scan with a name on it"
LATER = START + timedelta(days=40)


def begun(at):
    """A trial of real people in which a name stands in a reason, among enough saves to split pages."""
    kept = create(at, STUDY)
    kept.gate.do(actor(A.INVESTIGATOR), OpenStudy(), START)
    enrolled(kept.gate, "S0")
    for turn in range(40):
        kept.gate.do(actor(A.EVALUATOR), Answer(subject="S0", visit="BASE", form="SCORE", entries={"SITE1": str(turn % 3)},
                                                reason=NAME if turn == 20 else f"seen again {'x' * 80}"), START)  # fmt: skip
    return kept


def named(kept):
    """The entry with the name."""
    return next(entry for entry in kept.gate.casebook(A.CUSTODIAN).everything if NAME in repr(entry.event))


def erase(kept, ref, *what, at=LATER):
    wish = kept.gate.do(actor(A.DATA_MANAGER), AskRedaction(ref=ref, what=what, because="a telephone number"), at)[0].ref
    kept.gate.do(actor(A.CUSTODIAN), Redact(request=wish), at)


def lying_about(folder: Path, *words: bytes) -> list[str]:
    return [path.name for path in sorted(folder.rglob("*")) if path.is_file() and any(word in path.read_bytes() for word in words)]


def rows(at):
    with closing(opened(at, writes=False)) as keeper:
        return keeper.read(examined=False)[0]


def test_it_is_gone_with_its_salt_and_everything_else_is_as_it_was(place):
    at = place()
    with closing(begun(at)) as kept:
        before, entry = rows(at), named(kept)
        salt = next(salt for log, seq, salt, _ in before.secrets if (log, seq) == (entry.log, entry.seq))
        erase(kept, entry.ref, "reason")
        after = rows(at)
        assert (entry.log, entry.seq) not in {row[:2] for row in after.secrets}
        assert len(after.secrets) == len(before.secrets) - 1 + 2
        assert set(before.lines) <= set(after.lines)
        assert salt not in {row[2] for row in after.secrets} and NAME.encode() not in b"".join(row[3] for row in after.secrets)
        told = [one.event for one in kept.gate.casebook(A.EVALUATOR).everything]
    assert examine(at) == []
    with closing(open_trial(at, STUDY)) as kept:
        assert [one.event for one in kept.gate.casebook(A.EVALUATOR).everything] == told
    assert record(ledger_lines(at).decode())[0] == []


@pytest.mark.parametrize("safe", [True, False], ids=["write-ahead log", "journal"])
def test_no_byte_of_it_lies_in_the_file_its_log_or_a_free_page(tmp_path, monkeypatch, safe):
    monkeypatch.setattr("trialwright.store.sqlite.wal_is_safe", lambda: safe)
    at = tmp_path / "trial.db"
    with closing(begun(at)) as kept:
        entry = named(kept)
        salt = next(salt for log, seq, salt, _ in rows(at).secrets if (log, seq) == (entry.log, entry.seq))
        assert lying_about(tmp_path, NAME.encode()) and lying_about(tmp_path, salt)
        erase(kept, entry.ref, "reason")
        assert lying_about(tmp_path, NAME.encode(), salt) == [], "while it is open"
    assert lying_about(tmp_path, NAME.encode(), salt) == [], "and afterwards"
    assert examine(at) == [] and scrubbed(at)


def test_a_reader_who_still_looks_at_the_older_state_keeps_it_and_the_next_start_or_scrub_ends_it(tmp_path):
    at = tmp_path / "trial.db"
    with closing(begun(at)) as kept:
        kept.watch.keeper.connection.execute("PRAGMA busy_timeout=50")
        reader = sqlite.connect(str(at), isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM line").fetchone()
        erase(kept, named(kept).ref, "reason")
        assert lying_about(tmp_path, NAME.encode()), "the reader still has the right to see what he began to read"
        reader.close()
    with closing(open_trial(at, STUDY)):
        assert lying_about(tmp_path, NAME.encode()) == []


def test_the_guards_hold_for_everything_else_and_for_the_same_afterwards(place, request):
    at = place()
    with closing(begun(at)) as kept:
        erase(kept, named(kept).ref, "reason")
    if isinstance(at, Database):
        return
    with closing(sqlite.connect(str(at), isolation_level=None)) as db:
        for statement in ("DELETE FROM secret", "UPDATE secret SET value = NULL", "DELETE FROM line"):
            with pytest.raises(sqlite.IntegrityError, match="append-only"):
                db.execute(statement)


@pytest.mark.req("SEC-02")
def test_in_postgresql_the_application_takes_nothing_away_that_no_line_says_was_erased(schema, postgres):
    psycopg = pytest.importorskip("psycopg")
    at = schema()
    with closing(begun(at)) as kept:
        refs = [entry.ref for entry in kept.gate.casebook(A.CUSTODIAN).everything]
        log, ref = named(kept).log, named(kept).ref
        with closing(psycopg.connect(at.url, autocommit=True, options=f"-c search_path={at.schema}")) as db:
            for one in (ref, refs[0], "", "%"):
                with pytest.raises(psycopg.Error, match="nobody erased it"):
                    db.execute("SELECT erase(%s, %s)", (log, one))
            with pytest.raises(psycopg.Error, match="permission denied"):
                db.execute("DELETE FROM secret")
            erase(kept, ref, "reason")
            with pytest.raises(psycopg.Error, match="nothing to erase"):
                db.execute("SELECT erase(%s, %s)", (log, ref))
    with pytest.raises(StoreError, match="only the owner"):
        scrubbed(at)
    files = postgres.data / "base"
    owner = address(postgres.url("owner", at.schema))
    assert scrubbed(owner)
    with closing(psycopg.connect(postgres.url("chief", at.schema).partition("?")[0], autocommit=True)) as db:
        db.execute("CHECKPOINT")
    assert lying_about(files, NAME.encode()) == [] and examine(at) == []


def attached(kept, subject):
    sha256 = Attachments(attachments_path(kept.at)).keep(SCAN)
    scan = Attach(subject=subject, visit="BASE", form="BLOOD", name=f"{NAME}.pdf", media="application/pdf", size=len(SCAN), sha256=sha256)
    return kept.gate.do(actor(A.COORDINATOR), scan, START)[0]


def erase_file(kept, entry):
    wish = kept.gate.do(actor(A.COORDINATOR), AskRedaction(ref=entry.ref, what=("name",), because="a name on the scan"), LATER)[0].ref
    kept.gate.do(actor(A.CUSTODIAN), Redact(request=wish), LATER)


def test_a_file_goes_with_its_name_once_no_other_page_keeps_it(tmp_path):
    at = tmp_path / "trial.db"
    with closing(begun(at)) as kept:
        enrolled(kept.gate, "S1")
        first, second = attached(kept, "S0"), attached(kept, "S1")
        erase_file(kept, first)
        assert Attachments(attachments_path(at)).fault(first.event.sha256, len(SCAN)) is None, "the other page keeps it"
        erase_file(kept, second)
        (page,) = (page for page in kept.gate.casebook(A.CUSTODIAN).subject("S0").pages.values() if page.attached)
        assert page.attachments[0].event.name == "[erased on 2026-02-14 by coordinator and custodian, because a name on the scan · 已抹除]"
    assert lying_about(tmp_path, SCAN, b"a scan with a name") == [] and examine(at) == []
    Attachments(attachments_path(at)).keep(SCAN)
    assert [fault.what.partition(" was erased")[2] for fault in examine(at)] == [" and is still there: run trialwright scrub"]
    assert scrubbed(at) and examine(at) == []


@pytest.mark.req("BCK-04")
def test_later_copies_do_not_hold_it_earlier_ones_are_named_and_a_restored_one_says_what_to_erase_again(tmp_path, place):
    at, copies = place(), tmp_path / "copies"
    with closing(begun(at)) as kept:
        entry = named(kept)
        early = backup(at, copies, START + timedelta(days=1))
        second = backup(at, tmp_path / "elsewhere", START + timedelta(days=2))
        erase(kept, entry.ref, "reason")
        late = backup(at, copies, LATER + timedelta(days=1))
        known = Known(rows(at).about["origin"])
        assert holding(known, entry.at, LATER) == [Path(early.file), Path(second.file)]
    there = tmp_path / "late" / "trial.db"
    restore(Path(late.file), there, LATER, "test")
    assert lacking(rows(there)) == [] and examine(there) == [] and lying_about(there.parent, NAME.encode()) == []
    shutil.rmtree(there.parent)
    copy = restore(Path(early.file), there, LATER, "test")
    assert [(one.entry, one.by) for one in lacking(copy.rows)] == [(entry.ref, "custodian")]
    assert lying_about(there.parent, NAME.encode())
    with closing(open_trial(there, STUDY)) as kept:
        assert [one.entry for one in kept.watch.erased()] == [entry.ref]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """All rows of a trial, its ledger, and the entry with the name."""
    at = tmp_path_factory.mktemp("whole") / "trial.db"
    with closing(begun(at)) as kept:
        entry = named(kept)
    found = rows(at)
    ledger = Ledger(found.about["origin"])
    lines = found.in_order()
    ledger.accept(lines, entries_of(lines))
    return found, ledger, entry


def with_lines(whole, *told, gone=True, salt=None):
    """The rows of the trial after these events (event, by, role), with all hashes right; `gone`: the secret is away; `salt`: but for that."""
    found, ledger, entry = whole
    ledger = ledger.copy()
    rest, refs = [], {}
    for name, event, by, role in told:
        event = event(refs, entry)
        lines = ledger.prepare([(event, Stamp(page="p", at=LATER, by=by, role=role))], seeded(7))
        ledger.accept(lines, ())
        refs[name] = lines[0].head.hex()[:16]
        rest += lines
    secrets = {row[:2]: row for row in (*found.secrets, *((one.log, one.seq, one.salt, one.secret) for one in rest if one.salt))}
    if gone:
        left = secrets.pop((entry.log, entry.seq))
        if salt:
            secrets[entry.log, entry.seq] = (*left[:3], None)
    return Rows(about=found.about, lines=sorted((*found.lines, *((one.log, one.seq, one.body, one.head) for one in rest))),
                secrets=[secrets[key] for key in sorted(secrets)])  # fmt: skip


def wish(by="datamanager", role=A.DATA_MANAGER, of=lambda refs, entry: entry.ref, label=None):
    return ("wish", lambda refs, entry: RedactionAsked(label=label or entry.event.label, subject="S0", erases=of(refs, entry), what="reason", because="why"),
            by, role)  # fmt: skip


def deed(by="custodian", role=A.CUSTODIAN, of=lambda refs, entry: entry.ref, label=None):
    return ("deed", lambda refs, entry: Redacted(label=label or entry.event.label, subject="S0", erases=of(refs, entry), request=refs.get("wish", "0" * 16),
                                                 what="reason", kept='{"value":"2"}'), by, role)  # fmt: skip


FORGED = {
    "nobody said so": ([], {}),
    "only a wish says so": ([wish()], {}),
    "nobody asked": ([deed()], {}),
    "one person": ([wish(), deed(by="DataManager")], {}),
    "one role": ([wish(), deed(role=A.DATA_MANAGER)], {}),
    "the wish names another entry": ([wish(of=lambda refs, entry: "1" * 16), deed()], {}),
    "the wish comes after": ([deed(), wish()], {}),
    "the wish stands in another log": ([wish(label=BARE), deed()], {}),
    "the erasure stands in another log": ([wish(), deed(label=BARE)], {}),
    "it names nothing": ([wish(of=lambda refs, entry: "1" * 16), deed(of=lambda refs, entry: "1" * 16)], {"gone": False}),
    "it names what holds no values": ([("bare", lambda refs, entry: QueryClosed(label=entry.event.label, subject="S0", query="q"), "monitor", A.MONITOR),
                                       wish(of=lambda refs, entry: refs["bare"]), deed(of=lambda refs, entry: refs["bare"])], {"gone": False}),
    "it was not done": ([wish(), deed()], {"gone": False}),
    "the salt was left": ([wish(), deed()], {"salt": True}),
}  # fmt: skip


@pytest.mark.req("SEC-02", "REC-03")
@pytest.mark.parametrize("case", FORGED)
def test_both_verifiers_find_an_erasure_that_is_none(whole, case):
    told, how = FORGED[case]
    rows = with_lines(whole, *told, **how)
    assert list(faults_in(rows)) != [], "the product"
    assert record(b"".join(written(rows)).decode())[0] != [], "the verifier that needs nothing but Python"


def test_both_accept_the_erasure_of_two_people(whole):
    rows = with_lines(whole, wish(), deed())
    assert list(faults_in(rows)) == [] == record(b"".join(written(rows)).decode())[0]
