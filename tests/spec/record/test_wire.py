"""Events as bytes: what was written is what is read, to the last byte."""

import unicodedata
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.protocol import BARE, EVALUATION, SITE, TREATING, Audience
from trialwright.record.events import KINDS, Allocated, Answered, Consented, Corrected, Enrolled
from trialwright.record.ledger import beginning, chained, committed
from trialwright.record.wire import Garbled, Stamp, canonical, decode, encode, secret_of

pytestmark = pytest.mark.spec
STAMP = Stamp(page="p", at=datetime(2026, 3, 5, 8, 30, 0, 123456, UTC), by="evaluator", role=Audience.EVALUATOR)
words = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
labels = st.sampled_from((BARE, EVALUATION, SITE, TREATING))
answers = st.builds(Answered, label=labels, subject=words, visit=words, form=words, row=words, item=words, value=st.none() | words, source=words)
changes = st.builds(Corrected, label=labels, subject=words, visit=words, form=words, item=words, value=st.none() | words, reason=words)
others = st.one_of(
    st.builds(Enrolled, label=labels, subject=words, on=st.dates()),
    st.builds(Allocated, label=labels, subject=words, arm=words, method=words, because=words),
)


@given(event=st.one_of(answers, changes, others), page=words, by=words, at=st.datetimes(timezones=st.just(UTC)))
def test_encoding_what_was_decoded_gives_the_very_same_bytes(event, page, by, at):
    """The law is on bytes: `decode(encode(e)) == e` would not see a 0 that became 0.0."""
    secret = secret_of(event)
    line = encode(event, Stamp(page=page, at=at, by=by, role=Audience.EVALUATOR), committed(b"salt", secret))
    again, stamp, commitment = decode(line, secret)
    assert encode(again, stamp, commitment) == line
    assert secret_of(again) == secret


def test_a_value_enters_the_line_only_as_its_commitment():
    event = Answered(label=EVALUATION, subject="S1", visit="BASE", form="MRSS", item="FACE", value="3")
    line = encode(event, STAMP, committed(b"\x00" * 16, secret_of(event)))
    assert b'"value"' not in line
    assert secret_of(event) == b'{"value":"3"}'
    assert committed(b"\x00" * 16, b'{"value":"3"}') != committed(b"\x01" * 16, b'{"value":"3"}')


def test_an_erased_secret_still_reads_and_says_so():
    for event, told in ((Answered(label=SITE, visit="V", form="F", item="I", value="a name"), "[erased]"),
                        (Consented(label=SITE, subject="S", on=date(2026, 1, 1), version="1"), date(1900, 1, 1))):  # fmt: skip
        again, _, _ = decode(encode(event, STAMP, "c"), None)
        assert told in (getattr(again, "value", None), getattr(again, "on", None))


@pytest.mark.parametrize("line", [b"", b"{}", b"[1]", b'{"kind":"Nothing"}', b"\xff\xfe", b'{"kind":"Enrolled","event":{},"sealed":""}',
    b'{"at":"2026-01-05T01:00:00","by":"x","event":"x","kind":"Screened","page":"3","role":"COORDINATOR","sealed":""}'])  # fmt: skip
def test_bytes_that_are_no_event_are_named_so(line):
    with pytest.raises(Garbled):
        decode(line, None)


@given(before=st.sampled_from("\n\t\r\b\f\x0b\x1f\\\"<>="), accent=st.sampled_from("\u0301\u0323\u0307\u0308\u0327\u030c\u0338"), words=words)
def test_an_accent_never_reaches_into_the_json_around_it(before, accent, words):
    """A line break is written as a backslash and an n: an accent right after it must not make that n an ń."""
    event = Answered(label=SITE, subject="S1", visit="V", form="F", item="I", value=f"{words}{before}{accent}")
    again, _, _ = decode(encode(event, STAMP, "c"), secret_of(event))
    assert unicodedata.normalize("NFC", again.value) == unicodedata.normalize("NFC", event.value)


def test_text_is_kept_in_one_normal_form():
    assert canonical({"b": "e\u0301", "a": "1"}) == '{"a":"1","b":"é"}'.encode()


def test_the_chain_is_the_published_one():
    """Recomputed here from the formula, with the standard library alone."""
    import hashlib

    empty = hashlib.sha256(b"\x03origin\nlog").digest()
    assert beginning("origin", "log") == empty
    assert chained(empty, b"body") == hashlib.sha256(b"\x02" + empty + hashlib.sha256(b"\x00body").digest()).digest()


def test_every_kind_of_event_can_be_written():
    assert len({kind.__name__ for kind in KINDS}) == len(KINDS) == 36
