"""ADAS-Cog(11): the sum of eleven items, stretched to the whole scale when up to three are missing.

Witness: the totals that the CDISC pilot trial publishes follow from its items by this rule (see test_cdisc_pilot); here a
second implementation in plain Python.
"""

from decimal import Decimal

import numpy as np
import pytest

from trialwright.instruments import adas_cog
from trialwright.protocol import Status

pytestmark = pytest.mark.golden


def test_the_eleven_items_add_up_to_seventy() -> None:
    assert adas_cog.score(adas_cog.HIGHEST).value == 70
    assert adas_cog.score(dict.fromkeys(adas_cog.CODES, 0)).value == 0


def test_up_to_three_missing_items_are_prorated_and_named() -> None:
    three = dict.fromkeys(adas_cog.CODES[3:], 3)
    score = adas_cog.score(three)
    assert score.value is not None
    assert float(score.value) == pytest.approx(24 * 70 / (70 - sum(list(adas_cog.HIGHEST.values())[:3])))
    assert score.reasons == tuple(f"{code} missing, prorated" for code in adas_cog.CODES[:3])
    assert adas_cog.score(dict.fromkeys(adas_cog.CODES[4:], 3)).status is Status.INCOMPLETE


@pytest.mark.parametrize("bad", [Decimal(-1), Decimal(13)])
def test_what_cannot_be_is_refused(bad: Decimal) -> None:
    with pytest.raises(ValueError, match="outside 0 to"):
        adas_cog.score({"ACITM08": bad})
    row = np.zeros((1, 11))
    row[0, adas_cog.CODES.index("ACITM08")] = float(bad)
    with pytest.raises(ValueError, match="0 to its highest"):
        adas_cog.totals(row)


def test_a_second_implementation_agrees_on_100000_assessments() -> None:
    chance = np.random.default_rng(11)
    highest = np.array(list(adas_cog.HIGHEST.values()))
    items = np.floor(chance.random((100_000, 11)) * (highest + 1))
    items[chance.random(items.shape) < 0.12] = np.nan
    wanted = []
    for row in items.tolist():
        known = [(value, most) for value, most in zip(row, highest.tolist(), strict=True) if value == value]
        wanted.append(sum(value for value, _ in known) / sum(most for _, most in known) * 70 if len(known) >= 8 else np.nan)
    np.testing.assert_allclose(adas_cog.totals(items), wanted, rtol=1e-12, atol=1e-12)
