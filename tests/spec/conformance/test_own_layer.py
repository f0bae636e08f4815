"""The house's own examination is silent about a clean package and finds every planted fault of one cell, in both forms of the files."""

import shutil
import time
from datetime import date
from pathlib import Path

import pytest

from studies.telitacicept_ssc.protocol import STUDY
from studies.telitacicept_ssc.rehearsal import BEHAVIOR
from tests.spec.conformance.faults import FAULTS, Fault, plant
from trialwright.exchange.conformance import conformance
from trialwright.exchange.conformance.findings import Finding
from trialwright.exchange.conformance.package import NoPackage
from trialwright.protocol import Audience
from trialwright.rehearsal import rehearse
from trialwright.report.delivery import Delivery
from trialwright.testing import in_memory

pytestmark = pytest.mark.spec
FORMS = ("xpt", "json")


def written(out: Path, subjects: int) -> Path:
    gate = in_memory(STUDY)
    rehearse(STUDY, BEHAVIOR, gate, seed=1, subjects=subjects, start=date(2025, 1, 6))
    Delivery.of(STUDY, gate.casebook(Audience.STATISTICIAN)).write(out)
    return out


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of a rehearsed trial of six people."""
    return written(tmp_path_factory.mktemp("package"), 6)


def shown(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{one.rule.id} {one.place}: {one.wrong()}" for one in findings[:10]]


@pytest.mark.parametrize("form", FORMS)
def test_a_clean_package_is_silent(form: str, package: Path) -> None:
    assert shown(conformance(package, form)) == []


def is_found(fault: Fault, record: int, findings: tuple[Finding, ...]) -> bool:
    return any(one.rule.id == fault.rule and one.dataset == fault.dataset and one.record in (record, None) for one in findings)


@pytest.mark.parametrize("form", FORMS)
def test_every_planted_fault_is_found(form: str, package: Path, tmp_path: Path) -> None:
    """All faults at once, each in a cell of its own: each is named by its rule, its data set and its record."""
    shutil.copytree(package, tmp_path / "p")
    planted = plant(tmp_path / "p", form, FAULTS)
    found = conformance(tmp_path / "p", form)
    assert len(FAULTS) >= 60
    assert [f"{fault.rule} {fault.where} {record}" for fault, record in planted.items() if not is_found(fault, record, found)] == []
    for one in found:
        assert "{" not in one.wrong() + one.mend() + one.wrong("zh") + one.mend("zh"), one


@pytest.mark.nightly
@pytest.mark.parametrize("form", FORMS)
def test_each_fault_alone_is_found(form: str, tmp_path: Path) -> None:
    """In the package of 20 people one fault at a time; and the whole examination takes under two seconds of processor."""
    clean = written(tmp_path / "clean", 20)
    begun = time.process_time()
    assert shown(conformance(clean, form)) == []
    assert time.process_time() - begun < 2
    for fault in FAULTS:
        path = clean / fault.standard / f"{fault.dataset.lower()}.{form}"
        before = path.read_bytes()
        ((_, record),) = plant(clean, form, [fault]).items()
        assert is_found(fault, record, conformance(clean, form)), fault
        path.write_bytes(before)


@pytest.mark.parametrize(("name", "content", "rule", "says"), [
    ("sdtm/dm.xpt", b"PK\x03\x04 no data set", "TW-F01", "no transport file"),
    ("sdtm/dm.xpt", b"", "TW-F01", "no transport file"),
    ("sdtm/define.xml", b"<ODM>", "TW-X01", "it is no XML"),
    ("sdtm/define.xml", b"<ODM/>", "TW-X01", "no Define-XML 2.1"),
])  # fmt: skip
def test_what_cannot_be_read_is_named(name: str, content: bytes, rule: str, says: str, package: Path, tmp_path: Path) -> None:
    (tmp_path / "sdtm").mkdir()
    shutil.copy(package / "sdtm" / "vs.xpt", tmp_path / "sdtm")
    (tmp_path / name).write_bytes(content)
    assert any(one.rule.id == rule and says in one.wrong() for one in conformance(tmp_path))


@pytest.mark.parametrize(("content", "says"), [
    ("[1, 2", "no JSON"), ("[]", "no Dataset-JSON"), ('{"name": "DM", "columns": [{"name": "A"}], "rows": [[1, 2]], "records": 1}', "record 1 does not have 1"),
    ('{"name": "DM", "columns": [], "rows": [], "records": 3}', "it says that it holds 3 records"),
    ('{"name": "DM", "columns": [{"name": "A", "dataType": "integer"}], "rows": [[1], [true]], "records": 2}', "record 2, A: “True” is not a number"),
    ('{"name": "DM", "columns": [{"name": "A", "dataType": "string"}], "rows": [["x"], [1]], "records": 2}', "record 2, A: “1” is not text"),
    ('{"name": "DM", "columns": [{"name": "A", "dataType": "date", "targetDataType": "integer"}], "rows": [["soon"]], "records": 1}', "“soon” is no day"),
])  # fmt: skip
def test_json_that_is_no_data_set_is_named(content: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "dm.json").write_text(content, encoding="utf-8")
    assert any(one.rule.id == "TW-F01" and says in one.wrong() for one in conformance(tmp_path, "json"))


def test_a_transport_file_that_is_cut_is_named(package: Path, tmp_path: Path) -> None:
    whole = (package / "sdtm" / "lb.xpt").read_bytes()
    for length in (100, 400, 900, len(whole) - 7):
        (tmp_path / "lb.xpt").write_bytes(whole[:length])
        assert any(one.rule.id == "TW-F01" for one in conformance(tmp_path)), length


def test_a_domain_that_was_split_is_still_one_domain(package: Path, tmp_path: Path) -> None:
    """Records of DA under another name keep their domain, and their supplement finds them."""
    (tmp_path / "sdtm").mkdir()
    for name in ("dm", "sv", "suppda"):
        shutil.copy(package / "sdtm" / f"{name}.json", tmp_path / "sdtm")
    told = (package / "sdtm" / "da.json").read_text(encoding="utf-8").replace('"name":"DA"', '"name":"DASM"', 1)
    (tmp_path / "sdtm" / "dasm.json").write_text(told, encoding="utf-8")
    assert [one for one in conformance(tmp_path, "json") if one.rule.id in ("TW-K07", "TW-K08")] == []


def test_an_empty_folder_is_no_package(tmp_path: Path) -> None:
    with pytest.raises(NoPackage, match="holds no data sets"):
        conformance(tmp_path)
