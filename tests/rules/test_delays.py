"""D1 to D4: when an entry is due."""

import pytest

from tests.rules.play import play

UTC = "UTC"
STOCKHOLM = "Europe/Stockholm"  # UTC+1, from 29 March to 25 October 2026 UTC+2
AUCKLAND = "Pacific/Auckland"  # UTC+13 in March


def due(delay: str, at: str, zone: str = UTC, workspace: str = UTC) -> str:
    """Return when a trigger at that instant is due, for a user of that time zone."""
    played = play(f"""
        start: 2026-03-01T00:00:00Z
        until: 2027-01-01T00:00:00Z
        workspace: {{time_zone: {workspace}}}
        campaigns: [{{id: hello, triggers: [start_session], delay: {delay}}}]
        users: [{{id: ana, email: ana@example.com, time_zone: {zone}}}]
        timeline: [{{at: {at}, does: start_session}}]
    """)
    entry = played.only("ana", "hello")
    assert entry.due_at is not None
    assert (entry.outcome, entry.at) == ("sent", entry.due_at)
    return entry.due_at.isoformat().removesuffix("+00:00")


# D1
def test_without_a_delay_an_entry_is_due_at_its_trigger() -> None:
    played = play("""
        campaigns: [{id: hello, triggers: [start_session]}]
        timeline: [{at: +1h, does: start_session}]
    """)
    entry = played.only("ana", "hello")
    assert entry.triggered_at == entry.due_at == entry.at == played.at("+1h")


# D1
@pytest.mark.parametrize(
    ("delay", "expected"),
    [
        ("1 second", "2026-03-02T09:00:01"),
        ("90 minutes", "2026-03-02T10:30:00"),
        ("1 day", "2026-03-03T09:00:00"),
        ("3 weeks", "2026-03-23T09:00:00"),
        ("1d12h", "2026-03-03T21:00:00"),
    ],
)
def test_a_delay_of_some_duration_is_added_to_the_trigger(delay: str, expected: str) -> None:
    assert due(f"{{after: {delay}}}", "2026-03-02T09:00:00Z") == expected


# D1
@pytest.mark.parametrize("span", ["1 day", "24 hours"])
def test_a_day_is_24_hours_also_where_the_clock_changes(span: str) -> None:
    """The night to 29 March has 23 hours in Stockholm, the one to 25 October 25."""
    assert due(f"{{after: {span}}}", "2026-03-28T12:00:00Z", STOCKHOLM, STOCKHOLM) == "2026-03-29T12:00:00"
    assert due(f"{{after: {span}}}", "2026-10-24T12:00:00Z", STOCKHOLM, STOCKHOLM) == "2026-10-25T12:00:00"


# D1
@pytest.mark.parametrize(
    ("triggered", "expected"),
    [
        ("2026-03-06T23:59:59.999999Z", "2026-03-07T09:00:00"),  # a Friday
        ("2026-03-07T00:00:00Z", "2026-03-14T09:00:00"),  # a Saturday, before the clock time
        ("2026-03-07T09:00:00Z", "2026-03-14T09:00:00"),
        ("2026-03-07T23:59:00Z", "2026-03-14T09:00:00"),
        ("2026-03-08T00:00:00Z", "2026-03-14T09:00:00"),  # a Sunday
    ],
)
def test_the_next_weekday_lies_strictly_after_the_day_of_the_trigger(triggered: str, expected: str) -> None:
    assert due('{on_next: saturday, at: "09:00"}', triggered) == expected


# D1
def test_the_day_of_the_trigger_is_that_of_the_users_clock() -> None:
    """Friday 20:00 UTC is Saturday in Auckland, so its next Saturday is eight days away for the user, one for UTC."""
    on_next = '{{on_next: saturday, at: "09:00", zone: {}}}'
    friday = "2026-03-06T20:00:00Z"
    assert due(on_next.format("user"), friday, AUCKLAND) == "2026-03-13T20:00:00"
    assert due(on_next.format("workspace"), friday, AUCKLAND) == "2026-03-07T09:00:00"


# D1
@pytest.mark.parametrize(
    ("days", "triggered", "expected"),
    [
        (1, "2026-03-02T23:59:00Z", "2026-03-03T09:00:00"),
        (1, "2026-03-02T00:00:00Z", "2026-03-03T09:00:00"),
        (3, "2026-03-02T12:00:00Z", "2026-03-05T09:00:00"),
        (0, "2026-03-02T08:00:00Z", "2026-03-02T09:00:00"),
    ],
)
def test_calendar_days_later_at_a_clock_time(days: int, triggered: str, expected: str) -> None:
    assert due(f'{{in_days: {days}, at: "09:00"}}', triggered) == expected


# D1
def test_calendar_days_are_those_of_the_chosen_zone() -> None:
    in_days = '{{in_days: 1, at: "09:00", zone: {}}}'
    evening = "2026-03-02T20:00:00Z"  # Tuesday morning in Auckland
    assert due(in_days.format("user"), evening, AUCKLAND, STOCKHOLM) == "2026-03-03T20:00:00"
    assert due(in_days.format("workspace"), evening, AUCKLAND, STOCKHOLM) == "2026-03-03T08:00:00"


# D1
def test_a_calendar_day_may_have_23_hours() -> None:
    delay = '{in_days: 1, at: "12:00", zone: user}'
    assert due(delay, "2026-03-28T11:00:00Z", STOCKHOLM) == "2026-03-29T10:00:00"


# D1
def test_without_a_choice_the_clock_is_that_of_the_workspace() -> None:
    assert due('{in_days: 1, at: "09:00"}', "2026-03-02T12:00:00Z", AUCKLAND, STOCKHOLM) == "2026-03-03T08:00:00"


# D2
@pytest.mark.parametrize("zone", ["Mars/Olympus", "''", "null", "+01:00"])
def test_a_user_without_a_valid_time_zone_has_that_of_the_workspace(zone: str) -> None:
    delay = '{in_days: 1, at: "09:00", zone: user}'
    assert due(delay, "2026-03-02T12:00:00Z", zone, STOCKHOLM) == "2026-03-03T08:00:00"


# D2
@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("01:59", "2026-03-29T00:59:00"),
        ("02:00", "2026-03-29T01:00:00"),
        ("02:30", "2026-03-29T01:00:00"),
        ("02:59", "2026-03-29T01:00:00"),
        ("03:00", "2026-03-29T01:00:00"),
        ("03:01", "2026-03-29T01:01:00"),
    ],
)
def test_a_clock_time_that_does_not_exist_moves_forward_to_the_first_that_does(clock: str, expected: str) -> None:
    """On 29 March the clocks of Stockholm go from 02:00 to 03:00."""
    for delay in (f'{{in_days: 1, at: "{clock}", zone: user}}', f'{{on_next: sunday, at: "{clock}", zone: user}}'):
        assert due(delay, "2026-03-28T12:00:00Z", STOCKHOLM) == expected


# D2
@pytest.mark.parametrize(
    ("clock", "expected"),
    [("01:59", "2026-10-24T23:59:00"), ("02:30", "2026-10-25T00:30:00"), ("03:00", "2026-10-25T02:00:00")],
)
def test_a_clock_time_that_exists_twice_is_its_first_occurrence(clock: str, expected: str) -> None:
    """On 25 October the clocks of Stockholm go from 03:00 back to 02:00."""
    for delay in (f'{{in_days: 1, at: "{clock}", zone: user}}', f'{{on_next: sunday, at: "{clock}", zone: user}}'):
        assert due(delay, "2026-10-24T12:00:00Z", STOCKHOLM) == expected


# D3
def test_the_due_time_is_computed_from_the_time_of_the_event_not_of_its_arrival() -> None:
    played = play("""
        campaigns: [{id: hello, triggers: [start_session], delay: {after: 1 day}}]
        timeline: [{at: +6h, happened: +1h, does: start_session}]
    """)
    entry = played.only("ana", "hello")
    assert (entry.triggered_at, entry.due_at) == (played.at("+1h"), played.at("+1d1h"))
    assert played.outcomes("ana", "hello") == ["sent at +1d1h"]


# D3
@pytest.mark.parametrize("delay", ['{in_days: 1, at: "09:00"}', '{on_next: tuesday, at: "09:00"}'])
def test_the_day_of_a_late_event_counts_not_that_of_its_arrival(delay: str) -> None:
    """It happens on Monday evening and arrives on Tuesday."""
    played = play(f"""
        campaigns: [{{id: hello, triggers: [start_session], delay: {delay}}}]
        timeline: [{{at: +16h, happened: +12h, does: start_session}}]
    """)
    entry = played.only("ana", "hello")
    assert (entry.triggered_at, entry.due_at) == (played.at("+12h"), played.at("+1d"))


# D3
@pytest.mark.parametrize("arrived", ["+1d1h", "+1d1h0.000001s", "+5d"])
def test_a_due_time_that_has_passed_on_arrival_is_due_at_once(arrived: str) -> None:
    played = play(f"""
        campaigns: [{{id: hello, triggers: [start_session], delay: {{after: 1 day}}}}]
        timeline: [{{at: {arrived}, happened: +1h, does: start_session}}]
    """)
    assert played.only("ana", "hello").due_at == played.at("+1d1h")
    assert played.outcomes("ana", "hello") == [f"sent at {arrived}"]


# D3
def test_the_due_time_is_computed_once_at_the_trigger() -> None:
    """Neither a new time zone of the user nor one of the event's arrival moves it."""
    played = play("""
        campaigns: [{id: hello, triggers: [start_session], delay: {in_days: 1, at: "09:00", zone: user}}]
        users: [{id: ana, email: ana@example.com, time_zone: Europe/Stockholm}]
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, set: {time_zone: America/New_York}}
    """)
    assert played.outcomes("ana", "hello") == ["sent at +23h"]


# D4
@pytest.mark.parametrize("channel", ["email", "push", "in_app_message", "webhook"])
def test_messages_of_all_channels_may_be_delayed_for_as_long_as_one_likes(channel: str) -> None:
    played = play(f"""
        campaigns: [{{id: hello, channels: [{channel}], triggers: [start_session], delay: {{after: 3 weeks}}}}]
        users: [{{id: ana, email: ana@example.com, push: true}}]
        timeline: [{{at: +1h, does: start_session}}]
    """)
    assert played.outcomes("ana", "hello") == ["sent at +21d1h"]
    assert played.only("ana", "hello").channels == (channel,)
