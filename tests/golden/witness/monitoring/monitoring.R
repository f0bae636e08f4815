# Central monitoring: the numbers against which statistics/central_monitoring.py is tested. Rscript monitoring.R > monitoring.txt
cat(R.version.string, "\n")
digits <- c(rep(0, 14), rep(5, 11), 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 6, 6, 6, 7, 7, 7, 7, 8, 8, 8, 8, 9, 9, 9, 9, 1, 2, 6, 7)
cat("chisq", length(digits), format(chisq.test(table(factor(digits, levels = 0:9)))$p.value, digits = 15), "\n")
# exact: every one of 10^5 sequences of five digits
all <- as.matrix(expand.grid(rep(list(0:9), 5)))
squares <- apply(all, 1, function(row) sum(tabulate(row + 1, 10)^2))
for (s in c(5, 7, 9, 11, 13, 17, 25)) cat("exact5", s, format(mean(squares >= s), digits = 15), "\n")
x <- c(0, 14, 33, 41, 60, 77, 90, 118); y <- c(1.2, -0.4, 2.2, 0.9, 3.1, 1.8, 4.4, 3.2)
fit <- summary(lm(y ~ x))$coefficients
cat("drift", format(fit[2, 1], digits = 15), format(fit[2, 4], digits = 15), "\n")
a <- c(-3.1, -1.2, 0.4, -5.0); b <- c(1.1, 2.9, 0.2); d <- c(-2.2, 4.1, 3.3, 0.7, 1.5)
cat("anova", format(oneway.test(v ~ g, data.frame(v = c(a, b, d), g = rep(c("a", "b", "d"), c(4, 3, 5))), var.equal = TRUE)$p.value, digits = 15), "\n")
steps <- list(c(0.5, -0.4, 0.3), c(3, -3, 2), c(2, -4, 3, 1), c(-3, 3))
k <- sapply(steps, length); df <- k^2 / (1.5 * k - 0.5); ss <- sapply(steps, function(s) sum(s^2))
p <- pf((ss / k) / ((sum(ss) - ss) / (sum(k) - k)), df, sum(df) - df)
cat("even", format(p, digits = 15), "\n")
# what the degrees of freedom stand for: mean squares of successive differences of measurement error, their quantiles by simulation
set.seed(1); m <- replicate(200000, mean(diff(rnorm(7))^2) / 2)
cat("freedom", format(2 / var(m), digits = 4), "claimed", format(36 / 8.5, digits = 4), "\n")
