"""Numbers and times as people read them.

One rule: the same value reads the same on every page: 10,000,000 · 12.4 % · 2 Mar 2026, 09:00 · 5 minutes ago.
"""

from datetime import datetime, timedelta, tzinfo

NONE = "–"
"""What stands where there is nothing."""
LARGE = 1_000_000
LONGEST_WHOLE = 10_000
"""From here on a number is written briefly where there is little room."""
STEPS = ((timedelta(days=365), "year"), (timedelta(days=30), "month"), (timedelta(days=1), "day"))
SMALL_STEPS = ((timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))


def number(value: float | None) -> str:
    """Write a whole number, thousands apart; others with two places."""
    if value is None:
        return NONE
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def brief(value: float) -> str:
    """Write a whole number where there is little room: 9,999 · 12.3 k · 10 M."""
    for power, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= max(power, LONGEST_WHOLE):
            return f"{value / power:.1f}".removesuffix(".0") + letter
    return number(value)


def amount(value: float | None, currency: str) -> str:
    """Write a sum of money; where it is large, without its hundredths."""
    if value is None:
        return NONE
    return f"{value:,.0f} {currency}" if abs(value) >= LARGE else f"{value:,.2f} {currency}"


def percent(share: float | None, places: int = 1) -> str:
    """Write a share of 1 as a percentage."""
    return NONE if share is None else f"{share * 100:.{places}f} %"


def signed(share: float) -> str:
    """Write a share of 1 as a percentage with its sign."""
    return f"{share * 100:+,.1f} %".replace("-", "−")


def points(difference: float) -> str:
    """Write a difference of two shares, in percentage points with its sign."""
    return f"{difference * 100:+.2f} pp".replace("-", "−")


def moment(at: datetime | None, zone: tzinfo, *, seconds: bool = False) -> str:
    """Write an instant as the clocks of a zone show it."""
    if at is None:
        return NONE
    there = at.astimezone(zone)
    return f"{there.day} {there:%b %Y, %H:%M:%S}" if seconds else f"{there.day} {there:%b %Y, %H:%M}"


def ago(at: datetime | None, now: datetime) -> str:
    """Write how long something is past, or still to come."""
    if at is None:
        return NONE
    span = abs(now - at)
    for step, name in (*STEPS, *SMALL_STEPS):
        if span >= step:
            count = span // step
            said = f"{count} {name}" if count == 1 else f"{count} {name}s"
            return f"{said} ago" if at <= now else f"in {said}"
    return "just now" if at <= now else "in a moment"
