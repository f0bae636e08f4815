# Exact tests over the allocations that a procedure can give. Run in this folder: Rscript rerandomization.R
# perm.test (exactRankTests) and oneway_test (coin) where they know the procedure; otherwise every allocation is listed
# together with its probability under the procedure, and the definition of the p-value is applied to the list.
suppressPackageStartupMessages({library(exactRankTests); library(coin); library(jsonlite)})
set.seed(2026)

tails <- function(allocations, chances, z, observed, tol = 1e-9) {
  stopifnot(abs(sum(chances) - 1) < 1e-9)
  s <- as.vector(allocations %*% z); o <- sum(z[observed == 1]); e <- sum(chances * s)
  list(two_sided = sum(chances[abs(s - e) >= abs(o - e) - tol]), greater = sum(chances[s >= o - tol]), less = sum(chances[s <= o + tol]))
}
divisions <- function(n, k) { m <- combn(n, k); t(apply(m, 2, function(i) replace(numeric(n), i, 1))) }
cross <- function(a, b) cbind(a[rep(seq_len(nrow(a)), each = nrow(b)), , drop = FALSE], b[rep(seq_len(nrow(b)), nrow(a)), , drop = FALSE])

# 1. Many trials of twenty patients, ten an arm: exactRankTests' shift algorithm.
whole <- lapply(1:12, function(i) {
  y <- round(rnorm(20, 25, 6)) + rep(c(i %% 4, 0), each = 10)
  list(y = y, two_sided = perm.test(y[1:10], y[11:20], exact = TRUE)$p.value,
       greater = perm.test(y[1:10], y[11:20], exact = TRUE, alternative = "greater")$p.value,
       less = perm.test(y[1:10], y[11:20], exact = TRUE, alternative = "less")$p.value)
})

# 2. Blocks of two: the sign-flip test of the pairs' differences.
pairs <- lapply(1:6, function(i) {
  y <- round(rnorm(20, 20, 5)) + rep(c(i - 1, 0), 10); d <- y[c(TRUE, FALSE)] - y[c(FALSE, TRUE)]
  flips <- as.matrix(expand.grid(rep(list(c(-1, 1)), 10)))
  s <- as.vector(flips %*% d)
  list(y = y, two_sided = perm.test(y[c(TRUE, FALSE)], y[c(FALSE, TRUE)], paired = TRUE, exact = TRUE)$p.value,
       flips_two_sided = mean(abs(s) >= abs(sum(d)) - 1e-9), flips_greater = mean(s >= sum(d) - 1e-9))
})

# 3. Strata with fixed numbers (complete blocks of 4 and 6, ratio 1:1 and 1:2): every allocation listed; coin's exact blocked test.
sizes <- c(4, 4, 6); chosen <- c(2, 2, 2)
listed <- Reduce(cross, Map(divisions, sizes, chosen)); stratum <- rep(seq_along(sizes), sizes)
stratified <- lapply(1:5, function(i) {
  y <- if (i < 5) round(rnorm(14, 10, 4)) else rnorm(14); first <- listed[17 * i, ]
  centered <- y - ave(y, stratum)
  shift <- if (i < 5) as.numeric(pvalue(oneway_test(y ~ factor(first) | factor(stratum), distribution = exact(algorithm = "shift")))) else NULL
  c(list(y = y, first = first, stratum = stratum, coin_two_sided = shift), tails(listed, rep(1 / nrow(listed), nrow(listed)), centered, first))
})

# 4. Permuted blocks of four, the last one left with two patients: every filling of the block is possible.
three <- Reduce(cross, rep(list(divisions(4, 2)), 3)); open <- three[, 1:10]
unfinished <- lapply(1:3, function(i) {
  y <- if (i < 3) round(rnorm(10, 15, 5)) else rnorm(10); first <- open[31 * i, ]
  c(list(y = y, first = first), tails(open, rep(1 / nrow(open), nrow(open)), y - mean(y), first))
})

# 5. Each patient by the toss of a coin, heads with probability 0.5 or 0.6.
tosses <- as.matrix(expand.grid(rep(list(0:1), 10)))
simple <- lapply(c(0.5, 0.6), function(p) {
  y <- round(rnorm(10, 15, 5)); first <- tosses[700, ]; k <- rowSums(tosses)
  c(list(y = y, first = first, probability = p), tails(tosses, p^k * (1 - p)^(10 - k), y - mean(y), first))
})

# 6. Minimization (Pocock and Simon, range, two factors, the better arm with probability 0.8): all 2^9 histories.
minimized <- (function() {
  n <- 9; sex <- c("f", "m", "f", "f", "m", "m", "f", "m", "f"); age <- c("o", "o", "y", "y", "y", "o", "o", "y", "y"); y <- c(12, 9, 15, 7, 11, 18, 6, 14, 10)
  chance <- function(a) {
    p <- 1
    for (i in seq_len(n)) {
      before <- seq_len(i - 1)
      d <- c(sum((2 * a[before] - 1)[sex[before] == sex[i]]), sum((2 * a[before] - 1)[age[before] == age[i]]))
      to_first <- sum(abs(d + 1)); to_second <- sum(abs(d - 1))
      heads <- if (to_first < to_second) 0.8 else if (to_first > to_second) 0.2 else 0.5
      p <- p * if (a[i] == 1) heads else 1 - heads
    }
    p
  }
  histories <- as.matrix(expand.grid(rep(list(0:1), n))); chances <- apply(histories, 1, chance); first <- c(1, 0, 0, 1, 0, 1, 0, 1, 0)
  c(list(y = y, sex = sex, age = age, first = first, chance_of_it = chance(first),
         chances_first = as.vector(chances %*% histories)), tails(histories, chances, y - mean(y), first))
})()

out <- list(version = R.version.string, packages = lapply(list(exactRankTests = "exactRankTests", coin = "coin"), function(p) as.character(packageVersion(p))),
            whole = whole, pairs = pairs, stratified = stratified, unfinished = unfinished, simple = simple, minimized = minimized)
write(toJSON(out, digits = I(17), auto_unbox = TRUE, pretty = TRUE), "rerandomization.json")
