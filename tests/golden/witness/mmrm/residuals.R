# Residuals and fitted values of the fev data by nlme::gls, unstructured covariance, REML. Run in this folder.
library(nlme)
library(jsonlite)
fev <- read.csv("fev_data.csv", stringsAsFactors = FALSE)
fev$ARMCD <- factor(fev$ARMCD, c("PBO", "TRT"))
fev$RACE <- factor(fev$RACE, c("Asian", "Black or African American", "White"))
fev$SEX <- factor(fev$SEX, c("Male", "Female"))
fev$AVISIT <- factor(fev$AVISIT)
seen <- fev[!is.na(fev$FEV1), ]
fit <- gls(FEV1 ~ RACE + SEX + ARMCD * AVISIT, seen, correlation = corSymm(form = ~ VISITN | USUBJID),
           weights = varIdent(form = ~ 1 | AVISIT), control = glsControl(msTol = 1e-10, tolerance = 1e-10, maxIter = 500, msMaxIter = 500))
# nlme's own "normalized" residuals use another root in its order of visits; here it is the Cholesky root, by base R.
pearson <- as.numeric(residuals(fit, type = "pearson"))
normalized <- pearson
for (patient in unique(seen$USUBJID)) {
  rows <- which(seen$USUBJID == patient)
  correlation <- corMatrix(fit$modelStruct$corStruct)[[patient]]
  normalized[rows] <- solve(t(chol(correlation)), pearson[rows])
}
out <- list(
  program = paste("R", getRversion(), "nlme", packageVersion("nlme")),
  row = as.integer(rownames(seen)), coef = unname(coef(fit)), sigma = fit$sigma,
  fitted = as.numeric(fitted(fit)), raw = as.numeric(residuals(fit)), pearson = pearson,
  normalized = normalized)
write(toJSON(out, digits = 12, auto_unbox = TRUE), "residuals.json")
