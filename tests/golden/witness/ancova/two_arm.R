# Two arms, baseline as covariate: lm, emmeans, sandwich. Run in this folder: Rscript two_arm.R
suppressPackageStartupMessages({library(emmeans); library(sandwich); library(jsonlite)})
analyze <- function(file) {
  d <- read.csv(file); d$ARM <- factor(d$ARM, levels = c("CON", "TEL"))
  fit <- lm(CHG ~ ARM + BASE, data = d)
  s <- coef(summary(fit)); ci <- confint(fit); ci90 <- confint(fit, level = 0.90)
  lsm <- as.data.frame(emmeans(fit, "ARM"))
  list(file = file, n = nrow(d), df = fit$df.residual, sigma = summary(fit)$sigma,
       difference = unname(s["ARMTEL", ]), ci = unname(ci["ARMTEL", ]), ci90 = unname(ci90["ARMTEL", ]),
       slope = unname(s["BASE", ]), slope_ci = unname(ci["BASE", ]),
       lsm = lsm[, c("ARM", "emmean", "SE", "lower.CL", "upper.CL")],
       hc_se = sapply(c("HC0", "HC1", "HC2", "HC3"), function(h) sqrt(vcovHC(fit, h)["ARMTEL", "ARMTEL"])),
       drop1 = data.frame(term = c("ARM", "BASE"), f = drop1(fit, test = "F")[-1, "F value"], p = drop1(fit, test = "F")[-1, "Pr(>F)"]))
}
out <- list(version = R.version.string,
            packages = as.list(sapply(c("emmeans", "sandwich"), function(p) as.character(packageVersion(p)))),
            results = lapply(c("toy_mrss20.csv", "toy_mrss20_jitter.csv"), analyze))
write(toJSON(out, digits = I(17), auto_unbox = TRUE, pretty = TRUE), "two_arm.json")
