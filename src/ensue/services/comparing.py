"""How sure one can be that one group converts better than another.

One rule: what rests on too little is not said; in its place stands what is missing.
The difference has Newcombe's interval (1998, method 10: from two Wilson intervals). The p-value is that of Pearson's
chi-squared test without correction, which equals the two-sided test of two proportions.
"""

from functools import cache
from math import sqrt
from types import ModuleType
from typing import Literal

import msgspec

SMALLEST = 30
"""Members that a group needs."""
EXPECTED = 5
"""Conversions, and missing ones, that would be expected in each group if there were no difference (Cochran)."""
CONFIDENCE = 0.95

Missing = Literal["small_group", "few_conversions", "more_than_sent"]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """How many there are, and how many of them converted."""

    size: int
    converted: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One group beside another: shares of 1, `uplift` relative to the baseline's share, or what is missing.

    `low` and `high` bound the difference with 95 % confidence; `p_value` is the chance of a difference at least as
    large if there were none in truth.
    """

    uplift: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    missing: Missing | None = None

    @property
    def is_sure(self) -> bool:
        """Say whether the interval leaves zero out."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def rate(group: Group) -> float | None:
    """Return the share that converted, `None` where there is nobody or more converted than there are."""
    return group.converted / group.size if 0 < group.size >= group.converted else None


def compare(group: Group, baseline: Group) -> Comparison:
    """Lay a group beside the baseline."""
    missing = _missing(group, baseline)
    if missing is not None:
        return Comparison(missing=missing)
    share, other = group.converted / group.size, baseline.converted / baseline.size
    low, high = _newcombe(group, baseline)
    return Comparison(
        uplift=share / other - 1 if other else None,
        difference=share - other,
        low=low,
        high=high,
        p_value=_p_value(group, baseline),
    )


def wilson(group: Group) -> tuple[float, float]:
    """Return the Wilson score interval of a share."""
    z, n = _z(), group.size
    share = group.converted / n
    middle = share + z * z / (2 * n)
    reach = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (middle - reach) / (1 + z * z / n), (middle + reach) / (1 + z * z / n)


def _missing(group: Group, baseline: Group) -> Missing | None:
    groups = (group, baseline)
    if any(one.converted > one.size for one in groups):
        return "more_than_sent"
    if min(one.size for one in groups) < SMALLEST:
        return "small_group"
    pooled = _pooled(group, baseline)
    if min(one.size * part for one in groups for part in (pooled, 1 - pooled)) < EXPECTED:
        return "few_conversions"
    return None


def _pooled(group: Group, baseline: Group) -> float:
    return (group.converted + baseline.converted) / (group.size + baseline.size)


def _newcombe(group: Group, baseline: Group) -> tuple[float, float]:
    share, other = group.converted / group.size, baseline.converted / baseline.size
    (low, high), (other_low, other_high) = wilson(group), wilson(baseline)
    below = sqrt((share - low) ** 2 + (other_high - other) ** 2)
    above = sqrt((high - share) ** 2 + (other - other_low) ** 2)
    return share - other - below, share - other + above


def _p_value(group: Group, baseline: Group) -> float:
    share, other = group.converted / group.size, baseline.converted / baseline.size
    pooled = _pooled(group, baseline)
    variance = pooled * (1 - pooled) * (1 / group.size + 1 / baseline.size)
    return float(_special().chdtrc(1, (share - other) ** 2 / variance))


@cache
def _z() -> float:
    return float(_special().ndtri((1 + CONFIDENCE) / 2))


def _special() -> ModuleType:
    from scipy import special  # noqa: PLC0415  # takes longer than all else: only who looks at a report waits for it

    return special  # type: ignore[no-any-return]  # comes without type information
