"""Every secondary outcome from the exported files alone: read as text, computed with numpy, compared with the tables."""

import csv
import io

import numpy as np
import pytest
from scipy import stats

from studies.telitacicept_ssc.analysis import analyze
from studies.telitacicept_ssc.protocol import STUDY
from trialwright.adam import located
from trialwright.protocol import Endpoint
from trialwright.report.writing import Composed

CHANGES = [one for one in STUDY.endpoints if one.at is not None and not one.primary and {plan.code for plan in one.analyses} >= {"ANCOVA"}]


def exported(opened: Composed, dataset: str) -> list[dict[str, str]]:
    """The rows of a data set as they stand in its file."""
    return list(csv.DictReader(io.StringIO(opened.trail.source.adam[dataset].write_csv())))


@pytest.fixture(scope="module")
def arms(opened: Composed) -> dict[str, float]:
    """1 for every analyzed patient of the drug's arm, 0 for the others."""
    return {row["USUBJID"]: float(row["TRT01P"] == "telitacicept") for row in exported(opened, "ADSL") if row["FASFL"] == "Y"}


@pytest.mark.parametrize("endpoint", CHANGES, ids=[one.code for one in CHANGES])
def test_adjusted_difference(endpoint: Endpoint, opened: Composed, arms: dict[str, float]) -> None:
    """Mean change of each arm and the adjusted difference with its interval and p follow from the file."""
    place = located(STUDY, endpoint)
    assert place is not None
    dataset, parameter = place
    visit = STUDY.visit(endpoint.at or "").number
    rows = [row for row in exported(opened, dataset) if row["PARAMCD"] == parameter and row["USUBJID"] in arms and row["ANL01FL"] == "Y" and row["CHG"]]
    rows = [row for row in rows if float(row["AVISITN"]) == visit]
    change, start = (np.array([float(row[name]) for row in rows]) for name in ("CHG", "BASE"))
    treated = np.array([arms[row["USUBJID"]] for row in rows])
    assert 15 <= change.size <= 20
    design = np.column_stack([np.ones(change.size), treated, start])
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ change
    df = change.size - 3
    error = float(np.sqrt(((change - design @ beta) ** 2).sum() / df * inverse[1, 1]))
    shown = results(opened, endpoint)
    assert shown["N_CHANGE", "ALL"] == change.size
    assert shown["MEAN_CHANGE", "T"] == pytest.approx(change[treated == 1].mean(), abs=1e-9)
    assert shown["MEAN_CHANGE", "C"] == pytest.approx(change[treated == 0].mean(), abs=1e-9)
    assert shown["DIFFERENCE", "T-C"] == pytest.approx(beta[1], abs=1e-8)
    assert shown["DIFFERENCE_UPPER", "T-C"] == pytest.approx(beta[1] + stats.t.ppf(0.975, df) * error, rel=1e-8, abs=1e-8)
    assert shown["DIFFERENCE_P", "T-C"] == pytest.approx(2 * stats.t.sf(abs(beta[1] / error), df), abs=1e-8)
    worse = -1 if endpoint.higher_is_worse is False else 1
    assert shown["POSTERIOR.BETTER", "T-C"] == pytest.approx(stats.t.cdf(-worse * beta[1] / error, df), abs=1e-8)
    assert shown["PERMUTATION.DIFFERENCE", "T-C"] == pytest.approx(change[treated == 1].mean() - change[treated == 0].mean(), abs=1e-9)
    pairs = np.subtract.outer(change[treated == 1], change[treated == 0])
    assert shown["HODGES_LEHMANN.SHIFT", "T-C"] == pytest.approx(np.median(pairs), abs=1e-9)


PREFIX = {name: f"{name}." for name in ("HODGES_LEHMANN", "PERMUTATION", "POSTERIOR")}
_DONE: dict[int, dict[str, dict[tuple[str, str], float]]] = {}


def results(opened: Composed, endpoint: Endpoint) -> dict[tuple[str, str], float]:
    """The numbers of one endpoint by operation and group; all analyses are carried out once."""
    if id(opened) not in _DONE:
        source = opened.trail.source
        secondary = analyze(source.adam, STUDY, True)
        _DONE[id(opened)] = {
            one.code: {(PREFIX.get(analysis.method_id, "") + result.operation, result.group): result.value
                       for analysis in secondary.of(one.code) for result in analysis.results} for one in CHANGES
        }  # fmt: skip
    return _DONE[id(opened)][endpoint.code]


def test_secondary_outcomes_make_no_claim(opened: Composed) -> None:
    """Every domain that the registry names has its table; all are descriptive and say so."""
    tables = {table.number: table for table in opened.document.tables}
    for number in ("14.2.5", "14.2.6", "14.2.7", "14.2.8", "14.2.9", "14.2.10"):
        assert tables[number].rows and tables[number].empty is None
        assert any("None of these comparisons was planned to prove anything" in note.en for note in tables[number].footnotes)
    secondary = [one for one in analyze(opened.trail.source.adam, STUDY, True).analyses if one.outcome == "SECONDARY OUTCOME MEASURE"]
    assert {one.endpoint for one in secondary} == {one.code for one in STUDY.endpoints if one.at is not None and not one.primary}
    assert {one.purpose for one in secondary} == {"descriptive"}


def test_shares_are_counted(opened: Composed) -> None:
    """Functional classes and the composite response are counted from the files."""
    rows = [row for row in exported(opened, "ADCRISS") if row["PARAMCD"] == "RCRISS20" and row["AVISIT"] == "Week 24"]
    yes = sum(float(row["AVAL"]) == 1 for row in rows if row["AVAL"] and row["FASFL"] == "Y")
    found = analyze(opened.trail.source.adam, STUDY, True)
    assert found.find("CRISS24.RESPONDER").get("COUNT", "ALL") == yes
    later = [row for row in exported(opened, "ADRS") if row["PARAMCD"] == "WHOFC" and row["AVISIT"] == "Week 24" and row["ANL01FL"] == "Y" and row["CHG"]]
    classes = found.find("WHOFC24.CLASSES")
    assert classes.get("N_VALUE", "ALL") == len(later)
    for kind in {float(row["AVAL"]) for row in later}:
        assert classes.get(f"N_VALUE_{kind:g}", "ALL") == sum(float(row["AVAL"]) == kind for row in later)


def test_laboratory_grades_are_counted(opened: Composed) -> None:
    """The worst grade after the start of each patient and test, counted from the file."""
    worst: dict[str, dict[str, int]] = {}
    for row in exported(opened, "ADLB"):
        if row["ATOXGR"] and row["ADY"] and int(row["ADY"]) > 1 and row["SAFFL"] == "Y":
            mine = worst.setdefault(row["PARAM"], {})
            mine[row["USUBJID"]] = max(mine.get(row["USUBJID"], 0), int(row["ATOXGR"]))
    table = opened.document.table("14.3.6.1")
    heading, seen = "", set()
    for row in table.rows:
        if not row.cells:
            heading = row.label.en
            continue
        test = next(name for name in worst if name.replace("10^9", "10⁹").replace("umol", "µmol") == heading)
        grade = int(row.label.en.removeprefix("grade "))
        assert row.cells[-1].text.en.split(" ")[0] == str(sum(one == grade for one in worst[test].values()))
        seen.add(test)
    assert seen == set(worst)
