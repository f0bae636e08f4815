# Three arms, unbalanced site factor, baseline: lm, emmeans (equal and proportional weights), car::Anova type III, dose trend.
# Run in this folder: Rscript three_arm.R   (it also makes the data, three_arm.csv)
suppressPackageStartupMessages({library(emmeans); library(car); library(sandwich); library(jsonlite)})
set.seed(20241105)
n <- 61
d <- data.frame(ARM = sample(c("placebo", "low", "high"), n, TRUE, c(.3, .45, .25)), SITE = sample(c("s1", "s2", "s3", "s4"), n, TRUE, c(.5, .25, .15, .1)),
                BASE = round(rnorm(n, 24, 9), 1))
d$DOSE <- c(placebo = 0, low = 54, high = 81)[d$ARM]
d$CHG <- round(2 - 0.02 * d$DOSE + 0.1 * (d$BASE - 24) + 1.5 * (d$SITE == "s3") + rnorm(n, 0, 4), 2)
write.csv(d, "three_arm.csv", row.names = FALSE)
d <- read.csv("three_arm.csv"); d$ARM <- factor(d$ARM, levels = c("placebo", "low", "high")); d$SITE <- factor(d$SITE)
fit <- lm(CHG ~ ARM + BASE + SITE, data = d, contrasts = list(ARM = "contr.sum", SITE = "contr.sum"))
trend <- lm(CHG ~ DOSE + BASE + SITE, data = d)
table3 <- as.data.frame(Anova(fit, type = 3))
lsm <- function(w) as.data.frame(emmeans(fit, "ARM", weights = w))[, c("ARM", "emmean", "SE", "lower.CL", "upper.CL")]
pairs <- as.data.frame(summary(contrast(emmeans(fit, "ARM"), "revpairwise"), infer = TRUE, adjust = "none"))
active <- as.data.frame(summary(contrast(emmeans(fit, "ARM"), list(active = c(-1, .5, .5))), infer = TRUE))
robust <- as.data.frame(summary(contrast(emmeans(fit, "ARM", vcov. = vcovHC(fit, "HC3")), "trt.vs.ctrl1"), infer = TRUE, adjust = "none"))
bare <- lm(CHG ~ ARM, data = d)
out <- list(version = R.version.string,
            packages = as.list(sapply(c("emmeans", "car", "sandwich"), function(p) as.character(packageVersion(p)))),
            df = fit$df.residual, sigma = summary(fit)$sigma, slope = unname(coef(summary(fit))["BASE", ]),
            balanced = lsm("equal"), observed = lsm("proportional"), pairs = pairs, active = active, robust_hc3 = robust,
            type3 = data.frame(term = c("ARM", "BASE", "SITE"), df = table3[c("ARM", "BASE", "SITE"), "Df"],
                               f = table3[c("ARM", "BASE", "SITE"), "F value"], p = table3[c("ARM", "BASE", "SITE"), "Pr(>F)"]),
            robust_f_hc3 = linearHypothesis(fit, c("ARM1", "ARM2"), vcov. = vcovHC(fit, "HC3"))[2, c("F", "Pr(>F)")],
            trend = list(df = trend$df.residual, sigma = summary(trend)$sigma, slope = unname(coef(summary(trend))["DOSE", ]),
                         ci = unname(confint(trend)["DOSE", ])),
            no_baseline = list(df = bare$df.residual, lsm = as.data.frame(emmeans(bare, "ARM"))[, c("ARM", "emmean", "SE")],
                               f = anova(bare)[1, "F value"], p = anova(bare)[1, "Pr(>F)"]))
write(toJSON(out, digits = I(17), auto_unbox = TRUE, pretty = TRUE), "three_arm.json")
