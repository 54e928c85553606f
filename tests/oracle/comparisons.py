"""Comparisons of a value with what was asked for (A3, choices 26).

One rule: a missing value is like nothing but `exists: false`; values of different kinds are not equal, nor comparable.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec import UNSET

from ensue.core import conditions, words
from ensue.core.events import Json

Operand = words.Value | timedelta
Operator = Callable[[Json, Operand, datetime], bool]


def compares(asked: conditions.Comparison, value: Json, at: datetime) -> bool:
    """Tell whether the value is like that; on a missing value only `exists: false` holds (A3)."""
    wanted = {name: getattr(asked, name) for name in conditions.Comparison.__struct_fields__}
    given = {name: operand for name, operand in wanted.items() if operand is not UNSET}
    return all(_one(name, operand, value, at) for name, operand in given.items())


def _one(name: str, operand: Operand, value: Json, at: datetime) -> bool:
    if name == "exists":
        return (value is not None) == operand
    if value is None:
        return False
    return _OPERATORS[name](value, operand, at)


def equals(value: Json, operand: Operand) -> bool:
    """Tell whether they are equal; values of different kinds are not (choices 26)."""
    if isinstance(operand, datetime):
        return _time(value) == operand
    if isinstance(operand, timedelta):
        return False
    return same(value, list(operand) if isinstance(operand, tuple) else operand)


def same(one: Json, other: Json) -> bool:
    """Tell whether two values are equal; values of different kinds are not, and a boolean is no number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return one == other


def _number(value: Json) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _time(value: Json) -> datetime | None:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?", value):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _numbers(compare: Callable[[float, float], bool]) -> Operator:
    def holds_for(value: Json, operand: Operand, _: datetime) -> bool:
        number = _number(value)
        return number is not None and isinstance(operand, int | float) and compare(number, operand)

    return holds_for


def _times(compare: Callable[[datetime, datetime], bool]) -> Operator:
    def holds_for(value: Json, operand: Operand, _: datetime) -> bool:
        instant = _time(value)
        return instant is not None and isinstance(operand, datetime) and compare(instant, operand)

    return holds_for


def _is_within(value: Json, span: Operand, at: datetime) -> bool:
    instant = _time(value)
    return instant is not None and isinstance(span, timedelta) and at - span < instant <= at


def _any_equal(value: Json, operands: Operand) -> bool:
    return isinstance(operands, tuple) and any(equals(value, operand) for operand in operands)


def _contains(value: Json, operand: Operand) -> bool:
    return isinstance(value, str) and isinstance(operand, str) and operand in value


def _matches(value: Json, operand: Operand) -> bool:
    return isinstance(value, str) and isinstance(operand, str) and bool(re.search(operand, value))


def _includes(value: Json, operand: Operand) -> bool:
    return isinstance(value, list) and any(equals(element, operand) for element in value)


def _includes_any(value: Json, operands: Operand) -> bool:
    return isinstance(operands, tuple) and any(_includes(value, operand) for operand in operands)


_OPERATORS: dict[str, Operator] = {
    "is_": lambda value, operand, _: equals(value, operand),
    "is_not": lambda value, operand, _: not equals(value, operand),
    "any_of": lambda value, operand, _: _any_equal(value, operand),
    "none_of": lambda value, operand, _: not _any_equal(value, operand),
    "contains": lambda value, operand, _: _contains(value, operand),
    "matches": lambda value, operand, _: _matches(value, operand),
    "more_than": _numbers(lambda number, bound: number > bound),
    "at_least": _numbers(lambda number, bound: number >= bound),
    "less_than": _numbers(lambda number, bound: number < bound),
    "at_most": _numbers(lambda number, bound: number <= bound),
    "before": _times(lambda instant, bound: instant < bound),
    "after": _times(lambda instant, bound: instant > bound),
    "within_last": _is_within,
    "not_within_last": lambda value, span, at: _time(value) is not None and not _is_within(value, span, at),
    "includes": lambda value, operand, _: _includes(value, operand),
    "includes_none": lambda value, operands, _: isinstance(value, list) and not _includes_any(value, operands),
}
