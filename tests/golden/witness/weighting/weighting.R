# Penalized and plain propensities (brglm2, glm), weighted comparisons with fixed weights (sandwich, survey) and with
# estimated ones (stacked estimating equations solved and differentiated numerically by numDeriv).
# Run in this folder: Rscript weighting.R   (it also makes the data, weighting.csv)
suppressPackageStartupMessages({library(brglm2); library(sandwich); library(survey); library(numDeriv); library(jsonlite)})

set.seed(20261122)
n <- 20
d <- data.frame(ARM = rep(c(0, 1), each = n / 2))
d$BASE <- round(rnorm(n, 20 + 4 * d$ARM, 7), 1)
d$DURATION <- round(rexp(n, 1 / (14 - 3 * d$ARM)), 1)
d$CHG <- round(-2 - 1.5 * d$ARM - 0.15 * (d$BASE - 20) + rnorm(n, 0, 5), 1)
write.csv(d, "weighting.csv", row.names = FALSE)
d <- read.csv("weighting.csv")
x <- cbind(1, d$BASE, d$DURATION)
z <- d$ARM
y <- d$CHG

plain <- glm(ARM ~ BASE + DURATION, binomial, d, control = list(epsilon = 1e-14, maxit = 100))
firth <- glm(ARM ~ BASE + DURATION, binomial, d, method = "brglmFit", type = "AS_mean", control = list(epsilon = 1e-13, maxit = 1000))
apart <- data.frame(ARM = z, BASE = c(sort(d$BASE)[1:10], sort(d$BASE)[11:20]))
apart_fit <- glm(ARM ~ BASE, binomial, apart, method = "brglmFit", type = "AS_mean", control = list(epsilon = 1e-13, maxit = 1000))
shown <- function(fit) list(coefficients = unname(coef(fit)), se = unname(sqrt(diag(vcov(fit)))), scores = unname(fitted(fit)))

weights_of <- function(e, population, share = 1) switch(population,
  overlap = ifelse(z == 1, 1 - e, e), all = ifelse(z == 1, 1 / e, 1 / (1 - e)), treated = ifelse(z == 1, 1, e / (1 - e)),
  stabilized = ifelse(z == 1, share / e, (1 - share) / (1 - e)))

# Equations of one patient, the parameters being propensity, share of the arm, regression. Firth's penalty enters by the hat
# values, which depend on all patients: so the whole set is computed at once.
equations <- function(theta, population, method, design) {
  a <- theta[1:3]; share <- theta[4]; b <- theta[-(1:4)]
  e <- plogis(drop(x %*% a)); w <- e * (1 - e)
  h <- if (method == "firth") { r <- sqrt(w) * x; rowSums((r %*% solve(crossprod(r))) * r) } else 0
  cbind(x * (z - e + h * (0.5 - e)), z - share, design * weights_of(e, population, share) * (y - drop(design %*% b)))
}
stacked <- function(population, method, design) {
  fit <- if (method == "firth") firth else plain
  w <- weights_of(fitted(fit), population, mean(z))
  theta <- c(coef(fit), mean(z), coef(lm(y ~ 0 + design, weights = w)))
  total <- function(t) colSums(equations(t, population, method, design))
  bread <- solve(jacobian(total, theta))
  v <- bread %*% crossprod(equations(theta, population, method, design)) %*% t(bread)
  list(estimate = unname(theta[6]), se = sqrt(v[6, 6]), largest_equation = max(abs(total(theta))))
}
fixed <- function(population, method, adjusted) {
  fit <- if (method == "firth") firth else plain
  d$w <- weights_of(fitted(fit), population, mean(z))
  model <- if (adjusted) lm(CHG ~ ARM + BASE, d, weights = w) else lm(CHG ~ ARM, d, weights = w)
  se <- function(kind) unname(sqrt(vcovHC(model, kind)["ARM", "ARM"]))
  s <- svyglm(formula(model), svydesign(~1, weights = ~w, data = d))
  list(estimate = unname(coef(model)["ARM"]), HC0 = se("HC0"), HC1 = se("HC1"), HC3 = se("HC3"), survey = unname(SE(s)["ARM"]),
       effective = c(sum(d$w[z == 0])^2 / sum(d$w[z == 0]^2), sum(d$w[z == 1])^2 / sum(d$w[z == 1]^2)),
       means = c(weighted.mean(y[z == 0], d$w[z == 0]), weighted.mean(y[z == 1], d$w[z == 1])))
}
cases <- expand.grid(population = c("overlap", "all", "stabilized", "treated"), method = c("firth", "logistic"),
                     adjusted = c(FALSE, TRUE), stringsAsFactors = FALSE)
comparisons <- lapply(seq_len(nrow(cases)), function(i) {
  k <- cases[i, ]
  design <- if (k$adjusted) cbind(1, z, d$BASE) else cbind(1, z)
  c(as.list(k), fixed(k$population, k$method, k$adjusted), list(stacked = stacked(k$population, k$method, design)))
})

balance <- lapply(c("BASE", "DURATION"), function(v) {
  e <- fitted(firth); w <- weights_of(e, "overlap"); s <- sqrt((var(d[z == 1, v]) + var(d[z == 0, v])) / 2)
  list(name = v, before = (mean(d[z == 1, v]) - mean(d[z == 0, v])) / s,
       after = (weighted.mean(d[z == 1, v], w[z == 1]) - weighted.mean(d[z == 0, v], w[z == 0])) / s)
})
e <- fitted(firth)
overlap <- list(counts = lapply(0:1, function(a) hist(e[z == a], breaks = seq(0, 1, 0.1), right = FALSE, plot = FALSE)$counts),
                common = c(max(min(e[z == 0]), min(e[z == 1])), min(max(e[z == 0]), max(e[z == 1]))))
overlap$outside <- sapply(0:1, function(a) sum(e[z == a] < overlap$common[1] | e[z == a] > overlap$common[2]))
out <- list(version = R.version.string, packages = as.list(sapply(c("brglm2", "sandwich", "survey", "numDeriv"), function(p) as.character(packageVersion(p)))),
            logistic = shown(plain), firth = shown(firth), separated = c(list(base = apart$BASE), shown(apart_fit)),
            comparisons = comparisons, balance = balance, overlap = overlap)
write(toJSON(out, digits = I(17), auto_unbox = TRUE, pretty = TRUE), "weighting.json")
