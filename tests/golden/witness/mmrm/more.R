# The fev data by nlme::gls under five structures; empirical covariances and their degrees of freedom by clubSandwich; Kenward-Roger
# of a random intercept by lme4 and pbkrtest in the patients seen at every visit; what is expected where a visit is missing. Run in this folder.
suppressPackageStartupMessages({library(nlme); library(lme4); library(pbkrtest); library(clubSandwich); library(emmeans); library(jsonlite)})
fev <- read.csv("fev_data.csv", stringsAsFactors = FALSE)
fev$ARMCD <- factor(fev$ARMCD, c("PBO", "TRT"))
fev$RACE <- factor(fev$RACE, c("Asian", "Black or African American", "White"))
fev$SEX <- factor(fev$SEX, c("Male", "Female"))
fev$AVISIT <- factor(fev$AVISIT)
seen <- fev[!is.na(fev$FEV1), ]
tight <- glsControl(msTol = 1e-10, tolerance = 1e-10, maxIter = 500, msMaxIter = 500)
fitted_by <- function(method, correlation, scales = FALSE) gls(FEV1 ~ RACE + SEX + ARMCD * AVISIT, seen, method = method, control = tight,
  correlation = correlation, weights = if (scales) varIdent(form = ~ 1 | AVISIT))

structures <- list(
  "unstructured" = list(corSymm(form = ~ VISITN | USUBJID), TRUE),
  "autoregressive" = list(corAR1(form = ~ VISITN | USUBJID), FALSE),
  "heterogeneous autoregressive" = list(corAR1(form = ~ VISITN | USUBJID), TRUE),
  "compound symmetry" = list(corCompSymm(form = ~ 1 | USUBJID), FALSE),
  "heterogeneous compound symmetry" = list(corCompSymm(form = ~ 1 | USUBJID), TRUE))
shown <- function(name, method) {
  fit <- fitted_by(method, structures[[name]][[1]], structures[[name]][[2]])
  x <- model.matrix(FEV1 ~ RACE + SEX + ARMCD * AVISIT, seen)
  # vcov of an ML fit is scaled up by n / (n - p) in gls; SAS and we leave it
  scale <- if (method == "ML") (nrow(x) - ncol(x)) / nrow(x) else 1
  list(structure = name, criterion = method, coef = unname(coef(fit)), se = unname(sqrt(diag(vcov(fit)) * scale)),
       minus_two_log = -2 * as.numeric(logLik(fit)))
}
runs <- unlist(lapply(names(structures), function(n) lapply(c("REML", "ML"), function(m) shown(n, m))), recursive = FALSE)

us <- fitted_by("REML", structures$unstructured[[1]], TRUE)
sandwich <- lapply(c("CR0", "CR2", "CR3"), function(kind) {
  found <- coef_test(us, vcov = vcovCR(us, cluster = seen$USUBJID, type = kind), test = "Satterthwaite")
  list(kind = kind, se = found$SE, df = found$df_Satt)
})

complete <- names(which(table(seen$USUBJID) == 4))
whole <- seen[seen$USUBJID %in% complete, ]
mixed <- lmer(FEV1 ~ RACE + SEX + ARMCD * AVISIT + (1 | USUBJID), whole, control = lmerControl(optCtrl = list(ftol_abs = 1e-14, xtol_abs = 1e-10)))
adjusted <- vcovAdj(mixed)
last <- as.numeric(names(fixef(mixed)) %in% c("ARMCDTRT", "ARMCDTRT:AVISITVIS4"))
means <- as.data.frame(emmeans(mixed, ~ ARMCD | AVISIT, lmer.df = "kenward-roger"))
interaction <- rbind(diag(11)[9, ], diag(11)[10, ], diag(11)[11, ])
f <- KRmodcomp(mixed, interaction)$stats
intercept <- list(patients = length(complete), coef = unname(fixef(mixed)), se = unname(sqrt(diag(as.matrix(adjusted)))),
  last = list(estimate = sum(last * fixef(mixed)), se = sqrt(sum(last * (as.matrix(adjusted) %*% last))), df = Lb_ddf(last, vcov(mixed), adjusted)),
  means = list(arm = as.character(means$ARMCD), visit = as.character(means$AVISIT), mean = means$emmean, se = means$SE, df = means$df),
  interaction = list(f = f$Fstat, df = f$ddf, p = f$p.value))

# Expected outcomes at missing visits: mean + S21 S11^-1 (observed - mean), with the covariance of a patient who has all visits.
everyone <- which(table(seen$USUBJID) == 4)[1]
sigma <- unclass(getVarCov(us, individual = names(everyone)))
who <- intersect(unique(fev$USUBJID), unique(seen$USUBJID))
expected <- do.call(rbind, lapply(who, function(id) {
  rows <- fev[fev$USUBJID == id, ]; rows <- rows[order(rows$VISITN), ]
  gone <- is.na(rows$FEV1); if (!any(gone)) return(NULL)
  mean <- drop(model.matrix(~ RACE + SEX + ARMCD * AVISIT, rows) %*% coef(us))
  slope <- sigma[gone, !gone, drop = FALSE] %*% solve(sigma[!gone, !gone])
  data.frame(id = id, visit = as.character(rows$AVISIT[gone]), mean = drop(mean[gone] + slope %*% (rows$FEV1 - mean)[!gone]),
             sd = sqrt(diag(sigma[gone, gone, drop = FALSE] - slope %*% sigma[!gone, gone, drop = FALSE])))
}))
out <- list(program = R.version.string, packages = as.list(sapply(c("nlme", "lme4", "pbkrtest", "clubSandwich", "emmeans"), function(p) as.character(packageVersion(p)))),
            columns = names(coef(us)), runs = runs, sandwich = sandwich, intercept = intercept, sigma = sigma, expected = expected)
write(toJSON(out, digits = I(13), auto_unbox = TRUE), "more.json")
