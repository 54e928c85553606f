"""The states that the writer touched last, so the next batch need not read and decode them again.

One rule: it holds what the database holds, as the writer sees it; whoever cannot be sure of that clears it.
Not here: when it can be trusted (`Database.generation`).
"""

from ensue.core.state import UserState

STATES = 5_000
"""So many states are kept at most."""
LARGEST = 8_000
"""Bytes of an encoded state; a larger one is not kept, so the memory that all of them take is bounded."""


class Recent:
    """States by user; the one that was left alone for longest goes first."""

    def __init__(self) -> None:
        """Begin empty."""
        self._states: dict[str, UserState] = {}

    def find(self, user: str) -> UserState | None:
        """Return a state that is kept."""
        return self._states.get(user)

    def keep(self, state: UserState, size: int) -> None:
        """Keep a state whose encoded form has so many bytes, in place of the one before."""
        self._states.pop(state.user, None)
        if size > LARGEST:
            return
        self._states[state.user] = state
        if len(self._states) > STATES:
            del self._states[next(iter(self._states))]

    def clear(self) -> None:
        """Forget all."""
        self._states.clear()
