"""The HAQ disability index against vectors worked by hand from its rules, and against a second implementation."""

import numpy as np
import pytest

from trialwright.instruments import haq_di
from trialwright.protocol import ALL, Absence, Status

pytestmark = pytest.mark.golden

VISIT = dict(zip(haq_di.CODES, (1, 0, 1, 1, 0, 1, 1, 0, 0, 1, 2, 0, 2, 1, 1, 2, 1, 1, 1, 2), strict=True))
NO_AIDS: dict[str, bool | None] = dict.fromkeys(haq_di.AIDS, False)
ITEMS = {"DRESSING": 2, "ARISING": 2, "EATING": 3, "WALKING": 2, "HYGIENE": 3, "REACH": 2, "GRIP": 3, "ACTIVITIES": 3}


def test_worked_example_without_and_with_aids() -> None:
    """Categories 1 1 1 0 2 2 2 2: 11/8; aids in walking and eating raise 0 and 1 to 2: 14/8."""
    aids = NO_AIDS | {"AID_WALKING": True, "AID_EATING": True}
    assert haq_di.score(VISIT).value == pytest.approx(1.375)
    assert haq_di.score(VISIT, aids).value == pytest.approx(1.75)


def test_the_mean_is_over_the_answered_categories() -> None:
    """Without activities 12 over 7 categories; what is missing is named."""
    aids = NO_AIDS | {"AID_WALKING": True, "AID_EATING": True}
    seven = {code: answer for code, answer in VISIT.items() if code not in ("HAQ18", "HAQ19", "HAQ20")}
    score = haq_di.score(seven, aids)
    assert float(score.value or -1) == pytest.approx(1.7143, abs=5e-5)
    assert score.reasons == ("HAQ18 missing", "HAQ19 missing", "HAQ20 missing")


def test_a_cane_alone_makes_a_quarter() -> None:
    assert haq_di.score(dict.fromkeys(haq_di.CODES, 0), NO_AIDS | {"AID_WALKING": True}).value == pytest.approx(0.25)
    assert {"WALKING"} == {haq_di.AID_OF_DEVICE[device] for device in ("cane", "walker", "crutches", "wheelchair")}


@pytest.mark.parametrize(("worst", "raised"), [(0, 2), (1, 2), (2, 2), (3, 3)])
def test_an_aid_raises_to_two_and_never_beyond(worst: int, raised: int) -> None:
    answers = np.full((1, 20), float(worst))
    assert haq_di.index(answers, np.ones((1, 8)))[0] == raised


def test_at_least_six_categories() -> None:
    """Two categories without an answer are allowed, three are not."""
    row = np.ones((2, 20))
    row[0, :4] = np.nan
    row[1, :7] = np.nan
    found = haq_di.index(row)
    assert found[0] == 1
    assert np.isnan(found[1])
    assert haq_di.index(row, least=5)[1] == 1


def test_an_unknown_aid_matters_only_where_it_could_raise() -> None:
    low = haq_di.score(dict.fromkeys(haq_di.CODES, 1), NO_AIDS | {"AID_GRIP": None})
    assert (low.value, low.status, low.reasons) == (None, Status.INCOMPLETE, ("AID_GRIP unknown",))
    assert haq_di.score(dict.fromkeys(haq_di.CODES, 2), NO_AIDS | {"AID_GRIP": None}).value == 2


@pytest.mark.parametrize("bad", [4, -1, True])
def test_what_cannot_be_an_answer_is_refused(bad: int) -> None:
    with pytest.raises(ValueError, match="0, 1, 2 or 3"):
        haq_di.score({"HAQ01": bad})


def test_an_unknown_code_is_refused_and_an_absence_is_no_zero() -> None:
    with pytest.raises(ValueError, match="not a code"):
        haq_di.score({"HAQ21": 1})
    with pytest.raises(ValueError, match="not a code"):
        haq_di.score(VISIT | {"AID_GRIP": 1}, NO_AIDS)
    assert "HAQ01 missing" in haq_di.score(VISIT | {"HAQ01": Absence.REFUSED}).reasons


def second(answers: np.ndarray, aids: np.ndarray) -> float:
    """The rules again, for one patient, in plain Python."""
    values, place = [], 0
    for category, size in enumerate(ITEMS.values()):
        known = [answer for answer in answers[place : place + size] if answer == answer]
        place += size
        if known:
            worst = max(known)
            if worst < 2 and aids[category] != aids[category]:
                return float("nan")
            values.append(2.0 if worst < 2 and aids[category] == 1 else worst)
    return sum(values) / len(values) if len(values) >= 6 else float("nan")


def test_a_second_implementation_agrees_on_100000_questionnaires() -> None:
    chance = np.random.default_rng(20241)
    answers = chance.integers(0, 4, (100_000, 20)).astype(float)
    answers[chance.random(answers.shape) < 0.25] = np.nan
    aids = chance.choice([0.0, 1.0, np.nan], (100_000, 8), p=[0.6, 0.38, 0.02])
    found = haq_di.index(answers, aids)
    np.testing.assert_allclose(found, [second(*row) for row in zip(answers.tolist(), aids.tolist(), strict=True)], atol=1e-12)
    assert 0.02 < np.isnan(found).mean() < 0.5
    known = found[~np.isnan(found)]
    assert known.min() >= 0
    assert known.max() <= 3


def test_one_visit_and_a_column_agree() -> None:
    chance = np.random.default_rng(5)
    rows = chance.integers(0, 4, (200, 20)).astype(float)
    rows[chance.random(rows.shape) < 0.2] = np.nan
    for row, value in zip(rows, haq_di.index(rows), strict=True):
        one = haq_di.score({code: None if np.isnan(x) else int(x) for code, x in zip(haq_di.CODES, row, strict=True)})
        assert (one.value is None) == np.isnan(value)
        assert one.value is None or float(one.value) == value


def test_a_worse_answer_or_an_aid_never_lowers_the_index() -> None:
    chance = np.random.default_rng(6)
    rows = chance.integers(0, 3, (5000, 20)).astype(float)
    worse = rows.copy()
    worse[np.arange(5000), chance.integers(0, 20, 5000)] += 1
    assert (haq_di.index(worse) >= haq_di.index(rows)).all()
    aids = chance.integers(0, 2, (5000, 8)).astype(float)
    assert (haq_di.index(rows, aids) >= haq_di.index(rows)).all()


def test_the_items_are_20_activities_and_8_questions_on_aids() -> None:
    assert [item.code for item in haq_di.items(ALL)] == [*haq_di.CODES, *haq_di.AIDS]
    assert len(haq_di.CODES) == 20
    assert [item.label.en for item in haq_di.items(ALL)[:20]] == [f"HAQ item {number}" for number in range(1, 21)], "no licensed wording"
