"""The skin score against hand-computed vectors; each is the sum or the rule of the cited paper applied by hand."""

import itertools

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
    """1.96 * sqrt(2) * SD, SD 2.45 (same rater) and 4.6 (different raters) of Clements 1995: 6.8 and 12.8."""
    assert mrss.SMALLEST_DETECTABLE == {"same rater": 6.8, "different raters": 12.8}
    assert [(one.mean, one.within_patient_sd) for one in mrss.REPEATABILITY] == [(20.7, 2.45), (17.7, 4.6)]
    assert all("7562759" in one.source and one.confidence for one in mrss.REPEATABILITY)


@pytest.mark.parametrize(("change", "same", "beyond"), [(6.8, 1, 1), (-6.7, 1, 0), (7, 0, 0), (-12.8, 0, 1), (7, np.nan, np.nan), (13, np.nan, 1),
                                                        (5, np.nan, 0), (np.nan, 1, np.nan)])  # fmt: skip
def test_a_change_beyond_measurement_error_depends_on_who_measured(change: float, same: float, beyond: float) -> None:
    found = mrss.beyond_error(np.array([change], float), np.array([same], float))[0]
    assert found == beyond or (np.isnan(found) and np.isnan(beyond))


@pytest.mark.parametrize(("who", "flagged"), [
    ([], ()), ([None, None], ()), (["a", "a", "a"], ()), (["a", "b", "a"], (1,)), ([None, "a", "b", "b"], (2, 3)),
])  # fmt: skip
def test_another_evaluator_than_the_first_is_flagged(who: list[str | None], flagged: tuple[int, ...]) -> None:
    assert mrss.other_evaluators(who) == flagged


@pytest.mark.parametrize(("code", "months", "met"), [
    ("eustar_prog", 9, 1), ("eustar_prog", 15, 1), ("eustar_prog", 8.9, np.nan), ("eustar_prog", np.nan, np.nan), ("ge5_25", 3, 1), ("bliss_20", 3, 1),
])  # fmt: skip
def test_a_definition_holds_at_the_time_for_which_it_was_published(code: str, months: float, met: float) -> None:
    """EUSTAR progression is about 12 (SD 3) months (Wu 2019); the others name no time."""
    definition = next(one for one in mrss.DEFINITIONS if one.code == code)
    found = definition.holds(np.array([20.0]), np.array([26.0]), np.array([months]))[0]
    assert found == met or (np.isnan(found) and np.isnan(met))


@pytest.mark.parametrize(("before", "after", "better", "worse"), [(20, 15, 1, 0), (20, 16, 0, 0), (20, 25, 0, 1), (20, 24, 0, 0)])
def test_the_important_difference_is_five_units(before: int, after: int, better: int, worse: int) -> None:
    """Khanna 2019: 5 units in diffuse disease."""
    found = {one.code: one.holds(np.array([float(before)]), np.array([float(after)]))[0] for one in mrss.DEFINITIONS}
    assert (found["important_better"], found["important_worse"]) == (better, worse)


def test_the_ever_subset_is_the_widest_that_was_seen() -> None:
    assert mrss.ever_subset(["LIMITED", "DIFFUSE", "SINE"]) == "DIFFUSE"
    assert mrss.ever_subset(["SINE", "LIMITED"]) == "LIMITED"
    assert mrss.ever_subset(["SINE", "UNKNOWN"]) == "UNKNOWN"
    assert mrss.ever_subset([]) == "UNKNOWN"


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


def second_activity(before: list[float], after: list[float], rub: float) -> float:
    """The activity list once more, for one person, trying every answer that an unknown grade can have when few are unknown."""
    told = set()
    holes = [place for place in range(34) if np.isnan([*before, *after][place])]
    for filling in itertools.product(range(4), repeat=len(holes)) if len(holes) <= 2 else [(0,) * len(holes), (3,) * len(holes)]:
        grades = [*before, *after]
        for place, grade in zip(holes, filling, strict=True):
            grades[place] = grade
        old, new = grades[:17], grades[17:]
        fresh = [b for a, b in zip(old, new, strict=True) if a == 0 and b > 0]
        for rubbed in (0, 1) if np.isnan(rub) else (rub,):
            told.add(sum(new) - sum(old) >= 3 or max(fresh, default=0) >= 2 or len(fresh) >= 2 or rubbed == 1)
    return float(told.pop()) if len(told) == 1 else np.nan


def random_pairs(seed: int, many: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two assessments a few points apart, with up to two unknown grades."""
    chance = np.random.default_rng(seed)
    before = chance.integers(0, 4, (many, 17)) * (chance.random((many, 17)) < 0.6) * 1.0
    after = np.clip(before + chance.choice([-1, 0, 1], (many, 17), p=[0.06, 0.9, 0.04]), 0, 3)
    holes = chance.random(many) < 0.2
    after[holes, chance.integers(0, 17, holes.sum())] = np.nan
    return before, after, chance.choice([0.0, 1.0, np.nan], many, p=[0.8, 0.1, 0.1])


def agree_on_activity(seed: int, many: int) -> None:
    before, after, rub = random_pairs(seed, many)
    found = mrss.tocilizumab_activity(before, after, rub)
    for place in range(many):
        wanted = second_activity(before[place].tolist(), after[place].tolist(), float(rub[place]))
        # An unknown grade that cannot matter whatever it is may still leave the answer open; never the other way round.
        assert found[place] == wanted or (np.isnan(found[place]) and (np.isnan(wanted) or np.isnan(after[place]).any()))


def test_activity_of_many_people_agrees_with_a_second_implementation() -> None:
    agree_on_activity(31, 1_500)


def agree_on_totals(seed: int, many: int) -> None:
    """Totals and subsets by plain Python for each assessment."""
    chance = np.random.default_rng(seed)
    grades = chance.integers(0, 4, (many, 17)) * (chance.random((many, 17)) < chance.random((many, 1))) * 1.0
    grades[chance.random(grades.shape) < 0.01] = np.nan
    totals, subsets = mrss.totals(grades), mrss.subsets(grades)
    near = [place for place, code in enumerate(mrss.CODES) if code[:4] in ("CHES", "ABD", "UARM", "THI_")]
    for place, row in enumerate(grades.tolist()):
        known = [grade for grade in row if grade == grade]
        assert totals[place] == sum(known) if len(known) == 17 else np.isnan(totals[place])
        trunk = [row[site] for site in near]
        rest = [grade for site, grade in enumerate(row) if site not in near]
        far = "UNKNOWN" if any(x != x for x in rest) and not any(x > 0 for x in rest) else "LIMITED" if any(x > 0 for x in rest) else "SINE"
        wanted = "DIFFUSE" if any(x > 0 for x in trunk) else "UNKNOWN" if any(x != x for x in trunk) else far
        assert subsets[place] == wanted


def test_totals_and_subsets_agree_with_a_second_implementation() -> None:
    agree_on_totals(32, 2_000)


@pytest.mark.nightly
def test_a_second_implementation_agrees_on_100_000_random_assessments() -> None:
    agree_on_totals(33, 100_000)
    agree_on_activity(34, 100_000)
