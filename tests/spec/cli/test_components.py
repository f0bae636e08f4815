"""What is inside is listed with its licenses, and what is known against it is looked up without a network and without skipping anything."""

import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from trialwright.cli import components as command
from trialwright.cli.shell import Failed
from trialwright.report import components
from trialwright.report.advisories import FRESH, Advisories, from_archive, named, shipped, weaknesses

pytestmark = [pytest.mark.spec, pytest.mark.req("SEC-03")]
LOCK = (command.ROOT / "requirements.lock").read_text(encoding="utf-8")
INSIDE = command.all_inside()
VERSIONS = {one.name: one.version for one in INSIDE}


def test_the_license_of_every_locked_package_was_read_and_may_be_inside() -> None:
    """The reviewed list and the lock name the same packages, and the list names every license that a package says it has."""
    known = components.reviewed()
    assert known.packages.keys() == components.pinned(LOCK).keys()
    assert components.not_allowed(INSIDE) == ()
    for name, license in known.packages.items():
        if components.pinned(LOCK)[name].here:
            said = metadata.metadata(name).get("License-Expression") or ""
            assert set(components.licenses(said)) <= set(components.licenses(license)), name
    unread = [components.Component(name="x", version="1", license="GPL-3.0-only OR MIT"), components.Component(name="y", version="2", license="")]
    assert components.not_allowed(unread) == ("x 1: GPL-3.0-only OR MIT", "y 2: no license was read")


def test_the_bill_holds_every_locked_package_and_is_the_same_bytes_each_time() -> None:
    """Versions, every digest that the lock admits, who needs whom; no host, no time, no place."""
    bill = command.the_bill(INSIDE)
    assert bill == command.the_bill(command.all_inside())
    told = json.loads(bill)
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    listed = {one["name"]: one for one in told["components"]}
    for name, pin in components.pinned(LOCK).items():
        assert listed[name]["version"] == pin.version and listed[name]["purl"] == f"pkg:pypi/{name}@{pin.version}"
        assert [one["content"] for one in listed[name]["hashes"]] == list(pin.digests) and pin.digests
    needs = {one["ref"].split("/")[1].split("@")[0]: {ref.split("/")[1].split("@")[0] for ref in one["dependsOn"]} for one in told["dependencies"]}
    assert needs.keys() == listed.keys() | {"trialwright"}
    assert needs["django"] == {"asgiref", "sqlparse", "tzdata"} and {"django", "waitress", "sqlite"} <= needs["trialwright"]
    reached = {"trialwright"}
    while more := set().union(*(needs[name] for name in reached)) - reached:
        reached |= more
    assert reached == needs.keys(), "nothing is locked that nothing needs"
    assert b"://" not in bill and str(command.ROOT).encode() not in bill


def test_nothing_is_known_against_what_is_locked() -> None:
    """No version that the shipped list names is locked; and each advisory finds the first weak version and leaves the mended one alone."""
    known = shipped()
    assert [str(one) for one in weaknesses(VERSIONS, known)] == []
    assert len({record["id"] for record in known.records}) == len(known.records) > 50
    for record in known.records:
        (affected,) = record["affected"]
        assert affected["package"]["name"] in VERSIONS and record["summary"] and record["database_specific"]["severity"]
        for one in affected["ranges"]:
            (first, mended) = (next(iter(event.values())) for event in one["events"])
            assert named(first, affected) and not named(mended, affected), record["id"]


def affected(**said: Any) -> dict[str, Any]:
    return {"package": {"ecosystem": "PyPI", "name": "Some_Thing"}, **said}


def record(id: str = "CVE-1", **said: Any) -> dict[str, Any]:
    return {"id": id, "modified": "2026-11-20T10:00:00Z", "summary": "Bad.", "affected": [affected(**said)]}


def events(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"ranges": [{"type": "ECOSYSTEM", "events": [{kind: version} for kind, version in pairs]}]}


@pytest.mark.parametrize(("version", "said", "expected"), [
    ("1.5", events(("introduced", "0"), ("fixed", "1.6")), True),
    ("1.6", events(("introduced", "0"), ("fixed", "1.6")), False),
    ("1.10", events(("introduced", "0"), ("fixed", "1.9")), False),
    ("1.6", events(("introduced", "1.2"), ("last_affected", "1.6")), True),
    ("1.6.1", events(("introduced", "1.2"), ("last_affected", "1.6")), False),
    ("3.1", events(("fixed", "2.4"), ("introduced", "3.0"), ("introduced", "0")), True),
    ("2.5", events(("introduced", "0"), ("fixed", "2.4"), ("introduced", "3.0")), False),
    ("9", events(("introduced", "0")), True),
    ("1.0", {"versions": ["1.0", "1.1"]}, True),
    ("1.2", {"versions": ["1.0", "1.1"]}, False),
    ("1.0", {}, True),
    ("1.0", {"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}], "versions": ["0.9"]}, False),
    ("1.0", {"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}, True),
    ("1.0", events(("introduced", "0"), ("fixed", "no version")), True),
    ("odd", events(("introduced", "2"), ("fixed", "3")), True),
])  # fmt: skip
def test_a_version_is_named_or_not_and_in_doubt_it_is(version: str, said: dict[str, Any], expected: bool) -> None:
    hits = weaknesses({"some-thing": version, "other": "1"}, Advisories(as_of=shipped().as_of, records=(record(**said),)))
    assert [(one.package, one.version, one.advisory) for one in hits] == ([("some-thing", version, "CVE-1")] if expected else [])


def test_what_was_withdrawn_counts_no_more() -> None:
    gone = record(**events(("introduced", "0"))) | {"withdrawn": "2026-01-01T00:00:00Z"}
    assert weaknesses({"some-thing": "1"}, Advisories(as_of=shipped().as_of, records=(gone,))) == ()


VERSION = st.lists(st.integers(0, 12), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


@given(VERSION, VERSION, VERSION)
def test_a_range_is_what_the_comparison_of_versions_says(here: str, start: str, end: str) -> None:
    """Held against the library that installers use."""
    start, end = sorted((start, end), key=Version)
    expected = SpecifierSet(f">={start},<{end}").contains(here)
    assert named(here, events(("introduced", start), ("fixed", end))) is expected


def archive(folder: Path, *records: object) -> Path:
    file = folder / "all.zip"
    with zipfile.ZipFile(file, "w") as made:
        for number, one in enumerate(records):
            made.writestr(f"{number}.json", one if isinstance(one, str) else json.dumps(one))
    return file


def test_a_whole_archive_takes_the_place_of_the_shipped_list(tmp_path: Path) -> None:
    """It is as old as its newest record, and the shipped list, which alone knows the database engine, is still held against what is inside."""
    django = {"package": {"name": "Django"}, **events(("introduced", "0"))}
    worse = {"id": "CVE-2", "modified": "2026-12-24T00:00:00Z", "details": "Worse", "affected": [django]}
    file = archive(tmp_path, record(), worse)
    assert from_archive(file, ["django"]) == Advisories(as_of=from_archive(file, []).as_of, records=(worse,))
    day = from_archive(file, ["django"]).as_of
    assert str(day) == "2026-12-24"
    _, found = command.found_in(INSIDE, day, file)
    assert found.good is False and f"django {VERSIONS['django']}: CVE-2 (not rated), Worse; no mended version is named" in found.value
    old_engine = [one for one in INSIDE if one.packaged] + [components.Component(name="sqlite", version="3.40.1", license="blessing", packaged=False)]
    assert "SQLITE-WAL-RESET" in command.found_in(old_engine, day, archive(tmp_path, record()))[1].value


@pytest.mark.parametrize("content", ["nothing", "[]", '{"id": "CVE-1"}', "\x00"])
def test_what_is_no_archive_is_refused_in_words(tmp_path: Path, content: str) -> None:
    with pytest.raises(Failed, match=r"all\.zip is not an archive of advisories.*Take the file"):
        command.found_in(INSIDE, shipped().as_of, archive(tmp_path, content))
    (tmp_path / "text").write_text(content, encoding="utf-8")
    with pytest.raises(Failed, match="is not an archive"):
        command.found_in(INSIDE, shipped().as_of, tmp_path / "text")


def test_an_old_list_is_no_comfort() -> None:
    """The age counts on the day of the look-up alone: no test of this suite turns red because time passed."""
    day = shipped().as_of
    assert all(one.good for one in command.found_in(INSIDE, day + timedelta(days=FRESH)))
    licenses, found = command.found_in(INSIDE, day + timedelta(days=FRESH + 1))
    assert licenses.good and found.good is False and "more than 30 days old" in found.value and "--advisories" in found.mend


def test_the_command_lists_everything_and_writes_the_bill(tmp_path: Path) -> None:
    out = tmp_path / "bill.json"
    call = [sys.executable, "-m", "trialwright.cli", "components", "--out", str(out), "--json"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    assert done.returncode == (0 if all(one["good"] for one in told["findings"]) else 1), done.stderr
    assert {one["name"] for one in told["components"]} == VERSIONS.keys() and out.read_bytes() == command.the_bill(INSIDE)
