"""The feed on a page: cards seen, clicked, dismissed, changed while it is open."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Desk
from tests.browser.shop import Visitor
from tests.browser.test_messages import campaign

Visit = Callable[..., Visitor]


def card(name: str, more: str = "") -> str:
    return (
        f"---\nkind: card\nid: {name}\nname: {name}\ncategory: news\ntitle: Card {name}\ndescription: About {name}\n"
        f"audience: {{filter: {{attribute: sees, includes: {name}}}}}\n{more}"
    )


def on_card(card: str, interaction: str) -> str:
    return f"{{interact_with_card: {{card: {card}, interaction: {interaction}}}}}"


def items(page: Page) -> Locator:
    return page.locator("ensue-feed").get_by_role("listitem")


def visitor_who_sees(desk: Desk, visit: Visit, user: str, *cards: str) -> Visitor:
    people = [{"external_id": user, "attributes": {"sees": list(cards)}}]
    assert desk.client.post("/api/v1/users", json={"users": people}).is_success
    return visit(user)


def test_views_and_clicks_of_cards_start_follow_ons(desk: Desk, visit: Visit) -> None:
    # T1, R1
    desk.launch(
        campaign("saw", on_card("sale", "view_card"), "{layout: slideup, heading: You saw the sale}")
        + campaign("went", on_card("sale", "click_card"), "{layout: slideup, heading: You went there}")
        + card("sale", f"link: {desk.shop.url}/lamps")
    )
    visitor = visitor_who_sees(desk, visit, "ana", "sale")
    page = visitor.open()
    expect(items(page)).to_have_count(1)
    page.evaluate("ensue.flush()")
    assert desk.events("ana", interaction="view_card") == []  # it is below the window
    items(page).scroll_into_view_if_needed()
    desk.wait_for("ana", interaction="view_card", card="sale")
    expect(page.get_by_role("status")).to_contain_text("You saw the sale")
    page.get_by_role("status").get_by_role("button", name="Close").click()
    items(page).get_by_role("link", name="Card sale").click()
    page.wait_for_url("**/lamps")
    desk.wait_for("ana", interaction="click_card", card="sale")
    visitor.go(page)
    expect(page.get_by_role("status")).to_contain_text("You went there")


def test_a_card_is_viewed_once_in_a_session(desk: Desk, visit: Visit) -> None:
    desk.launch(card("again"))
    visitor = visitor_who_sees(desk, visit, "bo", "again")
    page = visitor.open()
    for _ in range(2):
        items(page).scroll_into_view_if_needed()
        desk.wait_for("bo", interaction="view_card")
        page.locator("#buy").scroll_into_view_if_needed()
    visitor.go(page)
    expect(items(page)).to_have_count(1)
    page.evaluate("ensue.logCardView('again')")
    page.evaluate("ensue.flush()")
    assert len(desk.events("bo", interaction="view_card")) == 1


def test_a_dismissed_card_goes_and_does_not_come_back(desk: Desk, visit: Visit) -> None:
    desk.launch(card("away") + card("pinned", "pinned: true"))
    visitor = visitor_who_sees(desk, visit, "cy", "away", "pinned")
    page = visitor.open()
    expect(items(page)).to_have_count(2)
    expect(items(page).first).to_contain_text("Pinned · New")  # in the order of the server
    page.get_by_role("button", name="Dismiss: Card away").click()
    expect(items(page)).to_have_count(1)
    desk.wait_for("cy", interaction="dismiss_card", card="away")
    visitor.go(page)
    expect(items(page)).to_have_count(1)
    assert page.evaluate("feeds.at(-1)") == ["pinned"]
    assert page.evaluate("ensue.feed().map(one => one.card)") == ["pinned"]


def test_a_feed_without_cards_says_so_and_fills_while_it_is_open(desk: Desk, visit: Visit) -> None:
    page = visitor_who_sees(desk, visit, "dan", "late").open()
    expect(page.locator("body")).to_contain_text("No news yet.", use_inner_text=True)
    page.evaluate("ensue.logEvent('here')")
    desk.wait_for("dan", type="custom_event")
    desk.launch(card("late"))
    expect(items(page)).to_contain_text("Card late")
    expect(page.locator("body")).not_to_contain_text("No news yet.", use_inner_text=True)
    expect(items(page).get_by_role("link")).to_have_count(0)
    expect(page.get_by_role("list", name="News")).to_have_count(1)
    desk.move("cards", "late", "stop")
    expect(items(page)).to_have_count(0)
    expect(page.locator("body")).to_contain_text("No news yet.", use_inner_text=True)
