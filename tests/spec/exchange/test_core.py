"""CDISC CORE finds nothing in the package of a rehearsed trial of 20 people, in transport files and in Dataset-JSON, and nothing is waived."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.schemas import schema_folder
from trialwright import sdtm
from trialwright.cli import main
from trialwright.exchange.conformance.cdisc_core import NoCore, core_archive, core_python, examine, told

STUDY = Path(__file__).resolve().parents[3] / "studies" / "telitacicept_ssc"
WAIVED: frozenset[str] = frozenset()
"""Rules whose findings are accepted: none."""


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The engine and its rules, made where they are not there yet; skipped, with the reason, where they cannot be."""
    archive = schema_folder() / "core-cache.tar.xz"
    try:
        return core_python(Path.home() / ".cache" / "trialwright" / "core"), archive if archive.is_file() else core_archive()
    except NoCore as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    out = tmp_path_factory.mktemp("core")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["trialwright", "rehearse", str(STUDY), "--out", str(out / "trial")])
        assert main() == 0
    yield out / "trial" / "package" / "sdtm"


@pytest.mark.nightly
@pytest.mark.parametrize("suffix", ["xpt", "json"])
def test_core_finds_nothing(suffix: str, core: tuple[Path, Path], package: Path) -> None:
    rulings = examine(*core, package, suffix, ct=sdtm.CT)
    assert [one for one in rulings if one.status in ("issue", "error") and one.rule not in WAIVED] == [], told(rulings)
    assert sum(one.status == "pass" for one in rulings) >= 250
    assert not WAIVED


@pytest.mark.nightly
def test_core_sees_a_planted_fault(core: tuple[Path, Path], package: Path, tmp_path: Path) -> None:
    """The examiner is awake: with one age below zero it complains."""
    for file in package.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    content = (tmp_path / "dm.json").read_text(encoding="utf-8")
    (tmp_path / "dm.json").write_text(re.sub(r',(\d+),"YEARS"', r',-\1,"YEARS"', content, count=1), encoding="utf-8")
    assert any(one.status == "issue" for one in examine(*core, tmp_path, "json", ct=sdtm.CT))


@pytest.mark.parametrize("named", ["", "/nowhere/core-cache.tar.xz"])
def test_without_its_rules_it_says_how_to_get_them(named: str) -> None:
    with pytest.raises(NoCore, match="name their archive"):
        core_archive({"TRIALWRIGHT_CORE_CACHE": named})


def test_a_python_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoCore, match="there is no such file"):
        core_python(tmp_path, {"TRIALWRIGHT_CORE_PYTHON": str(tmp_path / "python")})
