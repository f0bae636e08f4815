# Intraclass correlations (psych), weighted kappa (vcd), and the rest from base R. Run in this folder: Rscript agreement.R
suppressMessages({library(psych); library(vcd)})
library(jsonlite)

# Six subjects, four judges: Shrout and Fleiss 1979, table 2.
published <- matrix(c(9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7), ncol = 4, byrow = TRUE)
# Invented skin scores: twenty patients, two raters who differ by a constant and by chance; twelve patients, three raters.
set.seed(46)
patients <- round(runif(20, 10, 40))
two <- cbind(patients + round(rnorm(20, 0, 2.5)), patients + 3 + round(rnorm(20, 0, 2.5)))
three <- matrix(round(rnorm(36, 20, 6) + rep(rnorm(12, 0, 9), 3), 1), ncol = 3)
# Ratings that agree less than chance would have them.
noise <- matrix(c(3, 1, 4, 1, 5, 9, 2, 6, 9, 4, 5, 3, 5, 1, 2, 6), ncol = 2)

icc <- function(x, alpha) {
  r <- ICC(x, lmer = FALSE, alpha = alpha)$results
  list(ratings = x, confidence = 1 - alpha, estimate = r$ICC, lower = r$`lower bound`, upper = r$`upper bound`,
    f = r$F, df1 = r$df1, df2 = r$df2, p = r$p)
}

# Mean squares from aov, chi-square limits of the standard error of measurement.
sem <- function(x) {
  d <- data.frame(y = c(x), s = factor(row(x)), r = factor(col(x)))
  one <- anova(lm(y ~ s, d)); both <- anova(lm(y ~ s + r, d))
  limits <- function(ms, df) list(sem = sqrt(ms), df = df, lower = sqrt(ms * df / qchisq(.975, df)), upper = sqrt(ms * df / qchisq(.025, df)),
    sdc = qnorm(.975) * sqrt(2) * sqrt(ms))
  list(subjects = both["s", "Mean Sq"], raters = both["r", "Mean Sq"],
    count = limits(one["Residuals", "Mean Sq"], one["Residuals", "Df"]), ignore = limits(both["Residuals", "Mean Sq"], both["Residuals", "Df"]))
}

# Limits of agreement; their exact intervals from the noncentral t.
bland <- function(a, b) {
  d <- a - b; n <- length(d); z <- qnorm(.975); t <- t.test(d)
  q <- qt(c(.025, .975), n - 1, z * sqrt(n)) * sd(d) / sqrt(n)
  list(n = n, bias = c(mean(d), t$conf.int), sd = sd(d), upper = mean(d) + c(z * sd(d), q), lower = mean(d) - c(z * sd(d), rev(q)))
}

grades <- list(c(20, 4, 1, 0, 6, 18, 5, 1, 0, 7, 12, 3, 0, 1, 4, 9), c(30, 10, 0, 0, 2, 5, 4, 1, 0, 1, 6, 2, 1, 0, 0, 0))
kappa <- lapply(grades, function(g) {
  x <- matrix(g, 4, byrow = TRUE)
  equal <- Kappa(x, weights = "Equal-Spacing"); squared <- Kappa(x, weights = "Fleiss-Cohen")
  list(table = x, none = unname(equal$Unweighted), linear = unname(equal$Weighted), quadratic = unname(squared$Weighted))
})

write(toJSON(list(program = paste("R", getRversion(), "psych", packageVersion("psych"), "vcd", packageVersion("vcd")),
  icc = list(published = icc(published, .05), two = icc(two, .05), three = icc(three, .1), noise = icc(noise, .05)),
  sem = lapply(list(published = published, two = two, three = three, noise = noise), sem),
  bland = list(two = bland(two[, 1], two[, 2]), three = bland(three[, 1], three[, 3])),
  kappa = kappa), digits = 14, auto_unbox = TRUE), "agreement.json")
