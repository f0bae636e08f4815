"""Blinding indices against the R package BI 1.2.0 (outputs kept) and the tables published with the methods."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialwright.statistics import (
    BlindingIndex,
    GuessTable,
    StatisticsError,
    bang_index,
    bang_indices,
    guess_table,
    james_index,
)

PACKAGE = json.loads((Path(__file__).parent / "witness" / "blinding_index" / "bi_package.json").read_text())


def table(counts: list[int]) -> GuessTable:
    a, b, c, d, e, f = counts
    return GuessTable(treatment=(a, b), control=(c, d), unknown=(e, f))


def four(index: BlindingIndex) -> tuple[float | None, ...]:
    return index.estimate, index.standard_error, index.lower, index.upper


@pytest.mark.parametrize("name", PACKAGE)
def test_james_agrees_with_the_bi_package(name: str) -> None:
    stored = PACKAGE[name]
    index = james_index(table(stored["counts_rows_guessTrt_guessPbo_dk__cols_trt_pbo"]))
    assert four(index) == pytest.approx([stored["james"][key] for key in ("est", "se", "lcl", "ucl")], abs=1e-12)


@pytest.mark.parametrize("name", [name for name in PACKAGE if name != "small_all_dk"])
def test_bang_agrees_with_the_bi_package(name: str) -> None:
    stored = PACKAGE[name]
    arms = bang_indices(table(stored["counts_rows_guessTrt_guessPbo_dk__cols_trt_pbo"]))
    for place, (index, key) in enumerate(zip(arms, ("bang_trt", "bang_pbo"), strict=True)):
        assert four(index) == pytest.approx([stored[key][k] for k in ("est", "se", "lcl", "ucl")], abs=1e-12)
        assert index.lower_one_sided == pytest.approx(stored["bang_onesided_lower"][place], abs=1e-12)
        assert index.upper_one_sided == pytest.approx(stored["bang_onesided_upper"][place], abs=1e-12)


def test_everyone_answering_do_not_know() -> None:
    """James is 1 with no error. Bang's formula gives 0 with no error, where the BI package prints NaN."""
    silent = table([0, 0, 0, 0, 10, 10])
    assert four(james_index(silent)) == (1.0, 0.0, 1.0, 1.0)
    assert four(bang_indices(silent)[0]) == (0.0, 0.0, 0.0, 0.0)


# counts, James (estimate, SE, lower, upper), Bang treatment (estimate, SE), Bang control (estimate, SE): to four decimals
PUBLISHED: list[tuple[str, list[int], tuple[float, ...], tuple[float, ...], tuple[float, ...]]] = [
    ("CRISP, Bang 2004 table 7", [82, 27, 25, 29, 170, 83], (0.7479, 0.0217, 0.7053, 0.7905), (0.2058, 0.0352), (0.0144, 0.0538)),
    ("Houweling 2014 table 2, investigators", [48, 22, 4, 30, 330, 319], (0.8964, 0.0109, 0.8750, 0.9178), (0.1152, 0.0179), (0.0216, 0.0194)),
    ("idem, coordinators", [94, 52, 11, 44, 289, 284], (0.8234, 0.0133, 0.7973, 0.8494), (0.2107, 0.0237), (-0.0211, 0.0258)),
    ("idem, patients", [143, 104, 14, 57, 188, 175], (0.7051, 0.0159, 0.6739, 0.7364), (0.3739, 0.0302), (-0.1399, 0.0370)),
    ("twenty guesses at random", [4, 3, 3, 4, 3, 3], (0.6, 0.1095, 0.3853, 0.8147), (0.1, 0.2627), (0.1, 0.2627)),
    ("twenty guesses, unblinded", [9, 1, 0, 8, 1, 1], (0.15, 0.0797, -0.0061, 0.3061), (0.9, 0.0949), (0.7, 0.2025)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "counts", "james", "treated", "control"), PUBLISHED, ids=[row[0] for row in PUBLISHED]
)
def test_published_tables(
    name: str, counts: list[int], james: tuple[float, ...], treated: tuple[float, ...], control: tuple[float, ...]
) -> None:
    assert name
    assert four(james_index(table(counts))) == pytest.approx(james, abs=5.1e-5)
    arms = bang_indices(table(counts))
    assert four(arms[0])[:2] == pytest.approx(treated, abs=5.1e-5)
    assert four(arms[1])[:2] == pytest.approx(control, abs=5.1e-5)


def test_crisp_limits_of_bang() -> None:
    treated, control = bang_indices(table([82, 27, 25, 29, 170, 83]))
    limits = (treated.lower, treated.upper, treated.lower_one_sided, treated.upper_one_sided)
    assert limits == pytest.approx((0.1367, 0.2748, 0.1478, 0.2637), abs=5.1e-5)
    assert (control.lower, control.upper) == pytest.approx((-0.0911, 0.1199), abs=5.1e-5)


def test_limits_beyond_the_scale_are_cut_where_they_are_shown() -> None:
    treated, _ = bang_indices(table([9, 1, 0, 8, 1, 1]))
    assert (treated.lower, treated.upper) == pytest.approx((0.7141, 1.0859), abs=5.1e-5)
    assert treated.shown == (treated.lower, 1.0)
    james = james_index(table([9, 1, 0, 8, 1, 1]))
    assert james.shown == (0.0, james.upper)


def test_james_variance_is_the_delta_method_of_the_multinomial() -> None:
    """A second derivation: numerical gradient of the index times the multinomial covariance."""
    for name, stored in PACKAGE.items():
        counts = np.array(stored["counts_rows_guessTrt_guessPbo_dk__cols_trt_pbo"], dtype=float)
        if name in ("small_all_dk", "perfect"):
            continue
        p, n, step = counts / counts.sum(), counts.sum(), 1e-6
        gradient = np.array([(of(p + step * e) - of(p - step * e)) / (2 * step) for e in np.eye(6)])
        variance = float(gradient @ (np.diag(p) - np.outer(p, p)) @ gradient) / n
        assert james_index(table([int(c) for c in counts])).standard_error == pytest.approx(variance**0.5, rel=1e-6)


def of(p: Any) -> float:
    """James's index as a function of six cell probabilities, written out cell by cell (they need not sum to one)."""
    tt, tc, ct, cc, ut, uc = p
    unknown = ut + uc
    disagreement = 0.5 * (tc + ct) / (1 - unknown)
    chance = 0.5 * ((tt + tc) * (tc + cc) + (ct + cc) * (tt + ct)) / (1 - unknown) ** 2
    return float((1 + unknown + (1 - unknown) * (disagreement - chance) / chance) / 2)


def test_an_arm_without_a_guess_is_undefined_and_says_why() -> None:
    index = bang_index(0, 0, 0)
    assert four(index) == (None, None, None, None)
    assert (index.n, index.shown, index.undefined_because) == (0, None, "no guess was recorded in this arm")
    assert james_index(table([0] * 6)).undefined_because == "no guess was recorded"
    one_armed = james_index(table([5, 0, 0, 0, 2, 3]))
    assert one_armed.estimate is None
    assert one_armed.undefined_because == "everyone who ventured a guess belongs to one arm and guessed that arm"


def test_guesses_are_counted_against_the_truth() -> None:
    counted = guess_table("TTC??", "TCCTC", treatment="T", control="C", unknown="?")
    assert counted == GuessTable(treatment=(1, 1), control=(0, 1), unknown=(1, 1))


def test_bad_guesses_and_counts_are_refused_in_words() -> None:
    with pytest.raises(StatisticsError, match="guesses: X is not one of T, C, \\?"):
        guess_table("TX", "TC", treatment="T", control="C", unknown="?")
    with pytest.raises(StatisticsError, match="truths: \\? is not one of T, C"):
        guess_table("TT", "T?", treatment="T", control="C", unknown="?")
    with pytest.raises(StatisticsError, match="guesses: 1 labels for 2"):
        guess_table("T", "TC", treatment="T", control="C", unknown="?")
    with pytest.raises(StatisticsError, match="guess treatment: -1 is not a count"):
        GuessTable(treatment=(-1, 2), control=(0, 0), unknown=(0, 0))
    with pytest.raises(StatisticsError, match=r"correct: 1\.5 is not a count"):
        bang_index(1.5, 2, 3)
    with pytest.raises(StatisticsError, match=r"write 0\.95 for 95 %"):
        bang_index(1, 2, 3, confidence=95)
    with pytest.raises(StatisticsError, match="two counts expected"):
        GuessTable(treatment=(1, 2, 3), control=(0, 0), unknown=(0, 0))
