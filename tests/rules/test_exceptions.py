"""X1 to X5: what cancels an entry while the user waits, and until when."""

import pytest

from ensue.core.events import CampaignInteracted, CardInteracted, CustomEventLogged
from ensue.errors import Rejected
from tests.rules.play import Played, campaign_of, play, staged

MICROSECOND = "0.000001s"


def waits(exception: str, step: str) -> Played:
    """Ana begins to wait at +1h for +1d1h; the step is hers at +2h."""
    return play(f"""
        cards: [{{id: sale, title: Sale}}]
        campaigns:
          - {{id: news, triggers: [{{custom_event: never}}]}}
          - {{id: nudge, triggers: [{{custom_event: hi}}], delay: {{after: 1 day}}, exceptions: [{exception}]}}
        timeline:
          - {{at: +1h, does: custom_event, name: hi}}
          - {{at: +2h, {step}}}
    """)


EVERY_KIND = [
    ("{news: open_email}", "does: open_email, campaign: news", "open_email"),
    ("{sale: click_card}", "does: click_card, card: sale", "click_card"),
    ("make_purchase", "does: make_purchase, product: lamp", "make_purchase"),
    ("{custom_event: bye}", "does: custom_event, name: bye", "custom_event"),
    ("start_session", "does: start_session", "start_session"),
    ("{change_attribute: plan}", "set: {plan: pro}", "change_attribute"),
    ("{change_subscription: push}", "subscription: {push: opted_in}", "change_subscription"),
]


# X1
@pytest.mark.parametrize(("exception", "step", "name"), EVERY_KIND)
def test_every_kind_of_event_can_be_an_exception(exception: str, step: str, name: str) -> None:
    played = waits(exception, step)
    assert played.outcomes("ana", "nudge") == [f"cancelled ({name}) at +2h"]
    assert played.only("ana", "nudge").reason == "exception_event"


# X1
def test_a_new_address_can_be_an_exception() -> None:
    played = play("""
        campaigns:
          - {id: nudge, channels: [webhook], triggers: [start_session], delay: {after: 1 day}, exceptions: [add_email]}
        users: [{id: ana}]
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, set: {email: ana@example.com}}
    """)
    assert played.outcomes("ana", "nudge") == ["cancelled (add_email) at +2h"]


# X1
@pytest.mark.parametrize(
    ("exception", "fits", "misses"),
    [
        (
            "{make_purchase: {product: lamp, where: {price: {at_least: 100}}}}",
            "does: make_purchase, product: lamp, price: 100",
            "does: make_purchase, product: lamp, price: 99",
        ),
        (
            "{custom_event: {name: bye, where: {color: {is: red}}}}",
            "does: custom_event, name: bye, properties: {color: red}",
            "does: custom_event, name: bye",
        ),
        (
            "{interact_with_campaign: {campaign: news, interaction: click_email, link: shop}}",
            "does: click_email, campaign: news, link: shop",
            "does: click_email, campaign: news, link: home",
        ),
        (
            "{interact_with_campaign: {campaign: news, interaction: open_email, opens: human}}",
            "does: open_email, campaign: news, opens: human",
            "does: open_email, campaign: news, opens: machine",
        ),
        ("{change_attribute: {name: plan, to: pro}}", "set: {plan: pro}", "set: {plan: free}"),
        ("{sale: click_card}", "does: click_card, card: sale", "does: view_card, card: sale"),
    ],
)
def test_an_exception_is_narrowed_like_a_trigger(exception: str, fits: str, misses: str) -> None:
    assert waits(exception, fits).only("ana", "nudge").outcome == "cancelled"
    assert waits(exception, misses).outcomes("ana", "nudge") == ["sent at +1d1h"]


# X1
@pytest.mark.parametrize(("step", "name"), [(step, name) for _, step, name in EVERY_KIND])
def test_any_one_of_several_exceptions_cancels(step: str, name: str) -> None:
    every = ", ".join(exception for exception, _, _ in EVERY_KIND)
    assert waits(every, step).outcomes("ana", "nudge") == [f"cancelled ({name}) at +2h"]


# X1, choice 5
@pytest.mark.parametrize("exceptions", [["add_email", "change_attribute"], ["change_attribute", "add_email"]])
def test_the_first_of_several_matching_exceptions_gives_the_cancellation_its_name(exceptions: list[str]) -> None:
    written = ", ".join("{change_attribute: email}" if one == "change_attribute" else one for one in exceptions)
    played = play(f"""
        campaigns: [{{id: nudge, triggers: [start_session], delay: {{after: 1 day}}, exceptions: [{written}]}}]
        users: [{{id: ana}}]
        timeline:
          - {{at: +1h, does: start_session}}
          - {{at: +2h, set: {{email: ana@example.com}}}}
    """)
    assert played.outcomes("ana", "nudge") == [f"cancelled ({exceptions[0]}) at +2h"]


# X1
def test_a_call_of_the_api_is_no_exception() -> None:
    with pytest.raises(Rejected, match="exceptions"):
        campaign_of("{id: nudge, triggers: [start_session], delay: {after: 1 day}, exceptions: [{api: {}}]}")


# X1
def test_an_api_triggered_campaign_may_have_exceptions() -> None:
    played = play("""
        campaigns:
          - id: nudge
            delivery: {type: api_triggered, delay: {after: 1 day}, exceptions: [make_purchase]}
        timeline:
          - {at: +1h, does: api, campaign: nudge}
          - {at: +2h, does: make_purchase}
    """)
    assert played.outcomes("ana", "nudge") == ["cancelled (make_purchase) at +2h"]


# X1, L2
@pytest.mark.parametrize("delay", ["", "delay: {after: 0s},"])
def test_exceptions_without_a_delay_are_refused_at_the_launch(delay: str) -> None:
    with staged(f"campaigns: [{{id: nudge, triggers: [start_session], {delay} exceptions: [make_purchase]}}]") as stage:
        assert stage.problems("nudge") == ["exception_without_delay at delivery.exceptions"]


# X1
def test_only_the_user_who_did_it_is_cancelled_and_only_in_campaigns_that_listen() -> None:
    played = play("""
        campaigns:
          - {id: nudge, triggers: [start_session], delay: {after: 1 day}, exceptions: [make_purchase]}
          - {id: other, triggers: [start_session], delay: {after: 1 day}}
        users: [ana, bo]
        timeline:
          - {at: +1h, user: ana, does: start_session}
          - {at: +1h, user: bo, does: start_session}
          - {at: +2h, user: bo, does: make_purchase}
    """)
    assert played.got("nudge") == ["ana"]
    assert played.got("other") == ["ana", "bo"]


# ---------------------------------------------------------------- X2: while the user waits


def between(happened: str, arrived: str | None = None) -> list[str]:
    """Ana waits from +1h to +1d1h; the exception event happens at that time."""
    return play(f"""
        campaigns: [{{id: nudge, triggers: [start_session], delay: {{after: 1 day}}, exceptions: [make_purchase]}}]
        timeline:
          - {{at: +1h, does: start_session}}
          - {{at: {arrived or happened}, happened: {happened}, does: make_purchase}}
    """).outcomes("ana", "nudge")


# X2
def test_an_exception_at_the_very_time_of_the_trigger_cancels() -> None:
    assert between("+1h") == ["cancelled (make_purchase) at +1h"]


# X2
def test_an_exception_just_before_the_due_time_cancels() -> None:
    assert between("+1d59m59.999999s") == ["cancelled (make_purchase) at +1d59m59.999999s"]


# X2
@pytest.mark.parametrize("happened", ["+1d1h", f"+1d1h{MICROSECOND}", "+2d"])
def test_an_exception_at_or_after_the_due_time_has_no_effect(happened: str) -> None:
    assert between(happened) == ["sent at +1d1h"]


# X2
@pytest.mark.parametrize("happened", ["+59m59.999999s", "+0s"])
def test_an_exception_from_before_the_trigger_has_no_effect(happened: str) -> None:
    assert between(happened) == ["sent at +1d1h"]
    assert between(happened, arrived="+2h") == ["sent at +1d1h"]


# X2
def test_it_is_the_time_of_the_event_that_counts_not_that_of_its_arrival() -> None:
    assert between("+1h", arrived="+1d") == ["cancelled (make_purchase) at +1h"]


# X2
def test_a_late_trigger_is_not_cancelled_by_an_exception_that_arrived_before_it() -> None:
    """The trigger of +1h arrives at +3h; the purchase of +2h was there before anybody waited."""
    played = play("""
        campaigns: [{id: nudge, triggers: [start_session], delay: {after: 1 day}, exceptions: [make_purchase]}]
        timeline:
          - {at: +2h, does: make_purchase}
          - {at: +3h, happened: +1h, does: start_session}
    """)
    assert played.outcomes("ana", "nudge") == ["sent at +1d1h"]


# X2, choice 14
@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        ("+10h", "cancelled (make_purchase) at +10h"),
        ("+23h59m59.999999s", "cancelled (make_purchase) at +23h59m59.999999s"),
        ("+1d", "sent at +1d"),
    ],
)
def test_while_quiet_hours_hold_an_entry_back_the_person_waits(at: str, outcome: str) -> None:
    """Due at 18:00, postponed to 09:00 of the next day."""
    played = play(f"""
        campaigns:
          - id: nudge
            triggers: [start_session]
            delay: {{after: 8 hours}}
            exceptions: [make_purchase]
            quiet_hours: {{from: "17:00", to: "09:00"}}
        timeline:
          - {{at: +1h, does: start_session}}
          - {{at: {at}, does: make_purchase}}
    """)
    assert played.outcomes("ana", "nudge") == [outcome]


# X2, choice 15
def test_a_cancellation_is_dated_to_the_exception_event_and_is_an_interaction_of_that_time() -> None:
    played = play("""
        campaigns:
          - {id: nudge, triggers: [start_session], delay: {after: 1 day}, exceptions: [make_purchase]}
          - {id: thanks, triggers: [{nudge: cancelled_by_exception}], delay: {after: 1h}}
        timeline:
          - {at: +1h, does: start_session}
          - {at: +6h, happened: +2h, does: make_purchase}
    """)
    assert played.outcomes("ana", "nudge") == ["cancelled (make_purchase) at +2h"]
    assert played.interactions("ana", "nudge") == ["cancelled_by_exception at +2h"]
    assert played.only("ana", "thanks").triggered_at == played.at("+2h")


# ---------------------------------------------------------------- X3: consumes nothing


# X3
def test_after_a_cancellation_the_next_trigger_enters_again_even_without_re_eligibility() -> None:
    played = play("""
        campaigns: [{id: nudge, triggers: [start_session], delay: {after: 1 day}, exceptions: [make_purchase]}]
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, does: make_purchase}
          - {at: +3h, does: start_session}
          - {at: +4h, does: make_purchase}
          - {at: +5h, does: start_session}
    """)
    assert played.outcomes("ana", "nudge") == [
        "cancelled (make_purchase) at +2h",
        "cancelled (make_purchase) at +4h",
        "sent at +1d5h",
    ]


# X3
def test_a_cancelled_entry_takes_no_place_in_the_caps_and_is_no_receipt() -> None:
    played = play("""
        workspace: {frequency_caps: [{channel: email, at_most: 1, days: 30}]}
        campaigns:
          - {id: nudge, triggers: [start_session], delay: {after: 1 day}, exceptions: [make_purchase]}
          - {id: other, triggers: [{custom_event: hi}]}
        timeline:
          - {at: +1h, does: start_session}
          - {at: +2h, does: make_purchase}
          - {at: +3h, does: custom_event, name: hi}
    """)
    assert played.outcomes("ana", "other") == ["sent at +3h"]
    assert played.interactions("ana", "nudge") == ["cancelled_by_exception at +2h"]


# ---------------------------------------------------------------- X4: trigger and exception at once


# X4
def test_where_an_event_is_trigger_and_exception_the_delay_restarts() -> None:
    played = play("""
        campaigns:
          - id: cart
            triggers: [{custom_event: {name: cart, where: {total: {more_than: 10}}}}]
            delay: {after: 1 day}
            exceptions: [{custom_event: cart}]
        timeline:
          - {at: +1h, does: custom_event, name: cart, properties: {total: 20}}
          - {at: +6h, happened: +5h, does: custom_event, name: cart, properties: {total: 20}}
          - {at: +7h, does: custom_event, name: cart, properties: {total: 20}}
    """)
    assert played.outcomes("ana", "cart") == [
        "cancelled (custom_event) at +5h",
        "cancelled (custom_event) at +7h",
        "sent at +1d7h",
    ]
    assert played.refusals("ana", "cart") == []
    assert [one.triggered_at for one in played.of("ana", "cart")] == [played.at(at) for at in ("+1h", "+5h", "+7h")]


# X4
def test_an_event_does_not_cancel_the_entry_that_it_begins() -> None:
    played = play("""
        campaigns:
          - {id: cart, triggers: [{custom_event: cart}], delay: {after: 1h}, exceptions: [{custom_event: cart}]}
        timeline: [{at: +1h, does: custom_event, name: cart}]
    """)
    assert played.outcomes("ana", "cart") == ["sent at +2h"]


# X4, L2
def test_the_start_of_a_session_cannot_be_both() -> None:
    with staged("""
        campaigns: [{id: nudge, triggers: [start_session], delay: {after: 1 day}, exceptions: [start_session]}]
    """) as stage:
        assert stage.problems("nudge") == ["session_twice at delivery.exceptions[0]"]


# ---------------------------------------------------------------- X5: the original need not be active

NUDGED = """
    cards: [{id: sale, title: Sale}]
    campaigns:
      - {id: news, triggers: [{custom_event: never}]}
      - id: nudge
        triggers: [{custom_event: hi}]
        delay: {after: 1 day}
        exceptions: [{news: open_email}, {sale: click_card}]
"""


# X5
@pytest.mark.parametrize("life", [(), ("launch", "stop"), ("launch", "archive"), ("launch",)])
def test_an_exception_counts_also_on_an_original_that_is_stopped(life: tuple[str, ...]) -> None:
    with staged(NUDGED) as stage:
        stage.move("launch", "nudge", at="+0s")
        for move in life:
            stage.move(move, "news", "sale", at="+0s")  # type: ignore[arg-type]  # they are moves
        stage.does(CustomEventLogged, "+1h", name="hi")
        stage.does(CampaignInteracted, "+2h", campaign="news", interaction="open_email")
        stage.does(CustomEventLogged, "+3h", name="hi")
        stage.does(CardInteracted, "+4h", card="sale", interaction="click_card")
        assert stage.outcomes("ana", "nudge") == ["cancelled (open_email) at +2h", "cancelled (click_card) at +4h"]
