"""In-app messages that lie ready for a user, and how they are kept: a part of the store beside the Journal.

One rule: a message that was taken out does not come back, however often it is put in again (O5).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import msgspec


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """An in-app message as the page or app shows it; `made_at` is when it was decided to be sent."""

    message: str
    user: str
    campaign: str
    made_at: datetime
    payload: Mapping[str, object]


class Inbox(Protocol):
    """What lies ready, by user."""

    def put(self, ready: Ready) -> None:
        """Put a message in; one that is there, or was there, stays as it is."""
        ...

    def find(self, message: str) -> Ready | None:
        """Return a message that lies ready."""
        ...

    def of(self, user: str) -> list[Ready]:
        """Return what lies ready for a user, in the order in which it was put in."""
        ...

    def remove(self, message: str) -> None:
        """Take a message out for good; an absent one does not matter."""
        ...

    def remove_all(self, user: str) -> None:
        """Take out everything of a user, and forget that it was there."""
        ...
