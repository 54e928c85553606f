"""Backtests as jobs: asked for, run one after the other behind the scenes, kept for a while (B2).

One rule: a backtest reads what was recorded and writes nothing but its own result; nobody is sent anything.
"""

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime

import msgspec
import structlog
from msgspec.structs import replace

from ensue.backtests import UNFINISHED, Backtest, How, Side
from ensue.codec.build import build
from ensue.codec.dump import dump
from ensue.core.events import Json
from ensue.core.records import Campaign, Scheduled
from ensue.errors import rejected
from ensue.ports import Clock, Runner, Store
from ensue.services.backtest_reading import Log
from ensue.services.backtest_running import Period, happened, relived, tried
from ensue.services.backtest_totals import Adding, difference
from ensue.services.definitions import load_campaign

KEPT = 100
"""Backtests kept, the ones asked for last."""
IDLE = 0.2
"""Seconds after which the worker looks again where there was nothing to do."""
log = structlog.get_logger(__name__)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One side as it is asked for: a campaign's id, or a definition; `how` has a default that suits it."""

    campaign: str | Campaign
    how: How | None = None


class Stopped(Exception):  # not a fault: it ends a run from within
    """The backtest was cancelled, or Ensue is shutting down."""


class Meter:
    """How far a run is; also ends it."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.done = self.total = 0
        self.stop = threading.Event()

    def expect(self, events: int) -> None:
        """Take note that so many more events are to be read."""
        self.total += events

    def read(self, events: int) -> None:
        """Take note that so many were read; Stopped where the run is to end."""
        self.done += events
        if self.stop.is_set():
            raise Stopped


class BacktestJobs:
    """Takes backtests, runs them and tells how far they are."""

    def __init__(self, runner: Runner, clock: Clock, new_id: Callable[[], str]) -> None:
        """Read and write by the runner's store."""
        self._runner = runner
        self._clock = clock
        self._new_id = new_id
        self._ahead: deque[str] = deque()
        self._meters: dict[str, Meter] = {}

    # ------------------------------------------------------------ asking

    def start(
        self,
        wanted: Wanted,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        against: Wanted | None = None,
        by: str = "",
    ) -> Backtest:
        """Take a backtest of a span of arrival; without `start` from the first recorded event on, without `end` to now.

        Rejected where it cannot be run: an unknown campaign, an empty span, a scheduled campaign that is to be tried.
        """
        now = self._clock.now()
        begin = start or Log(self._runner).first_at() or now
        until = min(end or now, now)
        if begin >= until:
            hint = "Choose a span that lies in the past and whose start lies before its end."
            raise rejected("empty_span", "start", "the span holds no time", hint)
        backtest = Backtest(
            id=self._new_id(),
            asked_at=now,
            asked_by=by,
            start=begin,
            end=until,
            side=self._side(wanted, "campaign"),
            against=self._side(against, "against") if against else None,
        )
        self._save(backtest)
        self._meters[backtest.id] = Meter()
        self._ahead.append(backtest.id)
        return backtest

    def latest(self) -> list[Backtest]:
        """Return the backtests that are kept, the one asked for last first."""
        return [self._metered(one) for one in self._runner.read(lambda store: store.backtests.latest(KEPT))]

    def load(self, backtest: str) -> Backtest:
        """Return a backtest with how far it is; Rejected where there is none."""
        found = self._runner.read(lambda store: store.backtests.find(backtest))
        if found is None:
            hint = f"The latest {KEPT} backtests are kept."
            raise rejected("unknown_backtest", "backtest", f"there is no backtest '{backtest}'", hint)
        return self._metered(found)

    def cancel(self, backtest: str) -> Backtest:
        """End a backtest that waits or runs; one that has ended stays as it is."""
        found = self.load(backtest)
        meter = self._meters.get(backtest)
        if meter is not None:
            meter.stop.set()
        if found.status == "waiting":
            return self._save(replace(found, status="cancelled", finished_at=self._clock.now()))
        return found

    # ------------------------------------------------------------ working

    def mark_lost(self) -> None:
        """Mark what a process that ended left unfinished; for the start."""
        for one in self._runner.read(lambda store: store.backtests.latest(KEPT)):
            if one.status in UNFINISHED:
                self._save(replace(one, status="lost", finished_at=self._clock.now()))

    def work(self) -> float:
        """Run the next backtest, if one waits; return after how many seconds to look again."""
        if not self._ahead:
            return IDLE
        backtest = self.load(self._ahead.popleft())
        meter = self._meters[backtest.id]
        if backtest.status == "waiting" and not meter.stop.is_set():
            self._run(self._save(replace(backtest, status="running")), meter)
        del self._meters[backtest.id]
        return 0

    def close(self) -> None:
        """End what runs; it is found as lost at the next start."""
        self._ahead.clear()
        for meter in list(self._meters.values()):
            meter.stop.set()

    def _run(self, backtest: Backtest, meter: Meter) -> None:
        try:
            backtest = self._came_of(backtest, meter)
        except Stopped:
            backtest = replace(backtest, status="cancelled")
        except Exception as failure:
            log.exception("a backtest failed", backtest=backtest.id)
            backtest = replace(backtest, status="failed", problem=f"{type(failure).__name__}: {failure}")
        self._save(replace(backtest, done=meter.done, total=meter.total, finished_at=self._clock.now()))

    def _came_of(self, backtest: Backtest, meter: Meter) -> Backtest:
        period = Period(backtest.start, backtest.end)
        first, second = self._added(backtest.side, period, meter), None
        if backtest.against is not None:
            second = self._added(backtest.against, period, meter)
        return replace(
            backtest,
            status="done",
            result=first.totals(),
            against_result=second.totals() if second else None,
            difference=difference(first, second) if second else None,
        )

    def _added(self, side: Side, period: Period, meter: Meter) -> Adding:
        adding = Adding()
        if side.definition is not None:
            tried(self._runner, build(Campaign, side.definition), period, adding.take, meter)
        elif side.how == "what_happened":
            happened(self._runner, side.campaign, period, adding.end, meter)
        else:
            state = self._runner.read(lambda store: load_campaign(store.catalog, side.campaign))
            relived(self._runner, state, period, adding.take, meter)
        return adding

    # ------------------------------------------------------------ sides

    def _side(self, wanted: Wanted, path: str) -> Side:
        if isinstance(wanted.campaign, Campaign):
            return _to_try(wanted.campaign, path)
        name = wanted.campaign
        state = self._runner.read(lambda store: load_campaign(store.catalog, name, path))
        how = wanted.how or ("as_it_was" if state.spells else "as_if_live")
        if how == "as_if_live":
            return _to_try(state.versions[-1].campaign, path)
        if not state.spells:
            hint = "Try it as if it had been live: `as_if_live`."
            raise rejected("never_launched", path, f"the campaign '{name}' was never launched", hint)
        return Side(campaign=name, how=how)

    def _metered(self, backtest: Backtest) -> Backtest:
        meter = self._meters.get(backtest.id)
        if meter is None or backtest.status not in UNFINISHED:
            return backtest
        return replace(backtest, done=meter.done, total=meter.total)

    def _save(self, backtest: Backtest) -> Backtest:
        def save(store: Store) -> None:
            store.backtests.save(backtest)
            store.backtests.keep_latest(KEPT)

        self._runner.write(save)
        return backtest


def _to_try(campaign: Campaign, path: str) -> Side:
    """Return the side of a definition, which may be incomplete but must say who is sent what, and when."""
    if campaign.delivery is None:
        raise rejected("no_delivery", path, f"the campaign '{campaign.id}' has no delivery yet", "Give it triggers.")
    if isinstance(campaign.delivery, Scheduled):
        message = f"the campaign '{campaign.id}' is scheduled; only its real runs can be gone through (`as_it_was`)"
        raise rejected("scheduled", path, message, "Count its audience, or give a copy triggers to try it.")
    if campaign.channels is None and not campaign.variations:
        raise rejected("no_content", path, f"the campaign '{campaign.id}' has no channel yet", "Give it one.")
    document = msgspec.convert(dump(campaign), dict[str, Json])
    return Side(campaign=campaign.id, how="as_if_live", definition=document)
