"""What holds for every page: it is a whole document, small, and brings no style or script of its own."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser

import pytest
import structlog
from litestar import Litestar, Router, get
from litestar.testing import TestClient

from ensue.web.app import Application
from ensue.web.dashboard.assets import assets
from ensue.web.dashboard.failures import EXCEPTION_HANDLERS
from ensue.web.dashboard.guard import guard
from ensue.web.dashboard.pages import POLICY, SECTIONS
from ensue.web.site import Site
from tests.web.asking import routes_of
from tests.web.mailing import Client

FIRST_LOAD = 60_000
STYLE_SHEET = 20_000
SCRIPT_LINES = 100
PAIRED = {"a", "button", "dl", "fieldset", "form", "h1", "h2", "li", "main", "nav", "ol", "p", "section", "select"}
PAIRED |= {"span", "table", "tbody", "td", "th", "thead", "tr", "ul", "label", "textarea", "svg", "figure", "code"}


def addresses(site: Site) -> list[str]:
    """Return the pages that can be read without naming a thing."""
    return [
        route.path_format
        for route in routes_of(site)
        if route.path_format.startswith("/dashboard")
        and "{" not in route.path_format
        and "GET" in route.methods
        and not any(handler.opt.get("part") for handler in route.route_handlers)  # a fragment for `data-live`
    ]


class Reader(HTMLParser):
    """Reads a page, and notes what has no place in it."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.open: list[str] = []
        self.ids: list[str] = []
        self.labelled: list[str] = []
        self.fields: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.faults += [f"{tag} {name}" for name in named if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and not named.get("src")):
            self.faults.append(tag)
        self.faults += [str(named[name]) for name in ("src", "href", "action") if "//" in (named.get(name) or "")]
        if tag in PAIRED:
            self.open.append(tag)
        if identity := named.get("id"):
            self.ids.append(identity)
        if tag == "label" and named.get("for"):
            self.labelled.append(str(named["for"]))
        if tag in {"input", "select", "textarea"} and named.get("type") not in {"hidden", "checkbox", "radio"}:
            self.fields.append(str(named.get("id") or named.get("aria-label") or f"{tag} without a label"))

    def handle_endtag(self, tag: str) -> None:
        if tag in PAIRED and (not self.open or self.open.pop() != tag):
            self.faults.append(f"</{tag}> closes nothing")


def look_at(text: str) -> Reader:
    """Read a page to its end."""
    reader = Reader()
    reader.feed(text)
    reader.close()
    reader.faults += [f"<{tag}> stays open" for tag in reader.open]
    return reader


def test_every_page_is_a_whole_document_with_a_title_and_one_heading(site: Site, browser: Client) -> None:
    seen = 0
    for path in addresses(site):
        page = browser.get(path)
        if page.status_code == 303:
            continue
        seen += 1
        assert (path, page.status_code) == (path, 200)
        assert re.search(r"<title>\S.* · Ensue</title>", page.text), path
        assert page.text.count("<h1>") == 1, path
        assert page.headers["content-security-policy"] == POLICY
        reader = look_at(page.text)
        assert (path, reader.faults) == (path, [])
        assert (path, len(set(reader.ids))) == (path, len(reader.ids))
        unlabelled = {one for one in reader.fields if one not in reader.labelled and "without" in one}
        assert (path, unlabelled) == (path, set())
    assert seen > 6


def test_the_first_load_is_small(site: Site, browser: Client) -> None:
    files = sum(len(one.zipped) for one in assets().values())
    assert len(assets()["dashboard.css"].plain) <= STYLE_SHEET
    assert assets()["live.js"].plain.count(b"\n") <= SCRIPT_LINES
    for path in addresses(site):
        assert len(browser.get(path).content) + files <= FIRST_LOAD


def test_pages_are_zipped_on_the_wire_and_files_only_once(browser: Client) -> None:
    page = browser.get("/dashboard/settings/workspace")
    assert page.headers["content-encoding"] == "gzip"
    assert int(page.headers["content-length"]) < len(page.content) / 2
    plain = browser.get("/dashboard/settings/workspace", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert "accept-encoding" in page.headers["vary"].lower()
    style = browser.get("/dashboard/static/dashboard.css")
    assert style.content == assets()["dashboard.css"].plain


def test_files_are_kept_for_good_under_the_address_that_pages_name(anybody: Client) -> None:
    page = anybody.get("/dashboard/sign-in").text
    for name in ("dashboard.css", "live.js", "icon.svg"):
        (address,) = set(re.findall(rf'"(/dashboard/static/{re.escape(name)}\?v=\w+)"', page))
        found = anybody.get(address)
        assert "immutable" in found.headers["cache-control"]
        assert found.content == assets()[name].plain
        assert anybody.get(address.partition("?")[0]).headers["cache-control"] == "no-cache"
    assert anybody.get("/dashboard/static/absent.css").status_code == 404


def test_the_present_section_is_marked(browser: Client) -> None:
    page = browser.get("/dashboard/settings/channels").text
    assert re.findall(r'<a href="([^"]+)" aria-current="page">', page) == [
        "/dashboard/settings",
        "/dashboard/settings/channels",
    ]
    assert len(SECTIONS) == 7


def test_an_address_without_a_page_says_so(browser: Client) -> None:
    page = browser.get("/dashboard/nowhere/at/all")
    assert page.status_code == 404
    assert "The page does not exist" in page.text


@get("/bug", role="anyone", sync_to_thread=True)
def find_bug() -> None:
    message = "a secret of the program"
    raise RuntimeError(message)


def test_a_bug_is_told_by_its_id_and_nothing_else(site: Site) -> None:
    failing = Router("/dashboard", route_handlers=[find_bug], guards=[guard], exception_handlers=EXCEPTION_HANDLERS)
    app = Application(site, Litestar([failing], logging_config=None))
    with structlog.testing.capture_logs() as logs, TestClient(app, raise_server_exceptions=False) as client:
        page = client.get("/dashboard/bug")
    assert page.status_code == 500
    assert "a secret of the program" not in page.text
    (logged,) = logs
    assert f"its log says more under the id {logged['error']}" in page.text


def test_a_page_says_that_the_database_is_away(site: Site, browser: Client) -> None:
    site.runner.close()
    page = browser.get("/dashboard/settings/changes")
    assert page.status_code == 503
    assert "Try again in a moment" in page.text


def test_what_is_said_after_a_form_is_said_once_and_escaped(browser: Client) -> None:
    browser.cookies.set("ensue_flash", "%7B%22text%22%3A%20%22%3Cb%3E%22%2C%20%22kind%22%3A%20%22x%22%7D", path="/")
    page = browser.get("/dashboard/settings/me")
    assert '<p class="flash good" role="status">' in page.text
    assert "&lt;b&gt;" in page.text
    assert "ensue_flash=" in page.headers["set-cookie"]


@pytest.mark.parametrize("cookie", ["x", "%7B%7D", "[1]", "%22a%22", "null"])
def test_a_cookie_that_says_nothing_changes_nothing(browser: Client, cookie: str) -> None:
    browser.cookies.set("ensue_flash", cookie, path="/")
    page = browser.get("/dashboard/settings/me")
    assert page.status_code == 200
    assert "flash" not in page.text
