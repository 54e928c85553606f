"""Whose turn it is to touch the memory store, and how to take back what a failed transaction did.

One rule: whoever changes something notes how to undo it, so a transaction costs what it changes and not what there is.
Not here: the records (`memory_journal`, `memory_ledger`, `memory_catalog`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import RLock
from typing import Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Turn:
    """A lock, and the steps back of the transaction that holds it."""

    def __init__(self) -> None:
        """Begin without a transaction."""
        self.lock = RLock()
        self._steps_back: list[Callable[[], object]] | None = None

    def undo_by(self, step: Callable[[], object]) -> None:
        """Note how to take back what comes next; without a transaction nothing is taken back."""
        if self._steps_back is not None:
            self._steps_back.append(step)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock; on any error take back what was done, the last first."""
        with self.lock:
            if self._steps_back is not None:
                message = "this thread holds a transaction already"
                raise RuntimeError(message)
            steps_back = self._steps_back = []
            try:
                yield
            except BaseException:
                self._steps_back = None
                for step in reversed(steps_back):
                    step()
                raise
            finally:
                self._steps_back = None


class Turned(Protocol):
    """Something that is touched by turns."""

    @property
    def turn(self) -> Turn:
        """Return whose turn it is."""
        ...


S = TypeVar("S", bound=Turned)


def by_turns(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Let a method wait until no other thread is inside, or holds a transaction."""

    @wraps(method)
    def guarded(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.turn.lock:
            return method(self, *args, **kwargs)

    return guarded
