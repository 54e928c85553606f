"""Made-up worlds: a seed, or a list of small integers, makes definitions, people and a timeline in which they meet.

One rule: the same numbers make the same world, and a world is always valid: whatever is launched may be launched.
Not here: what follows from a world (`judge`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ensue.core import contents, records, triggers, words
from ensue.core.events import Json, Properties

from .dice import Dice, loaded, seeded
from .made_campaigns import some_campaigns
from .made_filters import Names, a_filter
from .made_timelines import Draft, a_timeline
from .words import ATTRIBUTES, STARTS, WORKSPACE_ZONES, ZONES
from .world import Person, World

HORIZON = timedelta(days=12)


def world_from_seed(seed: int) -> World:
    """Return the world of the seed."""
    return _world(seeded(seed))


def world_from_numbers(numbers: Sequence[int]) -> World:
    """Return the world of a list of integers from 0 to 65,535; a shorter list, and smaller numbers, make it plainer."""
    return _world(loaded(numbers))


def _world(dice: Dice) -> World:
    start = dice.pick(STARTS)
    names = Names(
        campaigns=tuple(f"c{n}" for n in range(1, dice.between(2, 6) + 1)),
        cards=("k1", "k2")[: dice.between(0, 2)],
        segments=("s1", "s2")[: dice.between(0, 2)],
    )
    campaigns = some_campaigns(dice, names, start)
    if dice.chance(1):
        campaigns = _long_chain()
    users = tuple(
        _person(dice, f"u{n}{dice.below(100)}") for n in range(1, dice.weighted({1: 3, 2: 3, 3: 2, 4: 1}) + 1)
    )
    workspace = _workspace(dice)
    draft = Draft(start=start, campaigns=campaigns, users=users, names=names, workspace_zone=workspace.time_zone)
    timeline = a_timeline(dice, draft)
    last = max((step.at for step in timeline), default=start)
    return World(
        workspace=workspace,
        segments=_segments(dice, names),
        cards=tuple(records.Card(id=card, name=card, title=card) for card in names.cards),
        campaigns=campaigns,
        users=users,
        start=start,
        end=_end(dice, last),
        timeline=timeline,
    )


def _end(dice: Dice, last: datetime) -> datetime:
    return last + dice.pick((timedelta(days=8), timedelta(0), timedelta(hours=1), timedelta(days=1)))


def _workspace(dice: Dice) -> records.Workspace:
    return records.Workspace(
        time_zone=dice.pick(WORKSPACE_ZONES),
        frequency_caps=tuple(_cap(dice) for _ in range(dice.weighted({0: 4, 1: 4, 2: 3}))),
        global_control_group=dice.weighted({0: 4, 10: 1, 15: 2, 2.5: 1}),
    )


def _cap(dice: Dice) -> records.FrequencyCap:
    minutes = dice.pick((60, 90, 1440)) if dice.chance(50) else None
    return records.FrequencyCap(
        channel=dice.pick(("any", "email", "push", "webhook", "any", "email")),
        at_most=dice.weighted({1: 5, 2: 3, 3: 1}),
        minutes=minutes,
        days=dice.pick((1, 2, 7)) if minutes is None else None,
        tag=dice.pick((None, None, "promo")),
    )


def _segments(dice: Dice, names: Names) -> tuple[records.Segment, ...]:
    made = []
    for n, segment in enumerate(names.segments):
        earlier = Names(names.campaigns, names.cards, names.segments[:n])
        made.append(
            records.Segment(
                id=segment, name=segment, filter=a_filter(dice, earlier, depth=1) if dice.chance(85) else None
            )
        )
    return tuple(made)


def _person(dice: Dice, name: str) -> Person:
    attributes: Properties = {}
    if not dice.chance(8):
        attributes["email"] = f"{name}@example.com"
    zone: Json = dice.pick((None, *ZONES))
    if zone is not None:
        attributes["time_zone"] = zone
    for attribute, values in ATTRIBUTES.items():
        value = dice.pick(values) if dice.chance(50) else None
        if value is not None:
            attributes[attribute] = value
    states: tuple[words.Subscription | None, ...] = (
        None,
        None,
        None,
        None,
        "opted_in",
        "opted_in",
        "subscribed",
        "unsubscribed",
    )
    chosen: dict[words.SubscribedChannel, words.Subscription | None] = {
        "email": dice.pick(states),
        "push": dice.pick(states),
    }
    subscriptions = {channel: state for channel, state in chosen.items() if state is not None}
    return Person(id=name, attributes=attributes, push=not dice.chance(15), subscriptions=subscriptions)


def _long_chain() -> tuple[records.Campaign, ...]:
    """Return campaigns that follow one another at the same instant, more than the limit of hops allows (T11)."""
    content = contents.Channels(webhook=contents.Webhook(url="https://hooks.example/x", body="{}"))

    def link(n: int) -> records.Campaign:
        follows = triggers.InteractWithCampaign(campaign=f"c{n - 1}", interaction="receive_webhook")
        trigger: triggers.Trigger = follows if n > 1 else triggers.CustomEvent(name="browsed")
        return records.Campaign(
            id=f"c{n}", name=f"c{n}", channels=content, delivery=records.ActionBased(triggers=(trigger,))
        )

    return tuple(link(n) for n in range(1, 37))
