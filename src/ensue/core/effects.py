"""What `decide` asks to be done: carried out, in order, in the transaction that saves the state.

One rule: an effect is plain data; whoever carries it out needs no knowledge of campaigns.
"""

from datetime import datetime
from typing import Literal

import msgspec

from ensue.core.events import CampaignInteracted, Json, Properties
from ensue.core.state import UserState
from ensue.core.words import ChannelName

Outcome = Literal["waiting", "sending", "sent", "control", "cancelled", "suppressed", "refused"]
Reason = Literal[
    # refused at the trigger
    "not_yet_active",
    "original_not_active",
    "not_in_audience",
    "already_waiting",
    "not_eligible_again",
    "global_control_group",
    "cascade_limit",
    "outside_duration",
    # suppressed at or after the due time
    "campaign_stopped",
    "user_deleted",
    "no_longer_in_audience",
    "not_reachable",
    "quiet_hours",
    "frequency_capped",
    "rate_limited",
    "aborted",
    "template_error",
    "delivery_failed",
    # cancelled
    "exception_event",
]
"""Why not. `outside_duration` and `not_eligible_again` may also be found at the due time."""


class Effect(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True, gc=False):
    """The base of every effect."""


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One decision about a user and a campaign, as it is kept and read back (S14).

    For an entry, `id` is the entry's and a later decision replaces an earlier one, from `waiting` to the outcome.
    A refused trigger has an id of its own. `at` is when it was decided (for `waiting`: when it was entered).
    `trigger` and `exception` name the interaction, or the kind of event; `original` is the campaign or card that a
    triggering interaction was with. `facts` are what the reason rests on.
    """

    id: str
    user: str
    campaign: str
    version: int
    outcome: Outcome
    trigger: str
    event: str
    triggered_at: datetime
    at: datetime
    original: str | None = None
    reason: Reason | None = None
    exception: str | None = None
    due_at: datetime | None = None
    variation: str | None = None
    channels: tuple[ChannelName, ...] = ()
    facts: dict[str, Json] = {}


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What the outbox holds: one message for one user, entry and channel, not rendered yet."""

    id: str
    entry: str
    user: str
    campaign: str
    version: int
    variation: str
    channel: ChannelName
    created_at: datetime
    properties: Properties = {}


class Keep(Effect, frozen=True, kw_only=True, tag="keep"):
    """Insert the decision, or replace the one with its id."""

    decision: Decision


class Send(Effect, frozen=True, kw_only=True, tag="send"):
    """Put the message into the outbox."""

    message: Message


class Withdraw(Effect, frozen=True, kw_only=True, tag="withdraw"):
    """Take the message out of the outbox: it is not to be sent, or it was answered."""

    message: str


class Clear(Effect, frozen=True, kw_only=True, tag="clear"):
    """Take the in-app message out of its user's inbox: it was seen, dismissed, or has nobody to go to."""

    message: str


class Empty(Effect, frozen=True, kw_only=True, tag="empty"):
    """Take everything out of the user's inbox: the user was deleted."""

    user: str


class HandOver(Effect, frozen=True, kw_only=True, tag="hand_over"):
    """The claimed message may be handed to its channel now."""

    message: str


class Log(Effect, frozen=True, kw_only=True, tag="log"):
    """Record an interaction that the system itself made (a receipt, a conversion, an enrolment, a cancellation)."""

    event: CampaignInteracted


class Count(Effect, frozen=True, kw_only=True, tag="count"):
    """Add to a figure of a campaign: an interaction's name, `revenue:EUR`; `variation` may be empty."""

    campaign: str
    variation: str
    name: str
    at: datetime
    amount: float = 1


Effects = Keep | Send | Withdraw | Clear | Empty | HandOver | Log | Count


class Step(msgspec.Struct, frozen=True, gc=False):
    """What one event came to: the new state, the effects in order, and whether the event was new (O1)."""

    state: UserState
    effects: tuple[Effects, ...]
    is_new: bool = True
