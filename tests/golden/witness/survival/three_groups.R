# Log-rank tests of three groups with ties, and the strata of the AML data at 90 %. Run in this folder: Rscript three_groups.R
library(survival)
library(jsonlite)
d <- data.frame(
  time = c(4, 6, 6, 9, 12, 15, 3, 5, 6, 8, 8, 20, 2, 2, 3, 6, 7, 11),
  event = c(1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 1), group = rep(c("A", "B", "C"), each = 6))
plain <- survdiff(Surv(time, event) ~ group, d)
early <- survdiff(Surv(time, event) ~ group, d, rho = 1)
curve <- summary(survfit(Surv(time, event) ~ 1, d, conf.int = 0.9, conf.type = "log-log"))
write(toJSON(list(program = paste("R", getRversion(), "survival", packageVersion("survival")),
  time = d$time, event = d$event, group = d$group, chisq = plain$chisq, expected = plain$exp, chisq_early = early$chisq,
  curve_time = curve$time, lower = curve$lower, upper = curve$upper, se = curve$std.err, median = unname(curve$table["median"]),
  median_limits = unname(curve$table[8:9])), digits = 14, auto_unbox = TRUE), "three_groups.json")
