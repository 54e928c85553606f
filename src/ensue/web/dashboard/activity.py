"""Live activity: the latest decisions and events, as they come in.

One rule: both lists are read from the end of the Ledger, so they cost the same however long it is.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from ensue.core.effects import Decision
from ensue.history import Tale
from ensue.ports import Store
from ensue.services.happenings import Happening, happening
from ensue.services.terms import called
from ensue.web.dashboard.pages import fragment, render
from ensue.web.dashboard.users import telling_of
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared, Site

SHOWN = 25
PATH = "/dashboard/activity"
Number = FromQuery[int | None]


class Latest(msgspec.Struct, frozen=True, kw_only=True):
    """What a page shows: decisions and events, and where to look further back."""

    decisions: list[tuple[int, Decision]]
    tales: list[tuple[Tale, Happening]]
    names: Mapping[str, str]
    older_decisions: str
    older_events: str


@get("/activity", role="viewer", sync_to_thread=True)
def show_activity(site: Shared, request: AnyRequest, decisions: Number = None, events: Number = None) -> Response[str]:
    """Show what was decided and what happened; `decisions` and `events` are numbers to look back from."""
    latest, is_live = _latest(site, decisions, events), decisions is None and events is None
    return render(request, site, "activity.html", title="Activity", is_live=is_live, latest=latest, called=called)


@get("/activity/latest", role="viewer", part=True, sync_to_thread=True)
def show_latest(site: Shared, request: AnyRequest) -> Response[str]:
    """Show the latest, to take the place of what the page holds."""
    return fragment(request, site, "activity_latest.html", latest=_latest(site, None, None), called=called)


def _latest(site: Site, decisions_before: int | None, events_before: int | None) -> Latest:
    def read(store: Store) -> tuple[list[tuple[int, Decision]], list[Tale]]:
        return (
            store.ledger.latest_decisions(before=decisions_before, limit=SHOWN + 1),
            store.ledger.latest_events(before=events_before, limit=SHOWN + 1),
        )

    decisions, tales = site.runner.read(read)
    return Latest(
        decisions=decisions[:SHOWN],
        tales=[(tale, happening(tale.event)) for tale in tales[:SHOWN]],
        names=telling_of(site).names,
        older_decisions=_older("decisions", [number for number, _ in decisions]),
        older_events=_older("events", [tale.number for tale in tales]),
    )


def _older(name: str, numbers: list[int]) -> str:
    return f"{PATH}?{urlencode({name: numbers[SHOWN - 1]})}" if len(numbers) > SHOWN else ""


HANDLERS: list[HTTPRouteHandler] = [show_activity, show_latest]
