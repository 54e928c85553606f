"""`make bench`: how fast decisions are, each beside the floor of the same run."""

import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks import backtests, shop
from benchmarks.measuring import Figure, Work, measure
from ensue.core.decide import decide
from ensue.core.events import Event
from ensue.core.plan import Plan
from ensue.core.state import UserState
from ensue.runners.clock import VirtualClock
from ensue.runners.embedded import EmbeddedRunner
from ensue.store.sqlite import SqliteStore

COUNT = 50_000
BATCH = 1_000
FEW, SOME, MANY = 10, 20, 10_000


def main() -> None:
    """Measure, print the table, and say where an aim is missed."""
    console = Console(width=180)
    with TemporaryDirectory() as folder:
        figures = [_decide(), _durable(Path(folder)), _many_campaigns(), *backtests.figures(Path(folder))]
    table = Table(title="Events a second, each beside its floor (median of five rounds in turns)")
    for heading in ("what", "events/s", "floor", "events/s", "ratio", "spread", "aim"):
        table.add_column(heading)
    for figure in figures:
        table.add_row(*figure.row())
    console.print(table)


def _decide() -> Figure:
    raw = [msgspec.json.encode(event) for event in shop.events(COUNT, SOME)]
    plan = shop.plan(SOME)

    def pair() -> tuple[Work, Work]:
        return lambda: _decide_all(shop_events, plan), lambda: _decode_all(raw)

    shop_events = shop.events(COUNT, SOME)
    return measure(
        "decide in memory, 20 live campaigns", "decoding the same from JSON", "≥ 1/6", count=COUNT, pair=pair
    )


def _durable(folder: Path) -> Figure:
    events = shop.events(COUNT, SOME)
    rows = [_row(event) for event in events]

    def pair() -> tuple[Work, Work]:
        round_folder = Path(mkdtemp(dir=folder))
        runner = _runner(SqliteStore(round_folder / "ensue.db"), SOME)
        floor = _plain_table(round_folder / "floor.db")

        def subject() -> None:
            for start in range(0, COUNT, BATCH):
                runner.submit(events[start : start + BATCH])
            runner.close()

        def insert() -> None:
            for start in range(0, COUNT, BATCH):
                floor.execute("begin immediate")
                floor.executemany("insert into events values (?, ?, ?, ?, ?, ?)", rows[start : start + BATCH])
                floor.execute("commit")
            floor.close()

        return subject, insert

    return measure(
        f"durable, embedded, {BATCH} a commit, synchronous=FULL", "inserting the same", "≥ 1/5", count=COUNT, pair=pair
    )


def _many_campaigns() -> Figure:
    events = shop.events(COUNT, FEW)
    few, many = shop.plan(FEW), shop.plan(MANY)

    def pair() -> tuple[Work, Work]:
        return lambda: _decide_all(events, many), lambda: _decide_all(events, few)

    return measure("10,000 live campaigns", "10 live campaigns", "≥ 1/1.3", count=COUNT, pair=pair)


def _decide_all(events: list[Event], plan: Plan) -> None:
    states: dict[str, UserState] = {}
    for event in events:
        states[event.user] = decide(states.get(event.user), event, plan).state


def _decode_all(raw: list[bytes]) -> None:
    decoder = msgspec.json.Decoder(Event)
    for text in raw:
        decoder.decode(text)


def _runner(store: SqliteStore, count: int) -> EmbeddedRunner:
    runner = EmbeddedRunner(store, VirtualClock(shop.START), keeps_time=False)

    def launch(_: object) -> None:
        for state in shop.campaigns(count):
            store.catalog.save_campaign(state)

    runner.change(launch)
    return runner


def _plain_table(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("create table events (id text, user text, at int, received_at int, kind text, body text)")
    return connection


def _row(event: Event) -> tuple[object, ...]:
    at = int(event.at.timestamp() * 1_000_000)
    return event.id, event.user, at, at, type(event).__name__, msgspec.json.encode(event).decode()


if __name__ == "__main__":
    main()
