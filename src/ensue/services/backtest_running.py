"""One backtest from beginning to end: plans, candidates, replay, totals.

One rule: the span is one of arrival, half open; what waits at its end is told as waiting.
"""

from datetime import datetime
from functools import partial

import msgspec
from msgspec.structs import replace

from ensue.core.effects import Decision
from ensue.core.records import Campaign, CampaignState
from ensue.core.turn import HELD_SENDS
from ensue.ports import Runner, Store
from ensue.services.backtest_answers import AcceptedAtOnce, Answers, AsRecorded
from ensue.services.backtest_interest import Interest
from ensue.services.backtest_places import Places
from ensue.services.backtest_plans import Since, before_all, plans_all_the_time, plans_as_recorded, versions_in
from ensue.services.backtest_reading import Log, Past, Progress, candidates
from ensue.services.backtest_replay import Replay, Took


class Period(msgspec.Struct, frozen=True):
    """A span of arrival: from `start` on, before `end`."""

    start: datetime
    end: datetime


def tried(runner: Runner, campaign: Campaign, period: Period, took: Took, progress: Progress) -> None:
    """Replay a campaign as if it had been live for the whole period."""
    case = _Case(runner, campaign.id, plans_all_the_time(campaign, period.start, runner.plan), period.end)
    case.replay(AcceptedAtOnce(campaign.id, period.start), _from(period.start, took), progress)


def relived(runner: Runner, state: CampaignState, period: Period, took: Took, progress: Progress) -> None:
    """Replay a launched campaign as it was, from its first launch; decisions about triggers of the period are told."""

    def of_entry(user: str, entry: str) -> Decision | None:
        found = runner.read(lambda store: store.ledger.decisions(user=user, campaign=state.id))
        return next((one for _, one in found if one.id == entry), None)

    case = _Case(runner, state.id, plans_as_recorded(state, runner.plan), period.end)
    case.replay(AsRecorded(state.id, of_entry), _from(period.start, took), progress)


def happened(runner: Runner, campaign: str, period: Period, took: Took, progress: Progress) -> None:
    """Tell a campaign's recorded decisions about triggers of the period; what was decided after its end still waits."""
    progress.expect(sum(runner.read(lambda store: store.ledger.outcomes(campaign)).get(campaign, {}).values()))
    after = 0
    while page := runner.read(partial(_decided, campaign, after)):
        for _, decision in page:
            if period.start <= decision.triggered_at < period.end:
                took(decision if decision.at < period.end else replace(decision, outcome="waiting", reason=None))
        after = page[-1][0]
        progress.read(len(page))


def _from(start: datetime, took: Took) -> Took:
    """Return what tells of decisions about triggers from `start` on."""

    def within(decision: Decision) -> None:
        if decision.triggered_at >= start:
            took(decision)

    return within


def _decided(campaign: str, after: int, store: Store) -> list[tuple[int, Decision]]:
    return store.ledger.decisions(campaign=campaign, after=after)


class _Case:
    """One campaign with its plans, and the end of the span."""

    def __init__(self, runner: Runner, campaign: str, plans: list[Since], end: datetime) -> None:
        self._runner = runner
        self._campaign = campaign
        self._plans = plans
        self._end = end
        self._versions = versions_in(plans, campaign)

    def replay(self, answers: Answers, took: Took, progress: Progress) -> None:
        log, since = Log(self._runner), self._plans[0].at
        interest = Interest(self._versions, [one.plan for one in self._plans])
        first, last = log.place_of(since), log.place_of(self._end)
        progress.expect(last - first + last)
        users = candidates(log, interest, first, last, progress)
        before = before_all(self._runner.plan, self._campaign)
        engine = Replay(before, self._plans, interest.asked, answers, took)
        Past(log, interest, users, last).replay(engine, self._places(users, since), progress)
        engine.finish(self._end)

    def _places(self, users: set[str], since: datetime) -> Places | None:
        plan = self._plans[-1].plan
        if not plan.workspace.frequency_caps or all(one.ignore_frequency_caps for one in self._versions):
            return None
        return Places(self._runner, plan, self._campaign, users, since - HELD_SENDS)
