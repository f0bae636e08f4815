"""The 2013 classification against vectors computed by hand from table 1 of van den Hoogen 2013."""

import numpy as np
import pytest

from trialwright.instruments import acr_eular_2013 as acr
from trialwright.protocol import Status

pytestmark = pytest.mark.golden
NO_GATE: dict[str, bool | None] = {"SPARED": False, "MIMIC": False}


def signs(*present: str, unknown: tuple[str, ...] = ()) -> dict[str, bool | None]:
    return {code: None if code in unknown else code in present for code in acr.CODES}


@pytest.mark.parametrize(
    ("present", "points", "classification"),
    [
        (("PROXIMAL",), 9, "CLASSIFIED"),
        (("SCLERODACT", "RAYNAUD", "SCL70"), 10, "CLASSIFIED"),
        (("PUFFY", "ULCERS", "TELANG", "NAILFOLD"), 8, "NOT_CLASSIFIED"),
        (("PUFFY", "SCLERODACT", "ULCERS", "SCARS", "PAH", "ILD", "RAYNAUD"), 12, "CLASSIFIED"),
        (("PROXIMAL", "PUFFY", "SCLERODACT"), 9, "CLASSIFIED"),
        (("ACA", "SCL70", "RNAP3"), 3, "NOT_CLASSIFIED"),
        ((), 0, "NOT_CLASSIFIED"),
    ],
)
def test_points(present: tuple[str, ...], points: int, classification: str) -> None:
    score = acr.score(signs(*present), NO_GATE)
    assert (score.value, score.status) == (points, Status.SCORED)
    assert score.parts["classification"] == classification


@pytest.mark.parametrize("gate", acr.GATES)
def test_the_criteria_do_not_apply_when_a_gate_holds(gate: str) -> None:
    score = acr.score(signs("PROXIMAL"), NO_GATE | {gate: True})
    assert (score.value, score.status, score.reasons) == (None, Status.NOT_APPLICABLE, (gate,))


@pytest.mark.parametrize(
    ("present", "unknown", "low", "high", "classification"),
    [
        (("PROXIMAL",), ("RAYNAUD",), 9, 12, "CLASSIFIED"),
        (("PUFFY",), ("TELANG",), 2, 4, "NOT_CLASSIFIED"),
        (("SCLERODACT", "RAYNAUD"), ("SCL70",), 7, 10, "INDETERMINATE"),
        ((), acr.CODES, 0, 24, "INDETERMINATE"),
    ],
)
def test_unknown_signs_give_bounds(
    present: tuple[str, ...], unknown: tuple[str, ...], low: int, high: int, classification: str
) -> None:
    score = acr.score(signs(*present, unknown=unknown), NO_GATE)
    assert (score.value, score.status) == (None, Status.INCOMPLETE)
    assert (score.parts["min"], score.parts["max"], score.parts["classification"]) == (
        str(low),
        str(high),
        classification,
    )


def test_an_unknown_sign_that_cannot_add_points_does_not_matter() -> None:
    assert acr.score(signs("PROXIMAL", unknown=("PUFFY", "SCLERODACT")), NO_GATE).value == 9


def test_an_open_gate_leaves_it_open_unless_the_points_cannot_reach_nine() -> None:
    open_gate = NO_GATE | {"MIMIC": None}
    assert acr.score(signs("PROXIMAL"), open_gate).parts["classification"] == "INDETERMINATE"
    assert acr.score(signs("PUFFY"), open_gate).parts["classification"] == "NOT_CLASSIFIED"


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="not a sign"):
        acr.score({"ANA": True}, NO_GATE)


@pytest.mark.req("DAT-04")
def test_a_second_implementation_agrees_on_100000_people() -> None:
    """The table of the paper once more, written for whole columns domain by domain; unknown signs at their worst and best."""
    chance = np.random.default_rng(13)
    signs = chance.choice([0.0, 1.0, np.nan], (100_000, len(acr.CODES)), p=[0.55, 0.35, 0.1])
    low, high = acr.bounds(signs)
    for found, unknown in ((low, 0.0), (high, 1.0)):
        s = {code: np.where(np.isnan(column), unknown, column) == 1 for code, column in zip(acr.CODES, signs.T, strict=True)}
        fingers = np.select([s["PROXIMAL"], s["SCLERODACT"], s["PUFFY"]], [9, 4, 2], default=0)
        tips = np.select([s["SCARS"], s["ULCERS"]], [3, 2], default=0)
        rest = 2 * s["TELANG"] + 2 * s["NAILFOLD"] + 3 * s["RAYNAUD"] + 2 * (s["PAH"] | s["ILD"]) + 3 * (s["ACA"] | s["SCL70"] | s["RNAP3"])
        np.testing.assert_array_equal(found, fingers + tips + rest)
