"""The verifier against intruders who know how it works: each check is the only one that stops one of these."""

import hashlib
import shutil

import orjson
import pytest

from trialwright.protocol import Audience
from trialwright.record import Answer, OpenStudy
from trialwright.record.ledger import ROOT, beginning, chained, ordered
from trialwright.store import StoreError, create, current_checkpoint, examine, open_trial
from trialwright.store.engine import sqlite
from trialwright.testing import START, actor, enrolled, seeded, tiny_study

pytestmark = [pytest.mark.spec, pytest.mark.req("SEC-02")]
STUDY = tiny_study()
BARE = "COORDINATOR+EVALUATOR+PHYSICIAN+SAFETY+MONITOR+DATA_MANAGER+STATISTICIAN+INVESTIGATOR+CUSTODIAN"
SCORES = "EVALUATOR+MONITOR+DATA_MANAGER+STATISTICIAN+INVESTIGATOR+CUSTODIAN"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("trial") / "trial.db"
    kept = create(path, STUDY, seeded(1))
    kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), START)
    enrolled(kept.gate, "S0")
    kept.gate.do(actor(Audience.EVALUATOR), Answer(subject="S0", visit="BASE", form="SCORE", entries={"SITE1": "1", "SITE2": "2"}), START)
    kept.close()
    assert examine(path) == []
    return path


def attacked(whole, tmp_path, attack):
    """A copy of the trial after the attack, its guards taken away before and put back afterwards."""
    path = tmp_path / "trial.db"
    shutil.copy(whole, path)
    db = sqlite.connect(str(path), isolation_level=None)
    triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    attack(db)
    for _, sql in triggers:
        db.execute(sql)
    db.close()
    return path


def rechain(db):
    """Rebuilds every hash from the contents, as somebody with the source of the verifier would."""
    origin = db.execute("SELECT value FROM about WHERE name = 'origin'").fetchone()[0]
    heads = {}

    def extend(log, seq, body):
        heads[log] = chained(heads.get(log) or beginning(origin, log), body)
        db.execute("UPDATE line SET body = ?, head = ? WHERE log = ? AND seq = ?", (body, heads[log], log, seq))
        return heads[log]

    for root_seq, told in db.execute("SELECT seq, body FROM line WHERE log = ? ORDER BY seq", (ROOT,)).fetchall():
        log, seq, _ = told.decode().split(" ")
        body = db.execute("SELECT body FROM line WHERE log = ? AND seq = ?", (log, int(seq))).fetchone()[0]
        extend(ROOT, root_seq, ordered(log, int(seq), extend(log, int(seq), body)))


def rewrite(log, seq, change):
    """Another content in one line, and a perfect chain over it."""

    def attack(db):
        content = orjson.loads(db.execute("SELECT body FROM line WHERE log = ? AND seq = ?", (log, seq)).fetchone()[0])
        db.execute("UPDATE line SET body = ? WHERE log = ? AND seq = ?", (orjson.dumps(change(content), option=orjson.OPT_SORT_KEYS), log, seq))
        rechain(db)

    return attack


def told(statement, *values):
    return lambda db: db.execute(statement, values)


def swap_secrets(db):
    rows = db.execute("SELECT salt, value FROM secret WHERE log = ? ORDER BY seq LIMIT 2", (SCORES,)).fetchall()
    for seq, row in zip((2, 1), rows, strict=True):
        db.execute("UPDATE secret SET salt = ?, value = ? WHERE log = ? AND seq = ?", (*row, SCORES, seq))


def move_a_byte(db):
    salt, value = db.execute("SELECT salt, value FROM secret WHERE log = ? AND seq = 1", (SCORES,)).fetchone()
    db.execute("UPDATE secret SET salt = ?, value = ? WHERE log = ? AND seq = 1", (salt + value[:1], value[1:], SCORES))


def unknown_to_the_root(db):
    head, body = db.execute("SELECT head, body FROM line WHERE log = ? ORDER BY seq DESC LIMIT 1", (BARE,)).fetchone()
    seq = db.execute("SELECT MAX(seq) FROM line WHERE log = ?", (BARE,)).fetchone()[0]
    db.execute("INSERT INTO line VALUES (?, ?, ?, ?)", (BARE, seq + 1, body, chained(head, body)))


def root_says_it_twice(db):
    seq, head = db.execute("SELECT seq, head FROM line WHERE log = ? ORDER BY seq DESC LIMIT 1", (ROOT,)).fetchone()
    body = db.execute("SELECT body FROM line WHERE log = ? AND seq = ?", (ROOT, seq)).fetchone()[0]
    db.execute("INSERT INTO line VALUES (?, ?, ?, ?)", (ROOT, seq + 1, body, chained(head, body)))


def garbled_root(db):
    seq, head = db.execute("SELECT seq, head FROM line WHERE log = ? ORDER BY seq DESC LIMIT 1", (ROOT,)).fetchone()
    db.execute("INSERT INTO line VALUES (?, ?, ?, ?)", (ROOT, seq + 1, b"nonsense", chained(head, b"nonsense")))


def root_names_another_head(db):
    """The last line of the root, with a head that its log never had, under a hash that follows from it."""
    (seq,) = db.execute("SELECT MAX(seq) FROM line WHERE log = ?", (ROOT,)).fetchone()
    before = db.execute("SELECT head FROM line WHERE log = ? AND seq = ?", (ROOT, seq - 1)).fetchone()[0]
    told = db.execute("SELECT body FROM line WHERE log = ? AND seq = ?", (ROOT, seq)).fetchone()[0]
    body = told[:-64] + b"0" * 64
    db.execute("UPDATE line SET body = ?, head = ? WHERE log = ? AND seq = ?", (body, chained(before, body), ROOT, seq))


def first_line_gone(db):
    """All lines of the log of scores but the last are dropped, and the rest is chained anew from its beginning; so is the root."""
    origin = db.execute("SELECT value FROM about WHERE name = 'origin'").fetchone()[0]
    body = db.execute("SELECT body FROM line WHERE log = ? AND seq = 2", (SCORES,)).fetchone()[0]
    db.execute("DELETE FROM secret WHERE log = ? AND seq = 1", (SCORES,))
    db.execute("DELETE FROM line WHERE log = ? AND seq = 1", (SCORES,))
    head = chained(beginning(origin, SCORES), body)
    db.execute("UPDATE line SET head = ? WHERE log = ?", (head, SCORES))
    roots = db.execute("SELECT body FROM line WHERE log = ? ORDER BY seq", (ROOT,)).fetchall()
    db.execute("DELETE FROM line WHERE log = ?", (ROOT,))
    bodies = [body for (body,) in roots if not body.startswith(SCORES.encode())] + [ordered(SCORES, 1, head)]
    last = beginning(origin, ROOT)
    for seq, one in enumerate(bodies, 1):
        last = chained(last, one)
        db.execute("INSERT INTO line VALUES (?, ?, ?, ?)", (ROOT, seq, one, last))


def another_study(db):
    other = tiny_study("R2")
    db.execute("UPDATE about SET value = ? WHERE name = 'study.json'", (other.canonical.decode(),))
    db.execute("UPDATE about SET value = ? WHERE name = 'digest'", (other.digest,))


def no_opening(db):
    """The line that says under which study the trial began is made another event."""
    rewrite(BARE, 1, lambda content: content | {"kind": "QueryClosed", "event": {"label": BARE, "subject": "", "query": "Q"}})(db)
    another_study(db)


ATTACKS = {
    "secrets swapped with their salts": (swap_secrets, "not those that were committed"),
    "a byte moved from value to salt": (move_a_byte, "not those that were committed"),
    "a value erased": (told("UPDATE secret SET value = NULL WHERE log = ? AND seq = 1", SCORES), "gone and no redaction"),
    "a value and its salt erased": (told("DELETE FROM secret WHERE log = ? AND seq = 1", SCORES), "gone and no redaction"),
    "a value where there was none": (told("INSERT INTO secret VALUES (?, 1, x'00', x'7b7d')", BARE), "values that it never had"),
    "a value on the root": (told("INSERT INTO secret VALUES ('ROOT', 1, x'00', x'7b7d')"), "values that it never had"),
    "a value without a line": (told("INSERT INTO secret VALUES ('ELSEWHERE', 1, x'00', x'7b7d')"), "values without a line"),
    "a line for other readers": (rewrite(SCORES, 1, lambda content: content | {"event": content["event"] | {"label": BARE}}), "it is for other readers"),
    "an unknown kind": (rewrite(SCORES, 1, lambda content: content | {"kind": "Nothing"}), "there is no kind Nothing"),
    "no event": (rewrite(SCORES, 1, lambda content: [1]), "this is no event"),
    "an event that is a word": (rewrite(BARE, 1, lambda content: content | {"event": "word"}), "this is no event"),
    "a line that the root does not know": (unknown_to_the_root, "the root log does not know it"),
    "a line that the root knows twice": (root_says_it_twice, "the log does not"),
    "a root line that names another head": (root_names_another_head, "saw another content"),
    "a root line that says nothing": (garbled_root, "the log does not"),
    "a log without its beginning": (first_line_gone, "line 1 is missing"),
    "another study definition": (another_study, "opened under another study definition"),
    "no line that opens the study": (no_opening, "no line says under which study"),
    "a definition that is not its digest": (told("UPDATE about SET value = '{}' WHERE name = 'study.json'"), "not the one with which the trial began"),
    "a fact about the file that is missing": (told("DELETE FROM about WHERE name = 'key'"), "about key: missing"),
    "a fact about the file that was added": (told("INSERT INTO about VALUES ('note', 'all is well')"), "about note: does not belong here"),
    "virtual people made real": (told("UPDATE about SET value = 'virtual' WHERE name = 'people'"), "what its name does not"),
    "another key": (told("UPDATE about SET value = 'AAAA' WHERE name = 'key'"), "not named by this key"),
    "another name of the study": (told("UPDATE about SET value = 'OTHER' WHERE name = 'study'"), "what its name does not"),
    "a view beside the tables": (told("CREATE VIEW scores AS SELECT * FROM secret"), "guard scores: does not belong here"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_the_attack_is_found_and_named(whole, tmp_path, name):
    attack, said = ATTACKS[name]
    path = attacked(whole, tmp_path, attack)
    assert any(said in str(fault) for fault in examine(path)), [str(fault) for fault in examine(path)]
    with pytest.raises(StoreError, match="newer version" if name == "an unknown kind" else "does not verify"):
        open_trial(path, STUDY)


def test_an_index_that_lies_is_found(whole, tmp_path):
    """The copy of a name in the index of the table `about`, changed in the bytes of the file."""
    path = tmp_path / "trial.db"
    shutil.copy(whole, path)
    content = path.read_bytes()
    places = [place for place in range(len(content)) if content.startswith(b"people", place)]
    for place in places:
        path.write_bytes(content[:place] + b"qeople" + content[place + 6 :])
        assert examine(path)


def test_a_line_that_verifies_but_cannot_be_read_is_refused_in_words(whole, tmp_path):
    path = attacked(whole, tmp_path, rewrite(SCORES, 1, lambda content: content | {"at": "yesterday"}))
    with pytest.raises(StoreError, match="cannot be read as a trial"):
        open_trial(path, STUDY)


def test_the_whole_history_can_be_recomputed_by_hand(whole):
    """The formula of the chain and of the commitments, with the standard library alone."""
    db = sqlite.connect(str(whole))
    origin = db.execute("SELECT value FROM about WHERE name = 'origin'").fetchone()[0]
    for (log,) in db.execute("SELECT DISTINCT log FROM line").fetchall():
        head = hashlib.sha256(b"\x03" + f"{origin}\n{log}".encode()).digest()
        for body, kept in db.execute("SELECT body, head FROM line WHERE log = ? ORDER BY seq", (log,)):
            head = hashlib.sha256(b"\x02" + head + hashlib.sha256(b"\x00" + body).digest()).digest()
            assert head == kept
    db.close()


def test_a_checkpoint_of_another_trial_under_the_same_key_says_to_which_it_belongs(whole, tmp_path):
    """Whoever copies a public key into his own file still has another name and another history; and the name shows that the key is not its own."""
    note = current_checkpoint(whole)
    key = sqlite.connect(str(whole)).execute("SELECT value FROM about WHERE name = 'key'").fetchone()[0]
    other = tmp_path / "other.db"
    kept = create(other, STUDY, seeded(2))
    kept.gate.do(actor(Audience.INVESTIGATOR), OpenStudy(), START)
    kept.close()
    path = attacked(other, tmp_path, lambda db: db.execute("UPDATE about SET value = ? WHERE name = 'key'", (key,)))
    assert [fault.where for fault in examine(path)] == ["about key"]
    assert any("it belongs to trialwright/TINY/real/" in str(fault) for fault in examine(path, against=note))
