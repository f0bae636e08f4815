"""Simulated trials from the command line: the level holds, the same seed gives the same numbers, nonsense is refused."""

import json

import pytest

from tests.spec.cli.conftest import say

pytestmark = pytest.mark.spec
STUDY = "studies/telitacicept_ssc"


def told(*more):
    said = say("simulate", STUDY, "--trials", "2000", "--json", *more)
    assert said.code == 0, said.err
    return json.loads(said.out)


def test_level_and_power_of_the_design():
    first = told()
    assert first["visits"] == ["W4", "W8", "W12", "W16", "W20", "W24"] and first["patients"] == 20
    assert abs(first["no effect"]["significant at 5 %"] - 0.05) < 4 * first["no effect"]["Monte Carlo error"]
    assert first["effect"]["significant at 5 %"] > 0.2
    assert told() == first, "the same seed gives the same numbers"
    assert told("--seed", "2") != first


def test_a_larger_effect_is_found_more_often():
    assert told("--effect", "-12")["effect"]["significant at 5 %"] > told()["effect"]["significant at 5 %"] + 0.3


@pytest.mark.parametrize("wrong", [("--trials", "1"), ("--sd", "0"), ("--correlation", "1.5"), ("--leaving", "-1"), ("--seed", "x")])
def test_nonsense_is_refused(wrong):
    said = say("simulate", STUDY, *wrong)
    assert said.code == 2 and wrong[0] in said.err


def test_warming_up_says_what_it_did():
    said = say("warm-up")
    assert said.code == 0 and ("Compiled" in said.out or "numba is not installed" in said.out)
