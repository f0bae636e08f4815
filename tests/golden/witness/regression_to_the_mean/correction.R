# The difference corrected for selection, by two million draws in base R: the variances s^2 df / chi-square, the persistence uniform, the
# difference Student's t. The gap of the two halves of a bivariate normal comes from its hazards. Run in this folder: Rscript correction.R
library(jsonlite)
set.seed(72); n <- 2e6
cases <- list(list(observed = -5, se = 3.3, df = 18, cut = 0, mean = -2, sd = 7.5, sd_df = 40, error = 4, error_df = 30, low = 0, high = 0, readings = 1),
              list(observed = -3, se = 2.5, df = 17.5, cut = 1, mean = -1, sd = 6.5, sd_df = 60, error = 2.5, error_df = 80, low = 0, high = 0.5, readings = 2))
gap <- function(k, v, e, rho) {
  truth <- v - e * (1 + 1 / k$readings); slope <- (rho * truth - e / k$readings) / sqrt(v); z <- (k$cut - k$mean) / sqrt(v)
  ifelse(truth < 0, NA, slope * (dnorm(z) / pnorm(z, lower.tail = FALSE) + dnorm(z) / pnorm(z)))
}
out <- lapply(cases, function(k) {
  g <- gap(k, k$sd^2 * k$sd_df / rchisq(n, k$sd_df), k$error^2 * k$error_df / rchisq(n, k$error_df), runif(n, k$low, k$high))
  corrected <- k$observed + k$se * rt(n, k$df) - g
  limits <- function(x) quantile(x, c(.025, .975), na.rm = TRUE, names = FALSE)
  c(k, list(gap = gap(k, k$sd^2, k$error^2, (k$low + k$high) / 2), interval = limits(corrected), gap_interval = limits(g), impossible = mean(is.na(g))))
})
write(toJSON(list(version = R.version.string, draws = n, cases = out), digits = I(10), auto_unbox = TRUE, pretty = TRUE), "correction.json")
