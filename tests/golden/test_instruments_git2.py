"""UCLA SCTC GIT 2.0 against vectors worked by hand from the published structure, and a second implementation."""

from itertools import chain, pairwise

import numpy as np
import pytest

from trialwright.instruments import git2
from trialwright.protocol import ALL, Absence, Status

pytestmark = pytest.mark.golden

BY_SCALE = ((1, 1, 0, 2, 1, 0, 0, 1), (2, 1, 1, 2), (0,), (1, 0), (0, 1, 0, 0, 1, 0), (1, 0, 1, 1, 0, 0, 1, 0, 0), (1, 1, 0, 1))
VISIT = dict(zip(git2.CODES, chain.from_iterable(BY_SCALE), strict=True))


def test_worked_example() -> None:
    """Averaging all 30 items instead of the six scales would give 19/30 = 0.6333."""
    score = git2.score(VISIT)
    assert float(score.value or -1) == pytest.approx(0.5880, abs=5e-5)
    expected = {"REFLUX": 0.75, "DISTENTION": 1.5, "SOILAGE": 0, "DIARRHEA": 0.5, "SOCIAL": 1 / 3, "EMOTIONAL": 4 / 9, "CONSTIPATION": 0.75}
    assert {name: float(value) for name, value in score.parts.items()} == pytest.approx(expected, abs=1e-6)


def test_the_highest_total_is_below_three() -> None:
    worst = {code: 1 if code in git2.YES_NO else 3 for code in git2.CODES}
    score = git2.score(worst)
    assert float(score.value or -1) == pytest.approx(17 / 6)
    assert (score.parts["DIARRHEA"], score.parts["CONSTIPATION"]) == ("2.0", "2.5")
    assert git2.score(dict.fromkeys(git2.CODES, 0)).value == 0


def test_there_are_34_items_in_seven_scales() -> None:
    assert len(set(git2.CODES)) == 34
    assert [len(scale.numbers) for scale in git2.SCALES] == [8, 4, 1, 2, 6, 9, 4]
    items = git2.items(ALL)
    assert [item.code for item in items if item.high == 1] == list(git2.YES_NO)
    assert [item.label.en for item in items] == [f"GIT 2.0 item {number}" for number in range(1, 35)], "no licensed wording"


def test_half_of_a_scale_and_all_six_scales() -> None:
    most = {code: value for code, value in VISIT.items() if code not in ("GIT01", "GIT02", "GIT03", "GIT04")}
    score = git2.score(most)
    assert score.status is Status.SCORED
    assert score.reasons == ("GIT01 missing", "GIT02 missing", "GIT03 missing", "GIT04 missing")
    assert git2.score(most | {"GIT05": Absence.REFUSED}).value is None
    assert git2.score(most, least_share=0.6).value is None
    assert git2.score({code: value for code, value in VISIT.items() if code not in ("GIT31", "GIT32", "GIT33", "GIT34")}).value is not None


@pytest.mark.parametrize("bad", [{"GIT15": 2}, {"GIT01": 4}, {"GIT35": 1}, {"GIT01": True}])
def test_the_impossible_is_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        git2.score(bad)


def test_the_yes_no_items_are_read_from_the_form() -> None:
    with pytest.raises(ValueError, match="GIT14"):
        git2.score({"GIT14": 2}, yes_no=("GIT14", "GIT31"))
    assert git2.score(VISIT | {"GIT15": 3}, yes_no=("GIT14", "GIT31")).parts["DIARRHEA"] == "2.0"


@pytest.mark.parametrize(
    ("scale", "value", "word"),
    [("REFLUX", 0.49, "NONE_MILD"), ("REFLUX", 0.5, "MODERATE"), ("TOTAL", 1.0, "MODERATE"), ("TOTAL", 1.01, "SEVERE"),
     ("DISTENTION", 1.0, "NONE_MILD"), ("DISTENTION", 1.6, "MODERATE"), ("DISTENTION", 1.75, "SEVERE")],
)  # fmt: skip
def test_bands(scale: str, value: float, word: str) -> None:
    assert git2.band(scale, value) == word


@pytest.mark.parametrize("scale", [*git2.SCALE_CODES, "TOTAL"])
def test_the_limits_of_every_scale(scale: str) -> None:
    mild, moderate = (1.00, 1.60) if scale == "DISTENTION" else (0.49, 1.00)
    found = [git2.band(scale, value) for value in (mild, mild + 0.01, moderate, moderate + 0.01)]
    assert found == ["NONE_MILD", "MODERATE", "MODERATE", "SEVERE"]
    with pytest.raises(ValueError, match="not a scale"):
        git2.band("SKIN", 1)


def test_a_second_implementation_agrees_on_100000_questionnaires() -> None:
    chance = np.random.default_rng(20246)
    answers = chance.integers(0, 4, (100_000, 34)).astype(float)
    answers[:, [14, 33]] = chance.integers(0, 2, (100_000, 2))
    answers[chance.random(answers.shape) < 0.15] = np.nan
    found = git2.scales(answers)
    cuts = [0, 8, 12, 13, 15, 21, 30, 34]
    for place, (start, end) in enumerate(pairwise(cuts)):
        masked = np.ma.masked_invalid(answers[:, start:end])
        expected = masked.mean(axis=1).filled(np.nan)
        expected[2 * masked.count(axis=1) < end - start] = np.nan
        np.testing.assert_allclose(found[:, place], expected, atol=1e-12)
    total = git2.totals(found)
    np.testing.assert_allclose(total, sum(found[:, place] for place in range(6)) / 6, atol=1e-12)
    known = total[~np.isnan(total)]
    assert 0 <= known.min() <= known.max() <= 17 / 6


def test_constipation_never_enters_the_total_and_a_worse_answer_never_lowers_it() -> None:
    chance = np.random.default_rng(8)
    answers = chance.integers(0, 2, (3000, 34)).astype(float)
    changed = answers.copy()
    changed[:, 30:] = 1 - changed[:, 30:]
    np.testing.assert_array_equal(git2.totals(git2.scales(answers)), git2.totals(git2.scales(changed)))
    worse = answers.copy()
    column = chance.choice([place for place in range(30) if place != 14], 3000)
    worse[np.arange(3000), column] += 1
    assert (git2.totals(git2.scales(worse)) > git2.totals(git2.scales(answers))).all()
