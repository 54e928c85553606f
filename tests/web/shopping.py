"""A shop whose pages use the SDK: its app, what its visitors' pages send, and what lies ready for them."""

import json
from typing import Any

import jwt
import msgspec
from httpx import Response

from ensue.apps import App
from ensue.bootstrap import SIMULATED_MAIL, renderer
from ensue.channels.inbox import InboxTransport
from ensue.core.contents import Channels, InAppMessage
from ensue.core.events import Event
from ensue.core.records import ActionBased, Campaign, Card, ReEligibility
from ensue.core.state import UserState
from ensue.core.triggers import CustomEvent
from ensue.runners.delivery import Delivery
from ensue.web.site import Site
from tests.web.mailing import Client

Json = dict[str, Any]
ORIGIN = "https://shop.example"
NOW = "2026-03-02T09:00:00Z"
BATCH, SYNC = "/sdk/v1/batch", "/sdk/v1/sync"
START: Json = {"type": "session_start"}


class Shop:
    """Asks as the SDK does, from the shop's pages unless `origin` says otherwise."""

    def __init__(self, site: Site, client: Client, *, is_signed: bool = False) -> None:
        self.site = site
        self.client = client
        self.app: App = site.apps.create("Shop", [ORIGIN], is_signed=is_signed)
        self._count = 0

    # ------------------------------------------------------------ requests

    def post(self, path: str, body: Json, *, origin: str | None = ORIGIN, kind: str = "text/plain") -> Response:
        """Post a body as it is."""
        headers = {"Content-Type": kind} | ({"Origin": origin} if origin is not None else {})
        return self.client.post(path, content=json.dumps(body), headers=headers)

    def batch(self, user: str, *events: Json, status: int = 200, **head: object) -> Json:
        """Send events, each with a new id and the present time unless it has its own; return the answer."""
        body = {"app": self.app.id, "user": user, "events": [self.event(one) for one in events], **head}
        return checked(self.post(BATCH, body), status)

    def taken(self, user: str, *events: Json, **head: str) -> None:
        """Send events that are all taken."""
        assert self.batch(user, *events, status=200, **head) == {"taken": len(events), "refused": []}

    def refusal(self, user: str, event: Json) -> Json:
        """Send an event that is refused after a session; return its one problem."""
        answer = self.batch(user, START, event)
        assert answer["taken"] == 1
        (refused,) = answer["refused"]
        (problem,) = refused["problems"]
        assert problem["message"]
        assert problem["hint"]
        found: Json = problem
        return found

    def sync(self, user: str, status: int = 200, **head: object) -> Json:
        """Ask for what a user is to see."""
        return checked(self.post(SYNC, {"app": self.app.id, "user": user, **head}), status)

    def event(self, fields: Json) -> Json:
        """Return an event with what the SDK adds to each."""
        self._count += 1
        return {"id": f"event-{self._count}", "at": NOW, **fields}

    def token(self, **claims: object) -> str:
        """Return a user token that the shop's server signs."""
        return jwt.encode(claims, self.app.secret or "", algorithm="HS256")

    # ------------------------------------------------------------ campaigns, cards, people

    def launch(self, name: str = "hello", trigger: str = "hi") -> None:
        """Launch an in-app message that follows a custom event, every time."""
        content = InAppMessage(heading=name, body="{{ event_properties.${word} }}")
        campaign = Campaign(
            id=name,
            name=name,
            channels=Channels(in_app_message=content),
            delivery=ActionBased(triggers=(CustomEvent(name=trigger),)),
            re_eligibility=msgspec.convert({"window": 0}, ReEligibility, strict=False),
        )
        self.site.definitions.save_campaign(campaign)
        self.site.launching.move("launch", [name])

    def launch_card(self, name: str = "sale") -> None:
        """Launch a card."""
        self.site.definitions.save_card(Card(id=name, title="Sale"))
        self.site.launching.move("launch", [name])

    def deliver(self) -> None:
        """Hand over what lies in the outbox."""
        site = self.site
        delivery = Delivery(
            site.runner,
            site.clock,
            carriers=lambda: {"in_app_message": InboxTransport(site.runner, site.clock)},
            render=renderer(site.runner, site.tracker, SIMULATED_MAIL),
            delivered=site.inboxes.tell,
        )
        delivery.run_once()

    def message(self, user: str) -> str:
        """Send a user the message that follows `hi`; return its id."""
        self.taken(user, {"type": "custom_event", "name": "hi", "properties": {"word": "Hej"}})
        self.deliver()
        found: str = self.sync(user)["messages"][-1]["message"]
        return found

    def state(self, user: str) -> UserState:
        """Return what is known of a user."""
        return self.site.people.load(user)

    def logged(self, user: str) -> list[Event]:
        """Return the recorded events of a user, the oldest first."""
        tales = self.site.runner.read(lambda store: store.ledger.events_of(user))
        return [tale.event for tale in reversed(tales)]


def checked(response: Response, status: int) -> Json:
    assert response.status_code == status, response.text
    found: Json = response.json()
    return found
