"""Who may do what: an API key for every address of the API, with a scope for each.

One rule: a handler names the scopes it needs (`scope="track"`, or several with blanks between: all of them); one that
names none is shut to everybody.
Not here: how keys are made and kept (`services.keys`).
"""

from hmac import compare_digest
from http import HTTPStatus

import msgspec
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from ensue.errors import Problem
from ensue.web.problems import Refused
from ensue.web.site import Site, site_of

SCHEME = "apiKey"
"""The name of the security scheme in the OpenAPI document."""
HOW = "Send the header Authorization: Bearer ek_…; `ensue keys create` makes a key."
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="ensue"'}


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, in words, and what is open to them."""

    name: str
    scopes: tuple[str, ...]


Connection = ASGIConnection[object, object, object, State]


async def authorize(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let a request pass only with a key that has the handler's scope."""
    needed: list[str] = handler.opt["scope"].split()
    secret = bearer(connection.headers.get("authorization", ""))
    key = await sync_to_thread(key_of, site_of(connection.scope), secret)
    scopes = key.scopes
    connection.scope["auth"] = key.name
    if lacking := [] if "all" in scopes else [one for one in needed if one not in scopes]:
        message = f"the key lacks the scope {' and '.join(lacking)}"
        hint = f"Use a key with the scope {' and '.join(needed)}, or all; this one has {', '.join(scopes)}."
        raise Refused(HTTPStatus.FORBIDDEN, Problem(code="scope", path="Authorization", message=message, hint=hint))


def bearer(header: str) -> str:
    """Return the secret of an Authorization header."""
    scheme, _, secret = header.partition(" ")
    if not header:
        raise _unauthorized("no_key", "the request has no API key")
    if scheme.lower() != "bearer" or not secret.strip():
        raise _unauthorized("bad_key", "the header Authorization is not of the kind Bearer")
    return secret.strip()


def key_of(site: Site, secret: str) -> Opened:
    """Return what a secret opens, and whose it is."""
    if site.owner_token and compare_digest(secret.encode(), site.owner_token.encode()):
        return Opened(name="the command line", scopes=("all",))
    key = site.keys.check(secret)
    if key is None:
        raise _unauthorized("bad_key", "the API key is unknown or was revoked")
    return Opened(name=f"the key {key.name}", scopes=key.scopes)


def _unauthorized(code: str, message: str) -> Refused:
    problem = Problem(code=code, path="Authorization", message=message, hint=HOW)
    return Refused(HTTPStatus.UNAUTHORIZED, problem, CHALLENGE)
