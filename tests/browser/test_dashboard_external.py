"""A campaign that another system sends, in a real browser: made by mouse, launched, and for axe (B8)."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk
from tests.browser.test_dashboard_settings import PHONE, faults, overflow

SignIn = Callable[..., Page]


def make(page: Page) -> None:
    page.goto("/dashboard/campaigns/new")
    page.get_by_label("Name").fill("Partner's letter")
    page.get_by_label("Another system sends it").check()
    page.get_by_role("button", name="Create the draft").click()


def test_an_external_campaign_is_made_and_launched_by_mouse(signed_in: SignIn, desk: Desk) -> None:
    page = signed_in()
    make(page)
    expect(page.get_by_label("Sent elsewhere")).to_be_checked()
    expect(page.get_by_role("heading", name="Triggers")).to_be_hidden()
    page.get_by_label("Push message").check()
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_role("button", name="Review").click()
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_text("Another system sends it").first).to_be_visible()
    found = desk.client.get("/api/v1/campaigns/partner-s-letter").raise_for_status().json()
    assert found["status"] == "active"
    assert found["definition"]["delivery"] == {"type": "external", "channels": ["email", "push"]}


def test_its_pages_are_without_fault_also_on_a_phone(signed_in: SignIn) -> None:
    page = signed_in()
    make(page)
    expect(page.get_by_label("Sent elsewhere")).to_be_checked()
    for address in ("new", "partner-s-letter/edit/compose", "partner-s-letter/edit/delivery", "partner-s-letter"):
        page.goto(f"/dashboard/campaigns/{address}")
        assert faults(page) == [], address
        page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        assert overflow(page) == 0, address
        page.set_viewport_size({"width": 1280, "height": 800})
