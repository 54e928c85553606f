"""Frequency caps (F1, S8): at most so many messages per channel and window, all rules together.

One rule: only messages that were sent, or are under way, count; in-app messages are never capped.
"""

from ensue.core.records import Campaign, FrequencyCap
from ensue.core.timing import window_start
from ensue.core.turn import Turn
from ensue.core.words import ChannelName


def within_caps(turn: Turn, campaign: Campaign, channels: list[ChannelName]) -> list[ChannelName]:
    """Return the channels that no rule forbids now; each one taken counts for those after it."""
    caps = turn.plan.workspace.frequency_caps
    if not caps or campaign.ignore_frequency_caps:
        return channels
    taken: list[ChannelName] = []
    for channel in channels:
        rules = [cap for cap in caps if _concerns(cap, campaign, channel)]
        if all(_held(turn, cap, taken) < cap.at_most for cap in rules):
            taken.append(channel)
    return taken


def _concerns(cap: FrequencyCap, campaign: Campaign, channel: ChannelName) -> bool:
    if channel == "in_app_message" or cap.channel not in ("any", channel):
        return False
    return cap.tag is None or cap.tag in campaign.tags


def _held(turn: Turn, cap: FrequencyCap, taken: list[ChannelName]) -> int:
    """Count the places that are held under a rule, those just taken by this entry included."""
    start = window_start(cap, turn.now, turn.user_zone())
    sent = sum(
        cap.channel in ("any", place.channel) and _is_tagged(turn, cap, place.campaign) and place.at >= start
        for place in turn.state.sends
    )
    return sent + sum(cap.channel in ("any", channel) and channel != "in_app_message" for channel in taken)


def _is_tagged(turn: Turn, cap: FrequencyCap, campaign: str) -> bool:
    if cap.tag is None:
        return True
    launched = turn.plan.campaigns.get(campaign)
    return launched is not None and cap.tag in launched.current.campaign.tags
