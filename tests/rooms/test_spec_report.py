"""The specification report tells each test once, with its worst verdict and its requirement."""

import json

import pytest

SUITE = '''
import pytest

@pytest.mark.req("AUD-03")
@pytest.mark.parametrize("score", [0, 3, 4])
def test_a_score_is_in_range(score):
    """A skin score lies between 0 and 3."""
    assert score <= 3

@pytest.mark.req("BLD-02", "BLD-06")
def test_the_evaluator_sees_nothing():
    assert True

@pytest.mark.skip(reason="needs a browser")
def test_in_the_browser():
    assert True
'''


@pytest.mark.req("VAL-01")
def test_the_report_holds_every_test_with_its_verdict_and_requirement(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmarkers = req: requirement")
    pytester.mkpydir("tests")
    pytester.path.joinpath("tests", "test_skin.py").write_text(SUITE, encoding="utf-8")
    result = pytester.runpytest("-p", "tests.spec_report", "--spec-report", "spec", "--import-mode=importlib", "tests")
    result.assert_outcomes(passed=3, failed=1, skipped=1)
    overview = pytester.path.joinpath("spec", "README.md").read_text(encoding="utf-8")
    chapter = pytester.path.joinpath("spec", "tests.md").read_text(encoding="utf-8")
    assert "3 passed, 1 skipped, 1 FAILED." in overview
    assert "| AUD-03 | [A skin score lies between 0 and 3.](tests.md) | FAILED |" in overview
    assert "| BLD-06 | [the evaluator sees nothing](tests.md) | passed |" in overview
    assert "| FAILED | 3 | A skin score lies between 0 and 3. | AUD-03 |" in chapter
    assert "| skipped | 1 | in the browser |  |" in chapter


@pytest.mark.req("VAL-02")
def test_each_test_is_written_down_for_a_program_and_those_without_a_requirement_can_be_left_out(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmarkers = req: requirement")
    pytester.mkpydir("tests")
    pytester.path.joinpath("tests", "test_skin.py").write_text(SUITE, encoding="utf-8")
    pytester.runpytest("-p", "tests.spec_report", "--spec-results", "results.jsonl", "--with-requirement", "--import-mode=importlib", "tests")
    told = [json.loads(line) for line in pytester.path.joinpath("results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(one["requirements"], one["verdict"]) for one in told] == [*[(["AUD-03"], verdict) for verdict in ("passed", "passed", "FAILED")],
                                                                       (["BLD-02", "BLD-06"], "passed")]  # fmt: skip
    assert all(one["seconds"] >= 0 and one["says"] for one in told)


def test_a_misspelled_requirement_stops_the_run(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmarkers = req: requirement")
    pytester.makepyfile('import pytest\n@pytest.mark.req("AUD3")\ndef test_it(): pass')
    result = pytester.runpytest("-p", "tests.spec_report")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'AUD3' is no requirement*"])
