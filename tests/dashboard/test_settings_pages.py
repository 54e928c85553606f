"""The settings: the workspace, channels, operators, keys and apps, and the log of changes."""

import re

import pytest

from ensue.core.records import FrequencyCap, Workspace
from ensue.operators import Operator
from ensue.web.site import Site
from tests.dashboard.conftest import SignIn
from tests.web.asking import CAMPAIGN
from tests.web.mailing import Client

CAP = {"at_most": "3", "channel": "email", "length": "7", "window": "days", "tag": "news"}
FORM = {"time_zone": "Europe/Stockholm", "global_control_group": "2,5"}


def workspace(site: Site) -> Workspace:
    return site.runner.read(lambda store: store.catalog.workspace())


def named(site: Site, name: str) -> Operator:
    return next(one for one in site.staff.all() if one.name == name)


def test_an_owner_saves_the_workspace(site: Site, browser: Client) -> None:
    answer = browser.post("/dashboard/settings/workspace", data=FORM | CAP)
    assert answer.status_code == 303
    cap = FrequencyCap(channel="email", at_most=3, days=7, tag="news")
    expected = Workspace(time_zone="Europe/Stockholm", global_control_group=2.5, frequency_caps=(cap,))
    assert workspace(site) == expected
    shown = browser.get("/dashboard/settings/workspace").text
    assert "Saved." in shown
    assert 'value="2.5"' in shown
    assert "Saved." not in browser.get("/dashboard/settings/workspace").text


def test_caps_are_added_and_removed_without_saving(site: Site, browser: Client) -> None:
    more = browser.post("/dashboard/settings/workspace", data=FORM | CAP | {"add": "yes"})
    assert more.text.count('name="at_most"') == 2
    less = browser.post("/dashboard/settings/workspace", data=FORM | CAP | {"remove": "0"})
    assert 'name="at_most"' not in less.text
    assert workspace(site) == Workspace()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"time_zone": "Mars/Olympus"}, "no time zone"),
        ({"global_control_group": "many"}, "global_control_group"),
        ({"global_control_group": "0.5"}, "1 to 15"),
        (CAP | {"at_most": "0"}, "frequency_caps[0]"),
        (CAP | {"length": ""}, "frequency_caps[0]"),
    ],
)
def test_the_form_comes_back_with_what_is_wrong(site: Site, browser: Client, fields: dict[str, str], says: str) -> None:
    answer = browser.post("/dashboard/settings/workspace", data=FORM | fields)
    assert answer.status_code == 400
    assert says in answer.text
    assert workspace(site) == Workspace()


def test_a_viewer_sees_the_workspace_and_cannot_save_it(site: Site, sign_in: SignIn) -> None:
    viewer = sign_in("viewer")
    assert "disabled" in viewer.get("/dashboard/settings/workspace").text
    assert viewer.post("/dashboard/settings/workspace", data=FORM).status_code == 403
    assert workspace(site) == Workspace()


@pytest.mark.parametrize(
    ("channel", "to"),
    [("email", "ana@shop.example"), ("webhook", "https://shop.example/hook"), ("in_app_message", "ana")],
)
def test_a_test_goes_through_a_channel(site: Site, browser: Client, channel: str, to: str) -> None:
    site.people.put([("ana", {"email": "ana@shop.example"})])
    answer = browser.post("/dashboard/settings/channels", data={"channel": channel, "to": to})
    assert "was handed over" in answer.text


@pytest.mark.parametrize(
    ("channel", "to", "says"),
    [
        ("webhook", "shop", "A webhook needs an address"),
        ("email", "", "Is empty"),
        ("pigeon", "ana", "There is no channel"),
        ("email", "nobody", "There is no user"),
    ],
)
def test_a_test_says_what_is_wrong(browser: Client, channel: str, to: str, says: str) -> None:
    answer = browser.post("/dashboard/settings/channels", data={"channel": channel, "to": to})
    assert answer.status_code == 400
    assert says in answer.text


def test_a_test_of_push_to_somebody_without_a_device_says_so(site: Site, browser: Client) -> None:
    site.people.put([("ana", {})])
    answer = browser.post("/dashboard/settings/channels", data={"channel": "push", "to": "ana"})
    assert "the user has no device" in answer.text


def test_an_owner_lets_somebody_in_by_a_link_that_is_shown_once(site: Site, browser: Client) -> None:
    data = {"name": "Bo <b>", "email": "bo@shop.example", "role": "editor"}
    page = browser.post("/dashboard/settings/operators", data=data).text
    (token,) = set(re.findall(r"/dashboard/welcome/([\w-]+)", page))
    assert site.staff.find_link(token) == named(site, "Bo <b>")
    assert "Bo &lt;b&gt;" in page
    assert "Bo <b>" not in page
    assert token not in browser.get("/dashboard/settings/operators").text


def test_names_are_taken_once(browser: Client) -> None:
    data = {"name": "Bo", "email": "bo@shop.example", "role": "editor"}
    browser.post("/dashboard/settings/operators", data=data)
    for again in ({"name": "bo"}, {"name": "BO@shop.example"}, {"name": "Other", "email": "bo@shop.example"}):
        answer = browser.post("/dashboard/settings/operators", data={"role": "viewer", **again})
        assert answer.status_code == 400
        assert "is taken by Bo" in answer.text


def test_roles_links_and_doors_are_in_the_hands_of_an_owner(site: Site, browser: Client) -> None:
    site.staff.create("Bo", "viewer", password="three plain words")
    bo = f"/dashboard/settings/operators/{named(site, 'Bo').id}"
    assert browser.post(f"{bo}/role", data={"role": "editor"}).status_code == 303
    assert named(site, "Bo").role == "editor"
    assert browser.post(f"{bo}/role", data={"role": "king"}).status_code == 400
    assert "/dashboard/welcome/" in browser.post(f"{bo}/link").text
    assert browser.post(f"{bo}/disable").status_code == 303
    assert site.staff.sign_in("Bo", "three plain words") is None
    assert browser.post(f"{bo}/enable").status_code == 303
    assert site.staff.sign_in("Bo", "three plain words") is not None
    assert browser.post("/dashboard/settings/operators/nobody/disable").status_code == 404


def test_the_last_owner_stays(site: Site, browser: Client) -> None:
    me = f"/dashboard/settings/operators/{site.staff.all()[0].id}"
    site.staff.create("Invited", "owner")
    assert browser.post(f"{me}/disable").status_code == 409
    answer = browser.post(f"{me}/role", data={"role": "viewer"})
    assert (answer.status_code, "only owner" in answer.text) == (409, True)
    site.staff.create("Second", "owner", password="three plain words")
    assert browser.post(f"{me}/role", data={"role": "viewer"}).status_code == 303


def test_keys_are_made_shown_once_and_revoked(site: Site, browser: Client) -> None:
    page = browser.post("/dashboard/settings/keys", data={"name": "shop", "scopes": ["track", "launch"]}).text
    (secret,) = set(re.findall(r"ek_[\w-]+", page))
    key = site.keys.check(secret)
    assert key is not None
    assert key.scopes == ("track", "launch")
    assert secret not in browser.get("/dashboard/settings/keys").text
    assert browser.post(f"/dashboard/settings/keys/{key.id}/revoke").status_code == 303
    assert site.keys.check(secret) is None
    answer = browser.post("/dashboard/settings/keys", data={"name": ""})
    assert (answer.status_code, "Is empty" in answer.text) == (400, True)


def test_apps_are_made_and_revoked_and_a_secret_is_shown_once(site: Site, browser: Client) -> None:
    data = {"name": "shop", "origins": "https://shop.example\r\n\r\nhttps://www.shop.example", "signed": "yes"}
    page = browser.post("/dashboard/settings/apps", data=data).text
    (app,) = site.apps.all()
    assert app.origins == ("https://shop.example", "https://www.shop.example")
    assert app.secret
    assert app.secret in page
    assert app.secret not in browser.get("/dashboard/settings/apps").text
    assert browser.post(f"/dashboard/settings/apps/{app.id}/revoke").status_code == 303
    assert site.apps.find(app.id) is None
    answer = browser.post("/dashboard/settings/apps", data={"name": "shop", "origins": "shop.example/path"})
    assert (answer.status_code, "is no origin" in answer.text) == (400, True)


def test_every_change_is_kept_with_who_did_it(site: Site, browser: Client) -> None:
    browser.post("/dashboard/settings/workspace", data=FORM)
    browser.post("/dashboard/settings/keys", data={"name": "shop", "scopes": "track"})
    kept = [(one.who, one.action, one.target) for one in site.staff.changes()]
    assert kept == [
        ("owner-0", "made", "API key shop"),
        ("owner-0", "saved", "the settings of the workspace"),
    ]
    assert "API key shop" in browser.get("/dashboard/settings/changes").text


def test_what_a_program_changes_over_the_api_is_kept_too(site: Site, browser: Client) -> None:
    _, secret = site.keys.create("robot", ["all"])
    headers = {"Authorization": f"Bearer {secret}"}
    assert browser.post("/api/v1/campaigns", json=CAMPAIGN, headers=headers).status_code == 201
    assert browser.post("/api/v1/campaigns/hello/launch", headers=headers).status_code == 200
    assert browser.post("/api/v1/campaigns/absent/launch", headers=headers).status_code == 404
    assert browser.post("/api/v1/validate", json=CAMPAIGN, headers=headers).status_code == 200
    site.people.put([("ana", {})])
    assert browser.delete("/api/v1/users/ana", headers=headers).status_code == 204
    kept = [(one.who, one.action, one.target) for one in reversed(site.staff.changes())]
    assert kept == [
        ("the key robot", "create campaign", ""),
        ("the key robot", "launch campaign", "hello"),
        ("the key robot", "delete user", "ana"),
    ]


def test_the_log_of_changes_is_read_page_by_page(site: Site, browser: Client) -> None:
    for number in range(120):
        site.staff.log("Ana", "launched", f"campaign n{number:03}")
    seen: list[str] = []
    path = "/dashboard/settings/changes"
    while path:
        page = browser.get(path).text
        seen += re.findall(r"campaign (n\d+)", page)
        following = re.search(r'href="(\?before=\d+)"', page)
        path = f"/dashboard/settings/changes{following[1]}" if following else ""
    assert seen == [f"n{number:03}" for number in reversed(range(120))]


def test_an_owner_of_the_database_makes_operators_and_links_over_the_api(site: Site, browser: Client) -> None:
    _, secret = site.keys.create("robot", ["keys"])
    headers = {"Authorization": f"Bearer {secret}"}
    made = browser.post("/api/v1/operators", json={"name": "Bo", "role": "viewer"}, headers=headers)
    assert made.status_code == 201
    again = browser.post("/api/v1/operators/Bo/link", json={}, headers=headers)
    token = again.json()["link"].rpartition("/")[2]
    assert site.staff.find_link(token) == named(site, "Bo")
    assert browser.post("/api/v1/operators/Eve/link", json={}, headers=headers).status_code == 404
    listed = browser.get("/api/v1/operators", headers=headers)
    assert {one["name"] for one in listed.json()["operators"]} == {"owner-0", "Bo"}
    assert "argon2" not in listed.text
