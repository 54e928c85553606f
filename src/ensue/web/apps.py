"""Apps over the API: the sites and mobile apps that may use the SDK.

One rule: an app's secret is shown once, in the answer that makes it.
"""

from datetime import datetime

import msgspec
from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from ensue.apps import App
from ensue.codec.build import build
from ensue.web.bodies import JsonBody
from ensue.web.site import Shared


class AppRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An app to be made: its name, the origins of its pages, and whether its server signs user tokens."""

    name: str
    origins: tuple[str, ...] = ()
    signed: bool = False


class AppLine(msgspec.Struct, frozen=True, kw_only=True):
    """An app, without its secret; `id` is its publishable key."""

    id: str
    name: str
    origins: tuple[str, ...]
    signed: bool
    created_at: datetime
    revoked_at: datetime | None


class NewApp(msgspec.Struct, frozen=True, kw_only=True):
    """A new app; its secret, if it has one, is shown this once."""

    app: AppLine
    secret: str | None


class AppList(msgspec.Struct, frozen=True, kw_only=True):
    """All apps, revoked ones too."""

    apps: list[AppLine]


@get("/apps", scope="keys", sync_to_thread=True, operation_id="list_apps")
def list_apps(site: Shared) -> AppList:
    """List the apps; secrets are not shown again."""
    return AppList(apps=[_line(app) for app in site.apps.all()])


@post("/apps", scope="keys", accepts="AppRequest", sync_to_thread=True, operation_id="create_app")
def create_app(site: Shared, document: JsonBody) -> NewApp:
    """Make an app; where it is `signed`, with a secret, and then requests for a user need a token."""
    request = build(AppRequest, document)
    app = site.apps.create(request.name, request.origins, is_signed=request.signed)
    return NewApp(app=_line(app), secret=app.secret)


@delete("/apps/{app:str}", scope="keys", sync_to_thread=True, operation_id="revoke_app")
def revoke_app(site: Shared, app: FromPath[str]) -> None:
    """Revoke an app; its key opens nothing from now on."""
    site.apps.revoke(app)
    site.hub.end_all()


HANDLERS: list[HTTPRouteHandler] = [list_apps, create_app, revoke_app]


def _line(app: App) -> AppLine:
    return AppLine(
        id=app.id,
        name=app.name,
        origins=app.origins,
        signed=app.requires_token,
        created_at=app.created_at,
        revoked_at=app.revoked_at,
    )
