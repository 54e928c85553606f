"""The inbox in memory.

One rule: a message that was taken out stays known, as `None`.
"""

from functools import partial

from ensue.inbox import Ready
from ensue.store.turn import Turn, by_turns


class MemoryInbox:
    """What lies ready, by user."""

    def __init__(self, turn: Turn) -> None:
        """Begin empty."""
        self.turn = turn
        self._users: dict[str, dict[str, Ready | None]] = {}
        self._user_of: dict[str, str] = {}

    @by_turns
    def put(self, ready: Ready) -> None:
        """Put a message in; one that is there, or was there, stays as it is."""
        if ready.message not in self._user_of:
            self._note(ready.user)
            self._user_of[ready.message] = ready.user
            self._users.setdefault(ready.user, {})[ready.message] = ready

    @by_turns
    def find(self, message: str) -> Ready | None:
        """Return a message that lies ready."""
        return self._users.get(self._user_of.get(message, ""), {}).get(message)

    @by_turns
    def of(self, user: str) -> list[Ready]:
        """Return what lies ready for a user, in the order in which it was put in."""
        return [ready for ready in self._users.get(user, {}).values() if ready is not None]

    @by_turns
    def remove(self, message: str) -> None:
        """Take a message out for good; an absent one does not matter."""
        user = self._user_of.get(message)
        if user is not None:
            self._note(user)
            self._users[user][message] = None

    @by_turns
    def remove_all(self, user: str) -> None:
        """Take out everything of a user, and forget that it was there."""
        self._note(user)
        for message in self._users.pop(user, {}):
            del self._user_of[message]

    def _note(self, user: str) -> None:
        """Note how a user's messages are now, for the case that the transaction fails."""
        self.turn.undo_by(partial(self._restore, user, dict(self._users.get(user, {}))))

    def _restore(self, user: str, before: dict[str, Ready | None]) -> None:
        for message in self._users.pop(user, {}):
            del self._user_of[message]
        if before:
            self._users[user] = before
            self._user_of |= dict.fromkeys(before, user)
