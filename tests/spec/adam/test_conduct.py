"""Exposure, other drugs, times to an event and the evaluator's guesses: each from a small history that a person can check."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
import pytest

from tests.histories import STUDY, day, example
from trialwright import adam, sdtm
from trialwright.protocol import Audience

pytestmark = pytest.mark.spec
Frames = Mapping[str, pl.DataFrame]


@pytest.fixture(scope="module")
def both() -> tuple[Frames, Frames]:
    told = example()
    steroid = {"CMTRT": "PREDNISONE", "CMDOSE": "5", "CMDOSU": "mg", "CMDOSFRQ": "BID", "CMROUTE": "ORAL"}
    told.fill("T1", "", "MEDICATIONS", steroid | {"CMSTDAT": day(3).isoformat(), "CMONGO": "N", "CMENDAT": day(9).isoformat()}, row="m1")
    told.fill("T1", "", "MEDICATIONS", steroid | {"CMSTDAT": "2024", "CMONGO": "N", "CMENDAT": "2025-12"}, row="m2")
    guess = {"GUESSDAT": day(29).isoformat(), "MOMENT": "EARLY", "CERTAIN": "3", "REASON": "HUNCH"}
    told.fill("T1", "W4", "GUESS", guess | {"GUESS": "C"}, role=Audience.EVALUATOR)
    told.fill("C1", "W4", "GUESS", guess | {"GUESS": "C"}, role=Audience.EVALUATOR)
    tabulated = sdtm.build(STUDY, told.seen_by())
    return tabulated, adam.build(STUDY, tabulated)


def of(frame: pl.DataFrame, subject: str, *columns: str) -> list[tuple[Any, ...]]:
    return frame.filter(pl.col("USUBJID") == f"NCT06546540-{subject}").select(columns).rows()


def test_exposure_counts_what_was_given_and_what_was_left_out(both: tuple[Frames, Frames]) -> None:
    """T1: two doses of 160 mg of three planned. The control arm has no doses, and no duration while it goes on."""
    adex = both[1]["ADEX"]
    assert dict(of(adex, "T1", "PARAMCD", "AVAL")) == {"DOSES": 2, "DOSESNG": 1, "DOSETOT": 320, "DOSEINT": pytest.approx(200 / 3), "DURATION": 8}
    assert of(adex, "C1", "PARAMCD") == []
    assert dict(of(adex, "T2", "PARAMCD", "AVAL"))["DURATION"] == 1
    assert adam.trace({"USUBJID": "NCT06546540-T1", "SRCDOM": "EC"}, both[0])


def test_other_drugs_before_and_under_treatment(both: tuple[Frames, Frames]) -> None:
    """The reference day is 5 January 2026: what ended in December was taken before it alone, what began on day 3 under treatment alone."""
    assert of(both[1]["ADCM"], "T1", "PREDDAY", "ASTDT", "ASTDTF", "PREFL", "ONTRTFL") == [
        (10.0, date(2024, 1, 1), "M", "Y", None), (10.0, day(3), None, None, "Y")]  # fmt: skip
    assert of(both[1]["ADCM"], "C1", "PREDDAY", "ASTDTF", "PREFL", "ONTRTFL") == [(None, "D", "Y", "Y")]


def test_times_to_an_event(both: tuple[Frames, Frames]) -> None:
    """T2 left on day 40; T1 stayed until day 337 and had an event on day 8; C1 coughed before the trial, which is no event of it."""
    adtte = both[1]["ADTTE"]
    told = {who: {code: (days, cut, why) for code, days, cut, why in of(adtte, who, "PARAMCD", "AVAL", "CNSR", "CNSDTDSC")} for who in ("T1", "T2", "C1")}
    assert (told["T2"]["TTEOS"], told["T1"]["TTEOS"]) == ((40, 0, None), (337, 1, "end of study"))
    assert (told["T1"]["TTAE"], told["C1"]["TTAE"]) == ((8, 0, None), (169, 1, "last visit"))
    assert told["T1"]["TTSAE"] == (337, 1, "end of study")
    assert (told["T1"]["TTSKINPR"], told["C1"]["TTSKINPR"]) == ((171, 1, "last skin score"), (169, 0, None))


def test_an_event_leads_to_its_record(both: tuple[Frames, Frames]) -> None:
    rows = both[1]["ADTTE"].filter(pl.col("CNSR") == 0).to_dicts()
    assert len(rows) == 3
    assert all(adam.trace(row, both[0]) for row in rows)


def test_the_guess_is_judged_for_those_who_know_the_arm(both: tuple[Frames, Frames]) -> None:
    right = both[1]["ADBL"].filter(pl.col("PARAMCD") == "GUESS").select("USUBJID", "AVALC", "CRIT1FL").rows()
    assert right == [("NCT06546540-C1", "C", "Y"), ("NCT06546540-T1", "C", "N")]
    blind = adam.build(STUDY, sdtm.build(STUDY, example().seen_by(Audience.EVALUATOR), Audience.EVALUATOR))
    assert blind["ADBL"]["CRIT1FL"].null_count() == blind["ADBL"].height
    assert set(blind["ADTTE"]["PARAMCD"]) <= {"TTEOS", "TTSKINPR"}
    assert (blind["ADEX"].height, blind["ADCM"].height) == (0, 0)
