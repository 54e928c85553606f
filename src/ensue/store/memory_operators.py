"""Operators in memory, with their sessions and what was changed.

One rule: everything is a frozen value in a dictionary; taking back a change puts the old dictionary back.
"""

from datetime import datetime
from functools import partial

from msgspec.structs import replace

from ensue.operators import Change, Operator, Session
from ensue.store.turn import Turn, by_turns


class MemoryOperators:
    """Operators, sessions, changes."""

    def __init__(self, turn: Turn) -> None:
        """Begin empty."""
        self.turn = turn
        self._operators: dict[str, Operator] = {}
        self._sessions: dict[str, Session] = {}
        self._changes: tuple[Change, ...] = ()

    @by_turns
    def all(self) -> list[Operator]:
        """Return all operators by time of creation, then id; disabled ones too."""
        return sorted(self._operators.values(), key=lambda one: (one.created_at, one.id))

    @by_turns
    def save(self, operator: Operator) -> None:
        """Insert or replace an operator by the id."""
        self._change_to(operators={**self._operators, operator.id: operator})

    @by_turns
    def find_session(self, digest: str) -> tuple[Session, Operator] | None:
        """Return a session with its operator, also one that is over."""
        session = self._sessions.get(digest)
        return (session, self._operators[session.operator]) if session else None

    @by_turns
    def save_session(self, session: Session) -> None:
        """Insert a session."""
        self._change_to(sessions={**self._sessions, session.digest: session})

    @by_turns
    def end_session(self, digest: str) -> None:
        """Forget a session; an absent one does not matter."""
        self._change_to(sessions={key: one for key, one in self._sessions.items() if key != digest})

    @by_turns
    def end_sessions(self, operator: str) -> None:
        """Forget all sessions of an operator."""
        self._change_to(sessions={key: one for key, one in self._sessions.items() if one.operator != operator})

    @by_turns
    def forget_sessions(self, until: datetime) -> None:
        """Forget the sessions that expire at or before that instant."""
        self._change_to(sessions={key: one for key, one in self._sessions.items() if one.expires_at > until})

    @by_turns
    def log_change(self, change: Change) -> None:
        """Add a change to the log; it gets the next number."""
        self._change_to(changes=(*self._changes, replace(change, number=len(self._changes) + 1)))

    @by_turns
    def changes(self, *, before: int | None = None, limit: int = 100) -> list[Change]:
        """Return changes, the latest first; with `before` those of lower numbers."""
        below = len(self._changes) if before is None else before - 1
        return list(reversed(self._changes[max(below - limit, 0) : below]))

    def _change_to(
        self,
        *,
        operators: dict[str, Operator] | None = None,
        sessions: dict[str, Session] | None = None,
        changes: tuple[Change, ...] | None = None,
    ) -> None:
        self.turn.undo_by(partial(self._put, self._operators, self._sessions, self._changes))
        self._put(
            self._operators if operators is None else operators,
            self._sessions if sessions is None else sessions,
            self._changes if changes is None else changes,
        )

    def _put(self, operators: dict[str, Operator], sessions: dict[str, Session], changes: tuple[Change, ...]) -> None:
        self._operators, self._sessions, self._changes = operators, sessions, changes
