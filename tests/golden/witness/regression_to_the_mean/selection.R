# Expected change after selecting by the change before: moments of the truncated bivariate normal (tmvtnorm), and the
# rejections of R's t.test in trials without any effect. Run in this folder: Rscript selection.R
suppressPackageStartupMessages({library(tmvtnorm); library(jsonlite)})
rows <- expand.grid(error = c(2.5, 4), sd = c(5.7, 7.5), rho = c(0, 0.3, 0.6), readings = c(1, 2), cut = c(0, 3))
moments <- lapply(seq_len(nrow(rows)), function(i) {
  r <- rows[i, ]; mean <- c(-2, -2)
  noise <- r$error^2 * (1 + 1 / r$readings); truth <- r$sd^2 - noise
  if (truth < 0) return(c(as.list(r), list(possible = FALSE)))
  sigma <- matrix(c(r$sd^2, r$rho * truth - r$error^2 / r$readings, r$rho * truth - r$error^2 / r$readings, r$sd^2), 2)
  above <- mtmvnorm(mean, sigma, lower = c(r$cut, -Inf)); below <- mtmvnorm(mean, sigma, upper = c(r$cut, Inf))
  c(as.list(r), list(possible = TRUE, selected = above$tmean[2], others = below$tmean[2]))
})
set.seed(71)
trials <- 20000
claims <- lapply(list(c(4, 7.5, 0), c(4, 5.7, 0), c(2.5, 7.5, 0), c(4, 7.5, 0.6)), function(k) {
  truth <- k[2]^2 - 2 * k[1]^2
  one <- function() {
    draw <- function(n) {
      a <- rnorm(n); s1 <- -2 + sqrt(truth) * a; s2 <- -2 + sqrt(truth) * (k[3] * a + sqrt(1 - k[3]^2) * rnorm(n))
      e <- matrix(rnorm(3 * n, 0, k[1]), n); cbind(s1 + e[, 2] - e[, 1], s2 + e[, 3] - e[, 2])
    }
    d <- draw(200)
    x <- d[d[, 1] >= 0, 2][1:10]; y <- d[d[, 1] < 0, 2][1:10]
    t <- t.test(x, y, var.equal = TRUE)
    c(t$p.value < 0.05 && t$statistic < 0, t$p.value < 0.05 && t$statistic > 0)
  }
  found <- rowMeans(replicate(trials, one()))
  list(error = k[1], sd = k[2], rho = k[3], trials = trials, lower = found[1], higher = found[2])
})
out <- list(version = R.version.string, packages = list(tmvtnorm = as.character(packageVersion("tmvtnorm"))), moments = moments, claims = claims)
write(toJSON(out, digits = I(17), auto_unbox = TRUE, pretty = TRUE), "selection.json")
