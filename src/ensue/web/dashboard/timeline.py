"""The timeline of a user: events and decisions in one row, the latest first.

One rule: decisions have an index and are always there in full; the log of events has none, so only so much of it is
looked through, unless somebody asks for more.
"""

from datetime import UTC, datetime
from typing import Literal

import msgspec

from ensue.core.effects import Decision
from ensue.history import Tale
from ensue.ports import Store
from ensue.services.happenings import happening
from ensue.services.reasons import Telling, remedy, told
from ensue.services.terms import OUTCOMES, capital

SHOWN = 40
"""Events on a page."""
WINDOW = 200_000
"""Places of the log that are looked through for a page, from its end."""
MOST_DECISIONS = 2_000
"""Decisions of one user that are read."""
LATEST = datetime.max.replace(tzinfo=UTC)
EARLIEST = datetime.min.replace(tzinfo=UTC)


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in a time: events, and decisions with the number of each; the latest first.

    `next` is where the time before begins: a place in the log, and an instant. `is_whole` says that the whole log was
    looked through.
    """

    tales: tuple[Tale, ...]
    decisions: tuple[Decision, ...]
    next: tuple[int, datetime] | None = None
    is_whole: bool = True


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the timeline, about a campaign or card; `messages` are the ids of what was sent, by channel."""

    at: datetime
    kind: Literal["event", "decision"]
    title: str
    detail: str = ""
    icon: str = "pulse"
    status: str = ""
    status_text: str = ""
    campaign: str = ""
    card: str = ""
    remedy: str = ""
    messages: tuple[tuple[str, str], ...] = ()


def read_past(store: Store, user: str, *, before: int | None, until: datetime | None, is_deep: bool) -> Past:
    """Read a page of what happened to a user, from a place in the log and an instant backwards."""
    newest = store.ledger.latest_events(before=before, limit=1)
    end = newest[0].number if newest else 0
    after = 0 if is_deep else max(0, end - WINDOW)
    tales = store.ledger.events_of(user, SHOWN + 1, after=after, before=end + 1)
    has_more = len(tales) > SHOWN
    tales = tales[:SHOWN]
    since = tales[-1].event.at if has_more else EARLIEST
    decisions = [one for _, one in store.ledger.decisions(user=user, limit=MOST_DECISIONS)]
    shown = [one for one in decisions if since <= one.at < (until or LATEST)]
    return Past(
        tales=tuple(tales),
        decisions=tuple(reversed(shown)),
        next=(tales[-1].number, since) if has_more else None,
        is_whole=after == 0,
    )


def timeline(past: Past, telling: Telling) -> list[Moment]:
    """Return events and decisions as rows, the latest first; of one instant, decisions stand above events."""
    events = [_of_event(tale) for tale in past.tales]
    decisions = [_of_decision(one, telling) for one in past.decisions]
    return sorted([*decisions, *events], key=lambda one: one.at, reverse=True)


def _of_event(tale: Tale) -> Moment:
    found = happening(tale.event)
    return Moment(
        at=tale.event.at,
        kind="event",
        title=capital(found.words),
        detail=found.detail,
        icon=found.icon,
        campaign=found.campaign,
        card=found.card,
    )


def _of_decision(decision: Decision, telling: Telling) -> Moment:
    was_sent = decision.outcome in ("sent", "sending")
    return Moment(
        at=decision.at,
        kind="decision",
        title=told(decision, telling),
        status=decision.outcome,
        status_text=OUTCOMES[decision.outcome],
        campaign=decision.campaign,
        remedy=remedy(decision, telling),
        messages=tuple((channel, f"{decision.id}.{channel}") for channel in decision.channels) if was_sent else (),
    )
