# The tasks of bench/stats in R, each line: key and seconds of processor time, so
# that other work on the machine does not count against R.
a <- commandArgs(TRUE)
n <- as.integer(a[2]); cap <- as.numeric(a[3]); wanted <- strsplit(a[4], ",")[[1]]
suppressPackageStartupMessages({library(survey); library(MASS); library(lme4)})
options(survey.lonely.psu = "certainty")
f <- file(a[1], "rb")
int <- function() readBin(f, "integer", n, 4, endian = "little")
dbl <- function() readBin(f, "double", n, 8, endian = "little")
x <- data.frame(committee = int(), stratum = int(), household = int(), sex = int(), age = int(), tenure = int(), g4000 = int(),
                households = dbl(), members = dbl(), w = dbl(), score = dbl(), mark = dbl())
close(f)
x$row <- seq_len(n)
task <- function(key, expr) {
  if (!key %in% wanted) return(invisible())
  e <- substitute(expr); env <- parent.frame()
  s <- tryCatch({
    setTimeLimit(cpu = cap, transient = TRUE)
    t <- sum(system.time(eval(e, env))[1:2])
    setTimeLimit()
    sprintf("%.6f", max(t, 5e-4))
  }, error = function(err) {
    setTimeLimit()
    if (grepl("time limit", conditionMessage(err))) sprintf(">%gs", cap) else "fails"
  })
  cat(key, s, "\n"); flush(stdout())
}
d1 <- svydesign(~household, strata = ~stratum, weights = ~w, data = x)
task("mean", svymean(~score, d1))
task("domains", svyby(~score, ~committee, d1, svymean))
task("rake", {
  m <- function(k, skew) { t <- 1 + skew * (seq_len(k) - 1); t / sum(t) * 1e6 }
  rake(d1, list(~sex, ~age, ~tenure), list(data.frame(sex = 0:1, Freq = m(2, .1)), data.frame(age = 0:5, Freq = m(6, .2)), data.frame(tenure = 0:2, Freq = m(3, .4))),
       control = list(maxit = 100, epsilon = 1e-6))
})
task("boot", {
  # Rao and Wu by hand: units of a stratum drawn with replacement, means by committee
  one <- !duplicated(x$household); st <- x$stratum[one]; hh <- match(x$household, x$household[one])
  by <- split(seq_along(st), st); wy <- x$w * x$score; k <- factor(x$committee)
  th <- matrix(0, 500, nlevels(k))
  for (r in 1:500) {
    m <- numeric(length(st))
    for (u in by) { nh <- length(u); m[u] <- if (nh > 1) tabulate(sample.int(nh, nh - 1, TRUE), nh) * nh / (nh - 1) else 1 }
    v <- m[hh]
    s <- rowsum(cbind(v * wy, v * x$w), k, reorder = FALSE)
    th[r, ] <- s[, 1] / s[, 2]
  }
  apply(th, 2, sd)
})
task("boot1", {
  by <- split(seq_len(n), x$committee); th <- matrix(0, 500, length(by))
  for (r in 1:500) th[r, ] <- vapply(by, function(u) { k <- u[sample.int(length(u), length(u) - 1, TRUE)]; sum(x$w[k] * x$mark[k]) / sum(x$w[k]) }, 0)
  apply(th, 2, sd)
})
task("huber", suppressWarnings(tapply(x$mark, x$committee, function(v) if (mad(v) > 0) huber(v, 1.345)$mu else mean(v))))
task("huber4", suppressWarnings(tapply(x$score, x$committee, function(v) if (mad(v) > 0) huber(v, 1.345)$mu else mean(v))))
task("mixed", lmer(score ~ 1 + (1 | committee), x))
task("mixed4000", lmer(score ~ 1 + (1 | g4000), x))
rm(d1); invisible(gc())
d2 <- svydesign(~household + row, strata = ~stratum, fpc = ~households + members, weights = ~w, data = x)
task("mean2", svymean(~score, d2))
task("domains2", svyby(~score, ~committee, d2, svymean))
