"""The addresses inside messages: open pixel, tracked link, unsubscribe page, tap. Their signed token is all they need.

One rule: the person comes first. The pixel is served and the link leads on, whether or not the interaction could be
recorded; a link leads only where its signed token says; and a GET never unsubscribes (RFC 8058). A tap is told by a
program, which learns what became of it.
"""

from base64 import b64decode
from datetime import datetime
from html import escape
from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
import structlog
from litestar import HttpMethod, MediaType, Response, get, post, route
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, RawBody
from litestar.utils import url_quote
from msgspec import Meta
from msgspec.structs import replace

from ensue.codec.build import build
from ensue.content.links import AnyMark, ClickMark, Mark, OpenMark, TapMark, UnsubscribeMark, is_machine_open
from ensue.errors import Rejected, Unavailable, rejected
from ensue.services.messaging import is_test
from ensue.services.tracking import Reported
from ensue.web.bodies import check_length, decode
from ensue.web.pages import page
from ensue.web.problems import RETRY_AFTER, AnyRequest, Details, of_rejected, of_unavailable
from ensue.web.site import Shared, Site

PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""A transparent GIF of one by one."""
PIXEL_HEADERS = {
    "Cache-Control": "no-store, no-cache, must-revalidate, max-age=0",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
FROM_ANYWHERE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
LONGEST = 255
"""Letters of an id, and of a button."""
PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
}
log = structlog.get_logger(__name__)


class Tap(msgspec.Struct, frozen=True, kw_only=True):
    """A tap on a push message; `id` makes a repetition harmless, `button` is the action that was tapped."""

    id: Annotated[str, Meta(min_length=1, max_length=LONGEST)] | None = None
    button: Annotated[str, Meta(min_length=1, max_length=LONGEST)] | None = None
    at: datetime | None = None


@route(
    "/o/{token:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    media_type="image/gif",
    sync_to_thread=True,
    operation_id=lambda _, method, __: f"{method.lower()}_pixel",
)
def open_pixel(site: Shared, request: AnyRequest, token: FromPath[str]) -> Response[bytes]:
    """Serve the open pixel of a message and record that it was opened."""
    mark = _read(site, token)
    if not isinstance(mark, OpenMark):
        return _broken()
    is_machine = is_machine_open(
        request.headers.get("user-agent", ""), dict(request.headers.items()), method=request.method
    )
    opens: Literal["human", "machine"] = "machine" if is_machine else "human"
    _record(site, _reported(site, mark.mark, "open_email", opens, opens=opens))
    return Response(PIXEL, media_type="image/gif", headers=PIXEL_HEADERS)


@route(
    "/c/{token:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    status_code=HTTPStatus.FOUND,
    media_type=MediaType.HTML,
    sync_to_thread=True,
    operation_id=lambda _, method, __: f"{method.lower()}_link",
)
def follow_link(site: Shared, request: AnyRequest, token: FromPath[str]) -> Response[bytes]:
    """Lead on to the target of a tracked link and record the click; a HEAD leads on without one."""
    mark = _read(site, token)
    if not isinstance(mark, ClickMark):
        return _broken()
    if request.method != HttpMethod.HEAD:
        _record(site, _reported(site, mark.mark, "click_email", mark.link, link=mark.link))
    headers = {"Location": url_quote(mark.target), "Cache-Control": "no-store"}
    return Response(b"", status_code=HTTPStatus.FOUND, media_type=MediaType.HTML, headers=headers)


@get("/u/{token:str}", media_type=MediaType.HTML, sync_to_thread=True, operation_id="show_unsubscribe_page")
def show_unsubscribe_page(site: Shared, token: FromPath[str]) -> Response[bytes]:
    """Show a page with a button that unsubscribes; looking at it changes nothing."""
    if not isinstance(_read(site, token), UnsubscribeMark):
        return _broken()
    form = (
        "<p>You will get no more newsletters at your e-mail address.</p>"
        f'<form method="post" action="/u/{escape(token)}"><button>Unsubscribe</button></form>'
    )
    return page("Unsubscribe?", form)


@post(
    "/u/{token:str}",
    status_code=HTTPStatus.OK,
    media_type=MediaType.HTML,
    sync_to_thread=True,
    operation_id="unsubscribe",
)
def unsubscribe(site: Shared, token: FromPath[str]) -> Response[bytes]:
    """Unsubscribe the address that the message went to: by the page's button, or by a mail program's one click."""
    mark = _read(site, token)
    if not isinstance(mark, UnsubscribeMark):
        return _broken()
    if is_test(mark.mark.message):
        return page("This was a test", "<p>In a real message this button unsubscribes. Nothing was changed.</p>")
    try:
        site.tracking.report([_reported(site, mark.mark, "unsubscribe_email", "")])
    except Unavailable:
        words = "<p>We could not write it down. Please try again in a minute.</p>"
        headers = {"Retry-After": str(RETRY_AFTER)}
        return page("Not yet unsubscribed", words, HTTPStatus.SERVICE_UNAVAILABLE, headers)
    except Rejected as refusal:
        if not _is_gone(refusal):
            log.warning("an unsubscription could not be attributed", message=mark.mark.message, why=str(refusal))
            return _broken()
    return page("You are unsubscribed", "<p>You will get no more newsletters at this address.</p>")


def _refused(request: AnyRequest, error: Rejected) -> Response[Details]:
    return _for_anybody(of_rejected(request, error))


def _unavailable(request: AnyRequest, error: Unavailable) -> Response[Details]:
    return _for_anybody(of_unavailable(request, error))


def _for_anybody(answer: Response[Details]) -> Response[Details]:
    """Let pages from anywhere read what went wrong."""
    answer.headers.update(FROM_ANYWHERE)
    return answer


@post(
    "/p/{token:str}",
    status_code=HTTPStatus.NO_CONTENT,
    accepts="Tap",
    sync_to_thread=True,
    operation_id="report_tap",
    exception_handlers={Rejected: _refused, Unavailable: _unavailable},
)
def report_tap(site: Shared, token: FromPath[str], body: RawBody) -> Response[None]:
    """Record that a push message was tapped; the body is JSON, also as text/plain, and may be empty."""
    mark = site.tracker.read(token)
    if not isinstance(mark, TapMark):
        raise rejected("bad_link", "token", "belongs to another kind of address", "Use `tap` of the push message.")
    tap = build(Tap, decode(body)) if body.strip() else Tap()
    check_length(tap.id, "id", LONGEST)
    check_length(tap.button, "button", LONGEST)
    reported = _reported(site, mark.mark, "directly_open_push", tap.button or "")
    named = replace(reported, id=tap.id or reported.id, at=tap.at or reported.at, button=tap.button)
    if not is_test(mark.mark.message):
        site.tracking.report([named])
    return Response(None, status_code=HTTPStatus.NO_CONTENT, headers=FROM_ANYWHERE)


@route(
    "/p/{token:str}",
    http_method=[HttpMethod.OPTIONS],
    status_code=HTTPStatus.NO_CONTENT,
    sync_to_thread=False,
    include_in_schema=False,
)
def allow_tap(token: FromPath[str]) -> Response[None]:
    """Tell a browser that pages from anywhere may report a tap."""
    del token
    return Response(None, status_code=HTTPStatus.NO_CONTENT, headers=FROM_ANYWHERE | PREFLIGHT)


HANDLERS: list[HTTPRouteHandler] = [
    open_pixel,
    follow_link,
    show_unsubscribe_page,
    unsubscribe,
    allow_tap,  # before the others of its path, or the web framework answers OPTIONS itself
    report_tap,
]


def _read(site: Site, token: str) -> AnyMark | None:
    try:
        return site.tracker.read(token)
    except Rejected:
        return None


def _reported(
    site: Site,
    mark: Mark,
    interaction: Literal["open_email", "click_email", "unsubscribe_email", "directly_open_push"],
    what: str,
    *,
    link: str | None = None,
    opens: Literal["human", "machine"] = "human",
) -> Reported:
    """Return the interaction; within a second its id is the same, so that a repeated request counts once (I1)."""
    now = site.clock.now()
    return Reported(
        user=mark.user,
        campaign=mark.campaign,
        message=mark.message,
        interaction=interaction,
        id=f"{mark.message}:{interaction}:{what}:{int(now.timestamp())}",
        at=now,
        link=link,
        opens=opens,
    )


def _record(site: Site, reported: Reported) -> None:
    """Record an interaction, if that can be done; what is done with a test message is not recorded."""
    if is_test(reported.message or ""):
        return
    try:
        site.tracking.report([reported])
    except Rejected as refusal:
        log.info("an interaction could not be attributed", interaction=reported.interaction, why=str(refusal))
    except Exception:
        log.exception(
            "an interaction could not be recorded", interaction=reported.interaction, message=reported.message
        )


def _is_gone(refusal: Rejected) -> bool:
    """Tell whether the user was deleted, and so gets nothing any more."""
    return any(problem.code == "unknown_user" for problem in refusal.problems)


def _broken() -> Response[bytes]:
    words = "<p>Perhaps its end was cut off. Please use the link in the message itself.</p>"
    return page("This link does not work", words, HTTPStatus.NOT_FOUND)
