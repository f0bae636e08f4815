"""The page of operating characteristics is what the methods do: exact figures again, simulated ones within their error."""

import pytest

from benchmarks.characteristics import bayes, continuous, counts
from benchmarks.characteristics.figures import Figure, rate
from benchmarks.operating_characteristics import METHODS, PAGE, ROW, figures, shown, table

FRESH = 77_001  # another seed than the page's
SHARE = 0.2


def told() -> dict[tuple[str, str, str], Figure]:
    """The figures that the page shows, to their two decimals."""
    every = [one for part in shown().values() for one in part]
    assert len({one.key for one in every}) == len(every), "two rows of one key"
    return {one.key: one for one in every}


def test_the_page_shows_every_part_and_its_verdicts_follow_from_its_figures() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for title, _ in METHODS:
        assert f"\n## {title}\n" in text
    figured = told()
    assert len(figured) == sum(line.startswith("| ") and not line.startswith("| Method") for line in text.splitlines())
    assert len({method for method, _, _ in figured}) > 35
    verdicts = {ROW.match(line).groups()[:3]: ROW.match(line).group(8) for line in text.splitlines() if ROW.match(line)}  # type: ignore[union-attr]
    blurred = {
        key
        for key, one in figured.items()
        if any(
            abs(one.value - 2 * s * one.error - edge) < 2e-4
            for s in (-1, 0, 1)
            for edge in (0.04, 0.05, 0.055, 0.94, 0.95, 0.97)
        )
    }
    for key, one in figured.items():
        assert key in blurred or verdicts[key] == one.verdict(), key


@pytest.mark.parametrize(
    "part",
    [
        counts.two_proportions,
        counts.risk_differences,
        counts.one_proportion,
        counts.pairs,
        counts.rates,
        bayes.normal,
        bayes.binomial,
    ],
)
def test_enumerated_figures_are_those_of_the_page(part) -> None:
    figured = told()
    for one in part(1.0, 0):
        assert one.trials == 0
        assert figured[one.key].value == pytest.approx(one.value, abs=5.1e-5)
        assert figured[one.key].verdict() == one.verdict() or abs(one.value - 0.05) < 1e-4


def test_a_simulated_part_again_with_few_trials() -> None:
    agree(continuous.rerandomization(0.02, FRESH))


@pytest.mark.nightly
@pytest.mark.parametrize("part", [part for _, parts in METHODS for part in parts], ids=lambda part: part.__name__)
def test_fresh_simulations_agree_with_the_page(part) -> None:
    """A fifth of the trials and another seed: within four standard errors of the difference."""
    agree(figures(part, SHARE, FRESH))


def agree(found: list[Figure]) -> None:
    figured = told()
    assert found
    for one in found:
        other = figured[one.key]
        error = (one.error**2 + other.error**2) ** 0.5
        assert abs(one.value - other.value) < 4 * error + 5.1e-5, one.key


@pytest.mark.parametrize(
    ("quantity", "value", "trials", "verdict"),
    [
        ("type I error", 0.0500, 0, "keeps 5 %"),
        ("type I error", 0.0560, 0, "**fails**: rejects too often"),
        ("type I error", 0.0560, 1_000, "undecided, 5 % or above"),
        ("type I error", 0.0530, 100_000, "slightly above"),
        ("size", 0.0128, 0, "conservative"),
        ("type I error", 0.0300, 100, "keeps 5 %"),
        ("coverage", 0.9400, 0, "slightly below"),
        ("coverage", 0.9300, 1_000, "undecided, 95 % or below"),
        ("lowest coverage", 0.8800, 0, "**fails**: covers too seldom"),
        ("mean coverage", 0.9810, 0, "conservative"),
        ("coverage", 0.9550, 500, "keeps 95 %"),
    ],
)
def test_the_verdict(quantity, value, trials, verdict) -> None:
    assert Figure(method="m", situation="s", quantity=quantity, value=value, trials=trials).verdict() == verdict


def test_trials_without_a_result_are_counted_apart() -> None:
    one = rate("m", "s", "type I error", [True, False, False, True], [True, True, True, False])
    assert (one.value, one.trials, one.without) == (pytest.approx(1 / 3), 4, 0.25)
    assert one.error == pytest.approx((1 / 3 * 2 / 3 / 3) ** 0.5)
    assert "| 33.33 % | 27.22 | 4 | 25.0 % |" in table("T", [one])
    none = rate("m", "s", "type I error", [False] * 100)
    assert 0.009 < none.error < 0.011
