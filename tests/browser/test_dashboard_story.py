"""The whole story of a follow-on in a real browser: by mouse, without JavaScript, by keyboard; each is one walk.

One rule: everything is done on the pages that people use, from the sign-in to what came of it.
"""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests.acceptance.running import Running, until
from tests.browser.conftest import PASSWORD, Desk
from tests.browser.shop import Visitor
from tests.browser.test_dashboard_settings import fresh

SignIn = Callable[..., Page]
Visit = Callable[..., Visitor]
LINK = re.compile(r"http://[\w.:]+/dashboard/welcome/[\w-]+")
FOCUSED = "element => element === document.activeElement"
FARTHEST = 150
"""Presses of Tab after which what is looked for cannot be reached."""


def definition(desk: Desk, campaign: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.client.get(f"/api/v1/campaigns/{campaign}").raise_for_status().json()
    return found


def begin(page: Page, name: str) -> None:
    """Begin a campaign with an in-app message and write it."""
    page.get_by_role("link", name="Campaigns").first.click()
    page.get_by_role("link", name="New campaign").or_(page.get_by_role("link", name="Make the first")).first.click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").uncheck()
    page.get_by_label("In-app message").check()
    page.get_by_role("button", name="Create the draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    message = page.get_by_role("region", name="In-app message").first
    message.get_by_label("Heading").fill(f"{name}!")
    message.get_by_label("Body").fill("Hello {{ ${first_name} | default: 'you' }}")


def connect(page: Page, original: str, amount: str, unit: str) -> None:
    """Choose how the follow-on starts: the interaction, then the campaign; the delay, and what cancels it."""
    page.get_by_label("Action-based").check()
    page.get_by_label("Add trigger: kind").select_option("Interact with campaign")
    page.get_by_role("button", name="Add trigger").click()
    page.get_by_label("Interaction", exact=True).select_option("Clicks the in-app message")
    page.get_by_label("Campaign", exact=True).select_option(f"{original} (draft)")
    page.get_by_label("After a while").check()
    page.get_by_label("Wait", exact=True).fill(amount)
    page.get_by_label("Wait: unit").select_option(unit)
    page.get_by_label("Add exception: kind").select_option("Make a purchase")
    page.get_by_role("button", name="Add exception").click()


def sign_in_first(page: Page, link: str) -> None:
    """Become the owner by the link on the console; then sign out, and in again."""
    page.goto(link)
    page.get_by_label("Name").fill("Ana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("Welcome, Ana.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Name or e-mail").fill("ana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Ana, owner")).to_be_visible()


def make_the_original(page: Page) -> None:
    """Write a greeting for everybody who comes, with a button, and leave it as a draft."""
    begin(page, "First hello")
    expect(page.locator("#preview")).to_contain_text("First hello!")
    page.get_by_role("button", name="Add a button").last.click()
    page.get_by_label("Text", exact=True).fill("Tell me more")
    page.get_by_label("Id", exact=True).fill("more")
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_label("Action-based").check()
    page.get_by_label("Add trigger: kind").select_option("Start a session")
    page.get_by_role("button", name="Add trigger").click()
    expect(page.locator("#sentence")).to_contain_text("starts a session, an in-app message is sent at once")
    page.get_by_role("button", name="Audience").click()
    page.get_by_label("Everyone").check()
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def make_and_launch_the_follow_on(page: Page) -> None:
    """Write the answer to a click in the greeting, and launch it while the greeting is a draft."""
    begin(page, "Second hello")
    page.get_by_role("button", name="Save and continue").click()
    connect(page, "First hello", "4", "seconds")
    expect(page.locator("#sentence")).to_contain_text(
        "When somebody of the audience clicks the in-app message of “First hello”, Ensue waits 4 seconds, and then an "
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


def launch_the_original(page: Page) -> None:
    """Find the greeting in the list, and launch it."""
    page.get_by_role("link", name="Campaigns").first.click()
    page.get_by_role("link", name="First hello").click()
    page.get_by_role("button", name="Launch").click()
    page.get_by_role("dialog").get_by_role("button", name="Launch").click()
    expect(page.get_by_text("“First hello” was launched.")).to_be_visible()


def answer(visitor: Page) -> None:
    """Click the button of the greeting, as a visitor."""
    visitor.get_by_role("dialog", name="First hello!").get_by_role("button", name="Tell me more").click()


def figure(page: Page, name: str) -> Locator:
    """Find a key figure of a campaign."""
    return page.locator(".figure").filter(has=page.get_by_text(name, exact=True)).locator("dd").first


def test_the_story_by_mouse_from_the_sign_in_to_what_came_of_it(
    browser: Browser, ensue: Running, desk: Desk, visit: Visit
) -> None:
    link = until(lambda: found[0] if (found := LINK.findall(ensue.log())) else None, "the link is printed")
    with fresh(browser, desk.url) as page:
        sign_in_first(page, link)
        make_the_original(page)
        make_and_launch_the_follow_on(page)
        launch_the_original(page)
        page.get_by_role("link", name="Campaigns").first.click()
        page.get_by_role("link", name="Second hello").click()
        expect(figure(page, "Entered")).to_have_text("0")

        leo, mia = visit("leo").open(), visit("mia").open()
        answer(leo)
        leo.evaluate("ensue.logPurchase('lamp', { price: 49.5, currency: 'EUR' }); ensue.flush()")
        answer(mia)
        expect(mia.get_by_role("dialog", name="Second hello!")).to_contain_text("Hello you")

        for name in ("Entered", "Sent", "Cancelled"):  # the open page is renewed by itself
            expect(figure(page, name)).to_have_text({"Entered": "2"}.get(name, "1"))
        page.reload()
        drawn = page.get_by_role("img", name="From entering to converting")
        expect(drawn).to_contain_text("cancelled: made a purchase")
        expect(leo.get_by_role("dialog", name="Second hello!")).to_have_count(0)
    assert definition(desk, "second-hello")["definition"]["delivery"] == {
        "type": "action_based",
        "triggers": [{"interact_with_campaign": {"campaign": "first-hello", "interaction": "click_in_app_message"}}],
        "delay": {"after": "4 seconds"},
        "exceptions": [{"make_purchase": {}}],
    }


def test_the_story_without_javascript(signed_in: SignIn, desk: Desk) -> None:
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
    connect(page, "Plain hello", "2", "hours")
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_label("Kind of filter to add").select_option("Custom event")
    page.get_by_role("button", name="Add filter").click()
    page.get_by_label("Event", exact=True).fill("seen")
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_role("button", name="Add conversion").click()
    page.get_by_role("button", name="Remove: Make a purchase").click()
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_text("Nothing stands in the way of the launch.")).to_be_visible()

    page.get_by_role("link", name="Campaigns").first.click()
    page.get_by_role("link", name="Plain hello").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Review").click()
    page.get_by_label("Plain answer").check()
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.get_by_text("is launched, with 1 that follow on it")).to_be_visible()
    assert definition(desk, "plain-answer")["status"] == definition(desk, "plain-hello")["status"] == "active"
    assert definition(desk, "plain-answer")["definition"]["audience"] == {"filter": {"all": [{"event": "seen"}]}}


class Keys:
    """Somebody who has no mouse: finds the way with Tab, chooses with arrows, letters and the space bar."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, wanted: Locator) -> None:
        """Go on to a field, link or button."""
        for _ in range(FARTHEST):
            if wanted.evaluate(FOCUSED):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no Tab leads to {wanted}")

    def press(self, role: Any, name: str) -> None:  # noqa: ANN401  (Playwright's own)
        """Go to a button or link, and press it."""
        self.reach(self.page.get_by_role(role, name=name, exact=True).first)
        self.page.keyboard.press("Enter")

    def write(self, label: str, text: str) -> None:
        """Write into a field in the place of what it holds."""
        self.reach(self.page.get_by_label(label, exact=True).filter(visible=True).first)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, label: str, option: str) -> None:
        """Choose from a menu by typing what it says."""
        menu = self.page.get_by_label(label, exact=True)
        self.reach(menu)
        self.page.keyboard.type(option)
        expect(menu.locator("option:checked")).to_have_text(re.compile(f"^{re.escape(option)}"))

    def tick(self, label: str) -> None:
        """Tick a box, or take the tick away."""
        self.reach(self.page.get_by_label(label))
        self.page.keyboard.press("Space")

    def pick(self, first: str, wanted: str) -> None:
        """Go through round buttons that begin with the chosen one, until it is the wanted one."""
        self.reach(self.page.get_by_label(first))
        while not self.page.get_by_label(wanted).is_checked():
            self.page.keyboard.press("ArrowDown")


def test_the_story_by_keyboard_alone(signed_in: SignIn, desk: Desk) -> None:
    page = signed_in()
    keys = Keys(page)
    for name in ("Key hello", "Key answer"):
        keys.press("link", "Campaigns")
        keys.press("link", "New campaign")
        expect(page.get_by_label("Name")).to_be_focused()
        page.keyboard.type(name)
        keys.tick("E-mail")
        keys.tick("In-app message")
        keys.press("button", "Create the draft")
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        keys.write("Heading", f"{name}!")
        keys.write("Body", "Hello")
        keys.press("button", "Save and continue")
        keys.reach(page.get_by_label("Action-based"))
        page.keyboard.press("Space")
        if name == "Key hello":
            keys.choose("Add trigger: kind", "Start a session")
            keys.press("button", "Add trigger")
            keys.press("button", "Save draft")
            expect(page.get_by_text("Saved.")).to_be_visible()
            continue
        keys.choose("Add trigger: kind", "Interact with campaign")
        keys.press("button", "Add trigger")
        expect(page.get_by_label("Interaction", exact=True)).to_be_focused()
        keys.choose("Interaction", "Clicks the in-app message")
        keys.choose("Campaign", "Key hello (draft)")
        keys.pick("Immediately", "After a while")
        keys.write("Wait", "2")
        keys.choose("Wait: unit", "hours")
        keys.choose("Add exception: kind", "Make a purchase")
        keys.press("button", "Add exception")
        expect(page.locator("#sentence")).to_contain_text("unless the person makes a purchase in the meantime")
        keys.press("button", "Save and continue")
        keys.tick("Everyone")
        keys.press("button", "Save and continue")
        keys.press("button", "Save and continue")
    keys.press("button", "Launch")
    expect(page.get_by_text("“Key answer” is launched")).to_be_visible()

    keys.press("link", "Campaigns")
    keys.press("link", "Key hello")
    keys.press("button", "Launch")
    keys.reach(page.get_by_role("dialog").get_by_role("button", name="Launch"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("“Key hello” was launched.")).to_be_visible()
    assert definition(desk, "key-answer")["status"] == definition(desk, "key-hello")["status"] == "active"
    assert definition(desk, "key-answer")["definition"]["delivery"] == {
        "type": "action_based",
        "triggers": [{"interact_with_campaign": {"campaign": "key-hello", "interaction": "click_in_app_message"}}],
        "delay": {"after": "2 hours"},
        "exceptions": [{"make_purchase": {}}],
    }
