"""The replay: what one campaign would have decided, event by event, on the same `decide` that runs live.

One rule: a user's entries are settled at their due times, just before the next event of that user that the campaign
sees; what lies between could not have changed them, so the result is that of a clock that never stood still.
Not here: which events are seen (`backtest_interest`), and what becomes of messages (`backtest_answers`).
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from ensue.core.decide import decide
from ensue.core.effects import Decision, Effects, Keep, Send
from ensue.core.events import CampaignInteracted, Event, Woken
from ensue.core.plan import Plan
from ensue.core.state import SENDS, Sent, UserState, next_due
from ensue.core.turn import HELD_SENDS
from ensue.services.backtest_answers import Answers
from ensue.services.backtest_plans import Since

Took = Callable[[Decision], None]
"""Told of every decision, and again when a later one replaces it."""


class Replay:
    """Users' states as the campaign under test needs them, and the plan of the moment."""

    def __init__(self, campaign: str, before: Plan, plans: Sequence[Since], answers: Answers, took: Took) -> None:
        """Begin before the log; `before` holds until the first of `plans`."""
        self._campaign = campaign
        self._plan = before
        self._ahead = list(reversed(plans))
        self._answers = answers
        self._took = took
        self._states: dict[str, UserState] = {}
        self._open: set[str] = set()
        self._later: dict[str, list[Event]] = {}

    def knows(self, user: str) -> bool:
        """Tell whether a user exists by now."""
        state = self._states.get(user)
        return state is not None and state.exists

    def take(self, event: Event) -> None:
        """Take up a recorded event that the campaign can see."""
        self.pass_to(event.received_at)
        if event.user in self._open:
            self._settle(event.user, event.received_at)
        for one in self._answers.instead_of(event, self._states.get(event.user)):
            self._decide(one)

    def hold_place(self, event: CampaignInteracted) -> None:
        """Let a message of another campaign count for the frequency caps; it was recorded when it was accepted."""
        self.pass_to(event.received_at)
        if event.user in self._open:
            self._settle(event.user, event.received_at)
        state = self._states.get(event.user)
        if state is None or event.channel is None or event.message is None:
            return
        kept = tuple(one for one in state.sends if one.at > event.received_at - HELD_SENDS)
        place = Sent(at=event.at, campaign=event.campaign, channel=event.channel, message=event.message)
        self._states[event.user] = replace(state, sends=(*kept, place)[-SENDS:])

    def pass_to(self, now: datetime) -> None:
        """Let the plan be the one of that instant; what falls due before a change falls under the plan before."""
        while self._ahead and self._ahead[-1].at <= now:
            since = self._ahead.pop()
            self._settle_all(since.at)
            self._plan = since.plan
            self._settle_all(since.at)
            for user in sorted(self._open):
                self._decide(Woken(id="", user=user, at=since.at, received_at=since.at))

    def finish(self, end: datetime) -> None:
        """Settle what falls due before the end."""
        last = end - timedelta(microseconds=1)
        self.pass_to(last)
        self._settle_all(last)

    def _settle_all(self, until: datetime) -> None:
        for user in sorted(self._open):
            self._settle(user, until)

    def _settle(self, user: str, until: datetime) -> None:
        """Settle what is due, and take up what was answered, at its own time and up to `until`."""
        while True:
            due = next_due(self._states[user])
            later = self._later.get(user)
            if later and later[0].received_at <= until and (due is None or later[0].received_at <= due):
                self._decide(later.pop(0))
                continue
            if due is None or due > until:
                return
            self._decide(Woken(id="", user=user, at=due, received_at=due))

    def _decide(self, event: Event) -> None:
        step = decide(self._states.get(event.user), event, self._plan)
        state = replace(step.state, seen=()) if step.state.seen else step.state  # the log holds each event once
        self._states[event.user] = state
        if state.entries:
            self._open.add(event.user)
        else:
            self._open.discard(event.user)
            self._later.pop(event.user, None)
        if step.effects:
            self._carry_out(step.effects, event.received_at)

    def _carry_out(self, effects: Sequence[Effects], now: datetime) -> None:
        answers: list[Event] = []
        for effect in effects:
            if isinstance(effect, Keep):
                self._took(effect.decision)
            elif isinstance(effect, Send):
                answers += self._answers.of(effect.message, now)
        for answer in answers:
            if answer.received_at <= now:
                self._decide(answer)
            else:
                self._later.setdefault(answer.user, []).append(answer)
