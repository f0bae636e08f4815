"""Everything that reads a file from outside, as functions of bytes, with what each may refuse: `test_parsers.py` throws mutants at them, and
`guided.py` runs one of them under atheris.
"""

import hashlib
import json
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime
from functools import cache
from io import StringIO
from pathlib import Path
from random import Random

import polars as pl
from attrs import frozen

from studies.telitacicept_ssc.protocol import STUDY
from trialwright.exchange.conformance.define_reading import read_define
from trialwright.exchange.conformance.json_reading import read_json
from trialwright.exchange.conformance.xpt_reading import Unreadable as UnreadableFile
from trialwright.exchange.conformance.xpt_reading import read_xpt
from trialwright.exchange.datasets import Unimportable, read_datasets
from trialwright.exchange.dictionary_files import About, read_dictionary
from trialwright.exchange.laboratory_file import LaboratoryMapping, decoded, lines_of, mapping_from
from trialwright.exchange.registry.table import Table
from trialwright.exchange.wording_files import read_wording
from trialwright.protocol import Audience, Unreadable
from trialwright.protocol.amendment import definition
from trialwright.record import Refused
from trialwright.record.wire import Garbled, decode
from trialwright.store import StoreError, address, archiving, standalone, stream
from trialwright.store import bridge as bridging
from trialwright.store.copying import unpacked
from trialwright.store.verify import faults_in
from trialwright.testing import START, actor, in_memory, tiny_study

REFUSALS = (Unimportable, UnreadableFile, Unreadable, Garbled, StoreError, Refused)
"""What says in words that a file is none; anything else is a fault of the program."""
SLOW = 2.0
FOLDER = Path(tempfile.mkdtemp(prefix="parsers-"))
AT = datetime(2026, 2, 1, tzinfo=UTC)


@cache
def mapping() -> LaboratoryMapping:
    return mapping_from((Path(__file__).resolve().parents[2] / "studies" / "telitacicept_ssc" / "laboratory.csv").read_text(encoding="utf-8"), STUDY)


def as_file(name: str, content: bytes) -> Path:
    path = FOLDER / name
    path.write_bytes(content)
    return path


def laboratory(content: bytes) -> None:
    lines_of(decoded(content, "results.csv")[0], mapping(), "results.csv")


def laboratory_mapping(content: bytes) -> None:
    mapping_from(content.decode("utf-8", "replace"), STUDY)


def registry(ending: str) -> Callable[[bytes], None]:
    def read(content: bytes) -> None:
        table = Table(path=as_file(f"registry.{ending}", content))
        for _ in table.pieces(list(table.columns)):
            pass

    return read


def sdtm(ending: str) -> Callable[[bytes], None]:
    return lambda content: read_datasets(str(as_file(f"dm.{ending}", content)), ["dm"]) and None


def wording(ending: str) -> Callable[[bytes], None]:
    return lambda content: read_wording(as_file(f"words.{ending}", content)) and None


def drugs(content: bytes) -> None:
    read_dictionary(as_file("drugs.csv", content), About(kind="drugs", name="D", version="1", language="en", credit="nobody"))


def amendment(content: bytes) -> None:
    definition(content)


def entry(content: bytes) -> None:
    line, _, secret = content.partition(b"\n")
    decode(line, secret or None)


def lines(content: bytes) -> None:
    """The ledger of an archive, its sum made to hold again: whoever forges one does that too."""
    *told, _ = content.splitlines(keepends=True) or [b""]
    sealed = b"".join(told) + json.dumps({"sha256": hashlib.sha256(b"".join(told)).hexdigest()}).encode() + b"\n"
    for _ in faults_in(stream.read(sealed)):
        pass


def letter(content: bytes) -> None:
    bridging._read(content)


def backup(content: bytes) -> None:
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        unpacked(as_file("trial.backup", content), Path(folder) / "content")


def archive(content: bytes) -> None:
    """The verifier that goes into every archive, over a record in which something was changed."""
    (FOLDER / "record").mkdir(exist_ok=True)
    (FOLDER / "MANIFEST.txt").write_text("", encoding="utf-8")
    (FOLDER / "record" / "ledger.jsonl").write_bytes(content)
    (FOLDER / "record" / "checkpoint.txt").write_bytes(content[-200:])
    with redirect_stdout(StringIO()):
        standalone.main(FOLDER)


def database(content: bytes) -> None:
    address(content.decode("utf-8", "replace"))


def seeds() -> dict[str, list[bytes]]:
    """A good file of each kind, small."""
    ledger, event = _ledger()
    frame = pl.DataFrame({"USUBJID": ["S1", "S2"], "AGE": ["40", None], "DAT": ["2026-01-05", "x"]})
    parquet = FOLDER / "seed.parquet"
    frame.write_parquet(parquet)
    csv = frame.write_csv().encode()
    words = json.dumps({"instrument": "HAQ", "language": "en", "credit": "x", "questions": {"Q1": "May I?"}}).encode()
    results = "编号,日期,项目,结果,单位,下限,上限\nS1,2026-01-05,IgG,12.1,g/L,7,16\n"
    return {
        "laboratory": [results.encode(), results.encode("gb18030"), b"subject,date,test,value,unit,low,high\nS1,2026-01-05,IGG,<0.5,g/L,7,16\n"],
        "laboratory_mapping": [(Path(__file__).resolve().parents[2] / "studies" / "telitacicept_ssc" / "laboratory.csv").read_bytes()],
        "registry.csv": [csv], "registry.parquet": [parquet.read_bytes()], "sdtm.csv": [csv], "sdtm.parquet": [parquet.read_bytes()],
        "wording.toml": [b'instrument = "HAQ"\nlanguage = "en"\n'], "wording.json": [words],
        "wording.csv": [b"instrument,language,item,text\nHAQ,en,Q1,May I?\n"],
        "drugs": [b"code,name,atc,class\n1,Paracetamol,N02BE01,Anilides\n"], "amendment": [tiny_study().canonical], "entry": [event],
        "lines": [ledger], "letter": [b'{"bridge":"1","checkpoint":"a\\n1\\nb"}\n' + ledger],
        "backup": [b"\x1f\x8b\x08" + bytes(40), ledger], "archive": [ledger],
        "database": [b"postgresql://a:b@host:5432/db?schema=x&sslmode=require", b"trial.db"],
        "xpt": [b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!".ljust(78, b"0").ljust(400) + bytes(300)],
        "json": [b'{"datasetJSONVersion":"1.1.0","name":"DM","columns":[{"name":"A","dataType":"string"}],"rows":[["x"]]}'],
        "define": [b'<?xml version="1.0"?><ODM xmlns="http://www.cdisc.org/ns/odm/v1.3"><Study OID="a"><MetaDataVersion OID="b"/></Study></ODM>'],
    }  # fmt: skip


def _ledger() -> tuple[bytes, bytes]:
    """The lines of a tiny trial, as an archive holds them, and one of its events."""
    from trialwright.record import Consent, OpenStudy, Screen
    from trialwright.store import create

    place = FOLDER / "seed.db"
    place.unlink(missing_ok=True)
    kept = create(place, tiny_study(), virtual=True)
    for command in (OpenStudy(), Screen(site="01", subject="S1"), Consent(subject="S1", on=START.date(), version="1")):
        kept.gate.do(actor(Audience.COORDINATOR), command, START)
    kept.close()
    told: list[bytes] = []
    gate = in_memory(tiny_study(), keep=lambda lines: told.extend(line.body + b"\n" + (line.secret or b"") for line in lines))  # type: ignore[attr-defined]
    gate.do(actor(Audience.COORDINATOR), Screen(site="01", subject="S1"), START)
    return archiving.ledger_lines(address(str(place))), told[-2]


PARSERS: dict[str, Callable[[bytes], None]] = {
    "laboratory": laboratory, "laboratory_mapping": laboratory_mapping, "registry.csv": registry("csv"), "registry.parquet": registry("parquet"),
    "sdtm.csv": sdtm("csv"), "sdtm.parquet": sdtm("parquet"), "wording.csv": wording("csv"), "wording.json": wording("json"),
    "wording.toml": wording("toml"), "drugs": drugs, "amendment": amendment, "entry": entry, "lines": lines, "letter": letter, "backup": backup,
    "archive": archive, "database": database, "xpt": lambda content: read_xpt(as_file("dm.xpt", content)) and None,
    "json": lambda content: read_json(as_file("dm.json", content)) and None, "define": lambda content: read_define(as_file("define.xml", content)) and None,
}  # fmt: skip


@frozen
class Trouble(Exception):
    """A file that is neither read nor refused in words, or that took too long."""

    name: str
    content: bytes
    what: str


def read(name: str, content: bytes) -> None:
    """Hands one file to one parser. Raises `Trouble` for anything but reading it or refusing it, soon."""
    begin = time.monotonic()
    try:
        PARSERS[name](content)
    except REFUSALS:
        pass
    except BaseException as problem:  # a panic of polars is no Exception
        if isinstance(problem, KeyboardInterrupt):
            raise
        raise Trouble(name, content, f"{type(problem).__name__}: {problem}") from problem
    if time.monotonic() - begin > SLOW:
        raise Trouble(name, content, f"{time.monotonic() - begin:.1f} seconds")


HOSTILE = (
    b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b'""', b",", b"\n", b"\r", b"=1+1", b"9" * 400, b"-1", b"1e309", b"NaN", b"null", b"[]", b"{}",
    b"[" * 3000, b'{"a":' * 3000, b'<!ENTITY x SYSTEM "file:///etc/passwd">', b"&x;", "字".encode(), "字".encode("gb18030"), b"\xed\xa0\x80", b"2026-02-30",
    b"../", b"%n%s",
)  # fmt: skip


def mutant(dice: Random, seed: bytes) -> bytes:
    """A good file with a few things wrong: bytes flipped, pieces cut, doubled, moved, and hostile words put in."""
    content = bytearray(seed)
    for _ in range(dice.choice((1, 1, 2, 4, 8))):
        at, to = sorted((dice.randint(0, len(content)), dice.randint(0, len(content))))
        match dice.randrange(6):
            case 0 if content:
                content[min(at, len(content) - 1)] = dice.randrange(256)
            case 1:
                del content[at : min(to, at + 50)]
            case 2:
                content[at:at] = content[at : min(to, at + 80)]
            case 3:
                content[at:at] = dice.choice(HOSTILE)
            case 4:
                content[at : at + len(word)] = (word := dice.choice(HOSTILE)[:20])
            case _:
                del content[to:]
    return bytes(content)
