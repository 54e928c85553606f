"""Who gets in: every page names a role, forms come from our own pages, and the last owner stays."""

import re

import pytest

from ensue.operators import ROLES
from ensue.web.site import Site
from tests.dashboard.conftest import SignIn
from tests.web.asking import routes_of
from tests.web.mailing import Client

OPEN = {"/dashboard/sign-in", "/dashboard/sign-out", "/dashboard/welcome/{token}", "/dashboard/static/{name}"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FOREIGN = ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"})
OWN: tuple[dict[str, str], ...] = (
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://ensue.test"},
    {},
)


def routes(site: Site) -> list[tuple[str, str, str]]:
    """Return all addresses of the dashboard with their methods and roles."""
    return [
        (re.sub(r"\{\w+\}", "1", route.path_format), str(method), handler.opt.get("role", ""))
        for route in routes_of(site)
        if route.path_format.startswith("/dashboard")
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS"
    ]


def test_every_address_names_a_role_and_only_the_sign_in_is_open(site: Site) -> None:
    found = routes(site)
    assert {role for _, _, role in found} <= {*ROLES, "anyone"}
    opened = {re.sub(r"\{\w+\}", "1", path) for path in OPEN}
    assert {path for path, _, role in found if role == "anyone"} == opened


def test_whoever_is_not_signed_in_is_led_to_the_sign_in_from_every_page(site: Site, anybody: Client) -> None:
    for path, method, role in routes(site):
        if role != "anyone":
            answer = anybody.request(method, path, headers=FORM)
            assert (path, answer.status_code) == (path, 303)
            assert answer.headers["location"].startswith("/dashboard/sign-in")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_what_it_names_and_what_lesser_roles_open(site: Site, sign_in: SignIn, role: str) -> None:
    browser = sign_in(role)
    for path, method, needed in routes(site):
        if needed != "anyone":
            is_shut = ROLES.index(needed) > ROLES.index(role)
            assert (path, browser.request(method, path, headers=FORM).status_code == 403) == (path, is_shut)


@pytest.mark.parametrize("headers", FOREIGN)
def test_no_form_is_taken_from_another_site(site: Site, browser: Client, headers: dict[str, str]) -> None:
    for path, method, _ in routes(site):
        if method == "POST":
            answer = browser.request(method, path, headers=FORM | headers)
            assert (path, answer.status_code) == (path, 403)
            assert "another site" in answer.text


@pytest.mark.parametrize("headers", OWN)
def test_forms_of_our_own_pages_are_taken(browser: Client, headers: dict[str, str]) -> None:
    answer = browser.post("/dashboard/settings/keys", data={"name": "shop", "scopes": "track"}, headers=headers)
    assert answer.status_code == 200
    assert "ek_" in answer.text


def test_a_foreign_page_may_link_to_ours(browser: Client) -> None:
    assert browser.get("/dashboard/settings/me", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_the_address_of_the_installation_leads_to_the_dashboard(browser: Client) -> None:
    assert browser.get("/").headers["location"] == "/dashboard"
    first = browser.get("/dashboard").headers["location"]
    assert browser.get(first).status_code in {200, 303}


def test_a_change_of_role_counts_at_once(site: Site, sign_in: SignIn) -> None:
    browser = sign_in("owner")
    (operator,) = site.staff.all()
    sign_in("owner")
    assert browser.get("/dashboard/settings/keys").status_code == 200
    site.staff.give_role(operator.id, "viewer")
    assert browser.get("/dashboard/settings/keys").status_code == 403
    site.staff.disable(operator.id)
    assert browser.get("/dashboard/settings/me").status_code == 303
