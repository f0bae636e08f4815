"""Random numbers by key: the generator is the published one, keys do not collide, and the numbers stay what they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.statistics.arguments import StatisticsError
from trialwright.statistics.streams import CHUNK, chunks, stream

WORD = st.integers(0, 2**64 - 1)
SCENARIO = st.one_of(st.integers(0, 2**63 - 1), st.text(min_size=1, max_size=20))
KEY = st.tuples(WORD, SCENARIO, WORD)


def words(key: tuple[int, str | int, int], count: int = 4) -> list[int]:
    return [int(word) for word in stream(*key).bit_generator.random_raw(count)]


def test_the_generator_is_philox_as_its_authors_publish_it() -> None:
    """Known-answer vectors of Philox 4x64-10 (Random123, kat_vectors): zero counter and key, and all bits set.

    numpy adds one to the counter before each block, so the counter handed over is one less than the vector's.
    """
    ones = 2**64 - 1
    before_zero = np.full(4, ones, dtype=np.uint64)
    zero = np.random.Philox(counter=before_zero, key=np.zeros(2, dtype=np.uint64)).random_raw(4)
    full = np.random.Philox(counter=np.array([ones - 1, ones, ones, ones], dtype=np.uint64), key=np.full(2, ones, dtype=np.uint64))
    assert [f"{int(word):016x}" for word in zero] == [
        "16554d9eca36314c",
        "db20fe9d672d0fdc",
        "d7e772cee186176b",
        "7e68b68aec7ba23b",
    ]
    assert [f"{int(word):016x}" for word in full.random_raw(4)] == [
        "87b092c3013fe90b",
        "438c3c67be8d0224",
        "9cc7d7c69cd777b6",
        "a09caebf594f0ba0",
    ]


@given(KEY, KEY)
def test_other_keys_give_other_streams_and_the_same_key_the_same(one, other) -> None:
    assert words(one, 16) == words(one, 16)
    if one != other:
        assert not set(words(one, 64)) & set(words(other, 64))  # 64-bit words: a shared one means a shared block


def test_neighboring_keys_are_unrelated() -> None:
    """Normal deviates of 400 neighboring chunks and scenarios: correlations as of independent columns."""
    columns = np.array([stream(7, scenario, chunk).standard_normal(2_000) for scenario in range(20) for chunk in range(20)])
    correlations = np.corrcoef(columns)[np.triu_indices(400, 1)] * np.sqrt(2_000)
    assert correlations.std() == pytest.approx(1.0, abs=0.02)
    assert np.abs(correlations).max() < 5.5


def test_the_first_numbers_are_pinned() -> None:
    """A regression, no witness: the words are Philox's and must never change, whatever numpy is installed.

    The variates are made of them by numpy. If only those below the words differ, numpy has changed how it makes normal
    or uniform numbers: stored simulations then need their old numpy to be reproduced, and these pins the new one.
    """
    assert [f"{word:016x}" for word in words((20_261, "null", 3), 3)] == ["0acde301f303efe6", "186a356dc14ca05d", "6d9cc5dd79c5faef"]
    assert stream(20_261, "null", 3).random(2).tolist() == [0.04220408246602825, 0.09537061624114296]
    assert stream(20_261, "null", 3).standard_normal(2).tolist() == [-0.8419150744775439, 0.992131540911802]
    assert [f"{word:016x}" for word in words((0, 0, 0), 1)] == ["02f4ba6408e4d89b"]


def test_a_number_and_a_name_never_share_a_scenario() -> None:
    state = stream(1, "null", 2).bit_generator.state["state"]
    assert int(state["key"][0]) == 1
    assert int(state["key"][1]) >= 2**63
    assert state["counter"].tolist() == [0, 0, 0, 2]


@given(st.integers(0, 100_000), st.integers(1, 5_000))
def test_chunks_hold_every_trial_once(trials, size) -> None:
    parts = list(chunks(trials, size))
    assert [part.number for part in parts] == list(range(len(parts)))
    assert sum(part.trials for part in parts) == trials
    assert all(part.first == part.number * size for part in parts)
    assert all(part.trials == size for part in parts[:-1])
    assert all(0 < part.trials <= size for part in parts)


def test_the_default_chunk() -> None:
    assert [part.trials for part in chunks(CHUNK + 1)] == [4_096, 1]


@pytest.mark.parametrize(
    ("key", "named"),
    [((-1, 0, 0), "seed"), ((2**64, 0, 0), "seed"), ((1.5, 0, 0), "seed"), ((True, 0, 0), "seed"), ((0, -1, 0), "scenario"),
     ((0, 2**63, 0), "scenario"), ((0, "", 0), "scenario"), ((0, 0, -1), "chunk"), ((0, 0, 2**64), "chunk")],
)  # fmt: skip
def test_what_is_no_key_is_refused_by_name(key, named) -> None:
    with pytest.raises(StatisticsError, match=f"^{named}:"):
        stream(*key)


@pytest.mark.parametrize(("arguments", "named"), [((-1,), "trials"), ((5, 0), "size"), ((5, -2), "size")])
def test_impossible_chunks_are_refused_before_the_first_is_drawn(arguments, named) -> None:
    with pytest.raises(StatisticsError, match=f"^{named}:"):
        chunks(*arguments)
