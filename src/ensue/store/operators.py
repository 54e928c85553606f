"""Operators on SQLite, with their sessions and what was changed.

One rule: a session and its operator are read together, for every page asks for both.
Not here: who may do what (`web.dashboard.guard`), and passwords (`services.operators`).
"""

from datetime import datetime

from ensue.operators import Change, Operator, Session
from ensue.store.database import Database, Row
from ensue.store.instants import instant, instant_or_none, micros, micros_or_none
from ensue.store.statements import statements

SQL = statements("operators")
NEWEST = 2**62
"""Above every number."""


class SqliteOperators:
    """Operators, sessions, changes."""

    def __init__(self, database: Database) -> None:
        """Work on this database."""
        self._database = database

    def all(self) -> list[Operator]:
        """Return all operators by time of creation, then id; disabled ones too."""
        return [_operator(row) for row in self._database.rows(SQL["operators"])]

    def save(self, operator: Operator) -> None:
        """Insert or replace an operator by the id."""
        self._database.write(
            SQL["save_operator"],
            {
                "id": operator.id,
                "name": operator.name,
                "email": operator.email,
                "role": operator.role,
                "password": operator.password,
                "link": operator.link,
                "link_until": micros_or_none(operator.link_until),
                "created_at": micros(operator.created_at),
                "disabled_at": micros_or_none(operator.disabled_at),
            },
        )

    def find_session(self, digest: str) -> tuple[Session, Operator] | None:
        """Return a session with its operator, also one that is over."""
        row = self._database.row(SQL["find_session"], {"digest": digest})
        return (_session(row[:4]), _operator(row[4:])) if row else None

    def save_session(self, session: Session) -> None:
        """Insert a session."""
        self._database.write(
            SQL["save_session"],
            {
                "digest": session.digest,
                "operator": session.operator,
                "created_at": micros(session.created_at),
                "expires_at": micros(session.expires_at),
            },
        )

    def end_session(self, digest: str) -> None:
        """Forget a session; an absent one does not matter."""
        self._database.write(SQL["end_session"], {"digest": digest})

    def end_sessions(self, operator: str) -> None:
        """Forget all sessions of an operator."""
        self._database.write(SQL["end_sessions"], {"operator": operator})

    def forget_sessions(self, until: datetime) -> None:
        """Forget the sessions that expire at or before that instant."""
        self._database.write(SQL["forget_sessions"], {"until": micros(until)})

    def log_change(self, change: Change) -> None:
        """Add a change to the log; it gets the next number."""
        self._database.write(
            SQL["log_change"],
            {
                "at": micros(change.at),
                "who": change.who,
                "action": change.action,
                "target": change.target,
                "detail": change.detail,
            },
        )

    def changes(self, *, before: int | None = None, limit: int = 100) -> list[Change]:
        """Return changes, the latest first; with `before` those of lower numbers."""
        rows = self._database.rows(SQL["changes"], {"before": before or NEWEST, "limit": limit})
        return [_change(row) for row in rows]


def _operator(row: Row) -> Operator:
    identity, name, email, role, password, link, link_until, created_at, disabled_at = row
    return Operator(
        id=identity,
        name=name,
        email=email,
        role=role,
        password=password,
        link=link,
        link_until=instant_or_none(link_until),
        created_at=instant(created_at),
        disabled_at=instant_or_none(disabled_at),
    )


def _session(row: Row) -> Session:
    digest, operator, created_at, expires_at = row
    return Session(digest=digest, operator=operator, created_at=instant(created_at), expires_at=instant(expires_at))


def _change(row: Row) -> Change:
    number, at, who, action, target, detail = row
    return Change(number=number, at=instant(at), who=who, action=action, target=target, detail=detail)
