"""T1 and T8: what triggers, and what templates learn of it."""

from collections.abc import Callable

import pytest

from ensue.core.events import CampaignInteracted, CardInteracted, CustomEventLogged, Event, Purchased
from tests.rules.desk import Desk
from tests.rules.play import play

WORLD = """
    cards: [{{id: sale, title: Sale}}]
    campaigns:
      - {{id: news, conversions: [{{start_session: {{}}, window: 1 day}}]}}
      - {{id: hello, triggers: [{trigger}]}}
    timeline:
      - {{at: +1h, {step}}}
"""


def after(trigger: str, step: str) -> list[str]:
    return play(WORLD.format(trigger=trigger, step=step)).outcomes("ana", "hello")


INTERACTIONS = [
    "view_in_app_message",
    "click_in_app_message",
    "dismiss_in_app_message",
    "receive_email",
    "open_email",
    "click_email",
    "bounce_email",
    "unsubscribe_email",
    "mark_email_as_spam",
    "receive_push",
    "directly_open_push",
    "receive_webhook",
    "perform_conversion_event",
    "enrolled_in_control_group",
    "cancelled_by_exception",
]
ALL = "send_to: all, channels: [webhook]"  # reaches ana after a bounce, too


# T1
@pytest.mark.parametrize("interaction", INTERACTIONS)
def test_every_interaction_with_a_campaign_triggers_and_no_other_does(interaction: str) -> None:
    played = play(f"""
        campaigns:
          - {{id: news, triggers: [{{custom_event: never}}]}}
          - {{id: hello, triggers: [{{news: {interaction}}}], {ALL}, re_eligibility: {{window: 0s}}}}
        timeline:
          {
        "".join(
            f"- {{at: +{hour}h, does: {name}, campaign: news}}{chr(10)}          "
            for hour, name in enumerate(INTERACTIONS, 1)
        )
    }
    """)
    assert played.outcomes("ana", "hello") == [f"sent at +{INTERACTIONS.index(interaction) + 1}h"]


# T1
@pytest.mark.parametrize("interaction", ["view_card", "click_card", "dismiss_card"])
def test_every_interaction_with_a_card_triggers(interaction: str) -> None:
    assert after(f"{{sale: {interaction}}}", f"does: {interaction}, card: sale") == ["sent at +1h"]


# T1
@pytest.mark.parametrize(
    ("trigger", "step"),
    [
        ("{custom_event: signed_up}", "does: custom_event, name: signed_up"),
        ("make_purchase", "does: make_purchase, product: lamp"),
        ("{make_purchase: {product: lamp}}", "does: make_purchase, product: lamp"),
        ("start_session", "does: start_session"),
        ("{change_attribute: plan}", "set: {plan: pro}"),
        ("{change_attribute: {name: plan, to: pro}}", "set: {plan: pro}"),
        ("{change_attribute: {name: score, to: 3}}", "set: {score: 3.0}"),
        ("{change_attribute: email}", "set: {email: new@example.com}"),
        ("{change_subscription: email}", "subscription: {email: opted_in}"),
        ("{change_subscription: {channel: email, to: opted_in}}", "subscription: {email: opted_in}"),
    ],
)
def test_every_other_kind_of_event_triggers(trigger: str, step: str) -> None:
    assert after(trigger, step) == ["sent at +1h"]


# T1
@pytest.mark.parametrize(
    ("trigger", "step"),
    [
        ("{custom_event: signed_up}", "does: custom_event, name: signed_out"),
        ("{make_purchase: {product: lamp}}", "does: make_purchase, product: rug"),
        ("{sale: click_card}", "does: view_card, card: sale"),
        ("{change_attribute: plan}", "set: {country: SE}"),
        ("{change_attribute: {name: plan, to: pro}}", "set: {plan: free}"),
        ("{change_attribute: {name: score, to: 1}}", "set: {score: true}"),
        ("{change_subscription: {channel: email, to: opted_in}}", "subscription: {email: unsubscribed}"),
        ("{change_subscription: email}", "subscription: {push: opted_in}"),
        ("add_email", "set: {phone: '+46'}"),
    ],
)
def test_another_event_of_the_same_kind_triggers_nothing(trigger: str, step: str) -> None:
    assert after(trigger, step) == []


# T1
@pytest.mark.parametrize(
    ("narrow", "fits", "misses"),
    [
        ("interaction: click_email, link: shop", "does: click_email, link: shop", "does: click_email, link: home"),
        ("interaction: click_email, link: shop", "does: click_email, link: shop", "does: click_email"),
        (
            "interaction: click_in_app_message, button: yes",
            "does: click_in_app_message, button: yes",
            "does: click_in_app_message, button: no",
        ),
        (
            "interaction: directly_open_push, button: buy",
            "does: directly_open_push, button: buy",
            "does: directly_open_push",
        ),
        (
            "interaction: perform_conversion_event, conversion: B",
            "does: perform_conversion_event, conversion: B",
            "does: perform_conversion_event, conversion: A",
        ),
    ],
)
def test_a_narrowed_interaction_triggers_only_where_it_fits(narrow: str, fits: str, misses: str) -> None:
    trigger = f"{{interact_with_campaign: {{campaign: news, {narrow}}}}}"
    assert after(trigger, f"{fits}, campaign: news") == ["sent at +1h"]
    assert after(trigger, f"{misses}, campaign: news") == []


# T1, choice 8
@pytest.mark.parametrize(
    ("where", "step", "enters"),
    [
        ("{color: {is: red}}", "properties: {color: red}", True),
        ("{color: {is: red}}", "properties: {color: blue}", False),
        ("{color: {is: red}}", "quantity: 1", False),
        ("{price: {at_least: 100}}", "price: 100", True),
        ("{price: {at_least: 100}}", "price: 99.99", False),
        ("{currency: {is: SEK}, quantity: {more_than: 1}}", "currency: SEK, quantity: 2", True),
        ("{currency: {is: SEK}, quantity: {more_than: 1}}", "currency: SEK, quantity: 1", False),
        ("{product: {contains: lamp}}", "price: 1", True),
        ("{price: {at_least: 100}}", "price: 1, properties: {price: 100}", True),  # a property of that name wins
    ],
)
def test_a_purchase_is_narrowed_by_its_properties_and_its_own_fields(where: str, step: str, *, enters: bool) -> None:
    came = after(f"{{make_purchase: {{where: {where}}}}}", f"does: make_purchase, product: desk-lamp, {step}")
    assert bool(came) == enters


# T1
def test_a_custom_event_is_narrowed_by_its_properties() -> None:
    trigger = "{custom_event: {name: viewed, where: {price: {more_than: 10}}}}"
    assert after(trigger, "does: custom_event, name: viewed, properties: {price: 11}") == ["sent at +1h"]
    assert after(trigger, "does: custom_event, name: viewed, properties: {price: 10}") == []


# T1
def test_an_api_triggered_campaign_starts_when_the_api_calls_it_and_no_other_campaign_does() -> None:
    played = play("""
        campaigns:
          - {id: receipt, delivery: {type: api_triggered}}
          - {id: other, delivery: {type: api_triggered}}
        timeline:
          - {at: +1h, does: api, campaign: receipt}
    """)
    assert played.outcomes("ana", "receipt") == ["sent at +1h"]
    assert played.only("ana", "receipt").trigger == "api"
    assert played.outcomes("ana", "other") == []


# T1
def test_several_triggers_are_combined_with_or() -> None:
    trigger = "start_session, make_purchase, {custom_event: signed_up}"
    assert after(trigger, "does: custom_event, name: signed_up") == ["sent at +1h"]
    assert after(trigger, "does: start_session") == ["sent at +1h"]
    assert after(trigger, "does: make_purchase") == ["sent at +1h"]


# T1, choice 5
def test_an_event_that_several_triggers_of_a_campaign_match_makes_one_entry() -> None:
    played = play("""
        campaigns:
          - id: hello
            triggers: [{change_attribute: plan}, {change_attribute: {name: plan, to: pro}}, {change_attribute: age}]
            re_eligibility: {window: 0s}
        timeline:
          - {at: +1h, set: {plan: pro, age: 40}}
    """)
    assert played.outcomes("ana", "hello") == ["sent at +1h"]
    assert played.refusals("ana", "hello") == []


# T1, choice 5
@pytest.mark.parametrize("triggers", [["add_email", "change_attribute"], ["change_attribute", "add_email"]])
def test_the_first_of_several_matching_triggers_gives_the_entry_its_name(triggers: list[str]) -> None:
    written = ", ".join("{change_attribute: email}" if one == "change_attribute" else one for one in triggers)
    played = play(f"""
        campaigns: [{{id: hello, triggers: [{written}]}}]
        users: [{{id: ana}}]
        timeline: [{{at: +1h, set: {{email: ana@example.com}}}}]
    """)
    assert played.only("ana", "hello").trigger == triggers[0]


# T1, choice 7
def test_add_email_fires_when_an_address_is_added_and_not_when_it_is_replaced() -> None:
    played = play("""
        campaigns:
          - {id: hello, triggers: [add_email], re_eligibility: {window: 0s}}
        users: [{id: ana}]
        timeline:
          - {at: +1h, set: {email: ana@example.com}}
          - {at: +2h, set: {email: other@example.com}}
          - {at: +3h, set: {email: null}}
          - {at: +4h, set: {email: ana@example.com}}
    """)
    assert played.outcomes("ana", "hello") == ["sent at +1h", "sent at +4h"]


# T1, choice 7
def test_setting_what_is_there_already_or_removing_it_is_no_change() -> None:
    played = play("""
        campaigns:
          - {id: plans, triggers: [{change_attribute: plan}], re_eligibility: {window: 0s}}
          - {id: states, triggers: [{change_subscription: push}], re_eligibility: {window: 0s}}
        users: [{id: ana, email: ana@example.com, attributes: {plan: pro}}]
        timeline:
          - {at: +1h, set: {plan: pro}}
          - {at: +1h, subscription: {push: subscribed}}
          - {at: +2h, set: {plan: null}}
          - {at: +3h, set: {plan: pro}}
          - {at: +3h, subscription: {push: opted_in}}
          - {at: +4h, subscription: {push: opted_in}}
    """)
    assert played.outcomes("ana", "plans") == ["sent at +3h"]
    assert played.outcomes("ana", "states") == ["sent at +3h"]


# T1, choice 8
def test_opens_are_any_unless_narrowed() -> None:
    triggers = {
        "any": "{news: open_email}",
        "human": "{interact_with_campaign: {campaign: news, interaction: open_email, opens: human}}",
        "machine": "{interact_with_campaign: {campaign: news, interaction: open_email, opens: machine}}",
    }
    came = {
        (name, opens): bool(after(trigger, f"does: open_email, campaign: news, opens: {opens}"))
        for name, trigger in triggers.items()
        for opens in ("human", "machine")
    }
    assert came == {
        ("any", "human"): True,
        ("any", "machine"): True,
        ("human", "human"): True,
        ("human", "machine"): False,
        ("machine", "human"): False,
        ("machine", "machine"): True,
    }


# ---------------------------------------------------------------- T8: what templates learn


def learned(trigger: str, kind: Callable[..., Event], **fields: object) -> dict[str, object]:
    desk = Desk(f"""
        cards: [{{id: sale, title: Sale, name: Spring sale}}]
        campaigns:
          - {{id: news, name: Newsletter, triggers: [{{custom_event: never}}]}}
          - {{id: hello, triggers: [{trigger}]}}
    """)
    desk.does(kind, "+1h", happened=None, **fields)
    (message,) = desk.outbox.values()
    return dict(message.properties)


# T8
def test_the_properties_of_the_triggering_event_are_there_for_templates() -> None:
    assert learned("{custom_event: hi}", CustomEventLogged, name="hi", properties={"color": "red"}) == {"color": "red"}


# T8
def test_a_purchase_is_there_for_templates() -> None:
    bought = learned("make_purchase", Purchased, product="lamp", price=9.5, quantity=2, properties={"size": "L"})
    assert bought == {"product": "lamp", "price": 9.5, "currency": "USD", "quantity": 2, "size": "L"}


# T8
def test_the_original_of_an_interaction_is_there_for_templates() -> None:
    fields = {"campaign": "news", "variation": "B", "link": "shop", "channel": "email"}
    properties = learned("{news: click_email}", CampaignInteracted, interaction="click_email", **fields)
    assert properties["original"] == {
        "id": "news",
        "name": "Newsletter",
        "variation": "B",
        "channel": "email",
        "link": "shop",
        "button": None,
    }


# T8
def test_a_button_and_the_channel_of_the_interaction_are_there_for_templates() -> None:
    fields = {"campaign": "news", "interaction": "directly_open_push", "button": "buy"}
    original = learned("{news: directly_open_push}", CampaignInteracted, **fields)["original"]
    assert original == {
        "id": "news",
        "name": "Newsletter",
        "variation": None,
        "channel": "push",
        "link": None,
        "button": "buy",
    }


# T8
def test_a_card_is_there_for_templates() -> None:
    properties = learned("{sale: click_card}", CardInteracted, card="sale", interaction="click_card")
    assert properties["original"] == {"id": "sale", "name": "Spring sale"}


# T8
def test_a_template_reads_the_original_as_event_properties() -> None:
    played = play("""
        campaigns:
          - {id: news, name: Newsletter}
          - id: hello
            triggers: [{news: receive_email}]
            channels:
              email:
                subject: S
                html: >-
                  {% if event_properties.${original}.name == 'Newsletter' and
                        event_properties.${original}.variation == 'A' and
                        event_properties.${original}.channel == 'email' %}
                  {% abort_message('the original is known') %}{% endif %}
    """)
    assert played.only("ana", "hello").reason == "aborted"
    assert "the original is known" in str(played.only("ana", "hello").facts)
