"""Who may see and do what in the dashboard, and from where a form may come.

One rule: a handler names the role it needs (`role="viewer"`, `"editor"`, `"owner"`; `"anyone"` for the sign-in); one
that names none is shut to everybody.

Against forms that another site sends in an operator's name (OWASP, cross-site request forgery): browsers say by
`Sec-Fetch-Site`, older ones by `Origin`, where a request comes from. What says neither is no browser.
"""

from http import HTTPStatus
from urllib.parse import urlsplit

from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from ensue.errors import Problem
from ensue.operators import ROLES, Operator
from ensue.web.problems import AnyRequest, Refused
from ensue.web.site import site_of

COOKIE = "ensue_session"
ANYONE = "anyone"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OURS = frozenset({"same-origin", "none"})
"""What `Sec-Fetch-Site` says of our own pages, and of an address that somebody typed."""

Connection = ASGIConnection[object, object, object, State]


class SignInNeeded(Exception):
    """Nobody is signed in."""


async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let a request pass only from our own pages, and only by somebody with the handler's role."""
    role = str(handler.opt.get("role", ""))
    if connection.scope.get("method") not in SAFE and not is_ours(connection):
        raise _forbidden("cross_origin", "the form came from another site", "Open the page here, and send it.")
    token = connection.cookies.get(COOKIE, "")
    operator = await sync_to_thread(site_of(connection.scope).staff.find, token) if token else None
    connection.scope["user"] = operator
    if role == ANYONE:
        return
    if operator is None:
        raise SignInNeeded
    if not may(operator, role):
        hint = f"Ask an owner for the role {role}." if role else "No role opens it."
        raise _forbidden("role", f"your role, {operator.role}, does not allow this", hint)


def may(operator: Operator, role: str) -> bool:
    """Say whether an operator has a role, or one that may do more."""
    return role in ROLES and ROLES.index(operator.role) >= ROLES.index(role)


def operator_of(request: AnyRequest) -> Operator:
    """Return who is signed in; the guard has let nobody else pass."""
    operator = find_operator(request)
    if operator is None:
        raise SignInNeeded
    return operator


def find_operator(request: AnyRequest) -> Operator | None:
    """Return who is signed in, if anybody is."""
    found = request.scope.get("user")
    return found if isinstance(found, Operator) else None


def is_ours(connection: Connection) -> bool:
    """Say whether a request comes from our own pages, or from no browser at all."""
    fetched = connection.headers.get("sec-fetch-site")
    if fetched is not None:
        return fetched in OURS
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == connection.headers.get("host")


def _forbidden(code: str, message: str, hint: str) -> Refused:
    return Refused(HTTPStatus.FORBIDDEN, Problem(code=code, path="", message=message, hint=hint))
