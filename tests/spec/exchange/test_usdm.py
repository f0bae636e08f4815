"""USDM 4.0: the digital protocol says what the study says, names what the study leaves open, and holds together."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from lxml import etree

from tests.schemas import schema_folder
from tests.usdm import SINCE, STUDY, design, objects, studies
from trialwright.exchange.usdm.document import usdm, write_usdm
from trialwright.exchange.usdm.words import CDISC, Unsaid
from trialwright.protocol import Study, Text
from trialwright.record import Casebook
from trialwright.sdtm._domain.terminology import published
from trialwright.testing import tiny_study

pytestmark = [pytest.mark.spec, pytest.mark.req("DAT-10")]
NASTY = Text("a < b & c ]]> <b>bold</b> \u0661 硬皮病 \"'", "甲 < 乙")


def nasty() -> Study:
    """The study with words in it that would break what is made of them carelessly."""
    criteria = tuple(evolve(one, text=NASTY) for one in STUDY.criteria)
    return evolve(STUDY, title=NASTY, official_title=NASTY, criteria=criteria, endpoints=tuple(evolve(one, title=NASTY) for one in STUDY.endpoints))


ALL = studies() | {"nasty": nasty()}


@pytest.fixture(scope="module", params=list(ALL))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def told(name: str) -> Any:
    return json.loads(usdm(ALL[name], SINCE))


def test_it_follows_the_published_schema(told: Any) -> None:
    from jsonschema import Draft202012Validator

    api = json.loads((schema_folder() / "usdm-4.0" / "USDM_API.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator({"$ref": "#/components/schemas/Wrapper-Input", "components": api["components"]})
    assert [error.message for error in validator.iter_errors(told)] == []


def test_every_name_is_used_once_and_every_reference_leads_somewhere(told: Any) -> None:
    ids = Counter(one["id"] for one in objects(told))
    assert max(ids.values()) == 1 and not any(set(" \t") & set(one) for one in ids)
    for one in objects(told):
        for name, value in one.items():
            if name.endswith(("Id", "Ids")):
                wanted = value if isinstance(value, list) else [value] if value else []
                assert set(wanted) <= set(ids), (one["id"], name)
    names = Counter((one["instanceType"], one["name"]) for one in objects(told) if "name" in one)
    assert max(names.values()) == 1


def test_chains_hold_from_both_ends(told: Any) -> None:
    made = design(told)
    for kind in ("epochs", "encounters", "activities", "eligibilityCriteria"):
        chain = made[kind]
        assert [one["previousId"] for one in chain] == [None, *(one["id"] for one in chain[:-1])]
        assert [one["nextId"] for one in chain] == [*(one["id"] for one in chain[1:]), None]


def test_a_term_has_one_code_and_a_code_one_term_in_one_release(told: Any) -> None:
    codes = [one for one in objects(told) if one["instanceType"] == "Code"]
    pairs = {(one["codeSystem"], one["code"], one["decode"]) for one in codes}
    assert max(Counter(pair[:2] for pair in pairs).values()) == 1 and max(Counter((pair[0], pair[2]) for pair in pairs).values()) == 1
    assert len({one["codeSystemVersion"] for one in codes if one["codeSystem"] == CDISC}) == 1


def test_what_is_cited_from_the_tabulation_stands_in_its_terminology(told: Any) -> None:
    """Witness: CDISC CT 2025-03-28 (NCI EVS)."""
    made = design(told)
    cited = [made["model"], made["studyType"], made["blindingSchema"]["standardCode"], *made["subTypes"], *made["intentTypes"],
             *(one["category"] for one in made["eligibilityCriteria"]), *made["population"]["plannedSex"]]  # fmt: skip
    assert all(published(one["code"], one["decode"]) for one in cited)


def test_words_are_xhtml_where_it_is_wanted(told: Any) -> None:
    """CORE's own examination of these needs schemas that the engine does not bring: at least they are whole and mean what was written."""
    for one in objects(told):
        if "text" in one and one["instanceType"] in ("EligibilityCriterionItem", "Endpoint", "Objective", "IntercurrentEvent", "AnalysisPopulation"):
            assert etree.fromstring(f"<p>{one['text']}</p>").text, one["id"]


def test_the_words_of_criteria_come_back(name: str, told: Any) -> None:
    words = {one["name"]: etree.fromstring(f"<p>{one['text']}</p>").text for one in told["study"]["versions"][0]["eligibilityCriterionItems"]}
    assert words == {one.code: one.text.en for one in ALL[name].criteria}


def test_every_visit_is_due_when_the_study_says(name: str, told: Any) -> None:
    study, main = ALL[name], next(one for one in design(told)["scheduleTimelines"] if one["mainTimeline"])
    baseline = study.baseline
    for timing in main["timings"]:
        visit = study.visit(timing["name"])
        sign = {"Before": -1, "After": 1, "Fixed Reference": 0}[timing["type"]["decode"]]
        assert sign * int(timing["value"][1:-1]) == visit.day - baseline.day
        window = (timing.get("windowLower"), timing.get("windowUpper"))
        has = visit.code != baseline.code and (visit.early or visit.late)
        assert window == ((f"P{visit.early}D", f"P{visit.late}D") if has else (None, None))
    done = {one["name"]: [activity.removeprefix("Activity_") for activity in one["activityIds"]] for one in main["instances"]}
    assert {code: [form for form in forms if not form.startswith("TREATMENT.")] for code, forms in done.items()} == {
        visit.code: list(visit.forms) for visit in study.visits}  # fmt: skip


@pytest.mark.parametrize(("reading", "randomized"), [("R1", False), ("R2", False), ("R3", True)])
def test_randomization_is_claimed_by_its_reading_alone(reading: str, randomized: bool) -> None:
    content = usdm(STUDY.read_as(reading), SINCE)
    made = design(json.loads(content))
    assert (b"Randomized" in content) == randomized == ("Randomized" in {one["decode"] for one in made["characteristics"]})
    assert (b"randomiz" in content) == (randomized or reading == "R1")  # R1 says in words that it is none
    assert made["rationale"].startswith(STUDY.read_as(reading).chosen.title.en)
    primary = next(one for one in made["estimands"] if one["variableOfInterestId"] == made["objectives"][0]["endpoints"][0]["id"])
    assert primary["name"].endswith(f"SKIN24_{reading}")


def test_an_age_without_a_limit_is_said_to_be_one() -> None:
    population = design(json.loads(usdm(STUDY)))["population"]
    assert population["plannedAge"]["minValue"]["value"] == 18 and "AGEMAX is NAV" in population["notes"][0]["text"]


@pytest.mark.parametrize("left_out", ["INTMODEL", "INTTYPE", "SEXPOP", "HLTSUBJI", "TBLIND", "TCNTRL"])
def test_what_the_study_does_not_say_is_named_and_not_guessed(left_out: str, tmp_path: Path) -> None:
    lacking = evolve(STUDY, summary=tuple(one for one in STUDY.summary if one.name != left_out))
    with pytest.raises(Unsaid, match=left_out):
        usdm(lacking)
    line = write_usdm(lacking, Casebook.of([]), tmp_path / "usdm")
    assert "not written" in line[0] and left_out in line[0] and not (tmp_path / "usdm").exists()


def test_a_study_without_endpoints_criteria_or_ages_says_all_that_is_missing() -> None:
    with pytest.raises(Unsaid, match=r"INTMODEL.*INTTYPE.*the least age.*a primary endpoint.*a criterion"):
        usdm(evolve(tiny_study(), criteria=(), endpoints=()))


def test_a_word_that_is_no_term_is_named() -> None:
    wrong = tuple(evolve(one, value="SIDEWAYS") if one.name == "INTMODEL" else one for one in STUDY.summary)
    with pytest.raises(Unsaid, match="“SIDEWAYS” is no term"):
        usdm(evolve(STUDY, summary=wrong))


def test_the_same_study_gives_the_same_bytes_and_says_since_when_it_holds() -> None:
    dates = json.loads(usdm(STUDY, SINCE))["study"]["versions"][0]["dateValues"]
    assert usdm(STUDY, SINCE) == usdm(STUDY, SINCE) and [one["dateValue"] for one in dates] == [SINCE]
    assert json.loads(usdm(STUDY))["study"]["versions"][0]["dateValues"] == []


def test_who_is_blind_is_masked(told: Any) -> None:
    roles: Mapping[str, Any] = {one["name"]: one.get("masking") for one in told["study"]["versions"][0]["roles"]}
    assert roles["Outcomes Assessor"]["isMasked"] and roles["Statistician"]["isMasked"] and roles["Sponsor"] is None
