"""The skin score against hand-computed vectors; each is the sum or the rule of the cited paper applied by hand."""

import numpy as np
import pytest

from trialwright.instruments import mrss
from trialwright.protocol import Absence, Status

pytestmark = pytest.mark.golden


def sites(**grades: int) -> dict[str, int]:
    return {code: grades.get(code, 0) for code in mrss.CODES}


MIXED = sites(FACE=1, CHEST=1, UARM_R=1, UARM_L=1, FARM_R=2, FARM_L=2, HAND_R=2, HAND_L=2, FING_R=3, FING_L=3,
              LEG_R=1, LEG_L=1, FOOT_R=1, FOOT_L=1)  # fmt: skip
DISTAL = sites(FACE=2, FARM_R=1, FARM_L=1, HAND_R=2, HAND_L=2, FING_R=2, FING_L=2, LEG_R=1, LEG_L=1, FOOT_R=1, FOOT_L=1)


@pytest.mark.parametrize(
    ("grades", "total", "subset"),
    [
        (dict.fromkeys(mrss.CODES, 1), 17, "DIFFUSE"),
        (dict.fromkeys(mrss.CODES, 3), 51, "DIFFUSE"),
        (dict.fromkeys(mrss.CODES, 0), 0, "SINE"),
        (MIXED, 22, "DIFFUSE"),
        (DISTAL, 16, "LIMITED"),
    ],
    ids=["all 1", "all 3", "all 0", "mixed", "distal and face"],
)
def test_totals_and_subsets(grades: dict[str, int], total: int, subset: str) -> None:
    """Sums by hand; the subset by LeRoy's rule for limbs (trunk and face from memory, unverified)."""
    score = mrss.score(grades)
    assert (score.value, score.status, score.parts["subset"]) == (total, Status.SCORED, subset)


@pytest.mark.parametrize(
    ("before", "after", "eustar", "five"),
    [(20, 26, 1, 1), (20, 25, 0, 1), (16, 21, 0, 1), (24, 29, 0, 0), (30, 37, 0, 0), (8, 14, 1, 1)],
)
def test_progression(before: int, after: int, eustar: int, five: int) -> None:
    """More than 5 and 25 % (Wu 2019) against at least 5 and 25 %: 20 to 25 tells them apart."""
    found = {one.code: one.holds(np.array([float(before)]), np.array([float(after)]))[0] for one in mrss.DEFINITIONS}
    assert found["eustar_prog"] == eustar
    assert found["ge5_25"] == five
    assert found["reg_I5"] == 1


def test_eustar_progression_does_not_apply_below_the_entry_score() -> None:
    definition = next(one for one in mrss.DEFINITIONS if one.code == "eustar_prog")
    assert np.isnan(definition.holds(np.array([6.0]), np.array([20.0]))[0])


@pytest.mark.parametrize(("before", "after", "met"), [(20, 14, 1), (20, 15, 0), (30, 23, 0), (24, 18, 1)])
def test_regression_of_the_skin(before: int, after: int, met: int) -> None:
    definition = next(one for one in mrss.DEFINITIONS if one.code == "eustar_regress")
    assert definition.holds(np.array([float(before)]), np.array([float(after)]))[0] == met


@pytest.mark.parametrize(("before", "after", "met"), [(20, 24, 1), (20, 23, 0), (0, 0, 0), (0, 1, 1)])
def test_increase_of_a_fifth(before: int, after: int, met: int) -> None:
    definition = next(one for one in mrss.DEFINITIONS if one.code == "bliss_20")
    assert definition.holds(np.array([float(before)]), np.array([float(after)]))[0] == met


@pytest.mark.parametrize(
    ("before", "after", "rub", "active"),
    [
        ({}, {"FACE": 2}, False, True),
        ({}, {"FACE": 1, "ABD": 1}, False, True),
        ({}, {"FACE": 1}, False, False),
        ({}, {"FACE": 1}, True, True),
        ({"HAND_R": 1}, {"HAND_R": 3}, False, False),
        ({"HAND_R": 1}, {"HAND_R": 3, "FING_R": 1}, False, True),
    ],
    ids=[
        "one new area of 2",
        "two new areas of 1",
        "one new area of 1",
        "friction rub",
        "rise of 2, none new",
        "rise of 3",
    ],
)
def test_activity_list_of_a_tocilizumab_trial(
    before: dict[str, int], after: dict[str, int], rub: bool, active: bool
) -> None:
    assert mrss.tocilizumab_active(sites(**before), sites(**after), rub) is active


def test_smallest_detectable_change_follows_from_the_published_spread() -> None:
    """1.96 * sqrt(2) * SD, SD 2.45 (same rater) and 4.6 (different raters) of Clements 1995."""
    assert round(1.96 * 2**0.5 * 2.45, 1) == mrss.SMALLEST_DETECTABLE["same rater"]
    assert round(1.96 * 2**0.5 * 4.6, 1) == pytest.approx(mrss.SMALLEST_DETECTABLE["different raters"], abs=0.051)


def test_a_missing_site_gives_no_total_and_says_which() -> None:
    score = mrss.score({code: 1 for code in mrss.CODES if code != "FACE"} | {"ABD": Absence.NOT_ASSESSABLE})
    assert (score.value, score.status) == (None, Status.INCOMPLETE)
    assert score.reasons == ("FACE missing", "ABD not assessable")


def test_proration_only_where_the_protocol_allows_it() -> None:
    one_missing = {code: 2 for code in mrss.CODES if code != "FACE"}
    assert mrss.score(one_missing).value is None
    prorated = mrss.score(one_missing, prorate_if_missing=1)
    assert prorated.value == 34
    assert prorated.reasons == ("FACE missing", "prorated")


@pytest.mark.parametrize("allowed", [0, 2])
def test_a_long_column_gives_what_each_assessment_gives_alone(allowed: int) -> None:
    """More rows than one block holds, with and without missing sites, against plain sums."""
    rng = np.random.default_rng(17)
    grades = rng.integers(0, 4, (2 * mrss.BLOCK + 3, 17)).astype(float)
    grades[rng.random(grades.shape) < 0.05] = np.nan
    wanted = []
    for row in grades.tolist():
        known = [grade for grade in row if grade == grade]
        wanted.append(sum(known) * 17 / len(known) if len(known) >= 17 - allowed else np.nan)
    np.testing.assert_array_equal(mrss.totals(grades, allowed), wanted)


@pytest.mark.parametrize("bad", [4.0, -1.0, 0.5, np.inf, -np.inf])
def test_a_bad_grade_late_in_a_long_column_is_refused(bad: float) -> None:
    grades = np.zeros((mrss.BLOCK + 10, 17))
    grades[-1, 4] = bad
    with pytest.raises(ValueError, match="0, 1, 2 or 3"):
        mrss.totals(grades)


@pytest.mark.parametrize(
    ("bad", "told"), [({"NOSE": 1}, "17 sites"), ({"FACE": 4}, "0, 1, 2 or 3"), ({"FACE": True}, "0, 1, 2 or 3")]
)
def test_what_cannot_be_a_grade_is_refused(bad: dict[str, int], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        mrss.score(bad)


def test_the_items_are_the_17_sites_and_left_and_right_are_asked_apart() -> None:
    assert len(set(mrss.CODES)) == 17
    assert len({site.testcd for site in mrss.SITES}) == 17
    assert all(len(site.test) <= 40 for site in mrss.SITES)
    assert mrss.CODES[:3] == ("FACE", "CHEST", "ABD")
    assert {code[-2:] for code in mrss.CODES[3:]} == {"_R", "_L"}
