"""A task that is repeated in a thread of its own until it is told to stop.

One rule: a fault is logged, and the task goes on after a growing pause; nothing dies unseen.
"""

import threading
from collections.abc import Callable

import structlog

LONGEST_PAUSE = 60.0
log = structlog.get_logger(__name__)


class Background:
    """Repeats `task`, which says how many seconds to wait before the next time."""

    def __init__(self, name: str, task: Callable[[], float]) -> None:
        """Start at once."""
        self._task = task
        self._name = name
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"ensue-{name}")
        self._thread.start()

    def stop(self) -> None:
        """Finish the present round, and end."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                pause = self._task()
                failures = 0
            except Exception:
                failures += 1
                pause = min(2.0**failures, LONGEST_PAUSE)
                log.exception("a background task failed; it will be tried again", task=self._name, seconds=pause)
            self._stop.wait(pause)
