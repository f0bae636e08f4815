"""Results of the hospital laboratory: seen before they are saved, sorted by day and window, all or nothing, and the same file twice is nothing."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from studies.telitacicept_ssc.protocol import STUDY
from trialwright.blinding import Gate
from trialwright.exchange.laboratory import IMPORTERS, Fate, LaboratoryPlan, foresee, take_in
from trialwright.exchange.laboratory_file import (
    LONGEST,
    UnusableResults,
    mapping_from,
    mapping_of,
    plain_mapping,
    plain_unit,
)
from trialwright.protocol import Absence, Audience
from trialwright.record import Answer, Freeze, Refused, obstacles
from trialwright.testing import START, actor, enrolled, in_memory

pytestmark = [pytest.mark.spec, pytest.mark.req("DAT-08")]
WHO, AT = "KHTR42", START + timedelta(days=60)
HEAD = "受试者编号,姓名,采样时间,项目,结果,单位,参考区间,条码号\n"
MAPPING = mapping_of(Path(__file__).resolve().parents[3] / "studies" / "telitacicept_ssc", STUDY)
COORDINATOR = Audience.COORDINATOR


@pytest.fixture
def gate() -> Gate:
    gate = in_memory(STUDY)
    enrolled(gate, WHO, arm="T", at=START, index=START.date())
    return gate


def row(test: str, result: str, unit: str, day: str = "2026-01-05", who: str = WHO, between: str = "", sample: str = "B1") -> str:
    return f"{who},某某,{day},{test},{result},{unit},{between},{sample}"


def planned(gate: Gate, *rows: str, role: Audience = COORDINATOR, encoding: str = "utf-8") -> LaboratoryPlan:
    content = (HEAD + "\n".join(rows)).encode(encoding)
    return foresee(STUDY, gate.casebook(role), role, MAPPING, content, "results.csv", AT.date())


def fates(plan: LaboratoryPlan) -> list[Fate]:
    return [one.fate for one in plan.results]


def test_a_result_is_saved_with_its_date_and_its_source(gate: Gate) -> None:
    plan = planned(gate, row("白细胞计数", "4.567", "x10^9/L"), row("肌酐", "1.0", "mg/dL"))
    assert fates(plan) == [Fate.NEW, Fate.NEW]
    take_in(gate, actor(COORDINATOR), plan, "", AT)
    page = gate.casebook(COORDINATOR).subject(WHO).page("BASELINE", "LABORATORY")
    assert page.answers == {"LBDAT": "2026-01-05", "WBC": "4.57", "CREAT": "88.40"}  # 1 mg/dL of creatinine is 88.4 umol/L
    assert page.cells["WBC"].last.source == "laboratory 2026-01-05 B1 白细胞计数"
    assert {entry.by for cell in page.cells.values() for entry in cell} == {"coordinator"}


def test_the_same_file_twice_is_nothing(gate: Gate) -> None:
    rows = (row("白细胞计数", "4.5", "10^9/L"), row("血红蛋白", "13.0", "g/dL"))
    take_in(gate, actor(COORDINATOR), planned(gate, *rows), "", AT)
    before = gate.trail(COORDINATOR, WHO)
    again = planned(gate, *rows)
    assert fates(again) == [Fate.SAME, Fate.SAME] and again.changes_nothing
    assert take_in(gate, actor(COORDINATOR), again, "", AT) == ()
    assert gate.trail(COORDINATOR, WHO) == before


def test_a_saved_value_changes_only_with_a_reason(gate: Gate) -> None:
    take_in(gate, actor(COORDINATOR), planned(gate, row("血红蛋白", "130", "g/L")), "", AT)
    plan = planned(gate, row("血红蛋白", "131", "g/L"), row("谷丙转氨酶", "20", "U/L"))
    assert fates(plan) == [Fate.CHANGED, Fate.NEW] and plan.needs_reason
    assert plan.results[0].before == "130"
    with pytest.raises(Refused) as refused:
        take_in(gate, actor(COORDINATOR), plan, "", AT)
    assert refused.value.code == "reason-needed"
    assert "ALT" not in gate.casebook(COORDINATOR).subject(WHO).page("BASELINE", "LABORATORY").answers
    take_in(gate, actor(COORDINATOR), plan, "corrected by the laboratory", AT)
    assert gate.casebook(COORDINATOR).subject(WHO).page("BASELINE", "LABORATORY").answers["HGB"] == "131"


@pytest.mark.parametrize(("line", "fate"), [
    (row("血红蛋白", "130", "g/L", who="ZZZZZZ"), Fate.NO_PATIENT),
    (row("血糖", "5.1", "mmol/L"), Fate.NO_TEST),
    (row("血红蛋白", "130", "g/L", day="2026-01-15"), Fate.NO_VISIT),
    (row("C反应蛋白", "<0.5", "mg/L"), Fate.LIMIT),
    (row("C反应蛋白", "＞200", "mg/L"), Fate.LIMIT),
    (row("血红蛋白", "", "g/L"), Fate.NO_RESULT),
])  # fmt: skip
def test_what_does_not_belong_here_is_left_out_and_said(gate: Gate, line: str, fate: Fate) -> None:
    plan = planned(gate, line, row("谷丙转氨酶", "20", "U/L"))
    assert fates(plan) == [fate, Fate.NEW]
    take_in(gate, actor(COORDINATOR), plan, "", AT)
    assert set(gate.casebook(COORDINATOR).subject(WHO).page("BASELINE", "LABORATORY").answers) == {"LBDAT", "ALT"}


@pytest.mark.parametrize(("line", "because"), [
    (row("血红蛋白", "8.1", "mmol/L"), "unit “mmol/L”"),
    (row("血红蛋白", "13", "g/L"), "outside the possible range"),
    (row("血红蛋白", "溶血", "g/L"), "cannot be read"),
    (row("血红蛋白", "130", "g/L", day="05.01.2026"), "no day"),
    (row("血红蛋白", "130", "g/L", day="2027-01-05"), "not in the future"),
    (row("血红蛋白", "1" * 30, "g/L"), "cannot be read"),
])  # fmt: skip
def test_one_result_that_must_be_mended_keeps_the_whole_file_out(gate: Gate, line: str, because: str) -> None:
    plan = planned(gate, row("谷丙转氨酶", "20", "U/L"), line)
    assert fates(plan) == [Fate.NEW, Fate.FAULTY]
    assert plan.faults[0].record == 3 and because in plan.faults[0].because.en
    before = gate.trail(COORDINATOR, WHO)
    with pytest.raises(UnusableResults, match="record 3"):
        take_in(gate, actor(COORDINATOR), plan, "", AT)
    assert gate.trail(COORDINATOR, WHO) == before


def test_a_result_goes_to_the_visit_in_whose_window_its_day_lies(gate: Gate) -> None:
    week = next(visit for visit in STUDY.visits if visit.code == "W4")
    first, last = (START.date() + timedelta(days=day) for day in (week.day - week.early, week.day + week.late))
    for day, visit in ((first, "W4"), (last, "W4"), (first - timedelta(days=1), ""), (last + timedelta(days=1), "")):
        assert planned(gate, row("谷丙转氨酶", "20", "U/L", day=day.isoformat())).results[0].visit == visit, day


def test_a_day_that_was_saved_outside_its_window_is_known_again(gate: Gate) -> None:
    gate.do(actor(COORDINATOR), Answer(subject=WHO, visit="W4", form="LABORATORY", entries={"LBDAT": "2026-01-15"}), AT)
    one = planned(gate, row("谷丙转氨酶", "20", "U/L", day="2026/1/15 07:55")).results[0]
    assert (one.fate, one.visit) == (Fate.NEW, "W4")


def test_a_visit_has_one_sample_and_an_item_one_value(gate: Gate) -> None:
    twice = planned(gate, row("谷丙转氨酶", "20", "U/L", day="2026-02-01"), row("谷草转氨酶", "21", "U/L", day="2026-02-02"))
    assert fates(twice) == [Fate.OTHER_SAMPLE, Fate.NEW]  # 2 February is the planned day of week 4
    gate.do(actor(COORDINATOR), Answer(subject=WHO, visit="W4", form="LABORATORY", entries={"LBDAT": "2026-02-01"}), AT)
    kept = planned(gate, row("谷丙转氨酶", "20", "U/L", day="2026-02-01"), row("谷草转氨酶", "21", "U/L", day="2026-02-02"))
    assert fates(kept) == [Fate.NEW, Fate.OTHER_SAMPLE]
    assert fates(planned(gate, row("血红蛋白", "130", "g/L"), row("血红蛋白", "13.0", "g/dL"))) == [Fate.NEW, Fate.SAME]
    assert fates(planned(gate, row("血红蛋白", "130", "g/L"), row("血红蛋白", "131", "g/L"))) == [Fate.NEW, Fate.FAULTY]


def test_the_interval_of_the_laboratory_is_set_against_that_of_the_study(gate: Gate) -> None:
    low, other = planned(gate, row("血小板计数", "100", "10^9/L", between="125-350"), row("白细胞计数", "5", "10^9/L", between="4.0～10.0")).results
    assert [note.en for note in low.notes] == ["outside the reference interval of the laboratory"]
    assert [note.en for note in other.notes] == ["the laboratory gives the interval 4–10, the study another: the study's is used in the tables"]
    assert "unusual" in planned(gate, row("血小板计数", "20", "10^9/L")).results[0].notes[0].en


@pytest.mark.parametrize(("encoding", "told"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("gb18030", "GB18030"), ("utf-16", "UTF-16")])
def test_a_file_is_read_in_the_encodings_that_hospitals_use(gate: Gate, encoding: str, told: str) -> None:
    plan = planned(gate, row("血红蛋白", "130", "g/L"), encoding=encoding)
    assert (plan.encoding, fates(plan)) == (told, [Fate.NEW])


@pytest.mark.parametrize(("content", "because"), [
    (b"", "is empty"),
    (b"\xfe\xff\xfe\xff", "is empty"),
    (b"a,b\n1,2\n", "there is no column"),
    ((HEAD + "a,b\n").encode(), "line 2 has 2 columns"),
    ((HEAD + '"open').encode(), "no CSV"),
    (b"\xff\xff\xff\xff", "no text"),
    (b"a\x00b", "no text"),
    (b"x" * (LONGEST + 1), "at most"),
])  # fmt: skip
def test_a_file_that_is_none_is_refused_in_words(gate: Gate, content: bytes, because: str) -> None:
    with pytest.raises(UnusableResults, match=because):
        foresee(STUDY, gate.casebook(COORDINATOR), COORDINATOR, MAPPING, content, "results.csv", AT.date())


@pytest.mark.req("ACC-03", "BLD-02")
def test_who_may_not_fill_the_page_takes_nothing_in(gate: Gate) -> None:
    for role in (role for role in Audience if role is not Audience.PATIENT):
        expected = Fate.NEW if role in IMPORTERS else Fate.NO_TEST
        assert fates(planned(gate, row("血红蛋白", "130", "g/L"), role=role)) == [expected], role
    plan = planned(gate, row("血红蛋白", "130", "g/L"))
    for role in (Audience.EVALUATOR, Audience.DATA_MANAGER):
        with pytest.raises(Refused):
            take_in(gate, actor(role), plan, "", AT)


def test_what_a_blind_role_reads_of_an_import_does_not_follow_from_what_is_hidden() -> None:
    """The same import with another immunoglobulin, and one line more before the others: a byte of difference would tell."""
    views = []
    for rows in ((row("免疫球蛋白G", "12", "g/L", sample="C7"),), (row("免疫球蛋白M", "1", "g/L"), row("免疫球蛋白G", "700", "mg/dL"))):
        gate = in_memory(STUDY)
        enrolled(gate, WHO, arm="T", at=START, index=START.date())
        take_in(gate, actor(COORDINATOR), planned(gate, *rows, row("谷丙转氨酶", "20", "U/L")), "", AT)
        views.append([(entry.at, entry.event) for entry in gate.trail(Audience.DATA_MANAGER, WHO)])
    assert views[0] == views[1]


def test_a_page_from_the_laboratory_must_still_be_signed(gate: Gate) -> None:
    take_in(gate, actor(COORDINATOR), planned(gate, row("血红蛋白", "130", "g/L")), "", AT)
    page = gate.casebook(COORDINATOR).subject(WHO).page("BASELINE", "LABORATORY")
    assert not page.imported and page.unsigned
    assert any("LABORATORY" in str(one) for found in obstacles(gate.study, gate.casebook(Audience.INVESTIGATOR)).values() for one in found)


def test_what_changed_meanwhile_or_is_frozen_is_refused(gate: Gate) -> None:
    plan = planned(gate, row("血红蛋白", "130", "g/L"))
    gate.do(actor(COORDINATOR), Answer(subject=WHO, visit="BASELINE", form="LABORATORY", entries={"HGB": "125"}), AT)
    with pytest.raises(Refused) as refused:
        take_in(gate, actor(COORDINATOR), plan, "because", AT)
    assert refused.value.code == "stale"
    gate.do(actor(Audience.DATA_MANAGER), Freeze(subject=WHO), AT)
    with pytest.raises(Refused) as refused:
        take_in(gate, actor(COORDINATOR), planned(gate, row("血红蛋白", "130", "g/L")), "because", AT)
    assert refused.value.code == "frozen"


def test_an_absence_gives_way_to_a_result(gate: Gate) -> None:
    gate.do(actor(COORDINATOR), Answer(subject=WHO, visit="BASELINE", form="LABORATORY", entries={"HGB": Absence.NOT_DONE}), AT)
    assert fates(planned(gate, row("血红蛋白", "130", "g/L"))) == [Fate.CHANGED]


def test_a_mapping_says_every_fault_and_a_study_without_one_uses_its_own_words() -> None:
    with pytest.raises(UnusableResults) as refused:
        mapping_from("kind,local,unit,factor,target\ntest,X,g/L,1,LABORATORY.NONE\ncolumn,a,,,name\ntest,Y,g/L,zero,LABORATORY.ALT\nother,Y,,,\n", STUDY)
    assert [fault.record for fault in refused.value.faults] == [2, 3, 4, 5]
    own = plain_mapping(STUDY)
    content = f"patient,sampled,test,result,unit\n{WHO},2026-01-05,ALT,20,U/L\n{WHO},2026-01-05,Hemoglobin,130,g/L\n".encode()
    gate = in_memory(STUDY)
    enrolled(gate, WHO, arm="T", at=START, index=START.date())
    assert fates(foresee(STUDY, gate.casebook(COORDINATOR), COORDINATOR, own, content, "f", date(2026, 3, 1))) == [Fate.NEW, Fate.NEW]


@pytest.mark.parametrize(("one", "other", "same"), [
    ("10^9/L", "10*9/L", True), ("10^9/L", "X10⁹/L", True), ("10^9/L", "×10^9/L", True), ("umol/L", "μmol/L", True), ("U/L", "IU/L", False),
    ("10^9/L", "10^6/L", False), ("g/L", "mg/L", False), ("g/L", "ｇ/L", False),
])  # fmt: skip
def test_a_unit_is_known_again_and_never_taken_for_another(one: str, other: str, same: bool) -> None:
    assert (plain_unit(one) == plain_unit(other)) is same
