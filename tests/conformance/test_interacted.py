"""Who interacted, and how often: exact, narrowed as triggers are, in spans; and conversions by connection."""

import shutil
import sqlite3
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

from msgspec.json import encode
from msgspec.structs import replace

from ensue.core.connections import Span
from ensue.core.effects import Decision, Keep, Log
from ensue.core.events import CampaignInteracted, CardInteracted, Event
from ensue.core.triggers import InteractWithCampaign, InteractWithCard
from ensue.history import Interacted, Question
from ensue.ports import Store
from ensue.store.migrate import MIGRATIONS, migrate
from ensue.store.sqlite import SqliteStore
from tests.conformance.samples import START, at, decision, event, interaction

EVER: tuple[Span, ...] = ((START - timedelta(days=1), None),)
CARD = Question(trigger=InteractWithCard(card="sale", interaction="view_card"), spans=EVER)


def opened(user: str, minutes: float, **more: object) -> CampaignInteracted:
    one = replace(interaction(f"{user}-{minutes}", user), interaction="open_email", at=at(minutes))
    return replace(one, received_at=at(minutes), **more)


def saw(user: str, minutes: float) -> CardInteracted:
    when = at(minutes)
    return CardInteracted(
        id=f"{user}-{minutes}", user=user, at=when, received_at=when, card="sale", interaction="view_card"
    )


def asked(*spans: Span, **more: object) -> Question:
    trigger = replace(InteractWithCampaign(campaign="news", interaction="open_email"), **more)
    return Question(trigger=trigger, spans=spans or EVER)


def counted(store: Store, *questions: Question) -> tuple[int, int]:
    found = store.ledger.interacted(questions)
    return found.users, found.interactions


def test_users_count_once_and_interactions_each_time(store: Store) -> None:
    others: list[Event] = [
        event("e", "dee"),
        replace(interaction("x", "eve"), campaign="else", interaction="open_email"),
    ]
    store.ledger.append([*others, opened("ana", 0), opened("ana", 1), opened("bo", 2), interaction("y", "cy")], [])
    assert counted(store, asked()) == (2, 3)
    assert counted(store) == (0, 0)


def test_what_the_system_records_itself_counts_too(store: Store) -> None:
    store.ledger.append([], [Log(event=interaction("a", "ana"))])
    assert counted(store, asked(interaction="receive_email")) == (1, 1)


def test_each_narrowing_counts_what_meets_it(store: Store) -> None:
    events: list[Event] = [
        opened("ana", 0, opens="machine"),
        opened("bo", 1),
        opened("cy", 2, interaction="click_email", link="shop"),
        opened("dee", 3, interaction="click_email", link="help"),
        opened("eve", 4, interaction="click_in_app_message", button="yes"),
        opened("flo", 5, interaction="click_in_app_message"),
        opened("guy", 6, interaction="perform_conversion_event", conversion="A"),
        opened("hal", 7, interaction="perform_conversion_event", conversion="B"),
        saw("ana", 8),
        saw("ana", 9),
    ]
    store.ledger.append(events, [])
    assert counted(store, asked()) == (2, 2)
    assert counted(store, asked(opens="human")) == counted(store, asked(opens="machine")) == (1, 1)
    assert counted(store, asked(interaction="click_email", link="shop")) == (1, 1)
    assert counted(store, asked(interaction="click_email")) == (2, 2)
    assert counted(store, asked(interaction="click_in_app_message", button="yes")) == (1, 1)
    assert counted(store, asked(interaction="perform_conversion_event", conversion="B")) == (1, 1)
    assert counted(store, CARD) == (1, 2)
    assert counted(store, CARD, asked()) == (2, 4)


def test_several_questions_count_nobody_and_nothing_twice(store: Store) -> None:
    store.ledger.append([opened("ana", 0), opened("bo", 1, opens="machine")], [])
    assert counted(store, asked(), asked(opens="human")) == (2, 2)


def test_spans_begin_with_their_first_moment_and_end_before_their_last(store: Store) -> None:
    store.ledger.append([opened(f"u{minute}", minute) for minute in range(6)], [])
    assert counted(store, asked((at(1), at(3)))) == (2, 2)
    assert counted(store, asked((at(1), at(2)), (at(4), None))) == (3, 3)


def test_a_time_in_the_future_is_that_of_the_arrival(store: Store) -> None:  # O3
    store.ledger.append([replace(opened("ana", 60), received_at=at(1))], [])
    assert counted(store, asked((at(30), None))) == (0, 0)
    assert counted(store, asked((at(1), at(2)))) == (1, 1)


def test_both_stores_count_alike_whatever_is_asked(store: Store) -> None:
    kinds = product(("ana", "bo", "cy"), ("human", "machine"), ("shop", None), range(3))
    events = [
        opened(user, number + minutes / 10, opens=opens, link=link)
        for number, (user, opens, link, minutes) in enumerate(kinds)
    ]
    store.ledger.append(events, [])
    for opens, link, begin, end in product(("any", "human", "machine"), ("shop", None), (0, 7.1, 20), (9, 30.2, None)):
        span = (at(begin), None if end is None else at(end))
        meeting = [
            one.user
            for one in events
            if opens in ("any", one.opens) and link in (None, one.link) and span[0] <= one.at < (span[1] or at(1000))
        ]
        found = store.ledger.interacted([asked(span, opens=opens, link=link)])
        assert found == Interacted(users=len(set(meeting)), interactions=len(meeting))


# ---------------------------------------------------------------- conversions by connection


def led(identity: str, outcome: str = "sent") -> Decision:
    return replace(decision(identity, "sent"), outcome=outcome, original="first", trigger="open_email")


def converted(identity: str, entry: str, letter: str = "A") -> CampaignInteracted:
    one = interaction(identity)
    return replace(one, interaction="perform_conversion_event", conversion=letter, entry=entry)


CONVERSIONS = [
    converted("1", "a"),
    converted("2", "b"),
    converted("3", "b", "B"),
    converted("4", "held"),
    converted("5", "loose"),
    converted("6", "nowhere"),
]


def decisions() -> list[Decision]:
    return [led("a"), led("b"), led("held", "control"), decision("loose", "sent")]


def test_conversions_a_of_what_was_sent_are_counted_by_connection(store: Store) -> None:  # B6
    store.ledger.append([], [Keep(decision=one) for one in decisions()])
    store.ledger.append([CONVERSIONS[0]], [Log(event=one) for one in CONVERSIONS[1:]])
    found = {one.name: one.amount for one in store.ledger.crossings("news")}
    assert found == {"control": 1, "converted": 2, "sent": 2}
    assert [one for one in store.ledger.crossings("else") if one.name == "converted"] == []


def test_an_old_database_learns_its_interactions_and_conversions(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    for script in sorted(MIGRATIONS.glob("*.sql")):
        if script.name < "0008":
            shutil.copy(script, folder)
    connection = sqlite3.connect(tmp_path / "e.db", isolation_level=None)
    migrate(connection, folder)
    for made in decisions():
        row = (made.user, made.campaign, made.id, made.outcome, made.reason, encode(made).decode())
        connection.execute(
            "insert into decisions (user, campaign, id, outcome, reason, body) values (?, ?, ?, ?, ?, ?)", row
        )
    for one in [opened("ana", 0), saw("bo", 1), *CONVERSIONS]:
        tag = "card_interacted" if isinstance(one, CardInteracted) else "campaign_interacted"
        values = (one.user, _micros(one.at), tag, encode(one).decode())
        connection.execute("insert into events (user, at, kind, body) values (?, ?, ?, ?)", values)
    connection.close()
    store = SqliteStore(tmp_path / "e.db", synchronous="OFF")
    assert counted(store, asked()) == (1, 1)
    assert counted(store, Question(trigger=InteractWithCard(card="sale", interaction="view_card"), spans=EVER)) == (
        1,
        1,
    )
    assert {one.name: one.amount for one in store.ledger.crossings("news")}["converted"] == 2
    store.ledger.append([converted("7", "a", "A")], [])
    assert {one.name: one.amount for one in store.ledger.crossings("news")}["converted"] == 3
    store.close()


def _micros(when: datetime) -> int:
    return round(when.timestamp() * 1_000_000)
