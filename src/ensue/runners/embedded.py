"""The embedded runner: one writer thread owns the store, and everybody else hands it their work.

One rule: whoever submits is woken only after the commit, so an acknowledged event is durable (O5).
Submissions queue up while a commit is under way; the writer takes all that is there, in order of arrival, and commits
it as one (group commit): a durable acknowledgement costs one commit a batch, not one a request.
"""

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from ensue.core.events import Event
from ensue.core.plan import Plan
from ensue.errors import Unavailable
from ensue.ports import Claim, Clock, Store
from ensue.runners.serial import LEASE, SerialRunner

T = TypeVar("T")

MOST_EVENTS = 2000
"""Events in one transaction."""
LONGEST_NAP = 1.0
"""Seconds after which the writer looks at the clock again, whatever the next due time."""


class _Job(Generic[T]):
    """Work for the writer; `events` where it is a submission, which may share a transaction with others."""

    __slots__ = ("events", "future", "work")

    def __init__(self, work: Callable[[SerialRunner], T], events: Sequence[Event] | None = None) -> None:
        self.work = work
        self.events = events
        self.future: Future[T] = Future()


class EmbeddedRunner:
    """Decides on events in a thread of its own; for any number of calling threads.

    With `keeps_time`, entries are settled as they fall due; without, only by `settle` (simulations).
    """

    def __init__(self, store: Store, clock: Clock, *, keeps_time: bool = True, lease: timedelta = LEASE) -> None:
        """Start the writer."""
        self._store = store
        self._clock = clock
        self._serial = SerialRunner(store, clock, lease=lease)
        self._keeps_time = keeps_time
        self._jobs: queue.SimpleQueue[_Job[object] | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._writer = threading.Thread(target=self._write, name="ensue-writer")
        self._writer.start()

    @property
    def plan(self) -> Plan:
        """Return the plan that events are decided by at this moment."""
        return self._serial.plan

    def submit(self, events: Sequence[Event]) -> list[bool]:
        """Decide on events in order; on return they are durable. Tells for each whether it was new."""
        return self._hand(_Job(lambda serial: serial.submit(events), events))

    def claim(self, limit: int, *, quotas: Mapping[str, int] | None = None) -> list[Claim]:
        """Claim messages for delivery; ones that may no longer be sent are settled instead."""
        return self._hand(_Job(lambda serial: serial.claim(limit, quotas=quotas)))

    def defer(self, claim: Claim, until: datetime) -> None:
        """Give a claimed message back after a passing fault."""
        self._hand(_Job(lambda serial: serial.defer(claim, until)))

    def change(self, change: Callable[[Store], T]) -> T:
        """Carry out a change of definitions, in order with the events, whole or not at all."""
        return self._hand(_Job(lambda serial: serial.change(change)))

    def write(self, write: Callable[[Store], T]) -> T:
        """Write to the store what is no definition, whole or not at all."""
        return self._hand(_Job(lambda serial: serial.write(write)))

    def read(self, read: Callable[[Store], T]) -> T:
        """Read from the store in the caller's thread, seeing every acknowledged event."""
        self._refuse_when_closed()
        return read(self._store)

    def settle(self) -> datetime | None:
        """Settle what is due by now; return the next due time."""
        return self._hand(_Job(lambda serial: serial.settle()))

    def close(self) -> None:
        """Finish what was handed in, stop the writer and let go of the store."""
        if not self._closing.is_set():
            self._closing.set()
            self._jobs.put(None)
            self._writer.join()
            self._store.close()

    def _hand(self, job: _Job[T]) -> T:
        self._refuse_when_closed()
        self._jobs.put(job)  # type: ignore[arg-type]  # the queue holds jobs of all kinds
        return job.future.result()

    def _refuse_when_closed(self) -> None:
        if self._closing.is_set():
            raise Unavailable("Ensue is shutting down.")

    # ------------------------------------------------------------ in the writer's thread

    def _write(self) -> None:
        while True:
            jobs = self._next_jobs()
            if jobs is None:
                return
            self._work_off(jobs)
            if self._keeps_time:
                self._serial.settle_some()

    def _next_jobs(self) -> list[_Job[object]] | None:
        """Wait for work, no longer than until something is due; `None` at the end."""
        try:
            first = self._jobs.get(timeout=self._nap())
        except queue.Empty:
            return []
        jobs, count = [first], 0
        while jobs[-1] is not None:
            count += len(jobs[-1].events or ())
            if count >= MOST_EVENTS or self._jobs.empty():
                break
            jobs.append(self._jobs.get())
        if jobs[-1] is not None:
            return [job for job in jobs if job is not None]
        self._work_off([job for job in jobs if job is not None])
        return None

    def _nap(self) -> float:
        due = self._store.journal.next_due() if self._keeps_time else None
        if due is None:
            return LONGEST_NAP
        return min(self._clock.seconds_until(due), LONGEST_NAP)

    def _work_off(self, jobs: list[_Job[object]]) -> None:
        """Do the jobs in order; submissions in a row share one transaction."""
        group: list[_Job[object]] = []
        for job in jobs:
            if job.events is not None:
                group.append(job)
                continue
            self._submit(group)
            group = []
            self._do(job)
        self._submit(group)

    def _submit(self, group: list[_Job[object]]) -> None:
        if len(group) < 2:  # noqa: PLR2004  (one, or none, shares with nobody)
            for job in group:
                self._do(job)
            return
        try:
            news = self._serial.submit_all([job.events or () for job in group])
        except Exception:  # noqa: BLE001  (one of them is at fault: each is tried alone, and told by itself)
            for job in group:
                self._do(job)
        else:
            for job, new in zip(group, news, strict=True):
                job.future.set_result(new)

    def _do(self, job: _Job[object]) -> None:
        try:
            result = job.work(self._serial)
        except BaseException as failure:  # noqa: BLE001  (it is raised again in the thread that handed the job in)
            job.future.set_exception(failure)
        else:
            job.future.set_result(result)
