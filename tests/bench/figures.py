# SPDX-License-Identifier: Apache-2.0
"""Medians of paired differences, and what they can tell."""

import dataclasses
import math
import statistics


@dataclasses.dataclass
class Row:
    """One line of the table. `limit` is what the figure may be at most, where something was said."""

    name: str
    value: float
    unit: str
    interval: tuple = None
    rounds: int = None
    limit: float = None
    remark: str = ""


def median_interval(values):
    """A 95 % interval for the median by the sign test's order statistics: no distribution is
    assumed. Two runs that differ by noise alone have 0 inside it 19 times of 20."""
    ordered = sorted(values)
    count = len(ordered)
    rank = max(0, math.floor((count - 1.96 * math.sqrt(count)) / 2) - (count < 30))
    return ordered[rank], ordered[count - 1 - rank]


def differences(rounds, one, other):
    """`one` less `other`, both columns of the same rounds."""
    return [times[one] - times[other] for times in rounds]


def paired(name, values, unit, **more):
    return Row(
        name, statistics.median(values), unit, median_interval(values), len(values), **more
    )


def can_be_told(row):
    low, high = row.interval
    return not low <= 0 <= high
