"""What is refused says where, why, and how to mend it; what is taken means what it says."""

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import cast

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.codec.build import build
from ensue.codec.dump import dump
from ensue.codec.findings import LIMIT
from ensue.codec.scenario import Scenario, ScenarioUser
from ensue.core.conditions import AttributeFilter, Audience, Comparison, Filter
from ensue.core.contents import Email, Variation
from ensue.core.records import (
    ActionBased,
    Campaign,
    Card,
    Conversion,
    Delivery,
    InDays,
    OnNext,
    QuietHours,
    RateLimit,
    Scheduled,
    Segment,
    Workspace,
)
from ensue.core.triggers import ChangeAttribute, MakePurchase, StartSession, Trigger
from ensue.errors import Rejected
from tests.codec.making import Dice, make_record
from tests.codec.rejecting import problem_of, problems_of

AT_NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
REFUSED: list[tuple[object, object, str, str, str, str]] = [
    # the type, the data, then of its one problem: code, path, a part of the message, a part of the hint
    (Campaign, {"id": "a", "nam": "A"}, "unknown_key", "nam", "did you mean 'name'?", "Known keys: name, id, "),
    (Campaign, {"id": "a", "zzz": "A"}, "unknown_key", "zzz", "unknown key 'zzz'", "Known keys: id, name, "),
    (StartSession, {"start_session": {"a": 1}}, "unknown_key", "start_session.a", "unknown key 'a'", "Nothing belongs"),
    (Campaign, {}, "missing_key", "id", "missing key 'id'", "Add id: it is a text."),
    (Campaign, {"id": 5}, "wrong_type", "id", "expected a text, found the number 5", "in quotes"),
    (Campaign, {"id": "Not A Slug"}, "wrong_format", "id", "'Not A Slug' is no id", "a-z, 0-9 and hyphens"),
    (Campaign, {"id": "a\n"}, "wrong_format", "id", "is no id", "a-z"),
    (Campaign, {"id": "x" * 65}, "wrong_format", "id", "is no id", "at most 64"),
    (Campaign, {"id": "a", "name": None}, "wrong_type", "name", "expected a text, found nothing", ""),
    (Campaign, {"id": "a", "name": "\0"}, "wrong_format", "name", "cannot be stored", "Remove"),
    (Campaign, {"id": "a", "name": "\ud800"}, "wrong_format", "name", "cannot be stored", "Remove"),
    (Campaign, {"id": "a", "tags": "cart"}, "wrong_type", "tags", "expected a list, found the text 'cart'", "[ … ]"),
    (Campaign, {"id": "a", "tags": None}, "wrong_type", "tags", "found nothing", "leave the key out"),
    (Campaign, {"id": "a", "tags": ["b", 1]}, "wrong_type", "tags[1]", "the number 1", "in quotes"),
    (Campaign, {"id": "a", "audience": []}, "wrong_type", "audience", "expected a mapping, found a list", "keys"),
    (Campaign, {"id": "a", "control_group": 101}, "out_of_range", "control_group", "at most 100", ""),
    (Campaign, {"id": "a", "control_group": True}, "wrong_type", "control_group", "a number, found true", ""),
    (Campaign, {"id": "a", "control_group": "10"}, "wrong_type", "control_group", "'10'", "without quotes"),
    (Campaign, {"id": "a", "control_group": float("nan")}, "out_of_range", "control_group", "cannot be stored", ""),
    (Campaign, {"id": "a", "control_group": 10**400}, "out_of_range", "control_group", "cannot be stored", ""),
    (Campaign, {"id": "a", "ignore_frequency_caps": "yes"}, "wrong_type", "ignore_frequency_caps", "'yes'", "true"),
    (Campaign, {"id": "a", "ignore_frequency_caps": 1}, "wrong_type", "ignore_frequency_caps", "number 1", ""),
    (
        Campaign,
        {"id": "a", "send_to": "opted-in"},
        "wrong_value",
        "send_to",
        "'opted-in'",
        "One of: opted_in, subscribed",
    ),
    (Campaign, {"id": "a", "kind": "card"}, "wrong_value", "kind", "expected campaign, found the text 'card'", ""),
    (Campaign, None, "wrong_type", "", "expected a mapping, found nothing", ""),
    (RateLimit, {"per_minute": 1.0}, "wrong_type", "per_minute", "a whole number, found the number 1.0", ""),
    (RateLimit, {"per_minute": 0}, "out_of_range", "per_minute", "must be at least 1", ""),
    (InDays, {"in_days": 366, "at": "09:00"}, "out_of_range", "in_days", "at least 0 and at most 365, found 366", ""),
    (InDays, {"in_days": 1, "at": 540}, "wrong_format", "at", "a clock time, found the number 540", 'quotes: "09:00"'),
    (InDays, {"in_days": 1, "at": "9:00"}, "wrong_format", "at", "found the text '9:00'", "two digits"),
    (InDays, {"in_days": 1, "at": "24:00"}, "wrong_format", "at", "found the text '24:00'", "two digits"),
    (Card, {"id": "a", "publish_at": "2026-03-02"}, "wrong_format", "publish_at", "a timestamp", "Add a clock time."),
    (Card, {"id": "a", "publish_at": "2026-03-02T09:00:00"}, "no_zone", "publish_at", "has no zone", "e.g. Z"),
    (Card, {"id": "a", "publish_at": "2026-13-02T09:00:00Z"}, "wrong_format", "publish_at", "a timestamp", "example"),
    (Card, {"id": "a", "publish_at": "0001-01-01T00:00:00+02:00"}, "wrong_format", "publish_at", "the calendar", ""),
    (Card, {"id": "a", "publish_at": 5}, "wrong_format", "publish_at", "found the number 5", "2026-03-02T09:00:00Z"),
    (Delivery, {"triggers": []}, "missing_key", "type", "missing key 'type'", "One of: action_based, scheduled"),
    (Delivery, {"typ": "scheduled"}, "unknown_key", "typ", "did you mean 'type'?", "One of: action_based"),
    (Delivery, {"type": "schedule"}, "wrong_value", "type", "'schedule' is not allowed", "One of: scheduled, "),
    (Delivery, {"type": ["scheduled"]}, "wrong_value", "type", "a list is not allowed", "One of: "),
    (Scheduled, {"at": "lunch"}, "wrong_value", "at", "expected launch or a timestamp, found the text", "launch"),
    (Scheduled, {"every": "week", "on": ["mondey"]}, "wrong_value", "on[0]", "'mondey'", "One of: monday,"),
    (Scheduled, {"every": "month", "on": [32]}, "out_of_range", "on[0]", "at most 31", ""),
    (Scheduled, {"every": "month", "on": [True]}, "wrong_value", "on[0]", "or a whole number, found true", ""),
    (Trigger, "start_session", "wrong_type", "", "expected a mapping", "Write {start_session: {}}."),
    (Trigger, {}, "missing_key", "", "not clear what this is", "Give one of: interact_with_campaign, "),
    (Trigger, {"make_purchse": {}}, "unknown_key", "make_purchse", "did you mean 'make_purchase'?", "Give one of"),
    (Trigger, {"make_purchase": {}, "start_session": {}}, "ambiguous", "", "make_purchase and start_session", "one of"),
    (Trigger, {"make_purchase": {}, "product": "x"}, "unknown_key", "product", "beside 'make_purchase'", "Indent it"),
    (Trigger, {"make_purchase": []}, "wrong_type", "make_purchase", "expected a mapping, found a list", ""),
    (
        Trigger,
        {"make_purchase": {"where": {"a": {"is_nt": 1}}}},
        "unknown_key",
        "make_purchase.where.a.is_nt",
        "'is_not'?",
        "",
    ),
    (Filter, {"attribut": "a"}, "unknown_key", "attribut", "did you mean 'attribute'?", "Give one of: all, any, not"),
    (Filter, {"attribute": "a", "event": "b"}, "ambiguous", "", "has attribute and event at once", "Give one of"),
    (Filter, {"within": "1 day"}, "missing_key", "", "not clear what this is", "Give one of: all"),
    (Filter, {"not": {"any": [{"segment": "A"}]}}, "wrong_format", "not.any[0].segment", "is no id", ""),
    (
        Filter,
        {"attribute": "a", "within_last": 5},
        "wrong_type",
        "within_last",
        "a duration, found the number 5",
        "unit",
    ),
    (Filter, {"attribute": "a", "within_last": "-1 day"}, "wrong_format", "within_last", "not negative", "1d12h"),
    (
        Filter,
        {"attribute": "a", "is": {}},
        "wrong_value",
        "is",
        "true or false, a timestamp or a list, found a mapp",
        "",
    ),
    (Filter, {"attribute": "a", "is": [[]]}, "wrong_value", "is[0]", "found a list", ""),
    (Filter, {"attribute": "a", "any_of": "b"}, "wrong_type", "any_of", "expected a list", ""),
    (
        Conversion,
        {"window": "1 day"},
        "missing_key",
        "",
        "not clear what this is",
        "Give one of: interact_with_campaign",
    ),
    (Conversion, {"make_purchse": {}, "window": "1 day"}, "unknown_key", "make_purchse", "'make_purchase'?", "Known"),
    (Conversion, {"make_purchase": {}}, "missing_key", "window", "missing key 'window'", "it is a duration"),
    (
        Workspace,
        {"frequency_caps": [{"at_most": 1}] * 11},
        "wrong_length",
        "frequency_caps",
        "11 items, at most 10",
        "",
    ),
    (Email, {"headers": {"X": 1}}, "wrong_type", "headers.X", "expected a text", "in quotes"),
    (
        ScenarioUser,
        {"id": "a", "subscription": {"mail": "subscribed"}},
        "wrong_value",
        "subscription.mail",
        "'mail'",
        "",
    ),
    (ScenarioUser, {"id": "a", "attributes": {"b": {1}}}, "wrong_type", "attributes.b", "no place in JSON", ""),
]


@pytest.mark.parametrize(("kind", "data", "code", "path", "message", "hint"), REFUSED)
def test_what_is_wrong_is_refused_with_place_and_remedy(  # noqa: PLR0917  # one column each
    kind: object, data: object, code: str, path: str, message: str, hint: str
) -> None:
    problem = problem_of(kind, data)
    assert (problem.code, problem.path) == (code, path)
    assert message in problem.message
    assert hint in problem.hint


def test_all_problems_are_found_in_one_go_in_the_order_of_the_input() -> None:
    trigger = {"interact_with_campaign": {"campain": "a", "interaction": "open_mail"}}
    delivery = {"type": "action_based", "triggers": [trigger, "start_session"], "delay": {"after": "soon"}}
    problems = problems_of(Campaign, {"id": "A", "delivery": delivery, "tags": 5})
    assert [problem.path for problem in problems] == [
        "id",
        "delivery.triggers[0].interact_with_campaign.campain",
        "delivery.triggers[0].interact_with_campaign.interaction",
        "delivery.triggers[1]",
        "delivery.delay.after",
        "tags",
    ]
    assert problems[1].message == "unknown key 'campain'; did you mean 'campaign'?"
    assert problems[2].hint.startswith("One of: open_email, ")


def test_the_source_is_named_in_every_problem() -> None:
    with pytest.raises(Rejected) as caught:
        build(Campaign, {"id": "A"}, source="a.json")
    assert caught.value.problems[0].source == "a.json"


def test_reading_ends_where_very_much_is_wrong() -> None:
    assert len(problems_of(Campaign, {"id": "a", "tags": list(range(10_000))})) == LIMIT


def test_what_is_nested_without_end_is_refused() -> None:
    tree: object = {"segment": "a"}
    value: object = 1
    for _ in range(5_000):
        tree, value = {"not": tree}, [value]
    assert problem_of(Segment, {"id": "a", "filter": tree}).code == "too_deep"
    assert problem_of(ScenarioUser, {"id": "a", "attributes": {"b": value}}).code == "too_deep"


def test_times_become_utc() -> None:
    for text in ("2026-03-02T09:00:00Z", "2026-03-02T11:00:00+02:00", "2026-03-02 09:00Z", "2026-03-02T09:00:00.000Z"):
        card = build(Card, {"id": "a", "publish_at": text})
        assert (card.publish_at, card.publish_at and card.publish_at.tzinfo) == (AT_NINE, UTC)
    assert build(Card, {"id": "a", "publish_at": AT_NINE}).publish_at == AT_NINE


def test_only_a_schedule_takes_a_local_time() -> None:
    assert build(Scheduled, {"at": "2026-03-02T09:00:00"}).at == AT_NINE.replace(tzinfo=None)
    assert build(Scheduled, {"at": "2026-03-02T09:00:00Z"}).at == AT_NINE
    assert build(Scheduled, {"at": "launch"}).at == "launch"
    assert problem_of(Scheduled, {"start": "2026-03-02T09:00:00"}).code == "no_zone"


def test_clock_times_and_durations_are_read() -> None:
    assert build(OnNext, {"on_next": "saturday", "at": "09:00"}) == OnNext(on_next="saturday", at=time(9))
    assert build(QuietHours, {"from": "22:00", "to": "08:00"}) == QuietHours(from_=time(22), to=time(8))
    assert (
        build(ActionBased, {"delay": {"after": "1d12h"}}).delay == build(ActionBased, {"delay": {"after": "36h"}}).delay
    )


@pytest.mark.parametrize("value", ["SE", "2026-01-01", "2026-01-01T00:00:00", 5, 5.5, True, AT_NINE, ("a", 1, False)])
def test_a_value_keeps_its_kind(value: object) -> None:
    data = list(value) if isinstance(value, tuple) else value
    built = build(Comparison, {"is": data}).is_
    assert (built, type(built)) == (value, type(value))


def test_a_text_that_is_a_timestamp_with_a_zone_is_a_time_where_times_are_allowed() -> None:
    assert build(Comparison, {"is": "2026-03-02T09:00:00Z"}).is_ == AT_NINE
    assert build(Comparison, {"includes": "2026-03-02T09:00:00Z"}).includes == "2026-03-02T09:00:00Z"
    assert build(ChangeAttribute, {"change_attribute": {"name": "a", "to": "2026-03-02T09:00:00Z"}}).to == AT_NINE


def test_nothing_under_a_tag_counts_as_an_empty_mapping() -> None:
    assert build(Trigger, {"make_purchase": None}) == MakePurchase()
    assert problem_of(Trigger, {"custom_event": None}).path == "custom_event.name"


def test_a_conversion_has_its_event_beside_the_window() -> None:
    conversion = build(Conversion, {"make_purchase": {"product": "lamp"}, "window": "3 days"})
    assert conversion == Conversion(event=MakePurchase(product="lamp"), window=timedelta(days=3))


def test_a_kind_may_be_left_out_where_it_is_known() -> None:
    assert build(Campaign, {"id": "a"}) == build(Campaign, {"kind": "campaign", "id": "a"}) == Campaign(id="a")


def test_null_is_as_good_as_absent_where_there_may_be_nothing() -> None:
    assert build(Campaign, {"id": "a", "delivery": None}) == Campaign(id="a")


def test_whole_numbers_do_for_numbers() -> None:
    share = build(Variation, {"name": "A", "share": 45, "channels": {}}).share
    assert (share, type(share)) == (45.0, float)


def test_filters_are_told_apart_by_their_first_key() -> None:
    data = {"segments": ["everyone"], "filter": {"all": [{"not": {"attribute": "country", "is": "SE"}}]}}
    audience = build(Audience, data)
    assert dump(audience) == data
    assert build(Filter, {"attribute": "country", "is": "SE"}) == AttributeFilter(attribute="country", is_="SE")


JUNK: list[object] = [
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "zzz",
    "2026-03-02T09:00:00",
    [],
    [None],
    {},
    {"": None},
    {"a": {}},
    [[]],
    10**30,
]


@pytest.mark.parametrize("kind", [Campaign, Card, Segment, Scenario])
@settings(max_examples=100)
@given(
    numbers=st.lists(st.integers(0, 999), min_size=20, max_size=100), where=st.integers(0, 999), junk=st.integers(0, 99)
)
def test_whatever_is_put_in_is_taken_or_refused_and_never_a_crash(
    kind: type[msgspec.Struct], numbers: list[int], where: int, junk: int
) -> None:
    data = json.loads(json.dumps(dump(make_record(kind, Dice(numbers)))))
    spots = list(_spots(data))
    holder, key = spots[where % len(spots)]
    holder[key] = JUNK[junk % len(JUNK)]
    with contextlib.suppress(Rejected):
        build(kind, data)


def _spots(data: object) -> Iterator[tuple[dict[object, object], object]]:
    """Every place of the data, as the holder and the key or index in it."""
    if isinstance(data, dict | list):
        for key, item in list(data.items() if isinstance(data, dict) else enumerate(data)):
            yield cast("dict[object, object]", data), key  # a list takes its indexes alike
            yield from _spots(item)


def test_data_from_another_yaml_reader_is_read_alike() -> None:
    text = "{id: a, publish_at: 2026-03-02T11:00:00+02:00, tags: [b]}"
    assert build(Card, yaml.safe_load(text)) == Card(id="a", publish_at=AT_NINE, tags=("b",))
