# Exact permutation tests of the difference in means: full enumeration with combn, coin's exact distribution, and the
# interval by bisection on enumerated p-values. Run in this folder: Rscript permutation.R
suppressPackageStartupMessages({library(coin); library(jsonlite)})
sums <- function(v, k) colSums(matrix(v[combn(length(v), k)], nrow = k))
tails <- function(x, y, tol = 1e-9) {
  v <- c(x, y); k <- length(x); s <- sums(v, k); e <- k * mean(v); o <- sum(x)
  list(two_sided = mean(abs(s - e) >= abs(o - e) - tol), greater = mean(s >= o - tol), less = mean(s <= o + tol), allocations = length(s))
}
bisect <- function(accepted, outside, inside) {
  for (i in 1:60) { m <- (outside + inside) / 2; if (accepted(m)) inside <- m else outside <- m }
  inside
}
interval <- function(x, y, level) {
  a <- (1 - level) / 2; hl <- median(outer(x, y, "-")); w <- diff(range(c(x, y))) * 4
  c(bisect(function(d) tails(x - d, y)$greater > a, hl - w, hl), bisect(function(d) tails(x - d, y)$less > a, hl + w, hl))
}
coin_p <- function(x, y) {
  g <- factor(rep(c("a", "b"), c(length(x), length(y)))); v <- c(x, y)
  as.numeric(pvalue(oneway_test(v ~ g, distribution = exact(algorithm = if (all(v == round(v))) "shift" else "split-up"))))
}
case <- function(name, x, y, enumerate = TRUE, ci = FALSE) {
  out <- list(name = name, first = x, second = y, difference = mean(x) - mean(y), coin = coin_p(x, y))
  if (enumerate) out <- c(out, tails(x, y))
  if (ci) out$interval95 <- interval(x, y, 0.95)
  if (ci) out$interval90 <- interval(x, y, 0.90)
  out
}
toy <- read.csv("toy_mrss20.csv"); jit <- read.csv("toy_mrss20_jitter.csv")
arm <- function(d, a) d$CHG[d$ARM == a]
set.seed(7)
p <- round(rnorm(40, 0, 6)); x7 <- rnorm(7, 1); y8 <- rexp(8)
out <- list(version = R.version.string, packages = list(coin = as.character(packageVersion("coin"))), cases = list(
  case("toy mRSS change", arm(toy, "TEL"), arm(toy, "CON")),
  case("toy mRSS change with one decimal", arm(jit, "TEL"), arm(jit, "CON")),
  case("unequal groups with ties", c(-3, -1, 0, 0, 2, 4), c(-6, -6, -4, -3, -1, 0, 0, 1, 3), ci = TRUE),
  case("real values", x7, y8, ci = TRUE),
  case("one against nine", c(9.25), c(1, 2, 3, 4, 5, 6, 7, 8, 9.5)),
  case("forty subjects, whole scores", p[1:20], p[21:40] + 3, enumerate = FALSE)))
write(toJSON(out, digits = I(17), auto_unbox = TRUE, pretty = TRUE), "permutation.json")
