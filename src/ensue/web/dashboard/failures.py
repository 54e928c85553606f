"""What a page shows where something went wrong.

One rule: it says what, and where to go from there; a bug is logged under an id, and never shown.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import quote

import structlog
from litestar import Response, get
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath
from litestar.types import ExceptionHandlersMap

from ensue.errors import Problem, Rejected, Unavailable
from ensue.web.dashboard.guard import SAFE, SignInNeeded
from ensue.web.dashboard.pages import redirect, render
from ensue.web.problems import AnyRequest, Refused, status_of
from ensue.web.site import site_of

SIGN_IN = "/dashboard/sign-in"
TITLES: Mapping[int, str] = {
    HTTPStatus.NOT_FOUND: "There is nothing here",
    HTTPStatus.FORBIDDEN: "You may not do this",
    HTTPStatus.BAD_REQUEST: "This cannot be done",
    HTTPStatus.CONFLICT: "This cannot be done now",
}
UNKNOWN = Problem(
    code="unknown_address", path="", message="the page does not exist", hint="It may have been moved, or deleted."
)
log = structlog.get_logger(__name__)


@get("/{rest:path}", role="viewer", sync_to_thread=False)
def find_nothing(rest: FromPath[str]) -> None:
    """Answer to addresses that no page has."""
    del rest
    raise NotFoundException


def _of_nobody(request: AnyRequest, _: SignInNeeded) -> Response[None]:
    """Lead to the sign-in, and back afterwards."""
    if request.method not in SAFE:
        return redirect(SIGN_IN, flash="Sign in first; what you sent was not kept.", kind="bad")
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return redirect(f"{SIGN_IN}?next={quote(wanted, safe='')}")


def _of_rejected(request: AnyRequest, error: Rejected) -> Response[str]:
    return _failed(request, status_of(error.problems, request.path_params), error.problems)


def _of_unavailable(request: AnyRequest, error: Unavailable) -> Response[str]:
    problem = Problem(code="unavailable", path="", message=str(error), hint="Try again in a moment.")
    return _failed(request, HTTPStatus.SERVICE_UNAVAILABLE, [problem])


def _of_http(request: AnyRequest, error: HTTPException) -> Response[str]:
    status = HTTPStatus(error.status_code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _of_bug(request, error)
    if isinstance(error, Refused):
        return _failed(request, status, [error.problem])
    problem = Problem(code="refused", path="", message=error.detail)
    return _failed(request, status, [UNKNOWN if status == HTTPStatus.NOT_FOUND else problem])


def _of_bug(request: AnyRequest, error: Exception) -> Response[str]:
    name = site_of(request.scope).new_id()
    log.error("a page failed", error=name, method=request.method, path=request.url.path, exc_info=error)
    message = f"something went wrong inside Ensue; its log says more under the id {name}"
    problem = Problem(code="bug", path="", message=message, hint="Nothing was lost. Try again, or tell who runs it.")
    return _failed(request, HTTPStatus.INTERNAL_SERVER_ERROR, [problem])


def _failed(request: AnyRequest, status: HTTPStatus, problems: Sequence[Problem]) -> Response[str]:
    title = TITLES.get(status, "Something went wrong")
    return render(request, site_of(request.scope), "failure.html", title=title, status=status, problems=problems)


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    SignInNeeded: _of_nobody,
    Rejected: _of_rejected,
    Unavailable: _of_unavailable,
    HTTPException: _of_http,
    Exception: _of_bug,
}
"""What turns each error into a page."""
