# Writes the variation cases of groups G and H: Rscript cases_gh.R
# R 4.2.2, lme4 1.1-31, MASS 7.3-58. Every expected value comes from the call
# named in the case; data are random with a fixed seed.
suppressMessages({library(lme4); library(MASS); library(jsonlite)})
out <- function(case, method, data, params, expected, call, design = NULL, tol = list(rel = 1e-9, abs = 1e-10)) {
  write.csv(data, paste0(case, ".csv"), row.names = FALSE, na = "", quote = FALSE)
  j <- list(case = case, method = method, software = "R", version = "4.2.2", call = call, data = paste0(case, ".csv"),
            params = params, expected = expected, tolerance = tol)
  if (!is.null(design)) j$design <- design
  writeLines(toJSON(j, auto_unbox = TRUE, digits = NA, null = "null", na = "null", pretty = TRUE), paste0(case, ".json"))
}
ctl <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.05, rhoend = 1e-9, maxfun = 1e5), calc.derivs = FALSE,
                   check.conv.singular = "ignore", check.nobs.vs.nlev = "ignore")
one <- function(f) {
  v <- as.data.frame(VarCorr(f)); nm <- ifelse(is.na(v$var1), "residual", v$grp)
  re <- ranef(f, condVar = TRUE)
  list(fixef = as.list(fixef(f)), fixef_se = as.list(sqrt(diag(as.matrix(vcov(f))))),
       variance = as.list(setNames(v$vcov, nm)), minus2loglik = -2 * as.numeric(logLik(f)), n = nobs(f),
       blup = lapply(re, function(d) as.list(setNames(d[[1]], rownames(d)))),
       blup_cond_var = lapply(re, function(d) as.list(setNames(as.numeric(attr(d, "postVar")), rownames(d)))))
}
lm_case <- function(case, formula, data, weight = NULL, tol = 2e-5) {
  w <- if (is.null(weight)) NULL else data[[weight]]
  data$.w <- if (is.null(w)) rep(1, nrow(data)) else w
  f <- suppressWarnings(suppressMessages(lmer(as.formula(formula), data, REML = TRUE, weights = .w, control = ctl)))
  g <- suppressWarnings(suppressMessages(lmer(as.formula(formula), data, REML = FALSE, weights = .w, control = ctl)))
  f <- suppressWarnings(update(f, start = getME(f, "theta"))); g <- suppressWarnings(update(g, start = getME(g, "theta")))
  data$.w <- NULL
  out(case, "G.lmer", data, list(formula = formula), list(reml = one(f), ml = one(g)),
      paste0("lmer(", formula, ")"), if (!is.null(weight)) list(weight = weight),
      list(rel = tol, abs = 2e-6 * max(1, var(model.response(model.frame(f)))), minus2loglik = 1e-8))
}
set.seed(41)
d <- data.frame(school = sample(sprintf("s%02d", 1:9), 160, TRUE), class = sample(letters[1:4], 160, TRUE), x = round(rnorm(160), 3))
d$y <- round(3 + .4 * d$x + rnorm(9)[factor(d$school)] + .7 * rnorm(36)[factor(paste(d$school, d$class))] + rnorm(160), 3)
lm_case("G_lmer_nested", "y~x+(1|school/class)", d)
d$x[c(3, 50)] <- NA; d$y[9] <- NA
lm_case("G_lmer_nested_missing", "y~x+(1|school)+(1|school:class)", d)
d <- data.frame(u = sample(1:14, 120, TRUE), r = sample(c("a", "b", "c", "d", "e"), 120, TRUE))
d$y <- round(2 + .8 * rnorm(14)[d$u] + rnorm(120), 2)
d <- rbind(d, data.frame(u = 15:17, r = c("f", "a", "f"), y = c(1.5, 4, 2.25)))
lm_case("G_lmer_crossed_zero", "y~1+(1|u)+(1|r)", d)
d <- expand.grid(u = 1:8, r = letters[1:5], q = c("q1", "q2", "q3")); d <- d[sample(nrow(d), 90), ]
d$y <- round(50 + 6 * rnorm(8)[d$u] + 4 * rnorm(5)[d$r] + 2 * rnorm(3)[factor(d$q)] + 5 * rnorm(90), 1)
lm_case("G_lmer_three_crossed", "y~1+(1|u)+(1|r)+(1|q)", d, tol = 1e-4)
d <- data.frame(g = rep(sprintf("g%02d", 1:20), sample(1:9, 20, TRUE))); n <- nrow(d)
d$f <- sample(c("x", "y", "z"), n, TRUE); d$w <- round(runif(n, .3, 4), 2); d$year <- sample(2015:2024, n, TRUE)
d$y <- round(1e5 + 30 * d$year + 40 * rnorm(20)[factor(d$g)] + 60 * rnorm(n), 1)
lm_case("G_lmer_weighted", "y~f+(1|g)", d, "w")
lm_case("G_lmer_offset", "y~year+(1|g)", d)
lm_case("G_lmer_cell_means", "y~0+f+(1|g)", d)
d$year2 <- 2 * d$year + 3
lm_case("G_lmer_aliased", "y~year+year2+f+(1|g)", d)
lm_case("G_lmer_interaction", "y~f*year+(1|g)", transform(d, year = year - 2019))
d <- data.frame(g = rep(c("a", "b"), c(7, 12)), y = round(c(rnorm(7, 3), rnorm(12, 4)), 2))
lm_case("G_lmer_two_groups", "y~1+(1|g)", d)
d <- data.frame(g = rep(1:10, each = 4), x = 1:40, y = round(rnorm(40), 2))
lm_case("G_lmer_zero_with_covariate", "y~x+(1|g)", d)
d <- data.frame(g = rep(1:30, each = 3)); d$y <- round(100 * rnorm(30)[d$g] + .1 * rnorm(90), 3)
lm_case("G_lmer_high_icc", "y~1+(1|g)", d)

# Fay-Herriot by direct maximisation of the likelihood
fh <- function(case, d, covs, tol = 1e-6) {
  X <- model.matrix(as.formula(paste("~", paste(c(1, covs), collapse = "+"))), d); y <- d$y; v <- d$v; m <- nrow(d); p <- ncol(X)
  at <- function(A) { W <- 1 / (A + v); Q <- solve(crossprod(X, W * X)); b <- Q %*% crossprod(X, W * y); list(W = W, Q = Q, b = b, e = as.numeric(y - X %*% b)) }
  crit <- function(A, reml) { s <- at(A); sum(s$W * s$e^2) - sum(log(s$W)) + if (reml) -as.numeric(determinant(s$Q)$modulus) else 0 }
  est <- list()
  for (k in c("REML", "ML", "FH")) {
    if (k == "FH") { h <- function(A) { s <- at(A); sum(s$W * s$e^2) - (m - p) }; A <- if (h(0) <= 0) 0 else uniroot(h, c(0, 1e4 * max(v)), tol = 1e-15)$root
    } else {
      g <- function(A) (crit(A * (1 + 1e-6) + 1e-9, k == "REML") - crit(A, k == "REML"))
      grid <- c(0, 10^seq(-8, 4, .02)) * mean(v); cr <- sapply(grid, crit, k == "REML"); i <- which.min(cr)
      sc <- function(A) { s <- at(A); P <- diag(s$W) - (s$W * X) %*% s$Q %*% t(s$W * X); if (k == "REML") sum(diag(P)) - sum((s$W * s$e)^2) else sum(s$W) - sum((s$W * s$e)^2) }
      A <- if (i == 1 && sc(0) >= 0) 0 else uniroot(sc, c(grid[max(1, i - 1)], grid[i + 1]), tol = 1e-15)$root
    }
    s <- at(A); B <- v / (A + v); g1 <- v * A / (A + v); hx <- rowSums((X %*% s$Q) * X); g2 <- B^2 * hx
    vA <- if (k == "FH") 2 * m / sum(s$W)^2 else 2 / sum(s$W^2); g3 <- v^2 / (A + v)^3 * vA
    bias <- switch(k, REML = 0, ML = -sum(s$W^2 * hx) / sum(s$W^2), FH = 2 * (m * sum(s$W^2) - sum(s$W)^2) / sum(s$W)^3)
    est[[k]] <- list(refvar = A, beta = as.list(setNames(s$b, colnames(X))), beta_se = as.list(sqrt(diag(s$Q))), gamma = A / (A + v),
                     eblup = as.numeric(X %*% s$b) + A / (A + v) * s$e, mse = g1 + g2 + 2 * g3 - B^2 * bias)
  }
  out(case, "G.fay_herriot", d, list(y = "y", sampling_variance = "v", covariates = covs), est, "direct maximisation", tol = list(rel = tol, abs = 1e-8))
}
d <- data.frame(y = round(rnorm(12, 5, .3), 3), v = round(runif(12, .2, 2), 3), x = 1:12)
fh("G_fay_herriot_zero", d, "x")
d <- data.frame(y = round(rnorm(25, 70, 6), 2), v = round(exp(rnorm(25, 1.5, 1.2)), 3), t = sample(c("city", "old", "new"), 25, TRUE))
fh("G_fay_herriot_category", d, "t")
fh("G_fay_herriot_intercept", d, character(0))

# Analysis of variance with MSB < MSW
d <- data.frame(g = rep(1:6, c(4, 5, 6, 4, 5, 6)), y = c(1,5,3,2, 4,1,3,5,2, 2,4,3,1,5,3, 3,2,5,1, 1,3,4,2,5, 2,5,1,4,3,3))
a <- anova(lm(y ~ factor(g), d)); n <- table(d$g)
out("G_anova_below", "G.anova_shrinkage", d, list(y = "y", group = "g"),
    list(ms_between = a[1, 3], ms_within = a[2, 3], F = a[1, 4], n0 = (30 - sum(n^2) / 30) / 5, tau2 = 0), "anova(lm(y~factor(g)))")

# p.adjust
p <- c(.001, .2, NA, .03, .03, .9, .0004, 1, .5, .04, .049)
out("G_padjust_mixed", "G.p_adjust", data.frame(id = 1:11, p = p), structure(list(), names = character(0)),
    sapply(c("BH", "BY", "holm", "hochberg", "bonferroni", "hommel"), function(m) p.adjust(p, m), simplify = FALSE), "p.adjust")
out("G_padjust_two", "G.p_adjust", data.frame(id = 1:2, p = c(.04, .03)), structure(list(), names = character(0)),
    sapply(c("BH", "BY", "holm", "hochberg", "bonferroni", "hommel"), function(m) p.adjust(c(.04, .03), m), simplify = FALSE), "p.adjust")

# Case mix
d <- data.frame(u = sample(sprintf("u%d", 1:7), 90, TRUE), a = sample(c("1y", "2m", "3o"), 90, TRUE), x = round(rnorm(90, 40, 12)))
d$y <- round(60 + 3 * (d$a == "3o") + .2 * d$x + 4 * rnorm(7)[factor(d$u)] + 9 * rnorm(90), 1); d$x[4] <- NA
k <- d[complete.cases(d), ]; k$u <- factor(k$u)
f <- lm(y ~ a + x + u, k); f0 <- lm(y ~ a + x, k); nm <- c("a2m", "a3o", "x")
X <- model.matrix(f); e <- resid(f); V <- solve(crossprod(X)) %*% crossprod(X * e) %*% solve(crossprod(X)) * nrow(X) / (nrow(X) - ncol(X))
raw <- tapply(k$y, k$u, mean); M <- X[, nm]; adj <- as.numeric(raw) - (apply(M, 2, function(z) tapply(z, k$u, mean)) - rep(1, 7) %o% colMeans(M)) %*% coef(f)[nm]
s2 <- summary(f)$sigma^2
out("G_casemix_numeric", "G.case_mix", d, list(y = "y", group = "u", casemix = c("a", "x")),
    list(coef = as.list(coef(f)[nm]), coef_se = as.list(sqrt(diag(vcov(f)))[nm]), coef_se_hc1 = as.list(setNames(sqrt(diag(V)), colnames(X))[nm]),
         overall_casemix_mean = as.list(colMeans(M)), raw_mean = as.list(setNames(as.numeric(raw), names(raw))), adjusted_mean = as.list(setNames(as.numeric(adj), names(raw))),
         sigma2 = s2, provider_F = anova(f0, f)$F[2], sampling_variance = as.list(setNames(s2 / as.numeric(table(k$u)), levels(k$u)))), "lm(y~a+x+u)")

# Groups
grp <- function(case, x, y) {
  n1 <- length(x); n2 <- length(y); W <- suppressWarnings(wilcox.test(x, y)); K <- suppressWarnings(ks.test(x, y, exact = FALSE)); T <- t.test(x, y)
  out(case, "H.group_difference", data.frame(g = rep(c("p", "q"), c(n1, n2)), y = c(x, y)), list(y = "y", group = "g", direction = "p minus q"),
      list(mann_whitney_W = W$statistic[[1]], mann_whitney_p = W$p.value, ks_D = K$statistic[[1]], ks_p_asymptotic = K$p.value,
           welch = list(t = T$statistic[[1]], df = T$parameter[[1]], p = T$p.value, ci95 = T$conf.int[1:2]),
           cohen_d = (mean(x) - mean(y)) / sqrt(((n1 - 1) * var(x) + (n2 - 1) * var(y)) / (n1 + n2 - 2))), "wilcox.test, ks.test, t.test")
}
grp("H_group_exact", round(rnorm(9, 1), 4), round(rnorm(14), 4))
grp("H_group_far", round(rnorm(30, 5), 4), round(rnorm(20), 4))
grp("H_group_ties", sample(1:5, 30, TRUE), sample(1:5, 70, TRUE))
grp("H_group_large", round(rnorm(60), 5), round(rnorm(51), 5))
d <- data.frame(g = sample(c("a", "b", "c", "d"), 50, TRUE), y = sample(1:5, 50, TRUE)); k <- kruskal.test(y ~ factor(g), d); w <- oneway.test(y ~ g, d)
out("H_k_groups", "H.k_groups", d, list(y = "y", group = "g"), list(kruskal_H = k$statistic[[1]], kruskal_df = k$parameter[[1]], kruskal_p = k$p.value,
    welch_F = w$statistic[[1]], welch_df = as.numeric(w$parameter), welch_p = w$p.value), "kruskal.test, oneway.test")

# DIF with a rare category and three-point items
n <- 220; th <- rnorm(n); g <- rep(c("focal", "reference"), c(90, 130))
d <- data.frame(group = g, sapply(1:4, function(i) as.integer(cut(1.3 * th + .3 * i * (g == "focal") * (i == 2) + rlogis(n), c(-Inf, -1 - .2 * i, .8, 3, Inf)))))
names(d)[-1] <- paste0("q", 1:4); d$q3[d$q3 == 4] <- 3
tot <- rowSums(d[, -1]); br <- c(4, 6, 8, 10, 16); ex <- list()
for (q in paste0("q", 1:4)) {
  y <- factor(d[[q]]); G <- factor(d$group)
  fit <- function(f) polr(f, control = list(reltol = 1e-15, maxit = 1000), method = "logistic")
  m <- list(fit(y ~ tot), fit(y ~ tot + G), fit(y ~ tot * G)); ll <- sapply(m, function(z) as.numeric(logLik(z)))
  yes <- d[[q]] >= 3; tb <- table(G, yes, cut(tot, br, include.lowest = TRUE)); tb <- tb[, , apply(tb, 3, sum) > 1]
  mh <- mantelhaen.test(tb); mh0 <- mantelhaen.test(tb, correct = FALSE)
  ex[[q]] <- list(loglik = ll, lr_uniform = 2 * (ll[2] - ll[1]), lr_total = 2 * (ll[3] - ll[1]), group_coef = coef(m[[2]])[[2]], total_coef = coef(m[[2]])[[1]],
                  cutpoints = as.numeric(m[[2]]$zeta), mh_common_or = mh$estimate[[1]], mh_chisq_corrected = mh$statistic[[1]], mh_chisq = mh0$statistic[[1]],
                  mh_or_ci95 = mh$conf.int[1:2])
}
out("H_dif_small", "H.dif", d, list(group = "group", items = paste0("q", 1:4), total_breaks = br, dichotomise_at = 3), ex,
    "polr, mantelhaen.test", tol = list(rel = 2e-5, abs = 1e-5))

# Crossed groupings with precision weights and missing cells
set.seed(43)
d <- data.frame(a = sample(1:12, 150, TRUE), b = sample(letters[1:9], 150, TRUE), w = round(runif(150, .2, 3), 2), x = round(rnorm(150), 2))
d$y <- round(4 + .5 * d$x + rnorm(12)[d$a] + .6 * rnorm(9)[factor(d$b)] + rnorm(150) / sqrt(d$w), 3); d$x[7] <- NA; d$b[11] <- NA
lm_case("G_lmer_crossed_weighted", "y~x+(1|a)+(1|b)", d, "w")
