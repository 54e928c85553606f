"""The Journal on SQLite: states, timers, outbox, runs.

One rule: loading and saving the states of a batch takes one statement each.
Not here: history that people read (`ledger`).
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from ensue.core.effects import Message
from ensue.core.state import UserState, next_due
from ensue.ports import Queued, Run
from ensue.store.database import Cell, Database, Row
from ensue.store.instants import instant, instant_or_none, micros, micros_or_none
from ensue.store.recent import Recent
from ensue.store.statements import statements
from ensue.store.states import address_of, decode_state, encode_state, lowered, zone_of

SQL = statements("journal")

_encode = msgspec.json.Encoder().encode
_message = msgspec.json.Decoder(Message).decode
_zones = msgspec.json.Decoder(tuple[str, ...]).decode


class SqliteJournal:
    """Per user: state, timers, outbox."""

    def __init__(self, database: Database) -> None:
        """Work on this database."""
        self._database = database
        self._recent = Recent()
        self._generation: int | None = None

    # ------------------------------------------------------------ states

    def load(self, users: Collection[str]) -> dict[str, UserState]:
        """Return the states of those users that are known."""
        if not self._trusts_recent():
            return {user: decode_state(blob) for user, blob in self._rows_of(users)}
        found = {user: state for user in users if (state := self._recent.find(user))}
        if len(found) < len(users):
            for user, blob in self._rows_of([user for user in users if user not in found]):
                found[user] = decode_state(blob)
                self._recent.keep(found[user], len(blob))
        return found

    def save(self, states: Sequence[UserState]) -> None:
        """Insert or replace states; their next due times, addresses and time zones become findable."""
        with self._database.writing():
            self._trusts_recent()
            moved = [state for state in states if _is_found_otherwise(self._recent.find(state.user), state)]
            self._database.write_many(SQL["save_states"], [self._row(state) for state in states])
            self._database.write_many(
                SQL["save_people"], [(state.user, address_of(state), zone_of(state)) for state in moved if state.exists]
            )
            self._database.write_many(SQL["forget_people"], [(state.user,) for state in moved if not state.exists])

    def due(self, now: datetime, limit: int) -> list[str]:
        """Return users with something due at or before `now`, the earliest first, then by id."""
        return self._texts("due", {"now": micros(now), "limit": limit})

    def next_due(self) -> datetime | None:
        """Return the earliest due time of all users."""
        return instant_or_none(self._number("next_due"))

    def users_after(self, cursor: str, limit: int, zones: Collection[str] | None = None) -> list[str]:
        """Return existing users with ids above `cursor` in byte order; with `zones`, only of those time zones."""
        if zones is None:
            return self._texts("users_after", {"cursor": cursor, "limit": limit})
        return self._texts("users_of_zones_after", {"cursor": cursor, "limit": limit, "zones": _json(zones)})

    def time_zones(self) -> list[str]:
        """Return the distinct time zones of existing users, sorted; "" stands for none."""
        return self._texts("time_zones", {})

    def count_users(self, zones: Collection[str] | None = None) -> int:
        """Return how many users exist."""
        if zones is None:
            return self._number("count_users") or 0
        return self._number("count_users_of_zones", {"zones": _json(zones)}) or 0

    def with_email(self, address: str) -> list[str]:
        """Return the users with this address, compared without regard to case, in byte order of their ids."""
        return self._texts("with_email", {"email": lowered(address)})

    def _trusts_recent(self) -> bool:
        """Tell whether the writer's memory holds, here and now; one that may be wrong is cleared."""
        generation = self._database.generation
        if generation is not None and generation != self._generation:
            self._recent.clear()
            self._generation = generation
        return generation is not None

    def _row(self, state: UserState) -> tuple[Cell, ...]:
        blob = encode_state(state)
        self._recent.keep(state, len(blob))
        return state.user, blob, micros_or_none(next_due(state))

    def _rows_of(self, users: Collection[str]) -> list[Row]:
        names = _json(users)
        if "\\u0000" not in names:
            return self._database.rows(SQL["load_states"], {"users": names})
        # SQLite's JSON functions end a text at a NUL: the rare id with one is looked up by itself
        return [row for user in set(users) if (row := self._database.row(SQL["load_state"], {"user": user}))]

    # ------------------------------------------------------------ outbox

    def enqueue(self, messages: Sequence[Message]) -> None:
        """Put messages into the outbox; one that is there already stays as it is."""
        self._database.write_many(
            SQL["enqueue"],
            [
                (message.id, message.campaign, micros(message.created_at), _encode(message).decode())
                for message in messages
            ],
        )

    def withdraw(self, messages: Collection[str]) -> None:
        """Take messages out of the outbox; absent ones do not matter."""
        self._database.write_many(SQL["withdraw"], [(message,) for message in messages])

    def claimable(self, now: datetime, limit: int, *, without: Collection[str] = ()) -> list[Queued]:
        """Return messages that nobody holds and that may go now, none of the campaigns `without`.

        Those that could have gone for longest come first, then those that were enqueued first.
        """
        parameters = {"now": micros(now), "limit": limit}
        if not without:
            return [_queued(row) for row in self._database.rows(SQL["claimable"], parameters)]
        rows = self._database.rows(SQL["claimable_without"], {**parameters, "without": _json(without)})
        return [_queued(row) for row in rows]

    def lease(self, messages: Collection[str], until: datetime) -> None:
        """Hold messages until that instant; after it they are claimable again."""
        self._database.write_many(SQL["lease"], [(message, micros(until)) for message in messages])

    def release(self) -> None:
        """End all leases: whoever held them is known to be dead."""
        self._database.write(SQL["release"], {})

    def defer(self, message: str, until: datetime) -> None:
        """Give a message back after a passing fault: one attempt more, not before that instant."""
        self._database.write(SQL["defer"], {"id": message, "not_before": micros(until)})

    def next_claimable(self) -> datetime | None:
        """Return the earliest instant at which some message of the outbox can be claimed (it may lie in the past)."""
        return instant_or_none(self._number("next_claimable"))

    def queued(self) -> int:
        """Return how many messages the outbox holds."""
        return self._number("queued") or 0

    # ------------------------------------------------------------ runs

    def save_run(self, run: Run) -> None:
        """Insert or replace a run by its id."""
        self._database.write(
            SQL["save_run"],
            {
                "id": run.id,
                "campaign": run.campaign,
                "at": micros(run.at),
                "total": run.total,
                "done": run.done,
                "cursor": run.cursor,
                "zones": None if run.zones is None else _json(run.zones),
                "finished_at": micros_or_none(run.finished_at),
            },
        )

    def find_run(self, run: str) -> Run | None:
        """Return a run by its id."""
        row = self._database.row(SQL["find_run"], {"id": run})
        return _run(row) if row else None

    def runs(self, campaign: str | None = None, *, unfinished: bool = False) -> list[Run]:
        """Return runs by time, then id."""
        name = "unfinished_runs" if unfinished else "runs"
        return [_run(row) for row in self._database.rows(SQL[name], {"campaign": campaign})]

    # ------------------------------------------------------------ reading

    def _texts(self, name: str, parameters: dict[str, str | int | None]) -> list[str]:
        return [text for (text,) in self._database.rows(SQL[name], parameters)]

    def _number(self, name: str, parameters: dict[str, str | int | None] | None = None) -> int | None:
        ((number,),) = self._database.rows(SQL[name], parameters or {})
        return None if number is None else int(number)


def _is_found_otherwise(old: UserState | None, new: UserState) -> bool:
    """Tell whether a user is, or may be, searched by something else than before."""
    if old is None or old.exists is not new.exists:
        return True
    return old.attributes is not new.attributes and (address_of(old) != address_of(new) or zone_of(old) != zone_of(new))


def _json(texts: Collection[str]) -> str:
    return _encode(list(texts)).decode()


def _queued(row: Row) -> Queued:
    body, attempts, not_before, leased_until = row
    return Queued(
        message=_message(body),
        attempts=attempts,
        not_before=instant_or_none(not_before),
        leased_until=instant_or_none(leased_until),
    )


def _run(row: Row) -> Run:
    identity, campaign, at, total, done, cursor, zones, finished_at = row
    return Run(
        id=identity,
        campaign=campaign,
        at=instant(at),
        total=total,
        done=done,
        cursor=cursor,
        zones=None if zones is None else _zones(zones),
        finished_at=instant_or_none(finished_at),
    )
