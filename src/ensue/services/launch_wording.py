"""What is to be thought of before a launch, in sentences.

One rule: a sentence says the number where there is one, and what it means for the launch.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from ensue.history import Interacted
from ensue.services.audiences import Estimate
from ensue.services.wording import listed

AT_LAUNCH = frozenset({"receive_email", "receive_push", "receive_webhook", "enrolled_in_control_group"})
"""Interactions that happen to the whole audience of a campaign that is sent at its launch."""


class Caution(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to think of; `warn` where somebody is missed, `note` where it is only good to know."""

    code: Literal["missed", "everybody", "everybody_before", "not_launched", "circle"]
    weight: Literal["warn", "note"]
    message: str


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What the two ends of a connection are called."""

    original: str
    follow_on: str


def missed(names: Names, found: Interacted, since: datetime, *, is_active: bool) -> Caution:
    """Say whom a follow-on misses whose original was launched before it."""
    at = since.astimezone(UTC)
    life = "has been active" if is_active else "was active"
    head = f"“{names.original}” {life} since {at.day} {at:%b %Y, %H:%M} UTC"
    if not found.interactions:
        return Caution(code="missed", weight="note", message=f"{head}, but nobody did this so far.")
    times = _counted(found.interactions, "time")
    body = f"{_counted(found.users, 'user')} did this {times} before “{names.follow_on}” is active, and will be missed."
    return Caution(code="missed", weight="warn", message=f"{head}: {body}")


def everybody(names: Names, audience: Estimate) -> Caution:
    """Say that an original of the set goes to everybody at once."""
    least = "" if audience.is_exact else "at least "
    message = (
        f"“{names.original}” goes to its whole audience at the launch, {least}{_counted(audience.matched, 'user')}, "
        f"and enrols its control group then. “{names.follow_on}” is active before, so nobody is missed."
    )
    return Caution(code="everybody", weight="note", message=message)


def everybody_before(names: Names) -> Caution:
    """Say that an original has gone to everybody already."""
    message = (
        f"“{names.original}” went to its whole audience at its launch, and enrolled its control group then. Hardly "
        f"anybody is left to start “{names.follow_on}” by this."
    )
    return Caution(code="everybody_before", weight="warn", message=message)


def not_launched(names: Names, status: str) -> Caution:
    """Say that an original is neither active nor in the set."""
    state = "a draft" if status == "draft" else status
    message = f"“{names.original}” is {state} and not in the set. This will not fire until it is launched."
    return Caution(code="not_launched", weight="warn", message=message)


def in_circle(names: Names) -> Caution:
    """Say that a connection is part of a circle."""
    message = (
        f"“{names.original}” also follows on “{names.follow_on}”, perhaps through others: a circle has no first. "
        "The set is launched at one instant, so nobody is missed."
    )
    return Caution(code="circle", weight="note", message=message)


def left_out(name: str, originals: Sequence[str], at_once: Sequence[str]) -> str:
    """Say what a follow-on misses that is not in the set."""
    them = listed([f"“{one}”" for one in originals])
    message = f"“{name}” follows on {them}. Launched later, it misses what happens before."
    if not at_once:
        return message
    goes = f"{listed([f'“{one}”' for one in at_once])} {'goes' if len(at_once) == 1 else 'go'}"
    return f"{message} {goes} to everybody at the launch."


def _counted(amount: int, what: str) -> str:
    return f"{amount:,} {what}{'' if amount == 1 else 's'}"
