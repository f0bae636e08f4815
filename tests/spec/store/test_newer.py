"""What a newer version wrote, this one refuses in words that say how to go on, and not one byte of it is another afterwards."""

import hashlib
import io
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from trialwright import __version__
from trialwright.cli.archiving import rebuild
from trialwright.protocol import Audience
from trialwright.record import Answer, OpenStudy
from trialwright.record.ledger import ROOT, Line, beginning, chained, committed, ordered
from trialwright.store import (
    Address,
    Newer,
    address,
    backup,
    begin_again,
    begin_part,
    bridge,
    create,
    examine,
    exists,
    key_path,
    ledger_lines,
    letter,
    move,
    open_trial,
    restore,
    scrubbed,
    take,
)
from trialwright.store.engine import sqlite
from trialwright.store.opening import opened
from trialwright.testing import START, actor, enrolled, seeded, tiny_study

pytestmark = [pytest.mark.spec, pytest.mark.req("VAL-05", "REC-07")]
STUDY, A = tiny_study(), Audience
REFUSED = rf"was written by a newer version of Trialwright than this one, {__version__} .*Open it with that version or a later one; nothing was changed"


@pytest.fixture(autouse=True)
def _of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIALWRIGHT_HOME", str(tmp_path / "home"))


def begun(at: Address) -> Address:
    with closing(create(at, STUDY, seeded(1))) as kept:
        kept.gate.do(actor(A.INVESTIGATOR), OpenStudy(), START)
        enrolled(kept.gate, "S0")
        kept.gate.do(actor(A.EVALUATOR), Answer(subject="S0", visit="BASE", form="SCORE", entries={"SITE1": "1"}), START)
    return at


@pytest.fixture
def at(place: Callable[[], Address]) -> Address:
    return begun(place())


def parted(at: Address, part: Address) -> Address:
    """The evaluator's own store of a trial."""
    with closing(open_trial(at, STUDY)) as kept:
        begin_part(kept, part, START, seeded(2))
    return part


def state(at: Address) -> Any:
    """Every byte of a file and of what lies around it (but what the machine remembers); of a place in a database every row, and how it is laid out."""
    if isinstance(at, Path):
        return {path: path.read_bytes() for path in sorted(at.parent.rglob("*")) if path.is_file() and "home" not in path.parts}
    import psycopg

    with psycopg.connect(at.url) as connection, connection.cursor() as cursor:
        asked = f'SELECT *, xmin::text, ctid::text FROM "{at.schema}".{{}} ORDER BY 1, 2'
        tables = [cursor.execute(asked.format(name)).fetchall() for name in ("about", "line", "secret")]
        told = cursor.execute("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", (at.schema,)).fetchone()
        return tables, told, [(path, path.read_bytes()) for path in sorted(key_path(at).parent.rglob("*")) if path.is_file()]


def written_by_a_newer_one(at: Address, body: dict[str, Any], secret: bytes = b"") -> None:
    """Adds a line as a newer version would: its hashes hold, and the root knows it."""
    with closing(opened(at, writes=True)) as keeper:
        rows = keeper.read(examined=False)[0]
        log, origin, salt = body["event"]["label"], rows.about["origin"], b"s" * 16 if secret else b""
        ends = {name: (seq, head) for name, seq, _, head in rows.lines}
        body = {"at": "2027-01-05T01:00:00.000000Z", "by": "custodian", "page": "0" * 16, "role": "CUSTODIAN",
                "sealed": committed(salt, secret) if secret else ""} | body  # fmt: skip
        made, named = orjson.dumps(body, option=orjson.OPT_SORT_KEYS), []
        seq, before = ends.get(log, (0, beginning(origin, log)))
        named.append(Line(log=log, seq=seq + 1, body=made, head=chained(before, made), salt=salt, secret=secret or None))
        root, before = ends[ROOT]
        told = ordered(log, seq + 1, named[0].head)
        keeper.append([*named, Line(log=ROOT, seq=root + 1, body=told, head=chained(before, told))])


LABEL = "CUSTODIAN"
LINES: dict[str, tuple[dict[str, Any], bytes, str]] = {
    "a kind": ({"kind": "Weighed", "event": {"label": LABEL, "subject": ""}}, b"", "no kind Weighed"),
    "a part": ({"kind": "QueryClosed", "event": {"label": LABEL, "subject": "", "query": "q", "mood": "good"}}, b"", "no part mood of QueryClosed"),
    "a sealed part": ({"kind": "Withdrew", "event": {"label": LABEL, "subject": ""}}, b'{"because":"x","mood":"good"}', "no part mood of Withdrew"),
}  # fmt: skip


def laid_out_anew(at: Address, owner: Callable[[Address], Address]) -> str:
    """The place as the next version might lay it out; what is said of it."""
    if isinstance(at, Path):
        with closing(sqlite.connect(str(at), isolation_level=None)) as connection:
            connection.execute("PRAGMA user_version=2")
        return "format 2, this one knows 1"
    import psycopg

    with psycopg.connect(owner(at).url, autocommit=True) as connection:
        connection.execute(f"COMMENT ON SCHEMA \"{at.schema}\" IS 'trialwright-place/2'")
    return "trialwright-place/2"


@pytest.fixture
def owner(request: pytest.FixtureRequest) -> Callable[[Address], Address]:
    """The address of a place with the account of its owner."""
    return lambda at: at if isinstance(at, Path) else address(request.getfixturevalue("postgres").url("owner", at.schema))


def refused(at: Address, tmp_path: Path, why: str, owner: Callable[[Address], Address] = lambda at: at) -> None:
    """Everything that somebody could try with a trial is refused with why, and nothing has changed and nothing came of it."""
    before, away = state(at), tmp_path / "away"
    for act in (lambda: open_trial(at, STUDY), lambda: open_trial(at, STUDY, writes=False), lambda: open_trial(at, STUDY, examined=False),
                lambda: move(at, away / "trial.db"), lambda: backup(at, away, START), lambda: ledger_lines(at), lambda: letter(at)):  # fmt: skip
        with pytest.raises(Exception, match=r"newer version of Trialwright") as told:
            act()
        assert isinstance(told.value, Newer) or "wrote it, so open it with that one" in str(told.value), told.value
    if "format" in why or "place" in why:
        with pytest.raises(Newer, match=REFUSED):
            scrubbed(owner(at))
    with pytest.raises(Newer, match=REFUSED) as told:
        open_trial(at, STUDY)
    assert why in str(told.value) and str(at) in str(told.value)
    assert any(why in str(fault) for fault in examine(at))
    assert state(at) == before
    assert not away.exists() or [path for path in away.rglob("*") if path.is_file()] == []


def test_a_place_that_is_laid_out_otherwise(at: Address, tmp_path: Path, owner: Callable[[Address], Address]) -> None:
    refused(at, tmp_path, laid_out_anew(at, owner), owner)


@pytest.mark.parametrize("what", LINES)
def test_a_line_of_which_this_version_does_not_know(at: Address, tmp_path: Path, what: str) -> None:
    body, secret, why = LINES[what]
    written_by_a_newer_one(at, body, secret)
    refused(at, tmp_path, why.removeprefix("no "))


def test_a_line_that_was_changed_is_damage_and_not_a_newer_version(tmp_path: Path) -> None:
    at = begun(tmp_path / "trial.db")
    written_by_a_newer_one(at, LINES["a kind"][0])
    with closing(sqlite.connect(str(at), isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER line_update")
        connection.execute("UPDATE line SET body = CAST(replace(body, 'custodian', 'nobody') AS BLOB) WHERE log = ?", (LABEL,))
    with pytest.raises(Exception, match="does not verify") as told:
        open_trial(at, STUDY)
    assert not isinstance(told.value, Newer)


def test_the_evaluators_own_store(place: Callable[[], Address], tmp_path: Path, owner: Callable[[Address], Address]) -> None:
    trial = begun(tmp_path / "trial" / "trial.db")
    for number, act in enumerate((lambda at: laid_out_anew(at, owner), lambda at: written_by_a_newer_one(at, LINES["a kind"][0]) or "kind Weighed")):
        part = place()
        if isinstance(part, Path):
            part = part.parent / f"apart{number}" / "eval.db"
        with closing(open_trial(trial, STUDY)) as kept:
            begin_part(kept, part, START, seeded(9 + number), anew=bool(number))
        refused(part, tmp_path, act(part))


def test_what_was_made_before_places_said_their_format_is_read(at: Address, owner: Callable[[Address], Address]) -> None:
    if isinstance(at, Path):
        with closing(sqlite.connect(str(at), isolation_level=None)) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (1,)
            connection.execute("PRAGMA user_version=0")
    else:
        import psycopg

        with psycopg.connect(owner(at).url, autocommit=True) as connection:
            connection.execute(f'COMMENT ON SCHEMA "{at.schema}" IS NULL')
    open_trial(at, STUDY).close()
    assert examine(at) == []


def later_lines(lines: bytes) -> bytes:
    """The lines of a trial as the next version might write them, with another sum at their end, or none."""
    first, _, rest = lines.partition(b"\n")
    return orjson.dumps(orjson.loads(first) | {"format": "trialwright-lines/2"}) + b"\n" + rest.rpartition(b'{"sha256"')[0] + b"and what else there may be\n"


def test_lines_of_an_archive(at: Address, place: Callable[[], Address], tmp_path: Path) -> None:
    lines, there = ledger_lines(at), place()
    before = state(there) if not isinstance(there, Path) else None
    with pytest.raises(Newer, match=rf"The record of the trial {REFUSED}"):
        begin_again(later_lines(lines), (), there)
    assert not (there.exists() if isinstance(there, Path) else exists(there) or state(there) != before)
    written_by_a_newer_one(at, LINES["a part"][0])
    with closing(opened(at, writes=False)) as keeper:
        from trialwright.store.stream import written

        with pytest.raises(Newer, match=rf"The record of the archive {REFUSED}"):
            begin_again(b"".join(written(keeper.read(examined=False)[0])), (), there)
    assert not (there.exists() if isinstance(there, Path) else exists(there))


def test_an_archive_as_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    (folder / "record").mkdir(parents=True)
    lines = later_lines(ledger_lines(begun(tmp_path / "trial.db")))
    (folder / "record" / "ledger.jsonl").write_bytes(lines)
    (folder / "MANIFEST.txt").write_text(f"{hashlib.sha256(lines).hexdigest()}  record/ledger.jsonl\n")
    before = state(folder / "MANIFEST.txt")
    with pytest.raises(Newer, match=REFUSED):
        rebuild(folder, tmp_path / "again")
    assert state(folder / "MANIFEST.txt") == before and not (tmp_path / "again").exists()


def packed_anew(file: Path, out: Path, manifest: dict[str, Any], lines: bytes | None = None) -> Path:
    """A backup with another manifest and perhaps another record, and all its sums right."""
    with tarfile.open(file) as old, tarfile.open(out, "w:gz") as new:
        parts = {entry.name: old.extractfile(entry).read() for entry in old}  # type: ignore[union-attr]
        parts["trial.jsonl"] = lines or parts["trial.jsonl"]
        sums = {name: hashlib.sha256(content).hexdigest() for name, content in parts.items() if name != "manifest.json"}
        parts["manifest.json"] = orjson.dumps(orjson.loads(parts["manifest.json"]) | {"sha256": sums} | manifest)
        for name, content in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            new.addfile(entry, io.BytesIO(content))
    return out


def test_a_backup(at: Address, place: Callable[[], Address], tmp_path: Path) -> None:
    made = Path(backup(at, tmp_path / "backups", START).file)
    for name, changed, lines in (("other", {"format": "trialwright-backup/2", "sha256": "told elsewhere"}, None),
                                 ("lines", {}, later_lines(ledger_lines(at)))):  # fmt: skip
        file, there = packed_anew(made, tmp_path / f"{name}.tar.gz", changed, lines), place()
        before, content = state(there) if not isinstance(there, Path) else None, file.read_bytes()
        with pytest.raises(Newer, match=REFUSED):
            restore(file, there, START, "nobody")
        assert file.read_bytes() == content
        assert not (there.exists() if isinstance(there, Path) else exists(there) or state(there) != before)


def test_a_letter_of_the_bridge(at: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = parted(at, tmp_path / "apart" / "eval.db")
    sent = letter(at)
    first, _, rest = sent.partition(b"\n")
    later = orjson.dumps({"bridge": "trialwright-bridge/2"}) + b"\nwhatever"
    inner = first + b"\n" + later_lines(rest)
    written_by_a_newer_one(part, {"kind": "Weighed", "event": {"label": "EVALUATOR", "subject": ""}})
    with monkeypatch.context() as newer:
        newer.setattr(bridge, "first_wrong", lambda *rows, **more: None)  # the version that wrote it knows it
        unheard = letter(part)
    for content in (later, inner, unheard):
        with closing(open_trial(at, STUDY)) as kept:
            before = state(at)
            with pytest.raises(Newer, match=rf"(This letter|The record of the trial) {REFUSED}"):
                take(kept, content, START)
            assert state(at) == before


def test_the_header_of_a_file_that_is_no_trial_says_nothing(tmp_path: Path) -> None:
    for name, content in (("empty", b""), ("short", b"SQLite format 3\0" + bytes(20)), ("text", b"x" * 200)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Exception, match="cannot be read as a trial") as told:
            open_trial(tmp_path / name, STUDY)
        assert not isinstance(told.value, Newer)
