"""Launches over the API: the plan of a set, and the set launched.

One rule: what a plan says is what a launch does: the same order, all or none, at one instant.
"""

from typing import Annotated

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from ensue.codec.build import build
from ensue.services.launch_plan import LaunchPlan, LaunchPlans
from ensue.web.bodies import JsonBody
from ensue.web.campaigns import Moved
from ensue.web.site import Shared

MOST = 1000
"""Ids in one request."""


class Ids(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of campaigns and cards."""

    ids: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MOST)]


class Launched(msgspec.Struct, frozen=True, kw_only=True):
    """Where the campaigns and cards stand now, in the order in which they were launched."""

    launched: list[Moved]


@post(
    "/launch/plan",
    scope="campaigns:read",
    accepts="Ids",
    status_code=200,
    sync_to_thread=True,
    operation_id="plan_launch",
)
def plan_launch(site: Shared, document: JsonBody) -> LaunchPlan:
    """Say in which order a set would be launched, whom its connections would miss, and what is left out."""
    return LaunchPlans(site.runner, site.clock, site.launching).plan(build(Ids, document).ids)


@post("/launch", scope="launch", accepts="Ids", status_code=200, sync_to_thread=True, operation_id="launch")
def launch(site: Shared, document: JsonBody) -> Launched:
    """Launch campaigns and cards together, all of them or none, at one instant, follow-ons before originals."""
    statuses = site.launching.move("launch", build(Ids, document).ids)
    return Launched(launched=[Moved(id=one, status=status) for one, status in statuses.items()])


HANDLERS: list[HTTPRouteHandler] = [plan_launch, launch]
