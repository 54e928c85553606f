"""The send decision at the due time: S1 to S9, in this order; the first that fails gives the outcome.

One rule: what this module decides rests on the state, the plan and the instant of the decision, nothing else.
S10 to S12 happen at the hand-over and come back as events (`answering`).
"""

from datetime import datetime

from msgspec.structs import replace

from ensue.core.buckets import bucket, slice_of
from ensue.core.caps import within_caps
from ensue.core.effects import Message, Send
from ensue.core.entering import audience_facts, eligibility_facts, is_eligible
from ensue.core.events import CampaignInteracted
from ensue.core.filters import in_audience, is_reachable
from ensue.core.plan import Compiled
from ensue.core.state import Entry, Pending, Sent
from ensue.core.timing import quiet_until
from ensue.core.turn import Turn, hops_from
from ensue.core.words import CHANNELS, ChannelName

UNHURRIED: frozenset[ChannelName] = frozenset({"in_app_message"})
"""Channels without quiet hours and caps."""


def settle_next(turn: Turn, until: datetime) -> bool:
    """Settle the first entry that is due at or before `until`; say whether there was one."""
    due = [one for one in turn.state.entries if not one.pending and (one.postponed_to or one.due_at) <= until]
    if not due:
        return False
    _settle(turn, due[0] if len(due) == 1 else min(due, key=lambda entry: _order(turn, entry)))
    return True


def _order(turn: Turn, entry: Entry) -> tuple[datetime, datetime, str, datetime]:
    launched_at = turn.plan.campaigns[entry.campaign].launched_at
    return entry.postponed_to or entry.due_at, launched_at, entry.campaign, entry.entered_at


def _settle(turn: Turn, entry: Entry) -> None:
    rules = turn.rules_of(entry)
    if rules.end is not None and (entry.postponed_to or entry.due_at) > rules.end:  # S1, L7
        turn.suppress(entry, "outside_duration", facts={"end": rules.end.isoformat()})
    elif not _audience_holds(turn, entry, rules):  # S3
        turn.suppress(entry, "no_longer_in_audience", facts=audience_facts(turn, rules))
    elif not is_eligible(turn, entry.campaign, rules, turn.now):  # S4
        turn.suppress(entry, "not_eligible_again", facts=eligibility_facts(turn, entry.campaign, rules))
    else:
        _choose_variation(turn, entry, rules)


def _audience_holds(turn: Turn, entry: Entry, rules: Compiled) -> bool:
    if not rules.recheck_audience and entry.postponed_to is None:
        return True
    return in_audience(rules.campaign.audience, turn.state, turn.now, turn.plan.segments)


def _choose_variation(turn: Turn, entry: Entry, rules: Compiled) -> None:
    """S5: a share of the users, always the same, gets nothing."""
    variation = slice_of(bucket(entry.campaign, turn.state.user), rules.shares)
    if variation is not None:
        _choose_channels(turn, replace(entry, variation=variation), rules, variation)
        return
    entry = replace(entry, variation="control")
    turn.keep(entry, "control")
    turn.close_entry(entry)
    turn.happen(
        CampaignInteracted(
            id=f"{entry.id}:control",
            user=turn.state.user,
            at=turn.now,
            received_at=turn.now,
            campaign=entry.campaign,
            interaction="enrolled_in_control_group",
            entry=entry.id,
            variation="control",
            hops=hops_from(entry),
        )
    )


def _choose_channels(turn: Turn, entry: Entry, rules: Compiled, variation: str) -> None:
    """S6, S7, S8: reachable, not in quiet hours, within the caps."""
    content = turn.plan.campaigns[entry.campaign].current.channels(variation) or rules.channels(variation)  # L5
    used = [name for name in CHANNELS if content is not None and getattr(content, name) is not None]
    send_to = rules.campaign.send_to
    reachable = [name for name in used if is_reachable(turn.state, name, send_to)]
    if not reachable:
        turn.suppress(entry, "not_reachable", facts={"channels": list(used)})
        return
    hurried = [name for name in reachable if name not in UNHURRIED]
    hours = rules.campaign.quiet_hours
    quiet_end = quiet_until(hours, turn.now, turn.user_zone()) if hours and hurried else None
    if hours and quiet_end and hours.then == "postpone":
        turn.replace_entry(replace(entry, variation=None, postponed_to=quiet_end))
        turn.entered.append(entry.id)
        return
    open_now = [name for name in reachable if name in UNHURRIED] if quiet_end else reachable
    if not open_now:
        turn.suppress(entry, "quiet_hours", facts={"quiet_until": quiet_end.isoformat() if quiet_end else None})
        return
    channels = within_caps(turn, rules.campaign, open_now)
    if not channels:
        turn.suppress(entry, "frequency_capped", facts={"channels": list(open_now)})
        return
    _send(turn, entry, rules, channels)


def _send(turn: Turn, entry: Entry, rules: Compiled, channels: list[ChannelName]) -> None:
    """S9: one message a channel into the outbox; they hold their places in the caps."""
    pending = tuple(Pending(message=f"{entry.id}.{channel}", channel=channel) for channel in channels)
    entry = replace(entry, pending=pending)
    turn.replace_entry(entry)
    turn.keep(entry, "sending", channels=tuple(channels))
    for one in pending:
        turn.effects.append(Send(message=_message(turn, entry, one)))
    if not rules.campaign.ignore_frequency_caps or rules.campaign.count_toward_frequency_caps:
        turn.hold_places(
            Sent(at=turn.now, campaign=entry.campaign, channel=one.channel, message=one.message)
            for one in pending
            if one.channel not in UNHURRIED
        )


def _message(turn: Turn, entry: Entry, pending: Pending) -> Message:
    return Message(
        id=pending.message,
        entry=entry.id,
        user=turn.state.user,
        campaign=entry.campaign,
        version=entry.version,
        variation=entry.variation or "",
        channel=pending.channel,
        created_at=turn.now,
        properties=entry.properties,
    )
