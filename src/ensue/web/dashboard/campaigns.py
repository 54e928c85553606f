"""Campaigns: the list, moving them through their lives, their versions.

One rule: what is allowed is decided by the services; a page shows what they say.
Not here: reports (`report`), and changing a definition (the wizard).
"""

from collections.abc import Sequence
from http import HTTPStatus

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from ensue.core.records import CampaignState, Version
from ensue.errors import Rejected, rejected
from ensue.services.definitions import load_campaign
from ensue.services.launching import MOVES, Move
from ensue.services.reports import Line, matching, overview
from ensue.services.versions import difference
from ensue.web.dashboard.pages import audit, redirect, render
from ensue.web.dashboard.paging import paged
from ensue.web.dashboard.report import show_report
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared, Site

HOME = "/dashboard/campaigns"
STATUSES = (
    ("", "All but archived"),
    ("active", "Active"),
    ("draft", "Drafts"),
    ("stopped", "Stopped"),
    ("archived", "Archived"),
    ("all", "All"),
)
DONE: dict[Move, str] = {
    "launch": "launched",
    "stop": "stopped",
    "resume": "resumed",
    "archive": "archived",
    "unarchive": "taken out of the archive",
}
LONGEST_ID = 64


@get("/campaigns", role="viewer", sync_to_thread=True)
def show_campaigns(
    site: Shared,
    request: AnyRequest,
    *,
    q: FromQuery[str] = "",
    tag: FromQuery[str] = "",
    status: FromQuery[str] = "",
    page: FromQuery[int] = 1,
) -> Response[str]:
    """List campaigns with their key figures."""
    lines = site.runner.read(overview)
    found = matching(lines, words=q, tag=tag, status=status)
    asked = {name: value for name, value in (("q", q), ("tag", tag), ("status", status)) if value}
    return render(
        request,
        site,
        "campaigns.html",
        title="Campaigns",
        paged=paged(found, page, asked),
        sums=_sums(lines),
        found=len(found),
        all=len(lines),
        tags=sorted({one for line in lines for one in line.tags}),
        statuses=STATUSES,
        asked={"q": q, "tag": tag, "status": status},
    )


def _mover(move: Move) -> HTTPRouteHandler:
    """Make the handler that moves one campaign."""

    @post(f"/campaigns/{{campaign:str}}/{move}", role="editor", sync_to_thread=True)
    def move_campaign(site: Shared, request: AnyRequest, campaign: FromPath[str]) -> Response[str] | Response[None]:
        """Move a campaign; what forbids it is shown on its page."""
        state = load(site, campaign)
        try:
            site.launching.move(move, [campaign])
        except Rejected as error:
            return show_report(site, request, campaign, status=HTTPStatus.CONFLICT, problems=error.problems)
        audit(site, request, DONE[move], f"the campaign {campaign}")
        return redirect(f"{HOME}/{campaign}", flash=f"“{name_of(state)}” was {DONE[move]}.")

    return move_campaign


@post("/campaigns/{campaign:str}/duplicate", role="editor", sync_to_thread=True)
def duplicate_campaign(site: Shared, request: AnyRequest, campaign: FromPath[str]) -> Response[None]:
    """Save a copy as a draft, under the next free id."""
    state = load(site, campaign)
    campaigns, cards = site.runner.read(lambda store: (store.catalog.campaigns(), store.catalog.cards()))
    taken = {one.id for one in campaigns} | {one.id for one in cards}
    copy = free_id(state.id, taken)
    site.definitions.duplicate(campaign, copy)
    audit(site, request, "duplicated", f"the campaign {campaign}", f"as {copy}")
    return redirect(f"{HOME}/{copy}", flash=f"A copy of “{name_of(state)}” was saved as a draft.")


@get("/campaigns/{campaign:str}/versions", role="viewer", sync_to_thread=True)
def show_versions(
    site: Shared,
    request: AnyRequest,
    campaign: FromPath[str],
    *,
    number: FromQuery[int | None] = None,
    against: FromQuery[int | None] = None,
) -> Response[str]:
    """List the versions, and show what one changed."""
    state = load(site, campaign)
    shown = _version(state.versions, number or state.versions[-1].number)
    other = _version(state.versions, against or max(1, shown.number - 1))
    older, newer = sorted((shown, other), key=lambda one: one.number)
    return render(
        request,
        site,
        "campaign_versions.html",
        title=name_of(state),
        state=state,
        older=older,
        newer=newer,
        lines=difference(older.campaign, newer.campaign),
        launched_at=state.spells[0].begun_at if state.spells else None,
    )


def load(site: Site, campaign: str) -> CampaignState:
    """Return a campaign; Rejected where there is none."""
    return site.runner.read(lambda store: load_campaign(store.catalog, campaign))


def name_of(state: CampaignState) -> str:
    """Return what a campaign is called."""
    return state.versions[-1].campaign.name or state.id


def free_id(original: str, taken: set[str]) -> str:
    """Return the first id for a copy that nobody has."""
    number = 1
    while True:
        end = "-copy" if number == 1 else f"-copy-{number}"
        copy = original[: LONGEST_ID - len(end)] + end
        if copy not in taken:
            return copy
        number += 1


def _sums(lines: Sequence[Line]) -> dict[str, int]:
    return {
        "active": sum(line.status == "active" for line in lines),
        "waiting": sum(line.waiting for line in lines),
        "sent": sum(line.sent for line in lines),
        "converted": sum(line.converted for line in lines),
    }


def _version(versions: Sequence[Version], number: int) -> Version:
    found = next((one for one in versions if one.number == number), None)
    if found is None:
        raise rejected("unknown_version", "version", f"there is no version {number}", "Choose one of the list.")
    return found


HANDLERS: list[HTTPRouteHandler] = [
    show_campaigns,
    duplicate_campaign,
    show_versions,
    *(_mover(move) for move in MOVES),
]
