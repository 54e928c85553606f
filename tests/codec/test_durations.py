"""Durations and offsets as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.codec.durations import LONGEST, format_duration, format_offset, parse_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("45 seconds", timedelta(seconds=45)),
        ("10 minutes", timedelta(minutes=10)),
        ("2 hours", timedelta(hours=2)),
        ("1 day", timedelta(days=1)),
        ("3 weeks", timedelta(weeks=3)),
        ("45s", timedelta(seconds=45)),
        ("10m", timedelta(minutes=10)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("3w", timedelta(weeks=3)),
        ("1d12h", timedelta(days=1, hours=12)),
        ("3w2d1h10m45s", timedelta(weeks=3, days=2, hours=1, minutes=10, seconds=45)),
        ("1 day 12 hours", timedelta(days=1, hours=12)),
        ("36 hours", timedelta(hours=36)),
        ("0 seconds", timedelta(0)),
        ("0.25 seconds", timedelta(milliseconds=250)),
    ],
)
def test_a_duration_is_read_in_words_and_in_letters(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text", ["", "1", "d", "1 fortnight", "1d1d", "1h1d", "one day", "1.5 days", "1e3s", "٣ days", " 1d", "1d ", "1d\n"]
)
def test_nonsense_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        parse_duration(text)


def test_a_duration_is_neither_negative_nor_endless() -> None:
    with pytest.raises(ValueError, match="not negative"):
        parse_duration("-1 day")
    with pytest.raises(ValueError, match="not negative"):
        format_duration(timedelta(seconds=-1))
    with pytest.raises(ValueError, match="at most a hundred years"):
        parse_duration("99999999 weeks")


@pytest.mark.parametrize(
    ("duration", "text", "offset"),
    [
        (timedelta(0), "0 seconds", "+0s"),
        (timedelta(seconds=1), "1 second", "+1s"),
        (timedelta(seconds=90), "1m30s", "+1m30s"),
        (timedelta(hours=1), "1 hour", "+1h"),
        (timedelta(hours=36), "1d12h", "+1d12h"),
        (timedelta(days=3), "3 days", "+3d"),
        (timedelta(days=7), "1 week", "+7d"),
        (timedelta(days=30), "30 days", "+30d"),
        (timedelta(days=7, minutes=1), "7d1m", "+7d1m"),
        (timedelta(microseconds=1_500), "0.0015 seconds", "+0.0015s"),
    ],
)
def test_a_duration_is_written_in_one_unit_where_it_fits(duration: timedelta, text: str, offset: str) -> None:
    assert format_duration(duration) == text
    assert format_offset(duration) == offset


@given(
    st.integers(0, 5_000), st.integers(0, 30), st.integers(0, 24), st.integers(0, 99), st.sampled_from([0, 1, 500_000])
)
def test_a_duration_is_read_back_exactly(days: int, hours: int, minutes: int, seconds: int, micros: int) -> None:
    duration = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=micros)
    assert duration <= LONGEST
    assert parse_duration(format_duration(duration)) == duration
    assert parse_duration(format_offset(duration).removeprefix("+")) == duration
