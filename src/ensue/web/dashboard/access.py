"""API keys, and the sites and mobile apps that use the SDK.

One rule: a secret is shown once, on the page that answers its making.
"""

from collections.abc import Sequence
from http import HTTPStatus

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from ensue.errors import Problem, Rejected
from ensue.services.keys import SCOPES
from ensue.web.dashboard.pages import audit, redirect, render
from ensue.web.dashboard.submitted import NOTHING, Form, Submitted
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared, Site

KEYS = "/dashboard/settings/keys"
APPS = "/dashboard/settings/apps"
SAYS = {
    "track": "send events, purchases and attributes",
    "campaigns:read": "read campaigns, cards, segments and reports",
    "campaigns:write": "save them",
    "launch": "launch, stop, resume and archive",
    "users:read": "read users",
    "users:write": "change and delete users",
    "decisions:read": "read decisions and their reasons",
    "keys": "make keys, apps and operators",
    "all": "everything",
}
"""What each scope opens, in words."""


@get("/settings/keys", role="owner", sync_to_thread=True)
def show_keys(site: Shared, request: AnyRequest) -> Response[str]:
    """Show the API keys."""
    return _keys(site, request)


@post("/settings/keys", role="owner", sync_to_thread=True, status_code=200)
def create_key(site: Shared, request: AnyRequest, form: Form) -> Response[str]:
    """Make an API key; it is shown this once."""
    try:
        key, secret = site.keys.create(form.text("name"), form.texts("scopes"))
    except Rejected as refusal:
        return _keys(site, request, form, refusal.problems)
    audit(site, request, "made", f"API key {key.name}", ", ".join(key.scopes))
    return _keys(site, request, secret=secret)


@post("/settings/keys/{key:str}/revoke", role="owner", sync_to_thread=True)
def revoke_key(site: Shared, request: AnyRequest, key: FromPath[str]) -> Response[None]:
    """Revoke an API key."""
    revoked = site.keys.revoke(key)
    audit(site, request, "revoked", f"API key {revoked.name}")
    return redirect(KEYS, flash=f"The key {revoked.name} opens nothing any more.")


@get("/settings/apps", role="owner", sync_to_thread=True)
def show_apps(site: Shared, request: AnyRequest) -> Response[str]:
    """Show the sites and mobile apps."""
    return _apps(site, request)


@post("/settings/apps", role="owner", sync_to_thread=True, status_code=200)
def create_app(site: Shared, request: AnyRequest, form: Form) -> Response[str]:
    """Make an app; its secret, if it has one, is shown this once."""
    try:
        app = site.apps.create(form.text("name"), form.lines("origins"), is_signed=form.has("signed"))
    except Rejected as refusal:
        return _apps(site, request, form, refusal.problems)
    audit(site, request, "made", f"app {app.name}", ", ".join(app.origins))
    return _apps(site, request, made=(app.id, app.secret or ""))


@post("/settings/apps/{app:str}/revoke", role="owner", sync_to_thread=True)
def revoke_app(site: Shared, request: AnyRequest, app: FromPath[str]) -> Response[None]:
    """Revoke an app."""
    revoked = site.apps.revoke(app)
    audit(site, request, "revoked", f"app {revoked.name}")
    return redirect(APPS, flash=f"The app {revoked.name} can send nothing any more.")


HANDLERS: list[HTTPRouteHandler] = [show_keys, create_key, revoke_key, show_apps, create_app, revoke_app]


def _keys(
    site: Site,
    request: AnyRequest,
    form: Submitted = NOTHING,
    problems: Sequence[Problem] = (),
    *,
    secret: str = "",
) -> Response[str]:
    return render(
        request,
        site,
        "keys.html",
        title="API keys",
        status=HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK,
        problems=problems,
        keys=sorted(site.keys.all(), key=lambda key: key.revoked_at is not None),
        scopes=[(scope, SAYS[scope]) for scope in SCOPES],
        name=form.text("name"),
        chosen=form.texts("scopes"),
        secret=secret,
    )


def _apps(
    site: Site,
    request: AnyRequest,
    form: Submitted = NOTHING,
    problems: Sequence[Problem] = (),
    *,
    made: tuple[str, str] = ("", ""),
) -> Response[str]:
    return render(
        request,
        site,
        "apps.html",
        title="Sites and apps",
        status=HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK,
        problems=problems,
        apps=sorted(site.apps.all(), key=lambda app: app.revoked_at is not None),
        name=form.text("name"),
        origins=form.raw("origins"),
        signed=form.has("signed"),
        made=made,
    )
