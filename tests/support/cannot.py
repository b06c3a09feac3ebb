#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stands for a test that this machine cannot build, and says why. See cannot.list."""

import sys

print("skipped: " + sys.argv[1])
sys.exit(77)
