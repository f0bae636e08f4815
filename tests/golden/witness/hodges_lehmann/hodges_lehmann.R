# Hodges-Lehmann shift and exact interval (wilcox.test where there are no ties; enumerated inversion with midranks where
# there are), exact Wilcoxon p (wilcox.test, coin, exactRankTests). Run in this folder: Rscript hodges_lehmann.R
suppressPackageStartupMessages({library(coin); library(exactRankTests); library(jsonlite)})
rank_tails <- function(x, y, d) {   # conditional on ties, first group moved down by d; differences are rounded to find ties
  v <- round(c(x - d, y), 9); r <- rank(v); k <- length(x)
  s <- colSums(matrix(r[combn(length(v), k)], nrow = k)); o <- sum(r[1:k])
  c(greater = mean(s >= o - 1e-9), less = mean(s <= o + 1e-9))
}
enumerated <- function(x, y, level) {
  a <- (1 - level) / 2; d <- sort(unique(round(outer(x, y, "-"), 9)))
  probe <- sort(c(d[1] - 1, d, (d[-1] + d[-length(d)]) / 2, d[length(d)] + 1))
  p <- sapply(probe, function(t) rank_tails(x, y, t)); keep <- which(p["greater", ] > a & p["less", ] > a)
  # the closure of the accepted set: an accepted midpoint reaches down (up) to the neighboring difference
  lo <- if (min(keep) == 1) -Inf else max(d[d <= probe[min(keep)]]); hi <- if (max(keep) == length(probe)) Inf else min(d[d >= probe[max(keep)]])
  c(lo, hi)
}
case <- function(name, x, y, level = 0.95, wilcox = FALSE, enumerate = TRUE) {
  g <- factor(rep(c("a", "b"), c(length(x), length(y)))); v <- c(x, y)
  out <- list(name = name, first = x, second = y, level = level, estimate = median(outer(x, y, "-")),
              w = unname(suppressWarnings(wilcox.test(x, y)$statistic)),
              p_coin = as.numeric(pvalue(wilcox_test(v ~ g, distribution = "exact"))),
              p_exactRankTests = wilcox.exact(x, y, exact = TRUE)$p.value)
  if (wilcox) { t <- wilcox.test(x, y, conf.int = TRUE, conf.level = level, exact = TRUE); out$wilcox_ci <- as.numeric(t$conf.int); out$wilcox_p <- t$p.value }
  if (enumerate) out$enumerated_ci <- enumerated(x, y, level)
  out
}
toy <- read.csv("toy_mrss20.csv"); jit <- read.csv("toy_mrss20_jitter.csv")
arm <- function(d, a) d$CHG[d$ARM == a]
set.seed(11); a <- rnorm(9, 1); b <- rnorm(7); u <- rnorm(25, 0.5); w <- rexp(31)
out <- list(version = R.version.string, packages = as.list(sapply(c("coin", "exactRankTests"), function(p) as.character(packageVersion(p)))), cases = list(
  case("toy mRSS change", arm(toy, "TEL"), arm(toy, "CON"), enumerate = FALSE),
  case("toy mRSS change with one decimal", arm(jit, "TEL"), arm(jit, "CON"), enumerate = FALSE),
  case("no ties", a, b, wilcox = TRUE), case("no ties, 90 %", a, b, 0.90, wilcox = TRUE), case("no ties, 99 %", a, b, 0.99, wilcox = TRUE),
  case("no ties, larger", u, w, wilcox = TRUE, enumerate = FALSE),
  case("ties within and between", c(-3, -1, 0, 0, 2, 4), c(-6, -6, -4, -3, -1, 0, 0, 1, 3)),
  case("ties, one decimal", c(0.1, 0.3, 0.3, 0.7, 1.2), c(0.2, 0.3, 0.6, 0.9, 1.2, 1.4), 0.90),
  case("many ties", c(1, 1, 2, 2, 2, 3), c(2, 2, 3, 3, 3, 1)),
  case("too small for any limit", c(1, 2, 3), c(4, 5, 6.5))))
write(toJSON(out, digits = I(17), auto_unbox = TRUE, pretty = TRUE), "hodges_lehmann.json")
