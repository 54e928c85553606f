"""The steps of the wizard: which parts of a campaign each one shows, and how its choices become a definition.

One rule: `closed(step, opened(step, data))` is `data` again. A choice (which kind of delay, whether there are quiet
hours) is a mark beside the fields, so that what is typed for one kind is there again when it is chosen again.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Literal, cast

import msgspec

from ensue.core.words import CHANNELS
from ensue.web.dashboard.forms.paths import unmarked

StepName = Literal["compose", "delivery", "audience", "goals", "review"]
Tree = dict[str, object]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step: its name in addresses, what people call it, and the keys of a definition that it owns."""

    name: StepName
    title: str
    keys: tuple[str, ...]


STEPS: tuple[Step, ...] = (
    Step(name="compose", title="Compose", keys=("name", "description", "tags", "channels", "variations")),
    Step(name="delivery", title="Delivery", keys=("delivery",)),
    Step(name="audience", title="Audience", keys=("audience",)),
    Step(
        name="goals",
        title="Goals and limits",
        keys=(
            "conversions",
            "control_group",
            "re_eligibility",
            "send_to",
            "quiet_hours",
            "ignore_frequency_caps",
            "count_toward_frequency_caps",
            "ignore_global_control_group",
            "rate_limit",
        ),
    ),
    Step(name="review", title="Review", keys=()),
)
OPTIONAL = ("re_eligibility", "quiet_hours", "rate_limit")
"""Parts that a box switches on."""
KEYS_OF_TYPE: dict[str, frozenset[str]] = {
    "action_based": frozenset({"type", "triggers", "delay", "exceptions", "start", "end", "recheck_audience"}),
    "scheduled": frozenset({"type", "at", "every", "on", "at_time", "zone", "start", "end"}),
    "api_triggered": frozenset({"type", "delay", "exceptions", "start", "end", "recheck_audience"}),
    "external": frozenset({"type", "channels"}),
}
KEYS_OF_DELAY: dict[str, frozenset[str]] = {
    "after": frozenset({"after"}),
    "on_next": frozenset({"on_next", "at", "zone"}),
    "in_days": frozenset({"in_days", "at", "zone"}),
}
_BLANK = {"after": "", "on_next": "", "in_days": ""}
ON, KIND, WHEN, WAS = ":on", ":kind", ":when", ":was"


def step_of(path: str) -> Step:
    """Return the step that shows the field of a path; what no step shows belongs to the review."""
    key = path.partition(".")[0].partition("[")[0]
    return next((step for step in STEPS if key in step.keys), STEPS[-1])


def find_step(name: str) -> Step | None:
    """Return the step of a name."""
    return next((step for step in STEPS if step.name == name), None)


def step_after(step: Step) -> Step:
    """Return the step that follows; the last is followed by itself."""
    return STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)]


def opened(data: Mapping[str, object]) -> Tree:
    """Return a definition as the forms work on it: with a mark for every choice that it makes."""
    tree = deepcopy(dict(data))
    for channels in _contents(tree):
        channels[WAS] = "yes"
        for channel in CHANNELS:
            _mark(channels.get(channel), ON, "yes")
    for name in OPTIONAL:
        _mark(tree.get(name), ON, "yes")
    delivery = tree.get("delivery")
    if isinstance(delivery, dict):
        _mark(delivery.get("delay"), KIND, _kind(delivery.get("delay")))
        if delivery.get("type") == "scheduled":
            _mark(delivery, WHEN, _when(delivery))
            _mark(delivery, WAS, _signature(delivery))
    return tree


def closed(tree: Mapping[str, object]) -> Tree:
    """Return the plain data of a definition that the forms stand for."""
    data = deepcopy(dict(tree))
    for channels in _contents(data):
        for channel in CHANNELS:
            _drop_unless_on(channels, channel)
    if isinstance(data.get("channels"), dict) and not data["channels"]:
        del data["channels"]  # made by the fields of channels that are off
    for name in OPTIONAL:
        _drop_unless_on(data, name)
    delivery = data.get("delivery")
    if isinstance(delivery, dict):
        if "type" in delivery:
            _close_delivery(delivery)
        else:
            del data["delivery"]
    return cast("Tree", unmarked(data))  # a mapping gives a mapping


def _contents(tree: Mapping[str, object]) -> list[Tree]:
    """Return the content of the campaign, or of each variation."""
    variations = tree.get("variations")
    holders = [tree, *(variations if isinstance(variations, list) else [])]
    return [channels for one in holders if isinstance(one, dict) and isinstance(channels := one.get("channels"), dict)]


def _mark(part: object, mark: str, value: str) -> None:
    if isinstance(part, dict):
        part[mark] = value


def _drop_unless_on(holder: Tree, name: str) -> None:
    part = holder.get(name)
    if isinstance(part, dict) and part.get(ON) != "yes":
        del holder[name]


def _kind(delay: object) -> str:
    return next((kind for kind in KEYS_OF_DELAY if isinstance(delay, dict) and kind in delay), "")


def _when(delivery: Mapping[str, object]) -> str:
    if delivery.get("every") is not None:
        return "both" if delivery.get("at") is not None else "every"
    return "launch" if delivery.get("at") == "launch" else "at" if "at" in delivery else ""


def _close_delivery(delivery: Tree) -> None:
    """Keep what belongs to the kind of delivery, of delay and of schedule that is chosen."""
    allowed = KEYS_OF_TYPE.get(str(delivery["type"]), frozenset(delivery))
    if delivery["type"] == "scheduled" and delivery.get(WAS) != _signature(delivery):
        _close_schedule(delivery)
    for key in set(delivery) - allowed:
        del delivery[key]
    delay = delivery.get("delay")
    if isinstance(delay, dict):
        kind = delay.get(KIND)
        kept = {key: value for key, value in delay.items() if key in KEYS_OF_DELAY.get(str(kind), frozenset())}
        if kept or kind in KEYS_OF_DELAY:
            delivery["delay"] = {str(kind): _BLANK[str(kind)], **kept}
        else:
            del delivery["delay"]


def _signature(delivery: Mapping[str, object]) -> str:
    """Return the choices of a schedule in one text; while they are as they were, nothing is left out."""
    return repr([delivery.get(key) for key in (WHEN, "at", "every", "on")])


def _close_schedule(delivery: Tree) -> None:
    unused: tuple[str, ...] = ()
    match delivery.get(WHEN):
        case "launch":
            delivery["at"] = "launch"
            unused = ("every", "on", "at_time")
        case "at":
            unused = ("every", "on", "at_time")
            if delivery.get("at") == "launch":
                del delivery["at"]
        case "every":
            unused = ("at",)
            _fit_days(delivery)
        case _:
            pass
    for key in unused:
        delivery.pop(key, None)


def _fit_days(delivery: Tree) -> None:
    """Leave out the days that the form keeps for another recurrence."""
    days = delivery.get("on")
    wanted = {"week": str, "month": int}.get(str(delivery.get("every")))
    if isinstance(days, list):
        delivery["on"] = [day for day in days if wanted is not None and isinstance(day, wanted)]
