"""Web push from end to end, but for the browser maker's push service: one on loopback stands in for that."""

import json
import os
import ssl
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Page, Worker

from tests.acceptance.running import until
from tests.browser.conftest import Desk, Json
from tests.browser.shop import Visitor

Visit = Callable[..., Visitor]
CAMPAIGNS = """\
---
kind: campaign
id: tapped
name: Tapped
channels: {in_app_message: {layout: slideup, heading: You tapped}}
delivery:
  type: action_based
  triggers: [{interact_with_campaign: {campaign: lamps, interaction: directly_open_push, button: look}}]
audience: {segments: [everyone]}
---
kind: campaign
id: lamps
name: Lamps
channels:
  push:
    title: New lamps
    body: Have a look
    link: /lamps
    actions: [{id: look, text: Look, link: "/lamps?look"}, {id: later, text: Later}]
delivery: {type: action_based, triggers: [{custom_event: {name: waits}}]}
audience: {segments: [everyone]}
re_eligibility: {window: 0 seconds}
"""
# Browsers let a worker wait, open and focus only in answer to a tap that a person made; a test's tap is none.
TAP = """async (action) => {
  const [notification] = await registration.getNotifications();
  const event = new NotificationEvent("notificationclick", { notification, action });
  let done;
  event.waitUntil = (promise) => { done = promise };
  const opened = [];
  clients.openWindow = async (url) => opened.push(url);
  dispatchEvent(event);
  await done;
  return opened;
}"""
# In the place of the browser maker's service, which cannot be reached from here.
SUBSCRIBE = """(device) => {
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
    if (!applicationServerKey) throw new Error("no key");
    return { toJSON: () => ({ ...device, expirationTime: null }) };
  };
}"""


class PushService:
    """Takes what Ensue hands over for one browser, and reads it as that browser does."""

    def __init__(self, authority: trustme.CA) -> None:
        """Listen, with a certificate of that authority."""
        self.messages: list[Json] = []
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def device(self) -> dict[str, Any]:
        """Return the browser's subscription."""
        form = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        keys = {"p256dh": encoded(self._key.public_key().public_bytes(*form)), "auth": encoded(self._auth)}
        return {"endpoint": f"https://127.0.0.1:{self._server.server_port}/browser", "keys": keys}

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def _take(self, body: bytes) -> None:
        plain = http_ece.decrypt(body, private_key=self._key, auth_secret=self._auth, version="aes128gcm")
        self.messages.append(json.loads(plain))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self._take

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                take(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(201)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture
def service(authority: trustme.CA) -> Iterator[PushService]:
    """Run the push service."""
    service = PushService(authority)
    yield service
    service.close()


@pytest.fixture(scope="module")
def lamps(desk: Desk) -> None:
    """Launch the campaign that pushes, and its follow-on."""
    desk.launch(CAMPAIGNS)


def subscribed(visitor: Visitor, service: PushService, desk: Desk) -> Page:
    """Open a page whose person wants push messages."""
    visitor.context.grant_permissions(["notifications"], origin=desk.shop.url)
    visitor.context.add_init_script(f"({SUBSCRIBE})({json.dumps(service.device)})")
    page = visitor.open()
    until(lambda: page.evaluate("Boolean(ensue.pushKey)"), "the key is known")
    assert page.evaluate("ensue.subscribePush()")
    desk.wait_for(visitor.user, type="push_registered")
    return page


def pushed(visitor: Visitor, page: Page, service: PushService, desk: Desk) -> Worker:
    """Let Ensue push, and the browser show it."""
    before = len(service.messages)
    page.evaluate("ensue.logEvent('waits')")
    until(lambda: len(service.messages) > before, "it is pushed")
    session = visitor.context.new_cdp_session(page)
    found: list[Json] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    until(lambda: page.evaluate("1") and found, "the service worker is there")
    delivery = {"origin": desk.shop.url, "registrationId": found[0]["registrationId"]}
    session.send("ServiceWorker.deliverPushMessage", {**delivery, "data": json.dumps(service.messages[-1])})
    session.detach()
    (worker,) = visitor.context.service_workers
    until(lambda: worker.evaluate("registration.getNotifications().then((all) => all.length)"), "it is shown")
    return worker


@pytest.mark.usefixtures("lamps")
def test_a_tap_on_a_push_message_is_recorded_and_leads_on(desk: Desk, visit: Visit, service: PushService) -> None:
    # T1: `button` narrows the tap
    visitor = visit("ana")
    page = subscribed(visitor, service, desk)
    worker = pushed(visitor, page, service, desk)
    shown = worker.evaluate(
        """registration.getNotifications().then(([{ title, body, tag, actions }]) =>
          ({ title, body, tag, actions: actions.map(({ action, title }) => [action, title]) }))"""
    )
    assert shown == {
        "title": "New lamps",
        "body": "Have a look",
        "tag": "lamps",
        "actions": [["look", "Look"], ["later", "Later"]],
    }
    assert worker.evaluate(TAP, "look") == [f"{desk.shop.url}/lamps?look"]
    (tap,) = desk.events("ana", interaction="directly_open_push")  # it was told before the page opened
    assert (tap["campaign"], tap["button"]) == ("lamps", "look")
    page.get_by_role("status").get_by_text("You tapped").wait_for()
    pushed(visitor, page, service, desk)
    assert worker.evaluate(TAP, "") == [f"{desk.shop.url}/lamps"]


@pytest.mark.usefixtures("lamps")
def test_a_tap_without_a_net_is_told_at_the_next_push(desk: Desk, visit: Visit, service: PushService) -> None:
    visitor = visit("otto")
    page = subscribed(visitor, service, desk)
    worker = pushed(visitor, page, service, desk)
    visitor.context.set_offline(offline=True)
    worker.evaluate(TAP, "later")
    visitor.context.set_offline(offline=False)
    assert desk.events("otto", interaction="directly_open_push") == []
    pushed(visitor, page, service, desk)
    (told,) = desk.wait_for("otto", interaction="directly_open_push")
    assert told["button"] == "later"
    visitor.complaints.clear()


def test_a_device_moves_along_with_its_user(desk: Desk, visit: Visit, service: PushService) -> None:
    visitor = visit("leaves")
    page = subscribed(visitor, service, desk)
    page.evaluate("() => { ensue.changeUser('comes'); return ensue.flush() }")
    desk.wait_for("comes", type="push_registered")
    assert desk.client.get("/api/v1/users/leaves").json()["devices"] == 0
    assert desk.client.get("/api/v1/users/comes").json()["devices"] == 1
    assert page.evaluate("ensue.unsubscribePush()")
    desk.wait_for("comes", type="push_unregistered")
    assert desk.client.get("/api/v1/users/comes").json()["devices"] == 0


def test_without_permission_nobody_is_subscribed(desk: Desk, visit: Visit) -> None:
    page = visit("shy").open()
    until(lambda: page.evaluate("Boolean(ensue.pushKey)"), "the key is known")
    assert page.evaluate("ensue.subscribePush()") is False
    assert desk.events("shy", type="push_registered") == []
