"""Several drafts launched together: what is chosen, the plan of it, and one button.

One rule: the page shows the plan of `services.launch_plan`, and launches the same set, all or none.
"""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from markupsafe import Markup

from ensue.core.records import CampaignState, CardState
from ensue.errors import Problem, Rejected
from ensue.ports import Store
from ensue.services.connection_map import ConnectionMap, among
from ensue.services.launch_plan import LaunchPlan, LaunchPlans, name_of
from ensue.web.dashboard.map_drawing import draw
from ensue.web.dashboard.pages import audit, redirect, render
from ensue.web.dashboard.submitted import Form
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared, Site

HOME = "/dashboard/launch"
MOST = 100
"""Ids in one address."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign or card that can be launched."""

    id: str
    name: str
    kind: str
    status: str
    is_chosen: bool


@get("/launch", role="viewer", sync_to_thread=True)
def show_launch(site: Shared, request: AnyRequest) -> Response[str]:
    """Show what can be launched, and the plan of what is chosen."""
    return _page(site, request, _chosen(request.query_params.getall("id", [])))


@post("/launch", role="editor", sync_to_thread=True)
def launch_set(site: Shared, request: AnyRequest, form: Form) -> Response[str] | Response[None]:
    """Launch the set, all of it or nothing; what forbids it is shown with the plan."""
    ids = _chosen(form.texts("id"))
    if not ids:
        return redirect(HOME, flash="Nothing was chosen.", kind="bad")
    try:
        order = list(site.launching.move("launch", ids))
    except Rejected as error:
        return _page(site, request, ids, status=HTTPStatus.CONFLICT, problems=error.problems)
    for one in order:
        audit(site, request, "launch", one, f"together with {len(order) - 1} more" if len(order) > 1 else "")
    return redirect("/dashboard/campaigns", flash=f"Launched, in this order: {', '.join(order)}.")


HANDLERS: list[HTTPRouteHandler] = [show_launch, launch_set]


def address(ids: Sequence[str]) -> str:
    """Return the address of the plan of a set."""
    return f"{HOME}?{urlencode([('id', one) for one in ids])}"


def _chosen(ids: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(one for one in ids if one))[:MOST]


def _page(
    site: Site,
    request: AnyRequest,
    ids: Sequence[str],
    *,
    status: HTTPStatus = HTTPStatus.OK,
    problems: Sequence[Problem] = (),
) -> Response[str]:
    plan = LaunchPlans(site.runner, site.clock, site.launching).plan(ids) if ids else None
    return render(
        request,
        site,
        "launch.html",
        title="Launch together",
        status=status,
        problems=problems or (plan.problems if plan is not None else ()),
        choices=_choices(site, ids),
        plan=plan,
        drawing=_drawing(site, plan) if plan is not None else Markup(),
        with_more=lambda more: address([*ids, more]),
    )


def _choices(site: Site, ids: Sequence[str]) -> list[Choice]:
    """Return what is no longer, or not yet, active: drafts first, then by name."""

    def read(store: Store) -> list[CampaignState | CardState]:
        return [*store.catalog.campaigns(), *store.catalog.cards()]

    found = [
        Choice(
            id=one.id,
            name=name_of(one),
            kind="card" if isinstance(one, CardState) else "campaign",
            status=one.status,
            is_chosen=one.id in ids,
        )
        for one in site.runner.read(read)
        if one.status in ("draft", "stopped")
    ]
    return sorted(found, key=lambda one: (not one.is_chosen, one.status, one.name, one.id))


def _drawing(site: Site, plan: LaunchPlan) -> Markup:
    """Draw the set with its originals, and the follow-ons that are left out."""
    atlas = among(ConnectionMap(site.runner).load(), {*plan.ids, *(one.id for one in plan.left_out)})
    return draw(atlas) if atlas.links else Markup()
