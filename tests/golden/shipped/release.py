"""Makes the folder of a release: a trial of virtual people in which everything happens, as this version stores it, for all later ones to read.

Run once for each release: python -m tests.golden.shipped.release (see docs/how-to/release.md). The same seed gives the same story.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from trialwright import __version__
from trialwright.allocation import Allocate, SealSequence
from trialwright.blinding import Actor, Gate
from trialwright.exchange.study_folder import module_of
from trialwright.protocol import Audience, Study
from trialwright.record import (
    AcceptState,
    Adopt,
    Answer,
    AnswerQuery,
    ApproveAmendment,
    AskQuery,
    AskRedaction,
    Attach,
    BreakCode,
    Casebook,
    CloseQuery,
    Code,
    Command,
    Complete,
    Consent,
    Detach,
    FailScreening,
    Freeze,
    Lock,
    MarkNotDone,
    NoteClock,
    OpenStudy,
    ProposeAmendment,
    PutInForce,
    Redact,
    Screen,
    Sign,
    SignOff,
    TakeOver,
    Thaw,
    Unlock,
    Verify,
    Withdraw,
)
from trialwright.record.events import KINDS
from trialwright.record.exports import Export
from trialwright.record.ledger import ROOT
from trialwright.rehearsal import touchstone
from trialwright.store import (
    Attachments,
    attachments_path,
    backup,
    backup_key,
    begin_part,
    create,
    current_checkpoint,
    ledger_lines,
    letter,
    open_trial,
)
from trialwright.testing import START, actor, enrolled, seeded

SHIPPED = Path(__file__).parent
A = Audience
STAFF = tuple(role for role in A if role is not A.PATIENT)
SCAN = b"%PDF-1.7\n% a page of an invented patient\n"
IMPORTED = "from decimal import Decimal\n"
PROTOCOL = """

FIRST = tiny_study()
STUDY = evolve(FIRST, version="2", planned=5)
"""
BROUGHT = 5
"""Entries that the evaluator's own store sends: a page and its signature."""


def page(subject: str, visit: str = "BASE", grade: str = "1", **more: str) -> Answer:
    return Answer(subject=subject, visit=visit, form="SCORE", entries={"ASSESSED": "2026-01-05", **dict.fromkeys(("SITE1", "SITE2", "SITE3"), grade)}, **more)


def story(gate: Gate, files: Attachments) -> None:
    """Everything that can happen before an amendment, through the real gate: each kind of entry, words in two alphabets, and a value that two people erase."""
    clock = iter(range(1, 1000))

    def do(role: Audience, command: Command, by: Actor | None = None) -> Any:
        return gate.do(by or actor(role), command, START + timedelta(minutes=next(clock)))

    do(A.CUSTODIAN, SealSequence())
    for subject, arm in (("S1", "T"), ("S2", "C"), ("S3", "T")):
        enrolled(gate, subject, None)
        do(A.PHYSICIAN, Allocate(subject=subject, arm=arm, because="硬皮病 progressed"))
    do(A.COORDINATOR, Screen(site="01", subject="S4"))
    do(A.COORDINATOR, Consent(subject="S4", on=START.date(), version="1"))
    do(A.PHYSICIAN, FailScreening(subject="S4", on=START.date(), criteria=("I1",), because="too young"))
    do(A.COORDINATOR, Answer(subject="S1", visit="SCR", form="PERSON", entries={"AGE": "51", "SEEN": "2025-12-22"}))
    do(A.COORDINATOR, Answer(subject="S1", visit="BASE", form="BLOOD", entries={"IGG": "9.10"}))
    do(A.COORDINATOR, Answer(subject="S1", form="DOSE", row="d1", entries={"GIVEN": "2026-01-05", "MG": "160"}))
    do(A.EVALUATOR, page("S1"))
    do(A.EVALUATOR, Answer(subject="S1", visit="BASE", form="SCORE", entries={"SITE2": "3"}, reason="read again — 复核"))
    do(A.EVALUATOR, page("S2", grade="2"))
    do(A.EVALUATOR, TakeOver(subject="S2", because="holiday"), Actor(name="second", role=A.EVALUATOR))
    do(A.EVALUATOR, MarkNotDone(subject="S3", visit="BASE", form="SCORE", reason="did not come"))
    (asked, *_) = do(A.DATA_MANAGER, AskQuery(subject="S1", visit="BASE", form="SCORE", item="SITE2", question="Is it 3?"))
    do(A.EVALUATOR, AnswerQuery(subject="S1", query=asked.event.query, answer="yes"))
    do(A.DATA_MANAGER, CloseQuery(subject="S1", query=asked.event.query))
    do(A.SAFETY, Adopt(kind="MedDRA", dictionary="Invented", version="1.0", digest="0" * 64))
    do(A.DATA_MANAGER, Code(subject="S1", visit="SCR", form="PERSON", item="AGE", dictionary="Invented", version="1.0", code="1", term="adult"))
    sha256 = files.keep(SCAN)
    (laid, *_) = do(A.COORDINATOR, Attach(subject="S1", visit="SCR", form="PERSON", name="scan.pdf", media="application/pdf", size=len(SCAN), sha256=sha256))
    do(A.COORDINATOR, Detach(subject="S1", attachment=laid.event.attachment, because="of another patient"))
    do(A.DATA_MANAGER, Freeze(subject="S1", visit="SCR", form="PERSON"))
    do(A.DATA_MANAGER, Thaw(subject="S1", visit="SCR", form="PERSON", because="one more value"))
    (slip, *_) = do(A.COORDINATOR, Answer(subject="S2", visit="SCR", form="PERSON", entries={"AGE": "77"}))
    (wish, *_) = do(A.DATA_MANAGER, AskRedaction(ref=slip.ref, what=("value",), because="of another patient"))
    do(A.CUSTODIAN, Redact(request=wish.ref))
    do(A.COORDINATOR, Answer(subject="S2", visit="SCR", form="PERSON", entries={"AGE": "44", "SEEN": "2025-12-22"}, reason="his own"))
    for role, subject, visit, form, row in ((A.EVALUATOR, "S1", "BASE", "SCORE", ""), (A.EVALUATOR, "S2", "BASE", "SCORE", ""),
                                            (A.COORDINATOR, "S1", "SCR", "PERSON", ""), (A.COORDINATOR, "S2", "SCR", "PERSON", ""),
                                            (A.COORDINATOR, "S1", "BASE", "BLOOD", ""), (A.COORDINATOR, "S1", "", "DOSE", "d1")):  # fmt: skip
        by = Actor(name="second", role=role) if (role, subject) == (A.EVALUATOR, "S2") else None
        do(role, Sign(subject=subject, visit=visit, form=form, row=row), by)
    do(A.MONITOR, Verify(subject="S1", visit="BASE", form="SCORE", excepted=("SITE3",)))
    do(A.PHYSICIAN, Withdraw(subject="S3", on=START.date(), because="moved away"))
    do(A.PHYSICIAN, Complete(subject="S2", on=START.date()))
    do(A.DATA_MANAGER, Export(purpose="safety board", recipient="Hospital B", basis="ethics 7", digest="1" * 64))
    do(A.CUSTODIAN, NoteClock(seconds=3600.0))
    do(A.CUSTODIAN, AcceptState(doubt="2" * 16, state="3" * 16, because="tried out"))
    do(A.PHYSICIAN, BreakCode(subject="S1", to=A.SAFETY, second="", because="anaphylaxis", emergency=True))
    do(A.INVESTIGATOR, SignOff(subject="S1", meaning="casebook approved"))
    do(A.INVESTIGATOR, SignOff(meaning="ready to lock"))
    do(A.DATA_MANAGER, Lock())
    do(A.DATA_MANAGER, Unlock(second="investigator", because="one page more"))


def amended(gate: Gate, study: Study, at: datetime) -> None:
    (proposed, *_) = gate.do(actor(A.INVESTIGATOR), ProposeAmendment(definition=study.canonical.decode(), because="more patients"), at)
    gate.do(actor(A.DATA_MANAGER), ApproveAmendment(digest=proposed.event.digest), at)


def folded(book: Casebook) -> dict[str, Any]:
    """What one reader knows, in words that no version may change: every answer with its history, what is signed, asked, given and closed."""
    return {
        "entries": [(entry.ref, type(entry.event).__name__, entry.by, entry.role.code, entry.at.isoformat()) for entry in book.everything],
        "locked": bool(book.locked),
        "subjects": {
            subject.id: {
                "index": str(subject.index_date), "arm": getattr(subject.allocated and subject.allocated.event, "arm", None),
                "queries": {name: query.status for name, query in sorted(subject.queries.items())},
                "pages": {"/".join(place): dict(_page(page)) for place, page in sorted(subject.pages.items())},
            } for subject in book.subjects
        },
    }  # fmt: skip


def _page(page: Any) -> Iterator[tuple[str, Any]]:
    yield "answers", {item: [(entry.ref, entry.event.value, entry.event.absence) for entry in cell] for item, cell in sorted(page.cells.items())}
    yield "signed", [(one.event.meaning, one.entry.by, one.valid) for one in page.signatures]
    yield "unsigned", sorted(label.code for label in page.unsigned)
    yield "unverified", sorted(label.code for label in page.unverified)
    yield "not done", bool(page.not_done)
    yield "files", [(one.event.name, one.event.sha256, bool(one.withdrawn)) for one in page.attachments]


def digest(told: Any) -> str:
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def made(folder: Path) -> dict[str, Any]:
    """Writes the whole folder; gives what a later version must find in it."""
    package = folder / f"study_{__version__.replace('.', '_')}"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('"""A study as that version wrote it."""\n', encoding="utf-8")
    source = Path(touchstone.__file__).read_text(encoding="utf-8").replace(IMPORTED, f"{IMPORTED}\nfrom attrs import evolve\n")
    (package / "protocol.py").write_text(source + PROTOCOL, encoding="utf-8")
    protocol = module_of(package, "protocol")
    assert protocol is not None
    path, at = folder / "trial.db", START + timedelta(days=99)
    with closing(create(path, protocol.FIRST, seeded(1), virtual=True)) as kept:
        kept.gate.do(actor(A.INVESTIGATOR), OpenStudy(), START)
        story(kept.gate, Attachments(attachments_path(path)))
        amended(kept.gate, protocol.STUDY, at)
    with closing(open_trial(path, protocol.STUDY, seeded(2))) as kept:
        kept.gate.do(actor(A.CUSTODIAN), PutInForce(), at)
        begin_part(kept, folder / "evaluator" / "trial.db", at, seeded(3))
    with closing(open_trial(folder / "evaluator" / "trial.db", protocol.STUDY, seeded(4))) as part:
        part.gate.do(actor(A.EVALUATOR), page("S1", "W4", "2"), at)
        part.gate.do(actor(A.EVALUATOR), Sign(subject="S1", visit="W4", form="SCORE"), at)
    (folder / "letter-home").write_bytes(letter(folder / "evaluator" / "trial.db"))
    (folder / "lines.jsonl").write_bytes(ledger_lines(path))
    (folder / "checkpoint.txt").write_text(current_checkpoint(path), encoding="utf-8")
    public = backup_key(folder / "recipient.key", at)
    for name, to in (("backup.tar.gz", ()), ("backup.tar.gz.age", (public,))):
        Path(backup(path, folder, at, to).file).rename(folder / name)
    with closing(open_trial(path, protocol.STUDY, writes=False)) as kept:
        books = {role: kept.gate.casebook(role) for role in STAFF}
    told = [line["body"] for line in map(orjson.loads, ledger_lines(path).splitlines()[1:-1]) if line["log"] != ROOT]
    if missing := sorted({kind.__name__ for kind in KINDS} - {orjson.loads(body)["kind"] for body in told}):
        raise SystemExit(f"nothing of this kind happens in the story: {', '.join(missing)}")
    return {"version": __version__, "entries": len(told), "brought": BROUGHT, "folds": {role.code: digest(folded(book)) for role, book in books.items()}}


def main() -> None:
    """Makes the folder of this version, never over one that is there (unless the version is not out yet: --again)."""
    folder = SHIPPED / __version__
    if folder.exists() and "--again" not in sys.argv:
        raise SystemExit(f"{folder} is there: what was released is never made again.")
    with tempfile.TemporaryDirectory() as place:
        os.environ["TRIALWRIGHT_HOME"] = str(Path(place) / "home")
        told = made(Path(place) / __version__)
        (Path(place) / __version__ / "expected.json").write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(Path(place) / __version__, folder, ignore=shutil.ignore_patterns("__pycache__"))
    print(f"{folder}: {told['entries']} entries, {sum(path.stat().st_size for path in folder.rglob('*') if path.is_file()) // 1024} kB")


if __name__ == "__main__":
    main()
