# Writes the variation cases of the Rasch models: Rscript cases_f.R
# R 4.2.2 without packages but jsonlite: conditional and joint likelihoods are
# written out here and maximised by optim; errors from the numerical Hessian.
# Data are random with a fixed seed.
suppressMessages(library(jsonlite))
out <- function(case, method, data, expected, params = NULL, tol = list(rel = 2e-4, abs = 5e-4)) {
  write.csv(data, paste0(case, ".csv"), row.names = FALSE, na = "", quote = FALSE)
  j <- list(case = case, method = method, software = "R", version = "4.2.2", call = "optim, see cases_f.R",
            data = paste0(case, ".csv"), expected = expected, tolerance = tol)
  if (!is.null(params)) j$params <- params
  writeLines(toJSON(j, auto_unbox = TRUE, digits = NA, null = "null", na = "null", pretty = TRUE), paste0(case, ".json"))
}
conv <- function(a, b) { o <- numeric(length(a) + length(b) - 1); for (i in seq_along(a)) o[i + seq_along(b) - 1] <- o[i + seq_along(b) - 1] + a[i] * b; o }
# cll: conditional log-likelihood; beta is a list of cumulative difficulties
cll <- function(beta, X) {
  key <- apply(is.na(X), 1, paste, collapse = ""); v <- 0
  for (k in unique(key)) {
    x <- X[key == k, , drop = FALSE]; on <- which(!is.na(x[1, ]))
    if (length(on) < 2) next
    g <- 1; for (j in on) g <- conv(g, exp(-beta[[j]]))
    r <- rowSums(x[, on, drop = FALSE]); v <- v - sum(log(g[r + 1]))
    for (j in on) v <- v - sum(beta[[j]][x[, j] + 1])
  }
  v
}
best <- function(fn, n) {
  o <- optim(rep(0, n), fn, method = "BFGS", control = list(reltol = 1e-16, maxit = 1000))
  for (i in 1:3) { h <- optimHess(o$par, fn, control = list(ndeps = rep(1e-3, n))); g <- sapply(1:n, function(i) { e <- replace(rep(0, n), i, 1e-4); (fn(o$par + e) - fn(o$par - e)) / 2e-4 }); o$par <- o$par - solve(h, g) }
  list(par = o$par, value = fn(o$par), vcov = solve(optimHess(o$par, fn, control = list(ndeps = rep(1e-3, n)))))
}
rasch <- function(case, method, X, make, n) {
  f <- best(function(p) -cll(make(p), X), n); b <- make(f$par)
  th <- lapply(b, diff); names(th) <- names(X)
  J <- sapply(1:n, function(i) { e <- replace(rep(0, n), i, 1e-5); unlist(lapply(make(f$par + e), diff)) - unlist(lapply(make(f$par - e), diff)) }) / 2e-5
  se <- sqrt(diag(J %*% f$vcov %*% t(J)))
  names(se) <- unlist(lapply(names(X), function(i) paste0("thresh beta ", i, ".c", seq_along(th[[i]]))))
  full <- X[complete.cases(X), ]; r <- sort(unique(rowSums(full))); top <- sum(sapply(b, length) - 1)
  r <- r[r > 0 & r < top]
  at <- function(t) { e <- v <- 0; for (x in b) { k <- seq_along(x) - 1; p <- exp(k * t - x); p <- p / sum(p); e <- e + sum(k * p); v <- v + sum(k^2 * p) - sum(k * p)^2 }; c(e, v) }
  pe <- sapply(r, function(s) uniroot(function(t) at(t)[1] - s, c(-15, 15), tol = 1e-12)$root)
  out(case, method, X, list(conditional_loglik = -f$value, n_parameters = n, location = lapply(th, mean), thresholds = lapply(th, as.list),
    threshold_se = as.list(se), person_by_raw_score = as.list(setNames(pe, r)),
    person_se_by_raw_score = as.list(setNames(sapply(pe, function(t) 1 / sqrt(at(t)[2])), r))))
}
draw <- function(n, tau, miss) {
  th <- rnorm(n, .3, 1.2)
  X <- as.data.frame(sapply(tau, function(t) sapply(th, function(a) { w <- exp(cumsum(c(0, a - t))); sample(seq_along(w) - 1, 1, prob = w) })))
  names(X) <- paste0("Q", seq_along(tau)); for (j in seq_along(X)) X[runif(n) < miss, j] <- NA
  X
}
set.seed(77)
tau <- list(c(-1, .5), .2, c(-1.5, -.2, .9), c(-.4, .8), c(-1, 0, .5, 1.4))
X <- draw(260, tau, .12); len <- sapply(tau, length)
pcm <- function(p) { v <- c(-sum(p), p); lapply(seq_along(len), function(j) c(0, v[sum(len[seq_len(j - 1)]) + seq_len(len[j])])) }
rasch("F_pcm_lengths_missing", "F.rasch_PCM", X, pcm, sum(len) - 1)
tau <- lapply(c(-.6, -.1, .2, .5), function(b) b + c(-1.2, 0, 1.2)); X <- draw(180, tau, .1)
X$Q4[which(X$Q4 == 3)] <- 2 # the hardest item never gets the top answer
rsm <- function(p) { d <- c(-sum(p[1:3]), p[1:3]); w <- c(0, 0, p[4:5]); lapply(1:4, function(j) (0:3) * d[j] + w) }
rasch("F_rsm_missing_top", "F.rasch_RSM", X, rsm, 5)
X <- draw(90, list(-1, -.3, .1, .5, 1.2), 0); X[1:4, ] <- 0; X[5:6, ] <- 1
rasch("F_rsm_two_answers", "F.rasch_RSM", X, function(p) lapply(c(-sum(p), p), function(d) c(0, d)), 4)
# many facets: unbalanced panel, 1..4 coded, extreme units
set.seed(78)
U <- 24; R <- 5; th <- rnorm(U, .2, 1); sv <- c(-.8, -.2, 0, .3, .7); di <- c(-.3, .3); st <- c(-1, 0, 1)
d <- do.call(rbind, lapply(1:U, function(u) expand.grid(item = c("A", "B"), rater = sample(1:R, sample(2:3, 1)), unit = u)))
d$rating <- mapply(function(u, r, i) { w <- exp(cumsum(c(0, th[u] - sv[r] - di[i] - st))); sample(1:4, 1, prob = w) }, d$unit, d$rater, as.integer(d$item))
d$rating[d$unit == 3] <- 1; d$rating[d$unit == 9] <- 4
d <- data.frame(unit = sprintf("k%02d", d$unit), rater = paste0("P", d$rater), item = d$item, rating = d$rating)
d <- d[-c(11, 40, 61), ]; d <- d[sample(nrow(d)), ]
m <- tapply(d$rating, d$unit, function(x) all(x == 1) || all(x == 4)); ext <- names(m)[m]
k <- d[!d$unit %in% ext, ]; un <- sort(unique(k$unit)); rn <- sort(unique(k$rater)); n <- length(un)
full <- function(p) { s <- p[n + 1:4]; c(p[1:n], s, -sum(s), p[n + 5], -p[n + 5], p[n + 6:7], -sum(p[n + 6:7])) }
nll <- function(p) { a <- full(p); eta <- a[match(k$unit, un)] - a[n + match(k$rater, rn)] - a[n + 5 + match(k$item, c("A", "B"))]
  t <- cumsum(a[n + 7 + 1:3]); L <- cbind(0, eta - t[1], 2 * eta - t[2], 3 * eta - t[3]); -sum(L[cbind(seq_along(eta), k$rating)] - log(rowSums(exp(L)))) }
f <- best(nll, n + 7); a <- full(f$par)
cell <- aggregate(rating ~ unit + rater, d, mean); cell$unit <- factor(cell$unit); cell$rater <- factor(cell$rater)
l <- lm(rating ~ unit + rater, cell, contrasts = list(unit = "contr.sum", rater = "contr.sum"))
re <- coef(l)[paste0("rater", 1:4)]; ue <- coef(l)[paste0("unit", 1:(nlevels(cell$unit) - 1))]
out("F_facets_unbalanced", "F.rater_severity", d, params = list(categories = 4), tol = list(rel = 1e-6, abs = 1e-5, jml = 1e-4), expected = list(
  jml = list(unit = as.list(setNames(a[1:n], un)), unit_se = as.list(setNames(sqrt(diag(f$vcov))[1:n], un)), rater_severity = as.list(setNames(a[n + 1:5], rn)),
    item_difficulty = list(A = a[n + 6], B = a[n + 7]), thresholds = a[n + 7 + 1:3], extreme_units = as.list(ext), loglik = -f$value),
  additive_fixed = list(rater_effect = as.list(setNames(c(re, -sum(re)), rn)), residual_sd = sigma(l), r_squared = summary(l)$r.squared)))
