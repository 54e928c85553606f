"""The connection map: which campaigns and cards follow on one another, with what came of it (B6).

One rule: the connections are those of the newest definitions, drafts too; the numbers are those of the ledger.
Not here: where things lie in the picture (`web.dashboard.layout`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

import msgspec

from ensue.core.connections import Connection, Lateness, circling, connections_of, lateness
from ensue.core.records import CampaignState, CardState
from ensue.history import Crossing, Figure
from ensue.ports import Runner, Store

Amounts = Mapping[tuple[str, str, str], Mapping[str, int]]
"""By original, interaction and follow-on: how many decisions stand at what."""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign or card; `missing` is one that is referred to and does not exist."""

    id: str
    name: str
    kind: Literal["campaign", "card"]
    status: str
    waiting: int = 0
    sent: int = 0
    viewed: int = 0


class Strand(msgspec.Struct, frozen=True, kw_only=True):
    """One interaction of a link, and what came of it.

    `interacted` is how often it happened with the original; `outcomes` are those of the follow-on's decisions that it
    led to, by name. `converted` counts conversions A of what was sent. For an exception, `cancelled` is how many
    entries it cancelled.
    """

    interaction: str
    role: Literal["trigger", "exception"]
    interacted: int = 0
    waiting: int = 0
    cancelled: int = 0
    sent: int = 0
    converted: int = 0
    outcomes: Mapping[str, int] = {}

    @property
    def cancelled_by(self) -> dict[str, int]:
        """Return how many of the entries that a trigger led to were cancelled, by exception."""
        found = (name.partition(":") for name in self.outcomes)
        return {rest: self.outcomes[f"{head}:{rest}"] for head, _, rest in found if head == "cancelled" and rest}


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """All that connects an original with a follow-on; triggers come first."""

    original: str
    follow_on: str
    strands: tuple[Strand, ...]
    in_cycle: bool = False
    lateness: Lateness | None = None

    @property
    def triggers(self) -> tuple[Strand, ...]:
        """Return the interactions that trigger the follow-on."""
        return tuple(one for one in self.strands if one.role == "trigger")


class Atlas(msgspec.Struct, frozen=True, kw_only=True):
    """The whole map: nodes by id, links sorted by original and follow-on."""

    nodes: Mapping[str, Node]
    links: tuple[Link, ...]

    @property
    def loose(self) -> list[Node]:
        """Return the nodes that nothing connects, by name."""
        tied = {end for link in self.links for end in (link.original, link.follow_on)}
        return sorted((one for one in self.nodes.values() if one.id not in tied), key=lambda one: (one.name, one.id))

    def find(self, original: str, follow_on: str) -> Link | None:
        """Return the link between two, if there is one."""
        return next((one for one in self.links if (one.original, one.follow_on) == (original, follow_on)), None)


class ConnectionMap:
    """Reads the map."""

    def __init__(self, runner: Runner) -> None:
        """Read from this runner."""
        self._runner = runner

    def load(self, *, archived: bool = False) -> Atlas:
        """Return the map as it is now, with archived campaigns and cards only where they are asked for."""

        def read(store: Store) -> Atlas:
            states: list[CampaignState | CardState] = [*store.catalog.campaigns(), *store.catalog.cards()]
            shown = [one for one in states if archived or one.status != "archived"]
            return atlas_of(shown, store.ledger.figures(), store.ledger.outcomes(), store.ledger.crossings())

        return self._runner.read(read)


def atlas_of(
    states: Iterable[CampaignState | CardState],
    figures: Iterable[Figure],
    outcomes: Mapping[str, Mapping[str, int]],
    crossings: Iterable[Crossing],
) -> Atlas:
    """Return the map of these campaigns and cards."""
    known = {one.id: one for one in states}
    done = _done(figures)
    amounts = _amounts(crossings)
    found: dict[tuple[str, str], list[Connection]] = defaultdict(list)
    for one in known.values():
        if isinstance(one, CampaignState):
            for connection in connections_of(one.versions[-1].campaign):
                found[connection.original, connection.follow_on].append(connection)
    nodes = {name: _node(one, outcomes.get(name, {}), done) for name, one in known.items()}
    for connections in found.values():
        original = connections[0].original
        missing = Node(id=original, name="", kind=connections[0].original_kind, status="missing")
        nodes.setdefault(original, missing)
    circles = _circles(found)
    links = [
        Link(
            original=ends[0],
            follow_on=ends[1],
            strands=_strands(found[ends], done, amounts),
            in_cycle=ends in circles,
            lateness=_lateness(known, found[ends]),
        )
        for ends in sorted(found)
    ]
    return Atlas(nodes=nodes, links=tuple(links))


def among(atlas: Atlas, names: Collection[str]) -> Atlas:
    """Return the part of a map that leads to these by triggers, and the ends of its links."""
    links = tuple(one for one in atlas.links if one.follow_on in names and one.triggers)
    ends = {*names, *(one.original for one in links)}
    return Atlas(nodes={name: node for name, node in atlas.nodes.items() if name in ends}, links=links)


def _node(one: CampaignState | CardState, outcomes: Mapping[str, int], done: Mapping[tuple[str, str], int]) -> Node:
    if isinstance(one, CardState):
        viewed = done.get((f"card:{one.id}", "view_card"), 0)
        return Node(id=one.id, name=one.card.name or one.card.title, kind="card", status=one.status, viewed=viewed)
    return Node(
        id=one.id,
        name=one.versions[-1].campaign.name,
        kind="campaign",
        status=one.status,
        waiting=outcomes.get("waiting", 0) + outcomes.get("sending", 0),
        sent=outcomes.get("sent", 0),
    )


def _strands(
    connections: Iterable[Connection], done: Mapping[tuple[str, str], int], amounts: Amounts
) -> tuple[Strand, ...]:
    """Return the interactions of one link, each once, whatever it is narrowed to."""
    once = {(one.role, one.interaction): one for one in connections}
    return tuple(_strand(one, done, amounts) for one in once.values())


def _strand(one: Connection, done: Mapping[tuple[str, str], int], amounts: Amounts) -> Strand:
    subject = f"card:{one.original}" if one.original_kind == "card" else one.original
    interacted = done.get((subject, one.interaction), 0)
    standing = amounts.get((one.original, one.interaction, one.follow_on), {})
    if one.role == "exception":
        cancelled = standing.get("exception", 0)
        return Strand(interaction=one.interaction, role=one.role, interacted=interacted, cancelled=cancelled)
    outcomes = {name: amount for name, amount in standing.items() if name not in ("exception", "converted")}
    return Strand(
        interaction=one.interaction,
        role=one.role,
        interacted=interacted,
        waiting=outcomes.get("waiting", 0) + outcomes.get("sending", 0),
        cancelled=sum(amount for name, amount in outcomes.items() if name.startswith("cancelled")),
        sent=outcomes.get("sent", 0),
        converted=standing.get("converted", 0),
        outcomes=outcomes,
    )


def _done(figures: Iterable[Figure]) -> dict[tuple[str, str], int]:
    """Return how often each interaction happened, of all variations and narrowings (`open_email:machine`) together."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for one in figures:
        found[one.campaign, one.name.partition(":")[0]] += int(one.amount)
    return found


def _amounts(crossings: Iterable[Crossing]) -> dict[tuple[str, str, str], dict[str, int]]:
    found: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for one in crossings:
        found[one.original, one.interaction, one.campaign][one.name] = one.amount
    return found


def _circles(found: Mapping[tuple[str, str], Iterable[Connection]]) -> set[tuple[str, str]]:
    """Return the links that lie on a cycle of triggers."""
    edges: dict[str, set[str]] = defaultdict(set)
    for (original, follow_on), connections in found.items():
        if any(one.role == "trigger" for one in connections):
            edges[original].add(follow_on)
    return circling(edges)


def _lateness(known: Mapping[str, CampaignState | CardState], connections: Iterable[Connection]) -> Lateness | None:
    trigger = next((one for one in connections if one.role == "trigger"), None)
    if trigger is None:
        return None
    original, follow_on = known.get(trigger.original), known.get(trigger.follow_on)
    if original is None or not isinstance(follow_on, CampaignState):
        return None
    return lateness(original, follow_on)
