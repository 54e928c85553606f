"""How often something happened: counting into a `Tally`, and asking it.

One rule: a tally is bounded: the count and the total hold for ever, the single times for the last `RECENT`.
Times are packed as little-endian int64, microseconds since 1970, ascending; amounts as float64 beside them.
Not here: which filter asks (`filters`), when an event is counted (`decide`).
"""

import struct
from bisect import bisect_right
from datetime import UTC, datetime

from msgspec.structs import replace

from ensue.core.state import NAMES, RECENT, Tally

_WIDTH = 8
_LONGEST = _WIDTH * RECENT
_pack_time = struct.Struct("<q").pack
_pack_amount = struct.Struct("<d").pack
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def counted(tally: Tally, at: datetime, amount: float = 0.0) -> Tally:
    """Count one more; a time that arrives late takes its place in the order."""
    recent, amounts, last_at = tally.recent, tally.amounts, tally.last_at
    if last_at is not None and at < last_at:
        return _counted_late(tally, at, amount)
    if amount or amounts:
        amounts = ((amounts or bytes(len(recent))) + _pack_amount(amount))[-_LONGEST:]
    return Tally(
        count=tally.count + 1,
        first_at=tally.first_at or at,
        last_at=at,
        total=tally.total + amount,
        recent=(recent + _pack_time(_microseconds(at)))[-_LONGEST:],
        amounts=amounts,
    )


def count_since(tally: Tally, after: datetime, until: datetime) -> int:
    """Return how many of the recent times lie in `after < time <= until`."""
    low, high = _places(tally, after, until)
    return high - low


def amount_since(tally: Tally, after: datetime, until: datetime) -> float:
    """Return what the recent times in `after < time <= until` were worth."""
    low, high = _places(tally, after, until)
    if low == high or not tally.amounts:
        return 0.0
    return float(sum(struct.unpack(f"<{high - low}d", tally.amounts[_WIDTH * low : _WIDTH * high])))


def tallied(names: dict[str, Tally], name: str, at: datetime, amount: float = 0.0) -> dict[str, Tally]:
    """Return a copy in which `name` is counted once more; beyond `NAMES` the one quiet longest is forgotten."""
    changed = names.copy()
    changed[name] = counted(names.get(name, _NONE), at, amount)
    if len(changed) > NAMES:
        del changed[min(changed, key=lambda each: (changed[each].last_at or _EPOCH, each))]
    return changed


_NONE = Tally()


def _counted_late(tally: Tally, at: datetime, amount: float) -> Tally:
    recent, amounts, first_at = tally.recent, tally.amounts, tally.first_at
    place = _WIDTH * _rank(recent, at)
    if amount or amounts:
        amounts = _with(amounts or bytes(len(recent)), place, _pack_amount(amount))
    return replace(
        tally,
        count=tally.count + 1,
        first_at=at if first_at is None or at < first_at else first_at,
        total=tally.total + amount,
        recent=_with(recent, place, _pack_time(_microseconds(at))),
        amounts=amounts,
    )


def _with(packed: bytes, place: int, item: bytes) -> bytes:
    return (packed[:place] + item + packed[place:])[-_LONGEST:]


def _places(tally: Tally, after: datetime, until: datetime) -> tuple[int, int]:
    if tally.last_at is None or tally.last_at <= after or until <= after:
        return 0, 0
    times = _times(tally.recent)
    return bisect_right(times, _microseconds(after)), bisect_right(times, _microseconds(until))


def _rank(recent: bytes, at: datetime) -> int:
    return bisect_right(_times(recent), _microseconds(at))


def _times(recent: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(recent) // _WIDTH}q", recent)


def _microseconds(at: datetime) -> int:
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
