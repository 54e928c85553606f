"""What a page tells: it arrives, once, under the right user, also after a time without a net."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from playwright.sync_api import Page

from tests.acceptance.running import until
from tests.browser.conftest import Desk, Json
from tests.browser.shop import Visitor

Visit = Callable[..., Visitor]
ONLINE = "net::ERR_INTERNET_DISCONNECTED"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def signed(desk: Desk) -> Json:
    """Make an app whose users must prove who they are."""
    return desk.app(signed=True)


def token(app: Json, user: str, **claims: object) -> str:
    """Sign a user token as the shop's server does."""
    return jwt.encode({"sub": user, **claims}, app["secret"], algorithm="HS256")


def log(page: Page, name: str) -> None:
    page.evaluate("name => ensue.logEvent(name)", name)


def kept(page: Page, app: Json) -> int:
    """Count the events that the server has not acknowledged."""
    return int(
        page.evaluate(
            """async (app) => {
              const request = indexedDB.open(`ensue-${app}`);
              await new Promise((resolve) => { request.onsuccess = resolve });
              const count = request.result.transaction("events").objectStore("events").count();
              await new Promise((resolve) => { count.onsuccess = resolve });
              request.result.close();
              return count.result;
            }""",
            app["id"],
        )
    )


def errors(page: Page) -> list[list[object]]:
    found: list[list[object]] = page.evaluate("errors")
    return found


def test_everything_that_a_page_can_tell_arrives(desk: Desk, visit: Visit) -> None:
    page = visit("ana").open()
    page.evaluate(
        """() => {
          ensue.setAttributes({ first_name: "Ana", plan: "pro" });
          ensue.logEvent("looked", { lamp: "L1", price: 20 });
          ensue.logPurchase("L1", { price: 20, currency: "EUR", quantity: 2, properties: { color: "red" } });
          ensue.setSubscription("email", "opted_in");
          return ensue.flush();
        }"""
    )
    (bought,) = desk.wait_for("ana", type="purchase")
    (looked,) = desk.events("ana", type="custom_event", name="looked")
    assert (bought["product"], bought["price"], bought["currency"], bought["quantity"]) == ("L1", 20, "EUR", 2)
    assert bought["properties"] == {"color": "red"}
    assert looked["properties"] == {"lamp": "L1", "price": 20}
    profile = desk.client.get("/api/v1/users/ana").json()
    assert profile["attributes"] == {"first_name": "Ana", "plan": "pro"}
    assert profile["subscriptions"]["email"] == "opted_in"
    assert len(desk.events("ana", type="session_started")) == 1


def test_what_happens_offline_arrives_once(desk: Desk, visit: Visit, app: Json) -> None:
    # O1, O5
    visitor = visit("otto")
    page = visitor.open()
    desk.wait_for("otto", type="session_started")
    visitor.context.set_offline(offline=True)
    for name in ("one", "two", "three"):
        log(page, name)
    page.evaluate("ensue.flush()")
    assert kept(page, app) == 3
    visitor.context.set_offline(offline=False)
    desk.wait_for("otto", 3, type="custom_event")
    until(lambda: kept(page, app) == 0, "all is acknowledged")
    page.evaluate("ensue.flush()")
    assert [one["name"] for one in desk.events("otto", type="custom_event")] == ["one", "two", "three"]
    visitor.complaints[:] = [one for one in visitor.complaints if ONLINE not in one]


def test_a_reload_keeps_what_waits(desk: Desk, visit: Visit, app: Json) -> None:
    visitor = visit("rea")
    page = visitor.open()
    desk.wait_for("rea", type="session_started")
    block = "**/sdk/v1/batch"
    visitor.context.route(block, lambda route: route.abort())
    log(page, "before")
    page.evaluate("ensue.flush()")
    assert kept(page, app) == 1
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert kept(page, app) == 1
    visitor.context.unroute(block)
    page.evaluate("ensue.flush()")
    assert len(desk.wait_for("rea", type="custom_event", name="before")) == 1
    until(lambda: kept(page, app) == 0, "it is acknowledged")
    visitor.complaints.clear()


def test_a_page_that_is_left_at_once_still_tells(desk: Desk, visit: Visit) -> None:
    page = visit("lea").open()
    page.evaluate("() => { ensue.logEvent('left'); location.assign('/lamps') }")
    page.wait_for_url("**/lamps")
    desk.wait_for("lea", type="custom_event", name="left")


def test_two_tabs_tell_everything_once(desk: Desk, visit: Visit, app: Json) -> None:
    visitor = visit("tab")
    first, second = visitor.open(), visitor.open()
    names = [f"{tab}-{n}" for n in range(10) for tab in ("first", "second")]
    for n in range(10):
        log(first, f"first-{n}")
        log(second, f"second-{n}")
    desk.wait_for("tab", 20, type="custom_event")
    until(lambda: kept(first, app) == 0, "all is acknowledged")
    assert sorted(one["name"] for one in desk.events("tab", type="custom_event")) == sorted(names)
    assert len(desk.events("tab", type="session_started")) == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "somebody-else"},
        {"exp": LONG_AGO},
        {"key": "of another app, and long enough for it"},
    ],
    ids=lambda claims: next(iter(claims)),
)
def test_a_user_token_that_does_not_hold_is_refused_and_nothing_is_recorded(
    desk: Desk, visit: Visit, signed: Json, claims: Json
) -> None:
    user = f"victim-{next(iter(claims))}"
    secret = {"secret": claims.pop("key", signed["secret"])}
    visitor = visit(user, app=signed["id"], userToken=token(secret, user, **claims))
    page = visitor.open()
    log(page, "forged")
    until(lambda: {status for status, _ in errors(page)} == {401}, "the error is told")
    before = len(visitor.requests)
    log(page, "more")
    page.evaluate("ensue.flush()")
    assert len(visitor.requests) == before  # it asks no more
    assert kept(page, signed) == 3
    assert desk.events(user) == []
    visitor.complaints[:] = [one for one in visitor.complaints if "status of 401" not in one]


def test_a_new_token_sends_what_waited(desk: Desk, visit: Visit, signed: Json) -> None:
    visitor = visit("nora", app=signed["id"], userToken=token(signed, "nora", exp=LONG_AGO))
    page = visitor.open()
    log(page, "patient")
    until(lambda: errors(page), "the error is told")
    fresh = token(signed, "nora", exp=datetime.now(UTC) + timedelta(hours=1))  # noqa: TID251  (the real server's clock)
    page.evaluate("token => ensue.changeUser('nora', token)", fresh)
    desk.wait_for("nora", type="custom_event", name="patient")
    visitor.complaints[:] = [one for one in visitor.complaints if "status of 401" not in one]


def test_an_app_that_does_not_exist_is_told_and_asks_no_more(visit: Visit) -> None:
    visitor = visit("noa", app="app_unknown")
    page = visitor.open()
    until(lambda: {status for status, _ in errors(page)} == {403}, "the error is told")
    visitor.complaints.clear()


def test_an_event_that_is_refused_is_told_and_holds_nothing_back(desk: Desk, visit: Visit) -> None:
    page = visit("rex").open()
    page.evaluate("() => { ensue.logPurchase('L1', { price: 'cheap' }); ensue.logEvent('fine') }")
    desk.wait_for("rex", type="custom_event", name="fine")
    until(lambda: errors(page), "the error is told")
    assert desk.events("rex", type="purchase") == []


def test_what_is_too_large_or_no_json_is_told_and_holds_nothing_back(desk: Desk, visit: Visit) -> None:
    visitor = visit("lars")
    page = visitor.open()
    page.evaluate(
        """() => {
          const circle = {};
          circle.circle = circle;
          ensue.logEvent("circle", circle);
          ensue.logEvent("large", { text: "x".repeat(5_000_000) });
          ensue.logEvent("fine");
          return ensue.flush();
        }"""
    )
    desk.wait_for("lars", type="custom_event", name="fine")
    assert [one["name"] for one in desk.events("lars", type="custom_event")] == ["fine"]
    assert len(until(lambda: found if len(found := errors(page)) > 1 else None, "the errors are told")) == 2
    visitor.complaints[:] = [one for one in visitor.complaints if "status of 413" not in one]


def test_a_browser_that_keeps_nothing_still_tells(desk: Desk, visit: Visit) -> None:
    visitor = visit("pim")
    blocked = "{ get() { throw new DOMException('no', 'SecurityError') } }"
    visitor.context.add_init_script(
        f"for (const name of ['localStorage', 'indexedDB']) Object.defineProperty(window, name, {blocked})"
    )
    page = visitor.open()
    log(page, "unkept")
    page.evaluate("ensue.flush()")
    desk.wait_for("pim", type="custom_event", name="unkept")
    assert len(desk.events("pim", type="session_started")) == 1


def test_each_event_belongs_to_the_user_of_its_time(desk: Desk, visit: Visit) -> None:
    visitor = visit("first")
    page = visitor.open()
    page.evaluate(
        "() => { ensue.logEvent('mine'); ensue.changeUser('other'); ensue.logEvent('theirs'); return ensue.flush() }"
    )
    (theirs,) = desk.wait_for("other", type="custom_event", name="theirs")
    assert theirs["name"] == "theirs"
    assert [one["name"] for one in desk.events("first", type="custom_event")] == ["mine", "session_end"]
    assert len(desk.events("other", type="session_started")) == 1


def test_nobody_known_is_anonymous_and_stays_the_same(desk: Desk, visit: Visit) -> None:
    visitor = visit("nobody")
    page = visitor.open(user=None)
    user = str(page.evaluate("ensue.user"))
    assert user.startswith("anonymous-")
    desk.wait_for(user, type="session_started")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate("ensue.user") == user


def test_a_session_ends_after_half_an_hour_without_activity(desk: Desk, visit: Visit, app: Json) -> None:
    visitor = visit("seb")
    page = visitor.open()
    visitor.open()  # another tab, the same session
    desk.wait_for("seb", type="session_started")
    page.evaluate(
        """(name) => {
          const session = JSON.parse(localStorage.getItem(name));
          const [started, active] = [session.started - 3600_000, session.active - 1860_000];
          localStorage.setItem(name, JSON.stringify({ ...session, started, active }));
        }""",
        f"ensue-{app['id']}-session",
    )
    visitor.go(page)
    desk.wait_for("seb", 2, type="session_started")
    (end,) = desk.wait_for("seb", type="custom_event", name="session_end")
    assert 1730 <= end["properties"]["seconds"] <= 1760
