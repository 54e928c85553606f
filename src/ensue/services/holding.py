"""What Ensue holds: every campaign, card and segment with a digest, by which a change of it is noticed.

One rule: a digest is that of the meaning, so the same definition has the same one in every file and every Ensue.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Literal, assert_never

import msgspec

from ensue.codec.documents import Definition, Kind, kind_of, name_of
from ensue.codec.dump import dump
from ensue.core.records import Campaign, CampaignState, Card, CardState, Segment
from ensue.errors import Problem
from ensue.ports import Catalog

DIGEST = 32
"""Letters of a digest."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A definition as Ensue holds it; `version` is 0 and `status` empty where there is no such thing."""

    kind: Kind
    id: str
    status: str = ""
    version: int = 0
    digest: str
    definition: Definition


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a definition that was to be saved; `version` counts the versions of a campaign."""

    kind: Kind
    id: str
    change: Literal["new", "changed", "unchanged"]
    version: int = 0
    digest: str


def digest_of(one: Definition) -> str:
    """Return the digest of what a definition means."""
    return sha256(msgspec.json.encode(dump(one), order="deterministic")).hexdigest()[:DIGEST]


def holdings(catalog: Catalog) -> dict[str, Held]:
    """Return everything that is held, by name: campaigns, then cards, then segments, each by id."""
    return _by_name([*catalog.campaigns(), *catalog.cards(), *catalog.segments()])


def holdings_of(catalog: Catalog, definitions: Sequence[Definition]) -> dict[str, Held]:
    """Return what is held under the names of these definitions."""
    ids = {one.id for one in definitions if isinstance(one, Segment)}
    found: list[CampaignState | CardState | Segment | None] = [one for one in catalog.segments() if one.id in ids]
    found += [catalog.find_campaign(one.id) for one in definitions if isinstance(one, Campaign)]
    found += [catalog.find_card(one.id) for one in definitions if isinstance(one, Card)]
    return _by_name([one for one in found if one is not None])


def saved(one: Definition, before: Held | None) -> Saved:
    """Return what saving a definition makes of it."""
    kind, digest = kind_of(one), digest_of(one)
    if before is None:
        return Saved(kind=kind, id=one.id, change="new", version=1 if kind == "campaign" else 0, digest=digest)
    if before.digest == digest:
        return Saved(kind=kind, id=one.id, change="unchanged", version=before.version, digest=digest)
    version = before.version + 1 if kind == "campaign" else 0
    return Saved(kind=kind, id=one.id, change="changed", version=version, digest=digest)


def stale(
    definitions: Sequence[Definition], before: Mapping[str, Held], expected: Mapping[str, str | None]
) -> list[Problem]:
    """Return a problem for each definition that Ensue does not hold as expected; `None` expects that it is new."""
    problems = []
    for place, one in enumerate(definitions):
        name = name_of(one)
        held = before.get(name)
        if name in expected and (held.digest if held else None) != expected[name]:
            message = f"the {name.replace('/', ' ')} was changed meanwhile" if held else f"there is no {name} any more"
            hint = "Read it again, and decide which one is to be kept."
            problems.append(Problem(code="changed", path=f"definitions[{place}]", message=message, hint=hint))
    return problems


def _by_name(states: Sequence[CampaignState | CardState | Segment]) -> dict[str, Held]:
    held = [_held(state) for state in states]
    return {name_of(one.definition): one for one in held}


def _held(state: CampaignState | CardState | Segment) -> Held:
    match state:
        case CampaignState():
            version = state.versions[-1]
            return _as_held(version.campaign, state.status, version.number)
        case CardState():
            return _as_held(state.card, state.status)
        case Segment():
            return _as_held(state)
        case _:
            assert_never(state)


def _as_held(one: Definition, status: str = "", version: int = 0) -> Held:
    return Held(kind=kind_of(one), id=one.id, status=status, version=version, digest=digest_of(one), definition=one)
