"""Receipt and re-eligibility: R1 to R3, and what `choices.md` says in 21, 22 and 27."""

import pytest

from ensue.core.events import AttributesChanged, CampaignInteracted, CardInteracted, CustomEventLogged, UserDeleted
from ensue.core.state import Receipt
from tests.rules.desk import Desk
from tests.rules.play import play, staged

BOTH = "{id: ana, email: ana@example.com, push: true}"


def desk_of(channels: str, more: str = "re_eligibility: {window: 1h}") -> Desk:
    return Desk(f"""
        users: [{BOTH}]
        campaigns:
          - id: offer
            channels: {channels}
            triggers: [{{custom_event: go}}]
            {more}
    """)


def go(desk: Desk, at: str) -> None:
    desk.does(CustomEventLogged, at, name="go")


def receipts_of(desk: Desk) -> tuple[Receipt, ...]:
    assert desk.state is not None
    return desk.state.campaigns["offer"].receipts


def offer_of(more: str, timeline: str, users: str = "ana") -> str:
    return f"""
        users: [{users}]
        campaigns:
          - {{id: offer, triggers: [{{custom_event: go}}], {more}}}
        timeline: [{timeline}]
    """


def goes(*offsets: str, user: str = "ana") -> str:
    return ", ".join(f"{{at: {at}, user: {user}, does: custom_event, name: go}}" for at in offsets)


# ---------------------------------------------------------------- R1: what a receipt is


@pytest.mark.parametrize(
    ("channel", "interaction"),
    [("email", "receive_email"), ("push", "receive_push"), ("webhook", "receive_webhook")],
)
def test_the_receipt_is_the_moment_at_which_the_service_accepted(channel: str, interaction: str) -> None:  # R1
    desk = desk_of(f"[{channel}]")
    go(desk, "+1h")
    desk.claim("+1h10m")
    assert desk.state is not None
    assert desk.state.campaigns == {}
    desk.accept("+1h20m")
    (receipt,) = desk.state.campaigns["offer"].receipts
    assert receipt.at == desk.at("+1h20m")
    assert desk.state.campaigns["offer"].received_at == desk.at("+1h20m")
    played = play(offer_of(f"channels: [{channel}]", goes("+1h"), BOTH))
    assert played.interactions("ana", "offer") == [f"{interaction} at +1h"]


def test_an_in_app_message_is_received_when_it_is_viewed_not_when_it_lies_ready() -> None:  # R1
    desk = desk_of("[in_app_message]")
    go(desk, "+1h")
    desk.claim("+1h")
    desk.accept("+1h")
    assert desk.outcomes("offer") == ["sent at +1h"]
    assert receipts_of(desk) == ()
    desk.does(CampaignInteracted, "+5h", campaign="offer", interaction="view_in_app_message")
    (receipt,) = receipts_of(desk)
    assert receipt.at == desk.at("+5h")
    assert receipt.entry == desk.only("offer").id
    assert receipt.variation == "A"


def test_an_in_app_message_that_nobody_looked_at_uses_nothing_up() -> None:  # R1, R2
    text = offer_of("channels: [in_app_message]", goes("+1h", "+2h"))
    assert play(text).outcomes("ana", "offer") == ["sent at +1h", "sent at +2h"]


@pytest.mark.parametrize("channel", ["email", "push", "webhook"])
@pytest.mark.parametrize("reason", ["delivery_failed", "rate_limited", "aborted", "template_error"])
def test_a_failure_is_no_receipt(channel: str, reason: str) -> None:  # R1
    desk = desk_of(f"[{channel}]", more="")
    go(desk, "+1h")
    desk.claim("+1h")
    desk.fail("+1h", reason)
    assert desk.state is not None
    assert desk.state.campaigns == {}
    go(desk, "+2h")
    desk.claim("+2h")
    desk.accept("+2h")
    assert desk.outcomes("offer") == [f"suppressed ({reason}) at +1h", "sent at +2h"]
    assert desk.refusals("offer") == []


def test_a_card_is_received_when_it_is_viewed() -> None:  # R1
    played = play("""
        cards: [{id: spring, title: Spring}]
        campaigns:
          - id: follow-on
            triggers: [{custom_event: go}]
            audience: {filter: {card: spring, has: viewed}}
        timeline:
          - {at: +1h, does: custom_event, name: go}
          - {at: +2h, does: view_card, card: spring}
          - {at: +3h, does: custom_event, name: go}
    """)
    assert played.refusals("ana", "follow-on") == ["not_in_audience"]
    assert played.outcomes("ana", "follow-on") == ["sent at +3h"]


# ---------------------------------------------------------------- R2: once, or again


def test_by_default_a_user_receives_a_campaign_once_and_never_again() -> None:  # R2
    played = play(offer_of("", goes("+1h", "+59d")))
    assert played.outcomes("ana", "offer") == ["sent at +1h"]
    assert played.refusals("ana", "offer") == ["not_eligible_again"]


def test_a_refusal_says_when_the_last_receipt_was_and_when_the_user_may_receive_again() -> None:  # R2, S14
    played = play(offer_of("re_eligibility: {window: 7 days}", goes("+1h", "+2h")))
    facts = played.refused("ana", "offer").facts
    assert facts == {
        "last_receipt_at": played.at("+1h").isoformat(),
        "eligible_again_at": played.at("+7d1h").isoformat(),
    }


def test_a_user_may_receive_again_the_instant_at_which_the_window_has_passed() -> None:  # R2
    played = play(offer_of("re_eligibility: {window: 7 days}", goes("+1h", "+7d59m59s", "+7d1h")))
    assert played.outcomes("ana", "offer") == ["sent at +1h", "sent at +7d1h"]
    assert [one.at for one in played.of("ana", "offer") if one.outcome == "refused"] == [played.at("+7d59m59s")]


def test_each_receipt_begins_the_window_anew() -> None:  # R2
    played = play(offer_of("re_eligibility: {window: 1 day}", goes("+1h", "+1d2h", "+2d1h", "+2d2h")))
    assert played.outcomes("ana", "offer") == ["sent at +1h", "sent at +1d2h", "sent at +2d2h"]


def test_the_window_is_elapsed_time_also_when_clocks_change() -> None:  # R2
    text = offer_of("re_eligibility: {window: 1 day}", goes("+1h", "+23h", "+1d", "+1d1h"))
    head = "start: 2026-03-28T09:00:00Z\nworkspace: {time_zone: Europe/Stockholm}\n"
    body = "\n".join(line[8:] for line in text.splitlines())
    assert play(head + body).outcomes("ana", "offer") == ["sent at +1h", "sent at +1d1h"]


def test_the_window_runs_from_the_receipt_not_from_the_trigger_or_the_decision() -> None:  # R2
    desk = desk_of("[email]")
    go(desk, "+1h")
    desk.claim("+1h30m")
    desk.accept("+1h30m")
    go(desk, "+2h29m59s")
    go(desk, "+2h30m")
    assert desk.refusals("offer") == ["not_eligible_again"]
    assert desk.outcomes("offer") == ["sent at +1h30m", "sending at +2h30m"]


def test_with_a_window_of_zero_every_trigger_is_answered_with_a_message() -> None:  # R2
    played = play(offer_of("re_eligibility: {window: 0s}", goes("+1h", "+1h", "+1h1s")))
    assert played.outcomes("ana", "offer") == ["sent at +1h", "sent at +1h", "sent at +1h1s"]


def test_triggering_uses_nothing_up_only_the_receipt_does() -> None:  # R2
    played = play("""
        users: [{id: ana}]
        campaigns:
          - {id: offer, triggers: [{custom_event: go}]}
        timeline:
          - {at: +1h, does: custom_event, name: go}
          - {at: +2h, set: {email: ana@example.com}}
          - {at: +3h, does: custom_event, name: go}
    """)
    assert played.outcomes("ana", "offer") == ["suppressed (not_reachable) at +1h", "sent at +3h"]


def test_an_enrolment_in_control_counts_like_a_receipt() -> None:  # R2
    # The bucket of cy is 3725.
    once = play(offer_of("control_group: 90", goes("+1h", "+2h", "+40d", user="cy"), "cy"))
    assert once.outcomes("cy", "offer") == ["control at +1h"]
    assert once.refusals("cy", "offer") == ["not_eligible_again", "not_eligible_again"]
    more = "control_group: 90, re_eligibility: {window: 1 day}"
    again = play(offer_of(more, goes("+1h", "+1d59m59s", "+1d1h", user="cy"), "cy"))
    assert again.outcomes("cy", "offer") == ["control at +1h", "control at +1d1h"]


def test_eligibility_is_asked_about_the_due_time() -> None:  # R2, T10
    more = "delay: {after: 1 day}, re_eligibility: {window: 2 days}"
    played = play(offer_of(more, goes("+0s", "+1d23h59m59s", "+2d")))
    assert played.outcomes("ana", "offer") == ["sent at +1d", "sent at +3d"]
    assert played.refusals("ana", "offer") == ["not_eligible_again"]


def test_who_received_it_elsewhere_while_waiting_does_not_receive_it_again() -> None:  # R2, S4
    timeline = goes("+1h") + ", {at: +2h, does: receive_email, campaign: offer}"
    played = play(offer_of("delay: {after: 1 day}", timeline))
    assert played.outcomes("ana", "offer") == ["suppressed (not_eligible_again) at +1d1h"]


@pytest.mark.parametrize(("window", "problems"), [("0s", []), ("720d", []), ("720d1s", ["window"])])
def test_the_window_is_nothing_to_720_days(window: str, problems: list[str]) -> None:  # R2
    with staged(f"campaigns: [{{id: offer, re_eligibility: {{window: {window}}}}}]") as stage:
        assert stage.problems("offer") == [f"{code} at re_eligibility.window" for code in problems]


def test_an_entry_has_one_receipt_and_eligibility_counts_from_the_last_of_its_channels() -> None:  # R2
    # choices.md 21
    desk = desk_of("[email, push]")
    go(desk, "+0s")
    desk.claim("+0s")
    desk.accept("+10m", "email")
    desk.accept("+20m", "push")
    assert desk.state is not None
    (receipt,) = desk.state.campaigns["offer"].receipts
    assert receipt.at == desk.at("+10m")
    go(desk, "+1h19m59s")
    go(desk, "+1h20m")
    assert desk.refusals("offer") == ["not_eligible_again"]
    assert desk.outcomes("offer") == ["sent at +20m", "sending at +1h20m"]


# ---------------------------------------------------------------- R3: control and receipt exclude one another


def test_whoever_is_in_control_stays_there_and_whoever_is_not_never_comes_there() -> None:  # R3
    users = [f"u{number}" for number in range(40)]
    steps = [f"{{at: +{day}d, user: {user}, does: custom_event, name: go}}" for user in users for day in (1, 2, 3)]
    more = "control_group: 50, re_eligibility: {window: 1h}"
    played = play(offer_of(more, ", ".join(steps), ", ".join(users)))
    first = {user: played.of(user, "offer")[0].outcome for user in users}
    assert set(first.values()) == {"control", "sent"}
    for user in users:
        assert [one.outcome for one in played.of(user, "offer")] == [first[user]] * 3


def test_a_new_version_with_the_same_percentages_leaves_everybody_where_they_were() -> None:  # R3
    users = [f"u{number}" for number in range(20)]
    text = (
        "{{id: offer, name: {}, triggers: [{{custom_event: go}}], control_group: 50, re_eligibility: {{window: 0s}}}}"
    )
    with staged(f"users: [{', '.join(users)}]\ncampaigns: [{text.format('Old')}]") as stage:
        stage.move("launch", "offer", at="+0s")
        for user in users:
            stage.does(CustomEventLogged, "+1h", user=user, name="go")
        stage.save(text.format("New"), at="+2h")
        for user in users:
            stage.does(CustomEventLogged, "+3h", user=user, name="go")
        played = stage.played()
    pairs = [[(one.outcome, one.version) for one in played.of(user, "offer")] for user in users]
    assert {pair[0][0] for pair in pairs} == {"control", "sent"}
    assert pairs == [[(pair[0][0], 1), (pair[0][0], 2)] for pair in pairs]


# ---------------------------------------------------------------- choices.md 22: interactions without an entry


@pytest.mark.parametrize(
    "interaction",
    ["receive_email", "receive_push", "receive_webhook", "view_in_app_message", "enrolled_in_control_group"],
)
def test_a_receipt_from_another_system_counts_like_any_other(interaction: str) -> None:  # R2
    # choices.md 22
    played = play(offer_of("", f"{{at: +1h, does: {interaction}, campaign: offer}}, " + goes("+2h")))
    assert played.outcomes("ana", "offer") == []
    assert played.refusals("ana", "offer") == ["not_eligible_again"]


@pytest.mark.parametrize(
    "interaction", ["open_email", "click_email", "directly_open_push", "click_in_app_message", "bounce_email"]
)
def test_other_interactions_are_no_receipts(interaction: str) -> None:  # R1
    # choices.md 22
    timeline = f"{{at: +1h, does: {interaction}, campaign: offer}}, " + goes("+2h")
    played = play(offer_of("channels: [push]", timeline, BOTH))
    assert played.outcomes("ana", "offer") == ["sent at +2h"]


def test_a_further_view_is_no_further_receipt() -> None:  # R1
    # choices.md 22
    view = "{{at: {}, does: view_in_app_message, campaign: offer}}"
    more = "channels: [in_app_message], re_eligibility: {window: 1 day}"
    timeline = ", ".join([goes("+0s"), view.format("+1h"), view.format("+20h"), goes("+1d59m59s", "+1d1h")])
    played = play(offer_of(more, timeline))
    assert played.outcomes("ana", "offer") == ["sent at +0s", "sent at +1d1h"]
    assert played.refusals("ana", "offer") == ["not_eligible_again"]


def test_the_view_of_a_second_message_that_lies_ready_is_a_receipt_of_its_own() -> None:  # R1
    # choices.md 22
    desk = desk_of("[in_app_message]")
    for hour in ("+1h", "+5h"):
        go(desk, hour)
        desk.claim(hour)
        desk.accept(hour)
        desk.does(CampaignInteracted, f"{hour}10m", campaign="offer", interaction="view_in_app_message")
    assert desk.state is not None
    entries = [receipt.entry for receipt in desk.state.campaigns["offer"].receipts]
    assert entries == list(desk.kept)
    assert len(entries) == 2


# ---------------------------------------------------------------- choices.md 27: a deleted user


def test_a_deleted_user_is_forgotten_and_begins_anew_with_the_next_event() -> None:  # R2
    # choices.md 27
    desk = desk_of("[webhook]", more="")
    go(desk, "+1h")
    desk.claim("+1h")
    desk.accept("+1h")
    desk.does(UserDeleted, "+2h")
    assert desk.state is not None
    assert (desk.state.exists, desk.state.attributes, desk.state.campaigns) == (False, {}, {})
    go(desk, "+3h")
    assert desk.state.exists
    assert desk.state.first_seen_at == desk.at("+3h")
    assert desk.outcomes("offer") == ["sent at +1h", "sending at +3h"]


def test_other_events_about_a_deleted_user_change_nothing() -> None:  # L4
    # choices.md 27
    desk = desk_of("[webhook]", more="")
    desk.does(AttributesChanged, "+1h", attributes={"plan": "pro"})
    desk.does(UserDeleted, "+2h")
    before = desk.state
    assert before is not None
    desk.does(CampaignInteracted, "+3h", campaign="offer", interaction="receive_email")
    desk.does(CardInteracted, "+3h", card="spring", interaction="view_card")
    after = desk.state
    assert after is not None
    assert (after.exists, after.campaigns, after.cards, after.entries) == (False, {}, {}, ())
    assert before.first_seen_at == after.first_seen_at
