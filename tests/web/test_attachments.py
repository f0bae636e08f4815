"""Files beside a page: kept before they are told, read by their content, never opened in the browser, and told to nobody who is blind."""

import hashlib
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.web.desk import OLD
from trialwright.capture.testing import temporary_attachments
from trialwright.protocol import Audience
from trialwright.record import Answer, Detach, Freeze, Refused
from trialwright.record.attachments import LARGEST
from trialwright.record.events import Attached
from trialwright.testing import START, actor

pytestmark = pytest.mark.web
PAGE = f"/subject/{OLD}/visit/BASELINE/LUNG"
PDF = b"%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
KINDS = {"scan.pdf": (PDF, "application/pdf"),
         "ecg.png": (PNG, "image/png"),
         "ct.jpg": (b"\xff\xd8\xff\xe0" + b"\0" * 40, "image/jpeg"),
         "slice.dcm": (b"\0" * 128 + b"DICM" + b"\0" * 40, "application/dicom"),
         "sheet.csv": ("检验,结果\nIgG,9.1\n".encode("gb18030"), "text/csv")}  # fmt: skip


def lay(someone, content: bytes, name: str = "scan.pdf", page: str = PAGE):
    return someone.post(f"{page}/attach", {"file": SimpleUploadedFile(name, content)})


def attached(gate) -> list[Attached]:
    return [entry.event for entry in gate.casebook(Audience.CUSTODIAN).entries(OLD) if isinstance(entry.event, Attached)]


@pytest.mark.parametrize(("name", "content", "media"), [(name, *one) for name, one in KINDS.items()], ids=KINDS)
def test_a_file_is_what_its_content_says(client, gate, name: str, content: bytes, media: str) -> None:
    someone = client(Audience.COORDINATOR)
    assert lay(someone, content, name)["Location"] == PAGE
    (event,) = attached(gate)
    assert (event.name, event.media, event.size, event.sha256) == (name, media, len(content), hashlib.sha256(content).hexdigest())
    assert temporary_attachments().path(event.sha256).read_bytes() == content
    assert oct(temporary_attachments().path(event.sha256).stat().st_mode)[-3:] == "600"
    page = someone.get(PAGE).content.decode()
    assert name in page and event.sha256[:12] in page
    taken = someone.get(f"/subject/{OLD}/file/{event.attachment}")
    assert (taken.content, taken["Content-Type"], taken["X-Content-Type-Options"]) == (content, media, "nosniff")
    assert re.fullmatch(rf'attachment; filename="{OLD}-LUNG-\w+\.\w+"', taken["Content-Disposition"]), "a name that tells no person"
    assert "default-src 'self'" in taken["Content-Security-Policy"] and taken["Cache-Control"] == "no-store"


NOTHING = {"page.pdf": b"<html><script>alert(1)</script></html>", "drawing.png": b'<svg xmlns="http://www.w3.org/2000/svg">,</svg>', "run.pdf": b"MZ\x90\0\x03",
           "empty.pdf": b"", "words.csv": b"no table here", "zip.csv": b"PK\x03\x04,\0", "late.pdf": b"\n%PDF-1.7", "tags.csv": b" <a>,<b>\n"}  # fmt: skip


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_else_is_taken_whatever_it_is_called(client, gate, name: str) -> None:
    found = lay(client(Audience.COORDINATOR), NOTHING[name], name)
    assert found.status_code == 422 and "This file cannot be taken" in found.content.decode()
    assert attached(gate) == [] and not temporary_attachments().path(hashlib.sha256(NOTHING[name]).hexdigest()).exists()


def test_a_file_that_is_too_long_or_not_there_is_said_so(client, gate) -> None:
    someone = client(Audience.COORDINATOR)
    for long in (LARGEST + 1, 26 * 1024 * 1024):
        found = lay(someone, PDF + b"\0" * (long - len(PDF)))
        assert found.status_code == 422 and "at most 20 MB" in found.content.decode()
    assert "Choose a file first" in someone.post(f"{PAGE}/attach", {}).content.decode()
    assert someone.post(f"{PAGE}/attach", {"file": "no file at all"}).status_code == 422
    assert attached(gate) == []


@pytest.mark.parametrize("name", ["../../etc/passwd.pdf", "C:\\scans\\" + "长" * 300 + ".pdf", '<img src=x>"\';.pdf', "a\r\nb.pdf", " .pdf"])
def test_the_name_of_a_file_is_a_word_and_nothing_more(client, gate, name: str) -> None:
    someone = client(Audience.COORDINATOR)
    assert lay(someone, PDF, name).status_code == 303
    (event,) = attached(gate)
    assert 0 < len(event.name) <= 120 and "/" not in event.name and "\\" not in event.name and event.name.isprintable()
    assert "<img" not in someone.get(PAGE).content.decode()


def test_the_same_file_twice_is_once_and_a_withdrawn_one_may_come_back(client, gate) -> None:
    someone = client(Audience.COORDINATOR)
    lay(someone, PDF)
    assert "attached here already" in lay(someone, PDF, "again.pdf").content.decode()
    (event,) = attached(gate)
    there = f"/subject/{OLD}/file/{event.attachment}"
    assert someone.post(f"{there}/withdraw", {"v.BECAUSE": ""}).status_code == 422
    assert someone.post(f"{there}/withdraw", {"v.BECAUSE": "belongs to another patient"})["Location"] == PAGE
    page = someone.get(PAGE).content.decode()
    assert "Withdrawn by coordinator" in page and "belongs to another patient" in page
    assert someone.get(there).content == PDF, "it is kept all the same"
    assert someone.post(f"{there}/withdraw", {"v.BECAUSE": "twice"}).status_code == 422
    assert lay(someone, PDF).status_code == 303 and len(attached(gate)) == 2


@pytest.mark.req("BLD-09", "BLD-10")
def test_whoever_is_blind_is_told_of_no_file(client, gate) -> None:
    before = {role: client(role).get(f"/subject/{OLD}").content for role in (Audience.DATA_MANAGER, Audience.STATISTICIAN)}
    skin = client(Audience.EVALUATOR).get(f"/subject/{OLD}/visit/W4/MRSS").content
    lay(client(Audience.COORDINATOR), PDF, "telitacicept-chart.pdf")
    (event,) = attached(gate)
    assert event.label & (gate.study.blinded | Audience.PATIENT) == Audience(0)
    for role in (Audience.EVALUATOR, Audience.DATA_MANAGER, Audience.STATISTICIAN):
        someone = client(role)
        absent = someone.get("/no/such/page").content
        for address in (f"/subject/{OLD}/file/{event.attachment}", f"/subject/{OLD}/file/{event.attachment}/withdraw", f"{PAGE}/attach"):
            found = someone.get(address)
            assert (found.status_code, found.content) == (404, absent), (role, address)
        assert lay(someone, PNG).status_code == 404
        assert b"telitacicept-chart" not in someone.get(PAGE).content + someone.get(f"/subject/{OLD}/trail").content
    assert {role: client(role).get(f"/subject/{OLD}").content for role in before} == before
    assert client(Audience.EVALUATOR).get(f"/subject/{OLD}/visit/W4/MRSS").content == skin
    assert len(attached(gate)) == 1


def test_who_only_reads_takes_it_and_lays_none_there(client, gate) -> None:
    lay(client(Audience.COORDINATOR), PDF)
    (event,) = attached(gate)
    monitor = client(Audience.MONITOR)
    assert monitor.get(f"/subject/{OLD}/file/{event.attachment}").content == PDF
    assert lay(monitor, PNG).status_code == 404 and "Attach a file" not in monitor.get(PAGE).content.decode()
    from trialwright.capture.accounts import log

    assert [entry[1:3] for entry in log()[-2:]] == [(f"file {event.attachment} of {OLD} taken", "monitor"), ("refused: POST attach", "monitor")]


def test_a_frozen_page_and_locked_data_take_no_file(client, gate) -> None:
    lay(client(Audience.COORDINATOR), PDF)
    (event,) = attached(gate)
    gate.do(actor(Audience.DATA_MANAGER), Freeze(subject=OLD, visit="BASELINE", form="LUNG"), START)
    assert lay(client(Audience.COORDINATOR), PNG).status_code == 404
    with pytest.raises(Refused, match="frozen"):
        gate.do(actor(Audience.COORDINATOR), Detach(subject=OLD, attachment=event.attachment, because="late"), START)


def test_a_row_of_a_log_takes_files_once_it_is_there(client, gate) -> None:
    someone, log = client(Audience.COORDINATOR), f"/subject/{OLD}/log/ADVERSE_EVENTS"
    assert lay(someone, PDF, page=f"{log}/new").status_code == 404
    gate.do(actor(Audience.COORDINATOR), Answer(subject=OLD, form="ADVERSE_EVENTS", row="A1", entries={"AETERM": "rash"}), START)
    assert lay(someone, PDF, page=f"{log}/A1")["Location"] == f"{log}/A1"
    assert "scan.pdf" in someone.get(f"{log}/A1").content.decode()


def test_a_file_that_is_lost_or_changed_is_named_and_never_handed_out(client, gate) -> None:
    someone = client(Audience.COORDINATOR)
    content = PDF + b"only of this test"
    lay(someone, content)
    (event,) = attached(gate)
    place = temporary_attachments().path(event.sha256)
    for wrong in (content[:-1], content[:-1] + b"!", None):
        place.unlink()
        if wrong is not None:
            place.write_bytes(wrong)
        found = someone.get(f"/subject/{OLD}/file/{event.attachment}")
        assert found.status_code == 422 and "missing or was changed" in found.content.decode()
        place.touch()
    assert lay(someone, content).status_code == 422, "it is attached already"
    someone.post(f"/subject/{OLD}/file/{event.attachment}/withdraw", {"v.BECAUSE": "damaged on the disk"})
    assert lay(someone, content).status_code == 303 and place.read_bytes() == content, "laid there once more it is whole again"


def test_a_full_disk_saves_nothing_and_says_so(client, gate, monkeypatch) -> None:
    from trialwright.store import attachments

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(attachments.os, "fsync", full)
    someone, content = client(Audience.COORDINATOR), PDF + b"for a full disk"
    assert lay(someone, content).status_code == 503
    assert attached(gate) == [] and not temporary_attachments().path(hashlib.sha256(content).hexdigest()).exists()
