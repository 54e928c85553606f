"""Whether a value is as a comparison asks (A3); for attributes, and for the properties of events.

One rule: a comparison with a missing value is false, but for `exists: false`; asking never fails.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import assert_never

from msgspec import UNSET

from ensue.core.conditions import Comparison
from ensue.core.events import Json
from ensue.core.words import Scalar, Value

LONGEST_PATTERN = 256
"""Characters that a pattern of `matches` may have."""
LONGEST_TEXT = 1_000
"""Characters of a value that `matches` looks at."""
_BUT_EXISTS = tuple(name for name in Comparison.__struct_fields__ if name != "exists")


def where_holds(where: Mapping[str, Comparison], properties: Mapping[str, Json], at: datetime) -> bool:
    """Tell whether every property is as its comparison asks; dots reach into nested objects."""
    return all(holds(comparison, find_value(properties, name), at) for name, comparison in where.items())


def find_value(properties: Mapping[str, Json], name: str) -> Json:
    """Return the value of that name, else what its dots reach in nested objects; `None` where it is missing."""
    value = properties.get(name)
    if value is not None or "." not in name:
        return value
    first, *rest = name.split(".")
    value = properties.get(first)
    for part in rest:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def holds(comparison: Comparison, value: Json, at: datetime) -> bool:
    """Tell whether all operators hold for the value; of `None`, a missing one, only `exists: false` does (A3).

    A comparison without operators holds for every value that is there.
    """
    if value is None:
        return comparison.exists is False and all(getattr(comparison, name) is UNSET for name in _BUT_EXISTS)
    return (
        comparison.exists is not False
        and _is_equal_as_asked(comparison, value)
        and _reads_as_asked(comparison, value)
        and _counts_as_asked(comparison, value)
        and _dates_as_asked(comparison, value, at)
        and _includes_as_asked(comparison, value)
    )


def pattern_problem(pattern: str) -> str | None:
    """Return what is wrong with a pattern of `matches`, or `None`; a wrong pattern matches nothing."""
    if len(pattern) > LONGEST_PATTERN:
        return f"the pattern has {len(pattern)} characters, at most {LONGEST_PATTERN} are allowed"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"the pattern is not a regular expression: {error}"
    return None


def _is_equal_as_asked(asked: Comparison, value: Json) -> bool:
    return (
        (asked.is_ is UNSET or _equal(value, asked.is_))
        and (asked.is_not is UNSET or not _equal(value, asked.is_not))
        and (asked.any_of is UNSET or _is_one_of(value, asked.any_of))
        and (asked.none_of is UNSET or not _is_one_of(value, asked.none_of))
    )


def _reads_as_asked(asked: Comparison, value: Json) -> bool:
    return (asked.contains is UNSET or _contains(value, asked.contains)) and (
        asked.matches is UNSET or _is_match(value, asked.matches)
    )


def _counts_as_asked(asked: Comparison, value: Json) -> bool:
    if asked.more_than is UNSET and asked.at_least is UNSET and asked.less_than is UNSET and asked.at_most is UNSET:
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (
        (asked.more_than is UNSET or value > asked.more_than)
        and (asked.at_least is UNSET or value >= asked.at_least)
        and (asked.less_than is UNSET or value < asked.less_than)
        and (asked.at_most is UNSET or value <= asked.at_most)
    )


def _dates_as_asked(asked: Comparison, value: Json, at: datetime) -> bool:
    if asked.before is UNSET and asked.after is UNSET and asked.within_last is UNSET and asked.not_within_last is UNSET:
        return True
    moment = _moment(value)
    if moment is None:
        return False
    return (
        (asked.before is UNSET or moment < _aware(asked.before))
        and (asked.after is UNSET or moment > _aware(asked.after))
        and (asked.within_last is UNSET or timedelta(0) <= at - moment < asked.within_last)
        and (asked.not_within_last is UNSET or not timedelta(0) <= at - moment < asked.not_within_last)
    )


def _includes_as_asked(asked: Comparison, value: Json) -> bool:
    if asked.includes is UNSET and asked.includes_none is UNSET:
        return True
    if not isinstance(value, list):
        return False
    return (asked.includes is UNSET or _has_item(value, asked.includes)) and (
        asked.includes_none is UNSET or not any(_has_item(value, item) for item in asked.includes_none)
    )


def _equal(value: Json, wanted: Value) -> bool:
    match wanted:
        case str():
            return value == wanted
        case bool():
            return value is wanted
        case int() | float():
            return not isinstance(value, bool) and value == wanted
        case datetime():
            return _moment(value) == _aware(wanted)
        case tuple():
            return isinstance(value, list) and len(value) == len(wanted) and all(map(_equal, value, wanted))
        case _:
            assert_never(wanted)


def _is_one_of(value: Json, wanted: tuple[Scalar, ...]) -> bool:
    return any(_equal(value, item) for item in wanted)


def _has_item(values: list[Json], wanted: Scalar) -> bool:
    return any(_equal(item, wanted) for item in values)


def _contains(value: Json, wanted: str) -> bool:
    if isinstance(value, list):
        return _has_item(value, wanted)
    return isinstance(value, str) and wanted in value


def _is_match(value: Json, pattern: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is not None and isinstance(value, str) and compiled.search(value[:LONGEST_TEXT]) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    return None if pattern_problem(pattern) else re.compile(pattern)


def _moment(value: Json) -> datetime | None:
    """Read `2026-03-02`, or that with a time; without an offset it is UTC."""
    if not isinstance(value, str) or value[7:8] != "-" or value[10:11] not in ("", "T", " "):
        return None
    try:
        return _aware(datetime.fromisoformat(value))
    except ValueError:
        return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
