"""The whole study as one reader may see it, in one file: data sets, the audit trail with its dictionary, casebooks on paper, files beside pages."""

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from pathlib import Path

from attrs import frozen

from trialwright.exchange.trail import dictionary_csv, trail_csv, trail_jsonl
from trialwright.protocol import ROLE_NAMES, Study, Text
from trialwright.record import Attachment, Casebook
from trialwright.record.attachments import ENDINGS
from trialwright.report.casebook_pdf import Reader, casebook_pdf
from trialwright.report.delivery import Delivery
from trialwright.report.render.pdf import forget

Told = Callable[[int, int, Text], None]
"""Hears how many steps of how many are done, and what comes next."""
PIECE = 1024 * 1024


@frozen(kw_only=True)
class Letter:
    """What goes with a copy: for whom it was made, what for, on which ground; and whether it holds the casebooks on paper and the files."""

    reader: Reader
    purpose: str
    recipient: str
    basis: str
    casebooks: bool = False
    read: Callable[[str, int], bytes] | None = None


def write_copy(study: Study, book: Casebook, letter: Letter, out: Path, told: Told) -> str:
    """Writes the copy to the file `out` and gives its SHA-256. `book` is the view of the reader's role, as it is now.

    Everything is laid out in a folder first and then packed piece by piece. Raises `Unwritable` when a data set cannot be written,
    and what `letter.read` raises for a file that is missing or changed; then there is no copy.
    """
    subjects = book.subjects if letter.casebooks else ()
    steps = 4 + len(subjects)
    with tempfile.TemporaryDirectory(dir=out.parent) as name:
        folder = Path(name)
        told(0, steps, Text("data sets", "数据集"))
        Delivery.of(study, book, letter.reader.role, virtual=letter.reader.virtual).write(folder / "data", encoding="utf-8")
        told(1, steps, Text("audit trail", "稽查轨迹"))
        _laid(folder / "trail", {"trail.csv": trail_csv(book.everything), "trail.jsonl": trail_jsonl(book.everything), "dictionary.csv": dictionary_csv()})
        for done, subject in enumerate(subjects):
            told(2 + done, steps, Text(f"casebook of {subject.id}", f"{subject.id} 病例簿"))
            _laid(folder / "casebooks", {f"{subject.id}.pdf": casebook_pdf(study, book, subject.id, letter.reader)})
            forget()
        told(steps - 2, steps, Text("files beside pages", "附件"))
        if letter.read is not None:
            for file, one in attached(book):
                _laid(folder / "files", {file: letter.read(one.event.sha256, one.event.size)})
        told(steps - 1, steps, Text("packing", "打包"))
        _laid(folder, {"README.txt": _readme(study, book, letter).encode()})
        _laid(folder, {"MANIFEST.txt": "".join(f"{digest_of(path)}  {path.relative_to(folder).as_posix()}\n" for path in _files(folder)).encode()})
        _packed(folder, out, letter)
    told(steps, steps, Text("done", "完成"))
    return digest_of(out)


def attached(book: Casebook) -> Iterator[tuple[str, Attachment]]:
    """The files beside pages that the reader may know of, withdrawn ones among them, under names that tell no person."""
    for subject in book.subjects:
        for page in subject.pages.values():
            for one in page.attachments:
                yield f"{subject.id}-{one.event.form}-{one.event.attachment}.{ENDINGS[one.event.media]}", one


def digest_of(path: Path) -> str:
    """SHA-256 of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _laid(folder: Path, contents: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _packed(folder: Path, out: Path, letter: Letter) -> None:
    """Packs all files under the moment of the copy, so that the same copy has the same bytes."""
    at = letter.reader.at.astimezone(UTC).timetuple()[:6]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as pack:
        for path in _files(folder):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), at)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            with path.open("rb") as file, pack.open(entry, "w") as place:
                while piece := file.read(PIECE):
                    place.write(piece)


def _readme(study: Study, book: Casebook, letter: Letter) -> str:
    """What the copy is, in English and Chinese, for somebody who has nothing but it."""
    role, reader = ROLE_NAMES[letter.reader.role], letter.reader
    at = f"{reader.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    blind = reader.role in study.blinded and not book.released
    virtual = reader.virtual
    return "\n".join((
        f"{study.code} ({study.version}, {study.digest[:16]})", study.title.en, study.title.zh, "",
        f"A copy of the study as the {role.en} may see it, made by {reader.by} on {at}. It is not the record.",
        f"研究副本（{role.zh}视图），由 {reader.by} 于 {at} 导出。副本不是正式记录。",
        *(("The people of this trial are virtual.", "本试验的受试者均为虚拟。") if virtual else ()),
        *(("It holds no arm, and nothing that hints at one.", "不含分组及任何可能透露分组的内容。") if blind else
          ("IT MAY TELL THE ARMS: keep it from everybody who is blind.", "可能透露分组：不得让任何盲态人员接触。")), "",
        f"Purpose / 用途: {letter.purpose}", f"Recipient / 接收方: {letter.recipient}", f"Ground / 依据: {letter.basis}", "",
        f"{len(book.subjects)} subjects, {len(book.everything)} entries of the audit trail.", "",
        "data/sdtm, data/adam   data sets as XPT and Dataset-JSON with define.xml; data/trace: each row with the entries behind it",
        "data/odm               the record as CDISC ODM 1.3.2, as it stands and with its whole history; its history as ODM 2.0",
        "data/usdm              the definition of the study as CDISC USDM 4.0",
        "data/fhir, data/ctgov  forms, pages and adverse events in HL7 FHIR R4; the study as a registry takes it in",
        "trail/                 the audit trail as CSV (for a spreadsheet) and JSON lines (to the letter), and what its columns mean",
        "casebooks/             one PDF for each subject, where it was asked for",
        "files/                 files beside pages, where the reader may know of them and asked for them",
        "MANIFEST.txt           SHA-256 of every file", ""))  # fmt: skip
