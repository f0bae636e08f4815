"""A small study of another disease, known to the rehearsal by nothing but its definition."""

from datetime import date
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.blinding import Gate
from trialwright.protocol import (
    BARE,
    BLINDED,
    EVALUATION,
    SITE,
    TREATING,
    Absence,
    Arm,
    AtLeast,
    Audience,
    Chart,
    Codelist,
    Criterion,
    Derivation,
    Endpoint,
    Epoch,
    Estimand,
    Fact,
    Form,
    Item,
    Kind,
    Method,
    Reading,
    Shown,
    Study,
    Term,
    Text,
    Visit,
    incoherences,
    number,
    one_section,
    same,
    unknown,
    yes_no,
)
from trialwright.record import SubjectChart, obstacles
from trialwright.record.ledger import Ledger
from trialwright.rehearsal import Behavior, CannotRehearse, Rehearsed, dice, rehearse
from trialwright.rehearsal.filling import number as plausible_number


def grip(chart: Chart) -> Fact:
    """Grip strength at the first visit."""
    value = chart.value("GRIP", "KILOGRAM", "SCREEN")
    if not isinstance(value, Decimal):
        return unknown("grip", same("not measured"), ("GRIP.KILOGRAM",))
    return number("grip", value, same(f"{value} kg"))


def _form(code: str, by: Audience, *items: Item, repeats: bool = False) -> Form:
    return Form(code=code, title=same(code), sections=one_section(same(code), items), entered_by=by, repeats=repeats)


_DAY = Item(code="DAY", label=same("day"), kind=Kind.DATE, audience=SITE)
_PAIN = Codelist(code="PAIN", terms=tuple(Term(code, same(code)) for code in ("NONE", "SOME", "MUCH")))
FORMS = (
    _form("GRIP", Audience.COORDINATOR, _DAY,
          Item(code="KILOGRAM", label=same("grip"), kind=Kind.DECIMAL, audience=SITE, unit="kg", decimals=1, low=Decimal(1),
               high=Decimal(90), usual_low=Decimal(10), usual_high=Decimal(50)),
          Item(code="REMARK", label=same("remark"), kind=Kind.TEXT, audience=SITE, required=False)),
    _form("JOINTS", Audience.EVALUATOR,
          Item(code="SWOLLEN", label=same("swollen joints"), kind=Kind.INTEGER, audience=EVALUATION, low=Decimal(0), high=Decimal(28),
               usual_high=Decimal(20)),
          Item(code="PAIN", label=same("pain"), kind=Kind.CHOICE, audience=EVALUATION, codelist=_PAIN, absences=(Absence.REFUSED,)),
          Item(code="WHERE", label=same("where"), kind=Kind.TEXT, audience=EVALUATION, shown=Shown(item="PAIN", among=("SOME", "MUCH")))),
    _form("PILLS", Audience.PHYSICIAN | Audience.COORDINATOR,
          Item(code="TAKEN", label=same("pills taken"), kind=Kind.INTEGER, audience=TREATING, hints_at_arm=True),
          Item(code="SINCE", label=same("since"), kind=Kind.PARTIAL_DATE, audience=TREATING, hints_at_arm=True),
          Item(code="LOST", label=same("pills lost"), kind=Kind.CHOICE, audience=TREATING, hints_at_arm=True, codelist=yes_no()),
          repeats=True),
)  # fmt: skip


def _visit(code: str, day: int, around: int, *forms: str, baseline: bool = False) -> Visit:
    return Visit(code=code, name=same(code), number=float(day), day=day, early=around, late=around, epoch="ALL", forms=forms, is_baseline=baseline)


def small_study(method: Method = Method.RANDOMIZED, least_grip: int = 30) -> Study:
    """Three arms, five visits, two pages and a log; about half of all people have the grip of 30 kg that it asks for."""
    reading = Reading(code="R", title=same("R"), method=method, consequence=same("c"), bias=same("b"), blocks=(3,))
    return Study(
        code="GRIP-1", version="1", title=same("Grip"), official_title=same("Grip"), registry="none", sponsor="none", phase="PHASE2",
        registered={}, planned=6, sites=("A", "B"), time_zone="Europe/Berlin",
        arms=tuple(Arm(code=code, name=same(f"arm {code}"), treatment=same(f"pill {code}"), control=code == "X") for code in "XYZ"),
        epochs=(Epoch(code="ALL", name=Text("all", "全部")),),
        visits=(_visit("SCREEN", -4, 2, "GRIP"), _visit("DAY0", 0, 0, "GRIP", "JOINTS", baseline=True), _visit("DAY7", 7, 2, "JOINTS"),
                _visit("DAY14", 14, 3, "GRIP", "JOINTS"), _visit("DAY28", 28, 3, "GRIP", "JOINTS")),
        forms=FORMS, logs=("PILLS",),
        derivations=(Derivation(name="grip", label=same("grip"), by=grip, version="1", reads=("GRIP.KILOGRAM",)),),
        criteria=(Criterion(code="G1", text=same("strong enough"), rule=AtLeast("grip", Decimal(least_grip)), version="1"),),
        estimands=(Estimand(code="E", treatment=same("t"), population=same("p"), variable=same("v"), events=(), summary=same("s")),),
        endpoints=(Endpoint(code="SWOLLEN14", title=same("joints"), form="JOINTS", measure="SWOLLEN", at="DAY14", baseline="DAY0",
                            primary=True, estimand="E"),),
        readings=(reading,), reading="R", roles=BARE, blinded=BLINDED,
    )  # fmt: skip


def lived(study: Study, seed: int, subjects: int = 6) -> tuple[Gate, Rehearsed]:
    gate = Gate(study, Ledger("small"), lambda lines: None, dice(seed))
    return gate, rehearse(study, Behavior(), gate, seed=seed, subjects=subjects, start=date(2025, 1, 6))


@pytest.mark.spec
@pytest.mark.parametrize("method", [Method.RANDOMIZED, Method.BY_CLINICIAN])
def test_a_study_is_rehearsed_from_its_definition_alone(method):
    """A study of which the house knows nothing but its definition is walked through to lock."""
    study = small_study(method)
    assert incoherences(study) == ()
    gate, got = lived(study, seed=3)
    book = gate.casebook(Audience.CUSTODIAN)
    assert book.locked
    assert got.counts["enrolled"] == 6
    assert sorted(subject.arm for subject in book.subjects if subject.arm) == ["X", "X", "Y", "Y", "Z", "Z"]
    assert not any(obstacles(study, book).values())


@pytest.mark.spec
def test_people_who_do_not_meet_the_criteria_fail_screening_and_others_come():
    """Nobody is made to fit: who is too weak fails screening, and recruitment goes on until enough are enrolled."""
    study = small_study()
    gate, got = lived(study, seed=3)
    book = gate.casebook(Audience.CUSTODIAN)
    assert got.counts["screen failure"] >= 1
    for subject in book.subjects:
        grips = SubjectChart(study, subject).value("GRIP", "KILOGRAM", "SCREEN")
        assert (grips >= 30) == (subject.enrolled is not None)
        assert subject.enrolled or subject.failed.event.criteria == "G1"


@pytest.mark.spec
def test_a_study_that_nobody_can_join_is_said_to_be_so():
    """When everybody fails the criteria the rehearsal ends and says what is needed."""
    with pytest.raises(CannotRehearse, match="failed the criteria of GRIP-1"):
        lived(small_study(least_grip=60), seed=1, subjects=2)


@pytest.mark.spec
def test_answers_made_from_a_definition_are_usual_ones():
    """What the house fills of itself can be read, lies in the usual range and obeys the skip logic."""
    study = small_study()
    gate, _ = lived(study, seed=5)
    seen = 0
    for subject in gate.casebook(Audience.CUSTODIAN).subjects:
        for page in subject.pages.values():
            form = study.form(page.place[1])
            for code, cell in page.cells.items():
                item = form.item(code)
                if cell.value is not None:
                    seen += 1
                    usual = not item.unusual(item.read(cell.entries[0].event.value or cell.value))
                    assert usual or cell.revision > 1 or subject.queries
                assert item.shown is None or item.shown.holds(page.answers)
    assert seen > 200


@pytest.mark.property
@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_a_plausible_number_is_never_outside_the_usual_range(seed):
    """However the dice fall, and however coarse the decimals are, a made-up number stays inside the usual range."""
    rng = Random(seed)
    low = Decimal(rng.randint(-50, 50)) / 10
    high = low + Decimal(rng.randint(1, 400)) / 10 + 1
    kind = rng.choice((Kind.INTEGER, Kind.DECIMAL))
    item = Item(code="A", label=same("a"), kind=kind, audience=SITE, usual_low=low, usual_high=high, decimals=rng.choice((None, 1, 2)))
    value = item.read(plausible_number(item, rng.choice((0.0, rng.random(), 1.0))))
    assert low <= value <= high
