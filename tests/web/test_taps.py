"""The tap on a push message: told by its signed address, from anywhere, as often as it takes."""

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from ensue.bootstrap import SIMULATED_MAIL, renderer
from ensue.channels.simulated import SimulatedTransport
from ensue.content.links import Mark, TapMark, Tracker
from ensue.core.contents import Channels, Push
from ensue.core.events import Event
from ensue.core.records import Campaign, Scheduled
from ensue.errors import Unavailable
from ensue.parcels import Push as Rendered
from ensue.runners.clock import VirtualClock
from ensue.runners.delivery import Delivery
from ensue.services.scheduling import Scheduling
from ensue.services.tracking import Tracking
from ensue.web.app import create_app
from ensue.web.site import Site
from tests.web.mailing import URL, Addresses, Client, Mailing

CAMPAIGN = Campaign(id="hello", channels=Channels(push=Push(title="Hello")), delivery=Scheduled(at="launch"))
MARK = Mark("ana", "hello", "m1", "e1", "A")


@pytest.fixture
def tap(site: Site, clock: VirtualClock) -> str:
    """Send Ana a push message; return the path of its tap address."""
    transport = SimulatedTransport()
    site.people.put([("ana", {})])
    site.people.register("ana", "android", "device-1")
    site.definitions.save_campaign(CAMPAIGN)
    site.launching.move("launch", ["hello"])
    Scheduling(site.runner, clock).run_due()
    render = renderer(site.runner, site.tracker, SIMULATED_MAIL)
    Delivery(site.runner, clock, carriers=lambda: {"push": transport}, render=render).run_once()
    (parcel,) = transport.parcels
    assert isinstance(parcel.content, Rendered)
    return str(parcel.content.payload["tap"]).removeprefix(URL)


@pytest.mark.parametrize("kind", ["text/plain;charset=UTF-8", "application/json"])
def test_a_tap_is_recorded_with_its_message_and_button(client: Client, mailing: Mailing, tap: str, kind: str) -> None:
    body = json.dumps({"id": "t-1", "button": "buy", "at": "2026-03-02T08:59:00Z"})
    answer = client.post(tap, content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.content) == (204, b"")
    (opened,) = mailing.interactions("ana", "directly_open_push")
    assert (opened.id, opened.campaign, opened.channel, opened.button) == ("t-1", "hello", "push", "buy")
    assert opened.at.isoformat() == "2026-03-02T08:59:00+00:00"
    assert opened.message
    assert (opened.entry, opened.variation) == (opened.message.removesuffix(".push"), "A")


def test_a_tap_told_twice_counts_once(client: Client, mailing: Mailing, tap: str) -> None:  # I1
    for _ in range(2):
        assert client.post(tap, content=b'{"id": "t-1"}').status_code == 204
    assert len(mailing.interactions("ana", "directly_open_push")) == 1
    client.post(tap, content=b'{"id": "t-2"}')
    assert len(mailing.interactions("ana", "directly_open_push")) == 2


def test_a_tap_without_anything_counts_once_in_a_second(
    client: Client, mailing: Mailing, clock: VirtualClock, tap: str
) -> None:  # I1
    for _ in range(2):
        assert client.post(tap).status_code == 204
    assert len(mailing.interactions("ana", "directly_open_push")) == 1
    clock.set(clock.now() + timedelta(seconds=1))
    client.post(tap)
    assert len(mailing.interactions("ana", "directly_open_push")) == 2


def test_a_clock_that_is_ahead_does_no_harm(client: Client, mailing: Mailing, tap: str) -> None:  # O3
    assert client.post(tap, content=b'{"at": "2036-01-01T00:00:00Z"}').status_code == 204
    assert len(mailing.interactions("ana", "directly_open_push")) == 1


def test_pages_from_anywhere_may_tell_it(client: Client, tap: str) -> None:
    asked = client.options(tap, headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"})
    assert asked.status_code == 204
    for answer in (asked, client.post(tap), client.post(tap, content=b"{"), client.post("/p/broken")):
        assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in asked.headers["access-control-allow-methods"]
    assert "content-type" in asked.headers["access-control-allow-headers"].lower()


@pytest.mark.parametrize(
    ("body", "path"),
    [(b"{", ""), (b"[]", ""), (b'{"at": "noon"}', "at"), (b'{"id": ""}', "id"), (b'{"buton": "x"}', "buton")],
)
def test_a_body_that_cannot_be_read_is_refused_with_its_place(
    client: Client, mailing: Mailing, tap: str, body: bytes, path: str
) -> None:
    answer = client.post(tap, content=body)
    assert answer.status_code == 400
    (problem,) = answer.json()["problems"]
    assert problem["path"] == path
    assert mailing.interactions("ana", "directly_open_push") == []


def test_an_address_of_another_kind_or_a_broken_one_is_no_tap(
    client: Client, site: Site, mailing: Mailing, tap: str
) -> None:
    sent: Addresses = mailing.send(("ana", "ana@example.com"))["ana"]
    forged = Tracker("another secret", URL).tap_url(MARK).rpartition("/")[2]
    others = [path.split("/")[2] for path in (sent.pixel, sent.link, sent.unsubscribe)]
    for token in [*others, tap.split("/")[2][:-6], forged, "x", "%00"]:
        assert client.post(f"/p/{token}").status_code == 404
    token = tap.split("/")[2]
    assert isinstance(site.tracker.read(token), TapMark)
    for kind in "ocu":
        assert client.get(f"/{kind}/{token}", follow_redirects=False).status_code == 404
    assert client.post(f"/u/{token}").status_code == 404
    assert client.get(tap).status_code == 405
    assert mailing.interactions("ana", "directly_open_push") == []
    assert mailing.subscription("ana") == "subscribed"


def test_a_tap_of_a_user_who_is_gone_is_refused(client: Client, site: Site, tap: str) -> None:  # I2
    site.people.delete("ana")
    answer = client.post(tap)
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["code"] == "unknown_user"


class Broken(Tracking):
    """What tracking is while nothing can be written."""

    def submit(self, events: Sequence[Event]) -> list[bool]:
        raise Unavailable(f"{len(events)} events cannot be written.")


def test_while_nothing_can_be_written_the_tap_may_be_told_again(site: Site, tap: str) -> None:
    broken = replace(site, tracking=Broken(site.runner, site.clock))
    answer = Client(create_app(broken), base_url=URL, raise_server_exceptions=False).post(tap)
    assert answer.status_code == 503
    assert answer.headers["access-control-allow-origin"] == "*"
    assert int(answer.headers["retry-after"]) > 0
