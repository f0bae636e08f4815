"""A tiny study with one form for each kind of audience: on it the proof is tested with planted leaks, and much else besides."""

from collections.abc import Mapping
from decimal import Decimal

from attrs import evolve

from trialwright.protocol import (
    BLINDED,
    EVALUATION,
    SITE,
    TREATING,
    Arm,
    AtLeast,
    Audience,
    Chart,
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
    Study,
    Text,
    Value,
    Visit,
    Watch,
    coded,
    number,
    one_section,
    same,
    unknown,
)


def _item(code: str, kind: Kind, audience: Audience, low: int | None = None, high: int | None = None,
          hints_at_arm: bool = False) -> Item:
    return Item(code=code, label=same(code.lower()), kind=kind, audience=audience, low=None if low is None else Decimal(low),
                high=None if high is None else Decimal(high), hints_at_arm=hints_at_arm)  # fmt: skip


def _age(chart: Chart) -> Fact:
    age = chart.value("PERSON", "AGE")
    if isinstance(age, int):
        return number("age", age, Text(f"age {age}", f"年龄 {age}"))
    return unknown("age", Text("the age is not recorded", "未记录年龄"), ("PERSON.AGE",))


def _total(answers: Mapping[str, Value]) -> Fact:
    grades = [grade for code in _SITES if isinstance(grade := answers.get(code), int)]
    total, missing = Decimal(sum(grades)), tuple(code for code in _SITES if code not in answers)
    return Fact(name="total", low=None if missing else total, high=None if missing else total, because=same("their sum"), missing=missing)


def _beside_blood(answers: Mapping[str, Value]) -> Fact:
    return coded("beside", "Y", same(f"IgG {answers.get('BLOOD.IGG')} beside the score"))


_SITES = ("SITE1", "SITE2", "SITE3")


def tiny_study(reading: str = "R1") -> Study:
    """A study with one form per kind of audience: person (site), score (evaluator), blood and doses (tell the arm)."""
    carers = Audience.COORDINATOR | Audience.PHYSICIAN
    forms = (
        Form(code="PERSON", title=same("person"), entered_by=carers,
             sections=one_section(same("person"), [_item("AGE", Kind.INTEGER, SITE, 0, 120), _item("SEEN", Kind.DATE, SITE)])),
        Form(code="SCORE", title=same("score"), entered_by=Audience.EVALUATOR,
             sections=one_section(same("score"), [_item("ASSESSED", Kind.DATE, EVALUATION),
                                                  *(_item(f"SITE{n}", Kind.INTEGER, EVALUATION, 0, 3) for n in (1, 2, 3))])),
        Form(code="BLOOD", title=same("blood"), entered_by=carers,
             sections=one_section(same("blood"), [_item("IGG", Kind.DECIMAL, TREATING, 0, 50, hints_at_arm=True)])),
        Form(code="DOSE", title=same("dose"), entered_by=carers, repeats=True,
             sections=one_section(same("dose"), [_item("GIVEN", Kind.DATE, TREATING, hints_at_arm=True),
                                                 _item("MG", Kind.DECIMAL, TREATING, 0, 999, hints_at_arm=True)])),
        Form(code="LEARNED", entered_by=Audience.EVALUATOR, repeats=True, title=same("learned"),
             sections=one_section(same("learned"), [_item("LEARNDAT", Kind.DATE, EVALUATION)])),
    )  # fmt: skip
    weeks = tuple(Visit(code=f"W{week}", name=same(f"week {week}"), number=2 + week / 100, day=7 * week, early=7, late=7, forms=("SCORE", "BLOOD"))
                  for week in (4, 8, 12))  # fmt: skip
    none = Text("none", "无")
    return Study(
        code="TINY", version="1", title=same("tiny"), official_title=same("tiny"), registry="none", sponsor="none", phase="none",
        registered={}, planned=4, sites=("01",), time_zone="Asia/Shanghai", roles=Audience(1023), blinded=BLINDED,
        arms=(Arm(code="T", name=same("Treated"), treatment=same("Examplumab")), Arm(code="C", name=same("Control"), treatment=same("Usual"), control=True)),
        epochs=(Epoch(code="SCREENING", name=same("screening")), Epoch(code="TREATMENT", name=same("treatment"))),
        visits=(Visit(code="SCR", name=same("screening"), number=1, day=-14, early=14, late=13, epoch="SCREENING", forms=("PERSON",)),
                Visit(code="BASE", name=same("baseline"), number=2, day=0, forms=("SCORE", "BLOOD"), is_baseline=True), *weeks),
        forms=forms, logs=("DOSE", "LEARNED"),
        scores=(Watch(code="TOTAL", form="SCORE", reads=_SITES, label=same("total"), by=_total, version="sum/1"),
                Watch(code="BESIDE", form="SCORE", reads=_SITES, elsewhere=(("BLOOD", "IGG"),), label=same("beside"), by=_beside_blood, version="1")),
        derivations=(Derivation(name="age", label=same("age"), by=_age, version="1", reads=("PERSON.AGE",)),),
        criteria=(Criterion(code="I1", text=Text("18 or older", "年满18岁"), rule=AtLeast("age", Decimal(18)), version="1"),),
        estimands=(Estimand(code="E1", treatment=none, population=none, variable=none, events=(), summary=none),),
        endpoints=(Endpoint(code="SCORE12", title=same("change at week 12"), form="SCORE", measure="total", at="W12", baseline="BASE",
                            primary=True, estimand="E1"),),
        readings=(Reading(code="R1", title=same("clinician"), method=Method.BY_CLINICIAN, consequence=none, bias=none),
                  Reading(code="R2", title=same("response"), method=Method.BY_RESPONSE, consequence=none, bias=none,
                          rule=AtLeast("age", Decimal(40)), if_met="T", if_not="C"),
                  Reading(code="R3", title=same("random"), method=Method.RANDOMIZED, consequence=none, bias=none)),
        reading=reading,
    )  # fmt: skip


FIRST = tiny_study()
STUDY = evolve(FIRST, version="2", planned=5)
