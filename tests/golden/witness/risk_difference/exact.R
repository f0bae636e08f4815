# Exact unconditional intervals of a difference of proportions (Chan and Zhang 1999), from the definition in base R: the constrained
# proportions by numerical maximization of the likelihood, the largest tail over the second proportion on a grid and by optimize, the limit
# by a search in steps of 0.01 from the end and then halving. Run in this folder: Rscript exact.R > exact.json
score <- function(x, n, y, m, d) {
  low <- max(0, -d); high <- min(1, 1 - d)
  loglik <- function(p) dbinom(x, n, min(1, p + d), log = TRUE) + dbinom(y, m, p, log = TRUE)
  tried <- c(low, high, optimize(loglik, c(low, high), maximum = TRUE, tol = 1e-12)$maximum)
  p <- tried[which.max(sapply(tried, loglik))]; q <- p + d
  v <- max(0, q * (1 - q)) / n + max(0, p * (1 - p)) / m; gap <- x / n - y / m - d
  if (v < 1e-13) if (abs(gap) < 1e-9) 0 else sign(gap) * Inf else gap / sqrt(v)
}
tail_at <- function(x, n, y, m, d) {
  t <- outer(0:n, 0:m, Vectorize(function(a, b) score(a, n, b, m, d)))
  extreme <- t >= t[x + 1, y + 1] - 1e-6
  chance <- function(p) sum((dbinom(0:n, n, min(1, max(0, p + d))) %o% dbinom(0:m, m, p))[extreme])
  grid <- seq(max(0, -d), min(1, 1 - d), length.out = 301); found <- sapply(grid, chance); k <- which.max(found)
  max(found, optimize(chance, grid[c(max(1, k - 1), min(301, k + 1))], maximum = TRUE, tol = 1e-10)$objective)
}
lower <- function(x, n, y, m, level) {
  at <- -1; while (at + .01 < x / n - y / m && tail_at(x, n, y, m, at + .01) <= level) at <- at + .01
  if (at == -1 && tail_at(x, n, y, m, -1 + 1e-9) > level) return(-1)
  ends <- c(at, at + .01); for (i in 1:22) { h <- mean(ends); if (tail_at(x, n, y, m, h) > level) ends[2] <- h else ends[1] <- h }
  ends[2]
}
tables <- list(c(7, 10, 2, 10, .95), c(9, 11, 4, 12, .95), c(0, 10, 3, 10, .95), c(5, 6, 4, 14, .95), c(10, 10, 8, 10, .9), c(1, 7, 1, 5, .95), c(0, 8, 0, 6, .95))
rows <- sapply(tables, function(k) { level <- (1 - k[5]) / 2
  sprintf('{"table": [%d, %d, %d, %d], "confidence": %g, "lower": %.9f, "upper": %.9f}', k[1], k[2], k[3], k[4], k[5],
          lower(k[1], k[2], k[3], k[4], level), -lower(k[3], k[4], k[1], k[2], level)) })
cat(sprintf('{"R": "%s",\n "intervals": [\n  %s]}\n', R.version.string, paste(rows, collapse = ",\n  ")))
