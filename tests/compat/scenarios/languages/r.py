# SPDX-License-Identifier: Apache-2.0
"""R: a model fitted, matrices by LAPACK, which is loaded late, and a picture drawn to a file."""

from box import find_program

PACKAGES = ["r-base-core"]
EXCEPTIONS = ["r"]
TOLD = {"observe": ["R exec-gain"]}
PROGRAMS = ["R"]
EXPECTED = ["slope 2.5", "solved 1 2 3", "primes 1229", "eigenvalues 3 1", "picture TRUE", "children 10 20 30"]
SOURCE = """
say <- function(...) writeLines(paste(...))
x <- 1:100
say("slope", coef(lm(2.5 * x + 1 + rep(c(-1e-9, 1e-9), 50) ~ x))[["x"]] |> round(6))
m <- matrix(c(2, 1, 0, 1, 3, 1, 0, 1, 4), 3)
say("solved", paste(round(solve(m, m %*% c(1, 2, 3)), 6), collapse = " "))
count <- function(n) {
  sieve <- rep(TRUE, n)
  for (i in 2:floor(sqrt(n))) if (sieve[i]) sieve[seq(i * i, n, i)] <- FALSE
  sum(sieve) - 1
}
say("primes", compiler::cmpfun(count)(10000))
say("eigenvalues", paste(round(eigen(matrix(c(2, 1, 1, 2), 2))$values, 6), collapse = " "))
pdf("picture.pdf")
plot(x, x^2)
invisible(dev.off())
say("picture", file.size("picture.pdf") > 1000)
say("children", paste(unlist(parallel::mclapply(1:3, function(n) n * 10, mc.cores = 2)), collapse = " "))
"""


def run(box):
    box.run(find_program("Rscript"), "--vanilla", box.write("work.R", SOURCE))
