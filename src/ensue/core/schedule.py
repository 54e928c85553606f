"""When a scheduled campaign runs (S13).

One rule: the next time depends on the definition, the zone and the instant asked about, on nothing that ran before.
Not here: "at launch", which the launch service handles; whom a run is for.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from ensue.core.records import Scheduled
from ensue.core.timing import local_instant
from ensue.core.words import WEEKDAYS

_MICROSECOND = timedelta(microseconds=1)
_LOOK_AHEAD = 64  # days: more than any two neighbouring days of a month, the first included, lie apart


def next_time(scheduled: Scheduled, after: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the first instant strictly after `after`, within `start` and `end`, at which the campaign runs in `zone`.

    A time with an offset is the same instant in every zone. `None`: there is none, or the definition is incomplete.
    """
    floor = after
    if scheduled.start is not None:
        floor = max(after, _instant(scheduled.start, zone) - _MICROSECOND)
    found = next((time for time in _times(scheduled, floor, zone) if time > floor), None)
    if found is None or (scheduled.end is not None and found > _instant(scheduled.end, zone)):
        return None
    return found


def _times(scheduled: Scheduled, floor: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    if isinstance(scheduled.at, datetime):
        yield _instant(scheduled.at, zone)
    if scheduled.every is None or scheduled.at_time is None:
        return
    today = floor.astimezone(zone).date()
    for day in (today + timedelta(days=days) for days in range(_LOOK_AHEAD)):
        if _runs_on(scheduled, day):
            yield local_instant(day, scheduled.at_time, zone)


def _runs_on(scheduled: Scheduled, day: date) -> bool:
    """Without `on` a weekly campaign runs on Mondays, a monthly one on the first; day 31 is the last of any month."""
    match scheduled.every:
        case "day":
            return True
        case "week":
            return WEEKDAYS[day.weekday()] in (_weekdays(scheduled) or ("monday",))
        case "month":
            last = monthrange(day.year, day.month)[1]
            return day.day in [min(number, last) for number in _numbers(scheduled) or (1,)]
        case None:
            return False
        case _:
            assert_never(scheduled.every)


def _weekdays(scheduled: Scheduled) -> tuple[str, ...]:
    return tuple(each for each in scheduled.on if isinstance(each, str))


def _numbers(scheduled: Scheduled) -> tuple[int, ...]:
    return tuple(each for each in scheduled.on if isinstance(each, int))


def _instant(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment if moment.tzinfo else local_instant(moment.date(), moment.time(), zone)
