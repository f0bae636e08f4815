"""The statistical methods: arrays in, numbers out; this room knows no trial, and every number in it has a witness.

What it offers:

- ``ancova``, ``dose_response``: adjusted means and differences with Student t intervals, F tests, trend in dose.
- ``permutation_test``, ``shift_interval``: exact test of a difference in means and the interval that inverts it.
- ``hodges_lehmann``, ``rank_sum_test``: median shift with exact interval, exact Wilcoxon test, both with ties.
- ``stratified_permutation_test``, ``van_elteren``, ``mcnemar_test``: tests that respect blocks, strata and pairs.
- ``bang_index``, ``bang_indices``, ``james_index``, ``guess_table``: did the assessor stay blind?
- ``intraclass_correlations``, ``measurement_error``, ``smallest_detectable_change``, ``bland_altman``,
  ``weighted_kappa``: do evaluators agree, and which change exceeds their error?
- ``describe``, ``quantile``, ``one_way_anova``: the lines of a demographics table.
- ``clopper_pearson``, ``wilson``, ``chi_square_test``, ``fisher_exact``: counts of patients.
- ``newcombe``, ``miettinen_nurminen``, ``exact_difference``, ``boschloo``, ``barnard``: two proportions, exactly or nearly so.
- ``incidence_rate``, ``rate_ratio``: events per time at risk; ``kaplan_meier``, ``log_rank_test``: time to event.
- ``mmrm``: mixed model for repeated measures with Kenward-Roger inference, missing visits left missing.
- ``factorial_design``, ``least_squares_means``, ``mean_differences``, ``type_three_tests``: what a report asks of it.
- ``mmrm_residuals``, ``predicted_means``, ``predict_missing``, ``simulate_outcomes``: what it says about single patients.
- ``reference_based``: what if patients who left went on like the reference arm (J2R, CR, CIR), with a jackknife error.
- ``tipping_point``: how much worse those who left would have to be for the conclusion to fall.
- ``pool``: Rubin's rules for several imputed data sets, with Barnard and Rubin's degrees of freedom.
- ``stream``, ``chunks``: random numbers by seed, scenario and chunk, the same whoever computes them.
- ``batch_ancova``: covariance analysis of hundreds of thousands of simulated trials a second, each with its status.
- ``propensity``, ``balancing_weights``, ``weighted_difference``, ``bootstrap_difference``, ``covariate_balance``,
  ``overlap``, ``kish_sample_size``: arms that were not randomized, weighted to look alike.
- ``batch_permutation``: the exact permutation test of many trials at once, with strata.
- ``rerandomization_test``: by the allocation actually used (``fixed_numbers``, ``permuted_blocks``,
  ``simple_randomization``, ``minimization``), exact where it can be.
- ``e_value``, ``e_value_of_difference``, ``bias_bound``, ``difference_bias``: what something unmeasured could do.
- ``change_model``, ``selection_effect``, ``simulate_selection``, ``selection_grid``, ``level_selection``, ``corrected_difference``,
  ``false_claims``: what choosing patients by their last change does by itself (regression to the mean).
- ``exact_table``: all p-values of Boschloo, Barnard or Fisher at once, with exact size and power.
- ``map_normal``, ``map_binomial``, ``map_poisson``: what earlier trials say about the next one, under ``half_normal``,
  ``half_cauchy``, ``half_t``, ``uniform_heterogeneity`` or ``learned_heterogeneity`` for how much trials differ.
- ``fit_mixture``, ``robustify_normal``, ``robustify_beta``, ``shifted``: that prior in a few numbers, with room for doubt.
- ``update_normal``, ``update_binomial``, ``predict_normal``, ``predict_binomial``: posterior and prediction.
- ``ess_moment``, ``ess_elir``, ``ess_morita``: how many patients a prior is worth.
- ``difference_below``, ``Decision``, ``normal_boundary``, ``normal_success``, ``binomial_decisions``, ``binomial_success``,
  ``normal_assurance``, ``binomial_assurance``: posterior probabilities, decisions and how often they are right.
- ``normal_conflict``, ``binomial_conflict``, ``tipping_weight_normal``, ``tipping_weight_binomial``: does the trial
  contradict its prior, and would another weight on it change the conclusion?
- ``multiple_imputation``, ``bootstrap_imputation``: the same strategies with random draws and Rubin's rules, or by resampling.
- ``batch_mmrm``, ``simulate_mmrm``: the mixed model of thousands of small trials at once, given or drawn; ``warm_up`` compiles it.
- ``least_squares``: the linear model underneath, with robust covariances.
- ``trialwright.statistics.formula``: the mixed model, ``ancova`` and ``least_squares`` from formulas over tables, with formulaic.

Data that cannot carry an analysis raise ``StatisticsError``, a ``ValueError`` that says which argument, why, and how
to mend it. Missing values are refused: how they are handled belongs to the estimand, not to the arithmetic. The one
exception is ``mmrm``, whose likelihood is a way to handle missing outcomes.
"""

from trialwright.statistics.agreement import (
    BlandAltman,
    IntraclassCorrelation,
    IntraclassCorrelations,
    Limit,
    MeasurementError,
    bland_altman,
    intraclass_correlations,
    measurement_error,
    smallest_detectable_change,
)
from trialwright.statistics.allocation_procedures import (
    Block,
    fixed_numbers,
    minimization,
    permuted_blocks,
    simple_randomization,
)
from trialwright.statistics.ancova import Ancova, Difference, DoseResponse, GroupMean, ancova, dose_response
from trialwright.statistics.arguments import StatisticsError
from trialwright.statistics.batch_ancova import BatchAncova, batch_ancova, simulate_trials
from trialwright.statistics.batch_mmrm import BatchMmrm, RejectionRate, batch_mmrm
from trialwright.statistics.batch_mmrm_status import MmrmStatus
from trialwright.statistics.batch_permutation import BatchPermutation, batch_permutation
from trialwright.statistics.batches import TrialStatus, status_counts
from trialwright.statistics.blinding_index import (
    BlindingIndex,
    GuessTable,
    bang_index,
    bang_indices,
    guess_table,
    james_index,
)
from trialwright.statistics.bootstrap import BootstrapInterval, bootstrap_interval
from trialwright.statistics.conjugate import (
    predict_binomial,
    predict_normal,
    robustify_beta,
    robustify_normal,
    shifted,
    update_binomial,
    update_normal,
)
from trialwright.statistics.covariate_balance import CovariateBalance, Overlap, covariate_balance, overlap
from trialwright.statistics.decision_rule import (
    BinomialDesign,
    Decision,
    NormalDesign,
    binomial_assurance,
    binomial_decisions,
    binomial_success,
    normal_assurance,
    normal_boundary,
    normal_success,
)
from trialwright.statistics.e_value import (
    BiasBound,
    EValue,
    bias_bound,
    difference_bias,
    e_value,
    e_value_of_difference,
)
from trialwright.statistics.effective_sample_size import ess_elir, ess_moment, ess_morita
from trialwright.statistics.exact_difference import exact_difference
from trialwright.statistics.exact_tables import ExactTable, Size, exact_table
from trialwright.statistics.factorial_design import FactorialDesign, factorial_design
from trialwright.statistics.grid_density import GridDensity
from trialwright.statistics.heterogeneity_prior import (
    HeterogeneityPrior,
    half_cauchy,
    half_normal,
    half_t,
    learned_heterogeneity,
    uniform_heterogeneity,
)
from trialwright.statistics.hodges_lehmann import HodgesLehmann, RankSumTest, hodges_lehmann, rank_sum_test
from trialwright.statistics.incidence import IncidenceRate, RateRatio, incidence_rate, rate_ratio
from trialwright.statistics.least_squares import Estimate, FTest, LeastSquares, least_squares
from trialwright.statistics.least_squares_means import (
    LeastSquaresMean,
    MeanDifference,
    least_squares_means,
    mean_differences,
    type_three_tests,
)
from trialwright.statistics.meta_analytic_counts import map_binomial, map_poisson
from trialwright.statistics.meta_analytic_prior import MetaAnalyticPrior, map_normal
from trialwright.statistics.mixture import BetaMixture, NormalMixture, beta_prior, normal_prior
from trialwright.statistics.mixture_fit import MixtureFit, fit_mixture
from trialwright.statistics.mmrm import LADDER, Mmrm, mmrm
from trialwright.statistics.mmrm_prediction import (
    ConditionalPrediction,
    mmrm_residuals,
    predict_missing,
    predicted_means,
    simulate_outcomes,
)
from trialwright.statistics.multiple_imputation import (
    BootstrapImputation,
    MultipleImputation,
    bootstrap_imputation,
    multiple_imputation,
)
from trialwright.statistics.permutation import PermutationTest, ShiftInterval, permutation_test, shift_interval
from trialwright.statistics.posterior_draws import PosteriorDraws, posterior_draws
from trialwright.statistics.posterior_probability import difference_below
from trialwright.statistics.prior_conflict import (
    PriorConflict,
    PriorWeightTipping,
    binomial_conflict,
    normal_conflict,
    tipping_weight_binomial,
    tipping_weight_normal,
)
from trialwright.statistics.propensity import Propensity, propensity
from trialwright.statistics.proportions import (
    ChiSquareTest,
    Proportion,
    chi_square_test,
    clopper_pearson,
    fisher_exact,
    wilson,
)
from trialwright.statistics.reference_based import NormalEstimate, ReferenceBased, reference_based
from trialwright.statistics.regression_to_the_mean import (
    ChangeModel,
    SelectionEffect,
    SimulatedSelection,
    change_model,
    level_selection,
    persistence_from,
    selection_effect,
    selection_grid,
    simulate_selection,
)
from trialwright.statistics.rerandomization import RerandomizationTest, rerandomization_test
from trialwright.statistics.risk_difference import RiskDifference, miettinen_nurminen, newcombe
from trialwright.statistics.rubin import Pooled, pool
from trialwright.statistics.selection_correction import (
    CorrectedDifference,
    FalseClaims,
    corrected_difference,
    false_claims,
)
from trialwright.statistics.simulated_mmrm import BaselineEffect, DropOut, NormalTrial, draw_trials, simulate_mmrm
from trialwright.statistics.stratified import (
    McNemarTest,
    StratifiedTest,
    mcnemar_test,
    stratified_permutation_test,
    van_elteren,
)
from trialwright.statistics.streams import Chunk, chunks, stream
from trialwright.statistics.summary import Summary, describe, one_way_anova, quantile
from trialwright.statistics.survival import (
    LogRankTest,
    SurvivalCurve,
    SurvivalStep,
    exact_log_rank_test,
    kaplan_meier,
    log_rank_test,
)
from trialwright.statistics.tipping_point import TippingPoint, tipping_point
from trialwright.statistics.unconditional import UnconditionalTest, barnard, boschloo
from trialwright.statistics.warm_up import warm_up
from trialwright.statistics.weighted_kappa import WeightedKappa, weighted_kappa
from trialwright.statistics.weighting import (
    WeightedDifference,
    balancing_weights,
    bootstrap_difference,
    kish_sample_size,
    weighted_difference,
)

__all__ = [
    "Ancova", "BaselineEffect", "BatchMmrm", "BatchAncova", "BatchPermutation", "BetaMixture", "BiasBound",
    "BinomialDesign", "BlandAltman", "BlindingIndex", "Block", "BootstrapImputation", "BootstrapInterval",
    "ChangeModel", "ChiSquareTest", "Chunk", "ConditionalPrediction", "CorrectedDifference", "CovariateBalance",
    "Decision", "Difference", "DoseResponse", "DropOut", "Estimate", "EValue", "ExactTable", "FactorialDesign",
    "FalseClaims", "FTest", "GridDensity", "GroupMean", "GuessTable", "HeterogeneityPrior", "HodgesLehmann",
    "IncidenceRate", "IntraclassCorrelation", "IntraclassCorrelations", "LADDER", "LeastSquares", "LeastSquaresMean",
    "Limit", "LogRankTest", "McNemarTest", "MeanDifference", "MeasurementError", "MetaAnalyticPrior", "MixtureFit",
    "Mmrm", "MmrmStatus", "NormalTrial", "MultipleImputation", "NormalDesign", "NormalEstimate", "NormalMixture",
    "Overlap", "PermutationTest", "Pooled", "PosteriorDraws", "PriorConflict", "PriorWeightTipping", "Propensity",
    "Proportion", "RankSumTest", "RateRatio", "ReferenceBased", "RejectionRate", "RerandomizationTest",
    "RiskDifference", "SelectionEffect", "ShiftInterval", "SimulatedSelection", "Size", "StatisticsError",
    "StratifiedTest", "Summary", "SurvivalCurve", "SurvivalStep", "TippingPoint", "TrialStatus", "UnconditionalTest",
    "WeightedDifference", "WeightedKappa", "ancova", "balancing_weights", "bang_index", "bang_indices", "barnard",
    "batch_ancova", "batch_permutation", "batch_mmrm", "beta_prior", "bias_bound", "binomial_assurance",
    "binomial_conflict", "binomial_decisions", "binomial_success", "bland_altman", "bootstrap_difference",
    "bootstrap_imputation", "bootstrap_interval", "boschloo", "change_model", "chi_square_test", "chunks",
    "clopper_pearson", "corrected_difference", "covariate_balance", "describe", "difference_below", "difference_bias",
    "dose_response", "draw_trials", "e_value", "e_value_of_difference", "ess_elir", "ess_moment", "ess_morita",
    "exact_difference", "exact_log_rank_test", "exact_table", "factorial_design", "false_claims", "fisher_exact", "fit_mixture",
    "fixed_numbers", "guess_table", "half_cauchy", "half_normal", "half_t", "hodges_lehmann", "incidence_rate",
    "intraclass_correlations", "james_index", "kaplan_meier", "kish_sample_size", "learned_heterogeneity",
    "least_squares", "least_squares_means", "level_selection", "log_rank_test", "map_binomial", "map_normal",
    "map_poisson", "mcnemar_test", "mean_differences", "measurement_error", "miettinen_nurminen", "minimization",
    "mmrm", "mmrm_residuals", "multiple_imputation", "newcombe", "normal_assurance", "normal_boundary",
    "normal_conflict", "normal_prior", "normal_success", "one_way_anova", "overlap", "permutation_test",
    "permuted_blocks", "persistence_from", "pool", "posterior_draws", "predict_binomial", "predict_missing",
    "predict_normal", "predicted_means", "propensity", "quantile", "rank_sum_test", "rate_ratio", "reference_based",
    "rerandomization_test", "robustify_beta", "robustify_normal", "selection_effect", "selection_grid",
    "shift_interval", "shifted", "simple_randomization", "simulate_outcomes", "simulate_mmrm", "simulate_selection",
    "simulate_trials", "smallest_detectable_change", "status_counts", "stratified_permutation_test", "stream",
    "tipping_point", "tipping_weight_binomial", "tipping_weight_normal", "type_three_tests", "uniform_heterogeneity",
    "update_binomial", "update_normal", "van_elteren", "weighted_difference", "warm_up", "weighted_kappa", "wilson",
]  # fmt: skip
