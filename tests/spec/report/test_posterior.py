"""The chance that the treated fare better, as the study's analysis gives it, against integration over the standard deviation in R."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from studies.telitacicept_ssc.protocol import STUDY
from trialwright.report.methods import posterior
from trialwright.report.sample import Course, Sample

pytestmark = pytest.mark.golden

GOLDEN = Path(__file__).parents[2] / "golden" / "witness"
WITNESS = json.loads((GOLDEN / "bayes" / "posterior.json").read_text())["results"]


def toy_sample(file: str, *, odd: bool, higher_is_worse: bool = True) -> Sample:
    """The twenty patients of the toy trial, every other one called treated if `odd`."""
    with (GOLDEN / "ancova" / file).open() as lines:
        rows = list(csv.DictReader(lines))
    courses = tuple(
        Course(subject=row["USUBJID"], arm=("TEL", "CON")[number % 2] if odd else row["ARM"], baseline=float(row["BASE"]), changes=(float(row["CHG"]),),
               failed=("",), traits={}, rows=(), all_rows=())
        for number, row in enumerate(rows)
    )  # fmt: skip
    endpoint = next(one for one in STUDY.endpoints if one.primary)
    plan = next(one for one in endpoint.analyses if one.method == "POSTERIOR")
    return Sample(endpoint=evolve(endpoint, higher_is_worse=higher_is_worse), plan=plan, dataset="ADRS", parameter="MRSS", visits=STUDY.visits[-1:],
                  courses=courses, left_out=(), released=True, treatment="TEL", control="CON", failure=0.0, worst={})  # fmt: skip


@pytest.mark.parametrize("told", WITNESS, ids=lambda told: f"{told['file']} odd {told['odd']}")
def test_the_posterior_is_that_of_r(told: dict[str, Any]) -> None:
    found = {one.operation: one.value for one in posterior.results(toy_sample(told["file"], odd=told["odd"]))}
    assert found["DF"] == told["df"]
    assert (found["DIFFERENCE"], found["DIFFERENCE_LOWER"], found["DIFFERENCE_UPPER"]) == pytest.approx(
        (told["mean"], told["lower"], told["upper"]), abs=1e-8
    )
    assert found["BETTER"] == pytest.approx(told["better"], abs=1e-9)
    turned = {one.operation: one.value for one in posterior.results(toy_sample(told["file"], odd=told["odd"], higher_is_worse=False))}
    assert turned["BETTER"] == pytest.approx(1 - told["better"], abs=1e-9)
