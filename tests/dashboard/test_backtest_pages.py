"""Backtests in the dashboard: the form, the page of one, its parts."""

from datetime import timedelta

from ensue.codec.build import build
from ensue.core.records import Campaign
from tests.dashboard.conftest import SignIn
from tests.dashboard.reading import sent
from tests.dashboard.world import World, follows
from tests.web.mailing import Client

BACKTESTS = "/dashboard/backtests"


def started(browser: Client, world: World, **fields: str) -> str:
    """Ask for a backtest and run it; return the address of its page."""
    answer = browser.post(BACKTESTS, data={"campaign": "welcome", **fields})
    assert answer.status_code == 303, answer.text
    world.site.backtests.work()
    return str(answer.headers["location"])


def test_without_backtests_the_page_says_what_would_be_there(browser: Client) -> None:
    page = browser.get(BACKTESTS).text
    assert "No backtests yet" in page
    assert "Save a draft, and try it here on the past." in page


def test_the_form_offers_the_campaigns_and_knows_the_one_it_came_from(browser: Client, world: World) -> None:
    assert 'href="/dashboard/backtests?campaign=offer"' in browser.get("/dashboard/campaigns/offer").text
    assert 'href="/dashboard/backtests"' in browser.get("/dashboard/campaigns").text
    page = browser.get(f"{BACKTESTS}?campaign=offer").text
    assert sent(page)["campaign"] == ["offer"]
    assert '<option value="welcome">Welcome</option>' in page
    assert world.site.backtests.latest() == []


def test_a_draft_is_run_and_its_page_shows_what_came_out(browser: Client, world: World) -> None:
    draft = follows("second", "welcome", "click_email", delay={"after": "1 hour"})
    world.site.definitions.save_campaign(build(Campaign, draft))
    world.happen(timedelta(hours=3))
    path = started(browser, world, campaign="second", since="2026-03-02", until="2026-03-02")
    page = browser.get(path).text
    assert "Backtest of Second" in page
    assert "Second, as if it had been live" in page
    assert 'href="/dashboard/users/ana"' in page
    assert "to 3 people" in page
    assert "<title>What would have happened day by day</title>" in page
    assert "What cannot be known" in page
    assert "data-live" not in page
    assert "Second" in browser.get(BACKTESTS).text


def test_a_comparison_stands_side_by_side(browser: Client, world: World) -> None:
    world.happen()
    page = browser.get(started(browser, world, against=":happened")).text
    assert "Welcome, as it was" in page
    assert "Welcome, what happened" in page
    assert "Only Welcome, as it was" in page
    assert "Sent: Welcome, what happened" in page


def test_a_run_under_way_shows_its_progress_and_is_cancelled(browser: Client, world: World) -> None:
    world.happen()
    path = str(browser.post(BACKTESTS, data={"campaign": "welcome"}).headers["location"])
    page = browser.get(path).text
    assert "<progress" in page
    assert f'data-live="{path}/now"' in page
    assert browser.post(f"{path}/cancel").headers["location"] == path
    assert "It was cancelled after 0 events." in browser.get(f"{path}/now").text


def test_what_cannot_be_run_is_said_beside_the_field_and_what_was_typed_stays(browser: Client, world: World) -> None:
    world.happen()
    answer = browser.post(BACKTESTS, data={"campaign": "offer", "since": "2030-01-01", "until": "2030-01-02"})
    assert answer.status_code == 400
    assert "The span holds no time" in answer.text
    assert sent(answer.text)["campaign"] == ["offer"]
    assert sent(answer.text)["since"] == ["2030-01-01"]
    assert "is no day" in browser.post(BACKTESTS, data={"campaign": "offer", "until": "soon"}).text
    assert "Choose one." in browser.post(BACKTESTS, data={}).text
    assert browser.get(f"{BACKTESTS}/none").status_code == 404


def test_viewers_look_and_editors_run(sign_in: SignIn, world: World) -> None:
    world.happen()
    path = started(sign_in("editor"), world)
    viewer = sign_in("viewer")
    assert viewer.get(path).status_code == 200
    assert "Run the backtest" not in viewer.get(BACKTESTS).text
    assert viewer.post(BACKTESTS, data={"campaign": "welcome"}).status_code == 403
    assert viewer.post(f"{path}/cancel").status_code == 403


def test_what_people_called_themselves_is_text_and_nothing_else(browser: Client, world: World) -> None:
    world.site.people.put([("<b>x</b>", {"email": "x@example.com"})])
    world.session("<b>x</b>")
    world.happen()
    page = browser.get(started(browser, world)).text
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
