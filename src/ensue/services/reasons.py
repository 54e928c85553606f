"""Decisions in plain words: what happened, why, and what would have to be different (S14, B3).

One rule: a sentence is told from the decision alone, with the names of what it refers to; every reason has one.
Not here: the words for outcomes and deeds, which figures use too (`terms`).
"""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import assert_never

import msgspec

from ensue.core.effects import Decision, Reason
from ensue.core.events import Json
from ensue.core.words import INTERACTIONS, ChannelName
from ensue.services.terms import DEEDS, REASONS, has_subject

CHANNELS: dict[ChannelName, str] = {
    "email": "e-mail",
    "push": "push message",
    "in_app_message": "in-app message",
    "webhook": "webhook",
}
SYSTEM_MADE = {"scheduled": "it was time for the campaign", "api": "the API asked for it"}
UNREACHABLE = "no address or device, or no consent"


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """How to tell: the names of campaigns, cards and segments by id, and the time zone of the reader."""

    names: Mapping[str, str]
    zone: tzinfo

    def name(self, identity: object) -> str:
        """Return the name of something, or its id where it has none, in quotation marks."""
        return f"“{self.names.get(str(identity)) or identity}”"

    def time(self, at: datetime) -> str:
        """Return an instant as the reader's clock shows it."""
        there = at.astimezone(self.zone)
        return f"{there.day} {there:%b %Y, %H:%M}"


def told(decision: Decision, telling: Telling) -> str:
    """Return what was decided and why, in one or two sentences that begin with what happened."""
    occasion = occasion_of(decision, telling)
    match decision.outcome:
        case "waiting":
            until = f" until {telling.time(decision.due_at)}" if decision.due_at else ""
            return f"Entered because {occasion}. Waits{until}."
        case "sending":
            return f"Entered because {occasion}. On its way by {_channels(decision)}."
        case "sent":
            return f"Entered because {occasion}. Sent by {_channels(decision)}{_variation(decision)}."
        case "control":
            return f"Entered because {occasion}. The user is in the control group, which gets nothing."
        case "cancelled":
            return f"Entered because {occasion}. Cancelled because, while waiting, {exception_of(decision, telling)}."
        case "suppressed":
            return f"Entered because {occasion}. Nothing was sent: {_why(decision, telling)}."
        case "refused":
            return f"Did not enter, though {occasion}: {_why(decision, telling)}."
        case _:
            assert_never(decision.outcome)


def remedy(decision: Decision, telling: Telling) -> str:
    """Return what would have to be different for the campaign to be received; empty where nothing is wrong."""
    if decision.reason is None:
        return "Members of a control group never receive the campaign." if decision.outcome == "control" else ""
    again = _instant(decision.facts.get("eligible_again_at"))
    if decision.reason == "not_eligible_again" and again is not None:
        return f"A trigger whose message is due from {telling.time(again)} on would count."
    return REMEDIES[decision.reason]


def occasion_of(decision: Decision, telling: Telling) -> str:
    """Return what the user did that the campaign was waiting for, as half a sentence."""
    if decision.trigger in SYSTEM_MADE:
        return SYSTEM_MADE[decision.trigger]
    return _deed(decision.trigger, decision.original, telling)


def exception_of(decision: Decision, telling: Telling) -> str:
    """Return which exception event cancelled, as half a sentence."""
    return _deed(decision.exception or "", decision.facts.get("original"), telling)


def _deed(name: str, original: object, telling: Telling) -> str:
    deed = DEEDS.get(name, name.replace("_", " "))
    said = deed if has_subject(deed) else f"the user {deed}"
    return f"{said} of {telling.name(original)}" if original and name in INTERACTIONS else said


def _channels(decision: Decision) -> str:
    return _listed([CHANNELS[channel] for channel in decision.channels], "and") or "no channel"


def _variation(decision: Decision) -> str:
    is_one = decision.variation in (None, "", "A", "control")
    return "" if is_one else f", in the variation {decision.variation}"


# ---------------------------------------------------------------- reasons


def _why(decision: Decision, telling: Telling) -> str:
    """Return the reason with the facts it rested on, as half a sentence."""
    facts = decision.facts
    match decision.reason:
        case "not_yet_active":
            since = _instant(facts.get("active_since"))
            return f"the campaign became active later, on {telling.time(since)}" if since else REASONS["not_yet_active"]
        case "original_not_active":
            return f"{telling.name(facts.get('original') or decision.original)} was not active then"
        case "not_in_audience" | "no_longer_in_audience":
            no_longer = "no longer " if decision.reason == "no_longer_in_audience" else "not "
            return f"the user was {no_longer}in the audience{_missed(facts, telling)}"
        case "already_waiting":
            return "an earlier entry was still under way"
        case "not_eligible_again":
            return _received(facts, telling)
        case "global_control_group":
            return f"the user is in the global control group{_share(facts)}"
        case "cascade_limit":
            return "too many campaigns had followed on one another in the same instant"
        case "outside_duration":
            return f"it was outside the campaign’s duration{_duration(facts, telling)}"
        case "not_reachable":
            return f"the user could not be reached by {_of_channels(facts)} ({UNREACHABLE})"
        case "quiet_hours":
            until = _instant(facts.get("quiet_until"))
            return f"it was quiet hours{f' until {telling.time(until)}' if until else ''}, and they say drop"
        case "frequency_capped":
            return f"the user has had as many messages as the frequency caps allow ({_of_channels(facts)})"
        case "aborted" | "template_error" | "delivery_failed" | "rate_limited":
            return f"{REASONS[decision.reason]}{_details(facts)}"
        case "campaign_stopped" | "user_deleted" | "exception_event":
            return REASONS[decision.reason]
        case None:
            return "no reason was kept"
        case _:
            assert_never(decision.reason)


REMEDIES: dict[Reason, str] = {
    "not_yet_active": "Only what happens while the campaign is active counts; launch follow-ons before originals.",
    "original_not_active": "Only interactions with an active original count; launch or resume it.",
    "not_in_audience": "The user has to be in the audience when it happens, or the audience has to be wider.",
    "already_waiting": "One entry at a time waits; the next trigger after its outcome counts.",
    "not_eligible_again": "Allow re-eligibility for the campaign to be received more than once.",
    "global_control_group": "The campaign would have to ignore the global control group.",
    "cascade_limit": "Give the campaigns of the chain delays.",
    "outside_duration": "Change the campaign’s start or end.",
    "campaign_stopped": "Entries that a stop ended are not revived; a new trigger counts once it is active again.",
    "user_deleted": "",
    "no_longer_in_audience": "The user has to stay in the audience until the message is due.",
    "not_reachable": "An address or device is needed, and the subscription that the campaign asks for.",
    "quiet_hours": "Let the quiet hours postpone instead of drop.",
    "frequency_capped": "Raise the caps, or let the campaign ignore them.",
    "rate_limited": "Raise the campaign’s rate limit.",
    "aborted": "The template decides with abort_message; change what it asks for.",
    "template_error": "Mend the template.",
    "delivery_failed": "Look at what the service said; the address may be wrong.",
    "exception_event": "Without the exception event the message would have been sent.",
}


def _missed(facts: Mapping[str, Json], telling: Telling) -> str:
    """Return which segments did not hold, and whether the filter did not."""
    segments = facts.get("segments_not_held")
    missing = [telling.name(one) for one in segments] if isinstance(segments, list) else []
    said = [f"not in {_listed(missing, 'or')}"] if missing else []
    if facts.get("filter_holds") is False:
        said.append("the filter does not fit")
    return f" ({'; '.join(said)})" if said else ""


def _received(facts: Mapping[str, Json], telling: Telling) -> str:
    last, again = _instant(facts.get("last_receipt_at")), _instant(facts.get("eligible_again_at"))
    received = f"the campaign was received before{f', on {telling.time(last)}' if last else ''}"
    return f"{received}, and may be again from {telling.time(again)} on" if again else f"{received}, and is sent once"


def _share(facts: Mapping[str, Json]) -> str:
    bucket, percent = facts.get("bucket"), facts.get("percent")
    if not isinstance(bucket, int) or not isinstance(percent, int | float):
        return ""
    return f" (bucket {bucket:,} of 10,000; the group has the first {percent * 100:,.0f})"


def _duration(facts: Mapping[str, Json], telling: Telling) -> str:
    start, end = _instant(facts.get("start")), _instant(facts.get("end"))
    said = [f"from {telling.time(start)}"] if start else []
    if end:
        said.append(f"until {telling.time(end)}")
    return f" ({' '.join(said)})" if said else ""


def _of_channels(facts: Mapping[str, Json]) -> str:
    channels = facts.get("channels")
    names = [CHANNELS.get(one, str(one)) for one in channels] if isinstance(channels, list) else []  # type: ignore[call-overload]  # facts are JSON
    return _listed(names, "or") or "any channel"


def _details(facts: Mapping[str, Json]) -> str:
    """Return what was said about each channel: the provider's, the template's or the author's words."""
    said = [f"{CHANNELS.get(name, name)}: {words}" for name, words in facts.items() if words]  # type: ignore[call-overload]  # likewise
    return f" ({'; '.join(said)})" if said else ""


def _instant(text: Json) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _listed(names: list[str], last: str) -> str:
    if len(names) < 2:  # noqa: PLR2004  (one needs no word between)
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"
