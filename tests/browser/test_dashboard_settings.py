"""The dashboard's door and settings in a real browser: by mouse, by keyboard, without JavaScript, and for axe."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Desk

SignIn = Callable[..., Page]
PAGES = ("workspace", "channels", "keys", "apps", "operators", "changes", "me")
PHONE = {"width": 360, "height": 740}
SERIOUS = {"serious", "critical"}


def faults(page: Page) -> list[str]:
    """Return what axe holds to be a serious fault."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html']}" for one in found if one["impact"] in SERIOUS for node in one["nodes"]]


def overflow(page: Page) -> int:
    """Return by how much a page is wider than its window."""
    found: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found


@contextmanager
def fresh(browser: Browser, url: str, **options: object) -> Iterator[Page]:
    """Open a page in a browser of its own."""
    context = browser.new_context(base_url=url, **options)  # type: ignore[arg-type]  # as Playwright names them
    yield context.new_page()
    context.close()


@pytest.mark.full
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_of_the_settings_has_a_serious_fault_or_is_too_wide(signed_in: SignIn, scheme: str) -> None:
    page = signed_in(color_scheme=scheme, viewport=PHONE)
    for name in PAGES:
        page.goto(f"/dashboard/settings/{name}")
        assert (name, faults(page)) == (name, [])
        assert (name, overflow(page)) == (name, 0)


def test_the_sign_in_has_no_serious_fault(browser: Browser, desk: Desk) -> None:
    with fresh(browser, desk.url) as page:
        page.goto("/dashboard")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert faults(page) == []


def test_an_owner_lets_somebody_in_and_shuts_them_out(signed_in: SignIn, browser: Browser, desk: Desk) -> None:
    page = signed_in()
    page.goto("/dashboard/settings/operators")
    page.get_by_label("Name", exact=True).fill("Bo")
    page.get_by_role("button", name="Add, and make").click()
    link = page.get_by_label("Hand this link to Bo.").input_value()
    with fresh(browser, desk.url) as other:
        other.goto(link)
        other.get_by_label("Password").fill("three plain words")
        other.get_by_label("The same once more").fill("three plain words")
        other.get_by_role("button", name="Set the password").click()
        expect(other.get_by_text("Welcome, Bo.")).to_be_visible()
        page.goto("/dashboard/settings/operators")
        row = page.get_by_role("row", name="Bo")
        row.get_by_role("button", name="Shut out").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Shut Bo out?")
        dialog.get_by_role("button", name="Cancel").click()
        expect(row.get_by_role("button", name="Shut out")).to_be_visible()
        row.get_by_role("button", name="Shut out").click()
        dialog.get_by_role("button", name="Shut out").click()
        expect(page.get_by_text("Bo is shut out")).to_be_visible()
        other.reload()
        expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_caps_are_added_removed_and_saved_with_and_without_javascript(signed_in: SignIn, scripts: bool) -> None:  # noqa: FBT001  (a parameter of the test)
    page = signed_in(java_script_enabled=scripts)
    page.goto("/dashboard/settings/workspace")
    while page.get_by_role("button", name="Remove cap 1").count():
        page.get_by_role("button", name="Remove cap 1").click()
        page.wait_for_load_state()
    page.get_by_label("Time zone").fill("Europe/Stockholm")
    page.get_by_role("button", name="Add a cap").click()
    page.get_by_label("At most").fill("3")
    page.get_by_label("within").fill("7")
    page.get_by_label("messages by").select_option("e-mail")
    page.get_by_role("button", name="Add a cap").click()
    expect(page.get_by_label("At most")).to_have_count(2)
    expect(page.get_by_label("At most").first).to_have_value("3")
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Stockholm")
    page.get_by_role("button", name="Remove cap 2").click()
    expect(page.get_by_label("At most")).to_have_count(1)
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("within")).to_have_value("7")


def test_a_key_is_made_by_keyboard_alone(signed_in: SignIn) -> None:
    page = signed_in()
    page.goto("/dashboard/settings/keys")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "name":
            break
    page.keyboard.type("the shop")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_label("The new key.")).to_have_value(re.compile("^ek_"))
