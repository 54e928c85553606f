"""S14: every decision is kept with its reason and facts, and can be read back."""

import msgspec
import pytest

from ensue.core.buckets import own_bucket
from ensue.core.effects import Decision, Reason
from ensue.core.events import CustomEventLogged, SessionStarted
from tests.rules.desk import Desk
from tests.rules.play import play, staged

HELD_OUT = next(name for name in (f"user-{n}" for n in range(1000)) if own_bucket(name) < 1500)

KEPT = """
    workspace: {global_control_group: WORKSPACE}
    campaigns:
      - {id: news, triggers: [{custom_event: never}]}
      - {id: first, triggers: [start_session]}
      - {id: hello, triggers: [start_session, {news: click_email}], CAMPAIGN}
    users: [{id: USER, email: u@example.com}]
    timeline:
      - {at: +0s, launch: [first, hello]}
      - {at: +1h, happened: HAPPENED, user: USER, does: start_session}
      STEPS
"""
"""How each reason comes about: what is put into the story above."""
AGAIN = "- {at: +2h, user: USER, does: start_session}"
CAPPED = "workspace: {frequency_caps: [{channel: email, at_most: 1, days: 1}], global_control_group: 0}"
WAYS: dict[Reason, dict[str, str]] = {
    "not_yet_active": {"HAPPENED": "-1h"},
    "outside_duration": {"CAMPAIGN": "start: 2026-04-01T00:00:00Z"},
    "original_not_active": {
        "STEPS": "- {at: +2h, user: USER, does: click_email, campaign: news}",
        "CAMPAIGN": "re_eligibility: {window: 0s}",
    },
    "global_control_group": {"WORKSPACE": "15", "USER": HELD_OUT},
    "not_in_audience": {"CAMPAIGN": "audience: {filter: {attribute: plan, is: pro}}"},
    "already_waiting": {"CAMPAIGN": "delay: {after: 1 day}", "STEPS": AGAIN},
    "not_eligible_again": {"STEPS": AGAIN},
    "campaign_stopped": {"CAMPAIGN": "delay: {after: 1 day}", "STEPS": "- {at: +2h, stop: hello}"},
    "user_deleted": {"CAMPAIGN": "delay: {after: 1 day}", "STEPS": "- {at: +2h, user: USER, delete: true}"},
    "no_longer_in_audience": {
        "CAMPAIGN": "delay: {after: 1 day}, recheck_audience: true,"
        " audience: {filter: {not: {attribute: plan, is: pro}}}",
        "STEPS": "- {at: +2h, user: USER, set: {plan: pro}}",
    },
    "not_reachable": {"CAMPAIGN": "channels: [push]"},
    "quiet_hours": {"CAMPAIGN": 'quiet_hours: {from: "08:00", to: "20:00", then: drop}'},
    "frequency_capped": {"workspace: {global_control_group: WORKSPACE}": CAPPED},
    "exception_event": {
        "CAMPAIGN": "delay: {after: 1 day}, exceptions: [make_purchase]",
        "STEPS": "- {at: +2h, user: USER, does: make_purchase}",
    },
}
REST = {"WORKSPACE": "0", "HAPPENED": "+1h", "CAMPAIGN": "tags: []", "STEPS": "", "USER": "ana"}


def decided(reason: Reason) -> Decision:
    """Return the one decision of that reason about `hello`."""
    text = KEPT.replace("+0s", "+30m") if reason == "not_yet_active" else KEPT
    for name, value in (*WAYS[reason].items(), *REST.items()):
        text = text.replace(name, "+15m" if value == "-1h" else value)
    (decision,) = (one for one in play(text).decisions if (one.campaign, one.reason) == ("hello", reason))
    return decision


# S14
@pytest.mark.parametrize("reason", WAYS)
def test_a_decision_is_kept_with_what_it_was_about(reason: Reason) -> None:
    decision = decided(reason)
    assert decision.outcome in ("refused", "suppressed", "cancelled")
    assert decision.user == WAYS[reason].get("USER", "ana")
    assert decision.version == 1
    assert decision.event.startswith("step:")
    assert decision.trigger in ("start_session", "click_email")
    assert decision.triggered_at <= decision.at


FACTLESS = {"campaign_stopped", "user_deleted", "exception_event"}
"""Reasons that say it all: when it was, and by which exception, stands beside them."""


# S14
@pytest.mark.parametrize("reason", [reason for reason in WAYS if reason not in FACTLESS])
def test_a_decision_is_kept_with_the_facts_it_rested_on(reason: Reason) -> None:
    assert decided(reason).facts


# S14
@pytest.mark.parametrize(
    ("reason", "facts"),
    [
        ("not_yet_active", {"active_since": "2026-03-02T09:30:00+00:00"}),
        ("outside_duration", {"start": "2026-04-01T00:00:00+00:00", "end": None}),
        ("not_eligible_again", {"last_receipt_at": "2026-03-02T10:00:00+00:00", "eligible_again_at": None}),
        ("not_reachable", {"channels": ["push"]}),
        ("frequency_capped", {"channels": ["email"]}),
    ],
)
def test_the_facts_are_those_of_the_moment_of_the_decision(reason: Reason, facts: dict[str, object]) -> None:
    kept: dict[str, object] = dict(decided(reason).facts)
    assert {name: kept[name] for name in facts} == facts


# S14
def test_the_window_of_a_re_eligibility_is_a_fact() -> None:
    played = play("""
        campaigns: [{id: hello, triggers: [start_session], re_eligibility: {window: 1 day}}]
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, does: start_session}
    """)
    assert played.refused("ana", "hello").facts == {
        "last_receipt_at": "2026-03-02T10:00:00+00:00",
        "eligible_again_at": "2026-03-03T10:00:00+00:00",
    }


# S14
def test_an_already_waiting_names_the_entries_that_wait() -> None:
    decision = decided("already_waiting")
    waiting = play(
        """
        campaigns: [{id: hello, triggers: [start_session], delay: {after: 1 day}}]
        timeline: [{at: +1h, does: start_session}, {at: +2h, does: start_session}]
        until: +3h
        """
    )
    assert waiting.refused("ana", "hello").facts == {"entries": [waiting.only("ana", "hello").id]}
    assert decision.outcome == "refused"


# S14
def test_of_an_entry_the_last_decision_stands_and_a_refusal_stands_for_itself() -> None:
    desk = Desk("campaigns: [{id: hello, triggers: [{custom_event: hi}], delay: {after: 1 day}}]")

    def outcomes() -> list[str]:
        return [one.outcome for one in desk.kept.values()]

    desk.does(CustomEventLogged, "+1h", name="hi")
    assert outcomes() == ["waiting"]
    desk.does(CustomEventLogged, "+2h", name="hi")
    assert outcomes() == ["waiting", "refused"]
    desk.wake("+1d1h")
    assert outcomes() == ["sending", "refused"]
    desk.claim("+1d1h")
    desk.accept("+1d1h")
    assert outcomes() == ["sent", "refused"]


# S14
def test_an_entry_keeps_its_trigger_due_time_variation_and_channels() -> None:
    played = play("""
        campaigns: [{id: hello, channels: [email, push], triggers: [{custom_event: hi}], delay: {after: 1 day}}]
        timeline: [{at: +2h, happened: +1h, does: custom_event, name: hi, id: e1}]
    """)
    kept = played.only("ana", "hello")
    assert (kept.trigger, kept.event, kept.variation, kept.channels) == ("custom_event", "e1", "A", ("email",))
    assert (kept.triggered_at, kept.due_at, kept.at) == tuple(map(played.at, ("+1h", "+1d1h", "+1d1h")))


# S14
def test_decisions_can_be_read_back_per_user_and_per_campaign() -> None:
    with staged("""
        campaigns:
          - {id: hello, triggers: [start_session]}
          - {id: world, triggers: [start_session], audience: {filter: {attribute: plan, is: pro}}}
        users: [ana, bo]
    """) as stage:
        stage.move("launch", "hello", "world", at="+0s")
        for user in ("ana", "bo"):
            stage.does(SessionStarted, "+1h", user=user)

        def read(**narrowed: str) -> list[tuple[str, str, str]]:
            found = stage.bench.runner.read(lambda store: store.ledger.decisions(**narrowed))  # type: ignore[arg-type]
            return [(one.user, one.campaign, one.outcome) for _, one in found]

        assert sorted(read(user="ana")) == [("ana", "hello", "sent"), ("ana", "world", "refused")]
        assert read(campaign="world") == [("ana", "world", "refused"), ("bo", "world", "refused")]
        assert read(user="bo", campaign="hello") == [("bo", "hello", "sent")]
        assert read(outcome="refused", user="bo") == [("bo", "world", "refused")]


# S14
def test_facts_can_be_written_as_json() -> None:
    for reason in WAYS:
        assert msgspec.json.decode(msgspec.json.encode(decided(reason).facts)) == decided(reason).facts


# S14, B6
def test_a_decision_names_the_original_whose_interaction_led_to_it() -> None:
    played = play("""
        campaigns:
          - {id: welcome, triggers: [start_session]}
          - id: offer
            triggers: [{interact_with_campaign: {campaign: welcome, interaction: click_email}}]
            delay: {after: 1 day}
            exceptions: [{interact_with_card: {card: sale, interaction: view_card}}]
        cards: [{id: sale, title: Sale}]
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, does: click_email, campaign: welcome}
          - {at: +3h, does: click_email, campaign: welcome}
          - {at: +4h, does: view_card, card: sale}
    """)
    refused = played.refused("ana", "offer")
    assert (refused.reason, refused.original) == ("already_waiting", "welcome")
    cancelled = next(one for one in played.of("ana", "offer") if one.outcome == "cancelled")
    assert (cancelled.trigger, cancelled.original) == ("click_email", "welcome")
    assert (cancelled.exception, cancelled.facts["original"]) == ("view_card", "sale")
    assert played.only("ana", "welcome").original is None
