"""Mixed model for repeated measures: all visits up to that of the endpoint, nothing imputed, Kenward-Roger inference."""

from trialwright.report.results import POOLED, Result, estimated
from trialwright.report.sample import Sample
from trialwright.statistics import LADDER, factorial_design, least_squares_means, mean_differences, mmrm

STRUCTURES = ("unstructured", *LADDER)


def results(sample: Sample) -> tuple[Result, ...]:
    """Adjusted means and difference at the visit of the endpoint, and the means at each visit (LS_MEAN_W4, ...).

    STRUCTURE is the place of the covariance in `STRUCTURES`.
    """
    people = sample.seen()
    sample.need_both_arms(people)
    visits = [visit.code for visit in sample.visits]
    rows = [(one, place) for one in people for place in range(len(visits))]
    design = factorial_design(
        {"arm": [one.arm for one, _ in rows], "visit": [visits[place] for _, place in rows], "baseline": [one.baseline for one, _ in rows]},
        ["arm", "visit", "baseline", ("arm", "visit"), ("baseline", "visit")],
        levels={"arm": (sample.control, sample.treatment), "visit": tuple(visits)},
    )  # fmt: skip
    model = mmrm(sample.matrix(people).ravel(), [one.subject for one, _ in rows], [visits[place] for _, place in rows], design.columns,
                 visits=visits, ladder=LADDER)  # fmt: skip
    center = {"baseline": sum(one.baseline for one in people) / len(people)}
    last = ("visit", visits[-1])
    every = least_squares_means(model, design, ("arm", "visit"), covariates=center)
    means = [one for one in every if last in one.at]
    (difference,) = (one for one in mean_differences(model, design, "arm", reference=sample.control, by=("visit",), covariates=center) if last in one.at)
    found = [result for one in means for result in estimated("LS_MEAN", dict(one.at)["arm"], one.estimate)]
    found += estimated("DIFFERENCE", sample.contrast, difference.estimate)
    found += [result for one in every for result in estimated(f"LS_MEAN_{dict(one.at)['visit']}", dict(one.at)["arm"], one.estimate)]
    return (*found, Result(operation="DF", group=sample.contrast, value=difference.estimate.df),
            Result(operation="N_SUBJECTS", group=POOLED, value=model.n_subjects), Result(operation="N_OBSERVATIONS", group=POOLED, value=model.n_observations),
            Result(operation="STRUCTURE", group=POOLED, value=STRUCTURES.index(model.covariance)))  # fmt: skip
