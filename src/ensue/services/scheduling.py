"""Scheduled campaigns: from "now, for this audience" to one event a user, in resumable batches (S13).

One rule: the id of a user's event follows from the run, so a batch that is repeated after a crash changes nothing.
Of several times that were missed while Ensue did not run, only the latest is made up for.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from ensue.core.events import Targeted
from ensue.core.plan import Launched
from ensue.core.records import Scheduled
from ensue.core.schedule import next_time
from ensue.core.timing import zone_of
from ensue.ports import Clock, Run, Runner, Store

BATCH = 1000
"""Users targeted in one transaction."""
INSTANT = timedelta(microseconds=1)
Upcoming = tuple[datetime, Launched, tuple[str, ...] | None]
"""When, which campaign, and for the users of which time zones (`None`: all)."""


class Scheduling:
    """Begins runs when their time has come, and works them off."""

    def __init__(self, runner: Runner, clock: Clock) -> None:
        """Work on the runner's journal."""
        self._runner = runner
        self._clock = clock
        self._looked_at: datetime | None = None

    def run_due(self) -> int:
        """Begin what is due, and target the next batch of every unfinished run; return how many users were targeted.

        With 0, nothing is left to do for now. Between two calls the process may end, or other runs get their turn.
        """
        self._begin_due()
        return sum(self._target(run) for run in self._runner.read(lambda store: store.journal.runs(unfinished=True)))

    def next_at(self) -> datetime | None:
        """Return when the next run begins."""
        times = [at for at, _, _ in self._upcoming()]
        return min(times, default=None)

    # ------------------------------------------------------------ beginning

    def _begin_due(self) -> None:
        now = self._clock.now()
        due = [(at, launched, zones) for at, launched, zones in self._upcoming() if at <= now]
        if due:
            self._runner.write(lambda store: _begin(store, due))
        self._looked_at = now

    def _upcoming(self) -> list[Upcoming]:
        """Return the next run of every live scheduled campaign; with `zone: user` one for each instant of its zones."""
        live = [one for one in self._runner.plan.campaigns.values() if one.status == "active"]
        scheduled = [one for one in live if isinstance(one.current.campaign.delivery, Scheduled)]
        if not scheduled:
            return []
        return self._runner.read(lambda store: [each for one in scheduled for each in self._next_runs(store, one)])

    def _next_runs(self, store: Store, launched: Launched) -> Iterable[Upcoming]:
        delivery = launched.current.campaign.delivery
        if not isinstance(delivery, Scheduled):
            return
        runs, own = store.journal.runs(launched.id), self._runner.plan.workspace.time_zone
        if delivery.zone == "workspace" or (isinstance(delivery.at, datetime) and delivery.at.tzinfo is not None):
            at = self._next(delivery, launched, runs, own)
            if at is not None:
                yield at, launched, None
            return
        instants: defaultdict[datetime, list[str]] = defaultdict(list)
        for zone in store.journal.time_zones():
            done = [run for run in runs if run.zones is None or zone in run.zones]
            at = self._next(delivery, launched, done, str(zone_of(zone, own)))
            if at is not None:
                instants[at].append(zone)
        for at, zones in sorted(instants.items()):
            yield at, launched, tuple(zones)

    def _next(self, delivery: Scheduled, launched: Launched, runs: list[Run], zone: str) -> datetime | None:
        """Return the next time after the last run; of times that lie behind, the latest."""
        after = max([run.at for run in runs] + [launched.active_since - INSTANT])
        if self._looked_at is not None and self._looked_at > launched.active_since:
            after = max(after, self._looked_at)  # a user who moves to a zone whose time has passed is not made up for
        place, now = zone_of(zone, "UTC"), self._clock.now()
        at = next_time(delivery, after, place)
        while at is not None and at < now:
            later = next_time(delivery, at, place)
            if later is None or later > now:
                break
            at = later
        return at

    # ------------------------------------------------------------ working off

    def _target(self, run: Run) -> int:
        """Target the next batch, then move the cursor: a crash in between repeats the batch, which is harmless."""
        now = self._clock.now()
        launched = self._runner.plan.campaigns.get(run.campaign)
        is_live = launched is not None and launched.status == "active"
        users = self._runner.read(lambda store: store.journal.users_after(run.cursor, BATCH, run.zones))
        if not users or not is_live:
            users, run = [], replace(run, finished_at=now)
        else:
            at = min(run.at, now)
            self._runner.submit(
                [
                    Targeted(id=f"run:{run.id}", user=user, at=at, received_at=now, campaign=run.campaign)
                    for user in users
                ]
            )
            run = replace(run, cursor=users[-1], done=run.done + len(users))
        self._runner.write(lambda store: _advance(store, run))
        return len(users)


def _begin(store: Store, due: Iterable[Upcoming]) -> None:
    for at, launched, zones in due:
        name = f"{launched.id}:{at.isoformat()}" + (f":{zones[0]}" if zones else "")
        total = store.journal.count_users(zones)
        store.journal.save_run(Run(id=name, campaign=launched.id, at=at, total=total, zones=zones))


def _advance(store: Store, run: Run) -> None:
    """Save how far a run has come, unless a stop has ended it meanwhile."""
    saved = store.journal.find_run(run.id)
    if saved is not None and saved.finished_at is None:
        store.journal.save_run(run)
