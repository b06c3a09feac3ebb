# SPDX-License-Identifier: Apache-2.0
"""One module a scenario: PROGRAMS has to be seen sealed, EXPECTED are lines of the right answer,
and run() does the work in a box."""
