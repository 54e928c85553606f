"""Audiences as campaigns see them: A1 to A5, and what `choices.md` says in 24 to 26. The leaves are in `tests/core`."""

import pytest

from ensue.core.conditions import Audience
from ensue.core.filters import in_audience, matches
from ensue.errors import Rejected
from tests.rules.play import Played, play, scenario_of, staged

GO = "{at: +10d, does: custom_event, name: go}"


def asked(condition: str, timeline: str = "", user: str = "{id: ana, email: ana@example.com, push: true}") -> Played:
    """A campaign with that audience, asked on the tenth day, after what the timeline says."""
    return play(f"""
        users: [{user}]
        cards: [{{id: spring, title: Spring}}]
        segments:
          - {{id: swedes, filter: {{attribute: country, is: SE}}}}
          - {{id: pros, filter: {{attribute: plan, is: pro}}}}
          - {{id: all-of-them}}
        campaigns:
          - {{id: offer, triggers: [{{custom_event: never}}], channels: [email, in_app_message],
             conversions: [{{custom_event: {{name: paid}}, window: 30 days}}]}}
          - {{id: asking, triggers: [{{custom_event: go}}], audience: {condition}}}
        timeline: [{timeline}{", " if timeline else ""}{GO}]
    """)


def enters(condition: str, timeline: str = "", user: str = "{id: ana, email: ana@example.com, push: true}") -> bool:
    played = asked(condition, timeline, user)
    reasons = played.refusals("ana", "asking")
    assert reasons in ([], ["not_in_audience"])
    return not reasons


def ana(attributes: str) -> str:
    return f"{{id: ana, email: ana@example.com, attributes: {attributes}}}"


# ---------------------------------------------------------------- A1: segments and a filter


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("{country: SE, plan: pro, age: 30}", True),
        ("{country: NO, plan: pro, age: 30}", False),
        ("{country: SE, plan: free, age: 30}", False),
        ("{country: SE, plan: pro, age: 17}", False),
    ],
)
def test_all_segments_and_the_filter_must_hold(attributes: str, *, expected: bool) -> None:  # A1
    condition = "{segments: [everyone, swedes, pros], filter: {attribute: age, at_least: 18}}"
    assert enters(condition, user=ana(attributes)) is expected


@pytest.mark.parametrize("condition", ["{segments: [everyone]}", "{segments: []}", "{}", "{segments: [all-of-them]}"])
def test_everyone_is_in_an_audience_that_asks_for_nothing(condition: str) -> None:  # A1
    assert enters(condition)


def test_a_segment_that_does_not_exist_forbids_the_launch() -> None:  # A1, L2
    with staged("campaigns: [{id: asking, audience: {segments: [swede]}}]") as stage:
        assert stage.problems("asking") == ["unknown_segment at audience.segments[0]"]


def test_a_segment_is_asked_as_it_is_now_not_as_it_was_at_the_launch() -> None:  # A1
    with staged(
        "segments: [{id: swedes, filter: {attribute: country, is: SE}}]\n"
        "campaigns: [{id: asking, delivery: {type: api_triggered}, audience: {segments: [swedes]}}]"
    ) as stage:
        stage.move("launch", "asking", at="+0s")
        (segment,) = scenario_of("segments: [{id: swedes, filter: {attribute: country, exists: false}}]").segments
        stage.bench.definitions.save_segment(segment)
        stage.until("+1h")
        stage.bench.tracking.call("asking", ["ana"], {}, "call")
        assert [one.outcome for one in stage.played().of("ana", "asking")] == ["sending"]


# ---------------------------------------------------------------- A2: what can be asked


@pytest.mark.parametrize(
    ("leaf", "before"),
    [
        ("{attribute: plan, is: pro}", "{at: +1h, set: {plan: pro}}"),
        ("{attribute: address.city, is: Uppsala}", "{at: +1h, set: {address: {city: Uppsala}}}"),
        ("{attribute: tags, includes: red}", "{at: +1h, set: {tags: [blue, red]}}"),
        ("{attribute: since, before: 2026-01-01T00:00:00Z}", '{at: +1h, set: {since: "2025-12-31T23:00:00Z"}}'),
        ("{attribute: language, is: sv}", "{at: +1h, set: {language: sv}}"),
        ("{attribute: country, is: SE}", "{at: +1h, set: {country: SE}}"),
        ("{attribute: time_zone, is: Europe/Stockholm}", "{at: +1h, set: {time_zone: Europe/Stockholm}}"),
        ("{event: viewed}", "{at: +1h, does: custom_event, name: viewed}"),
        ("{event: viewed, within: 9 days}", "{at: +2d, does: custom_event, name: viewed}"),
        ("{purchase: lamp}", "{at: +1h, does: make_purchase, product: lamp, price: 1}"),
        (
            "{purchase: any, spent: {at_least: 8}}",
            "{at: +1h, does: make_purchase, product: lamp, price: 4, quantity: 2}",
        ),
        ("{session: any}", "{at: +1h, does: start_session}"),
        ("{campaign: offer, has: received}", "{at: +1h, does: receive_email, campaign: offer}"),
        ("{campaign: offer, has: received}", "{at: +1h, does: receive_push, campaign: offer}"),
        ("{campaign: offer, has: received}", "{at: +1h, does: receive_webhook, campaign: offer}"),
        ("{campaign: offer, has: received}", "{at: +1h, does: view_in_app_message, campaign: offer}"),
        ("{campaign: offer, has: viewed}", "{at: +1h, does: view_in_app_message, campaign: offer}"),
        ("{campaign: offer, has: opened}", "{at: +1h, does: open_email, campaign: offer}"),
        ("{campaign: offer, has: opened}", "{at: +1h, does: open_email, campaign: offer, opens: machine}"),
        ("{campaign: offer, has: opened}", "{at: +1h, does: directly_open_push, campaign: offer}"),
        ("{campaign: offer, has: clicked}", "{at: +1h, does: click_email, campaign: offer}"),
        ("{campaign: offer, has: clicked}", "{at: +1h, does: click_in_app_message, campaign: offer}"),
        ("{campaign: offer, has: control}", "{at: +1h, does: enrolled_in_control_group, campaign: offer}"),
        ("{card: spring, has: viewed}", "{at: +1h, does: view_card, card: spring}"),
        ("{card: spring, has: clicked}", "{at: +1h, does: click_card, card: spring}"),
        ("{subscription: push, is: opted_in}", "{at: +1h, subscription: {push: opted_in}}"),
        ("{segment: swedes}", "{at: +1h, set: {country: SE}}"),
    ],
)
def test_what_a_user_did_or_is_decides(leaf: str, before: str) -> None:  # A2
    # choices.md 24
    assert not enters(f"{{filter: {leaf}}}")
    assert enters(f"{{filter: {leaf}}}", before)


@pytest.mark.parametrize(
    ("leaf", "step"),
    [
        ("{campaign: offer, has: received}", "{at: +1h, does: open_email, campaign: offer}"),
        ("{campaign: offer, has: received}", "{at: +1h, does: enrolled_in_control_group, campaign: offer}"),
        ("{campaign: offer, has: opened}", "{at: +1h, does: click_email, campaign: offer}"),
        ("{campaign: offer, has: opened}", "{at: +1h, does: view_in_app_message, campaign: offer}"),
        ("{campaign: offer, has: clicked}", "{at: +1h, does: directly_open_push, campaign: offer}"),
        ("{campaign: offer, has: clicked}", "{at: +1h, does: open_email, campaign: offer}"),
        ("{campaign: offer, has: viewed}", "{at: +1h, does: receive_email, campaign: offer}"),
        ("{campaign: offer, has: control}", "{at: +1h, does: receive_email, campaign: offer}"),
        ("{card: spring, has: clicked}", "{at: +1h, does: view_card, card: spring}"),
        ("{card: spring, has: viewed}", "{at: +1h, does: dismiss_card, card: spring}"),
    ],
)
def test_one_thing_done_is_not_another(leaf: str, step: str) -> None:  # A2
    # choices.md 24
    assert not enters(f"{{filter: {leaf}}}", step)


def test_a_view_that_is_no_receipt_is_a_view_all_the_same() -> None:  # A2
    # choices.md 22, 24
    steps = "{at: +1h, does: receive_email, campaign: offer}, {at: +9d, does: view_in_app_message, campaign: offer}"
    assert not enters("{filter: {campaign: offer, has: received, within: 9 days}}", steps)
    assert enters("{filter: {campaign: offer, has: viewed, within: 9 days}}", steps)


@pytest.mark.parametrize(("within", "expected"), [("9 days", True), ("8d23h59m59s", False), ("9d1s", True)])
def test_history_reaches_back_over_the_whole_span_its_beginning_included(within: str, *, expected: bool) -> None:  # A2
    # choices.md 24
    step = "{at: +1d, does: open_email, campaign: offer}"
    assert enters(f"{{filter: {{campaign: offer, has: opened, within: {within}}}}}", step) is expected


@pytest.mark.parametrize(("within", "expected"), [("9 days", False), ("9d1s", True)])
def test_counting_reaches_back_to_just_after_the_beginning_of_the_span(within: str, *, expected: bool) -> None:  # A2
    # choices.md 25
    step = "{at: +1d, does: custom_event, name: viewed}"
    assert enters(f"{{filter: {{event: viewed, within: {within}}}}}", step) is expected


def test_history_asks_for_the_last_time_also_where_an_earlier_one_arrives_later() -> None:  # A2
    # choices.md 24
    steps = "{at: +8d, does: open_email, campaign: offer}, {at: +9d, happened: +1d, does: open_email, campaign: offer}"
    assert enters("{filter: {campaign: offer, has: opened, within: 3 days}}", steps)


@pytest.mark.parametrize(
    ("count", "expected"),
    [("{is: 2}", True), ("{at_least: 3}", False), ("{more_than: 1}", True), ("{less_than: 2}", False)],
)
def test_events_are_counted(count: str, *, expected: bool) -> None:  # A2
    steps = ", ".join(f"{{at: +{hour}h, does: custom_event, name: viewed}}" for hour in (1, 2))
    assert enters(f"{{filter: {{event: viewed, count: {count}}}}}", steps) is expected


def test_none_can_be_counted_too() -> None:  # A2
    assert enters("{filter: {event: viewed, count: {less_than: 1}}}")
    assert enters("{filter: {session: any, count: {is: 0}, within: 30 days}}")


def test_what_was_spent_is_summed_whatever_the_currency() -> None:  # A2
    # choices.md 25
    steps = ", ".join(
        f"{{at: +{hour}h, does: make_purchase, product: p{hour}, price: 10, quantity: {hour}, currency: {currency}}}"
        for hour, currency in ((1, "EUR"), (2, "SEK"))
    )
    assert enters("{filter: {purchase: any, spent: {at_least: 30}}}", steps)
    assert not enters("{filter: {purchase: any, spent: {more_than: 30}}}", steps)
    assert not enters("{filter: {purchase: p1, spent: {more_than: 10}}}", steps)
    assert not enters("{filter: {purchase: any, count: {at_least: 3}, spent: {at_least: 30}}}", steps)
    assert enters("{filter: {purchase: any, count: {is: 2}, spent: {at_least: 30}}}", steps)


def test_the_random_bucket_can_be_asked() -> None:  # A2
    # The own bucket of ana is 2199.
    assert enters("{filter: {bucket: {at_least: 2199, less_than: 2200}}}")
    assert not enters("{filter: {bucket: {more_than: 2199}}}")


@pytest.mark.parametrize(("span", "expected"), [("10 days", False), ("10d1s", True)])
def test_the_time_since_a_user_was_first_seen_can_be_asked(span: str, *, expected: bool) -> None:  # A2
    # choices.md 26
    assert enters(f"{{filter: {{first_seen: {{within_last: {span}}}}}}}") is expected
    assert enters(f"{{filter: {{first_seen: {{not_within_last: {span}}}}}}}") is not expected


@pytest.mark.parametrize("channel", ["email", "push"])
def test_reachability_is_that_of_the_default_send_to(channel: str) -> None:  # A2
    leaf = f"{{filter: {{reachable: {channel}}}}}"
    assert enters(leaf)
    assert not enters(leaf, f"{{at: +1h, subscription: {{{channel}: unsubscribed}}}}")
    assert not enters(leaf, user="{id: ana}")


def test_trees_nest_to_any_depth() -> None:  # A2
    tree = "{attribute: plan, is: pro}"
    for _ in range(6):
        tree = f"{{all: [{{any: [{{attribute: x, is: 1}}, {{not: {{not: {tree}}}}}]}}]}}"
    assert enters(f"{{filter: {tree}}}", user=ana("{plan: pro}"))
    assert not enters(f"{{filter: {tree}}}", user=ana("{plan: free}"))


@pytest.mark.parametrize(("tree", "expected"), [("{all: []}", True), ("{any: []}", False)])
def test_of_no_branches_all_hold_and_none_holds(tree: str, *, expected: bool) -> None:  # A2
    assert enters(f"{{filter: {tree}}}") is expected


# ---------------------------------------------------------------- A3: missing values


@pytest.mark.parametrize(
    "comparison",
    ["is: pro", "is_not: pro", "none_of: [pro]", "includes_none: [pro]", "exists: true", "less_than: 5"],
)
def test_on_a_missing_value_a_comparison_is_false_and_its_negation_true(comparison: str) -> None:  # A3
    # choices.md 26
    leaf = f"{{attribute: plan, {comparison}}}"
    assert not enters(f"{{filter: {leaf}}}")
    assert enters(f"{{filter: {{not: {leaf}}}}}")


def test_a_missing_value_is_asked_for_by_exists_false() -> None:  # A3
    leaf = "{filter: {attribute: plan, exists: false}}"
    assert enters(leaf)
    assert not enters(leaf, "{at: +1h, set: {plan: free}}")
    assert enters(leaf, "{at: +1h, set: {plan: free}}, {at: +2h, set: {plan: null}}")


# ---------------------------------------------------------------- A4: cycles of segments


@pytest.mark.parametrize(
    "segments",
    [
        "[{id: one, filter: {segment: one}}]",
        "[{id: one, filter: {segment: two}}, {id: two, filter: {not: {all: [{segment: one}]}}}]",
        "[{id: one, filter: {segment: two}}, {id: two, filter: {segment: three}}, {id: three, filter: {segment: one}}]",
    ],
)
def test_segments_that_contain_themselves_are_refused(segments: str) -> None:  # A4
    with pytest.raises(Rejected) as refusal, staged(f"segments: {segments}"):
        pass
    assert "segment_cycle" in {problem.code for problem in refusal.value.problems}


def test_a_change_that_closes_a_cycle_is_refused_and_changes_nothing() -> None:  # A4
    with staged("segments: [{id: one, filter: {segment: two}}, {id: two, filter: {attribute: a, is: 1}}]") as stage:
        (closing,) = scenario_of("segments: [{id: two, filter: {segment: one}}]").segments
        with pytest.raises(Rejected, match="contains itself"):
            stage.bench.definitions.save_segment(closing)
        kept = {one.id: one for one in stage.bench.runner.read(lambda store: store.catalog.segments())}
        assert kept["two"] != closing


def test_segments_that_share_a_segment_are_no_cycle() -> None:  # A4
    assert enters(
        "{segments: [all-of-them], filter: {all: [{segment: swedes}, {any: [{segment: swedes}, {segment: pros}]}]}}",
        user=ana("{country: SE}"),
    )


# ---------------------------------------------------------------- A5: one definition


def test_the_decision_is_the_answer_of_the_one_function_that_knows_audiences() -> None:  # A5
    users = [f"u{number}" for number in range(30)]
    tree = "{any: [{bucket: {less_than: 4000}}, {all: [{attribute: age, at_least: 18}, {event: viewed}]}]}"
    people = ", ".join(
        f"{{id: {user}, email: x@example.com, attributes: {{age: {index}}}}}" for index, user in enumerate(users)
    )
    steps = ", ".join(
        [f"{{at: +1h, user: {user}, does: custom_event, name: viewed}}" for user in users[::2]]
        + [f"{{at: +2h, user: {user}, does: custom_event, name: go}}" for user in users]
    )
    text = f"""
        users: [{people}]
        campaigns: [{{id: asking, triggers: [{{custom_event: go}}], audience: {{filter: {tree}}}}}]
        timeline: [{steps}]
    """
    played = play(text)
    audience: Audience = scenario_of(text).campaigns[0].audience
    assert audience.filter is not None
    at = played.at("+2h")
    holding = sorted(user for user in users if matches(audience.filter, played.states[user], at, {}))
    assert played.got("asking") == holding
    assert holding == sorted(user for user in users if in_audience(audience, played.states[user], at, {}))
    assert 0 < len(holding) < len(users)
