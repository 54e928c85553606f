"""Campaigns over the API: read, save, check, move through their lives, report.

One rule: a definition goes in and out as in the files (`codec`); what is allowed is decided by the services.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, QueryParameter

from ensue.codec.build import build
from ensue.codec.dump import dump
from ensue.core.effects import Decision, Outcome
from ensue.core.records import Campaign, CampaignState, Spell, Status, Version
from ensue.core.words import Slug
from ensue.errors import Problem, rejected
from ensue.history import Figure
from ensue.ports import Store
from ensue.services.definitions import load_campaign
from ensue.services.launching import MOVES, Move
from ensue.web.bodies import JsonBody, definition
from ensue.web.site import Shared, Site

LAST = 2**63 - 1
"""The highest number there can be."""
After = Annotated[int, QueryParameter(ge=0, le=LAST, description="Only what comes after this number, 0 or more.")]
Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="How many at most, 1 to 1000.")]
OUTCOMES = "One of: waiting, sending, sent, control, cancelled, suppressed, refused."
ByOutcome = Annotated[Outcome | None, QueryParameter(description=OUTCOMES)]


class CampaignLine(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign in a list."""

    id: str
    name: str
    status: Status
    tags: tuple[str, ...]
    version: int
    launched_at: datetime | None


class CampaignList(msgspec.Struct, frozen=True, kw_only=True):
    """All campaigns, by id."""

    campaigns: list[CampaignLine]


class CampaignDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign: its newest definition as in the files, and its life so far."""

    id: str
    status: Status
    version: int
    versions: list[int]
    launched_at: datetime | None
    active_since: datetime | None
    spells: tuple[Spell, ...]
    definition: dict[str, object]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What forbids the launch, and what is allowed but probably not meant."""

    problems: list[Problem]
    warnings: list[Problem]


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """Where a campaign or card stands now."""

    id: str
    status: Status


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """The id of a copy."""

    id: Slug


class VersionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One version in a list."""

    number: int
    saved_at: datetime


class VersionList(msgspec.Struct, frozen=True, kw_only=True):
    """All versions, oldest first."""

    versions: list[VersionLine]


class VersionDetails(msgspec.Struct, frozen=True, kw_only=True):
    """One version with its definition as in the files."""

    number: int
    saved_at: datetime
    definition: dict[str, object]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """How many decisions stand at each outcome, and the counts by variation and name."""

    id: str
    status: Status
    outcomes: dict[str, int]
    figures: list[Figure]


class NumberedDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision with its number, by which one reads on."""

    number: int
    decision: Decision


class DecisionList(msgspec.Struct, frozen=True, kw_only=True):
    """Decisions in order of their numbers; `next` is what to give as `after` where there may be more."""

    decisions: list[NumberedDecision]
    next: int | None


# ---------------------------------------------------------------- definitions


@get("/campaigns", scope="campaigns:read", sync_to_thread=True, operation_id="list_campaigns")
def list_campaigns(site: Shared) -> CampaignList:
    """List all campaigns."""
    return CampaignList(campaigns=[_line(one) for one in site.runner.read(lambda store: store.catalog.campaigns())])


@post("/campaigns", scope="campaigns:write", accepts="Campaign", sync_to_thread=True, operation_id="create_campaign")
def create_campaign(site: Shared, document: JsonBody) -> CampaignDetails:
    """Save a new campaign as a draft, in any state of completeness."""
    return _details(site.definitions.create_campaign(build(Campaign, document)))


@get("/campaigns/{campaign:str}", scope="campaigns:read", sync_to_thread=True, operation_id="read_campaign")
def read_campaign(site: Shared, campaign: FromPath[str]) -> CampaignDetails:
    """Read a campaign."""
    return _details(_load(site, campaign))


@put(
    "/campaigns/{campaign:str}",
    scope="campaigns:write",
    accepts="Campaign",
    sync_to_thread=True,
    operation_id="save_campaign",
)
def save_campaign(site: Shared, campaign: FromPath[str], document: JsonBody) -> CampaignDetails:
    """Save a new version of a campaign; that of an active one must be fit for launch."""
    _load(site, campaign)
    return _details(site.definitions.save_campaign(definition(Campaign, document, campaign)))


@post(
    "/campaigns/{campaign:str}/duplicate",
    scope="campaigns:write",
    accepts="Copy",
    sync_to_thread=True,
    operation_id="duplicate_campaign",
)
def duplicate_campaign(site: Shared, campaign: FromPath[str], document: JsonBody) -> CampaignDetails:
    """Save a copy of the newest version as a draft."""
    return _details(site.definitions.duplicate(campaign, build(Copy, document).id))


@post(
    "/campaigns/{campaign:str}/validate",
    scope="campaigns:read",
    status_code=200,
    sync_to_thread=True,
    operation_id="validate_campaign",
)
def validate_campaign(site: Shared, campaign: FromPath[str]) -> Checked:
    """Say what a launch of the saved campaign still needs."""
    problems, warnings = site.definitions.check(_load(site, campaign).versions[-1].campaign)
    return Checked(problems=problems, warnings=warnings)


@get("/campaigns/{campaign:str}/versions", scope="campaigns:read", sync_to_thread=True, operation_id="list_versions")
def list_versions(site: Shared, campaign: FromPath[str]) -> VersionList:
    """List the saved versions."""
    versions = _load(site, campaign).versions
    return VersionList(versions=[VersionLine(number=one.number, saved_at=one.saved_at) for one in versions])


@get(
    "/campaigns/{campaign:str}/versions/{version:int}",
    scope="campaigns:read",
    sync_to_thread=True,
    operation_id="read_version",
)
def read_version(site: Shared, campaign: FromPath[str], version: FromPath[int]) -> VersionDetails:
    """Read one version."""
    found = _find_version(_load(site, campaign).versions, version)
    if found is None:
        raise rejected("unknown_version", "version", f"'{campaign}' has no version {version}", "List its versions.")
    return VersionDetails(number=found.number, saved_at=found.saved_at, definition=dump(found.campaign))


# ---------------------------------------------------------------- life cycle


def _mover(move: Move) -> HTTPRouteHandler:
    """Make the handler that moves one campaign."""

    @post(
        f"/campaigns/{{campaign:str}}/{move}",
        scope="launch",
        status_code=200,
        sync_to_thread=True,
        operation_id=f"{move}_campaign",
        summary=f"{move.capitalize()} a campaign",
    )
    def move_campaign(site: Shared, campaign: FromPath[str]) -> Moved:
        """Move a campaign through its life; what forbids it is listed."""
        _load(site, campaign)
        return Moved(id=campaign, status=site.launching.move(move, [campaign])[campaign])

    return move_campaign


# ---------------------------------------------------------------- what came of it


@get("/campaigns/{campaign:str}/report", scope="campaigns:read", sync_to_thread=True, operation_id="read_report")
def read_report(site: Shared, campaign: FromPath[str]) -> Report:
    """Read outcomes and counts of a campaign."""

    def read(store: Store) -> Report:
        status = load_campaign(store.catalog, campaign).status
        outcomes = store.ledger.outcomes(campaign).get(campaign, {})
        return Report(id=campaign, status=status, outcomes=outcomes, figures=store.ledger.figures(campaign))

    return site.runner.read(read)


@get(
    "/campaigns/{campaign:str}/decisions",
    scope="decisions:read",
    sync_to_thread=True,
    operation_id="list_decisions_of_campaign",
)
def list_decisions_of_campaign(
    site: Shared,
    campaign: FromPath[str],
    *,
    user: FromQuery[str | None] = None,
    outcome: ByOutcome = None,
    after: After = 0,
    limit: Limit = 100,
) -> DecisionList:
    """List decisions about a campaign, each as it stands last."""

    def read(store: Store) -> list[tuple[int, Decision]]:
        load_campaign(store.catalog, campaign)
        return store.ledger.decisions(campaign=campaign, user=user, outcome=outcome, after=after, limit=limit)

    return decision_list(site.runner.read(read), limit)


def decision_list(found: Sequence[tuple[int, Decision]], limit: int) -> DecisionList:
    """Return a page of decisions, of which `limit` were asked for."""
    decisions = [NumberedDecision(number=number, decision=decision) for number, decision in found]
    return DecisionList(decisions=decisions, next=decisions[-1].number if len(decisions) == limit else None)


HANDLERS: list[HTTPRouteHandler] = [
    list_campaigns,
    create_campaign,
    read_campaign,
    save_campaign,
    duplicate_campaign,
    validate_campaign,
    list_versions,
    read_version,
    read_report,
    list_decisions_of_campaign,
    *map(_mover, MOVES),
]


def _load(site: Site, campaign: str) -> CampaignState:
    return site.runner.read(lambda store: load_campaign(store.catalog, campaign))


def _line(state: CampaignState) -> CampaignLine:
    newest = state.versions[-1]
    return CampaignLine(
        id=state.id,
        name=newest.campaign.name,
        status=state.status,
        tags=newest.campaign.tags,
        version=newest.number,
        launched_at=_launched_at(state),
    )


def _details(state: CampaignState) -> CampaignDetails:
    newest = state.versions[-1]
    return CampaignDetails(
        id=state.id,
        status=state.status,
        version=newest.number,
        versions=[version.number for version in state.versions],
        launched_at=_launched_at(state),
        active_since=state.spells[-1].begun_at if state.status == "active" else None,
        spells=state.spells,
        definition=dump(newest.campaign),
    )


def _launched_at(state: CampaignState) -> datetime | None:
    return state.spells[0].begun_at if state.spells else None


def _find_version(versions: Sequence[Version], number: int) -> Version | None:
    return next((one for one in versions if one.number == number), None)
