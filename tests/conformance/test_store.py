"""What every Store does with the three of them together: transactions, threads, and no store unlike the other."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.core.effects import Effects
from ensue.ports import Store
from ensue.store.memory import MemoryStore
from ensue.store.sqlite import SqliteStore
from tests.conformance.samples import (
    OUTCOMES,
    START,
    at,
    campaign,
    card,
    count,
    event,
    keep,
    key,
    log,
    message,
    run,
    segment,
    send,
    state,
)

USERS = ("ana", "bo", "Cy", "ö")
CAMPAIGNS = ("news", "cart", "shop")
ZONES = ("", "Asia/Tokyo", "Europe/Stockholm")
WINDOWS = [at(minutes) for minutes in (-1, 0, 1.5, 3, 9)]


class Stop(Exception):
    """Ends a transaction on purpose."""


# ---------------------------------------------------------------- transactions


def fill(store: Store) -> None:
    """Leave something of every kind."""
    store.journal.save([state("ana", 1, email="ana@example.com", time_zone="Asia/Tokyo"), state("bo")])
    store.journal.enqueue([message("a"), message("b")])
    store.journal.lease(["b"], at(3))
    store.journal.save_run(run("r"))
    store.ledger.append([event("e")], [log("x"), keep("d", "waiting"), send("a"), count("open_email")])
    store.catalog.save_campaign(campaign("news", "one"))
    store.catalog.save_card(card("sale"))
    store.catalog.save_segment(segment("all"))
    store.catalog.save_workspace(msgspec.structs.replace(store.catalog.workspace(), time_zone="Asia/Tokyo"))
    store.catalog.secret("links", "first")
    store.catalog.save_key(key("k"))


def change(store: Store) -> None:
    """Change, add and remove something of every kind."""
    store.journal.save([state("ana", 5, email="new@example.com"), state("bo", exists=False), state("cy", 2)])
    store.journal.withdraw(["a"])
    store.journal.enqueue([message("a", campaign="cart"), message("c")])
    store.journal.defer("b", at(1))
    store.journal.save_run(run("r", finished=2))
    store.journal.save_run(run("s"))
    store.ledger.append(
        [event("f")], [keep("d", "sent"), keep("g", "refused"), send("c"), count("open_email"), count("other")]
    )
    store.catalog.save_campaign(campaign("news", "one", "two", spells=1))
    store.catalog.save_campaign(campaign("cart", "one"))
    store.catalog.save_card(card("sale", "new"))
    store.catalog.save_segment(segment("all", "new"))
    store.catalog.save_segment(segment("more"))
    store.catalog.remove_segment("all")
    store.catalog.save_workspace(msgspec.structs.replace(store.catalog.workspace(), time_zone="UTC"))
    store.catalog.secret("pages", "first")
    store.catalog.save_key(key("k", revoked=1))
    store.catalog.save_key(key("l", "1"))


def seen_in_failing(store: Store, act: Callable[[Store], None]) -> list[object]:
    """Return what a transaction sees that is rolled back after the act."""
    seen: list[object] = []
    try:
        with store.transaction():
            act(store)
            seen = everything(store)
            stop()
    except Stop:
        return seen
    pytest.fail("the error was swallowed")


def stop() -> None:
    raise Stop


def test_a_failed_transaction_leaves_nothing_half_written(store: Store) -> None:
    with store.transaction():
        fill(store)
    before = everything(store)
    assert seen_in_failing(store, change) != before, "a transaction sees its own writes"
    assert everything(store) == before
    with store.transaction():
        change(store)
    assert everything(store) != before


def test_a_write_outside_of_a_transaction_is_kept(store: Store) -> None:
    fill(store)
    before = everything(store)
    seen_in_failing(store, change)
    assert everything(store) == before


def test_a_transaction_inside_of_another_is_a_mistake(store: Store) -> None:
    with store.transaction():
        store.journal.save([state("ana")])
        with pytest.raises(RuntimeError), store.transaction():
            pass
        store.journal.save([state("bo")])
    assert store.journal.users_after("", 9) == ["ana", "bo"]


def test_another_thread_sees_whole_transactions_only(store: Store) -> None:
    """Users are saved in pairs: a reader in the middle gets the old number, or waits for the new one."""
    with ThreadPoolExecutor(1) as thread:
        for pairs in range(3):
            with store.transaction():
                store.journal.save([state(f"left-{pairs}")])
                count = thread.submit(store.journal.count_users)
                wait([count], timeout=0.02)
                store.journal.save([state(f"right-{pairs}")])
            assert count.result() in (2 * pairs, 2 * pairs + 2)
            assert thread.submit(store.journal.count_users).result() == 2 * pairs + 2


def test_transactions_of_several_threads_take_turns(store: Store) -> None:
    def add_one(_: int) -> None:
        with store.transaction():
            known = store.journal.load(["ana"])["ana"].attributes["n"]
            assert isinstance(known, int)
            store.journal.save([state("ana", n=known + 1)])

    store.journal.save([state("ana", n=0)])
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add_one, range(40)))
    assert store.journal.load(["ana"])["ana"].attributes == {"n": 40}


# ---------------------------------------------------------------- the stores do not differ

Step = tuple[int, int, int, int]


def save_state(store: Store, a: int, b: int, c: int) -> None:
    due = (c - 4,) if c < 6 else ()
    email = f"User-{b}@example.com" if b % 2 else f"uSER-{b + 1}@example.COM"
    store.journal.save([state(USERS[a % 4], *due, exists=b != 3, email=email, time_zone=ZONES[c % 3])])


def enqueue(store: Store, a: int, b: int, c: int) -> None:
    store.journal.enqueue([message(f"{a}", campaign=CAMPAIGNS[b % 3], created=c), message(f"{b}", created=a)])


def withdraw(store: Store, a: int, b: int, _: int) -> None:
    store.journal.withdraw([f"{a}", f"{b}"])


def lease(store: Store, a: int, b: int, c: int) -> None:
    store.journal.lease([f"{a}", f"{b}"], at(c))


def defer(store: Store, a: int, _: int, c: int) -> None:
    store.journal.defer(f"{a}", at(c))


def decide(store: Store, a: int, b: int, c: int) -> None:
    place = {"user": USERS[b % 4], "campaign": CAMPAIGNS[b % 3]}
    store.ledger.append([], [keep(f"{a}", OUTCOMES[c % 7], **place), keep("1", OUTCOMES[b % 7], **place)])


def record(store: Store, a: int, b: int, c: int) -> None:
    effects: list[Effects] = [log(f"{b}", USERS[b % 4]), send(f"{c}"), count(f"{c}", b / 4, campaign=CAMPAIGNS[a % 3])]
    store.ledger.append([event(f"{a}", USERS[a % 4], c)], effects)


def save_run(store: Store, a: int, b: int, c: int) -> None:
    store.journal.save_run(run(f"{a}", campaign=CAMPAIGNS[b % 3], minutes=c, finished=b if b % 2 else None))


def define(store: Store, a: int, b: int, c: int) -> None:
    names = [f"{a}-{number}" for number in range(c)]
    store.catalog.save_campaign(campaign(CAMPAIGNS[b % 3], *names, spells=a % 3))


def equip(store: Store, a: int, b: int, c: int) -> None:
    store.catalog.save_card(card(f"c{a}", f"{b}"))
    store.catalog.save_segment(segment(f"s{b}", f"{c}"))
    store.catalog.remove_segment(f"s{c}")
    store.catalog.save_key(key(f"{a}", f"{a}", minutes=b, revoked=c))
    store.catalog.secret(f"{b}", f"{c}")


ACTS: tuple[Callable[[Store, int, int, int], None], ...] = (
    save_state,
    enqueue,
    withdraw,
    lease,
    defer,
    decide,
    record,
    save_run,
    define,
    equip,
)


def perform(store: Store, steps: Iterable[Step], *, fails: bool) -> None:
    with suppress(Stop), store.transaction():
        for kind, a, b, c in steps:
            ACTS[kind](store, a, b, c)
        if fails:
            stop()


def journal_of(store: Store) -> list[object]:
    journal = store.journal
    return [
        journal.load(USERS),
        [journal.due(now, limit) for now in WINDOWS for limit in (1, 9)],
        journal.next_due(),
        journal.users_after("", 9),
        [journal.users_after(user, 2, zones) for user in USERS for zones in (None, ZONES[:1], ZONES[1:])],
        journal.time_zones(),
        [journal.count_users(zones) for zones in (None, ZONES[:2], ZONES[:0])],
        [journal.with_email(f"user-{number}@Example.com") for number in range(8)],
        [journal.claimable(now, limit) for now in WINDOWS for limit in (2, 99)],
        [journal.claimable(now, limit, without=CAMPAIGNS[:1]) for now in WINDOWS for limit in (2, 99)],
        journal.claimable(at(9), 99, without=CAMPAIGNS[1:]),
        journal.next_claimable(),
        journal.queued(),
        [journal.runs(name, unfinished=unfinished) for name in (None, "news") for unfinished in (True, False)],
        [journal.find_run(f"{number}") for number in range(8)],
    ]


def ledger_of(store: Store) -> list[object]:
    ledger = store.ledger
    return [
        ledger.events(),
        ledger.events(after=2, limit=3),
        [ledger.events_of(user, 3) for user in USERS],
        ledger.decisions(),
        [ledger.decisions(user=user, after=1) for user in USERS],
        [ledger.decisions(campaign=name, outcome=outcome, limit=2) for name in CAMPAIGNS for outcome in OUTCOMES],
        [ledger.decisions(user=user, campaign="news") for user in USERS],
        [ledger.waiting_users(name, "bo", 2) for name in CAMPAIGNS],
        ledger.outcomes(),
        [ledger.outcomes(name) for name in CAMPAIGNS],
        ledger.figures(),
        [ledger.figures(name) for name in CAMPAIGNS],
        [ledger.find_message(f"{number}") for number in range(8)],
    ]


def catalog_of(store: Store) -> list[object]:
    catalog = store.catalog
    return [
        catalog.campaigns(),
        [catalog.find_campaign(name) for name in CAMPAIGNS],
        catalog.cards(),
        catalog.find_card("c1"),
        catalog.segments(),
        catalog.workspace(),
        catalog.keys(),
        [catalog.find_key(f"{number}" * 64) for number in range(8)],
    ]


def everything(store: Store) -> list[object]:
    return [journal_of(store), ledger_of(store), catalog_of(store)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(ACTS) - 1),
            st.integers(0, 7),
            st.integers(0, 7),
            st.integers(0, 7),
            st.sampled_from(["go on", "go on", "commit", "roll back"]),
        ),
        max_size=40,
    )
)
def test_the_stores_do_not_differ(moves: list[tuple[int, int, int, int, str]]) -> None:
    with TemporaryDirectory() as folder:
        stores: list[Store] = [MemoryStore(), SqliteStore(Path(folder) / "ensue.db", synchronous="OFF")]
        try:
            steps: list[Step] = []
            for kind, a, b, c, then in [*moves, (0, 0, 0, 0, "commit")]:
                steps.append((kind, a, b, c))
                if then == "go on":
                    continue
                for store in stores:
                    perform(store, steps, fails=then == "roll back")
                steps = []
                assert everything(stores[0]) == everything(stores[1])
        finally:
            for store in stores:
                store.close()


def test_the_sample_transactions_are_the_same_in_both(tmp_path: Path) -> None:
    memory, sqlite = MemoryStore(), SqliteStore(tmp_path / "ensue.db")
    for store in (memory, sqlite):
        fill(store)
        change(store)
    assert everything(memory) == everything(sqlite)
    assert memory.journal.next_claimable() == START
    sqlite.close()
