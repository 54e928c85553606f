"""Campaigns and activity in a real browser: by mouse, by keyboard, without JavaScript, and for axe."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk
from tests.browser.test_dashboard_settings import PHONE, faults, overflow

SignIn = Callable[..., Page]
CAMPAIGN = """
kind: campaign
id: {id}
name: {name}
tags: [shop]
variations:
  - {{name: A, share: 50, channels: {{in_app_message: {{body: Hello}}}}}}
  - {{name: B, share: 30, channels: {{in_app_message: {{body: Hello you}}}}}}
control_group: 20
delivery: {{type: action_based, triggers: [{{custom_event: {{name: {id}}}}}], delay: {{after: {delay}}}}}
conversions: [{{make_purchase: {{}}, window: 3 days}}]
audience: {{segments: [everyone]}}
"""


def begin(desk: Desk, identity: str, name: str, delay: str = "1 day", people: int = 3) -> None:
    """Launch a campaign, and let people do what starts it."""
    desk.launch(CAMPAIGN.format(id=identity, name=name, delay=delay))
    events = [{"external_id": f"{identity}-{number}", "name": identity} for number in range(people)]
    if events:
        desk.client.post("/users/track", json={"events": events}).raise_for_status()


@pytest.fixture(scope="module")
def cart(desk: Desk) -> str:
    """Launch a campaign for which people wait."""
    begin(
        desk, "cart", "Abandoned cart, with a name that is long enough to need a second line on every phone", people=60
    )
    return "/dashboard/campaigns/cart"


@pytest.mark.full
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_of_campaigns_has_a_serious_fault_or_is_too_wide(signed_in: SignIn, cart: str, scheme: str) -> None:
    page = signed_in(color_scheme=scheme, viewport=PHONE)
    parts = [f"{cart}{part}" for part in ("", "/waiting", "/decisions", "/versions")]
    for path in ("/dashboard/campaigns", *parts, "/dashboard/activity"):
        page.goto(path)
        for one in page.locator("details").all():
            one.evaluate("element => element.open = true")
        assert (path, faults(page)) == (path, [])
        assert (path, overflow(page)) == (path, 0)


def test_a_campaign_is_found_stopped_and_resumed_by_mouse(signed_in: SignIn, desk: Desk) -> None:
    begin(desk, "spring", "Spring letter")
    page = signed_in()
    page.goto("/dashboard/campaigns")
    page.get_by_label("Search").fill("spring letter")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Spring letter").click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    expect(page.get_by_text("“Spring letter” was stopped.")).to_be_visible()
    expect(page.get_by_role("img", name="From entering to converting")).to_contain_text("the campaign was stopped")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_who_waits_and_what_was_decided_is_read_with_and_without_javascript(
    signed_in: SignIn,
    cart: str,
    scripts: bool,  # noqa: FBT001  (a parameter of the test)
) -> None:
    page = signed_in(java_script_enabled=scripts)
    page.goto(cart)
    page.get_by_role("link", name="Waiting").click()
    expect(page.get_by_text("60 waiting in all")).to_be_visible()
    page.get_by_role("link", name="Further").click()
    expect(page.get_by_role("row")).to_have_count(10 + 1)
    page.get_by_role("link", name="Decisions").click()
    page.get_by_label("User").fill("cart-7")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row")).to_have_count(1 + 1)
    page.get_by_label("Outcome").select_option("Cancelled")
    if not scripts:  # a choice is sent at once where there are scripts
        page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No such decision")).to_be_visible()


def test_the_activity_shows_what_happens_meanwhile(signed_in: SignIn, desk: Desk) -> None:
    page = signed_in()
    page.goto("/dashboard/activity")
    begin(desk, "live", "Live letter", people=1)
    expect(page.get_by_text("did “live”")).to_be_visible(timeout=10_000)


def test_a_copy_is_made_and_archived_by_keyboard_alone(signed_in: SignIn, desk: Desk) -> None:
    begin(desk, "keys", "Letter by keys", people=0)
    page = signed_in()
    page.goto("/dashboard/campaigns/keys")
    page.get_by_role("button", name="Duplicate").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("A copy of “Letter by keys” was saved as a draft.")).to_be_visible()
    expect(page.get_by_text("Not launched yet")).to_be_visible()
    page.get_by_role("button", name="Archive").focus()
    page.keyboard.press("Space")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Archive").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Take out of the archive")).to_be_visible()
