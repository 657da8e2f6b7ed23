# Writes corner cases that once differed: Rscript cases_corner.R
# R 4.2.2; survey 4.1-1, robustbase 0.95-0, psych 2.2.9. Few degrees of freedom, designs with nothing to
# average, sampling fractions for sizes, levels that only missing rows have, tests of one or three groups,
# replicate weights with odd scales, agreement without variation, scales of two items.
keep <- NULL
suppressMessages({library(survey); library(jsonlite); library(robustbase); library(psych)})
source("writing.R") # run in this directory
L <- function(x) as.list(n1(x))
named <- function(x, n) setNames(L(x), n)
set.seed(11)
d <- data.frame(h = rep(c("a", "b", "c"), c(4, 4, 8)), psu = rep(1:8, each = 2), w = round(runif(16, 2, 9), 2), g = c("p", "q", "r", "q", "s", "q", "p", "p", "r", "q", "p", "q", "r", "p", "q", "r"))
d$n <- c(a = 2, b = 2, c = 4)[d$h]; d$f <- d$n / c(a = 10, b = 8, c = 4)[d$h]; d$N <- c(a = 10, b = 8, c = 4)[d$h]; d$id <- seq_len(16)
d$y <- round(rnorm(16, 50, 9), 1); d$y[5] <- NA; d$q <- sample(1:5, 16, TRUE); d$yes <- as.numeric(d$q >= 3)
des <- function(...) quiet(svydesign(...)); full <- list(ids = "psu", strata = "h", weight = "w")
D <- des(~psu, strata = ~h, weights = ~w, data = d)
# "s" is a level of rows without an answer only
m <- svyglm(y ~ g, D); s <- summary(m)$coefficients
out(dir, "B_glm_level_missing", "B.glm", d, list(formula = "y~g", family = "gaussian"), list(coef = as.list(s[, 1]), se = as.list(s[, 2]), df_residual = m$df.residual), "svyglm(y~g)", full)
e <- try1(svyttest(y ~ g, D)); out(dir, "B_ttest_three_groups", "B.ttest", d, list(formula = "y~g"), list(t = e, p = e), "svyttest(y~g)", full)
# fractions
for (x in c("f", "N")) { F <- des(~psu, strata = ~h, weights = ~w, fpc = reformulate(x), data = d); m <- svymean(~q, F); t <- svytotal(~q, F)
  out(dir, paste0("B_lonely_fpc_", x), "B.lonely_psu", d, list(y = "q"), list(mean = list(estimate = coef(m)[[1]], se = SE(m)[[1]]), total = list(estimate = coef(t)[[1]], se = SE(t)[[1]]), df = degf(F)), "svymean", c(full, list(fpc = x))) }
# two units: one degree of freedom
two <- d[d$h == "a", ]; A <- des(~psu, weights = ~w, data = two); e <- list(df = degf(A))
for (k in c("logit", "xlogit", "likelihood", "beta")) for (l in c(95, 99)) e[[paste0("ci", l, "_", k)]] <- tryCatch(n1(attr(quiet(svyciprop(~yes, A, method = k, level = l / 100)), "ci")), error = function(e) c(NA, NA))
out(dir, "B_prop_one_df", "B.proportion", two, list(indicator = "q>=3"), e, "svyciprop", list(ids = "psu", weight = "w"), list(rel = 1e-8, abs = 1e-9, ci95_logit = 1e-6, ci99_logit = 1e-6, ci95_likelihood = 1e-4, ci99_likelihood = 1e-4))
three <- d[d$h == "c", ]; B <- des(~psu, weights = ~w, data = three[1:6, ]); e <- list(df = degf(B)) # 99% with two
for (k in c("logit", "likelihood", "asin")) for (l in c(90, 99)) e[[paste0("ci", l, "_", k)]] <- tryCatch(n1(attr(quiet(svyciprop(~yes, B, method = k, level = l / 100)), "ci")), error = function(e) c(NA, NA))
out(dir, "B_prop_two_df", "B.proportion", three[1:6, ], list(indicator = "q>=3"), e, "svyciprop", list(ids = "psu", weight = "w"), list(rel = 1e-8, abs = 1e-9, ci90_logit = 1e-6, ci90_likelihood = 1e-4, ci99_likelihood = 1e-4))
t <- svyttest(q ~ yes, B); out(dir, "B_ttest_one_df", "B.ttest", three[1:6, ], list(formula = "q~yes"), list(t = n1(t$statistic), df = n1(t$parameter), p = n1(t$p.value), difference = n1(t$estimate), ci95 = n1(t$conf.int)), "svyttest", list(ids = "psu", weight = "w"))
# every stratum one unit: values without errors
options(survey.lonely.psu = "average"); one <- d[!duplicated(d$h), ]; O <- des(~psu, strata = ~h, weights = ~w, data = one); lone <- c(full, list(lonely = "average"))
r <- svyratio(~q, ~w, O); out(dir, "B_ratio_nothing_to_average", "B.ratio", one, list(numerator = "q", denominator = "w"), list(ratio = coef(r)[[1]], se = n1(SE(r))), "svyratio", lone)
m <- quiet(svyglm(q ~ w, O)); out(dir, "B_glm_nothing_to_average", "B.glm", one, list(formula = "q~w", family = "gaussian"), list(coef = as.list(coef(m)), se = named(sqrt(diag(vcov(m))), names(coef(m))), df_residual = m$df.residual), "svyglm", lone)
q <- quiet(svyquantile(~q, O, .5)[[1]]); out(dir, "B_quantile_nothing_to_average", "B.quantile", one, list(y = "q", probs = .5), list(interval_math = list(mean = list(p0.5 = list(quantile = q[1], lower = n1(q[2]), upper = n1(q[3]), se = n1(q[4]))))), "svyquantile", lone)
options(survey.lonely.psu = "fail")
# na.rm = FALSE
b <- quiet(svyby(~y, ~h, D, svymean)); out(dir, "B_domain_keep_missing", "B.domain", d, list(y = "y", by = I("h"), na_rm = FALSE), list(df_used = degf(D), domains = lapply(1:3, function(i) list(domain = b$h[i], mean = n1(b$y[i]), mean_se = n1(SE(b)[i])))), "svyby, na.rm=FALSE", full)
# replicates with uneven and zero scales, two of them equal
W <- sapply(1:5, function(k) d$w * sample(c(0, .5, 1, 2), 16, TRUE)); W[, 3] <- W[, 2]; rs <- c(.3, 0, 1, .02, 2); colnames(W) <- paste0("rw", 1:5)
R <- quiet(svrepdesign(data = d, repweights = W, weights = ~w, type = "other", scale = .25, rscales = rs, combined.weights = TRUE)); e <- list(degf = degf(R))
for (mse in c(FALSE, TRUE)) { R$mse <- mse; m <- svymean(~y, R, na.rm = TRUE); t <- svytotal(~y, R, na.rm = TRUE); e[[paste0("mse_", tolower(mse))]] <- list(mean = coef(m)[[1]], mean_se = SE(m)[[1]], total = coef(t)[[1]], total_se = SE(t)[[1]]) }
out(dir, "D_other_odd_scales", "D.other", cbind(d, W), list(y = "y", replicate_weights = "columns rw1, rw2, ...", scale = .25, rscales = rs), e, "svrepdesign(type='other')", list(weight = "w"))
# Qn: the peer rounds a distance to single precision
x <- c(7, 7, -1.8, 1.2); out(dir, "E_location_qn_single", "E.location_scale", data.frame(x = x), NULL, list(qn = Qn(x), sn = Sn(x)), "Qn, Sn", tol = list(rel = 1e-8, abs = 1e-9))
# one step leaves group a with a single answer; the next ones bring the others back
z <- data.frame(x = c(1.12, .96, .07, -.5, .22, -.7, -.58, 2.4, -1.64, -.73, -.58, -.54, -.4, 1.62, 1.54, .47, .89, -.28, -.97), g = strsplit("cabcbbbbbcbcabaccc", "")[[1]][c(1:18, 2)], w = c(3.1, 4.55, 1.5, 3.24, .64, 4.98, 2.51, 1.36, 4.51, 3.49, 1.54, 4.39, .59, 2.03, 2.23, 4.23, 2.1, 2.44, 2.54), y = c(33.15, 30.93, 1.22, -5.48, .75, -3.13, -1.59, 3.87, -2.01, -1.59, .84, -2.06, -.22, 4.14, 1.81, -2.44, 3.49, -2.23, -4.4)); z$g[19] <- "b"
m <- MASS::rlm(y ~ x * g, z, weights = w, psi = MASS::psi.bisquare, acc = 1e-14, maxit = 500)
out(dir, "E_rlm_step_dependent", "E.robust_regression", z, list(formula = "y~x*g"), list(bisquare_prior_invvar = list(coef = as.list(coef(m)), s = m$s, se = as.list(summary(m)$coefficients[, 2]), w = as.numeric(m$w))), "rlm(weights=w, psi=psi.bisquare)", list(weight = "w"), list(rel = 1e-6, abs = 1e-7))
# agreement without variation, and with texts
X <- data.frame(a = rep(2, 4), b = rep(2, 4), c = rep(2, 4)); out(dir, "F_fleiss_constant", "F.fleiss", X, NULL, list(kappa = NA, observed = 1, expected = 1), "by definition")
X <- data.frame(a = c("low", "mid", "top", "mid", "low"), b = c("low", "top", "top", "mid", "mid"), c = c("mid", "mid", "top", "mid", "low")); T <- t(apply(X, 1, function(r) sapply(c("low", "mid", "top"), function(v) sum(r == v)))); p <- colSums(T) / 15; po <- mean((rowSums(T^2) - 3) / 6); pe <- sum(p^2)
out(dir, "F_fleiss_text", "F.fleiss", X, NULL, list(kappa = (po - pe) / (1 - pe), observed = po, expected = pe, by_category = as.list(1 - colSums(T * (3 - T)) / (5 * 6 * p * (1 - p)))), "Fleiss (1971)")
X <- data.frame(u1 = c(3, 3), u2 = c(3, NA), u3 = c(3, 3)); out(dir, "F_kalpha_constant", "F.kripp_alpha", X, list(layout = "rows = raters"), list(interval = list(alpha = NA, observed = 0, expected = 0, pairable = 4)), "by definition")
# two items, and items that depend on each other
z <- rnorm(12); X <- data.frame(i = round(z + rnorm(12), 1), j = round(z + rnorm(12), 1)); a <- quiet(psych::alpha(X, check.keys = FALSE, warnings = FALSE))
out(dir, "F_alpha_two_items", "F.alpha_omega", X, NULL, list(alpha_complete_cases = a$total$raw_alpha, guttman6_complete = a$total$`G6(smc)`, alpha_if_dropped_complete = named(a$alpha.drop$raw_alpha, c("i", "j"))), "psych::alpha")
X$k <- X$i; a <- quiet(psych::alpha(X, check.keys = FALSE, warnings = FALSE)); out(dir, "F_alpha_dependent_items", "F.alpha_omega", X, NULL, list(alpha_complete_cases = a$total$raw_alpha, guttman6_complete = a$total$`G6(smc)`), "psych::alpha")
# a group without variation
k <- data.frame(g = rep(c("u", "v", "w"), c(3, 4, 3)), y = c(2, 2, 2, 1, 3, 4, 2, 5, 4, 4)); w <- quiet(oneway.test(y ~ g, k)); K <- kruskal.test(y ~ factor(g), k)
out(dir, "H_k_groups_still_group", "H.k_groups", k, list(y = "y", group = "g"), list(kruskal_H = K$statistic[[1]], welch_F = n1(w$statistic), welch_df = n1(w$parameter), welch_p = n1(w$p.value)), "oneway.test")
