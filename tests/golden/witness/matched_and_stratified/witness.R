# McNemar's test (base R) and van Elteren's stratified rank sum test (coin). Run in this folder: Rscript witness.R
suppressMessages(library(coin))
library(jsonlite)
mcnemar <- lapply(list(c(1, 6), c(2, 9), c(5, 5), c(0, 4), c(12, 3)), function(d) {
  table <- matrix(c(10, d[2], d[1], 8), 2)
  chi <- mcnemar.test(table, correct = FALSE)
  list(first_only = d[1], second_only = d[2], exact = binom.test(d[1], sum(d))$p.value, chisq = unname(chi$statistic), p = chi$p.value)
})
set.seed(20)
strata <- rep(c("S1", "S2", "S3"), c(8, 7, 9))
group <- unlist(lapply(c(8, 7, 9), function(n) sample(rep(c("T", "C"), length.out = n))))
score <- round(rnorm(24, 20 + 3 * (group == "T") + 4 * (strata == "S2"), 3))
# van Elteren's weights: each stratum's rank sum divided by its size plus one.
weighted <- ave(score, strata, FUN = function(x) rank(x) / (length(x) + 1))
d <- data.frame(weighted, group = factor(group, c("T", "C")), strata = factor(strata))
asymptotic <- independence_test(weighted ~ group | strata, d, teststat = "scalar")
write(toJSON(list(program = paste("R", getRversion(), "coin", packageVersion("coin")), mcnemar = mcnemar, score = score,
  group = group, strata = strata, z = unname(statistic(asymptotic)), p = pvalue(asymptotic)), digits = 14, auto_unbox = TRUE), "witness.json")
