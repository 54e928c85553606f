"""Finding users: by the beginning of an id, by e-mail address, by an attribute; and those who are in an audience.

One rule: ids and addresses have an index; everything else asks users one after another, for a limited time, and says
where to look on.
Not here: how many there are (`audiences`).
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Literal

import msgspec

from ensue.core.comparisons import find_value
from ensue.core.conditions import Audience
from ensue.core.events import Json
from ensue.core.filters import in_audience
from ensue.core.state import UserState
from ensue.ports import Clock, Runner, Store

BATCH = 500
QUICK = 0.2
"""Seconds that one page of a search may take."""

Kind = Literal["all", "id", "email", "attribute", "audience"]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Users in byte order of their ids; `after` is where to look on, absent where all were looked at.

    `looked_at` counts those that were asked, where users were asked one after another.
    """

    kind: Kind
    users: tuple[UserState, ...]
    after: str | None = None
    looked_at: int = 0


class Searching:
    """Finds users; `stopwatch` tells seconds that only move on."""

    def __init__(self, runner: Runner, clock: Clock, stopwatch: Callable[[], float] = time.monotonic) -> None:
        """Look into this runner's journal."""
        self._runner = runner
        self._clock = clock
        self._stopwatch = stopwatch

    def search(self, query: str, *, after: str = "", limit: int = 50) -> Found:
        """Find users by what somebody typed: `ana`, `ana@example.com` or `country=SE`."""
        name, is_attribute, value = (part.strip() for part in query.partition("="))
        if not query:
            return self._beginning("", after, limit, "all")
        if is_attribute and name in ("id", "external_id"):
            return self._beginning(value, after, limit, "id")
        if is_attribute and name != "email":
            return self._asked(partial(_has_attribute, name, value), "attribute", after, limit)
        address = value if is_attribute else query
        if "@" in address and (found := self._with_email(address, after, limit)).users:
            return found
        return self._with_email(address, after, limit) if is_attribute else self._beginning(query, after, limit, "id")

    def members(self, audience: Audience, *, after: str = "", limit: int = 50, seconds: float = QUICK) -> Found:
        """Find those who belong to an audience at this instant, as far as the time allows."""
        now, segments = self._clock.now(), self._runner.plan.segments

        def belongs(state: UserState) -> bool:
            return in_audience(audience, state, now, segments)

        return self._asked(belongs, "audience", after, limit, seconds=seconds)

    # ------------------------------------------------------------ ways of finding

    def _beginning(self, prefix: str, after: str, limit: int, kind: Kind) -> Found:
        """Find users whose ids begin so; the one with exactly this id comes first."""

        def read(store: Store) -> Found:
            users = store.journal.users_after(max(prefix, after), limit + 1)
            if prefix and not after:
                users = [prefix, *users]
            states = store.journal.load(users)
            found = [states[one] for one in users if one.startswith(prefix) and one in states and states[one].exists]
            return _page(found, limit, kind)

        return self._runner.read(read)

    def _with_email(self, address: str, after: str, limit: int) -> Found:
        def read(store: Store) -> Found:
            users = [user for user in store.journal.with_email(address) if user > after][: limit + 1]
            states = store.journal.load(users)
            return _page([states[user] for user in users if user in states], limit, "email")

        return self._runner.read(read)

    def _asked(
        self, belongs: Callable[[UserState], bool], kind: Kind, after: str, limit: int, *, seconds: float = QUICK
    ) -> Found:
        """Ask users one after another, until a page is full or the time is over."""
        end, looked_at = self._stopwatch() + seconds, 0
        found: list[UserState] = []
        while len(found) < limit and (batch := self._batch(after)):
            for state in batch:
                after, looked_at = state.user, looked_at + 1
                if belongs(state):
                    found.append(state)
                    if len(found) == limit:
                        break
            if self._stopwatch() > end:
                break
        has_more = bool(self._batch(after, 1))
        return Found(kind=kind, users=tuple(found), after=after if has_more else None, looked_at=looked_at)

    def _batch(self, after: str, limit: int = BATCH) -> list[UserState]:
        def read(store: Store) -> list[UserState]:
            users = store.journal.users_after(after, limit)
            states = store.journal.load(users)
            return [states[user] for user in users if user in states]

        return self._runner.read(read)


def _has_attribute(name: str, text: str, state: UserState) -> bool:
    return is_like(find_value(state.attributes, name), text)


def is_like(value: Json, text: str) -> bool:
    """Say whether an attribute is what somebody typed; of a list, whether it holds it. Case does not matter."""
    match value:
        case None:
            return text == ""
        case bool():
            return text.casefold() == str(value).casefold()
        case int() | float():
            return _is_number(text, value)
        case list():
            return any(is_like(one, text) for one in value)
        case str():
            return value.casefold() == text.casefold()
        case _:
            return False


def _is_number(text: str, value: float) -> bool:
    try:
        return float(text) == value
    except ValueError:
        return False


def _page(found: list[UserState], limit: int, kind: Kind) -> Found:
    users = tuple(found[:limit])
    return Found(kind=kind, users=users, after=users[-1].user if len(found) > limit else None)
