"""Frequency caps, subscriptions and addresses: F1 to F3, and what `choices.md` says in 17, 19 and 28."""

import pytest

from ensue.core.events import CampaignInteracted, CustomEventLogged
from ensue.errors import Rejected
from tests.rules.desk import Desk
from tests.rules.play import Played, play, staged

ANA = "{id: ana, email: ana@example.com, push: true}"
AGAIN = "re_eligibility: {window: 0s}"


def capped(caps: str, campaigns: str, *offsets_and_names: str, user: str = ANA) -> Played:
    """Campaigns that are triggered by the event of their name; steps are written `+1h news`."""
    steps = "\n".join(
        "          - {{at: {}, does: custom_event, name: {}}}".format(*step.split()) for step in offsets_and_names
    )
    return play(f"""
        workspace: {{frequency_caps: [{caps}]}}
        users: [{user}]
        campaigns: [{campaigns}]
        timeline:
{steps}
    """)


def campaign(name: str, more: str = "") -> str:
    return f"{{id: {name}, triggers: [{{custom_event: {name}}}], {AGAIN}, {more}}}"


def fates(played: Played, name: str) -> list[str]:
    """What came of a campaign: its channels, or the reason."""
    return [one.reason or "+".join(one.channels) for one in played.of("ana", name)]


CAPPED = "frequency_capped"


# ---------------------------------------------------------------- F1: the rules


def test_at_most_so_many_messages_are_sent() -> None:  # F1
    played = capped("{channel: email, at_most: 2, days: 1}", campaign("news"), "+1h news", "+2h news", "+3h news")
    assert fates(played, "news") == ["email", "email", CAPPED]


def test_a_rolling_window_ends_when_a_send_is_as_old_as_the_window() -> None:  # F1
    # choices.md 19
    played = capped("{at_most: 1, minutes: 90}", campaign("news"), "+0s news", "+1h29m59s news", "+1h30m news")
    assert fates(played, "news") == ["email", CAPPED, "email"]


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [("Europe/Stockholm", "+14h"), ("America/New_York", "+20h"), ("UTC", "+15h"), ("Nowhere/Land", "+15h")],
)
def test_a_day_is_the_calendar_day_of_the_user(zone: str, midnight: str) -> None:  # F1, D2
    before = f"+{int(midnight[1:-1]) - 1}h59m59s"
    user = f"{{id: ana, email: ana@example.com, time_zone: {zone}}}"
    cap = "{channel: email, at_most: 1, days: 1}"
    played = capped(cap, campaign("news"), "+0s news", f"{before} news", f"{midnight} news", user=user)
    assert fates(played, "news") == ["email", CAPPED, "email"]


def test_without_a_zone_of_their_own_a_user_has_the_days_of_the_workspace() -> None:  # F1, D2
    played = play(f"""
        workspace: {{time_zone: Europe/Stockholm, frequency_caps: [{{at_most: 1, days: 1}}]}}
        campaigns: [{campaign("news")}]
        timeline:
          - {{at: +0s, does: custom_event, name: news}}
          - {{at: +13h59m59s, does: custom_event, name: news}}
          - {{at: +14h, does: custom_event, name: news}}
    """)
    assert fates(played, "news") == ["email", CAPPED, "email"]


def test_several_days_are_the_present_one_and_those_before_it() -> None:  # F1
    # choices.md 19
    cap = "{channel: email, at_most: 1, days: 3}"
    played = capped(cap, campaign("news"), "+1h news", "+2d14h59m59s news", "+2d15h news")
    assert fates(played, "news") == ["email", CAPPED, "email"]


def test_a_rule_about_one_channel_leaves_the_others_alone() -> None:  # F1, S8
    both = campaign("news", "channels: [email, push]")
    played = capped("{channel: email, at_most: 1, days: 1}", both, "+1h news", "+2h news")
    assert fates(played, "news") == ["email+push", "push"]


def test_a_rule_about_any_channel_counts_all_of_them_together() -> None:  # F1
    campaigns = ", ".join(
        [campaign("mail"), campaign("tap", "channels: [push]"), campaign("hook", "channels: [webhook]")]
    )
    played = capped("{channel: any, at_most: 2, days: 1}", campaigns, "+1h mail", "+2h tap", "+3h hook", "+4h mail")
    assert [fates(played, name) for name in ("mail", "tap", "hook")] == [["email", CAPPED], ["push"], [CAPPED]]


def test_the_channels_of_one_campaign_are_looked_at_in_order_and_each_counts_for_the_next() -> None:  # F1
    # choices.md 19
    everything = campaign("news", "channels: [webhook, push, in_app_message, email]")
    for most, expected in ((1, "email+in_app_message"), (2, "email+push+in_app_message")):
        played = capped(f"{{channel: any, at_most: {most}, days: 1}}", everything, "+1h news")
        assert fates(played, "news") == [expected]


def test_all_rules_must_hold() -> None:  # F1
    caps = "{at_most: 3, days: 1}, {channel: email, at_most: 1, minutes: 60}"
    played = capped(caps, campaign("news"), "+0s news", "+30m news", "+1h news", "+2h news", "+3h news")
    assert fates(played, "news") == ["email", CAPPED, "email", "email", CAPPED]


def test_a_rule_about_a_tag_holds_and_counts_only_campaigns_with_it() -> None:  # F1
    campaigns = ", ".join([campaign("news", "tags: [promo, x]"), campaign("tips", "tags: [promo]"), campaign("bill")])
    steps = ("+1h bill", "+2h news", "+3h bill", "+4h tips", "+5h news")
    played = capped("{at_most: 1, days: 1, tag: promo}", campaigns, *steps)
    assert [fates(played, name) for name in ("bill", "news", "tips")] == [
        ["email", "email"],
        ["email", CAPPED],
        [CAPPED],
    ]


def test_a_campaign_that_ignores_caps_is_sent_and_does_not_count() -> None:  # F1
    campaigns = ", ".join([campaign("news"), campaign("bill", "ignore_frequency_caps: true")])
    played = capped("{at_most: 1, days: 1}", campaigns, "+1h bill", "+2h news", "+3h bill", "+4h news")
    assert fates(played, "bill") == ["email", "email"]
    assert fates(played, "news") == ["email", CAPPED]


def test_a_campaign_that_ignores_caps_counts_where_it_says_so() -> None:  # F1
    # choices.md 19
    more = "ignore_frequency_caps: true, count_toward_frequency_caps: true"
    campaigns = ", ".join([campaign("news"), campaign("bill", more)])
    played = capped("{at_most: 1, days: 1}", campaigns, "+1h bill", "+2h news", "+3h bill")
    assert fates(played, "bill") == ["email", "email"]
    assert fates(played, "news") == [CAPPED]


def test_in_app_messages_are_not_capped_and_do_not_count() -> None:  # F1
    campaigns = ", ".join([campaign("hint", "channels: [in_app_message]"), campaign("news")])
    played = capped("{channel: any, at_most: 1, days: 1}", campaigns, "+1h hint", "+2h news", "+3h hint")
    assert fates(played, "hint") == ["in_app_message", "in_app_message"]
    assert fates(played, "news") == ["email"]


def test_a_capped_message_uses_up_nothing() -> None:  # F1, S8
    once = "{id: once, triggers: [{custom_event: once}]}"
    cap = "{at_most: 1, minutes: 60}"
    played = capped(cap, f"{campaign('news')}, {once}", "+0s news", "+30m once", "+1h once", "+1h30m news")
    assert fates(played, "once") == [CAPPED, "email"]
    assert fates(played, "news") == ["email", CAPPED]


def test_a_message_that_was_not_sent_does_not_count() -> None:  # F1, S11
    desk = Desk(f"workspace: {{frequency_caps: [{{at_most: 1, days: 1}}]}}\ncampaigns: [{campaign('news')}]")
    desk.does(CustomEventLogged, "+1h", name="news")
    desk.claim("+1h")
    desk.fail("+1h")
    assert desk.places() == []
    desk.does(CustomEventLogged, "+2h", name="news")
    assert desk.outcomes("news") == ["suppressed (delivery_failed) at +1h", "sending at +2h"]


def test_of_two_messages_only_the_failed_one_gives_its_place_back() -> None:  # F1, S11
    news = campaign("news", "channels: [email, push]")
    desk = Desk(f"users: [{ANA}]\ncampaigns: [{news}]")
    desk.does(CustomEventLogged, "+1h", name="news")
    assert desk.places() == ["email", "push"]
    desk.claim("+1h")
    desk.fail("+1h", channel="email")
    desk.accept("+1h", channel="push")
    assert desk.places() == ["push"]


def test_messages_under_way_hold_places() -> None:  # F1, S9
    # choices.md 19
    desk = Desk(f"workspace: {{frequency_caps: [{{at_most: 1, days: 1}}]}}\ncampaigns: [{campaign('news')}]")
    desk.does(CustomEventLogged, "+1h", name="news")
    desk.does(CustomEventLogged, "+2h", name="news")
    assert desk.outcomes("news") == ["sending at +1h", "suppressed (frequency_capped) at +2h"]


def test_a_message_withdrawn_by_an_exception_event_gives_its_place_back() -> None:  # F1, X6
    desk = Desk("""
        workspace: {frequency_caps: [{at_most: 1, days: 1}]}
        campaigns:
          - {id: nudge, triggers: [{custom_event: go}], delay: {after: 1h}, exceptions: [{custom_event: stop}]}
    """)
    desk.does(CustomEventLogged, "+0s", name="go")
    desk.wake("+1h")
    assert desk.places() == ["email"]
    desk.does(CustomEventLogged, "+2h", happened="+30m", name="stop")
    assert desk.places() == []


def test_a_campaign_is_capped_unless_it_says_otherwise_and_without_rules_nothing_is() -> None:  # F1
    assert fates(capped("", campaign("news"), *["+1h news"] * 5), "news") == ["email"] * 5


@pytest.mark.parametrize("count", [10, 11])
def test_there_are_up_to_ten_rules(count: int) -> None:  # F1
    caps = ", ".join(["{at_most: 1, days: 1}"] * count)
    text = f"workspace: {{frequency_caps: [{caps}]}}"
    if count == 10:
        with staged(text) as stage:
            assert len(stage.bench.runner.plan.workspace.frequency_caps) == count
        return
    with pytest.raises(Rejected), staged(text):
        pass


@pytest.mark.parametrize("window", ["", ", minutes: 5, days: 1"])
def test_a_rule_has_one_window(window: str) -> None:  # F1
    with pytest.raises(Rejected, match="window"), staged(f"workspace: {{frequency_caps: [{{at_most: 1{window}}}]}}"):
        pass


# ---------------------------------------------------------------- F2: subscriptions


@pytest.mark.parametrize("channel", ["email", "push"])
@pytest.mark.parametrize(
    ("send_to", "state", "is_sent"),
    [
        (None, None, True),
        (None, "subscribed", True),
        (None, "opted_in", True),
        (None, "unsubscribed", False),
        ("subscribed", "subscribed", True),
        ("subscribed", "unsubscribed", False),
        ("opted_in", None, False),
        ("opted_in", "subscribed", False),
        ("opted_in", "opted_in", True),
        ("opted_in", "unsubscribed", False),
        ("all", None, True),
        ("all", "unsubscribed", True),
    ],
)
def test_a_campaign_goes_to_those_whose_state_it_asks_for(
    channel: str, send_to: str | None, state: str | None, *, is_sent: bool
) -> None:  # F2
    states = f"{channel}: {state}" if state else ""
    asking = f", send_to: {send_to}" if send_to else ""
    played = play(f"""
        users: [{{id: ana, email: ana@example.com, push: true, subscription: {{{states}}}}}]
        campaigns: [{{id: news, channels: [{channel}]{asking}}}]
    """)
    assert fates(played, "news") == [channel if is_sent else "not_reachable"]


def test_unsubscribing_from_one_channel_leaves_the_other() -> None:  # F2
    played = play("""
        users: [{id: ana, email: ana@example.com, push: true, subscription: {email: unsubscribed}}]
        campaigns: [{id: news, channels: [email, push]}]
    """)
    assert fates(played, "news") == ["push"]


def test_in_app_messages_and_webhooks_ask_for_no_subscription() -> None:  # F2
    # choices.md 17
    played = play("""
        users: [{id: ana, subscription: {email: unsubscribed, push: unsubscribed}}]
        campaigns: [{id: news, channels: [email, push, in_app_message, webhook], send_to: opted_in}]
    """)
    assert fates(played, "news") == ["in_app_message+webhook"]


# ---------------------------------------------------------------- F3: addresses


def mailed(timeline: str, more: str = "", users: str = "ana") -> Played:
    """The campaign `news` is sent by every event `go`; `first` was sent at the start."""
    return play(f"""
        users: [{users}]
        campaigns:
          - {{id: first}}
          - {{id: news, triggers: [{{custom_event: go}}], {AGAIN}, {more}}}
        timeline: [{timeline}]
    """)


GO = "{at: +9d, does: custom_event, name: go}"
BOUNCED = "{at: +1h, does: bounce_email, campaign: first}"


def test_a_hard_bounce_makes_the_address_unreachable() -> None:  # F3
    assert fates(mailed(f"{BOUNCED}, {GO}"), "news") == ["not_reachable"]
    assert fates(mailed(f"{BOUNCED}, {GO}", "send_to: all"), "news") == ["not_reachable"]


def test_a_new_address_is_reachable_and_the_same_one_set_again_is_not() -> None:  # F3
    same = mailed(f"{BOUNCED}, {{at: +2h, set: {{email: ana@example.com, plan: pro}}}}, {GO}")
    assert fates(same, "news") == ["not_reachable"]
    new = mailed(f"{BOUNCED}, {{at: +2h, set: {{email: ana@example.org}}}}, {GO}")
    assert fates(new, "news") == ["email"]


def test_a_bounce_changes_no_subscription() -> None:  # F3
    assert mailed(BOUNCED).states["ana"].subscriptions == {}


@pytest.mark.parametrize("interaction", ["mark_email_as_spam", "unsubscribe_email"])
def test_a_complaint_or_an_unsubscription_unsubscribes_from_email(interaction: str) -> None:  # F3
    # choices.md 28
    timeline = f"{{at: +1h, does: {interaction}, campaign: first}}, {GO}"
    played = mailed(timeline)
    assert played.states["ana"].subscriptions == {"email": "unsubscribed"}
    assert fates(played, "news") == ["not_reachable"]
    assert fates(mailed(timeline, "send_to: all"), "news") == ["email"]


def test_a_passing_bounce_changes_nothing() -> None:  # F3
    # choices.md 28
    desk = Desk(f"campaigns: [{campaign('news')}]")
    desk.does(CampaignInteracted, "+1h", campaign="news", interaction="bounce_email", permanent=False)
    desk.does(CustomEventLogged, "+2h", name="news")
    assert desk.outcomes("news") == ["sending at +2h"]


def test_unsubscribing_by_mail_is_a_change_of_subscription_at_the_same_time() -> None:  # F3
    # choices.md 28
    played = play("""
        campaigns:
          - {id: first}
          - {id: farewell, channels: [webhook], triggers: [{change_subscription: {channel: email, to: unsubscribed}}]}
        timeline:
          - {at: +2h, happened: +1h, does: mark_email_as_spam, campaign: first}
          - {at: +3h, does: unsubscribe_email, campaign: first}
    """)
    assert played.outcomes("ana", "farewell") == ["sent at +2h"]
    assert played.only("ana", "farewell").triggered_at == played.at("+1h")
    assert played.refusals("ana", "farewell") == []


def test_the_change_of_subscription_comes_before_a_conversion_by_the_same_interaction() -> None:  # F3
    # choices.md 28
    played = play("""
        campaigns:
          - id: first
            conversions:
              - interact_with_campaign: {campaign: first, interaction: unsubscribe_email}
                window: 1 day
          - id: waiting
            channels: [webhook]
            triggers: [{custom_event: go}]
            delay: {after: 1 day}
            exceptions:
              - interact_with_campaign: {campaign: first, interaction: perform_conversion_event}
              - change_subscription: {channel: email}
        timeline:
          - {at: +1h, does: custom_event, name: go}
          - {at: +2h, does: unsubscribe_email, campaign: first}
    """)
    assert played.outcomes("ana", "waiting") == ["cancelled (change_subscription) at +2h"]


SHARED = """{id: ana, email: us@example.com}, {id: bo, email: US@example.com}, {id: cy, email: cy@example.com}"""


@pytest.mark.parametrize(
    "step",
    [
        "{at: +1h, does: unsubscribe_email, campaign: first}",
        "{at: +1h, does: mark_email_as_spam, campaign: first}",
        "{at: +1h, subscription: {email: unsubscribed}}",
    ],
)
def test_unsubscribing_covers_every_user_with_the_address(step: str) -> None:  # F3
    played = mailed(step, users=SHARED)
    subscriptions = {user: state.subscriptions for user, state in played.states.items()}
    assert subscriptions == {"ana": {"email": "unsubscribed"}, "bo": {"email": "unsubscribed"}, "cy": {}}


@pytest.mark.parametrize(
    "step",
    ["{at: +1h, subscription: {email: opted_in}}", "{at: +1h, subscription: {push: unsubscribed}}", BOUNCED],
)
def test_anything_else_concerns_one_user_alone(step: str) -> None:  # F3
    assert mailed(step, users=SHARED).states["bo"].subscriptions == {}


def test_others_with_the_address_leave_the_waiting_room_as_well() -> None:  # F3
    played = play(f"""
        users: [{SHARED}]
        campaigns:
          - id: nudge
            triggers: [{{custom_event: go}}]
            delay: {{after: 1 day}}
            exceptions: [{{change_subscription: {{channel: email, to: unsubscribed}}}}]
        timeline:
          - {{at: +1h, user: bo, does: custom_event, name: go}}
          - {{at: +2h, user: ana, subscription: {{email: unsubscribed}}}}
    """)
    assert played.outcomes("bo", "nudge") == ["cancelled (change_subscription) at +2h"]
