"""The architecture on one page: what the core's surroundings must be able to do.

One rule: every port has one conformance suite (`tests/conformance`), and every implementation passes it.
A port's methods block; instants are aware UTC; lists are in the order given in the docstring.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, TypeVar

import msgspec

from ensue.apps import Apps
from ensue.backtests import Backtests
from ensue.core.effects import Decision, Effects, Message, Outcome
from ensue.core.events import Event
from ensue.core.plan import Plan
from ensue.core.records import CampaignState, CardState, Segment, Workspace
from ensue.core.state import UserState
from ensue.history import Figure, History, Skimmed, Tale
from ensue.inbox import Inbox
from ensue.operators import Operators
from ensue.parcels import Handed, Parcel

T = TypeVar("T")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present instant, aware UTC, to the microsecond; it never runs backwards."""
        ...

    def seconds_until(self, at: datetime) -> float:
        """Return how many seconds somebody would have to wait for that instant, 0 where it has passed."""
        ...


# ---------------------------------------------------------------- Journal


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """A message in the outbox with what became of it so far; `attempts` counts hand-overs that met a passing fault."""

    message: Message
    attempts: int = 0
    not_before: datetime | None = None
    leased_until: datetime | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One time of a scheduled campaign, worked off in batches of users in order of their ids (S13).

    `zones` holds the time zones whose users this run is for, `None` all users. `cursor` is the last user done.
    """

    id: str
    campaign: str
    at: datetime
    total: int
    done: int = 0
    cursor: str = ""
    zones: tuple[str, ...] | None = None
    finished_at: datetime | None = None


class Journal(Protocol):
    """Per user: state, timers, outbox; what `decide` needs."""

    def load(self, users: Collection[str]) -> dict[str, UserState]:
        """Return the states of those users that are known."""
        ...

    def save(self, states: Sequence[UserState]) -> None:
        """Insert or replace states; their next due times, addresses and time zones become findable."""
        ...

    def due(self, now: datetime, limit: int) -> list[str]:
        """Return users with something due at or before `now`, the earliest first."""
        ...

    def next_due(self) -> datetime | None:
        """Return the earliest due time of all users."""
        ...

    def users_after(self, cursor: str, limit: int, zones: Collection[str] | None = None) -> list[str]:
        """Return existing users with ids above `cursor` in byte order; with `zones`, only of those time zones.

        The zone of a user is the attribute `time_zone` as it stands, "" where it is missing or not a text.
        """
        ...

    def time_zones(self) -> list[str]:
        """Return the distinct time zones of existing users, sorted; "" stands for none."""
        ...

    def count_users(self, zones: Collection[str] | None = None) -> int:
        """Return how many users exist."""
        ...

    def with_email(self, address: str) -> list[str]:
        """Return the users with this address, compared without regard to case, in byte order of their ids."""
        ...

    def enqueue(self, messages: Sequence[Message]) -> None:
        """Put messages into the outbox; one that is there already stays as it is."""
        ...

    def withdraw(self, messages: Collection[str]) -> None:
        """Take messages out of the outbox; absent ones do not matter."""
        ...

    def claimable(self, now: datetime, limit: int, *, without: Collection[str] = ()) -> list[Queued]:
        """Return messages that nobody holds and that may go now, the oldest first, none of the campaigns `without`."""
        ...

    def lease(self, messages: Collection[str], until: datetime) -> None:
        """Hold messages until that instant; after it they are claimable again."""
        ...

    def release(self) -> None:
        """End all leases: whoever held them is known to be dead."""
        ...

    def defer(self, message: str, until: datetime) -> None:
        """Give a message back after a passing fault: one attempt more, not before that instant."""
        ...

    def next_claimable(self) -> datetime | None:
        """Return the earliest instant at which some message of the outbox can be claimed (it may lie in the past)."""
        ...

    def queued(self) -> int:
        """Return how many messages the outbox holds."""
        ...

    def save_run(self, run: Run) -> None:
        """Insert or replace a run by its id."""
        ...

    def find_run(self, run: str) -> Run | None:
        """Return a run by its id."""
        ...

    def runs(self, campaign: str | None = None, *, unfinished: bool = False) -> list[Run]:
        """Return runs by time, then id."""
        ...


# ---------------------------------------------------------------- Ledger


class Ledger(History, Protocol):
    """History: events, decisions, messages, counts; what people read."""

    def append(self, events: Sequence[Event], effects: Sequence[Effects]) -> None:
        """Record events in order, and of the effects: decisions (`Keep`), messages (`Send`), interactions, counts."""
        ...

    def decisions(
        self,
        *,
        user: str | None = None,
        campaign: str | None = None,
        outcome: Outcome | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> list[tuple[int, Decision]]:
        """Return decisions as they stand last, with the number of their first appearance, ascending above `after`."""
        ...

    def waiting_users(self, campaign: str, after: str, limit: int) -> list[str]:
        """Return users with an entry of the campaign that waits or is being sent, ids above `after`, in byte order."""
        ...

    def outcomes(self, campaign: str | None = None) -> dict[str, dict[str, int]]:
        """Return, by campaign, how many decisions stand at each outcome; refused and suppressed as `outcome:reason`."""
        ...

    def figures(self, campaign: str | None = None) -> list[Figure]:
        """Return the counts by campaign, variation and name, sorted."""
        ...

    def find_message(self, message: str) -> Message | None:
        """Return a message that was ever put into the outbox."""
        ...

    def messages(self, *, after: int = 0, limit: int = 1000) -> list[tuple[int, Message]]:
        """Return messages that were ever put into the outbox, with their numbers, ascending above `after`."""
        ...

    def events(self, *, after: int = 0, limit: int = 1000) -> list[Tale]:
        """Return recorded events in order of the log."""
        ...

    def skim(self, after: int, until: int, kinds: Collection[str] | None = None) -> list[Skimmed]:
        """Return recorded events, not read yet, with numbers above `after` and up to `until`, of these kinds."""
        ...

    def events_of(self, user: str, limit: int = 100, *, after: int = 0, before: int | None = None) -> list[Tale]:
        """Return a user's last events, the latest first, with numbers above `after` and below `before`.

        May be slow: the log is kept for writing, so all between the two is read.
        """
        ...


# ---------------------------------------------------------------- Catalog


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An API key: its digest (SHA-256, hex), never the key itself."""

    id: str
    name: str
    digest: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None = None


class Catalog(Apps, Protocol):
    """Definitions and their lives: campaigns, cards, segments, settings, API keys, apps."""

    def campaigns(self) -> list[CampaignState]:
        """Return all campaigns by id."""
        ...

    def find_campaign(self, campaign: str) -> CampaignState | None:
        """Return one campaign."""
        ...

    def save_campaign(self, campaign: CampaignState) -> None:
        """Insert or replace a campaign; versions once saved never change."""
        ...

    def cards(self) -> list[CardState]:
        """Return all cards by id."""
        ...

    def find_card(self, card: str) -> CardState | None:
        """Return one card."""
        ...

    def save_card(self, card: CardState) -> None:
        """Insert or replace a card."""
        ...

    def segments(self) -> list[Segment]:
        """Return all segments by id."""
        ...

    def save_segment(self, segment: Segment) -> None:
        """Insert or replace a segment."""
        ...

    def remove_segment(self, segment: str) -> None:
        """Forget a segment; an absent one does not matter."""
        ...

    def workspace(self) -> Workspace:
        """Return the settings; the defaults where none were saved."""
        ...

    def save_workspace(self, workspace: Workspace) -> None:
        """Replace the settings."""
        ...

    def secret(self, name: str, default: str) -> str:
        """Return the secret of that name; where there is none, keep and return `default`."""
        ...

    def keys(self) -> list[Key]:
        """Return all API keys by time of creation, then id."""
        ...

    def find_key(self, digest: str) -> Key | None:
        """Return a key by its digest, revoked ones too."""
        ...

    def save_key(self, key: Key) -> None:
        """Insert or replace a key by its id."""
        ...


class Store(Protocol):
    """All of them over one database: what is done in one transaction happens whole or not at all."""

    @property
    def journal(self) -> Journal:
        """Return the Journal."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Return the Ledger."""
        ...

    @property
    def catalog(self) -> Catalog:
        """Return the Catalog."""
        ...

    @property
    def inbox(self) -> Inbox:
        """Return the in-app messages that lie ready."""
        ...

    @property
    def backtests(self) -> Backtests:
        """Return the backtests that were asked for."""
        ...

    @property
    def operators(self) -> Operators:
        """Return the people who use the dashboard."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Commit at the end, durably; roll back on any error. One at a time, by the one writer."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


# ---------------------------------------------------------------- Transport


class Transport(Protocol):
    """Hands one rendered message to a channel's service. Used by one thread at a time."""

    def send(self, parcel: Parcel) -> Handed:
        """Hand it over and say what was answered; a fault of the connection is `passing`, never an exception."""
        ...

    def close(self) -> None:
        """Close kept connections."""
        ...


# ---------------------------------------------------------------- Runner


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A message that its holder may hand over now, and the user as known at this moment."""

    queued: Queued
    state: UserState


class Runner(Protocol):
    """Brings events to `decide`, and carries its effects away."""

    def submit(self, events: Sequence[Event]) -> list[bool]:
        """Decide on events in order; on return they are durable. Tells for each whether it was new (O1, O5)."""
        ...

    @property
    def plan(self) -> Plan:
        """Return the plan that events are decided by at this moment."""
        ...

    def claim(self, limit: int, *, quotas: Mapping[str, int] | None = None) -> list[Claim]:
        """Claim messages of the outbox for delivery; ones that may no longer be sent are settled instead.

        `quotas` says of which campaigns only so many may go (S10).
        """
        ...

    def defer(self, claim: Claim, until: datetime) -> None:
        """Give a claimed message back after a passing fault."""
        ...

    def change(self, change: Callable[[Store], T]) -> T:
        """Carry out a change of definitions, in order with the events, whole or not at all; later events see it."""
        ...

    def write(self, write: Callable[[Store], T]) -> T:
        """Write to the store what is no definition, whole or not at all."""
        ...

    def read(self, read: Callable[[Store], T]) -> T:
        """Read from the store, seeing every acknowledged event."""
        ...

    def settle(self) -> datetime | None:
        """Settle what is due by now; return the next due time. The embedded runner also does so by itself."""
        ...

    def close(self) -> None:
        """Finish what is under way and let go of the store."""
        ...
