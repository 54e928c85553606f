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
from ensue.core.state import SENDS, UserState, next_due
from ensue.core.turn import HELD_SENDS
from ensue.services.backtest_answers import Answers
from ensue.services.backtest_interest import Asked
from ensue.services.backtest_places import Place
from ensue.services.backtest_plans import Since

Took = Callable[[Decision], None]
"""Told of every decision, and again when a later one replaces it."""


class Replay:
    """Users' states as the campaign under test needs them, and the plan of the moment."""

    def __init__(self, before: Plan, plans: Sequence[Since], asked: Asked, answers: Answers, took: Took) -> None:
        """Begin before the log; `before` holds until the first of `plans`. Of users only what is `asked` is counted."""
        self._plan = before
        self._asked = asked
        self._ahead = list(reversed(plans))
        self._answers = answers
        self._took = took
        self._states: dict[str, UserState] = {}
        self._open: set[str] = set()
        self._later: dict[str, list[Event]] = {}
        self._places: dict[str, list[Place]] = {}

    def knows(self, user: str) -> bool:
        """Tell whether a user exists by now."""
        state = self._states.get(user)
        return state is not None and state.exists

    def take(self, event: Event, along: Sequence[CampaignInteracted] = ()) -> None:
        """Take up a recorded event that the campaign can see, with what the system made of it."""
        user, now = event.user, event.received_at
        if self._ahead and self._ahead[-1].at <= now:
            self.pass_to(now)
        if user in self._places and isinstance(event, CampaignInteracted):
            self._order_before(event)
        if user in self._open or user in self._places:
            self._settle(user, now)
        if not isinstance(event, CampaignInteracted):
            self._decide(event, self._kept(along) if along else ())
            return
        for one in self._answers.instead_of(event, self._states.get(user)):
            self._decide(one, self._kept(along))

    def _kept(self, along: Sequence[CampaignInteracted]) -> list[CampaignInteracted]:
        """Return what of it is not decided anew."""
        return [one for one in along if one in self._answers.instead_of(one, None)]

    def hold(self, place: Place) -> None:
        """Let a message of another campaign count from its instant on; places come in order of time."""
        self._places.setdefault(place.user, []).append(place)

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
        """Let everything happen that was to happen up to `until`, each at its own instant."""
        while True:
            due = next_due(self._states[user]) if user in self._open else None
            later = self._later.get(user)
            at = min(due or until, later[0].received_at if later else until, until)
            self._take_places(user, at)
            if later and later[0].received_at <= at:
                self._decide(later.pop(0))
            elif due is not None and due <= at:
                self._decide(Woken(id="", user=user, at=due, received_at=due))
            else:
                return

    def _order_before(self, event: CampaignInteracted) -> None:
        """Let the message that an interaction is with, and those sent before it, come first at their instant."""
        places = self._places[event.user]
        known = [place.sent.message for place in places]
        count = known.index(event.message) + 1 if event.message in known else 0
        self._places[event.user] = [*(replace(one, is_first=True) for one in places[:count]), *places[count:]]

    def _take_places(self, user: str, at: datetime) -> None:
        """Let messages of others that were sent before something of that instant hold their places."""
        places = self._places.get(user)
        if not places:
            return
        taken = [one for one in places if one.sent.at < at or (one.sent.at == at and one.is_first)]
        state = self._states.get(user)
        if not taken or state is None:
            return
        held = (one for one in state.sends if one.at > at - HELD_SENDS)
        sends = sorted((*held, *(one.sent for one in taken)), key=lambda one: one.at)[-SENDS:]
        self._states[user] = replace(state, sends=tuple(sends))
        self._places[user] = [one for one in places if one not in taken]

    def _decide(self, event: Event, along: Sequence[CampaignInteracted] = ()) -> None:
        user = event.user
        before = self._states.get(user)
        step = decide(before, event, self._plan, along)
        self._states[user] = state = self._bounded(step.state, before, event)
        if state.entries:
            self._open.add(user)
        elif user in self._open:
            self._open.discard(user)
            self._later.pop(user, None)
        if step.effects:
            self._carry_out(step.effects, event.received_at)

    def _bounded(self, state: UserState, before: UserState | None, event: Event) -> UserState:
        """Return a state without what nobody asks: ids, for the log holds each event once, and idle counts."""
        if before is None or self._asked.is_counted(event):
            return replace(state, seen=()) if state.seen else state
        return replace(state, seen=(), events=before.events, purchases=before.purchases, sessions=before.sessions)

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
