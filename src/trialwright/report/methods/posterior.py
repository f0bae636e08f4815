"""What a reader without any opinion beforehand would believe after the covariance analysis: the chance that the treated fare better."""

from scipy.special import stdtr

from trialwright.report.results import POOLED, Result
from trialwright.report.sample import Sample
from trialwright.statistics import ancova


def results(sample: Sample) -> tuple[Result, ...]:
    """Posterior of the adjusted difference under the vague prior of Jeffreys, p(beta, sigma) ~ 1/sigma: a shifted and scaled t.

    Its interval is that of the covariance analysis. BETTER is the chance that the difference lies on the better side of zero. Source: Box and Tiao,
    Bayesian Inference in Statistical Analysis, 1973, section 2.7.
    """
    people = sample.analyzed
    sample.need_both_arms(people)
    fit = ancova([sample.change(one) or 0.0 for one in people], [one.arm for one in people], [one.baseline for one in people],
                 levels=(sample.treatment, sample.control), reference=sample.control)  # fmt: skip
    difference = fit.differences[0].estimate
    below = float(stdtr(fit.df, -difference.value / difference.standard_error)) if difference.standard_error else float(difference.value < 0)
    numbers = {"DIFFERENCE": difference.value, "DIFFERENCE_LOWER": difference.lower, "DIFFERENCE_UPPER": difference.upper,
               "BETTER": below if sample.worse > 0 else 1.0 - below}  # fmt: skip
    return (*(Result(operation=name, group=sample.contrast, value=float(value)) for name, value in numbers.items()),
            Result(operation="DF", group=POOLED, value=float(fit.df)))  # fmt: skip
