"""The web application: all handlers, what they share, and what becomes of errors.

One rule: handlers are thin and block (they run in threads); whatever they know, they know from the `Site`.
"""

from collections.abc import Sequence

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.types import BeforeMessageSendHookHandler, ControllerRouterHandler, Message, Scope

from ensue.web import (
    apps,
    backtests,
    campaigns,
    cards,
    devices,
    health,
    interactions,
    links,
    operators,
    previews,
    scripts,
    sdk,
    sdk_stream,
    users,
    workspace,
)
from ensue.web.auth import authorizer
from ensue.web.bodies import read_json, read_simple
from ensue.web.braze import track
from ensue.web.dashboard.app import dashboard, lead_home
from ensue.web.openapi import publish
from ensue.web.origins import headers_for
from ensue.web.problems import exception_handlers
from ensue.web.recording import recorder
from ensue.web.site import Site

HEADERS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}
"""What every response says, unless its handler says otherwise."""


def create_app(site: Site, more: Sequence[HTTPRouteHandler] = ()) -> Litestar:
    """Return the application of one Ensue; `more` handlers are served beside its own."""

    def provide_site() -> Site:
        return site

    own = [*_keyed(site), _open([*links.HANDLERS, *health.HANDLERS, *scripts.HANDLERS]), _sdk()]
    return Litestar(
        [*own, dashboard(site), _open([publish(own), lead_home, *more])],
        dependencies={"site": Provide(provide_site, sync_to_thread=False), "document": Provide(read_json)},
        exception_handlers=exception_handlers(site.new_id),
        request_max_body_size=site.max_body,
        before_send=[_securing(site), recorder(site)],
        openapi_config=None,
        logging_config=None,
    )


def _keyed(site: Site) -> list[ControllerRouterHandler]:
    """Return the routes that demand a key."""
    managing = [
        *campaigns.HANDLERS,
        *cards.HANDLERS,
        *users.HANDLERS,
        *devices.HANDLERS,
        *interactions.HANDLERS,
        *previews.HANDLERS,
        *workspace.HANDLERS,
        *apps.HANDLERS,
        *operators.HANDLERS,
        *backtests.HANDLERS,
    ]
    guards = [authorizer(site)]
    return [
        Router("/", route_handlers=[track], guards=guards),
        Router("/api/v1", route_handlers=managing, guards=guards),
    ]


def _open(handlers: Sequence[HTTPRouteHandler]) -> Router:
    """Return routes that need no key. Handlers of one path must come in one router: an app wraps them twice."""
    return Router("/", route_handlers=handlers)


def _sdk() -> Router:
    """Return what the SDK asks for; an app's publishable key is in the body."""
    dependencies = {"document": Provide(read_simple)}
    return Router("/sdk/v1", route_handlers=[*sdk.HANDLERS, *sdk_stream.HANDLERS], dependencies=dependencies)


def _securing(site: Site) -> BeforeMessageSendHookHandler:
    """Return what adds to every response the headers that its handler did not give."""

    async def secure(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            said = {name.lower() for name, _ in message["headers"]}
            more = HEADERS | headers_for(site, scope)
            message["headers"] = [*message["headers"], *((name, more[name]) for name in more if name not in said)]

    return secure
