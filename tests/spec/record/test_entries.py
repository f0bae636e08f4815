"""Whatever is typed or pasted into a box: it is read, written one way and read back the same, or refused in words."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st

from trialwright.protocol import (
    SITE,
    TREATING,
    Absence,
    Audience,
    Form,
    Item,
    Kind,
    Shown,
    Unreadable,
    one_section,
    same,
    yes_no,
)
from trialwright.protocol.text import legible
from trialwright.record import Answer, AskQuery, Consent, Refused, Screen
from trialwright.testing import START, actor, enrolled, in_memory, tiny_study

pytestmark = [pytest.mark.spec, pytest.mark.req("DAT-02")]
A = Audience


def item(kind, **more):
    return Item(code="X", label=same("x"), kind=kind, audience=SITE, codelist=yes_no() if kind is Kind.CHOICE else None, **more)


TYPED = st.one_of(st.text(max_size=30), st.from_regex(r"[+-]?[0-9٣３]{0,20}[.,，]?[0-9]{0,12}([eE][+-]?[0-9]{1,3})?", fullmatch=True),
                  st.from_regex(r"[0-9٢]{4}(-([0-9]{2}|UK|uk)){0,2}", fullmatch=True))  # fmt: skip


@given(kind=st.sampled_from(Kind), typed=TYPED)
@example(kind=Kind.DECIMAL, typed="0.0000001")
@example(kind=Kind.DECIMAL, typed="-0")
@example(kind=Kind.TEXT, typed="first\n\u0301")
@example(kind=Kind.TEXT, typed="\ud800")
def test_what_is_read_is_written_one_way_and_read_back(kind, typed):
    this = item(kind)
    try:
        written = this.canonical(typed)
    except Unreadable as problem:
        assert problem.because.en and problem.because.zh
        return
    assert this.canonical(written) == written
    assert this.read(written) == this.read(typed)
    assert written.encode("utf-8")
    if kind is not Kind.TEXT:
        assert written.isascii()


@pytest.mark.parametrize("kind, typed", [
    *[(kind, typed) for kind in (Kind.INTEGER, Kind.DECIMAL)
      for typed in ("NaN", "sNaN1", "Infinity", "-inf", "1e3", "1E400", "1_0", "٣", "9" * 21, "--1", "1\x00", "", ".", "0x1F", "1 2", "½")],
    (Kind.DATE, "٢٠٢٦-٠١-٠١"), (Kind.DATE, "2025-02-29"), (Kind.DATE, "2100-02-29"), (Kind.DATE, "2026-W01-1"), (Kind.DATE, "20260101"),
    (Kind.PARTIAL_DATE, "٢٠٢٦"), (Kind.PARTIAL_DATE, "0000"), (Kind.PARTIAL_DATE, "1899-12"), (Kind.PARTIAL_DATE, "2026-13"),
    (Kind.PARTIAL_DATE, "2026-UK-05"), (Kind.PARTIAL_DATE, "2025-02-29"), (Kind.PARTIAL_DATE, "2026-00"), (Kind.PARTIAL_DATE, "2026\n"[:5] + "-"),
    (Kind.TEXT, "a\x00b"), (Kind.TEXT, "a\x85b"), (Kind.TEXT, "a\ud83d"), (Kind.TEXT, "arm \u202egnorw\u202c"), (Kind.TEXT, "\u200b"),
    (Kind.TEXT, "x" * 201), (Kind.TEXT, " \n "), (Kind.CHOICE, "y"), (Kind.CHOICE, "Y,N"),
])  # fmt: skip
def test_what_is_no_answer_is_refused_in_words(kind, typed):
    with pytest.raises(Unreadable) as caught:
        item(kind).read(typed)
    assert caught.value.because.en and caught.value.because.zh


@pytest.mark.parametrize("kind, typed, value, written", [
    (Kind.DECIMAL, " ３,50 ", Decimal("3.50"), "3.50"), (Kind.DECIMAL, "-0.0", Decimal("0.0"), "0.0"), (Kind.DECIMAL, ".5", Decimal("0.5"), "0.5"),
    (Kind.DECIMAL, "0.0000001", Decimal("0.0000001"), "0.0000001"), (Kind.INTEGER, "-0", 0, "0"), (Kind.INTEGER, "+07", 7, "7"),
    (Kind.DATE, "2024-02-29", date(2024, 2, 29), "2024-02-29"), (Kind.PARTIAL_DATE, "2024-02-29", "2024-02-29", "2024-02-29"),
    (Kind.PARTIAL_DATE, "2024-uk-uk", "2024", "2024"), (Kind.TEXT, "first\r\nsecond", "first\nsecond", "first\nsecond"),
    (Kind.TEXT, "cafe\u0301", "café", "café"),
])  # fmt: skip
def test_one_answer_is_written_one_way(kind, typed, value, written):
    assert (item(kind).read(typed), item(kind).canonical(typed)) == (value, written)


@given(st.text(max_size=20))
def test_legible_text_is_legible_again(text):
    try:
        kept = legible(text)
    except ValueError:
        return
    assert legible(kept) == kept


# ------------------------------------------------------------------------------------------------ through the gate


def trial(*items):
    """A trial whose log of drugs has these items."""
    study = tiny_study()
    form = Form(code="DRUG", title=same("drug"), entered_by=A.COORDINATOR, repeats=True, sections=one_section(same("drug"), items))
    gate = in_memory(evolve(study, forms=(*study.forms, form), logs=(*study.logs, "DRUG")))
    enrolled(gate, "S1")
    return gate


def fill(gate, entries, at=START, row="r1", **more):
    return gate.do(actor(A.COORDINATOR), Answer(subject="S1", form="DRUG", row=row, entries=entries, **more), at)


def refused(code, act):
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.code == code
    assert "{" not in caught.value.because.en + caught.value.because.zh
    return caught.value


def test_text_that_was_pasted_is_saved_once_and_is_no_change_when_it_comes_again():
    gate = trial(item(Kind.TEXT))
    for typed in ("re\u0301sume\u0301\r\n\u0301line", "résumé\n\u0301line"):
        fill(gate, {"X": typed})
    assert len(gate.casebook(A.COORDINATOR).subject("S1").page("", "DRUG", "r1").cells["X"]) == 1


def test_a_day_is_in_the_future_by_the_clock_of_the_site():
    """17:00 UTC on the 5th is the 6th in Shanghai: the 6th may be entered, the 7th may not; so it is with partial dates."""
    gate, evening = trial(item(Kind.DATE), evolve(item(Kind.PARTIAL_DATE), code="P")), datetime(2026, 1, 5, 17, tzinfo=UTC)
    fill(gate, {"X": "2026-01-06", "P": "2026-01-06"}, evening)
    for number, entries in enumerate(({"X": "2026-01-07"}, {"P": "2026-01-07"}, {"P": "2026-02"}, {"P": "2027"})):
        refused("wrong-entries", lambda number=number, entries=entries: fill(gate, entries, evening, row=f"n{number}"))
    fill(gate, {"P": "2026"}, evening, row="n9")
    early = refused("wrong-entries", lambda: fill(gate, {"X": "2026-01-06"}, datetime(2026, 1, 5, 15, tzinfo=UTC), row="m"))
    assert "in the future" in early.wrongs[0].because.en


@pytest.mark.parametrize("row", ["x" * 41, "a b", "a\x00", "../x", "行", "a\n", ".x", "\u202e"])
def test_the_name_of_a_row_or_a_subject_is_short_and_plain(row):
    gate = trial(item(Kind.TEXT))
    refused("bad-name", lambda: fill(gate, {"X": "1"}, row=row))
    refused("bad-name", lambda: gate.do(actor(A.COORDINATOR), Screen(site="01", subject=row), START))
    refused("bad-name", lambda: gate.do(actor(A.MONITOR), AskQuery(subject="S1", form="DRUG", row=row, item="X", question="why?"), START))


@pytest.mark.req("BLD-09")
def test_a_question_stands_at_a_page_of_the_plan_so_that_its_place_carries_no_words():
    gate = trial(item(Kind.TEXT))
    ask = AskQuery(subject="S1", visit="he got the drug", form="SCORE", item="SITE1", question="sure?")
    assert "drug" not in refused("not-planned", lambda: gate.do(actor(A.DATA_MANAGER), ask, START)).because.en


@pytest.mark.parametrize("words, code", [("", "reason-needed"), ("x" * 501, "reason-empty"), ("\u200b", "illegible"),
                                         ("a\x00", "illegible"), ("\ud800", "illegible")])  # fmt: skip
def test_a_reason_is_words(words, code):
    gate = trial(item(Kind.TEXT))
    fill(gate, {"X": "1"})
    refused(code, lambda: fill(gate, {"X": "2"}, reason=words))


def test_a_consent_is_not_older_than_people():
    gate = trial(item(Kind.TEXT))
    gate.do(actor(A.COORDINATOR), Screen(site="01", subject="P1"), START)
    refused("too-early", lambda: gate.do(actor(A.COORDINATOR), Consent(subject="P1", on=date(1, 1, 1), version="1"), START))


def test_skip_logic_reads_the_page_as_it_will_be():
    """An answer that is no longer asked may be taken back with its reason; none can slip in beside the answer that forbids it."""
    dose = Item(code="DOSE", label=same("dose"), kind=Kind.DECIMAL, audience=TREATING, shown=Shown(item="X", among=("Y",)))
    gate = trial(evolve(item(Kind.CHOICE), audience=TREATING), dose)
    fill(gate, {"X": "Y", "DOSE": "160"})
    refused("wrong-entries", lambda: fill(gate, {"X": Absence.UNKNOWN, "DOSE": "80"}, reason="misread"))
    fill(gate, {"X": "N"}, reason="misread")
    refused("wrong-entries", lambda: fill(gate, {"DOSE": "80"}, reason="misread"))
    fill(gate, {"DOSE": Absence.NOT_DONE}, reason="misread")
    assert gate.casebook(A.COORDINATOR).subject("S1").page("", "DRUG", "r1").answers == {"X": "N"}
    refused("wrong-entries", lambda: fill(gate, {"DOSE": Absence.NOT_DONE, "X": "N"}, row="r2"))
