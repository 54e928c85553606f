"""Chance without randomness: a user's bucket is a hash, so it stays the same for ever (V1, V3).

One rule: limits are whole hundredths of a percent, so no error of a float decides about anybody.
Not here: which shares a campaign has (`records`), what happens to the control group (`decide`).
"""

from collections.abc import Iterable
from hashlib import sha256

BUCKETS = 10_000


def bucket(campaign: str, user: str) -> int:
    """Return the user's bucket for a campaign, 0 to 9,999 (V1)."""
    return int.from_bytes(sha256(f"{campaign}:{user}".encode()).digest()[:8], "big") % BUCKETS


def own_bucket(user: str) -> int:
    """Return the user's own bucket, 0 to 9,999, the same for all campaigns (V3)."""
    return bucket("user", user)


def slice_of(bucket: int, shares: Iterable[tuple[str, float]]) -> str | None:
    """Return the name of the slice that holds the bucket, or `None` for what is left: the control group.

    `shares` are names with percentages, in the order of the variations. Their sums are rounded, not they themselves,
    so three times 33.333 leaves nothing over.
    """
    end = 0.0
    for name, share in shares:
        end += share
        if bucket < hundredths(end):
            return name
    return None


def in_global_control(user: str, percent: float) -> bool:
    """Tell whether the user belongs to the workspace's global control group (V3)."""
    return percent > 0 and own_bucket(user) < hundredths(percent)


def hundredths(percent: float) -> int:
    """Return a percentage in whole hundredths of a percent: 33.33 is 3,333."""
    return round(percent * 100)
