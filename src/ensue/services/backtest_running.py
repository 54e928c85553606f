"""One backtest from beginning to end: plans, candidates, replay, totals.

One rule: the span is one of arrival, half open; what waits at its end is told as waiting.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from ensue.core.effects import Decision
from ensue.core.records import Campaign, CampaignState
from ensue.ports import Runner
from ensue.services.backtest_answers import AcceptedAtOnce, Answers, AsRecorded
from ensue.services.backtest_interest import Interest
from ensue.services.backtest_plans import Since, before_all, plans_all_the_time, plans_as_recorded, versions_in
from ensue.services.backtest_reading import Log, Progress, candidates, replay
from ensue.services.backtest_replay import Replay, Took


class Period(msgspec.Struct, frozen=True):
    """A span of arrival: from `start` on, before `end`."""

    start: datetime
    end: datetime


def tried(runner: Runner, campaign: Campaign, period: Period, took: Took, progress: Progress) -> None:
    """Replay a campaign as if it had been live for the whole period."""
    plans = plans_all_the_time(campaign, period.start, runner.plan)
    _replay(runner, campaign.id, plans, AcceptedAtOnce(campaign.id, period.start), period.end, took, progress)


def relived(runner: Runner, state: CampaignState, period: Period, took: Took, progress: Progress) -> None:
    """Replay a launched campaign as it was, from its first launch; decisions about triggers of the period are told."""

    def of_entry(user: str, entry: str) -> Decision | None:
        found = runner.read(lambda store: store.ledger.decisions(user=user, campaign=state.id))
        return next((one for _, one in found if one.id == entry), None)

    def within(decision: Decision) -> None:
        if period.start <= decision.triggered_at:
            took(decision)

    plans = plans_as_recorded(state, runner.plan)
    _replay(runner, state.id, plans, AsRecorded(state.id, of_entry), period.end, within, progress)


def _replay(
    runner: Runner,
    campaign: str,
    plans: list[Since],
    answers: Answers,
    end: datetime,
    took: Took,
    progress: Progress,
) -> None:
    log = Log(runner)
    interest = Interest(versions_in(plans, campaign), [since.plan for since in plans])
    last = log.place_of(end)
    users = candidates(log, interest, log.place_of(plans[0].at), last, progress)
    engine = Replay(campaign, before_all(runner.plan, campaign), plans, answers, took)
    replay(log, interest, users, last, engine, progress)
    engine.finish(end)
