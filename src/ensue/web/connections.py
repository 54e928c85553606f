"""The connection map over the API (B6).

One rule: the numbers are those of the dashboard's map.
"""

from typing import Literal

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from ensue.core.connections import Lateness
from ensue.services.connection_map import Atlas, ConnectionMap, Link, Node, Strand
from ensue.web.site import Shared


class End(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign or card at one end of a connection; `missing` is one that is referred to and does not exist."""

    id: str
    name: str
    kind: Literal["campaign", "card"]
    status: str


class ConnectionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One interaction that connects two, and what came of it.

    `cancelled_by` tells, for a trigger, the exceptions; `outcomes` everything that became of the entries that it led
    to. `late` says that the follow-on is, or was, launched after its original.
    """

    original: End
    follow_on: End
    interaction: str
    role: Literal["trigger", "exception"]
    interacted: int
    waiting: int
    cancelled: int
    cancelled_by: dict[str, int]
    sent: int
    converted: int
    outcomes: dict[str, int]
    in_circle: bool
    late: Lateness | None


class ConnectionList(msgspec.Struct, frozen=True, kw_only=True):
    """All connections, by original, then follow-on; triggers come first."""

    connections: list[ConnectionLine]


@get("/connections", scope="campaigns:read", sync_to_thread=True, operation_id="list_connections")
def list_connections(site: Shared, *, archived: FromQuery[bool] = False) -> ConnectionList:
    """List what follows on what, and what came of it; with `archived`, of archived campaigns and cards, too."""
    atlas = ConnectionMap(site.runner).load(archived=archived)
    return ConnectionList(connections=[_line(atlas, link, one) for link in atlas.links for one in link.strands])


HANDLERS: list[HTTPRouteHandler] = [list_connections]


def _line(atlas: Atlas, link: Link, strand: Strand) -> ConnectionLine:
    return ConnectionLine(
        original=_end(atlas.nodes[link.original]),
        follow_on=_end(atlas.nodes[link.follow_on]),
        interaction=strand.interaction,
        role=strand.role,
        interacted=strand.interacted,
        waiting=strand.waiting,
        cancelled=strand.cancelled,
        cancelled_by=strand.cancelled_by,
        sent=strand.sent,
        converted=strand.converted,
        outcomes=dict(strand.outcomes),
        in_circle=link.in_cycle,
        late=link.lateness,
    )


def _end(node: Node) -> End:
    return End(id=node.id, name=node.name, kind=node.kind, status=node.status)
