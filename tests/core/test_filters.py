"""Audiences: each operator and each leaf, missing values, segments, reachability, and the laws of logic."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ensue.core.buckets import own_bucket
from ensue.core.comparisons import holds, pattern_problem, where_holds
from ensue.core.conditions import (
    All,
    Any,
    AttributeFilter,
    Audience,
    BucketFilter,
    CampaignFilter,
    CardFilter,
    Comparison,
    EventFilter,
    Filter,
    FirstSeenFilter,
    Not,
    PurchaseFilter,
    ReachableFilter,
    SegmentFilter,
    SessionFilter,
    SubscriptionFilter,
)
from ensue.core.events import Json, Properties
from ensue.core.filters import (
    DEEPEST_SEGMENT,
    campaigns_used,
    cards_used,
    in_audience,
    is_reachable,
    matches,
    segments_used,
)
from ensue.core.state import CardTouch, Tally, Touch, UserState
from ensue.core.tallies import counted, tallied
from ensue.core.words import Subscription

AT = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
YES: Filter = All(all=())
NO: Filter = Any(any=())


def ago(days: float) -> datetime:
    return AT - timedelta(days=days)


def tally_of(*days_ago: float) -> Tally:
    tally = Tally()
    for days in days_ago:
        tally = counted(tally, ago(days))
    return tally


def user_with(attributes: Properties | None = None) -> UserState:
    return UserState(user="ana", first_seen_at=ago(10), attributes=attributes or {})


def does_match(tree: Filter, state: UserState | None = None, segments: dict[str, Filter | None] | None = None) -> bool:
    return matches(tree, state or user_with(), AT, segments or {})


# ---------------------------------------------------------------- comparisons

HOLDS: list[tuple[Comparison, Json]] = [
    (Comparison(is_="SE"), "SE"),
    (Comparison(is_=1), 1.0),
    (Comparison(is_=1.5), 1.5),
    (Comparison(is_=True), True),
    (Comparison(is_=("a", 1)), ["a", 1]),
    (Comparison(is_=ago(1)), "2026-03-19T13:00:00+01:00"),
    (Comparison(is_=datetime(2026, 3, 19)), "2026-03-19"),  # noqa: DTZ001  # without an offset: UTC
    (Comparison(is_not="SE"), "NO"),
    (Comparison(is_not="SE"), 5),
    (Comparison(is_not=1), True),
    (Comparison(is_not=ago(1)), "no time"),
    (Comparison(any_of=("SE", "NO")), "NO"),
    (Comparison(none_of=("SE", "NO")), "DK"),
    (Comparison(contains="ond"), "London"),
    (Comparison(contains="red"), ["blue", "red"]),
    (Comparison(matches="^L.*n$"), "London"),
    (Comparison(matches="nd"), "London"),
    (Comparison(exists=True), ""),
    (Comparison(exists=True), False),
    (Comparison(exists=True), []),
    (Comparison(exists=False), None),
    (Comparison(more_than=1), 1.5),
    (Comparison(at_least=1), 1),
    (Comparison(less_than=1), 0),
    (Comparison(at_most=1), 1),
    (Comparison(more_than=1, less_than=3), 2),
    (Comparison(before=AT), "2026-03-20T11:59:59.999999Z"),
    (Comparison(before=AT), "2026-03-20"),
    (Comparison(after=AT), "2026-03-20 12:00:01+00:00"),
    (Comparison(before=AT), "0001-01-01T00:00:00+23:59"),
    (Comparison(after=AT), "9999-12-31T23:59:59-23:59"),
    (Comparison(within_last=DAY), "2026-03-20T12:00:00Z"),
    (Comparison(within_last=DAY), "2026-03-19T12:00:00.000001Z"),
    (Comparison(within_last=timedelta.max), "0001-01-01"),
    (Comparison(not_within_last=DAY), "2026-03-19T12:00:00Z"),
    (Comparison(not_within_last=DAY), "2026-03-20T12:00:01Z"),
    (Comparison(includes="red"), ["blue", "red"]),
    (Comparison(includes=1), [1.0]),
    (Comparison(includes_none=("red", "green")), ["blue"]),
    (Comparison(includes_none=("red",)), []),
    (Comparison(), "anything"),
]
FAILS: list[tuple[Comparison, Json]] = [
    (Comparison(is_="SE"), "se"),
    (Comparison(is_="1"), 1),
    (Comparison(is_=1), "1"),
    (Comparison(is_=1), True),
    (Comparison(is_=True), 1),
    (Comparison(is_=("a", "b")), ["b", "a"]),
    (Comparison(is_=("a",)), ["a", "b"]),
    (Comparison(is_=("a",)), "a"),
    (Comparison(is_="a"), ["a"]),
    (Comparison(is_=ago(1)), "no time"),
    (Comparison(is_not="SE"), "SE"),
    (Comparison(any_of=("SE", "NO")), "DK"),
    (Comparison(any_of=(1,)), True),
    (Comparison(any_of=()), "SE"),
    (Comparison(none_of=("SE", "NO")), "NO"),
    (Comparison(contains="OND"), "London"),
    (Comparison(contains="re"), ["blue", "red"]),
    (Comparison(contains="1"), 1),
    (Comparison(matches="^ond"), "London"),
    (Comparison(matches="1"), 1),
    (Comparison(exists=False), ""),
    (Comparison(exists=False, is_="SE"), "SE"),
    (Comparison(more_than=1), 1),
    (Comparison(more_than=0), True),
    (Comparison(more_than=0), "5"),
    (Comparison(at_least=1), 0.99),
    (Comparison(less_than=1), 1),
    (Comparison(at_most=1), 1.01),
    (Comparison(more_than=1, less_than=3), 3),
    (Comparison(before=AT), "2026-03-20T12:00:00Z"),
    (Comparison(after=AT), "2026-03-20T12:00:00Z"),
    (Comparison(before=AT), "yesterday"),
    (Comparison(before=AT), "20260101"),
    (Comparison(before=AT), "2026-01"),
    (Comparison(before=AT), "2026-02-30"),
    (Comparison(before=AT), 0),
    (Comparison(after=AT), 9_999_999_999),
    (Comparison(within_last=DAY), "2026-03-19T12:00:00Z"),
    (Comparison(within_last=DAY), "2026-03-20T12:00:00.000001Z"),
    (Comparison(within_last=DAY), "soon"),
    (Comparison(not_within_last=DAY), "2026-03-20T12:00:00Z"),
    (Comparison(not_within_last=DAY), "soon"),
    (Comparison(not_within_last=DAY), True),
    (Comparison(includes="red"), ["blue"]),
    (Comparison(includes="red"), "red"),
    (Comparison(includes=1), [True]),
    (Comparison(includes_none=("red", "green")), ["green", "blue"]),
    (Comparison(includes_none=("red",)), "blue"),
]


@pytest.mark.parametrize(("comparison", "value"), HOLDS)
def test_a_comparison_holds_for_such_a_value(comparison: Comparison, value: Json) -> None:  # A2
    assert holds(comparison, value, AT)


@pytest.mark.parametrize(("comparison", "value"), FAILS)
def test_a_comparison_does_not_hold_for_another_value(comparison: Comparison, value: Json) -> None:  # A2
    assert not holds(comparison, value, AT)


@pytest.mark.parametrize(
    "comparison",
    [
        *(comparison for comparison, value in HOLDS if value is not None),
        Comparison(exists=False, is_not="SE"),
        Comparison(none_of=()),
        Comparison(includes_none=()),
    ],
)
def test_on_a_missing_value_no_comparison_holds_but_exists_false(comparison: Comparison) -> None:  # A3
    assert not holds(comparison, None, AT)


def test_every_operator_is_tried_here() -> None:
    tried = {
        name
        for comparison, _ in HOLDS
        for name in Comparison.__struct_fields__
        if getattr(comparison, name) != getattr(Comparison(), name)
    }

    assert tried == set(Comparison.__struct_fields__)


@pytest.mark.parametrize("pattern", ["(", "a{99999999999999999999}", "a" * 257, "(?P<x>a)(?P<x>b)"])
def test_a_broken_pattern_has_a_problem_and_matches_nothing(pattern: str) -> None:
    assert pattern_problem(pattern)
    assert not holds(Comparison(matches=pattern), "a" * 300, AT)


def test_a_pattern_looks_at_the_first_thousand_characters() -> None:
    assert pattern_problem("needle") is None
    assert holds(Comparison(matches="needle"), "." * 994 + "needle", AT)
    assert not holds(Comparison(matches="needle"), "." * 995 + "needle", AT)


def test_all_properties_must_be_as_asked() -> None:
    where = {"color": Comparison(is_="red"), "box.size": Comparison(at_least=2)}

    assert where_holds(where, {"color": "red", "box": {"size": 2}}, AT)
    assert not where_holds(where, {"color": "red", "box": {"size": 1}}, AT)
    assert not where_holds(where, {"color": "red"}, AT)
    assert where_holds({}, {}, AT)


# ---------------------------------------------------------------- attributes


def test_attributes_are_found_by_name_and_dots_reach_into_objects() -> None:  # A2
    state = user_with({"country": "SE", "home": {"city": {"name": "Umeå"}}, "a.b": 1, "a": {"b": 2}, "none": None})

    assert does_match(AttributeFilter(attribute="country", is_="SE"), state)
    assert does_match(AttributeFilter(attribute="home.city.name", is_="Umeå"), state)
    assert does_match(AttributeFilter(attribute="a.b", is_=1), state)
    assert does_match(AttributeFilter(attribute="external_id", is_="ana"), state)
    for missing in ("language", "home.street", "home.city.name.first", "country.code", "none", ".", ""):
        assert does_match(AttributeFilter(attribute=missing, exists=False), state)


def test_not_negates_exactly_also_on_a_missing_value() -> None:  # A3
    is_not_swedish = AttributeFilter(attribute="country", is_not="SE")

    assert not does_match(is_not_swedish)
    assert does_match(Not(not_=is_not_swedish))
    assert does_match(Not(not_=AttributeFilter(attribute="country", is_="SE")))


def test_the_own_bucket_and_the_time_since_first_seen_can_be_asked() -> None:  # A2
    number = own_bucket("ana")

    assert does_match(BucketFilter(bucket=Comparison(at_least=number, at_most=number)))
    assert not does_match(BucketFilter(bucket=Comparison(less_than=number)))
    assert does_match(FirstSeenFilter(first_seen=Comparison(within_last=11 * DAY)))
    assert not does_match(FirstSeenFilter(first_seen=Comparison(within_last=10 * DAY)))
    assert does_match(FirstSeenFilter(first_seen=Comparison(before=ago(9), after=ago(11))))


# ---------------------------------------------------------------- what was done


def test_custom_events_are_counted_ever_or_within_a_span() -> None:  # A2
    state = replace(user_with(), events={"viewed": tally_of(30, 5, 1)})

    assert does_match(EventFilter(event="viewed"), state)
    assert not does_match(EventFilter(event="other"), state)
    assert does_match(EventFilter(event="other", count=Comparison(less_than=1)), state)
    assert does_match(EventFilter(event="viewed", count=Comparison(is_=3)), state)
    assert does_match(EventFilter(event="viewed", count=Comparison(is_=2), within=30 * DAY), state)
    assert does_match(EventFilter(event="viewed", count=Comparison(is_=1), within=5 * DAY), state)
    assert not does_match(EventFilter(event="viewed", within=DAY), state)
    assert does_match(EventFilter(event="viewed", count=Comparison(is_=3), within=timedelta.max), state)


def test_what_happens_after_the_instant_asked_about_is_outside_of_the_span() -> None:
    state = replace(user_with(), events={"viewed": tally_of(0, -1)})

    assert does_match(EventFilter(event="viewed", count=Comparison(is_=1), within=DAY), state)


def test_sessions_are_counted() -> None:  # A2
    state = replace(user_with(), sessions=tally_of(3, 1))

    assert does_match(SessionFilter(session="any"), state)
    assert not does_match(SessionFilter(session="any"))
    assert does_match(SessionFilter(session="any", count=Comparison(less_than=1)))
    assert does_match(SessionFilter(session="any", count=Comparison(is_=1), within=2 * DAY), state)


def test_purchases_are_counted_and_summed_by_product_and_over_all() -> None:  # A2
    purchases: dict[str, Tally] = {}
    for product, days, amount in (("lamp", 40, 100.0), ("lamp", 2, 50.0), ("desk", 1, 300.0)):
        purchases = tallied(purchases, product, ago(days), amount)
    state = replace(user_with(), purchases=purchases)

    assert does_match(PurchaseFilter(purchase="lamp"), state)
    assert not does_match(PurchaseFilter(purchase="sofa"), state)
    assert not does_match(PurchaseFilter(purchase="any"))
    assert does_match(PurchaseFilter(purchase="any", count=Comparison(is_=3)), state)
    assert does_match(PurchaseFilter(purchase="any", count=Comparison(is_=2), within=30 * DAY), state)
    assert does_match(PurchaseFilter(purchase="any", spent=Comparison(is_=450)), state)
    assert does_match(PurchaseFilter(purchase="lamp", spent=Comparison(is_=50), within=30 * DAY), state)
    assert does_match(PurchaseFilter(purchase="sofa", spent=Comparison(less_than=1)), state)


def test_count_and_spent_must_both_hold() -> None:
    state = replace(user_with(), purchases=tallied({}, "lamp", ago(1), 100.0))

    assert does_match(PurchaseFilter(purchase="any", count=Comparison(is_=1), spent=Comparison(is_=100)), state)
    assert not does_match(PurchaseFilter(purchase="any", count=Comparison(is_=2), spent=Comparison(is_=100)), state)
    assert not does_match(PurchaseFilter(purchase="any", count=Comparison(is_=1), spent=Comparison(is_=99)), state)


@pytest.mark.parametrize("has", ["received", "viewed", "opened", "clicked", "converted", "control"])
def test_campaign_history_asks_for_the_last_time_of_each(
    has: Literal["received", "viewed", "opened", "clicked", "converted", "control"],
) -> None:  # A2
    state = replace(user_with(), campaigns={"news": replace(Touch(), **{f"{has}_at": ago(7)})})
    others = replace(Touch(), last_receipt_at=ago(1), **{f"{name}_at": ago(1) for name in HAS if name != has})

    assert does_match(CampaignFilter(campaign="news", has=has), state)
    assert does_match(CampaignFilter(campaign="news", has=has, within=7 * DAY), state)
    assert not does_match(CampaignFilter(campaign="news", has=has, within=6 * DAY), state)
    assert not does_match(CampaignFilter(campaign="other", has=has), state)
    assert not does_match(CampaignFilter(campaign="news", has=has), replace(state, campaigns={"news": others}))


HAS = ("received", "viewed", "opened", "clicked", "converted", "control")


def test_card_history_asks_for_the_last_time_of_each() -> None:  # A2
    state = replace(user_with(), cards={"sale": CardTouch(viewed_at=ago(7), dismissed_at=ago(1))})

    assert does_match(CardFilter(card="sale", has="viewed"), state)
    assert does_match(CardFilter(card="sale", has="viewed", within=7 * DAY), state)
    assert not does_match(CardFilter(card="sale", has="viewed", within=6 * DAY), state)
    assert not does_match(CardFilter(card="sale", has="clicked"), state)
    assert not does_match(CardFilter(card="other", has="viewed"), state)


# ---------------------------------------------------------------- subscriptions, reachability


def test_who_never_chose_is_subscribed() -> None:  # F2
    assert does_match(SubscriptionFilter(subscription="email", is_="subscribed"))
    assert not does_match(SubscriptionFilter(subscription="email", is_="opted_in"))
    out = replace(user_with(), subscriptions={"push": "unsubscribed"})
    assert does_match(SubscriptionFilter(subscription="push", is_="unsubscribed"), out)


@pytest.mark.parametrize(
    ("subscription", "reached"),
    [
        (None, "subscribed all"),
        ("subscribed", "subscribed all"),
        ("opted_in", "subscribed opted_in all"),
        ("unsubscribed", "all"),
    ],
)
def test_a_campaign_goes_to_those_whose_subscription_it_asks_for(
    subscription: Subscription | None, reached: str
) -> None:  # F2
    state = replace(user_with({"email": "ana@example.com"}), devices={"token": "web"})
    if subscription:
        state = replace(state, subscriptions={"email": subscription, "push": subscription})

    for send_to in ("subscribed", "opted_in", "all"):
        assert is_reachable(state, "email", send_to) == (send_to in reached.split())
        assert is_reachable(state, "push", send_to) == (send_to in reached.split())
    assert does_match(ReachableFilter(reachable="email"), state) == ("subscribed" in reached.split())


def test_email_needs_an_address_that_has_not_bounced() -> None:  # F3
    state = user_with({"email": "ana@example.com"})

    assert is_reachable(state, "email", "all")
    assert not is_reachable(replace(state, bounced_email="ana@example.com"), "email", "all")
    assert not is_reachable(replace(state, bounced_email="Ana@Example.com"), "email", "all")
    assert is_reachable(replace(state, bounced_email="old@example.com"), "email", "all")
    for address in ("", None, 5):
        assert not is_reachable(user_with({"email": address}), "email", "all")
    assert not is_reachable(user_with(), "email", "all")


def test_push_needs_a_device_and_the_other_channels_nothing() -> None:
    assert not is_reachable(user_with(), "push", "all")
    assert is_reachable(replace(user_with(), devices={"token": "ios"}), "push", "all")
    assert is_reachable(user_with(), "in_app_message", "opted_in")
    assert is_reachable(user_with(), "webhook", "opted_in")


# ---------------------------------------------------------------- audiences and segments


def test_an_audience_asks_for_all_segments_and_the_filter() -> None:  # A1
    segments: dict[str, Filter | None] = {"yes": YES, "no": NO, "bare": None}

    assert in_audience(Audience(), user_with(), AT, segments)
    assert in_audience(Audience(segments=("yes", "bare", "everyone"), filter=YES), user_with(), AT, segments)
    assert not in_audience(Audience(segments=("yes", "no")), user_with(), AT, segments)
    assert not in_audience(Audience(segments=("yes",), filter=NO), user_with(), AT, segments)


def test_everyone_always_exists_and_an_unknown_segment_holds_nobody() -> None:  # A1
    assert does_match(SegmentFilter(segment="everyone"))
    assert does_match(SegmentFilter(segment="everyone"), segments={"everyone": NO})
    assert not does_match(SegmentFilter(segment="unknown"))
    assert does_match(Not(not_=SegmentFilter(segment="unknown")))
    assert not in_audience(Audience(segments=("unknown",)), user_with(), AT, {})


def test_a_deleted_user_belongs_to_nothing() -> None:
    deleted = replace(user_with(), exists=False)

    assert not does_match(YES, deleted)
    assert not does_match(Not(not_=NO), deleted)
    assert not in_audience(Audience(segments=("everyone",)), deleted, AT, {})


def test_a_cycle_of_segments_ends_and_holds_nobody() -> None:  # A4
    names = [f"s{number}" for number in range(40)]
    each_other = tuple(SegmentFilter(segment=name) for name in names)

    assert not does_match(SegmentFilter(segment="a"), segments={"a": SegmentFilter(segment="a")})
    assert not does_match(SegmentFilter(segment="s0"), segments=dict.fromkeys(names, All(all=each_other)))
    assert not does_match(SegmentFilter(segment="s0"), segments=dict.fromkeys(names, Any(any=each_other)))


def test_segments_may_refer_to_one_another_up_to_a_depth() -> None:
    chain: dict[str, Filter | None] = {f"s{number}": SegmentFilter(segment=f"s{number + 1}") for number in range(99)}
    deepest = DEEPEST_SEGMENT - 1

    assert does_match(SegmentFilter(segment="s0"), segments={**chain, f"s{deepest}": None})
    assert not does_match(SegmentFilter(segment="s0"), segments={**chain, f"s{deepest + 1}": None})


def test_a_segment_that_is_used_often_is_asked_once() -> None:
    doubled: dict[str, Filter | None] = {
        f"s{number}": Any(any=(SegmentFilter(segment=f"s{number + 1}"),) * 2) for number in range(DEEPEST_SEGMENT - 1)
    }

    assert not does_match(SegmentFilter(segment="s0"), segments={**doubled, f"s{DEEPEST_SEGMENT - 1}": NO})


def test_what_a_tree_refers_to_is_found_at_any_depth() -> None:
    tree = All(
        all=(
            Not(not_=Any(any=(SegmentFilter(segment="big"), CampaignFilter(campaign="news", has="opened")))),
            CardFilter(card="sale", has="viewed"),
            SegmentFilter(segment="new"),
            AttributeFilter(attribute="country", is_="SE"),
        )
    )

    assert segments_used(tree) == {"big", "new"}
    assert campaigns_used(tree) == {"news"}
    assert cards_used(tree) == {"sale"}
    assert segments_used(None) == campaigns_used(None) == cards_used(None) == frozenset()


# ---------------------------------------------------------------- laws


def tree_of(numbers: list[int]) -> Filter:
    """Build a tree from numbers, read like a calculator with a stack."""
    stack: list[Filter] = [AttributeFilter(attribute="age", at_least=numbers[0])]
    for number in numbers:
        match number % 6:
            case 0:
                stack.append(Not(not_=stack.pop()))
            case 1 if len(stack) > 1:
                stack.append(All(all=(stack.pop(), stack.pop())))
            case 2 if len(stack) > 1:
                stack.append(Any(any=(stack.pop(), stack.pop())))
            case 3:
                stack.append(EventFilter(event="viewed", count=Comparison(less_than=number)))
            case 4:
                stack.append(AttributeFilter(attribute=("age", "absent")[number % 2], is_not=number))
            case _:
                stack.append(BucketFilter(bucket=Comparison(less_than=number * 100)))
    return All(all=tuple(stack))


NUMBERS = st.lists(st.integers(0, 99), min_size=1, max_size=12)


@given(NUMBERS, NUMBERS, st.integers(0, 99))
def test_filters_obey_the_laws_of_logic(left: list[int], right: list[int], age: int) -> None:  # A3
    one, two = tree_of(left), tree_of(right)
    state = replace(user_with({"age": age}), events={"viewed": tally_of(*range(age % 7))})

    def asked(tree: Filter) -> bool:
        return does_match(tree, state)

    assert asked(Not(not_=one)) == (not asked(one))
    assert asked(Not(not_=Not(not_=one))) == asked(one)
    assert asked(All(all=(one, two))) == (asked(one) and asked(two))
    assert asked(Not(not_=All(all=(one, two)))) == asked(Any(any=(Not(not_=one), Not(not_=two))))
    assert asked(Not(not_=Any(any=(one, two)))) == asked(All(all=(Not(not_=one), Not(not_=two))))


@given(st.integers(-500, 500), st.integers(1, 400))
def test_for_a_time_that_is_there_within_last_and_not_within_last_are_opposites(minutes: int, span: int) -> None:  # A3
    value = (AT - timedelta(minutes=minutes)).isoformat()
    inside = holds(Comparison(within_last=timedelta(minutes=span)), value, AT)

    assert inside == (0 <= minutes < span)
    assert holds(Comparison(not_within_last=timedelta(minutes=span)), value, AT) != inside


@given(
    st.sampled_from([None, True, False, 0, 1, 1.0, 2.5, "", "1", "true", [], ["1"], [1], {"a": 1}, "2026-03-20"]),
    st.sampled_from(["", "1", "true", 0, 1, 1.0, 2.5, True, False]),
)
def test_equality_is_one_relation_in_all_operators(value: Json, wanted: str | float | bool) -> None:  # noqa: FBT001  # drawn
    equal = holds(Comparison(is_=wanted), value, AT)

    assert holds(Comparison(any_of=(wanted,)), value, AT) == equal
    assert holds(Comparison(is_not=wanted), value, AT) == (value is not None and not equal)
    assert holds(Comparison(none_of=(wanted,)), value, AT) == (value is not None and not equal)
    assert holds(Comparison(includes=wanted), [value], AT) == equal
    assert holds(Comparison(includes_none=(wanted,)), [value], AT) != equal
