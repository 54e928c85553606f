"""Numbers and times as people read them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ensue.web.dashboard.wording import ago, amount, brief, moment, number, percent

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0"), (10_000_000, "10,000,000"), (2.5, "2.50"), (3.0, "3"), (None, "–"), (-1234, "-1,234")]
)
def test_numbers_stand_in_groups_of_three(value: float | None, said: str) -> None:
    assert number(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0"), (9_999, "9,999"), (12_345, "12.3 k"), (10_000_000, "10 M"), (2_500_000_000, "2.5 G")]
)
def test_numbers_are_brief_where_there_is_little_room(value: float, said: str) -> None:
    assert brief(value) == said


def test_amounts_and_shares_say_of_what() -> None:
    assert (amount(1204.5, "EUR"), amount(None, "EUR")) == ("1,204.50 EUR", "–")
    assert (amount(999_999.5, "EUR"), amount(14_000_000.5, "JPY")) == ("999,999.50 EUR", "14,000,000 JPY")
    assert (percent(0.1234), percent(1, 0), percent(None)) == ("12.3 %", "100 %", "–")


def test_an_instant_is_shown_as_the_clocks_of_the_workspace_show_it() -> None:
    assert moment(NOW, ZoneInfo("Europe/Stockholm")) == "2 Mar 2026, 10:00"
    assert moment(NOW, UTC, seconds=True) == "2 Mar 2026, 09:00:00"
    assert moment(None, UTC) == "–"


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=25), "1 day ago"),
        (timedelta(days=61), "2 months ago"),
        (timedelta(days=800), "2 years ago"),
        (-timedelta(seconds=5), "in a moment"),
        (-timedelta(hours=3), "in 3 hours"),
    ],
)
def test_how_long_ago_is_told_in_the_largest_whole_unit(span: timedelta, said: str) -> None:
    assert ago(NOW - span, NOW) == said


def test_what_never_was_is_told_by_a_dash() -> None:
    assert ago(None, NOW) == "–"
