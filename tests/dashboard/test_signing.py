"""Signing in and out, the first owner, and links for passwords."""

import re
from datetime import timedelta

import pytest
from litestar.testing import TestClient
from msgspec.structs import replace

from ensue.errors import Rejected
from ensue.runners.clock import VirtualClock
from ensue.services.attempts import ADDRESS, NAME, PAIR, Attempts
from ensue.services.staff import LINK, SESSION
from ensue.web.app import create_app
from ensue.web.site import Site
from tests.web.mailing import Client

WORDS = "three plain words"
OTHER = "other plain words"


@pytest.fixture
def ana(site: Site) -> str:
    return site.staff.create("Ana", "owner", email="ana@shop.example", password=WORDS)[0].id


def sign_in(client: Client, name: str = "Ana", password: str = WORDS, **more: str) -> int:
    return client.post("/dashboard/sign-in", data={"name": name, "password": password, **more}).status_code


def is_in(client: Client) -> bool:
    return client.get("/dashboard/settings/me").status_code == 200


@pytest.mark.parametrize("name", ["Ana", " ana ", "ANA@shop.example"])
def test_one_signs_in_by_name_or_address(anybody: Client, ana: str, name: str) -> None:
    del ana
    assert not is_in(anybody)
    assert sign_in(anybody, name) == 303
    assert is_in(anybody)


def test_signing_out_ends_the_session_for_good(anybody: Client, ana: str) -> None:
    del ana
    sign_in(anybody)
    kept = anybody.cookies["ensue_session"]
    assert anybody.post("/dashboard/sign-out").status_code == 303
    assert not is_in(anybody)
    anybody.cookies.set("ensue_session", kept, path="/dashboard")
    assert not is_in(anybody)


@pytest.mark.parametrize(("name", "password"), [("Ana", OTHER), ("Bo", WORDS), ("", ""), ("Ana", ""), ("", WORDS)])
def test_whoever_is_not_let_in_is_told_the_same(anybody: Client, ana: str, name: str, password: str) -> None:
    del ana
    answer = anybody.post("/dashboard/sign-in", data={"name": name, "password": password})
    assert answer.status_code == 400
    assert "Name and password do not belong together" in answer.text
    assert "ensue_session" not in answer.headers.get("set-cookie", "")


def test_somebody_without_a_password_cannot_sign_in(site: Site, anybody: Client) -> None:
    site.staff.create("Bo", "viewer")
    assert sign_in(anybody, "Bo", "") == 400


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(site: Site, ana: str) -> None:
    del ana
    for url, is_secure in (("http://ensue.test", False), ("https://ensue.test", True)):
        site.tracker.base_url = url
        with TestClient(create_app(site), base_url=url) as client:
            answer = client.post("/dashboard/sign-in", data={"name": "Ana", "password": WORDS}, follow_redirects=False)
        cookie = answer.headers["set-cookie"]
        assert {"HttpOnly", "Path=/dashboard", "SameSite=lax"} <= set(cookie.split("; "))
        assert ("Secure" in cookie) == is_secure


def test_a_session_is_over_after_its_time(anybody: Client, clock: VirtualClock, ana: str) -> None:
    del ana
    sign_in(anybody)
    clock.set(clock.now() + SESSION - timedelta(seconds=1))
    assert is_in(anybody)
    clock.set(clock.now() + timedelta(seconds=1))
    assert not is_in(anybody)


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/dashboard/settings/me?x=1", "/dashboard/settings/me?x=1"),
        ("https://evil.example", "/dashboard"),
        ("//evil.example", "/dashboard"),
        ("/dashboardx", "/dashboard"),
        ("/dashboard/\\evil", "/dashboard"),
        ("/dashboard/\r\nSet-Cookie: a=b", "/dashboard"),
    ],
)
def test_one_is_led_on_within_the_dashboard_only(anybody: Client, ana: str, wanted: str, led: str) -> None:
    del ana
    answer = anybody.post("/dashboard/sign-in", data={"name": "Ana", "password": WORDS, "next": wanted})
    assert answer.headers["location"] == led


def test_a_sign_in_is_kept_among_the_changes(site: Site, anybody: Client, ana: str) -> None:
    del ana
    sign_in(anybody)
    assert [(one.who, one.action) for one in site.staff.changes()] == [("Ana", "signed in")]


# ---------------------------------------------------------------- attempts


def test_after_too_many_attempts_the_right_password_waits_too(anybody: Client, clock: VirtualClock, ana: str) -> None:
    del ana
    for _ in range(PAIR):
        assert sign_in(anybody, password=OTHER) == 400
    assert sign_in(anybody) == 429
    clock.set(clock.now() + timedelta(minutes=15))
    assert sign_in(anybody) == 303


def test_right_passwords_do_not_count(anybody: Client, ana: str) -> None:
    del ana
    for _ in range(PAIR + 1):
        assert sign_in(anybody) == 303


def test_attempts_count_by_name_and_by_address(clock: VirtualClock) -> None:
    attempts = Attempts(clock)
    assert [attempts.admit(f"name-{n}", "here") for n in range(ADDRESS + 1)] == [True] * ADDRESS + [False]
    assert attempts.admit("name-0", "there")
    attempts = Attempts(clock)
    assert [attempts.admit("Ana", f"place-{n}") for n in range(NAME)] == [True] * NAME
    assert not attempts.admit(" ana", "elsewhere")
    assert attempts.admit("Bo", "elsewhere")


# ---------------------------------------------------------------- the first owner, and links


def test_the_first_link_makes_an_owner_once(site: Site, anybody: Client) -> None:
    link = f"/dashboard/welcome/{site.staff.first_token()}"
    assert "Welcome to Ensue" in anybody.get(link).text
    answer = anybody.post(link, data={"name": "Ana", "password": WORDS, "again": WORDS})
    assert answer.headers["location"] == "/dashboard"
    assert is_in(anybody)
    assert [(one.name, one.role) for one in site.staff.all()] == [("Ana", "owner")]
    assert site.staff.first_token() is None
    assert anybody.get(link).status_code == 404
    answer = anybody.post(link, data={"name": "Eve", "password": WORDS, "again": WORDS})
    assert answer.status_code == 404
    assert len(site.staff.all()) == 1


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": "", "password": WORDS, "again": WORDS}, "Must be 1 to 100 characters"),
        ({"name": "Ana", "password": "short", "again": "short"}, "Must be 10 to 200 characters, has 5"),
        ({"name": "Ana", "password": "", "again": ""}, "Must be 10 to 200 characters, has 0"),
        ({"name": "Ana", "password": WORDS, "again": OTHER}, "The two passwords differ"),
        ({"name": "Ana", "email": "ana", "password": WORDS, "again": WORDS}, "is no e-mail address"),
    ],
)
def test_the_first_owner_is_told_what_is_wrong(site: Site, anybody: Client, fields: dict[str, str], says: str) -> None:
    answer = anybody.post(f"/dashboard/welcome/{site.staff.first_token()}", data=fields)
    assert answer.status_code == 400
    assert says in answer.text
    assert site.staff.all() == []


def test_another_link_makes_nobody(site: Site, anybody: Client) -> None:
    answer = anybody.post("/dashboard/welcome/guess", data={"name": "Eve", "password": WORDS, "again": WORDS})
    assert answer.status_code == 404
    assert site.staff.all() == []


def test_a_link_sets_a_password_once_and_signs_out_everywhere(site: Site, anybody: Client, ana: str) -> None:
    sign_in(anybody)
    _, token = site.staff.make_link(ana)
    assert is_in(anybody)
    with TestClient(create_app(site), base_url="http://ensue.test") as other:
        data = {"password": OTHER, "again": OTHER}
        assert other.post(f"/dashboard/welcome/{token}", data=data, follow_redirects=False).status_code == 303
        assert other.post(f"/dashboard/welcome/{token}", data=data, follow_redirects=False).status_code == 404
    assert not is_in(anybody)
    assert (sign_in(anybody), sign_in(anybody, password=OTHER)) == (400, 303)


def test_a_link_holds_three_days_and_not_for_those_who_are_shut_out(site: Site, clock: VirtualClock, ana: str) -> None:
    bo, token = site.staff.create("Bo", "viewer")
    assert site.staff.find_link(token) == bo
    site.staff.disable(bo.id)
    site.staff.enable(bo.id)
    assert site.staff.find_link(token) is None
    _, token = site.staff.make_link(ana)
    clock.set(clock.now() + LINK)
    assert site.staff.find_link(token) is None
    with pytest.raises(Rejected, match="holds no longer"):
        site.staff.use_link(token, OTHER)


def test_one_changes_ones_own_password(site: Site, anybody: Client, ana: str) -> None:
    del ana
    sign_in(anybody)
    wrong = anybody.post("/dashboard/settings/me", data={"old": OTHER, "password": OTHER, "again": OTHER})
    assert (wrong.status_code, "Is not your password" in wrong.text) == (400, True)
    before = anybody.cookies["ensue_session"]
    right = anybody.post("/dashboard/settings/me", data={"old": WORDS, "password": OTHER, "again": OTHER})
    assert right.status_code == 303
    assert is_in(anybody)
    assert site.staff.find(before) is None
    assert sign_in(anybody, password=OTHER) == 303


def test_nothing_that_is_kept_opens_a_door(site: Site, ana: str) -> None:
    session = site.staff.open_session(site.staff.all()[0])
    _, link = site.staff.make_link(ana)
    (kept,) = site.staff.all()
    found = site.runner.read(lambda store: store.operators.find_session(session))
    assert found is None
    assert kept.password.startswith("$argon2id$")
    assert WORDS not in kept.password
    assert re.fullmatch("[0-9a-f]{64}", kept.link)
    assert link != kept.link
    assert kept.link not in repr(replace(kept, name="x"))
