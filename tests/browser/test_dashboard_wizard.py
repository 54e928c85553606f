"""The wizard in a real browser: the story of a follow-on by mouse, the same without JavaScript, and for axe."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk
from tests.browser.test_dashboard_settings import PHONE, faults, overflow

SignIn = Callable[..., Page]
STEPS = ("compose", "delivery", "audience", "goals", "review")
TESTED = """
kind: campaign
id: tested
name: Spring, with a name that is long enough to need a second line on every phone there is
variations:
  - {name: A, share: 45, channels: {email: {subject: Hello, html: "<h1 style='color:red'>Hello</h1>"}}}
  - {name: B, share: 45, channels: {push: {title: Hello}, in_app_message: {body: Hello}, webhook: {url: "https://x.example"}}}
control_group: 10
delivery:
  type: action_based
  triggers: [{make_purchase: {where: {color: {is: red}}}}, {custom_event: {name: seen}}]
  delay: {on_next: saturday, at: "09:00", zone: user}
  exceptions: [{start_session: {}}]
audience:
  filter:
    all:
      - {attribute: country, is: SE}
      - not: {any: [{event: seen, within: 30 days}, {purchase: any, spent: {more_than: 9}}]}
conversions: [{make_purchase: {}, window: 3 days}]
quiet_hours: {from: "22:00", to: "08:00"}
"""


def definition(desk: Desk, campaign: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.client.get(f"/api/v1/campaigns/{campaign}").raise_for_status().json()
    return found


def begin(page: Page, name: str) -> None:
    """Begin a campaign with an in-app message and write it."""
    page.goto("/dashboard/campaigns")
    page.get_by_role("link", name="New campaign").or_(page.get_by_role("link", name="Make the first")).first.click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").uncheck()
    page.get_by_label("In-app message").check()
    page.get_by_role("button", name="Create the draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    message = page.get_by_role("region", name="In-app message").first
    message.get_by_label("Heading").fill(f"{name}!")
    message.get_by_label("Body").fill("Hello {{ ${first_name} | default: 'you' }}")


def connect(page: Page, original: str) -> None:
    """Choose how the follow-on starts: the interaction, then the campaign; the delay, and what cancels it."""
    page.get_by_label("Action-based").check()
    page.get_by_label("Add trigger: kind").select_option("Interact with campaign")
    page.get_by_role("button", name="Add trigger").click()
    page.get_by_label("Interaction", exact=True).select_option("Clicks the in-app message")
    page.get_by_label("Campaign", exact=True).select_option(f"{original} (draft)")
    page.get_by_label("After a while").check()
    page.get_by_label("Wait", exact=True).fill("2")
    page.get_by_label("Wait: unit").select_option("hours")
    page.get_by_label("Add exception: kind").select_option("Make a purchase")
    page.get_by_role("button", name="Add exception").click()


def test_a_follow_on_is_made_and_launched_before_its_original_by_mouse(signed_in: SignIn, desk: Desk) -> None:
    page = signed_in()
    begin(page, "First hello")
    expect(page.locator("#preview")).to_contain_text("First hello!")
    page.get_by_role("button", name="Add a variation").click()
    expect(page.get_by_label("Share in percent").last).to_have_value("50")
    page.get_by_role("button", name="Remove").last.click()
    expect(page.get_by_role("heading", name="Message", exact=True)).to_be_visible()
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_label("Action-based").check()
    page.get_by_label("Add trigger: kind").select_option("Start a session")
    page.get_by_role("button", name="Add trigger").click()
    expect(page.locator("#sentence")).to_contain_text("starts a session, an in-app message is sent at once")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    begin(page, "Second hello")
    page.get_by_role("button", name="Save and continue").click()
    connect(page, "First hello")
    expect(page.locator("#sentence")).to_contain_text(
        "When somebody of the audience clicks the in-app message of “First hello”, Ensue waits 2 hours, and then an "
        "in-app message is sent, unless the person makes a purchase in the meantime."
    )
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_label("Everyone").check()
    expect(page.locator("#estimate")).to_contain_text("Users")
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_text("Nothing stands in the way of the launch.")).to_be_visible()
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.get_by_text("“Second hello” is launched")).to_be_visible()

    page.goto("/dashboard/campaigns/first-hello/edit/review")
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.get_by_text("“First hello” is launched")).to_be_visible()
    follow_on = definition(desk, "second-hello")
    assert follow_on["status"] == definition(desk, "first-hello")["status"] == "active"
    assert follow_on["definition"]["delivery"] == {
        "type": "action_based",
        "triggers": [{"interact_with_campaign": {"campaign": "first-hello", "interaction": "click_in_app_message"}}],
        "delay": {"after": "2 hours"},
        "exceptions": [{"make_purchase": {}}],
    }


def test_all_of_it_works_without_javascript(signed_in: SignIn, desk: Desk) -> None:
    page = signed_in(java_script_enabled=False)
    begin(page, "Plain hello")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#preview")).to_contain_text("Plain hello!")
    page.get_by_role("button", name="Add a variation").click()
    expect(page.get_by_role("heading", name="Variation B")).to_be_visible()
    page.get_by_role("button", name="Remove").last.click()
    page.get_by_role("button", name="Delivery").click()
    page.get_by_label("Scheduled").check()
    page.get_by_label("At launch").check()
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("#sentence")).to_contain_text("At its launch, an in-app message is sent to the audience.")

    begin(page, "Plain answer")
    page.get_by_role("button", name="Save and continue").click()
    connect(page, "Plain hello")
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_label("Kind of filter to add").select_option("Custom event")
    page.get_by_role("button", name="Add filter").click()
    page.get_by_label("Event", exact=True).fill("seen")
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_role("button", name="Add conversion").click()
    page.get_by_role("button", name="Remove: Make a purchase").click()
    page.get_by_role("button", name="Save and continue").click()

    page.goto("/dashboard/campaigns/plain-hello/edit/review")
    page.get_by_label("Plain answer").check()
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.get_by_text("is launched, with 1 that follow on it")).to_be_visible()
    assert definition(desk, "plain-answer")["status"] == definition(desk, "plain-hello")["status"] == "active"
    assert definition(desk, "plain-answer")["definition"]["audience"] == {"filter": {"all": [{"event": "seen"}]}}


def test_a_draft_is_made_by_keyboard(signed_in: SignIn, desk: Desk) -> None:
    page = signed_in()
    page.goto("/dashboard/campaigns/new")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("By keyboard")
    page.get_by_label("Subject").focus()
    page.keyboard.type("Hello")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert definition(desk, "by-keyboard")["definition"]["channels"] == {"email": {"subject": "Hello"}}


@pytest.fixture(scope="module")
def tested(desk: Desk) -> str:
    """Save a campaign of which every step has something to show."""
    desk.client.post("/api/v1/campaigns", json=yaml.safe_load(TESTED)).raise_for_status()
    return "/dashboard/campaigns/tested/edit"


@pytest.mark.full
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_step_has_a_serious_fault_or_is_too_wide(signed_in: SignIn, tested: str, scheme: str) -> None:
    page = signed_in(color_scheme=scheme, viewport=PHONE)
    for path in ("/dashboard/campaigns/new", *(f"{tested}/{step}" for step in STEPS)):
        page.goto(path)
        for one in page.locator("details").all():
            one.evaluate("element => element.open = true")
        assert (path, faults(page)) == (path, [])
        assert (path, overflow(page)) == (path, 0)
