# Writes further corner cases that once differed: Rscript cases_corner2.R
# R 4.2.2; survey 4.1-1, robustbase 0.95-0, psych 2.2.9. Profiles with a flat end, balanced half samples made by
# the program in four orders, one factor at its floor, ratings whose mean has no variance, groups without
# variation, exact fits, weights that trimming gives to rows without one, refused errors beside calibrated values.
keep <- NULL
suppressMessages({library(survey); library(jsonlite); library(robustbase); library(psych)})
source("writing.R") # run in this directory
L <- function(x) as.list(n1(x))
named <- function(x, n) setNames(L(x), n)
# one degree of freedom: the link holds the fitted share away from 0, the profile is flat there
limits <- function(case, d, lonely, fpc) {
  options(survey.lonely.psu = lonely); A <- quiet(svydesign(~psu, strata = ~h, weights = ~w, fpc = fpc, data = d)); e <- list(df = degf(A))
  for (k in c("logit", "likelihood", "beta")) for (l in c(90, 95)) e[[paste0("ci", l, "_", k)]] <- tryCatch(n1(attr(quiet(svyciprop(~yes, A, method = k, level = l / 100, na.rm = TRUE)), "ci")), error = function(e) c(NA, NA))
  out(dir, case, "B.proportion", d, list(indicator = "yes==1"), e, "svyciprop", c(list(ids = "psu", strata = "h", weight = "w", lonely = lonely), if (!is.null(fpc)) list(fpc = "N")), list(rel = 1e-8, abs = 1e-9, ci90_logit = 1e-6, ci95_logit = 1e-6, ci90_likelihood = 1e-4, ci95_likelihood = 1e-4))
}
limits("B_prop_flat_profile", data.frame(psu = c(1, 1, 2, 2, 2), h = "a", N = 7, w = c(250.16, 250.16, 5.74, 5.74, 5.74), yes = c(0, NA, 1, NA, 0)), "adjust", ~N)
limits("B_prop_flat_below", data.frame(psu = c(1, 2, 2, 3), h = c("a", "b", "b", "b"), w = c(138.75, 10.54, 670.46, 6.26), yes = c(0, 0, 0, 1)), "certainty", NULL)
options(survey.lonely.psu = "fail")
# balanced half samples of 7, 9, 18 and 29 strata: orders 8 (doubled), 12 (Paley), 20 (Paley) and 32 (doubled)
for (h in c(7, 9, 18, 29)) { set.seed(h); d <- data.frame(h = sprintf("s%02d", rep(1:h, each = 4)), psu = rep(1:(2 * h), each = 2), w = round(runif(4 * h, 5, 30), 2), g = sample(c("p", "q"), 4 * h, TRUE), x = sample(1:5, 4 * h, TRUE))
  d$y <- round(50 + 3 * d$x + rnorm(4 * h, 0, 8), 1); D <- svydesign(~psu, strata = ~h, weights = ~w, data = d)
  for (rho in c(0, .4)) { if (rho > 0 && h != 9) next
    R <- if (rho > 0) as.svrepdesign(D, type = "Fay", fay.rho = rho) else as.svrepdesign(D, type = "BRR"); e <- list(degf = degf(R))
    for (mse in c(FALSE, TRUE)) { R$mse <- mse; m <- svymean(~y, R); t <- svytotal(~y, R); q <- svyratio(~y, ~x, R); b <- svyby(~y, ~g, R, svymean)
      e[[paste0("mse_", tolower(mse))]] <- list(mean = coef(m)[[1]], mean_se = SE(m)[[1]], total = coef(t)[[1]], total_se = SE(t)[[1]], ratio = n1(coef(q)), ratio_se = n1(SE(q)), domain_mean = named(b$y, b$g), domain_se = named(SE(b), b$g)) }
    out(dir, paste0(if (rho > 0) "D_fay_made_" else "D_brr_made_", h), if (rho > 0) "D.Fay" else "D.BRR", d, c(list(y = "y", ratio_denominator = "x", by = "g"), if (rho > 0) list(fay_rho = rho)), e, "as.svrepdesign", list(ids = "psu", strata = "h", weight = "w"), list(rel = 1e-9, abs = 1e-10)) } }
# one factor whose best fit lies at the floor, and is not what the first start finds
set.seed(12); X <- as.data.frame(matrix(sample(1:5, 60, TRUE), 12)); f <- factanal(X, 1, control = list(nstart = 60, lower = .005, opt = list(factr = 10))); l <- as.vector(f$loadings); l <- l * sign(sum(l)); u <- f$uniquenesses
out(dir, "F_alpha_floor", "F.alpha_omega", X, NULL, list(omega_one_factor_std = sum(l)^2 / (sum(l)^2 + sum(u)), loadings_ml = named(l, names(X)), uniquenesses = named(u, names(X))), "factanal, 60 starts", tol = list(rel = 1e-5, abs = 1e-5, loadings_ml = 1e-4, uniquenesses = 1e-4))
# the mean of three raters has no variance, one of them has
X <- data.frame(r1 = c(3, 3, 2), r2 = c(2, 3, 3), r3 = c(2, 1, 3)); a <- quiet(ICC(X, lmer = FALSE))$results
out(dir, "F_icc_mean_without_variance", "F.icc", X, NULL, list(n_subjects = 3, anova = list(ICC2 = list(icc = a$ICC[2], F = a$F[2], p = a$p[2], lower95 = a[["lower bound"]][2], upper95 = a[["upper bound"]][2]))), "psych::ICC")
# groups without variation: mean squares stand, variances are refused
k <- data.frame(g = rep(c("u", "v", "w"), c(3, 4, 2)), y = rep(c(2, 4, 5), c(3, 4, 2))); a <- quiet(anova(lm(y ~ g, k))); n <- table(k$g)
for (m in c("G_anova_still_groups", "H_interviewer_still")) { v <- if (m == "G_anova_still_groups") c("G.anova_shrinkage", "group") else c("H.interviewer_effect", "interviewer"); out(dir, m, v[1], k, setNames(list("y", "g"), c("y", v[2])), list(ms_between = a[1, 3], ms_within = 0, n0 = (9 - sum(n^2) / 9) / 2, F = NA), "anova(lm)") }
# more than half of the answers alike: an exact fit
x <- c(7, 7, 7, 7, 3, 9, 7, 1, 7); set.seed(1); m <- try1(lmrob(x ~ 1, method = "MM")); out(dir, "E_location_exact_fit", "E.location_scale", data.frame(x = x), NULL, list(median = 7, mad = 0, lmrob_mm = if (is.character(m)) m else list(mu = coef(m)[[1]], scale = m$scale)), "lmrob", tol = list(rel = 1e-8, abs = 1e-9))
# trimming gives weight to a row that had none; a unit that had none counts afterwards
d <- data.frame(psu = rep(1:5, c(2, 2, 2, 2, 1)), w = c(9, 4, 5, 6, 7, 8, 4, 5, 0), q = c(1, 4, 2, 5, 3, 3, 4, 2, 5)); D <- svydesign(~psu, weights = ~w, data = d); T <- trimWeights(D, upper = 7.5); m <- svymean(~q, T); t <- svytotal(~q, T)
out(dir, "C_trim_zero_weight", "C.trim", d, list(vars = I("q"), upper = 7.5, strict = FALSE), list(weights = as.numeric(weights(T)), sum_weights = sum(weights(T)), df = degf(T), mean = list(estimate = list(q = coef(m)[[1]]), se = list(q = SE(m)[[1]])), total = list(estimate = list(q = coef(t)[[1]]), se = list(q = SE(t)[[1]]))), "trimWeights", list(ids = "psu", weight = "w"))
# a stratum with one unit: calibrated weights stand, errors do not
d <- data.frame(h = rep(c("a", "b", "c"), c(4, 2, 5)), psu = rep(1:6, c(2, 2, 2, 2, 2, 1)), w = c(9, 4, 5, 6, 7, 8, 4, 5, 3, 6, 2), x = c(2, 3, 1, 4, 2, 2, 5, 1, 3, 4, 2), q = c(1, 4, 2, 5, 3, 3, 4, 2, 5, 1, 2)); D <- svydesign(~psu, strata = ~h, weights = ~w, data = d)
C <- calibrate(D, ~x, c(`(Intercept)` = 70, x = 190), calfun = "raking", epsilon = 1e-12, maxit = 500); out(dir, "C_calib_raking_lonely", "C.calibrate.raking", d, list(vars = I("q"), formula = "~x", totals = list(`(Intercept)` = 70, x = 190), calfun = "raking"), list(weights = as.numeric(weights(C)), sum_weights = sum(weights(C)), mean = try1(svymean(~q, C)), total = try1(svytotal(~q, C))), "calibrate", list(ids = "psu", strata = "h", weight = "w"))
# formulas with functions, interactions without main effects, nesting
suppressMessages({library(MASS); library(lme4)}); set.seed(31)
d <- data.frame(u = rep(1:10, each = 5), h = rep(c("n", "s"), each = 25), w = round(runif(50, 2, 9), 2), g = sample(c("p", "q", "r"), 50, TRUE), k = sample(1:3, 50, TRUE), x = round(rexp(50, .2) + .5, 2)); d$y <- round(20 + 5 * log(d$x) + 3 * (d$g == "q") + rnorm(10)[d$u] + rnorm(50), 2); d$x[7] <- NA; d$top <- rbinom(50, 1, .5)
D <- svydesign(~u, strata = ~h, weights = ~w, data = d); dsg <- list(ids = "u", strata = "h", weight = "w")
for (i in 1:4) { f <- c("y ~ log(x) + I(x^2) * g", "log(y) ~ x:g + factor(k)", "top ~ (sqrt(x) + g)^2 - g", "y ~ g/x + I(x > 3)")[i]; fam <- if (i == 3) "quasibinomial" else "gaussian"
  m <- quiet(svyglm(as.formula(f), D, family = get(fam)(), control = list(epsilon = 1e-13, maxit = 200))); out(dir, paste0("B_glm_functions_", i), "B.glm", d, list(formula = f, family = fam), list(coef = as.list(coef(m)), se = named(sqrt(diag(vcov(m))), names(coef(m))), df_residual = m$df.residual), "svyglm", dsg, list(rel = 1e-6, abs = 1e-8)) }
e <- d[!is.na(d$x), ]; m <- rlm(y ~ log(x) + x:g, e, acc = 1e-14, maxit = 500); out(dir, "E_rlm_functions", "E.robust_regression", d, list(formula = "y~log(x)+x:g"), list(huber = list(coef = as.list(coef(m)), s = m$s)), "rlm", tol = list(rel = 1e-6, abs = 1e-7))
m <- lmer(y ~ sqrt(x) + g:k + (1 | u), e, control = lmerControl(optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-14))); v <- as.data.frame(VarCorr(m)); out(dir, "G_lmer_functions", "G.lmer", d, list(formula = "y~sqrt(x)+g:k+(1|u)"), list(reml = list(fixef = as.list(fixef(m)), minus2loglik = -2 * as.numeric(logLik(m)))), "lmer", tol = list(rel = 2e-4, abs = 1e-5, minus2loglik = 1e-8))
D <- svydesign(~u, strata = ~h, weights = ~w, data = e); t <- colSums(model.matrix(~log(x) + I(x > 3), e) * e$w) * c(1.1, 1.12, 1.05); C <- calibrate(D, ~log(x) + I(x > 3), t, calfun = "linear"); out(dir, "C_calib_linear_functions", "C.calibrate.linear", e, list(vars = I("y"), formula = "~log(x)+I(x>3)", totals = as.list(t), calfun = "linear"), list(weights = as.numeric(weights(C)), mean = list(estimate = list(y = coef(svymean(~y, C))[[1]]), se = list(y = SE(svymean(~y, C))[[1]]))), "calibrate", dsg)
# half samples whose strata are numbers (taken as texts) and whose rows are shuffled (units as they come)
for (v in c("numbers", "shuffled")) { set.seed(77); h <- 11; d <- data.frame(h = rep(1:h, each = 4), psu = rep(1:(2 * h), each = 2), w = round(runif(4 * h, 5, 30), 2), x = sample(1:5, 4 * h, TRUE)); d$y <- round(50 + rnorm(4 * h, 0, 8), 1); if (v == "shuffled") { d$h <- sprintf("s%02d", d$h); d <- d[sample(nrow(d)), ] }
  R <- as.svrepdesign(svydesign(~psu, strata = ~h, weights = ~w, data = d), type = "BRR"); m <- svymean(~y, R); q <- svyratio(~y, ~x, R); out(dir, paste0("D_brr_made_", v), "D.BRR", d, list(y = "y", ratio_denominator = "x"), list(mse_false = list(mean = coef(m)[[1]], mean_se = SE(m)[[1]], ratio = n1(coef(q)), ratio_se = n1(SE(q)))), "as.svrepdesign", list(ids = "psu", strata = "h", weight = "w"), list(rel = 1e-9, abs = 1e-10)) }
