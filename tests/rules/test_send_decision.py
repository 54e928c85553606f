"""S1 to S6, S8: the send decision at the due time, and the order of its checks."""

import pytest

from ensue.core.buckets import bucket
from ensue.core.effects import Reason
from ensue.core.events import (
    AttributesChanged,
    CampaignInteracted,
    Claimed,
    CustomEventLogged,
    SessionStarted,
    SubscriptionChanged,
    UserDeleted,
)
from tests.rules.desk import Desk
from tests.rules.play import play, staged

IN_CONTROL = next(name for name in (f"user-{n}" for n in range(100)) if bucket("hello", name) >= 1000)
"""In the control group of `hello`, where that is 90 percent."""


# ---------------------------------------------------------------- S1, S2: campaign and user


# S1, L4
def test_an_entry_of_a_stopped_campaign_is_suppressed() -> None:
    played = play("""
        campaigns: [{id: hello, triggers: [start_session], delay: {after: 1 day}}]
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, stop: hello}
    """)
    assert played.outcomes("ana", "hello") == ["suppressed (campaign_stopped) at +2h"]


# S1
def test_a_due_entry_whose_stop_nobody_told_it_of_is_suppressed_at_its_due_time() -> None:
    """A process that died between the stop and the sweep leaves an entry behind; no message of it may go out."""
    desk = Desk("campaigns: [{id: hello, triggers: [{custom_event: hi}], delay: {after: 1 day}}]")
    desk.does(CustomEventLogged, "+1h", name="hi")
    desk.stop("hello", "+2h")
    desk.wake("+1d1h")
    assert desk.outcomes("hello") == ["suppressed (campaign_stopped) at +2h"]
    assert desk.lying() == []


# S1, L7
@pytest.mark.parametrize(
    ("triggered", "outcome"),
    [("+1d", "sent at +2d"), ("+1d0.000001s", "suppressed (outside_duration) at +2d0.000001s")],
)
def test_an_entry_due_after_the_end_is_suppressed_at_its_due_time(triggered: str, outcome: str) -> None:
    played = play(f"""
        campaigns:
          - {{id: hello, triggers: [start_session], delay: {{after: 1 day}}, end: 2026-03-04T09:00:00Z}}
        timeline: [{{at: {triggered}, does: start_session}}]
    """)
    assert played.outcomes("ana", "hello") == [outcome]


# S1, L7, choice 4
@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        ("2026-03-03T08:00:00Z", "sent at +23h"),
        ("2026-03-03T07:59:59Z", "suppressed (outside_duration) at +23h"),
    ],
)
def test_with_quiet_hours_it_is_the_postponed_time_that_must_lie_within_the_duration(end: str, outcome: str) -> None:
    """Due at 23:00, postponed to 08:00 of the next day."""
    played = play(f"""
        campaigns:
          - id: hello
            triggers: [start_session]
            delay: {{after: 13 hours}}
            end: {end}
            quiet_hours: {{from: "22:00", to: "08:00"}}
        timeline: [{{at: +1h, does: start_session}}]
    """)
    assert played.outcomes("ana", "hello") == [outcome]


# S2, L4
def test_what_waits_for_a_deleted_user_is_suppressed() -> None:
    played = play("""
        campaigns: [{id: hello, triggers: [start_session], delay: {after: 1 day}}]
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, delete: true}
    """)
    assert played.outcomes("ana", "hello") == ["suppressed (user_deleted) at +2h"]


# S2, L4
def test_messages_of_a_deleted_user_are_withdrawn_from_the_outbox() -> None:
    desk = Desk("campaigns: [{id: hello, triggers: [{custom_event: hi}]}]")
    desk.does(CustomEventLogged, "+1h", name="hi")
    desk.does(UserDeleted, "+2h")
    assert desk.outcomes("hello") == ["suppressed (user_deleted) at +2h"]
    assert desk.lying() == []


# S2, L4
def test_a_message_that_comes_back_from_its_channel_after_the_deletion_is_not_tried_again() -> None:
    desk = Desk("campaigns: [{id: hello, triggers: [{custom_event: hi}]}]")
    desk.does(CustomEventLogged, "+1h", name="hi")
    ((entry, message),) = [(one.entry, one.id) for one in desk.outbox.values()]
    desk.claim("+2h")
    desk.does(UserDeleted, "+2h")
    desk.defer("+3h")
    desk.does(Claimed, "+4h", id="", entry=entry, message=message)
    assert desk.outcomes("hello")[0].startswith("suppressed (user_deleted)")
    assert desk.lying() == []


# ---------------------------------------------------------------- S3: the audience again

LEFT = """
    campaigns:
      - id: hello
        triggers: [start_session]
        delay: {after: 1 day}
        audience: {filter: {attribute: plan, is: pro}}
        EXTRA
    users: [{id: ana, email: ana@example.com, attributes: {plan: pro}}]
    timeline:
      - {at: +1h, does: start_session}
      - {at: +2h, set: {plan: CHANGED}}
"""


# S3
@pytest.mark.parametrize(
    ("extra", "changed", "outcome"),
    [
        ("recheck_audience: true", "free", "suppressed (no_longer_in_audience) at +1d1h"),
        ("recheck_audience: true", "pro", "sent at +1d1h"),
        ("recheck_audience: false", "free", "sent at +1d1h"),
    ],
)
def test_the_audience_is_checked_again_where_the_campaign_asks_for_it(extra: str, changed: str, outcome: str) -> None:
    played = play(LEFT.replace("EXTRA", extra).replace("CHANGED", changed))
    assert played.outcomes("ana", "hello") == [outcome]


# S3, S7
@pytest.mark.parametrize(
    ("changed", "outcome"), [("free", "suppressed (no_longer_in_audience) at +1d2h"), ("pro", "sent at +1d2h")]
)
def test_the_audience_is_checked_again_after_quiet_hours(changed: str, outcome: str) -> None:
    quiet = 'quiet_hours: {from: "10:00", to: "11:00"}'
    played = play(LEFT.replace("EXTRA", quiet).replace("CHANGED", changed))
    assert played.outcomes("ana", "hello") == [outcome]


# ---------------------------------------------------------------- S4: eligibility again


# S4
def test_who_received_the_campaign_in_the_meantime_does_not_get_it_again() -> None:
    """The receipt comes from another system while ana waits."""
    played = play("""
        campaigns: [{id: hello, triggers: [start_session], delay: {after: 1 day}}]
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, does: receive_email, campaign: hello}
    """)
    assert played.outcomes("ana", "hello") == ["suppressed (not_eligible_again) at +1d1h"]


# S4
@pytest.mark.parametrize(
    ("received", "outcome"),
    [("+2h", "sent at +1d1h"), ("+2h0.000001s", "suppressed (not_eligible_again) at +1d1h")],
)
def test_at_the_due_time_the_window_must_have_passed(received: str, outcome: str) -> None:
    played = play(f"""
        campaigns:
          - id: hello
            triggers: [start_session]
            delay: {{after: 1 day}}
            re_eligibility: {{window: 23 hours}}
        timeline:
          - {{at: +1h, does: start_session}}
          - {{at: {received}, does: receive_email, campaign: hello}}
    """)
    assert played.outcomes("ana", "hello") == [outcome]


# ---------------------------------------------------------------- S5: control


# S5
def test_who_is_in_control_is_enrolled_at_the_due_time_and_gets_nothing() -> None:
    played = play(f"""
        campaigns: [{{id: hello, triggers: [start_session], delay: {{after: 1 day}}, control_group: 90}}]
        users: [{IN_CONTROL}]
        timeline: [{{at: +1h, user: {IN_CONTROL}, does: start_session}}]
    """)
    assert played.outcomes(IN_CONTROL, "hello") == ["control at +1d1h"]
    assert played.only(IN_CONTROL, "hello").variation == "control"
    assert played.interactions(IN_CONTROL, "hello") == ["enrolled_in_control_group at +1d1h"]


# S5
def test_for_control_neither_reachability_nor_quiet_hours_nor_caps_apply() -> None:
    played = play(f"""
        workspace: {{frequency_caps: [{{at_most: 1, days: 1}}]}}
        campaigns:
          - {{id: before, triggers: [start_session]}}
          - id: hello
            channels: [push]
            triggers: [start_session]
            control_group: 90
            quiet_hours: {{from: "09:00", to: "12:00", then: drop}}
        users: [{IN_CONTROL}]
        timeline: [{{at: +1h, user: {IN_CONTROL}, does: start_session}}]
    """)
    assert played.outcomes(IN_CONTROL, "hello") == ["control at +1h"]


# S5
def test_a_variation_is_chosen_for_who_is_not_in_control() -> None:
    played = play("""
        campaigns:
          - {id: hello, triggers: [start_session], variations: [{name: red, share: 0}, {name: blue, share: 100}]}
        timeline: [{at: +1h, does: start_session}]
    """)
    assert played.only("ana", "hello").variation == "blue"


# ---------------------------------------------------------------- S6: reachable


def sent_by(user: str, steps: str = "", send_to: str = "subscribed") -> str:
    """Send by e-mail and push at +1d; return the outcome with its channels."""
    played = play(f"""
        campaigns:
          - {{id: hello, channels: [email, push], triggers: [{{custom_event: hi}}], send_to: {send_to}}}
        users: [{{id: ana, {user}}}]
        timeline:
          {steps}
          - {{at: +1d, does: custom_event, name: hi}}
    """)
    decision = played.only("ana", "hello")
    return f"{decision.reason or decision.outcome} {' '.join(decision.channels)}".strip()


BOTH = "email: ana@example.com, push: true"


# S6, choice 17
@pytest.mark.parametrize(
    ("user", "steps", "came"),
    [
        (BOTH, "", "sent email push"),
        ("email: ana@example.com", "", "sent email"),
        ("push: true", "", "sent push"),
        ("push: false", "", "not_reachable"),
        (BOTH, "- {at: +1h, subscription: {email: unsubscribed}}", "sent push"),
        (BOTH, "- {at: +1h, subscription: {email: unsubscribed, push: unsubscribed}}", "not_reachable"),
        (BOTH, "- {at: +1h, does: bounce_email, campaign: hello}", "sent push"),
        ("email: ana@example.com", "- {at: +1h, does: bounce_email, campaign: hello}", "not_reachable"),
        ("email: ''", "", "not_reachable"),
        ("email: ana@example.com", "- {at: +1h, does: register_push}", "sent email push"),
    ],
)
def test_a_message_goes_by_every_channel_that_reaches_the_user(user: str, steps: str, came: str) -> None:
    assert sent_by(user, steps) == came


# S6, F2
@pytest.mark.parametrize(
    ("send_to", "came"),
    [("subscribed", "sent email push"), ("opted_in", "sent push"), ("all", "sent email push")],
)
def test_whom_the_campaign_goes_to_decides_who_is_reachable(send_to: str, came: str) -> None:
    assert sent_by(f"{BOTH}, subscription: {{push: opted_in}}", send_to=send_to) == came


# S6, F2
def test_a_transactional_campaign_reaches_also_those_who_unsubscribed() -> None:
    unsubscribed = f"{BOTH}, subscription: {{push: unsubscribed, email: unsubscribed}}"
    assert sent_by(unsubscribed, send_to="all") == "sent email push"


# S6, choice 17
@pytest.mark.parametrize("channel", ["in_app_message", "webhook"])
def test_in_app_messages_and_webhooks_reach_everybody(channel: str) -> None:
    played = play(f"""
        campaigns: [{{id: hello, channels: [{channel}], triggers: [start_session]}}]
        users: [{{id: ana}}]
        timeline: [{{at: +1h, does: start_session}}]
    """)
    assert played.outcomes("ana", "hello") == ["sent at +1h"]


# S6
def test_whether_somebody_is_reachable_is_asked_at_the_due_time() -> None:
    played = play("""
        campaigns: [{id: hello, triggers: [start_session], delay: {after: 1 day}}]
        users: [{id: ana}, bo]
        timeline:
          - {at: +1h, user: ana, does: start_session}
          - {at: +1h, user: bo, does: start_session}
          - {at: +2h, user: ana, set: {email: ana@example.com}}
          - {at: +2h, user: bo, set: {email: null}}
    """)
    assert played.outcomes("ana", "hello") == ["sent at +1d1h"]
    assert played.outcomes("bo", "hello") == ["suppressed (not_reachable) at +1d1h"]


# ---------------------------------------------------------------- S8: caps


# S8
def test_a_capped_channel_is_dropped_and_the_others_go_on() -> None:
    played = play("""
        workspace: {frequency_caps: [{channel: email, at_most: 1, days: 1}]}
        campaigns:
          - {id: before, triggers: [start_session]}
          - {id: hello, channels: [email, push], triggers: [{custom_event: hi}]}
        users: [{id: ana, email: ana@example.com, push: true}]
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, does: custom_event, name: hi}
    """)
    assert played.outcomes("ana", "hello") == ["sent at +2h"]
    assert played.only("ana", "hello").channels == ("push",)


# S8
def test_if_no_channel_is_left_the_entry_is_suppressed_and_consumes_no_eligibility() -> None:
    played = play("""
        workspace: {frequency_caps: [{channel: email, at_most: 1, days: 1}]}
        campaigns:
          - {id: before, triggers: [start_session]}
          - {id: hello, triggers: [{custom_event: hi}]}
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, does: custom_event, name: hi}
          - {at: +1d, does: custom_event, name: hi}
    """)
    assert played.outcomes("ana", "hello") == ["suppressed (frequency_capped) at +2h", "sent at +1d"]
    assert played.refusals("ana", "hello") == []


# ---------------------------------------------------------------- the order of the checks


# S1, S3, S4, S6, S7, S8
def test_the_first_check_that_fails_gives_the_outcome() -> None:
    """An entry that fails every check; each mended leaves the next."""
    reasons: list[Reason] = [
        "campaign_stopped",
        "outside_duration",
        "no_longer_in_audience",
        "not_eligible_again",
        "not_reachable",
        "quiet_hours",
        "frequency_capped",
    ]
    assert [_suppressed_after(mended) for mended in range(len(reasons))] == reasons


def _suppressed_after(mended: int) -> str:
    """Return why ana's entry is suppressed at +1d1h when so many checks, the first ones, are mended."""
    with staged(f"""
        workspace: {{frequency_caps: [{{channel: email, at_most: 1, days: 2}}]}}
        campaigns:
          - id: hello
            triggers: [{{custom_event: hi}}]
            delay: {{after: 1 day}}
            {"end: 2026-03-03T09:30:00Z" if mended < 2 else ""}
            recheck_audience: {"true" if mended < 3 else "false"}
            audience: {{filter: {{attribute: plan, is: pro}}}}
            {"quiet_hours: {from: '09:30', to: '11:00', then: drop}" if mended < 6 else ""}
          - {{id: other, triggers: [start_session]}}
        users: [{{id: ana, email: ana@example.com, attributes: {{plan: pro}}}}]
    """) as stage:
        stage.move("launch", "hello", "other", at="+0s")
        stage.does(CustomEventLogged, "+1h", name="hi")
        stage.does(SessionStarted, "+2h")
        stage.does(AttributesChanged, "+3h", attributes={"plan": "free"})
        if mended < 4:
            stage.does(CampaignInteracted, "+4h", campaign="hello", interaction="receive_email")
        if mended < 5:
            stage.does(SubscriptionChanged, "+5h", channel="email", to="unsubscribed")
        if mended < 1:
            stage.bench.launching.move("stop", ["hello"])
        stage.until("+2d")
        return str(stage.played().only("ana", "hello").reason)
