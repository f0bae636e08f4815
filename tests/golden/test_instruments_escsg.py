"""The three EScSG indices against vectors summed by hand, and a second implementation."""

import numpy as np
import pytest

from trialwright.instruments import escsg
from trialwright.protocol import ALL, Status

pytestmark = pytest.mark.golden
NOTHING: dict[str, float | bool | None] = dict.fromkeys(escsg.CODES, False) | {"DLCO": 90.0}


@pytest.mark.parametrize(
    ("visit", "version", "value", "active"),
    [
        ({"MRSS": 20, "DSKIN": True, "ESR": 35}, "WHOLE", 4.5, "YES"),
        ({"MRSS": 20, "DSKIN": True, "ESR": 35}, "DIFFUSE", 3.0, None),
        ({"MRSS": 20, "DSKIN": True, "ESR": 35}, "LIMITED", 5.0, None),
        ({"DLCO": 70, "ARTHRITIS": True}, "WHOLE", 1.0, "NO"),
        ({"MRSS": 14, "ESR": 30, "DLCO": 80}, "WHOLE", 0, "NO"),
        ({"DSKIN": True, "LOWC": True}, "WHOLE", 3.0, "YES"),
    ],
)
def test_vectors(visit: dict[str, float], version: str, value: float, active: str | None) -> None:
    score = escsg.score(NOTHING | visit, version)
    assert float(score.value if score.value is not None else -1) == pytest.approx(value)
    assert score.parts.get("active") == active


@pytest.mark.parametrize("version", escsg.VERSIONS)
def test_each_version_adds_up_to_ten(version: str) -> None:
    assert escsg.weights(version).sum() == pytest.approx(10)


def test_the_diffuse_version_is_made_of_what_patients_report() -> None:
    carried = [code for code, weight in zip(escsg.CODES, escsg.weights("DIFFUSE"), strict=True) if weight]
    assert carried == ["DSKIN", "DVASCULAR", "DARTICULAR", "DCARDIO"]


def test_only_an_unknown_sign_that_carries_weight_matters() -> None:
    visit = NOTHING | {"ESR": None, "DSKIN": True, "DVASCULAR": True, "ARTHRITIS": True}
    assert escsg.score(visit, "DIFFUSE").value == 5
    whole = escsg.score(visit, "WHOLE")
    assert (whole.value, whole.status, whole.reasons) == (None, Status.INCOMPLETE, ("ESR unknown",))
    assert (whole.parts["min"], whole.parts["max"], whole.parts["active"]) == ("3.0", "4.5", "YES")


@pytest.mark.parametrize("version", escsg.VERSIONS)
@pytest.mark.parametrize("code", escsg.CODES)
def test_a_single_unknown_sign_leaves_no_value_if_it_carries_any_weight(code: str, version: str) -> None:
    score = escsg.score(NOTHING | {code: None}, version)
    weight = escsg.weights(version)[escsg.CODES.index(code)]
    assert (score.value is None) == (weight > 0)
    assert float(score.parts["max"]) == weight


@pytest.mark.parametrize(("visit", "version"), [({"MRSS": 60}, "WHOLE"), ({"ARTHRITIS": 2}, "WHOLE"), ({"CRP": 1}, "WHOLE"), ({}, "OTHER")])
def test_the_impossible_is_refused(visit: dict[str, float], version: str) -> None:
    with pytest.raises(ValueError):
        escsg.score(visit, version)


def test_a_second_implementation_agrees_on_100000_patients() -> None:
    chance = np.random.default_rng(20252)
    n = 100_000
    mrss, edema, skin, necrosis, vascular, arthritis, joints = (chance.integers(0, most, n) for most in (52, 2, 2, 2, 2, 2, 2))
    dlco, heart, esr, complement = chance.integers(30, 120, n), chance.integers(0, 2, n), chance.integers(0, 90, n), chance.integers(0, 2, n)
    signs = np.column_stack([mrss, edema, skin, necrosis, vascular, arthritis, joints, dlco, heart, esr, complement]).astype(float)
    expected = {
        "WHOLE": 1.0 * (mrss > 14) + 0.5 * (edema + necrosis + vascular + arthritis + (dlco < 80)) + 2.0 * (skin + heart)
        + 1.5 * (esr > 30) + complement,
        "DIFFUSE": 3.0 * skin + 2.0 * vascular + joints + 4.0 * heart,
        "LIMITED": 0.5 * edema + 2.5 * skin + vascular + arthritis + 1.5 * heart + 2.5 * (esr > 30) + complement,
    }  # fmt: skip
    hidden = signs.copy()
    hidden[chance.random(signs.shape) < 0.3] = np.nan
    for version, index in expected.items():
        low, high = escsg.bounds(signs, version)
        np.testing.assert_allclose(low, index, atol=1e-12)
        np.testing.assert_allclose(high, index, atol=1e-12)
        low, high = escsg.bounds(hidden, version)
        assert ((low <= index + 1e-9) & (index <= high + 1e-9)).all()
        assert 0 <= index.min() <= index.max() <= 10


def test_the_items() -> None:
    assert tuple(item.code for item in escsg.items(ALL)) == escsg.CODES
