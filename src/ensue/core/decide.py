"""The product: `decide(state, event, plan)` says what one event of one user comes to.

How to read it. Every event passes the same stations in the same order (T5, T6; `docs/explanation/choices.md`, 10):

    seen before?  →  due entries that lie before it are settled (O2)
    →  changes of the profile  →  receipt  →  exception events  →  triggers  →  counting  →  conversions
    →  what came of it (receipts, conversions, enrolments, cancellations) passes the same stations, first in first out
    →  entries that are due now are settled, which may make new interactions, and so on to the end of the cascade (T11)

One rule: `decide` is a function of its arguments (O4). No clock, no chance, no I/O, no other user.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from ensue.core.answering import answer
from ensue.core.conversions import convert
from ensue.core.effects import Effects, Step
from ensue.core.entering import enter, enter_targeted
from ensue.core.events import (
    Accepted,
    ApiCalled,
    AttributesChanged,
    CampaignInteracted,
    CardInteracted,
    Claimed,
    CustomEventLogged,
    Deferred,
    Event,
    Failed,
    Json,
    Purchased,
    PushRegistered,
    PushUnregistered,
    SessionStarted,
    SubscriptionChanged,
    Targeted,
    UserDeleted,
    Woken,
)
from ensue.core.interacting import note_receipt, touched, touched_card
from ensue.core.leaving import bury, cancel, forget
from ensue.core.occasions import event_key, occasion_of
from ensue.core.plan import Plan
from ensue.core.profile import (
    counted_in,
    forgotten,
    reborn,
    remembered,
    set_attributes,
    set_device,
    set_subscription,
    unknown,
)
from ensue.core.settling import settle_next
from ensue.core.state import UserState
from ensue.core.tallies import tallied
from ensue.core.turn import Turn, is_dead

INTERNAL = frozenset({Woken, Claimed, Deferred, Accepted, Failed})
"""Events that are harmless twice by their nature, so their ids need not be remembered."""
GREETING = (AttributesChanged, CustomEventLogged, Purchased, SessionStarted)
"""Events that make a user known."""


def decide(state: UserState | None, event: Event, plan: Plan, along: Sequence[CampaignInteracted] = ()) -> Step:
    """Return the state after the event, and what is to be done. `state` is `None` for a user never heard of.

    `along` are interactions that the system made of this very event and that were recorded: only a replay has them.
    """
    now = event.received_at
    at = min(event.at, now)  # O3
    known = state if state is not None else unknown(event.user, at)
    is_calm = not known.entries or _is_calm(known, now, plan)
    if type(event) not in INTERNAL:
        seen = remembered(known.seen, event.id, now)
        if seen is None:
            return Step(known, (), is_new=False)
        is_quiet = is_calm and known.exists and not along
        if is_quiet and isinstance(event, CustomEventLogged) and event_key(event.name) not in plan.listening:
            # nobody heeds it: the way through the stations, cut short
            return Step(replace(known, seen=seen, events=tallied(known.events, event.name, at)), ())
        known = replace(known, seen=seen)
    turn = Turn(known, now, plan)
    if not is_calm:
        bury(turn)
        _run(turn, until=at)
    _take(turn, event, at)
    turn.queue.extend(along)
    if turn.queue or turn.entered or not is_calm:
        _run(turn, until=now)
    return Step(turn.state, _effects(turn))


def _is_calm(state: UserState, now: datetime, plan: Plan) -> bool:
    """Say whether none of the user's entries is due, or belongs to a campaign that was stopped."""
    for entry in state.entries:
        if not entry.pending and (entry.postponed_to or entry.due_at) <= now:
            return False
        if is_dead(entry, plan.campaigns.get(entry.campaign)):
            return False
    return True


def _run(turn: Turn, until: datetime) -> None:
    """Take up what came of it and settle what is due, to the end of the cascade."""
    while True:
        while turn.queue:
            event = turn.queue.pop(0)
            _take(turn, event, event.at)
        if not settle_next(turn, until):
            return


def _take(turn: Turn, event: Event, at: datetime) -> None:
    """Lead one event to its stations."""
    if not turn.state.exists:
        if isinstance(event, GREETING):
            turn.state = reborn(turn.state, at)
        elif type(event) not in INTERNAL:
            return
    match event:
        case (
            CustomEventLogged() | CampaignInteracted() | Purchased() | SessionStarted() | CardInteracted() | ApiCalled()
        ):
            _pass(turn, event, at)
        case AttributesChanged():
            turn.state, changed, added = set_attributes(turn.state, event)
            if changed:
                _pass(turn, event, at, changed, email_added=added)
        case SubscriptionChanged():
            changed_state = set_subscription(turn.state, event)
            if changed_state is not None:
                turn.state = changed_state
                _pass(turn, event, at)
        case PushRegistered() | PushUnregistered():
            turn.state = set_device(turn.state, event)
        case UserDeleted():
            forget(turn, at)
            turn.state = forgotten(turn.state)
        case Targeted():
            enter_targeted(turn, event)
        case Claimed() | Deferred() | Accepted() | Failed():
            answer(turn, event)
        case Woken():
            pass
        case _:
            assert_never(event)


def _pass(
    turn: Turn, event: Event, at: datetime, changed: Mapping[str, Json] | None = None, *, email_added: bool = False
) -> None:
    """Take an event through receipt, exceptions, triggers, counting and conversions."""
    is_receipt = isinstance(event, CampaignInteracted) and note_receipt(turn, event, at)
    occasion = occasion_of(event, at, changed or {}, email_added=email_added)
    is_heard = not turn.plan.listening.isdisjoint(occasion.keys)
    if is_heard:
        cancel(turn, occasion)
        enter(turn, occasion)
    if isinstance(event, CampaignInteracted):
        touched(turn, event, at, is_receipt=is_receipt)
    elif isinstance(event, CardInteracted):
        touched_card(turn, event, at)
    else:
        turn.state = counted_in(turn.state, event, at)
    if turn.state.campaigns and (is_heard or isinstance(event, Purchased)):
        convert(turn, occasion)


def _effects(turn: Turn) -> tuple[Effects, ...]:
    """Return the effects; entries that began, or were postponed, and still wait are kept as `waiting`."""
    if turn.entered:
        for entry in turn.state.entries:
            if entry.id in turn.entered and not entry.pending:
                turn.keep(entry, "waiting", at=entry.entered_at)
    return tuple(turn.effects)
