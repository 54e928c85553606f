"""Cards in the dashboard: made, shown, launched, stopped."""

from ensue.codec.build import build
from ensue.core.records import Card
from ensue.web.dashboard.paging import SHOWN
from ensue.web.site import Site
from tests.dashboard.conftest import SignIn
from tests.dashboard.reading import sent
from tests.dashboard.world import World
from tests.web.mailing import Client

CARDS = "/dashboard/cards"
CARD = f"{CARDS}/sale"


def test_without_cards_the_list_says_what_they_are(browser: Client) -> None:
    page = browser.get(CARDS)
    assert page.status_code == 200, page.text
    assert "No cards yet" in page.text


def test_a_long_list_of_cards_has_pages(browser: Client, site: Site) -> None:
    for number in range(SHOWN + 1):
        site.definitions.save_card(build(Card, {"kind": "card", "id": f"c{number:02}", "title": "News"}))
    assert browser.get(CARDS).text.count(f'href="{CARDS}/c') == SHOWN
    last = browser.get(f"{CARDS}?archived&page=2").text
    assert f'href="{CARDS}/c{SHOWN}"' in last
    assert 'href="?archived=&amp;page=1"' in last


def test_a_card_is_made_launched_and_stopped(browser: Client, world: World) -> None:
    form = {**sent(browser.get(f"{CARDS}/new").text), "title": ["Summer sale"], "pinned": ["", "true"]}
    form |= {"expires_at": ["2026-04-01T00:00:00"], "audience.segments": ["", "swedes"], "do": ["save"]}
    answer = browser.post(f"{CARDS}/new", data=form)
    assert (answer.status_code, answer.headers.get("location")) == (303, f"{CARDS}/summer-sale"), answer.text
    for move, status in (("launch", "active"), ("stop", "stopped"), ("resume", "active"), ("archive", "archived")):
        assert browser.post(f"{CARDS}/summer-sale/{move}").status_code == 303
        state = world.site.runner.read(lambda store: store.catalog.find_card("summer-sale"))
        assert state is not None
        assert (state.status, state.card.pinned, state.card.audience.segments) == (status, True, ("swedes",))
    assert "summer-sale" not in browser.get(CARDS).text
    assert "summer-sale" in browser.get(f"{CARDS}?archived").text


def test_a_form_that_nobody_touched_changes_nothing(browser: Client, world: World) -> None:
    before = world.site.runner.read(lambda store: store.catalog.find_card("sale"))
    form = {**sent(browser.get(f"{CARD}/edit").text), "do": ["save"]}
    assert browser.post(f"{CARD}/edit", data=form).status_code == 303
    assert world.site.runner.read(lambda store: store.catalog.find_card("sale")) == before


def test_what_is_wrong_is_shown_beside_what_was_typed(browser: Client, world: World) -> None:
    form = {**sent(browser.get(f"{CARD}/edit").text), "title": [""], "name": ["Still here"], "do": ["save"]}
    page = browser.post(f"{CARD}/edit", data=form)
    assert page.status_code == 400
    assert "needs a title or an image" in page.text
    assert "Still here" in page.text
    assert browser.post(f"{CARDS}/new", data={"do": "save"}).status_code == 400
    taken = browser.post(f"{CARDS}/new", data={"id": "sale", "title": "x", "do": "save"})
    assert "a card &#39;sale&#39; already" in taken.text
    assert world.site.people.load("ana").exists


def test_a_filter_is_added_by_a_button(browser: Client, world: World) -> None:
    form = {**sent(browser.get(f"{CARD}/edit").text), "do": ["add audience.filter"]}
    form["audience.filter:add"] = ["event"]
    page = browser.post(f"{CARD}/edit", data=form).text
    assert 'name="audience.filter.all[0].event"' in page
    assert world.site.people.load("ana").exists


def test_a_card_is_shown_as_a_chosen_user_sees_it(browser: Client, world: World) -> None:
    page = browser.get(CARD, params={"user": "ana"}).text
    assert "Sale for Ana" in page
    assert "As ana sees it." in page
    assert browser.get(CARD, params={"user": "nobody"}).status_code == 200
    form = {**sent(browser.get(f"{CARD}/edit").text), "title": ["Bye {{ ${first_name} }}"], "preview_user": ["bo"]}
    assert "Bye Bo" in browser.post(f"{CARDS}/preview", data=form).text
    broken = {**form, "title": ["{{ nope | | }}"]}
    assert "problems" in browser.post(f"{CARDS}/preview", data=broken).text
    assert "Bye Bo" in browser.post(f"{CARD}/edit", data={**form, "do": ["preview"]}).text
    assert world.site.people.load("ana").exists


def test_the_figures_and_follow_ons_of_a_card_are_shown(browser: Client, world: World) -> None:
    world.reported("bo", "click_card", card="sale")
    page = browser.get(CARD).text
    assert "100.0 % of views" in page
    assert 'href="/dashboard/map/sale/offer"' in page


def test_a_launch_that_is_refused_says_why(browser: Client, world: World) -> None:
    browser.post(f"{CARDS}/new", data={"id": "empty", "do": "save"})
    page = browser.post(f"{CARDS}/empty/launch")
    assert page.status_code == 409
    assert "needs a title or an image" in page.text
    assert world.site.people.load("ana").exists


def test_viewers_may_look_and_not_change(sign_in: SignIn, world: World) -> None:
    viewer = sign_in("viewer")
    assert "/edit" not in viewer.get(CARD).text
    assert viewer.post(f"{CARD}/stop").status_code == 403
    assert world.site.people.load("ana").exists
