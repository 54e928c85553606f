"""Scheduled campaigns: their next time."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.core.records import Scheduled
from ensue.core.schedule import next_time
from ensue.core.words import WEEKDAYS

STOCKHOLM = ZoneInfo("Europe/Stockholm")
APIA = ZoneInfo("Pacific/Apia")
UTC_ZONE = ZoneInfo("UTC")
ZONES = (UTC_ZONE, STOCKHOLM, APIA, ZoneInfo("America/Havana"), ZoneInfo("America/St_Johns"))
NINE = time(9)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def times(scheduled: Scheduled, after: str, count: int, zone: ZoneInfo = UTC_ZONE) -> list[str]:
    found: list[str] = []
    at: datetime | None = instant(after)
    while len(found) < count and at is not None and (at := next_time(scheduled, at, zone)):
        found.append(f"{at.astimezone(zone):%Y-%m-%d %H:%M}")
    return found


def test_at_launch_has_no_time_of_its_own() -> None:  # S13
    assert next_time(Scheduled(at="launch"), instant("2026-03-02T09:00:00Z"), UTC_ZONE) is None


def test_a_time_without_an_offset_is_local_to_the_zone() -> None:  # S13
    scheduled = Scheduled(at=datetime(2026, 3, 2, 9))  # noqa: DTZ001  # the case itself

    assert times(scheduled, "2026-03-01T00:00:00Z", 9, STOCKHOLM) == ["2026-03-02 09:00"]
    assert next_time(scheduled, instant("2026-03-02T07:59:59Z"), STOCKHOLM) == instant("2026-03-02T08:00:00Z")
    assert next_time(scheduled, instant("2026-03-02T08:00:00Z"), STOCKHOLM) is None


def test_a_time_with_an_offset_is_one_instant_everywhere() -> None:  # S13
    at = instant("2026-03-02T09:00:00Z")

    assert next_time(Scheduled(at=at), at - timedelta(days=1), STOCKHOLM) == at
    assert next_time(Scheduled(at=at), at - timedelta(days=1), APIA) == at
    assert next_time(Scheduled(at=at), at, APIA) is None


def test_a_daily_campaign_runs_every_day_at_the_clock_time_across_a_clock_change() -> None:  # S13 D2
    daily = Scheduled(every="day", at_time=time(2, 30))

    assert times(daily, "2026-03-27T12:00:00Z", 3, STOCKHOLM) == [
        "2026-03-28 02:30",
        "2026-03-29 03:00",
        "2026-03-30 02:30",
    ]
    assert next_time(daily, instant("2026-10-25T00:30:00Z"), STOCKHOLM) == instant("2026-10-26T01:30:00Z")


def test_a_weekly_campaign_runs_on_its_weekdays_and_else_on_mondays() -> None:  # S13
    on_two = Scheduled(every="week", on=("friday", "tuesday"), at_time=NINE)

    assert times(on_two, "2026-03-02T09:00:00Z", 3) == ["2026-03-03 09:00", "2026-03-06 09:00", "2026-03-10 09:00"]
    assert times(Scheduled(every="week", at_time=NINE), "2026-03-02T09:00:00Z", 1) == ["2026-03-09 09:00"]


def test_a_monthly_campaign_runs_on_its_days_and_else_on_the_first() -> None:  # S13
    on_two = Scheduled(every="month", on=(15, 1), at_time=NINE)

    assert times(on_two, "2026-03-01T09:00:00Z", 3) == ["2026-03-15 09:00", "2026-04-01 09:00", "2026-04-15 09:00"]
    assert times(Scheduled(every="month", at_time=NINE), "2026-03-01T09:00:00Z", 1) == ["2026-04-01 09:00"]


def test_day_31_is_the_last_day_of_a_shorter_month_and_counts_once() -> None:  # S13
    late = Scheduled(every="month", on=(30, 31), at_time=NINE)

    assert times(late, "2028-01-31T10:00:00Z", 3) == ["2028-02-29 09:00", "2028-03-30 09:00", "2028-03-31 09:00"]
    assert times(Scheduled(every="month", on=(31,), at_time=NINE), "2026-01-31T09:00:00Z", 2) == [
        "2026-02-28 09:00",
        "2026-03-31 09:00",
    ]


def test_start_and_end_belong_to_the_times() -> None:  # S13
    daily = Scheduled(
        every="day", at_time=NINE, start=instant("2026-06-01T09:00:00Z"), end=instant("2026-06-03T09:00:00Z")
    )

    assert times(daily, "2026-03-01T00:00:00Z", 9) == ["2026-06-01 09:00", "2026-06-02 09:00", "2026-06-03 09:00"]


@pytest.mark.parametrize("scheduled", [Scheduled(), Scheduled(every="day"), Scheduled(at_time=NINE)])
def test_an_incomplete_draft_has_no_next_time(scheduled: Scheduled) -> None:
    assert next_time(scheduled, instant("2026-03-02T09:00:00Z"), UTC_ZONE) is None


def test_on_a_day_that_did_not_exist_the_campaign_ran_when_the_next_began() -> None:  # D2
    daily = Scheduled(every="day", at_time=NINE)

    assert times(daily, "2011-12-29T12:00:00-10:00", 2, APIA) == ["2011-12-31 00:00", "2011-12-31 09:00"]


@given(
    st.sampled_from(ZONES),
    st.sampled_from(("day", "week", "month")),
    st.tuples(st.integers(0, 6), st.integers(1, 31)),
    st.integers(0, 1439),
    st.integers(0, 8_000_000),
)
def test_times_grow_strictly_and_none_lies_between_two_of_them(
    zone: ZoneInfo, every: str, on: tuple[int, int], clock: int, minute: int
) -> None:  # S13
    days = {"day": (), "week": (WEEKDAYS[on[0]],), "month": (on[1],)}[every]
    scheduled = Scheduled(every=every, on=days, at_time=time(clock // 60, clock % 60))  # type: ignore[arg-type]  # drawn
    after = datetime(2011, 6, 1, tzinfo=UTC) + timedelta(minutes=minute)

    first = next_time(scheduled, after, zone)
    assert first is not None
    second = next_time(scheduled, first, zone)
    assert second is not None

    assert after < first < second
    assert next_time(scheduled, first - timedelta(microseconds=1), zone) == first
    assert next_time(scheduled, after + (first - after) / 2, zone) == first
    assert next_time(scheduled, first + (second - first) / 2, zone) == second
    assert second - first <= timedelta(days=32)
