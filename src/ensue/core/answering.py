"""What becomes of messages in the outbox: claimed, given back, accepted, failed (S10 to S12, X6).

One rule: an answer about a message that the user's state does not know (any more) changes nothing but the outbox.
"""

from typing import assert_never

from msgspec.structs import replace

from ensue.core.effects import Clear, HandOver, Reason, Withdraw
from ensue.core.events import Accepted, CampaignInteracted, Claimed, Deferred, Failed, Json
from ensue.core.interacting import make_ready
from ensue.core.state import Entry, Pending
from ensue.core.turn import Turn, hops_from
from ensue.core.words import CampaignInteraction, ChannelName

RECEIPT: dict[ChannelName, CampaignInteraction] = {
    "email": "receive_email",
    "push": "receive_push",
    "webhook": "receive_webhook",
}
GRAVEST: tuple[Reason, ...] = ("delivery_failed", "rate_limited", "template_error", "aborted")


def answer(turn: Turn, event: Claimed | Deferred | Accepted | Failed) -> None:
    """Take up what delivery reports of one message."""
    entry = turn.find_entry(event.entry)
    pending = next((one for one in entry.pending if one.message == event.message), None) if entry else None
    if entry is None or pending is None or pending.status in ("accepted", "failed"):
        turn.effects.append(Withdraw(message=event.message))
        return
    match event:
        case Claimed():
            _set(turn, entry, replace(pending, status="claimed"))
            turn.effects.append(HandOver(message=event.message))
        case Deferred():
            entry = _set(turn, entry, replace(pending, status="queued"))
            if not turn.state.exists:
                turn.let_go(entry, "user_deleted")
        case Accepted():
            _accept(turn, entry, pending)
        case Failed():
            _fail(turn, entry, replace(pending, status="failed", reason=event.reason, detail=event.detail))
        case _:
            assert_never(event)


def _set(turn: Turn, entry: Entry, pending: Pending) -> Entry:
    messages = tuple(pending if one.message == pending.message else one for one in entry.pending)
    entry = replace(entry, pending=messages)
    turn.replace_entry(entry)
    return entry


def _accept(turn: Turn, entry: Entry, pending: Pending) -> None:
    """S12: sent as soon as one channel accepted; the receipt follows, for in-app messages at the view (R1)."""
    entry = _set(turn, entry, replace(pending, status="accepted"))
    turn.effects.append(Withdraw(message=pending.message))
    accepted = tuple(one.channel for one in entry.pending if one.status == "accepted")
    turn.keep(entry, "sent", channels=accepted)
    turn.close_when_answered(entry)
    if not turn.state.exists:
        turn.effects.append(Clear(message=pending.message))
        return
    if pending.channel == "in_app_message":
        make_ready(turn, entry.campaign, entry.id, entry.variation or "")
        return
    turn.happen(
        CampaignInteracted(
            id=f"{pending.message}:receive",
            user=turn.state.user,
            at=turn.now,
            received_at=turn.now,
            campaign=entry.campaign,
            interaction=RECEIPT[pending.channel],
            message=pending.message,
            entry=entry.id,
            variation=entry.variation,
            channel=pending.channel,
            hops=hops_from(entry),
        )
    )


def _fail(turn: Turn, entry: Entry, pending: Pending) -> None:
    """S10 to S12: the place in the caps is given back; the outcome is there when the last channel has answered."""
    entry = _set(turn, entry, pending)
    turn.effects.append(Withdraw(message=pending.message))
    turn.give_back_place(pending.message)
    if all(one.status == "failed" for one in entry.pending):
        reasons = {one.reason for one in entry.pending}
        gravest = next(reason for reason in GRAVEST if reason in reasons)
        details: dict[str, Json] = {one.channel: one.detail for one in entry.pending}
        turn.keep(entry, "suppressed", reason=gravest, facts=details)
    turn.close_when_answered(entry)
