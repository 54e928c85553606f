"""Local time: zones, clock changes, due times, quiet hours, the windows of caps."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.core.records import After, FrequencyCap, InDays, OnNext, QuietHours
from ensue.core.timing import due_at, local_instant, quiet_until, window_start, zone_of
from ensue.core.words import WEEKDAYS, Weekday

STOCKHOLM = ZoneInfo("Europe/Stockholm")  # forward 2026-03-29 02:00, back 2026-10-25 03:00
HAVANA = ZoneInfo("America/Havana")  # both at midnight: forward 2026-03-08, back 2026-11-01 01:00
APIA = ZoneInfo("Pacific/Apia")  # had no 2011-12-30
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # moves by half an hour
TOKYO = ZoneInfo("Asia/Tokyo")
UTC_ZONE = ZoneInfo("UTC")
ZONES = (STOCKHOLM, HAVANA, LORD_HOWE, TOKYO, UTC_ZONE, ZoneInfo("America/St_Johns"), ZoneInfo("Asia/Kathmandu"))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# ---------------------------------------------------------------- zones


def test_a_valid_zone_is_the_users_own() -> None:  # D2
    assert zone_of("Europe/Stockholm", "Asia/Tokyo") == STOCKHOLM
    assert zone_of("America/Argentina/Buenos_Aires", "UTC").key == "America/Argentina/Buenos_Aires"
    assert zone_of("Etc/GMT+5", "UTC").key == "Etc/GMT+5"


@pytest.mark.parametrize(
    "name",
    [
        *(None, 5, True, ["Europe/Stockholm"], {"a": 1}),
        *("", ".", "..", "../UTC", "/etc/passwd", "/usr/share/zoneinfo/UTC", "Europe/../UTC", "Europe//Stockholm"),
        *("Europe", "Europe/", "Mars/Olympus", "europe/nowhere", "tzdata.zi", "zone.tab", "leapseconds"),
        *(
            "localtime",
            "posixrules",
            "right/UTC",
            "posix/UTC",
            "UTC\n",
            "UTC\0",
            "\ud800",
            "Å",
            "C:\\UTC",
            "A" * 100_000,
        ),
    ],
)
def test_an_unknown_or_strange_zone_gives_the_workspaces(name: object) -> None:  # D2
    assert zone_of(name, "Asia/Tokyo") == TOKYO


def test_where_the_workspaces_zone_is_unknown_too_it_is_utc() -> None:
    assert zone_of(None, "nowhere") == UTC_ZONE


# ---------------------------------------------------------------- clock changes


@pytest.mark.parametrize(
    ("zone", "day", "clock", "expected"),
    [
        (STOCKHOLM, date(2026, 3, 2), time(9), "2026-03-02T08:00:00Z"),
        (STOCKHOLM, date(2026, 3, 29), time(1, 59), "2026-03-29T00:59:00Z"),
        (STOCKHOLM, date(2026, 3, 29), time(2), "2026-03-29T01:00:00Z"),
        (STOCKHOLM, date(2026, 3, 29), time(2, 30), "2026-03-29T01:00:00Z"),
        (STOCKHOLM, date(2026, 3, 29), time(2, 59, 59, 999_999), "2026-03-29T01:00:00Z"),
        (STOCKHOLM, date(2026, 3, 29), time(3), "2026-03-29T01:00:00Z"),
        (STOCKHOLM, date(2026, 10, 25), time(2), "2026-10-25T00:00:00Z"),
        (STOCKHOLM, date(2026, 10, 25), time(2, 30), "2026-10-25T00:30:00Z"),
        (STOCKHOLM, date(2026, 10, 25), time(2, 30, fold=1), "2026-10-25T00:30:00Z"),
        (STOCKHOLM, date(2026, 10, 25), time(3), "2026-10-25T02:00:00Z"),
        (HAVANA, date(2026, 3, 8), time(0), "2026-03-08T05:00:00Z"),
        (HAVANA, date(2026, 3, 8), time(0, 30), "2026-03-08T05:00:00Z"),
        (HAVANA, date(2026, 11, 1), time(0), "2026-11-01T04:00:00Z"),
        (LORD_HOWE, date(2026, 10, 4), time(2, 15), "2026-10-03T15:30:00Z"),
        (APIA, date(2011, 12, 30), time(15), "2011-12-30T10:00:00Z"),
    ],
)
def test_a_skipped_clock_time_is_the_end_of_the_gap_and_a_repeated_one_its_first(
    zone: ZoneInfo, day: date, clock: time, expected: str
) -> None:  # D2
    assert local_instant(day, clock, zone) == instant(expected)


@given(st.sampled_from(ZONES), st.integers(0, 3_000), st.integers(0, 1439))
def test_the_clock_shows_the_asked_time_or_the_first_one_after_a_gap(
    zone: ZoneInfo, day: int, minute: int
) -> None:  # D2
    asked = datetime(2020, 1, 1) + timedelta(days=day, minutes=minute)  # noqa: DTZ001  # a clock time has no offset

    found = local_instant(asked.date(), asked.time(), zone)
    shown = found.astimezone(zone).replace(tzinfo=None)
    just_before = (found - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)

    assert found.tzinfo is UTC
    assert found.astimezone(zone).fold == 0
    assert shown == asked or just_before < asked < shown


# ---------------------------------------------------------------- due times


def test_without_a_delay_an_entry_is_due_at_its_trigger() -> None:  # D1
    at = instant("2026-03-02T09:00:00Z")

    assert due_at(None, at, STOCKHOLM, UTC_ZONE) == at


def test_a_day_of_elapsed_time_is_24_hours_also_when_the_clocks_change() -> None:  # D1
    at = instant("2026-03-28T12:00:00+01:00")

    assert due_at(After(after=timedelta(days=1)), at, STOCKHOLM, STOCKHOLM) == instant("2026-03-29T13:00:00+02:00")


def test_next_saturday_from_a_saturday_is_seven_days_later() -> None:  # D1
    delay = OnNext(on_next="saturday", at=time(9))

    assert due_at(delay, instant("2026-03-07T08:00:00Z"), UTC_ZONE, UTC_ZONE) == instant("2026-03-14T09:00:00Z")
    assert due_at(delay, instant("2026-03-06T23:59:00Z"), UTC_ZONE, UTC_ZONE) == instant("2026-03-07T09:00:00Z")
    assert due_at(delay, instant("2026-03-08T00:00:00Z"), UTC_ZONE, UTC_ZONE) == instant("2026-03-14T09:00:00Z")


def test_the_local_day_of_the_trigger_and_the_clock_belong_to_the_chosen_zone() -> None:  # D1
    at = instant("2026-03-06T20:00:00Z")  # already Saturday in Tokyo

    in_users = due_at(OnNext(on_next="saturday", at=time(9), zone="user"), at, TOKYO, UTC_ZONE)
    in_workspaces = due_at(OnNext(on_next="saturday", at=time(9)), at, TOKYO, UTC_ZONE)

    assert in_users == instant("2026-03-14T09:00:00+09:00")
    assert in_workspaces == instant("2026-03-07T09:00:00Z")


def test_in_days_counts_days_of_the_calendar() -> None:  # D1
    at = instant("2026-03-28T23:30:00+01:00")

    assert due_at(InDays(in_days=1, at=time(9)), at, UTC_ZONE, STOCKHOLM) == instant("2026-03-29T09:00:00+02:00")
    assert due_at(InDays(in_days=1, at=time(2, 30), zone="user"), at, STOCKHOLM, TOKYO) == instant("2026-03-29T01:00Z")


def test_a_clock_time_that_is_past_on_the_same_day_is_due_in_the_past() -> None:  # D3
    at = instant("2026-03-02T12:00:00Z")

    assert due_at(InDays(in_days=0, at=time(9)), at, UTC_ZONE, UTC_ZONE) == instant("2026-03-02T09:00:00Z")
    assert due_at(InDays(in_days=0, at=time(15)), at, UTC_ZONE, UTC_ZONE) == instant("2026-03-02T15:00:00Z")


@given(st.sampled_from(ZONES), st.integers(0, 3_000_000), st.sampled_from(WEEKDAYS), st.integers(0, 1439))
def test_on_next_is_that_weekday_one_to_seven_local_days_later(
    zone: ZoneInfo, minute: int, weekday: Weekday, clock: int
) -> None:  # D1
    at = datetime(2021, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    delay = OnNext(on_next=weekday, at=time(clock // 60, clock % 60), zone="user")

    due = due_at(delay, at, zone, UTC_ZONE).astimezone(zone)

    assert WEEKDAYS[due.weekday()] == weekday
    assert 1 <= (due.date() - at.astimezone(zone).date()).days <= 7


# ---------------------------------------------------------------- quiet hours

NIGHT = QuietHours(from_=time(22), to=time(8))
LUNCH = QuietHours(from_=time(12), to=time(13))


@pytest.mark.parametrize(
    ("hours", "at", "end"),
    [
        (NIGHT, "2026-03-02T21:59:59+01:00", None),
        (NIGHT, "2026-03-02T22:00:00+01:00", "2026-03-03T08:00:00+01:00"),
        (NIGHT, "2026-03-03T00:00:00+01:00", "2026-03-03T08:00:00+01:00"),
        (NIGHT, "2026-03-03T07:59:59+01:00", "2026-03-03T08:00:00+01:00"),
        (NIGHT, "2026-03-03T08:00:00+01:00", None),
        (NIGHT, "2026-03-28T23:00:00+01:00", "2026-03-29T08:00:00+02:00"),
        (NIGHT, "2026-10-25T02:30:00+01:00", "2026-10-25T08:00:00+01:00"),
        (LUNCH, "2026-03-02T11:59:59+01:00", None),
        (LUNCH, "2026-03-02T12:00:00+01:00", "2026-03-02T13:00:00+01:00"),
        (LUNCH, "2026-03-02T13:00:00+01:00", None),
        (QuietHours(from_=time(9), to=time(9)), "2026-03-02T09:00:00+01:00", None),
        (QuietHours(from_=time(0), to=time(2, 30)), "2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00"),
        (QuietHours(from_=time(0), to=time(2, 30)), "2026-10-25T02:15:00+02:00", "2026-10-25T02:30:00+02:00"),
        (QuietHours(from_=time(0), to=time(2, 30)), "2026-10-25T02:15:00+01:00", None),
        (QuietHours(from_=time(2, 15), to=time(4)), "2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"),
        (QuietHours(from_=time(2, 15), to=time(2, 45)), "2026-03-29T03:00:00+02:00", None),
    ],
)
def test_quiet_hours_hold_from_their_beginning_up_to_their_end(
    hours: QuietHours, at: str, end: str | None
) -> None:  # S7
    assert quiet_until(hours, instant(at), STOCKHOLM) == (instant(end) if end else None)


@given(st.sampled_from(ZONES), st.integers(0, 1_500_000), st.integers(0, 1439), st.integers(0, 1439))
def test_at_the_end_of_the_quiet_hours_it_is_no_longer_quiet(
    zone: ZoneInfo, minute: int, start: int, end: int
) -> None:  # S7
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    hours = QuietHours(from_=time(start // 60, start % 60), to=time(end // 60, end % 60))

    until = quiet_until(hours, at, zone)

    if until is not None:
        assert at < until <= at + timedelta(hours=25)
        # A second spell may begin right there only where a clock change swallowed the time between them.
        gap = until.astimezone(zone).utcoffset() != (until - timedelta(seconds=1)).astimezone(zone).utcoffset()
        assert gap or quiet_until(hours, until, zone) is None


# ---------------------------------------------------------------- windows of caps


def test_a_rolling_window_counts_sends_younger_than_its_minutes() -> None:  # F1
    cap, at = FrequencyCap(at_most=1, minutes=90), instant("2026-03-02T12:00:00Z")

    assert instant("2026-03-02T10:30:00Z") < window_start(cap, at, STOCKHOLM)
    assert instant("2026-03-02T10:30:00.000001Z") >= window_start(cap, at, STOCKHOLM)
    assert at >= window_start(cap, at, STOCKHOLM)


def test_one_day_is_the_local_calendar_day() -> None:  # F1
    cap, at = FrequencyCap(at_most=1, days=1), instant("2026-03-02T12:00:00+01:00")

    assert instant("2026-03-02T00:00:00+01:00") >= window_start(cap, at, STOCKHOLM)
    assert instant("2026-03-01T23:59:59.999999+01:00") < window_start(cap, at, STOCKHOLM)


def test_several_days_are_today_and_the_days_before_in_local_time() -> None:  # F1
    at = instant("2026-03-30T12:00:00+02:00")

    assert window_start(FrequencyCap(at_most=1, days=3), at, STOCKHOLM) == instant("2026-03-28T00:00:00+01:00")
    assert window_start(FrequencyCap(at_most=1, days=1), instant("2026-03-08T12:00-04:00"), HAVANA) == instant(
        "2026-03-08T01:00:00-04:00"
    )


def test_a_send_that_is_dated_later_than_the_decision_counts() -> None:
    at = instant("2026-03-02T12:00:00Z")

    assert instant("2026-03-02T13:00:00Z") >= window_start(FrequencyCap(at_most=1, minutes=1), at, UTC_ZONE)
    assert instant("2026-03-03T13:00:00Z") >= window_start(FrequencyCap(at_most=1, days=1), at, UTC_ZONE)
