"""The connection map, its table, and the page of a connection."""

from datetime import timedelta

from ensue.codec.build import build
from ensue.core.records import Campaign
from tests.dashboard.conftest import SignIn
from tests.dashboard.world import World, follows
from tests.web.mailing import Client


def test_without_connections_the_map_says_what_would_be_there(browser: Client) -> None:
    page = browser.get("/dashboard/map")
    assert page.status_code == 200, page.text
    assert "Nothing is connected yet" in page.text


def test_the_map_shows_campaigns_cards_and_what_came_of_their_connections(browser: Client, world: World) -> None:
    page = browser.get("/dashboard/map").text
    assert 'href="/dashboard/campaigns/welcome"' in page
    assert 'href="/dashboard/cards/sale"' in page
    assert "Clicked in the e-mail triggers: 3 interacted, 2 waiting, 1 cancelled, 0 sent, 0 converted." in page
    assert "Saw the card cancels: 1 interacted, cancelled 1." in page
    world.happen(timedelta(days=1))
    assert "3 interacted, 0 waiting, 1 cancelled, 2 sent, 0 converted." in browser.get("/dashboard/map/now").text


def test_a_connection_has_a_page_with_its_outcomes(browser: Client, world: World) -> None:
    world.session("ana")
    world.reported("ana", "click_email", "welcome")
    page = browser.get("/dashboard/map/welcome/offer").text
    assert "Welcome → Offer" in page
    assert "was waiting already" in page
    assert browser.get("/dashboard/map/offer/welcome").status_code == 404


def test_a_follow_on_that_is_not_launched_is_marked(browser: Client, world: World) -> None:
    late = follows("late", "welcome", "open_email")
    world.site.definitions.save_campaign(build(Campaign, late))
    page = browser.get("/dashboard/map").text
    assert "interactions are being missed" in page
    assert 'class="way trigger late"' in page
    world.site.launching.move("launch", ["late"])
    assert "interactions before that were missed" in browser.get("/dashboard/map/welcome/late").text


def test_a_circle_and_an_original_that_is_missing_are_marked(browser: Client, world: World) -> None:
    again = follows("welcome", "reminder", "click_email")
    world.site.definitions.save_campaign(build(Campaign, {**again, "id": "again"}))
    circle = follows("first", "second", "click_email"), follows("second", "first", "click_email")
    world.site.definitions.apply([build(Campaign, one) for one in circle])
    world.site.definitions.save_campaign(build(Campaign, follows("lost", "nowhere", "click_email")))
    page = browser.get("/dashboard/map").text
    assert "2 connections run in a circle" in page
    assert 'class="way circle"' in page
    assert "nowhere: campaign, missing" in page


def test_archived_campaigns_are_shown_where_they_are_asked_for(browser: Client, world: World) -> None:
    world.site.launching.move("archive", ["reminder"])
    assert "/dashboard/campaigns/reminder" not in browser.get("/dashboard/map").text
    assert "/dashboard/campaigns/reminder" in browser.get("/dashboard/map?archived").text


def test_viewers_see_the_map(sign_in: SignIn, world: World) -> None:
    assert sign_in("viewer").get("/dashboard/map").status_code == 200
    assert world.site.people.load("ana").exists
