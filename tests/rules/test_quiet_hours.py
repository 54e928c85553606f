"""S7: quiet hours in the time zone of the user."""

import pytest

from ensue.core.events import (
    CustomEventLogged,
)
from tests.rules.desk import Desk
from tests.rules.play import play

# ---------------------------------------------------------------- S7: quiet hours


def at_night(
    at: str,
    hours: str = 'from: "22:00", to: "08:00"',
    channels: str = "email",
    zone: str = "UTC",
) -> str:
    """Trigger at that clock time of 2 March; return the outcome with its channels."""
    played = play(f"""
        start: 2026-03-02T00:00:00Z
        campaigns:
          - {{id: hello, channels: [{channels}], triggers: [start_session], quiet_hours: {{{hours}}}}}
        users: [{{id: ana, email: ana@example.com, push: true, time_zone: {zone}}}]
        timeline: [{{at: "2026-03-02T{at}Z", does: start_session}}]
    """)
    (outcome,) = played.outcomes("ana", "hello")
    return outcome


# S7, choice 18
@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        ("21:59:59.999999", "sent at +21h59m59.999999s"),
        ("22:00:00", "sent at +1d8h"),
        ("23:30:00", "sent at +1d8h"),
        ("07:59:59.999999", "sent at +8h"),
        ("08:00:00", "sent at +8h"),
        ("12:00:00", "sent at +12h"),
    ],
)
def test_in_quiet_hours_an_entry_is_postponed_to_their_end(at: str, outcome: str) -> None:
    assert at_night(at) == outcome


# S7
@pytest.mark.parametrize(
    ("at", "outcome"), [("11:59:00", "sent at +11h59m"), ("12:00:00", "sent at +14h"), ("14:00:00", "sent at +14h")]
)
def test_quiet_hours_may_lie_within_a_day(at: str, outcome: str) -> None:
    assert at_night(at, 'from: "12:00", to: "14:00"') == outcome


# S7
@pytest.mark.parametrize(
    ("at", "outcome"),
    [("12:59:00", "sent at +12h59m"), ("13:00:00", "sent at +23h"), ("22:59:00", "sent at +23h")],
)
def test_quiet_hours_are_those_of_the_users_clock(at: str, outcome: str) -> None:
    assert at_night(at, zone="Asia/Tokyo") == outcome


# S7
@pytest.mark.parametrize(
    ("at", "outcome"),
    [("22:00:00", "suppressed (quiet_hours) at +22h"), ("21:59:59", "sent at +21h59m59s")],
)
def test_by_choice_an_entry_in_quiet_hours_is_suppressed(at: str, outcome: str) -> None:
    assert at_night(at, 'from: "22:00", to: "08:00", then: drop') == outcome


# S7
@pytest.mark.parametrize("then", ["postpone", "drop"])
def test_in_app_messages_have_no_quiet_hours(then: str) -> None:
    assert at_night("23:00:00", f'from: "22:00", to: "08:00", then: {then}', "in_app_message") == "sent at +23h"


# S7, choice 18
@pytest.mark.parametrize("channel", ["email", "push", "webhook"])
def test_one_channel_with_quiet_hours_holds_the_whole_entry_back(channel: str) -> None:
    assert at_night("23:00:00", channels=f"in_app_message, {channel}") == "sent at +1d8h"


# S7, choice 18
def test_an_unreachable_channel_holds_nothing_back() -> None:
    played = play("""
        campaigns:
          - id: hello
            channels: [in_app_message, push]
            triggers: [start_session]
            quiet_hours: {from: "09:00", to: "12:00"}
        timeline: [{at: +1h, does: start_session}]
    """)
    assert played.outcomes("ana", "hello") == ["sent at +1h"]


# S7, choice 18
def test_dropped_channels_leave_the_in_app_message_alone() -> None:
    played = play("""
        campaigns:
          - id: hello
            channels: [in_app_message, email, webhook]
            triggers: [start_session]
            quiet_hours: {from: "09:00", to: "12:00", then: drop}
        timeline: [{at: +1h, does: start_session}]
    """)
    assert played.only("ana", "hello").channels == ("in_app_message",)
    assert played.outcomes("ana", "hello") == ["sent at +1h"]


# S7
@pytest.mark.parametrize(
    ("meanwhile", "outcome"),
    [
        ("stop: hello", "suppressed (campaign_stopped) at +3h"),
        ("does: receive_email, campaign: hello", "suppressed (not_eligible_again) at +23h"),
        ("subscription: {email: unsubscribed}", "suppressed (not_reachable) at +23h"),
        ("does: custom_event, name: bye", "suppressed (frequency_capped) at +23h"),
    ],
)
def test_a_postponed_entry_is_decided_anew_from_the_start(meanwhile: str, outcome: str) -> None:
    played = play(f"""
        workspace: {{frequency_caps: [{{channel: email, at_most: 1, days: 2}}]}}
        campaigns:
          - {{id: hello, triggers: [start_session], quiet_hours: {{from: "10:00", to: "08:00"}}}}
          - {{id: other, triggers: [{{custom_event: bye}}]}}
        timeline:
          - {{at: +2h, does: start_session}}
          - {{at: +3h, {meanwhile}}}
    """)
    assert played.outcomes("ana", "hello") == [outcome]


# S7
def test_a_postponed_entry_is_kept_as_waiting_with_its_own_due_time() -> None:
    desk = Desk("""
        campaigns:
          - {id: hello, triggers: [{custom_event: hi}], quiet_hours: {from: "10:00", to: "08:00"}}
    """)
    desk.does(CustomEventLogged, "+2h", name="hi")
    assert desk.outcomes("hello") == ["waiting until +2h"]
    desk.wake("+22h59m59.999999s")
    assert desk.outcomes("hello") == ["waiting until +2h"]
    desk.wake("+23h")
    assert desk.outcomes("hello") == ["sending at +23h"]
