"""Makes any record from a list of small integers: its own reading of the types, so that it can disagree with the codec.

One rule: the same integers make the same record.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Meta, UnsetType

from ensue.codec import scenario
from ensue.core import conditions, records, words

TEXTS = [
    "",
    "a",
    "yes",
    "NO",
    "on",
    "null",
    "~",
    "09:00",
    "12:30",
    "2026-01-01",
    "2026-01-01T00:00:00",
    "1e3",
    "007",
    "0x1f",
    "+1",
    ".5",
    "-",
    "<<",
    "=",
    "# no comment",
    "a: b",
    "- a",
    'it\'s "so"',
    "{{ ${first_name} | default: 'friend' }}",
    "<p>…</p>\n  <p>två</p>\n",
    "\n",
    "a\n",
    "\n a",
    "a\n\n\nb\n\n",
    " a ",
    "a \nb",
    "\ta\t",
    "😀",
    "a\u2028b\x85c\ufeff",
    "a\r\nb",
    "\x07",
    "%",
    "@a",
    "`a`",
    "!a",
    "&a *a",
    "long " * 60,
]
SLUGS = ["a", "0", "no", "007", "1e3", "spring-sale", "null", "true", "12", "x" * 64]
DURATIONS = [0, 1, 59, 60, 90, 3_600, 5_400, 86_400, 129_600, 604_800, 2_592_000, 62_208_000, 0.5, 1.000_001]
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DEEPEST = 4


class Dice:
    """Gives the integers one by one, and zeros after the last."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = iter(numbers)

    def below(self, limit: int) -> int:
        return next(self._numbers, 0) % limit

    def pick(self, options: Sequence[object]) -> object:
        return options[self.below(len(options))]


def every_record() -> list[type[msgspec.Struct]]:
    """All records that are written in files or kept by the codec."""
    found = {
        item
        for module in (records, scenario)
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, words.Record) and item not in {words.Record, scenario.UserStep}
    }
    return sorted(found, key=lambda record: record.__name__)


def make_record(record: type[msgspec.Struct], dice: Dice, level: int = 0) -> msgspec.Struct:
    values = {}
    for field in msgspec.structs.fields(record):
        if field.required or dice.below(3) == 0:
            local = record is records.Scheduled and field.name == "at"
            values[field.name] = _make(field.type, dice, level + 1, local=local)
    return record(**values)


def _make(hint: object, dice: Dice, level: int, *, local: bool = False) -> object:
    meta = Meta()
    if get_origin(hint) is Annotated:
        hint, meta = get_args(hint)[:2]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return _member(arguments, dice, level, local=local)
    if origin is tuple:
        count = max(meta.min_length or 0, dice.below(3) if level < DEEPEST else 0)
        return tuple(_make(arguments[0], dice, level + 1) for _ in range(count))
    if origin is dict:
        return {_make(arguments[0], dice, level): _make(arguments[1], dice, level + 1) for _ in range(dice.below(3))}
    if origin is Literal:
        return dice.pick(arguments)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return make_record(hint, dice, level)
    return _scalar(hint, meta, dice, local=local)


def _member(members: Sequence[object], dice: Dice, level: int, *, local: bool) -> object:
    present = [member for member in members if member is not UnsetType]
    if level >= DEEPEST and conditions.SegmentFilter in present:
        present = [conditions.SegmentFilter]
    member = dice.pick(present)
    return None if member is NoneType else _make(member, dice, level, local=local)


def _scalar(hint: object, meta: Meta, dice: Dice, *, local: bool) -> object:
    if hint is str:
        return dice.pick(SLUGS if meta.pattern else TEXTS)
    if hint is bool:
        return dice.below(2) == 1
    if hint in {int, float}:
        low = meta.ge if meta.ge is not None else -5
        high = meta.le if meta.le is not None else low + 1_000
        whole = low + dice.below(int(high - low) + 1)
        return int(whole) if hint is int else min(float(high), whole + dice.below(4) / 4)
    if hint is datetime:
        instant = START + timedelta(minutes=dice.below(10**6), microseconds=dice.below(2) * 1_500)
        return instant.replace(tzinfo=None) if local and dice.below(2) else instant
    if hint is time:
        return time(dice.below(24), dice.below(60), dice.below(2) * dice.below(60))
    if hint is timedelta:
        return timedelta(seconds=float(str(dice.pick(DURATIONS))))
    assert hint is Any
    return dice.pick([None, True, 1, 1.5, "no", "2026-01-01T00:00:00Z", [1, ["a"]], {"a.b": {"": None}}, -(2**63)])
