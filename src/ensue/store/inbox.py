"""The inbox on SQLite.

One rule: a message that was taken out keeps its row, without its payload.
"""

import msgspec

from ensue.inbox import Ready
from ensue.store.database import Database, Row
from ensue.store.instants import instant, micros
from ensue.store.statements import statements

SQL = statements("inbox")

_payload = msgspec.json.Decoder(dict[str, object]).decode


class SqliteInbox:
    """What lies ready, by user."""

    def __init__(self, database: Database) -> None:
        """Work on this database."""
        self._database = database

    def put(self, ready: Ready) -> None:
        """Put a message in; one that is there, or was there, stays as it is."""
        self._database.write(
            SQL["put"],
            {
                "message": ready.message,
                "user": ready.user,
                "campaign": ready.campaign,
                "made_at": micros(ready.made_at),
                "payload": msgspec.json.encode(ready.payload).decode(),
            },
        )

    def find(self, message: str) -> Ready | None:
        """Return a message that lies ready."""
        row = self._database.row(SQL["find"], {"message": message})
        return _ready(row) if row else None

    def of(self, user: str) -> list[Ready]:
        """Return what lies ready for a user, in the order in which it was put in."""
        return [_ready(row) for row in self._database.rows(SQL["of_user"], {"user": user})]

    def remove(self, message: str) -> None:
        """Take a message out for good; an absent one does not matter."""
        self._database.write(SQL["remove"], {"message": message})

    def remove_all(self, user: str) -> None:
        """Take out everything of a user, and forget that it was there."""
        self._database.write(SQL["remove_all"], {"user": user})


def _ready(row: Row) -> Ready:
    message, user, campaign, made_at, payload = row
    return Ready(message=message, user=user, campaign=campaign, made_at=instant(made_at), payload=_payload(payload))
