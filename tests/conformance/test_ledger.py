"""What every Ledger does."""

from datetime import UTC, date, datetime
from typing import TypedDict

import msgspec
import pytest
from msgspec.structs import replace

from ensue.core.effects import HandOver, Keep, Outcome, Withdraw
from ensue.core.events import (
    Accepted,
    ApiCalled,
    AttributesChanged,
    CardInteracted,
    Claimed,
    Deferred,
    Event,
    Failed,
    Purchased,
    PushRegistered,
    PushUnregistered,
    SessionStarted,
    SubscriptionChanged,
    Targeted,
    UserDeleted,
    Woken,
)
from ensue.history import DailyFigure, Figure, Tale
from ensue.ports import Ledger, Store
from tests.conformance.samples import OUTCOMES, START, count, decision, event, interaction, keep, log, message, send

WHEN = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)


class Head(TypedDict):
    id: str
    user: str
    at: datetime
    received_at: datetime


def head(identity: str) -> Head:
    return {"id": identity, "user": "ana", "at": WHEN, "received_at": START}


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return store.ledger


def ids(tales: list[Tale]) -> list[tuple[int, str]]:
    return [(tale.number, tale.event.id) for tale in tales]


# ---------------------------------------------------------------- events


def test_every_kind_of_event_is_read_as_it_was_written(ledger: Ledger) -> None:
    events: list[Event] = [
        AttributesChanged(**head("1"), attributes={"plan": None, "big": 10**30, "list": [1, "two", {"x": 0.1}]}),
        event("2"),
        Purchased(**head("3"), product="lamp", price=12.34, quantity=2, properties={"color": "red\0"}),
        SessionStarted(**head("4")),
        SubscriptionChanged(**head("5"), channel="email", to="opted_in"),
        PushRegistered(**head("6"), token="token"),
        PushUnregistered(**head("7"), token="token"),
        interaction("8"),
        CardInteracted(**head("9"), card="sale", interaction="view_card"),
        ApiCalled(**head("10"), campaign="news", properties={"a": "b"}),
        UserDeleted(**head("11")),
        Targeted(**head("12"), campaign="news"),
        Woken(**head("")),
        Claimed(**head("14"), entry="e", message="m"),
        Deferred(**head("15"), entry="e", message="m"),
        Accepted(**head("16"), entry="e", message="m"),
        Failed(**head("17"), entry="e", message="m", reason="aborted", detail="too late"),
    ]
    ledger.append(events, [])
    assert ledger.events() == [Tale(number=number, event=each) for number, each in enumerate(events, 1)]


def test_the_log_has_the_events_first_then_the_interactions_that_came_of_them(ledger: Ledger) -> None:
    ledger.append([event("a"), event("b")], [log("x"), keep("k", "sent"), log("y")])
    ledger.append([event("c")], [])
    assert ids(ledger.events()) == [(1, "a"), (2, "b"), (3, "x"), (4, "y"), (5, "c")]


def test_the_log_is_read_in_pages(ledger: Ledger) -> None:
    ledger.append([event(name) for name in "abcde"], [])
    assert ids(ledger.events(after=1, limit=2)) == [(2, "b"), (3, "c")]
    assert ids(ledger.events(after=5)) == []


def test_events_are_skimmed_as_they_were_written(ledger: Ledger) -> None:
    events: list[Event] = [event("a"), interaction("b"), event("c", "bo\0")]
    ledger.append(events, [])
    assert [(user, kind) for user, kind, _ in ledger.skim(0, 3)] == [
        ("ana", "custom_event"),
        ("ana", "campaign_interacted"),
        ("bo\0", "custom_event"),
    ]
    assert [msgspec.json.decode(body, type=Event) for _, _, body in ledger.skim(0, 3)] == events
    assert [user for user, _, _ in ledger.skim(1, 2)] == ["ana"]
    assert [user for user, _, _ in ledger.skim(0, 9, {"custom_event", "purchase"})] == ["ana", "bo\0"]
    assert ledger.skim(3, 9) == ledger.skim(2, 2) == ledger.skim(0, 3, set()) == []


def test_the_same_event_may_be_in_the_log_twice(ledger: Ledger) -> None:
    ledger.append([event("a"), event("a")], [])
    assert ids(ledger.events()) == [(1, "a"), (2, "a")]


def test_the_last_events_of_a_user_come_the_latest_first(ledger: Ledger) -> None:
    ledger.append([event("a"), event("b", "bo"), event("c"), event("d")], [log("x"), log("y", "bo")])
    assert ids(ledger.events_of("ana")) == [(5, "x"), (4, "d"), (3, "c"), (1, "a")]
    assert ids(ledger.events_of("bo", limit=1)) == [(6, "y")]
    assert ids(ledger.events_of("nobody")) == []
    assert ids(ledger.events_of("ana", after=1, before=5)) == [(4, "d"), (3, "c")]


# ---------------------------------------------------------------- decisions


def test_a_later_decision_replaces_the_earlier_one_at_its_place(ledger: Ledger) -> None:
    ledger.append([], [keep("a", "waiting"), keep("b", "waiting")])
    ledger.append([], [keep("c", "refused"), keep("a", "sending"), keep("a", "sent")])
    assert ledger.decisions() == [
        (1, decision("a", "sent")),
        (2, decision("b", "waiting")),
        (3, decision("c", "refused")),
    ]


def test_one_batch_may_keep_a_decision_more_than_once(ledger: Ledger) -> None:
    ledger.append([], [keep("a", "waiting"), keep("b", "waiting"), keep("a", "cancelled")])
    assert ledger.decisions() == [(1, decision("a", "cancelled")), (2, decision("b", "waiting"))]
    assert ledger.outcomes() == {"news": {"cancelled": 1, "waiting": 1}}


def test_the_same_id_of_another_user_or_campaign_is_another_decision(ledger: Ledger) -> None:
    ledger.append([], [keep("a", "sent"), keep("a", "waiting", user="bo"), keep("a", "control", campaign="cart")])
    assert len(ledger.decisions()) == 3


def test_decisions_are_read_by_user_campaign_and_outcome(ledger: Ledger) -> None:
    places = [("ana", "news"), ("bo", "news"), ("ana", "cart"), ("ana", "news"), ("bo", "cart"), ("ana", "news")]
    outcomes: list[Outcome] = ["sent", "sent", "sent", "refused", "refused", "waiting"]
    ledger.append(
        [],
        [
            keep(f"{9 - number}", outcome, user=user, campaign=campaign)
            for number, ((user, campaign), outcome) in enumerate(zip(places, outcomes, strict=True))
        ],
    )

    def numbers(**wanted: object) -> list[int]:
        return [number for number, _ in ledger.decisions(**wanted)]  # type: ignore[arg-type]  # drawn by name

    assert numbers(user="ana") == [1, 3, 4, 6]
    assert numbers(campaign="cart") == [3, 5]
    assert numbers(user="ana", campaign="news") == [1, 4, 6]
    assert numbers(user="ana", campaign="news", after=1, limit=1) == [4]
    assert numbers(user="ana", outcome="refused") == [4]
    assert numbers(campaign="news", outcome="sent", after=1) == [2]
    assert numbers(outcome="refused") == [4, 5]
    assert numbers(after=4) == [5, 6]
    assert numbers(user="nobody") == numbers(campaign="unknown") == numbers(user="bo", after=9) == []


def test_users_who_wait_come_once_and_in_byte_order(ledger: Ledger) -> None:
    ledger.append([], [keep(f"{place}", "waiting", user=user) for place, user in enumerate(["😀", "bo", "ana", "bo"])])
    ledger.append([], [keep("x", "sending", user="cy"), keep("y", "sent", user="di")])
    ledger.append([], [keep("z", "waiting", user="eve", campaign="cart"), keep("2", "cancelled")])
    assert ledger.waiting_users("news", "", 10) == ["bo", "cy", "😀"]
    assert ledger.waiting_users("news", "bo", 1) == ["cy"]
    assert ledger.waiting_users("unknown", "", 10) == []


def test_outcomes_are_counted_as_they_stand(ledger: Ledger) -> None:
    ledger.append([], [keep(outcome, outcome) for outcome in OUTCOMES])
    ledger.append([], [keep("waiting", "sent"), keep("other", "sent", campaign="cart"), keep("sent", "sent")])
    assert ledger.outcomes("cart") == {"cart": {"sent": 1}}
    assert ledger.outcomes("unknown") == {}
    assert ledger.outcomes() == {
        "cart": {"sent": 1},
        "news": {
            "cancelled": 1,
            "control": 1,
            "refused:not_in_audience": 1,
            "sending": 1,
            "sent": 2,
            "suppressed:not_reachable": 1,
        },
    }


def followed(identity: str, outcome: Outcome, original: str | None = "welcome", **fields: object) -> Keep:
    """A decision that an interaction with `original` led to."""
    one = replace(decision(identity, outcome), trigger="click_email", original=original, facts={})
    return Keep(decision=replace(one, **fields))


def crossed(ledger: Ledger, campaign: str | None = None) -> dict[tuple[str, str, str, str], int]:
    return {(one.campaign, one.original, one.interaction, one.name): one.amount for one in ledger.crossings(campaign)}


def test_outcomes_are_counted_by_the_connection_that_led_to_them(ledger: Ledger) -> None:
    ledger.append([], [followed("1", "waiting"), followed("2", "waiting"), keep("3", "sent")])
    ledger.append([], [followed("1", "sent"), followed("4", "refused"), followed("5", "waiting", original="sale")])
    ledger.append([], [followed("6", "waiting", original="sale", campaign="cart")])
    connection = ("news", "welcome", "click_email")
    assert crossed(ledger) == {
        ("cart", "sale", "click_email", "waiting"): 1,
        ("news", "sale", "click_email", "waiting"): 1,
        (*connection, "refused:not_in_audience"): 1,
        (*connection, "sent"): 1,
        (*connection, "waiting"): 1,
    }
    assert crossed(ledger, "cart") == {("cart", "sale", "click_email", "waiting"): 1}
    assert ledger.crossings("unknown") == []


def test_a_cancellation_counts_for_its_connection_and_for_that_of_the_exception(ledger: Ledger) -> None:
    why = {"reason": "exception_event", "exception": "view_card"}
    ledger.append([], [followed("1", "waiting"), followed("2", "cancelled", facts={"original": "sale"}, **why)])
    ledger.append([], [followed("1", "cancelled", facts={"original": "sale"}, **why)])
    ledger.append([], [followed("3", "cancelled", original=None, facts={}, reason="exception_event", exception="x")])
    assert crossed(ledger) == {
        ("news", "sale", "view_card", "exception"): 2,
        ("news", "welcome", "click_email", "cancelled:view_card"): 2,
    }


# ---------------------------------------------------------------- messages and figures


def test_a_message_is_found_for_ever(ledger: Ledger) -> None:
    ledger.append([], [send("e.email"), Withdraw(message="e.email"), HandOver(message="e.email")])
    ledger.append([], [send("e.email")])
    assert ledger.find_message("e.email") == message("e.email")
    assert ledger.find_message("e.push") is None


def test_messages_are_read_in_pages_in_the_order_in_which_they_came(ledger: Ledger) -> None:
    ledger.append([], [send("b.email"), send("a.email"), send("b.email")])
    ledger.append([], [send("c.email")])
    found = ledger.messages(limit=2)
    assert [one for _, one in found] == [message("b.email"), message("a.email")]
    assert [one for _, one in ledger.messages(after=found[-1][0])] == [message("c.email")]


def test_figures_add_up_and_come_sorted(ledger: Ledger) -> None:
    ledger.append([], [count("open_email"), count("open_email"), count("revenue:EUR", 12.5)])
    ledger.append([], [count("open_email"), count("open_email", variation=""), count("open_email", campaign="cart")])
    ledger.append([], [count("revenue:EUR", -2.5)])
    cart = Figure(campaign="cart", variation="A", name="open_email", amount=1)
    news = [
        Figure(campaign="news", variation="", name="open_email", amount=1),
        Figure(campaign="news", variation="A", name="open_email", amount=3),
        Figure(campaign="news", variation="A", name="revenue:EUR", amount=10),
    ]
    assert ledger.figures() == [cart, *news]
    assert ledger.figures("news") == news
    assert ledger.figures("unknown") == []


# ---------------------------------------------------------------- figures by day

DAY = 24 * 60
FIRST = date(2026, 3, 2)


def test_each_figure_is_counted_by_day_too(ledger: Ledger) -> None:
    ledger.append([], [count("open_email"), count("open_email", minutes=DAY), count("revenue:EUR", 12.5)])
    ledger.append([], [count("open_email", minutes=DAY), count("open_email", campaign="cart")])
    (first, revenue, second) = ledger.figures_by_day("news")
    assert first == DailyFigure(campaign="news", variation="A", day=FIRST, name="open_email", amount=1)
    assert (revenue.day, revenue.name, revenue.amount) == (FIRST, "revenue:EUR", 12.5)
    assert (second.day, second.amount) == (date(2026, 3, 3), 2)
    assert ledger.figures_by_day("news", date(2026, 3, 3)) == [second]
    assert ledger.figures_by_day("unknown") == []


def test_a_day_begins_at_midnight_utc(ledger: Ledger) -> None:
    ledger.append([], [count("open_email", minutes=15 * 60 - 1 / 60), count("open_email", minutes=15 * 60)])
    assert [one.day.day for one in ledger.figures_by_day("news")] == [2, 3]


def test_outcomes_are_figures_with_their_reasons(ledger: Ledger) -> None:
    ledger.append([], [keep("a", "waiting"), keep("b", "refused"), keep("c", "suppressed"), keep("d", "control")])
    ledger.append([], [keep("a", "sending"), keep("a", "sent")])
    cancelled = replace(decision("e", "cancelled"), exception="open_email", reason="exception_event")
    ledger.append([], [Keep(decision=cancelled)])
    names = ["cancelled:open_email", "control", "refused:not_in_audience", "sent", "suppressed:not_reachable"]
    assert [(one.name, one.amount) for one in ledger.figures("news")] == [(name, 1) for name in names]
    assert [(one.name, one.day) for one in ledger.figures_by_day("news")] == [(name, FIRST) for name in names]


def test_a_further_channel_makes_no_second_sent(ledger: Ledger) -> None:
    first = replace(decision("a", "sent"), channels=("email",), variation="B")
    ledger.append([], [Keep(decision=first)])
    ledger.append([], [Keep(decision=replace(first, channels=("email", "push")))])
    assert ledger.figures("news") == [Figure(campaign="news", variation="B", name="sent", amount=1)]


# ---------------------------------------------------------------- read from the end


def test_decisions_are_read_from_the_latest_back(ledger: Ledger) -> None:
    ledger.append([], [keep(name, "sent", campaign="news" if name in "ace" else "cart") for name in "abcde"])

    def read(**wanted: object) -> list[tuple[int, str]]:
        found = ledger.latest_decisions(**wanted)  # type: ignore[arg-type]  # drawn by name
        return [(number, one.id) for number, one in found]

    assert read(limit=2) == [(5, "e"), (4, "d")]
    assert read(before=4) == [(3, "c"), (2, "b"), (1, "a")]
    assert read(campaign="news", limit=2) == [(5, "e"), (3, "c")]
    assert read(campaign="news", before=3) == [(1, "a")]
    assert read(campaign="unknown") == read(before=1) == []


def test_events_are_read_from_the_latest_back(ledger: Ledger) -> None:
    ledger.append([event(name) for name in "abcde"], [])
    assert ids(ledger.latest_events(limit=2)) == [(5, "e"), (4, "d")]
    assert ids(ledger.latest_events(before=3)) == [(2, "b"), (1, "a")]
    assert ids(ledger.latest_events(before=99, limit=1)) == [(5, "e")]
    assert ledger.latest_events(before=1) == []
