"""What becomes of the tested campaign's messages: nobody got them, or somebody did.

One rule: where the campaign was never live, each message counts as accepted at once (S12), and nothing more is known:
no view, open, click or conversion. Where its own past is gone through, the answers are those that were recorded.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from ensue.core.answering import RECEIPT
from ensue.core.effects import Decision, Message
from ensue.core.events import Accepted, CampaignInteracted, Claimed, Event, Failed
from ensue.core.state import UserState

FAILURES = frozenset({"rate_limited", "aborted", "template_error", "delivery_failed"})
RECEIVED = frozenset(RECEIPT.values())
"""Interactions that an accepted message makes."""
FindDecision = Callable[[str, str], Decision | None]
"""Finds how an entry of a user really ended, by user and entry."""


class Answers(Protocol):
    """How messages of the tested campaign are answered, and which recorded interactions stand for what."""

    def of(self, message: Message, now: datetime) -> list[Event]:
        """Return the answers about a message that is sent now, by time."""
        ...

    def instead_of(self, event: CampaignInteracted, state: UserState | None) -> tuple[Event, ...]:
        """Return what is to be decided on in place of a recorded interaction."""
        ...


class AcceptedAtOnce:
    """For a campaign that is tried: accepted at once; what its real messages brought about since is left out."""

    def __init__(self, campaign: str, start: datetime) -> None:
        """Leave out the campaign's own interactions from `start` on; earlier ones are history that counts."""
        self._campaign = campaign
        self._start = start

    def of(self, message: Message, now: datetime) -> list[Event]:
        """Return that the message was claimed and accepted."""
        return [_claimed(message, now), _accepted(message, now)]

    def instead_of(self, event: CampaignInteracted, state: UserState | None) -> tuple[Event, ...]:  # noqa: ARG002  (one of two ways)
        """Return the interaction, unless it is with a message that the tried campaign did not send."""
        is_other = event.campaign != self._campaign or event.received_at < self._start
        return (event,) if is_other else ()


class AsRecorded:
    """For a campaign whose past is gone through: answered as it really was."""

    def __init__(self, campaign: str, find_decision: FindDecision) -> None:
        """Ask for the real end of an entry when its message is sent."""
        self._campaign = campaign
        self._find = find_decision

    def of(self, message: Message, now: datetime) -> list[Event]:
        """Return what is known of a message's fate; a receipt that was recorded answers for itself."""
        fate = self._find(message.user, message.entry)
        if fate is None:
            return []
        if fate.outcome == "suppressed" and fate.reason in FAILURES:
            return [_claimed(message, now), _failed(message, max(fate.at, now), fate)]
        if fate.outcome != "sent":
            return []
        if message.channel not in fate.channels:
            return [_claimed(message, now), _failed(message, now, fate)]
        if message.channel != "in_app_message":
            return [_claimed(message, now)]
        return [_claimed(message, now), _accepted(message, now)]

    def instead_of(self, event: CampaignInteracted, state: UserState | None) -> tuple[Event, ...]:
        """Return the interaction; a receipt as the acceptance that made it, and nothing for what is decided anew."""
        if event.campaign != self._campaign or event.entry is None:
            return (event,)
        if event.id in (f"{event.entry}:cancelled", f"{event.entry}:control"):
            return ()
        if event.interaction in RECEIVED and event.message and _is_open(state, event.entry):
            return (_answer(Accepted, event.user, event.entry, event.message, event.received_at),)
        return (event,)


def is_made_along(event: CampaignInteracted) -> bool:
    """Tell whether the system made an interaction while it decided on another event, which stands before it."""
    match event.interaction:
        case "cancelled_by_exception":
            return event.id == f"{event.entry}:cancelled"
        case "enrolled_in_control_group":
            return event.id == f"{event.entry}:control"
        case "perform_conversion_event":
            return event.id.endswith(f":{event.campaign}:{event.conversion}")
        case _:
            return False


def _is_open(state: UserState | None, entry: str) -> bool:
    return state is not None and any(one.id == entry for one in state.entries)


def _claimed(message: Message, now: datetime) -> Event:
    return _answer(Claimed, message.user, message.entry, message.id, now)


def _accepted(message: Message, now: datetime) -> Event:
    return _answer(Accepted, message.user, message.entry, message.id, now)


def _answer(kind: type[Claimed | Accepted], user: str, entry: str, message: str, now: datetime) -> Claimed | Accepted:
    return kind(id="", user=user, at=now, received_at=now, entry=entry, message=message)


def _failed(message: Message, at: datetime, fate: Decision) -> Failed:
    reason = fate.reason if fate.reason in FAILURES else "delivery_failed"
    return Failed(
        id="",
        user=message.user,
        at=at,
        received_at=at,
        entry=message.entry,
        message=message.id,
        reason=reason,  # type: ignore[arg-type]  # one of FAILURES
        detail=str(fate.facts.get(message.channel, "")),
    )
