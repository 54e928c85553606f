"""Clock times and calendar days, found by looking at the clock minute after minute.

One rule: no arithmetic with offsets; every answer comes from asking what a wall clock shows at an instant (D1, D2).
Everything is in whole minutes: clock times have no seconds, and no zone here has an offset with seconds.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from ensue.core.events import Json
from ensue.core.records import After, Delay, InDays, OnNext, QuietHours, Scheduled
from ensue.core.words import WEEKDAYS

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def zone_or(name: Json, otherwise: str) -> str:
    """Return the name if it is a valid time zone, else the other one (D2)."""
    if not isinstance(name, str) or not name:
        return otherwise
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return otherwise
    return name


def wall(instant: datetime, zone: str) -> datetime:
    """Return what calendar and clock on the wall show, without a zone."""
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@cache
def when_the_clock_shows(day: date, clock: time, zone: str) -> datetime:
    """Return the first instant that shows this, or where none does the first that shows something later (D2)."""
    wanted = datetime.combine(day, clock)
    near = wanted - (wall(wanted.replace(tzinfo=UTC), zone) - wanted)
    minutes = [near.replace(tzinfo=UTC) + n * MINUTE for n in range(-240, 241)]
    shown = [instant for instant in minutes if wall(instant, zone) == wanted]
    return shown[0] if shown else next(instant for instant in minutes if wall(instant, zone) > wanted)


def due_time(delay: Delay | None, happened_at: datetime, *, user_zone: str, workspace_zone: str) -> datetime:
    """Return when an entry that was triggered at `happened_at` is due (D1, D3)."""
    if delay is None:
        return happened_at
    if isinstance(delay, After):
        return happened_at + delay.after
    zone = user_zone if delay.zone == "user" else workspace_zone
    today = wall(happened_at, zone).date()
    return when_the_clock_shows(_delayed_day(delay, today), delay.at, zone)


def _delayed_day(delay: OnNext | InDays, today: date) -> date:
    if isinstance(delay, InDays):
        return today + delay.in_days * DAY
    following = [today + n * DAY for n in range(1, 8)]
    return next(day for day in following if WEEKDAYS[day.weekday()] == delay.on_next)


def is_quiet(quiet: QuietHours, instant: datetime, zone: str) -> bool:
    """Tell whether the clock is inside the quiet hours; `from` is inside, `to` is outside (choices 18)."""
    clock = wall(instant, zone).time()
    if quiet.from_ < quiet.to:
        return quiet.from_ <= clock < quiet.to
    return clock >= quiet.from_ or clock < quiet.to


def end_of_quiet(quiet: QuietHours, instant: datetime, zone: str) -> datetime:
    """Return the first full minute after the instant that is not quiet."""
    minute = instant.replace(second=0, microsecond=0) + MINUTE
    while is_quiet(quiet, minute, zone):
        minute += MINUTE
    return minute


def occurrences(
    delivery: Scheduled, zone: str, *, launched_at: datetime, until: datetime
) -> Iterator[tuple[str, datetime]]:
    """Yield name and instant of every run of a scheduled campaign from its launch on, in this zone (S13)."""
    if delivery.at == "launch":
        yield "launch", launched_at
        return
    if isinstance(delivery.at, datetime):
        yield "at", _one_time(delivery.at, zone)
        return
    day = wall(launched_at, zone).date() - DAY
    while day <= wall(until, zone).date() + DAY:
        if delivery.at_time and _is_a_day_of(delivery, day):
            instant = when_the_clock_shows(day, delivery.at_time, zone)
            if (delivery.start is None or instant >= delivery.start) and (
                delivery.end is None or instant <= delivery.end
            ):
                yield day.isoformat(), instant
        day += DAY


def _one_time(at: datetime, zone: str) -> datetime:
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    return when_the_clock_shows(at.date(), at.time(), zone)


def _is_a_day_of(delivery: Scheduled, day: date) -> bool:
    if delivery.every == "day":
        return True
    if delivery.every == "week":
        return WEEKDAYS[day.weekday()] in delivery.on
    return day.day in delivery.on
