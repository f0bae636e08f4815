"""CDISC CORE finds nothing in the digital protocol: under each reading of the allocation, for a study begun from the template, and for the pilot trial."""

import json
import os
from pathlib import Path

import pytest

from tests.schemas import schema_folder
from tests.usdm import SINCE, studies
from trialwright.exchange.conformance.cdisc_core import RESOURCES, NoCore, core_archive, core_python, examine_usdm, told
from trialwright.exchange.starting import start_study
from trialwright.exchange.study_folder import study_in
from trialwright.exchange.usdm.document import usdm
from trialwright.exchange.usdm.words import CT

pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def core() -> tuple[Path, Path]:
    archive = schema_folder() / "core-cache.tar.xz"
    try:
        return core_python(Path.home() / ".cache" / "trialwright" / "core"), archive if archive.is_file() else core_archive()
    except NoCore as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("name", ["R1", "R2", "R3", "pilot", "template"])
def test_core_finds_nothing(name: str, core: tuple[Path, Path], tmp_path: Path) -> None:
    if name == "template":
        start_study(tmp_path / "begun" / "gout_pain")
    study = study_in(tmp_path / "begun" / "gout_pain") if name == "template" else studies()[name]
    (tmp_path / "usdm").mkdir()
    (tmp_path / "usdm" / "usdm.json").write_bytes(usdm(study, SINCE))
    rulings = examine_usdm(*core, tmp_path / "usdm", ct=CT)
    assert len(rulings) == 207 and sum(one.status == "pass" for one in rulings) >= 165
    assert [one for one in rulings if one.status in ("issue", "error")] == [], told(rulings)
    print(f"{name}: {told(rulings).splitlines()[0]}; {RESOURCES} is {'set' if os.environ.get(RESOURCES) else 'not set'}")


def test_core_sees_planted_faults(core: tuple[Path, Path], tmp_path: Path) -> None:
    """The examiner is awake: a broken chain, a sex that is none, a visit without an epoch and two codes for one word are all found."""
    content = json.loads(usdm(studies()["R1"], SINCE))
    design = content["study"]["versions"][0]["studyDesigns"][0]
    design["encounters"][1]["nextId"] = design["encounters"][3]["id"]
    design["population"]["plannedSex"][0] |= {"code": "C49636", "decode": "BOTH"}
    del design["scheduleTimelines"][0]["instances"][2]["epochId"]
    design["arms"][0]["type"]["decode"] = "Visit"
    assert {"CORE-000416", "CORE-000996", "CORE-000870", "CORE-000427"} <= _found(content, core, tmp_path)


def test_core_sees_faults_of_texts_and_of_order(core: tuple[Path, Path], tmp_path: Path) -> None:
    """The rules that need functions and schemas which the engine's package leaves out: each finds the fault that it is there for."""
    content = json.loads(usdm(studies()["R1"], SINCE))
    version = content["study"]["versions"][0]
    design = version["studyDesigns"][0]
    version["eligibilityCriterionItems"][0]["text"] = "<p>below 60 % <blink>of the expected</p>"  # CORE-000945
    instances = design["scheduleTimelines"][0]["instances"]
    visits = [one for one in instances if one.get("encounterId")]
    visits[0]["encounterId"], visits[-1]["encounterId"] = visits[-1]["encounterId"], visits[0]["encounterId"]  # CORE-000961
    visits[0]["epochId"], visits[-1]["epochId"] = visits[-1]["epochId"], visits[0]["epochId"]  # CORE-001048
    concept, category = version["biomedicalConcepts"][0]["id"], "BiomedicalConceptCategory_1"
    version["bcCategories"] = [{"id": category, "name": "SCORES", "label": None, "description": None, "childIds": [], "memberIds": [concept], "code": None,
                                "notes": [], "extensionAttributes": [], "instanceType": "BiomedicalConceptCategory"}]  # fmt: skip
    design["activities"][0] |= {"biomedicalConceptIds": [concept], "bcCategoryIds": [category]}  # CORE-001047
    design["activities"][0]["childIds"] = [design["activities"][-1]["id"]]  # CORE-001066
    assert {"CORE-000945", "CORE-000961", "CORE-001048", "CORE-001047", "CORE-001066"} <= _found(content, core, tmp_path)


def _found(content: object, core: tuple[Path, Path], folder: Path) -> set[str]:
    (folder / "usdm.json").write_text(json.dumps(content), encoding="utf-8")
    return {one.rule for one in examine_usdm(*core, folder, ct=CT) if one.status == "issue"}
