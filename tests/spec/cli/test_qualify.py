"""Qualifying an installation: facts, tests and requirements in one pack that says plainly what stands in the way."""

import json
import shutil
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from trialwright.cli import qualification
from trialwright.report.qualification import Finding, Qualification, Tried, qualification_pdf, requirements

pytestmark = pytest.mark.spec
AT = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
GOOD = Finding(name="Python", value="3.11.7", good=True)


def one(requirement: str, verdict: str = "passed", where: str = "tests/test_it.py::test_it") -> Tried:
    return Tried(where=where, says="It does.", requirements=(requirement,), verdict=verdict, seconds=0.5)


def pack(*tried: Tried, findings: tuple[Finding, ...] = (GOOD,)) -> Qualification:
    return Qualification(version="9.9.9", at=AT, findings=findings, tried=tried, issues=("One thing. Risk: small.",))


EVERYTHING = tuple(one(requirement.id) for requirement in requirements())


@pytest.mark.req("VAL-02")
def test_only_what_is_whole_is_qualified() -> None:
    assert pack(*EVERYTHING).obstacles == ()
    assert pack(*EVERYTHING[1:]).obstacles == ("AUD-01: NOT SHOWN",)
    failed = pack(*EVERYTHING, one("BLD-02", "FAILED", "tests/test_blind.py::test_it[3]")).obstacles
    assert failed == ("BLD-02: FAILED", "tests/test_blind.py::test_it[3] failed")
    assert pack(*EVERYTHING, one("BLD-02", "skipped")).obstacles == ()
    assert pack(*(one(requirement.id, "skipped") for requirement in requirements())).obstacles != ()
    broken = Finding(name="File system", value="nfs4", good=False, mend="Keep trials on a disk of this machine.")
    assert pack(*EVERYTHING, findings=(broken,)).obstacles == ("File system: nfs4. Keep trials on a disk of this machine.",)


@pytest.mark.req("VAL-02")
def test_the_pack_on_paper_names_its_json_and_says_everything(tmp_path: Path) -> None:
    found = pack(*EVERYTHING[1:])
    file = tmp_path / "pack.pdf"
    file.write_bytes(qualification_pdf(found))
    words = " ".join(" ".join(page.extract_text() for page in PdfReader(file).pages).split())
    assert "not qualified" in words and "AUD-01: NOT SHOWN" in words and "One thing. Risk: small." in words and "signature" in words
    assert all(requirement.id in words for requirement in requirements())
    told = json.loads(found.as_json())
    assert told["passed"] is False and len(told["requirements"]) == 86 and qualification_pdf(found) == file.read_bytes()


@pytest.mark.req("VAL-06")
def test_a_list_of_known_issues_that_nobody_read_for_long_is_an_obstacle() -> None:
    assert len(qualification.known_issues()) > 2 and all("Risk" in issue for issue in qualification.known_issues())
    reviewed = date.fromisoformat(qualification._reviewed(date(2026, 12, 1)).value.removeprefix("reviewed "))
    assert qualification._reviewed(reviewed).good and not qualification._reviewed(reviewed.replace(year=reviewed.year + 1)).good


@pytest.mark.req("VAL-02")
def test_the_facts_of_this_machine(tmp_path: Path) -> None:
    """Each locked package in its version, and a changed file is found."""
    facts = {fact.name: fact for fact in qualification.installation(date(2026, 12, 1))}
    assert facts["Packages"].good, facts["Packages"].value
    assert facts["Installed files"].good, facts["Installed files"].value
    assert facts["SQLite"].good and "SHA-256" in facts["Trialwright"].value
    file = tmp_path / "a.txt"
    file.write_text("a", encoding="utf-8")
    assert qualification._digest(file) == "ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs", "the form of a wheel's RECORD: URL-safe, no padding"


@pytest.mark.req("VAL-02")
def test_the_command_runs_the_shipped_tests_and_refuses_what_is_not_shown(tmp_path: Path) -> None:
    """Here with one file of tests alone: everything else counts as not shown, so the installation is not qualified."""
    python = qualification.ROOT / "start.py"
    assert python.is_file() and shutil.which("python3")
    command = [qualification.sys.executable, "-m", "trialwright.cli", "qualify", "--out", str(tmp_path / "pack"), "--tests", "test_the_life_of_a_query"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=qualification.ROOT)
    assert done.returncode == 1 and "AUD-01: NOT SHOWN" in done.stdout, done.stderr
    told = json.loads((tmp_path / "pack" / "qualification.json").read_text(encoding="utf-8"))
    assert {test["verdict"] for test in told["tests"]} == {"passed"} and (tmp_path / "pack" / "tests.log").is_file()
    assert next(line for line in told["requirements"] if line["id"] == "DAT-06")["verdict"] == "shown"
