"""Users in the dashboard: found, shown, unsubscribed, deleted."""

import pytest

from tests.dashboard.conftest import SignIn
from tests.dashboard.world import World
from tests.web.mailing import Client


def test_nobody_is_known_at_first(browser: Client) -> None:
    page = browser.get("/dashboard/users")
    assert page.status_code == 200, page.text
    assert "Nobody is known yet" in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["ana", "bo", "cy", "di"]),
        ("an", ["ana"]),
        ("id=bo", ["bo"]),
        ("ANA@example.com", ["ana"]),
        ("email=cy@example.com", ["cy"]),
        ("country=de", ["cy", "di"]),
        ("orders=3", ["bo"]),
        ("vip=true", ["ana"]),
        ("likes=tea", ["cy"]),
        ("country=", []),
        ("zoe", []),
    ],
)
def test_users_are_found_by_id_address_and_attribute(
    browser: Client, world: World, query: str, found: list[str]
) -> None:
    page = browser.get("/dashboard/users", params={"q": query}).text
    assert [one for one in ("ana", "bo", "cy", "di") if f'href="/dashboard/users/{one}"' in page] == found
    assert world.site.people.load("ana").exists


def test_the_page_of_a_user_tells_what_is_known_and_what_happened(browser: Client, world: World) -> None:
    page = browser.get("/dashboard/users/ana")
    assert page.status_code == 200, page.text
    assert "Bought 2 × “lamp” for 25.00 USD" in page.text
    assert "Did “viewed”" in page.text
    assert "page: lamps" in page.text
    assert "Entered because the user started a session. Sent by e-mail." in page.text
    assert "clicked in the e-mail of “Welcome”. Waits until 3 Mar 2026, 09:01." in page.text
    assert "due 3 Mar 2026, 09:01" in page.text
    di = browser.get("/dashboard/users/di").text
    assert "Nothing was sent: the user could not be reached by e-mail" in di
    assert world.site.people.load("di").exists


def test_a_cancellation_names_the_exception(browser: Client, world: World) -> None:
    page = browser.get("/dashboard/users/cy").text
    assert "Cancelled because, while waiting, the user saw the card of “Spring sale”." in page
    assert world.site.people.load("cy").exists


def test_a_message_is_shown_as_it_was_rendered_and_looking_opens_nothing(browser: Client, world: World) -> None:
    page = browser.get("/dashboard/users/ana").text
    address = page.split('href="/dashboard/users/ana/messages/')[1].split('"')[0]
    shown = browser.get(f"/dashboard/users/ana/messages/{address}")
    assert "Welcome, Ana" in shown.text
    assert "version 1" in shown.text
    frame = browser.get(f"/dashboard/users/ana/messages/{address}/frame")
    assert "Hello Ana" in frame.text
    assert "sandbox" in frame.headers["content-security-policy"]
    for one in [part.split('"')[0] for part in frame.text.split('src="http://ensue.test')[1:]]:
        assert browser.get(one).status_code == 200
    opens = [one for one in world.site.runner.read(lambda store: store.ledger.figures("welcome")) if "open" in one.name]
    assert opens == []
    assert browser.get(f"/dashboard/users/bo/messages/{address}").status_code == 404


def test_a_user_is_unsubscribed_and_subscribed_again(browser: Client, world: World) -> None:
    for to in ("unsubscribed", "subscribed"):
        answer = browser.post("/dashboard/users/ana/subscription", data={"channel": "email", "to": to})
        assert answer.status_code == 303
        assert world.site.people.load("ana").subscriptions["email"] == to
    assert "unsubscribed" in browser.get("/dashboard/settings/changes").text
    assert browser.post("/dashboard/users/ana/subscription", data={"channel": "fax"}).status_code == 400


def test_a_user_is_deleted_after_a_question(browser: Client, world: World) -> None:
    assert "will be deleted" in browser.get("/dashboard/users/ana/delete").text
    assert browser.post("/dashboard/users/ana/delete").headers["location"] == "/dashboard/users"
    assert browser.get("/dashboard/users/ana").status_code == 404
    assert "/dashboard/users/ana" not in browser.get("/dashboard/users").text
    assert "deleted" in browser.get("/dashboard/settings/changes").text
    assert world.site.people.load("bo").exists


@pytest.mark.parametrize("user", ["a/b", "-", "ü & co?", "..", "<i>"])
def test_a_user_of_any_id_has_a_page(browser: Client, world: World, user: str) -> None:
    world.site.people.put([(user, {"country": "NO"})])
    page = browser.get("/dashboard/users", params={"q": "country=NO"}).text
    address = page.split('<th scope="row"><a href="')[1].split('"')[0].replace("&amp;", "&")
    shown = browser.get(address)
    assert shown.status_code == 200
    assert "NO" in shown.text


def test_viewers_may_look_and_not_change(sign_in: SignIn, world: World) -> None:
    viewer = sign_in("viewer")
    page = viewer.get("/dashboard/users/ana").text
    assert "Unsubscribe" not in page
    assert viewer.post("/dashboard/users/ana/delete").status_code == 403
    assert world.site.people.load("ana").exists
