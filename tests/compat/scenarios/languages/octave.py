# SPDX-License-Identifier: Apache-2.0
"""Octave: matrices by LAPACK and FFTW, a function handle, sparse systems, and a figure of text."""

from box import find_program

PACKAGES = ["octave"]
PROGRAMS = ["octave-cli"]
EXPECTED = ["solved 1 2 3", "transformed 10", "integral 2.0000", "eigenvalues 1 3", "sparse 1.0000", "caught"]
SOURCE = """
printf("solved %g %g %g\\n", round(1e6 * ([2 1 0; 1 3 1; 0 1 4] \\ [4; 10; 14])) / 1e6);
printf("transformed %g\\n", real(fft([1 2 3 4])(1)));
printf("integral %.4f\\n", quad(@sin, 0, pi));
printf("eigenvalues %g %g\\n", round(1e6 * eig([2 1; 1 2])) / 1e6);
s = speye(1000) * 2;
printf("sparse %.4f\\n", max(s \\ (2 * ones(1000, 1))));
try
  error("wax:melts", "too hot");
catch failure
  printf("caught\\n");
end
"""


def run(box):
    box.run(find_program("octave-cli"), "--no-gui", "--norc", "--no-history", box.write("work.m", SOURCE))
