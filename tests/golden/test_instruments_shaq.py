"""The six lines of the scleroderma HAQ against vectors worked by hand, and a second implementation."""

from decimal import Decimal

import numpy as np
import pytest

from trialwright.instruments import shaq
from trialwright.protocol import ALL, Absence, Status

pytestmark = pytest.mark.golden


@pytest.mark.parametrize(
    ("mark", "line", "value"),
    [("7.5", "15 cm", "1.5"), ("3.0", "15 cm", "0.6"), ("40", "100 mm", "1.2"), ("10", "0 to 10", "3"), ("0", "15 cm", "0")],
)
def test_marks(mark: str, line: str, value: str) -> None:
    score = shaq.score(Decimal(mark), "PAIN", line)
    assert score.value == Decimal(value)
    assert score.parts == {"raw": mark, "line": line}


def test_each_scale_stands_by_itself() -> None:
    found = shaq.scores({"PAIN": Decimal(50), "GUT": Absence.REFUSED}, "100 mm")
    assert tuple(found) == shaq.CODES
    assert found["PAIN"].value == Decimal("1.5")
    assert (found["GUT"].value, found["GUT"].status, found["GUT"].reasons) == (None, Status.INCOMPLETE, ("GUT missing",))


@pytest.mark.parametrize(("mark", "scale", "line"), [("16", "PAIN", "15 cm"), ("-1", "PAIN", "15 cm"), ("1", "SKIN", "15 cm"), ("1", "PAIN", "20 cm")])
def test_the_impossible_is_refused(mark: str, scale: str, line: str) -> None:
    with pytest.raises(ValueError):
        shaq.score(Decimal(mark), scale, line)
    with pytest.raises(ValueError):
        shaq.scores({scale: Decimal(mark)}, line)


def test_a_second_implementation_agrees_on_100000_marks() -> None:
    """cm / 5, mm x 3 / 100, and the same mark on any line is the same number."""
    shares = np.random.default_rng(20251).random(100_000)
    np.testing.assert_allclose(shaq.scaled(15 * shares, "15 cm"), 15 * shares / 5, atol=1e-12)
    np.testing.assert_allclose(shaq.scaled(100 * shares, "100 mm"), 100 * shares * 0.03, atol=1e-12)
    np.testing.assert_allclose(shaq.scaled(10 * shares, "0 to 10"), shaq.scaled(15 * shares, "15 cm"), atol=1e-12)
    assert (np.diff(shaq.scaled(np.sort(shares), "0 to 10")) >= 0).all()


def test_the_items_follow_the_line() -> None:
    assert {(item.unit, item.high) for item in shaq.items(ALL, "15 cm")} == {("cm", Decimal(15))}
    assert {(item.unit, item.high) for item in shaq.items(ALL)} == {("mm", Decimal(100))}
    assert {item.unit for item in shaq.items(ALL, "0 to 10")} == {None}
