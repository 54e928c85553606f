"""T7, T9, T10 and the order of the checks: who enters, who does not and why, and in which order."""

import pytest

from ensue.core.buckets import own_bucket
from ensue.core.events import AttributesChanged, CampaignInteracted, CustomEventLogged
from tests.rules.desk import Desk
from tests.rules.play import play, staged


# T7
def test_a_user_outside_the_audience_at_the_trigger_does_not_enter() -> None:
    played = play("""
        campaigns:
          - id: hello
            triggers: [start_session]
            delay: {after: 1 day}
            audience: {filter: {attribute: plan, is: pro}}
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, set: {plan: pro}}
    """)
    assert played.outcomes("ana", "hello") == []
    assert played.refusals("ana", "hello") == ["not_in_audience"]


# T7
def test_segments_and_filter_must_all_hold() -> None:
    played = play("""
        segments:
          - {id: pros, filter: {attribute: plan, is: pro}}
          - {id: swedes, filter: {attribute: country, is: SE}}
        campaigns:
          - id: hello
            triggers: [start_session]
            audience: {segments: [pros, swedes], filter: {attribute: age, at_least: 18}}
        users:
          - {id: ana, email: ana@example.com, attributes: {plan: pro, country: SE, age: 18}}
          - {id: bo, email: bo@example.com, attributes: {plan: pro, country: SE, age: 17}}
          - {id: cy, email: cy@example.com, attributes: {plan: pro, country: NO, age: 18}}
        timeline:
          - {at: +1h, user: ana, does: start_session}
          - {at: +1h, user: bo, does: start_session}
          - {at: +1h, user: cy, does: start_session}
    """)
    assert played.got("hello") == ["ana"]
    assert played.refusals("bo", "hello") == ["not_in_audience"]
    assert played.refusals("cy", "hello") == ["not_in_audience"]


# T7
def test_leaving_the_audience_while_waiting_does_not_matter_without_a_re_check() -> None:
    played = play("""
        campaigns:
          - id: hello
            triggers: [start_session]
            delay: {after: 1 day}
            audience: {filter: {attribute: plan, is: pro}}
        users: [{id: ana, email: ana@example.com, attributes: {plan: pro}}]
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, set: {plan: free}}
    """)
    assert played.outcomes("ana", "hello") == ["sent at +1d1h"]


# ---------------------------------------------------------------- T9: one entry waits at a time


# T9
def test_a_further_trigger_while_waiting_is_recorded_as_already_waiting() -> None:
    played = play("""
        campaigns: [{id: hello, triggers: [start_session], delay: {after: 1 day}, re_eligibility: {window: 1s}}]
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, does: start_session}
          - {at: +2d, does: start_session}
    """)
    assert played.outcomes("ana", "hello") == ["sent at +1d1h", "sent at +3d"]
    assert played.refusals("ana", "hello") == ["already_waiting"]


# T9
def test_a_trigger_at_the_due_time_finds_nobody_waiting_any_more() -> None:
    played = play("""
        campaigns: [{id: hello, triggers: [start_session], delay: {after: 1 day}, re_eligibility: {window: 1 day}}]
        timeline:
          - {at: +1h, does: start_session}
          - {at: +1d59m59.999999s, does: start_session}
          - {at: +1d1h, does: start_session}
    """)
    assert played.outcomes("ana", "hello") == ["sent at +1d1h", "sent at +2d1h"]
    assert played.refusals("ana", "hello") == ["already_waiting"]


# T9, O2
def test_a_trigger_at_the_due_time_may_come_before_the_clock_has_settled_what_is_due() -> None:
    """Ana is in control, so the first entry has its outcome without any channel."""
    desk = Desk("""
        campaigns:
          - id: hello
            triggers: [{custom_event: hi}]
            delay: {after: 1 day}
            control_group: 90
            re_eligibility: {window: 1h}
    """)
    desk.does(CustomEventLogged, "+1h", name="hi")
    desk.does(CustomEventLogged, "+1d1h", name="hi")
    assert desk.outcomes("hello") == ["control at +1d1h", "waiting until +2d1h"]


# T9
def test_others_and_other_campaigns_wait_for_themselves() -> None:
    played = play("""
        campaigns:
          - {id: hello, triggers: [start_session], delay: {after: 1 day}}
          - {id: world, triggers: [start_session], delay: {after: 1 day}}
        users: [ana, bo]
        timeline:
          - {at: +1h, user: ana, does: start_session}
          - {at: +2h, user: bo, does: start_session}
    """)
    assert played.got("hello") == played.got("world") == ["ana", "bo"]


# T9
def test_with_a_window_of_zero_every_trigger_makes_its_own_entry() -> None:
    played = play("""
        campaigns: [{id: hello, triggers: [start_session], delay: {after: 1 day}, re_eligibility: {window: 0s}}]
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, does: start_session}
          - {at: +3h, does: start_session}
    """)
    assert played.outcomes("ana", "hello") == ["sent at +1d1h", "sent at +1d2h", "sent at +1d3h"]
    assert played.refusals("ana", "hello") == []


# T9, choice 3
def test_with_a_window_of_zero_at_most_a_hundred_entries_are_open() -> None:
    desk = Desk("campaigns: [{id: hello, triggers: [start_session, {custom_event: hi}], delay: {after: 1 day},"
                " re_eligibility: {window: 0s}}]")  # fmt: skip
    for second in range(101):
        desk.does(CustomEventLogged, f"+{second}s", name="hi")
    assert len(desk.outcomes("hello")) == 100
    assert desk.refusals("hello") == ["already_waiting"]


# T9, choice 3
def test_while_a_message_is_under_way_a_further_trigger_makes_no_second_one() -> None:
    desk = Desk("campaigns: [{id: hello, triggers: [{custom_event: hi}], re_eligibility: {window: 1s}}]")
    desk.does(CustomEventLogged, "+1h", name="hi")
    desk.does(CustomEventLogged, "+2h", name="hi")
    desk.claim("+3h")
    desk.does(CustomEventLogged, "+4h", name="hi")
    assert desk.lying() == ["hello email"]
    assert desk.refusals("hello") == ["already_waiting", "already_waiting"]
    desk.accept("+5h")
    desk.does(CustomEventLogged, "+6h", name="hi")
    assert desk.outcomes("hello") == ["sent at +5h", "sending at +6h"]


# ---------------------------------------------------------------- T10: order, and eligibility at the due time


# T10
def test_campaigns_triggered_by_one_event_are_entered_in_the_order_of_their_launches() -> None:
    with staged("""
        campaigns:
          - {id: a-last, triggers: [{custom_event: hi}], delay: {after: 1 day}}
          - {id: b-first, triggers: [{custom_event: hi}], delay: {after: 3 days}}
          - {id: c-second, triggers: [{custom_event: hi}], delay: {after: 2 days}}
    """) as stage:
        stage.move("launch", "b-first", at="+1m")
        stage.move("launch", "c-second", at="+2m")
        stage.move("launch", "a-last", at="+3m")
        stage.does(CustomEventLogged, "+1h", name="hi")
        assert [one.campaign for one in stage.played().decisions] == ["b-first", "c-second", "a-last"]


# T10
def test_a_resume_does_not_move_a_campaign_to_the_end_of_the_order() -> None:
    with staged("""
        campaigns:
          - {id: old, triggers: [{custom_event: hi}], delay: {after: 1 day}}
          - {id: new, triggers: [{custom_event: hi}], delay: {after: 1 day}}
    """) as stage:
        stage.move("launch", "old", at="+1m")
        stage.move("launch", "new", at="+2m")
        stage.move("stop", "old", at="+3m")
        stage.move("resume", "old", at="+4m")
        stage.does(CustomEventLogged, "+1h", name="hi")
        assert [one.campaign for one in stage.played().decisions] == ["old", "new"]


# T10
def test_launched_at_the_same_instant_they_are_entered_in_the_order_of_their_ids() -> None:
    desk = Desk("""
        campaigns:
          - {id: c, triggers: [{custom_event: hi}], delay: {after: 1 day}}
          - {id: a, triggers: [{custom_event: hi}], delay: {after: 1 day}}
          - {id: b, triggers: [{custom_event: hi}], delay: {after: 1 day}}
    """)
    desk.does(CustomEventLogged, "+1h", name="hi")
    assert [one.campaign for one in desk.kept.values()] == ["a", "b", "c"]


# T10
def test_the_order_holds_across_the_attributes_that_one_event_changes() -> None:
    desk = Desk("""
        campaigns:
          - {id: a, triggers: [{change_attribute: plan}], delay: {after: 1 day}}
          - {id: b, triggers: [{change_attribute: age}], delay: {after: 1 day}}
          - {id: c, triggers: [{change_attribute: plan}], delay: {after: 1 day}}
    """)
    desk.does(AttributesChanged, "+1h", attributes={"plan": "pro", "age": 40})
    assert [one.campaign for one in desk.kept.values()] == ["a", "b", "c"]


# T10, choice 10
def test_what_is_due_at_the_same_instant_is_settled_in_the_order_of_the_launches() -> None:
    """One e-mail a day is allowed: the campaign that was launched first sends it."""
    with staged("""
        workspace: {frequency_caps: [{channel: email, at_most: 1, days: 1}]}
        campaigns:
          - {id: a, triggers: [{custom_event: hi}]}
          - {id: b, triggers: [{custom_event: hi}]}
    """) as stage:
        stage.move("launch", "b", at="+1m")
        stage.move("launch", "a", at="+2m")
        stage.does(CustomEventLogged, "+1h", name="hi")
        assert stage.outcomes("ana", "b") == ["sent at +1h"]
        assert stage.outcomes("ana", "a") == ["suppressed (frequency_capped) at +1h"]


# T10
def test_after_a_receipt_a_trigger_is_refused_at_once_unless_one_may_receive_again() -> None:
    played = play("""
        campaigns: [{id: hello, triggers: [start_session], delay: {after: 1 day}}]
        timeline:
          - {at: +1h, does: start_session}
          - {at: +10d, does: start_session}
    """)
    assert played.outcomes("ana", "hello") == ["sent at +1d1h"]
    refused = played.refused("ana", "hello")
    assert (refused.reason, refused.at) == ("not_eligible_again", played.at("+10d"))


# T10
@pytest.mark.parametrize(("triggered", "enters"), [("+7d", True), ("+6d23h59m59.999999s", False)])
def test_eligibility_is_looked_at_for_the_due_time(triggered: str, *, enters: bool) -> None:
    """Received at +1d; with a window of 7 days and a delay of one day a trigger at +7d is due just in time."""
    played = play(f"""
        campaigns:
          - id: hello
            triggers: [start_session]
            delay: {{after: 1 day}}
            re_eligibility: {{window: 7 days}}
        timeline:
          - {{at: +0s, does: start_session}}
          - {{at: {triggered}, does: start_session}}
    """)
    assert played.outcomes("ana", "hello") == ["sent at +1d", "sent at +8d"][: 1 + enters]
    assert played.refusals("ana", "hello") == ["not_eligible_again"][enters:]


# T10
def test_a_late_trigger_whose_due_time_has_passed_must_be_eligible_now() -> None:
    """The window since the receipt at +1d has passed at +3d, when the trigger of +1d12h arrives: it is due at once."""
    played = play("""
        campaigns: [{id: hello, triggers: [start_session], re_eligibility: {window: 1 day}}]
        timeline:
          - {at: +1d, does: start_session}
          - {at: +3d, happened: +1d12h, does: start_session}
    """)
    assert played.outcomes("ana", "hello") == ["sent at +1d", "sent at +3d"]


# ---------------------------------------------------------------- choice 1: the order of the checks


HELD_OUT = next(name for name in (f"user-{n}" for n in range(1000)) if own_bucket(name) < 1500)


# T2, T3, T7, T9, L7, choice 1
def test_the_first_check_that_fails_is_the_reason() -> None:
    """Ana fails every check; each mended leaves the next."""
    reasons = [
        "not_yet_active",
        "outside_duration",
        "original_not_active",
        "global_control_group",
        "not_in_audience",
        "already_waiting",
    ]
    assert [_refused_after(mended) for mended in range(len(reasons))] == reasons


def _refused_after(mended: int) -> str:
    """Return why ana is refused when so many checks, the first ones, are mended."""
    with staged(f"""
        workspace: {{global_control_group: {15 if mended < 4 else 0}}}
        campaigns:
          - {{id: news, triggers: [{{custom_event: never}}]}}
          - id: hello
            triggers: [{{news: click_email}}]
            start: {"2026-03-02T09:00:00Z" if mended >= 2 else "2026-03-20T09:00:00Z"}
            delay: {{after: 30 days}}
            audience: {{filter: {{attribute: plan, is: {"pro" if mended < 5 else "free"}}}}}
        users: [{{id: {HELD_OUT}, email: u@example.com, attributes: {{plan: free}}}}]
    """) as stage:
        stage.move("launch", "hello", *(["news"] if mended >= 3 else []), at="+1h")
        click = {"campaign": "news", "interaction": "click_email", "user": HELD_OUT}
        if mended >= 5:
            stage.does(CampaignInteracted, "+2h", **click)
        stage.does(CampaignInteracted, "+3h", happened="+30m" if mended == 0 else None, **click)
        (reason,) = stage.refusals(HELD_OUT, "hello")
        return reason


# T7, T11, T9, T10, choice 1
def test_the_cascade_limit_comes_after_the_audience_and_before_who_waits() -> None:
    desk = Desk("""
        campaigns:
          - {id: news, triggers: [{custom_event: never}]}
          - id: hello
            triggers: [{news: click_email}]
            delay: {after: 1 day}
            audience: {filter: {attribute: plan, is_not: free}}
        users: [{id: ana, email: ana@example.com, attributes: {plan: pro}}]
    """)

    def click(at: str, hops: int = 0) -> None:
        desk.does(CampaignInteracted, at, campaign="news", interaction="click_email", hops=hops)

    click("+1h")
    desk.does(CampaignInteracted, "+2h", campaign="hello", interaction="receive_email")
    click("+3h", hops=33)
    click("+4h")  # she waits, and could not receive it again either
    desk.does(AttributesChanged, "+5h", attributes={"plan": "free"})
    click("+6h", hops=33)
    desk.wake("+1d1h")
    desk.does(AttributesChanged, "+2d", attributes={"plan": "pro"})
    click("+3d")
    assert desk.refusals("hello") == ["cascade_limit", "already_waiting", "not_in_audience", "not_eligible_again"]
