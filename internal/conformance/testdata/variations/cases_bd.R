# Writes corner cases of groups B and D: Rscript cases_bd.R
# R 4.2.2, survey 4.1-1. One made-up two-stage sample with everything that goes
# wrong in practice: strata with one unit (one of them complete), a census
# stratum, clusters of one household, weights that differ a hundredfold, zero
# weights, missing answers and missing groups. A text beginning "R error" is the
# peer's refusal.
suppressMessages({library(survey); library(MASS); library(jsonlite)})
L <- function(x) { n <- names(x); x <- as.list(unname(as.numeric(x))); names(x) <- n; lapply(x, function(v) if (is.null(v)||!is.finite(v)) NA else v) }
data_file <- "bd_households.csv"
out <- function(case, method, data, params, expected, call="", design = NULL, tol = list(rel = 1e-8, abs = 1e-9)) {
  write.csv(data, data_file, row.names = FALSE, na = "", quote = FALSE)
  j <- list(case = case, method = method, software = "R survey", version = "R 4.2.2; survey 4.1.1", call = call, data = data_file,
            params = params, expected = expected, tolerance = tol)
  if (!is.null(design)) j$design <- design
  writeLines(toJSON(j, auto_unbox = TRUE, digits = NA, null = "null", na = "null", pretty = 1), paste0(case, ".json"))
}
quiet <- function(e) suppressWarnings(suppressMessages(e))
try1 <- function(e) tryCatch(quiet(e), error = function(err) paste("R error:", conditionMessage(err)))
num <- function(v) { v <- as.numeric(v); ifelse(is.finite(v), v, NA) }
n1 <- function(x) { v <- suppressWarnings(as.numeric(x)); v[!is.finite(v)] <- NA; v }
ci <- function(m, names) setNames(lapply(seq_along(names), function(i) list(lower = n1(m[i, 1]), upper = n1(m[i, 2]))), names)
fml <- function(v) as.formula(paste("~", paste(v, collapse = "+")))
mk <- function(spec, d) {
  ids <- if (is.null(spec$ids)) ~1 else fml(spec$ids)
  st <- if (is.null(spec$strata)) NULL else fml(spec$strata)
  w <- if (is.null(spec$weight)) NULL else fml(spec$weight)
  f <- if (is.null(spec$fpc)) NULL else fml(spec$fpc)
  quiet(svydesign(ids, strata = st, weights = w, fpc = f, data = d, nest = isTRUE(spec$nest)))
}
lon <- function(spec) options(survey.lonely.psu = if (is.null(spec$lonely)) "fail" else spec$lonely)
stat <- function(f, vars, des, df) try1({
  s <- f(fml(vars), des, na.rm = TRUE, deff = TRUE)
  V <- vcov(s); dimnames(V) <- list(vars, vars)
  list(estimate = L(setNames(coef(s), vars)), se = L(setNames(sqrt(diag(V)), vars)),
       deff = L(setNames(deff(s), vars)), ci95_normal = ci(confint(s), vars), ci95_t = ci(confint(s, df = df), vars), df = df,
       vcov = setNames(lapply(vars, function(a) L(setNames(V[a, ], vars))), vars))
})
mean_case <- function(case, d, spec, vars, subset = NULL, subsetText = NULL) {
  lon(spec); des <- mk(spec, d); if (!is.null(subset)) des <- des[subset & !is.na(subset), ]
  df <- degf(des)
  m <- stat(svymean, vars, des, df); t <- stat(svytotal, vars, des, df)
  sub <- des
  e <- list(mean = m, total = t, df = df, n = nrow(des$variables), sum_weights = sum(weights(des)))
  e$mean_deff_replace <- try1({ s <- svymean(fml(vars), des, na.rm = TRUE, deff = "replace"); L(setNames(deff(s), vars)) })
  e$var <- try1({ v <- svyvar(fml(vars), des, na.rm = TRUE)
    if (length(vars) == 1) list(estimate = n1(coef(v)), se = n1(SE(v))) else { M <- matrix(coef(v), length(vars)); list(estimate = L(setNames(diag(M), vars))) } })
  if (!is.null(spec$NOn)) e$n <- NULL
  # rows weights: data kept for zero weights
  out(case, "B.mean_total_var", d, list(vars = I(vars), na_rm = TRUE, subset = subsetText), e, "svymean/svytotal/svyvar", spec)
}
ratio_case <- function(case, d, spec, a, b) {
  lon(spec); des <- mk(spec, d)
  e <- try1({ r <- svyratio(fml(a), fml(b), des, na.rm = TRUE, deff = TRUE); df <- degf(des)
    list(ratio = n1(coef(r)), se = n1(SE(r)), df = df, ci95_normal = n1(confint(r)), ci95_t = n1(confint(r, df = df)), deff = n1(deff(r))) })
  if (is.character(e)) e <- list(ratio = e, se = e)
  out(case, "B.ratio", d, list(numerator = a, denominator = b, na_rm = TRUE), e, "svyratio", spec)
}
domain_case <- function(case, d, spec, y, by, subset = NULL, subsetText = NULL) {
  lon(spec); des <- mk(spec, d); if (!is.null(subset)) des <- des[subset & !is.na(subset), ]
  df <- degf(des)
  e <- try1({
    m <- svyby(fml(y), fml(by), des, svymean, na.rm = TRUE, deff = TRUE); t <- svyby(fml(y), fml(by), des, svytotal, na.rm = TRUE)
    nm <- do.call(paste, c(lapply(by, function(b) m[[b]]), sep = "|"))
    cim <- confint(m, df = df); k <- length(nm)
    ddf <- lapply(seq_len(k), function(i) { s <- rep(TRUE, nrow(des$variables)); for (b in by) s <- s & !is.na(des$variables[[b]]) & des$variables[[b]] == m[[b]][i]; list(df = degf(des[s, ]), n = sum(!is.na(des$variables[[y]][s]) & weights(des)[s] != 0), n0 = sum(!is.na(des$variables[[y]][s]))) })
    list(df_used = df, domains = lapply(seq_len(k), function(i) list(domain = nm[i], mean = n1(m[[y]][i]), mean_se = n1(SE(m)[i]),
       mean_ci95_t = n1(cim[i, ]), deff = n1(deff(m)[i]), total = n1(t[[y]][i]), total_se = n1(SE(t)[i]), n = ddf[[i]]$n0)),
       domain_df = setNames(lapply(ddf, function(x) x$df), nm))
  })
  if (is.character(e)) e <- list(df_used = df, domains = e)
  out(case, "B.domain", d, list(y = y, by = I(by), na_rm = TRUE, subset = subsetText), e, "svyby", spec)
}
lonely_case <- function(case, d, spec, y, by, method = "B.lonely_psu") {
  lon(spec); des <- mk(spec, d)
  st <- function(f) try1({ s <- f(fml(y), des, na.rm = TRUE); list(estimate = n1(coef(s)), se = n1(SE(s))) })
  b <- try1({ b <- svyby(fml(y), fml(by), des, svymean, na.rm = TRUE); list(m = L(setNames(b[[y]], b[[by]])), s = L(setNames(as.numeric(SE(b)), b[[by]]))) })
  e <- list(mean = st(svymean), total = st(svytotal), df = degf(des))
  if (method == "B.zero_weights") { e <- if (is.character(e$mean)) list(se = e$mean, df = e$df) else list(mean = e$mean$estimate, se = e$mean$se, total = e$total$estimate, total_se = e$total$se, df = e$df) }
  if (!is.character(b)) { e$domain_mean <- b$m; e$domain_se <- b$s }
  out(case, method, d, list(y = y, by = by, na_rm = TRUE), e, paste0("lonely=", spec$lonely), spec)
}
prop_case <- function(case, d, spec, ind, z, subset = NULL, subsetText = NULL) {
  lon(spec); d$z_ <- z; des <- mk(spec, d); d$z_ <- NULL
  if (!is.null(subset)) des <- des[subset & !is.na(subset), ]
  e <- try1({ s <- svymean(~z_, des, na.rm = TRUE, deff = TRUE)
   e <- list(estimate = n1(coef(s)), se = n1(SE(s)), deff = n1(deff(s)), df = degf(des), n = sum(!is.na(des$variables$z_)))
   for (m in c("logit", "likelihood", "asin", "beta", "mean", "xlogit")) for (lv in c(95, 90, 99)) {
     r <- tryCatch(quiet(svyciprop(~z_, des, method = m, level = lv/100, na.rm = TRUE)), error = function(err) NULL)
     e[[paste0("ci", lv, "_", m)]] <- if (is.null(r)) c(NA, NA) else n1(attr(r, "ci")) }
   e })
  if (is.character(e)) e <- list(estimate = e, se = e)
  out(case, "B.proportion", d, list(indicator = ind, na_rm = TRUE, subset = subsetText), e, "svyciprop", spec,
      list(rel = 1e-8, abs = 1e-9, ci95_logit = 1e-6, ci90_logit = 1e-6, ci99_logit = 1e-6, ci95_likelihood = 1e-4, ci90_likelihood = 1e-4, ci99_likelihood = 1e-4))
}
rules <- c("math", "school", "shahvaish", paste0("hf", 1:9))
quant_case <- function(case, d, spec, y, probs) {
  lon(spec); des <- mk(spec, d); pn <- paste0("p", probs)
  e <- list(df = degf(des), point = list())
  for (r in rules) e$point[[r]] <- try1({ q <- svyquantile(fml(y), des, probs, na.rm = TRUE, ci = FALSE, qrule = r); L(setNames(as.numeric(q[[1]]), pn)) })
  for (r in c("math", "school", "hf7")) { im <- list(); for (m in c("mean", "beta", "xlogit", "asin")) im[[m]] <- {
      x <- lapply(probs, function(p) try1({ q <- svyquantile(fml(y), des, p, na.rm = TRUE, ci = TRUE, interval.type = m, qrule = r)[[1]]; list(quantile = n1(q[1]), lower = n1(q[2]), upper = n1(q[3]), se = n1(q[4])) }))
      x <- lapply(seq_along(x), function(i) if (is.character(x[[i]])) list(lower = NA, upper = NA, se = NA) else x[[i]])
      setNames(x, pn) }
    e[[paste0("interval_", r)]] <- im }
  out(case, "B.quantile", d, list(y = y, probs = probs), e, "svyquantile", spec)
}
chi_case <- function(case, d, spec, r, c) {
  lon(spec); des <- mk(spec, d); f <- as.formula(paste("~", r, "+", c))
  e <- list(); for (s in c("F", "Chisq", "Wald", "adjWald")) e[[s]] <- try1({ k <- svychisq(f, des, statistic = s); list(statistic = n1(k$statistic), parameter = n1(k$parameter), p = n1(k$p.value)) })
  t <- try1(svytable(f, des)); if (!is.character(t)) e$table_weighted <- setNames(lapply(rownames(t), function(a) L(t[a, ])), rownames(t))
  cs <- try1({ m <- svymean(as.formula(paste0("~interaction(", r, ",", c, ",drop=FALSE)")), des, na.rm = TRUE); list(a = L(setNames(coef(m), sub("^interaction\\(.*\\)", "", names(coef(m))))), b = L(setNames(as.numeric(SE(m)), sub("^interaction\\(.*\\)", "", names(coef(m)))))) })
  if (!is.character(cs)) { e$cell_share <- cs$a; e$cell_se <- cs$b }
  out(case, "B.chisq", d, list(row = r, col = c), e, "svychisq", spec, list(rel = 1e-7, abs = 1e-9))
}
tt_case <- function(case, d, spec, f) {
  lon(spec); des <- mk(spec, d)
  e <- try1({ t <- svyttest(as.formula(f), des); list(t = n1(t$statistic), df = n1(t$parameter), p = n1(t$p.value), difference = n1(t$estimate), ci95 = n1(t$conf.int)) })
  if (is.character(e)) e <- list(t = e, p = e)
  out(case, "B.ttest", d, list(formula = gsub(" ", "", f)), e, "svyttest", spec)
}
glm_case <- function(case, d, spec, f, fam = "gaussian", subset = NULL, subsetText = NULL) {
  lon(spec); des <- mk(spec, d); if (!is.null(subset)) des <- des[subset & !is.na(subset), ]
  e <- try1({ m <- svyglm(as.formula(f), des, family = get(fam)(), control = list(epsilon = 1e-13, maxit = 200)); s <- summary(m); cf <- coef(m); se <- sqrt(diag(vcov(m))); nm <- names(cf)
    V <- vcov(m); q <- qt(.975, m$df.residual); k <- !is.na(cf)
    list(coef = L(cf), se = L(se), t = L(setNames(cf[k]/se, nm[k])), p = L(setNames(2*pt(-abs(cf[k]/se), m$df.residual), nm[k])), df_residual = m$df.residual, vcov = setNames(lapply(rownames(V), function(a) L(V[a, ])), rownames(V)),
      ci95 = ci(cbind(cf[k] - q*se, cf[k] + q*se), nm[k]), dispersion = n1(s$dispersion[1])) })
  if (is.character(e)) e <- list(coef = e, se = e)
  out(case, "B.glm", d, list(formula = gsub(" ", "", f), family = fam, subset = subsetText), e, "svyglm", spec, list(rel = 1e-6, abs = 1e-8))
}

set.seed(1)
st <- list(A = c(4, 20), B = c(3, 3), C = c(2, 9), L = c(1, 8), K = c(1, 1), M = c(5, 6)); d <- NULL; pid <- 0
for (s in names(st)) for (k in seq_len(st[[s]][1])) { m <- sample(c(1, 2, 3, 6), 1); M <- m + sample(c(0, 0, 3, 20), 1); pid <- pid + 1
  d <- rbind(d, data.frame(stratum = s, psu = pid, lab = k, id = 0, N1 = st[[s]][2], N2 = M, w = round(st[[s]][2]/st[[s]][1] * M/m * runif(1, .2, 9), 2), m = seq_len(m))) }
d$id <- seq_len(nrow(d)); d$m <- NULL; n <- nrow(d)
d$y <- round(rnorm(n, 70, 12), 1); d$x <- round(rexp(n, .1), 1) + 1; d$q <- sample(1:5, n, TRUE, c(.1, .1, .2, .35, .25)); d$g <- sample(c("p", "q", "r"), n, TRUE, c(.5, .4, .1)); d$h <- sample(c("F", "M"), n, TRUE)
d$y[sample(n, 3)] <- NA; d$x[sample(n, 2)] <- NA; d$q[sample(n, 3)] <- NA; d$g[sample(n, 2)] <- NA; d$const <- 4; d$top <- as.numeric(d$q >= 4)
d$wz <- d$w; d$wz[sample(n, 4)] <- 0; d$wz[d$psu == 2] <- 0
specs <- list(two = list(ids = c("psu", "id"), strata = "stratum", weight = "w", fpc = c("N1", "N2")), wr = list(ids = "psu", strata = "stratum", weight = "w"),
  nest = list(ids = "lab", strata = "stratum", weight = "w", nest = TRUE), zw = list(ids = "psu", strata = "stratum", weight = "wz"), rows = list(weight = "w"))
with_rule <- function(name, rule) { s <- specs[[name]]; if (rule != "fail") s$lonely <- rule; s }
for (rule in c("fail", "adjust", "average", "remove", "certainty")) {
  mean_case(paste0("B_mean_two_", rule), d, with_rule("two", rule), "y")
  lonely_case(paste0("B_lonely_two_", rule), d, with_rule("two", rule), "y", "g")
  mean_case(paste0("B_mean_subset_", rule), d, with_rule("wr", rule), "q", d$g == "p" & d$h == "F", "g == 'p' & h == 'F'")
}
mean_case("B_mean_several", d, with_rule("nest", "adjust"), c("y", "q", "const"))
lonely_case("B_zero_weight_unit", d, with_rule("zw", "adjust"), "y", "g", "B.zero_weights")
domain_case("B_domain_crossed", d, with_rule("wr", "adjust"), "q", c("g", "h"))
domain_case("B_domain_strata_left_out", d, with_rule("two", "adjust"), "q", "h", d$stratum %in% c("A", "C"), "stratum in (A,C)")
ratio_case("B_ratio_missing", d, with_rule("two", "remove"), "y", "x"); ratio_case("B_ratio_constant", d, specs$rows, "const", "x")
prop_case("B_prop_all", d, with_rule("wr", "adjust"), "q>=1", as.numeric(d$q >= 1)); prop_case("B_prop_none", d, specs$rows, "q>5", as.numeric(d$q > 5))
prop_case("B_prop_few", d, with_rule("two", "adjust"), "q<=2", as.numeric(d$q <= 2))
quant_case("B_quantile_ties", d, specs$rows, "q", c(.01, .05, .25, .5, .75, .9)); quant_case("B_quantile_ends", d, with_rule("zw", "adjust"), "y", c(.02, .1, .5))
chi_case("B_chisq_zero_cell", d, with_rule("wr", "adjust"), "g", "stratum"); chi_case("B_chisq_missing", d, with_rule("two", "adjust"), "g", "h")
tt_case("B_ttest_missing", d, with_rule("wr", "adjust"), "y ~ h"); tt_case("B_ttest_one_mean_missing", d, specs$rows, "y ~ 0")
glm_case("B_glm_missing", d, with_rule("two", "adjust"), "y ~ x + g"); glm_case("B_glm_logit_missing", d, with_rule("wr", "adjust"), "top ~ x + h", "quasibinomial")
glm_case("B_glm_subset", d, specs$rows, "y ~ x", subset = d$g == "p", subsetText = "g=='p'")
# every method on two stages with population sizes, missing answers and strata with one unit, under every rule
for (rule in c("fail", "adjust", "average", "remove", "certainty")) { s <- with_rule("two", rule); nm <- function(m) paste0("B_", m, "_two_", rule)
  ratio_case(nm("ratio"), d, s, "y", "x"); domain_case(nm("domain"), d, s, "y", "h", d$q >= 2, "q>=2")
  prop_case(nm("prop"), d, s, "q>=4", as.numeric(d$q >= 4), d$h == "F", "h=='F'"); quant_case(nm("quantile"), d, s, "y", c(.25, .5))
  chi_case(nm("chisq"), d, s, "h", "q"); tt_case(nm("ttest"), d, s, "y ~ h")
  glm_case(nm("glm"), d, s, "y ~ x + g", "gaussian", d$h == "F", "h=='F'"); glm_case(nm("glm_logit"), d, s, "top ~ y", "quasibinomial") }
