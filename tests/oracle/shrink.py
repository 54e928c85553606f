"""A failing world made small, and told as a story.

One rule: a smaller world is the same world with steps, people, ids or parts of definitions left out.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import msgspec

from ensue.core import conditions, records

from .world import Edit, Lifecycle, Step, UserDid, World

Fails = Callable[[World], bool]


def smallest(world: World, fails: Fails, *, most_tries: int = 4000) -> World:
    """Return a world that still fails and from which nothing more can be left out, within so many tries."""
    for tries, candidate in enumerate(_smaller(world), start=1):
        if tries > most_tries:
            return world
        if fails(candidate):
            return smallest(candidate, fails, most_tries=most_tries - tries)
    return world


def _smaller(world: World) -> Iterator[World]:
    for user in world.users if len(world.users) > 1 else ():
        left = tuple(step for step in world.timeline if not _is_about(step, user.id))
        yield replace(world, users=tuple(u for u in world.users if u is not user), timeline=left)
    for size in (8, 3, 1):
        for n in range(0, len(world.timeline), size):
            yield replace(world, timeline=world.timeline[:n] + world.timeline[n + size :])
    yield from _with_less_launched(world)
    if world.workspace != records.Workspace():
        yield replace(world, workspace=records.Workspace())
        yield replace(world, workspace=msgspec.structs.replace(world.workspace, frequency_caps=()))
    yield from _with_plainer_campaigns(world)
    yield from _with_plainer_people(world)
    used = {name for step in world.timeline if isinstance(step.action, Lifecycle) for name in step.action.ids}
    kept = tuple(campaign for campaign in world.campaigns if campaign.id in used or _is_named(world, campaign.id))
    if kept != world.campaigns:
        yield replace(world, campaigns=kept)


def _is_about(step: Step, user: str) -> bool:
    return isinstance(step.action, UserDid) and step.action.event.user == user


def _is_named(world: World, campaign: str) -> bool:
    others = [c for c in world.campaigns if c.id != campaign]
    return f"'{campaign}'" in repr((others, world.segments, world.timeline))


def _with_less_launched(world: World) -> Iterator[World]:
    for n, step in enumerate(world.timeline):
        ids = step.action.ids if isinstance(step.action, Lifecycle) else ()
        for name in ids if len(ids) > 1 else ():
            action = Lifecycle(kind="launch", ids=tuple(one for one in ids if one != name))
            fewer = replace(step, action=action)
            yield replace(world, timeline=(*world.timeline[:n], fewer, *world.timeline[n + 1 :]))


def _with_plainer_campaigns(world: World) -> Iterator[World]:
    edited = {step.action.campaign.id for step in world.timeline if isinstance(step.action, Edit)}
    for n, campaign in enumerate(world.campaigns):
        for plainer in _plainer(campaign) if campaign.id not in edited else ():
            yield replace(world, campaigns=(*world.campaigns[:n], plainer, *world.campaigns[n + 1 :]))


def _plainer(campaign: records.Campaign) -> Iterator[records.Campaign]:
    plain: dict[str, object] = {
        "audience": conditions.Audience(),
        "conversions": (),
        "quiet_hours": None,
        "re_eligibility": None,
        "tags": (),
        "ignore_frequency_caps": False,
        "ignore_global_control_group": False,
        "send_to": "subscribed",
    }
    for name, value in plain.items():
        if getattr(campaign, name) != value:
            yield msgspec.structs.replace(campaign, **{name: value})
    delivery = campaign.delivery
    if delivery is None or isinstance(delivery, records.Scheduled):
        return
    for name in ("triggers", "exceptions"):
        kinds = getattr(delivery, name, ())
        for n in range(len(kinds)):
            fewer = msgspec.structs.replace(delivery, **{name: kinds[:n] + kinds[n + 1 :]})
            yield msgspec.structs.replace(campaign, delivery=fewer)
    for name in ("start", "end"):
        if getattr(delivery, name) is not None:
            yield msgspec.structs.replace(campaign, delivery=msgspec.structs.replace(delivery, **{name: None}))


def _with_plainer_people(world: World) -> Iterator[World]:
    for n, person in enumerate(world.users):
        for name in person.attributes:
            fewer = {other: value for other, value in person.attributes.items() if other != name}
            plainer = replace(person, attributes=fewer)
            yield replace(world, users=(*world.users[:n], plainer, *world.users[n + 1 :]))


def told(world: World) -> str:
    """Return the world as text: a line for each definition, person and step."""
    lines = [f"start {world.start:%F %T}, end {world.end:%F %T %f}, {_text(world.workspace)}"]
    lines += [f"{_text(one)}" for one in (*world.segments, *world.cards, *world.campaigns)]
    lines += [f"{p.id}: {p.attributes} push={p.push} {p.subscriptions}" for p in world.users]
    lines += [f"{step.at:%F %T.%f}  {_action(step)}" for step in world.timeline]
    return "\n".join(lines)


def _text(record: msgspec.Struct) -> str:
    return msgspec.json.encode(record).decode()


def _action(step: Step) -> str:
    match step.action:
        case Lifecycle(kind=kind, ids=ids):
            return f"{kind} {' '.join(ids)}"
        case Edit(campaign=campaign):
            return f"edit {_text(campaign)}"
        case UserDid(event=event):
            return _text(event)
