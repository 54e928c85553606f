"""The web application: all handlers, what they share, and what becomes of errors.

One rule: handlers are thin and block (they run in threads); whatever they know, they know from the `Site` of the
request. So they are put together once in a process, whatever the number of sites.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import cast

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.types import (
    ControllerRouterHandler,
    LifeSpanReceive,
    LifeSpanScope,
    LifeSpanSend,
    Message,
    Receive,
    Scope,
    Send,
)

from ensue.web import (
    apps,
    backtests,
    campaigns,
    cards,
    connections,
    definitions,
    devices,
    health,
    interactions,
    launches,
    links,
    operators,
    previews,
    scripts,
    sdk,
    sdk_stream,
    users,
    workspace,
)
from ensue.web.auth import authorize
from ensue.web.bodies import read_json, read_simple
from ensue.web.braze import track
from ensue.web.dashboard.app import dashboard, lead_home
from ensue.web.openapi import publish
from ensue.web.origins import headers_for
from ensue.web.problems import EXCEPTION_HANDLERS
from ensue.web.recording import record
from ensue.web.site import Site, site_of

HEADERS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}
"""What every response says, unless its handler says otherwise."""


class Application:
    """The application of one Ensue, to be served (ASGI 3): it gives each request its site."""

    def __init__(self, site: Site, handlers: Litestar) -> None:
        """Serve a site by these handlers."""
        self.site = site
        self.handlers = handlers

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        """Answer a request; at the beginning and the end of a server there is nothing to do."""
        if scope["type"] == "lifespan":
            await _live(cast("LifeSpanReceive", receive), cast("LifeSpanSend", send))  # as its scope says
        else:
            scope.setdefault("state", {})["site"] = self.site
            await self.handlers(scope, receive, send)


def create_app(site: Site, more: Sequence[HTTPRouteHandler] = ()) -> Application:
    """Return the application of one Ensue; `more` handlers are served beside its own."""
    return Application(site, _handlers(tuple(more), site.max_body))


@lru_cache(maxsize=4)
def _handlers(more: tuple[HTTPRouteHandler, ...], max_body: int) -> Litestar:
    """Return all handlers; putting them together takes a third of a second."""
    own = [*_keyed(), _open([*links.HANDLERS, *health.HANDLERS, *scripts.HANDLERS]), _sdk()]
    return Litestar(
        [*own, dashboard(), _open([publish(own), lead_home, *more])],
        dependencies={"site": Provide(_provide_site, sync_to_thread=False), "document": Provide(read_json)},
        exception_handlers=EXCEPTION_HANDLERS,
        request_max_body_size=max_body,
        before_send=[_secure, record],
        openapi_config=None,
        logging_config=None,
    )


def _provide_site(scope: Scope) -> Site:
    return site_of(scope)


def _keyed() -> list[ControllerRouterHandler]:
    """Return the routes that demand a key."""
    managing = [
        *campaigns.HANDLERS,
        *cards.HANDLERS,
        *launches.HANDLERS,
        *connections.HANDLERS,
        *users.HANDLERS,
        *devices.HANDLERS,
        *interactions.HANDLERS,
        *previews.HANDLERS,
        *workspace.HANDLERS,
        *definitions.HANDLERS,
        *apps.HANDLERS,
        *operators.HANDLERS,
        *backtests.HANDLERS,
    ]
    guards = [authorize]
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


async def _secure(message: Message, scope: Scope) -> None:
    """Add to a response the headers that its handler did not give."""
    if message["type"] == "http.response.start":
        said = {name.lower() for name, _ in message["headers"]}
        more = HEADERS | headers_for(site_of(scope), scope)
        message["headers"] = [*message["headers"], *((name, more[name]) for name in more if name not in said)]


async def _live(receive: LifeSpanReceive, send: LifeSpanSend) -> None:
    """Tell a server that it may begin, and that it may end."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
