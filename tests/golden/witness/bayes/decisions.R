# Prediction, conflict, decisions, assurance and tipping weights by numerical integration and root finding, from the definitions,
# with priors as plain density functions: nothing is conjugate here. R base packages alone. Run in this folder: Rscript decisions.R > decisions.json
options(digits = 15)
mix <- function(w, density) function(x) Reduce(`+`, lapply(seq_along(w), function(k) w[k] * density(x, k)))
normal <- function(w, m, s) list(f = mix(w, function(x, k) dnorm(x, m[k], s[k])), w = w, m = m, s = s,
                                 from = min(m - 12 * s), to = max(m + 12 * s), breaks = sort(unique(c(outer(c(-12, -6, -3, -1, 0, 1, 3, 6, 12), s) + rep(m, each = 9)))))
total <- function(f, breaks) sum(sapply(seq_len(length(breaks) - 1), function(i) integrate(f, breaks[i], breaks[i + 1], rel.tol = 1e-10, abs.tol = 1e-14, subdivisions = 500L)$value))
# posterior of a normal mean: prior times likelihood, normalized by quadrature
posterior <- function(prior, y, se) {
  g <- function(x) prior$f(x) * dnorm(y, x, se)
  breaks <- sort(unique(c(prior$breaks, y + se * c(-12, -6, -3, -1, 0, 1, 3, 6, 12))))
  breaks <- breaks[breaks >= max(prior$from, y - 40 * se) & breaks <= min(prior$to, y + 40 * se)]
  z <- total(g, breaks)
  list(f = function(x) g(x) / z, evidence = z, breaks = breaks)
}
mean_of <- function(p) total(function(x) x * p$f(x), p$breaks)
share_last <- function(prior, y, se) { k <- length(prior$w)
  last <- total(function(x) prior$w[k] * dnorm(x, prior$m[k], prior$s[k]) * dnorm(y, x, se), sort(c(prior$breaks, y + se * c(-6, 0, 6))))
  last / posterior(prior, y, se)$evidence }
# P(treated - control < margin) for a normal posterior of the treated arm (one component, by the textbook) and any control
below <- function(treated, control, margin = 0) total(function(c) control$f(c) * pnorm(c + margin, treated[1], treated[2]), control$breaks)

control <- normal(c(.8, .2), c(-4, -4), c(2, 7.5)); vague <- c(0, 30)  # prior of the treated arm: mean, sd
se <- c(2.4, 2.6)                                                     # treated, control
treated_at <- function(y) { v <- 1 / (1 / vague[2]^2 + 1 / se[1]^2); c(v * (vague[1] / vague[2]^2 + y / se[1]^2), sqrt(v)) }
boundary <- function(c, p = .9, margin = 0) uniroot(function(y) below(treated_at(y), posterior(control, c, se[2]), margin) - p, c(-60, 60), tol = 1e-10)$root
at <- c(-12, -4, 0, 5)
lines <- sapply(at, boundary)
two <- sapply(at, function(c) min(boundary(c), boundary(c, .5, -4)))  # both clauses: P(d < 0) > .9 and P(d < -4) > .5
success <- function(truth_t, truth_c) total(function(cs) sapply(cs, function(c) dnorm(c, truth_c, se[2]) * pnorm(boundary(c), truth_t, se[1])), truth_c + se[2] * c(-7, -3, -1, 1, 3, 7))
belief <- list(t = c(-9, 3), c = c(-3, 2))
assurance <- total(function(cs) sapply(cs, function(c) dnorm(c, belief$c[1], sqrt(belief$c[2]^2 + se[2]^2)) * pnorm(boundary(c), belief$t[1], sqrt(belief$t[2]^2 + se[1]^2))),
                   belief$c[1] + sqrt(belief$c[2]^2 + se[2]^2) * c(-7, -3, -1, 1, 3, 7))
seen <- 4
low <- total(function(x) control$f(x) * pnorm(seen, x, se[2]), control$breaks)
shift <- total(function(d) sapply(d, function(e) dnorm(e, 1, 2.5) * (.8 * pnorm(-1 - e, -4, 2) + .2 * pnorm(-1 - e, -4, 7.5))), 1 + 2.5 * c(-9, -4, -1, 1, 4, 9))
info <- normal(1, -4, 1); wide <- normal(1, -4, 7.5)
weight <- uniroot(function(w) { p <- normal(c(w, 1 - w), c(-4, -4), c(1, 7.5)); below(c(-5, 2.4), posterior(p, 0, 2.4)) - .9 }, c(1e-9, 1 - 1e-9), tol = 1e-12)$root
ends <- sapply(list(wide, info), function(p) below(c(-5, 2.4), posterior(p, 0, 2.4)))
tail2 <- min(low, 1 - low) * 2

# Events. Priors as densities on (0, 1), likelihoods by dbinom, differences by integrate.
beta <- function(w, a, b) mix(w, function(x, k) dbeta(x, a[k], b[k]))
cut <- c(0, .02, .1, .25, .5, .75, .9, .98, 1)
updated <- function(f, y, n) { g <- function(p) f(p) * dbinom(y, n, p); z <- total(g, cut); list(f = function(p) g(p) / z, evidence = z) }
robust <- beta(c(.9 * .7, .9 * .3, .1), c(4, 2, 1), c(16, 3, 1)); flat <- function(p) dbeta(p, 1, 1)
chances <- function(f, n) sapply(0:n, function(y) updated(f, y, n)$evidence)
cdf <- function(f) function(x) if (x <= 0) 0 else if (x >= 1) 1 else total(f, sort(unique(c(cut[cut < x], x))))
p_below <- function(t, control, margin) { F <- cdf(t); total(function(p) control(p) * sapply(p + margin, F), sort(unique(c(cut, pmin(pmax(cut - margin, 0), 1))))) }
n_t <- 6; n_c <- 5; margin <- .05
table <- sapply(0:n_c, function(c) sapply(0:n_t, function(t) p_below(updated(flat, t, n_t)$f, updated(robust, c, n_c)$f, margin)))
decided <- (1 - table > .9) * 1
b_t <- beta(1, 6, 3); b_c <- beta(c(.5, .5), c(2, 5), c(5, 6))
b_assurance <- drop(chances(b_t, n_t) %*% decided %*% chances(b_c, n_c))
b_success <- drop(dbinom(0:n_t, n_t, .7) %*% decided %*% dbinom(0:n_c, n_c, .3))
prior3 <- beta(c(.9, .1), c(4, 1), c(16, 1)); pp <- chances(prior3, 10)
last3 <- .1 * total(function(p) dbeta(p, 1, 1) * dbinom(8, 10, p), cut) / updated(prior3, 8, 10)$evidence
t_arm <- function(p) dbeta(p, 11, 11)
b_tip <- uniroot(function(w) 1 - p_below(t_arm, updated(beta(c(w, 1 - w), c(4, 1), c(16, 1)), 3, 10)$f, 0) - .95, c(1e-9, 1 - 1e-9), tol = 1e-11)$root
b_ends <- sapply(list(flat, beta(1, 4, 16)), function(f) 1 - p_below(t_arm, updated(f, 3, 10)$f, 0))

# A prior of the spread learned from one set of trials, used for another: posteriors of tau multiply.
late <- data.frame(y = c(-3.70, -2.77, -4.41, -8.10, -2.70, -3.70, -3.10), se = c(1.233, 1.326, 0.740, 0.634, 0.505, 2.111, 0.638))
early <- data.frame(y = c(-1.22, -2.45, -3.60), se = c(1.136, 0.850, 1.803))
fit <- function(d, tau) { v <- 1 / (d$se^2 + tau^2); prec <- sum(v) + 1 / 15^2; m <- sum(v * d$y) / prec  # mu ~ N(0, 15^2)
  c(exp(.5 * sum(log(v)) - .5 * log(prec) - .5 * sum(v * (d$y - m)^2) - .5 * m^2 / 15^2), m, 1 / prec) }
tb <- c(0, .5, 1, 2, 3, 5, 8, 12, 20, 40)
h <- function(t) 2 * dnorm(t, 0, 3.75) * sapply(t, function(s) fit(late, s)[1] * fit(early, s)[1])
z <- total(h, tb)
m1 <- total(function(t) h(t) / z * sapply(t, function(s) fit(early, s)[2]), tb)
m2 <- total(function(t) h(t) / z * sapply(t, function(s) { f <- fit(early, s); f[2]^2 + f[3] + s^2 }), tb)
learned <- list(tau_mean = total(function(t) t * h(t) / z, tb), mean = m1, sd = sqrt(m2 - m1^2))

out <- list(R = R.version.string,
  normal = list(posterior_mean = mean_of(posterior(control, seen, se[2])), evidence = posterior(control, seen, se[2])$evidence, lower = low, two_sided = tail2, last_after = share_last(control, seen, se[2]),
                control_mean = at, boundary = lines, both_clauses = two, type_one_error = success(-4, -4), power = success(-10, -4), assurance = assurance, shifted_below = shift,
                tipping = weight, vague = ends[1], informative = ends[2]),
  binomial = list(predicted = chances(robust, n_c), table_below = as.vector(t(table)), decided = as.vector(t(decided)), success = b_success, assurance = b_assurance,
                  lower = sum(pp[1:9]), upper = sum(pp[9:11]), last_after = last3, tipping = b_tip, vague = b_ends[1], informative = b_ends[2]),
  learned = learned)
json <- function(x) if (is.list(x)) sprintf("{%s}", paste(sprintf('"%s": %s', names(x), sapply(x, json)), collapse = ",\n ")) else if (is.character(x)) sprintf('"%s"', x) else
  if (length(x) > 1) sprintf("[%s]", paste(sprintf("%.12g", x), collapse = ", ")) else sprintf("%.12g", x)
cat(json(out), "\n")
