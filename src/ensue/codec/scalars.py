"""Reading single values: texts, numbers, choices, times and durations.

One rule: a reader takes what a file or a JSON body holds, notes what is wrong, and then returns `None`.
Not here: lists, mappings and records (`build`).
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias, assert_never

from ensue.codec.durations import HINT as SPAN_HINT
from ensue.codec.durations import parse_duration
from ensue.codec.findings import Findings, Path, listed, shown
from ensue.codec.shapes import (
    Anything,
    Choice,
    Clock,
    Flag,
    Instant,
    Moment,
    Number,
    Single,
    Span,
    Text,
    Whole,
)

Reader: TypeAlias = Callable[[object, Path, Findings], object]

INSTANT_PATTERN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?$"
)
CLOCK_PATTERN = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?$"
INSTANT_HINT = "Write date, time and zone, for example 2026-03-02T09:00:00Z."
LOCAL_HINT = "Write date and time, for example 2026-03-02T09:00:00, with or without a zone."
CLOCK_HINT = 'Write it with two digits each, for example "09:00".'
MOMENT_HINT = "Write an offset from the start such as +1h or +7d1m, or a timestamp such as 2026-03-02T09:00:00Z."
ZONE_HINT = "Add a time zone, e.g. Z for UTC."
HOUR, DAY = 60, 24 * 60
DEEPEST = 100
"""Parts of a path beyond which nothing is read."""
HUGE = 2**63
"""Numbers from here on fit no database."""

_INSTANT = re.compile(INSTANT_PATTERN)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(CLOCK_PATTERN)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_YES = {"yes": "true", "on": "true", "no": "false", "off": "false"}


def single_reader(shape: Single) -> Reader:
    """Return the reader of a shape that holds no other."""
    match shape:
        case Text():
            return text_reader(shape)
        case Whole():
            return whole_reader(shape)
        case Number():
            return number_reader(shape)
        case Flag():
            return read_flag
        case Choice():
            return choice_reader(shape)
        case Instant():
            return instant_reader(shape)
        case Moment():
            return read_moment
        case Clock():
            return read_clock
        case Span():
            return read_span
        case Anything():
            return read_anything
        case _:
            assert_never(shape)


def text_reader(shape: Text) -> Reader:
    """Read a text, of the shape's pattern if it has one."""
    pattern = re.compile(shape.pattern) if shape.pattern else None
    hint = "An id is made of a-z, 0-9 and hyphens, at most 64." if shape.pattern else ""

    def read(data: object, at: Path, findings: Findings) -> object:
        if not isinstance(data, str):
            quote = isinstance(data, int | float | date)
            return findings.add(
                "wrong_type", at, f"expected a text, found {shown(data)}", "Write it in quotes." if quote else ""
            )
        if _UNSTORABLE.search(data):
            return findings.add("wrong_format", at, "holds characters that cannot be stored", "Remove them.")
        if pattern and not pattern.fullmatch(data):
            return findings.add("wrong_format", at, f"'{data[:80]}' is no id", hint)
        return data

    return read


def whole_reader(shape: Whole) -> Reader:
    """Read a whole number; a boolean is none, and neither is `1.0`."""

    def read(data: object, at: Path, findings: Findings) -> object:
        if isinstance(data, bool) or not isinstance(data, int):
            return findings.add("wrong_type", at, f"expected a whole number, found {shown(data)}", _unquote(data))
        return data if _is_within(data, shape, at, findings) else None

    return read


def number_reader(shape: Number) -> Reader:
    """Read a number as a float; a boolean is none."""

    def read(data: object, at: Path, findings: Findings) -> object:
        if isinstance(data, bool) or not isinstance(data, int | float):
            return findings.add("wrong_type", at, f"expected a number, found {shown(data)}", _unquote(data))
        return float(data) if _is_within(data, shape, at, findings) else None

    return read


def read_flag(data: object, at: Path, findings: Findings) -> object:
    """Read true or false."""
    if isinstance(data, bool):
        return data
    word = _YES.get(data.lower()) if isinstance(data, str) else None
    hint = f"Write {word}." if word else ""
    return findings.add("wrong_type", at, f"expected true or false, found {shown(data)}", hint)


def choice_reader(shape: Choice) -> Reader:
    """Read one of the given values."""
    values = {(type(value), value) for value in shape.values}
    words = [shown(value) if isinstance(value, bool) else value for value in shape.values]

    def read(data: object, at: Path, findings: Findings) -> object:
        if isinstance(data, str | bool) and (type(data), data) in values:
            return data
        return findings.add("wrong_value", at, f"{shown(data)} is not allowed here", f"One of: {listed(data, words)}.")

    return read


def instant_reader(shape: Instant) -> Reader:
    """Read a timestamp in ISO 8601; aware ones become UTC."""
    example = LOCAL_HINT if shape.local else INSTANT_HINT

    def read(data: object, at: Path, findings: Findings) -> object:
        instant = data if isinstance(data, datetime) else _parsed(data)
        if instant is None:
            hint = "Add a clock time. " + example if _is_date(data) else example
            return findings.add("wrong_format", at, f"expected a timestamp, found {shown(data)}", hint)
        if instant.tzinfo is None:
            return instant if shape.local else findings.add("no_zone", at, "the time has no zone", ZONE_HINT)
        try:
            return instant.astimezone(UTC)
        except OverflowError:
            return findings.add("wrong_format", at, "lies outside the calendar", example)

    return read


_AWARE = instant_reader(Instant())


def read_clock(data: object, at: Path, findings: Findings) -> object:
    """Read a clock time."""
    if isinstance(data, time):
        return data
    if isinstance(data, str) and _CLOCK.fullmatch(data):
        return time.fromisoformat(data)
    hint = CLOCK_HINT
    if isinstance(data, int) and HOUR <= data < DAY:  # YAML 1.1 reads 09:00 as 540
        hint = f'Write it in quotes: "{data // HOUR:02}:{data % HOUR:02}".'
    return findings.add("wrong_format", at, f"expected a clock time, found {shown(data)}", hint)


def read_span(data: object, at: Path, findings: Findings) -> object:
    """Read a duration."""
    if isinstance(data, timedelta):
        return data
    if not isinstance(data, str):
        return findings.add("wrong_type", at, f"expected a duration, found {shown(data)}", SPAN_HINT)
    try:
        return parse_duration(data)
    except ValueError as error:
        return findings.add("wrong_format", at, str(error), SPAN_HINT)


def read_moment(data: object, at: Path, findings: Findings) -> object:
    """Read an offset from the start of a scenario, or a timestamp."""
    if isinstance(data, datetime) or _parsed(data):
        return _AWARE(data, at, findings)
    if isinstance(data, str) and data.startswith("+"):
        return read_span(data[1:], at, findings)
    return findings.add("wrong_format", at, f"expected an offset or a timestamp, found {shown(data)}", MOMENT_HINT)


def read_anything(data: object, at: Path, findings: Findings) -> object:
    """Read any JSON value; a time becomes its text."""
    match data:
        case None | bool() | str() | int() | float():
            return _plain(data, at, findings)
        case date():
            return data.isoformat()
        case list() | tuple() | dict() if len(at) > DEEPEST:
            return findings.add("too_deep", at, "is nested too deeply")
        case list() | tuple():
            return [read_anything(item, (*at, index), findings) for index, item in enumerate(data)]
        case dict():
            return {str(key): read_anything(item, (*at, str(key)), findings) for key, item in data.items()}
        case _:
            return findings.add("wrong_type", at, f"{shown(data)} has no place in JSON")


_TEXT = text_reader(Text())


def _plain(data: object, at: Path, findings: Findings) -> object:
    if isinstance(data, str):
        return _TEXT(data, at, findings)
    if isinstance(data, int | float) and not _is_within(data, Number(), at, findings):
        return None
    return data


def _is_within(data: float, shape: Whole | Number, at: Path, findings: Findings) -> bool:
    if not -HUGE <= data < HUGE:  # neither is what is no number
        findings.add("out_of_range", at, f"{shown(data)} cannot be stored")
        return False
    if (shape.ge is None or data >= shape.ge) and (shape.le is None or data <= shape.le):
        return True
    bounds = [f"at least {shape.ge:g}"] if shape.ge is not None else []
    bounds += [f"at most {shape.le:g}"] if shape.le is not None else []
    findings.add("out_of_range", at, f"must be {' and '.join(bounds)}, found {data!r}")
    return False


def _unquote(data: object) -> str:
    if not isinstance(data, str):
        return ""
    try:
        float(data)
    except ValueError:
        return ""
    return "Write it without quotes."


def _parsed(data: object) -> datetime | None:
    if not isinstance(data, str) or not _INSTANT.fullmatch(data):
        return None
    try:
        return datetime.fromisoformat(data)
    except ValueError:
        return None


def _is_date(data: object) -> bool:
    return isinstance(data, date) or (isinstance(data, str) and _DATE.fullmatch(data) is not None)
