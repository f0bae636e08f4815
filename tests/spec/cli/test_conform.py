"""`trialwright conform`: everybody who is installed looks at a package, who is absent is named as not run, and a fault gives exit status 1."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.schemas import schema_folder
from tests.spec.cli.conftest import Say
from trialwright.exchange.conformance.schema_examiners import SCHEMAS, faults_in

pytestmark = pytest.mark.spec


@pytest.fixture
def package(rehearsed: Path, tmp_path: Path) -> Path:
    """A copy of the package of the rehearsal that a test may spoil."""
    return Path(shutil.copytree(rehearsed / "package", tmp_path / "package"))


def test_a_package_that_was_just_written_passes_and_absent_examiners_are_named(say: Say, rehearsed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRIALWRIGHT_SCHEMAS", raising=False)
    said = say("conform", rehearsed / "package")
    lines = said.out.splitlines()
    assert (said.code, said.err) == (0, ""), said
    assert [line.split()[0] for line in lines if " passed " in line] == ["Trialwright"] * 3 + ["pyreadstat"]
    absent = [line for line in lines if " not run " in line]
    assert len(absent) == len(SCHEMAS) + 3 and all("--schemas" in line or "no such files" in line or "--core" in line for line in absent)


def test_a_fault_is_told_with_its_place_and_its_mend(say: Say, package: Path) -> None:
    path = package / "sdtm" / "dm.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    age = [one["name"] for one in told["columns"]].index("AGE")
    told["rows"][1][age] = -3
    path.write_text(json.dumps(told), encoding="utf-8")
    said = say("conform", package)
    assert said.code == 1
    assert "Trialwright json: TW-R15 DM.AGE, 1 times\n  record 2: the age is -3\n  Mend: correct the birth date or the age." in said.out
    assert "pyreadstat xpt = json: dm.xpt.AGE, 1 times" in said.out
    chinese = say("conform", package, "--language", "zh")
    assert "年龄为 -3" in chinese.out and "未运行" in chinese.out
    verdicts = json.loads(say("conform", package, "--json").out)
    found = next(one for one in verdicts if (one["examiner"], one["part"]) == ("Trialwright", "json"))
    assert found["state"] == "failed"
    assert found["findings"][0] == {"rule": "TW-R15", "dataset": "DM", "record": 2, "variable": "AGE", "value": "-3", "wrong": "the age is -3",
                                    "mend": "correct the birth date or the age", "wrong_zh": "年龄为 -3", "mend_zh": "请更正出生日期或年龄"}  # fmt: skip


def _spoiled_xml(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"<GlobalVariables>", b"<GlobalVariables><Sponsor>x</Sponsor>", 1))


def _spoiled_json(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"datasetJSONVersion":"1.1.0"', b'"datasetJSONVersion":"nine"', 1))


def _spoiled_line(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"status":"', b'"status":"banana-', 1))


@pytest.mark.parametrize(("name", "file", "spoil"), [
    ("Define-XML 2.1", "sdtm/define.xml", _spoiled_xml),
    ("Define-XML 2.1, results", "adam/define.xml", _spoiled_xml),
    ("ODM 1.3.2", "odm/snapshot-1.3.2.xml", _spoiled_xml),
    ("Dataset-JSON 1.1", "sdtm/dm.json", _spoiled_json),
    ("FHIR R4", "fhir/QuestionnaireResponse.ndjson", _spoiled_line),
], ids=lambda one: one if isinstance(one, str) else "")  # fmt: skip
def test_a_published_schema_passes_what_is_right_and_finds_what_is_not(name: str, file: str, spoil: Callable[[Path], None], package: Path) -> None:
    schema = next(one for one in SCHEMAS if one.name == name)
    published = schema_folder() / schema.path
    assert faults_in(schema, published, schema.files(package))[1] == []
    spoil(package / file)
    found = faults_in(schema, published, schema.files(package))[1]
    assert found and found[0]["dataset"] == file


def test_what_is_no_package_is_refused_with_a_mend(say: Say, tmp_path: Path) -> None:
    for words, says in (((tmp_path,), "holds no data sets. Name the folder that"), ((tmp_path / "none",), "holds no data sets"),
                        ((tmp_path, "--language", "fr"), "no language fr"), ((tmp_path, "--schemas", tmp_path / "none"), "there is no folder")):
        said = say("conform", *words)
        assert said.code == 1 and says in said.err


def test_core_that_cannot_run_is_not_run(say: Say, rehearsed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRIALWRIGHT_SCHEMAS", raising=False)
    monkeypatch.delenv("TRIALWRIGHT_CORE_CACHE", raising=False)
    said = say("conform", rehearsed / "package", "--core")
    assert said.code == 0
    assert sum("CDISC CORE" in line and "not run" in line and "name their archive" in line for line in said.out.splitlines()) == 3
