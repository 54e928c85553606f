"""T2 to T6: when an event triggers at all, in which order, and against which profile."""

import pytest

from ensue.core.events import CampaignInteracted, CardInteracted, CustomEventLogged
from tests.rules.desk import Desk
from tests.rules.play import Played, play, staged

# ---------------------------------------------------------------- T2: never retroactive

ENTERS = "campaigns: [{id: hello, triggers: [{custom_event: hi}], channels: [email], re_eligibility: {window: 0s}}]"


def late(happened: str) -> Played:
    """The follow-on is launched at +1d; at +2d arrives what happened then."""
    return play(f"""
        {ENTERS}
        timeline:
          - {{at: +1d, launch: hello}}
          - {{at: +2d, happened: {happened}, does: custom_event, name: hi}}
    """)


# T2
def test_what_happened_before_the_launch_never_triggers() -> None:
    played = play(f"""
        {ENTERS}
        timeline:
          - {{at: +1h, does: custom_event, name: hi}}
          - {{at: +2h, launch: hello}}
    """)
    assert played.of("ana", "hello") == []


# T2
def test_a_late_event_with_a_time_before_the_launch_never_triggers() -> None:
    played = late("+23h59m59.999999s")
    assert played.outcomes("ana", "hello") == []
    assert played.refusals("ana", "hello") == ["not_yet_active"]


# T2
def test_an_event_at_the_very_launch_triggers() -> None:
    assert late("+1d").outcomes("ana", "hello") == ["sent at +2d"]


# T2
def test_while_the_follow_on_is_stopped_nothing_triggers_and_no_refusal_is_kept() -> None:
    with staged(ENTERS) as stage:
        stage.move("launch", "hello", at="+1h")
        stage.move("stop", "hello", at="+2h")
        stage.does(CustomEventLogged, "+3h", name="hi")
        stage.does(CustomEventLogged, "+4h", happened="+1h30m", name="hi")
        assert stage.played().of("ana", "hello") == []


# T2, L3
@pytest.mark.parametrize("happened", ["+1h30m", "+2h30m", "+2h59m59.999999s"])
def test_after_a_resume_only_what_happens_from_then_on_triggers(happened: str) -> None:
    with staged(ENTERS) as stage:
        stage.move("launch", "hello", at="+1h")
        stage.move("stop", "hello", at="+2h")
        stage.move("resume", "hello", at="+3h")
        stage.does(CustomEventLogged, "+4h", happened=happened, name="hi")
        assert stage.outcomes("ana", "hello") == []
        assert stage.refusals("ana", "hello") == ["not_yet_active"]
        stage.does(CustomEventLogged, "+5h", happened="+3h", name="hi")
        assert stage.outcomes("ana", "hello") == ["sent at +5h"]


# ---------------------------------------------------------------- T3: the original must be active

FOLLOWS = """
    cards: [{id: sale, title: Sale, publish_at: 2026-04-01T00:00:00Z, expires_at: 2026-04-02T00:00:00Z}]
    campaigns:
      - {id: news, triggers: [{custom_event: never}]}
      - {id: hello, triggers: [{news: click_email}, {sale: click_card}]}
"""


# T3
@pytest.mark.parametrize("moves", [(), ("launch", "stop"), ("launch", "archive"), ("archive",)])
def test_an_interaction_with_an_original_that_is_not_active_is_recorded_and_triggers_nothing(
    moves: tuple[str, ...],
) -> None:
    life = "".join(f"\n          - {{at: +{hour}h, {move}: news}}" for hour, move in enumerate(moves, 1))
    played = play(f"""
        campaigns:
          - {{id: news, triggers: [{{custom_event: never}}]}}
          - {{id: hello, triggers: [{{news: click_email}}]}}
        timeline:
          - {{at: +0s, launch: hello}}{life}
          - {{at: +1d, does: click_email, campaign: news}}
    """)
    assert played.interactions("ana", "news") == ["click_email at +1d"]
    assert played.figure("news", "click_email", variation="") == 1
    assert played.outcomes("ana", "hello") == []
    assert played.refusals("ana", "hello") == ["original_not_active"]


# T3
@pytest.mark.parametrize("moves", [(), ("launch", "stop"), ("launch", "archive")])
def test_a_card_must_be_active_too(moves: tuple[str, ...]) -> None:
    with staged(FOLLOWS) as stage:
        stage.move("launch", "hello", at="+0s")
        for move in moves:
            stage.move(move, "sale", at="+1h")  # type: ignore[arg-type]  # they are moves
        stage.does(CardInteracted, "+2h", card="sale", interaction="click_card")
        assert stage.outcomes("ana", "hello") == []
        assert stage.refusals("ana", "hello") == ["original_not_active"]


# T3, choice 2
def test_a_click_that_happened_while_the_original_was_active_counts_when_it_arrives_after_the_stop() -> None:
    with staged(FOLLOWS) as stage:
        stage.move("launch", "hello", "news", at="+0s")
        stage.move("stop", "news", at="+1h")
        stage.does(CampaignInteracted, "+2h", happened="+59m59.999999s", campaign="news", interaction="click_email")
        assert stage.outcomes("ana", "hello") == ["sent at +2h"]


# T3, choice 2
@pytest.mark.parametrize(("happened", "counts"), [("+59m59.999999s", False), ("+1h", True), ("+2h", False)])
def test_an_original_is_active_from_its_launch_until_just_before_its_stop(happened: str, *, counts: bool) -> None:
    with staged(FOLLOWS) as stage:
        stage.move("launch", "hello", at="+0s")
        stage.move("launch", "news", at="+1h")
        stage.move("stop", "news", at="+2h")
        stage.does(CampaignInteracted, "+3h", happened=happened, campaign="news", interaction="click_email")
        assert stage.outcomes("ana", "hello") == (["sent at +3h"] if counts else [])


# T3, choice 2
def test_a_click_between_a_stop_and_a_resume_of_the_original_does_not_count() -> None:
    with staged(FOLLOWS) as stage:
        stage.move("launch", "hello", "news", at="+0s")
        stage.move("stop", "news", at="+1h")
        stage.move("resume", "news", at="+3h")
        stage.does(CampaignInteracted, "+4h", happened="+2h", campaign="news", interaction="click_email")
        assert stage.refusals("ana", "hello") == ["original_not_active"]
        stage.does(CampaignInteracted, "+5h", happened="+30m", campaign="news", interaction="click_email")
        assert stage.outcomes("ana", "hello") == ["sent at +5h"]


# T3, choice 2
def test_when_a_card_is_published_and_expires_does_not_matter() -> None:
    with staged(FOLLOWS) as stage:
        stage.move("launch", "hello", "sale", at="+0s")
        stage.does(CardInteracted, "+1h", card="sale", interaction="click_card")
        assert stage.outcomes("ana", "hello") == ["sent at +1h"]


# T4
def test_a_follow_on_may_be_launched_while_its_original_is_a_draft() -> None:
    with staged(FOLLOWS) as stage:
        assert stage.problems("hello") == []
        stage.move("launch", "hello", at="+0s")
        stage.move("launch", "news", at="+1h")
        stage.does(CampaignInteracted, "+2h", campaign="news", interaction="click_email")
        assert stage.outcomes("ana", "hello") == ["sent at +2h"]


# T4
def test_a_follow_on_cannot_refer_to_an_archived_campaign_or_card() -> None:
    with staged(FOLLOWS) as stage:
        stage.move("archive", "news", "sale", at="+0s")
        assert stage.problems("hello") == [
            "archived_campaign at delivery.triggers[0].interact_with_campaign.campaign",
            "archived_card at delivery.triggers[1].interact_with_card.card",
        ]


# ---------------------------------------------------------------- T5, T6: the order, and the profile


# T5
def test_an_event_is_an_exception_before_it_is_a_trigger() -> None:
    played = play("""
        campaigns:
          - {id: hello, triggers: [{custom_event: hi}], delay: {after: 1 day}, exceptions: [{custom_event: hi}]}
        timeline:
          - {at: +1h, does: custom_event, name: hi}
          - {at: +2h, does: custom_event, name: hi}
    """)
    assert played.outcomes("ana", "hello") == ["cancelled (custom_event) at +2h", "sent at +1d2h"]
    assert played.refusals("ana", "hello") == []


# T5, choice 10
def test_what_came_of_an_event_is_looked_at_after_all_its_triggers() -> None:
    """The cancellation of `waits` triggers `again` only after the event itself has triggered `later`."""
    desk = Desk("""
        campaigns:
          - {id: waits, triggers: [{custom_event: hi}], delay: {after: 1 day}, exceptions: [{custom_event: bye}]}
          - {id: again, triggers: [{waits: cancelled_by_exception}], delay: {after: 1 day}}
          - {id: later, triggers: [{custom_event: bye}], delay: {after: 1 day}}
    """)
    desk.does(CustomEventLogged, "+1h", name="hi")
    desk.does(CustomEventLogged, "+2h", name="bye")
    assert [one.campaign for one in desk.kept.values()] == ["waits", "later", "again"]


BEFORE = [
    ("make_purchase", "{purchase: any}", "does: make_purchase, product: lamp"),
    ("{custom_event: hi}", "{event: hi}", "does: custom_event, name: hi"),
    ("start_session", "{session: any}", "does: start_session"),
    ("{news: open_email}", "{campaign: news, has: opened}", "does: open_email, campaign: news"),
    ("{sale: view_card}", "{card: sale, has: viewed}", "does: view_card, card: sale"),
]


# T6, choice 6
@pytest.mark.parametrize(("trigger", "audience", "step"), BEFORE)
def test_the_audience_sees_the_profile_before_the_triggering_event_is_counted(
    trigger: str, audience: str, step: str
) -> None:
    played = play(f"""
        cards: [{{id: sale, title: Sale}}]
        campaigns:
          - {{id: news}}
          - {{id: hello, triggers: [{trigger}], audience: {{filter: {audience}}}}}
        timeline:
          - {{at: +1h, {step}}}
          - {{at: +2h, {step}}}
    """)
    assert played.refusals("ana", "hello") == ["not_in_audience"]
    assert played.outcomes("ana", "hello") == ["sent at +2h"]


# T6
@pytest.mark.parametrize(
    ("trigger", "audience", "step"),
    [
        ("{change_attribute: plan}", "{attribute: plan, is: pro}", "set: {plan: pro}"),
        ("add_email", "{reachable: email}", "set: {email: ana@example.com}"),
        ("{change_subscription: email}", "{subscription: email, is: opted_in}", "subscription: {email: opted_in}"),
    ],
)
def test_a_changed_profile_is_looked_at_after_the_change(trigger: str, audience: str, step: str) -> None:
    played = play(f"""
        campaigns:
          - {{id: hello, triggers: [{trigger}], channels: [webhook], audience: {{filter: {audience}}}}}
          - {{id: not-yet, triggers: [{trigger}], channels: [webhook], audience: {{filter: {{not: {audience}}}}}}}
        users: [{{id: ana}}]
        timeline:
          - {{at: +1h, {step}}}
    """)
    assert played.outcomes("ana", "hello") == ["sent at +1h"]
    assert played.refusals("ana", "not-yet") == ["not_in_audience"]


# T6, choice 6
def test_the_receipt_that_an_interaction_makes_is_noted_before_its_triggers_are_looked_at() -> None:
    played = play("""
        campaigns:
          - {id: tip, channels: [in_app_message], triggers: [{custom_event: hi}, {tip: view_in_app_message}]}
        timeline:
          - {at: +1h, does: custom_event, name: hi}
          - {at: +2h, does: view_in_app_message, campaign: tip}
    """)
    assert played.outcomes("ana", "tip") == ["sent at +1h"]
    assert played.refusals("ana", "tip") == ["not_eligible_again"]
