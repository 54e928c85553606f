"""What the SQLite store promises beyond the suite: durability, other processes, versions, indexes that serve."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from ensue.errors import Rejected, Unavailable
from ensue.store.journal import SQL as JOURNAL
from ensue.store.ledger import SQL as LEDGER
from ensue.store.migrate import MIGRATIONS, migrate
from ensue.store.recent import LARGEST, STATES, Recent
from ensue.store.sqlite import SqliteStore
from tests.conformance.samples import OUTCOMES, at, decision, event, keep, message, state
from tests.conformance.test_store import change, everything, fill, seen_in_failing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ensue.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(path)
    yield opened
    opened.close()


def peek(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


# ---------------------------------------------------------------- durability


def test_what_was_committed_is_there_after_reopening(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        fill(store)
        change(store)
        before = everything(store)
    with closing(SqliteStore(path)) as store:
        assert everything(store) == before


def test_the_files_as_they_lie_hold_what_was_committed_and_nothing_else(store: SqliteStore, tmp_path: Path) -> None:
    """A copy taken in the middle of a transaction is what a crash would leave."""  # O5
    store.ledger.append([event("a")], [])
    copy = tmp_path / "copy"
    copy.mkdir()
    with store.transaction():
        store.ledger.append([event("b")], [])
        for file in tmp_path.glob("ensue.db*"):
            shutil.copy(file, copy)
    with closing(SqliteStore(copy / "ensue.db")) as crashed:
        assert [tale.event.id for tale in crashed.ledger.events()] == ["a"]


def test_a_process_that_dies_in_a_transaction_leaves_the_acknowledged_ones(path: Path) -> None:  # O5
    script = (
        "import os, sys\n"
        "from ensue.store.sqlite import SqliteStore\n"
        "from tests.conformance.samples import event, state\n"
        "store = SqliteStore(sys.argv[1])\n"
        "with store.transaction():\n"
        "    store.journal.save([state('ana', 1)])\n"
        "    store.ledger.append([event('a')], [])\n"
        "with store.transaction():\n"
        "    store.journal.save([state('ana', 2), state('bo')])\n"
        "    store.ledger.append([event('b')], [])\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    died = subprocess.run([sys.executable, "-c", script, str(path)], check=False, cwd=Path(__file__).parents[2])
    assert died.returncode == -9
    with closing(SqliteStore(path)) as store:
        assert [tale.event.id for tale in store.ledger.events()] == ["a"]
        assert store.journal.load(["ana", "bo"]) == {"ana": state("ana", 1)}
        assert store.journal.next_due() == at(1)


def test_full_is_the_default(store: SqliteStore) -> None:
    with store.transaction():
        assert store._database.rows("pragma synchronous") == [(2,)]  # noqa: SLF001 -- known to this connection only
        assert store._database.rows("pragma journal_mode") == [("wal",)]  # noqa: SLF001 -- likewise


def test_another_connection_sees_what_was_committed_and_not_what_was_not(store: SqliteStore, path: Path) -> None:
    with closing(SqliteStore(path)) as other:
        with store.transaction():
            store.journal.save([state("ana")])
            assert other.journal.users_after("", 9) == []
        assert other.journal.users_after("", 9) == ["ana"]
        other.journal.save([state("bo")])
    assert store.journal.users_after("", 9) == ["ana", "bo"]


def test_a_database_that_another_process_holds_is_unavailable(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ensue.store.database.PATIENCE", 0.01)
    with closing(SqliteStore(path)) as other:
        with store.transaction(), pytest.raises(Unavailable, match="locked"), other.transaction():
            pass
        with other.transaction():
            other.journal.save([state("ana")])
    assert store.journal.users_after("", 9) == ["ana"]


def test_a_reader_cannot_write(store: SqliteStore) -> None:
    with pytest.raises(Unavailable, match="readonly"):
        store._database.rows("delete from users")  # noqa: SLF001 -- no port has a way to try it


def test_a_closed_store_says_so(path: Path) -> None:
    store = SqliteStore(path)
    store.journal.queued()
    store.close()
    with pytest.raises(RuntimeError, match="closed"):
        store.journal.queued()


# ---------------------------------------------------------------- the writer's memory of states


def test_the_writer_forgets_what_was_rolled_back(store: SqliteStore) -> None:
    with store.transaction():
        store.journal.save([state("ana", plan="free", email="old@example.com")])
    seen_in_failing(store, lambda it: it.journal.save([state("ana", email="new@example.com"), state("bo")]))
    with store.transaction():
        assert store.journal.load(["ana", "bo"]) == {"ana": state("ana", plan="free", email="old@example.com")}
        store.journal.save([state("ana", email="new@example.com")])
    assert store.journal.with_email("new@example.com") == ["ana"]


def test_the_writer_sees_what_another_process_saved(store: SqliteStore, path: Path) -> None:
    with store.transaction():
        store.journal.save([state("ana", plan="free", time_zone="Asia/Tokyo")])
    with closing(SqliteStore(path)) as other:
        other.journal.save([state("ana", plan="pro")])
    with store.transaction():
        assert store.journal.load(["ana"]) == {"ana": state("ana", plan="pro")}
        store.journal.save([state("ana", time_zone="Asia/Tokyo")])
    assert store.journal.time_zones() == ["Asia/Tokyo"]


def test_a_reader_does_not_see_the_writers_memory(store: SqliteStore) -> None:
    with ThreadPoolExecutor(1) as thread, store.transaction():
        store.journal.save([state("ana")])
        assert thread.submit(store.journal.load, ["ana"]).result() == {}


def test_the_writer_reads_a_state_again_only_if_it_was_forgotten(store: SqliteStore) -> None:
    with store.transaction():
        store.journal.save([state("ana"), state("huge", text="x" * LARGEST)])
    with store.transaction():
        first = store.journal.load(["ana", "huge"])
    with store.transaction():
        second = store.journal.load(["ana", "huge"])
    assert first == second
    assert [first[user] is second[user] for user in ("ana", "huge")] == [True, False]


def test_a_state_that_outgrew_the_memory_replaces_the_smaller_one(store: SqliteStore) -> None:
    grown = state("ana", text="x" * LARGEST)
    with store.transaction():
        store.journal.save([state("ana")])
        store.journal.save([grown])
        assert store.journal.load(["ana"]) == {"ana": grown}


def test_the_writers_memory_is_bounded() -> None:
    recent = Recent()
    for number in range(STATES + 2):
        recent.keep(state(f"user-{number}"), 1)
        recent.keep(state("user-0"), 1)
    assert [recent.find(f"user-{number}") is not None for number in (0, 1, 2, 3, STATES)] == [
        True,
        False,
        False,
        True,
        True,
    ]


# ---------------------------------------------------------------- versions


def test_a_newer_database_is_refused_and_left_alone(path: Path) -> None:
    SqliteStore(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma user_version = 99")
    with pytest.raises(Rejected, match="schema 99") as refused:
        SqliteStore(path)
    assert refused.value.problems[0].code == "database_newer"
    assert peek(path, "pragma user_version") == [(99,)]


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table theirs (x)")
    with pytest.raises(Rejected, match="another program"):
        SqliteStore(path)
    assert peek(path, "select name from sqlite_master") == [("theirs",)]


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_text("this is no database, and long enough to be seen as none\n" * 20)
    with pytest.raises(Rejected, match="not an SQLite database"):
        SqliteStore(path)


def test_a_path_that_cannot_be_opened_is_unavailable(path: Path) -> None:
    with pytest.raises(Unavailable, match=r"ensue\.db"):
        SqliteStore(path / "in" / "no" / "folder" / "ensue.db")


def test_each_migration_is_applied_once_and_in_order(tmp_path: Path) -> None:
    (tmp_path / "0001_start.sql").write_text("create table t (a);\ninsert into t values (1);\n")
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as connection:
        migrate(connection, tmp_path)
        migrate(connection, tmp_path)
        (tmp_path / "0002_more.sql").write_text("-- why\ninsert into t\nvalues (2);\n")
        migrate(connection, tmp_path)
        assert connection.execute("select a from t").fetchall() == [(1,), (2,)]
        assert connection.execute("pragma user_version").fetchone() == (2,)


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "0001_start.sql").write_text("create table t (a);\n")
    (tmp_path / "0002_wrong.sql").write_text("insert into t values (2);\ninsert into nowhere values (1);\n")
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, tmp_path)
        assert connection.execute("select * from sqlite_master").fetchall() == []
        assert connection.execute("pragma user_version").fetchone() == (0,)


def test_the_migrations_are_numbered_without_a_gap() -> None:
    numbers = [int(script.name[:4]) for script in sorted(MIGRATIONS.iterdir())]
    assert numbers == list(range(1, len(numbers) + 1))


# ---------------------------------------------------------------- invariants of the schema


@pytest.mark.parametrize(
    "statement",
    [
        "update decisions set outcome = 'perhaps'",
        "update decisions set outcome = 'refused', reason = null",
        "update outbox set attempts = -1",
        "update users set state = x''",
        "update campaigns set status = 'paused'",
        "update campaign_versions set body = '{}'",
        "insert into campaign_versions values ('unknown', 1, 0, '{}')",
        "insert into workspace values (2, '{}')",
        "update keys set digest = 'short'",
        "insert into events (user, at, kind, body) values ('ana', 'noon', 'x', '{}')",
    ],
)
def test_the_schema_refuses_what_cannot_be(store: SqliteStore, statement: str) -> None:
    fill(store)
    with pytest.raises(sqlite3.IntegrityError):
        store._database.write(statement, {})  # noqa: SLF001 -- no port has a way to try it


def test_the_kept_counts_of_outcomes_equal_the_decisions(store: SqliteStore, path: Path) -> None:
    for number in range(60):
        user, campaign = f"user-{number % 4}", f"campaign-{number % 3}"
        outcome = OUTCOMES[(number * number) % 7]
        store.ledger.append([], [keep(f"{number % 8}", outcome, user=user, campaign=campaign)])
    kept = "select campaign, name, amount from outcomes where amount > 0 order by 1, 2"
    counted = (
        "select campaign, iif(outcome in ('refused', 'suppressed'), outcome || ':' || reason, outcome) name, count(*)"
        " from decisions group by 1, 2 order by 1, 2"
    )
    assert peek(path, kept) == peek(path, counted) != []


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("load_states", "sqlite_autoindex_users_1"),
        ("due", "COVERING INDEX users_due"),
        ("next_due", "COVERING INDEX users_due"),
        ("users_after", "PRIMARY KEY"),
        ("with_email", "COVERING INDEX people_email"),
        ("claimable", "INDEX outbox_available"),
        ("claimable_without", "COVERING INDEX outbox_campaign"),
        ("next_claimable", "INDEX outbox_available"),
        ("unfinished_runs", "INDEX runs_unfinished"),
        ("decisions_of_user", "INDEX sqlite_autoindex_decisions_1 (user=?)"),
        ("decisions_of_user_and_campaign", "INDEX sqlite_autoindex_decisions_1 (user=? AND campaign=?)"),
        ("decisions_of_campaign", "INDEX decisions_campaign (campaign=? AND rowid>?)"),
        ("waiting_users", "INDEX decisions_open (campaign=? AND user>?)"),
        ("outcomes_of", "PRIMARY KEY (campaign=?)"),
        ("find_message", "INDEX sqlite_autoindex_messages_1 (id=?)"),
    ],
)
def test_a_query_uses_the_index_that_it_names(store: SqliteStore, query: str, index: str) -> None:
    unbound = dict.fromkeys(
        ("users", "user", "campaign", "after", "limit", "outcome", "now", "cursor", "email", "without", "id"), 1
    )
    plan = store._database.rows(f"explain query plan {(JOURNAL | LEDGER)[query]}", unbound)  # noqa: SLF001 -- plans are the database's
    assert index in "\n".join(step for *_, step in plan)


def test_a_long_queue_that_is_left_out_is_not_read(store: SqliteStore) -> None:
    """The steps of SQLite's machine tell, without a clock."""

    def steps() -> int:
        counted = 0

        def tick() -> int:
            nonlocal counted
            counted += 1
            return 0

        with store.transaction():
            writer = store._database._writer  # noqa: SLF001 -- its machine is watched
            writer.set_progress_handler(tick, 10)
            assert [queued.message.id for queued in store.journal.claimable(at(1), 5, without=["slow"])] == ["x"]
            writer.set_progress_handler(None, 0)
        return counted

    store.journal.enqueue([message(f"{number}", campaign="slow") for number in range(100)])
    store.journal.enqueue([message("x", campaign="quick")])
    few = steps()
    store.journal.enqueue([message(f"{number}", campaign="slow") for number in range(3_000)])
    assert steps() < few * 2


def test_a_decision_read_by_another_program_is_plain_json(store: SqliteStore, path: Path) -> None:
    store.ledger.append([], [keep("a", "sent")])
    ((found,),) = peek(path, "select json_extract(body, '$.trigger') from decisions")
    assert found == decision("a", "sent").trigger
