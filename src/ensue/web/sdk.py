"""What the SDK asks for: takes its events, and gives it what a user is to see.

One rule: an app's key is public, so every request is checked anew: the app, where it comes from, in whose name it is.
Not here: what an event may hold (`sdk_items`), and the stream to open pages (`sdk_stream`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler

from ensue.apps import App
from ensue.codec.build import build
from ensue.core.decide import GREETING
from ensue.core.events import Event, Json, PushRegistered
from ensue.errors import Problem, Rejected, rejected
from ensue.services.apps import allows, proves
from ensue.services.messaging import is_test
from ensue.services.tracking import Reported
from ensue.web.bodies import JsonBody
from ensue.web.problems import AnyRequest, Refused, with_remedies
from ensue.web.sdk_items import Sender, events_of, item_of
from ensue.web.site import Shared, Site
from ensue.web.track_items import LONGEST_NAME, LONGEST_USER

MOST = 500
"""Events in one request."""


class SyncRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: the app by its key, the user, and what proves that it is this user, where the app demands it."""

    app: str
    user: str
    token: str | None = None


class BatchRequest(SyncRequest, frozen=True, kw_only=True):
    """Events of a user; with `sent_at`, the client's clock at the sending, their times are corrected by ours."""

    sent_at: datetime | None = None
    events: list[dict[str, Json]]


class Head(SyncRequest, frozen=True, kw_only=True):
    """A batch without its events, of which each is read by itself."""

    sent_at: datetime | None = None


class RefusedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was not taken, by its id, and why."""

    id: str
    problems: tuple[Problem, ...]


class BatchTaken(msgspec.Struct, frozen=True, kw_only=True):
    """How many events were taken, durably, those that were known already included; and those that were not."""

    taken: int
    refused: list[RefusedEvent]


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What a user is to see; `stream` is the address under which more will come, `push_key` the one for Web Push."""

    messages: list[dict[str, object]]
    cards: list[dict[str, object]]
    stream: str
    push_key: str | None


@post("/batch", accepts="BatchRequest", status_code=200, sync_to_thread=True, operation_id="sdk_batch")
def take_batch(site: Shared, request: AnyRequest, document: JsonBody) -> BatchTaken:
    """Take up to 500 events of a user, in order; those that are wrong are refused one by one."""
    items, rest = _items(document)
    head = build(Head, rest)
    admit(site, request, head)
    now = site.clock.now()
    lag = now - head.sent_at if head.sent_at is not None else timedelta()
    taking = Taking(site, Sender(user=head.user, now=now, lag=lag))
    for place, item in enumerate(items):
        taking.take(place, item)
    return taking.finish()


@post("/sync", accepts="SyncRequest", status_code=200, sync_to_thread=True, operation_id="sdk_sync")
def sync(site: Shared, request: AnyRequest, document: JsonBody) -> News:
    """Return the messages that lie ready for a user, the feed, and where more of both will come."""
    asked = build(SyncRequest, document)
    app = admit(site, request, asked)
    return News(
        messages=[dict(ready.payload) for ready in site.inboxes.of(asked.user)],
        cards=site.feed.cards(asked.user),
        stream=f"/sdk/v1/stream/{site.tickets.issue(app.id, asked.user)}",
        push_key=site.push_key or None,
    )


HANDLERS: list[HTTPRouteHandler] = [take_batch, sync]


# ---------------------------------------------------------------- who may ask


def admit(site: Site, request: AnyRequest, asked: SyncRequest) -> App:
    """Return the app, if it may be used from where the request comes, and speak for that user."""
    app = admit_app(site, request, asked.app)
    if not 1 <= len(asked.user) <= LONGEST_USER:
        message = f"must be 1 to {LONGEST_USER} characters, has {len(asked.user)}"
        raise rejected("length", "user", message, "Use a shorter id, and never an empty one.")
    if not proves(app, asked.user, asked.token, site.clock.now()):
        message = "the request needs a user token" if asked.token is None else "the user token is not right, or is over"
        hint = "Let the site's server sign one for this user with the app's secret (HS256, sub, exp)."
        problem = Problem(code="user_token", path="token", message=message, hint=hint)
        raise Refused(HTTPStatus.UNAUTHORIZED, problem, {"WWW-Authenticate": 'Bearer realm="ensue-sdk"'})
    return app


def admit_app(site: Site, request: AnyRequest, name: str) -> App:
    """Return the app of a key, if it may be used from where the request comes."""
    app = site.apps.find(name)
    if app is None:
        hint = "Use the key that `ensue apps create` printed; `ensue apps list` lists those there are."
        problem = Problem(code="unknown_app", path="app", message="the app is unknown or was revoked", hint=hint)
        raise Refused(HTTPStatus.FORBIDDEN, problem)
    origin = request.headers.get("origin")
    if origin is not None and not allows(app, origin):
        message = f"the app may not be used from {origin[:LONGEST_NAME]}"
        problem = Problem(code="origin", path="Origin", message=message, hint="Make an app with this origin.")
        raise Refused(HTTPStatus.FORBIDDEN, problem)
    return app


# ---------------------------------------------------------------- events


class Taking:
    """The events of one request: what is taken goes into one submission, so that one commit makes it durable."""

    def __init__(self, site: Site, sender: Sender) -> None:
        """Begin with nothing taken."""
        self._site = site
        self._sender = sender
        state = site.runner.read(lambda store: store.journal.load([sender.user])).get(sender.user)
        self._is_known = state is not None and state.exists
        self._devices = dict(state.devices) if state is not None else {}
        self._events: list[Event] = []
        self._taken = 0
        self._refused: list[RefusedEvent] = []

    def take(self, place: int, data: object) -> None:
        """Take one event, or note why not."""
        try:
            events = self._events_of(data)
        except Rejected as refusal:
            problems = [msgspec.structs.replace(one, path=_path(place, one.path)) for one in refusal.problems]
            self._refused.append(RefusedEvent(id=_id_of(data), problems=with_remedies(problems)))
            return
        self._events += events
        self._taken += 1
        self._is_known = self._is_known or any(isinstance(event, GREETING) for event in events)
        self._devices |= {event.token: event.platform for event in events if isinstance(event, PushRegistered)}

    def finish(self) -> BatchTaken:
        """Make durable what was taken, and say it."""
        self._site.tracking.submit(self._events)
        return BatchTaken(taken=self._taken, refused=self._refused)

    def _events_of(self, data: object) -> Sequence[Event]:
        found = events_of(item_of(data), self._sender, self._devices)
        if not self._is_known and (isinstance(found, Reported) or not any(isinstance(one, GREETING) for one in found)):
            message = f"there is no user '{self._sender.user[:LONGEST_NAME]}'"
            raise rejected("unknown_user", "", message, "Send session_start first.")
        if not isinstance(found, Reported):
            return found
        if found.message is not None and is_test(found.message):
            self._site.inboxes.forget_test(found.user, found.message)
            return []
        return [self._site.tracking.attributed(found)]


def _items(document: object) -> tuple[list[object], object]:
    """Return the events of a request, and the request without them."""
    if not isinstance(document, dict):
        return [], document
    items = document.get("events")
    if not isinstance(items, list):
        raise rejected("wrong_type", "events", "is no list", "Write it as a list: [ … ].")
    if len(items) > MOST:
        message = f"has {len(items)} events, at most {MOST} are allowed; nothing was taken"
        raise rejected("too_many", "events", message, "Send them in several requests.")
    return items, {key: value for key, value in document.items() if key != "events"}


def _path(place: int, path: str) -> str:
    return f"events[{place}].{path}" if path else f"events[{place}]"


def _id_of(data: object) -> str:
    """Return the id that the client gave, as far as there is one."""
    found = data.get("id") if isinstance(data, dict) else None
    return found[:LONGEST_NAME] if isinstance(found, str) else ""
