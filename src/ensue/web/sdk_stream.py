"""The stream to one open page: server-sent events (HTML Living Standard, 9.2), written as things happen.

One rule: the page is known to the hub before its inbox is read, so nothing falls between the two; what comes both ways
is sent once. A stream holds no thread while nothing happens.
"""

from collections.abc import AsyncIterator
from http import HTTPStatus

import msgspec
from litestar import get
from litestar.concurrency import sync_to_thread
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import ServerSentEvent, ServerSentEventMessage

from ensue.errors import Problem
from ensue.inbox import Ready
from ensue.services.hub import FeedChanged, Page, Withdrawn
from ensue.web.problems import AnyRequest, Refused
from ensue.web.sdk import admit_app
from ensue.web.site import Shared, Site

PING = 15.0
"""Seconds after which a quiet stream shows that it lives."""


@get("/stream/{ticket:str}", media_type="text/event-stream", operation_id="sdk_stream")
async def stream(site: Shared, request: AnyRequest, ticket: FromPath[str]) -> ServerSentEvent:
    """Send what lies ready for a user, then what comes: `message`, `withdraw`, `feed`."""
    found = site.tickets.read(ticket)
    if found is None:
        hint = "Ask for a new one: POST /sdk/v1/sync."
        problem = Problem(code="ticket", path="ticket", message="the ticket is not right, or is over", hint=hint)
        raise Refused(HTTPStatus.FORBIDDEN, problem)
    admit_app(site, request, found.app)
    return ServerSentEvent(_told(site, found.user), comment_message="here")


HANDLERS: list[HTTPRouteHandler] = [stream]


async def _told(site: Site, user: str) -> AsyncIterator[ServerSentEventMessage]:
    page = site.hub.open(user)
    try:
        sent: set[str] = set()
        for ready in await sync_to_thread(site.inboxes.of, user):
            sent.add(ready.message)
            yield _message(ready)
        async for event in _news(site, page, sent):
            yield event
    finally:
        site.hub.leave(page)


async def _news(site: Site, page: Page, sent: set[str]) -> AsyncIterator[ServerSentEventMessage]:
    while True:
        notice = await page.next(PING)
        match notice:
            case Ready():
                if notice.message not in sent and site.inboxes.is_shown(notice):
                    sent.add(notice.message)
                    yield _message(notice)
            case Withdrawn():
                yield _event("withdraw", {"campaign": notice.campaign})
            case FeedChanged():
                yield _event("feed", {})
            case None:
                if page.over.is_set():
                    return
                yield ServerSentEventMessage(data=None, comment="still here")


def _message(ready: Ready) -> ServerSentEventMessage:
    return _event("message", ready.payload)


def _event(name: str, data: object) -> ServerSentEventMessage:
    return ServerSentEventMessage(event=name, data=msgspec.json.encode(data))
