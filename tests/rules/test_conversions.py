"""Conversions: C1 to C5, and what `choices.md` says in 21 to 23."""

import pytest

from ensue.core.effects import Count, Log
from ensue.core.events import AttributesChanged, CampaignInteracted, CustomEventLogged, Purchased
from tests.rules.desk import Desk
from tests.rules.play import Played, play, staged

BUY = "{make_purchase: {}, window: 3 days}"


def offer(conversions: str, timeline: str, more: str = "", users: str = "ana") -> Played:
    """An offer that ana gets one hour after the start, and once more where a test says so."""
    return play(f"""
        users: [{users}]
        cards: [{{id: spring, title: Spring}}]
        campaigns:
          - {{id: offer, triggers: [{{custom_event: go}}], conversions: [{conversions}], {more}}}
          - {{id: other, triggers: [{{custom_event: never}}]}}
        timeline:
          - {{at: +1h, user: {users}, does: custom_event, name: go}}
          {timeline}
    """)


def converted(played: Played, user: str = "ana", campaign: str = "offer") -> list[str]:
    """The letters that were converted, with their times."""
    made = [one for one in played.log if isinstance(one, CampaignInteracted) and one.conversion]
    mine = [one for one in made if (one.user, one.campaign) == (user, campaign)]
    return [f"{one.conversion} {one.at - played.start}" for one in mine]


# ---------------------------------------------------------------- C1: what converts


@pytest.mark.parametrize(
    ("event", "step"),
    [
        ("make_purchase: {}", "does: make_purchase, product: lamp, price: 1"),
        ("make_purchase: {product: lamp}", "does: make_purchase, product: lamp, price: 1"),
        ("custom_event: {name: paid}", "does: custom_event, name: paid"),
        ("start_session: {}", "does: start_session"),
        ("open_email: {}", "does: open_email, campaign: offer"),
        ("open_email: {}", "does: open_email, campaign: offer, opens: machine"),
        ("click_email: {}", "does: click_email, campaign: offer, link: shop"),
        ("interact_with_campaign: {campaign: other, interaction: open_email}", "does: open_email, campaign: other"),
        ("interact_with_card: {card: spring, interaction: click_card}", "does: click_card, card: spring"),
        ("change_attribute: {name: plan, to: pro}", "set: {plan: pro}"),
        ("change_subscription: {channel: push}", "subscription: {push: opted_in}"),
    ],
)
def test_every_kind_of_event_can_be_a_conversion(event: str, step: str) -> None:  # C1
    played = offer(f"{{{event}, window: 1 day}}", f"- {{at: +2h, {step}}}")
    assert converted(played) == ["A 2:00:00"]


def test_an_address_that_is_added_can_be_a_conversion() -> None:  # C1
    played = play("""
        users: [{id: ana}]
        campaigns: [{id: offer, channels: [webhook], conversions: [{add_email: {}, window: 1 day}]}]
        timeline: [{at: +2h, set: {email: ana@example.com}}]
    """)
    assert converted(played) == ["A 2:00:00"]


@pytest.mark.parametrize(
    ("event", "step"),
    [
        ("make_purchase: {product: lamp}", "does: make_purchase, product: bulb, price: 1"),
        ("make_purchase: {where: {price: {at_least: 10}}}", "does: make_purchase, product: lamp, price: 9.99"),
        ("custom_event: {name: paid, where: {by: {is: card}}}", "does: custom_event, name: paid"),
        ("open_email: {}", "does: open_email, campaign: other"),
        ("click_email: {}", "does: click_email, campaign: other"),
        ("click_email: {}", "does: open_email, campaign: offer"),
        ("change_attribute: {name: plan, to: pro}", "set: {plan: free}"),
    ],
)
def test_an_event_that_is_not_as_asked_converts_nothing(event: str, step: str) -> None:  # C1
    played = offer(f"{{{event}, window: 1 day}}", f"- {{at: +2h, {step}}}")
    assert converted(played) == []


def test_there_are_four_letters_in_the_order_of_the_definition() -> None:  # C1
    events = [f"{{custom_event: {{name: {name}}}, window: 1 day}}" for name in ("one", "two", "three", "four")]
    steps = "\n          ".join(
        f"- {{at: +{hour}h, does: custom_event, name: {name}}}"
        for hour, name in enumerate(("four", "two", "one", "three"), start=2)
    )
    assert converted(offer(", ".join(events), steps)) == ["D 2:00:00", "B 3:00:00", "A 4:00:00", "C 5:00:00"]


@pytest.mark.parametrize(("count", "problems"), [(4, []), (5, ["conversions at conversions"])])
def test_there_are_at_most_four(count: int, problems: list[str]) -> None:  # C1
    events = ", ".join(f"{{custom_event: {{name: e{number}}}, window: 1 day}}" for number in range(count))
    with staged(f"campaigns: [{{id: offer, conversions: [{events}]}}]") as stage:
        assert stage.problems("offer") == problems


@pytest.mark.parametrize(("window", "is_allowed"), [("59s", False), ("1m", True), ("30 days", True), ("30d1s", False)])
def test_a_window_is_one_minute_to_thirty_days(window: str, *, is_allowed: bool) -> None:  # C1
    with staged(f"campaigns: [{{id: offer, conversions: [{{make_purchase: {{}}, window: {window}}}]}}]") as stage:
        assert stage.problems("offer") == ([] if is_allowed else ["window at conversions[0].window"])


# ---------------------------------------------------------------- C2: the window, and whose receipt


@pytest.mark.parametrize(
    ("at", "letters"),
    [
        ("+59m59s", []),
        ("+1h", ["A 1:00:00"]),
        ("+3d59m59s", ["A 3 days, 0:59:59"]),
        ("+3d1h", []),
    ],
)
def test_the_window_is_open_from_the_receipt_until_before_its_end(at: str, letters: list[str]) -> None:  # C2
    assert converted(offer(BUY, f"- {{at: {at}, does: make_purchase, product: lamp, price: 1}}")) == letters


def test_the_window_opens_when_the_mail_is_accepted_not_when_it_is_decided() -> None:  # C2
    desk = Desk("""
        campaigns: [{id: offer, triggers: [{custom_event: go}], conversions: [{make_purchase: {}, window: 1h}]}]
    """)
    desk.does(CustomEventLogged, "+1h", name="go")
    assert conversions_in(desk.does(Purchased, "+1h10m", product="lamp", price=1.0)) == []
    desk.claim("+1h30m")
    desk.accept("+1h30m")
    assert conversions_in(desk.does(Purchased, "+2h29m59s", product="lamp", price=1.0)) == ["A"]


def conversions_in(effects: tuple[object, ...]) -> list[str | None]:
    logged = [effect.event for effect in effects if isinstance(effect, Log)]
    return [event.conversion for event in logged if event.interaction == "perform_conversion_event"]


def test_for_an_in_app_message_the_window_opens_at_the_view() -> None:  # C2
    steps = """- {at: +2h, does: custom_event, name: paid}
          - {at: +5h, does: view_in_app_message, campaign: offer}
          - {at: +5h59m59s, does: custom_event, name: paid}"""
    played = offer("{custom_event: {name: paid}, window: 1h}", steps, "channels: [in_app_message]")
    assert converted(played) == ["A 5:59:59"]


def test_of_several_channels_the_first_receipt_opens_the_window_and_there_is_one_conversion() -> None:  # C2
    # choices.md 21
    desk = Desk("""
        users: [{id: ana, email: ana@example.com, push: true}]
        campaigns:
          - id: offer
            channels: [email, push]
            triggers: [{custom_event: go}]
            conversions: [{make_purchase: {}, window: 1h}, {custom_event: {name: paid}, window: 1h}]
    """)
    desk.does(CustomEventLogged, "+0s", name="go")
    desk.claim("+0s")
    desk.accept("+10m", "push")
    assert conversions_in(desk.does(Purchased, "+20m", product="lamp", price=1.0)) == ["A"]
    desk.accept("+30m", "email")
    assert conversions_in(desk.does(Purchased, "+40m", product="lamp", price=1.0)) == []
    assert conversions_in(desk.does(CustomEventLogged, "+1h10m", name="paid")) == []


def test_for_control_the_window_opens_at_the_enrolment() -> None:  # C2, C5
    # The bucket of eva is 8268.
    for at, letters in (("+3d59m59s", ["A 3 days, 0:59:59"]), ("+3d1h", [])):
        step = f"- {{at: {at}, user: eva, does: make_purchase, product: lamp, price: 1}}"
        played = offer(BUY, step, "control_group: 20", "eva")
        assert played.outcomes("eva", "offer") == ["control at +1h"]
        assert converted(played, "eva") == letters


def test_a_receipt_converts_once_for_each_conversion_event() -> None:  # C2
    steps = """- {at: +2h, does: make_purchase, product: lamp, price: 1}
          - {at: +3h, does: make_purchase, product: lamp, price: 1}"""
    played = offer("{make_purchase: {}, window: 1 day}, {make_purchase: {product: lamp}, window: 2 days}", steps)
    assert converted(played) == ["A 2:00:00", "B 2:00:00"]


def test_each_receipt_converts_anew_and_the_latest_one_is_converted() -> None:  # C2
    steps = """- {at: +2h, does: make_purchase, product: lamp, price: 1}
          - {at: +3h, does: custom_event, name: go}
          - {at: +4h, does: make_purchase, product: lamp, price: 1}
          - {at: +5h, does: make_purchase, product: lamp, price: 1}"""
    played = offer(BUY, steps, "re_eligibility: {window: 0s}")
    assert converted(played) == ["A 2:00:00", "A 4:00:00"]
    first, second = played.of("ana", "offer")
    assert conversion_entries(played) == [first.id, second.id]


def conversion_entries(played: Played) -> list[str | None]:
    return [one.entry for one in played.log if isinstance(one, CampaignInteracted) and one.conversion]


def test_an_older_receipt_whose_window_is_open_is_not_converted_after_a_newer_one_was() -> None:  # C2
    steps = """- {at: +2h, does: custom_event, name: go}
          - {at: +3h, does: make_purchase, product: lamp, price: 1}
          - {at: +4h, does: make_purchase, product: lamp, price: 1}"""
    played = offer(BUY, steps, "re_eligibility: {window: 0s}")
    assert conversion_entries(played) == [played.of("ana", "offer")[1].id]


def test_an_event_that_arrives_late_converts_the_receipt_before_its_own_time() -> None:  # C2
    # choices.md 23
    steps = """- {at: +10h, does: custom_event, name: go}
          - {at: +20h, happened: +9h, does: make_purchase, product: lamp, price: 1}
          - {at: +20h, happened: +30m, does: make_purchase, product: lamp, price: 1}"""
    played = offer(BUY, steps, "re_eligibility: {window: 0s}")
    assert conversion_entries(played) == [played.of("ana", "offer")[0].id]
    assert converted(played) == ["A 9:00:00"]


def test_the_last_ten_receipts_are_kept_for_late_events() -> None:  # C2
    # choices.md 23
    again = "\n          ".join(f"- {{at: +{hour}h, does: custom_event, name: go}}" for hour in range(2, 12))
    late = "\n          - {{at: +20h, happened: +{}h30m, does: make_purchase, product: lamp, price: 1}}"
    played = offer(BUY, again + late.format(1) + late.format(2), "re_eligibility: {window: 0s}")
    assert len(played.of("ana", "offer")) == 11
    assert conversion_entries(played) == [played.of("ana", "offer")[1].id]


def test_one_action_may_convert_several_campaigns() -> None:  # C2
    played = play("""
        campaigns:
          - {id: one, conversions: [{make_purchase: {}, window: 1 day}]}
          - {id: two, conversions: [{custom_event: {name: x}, window: 1 day}, {make_purchase: {}, window: 1 day}]}
          - {id: three, triggers: [{custom_event: never}], conversions: [{make_purchase: {}, window: 1 day}]}
        timeline: [{at: +1h, does: make_purchase, product: lamp, price: 1}]
    """)
    assert [converted(played, campaign=name) for name in ("one", "two", "three")] == [["A 1:00:00"], ["B 1:00:00"], []]


def test_a_receipt_without_an_entry_converts_like_any_other() -> None:  # C2
    # choices.md 22
    played = play("""
        campaigns: [{id: offer, triggers: [{custom_event: go}], conversions: [{make_purchase: {}, window: 1 day}]}]
        timeline:
          - {at: +1h, does: receive_email, campaign: offer}
          - {at: +2h, does: make_purchase, product: lamp, price: 1}
    """)
    assert converted(played) == ["A 2:00:00"]


def test_conversions_of_a_stopped_campaign_go_on_being_recorded() -> None:  # C2, L4
    steps = """- {at: +2h, stop: offer}
          - {at: +3h, does: make_purchase, product: lamp, price: 7}"""
    played = offer(BUY, steps)
    assert converted(played) == ["A 3:00:00"]
    assert played.figure("offer", "revenue:USD") == 7


def test_letters_are_looked_at_in_order_also_where_one_event_changes_several_attributes() -> None:  # C2
    # choices.md 23
    desk = Desk("""
        campaigns:
          - id: offer
            triggers: [{custom_event: go}]
            conversions:
              - {change_attribute: {name: plan}, window: 1 day}
              - {change_attribute: {name: country}, window: 1 day}
              - {change_attribute: {name: plan, to: pro}, window: 1 day}
    """)
    desk.does(CustomEventLogged, "+1h", name="go")
    desk.claim("+1h")
    desk.accept("+1h")
    effects = desk.does(AttributesChanged, "+2h", attributes={"country": "SE", "plan": "pro"})
    assert conversions_in(effects) == ["A", "B", "C"]


# ---------------------------------------------------------------- C3: revenue


def test_purchases_within_the_primary_window_add_to_the_revenue_per_currency() -> None:  # C3
    steps = """- {at: +2h, does: make_purchase, product: lamp, price: 2.5, quantity: 4, currency: EUR}
          - {at: +3h, does: make_purchase, product: lamp, price: 5, currency: EUR}
          - {at: +4h, does: make_purchase, product: lamp, price: 8, quantity: 2, currency: SEK}
          - {at: +3d1h, does: make_purchase, product: lamp, price: 100, currency: EUR}"""
    played = offer(BUY, steps)
    assert played.figure("offer", "revenue:EUR") == 15
    assert played.figure("offer", "revenue:SEK") == 16


def test_purchases_before_the_receipt_and_in_another_window_earn_nothing() -> None:  # C3
    steps = """- {at: +30m, does: make_purchase, product: lamp, price: 1}
          - {at: +2h, does: make_purchase, product: lamp, price: 7}"""
    played = offer("{custom_event: {name: paid}, window: 1h}, {make_purchase: {}, window: 5 days}", steps)
    assert converted(played) == ["B 2:00:00"]
    assert played.figure("offer", "revenue:USD") == 0


def test_whatever_the_primary_event_is_purchases_in_its_window_earn() -> None:  # C3
    step = "- {at: +2h, does: make_purchase, product: lamp, price: 7}"
    played = offer("{custom_event: {name: paid}, window: 1 day}", step)
    assert converted(played) == []
    assert played.figure("offer", "revenue:USD") == 7


def test_a_campaign_without_conversions_earns_nothing() -> None:  # C3
    played = offer("", "- {at: +2h, does: make_purchase, product: lamp, price: 7}")
    assert [figure for figure in played.figures if figure.name.startswith("revenue")] == []


def test_revenue_belongs_to_the_variation_of_the_latest_receipt_also_control() -> None:  # C3, C5
    step = "- {at: +2h, user: eva, does: make_purchase, product: lamp, price: 7}"
    played = offer(BUY, step, "control_group: 20", "eva")
    assert played.figure("offer", "revenue:USD", "control") == 7
    assert played.figure("offer", "revenue:USD", "A") == 0


# ---------------------------------------------------------------- C4: a conversion is an interaction


def follow_on(narrowing: str, timeline: str, users: str = "ana", control: int = 0) -> Played:
    return play(f"""
        users: [{users}]
        campaigns:
          - id: thanks
            triggers:
              - interact_with_campaign: {{campaign: offer, interaction: perform_conversion_event{narrowing}}}
            re_eligibility: {{window: 0s}}
          - id: offer
            control_group: {control}
            conversions: [{{make_purchase: {{}}, window: 3 days}}, {{custom_event: {{name: paid}}, window: 3 days}}]
        timeline:
          {timeline}
    """)


@pytest.mark.parametrize(
    ("narrowing", "outcomes"),
    [
        ("", ["sent at +1h", "sent at +2h"]),
        (", conversion: A", ["sent at +1h"]),
        (", conversion: B", ["sent at +2h"]),
        (", conversion: C", []),
    ],
)
def test_a_conversion_triggers_follow_ons_at_the_same_instant(narrowing: str, outcomes: list[str]) -> None:  # C4
    steps = """- {at: +1h, does: make_purchase, product: lamp, price: 1}
          - {at: +2h, does: custom_event, name: paid}
          - {at: +3h, does: custom_event, name: paid}"""
    assert follow_on(narrowing, steps).outcomes("ana", "thanks") == outcomes


def test_a_conversion_happens_at_the_time_of_its_event_also_where_that_arrives_late() -> None:  # C4
    # choices.md 23
    played = follow_on("", "- {at: +5h, happened: +1h, does: make_purchase, product: lamp, price: 1}")
    assert played.interactions("ana", "offer") == ["receive_email at +0s", "perform_conversion_event at +1h"]
    assert played.only("ana", "thanks").triggered_at == played.at("+1h")
    assert played.outcomes("ana", "thanks") == ["sent at +5h"]


def test_a_conversion_is_known_to_audiences_from_its_instant_on() -> None:  # C4, A2
    played = play("""
        campaigns:
          - {id: offer, conversions: [{make_purchase: {}, window: 3 days}]}
          - {id: buyers, triggers: [{custom_event: go}], audience: {filter: {campaign: offer, has: converted}}}
        timeline:
          - {at: +1h, does: custom_event, name: go}
          - {at: +2h, does: make_purchase, product: lamp, price: 1}
          - {at: +3h, does: custom_event, name: go}
    """)
    assert played.refusals("ana", "buyers") == ["not_in_audience"]
    assert played.outcomes("ana", "buyers") == ["sent at +3h"]


def test_a_conversion_carries_receipt_variation_and_letter() -> None:  # C4
    played = offer(BUY, "- {at: +2h, does: make_purchase, product: lamp, price: 1}")
    (made,) = [one for one in played.log if isinstance(one, CampaignInteracted) and one.conversion]
    assert (made.entry, made.variation, made.conversion) == (played.only("ana", "offer").id, "A", "A")


# ---------------------------------------------------------------- C5: control converts too


def test_conversions_in_control_are_counted_apart_and_trigger_follow_ons() -> None:  # C5
    played = follow_on("", "- {at: +1h, user: eva, does: make_purchase, product: lamp, price: 1}", "eva", control=20)
    assert played.outcomes("eva", "offer") == ["control at +0s"]
    assert played.outcomes("eva", "thanks") == ["sent at +1h"]
    assert played.figure("offer", "perform_conversion_event:A", "control") == 1
    assert played.figure("offer", "perform_conversion_event:A", "A") == 0


def test_conversions_are_counted_by_letter_and_variation() -> None:  # C2
    desk = Desk("""
        campaigns: [{id: offer, triggers: [{custom_event: go}], conversions: [{make_purchase: {}, window: 1 day}]}]
    """)
    desk.does(CustomEventLogged, "+1h", name="go")
    desk.claim("+1h")
    desk.accept("+1h")
    effects = desk.does(Purchased, "+2h", product="lamp", price=1.0)
    counted = [(one.name, one.variation, one.amount) for one in effects if isinstance(one, Count)]
    assert counted == [
        ("revenue:USD", "A", 1.0),
        ("perform_conversion_event:A", "A", 1),
        ("people:converted", "A", 1),
    ]
