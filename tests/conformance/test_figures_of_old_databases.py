"""A database from before figures were counted by day is brought up to date with what its decisions tell."""

import shutil
import sqlite3
from datetime import date
from pathlib import Path

from msgspec.json import encode
from msgspec.structs import replace

from ensue.core.effects import Decision
from ensue.history import DailyFigure
from ensue.store.migrate import MIGRATIONS, migrate
from ensue.store.sqlite import SqliteStore
from tests.conformance.samples import at, count, decision, keep

DAY = 24 * 60


def old_database(path: Path, folder: Path, decisions: list[Decision]) -> None:
    for script in sorted(MIGRATIONS.glob("*.sql"))[:3]:
        shutil.copy(script, folder)
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, folder)
    for one in decisions:
        row = (one.user, one.campaign, one.id, one.outcome, one.reason, encode(one).decode())
        connection.execute(
            "insert into decisions (user, campaign, id, outcome, reason, body) values (?, ?, ?, ?, ?, ?)", row
        )
    connection.execute("insert into figures values ('news', 'A', 'open_email', 3)")
    connection.close()


def test_outcomes_are_counted_by_day_and_interactions_stay(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    cancelled = replace(decision("c", "cancelled"), reason="exception_event", exception="open_email", at=at(DAY))
    sent = replace(decision("a", "sent"), variation="A")
    last_moment = replace(sent, id="b", at=at(15 * 60 - 1 / 6_000_000))  # a moment before midnight
    old = [sent, last_moment, cancelled, decision("d", "waiting"), decision("e", "refused")]
    old_database(tmp_path / "e.db", folder, old)
    store = SqliteStore(tmp_path / "e.db", synchronous="OFF")
    store.ledger.append([], [count("open_email"), keep("f", "refused")])
    totals = {(one.variation, one.name): one.amount for one in store.ledger.figures("news")}
    days = store.ledger.figures_by_day("news")
    store.close()
    assert totals == {
        ("", "cancelled:open_email"): 1,
        ("", "refused:not_in_audience"): 2,
        ("A", "open_email"): 4,
        ("A", "sent"): 2,
    }
    assert DailyFigure(campaign="news", variation="A", day=date(2026, 3, 2), name="sent", amount=2) in days
    assert [one.name for one in days if one.day == date(2026, 3, 3)] == ["cancelled:open_email"]
