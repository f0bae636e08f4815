"""Folding on is folding anew: a casebook that grew save by save is the one that follows from all its entries."""

from datetime import date
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studies.telitacicept_ssc.protocol import study
from studies.telitacicept_ssc.rehearsal import BEHAVIOR
from trialwright.blinding import Gate
from trialwright.protocol import Audience
from trialwright.record import Casebook, Subject
from trialwright.record.ledger import Ledger
from trialwright.rehearsal import dice, rehearse

pytestmark = pytest.mark.property


@cache
def trial():
    gate = Gate(study("R3"), Ledger("fold"), lambda lines: None, dice(1))
    done = rehearse(gate.study, BEHAVIOR, gate, seed=1, subjects=4, start=date(2024, 6, 10))
    return gate, done.ended


@pytest.mark.parametrize("role", [role for role in Audience if role is not Audience.PATIENT], ids=lambda role: role.name)
def test_the_book_that_grew_is_the_book_that_follows(role):
    """After a whole trial, saved command by command, every role's casebook equals the fold of all it may see."""
    gate, ended = trial()
    grown, anew = gate.casebook(role), gate.casebook(role, until=ended)
    assert grown.subjects == anew.subjects
    assert grown.everything == anew.everything
    assert len(grown.subjects) >= 4


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_what_was_handed_out_never_changes(data):
    """Wherever the history is cut: the subject that a reader holds stays as it was when later entries come in."""
    book = trial()[0].casebook(Audience.CUSTODIAN)
    entries = book.entries(data.draw(st.sampled_from([subject.id for subject in book.subjects])))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(entries)), min_size=1, max_size=4)))
    growing, held = Casebook.of(entries[: cuts[0]]), []
    for first, last in zip(cuts, [*cuts[1:], len(entries)], strict=True):
        if growing.subjects:
            held.append((growing.subjects[0], entries[:first]))
        growing = growing.plus(entries[first:last])
    held.append((growing.subjects[0], entries))
    for subject, told in held:
        assert subject == Subject.of(subject.id, told)
