"""Local time and instants: due times, quiet hours, the windows of frequency caps (D1-D3, S7, F1).

One rule: instants come in and go out as aware UTC; whatever a person's clock shows is computed here, in one way (D2).
Not here: when a scheduled campaign runs (`schedule`), what follows from an instant (`decide`).
"""

import re
from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from ensue.core.records import After, Delay, FrequencyCap, InDays, OnNext, QuietHours
from ensue.core.words import WEEKDAYS, Zone

_UTC_ZONE = ZoneInfo("UTC")
_ZONE_NAME = re.compile(r"[A-Z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+){0,2}")
_LONGEST_ZONE_NAME = 64
_MIDNIGHT = time(0)
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


def zone_of(name: object, default: str) -> ZoneInfo:
    """Return the time zone of that name, else the one called `default`, else UTC; never raises (D2)."""
    zone = _find_zone(name) if isinstance(name, str) and len(name) <= _LONGEST_ZONE_NAME else None
    return zone or _find_zone(default) or _UTC_ZONE


def local_instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the instant at which the clock shows that time (D2).

    A time that the clock skips is the instant right after the gap; one that it shows twice is the first of them.
    """
    local = datetime.combine(day, clock, zone)
    before = local.replace(fold=0).astimezone(UTC)
    after = local.replace(fold=1).astimezone(UTC)
    # PEP 495: `fold` picks the offset before or after a change; in a gap, and only there, the two change places.
    return before if before <= after else _end_of_gap(local, after, before)


def due_at(delay: Delay | None, at: datetime, user_zone: ZoneInfo, workspace_zone: ZoneInfo) -> datetime:
    """Return when an entry triggered by an event at `at` is due; it may lie in the past (D1, D3)."""
    match delay:
        case None:
            return at
        case After():
            return at + delay.after
        case OnNext():
            zone = _chosen(delay.zone, user_zone, workspace_zone)
            today = at.astimezone(zone).date()
            days = (WEEKDAYS.index(delay.on_next) - today.weekday() - 1) % 7 + 1
            return local_instant(today + timedelta(days=days), delay.at, zone)
        case InDays():
            zone = _chosen(delay.zone, user_zone, workspace_zone)
            return local_instant(at.astimezone(zone).date() + timedelta(days=delay.in_days), delay.at, zone)
        case _:
            assert_never(delay)


def quiet_until(hours: QuietHours, at: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the end of the quiet hours that hold at `at`, or `None` where none do (S7).

    `from` lies inside and `to` outside; they may run over midnight; where both are the same it is never quiet.
    """
    if hours.from_ == hours.to:
        return None
    today = at.astimezone(zone).date()
    if hours.from_ < hours.to:
        return _quiet_end(hours, at, zone, (today, today))
    return _quiet_end(hours, at, zone, (today, today + _DAY)) or _quiet_end(hours, at, zone, (today - _DAY, today))


def window_start(cap: FrequencyCap, at: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant whose sends count for the cap at `at`, inclusive (F1).

    Sends younger than `minutes` count, or those of the local calendar day and the `days` - 1 before it (one day where
    the cap names no window). There is no upper end: a send dated later than `at` was sent already and counts.
    """
    if cap.minutes is not None:
        return at - timedelta(minutes=cap.minutes) + _MICROSECOND
    first_day = at.astimezone(zone).date() - timedelta(days=(cap.days or 1) - 1)
    return local_instant(first_day, _MIDNIGHT, zone)


def _find_zone(name: str) -> ZoneInfo | None:
    # Zones begin with a capital; `localtime`, `posixrules`, `right/…` depend on the machine or count leap seconds (O4).
    if not _ZONE_NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _end_of_gap(local: datetime, before: datetime, after: datetime, /) -> datetime:
    wanted = local.replace(tzinfo=None)
    start = before.replace(microsecond=0)

    def is_past_gap(seconds: int) -> bool:
        return (start + timedelta(seconds=seconds)).astimezone(local.tzinfo).replace(tzinfo=None) > wanted

    span = int((after - start).total_seconds())
    return start + timedelta(seconds=bisect_left(range(span), x=True, key=is_past_gap))


def _chosen(zone: Zone, user_zone: ZoneInfo, workspace_zone: ZoneInfo) -> ZoneInfo:
    return user_zone if zone == "user" else workspace_zone


def _quiet_end(hours: QuietHours, at: datetime, zone: ZoneInfo, days: tuple[date, date]) -> datetime | None:
    if at < local_instant(days[0], hours.from_, zone):
        return None
    end = local_instant(days[1], hours.to, zone)
    return end if at < end else None
