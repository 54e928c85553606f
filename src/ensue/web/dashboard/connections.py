"""The connection map: the picture, its table, and a page for each connection.

One rule: the picture and the table below it show the same numbers, of the same moment.
"""

from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from markupsafe import Markup

from ensue.errors import rejected
from ensue.services.connection_map import Atlas, ConnectionMap, Link, Strand
from ensue.services.terms import called
from ensue.web.dashboard.map_drawing import LATE, deed_of, draw, title_of
from ensue.web.dashboard.pages import fragment, render
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared, Site

MAP = "/dashboard/map"
HIDDEN = ("waiting", "sending", "sent")
"""Outcomes that stand among the figures already."""


@get("/map", role="viewer", sync_to_thread=True)
def show_map(site: Shared, request: AnyRequest) -> Response[str]:
    """Show how campaigns and cards follow on one another."""
    archived = "archived" in request.query_params
    atlas = ConnectionMap(site.runner).load(archived=archived)
    return render(request, site, "map.html", title="Connection map", archived=archived, **_values(atlas))


@get("/map/now", role="viewer", part=True, sync_to_thread=True)
def refresh_map(site: Shared, request: AnyRequest) -> Response[str]:
    """Return the picture and the table as they are now."""
    atlas = ConnectionMap(site.runner).load(archived="archived" in request.query_params)
    return fragment(request, site, "map_now.html", **_values(atlas))


@get("/map/{original:str}/{follow_on:str}", role="viewer", sync_to_thread=True)
def show_connection(
    site: Shared, request: AnyRequest, original: FromPath[str], follow_on: FromPath[str]
) -> Response[str]:
    """Show one connection: what was done with the original, and what came of it."""
    atlas, link = _load_link(site, original, follow_on)
    nodes = atlas.nodes
    title = f"{title_of(nodes[original])} → {title_of(nodes[follow_on])}"
    return render(
        request,
        site,
        "connection.html",
        title=title,
        link=link,
        original=nodes[original],
        follow_on=nodes[follow_on],
        deed_of=deed_of,
        title_of=title_of,
        others=[_others(one) for one in link.strands],
        late=LATE,
    )


HANDLERS: list[HTTPRouteHandler] = [show_map, refresh_map, show_connection]


def _values(atlas: Atlas) -> dict[str, Any]:
    """Return what the templates of the map ask for."""
    circular = [one for one in atlas.links if one.in_cycle]
    late = [one for one in atlas.links if one.lateness]
    return {
        "atlas": atlas,
        "drawing": draw(atlas) if atlas.links else Markup(),
        "circular": circular,
        "late": late,
        "deed_of": deed_of,
        "title_of": title_of,
        "reasons": LATE,
    }


def _load_link(site: Site, original: str, follow_on: str) -> tuple[Atlas, Link]:
    atlas = ConnectionMap(site.runner).load(archived=True)
    link = atlas.find(original, follow_on)
    if link is None:
        message = f"'{follow_on}' does not follow on '{original}'"
        raise rejected("unknown_connection", "follow_on", message, "The map shows what is connected.")
    return atlas, link


def _others(strand: Strand) -> list[tuple[str, str, int]]:
    """Return the outcomes that are no figures, the most frequent first: the outcome, its reason, how many."""
    found = [(name, amount) for name, amount in strand.outcomes.items() if name not in HIDDEN]
    ordered = sorted(found, key=lambda one: (-one[1], one[0]))
    return [(name.partition(":")[0], called(name), amount) for name, amount in ordered]
