"""Users as people see them: look one up, put many, delete one.

One rule: whatever changes a user is an event like any other.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from ensue.core.events import AttributesChanged, Properties, PushRegistered, PushUnregistered, UserDeleted
from ensue.core.state import UserState
from ensue.errors import rejected
from ensue.ports import Clock, Runner


class People:
    """Finds, puts and deletes users; `new_id` makes ids of events."""

    def __init__(self, runner: Runner, clock: Clock, new_id: Callable[[], str]) -> None:
        """Work on the runner's journal."""
        self._runner = runner
        self._clock = clock
        self._new_id = new_id

    def load(self, user: str) -> UserState:
        """Return what is known of a user, or refuse."""
        state = self._runner.read(lambda store: store.journal.load([user])).get(user)
        if state is None or not state.exists:
            raise rejected("unknown_user", "user", f"there is no user '{user}'", "Send an attribute or event first.")
        return state

    def put(self, people: Sequence[tuple[str, Properties]]) -> None:
        """Set attributes of many users; those who are not there yet are made. Durable on return."""
        now = self._clock.now()
        self._runner.submit(
            [
                AttributesChanged(id=self._new_id(), user=user, at=now, received_at=now, attributes=attributes)
                for user, attributes in people
            ]
        )

    def register(self, user: str, platform: Literal["web", "android", "ios"], token: str) -> None:
        """Add a device that push messages go to; one that is there already stays."""
        self.load(user)
        now = self._clock.now()
        event = PushRegistered(id=self._new_id(), user=user, at=now, received_at=now, platform=platform, token=token)
        self._runner.submit([event])

    def unregister(self, user: str, token: str) -> None:
        """Take a device away; one that is not there changes nothing."""
        self.load(user)
        now = self._clock.now()
        self._runner.submit([PushUnregistered(id=self._new_id(), user=user, at=now, received_at=now, token=token)])

    def delete(self, user: str) -> None:
        """Delete a user: what waits is suppressed, what was known is forgotten (L4)."""
        self.load(user)
        now = self._clock.now()
        self._runner.submit([UserDeleted(id=self._new_id(), user=user, at=now, received_at=now)])
