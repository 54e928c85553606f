"""The settings: an overview, and the log of what was changed.

One rule: everybody may read the settings; changing them takes an owner.
"""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from ensue.web.dashboard.pages import redirect, render
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared

SHOWN = 50


@get("/settings", role="viewer", sync_to_thread=False)
def show_settings() -> Response[None]:
    """Lead to the first of the settings."""
    return redirect("/dashboard/settings/changes")


@get("/settings/changes", role="owner", sync_to_thread=True)
def show_changes(site: Shared, request: AnyRequest, before: FromQuery[int | None] = None) -> Response[str]:
    """Show who changed what, the latest first."""
    found = site.staff.changes(before=before, limit=SHOWN + 1)
    following = found[SHOWN - 1].number if len(found) > SHOWN else None
    return render(request, site, "changes.html", title="Changes", changes=found[:SHOWN], following=following)


HANDLERS: list[HTTPRouteHandler] = [show_settings, show_changes]
