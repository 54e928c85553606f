"""Asking the API in tests: a client with a key of its own, and a site around any runner."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import Any

from argon2 import PasswordHasher
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from msgspec.structs import replace

from ensue.bootstrap import SIMULATED_MAIL
from ensue.content.check import check_content
from ensue.content.links import Tracker
from ensue.content.render import render
from ensue.core.state import UserState
from ensue.ports import Clock, Runner, Transport
from ensue.runners.clock import fresh_id
from ensue.services.apps import AppRegistry
from ensue.services.attempts import Attempts
from ensue.services.backtests import BacktestJobs
from ensue.services.definitions import Definitions
from ensue.services.feed import Feed
from ensue.services.hub import Hub
from ensue.services.inbox import Inboxes
from ensue.services.keys import Keys
from ensue.services.launching import Launching
from ensue.services.messaging import Messaging
from ensue.services.people import People
from ensue.services.staff import Staff
from ensue.services.tickets import Tickets
from ensue.services.tracking import Tracking
from ensue.web.app import Application, create_app
from ensue.web.site import MAX_BODY, Site

Json = dict[str, Any]
"""A body or an answer: a test reaches into it as it likes."""
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""For tests: as weak as can be."""
NOW = "2026-03-02T09:00:00Z"
CAMPAIGN: Json = {
    "kind": "campaign",
    "id": "hello",
    "name": "Hello",
    "channels": {"email": {"subject": "Hello", "html": "<p>Hello</p>"}},
    "delivery": {"type": "action_based", "triggers": [{"custom_event": {"name": "hi"}}], "delay": {"after": "1 day"}},
    "audience": {"segments": ["everyone"]},
}


class Api:
    """Calls the API with a key that has these scopes, and checks the status of every answer."""

    def __init__(self, client: TestClient[Application], site: Site, *scopes: str) -> None:
        self.site = site
        self._client = client
        _, secret = site.keys.create("test", scopes or ("all",))
        self._key = {"Authorization": f"Bearer {secret}"}

    def get(self, path: str, status: int = 200) -> Json:
        return self._checked("GET", path, status)

    def post(self, path: str, body: object = None, status: int = 201, **headers: str) -> Json:
        return self._checked("POST", path, status, body, headers)

    def put(self, path: str, body: object, status: int = 200) -> Json:
        return self._checked("PUT", path, status, body)

    def delete(self, path: str, status: int = 204) -> Json:
        return self._checked("DELETE", path, status)

    def send(self, path: str, content: bytes, status: int, kind: str = "application/json") -> Json:
        """Post what need not be JSON."""
        headers = {**self._key, "Content-Type": kind}
        return _answer(self._client.request("POST", path, content=content, headers=headers), status)

    def _checked(
        self, method: str, path: str, status: int, body: object = None, headers: dict[str, str] | None = None
    ) -> Json:
        named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        response = self._client.request(method, path, json=body, headers=self._key | named)
        return _answer(response, status)


def _answer(response: Any, status: int) -> Json:  # noqa: ANN401  # the client of the framework's own making
    assert response.status_code == status, response.text
    return response.json() if response.content else {}


@contextmanager
def roomy(site: Site, *scopes: str) -> Iterator[Api]:
    """Ask a site that takes bodies as large as it does in earnest."""
    with TestClient(create_app(replace(site, max_body=MAX_BODY))) as client:
        yield Api(client, site, *scopes)


def routes_of(site: Site) -> list[HTTPRoute]:
    """Return all addresses that are served."""
    return [route for route in create_app(site).handlers.routes if isinstance(route, HTTPRoute)]


def problem(answer: Json) -> Json:
    """Return the one problem of an answer, and see that it says what, where and how to mend it."""
    (only,) = answer["problems"]
    assert only["message"]
    assert only["hint"]
    found: Json = only
    return found


def user(site: Site, name: str) -> UserState | None:
    """Return what the store holds of a user."""
    return site.runner.read(lambda store: store.journal.load([name])).get(name)


def events_in(site: Site) -> int:
    """Return how many events the store holds."""
    return len(site.runner.read(lambda store: store.ledger.events()))


def site_on(runner: Runner, clock: Clock, carriers: Mapping[str, Transport] = MappingProxyType({})) -> Site:
    """Put a site together around a runner."""
    hub = Hub()
    definitions = Definitions(runner, clock, check_content, hub)
    tracker = Tracker("secret", "http://ensue.example")
    return Site(
        runner=runner,
        clock=clock,
        definitions=definitions,
        launching=Launching(runner, clock, definitions, hub),
        tracking=Tracking(runner, clock),
        people=People(runner, clock, fresh_id),
        keys=Keys(runner, clock, fresh_id),
        feed=Feed(runner, clock),
        messaging=messaging_on(runner, clock, tracker, carriers),
        tracker=tracker,
        apps=AppRegistry(runner, clock, fresh_id),
        tickets=Tickets("a secret of this test", clock),
        hub=hub,
        inboxes=Inboxes(runner, hub),
        staff=Staff(runner, clock, fresh_id, QUICK),
        attempts=Attempts(clock),
        backtests=BacktestJobs(runner, clock, fresh_id),
        new_id=fresh_id,
    )


def messaging_on(runner: Runner, clock: Clock, tracker: Tracker, carriers: Mapping[str, Transport]) -> Messaging:
    """Put previews and test sends together, which go through these transports."""
    rendering = partial(render, tracker=tracker, settings=SIMULATED_MAIL)
    return Messaging(runner, clock, fresh_id, render=rendering, carriers=lambda: carriers)
