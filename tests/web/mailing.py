"""A letter that is launched and sent, and the addresses in the e-mails that came out.

One rule: the addresses are taken from the rendered mail, as its reader has them.
"""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

import msgspec
from litestar.testing import TestClient

from ensue.bootstrap import SIMULATED_MAIL, renderer
from ensue.channels.simulated import SimulatedTransport
from ensue.core.contents import Channels, Email
from ensue.core.events import CampaignInteracted, Event
from ensue.core.records import Campaign, Scheduled
from ensue.parcels import Email as Rendered
from ensue.parcels import Parcel
from ensue.runners.clock import VirtualClock
from ensue.runners.delivery import Delivery
from ensue.services.scheduling import Scheduling
from ensue.web.app import Application
from ensue.web.site import Site

URL = "http://ensue.test"
TARGET = "https://shop.example/news?a=1&b=%C3%BC"
HTML = f'<p>Hello</p><p><a href="{TARGET.replace("&", "&amp;")}">Read on</a></p>'
LETTER = Campaign(
    id="letter",
    name="Letter",
    channels=Channels(email=msgspec.convert({"subject": "Hello", "html": HTML}, Email)),
    delivery=Scheduled(at="launch"),
)
Client = TestClient[Application]


class Addresses(msgspec.Struct, frozen=True):
    """The paths of the signed addresses in one e-mail."""

    pixel: str
    link: str
    unsubscribe: str


class Mailing:
    """Sends the letter to people, and reads back what became of it."""

    def __init__(self, site: Site, clock: VirtualClock) -> None:
        self._site = site
        self._clock = clock

    def send(self, *people: tuple[str, str]) -> dict[str, Addresses]:
        """Send the letter to users with these addresses; return what is in their e-mails, by user."""
        site, transport = self._site, SimulatedTransport()
        site.people.put([(user, {"email": email}) for user, email in people])
        site.definitions.save_campaign(LETTER)
        site.launching.move("launch", ["letter"])
        Scheduling(site.runner, self._clock).run_due()
        delivery = Delivery(
            site.runner,
            self._clock,
            carriers=lambda: {"email": transport},
            render=renderer(site.runner, site.tracker, SIMULATED_MAIL),
        )
        delivery.run_once()
        return {_user_of(site, found): found for found in map(_addresses, map(_content, transport.parcels))}

    def interactions(self, user: str, name: str) -> list[CampaignInteracted]:
        """Return the recorded interactions of that name, the latest first."""
        events: list[Event] = [
            tale.event for tale in self._site.runner.read(lambda store: store.ledger.events_of(user))
        ]
        return [one for one in events if isinstance(one, CampaignInteracted) and one.interaction == name]

    def figure(self, name: str) -> float:
        """Return a number of the letter's report."""
        figures = self._site.runner.read(lambda store: store.ledger.figures("letter"))
        return sum(one.amount for one in figures if one.name == name)

    def subscription(self, user: str) -> str:
        """Return the state of a user's e-mail subscription."""
        return self._site.people.load(user).subscriptions.get("email", "subscribed")


def _content(parcel: Parcel) -> bytes:
    assert isinstance(parcel.content, Rendered)
    return parcel.content.content


def _addresses(content: bytes) -> Addresses:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("html",))
    assert body is not None
    html: str = body.get_content()
    found = {kind: re.search(rf'{re.escape(URL)}(/{kind}/[^"]+)"', html) for kind in "oc"}
    pixel, link = found["o"], found["c"]
    unsubscribe = re.search(rf"{re.escape(URL)}(/u/[^>]+)>", str(message["List-Unsubscribe"]))
    assert pixel
    assert link
    assert unsubscribe
    return Addresses(pixel[1], link[1], unsubscribe[1])


def _user_of(site: Site, addresses: Addresses) -> str:
    return site.tracker.read(addresses.pixel.removeprefix("/o/")).mark.user
