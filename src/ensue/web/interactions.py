"""Interactions from elsewhere (B8) and API-triggered campaigns over the API.

One rule: what cannot be attributed is refused with its place; nothing of the request is kept then (I2).
"""

from typing import Annotated

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, HeaderParameter
from msgspec import Meta

from ensue.codec.build import build
from ensue.core.events import Json
from ensue.services.tracking import Reported
from ensue.web.bodies import JsonBody
from ensue.web.site import Shared

MOST_INTERACTIONS = 500
MOST_USERS = 1000
LONGEST_ID = 255


class Interactions(msgspec.Struct, frozen=True, kw_only=True):
    """Interactions with campaigns and cards, in order; `create_users` makes those whom nobody ever knew."""

    interactions: Annotated[tuple[Reported, ...], Meta(min_length=1, max_length=MOST_INTERACTIONS)]
    create_users: bool = False


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """How many interactions were taken, durably, and how many of them were known already."""

    taken: int
    known_already: int


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an API-triggered campaign is for; `id` makes a repeated call harmless."""

    users: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MOST_USERS)]
    properties: dict[str, Json] = {}
    id: str | None = None


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """The id of the call, and for how many users it was."""

    id: str
    users: int


@post("/interactions", scope="track", accepts="Interactions", sync_to_thread=True, operation_id="report_interactions")
def report_interactions(site: Shared, document: JsonBody) -> Taken:
    """Take up to 500 interactions, all or none; those that name no known user, campaign, card or message are listed."""
    asked = build(Interactions, document)
    news = site.tracking.report(asked.interactions, create_users=asked.create_users)
    return Taken(taken=len(news), known_already=news.count(False))


@post(
    "/campaigns/{campaign:str}/trigger",
    scope="track",
    accepts="Call",
    sync_to_thread=True,
    operation_id="trigger_campaign",
)
def trigger_campaign(
    site: Shared,
    campaign: FromPath[str],
    document: JsonBody,
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key",
            min_length=1,
            max_length=LONGEST_ID,
            description="1 to 255 characters that belong to this call: sent again, it changes nothing.",
        ),
    ] = None,
) -> Called:
    """Trigger an API-triggered campaign for up to 1,000 users."""
    call = build(Call, document)
    name = call.id or idempotency_key or site.new_id()
    site.tracking.call(campaign, call.users, call.properties, f"trigger:{campaign}:{name}")
    return Called(id=name, users=len(call.users))


HANDLERS: list[HTTPRouteHandler] = [report_interactions, trigger_campaign]
