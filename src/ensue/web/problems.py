"""What went wrong, as problem details (RFC 9457): the only place that knows which error has which HTTP code.

One rule: every body says what is wrong, where, and how to mend it; a bug is logged under an id, and never shown.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec
import structlog
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap
from litestar.utils import url_quote
from msgspec.structs import replace

from ensue.errors import Problem, Rejected, Unavailable
from ensue.web.site import site_of

MEDIA_TYPE = "application/problem+json"
REMEDY = "Correct it and send it again; nothing was kept."
RETRY_AFTER = 5
"""Seconds after which a caller may try again what was unavailable."""
UNKNOWN = frozenset(
    {
        "bad_link",
        "unknown",
        "unknown_api_key",
        "unknown_app",
        "unknown_backtest",
        "unknown_campaign",
        "unknown_card",
        "unknown_connection",
        "unknown_message",
        "unknown_operator",
        "unknown_segment",
        "unknown_user",
        "unknown_version",
    }
)
"""Codes that make a 404, where the thing that is missing is named by the address."""
CONFLICTS = frozenset(
    {"archived", "changed", "conversions_fixed", "id_taken", "last_owner", "name_taken", "not_active", "status"}
)
"""Codes of what is right in itself, but not in the present state: they make a 409."""
log = structlog.get_logger(__name__)

AnyRequest = Request[object, object, State]


class Details(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem details body; `error` is the id under which a bug was logged."""

    title: str
    status: int
    detail: str
    problems: tuple[Problem, ...] = ()
    error: str = ""


class Refused(HTTPException):
    """A request that is refused for what HTTP knows of it: its key, its size, its type."""

    def __init__(self, status: HTTPStatus, problem: Problem, headers: dict[str, str] | None = None) -> None:
        """Refuse with this status."""
        super().__init__(detail=problem.message, status_code=status, headers=headers)
        self.problem = problem


def of_rejected(request: AnyRequest, error: Rejected) -> Response[Details]:
    """Answer to an input that cannot be taken."""
    return of_problems(status_of(error.problems, request.path_params), error.problems)


def of_unavailable(_: AnyRequest, error: Unavailable) -> Response[Details]:
    """Answer where something outside does not answer."""
    detail = f"{error} Try again in {RETRY_AFTER} seconds."
    return answer(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": str(RETRY_AFTER)})


def of_problems(
    status: HTTPStatus, problems: Sequence[Problem], headers: Mapping[str, str] | None = None
) -> Response[Details]:
    """Answer with problems; the detail tells the first."""
    found = with_remedies(problems)
    return answer(status, told(found), problems=found, headers=headers)


def with_remedies(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return problems of which each has a remedy; where nothing better is known, the one that always holds."""
    return tuple(one if one.hint else replace(one, hint=REMEDY) for one in problems)


def told(problems: Sequence[Problem]) -> str:
    """Tell problems in one line."""
    return f"{problems[0]}" + (f" (and {len(problems) - 1} more)" if len(problems) > 1 else "")


def answer(
    status: HTTPStatus,
    detail: str,
    *,
    problems: tuple[Problem, ...] = (),
    error: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response[Details]:
    """Return a response of problem details."""
    details = Details(title=status.phrase, status=status, detail=detail, problems=problems, error=error)
    return Response(details, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def status_of(problems: Sequence[Problem], named: Mapping[str, object]) -> HTTPStatus:
    """Return the status for problems; `named` is what the address names, by the name of the parameter."""
    here = {*named, *(str(value) for value in named.values())}
    if any(problem.code in UNKNOWN and problem.path in here for problem in problems):
        return HTTPStatus.NOT_FOUND
    if all(problem.code in CONFLICTS for problem in problems):
        return HTTPStatus.CONFLICT
    return HTTPStatus.BAD_REQUEST


def _of_bug(request: AnyRequest, error: Exception) -> Response[Details]:
    name = site_of(request.scope).new_id()
    log.error("a request failed", error=name, method=request.method, path=request.url.path, exc_info=error)
    detail = f"Something went wrong inside Ensue. Its log says more under the id {name}."
    return answer(HTTPStatus.INTERNAL_SERVER_ERROR, detail, error=name)


# ---------------------------------------------------------------- what the web framework refuses


def _of_http(request: AnyRequest, error: HTTPException) -> Response[Details]:
    status = HTTPStatus(error.status_code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _of_bug(request, error)
    headers = dict(error.headers or {})
    match error:
        case Refused():
            return of_problems(status, [error.problem], headers)
        case ValidationException():
            return of_problems(status, _invalid_parameters(request, error))
        case _:
            return of_problems(status, [_of_status(request, status, error.detail)], headers)


def _of_status(request: AnyRequest, status: HTTPStatus, detail: str) -> Problem:
    path = url_quote(request.url.path)
    match status:
        case HTTPStatus.NOT_FOUND if detail == status.phrase:
            hint = "All addresses are listed at /api/openapi.json."
            return Problem(code="unknown_address", path="", message=f"there is no address {path}", hint=hint)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            limit = request.route_handler.resolve_request_max_body_size() or 0
            message = f"the body is larger than {limit / 2**20:g} MiB ({limit} bytes)"
            return Problem(code="too_large", path="", message=message, hint="Send less at a time.")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            message = f"{path} does not take {request.method}"
            return Problem(code="method", path="", message=message, hint="The header Allow names what it takes.")
        case _:
            return Problem(code="refused", path="", message=detail)


def _invalid_parameters(request: AnyRequest, error: ValidationException) -> list[Problem]:
    """Return a problem for each bad parameter; its description, as documented, is the remedy."""
    found = error.extra if isinstance(error.extra, list) else []
    return [_invalid_parameter(request, one) for one in found] or [
        Problem(code="parameter", path="", message=error.detail, hint="See /api/openapi.json.")
    ]


def _invalid_parameter(request: AnyRequest, found: Mapping[str, str]) -> Problem:
    name = found.get("key", "")
    field = request.route_handler.parsed_fn_signature.parameters.get(name)
    described = field.kwarg_definition if field is not None else None
    hint = getattr(described, "description", None) or "See /api/openapi.json."
    return Problem(code="parameter", path=name, message=found["message"], hint=hint)


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    Rejected: of_rejected,
    Unavailable: of_unavailable,
    HTTPException: _of_http,
    Exception: _of_bug,
}
"""What turns each error into an answer."""
