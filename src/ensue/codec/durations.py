"""Durations as people write them: `3 days`, `45s`, `1d12h`.

One rule: what `format_duration` writes, `parse_duration` reads back exactly.
Not here: offsets in a scenario (`+1h`), which are a sign and a duration.
"""

import re
from datetime import timedelta

LONGEST = timedelta(days=36_500)
"""A hundred years: longer is a slip of the pen, and would leave the calendar."""
HINT = "Write a number and a unit, for example 45 seconds, 10 minutes, 2 hours, 1 day, 3 weeks, or 1d12h."
PATTERN = (
    r"^(?=[0-9])"
    r"(?:([0-9]{1,8}) ?(?:weeks?|w))? ?"
    r"(?:([0-9]{1,8}) ?(?:days?|d))? ?"
    r"(?:([0-9]{1,8}) ?(?:hours?|h))? ?"
    r"(?:([0-9]{1,8}) ?(?:minutes?|m))? ?"
    r"(?:([0-9]{1,10})(?:\.([0-9]{1,6}))? ?(?:seconds?|s))?(?<! )$"
)
"""From the longest unit to the shortest, each at most once; only seconds may have decimals."""

_WRITTEN = re.compile(PATTERN)
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def parse_duration(text: str) -> timedelta:
    """Return the duration; raise `ValueError` with what is wrong."""
    if text.startswith("-"):
        raise ValueError("a duration is not negative")
    match = _WRITTEN.fullmatch(text)
    if not match:
        raise ValueError(f"'{text[:40]}' is no duration")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[:5])
    duration = timedelta(
        weeks=weeks,
        days=days,
        hours=hours,
        minutes=minutes,
        seconds=seconds,
        microseconds=int((match[6] or "").ljust(6, "0")),
    )
    if duration > LONGEST:
        raise ValueError("a duration is at most a hundred years")
    return duration


def format_duration(duration: timedelta) -> str:
    """Write a duration that is not negative: in one unit where it fits (`3 days`), else joined (`1d12h`)."""
    weeks, rest = divmod(duration, timedelta(weeks=1))
    parts = [(str(weeks), "week")] if weeks > 0 and not rest else _parts(duration)
    if len(parts) > 1:
        return _joined(parts)
    count, word = parts[0]
    return f"{count} {word}" if count == "1" else f"{count} {word}s"


def format_offset(duration: timedelta) -> str:
    """Write a duration that is not negative as an offset from a start: `+7d1m`."""
    return "+" + _joined(_parts(duration))


def _parts(duration: timedelta) -> list[tuple[str, str]]:
    if duration < timedelta(0):
        raise ValueError("a duration is not negative")
    rest = duration.days * 86_400 + duration.seconds
    parts = []
    for size, word in _UNITS:
        count, rest = divmod(rest, size)
        parts += [(str(count), word)] if count else []
    seconds = f"{rest}.{duration.microseconds:06}".rstrip("0") if duration.microseconds else str(rest)
    return [*parts, (seconds, "second")] if seconds != "0" or not parts else parts


def _joined(parts: list[tuple[str, str]]) -> str:
    return "".join(count + word[0] for count, word in parts)
