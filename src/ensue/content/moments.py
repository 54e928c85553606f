"""Points in time within templates: how they are read, put into a time zone, and written.

One rule: the same text on every machine. Times without a zone are UTC, and what a text leaves out comes from the
message's own time, never from a clock. Directives are Ruby's `strftime`, as campaign tools have them.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from dateutil.parser import ParserError, parse

LONGEST = 200
"""Letters of a text that is read as a time."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ZONES = {
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "CET": 1,
    "CEST": 2,
}
"""Hours from UTC of the zones that have letters in e-mails (RFC 822) and in Europe; other letters are UTC."""
_DIRECTIVE = re.compile(r"%([-_0^#]?)(\d?)([A-Za-z%])")
_PLAIN = frozenset("YCymBbhdjHIMSpAaUwuWVGgZcDFxXRTr")
"""Directives that mean in Python what they mean in Ruby."""
_OWN: dict[str, Callable[[datetime], str]] = {
    "L": lambda at: f"{at.microsecond // 1000:03}",
    "N": lambda at: f"{at.microsecond * 1000:09}",
    "P": lambda at: at.strftime("%p").lower(),
    "e": lambda at: f"{at.day:2}",
    "k": lambda at: f"{at.hour:2}",
    "l": lambda at: f"{(at.hour - 1) % 12 + 1:2}",
    "n": lambda _: "\n",
    "s": lambda at: str(int(at.timestamp())),
    "t": lambda _: "\t",
    "v": lambda at: f"{at.day:2}-{at.strftime('%b').upper()}-{at.year}",
    "z": lambda at: at.strftime("%z"),
    "%": lambda _: "%",
}


class Moment(datetime):
    """A time that is written with its zone: `2021-08-04 02:00:00 -0700`."""

    def __str__(self) -> str:
        return self.strftime("%Y-%m-%d %H:%M:%S %z")


def read(value: object, now: datetime | None) -> datetime | None:
    """Return the time that a value stands for, aware; `None` where it stands for none."""
    match value:
        case datetime():
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        case date():
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        case bool():
            return None
        case int() | float():
            return _since_epoch(value)
        case str() if value.strip() in {"now", "today"}:
            return now
        case str():
            return _since_epoch(int(value)) if value.isdecimal() and len(value) <= LONGEST else _parsed(value, now)
        case _:
            return None


def placed(at: datetime, zone: str) -> Moment:
    """Return the same instant in a time zone such as `Europe/Berlin`; raises ValueError for one that does not exist."""
    try:
        place = ZoneInfo(zone)
    except (LookupError, OSError, ValueError) as error:
        raise ValueError(f"there is no time zone '{zone}'") from error
    return Moment.fromtimestamp(at.timestamp(), place)


def written(at: datetime, form: str) -> str:
    """Return a time in a form such as `%B %-d, %Y`; directives that do not exist stay as they are."""

    def one(found: re.Match[str]) -> str:
        flag, width, letter = found.groups()
        if letter in _OWN:
            text = _OWN[letter](at)
        elif letter in _PLAIN:
            text = at.strftime(f"%{letter}")
        else:
            return found.group()
        return _flagged(text[: int(width)] if letter in "LN" and width else text, flag)

    return _DIRECTIVE.sub(one, form)


def _flagged(text: str, flag: str) -> str:
    match flag:
        case "-":
            return text.lstrip("0 ") or "0"
        case "_":
            return re.sub(r"^0+(?=.)", lambda zeros: " " * len(zeros.group()), text)
        case "0":
            return text.replace(" ", "0")
        case "^":
            return text.upper()
        case "#":
            return text.swapcase()
        case _:
            return text


def _since_epoch(seconds: float) -> datetime | None:
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return None


def _parsed(text: str, now: datetime | None) -> datetime | None:
    if len(text) > LONGEST:
        return None
    default = (now or _EPOCH).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    try:
        found: datetime = parse(text, default=default, tzinfos=_zone)
    except (ParserError, OverflowError, ValueError, TypeError):
        return None
    return found


def _zone(name: str | None, seconds: int | None) -> timezone:
    """Return the zone that a time was written with; without one it is UTC."""
    hours = timedelta(hours=_ZONES.get(name or "", 0)) if seconds is None else timedelta(seconds=seconds)
    return timezone(hours, name or "") if name else timezone(hours)
