"""A shop's own web server, on another origin than Ensue's, and one visitor's browser in it."""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request

POLICY = (
    "default-src 'none'; script-src 'self' {ensue}; connect-src {ensue}; img-src 'self' {ensue}; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'"
)
"""The strictest policy under which a site can use the SDK, as docs/howto/website.md says it."""
PAGE = """\
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title><link rel="icon" href="/icon">
<script type="module" src="/shop.js"></script></head>
<body><h1>Shop</h1><button id="buy">Buy</button>LAMPS
<ensue-feed>No news yet.</ensue-feed></body></html>
""".replace("LAMPS", "<p>A lamp</p>" * 60)
SCRIPT = """\
import ensue from "{ensue}/sdk/ensue.js";
const given = new URL(location).searchParams.get("options");
Object.assign(window, {{ ensue, errors: [], feeds: [] }});
const onError = (error) => errors.push([error.status, error.message]);
if (given) {{
  ensue.init({{ ...JSON.parse(given), onError }});
  ensue.onFeed((cards) => feeds.push(cards.map((one) => one.card)));
}}
document.documentElement.dataset.ready = "yes";
"""
Options = Mapping[str, Any]


class Shop:
    """The web server. Pages at /page are strict in what they allow, those at /loose allow everything."""

    def __init__(self, ensue: str) -> None:
        """Serve pages that load the SDK from `ensue`."""
        self.pages: dict[str, tuple[str, str]] = {
            "/page": ("text/html", PAGE),
            "/loose": ("text/html", PAGE),
            "/lamps": ("text/html", "<!doctype html><title>Lamps</title><link rel=icon href=/icon><h1>Lamps</h1>"),
            "/shop.js": ("text/javascript", SCRIPT.format(ensue=ensue)),
            "/sw.js": ("text/javascript", f'importScripts("{ensue}/sdk/sw.js");\n'),
        }
        self.policy = POLICY.format(ensue=ensue)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                kind, text = shop.pages.get(path, ("text/html", "<!doctype html><title>Nothing</title>"))
                self.send_response(200)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                if path == "/page":
                    self.send_header("Content-Security-Policy", shop.policy)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


class Visitor:
    """One person's browser profile: its pages, and what they asked for and complained of."""

    def __init__(self, context: BrowserContext, shop: Shop, options: Options) -> None:
        """Watch everything that the pages do; `options` are those of `init`."""
        self.context = context
        self.user = str(options["user"])
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._shop = shop
        self._options = dict(options)
        context.on("request", self._asked)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def open(self, path: str = "/page", **options: object) -> Page:
        """Open a page of the shop in a tab."""
        page = self.context.new_page()
        self.go(page, path, **options)
        return page

    def go(self, page: Page, path: str = "/page", **options: object) -> None:
        """Lead a tab to a page of the shop."""
        page.goto(f"{self._shop.url}{path}?options={quote(json.dumps({**self._options, **options}))}")
        page.wait_for_selector("html[data-ready]")

    def hosts(self) -> set[str]:
        """Return the hosts that were asked for something."""
        return {urlsplit(url).hostname or "" for url in self.requests if url.startswith("http")}

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


def message_in(page: Page) -> Locator:
    """Find the in-app message on a page, inside its shadow root."""
    return page.locator("ensue-message").locator("dialog, [role=status]")
