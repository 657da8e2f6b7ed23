# What scripts beside it share: out writes one case, its data as CSV and what R says as JSON,
# where keep names it; try1 keeps an error as text, n1 turns what is no number into missing.
out <- function(dir, case, method, data, params=NULL, expected, call="", design = NULL, tol = list(rel = 1e-7, abs = 1e-8)) {
  if (!is.null(keep) && !case %in% keep) return(invisible())
  f <- paste0(case, ".csv"); write.csv(data, file.path(dir,f), row.names = FALSE, na = "", quote = FALSE)
  j <- list(case = case, method = method, software = "R", version = "R 4.2.2", call = call, data = f, expected = expected, tolerance = tol)
  if (!is.null(params)) j$params <- params
  if (!is.null(design)) j$design <- design
  writeLines(toJSON(j, auto_unbox = TRUE, digits = NA, null = "null", na = "null", pretty = 1), file.path(dir,paste0(case, ".json")))
}
quiet <- function(e) suppressWarnings(suppressMessages(e))
try1 <- function(e) tryCatch(quiet(e), error = function(err) paste("R error:", sub("usage +[0-9]+ ", "usage ", conditionMessage(err))))
n1 <- function(x) { v <- suppressWarnings(as.numeric(x)); v[!is.finite(v)] <- NA; v }
dir <- "."
