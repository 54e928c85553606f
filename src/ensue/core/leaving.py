"""How a user leaves a campaign's waiting room before the send: exception events, a stop, a deletion (X1 to X6, L4).

One rule: a message in the hands of its channel stays, and with it its entry; it is too late.
"""

from datetime import datetime

from ensue.core.effects import Empty
from ensue.core.events import CampaignInteracted, Json
from ensue.core.occasions import Occasion, original_in
from ensue.core.plan import first_met
from ensue.core.state import Entry
from ensue.core.turn import Turn, is_claimed, is_dead


def cancel(turn: Turn, occasion: Occasion) -> None:
    """Cancel every waiting entry of which the occasion is an exception event (X1)."""
    if not turn.state.entries or turn.plan.exceptions.isdisjoint(occasion.keys):
        return
    for entry in turn.state.entries:
        if _still_waits(entry, occasion.at):
            exception = _exception_met(turn, entry, occasion)
            if exception is not None:
                _cancel(turn, entry, exception, occasion)


def bury(turn: Turn) -> None:
    """Suppress the entries of campaigns that were stopped, dated to the stop; a resume does not revive them (L4)."""
    for entry in turn.state.entries:
        launched = turn.plan.campaigns.get(entry.campaign)
        if is_dead(entry, launched):
            turn.let_go(entry, "campaign_stopped", at=_stop_after(turn, entry))


def forget(turn: Turn, at: datetime) -> None:
    """Suppress what waits for a user who was deleted, and empty the inbox (L4)."""
    turn.effects.append(Empty(user=turn.state.user))
    for entry in turn.state.entries:
        turn.let_go(entry, "user_deleted", at=at)


def _still_waits(entry: Entry, at: datetime) -> bool:
    """Say whether an exception event of that time counts for the entry (X2, X6)."""
    return entry.triggered_at <= at < (entry.postponed_to or entry.due_at) and not is_claimed(entry)


def _exception_met(turn: Turn, entry: Entry, occasion: Occasion) -> str | None:
    return first_met(turn.rules_of(entry).exceptions, occasion)


def _cancel(turn: Turn, entry: Entry, exception: str, occasion: Occasion) -> None:
    facts: dict[str, Json] = {"event": occasion.event.id}
    if original := original_in(occasion.event):
        facts["original"] = original
    turn.keep(entry, "cancelled", reason="exception_event", exception=exception, at=occasion.at, facts=facts)
    turn.withdraw(entry)
    turn.close_entry(entry)
    turn.happen(
        CampaignInteracted(
            id=f"{entry.id}:cancelled",
            user=turn.state.user,
            at=occasion.at,
            received_at=turn.now,
            campaign=entry.campaign,
            interaction="cancelled_by_exception",
            entry=entry.id,
            trigger=exception,
            hops=occasion.hops + 1,
        )
    )


def _stop_after(turn: Turn, entry: Entry) -> datetime | None:
    """Return the first stop of the campaign after the entry began."""
    launched = turn.plan.campaigns.get(entry.campaign)
    stops = [spell.ended_at for spell in launched.spells if spell.ended_at] if launched else []
    return next((stop for stop in stops if stop >= entry.entered_at), None)
