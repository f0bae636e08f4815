# The posterior of an adjusted difference under p(beta, sigma) ~ 1/sigma, by integrating over sigma. With the arms as they
# are (a sure case) and with every other patient called treated (an open one). Run in this folder: Rscript posterior.R
suppressPackageStartupMessages(library(jsonlite))
one <- function(file, odd) {
  d <- read.csv(file.path("..", "ancova", file)); if (odd) d$ARM <- rep(c("TEL", "CON"), 10)
  x <- cbind(1, d$ARM == "TEL", d$BASE); inverse <- solve(crossprod(x)); b <- drop(inverse %*% crossprod(x, d$CHG))
  left <- sum((d$CHG - x %*% b)^2); df <- nrow(x) - ncol(x); spread <- sqrt(inverse[2, 2])
  density <- function(s) exp(-(df + 1) * log(s / sqrt(left / df)) - (left / s^2 - df) / 2)
  over <- function(f) integrate(function(s) f(s) * density(s), 0, Inf, rel.tol = 1e-11, subdivisions = 2000L)$value
  whole <- over(function(s) 1)
  below <- function(at) over(function(s) pnorm((at - b[2]) / (s * spread))) / whole
  quantile <- function(p) uniroot(function(at) below(at) - p, b[2] + c(-30, 30), tol = 1e-11)$root
  list(file = file, odd = odd, df = df, mean = b[2], better = below(0), lower = quantile(0.025), upper = quantile(0.975))
}
out <- list(version = R.version.string, results = mapply(one, c("toy_mrss20.csv", "toy_mrss20_jitter.csv"), c(FALSE, FALSE, TRUE, TRUE), SIMPLIFY = FALSE, USE.NAMES = FALSE))
write(toJSON(out, digits = I(17), auto_unbox = TRUE, pretty = TRUE), "posterior.json")
