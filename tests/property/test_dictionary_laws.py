"""Laws of finding terms: what is written like a term finds it, however it is written; likeness is a share; folding twice is folding once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.protocol.dictionary import Dictionary, Edition, Entry, Level, fold, likeness

pytestmark = pytest.mark.property
texts = st.text(max_size=60)
words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
phrases = st.lists(words, min_size=1, max_size=4).map(" ".join)


def dictionary(terms: list[str]) -> Dictionary:
    entries = tuple(Entry(code=str(99_000_000 + place), term=term, path=(Level("PT", "1", term),)) for place, term in enumerate(terms))
    return Dictionary((Edition(kind="MedDRA", name="INVENTED", version="1", language="en", credit="x", digest="x", entries=entries),))


@given(texts)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(texts, texts)
def test_likeness_is_a_share_and_the_same_from_both_sides(one: str, other: str) -> None:
    assert 0 <= likeness(fold(one), fold(other)) <= 1
    assert likeness(fold(one), fold(other)) == likeness(fold(other), fold(one))
    assert likeness(fold(one), fold(one)) == 1


@given(st.lists(phrases, min_size=1, max_size=12), st.data())
def test_every_term_is_found_by_its_own_words_in_any_case_and_by_search(terms: list[str], data: st.DataObject) -> None:
    wanted = data.draw(st.sampled_from(terms))
    found = dictionary(terms)
    for written in (wanted, f"  {wanted}. "):
        assert wanted in [one.entry.term for one in found.suggest(written, limit=20) if one.how in ("exact", "folded")]
    assert wanted in [one.entry.term for one in found.search(wanted, limit=20)]


@given(st.lists(phrases, max_size=8), texts)
def test_nothing_that_is_typed_breaks_the_search_and_nothing_is_offered_twice(terms: list[str], text: str) -> None:
    found = dictionary(terms)
    for offered in (found.suggest(text), found.search(text)):
        assert len({one.entry.key for one in offered}) == len(offered) <= 30
