"""Operators: the people who use the dashboard, their sessions, and what they changed, and how these are kept.

One rule: nothing is kept that opens a door: passwords as Argon2 hashes, sessions and links as digests of their tokens.
"""

from datetime import datetime
from typing import Literal, Protocol, get_args

import msgspec

Role = Literal["viewer", "editor", "owner"]
ROLES: tuple[Role, ...] = get_args(Role)
"""All roles; each may do what the ones before it may."""


class Operator(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody who may sign in, by `name` or `email`; without a `password` only by a link, which holds until then."""

    id: str
    name: str
    role: Role
    created_at: datetime
    email: str = ""
    password: str = ""
    link: str = ""
    link_until: datetime | None = None
    disabled_at: datetime | None = None

    def __repr__(self) -> str:
        """Leave the hashes out: what is shown of an operator may end up in a log."""
        return f"Operator({self.name!r})"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A browser in which an operator is signed in; `digest` is that of the token in its cookie."""

    digest: str
    operator: str
    created_at: datetime
    expires_at: datetime


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody did: `action` is a verb (`launch`), `target` what it was done to (`campaign hello`)."""

    at: datetime
    who: str
    action: str
    target: str
    detail: str = ""
    number: int = 0


class Operators(Protocol):
    """A part of the store, beside the Catalog."""

    def all(self) -> list[Operator]:
        """Return all operators by time of creation, then id; disabled ones too."""
        ...

    def save(self, operator: Operator) -> None:
        """Insert or replace an operator by the id."""
        ...

    def find_session(self, digest: str) -> tuple[Session, Operator] | None:
        """Return a session with its operator, also one that is over."""
        ...

    def save_session(self, session: Session) -> None:
        """Insert a session."""
        ...

    def end_session(self, digest: str) -> None:
        """Forget a session; an absent one does not matter."""
        ...

    def end_sessions(self, operator: str) -> None:
        """Forget all sessions of an operator."""
        ...

    def forget_sessions(self, until: datetime) -> None:
        """Forget the sessions that expire at or before that instant."""
        ...

    def log_change(self, change: Change) -> None:
        """Add a change to the log; it gets the next number."""
        ...

    def changes(self, *, before: int | None = None, limit: int = 100) -> list[Change]:
        """Return changes, the latest first; with `before` those of lower numbers."""
        ...
