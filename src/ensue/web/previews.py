"""Previews and test sends over the API.

One rule: what is shown is what would be sent, and nothing is recorded of it (`services.messaging`).
Whoever sees what a template makes of a user sees what is known of that user: so these need a scope for users, too.
"""

from typing import Annotated, TypeVar

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta
from msgspec.structs import replace

from ensue.codec.build import build
from ensue.core.events import Json
from ensue.core.records import Campaign, Card
from ensue.core.state import UserState
from ensue.core.words import ChannelName
from ensue.errors import Rejected
from ensue.services.definitions import load_campaign, load_card
from ensue.services.messaging import CardPreview, Preview, Trial
from ensue.web.bodies import JsonBody, definition
from ensue.web.site import Shared, Site

T = TypeVar("T", Campaign, Card)
MOST_TESTERS = 10


class PreviewRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Whose preview, of which variation; `definition` is a campaign that need not be saved, as in the files.

    Without a user it is for an invented one. `event_properties` are what the triggering event would bring.
    """

    user: str | None = None
    variation: str | None = None
    definition: dict[str, Json] | None = None
    event_properties: dict[str, Json] = {}


class CardPreviewRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Whose preview; `definition` is a card that need not be saved, as in the files."""

    user: str | None = None
    definition: dict[str, Json] | None = None


class TestRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets the test, of which variation (default: their own), by which channels (default: all)."""

    users: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MOST_TESTERS)]
    variation: str | None = None
    channels: tuple[ChannelName, ...] = ()
    definition: dict[str, Json] | None = None
    event_properties: dict[str, Json] = {}


class TestAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each message, by user, then channel."""

    messages: list[Trial]


@post(
    "/campaigns/{campaign:str}/preview",
    scope="campaigns:read users:read",
    accepts="PreviewRequest",
    status_code=200,
    sync_to_thread=True,
    operation_id="preview_campaign",
)
def preview_campaign(site: Shared, campaign: FromPath[str], document: JsonBody) -> Preview:
    """Show what a user would get by each channel; nothing is sent or recorded."""
    request = build(PreviewRequest, document)
    user = site.people.load(request.user) if request.user is not None else None
    content = _campaign(site, campaign, request.definition)
    return site.messaging.preview(content, user, request.variation, request.event_properties)


@post(
    "/cards/{card:str}/preview",
    scope="campaigns:read users:read",
    accepts="CardPreviewRequest",
    status_code=200,
    sync_to_thread=True,
    operation_id="preview_card",
)
def preview_card(site: Shared, card: FromPath[str], document: JsonBody) -> CardPreview:
    """Show a card as a user would see it, whether or not it is published."""
    request = build(CardPreviewRequest, document)
    user = site.people.load(request.user) if request.user is not None else None
    return site.messaging.preview_card(_card(site, card, request.definition), user)


@post(
    "/campaigns/{campaign:str}/test",
    scope="campaigns:write launch",
    accepts="TestRequest",
    status_code=200,
    sync_to_thread=True,
    operation_id="test_campaign",
)
def test_campaign(site: Shared, campaign: FromPath[str], document: JsonBody) -> TestAnswer:
    """Send a campaign to up to 10 users now, to look at it; no entry, receipt, cap or report counts it."""
    request = build(TestRequest, document)
    content = _campaign(site, campaign, request.definition)
    users = {user: _tester(site, user, place) for place, user in enumerate(request.users)}
    tried = site.messaging.test(
        content, list(users.values()), request.variation, request.channels, request.event_properties
    )
    return TestAnswer(messages=tried)


HANDLERS: list[HTTPRouteHandler] = [preview_campaign, preview_card, test_campaign]


def _campaign(site: Site, campaign: str, given: dict[str, Json] | None) -> Campaign:
    if given is not None:
        return _given(Campaign, given, campaign)
    return site.runner.read(lambda store: load_campaign(store.catalog, campaign)).versions[-1].campaign


def _card(site: Site, card: str, given: dict[str, Json] | None) -> Card:
    if given is not None:
        return _given(Card, given, card)
    return site.runner.read(lambda store: load_card(store.catalog, card)).card


def _given(kind: type[T], given: dict[str, Json], name: str) -> T:
    try:
        return definition(kind, given, name)
    except Rejected as error:
        raise Rejected(replace(one, path=f"definition.{one.path}".rstrip(".")) for one in error.problems) from None


def _tester(site: Site, user: str, place: int) -> UserState:
    try:
        return site.people.load(user)
    except Rejected as error:
        raise Rejected(replace(one, path=f"users[{place}]") for one in error.problems) from None
