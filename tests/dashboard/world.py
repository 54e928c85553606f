"""A shop that is under way: three campaigns that follow on one another, a card, a segment, and what people did.

    welcome --click_email--> offer --open_email--> reminder        (an exception: view_card of the sale)

One rule: everything happens through the services, as it would through the API.
"""

from datetime import timedelta

from ensue.bootstrap import SIMULATED_MAIL, renderer
from ensue.channels.simulated import SimulatedTransport
from ensue.codec.build import build
from ensue.core.events import CustomEventLogged, Properties, Purchased, SessionStarted
from ensue.core.records import Campaign, Card, Segment
from ensue.runners.clock import VirtualClock
from ensue.runners.delivery import Delivery
from ensue.services.tracking import Reported
from ensue.web.site import Site

PEOPLE: list[tuple[str, Properties]] = [
    ("ana", {"email": "ana@example.com", "first_name": "Ana", "last_name": "Lima", "country": "SE", "vip": True}),
    ("bo", {"email": "bo@example.com", "first_name": "Bo", "country": "SE", "orders": 3}),
    ("cy", {"email": "cy@example.com", "country": "DE", "likes": ["tea", "lamps"]}),
    ("di", {"country": "DE"}),
]


def email(subject: str) -> dict[str, object]:
    return {
        "email": {
            "subject": subject,
            "html": '<p>Hello {{ ${first_name} }}, <a href="https://shop.example">see</a></p>',
        }
    }


def follows(campaign: str, original: str, interaction: str, **more: object) -> dict[str, object]:
    trigger = {"interact_with_campaign": {"campaign": original, "interaction": interaction}}
    return {
        "kind": "campaign",
        "id": campaign,
        "name": campaign.capitalize(),
        "channels": email(f"{campaign.capitalize()} for {{{{ ${{first_name}} }}}}"),
        "delivery": {"type": "action_based", "triggers": [trigger], **more},
    }


CAMPAIGNS: list[dict[str, object]] = [
    {
        "kind": "campaign",
        "id": "welcome",
        "name": "Welcome",
        "channels": email("Welcome, {{ ${first_name} }}"),
        "delivery": {"type": "action_based", "triggers": [{"start_session": {}}]},
    },
    follows(
        "offer",
        "welcome",
        "click_email",
        delay={"after": "1 day"},
        exceptions=[{"interact_with_card": {"card": "sale", "interaction": "view_card"}}],
    ),
    follows("reminder", "offer", "open_email"),
]
CARD: dict[str, object] = {"kind": "card", "id": "sale", "name": "Spring sale", "title": "Sale for {{ ${first_name} }}"}
SEGMENT: dict[str, object] = {
    "kind": "segment",
    "id": "swedes",
    "name": "Swedes",
    "filter": {"attribute": "country", "is": "SE"},
}


class World:
    """The shop; `happen` moves the clock and lets everything that is due happen."""

    def __init__(self, site: Site, clock: VirtualClock) -> None:
        self.site = site
        self.clock = clock
        self.delivery = Delivery(
            site.runner,
            clock,
            carriers=lambda: {"email": SimulatedTransport()},
            render=renderer(site.runner, site.tracker, SIMULATED_MAIL),
        )
        self._number = 0

    def furnish(self) -> None:
        """Launch everything in the right order, and let people come."""
        site = self.site
        site.people.put(PEOPLE)
        site.definitions.save_segment(build(Segment, SEGMENT))
        site.definitions.save_card(build(Card, CARD))
        for one in CAMPAIGNS:
            site.definitions.save_campaign(build(Campaign, one))
        site.launching.move("launch", ["reminder", "offer", "welcome", "sale"])
        self.session("ana", "bo", "cy", "di")
        self.happen()
        for user in ("ana", "bo", "cy"):
            self.reported(user, "click_email", "welcome", link="see")
        self.reported("cy", "view_card", card="sale")
        self.buy("ana")

    def session(self, *users: str) -> None:
        now = self.clock.now()
        events = [SessionStarted(id=self._id(), user=user, at=now, received_at=now) for user in users]
        self.site.tracking.submit(events)

    def buy(self, user: str) -> None:
        now = self.clock.now()
        bought = Purchased(id=self._id(), user=user, at=now, received_at=now, product="lamp", price=12.5, quantity=2)
        seen = CustomEventLogged(
            id=self._id(), user=user, at=now, received_at=now, name="viewed", properties={"page": "lamps"}
        )
        self.site.tracking.submit([bought, seen])

    def reported(self, user: str, interaction: str, campaign: str | None = None, **more: str) -> None:
        reported = {"user": user, "interaction": interaction, "campaign": campaign, "id": self._id(), **more}
        self.site.tracking.report([build(Reported, {k: v for k, v in reported.items() if v is not None})])

    def happen(self, after: timedelta = timedelta(minutes=1)) -> None:
        """Let a time pass, and settle and deliver what is due."""
        self.clock.set(self.clock.now() + after)
        self.site.runner.settle()
        self.delivery.run_once()

    def _id(self) -> str:
        self._number += 1
        return f"event-{self._number}"
