"""A trial as a folder that can be read and verified for decades without this software: record, data, documents, and how to read them."""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from attrs import evolve, frozen

import trialwright
from trialwright.exchange.odm.document import Odm
from trialwright.exchange.odm.layout import Layout
from trialwright.exchange.trail import dictionary_csv, trail_csv, trail_jsonl
from trialwright.protocol import Audience, Study
from trialwright.record import Casebook
from trialwright.report.casebook_pdf import Reader, casebook_pdf
from trialwright.report.delivery import Delivery
from trialwright.report.writing import FORMS, USUAL, Composed, compose

if TYPE_CHECKING:
    from trialwright.report.writing import Report

MANIFEST, VERIFY = "MANIFEST.txt", "verify.py"
Tell = Callable[[int, int], None]

README = """THE ARCHIVE OF A CLINICAL TRIAL
{title}
{code}, registered as {registry}. {people}
Archived from a record of {count} entries, the last of {until}. Written by Trialwright {version}.

Everything here can be read without Trialwright: texts are UTF-8, tables are CSV, documents are PDF made for keeping (PDF/A) or HTML without a network.

HOW TO VERIFY IT
  python3 verify.py
needs nothing but Python 3.8 or later. It holds every file against MANIFEST.txt (the SHA-256 of each), every line of the record against the chain of
hashes, every value against its commitment, every erasure against the two people who made it, and the checkpoint against the last line. The checkpoint in
record/checkpoint.txt also left the hospital while the trial was running: hold it against the copy that somebody else kept. The record cannot be changed
unnoticed; a data set or a document together with its line in MANIFEST.txt can. So hold the sum of MANIFEST.txt, which verify.py prints, against the one that
was noted elsewhere when the archive was made, or let `trialwright rebuild` make everything again from the record and compare.

WHAT IS WHERE
  record/ledger.jsonl      everything that was ever recorded, one JSON object a line, in its order; the first line tells about the trial, the last holds a sum
  record/trail.csv         the same for people: who, in which role, when, what, why; record/dictionary.csv explains its columns
  record/trail.jsonl       the same for programs
  record/odm.xml           everything once more as CDISC ODM 1.3.2, the form in which such systems exchange a trial: definition, people by role, every answer
                           with each of its changes, signatures
  record/study.json        the study as it was defined: visits, forms, items, code lists, criteria, endpoints, in English and Chinese
  record/checkpoint.txt    name of the record, number of lines, hash of the last one, signature (Ed25519)
  data/                    SDTM and ADaM data sets: transport files (XPT), Dataset-JSON and define.xml; data/trace/ holds them as CSV, each row with
                           the names of the ledger entries (_REFS) that it came from; data/odm/ the same view of the record as ODM
  documents/               the casebook of each subject, and the report
  attachments/             files that belong to pages, named by their SHA-256
  study/                   the programs of the study

HOW THE CHAIN IS MADE
  SHA-256 throughout; || joins bytes. Each log begins with H(0x03 || name of the record || newline || name of the log). Each line gives
  H(0x02 || hash before || H(0x00 || body)). The log ROOT names every line of every other log in the order in which they were written.
  "sealed" in a body is H(0x01 || salt || secret): the secret holds the values, so that one can be erased and the chain still holds.

HOW IT COMES BACK
  trialwright rebuild THIS-FOLDER --out NEW-FOLDER
makes the trial again, writes all data and documents anew, and compares them with these byte for byte.
"""


@frozen(kw_only=True)
class Archived:
    """What an archive is made of. `book` is the custodian's view, which knows everything; `view` that from which data and report are made."""

    study: Study
    book: Casebook
    view: Casebook
    reader: Audience
    report: "Report | None"
    ledger: bytes
    checkpoint: str
    verifier: bytes
    sources: Mapping[str, bytes]
    attachments: Iterable[tuple[str, bytes]]
    virtual: bool


def write_archive(made: Archived, out: Path, tell: Tell) -> dict[str, str]:
    """Makes the archive as the folder `out`, whole or not at all, and gives its manifest: the SHA-256 of each file by its name.

    The same record gives the same bytes.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{out.name}-", dir=out.parent) as unfinished:
        manifest = _written(made, Path(unfinished) / out.name, tell)
        (Path(unfinished) / out.name).rename(out)
    return manifest


def _written(made: Archived, out: Path, tell: Tell) -> dict[str, str]:
    composed = None if made.report is None or made.book.as_of is None else compose(made.report, made.study, made.view, USUAL)
    for place, (name, content) in enumerate(_contents(made, composed), start=1):
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        tell(place, len(made.book.subjects) + 16)
    delivery = evolve(Delivery.of(made.study, made.view, made.reader, virtual=made.virtual), composed=composed)
    delivery.write(out / "data", encoding="utf-8")
    Odm(layout=Layout(made.study), book=made.book, reader=Audience.CUSTODIAN, at=delivery.at, history=True).write(out / "record" / "odm.xml")
    manifest = digests(out)
    (out / MANIFEST).write_text("".join(f"{digest}  {name}\n" for name, digest in manifest.items()), encoding="utf-8")
    return manifest


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file of a folder by its name, in order; the manifest itself has none."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if (name := path.relative_to(folder).as_posix()) != MANIFEST}


def manifest_of(folder: Path) -> dict[str, str]:
    """The manifest of an archive as it was written."""
    lines = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _contents(made: Archived, composed: Composed | None) -> Iterator[tuple[str, bytes]]:
    """Every file but those of the data sets."""
    entries = made.book.everything
    people = "Its people are virtual: nobody was treated." if made.virtual else "Its people are real: keep it as their record must be kept."
    readme = README.format(title=made.study.official_title.en, code=made.study.code, registry=made.study.registry, people=people, count=len(entries),
                           until=entries[-1].at.isoformat() if entries else "never", version=trialwright.__version__)  # fmt: skip
    yield "README.txt", readme.encode()
    yield VERIFY, made.verifier
    yield "record/ledger.jsonl", made.ledger
    yield "record/checkpoint.txt", made.checkpoint.encode()
    yield "record/study.json", orjson.dumps(orjson.loads(made.study.canonical), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    yield "record/trail.csv", trail_csv(entries)
    yield "record/trail.jsonl", trail_jsonl(entries)
    yield "record/dictionary.csv", dictionary_csv()
    yield from ((f"study/{name}", content) for name, content in sorted(made.sources.items()))
    yield from made.attachments
    yield from _documents(made, composed)


def _documents(made: Archived, composed: Composed | None) -> Iterator[tuple[str, bytes]]:
    if made.book.as_of is None:
        return
    told = Reader(role=Audience.CUSTODIAN, by="archive", at=made.book.as_of, virtual=made.virtual)
    for subject in made.book.subjects:
        yield f"documents/casebook-{subject.id}.pdf", casebook_pdf(made.study, made.book, subject.id, told)
    if composed is not None:
        yield "documents/report.html", FORMS[".html"](composed, "en")
        for language in ("en", "zh"):
            yield f"documents/report-{language}.pdf", FORMS[".pdf"](composed, language)
