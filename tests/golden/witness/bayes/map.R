# Meta-analytic-predictive priors, effective sample sizes and posterior probabilities with base R alone.
# Rscript map.R > map.json    (run in this directory; two minutes)
#
# Normal outcomes: given tau all is normal; tau is integrated by R's adaptive integrate(). Binomial outcomes: sums over
# fine even grids of tau, mu and z (theta = mu + tau z); the integrands fall to zero smoothly at both ends.

weights_of <- function(y, se, tau, m0, s0) {
  w <- 1 / (se^2 + tau^2); p <- sum(w) + 1 / s0^2; m <- (sum(w * y) + m0 / s0^2) / p
  c(m, 1 / p, 0.5 * sum(log(w)) - 0.5 * log(p) - 0.5 * sum(w * (y - m)^2) - 0.5 * (m - m0)^2 / s0^2)
}
normal_map <- function(y, se, log_prior, upper, m0, s0) {
  post <- function(tau) sapply(tau, function(t) weights_of(y, se, t, m0, s0)[3]) + log_prior(tau)
  top <- optimize(function(t) post(t), c(0, min(upper, 10 * max(abs(y - mean(y)), se))), maximum = TRUE)$objective
  int <- function(f) {  # in pieces, so that integrate() cannot miss the peak
    ends <- if (is.finite(upper)) upper * (0:40 / 40)^2 else c(max(se) * (0:60 / 10)^2, Inf)
    sum(sapply(seq_len(length(ends) - 1), function(i)
      integrate(function(t) f(t) * exp(post(t) - top), ends[i], ends[i + 1], rel.tol = 1e-11, abs.tol = 0, subdivisions = 2000L, stop.on.error = FALSE)$value))
  }
  z <- int(function(t) 1)
  e <- function(f) int(f) / z
  mu_mean <- e(function(t) sapply(t, function(x) weights_of(y, se, x, m0, s0)[1]))
  mv <- function(g) function(t) sapply(t, function(x) { k <- weights_of(y, se, x, m0, s0); g(k[1], k[2], x) })
  mu_sd <- sqrt(e(mv(function(m, v, t) v + (m - mu_mean)^2)))
  map_sd <- sqrt(e(mv(function(m, v, t) v + t^2 + (m - mu_mean)^2)))
  cdf <- function(q) e(mv(function(m, v, t) pnorm((q - m) / sqrt(v + t^2))))
  tau_mean <- e(function(t) t)
  qs <- c(0.025, 0.5, 0.975)
  quant <- sapply(qs, function(p) uniroot(function(q) cdf(q) - p, mu_mean + c(-12, 12) * map_sd, tol = 1e-8)$root)
  tcdf <- function(x) { f <- function(t) exp(post(t) - top); ends <- x * (0:20 / 20)
    sum(sapply(1:20, function(i) integrate(f, ends[i], ends[i + 1], rel.tol = 1e-11)$value)) / z }
  tq <- sapply(qs, function(p) uniroot(function(x) tcdf(x) - p, c(1e-9, min(upper, 200 * tau_mean)), tol = 1e-9)$root)
  list(mu_mean = mu_mean, mu_sd = mu_sd, map_sd = map_sd, map_q = quant, tau_mean = tau_mean,
       tau_sd = sqrt(e(function(t) (t - tau_mean)^2)), tau_q = tq)
}
half_normal <- function(s) function(t) log(2) + dnorm(t, 0, s, log = TRUE)
half_t <- function(s, df) function(t) log(2) + dt(t / s, df, log = TRUE) - log(s)

binomial_map <- function(r, n, s, m0 = 0, s0 = 2, at) {
  tau <- seq(0, 7 * s, length.out = 321); mu <- seq(-5, 3, length.out = 401); z <- seq(-8, 8, length.out = 641)
  phi <- dnorm(z) * (z[2] - z[1])
  logp <- matrix(0, length(tau), length(mu))
  for (i in seq_along(tau)) {
    theta <- outer(mu, tau[i] * z, "+"); lp <- plogis(theta, log.p = TRUE); lq <- plogis(-theta, log.p = TRUE)
    for (j in seq_along(r)) { l <- r[j] * lp + (n[j] - r[j]) * lq; top <- max(l); logp[i, ] <- logp[i, ] + log(exp(l - top) %*% phi) + top }
  }
  logp <- sweep(logp, 2, dnorm(mu, m0, s0, log = TRUE), "+") + dnorm(tau, 0, s, log = TRUE)
  p <- exp(logp - max(logp)); p[1, ] <- p[1, ] / 2; p <- p / sum(p)
  pt <- rowSums(p); pm <- colSums(p); m1 <- 0; m2 <- 0; cdf <- 0 * at
  for (i in seq_along(tau)) {
    resp <- plogis(outer(mu, tau[i] * z, "+"))
    m1 <- m1 + sum(p[i, ] %*% (resp %*% phi)); m2 <- m2 + sum(p[i, ] %*% (resp^2 %*% phi))
    # distribution function of mu given tau at the grid, from a cubic spline through them
    g <- splinefun(mu, p[i, ], method = "natural"); fine <- seq(-5, 3, length.out = 8001)
    f <- g(fine); cum <- c(0, cumsum((f[-1] + f[-length(f)]) / 2)); cum <- cum / cum[length(cum)]
    big <- approxfun(fine, cum, yleft = 0, yright = 1)
    cdf <- cdf + pt[i] * sapply(qlogis(at), function(x) sum(phi * big(x - tau[i] * z)))
  }
  # tau p(tau) is odd about 0, so the even grid needs the first Euler-Maclaurin term there
  mm <- sum(pm * mu); tm <- sum(pt * tau) + (tau[2] - tau[1]) * pt[1] / 6
  list(mu_mean = mm, mu_sd = sqrt(sum(pm * (mu - mm)^2)), tau_mean = tm, tau_sd = sqrt(sum(pt * tau^2) - tm^2),
       map_mean = m1, map_sd = sqrt(m2 - m1^2), at = at, cdf = cdf)
}
mix_pdf <- function(x, w, a, b) rowSums(mapply(function(w, a, b) w * dbeta(x, a, b), w, a, b))
elir_beta <- function(w, a, b) {
  f <- function(p) { d <- mix_pdf(p, w, a, b)
    d1 <- rowSums(mapply(function(w, a, b) w * dbeta(p, a, b) * ((a - 1) / p - (b - 1) / (1 - p)), w, a, b))
    d2 <- rowSums(mapply(function(w, a, b) { s <- (a - 1) / p - (b - 1) / (1 - p); w * dbeta(p, a, b) * (s^2 - (a - 1) / p^2 - (b - 1) / (1 - p)^2) }, w, a, b))
    (d1^2 / d - d2) * p * (1 - p) }
  integrate(f, 0, 0.2, rel.tol = 1e-11, subdivisions = 2000L)$value + integrate(f, 0.2, 0.5, rel.tol = 1e-11)$value + integrate(f, 0.5, 1, rel.tol = 1e-11)$value
}
elir_normal <- function(w, m, s, sigma) {
  f <- function(x) { g <- function(k) w[k] * dnorm(x, m[k], s[k]); ks <- seq_along(w)
    d <- Reduce(`+`, lapply(ks, g)); d1 <- Reduce(`+`, lapply(ks, function(k) -g(k) * (x - m[k]) / s[k]^2))
    d2 <- Reduce(`+`, lapply(ks, function(k) g(k) * ((x - m[k])^2 / s[k]^4 - 1 / s[k]^2))); ifelse(d > 0, d1^2 / d - d2, 0) }
  ends <- sort(unique(c(outer(-9:9, s) + rep(m, each = 19))))
  sigma^2 * sum(sapply(seq_len(length(ends) - 1), function(i) integrate(f, ends[i], ends[i + 1], rel.tol = 1e-10)$value))
}
above_beta <- function(at, bt, w, a, b)  # P(treated > control)
  integrate(function(p) mix_pdf(p, w, a, b) * pbeta(p, at, bt, lower.tail = FALSE), 0, 1, rel.tol = 1e-11, subdivisions = 2000L)$value

crohn <- read.csv("rbest_crohn.csv"); cy <- crohn$y; cs <- 88 / sqrt(crohn$n)
late <- data.frame(y = c(-3.70, -2.77, -4.41, -8.10, -2.70, -3.70, -3.10), se = c(1.233, 1.326, 0.740, 0.634, 0.505, 2.111, 0.638))
early <- data.frame(y = c(-1.22, -2.45, -3.60), se = c(1.136, 0.850, 1.803))
out <- list(
  R = R.version.string,
  crohn_half_normal = normal_map(cy, cs, half_normal(44), Inf, 0, 88),
  crohn_half_t4 = normal_map(cy, cs, half_t(44, 4), Inf, 0, 88),
  crohn_uniform = normal_map(cy, cs, function(t) 0 * t, 100, 0, 88),
  late_7_1.875 = normal_map(late$y, late$se, half_normal(1.875), Inf, 0, 15),
  late_7_3.75 = normal_map(late$y, late$se, half_normal(3.75), Inf, 0, 15),
  late_6_1.875 = normal_map(late$y[-4], late$se[-4], half_normal(1.875), Inf, 0, 15),
  late_6_3.75 = normal_map(late$y[-4], late$se[-4], half_normal(3.75), Inf, 0, 15),
  early_3_3.75 = normal_map(early$y, early$se, half_normal(3.75), Inf, 0, 15))
for (name in c("AS", "colitis", "transplant")) {
  d <- read.csv(sprintf("rbest_%s.csv", name))
  out[[name]] <- binomial_map(d$r, d$n, if (name == "AS") 1 else 0.5, at = c(0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5))
}
w2 <- c(.6167463, .3832537); a2 <- c(19.1916387, 3.5278745); b2 <- c(57.7779318, 9.3735980)
w3 <- c(.493397, .306603, .2); wn <- c(.4436779, .4436210, .1127011)
mn <- c(-52.0391043, -47.6848303, -49.9125720); sn <- c(19.1739545, 7.8776093, 42.0115693)
out$elir <- list(beta2 = elir_beta(w2, a2, b2), beta3 = elir_beta(w3, c(a2, 1), c(b2, 1)), normal3 = elir_normal(wn, mn, sn, 88),
                 normal2 = elir_normal(c(.5, .5), c(0, 0), c(2.5, 7.5), 7.5))
ev <- sapply(1:3, function(k) w3[k] * exp(lbeta(c(a2, 1)[k] + 1, c(b2, 1)[k] + 5) - lbeta(c(a2, 1)[k], c(b2, 1)[k])))
out$above <- list(robust_14_24_1_6 = above_beta(14.5, 11, ev / sum(ev), c(a2, 1) + 1, c(b2, 1) + 5), beta_11_4_8_7 = above_beta(11, 4, 1, 8, 7))
json <- function(x) {
  if (is.list(x)) sprintf("{%s}", paste(sprintf('"%s": %s', names(x), sapply(x, json)), collapse = ",\n "))
  else if (is.character(x)) sprintf('"%s"', x)
  else if (length(x) > 1) sprintf("[%s]", paste(sprintf("%.12g", x), collapse = ", ")) else sprintf("%.12g", x)
}
cat(json(out), "\n")
