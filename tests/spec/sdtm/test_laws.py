"""Laws of every tabulation: keys, study days, sequence numbers, references, and what a blinded reader's copy must not hold."""

from collections.abc import Iterator
from datetime import date

import polars as pl
import pytest

from tests.histories import STUDY, History, day, example
from trialwright import sdtm
from trialwright.protocol import Audience
from trialwright.sdtm import SPECS, study_day

pytestmark = pytest.mark.spec
Frames = dict[str, pl.DataFrame]
BLIND = (Audience.STATISTICIAN, Audience.EVALUATOR, Audience.DATA_MANAGER)


@pytest.fixture(scope="module")
def told() -> History:
    return example()


@pytest.fixture(scope="module")
def frames(told: History) -> Frames:
    return sdtm.build(STUDY, told.seen_by())


def written(frames: Frames) -> bytes:
    """All frames, byte for byte."""
    parts = [f"{code}\n{frame.with_columns(pl.col('_REFS').list.join(' ')).write_csv()}" for code, frame in frames.items()]
    return "\n".join(parts).encode()


def words(frames: Frames) -> Iterator[str]:
    for frame in frames.values():
        for column in frame.drop("_REFS").iter_columns():
            if column.dtype == pl.String:
                yield from column.drop_nulls().to_list()


@pytest.mark.parametrize("code", SPECS)
def test_keys_tell_records_apart(code: str, frames: Frames) -> None:
    """No two records have the same keys, and none lacks its person."""
    keys = list(SPECS[code].keys)
    assert not frames[code].select(keys).is_duplicated().any()
    assert frames[code]["USUBJID"].null_count() == 0


@pytest.mark.parametrize("code", SPECS)
def test_columns_are_those_of_the_domain(code: str, frames: Frames) -> None:
    """Columns and types do not depend on the data."""
    assert dict(frames[code].schema) == {**SPECS[code].types, "_REFS": pl.List(pl.String)}
    assert SPECS[code].names[:3] == ("STUDYID", "DOMAIN", "USUBJID")
    assert len(set(SPECS[code].names)) == len(SPECS[code].names)


@pytest.mark.parametrize("code", SPECS)
def test_sequence_numbers_run_from_one(code: str, frames: Frames) -> None:
    sequence = SPECS[code].sequence
    if sequence is not None:
        for _, person in frames[code].group_by("USUBJID", maintain_order=True):
            assert person[sequence].to_list() == list(range(1, person.height + 1))


@pytest.mark.parametrize("code", SPECS)
def test_study_days_stand_beside_their_dates(code: str, frames: Frames) -> None:
    """Each --DTC with a --DY has the study day of its date; there is no day 0, and none where the date is partial."""
    starts = dict(frames["DM"].select("USUBJID", "RFSTDTC").rows())
    pairs = [(name, name.replace("DTC", "DY")) for name in SPECS[code].names if name.endswith("DTC") and name.replace("DTC", "DY") in SPECS[code].names]
    assert pairs or code in ("DM",)
    for text, number in pairs:
        for who, on, found in frames[code].select("USUBJID", text, number).rows():
            start = starts[who]
            assert found == study_day(on, date.fromisoformat(start) if start else None) and found != 0


@pytest.mark.parametrize("code", SPECS)
@pytest.mark.req("AUD-03")
def test_every_record_leads_to_the_ledger(code: str, told: History, frames: Frames) -> None:
    """Each record names entries that the reader can look up, all about this very person."""
    for who, refs in frames[code].select("USUBJID", "_REFS").rows():
        assert refs and len(set(refs)) == len(refs)
        for ref in refs:
            entry = told.gate.entry(ref, Audience.CUSTODIAN)
            assert entry is not None and who == f"{STUDY.code}-{entry.event.subject}"


def test_results_agree_with_themselves(frames: Frames) -> None:
    """A numeric standard result equals its text; a test not done has no result and a reason."""
    for code in ("RS", "RE", "LB", "VS", "IS"):
        frame = frames[code]
        told = frame.filter(pl.col(f"{code}STRESN").is_not_null())
        assert (told[f"{code}STRESC"].cast(pl.Float64) - told[f"{code}STRESN"]).abs().sum() == 0
        missing = frame.filter(pl.col(f"{code}STAT") == "NOT DONE")
        assert missing[f"{code}STRESC"].null_count() == missing.height and missing[f"{code}REASND"].null_count() == 0


def test_every_assessment_belongs_to_a_visit_on_record(frames: Frames) -> None:
    visits = set(frames["SV"].select("USUBJID", "VISITNUM").rows())
    for code in ("RS", "RE", "LB", "VS", "QS", "IS", "FA"):
        assert set(frames[code].select("USUBJID", "VISITNUM").rows()) <= visits


def test_building_twice_gives_the_same_bytes(told: History, frames: Frames) -> None:
    assert written(sdtm.build(STUDY, told.seen_by())) == written(frames)
    assert written(sdtm.build(STUDY, example().seen_by())) == written(frames)


@pytest.mark.parametrize("role", BLIND, ids=lambda role: role.name)
@pytest.mark.req("BLD-02", "BLD-05")
def test_a_blinded_copy_holds_no_arm(role: Audience, told: History) -> None:
    """The same function on a blinded casebook: all data sets, no arm, no dose, no event, no laboratory value, no drug."""
    frames = sdtm.build(STUDY, told.seen_by(role), role)
    assert list(frames)[: len(SPECS)] == list(SPECS)
    for code in ("EX", "EC", "AE", "CM", "LB"):
        assert frames[code].height == 0
    for column in ("ARM", "ARMCD", "ACTARM", "ACTARMCD", "RFXSTDTC", "RFXENDTC"):
        assert frames["DM"][column].null_count() == frames["DM"].height
    hints = ("telitacicept", "conventional treatment", "mycophenolate", "allocated", "withdrawal", "trtt", "trtc")
    frames.pop("IE")  # the words of a criterion speak of treatment before the study
    assert not [word for word in words(frames) if any(hint in word.lower() for hint in hints)]
    assert frames["RS"].height > 100


@pytest.mark.parametrize("role", BLIND, ids=lambda role: role.name)
@pytest.mark.req("BLD-02", "BLD-05")
def test_a_blinded_copy_is_the_same_whatever_the_arms(role: Audience) -> None:
    """With the arms exchanged and a hidden dose more, the blinded copy is the same to the byte, references included."""
    one, other = example(), example(arms=("C", "T", "T"))
    assert written(sdtm.build(STUDY, one.seen_by(role))) == written(sdtm.build(STUDY, other.seen_by(role)))
    other.fill("T2", "", "DOSING", {"EXDAT": day(8).isoformat(), "EXGIVEN": "Y", "EXDOSE": "160", "EXLOC": "THIGH_R"}, row="d2")
    assert written(sdtm.build(STUDY, one.seen_by(role))) == written(sdtm.build(STUDY, other.seen_by(role)))


def test_the_blind_statistician_has_the_evaluators_scores(told: History, frames: Frames) -> None:
    """What is not hidden is equal in both copies, but for the flag that needs the first dose."""
    blind = sdtm.build(STUDY, told.seen_by(Audience.STATISTICIAN))
    assert blind["RS"].drop("RSLOBXFL").equals(frames["RS"].drop("RSLOBXFL"))
    assert blind["SV"].filter(pl.col("SVOCCUR") == "Y").height == frames["SV"].filter(pl.col("SVOCCUR") == "Y").height


def test_nothing_told_nothing_tabulated() -> None:
    """A trial that has just begun gives empty data sets with all their columns."""
    frames = sdtm.build(STUDY, History().seen_by())
    assert {frame.height for frame in frames.values()} == {0}
