"""A whole Ensue sends push messages and webhooks out of the box, to real services on the loopback."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from litestar.testing import TestClient
from msgspec.structs import replace
from standardwebhooks import Webhook

from ensue.channels.vapid import new_key, public_key
from ensue.config import Settings
from ensue.core.contents import Channels, Push
from ensue.core.contents import Webhook as WebhookContent
from ensue.core.events import CampaignInteracted
from ensue.core.records import Campaign, Scheduled
from ensue.errors import Rejected
from ensue.runners.clock import SystemClock
from ensue.system import System, open_system
from ensue.web.app import create_app
from tests.acceptance.running import until
from tests.channels.apns_service import key_file
from tests.channels.browser import Browser
from tests.channels.http_server import HttpServer, Reply, http_server

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with http_server(lambda _: Reply(201)) as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        database=tmp_path / "ensue.db",
        base_url="http://ensue.test",
        mail_from="Shop <news@shop.example>",
        allowed_networks=("127.0.0.1/32",),
        webhook_secret=SECRET,
    )


@contextmanager
def opened(settings: Settings) -> Iterator[System]:
    system = open_system(settings, SystemClock())
    try:
        yield system
    finally:
        system.close()


def launch(system: System, channels: Channels, device: str = "") -> None:
    site = system.site
    site.people.put([("ana", {"first_name": "Ana"})])
    if device:
        site.people.register("ana", "web", device)
    site.definitions.save_campaign(Campaign(id="hello", channels=channels, delivery=Scheduled(at="launch")))
    site.launching.move("launch", ["hello"])


def interactions(system: System) -> list[CampaignInteracted]:
    events = [tale.event for tale in system.site.runner.read(lambda store: store.ledger.events_of("ana"))]
    return [event for event in events if isinstance(event, CampaignInteracted)]


def outcome(system: System, wanted: str) -> Callable[[], bool]:
    return lambda: any(
        decision.outcome == wanted
        for _, decision in system.site.runner.read(lambda store: store.ledger.decisions(user="ana", limit=10))
    )


def test_a_push_message_reaches_the_browser_and_its_tap_comes_back(settings: Settings, server: HttpServer) -> None:
    browser = Browser.made()
    with opened(settings) as system:
        push = Push(title="Hi {{${first_name}}}", body="Look")
        launch(system, Channels(push=push), browser.subscription(f"{server.url}/push/1"))
        until(outcome(system, "sent"), "the push service accepted it")
        (asked,) = server.asked
        assert asked.headers["authorization"].endswith(f"k={system.site.push_key}")
        payload = json.loads(browser.decrypted(asked.body))
        assert payload["title"] == "Hi Ana"
        with TestClient(create_app(system.site), base_url=settings.base_url) as client:
            assert client.post(payload["tap"], content=b'{"id": "tap-1"}').status_code == 204
        (opened_push,) = [one for one in interactions(system) if one.interaction == "directly_open_push"]
        assert (opened_push.message, opened_push.id) == (payload["message"], "tap-1")


def test_a_browser_that_is_gone_is_forgotten(settings: Settings, server: HttpServer) -> None:
    server.replies(410)
    with opened(settings) as system:
        launch(system, Channels(push=Push(title="Hi")), Browser.made().subscription(f"{server.url}/push/1"))
        until(outcome(system, "suppressed"), "the push service refused it")
        assert system.site.people.load("ana").devices == {}


def test_a_webhook_is_signed_with_the_secret_of_the_settings(settings: Settings, server: HttpServer) -> None:
    with opened(settings) as system:
        launch(system, Channels(webhook=WebhookContent(url=f"{server.url}/hook", body='{"to": "{{${user_id}}}"}')))
        until(outcome(system, "sent"), "the webhook was accepted")
    (asked,) = server.asked
    assert Webhook(SECRET).verify(asked.body, dict(asked.headers)) == {"to": "ana"}


def test_without_the_setting_a_private_address_is_not_reached(settings: Settings, server: HttpServer) -> None:
    with opened(replace(settings, allowed_networks=())) as system:
        launch(system, Channels(webhook=WebhookContent(url=f"{server.url}/hook")))
        until(outcome(system, "suppressed"), "it was refused")
    assert server.asked == []


def test_the_key_of_web_push_is_made_once_and_kept(settings: Settings) -> None:
    with opened(settings) as system:
        first = system.site.push_key
    with opened(settings) as system:
        assert system.site.push_key == first
    own = new_key()
    with opened(replace(settings, vapid_key=own)) as system:
        assert system.site.push_key == public_key(own)


def test_files_that_hold_no_keys_are_refused_at_start(settings: Settings, tmp_path: Path) -> None:
    empty, before = tmp_path / "empty", set(threading.enumerate())
    empty.touch()
    for wrong in (replace(settings, fcm_credentials=empty), replace(settings, apns_key=empty)):
        with pytest.raises(Rejected):
            open_system(wrong, SystemClock())
    assert set(threading.enumerate()) <= before, "a thread keeps the process from ending"
    right = replace(settings, apns_key=key_file(tmp_path), apns_key_id="K", apns_team_id="T", apns_topic="a.b")
    with opened(right):
        pass
