"""A real Chromium, a real Ensue for each module, and a shop whose pages use the SDK.

One rule: nothing leaves loopback: the browser knows no other host, and every visitor is asked afterwards.
"""

import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import trustme
import yaml
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from ensue.runners.clock import fresh_id
from tests.acceptance.running import Running, until
from tests.browser.shop import Shop, Visitor

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
MISSING = "Chromium is missing, and these tests drive a real browser. On Debian and Ubuntu: sudo apt install chromium"
PASSWORD = "three plain words"
Json = dict[str, Any]
expect.set_options(timeout=20_000)  # two busy cores prove nothing


class Desk:
    """The people who run campaigns: they save and launch them, and look at what came of it."""

    def __init__(self, client: httpx.Client, shop: Shop) -> None:
        """Work with the owner's rights."""
        self.client = client
        self.shop = shop
        self.url = str(client.base_url).rstrip("/")

    def app(self, **more: object) -> Json:
        """Make an app for the shop's origin; return its id and its secret."""
        made = self._asked("POST", "/api/v1/apps", {"name": "Shop", "origins": [self.shop.url], **more})
        return {"id": made["app"]["id"], "secret": made["secret"]}

    def launch(self, definitions: str) -> None:
        """Launch definitions given as YAML, in their order: follow-ons before their originals."""
        found = list(yaml.safe_load_all(definitions))
        for one in reversed(found):
            self._asked("POST", f"/api/v1/{one['kind']}s", one)
        for one in found:
            self.move(f"{one['kind']}s", one["id"], "launch")

    def move(self, kind: str, name: str, move: str) -> None:
        """Launch, stop, resume or archive one."""
        self._asked("POST", f"/api/v1/{kind}/{name}/{move}")

    def events(self, user: str, **fields: object) -> list[Json]:
        """Return the events of a user that have these fields, the oldest first."""
        response = self.client.get(f"/api/v1/users/{user}/events", params={"limit": 1000})
        if response.status_code == httpx.codes.NOT_FOUND:
            return []
        found = [one["event"] for one in reversed(response.raise_for_status().json()["events"])]
        return [one for one in found if all(one.get(name) == value for name, value in fields.items())]

    def wait_for(self, user: str, count: int = 1, **fields: object) -> list[Json]:
        """Wait until a user has at least this many events with these fields."""
        return until(lambda: found if len(found := self.events(user, **fields)) >= count else None, str(fields))

    def wait_for_sent(self, *campaigns: str) -> None:
        """Wait until each of these campaigns was sent to somebody."""

        def sent(campaign: str) -> bool:
            path = f"/api/v1/campaigns/{campaign}/decisions?outcome=sent"
            return bool(self.client.get(path).raise_for_status().json()["decisions"])

        until(lambda: all(sent(one) for one in campaigns), f"{campaigns} are sent")

    def _asked(self, method: str, path: str, body: Json | None = None) -> Json:
        response = self.client.request(method, path, json=body)
        assert response.is_success, response.text
        found: Json = response.json() if response.content else {}
        return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium; for a module only, because its event loop must not be in the way of other tests."""
    path = shutil.which("chromium")
    assert path, MISSING
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Make an authority that vouches for the push service on loopback."""
    return trustme.CA()


@pytest.fixture(scope="module")
def ensue(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA) -> Iterator[Running]:
    """Prepare an Ensue that may hand push messages to this machine."""
    folder = tmp_path_factory.mktemp("ensue")
    trusted = folder / "authority.pem"
    authority.cert_pem.write_to_path(trusted)
    running = Running(folder, 9, ENSUE_ALLOWED_NETWORKS="127.0.0.1/32", SSL_CERT_FILE=str(trusted))
    yield running
    running.close()


@pytest.fixture(scope="module")
def desk(ensue: Running) -> Iterator[Desk]:
    """Start Ensue and open the shop."""
    client = ensue.start()
    shop = Shop(str(client.base_url).rstrip("/"))
    yield Desk(client, shop)
    shop.close()


@pytest.fixture(scope="module")
def app(desk: Desk) -> Json:
    """Make an app that needs no user tokens."""
    return desk.app()


@pytest.fixture
def visit(browser: Browser, desk: Desk, app: Json) -> Iterator[Callable[..., Visitor]]:
    """Let people visit the shop; afterwards nothing may have left loopback, and no console have complained."""
    visitors: list[Visitor] = []

    def visit(user: str, **options: object) -> Visitor:
        chosen = {"app": app["id"], "user": user, "messages": {"minInterval": 0}, **options}
        visitors.append(Visitor(browser.new_context(), desk.shop, chosen))
        return visitors[-1]

    yield visit
    for one in visitors:
        one.context.close()
    assert set().union(*(one.hosts() for one in visitors)) <= {"127.0.0.1"}
    assert [complaint for one in visitors for complaint in one.complaints] == []


@pytest.fixture
def signed_in(browser: Browser, desk: Desk) -> Iterator[Callable[..., Page]]:
    """Sign somebody in to the dashboard, by the link that an owner hands them.

    `signed_in()` opens a page in a browser of its own; `signed_in(role="viewer", java_script_enabled=False,
    viewport=…, color_scheme="dark")` one of another kind. Afterwards nothing may have left loopback.
    """
    contexts: list[BrowserContext] = []
    asked: list[str] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    def sign_in(role: str = "owner", **options: Any) -> Page:  # noqa: ANN401  (Playwright's own)
        made = desk.client.post("/api/v1/operators", json={"name": f"{role} {fresh_id()}", "role": role})
        context = browser.new_context(base_url=desk.url, **options)
        contexts.append(context)
        context.on("request", lambda request: asked.append(request.url))
        context.on("console", note)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        page = context.new_page()
        page.goto(made.raise_for_status().json()["link"])
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("The same once more").fill(PASSWORD)
        page.get_by_role("button", name="Set the password").click()
        page.get_by_text("Welcome, ").wait_for()
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert {urlsplit(url).hostname for url in asked if url.startswith("http")} <= {"127.0.0.1"}
    assert complaints == []
