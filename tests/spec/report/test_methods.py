"""Every method of the study on a small trial written by hand, against the same numbers found another way."""

from itertools import combinations
from math import erf, sqrt

import numpy as np
import polars as pl
import pytest
from attrs import evolve
from scipy import stats

from studies.telitacicept_ssc import prior_data
from studies.telitacicept_ssc.analysis import METHODS, analyze, side_by_side
from studies.telitacicept_ssc.plan import PRIMARY
from studies.telitacicept_ssc.protocol import STUDY
from trialwright import adam, sdtm
from trialwright.protocol import PlannedAnalysis
from trialwright.record import Casebook
from trialwright.report.estimation import carried_out
from trialwright.report.results import Analysis
from trialwright.report.sample import Sample, sample

ENDPOINT = next(one for one in STUDY.endpoints if one.primary)
WEEKS = {4: 3.0, 8: 4.0, 12: 5.0, 16: 6.0, 20: 7.0, 24: 8.0}
Frames = dict[str, pl.DataFrame]


def scores(complete: bool = True) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Arms of 16 patients, their baseline and whole-number scores at six visits; a gap and a patient who left unless `complete`."""
    generator = np.random.default_rng(6546540)
    arms = ["T"] * 8 + ["C"] * 8
    start = generator.integers(14, 34, 16).astype(float)
    drift = generator.normal([[-1.4]] * 8 + [[-0.6]] * 8, 0.5, (16, 1)) * np.arange(1, 7)
    later = np.clip(np.round(start[:, None] + drift + generator.normal(0, 2.2, (16, 6))), 0, 51)
    if not complete:
        later[2, 3:] = np.nan
        later[9, 2] = np.nan
    return arms, start, later


def frames(complete: bool = True, happened: tuple[tuple[int, str, int], ...] = ()) -> Frames:
    """The analysis data sets of these patients; `happened` are (patient, event, study day)."""
    arms, start, later = scores(complete)
    empty = adam.build(STUDY, sdtm.build(STUDY, Casebook.of([])))
    names = {arm.code: arm.name.en for arm in STUDY.arms}

    def filled(frame: pl.DataFrame, rows: list[dict[str, object]]) -> pl.DataFrame:
        return pl.DataFrame([{name: row.get(name) for name in frame.columns} for row in rows], schema=frame.schema) if rows else frame

    people, values = [], []
    for place, arm in enumerate(arms):
        subject = f"{STUDY.code}-P{place:02d}"
        people.append({"USUBJID": subject, "TRT01P": names[arm], "FASFL": "Y", "ITTFL": "Y", "DISDUR": 1.0 + place % 5})
        row = {"USUBJID": subject, "PARAMCD": "MRSSTOT", "BASE": start[place], "ANL01FL": "Y"}
        values.append(row | {"AVISITN": 2.0, "AVAL": start[place], "ABLFL": "Y", "ADY": 1})
        for (week, number), value in zip(WEEKS.items(), later[place], strict=True):
            if not np.isnan(value):
                values.append(row | {"AVISITN": number, "AVAL": value, "CHG": value - start[place], "ADY": 7 * week + 1})
    events = [{"USUBJID": f"{STUDY.code}-P{place:02d}", "ICEDECOD": code, "ASTDY": day} for place, code, day in happened]
    return empty | {"ADSL": filled(empty["ADSL"], people), "ADRS": filled(empty["ADRS"], values), "ADICE": filled(empty["ADICE"], events)}


def plan(code: str) -> PlannedAnalysis:
    return next(one for one in PRIMARY if one.code == code)


def done(code: str, data: Frames, reading: str = "R1") -> Analysis:
    (found,) = carried_out(STUDY.read_as(reading), data, evolve(ENDPOINT, analyses=(plan(code),)), METHODS, dataset="ADRS", parameter="MRSSTOT", released=True)
    assert found.refused is None, found.refused
    return found


def taken(code: str, data: Frames) -> Sample:
    return sample(STUDY, data, ENDPOINT, plan(code), dataset="ADRS", parameter="MRSSTOT", released=True)


def regression(change: np.ndarray, treated: np.ndarray, start: np.ndarray) -> tuple[float, float, int]:
    """Adjusted difference, its standard error and degrees of freedom, from the normal equations."""
    design = np.column_stack([np.ones(change.size), treated, start])
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ change
    df = change.size - 3
    return float(beta[1]), float(np.sqrt(((change - design @ beta) ** 2).sum() / df * inverse[1, 1])), df


RESCUED = ((1, "RESCUE", 100), (10, "DEATH", 60), (4, "UNBLINDED", 30), (12, "STOP", 50))


def test_strategies() -> None:
    """Rescue and death fail from their day on, at no earlier visit; what is left as observed stays so; who is left out is gone."""
    data = frames(happened=RESCUED)
    _, start, later = scores()
    primary = {one.subject[-3:]: one for one in taken("ANCOVA", data).courses}
    assert primary["P01"].failed == ("", "", "", "RESCUE", "RESCUE", "RESCUE") and primary["P10"].failed == ("", "", *["DEATH"] * 4)
    assert primary["P12"].failed == ("",) * 6 and primary["P12"].changes[-1] == later[12, 5] - start[12]
    assert all(not any(one.failed) for one in taken("ANCOVA_OBSERVED", data).courses)
    aside = {one.subject[-3:]: one for one in taken("MMRM_SET_ASIDE", data).courses}
    assert aside["P01"].changes[:3] == primary["P01"].changes[:3] and aside["P01"].changes[3:] == (None, None, None)
    blind = taken("ANCOVA_BLIND", data)
    assert len(blind.courses) == 15 and blind.left_out == (f"{STUDY.code}-P04",)


def test_an_event_after_the_visit_changes_nothing() -> None:
    """A rescue on the day after the visit does not reach back to it; on the day of the visit it counts."""
    assert not any(taken("ANCOVA", frames(happened=((1, "RESCUE", 170),))).courses[1].failed)
    assert taken("ANCOVA", frames(happened=((1, "RESCUE", 169),))).courses[1].failed[-1] == "RESCUE"


def test_failure_where_means_are_compared() -> None:
    """A failure is a worsening by 5, or the patient's own worsening if it is more; a dead patient without score is in."""
    arms, start, later = scores()
    treated = np.array([float(arm == "T") for arm in arms])
    change = later[:, 5] - start
    for code, worth in (("ANCOVA", 5.0), ("ANCOVA_WORSE", 10.0)):
        counted = change.copy()
        for place in (1, 10):
            counted[place] = max(worth, counted[place])
        value, error, df = regression(counted, treated, start)
        found = done(code, frames(happened=RESCUED))
        half = stats.t.ppf(0.975, df) * error
        assert found.get("DIFFERENCE", "T-C") == pytest.approx(value, abs=1e-9)
        assert found.get("DIFFERENCE_LOWER", "T-C") == pytest.approx(value - half, abs=1e-9)
        assert found.get("DIFFERENCE_P", "T-C") == pytest.approx(2 * stats.t.sf(abs(value / error), df), abs=1e-9)
        assert found.patients == {"T": 8, "C": 8, "ALL": 16}
    value, _, _ = regression(change, treated, start)
    assert done("ANCOVA_OBSERVED", frames(happened=RESCUED)).get("DIFFERENCE", "T-C") == pytest.approx(value, abs=1e-9)


def test_failure_where_ranks_are_compared() -> None:
    """Everybody without failure ranks before rescue, rescue before death; the exact p follows by counting all divisions."""
    found, ranked = done("RANK_SUM", frames(happened=RESCUED)), taken("RANK_SUM", frames(happened=RESCUED))
    scored = np.array([*ranked.ranks("T"), *ranked.ranks("C")])
    assert scored[10] == scored.max() and scored[1] == sorted(scored)[-2]
    ranks = stats.rankdata(scored)
    sums = np.array([ranks[list(chosen)].sum() for chosen in combinations(range(16), 8)])
    p = float((np.abs(sums - ranks.sum() / 2) >= abs(ranks[:8].sum() - ranks.sum() / 2) - 1e-9).mean())
    assert found.get("P", "T-C") == pytest.approx(p, abs=1e-12)
    better = np.mean([[(a < b) + (a == b) / 2 for b in scored[8:]] for a in scored[:8]])
    assert found.get("SUPERIORITY", "T-C") == pytest.approx(better, abs=1e-12)


def test_permutation_and_shift() -> None:
    """The exact p counts all divisions of the counted changes; the shift is the median of all pairs."""
    _, start, later = scores()
    change = later[:, 5] - start
    sums = np.array([change[list(chosen)].sum() for chosen in combinations(range(16), 8)])
    p = float((np.abs(sums - change.sum() / 2) >= abs(change[:8].sum() - change.sum() / 2) - 1e-9).mean())
    assert done("PERMUTATION", frames()).get("P", "T-C") == pytest.approx(p, abs=1e-12)
    assert done("HODGES_LEHMANN", frames()).get("SHIFT", "T-C") == pytest.approx(float(np.median(np.subtract.outer(change[:8], change[8:]))), abs=1e-9)


@pytest.mark.golden
def test_mixed_model_of_complete_data_is_the_covariance_analysis_of_the_last_visit() -> None:
    """With nobody missing and everything by visit, Kenward-Roger gives the t of each visit's own analysis (Kenward and Roger 1997)."""
    arms, start, later = scores()
    value, error, df = regression(later[:, 5] - start, np.array([float(arm == "T") for arm in arms]), start)
    found = done("MMRM", frames())
    assert found.get("STRUCTURE", "ALL") == 0.0 and found.get("N_OBSERVATIONS", "ALL") == 96.0
    assert found.get("DIFFERENCE", "T-C") == pytest.approx(value, abs=1e-5)
    assert found.get("DIFFERENCE_SE", "T-C") == pytest.approx(error, rel=1e-4)
    assert found.get("DF", "T-C") == pytest.approx(df, abs=1e-3)


def test_nothing_missing_nothing_imputed() -> None:
    """Without a gap, imputation of any kind gives the covariance analysis itself; with one, the strategies differ."""
    complete = done("ANCOVA", frames()).get("DIFFERENCE", "T-C")
    for code in ("JUMP", "COPY_INCREMENTS", "IMPUTED"):
        found = done(code, frames())
        assert found.get("N_IMPUTED", "T-C") == 0.0
        assert found.get("DIFFERENCE", "T-C") == pytest.approx(complete, abs=1e-6)
    gaps = frames(complete=False)
    told = {code: done(code, gaps) for code in ("JUMP", "COPY_INCREMENTS", "IMPUTED")}
    assert {one.get("N_IMPUTED", "T-C") for one in told.values()} == {1.0}
    assert len({round(one.get("DIFFERENCE", "T-C") or 0.0, 6) for one in told.values()}) == 3
    tipped = done("TIPPING_POINT", gaps)
    slope = -(tipped.get("DIFFERENCE", "T-C") or 0.0) / (tipped.get("TO_ZERO", "T-C") or 1.0)
    assert 0.0 < slope < 0.5


def test_responders() -> None:
    """More than 5 and a quarter of the baseline; a failure never responds; shares, and Boschloo's p as scipy has it."""
    _, start, later = scores()
    fall = start - later[:, 5]
    met = (fall > 5) & (fall >= 0.25 * start - 1e-9)
    met[[1, 10]] = False
    found = done("IMPROVED", frames(happened=RESCUED))
    x, y = int(met[:8].sum()), int(met[8:].sum())
    assert (found.get("COUNT", "T"), found.get("COUNT", "C"), found.get("N", "ALL")) == (x, y, 16)
    assert found.get("RISK_DIFFERENCE", "T-C") == pytest.approx((x - y) / 8)
    assert found.get("P", "T-C") == pytest.approx(2 * min(
        stats.boschloo_exact([[x, y], [8 - x, 8 - y]], alternative=side, n=256).pvalue for side in ("less", "greater")), abs=2e-4)  # fmt: skip


def test_history() -> None:
    """With the posterior of each component written out: normal with normal, weights by how well each foresaw the mean."""
    change = [np.array(taken("BORROWING", frames()).changes(code)) for code in ("T", "C")]
    spread = sqrt(sum(((one - one.mean()) ** 2).sum() for one in change) / 14)
    prior = prior_data.control_prior()

    def posterior(weights: tuple[float, ...], means: tuple[float, ...], sds: tuple[float, ...], seen: np.ndarray) -> list[tuple[float, float, float]]:
        error = spread / sqrt(seen.size)
        told = [(w * stats.norm.pdf(seen.mean(), m, sqrt(s * s + error**2)), (m / s**2 + seen.mean() / error**2) / (1 / s**2 + 1 / error**2),
                 1 / (1 / s**2 + 1 / error**2)) for w, m, s in zip(weights, means, sds, strict=True)]  # fmt: skip
        whole = sum(one[0] for one in told)
        return [(w / whole, m, v) for w, m, v in told]

    treated = posterior((1.0,), (prior_data.MU[0],), (prior_data.MU[1],), change[0])
    control = posterior(prior.weights, prior.means, prior.sds, change[1])
    pairs = [(a[0] * b[0], a[1] - b[1], sqrt(a[2] + b[2])) for a in treated for b in control]
    found = done("BORROWING", frames())
    assert found.get("DIFFERENCE", "T-C") == pytest.approx(sum(w * m for w, m, _ in pairs), abs=1e-8)
    below = sum(w * 0.5 * (1 + erf(-m / s / sqrt(2))) for w, m, s in pairs)
    assert found.get("BETTER", "T-C") == pytest.approx(below, abs=1e-9)
    assert found.get("HISTORY", "ALL") == pytest.approx(1 - control[-1][0], abs=1e-9)


@pytest.mark.golden
def test_gap_of_selection() -> None:
    """The published table of the gap without any drug: from -3.44 (errors of 4, nothing persists) to 4.30 (2.5, 0.6)."""
    found = done("SELECTION", frames(), reading="R2")
    assert [round(found.get(name, "T-C") or 0.0, 2) for name in ("GAP", "GAP_LOWER", "GAP_UPPER")] == [-1.34, -3.44, 4.3]


def test_unmeasured() -> None:
    """The E-value of a standardized difference d: RR = exp(0.91 |d|), RR + sqrt(RR (RR - 1))."""
    arms, start, later = scores()
    treated = np.array([float(arm == "T") for arm in arms])
    value, error, df = regression(later[:, 5] - start, treated, start)
    design = np.column_stack([np.ones(16), treated, start])
    residual = (later[:, 5] - start) - design @ np.linalg.lstsq(design, later[:, 5] - start, rcond=None)[0]
    ratio = np.exp(0.91 * abs(value) / np.sqrt((residual**2).sum() / df))
    assert done("E_VALUE", frames()).get("E_VALUE", "T-C") == pytest.approx(ratio + sqrt(ratio * (ratio - 1)), rel=1e-9)
    assert error > 0


def test_each_reading_has_its_own() -> None:
    """What only one reading asks for is done under it alone; the three are told from the same data."""
    data = frames(happened=RESCUED)
    told = side_by_side(data, STUDY, True)
    own = {code: {one.method_id for one in results.analyses} - {"DESCRIBE", "ANCOVA"} for code, results in told.items()}
    assert own == {"R1": {"OVERLAP_WEIGHTS", "E_VALUE"}, "R2": {"REGRESSION_TO_MEAN"}, "R3": {"RERANDOMIZATION"}}
    values = {results.find("MRSS24.ANCOVA").get("DIFFERENCE", "T-C") for results in told.values()}
    assert len(values) == 1
    purposes = {code: results.find("MRSS24.ANCOVA").purpose for code, results in told.items()}
    assert purposes == {"R1": "primary", "R2": "descriptive", "R3": "primary"}


def test_every_planned_method_is_carried_out() -> None:
    """Each method of the study has somebody who carries it out, and each analysis a result or a reason."""
    assert {one.code for one in STUDY.methods} == set(METHODS)
    found = [one for code in ("R1", "R2", "R3") for one in analyze(frames(complete=False), STUDY.read_as(code), True).of(ENDPOINT.code)]
    assert {one.method_id for one in found} == {one.method for one in PRIMARY}
    assert all(one.results and one.outcome == "PRIMARY OUTCOME MEASURE" and one.rows("ALL") for one in found)


def test_nothing_is_compared_while_the_arms_are_closed() -> None:
    """Without arms only descriptions of all patients together are made."""
    found = analyze(frames(), STUDY, False)
    compared = [one for one in found.analyses if one.method_id not in ("DESCRIBE", "RESPONDER", "CLASSES")]
    assert compared and all(one.refused is not None and not one.results for one in compared)
    assert {result.group for one in found.analyses for result in one.results} == {"ALL"}


def test_what_the_evaluator_learns_after_the_week_leaves_nobody_out() -> None:
    """An evaluator who learns the arm when week 24 is over scored it blind; on the last day of its window, or on an unknown day, he may not have."""
    last = STUDY.visit("W24").last_day + 1
    assert taken("ANCOVA_BLIND", frames(happened=((4, "UNBLINDED", last + 1),))).left_out == ()
    assert taken("ANCOVA_BLIND", frames(happened=((4, "UNBLINDED", last),))).left_out == (f"{STUDY.code}-P04",)
