# The same models by Markov chain Monte Carlo with JAGS: an independent check within Monte Carlo error.
# Rscript jags.R > jags.json    (run in this directory; under a minute)
suppressMessages(library(rjags))
normal <- "model { for (j in 1:J) { y[j] ~ dnorm(theta[j], 1 / se[j]^2); theta[j] ~ dnorm(mu, 1 / tau^2) }
  mu ~ dnorm(m0, 1 / s0^2); tau ~ dt(0, 1 / scale^2, df) T(0,); new ~ dnorm(mu, 1 / tau^2) }"
poisson <- "model { for (j in 1:J) { y[j] ~ dpois(time[j] * exp(theta[j])); theta[j] ~ dnorm(mu, 1 / tau^2) }
  mu ~ dnorm(m0, 1 / s0^2); tau ~ dnorm(0, 1 / scale^2) T(0,); logged ~ dnorm(mu, 1 / tau^2); new <- exp(logged) }"
binomial <- "model { for (j in 1:J) { y[j] ~ dbin(p[j], n[j]); logit(p[j]) <- theta[j]; theta[j] ~ dnorm(mu, 1 / tau^2) }
  mu ~ dnorm(m0, 1 / s0^2); tau ~ dnorm(0, 1 / scale^2) T(0,); logged ~ dnorm(mu, 1 / tau^2); new <- ilogit(logged) }"
run <- function(code, data, seed) {
  inits <- lapply(1:4, function(k) list(.RNG.name = "base::Mersenne-Twister", .RNG.seed = seed + k, tau = data$scale / 2))
  model <- jags.model(textConnection(code), data, inits, n.chains = 4, n.adapt = 2000, quiet = TRUE)
  update(model, 5000, progress.bar = "none")
  drawn <- coda.samples(model, c("new", "mu", "tau"), 60000, progress.bar = "none")
  all <- do.call(rbind, drawn); size <- effectiveSize(drawn)
  list(mean = colMeans(all), sd = apply(all, 2, sd), size = size, q = apply(all, 2, quantile, c(0.025, 0.5, 0.975)))
}
crohn <- read.csv("rbest_crohn.csv")
jobs <- list(
  crohn_half_t4 = list(normal, list(J = 6, y = crohn$y, se = 88 / sqrt(crohn$n), m0 = 0, s0 = 88, scale = 44, df = 4)),
  crohn_half_cauchy = list(normal, list(J = 6, y = crohn$y, se = 88 / sqrt(crohn$n), m0 = 0, s0 = 88, scale = 44, df = 1)),
  poisson = list(poisson, list(J = 5, y = c(4, 7, 0, 12, 3), time = c(10.5, 12, 9, 30, 4), m0 = 0, s0 = 5, scale = 0.4)),
  no_events = list(binomial, list(J = 4, y = c(0, 0, 0, 0), n = c(100, 20, 30, 40), m0 = 0, s0 = 2, scale = 1)),
  few_events = list(binomial, list(J = 4, y = c(0, 3, 0, 10), n = c(100, 20, 30, 40), m0 = 0, s0 = 2, scale = 1)))
row <- function(r) { k <- c("new", "mu", "tau"); f <- function(x) paste(sprintf('"%s": %.6g', k, x[k]), collapse = ", ")
  sprintf('{"mean": {%s}, "sd": {%s}, "size": {%s}, "q2.5": {%s}, "q50": {%s}, "q97.5": {%s}}', f(r$mean), f(r$sd), f(r$size), f(r$q[1, ]), f(r$q[2, ]), f(r$q[3, ])) }
lines <- sapply(seq_along(jobs), function(i) sprintf('"%s": %s', names(jobs)[i], row(run(jobs[[i]][[1]], jobs[[i]][[2]], 100 * i))))
cat(sprintf('{"JAGS": "%s", "rjags": "%s", "R": "%s",\n%s}\n', jags.version(), packageVersion("rjags"), R.version.string, paste(lines, collapse = ",\n")))
