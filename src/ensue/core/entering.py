"""From an occasion to entries: which campaigns it triggers, and why not (T1 to T11).

One rule: every campaign that listens and matches gets exactly one answer, an entry or a refusal with its reason.
The order of the checks is the order of the reasons in `_refusal`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import to_builtins

from ensue.core.buckets import in_global_control, own_bucket
from ensue.core.conditions import Audience
from ensue.core.effects import Decision, Keep, Reason
from ensue.core.events import ApiCalled, CampaignInteracted, CardInteracted, Json, Targeted
from ensue.core.filters import in_audience
from ensue.core.occasions import Occasion, original_in, template_properties, trigger_name
from ensue.core.plan import Compiled, Launched, Plan, first_met
from ensue.core.state import OPEN_ENTRIES, Entry
from ensue.core.timing import due_at
from ensue.core.turn import Turn, digest

INTERACTIONS = (CampaignInteracted, CardInteracted)
HOPS = 32
"""Links of a cascade within one instant (T11)."""


def enter(turn: Turn, occasion: Occasion) -> None:
    """Enter the user into every campaign that the occasion triggers, in the order of T10."""
    called = trigger_name(occasion.event) if isinstance(occasion.event, ApiCalled) else None
    for launched in _listeners(turn.plan, occasion):
        trigger = called or first_met(launched.current.triggers, occasion)
        if trigger is not None:
            _consider(turn, launched, trigger, occasion)


def enter_targeted(turn: Turn, event: Targeted) -> None:
    """Enter the user into a scheduled campaign whose time came (S13); outside the audience nothing is kept."""
    launched = turn.plan.campaigns.get(event.campaign)
    if launched is None or launched.status != "active":
        return
    if in_audience(launched.current.campaign.audience, turn.state, turn.now, turn.plan.segments):
        _consider(turn, launched, trigger_name(event), Occasion(event, event.at, ()))


def is_eligible(turn: Turn, campaign: str, rules: Compiled, at: datetime) -> bool:
    """Say whether the user may receive the campaign at that instant (R2)."""
    touch = turn.state.campaigns.get(campaign)
    last = touch.last_receipt_at if touch else None
    if last is None:
        return True
    again = rules.campaign.re_eligibility
    return again is not None and at >= last + again.window


def _listeners(plan: Plan, occasion: Occasion) -> Sequence[Launched]:
    """Return the campaigns that listen to a key of the occasion, each once, in the order of T10."""
    if len(occasion.keys) == 1:
        return plan.triggers.get(occasion.keys[0], ())
    found = {one.id: one for key in occasion.keys for one in plan.triggers.get(key, ())}
    return sorted(found.values(), key=lambda one: (one.launched_at, one.id))


def _consider(turn: Turn, launched: Launched, trigger: str, occasion: Occasion) -> None:
    rules, at = launched.current, occasion.at
    due = (
        at + rules.elapsing
        if rules.elapsing is not None
        else due_at(rules.delay, at, turn.user_zone(), turn.workspace_zone())
    )
    reason = _refusal(turn, launched, occasion, due)
    if reason is not None:
        turn.effects.append(Keep(decision=_refused(turn, launched, trigger, occasion, reason)))
        return
    entry = Entry(
        id=_entry_id(turn, launched.id, occasion),
        campaign=launched.id,
        version=rules.number,
        trigger=trigger,
        event=occasion.event.id,
        triggered_at=at,
        due_at=due,
        entered_at=turn.now,
        properties=template_properties(occasion.event, _original_name(turn.plan, occasion)),
        hops=occasion.hops,
    )
    turn.add_entry(entry)


def _refusal(turn: Turn, launched: Launched, occasion: Occasion, due: datetime) -> Reason | None:
    rules, at = launched.current, occasion.at
    campaign, held_out = rules.campaign, turn.plan.workspace.global_control_group
    reason: Reason | None = None
    if at < launched.active_since:
        reason = "not_yet_active"
    elif (rules.start is not None and at < rules.start) or (rules.end is not None and at > rules.end):
        reason = "outside_duration"
    elif isinstance(occasion.event, INTERACTIONS) and not _original_is_active(turn.plan, occasion):
        reason = "original_not_active"
    elif held_out and not campaign.ignore_global_control_group and in_global_control(turn.state.user, held_out):
        reason = "global_control_group"
    elif not in_audience(campaign.audience, turn.state, turn.now, turn.plan.segments):
        reason = "not_in_audience"
    elif occasion.hops > HOPS:
        reason = "cascade_limit"
    elif turn.is_open(launched.id) >= (OPEN_ENTRIES if rules.every_trigger_enters else 1):
        reason = "already_waiting"
    elif not is_eligible(turn, launched.id, rules, max(due, turn.now)):
        reason = "not_eligible_again"
    return reason


def _original_is_active(plan: Plan, occasion: Occasion) -> bool:
    event = occasion.event
    if isinstance(event, CampaignInteracted):
        return plan.active_original(event.campaign, occasion.at)
    return not isinstance(event, CardInteracted) or plan.active_card(event.card, occasion.at)


def _refused(turn: Turn, launched: Launched, trigger: str, occasion: Occasion, reason: Reason) -> Decision:
    return Decision(
        id=_entry_id(turn, launched.id, occasion),
        user=turn.state.user,
        campaign=launched.id,
        version=launched.current.number,
        outcome="refused",
        trigger=trigger,
        event=occasion.event.id,
        triggered_at=occasion.at,
        at=turn.now,
        original=original_in(occasion.event),
        reason=reason,
        facts=_facts(turn, launched, occasion, reason),
    )


def _facts(turn: Turn, launched: Launched, occasion: Occasion, reason: Reason) -> dict[str, Json]:
    """Return what the reason rests on, for people to read (S14)."""
    facts: dict[str, Json] = {}
    if reason == "not_yet_active":
        facts["active_since"] = _text(launched.active_since)
    elif reason == "outside_duration":
        facts |= {"start": _text(launched.current.start), "end": _text(launched.current.end)}
    elif reason == "original_not_active":
        facts["original"] = original_in(occasion.event)
    elif reason == "global_control_group":
        facts |= {"bucket": own_bucket(turn.state.user), "percent": turn.plan.workspace.global_control_group}
    elif reason == "not_in_audience":
        facts |= audience_facts(turn, launched.current)
    elif reason == "cascade_limit":
        facts["hops"] = occasion.hops
    elif reason == "already_waiting":
        open_entries: list[Json] = [one.id for one in turn.state.entries if one.campaign == launched.id]
        facts["entries"] = open_entries
    elif reason == "not_eligible_again":
        facts |= eligibility_facts(turn, launched.id, launched.current)
    return facts


def eligibility_facts(turn: Turn, campaign: str, rules: Compiled) -> dict[str, Json]:
    """Return what a `not_eligible_again` rests on: the last receipt and when the user may receive it again."""
    last = turn.touch(campaign).last_receipt_at
    window = rules.campaign.re_eligibility.window if rules.campaign.re_eligibility else None
    again = last + window if last is not None and isinstance(window, timedelta) else None
    return {"last_receipt_at": _text(last), "eligible_again_at": _text(again)}


def audience_facts(turn: Turn, rules: Compiled) -> dict[str, Json]:
    """Return what a `not_in_audience` rests on: the segments asked for and not held, and whether the filter held."""
    audience, plan = rules.campaign.audience, turn.plan

    def is_in(part: Audience) -> bool:
        return in_audience(part, turn.state, turn.now, plan.segments)

    missing: list[Json] = [one for one in audience.segments if not is_in(Audience(segments=(one,)))]
    return {"segments_not_held": missing, "filter_holds": is_in(Audience(filter=audience.filter))}


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _entry_id(turn: Turn, campaign: str, occasion: Occasion) -> str:
    at = to_builtins(occasion.at).replace("Z", "+00:00")  # as isoformat() writes it, in a tenth of the time
    return digest(turn.state.user, campaign, occasion.event.id, at)


def _original_name(plan: Plan, occasion: Occasion) -> str:
    event = occasion.event
    if not isinstance(event, INTERACTIONS):
        return ""
    if isinstance(event, CampaignInteracted) and (launched := plan.campaigns.get(event.campaign)):
        return launched.current.campaign.name
    if isinstance(event, CardInteracted) and (card := plan.cards.get(event.card)):
        return card.card.name
    return ""
