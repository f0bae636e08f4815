"""Data that cannot carry an analysis: every public method refuses in words or labels its result; no silent number, no NaN.

The rule: every combination of method and degenerate data below must end in a ``StatisticsError`` that names what is
wrong, except those listed in ``RESULTS``, where a result is right and the reason stands beside it. A result never holds
NaN, except where its ``status`` says why; only the limits of an interval (and a ratio over nothing) may be infinite.
"""

import inspect
import warnings
from collections.abc import Callable, Iterator
from enum import Enum

import attrs
import numpy as np
import pytest

import trialwright.statistics as statistics
from trialwright.statistics import StatisticsError, stream
from trialwright.statistics.batches import TrialStatus
from trialwright.statistics.incomplete_trial import incomplete_trial

INF, NAN = float("inf"), float("nan")


@attrs.frozen(kw_only=True)
class Data:
    """A trial of two arms, A and B, and what a degenerate one of them looks like."""

    arm: str = "AAAAAABBBBBB"
    outcome: tuple[float, ...] = (3, 5, 4, 7, 6, 9, 2, 8, 1, 4, 6, 3)
    baseline: tuple[float, ...] = (11, 14, 12, 16, 13, 19, 10, 17, 12, 15, 14, 11)
    time: tuple[float, ...] = (2, 5, 3, 8, 6, 9, 1, 7, 4, 8, 3, 5)
    event: tuple[float, ...] = (1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0)

    @property
    def first(self) -> list[bool]:
        return [one == "A" for one in self.arm]

    def of(self, arm: str, values: tuple[float, ...] | None = None) -> list[float]:
        return [v for v, a in zip(self.outcome if values is None else values, self.arm, strict=True) if a == arm]

    def events(self, arm: str) -> int:
        found = sum(self.of(arm, self.event))
        return int(found) if found == found else found  # type: ignore[return-value]  # missing, as a column would be

    @property
    def table(self) -> list[list[int]]:
        return [[self.events(arm), self.arm.count(arm) - self.events(arm)] for arm in "AB"]

    @property
    def visits(self) -> np.ndarray:
        """Patients x two visits: the second follows the first with some change."""
        y = np.array(self.outcome, dtype=float)
        return np.column_stack(
            [y, y + np.array([0.5, -1, 1, 0, 2, -0.5] * 9)[: y.size] * float(np.ptp(y) > 0 if y.size else 0)]
        )

    def strata(self) -> list[str]:
        return ["S1", "S2"] * (len(self.arm) // 2) + ["S1"] * (len(self.arm) % 2)


def blank(n: int, arm: str) -> Data:
    whole = Data()
    return Data(arm=arm, **{name: getattr(whole, name)[:n] for name in ("outcome", "baseline", "time", "event")})


DATA = {
    "healthy": Data(),
    "empty": blank(0, ""),
    "one patient": blank(1, "A"),
    "one patient an arm": blank(2, "AB"),
    "one arm": Data(arm="A" * 12),
    "all missing": Data(outcome=(NAN,) * 12, baseline=(NAN,) * 12, time=(NAN,) * 12, event=(NAN,) * 12),
    "one missing": Data(outcome=(NAN, *Data().outcome[1:]), time=(NAN, *Data().time[1:])),
    "infinite": Data(outcome=(INF, *Data().outcome[1:]), time=(INF, *Data().time[1:])),
    "constant outcome": Data(outcome=(0.1,) * 12, time=(2.0,) * 12),
    "constant baseline": Data(baseline=(0.1,) * 12),
    "baseline is the arm": Data(baseline=(1,) * 6 + (2,) * 6),
    "separated": Data(outcome=(1,) * 6 + (2,) * 6, event=(1,) * 6 + (0,) * 6, baseline=tuple(range(12))),
    "nobody has the event": Data(event=(0,) * 12),
    "everybody has the event": Data(event=(1,) * 12),
}


def mixed(data: Data) -> "statistics.Mmrm":
    y, n = data.visits, len(data.arm)
    here = [(f"visit {v}", np.tile([float(v == 0), float(v == 1)], n)) for v in (0, 1)]
    arm = np.repeat([float(one) for one in data.first], 2)
    columns = [*here, *((f"arm {name}", arm * at) for name, at in here), ("base", np.repeat(data.baseline, 2))]
    return statistics.mmrm(y.ravel(), np.repeat(np.arange(n), 2), np.tile([0, 1], n), columns, visits=(0, 1))


def modeled(data: Data, ask: Callable[["statistics.Mmrm", "statistics.FactorialDesign"], object]) -> object:
    n = len(data.arm)
    columns = {"ARM": [one for one in data.arm for _ in "12"], "VISIT": ["1", "2"] * n}
    levels = {"ARM": ("A", "B"), "VISIT": ("1", "2")}
    design = statistics.factorial_design(columns, ["ARM", "VISIT", ("ARM", "VISIT")], levels=levels)
    fit = statistics.mmrm(
        data.visits.ravel(), np.repeat(np.arange(n), 2), columns["VISIT"], design.columns, visits=("1", "2")
    )
    return ask(fit, design)


def propensity(data: Data) -> "statistics.Propensity":
    return statistics.propensity(data.arm, [("baseline", data.baseline)], arms=("A", "B"))


def incomplete(data: Data) -> np.ndarray:
    y = data.visits
    y[1:2, 1] = NAN
    return y


def guesses(data: Data) -> "statistics.GuessTable":
    said = ["A" if e == 1 else "B" if e == 0 else "?" for e in data.event]
    return statistics.guess_table(said, data.arm, treatment="A", control="B", unknown="?")


CHANCE = lambda: stream(1, "degenerate", 0)  # noqa: E731
S = statistics
VISITS = {"visits": (1, 2), "arms": "BA", "strategies": ("J2R",)}
METHODS: dict[str, Callable[[Data], object]] = {
    "ancova": lambda d: S.ancova(d.outcome, d.arm, d.baseline, levels="AB", reference="B"),
    "dose_response": lambda d: S.dose_response(d.outcome, d.baseline, None),
    "least_squares": lambda d: S.least_squares(
        d.outcome, [("one", [1.0] * len(d.arm)), ("base", d.baseline)]
    ).coefficient("base"),
    "batch_ancova": lambda d: S.batch_ancova([d.outcome], d.first, [d.baseline]),
    "batch_mmrm": lambda d: S.batch_mmrm(
        [d.visits], [float(one) for one in d.first], np.array(d.baseline)[:, None], engine="numpy"
    ),
    "batch_permutation": lambda d: S.batch_permutation([d.outcome], d.first),
    "permutation_test": lambda d: S.permutation_test(d.of("A"), d.of("B")),
    "shift_interval": lambda d: S.shift_interval(d.of("A"), d.of("B")),
    "hodges_lehmann": lambda d: S.hodges_lehmann(d.of("A"), d.of("B")),
    "rank_sum_test": lambda d: S.rank_sum_test(d.of("A"), d.of("B")),
    "stratified_permutation_test": lambda d: S.stratified_permutation_test(
        d.outcome, d.first, d.strata(), generator=CHANCE()
    ),
    "van_elteren": lambda d: S.van_elteren(d.outcome, d.first, d.strata(), generator=CHANCE()),
    "rerandomization_test": lambda d: S.rerandomization_test(d.outcome, d.first, S.fixed_numbers(d.first)),
    "fixed_numbers": lambda d: S.rerandomization_test(d.outcome, d.first, S.fixed_numbers(d.first, d.strata())),
    "permuted_blocks": lambda d: S.rerandomization_test(d.outcome, d.first, S.permuted_blocks(len(d.arm), 12)),
    "simple_randomization": lambda d: S.rerandomization_test(d.outcome, d.first, S.simple_randomization(len(d.arm))),
    "minimization": lambda d: S.rerandomization_test(
        d.outcome, d.first, S.minimization([d.strata()]), generator=CHANCE(), draws=99
    ),
    "mcnemar_test": lambda d: S.mcnemar_test(d.events("A"), d.events("B")),
    "mmrm": lambda d: mixed(d).coefficient("arm visit 1"),
    "mmrm_residuals": lambda d: S.mmrm_residuals(mixed(d)),
    "predicted_means": lambda d: S.predicted_means(mixed(d), [[0, 1, 0, 1, 10.0]]),
    "predict_missing": lambda d: S.predict_missing(mixed(d)),
    "simulate_outcomes": lambda d: S.simulate_outcomes(mixed(d), CHANCE(), 2),
    "least_squares_means": lambda d: modeled(
        d, lambda fit, design: S.least_squares_means(fit, design, ("ARM", "VISIT"))
    ),
    "mean_differences": lambda d: modeled(
        d, lambda fit, design: S.mean_differences(fit, design, "ARM", reference="B", by=("VISIT",))
    ),
    "type_three_tests": lambda d: modeled(d, S.type_three_tests),
    "factorial_design": lambda d: modeled(d, lambda fit, design: fit.coefficient(design.columns[0][0])),
    "reference_based": lambda d: S.reference_based(
        incomplete(d), d.arm, d.baseline, visits=(1, 2), arms="BA", strategies=("J2R",)
    ),
    "tipping_point": lambda d: S.tipping_point(
        incomplete(d), d.arm, d.baseline, visits=(1, 2), arms="BA", treated="A", visit=2
    ),
    "boschloo": lambda d: S.boschloo(d.table),
    "barnard": lambda d: S.barnard(d.table),
    "fisher_exact": lambda d: S.fisher_exact(d.table),
    "chi_square_test": lambda d: S.chi_square_test(d.table),
    "exact_table": lambda d: S.exact_table("boschloo", d.arm.count("A"), d.arm.count("B")).size(),
    "clopper_pearson": lambda d: S.clopper_pearson(d.events("A"), d.arm.count("A")),
    "wilson": lambda d: S.wilson(d.events("A"), d.arm.count("A")),
    "newcombe": lambda d: S.newcombe(d.events("A"), d.arm.count("A"), d.events("B"), d.arm.count("B")),
    "miettinen_nurminen": lambda d: S.miettinen_nurminen(
        d.events("A"), d.arm.count("A"), d.events("B"), d.arm.count("B")
    ),
    "exact_difference": lambda d: S.exact_difference(
        d.events("A"), d.arm.count("A"), d.events("B"), d.arm.count("B")
    ),
    "incidence_rate": lambda d: S.incidence_rate(d.events("A"), sum(d.of("A", d.time))),
    "rate_ratio": lambda d: S.rate_ratio(d.events("A"), sum(d.of("A", d.time)), d.events("B"), sum(d.of("B", d.time))),
    "kaplan_meier": lambda d: S.kaplan_meier(d.time, d.event),
    "log_rank_test": lambda d: S.log_rank_test(d.time, d.event, d.arm, levels="AB"),
    "exact_log_rank_test": lambda d: S.exact_log_rank_test(d.time, d.event, d.first),
    "describe": lambda d: S.describe(d.outcome),
    "quantile": lambda d: S.quantile(d.outcome, 0.5),
    "one_way_anova": lambda d: S.one_way_anova([d.of("A"), d.of("B")]),
    "bland_altman": lambda d: S.bland_altman(d.outcome, d.baseline),
    "intraclass_correlations": lambda d: S.intraclass_correlations(np.column_stack([d.outcome, d.baseline])),
    "measurement_error": lambda d: S.measurement_error(np.column_stack([d.outcome, d.baseline])),
    "weighted_kappa": lambda d: S.weighted_kappa(
        [float(e) for e in d.event], [float(one) for one in d.first], levels=(0.0, 1.0)
    ),
    "guess_table": lambda d: S.bang_indices(guesses(d)),
    "bang_index": lambda d: S.bang_index(d.events("A"), d.arm.count("A") - d.events("A"), 0),
    "bang_indices": lambda d: S.bang_indices(guesses(d)),
    "james_index": lambda d: S.james_index(guesses(d)),
    "propensity": lambda d: propensity(d).scores,
    "balancing_weights": lambda d: S.balancing_weights(propensity(d)),
    "covariate_balance": lambda d: S.covariate_balance(propensity(d), S.balancing_weights(propensity(d))),
    "kish_sample_size": lambda d: S.kish_sample_size(d.outcome),
    "overlap": lambda d: S.overlap(propensity(d)),
    "weighted_difference": lambda d: S.weighted_difference(d.outcome, propensity(d)),
    "bootstrap_difference": lambda d: S.bootstrap_difference(d.outcome, propensity(d), CHANCE(), replicates=100),
    "bootstrap_interval": lambda d: S.bootstrap_interval(1.0, d.outcome * 9),
    "pool": lambda d: S.pool(d.outcome, d.baseline),
    "multiple_imputation": lambda d: S.multiple_imputation(
        incomplete(d), d.arm, d.baseline, CHANCE(), imputations=20, **VISITS
    ),
    "bootstrap_imputation": lambda d: S.bootstrap_imputation(
        incomplete(d), d.arm, d.baseline, CHANCE(), replicates=100, **VISITS
    ),
    "posterior_draws": lambda d: S.posterior_draws(
        incomplete_trial(incomplete(d), d.arm, d.baseline, (1, 2), "BA", None, "unstructured", False), CHANCE(), 20
    ),
    "map_normal": lambda d: S.map_normal(d.outcome, d.baseline, tau=S.half_normal(2.0), mu=(0, 15)).predictive.mean,
    "map_binomial": lambda d: (
        S.map_binomial(
            [d.events("A"), d.events("B")], [d.arm.count("A"), d.arm.count("B")], tau=S.half_normal(1.0)
        ).predictive.mean
    ),
    "map_poisson": lambda d: S.map_poisson(
        [d.events("A"), d.events("B")], [sum(d.of("A", d.time)), sum(d.of("B", d.time))], tau=S.half_normal(0.25)
    ).predictive.quantile([0.5]),
}

# Which columns a method reads; a data set that spoils none of them must give a result, any other a refusal.
READS = {
    **dict.fromkeys(
        [
            "ancova",
            "batch_ancova",
            "mmrm",
            "mmrm_residuals",
            "predicted_means",
            "predict_missing",
            "simulate_outcomes",
            "batch_mmrm",
            "reference_based",
            "tipping_point",
            "multiple_imputation",
            "bootstrap_imputation",
            "posterior_draws",
            "weighted_difference",
            "bootstrap_difference",
        ],
        "arm outcome baseline",
    ),
    **dict.fromkeys(
        [
            "dose_response",
            "least_squares",
            "bland_altman",
            "intraclass_correlations",
            "measurement_error",
            "pool",
            "map_normal",
        ],
        "outcome baseline",
    ),
    **dict.fromkeys(["describe", "quantile", "kish_sample_size", "bootstrap_interval"], "outcome"),
    **dict.fromkeys(["propensity", "balancing_weights", "covariate_balance", "overlap"], "arm baseline"),
    **dict.fromkeys(
        ["incidence_rate", "rate_ratio", "log_rank_test", "exact_log_rank_test", "map_poisson"], "arm time event"
    ),
    "kaplan_meier": "time event",
    "exact_table": "arm",
    **dict.fromkeys(
        [
            "mcnemar_test",
            "boschloo",
            "barnard",
            "fisher_exact",
            "chi_square_test",
            "clopper_pearson",
            "wilson",
            "newcombe",
            "miettinen_nurminen",
            "exact_difference",
            "weighted_kappa",
            "guess_table",
            "bang_index",
            "bang_indices",
            "james_index",
            "map_binomial",
        ],
        "arm event",
    ),
}
READS = {name: set(READS.get(name, "arm outcome").split()) for name in METHODS}

EVERYTHING = "arm outcome baseline time event"
SPOILS = {
    "healthy": "",
    "empty": EVERYTHING,
    "one patient": EVERYTHING,
    "one patient an arm": EVERYTHING,
    "one arm": "arm",
    "all missing": "outcome baseline time event",
    "one missing": "outcome time",
    "infinite": "outcome time",
    "constant outcome": "outcome time",
    "constant baseline": "baseline",
    "baseline is the arm": "baseline",
    "separated": "outcome baseline event",
    "nobody has the event": "event",
    "everybody has the event": "event",
}

# Results in spite of a spoiled column, and why each is right.
SMALL = {"one patient an arm": "exact tests and intervals say that two patients tell nothing: p = 1, or the whole line"}
APART = {"separated": "exact distributions do not mind that the arms do not overlap"}
CODED = dict.fromkeys(
    ["all missing", "infinite", "one missing", "constant outcome", "one arm", "one patient"],
    "NaN with a status that says why",
)
UNIFORM = {"nobody has the event": "0 of n is an outcome", "everybody has the event": "n of n is an outcome"}
ONE_GROUP = {
    "one arm": "the function reads one group, or says that a margin is empty",
    "one patient": "0 or 1 of 1 is an outcome",
}
PAIRED = dict.fromkeys(
    ["baseline is the arm", "constant baseline", "constant outcome", "separated", "one patient an arm"],
    "one of two raters varies, or two people do",
)
GUESSED = {**UNIFORM, **ONE_GROUP, **SMALL, **APART, "empty": "no guess: the index is None with n = 0"}
LABELED = dict.fromkeys(
    ["baseline is the arm", "separated"], "the propensity model says 'separated', the penalty keeps it finite"
)
SAME_TIME = {"constant outcome": "all at the same time is a tie, and a tie is data"}
RESULTS: dict[str, dict[str, str]] = {
    **dict.fromkeys(
        ["dose_response", "least_squares"],
        dict.fromkeys(["baseline is the arm", "separated"], "the arm is not read, and the line fits badly"),
    ),
    "batch_ancova": {
        **CODED,
        **SMALL,
        **APART,
        **dict.fromkeys(["constant baseline", "baseline is the arm"], "NaN with a status"),
    },
    "batch_mmrm": dict.fromkeys(
        [
            "baseline is the arm",
            "constant baseline",
            "constant outcome",
            "one arm",
            "one patient",
            "one patient an arm",
            "separated",
        ],
        "NaN with a status that says why",
    )
    | {"one missing": "the likelihood leaves missing outcomes missing"},
    "batch_permutation": {**CODED, **SMALL, **APART},
    **{
        key: {**SMALL, **APART}
        for key in [
            "permutation_test",
            "shift_interval",
            "hodges_lehmann",
            "rank_sum_test",
            "rerandomization_test",
            "fixed_numbers",
            "permuted_blocks",
            "simple_randomization",
            "minimization",
        ]
    },
    **dict.fromkeys(["stratified_permutation_test", "van_elteren"], APART),
    "mcnemar_test": {**UNIFORM, **ONE_GROUP, **SMALL, **APART, "empty": "no pair disagrees: p = 1 by definition"},
    **{key: {**UNIFORM, **SMALL, **APART} for key in ["boschloo", "barnard", "newcombe", "miettinen_nurminen", "exact_difference"]},
    "fisher_exact": {**UNIFORM, **ONE_GROUP, **SMALL, **APART},
    "chi_square_test": {**SMALL, **APART},
    "exact_table": SMALL,
    **{key: {**UNIFORM, **ONE_GROUP, **SMALL, **APART} for key in ["clopper_pearson", "wilson"]},
    "incidence_rate": {**UNIFORM, **ONE_GROUP, **SMALL, **APART, **SAME_TIME},
    "rate_ratio": {**UNIFORM, **SMALL, **APART, **SAME_TIME},
    "kaplan_meier": {**UNIFORM, **SMALL, **APART, **SAME_TIME, "one patient": "a curve with one step, without limits"},
    **{
        key: {**SMALL, **APART, **SAME_TIME, "everybody has the event": "nothing is censored"}
        for key in ["log_rank_test", "exact_log_rank_test"]
    },
    **{
        key: {**SMALL, **APART, "constant outcome": "deviation 0", "one patient": "deviation None"}
        for key in ["describe", "quantile"]
    },
    "kish_sample_size": dict.fromkeys(
        ["constant outcome", "one patient", "one patient an arm", "separated"], "the outcome stands in for weights"
    ),
    **dict.fromkeys(["bland_altman", "intraclass_correlations", "measurement_error"], PAIRED),
    "weighted_kappa": {**UNIFORM, **SMALL, **APART, "one arm": "one rater says the same of all: kappa is 0"},
    "bang_index": GUESSED,
    **{
        key: {**GUESSED, "all missing": "everybody answered 'do not know'"}
        for key in ["guess_table", "bang_indices", "james_index"]
    },
    **dict.fromkeys(["propensity", "balancing_weights", "overlap"], LABELED),
    "covariate_balance": APART,
    **{key: {"baseline is the arm": LABELED["separated"]} for key in ["weighted_difference", "bootstrap_difference"]},
    "bootstrap_interval": APART,
    "pool": dict.fromkeys(
        ["baseline is the arm", "constant baseline", "constant outcome", "one patient an arm"],
        "equal variances, or equal estimates, can be pooled",
    ),
    "map_normal": dict.fromkeys(
        ["baseline is the arm", "constant baseline", "constant outcome", "one patient", "one patient an arm"],
        "even one earlier trial makes a prior, a wide one",
    ),
    "map_binomial": {**UNIFORM, **SMALL, **APART},
    "map_poisson": {**UNIFORM, **SMALL, **APART, **SAME_TIME},
}


def normal_trial(mean: float) -> "statistics.NormalTrial":
    return S.NormalTrial(means=[[0, 0], [0, mean]], covariance=[[4, 2], [2, 4]], sizes=(10, 10))


# Functions of numbers alone: a number that is none, in their first place.
SCALARS: dict[str, Callable[[float], object]] = {
    "clopper_pearson": lambda x: S.clopper_pearson(x, 10),  # type: ignore[arg-type]
    "wilson": lambda x: S.wilson(x, 10),  # type: ignore[arg-type]
    "newcombe": lambda x: S.newcombe(x, 10, 3, 10),  # type: ignore[arg-type]
    "miettinen_nurminen": lambda x: S.miettinen_nurminen(x, 10, 3, 10),  # type: ignore[arg-type]
    "exact_difference": lambda x: S.exact_difference(x, 10, 3, 10),  # type: ignore[arg-type]
    "mcnemar_test": lambda x: S.mcnemar_test(x, 3),  # type: ignore[arg-type]
    "incidence_rate": lambda x: S.incidence_rate(3, x),
    "rate_ratio": lambda x: S.rate_ratio(3, x, 4, 1.0),
    "bang_index": lambda x: S.bang_index(x, 3, 4),  # type: ignore[arg-type]
    "boschloo": lambda x: S.boschloo([[x, 3], [4, 5]]),  # type: ignore[list-item]
    "barnard": lambda x: S.barnard([[x, 3], [4, 5]]),  # type: ignore[list-item]
    "fisher_exact": lambda x: S.fisher_exact([[x, 3], [4, 5]]),  # type: ignore[list-item]
    "chi_square_test": lambda x: S.chi_square_test([[x, 3], [4, 5]]),  # type: ignore[list-item]
    "exact_table": lambda x: S.exact_table("fisher", x, 5),  # type: ignore[arg-type]
    "smallest_detectable_change": lambda x: S.smallest_detectable_change(x),
    "simple_randomization": lambda x: S.simple_randomization(4, x),
    "minimization": lambda x: S.minimization(["ab"], probability=x),
    "simulate_trials": lambda x: S.simulate_trials(CHANCE(), 3, n_first=2, n_second=2, correlation=x),
    "draw_trials": lambda x: S.draw_trials(normal_trial(x), 3, CHANCE()),
    "simulate_mmrm": lambda x: S.simulate_mmrm(normal_trial(x), 3, seed=1, scenario=1, engine="numpy"),
    "quantile": lambda x: S.quantile([1, 2, 3], x),
    "stream": lambda x: S.stream(x, 1, 1),  # type: ignore[arg-type]
    "chunks": lambda x: S.chunks(x),  # type: ignore[arg-type]
    "e_value": lambda x: S.e_value(x),
    "e_value_of_difference": lambda x: S.e_value_of_difference(x, 1.0),
    "bias_bound": lambda x: S.bias_bound(x, with_treatment=2.0, with_outcome=2.0),
    "difference_bias": lambda x: S.difference_bias(x, 0.5),
    "level_selection": lambda x: S.level_selection(x, 12, 9, 40),
    "change_model": lambda x: S.change_model(x, 7.5, 4.0, 0.3),
    "persistence_from": lambda x: S.persistence_from(x, 7.5, 4.0),
    "selection_effect": lambda x: S.selection_effect(S.change_model(-2, 7.5, 4.0, 0.3), x),
    "selection_grid": lambda x: S.selection_grid(x, 7.5, 0.0, measurement_errors=(4.0,), persistences=(0.3,)),
    "simulate_selection": lambda x: S.simulate_selection(S.change_model(-2, 7.5, 4.0, 0.3), x, CHANCE(), 100),
    "false_claims": lambda x: S.false_claims(S.change_model(-2, 7.5, 4.0, 0.3), x, (10, 10), CHANCE(), trials=50),
    "bootstrap_interval": lambda x: S.bootstrap_interval(x, np.linspace(-1, 1, 200)),
    "corrected_difference": lambda x: S.corrected_difference(
        x,
        1.0,
        18,
        CHANCE(),
        cut=0.0,
        mean_change=-2.0,
        sd_change=7.5,
        sd_df=19,
        measurement_error=4.0,
        error_df=20,
        persistence=(0.1, 0.5),
        draws=500,
    ),
}

BETA = S.BetaMixture(weights=(0.9, 0.1), a=(4.0, 1.0), b=(16.0, 1.0))
NORMAL = S.NormalMixture(weights=(0.8, 0.2), means=(-4.0, -4.0), sds=(2.0, 7.5))
SCALARS |= {
    "half_normal": lambda x: S.half_normal(x),
    "half_cauchy": lambda x: S.half_cauchy(x),
    "half_t": lambda x: S.half_t(x, 4),
    "uniform_heterogeneity": lambda x: S.uniform_heterogeneity(x),
    "beta_prior": lambda x: S.beta_prior(x, 1),
    "normal_prior": lambda x: S.normal_prior(x, 1),
    "robustify_beta": lambda x: S.robustify_beta(BETA, x),
    "robustify_normal": lambda x: S.robustify_normal(NORMAL, x, unit_sd=7.5),
    "shifted": lambda x: S.shifted(NORMAL, x, 2.0),
    "update_binomial": lambda x: S.update_binomial(BETA, x, 10),  # type: ignore[arg-type]
    "update_normal": lambda x: S.update_normal(NORMAL, x, 1.0),
    "predict_binomial": lambda x: S.predict_binomial(BETA, x),  # type: ignore[arg-type]
    "predict_normal": lambda x: S.predict_normal(NORMAL, x),
    "binomial_conflict": lambda x: S.binomial_conflict(BETA, x, 10),  # type: ignore[arg-type]
    "normal_conflict": lambda x: S.normal_conflict(NORMAL, x, 1.0),
    "difference_below": lambda x: S.difference_below(NORMAL, NORMAL, x),
    "ess_moment": lambda x: S.ess_moment(NORMAL, unit_sd=x),
    "ess_elir": lambda x: S.ess_elir(NORMAL, unit_sd=x),
    "ess_morita": lambda x: S.ess_morita(NORMAL, unit_sd=x),
    "tipping_weight_binomial": lambda x: S.tipping_weight_binomial(BETA, BETA, BETA, events=x, n=10, threshold=0.9),  # type: ignore[arg-type]
    "tipping_weight_normal": lambda x: S.tipping_weight_normal(
        NORMAL, NORMAL, NORMAL, mean=x, standard_error=2.4, threshold=0.9
    ),
}

# Public functions that compute nothing from data: what they are given has been checked when it was made.
NO_ANALYSIS = {"status_counts": "counts codes", "warm_up": "compiles"} | dict.fromkeys(
    [
        "fit_mixture",
        "learned_heterogeneity",
        "binomial_assurance",
        "binomial_decisions",
        "binomial_success",
        "normal_assurance",
        "normal_boundary",
        "normal_success",
    ],
    "takes distributions and designs",
)


def numbers(result: object, name: str = "") -> Iterator[tuple[str, float]]:
    """Every number inside a result, with the name of the field that it stands in."""
    if attrs.has(type(result)):
        for field in attrs.fields(type(result)):
            yield from numbers(getattr(result, field.name), field.name)
    elif isinstance(result, np.ndarray):
        if result.dtype.kind == "f":
            yield from ((name, float(one)) for one in result.ravel())
    elif isinstance(result, dict):
        for one in result.values():
            yield from numbers(one, name)
    elif isinstance(result, tuple | list):
        for one in result:
            yield from numbers(one, name)
    elif isinstance(result, float) and not isinstance(result, Enum):
        yield name, float(result)


def silent(result: object) -> list[str]:
    """The fields that hold NaN, or an infinity that is no limit, without a status that explains it."""
    codes = getattr(result, "status", None)
    explained = isinstance(codes, np.ndarray) and codes.size > 0 and bool((codes != TrialStatus.ANALYZED).all())
    limits = ("lower", "upper", "estimate", "confidence", "df", "complete_df")
    return [
        f"{name} = {value}"
        for name, value in numbers(result)
        if (np.isnan(value) and not explained) or (np.isinf(value) and name not in limits)
    ]


def outcome(call: Callable[[], object]) -> object:
    """The result, or the refusal in words; a warning is a silent failure and counts as an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return call()
        except StatisticsError as refusal:
            assert len(str(refusal)) > 15, "a refusal says what is wrong"
            assert not str(refusal).lower().startswith("nan")
            return refusal


def test_every_public_function_is_here() -> None:
    """A new method is added to ``METHODS`` (data) or ``SCALARS`` (numbers) above, or says in ``NO_ANALYSIS`` why it need not."""
    public = {name for name in S.__all__ if inspect.isfunction(getattr(S, name))}
    assert public - METHODS.keys() - SCALARS.keys() - NO_ANALYSIS.keys() == set()
    assert (METHODS.keys() | SCALARS.keys() | NO_ANALYSIS.keys()) - public == set()
    assert set(SPOILS) == set(DATA)


@pytest.mark.parametrize("method", METHODS)
def test_degenerate_data_end_in_words_or_in_a_labeled_result(method: str) -> None:
    refused, told = set(), set()
    for name, data in DATA.items():
        found = outcome(lambda data=data: METHODS[method](data))  # type: ignore[misc]
        if isinstance(found, StatisticsError):
            refused.add(name)
        else:
            assert silent(found) == [], name
            told.add(name)
    expected = {name for name, spoiled in SPOILS.items() if not READS[method] & set(spoiled.split())}
    assert told == expected | RESULTS.get(method, {}).keys()
    assert refused == DATA.keys() - told


@pytest.mark.parametrize("method", SCALARS)
def test_no_number_is_refused_as_a_number(method: str) -> None:
    for value in (NAN, INF):
        assert isinstance(outcome(lambda value=value: SCALARS[method](value)), StatisticsError), value  # type: ignore[misc]


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"a": NAN}, [" = nan"]),
        ((1.0, [np.array([2.0, NAN])]), [" = nan"]),
        (Data(outcome=(INF,)), ["outcome = inf"]),
        (S.rate_ratio(1, 1.0, 0, 1.0), []),
        (S.batch_ancova([[1, 1, 1, 1]], [1, 1, 0, 0], None), []),
        (S.describe([1, 2]), []),
    ],
)
def test_a_silent_number_would_be_found(result: object, expected: list[str]) -> None:
    assert silent(result) == expected


def test_a_warning_and_a_foreign_error_would_be_found() -> None:
    with pytest.raises(RuntimeWarning):
        outcome(lambda: np.log(np.array([-1.0])))
    with pytest.raises(ZeroDivisionError):
        outcome(lambda: 1 / 0)
