# Quartiles (type 2 = SAS QNTLDEF 5), one-way ANOVA, chi-square, exact and score intervals, Fisher.
# Run in this folder: Rscript summary.R
library(jsonlite)
set.seed(3)
columns <- list(c(2, 4, 4, 10), 1:9, c(-1.5, 0, 0, 2.25, 7, 8.5), round(rnorm(37, 50, 9), 1), c(5, 5))
groups <- list(c(63, 71, 58, 80, 77), c(74, 69, 81), c(70, 66, 59, 75, 77, 83))
tables <- list(matrix(c(8, 3, 2, 7), 2), matrix(c(53, 50, 40, 33, 34, 44), 2), matrix(c(3, 0, 4, 5, 1, 6, 2, 2, 9), 3))
pairs <- list(c(0, 10), c(2, 10), c(10, 10), c(1, 79), c(56, 70), c(37, 254))
fishers <- list(matrix(c(3, 1, 1, 3), 2), matrix(c(0, 5, 10, 5), 2), matrix(c(12, 3, 74, 76), 2), matrix(c(1, 9, 84, 77), 2), matrix(c(0, 0, 4, 6), 2))
v <- unlist(groups); g <- factor(rep(seq_along(groups), lengths(groups))); a <- anova(lm(v ~ g))
out <- list(version = R.version.string,
  describe = lapply(columns, function(x) list(values = x, mean = mean(x), sd = sd(x), quantiles = unname(quantile(x, c(0, .1, .25, .5, .75, .9, 1), type = 2)))),
  anova = list(groups = groups, f = a[1, "F value"], p = a[1, "Pr(>F)"]),
  chi_square = lapply(tables, function(t) { k <- suppressWarnings(chisq.test(t, correct = FALSE)); list(table = t, x2 = unname(k$statistic), df = unname(k$parameter), p = k$p.value) }),
  proportion = lapply(pairs, function(k) list(events = k[1], n = k[2], exact = as.numeric(binom.test(k[1], k[2])$conf.int),
                      wilson = suppressWarnings(as.numeric(prop.test(k[1], k[2], correct = FALSE)$conf.int)), exact90 = as.numeric(binom.test(k[1], k[2], conf.level = .9)$conf.int))),
  fisher = lapply(fishers, function(t) list(table = t, p = fisher.test(t)$p.value)))
write(toJSON(out, digits = I(17), auto_unbox = TRUE, pretty = FALSE), "summary.json")
