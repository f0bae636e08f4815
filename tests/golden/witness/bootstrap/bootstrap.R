# Bootstraps by the package boot, with the patients it drew, so that another program can do the same resamples again.
# Run in this folder: Rscript bootstrap.R   (it also makes the data, visits.csv; weighting.csv is that of ../weighting)
suppressPackageStartupMessages({library(boot); library(brglm2); library(nlme); library(jsonlite)})

summarized <- function(b) list(
  estimate = unname(b$t0), indices = boot.array(b, indices = TRUE) - 1, replicates = b$t, se = apply(b$t, 2, sd),
  lower = apply(b$t, 2, quantile, 0.025, names = FALSE), upper = apply(b$t, 2, quantile, 0.975, names = FALSE),
  normal_lower = b$t0 - qnorm(0.975) * apply(b$t, 2, sd), normal_upper = b$t0 + qnorm(0.975) * apply(b$t, 2, sd))

# 1. Weighted differences: the propensity (Firth) is fitted again in every resample.
d <- read.csv("../weighting/weighting.csv")
weighted <- function(data, i) {
  s <- data[i, ]
  e <- fitted(glm(ARM ~ BASE + DURATION, binomial, s, method = "brglmFit", type = "AS_mean", control = list(epsilon = 1e-12, maxit = 5000)))
  overlap <- ifelse(s$ARM == 1, 1 - e, e)
  treated <- ifelse(s$ARM == 1, 1, e / (1 - e))
  c(coef(lm(CHG ~ ARM, s, weights = overlap))["ARM"], coef(lm(CHG ~ ARM + BASE, s, weights = overlap))["ARM"],
    coef(lm(CHG ~ ARM, s, weights = treated))["ARM"])
}
set.seed(20261123)
difference <- summarized(boot(d, weighted, R = 200, strata = d$ARM))

# 2. Conditional means under MAR, jump to reference, copy reference and copy increments: the mixed model is fitted again in
# every resample. Nobody returns, so REML is least squares, visit by visit (Anderson 1957); gls checks that on the whole data.
set.seed(20261124)
n <- 30
v <- data.frame(id = 1:n, arm = rep(c(0, 1), each = n / 2), base = round(rnorm(n, 22, 6), 1))
noise <- matrix(rnorm(n * 3), n) %*% chol(matrix(c(16, 10, 8, 10, 20, 12, 8, 12, 25), 3))
y <- round(0.6 * v$base + noise - outer(v$arm, c(1, 2, 4)), 1)
last <- rep(3, n); last[c(3, 9, 17, 20, 24, 28)] <- c(2, 1, 1, 2, 2, 1)
for (i in 1:n) if (last[i] < 3) y[i, (last[i] + 1):3] <- NA
v <- cbind(v, visit1 = y[, 1], visit2 = y[, 2], visit3 = y[, 3])
write.csv(v, "visits.csv", row.names = FALSE, na = "")
v <- read.csv("visits.csv")

reml <- function(x, y) {
  q <- ncol(x); m <- ncol(y); rule <- diag(m); spread <- numeric(m); alpha <- matrix(0, m, q)
  for (j in 1:m) {
    seen <- !is.na(y[, j])
    f <- lm.fit(cbind(x, y[, seq_len(j - 1), drop = FALSE])[seen, ], y[seen, j])
    alpha[j, ] <- f$coefficients[1:q]
    rule[j, seq_len(j - 1)] <- -f$coefficients[-(1:q)]
    spread[j] <- sum(f$residuals^2) / (sum(seen) - q)
  }
  list(beta = solve(rule, alpha), sigma = solve(rule) %*% diag(spread) %*% t(solve(rule)))
}
moments <- function(strategy, own, reference, sigma, t) {
  m <- length(own); later <- (t + 1):m
  if (strategy == "J2R") own[later] <- reference[later]
  if (strategy == "CIR") own[later] <- own[t] + reference[later] - reference[t]
  if (strategy == "CR") own <- reference
  own
}
imputed <- function(data, i, strategies = c("MAR", "J2R", "CR", "CIR")) {
  s <- data[i, ]; y <- as.matrix(s[, c("visit1", "visit2", "visit3")]); x <- cbind(1, s$arm, s$base)
  fit <- reml(x, y)
  unlist(lapply(strategies, function(strategy) {
    z <- y
    for (k in which(is.na(y[, 3]))) {
      seen <- !is.na(y[k, ]); t <- sum(seen)
      mean <- moments(strategy, drop(fit$beta %*% x[k, ]), drop(fit$beta %*% c(1, 0, x[k, 3])), fit$sigma, t)
      z[k, !seen] <- mean[!seen] + fit$sigma[!seen, seen, drop = FALSE] %*% solve(fit$sigma[seen, seen], (y[k, ] - mean)[seen])
    }
    lm(z[, 3] ~ s$arm + s$base)$coefficients[2]
  }))
}
x <- cbind(1, v$arm, v$base)
long <- reshape(v, direction = "long", varying = c("visit1", "visit2", "visit3"), v.names = "y", timevar = "visit", idvar = "id")
long <- long[!is.na(long$y), ]; long <- long[order(long$id, long$visit), ]
check <- gls(y ~ 0 + factor(visit) + factor(visit):arm + factor(visit):base, long, correlation = corSymm(form = ~ visit | id),
             weights = varIdent(form = ~ 1 | visit), control = glsControl(msTol = 1e-12, tolerance = 1e-12, maxIter = 500, msMaxIter = 500))
closed <- reml(x, as.matrix(v[, 4:6]))
stopifnot(all.equal(as.numeric(closed$beta), unname(coef(check)), tolerance = 1e-5))
set.seed(20261125)
imputation <- summarized(boot(v, imputed, R = 200, strata = v$arm))

out <- list(version = R.version.string,
            packages = as.list(sapply(c("boot", "brglm2", "nlme"), function(p) as.character(packageVersion(p)))),
            difference = difference, imputation = imputation)
write(toJSON(out, digits = I(15), auto_unbox = TRUE), "bootstrap.json")
