"""The map, cards, segments and users in a real browser: by mouse, without JavaScript, and for axe."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk
from tests.browser.test_dashboard_settings import PHONE, faults, overflow

SignIn = Callable[..., Page]
ORIGINAL = """
kind: campaign
id: hello
name: Hello, with a name that is long enough to need a second line on every phone
channels: {in_app_message: {body: Hello}}
delivery: {type: action_based, triggers: [{custom_event: {name: hello}}]}
audience: {segments: [everyone]}
"""
FOLLOW_ON = """
kind: campaign
id: more
name: More
channels: {in_app_message: {body: More}}
delivery:
  type: action_based
  triggers: [{interact_with_campaign: {campaign: hello, interaction: view_in_app_message}}]
  delay: {after: 1 day}
  exceptions: [{interact_with_card: {card: news, interaction: view_card}}]
audience: {segments: [everyone]}
"""
CARD = "{kind: card, id: news, name: News, title: 'News for {{ ${first_name} }}', audience: {segments: [everyone]}}"


@pytest.fixture(scope="module")
def shown(desk: Desk) -> list[str]:
    """Launch a follow-on and its original, let somebody come; return the pages that show it."""
    desk.launch(f"{CARD}\n---\n{FOLLOW_ON}\n---\n{ORIGINAL}")
    person = {"external_id": "mia", "first_name": "Mia", "email": "mia@example.com", "favourites": ["x" * 70]}
    body = {"attributes": [person], "events": [{"external_id": "mia", "name": "hello"}]}
    desk.client.post("/users/track", json=body).raise_for_status()
    desk.client.post(
        "/api/v1/segments", json={"kind": "segment", "id": "all-of-us", "name": "All of us"}
    ).raise_for_status()
    desk.wait_for_sent("hello")
    pages = ["map", "map/hello/more", "cards", "cards/new", "cards/news", "cards/news/edit", "segments", "segments/new"]
    more = ["segments/all-of-us", "segments/all-of-us/edit", "users", "users?q=nobody", "users/mia", "users/mia/delete"]
    return [f"/dashboard/{one}" for one in (*pages, *more)]


@pytest.mark.full
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_fault_or_is_too_wide(signed_in: SignIn, shown: list[str], scheme: str) -> None:
    page = signed_in(color_scheme=scheme, viewport=PHONE)
    for path in shown:
        page.goto(path)
        for one in page.locator("details").all():
            one.evaluate("element => element.open = true")
        assert (path, faults(page)) == (path, [])
        assert (path, overflow(page)) == (path, 0)


def test_from_the_map_one_goes_to_a_connection_and_its_campaigns(signed_in: SignIn, shown: list[str]) -> None:
    page = signed_in()
    page.goto(shown[0])
    page.get_by_role("link", name="Saw the in-app message triggers").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("→ More")
    page.get_by_role("link", name="More").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("More")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_segment_is_built_with_and_without_javascript(signed_in: SignIn, shown: list[str], scripts: bool) -> None:  # noqa: FBT001  # drawn
    name = f"Fans {'with' if scripts else 'without'} scripts"
    page = signed_in(java_script_enabled=scripts)
    page.goto(shown[6])
    page.get_by_role("link", name="New segment").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add filter").click()
    page.get_by_label("Attribute", exact=True).fill("first_name")
    page.get_by_label("Attribute: comparison").select_option("is")
    page.get_by_label("Attribute: value").fill("Mia")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_role("link", name="mia")).to_be_visible()


def test_a_card_is_previewed_while_it_is_written(signed_in: SignIn, shown: list[str]) -> None:
    page = signed_in()
    page.goto(shown[3])
    page.get_by_label("As this user sees it").fill("mia")
    page.get_by_label("Title").fill("Good morning {{ ${first_name} }}")
    expect(page.get_by_role("heading", name="Good morning Mia")).to_be_visible()
    page.get_by_role("button", name="Save as a draft").click()
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_text("was launched.")).to_be_visible()


def test_a_user_is_found_unsubscribed_and_deleted_by_mouse(signed_in: SignIn, desk: Desk, shown: list[str]) -> None:
    desk.client.post("/users/track", json={"attributes": [{"external_id": "leo", "country": "NL"}]}).raise_for_status()
    page = signed_in()
    page.goto(shown[10])
    page.get_by_label("Search users").fill("country=nl")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="leo").click()
    page.get_by_role("button", name="Unsubscribe").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_text("leo is unsubscribed.")).to_be_visible()
    page.get_by_role("link", name="Delete …").click()
    page.get_by_role("button", name="Delete leo").click()
    expect(page.get_by_text("leo is deleted")).to_be_visible()
