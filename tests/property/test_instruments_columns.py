"""Laws of every array scorer of the shelf: range, direction, order of rows, long columns, and that unknown is never a value."""

from collections.abc import Callable

import numpy as np
import pytest
from attrs import frozen
from numpy.typing import NDArray

from trialwright.instruments import (
    acr_eular_2013,
    adas_cog,
    causality,
    criss,
    ctcae,
    detect,
    eq5d5l,
    escsg,
    eustar,
    facit_f,
    git2,
    haq_di,
    immunoglobulin_watch,
    medsger,
    mrss,
    pah,
    rand36,
    scleroid,
    shaq,
    spirometry,
    tlco,
)

pytestmark = pytest.mark.property

Floats = NDArray[np.float64]


@frozen(kw_only=True)
class Scorer:
    """An array scorer: the values each column may take, the range of its result, and where the result goes as a column rises.

    `direction` is one sign for all columns or one for each: 1 never falls, -1 never rises, 0 either. `missing` says what an
    unknown value may do: "opens" (only to unknown), "may change" (a mean of what is answered).
    """

    by: Callable[[Floats], Floats]
    values: tuple[tuple[float, ...], ...]
    low: float
    high: float
    direction: tuple[int, ...]
    missing: str = "opens"

    def rows(self, chance: np.random.Generator, many: int, unknown: float = 0.0) -> Floats:
        table = np.column_stack([chance.choice(allowed, many) for allowed in self.values]).astype(float)
        table[chance.random(table.shape) < unknown] = np.nan
        return table


def asked(columns: int, low: int, high: int) -> tuple[tuple[float, ...], ...]:
    return (tuple(float(value) for value in range(low, high + 1)),) * columns


BOX = (0.0, 1.0)
GIT = tuple(BOX if code in git2.YES_NO else (0.0, 1.0, 2.0, 3.0) for code in git2.CODES)
RAND = tuple(tuple(float(one) for one in range(1, len(rand36.RECODE[number]) + 1)) for number in range(1, 37))
RAND_DIRECTION = tuple(int(np.sign(rand36.RECODE[number][1] - rand36.RECODE[number][0])) for number in range(1, 37))
STEPS = tuple(float(value) for value in np.linspace(0, 1, 23))


def spread(low: float, high: float) -> tuple[float, ...]:
    return tuple(low + (high - low) * step for step in STEPS)


def signs(found: tuple[eustar.Sign, ...] | tuple[escsg.Sign, ...]) -> tuple[tuple[float, ...], ...]:
    return tuple(BOX if one.limit is None else spread(0, float(one.highest)) for one in found)


def person(rows: Floats) -> tuple[NDArray[np.str_], Floats]:
    """Sex as a word and age; where the sex is unknown, the caller leaves out the age."""
    return np.where(rows[:, 0] == 1, "M", "F"), np.where(np.isnan(rows[:, 0]), np.nan, rows[:, 1])


def lung(rows: Floats) -> Floats:
    sexes, age = person(rows)
    return spirometry.columns(rows[:, 3], sexes, age, rows[:, 2], "gli_2012", np.full(len(rows), "NORTHEAST_ASIAN"))["z"]


def transfer(rows: Floats) -> Floats:
    sexes, age = person(rows)
    return tlco.columns(rows[:, 3], sexes, age, rows[:, 2], rows[:, 4])["percent"]


SCORERS = {
    "mrss": Scorer(by=mrss.totals, values=asked(17, 0, 3), low=0, high=51, direction=(1,)),
    "haq_di": Scorer(by=haq_di.index, values=asked(20, 0, 3), low=0, high=3, direction=(1,), missing="may change"),
    "git2": Scorer(by=lambda rows: git2.totals(git2.scales(rows)), values=GIT, low=0, high=17 / 6, direction=(1,), missing="may change"),
    "facit_f": Scorer(by=facit_f.totals, values=asked(13, 0, 4), low=0, high=52, direction=(0,), missing="may change"),
    "eq5d5l": Scorer(by=eq5d5l.index, values=asked(5, 1, 5), low=-0.391, high=1, direction=(-1,)),
    "rand36": Scorer(by=lambda rows: rand36.scales(rows).sum(axis=1), values=RAND, low=0, high=800, direction=RAND_DIRECTION, missing="may change"),
    "scleroid": Scorer(by=scleroid.totals, values=asked(10, 0, 10), low=0, high=10, direction=(1,)),
    "shaq": Scorer(by=lambda rows: shaq.scaled(rows[:, 0], "15 cm"), values=(spread(0, 15),), low=0, high=3, direction=(1,)),
    "adas_cog": Scorer(by=adas_cog.totals, values=asked(11, 0, 5), low=0, high=70, direction=(1,), missing="may change"),
    "acr_eular_2013, lowest": Scorer(by=lambda rows: acr_eular_2013.bounds(rows)[0], values=(BOX,) * 13, low=0, high=24, direction=(1,), missing="may change"),
    "eustar": Scorer(by=eustar.index, values=signs(eustar.SIGNS), low=0, high=10, direction=(0,)),
    "escsg, highest": Scorer(by=lambda rows: escsg.bounds(rows, "WHOLE")[1], values=signs(escsg.SIGNS), low=0, high=10,
                             direction=tuple(-1 if one.below else 1 for one in escsg.SIGNS), missing="may change"),
    "medsger": Scorer(by=lambda rows: medsger.totals(medsger.systems(rows)), low=0, high=36,
                      values=tuple(spread(0, one.highest) if one.limits else (0.0, 1.0, 2.0, 3.0, 4.0) for one in medsger.FINDINGS),
                      direction=tuple(1 if one.rising else -1 for one in medsger.FINDINGS), missing="may change"),
    "criss": Scorer(by=lambda rows: criss.probability(rows, np.zeros(len(rows))), low=0, high=1, direction=tuple(int(np.sign(one)) for one in criss.WEIGHTS),
                    values=(spread(-20, 10), spread(-20, 10), spread(-5, 5), spread(-5, 5), spread(-1, 1))),
    "detect": Scorer(by=lambda rows: detect.probability(detect.step_one(rows)), low=0, high=1, direction=(1, 1, 1, 1, 0, 1),
                     values=(spread(0.8, 3), BOX, BOX, spread(20, 3000), spread(2, 11), BOX)),
    "pah, four strata": Scorer(by=lambda rows: pah.mean_grades(rows, 4), values=((1.0, 2.0, 3.0, 4.0), spread(50, 600), spread(50, 2500)), low=1, high=4,
                               direction=(1, -1, 1), missing="may change"),
    "ctcae, ALT": Scorer(by=lambda rows: ctcae.grades("ALT", rows[:, 0], np.full(len(rows), 5.0), np.full(len(rows), 40.0), np.full(len(rows), 30.0)),
                         values=(spread(1, 1200),), low=0, high=4, direction=(1,)),
    "immunoglobulin_watch": Scorer(by=lambda rows: immunoglobulin_watch.grades(rows, np.full(len(rows), 7.0)), low=0, high=4, direction=(-1, 0, 0),
                                   values=(spread(0, 18), spread(0, 4), spread(0, 3)), missing="may change"),
    "causality": Scorer(by=causality.totals, values=((0.0, 0.5, 1.0),) * 10, low=-4, high=13, direction=(0,)),
    "spirometry": Scorer(by=lung, values=(BOX, spread(18, 94), spread(140, 195), spread(0.5, 6)), low=-30, high=30, direction=(0, 0, -1, 1)),
    "tlco": Scorer(by=transfer, values=(BOX, spread(18, 89), spread(140, 195), spread(1, 12), spread(60, 180)), low=0, high=1000,
                   direction=(0, 0, -1, 1, -1)),
}  # fmt: skip
NAMES = pytest.mark.parametrize("name", SCORERS)


@NAMES
def test_a_score_lies_in_its_range(name: str) -> None:
    scorer = SCORERS[name]
    found = scorer.by(scorer.rows(np.random.default_rng(1), 3000))
    assert not np.isnan(found).any()
    assert found.min() >= scorer.low - 1e-9
    assert found.max() <= scorer.high + 1e-9


@NAMES
def test_a_score_moves_with_each_item_in_one_direction(name: str) -> None:
    scorer, chance = SCORERS[name], np.random.default_rng(2)
    directions = scorer.direction * (len(scorer.values) // len(scorer.direction))
    base = scorer.rows(chance, 300)
    for place, direction in enumerate(directions):
        if direction:
            more = base.copy()
            more[:, place] = [chance.choice([one for one in scorer.values[place] if one >= now]) for now in base[:, place]]
            assert (direction * (scorer.by(more) - scorer.by(base)) >= -1e-9).all(), place


@NAMES
def test_each_row_is_scored_for_itself_in_any_order_and_beyond_a_block(name: str) -> None:
    """Rows in another order give the results in that order, and a long column what its rows give alone."""
    scorer, chance = SCORERS[name], np.random.default_rng(3)
    table = scorer.rows(chance, 2 * 4096 + 7, unknown=0.03)
    found, order = scorer.by(table), chance.permutation(len(table))
    np.testing.assert_allclose(scorer.by(table[order]), found[order], rtol=1e-13, atol=1e-13)
    for place in (0, 4095, 4096, 8191, 8192, len(table) - 1):
        np.testing.assert_allclose(scorer.by(table[place : place + 1])[0], found[place], rtol=1e-13, atol=1e-13)


@NAMES
def test_an_unknown_value_never_changes_a_score_silently(name: str) -> None:
    """Where nothing may be left out, one unknown value opens the score; elsewhere the score stays within its range."""
    scorer, chance = SCORERS[name], np.random.default_rng(4)
    table = scorer.rows(chance, 400)
    before = scorer.by(table)
    for place in range(table.shape[1]):
        holed = table.copy()
        holed[:, place] = np.nan
        after = scorer.by(holed)
        if scorer.missing == "opens":
            assert (np.isnan(after) | (after == before)).all(), place
        known = after[~np.isnan(after)]
        assert ((known >= scorer.low - 1e-9) & (known <= scorer.high + 1e-9)).all(), place


@NAMES
def test_nothing_known_is_no_score_except_for_bounds(name: str) -> None:
    scorer = SCORERS[name]
    found = scorer.by(np.full((2, len(scorer.values)), np.nan))
    assert np.isnan(found).all() or "est" in name.split(", ")[-1]


@NAMES
def test_no_rows_give_no_scores(name: str) -> None:
    assert SCORERS[name].by(np.empty((0, len(SCORERS[name].values)))).shape == (0,)
