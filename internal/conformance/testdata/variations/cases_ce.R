# Writes variation cases of groups C and E: Rscript cases_ce.R
# R 4.2.2, survey 4.1-1, MASS 7.3-58. Data are random with a fixed seed.
suppressMessages({library(survey); library(MASS); library(jsonlite)})
out <- function(case, method, data, params, expected, call, design = NULL) {
  write.csv(data, paste0(case, ".csv"), row.names = FALSE, na = "", quote = FALSE)
  j <- list(case = case, method = method, software = "R", version = "4.2.2", call = call, data = paste0(case, ".csv"),
            params = params, expected = expected, tolerance = list(rel = 1e-6, abs = 1e-8))
  if (!is.null(design)) j$design <- design
  writeLines(toJSON(j, auto_unbox = TRUE, digits = NA, null = "null", na = "null", pretty = TRUE), paste0(case, ".json"))
}
set.seed(31)
d <- data.frame(psu = rep(1:18, each = 5), st = rep(c("n", "s", "w"), each = 30), w = round(runif(90, 5, 30), 1),
                age = sample(c("y", "m", "o"), 90, TRUE), sex = sample(c("F", "M"), 90, TRUE), x = round(rnorm(90, 40, 8)))
d$y <- round(10 + .5 * d$x + rnorm(90, 0, 6)); d$z <- sample(1:5, 90, TRUE); d$y[c(4, 50)] <- NA; d$z[7] <- NA
des <- svydesign(~psu, strata = ~st, weights = ~w, data = d); design <- list(ids = "psu", strata = "st", weight = "w")
vars <- c("y", "z")
figures <- function(r, by) {
  m <- svymean(~y + z, r, na.rm = TRUE); t <- svytotal(~y + z, r, na.rm = TRUE); w <- weights(r)
  b <- svyby(~y, by, r, svymean, na.rm = TRUE); est <- function(s, f) list(estimate = as.list(coef(s)), se = as.list(setNames(as.numeric(SE(s)), vars)))
  list(weights = as.numeric(w), g = as.numeric(w / d$w), sum_weights = sum(w), mean = est(m), total = est(t), n_eff = sum(w)^2 / sum(w^2), df = degf(r),
       domain_mean = as.list(setNames(b[[2]], b[[1]])), domain_se = as.list(setNames(as.numeric(SE(b)), b[[1]])))
}
tot <- colSums(model.matrix(~age * sex + x, d) * d$w) * runif(1, 1.1, 1.2) * c(1, 1.05, .97, 1.02, 1, 1.01, .98)
for (fn in c("linear", "raking")) out(paste0("C_calib_", fn, "_interaction"), paste0("C.calibrate.", fn), d,
  list(vars = vars, by = "sex", formula = "~age*sex+x", totals = as.list(tot[colnames(model.matrix(~age * sex + x, d))]), calfun = fn),
  figures(calibrate(des, ~age * sex + x, tot, calfun = fn, epsilon = 1e-12, maxit = 500), ~sex), "calibrate(~age*sex+x)", design)
pop <- as.data.frame(xtabs(w ~ age + sex, d)); pop$Freq <- round(pop$Freq * runif(6, .9, 1.3))
out("C_poststrat_missing", "C.poststratify", d, list(vars = vars, by = "age", strata = c("age", "sex"), population = pop),
    figures(postStratify(des, ~age + sex, pop), ~age), "postStratify(~age+sex)", design)
g <- function(m) list(coef = as.list(coef(m)), s = m$s, se = as.list(summary(m)$coefficients[, 2]), w = as.numeric(m$w))
for (f in list(y ~ x * sex + age, z ~ 0 + age + x)) out(paste0("E_rlm_", if (length(attr(terms(f), "term.labels")) > 2) "interaction" else "no_intercept"),
  "E.robust_regression", d[c("y", "z", "x", "age", "sex")], list(formula = gsub(" ", "", deparse(f))),
  list(huber = g(rlm(f, d, acc = 1e-12, maxit = 500)), bisquare_from_ls = g(rlm(f, d, psi = psi.bisquare, acc = 1e-12, maxit = 500))), "rlm, missing rows left out")
f <- y ~ factor(z) + sex
out("E_rlm_factor", "E.robust_regression", d[c("y", "z", "sex")], list(formula = "y~factor(z)+sex"), list(huber = g(rlm(f, d, acc = 1e-12, maxit = 500))), "rlm(y~factor(z)+sex)")
m <- svyglm(f, des); s <- summary(m)$coefficients
out("B_glm_factor", "B.glm", d, list(formula = "y~factor(z)+sex", family = "gaussian"), list(coef = as.list(s[, 1]), se = as.list(s[, 2]), df_residual = m$df.residual), "svyglm(y~factor(z)+sex)", design)
