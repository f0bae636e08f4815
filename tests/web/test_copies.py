"""A copy of the study: as its taker may see it, with its purpose on record, made while he waits, and told to nobody who need not know."""

import csv
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta

import pytest

from studies.telitacicept_ssc.protocol import STUDY
from tests.web.desk import OLD, Clock, trial
from trialwright.capture.copies import KEPT, Copies
from trialwright.capture.desk import DESK
from trialwright.capture.testing import client_for, temporary_attachments
from trialwright.protocol import Audience
from trialwright.record import Answer, Attach
from trialwright.record.events import Exported
from trialwright.record.exports import EXPORTERS
from trialwright.record.wire import moment
from trialwright.testing import START, actor

pytestmark = [pytest.mark.web, pytest.mark.req("REC-01", "AUD-08")]
ASKED = {"v.PURPOSE": "inspection", "v.RECIPIENT": "the authority", "v.BASIS": "GCP 5.1", "v.CASEBOOKS": "N", "v.FILES": "Y"}
SCAN = b"%PDF-1.7\n% seen in a copy\n"


def taken(someone, asked=None, copies=None):
    """What a person gets who asks for a copy on a server that makes it at once."""
    from attrs import evolve

    desk = someone.defaults[DESK]
    someone.defaults[DESK] = evolve(desk, copies=copies or Copies(begin=lambda work: work()))
    return someone.post("/copy", ASKED | (asked or {}))


def unpacked(someone, asked=None) -> dict[str, bytes]:
    answer = taken(someone, asked)
    assert answer.status_code == 303
    page = someone.get(answer["Location"]).content.decode()
    assert "The copy is ready" in page
    found = someone.get(answer["Location"] + "/study.zip")
    content = b"".join(found.streaming_content)
    assert found["Content-Type"] == "application/zip" and int(found["Content-Length"]) == len(content) and found["Cache-Control"] == "no-store"
    assert found["Content-Disposition"].startswith(f'attachment; filename="{STUDY.code}-')
    assert hashlib.sha256(content).hexdigest() in page
    pack = zipfile.ZipFile(io.BytesIO(content))
    assert pack.testzip() is None
    return {name: pack.read(name) for name in pack.namelist()}


def lived(igg: str):
    gate = trial()
    gate.do(actor(Audience.COORDINATOR), Answer(subject=OLD, visit="BASELINE", form="LABORATORY", entries={"IGG": igg, "ALT": "31"}), START)
    return gate


@pytest.fixture(scope="module")
def told():
    """One trial with hidden answers and a file, and the copies of two people: one who knows the arms and one who is blind."""
    gate, clock = lived("5.55"), Clock(START + timedelta(days=30))
    laid = Attach(subject=OLD, visit="BASELINE", form="LUNG", name="hrct.pdf", media="application/pdf", size=len(SCAN),
                  sha256=temporary_attachments().keep(SCAN))  # fmt: skip
    gate.do(actor(Audience.COORDINATOR), laid, START)
    copies = {role: unpacked(client_for(gate, role, clock)) for role in (Audience.INVESTIGATOR, Audience.DATA_MANAGER)}
    return gate, copies


def test_every_file_of_it_is_in_its_manifest(told) -> None:
    for files in told[1].values():
        listed = dict(reversed(line.split("  ")) for line in files["MANIFEST.txt"].decode().splitlines())
        assert listed == {name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != "MANIFEST.txt"}
        assert {"data/sdtm/define.xml", "data/sdtm/dm.xpt", "data/adam/adsl.json", "data/trace/sdtm/lb.csv", "trail/trail.csv"} <= files.keys()


def test_the_trail_is_whole_to_the_letter_as_its_reader_may_see_it(told) -> None:
    gate, copies = told
    for role, files in copies.items():
        lines = [json.loads(line) for line in files["trail/trail.jsonl"].splitlines()]
        mine = [entry for entry in gate.casebook(role).everything if not isinstance(entry.event, Exported)]
        assert [(one["ref"], one["at"], one["by"]) for one in lines] == [(entry.ref, moment(entry.at), entry.by) for entry in mine]
        rows = list(csv.DictReader(io.StringIO(files["trail/trail.csv"].decode("utf-8-sig"))))
        columns = {row["column"] for row in csv.DictReader(io.StringIO(files["trail/dictionary.csv"].decode("utf-8-sig")))}
        assert len(rows) == len(lines) and set(rows[0]) == columns


@pytest.mark.req("BLD-05", "BLD-10")
def test_the_copy_of_whoever_is_blind_holds_nothing_hidden(told) -> None:
    _, copies = told
    open_, blind = (b"\n".join(content for name, content in files.items() if not name.endswith(".pdf")) for files in copies.values())
    assert b"5.55" in open_ and b"5.55" not in blind
    assert b"hrct.pdf" in open_ and b"hrct.pdf" not in blind
    assert SCAN in copies[Audience.INVESTIGATOR].values() and not any(name.startswith("files/") for name in copies[Audience.DATA_MANAGER])
    assert b"IT MAY TELL THE ARMS" in open_ and b"It holds no arm" in blind
    assert b'"event":"Allocated"' in open_ and b'"event":"Allocated"' not in blind


@pytest.mark.req("BLD-05")
def test_what_is_hidden_changes_no_byte_of_the_copy_of_whoever_is_blind(told) -> None:
    """The same trial with another immunoglobulin and without the file: to the data manager it is the same copy."""
    copy = unpacked(client_for(lived("9.99"), Audience.DATA_MANAGER, Clock(START + timedelta(days=30))))
    assert copy == told[1][Audience.DATA_MANAGER]


@pytest.fixture
def light(monkeypatch) -> None:
    """Copies whose data sets are a word, for tests of the way to them."""
    from trialwright.report import study_copy

    class Delivery:
        @classmethod
        def of(cls, *_: object, **__: object) -> "Delivery":
            return cls()

        def write(self, out, **_: object) -> None:
            out.mkdir()
            (out / "data.txt").write_text("data sets", encoding="utf-8")

    monkeypatch.setattr(study_copy, "Delivery", Delivery)


@pytest.mark.req("PRV-02", "AUD-05")
def test_who_took_what_for_whom_is_on_record(client, gate, light) -> None:
    someone = client(Audience.INVESTIGATOR)
    files = unpacked(someone)
    (entry,) = [entry for entry in gate.casebook(Audience.CUSTODIAN).entries() if isinstance(entry.event, Exported)]
    event = entry.event
    assert (entry.by, event.view) == ("investigator", Audience.INVESTIGATOR)
    assert (event.purpose, event.recipient, event.basis) == ("inspection", "the authority", "GCP 5.1")
    assert b"inspection" in files["README.txt"] and b"the authority" in files["README.txt"]
    page = someone.get("/copy").content.decode()
    assert event.digest in page and "inspection" in page
    assert b"inspection" not in client(Audience.DATA_MANAGER).get("/copy").content, "the words of those who know the arms reach nobody who is blind"
    from trialwright.capture.accounts import log

    assert log()[-1][1:3] == (f"copy of the study {event.digest[:16]} taken", "investigator")


@pytest.mark.req("PRV-02")
@pytest.mark.parametrize("missing", ["v.PURPOSE", "v.RECIPIENT", "v.BASIS", "v.CASEBOOKS"])
def test_without_purpose_recipient_and_ground_there_is_no_copy(client, gate, missing: str) -> None:
    someone = client(Audience.INVESTIGATOR)
    for nothing in ("", "   ", "\x07"):
        assert taken(someone, {missing: nothing}).status_code == 422
    assert not any(isinstance(entry.event, Exported) for entry in gate.casebook(Audience.CUSTODIAN).entries())


@pytest.mark.req("ACC-02")
def test_nobody_else_finds_the_page_or_another_ones_copy(client, gate, light) -> None:
    someone = client(Audience.INVESTIGATOR)
    address = taken(someone)["Location"]
    for role in Audience:
        if role is Audience.PATIENT:
            continue
        other = client(role, name="" if role is not Audience.INVESTIGATOR else "investigator2")
        other.defaults[DESK] = someone.defaults[DESK]
        absent = other.get("/no/such/page").content
        for path in (address, f"{address}/study.zip", *(() if role in EXPORTERS else ("/copy",))):
            assert (other.get(path).status_code, other.get(path).content) == (404, absent), (role, path)
        if role not in EXPORTERS:
            assert other.post("/copy", ASKED).status_code == 404


def test_while_it_is_made_one_waits_and_works_on(client, gate, clock, light) -> None:
    """A server that has begun: the page tells how far it is; saves go on; a second copy of the same person is refused, of another one not told."""
    waiting, copies = [], None
    copies = Copies(begin=waiting.append)
    someone = client(Audience.INVESTIGATOR)
    address = taken(someone, copies=copies)["Location"]
    page = someone.get(address).content.decode()
    assert "The copy is being made" in page and "waiting for its turn" in page and "<progress" in page
    assert someone.get(f"{address}/study.zip")["Location"] == address
    assert "still being made" in someone.post("/copy", ASKED).content.decode()
    other = client(Audience.DATA_MANAGER)
    other.defaults[DESK] = someone.defaults[DESK]
    assert other.post("/copy", ASKED).status_code == 303
    gate.do(actor(Audience.COORDINATOR), Answer(subject=OLD, visit="W4", form="LABORATORY", entries={"ALT": "77"}), clock())
    waiting[0]()
    assert "The copy is ready" in someone.get(address).content.decode()
    pack = zipfile.ZipFile(io.BytesIO(b"".join(someone.get(f"{address}/study.zip").streaming_content)))
    assert b'"value":"77"' not in pack.read("trail/trail.jsonl"), "it is the study as it was when it was asked for"
    clock.now += KEPT + timedelta(minutes=1)
    someone = client(Audience.INVESTIGATOR)
    someone.defaults[DESK] = other.defaults[DESK]
    assert someone.get(address).status_code == 404, "after an hour it is gone"


def test_a_copy_that_fails_says_why_and_leaves_nothing(client, gate, light, monkeypatch) -> None:
    laid = Attach(subject=OLD, visit="BASELINE", form="LUNG", name="gone.pdf", media="application/pdf", size=7, sha256="0" * 64)
    gate.do(actor(Audience.COORDINATOR), laid, START)
    someone, copies = client(Audience.INVESTIGATOR), Copies(begin=lambda work: work())
    page = someone.get(taken(someone, copies=copies)["Location"]).content.decode()
    assert "No copy was made" in page and "missing" in page
    from trialwright.report import study_copy

    def broken(*_: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(study_copy, "trail_csv", broken)
    with pytest.raises(ZeroDivisionError):
        taken(someone, {"v.FILES": "N"}, copies)
    assert "The program failed and made no copy" in someone.get("/copy/222222222222").content.decode()
    assert not any(isinstance(entry.event, Exported) for entry in gate.casebook(Audience.CUSTODIAN).entries())
    assert list(copies._copies.values())[-1].path.exists() is False


def test_in_a_browser_one_sees_how_far_it_is_and_saves_the_file(site, browser, light) -> None:
    from tests.web.test_axe import grave
    from tests.web.walk import entered

    context = entered(browser, site.url, site.gate, site.clock, Audience.DATA_MANAGER, accept_downloads=True)
    page, wrong = context.new_page(), []
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    page.goto(site.url + "/copy")
    for box, words in (("PURPOSE", "analysis"), ("RECIPIENT", "the statistician's institute"), ("BASIS", "protocol 12.3")):
        page.fill(f"#v-{box}", words)
    for box in ("CASEBOOKS", "FILES"):
        page.check(f"input[name='v.{box}'][value='Y']", force=True)
    page.click("button.go")
    assert grave(page) == []
    page.get_by_text("The copy is ready").wait_for(timeout=60_000)
    assert grave(page) == []
    with page.expect_download() as download:
        page.get_by_text("Save the file").click()
    with zipfile.ZipFile(download.value.path()) as pack:
        assert f"casebooks/{OLD}.pdf" in pack.namelist()
    assert wrong == []
    context.close()


MEASURED = """
import resource
from datetime import UTC, date, datetime
from pathlib import Path
from studies.telitacicept_ssc.protocol import study
from studies.telitacicept_ssc.rehearsal import BEHAVIOR
from trialwright.blinding import Gate
from trialwright.protocol import Audience
from trialwright.record.ledger import Ledger
from trialwright.rehearsal import dice, rehearse
from trialwright.report.casebook_pdf import Reader
from trialwright.report.study_copy import Letter, write_copy
trial = study("R1")
gate = Gate(trial, Ledger("test"), lambda lines: None, dice(1))
rehearse(trial, BEHAVIOR, gate, seed=1, start=date(2024, 6, 10))
reader = Reader(role=Audience.INVESTIGATOR, by="x", at=datetime(2026, 1, 1, tzinfo=UTC))
letter = Letter(reader=reader, purpose="a", recipient="b", basis="c", casebooks=True)
write_copy(trial, gate.casebook(Audience.INVESTIGATOR), letter, Path(OUT), lambda *told: None)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.nightly
def test_a_whole_trial_with_all_its_casebooks_needs_less_than_a_gigabyte(tmp_path) -> None:
    done = subprocess.run([sys.executable, "-c", f"OUT = {str(tmp_path / 'copy.zip')!r}\n{MEASURED}"], capture_output=True, text=True, timeout=900, check=True)
    assert int(done.stdout) < 1000
    with zipfile.ZipFile(tmp_path / "copy.zip") as pack:
        assert sum(name.startswith("casebooks/") for name in pack.namelist()) >= 20
