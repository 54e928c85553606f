"""Frequency caps: which channels of an entry they let through (F1, choices 19).

One rule: a place is a line in the list of sends; a cap is full when enough lines of the list lie in its window.
"""

from datetime import datetime, timedelta

from ensue.core.records import Campaign, FrequencyCap
from ensue.core.words import ChannelName

from .clocks import wall
from .history import History, Sent

CAPPED: tuple[ChannelName, ...] = ("email", "push", "webhook")


def take_places(
    history: History, campaign: Campaign, channels: list[ChannelName], *, now: datetime, caps: tuple[FrequencyCap, ...]
) -> list[ChannelName]:
    """Return the channels that all caps let through, in the order of the channels, and hold a place for each."""
    held: list[ChannelName] = []
    for channel in channels:
        asked = caps if channel in CAPPED and not campaign.ignore_frequency_caps else ()
        if any(_is_full(cap, history, channel, campaign.tags, now) for cap in asked):
            continue
        held.append(channel)
        counts = not campaign.ignore_frequency_caps or campaign.count_toward_frequency_caps
        if channel in CAPPED and counts:
            history.sends.append(Sent(at=now, channel=channel, tags=campaign.tags))
    return held


def _is_full(cap: FrequencyCap, history: History, channel: ChannelName, tags: tuple[str, ...], now: datetime) -> bool:
    if cap.channel not in ("any", channel) or (cap.tag is not None and cap.tag not in tags):
        return False
    places = [sent for sent in history.sends if cap.channel in ("any", sent.channel)]
    if cap.tag is not None:
        places = [sent for sent in places if cap.tag in sent.tags]
    if cap.minutes is not None:
        places = [sent for sent in places if now - sent.at < timedelta(minutes=cap.minutes)]
    if cap.days is not None:
        first = wall(now, history.zone()).date() - timedelta(days=cap.days - 1)
        places = [sent for sent in places if wall(sent.at, history.zone()).date() >= first]
    return len(places) >= cap.at_most
