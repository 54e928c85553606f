"""Tickets for the stream of an open page: signed, for one user of one app, for a day.

One rule: a stream's address is all that a browser sends (`EventSource` has no headers), so the ticket says it all.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from itsdangerous import BadData, URLSafeSerializer

from ensue.ports import Clock

LIFE = timedelta(days=1)


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """Whose stream it opens; `issued_at` in seconds since 1970."""

    app: str
    user: str
    issued_at: int


class Tickets:
    """Issues and reads tickets; whoever knows the secret can make them."""

    def __init__(self, secret: str, clock: Clock) -> None:
        """Sign with `secret`."""
        self._clock = clock
        self._signer = URLSafeSerializer(
            secret, salt="ensue.ticket", signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        )

    def issue(self, app: str, user: str) -> str:
        """Return a ticket for a user of an app."""
        return str(self._signer.dumps([app, user, int(self._clock.now().timestamp())]))

    def read(self, ticket: str) -> Ticket | None:
        """Return what a ticket says, unless it was not made here or is too old."""
        try:
            content: Any = self._signer.loads(ticket)
            found = msgspec.convert(content, Ticket)
        except (BadData, msgspec.ValidationError, UnicodeError):
            return None
        issued_at = datetime.fromtimestamp(found.issued_at, UTC)
        return found if self._clock.now() - issued_at < LIFE else None
